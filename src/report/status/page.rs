//! One screen: a line or two for everything that matters, the first of each list, and how many more there are.

use super::words;
use crate::report::{Document, Line, Mark, Page, Style, View};
use crate::status::{Health, ItemKind, Status, StorageItem};

/// How many of each list stand on the screen.
const SHOWN: usize = 6;

/// The page for people.
pub fn status_page(document: &Document<Status>, view: View) -> Page {
    let status = &document.body;
    let mut page = Page::new();
    head(&mut page, document);
    page.gap();
    parts(&mut page, status);
    classes(&mut page, status);
    for (kind, word) in [
        (ItemKind::PersistentVolumeClaim, "claim"),
        (ItemKind::PersistentVolume, "volume"),
        (ItemKind::FileSystem, "file system"),
    ] {
        items(&mut page, status, kind, word);
    }
    unseen(&mut page, status);
    if let Some(next) = next(status) {
        page.gap();
        page.push(Line::new().plain("next: ").span(Style::Command, next));
    }
    page.wrapped(view.width)
}

/// Where this is, and who looks.
pub(super) fn head(page: &mut Page, document: &Document<Status>) {
    let status = &document.body;
    let kubernetes = &status.kubernetes;
    let mut row = |name: &str, text: Option<String>| {
        if let Some(text) = text.filter(|text| !text.is_empty()) {
            page.push(Line::new().span(Style::Dim, format!("{name:<12}")).plain(text).hanging(12));
        }
    };
    let version = kubernetes.version.as_ref().map(|version| format!("Kubernetes {version}"));
    let place =
        document.cluster.as_ref().map(|id| format!("{} in {}, account {}", id.name, id.region, id.account));
    row("cluster", Some(words::listed([place, version, kubernetes.status.clone(), kubernetes.vpc.clone()])));
    row("kubernetes", kubernetes.reached.clone());
    row("namespace", kubernetes.namespace.clone());
    let pods = status.hyperpod.iter().flatten();
    row("hyperpod", Some(words::listed(pods.map(|pod| Some(format!("{} {}", pod.name, pod.status))))));
    row("nodes", status.nodes.as_ref().map(words::nodes));
    row("groups", status.nodes.as_ref().map(|nodes| words::node_groups(nodes, SHOWN)));
    row("caller", status.caller.as_ref().map(|caller| caller.arn.clone()));
}

/// A line with a sign, a name and what there is to say of it.
fn signed(mark: Mark, name: &str, text: impl AsRef<str>) -> Line {
    Line::signed(mark).span(Style::Dim, format!("{name:<10}")).plain(text).hanging(12)
}

/// Identity, driver and network.
pub(super) fn parts(page: &mut Page, status: &Status) {
    let identity = &status.identity;
    page.push(signed(words::mark(identity.health), "identity", words::identity(identity)));
    for note in &identity.notes {
        page.push(signed(Mark::from(note.sign), "identity", &note.text));
    }
    let driver = &status.driver;
    page.push(signed(words::mark(driver.health), "driver", words::driver(driver)));
    for issue in &driver.issues {
        page.push(signed(words::mark(driver.health), "driver", issue));
    }
    let groups = status.network.groups.as_deref().unwrap_or_default();
    for group in groups.iter().take(SHOWN) {
        page.push(signed(Mark::Keep, "network", format!("{}: {}", group.id, words::group(group))));
    }
    if groups.len() > SHOWN {
        let more = words::many(groups.len() - SHOWN, "more security group");
        page.push(signed(Mark::Keep, "network", format!("… and {more}; -o json has all")));
    }
    for note in &status.network.notes {
        page.push(signed(Mark::from(note.sign), "network", &note.text));
    }
}

fn classes(page: &mut Page, status: &Status) {
    let classes = status.classes.as_deref().unwrap_or_default();
    if !classes.is_empty() {
        page.gap();
    }
    for class in classes.iter().take(SHOWN) {
        page.push(signed(Mark::Keep, "class", format!("{}: {}", class.name, words::class(class))));
    }
    more(page, classes.len(), "class", "classes");
}

/// What a list has beyond the screen.
fn more(page: &mut Page, count: usize, one: &str, several: &str) {
    if let Some(more) = count.checked_sub(SHOWN).filter(|more| *more > 0) {
        let word = if more == 1 { one } else { several };
        let text = format!("… and {} more {word}; -o wide shows all", words::number(more));
        page.push(Line::indented(12).span(Style::Dim, text));
    }
}

/// The first of a kind, the broken ones before all others.
fn items(page: &mut Page, status: &Status, kind: ItemKind, word: &str) {
    let all: Vec<&StorageItem> = status.items.iter().filter(|item| item.kind == kind).collect();
    if all.is_empty() {
        return;
    }
    page.gap();
    for item in all.iter().take(SHOWN) {
        item_lines(page, item, word);
    }
    if let Some(text) = summary(status, kind).filter(|_| all.len() > SHOWN) {
        page.push(Line::indented(12).span(Style::Dim, text));
    }
    more(page, all.len(), word, &format!("{word}s"));
}

/// What all claims come to, when not all of them are on the screen.
fn summary(status: &Status, kind: ItemKind) -> Option<String> {
    if kind != ItemKind::PersistentVolumeClaim {
        return None;
    }
    let summary = &status.summary;
    let count = |count: Option<u32>, word: &str| count.map(|count| words::many(count as usize, word));
    let broken = (summary.broken > 0).then(|| format!("{} broken", words::number(summary.broken as usize)));
    Some(words::listed([
        count(summary.claims, "claim"),
        Some(format!("{} Bound", words::number(summary.bound as usize))),
        count(summary.file_systems, "file system"),
        count(summary.pods, "pod"),
        broken,
    ]))
}

fn item_lines(page: &mut Page, item: &StorageItem, word: &str) {
    let claim = item.claim.as_ref();
    let volume = item.volume.as_ref();
    let state = words::listed([
        claim.map(|it| it.phase.clone()).or_else(|| volume.map(|it| it.phase.clone())),
        claim.filter(|it| it.terminating).map(|_| "being deleted".to_owned()),
        claim.map(|it| it.size.clone()).or_else(|| volume.map(|it| it.size.clone())),
        claim.and_then(|it| it.class.as_ref()).map(|class| format!("class {class}")),
        volume
            .filter(|_| claim.is_none())
            .and_then(|it| it.claim.as_ref())
            .map(|it| format!("of claim {it}")),
        item.pods.as_ref().map(words::pods),
        claim.and_then(|it| words::made_by(it.made_by)).map(str::to_owned),
    ]);
    let because = item.because.clone();
    let text = match (state.is_empty(), because) {
        (false, Some(because)) => format!("{}: {state}; {because}", item.name),
        (true, Some(because)) => format!("{}: {because}", item.name),
        (_, None) => format!("{}: {state}", item.name),
    };
    let label = if word == "file system" { "unused" } else { word };
    page.push(signed(words::mark(item.health), label, text));
    if let Some(system) = &item.file_system {
        let head = if item.kind == ItemKind::FileSystem { String::new() } else { format!("{} ", system.id) };
        page.push(Line::indented(12).plain(format!("{head}{}", words::file_system(system))));
        for why in system.ports.because.iter().take(SHOWN) {
            page.push(Line::indented(12).span(Style::Dim, format!("ports: {why}")));
        }
    } else if let Some(volume) = volume {
        page.push(Line::indented(12).plain(format!("{} by volume {}", volume.file_system, volume.name)));
    }
}

/// What could not be looked at.
pub(super) fn unseen(page: &mut Page, status: &Status) {
    if !status.unseen.is_empty() {
        page.gap();
    }
    for unseen in &status.unseen {
        page.push(Line::signed(Mark::Unknown).plain(words::unseen(unseen)));
    }
}

/// The one thing to do next, when something is plainly missing.
pub(super) fn next(status: &Status) -> Option<String> {
    let no_claim = status.summary.claims == Some(0) && status.unseen.is_empty();
    let has_volumes = status.items.iter().any(|item| item.kind == ItemKind::PersistentVolume);
    let whole = status.kubernetes.namespace.is_none();
    if !no_claim || has_volumes || !whole {
        return None;
    }
    let unused =
        status.items.iter().find(|item| item.kind == ItemKind::FileSystem && item.health == Health::Healthy);
    Some(match unused {
        Some(item) if status.driver.health == Health::Healthy => format!("fsxctl byo --fs-id {}", item.name),
        _ => "fsxctl setup dynamic".to_owned(),
    })
}
