//! The table of types, throughputs and sizes, and what follows from a size: servers, addresses, growth
//! steps, automatic metadata IOPS.

use serde_json::Value;

use super::{Wanted, bad};
use crate::aws::ec2::value::{flag, given, text};
use crate::call::AwsError;

/// One row of the size table. A capacity is legal when it is one of `first` or a multiple of `step`.
#[derive(Debug)]
pub struct Row {
    /// `DeploymentType`.
    pub deployment: &'static str,
    /// `StorageType`.
    pub storage: &'static str,
    /// Legal `PerUnitStorageThroughput` in MBps per TiB; none = it must not be sent.
    pub throughput: &'static [i64],
    /// Whether the row is for EFA.
    pub efa: bool,
    /// Sizes in GiB below the first step.
    pub first: &'static [i64],
    /// GiB.
    pub step: i64,
    /// GiB of one object server.
    pub server: i64,
    /// GiB of which a growth target must be a multiple; none = cannot grow.
    pub growth: Option<i64>,
}

const fn row(deployment: &'static str, storage: &'static str, throughput: &'static [i64], step: i64) -> Row {
    Row { deployment, storage, throughput, efa: false, first: &[], step, server: step, growth: Some(step) }
}

/// Every row with a size.
pub const ROWS: &[Row] = &[
    Row { first: &[1200, 2400], growth: None, ..row("SCRATCH_1", "SSD", &[], 3600) },
    Row { first: &[1200], ..row("SCRATCH_2", "SSD", &[], 2400) },
    Row { first: &[1200], ..row("PERSISTENT_1", "SSD", &[50, 100, 200], 2400) },
    row("PERSISTENT_1", "HDD", &[12], 6000),
    row("PERSISTENT_1", "HDD", &[40], 1800),
    Row { first: &[1200], ..row("PERSISTENT_2", "SSD", &[125, 250, 500, 1000], 2400) },
    Row { efa: true, ..row("PERSISTENT_2", "SSD", &[125], 38_400) },
    Row { efa: true, ..row("PERSISTENT_2", "SSD", &[250], 19_200) },
    Row { efa: true, ..row("PERSISTENT_2", "SSD", &[500], 9600) },
    Row { efa: true, ..row("PERSISTENT_2", "SSD", &[1000], 4800) },
];

/// The row of a type and throughput.
pub fn find(deployment: &str, storage: &str, throughput: Option<i64>, efa: bool) -> Option<&'static Row> {
    ROWS.iter().find(|row| {
        let fits = match throughput {
            Some(throughput) => row.throughput.contains(&throughput),
            None => row.throughput.is_empty(),
        };
        row.deployment == deployment && row.storage == storage && row.efa == efa && fits
    })
}

/// The row of an existing file system (a DescribeFileSystems row).
pub fn of_file_system(row: &Value) -> Option<&'static Row> {
    let lustre = &row["LustreConfiguration"];
    let throughput = lustre.get("PerUnitStorageThroughput").and_then(Value::as_i64);
    find(text(lustre, "DeploymentType"), text(row, "StorageType"), throughput, flag(lustre, "EfaEnabled"))
}

/// `PerUnitStorageThroughput` must be there for persistent SSD and HDD, of the type's set, and absent else.
pub(super) fn throughput(wanted: Wanted<'_>) -> Result<(), AwsError> {
    let given = wanted.number("PerUnitStorageThroughput");
    let (deployment, storage) = (wanted.deployment(), wanted.storage());
    if !wanted.persistent() || wanted.tiering() {
        return match given {
            None => Ok(()),
            Some(_) => Err(bad(format!(
                "PerUnitStorageThroughput cannot be set for deployment type {deployment} with storage type {storage}"
            ))),
        };
    }
    let Some(given) = given else {
        return Err(bad(format!("PerUnitStorageThroughput is required for deployment type {deployment}")));
    };
    if find(deployment, storage, Some(given), false).is_none() {
        let message = "Invalid Lustre deployment configuration: the provided throughput is invalid or does not meet the storage capacity requirement";
        return Err(AwsError::new("InvalidPerUnitStorageThroughput", message));
    }
    Ok(())
}

/// `StorageCapacity` must be there and a legal size, except for Intelligent-Tiering, whose size is elastic.
///
/// That a size sent with Intelligent-Tiering is refused (not ignored) is UNCONFIRMED.
pub(super) fn capacity(wanted: Wanted<'_>) -> Result<(), AwsError> {
    if wanted.tiering() {
        return match wanted.capacity() {
            None => Ok(()),
            Some(_) => Err(bad("StorageCapacity cannot be set when StorageType is INTELLIGENT_TIERING")),
        };
    }
    let Some(capacity) = wanted.capacity() else {
        return Err(bad("StorageCapacity is required"));
    };
    let throughput = wanted.number("PerUnitStorageThroughput");
    let Some(row) = find(wanted.deployment(), wanted.storage(), throughput, wanted.efa()) else {
        return Err(bad(format!("EfaEnabled is not supported for deployment type {}", wanted.deployment())));
    };
    if row.first.contains(&capacity) || (capacity > 0 && capacity % row.step == 0) {
        return Ok(());
    }
    Err(bad(size_message(capacity, row)))
}

fn size_message(capacity: i64, row: &Row) -> String {
    let first: Vec<String> = row.first.iter().map(ToString::to_string).collect();
    let first = if first.is_empty() { String::new() } else { format!("{} or ", first.join(", ")) };
    format!("Invalid Lustre FS storage capacity: {capacity}. Must be {first}a multiple of {}.", row.step)
}

/// Metadata IOPS of mode AUTOMATIC for a size in GiB. From 48000 GiB on it is 12000 per full 24000 GiB;
/// the rounding between steps is UNCONFIRMED.
pub fn automatic_iops(capacity: i64) -> i64 {
    match capacity {
        ..=1200 => 1500,
        1201..=2400 => 3000,
        2401..=9600 => 6000,
        9601..=45_600 => 12_000,
        more => (more / 24_000 * 12_000).min(192_000),
    }
}

/// How many network interfaces a file system row has: one for each object server and metadata server.
pub fn interfaces(row: &Value) -> usize {
    let lustre = &row["LustreConfiguration"];
    let number = |value: &Value, member: &str| value.get(member).and_then(Value::as_i64).unwrap_or_default();
    let objects = match number(lustre, "ThroughputCapacity") {
        0 => {
            let server = of_file_system(row).map_or(2400, |row| row.server);
            ceil(number(row, "StorageCapacity").max(1), server)
        }
        throughput => ceil(throughput, 4000),
    };
    let metadata = &lustre["MetadataConfiguration"];
    let iops = if given(metadata, "Iops") { number(metadata, "Iops") } else { 1 };
    usize::try_from(objects + ceil(iops, 12_000).max(1)).unwrap_or(2)
}

fn ceil(number: i64, by: i64) -> i64 {
    (number + by - 1) / by
}
