#!/usr/bin/env python3
"""Puts the same questions to the sandbox and to moto, and compares what they say.

    fsxctl-sandbox run --world bare --world alike.yaml -- python3 alike.py [--listed FILE] [--strict]

Both sides begin with the same things: the sandbox reads them from its world, moto gets them made by its own calls.
Then `questions` are put to either side, and every answer is compared: error code, HTTP status, members, values. Ids and
times are replaced by what they stand for. Prints one JSON document; exits 1 when a difference is not listed, with
--strict also when a listed one was not found. moto is not the authority: where the two differ, AWS's pages decide, and
the sandbox is mended or the difference is listed with its reason.
"""
import argparse
import collections
import datetime
import importlib
import json
import os
import pathlib
import re
import sys
import time
import warnings

# Before moto is loaded: it reads its account once.
os.environ["MOTO_ACCOUNT_ID"] = "111122223333"
warnings.filterwarnings("ignore")

import boto3
import botocore
import botocore.config
import botocore.exceptions
import moto

import common
import questions

RESPONSES = {"ec2": "EC2Response", "iam": "IamResponse", "sts": "TokenResponse", "eks": "EKSResponse"}
# Ids and other words that nobody can foresee, by what they begin with.
RANDOM = [
    (re.compile(r"\b(vpc|subnet|sg|sgr|eni|eni-attach|igw|nat|rtb|rtbassoc|acl|aclassoc|dopt|pl|pcx|vpce|tgw|tgw-attach|lt|i|r|"
                r"eipalloc|eipassoc|fs|backup|fsvol|dra|task|ami|vol|assoc)-[0-9a-f]{8,17}\b"), r"\1-#"),
    (re.compile(r"\b(AROA|AIDA|ANPA|AIPA|ASIA|AKIA)[A-Z0-9]{12,}\b"), r"\1#"),
    (re.compile(r"\b[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}\b"), "uuid-#"),
    (re.compile(r"\b([0-9a-f]{2}:){5}[0-9a-f]{2}\b"), "mac-#"),
    # Which zone is which differs between accounts.
    (re.compile(r"\busw2-az[1-4]\b"), "zone-#"),
]
# Members whose values belong to one run; botocore's judge looks at their form.
OWN = {"SecretAccessKey", "SessionToken", "NextToken", "nextToken", "Marker", "PolicyId", "UserId", "InstanceProfileId",
       "data", "endpoint", "issuer", "platformVersion"}


class Side:
    """One of the two, with what it was asked and what it answered."""

    def __init__(self, name, endpoint=None):
        self.name, self.endpoint = name, endpoint
        self.clients, self.names, self.steps = {}, {}, []
        # What the script remembers: ids of things, by its own names for them.
        self.id = {}

    def client(self, service):
        """A client that does not look at what it sends, so that the other side does."""
        if service not in self.clients:
            config = botocore.config.Config(parameter_validation=False, retries={"total_max_attempts": 1})
            self.clients[service] = boto3.client(
                service, region_name="us-west-2", endpoint_url=self.endpoint, config=config)
        return self.clients[service]

    def has(self, service, operation):
        """Whether this side knows an operation at all."""
        if self.name == "sandbox":
            return True
        responses = getattr(importlib.import_module(f"moto.{service}.responses"), RESPONSES[service])
        return hasattr(responses, botocore.xform_name(operation))

    def keep(self, name, value):
        """Remembers an id under the script's own name for it."""
        self.id[name] = value
        if isinstance(value, str):
            self.names[value] = f"<{name}>"
        return value

    def make(self, service, operation, **arguments):
        """A call that brings about the beginning; it must succeed and is not compared."""
        return self.client(service)._make_api_call(operation, arguments)

    def ask(self, service, operation, **arguments):
        """A call that is compared. Answers its members, or nothing when it was refused."""
        step = {"operation": f"{service}:{operation}", "asked": self.plain(arguments)}
        self.steps.append(step)
        if not self.has(service, operation):
            step["unknown"] = True
            return {}
        try:
            answer = self.client(service)._make_api_call(operation, arguments)
        except botocore.exceptions.ClientError as refused:
            step["error"] = refused.response["Error"]["Code"]
            step["status"] = refused.response["ResponseMetadata"]["HTTPStatusCode"]
            return {}
        except NotImplementedError:
            step["unknown"] = True
            return {}
        except Exception as broken:  # moto falls over inside the process
            step["error"] = f"breaks: {type(broken).__name__}"
            step["status"] = 500
            return {}
        step["status"] = answer.pop("ResponseMetadata")["HTTPStatusCode"]
        step["answer"] = answer
        return answer

    def until(self, service, method, holds, **arguments):
        """Waits for a lifecycle of the sandbox; in moto nothing takes time."""
        if self.name == "moto":
            return
        for _ in range(600):
            if holds(getattr(self.client(service), method)(**arguments)):
                return
            time.sleep(0.02)
        sys.exit(f"{service} {method} {arguments}: it never ends")

    def plain(self, value, key=None):
        """A value without what differs from run to run, and without what is empty."""
        if isinstance(value, dict):
            inner = {name: self.plain(one, name) for name, one in value.items()}
            return {name: one for name, one in inner.items() if one not in ([], {}, "", None)}
        if isinstance(value, list):
            items = [self.plain(one) for one in value]
            return sorted((one for one in items if one not in ({}, "")), key=lambda one: json.dumps(one, sort_keys=True))
        if isinstance(value, datetime.datetime):
            return "time-#"
        if key in OWN:
            return f"{key}-#"
        if isinstance(value, str):
            for known in sorted(self.names, key=len, reverse=True):
                value = value.replace(known, self.names[known])
            for expression, to in RANDOM:
                value = expression.sub(to, value)
        return value


def differences(ours, theirs, path=""):
    """What differs between two plain values."""
    if isinstance(ours, dict) and isinstance(theirs, dict):
        for name in sorted({*ours, *theirs}):
            below = f"{path}.{name}" if path else name
            if name not in theirs:
                yield f"{below}: only the sandbox has it"
            elif name not in ours:
                yield f"{below}: only moto has it"
            else:
                yield from differences(ours[name], theirs[name], below)
    elif isinstance(ours, list) and isinstance(theirs, list):
        if len(ours) != len(theirs):
            yield f"{path}: {len(ours)} items in the sandbox, {len(theirs)} in moto"
            return
        left = list(theirs)
        for mine in ours:
            # Whichever is most alike: lists have no order, and one side may leave out what the other sorts by.
            tried = [list(differences(mine, other, f"{path}[]")) for other in left]
            best = min(range(len(tried)), key=lambda at: len(tried[at]))
            del left[best]
            yield from tried[best]
    elif ours != theirs:
        yield f"{path}: {json.dumps(ours)[:120]} in the sandbox, {json.dumps(theirs)[:120]} in moto"


def compared(ours, theirs):
    """What differs between two steps."""
    if "error" in ours or "error" in theirs:
        mine, other = [(step.get("error", "an answer"), step["status"]) for step in (ours, theirs)]
        if mine != other:
            yield f"{mine[0]} {mine[1]} in the sandbox, {other[0]} {other[1]} in moto"
        return
    if ours["status"] != theirs["status"]:
        yield f"status {ours['status']} in the sandbox, {theirs['status']} in moto"
    yield from differences(ours["plain"], theirs["plain"])


def run(side):
    """The script on one side."""
    questions.begin(side)
    questions.talk(side)
    for step in side.steps:
        step["plain"] = side.plain(step.pop("answer", {}))
    return side.steps


def main():
    words = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    words.add_argument("--listed", type=pathlib.Path, help="differences that are known, with their reasons")
    words.add_argument("--strict", action="store_true", help="a listed difference must be found as well")
    given = words.parse_args()
    endpoint = os.environ.pop("AWS_ENDPOINT_URL")
    known = common.Known(common.listed(given.listed, "moto"))
    operations, findings = collections.defaultdict(collections.Counter), {}
    sandbox = run(Side("sandbox", endpoint))
    with moto.mock_aws(config={"iam": {"load_aws_managed_policies": True}}):
        theirs = run(Side("moto"))
    for step in sandbox[len(theirs):]:
        operations[step["operation"]]["not compared"] += 1
    for ours, other in zip(sandbox, theirs):
        name = ours["operation"]
        assert name == other["operation"], (ours, other)
        if other.get("unknown"):
            operations[name]["not in moto"] += 1
            continue
        operations[name]["asked"] += 1
        for what in compared(ours, other):
            if not known.covers(name, what):
                finding = findings.setdefault((name, what), {
                    "operation": name, "side": "alike", "where": "", "what": what, "example": ours["asked"], "times": 0})
                finding["times"] += 1
    print(json.dumps({
        "moto": moto.__version__,
        "counts": {"questions": len(sandbox)},
        "operations": {name: operations[name] for name in sorted(operations)},
        "listed": known.operations(),
        "unused": known.unused(),
        "findings": list(findings.values()),
    }, indent=1))
    sys.exit(1 if findings or given.strict and known.unused() else 0)


if __name__ == "__main__":
    main()
