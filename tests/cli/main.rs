//! The shipped binary against the sandbox: codes, words, requests and the world that it leaves.

mod badly;
mod cluster;
mod consent;
mod faults;
mod finished;
mod foreign;
mod forms;
mod harness;
mod hidden;
mod illegal;
mod killed;
mod oddities;
mod others;
mod outcomes;
mod roads;
mod stale;
mod terminal;
mod wizard;
