//! Backups of file systems: made, copied, deleted. Making a file system from one is `restore`.

use std::time::Duration;

use jiff::Timestamp;
use serde_json::{Value, json};

use super::rules::bad;
use super::{defaults, faults, filter, quotas, read, repository, tags, token};
use crate::aws::ec2::value::{fill, flag, given, list, text, texts};
use crate::call::{Answer, AwsError, Call};
use crate::state::State;

/// The table.
pub const TABLE: &str = "fsx.Backups";
/// CREATING, and the same again TRANSFERRING. FSx publishes no durations: the sandbox's own.
pub const PHASE: Duration = Duration::from_secs(120);

/// A backup's row.
///
/// # Errors
/// `BackupNotFound`.
pub fn one<'a>(state: &'a State, id: &str) -> Result<&'a Value, AwsError> {
    state
        .find(TABLE, "BackupId", id)
        .ok_or_else(|| AwsError::new("BackupNotFound", format!("Backup '{id}' does not exist.")))
}

/// Whether a file system can have backups: persistent, and not linked to S3 in either way.
///
/// # Errors
/// `BadRequest`.
pub fn check_possible(state: &State, row: &Value) -> Result<(), AwsError> {
    let deployment = text(&row["LustreConfiguration"], "DeploymentType");
    if !deployment.starts_with("PERSISTENT") {
        return Err(bad(format!("Backups are not supported for deployment type {deployment}")));
    }
    let linked = given(&row["LustreConfiguration"], "DataRepositoryConfiguration")
        || repository::of_file_system(state, text(row, "FileSystemId")).next().is_some();
    if linked { Err(bad("Backups cannot be created on S3-linked file systems.")) } else { Ok(()) }
}

/// Makes the final backup of a file system that goes away, complete at once; returns its id.
///
/// # Errors
/// As [`check_possible`].
pub fn make_final(state: &mut State, row: &Value, tags: &[Value]) -> Result<String, AwsError> {
    check_possible(state, row)?;
    let mut backup = build(state, row, tags);
    let id = text(&backup, "BackupId").to_owned();
    backup["Lifecycle"] = json!("AVAILABLE");
    backup["ProgressPercent"] = json!(100);
    state.rows_mut(TABLE).push(backup);
    Ok(id)
}

/// The tags that a backup has: those asked for, else the file system's when it copies its tags.
fn build(state: &mut State, row: &Value, tags: &[Value]) -> Value {
    let id = state.id("backup");
    let copies = flag(&row["LustreConfiguration"], "CopyTagsToBackups") && tags.is_empty();
    let tags = if copies { list(row, "Tags") } else { tags };
    json!({
        "BackupId": id, "Lifecycle": "CREATING", "Type": "USER_INITIATED", "ProgressPercent": 0,
        "CreationTime": state.now.to_string(), "ResourceARN": defaults::arn(state, "backup", &id),
        "OwnerId": state.account, "ResourceType": "FILE_SYSTEM", "KmsKeyId": row["KmsKeyId"], "Tags": tags,
        "FileSystem": shown(row),
    })
}

/// A file system as a backup remembers it: without the sandbox's own members.
fn shown(row: &Value) -> Value {
    let mut row = row.clone();
    if let Some(object) = row.as_object_mut() {
        object.retain(|member, _| !member.starts_with('$') && member != "AdministrativeActions");
    }
    row
}

/// `CreateBackup`.
///
/// # Errors
/// `FileSystemNotFound`, `IncompatibleParameterError`, `BadRequest`, `BackupInProgress`,
/// `ServiceLimitExceeded`.
pub fn create(state: &mut State, call: &Call) -> Answer {
    if let Some(known) = token::repeated(state, TABLE, &call.input)? {
        return Ok(json!({ "Backup": known }));
    }
    let id = call.text("FileSystemId").unwrap_or_default();
    let row = read::one(state, id)?.clone();
    let lifecycle = text(&row, "Lifecycle");
    if !matches!(lifecycle, "AVAILABLE" | "UPDATING") {
        return Err(bad(format!("The file system is {lifecycle}")));
    }
    check_possible(state, &row)?;
    tags::check(list(&call.input, "Tags"))?;
    let busy = |backup: &&Value| text(&backup["FileSystem"], "FileSystemId") == id && runs(backup);
    if let Some(busy) = state.rows(TABLE).iter().find(busy) {
        let message = format!("Backup {} of the file system is in progress", text(busy, "BackupId"));
        return Err(AwsError::new("BackupInProgress", message));
    }
    quotas::check_backups(state)?;
    let mut backup = build(state, &row, list(&call.input, "Tags"));
    // Waits for a running growth; else it starts at once.
    backup["Lifecycle"] = json!(if lifecycle == "UPDATING" { "PENDING" } else { "CREATING" });
    backup["$dueAt"] = json!(state.after(PHASE).to_string());
    token::remember(&mut backup, &call.input);
    if let Some(outcome) = faults::outcome(state, "CreateBackup") {
        backup["$outcome"] = outcome;
    }
    state.rows_mut(TABLE).push(backup.clone());
    Ok(json!({ "Backup": backup }))
}

fn runs(row: &Value) -> bool {
    matches!(text(row, "Lifecycle"), "PENDING" | "CREATING")
}

/// `DescribeBackups`.
///
/// # Errors
/// `BackupNotFound`.
pub fn describe(state: &State, call: &Call) -> Answer {
    let ids = texts(&call.input, "BackupIds");
    for id in &ids {
        one(state, id)?;
    }
    let wanted = |row: &&Value| ids.is_empty() || ids.contains(&text(row, "BackupId"));
    let rows = state.rows(TABLE).iter().filter(wanted).cloned().collect();
    let look = |row: &Value, name: &str| match name {
        "file-system-id" => Some(text(&row["FileSystem"], "FileSystemId").to_owned()),
        "backup-type" => Some(text(row, "Type").to_owned()),
        "file-system-type" => Some(text(&row["FileSystem"], "FileSystemType").to_owned()),
        "volume-id" => Some(String::new()),
        _ => None,
    };
    Ok(json!({"Backups": filter::keep(rows, filter::of(&call.input), look)}))
}

/// `DeleteBackup`.
///
/// # Errors
/// `BackupNotFound`, `BackupInProgress`, `BackupBeingCopied`.
pub fn delete(state: &mut State, call: &Call) -> Answer {
    let id = call.text("BackupId").unwrap_or_default().to_owned();
    let row = one(state, &id)?;
    if runs(row) || text(row, "Lifecycle") == "TRANSFERRING" {
        return Err(AwsError::new("BackupInProgress", format!("Backup {id} is in progress")));
    }
    let copying = |row: &&Value| text(row, "SourceBackupId") == id && text(row, "Lifecycle") == "COPYING";
    if let Some(copy) = state.rows(TABLE).iter().find(copying) {
        let copy = text(copy, "BackupId").to_owned();
        let message = format!("Backup {id} is being copied");
        return Err(AwsError::new("BackupBeingCopied", message).with("BackupId", copy));
    }
    state.rows_mut(TABLE).retain(|row| text(row, "BackupId") != id);
    Ok(json!({"BackupId": id, "Lifecycle": "DELETED"}))
}

/// `CopyBackup`, within the world's one Region.
///
/// # Errors
/// `BackupNotFound`, `SourceBackupUnavailable`, `IncompatibleParameterError`, `ServiceLimitExceeded`.
pub fn copy(state: &mut State, call: &Call) -> Answer {
    if let Some(known) = token::repeated(state, TABLE, &call.input)? {
        return Ok(json!({ "Backup": known }));
    }
    let source = one(state, call.text("SourceBackupId").unwrap_or_default())?.clone();
    if text(&source, "Lifecycle") != "AVAILABLE" {
        let message = format!("Backup {} is {}", text(&source, "BackupId"), text(&source, "Lifecycle"));
        let error = AwsError::new("SourceBackupUnavailable", message);
        return Err(error.with("BackupId", text(&source, "BackupId")));
    }
    quotas::check_backups(state)?;
    let id = state.id("backup");
    let mut row = shown(&source);
    let tags = if flag(&call.input, "CopyTags") { list(&source, "Tags") } else { list(&call.input, "Tags") };
    for (member, value) in [
        ("BackupId", json!(id)),
        ("Lifecycle", json!("COPYING")),
        ("Type", json!("USER_INITIATED")),
        ("CreationTime", json!(state.now.to_string())),
        ("ResourceARN", json!(defaults::arn(state, "backup", &id))),
        ("Tags", json!(tags)),
        ("SourceBackupId", source["BackupId"].clone()),
        ("SourceBackupRegion", json!(call.text("SourceRegion").unwrap_or(&state.region))),
        ("$dueAt", json!(state.after(PHASE).to_string())),
    ] {
        row[member] = value;
    }
    token::remember(&mut row, &call.input);
    state.rows_mut(TABLE).push(row.clone());
    Ok(json!({ "Backup": row }))
}

/// The next step of a backup that is due.
pub fn step(state: &mut State, id: &str, due: Timestamp) {
    let next = due + jiff::SignedDuration::try_from(state.scaled(PHASE)).unwrap_or_default();
    let Some(row) = state.find_mut(TABLE, "BackupId", id) else { return };
    let outcome = row.get("$outcome").cloned();
    match (text(row, "Lifecycle"), outcome) {
        ("PENDING", _) => (row["Lifecycle"], row["$dueAt"]) = (json!("CREATING"), json!(next.to_string())),
        ("CREATING", Some(outcome)) => {
            row["Lifecycle"] = outcome["Lifecycle"].clone();
            row["FailureDetails"] = json!({"Message": outcome["Message"]});
        }
        ("CREATING", None) => {
            (row["Lifecycle"], row["$dueAt"]) = (json!("TRANSFERRING"), json!(next.to_string()))
        }
        ("TRANSFERRING" | "COPYING", _) => {
            (row["Lifecycle"], row["ProgressPercent"]) = (json!("AVAILABLE"), json!(100))
        }
        _ => {}
    }
}

/// What a world file need not give of a backup; its file system may be named by id alone.
pub fn complete(state: &State, row: &mut Value) {
    let arn = defaults::arn(state, "backup", text(row, "BackupId"));
    fill(row, "ResourceARN", arn);
    fill(row, "Lifecycle", "AVAILABLE");
    fill(row, "Type", "USER_INITIATED");
    fill(row, "OwnerId", state.account.clone());
    fill(row, "ResourceType", "FILE_SYSTEM");
    fill(row, "Tags", json!([]));
    if text(row, "Lifecycle") == "AVAILABLE" {
        fill(row, "ProgressPercent", 100);
    }
    let owner = text(&row["FileSystem"], "FileSystemId").to_owned();
    if let Some(owner) = state.find("fsx.FileSystems", "FileSystemId", &owner).map(shown)
        && let Some(members) = owner.as_object()
    {
        for (member, value) in members {
            fill(&mut row["FileSystem"], member, value.clone());
        }
    }
}
