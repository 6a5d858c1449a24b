//! SageMaker HyperPod: clusters and their nodes, read only.
//!
//! Rows: `sagemaker.Clusters` are DescribeCluster answers, `sagemaker.ClusterNodes` node details with
//! `ClusterName`. The service's model names `ResourceNotFound` as the only error; its text is not in the
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

#[cfg(test)]
mod tests {
    use super::*;
    use crate::call::{Client, Principal};

    fn ask(state: &mut State, operation: &str, input: Value) -> Answer {
        crate::aws::call(
            state,
            &Call {
                service: "sagemaker".into(),
                operation: operation.into(),
                input,
                principal: Principal::Caller,
                client: Client::Command,
                region: "us-west-2".into(),
            },
        )
    }

    #[test]
    fn clusters_and_nodes_are_found_by_name_and_arn() {
        let mut state = State::new("111122223333", "us-west-2");
        for name in ["hp", "other"] {
            state.rows_mut(CLUSTERS).push(json!({"ClusterName": name}));
        }
        for (id, group) in [("i-1", "gpu"), ("i-2", "cpu")] {
            let node = json!({
                "ClusterName": "hp", "InstanceId": id, "InstanceGroupName": group, "InstanceType": "ml.p5.48xlarge",
                "NodeLogicalId": "l", "PrivatePrimaryIp": "10.0.0.1",
            });
            state.rows_mut(NODES).push(node);
        }
        let s = &mut state;
        let listed = ask(s, "ListClusters", json!({"NameContains": "h", "SortBy": "NAME"})).unwrap();
        let names: Vec<&str> = listed["ClusterSummaries"]
            .as_array()
            .unwrap()
            .iter()
            .map(|c| row::text(c, "ClusterName"))
            .collect();
        assert_eq!(names, ["hp", "other"]);
        let arn = ask(s, "DescribeCluster", json!({"ClusterName": "hp"})).unwrap()["ClusterArn"].clone();
        let nodes =
            ask(s, "ListClusterNodes", json!({"ClusterName": arn})).unwrap()["ClusterNodeSummaries"].clone();
        assert_eq!(nodes.as_array().unwrap().len(), 2);
        assert_eq!(nodes[0]["InstanceStatus"]["Status"], "Running");
        assert!(nodes[0].get("NodeLogicalId").is_none() && nodes[0].get("PrivatePrimaryIp").is_none());
        let some =
            json!({"ClusterName": "hp", "InstanceGroupNameContains": "gp", "IncludeNodeLogicalIds": true});
        let some = ask(s, "ListClusterNodes", some).unwrap()["ClusterNodeSummaries"].clone();
        assert_eq!((some.as_array().unwrap().len(), &some[0]["NodeLogicalId"]), (1, &json!("l")));
        let node = ask(s, "DescribeClusterNode", json!({"ClusterName": "hp", "NodeId": "i-2"})).unwrap();
        assert_eq!(node["NodeDetails"]["InstanceGroupName"], "cpu");
        let other = json!({"ClusterName": "other", "NodeId": "i-2"});
        assert_eq!(ask(s, "DescribeClusterNode", other).unwrap_err().code, "ResourceNotFound");
        assert_eq!(
            ask(s, "DescribeCluster", json!({"ClusterName": "x"})).unwrap_err().code,
            "ResourceNotFound"
        );
    }
}
