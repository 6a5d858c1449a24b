//! `fsxctl setup …`.

use clap::{Args, Subcommand};

use super::groups::{ClusterArgs, ConsentArgs, DriverArgs, IdentityArgs, NetworkArgs, StorageArgs};

/// `fsxctl setup`, with a part or alone.
#[derive(Debug, Clone, Args)]
pub struct SetupArgs {
    /// Which part; alone it asks.
    #[command(subcommand)]
    pub command: Option<SetupCommand>,
}

/// Parts of a set-up, or the whole.
#[derive(Debug, Clone, Subcommand)]
pub enum SetupCommand {
    /// Identity, network, driver, StorageClass and claim; waits until the claim is Bound
    ///
    /// The driver makes the file system. Everything that is already there and right is kept; only what is
    /// missing is made.
    Dynamic(Box<SetupDynamic>),
    /// The driver's identity alone: OIDC provider and role, or Pod Identity association
    Identity(SetupIdentity),
    /// The network alone: security group and rules for tcp 988 and 1018-1023
    Network(SetupNetwork),
    /// The CSI driver alone
    Driver(SetupDriver),
}

/// `fsxctl setup dynamic`.
#[derive(Debug, Clone, Default, Args)]
pub struct SetupDynamic {
    /// Which cluster.
    #[command(flatten)]
    pub cluster: ClusterArgs,
    /// Identity.
    #[command(flatten)]
    pub identity: IdentityArgs,
    /// Driver.
    #[command(flatten)]
    pub driver: DriverArgs,
    /// Network.
    #[command(flatten)]
    pub network: NetworkArgs,
    /// Storage.
    #[command(flatten)]
    pub storage: StorageArgs,
    /// Consent.
    #[command(flatten)]
    pub consent: ConsentArgs,
    /// Prove it: pods on nodes of every group mount the claim, write, read, and are removed again
    #[arg(long, conflicts_with = "no_wait", help_heading = "Consent")]
    pub verify: bool,
    /// Only these parts: identity, network, driver, storage
    #[arg(
        long,
        value_name = "PART",
        value_delimiter = ',',
        conflicts_with = "skip",
        help_heading = "Consent"
    )]
    pub only: Vec<String>,
    /// All but these parts
    #[arg(long, value_name = "PART", value_delimiter = ',', help_heading = "Consent")]
    pub skip: Vec<String>,
}

/// `fsxctl setup identity`.
#[derive(Debug, Clone, Default, Args)]
pub struct SetupIdentity {
    /// Which cluster.
    #[command(flatten)]
    pub cluster: ClusterArgs,
    /// Identity.
    #[command(flatten)]
    pub identity: IdentityArgs,
    /// Consent.
    #[command(flatten)]
    pub consent: ConsentArgs,
}

/// `fsxctl setup network`.
#[derive(Debug, Clone, Default, Args)]
pub struct SetupNetwork {
    /// Which cluster.
    #[command(flatten)]
    pub cluster: ClusterArgs,
    /// Network.
    #[command(flatten)]
    pub network: NetworkArgs,
    /// Consent.
    #[command(flatten)]
    pub consent: ConsentArgs,
}

/// `fsxctl setup driver`.
#[derive(Debug, Clone, Default, Args)]
pub struct SetupDriver {
    /// Which cluster.
    #[command(flatten)]
    pub cluster: ClusterArgs,
    /// Driver.
    #[command(flatten)]
    pub driver: DriverArgs,
    /// Bring the driver that is there to --driver-version, else to the newest that fits
    #[arg(long, help_heading = "Driver")]
    pub upgrade: bool,
    /// Show which builds of the add-on there are for this Kubernetes, and stop
    #[arg(long, help_heading = "Driver", conflicts_with = "upgrade")]
    pub list_versions: bool,
    /// Identity that the driver gets.
    #[command(flatten)]
    pub identity: IdentityArgs,
    /// Consent.
    #[command(flatten)]
    pub consent: ConsentArgs,
}
