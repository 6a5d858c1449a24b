//! What is: one immutable snapshot of the AWS account and the cluster, as far as it could be seen.
//!
//! Plain data that serialises; how to fetch it lives in `gateway` and `engine::observe`, what it means in
//! `steps` and `domain`. No clock, no async, no SDK types.

mod access;
mod checkup;
mod cluster;
mod driver;
mod image;
mod network;
mod probe;
#[cfg(test)]
pub(crate) mod sample;
mod seen;
mod storage;
mod survey;

pub use access::{Access, Association, Caller, Policies, Provider, Role, RoleFacts, ServiceAccount};
pub use checkup::{
    AclEntry, AssociationRow, Checkup, ClassRow, CsiNode, DriverPod, DriverWorkload, Endpoint, NetworkAcl,
    NodeMore, ObjectEvent, VpcDns,
};
pub use cluster::{Cluster, HyperPod, InstanceGroup, Node};
pub use driver::{
    Addon, AddonVersion, ControllerPod, CsiDriver, Driver, HelmProgram, Issue, Release, Workload,
};
pub use image::ImageInUse;
pub use network::{Instance, Interface, Network, Route, RouteTable, Subnet};
pub use probe::{MountNode, MountVolume, Observed, ProbeEvent, ProbeJob, ProbePod, Taint, VerifyFacts};
pub use seen::{Seen, Veil};
use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};
pub use storage::{
    AdminAction, Claim, Event, FileSystem, FileSystemMore, Marks, Namespace, Place, Storage, StorageClass,
    Volume, VolumeMore,
};
pub use survey::{ClaimUse, PodUse, Survey};

/// One snapshot. Everything a planner may know is in here.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Facts {
    /// Who looks, from sts:GetCallerIdentity.
    pub caller: Seen<Caller>,
    /// The Region that was looked at.
    pub region: String,
    /// How the Kubernetes API was reached, for people.
    pub reached: String,
    /// The EKS cluster. Without it there are no facts at all.
    pub cluster: Cluster,
    /// HyperPod clusters whose orchestrator is this EKS cluster.
    pub hyperpod: Seen<Vec<HyperPod>>,
    /// The cluster's nodes.
    pub nodes: Seen<Vec<Node>>,
    /// OIDC provider, roles, associations, service account.
    pub access: Access,
    /// VPC, subnets, groups, interfaces.
    pub network: Network,
    /// Add-on, workloads, CSIDriver.
    pub driver: Driver,
    /// Lustre file systems of the account and Region.
    pub file_systems: Seen<Vec<FileSystem>>,
    /// Types of the account's file systems that are not Lustre, by id; empty when nothing could depend on them.
    pub other_file_systems: BTreeMap<String, String>,
    /// Class, claim, volumes.
    pub storage: Storage,
}
