//! What the engine can do to the world, as data. One variant is one API call (or one `kubectl apply`).

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};
use serde_json::Value;

use crate::domain::network::Rule;

/// A value that is known, or that an earlier change of the plan will make.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub enum Ref {
    /// Known now.
    Known(String),
    /// The id that the change with this id makes.
    Made(String),
}

impl Ref {
    /// The value, or a text that says it is known later.
    pub fn shown(&self) -> &str {
        match self {
            Self::Known(value) => value,
            Self::Made(_) => "(known after apply)",
        }
    }

    /// The change that makes it.
    pub fn made_by(&self) -> Option<&str> {
        match self {
            Self::Known(_) => None,
            Self::Made(change) => Some(change),
        }
    }
}

/// Where in an object's JSON a later value goes.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Fill {
    /// A JSON pointer, `/parameters/securityGroupIds`.
    pub pointer: String,
    /// The change whose id goes there.
    pub made_by: String,
}

/// Which direction a rule is for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Direction {
    /// Into the group's members.
    Ingress,
    /// Out of them.
    Egress,
}

/// A Kubernetes object's place.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct ObjectRef {
    /// `storage.k8s.io/v1`.
    pub api_version: String,
    /// `StorageClass`.
    pub kind: String,
    /// Lower-case plural, `storageclasses`.
    pub plural: String,
    /// Absent for cluster-scoped kinds.
    pub namespace: Option<String>,
    /// Name.
    pub name: String,
    /// Delete and update only if this is still the version.
    pub resource_version: Option<String>,
}

/// One write. "Already there" answers that fit are read as found; other answers are errors.
///
/// Fields are named as the API names them: `name`, `cluster`, `tags`; `role` and `group` are what is changed,
/// `after`-values are [`Ref`]s and [`Fill`]s.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", rename_all_fields = "camelCase", tag = "call")]
#[expect(missing_docs, reason = "fields carry the API's own names; the variant says which call it is")]
pub enum Action {
    /// iam:CreateOpenIDConnectProvider; makes the ARN.
    CreateProvider { url: String, audience: String, tags: BTreeMap<String, String> },
    /// iam:AddClientIDToOpenIDConnectProvider.
    AddAudience { provider_arn: String, audience: String },
    /// iam:DeleteOpenIDConnectProvider.
    DeleteProvider { provider_arn: String },
    /// iam:CreateRole; makes the ARN.
    CreateRole {
        name: String,
        path: String,
        trust: Value,
        description: String,
        boundary: Option<String>,
        tags: BTreeMap<String, String>,
    },
    /// iam:UpdateAssumeRolePolicy.
    UpdateTrust { role: String, trust: Value },
    /// iam:PutRolePolicy.
    PutRolePolicy { role: String, name: String, document: Value },
    /// iam:AttachRolePolicy.
    AttachPolicy { role: String, policy_arn: String },
    /// iam:DeleteRolePolicy.
    DeleteRolePolicy { role: String, name: String },
    /// iam:DetachRolePolicy.
    DetachPolicy { role: String, policy_arn: String },
    /// iam:DeleteRole.
    DeleteRole { name: String },
    /// iam:TagRole.
    TagRole { role: String, tags: BTreeMap<String, String> },
    /// iam:UntagRole.
    UntagRole { role: String, keys: Vec<String> },
    /// eks:CreatePodIdentityAssociation; makes the association's id.
    CreateAssociation {
        cluster: String,
        namespace: String,
        service_account: String,
        role_arn: String,
        tags: BTreeMap<String, String>,
    },
    /// eks:DeletePodIdentityAssociation.
    DeleteAssociation { cluster: String, id: String },
    /// ec2:CreateSecurityGroup; makes the group's id.
    CreateGroup { name: String, description: String, vpc: String, tags: BTreeMap<String, String> },
    /// ec2:CreateTags on a security group.
    TagGroup { group: String, tags: BTreeMap<String, String> },
    /// ec2:DeleteTags on a security group.
    UntagGroup { group: String, keys: Vec<String> },
    /// ec2:DeleteSecurityGroup.
    DeleteGroup { group: String },
    /// ec2:AuthorizeSecurityGroupIngress or -Egress. A rule's peer group may be named `$made:<change>`.
    Authorize { group: Ref, direction: Direction, rules: Vec<Rule>, tags: BTreeMap<String, String> },
    /// ec2:RevokeSecurityGroupIngress or -Egress, by rule.
    Revoke { group: String, direction: Direction, rules: Vec<Rule> },
    /// eks:CreateAddon.
    CreateAddon {
        cluster: String,
        name: String,
        version: Option<String>,
        role_arn: Option<String>,
        association: Option<AddonAssociation>,
        overwrite: bool,
        configuration: Option<String>,
        token: String,
        tags: BTreeMap<String, String>,
    },
    /// eks:UpdateAddon; what is absent stays, but for the IRSA role, which EKS takes away when it is not named.
    UpdateAddon {
        cluster: String,
        name: String,
        version: Option<String>,
        role_arn: Option<String>,
        association: Associations,
        conflicts: Conflicts,
        configuration: Option<String>,
    },
    /// eks:TagResource on an add-on.
    TagAddon { arn: String, tags: BTreeMap<String, String> },
    /// eks:DeleteAddon; done when it is gone.
    DeleteAddon { cluster: String, name: String },
    /// A JSON merge patch, guarded by the resourceVersion inside it.
    PatchObject { at: ObjectRef, patch: Value },
    /// Create (field manager `fsxctl`) and refuse when it exists: what is there is never changed by it.
    CreateObject { at: ObjectRef, object: Value, fills: Vec<Fill> },
    /// Delete with a resourceVersion precondition.
    DeleteObject { at: ObjectRef },
    /// A rolling restart of a Deployment (annotation on the pod template).
    RestartDeployment { namespace: String, name: String },
    /// `helm upgrade --install`, without waiting for pods.
    HelmUpgrade {
        name: String,
        namespace: String,
        chart: String,
        repo: Option<String>,
        version: Option<String>,
        values: Value,
        keeps_values: bool,
        takes_over: bool,
        adopted: bool,
    },
    /// `helm uninstall`.
    HelmUninstall { name: String, namespace: String },
    /// `helm rollback` to the revision before the last.
    HelmRollback { name: String, namespace: String },
}

/// What becomes of the Pod Identity associations that an add-on owns.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub enum Associations {
    /// They stay as they are.
    Keep,
    /// This one alone.
    Set(AddonAssociation),
    /// None is left.
    Clear,
}

/// What an update of an add-on does with fields that others have changed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Conflicts {
    /// It fails.
    None,
    /// It takes them over.
    Overwrite,
    /// It leaves them.
    Preserve,
}

/// A Pod Identity association that an add-on makes and owns.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct AddonAssociation {
    /// Service account's name.
    pub service_account: String,
    /// Role.
    pub role_arn: String,
}
