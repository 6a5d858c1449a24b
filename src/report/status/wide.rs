//! Tables of everything, a row each. Rows are never broken: they are looked through with grep and less.

use super::page::{head, next, parts, unseen};
use super::words;
use crate::report::{Document, Line, Mark, Page, Style, View, escape};
use crate::status::{ItemKind, Status, StorageItem};

/// The tables.
pub fn status_wide(document: &Document<Status>, view: View) -> Page {
    let status = &document.body;
    let mut top = Page::new();
    head(&mut top, document);
    top.gap();
    parts(&mut top, status);
    let mut page = top.wrapped(view.width);
    classes(&mut page, status);
    claims(&mut page, status);
    volumes(&mut page, status);
    file_systems(&mut page, status);
    unseen(&mut page, status);
    if let Some(next) = next(status) {
        page.gap();
        page.push(Line::new().plain("next: ").span(Style::Command, next));
    }
    page
}

/// A row: its sign and its cells.
type Row = (Mark, Vec<String>);

/// A table with a row of names above it; nothing when it has no row.
fn table(page: &mut Page, names: &[&str], rows: Vec<Row>) {
    if rows.is_empty() {
        return;
    }
    page.gap();
    let cells = |cells: Vec<String>| -> Vec<String> {
        let shown = |cell: String| if cell.is_empty() { "-".to_owned() } else { escape(&cell).into_owned() };
        cells.into_iter().map(shown).collect()
    };
    let rows: Vec<Row> = rows.into_iter().map(|(mark, row)| (mark, cells(row))).collect();
    let columns = |text: &str| text.chars().count();
    let width = |at: usize| {
        let longest = rows.iter().filter_map(|(_, row)| row.get(at)).map(|cell| columns(cell)).max();
        longest.unwrap_or_default().max(names.get(at).map_or(0, |name| columns(name)))
    };
    let widths: Vec<usize> = (0..names.len()).map(width).collect();
    let padded = |row: &mut dyn Iterator<Item = &str>| -> String {
        row.zip(&widths).map(|(cell, width)| format!("{cell:<width$}  ")).collect()
    };
    page.push(Line::indented(2).span(Style::Heading, padded(&mut names.iter().copied())));
    for (mark, row) in &rows {
        page.push(Line::signed(*mark).plain(padded(&mut row.iter().map(String::as_str))));
    }
}

fn text(value: Option<impl ToString>) -> String {
    value.map(|value| value.to_string()).unwrap_or_default()
}

fn classes(page: &mut Page, status: &Status) {
    let rows = status.classes.iter().flatten().map(|class| {
        let row = vec![
            class.name.clone(),
            if class.default { "yes" } else { "no" }.to_owned(),
            text(class.deployment_type.as_ref()),
            text(class.storage_type.as_ref()),
            text(class.throughput.as_ref()),
            text(class.subnet.as_ref()),
            class.reclaim_policy.clone(),
            class.binding_mode.clone(),
            if class.allow_volume_expansion { "yes" } else { "no" }.to_owned(),
            text(class.claims),
            text(words::made_by(class.made_by)),
        ];
        (Mark::Keep, row)
    });
    let names = [
        "CLASS", "DEFAULT", "TYPE", "STORAGE", "MB/S/TIB", "SUBNET", "RECLAIM", "BINDING", "GROWS", "CLAIMS",
        "MADE BY",
    ];
    table(page, &names, rows.collect());
}

/// What tables of items end with.
const SYSTEM: [&str; 10] = [
    "FILE SYSTEM",
    "LIFECYCLE",
    "GIB",
    "TYPE",
    "STORAGE",
    "MB/S/TIB",
    "LUSTRE",
    "ZONE",
    "PORTS",
    "MOUNT NAME",
];

fn system(item: &StorageItem) -> Vec<String> {
    let id = item.volume.as_ref().map(|volume| volume.file_system.clone());
    let Some(system) = &item.file_system else {
        let mut row = vec![id.unwrap_or_default()];
        row.resize(SYSTEM.len(), String::new());
        return row;
    };
    vec![
        system.id.clone(),
        system.lifecycle.clone(),
        text(system.capacity_gib),
        text(system.deployment_type.as_ref()),
        text(system.storage_type.as_ref()),
        text(system.throughput),
        text(system.version.as_ref()),
        text(system.zone.as_ref()),
        words::ports(system.ports.state).to_owned(),
        text(system.mount_name.as_ref()),
    ]
}

fn of_kind(status: &Status, kind: ItemKind) -> impl Iterator<Item = &StorageItem> {
    status.items.iter().filter(move |item| item.kind == kind)
}

fn claims(page: &mut Page, status: &Status) {
    let rows = of_kind(status, ItemKind::PersistentVolumeClaim).filter_map(|item| {
        let claim = item.claim.as_ref()?;
        let pods = item.pods.as_ref().map(|pods| format!("{}/{}", pods.ready, pods.total));
        let mut row = vec![
            item.name.clone(),
            if claim.terminating { "Terminating".to_owned() } else { claim.phase.clone() },
            claim.size.clone(),
            text(claim.class.as_ref()),
            text(item.volume.as_ref().map(|volume| &volume.name)),
        ];
        row.extend(system(item));
        row.extend([
            pods.unwrap_or_else(|| "?".to_owned()),
            text(words::made_by(claim.made_by)),
            text(item.because.as_ref()),
        ]);
        Some((words::mark(item.health), row))
    });
    let mut names = vec!["CLAIM", "PHASE", "SIZE", "CLASS", "VOLUME"];
    names.extend(SYSTEM);
    names.extend(["PODS", "MADE BY", "BECAUSE"]);
    table(page, &names, rows.collect());
}

fn volumes(page: &mut Page, status: &Status) {
    let rows = of_kind(status, ItemKind::PersistentVolume).filter_map(|item| {
        let volume = item.volume.as_ref()?;
        let mut row = vec![
            item.name.clone(),
            volume.phase.clone(),
            volume.size.clone(),
            text(volume.claim.as_ref()),
            volume.reclaim_policy.clone(),
        ];
        row.extend(system(item));
        row.extend([text(words::made_by(volume.made_by)), text(item.because.as_ref())]);
        Some((words::mark(item.health), row))
    });
    let mut names = vec!["VOLUME", "PHASE", "SIZE", "OF CLAIM", "RECLAIM"];
    names.extend(SYSTEM);
    names.extend(["MADE BY", "BECAUSE"]);
    table(page, &names, rows.collect());
}

fn file_systems(page: &mut Page, status: &Status) {
    let rows = of_kind(status, ItemKind::FileSystem).map(|item| {
        let mut row = system(item);
        let system = item.file_system.as_ref();
        row.extend([
            text(system.and_then(|system| system.label.as_ref())),
            text(system.and_then(|system| words::made_by(system.made_by))),
            text(item.because.as_ref()),
        ]);
        (words::mark(item.health), row)
    });
    let mut names: Vec<&str> = SYSTEM.to_vec();
    names.extend(["NAME", "MADE BY", "BECAUSE"]);
    table(page, &names, rows.collect());
}
