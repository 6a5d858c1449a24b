//! One world, one diagnosis, exactly these findings.

use std::time::Instant;

use serde_json::Value;

use crate::harness::{PATIENCE, Run, World};

/// A world and what is found in it.
pub struct Case {
    /// What is broken, for people.
    pub name: &'static str,
    /// Layers, the first a built-in world.
    pub world: &'static [&'static str],
    /// Words of an event that must have been told before it is looked; empty: at once.
    pub until: &'static str,
    /// `FSX-AUTH-01 error failed Role x`, in the order of their ranks.
    pub finds: &'static [&'static str],
}

/// Findings of a report, a line each. What could not be looked at is a line too.
pub fn findings(report: &Value) -> Vec<String> {
    let items = report["items"].as_array().into_iter().flatten();
    let text = |value: &Value| value.as_str().unwrap_or_default().to_owned();
    let line = |item: &Value| {
        let by = item["blockedBy"].as_array().into_iter().flatten().map(text).collect::<Vec<_>>();
        let by = if by.is_empty() { String::new() } else { format!(" by {}", by.join(",")) };
        let object = format!("{} {}", text(&item["resource"]["kind"]), text(&item["resource"]["ref"]));
        format!("{} {} {}{by} {object}", text(&item["id"]), text(&item["severity"]), text(&item["state"]))
    };
    items.map(line).collect()
}

/// Waits until an event says so.
pub fn settled(world: &World, words: &str) {
    let begin = Instant::now();
    while !words.is_empty() && begin.elapsed() < PATIENCE {
        let saved = world.saved();
        let objects = saved["kubernetes"]["objects"].as_array().into_iter().flatten();
        let mut events = objects.filter(|object| object["kind"] == "Event");
        if events.any(|event| event["message"].as_str().is_some_and(|message| message.contains(words))) {
            return;
        }
        std::thread::sleep(std::time::Duration::from_millis(200));
    }
    assert!(words.is_empty(), "no event says {words:?}");
}

/// A diagnosis as a document; nothing was written, and the code is what the findings come to.
#[track_caller]
pub fn diagnosed(world: &World, words: &str) -> (Run, Value) {
    let run = world.fsxctl(&format!("doctor -o json --cluster hp-eks {words}"));
    assert_eq!(run.writes(), Vec::<String>::new(), "{}", run.show());
    let report = run.json();
    assert_eq!(report["kind"], "DoctorReport", "{}", run.show());
    let errors = report["summary"]["errors"].as_u64().unwrap_or_default();
    assert_eq!(run.code, Some(if errors > 0 { 3 } else { 0 }), "{}", run.show());
    (run, report)
}

/// Diagnoses every world, several at once, and tells all that is not as it should be.
#[track_caller]
pub fn check(cases: &[Case]) {
    let wrong = std::sync::Mutex::new(Vec::new());
    let next = std::sync::atomic::AtomicUsize::new(0);
    std::thread::scope(|scope| {
        for _ in 0..4 {
            scope.spawn(|| {
                while let Some(case) = cases.get(next.fetch_add(1, std::sync::atomic::Ordering::Relaxed)) {
                    let world = World::of(case.world);
                    settled(&world, case.until);
                    let (_, report) = diagnosed(&world, "");
                    let found = findings(&report);
                    if found != case.finds {
                        let text = format!("{}: wanted {:#?}, found {found:#?}", case.name, case.finds);
                        wrong.lock().expect("nobody panics with it").push(text);
                    }
                }
            });
        }
    });
    let wrong = wrong.into_inner().expect("nobody panics with it");
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}
