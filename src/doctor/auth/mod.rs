//! Identity: who the controller is to AWS, and what it may do there.

mod agent;
mod chain;
mod policy;
mod refusal;
mod role;
mod web;

pub(super) use chain::node_is_enough;

use super::check::{Check, Complaint, Outcome};
use super::exam::Exam;
use super::finding::{Fix, Resource, Severity};
use crate::domain::names::Partition;
use crate::domain::ownership;
use crate::facts::{Association, Role, RoleFacts, Seen, Veil};
use crate::steps;

/// The checks.
pub(super) const CHECKS: &[Check] = &[
    web::NO_PROVIDER,
    role::WEB_TRUST,
    chain::NODE_ROLE,
    chain::STALE_PODS,
    policy::TAGS,
    policy::FIRST_USE,
    policy::S3_LINK,
    policy::RESIZE,
    agent::OLD_DRIVER,
    agent::NO_AGENT,
    chain::OTHER_ACCOUNT,
    role::POD_TRUST,
    agent::NODE_MAY_NOT,
    chain::STATIC_KEYS,
    role::PARTITION,
    policy::LIMITS,
    web::AUDIENCE,
    role::GONE,
    policy::LACKS,
];

/// What a fault of the controller's identity explains.
const EXPLAINS: &[&str] = &["FSX-BIND-50"];

/// What gives the controller's next pods their role.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Way<'a> {
    /// The annotation of its service account: IRSA.
    Web(&'a str),
    /// An EKS Pod Identity association, which goes before the annotation: the webhook puts in its credentials instead.
    Pod(&'a Association),
    /// Nothing: the pods are their node to AWS.
    Node,
}

impl<'a> Way<'a> {
    /// By what the cluster says. Without a look at the service account, what EKS says that it put there.
    fn of(exam: &Exam<'a>) -> Result<Self, Outcome> {
        let access = &exam.facts().access;
        match &access.association {
            Seen::Found(association) => return Ok(Self::Pod(association)),
            Seen::Hidden(veil) => return Err(Outcome::hidden(veil)),
            Seen::Missing => {}
        }
        match &access.service_account {
            Seen::Found(account) => Ok(account.role_arn.as_deref().map_or(Self::Node, Self::Web)),
            Seen::Missing => Ok(Self::Node),
            Seen::Hidden(veil) => {
                match exam.facts().driver.addon.found().and_then(|it| it.role_arn.as_deref()) {
                    Some(role) => Ok(Self::Web(role)),
                    None => Err(Outcome::hidden(veil)),
                }
            }
        }
    }

    /// The role's ARN, if a role is given at all.
    fn role_arn(self) -> Option<&'a str> {
        match self {
            Self::Web(arn) => Some(arn),
            Self::Pod(association) => Some(&association.role_arn),
            Self::Node => None,
        }
    }

    fn shown(self, complaint: Complaint) -> Complaint {
        match self {
            Self::Web(arn) => {
                complaint.shown_by("ServiceAccount", "metadata.annotations[eks.amazonaws.com/role-arn]", arn)
            }
            Self::Pod(it) => {
                complaint.shown_by("eks:DescribePodIdentityAssociation", "association.roleArn", &it.role_arn)
            }
            Self::Node => complaint,
        }
    }
}

/// The role in use.
enum InUse<'a> {
    There(&'a Role, &'a RoleFacts),
    /// Why there is no such role.
    Gone(String),
    Unseen(Outcome),
}

fn in_use<'a>(exam: &Exam<'a>, arn: &str) -> InUse<'a> {
    let facts = exam.facts();
    let account = arn.split(':').nth(4).unwrap_or_default();
    if account != steps::identity::account(facts) {
        let cause = format!("{arn} is of another account, which cannot be looked at from here");
        return InUse::Unseen(Outcome::hidden(&Veil { permission: String::new(), cause }));
    }
    let name = name_of(arn);
    let Some(known) = facts.access.roles.get(name) else {
        let cause = format!("role {name} was not looked at");
        return InUse::Unseen(Outcome::hidden(&Veil { permission: "iam:GetRole".to_owned(), cause }));
    };
    match &known.role {
        Seen::Found(role) if role.arn == arn => InUse::There(role, known),
        // The right name under another path is another role, which nobody can assume.
        Seen::Found(role) => InUse::Gone(format!("the role of that name is {}", role.arn)),
        Seen::Missing => InUse::Gone("IAM has no such role".to_owned()),
        Seen::Hidden(veil) => InUse::Unseen(Outcome::hidden(veil)),
    }
}

/// Whether an ARN is of the Region's partition.
fn is_of_partition(exam: &Exam<'_>, arn: &str) -> bool {
    arn.split(':').nth(1) == Some(Partition::of_region(&exam.facts().region).to_string().as_str())
}

/// The last part of an ARN.
fn name_of(arn: &str) -> &str {
    arn.rsplit('/').next().unwrap_or_default()
}

/// The controller's service account, `namespace/name`.
pub(super) fn account(exam: &Exam<'_>) -> (String, String) {
    steps::account(exam.intent, exam.facts())
}

fn account_object(exam: &Exam<'_>) -> Resource {
    let (namespace, name) = account(exam);
    Resource::new("ServiceAccount", format!("{namespace}/{name}"))
}

/// What a fault of the identity stops, and how bad that is here: without anything dynamic the controller calls nobody, and
/// static keys go before every role.
fn graded(exam: &Exam<'_>, complaint: Complaint) -> Complaint {
    let severity = if !exam.is_dynamic() {
        Severity::Info
    } else if exam.seen.static_keys.found() == Some(&true) {
        Severity::Warning
    } else {
        Severity::Error
    };
    let worst = complaint.severity.map_or(severity, |own| own.max(severity));
    complaint.severity(worst).affecting(exam.waiting_objects())
}

/// What rests on complaints, rests on the classes too: they decide how bad it is.
fn told(exam: &Exam<'_>, outcome: Outcome) -> Outcome {
    if outcome.complaints.is_empty() { outcome } else { outcome.unless_seen(&exam.survey().classes) }
}

/// A role that is not there or not right is the set-up's business; one of somebody else must be named for it.
fn mend_role(exam: &Exam<'_>, role: Option<&Role>) -> Fix {
    let cluster = exam.cluster();
    match role.filter(|role| !ownership::is_ours(&role.tags, &exam.facts().cluster.arn)) {
        Some(role) => Fix::consent(
            "mend the role, which somebody else made",
            format!(
                "fsxctl setup identity --cluster {cluster} --role-arn {} --adopt Role/{}",
                role.arn, role.name
            ),
        ),
        None => Fix::consent("mend the role", format!("fsxctl setup identity --cluster {cluster}")),
    }
}

#[cfg(test)]
mod tests;
