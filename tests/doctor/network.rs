//! Worlds of the network, one thing broken in each, and rules that only look odd.

use crate::case::{Case, check};

/// The groups of nodes let in the file system's own group, so that only its rules matter.
const OPEN: &str = "aws: {ec2: {SecurityGroups: [{GroupId: sg-0a10000000000000a, IpPermissions: [{IpProtocol: \"-1\", UserIdGroupPairs: [{GroupId: sg-0a10000000000000a}, {GroupId: sg-0b10000000000000b}, {GroupId: sg-0c10000000000000c}]}]}, {GroupId: sg-0b10000000000000b, IpPermissions: [{IpProtocol: \"-1\", UserIdGroupPairs: [{GroupId: sg-0b10000000000000b}, {GroupId: sg-0c10000000000000c}]}, {IpProtocol: tcp, FromPort: 10250, ToPort: 10250, UserIdGroupPairs: [{GroupId: sg-0a10000000000000a}]}]}]}}";

/// A pod that mounts the volume of `fsx-claim` now, beside the one that has it.
const LATE: &str = "kubernetes: {objects: [{apiVersion: v1, kind: Pod, metadata: {name: late, namespace: default, creationTimestamp: now-1h}, spec: {nodeName: hyperpod-i-0a10000000000000b, containers: [{name: app, image: busybox, volumeMounts: [{name: data, mountPath: /fsx}]}], volumes: [{name: data, persistentVolumeClaim: {claimName: fsx-claim}}]}}]}";

#[test]
fn groups() {
    check(&[
        Case {
            name: "N-03 1018-1023 closed",
            world: &[
                "done",
                "aws: {ec2: {SecurityGroups: [{GroupId: sg-0c10000000000000c, GroupName: lustre, Description: Lustre, VpcId: vpc-0a10000000000000a, IpPermissions: [{IpProtocol: tcp, FromPort: 988, ToPort: 988, UserIdGroupPairs: [{GroupId: sg-0b10000000000000b}, {GroupId: sg-0a10000000000000a}, {GroupId: sg-0c10000000000000c}]}], IpPermissionsEgress: [{IpProtocol: \"-1\", IpRanges: [{CidrIp: 0.0.0.0/0}]}]}]}, fsx: {FileSystems: [{FileSystemId: fs-f9ae16274b82e466c, $SecurityGroupIds: [sg-0c10000000000000c]}]}}",
                OPEN,
                LATE,
            ],
            until: "mount",
            finds: &[
                "FSX-NET-03 error failed SecurityGroup sg-0c10000000000000c",
                "FSX-MNT-50 error blocked by FSX-NET-03,FSX-NET-05 Pod default/late",
                "FSX-NET-05 error failed SecurityGroup sg-0c10000000000000c",
                "FSX-AZ-01 info failed FileSystem fs-f9ae16274b82e466c",
            ],
        },
        Case {
            name: "N-04 nodes are not admitted",
            world: &[
                "done",
                "aws: {ec2: {SecurityGroups: [{GroupId: sg-0c10000000000000c, GroupName: lustre, Description: Lustre, VpcId: vpc-0a10000000000000a, IpPermissions: [{IpProtocol: \"-1\", UserIdGroupPairs: [{GroupId: sg-0c10000000000000c}]}], IpPermissionsEgress: [{IpProtocol: \"-1\", IpRanges: [{CidrIp: 0.0.0.0/0}]}]}]}, fsx: {FileSystems: [{FileSystemId: fs-f9ae16274b82e466c, $SecurityGroupIds: [sg-0c10000000000000c]}]}}",
                OPEN,
                LATE,
            ],
            until: "mount",
            finds: &[
                "FSX-NET-04 error failed SecurityGroup sg-0c10000000000000c",
                "FSX-MNT-50 error blocked by FSX-NET-04 Pod default/late",
                "FSX-AZ-01 info failed FileSystem fs-f9ae16274b82e466c",
            ],
        },
        Case {
            name: "N-05 not admitted by itself",
            world: &[
                "done",
                "aws: {ec2: {SecurityGroups: [{GroupId: sg-0c10000000000000c, GroupName: lustre, Description: Lustre, VpcId: vpc-0a10000000000000a, IpPermissions: [{IpProtocol: tcp, FromPort: 988, ToPort: 988, UserIdGroupPairs: [{GroupId: sg-0b10000000000000b}, {GroupId: sg-0a10000000000000a}]}, {IpProtocol: tcp, FromPort: 1018, ToPort: 1023, UserIdGroupPairs: [{GroupId: sg-0b10000000000000b}, {GroupId: sg-0a10000000000000a}]}], IpPermissionsEgress: [{IpProtocol: \"-1\", IpRanges: [{CidrIp: 0.0.0.0/0}]}]}]}, fsx: {FileSystems: [{FileSystemId: fs-f9ae16274b82e466c, $SecurityGroupIds: [sg-0c10000000000000c]}]}}",
                OPEN,
                LATE,
            ],
            until: "mount",
            finds: &[
                "FSX-NET-05 error failed SecurityGroup sg-0c10000000000000c",
                "FSX-MNT-16 error blocked by FSX-NET-05 Pod default/late",
                "FSX-MNT-50 error blocked by FSX-NET-05 Pod default/late",
                "FSX-AZ-01 info failed FileSystem fs-f9ae16274b82e466c",
            ],
        },
        Case {
            name: "N-06 nothing may leave",
            world: &[
                "done",
                "aws: {ec2: {SecurityGroups: [{GroupId: sg-0c10000000000000c, GroupName: lustre, Description: Lustre, VpcId: vpc-0a10000000000000a, IpPermissions: [{IpProtocol: tcp, FromPort: 988, ToPort: 988, UserIdGroupPairs: [{GroupId: sg-0b10000000000000b}, {GroupId: sg-0a10000000000000a}, {GroupId: sg-0c10000000000000c}]}, {IpProtocol: tcp, FromPort: 1018, ToPort: 1023, UserIdGroupPairs: [{GroupId: sg-0b10000000000000b}, {GroupId: sg-0a10000000000000a}, {GroupId: sg-0c10000000000000c}]}], IpPermissionsEgress: [{IpProtocol: tcp, FromPort: 443, ToPort: 443, IpRanges: [{CidrIp: 0.0.0.0/0}]}]}]}, fsx: {FileSystems: [{FileSystemId: fs-f9ae16274b82e466c, $SecurityGroupIds: [sg-0c10000000000000c]}]}}",
                OPEN,
                LATE,
            ],
            until: "mount",
            finds: &[
                "FSX-NET-06 error failed SecurityGroup sg-0c10000000000000c",
                "FSX-MNT-50 error blocked by FSX-NET-06 Pod default/late",
                "FSX-AZ-01 info failed FileSystem fs-f9ae16274b82e466c",
            ],
        },
    ]);
}

#[test]
fn interfaces() {
    check(&[
        Case {
            name: "N-08 one interface was forgotten",
            world: &[
                "done",
                "aws: {ec2: {SecurityGroups: [{GroupId: sg-0c10000000000000c, GroupName: lustre, Description: Lustre, VpcId: vpc-0a10000000000000a, IpPermissions: [{IpProtocol: \"-1\", UserIdGroupPairs: [{GroupId: sg-0c10000000000000c}]}], IpPermissionsEgress: [{IpProtocol: \"-1\", IpRanges: [{CidrIp: 0.0.0.0/0}]}]}], NetworkInterfaces: [{NetworkInterfaceId: eni-0f10000000000000a, PrivateIpAddress: 10.20.3.1, Groups: [{GroupId: sg-0b10000000000000b}], SubnetId: subnet-0a10000000000000a, TagSet: [{Key: AmazonFSx.FileSystemId, Value: fs-f9ae16274b82e466c}]}, {NetworkInterfaceId: eni-0f10000000000000b, PrivateIpAddress: 10.20.3.2, Groups: [{GroupId: sg-0c10000000000000c}], SubnetId: subnet-0a10000000000000a, TagSet: [{Key: AmazonFSx.FileSystemId, Value: fs-f9ae16274b82e466c}]}]}, fsx: {FileSystems: [{FileSystemId: fs-f9ae16274b82e466c, NetworkInterfaceIds: [eni-0f10000000000000a, eni-0f10000000000000b], $SecurityGroupIds: null}]}}",
                "aws: {ec2: {SecurityGroups: [{GroupId: sg-0a10000000000000a, IpPermissions: [{IpProtocol: \"-1\", UserIdGroupPairs: [{GroupId: sg-0a10000000000000a}, {GroupId: sg-0b10000000000000b}, {GroupId: sg-0c10000000000000c}]}]}, {GroupId: sg-0b10000000000000b, IpPermissions: [{IpProtocol: \"-1\", UserIdGroupPairs: [{GroupId: sg-0b10000000000000b}, {GroupId: sg-0c10000000000000c}]}, {IpProtocol: tcp, FromPort: 988, ToPort: 1023, UserIdGroupPairs: [{GroupId: sg-0a10000000000000a}]}, {IpProtocol: tcp, FromPort: 10250, ToPort: 10250, UserIdGroupPairs: [{GroupId: sg-0a10000000000000a}]}]}]}}",
                LATE,
            ],
            until: "mount",
            finds: &[
                "FSX-NET-08 error failed SecurityGroup sg-0c10000000000000c",
                "FSX-MNT-50 error blocked by FSX-NET-08 Pod default/late",
                "FSX-AZ-01 info failed FileSystem fs-f9ae16274b82e466c",
            ],
        },
        Case {
            name: "N-09 a network ACL",
            world: &[
                "done",
                "aws: {ec2: {NetworkAcls: [{NetworkAclId: acl-0b10000000000000b, VpcId: vpc-0a10000000000000a, IsDefault: false, Associations: [{SubnetId: subnet-0b10000000000000b}], Entries: [{RuleNumber: 50, Protocol: \"6\", RuleAction: deny, Egress: true, CidrBlock: 0.0.0.0/0, PortRange: {From: 988, To: 1023}}, {RuleNumber: 100, Protocol: \"-1\", RuleAction: allow, Egress: true, CidrBlock: 0.0.0.0/0}, {RuleNumber: 100, Protocol: \"-1\", RuleAction: allow, Egress: false, CidrBlock: 0.0.0.0/0}]}]}}",
            ],
            until: "",
            finds: &[
                "FSX-NET-09 error failed NetworkAcl acl-0b10000000000000b",
                "FSX-AZ-01 info failed FileSystem fs-f9ae16274b82e466c",
            ],
        },
        Case {
            name: "N-12 no DNS",
            world: &[
                "done",
                "aws: {ec2: {Vpcs: [{VpcId: vpc-0a10000000000000a, EnableDnsSupport: false}]}}",
                LATE,
            ],
            until: "mount",
            finds: &[
                "FSX-NET-12 error failed Vpc vpc-0a10000000000000a",
                "FSX-MNT-50 error blocked by FSX-NET-12 Pod default/late",
                "FSX-AZ-01 info failed FileSystem fs-f9ae16274b82e466c",
            ],
        },
    ]);
}

#[test]
fn odd_rules() {
    check(&[
        Case {
            name: "H-12 two CIDRs that cover together, protocol 6, a wider range",
            world: &[
                "done",
                "aws: {ec2: {SecurityGroups: [{GroupId: sg-0c10000000000000c, GroupName: lustre, Description: Lustre, VpcId: vpc-0a10000000000000a, IpPermissions: [{IpProtocol: \"6\", FromPort: 900, ToPort: 1100, IpRanges: [{CidrIp: 10.20.0.0/17}, {CidrIp: 10.20.128.0/17}]}], IpPermissionsEgress: [{IpProtocol: \"-1\", IpRanges: [{CidrIp: 0.0.0.0/0}]}]}]}, fsx: {FileSystems: [{FileSystemId: fs-f9ae16274b82e466c, $SecurityGroupIds: [sg-0c10000000000000c]}]}}",
                OPEN,
            ],
            until: "",
            finds: &["FSX-AZ-01 info failed FileSystem fs-f9ae16274b82e466c"],
        },
        Case {
            name: "H-12 a prefix list",
            world: &[
                "done",
                "aws: {ec2: {PrefixLists: [{PrefixListId: pl-0a10000000000000a, PrefixListName: nodes, Entries: [{Cidr: 10.20.0.0/16}]}]}}",
                "aws: {ec2: {SecurityGroups: [{GroupId: sg-0c10000000000000c, GroupName: lustre, Description: Lustre, VpcId: vpc-0a10000000000000a, IpPermissions: [{IpProtocol: tcp, FromPort: 988, ToPort: 988, PrefixListIds: [{PrefixListId: pl-0a10000000000000a}]}, {IpProtocol: tcp, FromPort: 1018, ToPort: 1023, PrefixListIds: [{PrefixListId: pl-0a10000000000000a}]}], IpPermissionsEgress: [{IpProtocol: \"-1\", IpRanges: [{CidrIp: 0.0.0.0/0}]}]}]}, fsx: {FileSystems: [{FileSystemId: fs-f9ae16274b82e466c, $SecurityGroupIds: [sg-0c10000000000000c]}]}}",
                OPEN,
            ],
            until: "",
            finds: &["FSX-AZ-01 info failed FileSystem fs-f9ae16274b82e466c"],
        },
        Case {
            name: "H-13 all wear one group",
            world: &[
                "done",
                "aws: {ec2: {SecurityGroups: [{GroupId: sg-0b10000000000000b, IpPermissions: [{IpProtocol: \"-1\", UserIdGroupPairs: [{GroupId: sg-0b10000000000000b}]}]}], Instances: [{InstanceId: i-0c10000000000000a, SecurityGroups: [{GroupId: sg-0a10000000000000a}, {GroupId: sg-0b10000000000000b}]}, {InstanceId: i-0c10000000000000b, SecurityGroups: [{GroupId: sg-0a10000000000000a}, {GroupId: sg-0b10000000000000b}]}]}}",
            ],
            until: "",
            finds: &["FSX-AZ-01 info failed FileSystem fs-f9ae16274b82e466c"],
        },
        Case {
            name: "H-45 the range of old pages",
            world: &[
                "done",
                "aws: {ec2: {SecurityGroups: [{GroupId: sg-0c10000000000000c, GroupName: lustre, Description: Lustre, VpcId: vpc-0a10000000000000a, IpPermissions: [{IpProtocol: tcp, FromPort: 988, ToPort: 988, UserIdGroupPairs: [{GroupId: sg-0b10000000000000b}, {GroupId: sg-0a10000000000000a}, {GroupId: sg-0c10000000000000c}]}, {IpProtocol: tcp, FromPort: 1021, ToPort: 1023, UserIdGroupPairs: [{GroupId: sg-0b10000000000000b}, {GroupId: sg-0a10000000000000a}, {GroupId: sg-0c10000000000000c}]}], IpPermissionsEgress: [{IpProtocol: \"-1\", IpRanges: [{CidrIp: 0.0.0.0/0}]}]}]}, fsx: {FileSystems: [{FileSystemId: fs-f9ae16274b82e466c, $SecurityGroupIds: [sg-0c10000000000000c]}]}}",
                OPEN,
            ],
            until: "",
            finds: &[
                "FSX-AZ-01 info failed FileSystem fs-f9ae16274b82e466c",
                "FSX-NOTE-45 info failed SecurityGroup sg-0c10000000000000c",
            ],
        },
    ]);
}
