//! Mount options.

use super::super::check::{Complaint, Outcome};
use super::super::exam::Exam;
use super::super::finding::{Fix, Resource, Severity};
use super::super::network::class_object;
use super::failure::{Stuck, mounting, stuck};
use crate::domain::mount::foreign_options;
use crate::facts::{StorageClass, Volume};

/// M-05.
pub(super) fn foreign(exam: &Exam<'_>) -> Outcome {
    let waiting = stuck(exam);
    let of_volume = |volume: &Volume| {
        let options = foreign_options(&volume.mount_options);
        let mine = waiting.iter().filter(|it| it.volumes.iter().any(|other| other.name == volume.name));
        let hit: Vec<Resource> = mine.map(Stuck::object).collect();
        let latent = if hit.is_empty() { "; no mount has met it yet" } else { "" };
        let text = format!(
            "volume {} has mount options that Lustre does not know: {}{latent}",
            volume.name,
            options.join(", ")
        );
        let object = Resource::new("PersistentVolume", &volume.name);
        (!options.is_empty()).then(|| {
            told(object, text, "PersistentVolume", "spec.mountOptions", &options)
                .affecting(hit)
                .fixed_by(Fix::consent("take them away", format!("kubectl edit pv {}", volume.name)))
        })
    };
    let of_class = |class: &StorageClass| {
        let options = foreign_options(&class.mount_options);
        let text = format!(
            "StorageClass {} gives its volumes mount options that Lustre does not know: {}",
            class.name,
            options.join(", ")
        );
        (!options.is_empty()).then(|| {
            told(class_object(class), text, "StorageClass", "mountOptions", &options)
                .affecting(
                    of_class(exam, class).map(|volume| Resource::new("PersistentVolume", &volume.name)),
                )
                .fixed_by(Fix::consent(
                    "take them away from the class, where they can be changed, and from the volumes that it made",
                    format!("kubectl edit storageclass {}", class.name),
                ))
        })
    };
    let volumes = exam.volumes().filter_map(of_volume);
    Outcome::all(volumes.chain(exam.classes().filter_map(of_class)))
        .unless_seen(&exam.facts().storage.volumes)
        .unless_seen(&exam.survey().classes)
}

fn of_class<'a>(exam: &Exam<'a>, class: &'a StorageClass) -> impl Iterator<Item = &'a Volume> {
    exam.volumes()
        .filter(|volume| volume.class.as_deref() == Some(&class.name))
        .collect::<Vec<_>>()
        .into_iter()
}

fn told(object: Resource, text: String, source: &str, field: &str, options: &[&str]) -> Complaint {
    Complaint::new(object, text)
        .because("they are of NFS or EFS; mount.lustre refuses the whole mount with EINVAL")
        .shown_by(source, field, options.join(","))
}

fn has_lock_option(options: &[String]) -> bool {
    let all = options.iter().flat_map(|it| it.split(','));
    all.map(str::trim).any(|it| matches!(it, "flock" | "localflock"))
}

/// M-12.
pub(super) fn no_flock(exam: &Exam<'_>) -> Outcome {
    // Clients of 6.x kernels are 2.15 wherever AWS has one, and these lock without being told to.
    let is_new = |kernel: &str| {
        kernel.split('.').next().and_then(|it| it.parse::<u32>().ok()).is_some_and(|it| it >= 6)
    };
    let nodes = mounting(exam);
    let all_new = !nodes.is_empty() && nodes.iter().all(|it| it.kernel.as_deref().is_some_and(is_new));
    let all_known = nodes.iter().all(|it| it.kernel.is_some());
    let rated = |complaint: Complaint, options: &[String]| {
        let off = options.iter().flat_map(|it| it.split(',')).any(|it| it.trim() == "noflock");
        let harmless = !off && (all_new || !all_known);
        if harmless { complaint.severity(Severity::Info) } else { complaint }
    };
    let volume = |volume: &Volume| {
        // A class of that name with the option does nothing for a volume made by hand: that is told of its own.
        let class = volume.class.as_deref().and_then(|class| exam.class(class));
        let is_told =
            !Exam::is_provisioned(volume) && class.is_some_and(|it| has_lock_option(&it.mount_options));
        if has_lock_option(&volume.mount_options) || is_told || volume.terminating {
            return None;
        }
        let complaint = Complaint::new(
            Resource::new("PersistentVolume", &volume.name),
            format!("volume {} is mounted without option flock", volume.name),
        )
        .because("programs that lock files fail with ENOSYS on clients older than 2.13")
        .shown_by("PersistentVolume", "spec.mountOptions", volume.mount_options.join(","))
        .fixed_by(
            Fix::manual("add flock to its mountOptions; pods that are started afterwards have it")
                .then(format!("kubectl edit pv {}", volume.name)),
        );
        Some(rated(complaint, &volume.mount_options))
    };
    let class = |class: &StorageClass| {
        let has_volumes = of_class(exam, class).next().is_some();
        if has_lock_option(&class.mount_options) || has_volumes {
            return None;
        }
        let complaint = Complaint::new(
            class_object(class),
            format!("volumes of StorageClass {} will be mounted without option flock", class.name),
        )
        .because("programs that lock files fail with ENOSYS on clients older than 2.13")
        .shown_by("StorageClass", "mountOptions", class.mount_options.join(","))
        .fixed_by(
            Fix::manual("add flock to its mountOptions, which can be changed; volumes that it makes afterwards have it")
                .then(format!("kubectl edit storageclass {}", class.name)),
        );
        Some(rated(complaint, &class.mount_options))
    };
    let volumes = exam.volumes().filter_map(volume);
    Outcome::all(volumes.chain(exam.classes().filter_map(class)))
        .unless_seen(&exam.facts().storage.volumes)
        .unless_seen(&exam.survey().classes)
}
