//! Which add-on builds exist for which Kubernetes, and what may be configured.
//!
//! The world's `eks.addonVersions` wins when it is given. The built-in catalogue knows the add-ons that
//! matter here. Confirmed by the references are only the *driver* versions of `aws-fsx-csi-driver`
//! (the driver's CHANGELOG) and the build `v1.6.0-eksbuild.1`; which builds EKS really offers, for which
//! Kubernetes, and which is the default, is UNCONFIRMED, as are all versions of the other add-ons.

use serde_json::{Value, json};

use super::super::row;
use super::{invalid, not_found};
use crate::call::{Answer, AwsError, Call};
use crate::state::State;

/// Kubernetes versions that the catalogue covers, newest first.
const KUBERNETES: &[&str] = &["1.35", "1.34", "1.33", "1.32", "1.31", "1.30", "1.29"];

struct Known {
    name: &'static str,
    kind: &'static str,
    /// Newest first; the first is the default.
    builds: &'static [&'static str],
    needs_iam: bool,
    compute: &'static [&'static str],
    /// Service account and managed policies that EKS recommends for it.
    identity: Option<(&'static str, &'static str)>,
}

const KNOWN: &[Known] = &[
    Known {
        name: "aws-fsx-csi-driver",
        kind: "storage",
        builds: &[
            "v1.9.0-eksbuild.1",
            "v1.8.0-eksbuild.2",
            "v1.8.0-eksbuild.1",
            "v1.7.0-eksbuild.1",
            "v1.6.0-eksbuild.1",
            "v1.5.0-eksbuild.1",
        ],
        needs_iam: true,
        // EKS User Guide, AWS add-ons: EC2 and EKS Auto Mode, not Fargate.
        compute: &["ec2", "auto"],
        identity: Some(("fsx-csi-controller-sa", "arn:aws:iam::aws:policy/AmazonFSxFullAccess")),
    },
    Known {
        name: "eks-pod-identity-agent",
        kind: "security",
        builds: &["v1.3.9-eksbuild.3", "v1.3.8-eksbuild.2"],
        needs_iam: false,
        compute: &["ec2"],
        identity: None,
    },
    Known {
        name: "vpc-cni",
        kind: "networking",
        builds: &["v1.20.4-eksbuild.1", "v1.19.6-eksbuild.7"],
        needs_iam: true,
        compute: &["ec2"],
        identity: Some(("aws-node", "arn:aws:iam::aws:policy/AmazonEKS_CNI_Policy")),
    },
    Known {
        name: "coredns",
        kind: "networking",
        builds: &["v1.12.4-eksbuild.1", "v1.11.4-eksbuild.24"],
        needs_iam: false,
        compute: &["ec2", "fargate", "hybrid"],
        identity: None,
    },
    Known {
        name: "kube-proxy",
        kind: "networking",
        builds: &["v1.33.5-eksbuild.2", "v1.33.3-eksbuild.10"],
        needs_iam: false,
        compute: &["ec2", "hybrid"],
        identity: None,
    },
];

/// Every entry of the catalogue that the world has, in the shape of DescribeAddonVersions.
pub fn entries(state: &State) -> Vec<Value> {
    if state.aws.contains_key("eks.addonVersions") {
        return state.rows("eks.addonVersions").to_vec();
    }
    KNOWN.iter().map(entry).collect()
}

fn entry(known: &Known) -> Value {
    let versions: Vec<Value> = known
        .builds
        .iter()
        .enumerate()
        .map(|(index, build)| {
            let compatibilities: Vec<Value> = KUBERNETES
                .iter()
                .map(
                    |v| json!({"clusterVersion": v, "platformVersions": ["*"], "defaultVersion": index == 0}),
                )
                .collect();
            json!({
                "addonVersion": build,
                "architecture": ["amd64", "arm64"],
                "computeTypes": known.compute,
                "compatibilities": compatibilities,
                "requiresConfiguration": false,
                "requiresIamPermissions": known.needs_iam,
            })
        })
        .collect();
    json!({
        "addonName": known.name,
        "type": known.kind,
        "addonVersions": versions,
        "publisher": "eks",
        "owner": "aws",
        "defaultNamespace": "kube-system",
    })
}

/// The default build of an add-on for a Kubernetes version, by the built-in catalogue.
pub fn default_version(name: &str, kubernetes: &str) -> Option<&'static str> {
    let known = KNOWN.iter().find(|known| known.name == name)?;
    KUBERNETES.contains(&kubernetes).then(|| known.builds.first().copied()).flatten()
}

/// DescribeAddonVersions: filtered by name, Kubernetes version, type, publisher and owner.
///
/// # Errors
/// `InvalidParameterException` for an add-on that does not exist.
pub fn versions(state: &State, call: &Call) -> Answer {
    let mut found = entries(state);
    if let Some(name) = call.text("addonName") {
        found.retain(|entry| row::text(entry, "addonName") == name);
        if found.is_empty() {
            return Err(invalid("Addon specified is not supported").with("addonName", name));
        }
    }
    for (filter, member) in [("types", "type"), ("publishers", "publisher"), ("owners", "owner")] {
        let wanted = call.texts(filter);
        if !wanted.is_empty() {
            found.retain(|entry| wanted.contains(&row::text(entry, member)));
        }
    }
    if let Some(kubernetes) = call.text("kubernetesVersion") {
        for entry in &mut found {
            keep_compatible(entry, kubernetes);
        }
        found.retain(|entry| !row::list(entry, "addonVersions").is_empty());
    }
    Ok(json!({"addons": found}))
}

/// With a Kubernetes version only its builds are listed, with that one compatibility.
fn keep_compatible(entry: &mut Value, kubernetes: &str) {
    let Some(versions) = entry["addonVersions"].as_array_mut() else { return };
    for version in versions.iter_mut() {
        if let Some(list) = version["compatibilities"].as_array_mut() {
            list.retain(|c| row::text(c, "clusterVersion") == kubernetes);
        }
    }
    versions.retain(|version| !row::list(version, "compatibilities").is_empty());
}

/// The build to install: the wanted one, or the default for the cluster's Kubernetes.
///
/// # Errors
/// `InvalidParameterException` in EKS's words when the add-on, the build or the combination is not there.
pub fn resolve(state: &State, name: &str, wanted: Option<&str>, kubernetes: &str) -> Result<Value, AwsError> {
    let mut all = entries(state);
    all.retain(|entry| row::text(entry, "addonName") == name);
    let Some(mut entry) = all.pop() else { return Err(invalid("Addon specified is not supported")) };
    keep_compatible(&mut entry, kubernetes);
    let versions = row::list(&entry, "addonVersions");
    if versions.is_empty() {
        let text = format!("Addon {name} specified is not supported in {kubernetes} kubernetes version");
        return Err(invalid(&text));
    }
    let is_default =
        |version: &&Value| row::list(version, "compatibilities").iter().any(|c| c["defaultVersion"] == true);
    let found = match wanted {
        Some(wanted) => versions.iter().find(|version| row::text(version, "addonVersion") == wanted),
        None => versions.iter().find(is_default).or_else(|| versions.first()),
    };
    found.cloned().ok_or_else(|| invalid("Addon version specified is not supported"))
}

/// DescribeAddonConfiguration.
///
/// # Errors
/// `ResourceNotFoundException`-like refusals for an add-on or build that does not exist.
pub fn configuration(state: &State, call: &Call) -> Answer {
    let name = call.text("addonName").unwrap_or_default();
    let version = call.text("addonVersion").unwrap_or_default();
    let entry = entries(state).into_iter().find(|entry| row::text(entry, "addonName") == name);
    let builds = entry.as_ref().map_or(&[][..], |entry| row::list(entry, "addonVersions"));
    if !builds.iter().any(|build| row::text(build, "addonVersion") == version) {
        return Err(not_found("Addon or addon version specified is not supported").with("addonName", name));
    }
    let mut answer = json!({
        "addonName": name,
        "addonVersion": version,
        "configurationSchema": schema(name).to_string(),
    });
    let identity = KNOWN.iter().find(|known| known.name == name).and_then(|known| known.identity);
    if let Some((account, policy)) = identity {
        let policy = policy.replacen("arn:aws:", &format!("arn:{}:", state.partition()), 1);
        let entry = json!({"serviceAccount": account, "recommendedManagedPolicies": [policy]});
        row::set(&mut answer, "podIdentityConfiguration", json!([entry]));
    }
    Ok(answer)
}

/// The schema of an add-on's `configurationValues`. The real schema of the FSx add-on is UNCONFIRMED
/// (no public page has it): this one has the chart's values that other storage add-ons of EKS
/// also publish, `controller.region`, `controller.timeout` and `node.region` among them. Other add-ons
/// take any object here.
pub fn schema(name: &str) -> Value {
    if name != "aws-fsx-csi-driver" {
        return json!({"$schema": "http://json-schema.org/draft-06/schema#", "type": "object"});
    }
    let text = json!({"type": "string"});
    let object = json!({"type": "object"});
    let list = json!({"type": "array"});
    let count = json!({"type": "integer"});
    let flag = json!({"type": "boolean"});
    json!({
        "$schema": "http://json-schema.org/draft-06/schema#",
        "title": "Fsx",
        "type": "object",
        "additionalProperties": false,
        "properties": {
            "controller": {"type": "object", "additionalProperties": false, "properties": {
                "affinity": object, "extraTags": object, "loggingFormat": text, "logLevel": count,
                "nodeSelector": object, "podAnnotations": object, "podLabels": object, "region": text,
                "replicaCount": count, "resources": object, "timeout": text, "tolerations": list,
                "topologySpreadConstraints": list,
            }},
            "node": {"type": "object", "additionalProperties": false, "properties": {
                "affinity": object, "kubeletPath": text, "loggingFormat": text, "logLevel": count,
                "nodeSelector": object, "podAnnotations": object, "podLabels": object, "region": text,
                "resources": object, "tolerateAllTaints": flag, "tolerations": list,
            }},
            "sidecars": object,
        },
    })
}
