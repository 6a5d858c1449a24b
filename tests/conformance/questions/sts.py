"""STS."""
import base64
import json
import os
import ssl
import urllib.request

import yaml

from .words import ACCOUNT, document, trust


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


def web(side):
    """A service account of the cluster becomes a role."""
    sts = lambda operation, **arguments: side.ask("sts", operation, **arguments)
    issuer = side.client("eks").describe_cluster(name="hp-eks")["cluster"]["identity"]["oidc"]["issuer"]
    host = issuer.removeprefix("https://")
    provider = f"arn:aws:iam::{ACCOUNT}:oidc-provider/{host}"
    side.make("iam", "CreateOpenIDConnectProvider", Url=issuer, ClientIDList=["sts.amazonaws.com"])
    subject = "system:serviceaccount:kube-system:default"
    side.make("iam", "CreateRole", RoleName="web", AssumeRolePolicyDocument=document({
        "Effect": "Allow", "Principal": {"Federated": provider}, "Action": "sts:AssumeRoleWithWebIdentity",
        "Condition": {"StringEquals": {f"{host}:sub": subject, f"{host}:aud": "sts.amazonaws.com"}}}))
    arn = f"arn:aws:iam::{ACCOUNT}:role/web"
    sts("AssumeRoleWithWebIdentity", RoleArn=arn, RoleSessionName="me", WebIdentityToken=token("sts.amazonaws.com"))
    sts("AssumeRoleWithWebIdentity", RoleArn=arn, RoleSessionName="me", WebIdentityToken=token("another"))


def token(audience):
    """A token of the service account `kube-system/default`, from the cluster that KUBECONFIG names."""
    with open(os.environ["KUBECONFIG"], encoding="utf-8") as file:
        config = yaml.safe_load(file)
    cluster, user = config["clusters"][0]["cluster"], config["users"][0]["user"]
    trusted = ssl.create_default_context(cadata=base64.b64decode(cluster["certificate-authority-data"]).decode())
    request = urllib.request.Request(
        f"{cluster['server']}/api/v1/namespaces/kube-system/serviceaccounts/default/token", method="POST",
        headers={"authorization": f"Bearer {user['token']}", "content-type": "application/json"},
        data=json.dumps({"apiVersion": "authentication.k8s.io/v1", "kind": "TokenRequest",
                         "spec": {"audiences": [audience], "expirationSeconds": 3600}}).encode())
    with urllib.request.urlopen(request, context=trusted) as answer:
        return json.load(answer)["status"]["token"]
