//! Words of `fsxctl doctor` and `fsxctl explain`.
#![allow(
    rustdoc::broken_intra_doc_links,
    rustdoc::invalid_html_tags,
    reason = "the comments on flags are the help that clap prints"
)]

use clap::{Args, Subcommand, ValueEnum};

use super::ClusterArgs;

/// `fsxctl doctor`.
#[derive(Debug, Clone, Default, Args)]
#[command(args_conflicts_with_subcommands = true, after_long_help = EXAMPLES)]
pub struct DoctorArgs {
    /// What else can be asked.
    #[command(subcommand)]
    pub command: Option<DoctorCommand>,
    /// Which cluster.
    #[command(flatten)]
    pub cluster: ClusterArgs,
    /// What keeps this claim from being used, and nothing else [default: everything]
    #[arg(long, value_name = "NAMESPACE/NAME", help_heading = "Question", conflicts_with_all = ["pod", "fs_id"])]
    pub pvc: Option<String>,
    /// What keeps this pod from its volumes, and nothing else [default: everything]
    #[arg(long, value_name = "NAMESPACE/NAME", help_heading = "Question", conflicts_with = "fs_id")]
    pub pod: Option<String>,
    /// What is wrong with this file system and what depends on it, and nothing else [default: everything]
    #[arg(long, value_name = "ID", help_heading = "Question")]
    pub fs_id: Option<String>,
    /// Review StorageClasses, volumes, claims and pods in a file, in a directory and below, or on stdin (-); nothing else is
    /// looked at, and no credentials are needed (repeatable)
    #[arg(long, value_name = "FILE|DIR|-", help_heading = "Question", conflicts_with_all = ["pvc", "pod", "fs_id", "since", "cluster", "hyperpod"])]
    pub manifest: Vec<String>,
    /// Only these checks: ids, globs such as FSX-NET-*, or areas such as NET (repeatable)
    #[arg(long, value_name = "ID|GLOB|AREA", help_heading = "Question", value_delimiter = ',')]
    pub only: Vec<String>,
    /// All but these checks (repeatable)
    #[arg(long, value_name = "ID|GLOB|AREA", help_heading = "Question", value_delimiter = ',')]
    pub skip: Vec<String>,
    /// Events of this time count, for instance 30m [default: 1h]
    #[arg(long, value_name = "DURATION", help_heading = "Question")]
    pub since: Option<String>,
    /// Ends with 3 or 4 from this severity on [default: error]
    #[arg(long, value_name = "SEVERITY", help_heading = "Answer")]
    pub fail_on: Option<FailOn>,
    /// Show as well what was looked at and is right, or was left out
    #[arg(long, help_heading = "Answer")]
    pub show_passed: bool,
}

/// What can be asked beside a diagnosis.
#[derive(Debug, Clone, Copy, Subcommand)]
pub enum DoctorCommand {
    /// List the checks, by area
    List,
}

/// From which severity on a diagnosis fails.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, ValueEnum)]
pub enum FailOn {
    /// 3 when something is broken
    #[default]
    Error,
    /// 4 as well when something should be acted on
    Warning,
    /// 4 as well when something is worth knowing
    Info,
    /// As error, and 4 when something could not be looked at
    Unknown,
    /// 0 whatever is found
    Never,
}

/// `fsxctl explain`.
#[derive(Debug, Clone, Args)]
pub struct ExplainArgs {
    /// A check (FSX-NET-04), a StorageClass parameter, an exit code (3), or an error of a mount (EIO, errno-5); without it
    /// the list
    #[arg(value_name = "TERM")]
    pub term: Option<String>,
}

/// Examples under `--help`.
const EXAMPLES: &str = "\
Examples:
  fsxctl doctor                                  what is wrong, root cause first
  fsxctl doctor --pvc ml/fsx-claim               why this claim is not Bound
  fsxctl doctor --pod ml/train-0                 why this pod does not start
  fsxctl doctor --only NET,AUTH --fail-on warning
  fsxctl doctor --manifest deploy/               review YAML before it is applied, offline
  fsxctl doctor -o json --output-file junit=doctor.xml

It reads and writes nothing. Exit codes: 0 nothing at or above --fail-on, 3 errors, 4 lesser findings, 5 no credentials,
6 out of reach.";
