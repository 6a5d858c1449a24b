//! What a mount on a node failed with: read from events, of pods that are still in trouble. No judgement.

use std::collections::BTreeSet;

use super::super::exam::Exam;
use super::super::finding::Resource;
use crate::domain::mount::MountFailure;
use crate::facts::{Node, ObjectEvent, PodUse, Volume};

/// The kubelet repeats a failed mount after two minutes at most; older events are of the past.
pub(in crate::doctor) const RECENT_SECONDS: i64 = 10 * 60;

/// A pod that waits on its node for a volume.
pub(in crate::doctor) struct Stuck<'a> {
    /// The pod.
    pub(in crate::doctor) pod: &'a PodUse,
    /// The node's name.
    pub(in crate::doctor) node: &'a str,
    /// Its volumes of the driver: those that the failure names, else all of them.
    pub(in crate::doctor) volumes: Vec<&'a Volume>,
    /// What the last attempts came to: the failure that tells most, of the latest event of it.
    pub(in crate::doctor) last: Option<(MountFailure, &'a ObjectEvent)>,
}

impl Stuck<'_> {
    /// How its mount failed.
    pub(in crate::doctor) fn how(&self) -> Option<MountFailure> {
        self.last.map(|(how, _)| how)
    }

    /// The pod as an object.
    pub(in crate::doctor) fn object(&self) -> Resource {
        Resource::pod(&self.pod.namespace, &self.pod.name)
    }

    /// Whether it waits for a volume of this file system.
    pub(in crate::doctor) fn wants(&self, exam: &Exam<'_>, id: &str) -> bool {
        self.volumes.iter().any(|it| exam.system_of(it).found().is_some_and(|system| system.id == id))
    }
}

/// Pods with claims of the driver that were placed on a node and do not run yet.
pub(in crate::doctor) fn stuck<'a>(exam: &Exam<'a>) -> Vec<Stuck<'a>> {
    let one = |pod: &'a PodUse| {
        let node = pod.node.as_deref()?;
        if pod.phase != "Pending" || pod.terminating {
            return None;
        }
        let recent = |event: &&ObjectEvent| {
            event.reason == "FailedMount" && exam.age(event.last).is_none_or(|age| age < RECENT_SECONDS)
        };
        let events = exam.pod_events(pod).into_iter().filter(recent);
        let told = events.map(|event| (MountFailure::of(&event.message), event));
        let last = told.max_by_key(|(how, event)| (how.weight(), event.last));
        let all = volumes_of(exam, pod);
        let named: Vec<&Volume> = all
            .iter()
            .copied()
            .filter(|volume| last.is_some_and(|(_, event)| names(&event.message, &volume.name)))
            .collect();
        let volumes = if named.is_empty() { all } else { named };
        Some(Stuck { pod, node, volumes, last })
    };
    exam.users().into_iter().filter_map(one).collect()
}

/// Whether a message names a volume as the kubelet does: between quotes.
fn names(message: &str, volume: &str) -> bool {
    message.contains(&format!("\"{volume}\""))
}

/// The volumes of the driver that a pod uses.
pub(in crate::doctor) fn volumes_of<'a>(exam: &Exam<'a>, pod: &PodUse) -> Vec<&'a Volume> {
    let claims = exam.claims().iter().filter(|claim| claim.namespace == pod.namespace);
    let used = claims.filter(|claim| pod.claims.contains(&claim.name));
    used.filter_map(|claim| exam.volume(claim.volume.as_deref()?)).collect()
}

/// Nodes that could mount at all: neither Fargate's nor Windows'.
pub(in crate::doctor) fn mounting<'a>(exam: &Exam<'a>) -> Vec<&'a Node> {
    let nodes = exam.facts().nodes.found().into_iter().flatten();
    nodes.filter(|node| !node.fargate && node.more.os.as_deref() != Some("windows")).collect()
}

/// The security groups that a node wears, as far as they are known.
pub(in crate::doctor) fn groups_of<'a>(exam: &Exam<'a>, name: &str) -> Option<BTreeSet<&'a str>> {
    let facts = exam.facts();
    let node = exam.node(name)?;
    let ids = |groups: &'a [String]| groups.iter().map(String::as_str).collect::<BTreeSet<&str>>();
    if let Some(id) = &node.instance_id {
        let instances = facts.network.instances.found().into_iter().flatten();
        if let Some(instance) = instances.into_iter().find(|instance| instance.id == *id) {
            return Some(ids(&instance.groups));
        }
    }
    if !node.hyperpod {
        return None;
    }
    let groups: Vec<_> = facts.hyperpod.found()?.iter().flat_map(|pod| &pod.groups).collect();
    let own = groups.iter().find(|group| Some(&group.name) == node.group.as_ref());
    let all: BTreeSet<BTreeSet<&str>> = groups.iter().map(|group| ids(&group.security_groups)).collect();
    // Where all groups wear the same, it does not matter which one the node is of.
    own.map(|group| ids(&group.security_groups)).or_else(|| all.into_iter().next().filter(|_| same(&groups)))
}

fn same(groups: &[&crate::facts::InstanceGroup]) -> bool {
    groups.windows(2).all(|two| two[0].security_groups == two[1].security_groups)
}
