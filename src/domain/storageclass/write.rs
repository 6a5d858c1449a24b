//! From a wish to the strings the driver reads.

use std::collections::BTreeMap;

use crate::domain::lustre::{FileSystemWish, Illegal, Metadata, StorageType};
use crate::domain::names::check_tag;

/// The parameters of a class for this wish.
///
/// What the driver would not send anyway is left out: `false`, absent values, SSD as storage type.
/// Backups of 0 days are written, as the guides write them. The size is the claim's.
///
/// # Errors
/// Tags that the driver's `key=value,key=value` cannot carry.
pub fn parameters(
    wish: &FileSystemWish,
    subnet: &str,
    security_groups: &[String],
    extra_tags: &BTreeMap<String, String>,
) -> Result<BTreeMap<String, String>, Vec<Illegal>> {
    let problems = check_extra_tags(extra_tags);
    if !problems.is_empty() {
        return Err(problems);
    }
    let text = |value: &Option<String>| value.clone();
    let tags: Vec<String> = extra_tags.iter().map(|(key, value)| format!("{key}={value}")).collect();
    let rows = [
        ("subnetId", Some(subnet.to_owned())),
        ("securityGroupIds", Some(security_groups.join(","))),
        ("deploymentType", Some(wish.deployment_type.to_string())),
        (
            "storageType",
            Some(wish.storage_type).filter(|it| *it != StorageType::Ssd).map(|it| it.to_string()),
        ),
        ("perUnitStorageThroughput", wish.throughput.map(|it| it.to_string())),
        ("fileSystemTypeVersion", Some(wish.version.to_string())),
        ("dataCompressionType", Some(wish.compression.to_string())),
        ("kmsKeyId", text(&wish.kms_key)),
        ("driveCacheType", wish.drive_cache.map(|it| it.to_string())),
        ("automaticBackupRetentionDays", wish.backup_days.map(|it| it.to_string())),
        ("dailyAutomaticBackupStartTime", text(&wish.backup_start)),
        ("copyTagsToBackups", wish.copy_tags_to_backups.then(|| "true".to_owned())),
        ("weeklyMaintenanceStartTime", text(&wish.maintenance)),
        ("metadataConfigurationMode", wish.metadata.map(|it| it.as_str().to_owned())),
        ("metadataIops", wish.metadata.and_then(Metadata::iops).map(|it| it.to_string())),
        ("efaEnabled", wish.efa.then(|| "true".to_owned())),
        ("autoImportPolicy", wish.auto_import.map(|it| it.to_string())),
        ("s3ImportPath", text(&wish.s3_import)),
        ("s3ExportPath", text(&wish.s3_export)),
        ("extraTags", Some(tags.join(",")).filter(|it| !it.is_empty())),
    ];
    Ok(rows.into_iter().filter_map(|(key, value)| Some((key.to_owned(), value?))).collect())
}

/// The tags that cannot travel as `key=value,key=value`: the driver splits at every `,` and wants exactly one `=`.
pub fn check_extra_tags(tags: &BTreeMap<String, String>) -> Vec<Illegal> {
    let mut found = Vec::new();
    for (key, value) in tags {
        let shown = format!("{key}={value}");
        if [key, value].iter().any(|it| it.contains(['=', ','])) {
            let reason = "the driver splits tags at `,` and `=`, so neither may be in a key or a value";
            found.push(
                Illegal::new("extra-tag", shown, reason).instead("tag the file system after it is made"),
            );
        } else if let Err(error) = check_tag(key, value) {
            found.push(Illegal::new(
                "extra-tag",
                shown,
                format!("the {} is wrong: {}", error.what, error.reason),
            ));
        }
    }
    found
}
