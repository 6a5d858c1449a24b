//! Service-linked roles: made by a caller or, on first use, by the service itself.

use serde_json::json;

use super::super::row;
use super::fill;
use crate::call::{Answer, AwsError, Call};
use crate::state::State;

/// Service, role name without suffix, and managed policy (FSx for Lustre User Guide, using service-linked roles).
const KNOWN: &[(&str, &str, Option<&str>)] = &[
    ("fsx.amazonaws.com", "AWSServiceRoleForAmazonFSx", Some("aws-service-role/AmazonFSxServiceRolePolicy")),
    ("s3.data-source.lustre.fsx.amazonaws.com", "AWSServiceRoleForFSxS3Access", None),
    ("eks.amazonaws.com", "AWSServiceRoleForAmazonEKS", None),
    ("eks-nodegroup.amazonaws.com", "AWSServiceRoleForAmazonEKSNodegroup", None),
    ("sagemaker.amazonaws.com", "AWSServiceRoleForSageMaker", None),
];

/// CreateServiceLinkedRole.
///
/// # Errors
/// `InvalidInput` for a service without such a role, or one that has it already.
pub fn create(state: &mut State, call: &Call) -> Answer {
    let service = call.text("AWSServiceName").unwrap_or_default();
    let suffix = call.text("CustomSuffix").map_or(String::new(), |suffix| format!("_{suffix}"));
    let Some((_, name, _)) = KNOWN.iter().find(|(known, ..)| *known == service) else {
        let text = format!("Service name {service} is not a valid service principal");
        return Err(AwsError::new("InvalidInput", text));
    };
    let name = format!("{name}{suffix}");
    if state.find("iam.Roles", "RoleName", &name).is_some() {
        let text = format!(
            "Service role name {name} has been taken in this account, please try a different suffix."
        );
        return Err(AwsError::new("InvalidInput", text));
    }
    ensure(state, service, &suffix);
    let made = state.find("iam.Roles", "RoleName", &name).cloned().unwrap_or_default();
    let mut answer = row::pick(&made, &["Path", "RoleName", "RoleId", "Arn", "CreateDate"]);
    row::set(&mut answer, "AssumeRolePolicyDocument", super::encode(&made["AssumeRolePolicyDocument"]));
    Ok(json!({"Role": answer}))
}

/// Makes the role of a service unless it is there, as services do on first use. `suffix` follows the
/// role's name, for instance `_fs-0123`.
pub fn ensure(state: &mut State, service: &str, suffix: &str) {
    let Some((_, name, policy)) = KNOWN.iter().find(|(known, ..)| *known == service) else { return };
    let name = format!("{name}{suffix}");
    if state.find("iam.Roles", "RoleName", &name).is_some() {
        return;
    }
    let partition = state.partition();
    let attached: Vec<String> =
        policy.iter().map(|p| format!("arn:{partition}:iam::aws:policy/{p}")).collect();
    let role = json!({
        "Path": format!("/aws-service-role/{service}/"),
        "RoleName": name,
        "RoleId": format!("AROA{}", state.hex(17).to_uppercase()),
        "CreateDate": state.now.to_string(),
        // As IAM writes it: lists of one (AWS CLI reference, example of create-service-linked-role).
        "AssumeRolePolicyDocument": {"Version": "2012-10-17", "Statement": [
            {"Effect": "Allow", "Principal": {"Service": [service]}, "Action": ["sts:AssumeRole"]},
        ]},
        "AttachedPolicies": attached,
    });
    state.rows_mut("iam.Roles").push(role);
    fill::fill(state);
}
