#!/usr/bin/env python3
"""Trims botocore's service models to what the sandbox serves.

Writes {service}.json beside itself: the operations listed below and the shapes they reach, without
documentation. botocore (https://pypi.org/project/botocore/) is Apache-2.0. Run it again, and review the
difference, when an operation is added or botocore is raised; the version read is kept in each file.
"""
import json
import pathlib

import botocore
import botocore.loaders

OPERATIONS = {
    "sts": "GetCallerIdentity AssumeRole AssumeRoleWithWebIdentity",
    "iam": """
        GetOpenIDConnectProvider ListOpenIDConnectProviders CreateOpenIDConnectProvider DeleteOpenIDConnectProvider
        AddClientIDToOpenIDConnectProvider RemoveClientIDFromOpenIDConnectProvider
        TagOpenIDConnectProvider UntagOpenIDConnectProvider ListOpenIDConnectProviderTags
        UpdateOpenIDConnectProviderThumbprint
        GetRole ListRoles CreateRole DeleteRole UpdateRole UpdateAssumeRolePolicy TagRole UntagRole ListRoleTags
        PutRolePolicy GetRolePolicy ListRolePolicies DeleteRolePolicy
        AttachRolePolicy DetachRolePolicy ListAttachedRolePolicies
        GetPolicy GetPolicyVersion ListPolicies ListPolicyVersions CreatePolicy DeletePolicy
        SimulatePrincipalPolicy ListInstanceProfilesForRole GetInstanceProfile CreateServiceLinkedRole
        PutRolePermissionsBoundary DeleteRolePermissionsBoundary
        GetUser ListAttachedUserPolicies ListUserPolicies""",
    "ec2": """
        DescribeVpcs DescribeVpcAttribute DescribeSubnets DescribeSecurityGroups DescribeSecurityGroupRules
        DescribeNetworkInterfaces DescribeInstances DescribeRouteTables DescribeNetworkAcls DescribeDhcpOptions
        DescribePrefixLists DescribeManagedPrefixLists GetManagedPrefixListEntries DescribeInstanceTypes
        DescribeLaunchTemplateVersions DescribeAvailabilityZones DescribeVpcPeeringConnections DescribeVpcEndpoints
        CreateSecurityGroup DeleteSecurityGroup
        AuthorizeSecurityGroupIngress AuthorizeSecurityGroupEgress
        RevokeSecurityGroupIngress RevokeSecurityGroupEgress
        CreateTags DeleteTags DescribeTags DescribeInternetGateways DescribeNatGateways
        ModifyNetworkInterfaceAttribute DescribeTransitGatewayVpcAttachments""",
    "eks": """
        DescribeCluster ListClusters
        ListAddons DescribeAddon CreateAddon UpdateAddon DeleteAddon DescribeAddonVersions DescribeAddonConfiguration
        ListPodIdentityAssociations DescribePodIdentityAssociation CreatePodIdentityAssociation
        UpdatePodIdentityAssociation DeletePodIdentityAssociation
        ListNodegroups DescribeNodegroup ListFargateProfiles DescribeFargateProfile
        ListAccessEntries DescribeAccessEntry ListAssociatedAccessPolicies
        ListUpdates DescribeUpdate TagResource UntagResource ListTagsForResource""",
    "fsx": """
        CreateFileSystem DescribeFileSystems UpdateFileSystem DeleteFileSystem CreateFileSystemFromBackup
        CreateDataRepositoryAssociation DescribeDataRepositoryAssociations
        UpdateDataRepositoryAssociation DeleteDataRepositoryAssociation
        CreateDataRepositoryTask DescribeDataRepositoryTasks CancelDataRepositoryTask
        CreateBackup DescribeBackups DeleteBackup CopyBackup
        TagResource UntagResource ListTagsForResource""",
    "sagemaker": "ListClusters DescribeCluster ListClusterNodes DescribeClusterNode",
}

KEEP_METADATA = ("apiVersion", "endpointPrefix", "jsonVersion", "protocol", "serviceId", "signingName",
                 "targetPrefix", "xmlNamespace")
KEEP_OPERATION = ("http", "input", "output", "errors")
DROP = ("documentation", "deprecated", "deprecatedMessage", "deprecatedSince", "sensitive", "synthetic", "idempotent",
        "union", "box", "exception", "contextParam", "externalDocumentation", "examples", "synopsis", "fault")


def bare(value):
    """The value without what only generators and readers need."""
    if isinstance(value, dict):
        return {key: bare(inner) for key, inner in value.items() if key not in DROP or not plain(key, inner)}
    if isinstance(value, list):
        return [bare(inner) for inner in value]
    return value


def plain(key, inner):
    """Whether `key` is a trait here, and not the name of a member (whose value refers to a shape)."""
    return not (isinstance(inner, dict) and "shape" in inner)


def reached(shapes, roots):
    seen, queue = set(), list(roots)
    while queue:
        name = queue.pop()
        if name in seen:
            continue
        seen.add(name)
        shape = shapes[name]
        refs = list(shape.get("members", {}).values()) + [shape[k] for k in ("member", "key", "value") if k in shape]
        queue += [ref["shape"] for ref in refs]
    return seen


def trim(service, wanted):
    loader = botocore.loaders.Loader()
    model = loader.load_service_model(service, "service-2")
    pages = loader.load_service_model(service, "paginators-1").get("pagination", {})
    operations, roots = {}, set()
    for name in sorted(wanted):
        operation = model["operations"][name]
        operations[name] = bare({key: operation[key] for key in KEEP_OPERATION if key in operation})
        roots |= {operation[side]["shape"] for side in ("input", "output") if side in operation}
        roots |= {error["shape"] for error in operation.get("errors", [])}
    names = sorted(reached(model["shapes"], roots))
    return {
        "botocore": botocore.__version__,
        "metadata": {key: model["metadata"][key] for key in KEEP_METADATA if key in model["metadata"]},
        "operations": operations,
        "paginators": {name: pages[name] for name in sorted(wanted) if name in pages},
        "shapes": {name: bare(model["shapes"][name]) for name in names},
    }


def main():
    here = pathlib.Path(__file__).parent
    for service, operations in OPERATIONS.items():
        text = json.dumps(trim(service, operations.split()), indent=1, ensure_ascii=False)
        (here / f"{service}.json").write_text(text + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()
