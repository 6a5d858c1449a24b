//! The AWS side: one module per service, reached only through [`call`].
//!
//! A call is judged (`access`), then handled by its service; a service never judges and never frames.

use jiff::Timestamp;

pub mod ec2;
pub mod fsx;

use crate::call::{Answer, AwsError, Call};
use crate::state::State;

/// Judges and handles one call.
///
/// # Errors
/// Whatever the service answers, `AccessDenied` in the service's own form included.
pub fn call(state: &mut State, call: &Call) -> Answer {
    // access::authorize(state, call)?;
    match call.service.as_str() {
        "ec2" => ec2::handle(state, call),
        "fsx" => fsx::handle(state, call),
        // "sts" => sts::handle(state, call), …
        _ => Err(not_served(call)),
    }
}

/// The answer for an operation that the sandbox does not have: 501 with its name.
pub fn not_served(call: &Call) -> AwsError {
    AwsError::new("NotImplemented", format!("the sandbox does not serve {}:{}", call.service, call.operation))
        .with_status(501)
}

/// Moves AWS lifecycles that are due at `state.now`; returns the next due time.
pub fn advance(state: &mut State) -> Option<Timestamp> {
    [ec2::advance(state), fsx::advance(state)].into_iter().flatten().min()
}
