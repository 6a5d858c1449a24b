//! Which kubeconfig and context count, and whose credentials are used.

use std::path::Path;

use super::*;
use crate::error::Kind;

const ENDPOINT: &str = "https://ABC.gr7.us-west-2.eks.amazonaws.com";
const ARN: &str = "arn:aws:eks:us-west-2:111122223333:cluster/hp-eks";

const STATIC: &str = "token: not-shown";
const GET_TOKEN: &str = "exec: {apiVersion: client.authentication.k8s.io/v1beta1, command: aws, args: [--region, us-west-2, \
                         eks, get-token, --cluster-name, hp-eks, --output, json, --role, 'arn:aws:iam::1:role/r'], \
                         env: [{name: AWS_PROFILE, value: dev}]}";

/// A kubeconfig with one context, current unless `current` is empty.
fn kubeconfig(context: &str, current: &str, server: &str, user: &str) -> String {
    format!(
        "apiVersion: v1\nkind: Config\ncurrent-context: '{current}'\n\
         clusters: [{{name: {context}, cluster: {{server: '{server}'}}}}]\n\
         contexts: [{{name: {context}, context: {{cluster: {context}, user: u, namespace: ml}}}}]\n\
         users: [{{name: u, user: {{{user}}}}}]\n"
    )
}

fn cluster() -> Cluster {
    Cluster {
        name: "hp-eks".to_owned(),
        endpoint: Some(ENDPOINT.to_owned()),
        ca: Some("Y2E=".to_owned()),
        ..Cluster::default()
    }
}

/// A home directory with this default kubeconfig.
fn home(text: Option<&str>) -> (tempfile::TempDir, KubeWish) {
    let home = tempfile::tempdir().expect("a folder");
    if let Some(text) = text {
        std::fs::create_dir(home.path().join(".kube")).expect("a folder");
        std::fs::write(home.path().join(".kube/config"), text).expect("a file");
    }
    let env = Env::from([("HOME".to_owned(), home.path().display().to_string())]);
    let timeout = Duration::from_secs(5);
    (home, KubeWish { env, kubeconfig: None, context: None, as_user: None, request_timeout: timeout })
}

fn is_minted_without_kubeconfig(way: &Way) -> bool {
    matches!(way, Way::Minted { plugin: None, chosen: None })
}

#[test]
fn without_a_kubeconfig_the_token_is_minted() {
    let (_home, mut wish) = home(None);
    assert!(is_minted_without_kubeconfig(&way(&wish, &cluster()).expect("a way")));
    wish.env.insert("KUBECONFIG".to_owned(), "/no/such/file".to_owned());
    assert!(is_minted_without_kubeconfig(&way(&wish, &cluster()).expect("a way")));
}

#[test]
fn a_kubeconfig_without_a_current_context_is_as_good_as_none() {
    for current in ["", "gone"] {
        let (_home, wish) = home(Some(&kubeconfig("x", current, "https://other", STATIC)));
        assert!(is_minted_without_kubeconfig(&way(&wish, &cluster()).expect("a way")), "{current}");
    }
}

#[test]
fn a_current_context_for_the_endpoint_brings_its_own_credentials() {
    let server = format!("{}/", ENDPOINT.replace("ABC", "abc"));
    let (_home, wish) = home(Some(&kubeconfig(ARN, ARN, &server, STATIC)));
    let Ok(Way::Own(chosen)) = way(&wish, &cluster()) else { panic!("not its own") };
    assert_eq!(chosen.namespace.as_deref(), Some("ml"));
    assert!(chosen.how(&cluster()).ends_with(&format!("context {ARN}")), "{}", chosen.how(&cluster()));
}

#[test]
fn a_get_token_plugin_is_minted_in_process_as_its_arguments_say() {
    let (_home, wish) = home(Some(&kubeconfig(ARN, ARN, ENDPOINT, GET_TOKEN)));
    let Ok(Way::Minted { plugin: Some(plugin), chosen: Some(_) }) = way(&wish, &cluster()) else {
        panic!("not minted")
    };
    assert_eq!(plugin.role_arn.as_deref(), Some("arn:aws:iam::1:role/r"));
    assert_eq!(plugin.region.as_deref(), Some("us-west-2"));
    assert_eq!(plugin.env.get("AWS_PROFILE").map(String::as_str), Some("dev"));
}

#[test]
fn an_unknown_plugin_is_run() {
    for exec in [
        "exec: {command: teleport, args: [kube, credentials]}",
        "exec: {command: aws-vault, args: [exec, dev, --, aws, eks, get-token, --cluster-name, hp-eks]}",
        "exec: {command: aws, args: [eks, get-token, --cluster-name, hp-eks, --endpoint-url, 'https://x']}",
    ] {
        let (_home, wish) = home(Some(&kubeconfig(ARN, ARN, ENDPOINT, exec)));
        assert!(matches!(way(&wish, &cluster()), Ok(Way::Own(_))), "{exec}");
    }
}

#[test]
fn a_current_context_for_another_server_is_a_conflict_that_names_both() {
    let (_home, wish) = home(Some(&kubeconfig("other", "other", "https://other.example", GET_TOKEN)));
    let Err(error) = way(&wish, &cluster()) else { panic!("no conflict") };
    assert_eq!(error.kind, Kind::Conflict);
    let causes = error.causes.join("\n");
    assert!(causes.contains("https://other.example") && causes.contains(ENDPOINT), "{causes}");
}

#[test]
fn a_kubeconfig_that_was_asked_for_may_be_for_another_server_and_says_so() {
    let (home, wish) = home(None);
    let file = home.path().join("tunnel");
    std::fs::write(&file, kubeconfig("tunnel", "tunnel", "https://127.0.0.1:6443", GET_TOKEN))
        .expect("a file");
    let wish = KubeWish { kubeconfig: Some(file), ..wish };
    // A token minted here would go to a server that DescribeCluster did not name: the plugin is run instead.
    let Ok(Way::Own(chosen)) = way(&wish, &cluster()) else { panic!("not its own") };
    assert!(chosen.how(&cluster()).contains("server https://127.0.0.1:6443"), "{}", chosen.how(&cluster()));
}

#[test]
fn files_and_contexts_that_were_asked_for_must_be_there() {
    let (_home, wish) = home(Some(&kubeconfig(ARN, ARN, ENDPOINT, STATIC)));
    let context = KubeWish { context: Some("gone".to_owned()), ..wish.clone() };
    let Err(error) = way(&context, &cluster()) else { panic!("no error") };
    assert_eq!((error.kind, error.details.as_slice()), (Kind::Usage, [format!("context {ARN}")].as_slice()));
    let file = KubeWish { kubeconfig: Some("/no/such/file".into()), ..wish };
    assert_eq!(way(&file, &cluster()).map(drop).map_err(|error| error.kind), Err(Kind::Usage));
}

#[test]
fn files_of_kubeconfig_are_merged_and_absent_ones_skipped() {
    let (home, mut wish) = home(None);
    let (one, two) = (home.path().join("one"), home.path().join("two"));
    std::fs::write(&one, kubeconfig("first", "", "https://first", STATIC)).expect("a file");
    std::fs::write(&two, kubeconfig(ARN, ARN, ENDPOINT, STATIC)).expect("a file");
    let list = format!("/no/such:{}:{}", two.display(), one.display());
    wish.env.insert("KUBECONFIG".to_owned(), list);
    assert!(matches!(way(&wish, &cluster()), Ok(Way::Own(_))));
}

#[test]
fn a_broken_kubeconfig_does_not_show_its_content() {
    let (_home, wish) = home(Some("users: [{name: u, user: {token: geheim\n"));
    let Err(error) = way(&wish, &cluster()) else { panic!("no error") };
    assert_eq!(error.kind, Kind::Usage);
    assert!(!format!("{error:?}").contains("geheim"), "{error:?}");
}

#[test]
fn contexts_name_their_eks_cluster() {
    let authenticator = "exec: {command: /usr/bin/aws-iam-authenticator, args: [token, -i, hp-eks], \
                         env: [{name: AWS_REGION, value: eu-west-1}]}";
    for (context, user, name, region, account) in [
        (ARN, STATIC, "hp-eks", Some("us-west-2"), Some("111122223333")),
        ("dev.eu-west-1.eksctl.io", STATIC, "dev", Some("eu-west-1"), None),
        ("me@dev.eu-west-1.eksctl.io", STATIC, "dev", Some("eu-west-1"), None),
        ("alias", GET_TOKEN, "hp-eks", Some("us-west-2"), None),
        ("alias", authenticator, "hp-eks", Some("eu-west-1"), None),
    ] {
        let (_home, wish) = home(Some(&kubeconfig(context, context, ENDPOINT, user)));
        let found = cluster_of_context(&wish.env, None, None).expect(context);
        assert_eq!(found.name, name, "{context}");
        assert_eq!((found.region.as_deref(), found.account.as_deref()), (region, account), "{context}");
        assert_eq!(found.server, ENDPOINT);
    }
    let (_home, wish) = home(Some(&kubeconfig("kind", "kind", "https://127.0.0.1:1", STATIC)));
    assert_eq!(cluster_of_context(&wish.env, None, None), None);
    assert_eq!(cluster_of_context(&wish.env, Some(Path::new("/no/such")), None), None);
}
