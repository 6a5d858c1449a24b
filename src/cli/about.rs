//! Words about fsxctl itself: env, schema, completions, version.

use clap::{Args, ValueEnum};

/// `fsxctl env`.
#[derive(Debug, Clone, Args)]
pub struct EnvArgs {
    /// Print `export NAME='value'` lines for a shell
    #[arg(long)]
    pub export: bool,
}

/// `fsxctl images`.
#[derive(Debug, Clone, Default, Args)]
pub struct ImagesArgs {
    /// Read the images from a cluster that runs the driver, by name or ARN; without it nothing is called
    #[arg(long, short = 'c', value_name = "NAME|ARN")]
    pub cluster: Option<String>,
}

/// `fsxctl schema`.
#[derive(Debug, Clone, Args)]
pub struct SchemaArgs {
    /// Which, for instance plan, status, or event (a line of --log-format json); without it the list
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
#[command(after_long_help = INSTALL)]
pub struct CompletionsArgs {
    /// Which shell
    #[arg(value_name = "SHELL")]
    pub shell: Shell,
}

/// Where each shell looks for its completions.
const INSTALL: &str = "\
Install them:
  bash        fsxctl completions bash > ~/.local/share/bash-completion/completions/fsxctl
              (needs the package bash-completion)
  zsh         fsxctl completions zsh > ~/.zfunc/_fsxctl
              (with `fpath+=~/.zfunc` before `compinit` in ~/.zshrc)
  fish        fsxctl completions fish > ~/.config/fish/completions/fsxctl.fish
  powershell  add to $PROFILE:
              fsxctl completions powershell | Out-String | Invoke-Expression
  elvish      add to ~/.config/elvish/rc.elv:
              eval (fsxctl completions elvish | slurp)

A new shell has them.";

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
    /// PowerShell
    #[value(name = "powershell", alias = "pwsh")]
    PowerShell,
    /// Elvish
    Elvish,
}
