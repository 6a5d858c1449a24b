//! SageMaker HyperPod: clusters and their nodes, read only.
//!
//! Rows: `sagemaker.Clusters` are DescribeCluster answers, `sagemaker.ClusterNodes` node details with
//! `ClusterName`. `fsx-facts.md` §4.3 names `ResourceNotFound` as the only error; its text is not in the
//! facts, so the wording here is our own.

use serde_json::{Value, json};

use super::{not_served, row};
use crate::call::{Answer, AwsError, Call};
use crate::state::State;

const CLUSTERS: &str = "sagemaker.Clusters";
const NODES: &str = "sagemaker.ClusterNodes";

/// Handles an operation of SageMaker.
///
/// # Errors
/// `ResourceNotFound`.
pub fn handle(state: &State, call: &Call) -> Answer {
    match call.operation.as_str() {
        "ListClusters" => Ok(list_clusters(state, call)),
        "DescribeCluster" => cluster(state, call).cloned(),
        "ListClusterNodes" => list_nodes(state, call),
        "DescribeClusterNode" => describe_node(state, call),
        _ => Err(not_served(call)),
    }
}

/// Fills in ARNs, status and times that the world file left out.
pub fn fill(state: &mut State) {
    let (partition, region, account) = (state.partition(), state.region.clone(), state.account.clone());
    let now = state.now.to_string();
    for cluster in state.aws.get_mut(CLUSTERS).into_iter().flatten() {
        if row::given(cluster, "ClusterArn") {
            continue;
        }
        let id = short_id(row::text(cluster, "ClusterName"));
        row::set(cluster, "ClusterArn", format!("arn:{partition}:sagemaker:{region}:{account}:cluster/{id}"));
        row::fill(cluster, "ClusterStatus", "InService");
        row::fill(cluster, "CreationTime", now.as_str());
        row::fill(cluster, "InstanceGroups", json!([]));
    }
    for node in state.aws.get_mut(NODES).into_iter().flatten() {
        if !row::given(node, "LaunchTime") {
            row::set(node, "LaunchTime", now.as_str());
            row::fill(node, "InstanceStatus", json!({"Status": "Running"}));
        }
    }
}

/// HyperPod cluster ids are twelve lower-case letters and digits; derived, so that a world file shows the
/// same id at every start.
fn short_id(name: &str) -> String {
    use sha2::Digest;
    let digest = hex::encode(sha2::Sha256::digest(format!("hyperpod|{name}")));
    digest[..12].to_owned()
}

fn list_clusters(state: &State, call: &Call) -> Value {
    let part = call.text("NameContains").unwrap_or_default();
    let mut found: Vec<&Value> =
        state.rows(CLUSTERS).iter().filter(|row| row::text(row, "ClusterName").contains(part)).collect();
    // AWS sorts by CreationTime, ascending, unless told otherwise.
    let by = if call.text("SortBy") == Some("NAME") { "ClusterName" } else { "CreationTime" };
    found.sort_by(|a, b| row::text(a, by).cmp(row::text(b, by)));
    if call.text("SortOrder") == Some("Descending") {
        found.reverse();
    }
    let members = ["ClusterArn", "ClusterName", "CreationTime", "ClusterStatus", "TrainingPlanArns"];
    let summaries: Vec<Value> = found.into_iter().map(|row| row::pick(row, &members)).collect();
    json!({"ClusterSummaries": summaries})
}

fn cluster<'a>(state: &'a State, call: &Call) -> Result<&'a Value, AwsError> {
    let wanted = call.text("ClusterName").unwrap_or_default();
    let rows = state.rows(CLUSTERS);
    let found =
        rows.iter().find(|c| row::text(c, "ClusterName") == wanted || row::text(c, "ClusterArn") == wanted);
    found.ok_or_else(|| not_found(&format!("Cluster with name or ARN {wanted} not found.")))
}

fn nodes<'a>(state: &'a State, call: &Call) -> Result<Vec<&'a Value>, AwsError> {
    let cluster = cluster(state, call)?;
    let (name, arn) = (row::text(cluster, "ClusterName"), row::text(cluster, "ClusterArn"));
    let of = |node: &&Value| matches!(row::text(node, "ClusterName"), n if n == name || n == arn);
    Ok(state.rows(NODES).iter().filter(of).collect())
}

fn list_nodes(state: &State, call: &Call) -> Answer {
    let part = call.text("InstanceGroupNameContains").unwrap_or_default();
    let logical = call.input.get("IncludeNodeLogicalIds") == Some(&Value::Bool(true));
    let mut members = vec![
        "InstanceGroupName",
        "InstanceId",
        "InstanceType",
        "LaunchTime",
        "LastSoftwareUpdateTime",
        "InstanceStatus",
        "UltraServerInfo",
        "PrivateDnsHostname",
        "ImageVersionStatus",
    ];
    if logical {
        members.push("NodeLogicalId");
    }
    let summaries: Vec<Value> = nodes(state, call)?
        .into_iter()
        .filter(|node| row::text(node, "InstanceGroupName").contains(part))
        .map(|node| row::pick(node, &members))
        .collect();
    Ok(json!({"ClusterNodeSummaries": summaries}))
}

fn describe_node(state: &State, call: &Call) -> Answer {
    let (by, wanted) = match call.text("NodeId") {
        Some(id) => ("InstanceId", id),
        None => ("NodeLogicalId", call.text("NodeLogicalId").unwrap_or_default()),
    };
    let node = nodes(state, call)?.into_iter().find(|node| row::text(node, by) == wanted);
    let node = node.ok_or_else(|| not_found(&format!("Node with {by} {wanted} not found.")))?;
    Ok(json!({"NodeDetails": node}))
}

fn not_found(message: &str) -> AwsError {
    AwsError::new("ResourceNotFound", message)
}
