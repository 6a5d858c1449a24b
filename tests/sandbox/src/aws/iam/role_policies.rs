//! Inline and attached policies of roles.

use serde_json::{Map, Value, json};

use super::super::{not_served, row};
use super::check::{self, Kind};
use super::{documents, encode, limit, no_such, refuse_protected, role, role_mut};
use crate::call::{Answer, AwsError, Call};
use crate::state::State;

/// IAM's quota on the sum of a role's inline policies, in characters.
const INLINE_LIMIT: usize = 10_240;
/// IAM's default quota of managed policies per role.
const ATTACHED_LIMIT: usize = 10;

/// Handles an operation on a role's policies.
///
/// # Errors
/// See [`super::handle`].
pub fn handle(state: &mut State, call: &Call) -> Answer {
    match call.operation.as_str() {
        "PutRolePolicy" => put(state, call),
        "GetRolePolicy" => get(state, call),
        "DeleteRolePolicy" => delete(state, call),
        "ListRolePolicies" => {
            let role = role(state, call)?;
            let mut names: Vec<&String> = inline(role).into_iter().flat_map(Map::keys).collect();
            names.sort();
            Ok(json!({"PolicyNames": names}))
        }
        "AttachRolePolicy" => attach(state, call),
        "DetachRolePolicy" => detach(state, call),
        "ListAttachedRolePolicies" => {
            let role = role(state, call)?;
            Ok(json!({"AttachedPolicies": attached(role)}))
        }
        _ => Err(not_served(call)),
    }
}

/// Attached policies as the lists of IAM answer them.
pub fn attached(row: &Value) -> Vec<Value> {
    let arns = documents::attached(row).into_iter();
    arns.map(|arn| json!({"PolicyName": row::last(arn), "PolicyArn": arn})).collect()
}

fn inline(role: &Value) -> Option<&Map<String, Value>> {
    role["InlinePolicies"].as_object()
}

fn put(state: &mut State, call: &Call) -> Answer {
    let name = call.text("PolicyName").unwrap_or_default();
    let document = check::document(call.text("PolicyDocument").unwrap_or_default(), Kind::Identity)?;
    let role = role_mut(state, call)?;
    refuse_protected(role)?;
    let others = inline(role).into_iter().flatten().filter(|(other, _)| *other != name);
    let size: usize = others.map(|(_, document)| document.to_string().len()).sum();
    if size + document.to_string().len() > INLINE_LIMIT {
        let role = row::text(role, "RoleName");
        return Err(limit(format!("Maximum policy size of {INLINE_LIMIT} bytes exceeded for role {role}")));
    }
    if !role["InlinePolicies"].is_object() {
        role["InlinePolicies"] = json!({});
    }
    role["InlinePolicies"][name] = document;
    Ok(json!({}))
}

fn missing(name: &str) -> AwsError {
    no_such(format!("The role policy with name {name} cannot be found."))
}

fn get(state: &State, call: &Call) -> Answer {
    let name = call.text("PolicyName").unwrap_or_default();
    let role = role(state, call)?;
    let document = inline(role).and_then(|map| map.get(name)).ok_or_else(|| missing(name))?;
    Ok(json!({
        "RoleName": row::text(role, "RoleName"), "PolicyName": name, "PolicyDocument": encode(document),
    }))
}

fn delete(state: &mut State, call: &Call) -> Answer {
    let name = call.text("PolicyName").unwrap_or_default();
    let role = role_mut(state, call)?;
    refuse_protected(role)?;
    let removed = role["InlinePolicies"].as_object_mut().and_then(|map| map.shift_remove(name));
    removed.map(|_| json!({})).ok_or_else(|| missing(name))
}

fn attach(state: &mut State, call: &Call) -> Answer {
    let arn = call.text("PolicyArn").unwrap_or_default();
    let exists = documents::of_policy(state, arn).is_some();
    let role = role_mut(state, call)?;
    refuse_protected(role)?;
    if !exists {
        return Err(no_such(format!("Policy {arn} does not exist or is not attachable.")));
    }
    let have = documents::attached(role);
    if have.contains(&arn) {
        return Ok(json!({}));
    }
    if have.len() >= ATTACHED_LIMIT {
        return Err(limit(format!("Cannot exceed quota for PoliciesPerRole: {ATTACHED_LIMIT}")));
    }
    let all: Vec<String> = have.into_iter().chain([arn]).map(str::to_owned).collect();
    row::set(role, "AttachedPolicies", all);
    Ok(json!({}))
}

fn detach(state: &mut State, call: &Call) -> Answer {
    let arn = call.text("PolicyArn").unwrap_or_default();
    let role = role_mut(state, call)?;
    refuse_protected(role)?;
    let have = documents::attached(role);
    if !have.contains(&arn) {
        return Err(no_such(format!("Policy {arn} was not found.")));
    }
    let left: Vec<String> = have.into_iter().filter(|have| *have != arn).map(str::to_owned).collect();
    row::set(role, "AttachedPolicies", left);
    Ok(json!({}))
}
