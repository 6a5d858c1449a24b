//! `verify`: pods that mount, write, lock and read on every kind of world, and nothing left of them whatever happened.

use std::time::{Duration, Instant};

use fsxctl_sandbox::Options;
use serde_json::{Value, json};

use crate::harness::{PATIENCE, Run, Running, World, name, sources};

/// The file system and the volume of the world `done`.
const SYSTEM: &str = "fs-f9ae16274b82e466c";
const VOLUME: &str = "pvc-b4cbeb88-4f8b-418b-bdaa-c49b4ab35463";

/// What a verification has left in a world: Jobs, pods, files.
fn left(world: &World) -> Vec<String> {
    let saved = world.saved();
    let objects = saved["kubernetes"]["objects"].as_array().cloned().unwrap_or_default();
    let of_verify = |object: &&Value| {
        object["kind"] != "Event" && object["metadata"]["labels"]["fsxctl.io/job"] == "verify"
    };
    let named = |object: &Value| {
        format!(
            "{} {}",
            object["kind"].as_str().unwrap_or("?"),
            object["metadata"]["name"].as_str().unwrap_or("?")
        )
    };
    let mut left: Vec<String> = objects.iter().filter(of_verify).map(named).collect();
    let systems = saved["aws"]["fsx"]["FileSystems"].as_array().cloned().unwrap_or_default();
    left.extend(
        systems
            .iter()
            .flat_map(|system| system["$files"].as_array().cloned().unwrap_or_default())
            .map(|file| file.to_string()),
    );
    left
}

#[track_caller]
fn nothing_is_left(world: &World, run: &Run) {
    assert_eq!(left(world), Vec::<String>::new(), "{}", run.show());
}

/// The world `done` with another layer.
fn done(layer: &str) -> World {
    if layer.is_empty() { World::of(&["done"]) } else { World::of(&["done", layer]) }
}

fn outcome(text: &str) -> String {
    format!("kubernetes: {{podOutcomes: [{{namespace: '*', {text}}}]}}")
}

/// Everything that a report of people says, in one line.
fn flat(run: &Run) -> String {
    run.stdout.split_whitespace().collect::<Vec<_>>().join(" ")
}

#[test]
fn a_claim_that_works_is_proved_with_figures() {
    let world = done("");
    let run = world.fsxctl("verify --yes -o json");
    assert_eq!(run.code, Some(0), "{}", run.show());
    let report = run.json();
    assert_eq!(
        (&report["kind"], &report["verdict"], &report["exitCode"], &report["readOnly"]),
        (&json!("VerifyReport"), &json!("ok"), &json!(0), &json!(false))
    );
    assert_eq!(report["summary"], json!({"nodes": 3, "ok": 3, "failed": 0, "unknown": 0}));
    assert_eq!(report["claim"]["fileSystemId"], SYSTEM);
    assert_eq!(report["left"], json!([]));
    let items = report["items"].as_array().expect("items");
    let groups: Vec<&str> = items.iter().filter_map(|item| item["group"].as_str()).collect();
    assert_eq!(groups, ["gpu", "cpu", "system"]);
    for item in items {
        assert!(item["writeMiBps"].as_f64().is_some_and(|speed| speed > 0.0), "{item}");
        assert!(item["readMiBps"].as_f64().is_some_and(|speed| speed > 0.0), "{item}");
        assert_eq!((&item["locked"], &item["step"]), (&json!(true), &json!(null)), "{item}");
        assert_ne!(item["readFrom"], item["node"], "another node's file is read: {item}");
    }
    // Three Jobs are made and removed, and nothing else is written.
    assert_eq!(run.writes().len(), 6, "{}", run.show());
    assert!(
        run.writes().iter().all(|write| write.contains("/apis/batch/v1/namespaces/default/jobs")),
        "{}",
        run.show()
    );
    nothing_is_left(&world, &run);
    // Again, for people.
    let run = world.fsxctl("verify --yes --nodes 1");
    assert_eq!(run.code, Some(0), "{}", run.show());
    assert!(flat(&run).contains("locked, read it back at"), "{}", run.show());
    assert!(flat(&run).contains("Verified: 1 node, 1 ok, 0 failed"), "{}", run.show());
    nothing_is_left(&world, &run);
}

#[test]
fn every_errno_is_told_with_its_cause_and_the_way_out() {
    let rows = [
        ("errno 2", 2, "No such file or directory", "are those that FSx tells", "AWS Support"),
        (
            "errno 5",
            5,
            "Input/output error",
            "security groups let tcp 988 and 1018-1023 through",
            "aws ec2 describe-network-acls",
        ),
        ("errno 19", 19, "No such device", "has no Lustre client", "lustre-client-matrix"),
        ("errno 22", 22, "Invalid argument", "Lustre 2.15 and kernel 6.1", "client matrix"),
        (
            "errno 108",
            108,
            "transport endpoint shutdown",
            "have evicted the node's client",
            "run the same command again",
        ),
        (
            "errno 110",
            110,
            "Connection timed out",
            "security groups let tcp 988 and 1018-1023 through",
            "aws ec2 describe-network-acls",
        ),
        ("hang", 0, "the mount hangs", "nothing answers", "aws ec2 describe-network-acls"),
    ];
    for (mount, errno, words, cause, next) in rows {
        let world = done(&outcome(&format!("selector: fsxctl.io/job=verify, mount: {mount}")));
        let run = world.fsxctl("verify --yes -q");
        assert_eq!(run.code, Some(3), "{mount}: {}", run.show());
        let told = flat(&run);
        for words in [words, cause, "Not verified: 3 nodes, 0 ok, 3 failed", "next:", next] {
            assert!(told.contains(words), "{mount}: {words:?} is not in {}", run.show());
        }
        nothing_is_left(&world, &run);
        let run = world.fsxctl("verify --yes -q -o json --nodes 1");
        let item = &run.json()["items"][0];
        let wanted = if errno == 0 { json!(null) } else { json!(errno) };
        assert_eq!(
            (&item["verdict"], &item["step"], &item["errno"]),
            (&json!("failed"), &json!("mounted"), &wanted),
            "{item}"
        );
        assert_eq!(run.code, Some(3), "the code does not depend on the format: {}", run.show());
    }
}

#[test]
fn what_is_really_wrong_in_a_world_is_found_by_its_fields() {
    let system = |text: &str| format!("aws: {{fsx: {{FileSystems: [{{FileSystemId: {SYSTEM}, {text}}}]}}}}");
    let volume = |text: &str| {
        format!(
            "kubernetes: {{objects: [{{apiVersion: v1, kind: PersistentVolume, metadata: {{name: {VOLUME}}}, spec: {text}}}]}}"
        )
    };
    let shut = "aws: {ec2: {SecurityGroups: [{GroupId: sg-0b10000000000000b, IpPermissions: []}]}}";
    let rows = [
        (
            system("LustreConfiguration: {MountName: aaaaaaaa}"),
            "has mountname pbipbahi, and file system fs-f9ae16274b82e466c has aaaaaaaa",
            "fsxctl byo --fs-id fs-f9ae16274b82e466c",
        ),
        (
            shut.to_owned(),
            "does not let node group system in on tcp 988, tcp 1018-1023",
            "fsxctl setup network --cluster hp-eks",
        ),
        (
            system("FileSystemTypeVersion: '2.10'"),
            "is Lustre 2.10, and the client of kernel 6.1",
            "aws fsx update-file-system",
        ),
        (volume("{mountOptions: [flock, nfsvers=4.1]}"), "does not know: nfsvers=4.1", "kubectl edit pv"),
    ];
    for (layer, cause, next) in rows {
        let world = done(&layer);
        let run = world.fsxctl("verify --yes -q");
        assert_eq!(run.code, Some(3), "{}", run.show());
        let told = flat(&run);
        assert!(told.contains(cause), "{cause:?} is not in {}", run.show());
        assert!(told.contains(next), "{next:?} is not in {}", run.show());
        nothing_is_left(&world, &run);
    }
}

#[test]
fn a_node_that_fails_is_told_apart_from_those_that_work() {
    let world = done(&outcome("node: 'hyperpod-i-0b*', mount: errno 19"));
    let run = world.fsxctl("verify --yes -q -o json --all-nodes");
    assert_eq!(run.code, Some(3), "{}", run.show());
    let report = run.json();
    let verdicts: Vec<(&str, &str)> = report["items"]
        .as_array()
        .expect("items")
        .iter()
        .filter_map(|item| Some((item["node"].as_str()?, item["verdict"].as_str()?)))
        .collect();
    let of = |wanted: &str| {
        verdicts.iter().filter(|(_, verdict)| *verdict == wanted).map(|(node, _)| *node).collect::<Vec<_>>()
    };
    assert_eq!(of("failed"), ["hyperpod-i-0b10000000000000a"], "{verdicts:?}");
    assert_eq!(of("unknown"), ["hyperpod-i-0a10000000000000b"], "it had nothing to read: {verdicts:?}");
    assert_eq!(of("ok").len(), 3, "{verdicts:?}");
    nothing_is_left(&world, &run);
}

#[test]
fn mounted_and_not_writable_is_a_verdict_of_its_own() {
    let rows = [
        ("write: errno 13", "", "Permission denied", "root squash"),
        ("write: errno 28", "", "No space left", "no space is left"),
        ("write: errno 30", "", "Read-only file system", "the mount is read-only"),
        ("", "--run-as 1000:1000", "Permission denied", "belongs to root and has mode 0755"),
    ];
    for (write, flags, words, cause) in rows {
        let layer = if write.is_empty() { String::new() } else { outcome(write) };
        let world = done(&layer);
        let run = world.fsxctl(&format!("verify --yes -q {flags}"));
        assert_eq!(run.code, Some(3), "{}", run.show());
        for words in ["mounted, but not writable", words, cause, "next:"] {
            assert!(flat(&run).contains(words), "{words:?} is not in {}", run.show());
        }
        nothing_is_left(&world, &run);
    }
    // A user that may write there is well.
    let world = done(&outcome("write: ok"));
    let run = world.fsxctl("verify --yes -q --run-as 1000:1000 -o json");
    assert_eq!((run.code, &run.json()["runAs"]), (Some(0), &json!("1000:1000")), "{}", run.show());
}

#[test]
fn a_mount_without_flock_is_told_and_everything_else_is_tried() {
    let layer = format!(
        "kubernetes: {{objects: [{{apiVersion: v1, kind: PersistentVolume, metadata: {{name: {VOLUME}}}, spec: {{mountOptions: []}}}}]}}"
    );
    let world = done(&layer);
    let run = world.fsxctl("verify --yes -q");
    assert_eq!(run.code, Some(3), "{}", run.show());
    for words in [
        "flock does not work",
        "lacks mount option flock",
        "wrote 64 MiB",
        "read the file of",
        "kubectl edit pv",
    ] {
        assert!(flat(&run).contains(words), "{words:?} is not in {}", run.show());
    }
    nothing_is_left(&world, &run);
}

#[test]
fn a_read_only_claim_is_mounted_and_listed_and_nothing_is_written() {
    let layer = format!(
        "kubernetes: {{objects: [{{apiVersion: v1, kind: PersistentVolume, metadata: {{name: {VOLUME}}}, spec: {{mountOptions: [flock, ro]}}}}]}}"
    );
    let world = done(&layer);
    let run = world.fsxctl("verify --yes -q -o json");
    let report = run.json();
    assert_eq!((run.code, &report["readOnly"]), (Some(0), &json!(true)), "{}", run.show());
    assert!(
        report["items"]
            .as_array()
            .expect("items")
            .iter()
            .all(|item| item["writeMiBps"].is_null() && item["locked"].is_null())
    );
    let run = world.fsxctl("verify --yes -q");
    assert!(flat(&run).contains("mounted, listed; read-only, so nothing was written"), "{}", run.show());
    nothing_is_left(&world, &run);
}

#[test]
fn without_consent_nothing_is_made() {
    let world = done("");
    let run = world.fsxctl("verify");
    run.ends_untouched(9);
    assert!(flat(&run).contains("Plan: 3 to create, 0 to change, 0 to delete."), "{}", run.show());
    run.says(9, &["pass --yes to apply them"]);
    let run = world.fsxctl("verify --dry-run -o json --nodes 2");
    run.ends_untouched(0);
    let plan = run.json();
    assert_eq!(plan["kind"], "Plan");
    assert_eq!(plan["items"][0]["changes"].as_array().map(Vec::len), Some(2), "{plan}");
    assert_eq!(
        plan["items"][0]["changes"][0]["permissions"],
        json!(["create jobs.batch in default", "delete jobs.batch in default"])
    );
}

#[test]
fn what_cannot_be_verified_is_refused_before_anything_is_made() {
    let restricted = "kubernetes: {objects: [{apiVersion: v1, kind: Namespace, metadata: {name: default, labels: {pod-security.kubernetes.io/enforce: restricted}}}]}";
    let unbound = "kubernetes: {controllers: {binder: false, provisioner: false}, objects: [{apiVersion: v1, kind: PersistentVolumeClaim, metadata: {name: late, namespace: default}, spec: {accessModes: [ReadWriteMany], resources: {requests: {storage: 1200Gi}}, storageClassName: fsx-sc}}]}";
    let rows: [(&str, &str, i32, &[&str]); 8] = [
        ("", "--claim nothing", 2, &["there is no claim default/nothing", "fsxctl setup dynamic"]),
        ("", "-n nowhere", 2, &["there is no namespace nowhere"]),
        ("", "--node-selector a=b", 2, &["there is no node with a=b", "kubectl get nodes --show-labels"]),
        ("", "--cluster other", 2, &["there is no EKS cluster other"]),
        ("", "--nodes 0", 2, &["--nodes"]),
        ("", "--size 1Ki --image a;b", 2, &["--image"]),
        (
            unbound,
            "--claim late",
            7,
            &["claim default/late is Pending", "kubectl -n default describe pvc late"],
        ),
        (restricted, "", 7, &["enforces Pod Security restricted", "--run-as 1000:1000"]),
    ];
    for (layer, flags, code, words) in rows {
        let run = done(layer).fsxctl(&format!("verify --yes -q {flags}"));
        run.says(code, words);
        run.ends_untouched(code);
    }
    // Another user is admitted there, in truth.
    let world = World::of(&["done", restricted, &outcome("write: ok")]);
    let run = world.fsxctl("verify --yes -q --run-as 1000:1000");
    assert_eq!(run.code, Some(0), "{}", run.show());
}

#[test]
fn what_is_not_allowed_is_named() {
    let needed = ["list nodes", "get persistentvolumeclaims", "create jobs", "list jobs"];
    for denied in needed {
        let world = done(&format!("denied: ['kube:{denied}']"));
        let run = world.fsxctl("verify --yes -q");
        run.says(5, &[denied]);
        nothing_is_left(&world, &run);
    }
    // Without leave to see pods none is made.
    let run = done("denied: ['kube:list pods']").fsxctl("verify --yes -q");
    run.says(5, &["list pods in default"]);
    run.ends_untouched(5);
    // What only explains may be hidden.
    let optional = [
        "kube:get persistentvolumes",
        "kube:get namespaces",
        "kube:list events",
        "kube:watch events",
        "kube:watch pods",
        "fsx:DescribeFileSystems",
        "ec2:*",
    ];
    for denied in optional {
        let world = done(&format!("denied: ['{denied}']"));
        let run = world.fsxctl("verify --yes -q --nodes 2");
        assert_eq!(run.code, Some(0), "{denied}: {}", run.show());
        nothing_is_left(&world, &run);
    }
    let run = done("denied: ['kube:get pods/log']").fsxctl("verify --yes -q --nodes 2");
    assert_eq!(run.code, Some(0), "the exit code tells enough: {}", run.show());
    assert!(flat(&run).contains("? logs cannot be read (get pods/log in default)"), "{}", run.show());
}

#[test]
fn what_may_not_be_removed_is_told() {
    let world = done("denied: ['kube:delete jobs']");
    let run = world.fsxctl("verify --yes -q --nodes 2");
    run.says(
        5,
        &[
            "not everything that was made for verifying could be removed",
            "delete jobs.batch in default",
            "fsxctl verify --cleanup-only -n default --run ",
        ],
    );
    assert!(flat(&run).contains("! not removed: Job default/fsxctl-verify-"), "{}", run.show());
    // The Jobs have ended, took their files away, and Kubernetes removes them by itself.
    let jobs = world.saved()["kubernetes"]["objects"].as_array().cloned().unwrap_or_default();
    let job = jobs.iter().find(|object| object["kind"] == "Job").expect("a Job");
    assert!(job["spec"]["ttlSecondsAfterFinished"].is_u64() && job["spec"]["activeDeadlineSeconds"].is_u64());
    assert!(!left(&world).iter().any(|left| left.contains(".fsxctl-verify")), "{:?}", left(&world));
}

/// A world in which one node hangs for a while, so that the others wait with their files.
fn slow() -> World {
    let layers = ["done", "kubernetes: {podOutcomes: [{node: 'hyperpod-i-0b*', mount: hang}]}"];
    World::with(Options { worlds: sources(&layers), speed: 4.0, ..Options::default() })
}

/// Waits until pods of the run have written files.
fn until_files(running: &mut Running<'_>) {
    let since = Instant::now();
    while !left(running.world).iter().any(|left| left.contains(".data")) {
        assert!(since.elapsed() < PATIENCE, "no file was ever written");
        running.is_running();
        std::thread::sleep(Duration::from_millis(100));
    }
}

#[test]
fn an_interrupted_run_takes_everything_away_first() {
    for (signal, code, word) in [("INT", 130, "interrupted"), ("TERM", 143, "terminated")] {
        let world = slow();
        let mut running = world.start(&["verify", "--yes"]);
        until_files(&mut running);
        running.signal(signal);
        let run = running.end();
        run.says(code, &[word]);
        nothing_is_left(&world, &run);
        assert!(run.stderr.contains("- deleted Job default/fsxctl-verify-"), "{}", run.show());
    }
}

#[test]
fn asked_twice_it_ends_at_once_and_says_what_is_left() {
    let world = slow();
    let mut running = world.start(&["verify", "--yes", "-q"]);
    until_files(&mut running);
    running.signal("INT");
    running.until(|entry| name(entry).starts_with("kube delete"));
    running.signal("INT");
    let run = running.end();
    run.says(
        130,
        &["interrupted", "default/fsxctl-verify-", "fsxctl verify --cleanup-only -n default --run "],
    );
}

/// Jobs as runs leave them: an old one, one that is under way, and one that is nobody's.
fn remains() -> String {
    let job = |name: &str, run: &str, age: &str, labels: &str| {
        format!(
            "  - {{apiVersion: batch/v1, kind: Job, metadata: {{name: {name}, namespace: default, creationTimestamp: {age}, labels: {{{labels}fsxctl.io/run: '{run}'}}}}, spec: {{activeDeadlineSeconds: 360, backoffLimit: 0, suspend: true, template: {{metadata: {{labels: {{a: b}}}}, spec: {{restartPolicy: Never, containers: [{{name: verify, image: a}}]}}}}}}}}\n"
        )
    };
    let ours = "app.kubernetes.io/managed-by: fsxctl, fsxctl.io/job: verify, ";
    format!(
        "kubernetes:\n  objects:\n{}{}{}",
        job("fsxctl-verify-0a0a0a0a-0", "0a0a0a0a", "now-2h", ours),
        job("fsxctl-verify-0b0b0b0b-0", "0b0b0b0b", "now-1m", ours),
        job("fsxctl-verify-0c0c0c0c-0", "0c0c0c0c", "now-2h", ""),
    )
}

fn jobs(world: &World) -> Vec<String> {
    let objects = world.saved()["kubernetes"]["objects"].as_array().cloned().unwrap_or_default();
    let named = |object: &Value| object["metadata"]["name"].as_str().map(str::to_owned);
    let mut jobs: Vec<String> =
        objects.iter().filter(|object| object["kind"] == "Job").filter_map(named).collect();
    jobs.sort();
    jobs
}

#[test]
fn other_runs_are_left_alone() {
    let world = done(&remains());
    let before = jobs(&world);
    assert_eq!(before.len(), 3, "{before:?}");
    let run = world.fsxctl("verify --yes -q --nodes 2");
    assert_eq!(run.code, Some(0), "{}", run.show());
    assert!(flat(&run).contains("another run, 0a0a0a0a in default, was left behind"), "{}", run.show());
    assert_eq!(jobs(&world), before, "{}", run.show());
}

#[test]
fn what_runs_left_behind_is_removed_on_demand() {
    let world = done(&remains());
    world.fsxctl("verify --cleanup-only").ends_untouched(9);
    let run = world.fsxctl("verify --cleanup-only --dry-run");
    run.ends_untouched(0);
    assert!(
        flat(&run).contains("- Job default/fsxctl-verify-0a0a0a0a-0: left by run 0a0a0a0a"),
        "{}",
        run.show()
    );
    assert!(flat(&run).contains("run 0b0b0b0b in default may be under way"), "{}", run.show());
    let run = world.fsxctl("verify --cleanup-only --yes -o json");
    assert_eq!((run.code, &run.json()["kind"]), (Some(0), &json!("Receipt")), "{}", run.show());
    assert_eq!(jobs(&world), ["fsxctl-verify-0b0b0b0b-0", "fsxctl-verify-0c0c0c0c-0"]);
    let run = world.fsxctl("verify --cleanup-only --yes -A");
    run.ends_untouched(0);
    let run = world.fsxctl("verify --cleanup-only --yes --run 0b0b0b0b");
    assert_eq!(run.code, Some(0), "{}", run.show());
    assert_eq!(
        jobs(&world),
        ["fsxctl-verify-0c0c0c0c-0"],
        "what is not labelled as ours is nobody's to remove"
    );
}

#[test]
fn pods_that_cannot_be_seen_are_not_taken_for_gone() {
    let world = done(&format!("{}denied: ['kube:list pods']\n", remains()));
    let run = world.fsxctl("verify --cleanup-only --yes -q");
    run.says(5, &["list pods in default", "perhaps Pods default/fsxctl-verify-0a0a0a0a-"]);
    assert_eq!(jobs(&world), ["fsxctl-verify-0b0b0b0b-0", "fsxctl-verify-0c0c0c0c-0"]);
}

/// Whether python's XML parser takes it; true where there is no python.
fn is_xml(text: &str) -> bool {
    use std::io::Write as _;
    let script = "import sys, xml.dom.minidom; xml.dom.minidom.parseString(sys.stdin.buffer.read())";
    let child = std::process::Command::new("python3")
        .args(["-c", script])
        .stdin(std::process::Stdio::piped())
        .stderr(std::process::Stdio::null())
        .spawn();
    let Ok(mut child) = child else {
        println!("skipped, python3 is not installed");
        return true;
    };
    child.stdin.take().expect("stdin is piped").write_all(text.as_bytes()).expect("python reads");
    child.wait().is_ok_and(|status| status.success())
}

#[test]
fn pipelines_get_junit_and_markdown() {
    let world = done(&outcome("node: 'hyperpod-i-0b*', mount: errno 5"));
    let run = world
        .fsxctl("verify --yes -q -o junit --output-file markdown=report.md --output-file json=report.json");
    assert_eq!(run.code, Some(3), "{}", run.show());
    assert!(is_xml(&run.stdout), "{}", run.show());
    assert!(!is_xml(&run.stdout.replace("</testsuites>", "")), "the parser tells right from wrong");
    assert!(run.stdout.contains("tests=\"3\" failures=\"1\" errors=\"1\" skipped=\"0\""), "{}", run.show());
    assert!(
        run.stdout.contains(
            "<failure message=\"mount ended with exit status 5 (EIO, Input/output error)\" type=\"mounted\">"
        ),
        "{}",
        run.show()
    );
    let page = std::fs::read_to_string(world.home.path().join("report.md")).expect("a file");
    assert!(page.starts_with("### claim default/fsx-claim: failed\n"), "{page}");
    let document = std::fs::read_to_string(world.home.path().join("report.json")).expect("a file");
    let document: Value = serde_json::from_str(&document).expect("JSON");
    assert_eq!(document["exitCode"], 3);
    // What never came to a report is one too.
    for (words, code) in [("verify --yes --claim nothing -o junit", 2), ("verify -o junit", 9)] {
        let run = world.fsxctl(words);
        assert_eq!(run.code, Some(code), "{}", run.show());
        assert!(is_xml(&run.stdout) && run.stdout.contains("<testsuites"), "{}", run.show());
    }
    // Other commands give no report.
    let run = world.fsxctl("setup dynamic --dry-run -o junit");
    run.says(2, &["-o junit is for reports, and this command gives none"]);
    let run = world.fsxctl("verify --dry-run -o name");
    run.says(2, &["formats here: human, json, yaml, jsonpath=EXPR, junit, markdown"]);
}

#[test]
fn a_set_up_is_followed_by_its_verification() {
    let world = World::bare();
    let run = world.fsxctl("setup dynamic --yes -q --verify -o json");
    let receipt = run.json();
    assert_eq!((run.code, &receipt["kind"]), (Some(0), &json!("Receipt")), "{}", run.show());
    assert_eq!(receipt["verification"]["verdict"], "ok", "{receipt}");
    assert_eq!(receipt["verification"]["claim"]["fileSystemId"], receipt["volume"]["fileSystemId"]);
    nothing_is_left(&world, &run);
    // Again there is nothing to do but to verify, which needs consent as well.
    world.fsxctl("setup dynamic --verify -q").ends_untouched(9);
    let run = world.fsxctl("setup dynamic --verify -q --yes");
    assert_eq!(run.code, Some(0), "{}", run.show());
    assert!(
        flat(&run).contains("Nothing to do: everything is as asked. claim default/fsx-claim on fs-"),
        "{}",
        run.show()
    );
    assert!(run.writes().iter().all(|write| write.contains("/jobs")), "{}", run.show());
    let run = world.fsxctl("setup dynamic --verify --no-wait --dry-run");
    run.says(2, &["--no-wait"]);
    let run = world.fsxctl("setup dynamic --verify --skip storage --dry-run");
    run.says(2, &["--verify tries a claim, and storage is left out"]);
}

#[test]
fn a_set_up_whose_claim_fails_on_a_node_ends_with_that_and_its_receipt() {
    let world = World::of(&["existing", &outcome("node: 'hyperpod-i-0b*', mount: errno 19")]);
    let run = world.fsxctl("byo --fs-id fs-0e10000000000000e --yes -q --verify");
    assert_eq!(run.code, Some(3), "{}", run.show());
    let told = flat(&run);
    let receipt = told.find("Done: 2 created, 0 changed, 0 deleted.").expect("the receipt");
    let verdict = told.find("Not verified: 3 nodes, 1 ok, 1 failed").expect("the verdict");
    assert!(receipt < verdict, "{}", run.show());
    nothing_is_left(&world, &run);
}

#[test]
fn what_admission_refuses_is_told_in_its_words() {
    // The level cannot be seen beforehand, so only the pods' admission says no.
    let restricted = "kubernetes: {objects: [{apiVersion: v1, kind: Namespace, metadata: {name: default, labels: {pod-security.kubernetes.io/enforce: restricted}}}]}";
    let world = World::of(&["done", restricted, "denied: ['kube:get namespaces']"]);
    let run = world.fsxctl("verify --yes -q --nodes 2 --timeout 60s");
    assert_eq!(run.code, Some(3), "{}", run.show());
    for words in ["it could not be tried: no pod was made", "violates PodSecurity", "Cannot tell: 2 nodes"] {
        assert!(flat(&run).contains(words), "{words:?} is not in {}", run.show());
    }
    nothing_is_left(&world, &run);
}

/// What did not come in time is not known to hang: the kubelet itself says so after two minutes only.
#[test]
fn a_short_time_proves_no_hang() {
    let world = World::with(fsxctl_sandbox::Options {
        worlds: crate::harness::sources(&["done"]),
        speed: 1.0,
        ..fsxctl_sandbox::Options::default()
    });
    let run = world.fsxctl("verify --yes -q --timeout 1s -o json");
    assert_eq!(run.code, Some(3), "{}", run.show());
    let report = run.json();
    assert_eq!(report["verdict"], "unknown", "{report}");
    assert!(!run.stdout.contains("the mount hangs"), "{report}");
}
