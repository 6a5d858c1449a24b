"""EC2: security groups, their rules, tags."""
from .words import NOBODY, one, tagged, pairs


def port(group, first=988, last=988, **more):
    """A permission that names a group."""
    return [{"IpProtocol": "tcp", "FromPort": first, "ToPort": last, "UserIdGroupPairs": [{"GroupId": group, **more}]}]


def cidr(block, protocol="tcp", first=443, last=443):
    """A permission that names a block of addresses."""
    return [{"IpProtocol": protocol, "FromPort": first, "ToPort": last, "IpRanges": [{"CidrIp": block}]}]


def talk(side):
    """All of it."""
    ec2 = lambda operation, **arguments: side.ask("ec2", operation, **arguments)
    groups(side, ec2)
    allowing(side, ec2)
    revoking(side, ec2)
    tagging(side, ec2)
    pages(side, ec2)
    interfaces(side, ec2)
    deleting(side, ec2)


def groups(side, ec2):
    """Making groups."""
    vpc = side.id["vpc"]
    made = ec2("CreateSecurityGroup", GroupName="storage", Description="Lustre", VpcId=vpc,
               TagSpecifications=tagged("security-group", team="a"))
    group = side.keep("group", made["GroupId"])
    made = ec2("CreateSecurityGroup", GroupName="compute", Description="Nodes", VpcId=vpc)
    side.keep("compute", made["GroupId"])
    ec2("CreateSecurityGroup", GroupName="storage", Description="Lustre", VpcId=vpc)
    ec2("CreateSecurityGroup", GroupName="default", Description="Lustre", VpcId=vpc)
    ec2("CreateSecurityGroup", GroupName="other", Description="Lustre", VpcId=f"vpc-{NOBODY}")
    ec2("CreateSecurityGroup", GroupName="other", VpcId=vpc)
    ec2("CreateSecurityGroup", Description="Lustre", VpcId=vpc)
    ec2("CreateSecurityGroup", GroupName="sg-other", Description="Lustre", VpcId=vpc)
    ec2("CreateSecurityGroup", GroupName="dry", Description="Lustre", VpcId=vpc, DryRun=True)
    ec2("DescribeSecurityGroups", GroupIds=[group])
    ec2("DescribeSecurityGroups", Filters=[*one("vpc-id", vpc), *one("tag:team", "a")])
    ec2("DescribeSecurityGroups", GroupNames=["storage"])


def allowing(side, ec2):
    """Adding rules."""
    group, compute = side.id["group"], side.id["compute"]
    ingress = lambda permissions, **more: ec2("AuthorizeSecurityGroupIngress", GroupId=group, IpPermissions=permissions, **more)
    ingress(port(group, Description="itself"), TagSpecifications=tagged("security-group-rule", team="a"))
    ingress(port(compute))
    ingress(port(compute))
    ingress([*port(compute, 1018, 1023), *port(compute, 1988, 1988)])
    ingress(cidr("10.20.0.0/16"))
    ingress([{"IpProtocol": "-1", "UserIdGroupPairs": [{"GroupId": compute}]}])
    ingress([{"IpProtocol": "tcp", "FromPort": 22, "ToPort": 22, "PrefixListIds": [{"PrefixListId": side.id["pl"]}]}])
    ingress([{"IpProtocol": "tcp", "FromPort": 22, "ToPort": 22, "Ipv6Ranges": [{"CidrIpv6": "2001:db8::/64"}]}])
    ec2("AuthorizeSecurityGroupEgress", GroupId=group, IpPermissions=port(compute))
    ec2("AuthorizeSecurityGroupEgress", GroupId=group, IpPermissions=port(compute))
    ec2("AuthorizeSecurityGroupEgress", GroupId=f"sg-{NOBODY}", IpPermissions=port(group))
    refused(side, ec2)
    ec2("DescribeSecurityGroups", GroupIds=[group])
    ec2("DescribeSecurityGroupRules", Filters=one("group-id", group))
    ec2("DescribeSecurityGroupRules", Filters=one("no-such-filter", group))
    ec2("DescribeSecurityGroupRules", SecurityGroupRuleIds=[f"sgr-{NOBODY}"])
    ec2("DescribeSecurityGroups", Filters=one("ip-permission.group-id", compute))
    ec2("DescribeSecurityGroups", Filters=one("ip-permission.from-port", "1018"))


def refused(side, ec2):
    """Rules that cannot be, in a group of their own."""
    group = side.keep("refused", side.make(
        "ec2", "CreateSecurityGroup", GroupName="refused", Description="d", VpcId=side.id["vpc"])["GroupId"])
    ingress = lambda permissions, **more: ec2("AuthorizeSecurityGroupIngress", GroupId=group, IpPermissions=permissions, **more)
    ingress(port(group, Description="said"))
    ingress(port(group))
    ingress([*port(group, 2000, 2001), *port(group, 2000, 2001)])
    ingress([*cidr("10.9.0.0/16"), *port(group, Description="said")])
    ingress(cidr("10.21.0.7/16"))
    ingress(cidr("10.20.0.0/33"))
    ingress(cidr("everywhere"))
    ingress(cidr("10.0.0.0/8", first=5, last=4))
    ingress(cidr("10.0.0.0/8", first=1, last=70000))
    ingress(cidr("10.0.0.0/8", protocol="lustre"))
    ingress(port(f"sg-{NOBODY}"))
    ingress([])
    ingress(port(group, 3000, 3000), DryRun=True)
    ec2("AuthorizeSecurityGroupIngress", GroupId=f"sg-{NOBODY}", IpPermissions=port(group))


def revoking(side, ec2):
    """Taking rules away."""
    group, compute = side.id["group"], side.id["compute"]
    ec2("RevokeSecurityGroupIngress", GroupId=group, IpPermissions=port(compute, 1018, 1023))
    ec2("RevokeSecurityGroupIngress", GroupId=group, IpPermissions=port(compute, 1018, 1023))
    ec2("RevokeSecurityGroupIngress", GroupId=f"sg-{NOBODY}", IpPermissions=port(group))
    ec2("RevokeSecurityGroupIngress", GroupId=group, SecurityGroupRuleIds=[f"sgr-{NOBODY}"])
    left = side.client("ec2").describe_security_group_rules(Filters=one("group-id", group))["SecurityGroupRules"]
    ids = [rule["SecurityGroupRuleId"] for rule in left
           if not rule["IsEgress"] and rule.get("ReferencedGroupInfo", {}).get("GroupId") == compute]
    ec2("RevokeSecurityGroupIngress", GroupId=group, SecurityGroupRuleIds=ids)
    ec2("RevokeSecurityGroupEgress", GroupId=group, IpPermissions=port(compute))
    ec2("RevokeSecurityGroupEgress", GroupId=group, IpPermissions=port(compute))
    ec2("RevokeSecurityGroupEgress", GroupId=group, IpPermissions=[{"IpProtocol": "-1", "IpRanges": [{"CidrIp": "0.0.0.0/0"}]}])
    ec2("RevokeSecurityGroupEgress", GroupId=f"sg-{NOBODY}", IpPermissions=port(group))
    ec2("DescribeSecurityGroups", GroupIds=[group])


def tagging(side, ec2):
    """Tags on things."""
    group = side.id["group"]
    ec2("CreateTags", Resources=[group, side.id["subnet-b"]], Tags=pairs(stage="test", team="b"))
    ec2("CreateTags", Resources=[f"sg-{NOBODY}"], Tags=pairs(stage="test"))
    ec2("CreateTags", Resources=[side.id["nodes"]], Tags=[{"Key": "aws:own", "Value": "x"}])
    ec2("CreateTags", Resources=[group])
    ec2("DescribeTags", Filters=one("resource-id", group))
    ec2("DescribeTags", Filters=[*one("resource-id", group), *one("key", "stage")])
    ec2("DescribeTags", Filters=[*one("resource-type", "security-group"), *one("value", "b")])
    ec2("DescribeTags", Filters=one("no-such-filter", "x"))
    ec2("DeleteTags", Resources=[group], Tags=[{"Key": "stage"}])
    ec2("DeleteTags", Resources=[group], Tags=pairs(team="another value"))
    ec2("DeleteTags", Resources=[group], Tags=[{"Key": "never"}])
    ec2("DescribeTags", Filters=one("resource-id", group))
    ec2("DescribeSubnets", Filters=one("tag:stage", "test"))


def pages(side, ec2):
    """One page after the other."""
    vpc = side.id["vpc"]
    for number in range(6):
        side.make("ec2", "CreateSecurityGroup", GroupName=f"page-{number}", Description="d", VpcId=vpc)
    wanted = [*one("vpc-id", vpc), *one("group-name", "page-*")]
    first = ec2("DescribeSecurityGroups", Filters=wanted, MaxResults=5)
    ec2("DescribeSecurityGroups", Filters=wanted, MaxResults=5, NextToken=first.get("NextToken", ""))
    ec2("DescribeSecurityGroups", Filters=wanted, MaxResults=4)
    ec2("DescribeSecurityGroups", Filters=wanted, MaxResults=5, NextToken="rubbish")


def interfaces(side, ec2):
    """Changing the groups of an interface."""
    eni, group = side.id["eni"], side.id["group"]
    ec2("ModifyNetworkInterfaceAttribute", NetworkInterfaceId=eni, Groups=[group])
    ec2("DescribeNetworkInterfaces", NetworkInterfaceIds=[eni])
    ec2("ModifyNetworkInterfaceAttribute", NetworkInterfaceId=eni, Groups=[f"sg-{NOBODY}"])
    ec2("ModifyNetworkInterfaceAttribute", NetworkInterfaceId=f"eni-{NOBODY}", Groups=[group])


def deleting(side, ec2):
    """The end of groups. What is still in use has groups of its own: moto deletes them all the same."""
    group, compute, vpc = side.id["group"], side.id["compute"], side.id["vpc"]
    make = lambda name: side.make("ec2", "CreateSecurityGroup", GroupName=name, Description="d", VpcId=vpc)["GroupId"]
    peer, user, worn = [side.keep(name, make(name)) for name in ("peer", "user", "worn")]
    side.make("ec2", "AuthorizeSecurityGroupIngress", GroupId=user, IpPermissions=port(peer))
    ec2("DeleteSecurityGroup", GroupId=peer)
    side.make("ec2", "ModifyNetworkInterfaceAttribute", NetworkInterfaceId=side.id["eni"], Groups=[worn])
    ec2("DeleteSecurityGroup", GroupId=worn)
    ec2("DeleteSecurityGroup", GroupId=compute, DryRun=True)
    ec2("RevokeSecurityGroupIngress", GroupId=group, IpPermissions=port(group))
    ec2("DeleteSecurityGroup", GroupId=group)
    ec2("DeleteSecurityGroup", GroupId=group)
    ec2("DescribeSecurityGroups", GroupIds=[group])
    ec2("DeleteSecurityGroup", GroupName="nobody")
    ec2("DeleteSecurityGroup", GroupId="malformed")
    ec2("DeleteSecurityGroup")
