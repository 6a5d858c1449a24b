//! Which lists are keyed and which maps are atomic: the marks of the API server's own OpenAPI
//! (`x-kubernetes-list-type`, `-list-map-keys`, `-map-type`, `-patch-strategy`), which k8s-openapi's
//! schemas leave out. Lists that are not named here are atomic.

use serde_json::{Value, json};

/// Type (after the `io.k8s.` packages), field, keys; the first key is also the strategic merge key.
const MAPS: &[(&str, &str, &str)] = &[
    ("apps.v1.DaemonSetStatus", "conditions", "type"),
    ("apps.v1.DeploymentStatus", "conditions", "type"),
    ("apps.v1.ReplicaSetStatus", "conditions", "type"),
    ("apps.v1.StatefulSetStatus", "conditions", "type"),
    ("batch.v1.JobStatus", "conditions", "type"),
    ("core.v1.Container", "env", "name"),
    ("core.v1.Container", "ports", "containerPort,protocol"),
    ("core.v1.Container", "volumeDevices", "devicePath"),
    ("core.v1.Container", "volumeMounts", "mountPath"),
    ("core.v1.EphemeralContainer", "env", "name"),
    ("core.v1.EphemeralContainer", "ports", "containerPort,protocol"),
    ("core.v1.EphemeralContainer", "volumeDevices", "devicePath"),
    ("core.v1.EphemeralContainer", "volumeMounts", "mountPath"),
    ("core.v1.NamespaceStatus", "conditions", "type"),
    ("core.v1.NodeStatus", "addresses", "type"),
    ("core.v1.NodeStatus", "conditions", "type"),
    ("core.v1.PersistentVolumeClaimStatus", "conditions", "type"),
    ("core.v1.PodSpec", "containers", "name"),
    ("core.v1.PodSpec", "ephemeralContainers", "name"),
    ("core.v1.PodSpec", "hostAliases", "ip"),
    ("core.v1.PodSpec", "imagePullSecrets", "name"),
    ("core.v1.PodSpec", "initContainers", "name"),
    ("core.v1.PodSpec", "resourceClaims", "name"),
    ("core.v1.PodSpec", "schedulingGates", "name"),
    ("core.v1.PodSpec", "topologySpreadConstraints", "topologyKey,whenUnsatisfiable"),
    ("core.v1.PodSpec", "volumes", "name"),
    ("core.v1.PodStatus", "conditions", "type"),
    ("core.v1.PodStatus", "podIPs", "ip"),
    ("core.v1.ResourceRequirements", "claims", "name"),
    ("core.v1.ServiceAccount", "secrets", "name"),
    ("core.v1.ServiceSpec", "ports", "port,protocol"),
    ("core.v1.ServiceStatus", "conditions", "type"),
    ("meta.v1.ObjectMeta", "ownerReferences", "uid"),
    ("policy.v1.PodDisruptionBudgetStatus", "conditions", "type"),
    ("storage.v1.CSINodeSpec", "drivers", "name"),
    ("apiextensions.v1.CustomResourceDefinitionStatus", "conditions", "type"),
];

const SETS: &[(&str, &str)] = &[
    ("meta.v1.ObjectMeta", "finalizers"),
    ("core.v1.NodeSpec", "podCIDRs"),
    ("storage.v1.CSIDriverSpec", "volumeLifecycleModes"),
    ("batch.v1.PodFailurePolicyOnExitCodesRequirement", "values"),
    ("batch.v1.UncountedTerminatedPods", "failed"),
    ("batch.v1.UncountedTerminatedPods", "succeeded"),
];

/// Fields that are atomic maps of strings.
const ATOMIC_FIELDS: &[(&str, &str)] = &[
    ("core.v1.PodSpec", "nodeSelector"),
    ("core.v1.ServiceSpec", "selector"),
    ("core.v1.ReplicationControllerSpec", "selector"),
];

/// Types that are atomic wherever they stand.
const ATOMIC_TYPES: &[&str] = &[
    "core.v1.ConfigMapKeySelector",
    "core.v1.LocalObjectReference",
    "core.v1.NodeSelector",
    "core.v1.NodeSelectorTerm",
    "core.v1.ObjectFieldSelector",
    "core.v1.ObjectReference",
    "core.v1.ResourceFieldSelector",
    "core.v1.SecretKeySelector",
    "core.v1.SecretReference",
    "core.v1.ScopeSelector",
    "core.v1.ScopedResourceSelectorRequirement",
    "core.v1.TopologySelectorTerm",
    "core.v1.TypedLocalObjectReference",
    "meta.v1.LabelSelector",
    "meta.v1.OwnerReference",
    "rbac.v1.RoleRef",
    "rbac.v1.Subject",
];

/// `patchStrategy: retainKeys`, alone or beside `merge`.
const RETAIN: &[(&str, &str)] = &[("apps.v1.DeploymentSpec", "strategy"), ("core.v1.PodSpec", "volumes")];

/// Writes the marks of the type `name` into its schema.
pub fn complete(name: &str, schema: &mut Value) {
    let parts: Vec<&str> = name.rsplitn(4, '.').collect();
    let [kind, version, package, ..] = parts.as_slice() else { return };
    let short = format!("{package}.{version}.{kind}");
    if ATOMIC_TYPES.contains(&short.as_str()) {
        schema["x-kubernetes-map-type"] = json!("atomic");
    }
    let Some(fields) = schema.get_mut("properties").and_then(Value::as_object_mut) else { return };
    for (_, field, keys) in MAPS.iter().filter(|(owner, ..)| *owner == short) {
        let Some(field) = fields.get_mut(*field) else { continue };
        let keys: Vec<&str> = keys.split(',').collect();
        field["x-kubernetes-list-type"] = json!("map");
        field["x-kubernetes-patch-strategy"] = json!("merge");
        field["x-kubernetes-patch-merge-key"] = json!(keys[0]);
        field["x-kubernetes-list-map-keys"] = json!(keys);
    }
    for (_, field) in SETS.iter().filter(|(owner, _)| *owner == short) {
        let Some(field) = fields.get_mut(*field) else { continue };
        field["x-kubernetes-list-type"] = json!("set");
        field["x-kubernetes-patch-strategy"] = json!("merge");
    }
    for (_, field) in ATOMIC_FIELDS.iter().filter(|(owner, _)| *owner == short) {
        if let Some(field) = fields.get_mut(*field) {
            field["x-kubernetes-map-type"] = json!("atomic");
        }
    }
    for (_, field) in RETAIN.iter().filter(|(owner, _)| *owner == short) {
        let Some(field) = fields.get_mut(*field) else { continue };
        let merge = field.get("x-kubernetes-patch-strategy").is_some();
        field["x-kubernetes-patch-strategy"] = json!(if merge { "merge,retainKeys" } else { "retainKeys" });
    }
    if matches!(short.as_str(), "core.v1.ContainerPort" | "core.v1.ServicePort")
        && let Some(protocol) = fields.get_mut("protocol")
    {
        protocol["default"] = json!("TCP");
    }
    // One field is atomic here and granular everywhere else its type is used.
    if short == "core.v1.PersistentVolumeSpec"
        && let Some(claim) = fields.get_mut("claimRef")
    {
        claim["x-kubernetes-map-type"] = json!("granular");
    }
}
