//! Pods that use a claim, and `verify` with its Jobs: the real scheduler, Job controller and log road, and the sandbox
//! as the kubelet of the Jobs' pods.

use serde_json::{Value, json};

use crate::Test;
use crate::bed::{Bed, Beds};

pub const TESTS: &[Test] = &[
    ("pods::one_waits_for_its_claim_and_runs", waits),
    ("pods::verify_proves_a_claim", verify),
    ("pods::verify_names_a_mount_that_fails", fails),
];

const FS: &str = "fs-0e10000000000000e";

fn waits(beds: &Beds) {
    let bed = beds.shared();
    bed.ok("setup dynamic --yes -q -n waits --create-namespace --class waits --claim data --only storage,network --no-node-rules --no-wait");
    let pod = json!({
        "apiVersion": "v1", "kind": "Pod", "metadata": {"name": "user"},
        "spec": {
            "containers": [{"name": "c", "image": "busybox", "volumeMounts": [{"name": "v", "mountPath": "/fsx"}]}],
            "volumes": [{"name": "v", "persistentVolumeClaim": {"claimName": "data"}}],
        },
    });
    bed.create("/api/v1/namespaces/waits/pods", &pod);
    let now = || bed.get("/api/v1/namespaces/waits/pods/user").unwrap_or_default();
    let text = bed.until("why it waits", || bed.events("waits", "user", "FailedScheduling").pop());
    assert!(text.contains("pod has unbound immediate PersistentVolumeClaims"), "{text}");
    assert_eq!(now()["status"]["phase"], "Pending");
    bed.until("it runs", || (now()["status"]["phase"] == "Running").then_some(()));
    bed.volume_of("waits", "data");
}

/// What a verification leaves: Jobs and pods.
fn left(bed: &Bed, namespace: &str) -> Vec<String> {
    let label = "labelSelector=fsxctl.io%2Fjob%3Dverify";
    [
        format!("/apis/batch/v1/namespaces/{namespace}/jobs?{label}"),
        format!("/api/v1/namespaces/{namespace}/pods?{label}"),
    ]
    .iter()
    .flat_map(|path| bed.list(path))
    .map(|object| object["metadata"]["name"].to_string())
    .collect()
}

fn verify(beds: &Beds) {
    let bed = beds.shared();
    bed.ok(&format!("byo --fs-id {FS} -n proved --create-namespace --claim data --yes -q"));
    let run = bed.ok("verify -n proved --claim data -o json -q --yes");
    let document: Value = serde_json::from_str(&run.stdout).expect("JSON");
    let nodes = document["items"].as_array().cloned().unwrap_or_default();
    assert!(nodes.len() >= 2, "{document:#}");
    assert!(nodes.iter().all(|node| node["verdict"] == "ok"), "{document:#}");
    bed.until("nothing is left", || left(bed, "proved").is_empty().then_some(()));
}

fn fails(beds: &Beds) {
    beds.own(&["existing"], |bed| {
        bed.ok(&format!("byo --fs-id {FS} -n shut --create-namespace --claim data --yes -q"));
        bed.world.sandbox.with_state(|state| {
            let group = state.find_mut("ec2.SecurityGroups", "GroupId", "sg-0b10000000000000b");
            group.expect("the nodes' group")["IpPermissions"] = json!([]);
        });
        let run = bed.world.fsxctl("verify -n shut --claim data --yes");
        assert_eq!(run.code, Some(3), "{}", run.show());
        let told = format!("{}{}", run.stdout, run.stderr);
        assert!(told.contains("988"), "{}", run.show());
        bed.until("nothing is left", || left(bed, "shut").is_empty().then_some(()));
    });
}
