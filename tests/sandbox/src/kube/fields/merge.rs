//! Laying an applied configuration over a live object, and taking out what is applied no longer.

use serde_json::{Map, Value};

use super::set::FieldSet;
use super::walk::element;
use crate::kube::schema::{ListType, Node};

/// The live value with the applied one laid over it.
pub fn merge(node: Node<'_>, live: &Value, applied: &Value) -> Value {
    match (live, applied) {
        (Value::Object(live), Value::Object(applied)) if !node.atomic_map() => {
            let mut out = live.clone();
            for (key, value) in applied {
                let merged = match live.get(key) {
                    Some(before) => merge(node.field(key), before, value),
                    None => value.clone(),
                };
                out.insert(key.clone(), merged);
            }
            Value::Object(out)
        }
        (Value::Array(live), Value::Array(applied)) if node.list_type() != ListType::Atomic => {
            Value::Array(merge_lists(node, live, applied))
        }
        _ => applied.clone(),
    }
}

/// Items of the applied list keep their order; items that only the live list has keep their place
/// among their neighbours.
fn merge_lists(node: Node<'_>, live: &[Value], applied: &[Value]) -> Vec<Value> {
    let list = node.list_type();
    let key = |item: &Value| element(node, &list, item);
    let live_keys: Vec<_> = live.iter().map(key).collect();
    let applied_keys: Vec<_> = applied.iter().map(key).collect();
    let mut out = Vec::new();
    let mut next = 0;
    for (item, key) in live.iter().zip(&live_keys) {
        if !applied_keys.contains(key) {
            out.push(item.clone());
            continue;
        }
        // Everything that the applied list has up to here, then this slot's item of the applied list.
        while next < applied.len() {
            let known = live_keys.iter().position(|k| *k == applied_keys[next]);
            out.push(match known {
                Some(at) => merge(node.items(), &live[at], &applied[next]),
                None => applied[next].clone(),
            });
            next += 1;
            if known.is_some() {
                break;
            }
        }
    }
    for (item, key) in applied.iter().zip(&applied_keys).skip(next) {
        let known = live_keys.iter().position(|k| k == key);
        out.push(known.map_or_else(|| item.clone(), |at| merge(node.items(), &live[at], item)));
    }
    out
}

/// Removes the paths of `gone` from a value, except what `kept` holds at or below them; empty
/// containers that this leaves behind go too.
pub fn remove(node: Node<'_>, value: &mut Value, gone: &FieldSet, kept: &FieldSet) {
    match value {
        Value::Object(map) if !node.atomic_map() => remove_members(node, map, gone, kept),
        Value::Array(items) if node.list_type() != ListType::Atomic => {
            let list = node.list_type();
            items.retain_mut(|item| {
                let Some(key) = element(node, &list, item) else { return true };
                let Some(below) = gone.children.get(&key) else { return true };
                let keep = kept.children.get(&key);
                if below.member && keep.is_none_or(FieldSet::is_empty) {
                    return false;
                }
                remove(node.items(), item, below, keep.unwrap_or(&FieldSet::default()));
                true
            });
        }
        _ => {}
    }
}

fn remove_members(node: Node<'_>, map: &mut Map<String, Value>, gone: &FieldSet, kept: &FieldSet) {
    let nothing = FieldSet::default();
    for (element, below) in &gone.children {
        let Some(key) = element.strip_prefix("f:") else { continue };
        let keep = kept.children.get(element).unwrap_or(&nothing);
        let Some(member) = map.get_mut(key) else { continue };
        if below.member && keep.is_empty() {
            map.shift_remove(key);
            continue;
        }
        remove(node.field(key), member, below, keep);
        let empty = match member {
            Value::Object(map) => map.is_empty(),
            Value::Array(list) => list.is_empty(),
            _ => false,
        };
        if empty && keep.is_empty() {
            map.shift_remove(key);
        }
    }
}
