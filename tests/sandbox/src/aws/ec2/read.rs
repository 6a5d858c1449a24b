//! The Describe operations that are one table each: ids, then filters, then the derived members that a
//! reader sees. Answers that are not simply rows of a table are in `views`.

use serde_json::{Value, json};

use super::filters;
use super::kinds::{self, Kind};
use super::net;
use super::value::{list, text, texts};
use crate::call::{Answer, AwsError, Call};
use crate::state::State;

/// Answers a Describe of one table.
///
/// # Errors
/// EC2's codes for unknown and malformed ids and for unknown filters.
pub fn describe(state: &State, call: &Call, kind: &Kind) -> Answer {
    Ok(json!({ kind.output: rows(state, &call.input, kind)? }))
}

/// The rows that an input with ids and filters asks for, as a reader sees them.
///
/// # Errors
/// As [`describe`].
pub fn rows(state: &State, input: &Value, kind: &Kind) -> Result<Vec<Value>, AwsError> {
    let ids = texts(input, kind.ids);
    let found = by_ids(state, &ids, kind)?;
    let member = if kind.operation == "DescribeNatGateways" { "Filter" } else { "Filters" };
    filters::keep(found, list(input, member), kind.filters)
}

fn by_ids(state: &State, ids: &[&str], kind: &Kind) -> Result<Vec<Value>, AwsError> {
    let all = state.rows(kind.collection);
    if ids.is_empty() {
        return Ok(all.iter().map(|row| seen(state, row, kind)).collect());
    }
    let known = |id: &str| all.iter().any(|row| text(row, kind.id) == id);
    let unknown: Vec<&str> = ids.iter().copied().filter(|id| !known(id)).collect();
    if let Some(first) = unknown.first() {
        return Err(if malformed(first, kind) {
            malformed_id(first, kind)
        } else {
            not_found(&unknown, kind)
        });
    }
    Ok(all.iter().filter(|row| ids.contains(&text(row, kind.id))).map(|row| seen(state, row, kind)).collect())
}

/// A row by its id.
///
/// # Errors
/// EC2's codes for an unknown or malformed id of the kind.
pub fn one<'a>(state: &'a State, collection: &str, id: &str) -> Result<&'a Value, AwsError> {
    let Some(kind) = kinds::of_collection(collection) else {
        return Err(AwsError::new("InternalError", format!("no table {collection}")).with_status(500));
    };
    state.find(collection, kind.id, id).ok_or_else(|| unknown(id, kind))
}

/// The refusal of an id that the world does not have.
pub fn unknown(id: &str, kind: &Kind) -> AwsError {
    if malformed(id, kind) { malformed_id(id, kind) } else { not_found(&[id], kind) }
}

fn malformed(id: &str, kind: &Kind) -> bool {
    let rest = id.strip_prefix(kind.prefix);
    !kind.prefix.is_empty()
        && rest.is_none_or(|rest| {
            rest.is_empty() || !rest.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'-')
        })
}

fn malformed_id(id: &str, kind: &Kind) -> AwsError {
    AwsError::new(kind.malformed, format!("Invalid id: \"{id}\" (expecting \"{}...\")", kind.prefix))
}

fn not_found(ids: &[&str], kind: &Kind) -> AwsError {
    let (code, message) = kind.not_found;
    let message = if ids.len() > 1 {
        message.replace(" ID '", " IDs '").replace("does not exist", "do not exist")
    } else {
        message.to_owned()
    };
    AwsError::new(code, message.replace("{}", &ids.join(", ")))
}

/// A row with what EC2 computes at the moment of reading.
fn seen(state: &State, row: &Value, kind: &Kind) -> Value {
    let mut row = row.clone();
    match kind.collection {
        "ec2.Subnets" => row["AvailableIpAddressCount"] = json!(net::available(state, &row)),
        "ec2.SecurityGroups" => super::rules::show(state, &mut row),
        "ec2.NetworkInterfaces" => show_groups(state, &mut row, "Groups"),
        "ec2.Instances" => show_groups(state, &mut row, "SecurityGroups"),
        _ => {}
    }
    row
}

/// Fills the names of the groups that a row lists by id.
fn show_groups(state: &State, row: &mut Value, member: &str) {
    let Some(groups) = row.get_mut(member).and_then(Value::as_array_mut) else { return };
    for group in groups {
        if text(group, "GroupName").is_empty()
            && let Some(known) = state.find("ec2.SecurityGroups", "GroupId", text(group, "GroupId"))
        {
            group["GroupName"] = known["GroupName"].clone();
        }
    }
}

/// `DescribeSecurityGroups`, which also takes names.
///
/// # Errors
/// As [`describe`]; `InvalidGroup.NotFound` for an unknown name.
pub fn security_groups(state: &State, call: &Call, kind: &Kind) -> Answer {
    let names = call.texts("GroupNames");
    let mut found = rows(state, &call.input, kind)?;
    if names.is_empty() {
        return Ok(json!({ "SecurityGroups": found }));
    }
    for name in &names {
        // Names are looked up in the default VPC only.
        let known = |row: &Value| text(row, "GroupName") == *name && in_default_vpc(state, row);
        if !state.rows(kind.collection).iter().any(known) {
            let message = format!("The security group '{name}' does not exist in default VPC");
            return Err(AwsError::new("InvalidGroup.NotFound", message));
        }
    }
    found.retain(|row| names.contains(&text(row, "GroupName")) && in_default_vpc(state, row));
    Ok(json!({ "SecurityGroups": found }))
}

fn in_default_vpc(state: &State, group: &Value) -> bool {
    state
        .find("ec2.Vpcs", "VpcId", text(group, "VpcId"))
        .is_some_and(|vpc| super::value::flag(vpc, "IsDefault"))
}
