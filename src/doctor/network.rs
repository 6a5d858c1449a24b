//! Security groups, ACLs, routes and DNS between nodes and file systems.

use super::check::Check;

/// The checks.
pub(super) const CHECKS: &[Check] = &[];
