//! The Lustre client of a node's kernel, and the versions of file systems that it speaks to.

use std::collections::BTreeMap;

use super::super::check::{Complaint, Outcome};
use super::super::class::{is_label, is_refused};
use super::super::exam::Exam;
use super::super::finding::{Fix, Resource, Severity};
use super::super::network::{class_object, few_of};
use super::failure::{Stuck, mounting, stuck};
use crate::domain::client::mounts;
use crate::domain::lustre::LustreVersion;
use crate::domain::mount::MountFailure;
use crate::domain::storageclass::wish_from;
use crate::domain::versions::legal;
use crate::facts::{FileSystem, Node, StorageClass};

/// A node is ready minutes after it joined; its last start scripts may take longer.
const YOUNG_SECONDS: i64 = 10 * 60;

/// What FSx means when it tells no version.
const UNTOLD: &str = "2.10";

/// M-01.
pub(super) fn no_module(exam: &Exam<'_>) -> Outcome {
    without_client(exam, false)
}

/// M-02.
pub(super) fn not_loaded(exam: &Exam<'_>) -> Outcome {
    without_client(exam, true)
}

fn without_client(exam: &Exam<'_>, young: bool) -> Outcome {
    let all = stuck(exam);
    let mut by_node: BTreeMap<&str, Vec<&Stuck<'_>>> = BTreeMap::new();
    for it in all.iter().filter(|it| it.how() == Some(MountFailure::Errno(19))) {
        by_node.entry(it.node).or_default().push(it);
    }
    let is_young = |node: &Node| exam.age(node.more.created).is_some_and(|age| age < YOUNG_SECONDS);
    let complaint = |(name, stuck): (&&str, &Vec<&Stuck<'_>>)| {
        let node = exam.node(name);
        if node.is_some_and(is_young) != young {
            return None;
        }
        let image = node.and_then(|it| it.more.os_image.as_deref()).unwrap_or("unknown image");
        let kernel = node.and_then(|it| it.kernel.as_deref()).unwrap_or("unknown");
        let text = if young {
            format!("node {name} joined minutes ago and has not loaded its Lustre client yet")
        } else {
            format!("node {name} has no Lustre client for its kernel: {image}, kernel {kernel}")
        };
        let last = stuck.iter().find_map(|it| it.last);
        let mut complaint = Complaint::new(Resource::new("Node", *name), text)
            .because(if young { "the module is loaded while the node starts" } else { why(exam, node) })
            .shown_by("Node", "status.nodeInfo.osImage", image)
            .shown_by("Node", "status.nodeInfo.kernelVersion", kernel)
            .affecting(stuck.iter().map(|it| it.object()));
        if let Some((how, event)) = last {
            complaint = complaint.shown_by(format!("Event {}", event.reason), "message", how.shown());
        }
        let fix = if young {
            Fix::manual("wait for some minutes").then(format!("kubectl get node {name}"))
        } else {
            Fix::manual("move its pods to nodes with a Lustre client, and take another AMI for this group")
                .then(format!("kubectl cordon {name}"))
        };
        Some(complaint.fixed_by(fix))
    };
    Outcome::all(by_node.iter().filter_map(complaint))
        .unless_seen(&exam.survey().pods)
        .unless_seen(&exam.seen.events)
}

/// Images that come without a client get it from packages, which the next kernel leaves behind.
fn why(exam: &Exam<'_>, node: Option<&Node>) -> &'static str {
    let Some(node) = node else { return "its kernel has no Lustre module" };
    let image = node.more.os_image.as_deref().unwrap_or_default();
    let running = exam.users().into_iter().filter(|pod| pod.phase == "Running");
    let others = running.filter_map(|pod| exam.node(pod.node.as_deref()?));
    let mut twins = others.filter(|other| other.more.os_image == node.more.os_image);
    if twins.any(|other| other.kernel != node.kernel) {
        return "other nodes of this image mount with another kernel: an update of the kernel may have left the client behind";
    }
    if image.contains("Bottlerocket") {
        return "some builds of Bottlerocket come without the Lustre module";
    }
    if image.contains("Amazon Linux") || image.is_empty() {
        return "its kernel has no Lustre module, or has not loaded it";
    }
    "this image comes without a Lustre client, which has to be installed for exactly its kernel"
}

/// M-03.
pub(super) fn versions(exam: &Exam<'_>) -> Outcome {
    let nodes = mounting(exam);
    let waiting = stuck(exam);
    let system = |system: &&FileSystem| {
        if !matches!(system.lifecycle.as_str(), "AVAILABLE" | "UPDATING" | "MISCONFIGURED") {
            return None;
        }
        let (bad, known) = split(&nodes, system.version.as_deref());
        let first = bad.first()?;
        let names: Vec<&str> = bad.iter().map(|node| node.name.as_str()).collect();
        let hit = waiting.iter().filter(|it| names.contains(&it.node) && it.wants(exam, &system.id));
        let hit: Vec<Resource> = hit.map(Stuck::object).collect();
        let latent = if hit.is_empty() { "; no mount has met it yet" } else { "" };
        let version = system.version.as_deref().unwrap_or(UNTOLD);
        Some(
            Complaint::new(
                Resource::new("FileSystem", &system.id),
                format!(
                    "file system {} is Lustre {version}, and {} of {known} nodes cannot mount that{latent}",
                    system.id,
                    bad.len()
                ),
            )
            .because(format!(
                "the Lustre client of kernel {} does not speak to {version}: {}",
                kernel(first),
                few_of(&names)
            ))
            .shown_by(
                "fsx:DescribeFileSystems",
                "FileSystemTypeVersion",
                system.version.as_deref().unwrap_or("none, which is 2.10"),
            )
            .shown_by(format!("Node {}", first.name), "status.nodeInfo.kernelVersion", kernel(first))
            .affecting(hit)
            .fixed_by(upgrade(system)),
        )
    };
    let systems: Vec<Complaint> = exam.in_use().iter().filter_map(system).collect();
    // A file system of the class says the same, and says it better.
    let told = |name: &str| systems.iter().any(|it| is_of_class(exam, &it.resource.reference, name));
    let classes: Vec<Complaint> = exam
        .classes()
        .filter(|it| !told(&it.name) && !is_label(exam, it) && !is_refused(it))
        .filter_map(|it| of_class(exam, &nodes, it))
        .collect();
    let outcome = Outcome::all(systems.into_iter().chain(classes)).unless_seen(&exam.facts().file_systems);
    if exam.in_use().is_empty() && exam.classes().next().is_none() {
        return outcome;
    }
    outcome.unless_seen(&exam.facts().nodes)
}

/// What a class will make, against the kernels that are there.
fn of_class(exam: &Exam<'_>, nodes: &[&Node], class: &StorageClass) -> Option<Complaint> {
    let wish = wish_from(&class.parameters, 1200).ok()?;
    // A version that FSx refuses is told of its own.
    if !legal(wish.deployment_type, wish.storage_type, wish.metadata.is_some(), wish.efa)
        .contains(&wish.version)
    {
        return None;
    }
    let version = wish.version.to_string();
    let (bad, known) = split(nodes, Some(&version));
    let first = bad.first()?;
    let complaint = Complaint::new(
        class_object(class),
        format!(
            "StorageClass {} makes file systems of Lustre {version}, and {} of {known} nodes cannot mount that",
            class.name,
            bad.len()
        ),
    )
    .because(format!("the Lustre client of kernel {} does not speak to {version}", kernel(first)))
    .shown_by("StorageClass", "parameters.fileSystemTypeVersion", version.as_str())
    .shown_by(format!("Node {}", first.name), "status.nodeInfo.kernelVersion", kernel(first))
    .fixed_by(Fix::consent(
        "make another class with version 2.15; parameters of a class cannot be changed",
        format!("fsxctl setup dynamic --cluster {} --class fsx-sc-2 --claim fsx-claim-2 --lustre-version 2.15", exam.cluster()),
    ));
    // Claims of it may only ever be used on the others.
    Some(if bad.len() == known { complaint } else { complaint.severity(Severity::Warning) })
}

fn is_of_class(exam: &Exam<'_>, system: &str, class: &str) -> bool {
    exam.volumes().any(|volume| {
        volume.class.as_deref() == Some(class)
            && exam.system_of(volume).found().is_some_and(|found| found.id == system)
    })
}

fn kernel(node: &Node) -> &str {
    node.kernel.as_deref().unwrap_or_default()
}

/// Nodes that cannot mount a version, and of how many that is known.
fn split<'a>(nodes: &[&'a Node], version: Option<&str>) -> (Vec<&'a Node>, usize) {
    let judged = nodes.iter().map(|node| (*node, mounts(version, kernel(node))));
    let known: Vec<_> = judged.filter_map(|(node, can)| Some((node, can?))).collect();
    let count = known.len();
    (known.into_iter().filter(|(_, can)| !can).map(|(node, _)| node).collect(), count)
}

fn upgrade(system: &FileSystem) -> Fix {
    if system.version.as_deref() == Some("2.15") {
        return Fix::manual("take nodes whose kernel has a client of Lustre 2.12 or later");
    }
    Fix::consent(
        "upgrade the file system to 2.15; take a backup first, and see that all its clients can mount 2.15",
        format!("aws fsx update-file-system --file-system-id {} --file-system-type-version 2.15", system.id),
    )
}

/// H-35.
pub(in crate::doctor) fn note_old_version(exam: &Exam<'_>) -> Outcome {
    let nodes = mounting(exam);
    let newest = LustreVersion::V2_15.to_string();
    let note = |system: &&FileSystem| {
        let version = system.version.as_deref().unwrap_or(UNTOLD);
        let (bad, _) = split(&nodes, system.version.as_deref());
        if version >= newest.as_str() || !bad.is_empty() {
            return None;
        }
        Some(
            Complaint::new(
                Resource::new("FileSystem", &system.id),
                format!(
                    "file system {} is Lustre {version}: these nodes mount it; newer ones may not, as Amazon Linux 2023 does not mount 2.10",
                    system.id
                ),
            )
            .shown_by("fsx:DescribeFileSystems", "FileSystemTypeVersion", version)
            .fixed_by(upgrade(system)),
        )
    };
    Outcome::all(exam.in_use().iter().filter_map(note))
}
