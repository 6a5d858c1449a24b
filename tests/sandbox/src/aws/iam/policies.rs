//! Managed policies: the account's own and the AWS ones in use. One version each.

use serde_json::{Value, json};

use super::super::{not_served, row};
use super::check::{self, Kind};
use super::{documents, encode, fill, limit, managed, no_such};
use crate::call::{Answer, AwsError, Call};
use crate::state::State;

const POLICIES: &str = "iam.Policies";
/// IAM's quota on the length of a managed policy, in characters without white space.
const SIZE_LIMIT: usize = 6144;

/// Handles an operation on managed policies.
///
/// # Errors
/// See [`super::handle`].
pub fn handle(state: &mut State, call: &Call) -> Answer {
    match call.operation.as_str() {
        "CreatePolicy" => create(state, call),
        "GetPolicy" => Ok(json!({"Policy": shown(state, &policy(state, call)?)})),
        "GetPolicyVersion" => {
            let policy = policy(state, call)?;
            let version = version(&policy);
            let wanted = call.text("VersionId").unwrap_or_default();
            if version["VersionId"] != wanted {
                let arn = row::text(&policy, "Arn");
                return Err(no_such(format!(
                    "Policy {arn} version {wanted} does not exist or is not attachable."
                )));
            }
            let mut version = version;
            row::set(&mut version, "Document", encode(&policy["Document"]));
            Ok(json!({"PolicyVersion": version}))
        }
        "ListPolicyVersions" => Ok(json!({"Versions": [version(&policy(state, call)?)]})),
        "ListPolicies" => Ok(list(state, call)),
        "ListEntitiesForPolicy" => {
            let policy = policy(state, call)?;
            let arn = row::text(&policy, "Arn");
            let roles: Vec<Value> =
                holders(state, "iam.Roles", arn).map(|r| row::pick(r, &["RoleName", "RoleId"])).collect();
            let users: Vec<Value> =
                holders(state, "iam.Users", arn).map(|u| row::pick(u, &["UserName", "UserId"])).collect();
            Ok(json!({"PolicyRoles": roles, "PolicyUsers": users, "PolicyGroups": []}))
        }
        "DeletePolicy" => delete(state, call),
        _ => Err(not_served(call)),
    }
}

fn create(state: &mut State, call: &Call) -> Answer {
    let text = call.text("PolicyDocument").unwrap_or_default();
    let document = check::document(text, Kind::Identity)?;
    if text.chars().filter(|c| !c.is_whitespace()).count() > SIZE_LIMIT {
        return Err(limit(format!("Cannot exceed quota for PolicySize: {SIZE_LIMIT}")));
    }
    let name = call.text("PolicyName").unwrap_or_default();
    let taken = |row: &Value| row::text(row, "PolicyName").eq_ignore_ascii_case(name);
    if state.rows(POLICIES).iter().any(taken) {
        let text = format!("A policy called {name} already exists. Duplicate names are not allowed.");
        return Err(AwsError::new("EntityAlreadyExists", text).with_status(409));
    }
    let mut new = row::pick(&call.input, &["PolicyName", "Path", "Description", "Tags"]);
    row::set(&mut new, "Document", document);
    row::set(&mut new, "CreateDate", state.now.to_string());
    row::set(&mut new, "PolicyId", format!("ANPA{}", state.hex(17).to_uppercase()));
    state.rows_mut(POLICIES).push(new);
    fill::fill(state);
    let made = state.find(POLICIES, "PolicyName", name).cloned().unwrap_or_default();
    Ok(json!({"Policy": shown(state, &made)}))
}

/// The row of a policy; for an AWS managed one it is made up from what is known.
fn policy(state: &State, call: &Call) -> Result<Value, AwsError> {
    let arn = call.text("PolicyArn").unwrap_or_default();
    if let Some(found) = state.find(POLICIES, "Arn", arn) {
        return Ok(found.clone());
    }
    match (managed::name(arn), managed::document(arn)) {
        (Some(name), Some(document)) => Ok(managed_row(arn, name, document)),
        _ => Err(no_such(format!("Policy {arn} was not found."))),
    }
}

fn managed_row(arn: &str, name: &str, document: &Value) -> Value {
    let path = name.rsplit_once('/').map_or(String::from("/"), |(path, _)| format!("/{path}/"));
    json!({
        "PolicyName": row::last(name),
        "PolicyId": fill::derived_id("ANPA", name),
        "Arn": arn,
        "Path": path,
        "DefaultVersionId": "v1",
        "CreateDate": "2018-11-28T16:36:00Z",
        "Document": document,
    })
}

fn version(policy: &Value) -> Value {
    json!({
        "VersionId": policy["DefaultVersionId"], "IsDefaultVersion": true, "CreateDate": policy["CreateDate"],
    })
}

fn shown(state: &State, policy: &Value) -> Value {
    let members =
        ["PolicyName", "PolicyId", "Arn", "Path", "DefaultVersionId", "Description", "CreateDate", "Tags"];
    let mut answer = row::pick(policy, &members);
    let arn = row::text(policy, "Arn");
    let count = holders(state, "iam.Roles", arn).count() + holders(state, "iam.Users", arn).count();
    row::set(&mut answer, "AttachmentCount", count);
    row::set(&mut answer, "PermissionsBoundaryUsageCount", 0);
    row::set(&mut answer, "IsAttachable", true);
    row::set(&mut answer, "UpdateDate", policy["CreateDate"].clone());
    answer
}

/// A list has neither tags nor descriptions (API reference, `ListPolicies` and `Policy`).
fn listed(state: &State, policy: &Value) -> Value {
    let mut answer = shown(state, policy);
    for member in ["Description", "Tags"] {
        row::unset(&mut answer, member);
    }
    answer
}

fn holders<'a>(state: &'a State, collection: &str, arn: &'a str) -> impl Iterator<Item = &'a Value> {
    state.rows(collection).iter().filter(move |row| documents::attached(row).contains(&arn))
}

fn list(state: &State, call: &Call) -> Value {
    let scope = call.text("Scope").unwrap_or("All");
    let mut all: Vec<Value> = Vec::new();
    if scope != "AWS" {
        all.extend(state.rows(POLICIES).iter().map(|policy| listed(state, policy)));
    }
    if scope != "Local" {
        let partition = state.partition();
        all.extend(managed::all().iter().map(|(name, document)| {
            listed(state, &managed_row(&format!("arn:{partition}:iam::aws:policy/{name}"), name, document))
        }));
    }
    let prefix = call.text("PathPrefix").unwrap_or("/");
    let only_attached = call.input["OnlyAttached"] == true;
    all.retain(|policy| {
        row::text(policy, "Path").starts_with(prefix) && (!only_attached || policy["AttachmentCount"] != 0)
    });
    json!({"Policies": all})
}

fn delete(state: &mut State, call: &Call) -> Answer {
    let policy = policy(state, call)?;
    let arn = row::text(&policy, "Arn");
    if managed::name(arn).is_some() {
        let text = format!("Policy {arn} is an AWS managed policy");
        return Err(AwsError::new("AccessDenied", text).with_status(403));
    }
    if holders(state, "iam.Roles", arn).chain(holders(state, "iam.Users", arn)).next().is_some() {
        let text = "Cannot delete a policy attached to entities.";
        return Err(AwsError::new("DeleteConflict", text).with_status(409));
    }
    state.rows_mut(POLICIES).retain(|row| row::text(row, "Arn") != arn);
    Ok(json!({}))
}
