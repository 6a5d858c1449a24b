//! Interruption: INT and TERM ask for an end; nothing new is begun, what is under way is finished. Asked a second time,
//! it ends at once.

use std::sync::Arc;
use std::sync::atomic::{AtomicU8, AtomicU32, Ordering};

use tokio::sync::Notify;

use crate::error::{AGAIN, Error, Kind};

/// Whether an end was asked for, and by which signal.
#[derive(Debug, Clone, Default)]
pub struct Stop {
    signal: Arc<AtomicU8>,
    times: Arc<AtomicU32>,
    notify: Arc<Notify>,
}

impl Stop {
    /// A stop that INT, TERM and HUP of this process ask for. Must be called inside a tokio runtime.
    pub fn by_signals() -> Self {
        let stop = Self::default();
        #[cfg(unix)]
        {
            use tokio::signal::unix::{SignalKind, signal};
            // A terminal that goes away asks for an end as well: what was written down for helm must go.
            for (kind, code) in [
                (SignalKind::interrupt(), Kind::Interrupted),
                (SignalKind::terminate(), Kind::Terminated),
                (SignalKind::hangup(), Kind::Terminated),
            ] {
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
        self.times.fetch_add(1, Ordering::SeqCst);
        self.notify.notify_waiters();
    }

    /// The error of the end that was asked for, if one was.
    pub fn requested(&self) -> Option<Error> {
        let error = |kind, word: &str| {
            Error::new(kind, word).next(format!("{AGAIN}; it goes on where this one stopped"))
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

    /// Ends when the end is asked for a second time: what is under way is not waited for either.
    pub async fn hurried(&self) {
        loop {
            let notified = self.notify.notified();
            if self.times.load(Ordering::SeqCst) > 1 {
                return;
            }
            notified.await;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn term_decides_the_code_and_the_second_signal_hurries() {
        let stop = Stop::default();
        assert!(stop.requested().is_none());
        stop.ask(Kind::Terminated);
        assert_eq!(stop.wait().await.kind, Kind::Terminated);
        assert!(futures::FutureExt::now_or_never(stop.hurried()).is_none());
        stop.ask(Kind::Interrupted);
        stop.hurried().await;
        assert_eq!(stop.wait().await.kind, Kind::Terminated);
    }
}
