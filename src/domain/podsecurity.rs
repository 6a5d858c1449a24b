//! Pod Security Standards, as far as they decide about the pods that fsxctl makes.
//!
//! Source: [Pod Security Standards](https://kubernetes.io/docs/concepts/security/pod-security-standards/) and
//! [Admission](https://kubernetes.io/docs/concepts/security/pod-security-admission/).

use std::collections::BTreeMap;

/// The label of a namespace whose level is enforced.
pub const ENFORCE: &str = "pod-security.kubernetes.io/enforce";

/// Levels, each stricter than the one before.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Level {
    /// Everything is admitted.
    Privileged,
    /// No known way to more privileges.
    Baseline,
    /// Hardened: not root, no capabilities, a seccomp profile.
    Restricted,
}

/// The level that a namespace's labels enforce. Without the label the cluster's own default holds, which nobody can look
/// up; a word that is no level is enforced as `restricted`, as the admission controller does.
pub fn enforced(labels: &BTreeMap<String, String>) -> Option<Level> {
    Some(match labels.get(ENFORCE)?.as_str() {
        "privileged" => Level::Privileged,
        "baseline" => Level::Baseline,
        _ => Level::Restricted,
    })
}

/// Whether a pod without capabilities, privilege escalation, host paths or host namespaces, with the runtime's seccomp
/// profile, is admitted when it runs as this user.
pub const fn admits(level: Level, uid: u32) -> bool {
    !matches!(level, Level::Restricted) || uid != 0
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_the_strictest_level_minds_root() {
        let labels = |word: &str| BTreeMap::from([(ENFORCE.to_owned(), word.to_owned())]);
        assert_eq!(enforced(&BTreeMap::new()), None);
        for (word, level, root) in [
            ("privileged", Level::Privileged, true),
            ("baseline", Level::Baseline, true),
            ("restricted", Level::Restricted, false),
            ("strict", Level::Restricted, false),
        ] {
            assert_eq!(enforced(&labels(word)), Some(level), "{word}");
            assert_eq!((admits(level, 0), admits(level, 1000)), (root, true), "{word}");
        }
    }
}
