//! A receipt for people: what was done, the volume that came to be, and what to run next.

use super::plan::{change_line, item_title, notes};
use super::{Header, Line, Mark, Page, Style, View};
use crate::engine::{Made, Receipt, VolumeMade};
use crate::steps::{Item, Verb};

/// At most this many commands are offered.
const NEXT: usize = 3;

/// The whole receipt on one page, with up to three commands to run next.
pub fn receipt_page(header: &Header, receipt: &Receipt, next: &[String], view: View) -> Page {
    let mut page = Page::new();
    header.on(&mut page);
    for item in &receipt.plan.items {
        item_lines(&mut page, item, &receipt.made);
    }
    if let Some(volume) = &receipt.volume {
        page.gap();
        volume_lines(&mut page, volume, receipt.waited);
    }
    page.gap();
    notes(&mut page, &receipt.plan.notes);
    page.push(Line::new().span(Style::Heading, summary(receipt)));
    if !next.is_empty() {
        page.gap();
        page.push(Line::new().plain("next:"));
        for command in next.iter().take(NEXT) {
            page.push(Line::indented(2).span(Style::Command, command));
        }
    }
    page.wrapped(view.width)
}

/// One step with what became of its changes.
fn item_lines(page: &mut Page, item: &Item, made: &[Made]) {
    page.gap();
    item_title(page, item);
    for change in &item.changes {
        let line = match made.iter().find(|made| made.change == change.id) {
            None => Line::signed(Mark::Blocked).plain(change.resource.to_string()).plain(": not done"),
            Some(Made { id: Some(id), .. }) if *id != change.resource.reference => {
                change_line(change).plain(": ").plain(id)
            }
            Some(_) => change_line(change),
        };
        page.push(line);
    }
    notes(page, &item.notes);
}

/// The claim, and as much of what is behind it as came to be.
fn volume_lines(page: &mut Page, volume: &VolumeMade, waited: bool) {
    let claim = format!("claim {}/{}", volume.namespace, volume.claim);
    page.push(match (&volume.persistent_volume, waited) {
        (Some(_), _) => Line::signed(Mark::Keep).span(Style::Heading, claim).plain(" is bound"),
        (None, true) => Line::signed(Mark::Unknown).span(Style::Heading, claim).plain(" is not bound"),
        (None, false) => Line::signed(Mark::Unknown).span(Style::Heading, claim).plain(" was not waited for"),
    });
    let mount = mount_source(volume);
    let rows = [
        ("volume       ", volume.persistent_volume.as_deref()),
        ("file system  ", volume.file_system_id.as_deref()),
        ("mount        ", mount.as_deref()),
    ];
    for (name, value) in rows {
        if let Some(value) = value {
            page.push(Line::indented(4).span(Style::Dim, name).plain(value));
        }
    }
}

/// What a Lustre client mounts: `<dns>@tcp:/<mount>`.
fn mount_source(volume: &VolumeMade) -> Option<String> {
    let (dns, mount) = (volume.dns_name.as_ref()?, volume.mount_name.as_ref()?);
    Some(format!("{dns}@tcp:/{mount}"))
}

/// What was done, in one sentence.
fn summary(receipt: &Receipt) -> String {
    let was_made = |id: &str| receipt.made.iter().any(|made| made.change == id);
    let count =
        |verb| receipt.plan.changes().filter(|change| change.verb == verb && was_made(&change.id)).count();
    match (count(Verb::Create), count(Verb::Update), count(Verb::Delete)) {
        (0, 0, 0) if receipt.plan.is_settled() => "Nothing to do: everything is as asked.".to_owned(),
        (created, changed, deleted) => {
            format!("Done: {created} created, {changed} changed, {deleted} deleted.")
        }
    }
}
