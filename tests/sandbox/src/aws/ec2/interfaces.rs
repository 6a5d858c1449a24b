//! Single attributes of network interfaces: read, and as far as EC2 lets a caller, changed.

use serde_json::{Value, json};

use super::value::{list, text};
use super::{done, read};
use crate::call::{Answer, AwsError, Call};
use crate::state::State;

/// `ModifyNetworkInterfaceAttribute`: groups, description, source/destination check.
///
/// # Errors
/// `InvalidNetworkInterfaceID.NotFound`, `InvalidGroup.NotFound`, `InvalidParameterValue` for a group of
/// another VPC.
pub fn modify(state: &mut State, call: &Call) -> Answer {
    let id = call.text("NetworkInterfaceId").unwrap_or_default().to_owned();
    let vpc = text(read::one(state, "ec2.NetworkInterfaces", &id)?, "VpcId").to_owned();
    let mut groups = Vec::new();
    for group in call.texts("Groups") {
        let row = read::one(state, "ec2.SecurityGroups", group)?;
        if text(row, "VpcId") != vpc {
            let message = "You have specified two resources that belong to different networks.";
            return Err(AwsError::new("InvalidGroup.NotFound", message));
        }
        groups.push(json!({"GroupId": group, "GroupName": row["GroupName"]}));
    }
    let value = |member: &str| call.input.get(member).and_then(|wrapped| wrapped.get("Value")).cloned();
    let (description, check) = (value("Description"), value("SourceDestCheck"));
    if let Some(row) = state.find_mut("ec2.NetworkInterfaces", "NetworkInterfaceId", &id) {
        if !groups.is_empty() {
            row["Groups"] = json!(groups);
        }
        for (member, value) in [("Description", description), ("SourceDestCheck", check)] {
            if let Some(value) = value {
                row[member] = value;
            }
        }
    }
    sync_instance(state, &id);
    done()
}

/// `DescribeNetworkInterfaceAttribute`.
///
/// # Errors
/// `InvalidNetworkInterfaceID.NotFound`, `InvalidParameterValue` for an unknown attribute.
pub fn attribute(state: &State, call: &Call) -> Answer {
    let row = read::one(state, "ec2.NetworkInterfaces", call.text("NetworkInterfaceId").unwrap_or_default())?;
    let id = &row["NetworkInterfaceId"];
    Ok(match call.text("Attribute").unwrap_or_default() {
        "groupSet" => json!({"NetworkInterfaceId": id, "Groups": row["Groups"]}),
        "description" => json!({"NetworkInterfaceId": id, "Description": {"Value": row["Description"]}}),
        "sourceDestCheck" => {
            json!({"NetworkInterfaceId": id, "SourceDestCheck": {"Value": row["SourceDestCheck"]}})
        }
        "attachment" => json!({"NetworkInterfaceId": id, "Attachment": row["Attachment"]}),
        other => {
            let message = format!("Value ({other}) for parameter attribute is invalid.");
            return Err(AwsError::new("InvalidParameterValue", message));
        }
    })
}

/// An instance shows its interfaces too.
fn sync_instance(state: &mut State, id: &str) {
    let Some(row) = state.find("ec2.NetworkInterfaces", "NetworkInterfaceId", id).cloned() else { return };
    let instance = text(&row["Attachment"], "InstanceId").to_owned();
    let Some(instance) = state.find_mut("ec2.Instances", "InstanceId", &instance) else { return };
    if list(instance, "NetworkInterfaces")
        .first()
        .is_some_and(|first| text(first, "NetworkInterfaceId") == id)
    {
        instance["SecurityGroups"] = row["Groups"].clone();
    }
    if let Some(shown) = instance.get_mut("NetworkInterfaces").and_then(Value::as_array_mut) {
        for slot in shown.iter_mut().filter(|slot| text(slot, "NetworkInterfaceId") == id) {
            *slot = row.clone();
        }
    }
}
