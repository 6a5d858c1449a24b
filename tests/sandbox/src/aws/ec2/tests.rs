//! Calls to EC2 as a client makes them.

use serde_json::{Value, json};

use super::value::{list, text};
use super::{derive, handle};
use crate::call::{Answer, Call, Client, Principal};
use crate::state::State;

fn call(state: &mut State, operation: &str, input: Value) -> Answer {
    let call = Call {
        service: "ec2".to_owned(),
        operation: operation.to_owned(),
        input,
        principal: Principal::Caller,
        client: Client::Command,
        region: state.region.clone(),
    };
    handle(state, &call)
}

fn code(answer: &Answer) -> &str {
    answer.as_ref().map_or_else(|error| error.code.as_str(), |_| "ok")
}

/// One VPC with two subnets, an instance, and the groups `sg-a` and `sg-b`; a second VPC with `sg-far`.
fn world() -> State {
    let mut state = State::new("111122223333", "us-west-2");
    for (table, rows) in [
        ("ec2.Vpcs", json!([{"VpcId": "vpc-1", "CidrBlock": "10.20.0.0/16"}, {"VpcId": "vpc-2"}])),
        (
            "ec2.Subnets",
            json!([
                {"SubnetId": "subnet-1", "VpcId": "vpc-1", "CidrBlock": "10.20.1.0/24", "AvailabilityZoneId": "usw2-az2"},
                {"SubnetId": "subnet-2", "VpcId": "vpc-1", "CidrBlock": "10.20.2.0/28", "Tags": [{"Key": "tier", "Value": "private-b"}]},
            ]),
        ),
        (
            "ec2.SecurityGroups",
            json!([
                {"GroupId": "sg-a", "GroupName": "a", "VpcId": "vpc-1"},
                {"GroupId": "sg-b", "GroupName": "b", "VpcId": "vpc-1", "IpPermissionsEgress": []},
                {"GroupId": "sg-far", "GroupName": "far", "VpcId": "vpc-2"},
            ]),
        ),
        (
            "ec2.PrefixLists",
            json!([{"PrefixListId": "pl-1", "Entries": [{"Cidr": "10.0.0.0/8"}], "MaxEntries": 5}]),
        ),
        (
            "ec2.Instances",
            json!([{"InstanceId": "i-1", "SubnetId": "subnet-1", "SecurityGroups": [{"GroupId": "sg-b"}], "PrivateIpAddress": "10.20.1.77"}]),
        ),
    ] {
        *state.rows_mut(table) = rows.as_array().cloned().unwrap_or_default();
    }
    derive(&mut state);
    state
}

fn pair(port: i64, group: &str) -> Value {
    json!({"IpProtocol": "tcp", "FromPort": port, "ToPort": port, "UserIdGroupPairs": [{"GroupId": group}]})
}

fn authorize(state: &mut State, group: &str, permissions: &Value) -> Answer {
    call(state, "AuthorizeSecurityGroupIngress", json!({"GroupId": group, "IpPermissions": permissions}))
}

#[test]
fn derivation_repeats_and_fills() {
    let mut state = world();
    let before = state.aws.clone();
    derive(&mut state);
    assert_eq!(state.aws, before);
    let subnets = call(&mut state, "DescribeSubnets", json!({})).unwrap();
    let subnets = list(&subnets, "Subnets");
    assert_eq!(text(&subnets[0], "AvailabilityZoneId"), "usw2-az2");
    assert_eq!(text(&subnets[0], "AvailabilityZone"), "us-west-2b");
    assert_eq!(subnets[0]["AvailableIpAddressCount"], json!(250), "one interface of the instance");
    assert_eq!(subnets[1]["AvailableIpAddressCount"], json!(11));
    let groups = call(&mut state, "DescribeSecurityGroups", json!({"GroupIds": ["sg-a", "sg-b"]})).unwrap();
    assert_eq!(list(&list(&groups, "SecurityGroups")[0], "IpPermissionsEgress").len(), 1);
    assert_eq!(
        list(&list(&groups, "SecurityGroups")[1], "IpPermissionsEgress").len(),
        0,
        "a given empty list wins"
    );
    for vpc in ["vpc-1", "vpc-2"] {
        let filter = json!({"Filters": [{"Name": "vpc-id", "Values": [vpc]}, {"Name": "group-name", "Values": ["default"]}]});
        assert_eq!(
            list(&call(&mut state, "DescribeSecurityGroups", filter).unwrap(), "SecurityGroups").len(),
            1
        );
    }
}

#[test]
fn reads_by_id_and_filter() {
    let mut state = world();
    let filter = |name: &str, value: &str| json!({"Filters": [{"Name": name, "Values": [value]}]});
    let table = [
        ("DescribeSubnets", json!({"SubnetIds": ["subnet-9"]}), "InvalidSubnetID.NotFound"),
        ("DescribeSubnets", json!({"SubnetIds": ["vpc-1"]}), "InvalidSubnetID.Malformed"),
        ("DescribeSubnets", json!({"SubnetIds": ["subnet-1,subnet-2"]}), "InvalidSubnetID.Malformed"),
        ("DescribeSubnets", filter("subnetid", "subnet-1"), "InvalidParameterValue"),
        ("DescribeVpcs", json!({"VpcIds": ["vpc-9"]}), "InvalidVpcID.NotFound"),
        ("DescribeSecurityGroups", json!({"GroupIds": ["sg-9"]}), "InvalidGroup.NotFound"),
        ("DescribeSecurityGroups", json!({"GroupIds": ["nonsense"]}), "InvalidGroupId.Malformed"),
        (
            "DescribeSecurityGroupRules",
            json!({"SecurityGroupRuleIds": ["sgr-9"]}),
            "InvalidSecurityGroupRuleId.NotFound",
        ),
        (
            "DescribeNetworkInterfaces",
            json!({"NetworkInterfaceIds": ["eni-9"]}),
            "InvalidNetworkInterfaceID.NotFound",
        ),
        ("DescribeInstances", json!({"InstanceIds": ["i-9"]}), "InvalidInstanceID.NotFound"),
        ("DescribeVpcAttribute", json!({"VpcId": "vpc-1", "Attribute": "enableDnsSupport"}), "ok"),
        (
            "DescribeVpcAttribute",
            json!({"VpcId": "vpc-1", "Attribute": "enableDns"}),
            "InvalidParameterValue",
        ),
        ("DescribeVpcs", json!({"DryRun": true}), "DryRunOperation"),
        ("RunInstances", json!({"DryRun": true}), "NotImplemented"),
    ];
    for (operation, input, expected) in table {
        assert_eq!(code(&call(&mut state, operation, input.clone())), expected, "{operation} {input}");
    }
    let table = [
        ("DescribeSubnets", "Subnets", filter("availability-zone-id", "usw2-az2"), 1),
        ("DescribeSubnets", "Subnets", filter("tag:tier", "private-*"), 1),
        ("DescribeSubnets", "Subnets", filter("vpc-id", "vpc-2"), 0),
        ("DescribeNetworkInterfaces", "NetworkInterfaces", filter("attachment.instance-id", "i-1"), 1),
        ("DescribeNetworkInterfaces", "NetworkInterfaces", filter("group-id", "sg-b"), 1),
        ("DescribeNetworkInterfaces", "NetworkInterfaces", filter("private-ip-address", "10.20.1.77"), 1),
        ("DescribeInstances", "Reservations", filter("vpc-id", "vpc-1"), 1),
        ("DescribeRouteTables", "RouteTables", filter("association.main", "true"), 2),
        ("DescribeNetworkAcls", "NetworkAcls", filter("association.subnet-id", "subnet-2"), 1),
        ("DescribeSecurityGroupRules", "SecurityGroupRules", filter("group-id", "sg-a"), 1),
        ("DescribeAvailabilityZones", "AvailabilityZones", filter("zone-name", "us-west-2a"), 1),
        ("GetManagedPrefixListEntries", "Entries", json!({"PrefixListId": "pl-1"}), 1),
        ("DescribeTags", "Tags", filter("resource-id", "subnet-2"), 1),
    ];
    for (operation, output, input, expected) in table {
        let answer = call(&mut state, operation, input.clone()).unwrap();
        assert_eq!(list(&answer, output).len(), expected, "{operation} {input}: {answer}");
    }
}

#[test]
fn groups_are_made_and_deleted() {
    let mut state = world();
    let input = |name: &str, vpc: &str| json!({"GroupName": name, "Description": "d", "VpcId": vpc});
    let table = [
        (input("new", "vpc-1"), "ok"),
        (input("new", "vpc-1"), "InvalidGroup.Duplicate"),
        (input("new", "vpc-2"), "ok"),
        (input("default", "vpc-1"), "InvalidGroup.Reserved"),
        (input("sg-new", "vpc-1"), "InvalidParameterValue"),
        (input("näme", "vpc-1"), "InvalidParameterValue"),
        (input("other", "vpc-9"), "InvalidVpcID.NotFound"),
        (json!({"GroupName": "other", "Description": "d"}), "VPCIdNotSpecified"),
        (json!({"GroupName": "other", "Description": "it's", "VpcId": "vpc-1"}), "InvalidParameterValue"),
        (
            json!({"GroupName": "t", "Description": "d", "VpcId": "vpc-1", "TagSpecifications": [{"ResourceType": "instance", "Tags": []}]}),
            "InvalidParameterValue",
        ),
        (
            json!({"GroupName": "t", "Description": "d", "VpcId": "vpc-1", "TagSpecifications": [{"ResourceType": "security-group", "Tags": [{"Key": "aws:x", "Value": ""}]}]}),
            "InvalidParameterValue",
        ),
    ];
    for (input, expected) in table {
        assert_eq!(code(&call(&mut state, "CreateSecurityGroup", input.clone())), expected, "{input}");
    }
    assert_eq!(code(&authorize(&mut state, "sg-b", &json!([pair(988, "sg-a")]))), "ok");
    let default = super::groups::by_name(&state, "vpc-1", "default").unwrap();
    for (id, expected) in [
        ("sg-a", "DependencyViolation"),
        ("sg-b", "DependencyViolation"),
        ("sg-9", "InvalidGroup.NotFound"),
        (&default, "CannotDelete"),
        ("sg-far", "ok"),
    ] {
        assert_eq!(code(&call(&mut state, "DeleteSecurityGroup", json!({"GroupId": id}))), expected, "{id}");
    }
    let gone = json!({"GroupId": "sg-b", "IpPermissions": [pair(988, "sg-a")]});
    assert_eq!(code(&call(&mut state, "RevokeSecurityGroupIngress", gone)), "ok");
    assert_eq!(code(&call(&mut state, "DeleteSecurityGroup", json!({"GroupId": "sg-a"}))), "ok");
}

#[test]
fn rules_are_checked_as_a_whole() {
    let mut state = world();
    let tcp = |from: Value, to: Value| json!({"IpProtocol": "tcp", "FromPort": from, "ToPort": to, "IpRanges": [{"CidrIp": "10.0.0.0/8"}]});
    let peer = |place: &str, entry: Value| json!({"IpProtocol": "-1", place: [entry]});
    let table = [
        (json!([pair(988, "sg-a")]), "ok"),
        (json!([pair(988, "sg-a")]), "InvalidPermission.Duplicate"),
        (json!([pair(1018, "sg-a"), pair(988, "sg-a")]), "InvalidPermission.Duplicate"),
        (json!([pair(1018, "sg-a"), pair(1018, "sg-a")]), "InvalidParameterValue"),
        (json!([pair(1018, "sg-a")]), "ok"),
        (json!([pair(988, "sg-b")]), "ok"),
        (json!([pair(988, "sg-9")]), "InvalidGroup.NotFound"),
        (json!([pair(988, "sg-far")]), "InvalidGroup.NotFound"),
        (json!([tcp(json!(null), json!(null))]), "InvalidParameterValue"),
        (json!([tcp(json!(1023), json!(1018))]), "InvalidParameterValue"),
        (json!([tcp(json!(1), json!(70_000))]), "InvalidParameterValue"),
        (json!([tcp(json!(5), json!(6))]), "ok"),
        (
            json!([{"IpProtocol": "6", "FromPort": 5, "ToPort": 6, "IpRanges": [{"CidrIp": "10.1.2.3/8"}]}]),
            "InvalidPermission.Duplicate",
        ),
        (
            json!([{"IpProtocol": "nonsense", "IpRanges": [{"CidrIp": "10.0.0.0/8"}]}]),
            "InvalidParameterValue",
        ),
        (json!([peer("IpRanges", json!({"CidrIp": "10.0.0.0"}))]), "InvalidParameterValue"),
        (
            json!([peer("IpRanges", json!({"CidrIp": "10.0.0.0/8", "Description": "what?"}))]),
            "InvalidParameterValue",
        ),
        (json!([peer("Ipv6Ranges", json!({"CidrIpv6": "::/0"}))]), "ok"),
        (json!([peer("PrefixListIds", json!({"PrefixListId": "pl-9"}))]), "InvalidPrefixListID.NotFound"),
        (json!([peer("PrefixListIds", json!({"PrefixListId": "pl-1"}))]), "ok"),
        (json!([{"IpProtocol": "-1"}]), "InvalidParameterValue"),
        (json!([]), "MissingParameter"),
    ];
    for (permissions, expected) in table {
        assert_eq!(code(&authorize(&mut state, "sg-a", &permissions)), expected, "{permissions}");
    }
    let refused = authorize(&mut state, "sg-a", &json!([pair(988, "sg-a")])).unwrap_err();
    assert_eq!(
        refused.message,
        "the specified rule \"peer: sg-a, TCP, from port: 988, to port: 988, ALLOW\" already exists"
    );
    let shown = call(&mut state, "DescribeSecurityGroups", json!({"GroupIds": ["sg-a"]})).unwrap();
    let permissions = list(&list(&shown, "SecurityGroups")[0], "IpPermissions");
    assert_eq!(permissions.len(), 4, "988, 1018, 5-6 and all: {permissions:?}");
    assert_eq!(list(&permissions[0], "UserIdGroupPairs").len(), 2);
}

#[test]
fn rules_have_a_limit() {
    let mut state = world();
    let range = |n: u32| json!({"CidrIp": format!("10.0.{n}.0/24")});
    let ranges = |numbers: std::ops::Range<u32>| json!([{"IpProtocol": "-1", "IpRanges": numbers.map(range).collect::<Vec<_>>()}]);
    assert_eq!(code(&authorize(&mut state, "sg-a", &ranges(0..61))), "RulesPerSecurityGroupLimitExceeded");
    assert_eq!(code(&authorize(&mut state, "sg-a", &ranges(0..56))), "ok");
    let list = json!([{"IpProtocol": "-1", "PrefixListIds": [{"PrefixListId": "pl-1"}]}]);
    assert_eq!(
        code(&authorize(&mut state, "sg-a", &list)),
        "RulesPerSecurityGroupLimitExceeded",
        "counts as 5"
    );
    assert_eq!(code(&authorize(&mut state, "sg-a", &ranges(56..60))), "ok");
    assert_eq!(code(&authorize(&mut state, "sg-a", &ranges(60..61))), "RulesPerSecurityGroupLimitExceeded");
}

#[test]
fn rules_are_tagged_and_revoked_by_id() {
    let mut state = world();
    let input = json!({
        "GroupId": "sg-b", "IpPermissions": [pair(988, "sg-a"), pair(988, "sg-b")],
        "TagSpecifications": [{"ResourceType": "security-group-rule", "Tags": [{"Key": "owner", "Value": "me"}]}],
    });
    let made = call(&mut state, "AuthorizeSecurityGroupIngress", input).unwrap();
    let ids: Vec<String> = list(&made, "SecurityGroupRules")
        .iter()
        .map(|rule| text(rule, "SecurityGroupRuleId").to_owned())
        .collect();
    assert_eq!(ids.len(), 2);
    let tagged = |state: &mut State, key: &str| {
        let filter = json!({"Filters": [{"Name": "tag-key", "Values": [key]}]});
        list(&call(state, "DescribeSecurityGroupRules", filter).unwrap(), "SecurityGroupRules").len()
    };
    assert_eq!(tagged(&mut state, "owner"), 2);
    let more = json!({"Resources": [ids[0]], "Tags": [{"Key": "more", "Value": "1"}]});
    assert_eq!(code(&call(&mut state, "CreateTags", more)), "ok");
    assert_eq!(tagged(&mut state, "more"), 1);
    let fewer = json!({"Resources": [ids[0]], "Tags": [{"Key": "owner", "Value": "other"}]});
    assert_eq!(code(&call(&mut state, "DeleteTags", fewer)), "ok");
    assert_eq!(tagged(&mut state, "owner"), 2, "another value is another tag");
    let revoke = json!({"GroupId": "sg-b", "SecurityGroupRuleIds": [ids[0]]});
    assert_eq!(code(&call(&mut state, "RevokeSecurityGroupIngress", revoke.clone())), "ok");
    assert_eq!(
        code(&call(&mut state, "RevokeSecurityGroupIngress", revoke)),
        "InvalidSecurityGroupRuleId.NotFound"
    );
    let gone = json!({"GroupId": "sg-b", "IpPermissions": [pair(988, "sg-a")]});
    assert_eq!(code(&call(&mut state, "RevokeSecurityGroupIngress", gone)), "InvalidPermission.NotFound");
    assert_eq!(tagged(&mut state, "owner"), 1);
    let unknown = json!({"Resources": ["xyz-1"], "Tags": [{"Key": "k", "Value": "v"}]});
    assert_eq!(code(&call(&mut state, "CreateTags", unknown)), "InvalidID");
}

#[test]
fn egress_of_a_new_group_is_open_and_can_be_closed() {
    let mut state = world();
    let input = json!({"GroupName": "new", "Description": "d", "VpcId": "vpc-1"});
    let id = text(&call(&mut state, "CreateSecurityGroup", input).unwrap(), "GroupId").to_owned();
    let all = json!({"GroupId": id, "IpPermissions": [{"IpProtocol": "-1", "IpRanges": [{"CidrIp": "0.0.0.0/0"}]}]});
    assert_eq!(
        code(&call(&mut state, "AuthorizeSecurityGroupEgress", all.clone())),
        "InvalidPermission.Duplicate"
    );
    assert_eq!(code(&call(&mut state, "RevokeSecurityGroupEgress", all.clone())), "ok");
    assert_eq!(
        code(&call(&mut state, "RevokeSecurityGroupEgress", all.clone())),
        "InvalidPermission.NotFound"
    );
    assert_eq!(code(&call(&mut state, "AuthorizeSecurityGroupEgress", all)), "ok");
}

#[test]
fn interfaces_change_groups() {
    let mut state = world();
    let eni = text(&state.rows("ec2.NetworkInterfaces")[0], "NetworkInterfaceId").to_owned();
    let input = |group: &str| json!({"NetworkInterfaceId": eni, "Groups": [group]});
    for (group, expected) in
        [("sg-far", "InvalidGroup.NotFound"), ("sg-9", "InvalidGroup.NotFound"), ("sg-a", "ok")]
    {
        assert_eq!(code(&call(&mut state, "ModifyNetworkInterfaceAttribute", input(group))), expected);
    }
    let instances = call(&mut state, "DescribeInstances", json!({})).unwrap();
    let instance = &list(&list(&instances, "Reservations")[0], "Instances")[0];
    assert_eq!(instance["SecurityGroups"], json!([{"GroupId": "sg-a", "GroupName": "a"}]));
}
