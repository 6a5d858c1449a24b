//! Words about fsxctl itself: env, schema, completions, version.

use clap::{Args, ValueEnum};

/// `fsxctl env`.
#[derive(Debug, Clone, Args)]
pub struct EnvArgs {
    /// Print `export NAME='value'` lines for a shell
    #[arg(long)]
    pub export: bool,
}

/// `fsxctl schema`.
#[derive(Debug, Clone, Args)]
pub struct SchemaArgs {
    /// Which document: plan, receipt, error; without it the list of kinds
    #[arg(value_name = "KIND")]
    pub kind: Option<String>,
}

/// `fsxctl permissions`.
#[derive(Debug, Clone, Args)]
pub struct PermissionsArgs {
    /// Print the IAM policy document alone, as JSON
    #[arg(long, conflicts_with = "rbac")]
    pub iam: bool,
    /// Print the Kubernetes roles and bindings alone, ready for kubectl apply
    #[arg(long)]
    pub rbac: bool,
    /// A command line without `fsxctl`, for instance: setup dynamic --identity irsa [default: all commands]
    #[arg(value_name = "COMMAND", trailing_var_arg = true, allow_hyphen_values = true)]
    pub command: Vec<String>,
}

/// `fsxctl completions`.
#[derive(Debug, Clone, Args)]
pub struct CompletionsArgs {
    /// Which shell
    #[arg(value_name = "SHELL")]
    pub shell: Shell,
}

/// `fsxctl version`.
#[derive(Debug, Clone, Args)]
pub struct VersionArgs {}

/// Shells that there are completions for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum Shell {
    /// bash
    Bash,
    /// zsh
    Zsh,
    /// fish
    Fish,
}
