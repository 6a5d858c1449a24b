//! The shipped binary against the sandbox: codes, words, requests and the world that it leaves.

mod harness;

mod allowed;
mod badly;
mod cluster;
mod consent;
mod denied;
mod finished;
mod forms;
mod hidden;
mod illegal;
mod others;
mod roads;
mod stale;
mod together;
