//! What each thing that fsxctl does needs: IAM actions on resources, RBAC verbs on Kubernetes resources.
//!
//! The table is the one source; policies and roles are made from it. It is filled in without looking, so what only
//! looking can tell (account, the id of a security group) is a wildcard.
//!
//! Sources: the Service Authorization Reference of [IAM](https://docs.aws.amazon.com/service-authorization/latest/reference/list_awsidentityandaccessmanagementiam.html),
//! [EKS](https://docs.aws.amazon.com/service-authorization/latest/reference/list_amazonelastickubernetesservice.html),
//! [EC2](https://docs.aws.amazon.com/service-authorization/latest/reference/list_amazonec2.html),
//! [FSx](https://docs.aws.amazon.com/service-authorization/latest/reference/list_amazonfsx.html) and
//! [SageMaker](https://docs.aws.amazon.com/service-authorization/latest/reference/list_amazonsagemaker.html), and
//! [RBAC](https://kubernetes.io/docs/reference/access-authn-authz/rbac/).

mod document;
mod row;
mod table;
#[cfg(test)]
mod tests;

use std::collections::BTreeSet;

pub use document::{cluster_roles, policy};
pub use row::Row;
pub use table::ROWS;

use super::names::Partition;

/// The group that the bindings are for; an access entry puts a principal into it.
pub const GROUP: &str = "fsxctl";
/// The namespace of the driver.
pub const DRIVER_NAMESPACE: &str = "kube-system";

/// What will be done, as far as it decides what is needed.
#[derive(Debug, Clone, PartialEq, Eq)]
#[expect(clippy::struct_excessive_bools, reason = "each is one question with two answers")]
pub struct Task {
    /// Partition of the Region.
    pub partition: Partition,
    /// Region; none: any.
    pub region: Option<String>,
    /// Account; none: any.
    pub account: Option<String>,
    /// The cluster's name; none: any.
    pub cluster: Option<String>,
    /// The parts.
    pub parts: Parts,
    /// Whether IRSA may be the way.
    pub irsa: bool,
    /// Whether Pod Identity may be the way.
    pub pod_identity: bool,
    /// ARN or pattern of the role that the driver gets.
    pub role: RoleTask,
    /// Whether the add-on may be installed.
    pub addon: bool,
    /// Whether a Helm release of the driver is made or upgraded.
    pub helm: bool,
    /// Whether a driver that is there is brought to another version.
    pub upgrade: bool,
    /// What is changed over, if something is.
    pub migration: Option<Migration>,
    /// Whether the images that run are read.
    pub images: bool,
    /// Whether the state of everything is read, and of which namespace alone.
    pub status: Option<Option<String>>,
    /// Whether all of it is diagnosed too, and not only shown.
    pub doctor: bool,
    /// The controller's service account, namespace and name.
    pub service_account: (String, String),
    /// Whether the security group is surely a new one.
    pub new_group: bool,
    /// Whether the security group may be a new one.
    pub any_group: bool,
    /// The StorageClass.
    pub class: String,
    /// The claim, namespace and name.
    pub claim: (String, String),
    /// Whether the namespace may be made.
    pub new_namespace: bool,
    /// Whether the claim is waited for.
    pub waits: bool,
    /// What a verification is for, if it is one.
    pub verify: Option<Verification>,
    /// A Kubernetes user that is impersonated.
    pub as_user: Option<String>,
    /// A file system that is there already, bound or shared.
    pub bind: Option<BindTask>,
}

/// What becomes of a file system that is there already.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
#[expect(clippy::struct_excessive_bools, reason = "each is one question with two answers")]
pub struct BindTask {
    /// The namespaces; none: those with certain labels, whichever these are.
    pub namespaces: Vec<String>,
    /// Whether the file system is named.
    pub is_named: bool,
    /// Whether rules may be added.
    pub opens: bool,
    /// Whether the driver may be installed.
    pub installs: bool,
    /// Whether volume and claim go.
    pub removes: bool,
}

/// What `verify` does.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Verification {
    /// Tries a claim.
    Claim,
    /// Removes what earlier runs left in a namespace.
    CleanUp,
    /// The same in every namespace.
    CleanUpEverywhere,
}

/// What `migrate` changes over, and to what.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Migration {
    /// Helm or manifests to the add-on.
    ToAddon,
    /// The add-on to Helm.
    ToHelm,
    /// IRSA to Pod Identity.
    ToPodIdentity,
    /// Pod Identity to IRSA.
    ToIrsa,
}

/// The parts of a set-up that are wanted.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[expect(clippy::struct_excessive_bools, reason = "a set of four")]
pub struct Parts {
    /// Identity.
    pub identity: bool,
    /// Network.
    pub network: bool,
    /// Driver.
    pub driver: bool,
    /// StorageClass and claim.
    pub storage: bool,
}

/// The driver's role.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RoleTask {
    /// Path and name, or a pattern of it: `/FSXLCSI-hp-us-west-2`.
    pub path_and_name: String,
    /// Whether it is made when it is not there.
    pub made: bool,
    /// Whether a managed policy is attached instead of an inline one written.
    pub attaches: bool,
    /// Whether it gets a permissions boundary.
    pub boundary: bool,
}

/// How much a permission is needed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Use {
    /// Without it the run ends with 5.
    Always,
    /// Only in a world where this is so.
    When(&'static str),
    /// Without it this is what happens instead.
    Optional(&'static str),
}

/// One IAM action.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct IamNeed {
    /// `eks:DescribeCluster`.
    pub action: String,
    /// ARNs, patterns, or `*`.
    pub resources: Vec<String>,
    /// For tags at creation: the calls that they come with (`ec2:CreateAction`).
    pub only_with: Vec<String>,
}

/// One RBAC rule.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct RbacNeed {
    /// `get`.
    pub verb: String,
    /// API group, empty for the core.
    pub group: String,
    /// `deployments`.
    pub resource: String,
    /// Names; none: all. `list`, `watch` and `create` cannot be held to names.
    pub names: Vec<String>,
    /// Namespace; none: cluster-wide.
    pub namespace: Option<String>,
}

impl RbacNeed {
    /// `patch deployments.apps in kube-system`, as errors and plans name it.
    pub fn shown(&self) -> String {
        let Self { verb, group, resource, .. } = self;
        let group = if group.is_empty() { String::new() } else { format!(".{group}") };
        let place = self.namespace.as_ref().map(|it| format!(" in {it}")).unwrap_or_default();
        format!("{verb} {resource}{group}{place}")
    }
}

/// What a row asks for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Right {
    /// Of AWS.
    Iam(IamNeed),
    /// Of Kubernetes.
    Rbac(RbacNeed),
}

/// One permission, with its reason.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Need {
    /// What it is for, in a few words.
    pub purpose: &'static str,
    /// How much it is needed.
    pub usage: Use,
    /// The permission.
    pub right: Right,
}

/// Everything that a task needs, in the order of the table, each permission once.
pub fn needs(task: &Task) -> Vec<Need> {
    let mut seen: BTreeSet<String> = BTreeSet::new();
    let mut all = Vec::new();
    for row in ROWS {
        let Some(usage) = (row.when)(task) else { continue };
        for right in row.rights(task) {
            if seen.insert(format!("{right:?}")) {
                all.push(Need { purpose: row.purpose, usage, right });
            }
        }
    }
    all
}

/// Whether the table knows a permission as errors and plans name it (`iam:GetRole`, `get nodes`), whatever the task.
pub fn is_known(permission: &str) -> bool {
    ROWS.iter().any(|row| row.names(permission))
}
