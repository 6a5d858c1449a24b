//! The service-linked roles that FSx makes in IAM. Whether the caller may have them made is judged
//! elsewhere.

use serde_json::{Value, json};

use crate::aws::ec2::value::text;
use crate::state::State;

/// The name of the role that the first file system of an account brings.
pub const SERVICE_ROLE: &str = "AWSServiceRoleForAmazonFSx";

/// Makes `AWSServiceRoleForAmazonFSx` unless it is there.
pub fn service_role(state: &mut State) {
    let policy =
        format!("arn:{}:iam::aws:policy/aws-service-role/AmazonFSxServiceRolePolicy", state.partition());
    linked_role(state, SERVICE_ROLE, "fsx.amazonaws.com", json!({"AttachedPolicies": [policy]}));
}

/// Makes `AWSServiceRoleForFSxS3Access_<fs-id>` for a file system that is linked to S3.
pub fn s3_role(state: &mut State, file_system: &str) {
    let actions = [
        "s3:AbortMultipartUpload",
        "s3:DeleteObject",
        "s3:Get*",
        "s3:List*",
        "s3:PutBucketNotification",
        "s3:PutObject",
    ];
    let document = json!({"Version": "2012-10-17", "Statement": [{"Effect": "Allow", "Action": actions, "Resource": "*"}]});
    let name = format!("AWSServiceRoleForFSxS3Access_{file_system}");
    let policies = json!({"InlinePolicies": {"S3AccessPolicy": document}});
    linked_role(state, &name, "s3.data-source.lustre.fsx.amazonaws.com", policies);
}

fn linked_role(state: &mut State, name: &str, service: &str, policies: Value) {
    if state.find("iam.Roles", "RoleName", name).is_some() {
        return;
    }
    let path = format!("/aws-service-role/{service}/");
    let trust = json!({"Effect": "Allow", "Principal": {"Service": service}, "Action": "sts:AssumeRole"});
    let id = state.hex(17).to_uppercase();
    let mut row = json!({
        "RoleName": name, "Path": path, "RoleId": format!("AROA{id}"),
        "Arn": format!("arn:{}:iam::{}:role{path}{name}", state.partition(), state.account),
        "CreateDate": state.now.to_string(), "MaxSessionDuration": 3600,
        "AssumeRolePolicyDocument": {"Version": "2012-10-17", "Statement": [trust]},
        "AttachedPolicies": [], "InlinePolicies": {},
    });
    if let (Some(row), Some(policies)) = (row.as_object_mut(), policies.as_object()) {
        row.extend(policies.clone());
    }
    state.rows_mut("iam.Roles").push(row);
}

/// Takes the S3 role of a deleted file system away.
pub fn forget_s3_role(state: &mut State, file_system: &str) {
    let name = format!("AWSServiceRoleForFSxS3Access_{file_system}");
    if state.find("iam.Roles", "RoleName", &name).is_some() {
        state.rows_mut("iam.Roles").retain(|row| text(row, "RoleName") != name);
    }
}
