//! Claims and volumes that do not come together, and those that only seem not to.

use crate::doctor::sample::{
    NOW, broken, examined, fixed, found, found_mut, healthy, made, refusal, user, waiting,
};
use crate::facts::sample::hidden;
use crate::facts::{Checkup, ClassRow, Seen};

const CLAIM: &str = "PersistentVolumeClaim default/fsx-claim";

/// A volume that somebody wrote, and a claim that names it and waits, with its pod.
fn apart(change: impl FnOnce(&mut Checkup)) -> Checkup {
    let mut checkup = fixed();
    let volume = &mut found_mut(&mut checkup.survey.facts.storage.volumes)[0];
    volume.phase = "Available".to_owned();
    volume.claim = None;
    volume.claim_uid = None;
    found_mut(&mut checkup.survey.claims)[0].phase = "Pending".to_owned();
    for pod in found_mut(&mut checkup.survey.pods) {
        pod.phase = "Pending".to_owned();
        pod.ready = false;
        pod.node = None;
    }
    change(&mut checkup);
    checkup
}

fn root(id: &str) -> Vec<String> {
    vec![format!("{id} error failed {CLAIM}"), format!("FSX-SCHED-05 error blocked by {id} Pod default/app")]
}

#[test]
fn a_class_that_is_not_there_is_told_with_the_one_that_is() {
    let mut checkup = waiting();
    found_mut(&mut checkup.survey.claims)[0].class = Some("fsx_sc".to_owned());
    assert_eq!(found(&checkup), [format!("FSX-BIND-01 error failed {CLAIM}")]);
    assert!(examined(&checkup)[0].summary.contains("fsx-sc is there"));
    // Whose claim it is cannot be told.
    found_mut(&mut checkup.survey.claims)[0].class = Some("gold".to_owned());
    assert_eq!(found(&checkup), Vec::<String>::new());
    found_mut(&mut checkup.survey.claims)[0].class = Some("fsx_sc".to_owned());
    checkup.all_classes = hidden("list storageclasses.storage.k8s.io");
    let unseen = found(&checkup);
    assert!(unseen.iter().all(|line| line.contains(" unseen ")), "{unseen:#?}");
}

#[test]
fn a_claim_without_class_and_volume_waits_for_ever() {
    let mut checkup = waiting();
    found_mut(&mut checkup.survey.claims)[0].class = None;
    assert_eq!(found(&checkup), [format!("FSX-BIND-02 error failed {CLAIM}")]);
    found_mut(&mut checkup.survey.claims)[0].created = Some(NOW - 10);
    assert_eq!(found(&checkup), Vec::<String>::new());
}

#[test]
fn claim_and_volume_are_compared_field_by_field() {
    type Row = (&'static str, fn(&mut Checkup));
    let rows: [Row; 8] = [
        ("FSX-BIND-03", |it| found_mut(&mut it.survey.claims)[0].requested = "2400Gi".to_owned()),
        ("FSX-BIND-03", |it| {
            found_mut(&mut it.survey.claims)[0].access_modes = vec!["ReadWriteOnce".to_owned()]
        }),
        ("FSX-BIND-03", |it| found_mut(&mut it.survey.claims)[0].class = Some("gold".to_owned())),
        ("FSX-BIND-03", |it| {
            found_mut(&mut it.survey.facts.storage.volumes)[0].class = Some("gold".to_owned());
        }),
        ("FSX-BIND-04", |it| {
            found_mut(&mut it.survey.claims)[0].class = Some("gp3".to_owned());
            let provisioner = "ebs.csi.aws.com".to_owned();
            it.all_classes =
                Seen::Found(vec![ClassRow { name: "gp3".to_owned(), provisioner, default: true }]);
        }),
        ("FSX-BIND-05", |it| {
            let volume = &mut found_mut(&mut it.survey.facts.storage.volumes)[0];
            volume.claim = Some("ml/other".to_owned());
            volume.claim_uid = Some("uid-9".to_owned());
            volume.phase = "Bound".to_owned();
        }),
        ("FSX-BIND-06", |it| {
            let volume = &mut found_mut(&mut it.survey.facts.storage.volumes)[0];
            volume.claim = Some("default/fsx-claim".to_owned());
            volume.claim_uid = Some("uid-0".to_owned());
            volume.phase = "Released".to_owned();
        }),
        ("FSX-BIND-06", |it| {
            found_mut(&mut it.survey.claims)[0].volume = None;
            let volume = &mut found_mut(&mut it.survey.facts.storage.volumes)[0];
            volume.claim = Some("default/fsx-claim".to_owned());
            volume.claim_uid = Some("uid-0".to_owned());
            volume.reclaim_policy = "Retain".to_owned();
            volume.phase = "Released".to_owned();
        }),
    ];
    for (at, (id, change)) in rows.into_iter().enumerate() {
        let mut lines = found(&apart(change));
        // That a volume is kept is worth knowing besides.
        lines.retain(|line| !line.starts_with("FSX-NOTE-19"));
        assert_eq!(lines, root(id), "row {at}");
    }
    assert_eq!(
        found(&apart(|_| ())),
        ["FSX-SCHED-05 error failed Pod default/app"],
        "what agrees is bound in a moment"
    );
}

#[test]
fn a_default_class_that_made_another_volume_is_told() {
    let mut checkup = apart(|it| {
        let claim = &mut found_mut(&mut it.survey.claims)[0];
        (claim.class, claim.volume) = (Some("gp3".to_owned()), Some("pvc-ebs".to_owned()));
        claim.phase = "Bound".to_owned();
        found_mut(&mut it.survey.facts.storage.volumes)[0].claim = Some("default/fsx-claim".to_owned());
        let provisioner = "ebs.csi.aws.com".to_owned();
        it.all_classes = Seen::Found(vec![ClassRow { name: "gp3".to_owned(), provisioner, default: true }]);
    });
    found_mut(&mut checkup.survey.pods).clear();
    assert_eq!(found(&checkup), [format!("FSX-BIND-04 warning failed {CLAIM}")]);
}

#[test]
fn a_pod_of_another_namespace_is_told_where_the_claim_is() {
    let mut checkup = healthy();
    let mut pod = user("elsewhere");
    pod.namespace = "ml".to_owned();
    pod.phase = "Pending".to_owned();
    pod.ready = false;
    pod.node = None;
    found_mut(&mut checkup.survey.pods).push(pod);
    assert_eq!(found(&checkup), ["FSX-BIND-07 error failed Pod ml/elsewhere"]);
    let fix = examined(&checkup).swap_remove(0).fix.expect("a way out");
    assert!(
        fix.commands[0].contains("--namespaces ml") && fix.commands[0].contains("--fs-id fs-1"),
        "{fix:?}"
    );
    // The claims of other namespaces were not looked at.
    checkup.survey.namespace = Some("ml".to_owned());
    assert_eq!(found(&checkup), Vec::<String>::new());
}

#[test]
fn a_claim_that_lost_its_volume_is_bound_again_to_the_file_system() {
    let mut checkup = healthy();
    found_mut(&mut checkup.survey.claims)[0].phase = "Lost".to_owned();
    found_mut(&mut checkup.survey.facts.storage.volumes).clear();
    checkup.survey.facts.file_systems = Seen::Found(vec![made("AVAILABLE", 90_000)]);
    assert_eq!(found(&checkup), [format!("FSX-BIND-08 error failed {CLAIM}")]);
    let fix = examined(&checkup).swap_remove(0).fix.expect("a way out");
    assert!(fix.commands[1].contains("fsxctl byo") && fix.commands[1].contains("--fs-id fs-2"), "{fix:?}");
}

#[test]
fn read_only_many_is_neither_made_nor_mounted() {
    let mut checkup = waiting();
    found_mut(&mut checkup.survey.claims)[0].access_modes = vec!["ReadOnlyMany".to_owned()];
    assert_eq!(
        found(&checkup),
        [
            format!("FSX-BIND-09 error failed {CLAIM}"),
            format!("FSX-BIND-50 error blocked by FSX-BIND-09 {CLAIM}"),
            "FSX-SCHED-05 error blocked by FSX-BIND-09 Pod default/app".to_owned(),
        ]
    );
    let mut checkup = fixed();
    let modes = |modes: &[&str]| modes.iter().map(|mode| (*mode).to_owned()).collect();
    found_mut(&mut checkup.survey.facts.storage.volumes)[0].access_modes = modes(&["ReadOnlyMany"]);
    assert_eq!(found(&checkup), ["FSX-BIND-09 error failed PersistentVolume pvc-1"]);
    // The kubelet takes the first.
    found_mut(&mut checkup.survey.facts.storage.volumes)[0].access_modes =
        modes(&["ReadWriteMany", "ReadOnlyMany"]);
    assert_eq!(found(&checkup), Vec::<String>::new());
}

#[test]
fn a_claim_is_not_late_while_what_is_made_for_it_is_hidden() {
    let mut checkup = waiting();
    checkup.survey.facts.file_systems = hidden("fsx:DescribeFileSystems");
    found_mut(&mut checkup.survey.claims)[0].created = Some(NOW - 600);
    found_mut(&mut checkup.survey.pods).clear();
    let unseen = found(&checkup);
    assert!(unseen.iter().all(|line| line.contains(" unseen ")), "{unseen:#?}");
    assert!(unseen.iter().any(|line| line.starts_with("FSX-BIND-50")), "{unseen:#?}");
}

/// H-01, H-02, H-03, H-05, H-21, H-22, H-41.
#[test]
fn odd_claims_are_no_fault() {
    let mut checkup = waiting();
    found_mut(&mut checkup.survey.classes)[0].binding_mode = "WaitForFirstConsumer".to_owned();
    found_mut(&mut checkup.survey.pods).clear();
    assert_eq!(found(&checkup), [format!("FSX-NOTE-01 info failed {CLAIM}")], "H-01");

    let mut checkup = waiting();
    found_mut(&mut checkup.survey.claims)[0].created = Some(NOW - 30);
    assert_eq!(found(&checkup), Vec::<String>::new(), "H-02, asked for a moment ago");
    checkup.events = Seen::Found(vec![refusal("rpc error: code = Internal desc = AccessDeniedException")]);
    assert!(found(&checkup)[0].starts_with("FSX-BIND-50 error failed"), "what is refused does not come");

    let past =
        broken(|it| it.events = Seen::Found(vec![refusal("Could not create volume: SubnetId is required")]));
    assert_eq!(past, Vec::<String>::new(), "H-03");

    let once = broken(|it| {
        found_mut(&mut it.survey.claims)[0].access_modes = vec!["ReadWriteOnce".to_owned()];
        for (name, node) in [("one", "hyperpod-i-1"), ("two", "hyperpod-i-2")] {
            let mut pod = user(name);
            pod.node = Some(node.to_owned());
            found_mut(&mut it.survey.pods).push(pod);
        }
    });
    assert_eq!(once, Vec::<String>::new(), "H-21");

    let other = broken(|it| {
        let mut claim = found_mut(&mut it.survey.claims)[0].clone();
        claim.name = "zfs-fsx".to_owned();
        claim.class = Some("zfs".to_owned());
        claim.provisioner = Some("fsx.openzfs.csi.aws.com".to_owned());
        claim.phase = "Pending".to_owned();
        claim.volume = None;
        found_mut(&mut it.survey.claims).push(claim);
        let provisioner = "fsx.openzfs.csi.aws.com".to_owned();
        found_mut(&mut it.all_classes).push(ClassRow { name: "zfs".to_owned(), provisioner, default: false });
    });
    assert_eq!(other, Vec::<String>::new(), "H-41");
}

/// Hiding a fact takes findings away and never adds one: nothing is concluded from what is not seen.
#[test]
fn what_is_hidden_adds_no_finding_to_a_fault() {
    let hides: [fn(&mut Checkup); 9] = [
        |it| it.events = hidden("list events"),
        |it| it.workloads = hidden("list deployments.apps"),
        |it| it.driver_pods = hidden("list pods"),
        |it| it.csi_nodes = hidden("list csinodes.storage.k8s.io"),
        |it| it.all_classes = hidden("list storageclasses.storage.k8s.io"),
        |it| it.survey.claims = hidden("list persistentvolumeclaims"),
        |it| it.survey.pods = hidden("list pods"),
        |it| it.survey.facts.file_systems = hidden("fsx:DescribeFileSystems"),
        |it| it.survey.facts.storage.volumes = hidden("list persistentvolumes"),
    ];
    let mut failed = waiting();
    failed.survey.facts.file_systems = Seen::Found(vec![made("FAILED", 3000)]);
    let mut renamed = waiting();
    found_mut(&mut renamed.survey.claims)[0].class = Some("fsx_sc".to_owned());
    let mut bare = waiting();
    found_mut(&mut bare.survey.claims)[0].class = None;
    let mut refused = waiting();
    refused.events = Seen::Found(vec![refusal("api error ServiceLimitExceeded: no")]);
    let mut kept = healthy();
    found_mut(&mut kept.survey.facts.storage.volumes)[0].reclaim_policy = "Delete".to_owned();
    found_mut(&mut kept.survey.facts.file_systems).push(made("AVAILABLE", 90_000));
    let larger = apart(|it| found_mut(&mut it.survey.claims)[0].requested = "2400Gi".to_owned());
    for (at, world) in
        [waiting(), failed, renamed, bare, refused, kept, larger, fixed()].into_iter().enumerate()
    {
        let subject = |line: &String| {
            let mut words = line.split(' ');
            (words.next().map(str::to_owned), line.rsplit(' ').next().map(str::to_owned))
        };
        let seen: Vec<_> = found(&world).iter().map(subject).collect();
        for (by, hide) in hides.iter().enumerate() {
            let mut world = world.clone();
            hide(&mut world);
            let told = found(&world);
            let new = told.iter().find(|line| !line.contains(" unseen ") && !seen.contains(&subject(line)));
            assert_eq!(new, None, "world {at}, hidden {by}: {told:#?}");
        }
    }
}
