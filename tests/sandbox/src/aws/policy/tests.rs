//! Tables of the policy engine.

use serde_json::json;

use super::*;

fn context() -> Context {
    Context::new()
        .with("aws:PrincipalAccount", "111122223333")
        .with("aws:RequestTag/team", "ml")
        .with("aws:TagKeys", "team")
        .with("aws:TagKeys", "Name")
        .with("iam:AWSServiceName", "fsx.amazonaws.com")
        .with("oidc.eks.us-west-2.amazonaws.com/id/B7:sub", "system:serviceaccount:kube-system:sa")
}

fn ask<'a>(action: &'a str, resource: &'a str, context: &'a Context) -> Ask<'a> {
    Ask { action, resource, context }
}

#[test]
fn globs() {
    let table = [
        ("*", "", true),
        ("fsx:*", "fsx:CreateFileSystem", true),
        ("fsx:Describe*", "fsx:CreateFileSystem", false),
        ("a*b*c", "axxbyybzc", true),
        ("a*b*c", "axxbyyb", false),
        ("arn:aws:iam::?????:role/*", "arn:aws:iam::12345:role/a/b", true),
        ("abc", "abcd", false),
        ("abc?", "abc", false),
    ];
    for (pattern, text, wanted) in table {
        assert_eq!(glob(pattern, text), wanted, "{pattern} on {text}");
    }
    assert!(glob_ignoring_case("FSX:describe*", "fsx:DescribeFileSystems"));
}

#[test]
fn statements_are_weighed() {
    let context = context();
    let fs = "arn:aws:fsx:us-west-2:111122223333:file-system/fs-1";
    let table = [
        (json!({"Effect": "Allow", "Action": "fsx:*", "Resource": "*"}), Verdict::Allowed),
        (
            json!([{"Effect": "Allow", "Action": ["fsx:Delete*"], "Resource": ["arn:aws:fsx:*:*:file-system/*"]}]),
            Verdict::Allowed,
        ),
        (json!([{"Effect": "Allow", "Action": "fsx:Create*", "Resource": "*"}]), Verdict::Silent),
        (
            json!([{"Effect": "Allow", "Action": "fsx:*", "Resource": "arn:aws:fsx:*:*:backup/*"}]),
            Verdict::Silent,
        ),
        (json!([{"Effect": "Allow", "NotAction": "iam:*", "Resource": "*"}]), Verdict::Allowed),
        (json!([{"Effect": "Allow", "NotAction": "FSX:*", "Resource": "*"}]), Verdict::Silent),
        (json!([{"Effect": "Allow", "Action": "*", "NotResource": fs}]), Verdict::Silent),
        (json!([{"Effect": "Allow", "Action": "*", "NotResource": "arn:aws:s3:::*"}]), Verdict::Allowed),
        (
            json!([{"Effect": "Deny", "Action": "fsx:Delete*", "Resource": "*"}, {"Effect": "Allow", "Action": "*", "Resource": "*"}]),
            Verdict::Denied,
        ),
        (
            json!([{"Effect": "Allow", "Action": "*", "Resource": "arn:aws:fsx:*:${aws:PrincipalAccount}:*"}]),
            Verdict::Allowed,
        ),
        (
            json!([{"Effect": "Allow", "Action": "*", "Resource": "arn:aws:fsx:*:${aws:username}:*"}]),
            Verdict::Silent,
        ),
    ];
    for (statement, wanted) in table {
        let document = json!({"Version": "2012-10-17", "Statement": statement});
        let judged = evaluate(&[&document], ask("fsx:DeleteFileSystem", fs, &context));
        assert_eq!(judged.verdict, wanted, "{document}");
        assert!(judged.complaints.is_empty(), "{document}: {:?}", judged.complaints);
    }
}

#[test]
fn conditions() {
    let context = context();
    let sub = "oidc.eks.us-west-2.amazonaws.com/id/B7:sub";
    let table = [
        (json!({"StringEquals": {"aws:RequestTag/team": "ml"}}), true),
        (json!({"StringEquals": {"AWS:requesttag/TEAM": ["x", "ml"]}}), true),
        (json!({"StringEquals": {"aws:RequestTag/team": "m*"}}), false),
        (json!({"StringLike": {"aws:RequestTag/team": "m*"}}), true),
        (json!({"StringNotEquals": {"aws:RequestTag/team": ["x", "ml"]}}), false),
        (json!({"StringNotEquals": {"aws:RequestTag/other": "x"}}), true),
        (json!({"StringEquals": {"aws:RequestTag/other": "x"}}), false),
        (json!({"StringEqualsIfExists": {"aws:RequestTag/other": "x"}}), true),
        (json!({"Null": {"aws:RequestTag/other": "true"}}), true),
        (json!({"Null": {"aws:RequestTag/team": "true"}}), false),
        (json!({"Null": {"aws:RequestTag/team": "false"}}), true),
        (json!({"ForAllValues:StringEquals": {"aws:TagKeys": ["team", "Name", "x"]}}), true),
        (json!({"ForAllValues:StringEquals": {"aws:TagKeys": ["team"]}}), false),
        (json!({"ForAllValues:StringEquals": {"aws:CalledVia": ["x"]}}), true),
        (json!({"ForAnyValue:StringEquals": {"aws:TagKeys": ["team"]}}), true),
        (json!({"ForAnyValue:StringEquals": {"aws:CalledVia": ["fsx.amazonaws.com"]}}), false),
        (json!({"StringLike": {"iam:AWSServiceName": "fsx.amazonaws.com"}}), true),
        (json!({"ArnLike": {"aws:SourceArn": "arn:*"}}), false),
        (json!({"StringEquals": {"aws:ResourceAccount": "${aws:PrincipalAccount}"}}), false),
        (json!({"StringEquals": {sub: "system:serviceaccount:kube-system:sa"}}), true),
        (json!({"StringEquals": {sub: "system:serviceaccount:kube-system:*"}}), false),
        (json!({"StringLike": {sub: "system:serviceaccount:kube-system:*"}}), true),
        (json!({"StringEquals": {"oidc.eks.us-west-2.amazonaws.com/id/C8:sub": "x"}}), false),
        (
            json!({"StringEquals": {"aws:RequestTag/team": "ml"}, "Bool": {"aws:ViaAWSService": "true"}}),
            false,
        ),
    ];
    for (block, wanted) in table {
        let mut complaints = Vec::new();
        assert_eq!(condition::matches(Some(&block), &context, &mut complaints), wanted, "{block}");
        assert!(complaints.is_empty(), "{block}: {complaints:?}");
    }
}

#[test]
fn what_is_not_known_is_loud_and_never_matches() {
    let context = context();
    for (block, word) in [
        (json!({"StringSounds": {"aws:RequestTag/team": "ml"}}), "StringSounds"),
        (json!({"IpAddress": {"aws:SourceIp": "10.0.0.0/8"}}), "IpAddress"),
        (json!({"StringNotEquals": {"aws:Moon": "full"}}), "aws:Moon"),
        (json!({"ForSomeValues:StringEquals": {"aws:TagKeys": "x"}}), "ForSomeValues"),
    ] {
        for effect in ["Allow", "Deny"] {
            let document = json!({"Statement": [{"Effect": effect, "Action": "*", "Resource": "*", "Condition": block}]});
            let judged = evaluate(&[&document], ask("fsx:DeleteFileSystem", "*", &context));
            assert_eq!(judged.verdict, Verdict::Silent, "{document}");
            assert!(judged.complaints[0].contains(word), "{:?}", judged.complaints);
        }
    }
}

#[test]
fn trust_names_the_principal() {
    let context = context();
    let names = [Name::Service("pods.eks.amazonaws.com".into()), Name::Aws("arn:aws:iam::1:role/a".into())];
    let table = [
        (json!({"Service": "pods.eks.amazonaws.com"}), true),
        (json!({"Service": ["ec2.amazonaws.com", "pods.eks.amazonaws.com"]}), true),
        (json!({"AWS": "arn:aws:iam::1:role/a"}), true),
        (json!({"Federated": "pods.eks.amazonaws.com"}), false),
        (json!({"Service": "ec2.amazonaws.com"}), false),
        (json!({"AWS": "*"}), true),
        (json!("*"), true),
    ];
    for (principal, wanted) in table {
        let document =
            json!({"Statement": [{"Effect": "Allow", "Action": "sts:AssumeRole", "Principal": principal}]});
        let judged = evaluate_trust(&document, ask("sts:AssumeRole", "*", &context), &names);
        assert_eq!(judged.is_allowed(), wanted, "{document}");
    }
}
