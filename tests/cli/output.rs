//! What scripts rely on beside the documents: the log as JSON, files of manifests, templates, lists.

use std::collections::BTreeSet;
use std::os::unix::fs::PermissionsExt;
use std::path::Path;

use serde_json::Value;

use crate::harness::{Run, World};
use crate::terminal::CTRL_C;

/// The words of `event` that the published schema has.
fn events() -> BTreeSet<String> {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("docs/reference/event.schema.json");
    let schema: Value =
        serde_json::from_str(&std::fs::read_to_string(path).expect("the schema")).expect("JSON");
    let lines = schema["oneOf"].as_array().expect("kinds of lines");
    lines
        .iter()
        .map(|line| line["properties"]["event"]["const"].as_str().expect("a word").to_owned())
        .collect()
}

/// Every line of stderr as an object of the log; its words.
#[track_caller]
fn log(run: &Run) -> Vec<Value> {
    let known = events();
    let lines: Vec<Value> = run
        .stderr
        .lines()
        .map(|line| {
            serde_json::from_str(line)
                .unwrap_or_else(|why| panic!("{line} is no JSON: {why}\n{}", run.show()))
        })
        .collect();
    for line in &lines {
        assert_eq!(line["kind"], "Event", "{line}");
        assert!(line["at"].as_str().is_some_and(|at| at.ends_with('Z')), "{line}");
        assert!(known.contains(line["event"].as_str().unwrap_or_default()), "{line}");
    }
    lines
}

#[test]
fn with_the_log_as_json_every_line_of_stderr_is_an_object_however_it_ends() {
    let denied = "denied: [\"ec2:DescribeSubnets\"]";
    let rows: [(&[&str], &str, i32); 10] = [
        (&["bare"], "setup identity --yes", 0),
        (&["bare"], "setup dynamic", 9),
        (&["bare"], "setup dynamic --dry-run", 0),
        (&["bare"], "setup dynamic --size 1500Gi", 2),
        (&["bare"], "setup dynamic --nope", 2),
        (&["bare"], "setup", 2),
        (&["bare"], "setup dynamic --color blue", 2),
        (&["bare"], "setup dynamic -o jsonpath={.x", 2),
        (&["bare"], "setup dynamic --cluster nope --yes", 2),
        (&["bare", denied], "setup dynamic --yes", 5),
    ];
    for (layers, words, code) in rows {
        let world = World::of(layers);
        for run in [
            world.fsxctl(&format!("{words} --log-format json")),
            world.fsxctl(&format!("--log-format=json {words} -vv")),
        ] {
            assert_eq!(run.code, Some(code), "{}", run.show());
            let lines = log(&run);
            let failed: Vec<&Value> = lines.iter().filter(|line| line["event"] == "failed").collect();
            assert_eq!(failed.len(), usize::from(code != 0), "{}", run.show());
            if let Some(last) = failed.first() {
                assert_eq!(*last, lines.last().expect("a line"));
                assert_eq!(last["error"]["kind"], "Error");
                assert_eq!(last["error"]["exitCode"], code);
            }
        }
    }
    let world = World::bare().env("FSXCTL_LOG", "json");
    let run = world.fsxctl("setup dynamic --nope");
    assert_eq!(log(&run).len(), 1, "{}", run.show());
}

#[test]
fn calls_are_lines_of_the_log_too() {
    let world = World::bare();
    let run = world.fsxctl("setup dynamic --dry-run -vv --log-format json");
    let calls: Vec<Value> = log(&run).into_iter().filter(|line| line["event"] == "call").collect();
    assert_eq!(calls.len(), run.requests.len(), "{}", run.show());
    let subnets = calls.iter().find(|call| call["operation"] == "DescribeSubnets").expect("a call");
    assert_eq!(
        (&subnets["service"], &subnets["status"], &subnets["attempt"]),
        (&"ec2".into(), &200.into(), &1.into())
    );
    assert!(subnets["ms"].is_u64() && subnets["requestId"].is_string(), "{subnets}");
    // Without -vv there is none.
    let run = world.fsxctl("setup dynamic --dry-run -v --log-format json");
    assert!(log(&run).iter().all(|line| line["event"] != "call"), "{}", run.show());
}

#[test]
fn how_much_is_said_follows_q_and_v() {
    let world = World::bare();
    let rows = [
        ("-q", false, false),
        ("", true, false),
        ("-v", true, true),
        ("-vv", true, true),
        ("-q -vv", false, true),
    ];
    for (flag, says, permissions) in rows {
        let run = world.fsxctl(&format!("setup dynamic --dry-run {flag}"));
        run.ends_untouched(0);
        assert_eq!(run.stderr.contains("looking at cluster"), says, "{flag}: {}", run.stderr);
        assert_eq!(run.stdout.contains("needs iam:CreateRole"), permissions, "{flag}: {}", run.stdout);
        assert_eq!(run.stderr.contains("DescribeSubnets"), flag == "-vv", "{flag}: {}", run.stderr);
    }
    let run = world.fsxctl("setup dynamic -q --size 1500Gi");
    run.ends_untouched(2);
    assert!(
        run.stderr.starts_with("error: --size 1500Gi"),
        "errors are said to the quiet too: {}",
        run.show()
    );
}

#[test]
fn a_template_is_read_before_anything_is_looked_at() {
    let world = World::bare();
    for broken in ["{.kind", "kind", "{range .items[*]}{.step}", "{.items[}", "{end}", "", "{\"a}"] {
        let run = world.run(&["setup", "dynamic", "--dry-run", "-o", &format!("jsonpath={broken}")]);
        run.ends_untouched(2);
        assert_eq!(run.requests.len(), 0, "{broken}");
        assert!(run.stdout.is_empty() && run.stderr.contains("cannot read the jsonpath"), "{}", run.show());
    }
    // What is not there prints nothing at all, and changes no code.
    for path in ["{.nothing}", "{.items[9].step}", "{.items[?(@.step==\"x\")].because}"] {
        let run = world.run(&["setup", "dynamic", "--dry-run", "-q", "-o", &format!("jsonpath={path}")]);
        run.ends_untouched(0);
        assert_eq!(run.stdout, "", "{path}");
    }
}

fn manifests(world: &World, words: &[&str]) -> Run {
    let mut all = vec!["setup", "dynamic", "--output-dir", "out"];
    all.extend(words);
    world.run(&all)
}

#[test]
fn files_are_said_and_never_replaced_in_silence() {
    let world = World::bare();
    let class = world.home.path().join("out/storageclass-fsx-sc.yaml");
    let run = manifests(&world, &["--dry-run"]);
    run.ends_untouched(0);
    run.says(
        0,
        &[
            "+ out/storageclass-fsx-sc.yaml: written",
            "+ out/persistentvolumeclaim-default-fsx-claim.yaml: written",
        ],
    );
    let first = std::fs::read_to_string(&class).expect("the class");
    let mode = class.metadata().expect("a file").permissions().mode() & 0o777;
    assert_eq!(mode, 0o600);
    manifests(&world, &["--dry-run"]).says(0, &["= out/storageclass-fsx-sc.yaml: is as it would be written"]);
    std::fs::write(&class, "mine").expect("written");
    let run = manifests(&world, &["--dry-run", "-q"]);
    assert_eq!(run.stderr.trim(), "~ out/storageclass-fsx-sc.yaml: overwritten, it was another one");
    assert_eq!(std::fs::read_to_string(&class).expect("the class"), first);
    let run = manifests(&world, &["--dry-run", "--log-format", "json"]);
    let outcomes: Vec<Value> = log(&run).into_iter().filter(|line| line["event"] == "file").collect();
    assert_eq!(outcomes.len(), 2, "{}", run.show());
    assert!(outcomes.iter().all(|line| line["outcome"] == "kept"), "{}", run.show());
}

#[test]
fn a_manifest_with_ids_that_are_not_known_yet_is_not_written() {
    let world = World::bare();
    let run = manifests(&world, &["--dry-run", "--security-group", "create"]);
    run.says(
        0,
        &[
            "? out/storageclass-fsx-sc.yaml: not written: ids in it are known only after the set-up",
            "+ out/persistentvolumeclaim-default-fsx-claim.yaml: written",
        ],
    );
    assert!(!world.home.path().join("out/storageclass-fsx-sc.yaml").exists());
    let run = manifests(&world, &["--yes", "--no-wait", "--security-group", "create"]);
    run.says(0, &["+ out/storageclass-fsx-sc.yaml: written"]);
    let text =
        std::fs::read_to_string(world.home.path().join("out/storageclass-fsx-sc.yaml")).expect("the class");
    assert!(text.contains("securityGroupIds: sg-") && !text.contains("known after"), "{text}");
}

#[test]
fn what_stands_in_the_way_of_a_file_is_said_before_anything_is_written() {
    let world = World::bare();
    let out = world.home.path().join("out");
    std::fs::write(&out, "a file").expect("written");
    let run = manifests(&world, &["--yes"]);
    run.ends_untouched(2);
    run.says(2, &["--output-dir out is no directory"]);
    std::fs::remove_file(&out).expect("removed");
    std::fs::create_dir(&out).expect("made");
    let target = world.home.path().join("elsewhere");
    std::os::unix::fs::symlink(&target, out.join("storageclass-fsx-sc.yaml")).expect("a link");
    for words in [["--yes"], ["--dry-run"]] {
        let run = manifests(&world, &words);
        run.ends_untouched(2);
        run.says(2, &["cannot write out/storageclass-fsx-sc.yaml", "no regular file"]);
    }
    assert!(!target.exists());
}

#[test]
fn a_list_has_names_and_nothing_else_has() {
    let world = World::bare();
    let run = world.fsxctl("images -o name");
    run.ends_untouched(0);
    assert_eq!(run.requests.len(), 0);
    insta::assert_snapshot!(run.stdout, @"
    public.ecr.aws/fsx-csi-driver/aws-fsx-csi-driver:v1.9.0
    public.ecr.aws/csi-components/csi-provisioner:v6.2.0-eksbuild.2
    public.ecr.aws/csi-components/csi-resizer:v2.1.0-eksbuild.3
    public.ecr.aws/csi-components/csi-node-driver-registrar:v2.16.0-eksbuild.3
    public.ecr.aws/csi-components/livenessprobe:v2.18.0-eksbuild.3
    ");
    for words in ["setup dynamic -o name", "version -o name", "setup dynamic --dry-run --output-file name=x"]
    {
        let run = world.fsxctl(words);
        run.ends_untouched(2);
        run.says(2, &["-o name is for lists"]);
        assert_eq!(run.requests.len(), 0);
    }
}

#[test]
fn images_are_told_without_a_call_and_what_is_not_known_is_said() {
    let world = World::bare().env("EKS_CLUSTER_NAME", "hp-eks");
    let run = world.fsxctl("images");
    run.ends_untouched(0);
    assert_eq!(run.requests.len(), 0);
    insta::assert_snapshot!(run.stdout, @"
    public.ecr.aws/fsx-csi-driver/aws-fsx-csi-driver:v1.9.0
        fsx-plugin in Deployment fsx-csi-controller, DaemonSet fsx-csi-node
    public.ecr.aws/csi-components/csi-provisioner:v6.2.0-eksbuild.2
        csi-provisioner in Deployment fsx-csi-controller
    public.ecr.aws/csi-components/csi-resizer:v2.1.0-eksbuild.3
        csi-resizer in Deployment fsx-csi-controller
    public.ecr.aws/csi-components/csi-node-driver-registrar:v2.16.0-eksbuild.3
        node-driver-registrar in DaemonSet fsx-csi-node
    public.ecr.aws/csi-components/livenessprobe:v2.18.0-eksbuild.3
        liveness-probe in Deployment fsx-csi-controller, DaemonSet fsx-csi-node

    = images of chart aws-fsx-csi-driver 1.17.0, driver v1.9.0: what Helm and kustomize install
    ? the EKS add-on pulls EKS's own builds of these from a registry of EKS in the Region, whose account
      and repositories are not confirmed here; --cluster NAME reads them from a cluster that runs the
      add-on
    ");
    let json = world.fsxctl("images -o json").json();
    assert_eq!((&json["kind"], &json["cluster"]), (&"Images".into(), &Value::Null));
    assert_eq!(json["items"].as_array().expect("a list").len(), 5);
}

#[test]
fn images_of_a_cluster_are_those_that_run_there() {
    let world = World::of(&["ready"]);
    let run = world.fsxctl("images --cluster hp-eks -o json");
    run.ends_untouched(0);
    let json = run.json();
    assert_eq!(json["cluster"]["name"], "hp-eks");
    let images: Vec<&str> =
        json["items"].as_array().expect("a list").iter().filter_map(|item| item["image"].as_str()).collect();
    assert!(
        images.len() > 3 && images.iter().all(|image| image.contains(".dkr.ecr.us-west-2.")),
        "{images:?}"
    );
    assert_eq!(images.iter().collect::<BTreeSet<_>>().len(), images.len(), "each image once");
    World::bare().fsxctl("images -c hp-eks").says(0, &[]);
    let run = World::bare().fsxctl("images -c hp-eks");
    assert!(run.stdout.starts_with("! no FSx CSI driver runs in the cluster"), "{}", run.show());
    let hidden = World::of(&["ready", "denied: [\"kube:list daemonsets.apps\"]"]);
    let run = hidden.fsxctl("images -c hp-eks");
    run.ends_untouched(5);
    run.says(5, &["cannot see the driver's node plugin", "missing permission: list daemonsets.apps"]);
    World::bare().fsxctl("images -c nope").ends_untouched(2);
}

#[test]
fn a_question_is_no_object_so_none_is_asked_with_the_log_as_json() {
    let world = World::bare();
    let run = world.terminal(&["setup", "--log-format", "json"], (40, 100)).end();
    run.ends_untouched(2);
    log(&run);
    let mut terminal = world.terminal(&["setup", "dynamic"], (40, 100));
    terminal.until("Apply these changes? [y/N]");
    terminal.press(CTRL_C);
    terminal.end().ends_untouched(130);
}

#[test]
fn a_file_that_cannot_be_is_told_before_anything_is_made() {
    let world = World::bare();
    for words in ["--output-dir /dev/null/manifests", "--output-file json=/nowhere/receipt.json"] {
        let run = world.fsxctl(&format!("setup dynamic --yes -q {words}"));
        run.ends_untouched(2);
        assert!(
            run.stderr.contains("cannot write") || run.stderr.contains("is no directory"),
            "{}",
            run.show()
        );
    }
}
