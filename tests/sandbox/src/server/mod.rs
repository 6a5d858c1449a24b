//! The running sandbox: two loopback listeners over one [`State`], on a thread of its own.
//!
//! What the services answer is not decided here; this is transport, credentials and the request log.

pub mod log;
pub mod session;

use std::path::PathBuf;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use crate::state::State;

pub use log::Entry;

/// Where a layer of the world comes from.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Source {
    /// A built-in world's name.
    BuiltIn(String),
    /// A world file.
    File(PathBuf),
    /// A world file's text, and what to call it in errors.
    Text {
        /// Stands in for the file's name.
        name: String,
        /// One or more YAML documents.
        text: String,
    },
}

impl Source {
    /// As `--world` reads its value: a built-in name, else a file.
    pub fn parse(value: &str) -> Self {
        if crate::world::builtin(value).is_some() {
            Self::BuiltIn(value.to_owned())
        } else {
            Self::File(PathBuf::from(value))
        }
    }

    /// A layer given as text.
    pub fn text(text: impl Into<String>) -> Self {
        Self::Text { name: "layer".to_owned(), text: text.into() }
    }
}

/// How to start a sandbox.
#[derive(Debug, Clone)]
pub struct Options {
    /// The layers, first to last; none means the built-in world `bare`.
    pub worlds: Vec<Source>,
    /// Where the request log goes, one JSON line a request.
    pub log: Option<PathBuf>,
    /// Before every answer.
    pub latency: Duration,
    /// Lifecycle durations are divided by this.
    pub speed: f64,
    /// Faults as on the command line (`service=fsx,operation=…,error=…`), after those of the world.
    pub faults: Vec<String>,
}

impl Default for Options {
    fn default() -> Self {
        Self { worlds: Vec::new(), log: None, latency: Duration::ZERO, speed: 600.0, faults: Vec::new() }
    }
}

/// Why a sandbox could not be started or saved.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// A world cannot be read.
    #[error(transparent)]
    World(#[from] crate::world::WorldError),
    /// A `--fault` cannot be read.
    #[error("fault {spec:?}: {why}")]
    Fault {
        /// As given.
        spec: String,
        /// What is wrong with it.
        why: String,
    },
    /// A file, a socket or a certificate.
    #[error("{what}: {why}")]
    Io {
        /// What was tried.
        what: String,
        /// The system's words.
        why: String,
    },
}

impl Error {
    pub(crate) fn io(what: impl Into<String>, why: impl std::fmt::Display) -> Self {
        Self::Io { what: what.into(), why: why.to_string() }
    }
}

/// A running sandbox; stops when dropped. Start it from any thread, with or without a runtime.
#[derive(Debug)]
pub struct Sandbox {
    pub(crate) inner: Arc<Inner>,
}

/// What the listeners share.
#[derive(Debug)]
pub struct Inner {
    /// The world.
    pub state: Mutex<State>,
}

impl Sandbox {
    /// Loads the world, binds both listeners and serves until dropped.
    ///
    /// # Errors
    /// A world that cannot be read, a fault that cannot be, or no free port.
    pub fn start(options: Options) -> Result<Self, Error> {
        let _ = options;
        Err(Error::io("start", "not yet"))
    }

    /// The AWS listener, for instance `http://127.0.0.1:40001`.
    pub fn endpoint(&self) -> String {
        String::new()
    }

    /// The kubeconfig's text (context = the cluster's ARN, user = a static token).
    pub fn kubeconfig(&self) -> String {
        String::new()
    }

    /// The environment of COMMAND: name and value, `KUBECONFIG` (a file that lives as long as the
    /// sandbox) included.
    pub fn env(&self) -> Vec<(String, String)> {
        Vec::new()
    }

    /// The world as it stands, as a world file that loads again without loss.
    pub fn snapshot(&self) -> String {
        String::new()
    }

    /// The requests so far, in order of arrival.
    pub fn log(&self) -> Vec<Entry> {
        Vec::new()
    }

    /// The living world, for a test that looks at or changes what no API shows.
    pub fn with_state<T>(&self, use_it: impl FnOnce(&mut State) -> T) -> T {
        use_it(&mut self.inner.state.lock().unwrap_or_else(std::sync::PoisonError::into_inner))
    }
}
