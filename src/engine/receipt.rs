//! What was done, as data: the receipt of a set-up.

use serde::{Deserialize, Serialize};

use crate::steps::Plan;

/// The volume that came to be, for the receipt.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize, schemars::JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct VolumeMade {
    /// The claim's namespace.
    pub namespace: String,
    /// The claim.
    pub claim: String,
    /// The PV, when bound.
    pub persistent_volume: Option<String>,
    /// `fs-…`.
    pub file_system_id: Option<String>,
    /// DNS name.
    pub dns_name: Option<String>,
    /// Mount name.
    pub mount_name: Option<String>,
}

/// One change that was made or found made.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Made {
    /// The change's id in the plan.
    pub change: String,
    /// The id or ARN that came to be.
    pub id: Option<String>,
}

/// The end of a set-up that applied, or that had nothing to do.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Receipt {
    /// The plan as it was shown.
    pub plan: Plan,
    /// Changes that were made; those of the plan that are not here were not.
    pub made: Vec<Made>,
    /// The volume, when the storage step was in scope.
    pub volume: Option<VolumeMade>,
    /// The volumes of further namespaces.
    pub more: Vec<VolumeMade>,
    /// Whether waiting was asked for and ended.
    pub waited: bool,
}
