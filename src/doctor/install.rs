//! The driver's installation: whether it is there, whole, alone and running.

use super::check::{Check, Complaint, Outcome};
use super::exam::Exam;
use super::finding::{Fix, Resource, Severity};
use crate::domain::storageclass::PROVISIONER;

/// The checks.
pub(super) const CHECKS: &[Check] = &[Check {
    id: "FSX-INST-01",
    title: "The driver is not installed",
    severity: Severity::Error,
    symptom: "A claim stays Pending with the event `waiting for a volume to be created, either by external provisioner \
              \"fsx.csi.aws.com\" or manually created by system administrator`, and no other.",
    why: "Nothing in the cluster makes or mounts volumes of fsx.csi.aws.com.",
    decided_by: "CSIDriver fsx.csi.aws.com; Deployments and DaemonSets with container fsx-plugin in all namespaces; \
                 eks:DescribeAddon.",
    remedy: "Install it: `fsxctl setup driver`.",
    source: "https://docs.aws.amazon.com/eks/latest/userguide/fsx-csi.html",
    explains: &["FSX-BIND-50", "FSX-SCHED-01", "FSX-MNT-50"],
    judge: not_installed,
}];

fn not_installed(exam: &Exam<'_>) -> Outcome {
    let driver = &exam.facts().driver;
    if exam.has_driver() || driver.addon.found().is_some() {
        return Outcome::passed();
    }
    let outcome = Outcome::passed().unless_seen(&exam.seen.workloads).unless_seen(&driver.addon);
    if !outcome.veils.is_empty() {
        return outcome;
    }
    let needed = exam.is_dynamic() || exam.volumes().next().is_some() || !exam.claims().is_empty();
    let complaint = Complaint::new(
        Resource::new("CSIDriver", PROVISIONER),
        "the FSx for Lustre CSI driver is not installed",
    )
    .because("no Deployment or DaemonSet of any namespace has its container, and EKS has no such add-on")
    .shown_by("apps/v1 Deployment, DaemonSet", "spec.template.spec.containers[].name", "none is fsx-plugin")
    .shown_by("eks:DescribeAddon", "aws-fsx-csi-driver", "not there")
    .affecting(exam.waiting_objects())
    .affecting(exam.users().into_iter().map(|pod| Resource::pod(&pod.namespace, &pod.name)))
    .fixed_by(Fix::consent(
        "install the driver with its role",
        format!("fsxctl setup driver --cluster {}", exam.cluster()),
    ));
    // On a cluster that asks for nothing of it this is where people begin, no fault.
    Outcome::failed(if needed { complaint } else { complaint.severity(Severity::Info) })
}
