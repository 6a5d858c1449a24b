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
mod filter;
mod lifecycle;
mod network;
mod quotas;
mod read;
mod repository;
mod restore;
mod role;
pub mod rules;
mod tags;
mod tasks;
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
        "CreateFileSystemFromBackup" => restore::restore(state, call),
        "CreateDataRepositoryAssociation" => repository::create(state, call),
        "DescribeDataRepositoryAssociations" => repository::describe(state, call),
        "UpdateDataRepositoryAssociation" => repository::update(state, call),
        "DeleteDataRepositoryAssociation" => repository::delete(state, call),
        "CreateDataRepositoryTask" => tasks::create(state, call),
        "DescribeDataRepositoryTasks" => tasks::describe(state, call),
        "CancelDataRepositoryTask" => tasks::cancel(state, call),
        "CreateBackup" => backups::create(state, call),
        "DescribeBackups" => backups::describe(state, call),
        "DeleteBackup" => backups::delete(state, call),
        "CopyBackup" => backups::copy(state, call),
        "TagResource" => tags::tag(state, call),
        "UntagResource" => tags::untag(state, call),
        "ListTagsForResource" => tags::list_tags(state, call),
        _ => Err(super::not_served(call)),
    }
}

/// Moves what is due; returns when something will be due next.
pub fn advance(state: &mut State) -> Option<Timestamp> {
    lifecycle::advance(state)
}

#[cfg(test)]
mod tests;
