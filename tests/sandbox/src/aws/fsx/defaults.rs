//! What a file system shows besides what was asked for: names, ARNs, the API's defaults. Used for new
//! file systems and for those of the world file, where a given value wins.

use serde_json::{Value, json};

use super::rules::sizes;
use crate::aws::ec2::value::{derived_id, fill, flag, given, text};
use crate::state::State;

/// The ARN of an FSx resource: `kind` is `file-system`, `backup`, `association` or `task`.
pub fn arn(state: &State, kind: &str, id: &str) -> String {
    format!("arn:{}:fsx:{}:{}:{kind}/{id}", state.partition(), state.region, state.account)
}

/// `fs-….fsx.REGION.SUFFIX`.
pub fn dns_name(state: &State, id: &str) -> String {
    let suffix = if state.partition() == "aws-cn" { "amazonaws.com.cn" } else { "amazonaws.com" };
    format!("{id}.fsx.{}.{suffix}", state.region)
}

/// A mount name: `fsx` for SCRATCH_1, else eight letters that depend on nothing but the id.
pub fn mount_name(deployment: &str, id: &str) -> String {
    if deployment == "SCRATCH_1" {
        return "fsx".to_owned();
    }
    let digits = derived_id("mount", id);
    digits.bytes().skip(7).take(8).map(letter).collect()
}

fn letter(digit: u8) -> char {
    char::from(match digit {
        b'0'..=b'9' => b'a' + (digit - b'0'),
        other => b'k' + (other.to_ascii_lowercase() - b'a'),
    })
}

/// Fills a file system's row. `FileSystemId` must be there.
pub fn complete(state: &State, row: &mut Value) {
    let id = text(row, "FileSystemId").to_owned();
    fill(row, "FileSystemType", "LUSTRE");
    fill(row, "Lifecycle", "AVAILABLE");
    fill(row, "OwnerId", state.account.clone());
    fill(row, "CreationTime", state.now.to_string());
    fill(row, "DNSName", dns_name(state, &id));
    fill(row, "ResourceARN", arn(state, "file-system", &id));
    fill(row, "StorageType", "SSD");
    fill(row, "Tags", json!([]));
    fill(row, "LustreConfiguration", json!({}));
    if text(row, "StorageType") != "INTELLIGENT_TIERING" {
        fill(row, "StorageCapacity", 1200);
    }
    fill(&mut row["LustreConfiguration"], "DeploymentType", "SCRATCH_1");
    let version = super::rules::Wanted::of(row).version().to_owned();
    fill(row, "FileSystemTypeVersion", version);
    let capacity = row.get("StorageCapacity").and_then(Value::as_i64).unwrap_or_default();
    let linked = given(&row["LustreConfiguration"], "DataRepositoryConfiguration");
    lustre(&mut row["LustreConfiguration"], &id, capacity, linked);
    if text(&row["LustreConfiguration"], "DeploymentType").starts_with("PERSISTENT") {
        let (partition, region, account) = (state.partition(), &state.region, &state.account);
        let key = derived_id("key", account);
        let uuid = format!("{}-0000-4000-8000-{}", &key[4..12], &key[4..16]);
        fill(row, "KmsKeyId", format!("arn:{partition}:kms:{region}:{account}:key/{uuid}"));
    }
}

fn lustre(lustre: &mut Value, id: &str, capacity: i64, linked: bool) {
    let deployment = text(lustre, "DeploymentType").to_owned();
    fill(lustre, "MountName", mount_name(&deployment, id));
    fill(lustre, "DataCompressionType", "NONE");
    fill(lustre, "LogConfiguration", json!({"Level": "DISABLED"}));
    fill(lustre, "WeeklyMaintenanceStartTime", "1:09:00");
    let persistent = deployment.starts_with("PERSISTENT");
    if persistent && !linked {
        fill(lustre, "CopyTagsToBackups", false);
        fill(lustre, "AutomaticBackupRetentionDays", 0);
    }
    if deployment == "PERSISTENT_2" {
        let efa = flag(lustre, "EfaEnabled");
        fill(lustre, "EfaEnabled", efa);
    }
    let metadata = &mut lustre["MetadataConfiguration"];
    if text(metadata, "Mode") == "AUTOMATIC" {
        fill(metadata, "Iops", sizes::automatic_iops(capacity));
    }
    if metadata.is_null()
        && let Some(object) = lustre.as_object_mut()
    {
        object.shift_remove("MetadataConfiguration");
    }
}
