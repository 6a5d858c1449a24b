//! **Promise.** An existing file system has a volume and a claim in every namespace that was named, and pods can mount it.
//! **Looks at** the file system, its interfaces, the way to them, the driver, volumes, namespaces and claims.
//! **May change** volumes and claims of fsxctl's own; with leave, rules of security groups, the driver, a Released volume.
//! **Leaves alone** the file system, its data, StorageClasses and IAM.
//! **Undo** takes volume and claim away again; the volume says Retain, so the file system stays.

mod away;
mod made;
mod pair;
mod ports;
mod released;
pub(crate) mod route;
mod same;
mod system;

use super::{Block, Goal, Item, Note, Sign, StepId, denied, driver, identity};
use crate::error::Kind;
use crate::facts::{Facts, FileSystem, Place, Seen};
use crate::intent::{Bind, Check, Intent};

/// Decides network, driver and storage for a file system that is there already.
pub(super) fn plan(goal: Goal, intent: &Intent, bind: &Bind, facts: &Facts) -> Vec<Item> {
    let items = if goal == Goal::Absent || bind.remove {
        away::plan(intent, bind, facts).map(|item| vec![item])
    } else {
        present(intent, bind, facts)
    };
    items.unwrap_or_else(|block| vec![Item::blocked(StepId::Storage, *block)])
}

fn present(intent: &Intent, bind: &Bind, facts: &Facts) -> Result<Vec<Item>, Box<Block>> {
    let system = system::meant(bind, facts)?;
    let mut notes = system::usable(intent, facts, system)?;
    let places = places(bind, facts)?;
    let network = network(intent, bind, facts, system);
    let network = network.unwrap_or_else(|block| Item::blocked(StepId::Network, *block));
    let driver = driver_item(intent, bind, facts);
    let storage = pair::plan(intent, bind, facts, (system, places), &mut notes);
    let storage = match storage {
        Ok(item) => item,
        Err(block) => Item::blocked(StepId::Storage, *block),
    };
    let items = vec![network, driver, Item { notes: [notes, storage.notes.clone()].concat(), ..storage }];
    Ok(items.into_iter().filter(|item| intent.covers(item.step)).collect())
}

/// The file system is being created, and is waited for before anything is bound.
pub(crate) fn under_way(intent: &Intent, facts: &Facts) -> Option<String> {
    let bind = intent.bind.as_ref().filter(|bind| !bind.remove && intent.wait.is_some())?;
    let system = system::meant(bind, facts).ok()?;
    (system.lifecycle == "CREATING").then(|| format!("file system {} to be AVAILABLE", system.id))
}

/// The file system that a wish is about, as far as it can be told.
pub(crate) fn meant<'a>(intent: &Intent, facts: &'a Facts) -> Option<&'a FileSystem> {
    system::meant(intent.bind.as_ref()?, facts).ok()
}

/// Whether a file system could be bound here, in a few words: for a list to choose from.
pub fn fit(intent: &Intent, bind: &Bind, facts: &Facts, system: &FileSystem) -> String {
    let fits = system::usable(intent, facts, system)
        .and_then(|_| network(intent, bind, facts, system))
        .map(|_| system.lifecycle.clone());
    fits.unwrap_or_else(|block| block.message.replace(&format!("file system {} ", system.id), ""))
}

/// The zone of a file system's subnet, when that can be seen.
pub fn zone<'a>(facts: &'a Facts, system: &FileSystem) -> Option<&'a str> {
    system::subnet(facts, system).map(|subnet| subnet.zone.as_str())
}

/// The namespaces that are meant, each of which must be there.
fn places<'a>(bind: &Bind, facts: &'a Facts) -> Result<&'a [Place], Box<Block>> {
    let places = match &facts.storage.places {
        Seen::Found(places) => places.as_slice(),
        Seen::Missing => &[],
        Seen::Hidden(veil) => return Err(denied("namespaces", veil)),
    };
    if places.is_empty() {
        let crate::intent::Namespaces::Selected(selector) = &bind.namespaces else {
            return Err(block(Kind::Usage, "no namespace is named".to_owned(), "name one with --namespaces"));
        };
        return Err(block(
            Kind::Usage,
            format!("no namespace carries the labels {selector}"),
            "label the namespaces, or name them with --namespaces",
        ));
    }
    Ok(places)
}

/// What security groups keep nodes and file system apart, a sentence each. None: it cannot be told.
pub fn closed_ways(facts: &Facts, system: &FileSystem) -> Option<Vec<String>> {
    ports::closed_ways(facts, system)
}

/// Whether nodes and file system reach each other.
fn network(intent: &Intent, bind: &Bind, facts: &Facts, system: &FileSystem) -> Result<Item, Box<Block>> {
    let mut notes = Vec::new();
    system::zones(facts, system, &mut notes);
    system::kernels(bind, facts, system, &mut notes)?;
    if system.interfaces.is_empty() && system.lifecycle == "CREATING" {
        let text =
            format!("file system {} has no interfaces yet; ports are looked at when it has", system.id);
        notes.push(note(Sign::Unknown, text));
        return Ok(Item { notes, ..Item::settled(StepId::Network, "the file system is being created") });
    }
    route::check(bind, facts, system, &mut notes)?;
    let changes = ports::plan((intent, bind), facts, system, &mut notes)?;
    let because = match changes.is_empty() {
        true if notes.iter().any(|note| note.sign == Sign::Unknown) => {
            "as far as it can be seen, nodes reach it"
        }
        true => "every group of nodes reaches it on tcp 988 and 1018-1023",
        false => "nodes must reach it on tcp 988 and 1018-1023",
    };
    Ok(Item { notes, ..Item::settled(StepId::Network, because) }.with(changes))
}

/// The driver: there, installed on demand, or in the way.
fn driver_item(intent: &Intent, bind: &Bind, facts: &Facts) -> Item {
    let item = |because: &str, notes: Vec<Note>| Item { notes, ..Item::settled(StepId::Driver, because) };
    match &facts.driver.csi_driver {
        Seen::Found(_) => {
            let late = facts.driver.node.found().filter(|node| node.ready < node.desired);
            let notes = late.map(|node| {
                let text = format!(
                    "the driver's node plugin is ready on {} of {} nodes; pods on the others wait for it",
                    node.ready, node.desired
                );
                note(Sign::Warn, text)
            });
            item("the driver is installed", notes.into_iter().collect())
        }
        Seen::Hidden(veil) => {
            let text = format!("whether the driver is installed cannot be seen ({})", veil.permission);
            item("taken to be installed", vec![note(Sign::Unknown, text)])
        }
        Seen::Missing if bind.install_driver => {
            let nobody = identity::plan(Goal::Present, intent, facts);
            let mut item = driver::plan(Goal::Present, intent, facts, &nobody);
            let text = "without a role the driver mounts and makes nothing: a StorageClass needs `fsxctl setup identity`";
            item.notes.push(note(Sign::Keep, text));
            item
        }
        Seen::Missing if bind.skipped.contains(&Check::Driver) => {
            let text =
                "the driver is not installed, so nothing can be mounted yet; left alone by --skip-check";
            item("left alone by --skip-check driver", vec![note(Sign::Warn, text)])
        }
        Seen::Missing => Item::blocked(
            StepId::Driver,
            *block(
                Kind::Conflict,
                "the FSx CSI driver is not installed, so no pod could mount the file system".to_owned(),
                "install it with --install-driver, or with its role: fsxctl setup driver",
            ),
        ),
    }
}

fn block(kind: Kind, message: String, next: impl Into<String>) -> Box<Block> {
    Box::new(Block { kind, message, permission: None, next: Some(next.into()) })
}

fn note(sign: Sign, text: impl Into<String>) -> Note {
    Note { sign, text: text.into() }
}

/// The first few of a list, and how many more there are.
fn few(all: &[String]) -> String {
    const MOST: usize = 3;
    let mut text = all.iter().take(MOST).cloned().collect::<Vec<_>>().join("; ");
    if all.len() > MOST {
        text.push_str(&format!("; and {} more", all.len() - MOST));
    }
    text
}

#[cfg(test)]
mod tests;
