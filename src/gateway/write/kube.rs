//! Kubernetes objects: created, patched, deleted; a Deployment restarted.

use k8s_openapi::api::apps::v1::Deployment;
use kube::Api;
use kube::api::{
    ApiResource, DeleteParams, DynamicObject, Patch, PatchParams, PostParams, Preconditions,
    PropagationPolicy,
};
use serde_json::{Value, json};

use super::Writes;
use crate::facts::Marks;
use crate::gateway::kubernetes::{Link, Repeat};
use crate::gateway::read::marks;
use crate::gateway::trouble::{KUBERNETES, Trouble, TroubleKind};

/// The name that fsxctl's fields carry.
pub(super) const MANAGER: &str = "fsxctl";

/// Where an object is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Place {
    /// `storage.k8s.io/v1`.
    pub api_version: String,
    /// `StorageClass`.
    pub kind: String,
    /// Lower-case plural, `storageclasses`.
    pub plural: String,
    /// Absent for cluster-scoped kinds.
    pub namespace: Option<String>,
    /// Name.
    pub name: String,
}

impl Place {
    /// The API of objects like this one.
    pub(in crate::gateway) fn api(&self, link: &Link) -> Api<DynamicObject> {
        let (group, version) = self.api_version.split_once('/').unwrap_or(("", &self.api_version));
        let resource = ApiResource {
            group: group.to_owned(),
            version: version.to_owned(),
            api_version: self.api_version.clone(),
            kind: self.kind.clone(),
            plural: self.plural.clone(),
        };
        match &self.namespace {
            Some(namespace) => Api::namespaced_with(link.client.clone(), namespace, &resource),
            None => Api::all_with(link.client.clone(), &resource),
        }
    }

    /// `patch storageclasses.storage.k8s.io`, `create persistentvolumeclaims in default`.
    pub(in crate::gateway) fn permission(&self, verb: &str) -> String {
        let group =
            self.api_version.split_once('/').map(|(group, _)| format!(".{group}")).unwrap_or_default();
        let place = self.namespace.as_ref().map(|namespace| format!(" in {namespace}")).unwrap_or_default();
        format!("{verb} {}{group}{place}", self.plural)
    }
}

impl Writes {
    /// Create; [`TroubleKind::Exists`] when it is there. The object has a name, so that asking again when the answer
    /// was lost cannot make it twice.
    ///
    /// # Errors
    /// What the API server said no with, here and in every other write.
    pub async fn create(&self, at: &Place, object: &Value) -> Result<Marks, Trouble> {
        let permission = at.permission("create");
        let link = self.link(&permission)?;
        let api = at.api(link);
        let object: DynamicObject = serde_json::from_value(object.clone()).map_err(|error| {
            Trouble::new(TroubleKind::Refused, KUBERNETES, &permission, &error.to_string())
        })?;
        let params = PostParams { field_manager: Some(MANAGER.to_owned()), ..PostParams::default() };
        let made = link.call(&permission, Repeat::Safe, || api.create(&params, &object)).await?;
        Ok(marks(made.metadata))
    }

    /// A JSON merge patch; a resourceVersion inside it makes a change in between a conflict.
    pub async fn patch(&self, at: &Place, patch: &Value) -> Result<Marks, Trouble> {
        let permission = at.permission("patch");
        let link = self.link(&permission)?;
        let api = at.api(link);
        let params = PatchParams { field_manager: Some(MANAGER.to_owned()), ..PatchParams::default() };
        let patch = Patch::Merge(patch);
        let made = link.call(&permission, Repeat::Unsafe, || api.patch(&at.name, &params, &patch)).await?;
        Ok(marks(made.metadata))
    }

    /// Delete, if it still has this resourceVersion. Its dependents go after it.
    pub async fn delete(&self, at: &Place, resource_version: Option<&str>) -> Result<(), Trouble> {
        let permission = at.permission("delete");
        let link = self.link(&permission)?;
        let api = at.api(link);
        let params = DeleteParams {
            preconditions: resource_version
                .map(|version| Preconditions { resource_version: Some(version.to_owned()), uid: None }),
            propagation_policy: Some(PropagationPolicy::Background),
            ..DeleteParams::default()
        };
        link.call(&permission, Repeat::Unsafe, || api.delete(&at.name, &params)).await.map(drop)
    }

    /// A rolling restart: what `kubectl rollout restart` does. The moment is fixed once, so that asking again when the
    /// answer was lost restarts nothing twice.
    pub async fn restart_deployment(&self, namespace: &str, name: &str) -> Result<(), Trouble> {
        let permission = format!("patch deployments.apps in {namespace}");
        let link = self.link(&permission)?;
        let api: Api<Deployment> = Api::namespaced(link.client.clone(), namespace);
        let at = jiff::Timestamp::now().to_string();
        let template = json!({"metadata": {"annotations": {"kubectl.kubernetes.io/restartedAt": at}}});
        let patch = Patch::Merge(json!({"spec": {"template": template}}));
        let params = PatchParams { field_manager: Some(MANAGER.to_owned()), ..PatchParams::default() };
        link.call(&permission, Repeat::Safe, || api.patch(name, &params, &patch)).await.map(drop)
    }

    fn link(&self, permission: &str) -> Result<&Link, Trouble> {
        self.kubernetes.as_ref().ok_or_else(|| {
            Trouble::new(TroubleKind::Unreachable, KUBERNETES, permission, "there is no way to the cluster")
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn permissions_name_verb_resource_and_namespace() {
        let place = |api_version: &str, plural: &str, namespace: Option<&str>| Place {
            api_version: api_version.to_owned(),
            kind: String::new(),
            plural: plural.to_owned(),
            namespace: namespace.map(str::to_owned),
            name: "n".to_owned(),
        };
        assert_eq!(
            place("storage.k8s.io/v1", "storageclasses", None).permission("patch"),
            "patch storageclasses.storage.k8s.io"
        );
        assert_eq!(
            place("v1", "persistentvolumeclaims", Some("ml")).permission("create"),
            "create persistentvolumeclaims in ml"
        );
    }
}
