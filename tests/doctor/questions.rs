//! Narrow questions, and words that pick nothing.

use crate::case::{diagnosed, findings};
use crate::harness::World;

#[test]
fn what_is_not_there_is_said_so() {
    let world = World::of(&["done"]);
    for (words, says) in [
        ("doctor --pvc default/other", "there is no claim default/other"),
        ("doctor --pod default/other", "there is no pod default/other that uses a claim"),
        ("doctor --fs-id fs-0123456789abcdef0", "there is no Lustre file system fs-0123456789abcdef0"),
        ("doctor --only NRT", "picks no check; did you mean NET?"),
        ("doctor --skip FSX-NET-99", "picks no check"),
        ("doctor --pvc default/", "--pvc"),
        ("doctor --since soon", "--since"),
    ] {
        let run = world.fsxctl(words);
        run.says(2, &[says]);
        run.ends_untouched(2);
    }
}

#[test]
fn what_is_left_out_is_shown_on_demand_alone() {
    let world = World::of(&["done"]);
    let (_, report) = diagnosed(&world, "--only FSX-BIND-50 --show-passed");
    let found = findings(&report);
    let of = |state: &str| found.iter().filter(|line| line.contains(state)).count();
    assert_eq!(of(" passed "), 1, "{found:#?}");
    assert_eq!(of(" passed ") + of(" skipped "), found.len(), "{found:#?}");
    let (_, report) = diagnosed(&world, "--only FSX-BIND-50");
    assert_eq!(findings(&report), Vec::<String>::new());
}

#[test]
fn the_list_and_the_pages_need_no_credentials() {
    let world = World::of(&["done"]).env("AWS_ACCESS_KEY_ID", "").env("AWS_SECRET_ACCESS_KEY", "");
    let list = world.fsxctl("doctor list -o json");
    list.ends_untouched(0);
    assert!(list.requests.is_empty());
    let names = world.fsxctl("doctor list -o name");
    for name in names.stdout.lines() {
        let page = world.fsxctl(&format!("explain {name}"));
        assert_eq!(page.code, Some(0), "{}", page.show());
        assert!(page.stdout.starts_with(name), "{}", page.show());
    }
    assert_eq!(list.json()["items"].as_array().map(Vec::len), Some(names.stdout.lines().count()));
    world.fsxctl("explain FSX-INST-00").says(2, &["did you mean FSX-INST-01?"]);
}

/// A class with a slip of the pen and a refused value, a claim of it, and a volume without a name to mount.
const MANIFESTS: &str = "
apiVersion: storage.k8s.io/v1
kind: StorageClass
metadata: {name: fast}
provisioner: fsx.csi.aws.com
parameters: {subnetID: subnet-0a10000000000000a, securityGroupIds: sg-0b10000000000000b, deploymentType: PERSISTENT_2, perUnitStorageThroughput: '300', fileSystemTypeVersion: '2.15'}
mountOptions: [flock]
---
apiVersion: v1
kind: PersistentVolumeClaim
metadata: {name: data, namespace: ml}
spec: {storageClassName: fast, accessModes: [ReadWriteMany], resources: {requests: {storage: 1200Gi}}}
---
apiVersion: v1
kind: PersistentVolume
metadata: {name: by-hand}
spec: {capacity: {storage: 1200Gi}, accessModes: [ReadWriteMany], mountOptions: [flock], persistentVolumeReclaimPolicy: Retain, csi: {driver: fsx.csi.aws.com, volumeHandle: fs-0123456789abcdef0}}
";

#[test]
fn manifests_are_reviewed_without_a_cluster() {
    let world = World::of(&["bare"]).env("AWS_ACCESS_KEY_ID", "").env("AWS_SECRET_ACCESS_KEY", "");
    let folder = tempfile::tempdir().expect("a folder");
    std::fs::write(folder.path().join("storage.yaml"), MANIFESTS).expect("a file");
    let run = world.fsxctl(&format!("doctor -o json --manifest {}", folder.path().display()));
    assert!(run.requests.is_empty(), "{}", run.show());
    assert_eq!(run.code, Some(3), "{}", run.show());
    assert_eq!(
        findings(&run.json()),
        [
            "FSX-SC-01 error failed StorageClass fast",
            "FSX-SC-04 error failed StorageClass fast",
            "FSX-STAT-01 error failed PersistentVolume by-hand",
        ],
        "{}",
        run.show()
    );
    for (words, code, says) in [
        ("doctor --manifest nowhere.yaml", 2, "cannot read nowhere.yaml"),
        ("doctor --manifest x --pvc a/b", 2, "--manifest"),
    ] {
        world.fsxctl(words).says(code, &[says]);
    }
    std::fs::write(folder.path().join("bad.yaml"), "a: [").expect("a file");
    let run = world.fsxctl(&format!("doctor --manifest {}", folder.path().display()));
    run.says(2, &["bad.yaml"]);
}

/// Without its driver no claim can be mounted, whichever is asked about; and of what is none of the driver's nothing is said.
#[test]
fn a_narrow_question_hides_no_broken_driver() {
    let gone = "kubernetes: {controllers: {workloads: false}, objects: [{apiVersion: apps/v1, kind: DaemonSet, metadata: {name: fsx-csi-node, namespace: kube-system}, $absent: true}]}";
    let (run, _) = diagnosed(&World::of(&["done", gone]), "--pvc default/fsx-claim");
    assert_eq!(run.code, Some(3), "{}", run.show());
    let others = "kubernetes: {controllers: {provisioner: false, binder: false}, objects: [{apiVersion: storage.k8s.io/v1, kind: StorageClass, metadata: {name: gp9}, provisioner: ebs.csi.aws.com}, {apiVersion: v1, kind: PersistentVolumeClaim, metadata: {name: other, namespace: default}, spec: {storageClassName: gp9, accessModes: [ReadWriteOnce], resources: {requests: {storage: 1Gi}}}, status: {phase: Pending}}]}";
    World::of(&["done", others])
        .fsxctl("doctor --cluster hp-eks --pvc default/other")
        .says(2, &["claim default/other (class gp9) is none of FSx for Lustre's"]);
}
