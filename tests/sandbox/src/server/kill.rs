//! `--kill-after-writes N`: the N-th write of COMMAND is applied, its answer is never sent, and from then on nothing
//! of COMMAND's is looked at. Whoever runs COMMAND is told and ends it.
//!
//! What COMMAND had asked for and goes on by itself (lifecycles, add-ons, controllers) is not touched by it.

use std::sync::atomic::{AtomicU64, Ordering};

use tokio::sync::{Mutex, MutexGuard, watch};

use super::log::Facts;
use crate::call::Client;

/// Counts COMMAND's writes and says when it is to be killed.
#[derive(Debug)]
pub struct Kill {
    /// 0: never.
    after: AtomicU64,
    applied: Mutex<u64>,
    told: watch::Sender<bool>,
}

impl Kill {
    /// After so many writes; never when absent.
    pub fn after(after: Option<u64>) -> Self {
        Self {
            after: AtomicU64::new(after.unwrap_or(0)),
            applied: Mutex::new(0),
            told: watch::Sender::new(false),
        }
    }

    /// Begins anew: what was killed is gone, and the next COMMAND is killed after so many writes; never when absent.
    pub fn again(&self, after: Option<u64>) {
        *self.applied.blocking_lock() = 0;
        self.after.store(after.unwrap_or(0), Ordering::SeqCst);
        let _ = self.told.send_replace(false);
    }

    /// Told once with `true`, at the moment when COMMAND is to be killed.
    pub fn notice(&self) -> watch::Receiver<bool> {
        self.told.subscribe()
    }

    /// Held while a request is applied and counted: between the N-th write and the end nothing may slip in.
    /// `None` when nobody is to be killed.
    pub async fn turn(&self) -> Option<Turn<'_>> {
        if self.after.load(Ordering::SeqCst) == 0 {
            return None;
        }
        Some(Turn { kill: self, applied: self.applied.lock().await })
    }

    /// Whether a request of this client is no longer looked at.
    pub fn drops(&self, client: Client) -> bool {
        *self.told.borrow() && matches!(client, Client::Command | Client::Kubectl | Client::Helm)
    }
}

/// One request's turn.
pub struct Turn<'a> {
    kill: &'a Kill,
    applied: MutexGuard<'a, u64>,
}

impl Turn<'_> {
    /// The request was applied, with this HTTP status. A write that was refused has changed nothing and does not count.
    pub fn applied(&mut self, facts: &Facts, status: u16) {
        let counts = matches!(facts.client, Client::Command | Client::Helm);
        if !facts.write || !counts || status >= 400 {
            return;
        }
        *self.applied += 1;
        if self.kill.after.load(Ordering::SeqCst) == *self.applied {
            let _ = self.kill.told.send_replace(true);
        }
    }
}
