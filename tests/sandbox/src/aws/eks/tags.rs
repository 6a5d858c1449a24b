//! TagResource and UntagResource.

use serde_json::{Map, Value, json};

use super::super::row;
use super::reads::TAGGED;
use crate::call::{Answer, AwsError, Call};
use crate::state::State;

/// TagResource and UntagResource on anything that has tags.
///
/// # Errors
/// `NotFoundException`.
pub fn handle(state: &mut State, call: &Call) -> Answer {
    let arn = call.text("resourceArn").unwrap_or_default();
    let place = TAGGED.iter().find(|(collection, member)| state.find(collection, member, arn).is_some());
    let Some(row) = place.and_then(|(collection, member)| state.find_mut(collection, member, arn)) else {
        return Err(AwsError::new("NotFoundException", format!("Resource {arn} not found")).with_status(404));
    };
    let mut tags: Map<String, Value> = row["tags"].as_object().cloned().unwrap_or_default();
    for (key, value) in call.input["tags"].as_object().into_iter().flatten() {
        tags.insert(key.clone(), value.clone());
    }
    for key in call.texts("tagKeys") {
        tags.shift_remove(key);
    }
    row::set(row, "tags", tags);
    Ok(json!({}))
}
