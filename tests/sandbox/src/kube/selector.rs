//! Label and field selectors.

use serde_json::Value;

use super::error::KubeError;
use super::kinds::Kind;
use super::store::{LABEL_VALUE, is_label_value};

#[derive(Debug, Clone, PartialEq)]
enum Op {
    In(Vec<String>),
    NotIn(Vec<String>),
    Exists,
    Missing,
}

/// A parsed label selector; the default selects everything.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Labels(Vec<(String, Op)>);

impl Labels {
    /// From the query parameter `labelSelector`.
    ///
    /// # Errors
    /// 400 for text that is no selector.
    pub fn parse(text: &str) -> Result<Self, KubeError> {
        let mut terms = Vec::new();
        for part in split(text) {
            let part = part.trim();
            if !part.is_empty() {
                let (key, op) = term(part).ok_or_else(|| {
                    let found = part.split_whitespace().nth(1).unwrap_or(part);
                    KubeError::bad_request(format!(
                        "unable to parse requirement: found '{found}', expected: in, notin, =, ==, !=, gt, lt"
                    ))
                })?;
                if let Op::In(values) | Op::NotIn(values) = &op
                    && let Some((at, wrong)) = values.iter().enumerate().find(|(_, v)| !is_label_value(v))
                {
                    return Err(KubeError::bad_request(format!(
                        "unable to parse requirement: values[{at}][{key}]: Invalid value: {wrong:?}: {LABEL_VALUE}"
                    )));
                }
                terms.push((key, op));
            }
        }
        Ok(Self(terms))
    }

    /// From a `LabelSelector` of an object.
    pub fn of(selector: &Value) -> Self {
        let text = |v: &Value| v.as_str().unwrap_or_default().to_owned();
        let mut terms: Vec<(String, Op)> = selector["matchLabels"]
            .as_object()
            .into_iter()
            .flatten()
            .map(|(k, v)| (k.clone(), Op::In(vec![text(v)])))
            .collect();
        for one in selector["matchExpressions"].as_array().into_iter().flatten() {
            let values = one["values"].as_array().into_iter().flatten().map(text).collect();
            let op = match one["operator"].as_str() {
                Some("NotIn") => Op::NotIn(values),
                Some("Exists") => Op::Exists,
                Some("DoesNotExist") => Op::Missing,
                _ => Op::In(values),
            };
            terms.push((text(&one["key"]), op));
        }
        Self(terms)
    }

    /// Whether the labels of an object fit.
    pub fn matches(&self, object: &Value) -> bool {
        self.fit(&object["metadata"]["labels"])
    }

    /// Whether a map of labels fits.
    pub fn fit(&self, labels: &Value) -> bool {
        self.0.iter().all(|(key, op)| {
            let value = labels[key.as_str()].as_str();
            match op {
                Op::In(values) => value.is_some_and(|v| values.iter().any(|x| x == v)),
                Op::NotIn(values) => value.is_none_or(|v| values.iter().all(|x| x != v)),
                Op::Exists => value.is_some(),
                Op::Missing => value.is_none(),
            }
        })
    }
}

/// Splits at commas outside parentheses.
fn split(text: &str) -> Vec<&str> {
    let (mut depth, mut start, mut parts) = (0_u32, 0, Vec::new());
    for (at, c) in text.char_indices() {
        match c {
            '(' => depth += 1,
            ')' => depth = depth.saturating_sub(1),
            ',' if depth == 0 => {
                parts.push(&text[start..at]);
                start = at + 1;
            }
            _ => {}
        }
    }
    parts.push(&text[start..]);
    parts
}

fn term(part: &str) -> Option<(String, Op)> {
    let word = |s: &str| {
        let s = s.trim();
        (!s.is_empty() && !s.contains(char::is_whitespace)).then(|| s.to_owned())
    };
    if let Some(rest) = part.strip_suffix(')') {
        let (head, values) = rest.split_once('(')?;
        let values: Vec<String> = values.split(',').map(|v| v.trim().to_owned()).collect();
        let mut words = head.split_whitespace();
        let (key, op) = (words.next()?, words.next()?);
        return match op {
            "in" => Some((key.to_owned(), Op::In(values))),
            "notin" => Some((key.to_owned(), Op::NotIn(values))),
            _ => None,
        };
    }
    if let Some((key, value)) = part.split_once("!=") {
        return Some((word(key)?, Op::NotIn(vec![value.trim().to_owned()])));
    }
    if let Some((key, value)) = part.split_once("==").or_else(|| part.split_once('=')) {
        return Some((word(key)?, Op::In(vec![value.trim().to_owned()])));
    }
    match part.strip_prefix('!') {
        Some(key) => Some((word(key)?, Op::Missing)),
        None => Some((word(part)?, Op::Exists)),
    }
}

/// A parsed field selector; the default selects everything.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Fields(Vec<(String, String, bool)>);

/// Fields that can be selected beyond name and namespace, by kind.
const SELECTABLE: &[(&str, &[&str])] = &[
    (
        "Pod",
        &[
            "spec.nodeName",
            "spec.restartPolicy",
            "spec.schedulerName",
            "spec.serviceAccountName",
            "spec.hostNetwork",
            "status.phase",
            "status.podIP",
            "status.nominatedNodeName",
        ],
    ),
    (
        "Event",
        &[
            "involvedObject.kind",
            "involvedObject.namespace",
            "involvedObject.name",
            "involvedObject.uid",
            "involvedObject.apiVersion",
            "involvedObject.resourceVersion",
            "involvedObject.fieldPath",
            "reason",
            "reportingComponent",
            "source",
            "type",
        ],
    ),
    ("Namespace", &["status.phase"]),
    ("Node", &["spec.unschedulable"]),
    ("Secret", &["type"]),
    ("ReplicaSet", &["status.replicas"]),
    ("Job", &["status.successful"]),
];

impl Fields {
    /// From the query parameter `fieldSelector`.
    ///
    /// # Errors
    /// 400 for text that is no selector, or a field that cannot be selected.
    pub fn parse(text: &str, kind: &Kind) -> Result<Self, KubeError> {
        let mut terms = Vec::new();
        for part in text.split(',').filter(|p| !p.is_empty()) {
            let (path, value, equal) = if let Some((path, value)) = part.split_once("!=") {
                (path, value, false)
            } else if let Some((path, value)) = part.split_once("==").or_else(|| part.split_once('=')) {
                (path, value, true)
            } else {
                return Err(KubeError::bad_request(format!(
                    "invalid selector: '{text}'; can't understand '{part}'"
                )));
            };
            let known = SELECTABLE.iter().find(|(k, _)| *k == kind.kind).map(|(_, fields)| *fields);
            let always = matches!(path, "metadata.name" | "metadata.namespace");
            if !always && !known.is_some_and(|fields| fields.contains(&path)) {
                // Kinds without fields of their own are judged by the generic conversion.
                let text = if known.is_some() {
                    format!("field label not supported: {path}")
                } else {
                    format!(
                        "{path:?} is not a known field selector: only \"metadata.name\", \"metadata.namespace\""
                    )
                };
                return Err(KubeError::bad_request(text));
            }
            terms.push((path.to_owned(), value.to_owned(), equal));
        }
        Ok(Self(terms))
    }

    /// The name, when the selector asks for exactly one.
    pub fn matches(&self, object: &Value) -> bool {
        self.0.iter().all(|(path, value, equal)| {
            let path = if path == "source" { "source.component" } else { path };
            let found = path.split('.').fold(object, |at, member| &at[member]);
            let text = match found {
                Value::String(text) => text.clone(),
                Value::Null => {
                    if path == "spec.unschedulable" {
                        "false".into()
                    } else {
                        String::new()
                    }
                }
                other => other.to_string(),
            };
            (text == *value) == *equal
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::kube::kinds;
    use serde_json::json;

    #[test]
    fn label_selectors() {
        let object = json!({"metadata": {"labels": {"app": "x", "tier": "front"}}});
        for (text, fits) in [
            ("", true),
            ("app=x", true),
            ("app==x,tier=front", true),
            ("app!=x", false),
            ("app in (x, y),tier notin (back)", true),
            ("app in (y)", false),
            ("tier", true),
            ("!tier", false),
            ("!other", true),
        ] {
            assert_eq!(Labels::parse(text).expect(text).matches(&object), fits, "{text}");
        }
        assert!(Labels::parse("a b c").is_err());
    }

    #[test]
    fn field_selectors() {
        let events = kinds::built_in().iter().find(|k| k.plural == "events").expect("kind");
        let event =
            json!({"metadata": {"name": "e"}, "involvedObject": {"name": "claim"}, "type": "Warning"});
        for (text, fits) in [
            ("involvedObject.name=claim,type=Warning", true),
            ("involvedObject.name=other", false),
            ("type!=Normal", true),
            ("metadata.name=e", true),
        ] {
            assert_eq!(Fields::parse(text, events).expect(text).matches(&event), fits, "{text}");
        }
        let refused = Fields::parse("spec.nope=1", events).expect_err("unknown field");
        assert_eq!(refused.message, "field label not supported: spec.nope");
    }
}
