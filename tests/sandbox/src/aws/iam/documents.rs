//! Which policy documents count for a role or user.

use serde_json::Value;

use super::super::{access, row};
use super::managed;
use crate::state::State;

/// The documents of a role's or user's inline and attached policies.
pub fn of_principal<'a>(state: &'a State, row: &'a Value) -> Vec<&'a Value> {
    let mut all: Vec<&Value> =
        row["InlinePolicies"].as_object().into_iter().flat_map(|map| map.values()).collect();
    for arn in attached(row) {
        match of_policy(state, arn) {
            Some(document) => all.push(document),
            None => access::complain(&[format!("the unknown policy {arn}")]),
        }
    }
    all
}

/// The ARNs of attached policies; a world file may also give them as `{PolicyArn}`.
pub fn attached(row: &Value) -> Vec<&str> {
    let list = row::list(row, "AttachedPolicies").iter();
    list.filter_map(|entry| entry.as_str().or_else(|| entry["PolicyArn"].as_str())).collect()
}

/// The document of a policy: one of the world's, or an AWS managed one that the sandbox knows.
pub fn of_policy<'a>(state: &'a State, arn: &str) -> Option<&'a Value> {
    if let Some(policy) = state.find("iam.Policies", "Arn", arn) {
        return policy.get("Document");
    }
    managed::document(arn)
}

/// Whether an ARN is that of an AWS managed policy that the sandbox has the document of.
pub fn is_known_managed(arn: &str) -> bool {
    managed::document(arn).is_some()
}
