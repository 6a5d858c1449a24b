//! The pods of `fsxctl verify`: the sandbox is their kubelet, as with its own API server. What becomes of them is worked
//! out on the copy of the cluster by the same rules, and told to the real API server: status, events, and the log
//! through kwok.

use std::collections::{BTreeMap, BTreeSet};
use std::io::Write as _;
use std::sync::{Mutex, PoisonError};

use serde_json::{Value, json};

use super::plane::Shared;
use crate::aws::row;
use crate::kube::controllers;
use crate::state::State;

/// Takes an object of the API server into the copy. The status of a probe is the sandbox's: what comes back is older.
pub fn take(state: &mut State, object: Value) {
    let mut one = [object];
    keep_statuses(state, &mut one);
    let [object] = one;
    state.kube.copy(object);
}

/// Gives the probes among these objects the status that they have here.
pub fn keep_statuses(state: &State, objects: &mut [Value]) {
    for object in objects.iter_mut().filter(|object| controllers::is_probe(object)) {
        let meta = &object["metadata"];
        let known = state.kube.get("v1", "Pod", row::text(meta, "namespace"), row::text(meta, "name"));
        if let Some(known) = known.filter(|known| known["metadata"]["uid"] == meta["uid"]) {
            object["status"] = known["status"].clone();
        }
    }
}

/// What has been told so far.
#[derive(Debug, Default)]
pub struct Kubelet {
    /// The status of each probe, by uid.
    statuses: BTreeMap<String, Value>,
    /// Lines written, by uid.
    lines: BTreeMap<String, usize>,
    /// uids of the events told.
    events: BTreeSet<String>,
}

impl Kubelet {
    /// Tells what is new.
    pub fn turn(&mut self, plane: &Shared, state: &Mutex<State>) {
        let (pods, events, logs) = {
            let mut state = state.lock().unwrap_or_else(PoisonError::into_inner);
            state.advance(jiff::Timestamp::now());
            let pods: Vec<Value> =
                state.kube.list("v1", "Pod").filter(|pod| controllers::is_probe(pod)).cloned().collect();
            let of_probes = |event: &&Value| {
                pods.iter().any(|pod| pod["metadata"]["uid"] == event["involvedObject"]["uid"])
            };
            let events: Vec<Value> = state.kube.list("v1", "Event").filter(of_probes).cloned().collect();
            (pods, events, state.other.get("logs").cloned().unwrap_or_default())
        };
        for event in events {
            self.tell_event(plane, event);
        }
        for pod in &pods {
            // The log is there before the end is.
            self.tell_log(plane, pod, &logs);
            self.tell_status(plane, pod);
        }
        let living: BTreeSet<&str> = pods.iter().map(|pod| row::text(&pod["metadata"], "uid")).collect();
        self.statuses.retain(|uid, _| living.contains(uid.as_str()));
        self.lines.retain(|uid, _| living.contains(uid.as_str()));
    }

    fn tell_event(&mut self, plane: &Shared, mut event: Value) {
        let key = format!("{}/{}", row::text(&event["metadata"], "uid"), event["count"]);
        if self.events.contains(&key) {
            return;
        }
        let namespace = row::text(&event["metadata"], "namespace").to_owned();
        event["metadata"] = json!({
            "name": format!("{}.{}", row::text(&event["involvedObject"], "name"), crate::kube::store::meta::suffix(10)),
            "namespace": namespace,
        });
        let path = format!("/api/v1/namespaces/{namespace}/events");
        if plane.admin().call("POST", &path, Some(("application/json", &event))).is_ok() {
            self.events.insert(key);
        }
    }

    fn tell_log(&mut self, plane: &Shared, pod: &Value, logs: &Value) {
        let (namespace, name) =
            (row::text(&pod["metadata"], "namespace"), row::text(&pod["metadata"], "name"));
        let uid = row::text(&pod["metadata"], "uid");
        let mine = |entry: &&Value| entry["namespace"] == namespace && entry["pod"] == name;
        let Some(entry) = logs.as_array().into_iter().flatten().find(mine) else { return };
        let file = plane.directory().join("logs").join(format!("{uid}.log"));
        let told = self.lines.entry(uid.to_owned()).or_default();
        let lines = row::list(entry, "lines");
        if *told == lines.len() {
            return;
        }
        let first = *told == 0;
        let write = || {
            let mut open = std::fs::File::options().create(true).append(true).open(&file)?;
            let new = lines[*told..].iter().map(|line| {
                // The kubelets' own form of container logs (Kubernetes, CRI logging).
                format!("{} stdout F {}\n", nanoseconds(row::text(line, "at")), row::text(line, "text"))
            });
            open.write_all(new.collect::<String>().as_bytes())
        };
        // What could not be written is tried again.
        if write().is_err() {
            return;
        }
        *told = lines.len();
        if first {
            let object = json!({
                "apiVersion": "kwok.x-k8s.io/v1alpha1", "kind": "Logs", "metadata": {"name": name, "namespace": namespace},
                "spec": {"logs": [{"logsFile": file.display().to_string()}]},
            });
            let path = format!("/apis/kwok.x-k8s.io/v1alpha1/namespaces/{namespace}/logs");
            let _ = plane.admin().call("POST", &path, Some(("application/json", &object)));
        }
    }

    fn tell_status(&mut self, plane: &Shared, pod: &Value) {
        let (namespace, name) =
            (row::text(&pod["metadata"], "namespace"), row::text(&pod["metadata"], "name"));
        let uid = row::text(&pod["metadata"], "uid");
        let status = &pod["status"];
        if self.statuses.get(uid) == Some(status) || status["startTime"].is_null() {
            return;
        }
        let path = format!("/api/v1/namespaces/{namespace}/pods/{name}/status");
        let patch = json!({"metadata": {"uid": uid}, "status": status});
        let merge = "application/merge-patch+json";
        if plane.admin().call("PATCH", &path, Some((merge, &patch))).is_ok() {
            self.statuses.insert(uid.to_owned(), status.clone());
        }
    }
}

/// CRI's time has nine digits after the second.
fn nanoseconds(text: &str) -> String {
    let at: jiff::Timestamp = text.parse().unwrap_or(jiff::Timestamp::UNIX_EPOCH);
    format!("{at:.9}")
}
