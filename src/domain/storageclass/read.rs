//! From the strings of a class back to a wish.

use std::collections::BTreeMap;
use std::str::FromStr;

use serde::{Deserialize, Serialize};

use crate::domain::lustre::{Compression, DeploymentType, FileSystemWish, Illegal, Metadata, StorageType};
use crate::domain::spelling::{UnknownName, nearest_name};
use crate::domain::versions;

/// What the driver would ask FSx for with these parameters and a claim of `capacity_gib`.
///
/// A start time for backups that are off is left out, as the driver does.
/// What is missing is what FSx assumes: `SCRATCH_1`, SSD, no compression, and the version of that type.
/// Unknown keys are ignored as the driver ignores them; see [`super::unknown_keys`].
///
/// # Errors
/// Every value that the driver or FSx cannot read, named by its parameter key.
pub fn wish_from(
    parameters: &BTreeMap<String, String>,
    capacity_gib: u64,
) -> Result<FileSystemWish, Vec<Illegal>> {
    let mut reader = Reader { parameters, problems: Vec::new() };
    let deployment_type = reader.name("deploymentType").unwrap_or(DeploymentType::Scratch1);
    let metadata = reader.metadata();
    let version = reader.name("fileSystemTypeVersion");
    let backup_days = reader.number("automaticBackupRetentionDays");
    let has_backups = backup_days.is_some_and(|it| it > 0);
    let wish = FileSystemWish {
        deployment_type,
        storage_type: reader.name("storageType").unwrap_or(StorageType::Ssd),
        capacity_gib,
        throughput: reader.number("perUnitStorageThroughput"),
        version: version.unwrap_or_else(|| versions::default_of(deployment_type, metadata.is_some())),
        compression: reader.name("dataCompressionType").unwrap_or(Compression::None),
        metadata,
        efa: reader.flag("efaEnabled"),
        drive_cache: reader.name("driveCacheType"),
        backup_days,
        backup_start: reader.text("dailyAutomaticBackupStartTime").filter(|_| has_backups),
        copy_tags_to_backups: reader.flag("copyTagsToBackups"),
        maintenance: reader.text("weeklyMaintenanceStartTime"),
        kms_key: reader.text("kmsKeyId"),
        s3_import: reader.text("s3ImportPath"),
        s3_export: reader.text("s3ExportPath"),
        auto_import: reader.name("autoImportPolicy"),
        tiering: None,
    };
    if reader.problems.is_empty() { Ok(wish) } else { Err(reader.problems) }
}

/// Where a class puts its file systems and how it tags them.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Placement {
    /// The one subnet.
    pub subnet: String,
    /// The security groups, as the driver splits them.
    pub security_groups: Vec<String>,
    /// The tags, ownership included.
    pub extra_tags: BTreeMap<String, String>,
}

/// The placement as the driver reads it.
///
/// # Errors
/// Everything that would make the driver or FSx refuse: no subnet, several subnets, no group, blanks between
/// groups (the driver does not trim), tags without exactly one `=`.
pub fn placement_from(parameters: &BTreeMap<String, String>) -> Result<Placement, Vec<Illegal>> {
    let text = |key| parameters.get(key).map(String::as_str).unwrap_or_default();
    let mut problems = Vec::new();
    let subnet = text("subnetId");
    if subnet.is_empty() {
        problems.push(Illegal::new("subnetId", "", "the driver refuses a class without a subnet"));
    } else if subnet.contains(',') {
        let first = subnet.split(',').next().unwrap_or_default();
        let reason = "a file system has one subnet, and the driver sends the whole text as one id";
        problems.push(Illegal::new("subnetId", subnet, reason).nearest(first.trim()));
    }
    let groups = text("securityGroupIds");
    if groups.is_empty() {
        let reason = "the driver sends one empty id instead of leaving the groups out";
        problems.push(Illegal::new("securityGroupIds", "", reason));
    } else if groups.contains(char::is_whitespace) {
        let closed: String = groups.split_whitespace().collect();
        let reason = "the driver splits at commas and keeps the blanks";
        problems.push(Illegal::new("securityGroupIds", groups, reason).nearest(closed));
    }
    let mut extra_tags = BTreeMap::new();
    for item in text("extraTags").split(',').filter(|_| !text("extraTags").is_empty()) {
        match item.split_once('=').filter(|(_, value)| !value.contains('=')) {
            Some((key, value)) => drop(extra_tags.insert(key.to_owned(), value.to_owned())),
            None => problems.push(Illegal::new("extraTags", item, "a tag has exactly one `=`")),
        }
    }
    let security_groups = groups.split(',').map(str::to_owned).collect();
    if problems.is_empty() {
        Ok(Placement { subnet: subnet.to_owned(), security_groups, extra_tags })
    } else {
        Err(problems)
    }
}

struct Reader<'a> {
    parameters: &'a BTreeMap<String, String>,
    problems: Vec<Illegal>,
}

impl Reader<'_> {
    /// The driver treats an empty string as absent.
    fn text(&self, key: &'static str) -> Option<String> {
        self.parameters.get(key).filter(|it| !it.is_empty()).cloned()
    }

    fn name<T: FromStr<Err = UnknownName>>(&mut self, key: &'static str) -> Option<T> {
        let text = self.text(key)?;
        let read: Result<T, _> = text.parse();
        if let Err(error) = &read {
            let reason = format!("legal are {}", error.legal.join(", "));
            let mut illegal = Illegal::new(key, text, reason);
            illegal.nearest = error.nearest.map(str::to_owned);
            self.problems.push(illegal);
        }
        read.ok()
    }

    fn number(&mut self, key: &'static str) -> Option<u32> {
        let text = self.text(key)?;
        let read = text.parse().ok();
        if read.is_none() {
            self.problems.push(Illegal::new(key, text, format!("{key} must be a number")));
        }
        read
    }

    fn flag(&mut self, key: &'static str) -> bool {
        let Some(text) = self.text(key) else { return false };
        read_bool(&text).unwrap_or_else(|| {
            self.problems.push(Illegal::new(key, text, format!("{key} must be a bool")).nearest("true"));
            false
        })
    }

    /// The mode decides; the driver ignores `metadataIops` without one.
    fn metadata(&mut self) -> Option<Metadata> {
        let mode = self.text("metadataConfigurationMode")?;
        let iops = self.number("metadataIops");
        match (mode.as_str(), iops) {
            ("AUTOMATIC", None) => Some(Metadata::Automatic),
            ("USER_PROVISIONED", Some(iops)) => Some(Metadata::Provisioned(iops)),
            ("AUTOMATIC", Some(iops)) => {
                let reason = "FSx refuses metadataIops in AUTOMATIC mode";
                self.problems
                    .push(Illegal::new("metadataIops", iops, reason).instead("choose USER_PROVISIONED"));
                None
            }
            ("USER_PROVISIONED", None) => {
                let reason = "USER_PROVISIONED needs metadataIops";
                self.problems.push(Illegal::new("metadataIops", "", reason));
                None
            }
            _ => {
                let legal = ["AUTOMATIC", "USER_PROVISIONED"];
                let nearest = nearest_name(&mode, &legal).map(str::to_owned);
                let mut illegal =
                    Illegal::new("metadataConfigurationMode", mode, "legal are AUTOMATIC, USER_PROVISIONED");
                illegal.nearest = nearest;
                self.problems.push(illegal);
                None
            }
        }
    }
}

/// The spellings of Go's `strconv.ParseBool`, which the driver uses.
pub(super) fn read_bool(text: &str) -> Option<bool> {
    match text {
        "1" | "t" | "T" | "true" | "TRUE" | "True" => Some(true),
        "0" | "f" | "F" | "false" | "FALSE" | "False" => Some(false),
        _ => None,
    }
}
