//! A layered document as a living world.

use std::time::Duration;

use jiff::{SignedDuration, Timestamp};
use serde_json::Value;

use super::file::{Controllers, Document, Durations};
use super::{WorldError, derive, synthetic, time};
use crate::state::State;

/// Makes the world: times, lifecycle progress, derived members, objects.
///
/// # Errors
/// A time or duration that is none, or a manifest that the cluster does not take.
pub fn state(mut world: Document, speed: f64) -> Result<State, WorldError> {
    let account = world.account.clone().unwrap_or_else(|| "111122223333".to_owned());
    if account.len() != 12 || !account.bytes().all(|b| b.is_ascii_digit()) {
        return Err(wrong("account", format!("{account:?} is not twelve digits (write it in quotes)")));
    }
    let mut state = State::new(&account, world.region.as_deref().unwrap_or("us-west-2"));
    state.speed = speed;
    if let Some(caller) = world.caller.take() {
        state.caller = caller;
    }
    if let Some(text) = &world.caller_expires {
        let at = time::relative(text, state.now).or_else(|| text.parse().ok());
        state.caller_expires = at.ok_or_else(|| wrong("callerExpires", format!("{text:?} is not a time")))?;
    }
    state.lifecycles = world.lifecycles.unwrap_or(true);
    durations(&mut state, &world.durations)?;
    for (collection, mut rows) in std::mem::take(&mut world.aws.0) {
        rows.iter_mut().for_each(|row| revive(row, &state));
        state.aws.insert(collection, rows);
    }
    state.denied = world.denied.iter().filter_map(Value::as_str).map(str::to_owned).collect();
    state.faults = std::mem::take(&mut world.faults);
    others(&mut state, &mut world);
    synthetic::aws(&mut state, &world.kubernetes.synthetic);
    derive::fill(&mut state);
    policies(&state)?;
    let mut objects = std::mem::take(&mut world.kubernetes.objects);
    objects.iter_mut().for_each(|object| revive(object, &state));
    objects.extend(synthetic::objects(&state, &world.kubernetes.synthetic));
    let now = state.now;
    state.kube.load(objects, now).map_err(|error| wrong("kubernetes.objects", error.message))?;
    Ok(state)
}

fn wrong(place: &str, why: String) -> WorldError {
    WorldError { place: place.to_owned(), why }
}

/// A policy that nobody knows must not pass for one that allows nothing.
fn policies(state: &State) -> Result<(), WorldError> {
    let known = |arn: &str| {
        crate::aws::iam::managed::document(arn).is_some() || state.find("iam.Policies", "Arn", arn).is_some()
    };
    for row in state.rows("iam.Roles").iter().chain(state.rows("iam.Users")) {
        let attached = row["AttachedPolicies"].as_array().into_iter().flatten();
        let boundary = &row["PermissionsBoundary"];
        let arns = attached.chain([boundary, &boundary["PermissionsBoundaryArn"]]);
        let arns = arns.filter_map(|policy| policy.as_str().or_else(|| policy["PolicyArn"].as_str()));
        if let Some(arn) = arns.into_iter().find(|arn| !known(arn)) {
            return Err(wrong(
                "aws.iam",
                format!("the policy {arn} is neither listed nor one that the sandbox knows"),
            ));
        }
    }
    Ok(())
}

fn durations(state: &mut State, given: &Durations) -> Result<(), WorldError> {
    let into = &mut state.durations;
    let table: [(&Option<String>, &mut Duration); 6] = [
        (&given.create_file_system, &mut into.create_file_system),
        (&given.addon_active, &mut into.addon_active),
        (&given.pod_ready, &mut into.pod_ready),
        (&given.iam_consistency, &mut into.iam_consistency),
        (&given.rule_consistency, &mut into.rule_consistency),
        (&given.task_per_file, &mut into.task_per_file),
    ];
    for (text, place) in table {
        if let Some(text) = text {
            *place = time::duration(text).map_err(|why| wrong("durations", why))?;
        }
    }
    Ok(())
}

/// The sections that only some modules read, by their key.
fn others(state: &mut State, world: &mut Document) {
    let kube = &mut world.kubernetes;
    if let Some(version) = &kube.version {
        state.other.insert("version".to_owned(), Value::from(version.as_str()));
    }
    let now = state.now;
    let mut keep = |name: &str, rows: &mut Vec<Value>| {
        if !rows.is_empty() {
            let mut rows = Value::Array(std::mem::take(rows));
            time::resolve(&mut rows, now);
            state.other.insert(name.to_owned(), rows);
        }
    };
    keep("logs", &mut kube.logs);
    keep("podOutcomes", &mut kube.pod_outcomes);
    if kube.controllers != Controllers::default() {
        let value = serde_json::to_value(&kube.controllers).unwrap_or_default();
        state.other.insert("controllers".to_owned(), value);
    }
}

/// Times of a row, and the progress that a saved world carries: `$remaining` (world time) becomes
/// `$dueAt`, `$visibleIn` becomes `$visibleAt`.
fn revive(row: &mut Value, state: &State) {
    time::resolve(row, state.now);
    moments(row, state);
}

fn moments(value: &mut Value, state: &State) {
    match value {
        Value::Array(items) => items.iter_mut().for_each(|item| moments(item, state)),
        Value::Object(members) => {
            for (saved, living) in PROGRESS {
                let Some(text) = members.get(*saved).and_then(Value::as_str) else { continue };
                if let Ok(left) = time::duration(text) {
                    let at = state.now + SignedDuration::try_from(state.scaled(left)).unwrap_or_default();
                    members.shift_remove(*saved);
                    members.insert((*living).to_owned(), Value::from(at.to_string()));
                }
            }
            members.values_mut().for_each(|inner| moments(inner, state));
        }
        _ => {}
    }
}

/// Own members that stand for a moment: as saved, as living.
pub const PROGRESS: &[(&str, &str)] = &[("$remaining", "$dueAt"), ("$visibleIn", "$visibleAt")];

/// How much world time is left until a moment of this run.
pub fn left(state: &State, at: Timestamp) -> Duration {
    let left = Duration::try_from(at.duration_since(state.now)).unwrap_or_default();
    left.mul_f64(state.speed.max(0.000_001))
}
