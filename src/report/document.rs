//! The documents of `-o json` and `-o yaml`, exactly as the contract names their fields.
//!
//! Within `v1alpha1` no field is removed or changes its meaning; `docs/reference/` has the schemas.

use serde::Serialize;

use super::{ClusterId, VerifyBody};
use crate::engine::VolumeMade;
use crate::error::Kind;
use crate::steps::{Decision, Note, Resource, StepId, Verb};

mod build;
#[cfg(test)]
mod tests;
mod text;

pub use build::{error_document, plan_document, receipt_document};
pub use text::{to_json, to_json_line, to_yaml};

/// The version of the documents.
pub(super) const API_VERSION: &str = "fsxctl.io/v1alpha1";

/// What a document is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, schemars::JsonSchema)]
pub enum DocumentKind {
    /// What would be done.
    Plan,
    /// What was done.
    Receipt,
    /// Why it ended badly.
    Error,
    /// Which container images are pulled.
    Images,
    /// Which builds of the add-on there are.
    DriverVersions,
    /// What a command line needs to be allowed.
    Permissions,
    /// What is there, and whether it is all right.
    Status,
    /// Whether a claim can be used on the nodes.
    VerifyReport,
    /// What is wrong.
    DoctorReport,
    /// Which checks there are.
    Checks,
    /// What a word means.
    Explanation,
}

/// What every document says about the run; all of it is handed in.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Frame {
    /// The version of fsxctl.
    pub version: String,
    /// The cluster, as far as it got.
    pub cluster: Option<ClusterId>,
    /// When the run began, RFC 3339.
    pub started_at: String,
    /// How long it took, milliseconds.
    pub duration_ms: u64,
    /// What the process ends with.
    pub exit_code: u8,
}

/// One document: what all have, then what its kind has.
#[derive(Debug, Clone, PartialEq, Serialize, schemars::JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct Document<Body> {
    /// `fsxctl.io/v1alpha1`.
    pub api_version: String,
    /// What the document is.
    pub kind: DocumentKind,
    /// The version of fsxctl that wrote it.
    pub fsxctl_version: String,
    /// The cluster; null when none was found.
    pub cluster: Option<ClusterId>,
    /// When the run began, RFC 3339.
    pub started_at: String,
    /// How long it took, milliseconds.
    pub duration_ms: u64,
    /// What the process ends with.
    pub exit_code: u8,
    /// What the kind adds.
    #[serde(flatten)]
    pub body: Body,
}

impl<Body> Document<Body> {
    pub(super) fn new(frame: &Frame, kind: DocumentKind, body: Body) -> Self {
        Self {
            api_version: API_VERSION.to_owned(),
            kind,
            fsxctl_version: frame.version.clone(),
            cluster: frame.cluster.clone(),
            started_at: frame.started_at.clone(),
            duration_ms: frame.duration_ms,
            exit_code: frame.exit_code,
            body,
        }
    }
}

/// What a `Plan` document adds.
#[derive(Debug, Clone, PartialEq, Serialize, schemars::JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct PlanBody {
    /// One item a step.
    pub items: Vec<PlanItem>,
    /// Lines about the whole.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub notes: Vec<Note>,
    /// Expected minutes until done.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub expected_minutes: Option<u32>,
}

/// One step of a plan.
#[derive(Debug, Clone, PartialEq, Serialize, schemars::JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct PlanItem {
    /// Which step.
    pub step: StepId,
    /// What it came to.
    pub decision: Decision,
    /// Why, in one clause.
    pub because: String,
    /// Its changes, in the order in which they are made.
    pub changes: Vec<ChangeItem>,
    /// What is worth telling besides.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub notes: Vec<Note>,
    /// Why it cannot go on.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub blocked: Option<Stop>,
}

/// Why a step cannot go on.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, schemars::JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct Stop {
    /// The exit code that this alone would give.
    pub code: u8,
    /// The code's name.
    pub reason: Kind,
    /// The sentence.
    pub message: String,
    /// The missing permission.
    pub permission: Option<String>,
    /// The one thing to do.
    pub next: Option<String>,
}

/// One change of a plan.
#[derive(Debug, Clone, PartialEq, Serialize, schemars::JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct ChangeItem {
    /// Create, update or delete.
    pub verb: Verb,
    /// What it is about.
    pub resource: Resource,
    /// Why, in one clause.
    pub because: String,
    /// IAM actions, or RBAC verb and resource, that it needs.
    pub permissions: Vec<String>,
    /// Values that are known only after it was made.
    pub later: Vec<String>,
}

/// What a `Receipt` document adds.
#[derive(Debug, Clone, PartialEq, Serialize, schemars::JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct ReceiptBody {
    /// One item a step.
    pub items: Vec<DoneItem>,
    /// The volume, when storage was in scope.
    pub volume: Option<VolumeMade>,
    /// The volumes of further namespaces, when there are several.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub more_volumes: Vec<VolumeMade>,
    /// What pods on the nodes came to, when that was asked for.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub verification: Option<VerifyBody>,
    /// Lines about the whole.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub notes: Vec<Note>,
}

/// One step of a receipt.
#[derive(Debug, Clone, PartialEq, Serialize, schemars::JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct DoneItem {
    /// Which step.
    pub step: StepId,
    /// What it came to in the plan.
    pub decision: Decision,
    /// Why, in one clause.
    pub because: String,
    /// Its changes, each with whether it was made.
    pub changes: Vec<DoneChange>,
    /// Whether the step is as asked now.
    pub done: bool,
    /// The ids and ARNs that came to be, in the order of the changes.
    pub ids: Vec<String>,
    /// What is worth telling besides.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub notes: Vec<Note>,
}

/// One change of a receipt.
#[derive(Debug, Clone, PartialEq, Serialize, schemars::JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct DoneChange {
    /// The change as it was planned.
    #[serde(flatten)]
    pub change: ChangeItem,
    /// Whether it was made.
    pub done: bool,
    /// The id or ARN that came to be.
    pub id: Option<String>,
}

/// What an `Error` document adds.
#[derive(Debug, Clone, PartialEq, Serialize, schemars::JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct ErrorBody {
    /// The exit code that the cause decides.
    pub code: u8,
    /// The code's name.
    pub reason: Kind,
    /// The sentence.
    pub message: String,
    /// From the nearest cause to the farthest.
    pub causes: Vec<String>,
    /// Lines that belong to the message, such as a list of clusters.
    pub details: Vec<String>,
    /// The missing permission.
    pub permission: Option<String>,
    /// The one thing to do next.
    pub next: Option<String>,
    /// Whether anything was changed before.
    pub partial: bool,
    /// What was changed before.
    pub done: Vec<String>,
    /// What was planned and not done.
    pub left: Vec<String>,
    /// Always empty; here because every document has it.
    pub items: Vec<PlanItem>,
    /// The plan it happened in.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub plan: Option<PlanBody>,
}
