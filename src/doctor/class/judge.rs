//! What the driver or FSx would refuse of a class, sorted by check.

use crate::doctor::check::{Complaint, Outcome};
use crate::doctor::exam::Exam;
use crate::doctor::finding::{Fix, Resource, Severity};
use crate::domain::lustre::{self, DeploymentType, FileSystemWish, Illegal};
use crate::domain::storageclass::{self, placement_from, unknown_keys, wish_from};
use crate::facts::{ClaimUse, StorageClass};

/// One thing that is wrong with a class.
pub(super) struct Problem {
    id: &'static str,
    key: &'static str,
    value: String,
    reason: String,
    nearest: Option<String>,
    /// Whether the driver itself refuses it, as its source has it; else FSx does, by its rules as they are documented.
    by_driver: bool,
}

/// Everything that a check has to say about the classes of the driver.
pub(super) fn of(exam: &Exam<'_>, id: &'static str) -> Outcome {
    each(exam, |class| {
        let found: Vec<Problem> = problems(class).into_iter().filter(|problem| problem.id == id).collect();
        if found.is_empty() { None } else { complaint(exam, class, &found) }
    })
}

/// What there is to say about each class; volumes and claims tell what a class is for.
pub(super) fn each<'a>(exam: &Exam<'a>, judge: impl FnMut(&'a StorageClass) -> Option<Complaint>) -> Outcome {
    if exam.survey().classes.found().is_some_and(Vec::is_empty) {
        return Outcome::not_applicable("there is no StorageClass of the driver");
    }
    Outcome::all(exam.classes().filter_map(judge))
        .unless_seen(&exam.survey().classes)
        .unless_seen(&exam.survey().claims)
        .unless_seen(&exam.facts().storage.volumes)
}

/// Claims that wait for a file system of a class, and have none on its way.
pub(super) fn waiting<'a>(exam: &Exam<'a>, class: &StorageClass) -> Vec<&'a ClaimUse> {
    let of_it = exam.waiting().filter(|claim| claim.class.as_deref() == Some(class.name.as_str()));
    of_it.filter(|claim| exam.made_for(claim).is_empty()).collect()
}

/// Whether a class only matches volumes that somebody made: nothing was ever made of it, and nothing waits for that.
pub(in crate::doctor) fn is_label(exam: &Exam<'_>, class: &StorageClass) -> bool {
    let mut of_it = exam.volumes().filter(|it| it.class.as_deref() == Some(class.name.as_str())).peekable();
    of_it.peek().is_some() && of_it.all(|it| !Exam::is_provisioned(it)) && waiting(exam, class).is_empty()
}

fn is_proven(exam: &Exam<'_>, class: &StorageClass) -> bool {
    exam.volumes().any(|it| Exam::is_provisioned(it) && it.class.as_deref() == Some(class.name.as_str()))
}

fn complaint(exam: &Exam<'_>, class: &StorageClass, problems: &[Problem]) -> Option<Complaint> {
    let waiting = waiting(exam, class);
    // What a class without claims is for is told by claims and volumes; unless these are seen nothing is claimed.
    let unseen = exam.survey().claims.found().is_none() || exam.facts().storage.volumes.found().is_none();
    if waiting.is_empty() && (unseen || is_label(exam, class)) {
        return None;
    }
    let reasons: Vec<String> = problems.iter().map(|it| format!("{}: {}", it.key, it.reason)).collect();
    let latent = if waiting.is_empty() { "; no claim has reached it yet" } else { "" };
    let by_driver = problems.iter().any(|it| it.by_driver);
    let who = if by_driver { "the driver" } else { "FSx" };
    let mut complaint = Complaint::new(
        Resource::new("StorageClass", &class.name),
        format!("{who} makes no file system of StorageClass {}: {}{latent}", class.name, reasons.join("; ")),
    )
    .because(reasons.join("; "))
    .affecting(waiting.iter().flat_map(|claim| exam.with_pods(claim)))
    .fixed_by(again(class, &advice(problems)));
    for problem in problems {
        let value = if problem.value.is_empty() { "not set" } else { &problem.value };
        complaint = complaint.shown_by(
            format!("StorageClass {}", class.name),
            format!("parameters.{}", problem.key),
            value,
        );
    }
    for event in waiting.first().map(|claim| exam.refusals(claim)).iter().flatten().take(1) {
        complaint = complaint.shown_by(format!("Event {}", event.reason), "message", &event.message);
    }
    // FSx made one of it before, so the rule may have an exception that is not known here.
    let doubtful = !by_driver && waiting.is_empty() && is_proven(exam, class);
    Some(if doubtful { complaint.severity(Severity::Warning) } else { complaint })
}

fn advice(problems: &[Problem]) -> String {
    let each = problems.iter().map(|it| match &it.nearest {
        Some(nearest) => format!("set {} to {nearest}", it.key),
        None => format!("correct {}", it.key),
    });
    each.collect::<Vec<_>>().join(", ")
}

/// Parameters of a class cannot be changed, so it is made again.
pub(super) fn again(class: &StorageClass, what: &str) -> Fix {
    let name = &class.name;
    Fix::manual(format!("{what} in a copy of the class, then replace it; what is Bound does not mind"))
        .then(format!("kubectl get storageclass {name} -o yaml > {name}.new.yaml"))
        .then(format!("${{EDITOR:-vi}} {name}.new.yaml"))
        .then(format!("kubectl replace --force -f {name}.new.yaml"))
}

/// Keys that the driver ignores.
pub(super) fn ignored(exam: &Exam<'_>) -> Outcome {
    each(exam, |class| {
        let told: Vec<&str> =
            problems(class).iter().filter(|it| it.value.is_empty()).map(|it| it.key).collect();
        let mut unknown = unknown_keys(class.parameters.keys().map(String::as_str));
        // A key that was meant for one that is missing is told with that one.
        unknown.retain(|(_, nearest)| !nearest.is_some_and(|nearest| told.contains(&nearest)));
        if unknown.is_empty() || exam.facts().storage.volumes.found().is_none() || is_label(exam, class) {
            return None;
        }
        let names: Vec<&str> = unknown.iter().map(|(key, _)| key.as_str()).collect();
        let mut meant: Vec<String> = Vec::new();
        for (key, nearest) in &unknown {
            match (key.as_str(), nearest) {
                ("fileSystemId", _) => {
                    meant.push(
                        "a class cannot name a file system: bind it with fsxctl byo --fs-id".to_owned(),
                    );
                }
                (_, Some(nearest)) => meant.push(format!("write {nearest} instead of {key}")),
                (_, None) => meant.push(format!("leave {key} out")),
            }
        }
        let mut complaint = Complaint::new(
            Resource::new("StorageClass", &class.name),
            format!(
                "StorageClass {} has parameters that the driver ignores: {}",
                class.name,
                names.join(", ")
            ),
        )
        .because("the driver does not read these keys, so file systems are made without what they say")
        .fixed_by(again(class, &meant.join(", ")));
        for (key, _) in &unknown {
            let value = class.parameters.get(key).map(String::as_str).unwrap_or_default();
            complaint = complaint.shown_by(
                format!("StorageClass {}", class.name),
                format!("parameters.{key}"),
                value,
            );
        }
        Some(complaint)
    })
}

/// Whether FSx or the driver refuses what a class asks for, so that nothing comes of it.
pub(in crate::doctor) fn is_refused(class: &StorageClass) -> bool {
    !problems(class).is_empty()
}

/// Everything that is wrong with a class itself, whatever claims ask of it.
pub(super) fn problems(class: &StorageClass) -> Vec<Problem> {
    let parameters = &class.parameters;
    let mut all: Vec<Problem> = match placement_from(parameters) {
        Ok(placement) => storageclass::check_extra_tags(&placement.extra_tags).into_iter().map(tag).collect(),
        // Several subnets in one are told as a question of zones.
        Err(refused) => refused
            .into_iter()
            .filter(|it| !(it.field == "subnetId" && it.value.contains(',')))
            .map(|it| misspelt(parameters.keys(), placed(it)))
            .collect(),
    };
    // The smallest size: those that claims ask for are judged with the claims.
    match wish_from(parameters, 1200) {
        Err(refused) => all.extend(refused.into_iter().map(unread)),
        Ok(wish) => {
            let by_driver = lustre::check_dynamic(&wish);
            let by_fsx = lustre::check(&wish);
            // A link that PERSISTENT_2 does not take says nothing about its backups.
            let unlinked = wish.deployment_type == DeploymentType::Persistent2 && wish.is_linked_to_s3();
            let beside =
                |it: &Illegal| unlinked && matches!(it.field, "backup-days" | "copy-tags-to-backups");
            let by_fsx = by_fsx.into_iter().filter(|it| it.field != "size" && !beside(it));
            if by_driver.is_empty() {
                all.extend(by_fsx.map(|illegal| refused(&wish, illegal)));
            }
            all.extend(by_driver.into_iter().map(|illegal| problem("FSX-SC-51", "storageType", illegal)));
        }
    }
    all
}

fn problem(id: &'static str, key: &'static str, illegal: Illegal) -> Problem {
    Problem {
        id,
        key,
        value: illegal.value,
        reason: illegal.reason,
        nearest: illegal.nearest,
        by_driver: false,
    }
}

fn placed(illegal: Illegal) -> Problem {
    let by_driver = illegal.field != "securityGroupIds" && !illegal.value.contains(',');
    let id = match (illegal.field, illegal.value.is_empty()) {
        ("subnetId", _) => "FSX-SC-01",
        ("securityGroupIds", true) => "FSX-SC-14",
        ("securityGroupIds", false) => "FSX-SC-13",
        _ => "FSX-SC-11",
    };
    Problem { by_driver, ..problem(id, illegal.field, illegal) }
}

/// With the key that was probably meant for the one that is missing.
fn misspelt<'a>(keys: impl Iterator<Item = &'a String>, mut problem: Problem) -> Problem {
    let meant = unknown_keys(keys.map(String::as_str)).into_iter();
    let mut meant = meant.filter(|(_, nearest)| problem.value.is_empty() && *nearest == Some(problem.key));
    if let Some((key, _)) = meant.next() {
        problem.reason = format!("{}; it has {key}, which the driver does not know", problem.reason);
    }
    problem
}

fn tag(illegal: Illegal) -> Problem {
    problem("FSX-SC-11", "extraTags", illegal)
}

/// What cannot be read: the driver refuses what is no number or truth value, FSx what is none of its names.
fn unread(illegal: Illegal) -> Problem {
    let key = illegal.field;
    match key {
        "metadataIops" | "metadataConfigurationMode" if !illegal.reason.ends_with("must be a number") => {
            problem("FSX-SC-15", key, illegal)
        }
        _ if illegal.reason.ends_with("must be a number") || illegal.reason.ends_with("must be a bool") => {
            Problem { by_driver: true, ..problem("FSX-SC-10", key, illegal) }
        }
        "fileSystemTypeVersion" => problem("FSX-SC-12", key, illegal),
        _ => problem("FSX-SC-50", key, illegal),
    }
}

/// A rule of FSx, under the name that the class has for the field.
fn refused(wish: &FileSystemWish, illegal: Illegal) -> Problem {
    let newest = wish.deployment_type == DeploymentType::Persistent2;
    let imports = wish.s3_import.is_some();
    let (id, key) = match illegal.field {
        "storage-type" => ("FSX-SC-05", "storageType"),
        "drive-cache" => ("FSX-SC-05", "driveCacheType"),
        "lustre-version" => ("FSX-SC-12", "fileSystemTypeVersion"),
        "throughput" if !wish.deployment_type.is_persistent() => ("FSX-SC-03", "perUnitStorageThroughput"),
        "throughput" => ("FSX-SC-04", "perUnitStorageThroughput"),
        "metadata-iops" => ("FSX-SC-15", "metadataConfigurationMode"),
        "efa" => ("FSX-SC-15", "efaEnabled"),
        "s3-import" => (if newest { "FSX-SC-07" } else { "FSX-SC-50" }, "s3ImportPath"),
        "s3-export" if newest => ("FSX-SC-07", "s3ExportPath"),
        "s3-export" if !imports => ("FSX-SC-08", "s3ExportPath"),
        "s3-export" if illegal.reason.contains("bucket of the import path") => ("FSX-SC-09", "s3ExportPath"),
        "s3-export" => ("FSX-SC-50", "s3ExportPath"),
        "auto-import" => (if newest { "FSX-SC-07" } else { "FSX-SC-08" }, "autoImportPolicy"),
        "backup-days" if wish.backup_days.is_some_and(|days| days > 90) => {
            ("FSX-SC-50", "automaticBackupRetentionDays")
        }
        "backup-days" => ("FSX-SC-18", "automaticBackupRetentionDays"),
        "copy-tags-to-backups" => ("FSX-SC-18", "copyTagsToBackups"),
        "backup-start" => ("FSX-SC-50", "dailyAutomaticBackupStartTime"),
        "maintenance" => ("FSX-SC-50", "weeklyMaintenanceStartTime"),
        "kms-key" => ("FSX-SC-50", "kmsKeyId"),
        _ => ("FSX-SC-50", "deploymentType"),
    };
    problem(id, key, illegal)
}
