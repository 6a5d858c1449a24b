//! `CreateFileSystemFromBackup`: the backup's file system with what the request changes.

use serde_json::{Value, json};

use super::rules::{self, bad};
use super::{backups, create, token};
use crate::aws::ec2::value::{given, text};
use crate::call::{Answer, AwsError, Call};
use crate::state::State;

/// Settings that a new file system takes over from the backup unless the request has its own.
const KEPT: [&str; 14] = [
    "DeploymentType",
    "PerUnitStorageThroughput",
    "WeeklyMaintenanceStartTime",
    "DailyAutomaticBackupStartTime",
    "AutomaticBackupRetentionDays",
    "CopyTagsToBackups",
    "DriveCacheType",
    "DataCompressionType",
    "RootSquashConfiguration",
    "MetadataConfiguration",
    "EfaEnabled",
    "ThroughputCapacity",
    "DataReadCacheConfiguration",
    "LogConfiguration",
];

/// `CreateFileSystemFromBackup`.
///
/// # Errors
/// `BackupNotFound`, `IncompatibleParameterError`, `BadRequest` for another size, an older version or a
/// backup that is not AVAILABLE, and everything that `CreateFileSystem` refuses.
pub fn restore(state: &mut State, call: &Call) -> Answer {
    if let Some(known) = token::repeated(state, "fsx.FileSystems", &call.input)? {
        return Ok(json!({ "FileSystem": known }));
    }
    let backup = backups::one(state, call.text("BackupId").unwrap_or_default())?;
    if text(backup, "Lifecycle") != "AVAILABLE" {
        let (id, lifecycle) = (text(backup, "BackupId"), text(backup, "Lifecycle"));
        return Err(bad(format!("Backup {id} is {lifecycle}")));
    }
    let wanted = wanted(&backup["FileSystem"], &call.input)?;
    rules::legal(&wanted)?;
    let row = create::build(state, &wanted, &call.input)?;
    Ok(json!({ "FileSystem": row }))
}

/// The `CreateFileSystem` input that a restore amounts to.
fn wanted(source: &Value, input: &Value) -> Result<Value, AwsError> {
    let capacity = source.get("StorageCapacity").cloned().unwrap_or_default();
    if given(input, "StorageCapacity") && input["StorageCapacity"] != capacity {
        return Err(bad(format!("The storage capacity must be that of the backup, {capacity} GiB")));
    }
    let rank = |version: &str| ["2.10", "2.12", "2.15"].iter().position(|known| *known == version);
    let version = text(input, "FileSystemTypeVersion");
    let old = text(source, "FileSystemTypeVersion");
    if !version.is_empty() && rank(version) < rank(old) {
        return Err(bad(format!("FileSystemTypeVersion {version} is older than the backup's {old}")));
    }
    let mut wanted = input.clone();
    let mut lustre = json!({});
    for member in KEPT {
        if given(&source["LustreConfiguration"], member) {
            lustre[member] = source["LustreConfiguration"][member].clone();
        }
    }
    if text(&lustre["MetadataConfiguration"], "Mode") == "AUTOMATIC" {
        lustre["MetadataConfiguration"] = json!({"Mode": "AUTOMATIC"});
    }
    if let (Some(lustre), Some(own)) = (lustre.as_object_mut(), input["LustreConfiguration"].as_object()) {
        lustre.extend(own.clone());
    }
    if let Some(lustre) = lustre.as_object_mut() {
        lustre.retain(|_, value| !value.is_null());
    }
    wanted["FileSystemType"] = json!("LUSTRE");
    wanted["LustreConfiguration"] = lustre;
    for member in ["StorageCapacity", "StorageType", "FileSystemTypeVersion", "KmsKeyId"] {
        if !given(input, member) && given(source, member) {
            wanted[member] = source[member].clone();
        }
    }
    Ok(wanted)
}
