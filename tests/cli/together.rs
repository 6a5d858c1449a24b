//! Two runs at once on one world leave one set of objects; each ends with 0 or 7.

use std::time::Duration;

use fsxctl_sandbox::{Options, Source, State, world};
use serde_json::Value;

use crate::harness::{Run, World, sources};

/// The agent of EKS Pod Identity on every node.
const AGENT: &str = "aws: {eks: {addons: [{clusterName: hp-eks, addonName: eks-pod-identity-agent, addonVersion: v1.3.9-eksbuild.3, status: ACTIVE}]}}";

fn start(layers: &[&str], latency: u64) -> World {
    let latency = Duration::from_millis(latency);
    World::with(Options { worlds: sources(layers), latency, ..Options::default() })
}

/// Both command lines, begun at the same moment.
fn both(world: &World, one: &str, other: &str) -> [Run; 2] {
    let words = |text: &str| text.split_whitespace().map(str::to_owned).collect::<Vec<_>>();
    let (one, other) = (words(one), words(other));
    let borrowed = |words: &[String]| words.iter().map(String::as_str).collect::<Vec<_>>().join("\n");
    let (one, other) = (borrowed(&one), borrowed(&other));
    let (one, other): (Vec<&str>, Vec<&str>) = (one.split('\n').collect(), other.split('\n').collect());
    let (first, second) = (world.start(&one), world.start(&other));
    [first.end(), second.end()]
}

fn state(snapshot: &str) -> State {
    world::load(&[Source::text(snapshot)], 600.0).expect("a saved world")
}

/// What differs from the world of a single run, but for what a controller draws by lot or by the clock.
fn differences(alone: &str, together: &str) -> Vec<String> {
    let ignored = ["objects.*podIP*", "objects.*csiProvisionerIdentity", "objects.*lastPhaseTransitionTime"];
    world::diff(&state(alone), &state(together), &ignored.map(str::to_owned))
}

fn list<'a>(saved: &'a Value, path: &str) -> &'a [Value] {
    saved.pointer(path).and_then(Value::as_array).map_or(&[], Vec::as_slice)
}

/// One role, provider or association, group, add-on, class, claim, file system.
fn is_one_set(world: &World) {
    let saved = world.saved();
    let ours = |path: &str| {
        list(&saved, path).iter().filter(|it| it["Tags"].to_string().contains("fsxctl.io/owner")).count()
    };
    assert_eq!(ours("/aws/iam/Roles"), 1);
    assert!(ours("/aws/ec2/SecurityGroups") <= 1);
    assert_eq!(list(&saved, "/aws/fsx/FileSystems").len(), 1);
    let addons = list(&saved, "/aws/eks/addons").iter().filter(|it| it["addonName"] == "aws-fsx-csi-driver");
    assert_eq!(addons.count(), 1);
    for kind in ["StorageClass", "PersistentVolumeClaim", "PersistentVolume"] {
        let all = list(&saved, "/kubernetes/objects")
            .iter()
            .filter(|it| it["kind"] == kind && it["provisioner"] != "kubernetes.io/aws-ebs");
        assert_eq!(all.count(), 1, "{kind}");
    }
}

fn ten_times(layers: &[&str], words: &str) {
    let alone = start(layers, 0);
    let run = alone.fsxctl(words);
    assert_eq!(run.code, Some(0), "{}", run.show());
    let alone = alone.sandbox.snapshot();
    let (mut met, mut refused) = (0, 0);
    for round in 0..10 {
        // The two meet at another point each time.
        let world = start(layers, [0, 3, 10, 25, 60][round % 5]);
        let runs = both(&world, words, words);
        for run in &runs {
            assert!(matches!(run.code, Some(0 | 7)), "round {round}: {}", run.show());
        }
        met += usize::from(runs.iter().flat_map(|run| &run.requests).any(|it| it.write && it.status >= 400));
        refused += runs.iter().filter(|run| run.code == Some(7)).count();
        assert!(
            runs.iter().any(|run| run.code == Some(0)),
            "round {round}: {}\n{}",
            runs[0].show(),
            runs[1].show()
        );
        let third = world.fsxctl(words);
        third.ends_untouched(0);
        is_one_set(&world);
        let differences = differences(&alone, &world.sandbox.snapshot());
        assert!(differences.is_empty(), "round {round}:\n{}", differences.join("\n"));
    }
    assert!(met > 0, "the two never met, so nothing was tried");
    // The same wish twice is no conflict: what the other made is found.
    assert!(refused <= 2, "{refused} of 20 runs ended with 7");
}

#[test]
fn two_runs_with_irsa_leave_one_set_of_objects() {
    ten_times(&["bare"], "setup dynamic --yes -q --identity irsa --security-group create");
}

#[test]
fn two_runs_with_pod_identity_leave_one_set_of_objects() {
    ten_times(&["bare", AGENT], "setup dynamic --yes -q --identity pod-identity --security-group create");
}

/// Of two runs with different wishes one at most has its way, and the other says what differs.
#[test]
fn two_runs_with_different_wishes_are_not_mixed() {
    for (layers, one, other, says) in [
        (&["bare"][..], "--throughput 250", "--throughput 500", "perUnitStorageThroughput"),
        (&["bare", AGENT], "--identity irsa", "--identity pod-identity", ""),
        (&["bare"], "--size 1200Gi", "--size 2400Gi", "2400Gi"),
    ] {
        for latency in [0, 20] {
            let world = start(layers, latency);
            let base = "setup dynamic --yes -q";
            let runs = both(&world, &format!("{base} {one}"), &format!("{base} {other}"));
            let codes: Vec<Option<i32>> = runs.iter().map(|run| run.code).collect();
            let told = || format!("{one} and {other}: {}\n{}", runs[0].show(), runs[1].show());
            assert!(codes.iter().all(|code| matches!(code, Some(0 | 7))), "{}", told());
            for run in runs.iter().filter(|run| run.code == Some(7)) {
                assert!(run.stderr.contains(says), "{says:?}: {}", told());
            }
            is_one_set(&world);
            // Whoever came through is whole: its own command finds nothing to do.
            for (run, words) in runs.iter().zip([one, other]) {
                if run.code == Some(0) && runs.iter().any(|run| run.code == Some(7)) {
                    world.fsxctl(&format!("{base} {words}")).ends_untouched(0);
                }
            }
        }
    }
}
