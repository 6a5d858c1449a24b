//! File systems in trouble, and those that only look so.

use crate::doctor::sample::{
    NOW, broken, examined, fixed, found, found_mut, healthy, made, mount_failure, refusal, waiting,
};
use crate::facts::sample::hidden;
use crate::facts::{AdminAction, Checkup, Seen};

/// A cause, and the claim and the pod that it keeps waiting.
fn root(line: &str) -> Vec<String> {
    let id = line.split(' ').next().unwrap_or_default();
    vec![
        line.to_owned(),
        format!("FSX-BIND-50 error blocked by {id} PersistentVolumeClaim default/fsx-claim"),
        format!("FSX-SCHED-05 error blocked by {id} Pod default/app"),
    ]
}

fn stuck(checkup: &mut Checkup, message: &str) {
    for pod in found_mut(&mut checkup.survey.pods) {
        pod.phase = "Pending".to_owned();
        pod.ready = false;
        pod.node = Some("hyperpod-i-1".to_owned());
    }
    found_mut(&mut checkup.events).push(mount_failure(message));
}

const ALONE: [&str; 2] = [
    "FSX-BIND-50 error failed PersistentVolumeClaim default/fsx-claim",
    "FSX-SCHED-05 error blocked by FSX-BIND-50 Pod default/app",
];

#[test]
fn a_failed_file_system_explains_its_claim_in_the_words_of_fsx() {
    for (id, words) in [
        ("FSX-FS-01", "The security group does not permit Lustre LNET traffic"),
        ("FSX-FS-02", "There is insufficient capacity in the Availability Zone"),
    ] {
        let mut checkup = waiting();
        let mut system = made("FAILED", 3000);
        system.failure = Some(words.to_owned());
        checkup.survey.facts.file_systems = Seen::Found(vec![system]);
        assert_eq!(found(&checkup), root(&format!("{id} error failed FileSystem fs-2")));
        let first = examined(&checkup).swap_remove(0);
        assert!(first.cause.contains(words), "{}", first.cause);
        assert!(first.evidence.iter().any(|it| it.field == "FailureDetails.Message"), "{:?}", first.evidence);
    }
}

/// H-02, H-44: on its way, also with what the provisioner says meanwhile.
#[test]
fn what_is_being_made_is_worth_knowing_and_no_fault() {
    for ago in [30, 800] {
        let mut checkup = waiting();
        checkup.survey.facts.file_systems = Seen::Found(vec![made("CREATING", ago)]);
        let late = "rpc error: code = DeadlineExceeded desc = context deadline exceeded";
        checkup.events = Seen::Found(vec![refusal(late)]);
        assert_eq!(found(&checkup), ["FSX-NOTE-02 info failed FileSystem fs-2"]);
    }
    let mut checkup = waiting();
    checkup.survey.facts.file_systems = Seen::Found(vec![made("AVAILABLE", 700)]);
    assert_eq!(found(&checkup), Vec::<String>::new());
    checkup.survey.facts.file_systems = Seen::Found(vec![made("AVAILABLE", 7000)]);
    assert_eq!(found(&checkup), ALONE);
}

#[test]
fn what_takes_long_is_a_warning() {
    let mut checkup = waiting();
    checkup.survey.facts.file_systems = Seen::Found(vec![made("CREATING", 1200)]);
    assert_eq!(found(&checkup), ["FSX-FS-03 warning failed FileSystem fs-2"]);
    let mut large = made("CREATING", 1200);
    large.capacity_gib = Some(96_000);
    checkup.survey.facts.file_systems = Seen::Found(vec![large]);
    assert_eq!(found(&checkup), ["FSX-NOTE-02 info failed FileSystem fs-2"]);
}

#[test]
fn an_old_driver_may_make_another_one() {
    let mut checkup = waiting();
    for workload in found_mut(&mut checkup.workloads) {
        workload.image = Some("public.ecr.aws/fsx-csi-driver/aws-fsx-csi-driver:v1.5.0".to_owned());
    }
    checkup.survey.facts.file_systems = Seen::Found(vec![made("CREATING", 400)]);
    checkup.events =
        Seen::Found(vec![refusal("rpc error: code = DeadlineExceeded desc = context deadline exceeded")]);
    let lines = found(&checkup);
    assert!(lines.contains(&"FSX-FS-03 warning failed FileSystem fs-2".to_owned()), "{lines:#?}");
    let mut twin = made("CREATING", 100);
    twin.id = "fs-3".to_owned();
    found_mut(&mut checkup.survey.facts.file_systems).push(twin);
    let lines = found(&checkup);
    let claim = "FSX-FS-04 warning failed PersistentVolumeClaim default/fsx-claim".to_owned();
    assert!(lines.contains(&claim), "{lines:#?}");
}

#[test]
fn of_several_for_one_volume_those_that_it_does_not_name_may_go() {
    let mut checkup = healthy();
    let mut twin = found_mut(&mut checkup.survey.facts.file_systems)[0].clone();
    twin.id = "fs-3".to_owned();
    twin.dns_name = None;
    found_mut(&mut checkup.survey.facts.file_systems).push(twin);
    assert_eq!(found(&checkup), ["FSX-FS-04 warning failed PersistentVolume pvc-1"]);
    let fix = examined(&checkup).swap_remove(0).fix.expect("a way out");
    assert_eq!(fix.commands, ["aws fsx delete-file-system --file-system-id fs-3"]);
}

#[test]
fn codes_in_events_choose_among_what_keeps_a_claim() {
    let claim = "PersistentVolumeClaim default/fsx-claim";
    for (id, message) in [
        (
            "FSX-FS-05",
            "operation error FSx: DescribeFileSystems, failed to get rate limit token, retry quota exceeded",
        ),
        ("FSX-FS-06", "Could not create volume: api error ServiceLimitExceeded: whatever it says"),
        ("FSX-S3-01", "CreateFileSystem failed: BadRequest: Access denied for import path."),
    ] {
        let mut checkup = waiting();
        checkup.events = Seen::Found(vec![refusal(message)]);
        assert_eq!(found(&checkup), root(&format!("{id} error failed {claim}")));
        // H-03: what was said once is of the past.
        let mut old = refusal(message);
        old.last = Some(NOW - 3600);
        checkup.events = Seen::Found(vec![old]);
        assert_eq!(found(&checkup), ALONE);
        let bound = broken(|it| it.events = Seen::Found(vec![refusal(message)]));
        assert_eq!(bound, Vec::<String>::new());
    }
}

#[test]
fn another_size_is_told_by_capacity_and_code_together() {
    let mut checkup = waiting();
    let mut system = made("AVAILABLE", 90_000);
    system.capacity_gib = Some(2400);
    checkup.survey.facts.file_systems = Seen::Found(vec![system]);
    assert_eq!(found(&checkup), ALONE);
    let said =
        "rpc error: code = AlreadyExists desc = There is already a disk with same ID and different size";
    checkup.events = Seen::Found(vec![refusal(said)]);
    assert_eq!(found(&checkup), root("FSX-FS-10 error failed PersistentVolumeClaim default/fsx-claim"));
    found_mut(&mut checkup.survey.facts.file_systems)[0].capacity_gib = Some(1200);
    assert_eq!(found(&checkup), ALONE);
}

#[test]
fn a_file_system_that_serves_nobody_is_the_root_of_mounts() {
    for (lifecycle, kind, id) in [
        ("FAILED", "PERSISTENT_2", "FSX-FS-07"),
        ("DELETING", "PERSISTENT_2", "FSX-FS-07"),
        ("MISCONFIGURED", "PERSISTENT_2", "FSX-FS-07"),
        ("CREATING", "PERSISTENT_2", "FSX-FS-07"),
        ("FAILED", "SCRATCH_2", "FSX-FS-12"),
    ] {
        let lines = broken(|it| {
            let system = &mut found_mut(&mut it.survey.facts.file_systems)[0];
            system.lifecycle = lifecycle.to_owned();
            system.deployment_type = Some(kind.to_owned());
            stuck(it, "Mounting command failed: exit status 5: Is the MGS running?");
        });
        let wanted = [
            format!("{id} error failed FileSystem fs-1"),
            format!("FSX-MNT-50 error blocked by {id} Pod default/app"),
        ];
        assert_eq!(lines, wanted, "{lifecycle} {kind}");
    }
}

/// H-29, H-47, and a file system that is being made before anybody mounts it.
#[test]
fn usable_states_are_no_fault() {
    for (lifecycle, kind) in
        [("UPDATING", "PERSISTENT_2"), ("AVAILABLE", "SCRATCH_2"), ("CREATING", "PERSISTENT_2")]
    {
        let lines = broken(|it| {
            let system = &mut found_mut(&mut it.survey.facts.file_systems)[0];
            system.lifecycle = lifecycle.to_owned();
            system.deployment_type = Some(kind.to_owned());
            for pod in found_mut(&mut it.survey.pods) {
                pod.node = None;
            }
        });
        let told: &[&str] =
            if lifecycle == "UPDATING" { &["FSX-NOTE-29 info failed FileSystem fs-1"] } else { &[] };
        assert_eq!(lines, told, "{lifecycle} {kind}");
    }
}

#[test]
fn a_file_system_that_is_gone_is_certain_where_the_driver_made_it() {
    let gone = |it: &mut Checkup| it.survey.facts.file_systems = Seen::Found(Vec::new());
    assert_eq!(broken(gone), ["FSX-FS-08 error failed PersistentVolume pvc-1"]);
    let unseen = broken(|it| it.survey.facts.file_systems = hidden("fsx:DescribeFileSystems"));
    assert!(unseen.iter().all(|line| line.contains(" unseen ")), "{unseen:#?}");

    // One that somebody wrote may be of another account, and works.
    let mut checkup = fixed();
    gone(&mut checkup);
    assert_eq!(found(&checkup), Vec::<String>::new());
    found_mut(&mut checkup.survey.pods).clear();
    assert_eq!(found(&checkup), ["FSX-FS-08 warning failed PersistentVolume pvc-1"]);
    found_mut(&mut checkup.survey.facts.storage.volumes)[0].dns_name =
        Some("fs-1.fsx.eu-west-1.amazonaws.com".to_owned());
    assert_eq!(found(&checkup), Vec::<String>::new());

    let mut checkup = fixed();
    gone(&mut checkup);
    stuck(&mut checkup, "mount.lustre: Can't parse NID 'fs-1.fsx.us-west-2.amazonaws.com@tcp:/abcdefgh'");
    assert_eq!(
        found(&checkup),
        [
            "FSX-FS-08 error failed PersistentVolume pvc-1",
            "FSX-MNT-50 error blocked by FSX-FS-08 Pod default/app",
        ]
    );
}

fn growing(checkup: &mut Checkup, action: Option<(&str, i64)>) {
    let claim = &mut found_mut(&mut checkup.survey.claims)[0];
    claim.requested = "2400Gi".to_owned();
    claim.capacity = Some("1200Gi".to_owned());
    let actions = action.map(|(status, ago)| AdminAction {
        kind: "FILE_SYSTEM_UPDATE".to_owned(),
        status: status.to_owned(),
        failure: Some("whatever FSx says".to_owned()),
        at: Some(NOW - ago),
        ..AdminAction::default()
    });
    found_mut(&mut checkup.survey.facts.file_systems)[0].more.actions = actions.into_iter().collect();
}

#[test]
fn growth_is_judged_by_fields() {
    type Row = (Option<(&'static str, i64)>, &'static str, &'static [&'static str]);
    let rows: [Row; 7] = [
        (None, "PERSISTENT_2", &[]),
        (None, "SCRATCH_1", &["FSX-FS-14 error failed FileSystem fs-1"]),
        (Some(("IN_PROGRESS", 60)), "PERSISTENT_2", &[]),
        (Some(("UPDATED_OPTIMIZING", 9000)), "PERSISTENT_2", &["FSX-NOTE-29 info failed FileSystem fs-1"]),
        (Some(("FAILED", 60)), "PERSISTENT_2", &["FSX-FS-14 error failed FileSystem fs-1"]),
        (Some(("COMPLETED", 3600)), "PERSISTENT_2", &["FSX-FS-14 info failed FileSystem fs-1"]),
        (Some(("COMPLETED", 90_000)), "PERSISTENT_2", &[]),
    ];
    for (action, kind, wanted) in rows {
        let lines = broken(|it| {
            growing(it, action);
            found_mut(&mut it.survey.facts.file_systems)[0].deployment_type = Some(kind.to_owned());
        });
        assert_eq!(lines, wanted, "{action:?} {kind}");
    }
    for (message, wanted) in [
        (
            "resize failed: UpdateFileSystem failed: BadRequest: no",
            &["FSX-FS-14 error failed FileSystem fs-1"][..],
        ),
        ("rpc error: code = DeadlineExceeded desc = context deadline exceeded", &[]),
    ] {
        let lines = broken(|it| {
            growing(it, None);
            let mut event = refusal(message);
            event.reason = "VolumeResizeFailed".to_owned();
            it.events = Seen::Found(vec![event]);
        });
        assert_eq!(lines, wanted, "{message}");
    }
}

/// H-19, H-20, H-21, H-24, H-30.
#[test]
fn odd_file_systems_are_no_fault() {
    let mut checkup = fixed();
    let volume = &mut found_mut(&mut checkup.survey.facts.storage.volumes)[0];
    volume.size = "1Gi".to_owned();
    found_mut(&mut checkup.survey.claims)[0].requested = "1Gi".to_owned();
    assert_eq!(found(&checkup), Vec::<String>::new(), "H-20, H-30");
    let mut other = made("AVAILABLE", 90_000);
    other.tags.clear();
    found_mut(&mut checkup.survey.facts.file_systems).push(other);
    assert_eq!(found(&checkup), Vec::<String>::new(), "H-30");
}
