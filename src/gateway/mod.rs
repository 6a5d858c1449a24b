//! The only door to AWS and Kubernetes: thin, typed, boring. SDK and API shapes go in, facts come out; nothing is
//! decided here.
//!
//! [`Session`] is the way to AWS and [`Kubernetes`] the way to the cluster. [`Reads`] and [`KubeReads`] look;
//! [`Writes`] change and are made only after consent. What goes wrong is a [`Trouble`].

mod credentials;
mod helm;
mod http;
mod kubernetes;
mod read;
mod scrub;
mod session;
mod trace;
mod trouble;
pub mod wait;
mod write;

pub use helm::Helm;
pub use kubernetes::{ContextCluster, KubeWish, Kubernetes, cluster_of_context};
pub use read::{Answer, KubeReads, Manifests, Reads};
pub use session::{Env, Session, SessionWish};
pub use trouble::{KUBERNETES, Trouble, TroubleKind};
pub use write::{
    AddonChange, NewAddon, NewAssociation, NewGroup, NewRelease, NewRole, PROBE_SELECTOR, Place, Probes,
    RUN_LABEL, Writes,
};
