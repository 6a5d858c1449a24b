//! What an FSx for Lustre file system may be.
//!
//! Source of every rule: the [CreateFileSystem] reference and the pages it links, as of 2026.
//! Throughput is in MB/s per TiB of storage, sizes are in GiB.
//!
//! [CreateFileSystem]: https://docs.aws.amazon.com/fsx/latest/APIReference/API_CreateFileSystem.html

mod check;

use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Serialize};

use super::spelling::{UnknownName, spelled};
pub(crate) use check::bucket_of;
pub use check::{check, check_driver, check_dynamic, legal_throughputs};

spelled! {
    /// The four generations of FSx for Lustre.
    DeploymentType, "deployment type", {
        /// Short-lived data, first generation: no growth, no data repository association, always mounted as `fsx`.
        Scratch1 = "SCRATCH_1",
        /// Short-lived data: no replication, no backups.
        Scratch2 = "SCRATCH_2",
        /// Long-lived data, first generation; the only one that takes HDD.
        Persistent1 = "PERSISTENT_1",
        /// Long-lived data; metadata IOPS, EFA, Intelligent-Tiering, data repository associations.
        Persistent2 = "PERSISTENT_2",
    }
}

impl DeploymentType {
    /// Whether FSx replicates the data; backups and customer keys exist only then.
    pub const fn is_persistent(self) -> bool {
        matches!(self, Self::Persistent1 | Self::Persistent2)
    }
}

spelled! {
    /// What the data lies on.
    StorageType, "storage type", {
        /// Solid state; every deployment type takes it.
        Ssd = "SSD",
        /// Spinning disks; `PERSISTENT_1` only.
        Hdd = "HDD",
        /// Elastic storage with an SSD read cache; `PERSISTENT_2` only, never by the CSI driver.
        IntelligentTiering = "INTELLIGENT_TIERING",
    }
}

spelled! {
    /// Compression of data at rest; every deployment type takes both.
    Compression, "compression", {
        /// Stored as written.
        None = "NONE",
        /// LZ4.
        Lz4 = "LZ4",
    }
}

spelled! {
    /// The Lustre server version.
    LustreVersion, "Lustre version", {
        /// What FSx gives to Scratch and `PERSISTENT_1` when nothing is sent. A 2.15 client cannot mount it.
        V2_10 = "2.10",
        /// What `PERSISTENT_2` without a metadata configuration gets when nothing is sent.
        V2_12 = "2.12",
        /// Mountable from every current operating system.
        V2_15 = "2.15",
    }
}

spelled! {
    /// The SSD cache in front of HDD storage.
    DriveCache, "drive cache", {
        /// No cache.
        None = "NONE",
        /// A read cache of 20 % of the capacity.
        Read = "READ",
    }
}

spelled! {
    /// What a legacy S3 link imports by itself.
    AutoImport, "auto-import policy", {
        /// Nothing.
        None = "NONE",
        /// New objects.
        New = "NEW",
        /// New and changed objects.
        NewChanged = "NEW_CHANGED",
        /// New, changed and deleted objects.
        NewChangedDeleted = "NEW_CHANGED_DELETED",
    }
}

/// The metadata configuration of a `PERSISTENT_2` file system. It can never be added later.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub enum Metadata {
    /// FSx derives the IOPS from the capacity. Not for Intelligent-Tiering.
    #[serde(rename = "AUTOMATIC")]
    Automatic,
    /// So many metadata IOPS, from the ladder of [`super::metadata`].
    #[serde(rename = "USER_PROVISIONED")]
    Provisioned(u32),
}

impl Metadata {
    /// AWS's spelling of the mode.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Automatic => "AUTOMATIC",
            Self::Provisioned(_) => "USER_PROVISIONED",
        }
    }

    /// The IOPS to send: none in automatic mode, where FSx refuses them.
    pub const fn iops(self) -> Option<u32> {
        match self {
            Self::Automatic => None,
            Self::Provisioned(iops) => Some(iops),
        }
    }
}

impl FromStr for Metadata {
    type Err = UnknownName;

    /// `auto`, `AUTOMATIC` or a number of IOPS, as `--metadata-iops` takes it.
    fn from_str(text: &str) -> Result<Self, UnknownName> {
        if text == "auto" || text == "AUTOMATIC" {
            return Ok(Self::Automatic);
        }
        let legal = vec!["auto", "1500", "3000", "6000", "12000", "a multiple of 12000 up to 192000"];
        text.parse().map(Self::Provisioned).map_err(|_| UnknownName::new("metadata IOPS value", text, legal))
    }
}

impl fmt::Display for Metadata {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Automatic => out.write_str("auto"),
            Self::Provisioned(iops) => write!(out, "{iops}"),
        }
    }
}

/// What Intelligent-Tiering takes instead of a size and a throughput per TiB.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct Tiering {
    /// Throughput of the whole file system in MB/s: a multiple of 4000 up to 2000000.
    pub throughput_mbps: u32,
    /// The SSD read cache.
    pub cache: ReadCache,
}

/// The SSD read cache of an Intelligent-Tiering file system.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub enum ReadCache {
    /// None.
    #[serde(rename = "NO_CACHE")]
    None,
    /// So many GiB: 32 to 131072 for each 4000 MB/s.
    #[serde(rename = "USER_PROVISIONED")]
    Provisioned(u64),
    /// 20000 GiB for each 4000 MB/s.
    #[serde(rename = "PROPORTIONAL_TO_THROUGHPUT_CAPACITY")]
    Proportional,
}

impl ReadCache {
    /// AWS's spelling of the sizing mode.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::None => "NO_CACHE",
            Self::Provisioned(_) => "USER_PROVISIONED",
            Self::Proportional => "PROPORTIONAL_TO_THROUGHPUT_CAPACITY",
        }
    }
}

/// A file system as someone wants it, before anyone asked whether FSx takes it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct FileSystemWish {
    /// Generation.
    pub deployment_type: DeploymentType,
    /// Medium.
    pub storage_type: StorageType,
    /// Size in GiB. Not sent for Intelligent-Tiering, which is elastic.
    pub capacity_gib: u64,
    /// MB/s per TiB of storage; required for persistent SSD and HDD, not accepted elsewhere.
    pub throughput: Option<u32>,
    /// Lustre version; always sent, because FSx's defaults differ by type.
    pub version: LustreVersion,
    /// Compression.
    pub compression: Compression,
    /// Metadata configuration; `PERSISTENT_2` only.
    pub metadata: Option<Metadata>,
    /// Elastic Fabric Adapter; `PERSISTENT_2` only, cannot be changed later.
    pub efa: bool,
    /// Required for HDD.
    pub drive_cache: Option<DriveCache>,
    /// Days that automatic backups are kept, 0 to 90; 0 is off.
    pub backup_days: Option<u32>,
    /// `HH:MM`, UTC.
    pub backup_start: Option<String>,
    /// Whether backups carry the file system's tags.
    pub copy_tags_to_backups: bool,
    /// Weekly maintenance, `d:HH:MM`, UTC, 1 is Monday.
    pub maintenance: Option<String>,
    /// Customer key; persistent types only.
    pub kms_key: Option<String>,
    /// Legacy S3 link: where from. Not for `PERSISTENT_2`.
    pub s3_import: Option<String>,
    /// Legacy S3 link: where to; in the bucket of `s3_import`.
    pub s3_export: Option<String>,
    /// Legacy S3 link: what is imported by itself.
    pub auto_import: Option<AutoImport>,
    /// Intelligent-Tiering only, and required there.
    pub tiering: Option<Tiering>,
}

impl Default for FileSystemWish {
    fn default() -> Self {
        Self::defaults(DeploymentType::Persistent2, StorageType::Ssd, false)
    }
}

impl FileSystemWish {
    /// fsxctl's defaults for a type: 250 MB/s per TiB on `PERSISTENT_2` SSD, LZ4, 2.15, 1200 GiB, backups off.
    ///
    /// What the type does not take is left out: throughput elsewhere than on `PERSISTENT_2` SSD, backup
    /// settings on Scratch and on S3-linked file systems. HDD gets no drive cache.
    pub const fn defaults(deployment_type: DeploymentType, storage_type: StorageType, s3: bool) -> Self {
        let newest_ssd =
            matches!((deployment_type, storage_type), (DeploymentType::Persistent2, StorageType::Ssd));
        let has_backups = deployment_type.is_persistent() && !s3;
        Self {
            deployment_type,
            storage_type,
            capacity_gib: 1200,
            throughput: if newest_ssd { Some(250) } else { None },
            version: LustreVersion::V2_15,
            compression: Compression::Lz4,
            metadata: None,
            efa: false,
            drive_cache: if matches!(storage_type, StorageType::Hdd) { Some(DriveCache::None) } else { None },
            backup_days: if has_backups { Some(0) } else { None },
            backup_start: None,
            copy_tags_to_backups: has_backups,
            maintenance: None,
            kms_key: None,
            s3_import: None,
            s3_export: None,
            auto_import: None,
            tiering: None,
        }
    }

    /// Whether the wish has a legacy S3 link.
    pub const fn is_linked_to_s3(&self) -> bool {
        self.s3_import.is_some()
    }
}

/// One thing FSx (or the driver) would refuse.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Illegal {
    /// A stable name, such as `throughput`, `size`, `metadata-iops`, `storage-type` or `s3-import`.
    pub field: &'static str,
    /// The value that was asked for; empty when something required is missing.
    pub value: String,
    /// Why it cannot be, as a sentence fragment.
    pub reason: String,
    /// The nearest legal value, such as `250` or `2400Gi`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub nearest: Option<String>,
    /// What to do instead, where another value is not the answer.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub instead: Option<String>,
}

impl Illegal {
    /// A refusal without an alternative.
    pub fn new(field: &'static str, value: impl fmt::Display, reason: impl Into<String>) -> Self {
        Self { field, value: value.to_string(), reason: reason.into(), nearest: None, instead: None }
    }

    /// With the nearest legal value.
    #[must_use]
    pub fn nearest(mut self, value: impl fmt::Display) -> Self {
        self.nearest = Some(value.to_string());
        self
    }

    /// With what to do instead.
    #[must_use]
    pub fn instead(mut self, advice: impl Into<String>) -> Self {
        self.instead = Some(advice.into());
        self
    }
}

impl fmt::Display for Illegal {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.write_str(self.field)?;
        if !self.value.is_empty() {
            write!(out, " {}", self.value)?;
        }
        write!(out, ": {}", self.reason)?;
        if let Some(nearest) = &self.nearest {
            write!(out, "; nearest legal value: {nearest}")?;
        }
        if let Some(instead) = &self.instead {
            write!(out, "; {instead}")?;
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests;
