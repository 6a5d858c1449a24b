//! What the role's policies allow, action by action.

use super::super::check::{Check, Complaint, Outcome};
use super::super::class::is_refused;
use super::super::exam::Exam;
use super::super::finding::{Fix, Resource, Severity};
use super::refusal::{Principal, Refusal};
use super::{EXPLAINS, InUse, Way, graded, in_use, mend_role, told};
use crate::domain::policy::{Answer, PolicyWish, missing_permissions};
use crate::domain::quantity::parse_bytes;
use crate::facts::{Role, Seen, StorageClass, Veil};
use crate::steps::identity;

const CREATE: &str = "fsx:CreateFileSystem";
const DESCRIBE: &str = "fsx:DescribeFileSystems";
const DELETE: &str = "fsx:DeleteFileSystem";
const TAG: &str = "fsx:TagResource";
const UPDATE: &str = "fsx:UpdateFileSystem";
const LINK: &str = "iam:CreateServiceLinkedRole";
const DECIDED: &str =
    "iam:GetRolePolicy and iam:GetPolicyVersion of the role's policies, evaluated for the action.";
const INSTALL: &str = "https://github.com/kubernetes-sigs/aws-fsx-csi-driver/blob/master/docs/install.md";

pub(super) const LACKS: Check = Check {
    id: "FSX-AUTH-52",
    title: "The role may not do what the driver does",
    severity: Severity::Error,
    symptom: "`AccessDeniedException: … is not authorized to perform: fsx:CreateFileSystem`; the controller logs \
              `pollFileSystems: failed to describe filesystems`.",
    why: "The driver lists, makes and deletes file systems, and the role's policies do not allow it.",
    decided_by: DECIDED,
    remedy: "Let the role do it: `fsxctl setup identity`.",
    source: INSTALL,
    explains: EXPLAINS,
    judge: lacks,
};

pub(super) const TAGS: Check = Check {
    id: "FSX-AUTH-05",
    title: "The role lacks fsx:TagResource",
    severity: Severity::Error,
    symptom: "`AccessDeniedException: … is not authorized to perform: fsx:TagResource on resource: …:file-system/*`.",
    why: "The driver tags every file system that it makes, and FSx refuses the creation without leave to tag.",
    decided_by: DECIDED,
    remedy: "Add the action: `fsxctl setup identity`.",
    source: "https://github.com/kubernetes-sigs/aws-fsx-csi-driver/issues/214",
    explains: EXPLAINS,
    judge: tags,
};

pub(super) const FIRST_USE: Check = Check {
    id: "FSX-AUTH-06",
    title: "The role may not make FSx's service-linked role",
    severity: Severity::Error,
    symptom: "The first file system of the account is refused for iam:CreateServiceLinkedRole.",
    why: "FSx makes AWSServiceRoleForAmazonFSx with the account's first file system, with the rights of whoever asks.",
    decided_by: "iam:GetRole AWSServiceRoleForAmazonFSx; fsx:DescribeFileSystems; the role's policies, evaluated for \
                 iam:CreateServiceLinkedRole.",
    remedy: "Make it once: `aws iam create-service-linked-role --aws-service-name fsx.amazonaws.com`.",
    source: "https://docs.aws.amazon.com/fsx/latest/LustreGuide/using-service-linked-roles.html",
    explains: EXPLAINS,
    judge: first_use,
};

pub(super) const S3_LINK: Check = Check {
    id: "FSX-AUTH-07",
    title: "The role may not link file systems with S3",
    severity: Severity::Error,
    symptom: "`User: … is not authorized to perform: iam:PutRolePolicy on resource: …`.",
    why: "A StorageClass with s3ImportPath makes FSx set up a service-linked role for the bucket, with the rights of the \
          driver's role. AmazonFSxFullAccess does not have them.",
    decided_by: "StorageClass parameters s3ImportPath and s3ExportPath; the role's policies, evaluated for \
                 iam:CreateServiceLinkedRole, iam:AttachRolePolicy and iam:PutRolePolicy on \
                 aws-service-role/s3.data-source.lustre.fsx.amazonaws.com/*.",
    remedy: "Add these actions to the role.",
    source: INSTALL,
    explains: EXPLAINS,
    judge: s3_link,
};

pub(super) const RESIZE: Check = Check {
    id: "FSX-AUTH-08",
    title: "The role lacks fsx:UpdateFileSystem",
    severity: Severity::Error,
    symptom: "Event `VolumeResizeFailed` with `UpdateFileSystem failed: … AccessDenied`; new claims are Bound.",
    why: "Growing a claim updates its file system, and the role's policies do not allow that.",
    decided_by: DECIDED,
    remedy: "Add the action: `fsxctl setup identity`.",
    source: "https://github.com/kubernetes-sigs/aws-fsx-csi-driver/blob/master/CHANGELOG.md",
    explains: &["FSX-FS-14"],
    judge: resize,
};

pub(super) const LIMITS: Check = Check {
    id: "FSX-AUTH-19",
    title: "Something outside the role's policies denies",
    severity: Severity::Error,
    symptom: "`AccessDeniedException … with an explicit deny`, although the role's policies allow the action.",
    why: "A permissions boundary, a service control policy or the policy of a VPC endpoint takes away what the role's own \
          policies give.",
    decided_by: "iam:GetRole PermissionsBoundary and its document; the action and principal in recent events of claims \
                 that wait, against the role's policies.",
    remedy: "Have whoever owns the boundary or the organization's policy allow the actions.",
    source: "https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_evaluation-logic.html",
    explains: EXPLAINS,
    judge: limits,
};

/// What the role's policies lack of a wish.
struct Gaps<'a> {
    way: Way<'a>,
    role: &'a Role,
    /// Actions, each with what says so.
    missing: Vec<(String, &'static str)>,
    /// What could not be told.
    veils: Vec<Veil>,
}

impl<'a> Gaps<'a> {
    fn of(exam: &Exam<'a>, wish: &PolicyWish) -> Result<Self, Outcome> {
        let way = Way::of(exam)?;
        let Some(arn) = way.role_arn() else {
            return Err(Outcome::not_applicable("the controller is given no role"));
        };
        let (role, known) = match in_use(exam, arn) {
            InUse::There(role, known) => (role, known),
            InUse::Gone(_) => return Err(Outcome::not_applicable("there is no such role")),
            InUse::Unseen(outcome) => return Err(outcome),
        };
        let policies = match &known.policies {
            Seen::Found(policies) => policies,
            Seen::Hidden(veil) => return Err(Outcome::hidden(veil)),
            Seen::Missing => return Err(Outcome::not_applicable("there is no such role")),
        };
        let refusals = Refusal::all(exam);
        let mut gaps = Self { way, role, missing: Vec::new(), veils: policies.unread.clone() };
        let mut told = 0;
        for (need, answer) in identity::answers(policies, wish) {
            let refused = refusals.iter().any(|it| {
                it.action == Some(need.action.as_str()) && it.principal == Some(Principal::Role(&role.name))
            });
            let sure = policies.complete && policies.unread.is_empty();
            match answer {
                Answer::Allowed => {}
                Answer::Denied => gaps.missing.push((need.action, "denied by a statement")),
                Answer::Missing if sure => gaps.missing.push((need.action, "no statement allows it")),
                // What cannot be read, FSx has said.
                _ if refused => gaps.missing.push((need.action, "refused in an event")),
                Answer::Missing => told += 1,
                Answer::CannotTell(why) => gaps.veils.push(Veil {
                    permission: String::new(),
                    cause: format!("cannot tell whether role {} may do {}: {why}", role.name, need.action),
                }),
            }
        }
        if told == 0 {
            // Policies that could not be read would not change the answer.
            gaps.veils.retain(|veil| !policies.unread.contains(veil));
        } else if policies.unread.is_empty() {
            let cause = format!("not all policies of role {} were looked at", role.name);
            gaps.veils.push(Veil { permission: "iam:ListAttachedRolePolicies".to_owned(), cause });
        }
        Ok(gaps)
    }

    fn lacks(&self, action: &str) -> bool {
        self.missing.iter().any(|(missing, _)| missing == action)
    }

    /// A complaint over those of the missing actions that are picked; none when none is.
    fn complaint(&self, exam: &Exam<'_>, picks: impl Fn(&str) -> bool, for_what: &str) -> Option<Complaint> {
        let picked: Vec<_> = self.missing.iter().filter(|(action, _)| picks(action)).collect();
        if picked.is_empty() {
            return None;
        }
        let actions: Vec<&str> = picked.iter().map(|(action, _)| action.as_str()).collect();
        let name = &self.role.name;
        let mut complaint = Complaint::new(
            Resource::new("Role", name),
            format!("role {name} may not do {}, which {for_what} needs", actions.join(", ")),
        )
        .because("its policies do not allow it")
        .fixed_by(mend_role(exam, Some(self.role)));
        for (action, why) in &picked {
            complaint = complaint.shown_by("policies of the role", action, *why);
        }
        Some(self.way.shown(complaint))
    }

    fn outcome(self, exam: &Exam<'_>, complaint: Option<Complaint>) -> Outcome {
        let outcome =
            Outcome { complaints: complaint.into_iter().collect(), veils: self.veils, not_applicable: None };
        told(exam, outcome)
    }
}

/// What every driver needs; the service-linked role and S3 are asked about by themselves.
pub(super) fn plain(exam: &Exam<'_>) -> PolicyWish {
    let wish = identity::policy_wish(exam.intent, exam.facts());
    PolicyWish { service_linked_role: false, s3_paths: Vec::new(), kms_key_arn: None, ..wish }
}

fn lacks(exam: &Exam<'_>) -> Outcome {
    let gaps = match Gaps::of(exam, &plain(exam)) {
        Ok(gaps) => gaps,
        Err(outcome) => return outcome,
    };
    let core = gaps.lacks(CREATE) || gaps.lacks(DESCRIBE);
    if !core && !gaps.lacks(DELETE) {
        return gaps.outcome(exam, None);
    }
    // One hole, one finding: whatever else is missing is told here too.
    let complaint = gaps.complaint(exam, |_| true, "the driver").map(|complaint| {
        let deletes = exam.classes().any(|class| class.reclaim_policy == "Delete")
            || exam.volumes().any(|volume| volume.reclaim_policy == "Delete" && Exam::is_provisioned(volume));
        if core {
            return graded(exam, complaint);
        }
        // Claims that wait want to be made, not deleted.
        let severity = if deletes { Severity::Error } else { Severity::Warning };
        let mut complaint = graded(exam, complaint.severity(severity));
        complaint.affects.clear();
        complaint
    });
    gaps.outcome(exam, complaint)
}

/// A missing action that is a finding of its own when nothing worse is missing.
fn alone<'a>(
    exam: &Exam<'a>,
    action: &str,
    for_what: &str,
) -> Result<(Gaps<'a>, Option<Complaint>), Outcome> {
    let gaps = Gaps::of(exam, &plain(exam))?;
    let whole = [CREATE, DESCRIBE, DELETE].iter().any(|core| gaps.lacks(core));
    let complaint = if whole { None } else { gaps.complaint(exam, |it| it == action, for_what) };
    Ok((gaps, complaint))
}

fn tags(exam: &Exam<'_>) -> Outcome {
    match alone(exam, TAG, "making a file system") {
        Ok((gaps, complaint)) => gaps.outcome(exam, complaint.map(|it| graded(exam, it))),
        Err(outcome) => outcome,
    }
}

fn resize(exam: &Exam<'_>) -> Outcome {
    let (gaps, complaint) = match alone(exam, UPDATE, "growing a claim") {
        Ok(both) => both,
        Err(outcome) => return outcome,
    };
    let grows = |claim: &&&crate::facts::ClaimUse| {
        let size = |text: &str| parse_bytes(text).ok();
        let has = claim.capacity.as_deref().and_then(size);
        has.is_some() && size(&claim.requested) > has
    };
    let growing: Vec<_> = exam.claims().iter().filter(grows).collect();
    let complaint = complaint.map(|complaint| {
        let severity = if growing.is_empty() { Severity::Warning } else { Severity::Error };
        let mut complaint = graded(exam, complaint.severity(severity));
        complaint.affects = growing.iter().map(|it| Resource::claim(&it.namespace, &it.name)).collect();
        let volumes = growing.iter().filter_map(|it| exam.volume(it.volume.as_deref()?));
        let systems = volumes.filter_map(|volume| exam.system_of(volume).found().copied());
        complaint.affects.extend(systems.map(|system| Resource::new("FileSystem", &system.id)));
        complaint
    });
    gaps.outcome(exam, complaint)
}

fn first_use(exam: &Exam<'_>) -> Outcome {
    let facts = exam.facts();
    match &facts.file_systems {
        Seen::Hidden(veil) => return Outcome::hidden(veil),
        // A file system in the account proves the role.
        Seen::Found(systems) if !systems.is_empty() => return Outcome::passed(),
        _ => {}
    }
    match facts.access.roles.get(identity::SERVICE_LINKED).map(|known| &known.role) {
        Some(Seen::Missing) => {}
        Some(Seen::Hidden(veil)) => return Outcome::hidden(veil),
        Some(Seen::Found(_)) | None => return Outcome::passed(),
    }
    let gaps = match Gaps::of(exam, &PolicyWish { service_linked_role: true, ..plain(exam) }) {
        Ok(gaps) => gaps,
        Err(outcome) => return outcome,
    };
    let complaint = gaps.complaint(exam, |action| action == LINK, "the account's first file system");
    let complaint = complaint.map(|complaint| {
        let complaint =
            complaint.shown_by("iam:GetRole", identity::SERVICE_LINKED, "not there").fixed_by(Fix::consent(
                "make the service-linked role once",
                "aws iam create-service-linked-role --aws-service-name fsx.amazonaws.com",
            ));
        graded(exam, complaint)
    });
    gaps.outcome(exam, complaint)
}

fn s3_paths(class: &StorageClass) -> Vec<String> {
    let keys = ["s3ImportPath", "s3ExportPath"];
    let all = keys.iter().filter_map(|key| class.parameters.get(*key)).filter(|path| !path.is_empty());
    all.cloned().collect()
}

fn s3_link(exam: &Exam<'_>) -> Outcome {
    // Of a class that is refused nothing is made, with or without the right.
    let asks = |class: &&StorageClass| !s3_paths(class).is_empty() && !is_refused(class);
    let linked: Vec<&StorageClass> = exam.classes().filter(asks).collect();
    if linked.is_empty() {
        return Outcome::not_applicable("no StorageClass links with S3").unless_seen(&exam.survey().classes);
    }
    let paths = linked.iter().flat_map(|class| s3_paths(class)).collect();
    let gaps = match Gaps::of(exam, &PolicyWish { s3_paths: paths, ..plain(exam) }) {
        Ok(gaps) => gaps,
        Err(outcome) => return outcome,
    };
    let names: Vec<&str> = linked.iter().map(|class| class.name.as_str()).collect();
    let for_what = format!("StorageClass {} with its S3 path", names.join(", "));
    let complaint = gaps.complaint(exam, |action| action.starts_with("iam:"), &for_what).map(|complaint| {
        let mut complaint = graded(exam, complaint);
        let waits = exam.waiting().filter(|claim| claim.class.as_deref().is_some_and(|it| names.contains(&it)));
        complaint.affects = waits.map(|claim| Resource::claim(&claim.namespace, &claim.name)).collect();
        complaint.fixed_by(
            Fix::manual("add iam:CreateServiceLinkedRole, iam:AttachRolePolicy and iam:PutRolePolicy on role/aws-service-role/s3.data-source.lustre.fsx.amazonaws.com/* to the role's policies"),
        )
    });
    gaps.outcome(exam, complaint)
}

fn limits(exam: &Exam<'_>) -> Outcome {
    let gaps = match Gaps::of(exam, &plain(exam)) {
        Ok(gaps) => gaps,
        Err(outcome) => return outcome,
    };
    match bounded(exam, &gaps) {
        Ok(Some(complaint)) => told(exam, Outcome::failed(graded(exam, complaint))),
        Ok(None) => {
            let complaint = denied_from_outside(exam, &gaps).map(|it| graded(exam, it));
            told(exam, Outcome::all(complaint))
        }
        Err(outcome) => outcome,
    }
}

/// What the boundary takes away.
fn bounded(exam: &Exam<'_>, gaps: &Gaps<'_>) -> Result<Option<Complaint>, Outcome> {
    let Some(arn) = &gaps.role.boundary else { return Ok(None) };
    let document = match exam.facts().access.boundaries.get(arn) {
        Some(Seen::Found(document)) => document,
        Some(Seen::Hidden(veil)) => return Err(Outcome::hidden(veil)),
        Some(Seen::Missing) | None => {
            let cause = format!("permissions boundary {arn} was not found");
            return Err(Outcome::hidden(&Veil { permission: "iam:GetPolicyVersion".to_owned(), cause }));
        }
    };
    let answers = missing_permissions(std::slice::from_ref(document), &[], &plain(exam));
    let sure = answers.iter().filter(|(_, answer)| matches!(answer, Answer::Denied | Answer::Missing));
    let denied: Vec<&str> = sure.map(|(need, _)| need.action.as_str()).collect();
    if denied.is_empty() {
        return Ok(None);
    }
    let name = &gaps.role.name;
    let complaint = Complaint::new(
        Resource::new("Role", name),
        format!("the permissions boundary of role {name} does not allow {}", denied.join(", ")),
    )
    .because("a role may do only what its policies and its boundary both allow")
    .shown_by("iam:GetRole", "Role.PermissionsBoundary", arn)
    .fixed_by(Fix::manual(
        "have whoever owns the boundary allow these actions, or give the role another boundary",
    ));
    Ok(Some(complaint))
}

/// FSx refused the role an action that its policies allow.
fn denied_from_outside(exam: &Exam<'_>, gaps: &Gaps<'_>) -> Option<Complaint> {
    if !gaps.veils.is_empty() {
        return None;
    }
    let name = &gaps.role.name;
    let known = [CREATE, DESCRIBE, DELETE, TAG, UPDATE];
    let refusal = Refusal::all(exam).into_iter().find(|it| {
        it.principal == Some(Principal::Role(name))
            && it.action.is_some_and(|action| known.contains(&action) && !gaps.lacks(action))
    })?;
    let action = refusal.action.unwrap_or_default();
    Some(
        Complaint::new(
            Resource::new("Role", name),
            format!("role {name} is refused {action}, which its policies allow"),
        )
        .because(
            "a service control policy, a resource control policy or the policy of a VPC endpoint may deny it; or its \
             policies were changed a moment ago",
        )
        .shown_by("policies of the role", action, "allowed")
        .shown_by(format!("Event {}", refusal.event.reason), "message", &refusal.event.message)
        .fixed_by(Fix::manual("have an administrator of the organization look at what denies the action to the role")),
    )
}
