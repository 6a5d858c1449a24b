//! What ReplicaSets, DaemonSets and Jobs have in common: making and counting pods.

use serde_json::{Value, json};

use super::{controlled_by, owner_reference, paced, text};
use crate::kube::admission;
use crate::kube::events::{self, Record};
use crate::kube::selector::Labels;
use crate::kube::store::Write;
use crate::kube::store::meta::{name_of, namespace_of, suffix, terminating, uid_of};
use crate::state::State;

/// The pods of an owner, those that are going left out. Pods of its selector that nobody owns yet are
/// adopted.
pub fn pods_of(state: &mut State, owner: &Value) -> Vec<Value> {
    let uid = uid_of(owner).to_owned();
    let selector = Labels::of(&owner["spec"]["selector"]);
    let here = |p: &Value| namespace_of(p) == namespace_of(owner) && !terminating(p);
    let owned = state.kube.owned_by(&uid).into_iter().filter(|(kind, _)| kind == "/Pod").map(|(_, pod)| pod);
    let mut pods: Vec<Value> =
        owned.filter(|p| controlled_by(p, &uid) && here(p)).map(|p| (*p).clone()).collect();
    for pod in state.kube.orphan_pods().iter().filter(|p| here(p) && selector.matches(p)) {
        let adopted = state.kube.modify("v1", "Pod", namespace_of(pod), name_of(pod), |p| {
            p["metadata"]["ownerReferences"] = json!([owner_reference(owner)]);
        });
        pods.extend(adopted);
    }
    pods
}

/// Whether a pod's Ready condition is true.
pub fn ready(pod: &Value) -> bool {
    super::condition(pod, "Ready").is_some_and(|c| c["status"] == "True")
}

/// Makes a pod from the owner's template. A refusal becomes an event and is tried again later.
pub fn make_pod(state: &mut State, owner: &Value, node: Option<&str>, component: &str) {
    let retry = format!("make:{}", uid_of(owner));
    if state.kube.work.timers.get(&retry).is_some_and(|at| *at > state.now) {
        return;
    }
    let prefix = format!("{}-", name_of(owner));
    let template = &owner["spec"]["template"];
    let mut pod = json!({
        "apiVersion": "v1", "kind": "Pod",
        "metadata": {
            "generateName": prefix, "name": format!("{prefix}{}", suffix(5)), "namespace": namespace_of(owner),
            "labels": template["metadata"]["labels"], "ownerReferences": [owner_reference(owner)],
        },
        "spec": template["spec"],
    });
    if template["metadata"]["annotations"].is_object() {
        pod["metadata"]["annotations"] = template["metadata"]["annotations"].clone();
    }
    if let Some(node) = node {
        pod["spec"]["nodeName"] = json!(node);
    }
    let Some(kind) = state.kube.kind("v1", "Pod") else { return };
    let now = state.now;
    let outcome = admission::admit(state, &kind, &mut pod)
        .and_then(|()| state.kube.insert(&kind, pod, Write::by("kube-controller-manager", now)));
    let (kind, reason, message) = match &outcome {
        Ok(pod) => ("Normal", "SuccessfulCreate", format!("Created pod: {}", name_of(pod))),
        Err(error) => {
            // What is refused before a name is made up is refused under the prefix; Pod Security comes after that.
            let named =
                error.message.split_once(" is forbidden").filter(|(_, rest)| !rest.contains("PodSecurity"));
            let shown = named.map_or_else(
                || error.message.clone(),
                |(_, rest)| format!("pods {prefix:?} is forbidden{rest}"),
            );
            ("Warning", "FailedCreate", format!("Error creating: {shown}"))
        }
    };
    if outcome.is_err() {
        let wait = state.kube.work.back_off(&retry).as_secs();
        let wait = paced(state, wait);
        state.kube.work.again(&retry, now, wait);
    }
    let what = Record { kind, reason, message: &message, component, host: "" };
    events::record(&mut state.kube, owner, what, now);
}

/// Deletes a pod on behalf of its owner.
pub fn drop_pod(state: &mut State, owner: &Value, pod: &Value, component: &str) {
    let now = state.now;
    if state.kube.delete("v1", "Pod", namespace_of(pod), name_of(pod), now).is_ok() {
        let message = format!("Deleted pod: {}", name_of(pod));
        let what =
            Record { kind: "Normal", reason: "SuccessfulDelete", message: &message, component, host: "" };
        events::record(&mut state.kube, owner, what, now);
    }
}

/// A digest of a pod template in the letters of `pod-template-hash`.
pub fn template_hash(template: &Value) -> String {
    use sha2::Digest as _;
    const ALPHABET: &[u8] = b"bcdf456789ghjklmnpqrstvwxz2";
    let digest = sha2::Sha256::digest(template.to_string());
    digest.iter().take(10).map(|b| char::from(ALPHABET[usize::from(*b) % ALPHABET.len()])).collect()
}

/// Writes a status unless it is the same already.
pub fn set_status(state: &mut State, object: &Value, change: impl FnOnce(&mut Value)) {
    let (api_version, kind) = (text(&object["apiVersion"]), text(&object["kind"]));
    let _changed = state.kube.modify(api_version, kind, namespace_of(object), name_of(object), change);
}
