//! What went wrong, in the shape that people and pipelines get: a kind (which is the exit code), the
//! chain of causes, what was done, what is left, and at most one thing to do next.
//!
//! No printing here, and no knowledge of any service's error codes: those become a [`Kind`] in `gateway`.

use std::fmt;

use serde::{Deserialize, Serialize};

/// What kind of end it was; its number is the exit code.
#[derive(
    Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize, schemars::JsonSchema,
)]
#[serde(rename_all = "camelCase")]
pub enum Kind {
    /// 1: a bug, or a service answered in a way nobody expected.
    Bug,
    /// 2: the command line or the config file cannot be, or names what does not exist.
    Usage,
    /// 3: a verification failed or the doctor found errors.
    Findings,
    /// 5: no or expired credentials, or a no from AWS or Kubernetes that could change the plan.
    Denied,
    /// 6: throttled, unreachable or timed out; nothing is broken.
    Unavailable,
    /// 7: something not ours or different is in the way, or the world moved.
    Conflict,
    /// 8: changes are pending.
    Pending,
    /// 9: consent needed and nobody there, or declined.
    Declined,
    /// 10: an object ended badly after a write.
    EndedBadly,
    /// 130: interrupted.
    Interrupted,
    /// 143: terminated.
    Terminated,
}

impl Kind {
    /// Every kind, in the order of the exit codes.
    pub const ALL: [Self; 11] = [
        Self::Bug,
        Self::Usage,
        Self::Findings,
        Self::Denied,
        Self::Unavailable,
        Self::Conflict,
        Self::Pending,
        Self::Declined,
        Self::EndedBadly,
        Self::Interrupted,
        Self::Terminated,
    ];

    /// The process's exit code.
    pub const fn code(self) -> u8 {
        match self {
            Self::Bug => 1,
            Self::Usage => 2,
            Self::Findings => 3,
            Self::Denied => 5,
            Self::Unavailable => 6,
            Self::Conflict => 7,
            Self::Pending => 8,
            Self::Declined => 9,
            Self::EndedBadly => 10,
            Self::Interrupted => 130,
            Self::Terminated => 143,
        }
    }
}

/// What to do next when nothing is broken. Where the command line is known it is put behind these words.
pub const AGAIN: &str = "run the same command again";

/// One failure, whole.
#[derive(Debug, Clone, PartialEq)]
pub struct Error {
    /// Decides the exit code.
    pub kind: Kind,
    /// One sentence without a full stop, lower case, for instance `cannot read role fsx`.
    pub message: String,
    /// From the nearest cause to the farthest.
    pub causes: Vec<String>,
    /// The IAM action, or RBAC verb and resource, that is missing.
    pub permission: Option<String>,
    /// One imperative command or sentence.
    pub next: Option<String>,
    /// Lines of extra detail that belong to the message (a list of clusters, of illegal values).
    pub details: Vec<String>,
    /// What had been changed before.
    pub done: Vec<String>,
    /// What had been planned and was not done.
    pub left: Vec<String>,
    /// The plan it happened in, when one had been made.
    pub plan: Option<Box<crate::steps::Plan>>,
}

impl Error {
    /// A failure without causes yet.
    pub fn new(kind: Kind, message: impl Into<String>) -> Self {
        Self {
            kind,
            message: message.into(),
            causes: Vec::new(),
            permission: None,
            next: None,
            details: Vec::new(),
            done: Vec::new(),
            left: Vec::new(),
            plan: None,
        }
    }

    /// Kind [`Kind::Usage`].
    pub fn usage(message: impl Into<String>) -> Self {
        Self::new(Kind::Usage, message)
    }

    /// Kind [`Kind::Conflict`].
    pub fn conflict(message: impl Into<String>) -> Self {
        Self::new(Kind::Conflict, message)
    }

    /// Kind [`Kind::Bug`].
    pub fn bug(message: impl Into<String>) -> Self {
        Self::new(Kind::Bug, message)
    }

    /// Adds a cause.
    #[must_use]
    pub fn because(mut self, cause: impl Into<String>) -> Self {
        self.causes.push(cause.into());
        self
    }

    /// Sets the one thing to do next.
    #[must_use]
    pub fn next(mut self, next: impl Into<String>) -> Self {
        self.next = Some(next.into());
        self
    }

    /// Names the missing permission.
    #[must_use]
    pub fn permission(mut self, permission: impl Into<String>) -> Self {
        self.permission = Some(permission.into());
        self
    }

    /// Adds lines of detail.
    #[must_use]
    pub fn details(mut self, lines: impl IntoIterator<Item = String>) -> Self {
        self.details.extend(lines);
        self
    }

    /// Whether anything had been written before it failed.
    pub fn partial(&self) -> bool {
        !self.done.is_empty()
    }
}

impl fmt::Display for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.message)
    }
}

impl std::error::Error for Error {}

/// The result of everything that can end a command.
pub type Result<T, E = Error> = std::result::Result<T, E>;
