//! A diagnosis for people and for machines, the list of checks, and the pages of `explain`.

use std::collections::BTreeMap;

use serde::Serialize;

use super::{Document, DocumentKind, Frame, Header, Line, Mark, Page, Style, View};
use crate::doctor::{Area, Check, Explanation, Finding, Fix, Severity, State, Summary, Verdict};

/// What a `DoctorReport` document adds.
#[derive(Debug, Clone, PartialEq, Serialize, schemars::JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct DoctorBody {
    /// The verdict on the whole.
    pub verdict: Verdict,
    /// How many of what, those that are not shown included.
    pub summary: Summary,
    /// Findings, the cause to mend first at the top; then what could not be looked at; with --show-passed the rest.
    pub items: Vec<Finding>,
}

/// The document.
pub fn doctor_document(frame: &Frame, body: DoctorBody) -> Document<DoctorBody> {
    Document::new(frame, DocumentKind::DoctorReport, body)
}

/// What a `Checks` document adds.
#[derive(Debug, Clone, PartialEq, Serialize, schemars::JsonSchema)]
pub struct ChecksBody {
    /// The checks, by area.
    pub items: Vec<CheckItem>,
}

/// A check in a list.
#[derive(Debug, Clone, PartialEq, Serialize, schemars::JsonSchema)]
pub struct CheckItem {
    /// `FSX-AUTH-02`.
    pub name: String,
    /// The area.
    pub category: Area,
    /// How bad it is when it strikes.
    pub severity: Severity,
    /// What is wrong then.
    pub title: String,
}

/// The list of checks as a document.
pub fn checks_document<'c>(frame: &Frame, checks: impl Iterator<Item = &'c Check>) -> Document<ChecksBody> {
    let item = |check: &Check| CheckItem {
        name: check.id.to_owned(),
        category: check.area(),
        severity: check.severity,
        title: check.title.to_owned(),
    };
    Document::new(frame, DocumentKind::Checks, ChecksBody { items: checks.map(item).collect() })
}

/// The list of checks for people.
pub fn checks_page(body: &ChecksBody, view: View) -> Page {
    let mut page = Page::new();
    let mut area = None;
    for item in &body.items {
        if area != Some(item.category) {
            if area.is_some() {
                page.gap();
            }
            area = Some(item.category);
            let title = format!("{}: {}", item.category.word(), item.category.title());
            page.push(Line::new().span(Style::Heading, title));
        }
        page.push(
            Line::indented(2)
                .span(Style::Command, format!("{:<14}", item.name))
                .span(Style::Dim, format!("{:<9}", item.severity))
                .plain(&item.title)
                .hanging(25),
        );
    }
    page.gap();
    page.push(Line::new().plain("next: ").span(Style::Command, "fsxctl explain ID"));
    page.wrapped(view.width)
}

/// What an `Explanation` document adds.
#[derive(Debug, Clone, PartialEq, Serialize, schemars::JsonSchema)]
pub struct ExplanationBody {
    /// The page; all words in a line each when none was asked for.
    pub items: Vec<Explanation>,
}

/// The page of a word as a document.
pub fn explanation_document(frame: &Frame, items: Vec<Explanation>) -> Document<ExplanationBody> {
    Document::new(frame, DocumentKind::Explanation, ExplanationBody { items })
}

/// The page of a word for people.
pub fn explanation_page(item: &Explanation, view: View) -> Page {
    let mut page = Page::new();
    page.push(Line::new().span(Style::Heading, format!("{}: {}", item.term, item.title)).hanging(2));
    for section in &item.sections {
        page.push(
            Line::indented(2)
                .span(Style::Dim, format!("{:<14}", section.name))
                .plain(&section.text)
                .hanging(16),
        );
    }
    page.wrapped(view.width)
}

/// All words for people.
pub fn terms_page(terms: &[(&'static str, String, String)], view: View) -> Page {
    let mut page = Page::new();
    let mut before = "";
    for (what, word, text) in terms {
        if *what != before {
            if !before.is_empty() {
                page.gap();
            }
            page.push(Line::new().span(Style::Heading, format!("{what}s")));
            before = what;
        }
        page.push(Line::indented(2).span(Style::Command, format!("{word:<30}")).plain(text).hanging(32));
    }
    page.wrapped(view.width)
}

/// How many affected objects a line names.
const NAMED: usize = 3;
/// How many fields of evidence stand under a finding; `-v` shows all.
const EVIDENCE: usize = 4;
/// How many findings of less than an error stand on the page without `-v`.
const LESSER: usize = 12;

/// The page: the cause to mend first, what it explains, then the others; at the end what could not be looked at.
pub fn doctor_page(header: Option<&Header>, body: &DoctorBody, view: View) -> Page {
    let mut page = Page::new();
    if let Some(header) = header {
        header.on(&mut page);
        page.gap();
    }
    let found: Vec<&Finding> = body.items.iter().filter(|it| is_found(it)).collect();
    let mut lesser = 0;
    for (at, item) in found.iter().enumerate() {
        if item.state == State::Blocked {
            continue;
        }
        if item.severity == Severity::Info {
            lesser += 1;
            if lesser > LESSER && !view.verbose {
                continue;
            }
        }
        finding_lines(&mut page, item, view);
        explained(&mut page, found.get(at + 1..).unwrap_or_default());
        page.gap();
    }
    if lesser > LESSER && !view.verbose {
        page.push(
            Line::signed(Mark::Keep)
                .plain(format!("and {} more worth knowing; -v shows all", lesser - LESSER)),
        );
        page.gap();
    }
    unseen(&mut page, body);
    rest(&mut page, body);
    page.push(Line::new().span(Style::Heading, verdict_line(body)).hanging(2));
    if let Some(next) = next(&found) {
        page.gap();
        page.push(Line::new().plain("next: ").span(Style::Command, next).hanging(6));
    }
    page.wrapped(view.width)
}

fn is_found(item: &Finding) -> bool {
    matches!(item.state, State::Failed | State::Blocked)
}

const fn mark(severity: Severity) -> Mark {
    match severity {
        Severity::Error | Severity::Warning => Mark::Blocked,
        Severity::Info => Mark::Keep,
    }
}

fn finding_lines(page: &mut Page, item: &Finding, view: View) {
    page.push(
        Line::signed(mark(item.severity))
            .span(Style::Heading, format!("{} {}", item.id, item.severity))
            .plain(format!("  {}", item.summary))
            .hanging(4),
    );
    let row = |name: &str| Line::indented(4).span(Style::Dim, format!("{name:<9}"));
    if !item.cause.is_empty() {
        page.push(row("because").plain(&item.cause).hanging(13));
    }
    let shown = if view.verbose { item.evidence.len() } else { EVIDENCE };
    for (at, evidence) in item.evidence.iter().take(shown).enumerate() {
        let name = if at == 0 { "seen" } else { "" };
        let text = format!("{} {} = {}", evidence.source, evidence.field, short(&evidence.value, view));
        page.push(row(name).plain(text).hanging(13));
    }
    if item.evidence.len() > shown {
        page.push(row("").plain(format!("and {} more; -v shows all", item.evidence.len() - shown)));
    }
    if !item.affects.is_empty() {
        let names: Vec<String> = item.affects.iter().take(NAMED).map(ToString::to_string).collect();
        let more = item.affects.len().saturating_sub(NAMED);
        let more = if more > 0 { format!(" and {more} more") } else { String::new() };
        page.push(row("affects").plain(format!("{}{more}", names.join(", "))).hanging(13));
    }
    if let Some(fix) = &item.fix {
        fix_lines(page, fix);
    }
}

fn fix_lines(page: &mut Page, fix: &Fix) {
    let row = |name: &str| Line::indented(4).span(Style::Dim, format!("{name:<9}"));
    page.push(row("mend").plain(&fix.summary).hanging(13));
    for command in &fix.commands {
        page.push(row("").span(Style::Command, command).hanging(13));
    }
}

/// A value on the page; the document has all of it.
fn short(value: &str, view: View) -> String {
    const LONGEST: usize = 300;
    if view.verbose || value.chars().count() <= LONGEST {
        return value.to_owned();
    }
    value.chars().take(LONGEST).chain("…".chars()).collect()
}

/// What follows its cause in the list: a line each, equal checks together.
fn explained(page: &mut Page, after: &[&Finding]) {
    let mut by_check: Vec<(&str, Vec<&Finding>)> = Vec::new();
    for item in after.iter().take_while(|item| item.state == State::Blocked) {
        match by_check.iter_mut().find(|(id, _)| *id == item.id) {
            Some((_, items)) => items.push(item),
            None => by_check.push((&item.id, vec![item])),
        }
    }
    for (at, (id, items)) in by_check.iter().enumerate() {
        let name = if at == 0 { "explains" } else { "" };
        let names: Vec<String> = items.iter().take(NAMED).map(|item| item.summary.clone()).collect();
        let more = items.len().saturating_sub(NAMED);
        let more = if more > 0 { format!("; and {more} more") } else { String::new() };
        page.push(
            Line::indented(4)
                .span(Style::Dim, format!("{name:<9}"))
                .plain(format!("{id}: {}{more}", names.join("; ")))
                .hanging(13),
        );
    }
}

/// What could not be looked at, by what is missing.
fn unseen(page: &mut Page, body: &DoctorBody) {
    let mut by_permission: BTreeMap<&str, Vec<&str>> = BTreeMap::new();
    for item in body.items.iter().filter(|item| item.state == State::Error) {
        for evidence in &item.evidence {
            by_permission.entry(&evidence.value).or_default().push(&item.id);
        }
    }
    for (permission, mut ids) in by_permission.iter().map(|(permission, ids)| (permission, ids.clone())) {
        ids.dedup();
        let more = ids.len().saturating_sub(NAMED);
        let more = if more > 0 { format!(" and {more} more") } else { String::new() };
        let ids = ids.iter().take(NAMED).copied().collect::<Vec<_>>().join(", ");
        page.push(
            Line::signed(Mark::Unknown)
                .plain("cannot be told without ")
                .span(Style::Heading, permission)
                .plain(format!(": {ids}{more}")),
        );
    }
    if !by_permission.is_empty() {
        page.gap();
    }
}

/// With --show-passed: what is right, and what there was nothing of.
fn rest(page: &mut Page, body: &DoctorBody) {
    let rest = body.items.iter().filter(|item| {
        matches!(item.state, State::Passed | State::NotApplicable | State::Skipped | State::Suppressed)
    });
    let mut any = false;
    for item in rest {
        any = true;
        let word = match item.state {
            State::Passed => "passed",
            State::NotApplicable => "nothing of it",
            State::Skipped => "left out",
            _ => "accepted",
        };
        let why = if item.summary.is_empty() { String::new() } else { format!(": {}", item.summary) };
        page.push(
            Line::signed(Mark::Keep)
                .span(Style::Dim, format!("{:<14}", item.id))
                .plain(format!("{word}{why}"))
                .span(Style::Dim, format!("  ({})", item.title)),
        );
    }
    if any {
        page.gap();
    }
}

fn verdict_line(body: &DoctorBody) -> String {
    let Summary { errors, warnings, infos, unknown, passed } = body.summary;
    let many = |count: usize, one: &str| match count {
        1 => format!("1 {one}"),
        _ => format!("{count} {one}s"),
    };
    let verdict = match body.verdict {
        Verdict::Fault => "broken",
        Verdict::Degraded => "works, with risks",
        Verdict::Healthy => "healthy",
        Verdict::Unknown => "nothing wrong was found, and not everything could be looked at",
    };
    let mut parts = Vec::new();
    if errors > 0 {
        parts.push(many(errors, "error"));
    }
    if warnings > 0 {
        parts.push(many(warnings, "warning"));
    }
    if infos > 0 {
        parts.push(format!("{infos} worth knowing"));
    }
    parts.push(format!("{} passed", many(passed, "check")));
    if unknown > 0 {
        parts.push(format!("{unknown} could not be made"));
    }
    format!("{verdict}: {}", parts.join(", "))
}

/// The first command of the first finding that has one and should be acted on.
fn next(found: &[&Finding]) -> Option<String> {
    let first = found.iter().find(|item| item.state == State::Failed && item.severity != Severity::Info)?;
    let fix = first.fix.as_ref()?;
    Some(fix.commands.first().unwrap_or(&fix.summary).clone())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::report::sample;

    #[test]
    fn a_page_begins_with_the_cause_and_ends_with_what_to_do() {
        let body = sample::diagnosed();
        let text = doctor_page(Some(&sample::header()), &body, View::wide(100)).text();
        let wanted = "\
! FSX-AUTH-01 error  claim ml/fsx-claim waits
    because  the provider is missing
    seen     eks:DescribeCluster identity.oidc.issuer = https://x
    affects  Pod ml/train-0
    mend     make it
             fsxctl setup identity --cluster hp-eks
             kubectl get pvc -n ml
    explains FSX-BIND-50: claim ml/fsx-claim waits

= FSX-NOTE-02 info  claim ml/fsx-claim waits
";
        assert!(text.contains(wanted), "{text}");
        let wanted = "\
? cannot be told without ec2:DescribeNetworkAcls: FSX-NET-09

= FSX-INST-01   passed: claim ml/fsx-claim waits  (Something is wrong)

broken: 2 errors, 1 worth knowing, 1 check passed, 1 could not be made

next: fsxctl setup identity --cluster hp-eks
";
        assert!(text.ends_with(wanted), "{text}");
    }
}
