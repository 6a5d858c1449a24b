//! What is judged of a volume that somebody wrote.

use crate::doctor::check::{Complaint, Outcome};
use crate::doctor::exam::Exam;
use crate::doctor::finding::{Fix, Resource, Severity};
use crate::domain::mount::MountFailure;
use crate::domain::ownership::TAG_CSI_VOLUME;
use crate::domain::spelling::nearest_name;
use crate::facts::{ClaimUse, FileSystem, PodUse, Seen, Volume};

fn about(volume: &Volume, what: &str) -> Complaint {
    Complaint::new(object(volume), format!("volume {} {what}", volume.name))
}

fn object(volume: &Volume) -> Resource {
    Resource::new("PersistentVolume", &volume.name)
}

fn shown(complaint: Complaint, volume: &Volume, field: &str, value: impl Into<String>) -> Complaint {
    complaint.shown_by(format!("PersistentVolume {}", volume.name), field, value)
}

/// Volumes that somebody wrote, those that are on their way out left aside.
fn written<'a>(exam: &Exam<'a>) -> impl Iterator<Item = &'a Volume> {
    exam.volumes().filter(|volume| !Exam::is_provisioned(volume) && !volume.terminating)
}

fn judged<'a>(exam: &Exam<'a>, judge: impl FnMut(&'a Volume) -> Option<Complaint>) -> Outcome {
    Outcome::all(written(exam).filter_map(judge)).unless_seen(&exam.facts().storage.volumes)
}

fn affected(exam: &Exam<'_>, volume: &Volume) -> Vec<Resource> {
    exam.claim_of(volume).map(|claim| exam.with_pods(claim)).unwrap_or_default()
}

fn latent(exam: &Exam<'_>, volume: &Volume) -> &'static str {
    if exam.claim_of(volume).is_some() { "" } else { "; no claim has it yet" }
}

/// The volume made again by fsxctl.
fn again(exam: &Exam<'_>, volume: &Volume) -> Fix {
    let fix = Fix::manual(
        "delete claim and volume (the file system stays with Retain), and bind the file system again",
    );
    let claim = volume.claim.as_deref().and_then(|it| it.split_once('/'));
    let system = exam.system_of(volume).found().map_or_else(String::new, |it| format!(" --fs-id {}", it.id));
    match claim {
        Some((namespace, name)) => fix
            .then(format!("kubectl delete pvc {name} -n {namespace}"))
            .then(format!("kubectl delete pv {}", volume.name))
            .then(format!("fsxctl byo --cluster {}{system} -n {namespace} --claim {name}", exam.cluster())),
        None => fix
            .then(format!("kubectl delete pv {}", volume.name))
            .then(format!("fsxctl byo --cluster {}{system}", exam.cluster())),
    }
}

/// The attribute that was probably meant for one that is not there.
fn meant(volume: &Volume, key: &'static str) -> String {
    let found = volume.more.attributes.iter().find(|it| nearest_name(it, &[key]).is_some());
    found.map_or_else(String::new, |found| format!("; it has {found}, which the driver does not know"))
}

pub(super) fn no_dns_name(exam: &Exam<'_>) -> Outcome {
    judged(exam, |volume| {
        let there = volume.dns_name.as_deref().is_some_and(|name| !name.is_empty());
        (!there).then(|| {
            let text =
                format!("has no attribute dnsname{}{}", meant(volume, "dnsname"), latent(exam, volume));
            shown(
                about(volume, &text),
                volume,
                "spec.csi.volumeAttributes",
                volume.more.attributes.join(", "),
            )
            .because("the driver mounts from the DNS name, and refuses without one")
            .affecting(affected(exam, volume))
            .fixed_by(again(exam, volume))
        })
    })
}

pub(super) fn no_mount_name(exam: &Exam<'_>) -> Outcome {
    let outcome = judged(exam, |volume| {
        let named = volume.mount_name.as_deref().is_some_and(|name| !name.is_empty());
        let dns = volume.dns_name.as_deref().is_some_and(|name| !name.is_empty());
        if named || !dns {
            return None;
        }
        let wanted = match exam.system_of(volume) {
            Seen::Found(system) => system.mount_name.as_deref()?,
            Seen::Missing | Seen::Hidden(_) => return None,
        };
        (wanted != "fsx").then(|| {
            let text = format!(
                "has no attribute mountname{}, so fsx is mounted, and the file system has {wanted}{}",
                meant(volume, "mountname"),
                latent(exam, volume)
            );
            shown(
                about(volume, &text),
                volume,
                "spec.csi.volumeAttributes",
                volume.more.attributes.join(", "),
            )
            .shown_by("fsx:DescribeFileSystems", "LustreConfiguration.MountName", wanted)
            .because("without a mount name the driver mounts fsx, which is right for SCRATCH_1 only")
            .affecting(affected(exam, volume))
            .fixed_by(again(exam, volume))
        })
    });
    outcome.unless_seen(&exam.facts().file_systems)
}

pub(super) fn one_handle(exam: &Exam<'_>) -> Outcome {
    let complaint = |pod: &PodUse| {
        let of_pod =
            exam.claims().iter().filter(|it| it.namespace == pod.namespace && pod.claims.contains(&it.name));
        let volumes: Vec<&Volume> =
            of_pod.filter_map(|claim| exam.volume(claim.volume.as_deref()?)).collect();
        let (one, other) = volumes.iter().enumerate().find_map(|(at, one)| {
            let other = volumes[..at].iter().find(|it| it.handle == one.handle && it.name != one.name)?;
            Some((*one, *other))
        })?;
        let stuck = pod.phase == "Pending" && pod.node.is_some() && !pod.terminating;
        // What runs has mounted both.
        stuck.then(|| {
            Complaint::new(
                Resource::pod(&pod.namespace, &pod.name),
                format!(
                    "pod {}/{} uses volumes {} and {} with the same handle and may wait for one of them for ever",
                    pod.namespace, pod.name, other.name, one.name
                ),
            )
            .because("the kubelet tells volumes apart by driver and handle")
            .shown_by(format!("PersistentVolume {}", one.name), "spec.csi.volumeHandle", &one.handle)
            .shown_by(format!("PersistentVolume {}", other.name), "spec.csi.volumeHandle", &other.handle)
            .fixed_by(Fix::manual("use one of the claims with subPath, or give one volume another handle"))
        })
    };
    Outcome::all(exam.users().into_iter().filter_map(complaint))
        .unless_seen(&exam.survey().pods)
        .unless_seen(&exam.survey().claims)
        .unless_seen(&exam.facts().storage.volumes)
}

pub(super) fn options(exam: &Exam<'_>) -> Outcome {
    let outcome = judged(exam, |volume| {
        let class = exam.class(volume.class.as_deref()?)?;
        let missing: Vec<&str> = class
            .mount_options
            .iter()
            .filter(|option| !volume.mount_options.contains(option))
            .map(String::as_str)
            .collect();
        if missing.is_empty() {
            return None;
        }
        let text = format!("is mounted without {}, which its class {} has", missing.join(", "), class.name);
        Some(
            shown(about(volume, &text), volume, "spec.mountOptions", volume.mount_options.join(", "))
                .shown_by(
                    format!("StorageClass {}", class.name),
                    "mountOptions",
                    class.mount_options.join(", "),
                )
                .because("the mount options of a class do not reach volumes that somebody wrote")
                .affecting(affected(exam, volume))
                .fixed_by(Fix::consent(
                    "set the mount options on the volume; pods that start from then on have them",
                    format!(
                        "kubectl patch pv {} --type merge -p '{{\"spec\":{{\"mountOptions\":{}}}}}'",
                        volume.name,
                        json_list(&class.mount_options)
                    ),
                )),
        )
    });
    outcome.unless_seen(&exam.survey().classes)
}

/// Mount options as a JSON list, those left out that would not stand between quotes.
fn json_list(options: &[String]) -> String {
    let plain = |it: &&String| it.chars().all(|c| c.is_ascii_alphanumeric() || "=_.,:-/".contains(c));
    let quoted: Vec<String> = options.iter().filter(plain).map(|it| format!("\"{it}\"")).collect();
    format!("[{}]", quoted.join(","))
}

/// The command that keeps a volume when its claim goes.
pub(in crate::doctor) fn retain(volume: &str) -> String {
    format!("kubectl patch pv {volume} -p '{{\"spec\":{{\"persistentVolumeReclaimPolicy\":\"Retain\"}}}}'")
}

fn failed_or(volume: &Volume, complaint: Complaint) -> Complaint {
    let complaint = match &volume.more.message {
        Some(message) => shown(complaint, volume, "status.message", message),
        None => complaint,
    };
    if volume.phase == "Failed" { complaint } else { complaint.severity(Severity::Warning) }
}

pub(super) fn recycle(exam: &Exam<'_>) -> Outcome {
    judged(exam, |volume| {
        if volume.reclaim_policy != "Recycle" {
            return None;
        }
        let failed = volume.phase == "Failed";
        let text = if failed { "could not be recycled" } else { "will fail when its claim is deleted" };
        let mut fix = Fix::consent("keep it instead", retain(&volume.name));
        if failed {
            fix = fix.then(format!(
                "kubectl patch pv {} --type json -p '[{{\"op\":\"remove\",\"path\":\"/spec/claimRef\"}}]'",
                volume.name
            ));
        }
        let complaint = shown(about(volume, text), volume, "spec.persistentVolumeReclaimPolicy", "Recycle")
            .because("no CSI driver can recycle a volume")
            .fixed_by(fix);
        Some(failed_or(volume, complaint))
    })
}

pub(super) fn delete(exam: &Exam<'_>) -> Outcome {
    let judge = |volume: &Volume| {
        if volume.reclaim_policy != "Delete" || volume.terminating {
            return None;
        }
        // The annotation alone makes the driver delete; its tag tells whether it made the file system.
        let annotated = Exam::is_provisioned(volume);
        let foreign = |system: &&FileSystem| system.tags.get(TAG_CSI_VOLUME) != Some(&volume.name);
        let written = exam.system_of(volume).found().is_some_and(|it| foreign(it));
        let text = match (annotated, volume.phase.as_str()) {
            (true, _) if !written => return None,
            (true, _) => "is of a file system that the driver did not make, and deletes it with its claim",
            (false, "Failed") => "could not be deleted",
            (false, _) => "will fail when its claim is deleted",
        };
        let complaint = shown(about(volume, text), volume, "spec.persistentVolumeReclaimPolicy", "Delete")
            .because("a volume that somebody wrote is not the driver's to delete")
            .affecting(affected(exam, volume))
            .fixed_by(Fix::consent("keep it instead", retain(&volume.name)));
        Some(if annotated { complaint.severity(Severity::Warning) } else { failed_or(volume, complaint) })
    };
    Outcome::all(exam.volumes().filter_map(judge))
        .unless_seen(&exam.facts().storage.volumes)
        .unless_seen(&exam.facts().file_systems)
}

pub(super) fn affinity(exam: &Exam<'_>) -> Outcome {
    let outcome = Outcome::all(exam.volumes().filter_map(|volume| {
        let claim: &ClaimUse = exam.claim_of(volume).filter(|_| volume.more.has_affinity)?;
        let of_it = exam.pods_of(&claim.namespace, &claim.name).iter();
        let pod = of_it.copied().find(|pod| {
            let why = pod.unscheduled.as_deref().unwrap_or_default();
            pod.phase == "Pending" && pod.node.is_none() && why.contains("volume node affinity")
        })?;
        let text = format!("keeps pod {}/{} from every node that it could go to", pod.namespace, pod.name);
        Some(
            shown(about(volume, &text), volume, "spec.nodeAffinity", "set")
                .shown_by(
                    "Pod",
                    "status.conditions[PodScheduled].message",
                    pod.unscheduled.clone().unwrap_or_default(),
                )
                .because("the volume's node affinity and what else the pod asks for share no node")
                .affecting([Resource::pod(&pod.namespace, &pod.name)])
                .fixed_by(again(exam, volume)),
        )
    }));
    outcome.unless_seen(&exam.survey().pods).unless_seen(&exam.facts().storage.volumes)
}

pub(super) fn fileset(exam: &Exam<'_>) -> Outcome {
    let outcome = judged(exam, |volume| {
        let (first, directory) = volume.mount_name.as_deref()?.trim_matches('/').split_once('/')?;
        let system = exam.system_of(volume).found().copied()?;
        if system.mount_name.as_deref() != Some(first) {
            return None;
        }
        let claim = exam.claim_of(volume)?;
        // 2 is ENOENT.
        let missing = |pod: &&&PodUse| {
            let failures = exam.pod_events(pod);
            let mut recent = failures.iter().filter(|it| it.reason == "FailedMount" && exam.is_recent(it));
            let stuck = pod.phase == "Pending" && pod.node.is_some() && !pod.terminating;
            stuck && recent.any(|it| MountFailure::of(&it.message) == MountFailure::Errno(2))
        };
        exam.pods_of(&claim.namespace, &claim.name).iter().find(missing)?;
        let text = format!("mounts directory {directory} of {}, which may not be there", system.id);
        Some(
            shown(
                about(volume, &text),
                volume,
                "spec.csi.volumeAttributes.mountname",
                volume.mount_name.clone().unwrap_or_default(),
            )
            .shown_by("fsx:DescribeFileSystems", "LustreConfiguration.MountName", first)
            .because("the file system's own name is right, and the mount says that there is no such file or directory")
            .affecting(exam.with_pods(claim))
            .fixed_by(Fix::manual("make the directory with a pod that mounts the whole, or leave it out")),
        )
    });
    outcome
        .unless_seen(&exam.survey().pods)
        .unless_seen(&exam.seen.events)
        .unless_seen(&exam.facts().file_systems)
}

pub(super) fn handle(exam: &Exam<'_>) -> Outcome {
    let all = exam.facts().file_systems.found();
    let outcome = judged(exam, |volume| {
        let name = volume.dns_name.as_deref().filter(|name| !name.is_empty())?;
        let mounts = all?.iter().find(|system| system.dns_name.as_deref() == Some(name))?;
        if mounts.id == volume.handle {
            return None;
        }
        let is_id =
            volume.handle.starts_with("fs-") && volume.handle[3..].chars().all(|it| it.is_ascii_hexdigit());
        let text = format!("mounts {}, and its handle is {}", mounts.id, volume.handle);
        let complaint = shown(about(volume, &text), volume, "spec.csi.volumeHandle", &volume.handle)
            .shown_by("fsx:DescribeFileSystems", "DNSName", format!("{} is of {}", name, mounts.id))
            .because("mounting uses the DNS name alone; growing, deleting and reporting use the handle");
        // A handle of another form is a way to tell two volumes of one file system apart.
        Some(if is_id { complaint.fixed_by(again(exam, volume)) } else { complaint.severity(Severity::Info) })
    });
    outcome.unless_seen(&exam.facts().file_systems)
}
