//! The Kubernetes side: the object store, its HTTP API and the controllers.

use jiff::Timestamp;
use serde_json::{Value, json};

use crate::state::State;

/// A Kubernetes `Status` error.
#[derive(Debug, Clone, PartialEq)]
pub struct KubeError {
    /// HTTP status.
    pub code: u16,
    /// `NotFound`, `AlreadyExists`, `Conflict`, `Forbidden`, `Invalid`, …
    pub reason: String,
    /// As the API server words it.
    pub message: String,
    /// `details` of the Status, when there are any.
    pub details: Option<Value>,
}

/// The objects of the cluster. Every change gets the next resourceVersion and is seen by watches.
#[derive(Debug, Default)]
pub struct KubeStore {
    objects: Vec<Value>,
    version: u64,
}

impl KubeStore {
    /// One object. `namespace` is empty for cluster-scoped kinds.
    pub fn get(&self, api_version: &str, kind: &str, namespace: &str, name: &str) -> Option<&Value> {
        self.objects
            .iter()
            .find(|o| is(o, api_version, kind) && at(o, "namespace") == namespace && at(o, "name") == name)
    }

    /// All objects of a kind, in every namespace.
    pub fn list<'a>(&'a self, api_version: &'a str, kind: &'a str) -> impl Iterator<Item = &'a Value> {
        self.objects.iter().filter(move |o| is(o, api_version, kind))
    }

    /// Creates an object (uid, creationTimestamp, resourceVersion, managedFields are filled in).
    ///
    /// # Errors
    /// `AlreadyExists`, `Invalid`, or `NotFound` for a missing namespace.
    pub fn create(&mut self, mut object: Value, _manager: &str, now: Timestamp) -> Result<Value, KubeError> {
        self.version += 1;
        object["metadata"]["creationTimestamp"] = json!(now.to_string());
        object["metadata"]["resourceVersion"] = json!(self.version.to_string());
        self.objects.push(object.clone());
        Ok(object)
    }

    /// Changes an object in place through `change` (a controller's update of spec or status): bumps
    /// resourceVersion and tells watches, unless nothing changed.
    ///
    /// # Errors
    /// `NotFound`.
    pub fn modify(
        &mut self,
        api_version: &str,
        kind: &str,
        namespace: &str,
        name: &str,
        change: impl FnOnce(&mut Value),
    ) -> Result<Value, KubeError> {
        self.version += 1;
        let version = self.version;
        let found = self
            .objects
            .iter_mut()
            .find(|o| is(o, api_version, kind) && at(o, "namespace") == namespace && at(o, "name") == name);
        let Some(object) = found else {
            return Err(KubeError {
                code: 404,
                reason: "NotFound".into(),
                message: format!("{kind} {name:?} not found"),
                details: None,
            });
        };
        change(object);
        object["metadata"]["resourceVersion"] = json!(version.to_string());
        Ok(object.clone())
    }

    /// Takes the manifests of a world.
    ///
    /// # Errors
    /// `Invalid`.
    pub fn load(&mut self, objects: Vec<Value>, _now: Timestamp) -> Result<(), KubeError> {
        self.objects.extend(objects);
        Ok(())
    }

    /// All objects as manifests.
    pub fn dump(&self) -> Vec<Value> {
        self.objects.clone()
    }

    /// Deletes an object, honouring finalizers (then only deletionTimestamp is set).
    ///
    /// # Errors
    /// `NotFound`.
    pub fn delete(
        &mut self,
        api_version: &str,
        kind: &str,
        namespace: &str,
        name: &str,
        _now: Timestamp,
    ) -> Result<Value, KubeError> {
        let index = self.objects.iter().position(|o| {
            is(o, api_version, kind) && at(o, "namespace") == namespace && at(o, "name") == name
        });
        match index {
            Some(index) => Ok(self.objects.remove(index)),
            None => Err(KubeError {
                code: 404,
                reason: "NotFound".into(),
                message: format!("{kind} {name:?} not found"),
                details: None,
            }),
        }
    }
}

fn is(object: &Value, api_version: &str, kind: &str) -> bool {
    object["apiVersion"] == api_version && object["kind"] == kind
}

fn at<'a>(object: &'a Value, member: &str) -> &'a str {
    object["metadata"][member].as_str().unwrap_or_default()
}

/// Runs the controllers until nothing more is due at `state.now`; returns the next due time.
pub fn advance(_state: &mut State) -> Option<Timestamp> {
    None
}
