//! `status`: every built-in world in every form, what is hidden, what is broken, how much it asks and holds, and a watch.

use std::io::Read as _;
use std::process::{Command, Stdio};
use std::sync::Mutex;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::{Duration, Instant};

use fsxctl_sandbox::{Options, Source};
use serde_json::{Value, json};

use crate::denied::all;
use crate::finished::with_latency;
use crate::harness::{PATIENCE, Run, World, sources};
use crate::schema::fits;
use crate::terminal::Terminal;

const WORLDS: [&str; 5] = ["bare", "ready", "done", "existing", "quick-setup"];

/// A claim of the world `done`, and its file system.
const SYSTEM: &str = "fs-f9ae16274b82e466c";

/// Lines with their blanks folded, so that wrapping does not count.
fn flat(text: &str) -> String {
    text.split_whitespace().collect::<Vec<_>>().join(" ")
}

#[track_caller]
fn shows(run: &Run, words: &[&str]) {
    let said = flat(&run.stdout);
    for word in words {
        assert!(said.contains(&flat(word)), "{word:?} is not in\n{}", run.show());
    }
}

#[test]
fn every_world_in_every_form() {
    for name in WORLDS {
        let world = World::of(&[name]);
        for form in ["human", "wide", "json"] {
            let run = world.fsxctl(&format!("status -o {form}"));
            run.ends_untouched(0);
            insta::assert_snapshot!(format!("{name}-{form}"), run.show());
            if form == "json" {
                fits(&run.json());
            }
        }
        let yaml = world.fsxctl("status -o yaml");
        let read: Value = serde_yaml::from_str(&yaml.stdout).expect("YAML");
        assert_eq!((&read["kind"], &read["exitCode"]), (&json!("Status"), &json!(0)));
    }
}

#[test]
fn names_and_paths_are_picked() {
    let world = World::of(&["done"]);
    assert_eq!(world.fsxctl("status -q -o name").stdout, "default/fsx-claim\n");
    let run = world.run(&["status", "-q", "-o", "jsonpath={.items[*].fileSystem.id} {.driver.health}"]);
    assert_eq!(run.stdout, format!("{SYSTEM} healthy\n"));
    World::bare()
        .fsxctl("images -o wide")
        .says(2, &["-o wide is for lists", "formats here: human, json, yaml, jsonpath=EXPR, name"]);
    world.fsxctl("setup dynamic --dry-run -o wide").says(2, &["-o wide is for lists"]);
}

#[test]
fn a_namespace_narrows_it_to_its_own_claims() {
    let world = World::of(&["done"]);
    let run = world.fsxctl("status -n default -o json");
    run.ends_untouched(0);
    assert_eq!(run.json()["items"].as_array().map(Vec::len), Some(1));
    let of_all = |run: &Run| {
        let paths = run.requests.iter().map(|it| it.path.split('?').next().unwrap_or_default().to_owned());
        paths.filter(|path| path == "/api/v1/pods" || path == "/api/v1/persistentvolumeclaims").count()
    };
    assert_eq!(of_all(&run), 0, "whoever may see one namespace alone is not asked for more");
    let other = world.fsxctl("status -n kube-system");
    other.ends_untouched(0);
    assert!(!other.stdout.contains("fsx-claim"), "{}", other.show());
    let all = world.fsxctl("status -A -q");
    assert_eq!(all.stdout, world.fsxctl("status -q").stdout);
    assert_eq!(of_all(&all), 2);
    world.fsxctl("status -n Not_A_Name").ends_untouched(2);
    world.fsxctl("status -A -n default").ends_untouched(2);
}

#[test]
fn it_asks_in_three_waves_at_most() {
    for name in ["done", "quick-setup"] {
        let start =
            |latency| World::with(Options { worlds: sources(&[name]), latency, ..Options::default() });
        with_latency(start, "status -q --cluster hp-eks", |run| {
            assert_eq!(run.writes(), Vec::<String>::new());
            let (aws, kube) = (run.count("aws"), run.count("kube"));
            assert!(aws <= 24 && kube <= 12, "{aws} AWS and {kube} Kubernetes requests");
            let waves = run.requests.iter().filter(|it| it.api == "aws").map(|it| it.api_wave).max();
            if waves <= Some(3) { Ok(()) } else { Err(format!("{waves:?} waves of AWS requests")) }
        });
    }
}

/// What stands first on stdout, and the most memory that the program held until then: the answer is whole when its first
/// byte comes, and nothing is made after that.
fn peak(world: &World, arguments: &[&str]) -> (u64, String) {
    let mut command = Command::new(env!("CARGO_BIN_EXE_fsxctl"));
    command.args(arguments).env_clear().envs(world.environment()).current_dir(world.home.path());
    command.stdin(Stdio::null()).stdout(Stdio::piped()).stderr(Stdio::null());
    let mut child = command.spawn().expect("the binary starts");
    let mut stdout = child.stdout.take().expect("stdout is piped");
    let mut first = [0; 1];
    stdout.read_exact(&mut first).expect("an answer");
    // The pipe holds less than the answer, so the program is still there.
    let status = std::fs::read_to_string(format!("/proc/{}/status", child.id())).expect("it is still there");
    let line = status.lines().find(|line| line.starts_with("VmHWM:")).expect("its peak");
    let kib = line.split_whitespace().nth(1).and_then(|number| number.parse().ok()).expect("a number");
    let mut rest = String::new();
    stdout.read_to_string(&mut rest).expect("text");
    assert!(child.wait().expect("it ends").success());
    (kib, format!("{}{rest}", char::from(first[0])))
}

#[test]
#[cfg(target_os = "linux")]
fn a_large_cluster_takes_little_memory_and_no_call_per_object() {
    let world = World::of(&["scale"]);
    for form in ["json", "wide", "yaml"] {
        let (kib, text) = peak(&world, &["status", "-q", "-o", form]);
        assert!(kib < 100 * 1024, "{form}: {kib} KiB");
        if form != "json" {
            assert!(text.lines().count() > 2_000, "{form}");
            continue;
        }
        let mut document: Value = serde_json::from_str(&text).expect("JSON");
        fits(&document);
        assert_eq!(document["summary"]["pods"], 5_000);
        // One item stands for all: the snapshot is for reading.
        let items = document["items"].as_array_mut().expect("items");
        assert_eq!(items.len(), 2_000);
        items.truncate(1);
        document["kubernetes"]["reached"] = Value::Null;
        insta::assert_snapshot!("scale-json", serde_json::to_string_pretty(&document).expect("JSON"));
    }
    let run = world.fsxctl("status -q");
    run.ends_untouched(0);
    // 10 of them are pages of FSx, which gives 50 file systems each (API reference, `DescribeFileSystems`).
    assert!(run.requests.len() < 65, "{} requests", run.requests.len());
    assert!(run.stdout.lines().count() <= 50, "one screen: {}", run.show());
    insta::assert_snapshot!("scale-human", run.show());
}

/// Whoever may not make one of these calls sees all the rest, and what is missing is named.
#[test]
fn each_permission_denied_in_turn_is_a_line_with_its_name() {
    let mut rows = Vec::new();
    for name in ["done", "quick-setup"] {
        let run = World::of(&[name]).fsxctl("status -q --cluster hp-eks");
        run.ends_untouched(0);
        rows.extend(all(&run).into_iter().map(|denial| (name, denial)));
    }
    assert!(rows.len() > 40, "{}", rows.len());
    // AWS lets everybody ask who they are.
    rows.retain(|(_, denial)| denial.pattern != "sts:GetCallerIdentity");
    let (next, faults) = (AtomicUsize::new(0), Mutex::new(Vec::new()));
    std::thread::scope(|scope| {
        for _ in 0..2 {
            scope.spawn(|| {
                while let Some((name, denial)) = rows.get(next.fetch_add(1, Ordering::SeqCst)) {
                    let world = World::of(&[name, &format!("denied: {}", json!([denial.pattern]))]);
                    let run = world.fsxctl("status -q --cluster hp-eks");
                    let said = flat(&run.stdout);
                    let line = said.split("? ").any(|line| line.contains(&denial.named));
                    if run.code != Some(0) || !line || run.stdout.contains("not installed") {
                        faults.lock().expect("faults").push(format!("{name} {denial:?}\n{}", run.show()));
                    }
                    let json = world.fsxctl("status -q --cluster hp-eks -o json").json();
                    let unseen = json["unseen"].as_array().cloned().unwrap_or_default();
                    if !unseen.iter().any(|it| it["permission"] == denial.named.as_str()) {
                        faults.lock().expect("faults").push(format!("{name} {denial:?} is not in unseen"));
                    }
                }
            });
        }
    });
    let faults = faults.into_inner().expect("faults");
    assert!(faults.is_empty(), "{} of {}:\n{}", faults.len(), rows.len(), faults.join("\n=====\n"));
}

#[test]
fn what_is_hidden_is_null_and_what_is_not_there_is_an_empty_list() {
    let hidden = World::of(&[
        "done",
        "denied: [\"kube:list persistentvolumeclaims\", \"kube:list nodes\", \"kube:list storageclasses.storage.k8s.io\"]",
    ]);
    let run = hidden.fsxctl("status -q -o json");
    run.ends_untouched(0);
    let json = run.json();
    fits(&json);
    assert_eq!(
        (&json["nodes"], &json["classes"], &json["summary"]["claims"]),
        (&Value::Null, &Value::Null, &Value::Null)
    );
    // Its claim is not called gone because claims cannot be seen.
    assert_eq!(
        (&json["items"][0]["kind"], &json["items"][0]["health"]),
        (&json!("PersistentVolume"), &json!("healthy"))
    );
    let none = World::of(&["ready"]).fsxctl("status -q -o json").json();
    assert_eq!((&none["classes"], &none["summary"]["claims"]), (&json!([]), &json!(0)));
    let nothing =
        World::of(&["done", "denied: [\"eks:*\", \"fsx:*\", \"ec2:*\", \"sagemaker:*\", \"iam:*\"]"]);
    nothing.fsxctl("status --cluster hp-eks").says(5, &["missing permission: eks:DescribeCluster"]);
}

#[test]
fn an_api_server_out_of_reach_does_not_hide_the_aws_side() {
    let away = "aws: {eks: {clusters: [{name: hp-eks, endpoint: \"https://127.0.0.1:9\"}]}}";
    let world = World::of(&["done", away]);
    let run = world.fsxctl("status");
    run.ends_untouched(6);
    shows(
        &run,
        &[
            "? Kubernetes cannot be seen",
            SYSTEM,
            "whether a volume uses it cannot be seen",
            "EKS add-on v1.9.0",
        ],
    );
    assert!(!run.stdout.contains("no volume uses it"), "{}", run.show());
    let json = world.fsxctl("status -q -o json");
    fits(&json.json());
    assert_eq!((json.code, &json.json()["exitCode"]), (Some(6), &json!(6)));
    assert_eq!(json.json()["kubernetes"]["reached"], Value::Null);
    let nobody = "aws: {eks: {accessEntries: [{clusterName: hp-eks, principalArn: \"arn:aws:iam::111122223333:role/admin\", $absent: true}]}}";
    let listed = "aws: {iam: {Roles: [{RoleName: admin, AssumeRolePolicyDocument: {Version: \"2012-10-17\", Statement: [{Effect: Allow, Principal: {AWS: \"arn:aws:iam::111122223333:root\"}, Action: \"sts:AssumeRole\"}]}, AttachedPolicies: [\"arn:aws:iam::aws:policy/AdministratorAccess\"]}]}}";
    let run = World::of(&["done", nobody, listed]).env("KUBECONFIG", "/nowhere/config").fsxctl("status");
    run.ends_untouched(5);
    shows(&run, &["? Kubernetes cannot be seen", SYSTEM]);
    run.says(5, &["does not let", "aws eks create-access-entry"]);
}

#[test]
#[expect(clippy::too_many_lines, reason = "a table is as long as it has rows")]
fn what_is_broken_is_told_before_all_else() {
    let rows: [(&str, &[&str]); 10] = [
        (
            "aws: {fsx: {FileSystems: [{FileSystemId: fs-f9ae16274b82e466c, Lifecycle: FAILED, FailureDetails: {Message: out of disks}}]}}",
            &["! claim default/fsx-claim: Bound", "file system fs-f9ae16274b82e466c is FAILED: out of disks"],
        ),
        (
            "aws: {fsx: {FileSystems: [{FileSystemId: fs-f9ae16274b82e466c, $absent: true}]}}",
            &["! claim default/fsx-claim: Bound", "file system fs-f9ae16274b82e466c is not there any more"],
        ),
        (
            "aws: {ec2: {SecurityGroups: [{GroupId: sg-0b10000000000000b, IpPermissions: [{IpProtocol: tcp, FromPort: 988, ToPort: 988, UserIdGroupPairs: [{GroupId: sg-0b10000000000000b}, {GroupId: sg-0a10000000000000a}]}]}]}}",
            &[
                "! claim default/fsx-claim",
                "ports closed",
                "sg-0b10000000000000b does not let tcp 1018-1023 in from node group system",
            ],
        ),
        (
            "lifecycles: false\naws: {eks: {addons: [{clusterName: hp-eks, addonName: aws-fsx-csi-driver, status: DEGRADED, health: {issues: [{code: InsufficientNumberOfReplicas, message: no pod is ready}]}}]}}",
            &[
                "! driver EKS add-on v1.9.0-eksbuild.1 DEGRADED",
                "! driver InsufficientNumberOfReplicas: no pod is ready",
            ],
        ),
        (
            "aws: {iam: {Roles: [{RoleName: FSXLCSI-hp-eks-us-west-2, $absent: true}]}}",
            &["! identity Pod Identity with arn:aws:iam::111122223333:role/FSXLCSI-hp-eks-us-west-2:"],
        ),
        (
            "kubernetes: {objects: [{apiVersion: v1, kind: PersistentVolumeClaim, metadata: {name: fsx-claim, namespace: default}, $absent: true}, {apiVersion: v1, kind: Pod, metadata: {name: fsx-app, namespace: default}, $absent: true}, {apiVersion: v1, kind: PersistentVolume, metadata: {name: pvc-b4cbeb88-4f8b-418b-bdaa-c49b4ab35463}, status: {phase: Released}}]}",
            &[
                "= volume pvc-b4cbeb88-4f8b-418b-bdaa-c49b4ab35463: Released",
                "its claim is gone; the data is still there",
            ],
        ),
        (
            "kubernetes: {objects: [{apiVersion: v1, kind: PersistentVolume, metadata: {name: by-hand}, spec: {capacity: {storage: 1200Gi}, accessModes: [ReadWriteMany], csi: {driver: fsx.csi.aws.com, volumeHandle: fs-0e90000000000000e}}, status: {phase: Available}}]}",
            &["? volume by-hand: Available", "not in this account and Region: gone, or somebody else's"],
        ),
        (
            "kubernetes: {controllers: {provisioner: false, binder: false}, objects: [{apiVersion: v1, kind: PersistentVolumeClaim, metadata: {name: waits, namespace: default, uid: 11111111-2222-4333-8444-555555555555}, spec: {storageClassName: fsx-sc, accessModes: [ReadWriteMany], resources: {requests: {storage: 1200Gi}}}, status: {phase: Pending}}]}\nlifecycles: false\naws: {fsx: {FileSystems: [{FileSystemId: fs-0e90000000000000e, FileSystemType: LUSTRE, Lifecycle: CREATING, StorageType: SSD, StorageCapacity: 1200, SubnetIds: [subnet-0a10000000000000a], LustreConfiguration: {DeploymentType: SCRATCH_2}, Tags: [{Key: CSIVolumeName, Value: pvc-11111111-2222-4333-8444-555555555555}]}]}}",
            &[
                "~ claim default/waits: Pending",
                "file system fs-0e90000000000000e is CREATING",
                "fs-0e90000000000000e CREATING in us-west-2a",
            ],
        ),
        (
            "kubernetes: {controllers: {provisioner: false, binder: false}, objects: [{apiVersion: v1, kind: PersistentVolumeClaim, metadata: {name: waits, namespace: default}, spec: {storageClassName: fsx-sc, accessModes: [ReadWriteMany], resources: {requests: {storage: 1200Gi}}}, status: {phase: Pending}}]}",
            &["~ claim default/waits: Pending", "its volume is not there yet"],
        ),
        (
            "kubernetes: {controllers: {provisioner: false, binder: false}, objects: [{apiVersion: storage.k8s.io/v1, kind: StorageClass, metadata: {name: fsx-sc}, $absent: true}, {apiVersion: v1, kind: PersistentVolumeClaim, metadata: {name: waits, namespace: default, annotations: {volume.kubernetes.io/storage-provisioner: fsx.csi.aws.com}}, spec: {storageClassName: fsx-sc, accessModes: [ReadWriteMany], resources: {requests: {storage: 1200Gi}}}, status: {phase: Pending}}]}",
            &["! claim default/waits: Pending", "its StorageClass is not there"],
        ),
    ];
    for (layer, words) in rows {
        let world = World::of(&["done", layer]);
        let run = world.fsxctl("status");
        run.ends_untouched(0);
        shows(&run, words);
        fits(&world.fsxctl("status -q -o json").json());
    }
}

#[test]
fn hostile_names_forge_nothing() {
    let hostile = json!({"aws": {"fsx": {"FileSystems": [{
        "FileSystemId": SYSTEM, "Tags": [{"Key": "Name", "Value": "x\u{1b}[2J\r\n! claim forged\u{202e}\u{9b}"}],
        "FailureDetails": {"Message": "y\u{7}\n? forged"}, "Lifecycle": "FAILED",
    }]}}, "kubernetes": {"objects": [{
        "apiVersion": "v1", "kind": "PersistentVolume",
        "metadata": {"name": "pvc-b4cbeb88-4f8b-418b-bdaa-c49b4ab35463", "labels": {"a": "b"}},
        "spec": {"csi": {"volumeAttributes": {"mountname": "m\u{1b}]0;forged\u{7}"}}},
    }, {
        "apiVersion": "v1", "kind": "Pod", "metadata": {"name": "fsx-app", "namespace": "default"},
        "status": {"containerStatuses": [{"name": "app", "image": "", "imageID": "", "ready": false, "restartCount": 0,
            "state": {"waiting": {"reason": "Bad\u{1b}[31m\n= forged"}}}]},
    }]}});
    let world = World::of(&["done", &serde_yaml::to_string(&hostile).expect("YAML")]);
    for form in ["human", "wide", "json", "yaml", "name"] {
        let run = world.fsxctl(&format!("status -q -o {form}"));
        run.ends_untouched(0);
        let bad = |char: char| char != '\n' && (char.is_control() || char == '\u{202e}');
        assert!(!run.stdout.contains(bad), "{form}: {:?}", run.stdout);
        let forged =
            |line: &&str| line.starts_with(['!', '?', '=']) && line[1..].trim_start().starts_with("forged");
        assert_eq!(run.stdout.lines().find(forged), None, "{form}");
        assert!(!run.stdout.lines().any(|line| line.starts_with("! claim forged")), "{form}");
    }
    shows(&world.fsxctl("status -q"), &["\\u{1b}[2J\\r\\n! claim forged"]);
}

/// Waits until a text stands in what was written so far.
fn until(text: &Mutex<String>, wanted: &str) {
    let since = Instant::now();
    while !text.lock().expect("text").contains(wanted) {
        assert!(since.elapsed() < PATIENCE, "{wanted:?} never came:\n{}", text.lock().expect("text"));
        std::thread::sleep(Duration::from_millis(20));
    }
}

/// A watch that goes on while something is done, and what it wrote; ended by a signal.
fn watched(
    world: &World,
    words: &[&str],
    begin: &str,
    act: impl FnOnce(),
    end: &str,
) -> (Option<i32>, String) {
    let mut command = Command::new(env!("CARGO_BIN_EXE_fsxctl"));
    command.args(words).env_clear().envs(world.environment()).current_dir(world.home.path());
    command.stdin(Stdio::null()).stdout(Stdio::piped()).stderr(Stdio::null());
    let mut child = command.spawn().expect("the binary starts");
    let mut stdout = child.stdout.take().expect("stdout is piped");
    let text = Mutex::new(String::new());
    let code = std::thread::scope(|scope| {
        scope.spawn(|| {
            let mut part = [0; 4096];
            while let Ok(count @ 1..) = stdout.read(&mut part) {
                text.lock().expect("text").push_str(&String::from_utf8_lossy(&part[..count]));
            }
        });
        until(&text, begin);
        act();
        until(&text, end);
        let sent = Command::new("kill").args(["-INT", &child.id().to_string()]).status();
        assert!(sent.is_ok_and(|status| status.success()));
        child.wait().expect("it ends").code()
    });
    (code, text.into_inner().expect("text"))
}

#[test]
fn a_watch_writes_a_line_for_each_change_and_ends_with_130() {
    let world = World::of(&["ready", "durations: {createFileSystem: 30m}"]);
    let act = || assert_eq!(world.fsxctl("setup dynamic --yes -q").code, Some(0));
    let words = ["status", "--watch", "--interval", "1s", "-q"];
    let (code, text) =
        watched(&world, &words, "next: fsxctl setup dynamic", act, "claim default/fsx-claim: Bound");
    assert_eq!(code, Some(130), "{text}");
    let (page, lines) = text.split_once("next: fsxctl setup dynamic\n").expect("a page, then lines");
    assert!(page.starts_with("cluster "), "{text}");
    assert!(lines.lines().any(|line| line.starts_with("= class fsx-sc: PERSISTENT_2")), "{text}");
    assert!(lines.lines().all(|line| line.starts_with(['=', '~', '!', '?', '-'])), "{text}");
    let bound: Vec<&str> = lines.lines().filter(|line| line.contains("fsx-claim: Bound")).collect();
    assert_eq!(
        bound.iter().collect::<std::collections::BTreeSet<_>>().len(),
        bound.len(),
        "a line a change: {text}"
    );
}

#[test]
fn a_watch_on_a_terminal_is_one_page_that_is_redrawn() {
    let world = World::of(&["done"]);
    let terminal = Terminal::whole(&world, &["status", "-w", "--interval", "1s", "-q"], (50, 100));
    let since = Instant::now();
    let times = || terminal.raw().matches("\u{1b}[H\u{1b}[2J").count();
    while times() < 3 {
        assert!(since.elapsed() < PATIENCE, "it is not redrawn:\n{}", terminal.raw());
        std::thread::sleep(Duration::from_millis(20));
    }
    terminal.signal("INT");
    let run = terminal.end();
    assert_eq!(run.code, Some(130), "{}", run.stderr);
    assert!(run.stderr.contains("default/fsx-claim") && !run.stderr.contains("error:"), "{}", run.stderr);
}

#[test]
fn a_watch_writes_a_document_a_line_where_machines_read() {
    let world = World::of(&["ready", "durations: {createFileSystem: 30m}"]);
    let act = || assert_eq!(world.fsxctl("setup dynamic --yes -q").code, Some(0));
    let words = ["status", "-w", "--interval=1s", "-q", "-o", "json"];
    let (code, text) = watched(&world, &words, "\"items\":[]", act, "\"phase\":\"Bound\"");
    assert_eq!(code, Some(130));
    let documents: Vec<Value> = text
        .lines()
        .map(|line| serde_json::from_str(line).unwrap_or_else(|why| panic!("{why}: {line}")))
        .collect();
    assert!(documents.len() >= 2 && documents.len() < 12, "{}", documents.len());
    documents.iter().for_each(fits);
    for words in
        ["status -w -o yaml", "status -w -o name", "status -w --interval 0.5s", "status --interval 5s"]
    {
        world.fsxctl(words).ends_untouched(2);
    }
    world.fsxctl("status -w --output-file json=x.json").ends_untouched(2);
}

#[test]
fn a_watch_goes_on_when_a_service_is_away_for_a_while() {
    let fault = "service=fsx,operation=DescribeFileSystems,error=timeout,after=1,times=4".to_owned();
    let world =
        World::with(Options { worlds: sources(&["done"]), faults: vec![fault], ..Options::default() });
    let since = Instant::now();
    let looks = || {
        let log = world.sandbox.log();
        log.iter().filter(|it| it.operation.as_deref() == Some("DescribeFileSystems")).count()
    };
    let act = || {
        while looks() < 7 {
            assert!(since.elapsed() < PATIENCE, "it did not look again");
            std::thread::sleep(Duration::from_millis(50));
        }
    };
    let words = ["status", "-w", "--interval", "1s", "--request-timeout", "2s", "-q"];
    let (code, text) = watched(&world, &words, "claim     default/fsx-claim", act, "default/fsx-claim");
    assert_eq!(code, Some(130), "{text}");
}

#[test]
fn the_permissions_that_are_printed_are_those_that_it_uses() {
    let told = World::bare().fsxctl("permissions -o json status --cluster hp-eks").json();
    let items = told["items"].as_array().expect("items");
    let known: Vec<String> = items
        .iter()
        .map(|item| match &item["iam"]["action"] {
            Value::String(action) => action.clone(),
            _ => {
                let rbac = &item["rbac"];
                let group = rbac["apiGroup"].as_str().filter(|group| !group.is_empty());
                let group = group.map(|group| format!(".{group}")).unwrap_or_default();
                let place =
                    rbac["namespace"].as_str().map(|place| format!(" in {place}")).unwrap_or_default();
                let word = |name: &str| rbac[name].as_str().unwrap_or_default().to_owned();
                format!("{} {}{group}{place}", word("verb"), word("resource"))
            }
        })
        .collect();
    for world in ["bare", "done", "quick-setup"] {
        let run = World::of(&[world]).fsxctl("status -q --cluster hp-eks");
        for denial in all(&run).iter().filter(|denial| denial.named != "sts:GetCallerIdentity") {
            assert!(known.contains(&denial.named), "{world}: {} is not printed: {known:?}", denial.named);
        }
    }
    assert!(items.iter().all(|item| item["usage"] == "optional"), "nothing is needed for all of it");
    let narrow = World::bare().fsxctl("permissions -o json status -n ml").json();
    let text = narrow["items"].to_string();
    assert!(text.contains("\"namespace\":\"ml\"") && !text.contains("create"), "{text}");
    // A saved world is a world as well.
    let saved = World::of(&["done"]).sandbox.snapshot();
    let again = World::with(Options { worlds: vec![Source::text(&saved)], ..Options::default() });
    again.fsxctl("status -q").ends_untouched(0);
}
