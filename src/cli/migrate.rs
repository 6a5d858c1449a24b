//! `fsxctl migrate …`.

use clap::{Args, Subcommand};

use super::groups::{ClusterArgs, ConsentArgs, IdentityArgs};

/// What can be changed over.
#[derive(Debug, Clone, Subcommand)]
pub enum MigrateCommand {
    /// How the driver is installed: Helm or manifests to the EKS add-on, the add-on to Helm
    ///
    /// File systems, volumes and claims are not touched, and running mounts stay. While there is no driver nothing can be
    /// mounted, unmounted or provisioned.
    Driver(MigrateDriver),
    /// How the driver gets its role: IRSA to EKS Pod Identity, and back
    Identity(MigrateIdentity),
}

/// `fsxctl migrate driver`.
#[derive(Debug, Clone, Default, Args)]
pub struct MigrateDriver {
    /// Where to: addon or helm
    #[arg(long, value_name = "MODE", help_heading = "Driver")]
    pub to: String,
    /// Version of the add-on or chart [default: the cluster version's default, the newest]
    #[arg(long, value_name = "VERSION", help_heading = "Driver")]
    pub driver_version: Option<String>,
    /// With Helm: the chart, a path or oci:// reference [default: aws-fsx-csi-driver of the driver's own repository]
    #[arg(long, value_name = "PATH|REF", help_heading = "Driver")]
    pub chart: Option<String>,
    /// With Helm: a value of the chart, for instance controller.timeout=15m (repeatable)
    #[arg(long, value_name = "KEY=VALUE", help_heading = "Driver")]
    pub helm_value: Vec<String>,
    /// Which cluster.
    #[command(flatten)]
    pub cluster: ClusterArgs,
    /// Identity that the driver keeps or gets.
    #[command(flatten)]
    pub identity: IdentityArgs,
    /// Consent.
    #[command(flatten)]
    pub consent: ConsentArgs,
}

/// `fsxctl migrate identity`.
#[derive(Debug, Clone, Default, Args)]
pub struct MigrateIdentity {
    /// Where to: pod-identity or irsa
    #[arg(long, value_name = "MODE", help_heading = "Identity")]
    pub to: String,
    /// The driver's role, by ARN [default: the one it has]
    #[arg(long, value_name = "ARN", conflicts_with = "role_name", help_heading = "Identity")]
    pub role_arn: Option<String>,
    /// The driver's role, by name [default: the one it has]
    #[arg(long, value_name = "NAME", help_heading = "Identity")]
    pub role_name: Option<String>,
    /// Which cluster.
    #[command(flatten)]
    pub cluster: ClusterArgs,
    /// Consent.
    #[command(flatten)]
    pub consent: ConsentArgs,
}
