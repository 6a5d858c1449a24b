//! Odd, and all right: the way to a file system, and its zone.

use crate::doctor::check::{Check, Complaint, Outcome};
use crate::doctor::exam::Exam;
use crate::doctor::finding::{Resource, Severity};
use crate::doctor::mount::note_old_version;
use crate::doctor::network::{note_elsewhere, note_old_range};

/// The checks.
pub(in crate::doctor) const CHECKS: &[Check] = &[
    Check {
        id: "FSX-NOTE-15",
        title: "A file system in another VPC",
        severity: Severity::Info,
        symptom: "Nothing is wrong.",
        why: "Peering, transit gateways and shared subnets lead there.",
        decided_by: "FileSystem.VpcId against the cluster's VPC.",
        remedy: "Nothing needs to be done.",
        source: "https://docs.aws.amazon.com/fsx/latest/LustreGuide/mounting-on-premises.html",
        explains: &[],
        judge: note_elsewhere,
    },
    Check {
        id: "FSX-NOTE-29",
        title: "A file system is being updated",
        severity: Severity::Info,
        symptom: "Nothing is wrong; it may be slower, and out of reach for minutes.",
        why: "A file system can be used while it grows and while its data is spread again.",
        decided_by: "Lifecycle UPDATING; AdministrativeActions that go on.",
        remedy: "Nothing needs to be done.",
        source: "https://docs.aws.amazon.com/fsx/latest/LustreGuide/managing-storage-capacity.html",
        explains: &[],
        judge: being_updated,
    },
    Check {
        id: "FSX-NOTE-35",
        title: "A file system of an older Lustre version",
        severity: Severity::Info,
        symptom: "Nothing is wrong with these nodes.",
        why: "Versions 2.10 and 2.12 are mounted by the clients of older kernels.",
        decided_by: "FileSystemTypeVersion; kernelVersion of the nodes.",
        remedy: "Upgrade before nodes with newer kernels come.",
        source: "https://docs.aws.amazon.com/fsx/latest/LustreGuide/lustre-client-matrix.html",
        explains: &[],
        judge: note_old_version,
    },
    Check {
        id: "FSX-NOTE-45",
        title: "Ports 1018-1020 are closed",
        severity: Severity::Info,
        symptom: "Nothing, mostly.",
        why: "AWS's pages once named 1021-1023, and mounts often work with that.",
        decided_by: "Security groups of nodes and file system.",
        remedy: "Open 1018-1023 when the rules are changed next.",
        source: "https://docs.aws.amazon.com/fsx/latest/LustreGuide/limit-access-security-groups.html",
        explains: &[],
        judge: note_old_range,
    },
];

fn being_updated(exam: &Exam<'_>) -> Outcome {
    let note = |system: &&crate::facts::FileSystem| {
        let goes_on = |status: &str| matches!(status, "UPDATED_OPTIMIZING" | "OPTIMIZING");
        let action = system.more.actions.iter().find(|action| goes_on(&action.status));
        if system.lifecycle != "UPDATING" && action.is_none() {
            return None;
        }
        let mut complaint = Complaint::new(
            Resource::new("FileSystem", &system.id),
            format!("file system {} is being updated and can be used", system.id),
        )
        .shown_by("fsx:DescribeFileSystems", "Lifecycle", &system.lifecycle);
        if let Some(action) = action {
            let percent = action.progress.map(|it| format!(", {it} %")).unwrap_or_default();
            complaint = complaint.shown_by(
                "fsx:DescribeFileSystems",
                "AdministrativeActions",
                format!("{} {}{percent}", action.kind, action.status),
            );
        }
        Some(complaint)
    };
    Outcome::all(exam.in_use().iter().filter_map(note)).unless_seen(&exam.facts().file_systems)
}
