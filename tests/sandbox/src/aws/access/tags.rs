//! Condition context from tags: those of the request and those of the resource.

use serde_json::Value;

use super::super::row;
use crate::state::State;

/// Tags in any of AWS's shapes as pairs: a list of `{Key, Value}` (or `{TagKey, TagValue}`), or a map.
pub fn pairs(tags: &Value) -> Vec<(String, String)> {
    match tags {
        Value::Array(list) => list
            .iter()
            .map(|tag| {
                let key = [row::text(tag, "Key"), row::text(tag, "TagKey")].concat();
                (key, [row::text(tag, "Value"), row::text(tag, "TagValue")].concat())
            })
            .collect(),
        Value::Object(map) => {
            map.iter().map(|(k, v)| (k.clone(), v.as_str().unwrap_or_default().to_owned())).collect()
        }
        _ => Vec::new(),
    }
}

/// `aws:RequestTag/…` and `aws:TagKeys`.
pub fn of_request(tags: &[(String, String)]) -> Vec<(String, String)> {
    let mut context = Vec::new();
    for (key, value) in tags {
        context.push((format!("aws:RequestTag/{key}"), value.clone()));
        context.push(("aws:TagKeys".to_owned(), key.clone()));
    }
    context
}

/// `aws:ResourceTag/…` of a row, for EC2 also under its older name.
pub fn of_row(service: &str, row: &Value) -> Vec<(String, String)> {
    let tags = [pairs(&row["Tags"]), pairs(&row["tags"])].concat();
    let mut context = Vec::new();
    for (key, value) in tags {
        if service == "ec2" {
            context.push((format!("ec2:ResourceTag/{key}"), value.clone()));
        }
        context.push((format!("aws:ResourceTag/{key}"), value));
    }
    context
}

/// The same for the row of a collection with this id.
pub fn of_id(
    state: &State,
    service: &str,
    collection: &str,
    member: &str,
    id: &str,
) -> Vec<(String, String)> {
    state.find(collection, member, id).map_or_else(Vec::new, |row| of_row(service, row))
}
