//! Class, claim, volumes, and the file systems behind them.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use super::Seen;

/// What Kubernetes holds for the storage that was asked for.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Storage {
    /// The namespace that the claim is, or would be, in.
    pub claim_namespace: String,
    /// The namespace of the claim.
    pub namespace: Seen<Namespace>,
    /// The StorageClass of the asked-for name.
    pub class: Seen<StorageClass>,
    /// The claim of the asked-for name.
    pub claim: Seen<Claim>,
    /// All PVs of driver `fsx.csi.aws.com`.
    pub volumes: Seen<Vec<Volume>>,
    /// Names of the PVs of other drivers; empty when nothing could depend on them.
    pub taken: Vec<String>,
    /// The namespaces in which an existing file system is bound or shared, by name.
    pub places: Seen<Vec<Place>>,
}

/// A namespace in which an existing file system gets, has or loses a claim.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Place {
    /// Its name.
    pub name: String,
    /// The namespace itself.
    pub namespace: Seen<Namespace>,
    /// The claim of the asked-for name in it.
    pub claim: Seen<Claim>,
    /// Names of the pods in it that use the claim and have not ended; missing when that was not asked.
    pub users: Seen<Vec<String>>,
}

/// A namespace.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Namespace {
    /// Its name.
    pub name: String,
    /// Whether it is being deleted.
    pub terminating: bool,
    /// Labels, annotations and managers.
    pub marks: Marks,
}

/// Labels, annotations and field managers of a Kubernetes object, and its version.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Marks {
    /// Labels.
    pub labels: BTreeMap<String, String>,
    /// Annotations.
    pub annotations: BTreeMap<String, String>,
    /// Names of field managers.
    pub managers: Vec<String>,
    /// `metadata.resourceVersion`.
    pub resource_version: String,
    /// `metadata.uid`.
    pub uid: String,
}

/// A StorageClass.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct StorageClass {
    /// Its name.
    pub name: String,
    /// `fsx.csi.aws.com` for ours.
    pub provisioner: String,
    /// Parameters.
    pub parameters: BTreeMap<String, String>,
    /// Mount options.
    pub mount_options: Vec<String>,
    /// `Retain` or `Delete`.
    pub reclaim_policy: String,
    /// `Immediate` or `WaitForFirstConsumer`.
    pub binding_mode: String,
    /// Whether claims may grow.
    pub allow_expansion: bool,
    /// Labels, annotations and managers.
    pub marks: Marks,
}

/// A claim.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Claim {
    /// Its namespace.
    pub namespace: String,
    /// Its name.
    pub name: String,
    /// Its class; none means `""` or the default class.
    pub class: Option<String>,
    /// Requested size, as Kubernetes has it (`1200Gi`).
    pub size: String,
    /// Access modes.
    pub access_modes: Vec<String>,
    /// `Pending`, `Bound`, `Lost`.
    pub phase: String,
    /// The bound volume's name.
    pub volume: Option<String>,
    /// Whether it is being deleted.
    pub terminating: bool,
    /// Labels, annotations and managers.
    pub marks: Marks,
}

/// A PersistentVolume of the driver.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Volume {
    /// Its name.
    pub name: String,
    /// `Available`, `Bound`, `Released`, `Failed`.
    pub phase: String,
    /// `spec.csi.volumeHandle`: the file system's id.
    pub handle: String,
    /// Attribute `dnsname`.
    pub dns_name: Option<String>,
    /// Attribute `mountname`.
    pub mount_name: Option<String>,
    /// Its class.
    pub class: Option<String>,
    /// `namespace/name` of the claim it is for.
    pub claim: Option<String>,
    /// uid of the claim that it was bound to; none while it only waits for a claim of that name.
    pub claim_uid: Option<String>,
    /// Mount options.
    pub mount_options: Vec<String>,
    /// Access modes.
    pub access_modes: Vec<String>,
    /// Whether it is being deleted.
    pub terminating: bool,
    /// `Retain` or `Delete`.
    pub reclaim_policy: String,
    /// Capacity, as Kubernetes has it.
    pub size: String,
    /// Labels, annotations and managers.
    pub marks: Marks,
    /// What only a diagnosis asks.
    pub more: VolumeMore,
}

/// What a volume tells beyond what every look needs.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct VolumeMore {
    /// Keys of `spec.csi.volumeAttributes`.
    pub attributes: Vec<String>,
    /// `status.message`.
    pub message: Option<String>,
    /// When it was made, seconds since 1970.
    pub created: Option<i64>,
    /// Whether it has `spec.nodeAffinity`.
    pub has_affinity: bool,
    /// Finalizers.
    pub finalizers: Vec<String>,
}

/// A Lustre file system, from fsx:DescribeFileSystems.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct FileSystem {
    /// `fs-…`.
    pub id: String,
    /// Its ARN.
    pub arn: String,
    /// `LUSTRE`; others are only told apart.
    pub kind: String,
    /// `CREATING`, `AVAILABLE`, …
    pub lifecycle: String,
    /// FSx's words for a failure.
    pub failure: Option<String>,
    /// GiB.
    pub capacity_gib: Option<u64>,
    /// `SSD`, `HDD`, `INTELLIGENT_TIERING`.
    pub storage_type: Option<String>,
    /// `PERSISTENT_2`, …
    pub deployment_type: Option<String>,
    /// MB/s per TiB.
    pub throughput: Option<u32>,
    /// `2.15`.
    pub version: Option<String>,
    /// `fs-….fsx.<region>.amazonaws.com`.
    pub dns_name: Option<String>,
    /// Mount name.
    pub mount_name: Option<String>,
    /// Its VPC.
    pub vpc: Option<String>,
    /// Its subnets (one, for Lustre).
    pub subnets: Vec<String>,
    /// Its interfaces.
    pub interfaces: Vec<String>,
    /// Tags.
    pub tags: BTreeMap<String, String>,
    /// What only a diagnosis asks.
    pub more: FileSystemMore,
}

/// What a file system tells beyond what every look needs.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct FileSystemMore {
    /// When it was made, seconds since 1970.
    pub created: Option<i64>,
    /// The account that it is of.
    pub owner: Option<String>,
    /// `LustreConfiguration.EfaEnabled`.
    pub efa: bool,
    /// `RootSquashConfiguration.RootSquash`, `65534:65534`; none and `0:0` squash nobody.
    pub root_squash: Option<String>,
    /// The customer or AWS managed key.
    pub kms_key: Option<String>,
    /// AdministrativeActions, newest first.
    pub actions: Vec<AdminAction>,
}

/// An administrative action of a file system.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct AdminAction {
    /// `FILE_SYSTEM_UPDATE`, `STORAGE_OPTIMIZATION`, …
    pub kind: String,
    /// `PENDING`, `IN_PROGRESS`, `FAILED`, `COMPLETED`, `UPDATED_OPTIMIZING`.
    pub status: String,
    /// Percent, when told.
    pub progress: Option<i32>,
    /// FSx's words for a failure.
    pub failure: Option<String>,
    /// When it was asked for, seconds since 1970.
    pub at: Option<i64>,
}

/// A Kubernetes Event.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Event {
    /// `ProvisioningFailed`, …
    pub reason: String,
    /// The message.
    pub message: String,
    /// `Normal` or `Warning`.
    pub kind: String,
    /// Which component reported it.
    pub source: String,
    /// How often.
    pub count: u32,
}
