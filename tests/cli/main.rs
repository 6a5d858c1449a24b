//! The shipped binary against the sandbox: codes, words, requests and the world that it leaves.

mod harness;

mod badly;
mod cluster;
mod consent;
mod finished;
mod foreign;
mod forms;
mod helm;
mod hidden;
mod illegal;
mod killed;
mod migrate;
mod oddities;
mod others;
mod roads;
mod stale;
mod terminal;
mod wizard;
