//! The controllers together, on a world with two nodes and fast clocks.

use jiff::{SignedDuration, Timestamp};
use serde_json::{Value, json};

use crate::state::State;

fn world() -> State {
    let mut state = State::new("111122223333", "us-west-2");
    state.speed = 1.0;
    state.now = "2026-01-01T00:00:00Z".parse().expect("a time");
    let node = |name: &str, taints: Value| {
        json!({"apiVersion": "v1", "kind": "Node", "metadata": {"name": name, "labels": {"zone": name}},
            "spec": {"taints": taints}, "status": {"conditions": [{"type": "Ready", "status": "True"}]}})
    };
    let tainted = json!([{"key": "gpu", "effect": "NoSchedule"}]);
    let now = state.now;
    state.kube.load(vec![node("n1", json!([])), node("n2", tainted)], now).expect("loads");
    step(&mut state, 0);
    state
}

fn step(state: &mut State, seconds: i64) {
    let now: Timestamp = state.now + SignedDuration::from_secs(seconds);
    state.now = now;
    crate::kube::advance(state);
}

fn make(state: &mut State, manifest: Value) -> Value {
    let now = state.now;
    let made = state.kube.create(manifest, "test", now).expect("created");
    step(state, 0);
    made
}

fn get<'a>(state: &'a State, kind: &str, name: &str) -> &'a Value {
    let (api_version, namespace) = match kind {
        "Deployment" | "DaemonSet" => ("apps/v1", "default"),
        "Job" => ("batch/v1", "default"),
        "PersistentVolume" => ("v1", ""),
        _ => ("v1", "default"),
    };
    state.kube.get(api_version, kind, namespace, name).unwrap_or_else(|| panic!("{kind} {name}"))
}

fn reasons(state: &State, name: &str) -> Vec<String> {
    let events = state.kube.list("v1", "Event").filter(|e| e["involvedObject"]["name"] == name);
    events
        .map(|e| format!("{}: {}", e["reason"].as_str().unwrap_or(""), e["message"].as_str().unwrap_or("")))
        .collect()
}

#[allow(clippy::needless_pass_by_value, reason = "tests hand over json! values in place")]
fn workload(kind: &str, extra: Value) -> Value {
    let mut spec = json!({"selector": {"matchLabels": {"app": "x"}}, "template": {
        "metadata": {"labels": {"app": "x"}}, "spec": {"containers": [{"name": "c", "image": "i:1"}]}}});
    for (key, value) in extra.as_object().into_iter().flatten() {
        spec[key] = value.clone();
    }
    json!({"apiVersion": "apps/v1", "kind": kind, "metadata": {"name": "w", "namespace": "default"}, "spec": spec})
}

#[test]
fn a_deployment_becomes_available_rolls_and_goes() {
    let mut state = world();
    make(&mut state, workload("Deployment", json!({"replicas": 2})));
    assert_eq!(get(&state, "Deployment", "w")["status"]["unavailableReplicas"], 2);
    assert_eq!(
        state.kube.list("v1", "Pod").filter(|p| p["spec"]["nodeName"] == "n1").count(),
        2,
        "n2 is tainted"
    );
    step(&mut state, 6);
    assert_eq!(get(&state, "Deployment", "w")["status"]["readyReplicas"], 2);
    let now = state.now;
    state
        .kube
        .modify("apps/v1", "Deployment", "default", "w", |d| {
            d["spec"]["template"]["metadata"]["annotations"] = json!({"restartedAt": now.to_string()});
        })
        .expect("changed");
    for _ in 0..6 {
        step(&mut state, 6);
    }
    assert_eq!(state.kube.list("apps/v1", "ReplicaSet").count(), 2);
    let pods: Vec<&Value> = state.kube.list("v1", "Pod").collect();
    assert_eq!(pods.len(), 2);
    assert!(pods.iter().all(|p| p["metadata"]["annotations"]["restartedAt"].is_string()));
    let now = state.now;
    state.kube.delete("apps/v1", "Deployment", "default", "w", now).expect("deleted");
    step(&mut state, 0);
    step(&mut state, 6);
    assert_eq!(state.kube.list("v1", "Pod").count() + state.kube.list("apps/v1", "ReplicaSet").count(), 0);
}

#[test]
fn a_daemon_set_follows_taints() {
    for (tolerations, count) in [(json!([]), 1), (json!([{"operator": "Exists"}]), 2)] {
        let mut state = world();
        let mut set = workload("DaemonSet", json!({}));
        set["spec"]["template"]["spec"]["tolerations"] = tolerations;
        make(&mut state, set);
        step(&mut state, 6);
        let status = &get(&state, "DaemonSet", "w")["status"];
        assert_eq!(
            (&status["desiredNumberScheduled"], &status["numberReady"]),
            (&json!(count), &json!(count))
        );
    }
}

#[test]
fn a_job_runs_to_its_end() {
    for (code, kind) in [(0, "Complete"), (3, "Failed")] {
        let mut state = world();
        state.other.insert("podOutcomes".into(), json!([{"selector": "job-name=j", "exitCode": code}]));
        make(
            &mut state,
            json!({"apiVersion": "batch/v1", "kind": "Job",
            "metadata": {"name": "j", "namespace": "default"}, "spec": {"backoffLimit": 0, "template": {"spec": {
            "restartPolicy": "Never", "containers": [{"name": "c", "image": "i:1"}]}}}}),
        );
        for _ in 0..4 {
            step(&mut state, 6);
        }
        let status = &get(&state, "Job", "j")["status"];
        let last = status["conditions"].as_array().and_then(|c| c.last()).cloned().unwrap_or_default();
        assert_eq!((&last["type"], &last["status"]), (&json!(kind), &json!("True")), "{status}");
    }
}

#[test]
fn a_pod_without_a_place_says_why() {
    let mut state = world();
    let pod = |spec: Value| json!({"apiVersion": "v1", "kind": "Pod", "metadata": {"name": "p", "namespace": "default"}, "spec": spec});
    let containers = json!([{"name": "c", "image": "i:1"}]);
    make(&mut state, pod(json!({"containers": containers, "nodeSelector": {"zone": "nowhere"}})));
    let condition = get(&state, "Pod", "p")["status"]["conditions"][0]["message"].clone();
    assert_eq!(
        condition,
        "0/2 nodes are available: 1 node(s) didn't match Pod's node affinity/selector, 1 node(s) had untolerated taint {gpu: }. preemption: 0/2 nodes are available: 2 Preemption is not helpful for scheduling."
    );
}

#[test]
fn a_container_that_must_not_be_root_does_not_run_as_root() {
    for (user, waits) in [(json!(0), true), (json!(1000), false), (json!(null), false)] {
        let mut state = world();
        let pod = json!({"apiVersion": "v1", "kind": "Pod", "metadata": {"name": "p", "namespace": "default"}, "spec": {
            "securityContext": {"runAsNonRoot": true, "runAsUser": user}, "containers": [{"name": "c", "image": "i:1"}]}});
        make(&mut state, pod);
        step(&mut state, 6);
        let status = &get(&state, "Pod", "p")["status"];
        let reason = &status["containerStatuses"][0]["state"]["waiting"]["reason"];
        assert_eq!(*reason == "CreateContainerConfigError", waits, "{user}: {status}");
        assert_eq!(status["phase"] == "Running", !waits, "{user}: {status}");
    }
}

#[allow(clippy::needless_pass_by_value, reason = "tests hand over json! values in place")]
fn claim(extra: Value) -> Value {
    let mut spec = json!({"accessModes": ["ReadWriteMany"], "storageClassName": "",
        "resources": {"requests": {"storage": "1200Gi"}}});
    for (key, value) in extra.as_object().into_iter().flatten() {
        spec[key] = value.clone();
    }
    json!({"apiVersion": "v1", "kind": "PersistentVolumeClaim", "metadata": {"name": "c", "namespace": "default"}, "spec": spec})
}

#[allow(clippy::needless_pass_by_value, reason = "tests hand over json! values in place")]
fn volume(extra: Value) -> Value {
    let mut spec = json!({"accessModes": ["ReadWriteMany"], "capacity": {"storage": "1200Gi"},
        "csi": {"driver": "fsx.csi.aws.com", "volumeHandle": "fs-1"}});
    for (key, value) in extra.as_object().into_iter().flatten() {
        spec[key] = value.clone();
    }
    json!({"apiVersion": "v1", "kind": "PersistentVolume", "metadata": {"name": "v"}, "spec": spec})
}

#[test]
fn claims_and_volumes_find_each_other_or_say_why_not() {
    for (volume_spec, claim_spec, phase, reason) in [
        (json!({}), json!({"volumeName": "v"}), "Bound", ""),
        (json!({}), json!({}), "Bound", ""),
        (json!({"claimRef": {"namespace": "default", "name": "c"}}), json!({}), "Bound", ""),
        (
            json!({"claimRef": {"namespace": "default", "name": "other"}}),
            json!({}),
            "Pending",
            "FailedBinding: no persistent volumes available for this claim and no storage class is set",
        ),
        (
            json!({"storageClassName": "x"}),
            json!({"volumeName": "v"}),
            "Pending",
            "VolumeMismatch: Cannot bind to requested volume \"v\": storageClassName does not match",
        ),
        (
            json!({"capacity": {"storage": "1Gi"}}),
            json!({"volumeName": "v"}),
            "Pending",
            "VolumeMismatch: Cannot bind to requested volume \"v\": requested PV is too small",
        ),
        (
            json!({}),
            json!({"storageClassName": "x"}),
            "Pending",
            "ProvisioningFailed: storageclass.storage.k8s.io \"x\" not found",
        ),
    ] {
        let mut state = world();
        make(&mut state, volume(volume_spec));
        make(&mut state, claim(claim_spec));
        assert_eq!(get(&state, "PersistentVolumeClaim", "c")["status"]["phase"], phase);
        assert_eq!(reasons(&state, "c").first().map_or("", String::as_str), reason);
    }
}

#[test]
fn a_released_volume_is_kept_and_a_recycled_one_fails() {
    for (policy, phase) in [("Retain", "Released"), ("Recycle", "Failed"), ("Delete", "Failed")] {
        let mut state = world();
        make(&mut state, volume(json!({"persistentVolumeReclaimPolicy": policy})));
        make(&mut state, claim(json!({"volumeName": "v"})));
        let now = state.now;
        state.kube.delete("v1", "PersistentVolumeClaim", "default", "c", now).expect("deleted");
        step(&mut state, 0);
        assert!(state.kube.get("v1", "PersistentVolumeClaim", "default", "c").is_none(), "nothing uses it");
        assert_eq!(get(&state, "PersistentVolume", "v")["status"]["phase"], phase, "{policy}");
    }
}

#[test]
fn without_a_driver_only_the_controller_says_that_it_waits() {
    let mut state = world();
    make(
        &mut state,
        json!({"apiVersion": "storage.k8s.io/v1", "kind": "StorageClass", "metadata": {"name": "fsx"},
        "provisioner": "fsx.csi.aws.com", "parameters": {"subnetId": "subnet-a"}}),
    );
    make(&mut state, claim(json!({"storageClassName": "fsx"})));
    assert_eq!(
        reasons(&state, "c"),
        [
            "ExternalProvisioning: Waiting for a volume to be created either by the external provisioner 'fsx.csi.aws.com' or manually by the system administrator. If volume creation is delayed, please verify that the provisioner is running and correctly registered."
        ]
    );
}

#[test]
fn controllers_can_be_switched_off() {
    let mut state = world();
    state.other.insert("controllers".into(), json!({"workloads": false}));
    make(&mut state, workload("Deployment", json!({})));
    step(&mut state, 10);
    assert_eq!(state.kube.list("v1", "Pod").count(), 0);
}

#[test]
fn a_namespace_goes_with_everything_in_it() {
    let mut state = world();
    make(&mut state, json!({"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": "gone"}}));
    assert!(state.kube.get("v1", "ServiceAccount", "gone", "default").is_some());
    let now = state.now;
    state.kube.delete("v1", "Namespace", "", "gone", now).expect("deleted");
    step(&mut state, 0);
    assert!(state.kube.get("v1", "Namespace", "", "gone").is_none());
    assert!(state.kube.get("v1", "ServiceAccount", "gone", "default").is_none());
}

/// A driver whose pods run on a node without a role: its credentials are an IAM user's, from the Secret
/// that the chart reads.
#[allow(clippy::needless_pass_by_value, reason = "tests hand over json! values in place")]
fn with_driver(state: &mut State, policies: Value) {
    state.rows_mut("iam.Users").push(json!({
        "UserName": "driver", "AccessKeys": [{"AccessKeyId": "AKIADRIVER"}], "AttachedPolicies": policies,
    }));
    state.rows_mut("ec2.Vpcs").push(json!({"VpcId": "vpc-1", "CidrBlock": "10.0.0.0/16"}));
    state
        .rows_mut("ec2.Subnets")
        .push(json!({"SubnetId": "subnet-a", "VpcId": "vpc-1", "CidrBlock": "10.0.0.0/20",
        "AvailabilityZone": "us-west-2a", "AvailableIpAddressCount": 4000}));
    let open = json!([{"IpProtocol": "-1", "UserIdGroupPairs": [{"GroupId": "sg-a"}]}]);
    state.rows_mut("ec2.SecurityGroups").push(json!({"GroupId": "sg-a", "GroupName": "a", "VpcId": "vpc-1",
        "IpPermissions": open, "IpPermissionsEgress": [{"IpProtocol": "-1", "IpRanges": [{"CidrIp": "0.0.0.0/0"}]}]}));
    let mut driver = workload("Deployment", json!({}));
    let env = |name: &str, value: &str| json!({"name": name, "value": value});
    driver["spec"]["template"]["spec"]["containers"] = json!([
        {"name": "fsx-plugin", "image": "aws-fsx-csi-driver:v1.9.0",
            "env": [env("AWS_ACCESS_KEY_ID", "AKIADRIVER"), env("AWS_SECRET_ACCESS_KEY", "x")]},
        {"name": "csi-provisioner", "image": "csi-provisioner:v6"},
    ]);
    make(state, driver);
    step(state, 6);
    make(
        state,
        json!({"apiVersion": "storage.k8s.io/v1", "kind": "StorageClass", "metadata": {"name": "fsx"},
        "provisioner": "fsx.csi.aws.com", "mountOptions": ["flock"],
        "parameters": {"subnetId": "subnet-a", "securityGroupIds": "sg-a", "deploymentType": "SCRATCH_2"}}),
    );
    make(state, claim(json!({"storageClassName": "fsx"})));
}

fn live(state: &mut State, steps: usize) {
    for _ in 0..steps {
        let now = state.now + SignedDuration::from_secs(10);
        state.advance(now);
    }
}

#[test]
fn the_driver_makes_a_volume_and_deletes_it_again() {
    let mut state = world();
    with_driver(&mut state, json!(["arn:aws:iam::aws:policy/AmazonFSxFullAccess"]));
    live(&mut state, 31);
    let said = reasons(&state, "c");
    assert!(
        said.iter()
            .any(|r| r.ends_with("rpc error: code = DeadlineExceeded desc = context deadline exceeded")),
        "{said:?}"
    );
    assert!(said.iter().any(|r| r.ends_with("is already in progress")), "{said:?}");
    live(&mut state, 60);
    let bound = get(&state, "PersistentVolumeClaim", "c").clone();
    assert_eq!(bound["status"]["phase"], "Bound", "{:?}", reasons(&state, "c"));
    let uid = bound["metadata"]["uid"].as_str().expect("uid");
    let volume = get(&state, "PersistentVolume", &format!("pvc-{uid}")).clone();
    assert_eq!(volume["spec"]["mountOptions"], json!(["flock"]));
    let id = volume["spec"]["csi"]["volumeHandle"].as_str().expect("handle");
    let made = state.find("fsx.FileSystems", "FileSystemId", id).expect("a file system");
    assert_eq!(
        volume["spec"]["csi"]["volumeAttributes"]["mountname"],
        made["LustreConfiguration"]["MountName"]
    );
    assert_eq!(state.rows("fsx.FileSystems").len(), 1, "however often it was asked for");
    let now = state.now;
    state.kube.delete("v1", "PersistentVolumeClaim", "default", "c", now).expect("deleted");
    live(&mut state, 1);
    assert_eq!(state.kube.list("v1", "PersistentVolume").count(), 0);
    let gone = state.find("fsx.FileSystems", "FileSystemId", id).is_none_or(|f| f["Lifecycle"] == "DELETING");
    assert!(gone, "the policy is Delete");
}

#[test]
fn the_driver_says_what_it_may_not() {
    let mut state = world();
    with_driver(&mut state, json!([]));
    let said = reasons(&state, "c");
    let refused = said.iter().find(|r| r.starts_with("ProvisioningFailed")).expect("refused");
    for part in [
        "code = Internal desc = Could not create volume \"pvc-",
        "api error AccessDeniedException: User: ",
        "fsx:CreateFileSystem",
    ] {
        assert!(refused.contains(part), "{refused}");
    }
}
