//! Volumes that somebody wrote.

use crate::doctor::sample::{examined, fixed, found, found_mut, mount_failure, user};
use crate::facts::{Checkup, Seen, Volume};

const VOLUME: &str = "PersistentVolume pvc-1";

fn written(change: impl FnOnce(&mut Volume)) -> Checkup {
    let mut checkup = fixed();
    change(&mut found_mut(&mut checkup.survey.facts.storage.volumes)[0]);
    checkup
}

/// The same, and the pod fails to mount it.
fn stuck(message: &str, change: impl FnOnce(&mut Volume)) -> Checkup {
    let mut checkup = written(change);
    for pod in found_mut(&mut checkup.survey.pods) {
        pod.phase = "Pending".to_owned();
        pod.ready = false;
        pod.node = Some("hyperpod-i-1".to_owned());
    }
    checkup.events = Seen::Found(vec![mount_failure(message)]);
    checkup
}

fn root(id: &str) -> [String; 2] {
    [format!("{id} error failed {VOLUME}"), format!("FSX-MNT-50 error blocked by {id} Pod default/app")]
}

#[test]
fn the_volume_as_it_should_be_has_no_finding() {
    assert_eq!(found(&fixed()), Vec::<String>::new());
}

#[test]
fn what_the_driver_mounts_by_must_be_there() {
    let checkup = stuck("rpc error: code = InvalidArgument desc = dnsname is not provided", |it| {
        it.dns_name = None;
        it.more.attributes = vec!["dnsName".to_owned(), "mountname".to_owned()];
    });
    assert_eq!(found(&checkup), root("FSX-STAT-01"));
    assert!(examined(&checkup)[0].summary.contains("it has dnsName"), "{}", examined(&checkup)[0].summary);

    let mut checkup = stuck("Mounting command failed: exit status 2", |it| {
        it.mount_name = None;
        it.more.attributes = vec!["dnsname".to_owned(), "mountName".to_owned()];
    });
    assert_eq!(found(&checkup), root("FSX-STAT-02"));
    // SCRATCH_1 is mounted as fsx.
    found_mut(&mut checkup.survey.facts.file_systems)[0].mount_name = Some("fsx".to_owned());
    assert_eq!(found(&checkup), ["FSX-MNT-50 error failed Pod default/app"]);
}

/// H-22: two volumes with one handle are fine while no pod uses both.
#[test]
fn one_handle_is_a_risk_for_a_pod_with_both() {
    let mut checkup = fixed();
    let mut volume = found_mut(&mut checkup.survey.facts.storage.volumes)[0].clone();
    volume.name = "second".to_owned();
    volume.claim = Some("default/second".to_owned());
    found_mut(&mut checkup.survey.facts.storage.volumes).push(volume);
    let mut claim = found_mut(&mut checkup.survey.claims)[0].clone();
    (claim.name, claim.uid, claim.volume) =
        ("second".to_owned(), "uid-2".to_owned(), Some("second".to_owned()));
    found_mut(&mut checkup.survey.claims).push(claim);
    let mut pod = user("other");
    pod.claims = vec!["second".to_owned()];
    found_mut(&mut checkup.survey.pods).push(pod);
    assert_eq!(found(&checkup), Vec::<String>::new(), "H-22");
    let mut both = user("both");
    both.claims.push("second".to_owned());
    found_mut(&mut checkup.survey.pods).push(both);
    assert_eq!(found(&checkup), Vec::<String>::new(), "it runs");
    let pod = &mut found_mut(&mut checkup.survey.pods)[2];
    (pod.phase, pod.ready, pod.node) = ("Pending".to_owned(), false, Some("hyperpod-i-1".to_owned()));
    assert_eq!(found(&checkup), ["FSX-STAT-03 warning failed Pod default/both"]);
}

#[test]
fn mount_options_of_a_class_do_not_reach_it() {
    let mut checkup = written(|it| it.mount_options.clear());
    let lines = found(&checkup);
    assert!(!lines.iter().any(|line| line.starts_with("FSX-STAT-04")), "{lines:#?}");
    checkup.survey.classes = Seen::Found(vec![crate::facts::sample::class()]);
    found_mut(&mut checkup.survey.facts.storage.volumes)[0].class = Some("fsx-sc".to_owned());
    found_mut(&mut checkup.survey.claims)[0].class = Some("fsx-sc".to_owned());
    let lines = found(&checkup);
    assert!(lines.contains(&format!("FSX-STAT-04 warning failed {VOLUME}")), "{lines:#?}");
    let all = examined(&checkup);
    let fix = all.iter().find(|it| it.id == "FSX-STAT-04").and_then(|it| it.fix.as_ref()).expect("a way out");
    assert_eq!(
        fix.commands,
        ["kubectl patch pv pvc-1 --type merge -p '{\"spec\":{\"mountOptions\":[\"flock\"]}}'"]
    );
}

#[test]
fn reclaim_policies_that_the_driver_cannot_follow() {
    for (policy, phase, wanted) in [
        ("Recycle", "Bound", "FSX-STAT-05 warning failed"),
        ("Recycle", "Failed", "FSX-STAT-05 error failed"),
        ("Delete", "Bound", "FSX-STAT-06 warning failed"),
        ("Delete", "Failed", "FSX-STAT-06 error failed"),
    ] {
        let checkup = written(|it| {
            it.reclaim_policy = policy.to_owned();
            it.phase = phase.to_owned();
        });
        assert_eq!(found(&checkup), [format!("{wanted} {VOLUME}")], "{policy} {phase}");
    }
    // With the driver's annotation the file system of somebody else goes with the claim.
    let checkup = written(|it| {
        it.reclaim_policy = "Delete".to_owned();
        it.marks
            .annotations
            .insert("pv.kubernetes.io/provisioned-by".to_owned(), "fsx.csi.aws.com".to_owned());
    });
    assert_eq!(found(&checkup), [format!("FSX-STAT-06 warning failed {VOLUME}")]);
}

#[test]
fn node_affinity_is_told_when_it_keeps_a_pod() {
    let mut checkup = written(|it| it.more.has_affinity = true);
    assert_eq!(found(&checkup), Vec::<String>::new());
    let pod = &mut found_mut(&mut checkup.survey.pods)[0];
    (pod.phase, pod.ready, pod.node) = ("Pending".to_owned(), false, None);
    pod.unscheduled = Some("0/5 nodes are available: 5 node(s) had volume node affinity conflict".to_owned());
    assert_eq!(found(&checkup), [format!("FSX-STAT-07 error failed {VOLUME}")]);
}

#[test]
fn a_directory_in_the_mount_name_is_told_by_errno() {
    let deep = |it: &mut Volume| it.mount_name = Some("abcdefgh/team".to_owned());
    let lines = found(&stuck("Mounting command failed: exit status 2", deep));
    assert!(lines.contains(&root("FSX-STAT-08")[0]) && lines.contains(&root("FSX-STAT-08")[1]), "{lines:#?}");
    let lines = found(&stuck("Mounting command failed: exit status 5", deep));
    assert!(!lines.iter().any(|line| line.starts_with("FSX-STAT-08")), "{lines:#?}");
}

#[test]
fn a_handle_is_never_the_reason_of_a_mount() {
    let wrong = |it: &mut Volume| it.handle = "fs-0abc".to_owned();
    assert_eq!(found(&written(wrong)), [format!("FSX-STAT-09 warning failed {VOLUME}")]);
    assert_eq!(
        found(&stuck("Mounting command failed: exit status 5", wrong)),
        [
            "FSX-MNT-07 error failed Pod default/app".to_owned(),
            "FSX-MNT-50 error blocked by FSX-MNT-07 Pod default/app".to_owned(),
            format!("FSX-STAT-09 warning failed {VOLUME}")
        ]
    );
    let own = written(|it| it.handle = "fs-1-team-a".to_owned());
    assert_eq!(found(&own), [format!("FSX-STAT-09 info failed {VOLUME}")]);
}
