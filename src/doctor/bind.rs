//! Volumes and claims: what keeps them apart.

use super::check::{Check, Complaint, Outcome};
use super::exam::Exam;
use super::finding::{Fix, Resource, Severity};

/// The checks.
pub(super) const CHECKS: &[Check] = &[Check {
    id: "FSX-BIND-50",
    title: "A claim waits for its file system",
    severity: Severity::Error,
    symptom: "The claim is Pending long after a file system should have been made.",
    why: "Whatever is to make its file system does not, or FSx refuses. The finding that explains it says why.",
    decided_by: "PersistentVolumeClaim status.phase and age; file systems with tag CSIVolumeName=pvc-<uid of the claim>.",
    remedy: "Mend what explains it. Alone: read the claim's events.",
    source: "https://docs.aws.amazon.com/eks/latest/userguide/fsx-csi.html",
    explains: &["FSX-SCHED-05"],
    judge: waits,
}];

/// A claim is Bound within ten minutes, as AWS's page has it; large file systems take longer.
pub(super) const EXPECTED_SECONDS: i64 = 15 * 60;

fn waits(exam: &Exam<'_>) -> Outcome {
    let complaint = |claim: &&crate::facts::ClaimUse| {
        let making = exam.made_for(claim).iter().any(|system| system.lifecycle == "CREATING");
        let refused = !exam.claim_events(claim).is_empty();
        let age = exam.age(claim.created).unwrap_or_default();
        // What is being made within its time is healthy, and so is what was asked for a moment ago.
        if age < EXPECTED_SECONDS && (making || !refused && age < 120) {
            return None;
        }
        let class = claim.class.as_deref().unwrap_or_default();
        let events = exam.claim_events(claim);
        let last = events.iter().max_by_key(|event| event.last);
        let mut complaint = Complaint::new(
            Resource::claim(&claim.namespace, &claim.name),
            format!("claim {}/{} waits for a file system of class {class}", claim.namespace, claim.name),
        )
        .shown_by("PersistentVolumeClaim", "status.phase", &claim.phase)
        .affecting(
            exam.pods_of(&claim.namespace, &claim.name)
                .iter()
                .map(|pod| Resource::pod(&pod.namespace, &pod.name)),
        )
        .fixed_by(
            Fix::manual("mend what explains it; alone, read what the driver says")
                .then(format!("kubectl describe pvc {} -n {}", claim.name, claim.namespace)),
        );
        if let Some(event) = last {
            complaint = complaint.shown_by(format!("Event {}", event.reason), "message", &event.message);
        }
        Some(complaint)
    };
    let waiting: Vec<_> = exam.waiting().collect();
    Outcome::all(waiting.iter().filter_map(complaint)).unless_seen(&exam.survey().claims)
}
