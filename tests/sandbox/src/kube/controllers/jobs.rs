//! Jobs.

use jiff::Timestamp;
use serde_json::{Value, json};

use super::sets::{drop_pod, make_pod, pods_of, ready, set_status};
use super::{all, condition, later, lenient, text};
use crate::kube::events::{self, Record};
use crate::kube::fields::time;
use crate::kube::store::Removal;
use crate::kube::store::meta::{name_of, namespace_of, terminating, uid_of};
use crate::state::State;

const BATCH: &str = "batch/v1";
const COMPONENT: &str = "job-controller";

/// What has become of a Job: kind of the last condition, reason, message.
type End = (&'static str, &'static str, &'static str);

/// Does what is due.
pub fn run(state: &mut State) {
    for job in all(state, BATCH, "Job").into_iter().filter(|j| !terminating(j)) {
        if finished(&job) {
            expire(state, &job);
        } else if job["spec"]["suspend"] == true {
            suspended(state, &job);
        } else {
            work(state, &job);
        }
    }
}

/// A Job that has to wait: its pods go, and it says so.
fn suspended(state: &mut State, job: &Value) {
    for pod in pods_of(state, job) {
        drop_pod(state, job, &pod, COMPONENT);
    }
    if condition(job, "Suspended").is_some_and(|c| c["status"] == "True") {
        return;
    }
    let now = state.now;
    set_status(state, job, |j| {
        j["status"] = json!({"ready": 0, "terminating": 0, "uncountedTerminatedPods": {}, "conditions": [
            said("Suspended", "True", ("JobSuspended", "Job suspended"), now),
        ]});
    });
    note(state, job, "Normal", ("Suspended", "Job suspended"));
}

fn note(state: &mut State, job: &Value, kind: &str, event: (&str, &str)) {
    let (reason, message) = event;
    let now = state.now;
    events::record(
        &mut state.kube,
        job,
        Record { kind, reason, message, component: COMPONENT, host: "" },
        now,
    );
}

fn said(kind: &str, status: &str, why: (&str, &str), now: Timestamp) -> Value {
    json!({"type": kind, "status": status, "lastProbeTime": time(now), "lastTransitionTime": time(now),
        "reason": why.0, "message": why.1})
}

fn finished(job: &Value) -> bool {
    ["Complete", "Failed"].iter().any(|kind| condition(job, kind).is_some_and(|c| c["status"] == "True"))
}

/// `ttlSecondsAfterFinished` counts on the sandbox's clock; a client must have the time to look at what is left.
fn expire(state: &mut State, job: &Value) {
    let Some(ttl) = job["spec"]["ttlSecondsAfterFinished"].as_u64() else { return };
    let key = format!("ttl:{}", uid_of(job));
    let (now, wait) = (state.now, lenient(state, ttl, super::JOB));
    if state.kube.work.due(&key, now, wait)
        && let Some(kind) = state.kube.kind(BATCH, "Job")
    {
        let _gone = state.kube.remove(&kind, namespace_of(job), name_of(job), &Removal::now(now));
    }
}

fn work(state: &mut State, job: &Value) {
    let pods = pods_of(state, job);
    let count = |phase: &str| pods.iter().filter(|p| p["status"]["phase"] == phase).count();
    let (succeeded, failed) = (count("Succeeded"), count("Failed"));
    let active = pods.len() - succeeded - failed;
    let number = |member: &str, else_: u64| {
        usize::try_from(job["spec"][member].as_u64().unwrap_or(else_)).unwrap_or(usize::MAX)
    };
    let (completions, limit) = (number("completions", 1), number("backoffLimit", 6));
    let mut end: Option<End> = target(job);
    if end.is_some() {
        // What was decided once stays decided.
    } else if succeeded >= completions {
        let text = "Reached expected number of succeeded pods";
        end = Some(("Complete", "CompletionsReached", text));
    } else if failed > limit {
        end = Some(("Failed", "BackoffLimitExceeded", "Job has reached the specified backoff limit"));
    } else if late(state, job) {
        end = Some(("Failed", "DeadlineExceeded", "Job was active longer than specified deadline"));
    }
    if end.is_some() {
        let going = pods.iter().filter(|p| !matches!(text(&p["status"]["phase"]), "Succeeded" | "Failed"));
        for pod in going {
            drop_pod(state, job, pod, COMPONENT);
        }
    } else {
        let wanted = number("parallelism", 1).min(completions - succeeded);
        for _ in active..wanted {
            make_pod(state, job, None, COMPONENT);
        }
    }
    status(state, job, end);
    let last = state.kube.get(BATCH, "Job", namespace_of(job), name_of(job)).is_some_and(finished);
    match end {
        Some(("Complete", _, _)) if last => note(state, job, "Normal", ("Completed", "Job completed")),
        Some((_, reason, message)) if last => note(state, job, "Warning", (reason, message)),
        _ => {}
    }
}

/// The end that a Job is on its way to.
fn target(job: &Value) -> Option<End> {
    let failure = condition(job, "FailureTarget")?;
    let known = [
        ("Failed", "BackoffLimitExceeded", "Job has reached the specified backoff limit"),
        ("Failed", "DeadlineExceeded", "Job was active longer than specified deadline"),
    ];
    known.into_iter().find(|(_, reason, _)| failure["reason"] == *reason)
}

/// Whether `activeDeadlineSeconds` is over, counted from `startTime`; pods that wait for each other must be able to
/// be made within it.
fn late(state: &mut State, job: &Value) -> bool {
    let Some(seconds) = job["spec"]["activeDeadlineSeconds"].as_u64() else { return false };
    let start: Option<Timestamp> = job["status"]["startTime"].as_str().and_then(|t| t.parse().ok());
    let Some(start) = start else { return false };
    let key = format!("deadline:{}", uid_of(job));
    let end = later(start, lenient(state, seconds, super::JOB));
    // startTime has whole seconds: the clock of this run counts from when the job was first seen.
    let at = *state.kube.work.timers.entry(key).or_insert_with(|| end.max(state.now));
    at <= state.now
}

fn status(state: &mut State, job: &Value, end: Option<End>) {
    let pods = pods_of(state, job);
    let owned = state.kube.owned_by(uid_of(job)).into_iter().filter(|(kind, _)| kind == "/Pod");
    let going = owned.filter(|(_, pod)| terminating(pod)).count();
    let now = state.now;
    let count = |phase: &str| pods.iter().filter(|p| p["status"]["phase"] == phase).count();
    let (succeeded, failed) = (count("Succeeded"), count("Failed"));
    let active = pods.len() - succeeded - failed;
    let up = pods.iter().filter(|p| ready(p)).count();
    set_status(state, job, |j| {
        let resumed = condition(j, "Suspended").cloned().map(|before| match before["status"].as_str() {
            Some("True") => said("Suspended", "False", ("JobResumed", "Job resumed"), now),
            _ => before,
        });
        let mut status = json!({"ready": up, "terminating": going, "uncountedTerminatedPods": {}});
        status["startTime"] = match &j["status"]["startTime"] {
            Value::Null => time(now),
            given => given.clone(),
        };
        for (member, count) in [("active", active), ("succeeded", succeeded), ("failed", failed)] {
            if count > 0 {
                status[member] = json!(count);
            }
        }
        if let Some(resumed) = resumed {
            status["conditions"] = json!([resumed]);
        }
        if let Some((kind, reason, message)) = end {
            let one = |kind: &str| {
                json!({"type": kind, "status": "True", "lastProbeTime": time(now), "lastTransitionTime": time(now),
                    "reason": reason, "message": message})
            };
            let before = if kind == "Complete" { "SuccessCriteriaMet" } else { "FailureTarget" };
            let earlier = condition(j, before).cloned().unwrap_or_else(|| one(before));
            // The last word comes when no pod runs any more (Kubernetes 1.31 and newer).
            let last = (active + going == 0).then(|| one(kind));
            let before = status["conditions"].as_array().cloned().unwrap_or_default();
            status["conditions"] = before.into_iter().chain([earlier]).chain(last).collect();
            if kind == "Complete" {
                status["completionTime"] = time(now);
            }
        }
        j["status"] = status;
    });
}
