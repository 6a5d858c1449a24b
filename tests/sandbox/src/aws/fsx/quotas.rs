//! FSx's quotas per account and Region. A row of `servicequotas.Quotas` with service `fsx` and the quota's
//! name replaces the default; names are those of the Service Quotas console and UNCONFIRMED.

use serde_json::Value;

use crate::aws::ec2::value::text;
use crate::call::AwsError;
use crate::state::State;

/// `PERSISTENT_1`, `PERSISTENT_2` or `SCRATCH`: quotas are counted by these.
fn family(row: &Value) -> &str {
    match text(&row["LustreConfiguration"], "DeploymentType") {
        "PERSISTENT_1" => "PERSISTENT_1",
        "PERSISTENT_2" => "PERSISTENT_2",
        _ => "SCRATCH",
    }
}

fn title(family: &str) -> &'static str {
    match family {
        "PERSISTENT_1" => "Lustre Persistent_1",
        "PERSISTENT_2" => "Lustre Persistent_2",
        _ => "Lustre Scratch",
    }
}

fn quota(state: &State, name: &str, default: i64) -> i64 {
    let fits = |row: &&Value| text(row, "ServiceCode") == "fsx" && text(row, "QuotaName") == name;
    let value = state.rows("servicequotas.Quotas").iter().find(fits).and_then(|row| row.get("Value"));
    value.and_then(|value| value.as_i64().or_else(|| value.as_str()?.parse().ok())).unwrap_or(default)
}

fn exceeded(limit: &str, what: &str) -> AwsError {
    let message = format!("The request exceeds the service limit for {what}");
    AwsError::new("ServiceLimitExceeded", message).with("Limit", limit)
}

/// Whether one more file system fits into the quotas.
///
/// # Errors
/// `ServiceLimitExceeded` with its `Limit`; the text is UNCONFIRMED.
pub fn check_new(state: &State, row: &Value) -> Result<(), AwsError> {
    let family = family(row);
    let counted = |other: &&Value| self::family(other) == family && text(other, "Lifecycle") != "DELETING";
    let others: Vec<&Value> = state.rows("fsx.FileSystems").iter().filter(counted).collect();
    let name = format!("{} file systems", title(family));
    if i64::try_from(others.len()).unwrap_or(i64::MAX) >= quota(state, &name, 100) {
        return Err(exceeded("FILE_SYSTEM_COUNT", &name));
    }
    let number = |row: &Value| row.get("StorageCapacity").and_then(Value::as_i64).unwrap_or_default();
    if text(row, "StorageType") == "INTELLIGENT_TIERING" {
        return check_tiering(state, row, &others);
    }
    let per_file_system = "Lustre Persistent HDD storage capacity (per file system)";
    if text(row, "StorageType") == "HDD" && number(row) > quota(state, per_file_system, 102_000) {
        return Err(exceeded("TOTAL_STORAGE", per_file_system));
    }
    check_storage(state, row, number(row))
}

/// Whether `more` GiB fit into the storage quota of a file system's family.
///
/// # Errors
/// As [`check_new`].
pub fn check_storage(state: &State, row: &Value, more: i64) -> Result<(), AwsError> {
    let family = family(row);
    let used: i64 = state
        .rows("fsx.FileSystems")
        .iter()
        .filter(|other| self::family(other) == family && text(other, "Lifecycle") != "DELETING")
        .filter_map(|other| other.get("StorageCapacity").and_then(Value::as_i64))
        .sum();
    let name = format!("{} storage capacity", title(family));
    if used + more > quota(state, &name, 100_800) {
        return Err(exceeded("TOTAL_STORAGE", &name));
    }
    Ok(())
}

/// Whether one more user-initiated backup fits.
///
/// # Errors
/// `ServiceLimitExceeded`.
pub fn check_backups(state: &State) -> Result<(), AwsError> {
    let mine = |row: &&Value| text(row, "Type") == "USER_INITIATED";
    let count = state.rows("fsx.Backups").iter().filter(mine).count();
    let name = "User-initiated backups";
    if i64::try_from(count).unwrap_or(i64::MAX) >= quota(state, name, 500) {
        return Err(exceeded("TOTAL_USER_INITIATED_BACKUPS", name));
    }
    Ok(())
}

fn check_tiering(state: &State, row: &Value, others: &[&Value]) -> Result<(), AwsError> {
    let throughput = |row: &Value| {
        row["LustreConfiguration"].get("ThroughputCapacity").and_then(Value::as_i64).unwrap_or_default()
    };
    let used: i64 = others.iter().map(|other| throughput(other)).sum();
    let name = "Lustre Intelligent-Tiering throughput capacity";
    if used + throughput(row) > quota(state, name, 100_000) {
        return Err(exceeded("TOTAL_THROUGHPUT_CAPACITY", name));
    }
    Ok(())
}
