//! Validation: names, required fields and what cannot be changed, in the API server's words.

use serde_json::{Value, json};

use super::meta::name_of;
use crate::kube::error::{FieldError, KubeError};
use crate::kube::kinds::Kind;
use crate::kube::quantity;

const LABEL: &str = "a lowercase RFC 1123 label must consist of lower case alphanumeric characters or '-', and must start and end with an alphanumeric character (e.g. 'my-name',  or '123-abc', regex used for validation is '[a-z0-9]([-a-z0-9]*[a-z0-9])?')";
const SUBDOMAIN: &str = "a lowercase RFC 1123 subdomain must consist of lower case alphanumeric characters, '-' or '.', and must start and end with an alphanumeric character (e.g. 'example.com', regex used for validation is '[a-z0-9]([-a-z0-9]*[a-z0-9])?(\\.[a-z0-9]([-a-z0-9]*[a-z0-9])?)*')";
/// What the value of a label must be.
pub const LABEL_VALUE: &str = "a valid label must be an empty string or consist of alphanumeric characters, '-', '_' or '.', and must start and end with an alphanumeric character (e.g. 'MyValue',  or 'my_value',  or '12345', regex used for validation is '(([A-Za-z0-9][-A-Za-z0-9_.]*)?[A-Za-z0-9])?')";

/// Whether a text begins and ends with a character that may stand there, and has only those within that
/// may stand within. By hand, since every name and label of a large world comes through here.
fn made_of(text: &str, edge: impl Fn(u8) -> bool, inside: impl Fn(u8) -> bool) -> bool {
    let bytes = text.as_bytes();
    let (Some(first), Some(last)) = (bytes.first(), bytes.last()) else { return false };
    edge(*first) && edge(*last) && bytes.iter().all(|b| inside(*b))
}

fn lower(byte: u8) -> bool {
    byte.is_ascii_lowercase() || byte.is_ascii_digit()
}

fn is_label(text: &str) -> bool {
    text.len() <= 63 && made_of(text, lower, |b| lower(b) || b == b'-')
}

fn is_subdomain(text: &str) -> bool {
    text.len() <= 253 && text.split('.').all(|part| made_of(part, lower, |b| lower(b) || b == b'-'))
}

/// Whether a text can be the value of a label.
pub fn is_label_value(text: &str) -> bool {
    let inside = |b: u8| b.is_ascii_alphanumeric() || matches!(b, b'-' | b'_' | b'.');
    text.is_empty() || (text.len() <= 63 && made_of(text, |b| b.is_ascii_alphanumeric(), inside))
}

/// Judges a new object.
pub fn new(kind: &Kind, object: &Value) -> Result<(), KubeError> {
    let name = name_of(object);
    let mut errors = metadata(kind, object);
    if !kind.custom {
        content(kind, object, &mut errors);
    }
    refuse(kind, name, &errors)
}

fn refuse(kind: &Kind, name: &str, errors: &[FieldError]) -> Result<(), KubeError> {
    if errors.is_empty() { Ok(()) } else { Err(KubeError::invalid(kind, name, errors)) }
}

const QUALIFIED: &str = "name part must consist of alphanumeric characters, '-', '_' or '.', and must start and end with an alphanumeric character (e.g. 'MyName',  or 'my.name',  or '123-abc', regex used for validation is '([A-Za-z0-9][-A-Za-z0-9_.]*)?[A-Za-z0-9]')";

/// What is wrong with a key of the form `PREFIX/NAME`.
fn qualified(field: &str, key: &str) -> Option<FieldError> {
    let (prefix, name) = key.split_once('/').map_or((None, key), |(prefix, name)| (Some(prefix), name));
    let refuse = |why: &str| Some(FieldError::invalid(field, &json!(key), why));
    if prefix.is_some_and(|prefix| !is_subdomain(prefix)) {
        return refuse(&format!("prefix part {SUBDOMAIN}"));
    }
    if name.len() > 63 {
        return refuse("name part must be no more than 63 characters");
    }
    (name.is_empty() || !is_label_value(name)).then(|| refuse(QUALIFIED)).flatten()
}

fn metadata(kind: &Kind, object: &Value) -> Vec<FieldError> {
    let mut errors = Vec::new();
    let name = name_of(object);
    let field = "metadata.name";
    if name.is_empty() {
        errors.push(FieldError::required(field, "name or generateName is required"));
    } else if kind.group == "rbac.authorization.k8s.io" {
        if name.contains('/') || name.contains('%') || name == "." || name == ".." {
            errors.push(FieldError::invalid(field, &json!(name), "may not contain '/'"));
        }
    } else if matches!(kind.kind.as_str(), "Namespace" | "Service") {
        if name.len() > 63 {
            errors.push(FieldError::invalid(field, &json!(name), "must be no more than 63 characters"));
        }
        if !made_of(name, lower, |b| lower(b) || b == b'-') {
            errors.push(FieldError::invalid(field, &json!(name), LABEL));
        }
    } else if name.len() > 253 {
        errors.push(FieldError::invalid(field, &json!(name), "must be no more than 253 characters"));
    } else if !is_subdomain(name) {
        errors.push(FieldError::invalid(field, &json!(name), SUBDOMAIN));
    }
    for key in object["metadata"]["labels"].as_object().into_iter().flatten().map(|(key, _)| key) {
        errors.extend(qualified("metadata.labels", key));
    }
    for (_, value) in object["metadata"]["labels"].as_object().into_iter().flatten() {
        let text = value.as_str().unwrap_or_default();
        if text.len() > 63 {
            errors.push(FieldError::invalid("metadata.labels", value, "must be no more than 63 bytes"));
        } else if !is_label_value(text) {
            errors.push(FieldError::invalid("metadata.labels", value, LABEL_VALUE));
        }
    }
    for key in object["metadata"]["annotations"].as_object().into_iter().flatten().map(|(key, _)| key) {
        // Annotations are judged by their lower-case form, unlike labels.
        errors.extend(qualified("metadata.annotations", &key.to_lowercase()));
    }
    for owner in object["metadata"]["ownerReferences"].as_array().into_iter().flatten() {
        for member in ["apiVersion", "kind", "name", "uid"] {
            if owner[member].as_str().unwrap_or_default().is_empty() {
                let field = match member {
                    "apiVersion" => "metadata.ownerReferences.version".to_owned(),
                    other => format!("metadata.ownerReferences.{other}"),
                };
                errors.push(FieldError::invalid(&field, &json!(""), "must not be empty"));
            }
        }
    }
    for (at, finalizer) in super::meta::finalizers(object).iter().enumerate() {
        let field = format!("metadata.finalizers[{at}]");
        let standard = matches!(*finalizer, "foregroundDeletion" | "orphan" | "kubernetes");
        if !finalizer.contains('/') && !standard {
            let text = "name is neither a standard finalizer name nor is it fully qualified";
            errors.push(FieldError::invalid(&field, &json!(finalizer), text));
        }
    }
    errors
}

fn content(kind: &Kind, object: &Value, errors: &mut Vec<FieldError>) {
    match kind.kind.as_str() {
        "StorageClass" => storage_class(object, errors),
        "PersistentVolumeClaim" => claim(&object["spec"], errors),
        "PersistentVolume" => volume(&object["spec"], errors),
        "Deployment" | "DaemonSet" | "ReplicaSet" | "StatefulSet" => workload(&object["spec"], errors),
        "Pod" => {
            containers(&object["spec"], "spec", errors);
            let policies = &["Always", "OnFailure", "Never"];
            one_of("spec.restartPolicy", &object["spec"]["restartPolicy"], policies, errors);
        }
        "Event" => {
            let (own, about) = (&object["metadata"]["namespace"], &object["involvedObject"]["namespace"]);
            if about.as_str().is_some_and(|about| !about.is_empty() && own != about) {
                let text = "does not match event.namespace";
                errors.push(FieldError::invalid("involvedObject.namespace", about, text));
            }
        }
        "Job" => {
            let spec = &object["spec"];
            for member in [
                "parallelism",
                "completions",
                "activeDeadlineSeconds",
                "backoffLimit",
                "ttlSecondsAfterFinished",
            ] {
                if spec[member].as_i64().is_some_and(|n| n < 0) {
                    let text = "must be greater than or equal to 0";
                    errors.push(FieldError::invalid(&format!("spec.{member}"), &spec[member], text));
                }
            }
            containers(&object["spec"]["template"]["spec"], "spec.template.spec", errors);
            let policy = object["spec"]["template"]["spec"]["restartPolicy"].as_str().unwrap_or_default();
            if !matches!(policy, "OnFailure" | "Never") {
                errors.push(FieldError {
                    field: "spec.template.spec.restartPolicy".into(),
                    reason: "FieldValueRequired",
                    message: "Required value: valid values: \"OnFailure\", \"Never\"".into(),
                });
            }
        }
        "ClusterRoleBinding" | "RoleBinding" => {
            let name = object["roleRef"]["name"].as_str().unwrap_or_default();
            if name.is_empty() {
                errors.push(FieldError::required("roleRef.name", ""));
            }
        }
        _ => {}
    }
}

fn one_of(field: &str, value: &Value, supported: &[&str], errors: &mut Vec<FieldError>) {
    if let Some(text) = value.as_str()
        && !supported.contains(&text)
    {
        errors.push(FieldError::unsupported(field, text, supported));
    }
}

fn storage_class(object: &Value, errors: &mut Vec<FieldError>) {
    if object["provisioner"].as_str().unwrap_or_default().is_empty() {
        errors.push(FieldError::required("provisioner", ""));
    } else {
        errors.extend(qualified(
            "provisioner",
            &object["provisioner"].as_str().unwrap_or_default().to_lowercase(),
        ));
    }
    if object["parameters"].as_object().is_some_and(|map| map.contains_key("")) {
        errors.push(FieldError::invalid("parameters", &json!(""), "field can not be empty."));
    }
    one_of("reclaimPolicy", &object["reclaimPolicy"], &["Delete", "Retain"], errors);
    one_of("volumeBindingMode", &object["volumeBindingMode"], &["Immediate", "WaitForFirstConsumer"], errors);
}

const MODES: &[&str] = &["ReadOnlyMany", "ReadWriteMany", "ReadWriteOnce", "ReadWriteOncePod"];

fn modes(spec: &Value, detail: &str, errors: &mut Vec<FieldError>) {
    let given = spec["accessModes"].as_array().map(Vec::as_slice).unwrap_or_default();
    if given.is_empty() {
        errors.push(FieldError::required("spec.accessModes", detail));
    }
    for mode in given {
        one_of("spec.accessModes", mode, MODES, errors);
    }
    if given.len() > 1 && given.iter().any(|mode| mode == "ReadWriteOncePod") {
        let text = "may not use ReadWriteOncePod with other access modes";
        errors.push(FieldError::forbidden("spec.accessModes", text));
    }
}

const VOLUME_MODES: &[&str] = &["Block", "Filesystem"];

fn claim(spec: &Value, errors: &mut Vec<FieldError>) {
    modes(spec, "at least 1 access mode is required", errors);
    match spec["resources"]["requests"]["storage"].as_str() {
        None => errors.push(FieldError::required("spec.resources[storage]", "")),
        Some(size) if quantity::parse(size).is_some_and(|q| q <= 0) => {
            let field = "spec.resources[storage]";
            errors.push(FieldError::invalid(field, &json!(size), "must be greater than zero"));
        }
        Some(_) => {}
    }
    if let Some(class) = spec["storageClassName"].as_str()
        && !class.is_empty()
        && !is_subdomain(class)
    {
        errors.push(FieldError::invalid("spec.storageClassName", &json!(class), SUBDOMAIN));
    }
    one_of("spec.volumeMode", &spec["volumeMode"], VOLUME_MODES, errors);
}

/// What of a volume's spec is no source.
const PLAIN: &[&str] = &[
    "capacity",
    "accessModes",
    "claimRef",
    "persistentVolumeReclaimPolicy",
    "storageClassName",
    "mountOptions",
    "volumeMode",
    "nodeAffinity",
    "volumeAttributesClassName",
];

fn volume(spec: &Value, errors: &mut Vec<FieldError>) {
    modes(spec, "", errors);
    if spec["capacity"].as_object().is_none_or(serde_json::Map::is_empty) {
        errors.push(FieldError::required("spec.capacity", ""));
        // The second complaint of the same rule (pkg/apis/core/validation, `ValidatePersistentVolumeSpec`).
        errors.push(FieldError {
            field: "spec.capacity".into(),
            reason: "FieldValueNotSupported",
            message: "Unsupported value: null: supported values: \"storage\"".into(),
        });
    } else if let Some(size) = spec["capacity"]["storage"].as_str()
        && quantity::parse(size).is_some_and(|q| q <= 0)
    {
        let text = "must be greater than zero";
        errors.push(FieldError::invalid("spec.capacity[storage]", &json!(size), text));
    }
    one_of(
        "spec.persistentVolumeReclaimPolicy",
        &spec["persistentVolumeReclaimPolicy"],
        &["Delete", "Recycle", "Retain"],
        errors,
    );
    let sources: Vec<&String> = spec
        .as_object()
        .into_iter()
        .flatten()
        .filter(|(k, v)| !PLAIN.contains(&k.as_str()) && v.is_object())
        .map(|(k, _)| k)
        .collect();
    if sources.len() > 1 {
        errors.push(FieldError::forbidden("spec.csi", "may not specify more than 1 volume type"));
    }
    if spec["csi"].is_object() {
        let driver = spec["csi"]["driver"].as_str().unwrap_or_default();
        if !driver.is_empty() && !is_subdomain(&driver.to_lowercase()) {
            errors.push(FieldError::invalid("spec.csi.driver", &json!(driver), SUBDOMAIN));
        }
        for member in ["driver", "volumeHandle"] {
            if spec["csi"][member].as_str().unwrap_or_default().is_empty() {
                errors.push(FieldError::required(&format!("spec.csi.{member}"), ""));
            }
        }
    }
    if sources.is_empty() {
        errors.push(FieldError::required("spec", "must specify a volume type"));
    }
    if let Some(class) = spec["storageClassName"].as_str().filter(|class| !class.is_empty())
        && !is_subdomain(class)
    {
        errors.push(FieldError::invalid("spec.storageClassName", &json!(class), SUBDOMAIN));
    }
    one_of("spec.volumeMode", &spec["volumeMode"], VOLUME_MODES, errors);
}

fn workload(spec: &Value, errors: &mut Vec<FieldError>) {
    if !spec["selector"].is_object() {
        errors.push(FieldError::required("spec.selector", ""));
    }
    let labels = &spec["template"]["metadata"]["labels"];
    let differs = !spec["selector"].is_object()
        || spec["selector"]["matchLabels"].as_object().into_iter().flatten().any(|(k, v)| labels[k] != *v);
    if differs {
        errors.push(FieldError::invalid(
            "spec.template.metadata.labels",
            labels,
            "`selector` does not match template `labels`",
        ));
    }
    let template = &spec["template"]["spec"];
    containers(template, "spec.template.spec", errors);
    one_of("spec.template.spec.restartPolicy", &template["restartPolicy"], &["Always"], errors);
}

fn containers(spec: &Value, path: &str, errors: &mut Vec<FieldError>) {
    let list = spec["containers"].as_array().map(Vec::as_slice).unwrap_or_default();
    if list.is_empty() {
        errors.push(FieldError::required(&format!("{path}.containers"), ""));
    }
    let volumes: Vec<&Value> = spec["volumes"].as_array().into_iter().flatten().map(|v| &v["name"]).collect();
    for (index, container) in list.iter().enumerate() {
        let at = format!("{path}.containers[{index}]");
        let name = container["name"].as_str().unwrap_or_default();
        if name.is_empty() {
            errors.push(FieldError::required(&format!("{at}.name"), ""));
        } else if !is_label(name) {
            errors.push(FieldError::invalid(&format!("{at}.name"), &json!(name), LABEL));
        }
        if list[..index].iter().any(|other| other["name"] == container["name"]) {
            errors.push(FieldError {
                field: format!("{at}.name"),
                reason: "FieldValueDuplicate",
                message: format!("Duplicate value: {name:?}"),
            });
        }
        if container["image"].as_str().unwrap_or_default().is_empty() {
            errors.push(FieldError::required(&format!("{at}.image"), ""));
        }
        mounts(container, (&at, &volumes), errors);
        one_of(
            &format!("{at}.imagePullPolicy"),
            &container["imagePullPolicy"],
            &["Always", "IfNotPresent", "Never"],
            errors,
        );
        for (what, wanted) in container["resources"]["requests"].as_object().into_iter().flatten() {
            let limit = &container["resources"]["limits"][what.as_str()];
            let value = |q: &Value| q.as_str().and_then(quantity::parse);
            if let (Some(want), Some(most)) = (value(wanted), value(limit))
                && want > most
            {
                let text = format!(
                    "must be less than or equal to {what} limit of {}",
                    limit.as_str().unwrap_or_default()
                );
                errors.push(FieldError::invalid(&format!("{at}.resources.requests"), wanted, &text));
            }
        }
    }
}

fn mounts(container: &Value, place: (&str, &[&Value]), errors: &mut Vec<FieldError>) {
    let (at, volumes) = place;
    for (index, mount) in container["volumeMounts"].as_array().into_iter().flatten().enumerate() {
        if !volumes.contains(&&mount["name"]) {
            errors.push(FieldError {
                field: format!("{at}.volumeMounts[{index}].name"),
                reason: "FieldValueNotFound",
                message: format!("Not found: {}", mount["name"]),
            });
        }
    }
}

/// Judges an update.
pub fn update(kind: &Kind, old: &Value, new: &Value) -> Result<(), KubeError> {
    let mut errors = metadata(kind, new);
    if !kind.custom {
        immutable(kind, old, new, &mut errors);
        if errors.is_empty() {
            content(kind, new, &mut errors);
        }
    }
    refuse(kind, name_of(new), &errors)
}

fn immutable(kind: &Kind, old: &Value, new: &Value, errors: &mut Vec<FieldError>) {
    match kind.kind.as_str() {
        "StorageClass" => {
            for field in ["parameters", "provisioner", "reclaimPolicy"] {
                let empty = |v: &Value| v.is_null() || v.as_object().is_some_and(serde_json::Map::is_empty);
                if !(empty(&old[field]) && empty(&new[field])) {
                    fixed(field, &old[field], &new[field], errors);
                }
            }
            fixed("volumeBindingMode", &old["volumeBindingMode"], &new["volumeBindingMode"], errors);
        }
        "PersistentVolumeClaim" => claim_update(old, new, errors),
        "PersistentVolume" => volume_update(&old["spec"], &new["spec"], errors),
        "Deployment" | "DaemonSet" | "ReplicaSet" | "StatefulSet" => {
            fixed("spec.selector", &old["spec"]["selector"], &new["spec"]["selector"], errors);
        }
        "Job" => {
            fixed("spec.completions", &old["spec"]["completions"], &new["spec"]["completions"], errors);
            fixed("spec.selector", &old["spec"]["selector"], &new["spec"]["selector"], errors);
            fixed("spec.template", &old["spec"]["template"], &new["spec"]["template"], errors);
        }
        "CSIDriver" => {
            let (old, new) = (&old["spec"]["attachRequired"], &new["spec"]["attachRequired"]);
            fixed("spec.attachedRequired", old, new, errors);
        }
        "Pod" => pod_update(&old["spec"], &new["spec"], errors),
        "ClusterRoleBinding" | "RoleBinding" if old["roleRef"] != new["roleRef"] => {
            errors.push(FieldError::invalid("roleRef", &new["roleRef"], "cannot change roleRef"));
        }
        "Secret" if old["type"] != new["type"] => {
            errors.push(FieldError::invalid("type", &new["type"], "field is immutable"));
        }
        "ConfigMap" | "Secret" if old["immutable"] == true => {
            let text = "field is immutable when `immutable` is set";
            if new["immutable"] != true {
                errors.push(FieldError::forbidden("immutable", text));
            }
            for field in ["data", "binaryData"].into_iter().filter(|field| old[*field] != new[*field]) {
                errors.push(FieldError::forbidden(field, text));
            }
        }
        _ => {}
    }
}

/// What may change in a pod's spec once it is there (pkg/apis/core/validation, `ValidatePodUpdate`).
fn pod_update(old: &Value, new: &Value, errors: &mut Vec<FieldError>) {
    let rest = |spec: &Value| {
        let mut spec = spec.clone();
        for list in ["containers", "initContainers"] {
            for container in spec.get_mut(list).and_then(Value::as_array_mut).into_iter().flatten() {
                container["image"] = Value::Null;
            }
        }
        if let Some(map) = spec.as_object_mut() {
            map.retain(|key, _| !matches!(key.as_str(), "activeDeadlineSeconds" | "tolerations"));
        }
        spec
    };
    if rest(old) != rest(new) {
        let text = "pod updates may not change fields other than `spec.containers[*].image`,`spec.initContainers[*].image`,`spec.activeDeadlineSeconds`,`spec.tolerations` (only additions to existing tolerations),`spec.terminationGracePeriodSeconds` (allow it to be set to 1 if it was previously negative)";
        let diff = diff("PodSpec", &rest(old), &rest(new));
        errors.push(FieldError::forbidden("spec", &format!("{text}\n{diff}")));
    }
}

fn fixed(field: &str, old: &Value, new: &Value, errors: &mut Vec<FieldError>) {
    if old != new {
        // Go writes maps in the order of their keys.
        let mut shown = new.clone();
        shown.sort_all_objects();
        errors.push(FieldError::invalid(field, &shown, "field is immutable"));
    }
}

/// What Go's `cmp.Diff` shows, member by member; its exact spacing is unstable on purpose.
fn diff(kind: &str, old: &Value, new: &Value) -> String {
    let mut lines = vec![format!("  core.{kind}{{")];
    let empty = serde_json::Map::new();
    let (old, new) = (old.as_object().unwrap_or(&empty), new.as_object().unwrap_or(&empty));
    lines.push("  \t... // identical fields".into());
    for key in old.keys().chain(new.keys().filter(|k| !old.contains_key(*k))) {
        let (before, after) = (old.get(key), new.get(key));
        if before == after {
            continue;
        }
        let mut name = key.clone();
        if let Some(first) = name.get_mut(0..1) {
            first.make_ascii_uppercase();
        }
        let show = |v: Option<&Value>| v.map_or_else(|| "nil".to_owned(), Value::to_string);
        lines.push(format!("- \t{name}: {},", show(before)));
        lines.push(format!("+ \t{name}: {},", show(after)));
    }
    lines.push("  \t... // identical fields".into());
    lines.push("  }".into());
    lines.join("\n") + "\n"
}

fn claim_update(old: &Value, new: &Value, errors: &mut Vec<FieldError>) {
    let (before, mut after) = (old["spec"].clone(), new["spec"].clone());
    let bound = old["status"]["phase"] == "Bound";
    if before["volumeName"].as_str().unwrap_or_default().is_empty()
        && let Some(map) = after.as_object_mut()
    {
        map.shift_remove("volumeName");
    }
    let mut comparable = before.clone();
    if let Some(map) = comparable.as_object_mut()
        && map.get("volumeName").is_some_and(|v| v == "")
    {
        map.shift_remove("volumeName");
    }
    if bound {
        after["resources"]["requests"] = comparable["resources"]["requests"].clone();
        for spec in [&mut after, &mut comparable] {
            if let Some(map) = spec.as_object_mut() {
                map.shift_remove("volumeAttributesClassName");
            }
        }
    }
    if comparable != after {
        let text = "spec is immutable after creation except resources.requests and volumeAttributesClassName for bound claims";
        let diff = diff("PersistentVolumeClaimSpec", &comparable, &after);
        errors.push(FieldError::forbidden("spec", &format!("{text}\n{diff}")));
    }
    let size = |o: &Value| o["spec"]["resources"]["requests"]["storage"].as_str().and_then(quantity::parse);
    if bound && size(new) < size(old) {
        let capacity = old["status"]["capacity"]["storage"].as_str().and_then(quantity::parse);
        if size(new) < capacity {
            errors.push(FieldError::forbidden(
                "spec.resources.requests.storage",
                "field can not be less than status.capacity",
            ));
        }
    }
}

fn volume_update(old: &Value, new: &Value, errors: &mut Vec<FieldError>) {
    let source = |spec: &Value| {
        let mut csi = spec["csi"].clone();
        if let Some(map) = csi.as_object_mut() {
            map.retain(|k, _| !k.ends_with("SecretRef"));
        }
        json!({"csi": csi, "nfs": spec["nfs"], "hostPath": spec["hostPath"], "local": spec["local"]})
    };
    if source(old) != source(new) {
        let diff = diff("PersistentVolumeSource", &source(old), &source(new));
        let text = format!("spec.persistentvolumesource is immutable after creation\n{diff}");
        errors.push(FieldError::forbidden("spec.persistentvolumesource", &text));
    }
    fixed("volumeMode", &old["volumeMode"], &new["volumeMode"], errors);
    if !old["nodeAffinity"].is_null() {
        fixed("spec.nodeAffinity", &old["nodeAffinity"], &new["nodeAffinity"], errors);
    }
}

/// The admission plugin that judges a claim's growth.
pub fn admit_resize(kind: &Kind, old: &Value, new: &Value, class_allows: bool) -> Result<(), KubeError> {
    let size = |o: &Value| o["spec"]["resources"]["requests"]["storage"].as_str().and_then(quantity::parse);
    if size(new) <= size(old) {
        return Ok(());
    }
    let name = name_of(new);
    if old["status"]["phase"] != "Bound" {
        return Err(KubeError::forbidden(kind, name, "Only bound persistent volume claims can be expanded"));
    }
    if class_allows {
        return Ok(());
    }
    let detail = "only dynamically provisioned pvc can be resized and the storageclass that provisions the pvc must support resize";
    Err(KubeError::forbidden(kind, name, detail))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_and_label_values() {
        for (text, label, subdomain, value) in [
            ("a", true, true, true),
            ("a-1", true, true, true),
            ("a.b", false, true, true),
            ("A_b", false, false, true),
            ("-a", false, false, false),
            ("a..b", false, false, true),
            ("a.-b", false, false, true),
            ("", false, false, true),
            ("ä", false, false, false),
        ] {
            assert_eq!(
                (is_label(text), is_subdomain(text), is_label_value(text)),
                (label, subdomain, value),
                "{text}"
            );
        }
        assert!(!is_label(&"a".repeat(64)) && is_subdomain(&"a".repeat(64)));
    }
}
