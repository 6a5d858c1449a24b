//! What a world file need not give of EKS, IAM and SageMaker: ARNs, ids, states, times. A given value always
//! wins. EC2 and FSx fill in their own; derived ids depend on names only, so two loads agree.

use jiff::SignedDuration;
use serde_json::{Value, json};
use sha2::{Digest, Sha256};

use crate::state::State;

/// Names that every ARN of the world has in it.
struct World {
    partition: &'static str,
    account: String,
    region: String,
    /// When what the file does not date came to be.
    past: String,
}

impl World {
    fn arn(&self, service: &str, rest: &str) -> String {
        format!("arn:{}:{service}:{}:{}:{rest}", self.partition, self.region, self.account)
    }

    fn iam(&self, rest: &str) -> String {
        format!("arn:{}:iam::{}:{rest}", self.partition, self.account)
    }
}

/// Fills every table that is filled here.
pub fn fill(state: &mut State) {
    let past = state.now - SignedDuration::from_hours(24 * 30);
    let world = World {
        partition: state.partition(),
        account: state.account.clone(),
        region: state.region.clone(),
        past: past.round(jiff::Unit::Second).unwrap_or(past).to_string(),
    };
    let cluster = state.rows("eks.clusters").first().map(|row| row["name"].clone()).unwrap_or_default();
    each(state, "eks.clusters", |row| eks_cluster(row, &world));
    for collection in ["eks.addons", "eks.podIdentityAssociations", "eks.nodegroups", "eks.fargateProfiles", "eks.accessEntries"]
    {
        each(state, collection, |row| set(row, "clusterName", cluster.clone()));
    }
    each(state, "eks.addons", |row| eks_addon(row, &world));
    each(state, "eks.podIdentityAssociations", |row| eks_association(row, &world));
    each(state, "eks.nodegroups", |row| eks_nodegroup(row, &world));
    each(state, "eks.fargateProfiles", |row| eks_fargate(row, &world));
    each(state, "eks.accessEntries", |row| eks_entry(row, &world));
    each(state, "iam.OpenIDConnectProviders", |row| iam_provider(row, &world));
    each(state, "iam.Roles", |row| {
        iam_named(row, &world, "RoleName", ("role", "RoleId", "AROA"));
        set(row, "MaxSessionDuration", json!(3600));
    });
    each(state, "iam.Users", |row| iam_named(row, &world, "UserName", ("user", "UserId", "AIDA")));
    each(state, "iam.Policies", |row| {
        iam_named(row, &world, "PolicyName", ("policy", "PolicyId", "ANPA"));
        set(row, "DefaultVersionId", json!("v1"));
    });
    each(state, "iam.InstanceProfiles", |row| {
        iam_named(row, &world, "InstanceProfileName", ("instance-profile", "InstanceProfileId", "AIPA"));
    });
    each(state, "sagemaker.Clusters", |row| hyperpod_cluster(row, &world));
    let hyperpod = state.rows("sagemaker.Clusters").first().map(|row| row["ClusterName"].clone()).unwrap_or_default();
    each(state, "sagemaker.ClusterNodes", |row| hyperpod_node(row, &hyperpod, &world));
}

/// What the manifests need not give that only AWS knows. Nodes and defaults are the cluster's business.
pub fn objects(_state: &State, _objects: &mut Vec<Value>) {}

fn each(state: &mut State, collection: &str, change: impl FnMut(&mut Value)) {
    if let Some(rows) = state.aws.get_mut(collection) {
        rows.iter_mut().for_each(change);
    }
}

/// Sets a member that is not given.
fn set(row: &mut Value, member: &str, value: Value) {
    if let (Some(members), false) = (row.as_object_mut(), value.is_null()) {
        members.entry(member).or_insert(value);
    }
}

fn text<'a>(row: &'a Value, member: &str) -> &'a str {
    row[member].as_str().unwrap_or_default()
}

/// Hexadecimal digits that depend on the text only.
pub fn digits(seed: &str, count: usize) -> String {
    let mut text = hex::encode(Sha256::digest(seed.as_bytes()));
    text.truncate(count);
    text
}

fn uuid(seed: &str) -> String {
    let hex = digits(seed, 32);
    format!("{}-{}-{}-{}-{}", &hex[..8], &hex[8..12], &hex[12..16], &hex[16..20], &hex[20..])
}

fn eks_cluster(row: &mut Value, world: &World) {
    let name = text(row, "name").to_owned();
    set(row, "arn", json!(world.arn("eks", &format!("cluster/{name}"))));
    set(row, "createdAt", json!(world.past));
    set(row, "version", json!("1.33"));
    set(row, "status", json!("ACTIVE"));
    set(row, "platformVersion", json!("eks.9"));
    set(row, "roleArn", json!(world.iam(&format!("role/{name}-cluster"))));
    set(row, "health", json!({"issues": []}));
    set(row, "tags", json!({}));
    set(row, "accessConfig", json!({}));
    set(&mut row["accessConfig"], "authenticationMode", json!("API"));
    set(row, "kubernetesNetworkConfig", json!({}));
    set(&mut row["kubernetesNetworkConfig"], "ipFamily", json!("ipv4"));
    set(&mut row["kubernetesNetworkConfig"], "serviceIpv4Cidr", json!("172.20.0.0/16"));
    set(row, "resourcesVpcConfig", json!({}));
    let network = &mut row["resourcesVpcConfig"];
    set(network, "subnetIds", json!([]));
    set(network, "securityGroupIds", json!([]));
    set(network, "endpointPublicAccess", json!(true));
    set(network, "endpointPrivateAccess", json!(true));
    set(network, "publicAccessCidrs", json!(["0.0.0.0/0"]));
    let id = digits(&name, 32).to_uppercase();
    let issuer = format!("https://oidc.eks.{}.amazonaws.com/id/{id}", world.region);
    set(row, "identity", json!({"oidc": {"issuer": issuer}}));
}

fn eks_addon(row: &mut Value, world: &World) {
    let (cluster, name) = (text(row, "clusterName").to_owned(), text(row, "addonName").to_owned());
    let id = uuid(&format!("addon {cluster} {name}"));
    set(row, "addonArn", json!(world.arn("eks", &format!("addon/{cluster}/{name}/{id}"))));
    set(row, "status", json!("ACTIVE"));
    set(row, "health", json!({"issues": []}));
    set(row, "createdAt", json!(world.past));
    set(row, "modifiedAt", json!(world.past));
    set(row, "tags", json!({}));
}

fn eks_association(row: &mut Value, world: &World) {
    let cluster = text(row, "clusterName").to_owned();
    let seed = format!("{cluster} {} {}", text(row, "namespace"), text(row, "serviceAccount"));
    set(row, "associationId", json!(format!("a-{}", digits(&seed, 17))));
    let id = text(row, "associationId").to_owned();
    set(row, "associationArn", json!(world.arn("eks", &format!("podidentityassociation/{cluster}/{id}"))));
    set(row, "createdAt", json!(world.past));
    set(row, "modifiedAt", json!(world.past));
    set(row, "disableSessionTags", json!(false));
    set(row, "tags", json!({}));
}

fn eks_nodegroup(row: &mut Value, world: &World) {
    let (cluster, name) = (text(row, "clusterName").to_owned(), text(row, "nodegroupName").to_owned());
    let id = uuid(&format!("nodegroup {cluster} {name}"));
    set(row, "nodegroupArn", json!(world.arn("eks", &format!("nodegroup/{cluster}/{name}/{id}"))));
    set(row, "status", json!("ACTIVE"));
    set(row, "capacityType", json!("ON_DEMAND"));
    set(row, "amiType", json!("AL2023_x86_64_STANDARD"));
    set(row, "createdAt", json!(world.past));
    set(row, "modifiedAt", json!(world.past));
    set(row, "health", json!({"issues": []}));
    set(row, "tags", json!({}));
}

fn eks_fargate(row: &mut Value, world: &World) {
    let (cluster, name) = (text(row, "clusterName").to_owned(), text(row, "fargateProfileName").to_owned());
    let id = uuid(&format!("fargate {cluster} {name}"));
    set(row, "fargateProfileArn", json!(world.arn("eks", &format!("fargateprofile/{cluster}/{name}/{id}"))));
    set(row, "status", json!("ACTIVE"));
    set(row, "createdAt", json!(world.past));
    set(row, "selectors", json!([]));
    set(row, "tags", json!({}));
}

fn eks_entry(row: &mut Value, world: &World) {
    let (cluster, principal) = (text(row, "clusterName").to_owned(), text(row, "principalArn").to_owned());
    let resource = principal.splitn(6, ':').nth(5).unwrap_or_default();
    let id = uuid(&format!("entry {cluster} {principal}"));
    let rest = format!("access-entry/{cluster}/{}/{}/{id}", resource.split('/').next().unwrap_or_default(), world.account);
    set(row, "accessEntryArn", json!(world.arn("eks", &rest)));
    set(row, "type", json!("STANDARD"));
    set(row, "kubernetesGroups", json!([]));
    let username = match (row["type"].as_str(), resource.strip_prefix("role/")) {
        (Some("STANDARD"), Some(role)) => {
            let role = role.rsplit('/').next().unwrap_or(role);
            format!("arn:{}:sts::{}:assumed-role/{role}/{{{{SessionName}}}}", world.partition, world.account)
        }
        (Some("STANDARD"), None) => principal.clone(),
        // Node types map to the node's own name.
        _ => "system:node:{{EC2PrivateDNSName}}".to_owned(),
    };
    set(row, "username", json!(username));
    set(row, "createdAt", json!(world.past));
    set(row, "modifiedAt", json!(world.past));
    set(row, "tags", json!({}));
}

fn iam_provider(row: &mut Value, world: &World) {
    // GetOpenIDConnectProvider answers the URL without its scheme.
    let url = text(row, "Url").trim_start_matches("https://").to_owned();
    let path = text(row, "Arn").split_once("oidc-provider/").map(|(_, path)| path.to_owned());
    let url = if url.is_empty() { path.unwrap_or_default() } else { url };
    row["Url"] = json!(url);
    set(row, "Arn", json!(world.iam(&format!("oidc-provider/{url}"))));
    set(row, "ClientIDList", json!(["sts.amazonaws.com"]));
    set(row, "ThumbprintList", json!([digits(&url, 40)]));
    set(row, "CreateDate", json!(world.past));
    set(row, "Tags", json!([]));
}

/// `what` is the ARN's resource type, the id's member and the id's prefix.
fn iam_named(row: &mut Value, world: &World, name: &str, what: (&str, &str, &str)) {
    let (resource, id, prefix) = what;
    let named = text(row, name).to_owned();
    set(row, "Path", json!("/"));
    let path = text(row, "Path").to_owned();
    set(row, "Arn", json!(world.iam(&format!("{resource}{path}{named}"))));
    let digits = digits(&format!("{resource} {named}"), 17).to_uppercase();
    set(row, id, json!(format!("{prefix}{digits}")));
    set(row, "CreateDate", json!(world.past));
}

fn hyperpod_cluster(row: &mut Value, world: &World) {
    let id = digits(&format!("hyperpod {}", text(row, "ClusterName")), 12);
    set(row, "ClusterArn", json!(world.arn("sagemaker", &format!("cluster/{id}"))));
    set(row, "ClusterStatus", json!("InService"));
    set(row, "CreationTime", json!(world.past));
    set(row, "InstanceGroups", json!([]));
    for group in row["InstanceGroups"].as_array_mut().into_iter().flatten() {
        let count = group["CurrentCount"].clone();
        set(group, "TargetCount", if count.is_null() { json!(0) } else { count });
        set(group, "CurrentCount", group["TargetCount"].clone());
        set(group, "Status", json!("InService"));
        set(group, "ThreadsPerCore", json!(1));
    }
}

fn hyperpod_node(row: &mut Value, cluster: &Value, world: &World) {
    set(row, "ClusterName", cluster.clone());
    set(row, "InstanceStatus", json!({"Status": "Running"}));
    set(row, "LaunchTime", json!(world.past));
    let address = text(row, "PrivatePrimaryIp").replace('.', "-");
    if !address.is_empty() {
        set(row, "PrivateDnsHostname", json!(format!("ip-{address}.{}.compute.internal", world.region)));
    }
}
