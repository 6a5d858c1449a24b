//! A world file as it is written: its frame, and the text to read it from. Unknown keys of the frame are
//! errors with line and column; rows and manifests are plain values in AWS's and Kubernetes' own shapes.

use std::collections::BTreeMap;
use std::fmt;

use serde::de::{self, DeserializeSeed, Deserializer, MapAccess, Visitor};
use serde::{Deserialize, Serialize};
use serde_json::Value;

use super::WorldError;
use crate::kube::controllers::outcomes;

/// The only version there is.
pub const API_VERSION: &str = "sandbox.fsxctl.io/v1alpha1";

/// The services of the `aws` section and their collections.
pub const SECTIONS: &[(&str, &[&str])] = &[
    (
        "eks",
        &[
            "clusters",
            "addons",
            "podIdentityAssociations",
            "nodegroups",
            "fargateProfiles",
            "accessEntries",
            "addonVersions",
        ],
    ),
    ("iam", &["OpenIDConnectProviders", "Roles", "Users", "Policies", "InstanceProfiles"]),
    (
        "ec2",
        &[
            "Vpcs",
            "Subnets",
            "SecurityGroups",
            "NetworkInterfaces",
            "RouteTables",
            "NetworkAcls",
            "InternetGateways",
            "NatGateways",
            "Instances",
            "LaunchTemplates",
            "PrefixLists",
            "DhcpOptions",
            "VpcPeeringConnections",
            "TransitGatewayVpcAttachments",
            "VpcEndpoints",
            "InstanceTypes",
        ],
    ),
    ("fsx", &["FileSystems", "DataRepositoryAssociations", "DataRepositoryTasks", "Backups"]),
    ("sagemaker", &["Clusters", "ClusterNodes"]),
    ("cloudwatch", &["Metrics", "MetricAlarms"]),
    ("s3", &["Buckets"]),
    ("kms", &["Keys"]),
    ("servicequotas", &["Quotas"]),
];

const SERVICES: &[&str] =
    &["eks", "iam", "ec2", "fsx", "sagemaker", "cloudwatch", "s3", "kms", "servicequotas"];

/// One document of a world file: one layer.
#[derive(Debug, Clone, Default, PartialEq, Deserialize, Serialize)]
#[serde(deny_unknown_fields, rename_all = "camelCase", default)]
pub struct Document {
    /// [`API_VERSION`].
    pub api_version: String,
    /// `World`.
    pub kind: String,
    /// Twelve digits.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub account: Option<String>,
    /// A Region's code.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub region: Option<String>,
    /// ARN of who runs COMMAND.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub caller: Option<String>,
    /// When COMMAND's credentials end.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub caller_expires: Option<String>,
    /// Whether anything on the AWS side moves by itself.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub lifecycles: Option<bool>,
    /// See [`Durations`].
    #[serde(skip_serializing_if = "Durations::is_empty")]
    pub durations: Durations,
    /// AWS collections.
    #[serde(skip_serializing_if = "Aws::is_empty")]
    pub aws: Aws,
    /// The cluster.
    #[serde(skip_serializing_if = "Kubernetes::is_empty")]
    pub kubernetes: Kubernetes,
    /// For COMMAND; `{$clear: true}` as first element empties what came before.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub denied: Vec<Value>,
    /// In order; `{$clear: true}` as first element empties what came before.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub faults: Vec<Value>,
}

/// How long things take, as texts such as `10m`.
#[derive(Debug, Clone, Default, PartialEq, Eq, Deserialize, Serialize)]
#[serde(deny_unknown_fields, rename_all = "camelCase", default)]
pub struct Durations {
    /// FSx CREATING → AVAILABLE.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub create_file_system: Option<String>,
    /// EKS add-on CREATING → ACTIVE.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub addon_active: Option<String>,
    /// Pod created → Ready.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub pod_ready: Option<String>,
    /// New IAM objects are not yet seen by other services.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub iam_consistency: Option<String>,
    /// New security-group rules are not yet seen by FSx.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub rule_consistency: Option<String>,
    /// One file of a data repository task.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub task_per_file: Option<String>,
}

impl Durations {
    fn is_empty(&self) -> bool {
        *self == Self::default()
    }
}

/// The `kubernetes` section.
#[derive(Debug, Clone, Default, PartialEq, Deserialize, Serialize)]
#[serde(deny_unknown_fields, rename_all = "camelCase", default)]
pub struct Kubernetes {
    /// For instance `v1.33.4`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub version: Option<String>,
    /// Manifests.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub objects: Vec<Value>,
    /// By namespace, pod, container, previous.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub logs: Vec<Value>,
    /// What pods that mount a volume do; they add up.
    #[serde(skip_serializing_if = "Vec::is_empty", deserialize_with = "checked_outcomes")]
    pub pod_outcomes: Vec<Value>,
    /// Which controllers run.
    #[serde(skip_serializing_if = "Controllers::is_empty")]
    pub controllers: Controllers,
    /// How many objects to make up.
    #[serde(skip_serializing_if = "Synthetic::is_empty")]
    pub synthetic: Synthetic,
}

impl Kubernetes {
    fn is_empty(&self) -> bool {
        *self == Self::default()
    }
}

/// An outcome that can be what it says.
struct Checked(Value);

impl<'de> Deserialize<'de> for Checked {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let outcome = Value::deserialize(deserializer)?;
        if outcome["$clear"] != true {
            outcomes::check(&outcome).map_err(de::Error::custom)?;
        }
        Ok(Self(outcome))
    }
}

fn checked_outcomes<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Vec<Value>, D::Error> {
    let outcomes = Vec::<Checked>::deserialize(deserializer)?;
    Ok(outcomes.into_iter().map(|Checked(outcome)| outcome).collect())
}

/// Off = the objects stay as the file says.
#[derive(Debug, Clone, Default, PartialEq, Eq, Deserialize, Serialize)]
#[serde(deny_unknown_fields, default)]
pub struct Controllers {
    /// The FSx provisioner.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub provisioner: Option<bool>,
    /// The volume binder.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub binder: Option<bool>,
    /// Deployment, DaemonSet, Job to pods.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub workloads: Option<bool>,
}

impl Controllers {
    fn is_empty(&self) -> bool {
        *self == Self::default()
    }
}

/// Generated objects, for scale.
#[derive(Debug, Clone, Default, PartialEq, Eq, Deserialize, Serialize)]
#[serde(deny_unknown_fields, rename_all = "camelCase", default)]
pub struct Synthetic {
    /// HyperPod nodes.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub nodes: Option<u32>,
    /// Static volumes, over the file systems.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub persistent_volumes: Option<u32>,
    /// One a volume, Bound.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub claims: Option<u32>,
    /// Running pods, over the nodes and claims.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub pods: Option<u32>,
    /// AVAILABLE file systems.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub file_systems: Option<u32>,
}

impl Synthetic {
    fn is_empty(&self) -> bool {
        *self == Self::default()
    }
}

/// The `aws` section: rows by `service.Collection`.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Aws(pub BTreeMap<String, Vec<Value>>);

impl Aws {
    fn is_empty(&self) -> bool {
        self.0.values().all(Vec::is_empty)
    }
}

impl Serialize for Aws {
    fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let mut services: serde_json::Map<String, Value> = serde_json::Map::new();
        for (service, collections) in SECTIONS {
            let rows =
                |name: &&&str| self.0.get(&format!("{service}.{name}")).filter(|rows| !rows.is_empty());
            let filled: serde_json::Map<String, Value> = collections
                .iter()
                .filter_map(|name| Some(((*name).to_owned(), Value::Array(rows(&name)?.clone()))))
                .collect();
            if !filled.is_empty() {
                services.insert((*service).to_owned(), Value::Object(filled));
            }
        }
        services.serialize(serializer)
    }
}

impl<'de> Deserialize<'de> for Aws {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let mut rows = BTreeMap::new();
        deserializer.deserialize_map(Services(&mut rows))?;
        Ok(Self(rows))
    }
}

type Rows = BTreeMap<String, Vec<Value>>;

struct Services<'a>(&'a mut Rows);

impl<'de> Visitor<'de> for Services<'_> {
    type Value = ();

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a mapping of AWS services")
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<(), A::Error> {
        while let Some(service) = map.next_key::<String>()? {
            let Some((service, names)) = SECTIONS.iter().find(|(known, _)| *known == service) else {
                return Err(de::Error::unknown_field(&service, SERVICES));
            };
            map.next_value_seed(Collections { service, names, rows: self.0 })?;
        }
        Ok(())
    }
}

struct Collections<'a> {
    service: &'static str,
    names: &'static [&'static str],
    rows: &'a mut Rows,
}

impl<'de> DeserializeSeed<'de> for Collections<'_> {
    type Value = ();

    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<(), D::Error> {
        deserializer.deserialize_map(self)
    }
}

impl<'de> Visitor<'de> for Collections<'_> {
    type Value = ();

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "a mapping of the collections of {}", self.service)
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<(), A::Error> {
        while let Some(name) = map.next_key::<String>()? {
            if !self.names.contains(&name.as_str()) {
                return Err(de::Error::unknown_field(&name, self.names));
            }
            let rows = map.next_value::<Vec<Value>>()?;
            self.rows.insert(format!("{}.{name}", self.service), rows);
        }
        Ok(())
    }
}

/// Reads the documents of a text; `name` stands for it in errors.
///
/// # Errors
/// What is wrong, with line and column.
pub fn read(name: &str, text: &str) -> Result<Vec<Document>, WorldError> {
    // World files are the user's own and may be large (a saved `scale`), so no budget.
    let options = serde_yaml::options! { budget: None, with_snippet: false };
    let documents: Vec<Document> =
        serde_yaml::from_multiple_with_options(text, options).map_err(|error| {
            let place =
                error.location().map_or_else(String::new, |at| format!(":{}:{}", at.line(), at.column()));
            WorldError { place: format!("{name}{place}"), why: reason(&error.without_snippet().to_string()) }
        })?;
    for document in &documents {
        let wrong = |why: &str| WorldError { place: name.to_owned(), why: why.to_owned() };
        if document.api_version != API_VERSION {
            return Err(wrong(&format!("apiVersion is {:?}, not {API_VERSION:?}", document.api_version)));
        }
        if document.kind != "World" {
            return Err(wrong(&format!("kind is {:?}, not \"World\"", document.kind)));
        }
        for fault in document.faults.iter().filter(|fault| fault["$clear"] != true) {
            crate::server::fault::check(fault).map_err(|why| wrong(&format!("faults: {why}")))?;
        }
    }
    Ok(documents)
}

/// The library repeats the place at the end of its message.
fn reason(message: &str) -> String {
    message.split(" at line ").next().unwrap_or(message).to_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    const HEAD: &str = "apiVersion: sandbox.fsxctl.io/v1alpha1\nkind: World\n";

    #[test]
    fn unknown_keys_of_the_frame_are_errors_with_their_place() {
        for (body, line, says) in [
            ("acount: \"1\"\n", 3, "acount"),
            ("aws:\n  efs: {}\n", 4, "efs"),
            ("aws:\n  fsx:\n    Filesystems: []\n", 5, "Filesystems"),
            ("kubernetes:\n  object: []\n", 4, "object"),
            ("durations:\n  podRedy: 5s\n", 4, "podRedy"),
            ("kubernetes: {synthetic: {node: 3}}\n", 3, "node"),
            ("kubernetes:\n  podOutcomes:\n  - {mount: ok}\n  - {mount: errno x}\n", 6, "errno N"),
            ("aws: [\n", 3, ""),
        ] {
            let error = read("w.yaml", &format!("{HEAD}{body}")).unwrap_err();
            assert!(error.place.starts_with(&format!("w.yaml:{line}:")), "{body}: {error}");
            assert!(error.why.contains(says), "{body}: {error}");
        }
    }

    #[test]
    fn documents_are_layers_and_frames_are_checked() {
        let two = format!("{HEAD}---\n{HEAD}region: eu-west-1\n");
        assert_eq!(read("w", &two).unwrap().len(), 2);
        assert!(read("w", "kind: World\n").unwrap_err().why.contains("apiVersion"));
        let fault = format!("{HEAD}faults: [{{service: fsx, eror: reset}}]\n");
        assert!(read("w", &fault).unwrap_err().why.contains("unknown member"));
    }
}
