//! The FSx CSI driver: EKS add-on, workloads, CSIDriver object.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};
use serde_json::Value;

use super::{Marks, Seen};

/// The driver, from both sides.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Driver {
    /// Add-on `aws-fsx-csi-driver`.
    pub addon: Seen<Addon>,
    /// Builds of the add-on, newest first, as EKS lists them.
    pub versions: Seen<Vec<AddonVersion>>,
    /// The configuration schema (JSON Schema) of the build that would be installed; missing when it was not asked for.
    pub schema: Seen<Value>,
    /// `CSIDriver/fsx.csi.aws.com`.
    pub csi_driver: Seen<CsiDriver>,
    /// Where its workloads were looked for: `kube-system`, or where the CSIDriver's Helm release is.
    pub namespace: String,
    /// Deployment `fsx-csi-controller` there.
    pub controller: Seen<Workload>,
    /// DaemonSet `fsx-csi-node` there.
    pub node: Seen<Workload>,
    /// The Helm release that the driver is of, or would be; missing also when nothing could depend on it.
    pub release: Seen<Release>,
    /// The helm program; missing also when nobody would start it.
    pub helm: Seen<HelmProgram>,
    /// Pods of the controller (label `app=fsx-csi-controller` in kube-system).
    pub pods: Seen<Vec<ControllerPod>>,
}

/// A pod of the driver's controller, as far as it tells which identity it was made with.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct ControllerPod {
    /// Its name.
    pub name: String,
    /// Its uid.
    pub uid: String,
    /// `Pending`, `Running`, `Succeeded`, `Failed` or `Unknown`.
    pub phase: String,
    /// Condition Ready is True.
    pub ready: bool,
    /// Whether it is being deleted.
    pub terminating: bool,
    /// `AWS_ROLE_ARN` of container `fsx-plugin`: the role of IRSA, put there when the pod was made.
    pub role_arn: Option<String>,
    /// Whether container `fsx-plugin` has `AWS_CONTAINER_CREDENTIALS_FULL_URI`, which Pod Identity puts there when the
    /// pod is made.
    pub pod_identity: bool,
    /// Image of container `fsx-plugin`.
    pub image: Option<String>,
}

impl ControllerPod {
    /// Whether it runs or may still run.
    pub fn is_living(&self) -> bool {
        !self.terminating && self.phase != "Succeeded" && self.phase != "Failed"
    }
}

/// A Helm release, from the Secret of its last revision.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Release {
    /// Its name.
    pub name: String,
    /// Its namespace.
    pub namespace: String,
    /// The chart's name: `aws-fsx-csi-driver`, or that of a chart which has it as a part.
    pub chart: String,
    /// The chart's version.
    pub chart_version: String,
    /// The version of what the chart installs.
    pub app_version: String,
    /// `deployed`, `failed`, `pending-install`, `pending-upgrade`, `pending-rollback`, `uninstalling`.
    pub status: String,
    /// The number of the last revision.
    pub revision: u32,
    /// Whether fsxctl's label is on it.
    pub ours: bool,
    /// Whether somebody else had made it, and `--adopt` named it.
    pub adopted: bool,
    /// Seconds since helm wrote to it, by this machine's clock; 0 when that lies in the future.
    pub age_seconds: u64,
    /// The values that were given.
    pub values: Value,
}

/// The helm program.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct HelmProgram {
    /// Where it was found.
    pub path: String,
    /// What it says of itself, `v4.2.4`.
    pub version: String,
}

/// An EKS add-on, from eks:DescribeAddon.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Addon {
    /// Its name.
    pub name: String,
    /// Its ARN.
    pub arn: String,
    /// `v1.9.0-eksbuild.1`.
    pub version: String,
    /// `ACTIVE`, `CREATING`, `CREATE_FAILED`, `DEGRADED`, …
    pub status: String,
    /// The IRSA role that it puts on its service account.
    pub role_arn: Option<String>,
    /// ARNs of associations that it owns.
    pub associations: Vec<String>,
    /// The configuration given, JSON or YAML.
    pub configuration: Option<String>,
    /// Health issues.
    pub issues: Vec<Issue>,
    /// Tags.
    pub tags: BTreeMap<String, String>,
}

/// A health issue of an add-on.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Issue {
    /// `ConfigurationConflict`, …
    pub code: String,
    /// EKS's own words.
    pub message: String,
}

/// A build of an add-on, from eks:DescribeAddonVersions.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct AddonVersion {
    /// `v1.9.0-eksbuild.1`.
    pub version: String,
    /// Kubernetes versions it is for.
    pub kubernetes: Vec<String>,
    /// Kubernetes versions it is the default for.
    pub default_for: Vec<String>,
}

/// The CSIDriver object.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct CsiDriver {
    /// `spec.attachRequired`.
    pub attach_required: Option<bool>,
    /// `spec.fsGroupPolicy`: `ReadWriteOnceWithFSType`, `File` or `None`.
    #[serde(default)]
    pub fs_group_policy: Option<String>,
    /// Labels, annotations and managers.
    pub marks: Marks,
}

/// A Deployment or DaemonSet of the driver.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Workload {
    /// Image of container `fsx-plugin`.
    pub image: Option<String>,
    /// Pods wanted.
    pub desired: u32,
    /// Pods ready.
    pub ready: u32,
    /// Whether its pods are being replaced at this moment: a change of it was not yet seen by its controller, or pods
    /// of an older template are still there. Only Deployments are asked.
    pub rolling: bool,
    /// The pods' service account.
    pub service_account: Option<String>,
    /// Environment of container `fsx-plugin` that has plain values.
    pub env: BTreeMap<String, String>,
    /// Labels, annotations and managers.
    pub marks: Marks,
}
