//! The state of file systems that volumes of the cluster name.

use super::creation::about;
use crate::doctor::check::{Complaint, Outcome};
use crate::doctor::exam::Exam;
use crate::doctor::finding::{Fix, Resource, Severity};
use crate::domain::mount::MountFailure;
use crate::facts::{FileSystem, PodUse, Seen, Volume};

/// File systems that volumes of the cluster mount, each once.
fn mounted<'a>(exam: &Exam<'a>) -> Vec<&'a FileSystem> {
    let behind = |id: &str| {
        exam.volumes().any(|it| !it.terminating && exam.system_of(it).found().is_some_and(|it| it.id == id))
    };
    exam.in_use().iter().copied().filter(|system| behind(&system.id)).collect()
}

fn judged(exam: &Exam<'_>, judge: impl Fn(&FileSystem) -> Option<Complaint>) -> Outcome {
    Outcome::all(mounted(exam).into_iter().filter_map(judge))
        .unless_seen(&exam.facts().file_systems)
        .unless_seen(&exam.facts().storage.volumes)
}

fn is_lost_scratch(system: &FileSystem) -> bool {
    let scratch = system.deployment_type.as_deref().is_some_and(|it| it.starts_with("SCRATCH_"));
    scratch && system.lifecycle == "FAILED"
}

/// Whether a pod has its node and has not started there.
fn is_stuck(pod: &PodUse) -> bool {
    pod.phase == "Pending" && pod.node.is_some() && !pod.terminating
}

pub(super) fn unavailable(exam: &Exam<'_>) -> Outcome {
    judged(exam, |system| {
        let (summary, fix) = match system.lifecycle.as_str() {
            "CREATING" => {
                let dependents = exam.dependents(&system.id);
                let stuck = |pod: &&PodUse| {
                    is_stuck(pod) && dependents.contains(&Resource::pod(&pod.namespace, &pod.name))
                };
                // What nobody tries to mount yet is healthy.
                exam.users().into_iter().find(|pod| stuck(&pod))?;
                ("is still being made", "wait until it is AVAILABLE")
            }
            "DELETING" => {
                ("is being deleted", "nothing stops that; restore a backup and bind what it becomes")
            }
            "FAILED" if is_lost_scratch(system) => return None,
            "FAILED" => ("has failed", "read what FSx says; restore a backup, or ask AWS Support"),
            "MISCONFIGURED" | "MISCONFIGURED_UNAVAILABLE" => {
                ("is misconfigured", "mend what FSx says; it comes back by itself then")
            }
            // UPDATING is usable: https://docs.aws.amazon.com/fsx/latest/LustreGuide/managing-storage-capacity.html
            _ => return None,
        };
        let said =
            system.failure.as_deref().map_or_else(String::new, |failure| format!("; FSx says: {failure}"));
        Some(
            about(system, format!("file system {} {summary}", system.id))
                .because(format!("a file system in state {} serves no client{said}", system.lifecycle))
                .affecting(exam.dependents(&system.id))
                .fixed_by(
                    Fix::manual(fix)
                        .then(format!("aws fsx describe-file-systems --file-system-ids {}", system.id)),
                ),
        )
    })
}

pub(super) fn scratch(exam: &Exam<'_>) -> Outcome {
    judged(exam, |system| {
        is_lost_scratch(system).then(|| {
            about(system, format!("Scratch file system {} has failed, and its data may be lost", system.id))
                .because("a Scratch file system keeps one copy of its data; when a server goes, they go")
                .shown_by(
                    "fsx:DescribeFileSystems",
                    "LustreConfiguration.DeploymentType",
                    system.deployment_type.clone().unwrap_or_default(),
                )
                .affecting(exam.dependents(&system.id))
                .fixed_by(
                    Fix::manual("make a new file system and load the data again; then clear this one away")
                        .then(format!("fsxctl setup dynamic --cluster {}", exam.cluster()))
                        .then(format!("aws fsx delete-file-system --file-system-id {}", system.id)),
                )
        })
    })
}

/// The Region in a file system's DNS name, `fs-….fsx.<region>.amazonaws.com`.
fn region_of(dns_name: &str) -> Option<&str> {
    let (id, rest) = dns_name.split_once(".fsx.")?;
    id.starts_with("fs-").then(|| rest.split('.').next()).flatten()
}

/// How sure it is that a volume's file system is gone, if it is not among the account's.
fn gone_for(exam: &Exam<'_>, volume: &Volume, pods: &[&PodUse]) -> Option<Severity> {
    if Exam::is_provisioned(volume) {
        return Some(Severity::Error);
    }
    // One of another account or Region is none of those that were looked at, and mounts all the same.
    let here = volume.dns_name.as_deref().and_then(region_of) == Some(exam.facts().region.as_str());
    if !here || pods.iter().any(|pod| pod.ready) {
        return None;
    }
    let no_address = pods.iter().any(|pod| {
        let failures = exam.pod_events(pod);
        let mut failures = failures.iter().filter(|it| it.reason == "FailedMount" && exam.is_recent(it));
        is_stuck(pod) && failures.any(|it| MountFailure::of(&it.message) == MountFailure::NoAddress)
    });
    Some(if no_address { Severity::Error } else { Severity::Warning })
}

pub(super) fn gone(exam: &Exam<'_>) -> Outcome {
    let complaint = |volume: &Volume| {
        if volume.phase != "Bound" || volume.terminating || !matches!(exam.system_of(volume), Seen::Missing) {
            return None;
        }
        // The handle is free text; only an id says which file system is meant.
        if !volume.handle.starts_with("fs-") || exam.facts().other_file_systems.contains_key(&volume.handle) {
            return None;
        }
        let claim = exam.claim_of(volume);
        let pods = claim.map_or(&[][..], |claim| exam.pods_of(&claim.namespace, &claim.name));
        let severity = gone_for(exam, volume, pods)?;
        let may = if severity == Severity::Error { "is gone" } else { "may be gone" };
        Some(
            Complaint::new(
                Resource::new("PersistentVolume", &volume.name),
                format!("file system {} of volume {} {may}", volume.handle, volume.name),
            )
            .severity(severity)
            .because("FSx lists no such file system in this account and Region; the volume does not notice")
            .shown_by(
                "fsx:DescribeFileSystems",
                "FileSystems[].FileSystemId",
                format!("none is {}", volume.handle),
            )
            .shown_by(
                format!("PersistentVolume {}", volume.name),
                "spec.csi.volumeAttributes.dnsname",
                volume.dns_name.clone().unwrap_or_default(),
            )
            .affecting(claim.into_iter().flat_map(|claim| exam.with_pods(claim)))
            .fixed_by(
                Fix::manual("restore a backup if there is one, and bind the file system that it becomes")
                    .then(format!(
                        "aws fsx describe-backups --filters Name=file-system-id,Values={}",
                        volume.handle
                    )),
            ),
        )
    };
    Outcome::all(exam.volumes().filter_map(complaint))
        .unless_seen(&exam.facts().file_systems)
        .unless_seen(&exam.facts().storage.volumes)
}
