//! Where pods run: nodes, taints, and whether the driver is on them.

use super::check::{Check, Complaint, Outcome};
use super::exam::Exam;
use super::finding::{Fix, Resource, Severity};

/// The checks.
pub(super) const CHECKS: &[Check] = &[Check {
    id: "FSX-SCHED-05",
    title: "A pod waits for its claim",
    severity: Severity::Error,
    symptom: "`0/N nodes are available: pod has unbound immediate PersistentVolumeClaims`.",
    why: "A pod is not placed before its claims are Bound. The claim is what to look at.",
    decided_by: "Pod status.phase and condition PodScheduled; phase of the claims that it names.",
    remedy: "Mend what keeps the claim from being Bound.",
    source: "https://kubernetes.io/docs/concepts/storage/persistent-volumes/#binding",
    explains: &[],
    judge: waits_for_claim,
}];

fn waits_for_claim(exam: &Exam<'_>) -> Outcome {
    let complaint = |pod: &crate::facts::PodUse| {
        let claims = exam.claims().iter();
        let unbound = claims.filter(|claim| claim.namespace == pod.namespace && claim.phase != "Bound");
        // What is being made for a claim is waited for, and that is no fault.
        let unbound = unbound.filter(|claim| !exam.is_on_its_way(claim));
        let named = unbound.filter(|claim| pod.claims.contains(&claim.name)).map(|claim| claim.name.as_str());
        let unbound: Vec<&str> = named.collect();
        // A claim that its class binds with this pod needs the pod to be placed first, and that is under way.
        let placed = pod.node.is_some();
        if unbound.is_empty()
            || placed
            || pod.phase != "Pending"
            || exam.age(pod.created).is_some_and(|it| it < 120)
        {
            return None;
        }
        let mut complaint = Complaint::new(
            Resource::pod(&pod.namespace, &pod.name),
            format!("pod {}/{} waits for claim {}", pod.namespace, pod.name, unbound.join(", ")),
        )
        .because("a pod is placed when its claims are Bound")
        .shown_by("PersistentVolumeClaim", "status.phase", "Pending")
        .fixed_by(Fix::manual("mend what keeps the claim from being Bound"));
        if let Some(why) = &pod.unscheduled {
            complaint = complaint.shown_by("Pod", "status.conditions[PodScheduled].message", why);
        }
        Some(complaint)
    };
    Outcome::all(exam.users().into_iter().filter_map(complaint)).unless_seen(&exam.survey().pods)
}
