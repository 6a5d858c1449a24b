//! The store as a copy of a real API server's objects: nothing is judged, filled in or admitted here.

use std::collections::BTreeSet;

use serde_json::{Value, json};

use super::meta::{name_of, namespace_of};
use super::{ChangeType, KubeStore};

impl KubeStore {
    /// Takes an object as it is, its resourceVersion too.
    pub fn copy(&mut self, object: Value) {
        let (version, kind) = (object["apiVersion"].as_str(), object["kind"].as_str());
        let Some(kind) = version.zip(kind).and_then(|(version, kind)| self.kind(version, kind)) else {
            return;
        };
        let given = object["metadata"]["resourceVersion"].clone();
        let placed = self.put(&kind, object, ChangeType::Modified);
        let mut object = (*placed).clone();
        object["metadata"]["resourceVersion"] = given;
        let key = (namespace_of(&object).to_owned(), name_of(&object).to_owned());
        self.objects.entry(kind.key()).or_default().insert(key, std::sync::Arc::new(object));
    }

    /// Lets go of an object.
    pub fn forget_copy(&mut self, object: &Value) {
        let (version, kind) = (object["apiVersion"].as_str(), object["kind"].as_str());
        let Some(kind) = version.zip(kind).and_then(|(version, kind)| self.kind(version, kind)) else {
            return;
        };
        if let Some(found) = self.read(&kind, namespace_of(object), name_of(object)).cloned() {
            self.erase(&kind, found);
        }
    }

    /// Takes all objects of a kind, and lets go of those that are no more.
    pub fn copy_all(&mut self, api_version: &str, kind: &str, items: Vec<Value>) {
        let Some(known) = self.kind(api_version, kind) else { return };
        let key = |object: &Value| (namespace_of(object).to_owned(), name_of(object).to_owned());
        let names: BTreeSet<_> = items.iter().map(key).collect();
        let gone: Vec<Value> = self
            .read_all(&known, "")
            .iter()
            .filter(|old| !names.contains(&key(old)))
            .map(|old| (**old).clone())
            .collect();
        for old in gone {
            self.erase(&known, old);
        }
        for mut item in items {
            item["apiVersion"] = json!(api_version);
            item["kind"] = json!(kind);
            self.copy(item);
        }
    }
}
