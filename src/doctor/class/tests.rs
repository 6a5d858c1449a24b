//! A class that is wrong in one way, and what is found.

use crate::doctor::sample::{broken, examined, fixed, found, found_mut, healthy, waiting};
use crate::facts::sample::hidden;
use crate::facts::{Checkup, Seen};

fn with(checkup: &mut Checkup, changes: &[(&str, &str)]) {
    for class in found_mut(&mut checkup.survey.classes) {
        for (key, value) in changes {
            match *value {
                "-" => drop(class.parameters.remove(*key)),
                value => drop(class.parameters.insert((*key).to_owned(), value.to_owned())),
            }
        }
    }
}

/// Each way, once while a claim waits and once with nothing that was made of the class.
const ROWS: [(&str, &[(&str, &str)]); 24] = [
    ("FSX-SC-01", &[("subnetId", "-")]),
    ("FSX-SC-01", &[("subnetId", "-"), ("privateSubnetId", "subnet-a")]),
    ("FSX-SC-03", &[("deploymentType", "SCRATCH_2")]),
    ("FSX-SC-04", &[("perUnitStorageThroughput", "200")]),
    ("FSX-SC-04", &[("perUnitStorageThroughput", "-")]),
    ("FSX-SC-05", &[("storageType", "HDD")]),
    (
        "FSX-SC-05",
        &[("storageType", "HDD"), ("deploymentType", "PERSISTENT_1"), ("perUnitStorageThroughput", "12")],
    ),
    ("FSX-SC-07", &[("s3ImportPath", "s3://data")]),
    (
        "FSX-SC-08",
        &[("deploymentType", "SCRATCH_2"), ("perUnitStorageThroughput", "-"), ("s3ExportPath", "s3://data")],
    ),
    (
        "FSX-SC-08",
        &[("deploymentType", "SCRATCH_2"), ("perUnitStorageThroughput", "-"), ("autoImportPolicy", "NEW")],
    ),
    (
        "FSX-SC-09",
        &[
            ("deploymentType", "SCRATCH_2"),
            ("perUnitStorageThroughput", "-"),
            ("copyTagsToBackups", "-"),
            ("s3ImportPath", "s3://data/in"),
            ("s3ExportPath", "s3://other/out"),
        ],
    ),
    ("FSX-SC-10", &[("perUnitStorageThroughput", "fast")]),
    ("FSX-SC-10", &[("efaEnabled", "yes")]),
    ("FSX-SC-11", &[("extraTags", "team")]),
    ("FSX-SC-12", &[("fileSystemTypeVersion", "2.10")]),
    ("FSX-SC-12", &[("fileSystemTypeVersion", "2.9")]),
    ("FSX-SC-13", &[("securityGroupIds", "sg-hp, sg-cluster")]),
    ("FSX-SC-14", &[("securityGroupIds", "-")]),
    ("FSX-SC-15", &[("efaEnabled", "true")]),
    ("FSX-SC-15", &[("metadataConfigurationMode", "USER_PROVISIONED")]),
    (
        "FSX-SC-18",
        &[
            ("deploymentType", "SCRATCH_2"),
            ("perUnitStorageThroughput", "-"),
            ("automaticBackupRetentionDays", "7"),
        ],
    ),
    ("FSX-SC-50", &[("weeklyMaintenanceStartTime", "Sunday")]),
    ("FSX-SC-50", &[("deploymentType", "PERSISTENT-2")]),
    ("FSX-SC-51", &[("storageType", "INTELLIGENT_TIERING")]),
];

#[test]
fn each_refusal_is_the_root_of_a_claim_that_waits() {
    for (id, changes) in ROWS {
        let mut checkup = waiting();
        with(&mut checkup, changes);
        let wanted = [
            format!("{id} error failed StorageClass fsx-sc"),
            format!("FSX-BIND-50 error blocked by {id} PersistentVolumeClaim default/fsx-claim"),
            format!("FSX-SCHED-05 error blocked by {id} Pod default/app"),
        ];
        assert_eq!(found(&checkup), wanted, "{changes:?}");
    }
}

#[test]
fn a_class_that_no_claim_has_reached_is_latent() {
    for (id, changes) in ROWS {
        let mut checkup = healthy();
        with(&mut checkup, changes);
        found_mut(&mut checkup.survey.claims).clear();
        found_mut(&mut checkup.survey.pods).clear();
        found_mut(&mut checkup.survey.facts.storage.volumes).clear();
        found_mut(&mut checkup.survey.facts.file_systems).clear();
        assert_eq!(found(&checkup), [format!("{id} error failed StorageClass fsx-sc")], "{changes:?}");
        let told = examined(&checkup).swap_remove(0).summary;
        assert!(told.contains("no claim has reached it yet"), "{told}");
    }
}

/// FSx made one of it once, and its rules may have changed; the driver's have not.
#[test]
fn what_fsx_took_before_is_a_warning_and_what_the_driver_refuses_is_none() {
    let refused = broken(|it| with(it, &[("perUnitStorageThroughput", "200")]));
    assert_eq!(refused, ["FSX-SC-04 warning failed StorageClass fsx-sc"]);
    let refused = broken(|it| with(it, &[("subnetId", "-")]));
    assert_eq!(refused, ["FSX-SC-01 error failed StorageClass fsx-sc"]);
}

#[test]
fn unknown_keys_are_told_with_the_nearest_and_stop_nothing() {
    let mut checkup = waiting();
    with(
        &mut checkup,
        &[("sbunetId", "subnet-a"), ("csi.storage.k8s.io/fstype", "lustre"), ("colour", "red")],
    );
    let all = examined(&checkup);
    let it = all.iter().find(|it| it.id == "FSX-SC-02").expect("it is told");
    let fix = it.fix.as_ref().expect("a way out");
    assert!(fix.summary.contains("write subnetId instead of sbunetId"), "{}", fix.summary);
    assert!(fix.summary.contains("leave colour out") && !fix.summary.contains("fstype"), "{}", fix.summary);
    assert_eq!(
        found(&checkup),
        [
            "FSX-BIND-50 error failed PersistentVolumeClaim default/fsx-claim",
            "FSX-SCHED-05 error blocked by FSX-BIND-50 Pod default/app",
            "FSX-SC-02 warning failed StorageClass fsx-sc",
        ]
    );
}

#[test]
fn several_faults_of_one_class_are_told_each_once() {
    let mut checkup = waiting();
    with(&mut checkup, &[("subnetId", "-"), ("securityGroupIds", "-"), ("subnetID", "subnet-a")]);
    let found = found(&checkup);
    assert_eq!(found[0], "FSX-SC-01 error failed StorageClass fsx-sc");
    assert_eq!(
        found[1],
        "FSX-BIND-50 error blocked by FSX-SC-01,FSX-SC-14 PersistentVolumeClaim default/fsx-claim"
    );
    assert!(found.contains(&"FSX-SC-14 error failed StorageClass fsx-sc".to_owned()), "{found:#?}");
    assert_eq!(found.len(), 4, "{found:#?}");
}

#[test]
fn a_size_that_is_rounded_is_worth_knowing_and_one_that_is_refused_stops_its_claim() {
    let rounded = broken(|it| found_mut(&mut it.survey.claims)[0].requested = "1400Gi".to_owned());
    assert_eq!(rounded, ["FSX-SC-06 info failed StorageClass fsx-sc"]);
    let mut checkup = waiting();
    // EFA has other steps than the driver knows.
    with(&mut checkup, &[("efaEnabled", "true"), ("metadataConfigurationMode", "AUTOMATIC")]);
    let id = "FSX-SC-06";
    // Whether its group lets EFA through is a question of the network.
    found_mut(&mut checkup.survey.facts.network.groups).clear();
    checkup.survey.facts.network.groups = Seen::Missing;
    let mut lines = found(&checkup);
    lines.retain(|line| !line.contains("unseen"));
    assert_eq!(
        lines,
        [
            format!("{id} error failed PersistentVolumeClaim default/fsx-claim"),
            format!("FSX-BIND-50 error blocked by {id} PersistentVolumeClaim default/fsx-claim"),
            format!("FSX-SCHED-05 error blocked by {id} Pod default/app"),
        ]
    );
}

#[test]
fn a_provisioner_with_a_slip_of_the_pen_is_found_and_other_drivers_are_not() {
    let rows = [
        ("fsx.csi.aws.con", true),
        ("fsx.aws.com", true),
        ("FSX.csi.aws.com", true),
        ("fsx.openzfs.csi.aws.com", false),
        ("efs.csi.aws.com", false),
        ("ebs.csi.aws.com", false),
        ("s3.csi.aws.com", false),
    ];
    for (provisioner, slips) in rows {
        let mut checkup = healthy();
        let mut row = found_mut(&mut checkup.all_classes)[0].clone();
        (row.name, row.provisioner) = ("scratch".to_owned(), provisioner.to_owned());
        found_mut(&mut checkup.all_classes).push(row);
        let told = if slips { vec!["FSX-SC-17 warning failed StorageClass scratch"] } else { Vec::new() };
        assert_eq!(found(&checkup), told, "{provisioner}");
        let mut claim = found_mut(&mut checkup.survey.claims)[0].clone();
        claim.name = "next".to_owned();
        claim.class = Some("scratch".to_owned());
        claim.phase = "Pending".to_owned();
        claim.volume = None;
        found_mut(&mut checkup.survey.claims).push(claim);
        let told = if slips { vec!["FSX-SC-17 error failed StorageClass scratch"] } else { Vec::new() };
        assert_eq!(found(&checkup), told, "{provisioner}, with a claim");
    }
}

#[test]
fn an_old_driver_ignores_metadata_settings() {
    let old = broken(|it| {
        with(it, &[("metadataConfigurationMode", "AUTOMATIC")]);
        for workload in found_mut(&mut it.workloads) {
            workload.image = Some("public.ecr.aws/fsx-csi-driver/aws-fsx-csi-driver:v1.2.0".to_owned());
        }
    });
    assert!(old.contains(&"FSX-SC-53 warning failed StorageClass fsx-sc".to_owned()), "{old:#?}");
}

/// H-05, H-06, H-33, H-39, and the class without parameters that some samples have.
#[test]
fn odd_classes_are_no_fault() {
    let mut checkup = fixed();
    let mut class = crate::facts::sample::class();
    class.parameters.clear();
    class.parameters.insert("fileSystemId".to_owned(), "fs-1".to_owned());
    checkup.survey.classes = Seen::Found(vec![class]);
    let name = || Some("fsx-sc".to_owned());
    found_mut(&mut checkup.survey.claims)[0].class = name();
    found_mut(&mut checkup.survey.facts.storage.volumes)[0].class = name();
    assert_eq!(found(&checkup), ["FSX-NOTE-06 info failed StorageClass fsx-sc"], "H-06");
    checkup.survey.classes = Seen::Found(Vec::new());
    assert_eq!(found(&checkup), Vec::<String>::new(), "H-05");
    let backups = broken(|it| with(it, &[("automaticBackupRetentionDays", "0")]));
    assert_eq!(backups, Vec::<String>::new(), "H-33");
    let large = broken(|it| {
        found_mut(&mut it.survey.claims)[0].requested = "96000Gi".to_owned();
        found_mut(&mut it.survey.facts.file_systems)[0].capacity_gib = Some(96_000);
    });
    assert_eq!(large, Vec::<String>::new(), "H-39");
}

/// Whether a class is only a label hangs on volumes and claims; that a key is unknown does not hang on claims.
#[test]
fn a_class_is_not_judged_while_its_use_is_hidden() {
    let unseen = |lines: &[String]| lines.iter().all(|line| line.contains(" unseen "));
    let lines = broken(|it| {
        with(it, &[("subnetId", "-"), ("colour", "red")]);
        it.survey.facts.storage.volumes = hidden("list persistentvolumes");
    });
    assert!(unseen(&lines), "{lines:#?}");
    let lines = broken(|it| {
        with(it, &[("subnetId", "-"), ("colour", "red")]);
        it.survey.claims = hidden("list persistentvolumeclaims");
    });
    assert_eq!(lines[0], "FSX-SC-02 warning failed StorageClass fsx-sc");
    assert!(unseen(&lines[1..]), "{lines:#?}");
}
