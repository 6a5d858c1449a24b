//! Generated objects, for scale.

use serde_json::Value;

use super::file::Synthetic;
use crate::state::State;

/// The AWS side: nodes and file systems.
pub fn aws(_state: &mut State, _wanted: &Synthetic) {}

/// The Kubernetes side.
pub fn objects(_state: &State, _wanted: &Synthetic) -> Vec<Value> {
    Vec::new()
}
