//! What changed between two looks, a line each.

use std::collections::BTreeMap;

use super::words;
use crate::report::{Line, Mark, Page};
use crate::status::{ItemKind, Status, StorageItem};

/// What was told of each thing last.
#[derive(Debug, Clone, Default)]
pub struct StatusLines {
    known: BTreeMap<String, (Mark, String)>,
}

impl StatusLines {
    /// Whether nothing was looked at yet.
    pub fn is_empty(&self) -> bool {
        self.known.is_empty()
    }

    /// The lines of what is new, different or gone.
    pub fn changes(&mut self, status: &Status) -> Page {
        let now = states(status);
        let mut page = Page::new();
        for (subject, (mark, state)) in &now {
            if self.known.get(subject) != Some(&(*mark, state.clone())) {
                page.push(Line::signed(*mark).plain(format!("{subject}: {state}")));
            }
        }
        for subject in self.known.keys().filter(|subject| !now.contains_key(*subject)) {
            page.push(Line::signed(Mark::Delete).plain(format!("{subject}: gone")));
        }
        self.known = now;
        page
    }
}

fn states(status: &Status) -> BTreeMap<String, (Mark, String)> {
    let mut all = BTreeMap::new();
    let (identity, driver) = (&status.identity, &status.driver);
    all.insert("identity".to_owned(), (words::mark(identity.health), words::identity(identity)));
    let issues = driver.issues.iter().cloned().map(Some);
    let text = words::listed(std::iter::once(Some(words::driver(driver))).chain(issues));
    all.insert("driver".to_owned(), (words::mark(driver.health), text));
    if let Some(nodes) = &status.nodes {
        all.insert("nodes".to_owned(), (Mark::Keep, words::nodes(nodes)));
    }
    for class in status.classes.iter().flatten() {
        all.insert(format!("class {}", class.name), (Mark::Keep, words::class(class)));
    }
    for group in status.network.groups.iter().flatten() {
        all.insert(format!("security group {}", group.id), (Mark::Keep, words::group(group)));
    }
    for item in &status.items {
        let word = match item.kind {
            ItemKind::PersistentVolumeClaim => "claim",
            ItemKind::PersistentVolume => "volume",
            ItemKind::FileSystem => "file system",
        };
        all.insert(format!("{word} {}", item.name), (words::mark(item.health), state(item)));
    }
    for unseen in &status.unseen {
        all.insert(unseen.what.clone(), (Mark::Unknown, words::unseen(unseen)));
    }
    all
}

fn state(item: &StorageItem) -> String {
    let system = item.file_system.as_ref();
    words::listed([
        item.claim.as_ref().map(|claim| claim.phase.clone()),
        item.claim.as_ref().filter(|claim| claim.terminating).map(|_| "being deleted".to_owned()),
        item.volume.as_ref().filter(|_| item.claim.is_none()).map(|volume| volume.phase.clone()),
        system.map(|system| match item.kind {
            ItemKind::FileSystem => system.lifecycle.clone(),
            ItemKind::PersistentVolumeClaim | ItemKind::PersistentVolume => {
                format!("{} {}", system.id, system.lifecycle)
            }
        }),
        system.map(|system| format!("ports {}", words::ports(system.ports.state))),
        item.pods.as_ref().map(words::pods),
        item.because.clone().filter(|why| system.is_none_or(|system| !why.contains(&system.lifecycle))),
        system.and_then(|system| system.failure.clone()),
    ])
}
