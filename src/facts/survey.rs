//! What is there for `status`: the snapshot, and every class, claim and pod that has to do with the driver.
//!
//! Small structs on purpose: a cluster has thousands of claims and pods, and all of them are held at once.

use serde::{Deserialize, Serialize};

use super::{Facts, Seen, StorageClass, Veil};

/// One look at everything.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Survey {
    /// The snapshot. Class, claim and namespace of its storage are not looked at.
    pub facts: Facts,
    /// Why the cluster itself could not be seen; then `facts.cluster` has only its name.
    pub veiled: Option<Veil>,
    /// Why Kubernetes gave no answers at all, for people; then whatever is of Kubernetes is hidden.
    pub shut: Option<String>,
    /// The only namespace whose claims and pods were looked at; none: all.
    pub namespace: Option<String>,
    /// StorageClasses of the driver.
    pub classes: Seen<Vec<StorageClass>>,
    /// Claims, of whatever driver.
    pub claims: Seen<Vec<ClaimUse>>,
    /// Pods that use claims and have not ended.
    pub pods: Seen<Vec<PodUse>>,
}

/// A claim, as far as its state goes.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct ClaimUse {
    /// Its namespace.
    pub namespace: String,
    /// Its name.
    pub name: String,
    /// `metadata.uid`: the driver names the volume that it makes after it.
    pub uid: String,
    /// Its class; none means `""` or the default class.
    pub class: Option<String>,
    /// Who makes its volume: annotation `volume.kubernetes.io/storage-provisioner`.
    pub provisioner: Option<String>,
    /// Requested size, as Kubernetes has it (`1200Gi`).
    pub requested: String,
    /// The size that it has, once it is Bound.
    pub capacity: Option<String>,
    /// `Pending`, `Bound`, `Lost`.
    pub phase: String,
    /// The volume's name.
    pub volume: Option<String>,
    /// Access modes.
    pub access_modes: Vec<String>,
    /// Whether it is being deleted.
    pub terminating: bool,
    /// Whether it carries fsxctl's label.
    pub ours: bool,
    /// When it was made, seconds since 1970.
    pub created: Option<i64>,
}

/// A pod that uses claims.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct PodUse {
    /// Its namespace.
    pub namespace: String,
    /// Its name.
    pub name: String,
    /// The claims that it uses, by name.
    pub claims: Vec<String>,
    /// The node it is on.
    pub node: Option<String>,
    /// `Pending` or `Running`.
    pub phase: String,
    /// Condition Ready is True.
    pub ready: bool,
    /// Why its first container waits: `ContainerCreating`, `CrashLoopBackOff`.
    pub waiting: Option<String>,
    /// Whether it is being deleted.
    pub terminating: bool,
    /// When it was made, seconds since 1970.
    pub created: Option<i64>,
    /// When it was to be gone at the latest (`metadata.deletionTimestamp`), seconds since 1970.
    #[serde(default)]
    pub due: Option<i64>,
    /// Its uid.
    pub uid: String,
    /// The message of condition PodScheduled, when that is False.
    pub unscheduled: Option<String>,
    /// `securityContext.fsGroup`, when its policy is not `OnRootMismatch`.
    pub fs_group: Option<i64>,
    /// `securityContext.runAsUser` of the pod.
    pub run_as_user: Option<i64>,
}
