//! Users and instance profiles, read only.

use serde_json::{Map, Value, json};

use super::super::{access, not_served, row};
use super::{encode, no_such, role_policies};
use crate::call::{Answer, AwsError, Call};
use crate::state::State;

/// Handles an operation on users.
///
/// # Errors
/// `NoSuchEntity`, or 501 for anything that writes.
pub fn handle(state: &State, call: &Call) -> Answer {
    match call.operation.as_str() {
        "GetUser" => Ok(json!({"User": shown(user(state, call)?)})),
        "ListUsers" => {
            let users: Vec<Value> = state.rows("iam.Users").iter().map(shown).collect();
            Ok(json!({"Users": users}))
        }
        "ListAttachedUserPolicies" => {
            Ok(json!({"AttachedPolicies": role_policies::attached(user(state, call)?)}))
        }
        "ListUserPolicies" => {
            let user = user(state, call)?;
            let names: Vec<&String> =
                user["InlinePolicies"].as_object().into_iter().flat_map(Map::keys).collect();
            Ok(json!({"PolicyNames": names}))
        }
        "GetUserPolicy" => {
            let name = call.text("PolicyName").unwrap_or_default();
            let user = user(state, call)?;
            let Some(document) = user["InlinePolicies"].get(name) else {
                return Err(no_such(format!("The user policy with name {name} cannot be found.")));
            };
            let who = row::text(user, "UserName");
            Ok(json!({"UserName": who, "PolicyName": name, "PolicyDocument": encode(document)}))
        }
        _ => Err(not_served(call)),
    }
}

fn shown(user: &Value) -> Value {
    row::pick(user, &["Path", "UserName", "UserId", "Arn", "CreateDate", "PermissionsBoundary", "Tags"])
}

/// The named user, without a name the caller's own.
fn user<'a>(state: &'a State, call: &Call) -> Result<&'a Value, AwsError> {
    let Some(name) = call.text("UserName") else {
        let own = access::own_row(state, &call.principal).filter(|own| row::given(own, "UserName"));
        let text = "Must specify userName when calling with non-User credentials";
        return own.ok_or_else(|| AwsError::new("ValidationError", text));
    };
    let found = state.find("iam.Users", "UserName", name);
    found.ok_or_else(|| no_such(format!("The user with name {name} cannot be found.")))
}

/// GetInstanceProfile, with its roles in full.
///
/// # Errors
/// `NoSuchEntity`.
pub fn instance_profile(state: &State, call: &Call) -> Answer {
    let name = call.text("InstanceProfileName").unwrap_or_default();
    let Some(found) = state.find("iam.InstanceProfiles", "InstanceProfileName", name) else {
        return Err(no_such(format!("Instance Profile {name} cannot be found.")));
    };
    Ok(json!({"InstanceProfile": with_roles(state, found)}))
}

/// An instance profile with its roles in full.
pub fn with_roles(state: &State, found: &Value) -> Value {
    let named =
        row::list(found, "Roles").iter().map(|r| r.as_str().unwrap_or_else(|| row::text(r, "RoleName")));
    let roles: Vec<Value> = named
        .filter_map(|name| state.find("iam.Roles", "RoleName", row::last(name)))
        .map(|role| {
            let mut role = role.clone();
            let document = encode(&role["AssumeRolePolicyDocument"]);
            row::set(&mut role, "AssumeRolePolicyDocument", document);
            role
        })
        .collect();
    let mut profile = found.clone();
    row::set(&mut profile, "Roles", roles);
    profile
}
