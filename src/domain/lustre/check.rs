//! Everything FSx refuses, said before anything is written.
//!
//! Where the sources are silent, nothing is refused: a drive cache on SSD, a start time for backups
//! that are off, backup settings of Intelligent-Tiering, a size with Intelligent-Tiering (it is not sent).

use crate::domain::metadata;
use crate::domain::quantity::print_gib;
use crate::domain::sizing;
use crate::domain::versions::{self, DriverVersion};

use super::{
    AutoImport, DeploymentType, DriveCache, FileSystemWish, Illegal, LustreVersion, Metadata, ReadCache,
    StorageType,
};

/// Every reason why FSx would refuse the wish, the most far-reaching first. Empty means legal.
///
/// Rules that hang on the type are left out when the type itself cannot be.
pub fn check(wish: &FileSystemWish) -> Vec<Illegal> {
    let kind = storage_type(wish);
    let mut found: Vec<Illegal> = Vec::new();
    if kind.is_none() {
        found.extend(version(wish));
        found.extend(throughput(wish));
        found.extend(tiering(wish));
        found.extend(size(wish));
    } else {
        found.extend(kind);
    }
    found.extend(metadata_iops(wish));
    found.extend(efa(wish));
    found.extend(drive_cache(wish));
    found.extend(s3_link(wish));
    found.extend(backups(wish));
    found.extend(clock_times(wish));
    found.extend(kms_key(wish));
    found
}

/// What the CSI driver cannot make, beyond what FSx itself refuses.
///
/// It has no parameter for Intelligent-Tiering's throughput and read cache (driver v1.9.0).
pub fn check_dynamic(wish: &FileSystemWish) -> Vec<Illegal> {
    let tiered = wish.storage_type == StorageType::IntelligentTiering;
    tiered
        .then(|| {
            Illegal::new(
                "storage-type",
                wish.storage_type,
                "the CSI driver cannot make Intelligent-Tiering file systems",
            )
            .nearest(StorageType::Ssd)
            .instead("create the file system by API and bind it: fsxctl setup create")
        })
        .into_iter()
        .collect()
}

/// What this driver is too old for: metadata and EFA parameters came with v1.3.0, and an older one
/// ignores them silently.
pub fn check_driver(wish: &FileSystemWish, driver: &DriverVersion) -> Vec<Illegal> {
    if driver.at_least(versions::EFA_AND_METADATA_SINCE) {
        return Vec::new();
    }
    let too_old = format!("driver {driver} ignores it; v1.3.0 is the first that reads it");
    let upgrade = "upgrade the driver: fsxctl setup driver --upgrade";
    let metadata =
        wish.metadata.map(|it| Illegal::new("metadata-iops", it, too_old.clone()).instead(upgrade));
    let efa = wish.efa.then(|| Illegal::new("efa", true, too_old.clone()).instead(upgrade));
    metadata.into_iter().chain(efa).collect()
}

/// The throughputs a type takes, in MB/s per TiB; empty where there is none to set or the type cannot be.
pub const fn legal_throughputs(deployment: DeploymentType, storage: StorageType) -> &'static [u32] {
    match (deployment, storage) {
        (DeploymentType::Persistent1, StorageType::Ssd) => &[50, 100, 200],
        (DeploymentType::Persistent1, StorageType::Hdd) => &[12, 40],
        (DeploymentType::Persistent2, StorageType::Ssd) => &[125, 250, 500, 1000],
        _ => &[],
    }
}

fn storage_type(wish: &FileSystemWish) -> Option<Illegal> {
    let (only, name) = match (wish.storage_type, wish.deployment_type) {
        (StorageType::Hdd, it) if it != DeploymentType::Persistent1 => (DeploymentType::Persistent1, "HDD"),
        (StorageType::IntelligentTiering, it) if it != DeploymentType::Persistent2 => {
            (DeploymentType::Persistent2, "Intelligent-Tiering")
        }
        _ => return None,
    };
    let reason = format!("{} does not take {name}; only {only} does", wish.deployment_type);
    Some(
        Illegal::new("storage-type", wish.storage_type, reason)
            .nearest(StorageType::Ssd)
            .instead(format!("choose deployment type {only} for {name}")),
    )
}

fn version(wish: &FileSystemWish) -> Option<Illegal> {
    let has_metadata = wish.metadata.is_some();
    let legal = versions::legal(wish.deployment_type, wish.storage_type, has_metadata, wish.efa);
    if legal.contains(&wish.version) {
        return None;
    }
    let why = match (wish.storage_type, wish.version) {
        (StorageType::IntelligentTiering, _) => "Intelligent-Tiering needs 2.15",
        (_, LustreVersion::V2_10) => "PERSISTENT_2 does not take 2.10",
        _ if wish.efa => "EFA needs 2.15",
        _ => "a metadata configuration needs 2.15",
    };
    let nearest = legal.first().copied().unwrap_or(LustreVersion::V2_15);
    Some(Illegal::new("lustre-version", wish.version, why).nearest(nearest))
}

fn throughput(wish: &FileSystemWish) -> Option<Illegal> {
    let legal = legal_throughputs(wish.deployment_type, wish.storage_type);
    let type_name = format!("{} with {}", wish.deployment_type, wish.storage_type);
    match wish.throughput {
        None if legal.is_empty() => None,
        None => {
            let reason = format!("{type_name} needs a throughput: {} MB/s per TiB", listed(legal));
            Some(Illegal::new("throughput", "", reason))
        }
        Some(given) if legal.contains(&given) => None,
        Some(given) if legal.is_empty() => Some(throughput_does_not_apply(wish, given)),
        Some(given) => {
            let reason = format!("{type_name} takes {} MB/s per TiB", listed(legal));
            let mut illegal = Illegal::new("throughput", given, reason);
            illegal.nearest = nearest_of(legal, given).map(|it| it.to_string());
            Some(illegal)
        }
    }
}

fn throughput_does_not_apply(wish: &FileSystemWish, given: u32) -> Illegal {
    if wish.storage_type == StorageType::IntelligentTiering {
        let reason = "throughput per TiB does not apply to Intelligent-Tiering";
        return Illegal::new("throughput", given, reason)
            .instead("set a throughput capacity for the whole file system: a multiple of 4000 MB/s");
    }
    let reason =
        format!("throughput does not apply to {}: it is fixed at 200 MB/s per TiB", wish.deployment_type);
    Illegal::new("throughput", given, reason).instead("leave the throughput out")
}

fn tiering(wish: &FileSystemWish) -> Vec<Illegal> {
    let is_tiered = wish.storage_type == StorageType::IntelligentTiering;
    match (is_tiered, wish.tiering) {
        (false, None) => Vec::new(),
        (false, Some(it)) => {
            vec![
                Illegal::new(
                    "throughput-capacity",
                    it.throughput_mbps,
                    "a throughput capacity and a read cache belong to Intelligent-Tiering only",
                )
                .instead("leave them out"),
            ]
        }
        (true, None) => {
            let reason =
                "Intelligent-Tiering needs a throughput capacity (a multiple of 4000 MB/s) and a read cache";
            vec![Illegal::new("throughput-capacity", "", reason)]
        }
        (true, Some(it)) => throughput_capacity(it.throughput_mbps)
            .into_iter()
            .chain(read_cache(it.throughput_mbps, it.cache))
            .collect(),
    }
}

fn throughput_capacity(mbps: u32) -> Option<Illegal> {
    const STEP: u32 = 4_000;
    const MOST: u32 = 2_000_000;
    if mbps != 0 && mbps.is_multiple_of(STEP) && mbps <= MOST {
        return None;
    }
    let nearest = (mbps.min(MOST) + STEP / 2) / STEP * STEP;
    let reason = "Intelligent-Tiering takes a multiple of 4000 MB/s from 4000 to 2000000";
    Some(Illegal::new("throughput-capacity", mbps, reason).nearest(nearest.clamp(STEP, MOST)))
}

fn read_cache(mbps: u32, cache: ReadCache) -> Option<Illegal> {
    let ReadCache::Provisioned(gib) = cache else { return None };
    let shares = u64::from(mbps / 4000).max(1);
    let (least, most) = (32 * shares, 131_072 * shares);
    if (least..=most).contains(&gib) {
        return None;
    }
    let reason = format!("a read cache at {mbps} MB/s is {least} to {most} GiB");
    Some(Illegal::new("read-cache", print_gib(gib), reason).nearest(print_gib(gib.clamp(least, most))))
}

fn size(wish: &FileSystemWish) -> Option<Illegal> {
    let shape = wish.shape();
    let gib = wish.capacity_gib;
    if wish.storage_type == StorageType::IntelligentTiering || sizing::legal_capacity(shape, gib) {
        return None;
    }
    // Without a legal throughput the steps of HDD and EFA are not known; the throughput is reported instead.
    let steps = sizing::describe_steps(shape)?;
    let mut illegal = Illegal::new("size", print_gib(gib), format!("{steps} is legal here"));
    illegal.nearest = sizing::nearest(shape, gib).map(print_gib);
    illegal.instead = sizing::round_up(shape, gib).map(|up| format!("the next step up is {}", print_gib(up)));
    Some(illegal)
}

fn metadata_iops(wish: &FileSystemWish) -> Option<Illegal> {
    let tiered = wish.storage_type == StorageType::IntelligentTiering;
    let newest = wish.deployment_type == DeploymentType::Persistent2;
    match wish.metadata {
        None if tiered && newest => {
            Some(Illegal::new("metadata-iops", "", "Intelligent-Tiering needs metadata IOPS: 6000 or 12000"))
        }
        None => None,
        Some(it) if !newest => {
            let reason =
                format!("a metadata configuration belongs to PERSISTENT_2, not to {}", wish.deployment_type);
            Some(Illegal::new("metadata-iops", it, reason).instead("leave it out, or choose PERSISTENT_2"))
        }
        Some(Metadata::Automatic) if tiered => {
            let reason = "Intelligent-Tiering has no automatic mode; it takes 6000 or 12000";
            Some(Illegal::new("metadata-iops", "auto", reason).nearest(6000))
        }
        Some(Metadata::Automatic) => None,
        Some(Metadata::Provisioned(iops)) => metadata::check_iops(wish.storage_type, iops),
    }
}

fn efa(wish: &FileSystemWish) -> Option<Illegal> {
    if !wish.efa {
        return None;
    }
    if wish.deployment_type != DeploymentType::Persistent2 {
        let reason = format!("EFA belongs to PERSISTENT_2, not to {}", wish.deployment_type);
        return Some(Illegal::new("efa", true, reason).instead("leave EFA out, or choose PERSISTENT_2"));
    }
    if wish.metadata.is_none() && wish.storage_type == StorageType::Ssd {
        return Some(
            Illegal::new("efa", true, "EFA needs a metadata configuration, which can never be added later")
                .instead("set metadata-iops to auto or to a number"),
        );
    }
    None
}

fn drive_cache(wish: &FileSystemWish) -> Option<Illegal> {
    let hdd = wish.storage_type == StorageType::Hdd && wish.deployment_type == DeploymentType::Persistent1;
    let missing = hdd && wish.drive_cache.is_none();
    missing.then(|| {
        Illegal::new("drive-cache", "", "HDD needs a drive cache type: NONE or READ")
            .nearest(DriveCache::None)
    })
}

fn s3_link(wish: &FileSystemWish) -> Vec<Illegal> {
    let mut found = Vec::new();
    let auto_import = wish.auto_import.filter(|it| *it != AutoImport::None);
    let given = [
        ("s3-import", wish.s3_import.clone()),
        ("s3-export", wish.s3_export.clone()),
        ("auto-import", auto_import.map(|it| it.to_string())),
    ];
    if wish.deployment_type == DeploymentType::Persistent2 {
        let refused = given.into_iter().filter_map(|(field, value)| Some((field, value?)));
        return refused.map(|(field, value)| no_legacy_link(wish.storage_type, field, &value)).collect();
    }
    for (field, value) in given.iter().take(2) {
        found.extend(value.as_deref().and_then(|it| s3_path(field, it)));
    }
    if wish.s3_import.is_none() {
        let widowed = given.into_iter().filter_map(|(field, value)| Some((field, value?)));
        found.extend(widowed.map(|(field, value)| {
            Illegal::new(field, value, "it needs an S3 import path").instead("set s3-import too")
        }));
    } else if let (Some(import), Some(export)) = (&wish.s3_import, &wish.s3_export)
        && bucket_of(import) != bucket_of(export)
    {
        found.push(Illegal::new(
            "s3-export",
            export,
            "the export path must be in the bucket of the import path",
        ));
    }
    found
}

fn no_legacy_link(storage: StorageType, field: &'static str, value: &str) -> Illegal {
    let reason = "PERSISTENT_2 takes no S3 path of its own";
    let advice = if storage == StorageType::IntelligentTiering {
        "Intelligent-Tiering takes no data repository association either: choose SSD, then create one"
    } else {
        "create a data repository association: fsxctl setup create, or fsxctl dra create on a file system that exists"
    };
    Illegal::new(field, value, reason).instead(advice)
}

fn s3_path(field: &'static str, path: &str) -> Option<Illegal> {
    if bucket_of(path).is_some_and(is_bucket_name) && (3..=4357).contains(&path.chars().count()) {
        return None;
    }
    Some(Illegal::new(
        field,
        path,
        "an S3 path is s3://bucket or s3://bucket/prefix, at most 4357 characters; \
         a bucket's name is 3 to 63 lower-case letters, digits, dots and hyphens",
    ))
}

/// S3's own [rule](https://docs.aws.amazon.com/AmazonS3/latest/userguide/bucketnamingrules.html), without its finer points.
fn is_bucket_name(bucket: &str) -> bool {
    let plain = |it: char| it.is_ascii_lowercase() || it.is_ascii_digit() || it == '.' || it == '-';
    (3..=63).contains(&bucket.len()) && bucket.chars().all(plain)
}

/// The bucket of `s3://bucket/prefix`.
pub(crate) fn bucket_of(path: &str) -> Option<&str> {
    let rest = path.strip_prefix("s3://")?;
    rest.split('/').next().filter(|bucket| !bucket.is_empty())
}

fn backups(wish: &FileSystemWish) -> Vec<Illegal> {
    let mut found = Vec::new();
    let days = wish.backup_days.unwrap_or(0);
    if days > 90 {
        found.push(Illegal::new("backup-days", days, "backups are kept 0 to 90 days").nearest(90));
    }
    if days > 0 && !wish.deployment_type.is_persistent() {
        let reason = format!("{} has no backups", wish.deployment_type);
        found.push(Illegal::new("backup-days", days, reason).nearest(0));
    } else if days > 0 && wish.is_linked_to_s3() {
        found.push(Illegal::new("backup-days", days, "an S3-linked file system has no backups").nearest(0));
    }
    if wish.copy_tags_to_backups && wish.is_linked_to_s3() {
        let reason = "an S3-linked file system has no backups to copy tags to";
        found.push(Illegal::new("copy-tags-to-backups", true, reason).nearest(false));
    }
    found
}

fn clock_times(wish: &FileSystemWish) -> Vec<Illegal> {
    let backup = wish.backup_start.as_ref().filter(|it| !is_time_of_day(it));
    let backup =
        backup.map(|it| Illegal::new("backup-start", it, "a time of day is HH:MM in UTC, 00:00 to 23:59"));
    let week = wish.maintenance.as_ref().filter(|it| !is_time_of_week(it));
    let week = week.map(|it| {
        Illegal::new("maintenance", it, "a weekly time is d:HH:MM in UTC, d from 1 (Monday) to 7 (Sunday)")
    });
    backup.into_iter().chain(week).collect()
}

fn is_time_of_week(text: &str) -> bool {
    text.split_once(':')
        .is_some_and(|(day, time)| matches!(day.as_bytes(), [b'1'..=b'7']) && is_time_of_day(time))
}

fn is_time_of_day(text: &str) -> bool {
    match text.as_bytes() {
        [h1, h2, b':', m1, m2] => {
            let hour = matches!((h1, h2), (b'0' | b'1', b'0'..=b'9') | (b'2', b'0'..=b'3'));
            hour && matches!((m1, m2), (b'0'..=b'5', b'0'..=b'9'))
        }
        _ => false,
    }
}

fn kms_key(wish: &FileSystemWish) -> Option<Illegal> {
    let key = wish.kms_key.as_ref().filter(|_| !wish.deployment_type.is_persistent())?;
    let reason = format!("{} is always encrypted with a key of the service", wish.deployment_type);
    Some(Illegal::new("kms-key", key, reason).instead("leave the key out, or choose a persistent type"))
}

/// The nearest of `legal` to `given`; on a tie the larger.
pub(crate) fn nearest_of(legal: &[u32], given: u32) -> Option<u32> {
    legal.iter().copied().min_by_key(|it| (it.abs_diff(given), u32::MAX - it))
}

fn listed(values: &[u32]) -> String {
    match values {
        [] => String::new(),
        [only] => only.to_string(),
        [most @ .., last] => {
            let most: Vec<String> = most.iter().map(u32::to_string).collect();
            format!("{} or {last}", most.join(", "))
        }
    }
}
