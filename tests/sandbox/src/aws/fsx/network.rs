//! What `CreateFileSystem` checks of the network, and the interfaces that a file system has in EC2.

use serde_json::{Value, json};

use crate::aws::ec2::rules::{self, Door, End, Peer};
use crate::aws::ec2::value::{list, text, texts};
use crate::aws::ec2::{self, net};
use crate::call::AwsError;
use crate::state::State;

/// The port that FSx checks.
const LUSTRE: i64 = 988;

const CLOSED: &str = "The file system cannot be created because the default security group in the subnet provided or the provided security groups do not permit Lustre LNET network traffic on port 988";
const NO_EFA: &str = "Insufficient security group permissions to create an EFA-enabled file system. Update security group to allow all internal inbound and outbound traffic.";

/// Where a file system goes.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Place {
    /// The subnet's VPC.
    pub vpc: String,
    /// The subnet.
    pub subnet: String,
    /// The groups of its interfaces: those asked for, else the VPC's default group.
    pub groups: Vec<String>,
}

fn refuse(message: impl Into<String>) -> AwsError {
    AwsError::new("InvalidNetworkSettings", message)
}

/// Finds subnet and groups of an input.
///
/// # Errors
/// `InvalidNetworkSettings` for a subnet or group that is unknown or in another VPC; the texts are
/// UNCONFIRMED.
pub fn place(state: &State, input: &Value) -> Result<Place, AwsError> {
    let subnets = texts(input, "SubnetIds");
    let Some(id) = subnets.first() else { return Err(refuse("A subnet ID is required")) };
    let Some(subnet) = state.find("ec2.Subnets", "SubnetId", id) else {
        let message = format!("The subnet ID '{id}' does not exist");
        return Err(refuse(message).with("InvalidSubnetId", *id));
    };
    let vpc = text(subnet, "VpcId");
    let mut groups = Vec::new();
    for id in texts(input, "SecurityGroupIds") {
        let known = state.find("ec2.SecurityGroups", "GroupId", id);
        if known.is_none_or(|row| text(row, "VpcId") != vpc) {
            let message = format!("The security group '{id}' does not exist in the VPC of the subnet");
            return Err(refuse(message).with("InvalidSecurityGroupId", id));
        }
        groups.push(id.to_owned());
    }
    if groups.is_empty() {
        let default = |row: &&Value| text(row, "VpcId") == vpc && text(row, "GroupName") == "default";
        groups.extend(
            state.rows("ec2.SecurityGroups").iter().find(default).map(|row| text(row, "GroupId").to_owned()),
        );
    }
    Ok(Place { vpc: vpc.to_owned(), subnet: (*id).to_owned(), groups })
}

/// What FSx asks of the groups: port 988 from themselves or from the whole subnet, in the rules that it
/// sees by now; with EFA, all traffic both ways between the groups, by group id.
///
/// Only inbound rules are judged without EFA: whether FSx looks at outbound rules is UNCONFIRMED.
///
/// # Errors
/// `InvalidNetworkSettings` with FSx's own texts.
pub fn check_groups(state: &State, place: &Place, efa: bool) -> Result<(), AwsError> {
    let groups: Vec<&str> = place.groups.iter().map(String::as_str).collect();
    let block = state.find("ec2.Subnets", "SubnetId", &place.subnet).and_then(net::block);
    let end = End { groups: &groups, block };
    let door = Door { groups: &groups, egress: false, seen_by: Some(state.now) };
    if !rules::permits(state, door, LUSTRE, end) {
        return Err(refuse(CLOSED));
    }
    if efa && ![false, true].into_iter().all(|egress| all_traffic(state, &groups, egress)) {
        return Err(refuse(NO_EFA));
    }
    Ok(())
}

fn all_traffic(state: &State, groups: &[&str], egress: bool) -> bool {
    let rules = rules::effective(state, Door { groups, egress, seen_by: Some(state.now) });
    rules.iter().any(|rule| {
        rule.protocol == "-1" && matches!(&rule.peer, Peer::Group(peer) if groups.contains(&peer.as_str()))
    })
}

/// Whether a subnet has room for `count` more interfaces.
///
/// # Errors
/// `InvalidNetworkSettings`. Which code and text FSx gives is UNCONFIRMED.
pub fn check_room(state: &State, subnet: &str, count: usize) -> Result<(), AwsError> {
    let free = state.find("ec2.Subnets", "SubnetId", subnet).map_or(0, |row| net::available(state, row));
    if free < u64::try_from(count).unwrap_or(u64::MAX) {
        let message = format!(
            "The subnet '{subnet}' does not have enough available IP addresses: {count} are needed and {free} are free"
        );
        return Err(refuse(message).with("InvalidSubnetId", subnet));
    }
    Ok(())
}

/// Makes interfaces of a file system and returns their ids. Ids given in `ids` are taken first, then
/// fresh ones. A given `AvailableIpAddressCount` of the subnet is counted down when `count_down`.
pub fn attach(
    state: &mut State,
    file_system: &str,
    place: &Place,
    ids: Vec<String>,
    count_down: bool,
) -> Vec<String> {
    let groups: Vec<Value> = place
        .groups
        .iter()
        .map(|id| {
            let name =
                state.find("ec2.SecurityGroups", "GroupId", id).map_or("", |row| text(row, "GroupName"));
            json!({"GroupId": id, "GroupName": name})
        })
        .collect();
    for id in &ids {
        let (partition, region, account) = (state.partition(), &state.region, &state.account);
        let arn = format!("arn:{partition}:fsx:{region}:{account}:file-system/{file_system}");
        let row = json!({
            "NetworkInterfaceId": id, "SubnetId": place.subnet, "VpcId": place.vpc, "Groups": groups,
            "Description": format!("Created By Amazon FSx for {arn}"), "InterfaceType": "interface",
            "RequesterManaged": false, "SourceDestCheck": true, "Status": "in-use",
            "Attachment": {
                "AttachmentId": id.replacen("eni", "eni-attach", 1), "DeleteOnTermination": false,
                "DeviceIndex": 1, "InstanceOwnerId": "amazon-aws", "Status": "attached",
            },
            "TagSet": [{"Key": "AmazonFSx.FileSystemId", "Value": file_system}],
        });
        let row = ec2::interface(state, row);
        state.rows_mut("ec2.NetworkInterfaces").push(row);
    }
    if count_down {
        adjust_count(state, &place.subnet, -i64::try_from(ids.len()).unwrap_or(0));
    }
    ids
}

fn adjust_count(state: &mut State, subnet: &str, by: i64) {
    if let Some(row) = state.find_mut("ec2.Subnets", "SubnetId", subnet)
        && let Some(count) = row.get("AvailableIpAddressCount").and_then(Value::as_i64)
    {
        row["AvailableIpAddressCount"] = json!((count + by).max(0));
    }
}

/// Takes a file system's interfaces away.
pub fn detach(state: &mut State, row: &Value) {
    for id in texts(row, "NetworkInterfaceIds") {
        let gone = state.find("ec2.NetworkInterfaces", "NetworkInterfaceId", id).cloned();
        let Some(gone) = gone else { continue };
        state.rows_mut("ec2.NetworkInterfaces").retain(|row| text(row, "NetworkInterfaceId") != id);
        adjust_count(state, text(&gone, "SubnetId"), 1);
    }
}

/// The place of an existing file system: its subnet, and the groups on its first interface.
pub fn place_of(state: &State, row: &Value) -> Place {
    let interface = texts(row, "NetworkInterfaceIds")
        .first()
        .and_then(|id| state.find("ec2.NetworkInterfaces", "NetworkInterfaceId", id));
    let groups = interface.map_or(&[][..], |row| list(row, "Groups"));
    Place {
        vpc: text(row, "VpcId").to_owned(),
        subnet: texts(row, "SubnetIds").first().copied().unwrap_or_default().to_owned(),
        groups: groups.iter().map(|group| text(group, "GroupId").to_owned()).collect(),
    }
}
