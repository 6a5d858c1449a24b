//! Where the two sides differ, and which of that is listed with a reason.

use std::collections::BTreeMap;

use serde::Deserialize;
use serde_json::Value;

use super::normal::leaves;
use super::scenario::{Scenario, folder};
use super::side::Answers;

/// Differences that are meant, or known and not mended, for one reason.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Listed {
    /// Short name, for the table.
    pub id: String,
    /// Why it stays.
    pub why: String,
    /// `SCENARIO/STEP PLACE`; the place is a JSON pointer, `status` or `header NAME`; `*` stands for any text.
    pub places: Vec<String>,
}

/// One place where the two sides differ.
#[derive(Debug, Clone, PartialEq)]
pub struct Difference {
    /// `scenario/step`.
    pub r#where: String,
    /// Where in the answer.
    pub at: String,
    /// What the real server says there.
    pub real: Option<Value>,
    /// What the sandbox says there.
    pub sandbox: Option<Value>,
}

impl std::fmt::Display for Difference {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let show = |value: &Option<Value>| value.as_ref().map_or("(absent)".into(), Value::to_string);
        let place = format!("{} {}", self.r#where, self.at);
        write!(f, "{place}\n      real    {}\n      sandbox {}", show(&self.real), show(&self.sandbox))
    }
}

/// Whether a text fits a pattern in which `*` stands for any text.
pub fn wild(pattern: &str, text: &str) -> bool {
    match pattern.split_once('*') {
        None => pattern == text,
        Some((head, rest)) => text.strip_prefix(head).is_some_and(|tail| {
            rest.is_empty() || tail.char_indices().any(|(at, _)| wild(rest, &tail[at..])) || wild(rest, "")
        }),
    }
}

impl Listed {
    /// Whether it speaks of that difference.
    pub fn covers(&self, difference: &Difference) -> bool {
        self.places.iter().any(|place| wild(place, &difference.place()))
    }

    /// The places at which the two sides agree by now.
    pub fn gone(self, found: &[&Difference]) -> Vec<String> {
        let Self { id, places, .. } = self;
        let gone = places.into_iter().filter(|place| !found.iter().any(|d| wild(place, &d.place())));
        gone.map(|place| format!("{id}: {place}")).collect()
    }
}

impl Difference {
    fn place(&self) -> String {
        format!("{} {}", self.r#where, self.at)
    }
}

/// The committed list.
///
/// # Panics
/// When the file cannot be read as one.
pub fn listed() -> Vec<Listed> {
    let path = folder().join("differences.yaml");
    let text = std::fs::read_to_string(&path).expect("the list of differences is readable");
    serde_yaml::from_str(&text).unwrap_or_else(|why| panic!("{}: {why}", path.display()))
}

/// What was expected of both and did not come, and where the two differ.
pub fn compare(scenario: &Scenario, real: &Answers, sandbox: &Answers) -> (Vec<String>, Vec<Difference>) {
    let (mut wrong, mut found) = (Vec::new(), Vec::new());
    for (at, (name, real)) in real.iter().enumerate() {
        let place = format!("{}/{name}", scenario.name);
        let missing = Err("the sandbox did not get there".to_owned());
        let sandbox = sandbox.get(at).map_or(&missing, |(_, answer)| answer);
        let (real, sandbox) = match (real, sandbox) {
            (Ok(real), Ok(sandbox)) => (real, sandbox),
            (real, sandbox) => {
                wrong.extend(real.as_ref().err().map(|why| format!("{place} real: {why}")));
                wrong.extend(sandbox.as_ref().err().map(|why| format!("{place} sandbox: {why}")));
                continue;
            }
        };
        let Some(step) = scenario.steps.iter().find(|s| s.step == *name) else { continue };
        if real.status != step.status {
            wrong.push(format!(
                "{place}: {} expected, the real server says {} {}",
                step.status, real.status, real.body
            ));
        }
        let real: BTreeMap<String, Value> = leaves(real, &step.only).into_iter().collect();
        let sandbox: BTreeMap<String, Value> = leaves(sandbox, &step.only).into_iter().collect();
        let told = ["status", "/message", "/reason"];
        let differ = real.get("status") != sandbox.get("status");
        let mut all: Vec<&String> = real.keys().chain(sandbox.keys()).collect();
        all.sort_unstable();
        all.dedup();
        // Two answers of another kind are one difference, not one for every member.
        all.retain(|at| !differ || told.contains(&at.as_str()));
        for at in all.into_iter().filter(|at| real.get(*at) != sandbox.get(*at)) {
            found.push(Difference {
                r#where: place.clone(),
                at: at.clone(),
                real: real.get(at).cloned(),
                sandbox: sandbox.get(at).cloned(),
            });
        }
    }
    (wrong, found)
}
