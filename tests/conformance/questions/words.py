"""Words that the questions share."""
import json

# An id that nothing has.
NOBODY = "0123456789abcdef0"
ACCOUNT = "111122223333"


def document(*statements):
    """A policy document as text."""
    return json.dumps({"Version": "2012-10-17", "Statement": list(statements)})


def trust(**principal):
    """A trust policy."""
    return document({"Effect": "Allow", "Principal": principal, "Action": "sts:AssumeRole"})


def allow(*actions):
    """A policy that allows actions on everything."""
    return document({"Sid": "Some", "Effect": "Allow", "Action": list(actions), "Resource": "*"})


def pairs(**given):
    """Tags."""
    return [{"Key": key, "Value": value} for key, value in given.items()]


def tagged(kind, **given):
    """A TagSpecifications member."""
    return [{"ResourceType": kind, "Tags": pairs(**given)}]


def one(name, *values):
    """A Filters member with one filter."""
    return [{"Name": name, "Values": list(values)}]
