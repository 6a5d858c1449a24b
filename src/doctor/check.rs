//! A check: its row in the table, and what it comes to before findings are ranked.

use super::exam::Exam;
use super::finding::{Area, Evidence, Fix, Resource, Severity};
use crate::facts::{Seen, Veil};

/// What judges: from what was seen to what it comes to.
pub(super) type Judge = fn(&Exam<'_>) -> Outcome;

/// One row of the table. The texts are what `explain` and the docs show.
#[derive(Debug, Clone, Copy)]
pub struct Check {
    /// `FSX-<AREA>-<nn>`; never changes its meaning.
    pub id: &'static str,
    /// What is wrong when it strikes.
    pub title: &'static str,
    /// How bad that is; a complaint may be lower.
    pub severity: Severity,
    /// What people see, verbatim where it is known.
    pub symptom: &'static str,
    /// Why it breaks.
    pub why: &'static str,
    /// Which fields decide.
    pub decided_by: &'static str,
    /// The way out.
    pub remedy: &'static str,
    /// Where that is known from.
    pub source: &'static str,
    /// Ids of checks whose findings on the same objects it explains.
    pub explains: &'static [&'static str],
    /// The judgement.
    pub judge: fn(&Exam<'_>) -> Outcome,
}

impl Check {
    /// Its area.
    pub fn area(&self) -> Area {
        Area::of(self.id).unwrap_or(Area::Note)
    }

    /// Where it is told at length.
    pub fn docs(&self) -> String {
        format!("docs/checks.md#{}", self.id.to_ascii_lowercase())
    }
}

/// What a check came to.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Outcome {
    /// What is wrong, an object each.
    pub complaints: Vec<Complaint>,
    /// What could not be looked at.
    pub veils: Vec<Veil>,
    /// Why there is nothing that it is about.
    pub not_applicable: Option<&'static str>,
}

impl Outcome {
    /// Looked at, and right.
    pub fn passed() -> Self {
        Self::default()
    }

    /// There is nothing that it is about.
    pub fn not_applicable(why: &'static str) -> Self {
        Self { not_applicable: Some(why), ..Self::default() }
    }

    /// One thing is wrong.
    pub fn failed(complaint: Complaint) -> Self {
        Self { complaints: vec![complaint], ..Self::default() }
    }

    /// Whatever these are; none is right.
    pub fn all(complaints: impl IntoIterator<Item = Complaint>) -> Self {
        Self { complaints: complaints.into_iter().collect(), ..Self::default() }
    }

    /// It could not be looked at.
    pub fn hidden(veil: &Veil) -> Self {
        Self { veils: vec![veil.clone()], ..Self::default() }
    }

    /// The same, and this could not be looked at, if it could not.
    #[must_use]
    pub fn unless_seen<T>(mut self, seen: &Seen<T>) -> Self {
        if let Seen::Hidden(veil) = seen
            && !self.veils.contains(veil)
        {
            self.veils.push(veil.clone());
        }
        self
    }

    /// Both.
    #[must_use]
    pub fn and(mut self, other: Self) -> Self {
        self.complaints.extend(other.complaints);
        for veil in other.veils {
            if !self.veils.contains(&veil) {
                self.veils.push(veil);
            }
        }
        self.not_applicable = self.not_applicable.and(other.not_applicable);
        self
    }
}

/// One thing that is wrong.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Complaint {
    /// What it is about.
    pub resource: Resource,
    /// One sentence.
    pub summary: String,
    /// Lower than the check's own severity.
    pub severity: Option<Severity>,
    /// Why it is so, or may be.
    pub cause: String,
    /// What says so.
    pub evidence: Vec<Evidence>,
    /// What does not work because of it.
    pub affects: Vec<Resource>,
    /// The way out.
    pub fix: Option<Fix>,
}

impl Complaint {
    /// About an object, in a sentence.
    pub fn new(resource: Resource, summary: impl Into<String>) -> Self {
        Self {
            resource,
            summary: summary.into(),
            severity: None,
            cause: String::new(),
            evidence: Vec::new(),
            affects: Vec::new(),
            fix: None,
        }
    }

    /// With another severity than the check's.
    #[must_use]
    pub fn severity(self, severity: Severity) -> Self {
        Self { severity: Some(severity), ..self }
    }

    /// Why.
    #[must_use]
    pub fn because(self, cause: impl Into<String>) -> Self {
        Self { cause: cause.into(), ..self }
    }

    /// With a field that says so.
    #[must_use]
    pub fn shown_by(
        mut self,
        source: impl Into<String>,
        field: impl Into<String>,
        value: impl Into<String>,
    ) -> Self {
        self.evidence.push(Evidence::new(source, field, value));
        self
    }

    /// With what does not work because of it.
    #[must_use]
    pub fn affecting(mut self, affects: impl IntoIterator<Item = Resource>) -> Self {
        self.affects.extend(affects);
        self
    }

    /// With the way out.
    #[must_use]
    pub fn fixed_by(self, fix: Fix) -> Self {
        Self { fix: Some(fix), ..self }
    }
}
