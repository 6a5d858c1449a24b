"""EKS: the cluster and what belongs to it."""
from .words import ACCOUNT, document

# One that no world has tagged.
CLUSTER = f"arn:aws:eks:us-west-2:{ACCOUNT}:cluster/alike"
ROLE = f"arn:aws:iam::{ACCOUNT}:role/pods"


def talk(side):
    """All of it."""
    eks = lambda operation, **arguments: side.ask("eks", operation, **arguments)
    eks("ListClusters")
    eks("ListClusters", maxResults=1)
    eks("ListClusters", maxResults=0)
    eks("DescribeCluster", name="alike")
    eks("DescribeCluster", name="nobody")
    for operation, member in [("DescribeNodegroup", "nodegroupName"), ("DescribeFargateProfile", "fargateProfileName")]:
        name = "system" if member == "nodegroupName" else "batch"
        eks(operation, clusterName="alike", **{member: name})
        eks(operation, clusterName="alike", **{member: "nobody"})
        eks(operation, clusterName="nobody", **{member: name})
    for operation in ("ListNodegroups", "ListFargateProfiles", "ListAddons", "ListAccessEntries", "ListPodIdentityAssociations"):
        eks(operation, clusterName="alike")
        eks(operation, clusterName="nobody")
    eks("ListUpdates", name="hp-eks")
    eks("ListUpdates", name="nobody")
    eks("TagResource", resourceArn=CLUSTER, tags={"team": "a", "stage": "b"})
    eks("UntagResource", resourceArn=CLUSTER, tagKeys=["stage"])
    eks("ListTagsForResource", resourceArn=CLUSTER)
    eks("ListTagsForResource", resourceArn=f"{CLUSTER}-not")
    eks("TagResource", resourceArn=f"{CLUSTER}-not", tags={"team": "a"})
    eks("UntagResource", resourceArn=f"{CLUSTER}-not", tagKeys=["team"])
    entries(eks)
    for name in ("pods", "pods-2"):
        side.make("iam", "CreateRole", RoleName=name, AssumeRolePolicyDocument=document({
            "Effect": "Allow", "Principal": {"Service": "pods.eks.amazonaws.com"},
            "Action": ["sts:AssumeRole", "sts:TagSession"]}))
    addons(side, eks)
    associations(side, eks)


def entries(eks):
    """Access entries."""
    role = f"arn:aws:iam::{ACCOUNT}:role/hp-eks-nodes"
    eks("DescribeAccessEntry", clusterName="hp-eks", principalArn=role)
    eks("DescribeAccessEntry", clusterName="hp-eks", principalArn=ROLE)
    eks("ListAssociatedAccessPolicies", clusterName="hp-eks", principalArn=role)
    eks("ListAssociatedAccessPolicies", clusterName="hp-eks", principalArn=ROLE)


def addons(side, eks):
    """An add-on from its creation on."""
    name = "aws-fsx-csi-driver"
    eks("DescribeAddonVersions", addonName=name)
    eks("DescribeAddonVersions", addonName=name, kubernetesVersion="1.33", maxResults=1)
    eks("DescribeAddonVersions", addonName="nobody")
    eks("DescribeAddonConfiguration", addonName=name, addonVersion="v1.9.0-eksbuild.1")
    eks("DescribeAddonConfiguration", addonName=name, addonVersion="v0.0.0-eksbuild.1")
    eks("DescribeAddon", clusterName="hp-eks", addonName=name)
    eks("CreateAddon", clusterName="hp-eks", addonName=name, addonVersion="v0.0.0-eksbuild.1")
    eks("CreateAddon", clusterName="nobody", addonName=name)
    eks("CreateAddon", clusterName="hp-eks", addonName="nobody")
    eks("CreateAddon", clusterName="hp-eks", addonName=name, configurationValues='{"nobody": 1}')
    eks("CreateAddon", clusterName="hp-eks", addonName=name, tags={"team": "a"}, resolveConflicts="NONE",
        configurationValues='{"controller": {"replicaCount": 1}}')
    eks("CreateAddon", clusterName="hp-eks", addonName=name)
    eks("DescribeAddon", clusterName="hp-eks", addonName=name)
    eks("ListAddons", clusterName="hp-eks")
    side.until("eks", "describe_addon", lambda it: it["addon"]["status"] != "CREATING", clusterName="hp-eks", addonName=name)
    eks("DescribeAddon", clusterName="hp-eks", addonName=name)
    update = eks("UpdateAddon", clusterName="hp-eks", addonName=name, resolveConflicts="PRESERVE",
                 configurationValues='{"controller": {"replicaCount": 2}}')
    eks("UpdateAddon", clusterName="hp-eks", addonName="nobody")
    number = update.get("update", {}).get("id", "none")
    eks("DescribeUpdate", name="hp-eks", addonName=name, updateId=number)
    eks("DescribeUpdate", name="hp-eks", addonName=name, updateId="00000000-0000-4000-8000-000000000000")
    eks("ListUpdates", name="hp-eks", addonName=name)
    side.until("eks", "describe_addon", lambda it: it["addon"]["status"] != "UPDATING", clusterName="hp-eks", addonName=name)
    eks("DeleteAddon", clusterName="hp-eks", addonName=name)
    eks("DeleteAddon", clusterName="hp-eks", addonName="nobody")


def associations(side, eks):
    """Pod identity associations."""
    account = {"clusterName": "hp-eks", "namespace": "kube-system", "serviceAccount": "fsx-csi-controller-sa"}
    made = eks("CreatePodIdentityAssociation", **account, roleArn=ROLE, tags={"team": "a"})
    number = made.get("association", {}).get("associationId", "a-none")
    side.keep("association", number)
    eks("CreatePodIdentityAssociation", **account, roleArn=ROLE)
    eks("CreatePodIdentityAssociation", **{**account, "clusterName": "nobody"}, roleArn=ROLE)
    eks("DescribePodIdentityAssociation", clusterName="hp-eks", associationId=number)
    eks("DescribePodIdentityAssociation", clusterName="hp-eks", associationId="a-0000000000000000a")
    eks("ListPodIdentityAssociations", **account)
    eks("UpdatePodIdentityAssociation", clusterName="hp-eks", associationId=number,
        roleArn=f"arn:aws:iam::{ACCOUNT}:role/hp-eks-nodes")
    eks("UpdatePodIdentityAssociation", clusterName="hp-eks", associationId=number, roleArn=f"{ROLE}-2")
    eks("UpdatePodIdentityAssociation", clusterName="hp-eks", associationId="a-0000000000000000a", roleArn=ROLE)
    eks("DeletePodIdentityAssociation", clusterName="hp-eks", associationId=number)
    eks("DeletePodIdentityAssociation", clusterName="hp-eks", associationId=number)
