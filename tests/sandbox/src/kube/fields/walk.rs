//! From objects to field sets: which fields an object has, and which ones two objects differ in.

use serde_json::{Map, Value, json};

use super::set::FieldSet;
use crate::kube::schema::{ListType, Node};

/// The `fieldsV1` element of a list item, `None` when the list is atomic or the item has no key.
pub fn element(node: Node<'_>, list: &ListType, item: &Value) -> Option<String> {
    match list {
        ListType::Atomic => None,
        ListType::Set => Some(format!("v:{item}")),
        ListType::Map(keys) => {
            let mut found = Map::new();
            for key in keys {
                let value = item.get(key).or_else(|| node.items().default_of(key));
                if let Some(value) = value {
                    found.insert(key.clone(), value.clone());
                }
            }
            found.sort_keys();
            (!found.is_empty()).then(|| format!("k:{}", Value::Object(found)))
        }
    }
}

/// The fields that a value has, as server-side apply counts them: leaves, list items, keys of free maps.
pub fn set_of(node: Node<'_>, value: &Value) -> FieldSet {
    let mut set = FieldSet::default();
    match value {
        Value::Object(map) if !node.atomic_map() => {
            for (key, member) in map {
                let mut child = set_of(node.field(key), member);
                let empty = member.is_null() || member.as_object().is_some_and(Map::is_empty);
                child.member |= empty || node.declared(key).is_none();
                if !child.is_empty() {
                    set.children.insert(format!("f:{key}"), child);
                }
            }
        }
        Value::Array(items) if node.list_type() != ListType::Atomic => {
            let list = node.list_type();
            for item in items {
                if let Some(key) = element(node, &list, item) {
                    let mut child = set_of(node.items(), item);
                    child.member = true;
                    set.children.insert(key, child);
                }
            }
            set.member = items.is_empty();
        }
        _ => set.member = true,
    }
    set
}

/// The same for something that is new as a whole: every map, list and item on the way is owned as well.
fn whole_of(node: Node<'_>, value: &Value) -> FieldSet {
    let mut set = FieldSet::leaf();
    match value {
        Value::Object(map) if !node.atomic_map() => {
            for (key, member) in map.iter().filter(|(_, member)| !member.is_null()) {
                set.children.insert(format!("f:{key}"), whole_of(node.field(key), member));
            }
        }
        Value::Array(items) => {
            let list = node.list_type();
            for item in items {
                if let Some(key) = element(node, &list, item) {
                    set.children.insert(key, whole_of(node.items(), item));
                }
            }
        }
        _ => {}
    }
    set
}

/// What a new object is compared with: the parts that are always there, as Go writes a value of the kind that nobody
/// has filled in. Maps and what is behind a pointer are not.
pub fn blank() -> Value {
    json!({
        "metadata": {}, "status": {}, "roleRef": {}, "involvedObject": {}, "source": {},
        "spec": {
            "resources": {}, "template": {"metadata": {}, "spec": {"containers": []}}, "strategy": {}, "updateStrategy": {},
            "names": {}, "containers": [],
        },
    })
}

/// What is different between two objects.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Comparison {
    /// Fields that only the new one has, and fields with another value there.
    pub changed: FieldSet,
    /// Fields that only the old one has.
    pub removed: FieldSet,
}

/// Compares two versions of a value.
pub fn compare(node: Node<'_>, old: &Value, new: &Value) -> Comparison {
    let mut found = Comparison::default();
    walk(node, Some(old), Some(new), &mut found);
    found
}

fn walk(node: Node<'_>, old: Option<&Value>, new: Option<&Value>, found: &mut Comparison) {
    match (old, new) {
        (None | Some(Value::Null), None | Some(Value::Null)) => {}
        (None | Some(Value::Null), Some(new)) => found.changed = whole_of(node, new),
        (Some(old), None | Some(Value::Null)) => {
            found.removed = set_of(node, old);
            found.removed.member = true;
        }
        (Some(Value::Object(old)), Some(Value::Object(new))) if !node.atomic_map() => {
            maps(node, old, new, found);
        }
        (Some(Value::Array(old)), Some(Value::Array(new))) if node.list_type() != ListType::Atomic => {
            lists(node, old, new, found);
        }
        (Some(old), Some(new)) => found.changed.member = old != new,
    }
}

fn maps(node: Node<'_>, old: &Map<String, Value>, new: &Map<String, Value>, found: &mut Comparison) {
    for key in new.keys().chain(old.keys().filter(|k| !new.contains_key(*k))) {
        let mut below = Comparison::default();
        walk(node.field(key), old.get(key), new.get(key), &mut below);
        keep(&format!("f:{key}"), below, found);
    }
}

fn lists(node: Node<'_>, old: &[Value], new: &[Value], found: &mut Comparison) {
    let list = node.list_type();
    let keyed = |items: &[Value]| -> Vec<(String, Value)> {
        items.iter().filter_map(|item| Some((element(node, &list, item)?, item.clone()))).collect()
    };
    let (old, new) = (keyed(old), keyed(new));
    let find = |items: &[(String, Value)], key: &str| {
        items.iter().find(|(k, _)| k == key).map(|(_, item)| item.clone())
    };
    for (key, item) in &new {
        let mut below = Comparison::default();
        let before = find(&old, key);
        walk(node.items(), before.as_ref(), Some(item), &mut below);
        below.changed.member |= before.is_none();
        keep(key, below, found);
    }
    for (key, item) in old.iter().filter(|(key, _)| find(&new, key).is_none()) {
        let mut below = Comparison::default();
        walk(node.items(), Some(item), None, &mut below);
        keep(key, below, found);
    }
}

fn keep(key: &str, below: Comparison, found: &mut Comparison) {
    if !below.changed.is_empty() {
        found.changed.children.insert(key.to_owned(), below.changed);
    }
    if !below.removed.is_empty() {
        found.removed.children.insert(key.to_owned(), below.removed);
    }
}
