//! FSx for Lustre: file systems, their updates, tags, data repositories and backups. The rules of what is
//! legal stand in `rules`, written from the published facts and from nothing of `fsxctl`.

use jiff::Timestamp;

use crate::call::{Answer, Call};
use crate::state::State;

mod actions;
mod backups;
mod create;
mod defaults;
mod delete;
mod derive;
mod faults;
mod lifecycle;
mod network;
mod quotas;
mod read;
mod role;
pub mod rules;
mod tags;
mod token;
mod update;

pub use defaults::{arn, dns_name};
pub use derive::derive;

/// The tables whose rows can be tagged.
const TABLES: [&str; 4] =
    ["fsx.FileSystems", "fsx.Backups", "fsx.DataRepositoryAssociations", "fsx.DataRepositoryTasks"];

/// Handles a call to FSx. Lists are whole: paging is not done here.
///
/// # Errors
/// FSx's own error names; 501 for an operation that is not served.
pub fn handle(state: &mut State, call: &Call) -> Answer {
    match call.operation.as_str() {
        "CreateFileSystem" => create::create(state, call),
        "DescribeFileSystems" => read::describe(state, call),
        "DeleteFileSystem" => delete::delete(state, call),
        "UpdateFileSystem" => update::update(state, call),
        "TagResource" => tags::tag(state, call),
        "UntagResource" => tags::untag(state, call),
        "ListTagsForResource" => tags::list_tags(state, call),
        _ => Err(super::not_served(call)),
    }
}

/// Moves what is due; returns when something will be due next.
pub fn advance(state: &mut State) -> Option<Timestamp> {
    if !state.aws.contains_key("fsx.FileSystems") {
        return None;
    }
    lifecycle::advance(state)
}

#[cfg(test)]
mod tests;
