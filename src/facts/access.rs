//! Identity: who calls AWS, and whom the driver's controller is.

use std::collections::{BTreeMap, BTreeSet};

use serde::{Deserialize, Serialize};
use serde_json::Value;

use super::{Addon, Marks, Seen};

/// Who runs fsxctl, from sts:GetCallerIdentity.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Caller {
    /// Twelve digits.
    pub account: String,
    /// The caller's ARN.
    pub arn: String,
}

/// Everything that decides which identity the controller has.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Access {
    /// The IAM OIDC provider of the cluster's issuer; missing also when the cluster has no issuer.
    pub provider: Seen<Provider>,
    /// Roles that matter, by name: the one fsxctl would make, and those in use.
    pub roles: BTreeMap<String, RoleFacts>,
    /// Documents of the permissions boundaries of these roles, and of the one asked for, by ARN.
    pub boundaries: BTreeMap<String, Seen<Value>>,
    /// The Pod Identity association of the controller's service account.
    pub association: Seen<Association>,
    /// Add-on `eks-pod-identity-agent`.
    pub agent: Seen<Addon>,
    /// The controller's service account.
    pub service_account: Seen<ServiceAccount>,
    /// ARNs of the roles of EC2 node groups; missing when they were not asked for.
    pub node_roles: Seen<BTreeSet<String>>,
}

/// An IAM OIDC provider.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Provider {
    /// Its ARN.
    pub arn: String,
    /// Audiences.
    pub client_ids: Vec<String>,
    /// Tags.
    pub tags: BTreeMap<String, String>,
}

/// A role and what it may do.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct RoleFacts {
    /// The role.
    pub role: Seen<Role>,
    /// Its policies; missing when the role is.
    pub policies: Seen<Policies>,
}

/// An IAM role.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Role {
    /// Its name.
    pub name: String,
    /// Its ARN.
    pub arn: String,
    /// The trust policy, decoded.
    pub trust: Value,
    /// ARN of the permissions boundary.
    pub boundary: Option<String>,
    /// Tags.
    pub tags: BTreeMap<String, String>,
}

/// Policies of a role, as far as they were looked at.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Policies {
    /// Inline documents by name.
    pub inline: BTreeMap<String, Value>,
    /// ARNs of attached policies.
    pub attached: Vec<String>,
    /// Documents of attached policies that were read, by ARN.
    pub documents: BTreeMap<String, Value>,
    /// Whether all inline and attached policies were listed; if not, only what is here was looked at.
    pub complete: bool,
    /// Documents that could not be read, with the permission.
    pub unread: Vec<super::Veil>,
}

/// A Pod Identity association.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Association {
    /// Its id, `a-…`.
    pub id: String,
    /// Its ARN.
    pub arn: String,
    /// The role that pods get.
    pub role_arn: String,
    /// The add-on that owns it, if one does.
    pub owner_arn: Option<String>,
    /// Tags.
    pub tags: BTreeMap<String, String>,
}

/// A Kubernetes service account.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct ServiceAccount {
    /// Annotation `eks.amazonaws.com/role-arn`.
    pub role_arn: Option<String>,
    /// Labels, annotations and managers.
    pub marks: Marks,
}
