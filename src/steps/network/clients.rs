//! Who mounts: groups of nodes that share one set of security groups.

use std::collections::{BTreeMap, BTreeSet};

use super::{View, denied, note};
use crate::facts::{Facts, Seen};
use crate::steps::{Block, Note, Sign};

/// Nodes that share one set of security groups.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Client {
    /// For people: `instance group workers`, `node group system`.
    pub(super) name: String,
    /// All their groups.
    pub(super) groups: Vec<String>,
    /// Subnets they can be in.
    pub(super) subnets: Vec<String>,
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
pub(super) fn clients(facts: &Facts, notes: &mut Vec<Note>) -> Result<Vec<Client>, Box<Block>> {
    let mut by_groups: BTreeMap<BTreeSet<String>, (BTreeSet<String>, BTreeSet<String>)> = BTreeMap::new();
    let mut add = |name: String, groups: &[String], subnets: &[String]| {
        let (names, known) = by_groups.entry(groups.iter().cloned().collect()).or_default();
        names.insert(name);
        known.extend(subnets.iter().cloned());
    };
    hyperpod(facts, notes, &mut add)?;
    instances(facts, &mut add)?;
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
        let name = instance
            .node_group
            .as_ref()
            .map_or_else(|| "EC2 nodes".to_owned(), |group| format!("node group {group}"));
        let subnets: Vec<String> = instance.subnet.iter().cloned().collect();
        add(name, &instance.groups, &subnets);
    }
    Ok(())
}
