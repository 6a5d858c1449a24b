//! What a world file need not give for EKS: ARNs, status, times, ids, defaults.

use serde_json::{Value, json};

use super::super::row;
use super::{ACCESS_ENTRIES, ADDONS, ASSOCIATIONS, CLUSTERS, FARGATE_PROFILES, NODE_GROUPS};
use crate::state::State;

/// Kubernetes that a cluster runs when the world file does not say.
const DEFAULT_VERSION: &str = "1.33";

struct Around {
    prefix: String,
    region: String,
    iam: String,
    now: String,
}

/// Fills every EKS row that is not filled yet.
pub fn fill(state: &mut State) {
    let around = Around {
        prefix: format!("arn:{}:eks:{}:{}:", state.partition(), state.region, state.account),
        region: state.region.clone(),
        iam: format!("arn:{}:iam::{}:", state.partition(), state.account),
        now: state.now.to_string(),
    };
    let mut each = |collection: &str, arn: &str, fill: &dyn Fn(&mut Value, &Around)| {
        for row in state.aws.get_mut(collection).into_iter().flatten() {
            if !row::given(row, arn) {
                row::fill(row, "createdAt", around.now.as_str());
                fill(row, &around);
            }
        }
    };
    each(CLUSTERS, "arn", &cluster);
    each(ADDONS, "addonArn", &addon);
    each(ASSOCIATIONS, "associationArn", &association);
    each(NODE_GROUPS, "nodegroupArn", &node_group);
    each(FARGATE_PROFILES, "fargateProfileArn", &fargate_profile);
    each(ACCESS_ENTRIES, "accessEntryArn", &access_entry);
}

fn cluster(row: &mut Value, around: &Around) {
    let name = row::text(row, "name").to_owned();
    row::set(row, "arn", format!("{}cluster/{name}", around.prefix));
    row::fill(row, "status", "ACTIVE");
    row::fill(row, "version", DEFAULT_VERSION);
    row::fill(row, "platformVersion", "eks.1");
    row::fill(row, "tags", json!({}));
    row::fill(row, "roleArn", format!("{}role/{name}-cluster", around.iam));
    row::fill(row, "health", json!({"issues": []}));
    // China has a DNS suffix of its own (botocore, endpoints.json).
    let suffix = if around.prefix.starts_with("arn:aws-cn:") { "amazonaws.com.cn" } else { "amazonaws.com" };
    let issuer =
        format!("https://oidc.eks.{}.{suffix}/id/{}", around.region, digits(&name, 32).to_uppercase());
    row::fill(row, "identity", json!({"oidc": {"issuer": issuer}}));
    row::fill(row, "accessConfig", json!({"authenticationMode": "API_AND_CONFIG_MAP"}));
    row::fill(
        row,
        "kubernetesNetworkConfig",
        json!({"serviceIpv4Cidr": "172.20.0.0/16", "ipFamily": "ipv4"}),
    );
    let types = ["api", "audit", "authenticator", "controllerManager", "scheduler"];
    row::fill(row, "logging", json!({"clusterLogging": [{"types": types, "enabled": false}]}));
    row::fill(row, "resourcesVpcConfig", json!({}));
    let network = &mut row["resourcesVpcConfig"];
    row::fill(network, "endpointPublicAccess", true);
    row::fill(network, "endpointPrivateAccess", true);
    row::fill(network, "publicAccessCidrs", json!(["0.0.0.0/0"]));
    row::fill(network, "subnetIds", json!([]));
    row::fill(network, "securityGroupIds", json!([]));
}

fn addon(row: &mut Value, around: &Around) {
    let (cluster, name) = (row::text(row, "clusterName").to_owned(), row::text(row, "addonName").to_owned());
    let id = uuid(&format!("{cluster}/{name}"));
    row::set(row, "addonArn", format!("{}addon/{cluster}/{name}/{id}", around.prefix));
    row::fill(row, "status", "ACTIVE");
    row::fill(row, "health", json!({"issues": []}));
    row::fill(row, "modifiedAt", row["createdAt"].clone());
    row::fill(row, "tags", json!({}));
    if let Some(version) = super::catalogue::default_version(&name, DEFAULT_VERSION) {
        row::fill(row, "addonVersion", version);
    }
}

fn association(row: &mut Value, around: &Around) {
    let cluster = row::text(row, "clusterName").to_owned();
    let seed = format!("{cluster}/{}/{}", row::text(row, "namespace"), row::text(row, "serviceAccount"));
    row::fill(row, "associationId", format!("a-{}", digits(&seed, 17)));
    let arn =
        format!("{}podidentityassociation/{cluster}/{}", around.prefix, row::text(row, "associationId"));
    row::set(row, "associationArn", arn);
    row::fill(row, "modifiedAt", row["createdAt"].clone());
    row::fill(row, "tags", json!({}));
    row::fill(row, "disableSessionTags", false);
}

fn node_group(row: &mut Value, around: &Around) {
    let (cluster, name) =
        (row::text(row, "clusterName").to_owned(), row::text(row, "nodegroupName").to_owned());
    let id = uuid(&format!("{cluster}/nodegroup/{name}"));
    row::set(row, "nodegroupArn", format!("{}nodegroup/{cluster}/{name}/{id}", around.prefix));
    row::fill(row, "status", "ACTIVE");
    row::fill(row, "capacityType", "ON_DEMAND");
    row::fill(row, "health", json!({"issues": []}));
    row::fill(row, "tags", json!({}));
}

fn fargate_profile(row: &mut Value, around: &Around) {
    let (cluster, name) =
        (row::text(row, "clusterName").to_owned(), row::text(row, "fargateProfileName").to_owned());
    let id = uuid(&format!("{cluster}/fargate/{name}"));
    row::set(row, "fargateProfileArn", format!("{}fargateprofile/{cluster}/{name}/{id}", around.prefix));
    row::fill(row, "status", "ACTIVE");
    row::fill(row, "selectors", json!([]));
    row::fill(row, "tags", json!({}));
}

fn access_entry(row: &mut Value, around: &Around) {
    let (cluster, principal) =
        (row::text(row, "clusterName").to_owned(), row::text(row, "principalArn").to_owned());
    let kind = principal.split(':').nth(5).and_then(|rest| rest.split('/').next()).unwrap_or("role");
    let account = principal.split(':').nth(4).unwrap_or_default();
    let id = uuid(&format!("{cluster}/{principal}"));
    let name = row::last(&principal);
    let arn = format!("{}access-entry/{cluster}/{kind}/{account}/{name}/{id}", around.prefix);
    row::set(row, "accessEntryArn", arn);
    row::fill(row, "type", "STANDARD");
    row::fill(row, "kubernetesGroups", json!([]));
    row::fill(row, "username", principal.as_str());
    row::fill(row, "modifiedAt", row["createdAt"].clone());
    row::fill(row, "tags", json!({}));
    row::fill(row, "AssociatedPolicies", json!([]));
}

/// Hexadecimal digits that depend on nothing but the seed.
fn digits(seed: &str, count: usize) -> String {
    use sha2::Digest;
    hex::encode(sha2::Sha256::digest(format!("eks|{seed}")))[..count].to_owned()
}

/// A UUID that depends on nothing but the seed.
fn uuid(seed: &str) -> String {
    let d = digits(seed, 32);
    format!("{}-{}-{}-{}-{}", &d[..8], &d[8..12], &d[12..16], &d[16..20], &d[20..])
}
