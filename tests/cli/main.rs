//! The shipped binary against the sandbox: codes, words, requests and the world that it leaves.

mod allowed;
mod badly;
mod cluster;
mod consent;
mod denied;
mod faults;
mod finished;
mod foreign;
mod forms;
mod harness;
mod helm;
mod hidden;
mod illegal;
mod killed;
mod migrate;
mod oddities;
mod others;
mod outcomes;
mod output;
mod roads;
mod schema;
mod stale;
mod status;
mod terminal;
mod together;
mod wizard;
