//! The forms of an answer, commands about fsxctl itself, files, and text that means harm.

use std::io::{BufRead, BufReader};
use std::os::unix::fs::PermissionsExt;
use std::process::{Command, Stdio};

use serde_json::{Value, json};

use crate::finished::finished_and;
use crate::harness::{CLUSTER_ARN, World};

#[test]
fn yaml_and_jsonpath_say_what_json_says() {
    let world = finished_and(&[]);
    let json = world.fsxctl("setup dynamic -o json").json();
    let yaml = world.fsxctl("setup dynamic -o yaml");
    yaml.ends_untouched(0);
    let mut read: Value = serde_yaml::from_str(&yaml.stdout).expect("stdout is YAML");
    let mut wanted = json.clone();
    for document in [&mut read, &mut wanted] {
        for moment in ["startedAt", "durationMs"] {
            assert!(document.as_object_mut().unwrap().remove(moment).is_some(), "{moment}");
        }
    }
    assert_eq!(read, wanted);
    let path = world.fsxctl("setup dynamic -o jsonpath={.volume.fileSystemId}");
    path.ends_untouched(0);
    assert_eq!(path.stdout.trim(), json["volume"]["fileSystemId"].as_str().unwrap());
    let list = world.fsxctl("setup dynamic -o jsonpath={.items[*].step}");
    assert_eq!(list.stdout.trim(), "identity network driver storage");
}

#[test]
fn a_form_that_is_none_is_refused() {
    for words in [
        "version -o xml",
        "version -o jsonpath={.x",
        "version --output-file json",
        "version --color blue",
        "version --log-format xml",
    ] {
        let run = World::bare().fsxctl(words);
        run.ends_untouched(2);
        assert!(run.stderr.starts_with("error: "), "{}", run.show());
    }
}

#[test]
fn the_blocked_plan_is_in_the_error() {
    let world = finished_and(&[]);
    for words in
        ["setup dynamic --yes -o json --throughput 500", "setup dynamic --dry-run -o json --throughput 500"]
    {
        let run = world.fsxctl(words);
        run.ends_untouched(7);
        let error = run.json();
        assert_eq!(error["kind"], "Error");
        let items = error["plan"]["items"].as_array().unwrap();
        let blocked: Vec<&Value> =
            items.iter().filter(|item| item["decision"] == "blocked").map(|item| &item["step"]).collect();
        assert_eq!(blocked, ["storage"], "{error}");
    }
}

#[test]
fn a_command_line_that_cannot_be_read_is_a_document_too() {
    let world = World::bare();
    for words in [
        "setup dynamic -o json --nope",
        "-o json setup nothing",
        "--output=json setup dynamic --yes=maybe",
        "setup dynamic -ojson --role-arn a --role-name b",
    ] {
        let run = world.fsxctl(words);
        run.ends_untouched(2);
        let error = run.json();
        assert_eq!(
            (&error["kind"], &error["exitCode"], &error["code"]),
            (&json!("Error"), &json!(2), &json!(2)),
            "{words}"
        );
    }
    let run = world.env("FSXCTL_OUTPUT", "yaml").fsxctl("setup dynamic --nope");
    run.ends_untouched(2);
    let error: Value = serde_yaml::from_str(&run.stdout).expect("YAML");
    assert_eq!(error["kind"], "Error");
}

#[test]
fn for_people_a_slip_is_answered_with_what_was_meant() {
    let run = World::bare().fsxctl("setup dynamc");
    run.ends_untouched(2);
    insta::assert_snapshot!(run.show(), @"
    $ fsxctl setup dynamc
    code 2
    -- stderr
    error: unrecognized subcommand 'dynamc'
      tip: a similar subcommand exists: 'dynamic'
      Usage: fsxctl setup [OPTIONS] [COMMAND]
    next: fsxctl setup --help
    -- no write
    ");
    let run = World::bare().fsxctl("setup dynamic --troughput 250");
    run.ends_untouched(2);
    insta::assert_snapshot!(run.show(), @"
    $ fsxctl setup dynamic --troughput 250
    code 2
    -- stderr
    error: unexpected argument '--troughput' found
      tip: a similar argument exists: '--throughput'
      Usage: fsxctl setup dynamic --throughput <MB/S/TIB>
    next: fsxctl setup dynamic --help
    -- no write
    ");
}

#[test]
fn help_goes_to_stdout_and_is_no_failure() {
    let world = World::bare();
    for words in [
        "--help",
        "-h",
        "setup --help",
        "setup dynamic --help",
        "setup network -h",
        "--version",
        "env --help",
    ] {
        let run = world.fsxctl(words);
        run.ends_untouched(0);
        assert!(!run.stdout.trim().is_empty() && run.stderr.is_empty(), "{}", run.show());
        assert!(run.stdout.lines().all(|line| line.chars().count() <= 100), "{}", run.show());
        assert_eq!(run.requests.len(), 0);
    }
    world.fsxctl("").ends_untouched(2);
    world.fsxctl("setup").ends_untouched(2);
}

#[test]
fn settings_are_shown_with_their_sources_and_contradictions() {
    let world = World::bare()
        .env("AWS_REGION", "us-west-2")
        .env("EKS_CLUSTER_NAME", "hp-eks")
        .env("CLUSTER_NAME", "other")
        .env("FSXCTL_OUTPUT", "human")
        .env("SECURITY_GROUP_ID", "sg-'1'");
    let run = world.fsxctl("env --timeout 45m");
    insta::assert_snapshot!(run.show(), @"
    $ fsxctl env --timeout 45m
    code 0
    -- stdout
    FSXCTL_CLUSTER           hp-eks  (EKS_CLUSTER_NAME)
    ! CLUSTER_NAME says other and is not used
    FSXCTL_HYPERPOD          not set
    FSXCTL_REGION            us-west-2  (AWS_REGION)
    FSXCTL_PROFILE           not set
    FSXCTL_SUBNET            not set
    FSXCTL_SECURITY_GROUP    sg-'1'  (SECURITY_GROUP_ID)
    FSXCTL_FS_ID             not set
    FSXCTL_YES               not set
    FSXCTL_NO_INPUT          not set
    FSXCTL_OUTPUT            human  (FSXCTL_OUTPUT)
    FSXCTL_CONFIG            not set
    FSXCTL_TIMEOUT           45m  (--timeout)
    FSXCTL_LOG               not set
    -- no write
    ");
    let run = world.fsxctl("env --export");
    insta::assert_snapshot!(run.show(), @r"
    $ fsxctl env --export
    code 0
    -- stdout
    export FSXCTL_CLUSTER='hp-eks'
    export FSXCTL_REGION='us-west-2'
    export FSXCTL_SECURITY_GROUP='sg-'\''1'\'''
    export FSXCTL_OUTPUT='human'
    -- no write
    ");
    assert_eq!(run.requests.len(), 0);
    let run = world.fsxctl("env -o json");
    let cluster = run.json()["items"]
        .as_array()
        .unwrap()
        .iter()
        .find(|item| item["setting"] == "cluster")
        .cloned()
        .unwrap();
    assert_eq!(cluster["value"], "hp-eks");
    assert_eq!(cluster["source"], "EKS_CLUSTER_NAME");
    assert_eq!(cluster["conflicts"], json!([{"source": "CLUSTER_NAME", "value": "other"}]));
}

#[test]
fn what_is_exported_is_what_a_shell_reads_back() {
    let world = World::bare().env("FSXCTL_CLUSTER", "a'b $(touch x) \"c\"");
    let run = world.fsxctl("env --export");
    let script = format!("{}printf %s \"$FSXCTL_CLUSTER\"", run.stdout);
    let read =
        Command::new("sh").args(["-c", &script]).env_clear().current_dir(world.home.path()).output().unwrap();
    assert_eq!(String::from_utf8_lossy(&read.stdout), "a'b $(touch x) \"c\"");
    assert!(!world.home.path().join("x").exists());
}

#[test]
fn the_version_is_told_without_any_request() {
    let world = World::bare();
    let run = world.fsxctl("version -o json");
    run.ends_untouched(0);
    assert_eq!(run.json()["fsxctlVersion"], env!("CARGO_PKG_VERSION"));
    assert_eq!(run.requests.len(), 0);
    assert!(world.fsxctl("version").stdout.starts_with(concat!("fsxctl ", env!("CARGO_PKG_VERSION"))));
}

#[test]
fn schemas_are_those_of_the_reference() {
    let world = World::bare();
    let kinds = world.fsxctl("schema");
    let mut seen = 0;
    for kind in kinds.stdout.lines() {
        let printed = world.fsxctl(&format!("schema {kind}"));
        printed.ends_untouched(0);
        let path = format!("{}/docs/reference/{kind}.schema.json", env!("CARGO_MANIFEST_DIR"));
        let committed: Value = serde_json::from_str(&std::fs::read_to_string(&path).expect(&path)).unwrap();
        assert_eq!(printed.json(), committed, "{kind}");
        seen += 1;
    }
    assert!(seen >= 3, "{}", kinds.show());
    world.fsxctl("schema nope").ends_untouched(2);
}

#[test]
fn completions_and_manual_are_there_without_any_request() {
    let world = World::bare();
    for (words, has) in [
        ("completions bash", "_fsxctl()"),
        ("completions zsh", "#compdef fsxctl"),
        ("completions fish", "complete -c fsxctl"),
        ("completions powershell", "Register-ArgumentCompleter -Native -CommandName 'fsxctl'"),
        ("completions elvish", "set edit:completion:arg-completer[fsxctl]"),
        ("man", ".TH fsxctl"),
    ] {
        let run = world.fsxctl(words);
        run.ends_untouched(0);
        assert!(run.stdout.contains(has), "{words}: {}", run.stdout);
        assert!(run.requests.is_empty() && run.stderr.is_empty(), "{}", run.show());
    }
    world.fsxctl("completions tcsh").ends_untouched(2);
}

#[test]
fn the_shell_takes_the_completions() {
    let world = World::bare();
    let script = world.fsxctl("completions bash").stdout;
    let path = world.home.path().join("completions");
    std::fs::write(&path, script).unwrap();
    let read = Command::new("bash").arg("-n").arg(&path).output();
    let Ok(read) = read else {
        println!("skipped: there is no bash");
        return;
    };
    assert!(read.status.success(), "{}", String::from_utf8_lossy(&read.stderr));
}

#[test]
fn a_reader_that_goes_away_is_no_failure() {
    let world = World::bare();
    for words in [
        "man",
        "completions bash",
        "schema plan",
        "setup dynamic --dry-run",
        "setup dynamic --dry-run -o json",
        "setup dynamic --help",
    ] {
        let mut command = Command::new(env!("CARGO_BIN_EXE_fsxctl"));
        command.args(words.split(' ')).env_clear().envs(world.environment());
        let mut child = command.stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap();
        let mut line = String::new();
        // The end is closed after one line, at the latest before the program has anything to say.
        if words.contains("dry-run") {
            drop(child.stdout.take());
        } else {
            BufReader::with_capacity(16, child.stdout.take().unwrap()).read_line(&mut line).unwrap();
        }
        let output = child.wait_with_output().unwrap();
        assert_eq!(output.status.code(), Some(0), "{words}: {}", String::from_utf8_lossy(&output.stderr));
        let told = String::from_utf8_lossy(&output.stderr);
        assert!(!told.contains("panicked") && !told.contains("error"), "{words}: {told}");
    }
}

#[test]
fn answers_go_into_files_as_well() {
    let world = finished_and(&[]);
    let (json, human) = (world.home.path().join("answer.json"), world.home.path().join("answer.txt"));
    let files = [format!("json={}", json.display()), format!("human={}", human.display())];
    let run = world.run(&["setup", "dynamic", "--output-file", &files[0], "--output-file", &files[1]]);
    run.ends_untouched(0);
    let document: Value = serde_json::from_str(&std::fs::read_to_string(&json).unwrap()).unwrap();
    assert_eq!(document["kind"], "Receipt");
    assert!(std::fs::read_to_string(&human).unwrap().contains("Nothing to do"));
    // Never through a link.
    let link = world.home.path().join("link.json");
    std::os::unix::fs::symlink(world.home.path().join("elsewhere.json"), &link).unwrap();
    let run = world.run(&["setup", "dynamic", "-q", "--output-file", &format!("json={}", link.display())]);
    assert_ne!(run.code, Some(0), "{}", run.show());
    assert!(!world.home.path().join("elsewhere.json").exists());
}

#[test]
fn a_failure_goes_into_the_files_too() {
    let world = World::bare();
    let path = world.home.path().join("answer.json");
    let run = world.run(&[
        "setup",
        "dynamic",
        "--cluster",
        "nope",
        "--output-file",
        &format!("json={}", path.display()),
    ]);
    run.ends_untouched(2);
    let document: Value = serde_json::from_str(&std::fs::read_to_string(&path).unwrap()).unwrap();
    assert_eq!((&document["kind"], &document["exitCode"]), (&json!("Error"), &json!(2)));
}

#[test]
fn every_call_is_traced_on_a_line_without_secrets() {
    let world = World::bare();
    let path = world.home.path().join("calls.jsonl");
    let run = world.run(&["setup", "dynamic", "--yes", "-q", "--trace-calls", &path.display().to_string()]);
    assert_eq!(run.code, Some(0), "{}", run.show());
    let text = std::fs::read_to_string(&path).unwrap();
    let lines: Vec<Value> = text.lines().map(|line| serde_json::from_str(line).expect(line)).collect();
    let asked = run.requests.iter().filter(|it| it.verb.as_deref() != Some("watch")).count();
    let traced = lines.iter().filter(|line| !line.to_string().contains("watch")).count();
    assert_eq!(traced, asked, "{text}");
    assert_eq!(std::fs::metadata(&path).unwrap().permissions().mode() & 0o777, 0o600);
    for (name, value) in world.environment() {
        let is_secret =
            ["AWS_SECRET_ACCESS_KEY", "AWS_SESSION_TOKEN", "AWS_ACCESS_KEY_ID"].contains(&name.as_str());
        assert!(!is_secret || !text.contains(value.as_str()), "{name} is in the trace");
    }
    let kubeconfig = world.sandbox.kubeconfig();
    let token = kubeconfig
        .split("token: ")
        .nth(1)
        .map(|rest| rest.split_whitespace().next().unwrap_or_default().trim_matches('"'));
    if let Some(token) = token.filter(|token| token.len() > 8) {
        assert!(!text.contains(token), "the token is in the trace");
    }
    assert!(!text.contains("k8s-aws-v1.") && !text.contains("X-Amz-Signature"), "{text}");
    insta::with_settings!({filters => vec![(r#""(ms|at|time|requestId|request_id)": ?("[^"]*"|[0-9.]+)"#, r#""$1":"[..]""#)]}, {
        let first = lines.iter().find(|line| line.to_string().contains("CreateRole")).unwrap();
        insta::assert_snapshot!(first.to_string(), @r#"
        {"service":"iam","operation":"CreateRole","requestId":"[..]","status":200,"ms":"[..]","attempt":1}
        "#);
    });
}

#[test]
fn a_trace_goes_nowhere_through_a_link() {
    let world = World::bare();
    let link = world.home.path().join("calls.jsonl");
    std::os::unix::fs::symlink(world.home.path().join("elsewhere"), &link).unwrap();
    let run =
        world.run(&["setup", "dynamic", "--dry-run", "-q", "--trace-calls", &link.display().to_string()]);
    assert_ne!(run.code, Some(0), "{}", run.show());
    assert!(!world.home.path().join("elsewhere").exists());
}

#[test]
fn progress_as_json_is_one_object_a_line() {
    let world = World::bare();
    let run = world.fsxctl("setup identity --yes --log-format json -o json");
    assert_eq!(run.code, Some(0), "{}", run.show());
    let mut kinds: Vec<String> = run
        .stderr
        .lines()
        .filter(|line| line.starts_with('{'))
        .map(|line| {
            serde_json::from_str::<Value>(line).expect(line)["event"].as_str().unwrap_or_default().to_owned()
        })
        .collect();
    kinds.dedup();
    assert_eq!(kinds.first().map(String::as_str), Some("looking"), "{}", run.stderr);
    assert!(kinds.contains(&"done".to_owned()), "{}", run.stderr);
    let others: Vec<&str> = run.stderr.lines().filter(|line| !line.starts_with('{')).collect();
    assert!(others.is_empty(), "with --log-format json every line of stderr is an object: {others:?}");
}

/// A name with an escape sequence that would clear the screen, and a line of its own.
const HOSTILE_GROUP: &str = "
aws:
  ec2:
    SecurityGroups:
    - {GroupId: sg-0b10000000000000b, GroupName: \"evil\\e[2J\\e]0;title\\x07\\r\\n+ Role admin\\u202e\"}
";

#[test]
fn control_characters_of_the_world_are_escaped() {
    let world = World::of(&["bare", HOSTILE_GROUP]);
    for words in [
        "setup dynamic --dry-run",
        "setup dynamic --dry-run --color always",
        "setup dynamic --yes --no-wait",
        "setup dynamic --dry-run -q --security-group sg-0dead0000000000ff",
    ] {
        let run = world.fsxctl(words);
        let text = format!("{}{}", run.stdout, run.stderr);
        let colours_gone = text.replace("\u{1b}[0m", "");
        let bad = colours_gone.char_indices().find(|(at, letter)| {
            let is_colour = *letter == '\u{1b}'
                && words.contains("always")
                && colours_gone[*at..].starts_with("\u{1b}[")
                && !colours_gone[*at..].starts_with("\u{1b}[2J");
            letter.is_control() && *letter != '\n' && !is_colour || *letter == '\u{202e}'
        });
        assert_eq!(bad, None, "{words}: {text:?}");
        assert!(!text.lines().any(|line| line.starts_with("+ Role admin")), "{words}: {text}");
    }
    let run = world.fsxctl("setup dynamic --dry-run -q");
    let line = run.stdout.lines().find(|line| line.contains("evil"));
    insta::assert_snapshot!(line.unwrap_or_default(), @r"
    = security group sg-0b10000000000000b (evil�[2J�]0;title�\r\n+ Role admin\u{202e}): StorageClass
    ");
    let json = world.fsxctl("setup dynamic --dry-run -o json");
    assert!(json.json()["items"].to_string().contains("evil"), "{}", json.stdout);
    assert!(!json.stdout.contains('\u{1b}') && !json.stdout.contains('\u{202e}'), "{}", json.stdout);
}

#[test]
fn issues_of_an_add_on_are_escaped_too() {
    let failed = "
aws:
  eks:
    addons:
    - {clusterName: hp-eks, addonName: aws-fsx-csi-driver, addonVersion: v1.9.0-eksbuild.1, status: CREATE_FAILED, health: {issues: [{code: InternalFailure, message: \"a\\e[2Jb\\x07\\nc\"}]}}
";
    let world = World::of(&["bare", failed]);
    let run = world.fsxctl("setup dynamic --yes -q");
    run.ends_untouched(7);
    insta::assert_snapshot!(run.stderr.lines().next().unwrap_or_default(), @r"
    error: add-on aws-fsx-csi-driver is CREATE_FAILED (InternalFailure: a\u{1b}[2Jb\u{7}\nc)
    ");
}

#[test]
fn words_of_fsx_are_escaped_too() {
    let fault = "faults: [{service: fsx, operation: DescribeFileSystems, error: InternalServerError, status: 500, message: \"bad\\e[31m\\r\\n= all is well\"}]";
    let world = World::of(&["bare", fault]);
    let run = world.fsxctl("setup dynamic --yes -q");
    assert_ne!(run.code, Some(0), "{}", run.show());
    assert_eq!(run.writes(), Vec::<String>::new());
    assert!(!run.stderr.contains('\u{1b}') && !run.stderr.contains('\r'), "{:?}", run.stderr);
    assert!(!run.stderr.lines().any(|line| line.starts_with("= all is well")), "{}", run.stderr);
}

#[test]
fn the_cluster_is_in_every_document_that_knows_it() {
    let run = World::bare().fsxctl("setup dynamic --dry-run -o json");
    assert_eq!(
        run.json()["cluster"],
        json!({"name": "hp-eks", "arn": CLUSTER_ARN, "region": "us-west-2", "account": "111122223333"})
    );
}

#[test]
fn the_binary_answers_to_its_name_as_a_kubectl_plugin() {
    let world = World::bare();
    let plugin = world.home.path().join("kubectl-fsx_lustre");
    std::os::unix::fs::symlink(env!("CARGO_BIN_EXE_fsxctl"), &plugin).unwrap();
    let run = Command::new(&plugin).args(["version"]).env_clear().envs(world.environment()).output().unwrap();
    assert_eq!(run.status.code(), Some(0));
}
