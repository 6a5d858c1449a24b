//! The table of all checks: it feeds `doctor`, `doctor list`, `explain` and the docs.

use super::check::Check;
use super::{
    auth, bind, class, deletion, file_system, fixed, hyperpod, install, mount, network, notes, s3, schedule,
    zone,
};

/// All checks, area by area.
pub const CHECKS: [&[Check]; 15] = [
    install::CHECKS,
    schedule::CHECKS,
    auth::CHECKS,
    file_system::CHECKS,
    class::CHECKS,
    network::CHECKS,
    zone::CHECKS,
    bind::CHECKS,
    fixed::CHECKS,
    mount::CHECKS,
    s3::CHECKS,
    hyperpod::CHECKS,
    deletion::CHECKS,
    notes::STORAGE,
    notes::NETWORK,
];

/// All checks.
pub fn all() -> impl Iterator<Item = &'static Check> {
    CHECKS.into_iter().flatten()
}

/// A check by its id; capitals do not matter.
pub fn find(id: &str) -> Option<&'static Check> {
    all().find(|check| check.id.eq_ignore_ascii_case(id))
}
