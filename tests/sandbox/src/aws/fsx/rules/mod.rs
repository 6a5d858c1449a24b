//! Which `CreateFileSystem` inputs for Lustre are legal, without looking at a network or an account.
//!
//! Written from the published facts alone: `fsxctl` has its own rules, and its tests compare the two.
//! Error names are FSx's; texts are verbatim where public reports quote them, else UNCONFIRMED wording.

use serde_json::Value;

use crate::aws::ec2::value::{flag, given, text};
use crate::call::AwsError;

pub(super) mod extras;
pub mod sizes;

/// What a request asks for, with the API's defaults for what it leaves out.
#[derive(Debug, Clone, Copy)]
pub struct Wanted<'a> {
    /// The whole input.
    pub input: &'a Value,
    /// `LustreConfiguration`.
    pub lustre: &'a Value,
}

impl<'a> Wanted<'a> {
    /// Reads an input; `LustreConfiguration` may be absent.
    pub fn of(input: &'a Value) -> Self {
        static NONE: Value = Value::Null;
        Self { input, lustre: input.get("LustreConfiguration").unwrap_or(&NONE) }
    }

    /// `DeploymentType`, by default `SCRATCH_1`.
    pub fn deployment(self) -> &'a str {
        or(text(self.lustre, "DeploymentType"), "SCRATCH_1")
    }

    /// `StorageType`, by default `SSD`.
    pub fn storage(self) -> &'a str {
        or(text(self.input, "StorageType"), "SSD")
    }

    /// Whether `StorageType` is `INTELLIGENT_TIERING`.
    pub fn tiering(self) -> bool {
        self.storage() == "INTELLIGENT_TIERING"
    }

    /// Whether the type is one of the persistent ones.
    pub fn persistent(self) -> bool {
        self.deployment().starts_with("PERSISTENT")
    }

    /// Whether a `MetadataConfiguration` is asked for.
    pub fn metadata(self) -> bool {
        given(self.lustre, "MetadataConfiguration")
    }

    /// `EfaEnabled`.
    pub fn efa(self) -> bool {
        flag(self.lustre, "EfaEnabled")
    }

    /// `ImportPath` given: the legacy S3 link.
    pub fn linked(self) -> bool {
        given(self.lustre, "ImportPath")
    }

    /// `StorageCapacity` in GiB.
    pub fn capacity(self) -> Option<i64> {
        self.input.get("StorageCapacity").and_then(Value::as_i64)
    }

    /// An integer of `LustreConfiguration`.
    pub fn number(self, member: &str) -> Option<i64> {
        self.lustre.get(member).and_then(Value::as_i64)
    }

    /// The version that the file system gets: the one asked for, else the default of its type.
    pub fn version(self) -> &'a str {
        let default = match (self.deployment(), self.metadata()) {
            ("PERSISTENT_2", true) => "2.15",
            ("PERSISTENT_2", false) => "2.12",
            _ => "2.10",
        };
        or(text(self.input, "FileSystemTypeVersion"), default)
    }
}

fn or<'a>(text: &'a str, default: &'a str) -> &'a str {
    if text.is_empty() { default } else { text }
}

/// A refusal by `BadRequest`.
pub fn bad(message: impl Into<String>) -> AwsError {
    AwsError::new("BadRequest", message)
}

/// Whether FSx would take a `CreateFileSystem` input, network and quotas aside.
///
/// # Errors
/// `MissingFileSystemConfiguration`, `InvalidPerUnitStorageThroughput`, `InvalidImportPath`,
/// `InvalidExportPath`, `InvalidNetworkSettings` for more than one subnet, `BadRequest` for the rest.
pub fn legal(configuration: &Value) -> Result<(), AwsError> {
    let kind = text(configuration, "FileSystemType");
    if !kind.is_empty() && kind != "LUSTRE" {
        return Err(bad(format!("The sandbox makes file systems of type LUSTRE only, not {kind}")));
    }
    if !given(configuration, "LustreConfiguration") {
        let message = "A Lustre configuration is required for a file system of type LUSTRE";
        return Err(AwsError::new("MissingFileSystemConfiguration", message));
    }
    let wanted = Wanted::of(configuration);
    known_values(wanted)?;
    sizes::throughput(wanted)?;
    sizes::capacity(wanted)?;
    drive_cache(wanted)?;
    tiering(wanted)?;
    metadata(wanted)?;
    version(wanted)?;
    efa(wanted)?;
    extras::check(wanted)
}

fn known_values(wanted: Wanted<'_>) -> Result<(), AwsError> {
    let one_of = |name: &str, value: &str, legal: &[&str]| {
        let known = legal.contains(&value);
        if known {
            Ok(())
        } else {
            Err(bad(format!("Invalid {name}: {value}. Must be one of {}", legal.join(", "))))
        }
    };
    let (deployment, storage) = (wanted.deployment(), wanted.storage());
    one_of("DeploymentType", deployment, &["SCRATCH_1", "SCRATCH_2", "PERSISTENT_1", "PERSISTENT_2"])?;
    one_of("StorageType", storage, &["SSD", "HDD", "INTELLIGENT_TIERING"])?;
    one_of("FileSystemTypeVersion", wanted.version(), &["2.10", "2.12", "2.15"])?;
    let compression = text(wanted.lustre, "DataCompressionType");
    one_of("DataCompressionType", or(compression, "NONE"), &["NONE", "LZ4"])?;
    let legal = match storage {
        "HDD" => deployment == "PERSISTENT_1",
        "INTELLIGENT_TIERING" => deployment == "PERSISTENT_2",
        _ => true,
    };
    if legal {
        Ok(())
    } else {
        Err(bad(format!("StorageType {storage} is not supported for deployment type {deployment}")))
    }
}

fn drive_cache(wanted: Wanted<'_>) -> Result<(), AwsError> {
    let cache = text(wanted.lustre, "DriveCacheType");
    match (wanted.storage(), cache) {
        ("HDD", "NONE" | "READ") | ("SSD" | "INTELLIGENT_TIERING", "") => Ok(()),
        ("HDD", "") => Err(bad("DriveCacheType is required when StorageType is HDD")),
        ("HDD", other) => Err(bad(format!("Invalid DriveCacheType: {other}. Must be one of NONE, READ"))),
        // That it is refused (not ignored) without HDD is UNCONFIRMED.
        (storage, _) => Err(bad(format!("DriveCacheType cannot be set when StorageType is {storage}"))),
    }
}

fn tiering(wanted: Wanted<'_>) -> Result<(), AwsError> {
    let cache = wanted.lustre.get("DataReadCacheConfiguration").filter(|value| !value.is_null());
    let throughput = wanted.number("ThroughputCapacity");
    if !wanted.tiering() {
        return match (throughput, cache) {
            (None, None) => Ok(()),
            (Some(_), _) => {
                Err(bad("ThroughputCapacity is only supported with StorageType INTELLIGENT_TIERING"))
            }
            (None, Some(_)) => {
                Err(bad("DataReadCacheConfiguration is only supported with StorageType INTELLIGENT_TIERING"))
            }
        };
    }
    let Some(throughput) = throughput else {
        return Err(bad("ThroughputCapacity is required when StorageType is INTELLIGENT_TIERING"));
    };
    if !(4000..=2_000_000).contains(&throughput) || throughput % 4000 != 0 {
        return Err(bad(format!(
            "Invalid ThroughputCapacity: {throughput}. Must be a multiple of 4000 up to 2000000"
        )));
    }
    let Some(cache) = cache else {
        return Err(bad("DataReadCacheConfiguration is required when StorageType is INTELLIGENT_TIERING"));
    };
    read_cache(cache, throughput)
}

/// The rules of an SSD read cache of an Intelligent-Tiering file system with `throughput` MBps.
///
/// # Errors
/// `BadRequest`.
pub fn read_cache(cache: &Value, throughput: i64) -> Result<(), AwsError> {
    let servers = throughput / 4000;
    let size = cache.get("SizeGiB").and_then(Value::as_i64);
    match (text(cache, "SizingMode"), size) {
        ("USER_PROVISIONED", Some(size)) if (32 * servers..=131_072 * servers).contains(&size) => Ok(()),
        ("USER_PROVISIONED", Some(size)) => {
            let (low, high) = (32 * servers, 131_072 * servers);
            Err(bad(format!("Invalid SizeGiB: {size}. Must be between {low} and {high}")))
        }
        ("USER_PROVISIONED", None) => Err(bad("SizeGiB is required when SizingMode is USER_PROVISIONED")),
        ("NO_CACHE" | "PROPORTIONAL_TO_THROUGHPUT_CAPACITY", None) => Ok(()),
        // That a size is refused (not ignored) in these modes is UNCONFIRMED.
        ("NO_CACHE" | "PROPORTIONAL_TO_THROUGHPUT_CAPACITY", Some(_)) => {
            Err(bad("SizeGiB can only be set when SizingMode is USER_PROVISIONED"))
        }
        (other, _) => Err(bad(format!("Invalid SizingMode: {other}"))),
    }
}

fn metadata(wanted: Wanted<'_>) -> Result<(), AwsError> {
    let Some(metadata) = wanted.lustre.get("MetadataConfiguration").filter(|value| !value.is_null()) else {
        return if wanted.tiering() {
            Err(bad("MetadataConfiguration is required when StorageType is INTELLIGENT_TIERING"))
        } else {
            Ok(())
        };
    };
    if wanted.deployment() != "PERSISTENT_2" {
        return Err(bad("MetadataConfiguration is only supported for deployment type PERSISTENT_2"));
    }
    metadata_iops(text(metadata, "Mode"), metadata.get("Iops").and_then(Value::as_i64), wanted.tiering())
}

/// The rules of a metadata mode and its IOPS.
///
/// # Errors
/// `BadRequest`.
pub fn metadata_iops(mode: &str, iops: Option<i64>, tiering: bool) -> Result<(), AwsError> {
    let legal = |iops: i64| match iops {
        6000 | 12_000 => true,
        1500 | 3000 => !tiering,
        other => !tiering && other > 0 && other <= 192_000 && other % 12_000 == 0,
    };
    match (mode, iops) {
        ("AUTOMATIC", _) if tiering => {
            Err(bad("Metadata mode AUTOMATIC is not supported when StorageType is INTELLIGENT_TIERING"))
        }
        ("AUTOMATIC", None) => Ok(()),
        ("AUTOMATIC", Some(_)) => Err(bad("Iops cannot be set when the metadata mode is AUTOMATIC")),
        ("USER_PROVISIONED", Some(iops)) if legal(iops) => Ok(()),
        ("USER_PROVISIONED", Some(iops)) => Err(bad(format!("Invalid metadata Iops: {iops}"))),
        ("USER_PROVISIONED", None) => Err(bad("Iops is required when the metadata mode is USER_PROVISIONED")),
        (other, _) => Err(bad(format!("Invalid metadata mode: {other}"))),
    }
}

fn version(wanted: Wanted<'_>) -> Result<(), AwsError> {
    let (version, deployment) = (wanted.version(), wanted.deployment());
    if deployment == "PERSISTENT_2" && version == "2.10" {
        return Err(bad("FileSystemTypeVersion 2.10 is not supported for deployment type PERSISTENT_2"));
    }
    if wanted.metadata() && version != "2.15" {
        return Err(bad(format!(
            "MetadataConfiguration is not supported with FileSystemTypeVersion {version}"
        )));
    }
    Ok(())
}

fn efa(wanted: Wanted<'_>) -> Result<(), AwsError> {
    if wanted.efa() && wanted.deployment() != "PERSISTENT_2" {
        return Err(bad("EfaEnabled is only supported for deployment type PERSISTENT_2"));
    }
    if wanted.efa() && !wanted.metadata() {
        return Err(bad("EfaEnabled requires a MetadataConfiguration"));
    }
    Ok(())
}

#[cfg(test)]
mod tests;
