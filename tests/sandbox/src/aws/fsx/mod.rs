//! FSx for Lustre.

use jiff::Timestamp;

use crate::call::{Answer, Call};
use crate::state::State;

/// Handles a call to FSx.
///
/// # Errors
/// 501.
pub fn handle(_state: &mut State, call: &Call) -> Answer {
    Err(super::not_served(call))
}

/// Moves.
pub fn advance(_state: &mut State) -> Option<Timestamp> {
    None
}
