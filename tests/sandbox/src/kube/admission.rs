//! Admission that looks beyond the Kubernetes objects: what the EKS webhooks do to pods.

use serde_json::{Value, json};

use super::error::KubeError;
use super::kinds::Kind;
use super::pod_security;
use super::store::meta::{name_of, namespace_of, suffix};
use crate::state::State;

/// Changes or refuses a new object on its way in.
///
/// # Errors
/// `Forbidden` for a pod that its namespace's Pod Security level does not take.
pub fn admit(state: &mut State, kind: &Kind, object: &mut Value) -> Result<(), KubeError> {
    if kind.kind == "Pod" && kind.group.is_empty() {
        if object["spec"]["serviceAccountName"].is_null() {
            object["spec"]["serviceAccountName"] = "default".into();
        }
        mount_token(state, object);
        crate::aws::identity::admit_pod(state, object);
        if let Some(class) = object["spec"]["priorityClassName"].as_str().filter(|class| !class.is_empty())
            && !class.starts_with("system-")
            && state.kube.get("scheduling.k8s.io/v1", "PriorityClass", "", class).is_none()
        {
            let why = format!("no PriorityClass with name {class} was found");
            return Err(KubeError::forbidden(kind, name_of(object), &why));
        }
        if let Some(why) = pod_security::refusal(&state.kube, object) {
            return Err(KubeError::forbidden(kind, name_of(object), &why));
        }
    }
    Ok(())
}

/// Where every container finds its account's token.
const TOKEN: &str = "/var/run/secrets/kubernetes.io/serviceaccount";

/// The volume with the account's token, the cluster's authority and the namespace (plugin/pkg/admission/serviceaccount),
/// unless the pod or the account does not want it or a container has its own there.
fn mount_token(state: &State, pod: &mut Value) {
    let account = pod["spec"]["serviceAccountName"].as_str().unwrap_or("default");
    let account = state.kube.get("v1", "ServiceAccount", namespace_of(pod), account);
    let wish = &pod["spec"]["automountServiceAccountToken"];
    let wish = if wish.is_null() {
        account.map(|a| a["automountServiceAccountToken"].clone())
    } else {
        Some(wish.clone())
    };
    if account.is_none() || wish == Some(json!(false)) {
        return;
    }
    let name = format!("kube-api-access-{}", suffix(5));
    let mut used = false;
    for list in ["initContainers", "containers"] {
        let containers = pod["spec"].get_mut(list).and_then(Value::as_array_mut);
        for container in containers.into_iter().flatten().filter(|c| c.is_object()) {
            if !container["volumeMounts"].is_array() {
                container["volumeMounts"] = json!([]);
            }
            if let Some(mounts) = container["volumeMounts"].as_array_mut()
                && mounts.iter().all(|m| m["mountPath"] != TOKEN)
            {
                mounts.push(json!({"name": name, "readOnly": true, "mountPath": TOKEN}));
                used = true;
            }
        }
    }
    if !used {
        return;
    }
    if !pod["spec"]["volumes"].is_array() {
        pod["spec"]["volumes"] = json!([]);
    }
    if let Some(volumes) = pod["spec"]["volumes"].as_array_mut() {
        volumes.push(json!({"name": name, "projected": {"defaultMode": 420, "sources": [
            {"serviceAccountToken": {"expirationSeconds": 3607, "path": "token"}},
            {"configMap": {"name": "kube-root-ca.crt", "items": [{"key": "ca.crt", "path": "ca.crt"}]}},
            {"downwardAPI": {"items": [
                {"path": "namespace", "fieldRef": {"apiVersion": "v1", "fieldPath": "metadata.namespace"}},
            ]}},
        ]}}));
    }
}
