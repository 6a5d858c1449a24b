//! Backups of file systems.

use serde_json::{Value, json};

use super::defaults;
use super::rules::bad;
use crate::aws::ec2::value::{given, text};
use crate::call::AwsError;
use crate::state::State;

/// Whether a file system can have backups: persistent, and not linked to S3 in either way.
///
/// # Errors
/// `BadRequest`.
pub fn check_possible(state: &State, row: &Value) -> Result<(), AwsError> {
    let deployment = text(&row["LustreConfiguration"], "DeploymentType");
    if !deployment.starts_with("PERSISTENT") {
        return Err(bad(format!("Backups are not supported for deployment type {deployment}")));
    }
    let id = text(row, "FileSystemId");
    let linked = given(&row["LustreConfiguration"], "DataRepositoryConfiguration")
        || state.find("fsx.DataRepositoryAssociations", "FileSystemId", id).is_some();
    if linked { Err(bad("Backups cannot be created on S3-linked file systems.")) } else { Ok(()) }
}

/// Makes a backup that is complete at once, for a file system that goes away; returns its id.
///
/// # Errors
/// As [`check_possible`].
pub fn make(state: &mut State, row: &Value, tags: &[Value]) -> Result<String, AwsError> {
    check_possible(state, row)?;
    let id = state.id("backup");
    let backup = json!({
        "BackupId": id, "Lifecycle": "AVAILABLE", "Type": "USER_INITIATED", "ProgressPercent": 100,
        "CreationTime": state.now.to_string(), "ResourceARN": defaults::arn(state, "backup", &id),
        "OwnerId": state.account, "ResourceType": "FILE_SYSTEM", "KmsKeyId": row["KmsKeyId"], "Tags": tags,
        "FileSystem": shown(row),
    });
    state.rows_mut("fsx.Backups").push(backup);
    Ok(id)
}

/// A file system as a backup remembers it: without the sandbox's own members.
pub fn shown(row: &Value) -> Value {
    let mut row = row.clone();
    if let Some(object) = row.as_object_mut() {
        object.retain(|member, _| !member.starts_with('$'));
    }
    row
}
