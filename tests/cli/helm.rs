//! The Helm road, with the sandbox's stand-in for the program: installing, what is left half done, what others did.

use fsxctl_sandbox::{Client, Options};
use serde_json::Value;

use crate::harness::{Run, World, sources};
use crate::killed::{all, becomes, settled};
use crate::roads::AGENT;

const IRSA: &str = "setup dynamic --yes -q --driver helm --identity irsa";
const POD_IDENTITY: &str = "setup dynamic --yes -q --driver helm --identity pod-identity";

pub fn ok(world: &World, words: &str) -> Run {
    let run = world.fsxctl(words);
    assert_eq!(run.code, Some(0), "{}", run.show());
    run
}

/// The labels of the Secrets in which helm keeps its releases.
pub fn releases(world: &World) -> Vec<Value> {
    let saved = world.saved();
    let objects = saved["kubernetes"]["objects"].as_array().cloned().unwrap_or_default();
    let kept = objects.into_iter().filter(|object| object["type"] == "helm.sh/release.v1");
    kept.map(|object| object["metadata"]["labels"].clone()).collect()
}

/// A snapshot in which helm wrote its releases a minute before: whoever was at work then is no more.
pub fn a_minute_later(snapshot: &str) -> String {
    let is_stamp = |line: &str| {
        let (key, value) = line.trim().split_once(": ")?;
        let stamp = value.trim_matches(['"', '\'']);
        let at = stamp.parse::<u64>().ok().filter(|_| key == "createdAt" || key == "modifiedAt")?;
        Some(line.replace(stamp, &(at - 60).to_string()))
    };
    let lines = snapshot.lines().map(|line| is_stamp(line).unwrap_or_else(|| line.to_owned()));
    lines.collect::<Vec<_>>().join("\n")
}

#[test]
fn with_helm_the_claim_is_bound_and_a_second_run_writes_nothing() {
    for (layers, words) in [(vec!["bare"], IRSA), (vec!["bare", AGENT], POD_IDENTITY)] {
        let world = World::of(&layers).with_helm();
        ok(&world, words);
        let claim = world.object("PersistentVolumeClaim", "fsx-claim").expect("the claim is there");
        assert_eq!(claim["status"]["phase"], "Bound", "{words}");
        let [labels] = releases(&world).try_into().expect("one revision of one release");
        assert_eq!((&labels["status"], &labels["fsxctl.io/owner"]), (&"deployed".into(), &"fsxctl".into()));
        let account = world.object("ServiceAccount", "fsx-csi-controller-sa").expect("the service account");
        assert_eq!(account["metadata"]["labels"]["app.kubernetes.io/managed-by"], "fsxctl");
        let deployment = world.object("Deployment", "fsx-csi-controller").expect("the controller");
        assert!(
            deployment.to_string().contains(r#""name":"AWS_REGION","value":"us-west-2""#),
            "{deployment}"
        );
        // Whatever is said about the driver the second time, a release that is there is the driver.
        world.fsxctl(words).ends_untouched(0);
        world.fsxctl("setup dynamic -q").ends_untouched(0);
        world.fsxctl("setup dynamic -q --driver existing").ends_untouched(0);
    }
}

#[test]
fn the_plan_names_chart_repository_and_files_and_asks_nothing_of_the_network() {
    let world = World::bare().with_helm();
    let run = ok(&world, "setup driver --dry-run -q --driver helm");
    insta::assert_snapshot!(run.show(), @"
    $ fsxctl setup driver --dry-run -q --driver helm
    code 0
    -- stdout
    cluster     hp-eks in us-west-2, account 111122223333
    kubernetes  kubeconfig [sandbox]/kubeconfig, context
                arn:aws:eks:us-west-2:111122223333:cluster/hp-eks

    driver: the driver is not installed
    + ServiceAccount kube-system/fsx-csi-controller-sa: the controller's pods run as it, and the chart
      leaves it to fsxctl
    + Release kube-system/aws-fsx-csi-driver: the cluster has no FSx CSI driver
        the newest version of chart aws-fsx-csi-driver from
        https://kubernetes-sigs.github.io/aws-fsx-csi-driver
        Region us-west-2, service account fsx-csi-controller-sa
    ! the controller gets no role from fsxctl; without one it cannot make file systems

    This takes about 1 minute.
    Plan: 2 to create, 0 to change, 0 to delete.
    -- no write
    ");
    assert!(run.writes().is_empty());
    let calls: Vec<Value> = world.helm_calls().into_iter().map(|call| call["arguments"].clone()).collect();
    assert_eq!(calls, [serde_json::json!(["version", "--template", "{{.Version}}"])]);
}

#[test]
fn helm_gets_its_access_through_a_private_file_that_goes() {
    let world = World::bare().with_helm();
    ok(&world, IRSA);
    let call = world.helm_calls().into_iter().find(|call| call["arguments"][0] == "upgrade").expect("a call");
    assert_eq!((&call["kubeconfigMode"], &call["directoryMode"]), (&"600".into(), &"700".into()), "{call}");
    let text = call["arguments"].to_string();
    assert!(!text.contains("k8s-aws-v1") && !text.to_ascii_lowercase().contains("token"), "{text}");
    let values: Value = serde_json::from_str(call["values"][0].as_str().expect("values")).expect("JSON");
    assert_eq!(
        values,
        serde_json::json!({
            "controller": {"region": "us-west-2", "serviceAccount": {"create": false, "name": "fsx-csi-controller-sa"}},
            "node": {"region": "us-west-2"},
        })
    );
    let names: Vec<&str> =
        call["environment"].as_array().into_iter().flatten().filter_map(Value::as_str).collect();
    assert!(!names.iter().any(|name| name.starts_with("AWS_") || *name == "KUBECONFIG"), "{names:?}");
    let kubeconfig = std::path::Path::new(call["kubeconfig"].as_str().expect("a path"));
    assert!(!kubeconfig.exists() && !kubeconfig.parent().expect("a folder").exists(), "{kubeconfig:?}");
}

#[test]
fn terminated_while_helm_is_at_work_it_leaves_no_file() {
    let world = World::with(Options {
        worlds: sources(&["bare"]),
        latency: std::time::Duration::from_millis(60),
        ..Options::default()
    })
    .with_helm();
    let temporary = world.home.path().join("tmp");
    std::fs::create_dir(&temporary).expect("a folder");
    let world = world.env("TMPDIR", &temporary.display().to_string());
    let mut running = world.start(&IRSA.split_whitespace().collect::<Vec<_>>());
    running.until(|entry| entry.client == Client::Helm && entry.path.contains("clusterroles"));
    assert_eq!(std::fs::read_dir(&temporary).expect("a folder").count(), 1, "helm's files are there");
    running.signal("TERM");
    let run = running.end();
    assert_eq!(run.code, Some(143), "{}", run.show());
    assert_eq!(std::fs::read_dir(&temporary).expect("a folder").count(), 0, "helm's files are gone");
    ok(&world, IRSA);
}

/// Kills a run after each of its writes and those of its helm; every repetition ends as if nothing had happened.
pub fn survives_every_kill(layers: &[&str], before: &[&str], words: &str, least: usize) {
    let prepared = {
        let world = World::of(layers).with_helm();
        before.iter().for_each(|words| drop(ok(&world, words)));
        settled(&world)
    };
    let world = World::of(&[&prepared]).with_helm();
    let from = world.sandbox.log().len();
    ok(&world, words);
    let is_counted = |entry: &fsxctl_sandbox::Entry| {
        let ours = matches!(entry.client, Client::Command | Client::Helm);
        ours && entry.write && crate::harness::was_applied(entry)
    };
    let writes = world.sandbox.log()[from..].iter().filter(|entry| is_counted(entry)).count();
    assert!(writes >= least, "{words}: {writes} writes");
    world.fsxctl(words).ends_untouched(0);
    let clean = settled(&world);
    all((1..=writes).collect(), 2, |n| {
        let what = format!("{words}, killed after {n} of {writes}");
        let options = Options {
            worlds: sources(&[&prepared]),
            kill_after_writes: Some(n as u64),
            ..Options::default()
        };
        let world = World::with(options).with_helm();
        let run = world.fsxctl(words);
        assert!(run.code.is_none(), "{what}: {}", run.show());
        let world = World::of(&[&a_minute_later(&world.sandbox.snapshot())]).with_helm();
        let run = world.fsxctl(words);
        assert_eq!(run.code, Some(0), "{what}: {}", run.show());
        let systems = world.saved()["aws"]["fsx"]["FileSystems"].as_array().map_or(0, Vec::len);
        assert!(systems <= 1, "{what}: {}", run.show());
        becomes(&world, &clean, &what);
        world.fsxctl(words).ends_untouched(0);
    });
}

#[test]
fn killed_after_each_write_of_irsa_and_helm() {
    survives_every_kill(&["bare"], &[], IRSA, 20);
}

#[test]
fn killed_after_each_write_of_pod_identity_and_helm() {
    survives_every_kill(&["bare", AGENT], &[], POD_IDENTITY, 20);
}

#[test]
fn a_release_that_was_pending_just_now_is_waited_for() {
    let world = World::with(Options {
        worlds: sources(&["bare"]),
        kill_after_writes: Some(12),
        ..Options::default()
    })
    .with_helm();
    let run = world.fsxctl("setup driver --yes -q --driver helm");
    assert!(run.code.is_none(), "{}", run.show());
    let [labels] = releases(&world).try_into().expect("one revision of one release");
    assert_eq!(labels["status"], "pending-install");
    let world = world.again().with_helm();
    // Whoever only looks does not wait, and nothing is mended under the hands of another helm.
    world.fsxctl("setup driver --dry-run -q --driver helm").says(7, &["another helm is at work"]);
    let run = ok(&world, "setup driver --yes --driver helm");
    assert!(
        run.stderr.contains("helm to be done with release kube-system/aws-fsx-csi-driver"),
        "{}",
        run.show()
    );
    let [labels] = releases(&world).try_into().expect("one revision of one release");
    assert_eq!(labels["status"], "deployed");
}

/// A world in which somebody installed the chart with helm.
pub fn with_release(arguments: &str, layers: &[&str]) -> World {
    let world = World::of(layers).with_helm();
    let helm = world.home.path().join("bin").join("helm");
    let output = std::process::Command::new(helm)
        .args(arguments.split_whitespace())
        .env_clear()
        .envs(world.environment())
        .output()
        .expect("helm starts");
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    world
}

pub const REPO: &str = "--repo https://kubernetes-sigs.github.io/aws-fsx-csi-driver";

#[test]
fn a_release_of_somebody_else_is_used_wherever_it_is() {
    let install = format!("install lustre aws-fsx-csi-driver {REPO} --create-namespace --version 1.15.0");
    let world = with_release(&format!("{install} -n storage"), &["bare", AGENT]);
    let run = ok(&world, "setup dynamic --yes -q -o json");
    let driver = run.json()["items"][2].clone();
    insta::assert_snapshot!(serde_json::to_string_pretty(&driver).unwrap(), @r#"
    {
      "step": "driver",
      "decision": "settled",
      "because": "installed by Helm as release lustre in storage, chart aws-fsx-csi-driver 1.15.0",
      "changes": [],
      "done": true,
      "ids": [],
      "notes": [
        {
          "sign": "keep",
          "text": "the driver was installed by Helm as release lustre in storage, chart aws-fsx-csi-driver 1.15.0; it is used as it is"
        }
      ]
    }
    "#);
    assert!(run.writes().contains(&"eks CreatePodIdentityAssociation".to_owned()), "{:?}", run.writes());
    let saved = world.saved();
    let association = &saved["aws"]["eks"]["podIdentityAssociations"][0];
    assert_eq!(association["namespace"], "storage", "{association}");
    world.fsxctl("setup dynamic -q").ends_untouched(0);
    world.fsxctl("setup driver -q --driver helm --driver-version 1.15.0").ends_untouched(0);
    assert!(!world.helm_calls().iter().any(|call| call["arguments"][0] == "upgrade"));
}

#[test]
fn two_drivers_do_not_fight() {
    let install = format!("install fsx aws-fsx-csi-driver {REPO} -n kube-system");
    let world = with_release(&install, &["bare"]);
    let run = world.fsxctl("setup driver --yes -q --driver addon");
    run.ends_untouched(7);
    insta::assert_snapshot!(run.show(), @"
    $ fsxctl setup driver --yes -q --driver addon
    code 7
    -- stderr
    error: the driver is installed already, by Helm as release fsx in kube-system, chart
           aws-fsx-csi-driver 1.17.0; another one would fight with it over the same objects
    next: use it with --driver existing, or run: fsxctl migrate driver --to addon
    -- no write
    ");
    let run = World::of(&["ready"]).with_helm().fsxctl("setup driver --yes -q --driver helm");
    run.ends_untouched(7);
    insta::assert_snapshot!(run.show(), @"
    $ fsxctl setup driver --yes -q --driver helm
    code 7
    -- stderr
    error: add-on aws-fsx-csi-driver is installed; a release would fight with it over the same objects
    next: fsxctl migrate driver --to helm
    -- no write
    ");
}

#[test]
fn a_release_of_somebody_else_that_is_pending_is_a_conflict() {
    let world =
        World::with(Options { worlds: sources(&["bare"]), kill_after_writes: Some(9), ..Options::default() })
            .with_helm();
    world.fsxctl("setup driver --yes -q --driver helm --identity none");
    let mine = a_minute_later(&world.sandbox.snapshot()).replace("fsxctl.io/owner: fsxctl", "team: other");
    let world = World::of(&[&mine]).with_helm();
    let run = world.fsxctl("setup driver --yes -q --driver helm --identity none");
    run.ends_untouched(7);
    insta::assert_snapshot!(run.show(), @"
    $ fsxctl setup driver --yes -q --driver helm --identity none
    code 7
    -- stderr
    error: release aws-fsx-csi-driver in kube-system is pending-install: a helm was ended in the middle,
           and the release is not fsxctl's
    next: helm uninstall aws-fsx-csi-driver --namespace kube-system
    -- no write
    ");
}

#[test]
fn without_the_program_it_says_what_to_install() {
    let run = World::bare().fsxctl("setup driver --yes -q --driver helm");
    run.ends_untouched(2);
    insta::assert_snapshot!(run.show(), @"
    $ fsxctl setup driver --yes -q --driver helm
    code 2
    -- stderr
    error: the driver would be installed with Helm, and there is no helm program on PATH
    next: install helm 3.14 or newer, or use --driver addon
    -- no write
    ");
}

#[test]
fn what_helm_says_no_with_decides_the_code() {
    let world = World::bare().with_helm();
    let run = world.fsxctl("setup driver --yes -q --driver helm --driver-version 9.9.9");
    run.says(2, &["chart \"aws-fsx-csi-driver\" version \"9.9.9\" not found"]);
    let run = world.fsxctl("setup driver --yes -q --driver helm --chart ./nowhere");
    run.says(2, &["path \"./nowhere\" not found"]);
    // A label of others on an object of the chart's name.
    let role = "kubernetes: {objects: [{apiVersion: rbac.authorization.k8s.io/v1, kind: ClusterRole, metadata: {name: fsx-csi-node-role}, rules: []}]}";
    let world = World::of(&["bare", role]).with_helm();
    world.fsxctl("setup driver --yes -q --driver helm").says(7, &["invalid ownership metadata"]);
    let world = World::of(&["bare", "denied: ['kube:patch clusterroles']"]).with_helm();
    let run = world.fsxctl("setup driver --yes -q --driver helm");
    run.says(5, &["patch clusterroles.rbac.authorization.k8s.io"]);
    let [labels] = releases(&world).try_into().expect("one revision of one release");
    assert_eq!(labels["status"], "failed", "as helm leaves it");
}

#[test]
fn a_failed_release_of_ours_is_deployed_again() {
    let world = World::of(&["bare", "denied: ['kube:patch clusterroles']"]).with_helm();
    assert_eq!(world.fsxctl("setup driver --yes -q --driver helm").code, Some(5));
    let world = World::of(&[&world.sandbox.snapshot(), "denied: [{$clear: true}]"]).with_helm();
    let run = ok(&world, "setup driver --yes -q --driver helm");
    let last =
        releases(&world).into_iter().max_by_key(|labels| labels["version"].as_str().map(str::to_owned));
    assert_eq!(last.expect("a release")["status"], "deployed", "{}", run.show());
    world.fsxctl("setup driver -q").ends_untouched(0);
}

#[test]
fn releases_that_cannot_be_seen_are_not_missing() {
    let hidden = "denied: ['kube:list secrets']";
    let world = World::of(&["bare", hidden]).with_helm();
    let run = world.fsxctl("setup driver --yes -q --driver helm");
    run.ends_untouched(5);
    run.says(5, &["list secrets in kube-system"]);
    // With the add-on nothing depends on them.
    ok(&world, "setup dynamic --yes -q");
    // A driver that helm installed is known by its objects' marks.
    let world = World::bare().with_helm();
    ok(&world, IRSA);
    let world = World::of(&[&world.sandbox.snapshot(), hidden]).with_helm();
    world.fsxctl("setup dynamic -q").ends_untouched(0);
    world.fsxctl("setup dynamic -q --driver addon").says(7, &["by Helm"]);
}

#[test]
fn values_of_the_chart_reach_the_driver() {
    let world = World::bare().with_helm();
    let values = "--helm-value controller.timeout=15m --helm-value controller.replicaCount=1";
    ok(&world, &format!("setup driver --yes -q --driver helm {values}"));
    let deployment = world.object("Deployment", "fsx-csi-controller").expect("the controller");
    assert_eq!(deployment["spec"]["replicas"], 1);
    assert!(deployment.to_string().contains("--timeout=15m"), "{deployment}");
    world.fsxctl(&format!("setup driver -q {values}")).ends_untouched(0);
    let run = ok(&world, "setup driver --yes -q --helm-value controller.replicaCount=2");
    let deployment = world.object("Deployment", "fsx-csi-controller").expect("the controller");
    assert_eq!(deployment["spec"]["replicas"], 2, "{}", run.show());
    assert!(
        deployment.to_string().contains("--timeout=15m"),
        "values that were not named stay: {deployment}"
    );
    world
        .fsxctl("setup driver -q --helm-value controller.serviceAccount.create=true")
        .says(2, &["fsxctl's to set"]);
}
