//! `UpdateFileSystem`: which changes are legal, and the administrative action that an accepted one becomes.
//!
//! The six hours between two changes are real hours, measured on the `RequestTime` that clients see: they
//! are not divided by the sandbox's speed.

use jiff::{SignedDuration, Timestamp};
use serde_json::{Value, json};

use super::rules::{self, bad, extras, sizes};
use super::{actions, backups, network, quotas, read, token};
use crate::aws::ec2::value::{flag, given, list, text, texts};
use crate::call::{Answer, AwsError, Call};
use crate::state::State;

const COOL_DOWN: SignedDuration = SignedDuration::from_hours(6);
const RUNNING: &str =
    "Unable to perform the storage capacity update. There is an update already in progress.";

/// What is changed and what it is changed on.
struct Change<'a> {
    state: &'a State,
    row: &'a Value,
    old: &'a Value,
    input: &'a Value,
    new: &'a Value,
}

/// `UpdateFileSystem`.
///
/// # Errors
/// `FileSystemNotFound`, `IncompatibleParameterError`, `MissingFileSystemConfiguration` when nothing is to be
/// changed, `BadRequest` and `UnsupportedOperation` for illegal changes, `ServiceLimitExceeded`,
/// `InvalidNetworkSettings` when the subnet has no room for more servers.
pub fn update(state: &mut State, call: &Call) -> Answer {
    let id = call.text("FileSystemId").unwrap_or_default().to_owned();
    let row = read::one(state, &id)?.clone();
    if let Some(token) = call.text("ClientRequestToken")
        && row["$update"]["$clientInput"].get("ClientRequestToken").and_then(Value::as_str) == Some(token)
    {
        token::same(&row["$update"]["$clientInput"], &call.input)?;
        return Ok(json!({ "FileSystem": row }));
    }
    let null = Value::Null;
    let new = call.input.get("LustreConfiguration").unwrap_or(&null);
    let change = Change { state, row: &row, old: &row["LustreConfiguration"], input: &call.input, new };
    change.check()?;
    let target = target(&call.input);
    actions::add(state, &id, &target);
    if let Some(row) = state.find_mut("fsx.FileSystems", "FileSystemId", &id) {
        row["$update"] = json!({"$clientInput": call.input});
    }
    let row = read::one(state, &id)?;
    Ok(json!({ "FileSystem": row }))
}

/// The changed members in the shape of a file system.
fn target(input: &Value) -> Value {
    let mut target = json!({});
    for member in ["StorageCapacity", "FileSystemTypeVersion", "LustreConfiguration"] {
        if given(input, member) {
            target[member] = input[member].clone();
        }
    }
    // The legacy link shows its policy one level deeper than the request has it.
    if let Some(lustre) = target.get_mut("LustreConfiguration").and_then(Value::as_object_mut)
        && let Some(policy) = lustre.shift_remove("AutoImportPolicy")
    {
        lustre.insert("DataRepositoryConfiguration".to_owned(), json!({"AutoImportPolicy": policy}));
    }
    target
}

impl Change<'_> {
    fn check(&self) -> Result<(), AwsError> {
        self.something()?;
        self.ready()?;
        self.storage()?;
        self.throughput()?;
        self.tiering()?;
        self.metadata()?;
        self.version()?;
        self.backups()?;
        self.others()
    }

    fn number(value: &Value, member: &str) -> Option<i64> {
        value.get(member).and_then(Value::as_i64)
    }

    fn tiering_type(&self) -> bool {
        text(self.row, "StorageType") == "INTELLIGENT_TIERING"
    }

    fn something(&self) -> Result<(), AwsError> {
        for member in [
            "WindowsConfiguration",
            "OntapConfiguration",
            "OpenZFSConfiguration",
            "StorageType",
            "NetworkType",
        ] {
            if given(self.input, member) {
                return Err(bad(format!("{member} cannot be updated for a file system of type LUSTRE")));
            }
        }
        let settings = self.new.as_object().is_some_and(|members| !members.is_empty());
        if settings || given(self.input, "StorageCapacity") || given(self.input, "FileSystemTypeVersion") {
            return Ok(());
        }
        let message = "A Lustre configuration or another change is required to update the file system";
        Err(AwsError::new("MissingFileSystemConfiguration", message))
    }

    /// Growth while growing has its own text; else the file system must be AVAILABLE.
    fn ready(&self) -> Result<(), AwsError> {
        let grows = |action: &Value| {
            matches!(text(action, "Status"), "PENDING" | "IN_PROGRESS" | "UPDATED_OPTIMIZING")
                && given(&action["TargetFileSystemValues"], "StorageCapacity")
        };
        let growing = list(self.row, "AdministrativeActions").iter().any(grows);
        if growing && given(self.input, "StorageCapacity") {
            return Err(bad(RUNNING));
        }
        match text(self.row, "Lifecycle") {
            "AVAILABLE" => Ok(()),
            other => {
                Err(bad(format!("The file system cannot be updated while its lifecycle state is {other}")))
            }
        }
    }

    /// Refuses a change of what was changed less than six hours ago.
    fn cooled(&self, what: &str, changes: impl Fn(&Value) -> bool) -> Result<(), AwsError> {
        let now = self.state.now;
        let recent = |action: &Value| {
            let at = text(action, "RequestTime").parse::<Timestamp>().ok();
            text(action, "Status") != "FAILED"
                && changes(&action["TargetFileSystemValues"])
                && at.is_some_and(|at| now.duration_since(at) < COOL_DOWN)
        };
        if list(self.row, "AdministrativeActions").iter().any(recent) {
            return Err(bad(format!("{what} can be changed only once in 6 hours")));
        }
        Ok(())
    }

    fn storage(&self) -> Result<(), AwsError> {
        let Some(wanted) = Self::number(self.input, "StorageCapacity") else { return Ok(()) };
        let deployment = text(self.old, "DeploymentType");
        let Some(step) = sizes::of_file_system(self.row).and_then(|row| row.growth) else {
            let message = format!("The storage capacity of a {deployment} file system cannot be changed");
            return Err(AwsError::new("UnsupportedOperation", message));
        };
        let current = Self::number(self.row, "StorageCapacity").unwrap_or_default();
        if wanted <= current {
            return Err(bad(format!("The storage capacity must be larger than the current {current} GiB")));
        }
        if wanted % step != 0 {
            return Err(bad(format!(
                "Invalid Lustre FS storage capacity: {wanted}. Must be a multiple of {step}."
            )));
        }
        self.cooled("Storage capacity", |target| given(target, "StorageCapacity"))?;
        quotas::check_storage(self.state, self.row, wanted - current)?;
        self.room(wanted)
    }

    /// More servers need more addresses.
    fn room(&self, capacity: i64) -> Result<(), AwsError> {
        let mut grown = self.row.clone();
        grown["StorageCapacity"] = json!(capacity);
        let metadata = &mut grown["LustreConfiguration"]["MetadataConfiguration"];
        if text(metadata, "Mode") == "AUTOMATIC" {
            metadata["Iops"] = json!(sizes::automatic_iops(capacity));
        }
        let more = sizes::interfaces(&grown).saturating_sub(texts(self.row, "NetworkInterfaceIds").len());
        let place = network::place_of(self.state, self.row);
        network::check_room(self.state, &place.subnet, more)
    }

    fn throughput(&self) -> Result<(), AwsError> {
        let Some(wanted) = Self::number(self.new, "PerUnitStorageThroughput") else { return Ok(()) };
        let (deployment, storage) = (text(self.old, "DeploymentType"), text(self.row, "StorageType"));
        if !deployment.starts_with("PERSISTENT") || storage != "SSD" || flag(self.old, "EfaEnabled") {
            let message = "PerUnitStorageThroughput of this file system cannot be changed";
            return Err(AwsError::new("UnsupportedOperation", message));
        }
        if sizes::find(deployment, storage, Some(wanted), false).is_none() {
            return Err(bad(
                "Invalid Lustre deployment configuration: the provided throughput is invalid or does not meet the storage capacity requirement",
            ));
        }
        if Self::number(self.old, "PerUnitStorageThroughput") == Some(wanted) {
            return Err(bad(format!("PerUnitStorageThroughput is already {wanted}")));
        }
        let changes = |target: &Value| given(&target["LustreConfiguration"], "PerUnitStorageThroughput");
        let optimizing = |action: &Value| text(action, "Status") == "UPDATED_OPTIMIZING";
        if list(self.row, "AdministrativeActions").iter().any(optimizing) {
            return Err(bad(
                "PerUnitStorageThroughput cannot be changed while an optimization is in progress",
            ));
        }
        self.cooled("PerUnitStorageThroughput", changes)
    }

    fn tiering(&self) -> Result<(), AwsError> {
        let throughput = Self::number(self.new, "ThroughputCapacity");
        let cache = self.new.get("DataReadCacheConfiguration").filter(|cache| !cache.is_null());
        if (throughput.is_some() || cache.is_some()) && !self.tiering_type() {
            let message =
                "ThroughputCapacity and DataReadCacheConfiguration need storage type INTELLIGENT_TIERING";
            return Err(AwsError::new("UnsupportedOperation", message));
        }
        let current = Self::number(self.old, "ThroughputCapacity").unwrap_or_default();
        if let Some(wanted) = throughput
            && (wanted <= current || wanted % 4000 != 0 || wanted > 2_000_000)
        {
            return Err(bad(format!(
                "ThroughputCapacity must be a multiple of 4000 above the current {current}"
            )));
        }
        let Some(cache) = cache else { return Ok(()) };
        rules::read_cache(cache, throughput.unwrap_or(current))?;
        self.cache_change(cache)?;
        self.cooled("DataReadCacheConfiguration", |target| {
            given(&target["LustreConfiguration"], "DataReadCacheConfiguration")
        })
    }

    /// A read cache changes by at least a tenth.
    fn cache_change(&self, cache: &Value) -> Result<(), AwsError> {
        let size = |cache: &Value| Self::number(cache, "SizeGiB");
        match (size(&self.old["DataReadCacheConfiguration"]), size(cache)) {
            (Some(old), Some(new)) if (new - old).abs() * 10 < old => {
                Err(bad("The SSD read cache must change by at least 10 percent"))
            }
            _ => Ok(()),
        }
    }

    fn metadata(&self) -> Result<(), AwsError> {
        let Some(wanted) = self.new.get("MetadataConfiguration").filter(|value| !value.is_null()) else {
            return Ok(());
        };
        let old = &self.old["MetadataConfiguration"];
        if !given(self.old, "MetadataConfiguration") {
            let message = "A file system that was created without a metadata configuration cannot get one";
            return Err(AwsError::new("UnsupportedOperation", message));
        }
        if given(self.input, "StorageCapacity") {
            return Err(bad("Metadata IOPS and storage capacity cannot be changed at the same time"));
        }
        let mode = if given(wanted, "Mode") { text(wanted, "Mode") } else { text(old, "Mode") };
        let iops = Self::number(wanted, "Iops");
        rules::metadata_iops(mode, iops, self.tiering_type())?;
        let current = Self::number(old, "Iops").unwrap_or_default();
        let automatic = sizes::automatic_iops(Self::number(self.row, "StorageCapacity").unwrap_or_default());
        if mode == "AUTOMATIC" && text(old, "Mode") != "AUTOMATIC" && current != automatic {
            return Err(bad(format!(
                "Mode AUTOMATIC is possible only when the metadata IOPS are {automatic}"
            )));
        }
        // Switching the mode at the same IOPS is no increase and allowed.
        let switched = mode != text(old, "Mode");
        if iops.is_some_and(|iops| iops < current || (iops == current && !switched)) {
            return Err(bad(format!("Metadata IOPS can only be increased; they are {current}")));
        }
        self.cooled("MetadataConfiguration", |target| {
            given(&target["LustreConfiguration"], "MetadataConfiguration")
        })
    }

    fn version(&self) -> Result<(), AwsError> {
        let Some(wanted) = self.input.get("FileSystemTypeVersion").and_then(Value::as_str) else {
            return Ok(());
        };
        let rank = |version: &str| ["2.10", "2.12", "2.15"].iter().position(|known| *known == version);
        let current = text(self.row, "FileSystemTypeVersion");
        match (rank(wanted), rank(current)) {
            (Some(new), Some(old)) if new > old => Ok(()),
            _ => Err(bad(format!("FileSystemTypeVersion {wanted} is not newer than the current {current}"))),
        }
    }

    fn backups(&self) -> Result<(), AwsError> {
        let days = Self::number(self.new, "AutomaticBackupRetentionDays").unwrap_or(0);
        if !(0..=90).contains(&days) {
            return Err(bad(format!(
                "Invalid AutomaticBackupRetentionDays: {days}. Must be between 0 and 90"
            )));
        }
        if days > 0 { backups::check_possible(self.state, self.row) } else { Ok(()) }
    }

    fn others(&self) -> Result<(), AwsError> {
        extras::window(self.new)?;
        extras::squash(self.new)?;
        extras::logs(self.new)?;
        let compression = text(self.new, "DataCompressionType");
        if !matches!(compression, "" | "NONE" | "LZ4") {
            return Err(bad(format!("Invalid DataCompressionType: {compression}. Must be one of NONE, LZ4")));
        }
        if given(self.new, "AutoImportPolicy") && !given(self.old, "DataRepositoryConfiguration") {
            return Err(bad("AutoImportPolicy requires a file system that is linked to S3"));
        }
        Ok(())
    }
}
