//! The wish: what was meant. Complete and valid before anything is looked at; no `Option` that means "default".
//!
//! Pure: environment and arguments are handed over. What only looking can tell (the cluster's name, the zone of
//! most nodes) stays open as `Auto`.

mod about;
mod bind;
mod doctor;
mod parse;
mod resolve;
#[cfg(test)]
pub(crate) mod sample;
mod settings;
mod status;
mod storage;
mod verify;

pub use about::Setup;
pub use bind::{Bind, Check, Namespaces, byo_intent, share_intent};
pub use doctor::{About, DoctorWish, doctor_intent, plain_intent};
pub use parse::{DRIVER_WORDS, DriverMode, GroupWish, IDENTITY_WORDS, IdentityMode, PolicyWish, SubnetWish};
pub use resolve::{Target, cluster_intent, migrate_intent, setup_intent};
pub use settings::{Asked, Env, SETTINGS, Setting, Source, candidates, duration, switch, winner};
pub use status::{StatusWish, status_intent};
pub use storage::StorageWish;
pub use verify::{CleanupWish, Pick, VerifyWish, verify_after, verify_intent};

use std::collections::{BTreeMap, BTreeSet};
use std::time::Duration;

use crate::steps::StepId;

/// The complete wish of a set-up command.
#[derive(Debug, Clone, PartialEq)]
pub struct Intent {
    /// Which parts.
    pub scope: BTreeSet<StepId>,
    /// Identity.
    pub identity: IdentityWish,
    /// Driver.
    pub driver: DriverWish,
    /// Network.
    pub network: NetworkWish,
    /// Storage.
    pub storage: StorageWish,
    /// Objects (kind, reference) that may be changed although fsxctl did not make them.
    pub adopt: Vec<(String, String)>,
    /// Tags of every AWS object made, ownership excluded.
    pub tags: BTreeMap<String, String>,
    /// Whether to wait for the result, and how long.
    pub wait: Option<Duration>,
    /// What is to be done in another way than it is.
    pub migrate: Option<Migrate>,
    /// A file system that is there already, to be bound or shared.
    pub bind: Option<Bind>,
}

/// What `fsxctl migrate` changes over; to what, the driver's or the identity's mode says.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Migrate {
    /// How the driver is installed.
    Driver,
    /// How its controller gets its role.
    Identity,
}

impl Intent {
    /// Whether `--adopt KIND/REF` names this object (kind without regard to case).
    pub fn adopts(&self, kind: &str, reference: &str) -> bool {
        self.adopt.iter().any(|(k, r)| k.eq_ignore_ascii_case(kind) && r == reference)
    }

    /// Whether a step is in scope.
    pub fn covers(&self, step: StepId) -> bool {
        self.scope.contains(&step)
    }
}

/// Who the driver is to be.
#[derive(Debug, Clone, PartialEq)]
pub struct IdentityWish {
    /// auto, irsa, pod-identity, none.
    pub mode: Asked<IdentityMode>,
    /// A role to use as it is.
    pub role_arn: Option<Asked<String>>,
    /// A role name other than the default.
    pub role_name: Option<Asked<String>>,
    /// `/` or `/a/b/`.
    pub role_path: Asked<String>,
    /// ARN of the permissions boundary.
    pub boundary: Option<Asked<String>>,
    /// What the role may do.
    pub policy: Asked<PolicyWish>,
    /// Namespace and name of the controller's service account.
    pub service_account: Asked<(String, String)>,
}

/// How the driver is to be there.
#[derive(Debug, Clone, PartialEq)]
pub struct DriverWish {
    /// auto, addon, helm, existing.
    pub mode: Asked<DriverMode>,
    /// A version of the add-on, or of the chart with Helm.
    pub version: Option<Asked<String>>,
    /// A chart other than the one of the driver's own repository.
    pub chart: Option<Asked<String>>,
    /// With Helm: values of the chart, by the path of names that leads to each.
    pub values: Vec<(Vec<String>, serde_json::Value)>,
    /// Whether a driver that is there shall be brought to another version.
    pub upgrade: bool,
}

/// The network that is wished for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NetworkWish {
    /// The file system's group.
    pub security_group: Asked<GroupWish>,
    /// Whether rules may be added to the nodes' groups.
    pub node_rules: bool,
    /// The file system's subnet.
    pub subnet: Asked<SubnetWish>,
    /// All traffic for EFA.
    pub efa: bool,
}
