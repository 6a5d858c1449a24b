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
use crate::server::fault;
use crate::state::State;

/// Codes of an add-on's health issues (EKS API reference, AddonIssue).
const CODES: &[&str] = &[
    "AccessDenied",
    "InternalFailure",
    "ClusterUnreachable",
    "InsufficientNumberOfReplicas",
    "ConfigurationConflict",
    "AdmissionRequestDenied",
    "UnsupportedAddonModification",
    "K8sResourceNotFound",
    "AddonSubscriptionNeeded",
    "AddonPermissionFailure",
];

/// How many times `podReady` an add-on's pods have before it counts as degraded. EKS waits for minutes;
/// how long exactly is not in the references.
const PATIENCE: u32 = 3;

/// How the world's `faults` let what an operation begins end: the status and its health issue, whose code may stand
/// in front of the message (`AccessDenied: …`).
pub fn outcome(state: &mut State, operation: &str) -> Option<Value> {
    let (status, message) = fault::outcome(state, "eks", operation)?;
    let usual = if status == "DEGRADED" { "InsufficientNumberOfReplicas" } else { "InternalFailure" };
    let message = message.unwrap_or_else(|| "The sandbox's world file asks for this outcome.".to_owned());
    let (code, words) = match message.split_once(": ").filter(|(code, _)| CODES.contains(code)) {
        Some((code, words)) => (code, words),
        None => (usual, message.as_str()),
    };
    Some(json!({"status": status, "issue": {"code": code, "message": words}}))
}

/// What is under way will end like this; without an outcome, as it does by itself.
pub fn destine(addon: &mut Value, outcome: Option<Value>) {
    match outcome {
        Some(outcome) => row::set(addon, "$outcome", outcome),
        None => row::unset(addon, "$outcome"),
    }
}

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
    if state.rows(ADDONS)[index]["$outcome"]["status"].as_str().is_some_and(|it| it.ends_with("_FAILED")) {
        return if due > state.now { Some(due) } else { ended(state, index) };
    }
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
    let real = state.real.is_some();
    // Real controllers do not run faster for the sandbox's speed.
    let patience = patience.max(if real { Duration::from_secs(60) } else { Duration::from_millis(50) });
    let deadline = due + SignedDuration::try_from(patience).unwrap_or_default();
    if !ready && state.now < deadline {
        return Some(if real {
            deadline.min(state.now + SignedDuration::from_millis(250))
        } else {
            deadline
        });
    }
    settle(state, index, ready);
    if state.rows(ADDONS)[index]["$outcome"].is_object() { ended(state, index) } else { None }
}

/// The end that the world's `faults` ask for; it stays.
fn ended(state: &mut State, index: usize) -> Option<Timestamp> {
    let now = state.now.to_string();
    let addon = &mut state.rows_mut(ADDONS)[index];
    let outcome = addon["$outcome"].clone();
    row::set(addon, "status", outcome["status"].clone());
    row::set(addon, "health", json!({"issues": [outcome["issue"]]}));
    row::set(addon, "modifiedAt", now);
    for member in ["$dueAt", "$objects", "$resolve", "$managed", "$outcome"] {
        row::unset(addon, member);
    }
    finish_update(state, index, outcome["issue"]["message"].as_str());
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
    if state.rows(ADDONS)[index]["$outcome"].is_object() {
        return ended(state, index);
    }
    let addon = state.rows_mut(ADDONS).remove(index);
    if addon["$preserve"] != true {
        objects::remove(state, &Plan::of(state, &addon));
    }
    addons::dissociate(state, row::text(&addon, "addonArn"));
    None
}
