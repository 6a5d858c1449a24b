//! The objects of the cluster: what is there, what it becomes, and who is told.
//!
//! Rules about single objects live in `defaults` and `validate`; nothing here knows about HTTP.

mod copy;
mod defaults;
mod dump;
mod history;
mod index;
pub mod meta;
mod registry;
mod remove;
mod validate;

use std::collections::{BTreeMap, VecDeque};
use std::sync::Arc;

use jiff::Timestamp;
use serde_json::{Value, json};

use super::controllers::Work;
use super::error::KubeError;
use super::fields::{Manager, track_update};
use super::kinds::{self, Kind};
use super::schema::{Custom, Root};
pub use history::{Change, ChangeType};
use meta::{name_of, namespace_of};
pub use remove::{Propagation, Removal};
pub use validate::{LABEL_VALUE, is_label_value};

type Key = (String, String);

/// The objects of the cluster. Every change gets the next resourceVersion and is seen by watches.
#[derive(Debug)]
pub struct KubeStore {
    objects: BTreeMap<String, BTreeMap<Key, Arc<Value>>>,
    version: u64,
    history: VecDeque<Change>,
    told: tokio::sync::watch::Sender<u64>,
    custom: Vec<Arc<Kind>>,
    custom_schemas: Custom,
    index: index::Index,
    /// Keys of the kinds that have been copied from a real API server.
    copied: std::collections::BTreeSet<String>,
    /// What the controllers remember between two looks: never saved, found again from the objects.
    pub work: Work,
}

impl Default for KubeStore {
    fn default() -> Self {
        Self {
            objects: BTreeMap::new(),
            version: 1000,
            history: VecDeque::new(),
            told: tokio::sync::watch::Sender::new(1000),
            custom: Vec::new(),
            custom_schemas: Custom::default(),
            copied: std::collections::BTreeSet::new(),
            index: index::Index::default(),
            work: Work::default(),
        }
    }
}

/// A write on its way into the store.
#[derive(Debug, Clone, Copy)]
pub struct Write<'a> {
    /// Field manager.
    pub manager: &'a str,
    /// Subresource written to, empty for the object itself.
    pub subresource: &'a str,
    /// When.
    pub now: Timestamp,
    /// Judge only, keep nothing.
    pub dry_run: bool,
}

impl<'a> Write<'a> {
    /// A write to the object itself.
    pub fn by(manager: &'a str, now: Timestamp) -> Self {
        Self { manager, subresource: "", now, dry_run: false }
    }
}

impl KubeStore {
    /// One object. `namespace` is empty for cluster-scoped kinds.
    pub fn get(&self, api_version: &str, kind: &str, namespace: &str, name: &str) -> Option<&Value> {
        let kind = self.kind(api_version, kind)?;
        self.read(&kind, namespace, name)
    }

    /// All objects of a kind, in every namespace, ordered by namespace and name.
    pub fn list<'a>(&'a self, api_version: &'a str, kind: &'a str) -> impl Iterator<Item = &'a Value> {
        let key = self.kind(api_version, kind).map(|k| k.key());
        key.and_then(|key| self.objects.get(&key)).into_iter().flat_map(|t| t.values().map(|o| &**o))
    }

    /// Creates an object (uid, creationTimestamp, resourceVersion, managedFields are filled in).
    ///
    /// # Errors
    /// `AlreadyExists`, `Invalid`, or `NotFound` for a missing namespace.
    pub fn create(&mut self, object: Value, manager: &str, now: Timestamp) -> Result<Value, KubeError> {
        let kind = self.kind_of(&object)?;
        self.insert(&kind, object, Write::by(manager, now))
    }

    /// Changes an object in place through `change` (a controller's update of spec or status): bumps
    /// resourceVersion and tells watches, unless nothing changed.
    ///
    /// # Errors
    /// `NotFound`.
    #[allow(clippy::too_many_arguments, reason = "an object's place is four words")]
    pub fn modify(
        &mut self,
        api_version: &str,
        kind: &str,
        namespace: &str,
        name: &str,
        change: impl FnOnce(&mut Value),
    ) -> Result<Value, KubeError> {
        let kind = self.kind(api_version, kind).ok_or_else(KubeError::no_such_resource)?;
        let Some(old) = self.read_arc(&kind, namespace, name) else {
            return Err(KubeError::not_found(&kind, name));
        };
        let mut new = (*old).clone();
        change(&mut new);
        if new == *old {
            return Ok(new);
        }
        let mut manager = Write::by("kube-controller-manager", Timestamp::now());
        if new["spec"] == old["spec"] && new["metadata"] == old["metadata"] && kind.has("status") {
            manager.subresource = "status";
        }
        self.replace(&kind, &old, new, manager)
    }

    /// Deletes an object, honouring finalizers (then only deletionTimestamp is set).
    ///
    /// # Errors
    /// `NotFound`.
    #[allow(clippy::too_many_arguments, reason = "an object's place is four words")]
    pub fn delete(
        &mut self,
        api_version: &str,
        kind: &str,
        namespace: &str,
        name: &str,
        now: Timestamp,
    ) -> Result<Value, KubeError> {
        let kind = self.kind(api_version, kind).ok_or_else(KubeError::no_such_resource)?;
        self.remove(&kind, namespace, name, &Removal::now(now))
    }

    /// The kind that serves `api_version` and `kind`.
    pub fn kind(&self, api_version: &str, kind: &str) -> Option<Arc<Kind>> {
        let (group, version) = api_version.split_once('/').unwrap_or(("", api_version));
        self.kinds().find(|k| k.kind == kind && k.group == group && k.version == version).cloned()
    }

    /// The kind that serves a resource path.
    pub fn resource(&self, group: &str, version: &str, plural: &str) -> Option<Arc<Kind>> {
        self.kinds().find(|k| k.plural == plural && k.group == group && k.version == version).cloned()
    }

    /// All kinds, the built-in ones first.
    pub fn kinds(&self) -> impl Iterator<Item = &Arc<Kind>> {
        kinds::built_in().iter().chain(&self.custom)
    }

    /// The schema of a kind.
    pub fn schema(&self, kind: &Kind) -> Root {
        Root::of(kind, &self.custom_schemas)
    }

    /// The schemas of the CRDs' kinds.
    pub fn custom_schemas(&self) -> &Custom {
        &self.custom_schemas
    }

    /// The resourceVersion of the latest change.
    pub fn version(&self) -> u64 {
        self.version
    }

    fn kind_of(&self, object: &Value) -> Result<Arc<Kind>, KubeError> {
        let api_version = object["apiVersion"].as_str().unwrap_or_default();
        let kind = object["kind"].as_str().unwrap_or_default();
        self.kind(api_version, kind).ok_or_else(|| {
            KubeError::bad_request(format!("no kind {kind:?} is registered for version {api_version:?}"))
        })
    }

    /// One object of a kind.
    pub fn read(&self, kind: &Kind, namespace: &str, name: &str) -> Option<&Value> {
        let table = self.objects.get(&kind.key())?;
        table.get(&(namespace.to_owned(), name.to_owned())).map(|o| &**o)
    }

    /// The same, shared.
    pub fn read_arc(&self, kind: &Kind, namespace: &str, name: &str) -> Option<Arc<Value>> {
        self.objects.get(&kind.key())?.get(&(namespace.to_owned(), name.to_owned())).cloned()
    }

    /// The objects of a kind in a namespace (empty: everywhere), ordered by namespace and name.
    pub fn read_all(&self, kind: &Kind, namespace: &str) -> Vec<Arc<Value>> {
        let table = self.objects.get(&kind.key()).into_iter().flatten();
        table.filter(|((ns, _), _)| namespace.is_empty() || ns == namespace).map(|(_, o)| o.clone()).collect()
    }

    /// Creates an object after defaulting and validation.
    ///
    /// # Errors
    /// As the API server's.
    pub fn insert(&mut self, kind: &Kind, mut object: Value, write: Write<'_>) -> Result<Value, KubeError> {
        meta::prepare(kind, &mut object, write.now);
        let (namespace, name) = (namespace_of(&object).to_owned(), name_of(&object).to_owned());
        self.check_namespace(kind, &namespace, &name)?;
        if self.read(kind, &namespace, &name).is_some() {
            let mut error = KubeError::already_exists(kind, &name);
            if self.read(kind, &namespace, &name).is_some_and(meta::terminating) {
                error.message = format!("object is being deleted: {}", error.message);
            }
            return Err(error);
        }
        self.own(kind, &mut object, write);
        self.admit_new(kind, &mut object)?;
        registry::complete(kind, &mut object, write.now);
        validate::new(kind, &object)?;
        if write.dry_run {
            return Ok(object);
        }
        Ok((*self.put(kind, object, ChangeType::Added)).clone())
    }

    /// Fills a new object's defaults in and gives it to its manager, as far as it has no owner yet: before any
    /// admission plugin adds to it (k8s.io/apiserver, endpoints/handlers/create.go).
    pub fn own(&self, kind: &Kind, object: &mut Value, write: Write<'_>) {
        defaults::fill(kind, object);
        let given = object["metadata"]["managedFields"].as_array().is_some_and(|list| !list.is_empty());
        // Nobody applies events, nor pods that belong to something: their owners are not kept, for large
        // worlds have thousands of them.
        let countless = kind.kind == "Event"
            || (kind.kind == "Pod" && object["metadata"]["ownerReferences"][0]["controller"] == true);
        if !given && !countless {
            let manager = self.manager(kind, write);
            track_update(self.schema(kind).node(), &Value::Null, object, &manager, write.now);
        }
    }

    /// Replaces an object by a new version of itself without judging it.
    ///
    /// # Errors
    /// None now; the signature leaves room for admission.
    pub fn replace(
        &mut self,
        kind: &Kind,
        old: &Value,
        mut new: Value,
        write: Write<'_>,
    ) -> Result<Value, KubeError> {
        meta::carry_over(kind, old, &mut new);
        // Whoever writes next must not become the owner of a default.
        defaults::fill(kind, &mut new);
        let untracked = new["metadata"]["managedFields"] == old["metadata"]["managedFields"];
        if untracked && !same_but_version(old, &new) {
            let manager = self.manager(kind, write);
            track_update(self.schema(kind).node(), old, &mut new, &manager, write.now);
        }
        if same_but_version(old, &new) {
            return Ok(old.clone());
        }
        if write.dry_run {
            return Ok(new);
        }
        if meta::finalized(old, &new) {
            let gone = self.erase(kind, new);
            self.collect(meta::uid_of(&gone), write.now);
            return Ok(gone);
        }
        Ok((*self.put(kind, new, ChangeType::Modified)).clone())
    }

    /// Judges a client's update: immutable fields, admission.
    ///
    /// # Errors
    /// `Invalid` or `Forbidden`.
    pub fn judge_update(&self, kind: &Kind, old: &Value, new: &mut Value) -> Result<(), KubeError> {
        defaults::fill(kind, new);
        validate::update(kind, old, new)?;
        if kind.kind == "PersistentVolumeClaim" {
            let class = new["spec"]["storageClassName"].as_str().unwrap_or_default();
            let grows = self
                .get("storage.k8s.io/v1", "StorageClass", "", class)
                .is_some_and(|class| class["allowVolumeExpansion"] == true);
            validate::admit_resize(kind, old, new, grows)?;
        }
        Ok(())
    }

    fn manager(&self, kind: &Kind, write: Write<'_>) -> Manager {
        Manager {
            name: write.manager.to_owned(),
            api_version: kind.api_version(),
            subresource: write.subresource.to_owned(),
        }
    }

    fn check_namespace(&self, kind: &Kind, namespace: &str, name: &str) -> Result<(), KubeError> {
        if !kind.namespaced {
            return Ok(());
        }
        let namespaces = self.kind("v1", "Namespace").ok_or_else(KubeError::no_such_resource)?;
        let Some(found) = self.read(&namespaces, "", namespace) else {
            return Err(KubeError::not_found(&namespaces, namespace));
        };
        if found["metadata"]["deletionTimestamp"].is_string() && kind.kind != "Event" {
            let detail = format!(
                "unable to create new content in namespace {namespace} because it is being terminated"
            );
            let mut error = KubeError::forbidden(kind, name, &detail);
            error.details = error.details.map(|mut details| {
                details["causes"] = json!([{"reason": "NamespaceTerminating",
                    "message": format!("namespace {namespace} is being terminated"), "field": "metadata.namespace"}]);
                details
            });
            return Err(error);
        }
        Ok(())
    }

    /// The admission plugins that need other objects: default StorageClass, service account.
    fn admit_new(&self, kind: &Kind, object: &mut Value) -> Result<(), KubeError> {
        match kind.kind.as_str() {
            "PersistentVolumeClaim" if object["spec"].get("storageClassName").is_none() => {
                let class = self.list("storage.k8s.io/v1", "StorageClass").filter(|class| {
                    [
                        "storageclass.kubernetes.io/is-default-class",
                        "storageclass.beta.kubernetes.io/is-default-class",
                    ]
                    .iter()
                    .any(|key| class["metadata"]["annotations"][*key] == "true")
                });
                // With several defaults the newest one wins.
                let newest = class.max_by_key(|c| {
                    let time = c["metadata"]["creationTimestamp"].as_str().unwrap_or_default().to_owned();
                    (time, std::cmp::Reverse(name_of(c).to_owned()))
                });
                if let Some(class) = newest
                    && let Some(spec) = object["spec"].as_object_mut()
                {
                    spec.insert("storageClassName".into(), json!(name_of(class)));
                }
            }
            "Pod" => {
                let name = name_of(object).to_owned();
                let namespace = namespace_of(object).to_owned();
                let account = object["spec"]["serviceAccountName"].as_str().unwrap_or("default").to_owned();
                if self.get("v1", "ServiceAccount", &namespace, &account).is_none() {
                    let detail = format!(
                        "error looking up service account {namespace}/{account}: serviceaccount {account:?} not found"
                    );
                    return Err(KubeError::forbidden(kind, &name, &detail));
                }
                if let Some(spec) = object["spec"].as_object_mut() {
                    spec.insert("serviceAccountName".into(), json!(account));
                    spec.insert("serviceAccount".into(), json!(account));
                }
            }
            _ => {}
        }
        Ok(())
    }

    fn next_version(&mut self) -> u64 {
        self.version += 1;
        self.version
    }

    /// Puts an object in place under the next resourceVersion and tells the watches.
    fn put(&mut self, kind: &Kind, mut object: Value, change: ChangeType) -> Arc<Value> {
        let version = self.next_version();
        object["metadata"]["resourceVersion"] = json!(version.to_string());
        let key = (namespace_of(&object).to_owned(), name_of(&object).to_owned());
        let object = Arc::new(object);
        let old = self.objects.entry(kind.key()).or_default().insert(key, object.clone());
        self.index.replace(&kind.key(), old.as_deref(), Some(&object));
        self.tell(Change { version, kind: kind.key(), change, object: object.clone(), old });
        self.refresh_custom(kind);
        object
    }

    /// Takes an object out, under the next resourceVersion, and tells the watches.
    fn erase(&mut self, kind: &Kind, mut object: Value) -> Value {
        let version = self.next_version();
        object["metadata"]["resourceVersion"] = json!(version.to_string());
        let key = (namespace_of(&object).to_owned(), name_of(&object).to_owned());
        let old = self.objects.get_mut(&kind.key()).and_then(|table| table.remove(&key));
        self.index.replace(&kind.key(), old.as_deref(), None);
        let shared = Arc::new(object.clone());
        self.tell(Change { version, kind: kind.key(), change: ChangeType::Deleted, object: shared, old });
        self.refresh_custom(kind);
        object
    }

    fn refresh_custom(&mut self, kind: &Kind) {
        if kind.kind != "CustomResourceDefinition" {
            return;
        }
        self.custom.clear();
        let crds: Vec<Arc<Value>> = self.read_all(kind, "");
        for crd in crds {
            let found: Vec<Arc<Kind>> = kinds::of_crd(&crd).into_iter().map(Arc::new).collect();
            self.custom_schemas.learn(&crd, &found);
            self.custom.extend(found);
        }
    }
}

fn same_but_version(old: &Value, new: &Value) -> bool {
    let (Some(old), Some(new)) = (old.as_object(), new.as_object()) else { return old == new };
    if old.len() != new.len() {
        return false;
    }
    old.iter().all(|(key, before)| {
        let after = new.get(key);
        if key != "metadata" {
            return after == Some(before);
        }
        let (Some(before), Some(after)) = (before.as_object(), after.and_then(Value::as_object)) else {
            return after == Some(before);
        };
        let lacks = |one: &serde_json::Map<String, Value>, other: &serde_json::Map<String, Value>| {
            one.keys().any(|k| k != "resourceVersion" && !other.contains_key(k))
        };
        let differs = before.iter().any(|(k, v)| k != "resourceVersion" && after.get(k) != Some(v));
        !differs && !lacks(after, before)
    })
}

#[cfg(test)]
mod tests;
