"""Drives the sandbox through boto3, the SDK whose models it was cut from. Run by clients.rs; exits 0 when all holds."""
import json
import pathlib
import sys

import boto3
import botocore
from botocore.exceptions import ClientError


def refused(code, status, call, **arguments):
    try:
        call(**arguments)
    except ClientError as error:
        got = (error.response["Error"]["Code"], error.response["ResponseMetadata"]["HTTPStatusCode"])
        assert got == (code, status), f"{got} instead of {(code, status)}: {error}"
        assert error.response["ResponseMetadata"].get("RequestId"), "no request id"
        return error.response
    raise AssertionError(f"{code} expected")


def reads():
    ec2, eks, fsx = boto3.client("ec2"), boto3.client("eks"), boto3.client("fsx")
    iam, sts, sagemaker = boto3.client("iam"), boto3.client("sts"), boto3.client("sagemaker")
    assert sts.get_caller_identity()["Account"] == "111122223333"
    vpc = ec2.describe_vpcs(Filters=[{"Name": "cidr", "Values": ["10.20.0.0/16"]}])["Vpcs"][0]["VpcId"]
    support = ec2.describe_vpc_attribute(VpcId=vpc, Attribute="enableDnsSupport")
    assert support["EnableDnsSupport"]["Value"] is True
    groups = ec2.describe_security_groups(Filters=[{"Name": "vpc-id", "Values": [vpc]}])["SecurityGroups"]
    assert any(group["IpPermissions"] for group in groups)
    cluster = eks.describe_cluster(name="hp-eks")["cluster"]
    assert cluster["createdAt"].year >= 2020 and cluster["endpoint"].startswith("https://127.0.0.1:")
    assert fsx.describe_file_systems()["FileSystems"] == []
    role = iam.get_role(RoleName="hp-eks-nodes")["Role"]
    assert role["AssumeRolePolicyDocument"]["Statement"] and role["CreateDate"].year >= 2020
    nodes = sagemaker.get_paginator("list_cluster_nodes").paginate(
        ClusterName="hp-cluster", PaginationConfig={"PageSize": 1})
    pages = list(nodes)
    assert len(pages) == 3 and all(len(page["ClusterNodeSummaries"]) == 1 for page in pages)


def refusals():
    ec2, eks, fsx = boto3.client("ec2"), boto3.client("eks"), boto3.client("fsx")
    iam, sagemaker = boto3.client("iam"), boto3.client("sagemaker")
    refused("FileSystemNotFound", 400, fsx.describe_file_systems, FileSystemIds=["fs-0123456789abcdef0"])
    refused("ResourceNotFoundException", 404, eks.describe_cluster, name="nope")
    refused("NoSuchEntity", 404, iam.get_role, RoleName="nope")
    refused("ResourceNotFound", 400, sagemaker.describe_cluster, ClusterName="nope")
    refused("InvalidGroup.NotFound", 400, ec2.describe_security_groups, GroupIds=["sg-0123456789abcdef0"])
    refused("ValidationException", 400, fsx.describe_file_systems, FileSystemIds=["not-an-id-at-all"])
    stranger = {"aws_access_key_id": "AKIAUNKNOWN000000000", "aws_secret_access_key": "x", "aws_session_token": "y"}
    for service, operation, code, status in [
        ("fsx", "describe_file_systems", "UnrecognizedClientException", 400),
        ("eks", "list_clusters", "UnrecognizedClientException", 403),
        ("ec2", "describe_vpcs", "AuthFailure", 401),
        ("iam", "list_roles", "InvalidClientTokenId", 403),
        ("sts", "get_caller_identity", "InvalidClientTokenId", 403),
    ]:
        refused(code, status, getattr(boto3.client(service, **stranger), operation))


def every_operation_answers_in_form(models):
    """Whatever an operation says to its required members, boto3 must be able to read it."""
    missing = []
    samples = {"string": "hp-eks", "integer": 1, "long": 1, "boolean": False, "list": [], "map": {}, "structure": {}}
    for path in sorted(models.glob("*.json")):
        model = json.loads(path.read_text())
        assert model["botocore"] == botocore.__version__, f"{path.name}: trimmed from {model['botocore']}"
        client = boto3.client(path.stem, config=botocore.config.Config(
            parameter_validation=False, retries={"total_max_attempts": 1}))
        for name in model["operations"]:
            operation = client.meta.service_model.operation_model(name)
            shape = operation.input_shape
            required = shape.required_members if shape else []
            arguments = {member: samples[shape.members[member].type_name] for member in required}
            try:
                client._make_api_call(name, arguments)
            except ClientError as error:
                if error.response["ResponseMetadata"]["HTTPStatusCode"] == 501:
                    missing.append(f"{path.stem}:{name}")
                assert error.response["Error"]["Code"] not in ("", "400", "404", "500"), f"{path.stem}:{name}: {error}"
                assert error.response["Error"].get("Message"), f"{path.stem}:{name}: no message"
    assert not missing, f"in the models but not served: {missing}"


def main():
    reads()
    refusals()
    every_operation_answers_in_form(pathlib.Path(sys.argv[1]))


main()
