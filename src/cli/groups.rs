//! Groups of flags that several commands share.
#![allow(
    rustdoc::broken_intra_doc_links,
    rustdoc::invalid_html_tags,
    reason = "the comments on flags are the help that clap prints"
)]

use std::path::PathBuf;

use clap::Args;

/// Which cluster.
#[derive(Debug, Clone, Default, Args)]
#[command(next_help_heading = "Cluster")]
pub struct ClusterArgs {
    /// EKS cluster, by name or ARN [default: the kube context's, else the Region's only one]
    #[arg(long, short = 'c', value_name = "NAME|ARN")]
    pub cluster: Option<String>,
    /// HyperPod cluster on it [default: every one whose orchestrator is the EKS cluster]
    #[arg(long, value_name = "NAME")]
    pub hyperpod: Option<String>,
}

/// Who the driver is to AWS.
#[derive(Debug, Clone, Default, Args)]
#[command(next_help_heading = "Identity")]
pub struct IdentityArgs {
    /// How the driver gets its role: auto, irsa, pod-identity or none [default: auto]
    #[arg(long, value_name = "MODE")]
    pub identity: Option<String>,
    /// Use this role instead of making one [default: one is made]
    #[arg(long, value_name = "ARN", conflicts_with_all = ["role_name", "role_path", "permissions_boundary", "policy"])]
    pub role_arn: Option<String>,
    /// Name of the role [default: FSXLCSI-<cluster>-<region>]
    #[arg(long, value_name = "NAME")]
    pub role_name: Option<String>,
    /// Path of the role [default: /]
    #[arg(long, value_name = "PATH")]
    pub role_path: Option<String>,
    /// Permissions boundary of the role [default: none]
    #[arg(long, value_name = "ARN")]
    pub permissions_boundary: Option<String>,
    /// What the role may do: minimal, managed (AmazonFSxFullAccess) or a policy's ARN [default: minimal]
    #[arg(long, value_name = "POLICY")]
    pub policy: Option<String>,
    /// The controller's service account [default: kube-system/fsx-csi-controller-sa]
    #[arg(long, value_name = "NAMESPACE/NAME")]
    pub service_account: Option<String>,
}

/// The CSI driver.
#[derive(Debug, Clone, Default, Args)]
#[command(next_help_heading = "Driver")]
pub struct DriverArgs {
    /// How the driver is installed: auto, addon, helm or existing [default: auto]
    #[arg(long, value_name = "MODE")]
    pub driver: Option<String>,
    /// Version of the add-on (v1.9.0-eksbuild.1) or chart (1.17.0) [default: the cluster version's default, the newest]
    #[arg(long, value_name = "VERSION")]
    pub driver_version: Option<String>,
    /// With Helm: the chart, a path or oci:// reference [default: aws-fsx-csi-driver of the driver's own repository]
    #[arg(long, value_name = "PATH|REF")]
    pub chart: Option<String>,
    /// With Helm: a value of the chart, for instance controller.timeout=15m (repeatable)
    #[arg(long, value_name = "KEY=VALUE")]
    pub helm_value: Vec<String>,
}

/// Security group, rules, subnet.
#[derive(Debug, Clone, Default, Args)]
#[command(next_help_heading = "Network")]
pub struct NetworkArgs {
    /// The file system's security group: an id, auto or create [default: auto]
    #[arg(long, value_name = "ID|auto|create")]
    pub security_group: Option<String>,
    /// Do not touch the nodes' security groups
    #[arg(long)]
    pub no_node_rules: bool,
    /// The file system's subnet: an id or auto [default: auto, the zone where most nodes are]
    #[arg(long, value_name = "ID|auto")]
    pub subnet: Option<String>,
    /// Elastic Fabric Adapter: all traffic between file system and nodes
    #[arg(long)]
    pub efa: bool,
}

/// StorageClass and claim.
#[derive(Debug, Clone, Default, Args)]
#[command(next_help_heading = "Storage")]
pub struct StorageArgs {
    /// Name of the StorageClass [default: fsx-sc]
    #[arg(long, value_name = "NAME")]
    pub class: Option<String>,
    /// Deployment type: SCRATCH_1, SCRATCH_2, PERSISTENT_1 or PERSISTENT_2 [default: PERSISTENT_2]
    #[arg(long, value_name = "TYPE")]
    pub deployment_type: Option<String>,
    /// Storage type: SSD or HDD [default: SSD]
    #[arg(long, value_name = "TYPE")]
    pub storage_type: Option<String>,
    /// Throughput in MB/s per TiB: 125, 250, 500 or 1000 for PERSISTENT_2, 50, 100 or 200 for PERSISTENT_1
    /// (HDD: 12 or 40); not for scratch [default: 250 for PERSISTENT_2]
    #[arg(long, value_name = "MB/S/TIB")]
    pub throughput: Option<String>,
    /// Data compression: LZ4 or NONE [default: LZ4]
    #[arg(long, value_name = "TYPE")]
    pub compression: Option<String>,
    /// Lustre version: 2.10, 2.12 or 2.15 [default: 2.15]
    #[arg(long, value_name = "VERSION")]
    pub lustre_version: Option<String>,
    /// Metadata IOPS of PERSISTENT_2: auto, 1500, 3000, 6000, 12000 or a multiple of 12000 [default: not set]
    #[arg(long, value_name = "auto|N")]
    pub metadata_iops: Option<String>,
    /// KMS key for encryption at rest, by id or ARN [default: AWS's own key]
    #[arg(long, value_name = "KEY")]
    pub kms_key: Option<String>,
    /// Mount option (repeatable) [default: flock]
    #[arg(long, value_name = "OPTION")]
    pub mount_option: Vec<String>,
    /// What happens to the file system when the claim goes: Retain or Delete [default: Retain]
    #[arg(long, value_name = "POLICY")]
    pub reclaim: Option<String>,
    /// Legacy S3 link: import path, s3://bucket/prefix [default: no link]
    #[arg(long, value_name = "S3-PATH")]
    pub s3_import: Option<String>,
    /// Legacy S3 link: export path, in the bucket of the import path [default: no export]
    #[arg(long, value_name = "S3-PATH")]
    pub s3_export: Option<String>,
    /// Legacy S3 link, what is imported by itself: NONE, NEW, NEW_CHANGED or NEW_CHANGED_DELETED [default: not set]
    #[arg(long, value_name = "POLICY")]
    pub auto_import: Option<String>,
    /// Days that automatic backups are kept, 0 to 90 [default: 0]
    #[arg(long, value_name = "DAYS")]
    pub backup_days: Option<String>,
    /// Weekly maintenance, d:HH:MM in UTC (1 = Monday) [default: FSx chooses]
    #[arg(long, value_name = "D:HH:MM")]
    pub maintenance: Option<String>,
    /// Tag of the file system (repeatable)
    #[arg(long, value_name = "KEY=VALUE")]
    pub extra_tag: Vec<String>,
    /// Any other StorageClass parameter of the driver (repeatable)
    #[arg(long, value_name = "KEY=VALUE")]
    pub param: Vec<String>,
    /// Name of the claim [default: fsx-claim]
    #[arg(long, value_name = "NAME")]
    pub claim: Option<String>,
    /// Namespace of the claim [default: the kube context's, else default]
    #[arg(long, short = 'n', value_name = "NAME")]
    pub namespace: Option<String>,
    /// Make the namespace if it is not there
    #[arg(long)]
    pub create_namespace: bool,
    /// Size of the claim, for instance 2400Gi [default: 1200Gi]
    #[arg(long, value_name = "SIZE")]
    pub size: Option<String>,
    /// Take the next legal size when SIZE is none
    #[arg(long)]
    pub round_up: bool,
    /// Write the manifests of class and claim into this directory as well, also with --dry-run [default: no files]
    #[arg(long, value_name = "DIR")]
    pub output_dir: Option<PathBuf>,
}

/// Consent, scope and waiting.
#[derive(Debug, Clone, Default, Args)]
#[command(next_help_heading = "Consent")]
pub struct ConsentArgs {
    /// Apply without asking
    #[arg(long, short = 'y', visible_alias = "approve")]
    pub yes: bool,
    /// Show the plan and stop
    #[arg(long)]
    pub dry_run: bool,
    /// Let fsxctl change this object although it did not make it (repeatable); on a terminal, without a name, it asks
    /// for each object that stands in the way
    #[arg(long, value_name = "KIND/REF", num_args = 0..=1, default_missing_value = "")]
    pub adopt: Vec<String>,
    /// Tag of every AWS object made (repeatable)
    #[arg(long, value_name = "KEY=VALUE")]
    pub tag: Vec<String>,
    /// Wait for the result [default]
    #[arg(long, overrides_with = "no_wait")]
    pub wait: bool,
    /// End when the last write was accepted
    #[arg(long, overrides_with = "wait")]
    pub no_wait: bool,
}
