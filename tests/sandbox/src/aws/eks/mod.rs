//! EKS: clusters, add-ons, pod identity associations, node groups, access entries.
//!
//! Rows have the shapes of the Describe answers. What an add-on makes in the cluster is `objects`', its
//! way from CREATING to ACTIVE is `lifecycle`'s.

mod addons;
mod associations;
mod catalogue;
pub mod fill;
mod lifecycle;
pub mod objects;
mod reads;
mod schema;
mod tags;

use jiff::Timestamp;
use serde_json::Value;

use super::{not_served, row};
use crate::call::{Answer, AwsError, Call};
use crate::state::State;

/// The collection of clusters; the first one's objects are the world's Kubernetes objects.
pub const CLUSTERS: &str = "eks.clusters";
/// The collection of add-ons.
pub const ADDONS: &str = "eks.addons";
/// The collection of pod identity associations.
pub const ASSOCIATIONS: &str = "eks.podIdentityAssociations";
/// The collection of managed node groups.
pub const NODE_GROUPS: &str = "eks.nodegroups";
/// The collection of Fargate profiles.
pub const FARGATE_PROFILES: &str = "eks.fargateProfiles";
/// The collection of access entries, with `AssociatedPolicies`.
pub const ACCESS_ENTRIES: &str = "eks.accessEntries";

/// Handles an operation of EKS.
///
/// # Errors
/// `ResourceNotFoundException`, `ResourceInUseException`, `InvalidParameterException`, …
pub fn handle(state: &mut State, call: &Call) -> Answer {
    match call.operation.as_str() {
        "DescribeAddonVersions" => catalogue::versions(state, call),
        "DescribeAddonConfiguration" => catalogue::configuration(state, call),
        "CreateAddon" => addons::create(state, call),
        "UpdateAddon" => addons::update(state, call),
        "DeleteAddon" => addons::delete(state, call),
        "CreatePodIdentityAssociation" => associations::create(state, call),
        "UpdatePodIdentityAssociation" => associations::update(state, call),
        "DeletePodIdentityAssociation" => associations::delete(state, call),
        "TagResource" | "UntagResource" => tags::handle(state, call),
        operation if operation.starts_with("Describe") || operation.starts_with("List") => {
            reads::handle(state, call)
        }
        _ => Err(not_served(call)),
    }
}

/// Moves add-ons and updates that are due; returns the next due time.
pub fn advance(state: &mut State) -> Option<Timestamp> {
    fill::fill(state);
    lifecycle::advance(state)
}

/// An add-on of a cluster.
pub fn addon<'a>(state: &'a State, cluster: &str, name: &str) -> Option<&'a Value> {
    let of = |a: &&Value| row::text(a, "clusterName") == cluster && row::text(a, "addonName") == name;
    state.rows(ADDONS).iter().find(of)
}

/// The cluster that a call names.
fn cluster<'a>(state: &'a State, call: &Call) -> Result<&'a Value, AwsError> {
    let name = cluster_name(call);
    state
        .find(CLUSTERS, "name", name)
        .ok_or_else(|| not_found(&format!("No cluster found for name: {name}.")).with("clusterName", name))
}

fn cluster_name(call: &Call) -> &str {
    call.text("clusterName").or_else(|| call.text("name")).unwrap_or_default()
}

/// `ResourceNotFoundException`, 404.
fn not_found(message: &str) -> AwsError {
    AwsError::new("ResourceNotFoundException", message).with_status(404)
}

/// `InvalidParameterException`, 400.
fn invalid(message: &str) -> AwsError {
    AwsError::new("InvalidParameterException", message)
}

/// `ResourceInUseException`, 409.
fn in_use(message: &str) -> AwsError {
    AwsError::new("ResourceInUseException", message).with_status(409)
}

#[cfg(test)]
mod tests;
