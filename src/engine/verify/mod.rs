//! A verification: looks, makes its pods, watches them, removes them. What it all means is judged elsewhere.

mod look;
mod network;
mod remove;
mod watch;

use std::cell::RefCell;
use std::time::Duration;

pub use look::{VerifyLook, look_for_verify, reach};
pub use network::closed_ways;
pub use remove::{Remains, remove_probes};

use self::watch::Watched;
use super::{Event, Reporter, Stop};
use crate::error::{Error, Result};
use crate::facts::Observed;
use crate::gateway::{KubeReads, Probes, Trouble, TroubleKind};
use crate::steps::verify::ProbePlan;
use crate::steps::{Resource, Verb};

/// Logs that have not come by then are done without: the wait is over.
const GATHER: Duration = Duration::from_secs(30);

type Voice = RefCell<Box<dyn Reporter + Send>>;

/// What a verification takes.
pub struct Attempt<'a> {
    /// Makes and removes Jobs.
    pub probes: &'a Probes,
    /// Looks.
    pub kube: &'a KubeReads,
    /// Told of every change of state.
    pub reporter: &'a Voice,
    /// Ends it early.
    pub stop: &'a Stop,
    /// The longest wait.
    pub wait: Duration,
}

/// What came of an attempt. Nothing of it is left in the cluster but what `remains` says.
#[derive(Debug)]
pub struct Tried {
    /// What was seen of each pod of the plan, in its order.
    pub observed: Vec<Observed>,
    /// What ended it early.
    pub failure: Option<Error>,
    /// What could not be removed.
    pub remains: Remains,
}

impl Attempt<'_> {
    /// Makes the Jobs of a plan, all at once, watches them until each has come to its end or the time is over, and removes
    /// them, however it ended. Asked twice to end, it ends without.
    pub async fn make(&self, plan: &ProbePlan) -> Tried {
        let (mut observed, mut failure) = tokio::select! {
            made = self.create(plan) => made,
            () = self.stop.hurried() => {
                return Tried { observed: Vec::new(), failure: self.stop.requested(), remains: Remains::of_run(plan) };
            }
        };
        failure = self.stop.requested().or(failure);
        if failure.is_none() && observed.iter().any(|seen| seen.created) {
            let mut watched = Watched::new(self, plan, observed);
            failure = watched.until_over().await.err();
            // Who was interrupted wants the end, and no figures.
            if self.stop.requested().is_none() {
                tokio::select! {
                    () = watched.gather() => {}
                    _ = self.stop.wait() => {}
                    () = tokio::time::sleep(GATHER) => {}
                }
            }
            observed = watched.observed();
        }
        let run = Some(plan.run.as_str());
        let remains = remove_probes(self, Some(&plan.namespace), &|job| Some(job.run.as_str()) == run).await;
        Tried { observed, failure: self.stop.requested().or(failure), remains }
    }

    async fn create(&self, plan: &ProbePlan) -> (Vec<Observed>, Option<Error>) {
        let manifests: Vec<_> = plan.probes.iter().map(|probe| &probe.manifest).collect();
        let answers = self.probes.create_all(&plan.namespace, &manifests).await;
        let mut failure = None;
        let mut observed = Vec::new();
        for (probe, answer) in plan.probes.iter().zip(answers) {
            let mut seen = Observed::default();
            match answer {
                Ok(()) => {
                    let resource = Resource::new("Job", format!("{}/{}", plan.namespace, probe.job));
                    self.reporter.borrow_mut().on(&Event::Done { verb: Verb::Create, resource, made: None });
                    seen.created = true;
                }
                Err(trouble) if is_refusal(&trouble) => seen.refused = Some(trouble.message),
                Err(trouble) => failure = failure.or_else(|| Some(Error::from(trouble))),
            }
            observed.push(seen);
        }
        (observed, failure)
    }
}

/// A new run's name: eight hexadecimal digits that no other run has.
///
/// # Errors
/// The operating system has no random numbers.
pub fn run_id() -> Result<String> {
    let mut bytes = [0_u8; 4];
    getrandom::fill(&mut bytes)
        .map_err(|cause| Error::bug("there are no random numbers").because(cause.to_string()))?;
    Ok(hex::encode(bytes))
}

/// Whether the cluster said no to this Job for reasons of its own: quota, policy, a webhook.
fn is_refusal(trouble: &Trouble) -> bool {
    matches!(trouble.what, TroubleKind::Conflict | TroubleKind::Refused)
}
