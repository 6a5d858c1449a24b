//! A world's Kubernetes objects into the real API server.

use serde_json::{Value, json};

use super::admin::paths;
use super::{Admin, Cluster, Components};
use crate::aws::eks::ADDONS;
use crate::aws::eks::objects::{self, Plan};
use crate::kube::KubeStore;
use crate::state::State;

/// Server-side apply's media type.
pub const APPLY: &str = "application/apply-patch+yaml";

/// The kinds of kwok that are used.
///
/// # Errors
/// What the API server says.
pub fn crds(admin: &Admin, components: &Components) -> Result<(), String> {
    let path = components.directory.join("crds/kwok.x-k8s.io_logs.yaml");
    let text = std::fs::read_to_string(&path).map_err(|why| format!("{}: {why}", path.display()))?;
    let crd: Value = serde_yaml::from_str(&text).map_err(|why| format!("{}: {why}", path.display()))?;
    let answer = admin.call(
        "POST",
        "/apis/apiextensions.k8s.io/v1/customresourcedefinitions",
        Some(("application/json", &crd)),
    );
    match answer {
        Ok(_) => Ok(()),
        Err(refusal) if refusal.status == 409 => Ok(()),
        Err(refusal) => Err(format!("{}: {refusal}", path.display())),
    }
}

/// Makes what a world holds. What controllers make again by themselves is left to them: objects that another one
/// controls, endpoints, events, and the status of what they keep.
///
/// # Errors
/// An object that the API server does not take.
pub fn world(admin: &Admin, objects: &[Value]) -> Result<(), String> {
    let mut objects: Vec<Value> = objects.iter().filter(|object| is_given(object)).cloned().collect();
    let rank = |object: &Value| match object["kind"].as_str().unwrap_or_default() {
        "CustomResourceDefinition" => 0,
        "Namespace" => 1,
        "ServiceAccount" | "PriorityClass" => 2,
        "Node" | "PersistentVolume" | "StorageClass" => 3,
        _ => 4,
    };
    objects.sort_by_key(rank);
    for object in objects {
        put(admin, object)?;
    }
    Ok(())
}

fn is_given(object: &Value) -> bool {
    let owners = object["metadata"]["ownerReferences"].as_array();
    let controlled = owners.is_some_and(|list| list.iter().any(|owner| owner["controller"] == true));
    let kind = object["kind"].as_str().unwrap_or_default();
    !controlled && !matches!(kind, "Event" | "Lease" | "Endpoints" | "EndpointSlice" | "ControllerRevision")
}

fn put(admin: &Admin, mut object: Value) -> Result<(), String> {
    for member in ["uid", "resourceVersion", "creationTimestamp", "generation", "managedFields", "selfLink"] {
        if let Some(metadata) = object["metadata"].as_object_mut() {
            metadata.shift_remove(member);
        }
    }
    // A volume is bound by its claim's name; the uid is the one that the claim has here.
    if let Some(reference) = object["spec"]["claimRef"].as_object_mut() {
        reference.shift_remove("uid");
        reference.shift_remove("resourceVersion");
    }
    let status = object.as_object_mut().and_then(|members| members.shift_remove("status"));
    let (collection, path) = paths(&object);
    let since = std::time::Instant::now();
    loop {
        match admin.call("POST", &collection, Some(("application/json", &object))) {
            Ok(_) => break,
            Err(refusal) if refusal.status == 409 => break,
            // A new namespace has no service accounts in its first moments.
            Err(refusal) if refusal.status == 403 && since.elapsed().as_secs() < 10 => {
                std::thread::sleep(std::time::Duration::from_millis(100));
            }
            Err(refusal) => return Err(format!("{path}: {refusal}")),
        }
    }
    if object["kind"] == "Node" {
        let status = node_status(&status.unwrap_or_default());
        let patch = json!({"status": status});
        let merge = "application/merge-patch+json";
        let answer = admin.call("PATCH", &format!("{path}/status"), Some((merge, &patch)));
        answer.map_err(|refusal| format!("{path}/status: {refusal}"))?;
    }
    Ok(())
}

/// What the world says of a node. Its conditions are kwok's, and so is the address under which its kubelet answers.
fn node_status(given: &Value) -> Value {
    let mut status = json!({});
    for member in ["nodeInfo", "capacity", "allocatable"] {
        if !given[member].is_null() {
            status[member] = given[member].clone();
        }
    }
    let mut addresses = vec![json!({"type": "ExternalIP", "address": "127.0.0.1"})];
    addresses.extend(given["addresses"].as_array().cloned().unwrap_or_default());
    status["addresses"] = Value::Array(addresses);
    status
}

/// Has the API server ask the sandbox about every new pod, as EKS's has its pod identity webhook.
///
/// # Errors
/// What the API server says.
pub fn admission(admin: &Admin, port: u16, ca: &str) -> Result<(), String> {
    let webhook = json!({
        "apiVersion": "admissionregistration.k8s.io/v1", "kind": "MutatingWebhookConfiguration",
        "metadata": {"name": "pod-identity-webhook"},
        "webhooks": [{
            "name": "iam-for-pods.amazonaws.com",
            "failurePolicy": "Ignore", "timeoutSeconds": 30, "sideEffects": "None", "admissionReviewVersions": ["v1"],
            "clientConfig": {"url": format!("https://127.0.0.1:{port}{}", super::hooks::ADMISSION), "caBundle": ca},
            "rules": [{"operations": ["CREATE"], "apiGroups": [""], "apiVersions": ["v1"], "resources": ["pods"]}],
        }],
    });
    let path = "/apis/admissionregistration.k8s.io/v1/mutatingwebhookconfigurations";
    let answer = admin.call("POST", path, Some(("application/json", &webhook)));
    answer.map(|_| ()).map_err(|refusal| format!("{path}: {refusal}"))
}

/// The plans of the add-ons that are in the cluster when the world begins.
fn present(state: &State) -> Vec<Plan> {
    let there = |addon: &&Value| !matches!(addon["status"].as_str(), Some("CREATING" | "CREATE_FAILED"));
    state.rows(ADDONS).iter().filter(there).map(|addon| Plan::of(state, addon)).collect()
}

/// A world's objects without those of its add-ons: these are the real chart's.
pub fn but_of_addons(cluster: &Cluster, state: &State, objects: Vec<Value>) -> Vec<Value> {
    let made: Vec<String> = present(state)
        .iter()
        .filter(|plan| plan.name == "aws-fsx-csi-driver")
        .flat_map(|plan| cluster.driver(plan).iter().map(|object| paths(object).1).collect::<Vec<_>>())
        .collect();
    objects.into_iter().filter(|object| !made.contains(&paths(object).1)).collect()
}

/// Applies the objects of the add-ons that the world begins with.
pub fn addons(state: &mut State) {
    for plan in present(state) {
        let _conflicts = objects::apply(state, &plan, objects::Resolve::Overwrite);
    }
}

/// What the cluster still lacks of what the world begins with.
pub fn missing(state: &State) -> Option<String> {
    if !super::mirror::whole(state) {
        return Some("not all of it is copied yet".to_owned());
    }
    let up = |node: &Value| {
        let conditions = node["status"]["conditions"].as_array().into_iter().flatten();
        conditions.into_iter().any(|condition| condition["type"] == "Ready" && condition["status"] == "True")
    };
    if let Some(node) = state.kube.list("v1", "Node").find(|node| !up(node)) {
        return Some(format!("node {} is not Ready", node["metadata"]["name"]));
    }
    let plan = present(state).into_iter().find(|plan| !objects::are_ready(state, plan))?;
    Some(format!("the workloads of add-on {} are not ready", plan.name))
}

/// Everything that a saved world holds of the real API server, the kinds too that nothing here watches. The copy that
/// the sandbox works on is not touched.
pub fn pulled(state: &State) -> Option<KubeStore> {
    let cluster = state.real.as_ref()?;
    let mut store = KubeStore::default();
    let kinds: Vec<_> = store.kinds().filter(|kind| !kind.review && !kind.custom).cloned().collect();
    for kind in kinds {
        let root = if kind.group.is_empty() { "/api".to_owned() } else { format!("/apis/{}", kind.group) };
        let path = format!("{root}/{}/{}", kind.version, kind.plural);
        // The other group's Events are the same objects.
        if kind.group != "events.k8s.io" {
            let items = cluster.admin().list(&path).unwrap_or_default();
            store.copy_all(&kind.api_version(), &kind.kind, items);
        }
    }
    Some(store)
}
