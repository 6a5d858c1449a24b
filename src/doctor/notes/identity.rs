//! Odd, and all right: who the controller is.

use crate::doctor::auth;
use crate::doctor::check::{Check, Complaint, Outcome};
use crate::doctor::exam::Exam;
use crate::doctor::finding::{Resource, Severity};

/// The checks.
pub(in crate::doctor) const CHECKS: &[Check] = &[NODE_ROLE_IS_ENOUGH, TWO_WAYS];

const NODE_ROLE_IS_ENOUGH: Check = Check {
    id: "FSX-NOTE-07",
    title: "The controller works with its node's role",
    severity: Severity::Info,
    symptom: "The controller's service account has neither annotation nor association, and file systems are made.",
    why: "The nodes' role may make file systems, so every pod on them may.",
    decided_by: "Annotation and association of the service account; policies of the nodes' role.",
    remedy: "Nothing. A role of its own would give the right to the controller alone: `fsxctl setup identity`.",
    source: "https://docs.aws.amazon.com/eks/latest/best-practices/identity-and-access-management.html",
    explains: &[],
    judge: node_role_is_enough,
};

const TWO_WAYS: Check = Check {
    id: "FSX-NOTE-09",
    title: "The controller has both IRSA and Pod Identity",
    severity: Severity::Info,
    symptom: "The service account has the annotation of IRSA and a Pod Identity association.",
    why: "The association goes before the annotation when pods are made; the other one counts for nothing.",
    decided_by: "Annotation eks.amazonaws.com/role-arn; eks:ListPodIdentityAssociations.",
    remedy: "Nothing. One of them is enough: `fsxctl migrate identity`.",
    source: "https://docs.aws.amazon.com/eks/latest/userguide/pod-identities.html",
    explains: &[],
    judge: two_ways,
};

fn node_role_is_enough(exam: &Exam<'_>) -> Outcome {
    if !auth::node_is_enough(exam) {
        return Outcome::passed();
    }
    let (namespace, name) = auth::account(exam);
    Outcome::failed(
        Complaint::new(
            Resource::new("ServiceAccount", format!("{namespace}/{name}")),
            "the controller has no role of its own, and its node's role is enough",
        )
        .because("every pod on these nodes may make and delete file systems too")
        .shown_by("policies of the nodes' role", "fsx:CreateFileSystem", "allowed"),
    )
}

fn two_ways(exam: &Exam<'_>) -> Outcome {
    let access = &exam.facts().access;
    let outcome = Outcome::passed().unless_seen(&access.association).unless_seen(&access.service_account);
    let annotated = access.service_account.found().and_then(|account| account.role_arn.as_deref());
    let (Some(association), Some(role)) = (access.association.found(), annotated) else { return outcome };
    let (namespace, name) = auth::account(exam);
    Outcome::failed(
        Complaint::new(
            Resource::new("ServiceAccount", format!("{namespace}/{name}")),
            format!("service account {namespace}/{name} has an annotation and an association"),
        )
        .because("Pod Identity goes first; the annotation counts for nothing")
        .shown_by("ServiceAccount", "metadata.annotations[eks.amazonaws.com/role-arn]", role)
        .shown_by("eks:DescribePodIdentityAssociation", "association.roleArn", &association.role_arn),
    )
}
