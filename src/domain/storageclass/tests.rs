use std::collections::BTreeMap;

use super::*;
use crate::domain::lustre::{
    AutoImport, Compression, DeploymentType, DriveCache, FileSystemWish, LustreVersion, Metadata, StorageType,
};
use crate::domain::ownership::{Origin, tags};

const CLUSTER: &str = "arn:aws:eks:us-west-2:111122223333:cluster/demo";

fn map(pairs: &[(&str, &str)]) -> BTreeMap<String, String> {
    pairs.iter().map(|(key, value)| ((*key).to_owned(), (*value).to_owned())).collect()
}

type Pairs<'a> = &'a [(&'a str, &'a str)];

fn groups() -> Vec<String> {
    vec!["sg-1".into(), "sg-2".into()]
}

/// Every field set to something that is not the default; not a legal wish, but each field travels alone.
fn full() -> FileSystemWish {
    FileSystemWish {
        deployment_type: DeploymentType::Persistent1,
        storage_type: StorageType::Hdd,
        capacity_gib: 6000,
        throughput: Some(12),
        version: LustreVersion::V2_12,
        compression: Compression::None,
        metadata: Some(Metadata::Provisioned(6000)),
        efa: true,
        drive_cache: Some(DriveCache::Read),
        backup_days: Some(7),
        backup_start: Some("02:30".into()),
        copy_tags_to_backups: true,
        maintenance: Some("7:09:00".into()),
        kms_key: Some("1234".into()),
        s3_import: Some("s3://data/in".into()),
        s3_export: Some("s3://data/out".into()),
        auto_import: Some(AutoImport::NewChanged),
        tiering: None,
    }
}

#[test]
fn the_default_class_is_that_of_the_guide() {
    let written =
        parameters(&FileSystemWish::default(), "subnet-1", &["sg-1".to_owned()], &map(&[])).unwrap();
    let guide = map(&[
        ("subnetId", "subnet-1"),
        ("securityGroupIds", "sg-1"),
        ("deploymentType", "PERSISTENT_2"),
        ("automaticBackupRetentionDays", "0"),
        ("copyTagsToBackups", "true"),
        ("perUnitStorageThroughput", "250"),
        ("dataCompressionType", "LZ4"),
        ("fileSystemTypeVersion", "2.15"),
    ]);
    assert_eq!(written, guide);
}

#[test]
fn every_parameter_is_written_and_read_back() {
    let written = parameters(&full(), "subnet-1", &groups(), &map(&[("team", "ml"), ("Name", "x")])).unwrap();
    let keys: Vec<&str> = written.keys().map(String::as_str).collect();
    let mut table: Vec<&str> = PARAMETERS.iter().map(|it| it.key).collect();
    table.sort_unstable();
    assert_eq!(keys, table, "the table and what is written name the same keys");
    assert_eq!(written["weeklyMaintenanceStartTime"], "7:09:00");
    assert_eq!(written["extraTags"], "Name=x,team=ml");
    assert_eq!(written["securityGroupIds"], "sg-1,sg-2");
    assert_eq!(wish_from(&written, 6000).unwrap(), full());
    let placement = placement_from(&written).unwrap();
    assert_eq!((placement.subnet.as_str(), placement.security_groups), ("subnet-1", groups()));
    assert_eq!(placement.extra_tags, map(&[("team", "ml"), ("Name", "x")]));

    let plain = FileSystemWish::default();
    let written = parameters(&plain, "subnet-1", &groups(), &map(&[])).unwrap();
    assert_eq!(wish_from(&written, 1200).unwrap(), plain);
    assert!(!written.contains_key("extraTags") && !written.contains_key("storageType"));
}

#[test]
fn tags_that_the_driver_would_split_are_refused() {
    for (key, value) in
        [("a=b", "c"), ("a", "b=c"), ("a", "b,c"), ("a,b", "c"), ("aws:x", "y"), ("", "y"), ("a", "b!")]
    {
        let refused =
            parameters(&full(), "subnet-1", &groups(), &map(&[(key, value), ("good", "one")])).unwrap_err();
        assert_eq!(refused.len(), 1, "{key}={value}");
        assert_eq!(refused[0].field, "extra-tag");
        let splits = [key, value].iter().any(|it| it.contains(['=', ',']));
        assert_eq!(refused[0].reason.contains("splits"), splits, "{key}={value}: {}", refused[0].reason);
    }
    assert_eq!(check_extra_tags(&tags(CLUSTER, Origin::Created, &map(&[]))), []);
}

#[test]
fn an_empty_class_is_what_fsx_assumes() {
    let wish = wish_from(&map(&[("fileSystemId", "fs-1"), ("deploymentType", "")]), 1200).unwrap();
    assert_eq!((wish.deployment_type, wish.storage_type), (DeploymentType::Scratch1, StorageType::Ssd));
    assert_eq!((wish.version, wish.compression), (LustreVersion::V2_10, Compression::None));
    let version = |extra: &[(&str, &str)]| {
        let pairs: Vec<_> = extra.iter().copied().chain([("deploymentType", "PERSISTENT_2")]).collect();
        wish_from(&map(&pairs), 1200).unwrap().version
    };
    assert_eq!(version(&[]), LustreVersion::V2_12);
    assert_eq!(version(&[("metadataConfigurationMode", "AUTOMATIC")]), LustreVersion::V2_15);
    let ignored =
        wish_from(&map(&[("metadataIops", "6000"), ("dailyAutomaticBackupStartTime", "99:99")]), 1200)
            .unwrap();
    assert_eq!((ignored.metadata, ignored.backup_start), (None, None));
}

#[test]
fn values_that_cannot_be_read_are_all_named() {
    let table = [
        ("deploymentType", "persistent_2", Some("PERSISTENT_2")),
        ("storageType", "SDD", Some("SSD")),
        ("perUnitStorageThroughput", "fast", None),
        ("fileSystemTypeVersion", "2.16", Some("2.10")),
        ("dataCompressionType", "ZSTD", None),
        ("driveCacheType", "WRITE", None),
        ("automaticBackupRetentionDays", "-1", None),
        ("copyTagsToBackups", "yes", Some("true")),
        ("efaEnabled", "on", Some("true")),
        ("metadataConfigurationMode", "AUTO", Some("AUTOMATIC")),
        ("autoImportPolicy", "NEW_CHANGE", Some("NEW_CHANGED")),
    ];
    for (key, value, nearest) in table {
        let problems = wish_from(&map(&[(key, value)]), 1200).unwrap_err();
        assert_eq!((problems.len(), problems[0].field), (1, key));
        assert_eq!(problems[0].nearest.as_deref(), nearest, "{key} {value}");
    }
    let mode = ("metadataConfigurationMode", "USER_PROVISIONED");
    assert_eq!(wish_from(&map(&[mode]), 1200).unwrap_err()[0].field, "metadataIops");
    let sent = [("metadataConfigurationMode", "AUTOMATIC"), ("metadataIops", "6000")];
    assert_eq!(wish_from(&map(&sent), 1200).unwrap_err()[0].field, "metadataIops");
    assert_eq!(wish_from(&map(&[("efaEnabled", "x"), ("storageType", "y")]), 1200).unwrap_err().len(), 2);
}

#[test]
fn a_placement_that_the_driver_would_misread_is_refused() {
    let good = [("subnetId", "subnet-1"), ("securityGroupIds", "sg-1"), ("extraTags", "a=b")];
    assert!(placement_from(&map(&good)).is_ok());
    for (key, value, nearest) in [
        ("subnetId", "", None),
        ("subnetId", "subnet-1,subnet-2", Some("subnet-1")),
        ("securityGroupIds", "", None),
        ("securityGroupIds", "sg-1, sg-2", Some("sg-1,sg-2")),
        ("extraTags", "a", None),
        ("extraTags", "a=b=c", None),
        ("extraTags", "a=b,", None),
    ] {
        let mut parameters = map(&good);
        parameters.insert(key.to_owned(), value.to_owned());
        let problems = placement_from(&parameters).unwrap_err();
        assert_eq!((problems.len(), problems[0].field), (1, key), "{value}");
        assert_eq!(problems[0].nearest.as_deref(), nearest, "{key} {value}");
    }
}

#[test]
fn unknown_keys_are_met_with_the_nearest() {
    let table = [
        ("subnetID", Some("subnetId")),
        ("subnetIds", Some("subnetId")),
        ("privateSubnetId", Some("subnetId")),
        ("securityGroupId", Some("securityGroupIds")),
        ("throughput", Some("perUnitStorageThroughput")),
        ("s3exportpath", Some("s3ExportPath")),
        ("fileSystemId", None),
        ("metadataIOPS", Some("metadataIops")),
        ("deployment-type", Some("deploymentType")),
    ];
    for (key, nearest) in table {
        let found = unknown_keys([key, "subnetId", "csi.storage.k8s.io/fstype"]);
        assert_eq!(found.len(), 1, "{key}");
        assert_eq!(found[0].1, nearest, "{key}");
    }
    assert_eq!(unknown_keys(PARAMETERS.iter().map(|it| it.key)), []);
}

#[test]
fn only_what_was_asked_for_and_differs_is_a_difference() {
    let own = tags(CLUSTER, Origin::Created, &map(&[("team", "ml")]));
    let own: Vec<String> = own.iter().map(|(key, value)| format!("{key}={value}")).collect();
    let own = own.join(",");
    let own = [("extraTags", own.as_str())];
    let table: Vec<(Pairs<'_>, Pairs<'_>, &[&str])> = vec![
        (&[], &[("deploymentType", "SCRATCH_2")], &[]),
        (&[("deploymentType", "SCRATCH_2")], &[("deploymentType", "SCRATCH_2")], &[]),
        (&[("deploymentType", "SCRATCH_2")], &[("deploymentType", "SCRATCH_1")], &["deploymentType"]),
        (&[("deploymentType", "SCRATCH_1")], &[], &[]),
        (&[("deploymentType", "SCRATCH_2")], &[], &["deploymentType"]),
        (&[("storageType", "SSD")], &[], &[]),
        (&[("dataCompressionType", "NONE")], &[], &[]),
        (&[("dataCompressionType", "NONE")], &[("dataCompressionType", "LZ4")], &["dataCompressionType"]),
        (&[("automaticBackupRetentionDays", "0")], &[], &[]),
        (&[("copyTagsToBackups", "true")], &[("copyTagsToBackups", "True")], &[]),
        (&[("copyTagsToBackups", "false")], &[], &[]),
        (&[("copyTagsToBackups", "true")], &[], &["copyTagsToBackups"]),
        (&[("perUnitStorageThroughput", "250")], &[("perUnitStorageThroughput", "0250")], &[]),
        (
            &[("perUnitStorageThroughput", "250")],
            &[("perUnitStorageThroughput", "500")],
            &["perUnitStorageThroughput"],
        ),
        (&[("securityGroupIds", "sg-1,sg-2")], &[("securityGroupIds", "sg-2,sg-1")], &[]),
        (&[("securityGroupIds", "sg-1")], &[("securityGroupIds", "sg-1,sg-2")], &["securityGroupIds"]),
        (
            &[("fileSystemTypeVersion", "2.15")],
            &[("deploymentType", "PERSISTENT_2")],
            &["fileSystemTypeVersion"],
        ),
        (&[("fileSystemTypeVersion", "2.12")], &[("deploymentType", "PERSISTENT_2")], &[]),
        (&[("fileSystemTypeVersion", "2.10")], &[], &[]),
        (&[("extraTags", "team=ml")], &own, &[]),
        (&own, &[("extraTags", "team=ml,more=x")], &[]),
        (&own, &[], &["extraTags"]),
        (&[("extraTags", "fsxctl.io/owner=fsxctl,fsxctl.io/origin=created")], &[], &[]),
        (&[("extraTags", "team=ml")], &[("extraTags", "team=web")], &["extraTags"]),
        (&[("odd", "a")], &[("odd", "b")], &["odd"]),
    ];
    for (asked, found, expected) in table {
        let differing = differences(&map(asked), &map(found));
        let keys: Vec<&str> = differing.iter().map(|it| it.key.as_str()).collect();
        assert_eq!(keys, expected, "{asked:?} against {found:?}");
    }
    let one = differences(&map(&[("kmsKeyId", "a")]), &map(&[]));
    assert_eq!(one, [Difference { key: "kmsKeyId".into(), asked: "a".into(), found: None }]);
}
