//! Condition blocks: operators, keys, policy variables.
//!
//! Known are the operators and keys that the project's own documents and the AWS managed policies in use
//! have. An unknown one never matches and is complained about.

use std::cmp::Ordering;
use std::collections::BTreeMap;

use serde_json::Value;

use super::glob;

/// The context of a request: condition keys (case does not count) and their values.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Context(BTreeMap<String, Vec<String>>);

impl Context {
    /// A context without any key.
    pub fn new() -> Self {
        Self::default()
    }

    /// The same with one more value of a key.
    #[must_use]
    pub fn with(mut self, key: &str, value: impl Into<String>) -> Self {
        self.add(key, value);
        self
    }

    /// Adds one value to a key.
    pub fn add(&mut self, key: &str, value: impl Into<String>) {
        self.0.entry(key.to_ascii_lowercase()).or_default().push(value.into());
    }

    /// The values of a key, if the request has it.
    pub fn get(&self, key: &str) -> Option<&[String]> {
        self.0.get(&key.to_ascii_lowercase()).map(Vec::as_slice)
    }
}

/// Keys that may be asked about although a request does not have them. A trailing `*` stands for a name.
const KNOWN_KEYS: &[&str] = &[
    "aws:calledvia",
    "aws:currenttime",
    "aws:principalaccount",
    "aws:principalarn",
    "aws:principaltag/*",
    "aws:principaltype",
    "aws:requestedregion",
    "aws:requesttag/*",
    "aws:resourceaccount",
    "aws:resourcetag/*",
    "aws:sourceaccount",
    "aws:sourcearn",
    "aws:tagkeys",
    "aws:userid",
    "aws:username",
    "aws:viaawsservice",
    "cloudwatch:namespace",
    "ec2:createaction",
    "ec2:region",
    "ec2:resourcetag/*",
    "ec2:vpc",
    "iam:associatedresourcearn",
    "iam:awsservicename",
    "iam:passedtoservice",
    "iam:permissionsboundary",
    "iam:policyarn",
    "s3:prefix",
    "sts:externalid",
    "sts:rolesessionname",
];

/// Whether every operator and key of a condition block holds; an absent block always does.
pub fn matches(block: Option<&Value>, context: &Context, complaints: &mut Vec<String>) -> bool {
    let Some(Value::Object(operators)) = block else { return block.is_none() };
    let mut all = true;
    for (operator, keys) in operators {
        let Some(operator) = Operator::parse(operator) else {
            complaints.push(format!("the condition operator {operator}"));
            all = false;
            continue;
        };
        for (key, values) in keys.as_object().into_iter().flatten() {
            if context.get(key).is_none() && !is_known(key) {
                complaints.push(format!("the condition key {key}"));
                all = false;
            } else if !operator.holds(context.get(key), &texts(values), context) {
                all = false;
            }
        }
    }
    all
}

fn is_known(key: &str) -> bool {
    let key = key.to_ascii_lowercase();
    // Keys of OIDC providers carry the provider's host and path: `oidc.eks.…/id/B7:sub`.
    let oidc = key
        .rsplit_once(':')
        .is_some_and(|(host, claim)| host.contains('.') && matches!(claim, "aud" | "sub" | "amr" | "iss"));
    oidc || KNOWN_KEYS.iter().any(|known| glob(known, &key))
}

fn texts(values: &Value) -> Vec<String> {
    let one = |value: &Value| match value {
        Value::String(text) => text.clone(),
        other => other.to_string(),
    };
    match values {
        Value::Array(many) => many.iter().map(one).collect(),
        single => vec![one(single)],
    }
}

/// Replaces `${key}` and the escapes `${*}`, `${?}`, `${$}`; none when a variable has no value.
pub fn expand(pattern: &str, context: &Context) -> Option<String> {
    let mut done = String::new();
    let mut rest = pattern;
    while let Some(start) = rest.find("${") {
        let end = start + rest[start..].find('}')?;
        done.push_str(&rest[..start]);
        match &rest[start + 2..end] {
            escape @ ("*" | "?" | "$") => done.push_str(escape),
            key => match context.get(key) {
                Some([value]) => done.push_str(value),
                _ => return None,
            },
        }
        rest = &rest[end + 1..];
    }
    done.push_str(rest);
    Some(done)
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Quantifier {
    One,
    All,
    Any,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Test {
    Equals,
    EqualsIgnoringCase,
    Like,
    Bool,
    /// Passes when the request's number compares so with the listed one.
    Number(&'static [Ordering]),
    Null,
}

#[derive(Debug, Clone, Copy)]
struct Operator {
    quantifier: Quantifier,
    test: Test,
    negated: bool,
    if_exists: bool,
}

impl Operator {
    fn parse(text: &str) -> Option<Self> {
        let (quantifier, rest) = match text.split_once(':') {
            Some(("ForAllValues", rest)) => (Quantifier::All, rest),
            Some(("ForAnyValue", rest)) => (Quantifier::Any, rest),
            Some(_) => return None,
            None => (Quantifier::One, text),
        };
        let (name, if_exists) = match rest.strip_suffix("IfExists") {
            Some(name) => (name, true),
            None => (rest, false),
        };
        let (test, negated) = match name {
            "StringEquals" => (Test::Equals, false),
            "StringNotEquals" => (Test::Equals, true),
            "StringEqualsIgnoreCase" => (Test::EqualsIgnoringCase, false),
            "StringNotEqualsIgnoreCase" => (Test::EqualsIgnoringCase, true),
            // IAM: ArnEquals and ArnLike behave identically.
            "StringLike" | "ArnLike" | "ArnEquals" => (Test::Like, false),
            "StringNotLike" | "ArnNotLike" | "ArnNotEquals" => (Test::Like, true),
            "Bool" => (Test::Bool, false),
            "NumericEquals" => (Test::Number(&[Ordering::Equal]), false),
            "NumericNotEquals" => (Test::Number(&[Ordering::Equal]), true),
            "NumericLessThan" => (Test::Number(&[Ordering::Less]), false),
            "NumericLessThanEquals" => (Test::Number(&[Ordering::Less, Ordering::Equal]), false),
            "NumericGreaterThan" => (Test::Number(&[Ordering::Greater]), false),
            "NumericGreaterThanEquals" => (Test::Number(&[Ordering::Greater, Ordering::Equal]), false),
            "Null" => (Test::Null, false),
            _ => return None,
        };
        Some(Self { quantifier, test, negated, if_exists })
    }

    /// Several listed values are alternatives; for a negated operator none of them may match.
    fn holds(self, have: Option<&[String]>, listed: &[String], context: &Context) -> bool {
        if self.test == Test::Null {
            let absent = have.is_none_or(<[String]>::is_empty);
            return listed.iter().any(|wanted| (wanted == "true") == absent);
        }
        let Some(have) = have.filter(|values| !values.is_empty()) else {
            // An absent key fails a test for equality and passes a test for inequality.
            return self.if_exists || self.quantifier == Quantifier::All || self.negated;
        };
        let one = |value: &String| listed.iter().any(|pattern| self.compare(value, pattern, context));
        match (self.quantifier, self.negated) {
            (Quantifier::All, false) => have.iter().all(one),
            (Quantifier::Any | Quantifier::One, false) => have.iter().any(one),
            (Quantifier::Any, true) => have.iter().any(|value| !one(value)),
            (Quantifier::All | Quantifier::One, true) => !have.iter().any(one),
        }
    }

    fn compare(self, value: &str, pattern: &str, context: &Context) -> bool {
        match self.test {
            Test::Equals => expand(pattern, context).is_some_and(|pattern| pattern == value),
            Test::EqualsIgnoringCase => {
                expand(pattern, context).is_some_and(|pattern| pattern.eq_ignore_ascii_case(value))
            }
            Test::Like => expand(pattern, context).is_some_and(|pattern| glob(&pattern, value)),
            Test::Bool => pattern.eq_ignore_ascii_case(value),
            Test::Number(orders) => match (value.parse::<f64>(), pattern.parse::<f64>()) {
                (Ok(value), Ok(pattern)) => value.partial_cmp(&pattern).is_some_and(|o| orders.contains(&o)),
                _ => false,
            },
            Test::Null => false,
        }
    }
}
