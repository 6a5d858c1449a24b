//! Identity: who the controller is to AWS, and what it may do there.

use super::check::Check;

/// The checks.
pub(super) const CHECKS: &[Check] = &[];
