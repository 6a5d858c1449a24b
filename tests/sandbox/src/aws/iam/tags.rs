//! Tags of roles and policies, and the list arithmetic that all IAM tagging shares.

use serde_json::{Value, json};

use super::super::{not_served, row};
use super::{no_such, role_mut};
use crate::call::{Answer, AwsError, Call};
use crate::state::State;

/// Handles an operation on tags of roles and policies.
///
/// # Errors
/// `NoSuchEntity`.
pub fn handle(state: &mut State, call: &Call) -> Answer {
    let row = match call.operation.as_str() {
        "TagRole" | "UntagRole" | "ListRoleTags" => role_mut(state, call)?,
        _ => policy_mut(state, call)?,
    };
    match call.operation.as_str() {
        "TagRole" | "TagPolicy" => add(row, row::list(&call.input, "Tags")),
        "UntagRole" | "UntagPolicy" => remove(row, &call.texts("TagKeys")),
        "ListRoleTags" | "ListPolicyTags" => return Ok(json!({"Tags": sorted(row)})),
        _ => return Err(not_served(call)),
    }
    Ok(json!({}))
}

fn policy_mut<'a>(state: &'a mut State, call: &Call) -> Result<&'a mut Value, AwsError> {
    let arn = call.text("PolicyArn").unwrap_or_default();
    let found = state.find_mut("iam.Policies", "Arn", arn);
    found.ok_or_else(|| no_such(format!("Policy {arn} was not found.")))
}

/// The tags by key, the order in which IAM lists them (API reference, `ListRoleTags`).
pub fn sorted(row: &Value) -> Vec<Value> {
    let mut all = row::list(row, "Tags").to_vec();
    all.sort_by(|a, b| row::text(a, "Key").cmp(row::text(b, "Key")));
    all
}

/// Sets tags; the same key (case counts not, as in IAM) is replaced.
pub fn add(row: &mut Value, tags: &[Value]) {
    let mut all: Vec<Value> = row::list(row, "Tags").to_vec();
    for tag in tags {
        all.retain(|have| !row::text(have, "Key").eq_ignore_ascii_case(row::text(tag, "Key")));
        all.push(tag.clone());
    }
    row::set(row, "Tags", all);
}

/// Takes tags away.
pub fn remove(row: &mut Value, keys: &[&str]) {
    let mut all: Vec<Value> = row::list(row, "Tags").to_vec();
    all.retain(|have| !keys.iter().any(|key| row::text(have, "Key").eq_ignore_ascii_case(key)));
    row::set(row, "Tags", all);
}
