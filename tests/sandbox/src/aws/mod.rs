//! The AWS side: one module per service, reached only through [`call`].
//!
//! A call is judged (`access`), then handled by its service; a service never judges and never frames.

use jiff::Timestamp;

use crate::call::{Answer, AwsError, Call};
use crate::state::State;

pub mod access;
pub mod ec2;
pub mod eks;
pub mod fsx;
pub mod iam;
pub mod identity;
pub mod paging;
pub mod policy;
pub mod row;
pub mod sagemaker;
pub mod sts;

/// Judges and handles one call.
///
/// # Errors
/// Whatever the service answers, `AccessDenied` in the service's own form included.
pub fn call(state: &mut State, call: &Call) -> Answer {
    fill(state);
    access::authorize(state, call)?;
    let whole = match call.service.as_str() {
        "sts" => sts::handle(state, call),
        "iam" => iam::handle(state, call),
        "eks" => eks::handle(state, call),
        "sagemaker" => sagemaker::handle(state, call),
        "ec2" => ec2::handle(state, call),
        "fsx" => fsx::handle(state, call),
        _ => Err(not_served(call)),
    }?;
    paging::page(call, whole)
}

/// The answer for an operation that the sandbox does not have: 501 with its name.
pub fn not_served(call: &Call) -> AwsError {
    let what = format!("the sandbox does not serve {}:{}", call.service, call.operation);
    AwsError::new("NotImplemented", what).with_status(501)
}

/// Fills in what a world file need not give (ARNs, ids, times, defaults); what is given is left alone.
/// Cheap when there is nothing to fill, so it is done before every call.
pub fn fill(state: &mut State) {
    iam::fill::fill(state);
    eks::fill::fill(state);
    sagemaker::fill(state);
}

/// Moves AWS lifecycles that are due at `state.now`; returns the next due time.
pub fn advance(state: &mut State) -> Option<Timestamp> {
    [ec2::advance(state), eks::advance(state), fsx::advance(state)].into_iter().flatten().min()
}
