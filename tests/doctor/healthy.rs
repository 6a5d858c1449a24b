//! What is healthy, and what only looks odd: no error and no warning.

use crate::case::{Case, check, diagnosed, findings};
use crate::harness::World;

#[test]
fn built_in_worlds_have_nothing_to_mend() {
    for world in ["ready", "done", "existing"] {
        let (run, report) = diagnosed(&World::of(&[world]), "");
        let bad = |line: &&String| line.contains(" error ") || line.contains(" warning ");
        let found = findings(&report);
        assert!(!found.iter().any(|line| bad(&line)), "{world}: {found:#?}");
        assert_eq!(report["verdict"], "healthy", "{}", run.show());
    }
}

/// A cluster that nobody has set up yet is no fault.
#[test]
fn a_bare_cluster_is_told_where_to_begin() {
    check(&[Case {
        name: "bare",
        world: &["bare"],
        until: "",
        finds: &["FSX-INST-01 info failed CSIDriver fsx.csi.aws.com"],
    }]);
}
