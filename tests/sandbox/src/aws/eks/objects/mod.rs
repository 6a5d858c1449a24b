//! The Kubernetes objects of add-ons: what they are, putting them into the cluster, taking them out.

mod agent;
mod conflicts;
mod driver;

use serde_json::Value;

use super::super::row;
use crate::kube::fields::{self, Manager};
use crate::kube::store::Write;
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
    /// The same objects as a Helm release makes them; absent: as EKS does.
    pub chart: Option<Chart>,
}

/// A release of the driver's chart.
#[derive(Debug, Clone)]
pub struct Chart {
    /// The release's name.
    pub release: String,
    /// `1.17.0`.
    pub version: String,
    /// `1.9.0`.
    pub app_version: String,
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
            chart: None,
        }
    }

    /// A release of the driver's chart, with these values.
    pub fn of_chart(chart: Chart, namespace: &str, values: Value) -> Self {
        Self {
            name: "aws-fsx-csi-driver".to_owned(),
            version: format!("v{}", chart.app_version),
            namespace: namespace.to_owned(),
            role: None,
            values,
            region: String::new(),
            chart: Some(chart),
        }
    }

    /// The version without EKS's build: `v1.9.0` of `v1.9.0-eksbuild.1`.
    pub fn upstream(&self) -> &str {
        self.version.split("-eksbuild").next().unwrap_or_default()
    }

    /// The driver's own image; the chart's can be set by its values.
    fn driver_image(&self) -> String {
        if self.chart.is_none() {
            return self.image("eks/aws-fsx-csi-driver", self.upstream());
        }
        let given = |member: &str| self.values["image"][member].as_str().filter(|text| !text.is_empty());
        let repository = given("repository").unwrap_or("public.ecr.aws/fsx-csi-driver/aws-fsx-csi-driver");
        format!("{repository}:{}", given("tag").unwrap_or(&self.version))
    }

    /// An image of EKS's own registry in the Region, or of the public one with the chart.
    fn image(&self, path: &str, tag: &str) -> String {
        if self.chart.is_some() {
            let name = path.trim_start_matches("eks/");
            return format!("public.ecr.aws/csi-components/{name}:{tag}");
        }
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

/// The same for this cluster: with the real components they are the released chart's.
fn of_cluster(state: &State, plan: &Plan) -> Vec<Value> {
    match &state.real {
        Some(cluster) if plan.name == "aws-fsx-csi-driver" => cluster.driver(plan).to_vec(),
        _ => manifests(plan),
    }
}

/// Puts an add-on's objects into the cluster by server-side apply, as EKS does.
///
/// # Errors
/// The conflicts, with [`Resolve::None`]; then nothing was written.
pub fn apply(state: &mut State, plan: &Plan, resolve: Resolve) -> Result<(), Vec<Conflict>> {
    let wanted = of_cluster(state, plan);
    let conflicts: Vec<Conflict> = wanted.iter().flat_map(|manifest| conflicts(state, manifest)).collect();
    if resolve == Resolve::None && !conflicts.is_empty() {
        return Err(conflicts);
    }
    for mut manifest in wanted {
        if resolve == Resolve::Preserve {
            conflicts::leave_out(&mut manifest, &conflicts);
        }
        put(state, &manifest);
    }
    Ok(())
}

/// Takes an add-on's objects out of the cluster; what others own stays.
pub fn remove(state: &mut State, plan: &Plan) {
    let now = state.now;
    for manifest in of_cluster(state, plan).into_iter().rev() {
        if let Some(cluster) = &state.real {
            if cluster.live(&manifest).is_some_and(|live| is_ours(&live)) {
                cluster.delete(&manifest);
            }
            continue;
        }
        if live(state, &manifest).is_some_and(is_ours) {
            let (api_version, kind, namespace, name) = identity(&manifest);
            // Gone already is as good.
            let _ = state.kube.delete(&api_version, &kind, &namespace, &name, now);
        }
    }
}

/// Makes EKS the owner of what it once applied, for objects that name no field manager at all: those that
/// a world file gives beside their add-on. `plan` is the add-on as it was when it applied them.
pub fn adopt(state: &mut State, plan: &Plan) {
    if state.real.is_some() {
        // Nothing there is without managed fields.
        return;
    }
    let now = state.now;
    for manifest in manifests(plan) {
        let unnamed = live(state, &manifest).is_some_and(|live| entries(live).is_empty());
        let Some(kind) = state.kube.kind(row::text(&manifest, "apiVersion"), row::text(&manifest, "kind"))
        else {
            continue;
        };
        if !unnamed {
            continue;
        }
        let schema = state.kube.schema(&kind);
        let Ok(applied) =
            fields::apply(schema.node(), &Value::Null, &manifest, (&manager(&manifest), true, now))
        else {
            continue;
        };
        let (api_version, kind, namespace, name) = identity(&manifest);
        let _ = state.kube.modify(&api_version, &kind, &namespace, &name, |object| {
            row::set(&mut object["metadata"], "managedFields", applied["metadata"]["managedFields"].clone());
        });
    }
}

/// Whether any object of an add-on is in the cluster, whoever made it.
pub fn any_live(state: &State, plan: &Plan) -> bool {
    of_cluster(state, plan).iter().any(|manifest| match &state.real {
        Some(cluster) => cluster.live(manifest).is_some(),
        None => live(state, manifest).is_some(),
    })
}

fn entries(live: &Value) -> &[Value] {
    row::list(&live["metadata"], "managedFields")
}

fn is_ours(live: &Value) -> bool {
    entries(live).iter().any(|entry| row::text(entry, "manager") == MANAGER)
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

fn manager(manifest: &Value) -> Manager {
    Manager {
        name: MANAGER.to_owned(),
        api_version: row::text(manifest, "apiVersion").to_owned(),
        subresource: String::new(),
    }
}

/// Fields that others own with other values, and a service account that is not EKS's in any case.
fn conflicts(state: &State, manifest: &Value) -> Vec<Conflict> {
    if let Some(cluster) = &state.real {
        return real_conflicts(cluster, manifest);
    }
    let kind = state.kube.kind(row::text(manifest, "apiVersion"), row::text(manifest, "kind"));
    let (Some(live), Some(kind)) = (live(state, manifest), kind) else { return Vec::new() };
    let schema = state.kube.schema(&kind);
    let outcome = fields::apply(schema.node(), live, manifest, (&manager(manifest), false, state.now));
    let details = outcome.err().and_then(|error| error.into_error().details).unwrap_or_default();
    judged(manifest, live, &details)
}

fn judged(manifest: &Value, live: &Value, details: &Value) -> Vec<Conflict> {
    let mut found: Vec<Conflict> = row::list(details, "causes")
        .iter()
        .map(|cause| Conflict::new(manifest, row::text(cause, "field")))
        .collect();
    if found.is_empty() && manifest["kind"] == "ServiceAccount" && !is_ours(live) {
        found.push(Conflict::new(manifest, ".metadata.labels.app.kubernetes.io/managed-by"));
    }
    found
}

/// The API server's own judgement, without a write.
fn real_conflicts(cluster: &crate::real::Cluster, manifest: &Value) -> Vec<Conflict> {
    let Some(live) = cluster.live(manifest) else { return Vec::new() };
    let refusal = cluster.apply(manifest, false, true).err();
    let details =
        refusal.filter(|refusal| refusal.status == 409).map(|refusal| refusal.body["details"].clone());
    judged(manifest, &live, &details.unwrap_or_default())
}

/// Applies one manifest with force; whether that is right has been decided before. A namespace that is
/// missing, or an object that the API server refuses, leaves the add-on without it, hence degraded.
fn put(state: &mut State, manifest: &Value) {
    if let Some(cluster) = &state.real {
        if let Err(refusal) = cluster.apply(manifest, true, false) {
            eprintln!("fsxctl-sandbox: the add-on's {}: {refusal}", row::text(manifest, "kind"));
        }
        return;
    }
    let now = state.now;
    let (api_version, kind, namespace, name) = identity(manifest);
    let Some(kind) = state.kube.kind(&api_version, &kind) else { return };
    let schema = state.kube.schema(&kind);
    let old = state.kube.read_arc(&kind, &namespace, &name);
    let base = old.as_deref().unwrap_or(&Value::Null);
    let Ok(new) = fields::apply(schema.node(), base, manifest, (&manager(manifest), true, now)) else {
        return;
    };
    let write = Write::by(MANAGER, now);
    let _ = match old {
        None => state.kube.insert(&kind, new, write),
        Some(old) => state.kube.replace(&kind, &old, new, write),
    };
}

/// Whether every Deployment and DaemonSet of an add-on has all its replicas ready. Where the world keeps
/// workloads as they are (`controllers.workloads: false`), nothing can be said against them.
pub fn are_ready(state: &State, plan: &Plan) -> bool {
    if state.other.get("controllers").is_some_and(|controllers| controllers["workloads"] == false) {
        return true;
    }
    of_cluster(state, plan).iter().all(|manifest| {
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
