//! `byo` and `share`: the real binder takes what they write, and the volume is what the provisioner would have made.

use serde_json::{Value, json};

use crate::Test;
use crate::bed::{Bed, Beds};
use crate::roads::ownership;

pub const TESTS: &[Test] =
    &[("binding::byo_as_the_provisioner_does_it", byo), ("binding::share_and_remove", share)];

/// The file system of the world `existing`.
const FS: &str = "fs-0e10000000000000e";

/// Changes with every write.
fn version(object: &Value) -> &Value {
    &object["metadata"]["resourceVersion"]
}

fn byo(beds: &Beds) {
    let bed = beds.shared();
    let words = format!("byo --fs-id {FS} -n bound --create-namespace --claim data --yes -q");
    bed.ok(&words);
    let (volume, claim) = (bed.volume_of("bound", "data"), bed.claim("bound", "data").unwrap_or_default());
    let name = volume["metadata"]["name"].as_str().unwrap_or_default().to_owned();
    ownership(
        bed,
        &[
            &format!("/api/v1/persistentvolumes/{name}"),
            "/api/v1/namespaces/bound/persistentvolumeclaims/data",
        ],
    );
    bed.ok(&words);
    assert_eq!(version(&volume), version(&bed.volume_of("bound", "data")), "no write the second time");
    assert_eq!(version(&claim), version(&bed.claim("bound", "data").unwrap_or_default()));

    bed.ok("setup dynamic --yes -q -n made --create-namespace --class made --claim data --only storage,network --no-node-rules");
    let made = bed.volume_of("made", "data");
    assert_eq!(shape(&volume), shape(&made), "{volume:#}\n{made:#}");
    assert_eq!(
        volume["spec"]["csi"]["volumeAttributes"]["dnsname"],
        format!("{FS}.fsx.us-west-2.amazonaws.com"),
    );
}

/// What a volume has, with the values that do not depend on the file system.
fn shape(volume: &Value) -> Value {
    let spec = &volume["spec"];
    let keys = |value: &Value, without: &[&str]| {
        let mut keys: Vec<String> =
            value.as_object().into_iter().flatten().map(|(key, _)| key.clone()).collect();
        keys.retain(|key| !without.contains(&key.as_str()));
        keys.sort();
        keys
    };
    json!({
        // The provisioner's own mark tells which of its processes made it.
        "attributes": keys(&spec["csi"]["volumeAttributes"], &["storage.kubernetes.io/csiProvisionerIdentity"]),
        "csi": keys(&spec["csi"], &[]),
        // The API server leaves the empty class of a volume away.
        "spec": keys(spec, &["storageClassName"]),
        "driver": spec["csi"]["driver"], "modes": spec["accessModes"], "mode": spec["volumeMode"],
        "options": spec["mountOptions"], "reclaim": spec["persistentVolumeReclaimPolicy"],
        "claim": keys(&spec["claimRef"], &["resourceVersion"]), "phase": volume["status"]["phase"],
    })
}

fn share(beds: &Beds) {
    let bed = beds.shared();
    let names = ["share-a", "share-b", "share-c"];
    let words = format!(
        "share --fs-id {FS} --namespaces {} --create-namespace --claim shared --yes -q",
        names.join(",")
    );
    bed.ok(&words);
    let phases = |bed: &Bed| {
        names.map(|name| {
            bed.claim(name, "shared").map(|claim| claim["status"]["phase"].clone()).unwrap_or_default()
        })
    };
    assert_eq!(phases(bed), ["Bound", "Bound", "Bound"].map(Value::from));
    let versions = || names.map(|name| version(&bed.claim(name, "shared").unwrap_or_default()).clone());
    let before = versions();
    bed.ok(&words);
    assert_eq!(versions(), before, "no write the second time");
    bed.ok(&format!("share --fs-id {FS} --namespaces share-b --claim shared --remove --yes -q"));
    bed.until("the claim is gone", || bed.claim("share-b", "shared").is_none().then_some(()));
    assert_eq!(phases(bed), [json!("Bound"), Value::Null, json!("Bound")]);
    let there =
        bed.world.sandbox.with_state(|state| state.find("fsx.FileSystems", "FileSystemId", FS).is_some());
    assert!(there, "the file system stays");
}
