//! What containers print: lines that the controllers add to the world's `logs`.

use serde_json::{Value, json};

use super::text;
use crate::kube::store::meta::{name_of, namespace_of};
use crate::state::State;

/// Own member of an entry that controllers write: worlds are compared without it, and it goes with its pod.
pub const WRITTEN: &str = "$written";
/// More lines than this are not kept; kubelets rotate logs as well.
const LONGEST: usize = 2000;

/// Adds lines to the log of a container.
pub fn write(state: &mut State, pod: &Value, container: &str, lines: Vec<String>) {
    let at = state.now.to_string();
    let lines = lines.into_iter().map(|line| json!({"at": at, "text": line}));
    let logs = state.other.entry("logs".to_owned()).or_insert_with(|| json!([]));
    let Some(entries) = logs.as_array_mut() else { return };
    let place = |entry: &Value| {
        entry[WRITTEN] == true
            && entry["namespace"] == namespace_of(pod)
            && entry["pod"] == name_of(pod)
            && entry["container"] == container
    };
    let index = entries.iter().position(place).unwrap_or_else(|| {
        entries.push(json!({
            "namespace": namespace_of(pod), "pod": name_of(pod), "container": container, WRITTEN: true, "lines": [],
        }));
        entries.len() - 1
    });
    if let Some(list) = entries[index]["lines"].as_array_mut() {
        list.extend(lines);
        list.drain(..list.len().saturating_sub(LONGEST));
    }
}

/// Logs go with their pods.
pub fn clean(state: &mut State) {
    let Some(entries) = state.other.get("logs").and_then(Value::as_array) else { return };
    if !entries.iter().any(|entry| entry[WRITTEN] == true) {
        return;
    }
    let kept: Vec<Value> = entries
        .iter()
        .filter(|entry| {
            let (namespace, pod) = (text(&entry["namespace"]), text(&entry["pod"]));
            entry[WRITTEN] != true || state.kube.get("v1", "Pod", namespace, pod).is_some()
        })
        .cloned()
        .collect();
    if kept.len() != entries.len() {
        state.other.insert("logs".to_owned(), Value::Array(kept));
    }
}
