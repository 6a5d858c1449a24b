//! Strict field validation: unknown fields and wrong JSON types, worded as the API server words them.

use serde_json::Value;

use super::Node;

/// Paths of the members that the schema does not declare, in document order.
pub fn unknown_fields(node: Node<'_>, value: &Value) -> Vec<String> {
    let mut found = Vec::new();
    walk(node, value, "", &mut found);
    found
}

fn walk(node: Node<'_>, value: &Value, path: &str, found: &mut Vec<String>) {
    match value {
        Value::Object(map) => {
            for (key, member) in map {
                let here = if path.is_empty() { key.clone() } else { format!("{path}.{key}") };
                if node.closed() && node.declared(key).is_none() {
                    found.push(here);
                } else {
                    walk(node.field(key), member, &here, found);
                }
            }
        }
        Value::Array(list) => {
            for (index, item) in list.iter().enumerate() {
                walk(node.items(), item, &format!("{path}[{index}]"), found);
            }
        }
        _ => {}
    }
}

/// Removes the members that the schema does not declare, as the API server's decoder drops them.
pub fn prune(node: Node<'_>, value: &mut Value) {
    match value {
        Value::Object(map) => {
            if node.closed() {
                map.retain(|key, _| node.declared(key).is_some());
            }
            for (key, member) in map.iter_mut() {
                prune(node.field(key), member);
            }
        }
        Value::Array(list) => list.iter_mut().for_each(|item| prune(node.items(), item)),
        _ => {}
    }
}

/// The first value whose JSON type is not the schema's, worded as the API server's decoder does:
/// `json: cannot unmarshal number into Go struct field StorageClass.parameters of type string`.
pub fn wrong_type(node: Node<'_>, value: &Value, kind: &str) -> Option<String> {
    type_walk(node, value, kind, "")
}

fn type_walk(node: Node<'_>, value: &Value, kind: &str, path: &str) -> Option<String> {
    let expected = node.json_type();
    let kind = if expected == "object" { node.type_name().unwrap_or(kind) } else { kind };
    let (name, fits) = match value {
        Value::Null => return None,
        Value::Bool(_) => ("bool", expected == "boolean"),
        Value::Number(n) => ("number", expected == "number" || (expected == "integer" && !n.is_f64())),
        Value::String(_) => ("string", expected == "string"),
        Value::Array(list) => {
            if matches!(expected, "array" | "") {
                return list.iter().find_map(|item| type_walk(node.items(), item, kind, path));
            }
            ("array", false)
        }
        Value::Object(map) => {
            if matches!(expected, "object" | "") {
                return map.iter().find_map(|(key, member)| {
                    let free = node.declared(key).is_none();
                    let here = match (free, path.is_empty()) {
                        (true, _) => path.to_owned(),
                        (false, true) => key.clone(),
                        (false, false) => format!("{path}.{key}"),
                    };
                    type_walk(node.field(key), member, kind, &here)
                });
            }
            ("object", false)
        }
    };
    if fits || expected.is_empty() {
        return None;
    }
    let go = match expected {
        "boolean" => "bool",
        "integer" => "int32",
        "number" => "float64",
        "array" => "[]interface {}",
        other => other,
    };
    Some(format!("json: cannot unmarshal {name} into Go struct field {kind}.{path} of type {go}"))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::kube::kinds;
    use crate::kube::schema::{Custom, Root};
    use serde_json::json;

    #[test]
    fn unknown_and_mistyped_fields_of_a_storage_class() {
        let kind = kinds::built_in().iter().find(|k| k.plural == "storageclasses").expect("kind");
        let root = Root::of(kind, &Custom::default());
        let class = json!({"kind": "StorageClass", "parameters": {"anything": "goes"}, "mountOption": []});
        assert_eq!(unknown_fields(root.node(), &class), ["mountOption"]);
        let class = json!({"parameters": {"perUnitStorageThroughput": 250}});
        assert_eq!(
            wrong_type(root.node(), &class, "StorageClass").as_deref(),
            Some("json: cannot unmarshal number into Go struct field StorageClass.parameters of type string")
        );
    }
}
