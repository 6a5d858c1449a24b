//! The role of a Kubernetes node, as the instance metadata service hands it out.

use serde_json::Value;

use super::super::{eks, row};
use crate::call::Principal;
use crate::state::State;

/// Why a pod gets no credentials from its node, in the words of the SDK's metadata client.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum NoRole {
    /// The metadata service does not answer pods: switched off, hop limit 1, Fargate, no node.
    Unreachable,
    /// It answers, and the instance has no role.
    NoProfile,
}

impl NoRole {
    /// The words (from the driver's issues; the status form is the SDK's for a missing path).
    pub fn text(self) -> &'static str {
        match self {
            Self::Unreachable => "canceled, context deadline exceeded",
            Self::NoProfile => "http response error StatusCode: 404, request to EC2 IMDS failed",
        }
    }
}

/// The session of the role that a pod on this node would get. Whether pods on HyperPod nodes reach the
/// metadata service is UNCONFIRMED in the references; here they do.
///
/// # Errors
/// Why there is none.
pub fn principal(state: &State, pod: &Value) -> Result<Principal, NoRole> {
    let name = pod["spec"]["nodeName"].as_str().ok_or(NoRole::Unreachable)?;
    let node = state.kube.get("v1", "Node", "", name).ok_or(NoRole::Unreachable)?;
    let labels = &node["metadata"]["labels"];
    if labels["eks.amazonaws.com/compute-type"] == "fargate" {
        return Err(NoRole::Unreachable);
    }
    let instance = instance_id(node, name).unwrap_or_default();
    let host_network = pod["spec"]["hostNetwork"] == true;
    if !host_network && !metadata_reaches_pods(state, instance) {
        return Err(NoRole::Unreachable);
    }
    let arn = role_arn(state, node, instance).ok_or(NoRole::NoProfile)?;
    Ok(Principal::AssumedRole { role: row::last(&arn).to_owned(), session: instance.to_owned() })
}

/// The ARN of a node's role, wherever it is written down.
pub fn role_arn(state: &State, node: &Value, instance: &str) -> Option<String> {
    hyperpod_role(state, instance)
        .or_else(|| node_group_role(state, node))
        .or_else(|| profile_role(state, instance))
}

/// `i-…` from the provider id (`aws:///usw2-az2/i-…`, `…/hyperpod-<cluster>-i-…`) or the node's name.
pub fn instance_id<'a>(node: &'a Value, name: &'a str) -> Option<&'a str> {
    let from = |text: &'a str| match text.find("-i-").or_else(|| text.find("/i-")) {
        Some(at) => Some(&text[at + 1..]),
        None => Some(text).filter(|text| text.starts_with("i-")),
    };
    node["spec"]["providerID"].as_str().and_then(from).or_else(|| from(name))
}

fn hyperpod_role(state: &State, instance: &str) -> Option<String> {
    let node = state.find("sagemaker.ClusterNodes", "InstanceId", instance)?;
    let (cluster, group) = (row::text(node, "ClusterName"), row::text(node, "InstanceGroupName"));
    let of = |c: &&Value| row::text(c, "ClusterName") == cluster || row::text(c, "ClusterArn") == cluster;
    let cluster = state.rows("sagemaker.Clusters").iter().find(of)?;
    let groups =
        row::list(cluster, "InstanceGroups").iter().chain(row::list(cluster, "RestrictedInstanceGroups"));
    let mut named = groups.filter(|g| row::text(g, "InstanceGroupName") == group);
    named.find_map(|g| g["ExecutionRole"].as_str()).map(str::to_owned)
}

fn node_group_role(state: &State, node: &Value) -> Option<String> {
    let group = node["metadata"]["labels"]["eks.amazonaws.com/nodegroup"].as_str()?;
    let found = state.find(eks::NODE_GROUPS, "nodegroupName", group)?;
    found["nodeRole"].as_str().map(str::to_owned)
}

fn instance<'a>(state: &'a State, id: &str) -> Option<&'a Value> {
    state.find("ec2.Instances", "InstanceId", id)
}

fn profile_role(state: &State, id: &str) -> Option<String> {
    let arn = instance(state, id)?["IamInstanceProfile"]["Arn"].as_str()?;
    let profile = state.find("iam.InstanceProfiles", "InstanceProfileName", row::last(arn))?;
    let role = row::list(profile, "Roles").first()?;
    let name = role.as_str().unwrap_or_else(|| row::text(role, "RoleName"));
    Some(row::text(state.find("iam.Roles", "RoleName", row::last(name))?, "Arn").to_owned())
}

fn metadata_reaches_pods(state: &State, id: &str) -> bool {
    let Some(options) = instance(state, id).map(|instance| &instance["MetadataOptions"]) else { return true };
    let hops = options["HttpPutResponseHopLimit"].as_u64();
    options["HttpEndpoint"] != "disabled" && hops.is_none_or(|hops| hops > 1)
}
