//! The way of add-ons: CREATING and UPDATING to ACTIVE, DEGRADED or failed, DELETING to gone.
//!
//! An add-on that the world file gives with a settled status stays as it is given. One that the sandbox
//! brought on its way (`$managed`) is watched afterwards: DEGRADED while its pods are not ready.

use std::time::Duration;

use jiff::{SignedDuration, Timestamp};
use serde_json::{Value, json};

use super::super::row;
use super::objects::{self, Plan, Resolve};
use super::reads::UPDATES;
use super::{ADDONS, addons};
use crate::state::State;

/// How many times `podReady` an add-on's pods have before it counts as degraded. EKS waits for minutes;
/// how long exactly is not in the references.
const PATIENCE: u32 = 3;

/// Moves every add-on that is due; returns when the next one is.
pub fn advance(state: &mut State) -> Option<Timestamp> {
    let mut next: Option<Timestamp> = None;
    let mut index = 0;
    while index < state.rows(ADDONS).len() {
        let count = state.rows(ADDONS).len();
        let due = step(state, index);
        next = [next, due].into_iter().flatten().min();
        // A deleted add-on's place is taken by the one behind it.
        if state.rows(ADDONS).len() == count {
            index += 1;
        }
    }
    next
}

fn time(addon: &Value, member: &str) -> Option<Timestamp> {
    row::text(addon, member).parse().ok()
}

fn step(state: &mut State, index: usize) -> Option<Timestamp> {
    let status = row::text(&state.rows(ADDONS)[index], "status").to_owned();
    match status.as_str() {
        "CREATING" | "UPDATING" => coming(state, index),
        "DELETING" => leaving(state, index),
        "ACTIVE" | "DEGRADED" => {
            watch(state, index);
            None
        }
        _ => None,
    }
}

/// A row that was loaded in mid-lifecycle has its whole duration before it; objects that the world file
/// gives with it are those that it has made.
fn due(state: &mut State, index: usize) -> Timestamp {
    if let Some(due) = time(&state.rows(ADDONS)[index], "$dueAt") {
        return due;
    }
    let takes = state.durations.addon_active;
    let due = state.after(takes);
    let plan = Plan::of(state, &state.rows(ADDONS)[index]);
    let made = objects::any_live(state, &plan);
    objects::adopt(state, &plan);
    let addon = &mut state.rows_mut(ADDONS)[index];
    row::set(addon, "$dueAt", due.to_string());
    if !made && addon["status"] != "DELETING" {
        row::fill(addon, "$objects", "early");
    }
    row::fill(addon, "$managed", true);
    due
}

fn coming(state: &mut State, index: usize) -> Option<Timestamp> {
    let due = due(state, index);
    if let Some(at) = objects_due(state, index, due) {
        if at > state.now {
            return Some(at);
        }
        if !bring_objects(state, index) {
            return None;
        }
    }
    if due > state.now {
        return Some(due);
    }
    let plan = Plan::of(state, &state.rows(ADDONS)[index]);
    let ready = objects::are_ready(state, &plan);
    let patience = state.scaled(state.durations.pod_ready).saturating_mul(PATIENCE);
    let patience = patience.max(Duration::from_millis(50));
    let deadline = due + SignedDuration::try_from(patience).unwrap_or_default();
    if !ready && state.now < deadline {
        return Some(deadline);
    }
    settle(state, index, ready);
    None
}

/// When the objects are to be put into the cluster, if they still are. A creation brings them early on, the
/// rest of its time is EKS watching them; an update changes them at its end.
fn objects_due(state: &State, index: usize, due: Timestamp) -> Option<Timestamp> {
    match row::text(&state.rows(ADDONS)[index], "$objects") {
        "early" => {
            let rest = state.scaled(state.durations.addon_active * 9 / 10);
            Some(due - SignedDuration::try_from(rest).unwrap_or_default())
        }
        "late" => Some(due),
        _ => None,
    }
}

/// Applies the objects; false when that failed for good.
fn bring_objects(state: &mut State, index: usize) -> bool {
    let addon = state.rows(ADDONS)[index].clone();
    let resolve = Resolve::parse(row::text(&addon, "$resolve"));
    let outcome = objects::apply(state, &Plan::of(state, &addon), resolve);
    let row = &mut state.rows_mut(ADDONS)[index];
    row::unset(row, "$objects");
    let Err(conflicts) = outcome else { return true };
    let failed = if row["status"] == "CREATING" { "CREATE_FAILED" } else { "UPDATE_FAILED" };
    let text = objects::message(&conflicts);
    row::set(row, "status", failed);
    let ids: Vec<&str> = conflicts.iter().map(|conflict| conflict.object.as_str()).collect();
    let issue = json!({"code": "ConfigurationConflict", "message": text, "resourceIds": ids});
    row::set(row, "health", json!({"issues": [issue]}));
    for member in ["$dueAt", "$managed"] {
        row::unset(row, member);
    }
    finish_update(state, index, Some(&text));
    false
}

fn settle(state: &mut State, index: usize, ready: bool) {
    let now = state.now.to_string();
    let row = &mut state.rows_mut(ADDONS)[index];
    row::set(row, "modifiedAt", now);
    for member in ["$dueAt", "$objects", "$resolve"] {
        row::unset(row, member);
    }
    show(row, ready);
    finish_update(state, index, None);
}

fn show(addon: &mut Value, ready: bool) {
    let issues = if ready {
        json!([])
    } else {
        // EKS API, AddonIssue `InsufficientNumberOfReplicas`.
        json!([{
            "code": "InsufficientNumberOfReplicas",
            "message": "The add-on is unhealthy because it doesn't have the desired number of replicas.",
        }])
    };
    row::set(addon, "status", if ready { "ACTIVE" } else { "DEGRADED" });
    row::set(addon, "health", json!({"issues": issues}));
}

fn watch(state: &mut State, index: usize) {
    let addon = &state.rows(ADDONS)[index];
    if addon["$managed"] != true {
        return;
    }
    let ready = objects::are_ready(state, &Plan::of(state, addon));
    if ready != (addon["status"] == "ACTIVE") {
        show(&mut state.rows_mut(ADDONS)[index], ready);
    }
}

fn finish_update(state: &mut State, index: usize, failure: Option<&str>) {
    let addon = &mut state.rows_mut(ADDONS)[index];
    let id = row::text(addon, "$update").to_owned();
    row::unset(addon, "$update");
    if let Some(update) = state.find_mut(UPDATES, "id", &id) {
        row::set(update, "status", if failure.is_some() { "Failed" } else { "Successful" });
        if let Some(text) = failure {
            let error = json!({"errorCode": "ConfigurationConflict", "errorMessage": text});
            row::set(update, "errors", json!([error]));
        }
    }
}

fn leaving(state: &mut State, index: usize) -> Option<Timestamp> {
    let due = due(state, index);
    if due > state.now {
        return Some(due);
    }
    let addon = state.rows_mut(ADDONS).remove(index);
    if addon["$preserve"] != true {
        objects::remove(state, &Plan::of(state, &addon));
    }
    addons::dissociate(state, row::text(&addon, "addonArn"));
    None
}
