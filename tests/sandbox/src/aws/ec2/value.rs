//! Small readers of JSON rows, shared by EC2 and FSx. No behaviour of AWS may live here.

use serde_json::Value;

/// A string member, empty when absent.
pub fn text<'a>(row: &'a Value, member: &str) -> &'a str {
    row.get(member).and_then(Value::as_str).unwrap_or_default()
}

/// The elements of a list member, none when absent.
pub fn list<'a>(row: &'a Value, member: &str) -> &'a [Value] {
    row.get(member).and_then(Value::as_array).map_or(&[], Vec::as_slice)
}

/// The strings of a list member.
pub fn texts<'a>(row: &'a Value, member: &str) -> Vec<&'a str> {
    list(row, member).iter().filter_map(Value::as_str).collect()
}

/// A boolean member, false when absent.
pub fn flag(row: &Value, member: &str) -> bool {
    row.get(member).and_then(Value::as_bool).unwrap_or_default()
}

/// Whether a member is there and not null.
pub fn given(row: &Value, member: &str) -> bool {
    row.get(member).is_some_and(|value| !value.is_null())
}

/// Sets a member unless it is given: a value of the world file always wins.
pub fn fill(row: &mut Value, member: &str, value: impl Into<Value>) {
    if !given(row, member)
        && let Some(object) = row.as_object_mut()
    {
        object.insert(member.to_owned(), value.into());
    }
}

/// Pushes onto a list member, which is made when absent.
pub fn push(row: &mut Value, member: &str, value: Value) {
    let Some(object) = row.as_object_mut() else { return };
    let slot = object.entry(member.to_owned()).or_insert_with(|| Value::Array(Vec::new()));
    match slot {
        Value::Array(list) => list.push(value),
        other => *other = Value::Array(vec![value]),
    }
}

/// An id that depends on nothing but `seed`: the same world file always shows the same derived ids.
pub fn derived_id(prefix: &str, seed: &str) -> String {
    use sha2::Digest;
    let digest = hex::encode(sha2::Sha256::digest(format!("{prefix}|{seed}").as_bytes()));
    format!("{prefix}-0{}", &digest[..16])
}
