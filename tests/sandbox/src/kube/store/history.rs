//! The changes that watches see, and how they wait for the next one.

use std::sync::Arc;

use serde_json::Value;

use super::KubeStore;

/// How many changes are remembered; a watch that starts earlier gets 410 Gone.
const REMEMBERED: usize = 50_000;

/// What happened to an object.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ChangeType {
    /// Created.
    Added,
    /// Replaced by a newer version.
    Modified,
    /// Gone.
    Deleted,
}

/// One change.
#[derive(Debug, Clone)]
pub struct Change {
    /// resourceVersion of the change.
    pub version: u64,
    /// Key of the kind ([`super::Kind::key`]).
    pub kind: String,
    /// What happened.
    pub change: ChangeType,
    /// The object after it (deleted: its last state, under the deletion's resourceVersion).
    pub object: Arc<Value>,
    /// The object before it.
    pub old: Option<Arc<Value>>,
}

impl KubeStore {
    pub(super) fn tell(&mut self, change: Change) {
        let version = change.version;
        if self.history.len() >= REMEMBERED {
            self.history.pop_front();
        }
        self.history.push_back(change);
        self.told.send_replace(version);
    }

    /// The changes of a kind after `version`; `None` when they are no longer all remembered.
    pub fn since(&self, kind: &str, version: u64) -> Option<Vec<Change>> {
        let oldest = self.oldest();
        if version < oldest {
            return None;
        }
        let start = self.history.partition_point(|c| c.version <= version);
        Some(self.history.range(start..).filter(|c| c.kind == kind).cloned().collect())
    }

    /// The oldest resourceVersion that a watch can start from.
    pub fn oldest(&self) -> u64 {
        self.history.front().map_or(self.version, |c| c.version - 1)
    }

    /// Tells when the resourceVersion moves on.
    pub fn subscribe(&self) -> tokio::sync::watch::Receiver<u64> {
        self.told.subscribe()
    }
}
