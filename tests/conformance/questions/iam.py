"""IAM: roles, policies, providers, users."""
import json

from .words import ACCOUNT, allow, pairs, trust

ISSUER = "oidc.eks.us-west-2.amazonaws.com/id/FEDCBA98765432100123456789ABCDEF"
PROVIDER = f"arn:aws:iam::{ACCOUNT}:oidc-provider/{ISSUER}"
READ = "arn:aws:iam::aws:policy/AmazonFSxReadOnlyAccess"
FULL = "arn:aws:iam::aws:policy/AmazonFSxFullAccess"


def talk(side):
    """All of it."""
    iam = lambda operation, **arguments: side.ask("iam", operation, **arguments)
    roles(iam)
    inline(iam)
    managed(iam)
    own(iam)
    providers(iam)
    others(iam)
    end(iam)


def roles(iam):
    """A role from its creation on."""
    ec2 = trust(Service="ec2.amazonaws.com")
    iam("CreateRole", RoleName="driver", AssumeRolePolicyDocument=ec2, Description="the driver's", Path="/team/",
        MaxSessionDuration=7200, Tags=pairs(team="a", stage="b"))
    iam("CreateRole", RoleName="driver", AssumeRolePolicyDocument=ec2)
    iam("CreateRole", RoleName="Driver", AssumeRolePolicyDocument=ec2)
    iam("CreateRole", RoleName="bad-1", AssumeRolePolicyDocument="no document")
    iam("CreateRole", RoleName="bad-2", AssumeRolePolicyDocument=json.dumps({"Version": "2012-10-17"}))
    iam("CreateRole", RoleName="b ad", AssumeRolePolicyDocument=ec2)
    iam("CreateRole", RoleName="x" * 65, AssumeRolePolicyDocument=ec2)
    iam("CreateRole", RoleName="bad-3", AssumeRolePolicyDocument=ec2, MaxSessionDuration=60)
    iam("CreateRole", RoleName="bad-4")
    iam("GetRole", RoleName="driver")
    iam("GetRole", RoleName="nobody")
    iam("UpdateRole", RoleName="driver", Description="new", MaxSessionDuration=3600)
    iam("UpdateRole", RoleName="nobody")
    iam("GetRole", RoleName="driver")
    iam("UpdateAssumeRolePolicy", RoleName="driver", PolicyDocument=trust(Service="pods.eks.amazonaws.com"))
    iam("UpdateAssumeRolePolicy", RoleName="driver", PolicyDocument="{")
    iam("UpdateAssumeRolePolicy", RoleName="nobody", PolicyDocument=ec2)
    iam("GetRole", RoleName="driver")
    iam("ListRoles", PathPrefix="/team/")
    iam("ListRoles", PathPrefix="/nobody/")
    iam("TagRole", RoleName="driver", Tags=pairs(team="b", more="c"))
    iam("TagRole", RoleName="nobody", Tags=pairs(team="b"))
    iam("ListRoleTags", RoleName="driver")
    iam("UntagRole", RoleName="driver", TagKeys=["stage", "never"])
    iam("UntagRole", RoleName="nobody", TagKeys=["stage"])
    iam("ListRoleTags", RoleName="driver")
    iam("ListRoleTags", RoleName="driver", MaxItems=1)
    iam("ListRoleTags", RoleName="nobody")
    iam("PutRolePermissionsBoundary", RoleName="driver", PermissionsBoundary=FULL)
    iam("PutRolePermissionsBoundary", RoleName="nobody", PermissionsBoundary=FULL)
    iam("GetRole", RoleName="driver")
    iam("DeleteRolePermissionsBoundary", RoleName="driver")
    iam("DeleteRolePermissionsBoundary", RoleName="nobody")


def inline(iam):
    """Policies within a role."""
    iam("PutRolePolicy", RoleName="driver", PolicyName="own", PolicyDocument=allow("fsx:DescribeFileSystems"))
    iam("PutRolePolicy", RoleName="driver", PolicyName="own", PolicyDocument=allow("fsx:CreateFileSystem"))
    iam("PutRolePolicy", RoleName="driver", PolicyName="second", PolicyDocument=allow("fsx:TagResource"))
    iam("PutRolePolicy", RoleName="driver", PolicyName="own", PolicyDocument="{")
    iam("PutRolePolicy", RoleName="driver", PolicyName="own", PolicyDocument=json.dumps(
        {"Version": "2012-10-17", "Statement": [{"Effect": "Perhaps", "Action": "fsx:*", "Resource": "*"}]}))
    iam("PutRolePolicy", RoleName="nobody", PolicyName="own", PolicyDocument=allow("fsx:TagResource"))
    iam("GetRolePolicy", RoleName="driver", PolicyName="own")
    iam("GetRolePolicy", RoleName="driver", PolicyName="nobody")
    iam("GetRolePolicy", RoleName="nobody", PolicyName="own")
    iam("ListRolePolicies", RoleName="driver")
    iam("ListRolePolicies", RoleName="driver", MaxItems=1)
    iam("ListRolePolicies", RoleName="nobody")
    iam("DeleteRolePolicy", RoleName="driver", PolicyName="second")
    iam("DeleteRolePolicy", RoleName="driver", PolicyName="second")
    iam("DeleteRolePolicy", RoleName="nobody", PolicyName="own")


def managed(iam):
    """AWS's policies on a role."""
    iam("AttachRolePolicy", RoleName="driver", PolicyArn=FULL)
    iam("AttachRolePolicy", RoleName="driver", PolicyArn=FULL)
    iam("AttachRolePolicy", RoleName="driver", PolicyArn="arn:aws:iam::aws:policy/Nothing")
    iam("AttachRolePolicy", RoleName="driver", PolicyArn="no arn")
    iam("AttachRolePolicy", RoleName="nobody", PolicyArn=FULL)
    iam("ListAttachedRolePolicies", RoleName="driver")
    iam("ListAttachedRolePolicies", RoleName="nobody")
    iam("GetPolicy", PolicyArn="arn:aws:iam::aws:policy/Nothing")
    iam("DeleteRole", RoleName="driver")
    iam("DetachRolePolicy", RoleName="driver", PolicyArn=FULL)
    iam("DetachRolePolicy", RoleName="driver", PolicyArn=FULL)
    iam("DetachRolePolicy", RoleName="nobody", PolicyArn=FULL)
    iam("DeletePolicy", PolicyArn=FULL)


def own(iam):
    """The account's own policies."""
    arn = f"arn:aws:iam::{ACCOUNT}:policy/team/shared"
    iam("CreatePolicy", PolicyName="shared", Path="/team/", PolicyDocument=allow("fsx:DescribeFileSystems"),
        Description="for all", Tags=pairs(team="a"))
    iam("CreatePolicy", PolicyName="shared", Path="/team/", PolicyDocument=allow("fsx:DescribeFileSystems"))
    iam("CreatePolicy", PolicyName="bad", PolicyDocument="{")
    iam("GetPolicy", PolicyArn=arn)
    iam("GetPolicyVersion", PolicyArn=arn, VersionId="v1")
    iam("GetPolicyVersion", PolicyArn=arn, VersionId="v9")
    iam("GetPolicyVersion", PolicyArn=f"{arn}-not", VersionId="v1")
    iam("ListPolicyVersions", PolicyArn=arn)
    iam("ListPolicyVersions", PolicyArn=f"{arn}-not")
    iam("ListPolicies", Scope="Local")
    iam("ListPolicies", Scope="Local", OnlyAttached=True)
    iam("ListPolicies", Scope="Local", PathPrefix="/team/")
    iam("AttachRolePolicy", RoleName="driver", PolicyArn=arn)
    iam("GetPolicy", PolicyArn=arn)
    iam("DetachRolePolicy", RoleName="driver", PolicyArn=arn)
    iam("DeletePolicy", PolicyArn=arn)
    iam("DeletePolicy", PolicyArn=arn)
    # One that is in use, for the role's sake not the one above: moto deletes it all the same.
    arn = f"arn:aws:iam::{ACCOUNT}:policy/held"
    iam("CreatePolicy", PolicyName="held", PolicyDocument=allow("fsx:DescribeFileSystems"))
    iam("AttachRolePolicy", RoleName="hp-eks-cluster", PolicyArn=arn)
    iam("DeletePolicy", PolicyArn=arn)


def providers(iam):
    """OIDC providers."""
    thumbprint = "9e99a48a9960b14926bb7f3b02e22da2b0ab7280"
    iam("CreateOpenIDConnectProvider", Url=f"https://{ISSUER}", ClientIDList=["sts.amazonaws.com"],
        ThumbprintList=[thumbprint], Tags=pairs(team="a"))
    iam("CreateOpenIDConnectProvider", Url=f"https://{ISSUER}", ClientIDList=["sts.amazonaws.com"],
        ThumbprintList=[thumbprint])
    iam("CreateOpenIDConnectProvider", Url="http://example.org", ThumbprintList=[thumbprint])
    iam("CreateOpenIDConnectProvider", Url="https://example.com", ThumbprintList=["short"])
    iam("GetOpenIDConnectProvider", OpenIDConnectProviderArn=PROVIDER)
    iam("GetOpenIDConnectProvider", OpenIDConnectProviderArn=f"{PROVIDER}0")
    iam("AddClientIDToOpenIDConnectProvider", OpenIDConnectProviderArn=PROVIDER, ClientID="another")
    iam("RemoveClientIDFromOpenIDConnectProvider", OpenIDConnectProviderArn=PROVIDER, ClientID="another")
    iam("AddClientIDToOpenIDConnectProvider", OpenIDConnectProviderArn=f"{PROVIDER}0", ClientID="another")
    iam("RemoveClientIDFromOpenIDConnectProvider", OpenIDConnectProviderArn=f"{PROVIDER}0", ClientID="another")
    iam("UpdateOpenIDConnectProviderThumbprint", OpenIDConnectProviderArn=PROVIDER, ThumbprintList=["0" * 40])
    iam("UpdateOpenIDConnectProviderThumbprint", OpenIDConnectProviderArn=f"{PROVIDER}0", ThumbprintList=["0" * 40])
    iam("TagOpenIDConnectProvider", OpenIDConnectProviderArn=PROVIDER, Tags=pairs(team="b", more="c"))
    iam("TagOpenIDConnectProvider", OpenIDConnectProviderArn=f"{PROVIDER}0", Tags=pairs(team="b"))
    iam("ListOpenIDConnectProviderTags", OpenIDConnectProviderArn=PROVIDER)
    iam("ListOpenIDConnectProviderTags", OpenIDConnectProviderArn=f"{PROVIDER}0")
    iam("UntagOpenIDConnectProvider", OpenIDConnectProviderArn=PROVIDER, TagKeys=["more"])
    iam("UntagOpenIDConnectProvider", OpenIDConnectProviderArn=f"{PROVIDER}0", TagKeys=["more"])
    iam("GetOpenIDConnectProvider", OpenIDConnectProviderArn=PROVIDER)
    iam("ListOpenIDConnectProviders")
    iam("DeleteOpenIDConnectProvider", OpenIDConnectProviderArn=PROVIDER)
    iam("DeleteOpenIDConnectProvider", OpenIDConnectProviderArn=PROVIDER)
    iam("ListOpenIDConnectProviders")


def others(iam):
    """Users, instance profiles, service-linked roles, simulation."""
    iam("GetUser", UserName="ann")
    iam("GetUser", UserName="nobody")
    iam("ListAttachedUserPolicies", UserName="ann")
    iam("ListAttachedUserPolicies", UserName="nobody")
    iam("ListUserPolicies", UserName="ann")
    iam("ListUserPolicies", UserName="nobody")
    iam("GetInstanceProfile", InstanceProfileName="hp-eks-nodes")
    iam("GetInstanceProfile", InstanceProfileName="nobody")
    iam("ListInstanceProfilesForRole", RoleName="hp-eks-nodes")
    iam("ListInstanceProfilesForRole", RoleName="nobody")
    iam("CreateServiceLinkedRole", AWSServiceName="fsx.amazonaws.com")
    iam("CreateServiceLinkedRole", AWSServiceName="fsx.amazonaws.com")
    iam("GetRole", RoleName="AWSServiceRoleForAmazonFSx")
    iam("DeleteRole", RoleName="AWSServiceRoleForAmazonFSx")
    iam("SimulatePrincipalPolicy", PolicySourceArn=f"arn:aws:iam::{ACCOUNT}:user/ann",
        ActionNames=["fsx:DescribeFileSystems", "iam:CreateRole"])
    iam("SimulatePrincipalPolicy", PolicySourceArn=f"arn:aws:iam::{ACCOUNT}:user/nobody", ActionNames=["fsx:TagResource"])


def end(iam):
    """A role's end."""
    iam("DeleteRole", RoleName="driver")
    iam("DeleteRolePolicy", RoleName="driver", PolicyName="own")
    iam("DeleteRole", RoleName="driver")
    iam("DeleteRole", RoleName="driver")
    iam("GetRole", RoleName="driver")
