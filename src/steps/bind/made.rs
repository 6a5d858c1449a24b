//! The two objects: a volume that says where to mount from, and a claim that names it.

use serde_json::{Value, json};

use super::pair::Pair;
use super::{block, route};
use crate::domain::{ownership, quantity, storageclass};
use crate::error::Kind;
use crate::facts::Volume;
use crate::steps::{Action, Block, Change, ObjectRef, Resource, Verb};

pub(super) fn volume_at(name: &str) -> ObjectRef {
    ObjectRef {
        api_version: "v1".to_owned(),
        kind: "PersistentVolume".to_owned(),
        plural: "persistentvolumes".to_owned(),
        namespace: None,
        name: name.to_owned(),
        resource_version: None,
    }
}

pub(super) fn claim_at(namespace: &str, name: &str) -> ObjectRef {
    ObjectRef {
        api_version: "v1".to_owned(),
        kind: "PersistentVolumeClaim".to_owned(),
        plural: "persistentvolumeclaims".to_owned(),
        namespace: Some(namespace.to_owned()),
        name: name.to_owned(),
        resource_version: None,
    }
}

fn labels() -> Value {
    json!({ownership::LABEL_MANAGED_BY: ownership::MANAGER})
}

pub(super) fn make_volume(pair: &Pair<'_>, name: &str) -> Result<Change, Box<Block>> {
    let host = match route::mount_host(pair.facts, pair.system) {
        // It is waited for, and then it has a name.
        Err(_) if pair.system.lifecycle == "CREATING" => "(known when it is AVAILABLE)".to_owned(),
        host => host?,
    };
    let mount = pair.system.mount_name.clone().unwrap_or_else(|| "fsx".to_owned());
    // It becomes part of a mount's source; FSx gives letters and digits.
    if mount.is_empty() || !mount.chars().all(|c| c.is_ascii_alphanumeric() || c == '-' || c == '_') {
        let text =
            format!("FSx tells mount name {mount:?} of file system {}, which none can be", pair.system.id);
        return Err(block(Kind::Conflict, text, "look at the file system: aws fsx describe-file-systems"));
    }
    let (size, options) = (quantity::print_gib(pair.size()), pair.options());
    let object = json!({
        "apiVersion": "v1", "kind": "PersistentVolume",
        "metadata": {"name": name, "labels": labels()},
        "spec": {
            "capacity": {"storage": size},
            "volumeMode": "Filesystem",
            "accessModes": ["ReadWriteMany"],
            "persistentVolumeReclaimPolicy": "Retain",
            // No class: an empty one is left out by the API server.
            "mountOptions": options,
            "claimRef": {"apiVersion": "v1", "kind": "PersistentVolumeClaim", "namespace": pair.place.name, "name": pair.claim_name()},
            "csi": {
                "driver": storageclass::PROVISIONER,
                "volumeHandle": pair.system.id,
                "volumeAttributes": {"dnsname": host, "mountname": mount},
            },
        },
    });
    Ok(Change {
        id: format!("volume-{}", pair.place.name),
        verb: Verb::Create,
        resource: Resource::new("PersistentVolume", name),
        because: "it says which file system is mounted, and from where".to_owned(),
        permissions: vec!["create persistentvolumes".to_owned()],
        later: Vec::new(),
        details: vec![
            format!("{host}@tcp:/{mount}, mount options {}", options.join(",")),
            format!("{size}, Retain: deleting it or its claim leaves the file system as it is"),
        ],
        after: Vec::new(),
        action: Action::CreateObject { at: volume_at(name), object, fills: Vec::new() },
    })
}

/// The claim. A volume that is used again keeps its class, and the claim must say the same.
pub(super) fn make_claim(
    pair: &Pair<'_>,
    volume: &str,
    again: Option<&Volume>,
) -> Result<Change, Box<Block>> {
    let size = again.map_or_else(|| quantity::print_gib(pair.size()), |volume| volume.size.clone());
    let class = again.and_then(|volume| volume.class.clone()).unwrap_or_default();
    let (namespace, name) = (&pair.place.name, pair.claim_name());
    let object = json!({
        "apiVersion": "v1", "kind": "PersistentVolumeClaim",
        "metadata": {"name": name, "namespace": namespace, "labels": labels()},
        "spec": {
            "accessModes": ["ReadWriteMany"],
            "storageClassName": class,
            "volumeName": volume,
            "resources": {"requests": {"storage": size}},
        },
    });
    Ok(Change {
        id: format!("claim-{namespace}"),
        verb: Verb::Create,
        resource: Resource::new("PersistentVolumeClaim", pair.reference()),
        because: "pods of the namespace mount the file system by it".to_owned(),
        permissions: vec![format!("create persistentvolumeclaims in {namespace}")],
        later: Vec::new(),
        details: vec![format!("{size}, ReadWriteMany, volume {volume}")],
        after: Vec::new(),
        action: Action::CreateObject { at: claim_at(namespace, name), object, fills: Vec::new() },
    })
}
