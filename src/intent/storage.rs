//! The storage that is wished for: StorageClass, claim, and the file system that the driver will make of them.

use std::collections::{BTreeMap, BTreeSet};
use std::path::PathBuf;
use std::str::FromStr;

use super::parse::nearest;
use super::settings::{Asked, Source, pair};
use crate::cli::{NetworkArgs, StorageArgs};
use crate::domain::lustre::{self, DeploymentType, FileSystemWish, Illegal, Metadata, StorageType};
use crate::domain::{names, ownership, quantity, sizing, storageclass};
use crate::error::{Error, Result};

/// The wish for class and claim.
#[derive(Debug, Clone, PartialEq)]
pub struct StorageWish {
    /// The StorageClass's name.
    pub class: Asked<String>,
    /// The file system, legal and complete.
    pub file_system: FileSystemWish,
    /// Parameters of the class that were asked for (a flag or `--param`); only these are compared with what is there.
    pub asked: BTreeSet<String>,
    /// Mount options.
    pub mount_options: Asked<Vec<String>>,
    /// `Retain` or `Delete`.
    pub reclaim: Asked<String>,
    /// The claim's name.
    pub claim: Asked<String>,
    /// The claim's namespace; none: the kube context's, else `default`.
    pub namespace: Option<Asked<String>>,
    /// Whether a missing namespace is made.
    pub create_namespace: bool,
    /// The claim's size in GiB.
    pub size: Asked<u64>,
    /// Tags of the file system beyond ownership.
    pub extra_tags: BTreeMap<String, String>,
    /// Where manifests are written as well.
    pub output_dir: Option<PathBuf>,
}

/// Values by StorageClass parameter, however they were typed.
struct Typed(BTreeMap<&'static str, Asked<String>>);

impl Typed {
    fn get(&self, key: &str) -> Option<&Asked<String>> {
        self.0.get(key)
    }

    fn parse<T>(&self, key: &str) -> Result<Option<T>>
    where
        T: FromStr,
        T::Err: std::fmt::Display,
    {
        let parsed = self
            .get(key)
            .cloned()
            .map(|asked| asked.parse(|text| text.trim().parse::<T>().map_err(|e| e.to_string())));
        Ok(parsed.transpose()?.map(|asked| asked.value))
    }
}

/// Flags that are StorageClass parameters.
fn flags(args: &StorageArgs, network: &NetworkArgs) -> Vec<(&'static str, &'static str, Option<String>)> {
    vec![
        ("deploymentType", "deployment-type", args.deployment_type.clone()),
        ("storageType", "storage-type", args.storage_type.clone()),
        ("perUnitStorageThroughput", "throughput", args.throughput.clone()),
        ("dataCompressionType", "compression", args.compression.clone()),
        ("fileSystemTypeVersion", "lustre-version", args.lustre_version.clone()),
        ("metadataIops", "metadata-iops", args.metadata_iops.clone()),
        ("kmsKeyId", "kms-key", args.kms_key.clone()),
        ("s3ImportPath", "s3-import", args.s3_import.clone()),
        ("s3ExportPath", "s3-export", args.s3_export.clone()),
        ("autoImportPolicy", "auto-import", args.auto_import.clone()),
        ("automaticBackupRetentionDays", "backup-days", args.backup_days.clone()),
        ("weeklyMaintenanceStartTime", "maintenance", args.maintenance.clone()),
        ("efaEnabled", "efa", network.efa.then(|| "true".to_owned())),
    ]
}

/// Parameters that have a better home than `--param`.
const ELSEWHERE: [(&str, &str); 3] =
    [("subnetId", "--subnet"), ("securityGroupIds", "--security-group"), ("extraTags", "--extra-tag")];

fn typed(args: &StorageArgs, network: &NetworkArgs) -> Result<Typed> {
    let mut values: BTreeMap<&'static str, Asked<String>> = BTreeMap::new();
    for (key, flag, value) in flags(args, network) {
        if let Some(value) = value {
            values.insert(key, Asked { value, from: Source::Flag(flag) });
        }
    }
    for text in &args.param {
        let (key, value) = pair(text).map_err(|e| Error::usage(format!("--param: {e}")))?;
        let key = parameter(&key)?;
        if let Some(earlier) = values.insert(key, Asked { value, from: Source::Flag("param") }) {
            return Err(Error::usage(format!("{key} is given twice: by {} and by --param", earlier.from)));
        }
    }
    Ok(Typed(values))
}

/// The driver's own spelling of a parameter, or why it cannot be given.
fn parameter(key: &str) -> Result<&'static str> {
    if let Some((_, flag)) = ELSEWHERE.iter().find(|(name, _)| *name == key) {
        return Err(Error::usage(format!("--param {key}: use {flag}")));
    }
    let keys: Vec<&'static str> = storageclass::PARAMETERS.iter().map(|parameter| parameter.key).collect();
    if let Some(known) = keys.iter().find(|known| **known == key) {
        return Ok(known);
    }
    let hint = nearest(key, &keys).map(|near| format!("; did you mean {near}?")).unwrap_or_default();
    Err(Error::usage(format!("--param {key}: the driver has no such parameter and would ignore it{hint}"))
        .details([format!("parameters: {}", keys.join(", "))]))
}

/// The file system that the typed values ask for, defaults filled in where its type takes them.
fn file_system(typed: &Typed, capacity_gib: u64) -> Result<FileSystemWish> {
    let text = |key: &str| typed.get(key).map(|asked| asked.value.clone());
    let deployment_type = typed.parse("deploymentType")?.unwrap_or(DeploymentType::Persistent2);
    let storage_type = typed.parse("storageType")?.unwrap_or(StorageType::Ssd);
    let s3_import = text("s3ImportPath");
    let default = FileSystemWish::defaults(deployment_type, storage_type, s3_import.is_some());
    let efa = typed.parse("efaEnabled")?.unwrap_or(default.efa);
    Ok(FileSystemWish {
        capacity_gib,
        throughput: typed.parse("perUnitStorageThroughput")?.or(default.throughput),
        version: typed.parse("fileSystemTypeVersion")?.unwrap_or(default.version),
        compression: typed.parse("dataCompressionType")?.unwrap_or(default.compression),
        metadata: metadata(typed, efa)?,
        efa,
        drive_cache: typed.parse("driveCacheType")?.or(default.drive_cache),
        backup_days: typed.parse("automaticBackupRetentionDays")?.or(default.backup_days),
        backup_start: text("dailyAutomaticBackupStartTime"),
        copy_tags_to_backups: typed.parse("copyTagsToBackups")?.unwrap_or(default.copy_tags_to_backups),
        maintenance: text("weeklyMaintenanceStartTime"),
        kms_key: text("kmsKeyId"),
        s3_export: text("s3ExportPath"),
        auto_import: typed.parse("autoImportPolicy")?,
        s3_import,
        ..default
    })
}

/// Metadata IOPS: a number or `auto`; EFA needs a metadata configuration, so it brings the automatic one.
fn metadata(typed: &Typed, efa: bool) -> Result<Option<Metadata>> {
    let mode = typed.get("metadataConfigurationMode").map(|asked| asked.value.to_ascii_uppercase());
    let iops = match typed.get("metadataIops") {
        Some(asked) if asked.value.eq_ignore_ascii_case("auto") => return Ok(Some(Metadata::Automatic)),
        Some(asked) => {
            let number = |text: String| {
                text.parse::<u32>().map_err(|_| format!("{text:?} is neither auto nor a number"))
            };
            Some(asked.clone().parse(number)?.value)
        }
        None => None,
    };
    match (mode.as_deref(), iops) {
        (None | Some("USER_PROVISIONED"), Some(iops)) => Ok(Some(Metadata::Provisioned(iops))),
        (Some("AUTOMATIC"), None) => Ok(Some(Metadata::Automatic)),
        (Some("AUTOMATIC"), Some(_)) => {
            Err(Error::usage("metadataIops must not be given with metadataConfigurationMode AUTOMATIC"))
        }
        (Some("USER_PROVISIONED"), None) => {
            Err(Error::usage("metadataConfigurationMode USER_PROVISIONED needs --metadata-iops N"))
        }
        (Some(other), _) => Err(Error::usage(format!(
            "metadataConfigurationMode {other:?} is none of AUTOMATIC, USER_PROVISIONED"
        ))),
        (None, None) => Ok(efa.then_some(Metadata::Automatic)),
    }
}

/// The wish, or every reason why it cannot be.
pub(super) fn storage_wish(args: &StorageArgs, network: &NetworkArgs) -> Result<StorageWish> {
    let typed = typed(args, network)?;
    let asked: BTreeSet<String> = typed.0.keys().map(|key| (*key).to_owned()).collect();
    let mut size = size(args)?;
    let mut file_system = file_system(&typed, size.value)?;
    if args.round_up {
        size.value = sizing::round_up(file_system.shape(), size.value).unwrap_or(size.value);
        file_system.capacity_gib = size.value;
    }
    let mut problems = lustre::check(&file_system);
    problems.extend(lustre::check_dynamic(&file_system));
    refuse(&problems, &typed)?;
    Ok(StorageWish {
        class: name("class", args.class.as_deref(), "fsx-sc", names::check_dns_subdomain)?,
        asked,
        mount_options: mount_options(&args.mount_option)?,
        reclaim: reclaim(args)?,
        claim: name("claim", args.claim.as_deref(), "fsx-claim", names::check_dns_subdomain)?,
        namespace: args
            .namespace
            .as_deref()
            .map(|typed| name("namespace", Some(typed), "", names::check_dns_label))
            .transpose()?,
        create_namespace: args.create_namespace,
        extra_tags: extra_tags(args)?,
        output_dir: args.output_dir.clone(),
        file_system,
        size,
    })
}

fn size(args: &StorageArgs) -> Result<Asked<u64>> {
    let Some(text) = args.size.clone() else { return Ok(Asked::default(1200)) };
    has_unit(&text)?;
    Asked { value: text, from: Source::Flag("size") }
        .parse(|text| quantity::parse_gib(&text).map_err(|e| e.to_string()))
}

/// Kubernetes reads a bare number as bytes, and no file system is that small.
pub(super) fn has_unit(text: &str) -> Result<()> {
    if text.len() < 9 && !text.is_empty() && text.bytes().all(|it| it.is_ascii_digit()) {
        return Err(Error::usage(format!("--size {text} is {text} bytes: a size has a unit"))
            .next(format!("use --size {text}Gi")));
    }
    Ok(())
}

/// Turns problems into one usage error: the first is the message, all are details with their nearest legal value.
fn refuse(problems: &[Illegal], typed: &Typed) -> Result<()> {
    let Some(first) = problems.first() else { return Ok(()) };
    let mut error = Error::usage(sentence(first));
    error = error.details(problems.iter().skip(1).map(sentence));
    if let Some(instead) = &first.instead {
        let round_up = if first.field == "size" { " (--round-up takes it)" } else { "" };
        error = error.next(format!("{instead}{round_up}"));
    } else if let Some(nearest) = &first.nearest {
        let flag = if typed.0.values().any(|asked| asked.from == Source::Flag("param")) { "" } else { "--" };
        error = error.next(format!("use {flag}{} {nearest}", first.field));
    }
    Err(error)
}

fn sentence(problem: &Illegal) -> String {
    let nearest = problem
        .nearest
        .as_ref()
        .map(|nearest| format!("; the nearest legal value is {nearest}"))
        .unwrap_or_default();
    let value = if problem.value.is_empty() { String::new() } else { format!(" {}", problem.value) };
    format!("--{}{value}: {}{nearest}", problem.field, problem.reason)
}

/// A rule of Kubernetes for names: what is being named, and the name.
pub(super) type NameCheck = fn(&'static str, &str) -> Result<(), names::InvalidName>;

pub(super) fn name(
    flag: &'static str,
    typed: Option<&str>,
    default: &str,
    check: NameCheck,
) -> Result<Asked<String>> {
    let Some(text) = typed else { return Ok(Asked::default(default.to_owned())) };
    Asked { value: text.to_owned(), from: Source::Flag(flag) }
        .parse(|text| check(flag, &text).map(|()| text.clone()).map_err(|e| e.to_string()))
}

pub(super) fn mount_options(typed: &[String]) -> Result<Asked<Vec<String>>> {
    if typed.is_empty() {
        return Ok(Asked::default(vec!["flock".to_owned()]));
    }
    let asked = Asked { value: typed.to_vec(), from: Source::Flag("mount-option") };
    asked.parse(|options| {
        match options
            .iter()
            .find(|o| o.is_empty() || o.contains([' ', ',']) || o.chars().any(char::is_control))
        {
            Some(wrong) => Err(format!("{wrong:?} is not one mount option; repeat the flag for several")),
            None => Ok(options),
        }
    })
}

fn reclaim(args: &StorageArgs) -> Result<Asked<String>> {
    let Some(text) = args.reclaim.clone() else { return Ok(Asked::default("Retain".to_owned())) };
    Asked { value: text, from: Source::Flag("reclaim") }.parse(|text| {
        match text.to_ascii_lowercase().as_str() {
            "retain" => Ok("Retain".to_owned()),
            "delete" => Ok("Delete".to_owned()),
            _ => Err(format!("{text:?} is none of Retain, Delete")),
        }
    })
}

fn extra_tags(args: &StorageArgs) -> Result<BTreeMap<String, String>> {
    let mut tags = BTreeMap::new();
    for text in &args.extra_tag {
        let (key, value) = pair(text).map_err(|e| Error::usage(format!("--extra-tag: {e}")))?;
        if ownership::is_ownership_tag(&key) {
            return Err(Error::usage(format!("--extra-tag {key}: this key is fsxctl's own")));
        }
        tags.insert(key, value);
    }
    match storageclass::check_extra_tags(&tags).first() {
        Some(problem) => Err(Error::usage(sentence(problem))),
        None => Ok(tags),
    }
}
