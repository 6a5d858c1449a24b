//! Odd, and all right: claims, volumes and what is being made.

use crate::doctor::check::{Check, Complaint, Judge, Outcome};
use crate::doctor::class::is_label;
use crate::doctor::exam::Exam;
use crate::doctor::finding::{Resource, Severity};
use crate::facts::ClaimUse;

const fn note(id: &'static str, title: &'static str, texts: [&'static str; 5], judge: Judge) -> Check {
    let [symptom, why, decided_by, remedy, source] = texts;
    Check {
        id,
        title,
        severity: Severity::Info,
        symptom,
        why,
        decided_by,
        remedy,
        source,
        explains: &[],
        judge,
    }
}

/// The checks.
pub(in crate::doctor) const CHECKS: &[Check] = &[
    note(
        "FSX-NOTE-01",
        "A claim waits for its first pod",
        [
            "The claim is Pending; its event is `waiting for first consumer to be created before binding`.",
            "Its class says WaitForFirstConsumer: the file system is made when a pod uses the claim.",
            "volumeBindingMode of the class; pods that name the claim.",
            "Nothing. Start a pod that uses it.",
            "https://kubernetes.io/docs/concepts/storage/storage-classes/#volume-binding-mode",
        ],
        first_pod,
    ),
    note(
        "FSX-NOTE-02",
        "A file system is being made",
        [
            "The claim is Pending, also with `DeadlineExceeded` in its events.",
            "FSx takes five to ten minutes, longer for large ones, and the provisioner asks again in between.",
            "FileSystem Lifecycle CREATING, CreationTime and tag CSIVolumeName.",
            "Nothing. Wait.",
            "https://docs.aws.amazon.com/eks/latest/userguide/fsx-csi.html",
        ],
        being_made,
    ),
    note(
        "FSX-NOTE-06",
        "A StorageClass only matches volumes that somebody made",
        [
            "A class of the driver whose parameters make no file system, or name one that is there.",
            "Volume and claim are matched by the class's name. A claim that finds no free volume would ask for a new file \
             system.",
            "StorageClass; volumes of that class, of which the driver made none.",
            "Nothing. For a new namespace write volume and claim, or `fsxctl share`.",
            "https://kubernetes.io/docs/concepts/storage/persistent-volumes/#binding",
        ],
        label,
    ),
    note(
        "FSX-NOTE-19",
        "A volume is kept after its claim",
        [
            "The volume is Released; its file system is there and billed.",
            "Reclaim policy Retain keeps volume, file system and data when the claim is deleted.",
            "PersistentVolume phase Released and policy Retain; the file system is there.",
            "Nothing, or use it again: `fsxctl byo --rebind`.",
            "https://kubernetes.io/docs/concepts/storage/persistent-volumes/#retain",
        ],
        kept,
    ),
];

fn first_pod(exam: &Exam<'_>) -> Outcome {
    let complaint = |claim: &&ClaimUse| {
        let class = exam.class(claim.class.as_deref()?)?;
        let waits =
            class.binding_mode == "WaitForFirstConsumer" && claim.phase == "Pending" && !claim.terminating;
        let idle = claim.volume.is_none() && exam.pods_of(&claim.namespace, &claim.name).is_empty();
        (waits && idle && exam.survey().pods.found().is_some()).then(|| {
            Complaint::new(
                Resource::claim(&claim.namespace, &claim.name),
                format!(
                    "claim {}/{} waits for its first pod, as its class says",
                    claim.namespace, claim.name
                ),
            )
            .shown_by(
                format!("StorageClass {}", class.name),
                "volumeBindingMode",
                &class.binding_mode,
            )
        })
    };
    Outcome::all(exam.claims().iter().filter_map(complaint))
        .unless_seen(&exam.survey().claims)
        .unless_seen(&exam.survey().pods)
}

fn being_made(exam: &Exam<'_>) -> Outcome {
    let complaint = |claim: &ClaimUse| {
        let fresh = |it: &&crate::facts::FileSystem| it.lifecycle == "CREATING" && !exam.is_overdue(it, 0);
        let system = exam.making(claim).filter(fresh)?;
        let what = [system.deployment_type.clone(), system.capacity_gib.map(|gib| format!("{gib} GiB"))];
        let what: Vec<String> = what.into_iter().flatten().collect();
        let minutes = exam.age(system.more.created).unwrap_or_default() / 60;
        Some(
            Complaint::new(
                Resource::new("FileSystem", &system.id),
                format!(
                    "file system {} ({}) of claim {}/{} is being made, for {minutes} minutes now; up to 15 are usual",
                    system.id,
                    what.join(", "),
                    claim.namespace,
                    claim.name
                ),
            )
            .shown_by("fsx:DescribeFileSystems", "Lifecycle", &system.lifecycle)
            .affecting(exam.with_pods(claim)),
        )
    };
    Outcome::all(exam.waiting().filter_map(complaint))
        .unless_seen(&exam.survey().claims)
        .unless_seen(&exam.facts().file_systems)
}

fn label(exam: &Exam<'_>) -> Outcome {
    let complaint = |class: &crate::facts::StorageClass| {
        is_label(exam, class).then(|| {
            Complaint::new(
                Resource::new("StorageClass", &class.name),
                format!(
                    "StorageClass {} matches volumes that somebody made; a claim that finds none free asks for a new file \
                     system",
                    class.name
                ),
            )
            .shown_by(format!("StorageClass {}", class.name), "provisioner", &class.provisioner)
        })
    };
    Outcome::all(exam.classes().filter_map(complaint))
        .unless_seen(&exam.survey().classes)
        .unless_seen(&exam.survey().claims)
        .unless_seen(&exam.facts().storage.volumes)
}

fn kept(exam: &Exam<'_>) -> Outcome {
    let complaint = |volume: &crate::facts::Volume| {
        let released = volume.phase == "Released" && volume.reclaim_policy == "Retain" && !volume.terminating;
        let system = exam.system_of(volume).found().copied().filter(|_| released)?;
        Some(
            Complaint::new(
                Resource::new("PersistentVolume", &volume.name),
                format!("volume {} is kept with file system {}, which is billed", volume.name, system.id),
            )
            .shown_by(format!("PersistentVolume {}", volume.name), "status.phase", &volume.phase)
            .shown_by("fsx:DescribeFileSystems", "Lifecycle", &system.lifecycle),
        )
    };
    Outcome::all(exam.volumes().filter_map(complaint))
        .unless_seen(&exam.facts().storage.volumes)
        .unless_seen(&exam.facts().file_systems)
}
