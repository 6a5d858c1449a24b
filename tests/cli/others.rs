//! Other programs against the same sandbox: what fsxctl made is what they see.

use std::io::Write;
use std::path::{Path, PathBuf};
use std::process::{Command, Output};

use serde_json::Value;

use crate::finished::finished_and;
use crate::harness::World;

/// A program on PATH, or in the virtual environment that `FSXCTL_TEST_VENV` names.
fn find(program: &str) -> Option<PathBuf> {
    let venv = std::env::var_os("FSXCTL_TEST_VENV").map(|venv| Path::new(&venv).join("bin"));
    let path = std::env::var_os("PATH").unwrap_or_default();
    let found = venv.into_iter().chain(std::env::split_paths(&path)).map(|folder| folder.join(program));
    let works = |candidate: &PathBuf| {
        let probe = Command::new(candidate)
            .arg(if program == "aws" { "--version" } else { "version" })
            .args(if program == "kubectl" { &["--client"][..] } else { &[] })
            .output();
        probe.is_ok_and(|output| output.status.success())
    };
    let found = found.filter(|candidate| candidate.is_file()).find(works);
    if found.is_none() {
        skip(&format!("there is no {program} that works"));
    }
    found
}

/// Told past the capture of the test's output: a skipped test is no passed one.
fn skip(why: &str) {
    let _ = writeln!(std::io::stderr(), "skipped: {why}");
}

fn run(world: &World, program: &Path, words: &str) -> Output {
    let mut command = Command::new(program);
    command
        .args(words.split_whitespace())
        .env_clear()
        .envs(world.environment())
        .current_dir(world.home.path());
    // An interpreter or a wrapper may be on PATH.
    command.env("PATH", std::env::var_os("PATH").unwrap_or_default());
    let output = command.output().expect("it starts");
    assert!(output.status.success(), "{words}: {}", String::from_utf8_lossy(&output.stderr));
    output
}

fn json(output: &Output) -> Value {
    serde_json::from_slice(&output.stdout).expect("JSON")
}

#[test]
fn the_aws_cli_sees_what_was_made() {
    let Some(aws) = find("aws") else { return };
    let world = finished_and(&[]);
    let systems = json(&run(&world, &aws, "fsx describe-file-systems --output json"));
    assert_eq!(systems["FileSystems"].as_array().map(Vec::len), Some(1), "{systems}");
    assert_eq!(systems["FileSystems"][0]["Lifecycle"], "AVAILABLE");
    let groups = json(&run(&world, &aws, "ec2 describe-security-groups --output json"));
    assert!(groups["SecurityGroups"].as_array().is_some_and(|groups| groups.len() >= 2), "{groups}");
    let addon = json(&run(
        &world,
        &aws,
        "eks describe-addon --cluster-name hp-eks --addon-name aws-fsx-csi-driver --output json",
    ));
    assert_eq!(addon["addon"]["status"], "ACTIVE");
    assert!(
        addon["addon"]["serviceAccountRoleArn"]
            .as_str()
            .is_some_and(|arn| arn.ends_with("/FSXLCSI-hp-eks-us-west-2")),
        "{addon}"
    );
}

#[test]
fn kubectl_sees_what_was_made() {
    let Some(kubectl) = find("kubectl") else { return };
    let world = finished_and(&[]);
    let output = run(&world, &kubectl, "get sc,pvc,pods -A");
    let table = String::from_utf8_lossy(&output.stdout).into_owned();
    assert!(table.contains("storageclass.storage.k8s.io/fsx-sc"), "{table}");
    let claim =
        table.lines().find(|line| line.contains("persistentvolumeclaim/fsx-claim")).unwrap_or_default();
    assert!(claim.contains("Bound") && claim.contains("1200Gi") && claim.contains("RWX"), "{table}");
    assert_eq!(table.matches("pod/fsx-csi-controller-").count(), 2, "{table}");
}

#[test]
fn kubectl_applies_a_class_that_fsxctl_then_respects() {
    let Some(kubectl) = find("kubectl") else { return };
    let world = World::bare();
    let file = world.home.path().join("class.yaml");
    let class = "apiVersion: storage.k8s.io/v1\nkind: StorageClass\nmetadata: {name: fsx-sc}\nprovisioner: fsx.csi.aws.com\nparameters: {subnetId: subnet-0b10000000000000b, securityGroupIds: sg-0b10000000000000b, deploymentType: SCRATCH_2}\n";
    std::fs::write(&file, class).unwrap();
    run(&world, &kubectl, &format!("apply -f {}", file.display()));
    let again = run(&world, &kubectl, &format!("apply -f {}", file.display()));
    assert!(String::from_utf8_lossy(&again.stdout).contains("unchanged"), "{again:?}");
    let conflict = world.fsxctl("setup dynamic --yes -q --deployment-type PERSISTENT_2");
    conflict.ends_untouched(7);
    let kept = world.fsxctl("setup dynamic --yes -q");
    assert_eq!(kept.code, Some(0), "{}", kept.show());
    assert_eq!(
        world.saved()["aws"]["fsx"]["FileSystems"][0]["LustreConfiguration"]["DeploymentType"],
        "SCRATCH_2"
    );
}

#[test]
fn the_sandbox_runs_a_command_and_hands_its_code_on() {
    let fsxctl = Path::new(env!("CARGO_BIN_EXE_fsxctl"));
    let sandbox = fsxctl.with_file_name("fsxctl-sandbox");
    if !sandbox.is_file() {
        return skip("fsxctl-sandbox is not built");
    }
    let folder = tempfile::tempdir().expect("a temporary directory");
    let (saved, log) = (folder.path().join("saved.yaml"), folder.path().join("log.jsonl"));
    let start = |world: &str, words: &str| {
        let mut command = Command::new(&sandbox);
        command.env_clear().env("HOME", folder.path()).current_dir(folder.path());
        command
            .args(["run", "--world", world, "--save"])
            .arg(&saved)
            .arg("--log")
            .arg(&log)
            .arg("--")
            .arg(fsxctl);
        command.args(words.split(' ')).output().expect("the sandbox starts")
    };
    let first = start("bare", "setup dynamic --yes -o json");
    assert_eq!(first.status.code(), Some(0), "{}", String::from_utf8_lossy(&first.stderr));
    assert_eq!(json(&first)["kind"], "Receipt");
    let again = start(&saved.display().to_string(), "setup dynamic -o json");
    assert_eq!(again.status.code(), Some(0), "{}", String::from_utf8_lossy(&again.stderr));
    let lines = std::fs::read_to_string(&log).expect("a log");
    let writes: Vec<&str> = lines
        .lines()
        .filter(|line| line.contains("\"client\":\"command\"") && line.contains("\"write\":true"))
        .collect();
    assert!(!lines.is_empty() && writes.is_empty(), "{writes:?}");
    assert_eq!(start("bare", "setup dynamic").status.code(), Some(9));
}
