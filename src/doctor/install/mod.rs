//! The driver's installation: whether it is there, whole, alone and running.

mod fargate;
mod pods;
mod release;
mod whole;

use super::check::{Check, Complaint, Outcome};
use super::exam::Exam;
use super::finding::{Fix, Resource, Severity};
use crate::domain::storageclass::PROVISIONER;
use crate::facts::{DriverPod, DriverWorkload};
use crate::steps::driver::ADDON;

/// The checks.
pub(super) const CHECKS: &[Check] = &[
    NOT_INSTALLED,
    release::FOREIGN_ACCOUNT,
    whole::NO_ACCOUNT,
    release::COLLISION,
    release::UNHEALTHY,
    whole::SECOND_COPY,
    whole::NODE_PART_ONLY,
    whole::CSI_DRIVER,
    pods::NO_REGION,
    pods::REGION_UNUSED,
    pods::NO_IMAGE,
    whole::EMPTY_TAGS,
    whole::UNPINNED,
    pods::NOT_REGISTERED,
    pods::REFUSED,
    fargate::FARGATE,
    pods::NOT_RUNNING,
    release::UNSETTLED,
    whole::NO_NODE_PART,
];

const NOT_INSTALLED: Check = Check {
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
};

/// What a controller that does not run explains.
const OF_CONTROLLER: &[&str] = &["FSX-INST-50", "FSX-INST-05", "FSX-BIND-50"];
/// What keeps pods of both workloads from running explains.
const OF_BOTH: &[&str] = &["FSX-INST-50", "FSX-INST-05", "FSX-BIND-50", "FSX-SCHED-01", "FSX-MNT-50"];

/// A workload of the driver.
fn object(workload: &DriverWorkload) -> Resource {
    Resource::new(&workload.kind, format!("{}/{}", workload.namespace, workload.name))
}

/// The add-on, when there is one: its health is that of its pods.
fn addon_object(exam: &Exam<'_>) -> Option<Resource> {
    exam.facts().driver.addon.found().map(|_| Resource::new("Addon", ADDON))
}

/// What a controller that does not run stops.
fn stopped_by_controller(exam: &Exam<'_>) -> Vec<Resource> {
    let controllers = exam.controllers().into_iter().map(object);
    controllers.chain(addon_object(exam)).chain(exam.waiting_objects()).collect()
}

/// Nodes of pods that use claims, as far as they are concerned, and those of the pods that do not run yet.
fn stopped_on(exam: &Exam<'_>, is_concerned: impl Fn(&str) -> bool) -> Vec<Resource> {
    let pods = exam.users().into_iter().filter(|pod| !pod.terminating);
    let here =
        pods.filter_map(|pod| Some((pod.node.as_deref()?, pod))).filter(|(node, _)| is_concerned(node));
    let mut all = Vec::new();
    for (node, pod) in here {
        all.push(Resource::new("Node", node));
        if pod.phase == "Pending" {
            all.push(Resource::pod(&pod.namespace, &pod.name));
        }
    }
    all.extend(addon_object(exam));
    all
}

/// The pods of a workload, as far as their names tell.
fn pods_of<'a>(exam: &Exam<'a>, workload: &DriverWorkload) -> Vec<&'a DriverPod> {
    let all = if workload.kind == "Deployment" { exam.controller_pods() } else { exam.plugin_pods() };
    all.into_iter().filter(|pod| pod.namespace == workload.namespace).collect()
}

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

#[cfg(test)]
mod tests;
