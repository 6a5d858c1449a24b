//! Words of `fsxctl status`.

use clap::Args;

use super::ClusterArgs;

/// `fsxctl status`.
#[derive(Debug, Clone, Default, Args)]
pub struct StatusArgs {
    /// Which cluster.
    #[command(flatten)]
    pub cluster: ClusterArgs,
    /// Claims and pods of this namespace alone, and nothing that is of none [default: all namespaces]
    #[arg(long, short = 'n', value_name = "NAME")]
    pub namespace: Option<String>,
    /// Claims and pods of all namespaces, which is what it shows without any flag
    #[arg(long, short = 'A', conflicts_with = "namespace")]
    pub all_namespaces: bool,
    /// Look again and again: redrawn on a terminal, elsewhere a line for each change; Ctrl-C ends it
    #[arg(long, short = 'w')]
    pub watch: bool,
    /// How long to wait between two looks with --watch, from 1s [default: 5s]
    #[arg(long, value_name = "DURATION")]
    pub interval: Option<String>,
}
