//! Admission that looks beyond the Kubernetes objects: what the EKS webhooks do to pods.

use serde_json::Value;

use super::error::KubeError;
use super::kinds::Kind;
use crate::state::State;

/// Changes or refuses a new object on its way in.
///
/// # Errors
/// None now; an admission plugin that refuses would answer here.
pub fn admit(state: &mut State, kind: &Kind, object: &mut Value) -> Result<(), KubeError> {
    if kind.kind == "Pod" && kind.group.is_empty() {
        if object["spec"]["serviceAccountName"].is_null() {
            object["spec"]["serviceAccountName"] = "default".into();
        }
        crate::aws::identity::admit_pod(state, object);
    }
    Ok(())
}
