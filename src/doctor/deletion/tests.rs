//! What hangs, leaks or takes data with it.

use crate::doctor::sample::{NOW, broken, found, found_mut, healthy, made};
use crate::facts::sample::{OTHER_CLUSTER, hidden, tags_of};
use crate::facts::{Checkup, ObjectEvent, Seen};

const VOLUME: &str = "PersistentVolume pvc-1";

/// The pod should have ended so many seconds ago.
fn ending(ago: i64, change: impl FnOnce(&mut Checkup)) -> Vec<String> {
    broken(|it| {
        let pod = &mut found_mut(&mut it.survey.pods)[0];
        pod.terminating = true;
        pod.due = Some(NOW - ago);
        pod.node = Some("hyperpod-i-1".to_owned());
        change(it);
    })
}

fn without_plugin(checkup: &mut Checkup) {
    let on_it = |node: &Option<String>| node.as_deref() == Some("hyperpod-i-1");
    found_mut(&mut checkup.driver_pods).retain(|pod| pod.controller || !on_it(&pod.node));
    for node in found_mut(&mut checkup.csi_nodes) {
        node.has_driver &= node.node != "hyperpod-i-1";
    }
}

#[test]
fn a_pod_that_does_not_end_is_told_by_whether_the_driver_is_on_its_node() {
    let lines = ending(3600, without_plugin);
    assert!(lines.contains(&"FSX-DEL-01 error failed Pod default/app".to_owned()), "{lines:#?}");
    assert_eq!(ending(3600, |_| ()), ["FSX-DEL-02 warning failed Pod default/app"]);
    // H-34: a drain takes its time.
    assert_eq!(ending(60, |_| ()), Vec::<String>::new());
    let lines = ending(3600, |it| it.driver_pods = hidden("list pods"));
    assert!(lines.iter().all(|line| line.contains(" unseen ")), "{lines:#?}");
    let lines = ending(3600, |it| {
        found_mut(&mut it.survey.facts.nodes).iter_mut().for_each(|node| node.ready = false);
    });
    assert!(!lines.iter().any(|line| line.starts_with("FSX-DEL")), "{lines:#?}");
}

/// H-31: what has no volume here may be another cluster's.
#[test]
fn a_file_system_without_a_volume_is_worth_knowing() {
    let stray = || {
        let mut system = made("AVAILABLE", 90_000);
        system.tags.insert("CSIVolumeName".to_owned(), "pvc-uid-9".to_owned());
        system
    };
    let mut checkup = healthy();
    found_mut(&mut checkup.survey.facts.file_systems).push(stray());
    assert_eq!(found(&checkup), ["FSX-DEL-03 info failed FileSystem fs-2"], "H-31");
    found_mut(&mut checkup.survey.facts.file_systems)[1].tags.extend(tags_of(OTHER_CLUSTER));
    assert_eq!(found(&checkup), Vec::<String>::new(), "it says whose it is");
    found_mut(&mut checkup.survey.facts.file_systems)[1] = stray();
    found_mut(&mut checkup.survey.claims)[0].uid = "uid-9".to_owned();
    let lines = found(&checkup);
    assert!(!lines.iter().any(|line| line.starts_with("FSX-DEL-03")), "{lines:#?}");
    found_mut(&mut checkup.survey.claims)[0].uid = "uid-1".to_owned();
    checkup.survey.claims = hidden("list persistentvolumeclaims");
    assert!(found(&checkup).iter().all(|line| line.contains(" unseen ")));
}

/// A volume of the driver that is to go with its file system.
fn going() -> Checkup {
    let mut checkup = healthy();
    found_mut(&mut checkup.survey.claims).clear();
    found_mut(&mut checkup.survey.pods).clear();
    let volume = &mut found_mut(&mut checkup.survey.facts.storage.volumes)[0];
    volume.reclaim_policy = "Delete".to_owned();
    volume.phase = "Released".to_owned();
    volume.more.finalizers = vec!["external-provisioner.volume.kubernetes.io/finalizer".to_owned()];
    checkup
}

#[test]
fn what_cannot_be_deleted_is_told_with_the_event() {
    let mut checkup = going();
    assert_eq!(found(&checkup), Vec::<String>::new(), "it goes in a moment");
    checkup.events = Seen::Found(vec![ObjectEvent {
        kind: "PersistentVolume".to_owned(),
        name: "pvc-1".to_owned(),
        reason: "VolumeFailedDelete".to_owned(),
        message: "DeleteFileSystem failed: AccessDeniedException".to_owned(),
        last: Some(NOW - 60),
        ..ObjectEvent::default()
    }]);
    assert_eq!(found(&checkup), [format!("FSX-DEL-05 error failed {VOLUME}")]);
    found_mut(&mut checkup.events)[0].last = Some(NOW - 7200);
    assert_eq!(found(&checkup), Vec::<String>::new(), "H-03");
}

#[test]
fn without_a_driver_nothing_is_deleted() {
    let mut checkup = going();
    checkup.workloads = Seen::Found(Vec::new());
    checkup.driver_pods = Seen::Found(Vec::new());
    checkup.survey.facts.driver.addon = Seen::Missing;
    let lines = found(&checkup);
    assert!(
        lines.iter().any(|line| line.starts_with("FSX-DEL-06 error") && line.ends_with(VOLUME)),
        "{lines:#?}"
    );
    checkup.workloads = hidden("list deployments.apps");
    let lines = found(&checkup);
    assert!(lines.iter().all(|line| line.contains(" unseen ")), "{lines:#?}");
}

#[test]
fn a_claim_that_is_protected_names_its_pod() {
    let lines = broken(|it| found_mut(&mut it.survey.claims)[0].terminating = true);
    assert_eq!(lines, ["FSX-DEL-08 info failed PersistentVolumeClaim default/fsx-claim"]);
}

/// H-47: Scratch has no backups by design.
#[test]
fn deleting_with_the_claim_is_a_risk_for_data_that_are_kept() {
    let delete = |kind: &'static str| {
        broken(move |it| {
            found_mut(&mut it.survey.facts.storage.volumes)[0].reclaim_policy = "Delete".to_owned();
            found_mut(&mut it.survey.facts.file_systems)[0].deployment_type = Some(kind.to_owned());
        })
    };
    assert_eq!(delete("PERSISTENT_2"), ["FSX-DEL-09 warning failed StorageClass fsx-sc"]);
    assert_eq!(delete("SCRATCH_2"), ["FSX-DEL-09 info failed StorageClass fsx-sc"], "H-47");
}

/// H-19.
#[test]
fn a_volume_that_is_kept_is_worth_knowing() {
    let mut checkup = going();
    found_mut(&mut checkup.survey.facts.storage.volumes)[0].reclaim_policy = "Retain".to_owned();
    assert_eq!(found(&checkup), [format!("FSX-NOTE-19 info failed {VOLUME}")]);
}
