//! The program as a whole, driven by the clients that people use: the AWS CLI, boto3, a shell.
//!
//! `aws` and `python3` with boto3 are needed; where they are missing these tests fail, rather than say
//! nothing.

use std::path::{Path, PathBuf};
use std::process::{Command, Output};

use serde_json::Value;

fn sandbox(arguments: &[&str]) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_fsxctl-sandbox"));
    command.args(arguments);
    command
}

fn run(arguments: &[&str], script: &str) -> Output {
    sandbox(&["run"]).args(arguments).args(["--", "sh", "-c", script]).output().unwrap()
}

fn text(bytes: &[u8]) -> String {
    String::from_utf8_lossy(bytes).into_owned()
}

fn scratch() -> (tempfile::TempDir, impl Fn(&str) -> String) {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().to_owned();
    (folder, move |name: &str| path.join(name).display().to_string())
}

fn log(path: &str) -> Vec<Value> {
    std::fs::read_to_string(path).unwrap().lines().map(|line| serde_json::from_str(line).unwrap()).collect()
}

#[test]
fn boto3_reads_every_protocol() {
    let here = Path::new(env!("CARGO_MANIFEST_DIR"));
    let (script, models): (PathBuf, PathBuf) = (here.join("tests/boto.py"), here.join("models"));
    let done = sandbox(&["run", "--", "python3"]).arg(script).arg(models).output().unwrap();
    assert!(done.status.success(), "{}{}", text(&done.stdout), text(&done.stderr));
}

#[test]
fn the_aws_cli_reads_what_the_world_holds() {
    let script = "set -e
        aws sts get-caller-identity --query Account --output text
        aws eks list-clusters --query 'clusters[0]' --output text
        aws ec2 describe-subnets --subnet-ids subnet-0a10000000000000a --query 'Subnets[0].AvailabilityZoneId' --output text
        aws sagemaker list-clusters --query 'ClusterSummaries[0].ClusterName' --output text
        aws iam list-attached-role-policies --role-name hp-eks-cluster --query 'AttachedPolicies[0].PolicyName' --output text";
    let done = run(&[], script);
    let lines = text(&done.stdout);
    let lines: Vec<&str> = lines.lines().collect();
    let wanted = ["111122223333", "hp-eks", "usw2-az1", "hp-cluster", "AmazonEKSClusterPolicy"];
    assert_eq!(lines, wanted, "{}", text(&done.stderr));
}

#[test]
fn expired_credentials_are_refused_in_each_services_form() {
    let (_folder, file) = scratch();
    let world = "apiVersion: sandbox.fsxctl.io/v1alpha1\nkind: World\ncallerExpires: now-1m\n";
    std::fs::write(file("expired.yaml"), world).unwrap();
    let script = "aws sts get-caller-identity; aws fsx describe-file-systems; aws ec2 describe-vpcs; true";
    let done = run(&["--world", "bare", "--world", &file("expired.yaml")], script);
    let said = text(&done.stderr);
    for code in ["(ExpiredToken)", "(ExpiredTokenException)", "(RequestExpired)"] {
        assert!(said.contains(code), "{code}: {said}");
    }
}

#[test]
fn codes_signals_and_missing_programs() {
    for (script, code) in [("exit 0", 0), ("exit 7", 7), ("kill -TERM $$", 143), ("kill -KILL $$", 137)] {
        assert_eq!(run(&[], script).status.code(), Some(code), "{script}");
    }
    for (command, code) in [("no-such-program", 127), ("/etc/passwd", 126)] {
        assert_eq!(sandbox(&["run", "--", command]).output().unwrap().status.code(), Some(code), "{command}");
    }
    for arguments in
        [&["run", "--world", "nowhere", "--", "true"][..], &["run"], &["run", "--fault", "x", "--", "true"]]
    {
        assert_eq!(sandbox(arguments).output().unwrap().status.code(), Some(125), "{arguments:?}");
    }
}

#[test]
fn a_signal_is_passed_on_and_the_world_is_saved() {
    let (_folder, file) = scratch();
    let script = "trap 'exit 5' TERM; echo ready; while :; do sleep 0.05; done";
    let mut child = sandbox(&["run", "--save", &file("saved.yaml"), "--", "sh", "-c", script])
        .stdout(std::process::Stdio::piped())
        .spawn()
        .unwrap();
    let mut byte = [0];
    std::io::Read::read_exact(child.stdout.as_mut().unwrap(), &mut byte).unwrap();
    assert!(Command::new("kill").args(["-TERM", &child.id().to_string()]).status().unwrap().success());
    assert_eq!(child.wait().unwrap().code(), Some(5));
    assert!(sandbox(&["check", &file("saved.yaml")]).status().unwrap().success());
}

#[test]
fn the_environment_is_the_sandboxs_own() {
    let script = "env | sort";
    let given = |keep: &[&str]| {
        let done = sandbox(&["run"])
            .args(keep)
            .args(["--", "sh", "-c", script])
            .envs([("AWS_PROFILE", "mine"), ("AWS_ENDPOINT_URL_FSX", "http://x"), ("KUBECONFIG", "/mine")])
            .envs([("FSXCTL_YES", "1"), ("PRIVATE_SUBNET_ID", "subnet-1"), ("OTHER", "kept")])
            .output()
            .unwrap();
        text(&done.stdout)
    };
    let usual = given(&[]);
    for absent in
        ["AWS_PROFILE=", "AWS_ENDPOINT_URL_FSX=", "FSXCTL_YES=", "PRIVATE_SUBNET_ID=", "KUBECONFIG=/mine"]
    {
        assert!(!usual.contains(absent), "{absent}");
    }
    for present in [
        "OTHER=kept",
        "AWS_ENDPOINT_URL=http://127.0.0.1:",
        "AWS_REGION=us-west-2",
        "AWS_EC2_METADATA_DISABLED=true",
    ] {
        assert!(usual.contains(present), "{present}");
    }
    let kept = given(&["--keep-env", "--env", "AWS_REGION=eu-west-1"]);
    assert!(kept.contains("FSXCTL_YES=1") && kept.contains("AWS_REGION=eu-west-1"), "{kept}");
}

#[test]
fn faults_wait_their_turn_and_the_log_says_all() {
    let (_folder, file) = scratch();
    let arguments = [
        "--log",
        &file("log"),
        "--fault",
        "service=fsx,operation=Describe*,error=ThrottlingException,times=1",
        "--latency-ms",
        "60",
    ];
    let script = "aws fsx describe-file-systems >/dev/null; aws iam create-role --role-name r --assume-role-policy-document '{\"Version\":\"2012-10-17\",\"Statement\":[]}' >/dev/null; true";
    run(&arguments, script);
    let entries = log(&file("log"));
    let brief: Vec<_> = entries
        .iter()
        .map(|e| {
            (
                e["operation"].as_str().unwrap(),
                e["error"].as_str(),
                e["write"].as_bool().unwrap(),
                e["wave"].as_u64().unwrap(),
            )
        })
        .take(3)
        .collect();
    assert_eq!(brief[0], ("DescribeFileSystems", Some("ThrottlingException"), false, 1));
    assert_eq!(brief[1], ("DescribeFileSystems", None, false, 2));
    assert!(brief[2].2 && brief[2].3 == 3, "{brief:?}");
    for entry in &entries {
        let took = entry["ended_ms"].as_f64().unwrap() - entry["at_ms"].as_f64().unwrap();
        assert!(took >= 59.0, "{entry}");
    }
}

#[test]
fn a_saved_world_is_the_same_world_and_a_change_is_seen() {
    let (_folder, file) = scratch();
    let change = "aws ec2 create-security-group --group-name g --description d --vpc-id vpc-0a10000000000000a >/dev/null";
    assert!(run(&["--save", &file("a")], change).status.success());
    assert!(run(&["--save", &file("b")], change).status.success());
    assert!(run(&["--world", &file("a"), "--save", &file("a2")], "true").status.success());
    assert!(run(&["--save", &file("c")], "true").status.success());
    let diff = |a: &str, b: &str| sandbox(&["diff", &file(a), &file(b)]).output().unwrap();
    for (a, b, code) in [("a", "b", 0), ("a", "a2", 0), ("a", "c", 1)] {
        let done = diff(a, b);
        assert_eq!(done.status.code(), Some(code), "{a} {b}: {}", text(&done.stdout));
    }
    assert!(text(&diff("a", "c").stdout).contains("ec2.SecurityGroups"));
}

#[test]
fn check_names_line_and_column() {
    let (_folder, file) = scratch();
    std::fs::write(file("bad.yaml"), "apiVersion: sandbox.fsxctl.io/v1alpha1\nkind: World\naws: {efs: {}}\n")
        .unwrap();
    let done = sandbox(&["check", &file("bad.yaml")]).output().unwrap();
    assert_eq!(done.status.code(), Some(1));
    assert!(text(&done.stderr).contains("bad.yaml:3:"), "{}", text(&done.stderr));
}

#[test]
fn the_command_and_what_it_started_are_killed_after_the_nth_write() {
    let (_folder, file) = scratch();
    let policy = r#"{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Principal":{"Service":"ec2.amazonaws.com"},"Action":"sts:AssumeRole"}]}"#;
    let script = format!(
        "make() {{ aws iam create-role --role-name $1 --assume-role-policy-document '{policy}' >/dev/null; }}
        sh -c 'sleep 600; touch {left}' & make one; make two; make three; touch {left}",
        left = file("left"),
    );
    let began = std::time::Instant::now();
    let done =
        run(&["--kill-after-writes", "2", "--save", &file("saved.yaml"), "--log", &file("log")], &script);
    assert_eq!(done.status.code(), Some(137), "{}", text(&done.stderr));
    assert!(began.elapsed().as_secs() < 300, "what COMMAND had started holds its stdout open no longer");
    assert!(!Path::new(&file("left")).exists());
    let saved = std::fs::read_to_string(file("saved.yaml")).unwrap();
    assert!(saved.contains("RoleName: two") && !saved.contains("RoleName: three"));
    let writes: Vec<Value> = log(&file("log")).into_iter().filter(|line| line["write"] == true).collect();
    assert_eq!(writes.len(), 2, "{writes:?}");
    assert_eq!(writes[1]["ended_ms"], Value::Null, "its answer never went out");
    let refused = sandbox(&["serve", "--kill-after-writes", "1"]).output().unwrap();
    assert_eq!(refused.status.code(), Some(125));
}
