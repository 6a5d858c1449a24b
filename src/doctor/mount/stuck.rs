//! Mounts that fail or hang for reasons that only the attempts themselves tell, split by what the fields allow.

use std::collections::BTreeSet;

use super::super::check::{Check, Complaint, Outcome};
use super::super::exam::Exam;
use super::super::finding::{Fix, Resource};
use super::super::network;
use super::failure::{Stuck, groups_of, stuck};
use crate::domain::mount::MountFailure;

/// A pass over many files takes its time; what goes on for longer is worth a look.
const LONG_SECONDS: i64 = 15 * 60;

fn seen(exam: &Exam<'_>, outcome: Outcome) -> Outcome {
    outcome.unless_seen(&exam.survey().pods).unless_seen(&exam.seen.events)
}

fn told(it: &Stuck<'_>, text: String) -> Complaint {
    let complaint = Complaint::new(it.object(), text);
    match it.last {
        Some((_, event)) => complaint.shown_by(format!("Event {}", event.reason), "message", &event.message),
        None => complaint,
    }
}

fn name(it: &Stuck<'_>) -> String {
    format!("pod {}/{}", it.pod.namespace, it.pod.name)
}

fn each(exam: &Exam<'_>, one: impl Fn(&Stuck<'_>) -> Option<Complaint>) -> Outcome {
    seen(exam, Outcome::all(stuck(exam).iter().filter_map(one)))
}

/// The node plugin's pod on a node.
fn plugin(exam: &Exam<'_>, node: &str) -> Option<(String, String)> {
    let pods = exam.plugin_pods();
    let pod = pods.iter().find(|pod| pod.node.as_deref() == Some(node))?;
    Some((pod.namespace.clone(), pod.name.clone()))
}

fn restart(exam: &Exam<'_>, node: &str) -> Fix {
    match plugin(exam, node) {
        Some((namespace, name)) => Fix::consent(
            "restart the node plugin there; running mounts stay",
            format!("kubectl delete pod {name} -n {namespace}"),
        ),
        None => Fix::manual("look why the node plugin is not on that node")
            .then(format!("kubectl get pods -A -o wide --field-selector spec.nodeName={node}")),
    }
}

/// M-06.
pub(super) fn no_helper(exam: &Exam<'_>) -> Outcome {
    each(exam, |it| {
        // 32 is mount(8)'s own failure: mount.lustre itself ends with an errno.
        let failed = it.how() == Some(MountFailure::Errno(32));
        let image = exam.plugins().iter().find_map(|plugin| plugin.image.clone()).unwrap_or_default();
        failed.then(|| {
            told(it, format!("{} cannot be mounted for: the node plugin has no mount.lustre", name(it)))
                .because("mount(8) found no helper for Lustre in the image of the node plugin")
                .shown_by("DaemonSet", "spec.template.spec.containers[fsx-plugin].image", image)
                .fixed_by(Fix::consent(
                    "take the driver's own image",
                    format!("fsxctl setup driver --cluster {} --upgrade", exam.cluster()),
                ))
        })
    })
}

/// M-14.
pub(super) fn evicted(exam: &Exam<'_>) -> Outcome {
    each(exam, |it| {
        let failed = it.how() == Some(MountFailure::Errno(108));
        failed.then(|| {
            told(
                it,
                format!(
                    "{} cannot be mounted for: the servers gave up on the client of node {}",
                    name(it),
                    it.node
                ),
            )
            .because("its connection was lost, by the network or by maintenance")
            .fixed_by(
                Fix::manual("delete the pod; if it stays, replace the node")
                    .then(format!("kubectl delete pod {} -n {}", it.pod.name, it.pod.namespace)),
            )
        })
    })
}

/// M-13.
pub(super) fn locked(exam: &Exam<'_>) -> Outcome {
    each(exam, |it| {
        let (how, _) = it.last?;
        let long = exam.age(it.pod.created).is_some_and(|age| age >= 10 * 60);
        if how != MountFailure::Busy || !long {
            return None;
        }
        let whole = exam.version().is_some_and(|version| !version.at_least((1, 1, 0)));
        let why = if whole {
            "drivers before 1.1.0 lock a volume for all pods of a node; 1.1.0 locks each target alone"
        } else {
            "a mount or unmount of the volume on that node does not end, and keeps the lock"
        };
        Some(
            told(
                it,
                format!("{} waits for an earlier mount on node {}, which does not end", name(it), it.node),
            )
            .because(why)
            .fixed_by(restart(exam, it.node)),
        )
    })
}

/// M-09.
pub(super) fn owners(exam: &Exam<'_>) -> Outcome {
    let driver = &exam.facts().driver.csi_driver;
    each(exam, |it| {
        walks(exam, it).then(|| {
            let group = it.pod.fs_group.unwrap_or_default();
            let policy = policy(exam).unwrap_or("ReadWriteOnceWithFSType");
            told(
                it,
                format!(
                    "{} may wait for the kubelet to give every file of its volume to group {group}",
                    name(it)
                ),
            )
            .because(
                "no attempt to mount has failed; the kubelet changes the owner of all files at every mount",
            )
            .shown_by("Pod", "spec.securityContext.fsGroup", group.to_string())
            .shown_by("CSIDriver fsx.csi.aws.com", "spec.fsGroupPolicy", policy)
            .fixed_by(Fix::manual("set securityContext.fsGroupChangePolicy: OnRootMismatch in its template"))
        })
    })
    .unless_seen(driver)
}

fn policy<'a>(exam: &Exam<'a>) -> Option<&'a str> {
    exam.facts().driver.csi_driver.found()?.fs_group_policy.as_deref()
}

/// Whether the kubelet walks through the files of a pod's volumes, and has done so for long.
fn walks(exam: &Exam<'_>, it: &Stuck<'_>) -> bool {
    let once = it.volumes.iter().any(|volume| {
        volume.access_modes.iter().all(|mode| mode.starts_with("ReadWriteOnce"))
            && !volume.access_modes.is_empty()
    });
    let changes = match policy(exam) {
        Some("File") => true,
        Some("None") => false,
        _ => once,
    };
    let long = exam.age(it.pod.created).is_some_and(|age| age >= LONG_SECONDS);
    it.pod.fs_group.is_some() && changes && long && it.how() == Some(MountFailure::Hang) && !is_of_driver(it)
}

/// Whether a mount that does not end is the driver's own: then its answer came late, and not the kubelet's walk.
fn is_of_driver(it: &Stuck<'_>) -> bool {
    it.last.is_some_and(|(_, event)| event.message.contains("rpc error"))
}

/// M-16.
pub(super) fn one_node(exam: &Exam<'_>) -> Outcome {
    each(exam, |it| {
        alone(exam, it).map(|other| {
            told(
                it,
                format!(
                    "{} cannot be mounted for on node {}, while node {other} has the volume",
                    name(it),
                    it.node
                ),
            )
            .because("nodes with the same security groups mount it, so the node itself may be in a bad state")
            .shown_by("Pod on another node", "status.phase", format!("Running on {other}"))
            .fixed_by(
                Fix::manual("cordon the node and replace it").then(format!("kubectl cordon {}", it.node)),
            )
        })
    })
}

/// A node of the same groups where the volume is mounted, while here it does not end for more than an hour.
fn alone<'a>(exam: &Exam<'a>, it: &Stuck<'_>) -> Option<&'a str> {
    let long = exam.age(it.pod.created).is_some_and(|age| age >= 60 * 60);
    if it.how() != Some(MountFailure::Hang) || !long || walks(exam, it) {
        return None;
    }
    let own = groups_of(exam, it.node)?;
    let claims = exam.claims().iter().filter(|claim| {
        claim.volume.as_deref().is_some_and(|name| it.volumes.iter().any(|volume| volume.name == name))
    });
    let pods = claims.flat_map(|claim| exam.pods_of(&claim.namespace, &claim.name));
    let mut elsewhere =
        pods.filter(|pod| pod.phase == "Running" && pod.ready).filter_map(|pod| pod.node.as_deref());
    elsewhere.find(|node| *node != it.node && groups_of(exam, node).is_some_and(|groups| groups == own))
}

/// M-07.
pub(super) fn silent(exam: &Exam<'_>) -> Outcome {
    let explained: BTreeSet<Resource> = causes()
        .flat_map(|check| (check.judge)(exam).complaints)
        .flat_map(|it| it.affects.into_iter().chain([it.resource]))
        .collect();
    let outcome = each(exam, |it| {
        let how = it.how().filter(|how| network::is_silent(*how))?;
        if explained.contains(&it.object()) || walks(exam, it) || alone(exam, it).is_some() {
            return None;
        }
        let systems = it.volumes.iter().filter_map(|volume| exam.system_of(volume).found().copied());
        let systems: Vec<_> = systems.collect();
        // What is not there or not yet AVAILABLE answers nobody, and is told of its own.
        let system = systems
            .first()
            .filter(|_| systems.iter().all(|it| matches!(it.lifecycle.as_str(), "AVAILABLE" | "UPDATING")))?;
        Some(
            told(it, format!("file system {} does not answer node {}, and nothing that can be seen keeps them apart", system.id, it.node))
                .because("what remains is on the node or on the way: SNAT may change the source port, which must be 988 or 1018-1023, another program may have port 988, or a firewall drops it")
                .shown_by("fsx:DescribeFileSystems", "Lifecycle", &system.lifecycle)
                .shown_by("mount.lustre", "exit status", how.shown())
                .affecting([Resource::new("Node", it.node)])
                .fixed_by(Fix::consent(
                    "prove the way on that node",
                    format!("fsxctl verify --cluster {} --dry-run", exam.cluster()),
                )),
        )
    });
    outcome.unless_seen(&exam.facts().file_systems)
}

/// Checks of network and mounts that name a cause of their own.
fn causes() -> impl Iterator<Item = &'static Check> {
    let all = network::CHECKS.iter().chain(super::CHECKS);
    all.filter(|it| it.explains.contains(&"FSX-MNT-50") && it.id != "FSX-MNT-07")
}
