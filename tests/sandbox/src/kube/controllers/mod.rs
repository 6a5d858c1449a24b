//! The controllers of the cluster: what happens to objects by itself.
//!
//! Each one looks at the objects and does what is due; none keeps anything that cannot be found again
//! from the objects, except when it is to look again.

mod binder;
mod jobs;
mod logs;
mod mount;
mod namespaces;
pub mod outcomes;
mod pods;
mod provisioner;
mod registry;
mod schedule;
mod sets;
mod verify;
mod workloads;

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;
use std::time::Duration;

use jiff::Timestamp;
use serde_json::{Value, json};

use crate::state::State;
use provisioner::Operation;

pub use logs::WRITTEN;
pub use provisioner::driver_rounds;
pub use verify::is_one as is_probe;

/// A change can cause the next one; this many rounds settle everything that the controllers do.
const ROUNDS: usize = 50;
/// No controller repeats itself faster than this, whatever the speed.
const PATIENCE: Duration = Duration::from_millis(50);

/// What the controllers remember between two looks.
#[derive(Debug, Default)]
pub struct Work {
    /// When something is due, by purpose and uid.
    timers: BTreeMap<String, Timestamp>,
    /// How often something was tried, by the same key.
    tries: BTreeMap<String, u32>,
    /// uids of what was asked to go while the sandbox ran (what a world file holds as going, stays).
    pub stopping: BTreeSet<String>,
    /// Volumes in the making, by uid of the claim.
    operations: BTreeMap<String, Operation>,
    /// Lustre volumes of pods, by uid of the pod and name of the volume.
    mounts: BTreeMap<String, mount::Attempt>,
    /// uids of pods that were started while the sandbox ran.
    started: BTreeSet<String>,
    /// Running pods of `fsxctl verify`, by uid.
    probes: BTreeMap<String, verify::Probe>,
    /// Files of theirs on volumes that lead to no file system of the world.
    loose: Vec<String>,
    seen: u64,
}

impl Work {
    /// Whether the moment has come; the first question sets it `wait` from now.
    fn due(&mut self, key: &str, now: Timestamp, wait: Duration) -> bool {
        let at = *self.timers.entry(key.to_owned()).or_insert_with(|| later(now, wait));
        at <= now
    }

    /// Whether it may be done now; then not again before `wait` is over.
    fn again(&mut self, key: &str, now: Timestamp, wait: Duration) -> bool {
        if self.timers.get(key).is_some_and(|at| *at > now) {
            return false;
        }
        self.timers.insert(key.to_owned(), later(now, wait));
        true
    }

    fn forget(&mut self, key: &str) {
        self.timers.remove(key);
        self.tries.remove(key);
    }

    /// 1 s, 2 s, 4 s … 5 min, as the external provisioner's and resizer's queues back off.
    fn back_off(&mut self, key: &str) -> Duration {
        let tries = self.tries.entry(key.to_owned()).or_default();
        let seconds = 2_u64.saturating_pow(*tries).min(300);
        *tries += 1;
        Duration::from_secs(seconds)
    }
}

fn later(now: Timestamp, wait: Duration) -> Timestamp {
    now + jiff::SignedDuration::try_from(wait).unwrap_or_default()
}

/// A duration of the cluster on the sandbox's clock, never faster than a controller's patience.
fn paced(state: &State, seconds: u64) -> Duration {
    state.scaled(Duration::from_secs(seconds)).max(PATIENCE)
}

/// What a client is given at least to do its part, whatever the speed: other programs do not run faster.
const CLIENT: u64 = 3;
/// The same for a Job as a whole, whose pods wait for each other within it, and for what is left of it.
const JOB: u64 = 5;

/// A limit within which a client has to act: scaled, but never so short that only the speed of the sandbox decides.
fn lenient(state: &State, seconds: u64, least: u64) -> Duration {
    state.scaled(Duration::from_secs(seconds)).max(Duration::from_secs(seconds.min(least)))
}

fn enabled(state: &State, name: &str) -> bool {
    state.other.get("controllers").is_none_or(|c| c[name] != json!(false))
}

/// Runs the controllers until nothing more is due at `state.now`; returns the next due time.
pub fn advance(state: &mut State) -> Option<Timestamp> {
    let now = state.now;
    let idle = state.kube.work.seen == state.kube.version();
    let due = state.kube.work.timers.values().any(|at| *at <= now)
        || state.kube.work.operations.values().any(|operation| operation.due <= now);
    if !idle || due {
        for _ in 0..ROUNDS {
            let before = state.kube.version();
            round(state);
            if state.kube.version() == before {
                break;
            }
        }
        mount::clean(state);
        verify::clean(state);
        logs::clean(state);
        state.kube.work.seen = state.kube.version();
        // What was due and has not moved anything must be asked for anew by whoever needs it.
        state.kube.work.timers.retain(|_, at| *at > now);
    }
    let operations = state.kube.work.operations.values().map(|operation| operation.due);
    state.kube.work.timers.values().copied().chain(operations).min()
}

fn round(state: &mut State) {
    if state.real_side {
        // All others are the real ones.
        return pods::run(state);
    }
    namespaces::run(state);
    if enabled(state, "workloads") {
        workloads::run(state);
        jobs::run(state);
        schedule::run(state);
        pods::run(state);
        registry::run(state);
    }
    if enabled(state, "binder") {
        binder::run(state);
    }
    if enabled(state, "provisioner") {
        provisioner::run(state);
    }
}

fn cloned<'a>(list: impl Iterator<Item = &'a Value>) -> Vec<Value> {
    list.cloned().collect()
}

/// All objects of a kind, shared.
fn all(state: &State, api_version: &str, kind: &str) -> Vec<Arc<Value>> {
    state.kube.kind(api_version, kind).map(|k| state.kube.read_all(&k, "")).unwrap_or_default()
}

fn text(value: &Value) -> &str {
    value.as_str().unwrap_or_default()
}

/// Whether the object's controlling owner is that uid.
fn controlled_by(object: &Value, uid: &str) -> bool {
    let owners = object["metadata"]["ownerReferences"].as_array().into_iter().flatten();
    owners.into_iter().any(|o| o["uid"] == uid && o["controller"] == true)
}

fn has_controller(object: &Value) -> bool {
    object["metadata"]["ownerReferences"].as_array().into_iter().flatten().any(|o| o["controller"] == true)
}

fn owner_reference(owner: &Value) -> Value {
    json!({
        "apiVersion": owner["apiVersion"], "kind": owner["kind"], "name": owner["metadata"]["name"],
        "uid": owner["metadata"]["uid"], "controller": true, "blockOwnerDeletion": true,
    })
}

fn condition<'a>(object: &'a Value, kind: &str) -> Option<&'a Value> {
    object["status"]["conditions"].as_array()?.iter().find(|c| c["type"] == kind)
}

/// Sets a condition; its transition time moves only when its status does.
fn set_condition(object: &mut Value, kind: &str, status: (&str, &str, &str), now: Timestamp) {
    let (status, reason, message) = status;
    let mut new = json!({"type": kind, "status": status, "lastTransitionTime": super::fields::time(now)});
    if !reason.is_empty() {
        new["reason"] = json!(reason);
    }
    if !message.is_empty() {
        new["message"] = json!(message);
    }
    if !object["status"]["conditions"].is_array() {
        object["status"]["conditions"] = json!([]);
    }
    let Some(list) = object["status"]["conditions"].as_array_mut() else { return };
    match list.iter_mut().find(|c| c["type"] == kind) {
        Some(old) => {
            if old["status"] == new["status"] {
                new["lastTransitionTime"] = old["lastTransitionTime"].clone();
            }
            let kept = old.as_object().cloned().unwrap_or_default();
            for (key, value) in kept {
                if new.get(&key).is_none() && !matches!(key.as_str(), "reason" | "message") {
                    new[key] = value;
                }
            }
            *old = new;
        }
        None => list.push(new),
    }
}

#[cfg(test)]
mod tests;
