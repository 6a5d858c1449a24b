//! Flags that every command takes.

use std::path::PathBuf;

use clap::Args;

/// Flags that every command takes.
#[derive(Debug, Clone, Default, Args)]
#[command(next_help_heading = "Global options")]
pub struct GlobalArgs {
    /// AWS Region
    #[arg(long, short = 'r', global = true, value_name = "REGION")]
    pub region: Option<String>,
    /// AWS profile
    #[arg(long, short = 'p', global = true, value_name = "NAME")]
    pub profile: Option<String>,
    /// Kubeconfig to use instead of the cluster's own endpoint
    #[arg(long, global = true, value_name = "FILE")]
    pub kubeconfig: Option<PathBuf>,
    /// Context of the kubeconfig to use
    #[arg(long, global = true, value_name = "NAME")]
    pub context: Option<String>,
    /// Kubernetes user to impersonate
    #[arg(long = "as", global = true, value_name = "USER")]
    pub as_user: Option<String>,
    /// Output format: human, json, yaml or jsonpath=EXPR
    #[arg(long, short = 'o', global = true, value_name = "FORMAT")]
    pub output: Option<String>,
    /// Write the answer to a file as well (repeatable)
    #[arg(long, global = true, value_name = "FORMAT=PATH")]
    pub output_file: Vec<String>,
    /// When to use colour: auto, always or never
    #[arg(long, global = true, value_name = "WHEN")]
    pub color: Option<String>,
    /// Never ask
    #[arg(long, global = true)]
    pub no_input: bool,
    /// Print the answer and errors only
    #[arg(long, short = 'q', global = true)]
    pub quiet: bool,
    /// Say more: -v reasons and permissions, -vv every call
    #[arg(long, short = 'v', global = true, action = clap::ArgAction::Count)]
    pub verbose: u8,
    /// Form of progress and logs on stderr: text or json
    #[arg(long, global = true, value_name = "FORMAT")]
    pub log_format: Option<String>,
    /// Write one JSON line for every AWS and Kubernetes call
    #[arg(long, global = true, value_name = "FILE")]
    pub trace_calls: Option<PathBuf>,
    /// How long to wait for the result, for instance 45m
    #[arg(long, global = true, value_name = "DURATION")]
    pub timeout: Option<String>,
    /// How long one call may take, for instance 20s
    #[arg(long, global = true, value_name = "DURATION")]
    pub request_timeout: Option<String>,
}
