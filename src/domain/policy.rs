//! IAM documents: those that fsxctl writes, and judging those that are there.
//!
//! Sources: [Policy evaluation](https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_evaluation-logic.html),
//! [Pod Identity roles](https://docs.aws.amazon.com/eks/latest/userguide/pod-id-role.html),
//! [IRSA roles](https://docs.aws.amazon.com/eks/latest/userguide/associate-service-account-role.html)
//! and the driver's [installation page](https://github.com/kubernetes-sigs/aws-fsx-csi-driver/blob/master/docs/install.md).

mod document;
mod evaluate;
mod managed;
mod trust;

use serde::{Deserialize, Serialize};

pub use document::{
    DRIVER_ACTIONS, Permission, PolicyWish, minimal, missing_permissions, needed_actions, pod_identity_trust,
    web_identity_trust, widened,
};
pub use evaluate::{Context, allows, allows_in};
pub use managed::{ADMINISTRATOR_ACCESS, FSX_FULL_ACCESS, managed_allows};
pub use trust::{trust_allows_pod_identity, trust_allows_web_identity, trust_names_exactly};

/// The name of the inline policy that fsxctl puts on the driver's role.
pub const INLINE_POLICY: &str = "fsxctl-fsx-csi";
/// The audience of IRSA tokens, in every partition.
pub const IRSA_AUDIENCE: &str = "sts.amazonaws.com";
/// The principal of Pod Identity, in every partition.
pub const POD_IDENTITY_SERVICE: &str = "pods.eks.amazonaws.com";
/// The session tag that Pod Identity fills with the ARN of the cluster, as a condition key.
pub const KEY_CLUSTER_ARN: &str = "aws:RequestTag/eks-cluster-arn";
/// The session tag that Pod Identity fills with the namespace, as a condition key.
pub const KEY_NAMESPACE: &str = "aws:RequestTag/kubernetes-namespace";
/// The session tag that Pod Identity fills with the service account, as a condition key.
pub const KEY_SERVICE_ACCOUNT: &str = "aws:RequestTag/kubernetes-service-account";

/// The subject of a service account's token.
pub fn subject(namespace: &str, service_account: &str) -> String {
    format!("system:serviceaccount:{namespace}:{service_account}")
}

/// What identity policies say about one action on one resource.
///
/// Boundaries, service control policies and endpoint policies are not in it: they may still deny.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub enum Answer {
    /// Some statement allows it and none denies it.
    Allowed,
    /// A statement denies it.
    Denied,
    /// No statement allows it.
    Missing,
    /// A condition or a variable decides that cannot be judged from here.
    CannotTell(String),
}

/// What a role's trust policy says about one caller.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub enum TrustVerdict {
    /// It lets the caller in.
    Right,
    /// It does not; why, as a sentence fragment.
    Wrong(String),
    /// A condition decides that cannot be judged from here.
    CannotTell(String),
}

#[cfg(test)]
mod tests;
