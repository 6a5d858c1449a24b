//! What calls of IAM need. Refusals name existing entities as IAM does: `role NAME`, `policy ARN`.

use super::{Need, own_action, request_tags, row_tags};
use crate::aws::row;
use crate::call::Call;
use crate::state::State;

/// Everything that a call of IAM needs.
pub fn needs(state: &State, call: &Call) -> Vec<Need> {
    let own = own_action(call);
    let prefix = format!("arn:{}:iam::{}:", state.partition(), state.account);
    let operation = call.operation.as_str();
    match operation {
        "ListRoles" => vec![Need::anywhere(own, format!("{prefix}role/"))],
        "ListPolicies" => vec![Need::anywhere(own, format!("{prefix}policy/"))],
        "ListOpenIDConnectProviders" => vec![Need::anywhere(own, format!("{prefix}oidc-provider/*"))],
        "CreateRole" => create_role(call, &prefix, own),
        "CreateOpenIDConnectProvider" => {
            let host = call.text("Url").unwrap_or("*").trim_start_matches("https://");
            let resource = format!("{prefix}oidc-provider/{host}");
            tagged(call, Need::new(own, resource), "iam:TagOpenIDConnectProvider")
        }
        "CreatePolicy" => {
            let name = call.text("PolicyName").unwrap_or("*");
            let resource = format!("{prefix}policy{}{name}", call.text("Path").unwrap_or("/"));
            tagged(call, Need::new(own, resource), "iam:TagPolicy")
        }
        "CreateServiceLinkedRole" => {
            let service = call.text("AWSServiceName").unwrap_or("*");
            let resource = format!("{prefix}role/aws-service-role/{service}/*");
            vec![Need::new(own, resource).key("iam:AWSServiceName", service)]
        }
        "SimulatePrincipalPolicy" => vec![Need::new(own, call.text("PolicySourceArn").unwrap_or("*"))],
        _ if call.text("RoleName").is_some() => vec![on_role(state, call, &prefix, own)],
        _ if call.text("OpenIDConnectProviderArn").is_some() => {
            let resource = call.text("OpenIDConnectProviderArn").unwrap_or("*");
            vec![Need::new(own, resource).with(request_tags(call))]
        }
        _ if call.text("PolicyArn").is_some() => {
            let resource = call.text("PolicyArn").unwrap_or("*");
            vec![Need::new(own, resource).shown_as(format!("policy {resource}"))]
        }
        _ if call.text("UserName").is_some() => {
            let name = call.text("UserName").unwrap_or("*");
            vec![Need::new(own, format!("{prefix}user/{name}")).shown_as(format!("user {name}"))]
        }
        _ => vec![Need::anywhere(own, "*")],
    }
}

fn create_role(call: &Call, prefix: &str, own: String) -> Vec<Need> {
    let name = call.text("RoleName").unwrap_or("*");
    let resource = format!("{prefix}role{}{name}", call.text("Path").unwrap_or("/"));
    let mut need = Need::new(own, resource);
    if let Some(boundary) = call.text("PermissionsBoundary") {
        need = need.key("iam:PermissionsBoundary", boundary);
    }
    tagged(call, need, "iam:TagRole")
}

/// Tags at creation need the tagging action too, on the same resource.
fn tagged(call: &Call, need: Need, tagging: &str) -> Vec<Need> {
    let context = request_tags(call);
    let need = need.with(context.clone());
    let extra = (!context.is_empty()).then(|| Need::new(tagging, need.resource.as_str()).with(context));
    std::iter::once(need).chain(extra).collect()
}

fn on_role(state: &State, call: &Call, prefix: &str, own: String) -> Need {
    let name = call.text("RoleName").unwrap_or("*");
    let found = state.find("iam.Roles", "RoleName", name);
    let resource = match found {
        Some(found) if row::given(found, "Arn") => row::text(found, "Arn").to_owned(),
        _ => format!("{prefix}role/{name}"),
    };
    let mut need = Need::new(own, resource).shown_as(format!("role {name}")).with(row_tags("iam", found));
    if let Some(policy) = call.text("PolicyArn") {
        need = need.key("iam:PolicyARN", policy);
    }
    let boundary = found.and_then(|role| role["PermissionsBoundary"]["PermissionsBoundaryArn"].as_str());
    if let Some(boundary) = call.text("PermissionsBoundary").or(boundary) {
        need = need.key("iam:PermissionsBoundary", boundary);
    }
    need.with(request_tags(call))
}
