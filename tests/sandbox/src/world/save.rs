//! The living world as a world file that loads again without loss.

use serde_json::{Map, Value, json};

use super::build::{PROGRESS, left};
use super::file::{API_VERSION, Controllers, Document, Durations};
use super::{SERVED, time};
use crate::state::State;

/// The world as YAML. Credentials of this run, its endpoint and its authority are left out.
pub fn save(state: &State) -> String {
    let document = document(state);
    let text =
        serde_yaml::to_string(&document).unwrap_or_else(|error| format!("# cannot be written: {error}\n"));
    format!("# A world of fsxctl-sandbox, saved.\n{text}")
}

/// The same before it is text.
pub fn document(state: &State) -> Document {
    let text = |duration| Some(time::text(duration));
    let lasting = &state.durations;
    let mut world = Document {
        api_version: API_VERSION.to_owned(),
        kind: "World".to_owned(),
        account: Some(state.account.clone()),
        region: Some(state.region.clone()),
        caller: Some(state.caller.clone()),
        caller_expires: Some(expires(state)),
        lifecycles: Some(state.lifecycles),
        durations: Durations {
            create_file_system: text(lasting.create_file_system),
            addon_active: text(lasting.addon_active),
            pod_ready: text(lasting.pod_ready),
            iam_consistency: text(lasting.iam_consistency),
            rule_consistency: text(lasting.rule_consistency),
            task_per_file: text(lasting.task_per_file),
        },
        denied: state.denied.iter().map(|pattern| json!(pattern)).collect(),
        faults: state.faults.clone(),
        ..Document::default()
    };
    for (collection, rows) in &state.aws {
        if !collection.contains('$') && !rows.is_empty() {
            world.aws.0.insert(collection.clone(), rows.iter().map(|row| still(row, state)).collect());
        }
    }
    let list = |name: &str| state.other.get(name).and_then(Value::as_array).cloned().unwrap_or_default();
    let kube = &mut world.kubernetes;
    kube.version = state.other.get("version").and_then(Value::as_str).map(str::to_owned);
    kube.logs = list("logs");
    kube.pod_outcomes = list("podOutcomes");
    let controllers = state.other.get("controllers").cloned().unwrap_or_default();
    kube.controllers = serde_json::from_value::<Controllers>(controllers).unwrap_or_default();
    kube.objects = state.kube.dump().iter().map(|object| still(object, state)).collect();
    world
}

/// What is left of credentials that are good, so that a saved world is not dead the next day.
fn expires(state: &State) -> String {
    let left = state.caller_expires.as_second() - state.now.as_second();
    if left > 0 { format!("now+{left}s") } else { state.caller_expires.to_string() }
}

/// A row as it stands still: moments as what is left until them, and without what belongs to this run.
fn still(value: &Value, state: &State) -> Value {
    match value {
        Value::Array(items) => items.iter().map(|item| still(item, state)).collect(),
        Value::Object(members) => {
            let served = members.get(SERVED).and_then(Value::as_array);
            let mut kept = Map::new();
            for (name, inner) in members {
                let of_this_run = served.is_some_and(|names| names.iter().any(|n| n == name.as_str()));
                if name == SERVED || of_this_run {
                    continue;
                }
                match PROGRESS.iter().find(|(_, living)| living == name) {
                    Some((saved, living)) => {
                        let at = inner.as_str().and_then(|text| text.parse().ok());
                        let left = at.map(|at| left(state, at)).unwrap_or_default();
                        // What is visible already needs no moment; what is due now still has to happen.
                        if *living == "$dueAt" || !left.is_zero() {
                            kept.insert((*saved).to_owned(), json!(time::text(left)));
                        }
                    }
                    None => {
                        kept.insert(name.clone(), still(inner, state));
                    }
                }
            }
            Value::Object(kept)
        }
        other => other.clone(),
    }
}
