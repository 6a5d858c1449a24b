//! Tables of what calls need, who is judged how, and how refusals read.

use serde_json::json;

use super::*;
use crate::call::Client;

fn world() -> State {
    let mut state = State::new("111122223333", "us-west-2");
    let trust = json!({"Version": "2012-10-17", "Statement": []});
    for (name, inline) in [
        (
            "reader",
            json!([{"Effect": "Allow", "Action": ["fsx:Describe*", "ec2:Describe*"], "Resource": "*"}]),
        ),
        (
            "maker",
            json!([
                {"Effect": "Allow", "Action": "fsx:*", "Resource": "arn:aws:fsx:us-west-2:111122223333:file-system/*"},
                {"Effect": "Deny", "Action": "fsx:DeleteFileSystem", "Resource": "*"},
            ]),
        ),
    ] {
        state.rows_mut("iam.Roles").push(json!({
            "RoleName": name, "AssumeRolePolicyDocument": trust,
            "InlinePolicies": {"own": {"Version": "2012-10-17", "Statement": inline}},
        }));
    }
    state.rows_mut("iam.Roles").push(json!({
        "RoleName": "bounded", "AssumeRolePolicyDocument": trust,
        "AttachedPolicies": ["arn:aws:iam::aws:policy/AdministratorAccess"],
        "PermissionsBoundary": "arn:aws:iam::aws:policy/AmazonFSxFullAccess",
    }));
    crate::aws::fill(&mut state);
    state
}

fn call(principal: Principal, service: &str, operation: &str, input: Value) -> Call {
    Call {
        service: service.into(),
        operation: operation.into(),
        input,
        principal,
        client: Client::Command,
        region: "us-west-2".into(),
    }
}

fn session(role: &str) -> Principal {
    Principal::AssumedRole { role: role.into(), session: "s".into() }
}

/// `action on resource`, for every need.
fn needed(state: &State, service: &str, operation: &str, input: Value) -> Vec<String> {
    let call = call(Principal::Caller, service, operation, input);
    let short = |arn: &str| arn.replace("arn:aws:", "").replace("us-west-2:111122223333:", "");
    table::needs(state, &call)
        .into_iter()
        .map(|n| format!("{} on {}", n.action, short(&n.resource)))
        .collect()
}

#[test]
fn what_calls_need() {
    let state = world();
    let tags = json!([{"Key": "a", "Value": "b"}]);
    let spec = json!([{"ResourceType": "security-group", "Tags": tags}]);
    let slr = "iam:CreateServiceLinkedRole on iam::111122223333:role/aws-service-role/fsx.amazonaws.com/AWSServiceRoleForAmazonFSx";
    let role = "arn:aws:iam::111122223333:role/r";
    let table: Vec<(&str, &str, Value, Vec<&str>)> = vec![
        ("fsx", "DescribeFileSystems", json!({}), vec!["fsx:DescribeFileSystems on fsx:file-system/*"]),
        ("fsx", "CreateFileSystem", json!({}), vec!["fsx:CreateFileSystem on fsx:file-system/*", slr]),
        (
            "fsx",
            "CreateFileSystem",
            json!({"Tags": tags}),
            vec!["fsx:CreateFileSystem on fsx:file-system/*", "fsx:TagResource on fsx:file-system/*", slr],
        ),
        (
            "fsx",
            "DeleteFileSystem",
            json!({"FileSystemId": "fs-1", "LustreConfiguration": {"SkipFinalBackup": false}}),
            vec!["fsx:DeleteFileSystem on fsx:file-system/fs-1", "fsx:CreateBackup on fsx:backup/*"],
        ),
        ("ec2", "DescribeSubnets", json!({}), vec!["ec2:DescribeSubnets on *"]),
        (
            "ec2",
            "CreateSecurityGroup",
            json!({"VpcId": "vpc-1", "TagSpecifications": spec}),
            vec![
                "ec2:CreateSecurityGroup on ec2:security-group/*",
                "ec2:CreateSecurityGroup on ec2:vpc/vpc-1",
                "ec2:CreateTags on ec2:security-group/*",
            ],
        ),
        (
            "ec2",
            "CreateTags",
            json!({"Resources": ["sg-1", "subnet-1"], "Tags": tags}),
            vec!["ec2:CreateTags on ec2:security-group/sg-1", "ec2:CreateTags on ec2:subnet/subnet-1"],
        ),
        (
            "eks",
            "CreateAddon",
            json!({"clusterName": "c", "addonName": "a", "serviceAccountRoleArn": role, "tags": {"k": "v"}}),
            vec![
                "eks:CreateAddon on eks:cluster/c",
                "iam:PassRole on iam::111122223333:role/r",
                "eks:TagResource on eks:addon/c/*/*",
            ],
        ),
        (
            "eks",
            "CreateAddon",
            json!({"clusterName": "c", "podIdentityAssociations": [{"serviceAccount": "s", "roleArn": role}]}),
            vec![
                "eks:CreateAddon on eks:cluster/c",
                "eks:CreatePodIdentityAssociation on eks:cluster/c",
                "iam:PassRole on iam::111122223333:role/r",
            ],
        ),
        (
            "iam",
            "CreateRole",
            json!({"RoleName": "r", "Path": "/team/", "Tags": tags}),
            vec![
                "iam:CreateRole on iam::111122223333:role/team/r",
                "iam:TagRole on iam::111122223333:role/team/r",
            ],
        ),
        (
            "iam",
            "GetRole",
            json!({"RoleName": "reader"}),
            vec!["iam:GetRole on iam::111122223333:role/reader"],
        ),
        (
            "iam",
            "CreateOpenIDConnectProvider",
            json!({"Url": "https://h/id/1"}),
            vec!["iam:CreateOpenIDConnectProvider on iam::111122223333:oidc-provider/h/id/1"],
        ),
    ];
    for (service, operation, input, wanted) in table {
        assert_eq!(
            needed(&state, service, operation, input.clone()),
            wanted,
            "{service} {operation} {input}"
        );
    }
}

#[test]
fn the_service_linked_role_is_needed_once() {
    let mut state = world();
    iam::service_linked::ensure(&mut state, "fsx.amazonaws.com", "");
    let needs = needed(&state, "fsx", "CreateFileSystem", json!({}));
    assert_eq!(needs, ["fsx:CreateFileSystem on fsx:file-system/*"]);
    let linked = json!({"LustreConfiguration": {"ImportPath": "s3://b"}});
    let needs = needed(&state, "fsx", "CreateFileSystem", linked);
    assert!(needs.iter().any(|need| need.starts_with("iam:PutRolePolicy")), "{needs:?}");
}

#[test]
fn principals_are_judged_by_their_policies() {
    let state = world();
    let fs = json!({"FileSystemId": "fs-1"});
    let table = [
        ("reader", "fsx", "DescribeFileSystems", json!({}), true),
        ("reader", "ec2", "DescribeSubnets", json!({}), true),
        ("reader", "fsx", "CreateFileSystem", json!({}), false),
        ("maker", "fsx", "UpdateFileSystem", fs.clone(), true),
        ("maker", "fsx", "DeleteFileSystem", fs.clone(), false),
        ("maker", "ec2", "DescribeSubnets", json!({}), false),
        ("bounded", "fsx", "DeleteFileSystem", fs.clone(), true),
        ("bounded", "ec2", "DescribeSubnets", json!({}), false),
        ("nobody", "fsx", "DescribeFileSystems", json!({}), false),
        ("nobody", "sts", "GetCallerIdentity", json!({}), true),
    ];
    for (role, service, operation, input, wanted) in table {
        let outcome = authorize(&state, &call(session(role), service, operation, input));
        assert_eq!(outcome.is_ok(), wanted, "{role} {operation}: {outcome:?}");
    }
}

#[test]
fn the_caller_is_administrator_unless_listed_or_denied() {
    let mut state = world();
    let create = || call(Principal::Caller, "fsx", "CreateFileSystem", json!({"Tags": [{"Key": "a"}]}));
    assert_eq!(authorize(&state, &create()), Ok(()));
    state.denied = vec!["kube:*".into(), "FSX:tag*".into()];
    let error = authorize(&state, &create()).unwrap_err();
    assert!(
        error.message.contains(
            "perform: fsx:TagResource on resource: arn:aws:fsx:us-west-2:111122223333:file-system/*"
        ),
        "{}",
        error.message
    );
    state.denied = vec!["*".into()];
    let who = call(Principal::Caller, "sts", "GetCallerIdentity", json!({}));
    assert_eq!(authorize(&state, &who), Ok(()));
    // `denied` is for the caller alone.
    assert_eq!(authorize(&state, &call(session("reader"), "ec2", "DescribeSubnets", json!({}))), Ok(()));
    state.denied.clear();
    state.caller = "arn:aws:iam::111122223333:role/reader".into();
    assert!(authorize(&state, &create()).is_err());
    assert_eq!(authorize(&state, &call(Principal::Caller, "ec2", "DescribeSubnets", json!({}))), Ok(()));
}

#[test]
fn refusals_read_as_the_service_words_them() {
    let mut state = world();
    state.caller = "arn:aws:iam::111122223333:user/ann".into();
    state.denied = vec!["ec2:*".into(), "iam:*".into(), "eks:*".into(), "sagemaker:*".into()];
    let table = [
        (
            "ec2",
            "DescribeSubnets",
            json!({}),
            403,
            "UnauthorizedOperation",
            "You are not authorized to perform this operation. User: arn:aws:iam::111122223333:user/ann is not authorized to perform: ec2:DescribeSubnets because no identity-based policy allows the ec2:DescribeSubnets action",
        ),
        (
            "iam",
            "GetRole",
            json!({"RoleName": "r"}),
            403,
            "AccessDenied",
            "User: arn:aws:iam::111122223333:user/ann is not authorized to perform: iam:GetRole on resource: role r because no identity-based policy allows the iam:GetRole action",
        ),
        (
            "eks",
            "DescribeCluster",
            json!({"name": "c"}),
            403,
            "AccessDeniedException",
            "User: arn:aws:iam::111122223333:user/ann is not authorized to perform: eks:DescribeCluster on resource: arn:aws:eks:us-west-2:111122223333:cluster/c because no identity-based policy allows the eks:DescribeCluster action",
        ),
        (
            "sagemaker",
            "ListClusters",
            json!({}),
            400,
            "AccessDeniedException",
            "User: arn:aws:iam::111122223333:user/ann is not authorized to perform: sagemaker:ListClusters on resource: arn:aws:sagemaker:us-west-2:111122223333:cluster/* because no identity-based policy allows the sagemaker:ListClusters action",
        ),
    ];
    for (service, operation, input, status, code, text) in table {
        let error = authorize(&state, &call(Principal::Caller, service, operation, input)).unwrap_err();
        assert_eq!((error.status, error.code.as_str(), error.message.as_str()), (status, code, text));
    }
    let deny = call(session("maker"), "fsx", "DeleteFileSystem", json!({"FileSystemId": "fs-1"}));
    let text = authorize(&state, &deny).unwrap_err().message;
    assert!(text.ends_with("with an explicit deny in an identity-based policy"), "{text}");
    let text = authorize(&state, &call(session("bounded"), "ec2", "DescribeSubnets", json!({})))
        .unwrap_err()
        .message;
    assert!(
        text.ends_with("because no permissions boundary allows the ec2:DescribeSubnets action"),
        "{text}"
    );
}
