//! Judges: from what was seen to what is wrong, root cause first, each with its evidence and the way out.
//!
//! One unit a check, all of them in one table that also feeds `doctor list`, `explain` and the docs. Pure: what was seen
//! comes in as data, the time included; nothing here looks, writes or prints. What cannot be seen is never taken for
//! absent, and what cannot be proved is not claimed.

mod auth;
mod bind;
mod check;
mod class;
mod deletion;
mod exam;
mod explain;
mod file_system;
mod finding;
mod fixed;
mod focus;
mod hyperpod;
mod install;
#[cfg(test)]
mod machine;
mod mount;
mod network;
mod notes;
mod offline;
mod rank;
mod s3;
#[cfg(test)]
mod sample;
mod schedule;
mod table;
#[cfg(test)]
mod tests;
mod zone;

pub use check::{Check, Complaint, Outcome};
pub use exam::Exam;
pub use explain::{Explanation, Section, explain, terms};
pub use finding::{
    Area, Evidence, Finding, Fix, FixClass, Resource, Severity, State, Summary, Verdict, verdict_of,
};
pub use focus::Focus;
pub use offline::{OFFLINE, Written, checkup_of};
pub use rank::{Choice, examine, picks_nothing};
pub use table::{CHECKS, all, find};
