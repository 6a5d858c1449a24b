//! Odd, and all right: what is worth knowing and needs no mending.

use super::check::Check;

/// The checks.
pub(super) const CHECKS: &[Check] = &[];
