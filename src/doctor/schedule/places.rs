//! Pods in places where they cannot mount, cannot be placed, or cannot run.

use super::super::check::{Check, Complaint, Outcome};
use super::super::exam::Exam;
use super::super::finding::{Fix, Resource, Severity};
use super::is_unfit;
use crate::facts::PodUse;
use crate::steps::driver::ADDON;

pub(super) const UNFIT: Check = Check {
    id: "FSX-SCHED-07",
    title: "A pod is where the driver cannot mount",
    severity: Severity::Error,
    symptom: "The mount never happens on Fargate, on a Windows node, or on a hybrid node with a driver before 1.7.0.",
    why: "The node plugin does not run there, and there is no Lustre client.",
    decided_by: "Node label eks.amazonaws.com/compute-type, label kubernetes.io/os, spec.providerID; condition PodScheduled of \
                 pods for Fargate.",
    remedy: "Run the pod on an EC2 or HyperPod node with Linux.",
    source: "https://docs.aws.amazon.com/eks/latest/userguide/fsx-csi.html",
    explains: &["FSX-MNT-50"],
    judge: unfit,
};

pub(super) const OWN_RULES: Check = Check {
    id: "FSX-SCHED-08",
    title: "A pod waits for a node, and not for its storage",
    severity: Severity::Info,
    symptom: "A pod is Pending with FailedScheduling, and its claims are Bound.",
    why: "No node fits what the pod asks for: GPUs, CPU, memory, its node selector, or taints. Volumes of the driver have no \
          node affinity.",
    decided_by: "Condition PodScheduled of the pod; phase of its claims.",
    remedy: "Look at what the pod asks for and what the nodes have.",
    source: "https://kubernetes.io/docs/concepts/scheduling-eviction/assign-pod-node/",
    explains: &[],
    judge: own_rules,
};

pub(super) const CONTROLLER: Check = Check {
    id: "FSX-SCHED-09",
    title: "The controller cannot be placed",
    severity: Severity::Error,
    symptom: "fsx-csi-controller is Pending: `had untolerated taint {nvidia.com/gpu: }`; the add-on is DEGRADED.",
    why: "The controller tolerates few taints, and on GPU-only clusters every node has one; or no node has room.",
    decided_by: "Condition PodScheduled of the controller's pods.",
    remedy: "Add a group of nodes for system pods, or give the controller tolerations.",
    source: "https://github.com/kubernetes-sigs/aws-fsx-csi-driver/tree/master/charts/aws-fsx-csi-driver",
    explains: &["FSX-INST-50", "FSX-INST-05", "FSX-BIND-50"],
    judge: controller,
};

fn unfit(exam: &Exam<'_>) -> Outcome {
    let outcome = Outcome::passed().unless_seen(&exam.survey().pods).unless_seen(&exam.facts().nodes);
    let complaint = |pod: &PodUse| {
        let for_fargate = || {
            let why =
                pod.unscheduled.as_deref().filter(|why| pod.node.is_none() && why.contains("Fargate"))?;
            Some(("Fargate", "status.conditions[PodScheduled].message", why.to_owned()))
        };
        let placed = || is_unfit(exam, pod.node.as_deref()?);
        let (place, field, value) = placed().or_else(for_fargate).filter(|_| pod.phase == "Pending")?;
        Some(
            Complaint::new(
                Resource::pod(&pod.namespace, &pod.name),
                format!("pod {}/{} is for {place}, where the driver cannot mount", pod.namespace, pod.name),
            )
            .because("the node plugin does not run there")
            .shown_by(if field.starts_with("status") { "Pod" } else { "Node" }, field, value)
            .fixed_by(Fix::manual("run it on an EC2 or HyperPod node with Linux")),
        )
    };
    outcome.and(Outcome::all(exam.users().into_iter().filter_map(complaint)))
}

fn own_rules(exam: &Exam<'_>) -> Outcome {
    let outcome = Outcome::passed().unless_seen(&exam.survey().pods).unless_seen(&exam.survey().claims);
    let is_bound = |pod: &PodUse| {
        let mut claims = exam.claims().iter().filter(|it| it.namespace == pod.namespace);
        claims.all(|claim| claim.phase == "Bound" || !pod.claims.contains(&claim.name))
    };
    let complaint = |pod: &PodUse| {
        let why = pod.unscheduled.as_deref()?;
        let storage = why.contains("PersistentVolumeClaim")
            || why.contains("agent-not-ready")
            || why.contains("volume node affinity")
            || why.contains("Fargate");
        if pod.node.is_some() || pod.phase != "Pending" || storage || !is_bound(pod) {
            return None;
        }
        Some(
            Complaint::new(
                Resource::pod(&pod.namespace, &pod.name),
                format!("pod {}/{} waits for a node; its claims are Bound", pod.namespace, pod.name),
            )
            .because("no node fits what it asks for; its storage does not tie it to a node")
            .shown_by("Pod", "status.conditions[PodScheduled].message", why),
        )
    };
    outcome.and(Outcome::all(exam.users().into_iter().filter_map(complaint)))
}

fn controller(exam: &Exam<'_>) -> Outcome {
    let mut outcome = Outcome::passed().unless_seen(&exam.seen.driver_pods).unless_seen(&exam.seen.workloads);
    for workload in exam.controllers() {
        let pods = exam.controller_pods().into_iter().filter(|pod| pod.namespace == workload.namespace);
        let mut stuck = pods.filter(|pod| pod.node.is_none());
        let Some((pod, why)) = stuck.find_map(|pod| Some((pod, pod.unscheduled.as_deref()?))) else {
            continue;
        };
        let object = Resource::new(&workload.kind, format!("{}/{}", workload.namespace, workload.name));
        let none = workload.ready == 0;
        let severity = match (none, exam.is_dynamic()) {
            (true, true) => Severity::Error,
            (false, true) => Severity::Warning,
            (_, false) => Severity::Info,
        };
        let complaint = Complaint::new(
            object.clone(),
            format!("no node takes the controller {}/{}", workload.namespace, workload.name),
        )
        .because("every node is tainted, full, or left out by its rules")
        .severity(severity)
        .shown_by(format!("Pod {}/{}", pod.namespace, pod.name), "status.conditions[PodScheduled].message", why)
        .affecting([object])
        .affecting(exam.facts().driver.addon.found().map(|_| Resource::new("Addon", ADDON)))
        .affecting(if none { exam.waiting_objects() } else { Vec::new() })
        .fixed_by(Fix::consent(
            "let the controller tolerate every taint, or add a group of nodes for system pods; the chart's \
             controller.tolerations keeps it",
            format!(
                "kubectl -n {} patch deployment {} --type merge -p '{{\"spec\":{{\"template\":{{\"spec\":{{\"tolerations\":[{{\"operator\":\"Exists\"}}]}}}}}}}}'",
                workload.namespace, workload.name
            ),
        ));
        outcome = outcome.and(Outcome::failed(complaint));
    }
    outcome
}
