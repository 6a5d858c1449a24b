//! The Kubernetes side: the object store, its HTTP API and the controllers.

pub mod admission;
pub mod controllers;
pub mod error;
pub mod events;
pub mod fields;
pub mod http;
pub mod kinds;
pub mod patch;
pub mod pod_security;
pub mod quantity;
pub mod schema;
pub mod selector;
pub mod store;

use jiff::Timestamp;

use crate::state::State;
pub use controllers::driver_rounds;
pub use error::KubeError;
pub use http::{Shared, respond};
pub use store::KubeStore;

/// Runs the controllers until nothing more is due at `state.now`; returns the next due time.
pub fn advance(state: &mut State) -> Option<Timestamp> {
    controllers::advance(state)
}
