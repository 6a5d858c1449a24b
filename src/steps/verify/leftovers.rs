//! What earlier verifications left: which of it is over, and the plan that removes it.

use std::collections::BTreeMap;

use super::ProbePlan;
use crate::domain::verify::Transcript;
use crate::facts::{Observed, ProbeJob};
use crate::steps::{Action, Change, Item, Note, ObjectRef, Plan, Resource, Sign, StepId, Verb};

/// Whoever made a Job that has ended removes it at once, or is gone; seconds.
const AT_ONCE: u64 = 60;

/// Jobs by namespace and run.
fn runs(jobs: &[ProbeJob]) -> BTreeMap<(&str, &str), Vec<&ProbeJob>> {
    let mut runs: BTreeMap<(&str, &str), Vec<&ProbeJob>> = BTreeMap::new();
    for job in jobs {
        runs.entry((&job.namespace, &job.run)).or_default().push(job);
    }
    runs
}

/// A run is over when all of its Jobs have ended, or are older than they may be.
fn is_over(jobs: &[&ProbeJob]) -> bool {
    jobs.iter().all(|job| job.age_seconds > if job.finished { AT_ONCE } else { job.deadline_seconds })
}

/// The plan that removes what is over, and the uids of its Jobs; `named`: the run was named, so all of it.
pub fn leftovers(jobs: &[ProbeJob], named: bool) -> (Plan, Vec<String>) {
    let (over, under_way): (Vec<_>, Vec<_>) =
        runs(jobs).into_iter().partition(|(_, jobs)| named || is_over(jobs));
    let notes = under_way.into_iter().map(|((namespace, run), jobs)| Note {
        sign: Sign::Keep,
        text: format!(
            "run {run} in {namespace} may be under way ({} Jobs, {} s old); --run {run} removes it all the same",
            jobs.len(),
            jobs.iter().map(|job| job.age_seconds).max().unwrap_or_default()
        ),
    });
    let notes: Vec<Note> = notes.collect();
    let chosen: Vec<&ProbeJob> = over.into_iter().flat_map(|(_, jobs)| jobs).collect();
    let because = match chosen.len() {
        0 => "earlier runs left nothing".to_owned(),
        1 => "earlier runs left a Job".to_owned(),
        count => format!("earlier runs left {count} Jobs"),
    };
    let changes = chosen.iter().map(|job| removal(job)).collect();
    let item = Item { notes, ..Item::settled(StepId::Verify, because).with(changes) };
    let uids = chosen.iter().map(|job| job.uid.clone()).collect();
    (Plan { items: vec![item], ..Plan::default() }, uids)
}

/// What is to be told of files that pods may have left in the file system because they were killed.
pub fn left_files(plan: &ProbePlan, observed: &[Observed]) -> Option<Note> {
    let is_suspect = |seen: &Observed| {
        let Some(pod) = seen.pod.as_ref() else { return false };
        let is_over = pod.exit_code.is_some() || pod.phase == "Failed";
        match (&seen.log, pod.exit_code) {
            (Some(log), code) => is_over && code != Some(0) && Transcript::of(log).may_leave_files(),
            // Without a log the code tells whether the script came to its end: a shell that is killed has 128 and more.
            (None, Some(code)) => code > 128,
            (None, None) => false,
        }
    };
    if plan.read_only {
        return None;
    }
    let pods = plan.probes.iter().zip(observed).filter(|(_, seen)| is_suspect(seen));
    let nodes: Vec<&str> = pods.map(|(probe, _)| probe.node.name.as_str()).collect();
    let first = nodes.first()?;
    let more = if nodes.len() > 1 { format!(" and {} more", nodes.len() - 1) } else { String::new() };
    let text = format!(
        "the pod on {first}{more} did not take its files away: directory .fsxctl-verify-{} may be left at the root of the \
         file system; remove it from a pod that mounts claim {}/{}",
        plan.run, plan.namespace, plan.claim
    );
    Some(Note { sign: Sign::Warn, text })
}

fn removal(job: &ProbeJob) -> Change {
    let state = if job.finished { "ended" } else { "never ended" };
    Change {
        id: format!("{}/{}", job.namespace, job.name),
        verb: Verb::Delete,
        resource: Resource::new("Job", format!("{}/{}", job.namespace, job.name)),
        because: format!("left by run {}, {} s old, {state}", job.run, job.age_seconds),
        permissions: vec![format!("delete jobs.batch in {}", job.namespace)],
        later: Vec::new(),
        details: Vec::new(),
        after: Vec::new(),
        action: Action::DeleteObject {
            at: ObjectRef {
                api_version: "batch/v1".to_owned(),
                kind: "Job".to_owned(),
                plural: "jobs".to_owned(),
                namespace: Some(job.namespace.clone()),
                name: job.name.clone(),
                resource_version: Some(job.resource_version.clone()),
            },
        },
    }
}

/// A line on each earlier run that is still there.
pub fn of_others(jobs: &[ProbeJob]) -> Vec<Note> {
    let line = |((namespace, run), jobs): ((&str, &str), Vec<&ProbeJob>)| {
        let (sign, text) = match is_over(&jobs) {
            true => (Sign::Warn, "was left behind; fsxctl verify --cleanup-only removes it"),
            false => (Sign::Keep, "is under way and left alone"),
        };
        Note { sign, text: format!("another run, {run} in {namespace}, {text}") }
    };
    runs(jobs).into_iter().map(line).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn job(run: &str, name: &str, age_seconds: u64, finished: bool) -> ProbeJob {
        ProbeJob {
            namespace: "default".to_owned(),
            name: name.to_owned(),
            uid: format!("uid-{name}"),
            run: run.to_owned(),
            age_seconds,
            deadline_seconds: 360,
            finished,
            ..ProbeJob::default()
        }
    }

    #[test]
    fn only_runs_that_are_over_are_removed_unless_one_is_named() {
        let jobs = [
            job("0a", "ended", 61, true),
            job("0b", "late", 361, false),
            job("0c", "runs", 100, false),
            job("0d", "half-ended", 100, true),
            job("0d", "half-runs", 100, false),
            job("0e", "just-ended", 5, true),
        ];
        let (plan, uids) = leftovers(&jobs, false);
        assert_eq!(uids, ["uid-ended", "uid-late"]);
        let kept: Vec<&str> = plan.items[0].notes.iter().filter_map(|note| note.text.get(4..6)).collect();
        assert_eq!(kept, ["0c", "0d", "0e"]);
        assert_eq!(leftovers(&jobs, true).1.len(), jobs.len());
        assert!(leftovers(&[], false).0.is_settled());
        let signs: Vec<Sign> = of_others(&jobs).iter().map(|note| note.sign).collect();
        assert_eq!(signs, [Sign::Warn, Sign::Warn, Sign::Keep, Sign::Keep, Sign::Keep]);
    }
}
