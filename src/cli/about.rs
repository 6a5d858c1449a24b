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
