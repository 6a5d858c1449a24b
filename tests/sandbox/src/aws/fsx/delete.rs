//! `DeleteFileSystem`.

use std::time::Duration;

use serde_json::{Value, json};

use super::rules::bad;
use super::{read, token};
use crate::aws::ec2::value::{given, list, text};
use crate::call::{Answer, AwsError, Call};
use crate::state::State;

/// DELETING until gone. FSx publishes no duration: this is the sandbox's own.
pub const DELETION: Duration = Duration::from_secs(240);

/// `DeleteFileSystem`. Deleting what is already DELETING says so again (UNCONFIRMED).
///
/// # Errors
/// `FileSystemNotFound`; `BadRequest` while a data repository task is PENDING or EXECUTING, or when a
/// final backup is asked for that the file system cannot have.
pub fn delete(state: &mut State, call: &Call) -> Answer {
    let id = call.text("FileSystemId").unwrap_or_default().to_owned();
    let row = read::one(state, &id)?.clone();
    if given(&row, "$delete") {
        let earlier = &row["$delete"]["$clientInput"];
        let token = call.text("ClientRequestToken");
        if token.is_some() && earlier.get("ClientRequestToken").and_then(Value::as_str) == token {
            token::same(earlier, &call.input)?;
        }
    }
    if text(&row, "Lifecycle") == "DELETING" {
        return Ok(json!({"FileSystemId": id, "Lifecycle": "DELETING"}));
    }
    check_tasks(state, &id)?;
    let response = final_backup(state, &row, &call.input["LustreConfiguration"])?;
    let due = state.after(DELETION).to_string();
    if let Some(row) = state.find_mut("fsx.FileSystems", "FileSystemId", &id) {
        row["Lifecycle"] = json!("DELETING");
        row["$dueAt"] = json!(due);
        row["$delete"] = json!({"$clientInput": call.input});
    }
    let mut answer = json!({"FileSystemId": id, "Lifecycle": "DELETING"});
    if let Some(response) = response {
        answer["LustreResponse"] = response;
    }
    Ok(answer)
}

fn check_tasks(state: &State, id: &str) -> Result<(), AwsError> {
    let busy = |row: &&Value| {
        text(row, "FileSystemId") == id && matches!(text(row, "Lifecycle"), "PENDING" | "EXECUTING")
    };
    match state.rows("fsx.DataRepositoryTasks").iter().find(busy) {
        Some(task) => Err(bad(format!(
            "The file system cannot be deleted while data repository task {} is {}",
            text(task, "TaskId"),
            text(task, "Lifecycle")
        ))),
        None => Ok(()),
    }
}

/// `SkipFinalBackup` is true unless it is said otherwise.
fn final_backup(state: &mut State, row: &Value, wanted: &Value) -> Result<Option<Value>, AwsError> {
    if wanted.get("SkipFinalBackup").and_then(Value::as_bool).unwrap_or(true) {
        return Ok(None);
    }
    let tags = list(wanted, "FinalBackupTags").to_vec();
    let id = super::backups::make_final(state, row, &tags)?;
    Ok(Some(json!({"FinalBackupId": id, "FinalBackupTags": tags})))
}
