"""STS."""
from .words import ACCOUNT, trust


def talk(side):
    """Who asks, and who becomes whom."""
    sts = lambda operation, **arguments: side.ask("sts", operation, **arguments)
    sts("GetCallerIdentity")
    side.make("iam", "CreateRole", RoleName="assumed", AssumeRolePolicyDocument=trust(AWS=f"arn:aws:iam::{ACCOUNT}:root"))
    arn = f"arn:aws:iam::{ACCOUNT}:role/assumed"
    sts("AssumeRole", RoleArn=arn, RoleSessionName="me")
    sts("AssumeRole", RoleArn=arn, RoleSessionName="me", DurationSeconds=900)
    sts("AssumeRole", RoleArn=arn, RoleSessionName="me", DurationSeconds=60)
    sts("AssumeRole", RoleArn=arn, RoleSessionName="m e")
    sts("AssumeRole", RoleArn=arn)
    sts("AssumeRole", RoleArn=f"arn:aws:iam::{ACCOUNT}:role/nobody", RoleSessionName="me")
    sts("AssumeRoleWithWebIdentity", RoleArn=arn, RoleSessionName="me", WebIdentityToken="no token")
    side.make("iam", "DeleteRole", RoleName="assumed")
