//! Roles: create, read, change, delete. Their policies are `role_policies`'.

use serde_json::{Value, json};

use super::super::{not_served, row};
use super::check::{self, Kind};
use super::{documents, encode, fill, limit, no_such, refuse_protected, role, role_mut, users};
use crate::call::{Answer, AwsError, Call};
use crate::state::State;

/// IAM's quota on the length of a trust policy, in characters.
const TRUST_LIMIT: usize = 2048;

/// Handles an operation on roles.
///
/// # Errors
/// See [`super::handle`].
pub fn handle(state: &mut State, call: &Call) -> Answer {
    match call.operation.as_str() {
        "CreateRole" => create(state, call),
        "GetRole" => Ok(json!({"Role": detailed(role(state, call)?)})),
        "ListRoles" => Ok(list(state, call)),
        "DeleteRole" => delete(state, call),
        "UpdateAssumeRolePolicy" => {
            let trust = trust(call, "PolicyDocument")?;
            change(state, call, |role| row::set(role, "AssumeRolePolicyDocument", trust))
        }
        "UpdateRole" | "UpdateRoleDescription" => change(state, call, |role| {
            for member in ["Description", "MaxSessionDuration"] {
                if row::given(&call.input, member) {
                    row::set(role, member, call.input[member].clone());
                }
            }
        }),
        "PutRolePermissionsBoundary" => {
            let arn = boundary(state, call)?;
            change(state, call, |role| row::set(role, "PermissionsBoundary", fill::boundary(&arn)))
        }
        "DeleteRolePermissionsBoundary" => {
            change(state, call, |role| row::unset(role, "PermissionsBoundary"))
        }
        "ListInstanceProfilesForRole" => {
            let name = row::text(role(state, call)?, "RoleName");
            let profiles: Vec<Value> =
                profiles_of(state, name).map(|profile| users::with_roles(state, profile)).collect();
            Ok(json!({"InstanceProfiles": profiles}))
        }
        _ => Err(not_served(call)),
    }
}

fn create(state: &mut State, call: &Call) -> Answer {
    let name = call.text("RoleName").unwrap_or_default();
    if role(state, call).is_ok() {
        let text = format!("Role with name {name} already exists.");
        return Err(AwsError::new("EntityAlreadyExists", text).with_status(409));
    }
    let trust = trust(call, "AssumeRolePolicyDocument")?;
    let mut new = row::pick(&call.input, &["RoleName", "Path", "Description", "MaxSessionDuration", "Tags"]);
    if row::given(&call.input, "PermissionsBoundary") {
        row::set(&mut new, "PermissionsBoundary", fill::boundary(&boundary(state, call)?));
    }
    row::set(&mut new, "AssumeRolePolicyDocument", trust);
    row::set(&mut new, "CreateDate", state.now.to_string());
    row::set(&mut new, "RoleId", format!("AROA{}", state.hex(17).to_uppercase()));
    row::set(&mut new, "AttachedPolicies", json!([]));
    row::set(&mut new, "InlinePolicies", json!({}));
    row::set(&mut new, "$visibleAt", state.after(state.durations.iam_consistency).to_string());
    state.rows_mut("iam.Roles").push(new);
    fill::fill(state);
    let made = role(state, call)?;
    Ok(json!({"Role": without_use(made)}))
}

fn trust(call: &Call, member: &str) -> Result<Value, AwsError> {
    let text = call.text(member).unwrap_or_default();
    if text.chars().filter(|c| !c.is_whitespace()).count() > TRUST_LIMIT {
        return Err(limit(format!("Cannot exceed quota for ACLSizePerRole: {TRUST_LIMIT}")));
    }
    check::document(text, Kind::Trust)
}

fn boundary(state: &State, call: &Call) -> Result<String, AwsError> {
    let arn = call.text("PermissionsBoundary").unwrap_or_default();
    match documents::of_policy(state, arn) {
        Some(_) => Ok(arn.to_owned()),
        None => Err(no_such(format!("Scope ARN: {arn} does not exist or is not attachable."))),
    }
}

fn change(state: &mut State, call: &Call, change: impl FnOnce(&mut Value)) -> Answer {
    let role = role_mut(state, call)?;
    refuse_protected(role)?;
    change(role);
    let answer = json!({"Role": detailed(role)});
    // Only UpdateRoleDescription answers with the role.
    Ok(if call.operation == "UpdateRoleDescription" { answer } else { json!({}) })
}

fn list(state: &State, call: &Call) -> Value {
    let prefix = call.text("PathPrefix").unwrap_or("/");
    let rows = state.rows("iam.Roles").iter().filter(|role| row::text(role, "Path").starts_with(prefix));
    let mut roles: Vec<Value> = rows.map(brief).collect();
    roles.sort_by(|a, b| row::text(a, "RoleName").cmp(row::text(b, "RoleName")));
    json!({"Roles": roles})
}

/// ListRoles leaves out tags, boundary and last use.
fn brief(role: &Value) -> Value {
    let members = ["Path", "RoleName", "RoleId", "Arn", "CreateDate", "Description", "MaxSessionDuration"];
    let mut answer = row::pick(role, &members);
    row::set(&mut answer, "AssumeRolePolicyDocument", encode(&role["AssumeRolePolicyDocument"]));
    answer
}

fn without_use(role: &Value) -> Value {
    let mut answer = brief(role);
    for member in ["PermissionsBoundary", "Tags"] {
        if row::given(role, member) {
            row::set(&mut answer, member, role[member].clone());
        }
    }
    answer
}

fn detailed(role: &Value) -> Value {
    let mut answer = without_use(role);
    let last = role.get("RoleLastUsed").cloned().unwrap_or_else(|| json!({}));
    row::set(&mut answer, "RoleLastUsed", last);
    answer
}

fn profiles_of<'a>(state: &'a State, name: &'a str) -> impl Iterator<Item = &'a Value> {
    state.rows("iam.InstanceProfiles").iter().filter(move |profile| {
        let roles = row::list(profile, "Roles").iter();
        roles.map(|r| r.as_str().unwrap_or_else(|| row::text(r, "RoleName"))).any(|r| row::last(r) == name)
    })
}

fn delete(state: &mut State, call: &Call) -> Answer {
    let role = role(state, call)?;
    refuse_protected(role)?;
    let name = row::text(role, "RoleName").to_owned();
    let conflict = if !documents::attached(role).is_empty() {
        Some("must detach all policies first.")
    } else if role["InlinePolicies"].as_object().is_some_and(|map| !map.is_empty()) {
        Some("must delete policies first.")
    } else if profiles_of(state, &name).next().is_some() {
        Some("must remove roles from instance profile first.")
    } else {
        None
    };
    if let Some(conflict) = conflict {
        let text = format!("Cannot delete entity, {conflict}");
        return Err(AwsError::new("DeleteConflict", text).with_status(409));
    }
    state.rows_mut("iam.Roles").retain(|role| row::text(role, "RoleName") != name);
    Ok(json!({}))
}
