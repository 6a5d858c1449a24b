//! Defaults that the API server fills in, as far as clients look at them.

use jiff::Timestamp;
use serde_json::{Value, json};

use super::meta::{add_finalizer, name_of, terminating};
use crate::kube::kinds::Kind;

fn default(object: &mut Value, member: &str, value: Value) {
    if let Some(map) = object.as_object_mut()
        && map.get(member).is_none_or(Value::is_null)
    {
        map.insert(member.to_owned(), value);
    }
}

fn ensure<'a>(object: &'a mut Value, member: &str) -> &'a mut Value {
    default(object, member, json!({}));
    &mut object[member]
}

/// Fills an object of a kind in.
pub fn fill(kind: &Kind, object: &mut Value, now: Timestamp) {
    if kind.custom || !object.is_object() {
        return;
    }
    match (kind.group.as_str(), kind.kind.as_str()) {
        ("", "Namespace") => namespace(object),
        ("", "PersistentVolumeClaim") => claim(object),
        ("", "PersistentVolume") => volume(object),
        ("", "Secret") => secret(object),
        ("", "Service") => service(object),
        ("", "Pod") => pod(object),
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
        ("apiextensions.k8s.io", "CustomResourceDefinition") => crd(object, now),
        _ => {}
    }
}

fn namespace(object: &mut Value) {
    let name = name_of(object).to_owned();
    default(ensure(&mut object["metadata"], "labels"), "kubernetes.io/metadata.name", json!(name));
    if !terminating(object) {
        default(ensure(object, "spec"), "finalizers", json!(["kubernetes"]));
    }
    default(ensure(object, "status"), "phase", json!("Active"));
}

fn claim(object: &mut Value) {
    if !terminating(object) {
        add_finalizer(object, "kubernetes.io/pvc-protection");
    }
    default(ensure(object, "spec"), "volumeMode", json!("Filesystem"));
    default(ensure(object, "status"), "phase", json!("Pending"));
}

fn volume(object: &mut Value) {
    if !terminating(object) {
        add_finalizer(object, "kubernetes.io/pv-protection");
    }
    let spec = ensure(object, "spec");
    default(spec, "persistentVolumeReclaimPolicy", json!("Retain"));
    default(spec, "volumeMode", json!("Filesystem"));
    default(ensure(object, "status"), "phase", json!("Pending"));
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
    if let Some(ports) = spec["ports"].as_array_mut() {
        for port in ports {
            default(port, "protocol", json!("TCP"));
            let target = port["port"].clone();
            default(port, "targetPort", target);
        }
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
    if let Some(account) = spec["serviceAccountName"].as_str().map(str::to_owned) {
        default(spec, "serviceAccount", json!(account));
    }
    for list in ["containers", "initContainers"] {
        for container in spec[list].as_array_mut().into_iter().flatten() {
            let image = container["image"].as_str().unwrap_or_default();
            let latest =
                !image.rsplit('/').next().unwrap_or_default().contains(':') || image.ends_with(":latest");
            let policy = if latest && !image.contains('@') { "Always" } else { "IfNotPresent" };
            default(container, "imagePullPolicy", json!(policy));
            default(container, "resources", json!({}));
            default(container, "terminationMessagePath", json!("/dev/termination-log"));
            default(container, "terminationMessagePolicy", json!("File"));
            for port in container["ports"].as_array_mut().into_iter().flatten() {
                default(port, "protocol", json!("TCP"));
            }
        }
    }
    for volume in spec["volumes"].as_array_mut().into_iter().flatten() {
        for source in ["secret", "configMap", "projected", "downwardAPI"] {
            if volume[source].is_object() {
                default(&mut volume[source], "defaultMode", json!(420));
            }
        }
        if volume["hostPath"].is_object() {
            default(&mut volume["hostPath"], "type", json!(""));
        }
    }
}

fn pod(object: &mut Value) {
    let spec = ensure(object, "spec");
    pod_spec(spec);
    default(spec, "enableServiceLinks", json!(true));
    default(spec, "preemptionPolicy", json!("PreemptLowerPriority"));
    default(spec, "priority", json!(0));
    if spec["tolerations"].is_null() {
        spec["tolerations"] = json!([]);
    }
    if let Some(tolerations) = spec["tolerations"].as_array_mut() {
        for key in ["node.kubernetes.io/not-ready", "node.kubernetes.io/unreachable"] {
            let covered = tolerations.iter().any(|t| {
                (t["key"] == key || (t["key"].is_null() && t["operator"] == "Exists"))
                    && (t["effect"] == "NoExecute" || t["effect"].is_null())
            });
            if !covered {
                tolerations.push(
                    json!({"key": key, "operator": "Exists", "effect": "NoExecute", "tolerationSeconds": 300}),
                );
            }
        }
    }
    let status = ensure(object, "status");
    default(status, "phase", json!("Pending"));
    default(status, "qosClass", json!("BestEffort"));
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
        _ => default(spec, "replicas", json!(1)),
    }
    default(object, "status", json!({}));
}

fn job(object: &mut Value) {
    let uid = object["metadata"]["uid"].as_str().unwrap_or_default().to_owned();
    let name = name_of(object).to_owned();
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
    if spec["manualSelector"] != true && spec["selector"].is_null() && !uid.is_empty() {
        spec["selector"] = json!({"matchLabels": {"batch.kubernetes.io/controller-uid": uid}});
        let labels = ensure(ensure(ensure(spec, "template"), "metadata"), "labels");
        for (key, value) in [
            ("batch.kubernetes.io/controller-uid", &uid),
            ("batch.kubernetes.io/job-name", &name),
            ("controller-uid", &uid),
            ("job-name", &name),
        ] {
            labels[key] = json!(value);
        }
    }
    if spec["template"]["spec"].is_object() {
        pod_spec(&mut spec["template"]["spec"]);
    }
    default(object, "status", json!({}));
}

fn binding(object: &mut Value) {
    for subject in object["subjects"].as_array_mut().into_iter().flatten() {
        if subject["kind"] != "ServiceAccount" {
            default(subject, "apiGroup", json!("rbac.authorization.k8s.io"));
        }
    }
    if object["roleRef"].is_object() {
        default(&mut object["roleRef"], "apiGroup", json!("rbac.authorization.k8s.io"));
    }
}

fn crd(object: &mut Value, now: Timestamp) {
    let names = &mut object["spec"]["names"];
    let kind = names["kind"].as_str().unwrap_or_default().to_owned();
    default(names, "singular", json!(kind.to_lowercase()));
    default(names, "listKind", json!(format!("{kind}List")));
    default(&mut object["spec"], "conversion", json!({"strategy": "None"}));
    let accepted = object["spec"]["names"].clone();
    let stored: Vec<Value> = object["spec"]["versions"]
        .as_array()
        .into_iter()
        .flatten()
        .filter(|v| v["storage"] == true)
        .map(|v| v["name"].clone())
        .collect();
    let at = crate::kube::fields::time(now);
    let condition = |kind: &str, reason: &str, message: &str| json!({"type": kind, "status": "True", "lastTransitionTime": at, "reason": reason, "message": message});
    let status = ensure(object, "status");
    default(status, "acceptedNames", accepted);
    default(status, "storedVersions", json!(stored));
    default(
        status,
        "conditions",
        json!([
            condition("NamesAccepted", "NoConflicts", "no conflicts found"),
            condition("Established", "InitialNamesAccepted", "the initial names have been accepted"),
        ]),
    );
}
