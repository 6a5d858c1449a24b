//! SageMaker HyperPod.

use super::check::{Check, Complaint, Outcome};
use super::exam::Exam;
use super::finding::{Fix, Resource, Severity};
use crate::facts::{HyperPod, InstanceGroup, Node, PodUse};

/// The checks.
pub(super) const CHECKS: &[Check] = &[OWN_NETWORK, TEAM_NAMESPACE, HELD_BACK, NOT_IN_SERVICE];

const OWN_NETWORK: Check = Check {
    id: "FSX-HP-01",
    title: "An instance group has a network of its own",
    severity: Severity::Info,
    symptom: "Only nodes of one instance group fail to mount, or are in another zone.",
    why: "OverrideVpcConfig gives its nodes other security groups or subnets than the cluster's; they are judged by these.",
    decided_by: "sagemaker:DescribeCluster InstanceGroups[].OverrideVpcConfig against VpcConfig.",
    remedy: "Nothing, while the checks of network and zones find nothing.",
    source: "https://docs.aws.amazon.com/sagemaker/latest/APIReference/API_ClusterInstanceGroupDetails.html",
    explains: &[],
    judge: own_network,
};

const TEAM_NAMESPACE: Check = Check {
    id: "FSX-HP-02",
    title: "A team's namespace has no claim of its own",
    severity: Severity::Error,
    symptom: "A pod in hyperpod-ns-<team> is Pending: `persistentvolumeclaim \"fsx-claim\" not found`.",
    why: "Task governance gives each team a namespace, and a claim is of one namespace: that of `default` is not seen there.",
    decided_by: "Claims that pods in namespaces hyperpod-ns-* name; claims of these namespaces and of others.",
    remedy: "Give the namespace a claim of the same file system: `fsxctl share`.",
    source: "https://docs.aws.amazon.com/sagemaker/latest/dg/sagemaker-hyperpod-eks-operate-console-ui-governance.html",
    explains: &[],
    judge: team_namespace,
};

const HELD_BACK: Check = Check {
    id: "FSX-HP-03",
    title: "A node is held back by health checks",
    severity: Severity::Info,
    symptom: "Pods are not placed on it: taint `sagemaker.amazonaws.com/node-health-status=Unschedulable:NoSchedule`.",
    why: "HyperPod checks or repairs the node. It has nothing to do with storage.",
    decided_by: "Node spec.taints[].key; label sagemaker.amazonaws.com/node-health-status.",
    remedy: "Wait for HyperPod to finish.",
    source: "https://docs.aws.amazon.com/sagemaker/latest/dg/sagemaker-hyperpod-eks-resiliency-node-labels.html",
    explains: &[],
    judge: held_back,
};

const NOT_IN_SERVICE: Check = Check {
    id: "FSX-HP-09",
    title: "The HyperPod cluster is not InService",
    severity: Severity::Info,
    symptom: "Claims are Bound, and pods wait for nodes.",
    why: "HyperPod makes or changes nodes, or failed to. It is compute, not storage.",
    decided_by: "sagemaker:DescribeCluster ClusterStatus.",
    remedy: "Look at the HyperPod cluster.",
    source: "https://docs.aws.amazon.com/sagemaker/latest/APIReference/API_DescribeCluster.html",
    explains: &[],
    judge: not_in_service,
};

const HEALTH_TAINT: &str = "sagemaker.amazonaws.com/node-health-status";
pub(super) const TEAM_PREFIX: &str = "hyperpod-ns-";

fn object(pod: &HyperPod) -> Resource {
    Resource::new("HyperPodCluster", &pod.name)
}

fn own_network(exam: &Exam<'_>) -> Outcome {
    let outcome = Outcome::passed().unless_seen(&exam.facts().hyperpod);
    let is_other = |pod: &HyperPod, group: &InstanceGroup| {
        group.overrides_vpc && (group.security_groups != pod.security_groups || group.subnets != pod.subnets)
    };
    let all = exam.facts().hyperpod.found().into_iter().flatten();
    let groups = all.flat_map(|pod| pod.groups.iter().map(move |group| (pod, group)));
    let complaint = |(pod, group): (&HyperPod, &InstanceGroup)| {
        Complaint::new(
            Resource::new("InstanceGroup", format!("{}/{}", pod.name, group.name)),
            format!("instance group {} has a network of its own", group.name),
        )
        .because("its nodes are judged by its own security groups and subnets")
        .shown_by(
            "sagemaker:DescribeCluster",
            "OverrideVpcConfig.SecurityGroupIds",
            group.security_groups.join(", "),
        )
        .shown_by("sagemaker:DescribeCluster", "OverrideVpcConfig.Subnets", group.subnets.join(", "))
    };
    outcome.and(Outcome::all(groups.filter(|(pod, group)| is_other(pod, group)).map(complaint)))
}

fn team_namespace(exam: &Exam<'_>) -> Outcome {
    let (pods, claims) = (&exam.survey().pods, &exam.survey().claims);
    let outcome = Outcome::passed().unless_seen(pods).unless_seen(claims);
    let has = |pod: &PodUse, name: &str| {
        claims.found().into_iter().flatten().any(|it| it.namespace == pod.namespace && it.name == name)
    };
    let complaint = |pod: &PodUse| {
        let is_waiting = pod.phase == "Pending" && pod.node.is_none();
        if !is_waiting || !pod.namespace.starts_with(TEAM_PREFIX) {
            return None;
        }
        let missing = pod.claims.iter().find(|name| !has(pod, name))?;
        // Only a claim of the driver in another namespace proves that this one is about Lustre.
        let twin = exam.claims().iter().find(|claim| claim.name == *missing && claim.phase == "Bound")?;
        let system = twin.volume.as_deref().and_then(|name| exam.volume(name));
        let id = system.and_then(|volume| exam.system_of(volume).found().map(|system| system.id.clone()));
        let fix = match id {
            Some(id) => Fix::consent(
                "give the namespace a claim of the same file system",
                format!(
                    "fsxctl share --fs-id {id} --namespaces {} --claim {missing} --cluster {}",
                    pod.namespace,
                    exam.cluster()
                ),
            ),
            None => Fix::manual("give the namespace a claim of the same file system with fsxctl share"),
        };
        Some(
            Complaint::new(
                Resource::pod(&pod.namespace, &pod.name),
                format!(
                    "pod {}/{} names claim {missing}, which its namespace does not have",
                    pod.namespace, pod.name
                ),
            )
            .because(format!(
                "claim {missing} is in namespace {}, and a claim is of one namespace",
                twin.namespace
            ))
            .shown_by("PersistentVolumeClaim", format!("{}/{missing}", pod.namespace), "not there")
            .shown_by("PersistentVolumeClaim", format!("{}/{missing}", twin.namespace), &twin.phase)
            .fixed_by(fix),
        )
    };
    outcome.and(Outcome::all(pods.found().into_iter().flatten().filter_map(complaint)))
}

fn held_back(exam: &Exam<'_>) -> Outcome {
    let outcome = Outcome::passed().unless_seen(&exam.facts().nodes);
    let held = |node: &&Node| node.more.taints.iter().any(|taint| taint.key == HEALTH_TAINT);
    let nodes: Vec<&Node> = exam.facts().nodes.found().into_iter().flatten().filter(held).collect();
    let complaint = |node: &Node| {
        let health = node.more.health.as_deref().unwrap_or("not set");
        Complaint::new(
            Resource::new("Node", &node.name),
            format!("node {} is held back by HyperPod's health checks", node.name),
        )
        .because("it is being checked or repaired; that is compute, not storage")
        .shown_by("Node", "spec.taints[].key", HEALTH_TAINT)
        .shown_by("Node", "label sagemaker.amazonaws.com/node-health-status", health)
    };
    outcome.and(Outcome::all(nodes.into_iter().map(complaint)))
}

fn not_in_service(exam: &Exam<'_>) -> Outcome {
    let outcome = Outcome::passed().unless_seen(&exam.facts().hyperpod);
    let other = |pod: &&HyperPod| !pod.status.is_empty() && pod.status != "InService";
    let complaint = |pod: &HyperPod| {
        Complaint::new(object(pod), format!("HyperPod cluster {} is {}", pod.name, pod.status))
            .because("its nodes come or go, or could not be made; that is compute, not storage")
            .shown_by("sagemaker:DescribeCluster", "ClusterStatus", &pod.status)
    };
    let all = exam.facts().hyperpod.found().into_iter().flatten();
    outcome.and(Outcome::all(all.filter(other).map(complaint)))
}

#[cfg(test)]
mod tests;
