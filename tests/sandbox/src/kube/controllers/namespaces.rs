//! Namespaces (default service account, deletion of what is inside) and the protection of volumes and
//! claims in use.

use serde_json::json;

use super::{all, text};
use crate::kube::store::Removal;
use crate::kube::store::meta::{drop_finalizer, finalizers, name_of, namespace_of, terminating};
use crate::state::State;

const CLAIM: &str = "kubernetes.io/pvc-protection";
const VOLUME: &str = "kubernetes.io/pv-protection";

/// Does what is due.
pub fn run(state: &mut State) {
    for namespace in all(state, "v1", "Namespace") {
        let name = name_of(&namespace);
        if terminating(&namespace) {
            empty(state, name);
        } else if state.kube.get("v1", "ServiceAccount", name, "default").is_none() {
            let account = json!({"apiVersion": "v1", "kind": "ServiceAccount",
                "metadata": {"name": "default", "namespace": name}});
            let now = state.now;
            // Absent a moment ago, under the same lock.
            let _made = state.kube.create(account, "kube-controller-manager", now);
        }
    }
    release_claims(state);
    for volume in all(state, "v1", "PersistentVolume") {
        let held = finalizers(&volume).contains(&VOLUME);
        if terminating(&volume) && held && volume["status"]["phase"] != "Bound" {
            let _released = state
                .kube
                .modify("v1", "PersistentVolume", "", name_of(&volume), |v| drop_finalizer(v, VOLUME));
        }
    }
}

fn release_claims(state: &mut State) {
    for claim in all(state, "v1", "PersistentVolumeClaim") {
        if !terminating(&claim) || !finalizers(&claim).contains(&CLAIM) {
            continue;
        }
        let used = state.kube.list("v1", "Pod").any(|pod| {
            namespace_of(pod) == namespace_of(&claim)
                && !matches!(text(&pod["status"]["phase"]), "Succeeded" | "Failed")
                && super::pods::claims(pod).contains(&name_of(&claim))
        });
        if !used {
            let (namespace, name) = (namespace_of(&claim), name_of(&claim));
            let _released = state
                .kube
                .modify("v1", "PersistentVolumeClaim", namespace, name, |c| drop_finalizer(c, CLAIM));
        }
    }
}

/// Deletes everything in a namespace that goes, then the namespace.
fn empty(state: &mut State, name: &str) {
    let kinds: Vec<_> = state.kube.kinds().filter(|k| k.namespaced && !k.review).cloned().collect();
    let mut left = 0;
    for kind in kinds.iter().filter(|k| k.group != "events.k8s.io") {
        for object in state.kube.read_all(kind, name) {
            left += 1;
            if !terminating(&object) {
                let how = Removal::now(state.now);
                let _gone = state.kube.remove(kind, name, name_of(&object), &how);
            }
        }
    }
    if left == 0
        && let Some(kind) = state.kube.kind("v1", "Namespace")
    {
        let now = state.now;
        state.kube.finish(&kind, "", name, now);
    }
}
