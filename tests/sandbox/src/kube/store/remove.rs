//! Deletion: preconditions, finalizers, grace, propagation to dependents.

use std::sync::Arc;

use jiff::{SignedDuration, Timestamp};
use serde_json::{Value, json};

use super::meta::{self, name_of, namespace_of, uid_of};
use super::{ChangeType, KubeStore};
use crate::kube::error::KubeError;
use crate::kube::fields::time;
use crate::kube::kinds::Kind;

/// What becomes of the dependents.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Propagation {
    /// The object goes at once, its dependents after it.
    Background,
    /// The dependents go first.
    Foreground,
    /// The dependents stay and lose their owner.
    Orphan,
}

/// How to delete.
#[derive(Debug, Clone)]
pub struct Removal {
    /// When.
    pub now: Timestamp,
    /// Dependents.
    pub propagation: Propagation,
    /// Seconds of grace for a pod; `None`: the pod's own.
    pub grace: Option<i64>,
    /// Required uid.
    pub uid: Option<String>,
    /// Required resourceVersion.
    pub resource_version: Option<String>,
    /// Judge only.
    pub dry_run: bool,
}

impl Removal {
    /// In the background, without preconditions.
    pub fn now(now: Timestamp) -> Self {
        Self {
            now,
            propagation: Propagation::Background,
            grace: None,
            uid: None,
            resource_version: None,
            dry_run: false,
        }
    }
}

impl KubeStore {
    /// Deletes an object; answers its last state, with a deletionTimestamp when it has to wait.
    ///
    /// # Errors
    /// `NotFound`, or `Conflict` for a precondition.
    pub fn remove(
        &mut self,
        kind: &Kind,
        namespace: &str,
        name: &str,
        how: &Removal,
    ) -> Result<Value, KubeError> {
        let Some(object) = self.read_arc(kind, namespace, name) else {
            return Err(KubeError::not_found(kind, name));
        };
        preconditions(kind, &object, how)?;
        if how.dry_run {
            return Ok((*object).clone());
        }
        let mut object = (*object).clone();
        match how.propagation {
            Propagation::Orphan => self.orphan(uid_of(&object)),
            Propagation::Background => {}
            Propagation::Foreground => self.collect(uid_of(&object), how.now),
        }
        if how.propagation == Propagation::Foreground && self.has_dependents(uid_of(&object)) {
            meta::add_finalizer(&mut object, "foregroundDeletion");
        }
        let grace = grace_of(&object, how);
        let waits = !meta::finalizers(&object).is_empty()
            || grace > 0
            || (kind.kind == "Namespace" && !object["spec"]["finalizers"].is_null());
        if waits {
            return Ok(self.mark(kind, object, grace, how.now));
        }
        let uid = uid_of(&object).to_owned();
        let gone = self.erase(kind, object);
        self.collect(&uid, how.now);
        Ok(gone)
    }

    /// Takes an object out for good, whatever its finalizers say, and its dependents after it.
    pub fn finish(&mut self, kind: &Kind, namespace: &str, name: &str, now: Timestamp) {
        if let Some(object) = self.read_arc(kind, namespace, name) {
            self.erase(kind, (*object).clone());
            self.collect(uid_of(&object), now);
        }
    }

    fn mark(&mut self, kind: &Kind, mut object: Value, grace: i64, now: Timestamp) -> Value {
        let already = meta::terminating(&object);
        if !already {
            self.work.stopping.insert(uid_of(&object).to_owned());
            object["metadata"]["deletionTimestamp"] = time(now + SignedDuration::from_secs(grace));
            if kind.kind != "Namespace" {
                object["metadata"]["deletionGracePeriodSeconds"] = json!(grace);
            }
            if let Some(generation) = object["metadata"]["generation"].as_i64() {
                object["metadata"]["generation"] = json!(generation + 1);
            }
            if kind.kind == "Namespace" {
                object["status"]["phase"] = json!("Terminating");
            }
        }
        let before = self.read_arc(kind, namespace_of(&object), name_of(&object));
        if before.is_some_and(|b| *b == object) {
            return object;
        }
        (*self.put(kind, object, ChangeType::Modified)).clone()
    }

    fn dependents(&self, uid: &str) -> Vec<(Arc<Kind>, Arc<Value>)> {
        let kinds: Vec<Arc<Kind>> = self.kinds().cloned().collect();
        let kind = |key: &str| kinds.iter().find(|k| k.key() == key && k.group != "events.k8s.io").cloned();
        self.owned_by(uid).into_iter().filter_map(|(key, object)| Some((kind(&key)?, object))).collect()
    }

    /// Whether anything names that uid as its owner.
    pub fn has_dependents(&self, uid: &str) -> bool {
        !self.dependents(uid).is_empty()
    }

    /// Deletes the dependents whose only owner is gone.
    pub(super) fn collect(&mut self, uid: &str, now: Timestamp) {
        for (kind, object) in self.dependents(uid) {
            let owners = object["metadata"]["ownerReferences"].as_array().map_or(0, Vec::len);
            let (namespace, name) = (namespace_of(&object), name_of(&object));
            if owners > 1 {
                self.disown(&kind, &object, uid);
            } else {
                // Its absence by now is all that an error could mean.
                let _gone = self.remove(&kind, namespace, name, &Removal::now(now));
            }
        }
    }

    fn orphan(&mut self, uid: &str) {
        for (kind, object) in self.dependents(uid) {
            self.disown(&kind, &object, uid);
        }
    }

    fn disown(&mut self, kind: &Kind, object: &Value, uid: &str) {
        let mut object = object.clone();
        if let Some(metadata) = object["metadata"].as_object_mut()
            && let Some(owners) = metadata.get_mut("ownerReferences").and_then(Value::as_array_mut)
        {
            owners.retain(|o| o["uid"] != uid);
            if owners.is_empty() {
                metadata.shift_remove("ownerReferences");
            }
        }
        self.put(kind, object, ChangeType::Modified);
    }
}

fn grace_of(object: &Value, how: &Removal) -> i64 {
    let running = object["kind"] == "Pod"
        && object["spec"]["nodeName"].is_string()
        && !matches!(object["status"]["phase"].as_str(), Some("Succeeded" | "Failed"));
    if !running {
        return 0;
    }
    how.grace.unwrap_or_else(|| object["spec"]["terminationGracePeriodSeconds"].as_i64().unwrap_or(30))
}

/// The registry's own check, worded by the kind instead of the resource (k8s.io/apiserver, registry/rest).
fn preconditions(kind: &Kind, object: &Value, how: &Removal) -> Result<(), KubeError> {
    let name = name_of(object);
    let refuse = |detail: &str| {
        let mut error = KubeError::conflict(kind, name, detail);
        let qualified =
            if kind.group.is_empty() { kind.kind.clone() } else { format!("{}.{}", kind.kind, kind.group) };
        error.message = format!("Operation cannot be fulfilled on {qualified} {name:?}: {detail}");
        if let Some(details) = &mut error.details {
            details["kind"] = json!(kind.kind);
        }
        Err(error)
    };
    if let Some(uid) = &how.uid
        && uid != uid_of(object)
    {
        return refuse(&format!(
            "the UID in the precondition ({uid}) does not match the UID in record ({}). The object might have been deleted and then recreated",
            uid_of(object)
        ));
    }
    if let Some(version) = &how.resource_version
        && object["metadata"]["resourceVersion"] != version.as_str()
    {
        let current = object["metadata"]["resourceVersion"].as_str().unwrap_or_default();
        return refuse(&format!(
            "the ResourceVersion in the precondition ({version}) does not match the ResourceVersion in record ({current}). The object might have been modified"
        ));
    }
    Ok(())
}
