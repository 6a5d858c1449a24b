//! The kubelets: pods start, run, end and go.

use jiff::Timestamp;
use serde_json::{Value, json};

use super::{all, mount, outcomes, set_condition, text, verify};
use crate::kube::events::{self, Record};
use crate::kube::fields::time;
use crate::kube::store::meta::{finalizers, name_of, namespace_of, terminating, uid_of};
use crate::state::State;

/// Names of the claims that a pod mounts.
pub fn claims(pod: &Value) -> Vec<&str> {
    let volumes = pod["spec"]["volumes"].as_array().into_iter().flatten();
    volumes.filter_map(|v| v["persistentVolumeClaim"]["claimName"].as_str()).collect()
}

/// Does what is due.
pub fn run(state: &mut State) {
    for pod in all(state, "v1", "Pod") {
        if text(&pod["spec"]["nodeName"]).is_empty() || (state.real.is_some() && !verify::is_one(&pod)) {
            continue;
        }
        if terminating(&pod) && state.real.is_some() {
            // It goes by itself: kwok has seen it too.
            verify::interrupt(state, &pod);
        } else if terminating(&pod) {
            stop(state, &pod);
        } else if starting(&pod) {
            start(state, &pod);
        } else if pod["status"]["phase"] == "Running" {
            end(state, &pod);
        }
    }
}

/// Waits to start, and nothing of what the world says of it speaks against it.
fn starting(pod: &Value) -> bool {
    let creating = |s: &Value| {
        matches!(
            s["state"]["waiting"]["reason"].as_str(),
            Some("ContainerCreating" | "PodInitializing") | None
        ) && s["state"]["terminated"].is_null()
    };
    pod["status"]["phase"] == "Pending"
        && pod["status"]["containerStatuses"].as_array().is_none_or(|list| list.iter().all(creating))
}

fn stop(state: &mut State, pod: &Value) {
    // What the world file holds as going, stays: only what was asked to go here goes.
    if !state.kube.work.stopping.contains(uid_of(pod)) {
        return;
    }
    verify::interrupt(state, pod);
    let (now, wait) = (state.now, state.scaled(std::time::Duration::from_secs(2)));
    let key = format!("stop:{}", uid_of(pod));
    if !state.kube.work.due(&key, now, wait) {
        return;
    }
    let (namespace, name) = (namespace_of(pod), name_of(pod));
    if finalizers(pod).is_empty() {
        if let Some(kind) = state.kube.kind("v1", "Pod") {
            state.kube.finish(&kind, namespace, name, now);
        }
    } else {
        let _ended = state.kube.modify("v1", "Pod", namespace, name, |p| {
            p["metadata"]["deletionGracePeriodSeconds"] = json!(0);
        });
    }
}

fn start(state: &mut State, pod: &Value) {
    let (namespace, name) = (namespace_of(pod), name_of(pod));
    let now = state.now;
    let node = text(&pod["spec"]["nodeName"]);
    if pod["status"]["containerStatuses"].is_null() {
        let address = node_address(state, node);
        let _seen = state.kube.modify("v1", "Pod", namespace, name, |p| {
            p["status"]["hostIP"] = json!(address);
            p["status"]["startTime"] = time(now);
            p["status"]["containerStatuses"] =
                containers(pod, false, |_| json!({"waiting": {"reason": "ContainerCreating"}}));
            set_condition(p, "PodScheduled", ("True", "", ""), now);
            set_condition(p, "Initialized", ("True", "", ""), now);
            set_condition(p, "Ready", ("False", "ContainersNotReady", "containers with unready status"), now);
        });
    }
    // A node that is not ready starts nothing.
    let up = state
        .kube
        .get("v1", "Node", "", node)
        .is_some_and(|n| super::condition(n, "Ready").is_none_or(|c| c["status"] == "True"));
    let wait = state.scaled(state.durations.pod_ready);
    let key = format!("ready:{}", uid_of(pod));
    if !up || unbound(state, pod) {
        return;
    }
    let (mounted, due) = (mount::ready(state, pod), state.kube.work.due(&key, now, wait));
    if !mounted || !due {
        return;
    }
    if let Some(why) = forbidden_root(pod) {
        return keep_waiting(state, pod, why);
    }
    state.kube.work.started.insert(uid_of(pod).to_owned());
    let ip = pod_address(uid_of(pod));
    let _running = state.kube.modify("v1", "Pod", namespace, name, |p| {
        p["status"]["phase"] = json!("Running");
        p["status"]["podIP"] = json!(ip);
        p["status"]["podIPs"] = json!([{"ip": ip}]);
        p["status"]["containerStatuses"] =
            containers(pod, true, |_| json!({"running": {"startedAt": time(now)}}));
        for kind in ["Ready", "ContainersReady"] {
            set_condition(p, kind, ("True", "", ""), now);
        }
    });
    for container in pod["spec"]["containers"].as_array().into_iter().flatten() {
        let image = text(&container["image"]);
        let name = text(&container["name"]);
        for (reason, message) in [
            ("Pulled", format!("Container image {image:?} already present on machine")),
            ("Created", format!("Created container: {name}")),
            ("Started", format!("Started container {name}")),
        ] {
            let what = Record { kind: "Normal", reason, message: &message, component: "kubelet", host: node };
            events::record(&mut state.kube, pod, what, now);
        }
    }
}

/// A container that the kubelet cannot make.
fn keep_waiting(state: &mut State, pod: &Value, why: &str) {
    let (now, host) = (state.now, text(&pod["spec"]["nodeName"]));
    let wait = |_: &Value| json!({"waiting": {"reason": "CreateContainerConfigError", "message": why}});
    let _told = state.kube.modify("v1", "Pod", namespace_of(pod), name_of(pod), |p| {
        p["status"]["containerStatuses"] = containers(pod, false, wait);
    });
    let message = format!("Error: {why}");
    let what = Record { kind: "Warning", reason: "Failed", message: &message, component: "kubelet", host };
    events::record(&mut state.kube, pod, what, now);
}

/// The kubelet runs no container as root that must not be it (pkg/kubelet/kuberuntime, `verifyRunAsNonRoot`). Which
/// user an image names is not known here: one that names none is taken for one that may run.
fn forbidden_root(pod: &Value) -> Option<&'static str> {
    let of_pod = &pod["spec"]["securityContext"];
    let own = |container: &Value, member: &str| {
        let own = &container["securityContext"][member];
        if own.is_null() { of_pod[member].clone() } else { own.clone() }
    };
    let mut all = pod["spec"]["containers"].as_array().into_iter().flatten();
    let breaks = all.any(|c| own(c, "runAsNonRoot") == true && own(c, "runAsUser") == 0);
    breaks.then_some("container's runAsUser breaks non-root policy")
}

fn unbound(state: &State, pod: &Value) -> bool {
    claims(pod).iter().any(|name| {
        let claim = state.kube.get("v1", "PersistentVolumeClaim", namespace_of(pod), name);
        claim.is_none_or(|c| c["status"]["phase"] != "Bound")
    })
}

fn node_address(state: &State, node: &str) -> String {
    let node = state.kube.get("v1", "Node", "", node);
    let addresses = node.and_then(|n| n["status"]["addresses"].as_array()).into_iter().flatten();
    let internal = addresses.into_iter().find(|a| a["type"] == "InternalIP");
    internal.map_or_else(|| "10.0.0.1".into(), |a| text(&a["address"]).to_owned())
}

/// A made-up address that stays the same for a pod.
fn pod_address(uid: &str) -> String {
    let sum = uid.bytes().fold(7_u32, |sum, b| sum.wrapping_mul(31).wrapping_add(u32::from(b)));
    format!("10.200.{}.{}", (sum >> 8) % 250, 1 + sum % 250)
}

fn containers(pod: &Value, ready: bool, state_of: impl Fn(&Value) -> Value) -> Value {
    let list = pod["spec"]["containers"].as_array().into_iter().flatten();
    list.map(|container| {
        let image = text(&container["image"]);
        let mut status = json!({
            "name": container["name"], "image": image, "imageID": "", "ready": ready, "started": ready,
            "restartCount": 0, "lastState": {}, "state": state_of(container),
        });
        if ready {
            let digest = hex::encode(<sha2::Sha256 as sha2::Digest>::digest(image));
            status["imageID"] =
                json!(format!("{}@sha256:{digest}", image.split(':').next().unwrap_or(image)));
            status["containerID"] = json!(format!("containerd://{digest}"));
        }
        status
    })
    .collect()
}

/// Pods that are meant to end do so, with the exit code that the world says (0 else).
fn end(state: &mut State, pod: &Value) {
    if !matches!(text(&pod["spec"]["restartPolicy"]), "Never" | "OnFailure") {
        return;
    }
    let running = |s: &Value| s["state"]["running"].is_object();
    if !pod["status"]["containerStatuses"].as_array().is_some_and(|list| list.iter().all(running)) {
        return;
    }
    // A world file's running pod runs on: only what this run has started ends.
    let key = format!("end:{}", uid_of(pod));
    let started: Option<Timestamp> = pod["status"]["containerStatuses"][0]["state"]["running"]["startedAt"]
        .as_str()
        .and_then(|t| t.parse().ok());
    let owned = super::has_controller(pod);
    if started.is_none() {
        return;
    }
    if verify::is_one(pod) {
        return verify::run(state, pod);
    }
    if !owned && outcomes::of(state, pod).is_none_or(|o| o["exitCode"].is_null()) {
        return;
    }
    let (now, wait) = (state.now, state.scaled(state.durations.pod_ready));
    if !state.kube.work.due(&key, now, wait) {
        return;
    }
    let code = outcomes::of(state, pod).and_then(|o| o["exitCode"].as_i64()).unwrap_or(0);
    ended(state, pod, code);
}

/// The containers of a pod have ended with this code.
pub fn ended(state: &mut State, pod: &Value, code: i64) {
    let now = state.now;
    let reason = if code == 0 { "Completed" } else { "Error" };
    let phase = if code == 0 { "Succeeded" } else { "Failed" };
    let _ended = state.kube.modify("v1", "Pod", namespace_of(pod), name_of(pod), |p| {
        p["status"]["phase"] = json!(phase);
        let begun = p["status"]["containerStatuses"][0]["state"]["running"]["startedAt"].clone();
        p["status"]["containerStatuses"] = containers(pod, false, |_| {
            json!({"terminated": {"exitCode": code, "reason": reason, "startedAt": begun, "finishedAt": time(now)}})
        });
        let why = if code == 0 { "PodCompleted" } else { "PodFailed" };
        for kind in ["Ready", "ContainersReady"] {
            set_condition(p, kind, ("False", why, ""), now);
        }
    });
}
