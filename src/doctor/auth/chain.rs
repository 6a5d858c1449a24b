//! Where the controller's credentials come from: static keys, its pods' environment, or its node.

use super::super::check::{Check, Complaint, Outcome};
use super::super::exam::Exam;
use super::super::finding::{Fix, Resource, Severity};
use super::refusal::{Principal, Refusal};
use super::{EXPLAINS, Way, account, account_object, graded, name_of, policy, told};
use crate::domain::policy::Answer;
use crate::facts::{DriverPod, Seen};
use crate::steps::identity;

pub(super) const NODE_ROLE: Check = Check {
    id: "FSX-AUTH-03",
    title: "The controller has no role of its own",
    severity: Severity::Error,
    symptom: "`AccessDeniedException: User: arn:aws:sts::…:assumed-role/<node role>/i-… is not authorized to perform: \
              fsx:CreateFileSystem`, or `no EC2 IMDS role found`.",
    why: "Its service account has neither the annotation of IRSA nor a Pod Identity association, so it is its node to AWS, \
          and nodes seldom may make file systems.",
    decided_by: "Annotation eks.amazonaws.com/role-arn of the controller's service account; \
                 eks:ListPodIdentityAssociations; policies of the nodes' roles where they can be seen.",
    remedy: "Give it a role: `fsxctl setup identity`.",
    source: "https://docs.aws.amazon.com/eks/latest/userguide/fsx-csi.html",
    explains: EXPLAINS,
    judge: node_role,
};

pub(super) const STALE_PODS: Check = Check {
    id: "FSX-AUTH-04",
    title: "The controller's pods were made before their role",
    severity: Severity::Error,
    symptom: "As without a role, although service account or association look right.",
    why: "EKS puts the credentials into a pod when it is made. Pods that were there before the annotation or the association \
          do not have them until they are made anew.",
    decided_by: "AWS_ROLE_ARN and AWS_CONTAINER_CREDENTIALS_FULL_URI of container fsx-plugin in the controller's pods; \
                 service account; association.",
    remedy: "Restart the Deployment; running mounts are not touched.",
    source: "https://docs.aws.amazon.com/eks/latest/userguide/pod-configuration.html",
    explains: EXPLAINS,
    judge: stale_pods,
};

pub(super) const OTHER_ACCOUNT: Check = Check {
    id: "FSX-AUTH-11",
    title: "The Pod Identity association is of another service account",
    severity: Severity::Error,
    symptom: "As without a role, although there is an association for the driver.",
    why: "An association holds for one namespace and one service account, and the controller's is another; the node plugin's \
          needs none.",
    decided_by: "eks:ListPodIdentityAssociations namespace and serviceAccount; serviceAccountName of the controller.",
    remedy: "Make one for the controller's service account: `fsxctl setup identity`.",
    source: "https://docs.aws.amazon.com/eks/latest/userguide/pod-id-association.html",
    explains: EXPLAINS,
    judge: other_account,
};

pub(super) const STATIC_KEYS: Check = Check {
    id: "FSX-AUTH-17",
    title: "Static keys of Secret aws-secret are used instead of a role",
    severity: Severity::Error,
    symptom: "Refusals name an IAM user, `arn:aws:iam::…:user/…`, or the keys are invalid, while the role is right.",
    why: "The Deployment takes AWS_ACCESS_KEY_ID from Secret aws-secret when it is there, and the AWS SDK asks the \
          environment first. The EBS driver uses the same Secret.",
    decided_by: "Secret aws-secret in the controller's namespace; the principal in recent events of claims that wait.",
    remedy: "Delete the Secret if nothing else needs it, and restart the controller.",
    source: "https://github.com/kubernetes-sigs/aws-fsx-csi-driver/blob/master/docs/install.md",
    explains: EXPLAINS,
    judge: static_keys,
};

/// The controller's pods, as far as they are of its service account's namespace.
fn pods<'a>(exam: &Exam<'a>) -> Vec<&'a DriverPod> {
    let (namespace, _) = account(exam);
    exam.controller_pods().into_iter().filter(|pod| pod.namespace == namespace).collect()
}

fn restart(exam: &Exam<'_>) -> String {
    let (namespace, _) = account(exam);
    format!("kubectl -n {namespace} rollout restart deployment fsx-csi-controller")
}

/// Whether the controller is, for certain, its node to AWS, and that matters.
fn is_bare(exam: &Exam<'_>) -> Result<(), Outcome> {
    if Way::of(exam)? != Way::Node {
        return Err(Outcome::not_applicable("the controller has a role"));
    }
    if exam.facts().access.service_account.is_missing() || exam.controllers().is_empty() {
        return Err(Outcome::not_applicable("there is no controller").unless_seen(&exam.seen.workloads));
    }
    if !exam.is_dynamic() {
        let outcome = Outcome::not_applicable("nothing asks the controller to make file systems");
        return Err(outcome.unless_seen(&exam.survey().classes));
    }
    match exam.seen.static_keys {
        Seen::Found(true) => Err(Outcome::not_applicable("static keys are used")),
        _ => Ok(()),
    }
}

/// What the nodes' roles say to the driver's actions.
enum Rights {
    Enough,
    Lacking(String),
    Unknown,
}

fn rights(exam: &Exam<'_>) -> Rights {
    let facts = exam.facts();
    let nodes = pods(exam).into_iter().filter_map(|pod| exam.node(pod.node.as_deref()?));
    let groups: Vec<_> = facts.hyperpod.found().into_iter().flatten().flat_map(|pod| &pod.groups).collect();
    let mut roles: Vec<&str> = Vec::new();
    for node in nodes {
        let of_group = groups.iter().find(|it| node.hyperpod && Some(&it.name) == node.group.as_ref());
        match of_group.and_then(|group| group.execution_role.as_deref()) {
            Some(role) => roles.push(role),
            None if node.hyperpod => return Rights::Unknown,
            None => roles.extend(facts.access.node_roles.found().into_iter().flatten().map(String::as_str)),
        }
    }
    let wish = policy::plain(exam);
    let (mut enough, mut lacking) = (0, None);
    for role in &roles {
        let known = facts.access.roles.get(name_of(role)).and_then(|known| known.policies.found());
        let Some(policies) = known else { return Rights::Unknown };
        let answers = identity::answers(policies, &wish);
        let sure = policies.complete && policies.unread.is_empty();
        let is_certain =
            |answer: &Answer| matches!(answer, Answer::Denied) || sure && *answer == Answer::Missing;
        if answers.is_empty() {
            enough += 1;
        } else if answers.iter().any(|(_, answer)| is_certain(answer)) {
            lacking = Some(name_of(role).to_owned());
        } else {
            return Rights::Unknown;
        }
    }
    match lacking {
        // The controller is on one of the node groups, and not all of them lack them.
        Some(_) if enough > 0 => Rights::Unknown,
        Some(role) => Rights::Lacking(role),
        None if enough > 0 => Rights::Enough,
        None => Rights::Unknown,
    }
}

/// Whether the controller's node gives it all that it needs: odd, and all right.
pub(in crate::doctor) fn node_is_enough(exam: &Exam<'_>) -> bool {
    is_bare(exam).is_ok() && matches!(rights(exam), Rights::Enough)
}

/// How bad it is to be one's node, and which role that is when it is known; none when it is enough.
fn bare(exam: &Exam<'_>) -> Option<(Severity, Option<String>)> {
    let refused = Refusal::all(exam).into_iter().find_map(|it| match it.principal {
        Some(Principal::Node(role)) => Some(role.to_owned()),
        _ => None,
    });
    match rights(exam) {
        Rights::Enough if refused.is_none() => None,
        Rights::Lacking(role) => Some((Severity::Error, Some(role))),
        _ if refused.is_some() => Some((Severity::Error, refused)),
        _ if exam.waiting().next().is_some() => Some((Severity::Warning, None)),
        // It may well work: many clusters give their nodes the rights.
        _ => Some((Severity::Info, None)),
    }
}

fn node_role(exam: &Exam<'_>) -> Outcome {
    if let Err(outcome) = is_bare(exam) {
        return outcome;
    }
    if !others(exam).is_empty() {
        return Outcome::not_applicable("the association is of another service account");
    }
    let pods = pods(exam);
    let kept = !pods.is_empty() && pods.iter().all(|pod| pod.role_arn.is_some());
    let orphaned = pods.iter().any(|pod| pod.pod_identity);
    let Some((severity, role)) = bare(exam) else {
        return Outcome::passed().unless_seen(&exam.seen.static_keys);
    };
    let severity = match (kept, orphaned) {
        (true, _) => severity.max(Severity::Warning),
        (false, true) => Severity::Error,
        (false, false) => severity,
    };
    let (namespace, name) = account(exam);
    let because = match (kept, orphaned, &role) {
        (true, _, _) => {
            "its running pods keep the role that they were made with; the next ones will have none".to_owned()
        }
        (false, true, _) => "its pods were made for a Pod Identity association that is gone".to_owned(),
        (_, _, Some(role)) => format!("it is its node to AWS, and role {role} may not make file systems"),
        _ => "it is its node to AWS; whether the node's role may make file systems was not seen".to_owned(),
    };
    let complaint = Complaint::new(
        account_object(exam),
        format!("the controller's service account {namespace}/{name} is given no role"),
    )
    .because(because)
    .severity(severity)
    .shown_by("ServiceAccount", "metadata.annotations[eks.amazonaws.com/role-arn]", "not there")
    .shown_by("eks:ListPodIdentityAssociations", "associations", "none for it");
    let complaint = match &role {
        Some(role) => complaint.shown_by("policies of the nodes' role", role, "do not allow it"),
        None => complaint,
    };
    let fix = given_back(exam).unwrap_or_else(|| {
        Fix::consent("give it a role", format!("fsxctl setup identity --cluster {}", exam.cluster()))
    });
    // A role that was there may be annotated again; then the pods are to be made anew.
    let outcome = Outcome::failed(graded(exam, complaint.fixed_by(fix)));
    told(exam, outcome.unless_seen(&exam.seen.driver_pods))
}

/// The add-on has a role for the service account, and somebody took the annotation away.
fn given_back(exam: &Exam<'_>) -> Option<Fix> {
    let role = exam.facts().driver.addon.found()?.role_arn.as_deref()?;
    let (namespace, name) = account(exam);
    Some(
        Fix::consent(
            "annotate it again with the add-on's role",
            format!(
                "kubectl -n {namespace} annotate serviceaccount {name} eks.amazonaws.com/role-arn={role} --overwrite"
            ),
        )
        .then(restart(exam)),
    )
}

/// Associations that look as if they were meant for the controller: of its service account's name elsewhere, or of
/// another account of the driver.
fn others<'a>(exam: &Exam<'a>) -> Vec<(&'a str, &'a str)> {
    let (namespace, name) = account(exam);
    let controllers = exam.controllers();
    let is_used = |row: &crate::facts::AssociationRow| {
        controllers.iter().any(|it| {
            it.namespace == row.namespace
                && it.service_account.as_deref() == Some(row.service_account.as_str())
        })
    };
    let rows = exam.seen.associations.found().into_iter().flatten();
    let meant = rows.filter(|row| {
        let here = row.namespace == namespace && row.service_account == name;
        let of_driver = row.service_account == name || row.service_account.starts_with("fsx-csi");
        !here && of_driver && !is_used(row)
    });
    meant.map(|row| (row.namespace.as_str(), row.service_account.as_str())).collect()
}

fn other_account(exam: &Exam<'_>) -> Outcome {
    if let Err(outcome) = is_bare(exam) {
        return outcome;
    }
    let others = others(exam);
    if others.is_empty() {
        return Outcome::passed().unless_seen(&exam.seen.associations);
    }
    let Some((severity, _)) = bare(exam) else { return Outcome::passed() };
    let (namespace, name) = account(exam);
    let listed: Vec<String> = others.iter().map(|(namespace, name)| format!("{namespace}/{name}")).collect();
    let complaint = Complaint::new(
        account_object(exam),
        format!(
            "the Pod Identity association is of {}, and the controller is {namespace}/{name}",
            listed.join(", ")
        ),
    )
    .because("an association gives a role to the pods of one service account in one namespace")
    .severity(severity)
    .shown_by("eks:ListPodIdentityAssociations", "namespace/serviceAccount", listed.join(", "))
    .fixed_by(Fix::consent(
        "make one for the controller",
        format!("fsxctl setup identity --identity pod-identity --cluster {}", exam.cluster()),
    ));
    told(exam, Outcome::failed(graded(exam, complaint)))
}

fn stale_pods(exam: &Exam<'_>) -> Outcome {
    let way = match Way::of(exam) {
        Ok(Way::Node) => return Outcome::not_applicable("the controller is given no role"),
        Ok(way) => way,
        Err(outcome) => return outcome,
    };
    let mut unseen =
        Outcome::passed().unless_seen(&exam.seen.driver_pods).unless_seen(&exam.facts().driver.controller);
    // What EKS says of the add-on's role is not what the pods are made with.
    if matches!(way, Way::Web(_)) {
        unseen = unseen.unless_seen(&exam.facts().access.service_account);
    }
    if !unseen.veils.is_empty() {
        return unseen;
    }
    // Pods that are being replaced at this moment are not asked: the new ones are made with what is there now.
    if exam.facts().driver.controller.found().is_some_and(|controller| controller.rolling) {
        return Outcome::passed();
    }
    let fits = |pod: &DriverPod| match way {
        Way::Web(role) => pod.role_arn.as_deref() == Some(role),
        _ => pod.pod_identity,
    };
    let all = pods(exam);
    let stale: Vec<&&DriverPod> = all.iter().filter(|pod| !fits(pod)).collect();
    if stale.is_empty() {
        return Outcome::passed();
    }
    let none = stale.iter().any(|pod| pod.role_arn.is_none() && !pod.pod_identity);
    let names: Vec<&str> = stale.iter().map(|pod| pod.name.as_str()).collect();
    // Pods with another role may work with that one.
    let works = !none && exam.waiting().next().is_none();
    let (namespace, _) = account(exam);
    let complaint = Complaint::new(
        Resource::new("Deployment", format!("{namespace}/fsx-csi-controller")),
        format!("pods of the controller do not have its role: {}", names.join(", ")),
    )
    .because("they were made before the role was given, and credentials are put into a pod when it is made")
    .severity(if works { Severity::Warning } else { Severity::Error })
    .fixed_by(Fix::safe("make the pods anew", restart(exam)));
    let complaint = stale.iter().fold(way.shown(complaint), |complaint, pod| {
        let has = match (&pod.role_arn, pod.pod_identity) {
            (_, true) => "AWS_CONTAINER_CREDENTIALS_FULL_URI",
            (Some(role), _) => role,
            (None, false) => "neither AWS_ROLE_ARN nor AWS_CONTAINER_CREDENTIALS_FULL_URI",
        };
        complaint.shown_by(format!("Pod {}/{}", pod.namespace, pod.name), "env of container fsx-plugin", has)
    });
    told(exam, Outcome::failed(graded(exam, complaint)))
}

fn static_keys(exam: &Exam<'_>) -> Outcome {
    match &exam.seen.static_keys {
        Seen::Found(true) => {}
        seen => return Outcome::passed().unless_seen(seen),
    }
    let refusals = Refusal::all(exam);
    let refused = refusals.iter().find(|it| it.bad_credentials || it.principal == Some(Principal::User));
    let role = Way::of(exam).ok().and_then(Way::role_arn);
    let (namespace, _) = account(exam);
    let severity = match (refused, role) {
        _ if !exam.is_dynamic() => Severity::Info,
        (Some(_), _) => Severity::Error,
        (None, Some(_)) => Severity::Warning,
        (None, None) => Severity::Info,
    };
    let summary = match role {
        Some(_) => "the controller uses static keys, not the role that it is given",
        None => "the controller uses static keys",
    };
    let mut complaint = Complaint::new(Resource::new("Secret", format!("{namespace}/aws-secret")), summary)
        .because("keys in the environment go before IRSA and Pod Identity, and never expire by themselves")
        .severity(severity)
        .shown_by("Secret", format!("{namespace}/aws-secret"), "there")
        .fixed_by(
            Fix::consent(
                "give the controller a role, and delete the Secret if nothing else needs it (the EBS driver may)",
                format!("kubectl -n {namespace} delete secret aws-secret"),
            )
            .then(restart(exam)),
        );
    if let Some(refusal) = refused {
        complaint = complaint
            .shown_by(format!("Event {}", refusal.event.reason), "message", &refusal.event.message)
            .affecting(exam.waiting_objects());
    }
    told(exam, Outcome::failed(complaint))
}
