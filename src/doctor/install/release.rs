//! How the driver was installed: the EKS add-on and the Helm release, and what keeps either from being whole.

use super::super::check::{Check, Complaint, Outcome};
use super::super::exam::Exam;
use super::super::finding::{Fix, Resource, Severity};
use super::OF_BOTH;
use crate::domain::names;
use crate::facts::{Addon, Release, Seen};
use crate::steps;
use crate::steps::driver::ADDON;

pub(super) const FOREIGN_ACCOUNT: Check = Check {
    id: "FSX-INST-02",
    title: "Helm refuses the service account that eksctl made",
    severity: Severity::Error,
    symptom: "`Unable to continue with install: ServiceAccount \"fsx-csi-controller-sa\" in namespace \"kube-system\" exists \
              and cannot be imported into the current release: invalid ownership metadata`.",
    why: "Helm takes over no object without its own labels, and eksctl labels the account as its own.",
    decided_by: "Status of the Helm release; label app.kubernetes.io/managed-by of the controller's service account.",
    remedy: "Install with controller.serviceAccount.create=false.",
    source: "https://github.com/eksctl-io/eksctl/issues/3912",
    explains: OF_BOTH,
    judge: foreign_account,
};

pub(super) const COLLISION: Check = Check {
    id: "FSX-INST-04",
    title: "The add-on collides with another installation",
    severity: Severity::Error,
    symptom: "The add-on is CREATE_FAILED or UPDATE_FAILED: `ConfigurationConflict: Conflicts found when trying to apply. \
              Will not continue due to resolve conflicts mode`.",
    why: "Helm or manifests own the same objects, and EKS does not take them over by itself.",
    decided_by: "eks:DescribeAddon status and health.issues[].code; Helm's annotations on the driver's workloads.",
    remedy: "Keep one of the two.",
    source: "https://docs.aws.amazon.com/eks/latest/APIReference/API_AddonIssue.html",
    explains: OF_BOTH,
    judge: collision,
};

pub(super) const UNHEALTHY: Check = Check {
    id: "FSX-INST-05",
    title: "The add-on is not healthy",
    severity: Severity::Error,
    symptom: "The add-on is DEGRADED: `InsufficientNumberOfReplicas: The add-on is unhealthy because it doesn't have the \
              desired number of replicas.`.",
    why: "EKS repeats what its pods are: why they do not run is told by the pods.",
    decided_by: "eks:DescribeAddon status and health.issues[]; pods ready of the driver's workloads.",
    remedy: "Mend what keeps the pods from running.",
    source: "https://docs.aws.amazon.com/eks/latest/APIReference/API_AddonIssue.html",
    explains: &[],
    judge: unhealthy,
};

pub(super) const UNSETTLED: Check = Check {
    id: "FSX-INST-51",
    title: "The driver's Helm release is not deployed",
    severity: Severity::Warning,
    symptom: "`helm status` says failed or pending; `another operation (install/upgrade/rollback) is in progress`.",
    why: "An install or upgrade was refused or broken off, so parts of the driver may be missing or old.",
    decided_by: "The Secret of the release's last revision: its status and age.",
    remedy: "Repeat the upgrade, or roll it back.",
    source: "https://helm.sh/docs/helm/helm_status/",
    explains: &[],
    judge: unsettled,
};

/// Longer than helm's own wait of five minutes.
const HELM_SECONDS: u64 = 15 * 60;

fn release<'a>(exam: &Exam<'a>) -> Result<Option<&'a Release>, Outcome> {
    match &exam.facts().driver.release {
        Seen::Found(release) => Ok(Some(release)),
        Seen::Missing => Ok(None),
        Seen::Hidden(veil) => Err(Outcome::hidden(veil)),
    }
}

/// Whether the last revision did not come to be.
fn is_unsettled(release: &Release) -> bool {
    release.status == "failed" || release.status.starts_with("pending") && release.age_seconds > HELM_SECONDS
}

fn is_eksctls(exam: &Exam<'_>) -> bool {
    let account = exam.facts().access.service_account.found();
    account.is_some_and(|it| {
        it.marks.labels.get("app.kubernetes.io/managed-by").is_some_and(|by| by == "eksctl")
    })
}

/// Whether a controller of the driver has all it wants.
fn works(exam: &Exam<'_>) -> bool {
    exam.controllers().iter().any(|it| it.desired > 0 && it.ready > 0)
}

/// Name and namespace are what the Secret's content says, so they are looked at before they become part of a command.
fn is_named(release: &Release) -> bool {
    names::check_dns_subdomain("release", &release.name).is_ok()
        && names::check_dns_label("namespace", &release.namespace).is_ok()
}

fn release_object(release: &Release) -> Resource {
    Resource::new("HelmRelease", format!("{}/{}", release.namespace, release.name))
}

fn without_account(release: &Release) -> Fix {
    let what = "repeat the install without making the service account";
    if !is_named(release) {
        return Fix::manual(format!("{what}: --set controller.serviceAccount.create=false"));
    }
    Fix::consent(
        what,
        format!(
            "helm upgrade --install {} aws-fsx-csi-driver --repo https://kubernetes-sigs.github.io/aws-fsx-csi-driver \
             --namespace {} --reuse-values --set controller.serviceAccount.create=false",
            release.name, release.namespace
        ),
    )
}

fn history(release: &Release) -> Fix {
    let fix = Fix::manual("see what went wrong, then repeat the upgrade or roll it back");
    if !is_named(release) {
        return fix;
    }
    fix.then(format!("helm history {} --namespace {}", release.name, release.namespace))
}

fn foreign_account(exam: &Exam<'_>) -> Outcome {
    let release = match release(exam) {
        Ok(Some(release)) => release,
        Ok(None) => return Outcome::not_applicable("there is no Helm release of the driver"),
        Err(outcome) => return outcome,
    };
    if !is_unsettled(release) || !is_eksctls(exam) {
        return Outcome::passed().unless_seen(&exam.facts().access.service_account);
    }
    let (namespace, name) = steps::account(exam.intent, exam.facts());
    let severity = if works(exam) { Severity::Warning } else { Severity::Error };
    let complaint = Complaint::new(
        release_object(release),
        format!("the Helm release is {}, and service account {namespace}/{name} is eksctl's", release.status),
    )
    .because("helm does not take over a service account without its own labels")
    .severity(severity)
    .shown_by("Secret of the Helm release", "status", &release.status)
    .shown_by("ServiceAccount", "metadata.labels[app.kubernetes.io/managed-by]", "eksctl")
    .affecting(exam.waiting_objects())
    .fixed_by(without_account(release));
    Outcome::failed(complaint)
}

fn unsettled(exam: &Exam<'_>) -> Outcome {
    let release = match release(exam) {
        Ok(Some(release)) => release,
        Ok(None) => return Outcome::not_applicable("there is no Helm release of the driver"),
        Err(outcome) => return outcome,
    };
    if !is_unsettled(release) || is_eksctls(exam) {
        return Outcome::passed();
    }
    let complaint = Complaint::new(
        release_object(release),
        format!("Helm release {}/{} is {}", release.namespace, release.name, release.status),
    )
    .because("its last revision did not come to be")
    .shown_by("Secret of the Helm release", "status", &release.status)
    .shown_by("Secret of the Helm release", "revision", release.revision.to_string())
    .fixed_by(history(release));
    Outcome::failed(complaint)
}

fn issue(addon: &Addon, code: &str) -> Option<String> {
    addon.issues.iter().find(|issue| issue.code == code).map(|issue| issue.message.clone())
}

fn is_bad(addon: &Addon) -> bool {
    addon.status == "DEGRADED" || addon.status.ends_with("_FAILED")
}

fn addon_object() -> Resource {
    Resource::new("Addon", ADDON)
}

fn describe(exam: &Exam<'_>) -> String {
    format!(
        "aws eks describe-addon --cluster-name {} --addon-name {ADDON} --region {}",
        exam.cluster(),
        exam.facts().region
    )
}

fn addon<'a>(exam: &Exam<'a>) -> Result<&'a Addon, Outcome> {
    match &exam.facts().driver.addon {
        Seen::Found(addon) => Ok(addon),
        Seen::Missing => Err(Outcome::not_applicable("the driver is no EKS add-on")),
        Seen::Hidden(veil) => Err(Outcome::hidden(veil)),
    }
}

fn collision(exam: &Exam<'_>) -> Outcome {
    let addon = match addon(exam) {
        Ok(addon) => addon,
        Err(outcome) => return outcome,
    };
    let Some(message) = issue(addon, "ConfigurationConflict").filter(|_| is_bad(addon)) else {
        return Outcome::passed();
    };
    let release = exam.controllers().into_iter().chain(exam.plugins()).find_map(|it| it.release.clone());
    let mut complaint = Complaint::new(
        addon_object(),
        format!("add-on {ADDON} is {}: it collides with objects that something else owns", addon.status),
    )
    .because("EKS does not take over fields of another manager by itself")
    .severity(if works(exam) { Severity::Warning } else { Severity::Error })
    .shown_by("eks:DescribeAddon", "addon.status", &addon.status)
    .shown_by("eks:DescribeAddon", "addon.health.issues[ConfigurationConflict]", message)
    .fixed_by(
        Fix::manual(
            "keep one of the two: delete the add-on, or uninstall the other and let EKS apply its own objects again with \
             --resolve-conflicts OVERWRITE, which takes away what was set by hand",
        )
        .then(describe(exam)),
    );
    if let Some(release) = release {
        complaint = complaint.shown_by("annotations of the driver's workloads", "Helm release", release);
    }
    if !works(exam) {
        complaint = complaint.affecting(exam.waiting_objects());
    }
    Outcome::failed(complaint)
}

fn unhealthy(exam: &Exam<'_>) -> Outcome {
    let addon = match addon(exam) {
        Ok(addon) => addon,
        Err(outcome) => return outcome,
    };
    if !is_bad(addon) || issue(addon, "ConfigurationConflict").is_some() {
        return Outcome::passed();
    }
    let workloads = exam.controllers().into_iter().chain(exam.plugins()).collect::<Vec<_>>();
    let ready = !workloads.is_empty() && workloads.iter().all(|it| it.ready >= it.desired);
    // EKS looks again only now and then: what it says of pods may be of the past.
    let severity = if ready && works(exam) {
        if issue(addon, "InsufficientNumberOfReplicas").is_some() {
            Severity::Info
        } else {
            Severity::Warning
        }
    } else {
        Severity::Error
    };
    let codes: Vec<&str> = addon.issues.iter().map(|issue| issue.code.as_str()).collect();
    let mut complaint = Complaint::new(addon_object(), format!("add-on {ADDON} is {}", addon.status))
        .because(match codes.is_empty() {
            true => "EKS names no issue".to_owned(),
            false => format!("EKS says {}", codes.join(", ")),
        })
        .severity(severity)
        .shown_by("eks:DescribeAddon", "addon.status", &addon.status);
    for issue in &addon.issues {
        complaint = complaint.shown_by(
            "eks:DescribeAddon",
            format!("addon.health.issues[{}]", issue.code),
            &issue.message,
        );
    }
    let fix =
        Fix::manual("mend what keeps its pods from running; alone, read its issues").then(describe(exam));
    Outcome::failed(complaint.fixed_by(fix)).unless_seen(&exam.seen.workloads)
}
