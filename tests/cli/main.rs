//! The shipped binary against the sandbox: codes, words, requests and the world that it leaves.

mod harness;

mod badly;
mod cluster;
mod consent;
mod finished;
mod forms;
mod helm;
mod hidden;
mod illegal;
mod killed;
mod migrate;
mod others;
mod roads;
mod stale;
