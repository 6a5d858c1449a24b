//! Each row of the tables of types and sizes: legal, and just not.

use serde_json::json;

use super::sizes::{automatic_iops, interfaces};
use super::*;

/// An input of a type, storage, throughput and size; `more` is laid over `LustreConfiguration`.
fn input(deployment: &str, storage: &str, throughput: i64, capacity: i64, more: Value) -> Value {
    let mut lustre = json!({"DeploymentType": deployment});
    let mut input = json!({"FileSystemType": "LUSTRE", "StorageType": storage, "SubnetIds": ["subnet-1"]});
    if throughput > 0 {
        lustre["PerUnitStorageThroughput"] = json!(throughput);
    }
    if capacity != 0 {
        input["StorageCapacity"] = json!(capacity);
    }
    let Value::Object(more) = more else { return input };
    for (key, value) in more {
        match key.as_str() {
            "KmsKeyId" | "FileSystemTypeVersion" | "NetworkType" | "SubnetIds" | "WindowsConfiguration" => {
                input[key] = value;
            }
            _ => lustre[key] = value,
        }
    }
    input["LustreConfiguration"] = lustre;
    input
}

fn verdict(input: &Value) -> String {
    legal(input).map_or_else(|error| error.code, |()| "ok".to_owned())
}

#[test]
fn sizes_of_every_row() {
    let hdd = || json!({"DriveCacheType": "NONE"});
    let efa = || json!({"EfaEnabled": true, "MetadataConfiguration": {"Mode": "AUTOMATIC"}});
    type Line = (&'static str, &'static str, i64, fn() -> Value, &'static [i64], &'static [i64]);
    let none = || json!({});
    let table: [Line; 16] = [
        ("SCRATCH_1", "SSD", 0, none, &[1200, 2400, 3600, 7200], &[0, 600, 1201, 4800, 6000]),
        ("SCRATCH_2", "SSD", 0, none, &[1200, 2400, 4800, 7200], &[0, -2400, 3600, 6000]),
        ("PERSISTENT_1", "SSD", 50, none, &[1200, 2400, 4800], &[600, 1800, 3600]),
        ("PERSISTENT_1", "SSD", 100, none, &[1200, 2400], &[3600]),
        ("PERSISTENT_1", "SSD", 200, none, &[1200, 2400], &[3600]),
        ("PERSISTENT_1", "HDD", 12, hdd, &[6000, 12_000], &[1200, 1800, 9000]),
        ("PERSISTENT_1", "HDD", 40, hdd, &[1800, 3600, 6300 - 900], &[1200, 2400, 6000 + 100]),
        ("PERSISTENT_2", "SSD", 125, none, &[1200, 2400, 48_000], &[600, 3600]),
        ("PERSISTENT_2", "SSD", 250, none, &[1200, 2400], &[3600]),
        ("PERSISTENT_2", "SSD", 500, none, &[1200, 2400], &[3600]),
        ("PERSISTENT_2", "SSD", 1000, none, &[1200, 2400], &[3600]),
        ("PERSISTENT_2", "SSD", 125, efa, &[38_400, 76_800], &[1200, 2400, 19_200, 4800]),
        ("PERSISTENT_2", "SSD", 250, efa, &[19_200, 38_400], &[9600, 1200]),
        ("PERSISTENT_2", "SSD", 500, efa, &[9600, 19_200], &[4800]),
        ("PERSISTENT_2", "SSD", 1000, efa, &[4800, 9600], &[2400, 1200]),
        ("PERSISTENT_2", "INTELLIGENT_TIERING", 0, tiered, &[0], &[1200, 2400]),
    ];
    for (deployment, storage, throughput, more, good, illegal) in table {
        for capacity in good {
            assert_eq!(
                verdict(&input(deployment, storage, throughput, *capacity, more())),
                "ok",
                "{deployment} {storage} {throughput} {capacity}"
            );
        }
        for capacity in illegal {
            assert_eq!(
                verdict(&input(deployment, storage, throughput, *capacity, more())),
                "BadRequest",
                "{deployment} {storage} {throughput} {capacity}"
            );
        }
    }
    let refused = legal(&input("PERSISTENT_2", "SSD", 250, 3600, json!({}))).unwrap_err();
    assert_eq!(
        refused.message,
        "Invalid Lustre FS storage capacity: 3600. Must be 1200 or a multiple of 2400."
    );
}

fn tiered() -> Value {
    json!({
        "ThroughputCapacity": 4000,
        "DataReadCacheConfiguration": {"SizingMode": "PROPORTIONAL_TO_THROUGHPUT_CAPACITY"},
        "MetadataConfiguration": {"Mode": "USER_PROVISIONED", "Iops": 6000},
    })
}

#[test]
fn throughput_sets() {
    let hdd = json!({"DriveCacheType": "READ"});
    let invalid = "InvalidPerUnitStorageThroughput";
    let table = [
        ("SCRATCH_1", "SSD", 50, json!({}), "BadRequest"),
        ("SCRATCH_2", "SSD", 125, json!({}), "BadRequest"),
        ("PERSISTENT_1", "SSD", 125, json!({}), invalid),
        ("PERSISTENT_1", "SSD", 12, json!({}), invalid),
        ("PERSISTENT_1", "SSD", 0, json!({}), "BadRequest"),
        ("PERSISTENT_1", "HDD", 50, hdd.clone(), invalid),
        ("PERSISTENT_1", "HDD", 0, hdd, "BadRequest"),
        ("PERSISTENT_2", "SSD", 200, json!({}), invalid),
        ("PERSISTENT_2", "SSD", 0, json!({}), "BadRequest"),
        ("PERSISTENT_2", "INTELLIGENT_TIERING", 250, tiered(), "BadRequest"),
        ("SCRATCH_2", "HDD", 0, json!({"DriveCacheType": "NONE"}), "BadRequest"),
        ("PERSISTENT_2", "HDD", 12, json!({"DriveCacheType": "NONE"}), "BadRequest"),
        ("PERSISTENT_1", "INTELLIGENT_TIERING", 0, tiered(), "BadRequest"),
    ];
    for (deployment, storage, throughput, more, expected) in table {
        let capacity = if storage == "INTELLIGENT_TIERING" { 0 } else { 36_000 };
        let input = input(deployment, storage, throughput, capacity, more);
        assert_eq!(verdict(&input), expected, "{input}");
    }
}

/// Changes to a legal PERSISTENT_2 SSD input.
#[test]
fn persistent_2_settings() {
    let metadata = |mode: &str, iops: i64| {
        let mut value = json!({"Mode": mode});
        if iops > 0 {
            value["Iops"] = json!(iops);
        }
        json!({ "MetadataConfiguration": value })
    };
    let version = |version: &str| json!({"FileSystemTypeVersion": version});
    let table = [
        (version("2.15"), "ok"),
        (version("2.12"), "ok"),
        (version("2.10"), "BadRequest"),
        (version("2.16"), "BadRequest"),
        (metadata("AUTOMATIC", 0), "ok"),
        (metadata("AUTOMATIC", 1500), "BadRequest"),
        (metadata("USER_PROVISIONED", 0), "BadRequest"),
        (metadata("USER_PROVISIONED", 1500), "ok"),
        (metadata("USER_PROVISIONED", 4500), "BadRequest"),
        (metadata("USER_PROVISIONED", 24_000), "ok"),
        (metadata("USER_PROVISIONED", 18_000), "BadRequest"),
        (metadata("USER_PROVISIONED", 192_000), "ok"),
        (metadata("USER_PROVISIONED", 204_000), "BadRequest"),
        (metadata("MANUAL", 1500), "BadRequest"),
        (
            json!({"FileSystemTypeVersion": "2.12", "MetadataConfiguration": {"Mode": "AUTOMATIC"}}),
            "BadRequest",
        ),
        (json!({"EfaEnabled": false}), "ok"),
        (json!({"EfaEnabled": true}), "BadRequest"),
        (json!({"DriveCacheType": "READ"}), "BadRequest"),
        (json!({"ThroughputCapacity": 4000}), "BadRequest"),
        (json!({"DataReadCacheConfiguration": {"SizingMode": "NO_CACHE"}}), "BadRequest"),
        (json!({"ImportPath": "s3://bucket"}), "BadRequest"),
        (json!({"AutoImportPolicy": "NEW"}), "BadRequest"),
        (json!({"DataCompressionType": "LZ4", "CopyTagsToBackups": true}), "ok"),
        (json!({"DataCompressionType": "ZSTD"}), "BadRequest"),
    ];
    for (more, expected) in table {
        let input = input("PERSISTENT_2", "SSD", 250, 2400, more);
        assert_eq!(verdict(&input), expected, "{input}");
    }
}

#[test]
fn settings_beside_the_size() {
    let table = [
        (json!({"KmsKeyId": "alias/mine"}), "ok"),
        (json!({"AutomaticBackupRetentionDays": 90, "DailyAutomaticBackupStartTime": "05:00"}), "ok"),
        (json!({"AutomaticBackupRetentionDays": 91}), "BadRequest"),
        (json!({"DailyAutomaticBackupStartTime": "24:00"}), "BadRequest"),
        (json!({"WeeklyMaintenanceStartTime": "7:09:00"}), "ok"),
        (json!({"WeeklyMaintenanceStartTime": "0:09:00"}), "BadRequest"),
        (json!({"WeeklyMaintenanceStartTime": "7:0900"}), "BadRequest"),
        (json!({"RootSquashConfiguration": {"RootSquash": "65534:65534"}}), "ok"),
        (json!({"RootSquashConfiguration": {"RootSquash": "4294967295:1"}}), "BadRequest"),
        (json!({"RootSquashConfiguration": {"RootSquash": "1"}}), "BadRequest"),
        (json!({"LogConfiguration": {"Level": "DISABLED"}}), "ok"),
        (
            json!({"LogConfiguration": {"Level": "WARN_ERROR", "Destination": "arn:aws:logs:us-west-2:111122223333:log-group:/aws/fsx/lustre"}}),
            "ok",
        ),
        (
            json!({"LogConfiguration": {"Level": "WARN_ERROR", "Destination": "arn:aws:logs:us-west-2:111122223333:log-group:/mine"}}),
            "BadRequest",
        ),
        (
            json!({"LogConfiguration": {"Level": "DISABLED", "Destination": "arn:aws:logs:us-west-2:111122223333:log-group:/aws/fsx/x"}}),
            "BadRequest",
        ),
        (json!({"NetworkType": "IPV4"}), "ok"),
        (json!({"NetworkType": "DUAL"}), "BadRequest"),
        (json!({"WindowsConfiguration": {"ThroughputCapacity": 8}}), "BadRequest"),
        (json!({"SubnetIds": ["subnet-1", "subnet-2"]}), "InvalidNetworkSettings"),
    ];
    for (more, expected) in table {
        let input = input("PERSISTENT_2", "SSD", 250, 2400, more);
        assert_eq!(verdict(&input), expected, "{input}");
    }
}

/// Changes to a legal Intelligent-Tiering input.
#[test]
fn tiering_settings() {
    let cache = |mode: &str, size: i64| json!({"ThroughputCapacity": 8000, "DataReadCacheConfiguration": {"SizingMode": mode, "SizeGiB": size}});
    let table = [
        (json!({"ThroughputCapacity": 4000}), "ok"),
        (json!({"ThroughputCapacity": 2_000_000}), "ok"),
        (json!({"ThroughputCapacity": 2_004_000}), "BadRequest"),
        (json!({"ThroughputCapacity": 4001}), "BadRequest"),
        (json!({"ThroughputCapacity": 0}), "BadRequest"),
        (json!({"ThroughputCapacity": null}), "BadRequest"),
        (json!({"DataReadCacheConfiguration": null}), "BadRequest"),
        (json!({"DataReadCacheConfiguration": {"SizingMode": "NO_CACHE"}}), "ok"),
        (json!({"DataReadCacheConfiguration": {"SizingMode": "USER_PROVISIONED"}}), "BadRequest"),
        (cache("USER_PROVISIONED", 63), "BadRequest"),
        (cache("USER_PROVISIONED", 64), "ok"),
        (cache("USER_PROVISIONED", 262_144), "ok"),
        (cache("USER_PROVISIONED", 262_145), "BadRequest"),
        (cache("NO_CACHE", 64), "BadRequest"),
        (json!({"MetadataConfiguration": null}), "BadRequest"),
        (json!({"MetadataConfiguration": {"Mode": "AUTOMATIC"}}), "BadRequest"),
        (json!({"MetadataConfiguration": {"Mode": "USER_PROVISIONED", "Iops": 12000}}), "ok"),
        (json!({"MetadataConfiguration": {"Mode": "USER_PROVISIONED", "Iops": 24000}}), "BadRequest"),
        (json!({"MetadataConfiguration": {"Mode": "USER_PROVISIONED", "Iops": 1500}}), "BadRequest"),
        (json!({"FileSystemTypeVersion": "2.12"}), "BadRequest"),
        (json!({"EfaEnabled": true}), "ok"),
    ];
    for (more, expected) in table {
        let mut all = tiered();
        for (key, value) in more.as_object().cloned().unwrap_or_default() {
            all[key] = value;
        }
        let input = input("PERSISTENT_2", "INTELLIGENT_TIERING", 0, 0, all);
        assert_eq!(verdict(&input), expected, "{input}");
    }
}

/// Changes to a legal scratch input.
#[test]
fn scratch_settings() {
    let table = [
        (json!({}), "ok"),
        (json!({"FileSystemTypeVersion": "2.10"}), "ok"),
        (json!({"FileSystemTypeVersion": "2.15"}), "ok"),
        (json!({"KmsKeyId": "alias/mine"}), "BadRequest"),
        (json!({"AutomaticBackupRetentionDays": 1}), "BadRequest"),
        (json!({"AutomaticBackupRetentionDays": 0}), "ok"),
        (json!({"MetadataConfiguration": {"Mode": "AUTOMATIC"}}), "BadRequest"),
        (json!({"EfaEnabled": true}), "BadRequest"),
        (
            json!({"ImportPath": "s3://bucket/data", "ExportPath": "s3://bucket/out", "AutoImportPolicy": "NEW_CHANGED"}),
            "ok",
        ),
        (json!({"ImportPath": "s3://bucket", "ExportPath": "s3://other"}), "InvalidExportPath"),
        (json!({"ImportPath": "bucket"}), "InvalidImportPath"),
        (json!({"ImportPath": "s3://"}), "InvalidImportPath"),
        (json!({"ExportPath": "s3://bucket"}), "BadRequest"),
        (json!({"AutoImportPolicy": "NEW"}), "BadRequest"),
        (json!({"ImportPath": "s3://bucket", "ImportedFileChunkSize": 512_001}), "BadRequest"),
        (json!({"ImportPath": "s3://bucket", "CopyTagsToBackups": true}), "BadRequest"),
    ];
    for (more, expected) in table {
        let input = input("SCRATCH_2", "SSD", 0, 1200, more);
        assert_eq!(verdict(&input), expected, "{input}");
    }
    let linked = json!({"ImportPath": "s3://bucket", "AutomaticBackupRetentionDays": 7});
    assert_eq!(verdict(&input("PERSISTENT_1", "SSD", 50, 1200, linked)), "BadRequest");
    assert_eq!(verdict(&input("PERSISTENT_1", "HDD", 12, 6000, json!({}))), "BadRequest");
    assert_eq!(
        verdict(&json!({"FileSystemType": "LUSTRE", "StorageCapacity": 1200})),
        "MissingFileSystemConfiguration"
    );
    assert_eq!(
        verdict(&json!({"FileSystemType": "LUSTRE", "StorageCapacity": 1200, "LustreConfiguration": {}})),
        "ok"
    );
}

#[test]
fn versions_by_default() {
    let table = [
        (input("SCRATCH_1", "SSD", 0, 1200, json!({})), "2.10"),
        (input("SCRATCH_2", "SSD", 0, 1200, json!({})), "2.10"),
        (input("PERSISTENT_1", "SSD", 50, 1200, json!({})), "2.10"),
        (input("PERSISTENT_2", "SSD", 125, 1200, json!({})), "2.12"),
        (
            input("PERSISTENT_2", "SSD", 125, 1200, json!({"MetadataConfiguration": {"Mode": "AUTOMATIC"}})),
            "2.15",
        ),
        (input("PERSISTENT_2", "SSD", 125, 1200, json!({"FileSystemTypeVersion": "2.15"})), "2.15"),
    ];
    for (input, version) in table {
        assert_eq!(Wanted::of(&input).version(), version, "{input}");
    }
}

#[test]
fn automatic_metadata_iops() {
    let table = [
        (1200, 1500),
        (2400, 3000),
        (4800, 6000),
        (9600, 6000),
        (12_000, 12_000),
        (45_600, 12_000),
        (48_000, 24_000),
        (72_000, 36_000),
    ];
    for (capacity, iops) in table {
        assert_eq!(automatic_iops(capacity), iops, "{capacity}");
    }
}

#[test]
fn interfaces_of_every_type() {
    let iops = |iops: i64| json!({"MetadataConfiguration": {"Mode": "USER_PROVISIONED", "Iops": iops}});
    let table = [
        (input("SCRATCH_2", "SSD", 0, 9600, json!({})), 5),
        (input("SCRATCH_1", "SSD", 0, 7200, json!({})), 3),
        (input("SCRATCH_2", "SSD", 0, 1200, json!({})), 2),
        (input("PERSISTENT_1", "HDD", 12, 12_000, json!({})), 3),
        (input("PERSISTENT_1", "HDD", 40, 5400, json!({})), 4),
        (input("PERSISTENT_2", "SSD", 250, 4800, iops(24_000)), 4),
        (
            input(
                "PERSISTENT_2",
                "SSD",
                1000,
                9600,
                json!({"EfaEnabled": true, "MetadataConfiguration": {"Mode": "AUTOMATIC", "Iops": 6000}}),
            ),
            3,
        ),
        (input("PERSISTENT_2", "INTELLIGENT_TIERING", 0, 0, tiered()), 2),
    ];
    for (row, expected) in table {
        assert_eq!(interfaces(&row), expected, "{row}");
    }
}
