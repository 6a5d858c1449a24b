//! The shipped binary as a doctor: a healthy world and one small overlay for every mode, exactly these findings, no write.

#![allow(clippy::too_many_lines, reason = "a table is as long as what it lists")]

mod case;
mod claims;
mod denied;
mod formats;
mod guides;
#[path = "../cli/harness.rs"]
#[allow(dead_code, reason = "shared with the tests of the other commands")]
mod harness;
mod healthy;
mod identity;
mod mounts;
mod network;
mod questions;
mod scale;
#[path = "../cli/terminal.rs"]
#[allow(dead_code, reason = "the harness knows terminals")]
mod terminal;
