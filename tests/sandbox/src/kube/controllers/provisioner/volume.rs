//! The PersistentVolume of a file system: made when it is there, and deleted with it.

use serde_json::{Value, json};

use super::super::binder::PROVISIONED_BY;
use super::super::{all, paced, text};
use super::driver::{self, DRIVER, Driver};
use super::{class_of, gib, note};
use crate::kube::store::meta::{drop_finalizer, name_of, namespace_of, terminating, uid_of};
use crate::state::State;

const FINALIZER: &str = "external-provisioner.volume.kubernetes.io/finalizer";

/// Makes the volume of a claim; the binder does the rest.
pub fn make(state: &mut State, driver: &Driver, claim: &Value, file_system: &Value) {
    let class = class_of(state, claim).unwrap_or_default();
    let policy = class["reclaimPolicy"].as_str().unwrap_or("Delete");
    let name = format!("pvc-{}", uid_of(claim));
    let mut finalizers = vec!["kubernetes.io/pv-protection"];
    if policy == "Delete" {
        finalizers.insert(0, FINALIZER);
    }
    let identity = format!("{}-8081-{DRIVER}", state.now.as_millisecond());
    let mut volume = json!({
        "apiVersion": "v1", "kind": "PersistentVolume",
        "metadata": {
            "name": name, "finalizers": finalizers,
            "annotations": {
                PROVISIONED_BY: DRIVER, "volume.kubernetes.io/provisioner-deletion-secret-name": "",
                "volume.kubernetes.io/provisioner-deletion-secret-namespace": "",
            },
        },
        "spec": {
            "accessModes": claim["spec"]["accessModes"],
            "capacity": {"storage": gib(&file_system["StorageCapacity"])},
            "claimRef": {
                "apiVersion": "v1", "kind": "PersistentVolumeClaim", "name": name_of(claim),
                "namespace": namespace_of(claim), "uid": uid_of(claim),
                "resourceVersion": claim["metadata"]["resourceVersion"],
            },
            "csi": {
                "driver": DRIVER, "volumeHandle": file_system["FileSystemId"],
                "volumeAttributes": {
                    "dnsname": file_system["DNSName"],
                    "mountname": file_system["LustreConfiguration"]["MountName"],
                    "storage.kubernetes.io/csiProvisionerIdentity": identity,
                },
            },
            "persistentVolumeReclaimPolicy": policy, "storageClassName": claim["spec"]["storageClassName"],
            "volumeMode": "Filesystem",
        },
    });
    if class["mountOptions"].is_array() {
        volume["spec"]["mountOptions"] = class["mountOptions"].clone();
    }
    let now = state.now;
    if state.kube.create(volume, "csi-provisioner", now).is_ok() {
        let text = format!("Successfully provisioned volume {name}");
        note(state, driver, claim, ("Normal", "ProvisioningSucceeded", &text));
    }
}

/// Deletes the file systems of released volumes with the policy Delete.
pub fn reclaim(state: &mut State, driver: &Driver) {
    let volumes = all(state, "v1", "PersistentVolume").into_iter().filter(|v| {
        v["metadata"]["annotations"][PROVISIONED_BY] == DRIVER
            && v["spec"]["persistentVolumeReclaimPolicy"] == "Delete"
            && v["spec"]["csi"]["driver"] == DRIVER
            && matches!(text(&v["status"]["phase"]), "Released" | "Failed")
    });
    for volume in volumes {
        let key = format!("delete:{}", uid_of(&volume));
        if state.kube.work.timers.get(&key).is_some_and(|at| *at > state.now) {
            continue;
        }
        delete(state, driver, &volume, &key);
    }
}

fn delete(state: &mut State, driver: &Driver, volume: &Value, key: &str) {
    let id = text(&volume["spec"]["csi"]["volumeHandle"]);
    let now = state.now;
    let outcome = driver.call(state, "DeleteFileSystem", json!({"FileSystemId": id}));
    if let Err((code, text)) = outcome
        && code != "FileSystemNotFound"
    {
        let rpc =
            driver::internal(format!("Could not delete volume ID {id:?}: DeleteFileSystem failed: {text}"));
        note(state, driver, volume, ("Warning", "VolumeFailedDelete", &rpc.to_string()));
        let wait = state.kube.work.back_off(key).as_secs();
        let wait = paced(state, wait);
        state.kube.work.again(key, now, wait);
        return;
    }
    state.kube.work.forget(key);
    let name = name_of(volume);
    if !terminating(volume) {
        let _marked = state.kube.delete("v1", "PersistentVolume", "", name, now);
    }
    let _released = state.kube.modify("v1", "PersistentVolume", "", name, |v| drop_finalizer(v, FINALIZER));
}
