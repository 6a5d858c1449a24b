//! StorageClasses: whether FSx would make what they ask for.

use super::check::Check;

/// The checks.
pub(super) const CHECKS: &[Check] = &[];
