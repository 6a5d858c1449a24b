//! Words of `fsxctl verify`.
#![allow(
    rustdoc::broken_intra_doc_links,
    rustdoc::invalid_html_tags,
    reason = "the comments on flags are the help that clap prints"
)]

use clap::Args;

use super::ClusterArgs;

/// `fsxctl verify`.
#[derive(Debug, Clone, Default, Args)]
#[command(after_long_help = EXAMPLES)]
pub struct VerifyArgs {
    /// Which cluster.
    #[command(flatten)]
    pub cluster: ClusterArgs,
    /// Name of the claim to mount [default: fsx-claim]
    #[arg(long, value_name = "NAME")]
    pub claim: Option<String>,
    /// Namespace of the claim; the pods are made there [default: the kube context's, else default]
    #[arg(long, short = 'n', value_name = "NAME")]
    pub namespace: Option<String>,
    /// On so many nodes, spread over groups and zones [default: one of every group, at least two]
    #[arg(long, value_name = "N", help_heading = "Nodes", conflicts_with = "all_nodes")]
    pub nodes: Option<String>,
    /// On every node, also on those that are cordoned or not ready
    #[arg(long, help_heading = "Nodes")]
    pub all_nodes: bool,
    /// Only on nodes with these labels, for instance topology.kubernetes.io/zone=us-west-2a [default: all labels]
    #[arg(long, value_name = "KEY=VALUE,…", help_heading = "Nodes")]
    pub node_selector: Option<String>,
    /// Size of the file that each node writes, for instance 1Gi [default: 64Mi]
    #[arg(long, value_name = "SIZE", help_heading = "Pods")]
    pub size: Option<String>,
    /// Image of the pods: POSIX sh, coreutils or busybox, flock [default: public.ecr.aws/docker/library/busybox:1.37]
    #[arg(long, value_name = "IMAGE", help_heading = "Pods")]
    pub image: Option<String>,
    /// Run as this user and group instead of root without capabilities [default: 0:0]
    #[arg(long, value_name = "UID:GID", help_heading = "Pods")]
    pub run_as: Option<String>,
    /// Only remove Jobs that earlier runs left behind
    #[arg(long, help_heading = "Clean-up", conflicts_with_all = ["nodes", "all_nodes", "node_selector", "size", "image", "run_as", "claim"])]
    pub cleanup_only: bool,
    /// With --cleanup-only: in every namespace
    #[arg(
        long,
        short = 'A',
        help_heading = "Clean-up",
        requires = "cleanup_only",
        conflicts_with = "namespace"
    )]
    pub all_namespaces: bool,
    /// With --cleanup-only: only what this run made, also while it is under way [default: every run that is over]
    #[arg(long, value_name = "RUN", help_heading = "Clean-up", requires = "cleanup_only")]
    pub run: Option<String>,
    /// Create the pods without asking
    #[arg(long, short = 'y', visible_alias = "approve", help_heading = "Consent")]
    pub yes: bool,
    /// Show what would be created and stop
    #[arg(long, help_heading = "Consent")]
    pub dry_run: bool,
}

const EXAMPLES: &str = "\
Examples:
  fsxctl verify                                     one node of every group, asks first
  fsxctl verify --yes --all-nodes -o junit          every node, for a pipeline
  fsxctl verify --yes --run-as 1000:1000            as a user of a restricted namespace
  fsxctl verify --cleanup-only -A                   remove what a killed run left behind

A verification waits 5 minutes unless --timeout says otherwise. It ends with 3 when a node fails.";
