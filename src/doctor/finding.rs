//! What a check comes to, as the report has it.

use std::fmt;

use serde::{Deserialize, Serialize};

/// How bad a finding is.
#[derive(
    Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, schemars::JsonSchema,
)]
#[serde(rename_all = "lowercase")]
pub enum Severity {
    /// Broken now, or at the next use with certainty.
    Error,
    /// A risk to data, cost or performance that someone should act on.
    Warning,
    /// Worth knowing.
    Info,
}

impl fmt::Display for Severity {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(match self {
            Self::Error => "error",
            Self::Warning => "warning",
            Self::Info => "info",
        })
    }
}

/// What became of a check, or of a finding.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize, schemars::JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum State {
    /// Something is wrong, and nothing else that was found explains it.
    Failed,
    /// Another finding explains it.
    Blocked,
    /// It could not be looked at.
    Error,
    /// Looked at, and right.
    Passed,
    /// There is nothing that it is about.
    NotApplicable,
    /// Left out on demand.
    Skipped,
    /// Found, and accepted by whoever runs it.
    Suppressed,
}

/// What checks are about; the middle of their ids.
#[derive(
    Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, schemars::JsonSchema,
)]
#[serde(rename_all = "UPPERCASE")]
pub enum Area {
    /// The driver's installation.
    Inst,
    /// Where its pods and those that mount run.
    Sched,
    /// Identity and permissions.
    Auth,
    /// File systems.
    Fs,
    /// StorageClasses.
    Sc,
    /// Security groups, ACLs, routes and DNS.
    Net,
    /// Zones and subnets.
    Az,
    /// Volumes and claims.
    Bind,
    /// Volumes of file systems that were there before.
    Stat,
    /// Mounts.
    Mnt,
    /// Data repositories.
    S3,
    /// SageMaker HyperPod.
    Hp,
    /// Deletion.
    Del,
    /// Performance.
    Perf,
    /// Odd, and all right.
    Note,
}

impl Area {
    /// All, in the order in which what they are about must be mended: a driver has to be there before its role matters,
    /// its role before a class is ever tried, the class before a volume, the volume before a mount.
    pub const ALL: [Self; 15] = [
        Self::Inst,
        Self::Sched,
        Self::Auth,
        Self::Fs,
        Self::Sc,
        Self::Net,
        Self::Az,
        Self::Bind,
        Self::Stat,
        Self::Mnt,
        Self::S3,
        Self::Hp,
        Self::Del,
        Self::Perf,
        Self::Note,
    ];

    /// The area of a check's id, `FSX-AUTH-02`.
    pub fn of(id: &str) -> Option<Self> {
        let word = id.split('-').nth(1)?;
        Self::ALL.into_iter().find(|area| area.word() == word)
    }

    /// The word in ids.
    pub const fn word(self) -> &'static str {
        match self {
            Self::Inst => "INST",
            Self::Sched => "SCHED",
            Self::Auth => "AUTH",
            Self::Fs => "FS",
            Self::Sc => "SC",
            Self::Net => "NET",
            Self::Az => "AZ",
            Self::Bind => "BIND",
            Self::Stat => "STAT",
            Self::Mnt => "MNT",
            Self::S3 => "S3",
            Self::Hp => "HP",
            Self::Del => "DEL",
            Self::Perf => "PERF",
            Self::Note => "NOTE",
        }
    }

    /// What it is about, for people.
    pub const fn title(self) -> &'static str {
        match self {
            Self::Inst => "the driver's installation",
            Self::Sched => "where pods run",
            Self::Auth => "identity and permissions",
            Self::Fs => "file systems",
            Self::Sc => "StorageClasses",
            Self::Net => "network",
            Self::Az => "zones and subnets",
            Self::Bind => "volumes and claims",
            Self::Stat => "volumes of file systems that were there before",
            Self::Mnt => "mounts",
            Self::S3 => "data repositories",
            Self::Hp => "SageMaker HyperPod",
            Self::Del => "deletion",
            Self::Perf => "performance",
            Self::Note => "odd, and all right",
        }
    }
}

/// An object that a finding is about.
#[derive(
    Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, schemars::JsonSchema,
)]
pub struct Resource {
    /// `PersistentVolumeClaim`, `FileSystem`, `SecurityGroup`, …
    pub kind: String,
    /// Its id, ARN, name or `namespace/name`.
    #[serde(rename = "ref")]
    pub reference: String,
}

impl Resource {
    /// One object.
    pub fn new(kind: &str, reference: impl Into<String>) -> Self {
        Self { kind: kind.to_owned(), reference: reference.into() }
    }

    /// A claim.
    pub fn claim(namespace: &str, name: &str) -> Self {
        Self::new("PersistentVolumeClaim", format!("{namespace}/{name}"))
    }

    /// A pod.
    pub fn pod(namespace: &str, name: &str) -> Self {
        Self::new("Pod", format!("{namespace}/{name}"))
    }
}

impl fmt::Display for Resource {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} {}", self.kind, self.reference)
    }
}

/// What says so.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, schemars::JsonSchema)]
pub struct Evidence {
    /// The API operation, the Kubernetes object, or the event.
    pub source: String,
    /// The field.
    pub field: String,
    /// Its value.
    pub value: String,
}

impl Evidence {
    /// One field.
    pub fn new(source: impl Into<String>, field: impl Into<String>, value: impl Into<String>) -> Self {
        Self { source: source.into(), field: field.into(), value: value.into() }
    }
}

/// Who may mend it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, schemars::JsonSchema)]
#[serde(rename_all = "lowercase")]
pub enum FixClass {
    /// Harmless and reversible.
    Safe,
    /// fsxctl or a command can, and somebody must agree.
    Consent,
    /// Somebody must decide or do it elsewhere.
    Manual,
}

/// The way out.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, schemars::JsonSchema)]
pub struct Fix {
    /// Who may.
    pub class: FixClass,
    /// What is to be done, in a sentence.
    pub summary: String,
    /// Commands, in their order.
    pub commands: Vec<String>,
}

impl Fix {
    /// With a command that somebody must agree to.
    pub fn consent(summary: impl Into<String>, command: impl Into<String>) -> Self {
        Self { class: FixClass::Consent, summary: summary.into(), commands: vec![command.into()] }
    }

    /// A command that harms nothing.
    pub fn safe(summary: impl Into<String>, command: impl Into<String>) -> Self {
        Self { class: FixClass::Safe, summary: summary.into(), commands: vec![command.into()] }
    }

    /// Something that is to be decided or done elsewhere.
    pub fn manual(summary: impl Into<String>) -> Self {
        Self { class: FixClass::Manual, summary: summary.into(), commands: Vec::new() }
    }

    /// A further command.
    #[must_use]
    pub fn then(mut self, command: impl Into<String>) -> Self {
        self.commands.push(command.into());
        self
    }
}

/// One item of a report.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, schemars::JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct Finding {
    /// `FSX-AUTH-02`; never changes its meaning.
    pub id: String,
    /// The check's title.
    pub title: String,
    /// The area.
    pub category: Area,
    /// How bad it is.
    pub severity: Severity,
    /// What became of it.
    pub state: State,
    /// 1 is the root cause to mend first.
    pub rank: u32,
    /// What it is about.
    pub resource: Resource,
    /// What else does not work because of it.
    pub affects: Vec<Resource>,
    /// One sentence.
    pub summary: String,
    /// The fields that say so; of what could not be looked at, the missing permission.
    pub evidence: Vec<Evidence>,
    /// Why it is so, or may be.
    pub cause: String,
    /// The way out.
    pub fix: Option<Fix>,
    /// Ids of the findings that explain it.
    pub blocked_by: Vec<String>,
    /// Where it is told at length.
    pub docs: String,
}

/// The verdict on the whole.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, schemars::JsonSchema)]
#[serde(rename_all = "lowercase")]
pub enum Verdict {
    /// Something is broken.
    Fault,
    /// Something should be acted on.
    Degraded,
    /// Nothing was found that should be acted on.
    Healthy,
    /// Nothing was found, and not everything could be looked at.
    Unknown,
}

/// How many of what.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize, schemars::JsonSchema)]
pub struct Summary {
    /// Errors, those that others explain included.
    pub errors: usize,
    /// Warnings, likewise.
    pub warnings: usize,
    /// Worth knowing.
    pub infos: usize,
    /// Checks that could not be made.
    pub unknown: usize,
    /// Checks that found nothing wrong.
    pub passed: usize,
}

impl Summary {
    /// Counts.
    pub fn of(items: &[Finding]) -> Self {
        let found = |item: &&Finding| matches!(item.state, State::Failed | State::Blocked);
        let count = |severity| items.iter().filter(found).filter(|it| it.severity == severity).count();
        Self {
            errors: count(Severity::Error),
            warnings: count(Severity::Warning),
            infos: count(Severity::Info),
            unknown: items.iter().filter(|item| item.state == State::Error).count(),
            passed: items.iter().filter(|item| item.state == State::Passed).count(),
        }
    }
}

/// The verdict that a summary comes to.
pub const fn verdict_of(summary: &Summary) -> Verdict {
    match summary {
        Summary { errors: 1.., .. } => Verdict::Fault,
        Summary { warnings: 1.., .. } => Verdict::Degraded,
        Summary { unknown: 1.., .. } => Verdict::Unknown,
        _ => Verdict::Healthy,
    }
}
