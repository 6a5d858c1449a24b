//! `metadata`: what the server fills in and carries over.

use jiff::Timestamp;
use serde_json::{Map, Value, json};

use crate::kube::fields::time;
use crate::kube::kinds::Kind;

/// `metadata.name`, empty when there is none.
pub fn name_of(object: &Value) -> &str {
    object["metadata"]["name"].as_str().unwrap_or_default()
}

/// `metadata.namespace`, empty when there is none.
pub fn namespace_of(object: &Value) -> &str {
    object["metadata"]["namespace"].as_str().unwrap_or_default()
}

/// `metadata.uid`, empty when there is none.
pub fn uid_of(object: &Value) -> &str {
    object["metadata"]["uid"].as_str().unwrap_or_default()
}

/// Whether the object is on its way out.
pub fn terminating(object: &Value) -> bool {
    object["metadata"]["deletionTimestamp"].is_string()
}

/// `metadata.finalizers`.
pub fn finalizers(object: &Value) -> Vec<&str> {
    object["metadata"]["finalizers"].as_array().into_iter().flatten().filter_map(Value::as_str).collect()
}

/// Adds a finalizer unless it is there.
pub fn add_finalizer(object: &mut Value, finalizer: &str) {
    if finalizers(object).contains(&finalizer) {
        return;
    }
    let metadata = &mut object["metadata"];
    match metadata["finalizers"].as_array_mut() {
        Some(list) => list.push(json!(finalizer)),
        None => metadata["finalizers"] = json!([finalizer]),
    }
}

/// Takes a finalizer off; an empty list goes, too.
pub fn drop_finalizer(object: &mut Value, finalizer: &str) {
    let Some(metadata) = object["metadata"].as_object_mut() else { return };
    if let Some(list) = metadata.get_mut("finalizers").and_then(Value::as_array_mut) {
        list.retain(|f| f != finalizer);
        if list.is_empty() {
            metadata.shift_remove("finalizers");
        }
    }
}

/// Random lower-case letters and digits as the API server appends to `generateName`.
pub fn suffix(length: usize) -> String {
    const ALPHABET: &[u8] = b"bcdfghjklmnpqrstvwxz2456789";
    random(length).into_iter().map(|b| char::from(ALPHABET[usize::from(b) % ALPHABET.len()])).collect()
}

/// A random UUID (version 4).
pub fn uuid() -> String {
    let mut b = random(16);
    b[6] = (b[6] & 0x0f) | 0x40;
    b[8] = (b[8] & 0x3f) | 0x80;
    let h = hex::encode(b);
    format!("{}-{}-{}-{}-{}", &h[..8], &h[8..12], &h[12..16], &h[16..20], &h[20..])
}

fn random(length: usize) -> Vec<u8> {
    let mut bytes = vec![0_u8; length];
    getrandom::fill(&mut bytes).expect("the machine has randomness");
    bytes
}

/// Whether the server counts `metadata.generation` for the kind.
fn counts_generations(kind: &Kind) -> bool {
    kind.custom
        || matches!(
            kind.kind.as_str(),
            "Deployment"
                | "DaemonSet"
                | "ReplicaSet"
                | "StatefulSet"
                | "Job"
                | "CronJob"
                | "PodDisruptionBudget"
                | "Pod"
                | "NetworkPolicy"
                | "CustomResourceDefinition"
        )
}

/// Fills in what a new object gets: name from `generateName`, uid, creationTimestamp, generation.
pub fn prepare(kind: &Kind, object: &mut Value, now: Timestamp) {
    if !object["metadata"].is_object() {
        object["metadata"] = json!({});
    }
    if !kind.namespaced
        && let Some(metadata) = object["metadata"].as_object_mut()
    {
        metadata.shift_remove("namespace");
    }
    if name_of(object).is_empty()
        && let Some(prefix) = object["metadata"]["generateName"].as_str()
    {
        object["metadata"]["name"] = json!(format!("{prefix}{}", suffix(5)));
    }
    let metadata = &mut object["metadata"];
    metadata["uid"] = json!(uuid());
    metadata["creationTimestamp"] = time(now);
    if counts_generations(kind) {
        metadata["generation"] = json!(1);
    }
    if let Some(metadata) = metadata.as_object_mut() {
        for member in ["deletionTimestamp", "deletionGracePeriodSeconds", "selfLink", "resourceVersion"] {
            metadata.shift_remove(member);
        }
    }
}

/// Gives a new version of an object what clients cannot change, and counts its generation.
pub fn carry_over(kind: &Kind, old: &Value, new: &mut Value) {
    for member in ["labels", "annotations", "finalizers", "ownerReferences"] {
        let empty =
            |v: &Value| v.as_object().is_some_and(Map::is_empty) || v.as_array().is_some_and(Vec::is_empty);
        if let Some(metadata) = new["metadata"].as_object_mut()
            && metadata.get(member).is_some_and(empty)
        {
            metadata.shift_remove(member);
        }
    }
    for member in ["apiVersion", "kind"] {
        if !new[member].is_string() {
            new[member] = old[member].clone();
        }
    }
    if !new["metadata"].is_object() {
        new["metadata"] = Value::Object(Map::new());
    }
    for member in
        ["name", "namespace", "uid", "creationTimestamp", "generation", "generateName", "resourceVersion"]
    {
        let before = &old["metadata"][member];
        if before.is_null() {
            if let Some(metadata) = new["metadata"].as_object_mut() {
                metadata.shift_remove(member);
            }
        } else {
            new["metadata"][member] = before.clone();
        }
    }
    if counts_generations(kind) && !same_content(old, new) {
        let generation = old["metadata"]["generation"].as_i64().unwrap_or(1);
        new["metadata"]["generation"] = json!(generation + 1);
    }
}

/// Whether two versions have the same content: everything besides metadata and status.
fn same_content(old: &Value, new: &Value) -> bool {
    let plain = |key: &String| key != "status" && key != "metadata";
    let (Some(old), Some(new)) = (old.as_object(), new.as_object()) else { return old == new };
    old.iter().all(|(key, value)| !plain(key) || new.get(key) == Some(value))
        && new.keys().all(|key| !plain(key) || old.contains_key(key))
}

/// Whether a change takes the last finalizer off an object that is on its way out.
pub fn finalized(old: &Value, new: &Value) -> bool {
    terminating(new) && !finalizers(old).is_empty() && finalizers(new).is_empty() && !graceful(new)
}

/// Whether the kubelet still has to end the pod.
pub fn graceful(object: &Value) -> bool {
    object["kind"] == "Pod"
        && object["metadata"]["deletionGracePeriodSeconds"].as_i64().is_some_and(|s| s > 0)
        && object["spec"]["nodeName"].is_string()
}
