//! Making and deleting security groups. Their rules are written in `permit`.

use serde_json::{Value, json};

use super::tags;
use super::value::{flag, list, text};
use super::{read, rules};
use crate::call::{Answer, AwsError, Call};
use crate::state::State;

/// The characters of names and descriptions in a VPC, as EC2's refusal lists them.
pub const CHARACTERS: &str = "a-zA-Z0-9. _-:/()#,@[]+=&;{}!$*";

/// Whether EC2 takes a text as a group's name or description, or a rule's description.
pub fn legal_text(text: &str) -> bool {
    text.chars().count() < 256
        && text.chars().all(|c| c.is_ascii_alphanumeric() || ". _-:/()#,@[]+=&;{}!$*".contains(c))
}

/// `CreateSecurityGroup`.
///
/// # Errors
/// `InvalidParameterValue`, `InvalidGroup.Reserved`, `InvalidGroup.Duplicate`, `InvalidVpcID.NotFound`,
/// `VPCIdNotSpecified`.
pub fn create(state: &mut State, call: &Call) -> Answer {
    let name = call.text("GroupName").unwrap_or_default().trim_end().to_owned();
    let description = call.text("Description").unwrap_or_default().to_owned();
    check_name(&name)?;
    if description.is_empty() || !legal_text(&description) {
        return Err(illegal("Invalid security group description."));
    }
    let tags = tags::specified(call, "security-group")?;
    let vpc = vpc(state, call)?;
    let taken = |row: &Value| text(row, "VpcId") == vpc && text(row, "GroupName") == name;
    if state.rows("ec2.SecurityGroups").iter().any(taken) {
        let message = format!("The security group '{name}' already exists for VPC '{vpc}'");
        return Err(AwsError::new("InvalidGroup.Duplicate", message));
    }
    let id = state.id("sg");
    let arn = arn(state, &id);
    let mut row = json!({
        "GroupId": id, "GroupName": name, "Description": description, "VpcId": vpc,
        "OwnerId": state.account, "SecurityGroupArn": arn, "IpPermissions": [],
        "IpPermissionsEgress": [allow_all()],
    });
    if !tags.is_empty() {
        row["Tags"] = json!(tags);
    }
    state.rows_mut("ec2.SecurityGroups").push(row);
    Ok(json!({"GroupId": id, "Tags": tags, "SecurityGroupArn": arn}))
}

/// The ARN of a group.
pub fn arn(state: &State, id: &str) -> String {
    format!("arn:{}:ec2:{}:{}:security-group/{id}", state.partition(), state.region, state.account)
}

/// The rule that every new group begins with: everything may leave.
pub fn allow_all() -> Value {
    json!({"IpProtocol": "-1", "UserIdGroupPairs": [], "IpRanges": [{"CidrIp": "0.0.0.0/0"}], "Ipv6Ranges": [], "PrefixListIds": []})
}

fn illegal(what: &str) -> AwsError {
    let rest = "Valid descriptions are strings less than 256 characters from the following set: ";
    AwsError::new("InvalidParameterValue", format!("{what} {rest} {CHARACTERS}"))
}

fn check_name(name: &str) -> Result<(), AwsError> {
    if name.eq_ignore_ascii_case("default") {
        let message = "The name 'default' is reserved, and cannot be used to create a new security group";
        return Err(AwsError::new("InvalidGroup.Reserved", message));
    }
    if name.to_ascii_lowercase().starts_with("sg-") {
        let message =
            format!("Invalid value '{name}' for groupName. Group names may not be in the format sg-*.");
        return Err(AwsError::new("InvalidParameterValue", message));
    }
    if name.is_empty() || !legal_text(name) {
        return Err(illegal("Invalid security group name."));
    }
    Ok(())
}

fn vpc(state: &State, call: &Call) -> Result<String, AwsError> {
    if let Some(id) = call.text("VpcId") {
        return read::one(state, "ec2.Vpcs", id).map(|row| text(row, "VpcId").to_owned());
    }
    state
        .rows("ec2.Vpcs")
        .iter()
        .find(|row| flag(row, "IsDefault"))
        .map(|row| text(row, "VpcId").to_owned())
        .ok_or_else(|| AwsError::new("VPCIdNotSpecified", "No default VPC for this user"))
}

/// The id of the group that a call names by `GroupId`, or by `GroupName` in the default VPC.
///
/// # Errors
/// `InvalidGroup.NotFound`, `InvalidGroupId.Malformed`, `MissingParameter`.
pub fn named(state: &State, call: &Call) -> Result<String, AwsError> {
    if let Some(id) = call.text("GroupId") {
        return read::one(state, "ec2.SecurityGroups", id).map(|row| text(row, "GroupId").to_owned());
    }
    let Some(name) = call.text("GroupName") else {
        let message = "The request must contain the parameter groupName or groupId";
        return Err(AwsError::new("MissingParameter", message));
    };
    let default = state.rows("ec2.Vpcs").iter().find(|row| flag(row, "IsDefault"));
    let found = default.and_then(|vpc| by_name(state, text(vpc, "VpcId"), name));
    found.ok_or_else(|| {
        let message = format!("The security group '{name}' does not exist in default VPC");
        AwsError::new("InvalidGroup.NotFound", message)
    })
}

/// The id of the group of a name in a VPC.
pub fn by_name(state: &State, vpc: &str, name: &str) -> Option<String> {
    let named = |row: &&Value| text(row, "VpcId") == vpc && text(row, "GroupName") == name;
    state.rows("ec2.SecurityGroups").iter().find(named).map(|row| text(row, "GroupId").to_owned())
}

/// `DeleteSecurityGroup`.
///
/// # Errors
/// `InvalidGroup.NotFound`, `CannotDelete` for a VPC's default group, `DependencyViolation` while an
/// interface is in it or another group's rule names it.
pub fn delete(state: &mut State, call: &Call) -> Answer {
    let id = named(state, call)?;
    let group = read::one(state, "ec2.SecurityGroups", &id)?;
    if text(group, "GroupName") == "default" {
        let message = format!("the specified group: \"{id}\" name: \"default\" cannot be deleted by a user");
        return Err(AwsError::new("CannotDelete", message));
    }
    let attached = |row: &Value| list(row, "Groups").iter().any(|group| text(group, "GroupId") == id);
    let in_use = state.rows("ec2.NetworkInterfaces").iter().any(attached);
    let names = |row: &Value| {
        let peer = rules::Peer::Group(id.clone());
        text(row, "GroupId") != id && rules::of_group(row).iter().any(|rule| rule.peer == peer)
    };
    if in_use || state.rows("ec2.SecurityGroups").iter().any(names) {
        return Err(AwsError::new("DependencyViolation", format!("resource {id} has a dependent object")));
    }
    state.rows_mut("ec2.SecurityGroups").retain(|row| text(row, "GroupId") != id);
    Ok(json!({"Return": true, "GroupId": id}))
}
