//! Namespaces (default service account, deletion of what is inside) and the protection of volumes and
//! claims in use.

use std::collections::BTreeMap;

use serde_json::json;

use super::{all, text};
use crate::kube::store::Removal;
use crate::kube::store::meta::{drop_finalizer, finalizers, name_of, namespace_of, terminating};
use crate::state::State;

const CLAIM: &str = "kubernetes.io/pvc-protection";
const VOLUME: &str = "kubernetes.io/pv-protection";

/// What every namespace has for its pods (pkg/controller/certificates/rootcacertpublisher).
const ROOT: &str = "kube-root-ca.crt";
const ABOUT_ROOT: &str = "Contains a CA bundle that can be used to verify the kube-apiserver when using internal endpoints such as the internal service IP or kubernetes.default.svc. No other usage is guaranteed across distributions of Kubernetes clusters.";

/// The authority of the cluster, in PEM.
fn authority(state: &State) -> String {
    use base64::Engine as _;
    let cluster = state.rows("eks.clusters").first();
    let encoded = cluster.and_then(|c| c["certificateAuthority"]["data"].as_str()).unwrap_or_default();
    let bytes = base64::engine::general_purpose::STANDARD.decode(encoded).unwrap_or_default();
    String::from_utf8(bytes).unwrap_or_default()
}

/// Does what is due.
pub fn run(state: &mut State) {
    for namespace in all(state, "v1", "Namespace") {
        let name = name_of(&namespace);
        if terminating(&namespace) {
            empty(state, name);
            continue;
        }
        if state.kube.get("v1", "ServiceAccount", name, "default").is_none() {
            let account = json!({"apiVersion": "v1", "kind": "ServiceAccount",
                "metadata": {"name": "default", "namespace": name}});
            let now = state.now;
            // Absent a moment ago, under the same lock.
            let _made = state.kube.create(account, "kube-controller-manager", now);
        }
        if state.kube.get("v1", "ConfigMap", name, ROOT).is_none() {
            let root = json!({"apiVersion": "v1", "kind": "ConfigMap", "data": {"ca.crt": authority(state)},
                "metadata": {"name": ROOT, "namespace": name,
                    "annotations": {"kubernetes.io/description": ABOUT_ROOT}}});
            let now = state.now;
            let _made = state.kube.create(root, "kube-controller-manager", now);
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
    let (mut resources, mut holders): (BTreeMap<String, usize>, BTreeMap<String, usize>) = <_>::default();
    for kind in kinds.iter().filter(|k| k.group != "events.k8s.io") {
        for object in state.kube.read_all(kind, name) {
            left += 1;
            if !terminating(&object) {
                let how = Removal::now(state.now);
                let _gone = state.kube.remove(kind, name, name_of(&object), &how);
            }
            let held = state.kube.read(kind, name, name_of(&object)).is_some();
            if held {
                *resources.entry(kind.qualified()).or_default() += 1;
                for finalizer in finalizers(&object) {
                    *holders.entry(finalizer.to_owned()).or_default() += 1;
                }
            }
        }
    }
    tell(state, name, (&resources, &holders));
    if left == 0
        && let Some(kind) = state.kube.kind("v1", "Namespace")
    {
        let now = state.now;
        state.kube.finish(&kind, "", name, now);
    }
}

/// What keeps a namespace from going (pkg/controller/namespace/deletion/status_condition_utils.go).
fn tell(state: &mut State, name: &str, left: (&BTreeMap<String, usize>, &BTreeMap<String, usize>)) {
    let (resources, holders) = left;
    let list = |counts: &BTreeMap<String, usize>, word: &str| {
        counts
            .iter()
            .map(|(what, n)| format!("{what} {word} {n} resource instances"))
            .collect::<Vec<_>>()
            .join(", ")
    };
    let content = if resources.is_empty() {
        ("False", "ContentRemoved", "All content successfully removed".to_owned())
    } else {
        let text = list(resources, "has").replace(" has ", ". has ");
        ("True", "SomeResourcesRemain", format!("Some resources are remaining: {text}"))
    };
    let held = if holders.is_empty() {
        ("False", "ContentHasNoFinalizers", "All content-preserving finalizers finished".to_owned())
    } else {
        let text = list(holders, "in");
        let text = format!("Some content in the namespace has finalizers remaining: {text}");
        ("True", "SomeFinalizersRemain", text)
    };
    let fixed = |reason, message: &str| ("False", reason, message.to_owned());
    let now = state.now;
    let _told = state.kube.modify("v1", "Namespace", "", name, |namespace| {
        for (kind, (status, reason, message)) in [
            (
                "NamespaceDeletionDiscoveryFailure",
                fixed("ResourcesDiscovered", "All resources successfully discovered"),
            ),
            (
                "NamespaceDeletionGroupVersionParsingFailure",
                fixed("ParsedGroupVersions", "All legacy kube types successfully parsed"),
            ),
            (
                "NamespaceDeletionContentFailure",
                fixed("ContentDeleted", "All content successfully deleted, may be waiting on finalization"),
            ),
            ("NamespaceContentRemaining", content),
            ("NamespaceFinalizersRemaining", held),
        ] {
            super::set_condition(namespace, kind, (status, reason, &message), now);
        }
    });
}
