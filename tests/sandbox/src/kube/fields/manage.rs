//! The entries of `metadata.managedFields`, and what an update does to them.

use jiff::Timestamp;
use serde_json::{Value, json};

use super::set::FieldSet;
use super::walk::{blank, compare};
use crate::kube::schema::Node;

/// Who writes: the field manager, the version it speaks and the subresource it writes to.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Manager {
    /// `fieldManager` of the request, or the program's name from User-Agent.
    pub name: String,
    /// apiVersion of the body.
    pub api_version: String,
    /// Empty for the object itself.
    pub subresource: String,
}

/// One entry.
#[derive(Debug, Clone)]
pub struct Entry {
    /// Who.
    pub manager: Manager,
    /// Whether by apply; else by update.
    pub applied: bool,
    /// RFC 3339 time, as the entry has it.
    pub time: Value,
    /// What is owned.
    pub fields: FieldSet,
}

/// All entries of an object.
#[derive(Debug, Clone, Default)]
pub struct Managed(pub Vec<Entry>);

impl Managed {
    /// Reads `metadata.managedFields`.
    pub fn of(object: &Value) -> Self {
        let text = |v: &Value| v.as_str().unwrap_or_default().to_owned();
        let list = object["metadata"]["managedFields"].as_array().map(Vec::as_slice).unwrap_or_default();
        Self(
            list.iter()
                .map(|e| Entry {
                    manager: Manager {
                        name: text(&e["manager"]),
                        api_version: text(&e["apiVersion"]),
                        subresource: text(&e["subresource"]),
                    },
                    applied: e["operation"] == "Apply",
                    time: e["time"].clone(),
                    fields: FieldSet::from_json(&e["fieldsV1"]),
                })
                .collect(),
        )
    }

    /// Writes `metadata.managedFields`: applies first, then by time and name.
    pub fn write(mut self, object: &mut Value) {
        self.0.retain(|e| !e.fields.is_empty());
        self.0.sort_by_key(|e| {
            (!e.applied, e.time.as_str().unwrap_or_default().to_owned(), e.manager.name.clone())
        });
        let list: Vec<Value> = self.0.into_iter().map(|entry| entry_json(&entry)).collect();
        if let Some(metadata) = object["metadata"].as_object_mut() {
            if list.is_empty() {
                metadata.shift_remove("managedFields");
            } else {
                metadata.insert("managedFields".into(), Value::Array(list));
            }
        }
    }

    /// The entry of that manager and operation.
    pub fn position(&self, manager: &Manager, applied: bool) -> Option<usize> {
        self.0.iter().position(|e| {
            e.applied == applied
                && e.manager.name == manager.name
                && e.manager.subresource == manager.subresource
                && (applied || e.manager.api_version == manager.api_version)
        })
    }

    /// Gives an entry these fields; its time changes only when the fields do.
    pub fn set(&mut self, manager: &Manager, applied: bool, fields: FieldSet, now: Timestamp) {
        match self.position(manager, applied) {
            Some(at) if self.0[at].fields == fields => {
                self.0[at].manager.api_version.clone_from(&manager.api_version);
            }
            Some(at) => {
                self.0[at] = Entry { manager: manager.clone(), applied, time: time(now), fields };
            }
            None => {
                self.0.push(Entry { manager: manager.clone(), applied, time: time(now), fields });
            }
        }
    }
}

fn entry_json(entry: &Entry) -> Value {
    let mut json = json!({
        "manager": entry.manager.name,
        "operation": if entry.applied { "Apply" } else { "Update" },
        "apiVersion": entry.manager.api_version,
        "time": entry.time,
        "fieldsType": "FieldsV1",
        "fieldsV1": entry.fields.to_json(),
    });
    if !entry.manager.subresource.is_empty() {
        json["subresource"] = json!(entry.manager.subresource);
    }
    json
}

/// A time as the API server writes it: whole seconds, UTC.
pub fn time(now: Timestamp) -> Value {
    json!(now.strftime("%Y-%m-%dT%H:%M:%SZ").to_string())
}

/// Takes out what nobody owns: identity and what the server writes itself.
pub fn strip(set: &mut FieldSet) {
    for member in ["apiVersion", "kind"] {
        set.remove(&[&format!("f:{member}")]);
    }
    for member in [
        "name",
        "namespace",
        "creationTimestamp",
        "selfLink",
        "uid",
        "generation",
        "managedFields",
        "resourceVersion",
        "deletionTimestamp",
        "deletionGracePeriodSeconds",
    ] {
        set.remove(&["f:metadata", &format!("f:{member}")]);
    }
    // The registry writes it, whoever changes the phase (pkg/registry/core/persistentvolume/strategy.go).
    set.remove(&["f:status", "f:lastPhaseTransitionTime"]);
    if let Some(metadata) = set.children.get_mut("f:metadata") {
        metadata.member = false;
    }
    set.member = false;
}

/// Records an update of `old` (null when created) to `new` by `manager` in `new`'s managedFields.
/// An object without managedFields stays without, as on the API server.
pub fn track_update(node: Node<'_>, old: &Value, new: &mut Value, manager: &Manager, now: Timestamp) {
    let mut managed = Managed::of(old);
    let created = old.is_null();
    if !created && managed.0.is_empty() {
        if let Some(metadata) = new["metadata"].as_object_mut() {
            metadata.shift_remove("managedFields");
        }
        return;
    }
    let blank = if created { blank() } else { Value::Null };
    let mut found = compare(node, if created { &blank } else { old }, new);
    strip(&mut found.changed);
    strip(&mut found.removed);
    for entry in &mut managed.0 {
        entry.fields = entry.fields.difference(&found.removed);
    }
    let own = managed.position(manager, false).map(|at| managed.0[at].fields.clone()).unwrap_or_default();
    for entry in managed.0.iter_mut().filter(|e| e.applied || e.manager != *manager) {
        entry.fields = entry.fields.difference(&found.changed);
    }
    let fields = own.union(&found.changed);
    if !fields.is_empty() {
        managed.set(manager, false, fields, now);
    }
    managed.write(new);
}
