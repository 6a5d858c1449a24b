//! `--log-format json`: every line on stderr is one of these objects.

use std::time::Duration;

use serde::Serialize;

use super::escape::escape_json;
use super::{Document, ErrorBody};
use crate::engine::Event;
use crate::steps::{Resource, Verb};

/// One line. Every line has `kind: Event`, the moment `at`, and `event`, which says what else it has.
#[derive(Debug, Clone, PartialEq, Serialize, schemars::JsonSchema)]
#[serde(tag = "event", rename_all = "camelCase", rename_all_fields = "camelCase")]
pub enum EventLine {
    /// The world is being looked at.
    Looking {
        /// What of it.
        what: String,
    },
    /// A change was begun.
    Started {
        /// What it does.
        verb: Verb,
        /// To what.
        resource: Resource,
    },
    /// A change was made.
    Done {
        /// What it did.
        verb: Verb,
        /// To what.
        resource: Resource,
        /// The id or ARN that came to be.
        made: Option<String>,
    },
    /// An object that was to be made turned out to be there already and right.
    Found {
        /// What.
        resource: Resource,
    },
    /// A refusal that passes by itself is being waited out.
    Settling {
        /// What is not seen everywhere yet.
        resource: Resource,
        /// The service's words.
        reason: String,
    },
    /// Something is being waited for. Written again whenever its state or reason changes.
    Waiting {
        /// What.
        what: String,
        /// How long so far, whole milliseconds.
        elapsed_ms: u64,
        /// How long it usually takes, whole milliseconds.
        expected_ms: Option<u64>,
        /// The latest state or reason.
        reason: Option<String>,
    },
    /// An end was asked for, and this is still under way.
    Stopping {
        /// What is finished before the end.
        resources: Vec<Resource>,
    },
    /// Something only explains what is waited for and cannot be read; nothing depends on it.
    Unexplained {
        /// What.
        what: String,
        /// The service's words.
        reason: String,
    },
    /// The wait is over.
    Arrived {
        /// What is there.
        what: String,
        /// How long it took, whole milliseconds.
        elapsed_ms: u64,
    },
    /// A file of `--output-dir`.
    File {
        /// Its path.
        path: String,
        /// What became of it.
        outcome: FileOutcome,
    },
    /// A call to AWS or Kubernetes, with `-vv`.
    Call {
        /// `ec2`, `kubernetes`.
        service: String,
        /// `DescribeSubnets`, `GET /api/v1/nodes`.
        operation: String,
        /// The service's id of the request.
        request_id: Option<String>,
        /// HTTP status; null when no answer came.
        status: Option<u64>,
        /// How long it took, whole milliseconds.
        ms: u64,
        /// Which attempt it was, from 1.
        attempt: Option<u64>,
    },
    /// The run failed, or consent was needed and nobody there: the last line.
    Failed {
        /// The `Error` document, as `-o json` prints it.
        error: Box<Document<ErrorBody>>,
    },
}

/// What became of a file.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, schemars::JsonSchema)]
#[serde(rename_all = "camelCase")]
pub enum FileOutcome {
    /// It is new.
    Created,
    /// It was there with another content.
    Overwritten,
    /// It was there as it is.
    Kept,
    /// It was not written: values in it are known only after the set-up.
    Later,
}

impl From<&Event> for EventLine {
    fn from(event: &Event) -> Self {
        let ms = |duration: &Duration| u64::try_from(duration.as_millis()).unwrap_or(u64::MAX);
        match event.clone() {
            Event::Looking { what } => Self::Looking { what },
            Event::Started { verb, resource } => Self::Started { verb, resource },
            Event::Done { verb, resource, made } => Self::Done { verb, resource, made },
            Event::Found { resource } => Self::Found { resource },
            Event::Settling { resource, reason } => Self::Settling { resource, reason },
            Event::Waiting { what, elapsed, expected, reason } => Self::Waiting {
                what,
                elapsed_ms: ms(&elapsed),
                expected_ms: expected.as_ref().map(ms),
                reason,
            },
            Event::Stopping { resources } => Self::Stopping { resources },
            Event::Unexplained { what, reason } => Self::Unexplained { what, reason },
            Event::Arrived { what, elapsed } => Self::Arrived { what, elapsed_ms: ms(&elapsed) },
        }
    }
}

impl EventLine {
    /// The object on one line; `at` is the moment in RFC 3339.
    pub fn json(&self, at: &str) -> String {
        let mut object = serde_json::Map::new();
        object.insert("kind".to_owned(), "Event".into());
        object.insert("at".to_owned(), at.into());
        // Strings, numbers and lists of them can always be written.
        if let Ok(serde_json::Value::Object(fields)) = serde_json::to_value(self) {
            object.extend(fields);
        }
        escape_json(&serde_json::Value::Object(object).to_string()).into_owned()
    }
}
