//! Generated nodes, file systems, volumes, claims and pods, for scale. Names and ids are numbers, so two loads
//! agree; a saved world holds the objects themselves and generates nothing again.

use serde_json::{Value, json};

use super::file::Synthetic;
use crate::state::State;

fn many(count: Option<u32>) -> std::ops::Range<u32> {
    0..count.unwrap_or(0)
}

fn instance(number: u32) -> String {
    format!("i-5{number:016x}")
}

fn file_system(number: u32) -> String {
    format!("fs-5{number:016x}")
}

/// An address of 100.64.0.0/10, which no subnet of a built-in world uses up.
fn address(number: u32) -> String {
    format!("100.64.{}.{}", number / 250, number % 250 + 1)
}

/// The AWS side: nodes of a HyperPod group `synthetic`, and file systems in the nodes' subnets.
pub fn aws(state: &mut State, wanted: &Synthetic) {
    let nodes = wanted.nodes.unwrap_or(0);
    let zones = zones(state);
    if let (Some(cluster), true) = (state.rows_mut("sagemaker.Clusters").first_mut(), nodes > 0) {
        let group = json!({
            "InstanceGroupName": "synthetic", "InstanceType": "ml.m5.4xlarge", "CurrentCount": nodes,
            "TargetCount": nodes, "ExecutionRole": cluster["InstanceGroups"][0]["ExecutionRole"],
        });
        if let Some(groups) = cluster["InstanceGroups"].as_array_mut() {
            groups.push(group);
        }
        let name = cluster["ClusterName"].clone();
        for number in many(wanted.nodes) {
            let Some(zone) = zones.get(number as usize % zones.len().max(1)) else { break };
            let row = json!({
                "ClusterName": name, "InstanceGroupName": "synthetic", "InstanceId": instance(number),
                "InstanceType": "ml.m5.4xlarge", "PrivatePrimaryIp": address(number),
                "Placement": {"AvailabilityZone": zone.name, "AvailabilityZoneId": zone.id},
            });
            state.rows_mut("sagemaker.ClusterNodes").push(row);
        }
    }
    for number in many(wanted.file_systems) {
        let Some(zone) = zones.get(number as usize % zones.len().max(1)) else { break };
        let row = json!({
            "FileSystemId": file_system(number), "FileSystemType": "LUSTRE", "Lifecycle": "AVAILABLE",
            "StorageType": "SSD", "StorageCapacity": 1200, "FileSystemTypeVersion": "2.15",
            "SubnetIds": [zone.subnet], "$SecurityGroupIds": zone.groups,
            "LustreConfiguration": {
                "DeploymentType": "PERSISTENT_2", "PerUnitStorageThroughput": 125,
                "MountName": format!("s{number:07}"), "DataCompressionType": "LZ4",
            },
            "Tags": [{"Key": "Name", "Value": format!("synthetic-{number}")}],
        });
        state.rows_mut("fsx.FileSystems").push(row);
    }
}

struct Zone {
    name: Value,
    id: Value,
    subnet: Value,
    groups: Value,
}

/// The HyperPod cluster's subnets and groups, zone by zone.
fn zones(state: &State) -> Vec<Zone> {
    let config = state.rows("sagemaker.Clusters").first().map(|cluster| cluster["VpcConfig"].clone());
    let config = config.unwrap_or_default();
    let subnets = config["Subnets"].as_array().cloned().unwrap_or_default();
    let rows = subnets.iter().filter_map(|id| state.find("ec2.Subnets", "SubnetId", id.as_str()?));
    let zone = |row: &Value| Zone {
        name: row["AvailabilityZone"].clone(),
        id: row["AvailabilityZoneId"].clone(),
        subnet: row["SubnetId"].clone(),
        groups: config["SecurityGroupIds"].clone(),
    };
    rows.map(zone).collect()
}

/// The Kubernetes side.
pub fn objects(state: &State, wanted: &Synthetic) -> Vec<Value> {
    let zones = zones(state);
    let cluster = state.rows("sagemaker.Clusters").first().cloned().unwrap_or_default();
    let mut objects = Vec::new();
    for number in many(wanted.nodes) {
        if let Some(zone) = zones.get(number as usize % zones.len().max(1)) {
            objects.push(node(state, &cluster, zone, number));
        }
    }
    let claims = wanted.claims.unwrap_or(0);
    for number in many(wanted.persistent_volumes) {
        let handle = file_system(number % wanted.file_systems.unwrap_or(1).max(1));
        objects.push(volume(state, number, &handle, number < claims));
    }
    objects.extend(many(wanted.claims).map(claim));
    for number in many(wanted.pods) {
        objects.push(pod(number, wanted.nodes.unwrap_or(1).max(1), claims.max(1)));
    }
    objects
}

fn node(state: &State, cluster: &Value, zone: &Zone, number: u32) -> Value {
    let (id, ip) = (instance(number), address(number));
    let arn = cluster["ClusterArn"].as_str().unwrap_or_default();
    let short = arn.rsplit('/').next().unwrap_or_default();
    let zone_id = zone.id.as_str().unwrap_or_default();
    let version = state.other.get("version").and_then(Value::as_str).unwrap_or("v1.33.5");
    json!({
        "apiVersion": "v1", "kind": "Node",
        "metadata": {"name": format!("hyperpod-{id}"), "labels": {
            "kubernetes.io/hostname": format!("hyperpod-{id}"), "kubernetes.io/os": "linux", "kubernetes.io/arch": "amd64",
            "node.kubernetes.io/instance-type": "ml.m5.4xlarge",
            "topology.kubernetes.io/region": state.region, "topology.kubernetes.io/zone": zone.name,
            "sagemaker.amazonaws.com/cluster-name": cluster["ClusterName"],
            "sagemaker.amazonaws.com/compute-type": "hyperpod",
            "sagemaker.amazonaws.com/instance-group-name": "synthetic",
            "sagemaker.amazonaws.com/node-health-status": "Schedulable",
        }},
        "spec": {"providerID": format!("aws:///{zone_id}/sagemaker/cluster/hyperpod-{short}-{id}")},
        "status": {
            "addresses": [{"type": "InternalIP", "address": ip}],
            "capacity": {"cpu": "16", "memory": "65536Mi", "pods": "50"},
            "allocatable": {"cpu": "16", "memory": "65536Mi", "pods": "50"},
            "conditions": [{"type": "Ready", "status": "True", "reason": "KubeletReady"}],
            "nodeInfo": {
                "architecture": "amd64", "operatingSystem": "linux", "osImage": "Amazon Linux 2023",
                "kernelVersion": "6.1.155-176.282.amzn2023.x86_64", "kubeletVersion": version,
                "containerRuntimeVersion": "containerd://2.1.4", "kubeProxyVersion": version,
                "machineID": "", "systemUUID": "", "bootID": "",
            },
        },
    })
}

fn volume(state: &State, number: u32, handle: &str, bound: bool) -> Value {
    let found = state.find("fsx.FileSystems", "FileSystemId", handle);
    let mount = found.map(|row| row["LustreConfiguration"]["MountName"].clone()).unwrap_or_default();
    let dns = format!("{handle}.fsx.{}.amazonaws.com", state.region);
    let mut volume = json!({
        "apiVersion": "v1", "kind": "PersistentVolume",
        "metadata": {"name": format!("synthetic-{number}")},
        "spec": {
            "capacity": {"storage": "1200Gi"}, "accessModes": ["ReadWriteMany"], "volumeMode": "Filesystem",
            "persistentVolumeReclaimPolicy": "Retain", "storageClassName": "", "mountOptions": ["flock"],
            "csi": {"driver": "fsx.csi.aws.com", "volumeHandle": handle, "volumeAttributes": {"dnsname": dns, "mountname": mount}},
        },
        "status": {"phase": if bound { "Bound" } else { "Available" }},
    });
    if bound {
        volume["spec"]["claimRef"] = json!({
            "apiVersion": "v1", "kind": "PersistentVolumeClaim", "namespace": "default",
            "name": format!("synthetic-{number}"), "uid": uid(number),
        });
    }
    volume
}

/// A claim's uid, which its volume names.
fn uid(number: u32) -> String {
    format!("5c1a1000-0000-4000-8000-{number:012x}")
}

fn claim(number: u32) -> Value {
    json!({
        "apiVersion": "v1", "kind": "PersistentVolumeClaim",
        "metadata": {
            "name": format!("synthetic-{number}"), "namespace": "default", "uid": uid(number),
            "annotations": {"pv.kubernetes.io/bind-completed": "yes"},
        },
        "spec": {
            "accessModes": ["ReadWriteMany"], "storageClassName": "", "volumeName": format!("synthetic-{number}"),
            "volumeMode": "Filesystem", "resources": {"requests": {"storage": "1200Gi"}},
        },
        "status": {"phase": "Bound", "accessModes": ["ReadWriteMany"], "capacity": {"storage": "1200Gi"}},
    })
}

fn pod(number: u32, nodes: u32, claims: u32) -> Value {
    json!({
        "apiVersion": "v1", "kind": "Pod",
        "metadata": {"name": format!("synthetic-{number}"), "namespace": "default", "labels": {"app": "synthetic"}},
        "spec": {
            "nodeName": format!("hyperpod-{}", instance(number % nodes)),
            "containers": [{"name": "app", "image": "public.ecr.aws/docker/library/busybox:1.37",
                "volumeMounts": [{"name": "data", "mountPath": "/fsx"}]}],
            "volumes": [{"name": "data", "persistentVolumeClaim": {"claimName": format!("synthetic-{}", number % claims)}}],
        },
        "status": {
            "phase": "Running",
            "conditions": [{"type": "Ready", "status": "True"}, {"type": "PodScheduled", "status": "True"}],
            "containerStatuses": [{"name": "app", "ready": true, "restartCount": 0, "state": {"running": {}},
                "image": "public.ecr.aws/docker/library/busybox:1.37", "imageID": ""}],
        },
    })
}
