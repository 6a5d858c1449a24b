//! The Kubernetes objects of add-ons: what they are, putting them into the cluster, taking them out.

mod agent;
mod conflicts;
mod driver;

use serde_json::{Value, json};

use super::super::row;
use crate::state::State;
pub use conflicts::{Conflict, message};

/// The field manager under which EKS writes.
pub const MANAGER: &str = "eks";

/// What an add-on's row says about its objects.
#[derive(Debug, Clone)]
pub struct Plan {
    /// `addonName`.
    pub name: String,
    /// `addonVersion`.
    pub version: String,
    /// Namespace of its objects.
    pub namespace: String,
    /// `serviceAccountRoleArn`.
    pub role: Option<String>,
    /// `configurationValues`, read.
    pub values: Value,
    /// The Region, which names the image registry.
    pub region: String,
    /// Whether the add-on was there before: then objects that name no field manager are its own, for
    /// instance those of a world file that gives both.
    pub established: bool,
}

impl Plan {
    /// From a row of `eks.addons`.
    pub fn of(state: &State, addon: &Value) -> Self {
        let values = serde_yaml::from_str(row::text(addon, "configurationValues")).unwrap_or(Value::Null);
        let namespace = addon["namespaceConfig"]["namespace"].as_str().unwrap_or("kube-system");
        Self {
            name: row::text(addon, "addonName").to_owned(),
            version: row::text(addon, "addonVersion").to_owned(),
            namespace: namespace.to_owned(),
            role: addon["serviceAccountRoleArn"].as_str().map(str::to_owned),
            values,
            region: state.region.clone(),
            established: row::text(addon, "status") != "CREATING",
        }
    }

    /// The version without EKS's build: `v1.9.0` of `v1.9.0-eksbuild.1`.
    fn upstream(&self) -> &str {
        self.version.split("-eksbuild").next().unwrap_or_default()
    }

    /// An image of EKS's own registry in the Region.
    fn image(&self, path: &str, tag: &str) -> String {
        format!("602401143452.dkr.ecr.{}.amazonaws.com/{path}:{tag}", self.region)
    }
}

/// How to treat fields that others have set to something else.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Resolve {
    /// Leave everything as it is and fail.
    None,
    /// Take the fields over.
    Overwrite,
    /// Leave those fields, set the others.
    Preserve,
}

impl Resolve {
    /// From `resolveConflicts`; NONE is the default.
    pub fn parse(text: &str) -> Self {
        match text {
            "OVERWRITE" => Self::Overwrite,
            "PRESERVE" => Self::Preserve,
            _ => Self::None,
        }
    }
}

/// The manifests of an add-on; empty for add-ons whose objects the sandbox does not simulate.
pub fn manifests(plan: &Plan) -> Vec<Value> {
    match plan.name.as_str() {
        "aws-fsx-csi-driver" => driver::manifests(plan),
        "eks-pod-identity-agent" => agent::manifests(plan),
        _ => Vec::new(),
    }
}

/// Puts an add-on's objects into the cluster.
///
/// # Errors
/// The conflicts, with [`Resolve::None`]; then nothing was written.
pub fn apply(state: &mut State, plan: &Plan, resolve: Resolve) -> Result<(), Vec<Conflict>> {
    let wanted = manifests(plan);
    let mut conflicts: Vec<Conflict> = Vec::new();
    for manifest in &wanted {
        if let Some(live) = live(state, manifest) {
            conflicts.extend(conflicts_with(live, manifest, plan));
        }
    }
    if resolve == Resolve::None && !conflicts.is_empty() {
        return Err(conflicts);
    }
    for manifest in wanted {
        put(state, &manifest, plan, resolve);
    }
    Ok(())
}

fn conflicts_with(live: &Value, manifest: &Value, plan: &Plan) -> Vec<Conflict> {
    if is_ours(live, plan.established) { Vec::new() } else { conflicts::between(live, manifest) }
}

/// Takes an add-on's objects out of the cluster; what others own stays.
pub fn remove(state: &mut State, plan: &Plan) {
    let now = state.now;
    for manifest in manifests(plan).into_iter().rev() {
        let ours = live(state, &manifest).is_some_and(|live| is_ours(live, true));
        if ours {
            let (api_version, kind, namespace, name) = identity(&manifest);
            // Gone already is as good.
            let _ = state.kube.delete(&api_version, &kind, &namespace, &name, now);
        }
    }
}

/// Whether EKS has written this object; of one that names no manager, `unnamed` says.
fn is_ours(live: &Value, unnamed: bool) -> bool {
    match row::list(&live["metadata"], "managedFields") {
        [] => unnamed,
        entries => entries.iter().any(|entry| row::text(entry, "manager") == MANAGER),
    }
}

/// Whether any object of an add-on is in the cluster, whoever made it.
pub fn any_live(state: &State, plan: &Plan) -> bool {
    manifests(plan).iter().any(|manifest| live(state, manifest).is_some())
}

fn identity(manifest: &Value) -> (String, String, String, String) {
    let metadata = &manifest["metadata"];
    (
        row::text(manifest, "apiVersion").to_owned(),
        row::text(manifest, "kind").to_owned(),
        row::text(metadata, "namespace").to_owned(),
        row::text(metadata, "name").to_owned(),
    )
}

fn live<'a>(state: &'a State, manifest: &Value) -> Option<&'a Value> {
    let (api_version, kind, namespace, name) = identity(manifest);
    state.kube.get(&api_version, &kind, &namespace, &name)
}

fn put(state: &mut State, manifest: &Value, plan: &Plan, resolve: Resolve) {
    let now = state.now;
    let (api_version, kind, namespace, name) = identity(manifest);
    let Some(found) = live(state, manifest) else {
        let mut object = manifest.clone();
        own(&mut object, manifest, now);
        // A namespace that is missing leaves the add-on without objects, hence degraded.
        let _ = state.kube.create(object, MANAGER, now);
        return;
    };
    let keep = if resolve == Resolve::Preserve { conflicts_with(found, manifest, plan) } else { Vec::new() };
    let _ = state.kube.modify(&api_version, &kind, &namespace, &name, |object| {
        let before = object.clone();
        drop_annotations(object, manifest);
        conflicts::lay_over(object, manifest);
        for conflict in &keep {
            conflict.restore(object, &before);
        }
        own(object, manifest, now);
    });
}

fn is_entry(entry: &Value) -> bool {
    row::text(entry, "manager") == MANAGER && row::text(entry, "operation") == "Apply"
}

/// Annotations that EKS set and no longer wants, for instance a role that was unset.
fn drop_annotations(object: &mut Value, manifest: &Value) {
    let entries = row::list(&object["metadata"], "managedFields").to_vec();
    let Some(entry) = entries.iter().find(|entry| is_entry(entry)) else { return };
    let owned = &entry["fieldsV1"]["f:metadata"]["f:annotations"];
    for field in owned.as_object().into_iter().flat_map(|map| map.keys()) {
        let name = field.trim_start_matches("f:");
        if manifest["metadata"]["annotations"].get(name).is_none() {
            row::unset(&mut object["metadata"]["annotations"], name);
        }
    }
}

/// Writes EKS among the field managers of an object, with the manifest's fields as its own.
fn own(object: &mut Value, manifest: &Value, now: jiff::Timestamp) {
    let entry = json!({
        "manager": MANAGER, "operation": "Apply", "apiVersion": manifest["apiVersion"],
        "time": now.strftime("%Y-%m-%dT%H:%M:%SZ").to_string(), "fieldsType": "FieldsV1",
        "fieldsV1": conflicts::field_set(manifest),
    });
    let mut all = row::list(&object["metadata"], "managedFields").to_vec();
    match all.iter_mut().find(|entry| is_entry(entry)) {
        // The time tells of a change.
        Some(old) if old["fieldsV1"] == entry["fieldsV1"] => {}
        Some(old) => *old = entry,
        None => all.push(entry),
    }
    row::set(&mut object["metadata"], "managedFields", all);
}

/// Whether every Deployment and DaemonSet of an add-on has all its replicas ready. Where the world keeps
/// workloads as they are (`controllers.workloads: false`), nothing can be said against them.
pub fn are_ready(state: &State, plan: &Plan) -> bool {
    if state.other.get("controllers").is_some_and(|controllers| controllers["workloads"] == false) {
        return true;
    }
    manifests(plan).iter().all(|manifest| {
        let number = |object: &Value, part: &str, member: &str| object[part][member].as_u64();
        let found = live(state, manifest);
        match (row::text(manifest, "kind"), found) {
            ("Deployment", Some(live)) => {
                let wanted = number(live, "spec", "replicas").unwrap_or(1);
                number(live, "status", "readyReplicas").unwrap_or(0) >= wanted
            }
            ("DaemonSet", Some(live)) => match number(live, "status", "desiredNumberScheduled") {
                Some(wanted) => number(live, "status", "numberReady").unwrap_or(0) >= wanted,
                None => false,
            },
            ("Deployment" | "DaemonSet", None) => false,
            _ => true,
        }
    })
}
