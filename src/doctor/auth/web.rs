//! IRSA's provider: whether IAM knows the cluster's issuer.

use super::super::check::{Check, Complaint, Outcome};
use super::super::exam::Exam;
use super::super::finding::{Fix, Resource, Severity};
use super::{EXPLAINS, Way, graded, told};
use crate::domain::policy::IRSA_AUDIENCE;
use crate::facts::Seen;
use crate::steps::identity;

pub(super) const NO_PROVIDER: Check = Check {
    id: "FSX-AUTH-01",
    title: "IAM has no OIDC provider for the cluster",
    severity: Severity::Error,
    symptom: "`InvalidIdentityToken: No OpenIDConnect provider found in your account for https://oidc.eks.…/id/…`.",
    why: "The service account names a role (IRSA), but IAM does not know the issuer that signs the cluster's tokens, so \
          STS takes none of them.",
    decided_by: "eks:DescribeCluster cluster.identity.oidc.issuer; iam:GetOpenIDConnectProvider of its ARN; annotation \
                 eks.amazonaws.com/role-arn of the controller's service account.",
    remedy: "Make the provider: `fsxctl setup identity`.",
    source: "https://docs.aws.amazon.com/eks/latest/userguide/enable-iam-roles-for-service-accounts.html",
    explains: EXPLAINS,
    judge: no_provider,
};

pub(super) const AUDIENCE: Check = Check {
    id: "FSX-AUTH-50",
    title: "The OIDC provider lacks the audience of AWS STS",
    severity: Severity::Error,
    symptom: "`InvalidIdentityToken: Incorrect token audience`.",
    why: "Tokens of IRSA are for sts.amazonaws.com, and the cluster's provider in IAM does not list that as a client id.",
    decided_by: "iam:GetOpenIDConnectProvider ClientIDList.",
    remedy: "Add the audience to the provider: `fsxctl setup identity`.",
    source: "https://docs.aws.amazon.com/IAM/latest/UserGuide/id_roles_providers_create_oidc.html",
    explains: EXPLAINS,
    judge: audience,
};

const NOT_WEB: &str = "the controller does not get its role by IRSA";

fn no_provider(exam: &Exam<'_>) -> Outcome {
    let role = match Way::of(exam) {
        Ok(Way::Web(role)) => role,
        Ok(_) => return Outcome::not_applicable(NOT_WEB),
        Err(outcome) => return outcome,
    };
    let facts = exam.facts();
    match &facts.access.provider {
        Seen::Found(_) => return Outcome::passed(),
        Seen::Hidden(veil) => return Outcome::hidden(veil),
        Seen::Missing => {}
    }
    let issuer = facts.cluster.issuer.as_deref().unwrap_or("(none)");
    let object = match identity::provider_arn(facts) {
        Some(arn) => Resource::new("OIDCProvider", arn),
        None => exam.cluster_object(),
    };
    let complaint = Complaint::new(
        object,
        format!("IAM has no OIDC provider for cluster {}", exam.cluster()),
    )
    .because(
        "the controller's service account names a role, and STS takes no token of an issuer it does not know",
    )
    .shown_by("eks:DescribeCluster", "cluster.identity.oidc.issuer", issuer)
    .shown_by("iam:GetOpenIDConnectProvider", "the issuer's provider", "not there")
    .fixed_by(Fix::consent(
        "make the provider",
        format!("fsxctl setup identity --cluster {}", exam.cluster()),
    ));
    told(exam, Outcome::failed(graded(exam, Way::Web(role).shown(complaint))))
}

fn audience(exam: &Exam<'_>) -> Outcome {
    match Way::of(exam) {
        Ok(Way::Web(_)) => {}
        Ok(_) => return Outcome::not_applicable(NOT_WEB),
        Err(outcome) => return outcome,
    }
    let provider = match &exam.facts().access.provider {
        Seen::Found(provider) => provider,
        Seen::Hidden(veil) => return Outcome::hidden(veil),
        Seen::Missing => return Outcome::not_applicable("there is no provider"),
    };
    if provider.client_ids.iter().any(|id| id == IRSA_AUDIENCE) {
        return Outcome::passed();
    }
    // A provider of somebody else is changed only when it is named.
    let ours = crate::domain::ownership::is_ours(&provider.tags, &exam.facts().cluster.arn);
    let adopt = if ours { String::new() } else { format!(" --adopt OIDCProvider/{}", provider.arn) };
    let complaint = Complaint::new(
        Resource::new("OIDCProvider", &provider.arn),
        format!("the cluster's OIDC provider lacks the audience {IRSA_AUDIENCE}"),
    )
    .because("STS refuses the controller's token, which is for that audience")
    .shown_by("iam:GetOpenIDConnectProvider", "ClientIDList", provider.client_ids.join(", "))
    .fixed_by(Fix::consent(
        "add the audience",
        format!("fsxctl setup identity --cluster {}{adopt}", exam.cluster()),
    ));
    told(exam, Outcome::failed(graded(exam, complaint)))
}
