//! Describe and List operations of EKS, but for the add-on catalogue.

use serde_json::{Value, json};

use super::super::{not_served, row};
use super::{
    ACCESS_ENTRIES, ADDONS, ASSOCIATIONS, CLUSTERS, FARGATE_PROFILES, NODE_GROUPS, cluster, cluster_name,
    not_found,
};
use crate::call::{Answer, AwsError, Call};
use crate::state::State;

/// The collection of updates; they are kept as long as the sandbox runs.
pub const UPDATES: &str = "eks.$updates";

/// Handles a reading operation.
///
/// # Errors
/// `ResourceNotFoundException`.
pub fn handle(state: &State, call: &Call) -> Answer {
    match call.operation.as_str() {
        "ListClusters" => Ok(json!({"clusters": names(state.rows(CLUSTERS).iter(), "name")})),
        "DescribeCluster" => Ok(json!({"cluster": cluster(state, call)?})),
        "ListAddons" => list(state, call, ADDONS, "addonName", "addons"),
        "DescribeAddon" => describe_addon(state, call),
        "ListPodIdentityAssociations" => associations(state, call),
        "DescribePodIdentityAssociation" => Ok(json!({"association": association(state, call)?})),
        "ListNodegroups" => list(state, call, NODE_GROUPS, "nodegroupName", "nodegroups"),
        "DescribeNodegroup" => {
            let name = call.text("nodegroupName").unwrap_or_default();
            let found = find(state, call, NODE_GROUPS, "nodegroupName")?;
            let missing =
                || not_found(&format!("No node group found for name: {name}.")).with("nodegroupName", name);
            Ok(json!({"nodegroup": found.ok_or_else(missing)?}))
        }
        "ListFargateProfiles" => {
            list(state, call, FARGATE_PROFILES, "fargateProfileName", "fargateProfileNames")
        }
        "DescribeFargateProfile" => {
            let name = call.text("fargateProfileName").unwrap_or_default();
            let found = find(state, call, FARGATE_PROFILES, "fargateProfileName")?;
            let missing = || not_found(&format!("No Fargate Profile found with name: {name}."));
            Ok(json!({"fargateProfile": found.ok_or_else(missing)?}))
        }
        "ListAccessEntries" => access_entries(state, call),
        "DescribeAccessEntry" => Ok(json!({"accessEntry": access_entry(state, call)?})),
        "ListAssociatedAccessPolicies" => {
            let entry = access_entry(state, call)?;
            Ok(json!({
                "clusterName": entry["clusterName"], "principalArn": entry["principalArn"],
                "associatedAccessPolicies": row::list(entry, "AssociatedPolicies"),
            }))
        }
        "ListTagsForResource" => {
            let tags = tagged(state, call)?.get("tags").cloned().unwrap_or_else(|| json!({}));
            Ok(json!({"tags": tags}))
        }
        "DescribeUpdate" => describe_update(state, call),
        "ListUpdates" => list_updates(state, call),
        _ => Err(not_served(call)),
    }
}

fn names<'a>(rows: impl Iterator<Item = &'a Value>, member: &str) -> Vec<&'a str> {
    let mut names: Vec<&str> = rows.map(|row| row::text(row, member)).collect();
    names.sort_unstable();
    names
}

fn of_cluster<'a>(state: &'a State, call: &'a Call, collection: &str) -> impl Iterator<Item = &'a Value> {
    let name = cluster_name(call);
    state.rows(collection).iter().filter(move |row| row::text(row, "clusterName") == name)
}

fn list(state: &State, call: &Call, collection: &str, member: &str, answer: &str) -> Answer {
    cluster(state, call)?;
    Ok(json!({answer: names(of_cluster(state, call, collection), member)}))
}

fn find<'a>(
    state: &'a State,
    call: &'a Call,
    collection: &str,
    member: &str,
) -> Result<Option<&'a Value>, AwsError> {
    cluster(state, call)?;
    let wanted = call.text(member).unwrap_or_default();
    Ok(of_cluster(state, call, collection).find(|row| row::text(row, member) == wanted))
}

fn describe_addon(state: &State, call: &Call) -> Answer {
    let found = find(state, call, ADDONS, "addonName")?;
    Ok(json!({"addon": found.ok_or_else(|| no_addon(call))?}))
}

/// The add-on that a call names is not there. The references have the code only; the text is the one that
/// AWS's tools show.
pub fn no_addon(call: &Call) -> AwsError {
    let (name, cluster) = (call.text("addonName").unwrap_or_default(), cluster_name(call));
    not_found(&format!("No addon: {name} found in cluster: {cluster}"))
        .with("addonName", name)
        .with("clusterName", cluster)
}

fn associations(state: &State, call: &Call) -> Answer {
    cluster(state, call)?;
    let wanted =
        |row: &&Value, member: &str| call.text(member).is_none_or(|value| row::text(row, member) == value);
    let members =
        ["clusterName", "namespace", "serviceAccount", "associationArn", "associationId", "ownerArn"];
    let found: Vec<Value> = of_cluster(state, call, ASSOCIATIONS)
        .filter(|row| wanted(row, "namespace") && wanted(row, "serviceAccount"))
        .map(|row| row::pick(row, &members))
        .collect();
    Ok(json!({"associations": found}))
}

/// The association that a call names.
///
/// # Errors
/// `ResourceNotFoundException`.
pub fn association<'a>(state: &'a State, call: &'a Call) -> Result<&'a Value, AwsError> {
    let id = call.text("associationId").unwrap_or_default();
    let found = find(state, call, ASSOCIATIONS, "associationId")?;
    found.ok_or_else(|| {
        not_found(&format!("Association not found: {id}")).with("clusterName", cluster_name(call))
    })
}

fn access_entries(state: &State, call: &Call) -> Answer {
    cluster(state, call)?;
    let policy = call.text("associatedPolicyArn");
    let holds = |row: &&Value| {
        policy.is_none_or(|arn| row::list(row, "AssociatedPolicies").iter().any(|p| p["policyArn"] == arn))
    };
    Ok(json!({"accessEntries": names(of_cluster(state, call, ACCESS_ENTRIES).filter(holds), "principalArn")}))
}

fn access_entry<'a>(state: &'a State, call: &'a Call) -> Result<&'a Value, AwsError> {
    let principal = call.text("principalArn").unwrap_or_default();
    let found = find(state, call, ACCESS_ENTRIES, "principalArn")?;
    found.ok_or_else(|| not_found(&format!("The specified principalArn could not be found: {principal}.")))
}

/// Collections whose rows carry tags, and where their ARN stands.
pub const TAGGED: &[(&str, &str)] = &[
    (CLUSTERS, "arn"),
    (ADDONS, "addonArn"),
    (ASSOCIATIONS, "associationArn"),
    (NODE_GROUPS, "nodegroupArn"),
    (FARGATE_PROFILES, "fargateProfileArn"),
    (ACCESS_ENTRIES, "accessEntryArn"),
];

fn tagged<'a>(state: &'a State, call: &Call) -> Result<&'a Value, AwsError> {
    let arn = call.text("resourceArn").unwrap_or_default();
    let mut found = TAGGED.iter().filter_map(|(collection, member)| state.find(collection, member, arn));
    // The tag calls of EKS have their own errors.
    found.next().ok_or_else(|| {
        AwsError::new("NotFoundException", format!("Resource {arn} not found")).with_status(404)
    })
}

fn updates<'a>(state: &'a State, call: &'a Call) -> impl Iterator<Item = &'a Value> {
    of_cluster(state, call, UPDATES)
        .filter(|row| call.text("addonName").is_none_or(|name| row::text(row, "addonName") == name))
}

fn describe_update(state: &State, call: &Call) -> Answer {
    cluster(state, call)?;
    let id = call.text("updateId").unwrap_or_default();
    let found = updates(state, call).find(|row| row::text(row, "id") == id);
    Ok(json!({"update": found.ok_or_else(|| not_found(&format!("No update found for ID: {id}")))?}))
}

fn list_updates(state: &State, call: &Call) -> Answer {
    cluster(state, call)?;
    let ids: Vec<&str> = updates(state, call).map(|row| row::text(row, "id")).collect();
    Ok(json!({"updateIds": ids}))
}
