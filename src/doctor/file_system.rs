//! File systems: lifecycle, capacity, quotas, growth.

use super::check::Check;

/// The checks.
pub(super) const CHECKS: &[Check] = &[];
