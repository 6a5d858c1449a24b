//! What the registry and the admission plugins give an object after it was decoded: the first status, finalizers,
//! generated selectors. Nobody owns any of it.

use jiff::Timestamp;
use serde_json::{Value, json};

use super::defaults::{default, ensure};
use super::meta::{add_finalizer, name_of, terminating};
use crate::kube::fields::time;
use crate::kube::kinds::Kind;

/// Completes an object of a kind.
pub fn complete(kind: &Kind, object: &mut Value, now: Timestamp) {
    if kind.custom || !object.is_object() {
        return;
    }
    match (kind.group.as_str(), kind.kind.as_str()) {
        ("", "Namespace") => {
            if !terminating(object) {
                default(ensure(object, "spec"), "finalizers", json!(["kubernetes"]));
            }
            default(ensure(object, "status"), "phase", json!("Active"));
        }
        ("", "PersistentVolumeClaim") => {
            if !terminating(object) {
                add_finalizer(object, "kubernetes.io/pvc-protection");
            }
            default(ensure(object, "status"), "phase", json!("Pending"));
        }
        ("", "PersistentVolume") => {
            if !terminating(object) {
                add_finalizer(object, "kubernetes.io/pv-protection");
            }
            let status = ensure(object, "status");
            if status["phase"].is_null() {
                default(status, "lastPhaseTransitionTime", time(now));
            }
            default(status, "phase", json!("Pending"));
        }
        ("", "Pod") => pod(object),
        ("apps", "DaemonSet") => {
            let metadata = ensure(&mut object["metadata"], "annotations");
            default(metadata, "deprecated.daemonset.template.generation", json!("1"));
            counts(
                object,
                &["currentNumberScheduled", "numberMisscheduled", "desiredNumberScheduled", "numberReady"],
            );
        }
        ("apps", "StatefulSet") => counts(object, &["replicas", "availableReplicas"]),
        ("apps", "ReplicaSet") => counts(object, &["replicas"]),
        ("apps", "Deployment") => default(object, "status", json!({})),
        ("policy", "PodDisruptionBudget") => {
            counts(object, &["disruptionsAllowed", "currentHealthy", "desiredHealthy", "expectedPods"]);
        }
        ("batch", "Job") => job(object),
        ("apiextensions.k8s.io", "CustomResourceDefinition") => crd(object, now),
        _ => {}
    }
}

/// Counters of a status that Go writes also when they are zero.
fn counts(object: &mut Value, members: &[&str]) {
    let status = ensure(object, "status");
    for member in members {
        default(status, member, json!(0));
    }
}

fn pod(object: &mut Value) {
    let spec = ensure(object, "spec");
    default(spec, "preemptionPolicy", json!("PreemptLowerPriority"));
    let priority = match spec["priorityClassName"].as_str() {
        Some("system-cluster-critical") => 2_000_000_000,
        Some("system-node-critical") => 2_000_001_000,
        _ => 0,
    };
    default(spec, "priority", json!(priority));
    default(spec, "tolerations", json!([]));
    if let Some(tolerations) = spec["tolerations"].as_array_mut() {
        for key in ["node.kubernetes.io/not-ready", "node.kubernetes.io/unreachable"] {
            let covered = tolerations.iter().any(|t| {
                (t["key"] == key || (t["key"].is_null() && t["operator"] == "Exists"))
                    && (t["effect"] == "NoExecute" || t["effect"].is_null())
            });
            if !covered {
                tolerations.push(
                    json!({"key": key, "operator": "Exists", "effect": "NoExecute", "tolerationSeconds": 300}),
                );
            }
        }
    }
    let class = quality(&object["spec"]);
    let status = ensure(object, "status");
    default(status, "phase", json!("Pending"));
    default(status, "qosClass", json!(class));
}

/// Guaranteed, Burstable or BestEffort (pkg/apis/core/helper/qos).
fn quality(spec: &Value) -> &'static str {
    let all = ["containers", "initContainers"].iter().filter_map(|list| spec[*list].as_array()).flatten();
    let (mut any, mut guaranteed) = (false, true);
    for container in all {
        let (limits, requests) = (&container["resources"]["limits"], &container["resources"]["requests"]);
        for member in ["cpu", "memory"] {
            any |= !limits[member].is_null() || !requests[member].is_null();
            let equal = requests[member].is_null() || requests[member] == limits[member];
            guaranteed &= !limits[member].is_null() && equal;
        }
    }
    match (any, guaranteed) {
        (true, true) => "Guaranteed",
        (true, false) => "Burstable",
        (false, _) => "BestEffort",
    }
}

fn job(object: &mut Value) {
    let uid = object["metadata"]["uid"].as_str().unwrap_or_default().to_owned();
    let name = name_of(object).to_owned();
    let spec = ensure(object, "spec");
    if spec["manualSelector"] != true && spec["selector"].is_null() && !uid.is_empty() {
        spec["selector"] = json!({"matchLabels": {"batch.kubernetes.io/controller-uid": uid}});
        let labels = ensure(ensure(ensure(spec, "template"), "metadata"), "labels");
        for (key, value) in [
            ("batch.kubernetes.io/controller-uid", &uid),
            ("batch.kubernetes.io/job-name", &name),
            ("controller-uid", &uid),
            ("job-name", &name),
        ] {
            labels[key] = json!(value);
        }
    }
    // A Job without labels of its own shows its template's (pkg/apis/batch/v1/defaults.go).
    let labels = object["spec"]["template"]["metadata"]["labels"].clone();
    if labels.is_object() && object["metadata"]["labels"].as_object().is_none_or(serde_json::Map::is_empty) {
        object["metadata"]["labels"] = labels;
    }
    default(object, "status", json!({}));
}

fn crd(object: &mut Value, now: Timestamp) {
    let accepted = object["spec"]["names"].clone();
    let stored: Vec<Value> = object["spec"]["versions"]
        .as_array()
        .into_iter()
        .flatten()
        .filter(|v| v["storage"] == true)
        .map(|v| v["name"].clone())
        .collect();
    let at = time(now);
    let condition = |kind: &str, reason: &str, message: &str| json!({"type": kind, "status": "True", "lastTransitionTime": at, "reason": reason, "message": message});
    let status = ensure(object, "status");
    default(status, "acceptedNames", accepted);
    default(status, "storedVersions", json!(stored));
    default(
        status,
        "conditions",
        json!([
            condition("NamesAccepted", "NoConflicts", "no conflicts found"),
            condition("Established", "InitialNamesAccepted", "the initial names have been accepted"),
        ]),
    );
}
