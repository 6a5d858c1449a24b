//! Tags: what `TagSpecifications`, CreateTags, DeleteTags and DescribeTags share.

use serde_json::{Value, json};

use super::filters;
use super::kinds::{self, KINDS, Kind};
use super::read;
use super::rules;
use super::value::{list, push, text};
use crate::call::{Answer, AwsError, Call};
use crate::state::State;

/// EC2's limit of tags on one resource.
const LIMIT: usize = 50;

/// Refuses tags that EC2 refuses.
///
/// # Errors
/// `InvalidParameterValue` for reserved, empty, long or repeated keys; `TagLimitExceeded`.
pub fn check(tags: &[Value]) -> Result<(), AwsError> {
    let refuse = |message: String| Err(AwsError::new("InvalidParameterValue", message));
    for (at, tag) in tags.iter().enumerate() {
        let key = text(tag, "Key");
        if key.is_empty() || key.chars().count() > 128 {
            return refuse(format!("Tag key must be between 1 and 128 characters: '{key}'"));
        }
        if key.to_ascii_lowercase().starts_with("aws:") {
            return refuse("Tag keys starting with 'aws:' are reserved for internal use".to_owned());
        }
        if text(tag, "Value").chars().count() > 256 {
            return refuse(format!("Tag value exceeds the maximum length of 256 characters: '{key}'"));
        }
        if tags[..at].iter().any(|other| text(other, "Key") == key) {
            return refuse(format!("Duplicate tag key '{key}' specified."));
        }
    }
    if tags.len() > LIMIT {
        return Err(AwsError::new("TagLimitExceeded", "The maximum number of tags on a resource is 50"));
    }
    Ok(())
}

/// The tags of a call's `TagSpecifications`, which must all be for `kind`.
///
/// # Errors
/// As [`check`]; `InvalidParameterValue` for another resource type.
pub fn specified(call: &Call, kind: &str) -> Result<Vec<Value>, AwsError> {
    let mut tags = Vec::new();
    for specification in list(&call.input, "TagSpecifications") {
        let given = text(specification, "ResourceType");
        if given != kind {
            let message = format!("'{given}' is not a valid taggable resource type for this operation.");
            return Err(AwsError::new("InvalidParameterValue", message));
        }
        tags.extend(list(specification, "Tags").iter().map(plain));
    }
    check(&tags)?;
    Ok(tags)
}

fn plain(tag: &Value) -> Value {
    json!({"Key": text(tag, "Key"), "Value": text(tag, "Value")})
}

/// `CreateTags`: on resources of any kind and on rules; existing keys get the new value.
///
/// # Errors
/// As [`check`], and the not-found code of the first unknown id.
pub fn create(state: &mut State, call: &Call) -> Answer {
    let tags: Vec<Value> = list(&call.input, "Tags").iter().map(plain).collect();
    check(&tags)?;
    let ids: Vec<String> = call.texts("Resources").into_iter().map(str::to_owned).collect();
    for id in &ids {
        let merged = merge(&current(state, id)?, &tags);
        check(
            &merged.iter().filter(|tag| !text(tag, "Key").starts_with("aws:")).cloned().collect::<Vec<_>>(),
        )?;
    }
    for id in &ids {
        let merged = merge(&current(state, id)?, &tags);
        write(state, id, &merged);
    }
    Ok(json!({"Return": true}))
}

/// `DeleteTags`: a tag with a value only when the value matches, all of them when none is named.
///
/// # Errors
/// The not-found code of the first unknown id.
pub fn delete(state: &mut State, call: &Call) -> Answer {
    let wanted = list(&call.input, "Tags").to_vec();
    let ids: Vec<String> = call.texts("Resources").into_iter().map(str::to_owned).collect();
    for id in &ids {
        current(state, id)?;
    }
    let goes = |tag: &Value| {
        let named = |want: &Value| {
            text(want, "Key") == text(tag, "Key")
                && want.get("Value").and_then(Value::as_str).is_none_or(|value| value == text(tag, "Value"))
        };
        !text(tag, "Key").starts_with("aws:") && (wanted.is_empty() || wanted.iter().any(named))
    };
    for id in &ids {
        let mut tags = current(state, id)?;
        tags.retain(|tag| !goes(tag));
        write(state, id, &tags);
    }
    Ok(json!({"Return": true}))
}

/// Tags laid over others by key.
pub fn merge(old: &[Value], new: &[Value]) -> Vec<Value> {
    let mut merged = old.to_vec();
    for tag in new {
        match merged.iter_mut().find(|known| text(known, "Key") == text(tag, "Key")) {
            Some(known) => *known = tag.clone(),
            None => merged.push(tag.clone()),
        }
    }
    merged
}

fn kind_of(id: &str) -> Result<&'static Kind, AwsError> {
    kinds::of_id(id).ok_or_else(|| AwsError::new("InvalidID", format!("The ID '{id}' is not valid")))
}

fn current(state: &State, id: &str) -> Result<Vec<Value>, AwsError> {
    if id.starts_with("sgr-") {
        let (_, rule) = rules::find(state, id).ok_or_else(|| unknown_rule(id))?;
        return Ok(list(&rule.entry, "$tags").to_vec());
    }
    let kind = kind_of(id)?;
    Ok(filters::tags(read::one(state, kind.collection, id)?).to_vec())
}

/// The refusal of an unknown `sgr-` id.
pub fn unknown_rule(id: &str) -> AwsError {
    let message = format!("The security group rule ID '{id}' does not exist");
    AwsError::new("InvalidSecurityGroupRuleId.NotFound", message)
}

fn write(state: &mut State, id: &str, tags: &[Value]) {
    if id.starts_with("sgr-") {
        let Some((group, rule)) = rules::find(state, id) else { return };
        let group = text(group, "GroupId").to_owned();
        if let Some(row) = state.find_mut("ec2.SecurityGroups", "GroupId", &group) {
            rules::change(row, &rule, |entry| {
                entry["$ruleId"] = json!(id);
                entry["$tags"] = json!(tags);
                true
            });
        }
        return;
    }
    let Ok(kind) = kind_of(id) else { return };
    if let Some(row) = state.find_mut(kind.collection, kind.id, id) {
        let member = if kind.collection == "ec2.NetworkInterfaces" { "TagSet" } else { "Tags" };
        row[member] = json!(tags);
    }
}

/// `DescribeTags`.
///
/// # Errors
/// `InvalidParameterValue` for an unknown filter.
pub fn describe(state: &State, call: &Call) -> Answer {
    let mut found = Vec::new();
    let mut add = |id: &str, kind: &str, tags: &[Value]| {
        for tag in tags {
            let (key, value) = (text(tag, "Key"), text(tag, "Value"));
            found.push(json!({"ResourceId": id, "ResourceType": kind, "Key": key, "Value": value}));
        }
    };
    for kind in KINDS.iter().filter(|kind| !kind.tag_type.is_empty()) {
        for row in state.rows(kind.collection) {
            add(text(row, kind.id), kind.tag_type, filters::tags(row));
        }
    }
    for group in state.rows("ec2.SecurityGroups") {
        for rule in rules::of_group(group) {
            add(&rule.id(text(group, "GroupId")), "security-group-rule", list(&rule.entry, "$tags"));
        }
    }
    let table = &[
        ("key", "Key"),
        ("value", "Value"),
        ("resource-id", "ResourceId"),
        ("resource-type", "ResourceType"),
    ];
    // `tag:K` looks at a resource's tags: here a row is one tag, so it is given to itself.
    let mut rows = Vec::new();
    for mut row in found {
        let tag = plain(&row);
        push(&mut row, "Tags", tag);
        rows.push(row);
    }
    Ok(json!({"Tags": filters::keep(rows, list(&call.input, "Filters"), table)?}))
}
