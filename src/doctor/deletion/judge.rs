//! What is judged of things on their way out.

use std::collections::{BTreeMap, BTreeSet};

use crate::doctor::check::{Complaint, Outcome};
use crate::doctor::exam::Exam;
use crate::doctor::finding::{Fix, FixClass, Resource, Severity};
use crate::doctor::fixed::retain;
use crate::domain::ownership::{self, Ownership, TAG_CSI_VOLUME};
use crate::facts::{ClaimUse, FileSystem, PodUse, Seen, Volume};

/// A pod is gone when its grace ends; some minutes more are nobody's fault.
const LATE_SECONDS: i64 = 10 * 60;
const FINALIZER: &str = "external-provisioner.volume.kubernetes.io/finalizer";

/// Pods that should have been gone long ago from a node that is in order.
fn overdue<'a>(exam: &Exam<'a>) -> impl Iterator<Item = (&'a PodUse, &'a str)> {
    exam.users().into_iter().filter_map(|pod| {
        let node = pod.node.as_deref()?;
        let late = pod.terminating && exam.age(pod.due).is_some_and(|age| age > LATE_SECONDS);
        // Nothing ends on a node whose kubelet does not answer.
        let in_order = exam.node(node).is_some_and(|node| node.ready);
        (late && in_order).then_some((pod, node))
    })
}

/// Whether the driver is on a node; none when that cannot be seen.
fn has_plugin(exam: &Exam<'_>, node: &str) -> Option<bool> {
    exam.seen.driver_pods.found()?;
    exam.seen.csi_nodes.found()?;
    let pods = exam.plugin_pods();
    let running = pods.iter().any(|pod| pod.node.as_deref() == Some(node) && pod.ready);
    let registered = exam.csi_node(node).is_some_and(|it| it.has_driver);
    Some(running && registered)
}

fn ending(exam: &Exam<'_>, with_plugin: bool, tell: impl Fn(&PodUse, &str) -> Complaint) -> Outcome {
    let of_kind = overdue(exam).filter(|(_, node)| has_plugin(exam, node) == Some(with_plugin));
    Outcome::all(of_kind.map(|(pod, node)| tell(pod, node).shown_by("Pod", "spec.nodeName", node)))
        .unless_seen(&exam.survey().pods)
        .unless_seen(&exam.seen.driver_pods)
        .unless_seen(&exam.seen.csi_nodes)
        .unless_seen(&exam.facts().nodes)
}

fn minutes(exam: &Exam<'_>, pod: &PodUse) -> i64 {
    exam.age(pod.due).unwrap_or_default() / 60
}

pub(super) fn left_first(exam: &Exam<'_>) -> Outcome {
    ending(exam, false, |pod, node| {
        Complaint::new(
            Resource::pod(&pod.namespace, &pod.name),
            format!(
                "pod {}/{} should have ended {} minutes ago, and the driver is not on its node {node}",
                pod.namespace,
                pod.name,
                minutes(exam, pod)
            ),
        )
        .because("only the driver on the node can unmount the pod's volume")
        .shown_by(format!("CSINode {node}"), "spec.drivers[].name", "no driver that runs is fsx.csi.aws.com")
        .fixed_by(
            Fix::manual("bring the driver's pod back to the node; keep it there while pods use volumes").then(
                format!(
                    "kubectl get pods -A --field-selector spec.nodeName={node} -l app.kubernetes.io/name=aws-fsx-csi-driver"
                ),
            ),
        )
    })
}

pub(super) fn hangs(exam: &Exam<'_>) -> Outcome {
    ending(exam, true, |pod, node| {
        Complaint::new(
            Resource::pod(&pod.namespace, &pod.name),
            format!(
                "pod {}/{} should have ended {} minutes ago; an unmount on node {node} may hang",
                pod.namespace,
                pod.name,
                minutes(exam, pod)
            ),
        )
        .because("an unmount that hangs keeps the driver's lock; a finalizer of the pod would look the same")
        .fixed_by(
            Fix::manual("look at the driver's log on that node, and restart its pod there").then(format!(
                "kubectl get pods -A --field-selector spec.nodeName={node} -l app.kubernetes.io/name=aws-fsx-csi-driver"
            )),
        )
    })
}

pub(super) fn orphans(exam: &Exam<'_>) -> Outcome {
    let (claims, volumes, systems) =
        (&exam.survey().claims, &exam.facts().storage.volumes, &exam.facts().file_systems);
    let outcome = Outcome::passed().unless_seen(claims).unless_seen(volumes).unless_seen(systems);
    let (Seen::Found(claims), Seen::Found(volumes), Seen::Found(systems), None) =
        (claims, volumes, systems, &exam.survey().namespace)
    else {
        return outcome;
    };
    let mut known: BTreeSet<String> = claims.iter().map(|claim| format!("pvc-{}", claim.uid)).collect();
    known.extend(volumes.iter().map(|volume| volume.name.clone()));
    let handles: BTreeSet<&str> = volumes.iter().map(|volume| volume.handle.as_str()).collect();
    let names: BTreeSet<&str> = volumes.iter().filter_map(|volume| volume.dns_name.as_deref()).collect();
    let here = exam.facts().cluster.arn.as_str();
    let complaint = |system: &FileSystem| {
        let volume = system.tags.get(TAG_CSI_VOLUME).filter(|volume| !known.contains(*volume))?;
        let used = handles.contains(system.id.as_str())
            || system.dns_name.as_deref().is_some_and(|name| names.contains(name));
        let whose = ownership::owner_for(&system.tags, here);
        if used || system.lifecycle == "DELETING" || matches!(whose, Ownership::OtherCluster(_)) {
            return None;
        }
        let summary = format!(
            "file system {} was made by a driver for volume {volume}, which is not in this cluster",
            system.id
        );
        let mine = matches!(whose, Ownership::Ours { .. });
        let cause = if mine {
            "its tags say that it was made for this cluster; volume and claim are gone"
        } else {
            "it may be another cluster's of this account, or left behind by a claim that was deleted"
        };
        Some(
            Complaint::new(Resource::new("FileSystem", &system.id), summary)
                .because(cause)
                .shown_by("fsx:DescribeFileSystems", format!("Tags[{TAG_CSI_VOLUME}]"), volume)
                .fixed_by(
                    Fix::manual("make sure that no cluster uses it; then bind it, or delete it")
                        .then(format!("fsxctl byo --cluster {} --fs-id {}", exam.cluster(), system.id)),
                ),
        )
    };
    Outcome { complaints: systems.iter().filter_map(complaint).collect(), ..outcome }
}

/// Volumes of the driver that are to go, with their file systems.
fn going<'a>(exam: &Exam<'a>) -> impl Iterator<Item = &'a Volume> {
    exam.volumes().filter(|volume| {
        let deletes =
            volume.reclaim_policy == "Delete" && matches!(volume.phase.as_str(), "Released" | "Failed");
        let held = volume.terminating && volume.more.finalizers.iter().any(|it| it == FINALIZER);
        Exam::is_provisioned(volume) && (deletes || held)
    })
}

pub(super) fn undeletable(exam: &Exam<'_>) -> Outcome {
    let complaint = |volume: &Volume| {
        let events = exam.events_of(("PersistentVolume", "", &volume.name), &volume.marks.uid);
        let mut of_it = events.iter().filter(|it| it.reason == "VolumeFailedDelete" && exam.is_recent(it));
        let event = of_it.next();
        let said = event.map(|it| it.message.clone()).or_else(|| volume.more.message.clone());
        if !exam.has_driver() || event.is_none() && volume.phase != "Failed" {
            return None;
        }
        let complaint = Complaint::new(
            Resource::new("PersistentVolume", &volume.name),
            format!("the file system of volume {} cannot be deleted", volume.name),
        )
        .because("FSx refuses, or the controller may not; it tries again by itself")
        .shown_by(format!("PersistentVolume {}", volume.name), "status.phase", &volume.phase)
        .fixed_by(Fix::manual("do what the event says").then(format!("kubectl describe pv {}", volume.name)));
        Some(match said {
            Some(said) => complaint.shown_by("Event VolumeFailedDelete", "message", said),
            None => complaint,
        })
    };
    Outcome::all(going(exam).filter_map(complaint))
        .unless_seen(&exam.facts().storage.volumes)
        .unless_seen(&exam.seen.events)
}

pub(super) fn abandoned(exam: &Exam<'_>) -> Outcome {
    let outcome =
        Outcome::passed().unless_seen(&exam.seen.workloads).unless_seen(&exam.facts().storage.volumes);
    if !exam.controllers().is_empty() || exam.seen.workloads.found().is_none() {
        return outcome;
    }
    let complaint = |volume: &Volume| {
        let system = exam.system_of(volume).found().map(|system| system.id.clone());
        Complaint::new(
            Resource::new("PersistentVolume", &volume.name),
            format!("volume {} waits for a driver that is gone to delete its file system", volume.name),
        )
        .because("only the driver deletes the file system and takes its finalizer off the volume")
        .shown_by(format!("PersistentVolume {}", volume.name), "status.phase", &volume.phase)
        .shown_by("fsx:DescribeFileSystems", "FileSystemId", system.unwrap_or_else(|| volume.handle.clone()))
        .fixed_by(Fix::consent(
            "install the driver again and let it finish; do not take finalizers off first",
            format!("fsxctl setup driver --cluster {}", exam.cluster()),
        ))
    };
    Outcome { complaints: going(exam).map(complaint).collect(), ..outcome }
}

pub(super) fn protected(exam: &Exam<'_>) -> Outcome {
    let complaint = |claim: &&ClaimUse| {
        let pods = exam.pods_of(&claim.namespace, &claim.name);
        let first = pods.first().filter(|_| claim.terminating)?;
        let more = if pods.len() > 1 { format!(" and {} more", pods.len() - 1) } else { String::new() };
        Some(
            Complaint::new(
                Resource::claim(&claim.namespace, &claim.name),
                format!(
                    "claim {}/{} goes when pod {}{more} has ended",
                    claim.namespace, claim.name, first.name
                ),
            )
            .because("Kubernetes keeps a claim while a pod uses it")
            .shown_by("Pod", "metadata.name", &first.name)
            .affecting(pods.iter().map(|pod| Resource::pod(&pod.namespace, &pod.name))),
        )
    };
    Outcome::all(exam.claims().iter().filter_map(complaint))
        .unless_seen(&exam.survey().claims)
        .unless_seen(&exam.survey().pods)
}

/// A command for each volume, up to this many.
const MOST_COMMANDS: usize = 20;

pub(super) fn data_loss(exam: &Exam<'_>) -> Outcome {
    let mut groups: BTreeMap<Option<&str>, Vec<&Volume>> = BTreeMap::new();
    for volume in
        exam.volumes().filter(|it| Exam::is_provisioned(it) && it.phase == "Bound" && !it.terminating)
    {
        let system = exam.system_of(volume).found().copied();
        // What the driver did not make is told by its own check.
        let foreign = system.is_some_and(|it| it.tags.get(TAG_CSI_VOLUME) != Some(&volume.name));
        if volume.reclaim_policy == "Delete" && !foreign {
            groups.entry(volume.class.as_deref()).or_default().push(volume);
        }
    }
    let complaints = groups.into_iter().filter_map(|(class, volumes)| {
        let first = volumes.first()?;
        let scratch = |volume: &&Volume| {
            let system = exam.system_of(volume).found().copied();
            system.and_then(|it| it.deployment_type.as_deref()).is_some_and(|it| it.starts_with("SCRATCH_"))
        };
        let (resource, of_class) = match class {
            Some(class) => (Resource::new("StorageClass", class), format!(" of class {class}")),
            None => (Resource::new("PersistentVolume", &first.name), String::new()),
        };
        let many =
            if volumes.len() == 1 { "1 volume".to_owned() } else { format!("{} volumes", volumes.len()) };
        let mut fix = Fix::manual("keep the file systems when claims go");
        fix.class = FixClass::Consent;
        for volume in volumes.iter().take(MOST_COMMANDS) {
            fix = fix.then(retain(&volume.name));
        }
        let complaint = Complaint::new(
            resource,
            format!("with the claims of {many}{of_class} go their file systems and all data"),
        )
        .because("reclaim policy Delete; the driver asks FSx for no last backup")
        .shown_by(format!("PersistentVolume {}", first.name), "spec.persistentVolumeReclaimPolicy", "Delete")
        .affecting(
            volumes
                .iter()
                .filter_map(|volume| exam.claim_of(volume))
                .map(|claim| Resource::claim(&claim.namespace, &claim.name)),
        )
        .fixed_by(fix);
        // Data on Scratch are copies by design.
        Some(if volumes.iter().all(scratch) { complaint.severity(Severity::Info) } else { complaint })
    });
    Outcome::all(complaints)
        .unless_seen(&exam.facts().storage.volumes)
        .unless_seen(&exam.facts().file_systems)
}
