//! Looking: AWS and Kubernetes answers turned into facts. Nothing here writes or decides.
//!
//! Every read has three good answers: found, missing, and hidden when a permission is missing.

mod ec2;
mod eks;
mod fsx;
mod helm;
mod iam;
mod images;
mod kube;
mod manifest;
mod object;
mod pods;
mod probe;
mod sagemaker;
mod survey;
mod watch;

use std::error::Error as StdError;

use aws_smithy_runtime_api::client::orchestrator::HttpResponse;
use aws_smithy_runtime_api::client::result::SdkError;
use aws_smithy_types::error::metadata::ProvideErrorMetadata;

pub use self::kube::KubeReads;
pub(super) use self::kube::marks;
use super::session::Session;
use super::trouble::Trouble;
use crate::facts::{Caller, Seen};
pub use manifest::Manifests;

/// What a read comes to.
pub type Answer<T> = Result<Seen<T>, Trouble>;

/// Everything that may be looked at in AWS. Cheap to clone.
#[derive(Debug, Clone)]
pub struct Reads {
    session: Session,
}

impl Reads {
    /// Reads through a session.
    pub fn new(session: &Session) -> Self {
        Self { session: session.clone() }
    }

    /// The Region that is looked at.
    pub fn region(&self) -> &str {
        self.session.region()
    }

    /// sts:GetCallerIdentity.
    ///
    /// # Errors
    /// Trouble other than denied and not found, here and in every other read.
    pub async fn caller(&self) -> Answer<Caller> {
        let answer = self.session.sts().get_caller_identity().send().await;
        seen("sts", "GetCallerIdentity", answer, |caller| {
            Some(Caller { account: caller.account?, arn: caller.arn? })
        })
    }
}

/// Turns an SDK answer into a read's answer.
fn seen<O, E, T>(
    service: &'static str,
    operation: &str,
    answer: Result<O, SdkError<E, HttpResponse>>,
    into: impl FnOnce(O) -> Option<T>,
) -> Answer<T>
where
    E: ProvideErrorMetadata + StdError + 'static,
{
    match answer {
        Ok(output) => Ok(into(output).into()),
        Err(error) => Trouble::aws(service, operation, &error).seen(),
    }
}
