//! **Promise.** File system and nodes reach each other on tcp 988 and 1018-1023 (all traffic with EFA).
//! **Looks at** security groups, subnets, route tables, HyperPod groups, EC2 instances, the class in use.
//! **May change** one security group of fsxctl's own, and single tagged rules of node groups.
//! **Leaves alone** every other rule; groups that are not ours, unless adopted.
//! **Undo** removes those rules, then the group.

mod clients;
mod group;
pub(crate) mod passage;
mod rules;
mod subnet;
mod undo;

use std::cell::RefCell;
use std::collections::BTreeSet;

pub(in crate::steps) use clients::{Client, clients};
pub(in crate::steps) use rules::{mark, show};
pub use subnet::{SubnetSight, subnet_sight};

use super::{Block, Change, Goal, Item, Note, Ref, Sign, StepId, denied};
use crate::domain::network::{PrefixLists, SecurityGroup};
use crate::facts::{Facts, Subnet};
use crate::intent::Intent;

/// What the network step chose; the storage step builds on it.
#[derive(Debug, Clone, PartialEq)]
pub struct Choice {
    /// The step's part of the plan.
    pub item: Item,
    /// The file system's group.
    pub group: Option<Ref>,
    /// The file system's subnet.
    pub subnet: Option<Subnet>,
}

/// Decides group, rules and subnet.
pub fn plan(goal: Goal, intent: &Intent, facts: &Facts) -> Choice {
    let choice = match goal {
        Goal::Present => present(intent, facts),
        Goal::Absent => undo::absent(facts).map(|item| Choice { item, group: None, subnet: None }),
    };
    choice.unwrap_or_else(|block| Choice {
        item: Item::blocked(StepId::Network, *block),
        group: None,
        subnet: None,
    })
}

/// What both halves of the step work with.
struct View<'a> {
    intent: &'a Intent,
    facts: &'a Facts,
    groups: &'a [SecurityGroup],
    clients: Vec<Client>,
    lists: PrefixLists,
    /// Prefix lists that decided something and could not be read.
    unread: RefCell<BTreeSet<String>>,
}

fn present(intent: &Intent, facts: &Facts) -> Result<Choice, Box<Block>> {
    let groups = visible(&facts.network.groups, "security groups")?;
    let mut notes = Vec::new();
    let clients = clients(facts, &mut notes)?;
    let view = View {
        intent,
        facts,
        groups,
        clients,
        lists: facts.network.prefix_lists.clone(),
        unread: RefCell::default(),
    };
    let chosen = group::choose(&view)?;
    let subnet = subnet::choose(&view)?;
    if let Some(veil) = facts.file_systems.hidden() {
        notes.push(note(Sign::Unknown, format!("file systems cannot be seen ({})", veil.permission)));
    }
    notes.extend(chosen.notes);
    let mut changes: Vec<Change> = chosen.change.into_iter().collect();
    changes.extend(rules::missing(&view, &chosen.group, &subnet.subnet, &mut notes)?);
    changes.extend(group::adopt(&view, &chosen.group, &changes));
    notes.extend(subnet.notes);
    let because = if changes.is_empty() {
        format!("{} lets Lustre through", chosen.group.shown())
    } else {
        "file system and nodes must reach each other on tcp 988 and 1018-1023".to_owned()
    };
    let item = Item { notes, ..Item::settled(StepId::Network, because) }.with(changes);
    Ok(Choice { item, group: Some(chosen.group), subnet: Some(subnet.subnet) })
}

/// What must be seen, or the block that names the permission.
fn visible<'a, T>(seen: &'a crate::facts::Seen<Vec<T>>, what: &str) -> Result<&'a [T], Box<Block>> {
    match seen {
        crate::facts::Seen::Found(list) => Ok(list),
        crate::facts::Seen::Missing => Ok(&[]),
        crate::facts::Seen::Hidden(veil) => Err(denied(what, veil)),
    }
}

/// A note with a sign.
pub(super) fn note(sign: Sign, text: impl Into<String>) -> Note {
    Note { sign, text: text.into() }
}

#[cfg(test)]
mod tests;
