//! Removes what verifications made: their Jobs, and with them their pods, which take their own files away first.

use std::time::Duration;

use futures::StreamExt as _;

use super::Attempt;
use crate::engine::Event;
use crate::error::Error;
use crate::facts::{ProbeJob, Seen};
use crate::gateway::wait::{Backoff, Deadline};
use crate::gateway::{Trouble, TroubleKind};
use crate::steps::verify::ProbePlan;
use crate::steps::{Resource, Verb};

/// Kubelet gives a pod 30 seconds to end (its own grace period), and a hung mount may take its time.
const LIMIT: Duration = Duration::from_secs(75);
/// Calls under way at once.
const AT_ONCE: usize = 32;

/// What is still there, and why.
#[derive(Debug, Default)]
pub struct Remains {
    /// `Job default/fsxctl-verify-0a-0`, `Pod default/…`.
    pub left: Vec<String>,
    /// How many Jobs were removed.
    pub removed: usize,
    /// What kept them from being removed.
    pub error: Option<Error>,
}

impl Remains {
    /// All of a run, because nobody removed it.
    pub(super) fn of_run(plan: &ProbePlan) -> Self {
        let left = plan.probes.iter().map(|probe| format!("Job {}/{}", plan.namespace, probe.job)).collect();
        Self { left, removed: 0, error: None }
    }
}

/// Removes the Jobs that fit, of a namespace or of all, and waits until their pods are gone. Asked twice to end, it ends at
/// once and says what is left.
pub async fn remove_probes(
    hands: &Attempt<'_>,
    namespace: Option<&str>,
    fits: &dyn Fn(&ProbeJob) -> bool,
) -> Remains {
    let mut remains = Remains::default();
    let outcome = tokio::select! {
        outcome = remove(hands, namespace, fits, &mut remains) => outcome,
        () = hands.stop.hurried() => Ok(()),
    };
    remains.error = outcome.err().map(Error::from);
    remains
}

async fn remove(
    hands: &Attempt<'_>,
    namespace: Option<&str>,
    fits: &dyn Fn(&ProbeJob) -> bool,
    remains: &mut Remains,
) -> Result<(), Trouble> {
    let deadline = Deadline::after(LIMIT);
    let mut backoff = Backoff::new(Duration::from_millis(100), Duration::from_secs(2));
    // Places and runs whose pods are on their way out.
    let mut going: Vec<(String, String)> = Vec::new();
    loop {
        let jobs = match hands.kube.probe_jobs(namespace, None).await {
            Ok(Seen::Found(jobs)) => jobs.into_iter().filter(|job| fits(job)).collect::<Vec<_>>(),
            Ok(Seen::Missing) => Vec::new(),
            Ok(Seen::Hidden(veil)) => return Err(denied(&veil.permission, &veil.cause)),
            Err(trouble) => {
                again(trouble, deadline, &mut backoff).await?;
                continue;
            }
        };
        for job in &jobs {
            let place = (job.namespace.clone(), job.run.clone());
            if !going.contains(&place) {
                going.push(place);
            }
        }
        remains.left = jobs.iter().map(|job| format!("Job {}/{}", job.namespace, job.name)).collect();
        let answers = futures::stream::iter(jobs.iter().map(|job| hands.probes.delete(job)));
        let answers: Vec<_> = answers.buffered(AT_ONCE).collect().await;
        let mut is_whole = true;
        for (job, answer) in jobs.iter().zip(answers) {
            match answer {
                Ok(true) => {
                    let name = format!("{}/{}", job.namespace, job.name);
                    remains.left.retain(|left| *left != format!("Job {name}"));
                    remains.removed += 1;
                    let resource = Resource::new("Job", name);
                    hands.reporter.borrow_mut().on(&Event::Done { verb: Verb::Delete, resource, made: None });
                }
                Ok(false) => is_whole = false,
                Err(trouble) => {
                    again(trouble, deadline, &mut backoff).await?;
                    is_whole = false;
                }
            }
        }
        let pods = if is_whole { pods(hands, &going).await } else { Ok(Vec::new()) };
        match pods {
            Ok(pods) if pods.is_empty() && is_whole && jobs.is_empty() => return Ok(()),
            Ok(pods) => remains.left.extend(pods),
            Err(trouble) => {
                remains.left.extend(unseen(&going, &trouble));
                again(trouble, deadline, &mut backoff).await?;
            }
        }
        if !deadline.sleep(backoff.pause()).await {
            return Ok(());
        }
    }
}

/// Pods of these runs that are still there.
async fn pods(hands: &Attempt<'_>, going: &[(String, String)]) -> Result<Vec<String>, Trouble> {
    let mut left = Vec::new();
    for (namespace, run) in going {
        match hands.kube.probe_pods(namespace, run).await? {
            Seen::Found(pods) => {
                left.extend(pods.into_iter().map(|pod| format!("Pod {namespace}/{}", pod.name)));
            }
            Seen::Missing => {}
            Seen::Hidden(veil) => return Err(denied(&veil.permission, &veil.cause)),
        }
    }
    Ok(left)
}

/// What may still be there of these runs, when that may not be looked at.
fn unseen(going: &[(String, String)], trouble: &Trouble) -> Vec<String> {
    let permission = &trouble.permission;
    let pods = |(namespace, run): &(String, String)| {
        format!("perhaps Pods {namespace}/fsxctl-verify-{run}-… ({permission} is not allowed)")
    };
    let is_hidden = trouble.what == TroubleKind::Denied;
    going.iter().filter(|_| is_hidden).map(pods).collect()
}

fn denied(permission: &str, cause: &str) -> Trouble {
    let mut trouble = Trouble::new(TroubleKind::Denied, crate::gateway::KUBERNETES, permission, cause);
    permission.clone_into(&mut trouble.permission);
    trouble
}

/// What is only a bad moment is waited out; all else is said.
async fn again(trouble: Trouble, deadline: Deadline, backoff: &mut Backoff) -> Result<(), Trouble> {
    let may_pass =
        matches!(trouble.what, TroubleKind::Throttled | TroubleKind::Unreachable | TroubleKind::Odd);
    if may_pass && deadline.sleep(backoff.pause()).await { Ok(()) } else { Err(trouble) }
}
