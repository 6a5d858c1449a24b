//! Reading policy documents the way IAM does, as far as that needs no knowledge of the request.

use std::collections::BTreeMap;

use serde_json::{Map, Value};

use super::Answer;

/// Condition keys of a request whose values are known, such as `iam:AWSServiceName`.
pub type Context = BTreeMap<String, String>;

/// Whether something holds, as far as can be told.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Holds {
    Yes,
    No,
    Unknown(String),
}

/// What the documents together say about an action on a resource, nothing being known of the request.
///
/// An action or resource that ends in `*` is allowed when a statement covers the pattern itself.
pub fn allows(documents: &[Value], action: &str, resource: &str) -> Answer {
    allows_in(documents, action, resource, &Context::new())
}

/// As [`allows`], with condition keys of the request that are known.
///
/// A condition on another key, or with an operator other than string, ARN and existence comparisons, cannot
/// be told; neither can a policy variable or a statement that is not in IAM's shape. A Deny for a narrower
/// resource than the asked pattern does not count.
pub fn allows_in(documents: &[Value], action: &str, resource: &str, context: &Context) -> Answer {
    let mut allowed = false;
    let mut perhaps_allowed = None;
    let mut perhaps_denied = None;
    for statement in documents.iter().flat_map(statements) {
        match (effect(statement), applies(statement, action, resource, context)) {
            (_, Holds::No) => {}
            (Effect::Deny, Holds::Yes) => return Answer::Denied,
            (Effect::Deny, Holds::Unknown(reason)) => {
                perhaps_denied = Some(format!("a Deny statement: {reason}"))
            }
            (Effect::Allow, Holds::Yes) => allowed = true,
            (Effect::Allow, Holds::Unknown(reason)) => perhaps_allowed = Some(reason),
            (Effect::Neither, _) => {
                perhaps_denied = Some("a statement has no Effect of Allow or Deny".to_owned())
            }
        }
    }
    match (allowed, perhaps_allowed, perhaps_denied) {
        (false, None, _) => Answer::Missing,
        (_, _, Some(reason)) | (false, Some(reason), None) => Answer::CannotTell(reason),
        (true, _, None) => Answer::Allowed,
    }
}

/// What a statement does when it applies.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Effect {
    Allow,
    Deny,
    Neither,
}

pub(super) fn effect(statement: &Value) -> Effect {
    match statement.get("Effect").and_then(Value::as_str) {
        Some("Allow") => Effect::Allow,
        Some("Deny") => Effect::Deny,
        _ => Effect::Neither,
    }
}

/// The statements of a document: one object or a list of them.
pub(super) fn statements(document: &Value) -> Vec<&Value> {
    match document.get("Statement") {
        Some(Value::Array(list)) => list.iter().collect(),
        Some(one) => vec![one],
        None => Vec::new(),
    }
}

fn applies(statement: &Value, action: &str, resource: &str, context: &Context) -> Holds {
    if !names_action(statement, action) {
        return Holds::No;
    }
    let resource = names_resource(statement, resource);
    if resource == Holds::No {
        return Holds::No;
    }
    let conditions = statement.get("Condition").map_or(Holds::Yes, |it| conditions_hold(it, context));
    match (resource, conditions) {
        (_, Holds::No) => Holds::No,
        (Holds::Unknown(reason), _) | (_, Holds::Unknown(reason)) => Holds::Unknown(reason),
        _ => Holds::Yes,
    }
}

/// Whether the statement's Action or NotAction picks the action. Actions ignore case.
pub(super) fn names_action(statement: &Value, action: &str) -> bool {
    let wanted = action.to_ascii_lowercase();
    let any = |value: &Value| texts(value).iter().any(|it| matches(&it.to_ascii_lowercase(), &wanted));
    match (statement.get("Action"), statement.get("NotAction")) {
        (Some(list), _) => any(list),
        (None, Some(list)) => !any(list),
        (None, None) => false,
    }
}

fn names_resource(statement: &Value, resource: &str) -> Holds {
    let (list, negated) = match (statement.get("Resource"), statement.get("NotResource")) {
        (Some(list), _) => (list, false),
        (None, Some(list)) => (list, true),
        (None, None) => return Holds::No,
    };
    let patterns = texts(list);
    let (open, plain): (Vec<&String>, Vec<&String>) = patterns.iter().partition(|it| has_variable(it));
    let named = plain.iter().any(|it| matches(it, resource));
    match (open.first(), named != negated) {
        (Some(pattern), _) if !named => {
            Holds::Unknown(format!("the resource `{pattern}` has a policy variable"))
        }
        (_, true) => Holds::Yes,
        (_, false) => Holds::No,
    }
}

fn has_variable(pattern: &str) -> bool {
    pattern.contains("${")
}

/// Whether every comparison of a Condition block holds.
pub(super) fn conditions_hold(block: &Value, context: &Context) -> Holds {
    let Some(operators) = block.as_object() else {
        return Holds::Unknown("a condition is not an object".to_owned());
    };
    let mut doubt = None;
    for (operator, comparisons) in operators {
        match operator_holds(operator, comparisons.as_object(), context) {
            Holds::No => return Holds::No,
            Holds::Unknown(reason) => doubt = Some(reason),
            Holds::Yes => {}
        }
    }
    doubt.map_or(Holds::Yes, Holds::Unknown)
}

fn operator_holds(operator: &str, comparisons: Option<&Map<String, Value>>, context: &Context) -> Holds {
    let Some(comparisons) = comparisons else {
        return Holds::Unknown(format!("condition {operator} is not an object"));
    };
    let mut doubt = None;
    for (key, wanted) in comparisons {
        let known = context.iter().find(|(name, _)| name.eq_ignore_ascii_case(key)).map(|(_, value)| value);
        match known.map(|value| compare(operator, value, &texts(wanted))) {
            Some(Some(true)) => {}
            Some(Some(false)) => return Holds::No,
            Some(None) => doubt = Some(format!("condition operator {operator} on {key} is not understood")),
            None => doubt = Some(format!("it hangs on condition {operator} {key}")),
        }
    }
    doubt.map_or(Holds::Yes, Holds::Unknown)
}

/// One comparison with a value that is there; `None` for an operator that is not understood.
fn compare(operator: &str, value: &str, wanted: &[String]) -> Option<bool> {
    if wanted.iter().any(|it| has_variable(it)) {
        return None;
    }
    // With one value present, the set prefixes and IfExists change nothing.
    let bare = operator.strip_prefix("ForAnyValue:").or_else(|| operator.strip_prefix("ForAllValues:"));
    let bare = bare.unwrap_or(operator);
    let bare = bare.strip_suffix("IfExists").unwrap_or(bare);
    let equal = || wanted.iter().any(|it| it == value);
    let like = || wanted.iter().any(|it| matches(it, value));
    let folded = || wanted.iter().any(|it| it.eq_ignore_ascii_case(value));
    match bare {
        "StringEquals" => Some(equal()),
        "StringNotEquals" => Some(!equal()),
        "StringEqualsIgnoreCase" => Some(folded()),
        "StringNotEqualsIgnoreCase" => Some(!folded()),
        "StringLike" | "ArnLike" | "ArnEquals" => Some(like()),
        "StringNotLike" | "ArnNotLike" | "ArnNotEquals" => Some(!like()),
        "Null" => Some(wanted.iter().any(|it| it.eq_ignore_ascii_case("false"))),
        _ => None,
    }
}

/// A string, a list of strings, or a boolean as IAM also takes it.
pub(super) fn texts(value: &Value) -> Vec<String> {
    match value {
        Value::Array(list) => list.iter().flat_map(texts).collect(),
        Value::String(text) => vec![text.clone()],
        Value::Bool(flag) => vec![flag.to_string()],
        Value::Number(number) => vec![number.to_string()],
        Value::Null | Value::Object(_) => Vec::new(),
    }
}

/// IAM's wildcards: `*` is any run of characters, `?` is any one.
///
/// `text` may itself end in `*`; then only a pattern that covers all of it matches, so `?` does not match a `*`.
pub(super) fn matches(pattern: &str, text: &str) -> bool {
    let mut pattern = pattern.chars();
    let mut text = text.chars();
    // Where the last `*` was, and where its run may have to be lengthened.
    let mut retry: Option<(std::str::Chars<'_>, std::str::Chars<'_>)> = None;
    loop {
        let (before, rest) = (pattern.clone(), text.clone());
        match (pattern.next(), text.next()) {
            (None, None) => return true,
            (Some('*'), _) => {
                text = rest.clone();
                retry = Some((pattern.clone(), rest));
                if pattern.as_str().is_empty() {
                    return true;
                }
            }
            (Some(wanted), Some(found)) if wanted == found || (wanted == '?' && found != '*') => {}
            (_, None) => return before.as_str().chars().all(|it| it == '*'),
            (_, Some(_)) => {
                let Some((after_star, mut run)) = retry.take() else { return false };
                if run.next().is_none() {
                    return false;
                }
                pattern = after_star.clone();
                text = run.clone();
                retry = Some((after_star, run));
            }
        }
    }
}
