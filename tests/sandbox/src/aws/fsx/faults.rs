//! Lifecycle outcomes of the world's `faults`: `{service: fsx, operation: …, outcome: FAILED, message}`.
//! Faults that change an answer are not handled here.

use serde_json::{Value, json};

use crate::server::fault;
use crate::state::State;

/// The outcome that the first matching fault gives to what an operation makes; counts its use.
pub fn outcome(state: &mut State, operation: &str) -> Option<Value> {
    let (outcome, message) = fault::outcome(state, "fsx", operation)?;
    let message = message.unwrap_or_else(|| "The sandbox's world file asks for this outcome.".to_owned());
    Some(json!({"Lifecycle": outcome, "Message": message}))
}
