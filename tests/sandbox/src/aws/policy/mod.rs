//! Evaluation of IAM policy documents: statements, actions, resources, principals, verdicts.
//!
//! Pure: documents and a question in, a verdict out. Which documents count and what a call asks is
//! decided in `access` and `identity`. Source of the logic: IAM User Guide, "Policy evaluation logic".

pub mod condition;

use serde_json::Value;

use super::row;
pub use condition::Context;

/// One thing that somebody wants to do.
#[derive(Debug, Clone, Copy)]
pub struct Ask<'a> {
    /// `service:Action`.
    pub action: &'a str,
    /// The resource's ARN, or `*` where the action takes none.
    pub resource: &'a str,
    /// The request's context.
    pub context: &'a Context,
}

/// What a set of documents says.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Verdict {
    /// At least one statement allows and none denies.
    Allowed,
    /// A statement denies.
    Denied,
    /// No statement speaks about it.
    Silent,
}

/// A verdict with what could not be understood on the way there. A statement with a part that is not
/// understood never matches, and says so here.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Judgement {
    /// What the documents say.
    pub verdict: Verdict,
    /// Condition operators, condition keys and statement elements that the sandbox does not know.
    pub complaints: Vec<String>,
}

impl Judgement {
    /// Whether it is allowed.
    pub fn is_allowed(&self) -> bool {
        self.verdict == Verdict::Allowed
    }
}

/// A name by which a trust policy can mean whoever asks.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Name {
    /// An ARN or an account id, under `AWS`.
    Aws(String),
    /// A service, for instance `pods.eks.amazonaws.com`.
    Service(String),
    /// The ARN of an identity provider.
    Federated(String),
}

/// Judges identity policies (no principals in them).
pub fn evaluate(documents: &[&Value], ask: Ask<'_>) -> Judgement {
    judge(documents, ask, None)
}

/// Judges a trust policy for somebody who is known by these names.
pub fn evaluate_trust(document: &Value, ask: Ask<'_>, names: &[Name]) -> Judgement {
    judge(&[document], ask, Some(names))
}

fn judge(documents: &[&Value], ask: Ask<'_>, names: Option<&[Name]>) -> Judgement {
    let mut complaints = Vec::new();
    let mut verdict = Verdict::Silent;
    for statement in documents.iter().flat_map(|document| statements(document)) {
        if !matches_statement(statement, ask, names, &mut complaints) {
            continue;
        }
        match row::text(statement, "Effect") {
            "Deny" => verdict = Verdict::Denied,
            "Allow" if verdict == Verdict::Silent => verdict = Verdict::Allowed,
            _ => {}
        }
    }
    Judgement { verdict, complaints }
}

/// The statements of a document; a single statement may stand without a list.
pub fn statements(document: &Value) -> Vec<&Value> {
    match document.get("Statement") {
        Some(Value::Array(many)) => many.iter().collect(),
        Some(one @ Value::Object(_)) => vec![one],
        _ => Vec::new(),
    }
}

fn matches_statement(
    statement: &Value,
    ask: Ask<'_>,
    names: Option<&[Name]>,
    complaints: &mut Vec<String>,
) -> bool {
    if !matches_action(statement, ask.action) {
        return false;
    }
    match names {
        None if !matches_resource(statement, ask) => return false,
        Some(names) if !matches_principal(statement, names, complaints) => return false,
        _ => {}
    }
    condition::matches(statement.get("Condition"), ask.context, complaints)
}

fn matches_action(statement: &Value, action: &str) -> bool {
    let any = |member: &str| row::strings(statement, member).iter().any(|p| glob_ignoring_case(p, action));
    if row::given(statement, "NotAction") { !any("NotAction") } else { any("Action") }
}

fn matches_resource(statement: &Value, ask: Ask<'_>) -> bool {
    let any = |member: &str| {
        let patterns = row::strings(statement, member);
        patterns.iter().any(|p| condition::expand(p, ask.context).is_some_and(|p| glob(&p, ask.resource)))
    };
    if row::given(statement, "NotResource") { !any("NotResource") } else { any("Resource") }
}

fn matches_principal(statement: &Value, names: &[Name], complaints: &mut Vec<String>) -> bool {
    if row::given(statement, "NotPrincipal") {
        complaints.push("the element NotPrincipal".to_owned());
        return false;
    }
    let Some(principal) = statement.get("Principal") else { return false };
    if principal == "*" {
        return true;
    }
    names.iter().any(|name| {
        let (member, value) = match name {
            Name::Aws(value) => ("AWS", value),
            Name::Service(value) => ("Service", value),
            Name::Federated(value) => ("Federated", value),
        };
        row::strings(principal, member).iter().any(|listed| *listed == "*" || listed == value)
    })
}

/// Whether `text` matches a pattern with `*` (any run) and `?` (any one character).
pub fn glob(pattern: &str, text: &str) -> bool {
    let (pattern, text): (Vec<char>, Vec<char>) = (pattern.chars().collect(), text.chars().collect());
    let (mut p, mut t, mut star) = (0, 0, None);
    while t < text.len() {
        if p < pattern.len() && pattern[p] == '*' {
            star = Some((p, t));
            p += 1;
        } else if p < pattern.len() && (pattern[p] == '?' || pattern[p] == text[t]) {
            p += 1;
            t += 1;
        } else if let Some((at, from)) = star {
            // Let the last star take one more character and try again from there.
            star = Some((at, from + 1));
            p = at + 1;
            t = from + 1;
        } else {
            return false;
        }
    }
    pattern[p..].iter().all(|c| *c == '*')
}

/// The same without regard to case, as IAM reads actions.
pub fn glob_ignoring_case(pattern: &str, text: &str) -> bool {
    glob(&pattern.to_ascii_lowercase(), &text.to_ascii_lowercase())
}

#[cfg(test)]
mod tests;
