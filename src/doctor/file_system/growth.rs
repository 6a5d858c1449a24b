//! How file systems grow with their claims.

use super::creation::object;
use crate::doctor::check::{Complaint, Outcome};
use crate::doctor::exam::Exam;
use crate::doctor::finding::{Fix, Resource, Severity};
use crate::domain::quantity::{parse_gib, print_gib};
use crate::facts::{AdminAction, ClaimUse, FileSystem};

/// FSx takes another increase six hours after the last one was asked for.
const COOL_DOWN_SECONDS: i64 = 6 * 3600;

fn is_running(action: &AdminAction) -> bool {
    ["PENDING", "IN_PROGRESS", "UPDATED_OPTIMIZING", "OPTIMIZING"].contains(&action.status.as_str())
}

pub(super) fn refused(exam: &Exam<'_>) -> Outcome {
    let complaint = |claim: &ClaimUse| {
        let (wanted, there) =
            (parse_gib(&claim.requested).ok()?, parse_gib(claim.capacity.as_deref()?).ok()?);
        let volume = exam.volume(claim.volume.as_deref()?)?;
        let system = exam.system_of(volume).found().copied()?;
        let has = system.capacity_gib?;
        if claim.phase != "Bound" || wanted <= there || has >= wanted {
            return None;
        }
        let summary = format!(
            "claim {}/{} asks for {}, and file system {} has {}",
            claim.namespace,
            claim.name,
            print_gib(wanted),
            system.id,
            print_gib(has)
        );
        judge(exam, claim, system, summary).map(|complaint| {
            complaint.affecting([Resource::claim(&claim.namespace, &claim.name)]).shown_by(
                "PersistentVolumeClaim",
                "spec.resources.requests.storage",
                &claim.requested,
            )
        })
    };
    Outcome::all(exam.claims().iter().filter_map(|claim| complaint(claim)))
        .unless_seen(&exam.survey().claims)
        .unless_seen(&exam.facts().storage.volumes)
        .unless_seen(&exam.facts().file_systems)
}

fn judge(exam: &Exam<'_>, claim: &ClaimUse, system: &FileSystem, summary: String) -> Option<Complaint> {
    if system.deployment_type.as_deref() == Some("SCRATCH_1") {
        return Some(
            Complaint::new(object(system), summary)
                .because("SCRATCH_1 never grows")
                .shown_by("fsx:DescribeFileSystems", "LustreConfiguration.DeploymentType", "SCRATCH_1")
                .fixed_by(Fix::manual("make a larger file system and copy the data")),
        );
    }
    let updates = system.more.actions.iter().filter(|action| action.kind == "FILE_SYSTEM_UPDATE");
    let last = updates.max_by_key(|action| action.at);
    let show = |complaint: Complaint, action: &AdminAction| {
        complaint.shown_by("fsx:DescribeFileSystems", "AdministrativeActions[].Status", &action.status)
    };
    match last {
        // An increase takes minutes, and the optimisation after it hours.
        Some(action) if is_running(action) => None,
        Some(action) if action.status == "FAILED" => {
            let said = action.failure.clone().unwrap_or_else(|| "FSx does not say why".to_owned());
            let complaint = Complaint::new(object(system), format!("{summary}; FSx failed to update it"))
                .because(said.clone())
                .shown_by("fsx:DescribeFileSystems", "AdministrativeActions[].FailureDetails.Message", said)
                .fixed_by(Fix::manual("mend what FSx says; the resizer asks again by itself"));
            Some(show(complaint, action))
        }
        Some(action) if exam.age(action.at).is_some_and(|age| age < COOL_DOWN_SECONDS) => {
            let complaint = Complaint::new(object(system), summary).severity(Severity::Info).because(
                "FSx takes another increase six hours after the last; the resizer asks again by itself",
            );
            Some(show(complaint, action))
        }
        Some(_) | None => {
            let refusals = exam.refusals(claim);
            let event = refusals.iter().find(|event| event.reason == "VolumeResizeFailed")?;
            // Late is not refused: https://github.com/kubernetes-sigs/aws-fsx-csi-driver/issues/382
            if ["DeadlineExceeded", "Canceled", "Aborted"].iter().any(|token| event.message.contains(token)) {
                return None;
            }
            Some(
                Complaint::new(object(system), summary)
                    .because("FSx or the driver refuses the increase")
                    .shown_by(format!("Event {}", event.reason), "message", &event.message)
                    .fixed_by(Fix::manual("do what the event says; the resizer asks again by itself")),
            )
        }
    }
}
