//! Server-side apply.

use jiff::Timestamp;
use serde_json::{Value, json};

use super::manage::{Entry, Managed, Manager, strip, time};
use super::merge::{merge, remove};
use super::set::{FieldSet, show};
use super::walk::{compare, set_of};
use crate::kube::error::KubeError;
use crate::kube::schema::Node;

/// Fields that others own with other values.
#[derive(Debug, Clone, PartialEq)]
pub struct ApplyError(Vec<(String, Vec<String>)>);

/// Lays `applied` over `live` (null when the object is new) on behalf of `manager`.
///
/// # Errors
/// The conflicts, when there are any and `force` is not set.
pub fn apply(
    node: Node<'_>,
    live: &Value,
    applied: &Value,
    request: (&Manager, bool, Timestamp),
) -> Result<Value, ApplyError> {
    let (manager, force, now) = request;
    let applied = without_nulls(applied);
    let mut managed = Managed::of(live);
    let base = if live.is_null() { json!({}) } else { live.clone() };
    if managed.0.is_empty() && !live.is_null() {
        managed.0.push(before_first_apply(node, live, manager, now));
    }
    let mut own = set_of(node, &applied);
    strip(&mut own);
    let mut merged = merge(node, &base, &applied);
    let before = managed.position(manager, true).map(|at| managed.0[at].fields.clone()).unwrap_or_default();
    let others = managed
        .0
        .iter()
        .filter(|e| {
            !(e.applied && e.manager.name == manager.name && e.manager.subresource == manager.subresource)
        })
        .fold(FieldSet::default(), |all, e| all.union(&e.fields));
    remove(node, &mut merged, &before.difference(&own), &others.union(&own));

    let mut found = compare(node, &base, &merged);
    strip(&mut found.changed);
    strip(&mut found.removed);
    let mut conflicts = Vec::new();
    for entry in &mut managed.0 {
        let ours = entry.applied
            && entry.manager.name == manager.name
            && entry.manager.subresource == manager.subresource;
        if ours {
            continue;
        }
        let disputed = entry.fields.intersection(&found.changed);
        conflicts.extend(disputed.paths().iter().map(|path| (describe(entry), vec![show(path)])));
        entry.fields = entry.fields.difference(&disputed).difference(&found.removed);
    }
    if !conflicts.is_empty() && !force {
        return Err(ApplyError(conflicts));
    }
    managed.set(manager, true, own, now);
    managed.write(&mut merged);
    Ok(merged)
}

/// Fields of an object that nobody owns yet belong to `before-first-apply`.
fn before_first_apply(node: Node<'_>, live: &Value, manager: &Manager, now: Timestamp) -> Entry {
    let mut fields = set_of(node, live);
    strip(&mut fields);
    fields.remove(&["f:status"]);
    let manager = Manager {
        name: "before-first-apply".into(),
        api_version: manager.api_version.clone(),
        subresource: String::new(),
    };
    Entry { manager, applied: false, time: time(now), fields }
}

fn without_nulls(value: &Value) -> Value {
    match value {
        Value::Object(map) => Value::Object(
            map.iter().filter(|(_, v)| !v.is_null()).map(|(k, v)| (k.clone(), without_nulls(v))).collect(),
        ),
        Value::Array(list) => Value::Array(list.iter().map(without_nulls).collect()),
        other => other.clone(),
    }
}

fn describe(entry: &Entry) -> String {
    let mut text = format!("{:?}", entry.manager.name);
    if !entry.manager.subresource.is_empty() {
        text.push_str(&format!(" with subresource {:?}", entry.manager.subresource));
    }
    if !entry.applied {
        text.push_str(&format!(" using {}", entry.manager.api_version));
        // The manager's key has no time in it, so none is shown.
    }
    text
}

impl ApplyError {
    /// 409 as the API server words it.
    pub fn into_error(self) -> KubeError {
        let flat: Vec<(&str, &str)> = self
            .0
            .iter()
            .flat_map(|(who, paths)| paths.iter().map(move |p| (who.as_str(), p.as_str())))
            .collect();
        let causes: Vec<Value> = flat
            .iter()
            .map(|(who, path)| {
                json!({"reason": "FieldManagerConflict", "message": format!("conflict with {who}"), "field": path})
            })
            .collect();
        let message = match flat.as_slice() {
            [(who, path)] => format!("Apply failed with 1 conflict: conflict with {who}: {path}"),
            many => {
                let mut managers: Vec<&str> = many.iter().map(|(who, _)| *who).collect();
                managers.sort_unstable();
                managers.dedup();
                let mut lines = Vec::new();
                for who in managers {
                    lines.push(format!("conflicts with {who}:"));
                    lines.extend(many.iter().filter(|(w, _)| *w == who).map(|(_, path)| format!("- {path}")));
                }
                format!("Apply failed with {} conflicts: {}", many.len(), lines.join("\n"))
            }
        };
        KubeError {
            code: 409,
            reason: "Conflict".into(),
            message,
            details: Some(Box::new(json!({"causes": causes}))),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::super::manage::track_update;
    use super::*;
    use crate::kube::kinds;
    use crate::kube::schema::{Custom, Root};

    fn root(plural: &str) -> Root {
        let kind = kinds::built_in().iter().find(|k| k.plural == plural).expect("kind");
        Root::of(kind, &Custom::default())
    }

    fn who(name: &str) -> Manager {
        Manager { name: name.into(), api_version: "v1".into(), subresource: String::new() }
    }

    #[allow(clippy::needless_pass_by_value, reason = "tests hand over json! values in place")]
    fn put(live: &Value, applied: Value, name: &str, force: bool) -> Result<Value, ApplyError> {
        apply(root("configmaps").node(), live, &applied, (&who(name), force, Timestamp::UNIX_EPOCH))
    }

    fn owner(object: &Value, name: &str) -> Value {
        Managed::of(object)
            .0
            .iter()
            .find(|e| e.manager.name == name)
            .map_or(Value::Null, |e| e.fields.to_json())
    }

    #[test]
    fn owners_share_conflict_take_over_and_let_go() {
        let one =
            put(&Value::Null, json!({"metadata": {"name": "c"}, "data": {"a": "1", "b": "1"}}), "one", false)
                .expect("created");
        assert_eq!(owner(&one, "one"), json!({"f:data": {"f:a": {}, "f:b": {}}}));
        // Equal values are shared.
        let two = put(&one, json!({"data": {"a": "1"}}), "two", false).expect("shared");
        assert_eq!(owner(&two, "two"), json!({"f:data": {"f:a": {}}}));
        // Another value is a conflict, with the API server's text.
        let refused =
            put(&two, json!({"data": {"b": "2"}}), "two", false).expect_err("conflict").into_error();
        assert_eq!(refused.message, "Apply failed with 1 conflict: conflict with \"one\": .data.b");
        // Forced: the other one loses the field.
        let forced = put(&two, json!({"data": {"b": "2"}}), "two", true).expect("forced");
        assert_eq!(forced["data"], json!({"a": "1", "b": "2"}));
        assert_eq!(owner(&forced, "one"), json!({"f:data": {"f:a": {}}}));
        // What nobody applies any more goes away.
        let gone = put(&forced, json!({"data": {"b": "2"}}), "one", false).expect("let go");
        assert_eq!(gone["data"], json!({"b": "2"}));
        let gone = put(&gone, json!({}), "one", false).expect("let go");
        let gone = put(&gone, json!({}), "two", false).expect("let go");
        assert_eq!(gone.get("data"), None);
    }

    #[test]
    fn an_update_owns_what_it_changes() {
        let root = root("configmaps");
        let mut first = json!({"metadata": {"name": "c"}, "data": {"a": "1", "b": "1"}});
        track_update(root.node(), &Value::Null, &mut first, &who("kubectl"), Timestamp::UNIX_EPOCH);
        assert_eq!(owner(&first, "kubectl"), json!({"f:data": {".": {}, "f:a": {}, "f:b": {}}}));
        let mut second = first.clone();
        second["data"]["a"] = json!("2");
        track_update(root.node(), &first, &mut second, &who("edit"), Timestamp::UNIX_EPOCH);
        assert_eq!(owner(&second, "edit"), json!({"f:data": {"f:a": {}}}));
        assert_eq!(owner(&second, "kubectl"), json!({"f:data": {".": {}, "f:b": {}}}));
        let refused = put(&second, json!({"data": {"a": "3", "b": "3"}}), "one", false)
            .expect_err("conflicts")
            .into_error();
        assert_eq!(
            refused.message,
            "Apply failed with 2 conflicts: conflicts with \"edit\" using v1:\n- .data.a\nconflicts with \"kubectl\" using v1:\n- .data.b"
        );
    }

    #[test]
    fn keyed_lists_merge_item_by_item() {
        let root = root("pods");
        let apply_pod = |live: &Value, containers: Value, name: &str| {
            apply(
                root.node(),
                live,
                &json!({"metadata": {"name": "p"}, "spec": {"containers": containers}}),
                (&who(name), false, Timestamp::UNIX_EPOCH),
            )
            .expect("no conflict")
        };
        let one = apply_pod(&Value::Null, json!([{"name": "a", "image": "x"}]), "one");
        let two = apply_pod(&one, json!([{"name": "b", "image": "y"}]), "two");
        assert_eq!(
            two["spec"]["containers"],
            json!([{"name": "a", "image": "x"}, {"name": "b", "image": "y"}])
        );
        let three = apply_pod(&two, json!([{"name": "c", "image": "z"}]), "one");
        assert_eq!(
            three["spec"]["containers"],
            json!([{"name": "b", "image": "y"}, {"name": "c", "image": "z"}])
        );
    }

    #[test]
    fn an_object_without_owners_belongs_to_before_first_apply() {
        let live = json!({"metadata": {"name": "c"}, "data": {"a": "1"}});
        let refused =
            put(&live, json!({"data": {"a": "2"}}), "one", false).expect_err("conflict").into_error();
        assert_eq!(
            refused.message,
            "Apply failed with 1 conflict: conflict with \"before-first-apply\" using v1: .data.a"
        );
    }
}
