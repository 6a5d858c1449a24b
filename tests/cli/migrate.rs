//! Versions of the driver, and going from one way of installing it or of giving it a role to another.

use fsxctl_sandbox::{Options, Source};
use serde_json::{Value, json};

use crate::harness::{ROLE, World};
use crate::helm::{REPO, ok, releases, survives_every_kill, with_release};
use crate::roads::AGENT;

const ADDON_IRSA: &str = "setup dynamic --yes -q --driver addon --identity irsa";
const ADDON_PODS: &str = "setup dynamic --yes -q --driver addon --identity pod-identity";
const HELM_IRSA: &str = "setup dynamic --yes -q --driver helm --identity irsa";
const HELM_PODS: &str = "setup dynamic --yes -q --driver helm --identity pod-identity";

fn addon(world: &World) -> Option<Value> {
    let saved = world.saved();
    let addons = saved["aws"]["eks"]["addons"].as_array().cloned().unwrap_or_default();
    addons.into_iter().find(|addon| addon["addonName"] == "aws-fsx-csi-driver")
}

fn trust(world: &World) -> String {
    let saved = world.saved();
    let roles = saved["aws"]["iam"]["Roles"].as_array().cloned().unwrap_or_default();
    let role = roles.into_iter().find(|role| role["RoleName"] == ROLE).expect("the role is there");
    role["AssumeRolePolicyDocument"].to_string()
}

fn associations(world: &World) -> Vec<Value> {
    let saved = world.saved();
    let all = saved["aws"]["eks"]["podIdentityAssociations"].as_array().cloned().unwrap_or_default();
    all.into_iter().filter(|one| one["serviceAccount"] == "fsx-csi-controller-sa").collect()
}

fn annotation(world: &World) -> Value {
    let account = world.object("ServiceAccount", "fsx-csi-controller-sa").expect("the service account");
    account["metadata"]["annotations"]["eks.amazonaws.com/role-arn"].clone()
}

#[test]
fn the_builds_for_this_kubernetes_are_listed_newest_first() {
    let run = World::of(&["ready"]).fsxctl("setup driver --list-versions");
    run.ends_untouched(0);
    insta::assert_snapshot!(run.show(), @"
    $ fsxctl setup driver --list-versions
    code 0
    -- stdout
    add-on aws-fsx-csi-driver for Kubernetes 1.33 of cluster hp-eks
      v1.9.0-eksbuild.1       default, installed
      v1.8.0-eksbuild.2
      v1.8.0-eksbuild.1
      v1.7.0-eksbuild.1
      v1.6.0-eksbuild.1
      v1.5.0-eksbuild.1
    -- no write
    ");
    let run = World::bare().fsxctl("setup driver --list-versions -o json");
    run.ends_untouched(0);
    let document = run.json();
    assert_eq!((&document["kind"], &document["kubernetes"]), (&json!("DriverVersions"), &json!("1.33")));
    let first = json!({"version": "v1.9.0-eksbuild.1", "default": true, "installed": false});
    assert_eq!(document["items"][0], first);
    assert_eq!((&document["cluster"]["name"], &document["exitCode"]), (&json!("hp-eks"), &json!(0)));
    assert!(document["startedAt"].is_string() && document["durationMs"].is_u64(), "{document}");
    // What cannot be seen is not said to be absent.
    let hidden = World::of(&["ready", "denied: ['eks:DescribeAddon']"]);
    let run = hidden.fsxctl("setup driver --list-versions -o json");
    run.ends_untouched(0);
    assert_eq!(run.json()["items"][0]["installed"], Value::Null);
    assert!(run.json()["notes"][0]["text"].to_string().contains("eks:DescribeAddon"), "{}", run.show());
    let run =
        World::of(&["bare", "denied: ['eks:DescribeAddonVersions']"]).fsxctl("setup driver --list-versions");
    run.says(5, &["eks:DescribeAddonVersions"]);
}

#[test]
fn an_upgrade_of_the_add_on_keeps_its_role() {
    let world = World::bare();
    ok(&world, &format!("{ADDON_IRSA} --driver-version v1.8.0-eksbuild.1"));
    world
        .fsxctl("setup driver --yes -q --driver-version v1.9.0-eksbuild.1")
        .says(7, &["fsxctl setup driver --upgrade --driver-version v1.9.0-eksbuild.1"]);
    let run = ok(&world, "setup driver --upgrade --yes -q");
    assert_eq!(run.writes(), ["eks UpdateAddon"]);
    let found = addon(&world).expect("the add-on");
    assert_eq!(found["addonVersion"], "v1.9.0-eksbuild.1");
    assert_eq!(found["serviceAccountRoleArn"], format!("arn:aws:iam::111122223333:role/{ROLE}"));
    assert_eq!(found["status"], "ACTIVE", "it is waited for");
    world.fsxctl("setup driver --upgrade -q").ends_untouched(0);
    world.fsxctl("setup dynamic -q").ends_untouched(0);
}

#[test]
fn an_add_on_of_others_is_upgraded_only_when_adopted() {
    let world = World::of(&["ready"]);
    let run = world.fsxctl("setup driver --upgrade --yes -q --driver-version v1.8.0-eksbuild.2");
    run.ends_untouched(7);
    run.says(7, &["--adopt Addon/aws-fsx-csi-driver"]);
    let adopted =
        "setup driver --upgrade --yes -q --driver-version v1.8.0-eksbuild.2 --adopt Addon/aws-fsx-csi-driver";
    ok(&world, adopted);
    assert_eq!(addon(&world).expect("the add-on")["addonVersion"], "v1.8.0-eksbuild.2");
    assert_eq!(associations(&world).len(), 1, "its association stays");
    World::bare().fsxctl("setup driver --upgrade --yes -q").says(2, &["there is no FSx CSI driver"]);
}

#[test]
fn a_release_is_upgraded_to_the_version_that_was_asked_for() {
    let world = World::bare().with_helm();
    ok(&world, &format!("{HELM_IRSA} --driver-version 1.15.0 --helm-value controller.replicaCount=1"));
    world.fsxctl("setup driver --upgrade --yes -q").says(2, &["--driver-version"]);
    let run = ok(&world, "setup driver --upgrade --yes -q --driver-version 1.17.0");
    let deployment = world.object("Deployment", "fsx-csi-controller").expect("the controller");
    assert_eq!(
        deployment["metadata"]["labels"]["helm.sh/chart"],
        "aws-fsx-csi-driver-1.17.0",
        "{}",
        run.show()
    );
    assert_eq!(deployment["spec"]["replicas"], 1, "values stay");
    world.fsxctl("setup driver --upgrade -q --driver-version 1.17.0").ends_untouched(0);
    // A release of somebody else must be adopted, and keeps its own values.
    let install = format!("install lustre aws-fsx-csi-driver {REPO} -n kube-system --version 1.15.0");
    let world = with_release(&install, &["bare"]);
    let upgrade = "setup driver --upgrade --yes -q --driver-version 1.17.0 --identity none";
    world.fsxctl(upgrade).says(7, &["--adopt Release/kube-system/lustre"]);
    ok(&world, &format!("{upgrade} --adopt Release/kube-system/lustre"));
    let last = releases(&world).into_iter().find(|labels| labels["status"] == "deployed").expect("a release");
    assert_eq!((&last["name"], &last["fsxctl.io/origin"]), (&json!("lustre"), &json!("adopted")));
}

#[test]
fn from_helm_to_the_add_on() {
    let world = World::bare().with_helm();
    ok(&world, HELM_IRSA);
    let run = ok(&world, "migrate driver --to addon --dry-run -q");
    insta::assert_snapshot!(run.show(), @r#"
    $ fsxctl migrate driver --to addon --dry-run -q
    code 0
    -- stdout
    cluster     hp-eks in us-west-2, account 111122223333
    kubernetes  kubeconfig [sandbox]/kubeconfig, context
                arn:aws:eks:us-west-2:111122223333:cluster/hp-eks

    = identity: IRSA gives the controller arn:aws:iam::111122223333:role/FSXLCSI-hp-eks-us-west-2

    driver: the driver is to be installed in another way
    - Release kube-system/aws-fsx-csi-driver: the add-on would fight with it over the same objects
        chart aws-fsx-csi-driver 1.17.0
    + Addon aws-fsx-csi-driver: the cluster has no FSx CSI driver
        version v1.9.0-eksbuild.1
        service account role arn:aws:iam::111122223333:role/FSXLCSI-hp-eks-us-west-2
        configuration {"controller":{"region":"us-west-2"},"node":{"region":"us-west-2"}}
        known after apply: arn
    ! until the new driver runs (a minute or two) nothing can be mounted, unmounted or provisioned;
      running mounts stay, file systems, volumes and claims are not touched

    This takes about 2 minutes.
    Plan: 1 to create, 0 to change, 1 to delete.
    -- no write
    "#);
    ok(&world, "migrate driver --to addon --yes -q");
    assert_eq!(releases(&world), Vec::<Value>::new());
    let found = addon(&world).expect("the add-on");
    assert_eq!(found["status"], "ACTIVE");
    assert_eq!(found["serviceAccountRoleArn"], format!("arn:aws:iam::111122223333:role/{ROLE}"));
    world.fsxctl("migrate driver --to addon -q").ends_untouched(0);
    world.fsxctl("setup dynamic -q").ends_untouched(0);
}

#[test]
fn from_the_add_on_to_helm() {
    let world = World::of(&["bare", AGENT]).with_helm();
    ok(&world, ADDON_PODS);
    ok(&world, "migrate driver --to helm --yes -q");
    assert_eq!(addon(&world), None);
    let [association] = associations(&world).try_into().expect("one association");
    assert_eq!(association["ownerArn"], Value::Null);
    world.fsxctl("migrate driver --to helm -q").ends_untouched(0);
    world.fsxctl("setup dynamic -q").ends_untouched(0);
    world.fsxctl("migrate driver --to existing -q").says(2, &["addon, helm"]);
}

#[test]
fn a_driver_of_others_is_migrated_only_when_adopted() {
    let install = format!("install lustre aws-fsx-csi-driver {REPO} --create-namespace -n storage");
    let world = with_release(&install, &["bare"]);
    let run = world.fsxctl("migrate driver --to addon --yes -q --identity none");
    run.ends_untouched(7);
    run.says(7, &["--adopt Release/storage/lustre"]);
    ok(&world, "migrate driver --to addon --yes -q --identity none --adopt Release/storage/lustre");
    assert!(addon(&world).is_some() && releases(&world).is_empty());
    let world = World::of(&["ready"]).with_helm();
    world.fsxctl("migrate driver --to helm --yes -q").says(7, &["--adopt Addon/aws-fsx-csi-driver"]);
    ok(&world, "migrate driver --to helm --yes -q --adopt Addon/aws-fsx-csi-driver");
    assert_eq!(releases(&world).len(), 1);
}

/// A world in which somebody applied the chart's objects with kubectl.
fn by_manifests() -> String {
    let world = with_release(&format!("install fsx aws-fsx-csi-driver {REPO} -n kube-system"), &["bare"]);
    let mut saved = world.saved();
    let objects = saved["kubernetes"]["objects"].as_array_mut().expect("objects");
    objects.retain(|object| object["type"] != "helm.sh/release.v1");
    for object in objects {
        let metadata = &mut object["metadata"];
        if metadata["annotations"]["meta.helm.sh/release-name"].is_string() {
            metadata["annotations"] = json!({});
            metadata["labels"] = json!({"app.kubernetes.io/name": "aws-fsx-csi-driver"});
            metadata["managedFields"][0]["manager"] = json!("kubectl");
        }
    }
    serde_yaml::to_string(&saved).expect("YAML")
}

const ADOPTED: &str =
    "--adopt Deployment/kube-system/fsx-csi-controller --adopt DaemonSet/kube-system/fsx-csi-node";

#[test]
fn from_manifests_to_the_add_on() {
    let manifests = by_manifests();
    let world = World::of(&[&manifests]).with_helm();
    let run = world.fsxctl("migrate driver --to addon --yes -q --identity none");
    run.ends_untouched(7);
    run.says(7, &[ADOPTED]);
    let words = format!("migrate driver --to addon --yes -q --identity none {ADOPTED}");
    let run = ok(&world, &words);
    insta::assert_snapshot!(run.writes().join("\n"), @"
    eks CreateAddon
    kube delete /apis/apps/v1/namespaces/kube-system/daemonsets/fsx-csi-node
    kube delete /apis/apps/v1/namespaces/kube-system/deployments/fsx-csi-controller
    ");
    assert_eq!(addon(&world).expect("the add-on")["status"], "ACTIVE");
    world.fsxctl(&words).ends_untouched(0);
    let world = World::of(&[&manifests]).with_helm();
    world.fsxctl("migrate driver --to helm --yes -q").says(7, &["fsxctl migrate driver --to addon"]);
}

#[test]
fn killed_after_each_write_from_helm_to_the_add_on() {
    survives_every_kill(&["bare"], &[HELM_IRSA], "migrate driver --to addon --yes -q", 14);
}

#[test]
fn killed_after_each_write_from_the_add_on_to_helm() {
    survives_every_kill(&["bare", AGENT], &[ADDON_PODS], "migrate driver --to helm --yes -q", 15);
}

#[test]
fn killed_after_each_write_from_manifests_to_the_add_on() {
    let words = format!("migrate driver --to addon --yes -q --identity irsa {ADOPTED}");
    survives_every_kill(&[&by_manifests()], &[], &words, 5);
}

#[test]
fn from_irsa_to_pod_identity_and_back() {
    for first in [ADDON_IRSA, HELM_IRSA] {
        let world = World::of(&["bare", AGENT]).with_helm();
        ok(&world, first);
        let claim = world.object("PersistentVolumeClaim", "fsx-claim").expect("the claim");
        ok(&world, "migrate identity --to pod-identity --yes -q");
        assert_eq!((associations(&world).len(), annotation(&world)), (1, Value::Null), "{first}");
        assert!(!trust(&world).contains("oidc"), "{}", trust(&world));
        world.fsxctl("migrate identity --to pod-identity -q").ends_untouched(0);
        world.fsxctl("setup dynamic -q").ends_untouched(0);
        ok(&world, "setup dynamic --yes -q --claim second");
        ok(&world, "migrate identity --to irsa --yes -q");
        let arn = format!("arn:aws:iam::111122223333:role/{ROLE}");
        assert_eq!((associations(&world).len(), annotation(&world)), (0, json!(arn)), "{first}");
        assert!(!trust(&world).contains("pods.eks"), "{}", trust(&world));
        world.fsxctl("migrate identity --to irsa -q").ends_untouched(0);
        world.fsxctl("setup dynamic -q").ends_untouched(0);
        ok(&world, "setup dynamic --yes -q --claim third");
        let after = world.object("PersistentVolumeClaim", "fsx-claim").expect("the claim");
        assert_eq!(claim["metadata"]["uid"], after["metadata"]["uid"]);
    }
}

#[test]
fn what_others_added_to_the_trust_of_our_role_stays() {
    let world = World::of(&["bare", AGENT]);
    ok(&world, ADDON_IRSA);
    let mut saved = world.saved();
    let roles = saved["aws"]["iam"]["Roles"].as_array_mut().expect("roles");
    let role = roles.iter_mut().find(|role| role["RoleName"] == ROLE).expect("the role");
    let statements = role["AssumeRolePolicyDocument"]["Statement"].as_array_mut().expect("statements");
    statements.push(json!({
        "Sid": "AuditTeam", "Effect": "Allow", "Principal": {"AWS": "arn:aws:iam::111122223333:root"},
        "Action": "sts:AssumeRole",
    }));
    let text = serde_json::to_string(&saved).expect("JSON, which is YAML");
    let world = World::with(Options { worlds: vec![Source::text(&text)], ..Options::default() });
    world.fsxctl("migrate identity --to irsa -q").ends_untouched(0);
    ok(&world, "migrate identity --to pod-identity --yes -q");
    assert!(trust(&world).contains("AuditTeam") && !trust(&world).contains("oidc"), "{}", trust(&world));
    ok(&world, "migrate identity --to irsa --yes -q");
    assert!(trust(&world).contains("AuditTeam") && !trust(&world).contains("pods.eks"), "{}", trust(&world));
}

#[test]
fn leave_to_change_a_release_is_no_leave_to_remove_it() {
    let world = World::of(&["bare", include_str!("../worlds/foreign/helm-elsewhere.yaml")]).with_helm();
    let adopted = "setup driver --upgrade --driver-version 1.16.0 --adopt Release/storage/lustre --yes -q";
    world.fsxctl(adopted);
    let marked = world.saved().to_string().contains(r#""fsxctl.io/origin":"adopted""#);
    assert!(marked, "the release says that it was adopted");
    world
        .fsxctl("migrate driver --to addon --role-name fsx-new --yes -q")
        .says(7, &["--adopt Release/storage/lustre"]);
}

#[test]
fn without_the_agent_pod_identity_is_not_migrated_to() {
    let world = World::bare();
    ok(&world, ADDON_IRSA);
    let run = world.fsxctl("migrate identity --to pod-identity --yes -q");
    run.ends_untouched(2);
    insta::assert_snapshot!(run.show(), @"
    $ fsxctl migrate identity --to pod-identity --yes -q
    code 2
    -- stderr
    error: Pod Identity would not work here: add-on eks-pod-identity-agent is not installed
    next: aws eks create-addon --cluster-name hp-eks --addon-name eks-pod-identity-agent
    -- no write
    ");
}

#[test]
fn killed_after_each_write_between_identities_of_the_add_on() {
    survives_every_kill(&["bare", AGENT], &[ADDON_IRSA], "migrate identity --to pod-identity --yes -q", 4);
    survives_every_kill(&["bare", AGENT], &[ADDON_PODS], "migrate identity --to irsa --yes -q", 5);
}

#[test]
fn killed_after_each_write_between_identities_of_a_release() {
    survives_every_kill(&["bare", AGENT], &[HELM_IRSA], "migrate identity --to pod-identity --yes -q", 5);
    survives_every_kill(&["bare", AGENT], &[HELM_PODS], "migrate identity --to irsa --yes -q", 6);
}
