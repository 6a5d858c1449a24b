//! Changing: one method is one call. What was decided before is done, nothing else.

mod ec2;
mod eks;
mod helm;
mod iam;
mod kube;
mod probe;

pub use self::ec2::NewGroup;
pub use self::eks::{AddonChange, NewAddon, NewAssociation};
pub use self::helm::NewRelease;
pub use self::iam::NewRole;
pub use self::kube::Place;
pub use self::probe::{PROBE_SELECTOR, Probes, RUN_LABEL};
use super::kubernetes::{Kubernetes, Link};
use super::session::Session;
use super::trouble::{Trouble, TroubleKind};

/// Everything that may be changed. Only a command that has consent makes one. Cheap to clone.
#[derive(Debug, Clone)]
pub struct Writes {
    session: Session,
    kubernetes: Option<Link>,
    cluster: Option<Kubernetes>,
}

impl Writes {
    /// Writes through a session, and to the cluster when there is a way to it.
    pub fn new(session: &Session, kubernetes: Option<&Kubernetes>) -> Self {
        Self {
            session: session.clone(),
            kubernetes: kubernetes.map(|kubernetes| kubernetes.link().clone()),
            cluster: kubernetes.cloned(),
        }
    }
}

/// An answer without what it must have.
fn without(service: &'static str, operation: &str, what: &str) -> Trouble {
    Trouble::new(TroubleKind::Odd, service, operation, &format!("the answer has no {what}"))
}
