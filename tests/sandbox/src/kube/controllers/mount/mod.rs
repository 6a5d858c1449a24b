//! The kubelets' volumes: pods that mount Lustre start once it is mounted, and say why it is not until then.
//!
//! What an attempt comes to is `judge`'s; here it takes its time, is told and is tried again.

mod client;
pub mod judge;
mod network;
pub mod words;

use std::time::Duration;

use jiff::Timestamp;
use serde_json::Value;

use super::{later, paced, text};
use crate::kube::events::{self, Record};
use crate::kube::store::meta::{name_of, uid_of};
use crate::state::State;
use judge::{Mounted, Verdict, Volume};

pub use judge::plugins;
pub use words::DRIVER;

/// The kubelet gives a driver this long for one call (pkg/volume/csi, `csiTimeout`).
const CALL: u64 = 120;
/// It speaks of a pod whose volumes do not come this often (pkg/kubelet/volumemanager, `podAttachAndMountTimeout`).
const POD: u64 = 123;
/// Its longest wait between two attempts (pkg/util/goroutinemap/exponentialbackoff).
const LONGEST: u64 = 122;
/// How long the controller manager waits for an attachment (pkg/volume/csi, `csiDetachTimeout` and its like).
const ATTACH: u64 = 120;

/// A volume of a pod on its way.
#[derive(Debug, Clone)]
pub enum Attempt {
    /// The driver is at it until then; a call that never ends goes on after the kubelet has given up.
    Trying { ends: Timestamp, verdict: Verdict },
    /// The next attempt is then; `stuck` while an earlier call still holds the volume.
    Waiting { until: Timestamp, stuck: bool },
    /// It is there.
    Done(Mounted),
}

/// Whether all Lustre volumes of a pod are mounted; goes on with those that are not.
pub fn ready(state: &mut State, pod: &Value) -> bool {
    let volumes = judge::volumes(state, pod);
    let missing: Vec<&Volume> = volumes.iter().filter(|volume| !work(state, pod, volume)).collect();
    if missing.is_empty() {
        state.kube.work.forget(&format!("volumes:{}", uid_of(pod)));
        return true;
    }
    roll_up(state, pod, &missing);
    false
}

/// What a running pod has mounted, by the name of its volume. One that a world file holds as running has mounted
/// what its volume names.
pub fn of(state: &State, pod: &Value, volume: &str) -> Option<Mounted> {
    match state.kube.work.mounts.get(&key(pod, volume)) {
        Some(Attempt::Done(mounted)) => Some(mounted.clone()),
        Some(_) => None,
        None => {
            let volumes = judge::volumes(state, pod);
            volumes.iter().find(|one| one.name == volume).map(|one| judge::as_asked(state, pod, one))
        }
    }
}

fn key(pod: &Value, volume: &str) -> String {
    format!("{}/{volume}", uid_of(pod))
}

/// One look at one volume; true once it is mounted.
fn work(state: &mut State, pod: &Value, volume: &Volume) -> bool {
    let key = key(pod, &volume.name);
    let now = state.now;
    let stuck = match state.kube.work.mounts.get(&key) {
        Some(Attempt::Done(_)) => return true,
        Some(Attempt::Trying { ends, .. }) if *ends > now => {
            let ends = *ends;
            return wait_until(state, &key, ends);
        }
        Some(Attempt::Trying { .. }) => return finish(state, pod, volume),
        Some(Attempt::Waiting { until, .. }) if *until > now => {
            let until = *until;
            return wait_until(state, &key, until);
        }
        Some(Attempt::Waiting { stuck, .. }) => *stuck,
        None => false,
    };
    let verdict = judge::judge(state, pod, volume);
    if stuck && verdict == Verdict::Hang {
        let request = judge::request(pod, volume);
        let handle = text(&volume.persistent["spec"]["csi"]["volumeHandle"]).to_owned();
        let why = words::in_progress(&handle, &request.target);
        tell(state, pod, &words::set_up_failed(name_of(&volume.persistent), &why));
        return again(state, pod, volume, true);
    }
    let takes = match &verdict {
        Verdict::Failed { takes, .. } => state.scaled(*takes),
        Verdict::Hang => paced(state, CALL),
        Verdict::NotAttached => paced(state, ATTACH),
        _ => Duration::ZERO,
    };
    state.kube.work.mounts.insert(key, Attempt::Trying { ends: later(now, takes), verdict });
    work(state, pod, volume)
}

fn wait_until(state: &mut State, key: &str, at: Timestamp) -> bool {
    state.kube.work.timers.insert(format!("mount:{key}"), at);
    false
}

/// The end of an attempt. What has been mended in the meantime counts: a client goes on trying to connect.
fn finish(state: &mut State, pod: &Value, volume: &Volume) -> bool {
    let key = key(pod, &volume.name);
    let verdict = match judge::judge(state, pod, volume) {
        mended @ Verdict::Mounted(_) => mended,
        _ => match state.kube.work.mounts.get(&key) {
            Some(Attempt::Trying { verdict, .. }) => verdict.clone(),
            _ => return false,
        },
    };
    let name = name_of(&volume.persistent).to_owned();
    match verdict {
        Verdict::Mounted(mounted) => {
            state.kube.work.mounts.insert(key.clone(), Attempt::Done(mounted));
            state.kube.work.forget(&format!("mount:{key}"));
            return true;
        }
        Verdict::NotAttached => not_attached(state, pod, volume),
        Verdict::NotRegistered => tell(state, pod, &words::not_registered(&name)),
        Verdict::Refused(why) => tell(state, pod, &words::set_up_failed(&name, &format!("rpc error: {why}"))),
        Verdict::Failed { status, output, .. } => {
            let request = judge::request(pod, volume);
            let why = words::could_not_mount(status, &output, &request);
            tell(state, pod, &words::set_up_failed(&name, &why));
            let lines = words::log(status, &output, &request, state.now);
            if let Some(plugin) = judge::plugin(state, text(&pod["spec"]["nodeName"])) {
                super::logs::write(state, &plugin, "fsx-plugin", lines);
            }
        }
        Verdict::Hang => {
            let why = "rpc error: code = DeadlineExceeded desc = context deadline exceeded";
            tell(state, pod, &words::set_up_failed(&name, why));
            return again(state, pod, volume, true);
        }
    }
    again(state, pod, volume, false)
}

/// The kubelet waits half a second, one, two … before it tries once more.
fn again(state: &mut State, pod: &Value, volume: &Volume, stuck: bool) -> bool {
    let key = key(pod, &volume.name);
    let tries = state.kube.work.tries.entry(format!("mount:{key}")).or_default();
    let half_seconds = 2_u64.saturating_pow(*tries).min(LONGEST * 2);
    *tries += 1;
    let wait = state.scaled(Duration::from_millis(half_seconds * 500)).max(super::PATIENCE);
    let until = later(state.now, wait);
    state.kube.work.mounts.insert(key.clone(), Attempt::Waiting { until, stuck });
    wait_until(state, &key, until)
}

fn tell(state: &mut State, pod: &Value, message: &str) {
    let host = text(&pod["spec"]["nodeName"]);
    let what = Record { kind: "Warning", reason: "FailedMount", message, component: "kubelet", host };
    let now = state.now;
    events::record(&mut state.kube, pod, what, now);
}

/// Without the CSIDriver object the cluster takes for granted that volumes are attached, and nobody attaches these.
fn not_attached(state: &mut State, pod: &Value, volume: &Volume) {
    let handle = text(&volume.persistent["spec"]["csi"]["volumeHandle"]);
    let message = format!(
        "AttachVolume.Attach failed for volume {:?} : Attach timeout for volume {handle}",
        name_of(&volume.persistent)
    );
    let what = Record {
        kind: "Warning",
        reason: "FailedAttachVolume",
        message: &message,
        component: "attachdetach-controller",
        host: "",
    };
    let now = state.now;
    events::record(&mut state.kube, pod, what, now);
}

/// Tells of the pod as a whole when its volumes do not come.
fn roll_up(state: &mut State, pod: &Value, missing: &[&Volume]) {
    let key = format!("volumes:{}", uid_of(pod));
    let next = later(state.now, paced(state, POD));
    match state.kube.work.timers.get(&key) {
        Some(at) if *at > state.now => return,
        Some(_) => {}
        None => {
            state.kube.work.timers.insert(key, next);
            return;
        }
    }
    let unmounted: Vec<&str> = missing.iter().map(|volume| volume.name.as_str()).collect();
    let attached = state.kube.get("storage.k8s.io/v1", "CSIDriver", "", words::DRIVER).is_some();
    let unattached = if attached { &[][..] } else { &unmounted[..] };
    let message = words::roll_up(&unmounted, unattached, minor(state));
    state.kube.work.timers.insert(key, next);
    tell(state, pod, &message);
}

/// The minor version of the cluster; that of `1.33` when the world names none.
fn minor(state: &State) -> u32 {
    let version = state.other.get("version").and_then(Value::as_str).unwrap_or_default();
    version.split('.').nth(1).and_then(|minor| minor.parse().ok()).unwrap_or(33)
}

/// Whether a volume's options or its mount in a container make it read-only there.
pub fn read_only(pod: &Value, volume: &str, mounted: &Mounted) -> bool {
    let of_volume = |mount: &Value| mount["name"] == volume && mount["readOnly"] == true;
    let containers = pod["spec"]["containers"].as_array().into_iter().flatten();
    let mut mounts = containers.flat_map(|c| c["volumeMounts"].as_array().into_iter().flatten());
    mounts.any(of_volume) || mounted.options.iter().any(|option| option.split(',').any(|one| one == "ro"))
}

/// Pods that are gone take their volumes with them.
pub fn clean(state: &mut State) {
    if state.kube.work.mounts.is_empty() {
        return;
    }
    let Some(kind) = state.kube.kind("v1", "Pod") else { return };
    let living: std::collections::BTreeSet<String> =
        state.kube.read_all(&kind, "").iter().map(|pod| uid_of(pod).to_owned()).collect();
    let gone = |key: &String| !living.contains(key.split('/').next().unwrap_or_default());
    let keys: Vec<String> = state.kube.work.mounts.keys().filter(|key| gone(key)).cloned().collect();
    for key in keys {
        state.kube.work.mounts.remove(&key);
        state.kube.work.forget(&format!("mount:{key}"));
        let uid = key.split('/').next().unwrap_or_default();
        state.kube.work.forget(&format!("volumes:{uid}"));
    }
}

#[cfg(test)]
mod tests;
