//! Interruption: INT and TERM ask for an end; nothing new is begun, what is under way is finished.

use std::sync::Arc;
use std::sync::atomic::{AtomicU8, Ordering};

use tokio::sync::Notify;

use crate::error::{Error, Kind};

/// Whether an end was asked for, and by which signal.
#[derive(Debug, Clone, Default)]
pub struct Stop {
    signal: Arc<AtomicU8>,
    notify: Arc<Notify>,
}

impl Stop {
    /// A stop that INT and TERM of this process ask for. Must be called inside a tokio runtime.
    pub fn by_signals() -> Self {
        let stop = Self::default();
        #[cfg(unix)]
        {
            use tokio::signal::unix::{SignalKind, signal};
            for (kind, code) in
                [(SignalKind::interrupt(), Kind::Interrupted), (SignalKind::terminate(), Kind::Terminated)]
            {
                let asked = stop.clone();
                if let Ok(mut signals) = signal(kind) {
                    tokio::spawn(async move {
                        while signals.recv().await.is_some() {
                            asked.ask(code);
                        }
                    });
                }
            }
        }
        stop
    }

    /// Asks for the end.
    pub fn ask(&self, kind: Kind) {
        // TERM goes before INT: a prompt that TERM breaks off sends itself INT as well.
        self.signal.fetch_max(kind.code(), Ordering::SeqCst);
        self.notify.notify_waiters();
    }

    /// The error of the end that was asked for, if one was.
    pub fn requested(&self) -> Option<Error> {
        let error = |kind, word: &str| {
            Error::new(kind, word).next("run the same command again; it goes on where this one stopped")
        };
        match self.signal.load(Ordering::SeqCst) {
            130 => Some(error(Kind::Interrupted, "interrupted")),
            143 => Some(error(Kind::Terminated, "terminated")),
            _ => None,
        }
    }

    /// Ends when the end is asked for.
    pub async fn wait(&self) -> Error {
        loop {
            let notified = self.notify.notified();
            if let Some(error) = self.requested() {
                return error;
            }
            notified.await;
        }
    }
}
