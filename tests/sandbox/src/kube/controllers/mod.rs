//! The controllers of the cluster: what happens to objects by itself.

use jiff::Timestamp;

use crate::state::State;

/// Runs the controllers until nothing more is due at `state.now`; returns the next due time.
pub fn advance(_state: &mut State) -> Option<Timestamp> {
    None
}
