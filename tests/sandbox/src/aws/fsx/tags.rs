//! Tags of FSx resources, by ARN.

use serde_json::{Value, json};

use crate::aws::ec2::tags::merge;
use crate::aws::ec2::value::{list, text, texts};
use crate::call::{Answer, AwsError, Call};
use crate::state::State;

/// FSx's limit of tags on one resource.
const LIMIT: usize = 50;

/// Refuses tags that FSx refuses.
///
/// # Errors
/// `BadRequest` for reserved or repeated keys and for more than 50; the texts are UNCONFIRMED.
pub fn check(tags: &[Value]) -> Result<(), AwsError> {
    for (at, tag) in tags.iter().enumerate() {
        let key = text(tag, "Key");
        if key.to_ascii_lowercase().starts_with("aws:") {
            return Err(AwsError::new("BadRequest", "Tag keys cannot start with aws:"));
        }
        if tags[..at].iter().any(|other| text(other, "Key") == key) {
            return Err(AwsError::new("BadRequest", format!("Duplicate tag key: {key}")));
        }
    }
    if tags.len() > LIMIT {
        return Err(AwsError::new("BadRequest", "A resource can have at most 50 tags"));
    }
    Ok(())
}

/// The table and row index that an ARN names.
fn find(state: &State, arn: &str) -> Result<(&'static str, usize), AwsError> {
    let mut parts = arn.splitn(6, ':');
    if parts.nth(2) != Some("fsx") {
        let message = format!("The resource {arn} is not an Amazon FSx resource");
        return Err(AwsError::new("NotServiceResourceError", message).with("ResourceARN", arn));
    }
    for table in super::TABLES {
        if let Some(at) = state.rows(table).iter().position(|row| text(row, "ResourceARN") == arn) {
            return Ok((table, at));
        }
    }
    let message = format!("The resource {arn} does not exist");
    Err(AwsError::new("ResourceNotFound", message).with("ResourceARN", arn))
}

fn arn(call: &Call) -> String {
    call.text("ResourceARN").unwrap_or_default().to_owned()
}

/// `TagResource`.
///
/// # Errors
/// `ResourceNotFound`, `NotServiceResourceError`, `BadRequest`.
pub fn tag(state: &mut State, call: &Call) -> Answer {
    let (table, at) = find(state, &arn(call))?;
    let new = list(&call.input, "Tags");
    check(new)?;
    if let Some(row) = state.rows_mut(table).get_mut(at) {
        let merged = merge(list(row, "Tags"), new);
        check(&merged)?;
        row["Tags"] = json!(merged);
    }
    Ok(json!({}))
}

/// `UntagResource`.
///
/// # Errors
/// `ResourceNotFound`, `NotServiceResourceError`.
pub fn untag(state: &mut State, call: &Call) -> Answer {
    let (table, at) = find(state, &arn(call))?;
    let keys = texts(&call.input, "TagKeys");
    if let Some(tags) = state.rows_mut(table).get_mut(at).and_then(|row| row["Tags"].as_array_mut()) {
        tags.retain(|tag| !keys.contains(&text(tag, "Key")));
    }
    Ok(json!({}))
}

/// `ListTagsForResource`.
///
/// # Errors
/// `ResourceNotFound`, `NotServiceResourceError`.
pub fn list_tags(state: &State, call: &Call) -> Answer {
    let (table, at) = find(state, &arn(call))?;
    let tags = state.rows(table).get(at).map_or(&[][..], |row| list(row, "Tags"));
    Ok(json!({ "Tags": tags }))
}
