"""EC2: what is looked at."""
from .words import NOBODY, one

# Operation, its member of ids, the prefix of an id, the thing to look at, its id's filter (none: it has no such).
LOOKS = [
    ("DescribeVpcs", "VpcIds", "vpc", "vpc", "vpc-id"),
    ("DescribeSubnets", "SubnetIds", "subnet", "subnet-a", "subnet-id"),
    ("DescribeInternetGateways", "InternetGatewayIds", "igw", "igw", "internet-gateway-id"),
    ("DescribeNatGateways", "NatGatewayIds", "nat", "nat", "nat-gateway-id"),
    ("DescribeRouteTables", "RouteTableIds", "rtb", "rtb", "route-table-id"),
    ("DescribeNetworkAcls", "NetworkAclIds", "acl", "acl", "network-acl-id"),
    ("DescribeDhcpOptions", "DhcpOptionsIds", "dopt", "dopt", "dhcp-options-id"),
    ("DescribeVpcEndpoints", "VpcEndpointIds", "vpce", "vpce", "vpc-endpoint-id"),
    ("DescribeVpcPeeringConnections", "VpcPeeringConnectionIds", "pcx", "pcx", "vpc-peering-connection-id"),
    ("DescribeTransitGatewayVpcAttachments", "TransitGatewayAttachmentIds", "tgw-attach", "attachment",
     "transit-gateway-attachment-id"),
    ("DescribeManagedPrefixLists", "PrefixListIds", "pl", "pl", "prefix-list-id"),
    ("DescribeNetworkInterfaces", "NetworkInterfaceIds", "eni", "eni", "network-interface-id"),
    ("DescribeInstances", "InstanceIds", "i", "instance", "instance-id"),
    ("DescribeSecurityGroups", "GroupIds", "sg", "nodes", "group-id"),
]


def talk(side):
    """All of it."""
    ec2 = lambda operation, **arguments: side.ask("ec2", operation, **arguments)
    for operation, ids, prefix, name, filtered in LOOKS:
        ec2(operation, **{ids: [side.id[name]]})
        ec2(operation, **{ids: [f"{prefix}-{NOBODY}"]})
        ec2(operation, **{ids: ["malformed"]})
        ec2(operation, Filters=one(filtered, side.id[name]))
        ec2(operation, Filters=one(filtered, f"{prefix}-{NOBODY}"))
        ec2(operation, Filters=one("no-such-filter", "x"))
    filters(side, ec2)
    others(side, ec2)
    ec2("DescribeVpcs", VpcIds=[side.id["vpc"]], DryRun=True)


def filters(side, ec2):
    """Filters that set-ups use."""
    vpc = one("vpc-id", side.id["vpc"])
    ec2("DescribeVpcs", Filters=one("cidr", "10.30.0.0/16"))
    ec2("DescribeVpcs", Filters=one("tag:Name", "alik*"))
    ec2("DescribeVpcs", Filters=one("tag-value", "alike"))
    ec2("DescribeSubnets", Filters=[*vpc, *one("availability-zone", "us-west-2b"), *one("tag:Name", "private-*")])
    ec2("DescribeSubnets", Filters=[*vpc, *one("tag:role", "1")])
    ec2("DescribeInternetGateways", Filters=one("attachment.vpc-id", side.id["vpc"]))
    ec2("DescribeRouteTables", Filters=one("association.subnet-id", side.id["subnet-a"]))
    ec2("DescribeRouteTables", Filters=one("route.nat-gateway-id", side.id["nat"]))
    ec2("DescribeNatGateways", Filters=one("state", "available", "pending"), NatGatewayIds=[side.id["nat"]])
    ec2("DescribeNetworkInterfaces", Filters=one("group-id", side.id["nodes"]), NetworkInterfaceIds=[side.id["eni"]])
    ec2("DescribeNetworkInterfaces", Filters=one("subnet-id", side.id["subnet-b"]), NetworkInterfaceIds=[side.id["eni"]])
    ec2("DescribeInstances", Filters=[*vpc, *one("instance-state-name", "running")], InstanceIds=[side.id["instance"]])
    ec2("DescribeInstances", Filters=one("instance-state-name", "terminated"), InstanceIds=[side.id["instance"]])
    ec2("DescribeVpcEndpoints", Filters=[*vpc, *one("service-name", "com.amazonaws.us-west-2.fsx")])
    ec2("DescribeSecurityGroups", Filters=[*vpc, *one("group-name", "plain")])
    ec2("DescribeSecurityGroups", Filters=one("group-name", "pla*"))


def others(side, ec2):
    """What has no list of ids of its own kind."""
    vpc = side.id["vpc"]
    for name in ("enableDnsSupport", "enableDnsHostnames"):
        ec2("DescribeVpcAttribute", VpcId=vpc, Attribute=name)
    ec2("DescribeVpcAttribute", VpcId=f"vpc-{NOBODY}", Attribute="enableDnsSupport")
    ec2("DescribeVpcAttribute", VpcId=vpc, Attribute="enableNothing")
    ec2("DescribeVpcAttribute", VpcId=vpc)
    ec2("DescribeAvailabilityZones", ZoneNames=["us-west-2a"])
    ec2("DescribeAvailabilityZones", ZoneIds=["usw2-az9"])
    ec2("DescribeAvailabilityZones", ZoneNames=["eu-west-1a"])
    ec2("DescribeAvailabilityZones", Filters=one("state", "available"), ZoneNames=["us-west-2b"])
    ec2("DescribeInstanceTypes", InstanceTypes=["m5.xlarge"])
    ec2("DescribeInstanceTypes", InstanceTypes=["no.such"])
    ec2("DescribeInstanceTypes", Filters=one("instance-type", "m5.xlarge"))
    ec2("DescribeLaunchTemplateVersions", LaunchTemplateId=side.id["lt"])
    ec2("DescribeLaunchTemplateVersions", LaunchTemplateName="nodes", Versions=["1"])
    ec2("DescribeLaunchTemplateVersions", LaunchTemplateName="nodes", Versions=["$Latest"])
    ec2("DescribeLaunchTemplateVersions", LaunchTemplateName="nodes", Versions=["9"])
    ec2("DescribeLaunchTemplateVersions", LaunchTemplateName="nobody")
    ec2("DescribeLaunchTemplateVersions", LaunchTemplateId=f"lt-{NOBODY}")
    ec2("GetManagedPrefixListEntries", PrefixListId=side.id["pl"])
    ec2("GetManagedPrefixListEntries", PrefixListId=f"pl-{NOBODY}")
    ec2("DescribePrefixLists", Filters=one("prefix-list-name", "com.amazonaws.us-west-2.s3"))
    ec2("DescribePrefixLists", PrefixListIds=[side.id["s3-list"]])
    ec2("GetManagedPrefixListEntries", PrefixListId=side.id["pl"], MaxResults=1)
    ec2("DescribePrefixLists", PrefixListIds=[f"pl-{NOBODY}"])
