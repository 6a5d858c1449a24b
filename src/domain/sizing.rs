//! Legal sizes, what the driver makes of a size, growth, servers and addresses.
//!
//! Sizes are in GiB. A size is legal if it is one of a type's first sizes or a whole multiple of its step.
//! Source: [CreateFileSystem](https://docs.aws.amazon.com/fsx/latest/APIReference/API_CreateFileSystem.html)
//! and [Increase storage capacity](https://docs.aws.amazon.com/fsx/latest/LustreGuide/increase-storage-capacity.html).

use serde::{Deserialize, Serialize};

use super::lustre::{DeploymentType, FileSystemWish, Illegal, Metadata, StorageType};
use super::metadata;
use super::quantity::print_gib;

/// What the legal sizes hang on.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct Shape {
    /// Generation.
    pub deployment_type: DeploymentType,
    /// Medium.
    pub storage_type: StorageType,
    /// MB/s per TiB.
    pub throughput: Option<u32>,
    /// Elastic Fabric Adapter.
    pub efa: bool,
}

impl FileSystemWish {
    /// The part of the wish that decides its legal sizes.
    pub const fn shape(&self) -> Shape {
        Shape {
            deployment_type: self.deployment_type,
            storage_type: self.storage_type,
            throughput: self.throughput,
            efa: self.efa,
        }
    }
}

/// One line of the capacity table.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct CapacityRow {
    /// Generation.
    pub deployment_type: DeploymentType,
    /// Medium.
    pub storage_type: StorageType,
    /// The throughputs the line holds for, MB/s per TiB; empty where there is none to set.
    pub throughputs: &'static [u32],
    /// Elastic Fabric Adapter.
    pub efa: bool,
    /// Legal sizes below the step or beside it, GiB.
    pub first: &'static [u64],
    /// Every whole multiple of it is legal, GiB.
    pub step: u64,
    /// Storage behind one object server, GiB.
    pub per_server: u64,
    /// Whether it can grow at all.
    pub grows: bool,
}

/// A line whose servers hold one step each, which is all but Scratch 1 in its first sizes.
const fn row(
    types: (DeploymentType, StorageType),
    throughputs: &'static [u32],
    efa: bool,
    first: &'static [u64],
    step: u64,
) -> CapacityRow {
    let (deployment_type, storage_type) = types;
    let grows = !matches!(deployment_type, DeploymentType::Scratch1);
    CapacityRow { deployment_type, storage_type, throughputs, efa, first, step, per_server: step, grows }
}

const SCRATCH_1: (DeploymentType, StorageType) = (DeploymentType::Scratch1, StorageType::Ssd);
const SCRATCH_2: (DeploymentType, StorageType) = (DeploymentType::Scratch2, StorageType::Ssd);
const PERSISTENT_1_SSD: (DeploymentType, StorageType) = (DeploymentType::Persistent1, StorageType::Ssd);
const PERSISTENT_1_HDD: (DeploymentType, StorageType) = (DeploymentType::Persistent1, StorageType::Hdd);
const PERSISTENT_2_SSD: (DeploymentType, StorageType) = (DeploymentType::Persistent2, StorageType::Ssd);

/// Every legal size. Intelligent-Tiering has no line: it is elastic and no size is sent.
pub const CAPACITY: [CapacityRow; 10] = [
    row(SCRATCH_1, &[], false, &[1200, 2400], 3600),
    row(SCRATCH_2, &[], false, &[1200], 2400),
    row(PERSISTENT_1_SSD, &[50, 100, 200], false, &[1200], 2400),
    row(PERSISTENT_1_HDD, &[12], false, &[], 6000),
    row(PERSISTENT_1_HDD, &[40], false, &[], 1800),
    row(PERSISTENT_2_SSD, &[125, 250, 500, 1000], false, &[1200], 2400),
    row(PERSISTENT_2_SSD, &[125], true, &[], 38400),
    row(PERSISTENT_2_SSD, &[250], true, &[], 19200),
    row(PERSISTENT_2_SSD, &[500], true, &[], 9600),
    row(PERSISTENT_2_SSD, &[1000], true, &[], 4800),
];

/// The line for a shape. Where all throughputs of a type share one line, an illegal one does not hide it.
fn row_of(shape: Shape) -> Option<&'static CapacityRow> {
    let mut rows = CAPACITY.iter().filter(|row| {
        row.deployment_type == shape.deployment_type
            && row.storage_type == shape.storage_type
            && row.efa == shape.efa
    });
    let exact = rows.clone().find(|row| match shape.throughput {
        Some(it) => row.throughputs.contains(&it),
        None => row.throughputs.is_empty(),
    });
    exact.or_else(|| rows.next().filter(|_| rows.next().is_none()))
}

impl CapacityRow {
    fn takes(&self, gib: u64) -> bool {
        self.first.contains(&gib) || (gib > 0 && gib.is_multiple_of(self.step))
    }

    fn up(&self, gib: u64) -> Option<u64> {
        let multiple = gib.max(1).div_ceil(self.step).checked_mul(self.step);
        let first = self.first.iter().copied().find(|it| *it >= gib);
        first.into_iter().chain(multiple).min()
    }

    fn down(&self, gib: u64) -> Option<u64> {
        let multiple = Some(gib / self.step * self.step).filter(|it| *it > 0);
        let first = self.first.iter().copied().rfind(|it| *it <= gib);
        first.into_iter().chain(multiple).max()
    }
}

/// Whether FSx takes this size. Always true for Intelligent-Tiering, which is not asked for one.
pub fn legal_capacity(shape: Shape, gib: u64) -> bool {
    match shape.storage_type {
        StorageType::IntelligentTiering => shape.deployment_type == DeploymentType::Persistent2,
        StorageType::Ssd | StorageType::Hdd => row_of(shape).is_some_and(|row| row.takes(gib)),
    }
}

/// The nearest legal size in either direction, the larger on a tie; `None` where no size is asked for
/// or the shape cannot be.
pub fn nearest(shape: Shape, gib: u64) -> Option<u64> {
    let row = row_of(shape)?;
    let candidates = row.down(gib).into_iter().chain(row.up(gib));
    candidates.min_by_key(|it| (it.abs_diff(gib), u64::MAX - it))
}

/// The smallest legal size that is not below `gib`.
pub fn round_up(shape: Shape, gib: u64) -> Option<u64> {
    row_of(shape)?.up(gib)
}

/// The legal sizes in words, such as `1200Gi or a multiple of 2400Gi`.
pub fn describe_steps(shape: Shape) -> Option<String> {
    let row = row_of(shape)?;
    let first: String = row.first.iter().map(|it| format!("{}, ", print_gib(*it))).collect();
    let step = print_gib(row.step);
    Some(match first.strip_suffix(", ") {
        Some(first) => format!("{first} or a multiple of {step}"),
        None => format!("a multiple of {step}"),
    })
}

/// The size the CSI driver asks FSx for when a claim asks for `gib`; `None` is a claim without a size.
///
/// Source: the driver's `pkg/util/util.go`, v1.9.0. It does not know the steps of EFA, so an EFA class
/// with another step is refused by FSx. A request of 0 stays 0.
pub const fn driver_rounds_to(
    deployment_type: Option<DeploymentType>,
    storage_type: Option<StorageType>,
    throughput: Option<u32>,
    gib: Option<u64>,
) -> u64 {
    let Some(gib) = gib else { return 1200 };
    let step = match (storage_type, deployment_type, throughput) {
        (Some(StorageType::Hdd), _, Some(12)) => 6000,
        (Some(StorageType::Hdd), _, _) => 1800,
        (_, Some(DeploymentType::Scratch1) | None, _) if gib < 3600 => 1200,
        (_, Some(DeploymentType::Scratch1) | None, _) => 3600,
        _ if gib < 2400 => 1200,
        _ => 2400,
    };
    gib.div_ceil(step).saturating_mul(step)
}

/// The step of growth in GiB; `None` for Scratch 1, which never grows, and for Intelligent-Tiering.
pub fn growth_step(shape: Shape) -> Option<u64> {
    row_of(shape).filter(|row| row.grows).map(|row| row.step)
}

/// The smallest size at or above `wanted` that a file system of `current` GiB can grow to.
pub fn growth_target(shape: Shape, current: u64, wanted: u64) -> Option<u64> {
    let step = growth_step(shape)?;
    wanted.max(current.checked_add(1)?).div_ceil(step).checked_mul(step)
}

/// Why a file system of `current` GiB cannot become `wanted` GiB, if so.
///
/// FSx also wants six hours since the last increase and no other change running; the caller knows those.
pub fn check_growth(shape: Shape, current: u64, wanted: u64) -> Option<Illegal> {
    if wanted == current {
        return None;
    }
    if shape.storage_type == StorageType::IntelligentTiering {
        return Some(Illegal::new(
            "size",
            print_gib(wanted),
            "Intelligent-Tiering has no size to set: it is elastic",
        ));
    }
    let Some(step) = growth_step(shape) else {
        let reason = format!("{} cannot grow", shape.deployment_type);
        return Some(
            Illegal::new("size", print_gib(wanted), reason).instead("create a larger file system and copy"),
        );
    };
    if wanted > current && wanted.is_multiple_of(step) {
        return None;
    }
    let reason = if wanted < current {
        format!("a file system never shrinks; this one has {}", print_gib(current))
    } else {
        format!("it grows to a multiple of {}", print_gib(step))
    };
    let mut illegal = Illegal::new("size", print_gib(wanted), reason);
    illegal.nearest = growth_target(shape, current, wanted).map(print_gib);
    Some(illegal)
}

/// The servers behind a file system.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct Servers {
    /// Object storage servers; each gives one plain client at most 5 Gbps.
    pub object: u64,
    /// Metadata servers: one per 12000 metadata IOPS, at least one.
    pub metadata: u64,
}

/// The servers FSx will run for the wish; `None` if the wish cannot be.
///
/// With automatic metadata above 48000 GiB the rounding is not documented; the larger number is given.
pub fn servers(wish: &FileSystemWish) -> Option<Servers> {
    let object = match wish.storage_type {
        StorageType::IntelligentTiering => u64::from(wish.tiering?.throughput_mbps).div_ceil(4000),
        StorageType::Ssd | StorageType::Hdd => wish.capacity_gib.div_ceil(row_of(wish.shape())?.per_server),
    };
    let iops = match wish.metadata {
        None => 0,
        Some(Metadata::Provisioned(iops)) => iops,
        Some(Metadata::Automatic) => metadata::automatic_iops(wish.capacity_gib).most,
    };
    Some(Servers { object, metadata: u64::from(metadata::servers_for(iops)) })
}

/// The addresses the file system takes from its subnet: one per server.
pub fn addresses_needed(wish: &FileSystemWish) -> Option<u64> {
    servers(wish).map(|it| it.object.saturating_add(it.metadata))
}

#[cfg(test)]
mod tests;
