//! Whether a document is what a published schema says, judged by the words that our schemas use; another word is a fault
//! too, so that none is passed over.

use std::path::Path;

use serde_json::Value;

/// Asserts that a document is as the schema of its kind says.
#[track_caller]
pub fn fits(document: &Value) {
    let kind = document["kind"].as_str().expect("a kind").to_lowercase();
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join(format!("docs/reference/{kind}.schema.json"));
    let schema: Value =
        serde_json::from_str(&std::fs::read_to_string(path).expect("the schema")).expect("JSON");
    let found = faults(&schema, &schema, document, "");
    assert!(found.is_empty(), "{} faults: {:#?}", found.len(), &found[..found.len().min(5)]);
}

fn faults(schema: &Value, root: &Value, value: &Value, at: &str) -> Vec<String> {
    let Value::Object(words) = schema else { return Vec::new() };
    words.iter().flat_map(|(word, rule)| fault((word, rule), root, value, at)).collect()
}

fn fault((word, rule): (&str, &Value), root: &Value, value: &Value, at: &str) -> Vec<String> {
    let unless =
        |is_right: bool| if is_right { vec![] } else { vec![format!("{at}: {word} {rule}, not {value}")] };
    let inner = |schema: &Value| faults(schema, root, value, at);
    match word {
        "$schema" | "$defs" | "title" | "description" | "format" => Vec::new(),
        "$ref" => {
            let target = rule.as_str().and_then(|to| root.pointer(to.trim_start_matches('#')));
            target.map_or_else(|| vec![format!("{at}: no {rule}")], inner)
        }
        "type" => unless(is_type(rule, value)),
        "const" => unless(rule == value),
        "enum" => unless(rule.as_array().is_some_and(|all| all.contains(value))),
        "minimum" => unless(value.as_f64().is_none_or(|value| Some(value) >= rule.as_f64())),
        "maximum" => unless(value.as_f64().is_none_or(|value| Some(value) <= rule.as_f64())),
        "required" => unless(names(rule).all(|name| value.get(name).is_some())),
        "properties" => value
            .as_object()
            .into_iter()
            .flatten()
            .flat_map(|(name, value)| match rule.get(name) {
                Some(schema) => faults(schema, root, value, &format!("{at}/{name}")),
                None => vec![format!("{at}/{name}: not in the schema")],
            })
            .collect(),
        "items" => value
            .as_array()
            .into_iter()
            .flatten()
            .flat_map(|item| faults(rule, root, item, &format!("{at}[]")))
            .collect(),
        "anyOf" | "oneOf" => {
            unless(rule.as_array().into_iter().flatten().any(|schema| inner(schema).is_empty()))
        }
        _ => vec![format!("{at}: the word {word} is not known here")],
    }
}

fn names(rule: &Value) -> impl Iterator<Item = &str> {
    rule.as_array().into_iter().flatten().filter_map(Value::as_str)
}

fn is_type(rule: &Value, value: &Value) -> bool {
    let is = |name: &str| match name {
        "object" => value.is_object(),
        "array" => value.is_array(),
        "string" => value.is_string(),
        "boolean" => value.is_boolean(),
        "integer" => value.is_u64() || value.is_i64(),
        "null" => value.is_null(),
        _ => false,
    };
    rule.as_str().is_some_and(is) || names(rule).any(is)
}

#[test]
fn a_document_with_anything_wrong_is_found_out() {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("docs/reference/images.schema.json");
    let schema: Value =
        serde_json::from_str(&std::fs::read_to_string(path).expect("the schema")).expect("JSON");
    let world = crate::harness::World::bare();
    let right = world.fsxctl("images -o json").json();
    fits(&right);
    type Row = (&'static str, fn(&mut Value));
    let wrong: [Row; 4] = [
        ("missing", |document| _ = document.as_object_mut().expect("a map").remove("exitCode")),
        ("type", |document| document["durationMs"] = "1s".into()),
        ("const", |document| document["apiVersion"] = "v1".into()),
        ("unknown", |document| document["items"][0]["surprise"] = 1.into()),
    ];
    for (name, make_wrong) in wrong {
        let mut document = right.clone();
        make_wrong(&mut document);
        assert!(!faults(&schema, &schema, &document, "").is_empty(), "{name}");
    }
}
