//! The scheduler: which node takes a pod, and why none does.

use std::collections::BTreeMap;
use std::sync::Arc;

use serde_json::{Value, json};

use super::{all, paced, set_condition, text};
use crate::kube::events::{self, Record};
use crate::kube::store::meta::{name_of, namespace_of, terminating, uid_of};
use crate::state::State;

/// How many pods each node has.
type Load = BTreeMap<String, usize>;

fn load_of(state: &State) -> Load {
    let mut load = Load::new();
    for pod in state.kube.list("v1", "Pod") {
        *load.entry(text(&pod["spec"]["nodeName"]).to_owned()).or_default() += 1;
    }
    load
}

/// Does what is due.
pub fn run(state: &mut State) {
    let pods = all(state, "v1", "Pod").into_iter().filter(|p| {
        text(&p["spec"]["nodeName"]).is_empty() && p["status"]["phase"] == "Pending" && !terminating(p)
    });
    let mut load: Option<Load> = None;
    for pod in pods {
        // Another scheduler's pods are not this one's business.
        if !matches!(pod["spec"]["schedulerName"].as_str(), None | Some("" | "default-scheduler")) {
            continue;
        }
        if pod["spec"]["schedulingGates"].as_array().is_some_and(|g| !g.is_empty()) {
            continue;
        }
        let load = load.get_or_insert_with(|| load_of(state));
        match place(state, &pod, load) {
            Ok(node) => {
                *load.entry(node.clone()).or_default() += 1;
                bind(state, &pod, &node);
            }
            Err(why) => refuse(state, &pod, &why),
        }
    }
}

fn place(state: &mut State, pod: &Value, load: &Load) -> Result<String, String> {
    let nodes = all(state, "v1", "Node");
    let count = nodes.len();
    let helpless = format!(
        "preemption: 0/{count} nodes are available: {count} Preemption is not helpful for scheduling."
    );
    let mut delayed = Vec::new();
    for name in super::pods::claims(pod) {
        let Some(claim) = state.kube.get("v1", "PersistentVolumeClaim", namespace_of(pod), name) else {
            return Err(format!(
                "0/{count} nodes are available: persistentvolumeclaim {name:?} not found. {helpless}"
            ));
        };
        if terminating(claim) && claim["status"]["phase"] != "Bound" {
            return Err(format!(
                "0/{count} nodes are available: persistentvolumeclaim {name:?} is being deleted. {helpless}"
            ));
        }
        if claim["status"]["phase"] == "Bound" {
            continue;
        }
        let class =
            state.kube.get("storage.k8s.io/v1", "StorageClass", "", text(&claim["spec"]["storageClassName"]));
        if class.is_some_and(|c| c["volumeBindingMode"] == "WaitForFirstConsumer") {
            delayed.push(name.to_owned());
        } else {
            return Err(format!(
                "0/{count} nodes are available: pod has unbound immediate PersistentVolumeClaims. {helpless}"
            ));
        }
    }
    let node = choose(state, pod, &nodes, load).map_err(|reasons| {
        let list: Vec<String> = reasons.iter().map(|(why, count)| format!("{count} {why}")).collect();
        format!("0/{count} nodes are available: {}. {helpless}", list.join(", "))
    })?;
    if delayed.is_empty() {
        return Ok(node);
    }
    for claim in delayed {
        let _selected = state.kube.modify("v1", "PersistentVolumeClaim", namespace_of(pod), &claim, |c| {
            if !c["metadata"]["annotations"].is_object() {
                c["metadata"]["annotations"] = json!({});
            }
            c["metadata"]["annotations"]["volume.kubernetes.io/selected-node"] = json!(node);
        });
    }
    Err(String::new())
}

/// The fitting node with the fewest pods, or how many nodes do not fit for which reason.
fn choose(
    state: &State,
    pod: &Value,
    nodes: &[Arc<Value>],
    load: &Load,
) -> Result<String, BTreeMap<String, usize>> {
    let mut reasons: BTreeMap<String, usize> = BTreeMap::new();
    let volumes = volume_affinities(state, pod);
    let mut best: Option<(usize, &str)> = None;
    for node in nodes {
        let why = if volumes.iter().any(|affinity| !selects(affinity, node)) {
            Some("node(s) had volume node affinity conflict".to_owned())
        } else {
            unfit(node, &pod["spec"])
        };
        match why {
            Some(why) => *reasons.entry(why).or_default() += 1,
            None => {
                let pods = load.get(name_of(node)).copied().unwrap_or(0);
                if best.is_none_or(|(least, _)| pods < least) {
                    best = Some((pods, name_of(node)));
                }
            }
        }
    }
    best.map(|(_, name)| name.to_owned()).ok_or(reasons)
}

fn volume_affinities(state: &State, pod: &Value) -> Vec<Value> {
    let claims = super::pods::claims(pod).into_iter();
    claims
        .filter_map(|name| state.kube.get("v1", "PersistentVolumeClaim", namespace_of(pod), name))
        .filter_map(|claim| state.kube.get("v1", "PersistentVolume", "", text(&claim["spec"]["volumeName"])))
        .map(|volume| volume["spec"]["nodeAffinity"]["required"].clone())
        .filter(Value::is_object)
        .collect()
}

/// Why a node does not take a pod, in the scheduler's words.
fn unfit(node: &Value, spec: &Value) -> Option<String> {
    if node["spec"]["unschedulable"] == true
        && !tolerates(spec, "node.kubernetes.io/unschedulable", "NoSchedule", "")
    {
        return Some("node(s) were unschedulable".into());
    }
    if !super::condition(node, "Ready").is_some_and(|c| c["status"] == "True") {
        let taint = "node.kubernetes.io/not-ready";
        return Some(format!("node(s) had untolerated taint {{{taint}: }}"));
    }
    for taint in node["spec"]["taints"].as_array().into_iter().flatten() {
        let (key, value, effect) = (text(&taint["key"]), text(&taint["value"]), text(&taint["effect"]));
        if effect != "PreferNoSchedule" && !tolerates(spec, key, effect, value) {
            return Some(format!("node(s) had untolerated taint {{{key}: {value}}}"));
        }
    }
    (!wanted(node, spec)).then(|| "node(s) didn't match Pod's node affinity/selector".into())
}

fn tolerates(spec: &Value, key: &str, effect: &str, value: &str) -> bool {
    spec["tolerations"].as_array().into_iter().flatten().any(|t| {
        let named = text(&t["key"]);
        let exists = t["operator"] == "Exists";
        let key_fits = if named.is_empty() { exists } else { named == key };
        let effect_fits = text(&t["effect"]).is_empty() || t["effect"] == effect;
        key_fits && effect_fits && (exists || text(&t["value"]) == value)
    })
}

fn wanted(node: &Value, spec: &Value) -> bool {
    let labels = &node["metadata"]["labels"];
    let selector = spec["nodeSelector"].as_object().into_iter().flatten().all(|(k, v)| labels[k] == *v);
    let required = &spec["affinity"]["nodeAffinity"]["requiredDuringSchedulingIgnoredDuringExecution"];
    selector && (required.is_null() || selects(required, node))
}

/// Whether a NodeSelector selects a node: any term, all of its expressions.
fn selects(selector: &Value, node: &Value) -> bool {
    selector["nodeSelectorTerms"].as_array().into_iter().flatten().any(|term| {
        let list = |member: &str| term[member].as_array().map(Vec::as_slice).unwrap_or_default().to_vec();
        let labels = &node["metadata"]["labels"];
        let fields = json!({"metadata.name": name_of(node)});
        list("matchExpressions").iter().all(|e| expression(e, labels))
            && list("matchFields").iter().all(|e| expression(e, &fields))
    })
}

fn expression(one: &Value, labels: &Value) -> bool {
    let value = labels[text(&one["key"])].as_str();
    let values: Vec<&str> =
        one["values"].as_array().into_iter().flatten().filter_map(Value::as_str).collect();
    let number = |text: Option<&str>| text.and_then(|t| t.parse::<i64>().ok());
    match text(&one["operator"]) {
        "In" => value.is_some_and(|v| values.contains(&v)),
        "NotIn" => value.is_none_or(|v| !values.contains(&v)),
        "Exists" => value.is_some(),
        "DoesNotExist" => value.is_none(),
        "Gt" => number(value) > number(values.first().copied()) && value.is_some(),
        "Lt" => number(value) < number(values.first().copied()) && value.is_some(),
        _ => false,
    }
}

/// What the DaemonSet controller lets its pods tolerate.
const DAEMON: &[(&str, &str)] = &[
    ("node.kubernetes.io/not-ready", "NoExecute"),
    ("node.kubernetes.io/unreachable", "NoExecute"),
    ("node.kubernetes.io/disk-pressure", "NoSchedule"),
    ("node.kubernetes.io/memory-pressure", "NoSchedule"),
    ("node.kubernetes.io/pid-pressure", "NoSchedule"),
    ("node.kubernetes.io/unschedulable", "NoSchedule"),
];

/// Adds the tolerations that the DaemonSet controller gives to its pods.
pub fn add_daemon_tolerations(spec: &mut Value) {
    if !spec["tolerations"].is_array() {
        spec["tolerations"] = json!([]);
    }
    let missing: Vec<Value> = DAEMON
        .iter()
        .filter(|(key, effect)| !tolerates(spec, key, effect, ""))
        .map(|(key, effect)| json!({"key": key, "operator": "Exists", "effect": effect}))
        .collect();
    if let Some(list) = spec["tolerations"].as_array_mut() {
        list.extend(missing);
    }
}

/// Whether a DaemonSet puts a pod of this spec (with its tolerations) on a node, ready or not.
pub fn takes_daemon(node: &Value, spec: &Value) -> bool {
    let taints = node["spec"]["taints"].as_array().into_iter().flatten().all(|t| {
        t["effect"] == "PreferNoSchedule"
            || tolerates(spec, text(&t["key"]), text(&t["effect"]), text(&t["value"]))
    });
    taints && wanted(node, spec)
}

fn bind(state: &mut State, pod: &Value, node: &str) {
    let now = state.now;
    let _bound = state.kube.modify("v1", "Pod", namespace_of(pod), name_of(pod), |p| {
        p["spec"]["nodeName"] = json!(node);
        set_condition(p, "PodScheduled", ("True", "", ""), now);
    });
    let message = format!("Successfully assigned {}/{} to {node}", namespace_of(pod), name_of(pod));
    let what = Record {
        kind: "Normal",
        reason: "Scheduled",
        message: &message,
        component: "default-scheduler",
        host: "",
    };
    events::record(&mut state.kube, pod, what, now);
}

fn refuse(state: &mut State, pod: &Value, why: &str) {
    if why.is_empty() {
        return;
    }
    let now = state.now;
    let key = format!("schedule:{}", uid_of(pod));
    let wait = paced(state, 300);
    let same = super::condition(pod, "PodScheduled").is_some_and(|c| c["message"] == why);
    if same && !state.kube.work.again(&key, now, wait) {
        return;
    }
    state.kube.work.again(&key, now, wait);
    let _noted = state.kube.modify("v1", "Pod", namespace_of(pod), name_of(pod), |p| {
        set_condition(p, "PodScheduled", ("False", "Unschedulable", why), now);
    });
    let what = Record {
        kind: "Warning",
        reason: "FailedScheduling",
        message: why,
        component: "default-scheduler",
        host: "",
    };
    events::record(&mut state.kube, pod, what, now);
}
