//! One file system in many namespaces, and taken away again.

use fsxctl_sandbox::{Options, Source};
use serde_json::Value;

use crate::byo::{FS, text_of};
use crate::finished::with_latency;
use crate::harness::{Run, World, sources};

fn names(count: usize) -> Vec<String> {
    (0..count).map(|number| format!("team-{number:02}")).collect()
}

/// `existing` with these namespaces, every second one with label `ml`.
fn teams(count: usize) -> String {
    let objects: Vec<String> = names(count)
        .iter()
        .enumerate()
        .map(|(at, name)| {
            let kind = if at % 2 == 0 { "ml" } else { "web" };
            format!(
                "{{apiVersion: v1, kind: Namespace, metadata: {{name: {name}, labels: {{kind: {kind}}}}}}}"
            )
        })
        .collect();
    format!("kubernetes: {{objects: [{}]}}", objects.join(", "))
}

fn claims(world: &World) -> Vec<(String, String)> {
    let saved = world.saved();
    let objects = saved["kubernetes"]["objects"].as_array().cloned().unwrap_or_default();
    let claims = objects.iter().filter(|object| object["kind"] == "PersistentVolumeClaim");
    let text = |value: &Value| value.as_str().unwrap_or_default().to_owned();
    claims.map(|claim| (text(&claim["metadata"]["namespace"]), text(&claim["status"]["phase"]))).collect()
}

#[track_caller]
fn done(run: &Run) {
    assert_eq!(run.code, Some(0), "{}", run.show());
}

#[test]
fn twenty_namespaces_get_a_claim_of_the_same_file_system() {
    let layer = teams(20);
    let words = format!("share --fs-id {FS} --namespaces {} --yes -q", names(20).join(","));
    let world = World::of(&["existing", &layer]);
    let run = world.fsxctl(&words);
    done(&run);
    assert_eq!(run.writes().len(), 40, "{}", run.show());
    let bound = claims(&world);
    assert_eq!(bound.len(), 20);
    assert!(bound.iter().all(|(_, phase)| phase == "Bound"), "{bound:?}");
    world.fsxctl(&words).ends_untouched(0);
    let in_two_waves = |run: &Run| {
        let first_write = run.requests.iter().position(|it| it.write).unwrap_or(run.requests.len());
        let waves =
            run.requests[..first_write].iter().filter(|it| it.api == "aws").map(|it| it.api_wave).max();
        waves.is_some_and(|wave| wave <= 2).then_some(()).ok_or_else(|| format!("{waves:?} AWS waves"))
    };
    let saved = world.sandbox.snapshot();
    for worlds in [sources(&["existing", &layer]), vec![Source::text(saved)]] {
        let start = |latency| World::with(Options { worlds: worlds.clone(), latency, ..Options::default() });
        with_latency(start, &words, in_two_waves);
    }
    let json = world.fsxctl(&format!("{words} -o json")).json();
    assert_eq!(json["volume"]["namespace"], "team-00");
    assert_eq!(json["moreVolumes"].as_array().map(Vec::len), Some(19));

    // Taken away in two namespaces, untouched in the others.
    let away = "share --namespaces team-03,team-07 --remove --yes -q";
    let run = world.fsxctl(away);
    done(&run);
    assert_eq!(
        run.writes(),
        [
            "kube delete /api/v1/namespaces/team-03/persistentvolumeclaims/fsx-claim",
            "kube delete /api/v1/namespaces/team-07/persistentvolumeclaims/fsx-claim",
            "kube delete /api/v1/persistentvolumes/fs-0e10000000000000e-team-03-fsx-claim",
            "kube delete /api/v1/persistentvolumes/fs-0e10000000000000e-team-07-fsx-claim",
        ]
    );
    world.fsxctl(away).ends_untouched(0);
    let left = claims(&world);
    assert_eq!(left.len(), 18);
    assert!(left.iter().all(|(name, phase)| name != "team-03" && name != "team-07" && phase == "Bound"));
    let systems = world.saved()["aws"]["fsx"]["FileSystems"].as_array().map(Vec::len);
    assert_eq!(systems, Some(1), "the file system stays");
    assert_eq!(world.object("PersistentVolume", "fs-0e10000000000000e-team-03-fsx-claim"), None);
}

#[test]
fn labels_choose_namespaces() {
    let world = World::of(&["existing", &teams(4)]);
    let run = world.fsxctl(&format!("share --fs-id {FS} --namespace-selector kind=ml --yes -q"));
    done(&run);
    let mut named: Vec<String> = claims(&world).into_iter().map(|(name, _)| name).collect();
    named.sort();
    assert_eq!(named, ["team-00", "team-02"]);
    let run = world.fsxctl(&format!("share --fs-id {FS} --namespace-selector kind=none --yes -q"));
    run.ends_untouched(2);
    run.says(2, &["no namespace carries the labels kind=none"]);
    // The only file system in use needs no name.
    let run = world.fsxctl("share --namespaces team-01 --yes -q");
    done(&run);
    let run = World::of(&["existing", &teams(4)]).fsxctl("share --namespaces team-01 --yes -q");
    run.ends_untouched(2);
    run.says(2, &["no volume of the cluster uses", "--fs-id"]);
}

#[test]
fn read_only_is_a_mount_option_of_the_volume() {
    let world = World::of(&["existing", &teams(2)]);
    done(&world.fsxctl(&format!("share --fs-id {FS} --namespaces team-00 --read-only --yes -q")));
    let volume =
        world.object("PersistentVolume", "fs-0e10000000000000e-team-00-fsx-claim").expect("a volume");
    assert_eq!(volume["spec"]["mountOptions"], serde_json::json!(["flock", "ro"]));
    assert_eq!(
        volume["spec"]["accessModes"],
        serde_json::json!(["ReadWriteMany"]),
        "the driver refuses ReadOnlyMany"
    );
}

#[test]
fn nothing_of_others_and_nothing_in_use_is_taken_away() {
    // The driver made this volume for this claim.
    let world = World::of(&["done"]);
    let run = world.fsxctl("share --namespaces default --remove --yes -q");
    run.ends_untouched(7);
    run.says(7, &["claim default/fsx-claim is in use by"]);
    let world = World::of(&["existing", &teams(1)]);
    done(&world.fsxctl(&format!("share --fs-id {FS} --namespaces team-00 --yes -q")));
    let mut saved = world.saved();
    for object in saved["kubernetes"]["objects"].as_array_mut().expect("objects") {
        if object["kind"] == "PersistentVolume" {
            object["spec"]["persistentVolumeReclaimPolicy"] = Value::from("Delete");
        }
    }
    let run = World::of(&[&text_of(&saved)]).fsxctl("share --namespaces team-00 --remove --yes -q");
    run.ends_untouched(7);
    run.says(7, &["its data would go", "kubectl patch pv"]);
    let mut saved = world.saved();
    for object in saved["kubernetes"]["objects"].as_array_mut().expect("objects") {
        if object["kind"] == "PersistentVolumeClaim" {
            object["metadata"]["labels"] = serde_json::json!({"app.kubernetes.io/managed-by": "argocd"});
        }
    }
    let run = World::of(&[&text_of(&saved)]).fsxctl("share --namespaces team-00 --remove --yes -q");
    run.ends_untouched(7);
    run.says(7, &["is not fsxctl's", "--adopt PersistentVolumeClaim/team-00/fsx-claim"]);
}

#[test]
fn a_namespace_that_is_not_there_stops_all_of_them() {
    let run = World::of(&["existing", &teams(1)])
        .fsxctl(&format!("share --fs-id {FS} --namespaces team-00,nowhere --yes -q"));
    run.ends_untouched(2);
    run.says(2, &["namespace nowhere does not exist", "--create-namespace"]);
}

/// The last share goes like any other, and who may not see pods takes nothing away under them.
#[test]
fn the_last_share_goes_and_hidden_pods_are_not_taken_for_none() {
    let world = World::of(&["existing", &teams(1)]);
    done(&world.fsxctl(&format!("share --fs-id {FS} --namespaces team-00 --yes -q")));
    let saved = world.sandbox.snapshot();
    let away = "share --namespaces team-00 --remove --yes -q";
    done(&world.fsxctl(away));
    world.fsxctl(away).ends_untouched(0);
    let run = World::of(&[&saved, "denied: [\"kube:list pods\"]"]).fsxctl(away);
    run.ends_untouched(5);
    run.says(5, &["whether pods use claim team-00/fsx-claim cannot be seen", "list pods in team-00"]);
    let run = World::of(&["existing", &teams(1)]).run(&[
        "share",
        "--fs-id",
        FS,
        "--namespace-selector",
        "a in (",
        "--yes",
    ]);
    run.ends_untouched(2);
    assert!(run.requests.is_empty(), "{}", run.show());
}
