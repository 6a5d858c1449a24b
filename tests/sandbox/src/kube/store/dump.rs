//! Loading a world's manifests and writing them back without loss.

use jiff::Timestamp;
use serde_json::{Value, json};

use super::meta::{self, name_of, namespace_of};
use super::{ChangeType, KubeStore, defaults, registry};
use crate::kube::error::KubeError;

impl KubeStore {
    /// Takes the manifests of a world: given values stay (uid, creationTimestamp, resourceVersion,
    /// managedFields, a deletionTimestamp without finalizers), the rest is filled in. CRDs come first,
    /// whatever their place; namespaces that objects lie in, and those of every cluster, are made when
    /// absent.
    ///
    /// # Errors
    /// A manifest without name, or of a kind that is not served.
    pub fn load(&mut self, objects: Vec<Value>, now: Timestamp) -> Result<(), KubeError> {
        let rank = |object: &Value| match object["kind"].as_str() {
            Some("CustomResourceDefinition") => 0,
            Some("Namespace") => 1,
            _ => 2,
        };
        let mut objects = objects;
        objects.sort_by_key(rank);
        let given =
            objects.iter().filter_map(|o| o["metadata"]["resourceVersion"].as_str()?.parse().ok()).max();
        self.version = self.version.max(given.unwrap_or(0));
        for object in objects {
            self.load_one(object, now)?;
        }
        for name in ["default", "kube-node-lease", "kube-public", "kube-system"] {
            self.ensure_namespace(name, now)?;
        }
        Ok(())
    }

    fn load_one(&mut self, mut object: Value, now: Timestamp) -> Result<(), KubeError> {
        let kind = self.kind_of(&object)?;
        if kind.group == "events.k8s.io" {
            object = crate::kube::events::to_core(&object);
        }
        let given = object["metadata"].clone();
        if kind.namespaced && !given["namespace"].is_string() {
            object["metadata"]["namespace"] = json!("default");
        }
        meta::prepare(&kind, &mut object, now);
        if name_of(&object).is_empty() {
            return Err(KubeError::bad_request(format!("a {} has no metadata.name", kind.kind)));
        }
        for (member, value) in given.as_object().into_iter().flatten() {
            if member != "namespace" || kind.namespaced {
                object["metadata"][member] = value.clone();
            }
        }
        if kind.namespaced {
            self.ensure_namespace(namespace_of(&object), now)?;
        }
        defaults::fill(&kind, &mut object);
        registry::complete(&kind, &mut object, now);
        if given.get("finalizers").is_none() && meta::terminating(&object) {
            meta::drop_finalizer(&mut object, "kubernetes.io/pvc-protection");
            meta::drop_finalizer(&mut object, "kubernetes.io/pv-protection");
        }
        let version = given["resourceVersion"].clone();
        let placed = self.put(&kind, object, ChangeType::Added);
        if version.is_string() {
            let mut object = (*placed).clone();
            object["metadata"]["resourceVersion"] = version;
            let key = (namespace_of(&object).to_owned(), name_of(&object).to_owned());
            self.objects.entry(kind.key()).or_default().insert(key, std::sync::Arc::new(object));
        }
        Ok(())
    }

    /// Makes a namespace with what the API server gives it, unless it is there.
    ///
    /// # Errors
    /// A name that is none.
    pub fn ensure_namespace(&mut self, name: &str, now: Timestamp) -> Result<(), KubeError> {
        if self.get("v1", "Namespace", "", name).is_some() {
            return Ok(());
        }
        let namespace = json!({"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": name}});
        self.create(namespace, "kube-apiserver", now).map(|_| ())
    }

    /// All objects as manifests that [`Self::load`] takes back without loss.
    pub fn dump(&self) -> Vec<Value> {
        let mut keys: Vec<String> = Vec::new();
        for kind in self.kinds() {
            if !keys.contains(&kind.key()) {
                keys.push(kind.key());
            }
        }
        keys.iter()
            .filter_map(|key| self.objects.get(key))
            .flat_map(|table| table.values().map(|object| (**object).clone()))
            .collect()
    }
}
