//! Deployments, ReplicaSets, StatefulSets and DaemonSets.

use std::collections::BTreeSet;

use serde_json::{Value, json};

use super::sets::{drop_pod, make_pod, pods_of, ready, set_status, template_hash};
use super::{all, controlled_by, owner_reference, schedule, set_condition, text};
use crate::kube::selector::Labels;
use crate::kube::store::meta::{name_of, namespace_of, terminating, uid_of};
use crate::state::State;

const APPS: &str = "apps/v1";
const HASH: &str = "pod-template-hash";

/// Does what is due.
pub fn run(state: &mut State) {
    for deployment in all(state, APPS, "Deployment").into_iter().filter(|d| !terminating(d)) {
        roll(state, &deployment);
    }
    for set in all(state, APPS, "ReplicaSet").into_iter().filter(|d| !terminating(d)) {
        replicate(state, &set, "replicaset-controller");
    }
    for set in all(state, APPS, "StatefulSet").into_iter().filter(|d| !terminating(d)) {
        replicate(state, &set, "statefulset-controller");
    }
    for set in all(state, APPS, "DaemonSet").into_iter().filter(|d| !terminating(d)) {
        spread(state, &set);
    }
}

fn roll(state: &mut State, deployment: &Value) {
    let uid = uid_of(deployment);
    let owned = state.kube.owned_by(uid).into_iter().filter(|(kind, _)| kind == "apps/ReplicaSet");
    let sets: Vec<Value> =
        owned.filter(|(_, s)| controlled_by(s, uid) && !terminating(s)).map(|(_, s)| (*s).clone()).collect();
    let hash = template_hash(&deployment["spec"]["template"]);
    let wanted = deployment["spec"]["replicas"].as_i64().unwrap_or(1);
    let current = sets.iter().find(|s| template_of(s) == deployment["spec"]["template"]);
    let Some(current) = current else {
        let revision = 1 + sets.iter().filter_map(revision).max().unwrap_or(0);
        make_set(state, deployment, (&hash, revision), wanted);
        return;
    };
    scale(state, current, wanted);
    let ready_now = current["status"]["readyReplicas"].as_i64().unwrap_or(0);
    for old in sets.iter().filter(|s| uid_of(s) != uid_of(current)) {
        if ready_now >= wanted {
            scale(state, old, 0);
        }
    }
    deployment_status(state, deployment, current, &sets);
}

/// The template of a ReplicaSet as the Deployment has it.
fn template_of(set: &Value) -> Value {
    let mut template = set["spec"]["template"].clone();
    if let Some(labels) = template["metadata"]["labels"].as_object_mut() {
        labels.shift_remove(HASH);
    }
    template
}

fn revision(set: &Value) -> Option<i64> {
    set["metadata"]["annotations"]["deployment.kubernetes.io/revision"].as_str()?.parse().ok()
}

fn make_set(state: &mut State, deployment: &Value, named: (&str, i64), replicas: i64) {
    let (hash, revision) = named;
    let mut selector = deployment["spec"]["selector"].clone();
    selector["matchLabels"][HASH] = json!(hash);
    let mut template = deployment["spec"]["template"].clone();
    template["metadata"]["labels"][HASH] = json!(hash);
    let set = json!({
        "apiVersion": APPS, "kind": "ReplicaSet",
        "metadata": {
            "name": format!("{}-{hash}", name_of(deployment)), "namespace": namespace_of(deployment),
            "labels": template["metadata"]["labels"], "ownerReferences": [owner_reference(deployment)],
            "annotations": {"deployment.kubernetes.io/revision": revision.to_string()},
        },
        "spec": {"replicas": replicas, "selector": selector, "template": template},
    });
    adopt(state, deployment, hash);
    let now = state.now;
    // A set of that name that nobody owns stays as it is.
    let _made = state.kube.create(set, "kube-controller-manager", now);
    let (namespace, name) = (namespace_of(deployment), name_of(deployment));
    let _noted = state.kube.modify(APPS, "Deployment", namespace, name, |d| {
        if !d["metadata"]["annotations"].is_object() {
            d["metadata"]["annotations"] = json!({});
        }
        d["metadata"]["annotations"]["deployment.kubernetes.io/revision"] = json!(revision.to_string());
    });
}

/// Pods that a world file gives beside a Deployment without their ReplicaSet count as the set's.
fn adopt(state: &mut State, deployment: &Value, hash: &str) {
    let selector = Labels::of(&deployment["spec"]["selector"]);
    let orphans = state
        .kube
        .orphan_pods()
        .into_iter()
        .filter(|p| namespace_of(p) == namespace_of(deployment) && selector.matches(p));
    for pod in orphans {
        let _labelled = state.kube.modify("v1", "Pod", namespace_of(&pod), name_of(&pod), |p| {
            p["metadata"]["labels"][HASH] = json!(hash);
        });
    }
}

fn scale(state: &mut State, set: &Value, replicas: i64) {
    if set["spec"]["replicas"] != replicas {
        let _scaled = state.kube.modify(APPS, "ReplicaSet", namespace_of(set), name_of(set), |s| {
            s["spec"]["replicas"] = json!(replicas);
        });
    }
}

fn deployment_status(state: &mut State, deployment: &Value, current: &Value, sets: &[Value]) {
    let sum = |member: &str| sets.iter().map(|s| s["status"][member].as_i64().unwrap_or(0)).sum::<i64>();
    let (total, ready) = (sum("replicas"), sum("readyReplicas"));
    let wanted = deployment["spec"]["replicas"].as_i64().unwrap_or(1);
    let updated = current["status"]["replicas"].as_i64().unwrap_or(0);
    let done = current["status"]["readyReplicas"].as_i64().unwrap_or(0) >= wanted && total == wanted;
    let set = name_of(current).to_owned();
    let now = state.now;
    set_status(state, deployment, |d| {
        let mut status = json!({"observedGeneration": d["metadata"]["generation"]});
        for (member, count) in [
            ("replicas", total),
            ("updatedReplicas", updated),
            ("readyReplicas", ready),
            ("availableReplicas", ready),
            ("unavailableReplicas", (wanted - ready).max(0)),
        ] {
            if count > 0 {
                status[member] = json!(count);
            }
        }
        status["conditions"] = d["status"]["conditions"].clone();
        d["status"] = status;
        // A quarter of the pods may be missing, the default of maxUnavailable, rounded down.
        let enough = ready >= wanted - wanted / 4;
        let available = if enough {
            ("True", "MinimumReplicasAvailable", "Deployment has minimum availability.")
        } else {
            ("False", "MinimumReplicasUnavailable", "Deployment does not have minimum availability.")
        };
        set_condition(d, "Available", available, now);
        let message = if done {
            format!("ReplicaSet {set:?} has successfully progressed.")
        } else {
            format!("ReplicaSet {set:?} is progressing.")
        };
        let reason = if done { "NewReplicaSetAvailable" } else { "ReplicaSetUpdated" };
        set_condition(d, "Progressing", ("True", reason, &message), now);
    });
}

/// A ReplicaSet's or StatefulSet's pods (a StatefulSet's are not numbered here).
fn replicate(state: &mut State, set: &Value, component: &str) {
    let wanted = usize::try_from(set["spec"]["replicas"].as_i64().unwrap_or(1)).unwrap_or(0);
    let mut pods = pods_of(state, set);
    pods.retain(|p| !matches!(text(&p["status"]["phase"]), "Succeeded" | "Failed"));
    for _ in pods.len()..wanted {
        make_pod(state, set, None, component);
    }
    // The ones that are not ready go first.
    pods.sort_by_key(|p| !ready(p));
    for pod in pods.iter().skip(wanted) {
        drop_pod(state, set, pod, component);
    }
    let pods = pods_of(state, set);
    let up = pods.iter().filter(|p| ready(p)).count();
    set_status(state, set, |s| {
        let mut status = json!({"replicas": pods.len(), "observedGeneration": s["metadata"]["generation"]});
        if !pods.is_empty() {
            status["fullyLabeledReplicas"] = json!(pods.len());
        }
        if up > 0 {
            status["readyReplicas"] = json!(up);
            status["availableReplicas"] = json!(up);
        }
        if s["kind"] == "StatefulSet" {
            status["currentReplicas"] = json!(pods.len());
            status["updatedReplicas"] = json!(pods.len());
        }
        s["status"] = status;
    });
}

/// A DaemonSet's pods: one on every node that takes it.
fn spread(state: &mut State, set: &Value) {
    const COMPONENT: &str = "daemonset-controller";
    const REVISION: &str = "controller-revision-hash";
    let hash = template_hash(&set["spec"]["template"]);
    let mut owner = set.clone();
    if !owner["spec"]["template"]["metadata"]["labels"].is_object() {
        owner["spec"]["template"]["metadata"]["labels"] = json!({});
    }
    owner["spec"]["template"]["metadata"]["labels"][REVISION] = json!(hash);
    schedule::add_daemon_tolerations(&mut owner["spec"]["template"]["spec"]);
    let spec = &owner["spec"]["template"]["spec"];
    let nodes: BTreeSet<String> = state
        .kube
        .list("v1", "Node")
        .filter(|node| schedule::takes_daemon(node, spec))
        .map(|node| name_of(node).to_owned())
        .collect();
    let pods = pods_of(state, set);
    for pod in &pods {
        let outdated = pod["metadata"]["labels"][REVISION].as_str().is_some_and(|h| h != hash);
        if outdated || !nodes.contains(text(&pod["spec"]["nodeName"])) {
            drop_pod(state, set, pod, COMPONENT);
        }
    }
    let served: BTreeSet<&str> = pods.iter().map(|p| text(&p["spec"]["nodeName"])).collect();
    for node in nodes.iter().filter(|n| !served.contains(n.as_str())) {
        make_pod(state, &owner, Some(node), COMPONENT);
    }
    let pods = pods_of(state, set);
    let up = pods.iter().filter(|p| ready(p)).count();
    let desired = nodes.len();
    set_status(state, set, |s| {
        let mut status = json!({
            "currentNumberScheduled": pods.len(), "numberMisscheduled": 0, "desiredNumberScheduled": desired,
            "numberReady": up, "observedGeneration": s["metadata"]["generation"],
            "updatedNumberScheduled": pods.len(),
        });
        if up > 0 {
            status["numberAvailable"] = json!(up);
        }
        if desired > up {
            status["numberUnavailable"] = json!(desired - up);
        }
        s["status"] = status;
    });
}
