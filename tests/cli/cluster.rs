//! Which cluster is meant, and how it is reached.

use std::path::PathBuf;

use crate::harness::{CLUSTER_ARN, Run, World};

const OTHER: &str = "
aws:
  eks:
    clusters:
    - name: other
      version: \"1.33\"
      resourcesVpcConfig: {vpcId: vpc-0a10000000000000a, subnetIds: [subnet-0a30000000000000a], clusterSecurityGroupId: sg-0a10000000000000a}
";

const NOWHERE: &str = "/nonexistent/kubeconfig";

fn plan(world: &World, words: &str) -> Run {
    world.fsxctl(&format!("setup dynamic --dry-run -q {words}"))
}

#[test]
fn a_cluster_that_is_not_there_is_answered_with_those_that_are() {
    let run = World::of(&["bare", OTHER]).fsxctl("setup dynamic --yes -q --cluster nope");
    run.ends_untouched(2);
    insta::assert_snapshot!(run.show(), @"
    $ fsxctl setup dynamic --yes -q --cluster nope
    code 2
    -- stderr
    error: there is no EKS cluster nope in this Region
      clusters in this Region: hp-eks, other
    next: name one that is there with --cluster, or another Region with --region
    -- no write
    ");
}

#[test]
fn of_two_clusters_one_has_to_be_named() {
    let world = World::of(&["bare", OTHER]).env("KUBECONFIG", NOWHERE);
    let run = world.fsxctl("setup dynamic --yes -q");
    run.ends_untouched(2);
    insta::assert_snapshot!(run.show(), @"
    $ fsxctl setup dynamic --yes -q
    code 2
    -- stderr
    error: there are 2 EKS clusters in us-west-2
      clusters: hp-eks, other
    next: name one with --cluster
    -- no write
    ");
    plan(&world, "--cluster hp-eks").ends_untouched(0);
}

#[test]
fn no_cluster_at_all_is_said_so() {
    let none = "aws: {eks: {clusters: [{name: hp-eks, $absent: true}]}}";
    let world = World::of(&["bare", none]).env("KUBECONFIG", NOWHERE);
    let run = plan(&world, "");
    run.ends_untouched(2);
    insta::assert_snapshot!(run.show(), @"
    $ fsxctl setup dynamic --dry-run -q
    code 2
    -- stderr
    error: there is no EKS cluster in us-west-2
    next: name another Region with --region
    -- no write
    ");
}

#[test]
fn without_a_kubeconfig_the_only_cluster_is_taken_and_reached_by_its_own_endpoint() {
    for kubeconfig in [NOWHERE, ""] {
        let world = World::bare().env("KUBECONFIG", kubeconfig);
        let run = plan(&world, "");
        run.ends_untouched(0);
        let reached: Vec<&str> = run.stdout.lines().take(2).collect();
        insta::allow_duplicates! {
            insta::assert_snapshot!(reached.join("\n"), @"
            cluster     hp-eks in us-west-2, account 111122223333
            kubernetes  endpoint of cluster hp-eks, token minted in process
            ");
        }
    }
}

#[test]
fn without_a_kubeconfig_a_whole_set_up_works() {
    let world = World::bare().env("KUBECONFIG", NOWHERE);
    let run = world.fsxctl("setup dynamic --yes -q -o json");
    assert_eq!(run.code, Some(0), "{}", run.show());
    assert_eq!(run.json()["cluster"]["arn"], CLUSTER_ARN);
}

#[test]
fn the_kube_context_names_the_cluster() {
    let world = World::of(&["bare", OTHER]);
    plan(&world, "").ends_untouched(0);
}

#[test]
fn the_guides_variables_name_the_cluster() {
    for (name, value) in [
        ("EKS_CLUSTER_NAME", "hp-eks"),
        ("CLUSTER_NAME", "hp-eks"),
        ("EKS_CLUSTER_ARN", CLUSTER_ARN),
        ("FSXCTL_CLUSTER", "hp-eks"),
    ] {
        let world = World::of(&["bare", OTHER]).env("KUBECONFIG", NOWHERE).env(name, value);
        plan(&world, "").ends_untouched(0);
    }
}

#[test]
fn credentials_that_expired_are_refused_as_such() {
    let run = World::of(&["bare", "callerExpires: now-1h"]).fsxctl("setup dynamic --yes -q");
    run.ends_untouched(5);
    insta::assert_snapshot!(run.show(), @"
    $ fsxctl setup dynamic --yes -q
    code 5
    -- stderr
    error: AWS credentials are missing, expired or not accepted
      caused by: ExpiredTokenException: The security token included in the request is expired
      caused by: request id [uuid]
    next: aws sts get-caller-identity
    -- no write
    ");
}

#[test]
fn without_credentials_it_says_how_to_get_some() {
    let world = World::bare()
        .env("AWS_ACCESS_KEY_ID", "")
        .env("AWS_SECRET_ACCESS_KEY", "")
        .env("AWS_SESSION_TOKEN", "");
    let run = world.fsxctl("setup dynamic --yes -q");
    run.ends_untouched(5);
    insta::assert_snapshot!(run.show(), @"
    $ fsxctl setup dynamic --yes -q
    code 5
    -- stderr
    error: AWS credentials are missing, expired or not accepted
      caused by: no keys in the environment, none in the profile, and no role of a container or instance
    next: aws sts get-caller-identity
    -- no write
    ");
}

#[test]
fn keys_that_aws_does_not_know_are_refused() {
    let world = World::bare().env("AWS_ACCESS_KEY_ID", "AKIAIOSFODNN7EXAMPLE").env("AWS_SESSION_TOKEN", "");
    let run = world.fsxctl("setup dynamic --yes -q");
    assert_eq!(run.code, Some(5), "{}", run.show());
    insta::assert_snapshot!(run.show(), @"
    $ fsxctl setup dynamic --yes -q
    code 5
    -- stderr
    error: AWS credentials are missing, expired or not accepted
      caused by: UnrecognizedClientException: The security token included in the request is invalid
      caused by: request id [uuid]
    next: aws sts get-caller-identity
    -- no write
    ");
}

#[test]
fn without_a_region_it_asks_for_one() {
    let world = World::bare().env("AWS_REGION", "").env("AWS_DEFAULT_REGION", "").env("KUBECONFIG", NOWHERE);
    let run = world.fsxctl("setup dynamic --yes -q --cluster hp-eks");
    run.ends_untouched(2);
    insta::assert_snapshot!(run.show(), @"
    $ fsxctl setup dynamic --yes -q --cluster hp-eks
    code 2
    -- stderr
    error: no AWS Region is set
      caused by: neither --region, FSXCTL_REGION, AWS_REGION, AWS_DEFAULT_REGION nor the profile names
        one
    next: add --region REGION
    -- no write
    ");
}

#[test]
fn an_api_server_that_cannot_be_reached_is_no_bug() {
    let away = "aws: {eks: {clusters: [{name: hp-eks, endpoint: \"https://127.0.0.1:9\"}]}}";
    let run = World::of(&["bare", away]).fsxctl("setup dynamic --yes -q");
    run.ends_untouched(6);
    insta::assert_snapshot!(run.show(), @"
    $ fsxctl setup dynamic --yes -q
    code 6
    -- stderr
    error: cannot reach Kubernetes (get namespaces)
      caused by: cannot reach https://127.0.0.1:9: client error (Connect): tcp connect error: Connection
        refused (os error 111)
    next: run the same command again: fsxctl setup dynamic --yes -q
    -- no write
    ");
}

#[test]
fn aws_that_cannot_be_reached_is_no_bug() {
    let world = World::bare().env("AWS_ENDPOINT_URL", "http://127.0.0.1:9");
    let run = world.fsxctl("setup dynamic --yes -q");
    run.ends_untouched(6);
    assert!(run.stderr.contains("error: "), "{}", run.show());
}

/// A kubeconfig whose only context is called like the cluster and leads elsewhere.
fn elsewhere(world: &World, server: &str) -> PathBuf {
    let text = world.sandbox.kubeconfig();
    let own = text
        .lines()
        .find(|line| line.trim().starts_with("server:") || line.contains("server"))
        .expect("a server");
    let from = own.split("https://").nth(1).expect("https").trim_end_matches(['"', ',', '}']).to_owned();
    let path = world.home.path().join("elsewhere");
    std::fs::write(&path, text.replace(&format!("https://{from}"), server)).expect("written");
    path
}

#[test]
fn a_kubeconfig_for_another_server_is_a_conflict_unless_it_was_named() {
    let world = World::bare();
    let path = elsewhere(&world, "https://127.0.0.1:9");
    let world = world.env("KUBECONFIG", &path.display().to_string());
    let run = world.fsxctl("setup dynamic --yes -q");
    run.ends_untouched(7);
    insta::assert_snapshot!(run.show(), @"
    $ fsxctl setup dynamic --yes -q
    code 7
    -- stderr
    error: the current kube context is not for cluster hp-eks
      caused by: context arn:aws:eks:us-west-2:111122223333:cluster/hp-eks of [home]/elsewhere
        is for https://127.0.0.1:9
      caused by: cluster hp-eks has https://127.0.0.1:[port]
    next: aws eks update-kubeconfig --name hp-eks
    -- no write
    ");
    // Named, it is used: the sandbox does not listen there, so it is unreachable and not a conflict.
    world.fsxctl(&format!("setup dynamic --yes -q --kubeconfig {}", path.display())).ends_untouched(6);
}

#[test]
fn a_tunnel_that_was_named_is_used_and_the_plan_says_so() {
    let world = World::bare();
    let port = world
        .sandbox
        .kubeconfig()
        .split("https://127.0.0.1:")
        .nth(1)
        .map(|rest| rest.chars().take_while(char::is_ascii_digit).collect::<String>());
    let tunnel = elsewhere(&world, &format!("https://localhost:{}", port.expect("a port")));
    let run = plan(&world, &format!("--kubeconfig {}", tunnel.display()));
    run.ends_untouched(0);
    let head: Vec<&str> = run.stdout.lines().take_while(|line| !line.is_empty()).collect();
    insta::with_settings!({filters => vec![(r"localhost:\d+", "localhost:[port]")]}, {
        insta::assert_snapshot!(head.join("\n"), @"
        cluster     hp-eks in us-west-2, account 111122223333
        kubernetes  kubeconfig [home]/elsewhere, context
                    arn:aws:eks:us-west-2:111122223333:cluster/hp-eks, server https://localhost:[port] (not
                    the endpoint of cluster hp-eks)
        ");
    });
}

#[test]
fn a_context_that_is_not_there_is_answered_with_those_that_are() {
    let run = World::bare().fsxctl("setup dynamic --yes -q --context nope");
    run.ends_untouched(2);
    insta::assert_snapshot!(run.show(), @"
    $ fsxctl setup dynamic --yes -q --context nope
    code 2
    -- stderr
    error: [sandbox]/kubeconfig has no usable context nope
      context arn:aws:eks:us-west-2:111122223333:cluster/hp-eks
    -- no write
    ");
    let run = World::bare().fsxctl("setup dynamic --yes -q --kubeconfig /nonexistent");
    run.ends_untouched(2);
    insta::assert_snapshot!(run.show(), @r#"
    $ fsxctl setup dynamic --yes -q --kubeconfig /nonexistent
    code 2
    -- stderr
    error: cannot read kubeconfig /nonexistent
      caused by: failed to read kubeconfig from '"/nonexistent"': No such file or directory (os error 2)
    -- no write
    "#);
}

#[test]
fn an_arn_of_another_account_is_refused() {
    let arn = CLUSTER_ARN.replace("111122223333", "999988887777");
    let run = World::bare().env("EKS_CLUSTER_ARN", &arn).fsxctl("setup dynamic --yes -q");
    run.ends_untouched(2);
    insta::assert_snapshot!(run.show(), @"
    $ fsxctl setup dynamic --yes -q
    code 2
    -- stderr
    error: EKS_CLUSTER_ARN names account 999988887777, but the credentials are of account 111122223333
    next: take other credentials with --profile, or name a cluster of this account
    -- no write
    ");
}

#[test]
fn an_arn_and_a_region_that_contradict_are_refused() {
    let arn = CLUSTER_ARN.replace("us-west-2", "eu-west-1");
    let run = World::bare().env("EKS_CLUSTER_ARN", &arn).fsxctl("setup dynamic --yes -q");
    run.ends_untouched(2);
    insta::assert_snapshot!(run.show(), @"
    $ fsxctl setup dynamic --yes -q
    code 2
    -- stderr
    error: EKS_CLUSTER_ARN names a cluster in eu-west-1, but AWS_REGION says us-west-2
    -- no write
    ");
}

#[test]
fn an_arn_that_is_overruled_by_a_flag_is_not_looked_at() {
    let arn = CLUSTER_ARN.replace("111122223333", "999988887777");
    let world = World::bare().env("EKS_CLUSTER_ARN", &arn);
    plan(&world, "--cluster hp-eks").ends_untouched(0);
}

#[test]
fn a_hyperpod_cluster_that_is_not_there_is_refused() {
    let run = World::bare().fsxctl("setup dynamic --yes -q --hyperpod nope");
    run.ends_untouched(2);
    insta::assert_snapshot!(run.show(), @"
    $ fsxctl setup dynamic --yes -q --hyperpod nope
    code 2
    -- stderr
    error: there is no HyperPod cluster nope whose orchestrator is EKS cluster hp-eks
    next: name one that is there with --hyperpod, or leave it out
    -- no write
    ");
    plan(&World::bare(), "--hyperpod hp-cluster").ends_untouched(0);
}
