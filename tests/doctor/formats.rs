//! The same code for the same world in every format, and every format can be read.

use crate::harness::World;

const FORMATS: [&str; 6] = ["human", "json", "yaml", "junit", "github", "markdown"];

/// A claim that waits because nobody installed the driver.
const WAITS: &str = "kubernetes: {objects: [{apiVersion: storage.k8s.io/v1, kind: StorageClass, metadata: {name: fsx-sc}, provisioner: fsx.csi.aws.com, parameters: {subnetId: subnet-0a10000000000000a, securityGroupIds: sg-0b10000000000000b, deploymentType: PERSISTENT_2, perUnitStorageThroughput: \"250\", fileSystemTypeVersion: \"2.15\"}, mountOptions: [flock]}, {apiVersion: v1, kind: PersistentVolumeClaim, metadata: {name: fsx-claim, namespace: default, creationTimestamp: now-1h}, spec: {storageClassName: fsx-sc, accessModes: [ReadWriteMany], resources: {requests: {storage: 1200Gi}}}, status: {phase: Pending}}]}";

#[test]
fn the_code_is_the_same_in_every_format() {
    for (layers, code) in [(&["done"][..], 0), (&["bare", WAITS], 3)] {
        let world = World::of(layers);
        for format in FORMATS {
            let run = world.fsxctl(&format!("doctor -q --cluster hp-eks -o {format}"));
            run.ends_untouched(code);
            assert!(!run.stdout.is_empty(), "{}", run.show());
        }
        let run = world.fsxctl("doctor -q --cluster hp-eks --fail-on never");
        run.ends_untouched(0);
    }
}

#[test]
fn the_cause_comes_first_in_every_format() {
    let world = World::of(&["bare", WAITS]);
    let told = |format: &str| world.fsxctl(&format!("doctor -q --cluster hp-eks -o {format}")).stdout;
    for format in FORMATS {
        let text = told(format);
        let cause = text.find("FSX-INST-01").unwrap_or_else(|| panic!("{format}: {text}"));
        let effect = text.rfind("FSX-BIND-50").unwrap_or_else(|| panic!("{format}: {text}"));
        assert!(cause < effect, "{format}: {text}");
    }
    let annotations = told("github");
    assert!(annotations.lines().all(|line| line.starts_with("::")), "{annotations}");
    assert!(annotations.contains("::error title=FSX-INST-01"), "{annotations}");
    let junit = told("junit");
    assert!(junit.contains("failures=\"2\""), "{junit}");
}

#[test]
fn reports_go_into_files_as_well() {
    let world = World::of(&["bare", WAITS]);
    let folder = tempfile::tempdir().expect("a folder");
    let file = folder.path().join("doctor.xml");
    let run = world.run(&[
        "doctor",
        "-q",
        "--cluster",
        "hp-eks",
        "--output-file",
        &format!("junit={}", file.display()),
    ]);
    run.ends_untouched(3);
    let text = std::fs::read_to_string(&file).expect("the file is there");
    assert!(text.starts_with("<?xml"), "{text}");
    assert!(run.stdout.contains("! FSX-INST-01 error"), "{}", run.show());
}
