//! Volumes of file systems that were there before.

use super::check::Check;

/// The checks.
pub(super) const CHECKS: &[Check] = &[];
