//! What the world file need not give: ids, owners, zones, each VPC's default group, network ACL and main
//! route table, the interfaces of instances. A given value always wins, also an empty list.

use std::collections::BTreeMap;

use serde_json::{Value, json};

use super::kinds::KINDS;
use super::value::{derived_id, fill, given, list, text};
use super::{groups, net, views};
use crate::state::State;

/// Fills every EC2 table. Running it again changes nothing.
pub fn derive(state: &mut State) {
    fill_ids(state);
    fill_vpcs(state);
    fill_subnets(state);
    fill_groups(state);
    for vpc in ids(state, "ec2.Vpcs", "VpcId") {
        default_group(state, &vpc);
        default_acl(state, &vpc);
        main_route_table(state, &vpc);
    }
    fill_interfaces(state);
    for instance in ids(state, "ec2.Instances", "InstanceId") {
        instance_interface(state, &instance);
    }
    fill_others(state);
}

fn ids(state: &State, collection: &str, member: &str) -> Vec<String> {
    state.rows(collection).iter().map(|row| text(row, member).to_owned()).collect()
}

/// Every row gets an id that depends on its place and content only.
fn fill_ids(state: &mut State) {
    for kind in KINDS.iter().filter(|kind| !kind.prefix.is_empty()) {
        if state.rows(kind.collection).is_empty() {
            continue;
        }
        for (at, row) in state.rows_mut(kind.collection).iter_mut().enumerate() {
            let id = derived_id(kind.prefix.trim_end_matches('-'), &format!("{at}{row}"));
            fill(row, kind.id, id);
        }
    }
}

fn fill_vpcs(state: &mut State) {
    let account = state.account.clone();
    let vpcs = ids(state, "ec2.Vpcs", "VpcId");
    for row in state.rows_mut("ec2.Vpcs") {
        let id = text(row, "VpcId").to_owned();
        fill(row, "OwnerId", account.clone());
        fill(row, "State", "available");
        fill(row, "CidrBlock", "10.0.0.0/16");
        fill(row, "IsDefault", false);
        fill(row, "InstanceTenancy", "default");
        fill(row, "EnableDnsSupport", true);
        fill(row, "EnableDnsHostnames", true);
        fill(row, "DhcpOptionsId", derived_id("dopt", "default"));
        let association = json!([{"AssociationId": derived_id("vpc-cidr-assoc", &id), "CidrBlock": row["CidrBlock"], "CidrBlockState": {"State": "associated"}}]);
        fill(row, "CidrBlockAssociationSet", association);
    }
    let id = derived_id("dopt", "default");
    let uses = |row: &Value| text(row, "DhcpOptionsId") == id;
    if !vpcs.is_empty()
        && state.rows("ec2.Vpcs").iter().any(uses)
        && !state.rows("ec2.DhcpOptions").iter().any(uses)
    {
        let domain = match state.region.as_str() {
            "us-east-1" => "ec2.internal".to_owned(),
            region => format!("{region}.compute.internal"),
        };
        let configurations = json!([
            {"Key": "domain-name", "Values": [{"Value": domain}]},
            {"Key": "domain-name-servers", "Values": [{"Value": "AmazonProvidedDNS"}]},
        ]);
        let row = json!({"DhcpOptionsId": id, "OwnerId": account, "DhcpConfigurations": configurations});
        state.rows_mut("ec2.DhcpOptions").push(row);
    }
}

fn fill_subnets(state: &mut State) {
    let first_vpc = ids(state, "ec2.Vpcs", "VpcId").into_iter().next();
    let (account, region, partition) = (state.account.clone(), state.region.clone(), state.partition());
    for at in 0..state.rows("ec2.Subnets").len() {
        let zones = views::zones(state);
        let unused =
            unused_zone(state, &zones).or_else(|| zones.keys().nth(at % zones.len().max(1)).cloned());
        let Some(row) = state.rows_mut("ec2.Subnets").get_mut(at) else { continue };
        fill_zone(row, &zones, unused);
        let id = text(row, "SubnetId").to_owned();
        if let Some(vpc) = &first_vpc {
            fill(row, "VpcId", vpc.clone());
        }
        fill(row, "OwnerId", account.clone());
        fill(row, "State", "available");
        fill(row, "DefaultForAz", false);
        fill(row, "MapPublicIpOnLaunch", false);
        fill(row, "AssignIpv6AddressOnCreation", false);
        fill(row, "Ipv6Native", false);
        let names = json!({
            "HostnameType": "ip-name", "EnableResourceNameDnsARecord": false, "EnableResourceNameDnsAAAARecord": false,
        });
        fill(row, "PrivateDnsNameOptionsOnLaunch", names);
        fill(row, "Ipv6CidrBlockAssociationSet", json!([]));
        fill(row, "SubnetArn", format!("arn:{partition}:ec2:{region}:{account}:subnet/{id}"));
    }
}

/// The first zone that no subnet is in: subnets without a zone spread.
fn unused_zone(state: &State, zones: &BTreeMap<String, String>) -> Option<String> {
    let used = |name: &str, id: &str| {
        let is = |row: &Value| text(row, "AvailabilityZone") == name || text(row, "AvailabilityZoneId") == id;
        state.rows("ec2.Subnets").iter().any(is)
    };
    zones.iter().find(|(name, id)| !used(name, id)).map(|(name, _)| name.clone())
}

fn fill_zone(row: &mut Value, zones: &BTreeMap<String, String>, unused: Option<String>) {
    let id = text(row, "AvailabilityZoneId").to_owned();
    let by_id = zones.iter().find(|(_, known)| **known == id).map(|(name, _)| name.clone());
    if let Some(name) = by_id.or(unused) {
        fill(row, "AvailabilityZone", name);
    }
    if let Some(id) = zones.get(text(row, "AvailabilityZone")) {
        fill(row, "AvailabilityZoneId", id.clone());
    }
}

fn fill_groups(state: &mut State) {
    let first_vpc = ids(state, "ec2.Vpcs", "VpcId").into_iter().next();
    let account = state.account.clone();
    for id in ids(state, "ec2.SecurityGroups", "GroupId") {
        let arn = groups::arn(state, &id);
        let Some(row) = state.find_mut("ec2.SecurityGroups", "GroupId", &id) else { continue };
        fill(row, "GroupName", id.clone());
        fill(row, "Description", text(row, "GroupName").to_owned());
        if let Some(vpc) = &first_vpc {
            fill(row, "VpcId", vpc.clone());
        }
        fill(row, "OwnerId", account.clone());
        fill(row, "SecurityGroupArn", arn);
        fill(row, "IpPermissions", json!([]));
        fill(row, "IpPermissionsEgress", json!([groups::allow_all()]));
    }
}

fn default_group(state: &mut State, vpc: &str) {
    if groups::by_name(state, vpc, "default").is_some() {
        return;
    }
    let id = derived_id("sg", &format!("default{vpc}"));
    let itself =
        json!([{"IpProtocol": "-1", "UserIdGroupPairs": [{"GroupId": id, "UserId": state.account}]}]);
    let row = json!({
        "GroupId": id, "GroupName": "default", "Description": "default VPC security group", "VpcId": vpc,
        "OwnerId": state.account, "SecurityGroupArn": groups::arn(state, &id), "IpPermissions": itself,
        "IpPermissionsEgress": [groups::allow_all()],
    });
    state.rows_mut("ec2.SecurityGroups").push(row);
}

fn default_acl(state: &mut State, vpc: &str) {
    let mut unclaimed = Vec::new();
    for subnet in state.rows("ec2.Subnets").iter().filter(|row| text(row, "VpcId") == vpc) {
        let id = text(subnet, "SubnetId");
        let claimed = |acl: &Value| list(acl, "Associations").iter().any(|a| text(a, "SubnetId") == id);
        if !state.rows("ec2.NetworkAcls").iter().any(claimed) {
            unclaimed.push(id.to_owned());
        }
    }
    let is_default = |row: &Value| text(row, "VpcId") == vpc && super::value::flag(row, "IsDefault");
    if !state.rows("ec2.NetworkAcls").iter().any(is_default) {
        let entry = |number: u32, egress: bool, action: &str| json!({"RuleNumber": number, "Protocol": "-1", "RuleAction": action, "Egress": egress, "CidrBlock": "0.0.0.0/0"});
        let row = json!({
            "NetworkAclId": derived_id("acl", vpc), "VpcId": vpc, "OwnerId": state.account, "IsDefault": true,
            "Entries": [entry(100, true, "allow"), entry(32767, true, "deny"), entry(100, false, "allow"), entry(32767, false, "deny")],
        });
        state.rows_mut("ec2.NetworkAcls").push(row);
    }
    let Some(acl) = state.rows_mut("ec2.NetworkAcls").iter_mut().find(|row| is_default(row)) else { return };
    let id = text(acl, "NetworkAclId").to_owned();
    for subnet in unclaimed {
        let association = derived_id("aclassoc", &subnet);
        super::value::push(
            acl,
            "Associations",
            json!({"NetworkAclAssociationId": association, "NetworkAclId": id, "SubnetId": subnet}),
        );
    }
}

fn main_route_table(state: &mut State, vpc: &str) {
    let is_main = |row: &Value| {
        text(row, "VpcId") == vpc && list(row, "Associations").iter().any(|a| super::value::flag(a, "Main"))
    };
    if state.rows("ec2.RouteTables").iter().any(is_main) {
        return;
    }
    let block = state.find("ec2.Vpcs", "VpcId", vpc).map(|row| row["CidrBlock"].clone());
    let id = derived_id("rtb", vpc);
    let association = json!({
        "Main": true, "RouteTableAssociationId": derived_id("rtbassoc", vpc), "RouteTableId": id,
        "AssociationState": {"State": "associated"},
    });
    let route = json!({"DestinationCidrBlock": block, "GatewayId": "local", "Origin": "CreateRouteTable", "State": "active"});
    let row = json!({
        "RouteTableId": id, "VpcId": vpc, "OwnerId": state.account, "Associations": [association],
        "Routes": [route], "PropagatingVgws": [],
    });
    state.rows_mut("ec2.RouteTables").push(row);
}

fn fill_interfaces(state: &mut State) {
    for id in ids(state, "ec2.NetworkInterfaces", "NetworkInterfaceId") {
        let Some(row) = state.find("ec2.NetworkInterfaces", "NetworkInterfaceId", &id).cloned() else {
            continue;
        };
        let filled = interface(state, row);
        if let Some(slot) = state.find_mut("ec2.NetworkInterfaces", "NetworkInterfaceId", &id) {
            *slot = filled;
        }
    }
}

/// An interface row with everything that follows from its subnet.
pub fn interface(state: &State, mut row: Value) -> Value {
    if let Some(subnet) = state.find("ec2.Subnets", "SubnetId", text(&row, "SubnetId")) {
        for member in ["VpcId", "AvailabilityZone", "AvailabilityZoneId"] {
            fill(&mut row, member, subnet[member].clone());
        }
        if !given(&row, "PrivateIpAddress")
            && let Some(address) = net::free(state, subnet, 1).first()
        {
            row["PrivateIpAddress"] = json!(address.to_string());
        }
    }
    let address = text(&row, "PrivateIpAddress").to_owned();
    if !address.is_empty() {
        let name = private_name(state, &address);
        fill(&mut row, "PrivateDnsName", name.clone());
        let addresses = json!([{"Primary": true, "PrivateIpAddress": address, "PrivateDnsName": name}]);
        fill(&mut row, "PrivateIpAddresses", addresses);
    }
    fill(&mut row, "OwnerId", state.account.clone());
    let status = if given(&row, "Attachment") { "in-use" } else { "available" };
    fill(&mut row, "Status", status);
    fill(&mut row, "InterfaceType", "interface");
    fill(&mut row, "SourceDestCheck", true);
    fill(&mut row, "RequesterManaged", false);
    fill(&mut row, "Description", "");
    fill(&mut row, "Groups", json!([]));
    fill(&mut row, "Ipv6Addresses", json!([]));
    let tags = row.get("Tags").cloned().unwrap_or_else(|| json!([]));
    fill(&mut row, "TagSet", tags);
    let digest = derived_id("mac", &format!("{}{address}", text(&row, "SubnetId")));
    let octets: Vec<&str> = (5..15).step_by(2).filter_map(|at| digest.get(at..at + 2)).collect();
    fill(&mut row, "MacAddress", format!("02:{}", octets.join(":")));
    row
}

/// The private DNS name of an address: `ip-10-0-0-4.us-west-2.compute.internal`.
pub fn private_name(state: &State, address: &str) -> String {
    let dashed = address.replace('.', "-");
    match state.region.as_str() {
        "us-east-1" => format!("ip-{dashed}.ec2.internal"),
        region => format!("ip-{dashed}.{region}.compute.internal"),
    }
}

/// An instance's interfaces stand in the table of interfaces too; one is made when neither the instance
/// nor the table has any.
fn instance_interface(state: &mut State, id: &str) {
    let Some(instance) = state.find("ec2.Instances", "InstanceId", id).cloned() else { return };
    let attached = |row: &&Value| text(&row["Attachment"], "InstanceId") == id;
    let mut rows: Vec<Value> = list(&instance, "NetworkInterfaces").to_vec();
    let none_known = state.rows("ec2.NetworkInterfaces").iter().find(attached).is_none();
    if rows.is_empty() && none_known && given(&instance, "SubnetId") && !given(&instance, "NetworkInterfaces")
    {
        let mut row = json!({"SubnetId": instance["SubnetId"], "Groups": list(&instance, "SecurityGroups")});
        if given(&instance, "PrivateIpAddress") {
            row["PrivateIpAddress"] = instance["PrivateIpAddress"].clone();
        }
        rows.push(row);
    }
    for (at, mut row) in rows.into_iter().enumerate() {
        fill(&mut row, "NetworkInterfaceId", derived_id("eni", &format!("{id}{at}")));
        fill(&mut row, "Attachment", json!({}));
        let attachment = derived_id("eni-attach", &format!("{id}{at}"));
        for (member, value) in [
            ("AttachmentId", json!(attachment)),
            ("InstanceId", json!(id)),
            ("InstanceOwnerId", json!(state.account)),
            ("DeviceIndex", json!(at)),
            ("Status", json!("attached")),
            ("DeleteOnTermination", json!(true)),
        ] {
            fill(&mut row["Attachment"], member, value);
        }
        let eni = text(&row, "NetworkInterfaceId").to_owned();
        if state.find("ec2.NetworkInterfaces", "NetworkInterfaceId", &eni).is_none() {
            let row = interface(state, row);
            state.rows_mut("ec2.NetworkInterfaces").push(row);
        }
    }
    fill_instance(state, id);
}

fn fill_instance(state: &mut State, id: &str) {
    let attached = |row: &&Value| text(&row["Attachment"], "InstanceId") == id;
    let rows: Vec<Value> = state.rows("ec2.NetworkInterfaces").iter().filter(attached).cloned().collect();
    let now = state.now.to_string();
    let Some(row) = state.find_mut("ec2.Instances", "InstanceId", id) else { return };
    if let Some(primary) = rows.first() {
        for member in ["SubnetId", "VpcId", "PrivateIpAddress", "PrivateDnsName"] {
            fill(row, member, primary[member].clone());
        }
        fill(row, "SecurityGroups", primary["Groups"].clone());
        fill(row, "Placement", json!({}));
        for member in ["AvailabilityZone", "AvailabilityZoneId"] {
            fill(&mut row["Placement"], member, primary[member].clone());
        }
    }
    row["NetworkInterfaces"] = json!(rows);
    fill(row, "State", json!({"Code": 16, "Name": "running"}));
    fill(row, "LaunchTime", now);
    fill(row, "ReservationId", derived_id("r", id));
}

fn fill_others(state: &mut State) {
    let (account, now) = (state.account.clone(), state.now.to_string());
    let (region, partition) = (state.region.clone(), state.partition());
    for row in state.rows_mut("ec2.LaunchTemplates") {
        fill(row, "LaunchTemplateName", text(row, "LaunchTemplateId").to_owned());
        fill(row, "CreateTime", now.clone());
        fill(row, "DefaultVersionNumber", 1);
        fill(row, "LatestVersionNumber", 1);
        fill(row, "CreatedBy", format!("arn:aws:iam::{account}:root"));
    }
    for row in state.rows_mut("ec2.PrefixLists") {
        let entries = list(row, "Entries").len();
        fill(row, "PrefixListName", text(row, "PrefixListId").to_owned());
        fill(row, "OwnerId", account.clone());
        // AWS's own lists have ARNs of an account called `aws` (VPC user guide, AWS-managed prefix lists).
        let owner = text(row, "OwnerId").to_lowercase();
        let id = text(row, "PrefixListId").to_owned();
        fill(row, "PrefixListArn", format!("arn:{partition}:ec2:{region}:{owner}:prefix-list/{id}"));
        fill(row, "AddressFamily", "IPv4");
        fill(row, "State", "create-complete");
        fill(row, "MaxEntries", entries.max(1));
        fill(row, "Version", 1);
    }
    for row in state.aws.get_mut("ec2.RouteTables").into_iter().flatten() {
        route_table(row);
    }
    for collection in ["ec2.RouteTables", "ec2.NetworkAcls", "ec2.InternetGateways", "ec2.VpcEndpoints"] {
        if !state.rows(collection).is_empty() {
            state.rows_mut(collection).iter_mut().for_each(|row| fill(row, "OwnerId", account.clone()));
        }
    }
    for (collection, member, value) in [
        ("ec2.NatGateways", "State", json!("available")),
        ("ec2.NatGateways", "CreateTime", json!(now)),
        ("ec2.VpcEndpoints", "State", json!("available")),
        ("ec2.VpcEndpoints", "VpcEndpointType", json!("Interface")),
        ("ec2.VpcEndpoints", "CreationTimestamp", json!(now)),
        ("ec2.VpcEndpoints", "PrivateDnsEnabled", json!(false)),
        ("ec2.TransitGatewayVpcAttachments", "VpcOwnerId", json!(account)),
        ("ec2.TransitGatewayVpcAttachments", "CreationTime", json!(now)),
    ] {
        if !state.rows(collection).is_empty() {
            state.rows_mut(collection).iter_mut().for_each(|row| fill(row, member, value.clone()));
        }
    }
    for row in state.aws.get_mut("ec2.VpcPeeringConnections").into_iter().flatten() {
        for side in ["RequesterVpcInfo", "AccepterVpcInfo"] {
            if given(row, side) {
                fill(&mut row[side], "Region", region.clone());
            }
        }
    }
}

fn route_table(row: &mut Value) {
    let id = text(row, "RouteTableId").to_owned();
    for association in row.get_mut("Associations").and_then(Value::as_array_mut).into_iter().flatten() {
        let seed = format!("{id}{}", text(association, "SubnetId"));
        fill(association, "RouteTableId", id.clone());
        fill(association, "RouteTableAssociationId", derived_id("rtbassoc", &seed));
        fill(association, "Main", false);
        fill(association, "AssociationState", json!({"State": "associated"}));
    }
}
