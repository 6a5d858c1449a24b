//! Every StorageClass parameter: what is typed is what the real driver reads and sends to FSx.

use std::collections::BTreeSet;

use serde_json::{Value, json};

use crate::Test;
use crate::bed::Beds;

/// One claim: its name, what is typed beside the defaults, and what CreateFileSystem must hold of it.
struct Row {
    name: &'static str,
    words: &'static str,
    /// JSON pointers into the request, and what stands there; null: nothing.
    sent: &'static [(&'static str, &'static str)],
}

macro_rules! rows {
    ($(($name:ident, $words:literal, [$($sent:expr),* $(,)?])),* $(,)?) => {
        pub const TESTS: &[Test] = &[$((
            concat!("parameters::", stringify!($name)),
            |beds| one(beds, &Row { name: stringify!($name), words: $words, sent: &[$($sent),*] }),
        )),*];
    };
}

const P2: &str = "/LustreConfiguration/PerUnitStorageThroughput";

rows![
    (subnet_id, "--subnet subnet-0b10000000000000b", [("/SubnetIds", r#"["subnet-0b10000000000000b"]"#)]),
    (
        security_group_ids,
        "--security-group sg-0a10000000000000a",
        [("/SecurityGroupIds", r#"["sg-0a10000000000000a"]"#)]
    ),
    (
        deployment_type,
        "--deployment-type SCRATCH_2",
        [
            ("/LustreConfiguration/DeploymentType", r#""SCRATCH_2""#),
            (P2, "null"),
            ("/LustreConfiguration/AutomaticBackupRetentionDays", "null")
        ]
    ),
    (
        storage_type_and_drive_cache,
        "--deployment-type PERSISTENT_1 --storage-type HDD --throughput 12 --size 6000Gi --param driveCacheType=READ",
        [
            ("/StorageType", r#""HDD""#),
            ("/StorageCapacity", "6000"),
            ("/LustreConfiguration/DriveCacheType", r#""READ""#),
            (P2, "12")
        ]
    ),
    (per_unit_storage_throughput, "--throughput 500", [(P2, "500")]),
    (
        file_system_type_version,
        "--deployment-type SCRATCH_2 --lustre-version 2.12",
        [("/FileSystemTypeVersion", r#""2.12""#)]
    ),
    (
        data_compression_type,
        "--compression NONE",
        [("/LustreConfiguration/DataCompressionType", r#""NONE""#)]
    ),
    (
        kms_key_id,
        "--kms-key arn:aws:kms:us-west-2:111122223333:key/0a1b2c3d-0000-4000-8000-000000000001",
        [("/KmsKeyId", r#""arn:aws:kms:us-west-2:111122223333:key/0a1b2c3d-0000-4000-8000-000000000001""#)]
    ),
    (
        backups,
        "--backup-days 7 --param dailyAutomaticBackupStartTime=05:00",
        [
            ("/LustreConfiguration/AutomaticBackupRetentionDays", "7"),
            ("/LustreConfiguration/DailyAutomaticBackupStartTime", r#""05:00""#),
            ("/LustreConfiguration/CopyTagsToBackups", "true")
        ]
    ),
    (
        copy_tags_to_backups,
        "--param copyTagsToBackups=false",
        [("/LustreConfiguration/CopyTagsToBackups", "null")]
    ),
    (
        weekly_maintenance_start_time,
        "--maintenance 7:09:00",
        [("/LustreConfiguration/WeeklyMaintenanceStartTime", r#""7:09:00""#)]
    ),
    (
        metadata_configuration,
        "--metadata-iops 6000",
        [
            ("/LustreConfiguration/MetadataConfiguration/Mode", r#""USER_PROVISIONED""#),
            ("/LustreConfiguration/MetadataConfiguration/Iops", "6000")
        ]
    ),
    (
        metadata_automatic,
        "--metadata-iops auto",
        [
            ("/LustreConfiguration/MetadataConfiguration/Mode", r#""AUTOMATIC""#),
            ("/LustreConfiguration/MetadataConfiguration/Iops", "null")
        ]
    ),
    (efa_enabled, "--efa --metadata-iops auto --size 19200Gi", [("/LustreConfiguration/EfaEnabled", "true")]),
    (extra_tags, "--extra-tag team=vision --extra-tag cost=42", []),
    (size_between_steps, "--size 2000Gi --round-up", [("/StorageCapacity", "2400")]),
];

fn one(beds: &Beds, row: &Row) {
    let bed = beds.shared();
    let name = format!("p-{}", row.name.replace('_', "-"));
    let words = format!(
        "setup dynamic --yes -q -n {name} --create-namespace --class {name} --claim data --only storage,network --no-node-rules {}",
        row.words
    );
    bed.ok(&words);
    let claim = bed.claim(&name, "data").unwrap_or_default();
    bed.volume_of(&name, "data");
    let creations = bed.creations(&claim);
    assert_eq!(creations.len(), 1, "one file system for one claim: {creations:#?}");
    let sent = &creations[0].request;
    for (pointer, wanted) in row.sent {
        let wanted: Value = serde_json::from_str(wanted).expect("the table holds JSON");
        assert_eq!(sent.pointer(pointer).unwrap_or(&Value::Null), &wanted, "{pointer} in {sent:#}");
    }
    if row.name == "extra_tags" {
        let tags = sent["Tags"].as_array().cloned().unwrap_or_default();
        for (key, value) in [("team", "vision"), ("cost", "42")] {
            assert!(tags.contains(&json!({"Key": key, "Value": value})), "{tags:?}");
        }
    }
    let class = bed.get(&format!("/apis/storage.k8s.io/v1/storageclasses/{name}")).unwrap_or_default();
    let read = keys(beds);
    for (key, _) in class["parameters"].as_object().into_iter().flatten() {
        // The driver says nothing of a key that it does not know.
        assert!(read.contains(key), "{key} is none of {read:?}");
    }
}

/// The keys that the driver reads, from its own source.
fn keys(beds: &Beds) -> BTreeSet<String> {
    let path = beds.components().directory.join("controller.go");
    let source = std::fs::read_to_string(path).expect("the driver's source is beside it");
    let names = source.lines().filter_map(|line| line.trim().strip_prefix("volumeParams")?.split_once(" = "));
    let names: BTreeSet<String> = names.map(|(_, value)| value.trim().trim_matches('"').to_owned()).collect();
    assert!(names.len() >= 20, "{names:?}");
    names
}
