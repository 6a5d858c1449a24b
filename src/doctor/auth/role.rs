//! The role in use: whether it is there, of this partition, and lets the controller in.

use super::super::check::{Check, Complaint, Outcome};
use super::super::exam::Exam;
use super::super::finding::{Resource, Severity};
use super::{
    EXPLAINS, InUse, Way, account, account_object, graded, in_use, is_of_partition, mend_role, name_of, told,
};
use crate::domain::policy::TrustVerdict;
use crate::facts::{Role, Veil};
use crate::steps::identity;

pub(super) const WEB_TRUST: Check = Check {
    id: "FSX-AUTH-02",
    title: "The role does not trust the controller's service account",
    severity: Severity::Error,
    symptom: "`AccessDenied: Not authorized to perform sts:AssumeRoleWithWebIdentity`.",
    why: "The role's trust policy names another issuer, namespace, service account or audience than the controller's \
          token has; a rebuilt cluster has a new issuer.",
    decided_by: "iam:GetRole AssumeRolePolicyDocument, evaluated for the cluster's issuer and \
                 system:serviceaccount:kube-system:fsx-csi-controller-sa.",
    remedy: "Have the trust policy name the cluster's provider and the service account: `fsxctl setup identity`.",
    source: "https://docs.aws.amazon.com/eks/latest/userguide/associate-service-account-role.html",
    explains: EXPLAINS,
    judge: web_trust,
};

pub(super) const POD_TRUST: Check = Check {
    id: "FSX-AUTH-12",
    title: "The role does not trust EKS Pod Identity",
    severity: Severity::Error,
    symptom: "The controller gets no credentials; the agent's log says \
              `unable to fetch credentials from EKS Auth: operation error EKS Auth: AssumeRoleForPodIdentity`.",
    why: "The trust policy must let pods.eks.amazonaws.com use both sts:AssumeRole and sts:TagSession, under conditions \
          that hold for this cluster and service account.",
    decided_by: "eks:DescribePodIdentityAssociation roleArn; iam:GetRole AssumeRolePolicyDocument, evaluated for both \
                 actions.",
    remedy: "Set the trust policy of Pod Identity: `fsxctl setup identity`.",
    source: "https://docs.aws.amazon.com/eks/latest/userguide/pod-id-role.html",
    explains: EXPLAINS,
    judge: pod_trust,
};

pub(super) const PARTITION: Check = Check {
    id: "FSX-AUTH-18",
    title: "The role's ARN is of another partition",
    severity: Severity::Error,
    symptom: "The controller gets no credentials in GovCloud or China although the role's name is right.",
    why: "ARNs begin with arn:aws-us-gov in GovCloud and with arn:aws-cn in China; a copied arn:aws names a role that \
          cannot be there.",
    decided_by: "Partition of the annotated or associated role's ARN; the cluster's Region.",
    remedy: "Name the role by its own ARN: `fsxctl setup identity`, then restart the controller.",
    source: "https://docs.aws.amazon.com/IAM/latest/UserGuide/reference-arns.html",
    explains: EXPLAINS,
    judge: partition,
};

pub(super) const GONE: Check = Check {
    id: "FSX-AUTH-51",
    title: "The controller's role does not exist",
    severity: Severity::Error,
    symptom: "`AccessDenied: Not authorized to perform sts:AssumeRoleWithWebIdentity`, or no credentials at all.",
    why: "The service account or the association names a role that IAM does not have, or has under another path.",
    decided_by: "iam:GetRole of the role that the annotation or the association names; its Arn.",
    remedy: "Make the role or name the right one: `fsxctl setup identity`.",
    source: "https://docs.aws.amazon.com/eks/latest/userguide/associate-service-account-role.html",
    explains: EXPLAINS,
    judge: gone,
};

const NO_ROLE: &str = "the controller is given no role";

fn web_trust(exam: &Exam<'_>) -> Outcome {
    match Way::of(exam) {
        Ok(way @ Way::Web(arn)) => trusted(exam, way, arn),
        Ok(_) => Outcome::not_applicable("the controller does not get its role by IRSA"),
        Err(outcome) => outcome,
    }
}

fn pod_trust(exam: &Exam<'_>) -> Outcome {
    match Way::of(exam) {
        Ok(way @ Way::Pod(association)) => trusted(exam, way, &association.role_arn),
        Ok(_) => Outcome::not_applicable("the controller does not get its role by Pod Identity"),
        Err(outcome) => outcome,
    }
}

fn trusted(exam: &Exam<'_>, way: Way<'_>, arn: &str) -> Outcome {
    let role = match in_use(exam, arn) {
        InUse::There(role, _) => role,
        InUse::Gone(_) => return Outcome::not_applicable("there is no such role"),
        InUse::Unseen(outcome) => return outcome,
    };
    let verdict = match way {
        Way::Pod(_) => identity::pod_trust(exam.intent, exam.facts(), role),
        _ => identity::web_trust(exam.intent, exam.facts(), role),
    };
    match verdict {
        TrustVerdict::Right => Outcome::passed(),
        TrustVerdict::CannotTell(why) => Outcome::hidden(&Veil {
            permission: String::new(),
            cause: format!("cannot tell whether role {} trusts the controller: {why}", role.name),
        }),
        TrustVerdict::Wrong(why) => told(exam, Outcome::failed(distrusted(exam, way, role, &why))),
    }
}

fn distrusted(exam: &Exam<'_>, way: Way<'_>, role: &Role, why: &str) -> Complaint {
    let (namespace, name) = account(exam);
    let complaint = Complaint::new(
        Resource::new("Role", &role.name),
        format!("role {} does not let service account {namespace}/{name} in", role.name),
    )
    .because(format!("its trust policy: {why}"))
    .shown_by("iam:GetRole", "Role.AssumeRolePolicyDocument", why);
    let complaint = match (way, exam.facts().cluster.issuer.as_deref()) {
        (Way::Web(_), Some(issuer)) => {
            complaint.shown_by("eks:DescribeCluster", "cluster.identity.oidc.issuer", issuer)
        }
        _ => complaint,
    };
    graded(exam, way.shown(complaint).fixed_by(mend_role(exam, Some(role))))
}

fn partition(exam: &Exam<'_>) -> Outcome {
    let way = match Way::of(exam) {
        Ok(way) => way,
        Err(outcome) => return outcome,
    };
    let Some(arn) = way.role_arn() else { return Outcome::not_applicable(NO_ROLE) };
    if is_of_partition(exam, arn) {
        return Outcome::passed();
    }
    let complaint = Complaint::new(
        account_object(exam),
        format!("the controller's role {} is named by an ARN of another partition", name_of(arn)),
    )
    .because(format!("no role of that ARN can be in {}", exam.facts().region));
    let complaint = way.shown(complaint).fixed_by(mend_role(exam, None));
    told(exam, Outcome::failed(graded(exam, complaint)))
}

fn gone(exam: &Exam<'_>) -> Outcome {
    let way = match Way::of(exam) {
        Ok(way) => way,
        Err(outcome) => return outcome,
    };
    let Some(arn) = way.role_arn() else { return Outcome::not_applicable(NO_ROLE) };
    if !is_of_partition(exam, arn) {
        return Outcome::not_applicable("the role's ARN is of another partition");
    }
    let why = match in_use(exam, arn) {
        InUse::There(..) => return Outcome::passed(),
        InUse::Unseen(outcome) => return outcome,
        InUse::Gone(why) => why,
    };
    let complaint = Complaint::new(
        Resource::new("Role", name_of(arn)),
        format!("the controller's role {arn} does not exist"),
    )
    .because(why.clone())
    .shown_by("iam:GetRole", "Role.Arn", why);
    let complaint = way.shown(complaint).fixed_by(mend_role(exam, None));
    told(exam, Outcome::failed(graded(exam, complaint)))
}
