//! Everything that can happen while a command runs, as data. Reporters turn it into a live line, plain lines or JSON.

use std::time::Duration;

use serde::Serialize;

use crate::steps::{Resource, Verb};

/// One thing that happened.
#[derive(Debug, Clone, PartialEq, Serialize)]
#[serde(rename_all = "camelCase", rename_all_fields = "camelCase", tag = "event")]
pub enum Event {
    /// The world is being looked at.
    Looking {
        /// `cluster hp-eks`, `the result`.
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
        /// The id that came to be.
        made: Option<String>,
    },
    /// An object that was to be made turned out to be there already and right.
    Found {
        /// What.
        resource: Resource,
    },
    /// A refusal that passes by itself (a new role that is not seen yet) is being waited out.
    Settling {
        /// What.
        resource: Resource,
        /// The service's words.
        reason: String,
    },
    /// Something is being waited for. Sent again whenever state or reason change.
    Waiting {
        /// `claim default/fsx-claim to be Bound`.
        what: String,
        /// How long so far.
        elapsed: Duration,
        /// How long it usually takes.
        expected: Option<Duration>,
        /// The latest state or reason.
        reason: Option<String>,
    },
    /// An end was asked for; what was begun is finished first.
    Stopping {
        /// What is under way.
        resources: Vec<Resource>,
    },
    /// Something only explains what is waited for and cannot be read; nothing depends on it.
    Unexplained {
        /// `events of claim default/fsx-claim`.
        what: String,
        /// The service's words.
        reason: String,
    },
    /// The wait is over.
    Arrived {
        /// `claim default/fsx-claim is Bound`.
        what: String,
        /// How long it took.
        elapsed: Duration,
    },
}

/// Takes events as they happen.
pub trait Reporter {
    /// One event.
    fn on(&mut self, event: &Event);
}
