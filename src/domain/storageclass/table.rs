//! The table of parameters.

use serde::Serialize;

/// How the driver reads a value.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Kind {
    /// As it is.
    Text,
    /// A whole number.
    Int,
    /// `true` or `false`.
    Bool,
    /// One of AWS's names.
    Enum,
    /// Items with commas between them and no blanks.
    List,
}

/// One parameter.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
pub struct Parameter {
    /// The key, exactly as the driver reads it.
    pub key: &'static str,
    /// How the value is read.
    pub kind: Kind,
    /// What it decides.
    pub meaning: &'static str,
    /// Its unit or its shape; empty if it has none.
    pub unit: &'static str,
    /// What FSx does without it; empty where there is no default or it depends on the type.
    pub default: &'static str,
    /// Where it ends up in the FSx API.
    pub source: &'static str,
}

const fn parameter_of(key: &'static str, kind: Kind, words: [&'static str; 4]) -> Parameter {
    let [meaning, unit, default, source] = words;
    Parameter { key, kind, meaning, unit, default, source }
}

/// Every key that driver v1.9.0 reads, in the order of its documentation.
pub const PARAMETERS: [Parameter; 20] = [
    parameter_of(
        "subnetId",
        Kind::Text,
        ["The one subnet of the file system; required", "subnet-…", "", "SubnetIds"],
    ),
    parameter_of(
        "securityGroupIds",
        Kind::List,
        ["Security groups of the file system; in effect required", "sg-…,sg-…", "", "SecurityGroupIds"],
    ),
    parameter_of(
        "deploymentType",
        Kind::Enum,
        ["Generation of the file system", "", "SCRATCH_1", "LustreConfiguration.DeploymentType"],
    ),
    parameter_of("storageType", Kind::Enum, ["What the data lies on", "", "SSD", "StorageType"]),
    parameter_of(
        "perUnitStorageThroughput",
        Kind::Int,
        [
            "Throughput; required for persistent types, refused for Scratch",
            "MB/s per TiB",
            "",
            "LustreConfiguration.PerUnitStorageThroughput",
        ],
    ),
    parameter_of(
        "fileSystemTypeVersion",
        Kind::Enum,
        [
            "Lustre version; always state it, the default of most types is 2.10",
            "",
            "",
            "FileSystemTypeVersion",
        ],
    ),
    parameter_of(
        "dataCompressionType",
        Kind::Enum,
        ["Compression at rest", "", "NONE", "LustreConfiguration.DataCompressionType"],
    ),
    parameter_of(
        "kmsKeyId",
        Kind::Text,
        ["Customer key, persistent types only", "key id or ARN", "", "KmsKeyId"],
    ),
    parameter_of(
        "driveCacheType",
        Kind::Enum,
        ["SSD cache in front of HDD; required there", "", "", "LustreConfiguration.DriveCacheType"],
    ),
    parameter_of(
        "automaticBackupRetentionDays",
        Kind::Int,
        [
            "How long automatic backups are kept; 0 is off and is not sent",
            "days, 0 to 90",
            "0",
            "LustreConfiguration.AutomaticBackupRetentionDays",
        ],
    ),
    parameter_of(
        "dailyAutomaticBackupStartTime",
        Kind::Text,
        [
            "When backups begin; not sent when backups are off",
            "HH:MM, UTC",
            "",
            "LustreConfiguration.DailyAutomaticBackupStartTime",
        ],
    ),
    parameter_of(
        "copyTagsToBackups",
        Kind::Bool,
        ["Whether backups carry the tags", "", "false", "LustreConfiguration.CopyTagsToBackups"],
    ),
    parameter_of(
        "weeklyMaintenanceStartTime",
        Kind::Text,
        [
            "When maintenance begins; day 1 is Monday",
            "d:HH:MM, UTC",
            "",
            "LustreConfiguration.WeeklyMaintenanceStartTime",
        ],
    ),
    parameter_of(
        "metadataConfigurationMode",
        Kind::Enum,
        [
            "Metadata IOPS by size or by number, PERSISTENT_2 only; cannot be added later",
            "",
            "",
            "LustreConfiguration.MetadataConfiguration.Mode",
        ],
    ),
    parameter_of(
        "metadataIops",
        Kind::Int,
        [
            "Metadata IOPS in USER_PROVISIONED mode; ignored without a mode",
            "IOPS",
            "",
            "LustreConfiguration.MetadataConfiguration.Iops",
        ],
    ),
    parameter_of(
        "efaEnabled",
        Kind::Bool,
        [
            "Elastic Fabric Adapter, PERSISTENT_2 with a metadata mode",
            "",
            "false",
            "LustreConfiguration.EfaEnabled",
        ],
    ),
    parameter_of(
        "autoImportPolicy",
        Kind::Enum,
        [
            "What a legacy S3 link imports by itself; needs s3ImportPath",
            "",
            "NONE",
            "LustreConfiguration.AutoImportPolicy",
        ],
    ),
    parameter_of(
        "s3ImportPath",
        Kind::Text,
        [
            "Legacy S3 link, not for PERSISTENT_2 and no data repository association",
            "s3://bucket/prefix",
            "",
            "LustreConfiguration.ImportPath",
        ],
    ),
    parameter_of(
        "s3ExportPath",
        Kind::Text,
        [
            "Where a legacy S3 link exports to; in the bucket of s3ImportPath",
            "s3://bucket/prefix",
            "",
            "LustreConfiguration.ExportPath",
        ],
    ),
    parameter_of("extraTags", Kind::List, ["Tags of the file system", "key=value,key=value", "", "Tags"]),
];

/// The parameter with this key.
pub fn parameter(key: &str) -> Option<&'static Parameter> {
    PARAMETERS.iter().find(|it| it.key == key)
}
