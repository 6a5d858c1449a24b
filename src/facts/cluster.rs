//! The EKS cluster, the HyperPod clusters on it, and its nodes.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

/// An EKS cluster, from eks:DescribeCluster.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Cluster {
    /// Its name.
    pub name: String,
    /// `arn:<partition>:eks:<region>:<account>:cluster/<name>`.
    pub arn: String,
    /// The Kubernetes version, `1.33`.
    pub version: String,
    /// `ACTIVE`, `CREATING`, …
    pub status: String,
    /// `https://…`, absent while it is being created.
    pub endpoint: Option<String>,
    /// The API server's CA, base64 of PEM.
    pub ca: Option<String>,
    /// The OIDC issuer, `https://oidc.eks.…/id/…`.
    pub issuer: Option<String>,
    /// The cluster's VPC.
    pub vpc: String,
    /// Control-plane subnets (not the nodes').
    pub subnets: Vec<String>,
    /// The group that EKS puts on managed nodes.
    pub security_group: Option<String>,
    /// EKS Auto Mode.
    pub auto_mode: bool,
    /// Whether the API endpoint answers from outside the VPC.
    pub public_access: bool,
    /// From which addresses it answers; `0.0.0.0/0` is everybody.
    pub public_cidrs: Vec<String>,
    /// `ipv4` or `ipv6`.
    pub ip_family: String,
    /// Tags.
    pub tags: BTreeMap<String, String>,
}

/// A HyperPod cluster, from sagemaker:DescribeCluster.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct HyperPod {
    /// Its name.
    pub name: String,
    /// Its ARN.
    pub arn: String,
    /// `InService`, …
    pub status: String,
    /// The EKS cluster that orchestrates it.
    pub eks_arn: Option<String>,
    /// Subnets of groups without an override.
    pub subnets: Vec<String>,
    /// Security groups of groups without an override.
    pub security_groups: Vec<String>,
    /// Instance groups.
    pub groups: Vec<InstanceGroup>,
}

/// An instance group of a HyperPod cluster, its effective network already resolved.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct InstanceGroup {
    /// Its name.
    pub name: String,
    /// `ml.p5.48xlarge`, empty for flexible groups.
    pub instance_type: String,
    /// How many nodes it has now.
    pub count: u32,
    /// The nodes' role, an ARN.
    pub execution_role: Option<String>,
    /// OverrideVpcConfig's subnets, else the cluster's.
    pub subnets: Vec<String>,
    /// OverrideVpcConfig's groups, else the cluster's.
    pub security_groups: Vec<String>,
    /// Whether OverrideVpcConfig was there.
    pub overrides_vpc: bool,
}

/// A Kubernetes node.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Node {
    /// Its name.
    pub name: String,
    /// Label `topology.kubernetes.io/zone`.
    pub zone: Option<String>,
    /// Label `topology.k8s.aws/zone-id`, else the zone id inside a HyperPod provider id.
    pub zone_id: Option<String>,
    /// `spec.providerID`.
    pub provider_id: Option<String>,
    /// The EC2 instance id inside the provider id or the node's name.
    pub instance_id: Option<String>,
    /// Label `sagemaker.amazonaws.com/compute-type=hyperpod`, or a name that starts with `hyperpod-`.
    pub hyperpod: bool,
    /// The HyperPod instance group, EKS node group or Karpenter pool, from the node's labels.
    pub group: Option<String>,
    /// Label `node.kubernetes.io/instance-type`.
    pub instance_type: Option<String>,
    /// Label `eks.amazonaws.com/compute-type=fargate`.
    pub fargate: bool,
    /// Condition Ready is True.
    pub ready: bool,
    /// Kernel, from `status.nodeInfo`.
    pub kernel: Option<String>,
    /// Addresses of type InternalIP.
    pub addresses: Vec<String>,
    /// What only a diagnosis asks.
    pub more: super::NodeMore,
}
