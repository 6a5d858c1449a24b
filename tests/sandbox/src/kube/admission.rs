//! Admission that looks beyond the Kubernetes objects: what the EKS webhooks do to pods.

use serde_json::Value;

use super::error::KubeError;
use super::kinds::Kind;
use super::pod_security;
use super::store::meta::name_of;
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
        crate::aws::identity::admit_pod(state, object);
        if let Some(why) = pod_security::refusal(&state.kube, object) {
            return Err(KubeError::forbidden(kind, name_of(object), &why));
        }
    }
    Ok(())
}
