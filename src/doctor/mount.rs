//! Mounts: what keeps a pod from its volume on a node.

use super::check::{Check, Complaint, Outcome};
use super::exam::Exam;
use super::finding::{Fix, Resource, Severity};
use crate::domain::mount::MountFailure;

/// The checks.
pub(super) const CHECKS: &[Check] = &[Check {
    id: "FSX-MNT-50",
    title: "A pod cannot mount its volume",
    severity: Severity::Error,
    symptom: "The pod stays ContainerCreating; its events are FailedMount.",
    why: "The driver on its node cannot mount the file system. The finding that explains it says why.",
    decided_by: "Pod status and node; its FailedMount events of the last minutes.",
    remedy: "Mend what explains it. Alone: read the pod's events.",
    source: "https://docs.aws.amazon.com/fsx/latest/LustreGuide/mount-troubleshooting.html",
    explains: &[],
    judge: cannot_mount,
}];

/// The kubelet repeats a failed mount after two minutes at most; older events are of the past.
const RECENT_SECONDS: i64 = 10 * 60;

fn cannot_mount(exam: &Exam<'_>) -> Outcome {
    let complaint = |pod: &crate::facts::PodUse| {
        let stuck = pod.phase == "Pending" && pod.node.is_some() && !pod.terminating;
        let recent = |event: &&&crate::facts::ObjectEvent| {
            event.reason == "FailedMount" && exam.age(event.last).is_none_or(|age| age < RECENT_SECONDS)
        };
        let events = exam.pod_events(pod);
        let failure = events.iter().filter(recent).max_by_key(|event| event.last).filter(|_| stuck)?;
        let node = pod.node.as_deref().unwrap_or_default();
        // On a fresh node the driver is still starting, and the kubelet tries again.
        let fresh = exam.node(node).and_then(|node| exam.age(node.more.created));
        let starts = fresh.is_some_and(|age| age < super::schedule::FRESH_SECONDS);
        if starts && MountFailure::of(&failure.message) == MountFailure::NotRegistered {
            return None;
        }
        Some(
            Complaint::new(
                Resource::pod(&pod.namespace, &pod.name),
                format!("pod {}/{} cannot mount its volume on node {node}", pod.namespace, pod.name),
            )
            .shown_by(format!("Event {}", failure.reason), "message", &failure.message)
            .fixed_by(
                Fix::manual("mend what explains it; alone, read what the kubelet says")
                    .then(format!("kubectl describe pod {} -n {}", pod.name, pod.namespace)),
            ),
        )
    };
    Outcome::all(exam.users().into_iter().filter_map(complaint))
        .unless_seen(&exam.survey().pods)
        .unless_seen(&exam.seen.events)
}
