//! What a verification looks at, and what its pods told: plain data.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use super::{Claim, Cluster, Event, FileSystem, Seen};

/// Everything that is known before anything is created.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct VerifyFacts {
    /// The EKS cluster.
    pub cluster: Cluster,
    /// The Region that was looked at.
    pub region: String,
    /// How the Kubernetes API was reached, for people.
    pub reached: String,
    /// The namespace that the pods are made in, which is the claim's.
    pub namespace: String,
    /// Labels of the namespace.
    pub namespace_labels: Seen<BTreeMap<String, String>>,
    /// The claim.
    pub claim: Seen<Claim>,
    /// Events of the claim; looked at only when it is not Bound.
    pub claim_events: Vec<Event>,
    /// The claim's volume.
    pub volume: Seen<MountVolume>,
    /// Lustre file systems of the account and Region.
    pub file_systems: Seen<Vec<FileSystem>>,
    /// All nodes.
    pub nodes: Seen<Vec<MountNode>>,
    /// What security groups keep nodes and file system apart, a sentence each; none: it was not looked at, or cannot be
    /// told. Looked at only after a mount that nobody answered.
    pub closed: Option<Vec<String>>,
    /// Names of the nodes on which a pod of the driver's DaemonSet is ready.
    pub plugins: Seen<Vec<String>>,
}

impl VerifyFacts {
    /// The file system of the claim's volume: the one with the id that is the volume's handle, else the one whose DNS
    /// name the volume mounts.
    pub fn file_system(&self) -> Seen<&FileSystem> {
        let Some(volume) = self.volume.found() else { return Seen::Missing };
        match &self.file_systems {
            Seen::Found(all) => {
                let by_id = all.iter().find(|system| system.id == volume.handle);
                let by_name = || {
                    all.iter().find(|system| system.dns_name.is_some() && system.dns_name == volume.dns_name)
                };
                by_id.or_else(by_name).into()
            }
            Seen::Missing => Seen::Missing,
            Seen::Hidden(veil) => Seen::Hidden(veil.clone()),
        }
    }
}

/// A node, as far as it decides whether a pod may be tried there.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct MountNode {
    /// Its name.
    pub name: String,
    /// Labels.
    pub labels: BTreeMap<String, String>,
    /// Condition Ready is True.
    pub ready: bool,
    /// `spec.unschedulable`: it is cordoned.
    pub cordoned: bool,
    /// Taints.
    pub taints: Vec<Taint>,
    /// `status.nodeInfo.kernelVersion`.
    pub kernel: String,
    /// `status.nodeInfo.osImage`.
    pub os_image: String,
}

impl MountNode {
    /// The label of its HyperPod instance group, managed node group, Karpenter pool or Auto Mode pool, in this order.
    pub fn group(&self) -> Option<&str> {
        [
            "sagemaker.amazonaws.com/instance-group-name",
            "eks.amazonaws.com/nodegroup",
            "alpha.eksctl.io/nodegroup-name",
            "karpenter.sh/nodepool",
        ]
        .iter()
        .find_map(|label| self.labels.get(*label))
        .map(String::as_str)
    }

    /// Label `topology.kubernetes.io/zone`.
    pub fn zone(&self) -> Option<&str> {
        self.labels.get("topology.kubernetes.io/zone").map(String::as_str)
    }

    /// Label `eks.amazonaws.com/compute-type=fargate`: no CSI driver runs there.
    pub fn is_fargate(&self) -> bool {
        self.labels.get("eks.amazonaws.com/compute-type").is_some_and(|kind| kind == "fargate")
    }

    /// Label `kubernetes.io/os=windows`.
    pub fn is_windows(&self) -> bool {
        self.labels.get("kubernetes.io/os").is_some_and(|os| os == "windows")
    }

    /// HyperPod's own word that nothing should be placed there (label `sagemaker.amazonaws.com/node-health-status`).
    pub fn is_unhealthy(&self) -> bool {
        self.labels
            .get("sagemaker.amazonaws.com/node-health-status")
            .is_some_and(|health| health != "Schedulable")
    }
}

/// A taint of a node.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Taint {
    /// Its key.
    pub key: String,
    /// Its value.
    pub value: Option<String>,
    /// `NoSchedule`, `PreferNoSchedule`, `NoExecute`.
    pub effect: String,
}

/// A PersistentVolume, as far as it decides how it is mounted.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct MountVolume {
    /// Its name.
    pub name: String,
    /// `spec.csi.driver`; none: it is no CSI volume.
    pub driver: Option<String>,
    /// `spec.csi.volumeHandle`.
    pub handle: String,
    /// Attribute `dnsname`.
    pub dns_name: Option<String>,
    /// Attribute `mountname`; without it the driver takes `fsx`.
    pub mount_name: Option<String>,
    /// `spec.mountOptions`.
    pub mount_options: Vec<String>,
    /// `spec.csi.readOnly`.
    pub read_only: bool,
    /// Whether the driver made it, for a claim (annotation `pv.kubernetes.io/provisioned-by`).
    pub provisioned: bool,
    /// `spec.accessModes`.
    pub access_modes: Vec<String>,
}

impl MountVolume {
    /// What the driver mounts: `<dnsname>@tcp:/<mountname>` (pkg/driver/node.go).
    pub fn source(&self) -> String {
        let (name, path) = (self.dns_name.as_deref().unwrap_or_default(), self.mount_name.as_deref());
        format!("{name}@tcp:/{}", path.unwrap_or("fsx"))
    }

    /// Whether `spec.mountOptions` has an option.
    pub fn has_option(&self, wanted: &str) -> bool {
        self.mount_options.iter().flat_map(|option| option.split(',')).any(|option| option.trim() == wanted)
    }

    /// Whether nothing can be written through it.
    pub fn is_read_only(&self) -> bool {
        self.read_only || self.has_option("ro")
    }
}

/// A pod of a verification, as it stands.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct ProbePod {
    /// Its name.
    pub name: String,
    /// Its uid.
    pub uid: String,
    /// The Job that it belongs to.
    pub job: String,
    /// `Pending`, `Running`, `Succeeded`, `Failed` or `Unknown`.
    pub phase: String,
    /// `status.reason` and `status.message`: `Evicted: …`, `DeadlineExceeded: …`.
    pub reason: Option<String>,
    /// Why it has no node: the words of condition PodScheduled.
    pub unscheduled: Option<String>,
    /// Why its container waits: `ErrImagePull: …`. What only says that it is being made is left out.
    pub waiting: Option<String>,
    /// What its container ended with.
    pub exit_code: Option<i32>,
    /// The kubelet's word for that end: `Completed`, `Error`, `OOMKilled`, `ContainerStatusUnknown`.
    pub ended: Option<String>,
}

/// A Job of a verification that is in the cluster.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct ProbeJob {
    /// Its namespace.
    pub namespace: String,
    /// Its name.
    pub name: String,
    /// Its uid.
    pub uid: String,
    /// Its resourceVersion.
    pub resource_version: String,
    /// The run that it belongs to, from its label.
    pub run: String,
    /// Seconds since it was made, by this machine's clock; 0 when that lies in the future.
    pub age_seconds: u64,
    /// `spec.activeDeadlineSeconds`: after these nothing of it runs.
    pub deadline_seconds: u64,
    /// Whether it has ended.
    pub finished: bool,
}

/// An event about a Job or pod of a verification.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct ProbeEvent {
    /// The name of the object that it is about.
    pub about: String,
    /// What it says.
    pub event: Event,
}

/// What came of the Job of one node, when the watch ended.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Observed {
    /// Whether the Job was made.
    pub created: bool,
    /// The API's words when it was not made, or made no pod.
    pub refused: Option<String>,
    /// The pod as it stood at last.
    pub pod: Option<ProbePod>,
    /// The message of the event that says best why the volume is not mounted.
    pub mount_event: Option<String>,
    /// The last other warning about it, reason and message.
    pub warning: Option<String>,
    /// Whether kubelet pulled its image, which it does when all volumes are mounted.
    pub pulls: bool,
    /// Its log.
    pub log: Option<String>,
    /// Why there is no log, when it could not be read.
    pub log_veil: Option<String>,
}
