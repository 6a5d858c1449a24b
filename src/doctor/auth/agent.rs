//! Pod Identity: whether an association gives the controller anything.

use super::super::check::{Check, Complaint, Outcome};
use super::super::exam::Exam;
use super::super::finding::{Fix, Resource, Severity};
use super::{EXPLAINS, Way, account, graded, told};
use crate::domain::versions::POD_IDENTITY_SINCE;
use crate::facts::{Association, Seen, Veil};
use crate::steps::identity;

pub(super) const OLD_DRIVER: Check = Check {
    id: "FSX-AUTH-09",
    title: "The driver is too old for EKS Pod Identity",
    severity: Severity::Error,
    symptom: "`NoCredentialProviders: no valid providers in chain`, with `invalid endpoint host, \"169.254.170.23\", only \
              loopback hosts are allowed`.",
    why: "The controller's service account has a Pod Identity association, and the driver reads its credentials from \
          1.3.0 on only.",
    decided_by: "Tag of the fsx-plugin image, else eks:DescribeAddon addonVersion; eks:ListPodIdentityAssociations.",
    remedy: "Upgrade the driver: `fsxctl setup driver --upgrade`.",
    source: "https://github.com/kubernetes-sigs/aws-fsx-csi-driver/issues/372",
    explains: EXPLAINS,
    judge: old_driver,
};

pub(super) const NO_AGENT: Check = Check {
    id: "FSX-AUTH-10",
    title: "The Pod Identity agent is missing or not running",
    severity: Severity::Error,
    symptom: "`Get \"http://169.254.170.23/v1/credentials\": context deadline exceeded`.",
    why: "The credentials of an association come from an agent on the controller's node. EKS Auto Mode has it built in; \
          elsewhere it is add-on eks-pod-identity-agent.",
    decided_by: "eks:DescribeAddon eks-pod-identity-agent; eks:DescribeCluster computeConfig.enabled.",
    remedy: "Install the add-on, or mend it.",
    source: "https://docs.aws.amazon.com/eks/latest/userguide/pod-id-agent-setup.html",
    explains: EXPLAINS,
    judge: no_agent,
};

pub(super) const NODE_MAY_NOT: Check = Check {
    id: "FSX-AUTH-13",
    title: "The node's role may not get Pod Identity credentials",
    severity: Severity::Error,
    symptom: "The agent runs, and its log says that eks-auth:AssumeRoleForPodIdentity is refused.",
    why: "The agent asks EKS for credentials with the rights of its node, and that role's policies do not allow it.",
    decided_by: "Role of the instance group or node group that the controller's pods are on; its policies, evaluated for \
                 eks-auth:AssumeRoleForPodIdentity.",
    remedy: "Attach AmazonEKSWorkerNodePolicy to the nodes' role, or add the action.",
    source: "https://docs.aws.amazon.com/eks/latest/userguide/pod-id-agent-setup.html",
    explains: EXPLAINS,
    judge: node_may_not,
};

const NOT_POD: &str = "the controller does not get its role by Pod Identity";

fn associated<'a>(exam: &Exam<'a>) -> Result<&'a Association, Outcome> {
    match Way::of(exam)? {
        Way::Pod(association) => Ok(association),
        _ => Err(Outcome::not_applicable(NOT_POD)),
    }
}

fn association_object(exam: &Exam<'_>) -> Resource {
    let (namespace, name) = account(exam);
    Resource::new("PodIdentityAssociation", format!("{namespace}/{name}"))
}

fn old_driver(exam: &Exam<'_>) -> Outcome {
    let association = match associated(exam) {
        Ok(association) => association,
        Err(outcome) => return outcome,
    };
    let Some(version) = exam.version() else {
        return Outcome::passed().unless_seen(&exam.seen.workloads).unless_seen(&exam.facts().driver.addon);
    };
    if version.at_least(POD_IDENTITY_SINCE) {
        return Outcome::passed();
    }
    let complaint = Complaint::new(
        association_object(exam),
        format!("driver {version} cannot read the credentials of its Pod Identity association"),
    )
    .because("drivers older than 1.3.0 refuse the agent's address")
    .shown_by("Deployment", "image of container fsx-plugin", version.to_string())
    .shown_by("eks:ListPodIdentityAssociations", "associationId", &association.id)
    .fixed_by(Fix::consent(
        "upgrade the driver",
        format!("fsxctl setup driver --upgrade --cluster {}", exam.cluster()),
    ));
    told(exam, Outcome::failed(graded(exam, complaint)))
}

fn no_agent(exam: &Exam<'_>) -> Outcome {
    let association = match associated(exam) {
        Ok(association) => association,
        Err(outcome) => return outcome,
    };
    let facts = exam.facts();
    if facts.cluster.auto_mode {
        return Outcome::passed();
    }
    let complaint = match &facts.access.agent {
        Seen::Hidden(veil) => return Outcome::hidden(veil),
        Seen::Found(agent) => match agent.status.as_str() {
            "CREATE_FAILED" | "DEGRADED" | "DELETE_FAILED" => agent_is(exam, &agent.status),
            _ => return Outcome::passed(),
        },
        Seen::Missing => agent_is_gone(exam),
    };
    let complaint = complaint.shown_by("eks:ListPodIdentityAssociations", "associationId", &association.id);
    // An agent that somebody installed without the add-on would do. A claim that waits speaks against it.
    let waits = exam.waiting().next().is_some();
    let severity = if waits { Severity::Error } else { Severity::Warning };
    told(exam, Outcome::failed(graded(exam, complaint.severity(severity))))
}

fn agent_is_gone(exam: &Exam<'_>) -> Complaint {
    let (cluster, region) = (exam.cluster(), &exam.facts().region);
    Complaint::new(
        Resource::new("Addon", "eks-pod-identity-agent"),
        "the controller gets its role by Pod Identity, and add-on eks-pod-identity-agent is not installed",
    )
    .because("without the agent an association gives no credentials, and IRSA is not asked beside it")
    .shown_by("eks:DescribeAddon", "eks-pod-identity-agent", "not there")
    .fixed_by(Fix::consent(
        "install the agent",
        format!("aws eks create-addon --cluster-name {cluster} --addon-name eks-pod-identity-agent --region {region}"),
    ))
}

fn agent_is(exam: &Exam<'_>, status: &str) -> Complaint {
    let (cluster, region) = (exam.cluster(), &exam.facts().region);
    Complaint::new(
        Resource::new("Addon", "eks-pod-identity-agent"),
        format!("the controller gets its role by Pod Identity, and add-on eks-pod-identity-agent is {status}"),
    )
    .because("the agent may not run on the controller's node; where IPv6 is off it needs the argument -b 169.254.170.23")
    .shown_by("eks:DescribeAddon", "addon.status", status)
    .fixed_by(Fix::manual("mend the add-on; its issues say what is wrong").then(format!(
        "aws eks describe-addon --cluster-name {cluster} --addon-name eks-pod-identity-agent --region {region}"
    )))
}

fn node_may_not(exam: &Exam<'_>) -> Outcome {
    if let Err(outcome) = associated(exam) {
        return outcome;
    }
    if exam.facts().cluster.auto_mode {
        return Outcome::not_applicable("EKS Auto Mode has its own agent");
    }
    let nodes = exam.controller_pods().into_iter().filter_map(|pod| exam.node(pod.node.as_deref()?));
    let mut outcome = Outcome::passed();
    for arn in node_roles(exam, nodes.filter_map(|node| node.group.as_deref())) {
        let known = exam.facts().access.roles.get(super::name_of(arn));
        if let Some(Seen::Hidden(veil)) = known.map(|known| &known.policies) {
            outcome = outcome.unless_seen(&Seen::<()>::Hidden(Veil::clone(veil)));
        }
        let Some(why) = identity::node_role_refuses(exam.facts(), arn) else { continue };
        let name = super::name_of(arn);
        let complaint = Complaint::new(Resource::new("Role", name), why)
            .because("the agent on the controller's node asks for its credentials with that role")
            .shown_by("policies of the role", "eks-auth:AssumeRoleForPodIdentity", "not allowed")
            .fixed_by(Fix::manual(
                "attach AmazonEKSWorkerNodePolicy to that role, or let it do eks-auth:AssumeRoleForPodIdentity",
            ));
        outcome = outcome.and(Outcome::failed(graded(exam, complaint)));
    }
    told(exam, outcome)
}

/// Roles of the HyperPod groups of these names. Those of EC2 node groups are known together only, so none of them can be
/// told to be the controller's.
fn node_roles<'a>(
    exam: &Exam<'a>,
    groups: impl Iterator<Item = &'a str>,
) -> std::collections::BTreeSet<&'a str> {
    let names: std::collections::BTreeSet<&str> = groups.collect();
    let pods = exam.facts().hyperpod.found().into_iter().flatten();
    let of_pods = pods.flat_map(|pod| &pod.groups).filter(|group| names.contains(group.name.as_str()));
    of_pods.filter_map(|group| group.execution_role.as_deref()).collect()
}
