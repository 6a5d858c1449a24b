//! CSINodes: what the kubelet of each node says of the CSI drivers that are registered with it (kubernetes,
//! pkg/volume/csi/nodeinfomanager).
//!
//! A CSINode that a world gives stays as it is given, and the driver is registered where it says so and nowhere else.

use std::collections::BTreeSet;

use serde_json::{Value, json};

use super::mount::{self, DRIVER};
use super::text;
use crate::kube::store::meta::{name_of, uid_of};
use crate::state::State;

const STORAGE: &str = "storage.k8s.io/v1";
/// Who writes them.
const KUBELET: &str = "kubelet";

/// Does what is due.
pub fn run(state: &mut State) {
    let up = mount::plugins(state);
    let nodes: Vec<Value> = state.kube.list("v1", "Node").cloned().collect();
    let due: Vec<&Value> = nodes.iter().filter(|node| is_due(state, &up, node)).collect();
    for node in due {
        let name = name_of(node);
        let drivers = if up.contains(name) { registered(node) } else { json!([]) };
        if state.kube.get(STORAGE, "CSINode", "", name).is_some() {
            let _told = state.kube.modify(STORAGE, "CSINode", "", name, |it| it["spec"]["drivers"] = drivers);
            continue;
        }
        let owner = json!({"apiVersion": "v1", "kind": "Node", "name": name, "uid": uid_of(node)});
        let made = json!({
            "apiVersion": STORAGE, "kind": "CSINode",
            "metadata": {"name": name, "ownerReferences": [owner]}, "spec": {"drivers": drivers},
        });
        let now = state.now;
        let _made = state.kube.create(made, KUBELET, now);
    }
}

/// Whether the world says that the driver is not registered on a node, whatever runs there.
pub fn denies(state: &State, node: &str) -> bool {
    let given = state.kube.get(STORAGE, "CSINode", "", node).filter(|object| !is_kept(object));
    given.is_some_and(|object| !has_driver(object))
}

fn is_due(state: &State, up: &BTreeSet<String>, node: &Value) -> bool {
    let name = name_of(node);
    let known = state.kube.get(STORAGE, "CSINode", "", name);
    known.is_none_or(|object| is_kept(object) && has_driver(object) != up.contains(name))
}

/// Whether it was made here.
fn is_kept(object: &Value) -> bool {
    let managers = object["metadata"]["managedFields"].as_array();
    managers.into_iter().flatten().any(|entry| entry["manager"] == KUBELET)
}

fn has_driver(object: &Value) -> bool {
    object["spec"]["drivers"].as_array().into_iter().flatten().any(|driver| driver["name"] == DRIVER)
}

/// The driver calls a node by its instance (aws-fsx-csi-driver, pkg/driver/node.go, `NodeGetInfo`).
fn registered(node: &Value) -> Value {
    let provider = text(&node["spec"]["providerID"]);
    let id = provider.rsplit('/').next().filter(|id| !id.is_empty()).unwrap_or_else(|| name_of(node));
    json!([{"name": DRIVER, "nodeID": id}])
}
