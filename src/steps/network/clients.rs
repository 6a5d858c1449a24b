//! Who mounts: groups of nodes that share one set of security groups.

use std::collections::{BTreeMap, BTreeSet};

use super::{View, denied, note};
use crate::facts::{Facts, Seen};
use crate::steps::{Block, Note, Sign};

/// Nodes that share one set of security groups.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(in crate::steps) struct Client {
    /// For people: `instance group workers`, `node group system`.
    pub(in crate::steps) name: String,
    /// All their groups.
    pub(in crate::steps) groups: Vec<String>,
    /// Subnets they can be in.
    pub(in crate::steps) subnets: Vec<String>,
}

impl Client {
    /// The group that gets rules: the cluster's own group when they wear it, else the first that is in the VPC.
    pub(super) fn rule_group(&self, view: &View<'_>) -> Option<&str> {
        let cluster = view.facts.cluster.security_group.as_ref();
        let own = self.groups.iter().find(|id| Some(*id) == cluster);
        let seen = || self.groups.iter().find(|id| view.groups.iter().any(|group| group.id == **id));
        own.or_else(seen).map(String::as_str)
    }
}

/// All groups of nodes, by set of security groups. HyperPod groups come from SageMaker (EC2 need not list their
/// instances), the rest from EC2. When no node is there yet, EKS will put the cluster's group on managed nodes.
pub(in crate::steps) fn clients(facts: &Facts, notes: &mut Vec<Note>) -> Result<Vec<Client>, Box<Block>> {
    let mut by_groups: BTreeMap<BTreeSet<String>, (BTreeSet<String>, BTreeSet<String>)> = BTreeMap::new();
    let mut add = |name: String, groups: &[String], subnets: &[String]| {
        let (names, known) = by_groups.entry(groups.iter().cloned().collect()).or_default();
        names.insert(name);
        known.extend(subnets.iter().cloned());
    };
    hyperpod(facts, notes, &mut add)?;
    instances(facts, &mut add)?;
    unknown_nodes(facts, notes);
    if by_groups.is_empty()
        && let Some(group) = &facts.cluster.security_group
    {
        notes.push(note(
            Sign::Keep,
            format!("no node is there yet; rules are for the cluster's security group {group}"),
        ));
        return Ok(vec![Client {
            name: "managed nodes".into(),
            groups: vec![group.clone()],
            subnets: Vec::new(),
        }]);
    }
    let client =
        |(groups, (names, subnets)): (BTreeSet<String>, (BTreeSet<String>, BTreeSet<String>))| Client {
            name: names.into_iter().collect::<Vec<_>>().join(", "),
            groups: groups.into_iter().collect(),
            subnets: subnets.into_iter().collect(),
        };
    Ok(by_groups.into_iter().map(client).collect())
}

type Add<'a> = dyn FnMut(String, &[String], &[String]) + 'a;

fn hyperpod(facts: &Facts, notes: &mut Vec<Note>, add: &mut Add<'_>) -> Result<(), Box<Block>> {
    match &facts.hyperpod {
        Seen::Found(pods) => {
            for pod in pods {
                for group in pod.groups.iter().filter(|group| !group.security_groups.is_empty()) {
                    add(format!("instance group {}", group.name), &group.security_groups, &group.subnets);
                }
            }
        }
        Seen::Missing => {}
        Seen::Hidden(veil) => {
            let nodes = facts.nodes.found().map_or(&[][..], Vec::as_slice);
            // Only when Kubernetes proves that no node is HyperPod's does nothing depend on SageMaker.
            if facts.nodes.found().is_none() || nodes.iter().any(|node| node.hyperpod) {
                return Err(denied("HyperPod clusters", veil));
            }
            notes.push(note(
                Sign::Unknown,
                format!("HyperPod clusters cannot be seen ({}); no node is one of theirs", veil.permission),
            ));
        }
    }
    Ok(())
}

fn instances(facts: &Facts, add: &mut Add<'_>) -> Result<(), Box<Block>> {
    let instances = match &facts.network.instances {
        Seen::Found(list) => list.as_slice(),
        Seen::Missing => &[],
        Seen::Hidden(veil) => return Err(denied("EC2 instances of the cluster", veil)),
    };
    for instance in instances.iter().filter(|instance| !instance.groups.is_empty()) {
        let name = match (&instance.node_group, &instance.node_pool) {
            (Some(group), _) => format!("node group {group}"),
            (None, Some(pool)) => format!("node pool {pool}"),
            (None, None) => "EC2 nodes".to_owned(),
        };
        let subnets: Vec<String> = instance.subnet.iter().cloned().collect();
        add(name, &instance.groups, &subnets);
    }
    Ok(())
}

/// Nodes whose security groups nobody tells: rules for them cannot be judged. Fargate cannot mount Lustre: it takes no
/// privileged DaemonSet, which the driver's node plugin is.
fn unknown_nodes(facts: &Facts, notes: &mut Vec<Note>) {
    let nodes = facts.nodes.found().map_or(&[][..], Vec::as_slice);
    let listed = facts.network.instances.found().map_or(&[][..], Vec::as_slice);
    let unknown: Vec<&str> = nodes
        .iter()
        .filter(|node| !node.hyperpod && !node.fargate && node.instance_id.is_some())
        .filter(|node| !listed.iter().any(|instance| Some(&instance.id) == node.instance_id.as_ref()))
        .map(|node| node.name.as_str())
        .collect();
    if let Some(first) = unknown.first() {
        let more = if unknown.len() > 1 { format!(" and {} more", unknown.len() - 1) } else { String::new() };
        let text = format!(
            "EC2 does not list node {first}{more}: whether its security groups let Lustre through cannot be told"
        );
        notes.push(note(Sign::Unknown, text));
    }
    if !nodes.is_empty() && nodes.iter().all(|node| node.fargate) {
        let text =
            "every node is Fargate's, and Fargate cannot mount Lustre: pods need HyperPod or EC2 nodes";
        notes.push(note(Sign::Warn, text));
    }
}
