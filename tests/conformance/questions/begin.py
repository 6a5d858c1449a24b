"""The things that both sides begin with: `alike.yaml` over the world `bare`, and the same by moto's own calls."""
from .words import ACCOUNT, tagged, trust, document

# What the world files give, under the questions' names.
WORLD = {
    "vpc": "vpc-0b20000000000000b", "hp-vpc": "vpc-0a10000000000000a", "subnet-a": "subnet-0d10000000000000a",
    "subnet-b": "subnet-0d20000000000000b", "subnet-public": "subnet-0d30000000000000c", "igw": "igw-0d10000000000000a",
    "nat": "nat-0d10000000000000a", "rtb": "rtb-0d10000000000000a", "dopt": "dopt-0a10000000000000a",
    "acl": "acl-0a10000000000000a", "pcx": "pcx-0a10000000000000a", "vpce": "vpce-0a10000000000000a",
    "pl": "pl-0a10000000000000a", "s3-list": "pl-68a54001", "lt": "lt-0a10000000000000a", "tgw": "tgw-0a10000000000000a",
    "attachment": "tgw-attach-0a10000000000000a", "eni": "eni-0d10000000000000a", "instance": "i-0d10000000000000a",
    "nodes": "sg-0d10000000000000a",
}


def known(side):
    """The sandbox has them already."""
    for name, value in WORLD.items():
        side.keep(name, value)


def made(side):
    """moto gets them."""
    network(side)
    others(side)
    iam = lambda operation, **arguments: side.make("iam", operation, **arguments)
    iam("CreateUser", UserName="ann")
    iam("AttachUserPolicy", UserName="ann", PolicyArn="arn:aws:iam::aws:policy/ReadOnlyAccess")
    iam("PutUserPolicy", UserName="ann", PolicyName="own",
        PolicyDocument=document({"Effect": "Allow", "Action": "fsx:*", "Resource": "*"}))
    iam("CreateRole", RoleName="hp-eks-cluster", AssumeRolePolicyDocument=document({
        "Effect": "Allow", "Principal": {"Service": "eks.amazonaws.com"}, "Action": ["sts:AssumeRole", "sts:TagSession"]}))
    iam("AttachRolePolicy", RoleName="hp-eks-cluster", PolicyArn="arn:aws:iam::aws:policy/AmazonEKSClusterPolicy")
    iam("CreateRole", RoleName="hp-eks-nodes", AssumeRolePolicyDocument=trust(Service="ec2.amazonaws.com"))
    for name in ("AmazonEKSWorkerNodePolicy", "AmazonEKS_CNI_Policy", "AmazonEC2ContainerRegistryPullOnly"):
        iam("AttachRolePolicy", RoleName="hp-eks-nodes", PolicyArn=f"arn:aws:iam::aws:policy/{name}")
    iam("CreateInstanceProfile", InstanceProfileName="hp-eks-nodes")
    iam("AddRoleToInstanceProfile", InstanceProfileName="hp-eks-nodes", RoleName="hp-eks-nodes")
    cluster(side)


def network(side):
    """VPCs, subnets, ways out."""
    ec2 = lambda operation, **arguments: side.make("ec2", operation, **arguments)
    vpc = ec2("CreateVpc", CidrBlock="10.30.0.0/16", TagSpecifications=tagged("vpc", Name="alike"))["Vpc"]["VpcId"]
    side.keep("vpc", vpc)
    ec2("ModifyVpcAttribute", VpcId=vpc, EnableDnsHostnames={"Value": True})
    side.keep("hp-vpc", ec2("CreateVpc", CidrBlock="10.20.0.0/16")["Vpc"]["VpcId"])
    for name, block, zone, said in [
        ("subnet-a", "10.30.0.0/18", "us-west-2a", {"Name": "private-a", "role": "1"}),
        ("subnet-b", "10.30.64.0/18", "us-west-2b", {"Name": "private-b", "role": "1"}),
        ("subnet-public", "10.30.240.0/24", "us-west-2a", {"Name": "public-a"}),
    ]:
        subnet = ec2("CreateSubnet", VpcId=vpc, CidrBlock=block, AvailabilityZone=zone,
                     TagSpecifications=tagged("subnet", **said))
        side.keep(name, subnet["Subnet"]["SubnetId"])
    igw = side.keep("igw", ec2("CreateInternetGateway")["InternetGateway"]["InternetGatewayId"])
    ec2("AttachInternetGateway", InternetGatewayId=igw, VpcId=vpc)
    address = ec2("AllocateAddress", Domain="vpc")["AllocationId"]
    nat = ec2("CreateNatGateway", SubnetId=side.id["subnet-public"], AllocationId=address)
    side.keep("nat", nat["NatGateway"]["NatGatewayId"])
    table = side.keep("rtb", ec2("CreateRouteTable", VpcId=vpc)["RouteTable"]["RouteTableId"])
    ec2("AssociateRouteTable", RouteTableId=table, SubnetId=side.id["subnet-a"])
    ec2("CreateRoute", RouteTableId=table, DestinationCidrBlock="0.0.0.0/0", NatGatewayId=side.id["nat"])
    options = ec2("CreateDhcpOptions", DhcpConfigurations=[
        {"Key": "domain-name-servers", "Values": ["AmazonProvidedDNS"]}])["DhcpOptions"]["DhcpOptionsId"]
    ec2("AssociateDhcpOptions", DhcpOptionsId=side.keep("dopt", options), VpcId=vpc)
    acl = side.keep("acl", ec2("CreateNetworkAcl", VpcId=vpc)["NetworkAcl"]["NetworkAclId"])
    ec2("CreateNetworkAclEntry", NetworkAclId=acl, RuleNumber=100, Protocol="6", RuleAction="allow", Egress=False,
        CidrBlock="10.0.0.0/8", PortRange={"From": 988, "To": 988})


def others(side):
    """Peers, endpoints, lists, templates, machines."""
    ec2 = lambda operation, **arguments: side.make("ec2", operation, **arguments)
    vpc = side.id["vpc"]
    group = ec2("CreateSecurityGroup", GroupName="plain", Description="nodes", VpcId=vpc)["GroupId"]
    side.keep("nodes", group)
    peering = ec2("CreateVpcPeeringConnection", VpcId=vpc, PeerVpcId=side.id["hp-vpc"])["VpcPeeringConnection"]
    side.keep("pcx", peering["VpcPeeringConnectionId"])
    ec2("AcceptVpcPeeringConnection", VpcPeeringConnectionId=side.id["pcx"])
    endpoint = ec2("CreateVpcEndpoint", VpcId=vpc, ServiceName="com.amazonaws.us-west-2.fsx", VpcEndpointType="Interface",
                   SubnetIds=[side.id["subnet-b"]], SecurityGroupIds=[group], PrivateDnsEnabled=False)["VpcEndpoint"]
    side.keep("vpce", endpoint["VpcEndpointId"])
    all_lists = ec2("DescribeManagedPrefixLists")["PrefixLists"]
    side.keep("s3-list", next(one["PrefixListId"] for one in all_lists if one["PrefixListName"] == "com.amazonaws.us-west-2.s3"))
    lists = ec2("CreateManagedPrefixList", PrefixListName="offices", AddressFamily="IPv4", MaxEntries=5, Entries=[
        {"Cidr": "10.1.0.0/16", "Description": "one"}, {"Cidr": "10.2.0.0/16"}])["PrefixList"]
    side.keep("pl", lists["PrefixListId"])
    template = ec2("CreateLaunchTemplate", LaunchTemplateName="nodes", LaunchTemplateData={
        "InstanceType": "m5.large", "UserData": "dXNlcg=="})["LaunchTemplate"]
    side.keep("lt", template["LaunchTemplateId"])
    tgw = side.keep("tgw", ec2("CreateTransitGateway")["TransitGateway"]["TransitGatewayId"])
    attachment = ec2("CreateTransitGatewayVpcAttachment", TransitGatewayId=tgw, VpcId=vpc, SubnetIds=[side.id["subnet-a"]])
    side.keep("attachment", attachment["TransitGatewayVpcAttachment"]["TransitGatewayAttachmentId"])
    eni = ec2("CreateNetworkInterface", SubnetId=side.id["subnet-a"], PrivateIpAddress="10.30.1.11", Groups=[group],
              Description="plain")["NetworkInterface"]
    side.keep("eni", eni["NetworkInterfaceId"])
    image = ec2("DescribeImages", Owners=["amazon"])["Images"][0]["ImageId"]
    machine = ec2("RunInstances", ImageId=image, MinCount=1, MaxCount=1, InstanceType="m5.xlarge",
                  SubnetId=side.id["subnet-a"], PrivateIpAddress="10.30.1.101", SecurityGroupIds=[group],
                  TagSpecifications=tagged("instance", Name="node"))["Instances"][0]
    side.keep("instance", machine["InstanceId"])


def cluster(side):
    """The clusters and the nodes of one."""
    eks = lambda operation, **arguments: side.make("eks", operation, **arguments)
    for name in ("hp-eks", "alike"):
        eks("CreateCluster", name=name, version="1.33", roleArn=f"arn:aws:iam::{ACCOUNT}:role/hp-eks-cluster",
            resourcesVpcConfig={"subnetIds": [side.id["subnet-a"], side.id["subnet-b"]], "endpointPrivateAccess": True})
    eks("CreateNodegroup", clusterName="alike", nodegroupName="system", nodeRole=f"arn:aws:iam::{ACCOUNT}:role/hp-eks-nodes",
        subnets=[side.id["subnet-a"]], instanceTypes=["m5.xlarge"],
        scalingConfig={"minSize": 1, "maxSize": 3, "desiredSize": 2})
    eks("CreateFargateProfile", clusterName="alike", fargateProfileName="batch", subnets=[side.id["subnet-a"]],
        podExecutionRoleArn=f"arn:aws:iam::{ACCOUNT}:role/hp-eks-nodes", selectors=[{"namespace": "batch"}])
