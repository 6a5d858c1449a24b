"""What the sandbox and moto are asked: every operation that the sandbox serves, with right and wrong arguments.

`begin` gives both the same things to begin with; `talk` asks. Nothing in here looks at an answer but to learn the id of
what was made.
"""
from . import begin as beginning
from . import ec2, eks, fsx, iam, rules, sagemaker, sts


def begin(side):
    """The same network, cluster and users on both sides."""
    if side.name == "sandbox":
        beginning.known(side)
    else:
        beginning.made(side)


def talk(side):
    """Every question, service by service."""
    for part in (sts, iam, ec2, rules, eks):
        part.talk(side)
    if side.name == "sandbox":
        # moto keeps records of these two and has neither their lifecycles nor their refusals, and it has no cluster
        # whose tokens it could check. The sandbox is asked all the same, so that botocore sees what it answers.
        for part in (fsx, sagemaker):
            part.talk(side)
        sts.web(side)
