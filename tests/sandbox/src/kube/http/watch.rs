//! Watches: streams of changes.

use std::collections::VecDeque;
use std::convert::Infallible;
use std::sync::Arc;
use std::time::Duration;

use bytes::Bytes;
use http::Response;
use http_body::Frame;
use http_body_util::{BodyExt as _, StreamBody};
use serde_json::{Value, json};
use tokio::time::Instant;

use super::answer::{Body, Outcome, whole};
use super::read::{Form, Select, outward};
use super::{Asked, KubeError, Shared, options, table};
use crate::kube::kinds::Kind;
use crate::kube::store::{Change, ChangeType};
use crate::state::State;

/// How often a watch that asked for bookmarks gets one.
const BOOKMARKS: Duration = Duration::from_secs(60);
/// How long a watch lives that names no end; the API server draws 30 to 60 minutes.
const LONGEST: Duration = Duration::from_secs(45 * 60);

/// A watch that has been let through.
pub struct Watch {
    kind: Arc<Kind>,
    select: Select,
    form: Form,
    version: u64,
    queue: VecDeque<Bytes>,
    bookmarks: bool,
    life: Duration,
    over: bool,
    /// Whether an object has been told.
    told: bool,
}

/// Begins a watch: what is there already, then what happens.
pub fn begin(state: &State, kind: &Arc<Kind>, asked: &Asked<'_>) -> Result<Outcome, KubeError> {
    let query = asked.query;
    let given = query.get("resourceVersion").unwrap_or_default();
    let streaming = query.flag("sendInitialEvents");
    options::list(query, true)?;
    let version: u64 = given.parse().unwrap_or(0);
    let mut watch = Watch {
        kind: kind.clone(),
        select: Select::of(kind, asked)?,
        form: Form::of(asked)?,
        version,
        queue: VecDeque::new(),
        bookmarks: query.flag("allowWatchBookmarks"),
        life: query.number("timeoutSeconds").filter(|s| *s > 0).map_or(LONGEST, Duration::from_secs),
        over: false,
        told: false,
    };
    if version == 0 || streaming {
        watch.version = state.kube.version();
        for object in state.kube.read_all(kind, "") {
            if watch.select.matches(&object) {
                watch.push(state, "ADDED", &object);
            }
        }
    }
    if streaming {
        let mut mark = watch.bookmark();
        mark["metadata"]["annotations"] = json!({"k8s.io/initial-events-end": "true"});
        watch.line(&json!({"type": "BOOKMARK", "object": mark}));
    }
    Ok(Outcome::Watch(Box::new(watch)))
}

impl Watch {
    fn line(&mut self, event: &Value) {
        self.queue.push_back(format!("{event}\n").into());
    }

    fn bookmark(&self) -> Value {
        json!({
            "kind": self.kind.kind, "apiVersion": self.kind.api_version(),
            "metadata": {"resourceVersion": self.version.to_string()},
        })
    }

    fn push(&mut self, state: &State, event: &str, object: &Arc<Value>) {
        let first = !self.told;
        self.told = true;
        let object = match self.form {
            Form::Whole => outward(&self.kind, object),
            Form::Metadata => json!({
                "kind": "PartialObjectMetadata", "apiVersion": "meta.k8s.io/v1", "metadata": object["metadata"],
            }),
            Form::Table(include) => {
                let metadata = json!({"resourceVersion": object["metadata"]["resourceVersion"]});
                let mut table =
                    table::of(state, &self.kind, std::slice::from_ref(object), include, &metadata);
                // Columns are defined once in a watch.
                if !first {
                    table["columnDefinitions"] = Value::Null;
                }
                table
            }
        };
        self.line(&json!({"type": event, "object": object}));
    }

    /// Queues what has happened since the last look.
    fn catch_up(&mut self, state: &State) {
        let Some(changes) = state.kube.since(&self.kind.key(), self.version) else {
            let message = format!("too old resource version: {} ({})", self.version, state.kube.oldest());
            let error = KubeError::plain(410, "Expired", message);
            self.line(&json!({"type": "ERROR", "object": error.to_status()}));
            self.over = true;
            return;
        };
        for change in changes {
            match self.event(&change) {
                // What fits no longer goes as it was when it still did, under the version of the change.
                Some("DELETED") if change.change != ChangeType::Deleted => {
                    if let Some(old) = &change.old {
                        let mut gone = (**old).clone();
                        gone["metadata"]["resourceVersion"] = json!(change.version.to_string());
                        self.push(state, "DELETED", &Arc::new(gone));
                    }
                }
                Some(event) => self.push(state, event, &change.object),
                None => {}
            }
        }
        self.version = self.version.max(state.kube.version());
    }

    /// A change of an object that comes to fit or no longer fits is seen as its creation or deletion.
    fn event(&self, change: &Change) -> Option<&'static str> {
        let before = change.old.as_ref().is_some_and(|old| self.select.matches(old));
        let after = change.change != ChangeType::Deleted && self.select.matches(&change.object);
        match (before, after) {
            (false, true) => Some("ADDED"),
            (true, true) => Some("MODIFIED"),
            (true, false) => Some("DELETED"),
            (false, false) => None,
        }
    }
}

/// The answer of a watch: headers at once, then one JSON document a line.
pub fn stream(shared: Arc<dyn Shared>, watch: Watch) -> Response<Body> {
    let told = shared.state().kube.subscribe();
    let end = Instant::now() + watch.life;
    let start = (shared, watch, told, Instant::now() + BOOKMARKS);
    let lines = futures::stream::unfold(start, move |(shared, mut watch, mut told, mut mark)| async move {
        loop {
            if let Some(line) = watch.queue.pop_front() {
                let frame = Ok::<_, Infallible>(Frame::data(line));
                return Some((frame, (shared, watch, told, mark)));
            }
            if watch.over || Instant::now() >= end {
                return None;
            }
            told.borrow_and_update();
            watch.catch_up(&shared.state());
            if !watch.queue.is_empty() {
                continue;
            }
            if watch.bookmarks && Instant::now() >= mark {
                let object = watch.bookmark();
                watch.line(&json!({"type": "BOOKMARK", "object": object}));
                mark = Instant::now() + BOOKMARKS;
                continue;
            }
            let until = if watch.bookmarks { end.min(mark) } else { end };
            // Whether a change or the time woke it is looked at above.
            let _woken = tokio::time::timeout_at(until, told.changed()).await;
        }
    });
    Response::builder()
        .status(200)
        .header("content-type", "application/json")
        .header("cache-control", "no-cache, private")
        .body(StreamBody::new(lines).boxed_unsync())
        .unwrap_or_else(|_| Response::new(whole(Bytes::new())))
}
