//! What FSx for Lustre offers where, as far as AWS's table of Regions told in the middle of 2026.
//!
//! The table ages: nothing is refused by it, and a Region that it does not have is not doubted.
//! Source: [FSx for Lustre deployment types](https://docs.aws.amazon.com/fsx/latest/LustreGuide/using-fsx-lustre.html).

use super::lustre::{DeploymentType, FileSystemWish};

/// Regions without PERSISTENT_2. The guide of the China Regions shows the throughputs of PERSISTENT_1 only.
const WITHOUT_PERSISTENT_2: [&str; 4] = ["me-south-1", "me-central-1", "cn-north-1", "cn-northwest-1"];
/// Regions where PERSISTENT_2 has 125 and 250 MB/s/TiB only, and no EFA.
const LIMITED: [&str; 2] = ["il-central-1", "mx-central-1"];
/// Regions without PERSISTENT_1.
const WITHOUT_PERSISTENT_1: [&str; 7] = [
    "ap-southeast-6",
    "ap-southeast-5",
    "ap-southeast-7",
    "ap-east-2",
    "ca-west-1",
    "mx-central-1",
    "il-central-1",
];
/// Regions without SCRATCH_2.
const WITHOUT_SCRATCH_2: [&str; 6] =
    ["ap-southeast-6", "ap-southeast-5", "ap-southeast-7", "ap-east-2", "ca-west-1", "mx-central-1"];

/// What speaks against this file system in a Region, as a clause; none when nothing is known against it.
pub fn doubt(region: &str, wish: &FileSystemWish) -> Option<String> {
    let without = match wish.deployment_type {
        DeploymentType::Persistent2 => WITHOUT_PERSISTENT_2.as_slice(),
        DeploymentType::Persistent1 => WITHOUT_PERSISTENT_1.as_slice(),
        DeploymentType::Scratch2 => WITHOUT_SCRATCH_2.as_slice(),
        DeploymentType::Scratch1 => &[],
    };
    if without.contains(&region) {
        return Some(format!("{region} has no {}", wish.deployment_type.as_str()));
    }
    if wish.deployment_type != DeploymentType::Persistent2 || !LIMITED.contains(&region) {
        return None;
    }
    if wish.efa {
        return Some(format!("{region} has no EFA"));
    }
    let throughput = wish.throughput.filter(|it| *it > 250)?;
    Some(format!("{region} has PERSISTENT_2 with 125 and 250 MB/s/TiB only, not {throughput}"))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::lustre::StorageType;

    #[test]
    fn what_a_region_does_not_have_is_told() {
        let of = |kind| FileSystemWish::defaults(kind, StorageType::Ssd, false);
        let fast = FileSystemWish { throughput: Some(500), ..of(DeploymentType::Persistent2) };
        let efa = FileSystemWish { efa: true, ..of(DeploymentType::Persistent2) };
        let rows = [
            ("us-west-2", of(DeploymentType::Persistent2), None),
            ("us-gov-west-1", fast.clone(), None),
            ("xx-nowhere-9", fast.clone(), None),
            ("me-south-1", of(DeploymentType::Persistent2), Some("me-south-1 has no PERSISTENT_2")),
            ("me-south-1", of(DeploymentType::Persistent1), None),
            ("cn-north-1", of(DeploymentType::Persistent2), Some("cn-north-1 has no PERSISTENT_2")),
            ("ca-west-1", of(DeploymentType::Scratch2), Some("ca-west-1 has no SCRATCH_2")),
            ("il-central-1", of(DeploymentType::Scratch2), None),
            ("il-central-1", of(DeploymentType::Persistent2), None),
            (
                "il-central-1",
                fast,
                Some("il-central-1 has PERSISTENT_2 with 125 and 250 MB/s/TiB only, not 500"),
            ),
            ("mx-central-1", efa, Some("mx-central-1 has no EFA")),
        ];
        for (region, wish, wanted) in rows {
            assert_eq!(doubt(region, &wish).as_deref(), wanted, "{region}");
        }
    }
}
