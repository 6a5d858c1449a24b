//! A claim and the volume that it names, or that is kept for it.

use super::claim::about;
use crate::doctor::check::{Complaint, Outcome};
use crate::doctor::exam::Exam;
use crate::doctor::finding::{Fix, Severity};
use crate::domain::quantity::parse_bytes;
use crate::facts::{ClaimUse, Volume};

/// Why a claim does not get its volume; the first that holds.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Apart {
    /// The volume is another claim's.
    Taken,
    /// The volume remembers an earlier claim of this name.
    Released,
    /// The claim's class is the default class, and the volume has none.
    Defaulted,
    /// Class, size or modes differ.
    Mismatched,
}

fn reference(claim: &ClaimUse) -> String {
    format!("{}/{}", claim.namespace, claim.name)
}

/// The volume that a claim names, or that names the claim.
fn volume_of<'a>(exam: &Exam<'a>, claim: &ClaimUse) -> Option<&'a Volume> {
    match &claim.volume {
        Some(name) => exam.volume(name),
        // A class that makes volumes makes one; nothing waits for the old one then.
        None if claim.class.as_deref().is_some_and(|class| exam.class(class).is_some()) => None,
        None => {
            let its = reference(claim);
            let mut kept =
                exam.volumes().filter(|it| it.claim.as_deref() == Some(its.as_str()) && !it.terminating);
            kept.next()
        }
    }
}

fn differs(claim: &ClaimUse, volume: &Volume) -> Option<String> {
    let said = |class: &Option<String>| class.clone().unwrap_or_else(|| "\"\"".to_owned());
    if claim.class != volume.class {
        return Some(format!("its class is {}, the volume's is {}", said(&claim.class), said(&volume.class)));
    }
    if let (Ok(wanted), Ok(there)) = (parse_bytes(&claim.requested), parse_bytes(&volume.size))
        && wanted > there
    {
        return Some(format!("it asks for {}, and the volume says {}", claim.requested, volume.size));
    }
    let missing: Vec<&str> = claim
        .access_modes
        .iter()
        .filter(|mode| !volume.access_modes.contains(mode))
        .map(String::as_str)
        .collect();
    (!missing.is_empty()).then(|| {
        format!("it asks for {}, and the volume has {}", missing.join(", "), volume.access_modes.join(", "))
    })
}

/// The default class, when all classes are seen.
fn default_class<'a>(exam: &Exam<'a>) -> Option<&'a str> {
    exam.seen.all_classes.found()?.iter().find(|row| row.default).map(|row| row.name.as_str())
}

fn apart<'a>(exam: &Exam<'a>, claim: &ClaimUse) -> Option<(Apart, &'a Volume)> {
    if claim.phase != "Pending" || claim.terminating {
        return None;
    }
    let volume = volume_of(exam, claim)?;
    let its = volume.claim.as_deref().is_none_or(|it| it == reference(claim));
    let earlier = volume.claim_uid.as_deref().is_some_and(|uid| uid != claim.uid);
    let why = if !its {
        Apart::Taken
    } else if earlier && volume.claim.is_some() {
        Apart::Released
    } else if volume.class.is_none() && claim.class.is_some() && claim.class.as_deref() == default_class(exam)
    {
        Apart::Defaulted
    } else {
        differs(claim, volume).map(|_| Apart::Mismatched)?
    };
    Some((why, volume))
}

fn judged(exam: &Exam<'_>, why: Apart, tell: impl Fn(&ClaimUse, &Volume) -> Complaint) -> Outcome {
    let all = exam.survey().claims.found().into_iter().flatten();
    let complaint = |claim: &ClaimUse| {
        let (_, volume) = apart(exam, claim).filter(|(it, _)| *it == why)?;
        Some(tell(claim, volume))
    };
    Outcome::all(all.filter_map(complaint))
        .unless_seen(&exam.survey().claims)
        .unless_seen(&exam.facts().storage.volumes)
}

fn delete(claim: &ClaimUse) -> String {
    format!("kubectl delete pvc {} -n {}", claim.name, claim.namespace)
}

/// `fsxctl byo` for a claim of the file system that a volume has.
fn bind(exam: &Exam<'_>, claim: &ClaimUse, volume: &Volume, more: &str) -> String {
    let system = exam.system_of(volume).found().map_or_else(String::new, |it| format!(" --fs-id {}", it.id));
    let (cluster, namespace, name) = (exam.cluster(), &claim.namespace, &claim.name);
    format!("fsxctl byo --cluster {cluster}{system} -n {namespace} --claim {name}{more}")
}

pub(super) fn mismatched(exam: &Exam<'_>) -> Outcome {
    judged(exam, Apart::Mismatched, |claim, volume| {
        let what = differs(claim, volume).unwrap_or_default();
        about(exam, claim, &format!("does not fit volume {}: {what}", volume.name))
            .because("Kubernetes binds a claim to a volume only when class, size and access modes agree")
            .shown_by(
                "PersistentVolumeClaim",
                "spec",
                format!(
                    "class {}, {}, {}",
                    claim.class.as_deref().unwrap_or("\"\""),
                    claim.requested,
                    claim.access_modes.join(", ")
                ),
            )
            .shown_by(
                format!("PersistentVolume {}", volume.name),
                "spec",
                format!(
                    "class {}, {}, {}",
                    volume.class.as_deref().unwrap_or("\"\""),
                    volume.size,
                    volume.access_modes.join(", ")
                ),
            )
            .fixed_by(
                Fix::manual("create the claim again so that it agrees with the volume").then(delete(claim)),
            )
    })
}

pub(super) fn defaulted(exam: &Exam<'_>) -> Outcome {
    let pending = judged(exam, Apart::Defaulted, |claim, volume| {
        let class = claim.class.as_deref().unwrap_or_default();
        about(exam, claim, &format!("has the default class {class}, and volume {} has none", volume.name))
            .because("a claim that leaves storageClassName out gets the default class")
            .shown_by("PersistentVolumeClaim", "spec.storageClassName", class)
            .shown_by(format!("PersistentVolume {}", volume.name), "spec.storageClassName", "not set")
            .fixed_by(Fix::manual("create the claim again with storageClassName: \"\"").then(delete(claim)))
    });
    // The default class made another volume for the claim, while the one that is kept for it waits.
    let elsewhere = |claim: &ClaimUse| {
        let class = claim.class.as_deref().filter(|class| Some(*class) == default_class(exam))?;
        let its = reference(claim);
        let kept = exam.volumes().find(|it| {
            it.claim.as_deref() == Some(its.as_str())
                && it.claim_uid.is_none()
                && it.phase == "Available"
                && it.class.is_none()
        })?;
        let bound = claim.volume.as_deref().filter(|it| *it != kept.name && claim.phase == "Bound")?;
        Some(
            about(exam, claim, &format!("has volume {bound} of the default class, not {} that is kept for it", kept.name))
                .severity(Severity::Warning)
                .because("a claim that leaves storageClassName out gets the default class, which made another volume")
                .shown_by("PersistentVolumeClaim", "spec.storageClassName", class)
                .shown_by(format!("PersistentVolume {}", kept.name), "spec.claimRef", its)
                .fixed_by(Fix::manual(
                    "look at what is on the other volume, then create the claim again with storageClassName: \"\"",
                )),
        )
    };
    let all = exam.survey().claims.found().into_iter().flatten();
    pending.and(Outcome::all(all.filter_map(elsewhere))).unless_seen(&exam.seen.all_classes)
}

pub(super) fn taken(exam: &Exam<'_>) -> Outcome {
    judged(exam, Apart::Taken, |claim, volume| {
        let other = volume.claim.as_deref().unwrap_or_default();
        about(exam, claim, &format!("names volume {}, which is claim {other}'s", volume.name))
            .because("a volume serves one claim; another needs a volume of its own of the same file system")
            .shown_by(format!("PersistentVolume {}", volume.name), "spec.claimRef", other)
            .fixed_by(
                Fix::consent("delete the claim, and give it a volume of its own", delete(claim))
                    .then(bind(exam, claim, volume, "")),
            )
    })
}

pub(super) fn released(exam: &Exam<'_>) -> Outcome {
    judged(exam, Apart::Released, |claim, volume| {
        about(exam, claim, &format!("waits for volume {}, which remembers an earlier claim", volume.name))
            .because("the volume's claimRef has the uid of a claim that was deleted, and nobody clears it")
            .shown_by(
                format!("PersistentVolume {}", volume.name),
                "spec.claimRef.uid",
                volume.claim_uid.clone().unwrap_or_default(),
            )
            .shown_by("PersistentVolumeClaim", "metadata.uid", &claim.uid)
            .fixed_by(Fix::consent(
                "make sure that the data may be used by this claim, then free the volume for it",
                bind(exam, claim, volume, &format!(" --rebind --pv-name {}", volume.name)),
            ))
    })
}
