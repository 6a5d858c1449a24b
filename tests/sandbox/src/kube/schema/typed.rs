//! What server-side apply says of a body that does not fit the schema: it is refused before any strict validation, in
//! the words of structured-merge-diff.

use serde_json::Value;

use super::{ListType, Node};
use crate::kube::fields::{element, show};

/// The first complaint, in document order.
pub fn error(node: Node<'_>, value: &Value) -> Option<String> {
    walk(node, value, &mut Vec::new())
}

fn walk(node: Node<'_>, value: &Value, path: &mut Vec<String>) -> Option<String> {
    if ["Quantity", "IntOrString", "Time", "MicroTime"].iter().any(|name| node.refers_to(name)) {
        return None;
    }
    let says = |path: &[String], what: String| Some(format!("{}: {what}", show(path)));
    let wanted = node.json_type();
    match value {
        Value::Null => None,
        Value::Object(map) => {
            if !matches!(wanted, "object" | "") {
                return says(path, format!("expected {}, got map", go(wanted)));
            }
            for (key, member) in map {
                path.push(format!("f:{key}"));
                let found = if node.closed() && node.declared(key).is_none() {
                    says(path, "field not declared in schema".to_owned())
                } else {
                    walk(node.field(key), member, path)
                };
                path.pop();
                if found.is_some() {
                    return found;
                }
            }
            None
        }
        Value::Array(items) => {
            if !matches!(wanted, "array" | "") {
                return says(path, format!("expected {}, got list", go(wanted)));
            }
            let list = node.list_type();
            let mut seen = Vec::new();
            for (at, item) in items.iter().enumerate() {
                let key = element(node, &list, item);
                if let (Some(key), false) = (&key, list == ListType::Atomic) {
                    if seen.contains(key) {
                        let entry = show(std::slice::from_ref(key));
                        return says(path, format!("duplicate entries for key {entry}"));
                    }
                    seen.push(key.clone());
                }
                path.push(key.unwrap_or_else(|| format!("i:{at}")));
                let found = walk(node.items(), item, path);
                path.pop();
                if found.is_some() {
                    return found;
                }
            }
            None
        }
        scalar => wrong_scalar(wanted, scalar).and_then(|what| says(path, what)),
    }
}

fn wrong_scalar(wanted: &str, scalar: &Value) -> Option<String> {
    let fits = match scalar {
        Value::Bool(_) => "boolean",
        Value::String(_) => "string",
        _ if wanted == "integer" => "integer",
        _ => "number",
    };
    if wanted.is_empty() || wanted == fits {
        return None;
    }
    let shown = scalar.as_str().map_or_else(|| scalar.to_string(), str::to_owned);
    Some(format!("expected {}, got &value.valueUnstructured{{Value:{shown}}}", go(wanted)))
}

fn go(json_type: &str) -> &str {
    match json_type {
        "object" => "map",
        "array" => "list",
        "integer" | "number" => "numeric (int or float)",
        other => other,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::kube::kinds;
    use crate::kube::schema::{Custom, Root};
    use serde_json::json;

    #[test]
    fn complaints() {
        let said = |plural: &str, value: Value| {
            let kind = kinds::built_in().iter().find(|k| k.plural == plural).expect("kind");
            let root = Root::of(kind, &Custom::default());
            error(root.node(), &value)
        };
        for (plural, value, expected) in [
            ("storageclasses", json!({"parameters": {"a": "b"}, "mountOptions": ["flock"]}), None),
            (
                "storageclasses",
                json!({"parameters": {"perUnitStorageThroughput": 250}}),
                Some(
                    ".parameters.perUnitStorageThroughput: expected string, got &value.valueUnstructured{Value:250}",
                ),
            ),
            (
                "persistentvolumeclaims",
                json!({"spec": {"accessMode": []}}),
                Some(".spec.accessMode: field not declared in schema"),
            ),
            (
                "pods",
                json!({"spec": {"containers": [{"name": "a", "env": [{"name": "A"}, {"name": "A"}]}]}}),
                Some(".spec.containers[name=\"a\"].env: duplicate entries for key [name=\"A\"]"),
            ),
        ] {
            assert_eq!(said(plural, value).as_deref(), expected);
        }
    }
}
