//! Small readers of JSON rows and documents, shared by the modules of the AWS side. No behaviour of AWS
//! may live here.

use serde_json::{Map, Value};

/// A string member, empty when absent.
pub fn text<'a>(row: &'a Value, member: &str) -> &'a str {
    row.get(member).and_then(Value::as_str).unwrap_or_default()
}

/// The elements of a list member, none when absent.
pub fn list<'a>(row: &'a Value, member: &str) -> &'a [Value] {
    row.get(member).and_then(Value::as_array).map_or(&[], Vec::as_slice)
}

/// The strings of a member that is one string or a list of strings, as policy documents have them.
pub fn strings<'a>(row: &'a Value, member: &str) -> Vec<&'a str> {
    match row.get(member) {
        Some(Value::String(one)) => vec![one.as_str()],
        Some(Value::Array(many)) => many.iter().filter_map(Value::as_str).collect(),
        _ => Vec::new(),
    }
}

/// Whether a member is there and not null.
pub fn given(row: &Value, member: &str) -> bool {
    row.get(member).is_some_and(|value| !value.is_null())
}

/// Sets a member unless it is given: a value of the world file always wins.
pub fn fill(row: &mut Value, member: &str, value: impl Into<Value>) {
    if !given(row, member) {
        set(row, member, value);
    }
}

/// Sets a member.
pub fn set(row: &mut Value, member: &str, value: impl Into<Value>) {
    if let Some(object) = row.as_object_mut() {
        object.insert(member.to_owned(), value.into());
    }
}

/// Takes a member away.
pub fn unset(row: &mut Value, member: &str) {
    if let Some(object) = row.as_object_mut() {
        object.remove(member);
    }
}

/// A copy with only these members, in this order, where they are given.
pub fn pick(row: &Value, members: &[&str]) -> Value {
    let mut picked = Map::new();
    for member in members {
        if given(row, member) {
            picked.insert((*member).to_owned(), row[*member].clone());
        }
    }
    Value::Object(picked)
}

/// The last part of an ARN or path: `arn:aws:iam::1:role/team/fsx` → `fsx`.
pub fn last(path: &str) -> &str {
    path.rsplit('/').next().unwrap_or(path)
}
