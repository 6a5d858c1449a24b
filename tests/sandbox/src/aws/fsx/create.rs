//! `CreateFileSystem`: the token first, then the rules, the quotas, the network.

use serde_json::{Value, json};

use super::network::{self, Place};
use super::rules::{self, Wanted, sizes};
use super::{defaults, faults, quotas, role, tags, token};
use crate::aws::ec2::value::{fill, given, list};
use crate::call::{Answer, AwsError, Call};
use crate::state::State;

/// Members of the input that are shown as they were sent, where `LustreConfiguration` is concerned.
const SHOWN: [&str; 14] = [
    "DeploymentType",
    "PerUnitStorageThroughput",
    "WeeklyMaintenanceStartTime",
    "DailyAutomaticBackupStartTime",
    "AutomaticBackupRetentionDays",
    "CopyTagsToBackups",
    "DriveCacheType",
    "DataCompressionType",
    "LogConfiguration",
    "RootSquashConfiguration",
    "MetadataConfiguration",
    "EfaEnabled",
    "ThroughputCapacity",
    "DataReadCacheConfiguration",
];

/// `CreateFileSystem`.
///
/// # Errors
/// `IncompatibleParameterError`, everything of [`rules::legal`], `ServiceLimitExceeded`,
/// `InvalidNetworkSettings`.
pub fn create(state: &mut State, call: &Call) -> Answer {
    if let Some(known) = token::repeated(state, "fsx.FileSystems", &call.input)? {
        return Ok(json!({ "FileSystem": known }));
    }
    rules::legal(&call.input)?;
    let row = build(state, &call.input, &call.input)?;
    Ok(json!({ "FileSystem": row }))
}

/// The network that an input names, judged.
fn checked_place(state: &State, input: &Value) -> Result<Place, AwsError> {
    let place = network::place(state, input)?;
    network::check_groups(state, &place, Wanted::of(input).efa())?;
    Ok(place)
}

/// Judges tags, network, quotas and room, then makes the row, its interfaces and the service-linked role.
/// `asked` is the input that the token belongs to.
///
/// # Errors
/// `BadRequest`, `InvalidNetworkSettings`, `ServiceLimitExceeded`.
pub fn build(state: &mut State, input: &Value, asked: &Value) -> Result<Value, AwsError> {
    tags::check(list(input, "Tags"))?;
    let place = checked_place(state, input)?;
    let id = state.id("fs");
    let mut row = asked_for(input, &id);
    defaults::complete(state, &mut row);
    quotas::check_new(state, &row)?;
    let count = sizes::interfaces(&row);
    network::check_room(state, &place.subnet, count)?;
    let ids = (0..count).map(|_| state.id("eni")).collect();
    let interfaces = network::attach(state, &id, &place, ids, true);
    row["VpcId"] = json!(place.vpc);
    row["SubnetIds"] = json!([place.subnet]);
    row["NetworkInterfaceIds"] = json!(interfaces);
    row["$dueAt"] = json!(state.after(state.durations.create_file_system).to_string());
    token::remember(&mut row, asked);
    if let Some(outcome) = faults::outcome(state, operation(asked)) {
        row["$outcome"] = outcome;
    }
    role::service_role(state);
    if Wanted::of(input).linked() {
        role::s3_role(state, &id);
    }
    state.rows_mut("fsx.FileSystems").push(row.clone());
    Ok(row)
}

/// The operation whose faults count: restoring names its backup.
fn operation(asked: &Value) -> &'static str {
    if given(asked, "BackupId") { "CreateFileSystemFromBackup" } else { "CreateFileSystem" }
}

/// The members of a row that come from the input.
fn asked_for(input: &Value, id: &str) -> Value {
    let wanted = Wanted::of(input);
    let mut row = json!({
        "FileSystemId": id, "FileSystemType": "LUSTRE", "Lifecycle": "CREATING", "StorageType": wanted.storage(),
        "FileSystemTypeVersion": wanted.version(), "Tags": list(input, "Tags"),
        "LustreConfiguration": {"DeploymentType": wanted.deployment()},
    });
    for member in ["StorageCapacity", "KmsKeyId"] {
        if given(input, member) {
            row[member] = input[member].clone();
        }
    }
    for member in SHOWN {
        if given(wanted.lustre, member) {
            row["LustreConfiguration"][member] = wanted.lustre[member].clone();
        }
    }
    if wanted.linked() {
        row["LustreConfiguration"]["DataRepositoryConfiguration"] = link(wanted.lustre, id);
    }
    row
}

/// The legacy S3 link as it is shown.
fn link(lustre: &Value, id: &str) -> Value {
    let mut link = json!({"Lifecycle": "CREATING"});
    for member in ["ImportPath", "ExportPath", "ImportedFileChunkSize", "AutoImportPolicy"] {
        if given(lustre, member) {
            link[member] = lustre[member].clone();
        }
    }
    let import = link["ImportPath"].as_str().unwrap_or_default().to_owned();
    let bucket = rules::extras::bucket(&import).unwrap_or_default();
    // FSx ends the default export path with a UTC timestamp; the id serves as well and repeats.
    fill(&mut link, "ExportPath", format!("s3://{bucket}/FSxLustre{id}"));
    fill(&mut link, "ImportedFileChunkSize", 1024);
    fill(&mut link, "AutoImportPolicy", "NONE");
    link
}
