//! `fsxctl byo` and `fsxctl share`: a file system that is there already.
#![allow(
    rustdoc::broken_intra_doc_links,
    rustdoc::invalid_html_tags,
    reason = "the comments on flags are the help that clap prints"
)]

use clap::Args;

use super::groups::{ClusterArgs, ConsentArgs};

/// `fsxctl byo`.
#[derive(Debug, Clone, Default, Args)]
pub struct ByoArgs {
    /// Which cluster.
    #[command(flatten)]
    pub cluster: ClusterArgs,
    /// The file system, by id [default: chosen from a list on a terminal]
    #[arg(long, value_name = "FS-ID", help_heading = "File system")]
    pub fs_id: Option<String>,
    /// Namespace of the claim (repeatable; each gets a volume and a claim) [default: the kube context's, else default]
    #[arg(long, short = 'n', value_name = "NAME", help_heading = "Storage")]
    pub namespace: Vec<String>,
    /// Name of the PersistentVolume; only with one namespace [default: <fs-id>-<namespace>-<claim>]
    #[arg(long, value_name = "NAME", help_heading = "Storage")]
    pub pv_name: Option<String>,
    /// Size that volume and claim state; it limits nothing [default: the file system's]
    #[arg(long, value_name = "SIZE", help_heading = "Storage")]
    pub size: Option<String>,
    /// Use a Released volume of this file system again, for the claim that is asked for
    #[arg(long, help_heading = "Storage")]
    pub rebind: bool,
    /// Claim.
    #[command(flatten)]
    pub claim: BoundArgs,
    /// Checks.
    #[command(flatten)]
    pub checks: CheckArgs,
    /// Consent.
    #[command(flatten)]
    pub consent: ConsentArgs,
    /// Prove it: pods on nodes of every group mount the claim, write, read, and are removed again
    #[arg(long, conflicts_with = "no_wait", help_heading = "Consent")]
    pub verify: bool,
}

/// `fsxctl share`.
#[derive(Debug, Clone, Default, Args)]
pub struct ShareArgs {
    /// Which cluster.
    #[command(flatten)]
    pub cluster: ClusterArgs,
    /// The file system, by id [default: the only one that volumes of the cluster use]
    #[arg(long, value_name = "FS-ID", help_heading = "File system")]
    pub fs_id: Option<String>,
    /// Namespaces that get a volume and a claim of the file system, as a list (repeatable)
    #[arg(
        long,
        value_name = "A,B",
        value_delimiter = ',',
        required_unless_present = "namespace_selector",
        help_heading = "Storage"
    )]
    pub namespaces: Vec<String>,
    /// The same for every namespace that carries these labels, for instance team=ml [default: --namespaces]
    #[arg(long, value_name = "LABELS", conflicts_with = "namespaces", help_heading = "Storage")]
    pub namespace_selector: Option<String>,
    /// Take volume and claim away from these namespaces; file system and data stay
    #[arg(
        long,
        conflicts_with_all = ["read_only", "mount_option", "create_namespace", "sub_directory", "open_ports", "install_driver", "skip_check"],
        help_heading = "Storage"
    )]
    pub remove: bool,
    /// Claim.
    #[command(flatten)]
    pub claim: BoundArgs,
    /// Checks.
    #[command(flatten)]
    pub checks: CheckArgs,
    /// Consent.
    #[command(flatten)]
    pub consent: ConsentArgs,
}

/// A claim of a file system that is there already.
#[derive(Debug, Clone, Default, Args)]
#[command(next_help_heading = "Storage")]
pub struct BoundArgs {
    /// Name of the claim [default: fsx-claim]
    #[arg(long, value_name = "NAME")]
    pub claim: Option<String>,
    /// Make a namespace that is not there
    #[arg(long)]
    pub create_namespace: bool,
    /// Mount it read-only on every node (mount option ro)
    #[arg(long)]
    pub read_only: bool,
    /// Mount option (repeatable) [default: flock]
    #[arg(long, value_name = "OPTION")]
    pub mount_option: Vec<String>,
    /// A directory of the file system instead of the whole: the driver cannot, and this says what can [default: the whole]
    #[arg(long, value_name = "PATH")]
    pub sub_directory: Option<String>,
}

/// What is looked at before anything is bound.
#[derive(Debug, Clone, Default, Args)]
#[command(next_help_heading = "Checks")]
pub struct CheckArgs {
    /// Open tcp 988 and 1018-1023 where they are closed, with tagged rules in the groups of file system and nodes
    #[arg(long)]
    pub open_ports: bool,
    /// Install the driver if it is not there, without a role: mounting needs none
    #[arg(long)]
    pub install_driver: bool,
    /// Tell what this check finds and go on: ports, route, version or driver (repeatable)
    #[arg(long, value_name = "CHECK")]
    pub skip_check: Vec<String>,
}
