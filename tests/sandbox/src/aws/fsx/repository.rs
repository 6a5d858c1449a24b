//! Data repository associations: links between a path of a file system and a prefix of a bucket.

use std::time::Duration;

use jiff::Timestamp;
use serde_json::{Value, json};

use super::rules::{bad, extras};
use super::{defaults, faults, filter, read, role, tags, tasks, token};
use crate::aws::ec2::value::{fill, flag, given, list, text, texts};
use crate::call::{Answer, AwsError, Call};
use crate::state::State;

/// The table.
pub const TABLE: &str = "fsx.DataRepositoryAssociations";
/// The most associations that a file system can have.
const LIMIT: usize = 8;
/// How long creation, change and deletion take. FSx publishes no durations: the sandbox's own.
pub const CHANGE: Duration = Duration::from_secs(60);

const NO_ACCESS: &str = "Amazon FSx is unable to validate access to the S3 bucket. Ensure the IAM role or user you are using has s3:Get*, s3:List* and s3:PutObject permissions to the S3 bucket prefix.";

/// An association's row.
///
/// # Errors
/// `DataRepositoryAssociationNotFound`.
pub fn one<'a>(state: &'a State, id: &str) -> Result<&'a Value, AwsError> {
    state.find(TABLE, "AssociationId", id).ok_or_else(|| {
        let message = format!("Data repository association '{id}' does not exist.");
        AwsError::new("DataRepositoryAssociationNotFound", message)
    })
}

/// The associations of a file system that are not being deleted.
pub fn of_file_system<'a>(state: &'a State, id: &'a str) -> impl Iterator<Item = &'a Value> {
    state
        .rows(TABLE)
        .iter()
        .filter(move |row| text(row, "FileSystemId") == id && text(row, "Lifecycle") != "DELETING")
}

/// `CreateDataRepositoryAssociation`.
///
/// # Errors
/// `FileSystemNotFound`, `IncompatibleParameterError`, `UnsupportedOperation`, `BadRequest`.
pub fn create(state: &mut State, call: &Call) -> Answer {
    if let Some(known) = token::repeated(state, TABLE, &call.input)? {
        return Ok(json!({ "Association": known }));
    }
    let file_system = call.text("FileSystemId").unwrap_or_default().to_owned();
    let owner = read::one(state, &file_system)?;
    check_owner(owner)?;
    let path = call.text("FileSystemPath").unwrap_or("/").to_owned();
    let repository = call.text("DataRepositoryPath").unwrap_or_default().to_owned();
    check_paths(state, &file_system, &path, &repository)?;
    check_bucket(state, &repository, &call.input)?;
    tags::check(list(&call.input, "Tags"))?;
    let id = state.id("dra");
    let mut row = json!({
        "AssociationId": id, "FileSystemId": file_system, "FileSystemPath": path, "DataRepositoryPath": repository,
        "Lifecycle": "CREATING", "CreationTime": state.now.to_string(), "Tags": list(&call.input, "Tags"),
        "ResourceARN": defaults::arn(state, "association", &format!("{file_system}/{id}")),
        "BatchImportMetaDataOnCreate": call.input.get("BatchImportMetaDataOnCreate").unwrap_or(&json!(false)),
        "ImportedFileChunkSize": call.input.get("ImportedFileChunkSize").unwrap_or(&json!(1024)),
        "S3": call.input.get("S3").unwrap_or(&json!({})), "$dueAt": state.after(CHANGE).to_string(),
    });
    token::remember(&mut row, &call.input);
    if let Some(outcome) = faults::outcome(state, "CreateDataRepositoryAssociation") {
        row["$outcome"] = outcome;
    } else if overlaps(state, &repository, &call.input) {
        let message = "The S3 bucket has event notifications that overlap with those of Amazon FSx";
        row["$outcome"] = json!({"Lifecycle": "MISCONFIGURED", "Message": message});
    }
    role::s3_role(state, &file_system);
    state.rows_mut(TABLE).push(row.clone());
    Ok(json!({ "Association": row }))
}

/// Not on SCRATCH_1, 2.10 or Intelligent-Tiering, not beside the legacy link, not with backups.
fn check_owner(owner: &Value) -> Result<(), AwsError> {
    let lustre = &owner["LustreConfiguration"];
    let unsupported = text(lustre, "DeploymentType") == "SCRATCH_1"
        || text(owner, "FileSystemTypeVersion") == "2.10"
        || text(owner, "StorageType") == "INTELLIGENT_TIERING";
    if unsupported {
        let message = "Data repository associations are not supported on this file system";
        return Err(AwsError::new("UnsupportedOperation", message));
    }
    if given(lustre, "DataRepositoryConfiguration") {
        return Err(bad("The file system is already linked to S3 by its import path"));
    }
    if lustre.get("AutomaticBackupRetentionDays").and_then(Value::as_i64).unwrap_or(0) > 0 {
        return Err(bad(
            "A file system with automatic backups cannot be linked to S3. Turn automatic backups off first.",
        ));
    }
    match text(owner, "Lifecycle") {
        "AVAILABLE" | "CREATING" | "UPDATING" => Ok(()),
        other => Err(bad(format!("The file system is {other}"))),
    }
}

fn check_paths(state: &State, file_system: &str, path: &str, repository: &str) -> Result<(), AwsError> {
    if !path.starts_with('/') {
        return Err(bad(format!("The file system path {path} must begin with /")));
    }
    if extras::bucket(repository).is_none() {
        return Err(bad(format!("The data repository path {repository} is not valid")));
    }
    let others: Vec<&Value> = of_file_system(state, file_system).collect();
    if others.len() >= LIMIT {
        return Err(bad(format!("A file system can have at most {LIMIT} data repository associations")));
    }
    for other in others {
        let (known, link) = (text(other, "FileSystemPath"), text(other, "DataRepositoryPath"));
        if within(known, path) || within(path, known) {
            return Err(bad(format!(
                "The file system path {path} overlaps with {known} of another association"
            )));
        }
        if within(link, repository) || within(repository, link) {
            return Err(bad(format!(
                "The data repository path {repository} overlaps with {link} of another association"
            )));
        }
    }
    Ok(())
}

/// Whether `inner` is `outer` or below it, segment by segment.
fn within(outer: &str, inner: &str) -> bool {
    let (outer, inner) = (outer.trim_end_matches('/'), inner.trim_end_matches('/'));
    inner.strip_prefix(outer).is_some_and(|rest| rest.is_empty() || rest.starts_with('/'))
}

/// When the world has buckets, the bucket must be one of them, and of this Region for auto-import.
fn check_bucket(state: &State, repository: &str, input: &Value) -> Result<(), AwsError> {
    let name = extras::bucket(repository).unwrap_or_default();
    if state.rows("s3.Buckets").is_empty() {
        return Ok(());
    }
    let Some(bucket) = state.find("s3.Buckets", "Name", name) else { return Err(bad(NO_ACCESS)) };
    let region = text(bucket, "Region");
    if imports(input) && !region.is_empty() && region != state.region {
        return Err(bad("Automatic import needs an S3 bucket in the Region of the file system"));
    }
    Ok(())
}

fn imports(input: &Value) -> bool {
    !list(&input["S3"]["AutoImportPolicy"], "Events").is_empty()
}

/// Whether the bucket notifies somebody else already, which auto-import does not bear.
fn overlaps(state: &State, repository: &str, input: &Value) -> bool {
    let name = extras::bucket(repository).unwrap_or_default();
    let Some(bucket) = state.find("s3.Buckets", "Name", name) else { return false };
    let lists = ["TopicConfigurations", "QueueConfigurations", "LambdaFunctionConfigurations"];
    let foreign = |row: &Value| text(row, "Id") != "FSx";
    let notifies = |member: &&str| list(&bucket["NotificationConfiguration"], member).iter().any(foreign);
    imports(input) && lists.iter().any(notifies)
}

/// `DescribeDataRepositoryAssociations`.
///
/// # Errors
/// `DataRepositoryAssociationNotFound`.
pub fn describe(state: &State, call: &Call) -> Answer {
    let ids = texts(&call.input, "AssociationIds");
    for id in &ids {
        one(state, id)?;
    }
    let wanted = |row: &&Value| ids.is_empty() || ids.contains(&text(row, "AssociationId"));
    let rows = state.rows(TABLE).iter().filter(wanted).cloned().collect();
    let look = |row: &Value, name: &str| match name {
        "file-system-id" => Some(text(row, "FileSystemId").to_owned()),
        "file-cache-id" => Some(String::new()),
        "data-repository-type" => Some("S3".to_owned()),
        _ => None,
    };
    Ok(json!({"Associations": filter::keep(rows, filter::of(&call.input), look)}))
}

/// `UpdateDataRepositoryAssociation`: with nothing but the id it recovers a MISCONFIGURED association.
///
/// # Errors
/// `DataRepositoryAssociationNotFound`, `BadRequest` unless AVAILABLE or MISCONFIGURED.
pub fn update(state: &mut State, call: &Call) -> Answer {
    let id = call.text("AssociationId").unwrap_or_default().to_owned();
    let lifecycle = text(one(state, &id)?, "Lifecycle").to_owned();
    if !matches!(lifecycle.as_str(), "AVAILABLE" | "MISCONFIGURED") {
        return Err(bad(format!("The data repository association is {lifecycle}")));
    }
    let due = state.after(CHANGE).to_string();
    if let Some(row) = state.find_mut(TABLE, "AssociationId", &id) {
        row["Lifecycle"] = json!("UPDATING");
        row["$dueAt"] = json!(due);
        if given(&call.input, "ImportedFileChunkSize") {
            row["ImportedFileChunkSize"] = call.input["ImportedFileChunkSize"].clone();
        }
        for policy in ["AutoImportPolicy", "AutoExportPolicy"] {
            if given(&call.input["S3"], policy) {
                row["S3"][policy] = call.input["S3"][policy].clone();
            }
        }
    }
    Ok(json!({"Association": one(state, &id)?}))
}

/// `DeleteDataRepositoryAssociation`.
///
/// # Errors
/// `DataRepositoryAssociationNotFound`.
pub fn delete(state: &mut State, call: &Call) -> Answer {
    let id = call.text("AssociationId").unwrap_or_default().to_owned();
    one(state, &id)?;
    let due = state.after(CHANGE).to_string();
    if let Some(row) = state.find_mut(TABLE, "AssociationId", &id) {
        row["Lifecycle"] = json!("DELETING");
        row["$dueAt"] = json!(due);
    }
    let data = call.input.get("DeleteDataInFileSystem").cloned().unwrap_or(json!(false));
    Ok(json!({"AssociationId": id, "Lifecycle": "DELETING", "DeleteDataInFileSystem": data}))
}

/// The next step of an association that is due.
pub fn step(state: &mut State, id: &str, due: Timestamp) {
    let Some(row) = state.find(TABLE, "AssociationId", id).cloned() else { return };
    let owner = text(&row, "FileSystemId").to_owned();
    let lifecycle = text(&row, "Lifecycle");
    let waits = state
        .find("fsx.FileSystems", "FileSystemId", &owner)
        .is_some_and(|fs| text(fs, "Lifecycle") == "CREATING");
    if lifecycle == "CREATING" && waits {
        // Queued behind the file system.
        let next = due + jiff::SignedDuration::try_from(state.scaled(CHANGE)).unwrap_or_default();
        if let Some(row) = state.find_mut(TABLE, "AssociationId", id) {
            row["$dueAt"] = json!(next.max(due + jiff::SignedDuration::from_millis(1)).to_string());
        }
        return;
    }
    if lifecycle == "DELETING" {
        state.rows_mut(TABLE).retain(|row| text(row, "AssociationId") != id);
        return;
    }
    if lifecycle == "CREATING" && !given(&row, "$outcome") && flag(&row, "BatchImportMetaDataOnCreate") {
        let import = json!({"Type": "IMPORT_METADATA_FROM_REPOSITORY", "Report": {"Enabled": false}});
        tasks::add(state, &owner, &import);
    }
    if let Some(row) = state.find_mut(TABLE, "AssociationId", id) {
        settle(row);
    }
}

fn settle(row: &mut Value) {
    let outcome = row.as_object_mut().and_then(|row| row.shift_remove("$outcome"));
    match outcome {
        Some(outcome) => {
            row["Lifecycle"] = outcome["Lifecycle"].clone();
            row["FailureDetails"] = json!({"Message": outcome["Message"]});
        }
        None => {
            row["Lifecycle"] = json!("AVAILABLE");
            row.as_object_mut().map(|row| row.shift_remove("FailureDetails"));
        }
    }
}

/// What a world file need not give of an association.
pub fn complete(state: &State, row: &mut Value) {
    let arn = defaults::arn(
        state,
        "association",
        &format!("{}/{}", text(row, "FileSystemId"), text(row, "AssociationId")),
    );
    fill(row, "ResourceARN", arn);
    fill(row, "Lifecycle", "AVAILABLE");
    fill(row, "FileSystemPath", "/");
    fill(row, "ImportedFileChunkSize", 1024);
    fill(row, "BatchImportMetaDataOnCreate", false);
    fill(row, "S3", json!({}));
    fill(row, "Tags", json!([]));
}
