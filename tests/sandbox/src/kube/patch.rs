//! The three patch formats besides apply: JSON patch, merge patch, strategic merge patch.

use serde_json::{Map, Value};

use super::error::KubeError;
use super::schema::Node;

/// RFC 6902.
///
/// # Errors
/// 400 for a document that is not a patch, 422 for one that does not fit the object.
pub fn json(object: &Value, patch: &Value) -> Result<Value, KubeError> {
    let patch: json_patch::Patch = serde_json::from_value(patch.clone())
        .map_err(|e| KubeError::bad_request(format!("error decoding patch: {e}")))?;
    let mut out = object.clone();
    // The API server does not say which operation failed, nor why.
    json_patch::patch(&mut out, &patch).map_err(|_| KubeError {
        details: Some(Box::new(Value::Object(Map::new()))),
        ..KubeError::plain(422, "Invalid", "the server rejected our request due to an error in our request")
    })?;
    Ok(out)
}

/// RFC 7386.
pub fn merge(object: &Value, patch: &Value) -> Value {
    let mut out = object.clone();
    json_patch::merge(&mut out, patch);
    out
}

/// Kubernetes' own: lists merge by key, with `$patch`, `$deleteFromPrimitiveList`,
/// `$setElementOrder` and `$retainKeys` directives.
///
/// # Errors
/// 400 for a directive or a list item that makes no sense.
pub fn strategic(node: Node<'_>, object: &Value, patch: &Value) -> Result<Value, KubeError> {
    match (object, patch) {
        (Value::Object(object), Value::Object(patch)) => maps(node, object, patch),
        _ => Ok(patch.clone()),
    }
}

fn maps(node: Node<'_>, object: &Map<String, Value>, patch: &Map<String, Value>) -> Result<Value, KubeError> {
    match patch.get("$patch").and_then(Value::as_str) {
        Some("replace") => {
            let plain = patch.iter().filter(|(k, _)| *k != "$patch");
            return Ok(Value::Object(plain.map(|(k, v)| (k.clone(), v.clone())).collect()));
        }
        Some("delete") => return Ok(Value::Object(Map::new())),
        Some("merge") | None => {}
        Some(other) => {
            let shown: Vec<String> =
                patch.iter().map(|(k, v)| format!("{k}:{}", v.as_str().unwrap_or_default())).collect();
            let mut shown = shown;
            shown.sort();
            let shown = shown.join(" ");
            return Err(KubeError::internal(format!("unknown patch type: {other} in map: map[{shown}]")));
        }
    }
    let mut out = object.clone();
    if let Some(kept) = patch.get("$retainKeys").and_then(Value::as_array) {
        out.retain(|key, _| kept.iter().any(|k| k == key));
    }
    for (key, value) in patch {
        if let Some(field) = key.strip_prefix("$deleteFromPrimitiveList/")
            && let Some(list) = out.get_mut(field).and_then(Value::as_array_mut)
        {
            let gone = value.as_array().map(Vec::as_slice).unwrap_or_default();
            list.retain(|item| !gone.contains(item));
        }
        if key.starts_with('$') {
            continue;
        }
        if value.is_null() {
            out.shift_remove(key);
            continue;
        }
        let field = node.field(key);
        let merged = match (out.get(key), value) {
            (Some(Value::Object(before)), Value::Object(after)) => maps(field, before, after)?,
            (Some(Value::Array(before)), Value::Array(after)) if field.strategy("merge") => {
                Value::Array(lists(field, before, after)?)
            }
            (None, Value::Object(after)) => maps(field, &Map::new(), after)?,
            (None, Value::Array(after)) if field.strategy("merge") => Value::Array(lists(field, &[], after)?),
            _ => value.clone(),
        };
        out.insert(key.clone(), merged);
    }
    for (key, order) in patch {
        let Some(field) = key.strip_prefix("$setElementOrder/") else { continue };
        if let (Some(list), Some(order)) =
            (out.get_mut(field).and_then(Value::as_array_mut), order.as_array())
        {
            reorder(node.field(field), list, order);
        }
    }
    Ok(Value::Object(out))
}

fn lists(node: Node<'_>, before: &[Value], patch: &[Value]) -> Result<Vec<Value>, KubeError> {
    let Some(key) = node.merge_key() else {
        let mut out = before.to_vec();
        out.extend(patch.iter().filter(|item| !before.contains(item)).cloned());
        return Ok(out);
    };
    if patch.iter().any(|item| item["$patch"] == "replace" && item.get(key).is_none()) {
        let rest = patch.iter().filter(|item| item.get("$patch").is_none());
        return Ok(rest.cloned().collect());
    }
    let mut out = before.to_vec();
    for item in patch {
        let Some(id) = item.get(key) else {
            return Err(KubeError::bad_request(format!(
                "map: {item} does not contain declared merge key: {key}"
            )));
        };
        let at = out.iter().position(|o| o.get(key) == Some(id));
        match (item["$patch"].as_str(), at) {
            (Some("delete"), Some(at)) => {
                out.remove(at);
            }
            (Some("delete"), None) => {}
            (_, Some(at)) => out[at] = strategic(node.items(), &out[at], item)?,
            (_, None) => out.push(strategic(node.items(), &Value::Object(Map::new()), item)?),
        }
    }
    Ok(in_order(out, before, patch, key))
}

/// Items of the patch stand in its order, the others in theirs; where the two cannot be told, the patch's come first
/// (k8s.io/apimachinery, util/strategicpatch, `mergeSortedSlice`).
fn in_order(merged: Vec<Value>, before: &[Value], patch: &[Value], key: &str) -> Vec<Value> {
    let place = |list: &[Value], item: &Value| list.iter().position(|o| o.get(key) == item.get(key));
    let (mut named, others): (Vec<Value>, Vec<Value>) =
        merged.into_iter().partition(|item| place(patch, item).is_some());
    named.sort_by_key(|item| place(patch, item));
    let (mut named, mut others) = (named.into_iter().peekable(), others.into_iter().peekable());
    let mut out = Vec::new();
    loop {
        let later = match (named.peek(), others.peek()) {
            (Some(left), Some(right)) => place(before, left) > place(before, right),
            (None, _) => true,
            (_, None) => false,
        };
        match if later { others.next() } else { named.next() } {
            Some(item) => out.push(item),
            None => return out,
        }
    }
}

fn reorder(node: Node<'_>, list: &mut [Value], order: &[Value]) {
    let id = |item: &Value| match node.merge_key() {
        Some(key) => item.get(key).cloned().unwrap_or_default(),
        None => item.clone(),
    };
    let order: Vec<Value> = order.iter().map(id).collect();
    list.sort_by_key(|item| order.iter().position(|o| *o == id(item)).unwrap_or(usize::MAX));
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::kube::kinds;
    use crate::kube::schema::{Custom, Root};
    use serde_json::json;

    #[test]
    fn strategic_merge_by_key_with_directives() {
        let kind = kinds::built_in().iter().find(|k| k.plural == "pods").expect("kind");
        let root = Root::of(kind, &Custom::default());
        let pod = json!({"metadata": {"finalizers": ["a", "b"]}, "spec": {
            "containers": [{"name": "a", "image": "1"}, {"name": "b", "image": "1"}],
            "tolerations": [{"key": "x"}]}});
        for (patch, path, expected) in [
            (
                json!({"spec": {"containers": [{"name": "b", "image": "2"}]}}),
                "/spec/containers",
                json!([{"name": "a", "image": "1"}, {"name": "b", "image": "2"}]),
            ),
            (
                json!({"spec": {"containers": [{"name": "a", "$patch": "delete"}]}}),
                "/spec/containers",
                json!([{"name": "b", "image": "1"}]),
            ),
            (
                json!({"spec": {"$setElementOrder/containers": [{"name": "b"}, {"name": "a"}]}}),
                "/spec/containers",
                json!([{"name": "b", "image": "1"}, {"name": "a", "image": "1"}]),
            ),
            (json!({"spec": {"tolerations": [{"key": "y"}]}}), "/spec/tolerations", json!([{"key": "y"}])),
            (
                json!({"metadata": {"$deleteFromPrimitiveList/finalizers": ["a"]}}),
                "/metadata/finalizers",
                json!(["b"]),
            ),
            (json!({"metadata": {"finalizers": ["c"]}}), "/metadata/finalizers", json!(["a", "b", "c"])),
        ] {
            let out = strategic(root.node(), &pod, &patch).expect("a legal patch");
            assert_eq!(out.pointer(path), Some(&expected), "{patch}");
        }
    }
}
