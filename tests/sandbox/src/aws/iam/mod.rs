//! IAM: roles, policies, OIDC providers. What the rows look like, and who handles which operation.
//!
//! Rows: `iam.Roles` have `AttachedPolicies` (ARNs), `InlinePolicies` (name → document), the trust policy
//! as an object and `Tags`; `iam.Users` the same with `AccessKeys`; `iam.Policies` have `Document`.
//! Judging by policies is `access`'s and `policy`'s.

pub mod check;
pub mod documents;
pub mod fill;
pub mod managed;
mod policies;
mod providers;
mod role_policies;
mod roles;
pub mod service_linked;
mod simulate;
mod tags;
mod users;

use percent_encoding::{AsciiSet, NON_ALPHANUMERIC, utf8_percent_encode};
use serde_json::Value;

use super::{not_served, row};
use crate::call::{Answer, AwsError, Call};
use crate::state::State;

/// RFC 3986: everything but letters, digits and `-_.~` is encoded.
const RESERVED: &AsciiSet = &NON_ALPHANUMERIC.remove(b'-').remove(b'_').remove(b'.').remove(b'~');

/// Handles an operation of IAM.
///
/// # Errors
/// `NoSuchEntity`, `EntityAlreadyExists`, `MalformedPolicyDocument`, `DeleteConflict`, `LimitExceeded`, …
pub fn handle(state: &mut State, call: &Call) -> Answer {
    let operation = call.operation.as_str();
    match operation {
        "CreateRole"
        | "GetRole"
        | "ListRoles"
        | "DeleteRole"
        | "UpdateAssumeRolePolicy"
        | "UpdateRole"
        | "UpdateRoleDescription"
        | "PutRolePermissionsBoundary"
        | "DeleteRolePermissionsBoundary"
        | "ListInstanceProfilesForRole" => roles::handle(state, call),
        "PutRolePolicy"
        | "GetRolePolicy"
        | "DeleteRolePolicy"
        | "ListRolePolicies"
        | "AttachRolePolicy"
        | "DetachRolePolicy"
        | "ListAttachedRolePolicies" => role_policies::handle(state, call),
        "CreateServiceLinkedRole" => service_linked::create(state, call),
        "SimulatePrincipalPolicy" => simulate::principal(state, call),
        _ if operation.contains("OpenIDConnectProvider") => providers::handle(state, call),
        "TagRole" | "UntagRole" | "ListRoleTags" | "TagPolicy" | "UntagPolicy" | "ListPolicyTags" => {
            tags::handle(state, call)
        }
        _ if operation.contains("User") => users::handle(state, call),
        "GetInstanceProfile" => users::instance_profile(state, call),
        "CreatePolicy"
        | "GetPolicy"
        | "GetPolicyVersion"
        | "ListPolicies"
        | "ListPolicyVersions"
        | "DeletePolicy"
        | "ListEntitiesForPolicy" => policies::handle(state, call),
        _ => Err(not_served(call)),
    }
}

/// A policy document as IAM sends it: JSON, percent-encoded (RFC 3986).
pub fn encode(document: &Value) -> String {
    let text = match document {
        Value::String(text) => text.clone(),
        other => other.to_string(),
    };
    utf8_percent_encode(&text, RESERVED).to_string()
}

/// `NoSuchEntity`, 404.
fn no_such(message: String) -> AwsError {
    AwsError::new("NoSuchEntity", message).with_status(404)
}

/// `LimitExceeded`, 409.
fn limit(message: String) -> AwsError {
    AwsError::new("LimitExceeded", message).with_status(409)
}

/// The role that a call names; names are compared without regard to case, as IAM does.
fn role_mut<'a>(state: &'a mut State, call: &Call) -> Result<&'a mut Value, AwsError> {
    let name = call.text("RoleName").unwrap_or_default().to_owned();
    let rows = state.rows_mut("iam.Roles").iter_mut();
    let mut rows = rows.filter(|role| row::text(role, "RoleName").eq_ignore_ascii_case(&name));
    rows.next().ok_or_else(|| no_such(format!("The role with name {name} cannot be found.")))
}

/// The same, only to look at.
fn role<'a>(state: &'a State, call: &Call) -> Result<&'a Value, AwsError> {
    let name = call.text("RoleName").unwrap_or_default();
    let mut rows =
        state.rows("iam.Roles").iter().filter(|role| row::text(role, "RoleName").eq_ignore_ascii_case(name));
    rows.next().ok_or_else(|| no_such(format!("The role with name {name} cannot be found.")))
}

/// Service-linked roles are changed by their service only.
fn refuse_protected(role: &Value) -> Result<(), AwsError> {
    if row::text(role, "Path").starts_with("/aws-service-role/") {
        let name = row::text(role, "RoleName");
        let text = format!(
            "Cannot perform the operation on the protected role '{name}' - this role is only modifiable by AWS"
        );
        return Err(AwsError::new("UnmodifiableEntity", text));
    }
    Ok(())
}

#[cfg(test)]
mod tests;
