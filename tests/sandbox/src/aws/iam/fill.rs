//! What a world file need not give for IAM: ARNs, ids, times, defaults.

use serde_json::{Value, json};

use super::super::row;
use crate::state::State;

/// Fills every IAM row that is not filled yet.
pub fn fill(state: &mut State) {
    let prefix = format!("arn:{}:iam::{}:", state.partition(), state.account);
    let now = state.now.to_string();
    let mut each = |collection: &str, fill: &dyn Fn(&mut Value)| {
        for row in state.aws.get_mut(collection).into_iter().flatten() {
            if !row::given(row, "Arn") {
                row::fill(row, "CreateDate", now.as_str());
                fill(row);
            }
        }
    };
    each("iam.Roles", &|role| {
        named(role, &prefix, "role", "RoleName");
        identified(role, "RoleId", "AROA");
        row::fill(role, "MaxSessionDuration", 3600);
        row::fill(role, "AssumeRolePolicyDocument", json!({"Version": "2012-10-17", "Statement": []}));
        parsed(role, "AssumeRolePolicyDocument");
    });
    each("iam.Users", &|user| {
        named(user, &prefix, "user", "UserName");
        identified(user, "UserId", "AIDA");
    });
    each("iam.Policies", &|policy| {
        named(policy, &prefix, "policy", "PolicyName");
        identified(policy, "PolicyId", "ANPA");
        row::fill(policy, "DefaultVersionId", "v1");
        parsed(policy, "Document");
    });
    each("iam.InstanceProfiles", &|profile| {
        named(profile, &prefix, "instance-profile", "InstanceProfileName");
        identified(profile, "InstanceProfileId", "AIPA");
    });
    each("iam.OpenIDConnectProviders", &|provider| {
        let host = row::text(provider, "Url").trim_start_matches("https://").to_owned();
        row::set(provider, "Arn", format!("{prefix}oidc-provider/{host}"));
        row::fill(provider, "ClientIDList", json!([]));
        row::fill(provider, "ThumbprintList", json!([super::providers::THUMBPRINT]));
    });
}

/// An id of IAM's form that depends on nothing but kind and name, so that a world file shows the same ids
/// at every start.
pub fn derived_id(prefix: &str, name: &str) -> String {
    use sha2::Digest;
    let digest = hex::encode_upper(sha2::Sha256::digest(format!("{prefix}|{name}")));
    format!("{prefix}{}", &digest[..17])
}

/// The `PermissionsBoundary` member of a role or user. Its type has one value (API reference, `AttachedPermissionsBoundary`).
pub fn boundary(arn: &str) -> Value {
    json!({"PermissionsBoundaryType": "PermissionsBoundaryPolicy", "PermissionsBoundaryArn": arn})
}

fn named(row: &mut Value, prefix: &str, kind: &str, name: &str) {
    row::fill(row, "Path", "/");
    let arn = format!("{prefix}{kind}{}{}", row::text(row, "Path"), row::text(row, name));
    row::set(row, "Arn", arn);
    // A world file may give the boundary as its ARN alone.
    if let Some(arn) = row["PermissionsBoundary"].as_str().map(str::to_owned) {
        row::set(row, "PermissionsBoundary", boundary(&arn));
    }
}

fn identified(row: &mut Value, member: &str, prefix: &str) {
    let name = row::text(row, "Arn").to_owned();
    row::fill(row, member, derived_id(prefix, &name));
}

fn parsed(row: &mut Value, member: &str) {
    if let Some(document) = row[member].as_str().and_then(|text| serde_json::from_str::<Value>(text).ok()) {
        row::set(row, member, document);
    }
}
