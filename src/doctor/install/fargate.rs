//! The controller on Fargate.

use super::super::check::{Check, Complaint, Outcome};
use super::super::exam::Exam;
use super::super::finding::{Fix, Severity};
use super::pods::seen;
use super::{OF_CONTROLLER, object, stopped_by_controller};
use crate::facts::DriverPod;

pub(super) const FARGATE: Check = Check {
    id: "FSX-INST-17",
    title: "The controller runs on Fargate",
    severity: Severity::Error,
    symptom: "As without a Region or without a role.",
    why: "Fargate has neither the instance metadata service nor EKS Pod Identity, so the controller needs AWS_REGION and IRSA \
          there.",
    decided_by: "Label eks.amazonaws.com/compute-type=fargate of the controller's nodes; AWS_REGION and AWS_ROLE_ARN of its pods.",
    remedy: "Narrow the Fargate profile so that it does not take the controller, or give it Region and IRSA.",
    source: "https://docs.aws.amazon.com/eks/latest/userguide/fargate.html",
    explains: OF_CONTROLLER,
    judge: fargate,
};

fn fargate(exam: &Exam<'_>) -> Outcome {
    let outcome = seen(exam).unless_seen(&exam.facts().nodes);
    let on_fargate = |pod: &&DriverPod| {
        pod.node.as_deref().and_then(|node| exam.node(node)).is_some_and(|node| node.fargate)
    };
    let all: Vec<&DriverPod> = exam.controller_pods().into_iter().filter(on_fargate).collect();
    let Some(pod) = all.first() else { return outcome };
    let Some(controller) = exam.controllers().into_iter().find(|it| it.namespace == pod.namespace) else {
        return outcome;
    };
    let static_keys = exam.seen.static_keys.found() == Some(&true);
    let lacks_role = pod.role_arn.is_none() && !static_keys;
    let mut lacks = Vec::new();
    if pod.region.is_none() {
        lacks.push("no Region");
    }
    if lacks_role {
        lacks.push("no role by IRSA");
    }
    let severity = match (lacks.is_empty(), exam.is_dynamic()) {
        (false, true) => Severity::Error,
        _ => Severity::Info,
    };
    let summary = match lacks.is_empty() {
        true => "the controller runs on Fargate".to_owned(),
        false => format!("the controller runs on Fargate with {}", lacks.join(" and ")),
    };
    let complaint = Complaint::new(object(controller), summary)
        .because(
            "a Fargate profile takes its namespace; Fargate has no instance metadata and no Pod Identity",
        )
        .severity(severity)
        .shown_by("Node", "label eks.amazonaws.com/compute-type", "fargate")
        .shown_by(
            format!("Pod {}/{}", pod.namespace, pod.name),
            "env AWS_REGION",
            pod.region.as_deref().unwrap_or("not set"),
        )
        .shown_by(
            format!("Pod {}/{}", pod.namespace, pod.name),
            "env AWS_ROLE_ARN",
            pod.role_arn.as_deref().unwrap_or("not set"),
        )
        .affecting(if lacks.is_empty() { Vec::new() } else { stopped_by_controller(exam) })
        .fixed_by(Fix::manual(
            "narrow the Fargate profile so that the controller runs on a node, or give it Region and IRSA",
        ));
    outcome.and(Outcome::failed(complaint))
}
