//! Pods of the controller that were made before the identity was: the run that finds them restarts them, once.

use fsxctl_sandbox::{Options, Source};

use crate::harness::{Run, World, sources};

/// The agent of EKS Pod Identity on every node.
const AGENT: &str = "aws: {eks: {addons: [{clusterName: hp-eks, addonName: eks-pod-identity-agent, addonVersion: v1.3.9-eksbuild.3, status: ACTIVE}]}}";
const RESTART: &str = "kube patch /apis/apps/v1/namespaces/kube-system/deployments/fsx-csi-controller";
const NO_RESTART: &str = "denied: [\"kube:patch deployments.apps kube-system\"]";

fn ok(world: &World, words: &str) -> Run {
    let run = world.fsxctl(words);
    assert_eq!(run.code, Some(0), "{}", run.show());
    run
}

/// The world as it stands, with more layers over it.
fn over(world: &World, layers: &[&str]) -> World {
    let mut worlds = vec![Source::text(world.sandbox.snapshot())];
    worlds.extend(sources(layers));
    World::with(Options { worlds, ..Options::default() })
}

/// A driver without a role, then everything but the restart that its pods need.
fn begun(layers: &[&str], identity: &str) -> World {
    let world = World::of(layers);
    ok(&world, "setup driver --yes -q --identity none");
    let world = over(&world, &[NO_RESTART]);
    let run = world.fsxctl(&format!("setup dynamic --yes -q {identity}"));
    run.says(5, &["patch deployments.apps in kube-system"]);
    over(&world, &["denied: [{$clear: true}]"])
}

#[test]
fn the_run_after_restarts_the_pods_and_the_one_after_that_does_nothing() {
    for (layers, identity) in [
        (&["bare"][..], "--identity irsa"),
        (&["bare", AGENT], "--identity pod-identity"),
        (&["bare", AGENT], ""),
    ] {
        let world = begun(layers, identity);
        let run = ok(&world, &format!("setup dynamic --yes -q {identity}"));
        let restarts = run.writes().into_iter().filter(|write| write == RESTART).count();
        assert_eq!(restarts, 1, "{identity}: {}", run.show());
        let others =
            run.writes().into_iter().filter(|write| write != RESTART && !write.starts_with("kube create"));
        assert_eq!(others.count(), 0, "{identity}: {}", run.show());
        assert!(run.stdout.contains("is bound"), "{identity}: {}", run.show());
        world.fsxctl(&format!("setup dynamic --yes -q {identity}")).ends_untouched(0);
    }
}

#[test]
fn an_identity_alone_is_finished_too() {
    let world = begun(&["bare", AGENT], "");
    let run = ok(&world, "setup identity --yes -q");
    assert_eq!(run.writes(), [RESTART], "{}", run.show());
    world.fsxctl("setup identity -q").ends_untouched(0);
}

#[test]
fn pods_that_cannot_be_seen_are_a_line_and_no_restart() {
    let world = begun(&["bare", AGENT], "");
    let world = over(&world, &["denied: [\"kube:list pods kube-system\"]"]);
    let run = world.fsxctl("setup driver --dry-run -q");
    run.ends_untouched(0);
    let line = run.stdout.lines().find(|line| line.starts_with("? ") && line.contains("pods"));
    assert!(line.is_some(), "{}", run.show());
}

#[test]
fn the_driver_of_somebody_else_is_restarted_only_when_it_is_adopted() {
    let world = World::of(&["bare"]);
    ok(&world, "setup driver --yes -q --identity none");
    let others = over(
        &world,
        &[
            "aws: {eks: {addons: [{clusterName: hp-eks, addonName: aws-fsx-csi-driver, tags: null}]}}",
            NO_RESTART,
        ],
    );
    let run = others.fsxctl("setup dynamic --yes -q --adopt Addon/aws-fsx-csi-driver");
    run.says(5, &["patch deployments.apps in kube-system"]);
    // The adoption was recorded on the add-on; without the record it is somebody else's again.
    let others = over(
        &others,
        &[
            "denied: [{$clear: true}]",
            "aws: {eks: {addons: [{clusterName: hp-eks, addonName: aws-fsx-csi-driver, tags: null}]}}",
        ],
    );
    let run = others.fsxctl("setup driver --yes -q");
    run.ends_untouched(7);
    run.says(
        7,
        &["kubectl -n kube-system rollout restart deployment fsx-csi-controller", "--adopt Deployment/"],
    );
    let run = ok(&others, "setup driver --yes -q --adopt Deployment/kube-system/fsx-csi-controller");
    assert_eq!(run.writes(), [RESTART], "{}", run.show());
    others.fsxctl("setup driver -q").ends_untouched(0);
}
