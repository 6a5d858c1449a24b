//! `DescribeFileSystems` and what every other call looks a file system up with.

use serde_json::{Value, json};

use crate::aws::ec2::value::text;
use crate::call::{Answer, AwsError, Call};
use crate::state::State;

/// A file system's row.
///
/// # Errors
/// `FileSystemNotFound`.
pub fn one<'a>(state: &'a State, id: &str) -> Result<&'a Value, AwsError> {
    state
        .find("fsx.FileSystems", "FileSystemId", id)
        .ok_or_else(|| AwsError::new("FileSystemNotFound", format!("File system '{id}' does not exist.")))
}

/// `DescribeFileSystems`. Security groups are never in it: they stand on the interfaces.
///
/// # Errors
/// `FileSystemNotFound` for the first unknown id.
pub fn describe(state: &State, call: &Call) -> Answer {
    let ids = call.texts("FileSystemIds");
    for id in &ids {
        one(state, id)?;
    }
    let found: Vec<&Value> = state
        .rows("fsx.FileSystems")
        .iter()
        .filter(|row| ids.is_empty() || ids.contains(&text(row, "FileSystemId")))
        .collect();
    Ok(json!({ "FileSystems": found }))
}
