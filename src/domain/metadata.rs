//! Metadata IOPS of `PERSISTENT_2` file systems.
//!
//! Source: [Metadata performance](https://docs.aws.amazon.com/fsx/latest/LustreGuide/managing-metadata-performance.html).
//! IOPS above the automatic value are billed. FSx's answer to fewer IOPS than the automatic value at
//! creation is not documented, so it is not refused here.

use serde::{Deserialize, Serialize};

use super::lustre::{Illegal, StorageType};

/// The most metadata IOPS an SSD file system takes.
pub const MOST_IOPS: u32 = 192_000;
/// One metadata server does so many IOPS; above it the ladder climbs by this much.
pub const IOPS_PER_SERVER: u32 = 12_000;

/// The rungs a storage type takes, ascending; none for HDD, which has no metadata configuration.
pub fn ladder(storage: StorageType) -> Vec<u32> {
    match storage {
        StorageType::Ssd => {
            let climb = (1..=MOST_IOPS / IOPS_PER_SERVER).map(|it| it * IOPS_PER_SERVER);
            [1500, 3000, 6000].into_iter().chain(climb).collect()
        }
        StorageType::IntelligentTiering => vec![6000, 12_000],
        StorageType::Hdd => Vec::new(),
    }
}

/// Whether FSx takes so many provisioned IOPS.
pub fn is_legal(storage: StorageType, iops: u32) -> bool {
    ladder(storage).contains(&iops)
}

/// The nearest rung, the higher on a tie; `None` for HDD.
pub fn nearest(storage: StorageType, iops: u32) -> Option<u32> {
    ladder(storage).into_iter().min_by_key(|it| (it.abs_diff(iops), u32::MAX - it))
}

/// Why so many provisioned IOPS cannot be, if so.
pub fn check_iops(storage: StorageType, iops: u32) -> Option<Illegal> {
    if is_legal(storage, iops) {
        return None;
    }
    let reason = match storage {
        StorageType::Ssd => "SSD takes 1500, 3000, 6000, 12000 or a multiple of 12000 up to 192000",
        StorageType::IntelligentTiering => "Intelligent-Tiering takes 6000 or 12000",
        StorageType::Hdd => "HDD has no metadata configuration",
    };
    let mut illegal = Illegal::new("metadata-iops", iops, reason);
    illegal.nearest = nearest(storage, iops).map(|it| it.to_string());
    Some(illegal)
}

/// Why the IOPS cannot change from one value to another, if so: they only ever rise.
///
/// FSx also wants six hours between increases and no storage increase running; the caller knows those.
pub fn check_change(storage: StorageType, current: u32, wanted: u32) -> Option<Illegal> {
    if wanted >= current {
        return check_iops(storage, wanted);
    }
    let reason = format!("metadata IOPS are never lowered; this file system has {current}");
    Some(Illegal::new("metadata-iops", wanted, reason).nearest(current))
}

/// What automatic mode gives: one number, or two where the rounding between them is not documented.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct AutomaticIops {
    /// At least so many.
    pub least: u32,
    /// At most so many.
    pub most: u32,
}

/// The IOPS that automatic mode gives to an SSD file system of `gib`.
///
/// From 48000 GiB on it is 12000 for each 24000 GiB; how FSx rounds in between is not documented.
/// No upper limit of automatic mode is documented either.
pub fn automatic_iops(gib: u64) -> AutomaticIops {
    let exactly = |iops| AutomaticIops { least: iops, most: iops };
    match gib {
        0..2400 => exactly(1500),
        2400..4800 => exactly(3000),
        4800..12_000 => exactly(6000),
        12_000..48_000 => exactly(12_000),
        _ => AutomaticIops { least: per_24000(gib / 24_000), most: per_24000(gib.div_ceil(24_000)) },
    }
}

fn per_24000(shares: u64) -> u32 {
    u32::try_from(shares).unwrap_or(u32::MAX).saturating_mul(IOPS_PER_SERVER)
}

/// Metadata servers behind so many IOPS; one without a metadata configuration.
pub const fn servers_for(iops: u32) -> u32 {
    let servers = iops.div_ceil(IOPS_PER_SERVER);
    if servers == 0 { 1 } else { servers }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_ladders_are_those_of_the_guide() {
        for iops in [1500, 3000, 6000, 12_000, 24_000, 36_000, 180_000, 192_000] {
            assert!(is_legal(StorageType::Ssd, iops), "{iops}");
        }
        for iops in [0, 1499, 1501, 4500, 5000, 9000, 18_000, 12_001, 191_999, 204_000] {
            assert!(!is_legal(StorageType::Ssd, iops), "{iops}");
        }
        assert_eq!(ladder(StorageType::IntelligentTiering), [6000, 12_000]);
        assert_eq!(ladder(StorageType::Ssd).len(), 19);
        assert!(ladder(StorageType::Hdd).is_empty());
    }

    #[test]
    fn the_nearest_rung_is_found_and_ties_go_up() {
        let ssd =
            [(0, 1500), (2249, 1500), (2250, 3000), (4499, 3000), (4500, 6000), (5000, 6000), (9000, 12_000)];
        let high = [(17_999, 12_000), (18_000, 24_000), (191_999, 192_000), (u32::MAX, 192_000)];
        for (asked, rung) in ssd.into_iter().chain(high) {
            assert_eq!(nearest(StorageType::Ssd, asked), Some(rung), "{asked}");
        }
        assert_eq!(nearest(StorageType::IntelligentTiering, 8999), Some(6000));
        assert_eq!(nearest(StorageType::IntelligentTiering, 24_000), Some(12_000));
        assert_eq!(nearest(StorageType::Hdd, 6000), None);
    }

    #[test]
    fn automatic_iops_follow_the_size() {
        let table = [
            (1200, 1500, 1500),
            (2400, 3000, 3000),
            (4800, 6000, 6000),
            (7200, 6000, 6000),
            (9600, 6000, 6000),
            (12_000, 12_000, 12_000),
            (45_600, 12_000, 12_000),
            (48_000, 24_000, 24_000),
            (50_400, 24_000, 36_000),
            (72_000, 36_000, 36_000),
        ];
        for (gib, least, most) in table {
            assert_eq!(automatic_iops(gib), AutomaticIops { least, most }, "{gib}");
        }
    }

    #[test]
    fn iops_rise_and_never_fall() {
        assert_eq!(check_change(StorageType::Ssd, 6000, 12_000), None);
        assert_eq!(check_change(StorageType::Ssd, 6000, 6000), None);
        let lower = check_change(StorageType::Ssd, 6000, 3000).unwrap();
        assert_eq!((lower.nearest.as_deref(), lower.field), (Some("6000"), "metadata-iops"));
        assert_eq!(check_change(StorageType::Ssd, 6000, 7000).unwrap().nearest.as_deref(), Some("6000"));
    }

    #[test]
    fn one_server_does_12000_iops() {
        for (iops, servers) in [(0, 1), (1500, 1), (12_000, 1), (12_001, 2), (24_000, 2), (192_000, 16)] {
            assert_eq!(servers_for(iops), servers, "{iops}");
        }
    }
}
