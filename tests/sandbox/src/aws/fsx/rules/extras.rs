//! The rules of everything that has nothing to do with size: encryption, backups, the legacy S3 link,
//! root squash, logs, maintenance, other file-system types' settings.

use serde_json::Value;

use super::{Wanted, bad};
use crate::aws::ec2::value::{flag, given, list, text};
use crate::call::AwsError;

pub(super) fn check(wanted: Wanted<'_>) -> Result<(), AwsError> {
    foreign(wanted)?;
    encryption(wanted)?;
    s3_link(wanted)?;
    backups(wanted)?;
    squash(wanted.lustre)?;
    logs(wanted.lustre)?;
    window(wanted.lustre)
}

/// Settings of other types, more than one subnet, a network type that Lustre is not documented to have.
fn foreign(wanted: Wanted<'_>) -> Result<(), AwsError> {
    for member in ["WindowsConfiguration", "OntapConfiguration", "OpenZFSConfiguration"] {
        if given(wanted.input, member) {
            return Err(bad(format!("{member} cannot be set for a file system of type LUSTRE")));
        }
    }
    if text(wanted.input, "NetworkType") == "DUAL" {
        // Documented for the other types only; the refusal itself is UNCONFIRMED.
        return Err(bad("NetworkType DUAL is not supported for a file system of type LUSTRE"));
    }
    if list(wanted.input, "SubnetIds").len() > 1 {
        let message = "Exactly one subnet ID must be given for a file system of type LUSTRE";
        return Err(AwsError::new("InvalidNetworkSettings", message));
    }
    Ok(())
}

fn encryption(wanted: Wanted<'_>) -> Result<(), AwsError> {
    if given(wanted.input, "KmsKeyId") && !wanted.persistent() {
        return Err(bad(format!("KmsKeyId is not supported for deployment type {}", wanted.deployment())));
    }
    Ok(())
}

/// The legacy link: not on PERSISTENT_2 (the exact error there is UNCONFIRMED), the other settings only
/// with `ImportPath`, both paths in one bucket.
fn s3_link(wanted: Wanted<'_>) -> Result<(), AwsError> {
    let lustre = wanted.lustre;
    let settings = ["ImportPath", "ExportPath", "AutoImportPolicy", "ImportedFileChunkSize"];
    let Some(first) = settings.iter().find(|member| given(lustre, member)) else { return Ok(()) };
    if wanted.deployment() == "PERSISTENT_2" {
        return Err(bad(format!(
            "{first} is not supported for deployment type PERSISTENT_2. Use a data repository association instead."
        )));
    }
    let Some(import) = lustre.get("ImportPath").and_then(Value::as_str) else {
        let policy = text(lustre, "AutoImportPolicy");
        let alone =
            *first == "AutoImportPolicy" && policy == "NONE" && !given(lustre, "ImportedFileChunkSize");
        return if alone { Ok(()) } else { Err(bad(format!("{first} requires ImportPath"))) };
    };
    let Some(bucket) = bucket(import) else {
        return Err(AwsError::new("InvalidImportPath", format!("The import path {import} is not valid")));
    };
    match lustre.get("ExportPath").and_then(Value::as_str) {
        Some(export) if self::bucket(export) != Some(bucket) => {
            let message = format!("The export path {export} must be in the bucket of the import path");
            Err(AwsError::new("InvalidExportPath", message))
        }
        _ => chunk(lustre),
    }
}

fn chunk(lustre: &Value) -> Result<(), AwsError> {
    match lustre.get("ImportedFileChunkSize").and_then(Value::as_i64) {
        Some(size) if !(1..=512_000).contains(&size) => {
            Err(bad(format!("Invalid ImportedFileChunkSize: {size}")))
        }
        _ => Ok(()),
    }
}

/// The bucket of an `s3://` path.
pub(in super::super) fn bucket(path: &str) -> Option<&str> {
    let bucket = path.strip_prefix("s3://")?.split('/').next()?;
    let legal = (3..=63).contains(&bucket.len())
        && bucket.bytes().all(|b| b.is_ascii_lowercase() || b.is_ascii_digit() || matches!(b, b'.' | b'-'));
    legal.then_some(bucket)
}

/// Backups need a persistent file system that is not linked to S3.
fn backups(wanted: Wanted<'_>) -> Result<(), AwsError> {
    let days = wanted.number("AutomaticBackupRetentionDays").unwrap_or(0);
    if !(0..=90).contains(&days) {
        return Err(bad(format!("Invalid AutomaticBackupRetentionDays: {days}. Must be between 0 and 90")));
    }
    let copies = flag(wanted.lustre, "CopyTagsToBackups");
    if wanted.linked() && (days > 0 || copies) {
        return Err(bad("Backups cannot be created on S3-linked file systems."));
    }
    if days > 0 && !wanted.persistent() {
        return Err(bad(format!("Backups are not supported for deployment type {}", wanted.deployment())));
    }
    let start = text(wanted.lustre, "DailyAutomaticBackupStartTime");
    if !start.is_empty() && !clock(start) {
        return Err(bad(format!("Invalid DailyAutomaticBackupStartTime: {start}")));
    }
    Ok(())
}

/// `HH:MM`.
fn clock(text: &str) -> bool {
    let part =
        |range: std::ops::Range<usize>| text.get(range).filter(|p| p.bytes().all(|b| b.is_ascii_digit()));
    let number = |part: Option<&str>| part.and_then(|part| part.parse::<u8>().ok());
    text.len() == 5
        && text.as_bytes().get(2) == Some(&b':')
        && number(part(0..2)).is_some_and(|hour| hour < 24)
        && number(part(3..5)).is_some_and(|minute| minute < 60)
}

/// `d:HH:MM`, Monday first.
pub(in super::super) fn window(lustre: &Value) -> Result<(), AwsError> {
    let window = text(lustre, "WeeklyMaintenanceStartTime");
    let legal = window
        .split_once(':')
        .is_some_and(|(day, time)| matches!(day.as_bytes(), [b'1'..=b'7']) && clock(time));
    if window.is_empty() || legal {
        Ok(())
    } else {
        Err(bad(format!("Invalid WeeklyMaintenanceStartTime: {window}")))
    }
}

/// `uid:gid`, each up to 4294967294.
pub(in super::super) fn squash(lustre: &Value) -> Result<(), AwsError> {
    let configuration = &lustre["RootSquashConfiguration"];
    let squash = text(configuration, "RootSquash");
    let id = |part: &str| part.len() <= 10 && part.parse::<u64>().is_ok_and(|id| id <= 4_294_967_294);
    if !squash.is_empty() && !squash.split_once(':').is_some_and(|(uid, gid)| id(uid) && id(gid)) {
        return Err(bad(format!("Invalid RootSquash: {squash}. Must be UID:GID")));
    }
    if list(configuration, "NoSquashNids").len() > 64 {
        return Err(bad("NoSquashNids can have at most 64 entries"));
    }
    Ok(())
}

/// A log destination is a log group under `/aws/fsx`, and none with level DISABLED. Whether the group
/// exists is not judged: the world has no log groups.
pub(in super::super) fn logs(lustre: &Value) -> Result<(), AwsError> {
    let configuration = &lustre["LogConfiguration"];
    if !given(lustre, "LogConfiguration") {
        return Ok(());
    }
    let destination = text(configuration, "Destination");
    match (text(configuration, "Level"), destination) {
        ("DISABLED" | "WARN_ONLY" | "ERROR_ONLY" | "WARN_ERROR", "") => Ok(()),
        ("DISABLED", _) => Err(bad("Destination cannot be set when the log level is DISABLED")),
        ("WARN_ONLY" | "ERROR_ONLY" | "WARN_ERROR", destination) => {
            let group = destination.splitn(7, ':').nth(6).unwrap_or_default();
            let legal = destination.starts_with("arn:") && group.starts_with("/aws/fsx");
            if legal { Ok(()) } else { Err(bad("The log group name must begin with /aws/fsx")) }
        }
        (other, _) => Err(bad(format!("Invalid log level: {other}"))),
    }
}
