//! Data repository tasks: export, import of metadata, release.
//!
//! How many files a task has is the file system's own member `$files`, by default 100; each takes the
//! world's `taskPerFile`.

use std::time::Duration;

use jiff::Timestamp;
use serde_json::{Value, json};

use super::rules::bad;
use super::{defaults, faults, filter, read, repository, tags, token};
use crate::aws::ec2::value::{fill, flag, given, list, text, texts};
use crate::call::{Answer, AwsError, Call};
use crate::state::State;

/// The table.
pub const TABLE: &str = "fsx.DataRepositoryTasks";
/// PENDING until EXECUTING, and CANCELING until CANCELED. The sandbox's own.
const QUEUE: Duration = Duration::from_secs(10);
const FILES: u64 = 100;

/// A task's row.
///
/// # Errors
/// `DataRepositoryTaskNotFound`.
pub fn one<'a>(state: &'a State, id: &str) -> Result<&'a Value, AwsError> {
    state.find(TABLE, "TaskId", id).ok_or_else(|| {
        AwsError::new("DataRepositoryTaskNotFound", format!("Data repository task '{id}' does not exist."))
    })
}

/// `CreateDataRepositoryTask`.
///
/// # Errors
/// `FileSystemNotFound`, `IncompatibleParameterError`, `UnsupportedOperation`, `BadRequest`,
/// `DataRepositoryTaskExecuting` while another task of the file system is not over.
pub fn create(state: &mut State, call: &Call) -> Answer {
    if let Some(known) = token::repeated(state, TABLE, &call.input)? {
        return Ok(json!({ "DataRepositoryTask": known }));
    }
    let owner = call.text("FileSystemId").unwrap_or_default().to_owned();
    check_owner(state, read::one(state, &owner)?, &call.input)?;
    check_report(&call.input["Report"])?;
    check_paths(&call.input)?;
    tags::check(list(&call.input, "Tags"))?;
    if let Some(busy) = state.rows(TABLE).iter().find(|row| text(row, "FileSystemId") == owner && runs(row)) {
        let message =
            format!("Data repository task {} is already running on the file system", text(busy, "TaskId"));
        return Err(AwsError::new("DataRepositoryTaskExecuting", message));
    }
    let row = add(state, &owner, &call.input);
    Ok(json!({ "DataRepositoryTask": row }))
}

fn runs(row: &Value) -> bool {
    matches!(text(row, "Lifecycle"), "PENDING" | "EXECUTING" | "CANCELING")
}

/// Adds a task that is already judged.
pub fn add(state: &mut State, owner: &str, input: &Value) -> Value {
    let id = state.id("task");
    let mut row = json!({
        "TaskId": id, "FileSystemId": owner, "Type": input["Type"], "Lifecycle": "PENDING",
        "CreationTime": state.now.to_string(), "ResourceARN": defaults::arn(state, "task", &id),
        "Report": input["Report"], "Paths": list(input, "Paths"), "Tags": list(input, "Tags"),
        "$dueAt": state.after(QUEUE).to_string(),
    });
    if given(input, "ReleaseConfiguration") {
        row["ReleaseConfiguration"] = input["ReleaseConfiguration"].clone();
    }
    token::remember(&mut row, input);
    if let Some(outcome) = faults::outcome(state, "CreateDataRepositoryTask") {
        row["$outcome"] = outcome;
    }
    state.rows_mut(TABLE).push(row.clone());
    row
}

fn check_owner(state: &State, owner: &Value, input: &Value) -> Result<(), AwsError> {
    let unsupported = |message: &str| Err(AwsError::new("UnsupportedOperation", message));
    let lifecycle = text(owner, "Lifecycle");
    if lifecycle != "AVAILABLE" {
        return Err(bad(format!("The file system is {lifecycle}")));
    }
    let id = text(owner, "FileSystemId");
    let linked = given(&owner["LustreConfiguration"], "DataRepositoryConfiguration")
        || repository::of_file_system(state, id).next().is_some();
    if !linked {
        return unsupported("The file system is not linked to a data repository");
    }
    let kind = text(input, "Type");
    if given(input, "ReleaseConfiguration") && kind != "RELEASE_DATA_FROM_FILESYSTEM" {
        return Err(bad("ReleaseConfiguration is only for tasks of type RELEASE_DATA_FROM_FILESYSTEM"));
    }
    match kind {
        "AUTO_RELEASE_DATA" => unsupported("Tasks of type AUTO_RELEASE_DATA are for file caches only"),
        "RELEASE_DATA_FROM_FILESYSTEM" if text(owner, "FileSystemTypeVersion") == "2.10" => {
            unsupported("Release tasks are not supported on FileSystemTypeVersion 2.10")
        }
        "EXPORT_TO_REPOSITORY" if exports_itself(state, id) => {
            Err(bad("An export task cannot run while automatic export is on"))
        }
        _ => Ok(()),
    }
}

fn exports_itself(state: &State, id: &str) -> bool {
    repository::of_file_system(state, id)
        .any(|row| !list(&row["S3"]["AutoExportPolicy"], "Events").is_empty())
}

fn check_report(report: &Value) -> Result<(), AwsError> {
    if !flag(report, "Enabled") {
        return Ok(());
    }
    let complete = text(report, "Format") == "REPORT_CSV_20191124"
        && text(report, "Scope") == "FAILED_FILES_ONLY"
        && text(report, "Path").starts_with("s3://");
    if complete {
        Ok(())
    } else {
        Err(bad("An enabled report needs Path, Format REPORT_CSV_20191124 and Scope FAILED_FILES_ONLY"))
    }
}

fn check_paths(input: &Value) -> Result<(), AwsError> {
    let import = text(input, "Type") == "IMPORT_METADATA_FROM_REPOSITORY";
    let wrong = |path: &&str| import && !path.starts_with("s3://") || !import && path.starts_with("s3://");
    match texts(input, "Paths").iter().find(|path| wrong(path)) {
        Some(path) => Err(bad(format!("The path {path} is not valid for a task of this type"))),
        None => Ok(()),
    }
}

/// `DescribeDataRepositoryTasks`.
///
/// # Errors
/// `DataRepositoryTaskNotFound`.
pub fn describe(state: &State, call: &Call) -> Answer {
    let ids = texts(&call.input, "TaskIds");
    for id in &ids {
        one(state, id)?;
    }
    let wanted = |row: &&Value| ids.is_empty() || ids.contains(&text(row, "TaskId"));
    let rows = state.rows(TABLE).iter().filter(wanted).map(|row| seen(state, row)).collect();
    let look = |row: &Value, name: &str| match name {
        "file-system-id" => Some(text(row, "FileSystemId").to_owned()),
        "task-lifecycle" => Some(text(row, "Lifecycle").to_owned()),
        "file-cache-id" | "data-repository-association-id" => Some(String::new()),
        _ => None,
    };
    Ok(json!({"DataRepositoryTasks": filter::keep(rows, filter::of(&call.input), look)}))
}

/// A running task's counters at this moment.
fn seen(state: &State, row: &Value) -> Value {
    let mut row = row.clone();
    if text(&row, "Lifecycle") == "EXECUTING" && given(&row, "$files") {
        let all = row["$files"].as_u64().unwrap_or_default();
        let left =
            super::lifecycle::due_at(&row).map_or(0.0, |at| at.duration_since(state.now).as_secs_f64());
        let each = state.scaled(state.durations.task_per_file).as_secs_f64().max(1e-9);
        let done = all.saturating_sub(whole(left / each));
        row["Status"] = json!({"TotalCount": all, "SucceededCount": done, "FailedCount": 0, "LastUpdatedTime": state.now.to_string()});
    }
    row
}

/// A count of files: a finite, positive number rounded up.
fn whole(number: f64) -> u64 {
    Duration::try_from_secs_f64(number.ceil().max(0.0)).map_or(0, |seconds| seconds.as_secs())
}

/// `CancelDataRepositoryTask`.
///
/// # Errors
/// `DataRepositoryTaskNotFound`, `DataRepositoryTaskEnded`.
pub fn cancel(state: &mut State, call: &Call) -> Answer {
    let id = call.text("TaskId").unwrap_or_default().to_owned();
    let lifecycle = text(one(state, &id)?, "Lifecycle").to_owned();
    if !matches!(lifecycle.as_str(), "PENDING" | "EXECUTING" | "CANCELING") {
        let message = format!("Data repository task '{id}' has already ended.");
        return Err(AwsError::new("DataRepositoryTaskEnded", message));
    }
    let due = state.after(QUEUE).to_string();
    if let Some(row) = state.find_mut(TABLE, "TaskId", &id) {
        row["Lifecycle"] = json!("CANCELING");
        row["$dueAt"] = json!(due);
    }
    Ok(json!({"TaskId": id, "Lifecycle": "CANCELING"}))
}

/// The next step of a task that is due.
pub fn step(state: &mut State, id: &str, due: Timestamp) {
    let Some(row) = state.find(TABLE, "TaskId", id) else { return };
    let owner = state.find("fsx.FileSystems", "FileSystemId", text(row, "FileSystemId"));
    let files = owner.and_then(|row| row.get("$files")).and_then(Value::as_u64).unwrap_or(FILES);
    let each = u32::try_from(files).unwrap_or(u32::MAX);
    let work = state.scaled(state.durations.task_per_file.saturating_mul(each));
    let Some(row) = state.find_mut(TABLE, "TaskId", id) else { return };
    match text(row, "Lifecycle") {
        "PENDING" => {
            row["Lifecycle"] = json!("EXECUTING");
            row["StartTime"] = json!(due.to_string());
            row["$files"] = json!(files);
            row["$dueAt"] =
                json!((due + jiff::SignedDuration::try_from(work).unwrap_or_default()).to_string());
        }
        "EXECUTING" => finish(row, due),
        "CANCELING" => {
            row["Lifecycle"] = json!("CANCELED");
            row["EndTime"] = json!(due.to_string());
        }
        _ => {}
    }
}

fn finish(row: &mut Value, due: Timestamp) {
    let all = row.get("$files").and_then(Value::as_u64).unwrap_or(FILES);
    row["EndTime"] = json!(due.to_string());
    let outcome = row.as_object_mut().and_then(|row| row.shift_remove("$outcome"));
    let failed = if outcome.is_some() { all } else { 0 };
    row["Status"] = json!({
        "TotalCount": all, "SucceededCount": all - failed, "FailedCount": failed, "LastUpdatedTime": due.to_string(),
    });
    match outcome {
        Some(outcome) => {
            row["Lifecycle"] = outcome["Lifecycle"].clone();
            row["FailureDetails"] = json!({"Message": outcome["Message"]});
        }
        None => row["Lifecycle"] = json!("SUCCEEDED"),
    }
}

/// What a world file need not give of a task.
pub fn complete(state: &State, row: &mut Value) {
    let arn = defaults::arn(state, "task", text(row, "TaskId"));
    fill(row, "ResourceARN", arn);
    fill(row, "Lifecycle", "SUCCEEDED");
    fill(row, "Report", json!({"Enabled": false}));
    fill(row, "Tags", json!([]));
}
