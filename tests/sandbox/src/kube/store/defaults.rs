//! Defaults that the API server fills in when it decodes an object, as far as clients look at them. Whoever sends the
//! object owns them; what the server adds later stands in `registry`.

use serde_json::{Value, json};

use super::meta::name_of;
use crate::kube::kinds::Kind;

/// Gives an object a member that it lacks.
pub fn default(object: &mut Value, member: &str, value: Value) {
    if let Some(map) = object.as_object_mut()
        && map.get(member).is_none_or(Value::is_null)
    {
        map.insert(member.to_owned(), value);
    }
}

/// The member of an object, an empty object where there is none.
pub fn ensure<'a>(object: &'a mut Value, member: &str) -> &'a mut Value {
    default(object, member, json!({}));
    &mut object[member]
}

/// The items of a list; none when there is no list (and none is made).
fn items<'a>(object: &'a mut Value, list: &str) -> impl Iterator<Item = &'a mut Value> {
    object.get_mut(list).and_then(Value::as_array_mut).into_iter().flatten()
}

/// Fills an object of a kind in.
pub fn fill(kind: &Kind, object: &mut Value) {
    if kind.custom || !object.is_object() {
        return;
    }
    match (kind.group.as_str(), kind.kind.as_str()) {
        ("", "Namespace") => namespace(object),
        ("", "PersistentVolumeClaim") => default(ensure(object, "spec"), "volumeMode", json!("Filesystem")),
        ("", "PersistentVolume") => volume(object),
        ("", "Secret") => secret(object),
        ("", "Service") => service(object),
        ("", "Pod") => pod(object),
        ("" | "events.k8s.io", "Event") => event(object),
        ("storage.k8s.io", "StorageClass") => {
            default(object, "reclaimPolicy", json!("Delete"));
            default(object, "volumeBindingMode", json!("Immediate"));
        }
        ("storage.k8s.io", "CSIDriver") => csi_driver(ensure(object, "spec")),
        ("apps", "Deployment" | "ReplicaSet" | "StatefulSet" | "DaemonSet") => workload(kind, object),
        ("batch", "Job") => job(object),
        ("batch", "CronJob") => {
            let spec = ensure(object, "spec");
            default(spec, "concurrencyPolicy", json!("Allow"));
            default(spec, "suspend", json!(false));
            default(spec, "successfulJobsHistoryLimit", json!(3));
            default(spec, "failedJobsHistoryLimit", json!(1));
        }
        ("rbac.authorization.k8s.io", "ClusterRoleBinding" | "RoleBinding") => binding(object),
        ("apiextensions.k8s.io", "CustomResourceDefinition") => crd(object),
        _ => {}
    }
}

fn namespace(object: &mut Value) {
    let name = name_of(object).to_owned();
    default(ensure(&mut object["metadata"], "labels"), "kubernetes.io/metadata.name", json!(name));
}

fn volume(object: &mut Value) {
    let spec = ensure(object, "spec");
    default(spec, "persistentVolumeReclaimPolicy", json!("Retain"));
    default(spec, "volumeMode", json!("Filesystem"));
    // A plain string in Go, left out when empty; a claim's is a pointer and stays.
    if spec["storageClassName"] == ""
        && let Some(spec) = spec.as_object_mut()
    {
        spec.shift_remove("storageClassName");
    }
}

fn secret(object: &mut Value) {
    use base64::Engine as _;
    default(object, "type", json!("Opaque"));
    let Some(map) = object.as_object_mut() else { return };
    let Some(Value::Object(texts)) = map.shift_remove("stringData") else { return };
    default(object, "data", json!({}));
    for (key, text) in texts {
        let encoded = base64::engine::general_purpose::STANDARD.encode(text.as_str().unwrap_or_default());
        object["data"][key] = json!(encoded);
    }
}

fn service(object: &mut Value) {
    let spec = ensure(object, "spec");
    default(spec, "type", json!("ClusterIP"));
    default(spec, "sessionAffinity", json!("None"));
    default(spec, "internalTrafficPolicy", json!("Cluster"));
    default(spec, "ipFamilies", json!(["IPv4"]));
    default(spec, "ipFamilyPolicy", json!("SingleStack"));
    for port in items(spec, "ports") {
        default(port, "protocol", json!("TCP"));
        let target = port["port"].clone();
        default(port, "targetPort", target);
    }
    default(ensure(object, "status"), "loadBalancer", json!({}));
}

fn csi_driver(spec: &mut Value) {
    default(spec, "attachRequired", json!(true));
    default(spec, "fsGroupPolicy", json!("ReadWriteOnceWithFSType"));
    default(spec, "podInfoOnMount", json!(false));
    default(spec, "requiresRepublish", json!(false));
    default(spec, "seLinuxMount", json!(false));
    default(spec, "storageCapacity", json!(false));
    default(spec, "volumeLifecycleModes", json!(["Persistent"]));
}

/// Defaults of a pod's `spec`, also of a template's.
pub fn pod_spec(spec: &mut Value) {
    for (member, value) in [
        ("restartPolicy", json!("Always")),
        ("terminationGracePeriodSeconds", json!(30)),
        ("dnsPolicy", json!("ClusterFirst")),
        ("securityContext", json!({})),
        ("schedulerName", json!("default-scheduler")),
    ] {
        default(spec, member, value);
    }
    for (given, other) in [("serviceAccountName", "serviceAccount"), ("serviceAccount", "serviceAccountName")]
    {
        if let Some(account) = spec.get(given).filter(|account| account.is_string()).cloned() {
            default(spec, other, account);
        }
    }
    for list in ["containers", "initContainers"] {
        for container in items(spec, list) {
            let image = container["image"].as_str().unwrap_or_default();
            let latest =
                !image.rsplit('/').next().unwrap_or_default().contains(':') || image.ends_with(":latest");
            let policy = if latest && !image.contains('@') { "Always" } else { "IfNotPresent" };
            default(container, "imagePullPolicy", json!(policy));
            default(container, "resources", json!({}));
            default(container, "terminationMessagePath", json!("/dev/termination-log"));
            default(container, "terminationMessagePolicy", json!("File"));
            for port in items(container, "ports") {
                default(port, "protocol", json!("TCP"));
            }
            probes(container);
            for variable in items(container, "env") {
                if let Some(field) = variable.get_mut("valueFrom").and_then(|v| v.get_mut("fieldRef")) {
                    default(field, "apiVersion", json!("v1"));
                }
            }
        }
    }
    for volume in items(spec, "volumes") {
        if let Some(projected) = volume.get_mut("projected") {
            for source in items(projected, "sources") {
                if let Some(token) = source.get_mut("serviceAccountToken") {
                    default(token, "expirationSeconds", json!(3600));
                }
            }
        }
        for source in ["secret", "configMap", "projected", "downwardAPI"] {
            if let Some(source) = volume.get_mut(source) {
                default(source, "defaultMode", json!(420));
            }
        }
        if let Some(path) = volume.get_mut("hostPath") {
            default(path, "type", json!(""));
        }
    }
}

/// What a container is limited to, it asks for, unless it says otherwise (`SetDefaults_Pod`).
fn requests(spec: &mut Value) {
    for list in ["containers", "initContainers"] {
        for container in items(spec, list) {
            let limits = container["resources"]["limits"].clone();
            for (what, limit) in limits.as_object().into_iter().flatten() {
                default(ensure(&mut container["resources"], "requests"), what, limit.clone());
            }
        }
    }
}

/// The ports of a pod in its node's network are the node's. Templates stay without
/// (feature `DefaultHostNetworkHostPortsInPodTemplates`, off by default).
fn host_ports(spec: &mut Value) {
    if spec["hostNetwork"] != true {
        return;
    }
    for list in ["containers", "initContainers"] {
        for port in items(spec, list).flat_map(|container| items(container, "ports")) {
            let own = port["containerPort"].clone();
            default(port, "hostPort", own);
        }
    }
}

fn probes(container: &mut Value) {
    for probe in ["livenessProbe", "readinessProbe", "startupProbe"] {
        let Some(probe) = container.get_mut(probe) else { continue };
        for (member, value) in
            [("timeoutSeconds", 1), ("periodSeconds", 10), ("successThreshold", 1), ("failureThreshold", 3)]
        {
            default(probe, member, json!(value));
        }
        if let Some(get) = probe.get_mut("httpGet") {
            default(get, "path", json!("/"));
            default(get, "scheme", json!("HTTP"));
        }
    }
}

fn event(object: &mut Value) {
    for member in ["eventTime", "firstTimestamp", "lastTimestamp"] {
        default(object, member, Value::Null);
    }
    for member in ["reportingComponent", "reportingInstance"] {
        default(object, member, json!(""));
    }
}

fn pod(object: &mut Value) {
    let spec = ensure(object, "spec");
    pod_spec(spec);
    host_ports(spec);
    requests(spec);
    default(spec, "enableServiceLinks", json!(true));
}

fn workload(kind: &Kind, object: &mut Value) {
    let spec = ensure(object, "spec");
    if spec["template"]["spec"].is_object() {
        pod_spec(&mut spec["template"]["spec"]);
    }
    match kind.kind.as_str() {
        "Deployment" => {
            default(spec, "replicas", json!(1));
            default(spec, "revisionHistoryLimit", json!(10));
            default(spec, "progressDeadlineSeconds", json!(600));
            let strategy = ensure(spec, "strategy");
            default(strategy, "type", json!("RollingUpdate"));
            if strategy["type"] == "RollingUpdate" {
                let rolling = ensure(strategy, "rollingUpdate");
                default(rolling, "maxUnavailable", json!("25%"));
                default(rolling, "maxSurge", json!("25%"));
            }
        }
        "DaemonSet" => {
            default(spec, "revisionHistoryLimit", json!(10));
            let strategy = ensure(spec, "updateStrategy");
            default(strategy, "type", json!("RollingUpdate"));
            if strategy["type"] == "RollingUpdate" {
                let rolling = ensure(strategy, "rollingUpdate");
                default(rolling, "maxUnavailable", json!(1));
                default(rolling, "maxSurge", json!(0));
            }
        }
        "StatefulSet" => {
            default(spec, "replicas", json!(1));
            default(spec, "revisionHistoryLimit", json!(10));
            default(spec, "podManagementPolicy", json!("OrderedReady"));
            default(ensure(spec, "updateStrategy"), "type", json!("RollingUpdate"));
            if spec["updateStrategy"]["type"] == "RollingUpdate" {
                default(ensure(&mut spec["updateStrategy"], "rollingUpdate"), "partition", json!(0));
            }
            let retention = ensure(spec, "persistentVolumeClaimRetentionPolicy");
            default(retention, "whenDeleted", json!("Retain"));
            default(retention, "whenScaled", json!("Retain"));
        }
        _ => default(spec, "replicas", json!(1)),
    }
}

fn job(object: &mut Value) {
    let spec = ensure(object, "spec");
    for (member, value) in [
        ("parallelism", json!(1)),
        ("completions", json!(1)),
        ("backoffLimit", json!(6)),
        ("completionMode", json!("NonIndexed")),
        ("suspend", json!(false)),
        ("manualSelector", json!(false)),
        ("podReplacementPolicy", json!("TerminatingOrFailed")),
    ] {
        default(spec, member, value);
    }
    if spec["template"]["spec"].is_object() {
        pod_spec(&mut spec["template"]["spec"]);
    }
}

fn binding(object: &mut Value) {
    for subject in items(object, "subjects") {
        if subject["kind"] != "ServiceAccount" {
            default(subject, "apiGroup", json!("rbac.authorization.k8s.io"));
        }
    }
    if object["roleRef"].is_object() {
        default(&mut object["roleRef"], "apiGroup", json!("rbac.authorization.k8s.io"));
    }
}

fn crd(object: &mut Value) {
    let names = &mut object["spec"]["names"];
    let kind = names["kind"].as_str().unwrap_or_default().to_owned();
    default(names, "singular", json!(kind.to_lowercase()));
    default(names, "listKind", json!(format!("{kind}List")));
    default(&mut object["spec"], "conversion", json!({"strategy": "None"}));
}
