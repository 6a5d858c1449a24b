//! The shapes of a status: what a `Status` document says. A value that is null could not be looked at, and `unseen`
//! says why; an empty list is proved to be empty.

use serde::Serialize;

use crate::steps::Note;

/// The state of everything that has to do with the driver.
#[derive(Debug, Clone, PartialEq, Serialize, schemars::JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct Status {
    /// The EKS cluster.
    pub kubernetes: KubernetesState,
    /// Its nodes.
    pub nodes: Option<NodesState>,
    /// HyperPod clusters whose orchestrator it is.
    pub hyperpod: Option<Vec<HyperPodState>>,
    /// Who looks.
    pub caller: Option<CallerState>,
    /// Who the driver's controller is to AWS.
    pub identity: IdentityState,
    /// The FSx CSI driver.
    pub driver: DriverState,
    /// Security groups of nodes and file systems.
    pub network: NetworkState,
    /// StorageClasses of the driver.
    pub classes: Option<Vec<ClassState>>,
    /// Claims, volumes without a claim, and file systems of the cluster's VPC that no volume uses.
    pub items: Vec<StorageItem>,
    /// How many there are.
    pub summary: Summary,
    /// What could not be looked at.
    pub unseen: Vec<Unseen>,
}

/// How a part is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, schemars::JsonSchema)]
#[serde(rename_all = "camelCase")]
pub enum Health {
    /// It does not work.
    Broken,
    /// It could not be looked at, or what was seen does not tell.
    Unknown,
    /// It is being made or changed.
    Coming,
    /// It is as it should be.
    Healthy,
    /// It is not there.
    Absent,
}

/// Whose work an object is, by fsxctl's tags and label.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, schemars::JsonSchema)]
#[serde(rename_all = "camelCase")]
pub enum MadeBy {
    /// fsxctl made it.
    Fsxctl,
    /// Somebody else made it, and fsxctl was given leave to change it.
    Adopted,
    /// fsxctl made it for another cluster.
    OtherCluster,
    /// Somebody else made it.
    Others,
}

/// The EKS cluster.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, schemars::JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct KubernetesState {
    /// The Kubernetes version, `1.33`.
    pub version: Option<String>,
    /// What EKS says of the cluster: `ACTIVE`, `UPDATING`.
    pub status: Option<String>,
    /// Its VPC.
    pub vpc: Option<String>,
    /// How the API server was reached; null when it was not.
    pub reached: Option<String>,
    /// Why the API server gave no answers at all.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub shut: Option<String>,
    /// The only namespace whose claims and pods were looked at; null: all.
    pub namespace: Option<String>,
}

/// The nodes.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, schemars::JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct NodesState {
    /// How many there are.
    pub total: u32,
    /// How many are Ready.
    pub ready: u32,
    /// By zone.
    pub zones: Vec<ZoneState>,
    /// By group.
    pub groups: Vec<NodeGroupState>,
}

/// Nodes of a zone.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, schemars::JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct ZoneState {
    /// Zone name; null when the nodes do not say.
    pub zone: Option<String>,
    /// How many there are.
    pub total: u32,
    /// How many are Ready.
    pub ready: u32,
}

/// Nodes of a group.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, schemars::JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct NodeGroupState {
    /// Instance group, node group or pool; null when the nodes do not say.
    pub group: Option<String>,
    /// Whether they are HyperPod's.
    pub hyperpod: bool,
    /// Instance types.
    pub instance_types: Vec<String>,
    /// How many there are.
    pub total: u32,
    /// How many are Ready.
    pub ready: u32,
}

/// A HyperPod cluster.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, schemars::JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct HyperPodState {
    /// Its name.
    pub name: String,
    /// `InService`, …
    pub status: String,
}

/// Who looks.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, schemars::JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct CallerState {
    /// The caller's ARN.
    pub arn: String,
    /// Its account.
    pub account: String,
}

/// How a controller gets its role.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, schemars::JsonSchema)]
#[serde(rename_all = "camelCase")]
pub enum Way {
    /// EKS Pod Identity.
    PodIdentity,
    /// IAM roles for service accounts.
    Irsa,
    /// Neither.
    None,
}

/// Who the driver's controller is to AWS.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, schemars::JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct IdentityState {
    /// Whether the role that it has would let it make file systems.
    pub health: Health,
    /// How it gets its role; null when that could not be looked at.
    pub way: Option<Way>,
    /// The role's ARN.
    pub role: Option<String>,
    /// Whose work the role is.
    pub made_by: Option<MadeBy>,
    /// Why, in one clause.
    pub because: String,
    /// What is worth telling besides.
    pub notes: Vec<Note>,
}

/// Who installed the driver.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, schemars::JsonSchema)]
#[serde(rename_all = "camelCase")]
pub enum Owner {
    /// The EKS add-on.
    Addon,
    /// A Helm release.
    Helm,
    /// Manifests, by hand or by a tool that leaves no mark.
    Manifests,
    /// Nobody: it is not there.
    None,
}

/// The FSx CSI driver.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, schemars::JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct DriverState {
    /// How it is.
    pub health: Health,
    /// Who installed it; null when that could not be looked at.
    pub owner: Option<Owner>,
    /// The add-on's build, or the version of the image.
    pub version: Option<String>,
    /// The newest build of the add-on for this Kubernetes, when it is newer.
    pub newer: Option<String>,
    /// The add-on's or the release's own status.
    pub status: Option<String>,
    /// The Helm release, `namespace/name`.
    pub release: Option<String>,
    /// Whose work it is.
    pub made_by: Option<MadeBy>,
    /// Pods of the controller.
    pub controller: Option<ReadyPods>,
    /// Pods of the node plugin.
    pub node: Option<ReadyPods>,
    /// What is wrong, in the words of EKS or in a clause each.
    pub issues: Vec<String>,
}

/// Pods of a workload.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, schemars::JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct ReadyPods {
    /// Pods that are Ready.
    pub ready: u32,
    /// Pods wanted.
    pub desired: u32,
}

/// Security groups of nodes and file systems.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, schemars::JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct NetworkState {
    /// The groups; null when they could not be looked at.
    pub groups: Option<Vec<GroupState>>,
    /// What could not be told of the nodes' groups.
    pub notes: Vec<Note>,
}

/// A security group that nodes or file systems wear.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, schemars::JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct GroupState {
    /// `sg-…`.
    pub id: String,
    /// Its name.
    pub name: String,
    /// Whose work it is.
    pub made_by: MadeBy,
    /// The groups of nodes that wear it.
    pub nodes: Vec<String>,
    /// How many file systems of the VPC wear it.
    pub file_systems: u32,
}

/// A StorageClass of the driver.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, schemars::JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct ClassState {
    /// Its name.
    pub name: String,
    /// Whether it is the cluster's default class.
    pub default: bool,
    /// Whose work it is.
    pub made_by: MadeBy,
    /// `PERSISTENT_2`, …; null: the driver's default.
    pub deployment_type: Option<String>,
    /// MB/s per TiB.
    pub throughput: Option<String>,
    /// `SSD`, `HDD`, `INTELLIGENT_TIERING`; null: the driver's default.
    pub storage_type: Option<String>,
    /// The subnet of its file systems.
    pub subnet: Option<String>,
    /// `Retain` or `Delete`.
    pub reclaim_policy: String,
    /// `Immediate` or `WaitForFirstConsumer`.
    pub binding_mode: String,
    /// Whether claims may grow.
    pub allow_volume_expansion: bool,
    /// How many claims name it; null when claims could not be looked at.
    pub claims: Option<u32>,
}

/// What an item is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, schemars::JsonSchema)]
pub enum ItemKind {
    /// A claim, with its volume and file system.
    PersistentVolumeClaim,
    /// A volume that no claim uses, with its file system.
    PersistentVolume,
    /// A file system of the cluster's VPC that no volume uses.
    FileSystem,
}

/// A claim, or a volume without one, or a file system without either.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, schemars::JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct StorageItem {
    /// What it is.
    pub kind: ItemKind,
    /// `namespace/name` of a claim, a volume's name, a file system's id.
    pub name: String,
    /// How it is.
    pub health: Health,
    /// Why, when it is not healthy; one clause.
    pub because: Option<String>,
    /// The claim.
    pub claim: Option<ClaimState>,
    /// The volume.
    pub volume: Option<VolumeState>,
    /// The file system, when it was found.
    pub file_system: Option<FileSystemState>,
    /// Pods that use the claim and have not ended; null when they could not be looked at, or there is no claim.
    pub pods: Option<PodsOf>,
}

/// A claim.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, schemars::JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct ClaimState {
    /// Its namespace.
    pub namespace: String,
    /// Its name.
    pub name: String,
    /// `Pending`, `Bound` or `Lost`.
    pub phase: String,
    /// The size that it has, else the one that it asks for.
    pub size: String,
    /// Its class; null: none.
    pub class: Option<String>,
    /// Access modes.
    pub access_modes: Vec<String>,
    /// Whether it is being deleted.
    pub terminating: bool,
    /// Whose work it is.
    pub made_by: MadeBy,
}

/// A volume.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, schemars::JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct VolumeState {
    /// Its name.
    pub name: String,
    /// `Available`, `Bound`, `Released`, `Failed`.
    pub phase: String,
    /// Its size.
    pub size: String,
    /// `Retain` or `Delete`.
    pub reclaim_policy: String,
    /// The claim that it is for, `namespace/name`.
    pub claim: Option<String>,
    /// The file system's id.
    pub file_system: String,
    /// Whose work it is.
    pub made_by: MadeBy,
}

/// A file system.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, schemars::JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct FileSystemState {
    /// `fs-…`.
    pub id: String,
    /// `AVAILABLE`, `CREATING`, …
    pub lifecycle: String,
    /// FSx's words for a failure.
    pub failure: Option<String>,
    /// GiB; null for Intelligent-Tiering, which has no size.
    pub capacity_gib: Option<u64>,
    /// `PERSISTENT_2`, …
    pub deployment_type: Option<String>,
    /// `SSD`, `HDD`, `INTELLIGENT_TIERING`.
    pub storage_type: Option<String>,
    /// MB/s per TiB; null where the type has none.
    pub throughput: Option<u32>,
    /// Lustre version, `2.15`.
    pub version: Option<String>,
    /// DNS name.
    pub dns_name: Option<String>,
    /// Mount name.
    pub mount_name: Option<String>,
    /// Its VPC.
    pub vpc: Option<String>,
    /// The zone of its subnet; null when the subnet is not listed.
    pub zone: Option<String>,
    /// Tag `Name`.
    pub label: Option<String>,
    /// Whether Lustre's ports are open between it and every group of nodes.
    pub ports: PortsState,
    /// Whose work it is.
    pub made_by: MadeBy,
}

/// Whether ports are open.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, schemars::JsonSchema)]
#[serde(rename_all = "camelCase")]
pub enum PortState {
    /// Both ways, for every group of nodes, on every interface.
    Open,
    /// Something is closed for certain.
    Closed,
    /// Not everything could be looked at.
    Unknown,
}

/// What the security groups let through.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, schemars::JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct PortsState {
    /// What they come to.
    pub state: PortState,
    /// What is closed, or could not be told; a clause each.
    pub because: Vec<String>,
}

/// Pods that use a claim.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, schemars::JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct PodsOf {
    /// How many there are.
    pub total: u32,
    /// How many are Ready.
    pub ready: u32,
    /// The pods.
    pub items: Vec<PodState>,
}

/// A pod that uses a claim.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, schemars::JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct PodState {
    /// Its name; its namespace is the claim's.
    pub name: String,
    /// The node it is on.
    pub node: Option<String>,
    /// `Pending` or `Running`.
    pub phase: String,
    /// Whether it is Ready.
    pub ready: bool,
    /// Why a container of it waits: `ContainerCreating`.
    pub waiting: Option<String>,
}

/// How many there are.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, schemars::JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct Summary {
    /// Claims of the driver; null when they could not be looked at.
    pub claims: Option<u32>,
    /// How many of them are Bound.
    pub bound: u32,
    /// Volumes of the driver that no claim uses.
    pub volumes_without_claim: u32,
    /// File systems of the cluster's VPC that no volume uses.
    pub file_systems_without_volume: u32,
    /// Lustre file systems of the account and Region that are in the cluster's VPC or that volumes use; null when they
    /// could not be looked at.
    pub file_systems: Option<u32>,
    /// Pods that use the claims; null when they could not be looked at.
    pub pods: Option<u32>,
    /// Items that are broken.
    pub broken: u32,
    /// Items that cannot be told.
    pub unknown: u32,
}

/// Something that could not be looked at.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, schemars::JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct Unseen {
    /// What.
    pub what: String,
    /// The missing IAM action, or RBAC verb and resource; null when no permission is missing.
    pub permission: Option<String>,
    /// What the service said.
    pub cause: String,
}
