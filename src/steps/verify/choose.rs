//! On which nodes: as many groups as can be, then as many zones, sound nodes before others.

use super::{block, note};
use crate::error::Kind;
use crate::facts::MountNode;
use crate::intent::{Pick, VerifyWish};
use crate::steps::{Block, Note, Sign};

/// Why a node is not taken unless it is named.
fn flaw(node: &MountNode) -> Option<&'static str> {
    if !node.ready {
        Some("not ready")
    } else if node.cordoned {
        Some("cordoned")
    } else if node.is_unhealthy() {
        Some("not schedulable by HyperPod's health checks")
    } else {
        None
    }
}

/// The nodes that pods are tried on.
pub(super) fn nodes(
    wish: &VerifyWish,
    all: &[MountNode],
    notes: &mut Vec<Note>,
) -> Result<Vec<MountNode>, Box<Block>> {
    let is_named = wish.pick == Pick::All || !wish.selector.is_empty();
    let has_labels =
        |node: &&MountNode| wish.selector.iter().all(|(key, value)| node.labels.get(key) == Some(value));
    let (without, mut fitting): (Vec<&MountNode>, Vec<&MountNode>) =
        all.iter().filter(has_labels).partition(|node| node.is_fargate() || node.is_windows());
    if !without.is_empty() {
        let text = format!(
            "{} nodes of Fargate or Windows are left out: no Lustre can be mounted there",
            without.len()
        );
        notes.push(note(Sign::Keep, text));
    }
    let flawed: Vec<String> =
        fitting.iter().filter_map(|node| Some(format!("{} ({})", node.name, flaw(node)?))).collect();
    if !is_named {
        fitting.retain(|node| flaw(node).is_none());
    }
    if fitting.is_empty() {
        return Err(nobody(wish, all, &flawed));
    }
    if !flawed.is_empty() {
        let what = if is_named { "may not start a pod" } else { "left out; --all-nodes tries them too" };
        notes.push(note(Sign::Warn, format!("{what}: {}", listed(&flawed))));
    }
    let count = match wish.pick {
        Pick::All => fitting.len(),
        Pick::Count(count) => {
            if count > fitting.len() {
                notes.push(note(
                    Sign::Warn,
                    format!("{count} nodes were asked for, and {} fit", fitting.len()),
                ));
            }
            count.min(fitting.len())
        }
        Pick::Groups => {
            let groups: std::collections::BTreeSet<_> = fitting.iter().map(|node| node.group()).collect();
            groups.len().max(2).min(fitting.len())
        }
    };
    Ok(spread(fitting, count))
}

/// A list of names that stays readable.
fn listed(all: &[String]) -> String {
    const MOST: usize = 5;
    let shown = all.iter().take(MOST).cloned().collect::<Vec<_>>().join(", ");
    if all.len() > MOST { format!("{shown} and {} more", all.len() - MOST) } else { shown }
}

fn nobody(wish: &VerifyWish, all: &[MountNode], flawed: &[String]) -> Box<Block> {
    let wanted: Vec<String> = wish.selector.iter().map(|(key, value)| format!("{key}={value}")).collect();
    let which = if wanted.is_empty() { String::new() } else { format!(" with {}", wanted.join(",")) };
    let message = match (flawed.is_empty(), all.is_empty()) {
        (_, true) => "the cluster has no node".to_owned(),
        (true, false) => format!("there is no node{which} that could mount Lustre"),
        (false, _) => format!("no node{which} is ready: {}", listed(flawed)),
    };
    block(Kind::Usage, message, "kubectl get nodes --show-labels".to_owned())
}

/// So many of them: as many groups as can be, then as many zones, sound ones before others, in the order of their names.
fn spread(mut from: Vec<&MountNode>, count: usize) -> Vec<MountNode> {
    from.sort_by(|a, b| a.name.cmp(&b.name));
    let mut chosen: Vec<MountNode> = Vec::new();
    if count == from.len() {
        return from.into_iter().cloned().collect();
    }
    while chosen.len() < count {
        let used = |node: &MountNode| {
            let group = chosen.iter().filter(|other| other.group() == node.group()).count();
            let zone = chosen.iter().filter(|other| other.zone() == node.zone()).count();
            (flaw(node).is_some(), group, zone)
        };
        let best = from.iter().enumerate().min_by_key(|(_, node)| used(node)).map(|(at, _)| at);
        let Some(best) = best else { break };
        chosen.push(from.remove(best).clone());
    }
    chosen
}
