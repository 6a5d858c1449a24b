//! Words: exactly what was typed. clap structs and nothing else; what they mean is decided in `intent`.

mod about;
mod byo;
mod doctor;
mod global;
mod groups;
mod migrate;
mod setup;
mod status;
mod verify;

pub use about::{CompletionsArgs, EnvArgs, ImagesArgs, PermissionsArgs, SchemaArgs, Shell, VersionArgs};
pub use byo::{BoundArgs, ByoArgs, CheckArgs, ShareArgs};
use clap::{Parser, Subcommand};
pub use doctor::{DoctorArgs, DoctorCommand, ExplainArgs, FailOn};
pub use global::{GlobalArgs, flag_words};
pub use groups::{ClusterArgs, ConsentArgs, DriverArgs, IdentityArgs, NetworkArgs, StorageArgs};
pub use migrate::{MigrateCommand, MigrateDriver, MigrateIdentity};
pub use setup::{SetupArgs, SetupCommand, SetupDriver, SetupDynamic, SetupIdentity, SetupNetwork};
pub use status::StatusArgs;
pub use verify::VerifyArgs;

/// eksctl for FSx for Lustre on SageMaker HyperPod and Amazon EKS
#[derive(Debug, Clone, Parser)]
#[command(
    name = "fsxctl",
    version,
    about,
    long_about = "eksctl for FSx for Lustre on SageMaker HyperPod and Amazon EKS: from a bare cluster to a bound \
                  Lustre claim in one command.\n\nEvery command looks first, shows its plan, asks, does only what \
                  is missing and proves it. Running it again on a finished set-up writes nothing.",
    after_help = "Start with: fsxctl setup dynamic --dry-run\nOr be asked: fsxctl setup",
    propagate_version = false,
    disable_help_subcommand = true,
    max_term_width = 100
)]
pub struct Cli {
    /// What every command takes.
    #[command(flatten)]
    pub global: GlobalArgs,
    /// What to do.
    #[command(subcommand)]
    pub command: Command,
}

/// What can be done.
#[derive(Debug, Clone, Subcommand)]
pub enum Command {
    /// Set up Lustre storage on a cluster, whole or one part alone; asks when no part is named
    ///
    /// Alone, on a terminal, it looks at the cluster and asks what is wanted. Every question has an answer to start
    /// from, and Enter takes it. It shows the plan of `setup dynamic` before anything is changed, and ends with the
    /// command that does the same without questions. Ctrl-C, Ctrl-D and Esc leave it at any point.
    Setup(Box<SetupArgs>),
    /// Use a file system that is there already: PersistentVolume and claim, checked first
    ///
    /// It makes no StorageClass and no role, because mounting needs neither: a claim that names a StorageClass can make
    /// a second file system instead. File system and data are never changed.
    Byo(Box<ByoArgs>),
    /// Give further namespaces a claim of the same file system, or take it away
    ///
    /// A claim is of one namespace and a volume of one claim, so each namespace gets a volume and a claim of its own.
    Share(Box<ShareArgs>),
    /// Install the driver, or give it its role, in another way than now
    #[command(subcommand, arg_required_else_help = true)]
    Migrate(Box<MigrateCommand>),
    /// Show cluster, identity, driver, classes, claims and file systems, and whether they are all right
    ///
    /// It reads and writes nothing. What cannot be seen is a line with a question mark that names the permission.
    Status(StatusArgs),
    /// Mount a claim on nodes of every group: write, lock, read from another node, and leave nothing behind
    ///
    /// Shows the pods that it would make, asks, and removes them again however it ends. A failed mount is told with its
    /// cause and the next command.
    Verify(Box<VerifyArgs>),
    /// Find what is wrong, root cause first, with its evidence and the way out
    ///
    /// It looks at AWS and Kubernetes together and writes nothing. What cannot be seen is never taken for absent.
    Doctor(Box<DoctorArgs>),
    /// Explain a check, a StorageClass parameter, an exit code, or an error of a mount
    Explain(ExplainArgs),
    /// Show which settings are in force and where each comes from
    Env(EnvArgs),
    /// Show the IAM actions and RBAC rules that a command needs
    ///
    /// Nothing is looked at, so what only looking can tell is a wildcard. Name cluster and Region to narrow it.
    Permissions(PermissionsArgs),
    /// List the container images that a set-up pulls, to mirror or to allow them
    Images(ImagesArgs),
    /// Print a JSON Schema of a document that fsxctl prints
    Schema(SchemaArgs),
    /// Print the completion script of a shell
    Completions(CompletionsArgs),
    /// Print the manual page (roff)
    Man,
    /// Print the version
    Version(VersionArgs),
}
