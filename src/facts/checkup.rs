//! What the doctor looks at: the survey of `status`, and what only a diagnosis needs.
//!
//! Times are seconds since 1970 as Kubernetes and AWS tell them; `at` is the looking machine's own clock.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use super::{Seen, Survey, Taint, Veil};

/// One look of the doctor. Saved, it is a test case.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Checkup {
    /// When it was looked, seconds since 1970.
    pub at: i64,
    /// Cluster, identity, network, driver, classes of the driver, claims, pods, volumes, file systems.
    pub survey: Survey,
    /// Warning events of claims, volumes, pods and the driver's workloads that are not older than was asked.
    pub events: Seen<Vec<ObjectEvent>>,
    /// What hides events although others were found: of one namespace's look, those of the driver and of volumes.
    #[serde(default)]
    pub unread_events: Vec<Veil>,
    /// Deployments and DaemonSets with a container `fsx-plugin`, of all namespaces.
    pub workloads: Seen<Vec<DriverWorkload>>,
    /// Pods of these, of all namespaces.
    pub driver_pods: Seen<Vec<DriverPod>>,
    /// Which CSI drivers are registered on each node.
    pub csi_nodes: Seen<Vec<CsiNode>>,
    /// All StorageClasses, of whatever provisioner.
    pub all_classes: Seen<Vec<ClassRow>>,
    /// Whether Secret `aws-secret` is in the controller's namespace: static keys that go before every role.
    pub static_keys: Seen<bool>,
    /// All Pod Identity associations of the cluster.
    pub associations: Seen<Vec<AssociationRow>>,
    /// Network ACLs of the cluster's VPC.
    pub acls: Seen<Vec<NetworkAcl>>,
    /// DNS of the cluster's VPC.
    pub dns: Seen<VpcDns>,
    /// VPC endpoints of the cluster's VPC.
    pub endpoints: Seen<Vec<Endpoint>>,
}

/// An event and what it is about.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct ObjectEvent {
    /// `PersistentVolumeClaim`, `Pod`, …
    pub kind: String,
    /// The object's namespace; empty for those without one.
    pub namespace: String,
    /// The object's name.
    pub name: String,
    /// The object's uid, when told.
    pub uid: Option<String>,
    /// `ProvisioningFailed`, `FailedMount`, …
    pub reason: String,
    /// The message, at most 2,000 characters of it.
    pub message: String,
    /// How often.
    pub count: u32,
    /// When last, seconds since 1970.
    pub last: Option<i64>,
    /// The node that reported it, for the kubelet's.
    pub host: Option<String>,
}

/// A Deployment or DaemonSet with the driver's own container.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct DriverWorkload {
    /// `Deployment` or `DaemonSet`.
    pub kind: String,
    /// Its namespace.
    pub namespace: String,
    /// Its name.
    pub name: String,
    /// Image of container `fsx-plugin`.
    pub image: Option<String>,
    /// Pods wanted.
    pub desired: u32,
    /// Pods ready.
    pub ready: u32,
    /// The pods' service account.
    pub service_account: Option<String>,
    /// Environment of container `fsx-plugin` that has plain values.
    pub env: BTreeMap<String, String>,
    /// Tolerations, `key=value:effect` with `*` for what they leave open.
    pub tolerations: Vec<String>,
    /// Node labels that the pods ask for.
    pub node_selector: BTreeMap<String, String>,
    /// Host path of the kubelet's directory that the node plugin mounts, without `plugins…`.
    pub kubelet_dir: Option<String>,
    /// The Helm release, `namespace/name`, from Helm's annotations.
    pub release: Option<String>,
    /// The chart, from label `helm.sh/chart`.
    pub chart: Option<String>,
}

/// A pod with the driver's own container.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct DriverPod {
    /// Whether it is of the controller; else it is a node plugin.
    pub controller: bool,
    /// Its namespace.
    pub namespace: String,
    /// Its name.
    pub name: String,
    /// The node it is on.
    pub node: Option<String>,
    /// `Pending`, `Running`, …
    pub phase: String,
    /// Condition Ready is True.
    pub ready: bool,
    /// Whether it is being deleted.
    pub terminating: bool,
    /// When it was made, seconds since 1970.
    pub created: Option<i64>,
    /// Why a container waits: `ImagePullBackOff`, `CrashLoopBackOff`.
    pub waiting: Option<String>,
    /// The words that go with it, or with the last end of a container that crashed.
    pub message: Option<String>,
    /// Restarts of its containers together.
    pub restarts: u32,
    /// The message of condition PodScheduled, when that is False.
    pub unscheduled: Option<String>,
    /// `AWS_ROLE_ARN` of container `fsx-plugin`.
    pub role_arn: Option<String>,
    /// Whether container `fsx-plugin` has `AWS_CONTAINER_CREDENTIALS_FULL_URI`.
    pub pod_identity: bool,
    /// Whether container `fsx-plugin` is told a Region (`AWS_REGION`).
    pub region: Option<String>,
}

/// Which drivers a node's kubelet knows.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct CsiNode {
    /// The node's name.
    pub node: String,
    /// Whether `fsx.csi.aws.com` is among them.
    pub has_driver: bool,
}

/// A StorageClass of whatever provisioner.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct ClassRow {
    /// Its name.
    pub name: String,
    /// Its provisioner.
    pub provisioner: String,
    /// Whether it is the default.
    pub default: bool,
}

/// A Pod Identity association.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct AssociationRow {
    /// Its id.
    pub id: String,
    /// The service account's namespace.
    pub namespace: String,
    /// The service account.
    pub service_account: String,
}

/// A network ACL.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct NetworkAcl {
    /// `acl-…`.
    pub id: String,
    /// Subnets that have it.
    pub subnets: Vec<String>,
    /// Its entries, in the order in which they are asked.
    pub entries: Vec<AclEntry>,
}

/// An entry of a network ACL.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct AclEntry {
    /// Its number: the lowest that matches decides.
    pub number: i32,
    /// Whether it is about what leaves the subnet.
    pub egress: bool,
    /// Whether it allows.
    pub allow: bool,
    /// `-1`, `6` (TCP), …
    pub protocol: String,
    /// The IPv4 block; none for an IPv6 entry.
    pub cidr: Option<String>,
    /// First and last port, for TCP and UDP.
    pub ports: Option<(i32, i32)>,
}

/// DNS of a VPC.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct VpcDns {
    /// `enableDnsSupport`: the resolver at 169.254.169.253.
    pub support: bool,
    /// `enableDnsHostnames`.
    pub hostnames: bool,
    /// `domain-name-servers` of its DHCP options; `AmazonProvidedDNS` by default. Empty when the options are not in the
    /// account's list, as those of a VPC that another account shares: then nothing is known of them.
    pub servers: Vec<String>,
    /// The DHCP options, `dopt-…`.
    pub dhcp_options: Option<String>,
}

/// A VPC endpoint.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Endpoint {
    /// `vpce-…`.
    pub id: String,
    /// `com.amazonaws.us-west-2.fsx`.
    pub service: String,
    /// Its state, `available`.
    pub state: String,
}

/// What a node tells beyond what every look needs.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct NodeMore {
    /// When it joined, seconds since 1970.
    pub created: Option<i64>,
    /// `status.nodeInfo.osImage`.
    pub os_image: Option<String>,
    /// Label `kubernetes.io/os`: `linux`, `windows`.
    pub os: Option<String>,
    /// Taints.
    pub taints: Vec<Taint>,
    /// Label `sagemaker.amazonaws.com/node-health-status`.
    pub health: Option<String>,
    /// Label `eks.amazonaws.com/compute-type=auto`: a node of EKS Auto Mode.
    pub auto_mode: bool,
}
