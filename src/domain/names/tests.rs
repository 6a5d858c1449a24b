use super::*;

const ROLE: &str = "arn:aws:iam::111122223333:role/FSXLCSI-demo-us-west-2";

#[test]
fn names_fit_and_stay_apart() {
    assert_eq!(role_name("demo", "us-west-2"), "FSXLCSI-demo-us-west-2");
    assert_eq!(role_name("ml-cluster", "ap-northeast-1"), "FSXLCSI-ml-cluster-ap-northeast-1");
    let fits = "c".repeat(64 - "FSXLCSI--us-west-2".len());
    assert_eq!(role_name(&fits, "us-west-2"), format!("FSXLCSI-{fits}-us-west-2"));
    let long = "c".repeat(100);
    let (west, east) = (role_name(&long, "us-west-2"), role_name(&long, "us-east-2"));
    assert_eq!((west.len(), east.len()), (64, 64));
    assert_ne!(west, east);
    assert_eq!(west, role_name(&long, "us-west-2"));
    assert!(check_role_name(&west).is_ok());
    assert_ne!(role_name(&format!("{fits}x"), "us-west-2"), role_name(&format!("{fits}y"), "us-west-2"));
    assert_eq!(security_group_name("demo"), "fsxctl-demo");
    assert!(check_security_group_name(&security_group_name(&long)).is_ok());
    assert_eq!(security_group_name(&"c".repeat(300)).len(), 255);
}

#[test]
fn a_shortened_name_never_changes_between_versions() {
    // Eight digits of `printf FSXLCSI-ccc…-us-west-2 | sha256sum`.
    let expected = "FSXLCSI-ccccccccccccccccccccccccccccccccccccccccccccccc-a77b8f3c";
    assert_eq!(role_name(&"c".repeat(100), "us-west-2"), expected);
}

#[test]
fn kubernetes_names_are_judged_as_kubernetes_does() {
    let labels = [
        ("default", true),
        ("a", true),
        ("7", true),
        ("a-b", true),
        ("", false),
        ("-a", false),
        ("a-", false),
        ("A", false),
        ("a.b", false),
        ("a_b", false),
        ("a b", false),
        ("é", false),
        ("a\n", false),
    ];
    for (name, legal) in labels {
        assert_eq!(check_dns_label("namespace", name).is_ok(), legal, "{name:?}");
    }
    assert!(check_dns_label("namespace", &"a".repeat(63)).is_ok());
    assert!(check_dns_label("namespace", &"a".repeat(64)).is_err());
    let subdomains = [
        ("fsx-claim", true),
        ("a.b", true),
        ("a..b", false),
        (".a", false),
        ("a.", false),
        ("a.-b", false),
        ("", false),
    ];
    for (name, legal) in subdomains {
        assert_eq!(check_dns_subdomain("claim", name).is_ok(), legal, "{name:?}");
    }
    assert!(check_dns_subdomain("claim", &"a".repeat(253)).is_ok());
    assert!(check_dns_subdomain("claim", &"a".repeat(254)).is_err());
    let words = check_dns_label("namespace", "My_Space").unwrap_err().to_string();
    assert!(words.contains("a lowercase RFC 1123 label must consist of"), "{words}");
    let hostile = check_dns_label("namespace", "a\u{1b}[31m").unwrap_err().to_string();
    assert!(!hostile.contains('\u{1b}'), "{hostile:?}");
}

#[test]
fn aws_names_are_judged_as_aws_does() {
    type Check = fn(&str) -> Result<(), InvalidName>;
    let long = |count: usize| "a".repeat(count);
    let table: Vec<(Check, String, bool)> = vec![
        (check_cluster_name, "demo_1-a".into(), true),
        (check_cluster_name, "1demo".into(), true),
        (check_cluster_name, "-demo".into(), false),
        (check_cluster_name, "demo.x".into(), false),
        (check_cluster_name, String::new(), false),
        (check_cluster_name, long(100), true),
        (check_cluster_name, long(101), false),
        (check_role_name, "a_+=,.@-".into(), true),
        (check_role_name, "a/b".into(), false),
        (check_role_name, "a b".into(), false),
        (check_role_name, long(64), true),
        (check_role_name, long(65), false),
        (check_role_name, String::new(), false),
        (check_role_path, "/".into(), true),
        (check_role_path, "/storage/fsx/".into(), true),
        (check_role_path, "storage/".into(), false),
        (check_role_path, "/storage".into(), false),
        (check_role_path, "/a b/".into(), false),
        (check_role_path, format!("/{}/", long(510)), true),
        (check_role_path, format!("/{}/", long(511)), false),
        (check_role_arn, ROLE.into(), true),
        (check_role_arn, "arn:aws-cn:iam::111122223333:role/path/x".into(), true),
        (check_role_arn, "arn:aws:iam::11112222333:role/x".into(), false),
        (check_role_arn, "arn:aws:iam::111122223333:user/x".into(), false),
        (check_role_arn, "arn:aws:iam::111122223333:role/".into(), false),
        (check_role_arn, "arn:aws:iam::111122223333:role/a b".into(), false),
        (check_role_arn, "arn:aws:sts::111122223333:role/x".into(), false),
        (check_role_arn, "FSXLCSI-demo".into(), false),
        (check_account_id, "111122223333".into(), true),
        (check_account_id, "1111222233334".into(), false),
        (check_account_id, "11112222333a".into(), false),
        (check_region, "us-west-2".into(), true),
        (check_region, "us-gov-east-1".into(), true),
        (check_region, "eusc-de-east-1".into(), true),
        (check_region, "us-west".into(), false),
        (check_region, "us-west-2a".into(), false),
        (check_region, "US-west-2".into(), false),
        (check_region, "us--2".into(), false),
        (check_region, "evil.com/-1".into(), false),
        (check_file_system_id, "fs-0123456789abcdef0".into(), true),
        (check_file_system_id, "fs-01234567".into(), true),
        (check_file_system_id, "fs-0123456".into(), false),
        (check_file_system_id, "fs-0123456789abcdef012".into(), false),
        (check_file_system_id, "fs-0123456G".into(), false),
        (check_file_system_id, "fsx-01234567".into(), false),
        (check_security_group_name, "fsxctl-demo (2)".into(), true),
        (check_security_group_name, "sg-demo".into(), false),
        (check_security_group_name, "demo\"".into(), false),
        (check_security_group_name, long(256), false),
    ];
    for (check, name, legal) in table {
        let found = check(&name);
        assert_eq!(found.is_ok(), legal, "{name:?}: {found:?}");
    }
    assert!(check_resource_id("subnet", "subnet-", "subnet-0abc1234").is_ok());
    assert!(check_resource_id("subnet", "subnet-", "sg-0abc1234").is_err());
}

#[test]
fn tags_are_judged_as_fsx_does() {
    let keys = [
        ("Name", true),
        ("fsxctl.io/owner", true),
        ("Größe 名", true),
        ("a+b-c=d@e:f/g", true),
        ("aws:x", false),
        ("AWS:x", false),
        ("awsome", true),
        ("", false),
        ("a,b", false),
        ("a\tb", false),
        ("a'b", false),
    ];
    for (key, legal) in keys {
        assert_eq!(check_tag_key(key).is_ok(), legal, "{key:?}");
    }
    assert!(check_tag_key(&"ä".repeat(128)).is_ok() && check_tag_key(&"ä".repeat(129)).is_err());
    assert!(check_tag_value(&"ä".repeat(256)).is_ok() && check_tag_value(&"ä".repeat(257)).is_err());
    assert!(
        check_tag_value("").is_ok() && check_tag_value("aws:x").is_ok() && check_tag_value("a;b").is_err()
    );
    assert!(
        check_tag("Name", "x").is_ok() && check_tag("Name", "x!").is_err() && check_tag("x!", "y").is_err()
    );
}

#[test]
fn partitions_follow_the_region() {
    let table = [
        ("us-east-1", "aws", "amazonaws.com"),
        ("eu-central-2", "aws", "amazonaws.com"),
        ("cn-north-1", "aws-cn", "amazonaws.com.cn"),
        ("us-gov-west-1", "aws-us-gov", "amazonaws.com"),
        ("eusc-de-east-1", "aws-eusc", "amazonaws.eu"),
        ("us-iso-east-1", "aws-iso", "c2s.ic.gov"),
        ("us-isob-east-1", "aws-iso-b", "sc2s.sgov.gov"),
        ("eu-isoe-west-1", "aws-iso-e", "cloud.adc-e.uk"),
        ("us-isof-south-1", "aws-iso-f", "csp.hci.ic.gov"),
    ];
    for (region, name, suffix) in table {
        let partition = Partition::of_region(region);
        assert_eq!((partition.as_str(), partition.dns_suffix()), (name, suffix), "{region}");
        assert_eq!(name.parse(), Ok(partition));
        assert_eq!(serde_json::to_string(&partition).unwrap(), format!("\"{name}\""));
        assert_eq!(partition.arn_prefix(), format!("arn:{name}"));
    }
}

#[test]
fn arns_are_taken_apart_and_put_together() {
    for text in [
        ROLE,
        "arn:aws-us-gov:eks:us-gov-west-1:111122223333:cluster/demo",
        "arn:aws:s3:::bucket/a:b",
        "arn:aws:iam::aws:policy/AmazonFSxFullAccess",
    ] {
        assert_eq!(text.parse::<Arn>().unwrap().to_string(), text);
    }
    for text in [
        "",
        "arn",
        "arn:aws:eks:us-west-2:111122223333",
        "urn:aws:a:b:c:d",
        "arn:mars:a:b:c:d",
        "arn:aws::b:c:d",
        "arn:aws:eks:b:c:",
    ] {
        assert!(text.parse::<Arn>().is_err(), "{text}");
    }
    let name = |text: &str| eks_cluster_name(&text.parse().unwrap()).map(str::to_owned);
    assert_eq!(name("arn:aws:eks:us-west-2:111122223333:cluster/demo").as_deref(), Some("demo"));
    assert_eq!(name("arn:aws:eks:us-west-2:111122223333:nodegroup/demo/a/b"), None);
    assert_eq!(name("arn:aws:sagemaker:us-west-2:111122223333:cluster/demo"), None);
    assert_eq!(name("arn:aws:eks:us-west-2:111122223333:cluster/"), None);
}

#[test]
fn iam_arns_are_built_for_the_partition() {
    let issuer = "https://oidc.eks.cn-north-1.amazonaws.com.cn/id/ABC";
    let provider = "arn:aws-cn:iam::111122223333:oidc-provider/oidc.eks.cn-north-1.amazonaws.com.cn/id/ABC";
    assert_eq!(provider_arn(Partition::China, "111122223333", issuer), provider);
    assert_eq!(role_arn(Partition::Aws, "111122223333", "/", "FSXLCSI-demo-us-west-2"), ROLE);
    assert_eq!(role_arn(Partition::Aws, "1", "/a/", "b"), "arn:aws:iam::1:role/a/b");
    assert_eq!(
        managed_policy_arn(Partition::Gov, "AmazonFSxFullAccess"),
        "arn:aws-us-gov:iam::aws:policy/AmazonFSxFullAccess"
    );
    let key = |text| kms_key_arn(Partition::Aws, "us-west-2", "111122223333", text);
    let arn = "arn:aws:kms:us-west-2:111122223333:key/1234-abcd";
    assert_eq!(key("1234-abcd").as_deref(), Some(arn));
    assert_eq!(key(arn).as_deref(), Some(arn));
    for alias in ["alias/fsx", "arn:aws:kms:us-west-2:111122223333:alias/fsx", "", "arn:aws:s3:::key/x"] {
        assert_eq!(key(alias), None, "{alias}");
    }
}

#[test]
fn a_session_names_its_role() {
    for (caller, principal) in [
        ("arn:aws:sts::111122223333:assumed-role/admin/me", "arn:aws:iam::111122223333:role/admin"),
        ("arn:aws-cn:sts::111122223333:assumed-role/admin/me@x", "arn:aws-cn:iam::111122223333:role/admin"),
        ("arn:aws:iam::111122223333:user/me", "arn:aws:iam::111122223333:user/me"),
        ("nonsense", "nonsense"),
    ] {
        assert_eq!(principal_arn(caller), principal);
    }
}
