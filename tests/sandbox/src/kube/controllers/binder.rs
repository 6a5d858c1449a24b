//! The volume binder: claims and volumes find each other, and what becomes of a volume without a claim.

use serde_json::{Value, json};

use super::{all, paced, text};
use crate::kube::events::{self, Record};
use crate::kube::quantity;
use crate::kube::selector::Labels;
use crate::kube::store::meta::{name_of, namespace_of, terminating, uid_of};
use crate::state::State;

const COMPONENT: &str = "persistentvolume-controller";
/// Annotations that name who is to make the volume of a claim.
pub const PROVISIONER: [&str; 2] =
    ["volume.beta.kubernetes.io/storage-provisioner", "volume.kubernetes.io/storage-provisioner"];
/// Annotation of a volume that a provisioner made.
pub const PROVISIONED_BY: &str = "pv.kubernetes.io/provisioned-by";

/// Does what is due.
pub fn run(state: &mut State) {
    for volume in all(state, "v1", "PersistentVolume") {
        phase(state, &volume);
    }
    for claim in all(state, "v1", "PersistentVolumeClaim") {
        let bound = !claim["metadata"]["annotations"]["pv.kubernetes.io/bind-completed"].is_null()
            || claim["status"]["phase"] == "Bound";
        if bound {
            bound_claim(state, &claim);
        } else if !terminating(&claim) && claim["status"]["phase"] != "Lost" {
            pending_claim(state, &claim);
        }
    }
}

fn note(state: &mut State, object: &Value, kind: &str, event: (&str, &str)) {
    let (reason, message) = event;
    let key = format!("note:{}:{reason}", uid_of(object));
    let about = state.kube.events_about(uid_of(object));
    let known = about.iter().any(|e| e["reason"] == reason && e["message"] == message);
    let (now, wait) = (state.now, paced(state, 15).max(std::time::Duration::from_millis(500)));
    if known && !state.kube.work.again(&key, now, wait) {
        return;
    }
    state.kube.work.again(&key, now, wait);
    events::record(
        &mut state.kube,
        object,
        Record { kind, reason, message, component: COMPONENT, host: "" },
        now,
    );
}

fn set_phase(state: &mut State, volume: &Value, phase: &str, reason: (&str, &str)) {
    let now = state.now;
    let same = volume["status"]["phase"] == phase;
    if same && volume["status"]["reason"].as_str().unwrap_or_default() == reason.0 {
        return;
    }
    let _set = state.kube.modify("v1", "PersistentVolume", "", name_of(volume), |v| {
        let mut status = json!({"phase": phase});
        for (member, text) in [("reason", reason.0), ("message", reason.1)] {
            if !text.is_empty() {
                status[member] = json!(text);
            }
        }
        let before = &v["status"]["lastPhaseTransitionTime"];
        status["lastPhaseTransitionTime"] =
            if same && !before.is_null() { before.clone() } else { crate::kube::fields::time(now) };
        v["status"] = status;
    });
}

fn phase(state: &mut State, volume: &Value) {
    let reference = &volume["spec"]["claimRef"];
    if !reference.is_object() {
        if !matches!(text(&volume["status"]["phase"]), "Available" | "Failed") {
            set_phase(state, volume, "Available", ("", ""));
        }
        return;
    }
    let (namespace, name, uid) =
        (text(&reference["namespace"]), text(&reference["name"]), text(&reference["uid"]));
    let claim = state.kube.get("v1", "PersistentVolumeClaim", namespace, name).cloned();
    let ours = claim.as_ref().is_some_and(|c| uid.is_empty() || uid_of(c) == uid);
    if uid.is_empty() && !ours {
        set_phase(state, volume, "Available", ("", ""));
    } else if !ours && volume["status"]["phase"] != "Failed" {
        set_phase(state, volume, "Released", ("", ""));
        reclaim(state, volume);
    } else if ours
        && claim.is_some_and(|c| text(&c["spec"]["volumeName"]) == name_of(volume))
        && !uid.is_empty()
    {
        set_phase(state, volume, "Bound", ("", ""));
    }
}

/// What happens to a released volume that no provisioner of its own cares for.
fn reclaim(state: &mut State, volume: &Value) {
    let provisioned = !volume["metadata"]["annotations"][PROVISIONED_BY].is_null();
    match text(&volume["spec"]["persistentVolumeReclaimPolicy"]) {
        "Recycle" => {
            let text = "No recycler plugin found for the volume!";
            note(state, volume, "Warning", ("VolumeFailedRecycle", text));
            set_phase(state, volume, "Failed", ("VolumeFailedRecycle", text));
        }
        "Delete" if !provisioned && !terminating(volume) => {
            let text = format!(
                "Error getting deleter volume plugin for volume {:?}: no deletable volume plugin matched",
                name_of(volume)
            );
            note(state, volume, "Warning", ("VolumeFailedDelete", &text));
            set_phase(state, volume, "Failed", ("VolumeFailedDelete", &text));
        }
        _ => {}
    }
}

fn bound_claim(state: &mut State, claim: &Value) {
    let volume = state.kube.get("v1", "PersistentVolume", "", text(&claim["spec"]["volumeName"])).cloned();
    match volume {
        Some(volume) => {
            let reference = &volume["spec"]["claimRef"];
            let open = reference["uid"].is_null() || claim["status"]["phase"] != "Bound";
            if open && (refers(&volume, claim) || !reference.is_object()) {
                bind(state, claim, &volume, false);
            }
        }
        None if claim["status"]["phase"] != "Lost" => {
            let text = "Bound claim has lost its PersistentVolume. Data on the volume is lost!";
            note(state, claim, "Warning", ("ClaimLost", text));
            let (namespace, name) = (namespace_of(claim), name_of(claim));
            let _lost = state.kube.modify("v1", "PersistentVolumeClaim", namespace, name, |c| {
                c["status"]["phase"] = json!("Lost");
            });
        }
        None => {}
    }
}

/// Whether the volume is reserved for this claim.
fn refers(volume: &Value, claim: &Value) -> bool {
    let reference = &volume["spec"]["claimRef"];
    reference["namespace"] == namespace_of(claim)
        && reference["name"] == name_of(claim)
        && (text(&reference["uid"]).is_empty() || reference["uid"] == uid_of(claim))
}

fn size(value: &Value) -> i128 {
    value.as_str().and_then(quantity::parse).unwrap_or(0)
}

/// Why a volume does not fit a claim that names it.
fn mismatch(volume: &Value, claim: &Value) -> Option<&'static str> {
    let (have, want) = (&volume["spec"], &claim["spec"]);
    if size(&have["capacity"]["storage"]) < size(&want["resources"]["requests"]["storage"]) {
        return Some("requested PV is too small");
    }
    if text(&have["storageClassName"]) != text(&want["storageClassName"]) {
        return Some("storageClassName does not match");
    }
    if have["volumeMode"] != want["volumeMode"] {
        return Some("incompatible volumeMode");
    }
    let modes = have["accessModes"].as_array().map(Vec::as_slice).unwrap_or_default();
    let all = want["accessModes"].as_array().into_iter().flatten().all(|m| modes.contains(m));
    (!all).then_some("incompatible accessMode")
}

fn pending_claim(state: &mut State, claim: &Value) {
    let wanted = text(&claim["spec"]["volumeName"]);
    if !wanted.is_empty() {
        let Some(volume) = state.kube.get("v1", "PersistentVolume", "", wanted).cloned() else { return };
        if volume["spec"]["claimRef"].is_object() && !refers(&volume, claim) {
            let text = format!("volume {wanted:?} already bound to a different claim.");
            note(state, claim, "Warning", ("FailedBinding", &text));
        } else if let Some(why) = mismatch(&volume, claim) {
            let text = format!("Cannot bind to requested volume {wanted:?}: {why}");
            note(state, claim, "Warning", ("VolumeMismatch", &text));
        } else {
            bind(state, claim, &volume, false);
        }
        return;
    }
    let class_name = text(&claim["spec"]["storageClassName"]).to_owned();
    let class = state.kube.get("storage.k8s.io/v1", "StorageClass", "", &class_name).cloned();
    let delayed = class.as_ref().is_some_and(|c| c["volumeBindingMode"] == "WaitForFirstConsumer");
    let selected = claim["metadata"]["annotations"]["volume.kubernetes.io/selected-node"].is_string();
    if let Some(volume) = find(state, claim, delayed && !selected) {
        bind(state, claim, &volume, true);
    } else if class_name.is_empty() {
        let text = "no persistent volumes available for this claim and no storage class is set";
        note(state, claim, "Normal", ("FailedBinding", text));
    } else if delayed && !selected {
        let text = "waiting for first consumer to be created before binding";
        note(state, claim, "Normal", ("WaitForFirstConsumer", text));
    } else {
        provision(state, claim, class.as_ref());
    }
}

/// The volume reserved for the claim, else the smallest one that fits.
fn find(state: &State, claim: &Value, only_reserved: bool) -> Option<Value> {
    let volumes: Vec<&Value> = state
        .kube
        .list("v1", "PersistentVolume")
        .filter(|v| !terminating(v) && mismatch(v, claim).is_none())
        .collect();
    let reserved = volumes.iter().find(|v| refers(v, claim));
    if reserved.is_some() || only_reserved {
        return reserved.map(|v| (*v).clone());
    }
    let selector = Labels::of(&claim["spec"]["selector"]);
    let free = volumes.iter().filter(|v| {
        !v["spec"]["claimRef"].is_object() && v["status"]["phase"] != "Failed" && selector.matches(v)
    });
    free.min_by_key(|v| size(&v["spec"]["capacity"]["storage"])).map(|v| (*v).clone())
}

fn provision(state: &mut State, claim: &Value, class: Option<&Value>) {
    let name = text(&claim["spec"]["storageClassName"]);
    let Some(class) = class else {
        let text = format!("storageclass.storage.k8s.io {name:?} not found");
        note(state, claim, "Warning", ("ProvisioningFailed", &text));
        return;
    };
    // In-tree EBS is CSI's by migration.
    let provisioner = match text(&class["provisioner"]) {
        "kubernetes.io/aws-ebs" => "ebs.csi.aws.com",
        "kubernetes.io/no-provisioner" => return,
        other => other,
    };
    if claim["metadata"]["annotations"][PROVISIONER[1]] != provisioner {
        let _named =
            state.kube.modify("v1", "PersistentVolumeClaim", namespace_of(claim), name_of(claim), |c| {
                if !c["metadata"]["annotations"].is_object() {
                    c["metadata"]["annotations"] = json!({});
                }
                for key in PROVISIONER {
                    c["metadata"]["annotations"][key] = json!(provisioner);
                }
            });
    }
    let text = format!(
        "Waiting for a volume to be created either by the external provisioner '{provisioner}' or manually by the system administrator. If volume creation is delayed, please verify that the provisioner is running and correctly registered."
    );
    note(state, claim, "Normal", ("ExternalProvisioning", &text));
}

fn bind(state: &mut State, claim: &Value, volume: &Value, found: bool) {
    let _reserved = state.kube.modify("v1", "PersistentVolume", "", name_of(volume), |v| {
        let given = v["spec"]["claimRef"].is_object();
        v["spec"]["claimRef"] = json!({
            "apiVersion": "v1", "kind": "PersistentVolumeClaim", "namespace": namespace_of(claim),
            "name": name_of(claim), "uid": uid_of(claim), "resourceVersion": claim["metadata"]["resourceVersion"],
        });
        if !given {
            if !v["metadata"]["annotations"].is_object() {
                v["metadata"]["annotations"] = json!({});
            }
            v["metadata"]["annotations"]["pv.kubernetes.io/bound-by-controller"] = json!("yes");
        }
    });
    set_phase(state, volume, "Bound", ("", ""));
    let (namespace, name) = (namespace_of(claim), name_of(claim));
    let _named = state.kube.modify("v1", "PersistentVolumeClaim", namespace, name, |c| {
        if !c["metadata"]["annotations"].is_object() {
            c["metadata"]["annotations"] = json!({});
        }
        c["metadata"]["annotations"]["pv.kubernetes.io/bind-completed"] = json!("yes");
        if found {
            c["metadata"]["annotations"]["pv.kubernetes.io/bound-by-controller"] = json!("yes");
        }
        c["spec"]["volumeName"] = json!(name_of(volume));
    });
    let _bound = state.kube.modify("v1", "PersistentVolumeClaim", namespace, name, |c| {
        c["status"]["phase"] = json!("Bound");
        c["status"]["accessModes"] = volume["spec"]["accessModes"].clone();
        c["status"]["capacity"] = volume["spec"]["capacity"].clone();
    });
}
