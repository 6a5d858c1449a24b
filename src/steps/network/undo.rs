//! Undo of the network: fsxctl's rules on other groups, then its group.

use std::collections::BTreeSet;

use super::note;
use super::rules::{mark, show};
use crate::domain::network::{Peer, Rule, SecurityGroup};
use crate::domain::ownership;
use crate::facts::Facts;
use crate::steps::{Action, Block, Change, Direction, Item, Resource, Sign, StepId, Verb};

pub(super) fn absent(facts: &Facts) -> Result<Item, Box<Block>> {
    let groups = super::visible(&facts.network.groups, "security groups")?;
    let mine: Vec<&SecurityGroup> =
        groups.iter().filter(|group| ownership::is_created(&group.tags, &facts.cluster.arn)).collect();
    let worn = worn(facts)?;
    let (kept, mine): (Vec<&SecurityGroup>, Vec<&SecurityGroup>) =
        mine.into_iter().partition(|group| worn.contains(&group.id));
    let text = |group: &&SecurityGroup| {
        format!("security group {} is kept, and the rules for it: a file system uses it", group.id)
    };
    let notes = kept.iter().map(|group| note(Sign::Keep, text(group))).collect();
    let is_needed = |group: &SecurityGroup, rule: &Rule| {
        worn.contains(&group.id) || matches!(&rule.peer, Peer::Group { id, .. } if worn.contains(id))
    };
    let mark = mark(&facts.cluster.name);
    let mut changes: Vec<Change> = Vec::new();
    for group in groups.iter().filter(|group| !mine.iter().chain(&kept).any(|own| own.id == group.id)) {
        for (direction, rules) in [(Direction::Ingress, &group.ingress), (Direction::Egress, &group.egress)] {
            let ours: Vec<Rule> = rules
                .iter()
                .filter(|rule| is_ours(rule, &mark) && !is_needed(group, rule))
                .cloned()
                .collect();
            if !ours.is_empty() {
                changes.push(revoke(changes.len(), group, direction, ours));
            }
        }
    }
    let adopted = groups.iter().filter(|group| ownership::is_adopted(&group.tags, &facts.cluster.arn));
    changes.extend(adopted.filter(|group| !worn.contains(&group.id)).map(untag));
    let after: Vec<String> = changes.iter().map(|change| change.id.clone()).collect();
    changes.extend(mine.into_iter().map(|group| delete(group, &after)));
    let because = match (changes.is_empty(), kept.is_empty()) {
        (false, _) => "fsxctl made it",
        (true, false) => "a file system uses what fsxctl made",
        (true, true) => "fsxctl made nothing here",
    };
    Ok(Item { notes, ..Item::settled(StepId::Network, because) }.with(changes))
}

/// The groups that file systems of the VPC wear: they stay, and so does the way to them.
fn worn(facts: &Facts) -> Result<BTreeSet<String>, Box<Block>> {
    super::visible(&facts.file_systems, "file systems")?;
    let interfaces = super::visible(&facts.network.interfaces, "interfaces of file systems")?;
    Ok(interfaces.iter().flat_map(|interface| interface.groups.iter().cloned()).collect())
}

fn is_ours(rule: &Rule, mark: &str) -> bool {
    rule.description.as_deref().is_some_and(|text| text.starts_with(mark))
        && matches!(rule.peer, Peer::Group { .. })
}

fn revoke(index: usize, group: &SecurityGroup, direction: Direction, rules: Vec<Rule>) -> Change {
    let operation = match direction {
        Direction::Ingress => "ec2:RevokeSecurityGroupIngress",
        Direction::Egress => "ec2:RevokeSecurityGroupEgress",
    };
    Change {
        id: format!("revoke-{index}"),
        verb: Verb::Update,
        resource: Resource::new("SecurityGroup", &group.id),
        because: "fsxctl added these rules".to_owned(),
        permissions: vec![operation.to_owned()],
        later: Vec::new(),
        details: rules.iter().map(|rule| show(rule, direction)).collect(),
        after: Vec::new(),
        action: Action::Revoke { group: group.id.clone(), direction, rules },
    }
}

/// An adopted group is given back: its rules of ours are gone, and now its tags.
fn untag(group: &SecurityGroup) -> Change {
    let keys = [ownership::TAG_OWNER, ownership::TAG_CLUSTER, ownership::TAG_ORIGIN];
    Change {
        id: format!("untag-{}", group.id),
        verb: Verb::Update,
        because: "fsxctl added its tags; the group is somebody else's".to_owned(),
        permissions: vec!["ec2:DeleteTags".to_owned()],
        details: vec!["tags of fsxctl are taken off".to_owned()],
        action: Action::UntagGroup { group: group.id.clone(), keys: keys.map(str::to_owned).to_vec() },
        ..delete(group, &[])
    }
}

fn delete(group: &SecurityGroup, after: &[String]) -> Change {
    Change {
        id: format!("delete-{}", group.id),
        verb: Verb::Delete,
        resource: Resource::new("SecurityGroup", &group.id),
        because: "fsxctl made it for this cluster".to_owned(),
        permissions: vec!["ec2:DeleteSecurityGroup".to_owned()],
        later: Vec::new(),
        details: Vec::new(),
        after: after.to_vec(),
        action: Action::DeleteGroup { group: group.id.clone() },
    }
}
