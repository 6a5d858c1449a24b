"""What both judges share: errors that no model declares, and the differences that are known and why."""
import collections
import fnmatch
import json
import re

EC2 = "https://docs.aws.amazon.com/AWSEC2/latest/APIReference/errors-overview.html"
EKS = "https://docs.aws.amazon.com/eks/latest/APIReference/CommonErrors.html"
FSX = "https://docs.aws.amazon.com/fsx/latest/APIReference/CommonErrors.html"
IAM = "https://docs.aws.amazon.com/IAM/latest/APIReference/CommonErrors.html"
SAGEMAKER = "https://docs.aws.amazon.com/sagemaker/latest/APIReference/CommonErrors.html"
STS = "https://docs.aws.amazon.com/STS/latest/APIReference/CommonErrors.html"
TROUBLE = "https://docs.aws.amazon.com/IAM/latest/UserGuide/troubleshoot_access-denied.html"
SIGNING = "https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_sigv-troubleshooting.html"

# Errors of every operation of a service, which its model does not declare: code, HTTP status, AWS's page. Where the page
# has another status than the service is known to send, the row says so.
COMMON = {
    # The model of EC2 declares no errors at all. The page gives "400-series" for them, and 403 and 412 are what
    # UnauthorizedOperation and DryRunOperation come with. UNCONFIRMED by that page: 401 of AuthFailure.
    "ec2": {
        "AuthFailure": (401, EC2), "UnauthorizedOperation": (403, EC2), "DryRunOperation": (412, EC2),
        **dict.fromkeys([
            "RequestExpired", "MissingAuthenticationToken", "MissingParameter", "InvalidParameterValue",
            "InvalidParameterCombination", "UnsupportedOperation", "InvalidID", "TagLimitExceeded",
        ], (400, EC2)),
    },
    # Both speak the query protocol, in which the token and access errors go without their ending `Exception`.
    "iam": {"AccessDenied": (403, TROUBLE), "ExpiredToken": (403, IAM), "InvalidClientTokenId": (403, IAM),
            "MissingAuthenticationToken": (403, IAM), "ValidationError": (400, IAM)},
    "sts": {"AccessDenied": (403, TROUBLE), "ExpiredToken": (403, STS), "InvalidClientTokenId": (403, STS),
            "MissingAuthenticationToken": (403, STS), "ValidationError": (400, STS)},
    "eks": {"AccessDeniedException": (403, EKS), "ExpiredTokenException": (403, EKS),
            "UnrecognizedClientException": (403, EKS), "MissingAuthenticationTokenException": (400, EKS),
            "SerializationException": (400, EKS)},
    # awsJson services send these with 400, whatever the shared page says (UNCONFIRMED by it): the protocol knows the
    # error by `__type`, not by the status.
    "fsx": dict.fromkeys([
        "AccessDeniedException", "ExpiredTokenException", "UnrecognizedClientException", "ValidationException",
        "MissingAuthenticationTokenException", "SerializationException", "ThrottlingException"], (400, FSX)),
    "sagemaker": dict.fromkeys([
        "AccessDeniedException", "ExpiredTokenException", "UnrecognizedClientException", "ValidationException",
        "MissingAuthenticationTokenException", "SerializationException"], (400, SAGEMAKER)),
}

# Errors of single operations that the model lacks and AWS's pages have. EC2: the table of the errors page, by the thing
# that is not found; the code says which operation it belongs to.
OF_OPERATIONS = {
    "ec2": dict.fromkeys([
        "CannotDelete", "DependencyViolation", "InvalidDhcpOptionID.NotFound", "InvalidDhcpOptionsId.Malformed",
        "InvalidGroup.Duplicate", "InvalidGroup.NotFound", "InvalidGroup.Reserved", "InvalidGroupId.Malformed",
        "InvalidInstanceID.Malformed", "InvalidInstanceID.NotFound", "InvalidInstanceType",
        "InvalidInternetGatewayID.NotFound", "InvalidInternetGatewayId.Malformed", "InvalidLaunchTemplateId.Malformed",
        "InvalidLaunchTemplateId.NotFound", "InvalidLaunchTemplateId.VersionNotFound",
        "InvalidLaunchTemplateName.NotFoundException", "InvalidNetworkAclID.NotFound", "InvalidNetworkAclId.Malformed",
        "InvalidNetworkInterfaceID.NotFound", "InvalidNetworkInterfaceId.Malformed", "InvalidPermission.Duplicate",
        "InvalidPermission.NotFound", "InvalidPrefixListID.NotFound", "InvalidPrefixListId.Malformed",
        "InvalidRouteTableID.NotFound", "InvalidRouteTableId.Malformed", "InvalidSecurityGroupRuleId.NotFound",
        "InvalidSubnetID.Malformed", "InvalidSubnetID.NotFound", "InvalidTransitGatewayAttachmentID.Malformed",
        "InvalidTransitGatewayAttachmentID.NotFound", "InvalidVpcEndpointId.Malformed", "InvalidVpcEndpointId.NotFound",
        "InvalidVpcID.Malformed", "InvalidVpcID.NotFound", "InvalidVpcPeeringConnectionID.NotFound",
        "InvalidVpcPeeringConnectionId.Malformed", "NatGatewayMalformed", "NatGatewayNotFound",
        "RulesPerSecurityGroupLimitExceeded", "VPCIdNotSpecified",
    ], (400, EC2)),
}


def status(service, operation, code):
    """The HTTP status of an error that the model does not declare; None when nothing documents it."""
    del operation
    row = COMMON.get(service, {}).get(code) or OF_OPERATIONS.get(service, {}).get(code)
    return row and row[0]


def listed(path, judge):
    """The known differences of one judge by their id, from the committed file."""
    if path is None:
        return {}
    rows = json.loads(path.read_text(encoding="utf-8"))["differences"]
    return {row["id"]: row for row in rows if row["judge"] == judge}


class Known:
    """The known differences, and which of them were found."""

    def __init__(self, rows):
        self.rows, self.used, self.found = rows, set(), collections.defaultdict(set)

    def covers(self, operation, text):
        """Whether a finding is a known difference."""
        for name, row in self.rows.items():
            if not any(fnmatch.fnmatchcase(operation, pattern) for pattern in row["operations"]):
                continue
            for expression in row["finds"]:
                if re.search(expression, text):
                    self.used.add((name, expression))
                    self.found[name].add(operation)
                    return True
        return False

    def unused(self):
        """What is listed and was not found."""
        every = [(name, expression) for name, row in self.rows.items() for expression in row["finds"]]
        return [f"{name}: {expression}" for name, expression in every if (name, expression) not in self.used]

    def operations(self):
        """The operations of each difference that was found."""
        return {name: sorted(operations) for name, operations in sorted(self.found.items())}
