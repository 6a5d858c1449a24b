use std::collections::BTreeMap;

use serde_json::{Value, json};

use super::*;
use crate::domain::names::{Partition, managed_policy_arn};

const FS: &str = "arn:aws:fsx:us-west-2:111122223333:file-system/*";
const CLUSTER: &str = "arn:aws:eks:us-west-2:111122223333:cluster/demo";
const ISSUER: &str = "oidc.eks.us-west-2.amazonaws.com/id/ABC";
const PROVIDER: &str = "arn:aws:iam::111122223333:oidc-provider/oidc.eks.us-west-2.amazonaws.com/id/ABC";
const SUBJECT: &str = "system:serviceaccount:kube-system:fsx-csi-controller-sa";

fn wish() -> PolicyWish {
    PolicyWish {
        partition: Partition::Aws,
        region: "us-west-2".into(),
        account: "111122223333".into(),
        service_linked_role: false,
        s3_paths: vec![],
        kms_key_arn: None,
    }
}

fn large_wish() -> PolicyWish {
    PolicyWish {
        service_linked_role: true,
        s3_paths: vec!["s3://data/in".into(), "s3://data/out".into(), "more".into()],
        kms_key_arn: Some("arn:aws:kms:us-west-2:111122223333:key/1".into()),
        ..wish()
    }
}

fn document(statement: Value) -> Value {
    let mut document = json!({"Version": "2012-10-17"});
    document["Statement"] = statement;
    document
}

#[test]
fn the_minimal_policy_is_minimal() {
    let expected = json!({
        "Version": "2012-10-17",
        "Statement": [
            {"Sid": "ReadFileSystems", "Effect": "Allow", "Action": ["fsx:DescribeFileSystems"], "Resource": "*"},
            {
                "Sid": "WriteFileSystems",
                "Effect": "Allow",
                "Action": ["fsx:CreateFileSystem", "fsx:DeleteFileSystem", "fsx:TagResource", "fsx:UpdateFileSystem"],
                "Resource": FS,
            },
        ],
    });
    assert_eq!(minimal(&wish()), expected);
    let china = PolicyWish { partition: Partition::China, region: "cn-north-1".into(), ..large_wish() };
    let text = minimal(&china).to_string();
    assert!(
        !text.contains("arn:aws:fsx") && !text.contains("arn:aws:iam") && !text.contains("arn:aws:s3"),
        "{text}"
    );
}

#[test]
fn statements_for_s3_roles_and_keys_come_only_when_asked_for() {
    let sids = |wish: &PolicyWish| -> Vec<String> {
        let policy = minimal(wish);
        let list = policy["Statement"].as_array().unwrap();
        list.iter().map(|it| it["Sid"].as_str().unwrap().to_owned()).collect()
    };
    let first = PolicyWish { service_linked_role: true, ..wish() };
    assert_eq!(sids(&first), ["ReadFileSystems", "WriteFileSystems", "FirstUseOfFsx"]);
    let s3 = PolicyWish { s3_paths: vec!["s3://data/in".into()], ..wish() };
    assert_eq!(sids(&s3), ["ReadFileSystems", "WriteFileSystems", "LinkS3Role", "LinkS3Buckets"]);
    let policy = minimal(&large_wish());
    let buckets = ["arn:aws:s3:::data", "arn:aws:s3:::more", "arn:aws:s3:::data/*", "arn:aws:s3:::more/*"];
    assert_eq!(policy["Statement"][4]["Resource"], json!(buckets));
    let key = PolicyWish { kms_key_arn: Some("arn:aws:kms:x:1:key/1".into()), ..wish() };
    assert_eq!(minimal(&key)["Statement"][2]["Resource"], json!("arn:aws:kms:x:1:key/1"));
}

#[test]
fn the_minimal_policy_allows_all_that_is_needed_and_less_does_not() {
    for wish in [wish(), large_wish()] {
        let policy = minimal(&wish);
        assert_eq!(missing_permissions(std::slice::from_ref(&policy), &[], &wish), []);
        for index in 0..policy["Statement"].as_array().unwrap().len() {
            let mut less = policy.clone();
            less["Statement"].as_array_mut().unwrap().remove(index);
            assert!(!missing_permissions(&[less], &[], &wish).is_empty(), "statement {index} is not needed");
        }
    }
    let small = missing_permissions(&[minimal(&wish())], &[], &large_wish());
    assert!(small.iter().all(|(_, answer)| *answer == Answer::Missing));
    let actions: Vec<&str> = small.iter().map(|(it, _)| it.action.as_str()).collect();
    assert_eq!(actions.len(), 14, "{actions:?}");
}

#[test]
fn listing_file_systems_is_needed_on_everything() {
    let mut narrow = minimal(&wish());
    narrow["Statement"][0]["Resource"] = json!(FS);
    let lacking = missing_permissions(&[narrow], &[], &wish());
    assert_eq!(lacking.len(), 1);
    assert_eq!(
        (lacking[0].0.action.as_str(), lacking[0].0.resource.as_str()),
        ("fsx:DescribeFileSystems", "*")
    );
}

/// Each statement with the answer about creating a file system.
#[test]
fn documents_are_read_as_iam_does() {
    let allow =
        |action: Value, resource: Value| json!({"Effect": "Allow", "Action": action, "Resource": resource});
    let deny =
        |action: Value, resource: Value| json!({"Effect": "Deny", "Action": action, "Resource": resource});
    let create = "fsx:CreateFileSystem";
    let table = [
        (json!([]), Answer::Missing),
        (allow(json!(create), json!("*")), Answer::Allowed),
        (json!([allow(json!([create, "x:y"]), json!(["a", "*"]))]), Answer::Allowed),
        (allow(json!("fsx:*"), json!("*")), Answer::Allowed),
        (allow(json!("*"), json!("*")), Answer::Allowed),
        (allow(json!("FSX:createfile*"), json!("*")), Answer::Allowed),
        (allow(json!("fsx:CreateFileSyste?"), json!("*")), Answer::Allowed),
        (allow(json!("fsx:CreateFileSystem?"), json!("*")), Answer::Missing),
        (allow(json!("fsx:Describe*"), json!("*")), Answer::Missing),
        (allow(json!(create), json!(FS)), Answer::Allowed),
        (allow(json!(create), json!("arn:aws:fsx:*:*:file-system/*")), Answer::Allowed),
        (allow(json!(create), json!("arn:aws:fsx:us-east-1:*:file-system/*")), Answer::Missing),
        (allow(json!(create), json!("arn:aws:FSX:*:*:file-system/*")), Answer::Missing),
        (allow(json!(create), json!("arn:aws:fsx:us-west-2:111122223333:file-system/fs-1")), Answer::Missing),
        (allow(json!(create), json!("arn:aws:fsx:us-west-2:111122223333:file-system/?")), Answer::Missing),
        (json!({"Effect": "Allow", "NotAction": "iam:*", "Resource": "*"}), Answer::Allowed),
        (json!({"Effect": "Allow", "NotAction": ["iam:*", "fsx:*"], "Resource": "*"}), Answer::Missing),
        (
            json!({"Effect": "Allow", "Action": create, "NotResource": "arn:aws:fsx:us-east-1:*:*"}),
            Answer::Allowed,
        ),
        (json!({"Effect": "Allow", "Action": create, "NotResource": "arn:aws:fsx:*"}), Answer::Missing),
        (json!([allow(json!("*"), json!("*")), deny(json!("fsx:*"), json!("*"))]), Answer::Denied),
        (json!([deny(json!("fsx:Create*"), json!(FS)), allow(json!("*"), json!("*"))]), Answer::Denied),
        (json!([allow(json!("*"), json!("*")), deny(json!("fsx:Delete*"), json!("*"))]), Answer::Allowed),
        (
            json!([allow(json!("*"), json!("*")), {"Effect": "Deny", "NotAction": "fsx:*", "Resource": "*"}]),
            Answer::Allowed,
        ),
        (
            json!([allow(json!("*"), json!("*")), {"Effect": "Deny", "NotAction": "s3:*", "Resource": "*"}]),
            Answer::Denied,
        ),
        (deny(json!("fsx:*"), json!("*")), Answer::Denied),
        (json!({"Effect": "Allow", "Action": create}), Answer::Missing),
        (json!({"Effect": "Allow", "Resource": "*"}), Answer::Missing),
    ];
    for (statement, answer) in table {
        assert_eq!(allows(&[document(statement.clone())], create, FS), answer, "{statement}");
    }
    assert_eq!(allows(&[], create, FS), Answer::Missing);
    assert_eq!(allows(&[json!("no policy")], create, FS), Answer::Missing);
    let two = [document(allow(json!("*"), json!("*"))), document(deny(json!("*"), json!("*")))];
    assert_eq!(allows(&two, create, FS), Answer::Denied);
}

#[test]
fn what_hangs_on_the_request_cannot_be_told() {
    let create = "fsx:CreateFileSystem";
    let conditional = |effect: &str, condition: Value| json!({"Effect": effect, "Action": "fsx:*", "Resource": "*", "Condition": condition});
    let mfa = json!({"Bool": {"aws:MultiFactorAuthPresent": "true"}});
    let region = json!({"StringEquals": {"aws:RequestedRegion": "us-west-2"}});
    let all = json!({"Effect": "Allow", "Action": "*", "Resource": "*"});
    let answer = |statement: Value| allows(&[document(statement)], create, FS);
    let unsure = |statement: Value| matches!(answer(statement), Answer::CannotTell(_));
    assert!(unsure(conditional("Allow", mfa.clone())));
    assert!(unsure(conditional("Allow", region.clone())));
    assert!(unsure(json!([all.clone(), conditional("Deny", region.clone())])));
    assert!(unsure(json!([all.clone(), {"Effect": "deny", "Action": "*", "Resource": "*"}])));
    assert!(unsure(conditional("Allow", json!("odd"))));
    assert!(unsure(json!({"Effect": "Allow", "Action": "*", "Resource": "arn:aws:fsx:*:*:${aws:username}"})));
    assert!(unsure(
        json!({"Effect": "Allow", "Action": "*", "NotResource": "arn:aws:fsx:*:*:${aws:username}"})
    ));
    assert_eq!(answer(json!([all, conditional("Allow", mfa.clone())])), Answer::Allowed);
    assert_eq!(answer(conditional("Deny", mfa)), Answer::Missing);
    let text = format!("{:?}", answer(conditional("Allow", region)));
    assert!(text.contains("aws:RequestedRegion"), "{text}");
}

#[test]
fn known_condition_keys_are_compared() {
    let context = BTreeMap::from([("iam:AWSServiceName".to_owned(), "fsx.amazonaws.com".to_owned())]);
    let table = [
        ("StringLike", json!("fsx.amazonaws.com"), Some(true)),
        ("StringLike", json!(["s3.*", "fsx.*"]), Some(true)),
        ("StringLike", json!("s3.*"), Some(false)),
        ("StringEquals", json!("fsx.amazonaws.com"), Some(true)),
        ("StringEquals", json!("fsx.*"), Some(false)),
        ("StringNotEquals", json!("fsx.amazonaws.com"), Some(false)),
        ("StringNotLike", json!("s3.*"), Some(true)),
        ("StringEqualsIgnoreCase", json!("FSX.amazonaws.com"), Some(true)),
        ("StringEqualsIfExists", json!("fsx.amazonaws.com"), Some(true)),
        ("ForAnyValue:StringEquals", json!(["a", "fsx.amazonaws.com"]), Some(true)),
        ("Null", json!("false"), Some(true)),
        ("Null", json!(true), Some(false)),
        ("DateLessThan", json!("2030-01-01"), None),
        ("StringEquals", json!("${aws:PrincipalTag/x}"), None),
    ];
    for (operator, wanted, holds) in table {
        let statement = json!({
            "Effect": "Allow", "Action": "iam:CreateServiceLinkedRole", "Resource": "*",
            "Condition": {operator: {"IAM:awsServiceName": wanted}},
        });
        let answer = allows_in(&[document(statement)], "iam:CreateServiceLinkedRole", "*", &context);
        let expected = match holds {
            Some(true) => answer == Answer::Allowed,
            Some(false) => answer == Answer::Missing,
            None => matches!(answer, Answer::CannotTell(_)),
        };
        assert!(expected, "{operator} {wanted}: {answer:?}");
    }
    let both = json!({
        "Effect": "Allow", "Action": "iam:*", "Resource": "*",
        "Condition": {"StringLike": {"iam:AWSServiceName": "s3.*"}, "Bool": {"aws:SecureTransport": "true"}},
    });
    let answer = allows_in(&[document(both)], "iam:CreateServiceLinkedRole", "*", &context);
    assert_eq!(answer, Answer::Missing, "one comparison that fails settles it");
}

#[test]
fn wildcards_match_as_in_iam() {
    let table = [
        ("*", "", true),
        ("", "", true),
        ("", "a", false),
        ("a*", "a", true),
        ("*a", "ba", true),
        ("a*b*c", "aXbYc", true),
        ("a*c", "abcbc", true),
        ("a*c", "abcbd", false),
        ("a**c", "ac", true),
        ("?", "a", true),
        ("?", "", false),
        ("a?c", "abc", true),
        ("*?", "", false),
        ("*?", "a", true),
        ("*ab", "aab", true),
        ("*aab", "aaab", true),
        ("a*?b", "ab", false),
        ("a*?b", "axb", true),
        ("é*", "éa", true),
        ("?", "é", true),
    ];
    for (pattern, text, expected) in table {
        assert_eq!(evaluate::matches(pattern, text), expected, "{pattern} {text}");
    }
}

#[test]
fn the_trust_that_is_written_is_right() {
    let trust = web_identity_trust(PROVIDER, "https://oidc.eks.us-west-2.amazonaws.com/id/ABC", SUBJECT);
    let expected = json!({
        "Version": "2012-10-17",
        "Statement": [{
            "Effect": "Allow",
            "Principal": {"Federated": PROVIDER},
            "Action": "sts:AssumeRoleWithWebIdentity",
            "Condition": {"StringEquals": {
                "oidc.eks.us-west-2.amazonaws.com/id/ABC:aud": "sts.amazonaws.com",
                "oidc.eks.us-west-2.amazonaws.com/id/ABC:sub": SUBJECT,
            }},
        }],
    });
    assert_eq!(trust, expected);
    assert_eq!(subject("kube-system", "fsx-csi-controller-sa"), SUBJECT);
    assert_eq!(judged_web(&trust), TrustVerdict::Right);
    assert!(trust_names_exactly(&trust, ISSUER, SUBJECT, IRSA_AUDIENCE));
    for narrow in [None, Some(("kube-system", "fsx-csi-controller-sa"))] {
        for cluster in [None, Some(CLUSTER)] {
            assert_eq!(judged_pod(&pod_identity_trust(cluster, narrow)), TrustVerdict::Right);
        }
    }
    let bare = json!({
        "Version": "2012-10-17",
        "Statement": [{
            "Effect": "Allow",
            "Principal": {"Service": "pods.eks.amazonaws.com"},
            "Action": ["sts:AssumeRole", "sts:TagSession"],
        }],
    });
    assert_eq!(pod_identity_trust(None, None), bare);
}

fn judged_web(document: &Value) -> TrustVerdict {
    trust_allows_web_identity(document, PROVIDER, ISSUER, SUBJECT, IRSA_AUDIENCE)
}

fn judged_pod(document: &Value) -> TrustVerdict {
    trust_allows_pod_identity(document, CLUSTER, "kube-system", "fsx-csi-controller-sa")
}

fn web(principal: &str, action: &str, condition: Value) -> Value {
    let mut statement = json!({"Effect": "Allow", "Principal": {"Federated": principal}, "Action": action});
    statement["Condition"] = condition;
    document(json!([statement]))
}

const ASSUME: &str = "sts:AssumeRoleWithWebIdentity";

fn sub(operator: &str, value: &str) -> Value {
    json!({operator: {format!("{ISSUER}:sub"): value}})
}

#[test]
fn web_identity_trusts_that_work_are_right() {
    for (trust, exact) in [
        (web(PROVIDER, ASSUME, sub("StringEquals", SUBJECT)), false),
        (web(PROVIDER, "sts:*", sub("StringLike", "system:serviceaccount:kube-system:*")), false),
        (web(PROVIDER, ASSUME, json!({})), false),
        (
            document(
                json!({"Effect": "Allow", "Principal": {"Federated": ["x", PROVIDER]}, "Action": [ASSUME]}),
            ),
            false,
        ),
        (
            document(json!([
                {"Effect": "Allow", "Principal": {"Service": "pods.eks.amazonaws.com"}, "Action": "sts:AssumeRole"},
                web_identity_trust(PROVIDER, ISSUER, SUBJECT)["Statement"][0],
            ])),
            true,
        ),
        (
            document(json!([
                web_identity_trust("arn:old", "old", SUBJECT)["Statement"][0],
                web_identity_trust(PROVIDER, ISSUER, SUBJECT)["Statement"][0],
            ])),
            false,
        ),
    ] {
        assert_eq!(judged_web(&trust), TrustVerdict::Right, "{trust}");
        assert_eq!(trust_names_exactly(&trust, ISSUER, SUBJECT, IRSA_AUDIENCE), exact, "{trust}");
    }
}

#[test]
fn web_identity_trusts_that_fail_say_why() {
    let other_issuer = json!({"StringEquals": {"oidc.eks.us-west-2.amazonaws.com/id/OLD:sub": SUBJECT}});
    let table = [
        (
            web("arn:aws:iam::1:oidc-provider/old", ASSUME, json!({})),
            "it trusts arn:aws:iam::1:oidc-provider/old, not",
        ),
        (web(PROVIDER, "sts:AssumeRole", json!({})), "does not allow sts:AssumeRoleWithWebIdentity"),
        (
            web(PROVIDER, ASSUME, sub("StringEquals", "system:serviceaccount:default:x")),
            "default:x, but it is",
        ),
        (
            web(PROVIDER, ASSUME, sub("StringEquals", "system:serviceaccount:*:fsx-csi-controller-sa")),
            "StringLike reads it",
        ),
        (web(PROVIDER, ASSUME, json!({"StringEquals": {format!("{ISSUER}:aud"): "other"}})), "wants other"),
        (pod_identity_trust(None, None), "it trusts no Federated principal"),
        (document(json!([])), "it trusts no Federated principal"),
        (
            document(json!([
                web_identity_trust(PROVIDER, ISSUER, SUBJECT)["Statement"][0],
                {"Effect": "Deny", "Principal": {"Federated": PROVIDER}, "Action": "*"},
            ])),
            "it denies",
        ),
    ];
    for (trust, part) in table {
        let verdict = judged_web(&trust);
        assert!(
            matches!(&verdict, TrustVerdict::Wrong(reason) if reason.contains(part)),
            "{trust}: {verdict:?}"
        );
    }
    for trust in [
        web(PROVIDER, ASSUME, other_issuer),
        web(PROVIDER, ASSUME, json!({"IpAddress": {"aws:SourceIp": "10.0.0.0/8"}})),
        document(json!({"Effect": "Allow", "Principal": "*", "Action": ASSUME})),
        document(json!({"Effect": "allow", "Principal": {"Federated": PROVIDER}, "Action": ASSUME})),
    ] {
        let verdict = judged_web(&trust);
        assert!(matches!(verdict, TrustVerdict::CannotTell(_)), "{trust}: {verdict:?}");
    }
}

#[test]
fn pod_identity_trusts_are_judged() {
    let service = |actions: Value, condition: Value| {
        document(json!([{
            "Effect": "Allow", "Principal": {"Service": "pods.eks.amazonaws.com"}, "Action": actions,
            "Condition": condition,
        }]))
    };
    let both = json!(["sts:AssumeRole", "sts:TagSession"]);
    let tag = |key: &str, value: &str| json!({"StringEquals": {format!("aws:RequestTag/{key}"): value}});
    let right = [
        service(json!("sts:*"), json!({})),
        service(both.clone(), tag("eks-cluster-arn", CLUSTER)),
        service(both.clone(), tag("eks-cluster-name", "demo")),
        service(both.clone(), tag("kubernetes-namespace", "kube-system")),
        service(both.clone(), json!({"StringEquals": {"aws:SourceAccount": "111122223333"}})),
    ];
    for trust in right {
        assert_eq!(judged_pod(&trust), TrustVerdict::Right, "{trust}");
    }
    let wrong = [
        (service(json!("sts:AssumeRole"), json!({})), "sts:TagSession"),
        (service(both.clone(), tag("eks-cluster-arn", "arn:other")), "wants arn:other"),
        (service(both.clone(), tag("kubernetes-service-account", "default")), "wants default"),
        (web_identity_trust(PROVIDER, ISSUER, SUBJECT), "it trusts no Service principal"),
    ];
    for (trust, part) in wrong {
        let verdict = judged_pod(&trust);
        assert!(
            matches!(&verdict, TrustVerdict::Wrong(reason) if reason.contains(part)),
            "{trust}: {verdict:?}"
        );
    }
    let unsure = service(both, json!({"StringEquals": {"aws:SourceOrgID": "o-1"}}));
    assert!(matches!(judged_pod(&unsure), TrustVerdict::CannotTell(_)));
}

#[test]
fn managed_policies_are_known_as_far_as_they_were_read() {
    let fsx = managed_policy_arn(Partition::China, FSX_FULL_ACCESS);
    let admin = managed_policy_arn(Partition::Aws, ADMINISTRATOR_ACCESS);
    let read_only = managed_policy_arn(Partition::Aws, "AmazonFSxReadOnlyAccess");
    let table = [
        (fsx.as_str(), "fsx:CreateFileSystem", Some(true)),
        (&fsx, "FSX:tagresource", Some(true)),
        (&fsx, "iam:CreateServiceLinkedRole", Some(true)),
        (&fsx, "iam:PutRolePolicy", Some(false)),
        (&fsx, "iam:AttachRolePolicy", Some(false)),
        (&fsx, "s3:GetObject", Some(false)),
        (&fsx, "kms:CreateGrant", None),
        (&fsx, "logs:CreateLogGroup", None),
        (&admin, "s3:GetObject", Some(true)),
        (&read_only, "fsx:DescribeFileSystems", None),
        ("arn:aws:iam::111122223333:policy/AmazonFSxFullAccess", "fsx:CreateFileSystem", None),
        ("arn:aws:iam::111122223333:policy/AdministratorAccess", "fsx:CreateFileSystem", None),
    ];
    for (arn, action, known) in table {
        assert_eq!(managed_allows(arn, action), known, "{arn} {action}");
    }
    for action in DRIVER_ACTIONS {
        assert_eq!(managed_allows(&fsx, action), Some(true), "{action}");
    }
}

#[test]
fn a_policy_that_was_not_read_counts_as_far_as_it_is_known() {
    let full = [managed_policy_arn(Partition::Aws, FSX_FULL_ACCESS)];
    assert_eq!(missing_permissions(&[], &full, &wish()), []);
    let deny = document(json!({"Effect": "Deny", "Action": "fsx:DeleteFileSystem", "Resource": "*"}));
    let denied = missing_permissions(&[deny], &full, &wish());
    assert_eq!(denied.len(), 1);
    assert_eq!((denied[0].0.action.as_str(), &denied[0].1), ("fsx:DeleteFileSystem", &Answer::Denied));

    let s3 = PolicyWish { s3_paths: vec!["s3://data".into()], ..wish() };
    let lacking: Vec<String> =
        missing_permissions(&[], &full, &s3).into_iter().map(|(it, _)| it.action).collect();
    assert_eq!(lacking, ["iam:AttachRolePolicy", "iam:PutRolePolicy", "s3:List*", "s3:Get*", "s3:PutObject"]);

    let own = ["arn:aws:iam::111122223333:policy/ours".to_owned()];
    let unsure = missing_permissions(&[], &own, &wish());
    assert_eq!(unsure.len(), 5);
    assert!(
        unsure.iter().all(|(_, answer)| matches!(answer, Answer::CannotTell(why) if why.contains(&own[0])))
    );
}
