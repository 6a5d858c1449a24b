//! From complaints to findings: what explains what, and in which order they are mended.

use std::collections::{BTreeMap, BTreeSet};

use super::check::{Check, Complaint, Outcome};
use super::exam::Exam;
use super::finding::{Area, Evidence, Finding, Resource, Severity, State};
use super::focus::Focus;
use super::table::CHECKS;
use crate::domain::spelling::nearest_name;

/// Which checks are made, and about what.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Choice {
    /// Ids, globs and areas of which each check must match one; empty: all.
    pub only: Vec<String>,
    /// Ids, globs and areas that are left out.
    pub skip: Vec<String>,
    /// The objects that are asked about; none: everything.
    pub focus: Option<Focus>,
    /// The only checks that can judge at all; none: all can.
    pub among: Option<&'static [&'static str]>,
}

impl Choice {
    /// Whether a check is made.
    pub fn takes(&self, id: &str) -> bool {
        let any = |patterns: &[String]| patterns.iter().any(|pattern| matches(pattern, id));
        let can = self.among.is_none_or(|among| among.contains(&id));
        can && (self.only.is_empty() || any(&self.only)) && !any(&self.skip)
    }

    /// Whether a complaint is about what is asked. Without a driver nothing works, whatever is asked about.
    fn asks_about(&self, check: &Check, complaint: &Complaint) -> bool {
        let Some(focus) = &self.focus else { return true };
        let severity = complaint.severity.unwrap_or(check.severity).max(check.severity);
        if check.area() == Area::Inst && severity == Severity::Error {
            return true;
        }
        let named = |resource: &Resource| focus.objects.contains(resource);
        named(&complaint.resource) || complaint.affects.iter().any(named)
    }
}

/// Whether a pattern picks a check: an id, a glob with `*`, or an area's word; capitals do not matter.
pub(super) fn matches(pattern: &str, id: &str) -> bool {
    let pattern = pattern.to_ascii_uppercase();
    if Area::of(id).is_some_and(|area| area.word() == pattern) {
        return true;
    }
    let mut rest = id;
    let mut parts = pattern.split('*');
    let first = parts.next().unwrap_or_default();
    let Some(left) = rest.strip_prefix(first) else { return false };
    rest = left;
    let parts: Vec<&str> = parts.collect();
    let Some((last, middle)) = parts.split_last() else { return rest.is_empty() };
    for part in middle {
        let Some(at) = rest.find(part) else { return false };
        rest = &rest[at + part.len()..];
    }
    rest.ends_with(last)
}

/// The first of these patterns that picks no check, and the id or area that is nearest to it.
pub fn picks_nothing(patterns: &[String]) -> Option<(&str, Option<&'static str>)> {
    let ids = || CHECKS.iter().flat_map(|area| area.iter()).map(|check| check.id);
    let lost = patterns.iter().find(|pattern| !ids().any(|id| matches(pattern, id)))?;
    let words: Vec<&'static str> = ids().chain(Area::ALL.map(Area::word)).collect();
    Some((lost, nearest_name(&lost.to_ascii_uppercase(), &words)))
}

/// A complaint and whose it is.
struct Found<'c> {
    check: &'c Check,
    complaint: Complaint,
    severity: Severity,
}

/// Makes the checks. Every check leaves at least one finding; the causes come first, each followed by what it explains,
/// then what could not be looked at, then what is right.
pub fn examine(exam: &Exam<'_>, choice: &Choice) -> Vec<Finding> {
    let mut found = Vec::new();
    let mut rest = Vec::new();
    for check in CHECKS.iter().flat_map(|area| area.iter()) {
        if !choice.takes(check.id) {
            rest.push(plain(exam, check, State::Skipped, "left out on demand"));
            continue;
        }
        let mut outcome = (check.judge)(exam);
        outcome.complaints.retain(|complaint| choice.asks_about(check, complaint));
        rest.extend(remains(exam, check, &outcome));
        for complaint in once(outcome.complaints) {
            let severity = complaint.severity.unwrap_or(check.severity).max(check.severity);
            found.push(Found { check, complaint, severity });
        }
    }
    let mut all = ordered(&found);
    rest.sort_by_key(|finding| finding.state != State::Error);
    all.extend(rest);
    for (at, finding) in all.iter_mut().enumerate() {
        finding.rank = u32::try_from(at + 1).unwrap_or(u32::MAX);
    }
    all
}

/// One complaint an object.
fn once(complaints: Vec<Complaint>) -> Vec<Complaint> {
    let mut known = BTreeSet::new();
    complaints.into_iter().filter(|complaint| known.insert(complaint.resource.clone())).collect()
}

/// What a check leaves besides complaints.
fn remains(exam: &Exam<'_>, check: &Check, outcome: &Outcome) -> Option<Finding> {
    if !outcome.veils.is_empty() {
        let mut permissions: Vec<&str> = outcome.veils.iter().map(|veil| veil.permission.as_str()).collect();
        permissions.retain(|permission| !permission.is_empty());
        let text = if permissions.is_empty() {
            outcome.veils.iter().map(|veil| veil.cause.as_str()).next().unwrap_or_default().to_owned()
        } else {
            format!("needs {}", permissions.join(", "))
        };
        let evidence = outcome.veils.iter().map(|veil| {
            let field = if veil.permission.is_empty() { "access" } else { "permission" };
            let value = if veil.permission.is_empty() { &veil.cause } else { &veil.permission };
            Evidence::new(&veil.cause, field, value)
        });
        let evidence = evidence.collect();
        return Some(Finding { evidence, ..plain(exam, check, State::Error, &text) });
    }
    match outcome.not_applicable {
        _ if !outcome.complaints.is_empty() => None,
        Some(why) => Some(plain(exam, check, State::NotApplicable, why)),
        None => Some(plain(exam, check, State::Passed, "")),
    }
}

fn plain(exam: &Exam<'_>, check: &Check, state: State, summary: &str) -> Finding {
    Finding {
        id: check.id.to_owned(),
        title: check.title.to_owned(),
        category: check.area(),
        severity: check.severity,
        state,
        rank: 0,
        resource: exam.cluster_object(),
        affects: Vec::new(),
        summary: summary.to_owned(),
        evidence: Vec::new(),
        cause: String::new(),
        fix: None,
        blocked_by: Vec::new(),
        docs: check.docs(),
    }
}

/// Whether one finding explains another on an object that they share: its check says so, and it is at least as bad. What
/// is only worth knowing explains no fault.
fn explains(cause: &Found<'_>, effect: &Found<'_>) -> bool {
    cause.check.explains.contains(&effect.check.id) && cause.severity <= effect.severity
}

/// For each finding those that explain it at first hand.
fn causes(found: &[Found<'_>]) -> Vec<Vec<usize>> {
    let mut by_object: BTreeMap<&Resource, Vec<usize>> = BTreeMap::new();
    for (at, it) in found.iter().enumerate().filter(|(_, it)| !it.check.explains.is_empty()) {
        let objects: BTreeSet<&Resource> =
            std::iter::once(&it.complaint.resource).chain(&it.complaint.affects).collect();
        for object in objects {
            by_object.entry(object).or_default().push(at);
        }
    }
    let of = |effect: usize| {
        let near = by_object.get(&found[effect].complaint.resource).map_or(&[][..], Vec::as_slice);
        let all = near.iter().filter(|cause| **cause != effect && explains(&found[**cause], &found[effect]));
        all.copied().collect()
    };
    (0..found.len()).map(of).collect()
}

/// For each finding the causes that nothing explains, however far away; itself when nothing explains it.
fn roots(causes: &[Vec<usize>]) -> Vec<BTreeSet<usize>> {
    let of = |effect: usize| {
        let (mut open, mut known, mut roots) = (vec![effect], BTreeSet::new(), BTreeSet::new());
        while let Some(at) = open.pop() {
            if known.insert(at) {
                if causes[at].is_empty() {
                    roots.insert(at);
                }
                open.extend(&causes[at]);
            }
        }
        roots
    };
    (0..causes.len()).map(of).collect()
}

/// For each finding how many others lie between it and its farthest root: what explains something stands before it.
/// `explains` leads in no circle, so this ends.
fn far(causes: &[Vec<usize>]) -> Vec<usize> {
    let mut far = vec![0; causes.len()];
    for _ in 0..Area::ALL.len() {
        let next: Vec<usize> = causes
            .iter()
            .map(|of| of.iter().map(|cause| far[*cause] + 1).max().unwrap_or_default())
            .collect();
        if next == far {
            break;
        }
        far = next;
    }
    far
}

/// Causes first, each followed by what it explains.
fn ordered(found: &[Found<'_>]) -> Vec<Finding> {
    let causes = causes(found);
    let roots = roots(&causes);
    let far = far(&causes);
    let mut tails: BTreeMap<usize, Vec<usize>> = BTreeMap::new();
    for (effect, roots) in roots.iter().enumerate().filter(|(effect, _)| !causes[*effect].is_empty()) {
        for root in roots {
            tails.entry(*root).or_default().push(effect);
        }
    }
    let key = |at: &usize| {
        let it = &found[*at];
        let area = Area::ALL.iter().position(|area| *area == it.check.area());
        (it.severity, !tails.contains_key(at), area, it.check.id, &it.complaint.resource)
    };
    let mut heads: Vec<usize> = (0..found.len()).filter(|at| causes[*at].is_empty()).collect();
    heads.sort_by_key(key);
    let (mut told, mut all) = (BTreeSet::new(), Vec::new());
    for head in heads {
        all.push(finding(&found[head], State::Failed, Vec::new()));
        let mut tail = tails.get(&head).cloned().unwrap_or_default();
        tail.retain(|at| told.insert(*at));
        tail.sort_by_key(|at| (far[*at], key(at)));
        for at in tail {
            let by: BTreeSet<&str> = roots[at].iter().map(|root| found[*root].check.id).collect();
            all.push(finding(&found[at], State::Blocked, by.into_iter().map(str::to_owned).collect()));
        }
    }
    all
}

fn finding(found: &Found<'_>, state: State, blocked_by: Vec<String>) -> Finding {
    let (check, complaint) = (found.check, &found.complaint);
    Finding {
        id: check.id.to_owned(),
        title: check.title.to_owned(),
        category: check.area(),
        severity: found.severity,
        state,
        rank: 0,
        resource: complaint.resource.clone(),
        affects: complaint.affects.clone(),
        summary: complaint.summary.clone(),
        evidence: complaint.evidence.clone(),
        cause: complaint.cause.clone(),
        fix: complaint.fix.clone(),
        blocked_by,
        docs: check.docs(),
    }
}
