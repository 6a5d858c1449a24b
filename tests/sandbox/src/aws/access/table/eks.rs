//! What calls of EKS need.

use super::{Need, arn, own_action, request_tags, row_tags};
use crate::aws::row;
use crate::call::Call;
use crate::state::State;

/// Everything that a call of EKS needs.
pub fn needs(state: &State, call: &Call) -> Vec<Need> {
    let own = own_action(call);
    let cluster = call.text("clusterName").or_else(|| call.text("name")).unwrap_or("*");
    let on_cluster = |action: &str| {
        let found = state.find("eks.clusters", "name", cluster);
        Need::new(action, arn(state, "eks", &format!("cluster/{cluster}"))).with(row_tags("eks", found))
    };
    match call.operation.as_str() {
        "ListClusters" => vec![Need::anywhere(own, arn(state, "eks", "cluster/*"))],
        "DescribeAddonVersions"
        | "DescribeAddonConfiguration"
        | "DescribeClusterVersions"
        | "ListAccessPolicies" => {
            vec![Need::anywhere(own, arn(state, "eks", "/addons"))]
        }
        "CreateAddon" => {
            let mut all = vec![on_cluster(&own).with(request_tags(call))];
            all.extend(identity_of_addon(call, &on_cluster, "eks:CreatePodIdentityAssociation"));
            all.extend(tagging(state, call, &format!("addon/{cluster}/*/*")));
            all
        }
        "UpdateAddon" => {
            let mut all = vec![on_addon(state, call, &own, cluster)];
            all.extend(identity_of_addon(call, &on_cluster, "eks:UpdatePodIdentityAssociation"));
            all
        }
        "DescribeAddon" | "DeleteAddon" => vec![on_addon(state, call, &own, cluster)],
        "CreatePodIdentityAssociation" => {
            let mut all = vec![on_cluster(&own).with(request_tags(call))];
            all.extend(pass_role(call.text("roleArn"), "pods.eks.amazonaws.com"));
            all.extend(tagging(state, call, &format!("podidentityassociation/{cluster}/*")));
            all
        }
        "DescribePodIdentityAssociation"
        | "DeletePodIdentityAssociation"
        | "UpdatePodIdentityAssociation" => {
            let id = call.text("associationId").unwrap_or("*");
            let found = state.find("eks.podIdentityAssociations", "associationId", id);
            let resource = arn(state, "eks", &format!("podidentityassociation/{cluster}/{id}"));
            let mut all = vec![Need::new(own, resource).with(row_tags("eks", found))];
            all.extend(pass_role(call.text("roleArn"), "pods.eks.amazonaws.com"));
            all
        }
        "DescribeNodegroup" => {
            let group = call.text("nodegroupName").unwrap_or("*");
            vec![Need::new(own, arn(state, "eks", &format!("nodegroup/{cluster}/{group}/*")))]
        }
        "DescribeFargateProfile" => {
            let profile = call.text("fargateProfileName").unwrap_or("*");
            vec![Need::new(own, arn(state, "eks", &format!("fargateprofile/{cluster}/{profile}/*")))]
        }
        "DescribeAccessEntry" | "ListAssociatedAccessPolicies" => {
            vec![Need::new(own, arn(state, "eks", &format!("access-entry/{cluster}/*")))]
        }
        "TagResource" | "UntagResource" | "ListTagsForResource" => {
            let resource = call.text("resourceArn").unwrap_or("*");
            vec![Need::new(own, resource).with(request_tags(call))]
        }
        _ => vec![on_cluster(&own)],
    }
}

fn on_addon(state: &State, call: &Call, action: &str, cluster: &str) -> Need {
    let name = call.text("addonName").unwrap_or("*");
    let found = crate::aws::eks::addon(state, cluster, name);
    let resource = match found {
        Some(found) if row::given(found, "addonArn") => row::text(found, "addonArn").to_owned(),
        _ => arn(state, "eks", &format!("addon/{cluster}/{name}/*")),
    };
    Need::new(action, resource).with(row_tags("eks", found))
}

/// Handing a role to EKS needs `iam:PassRole` (UNCONFIRMED for add-ons, confirmed for Pod
/// Identity by aws-samples/appmod-blueprints#816).
fn identity_of_addon(call: &Call, on_cluster: &dyn Fn(&str) -> Need, associate: &str) -> Vec<Need> {
    let mut all = Vec::new();
    all.extend(pass_role(call.text("serviceAccountRoleArn"), "eks.amazonaws.com"));
    let wanted = row::list(&call.input, "podIdentityAssociations");
    if !wanted.is_empty() {
        all.push(on_cluster(associate));
    }
    for association in wanted {
        all.extend(pass_role(association["roleArn"].as_str(), "pods.eks.amazonaws.com"));
    }
    all
}

fn pass_role(role: Option<&str>, to: &str) -> Option<Need> {
    role.map(|role| Need::new("iam:PassRole", role).key("iam:PassedToService", to))
}

fn tagging(state: &State, call: &Call, rest: &str) -> Option<Need> {
    let context = request_tags(call);
    (!context.is_empty()).then(|| Need::new("eks:TagResource", arn(state, "eks", rest)).with(context))
}
