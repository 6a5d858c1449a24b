//! A plan for people: what will be done and why, what is kept, what it takes.

use super::{Header, Line, Mark, Page, Style, View};
use crate::steps::{Change, Decision, Item, Note, Plan, StepId, Verb};

/// Ids of changes to the security groups of nodes begin with this; a plan lists them on their own, because
/// those groups belong to the cluster and not to the set-up.
pub const NODE_RULES: &str = "node-rules";

/// The whole plan on one page. Its last line says what it comes to.
pub fn plan_page(header: &Header, plan: &Plan, view: View) -> Page {
    let mut page = Page::new();
    header.on(&mut page);
    steps(&mut page, &plan.items, |page, item| item_lines(page, item, view));
    page.gap();
    notes(&mut page, &plan.notes);
    if let (Some(minutes), None) = (plan.minutes, plan.block()) {
        page.push(Line::new().plain(format!("This takes about {}.", counted(minutes as usize, "minute"))));
    }
    page.push(Line::new().span(Style::Heading, summary(plan)));
    page.wrapped(view.width)
}

/// Each step as a block of its own; those that need only one line stand together.
pub(super) fn steps(page: &mut Page, items: &[Item], mut block: impl FnMut(&mut Page, &Item)) {
    let mut was_short = false;
    for item in items {
        let is_short = item.decision == Decision::Settled && item.changes.is_empty() && item.notes.is_empty();
        if !(was_short && is_short) {
            page.gap();
        }
        block(page, item);
        was_short = is_short;
    }
}

/// One step: its decision, its changes, its notes.
fn item_lines(page: &mut Page, item: &Item, view: View) {
    item_title(page, item);
    let (node_rules, others): (Vec<_>, Vec<_>) =
        item.changes.iter().partition(|change| change.id.starts_with(NODE_RULES));
    for change in others {
        change_lines(page, change, view);
    }
    if !node_rules.is_empty() {
        let title = Line::new()
            .span(Style::Heading, "rules on the nodes' own security groups")
            .plain(", which ")
            .span(Style::Command, "--no-node-rules")
            .plain(" leaves as they are:");
        page.push(title);
        for change in node_rules {
            change_lines(page, change, view);
        }
    }
    notes(page, &item.notes);
}

/// The line that says what a step came to. A step with changes has no sign of its own: they have theirs.
pub(super) fn item_title(page: &mut Page, item: &Item) {
    let line = match item.decision {
        Decision::Do => Line::new(),
        Decision::Settled => Line::signed(Mark::Keep),
        Decision::Blocked => Line::signed(Mark::Blocked),
    };
    page.push(line.span(Style::Heading, item.step.as_str()).plain(": ").plain(&item.because));
    let Some(block) = &item.block else { return };
    if let Some(permission) = &block.permission {
        page.push(Line::indented(4).plain("missing permission: ").plain(permission));
    }
    if let Some(next) = &block.next {
        page.push(next_line(Line::indented(4), next));
    }
}

/// One change: its line with the sign, and what belongs to it indented below.
fn change_lines(page: &mut Page, change: &Change, view: View) {
    page.push(change_line(change).plain(": ").plain(&change.because));
    for detail in &change.details {
        page.push(Line::indented(4).plain(detail));
    }
    if !change.later.is_empty() {
        page.push(
            Line::indented(4).span(Style::Dim, format!("known after apply: {}", change.later.join(", "))),
        );
    }
    if view.verbose && !change.permissions.is_empty() {
        page.push(Line::indented(4).span(Style::Dim, format!("needs {}", change.permissions.join(", "))));
    }
}

/// The sign and the object of a change.
pub(super) fn change_line(change: &Change) -> Line {
    let mark = Mark::from(change.verb);
    Line::signed(mark).span(mark.style(), change.resource.to_string())
}

/// One line a note, with its sign.
pub(super) fn notes(page: &mut Page, notes: &[Note]) {
    for note in notes {
        page.push(Line::signed(Mark::from(note.sign)).plain(&note.text));
    }
}

/// `next: …`, as something to copy when it is a command.
pub(super) fn next_line(line: Line, next: &str) -> Line {
    const PROGRAMS: [&str; 6] = ["fsxctl ", "kubectl ", "aws ", "eksctl ", "helm ", "export "];
    let style =
        if PROGRAMS.iter().any(|program| next.starts_with(program)) { Style::Command } else { Style::Plain };
    line.plain("next: ").span(style, next)
}

/// What a plan comes to, in one sentence.
fn summary(plan: &Plan) -> String {
    let blocked: Vec<_> = plan.items.iter().filter(|item| item.decision == Decision::Blocked).collect();
    if !blocked.is_empty() {
        let steps: Vec<_> = blocked.iter().map(|item| StepId::as_str(item.step)).collect();
        return format!("Blocked: {}. Nothing is changed.", steps.join(", "));
    }
    let count = |verb| plan.changes().filter(|change| change.verb == verb).count();
    match (count(Verb::Create), count(Verb::Update), count(Verb::Delete)) {
        (0, 0, 0) => "Nothing to do: everything is as asked.".to_owned(),
        (create, change, delete) => {
            format!("Plan: {create} to create, {change} to change, {delete} to delete.")
        }
    }
}

/// `1 minute`, `2 minutes`.
pub(super) fn counted(count: usize, what: &str) -> String {
    if count == 1 { format!("1 {what}") } else { format!("{count} {what}s") }
}

#[cfg(test)]
mod tests;
