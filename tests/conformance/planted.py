#!/usr/bin/env python3
"""Plants faults in exchanges that are right, and asks the judges for them. Exits 0 when each is found and nothing else.
"""
import base64
import copy
import json
import sys

import common
import judge

ID = {"x-amzn-requestid": "0f0f0f0f-0000-4000-8000-000000000000"}
EC2 = "http://ec2.amazonaws.com/doc/2016-11-15/"
IAM = "https://iam.amazonaws.com/doc/2010-05-08/"


def exchange(service, operation, request, answer):
    """An exchange as the sandbox writes it."""
    method, path, headers, sent, given = request
    status, kind, said = answer
    encoded = lambda text: base64.b64encode(text.encode()).decode()
    return {
        "client": "command", "agent": "aws-sdk-rust/1.7.0 app/fsxctl", "service": service, "operation": operation,
        "injected": False, "file": "planted",
        "request": {"method": method, "path": path, "headers": headers, "body": encoded(sent), "input": given},
        "answer": {"status": status, "headers": {"content-type": kind, **ID}, "body": encoded(said)},
    }


FSX = exchange(
    "fsx", "DescribeFileSystems",
    ("POST", "/", {"x-amz-target": "AWSSimbaAPIService_v20180301.DescribeFileSystems"},
     '{"FileSystemIds":["fs-0123456789abcdef0"]}', {"FileSystemIds": ["fs-0123456789abcdef0"]}),
    (200, "application/x-amz-json-1.1", json.dumps({"FileSystems": [
        {"FileSystemId": "fs-0123456789abcdef0", "Lifecycle": "AVAILABLE", "CreationTime": 1795265322.5,
         "StorageCapacity": 1200}]})))
EKS = exchange(
    "eks", "DescribeAddon", ("GET", "/clusters/a/addons/b", {}, "", {"clusterName": "a", "addonName": "b"}),
    (404, "application/json", '{"message":"No addon: b found in cluster: a","clusterName":"a"}'))
EKS["answer"]["headers"]["x-amzn-errortype"] = "ResourceNotFoundException"
ROLE = ("<RoleName>r</RoleName><Path>/</Path><RoleId>AROA0123456789ABCDEFG</RoleId><CreateDate>2026-11-21T23:29:42Z</CreateDate>"
        "<Arn>arn:aws:iam::111122223333:role/r</Arn>")
GET_ROLE = exchange(
    "iam", "GetRole", ("POST", "/", {}, "Action=GetRole&Version=2010-05-08&RoleName=r", {"RoleName": "r"}),
    (200, "text/xml", f'<GetRoleResponse xmlns="{IAM}"><GetRoleResult><Role>{ROLE}</Role></GetRoleResult>'
                      "<ResponseMetadata><RequestId>i</RequestId></ResponseMetadata></GetRoleResponse>"))
VPCS = exchange(
    "ec2", "DescribeVpcs",
    ("POST", "/", {}, "Action=DescribeVpcs&Version=2016-11-15&VpcId.1=vpc-0123456789abcdef0", {"VpcIds": ["vpc-0123456789abcdef0"]}),
    (200, "text/xml;charset=UTF-8",
     f'<DescribeVpcsResponse xmlns="{EC2}"><requestId>i</requestId><vpcSet><item><vpcId>vpc-0123456789abcdef0</vpcId>'
     "<state>available</state><isDefault>false</isDefault></item></vpcSet></DescribeVpcsResponse>"))

# An exchange; what is replaced in its answer's (a) or request's (r) body, or another change; what must be found.
PLANTED = [
    (FSX, ("a", '"AVAILABLE"', '"AVAILABEL"'), "'AVAILABEL' is not in the enum FileSystemLifecycle"),
    (FSX, ("a", "1200", '"1200"'), "'1200' is not a integer"),
    (FSX, ("a", "1795265322.5", '"2026-11-21T23:29:42Z"'), "is not a timestamp"),
    (FSX, ("a", '"StorageCapacity"', '"StorageCapacities"'), "unknown member StorageCapacities"),
    (FSX, ("a", "fs-0123456789abcdef0", "sf-0123456789abcdef0"), "does not match the pattern of FileSystemId"),
    (FSX, ("a", "1200", "null"), "null instead of being left out"),
    (FSX, ("a", '"Lifecycle"', '"Lifecycle'), "botocore cannot read it"),
    (FSX, lambda it: it["answer"].update(status=201), "201 instead of 200"),
    (FSX, lambda it: it["answer"]["headers"].update({"content-type": "text/plain"}), "is 'text/plain'"),
    (FSX, lambda it: it["answer"]["headers"].pop("x-amzn-requestid"), "no x-amzn-requestid"),
    (FSX, ("r", "fs-0123456789abcdef0", "fs-0000000000000000f"), "instead of"),
    (FSX, ("r", "}", ',"Nobody":1}'), "instead of"),
    (FSX, lambda it: it["request"]["headers"].update({"x-amz-target": "X.DescribeBackups"}), "is 'X.DescribeBackups'"),
    (FSX, lambda it: it["request"].update(input={"FileSystemIds": ["fs-nobodynobody"]}), "does not match the pattern of FileSystemId"),
    (FSX, lambda it: it["request"].update(input={"MaxResults": "x"}), "Invalid type for parameter MaxResults"),
    (FSX, lambda it: it["request"].update(input={"Nobody": 1}), "Unknown parameter"),
    (FSX, lambda it: it["request"].update(input={"MaxResults": 0}), "Invalid value for parameter MaxResults"),
    (EKS, lambda it: it["answer"].update(status=400), "status 400 instead of 404"),
    (EKS, lambda it: it["answer"]["headers"].update({"x-amzn-errortype": "NobodyException"}), "does not declare this error"),
    (EKS, ("a", '"clusterName"', '"cluster"'), "unknown member cluster"),
    (EKS, ("a", "message", "words"), "no message"),
    (EKS, lambda it: it["request"].update(path="/clusters/a/addons/c"), "/clusters/a/addons/c instead of"),
    (EKS, lambda it: it["request"].update(path="/clusters/a/addons/b?x=1"), "x=1 instead of"),
    (EKS, lambda it: it["request"].update(input={"clusterName": "a"}), "Missing required parameter"),
    (GET_ROLE, ("a", "<Path>/</Path>", ""), "required member Path is missing"),
    (GET_ROLE, ("a", "<Path>/</Path>", "<Path>/</Path><Path>/</Path>"), "2 elements where one is expected"),
    (GET_ROLE, ("a", "2026-11-21T23:29:42Z", "1795265322"), "is not a timestamp"),
    (GET_ROLE, ("a", "GetRoleResult", "GetRoleOutcome"), "instead of GetRoleResult"),
    (GET_ROLE, ("a", IAM, "https://example.org/"), "the root is"),
    (GET_ROLE, ("a", "RequestId", "Request"), "no ResponseMetadata/RequestId"),
    (GET_ROLE, ("r", "RoleName=r", "RoleName=s"), "sends RoleName, which botocore does not"),
    (VPCS, ("a", "<state>available", "<state>there"), "'there' is not in the enum VpcState"),
    (VPCS, ("a", "isDefault", "isTheDefault"), "unknown member isTheDefault"),
    (VPCS, ("a", ">false<", ">no<"), "'no' is not a boolean"),
    (VPCS, ("a", "<item>", "<member>"), "botocore cannot read it"),
    (VPCS, ("r", "VpcId.1", "VpcIds.1"), "does not send VpcId.1"),
    (VPCS, lambda it: it.update(operation="DescribeSubnets"), "the root is"),
]


def findings(one):
    """What the judge says of one exchange."""
    judgement = judge.Judgement()
    judgement.note(one)
    return [f"{found['where']}: {found['what']}" for found in judgement.findings.values()]


def spoilt(one, change):
    """A copy with a fault in it."""
    one = copy.deepcopy(one)
    if callable(change):
        change(one)
        return one
    side, old, new = change
    part = one["answer" if side == "a" else "request"]
    body = base64.b64decode(part["body"]).decode()
    assert old in body, (old, body)
    part["body"] = base64.b64encode(body.replace(old, new).encode()).decode()
    return one


def of_the_other():
    """Faults that the comparison with moto must find."""
    import alike
    side = alike.Side("sandbox")
    side.keep("vpc", "vpc-0123456789abcdef0")
    same = [side.plain({"VpcId": "vpc-0123456789abcdef0", "OwnerId": "1", "Tags": []}), {"VpcId": "<vpc>", "OwnerId": "1"}]
    step = {"status": 200, "plain": same[0]}
    for other, wanted in [
        ({"status": 200, "plain": same[1]}, None),
        ({"status": 200, "plain": {"VpcId": "<vpc>"}}, "OwnerId: only the sandbox has it"),
        ({"status": 200, "plain": {**same[1], "State": "available"}}, "State: only moto has it"),
        ({"status": 200, "plain": {**same[1], "OwnerId": "2"}}, 'OwnerId: "1" in the sandbox, "2" in moto'),
        ({"status": 201, "plain": same[1]}, "status 200 in the sandbox, 201 in moto"),
        ({"status": 400, "error": "Nobody", "plain": {}}, "an answer 200 in the sandbox, Nobody 400 in moto"),
    ]:
        found = list(alike.compared(step, other))
        yield f"moto: {wanted}", found, wanted
    lists = list(alike.differences([{"a": 1, "b": 2}, {"a": 3}], [{"a": 3}, {"a": 1}]))
    yield "moto: lists", lists, "[].b: only the sandbox has it"


def main():
    wrong = []
    for name, one in [("fsx", FSX), ("eks", EKS), ("iam", GET_ROLE), ("ec2", VPCS)]:
        if found := findings(one):
            wrong.append(f"{name} is right, but: {found}")
    for one, change, wanted in PLANTED:
        found = findings(spoilt(one, change))
        if not any(wanted in line for line in found):
            wrong.append(f"{one['service']}: {wanted!r} is not found: {found}")
    injected = spoilt(FSX, ("a", '"AVAILABLE"', '"AVAILABEL"'))
    injected["injected"] = True
    if found := findings(injected):
        wrong.append(f"a test's own fault is no finding: {found}")
    for name, found, wanted in of_the_other():
        if wanted is None and found or wanted is not None and wanted not in found:
            wrong.append(f"{name}: {found}")
    known = common.Known({"one": {"operations": ["fsx:Describe*"], "finds": ["AVAILABEL", "never"]}})
    covered = [known.covers(*asked) for asked in [
        ("fsx:DescribeFileSystems", "answer x: 'AVAILABEL'"), ("eks:DescribeAddon", "AVAILABEL"), ("fsx:DescribeBackups", "other")]]
    if covered != [True, False, False] or known.unused() != ["one: never"]:
        wrong.append(f"a listed difference covers {covered}, and {known.unused()} is not found")
    print("\n".join(wrong))
    sys.exit(1 if wrong else 0)


if __name__ == "__main__":
    main()
