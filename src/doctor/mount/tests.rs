//! Broken mounts, one change each, and odd ones that are all right.

use super::super::sample::{NOW, broken, found, healthy, mount_failure, user};
use crate::facts::{AdminAction, Checkup, FileSystem, Node, PodUse, Seen, Volume};

fn nodes(checkup: &mut Checkup, change: impl Fn(&mut Node)) {
    let Seen::Found(nodes) = &mut checkup.survey.facts.nodes else { panic!("nodes") };
    nodes.iter_mut().for_each(change);
}

fn volume(checkup: &mut Checkup, change: impl Fn(&mut Volume)) {
    let Seen::Found(volumes) = &mut checkup.survey.facts.storage.volumes else { panic!("volumes") };
    volumes.iter_mut().for_each(change);
}

fn system(checkup: &mut Checkup, change: impl Fn(&mut FileSystem)) {
    let Seen::Found(systems) = &mut checkup.survey.facts.file_systems else { panic!("file systems") };
    systems.iter_mut().for_each(change);
}

fn driver(rest: &str) -> String {
    format!(
        "MountVolume.SetUp failed for volume \"pvc-1\" : rpc error: code = Internal desc = Could not mount: mount failed: {rest}"
    )
}

const ROLL_UP: &str =
    "Unable to attach or mount volumes: unmounted volumes=[data]: timed out waiting for the condition";

/// Pod `app` waits on its node, and these are its events.
fn stuck(checkup: &mut Checkup, messages: &[&str], change: impl Fn(&mut PodUse)) {
    let mut pod = PodUse {
        phase: "Pending".to_owned(),
        ready: false,
        waiting: Some("ContainerCreating".to_owned()),
        ..user("app")
    };
    change(&mut pod);
    checkup.survey.pods = Seen::Found(vec![pod]);
    checkup.events = Seen::Found(messages.iter().map(|message| mount_failure(message)).collect());
}

/// A failed mount and whatever else is changed: the first finding explains the pod, and there is no other.
fn explains(id: &str, object: &str, message: &str, change: impl Fn(&mut Checkup)) {
    let found = broken(|it| {
        stuck(it, &[message], |_| ());
        change(it);
    });
    assert_eq!(
        found,
        [format!("{id} error failed {object}"), format!("FSX-MNT-50 error blocked by {id} Pod default/app")],
        "{message}"
    );
}

#[test]
fn a_kernel_without_a_client() {
    explains("FSX-MNT-01", "Node hyperpod-i-1", &driver("exit status 19"), |_| ());
    // A young node has not loaded it yet.
    explains("FSX-MNT-02", "Node hyperpod-i-1", &driver("exit status 19"), |it| {
        nodes(it, |node| node.more.created = Some(NOW - 120));
    });
}

#[test]
fn versions_and_kernels_are_compared_before_any_mount() {
    let old = |it: &mut Checkup| system(it, |system| system.version = None);
    assert_eq!(broken(old), ["FSX-MNT-03 error failed FileSystem fs-1"]);
    explains("FSX-MNT-03", "FileSystem fs-1", &driver("exit status 22"), old);
    // One group of nodes alone.
    let found = broken(|it| {
        nodes(it, |node| {
            if node.name.starts_with("ip-") {
                node.kernel = Some("5.10.109-104.500.amzn2.x86_64".to_owned());
            }
        });
    });
    assert_eq!(found, ["FSX-MNT-03 error failed FileSystem fs-1"]);
}

#[test]
fn a_class_of_an_old_version_is_found_before_its_first_claim() {
    let found = broken(|it| {
        let Seen::Found(classes) = &mut it.survey.classes else { panic!("classes") };
        let mut class = classes[0].clone();
        class.name = "old".to_owned();
        class.parameters.retain(|key, _| key == "subnetId" || key == "securityGroupIds");
        classes.push(class);
    });
    assert!(found.contains(&"FSX-MNT-03 error failed StorageClass old".to_owned()), "{found:#?}");
}

#[test]
fn names_are_compared_with_the_file_system() {
    explains("FSX-MNT-04", "PersistentVolume pvc-1", &driver("exit status 2"), |it| {
        volume(it, |volume| volume.mount_name = Some("wrong".to_owned()));
    });
    let latent = broken(|it| volume(it, |volume| volume.mount_name = Some("wrong".to_owned())));
    assert_eq!(latent, ["FSX-MNT-04 error failed PersistentVolume pvc-1"]);
    for name in ["fs-9.fsx.us-west-2.amazonaws.com", "10.20.9.9"] {
        let found = broken(|it| volume(it, |volume| volume.dns_name = Some(name.to_owned())));
        assert_eq!(found, ["FSX-MNT-51 error failed PersistentVolume pvc-1"], "{name}");
    }
}

/// A wrong handle mounts all the same, and a path below the mount name is a part of the file system.
#[test]
fn tests_odd_names_are_all_right() {
    assert_eq!(
        broken(|it| volume(it, |volume| volume.mount_name = Some("abcdefgh/data".to_owned()))),
        Vec::<String>::new()
    );
    let found = broken(|it| volume(it, |volume| volume.handle = "some-handle".to_owned()));
    assert!(found.iter().all(|line| !line.contains("FSX-MNT")), "{found:#?}");
}

#[test]
fn options_of_other_file_systems() {
    explains("FSX-MNT-05", "PersistentVolume pvc-1", &driver("exit status 22"), |it| {
        volume(it, |volume| volume.mount_options = vec!["flock".to_owned(), "nfsvers=4.1".to_owned()]);
    });
    let found = broken(|it| {
        let Seen::Found(classes) = &mut it.survey.classes else { panic!("classes") };
        classes[0].mount_options.push("tls".to_owned());
    });
    assert_eq!(found, ["FSX-MNT-05 error failed StorageClass fsx-sc"]);
}

#[test]
fn the_errno_decides() {
    explains("FSX-MNT-06", "Pod default/app", &driver("exit status 32"), |_| ());
    explains("FSX-MNT-14", "Pod default/app", &driver("exit status 108"), |_| ());
    explains("FSX-MNT-07", "Pod default/app", &driver("exit status 5"), |_| ());
    explains("FSX-MNT-07", "Pod default/app", &driver("exit status 110"), |_| ());
    // What nothing explains stays what it is.
    let found = broken(|it| stuck(it, &[&driver("exit status 77")], |_| ()));
    assert_eq!(found, ["FSX-MNT-50 error failed Pod default/app"]);
}

#[test]
fn a_lock_that_is_held() {
    let busy = "MountVolume.SetUp failed for volume \"pvc-1\" : rpc error: code = Aborted desc = An operation with the given volume=\"fs-1\" is already in progress";
    explains("FSX-MNT-13", "Pod default/app", busy, |_| ());
    // What an attempt failed with says more than that another goes on.
    let found = broken(|it| stuck(it, &[busy, &driver("exit status 19")], |_| ()));
    assert_eq!(found[0], "FSX-MNT-01 error failed Node hyperpod-i-1", "{found:#?}");
    let young = broken(|it| stuck(it, &[busy], |pod| pod.created = Some(NOW - 60)));
    assert_eq!(young, ["FSX-MNT-50 error failed Pod default/app"], "retries are normal");
}

#[test]
fn owners_of_all_files() {
    let walk = |it: &mut Checkup, policy: Option<&str>, age: i64| {
        stuck(it, &[ROLL_UP], |pod| {
            pod.fs_group = Some(1000);
            pod.created = Some(NOW - age);
        });
        let Seen::Found(driver) = &mut it.survey.facts.driver.csi_driver else { panic!("CSIDriver") };
        driver.fs_group_policy = policy.map(str::to_owned);
    };
    let told =
        ["FSX-MNT-09 error failed Pod default/app", "FSX-MNT-50 error blocked by FSX-MNT-09 Pod default/app"];
    assert_eq!(broken(|it| walk(it, Some("File"), 1800)), told);
    // A shared volume's owner is left alone by default.
    let found = broken(|it| walk(it, Some("ReadWriteOnceWithFSType"), 1800));
    assert!(found.iter().all(|line| !line.contains("FSX-MNT-09")), "{found:#?}");
    let found = broken(|it| {
        walk(it, None, 1800);
        volume(it, |volume| volume.access_modes = vec!["ReadWriteOnce".to_owned()]);
    });
    assert_eq!(found, told);
    // H-46: the first pass takes its time.
    let found = broken(|it| walk(it, Some("File"), 300));
    assert!(found.iter().all(|line| !line.contains("FSX-MNT-09")), "{found:#?}");
}

#[test]
fn one_node_alone() {
    let found = broken(|it| {
        stuck(it, &[ROLL_UP], |pod| pod.created = Some(NOW - 7200));
        let Seen::Found(pods) = &mut it.survey.pods else { panic!("pods") };
        pods.push(PodUse { node: Some("hyperpod-i-2".to_owned()), ..user("other") });
    });
    assert_eq!(
        found,
        ["FSX-MNT-16 error failed Pod default/app", "FSX-MNT-50 error blocked by FSX-MNT-16 Pod default/app",]
    );
}

#[test]
fn locking_without_the_option() {
    let without = |it: &mut Checkup| volume(it, |volume| volume.mount_options = Vec::new());
    assert_eq!(broken(without), ["FSX-MNT-12 info failed PersistentVolume pvc-1"], "new clients lock");
    let found = broken(|it| {
        without(it);
        nodes(it, |node| node.kernel = Some("5.10.239-236.958.amzn2.x86_64".to_owned()));
    });
    assert_eq!(found, ["FSX-MNT-12 warning failed PersistentVolume pvc-1"]);
    let found = broken(|it| volume(it, |volume| volume.mount_options = vec!["noflock".to_owned()]));
    assert_eq!(found, ["FSX-MNT-12 warning failed PersistentVolume pvc-1"]);
}

#[test]
fn rights_are_worth_knowing_while_a_pod_keeps_ending() {
    let crash = |pod: &mut PodUse| {
        pod.phase = "Running".to_owned();
        pod.waiting = Some("CrashLoopBackOff".to_owned());
        pod.run_as_user = Some(1000);
    };
    assert_eq!(broken(|it| stuck(it, &[], crash)), ["FSX-MNT-10 info failed Pod default/app"]);
    let found = broken(|it| {
        let Seen::Found(pods) = &mut it.survey.pods else { panic!("pods") };
        pods[0].run_as_user = Some(1000);
    });
    assert_eq!(found, Vec::<String>::new(), "it runs");
    let squash = |text: &str| broken(|it| system(it, |it| it.more.root_squash = Some(text.to_owned())));
    assert_eq!(squash("65534:65534"), ["FSX-MNT-11 info failed FileSystem fs-1"]);
    assert_eq!(squash("0:0"), Vec::<String>::new());
}

/// H-03: events outlive what they told of.
#[test]
fn tests_odd_events_of_the_past_are_all_right() {
    let mut checkup = healthy();
    checkup.events = Seen::Found(vec![mount_failure(&driver("exit status 5"))]);
    assert_eq!(found(&checkup), Vec::<String>::new(), "the pod runs");
    stuck(&mut checkup, &[&driver("exit status 5")], |_| ());
    let Seen::Found(events) = &mut checkup.events else { panic!("events") };
    events[0].last = Some(NOW - 3600);
    assert_eq!(found(&checkup), Vec::<String>::new(), "an hour ago");
}

/// H-29.
#[test]
fn tests_odd_updates_are_all_right() {
    let note = ["FSX-NOTE-29 info failed FileSystem fs-1"];
    assert_eq!(broken(|it| system(it, |it| it.lifecycle = "UPDATING".to_owned())), note);
    let optimizing = || AdminAction {
        kind: "STORAGE_OPTIMIZATION".to_owned(),
        status: "UPDATED_OPTIMIZING".to_owned(),
        ..AdminAction::default()
    };
    assert_eq!(broken(|it| system(it, |it| it.more.actions = vec![optimizing()])), note);
}

/// H-35.
#[test]
fn tests_odd_old_versions_with_old_kernels_are_all_right() {
    for version in [None, Some("2.10"), Some("2.12")] {
        let found = broken(|it| {
            system(it, |it| it.version = version.map(str::to_owned));
            nodes(it, |node| node.kernel = Some("5.10.239-236.958.amzn2.x86_64".to_owned()));
        });
        assert_eq!(found, ["FSX-NOTE-35 info failed FileSystem fs-1"], "{version:?}");
    }
}

/// Kernels that the matrix does not name are not judged.
#[test]
fn tests_odd_unknown_kernels_are_all_right() {
    for kernel in [None, Some("6.1.134"), Some("6.6.0-mine")] {
        let found = broken(|it| nodes(it, |node| node.kernel = kernel.map(str::to_owned)));
        assert_eq!(found, Vec::<String>::new(), "{kernel:?}");
    }
}
