//! Ends that nobody wanted: refusals, time-outs, interruptions; each says what was done, what is left and what next.

use std::time::Duration;

use fsxctl_sandbox::Options;
use serde_json::json;

use crate::harness::{Run, World, sources};

fn faulty(fault: &str) -> World {
    World::with(Options { worlds: sources(&["bare"]), faults: vec![fault.to_owned()], ..Options::default() })
}

/// A world in which a file system takes as long as it does.
fn slow() -> World {
    let layer = "durations: {createFileSystem: 10m, addonActive: 1s, podReady: 1s, iamConsistency: 0s, ruleConsistency: 0s}";
    World::with(Options { worlds: sources(&["bare", layer]), speed: 1.0, ..Options::default() })
}

#[test]
fn a_file_system_that_failed_ends_with_10_and_the_words_of_fsx() {
    let world = faulty(
        r#"service=fsx,operation=CreateFileSystem,outcome=FAILED,message="The subnet ran out of addresses""#,
    );
    let run = world.fsxctl("setup dynamic --yes -q -o json");
    assert_eq!(run.code, Some(10), "{}", run.show());
    let error = run.json();
    assert_eq!(
        (&error["kind"], &error["exitCode"], &error["partial"]),
        (&json!("Error"), &json!(10), &json!(true))
    );
    let text = error.to_string();
    assert!(text.contains("is FAILED"), "{error}");
    assert!(text.contains("The subnet ran out of addresses"), "{error}");
    assert!(error["done"].as_array().is_some_and(|done| done.len() == 7), "{error}");
}

#[test]
fn a_driver_that_is_refused_for_good_ends_with_10_and_its_own_words() {
    // The driver is there, and its role may not make file systems; fsxctl is told to leave the identity alone. Takes a
    // minute: only a refusal that outlasts every consistency is final.
    let mute = "aws: {iam: {Roles: [{RoleName: FSXLCSI-hp-eks-us-west-2, AttachedPolicies: []}]}}";
    let world = World::of(&["ready", mute]);
    let run = world.fsxctl("setup dynamic --yes -q -o json --identity none");
    assert_eq!(run.code, Some(10), "{}", run.show());
    let error = run.json();
    assert!(error["message"].as_str().is_some_and(|it| it.contains("default/fsx-claim")), "{error}");
    assert!(error["causes"].to_string().contains("fsx:CreateFileSystem"), "{error}");
    assert_eq!(error["partial"], true);
}

#[test]
fn an_add_on_that_failed_ends_with_10_and_its_issues() {
    // The node plugin's account belongs to somebody else, which nobody but the add-on looks at.
    let account = "kubernetes: {objects: [{apiVersion: v1, kind: ServiceAccount, metadata: {name: fsx-csi-node-sa, namespace: kube-system, labels: {app.kubernetes.io/managed-by: Helm}}}]}";
    let world = World::of(&["bare", account]);
    let run = world.fsxctl("setup dynamic --yes -q --skip storage");
    assert_eq!(run.code, Some(10), "{}", run.show());
    let lines = run.stderr.lines().take_while(|line| !line.starts_with("done "));
    insta::assert_snapshot!(lines.collect::<Vec<_>>().join("\n"), @r"
    error: add-on aws-fsx-csi-driver is CREATE_FAILED
      caused by: ConfigurationConflict: Conflicts found when trying to apply. Will not continue due to
        resolve conflicts mode. Conflicts:\nServiceAccount fsx-csi-node-sa -
        .metadata.labels.app.kubernetes.io/managed-by
    ");
}

#[test]
fn a_wait_that_is_over_ends_with_6_and_how_to_go_on() {
    let world = slow();
    let run = world.fsxctl("setup dynamic --yes -q --timeout 2s");
    assert_eq!(run.code, Some(6), "{}", run.show());
    let causes = run.stderr.lines().filter(|line| !line.starts_with("  ") && !line.starts_with("= "));
    insta::assert_snapshot!(causes.collect::<Vec<_>>().join("\n"), @"
    error: waited 2 s for claim default/fsx-claim to be Bound
    done before that:
    next: run the same command again; it goes on waiting: fsxctl setup dynamic --yes -q --timeout 2s
    ");
    // The same command goes on waiting, and writes nothing more.
    let again = world.fsxctl("setup dynamic --yes -q --timeout 1s -o json");
    again.ends_untouched(6);
    assert_eq!(again.json()["partial"], false, "{}", again.stdout);
}

#[track_caller]
fn interrupted(signal: &str, code: i32) -> (World, Run) {
    let world = slow();
    let mut running = world.start(&["setup", "dynamic", "--yes", "-q"]);
    running.until(|entry| entry.verb.as_deref() == Some("watch"));
    running.signal(signal);
    let run = running.end();
    assert_eq!(run.code, Some(code), "{}", run.show());
    (world, run)
}

#[test]
fn an_interruption_while_it_waits_ends_with_130_and_the_command_that_goes_on() {
    let (world, run) = interrupted("INT", 130);
    let lines = run.stderr.lines().filter(|line| !line.starts_with("  ") && !line.starts_with("= "));
    insta::assert_snapshot!(lines.collect::<Vec<_>>().join("\n"), @"
    error: interrupted
    done before that:
    next: run the same command again; it goes on where this one stopped: fsxctl setup dynamic --yes -q
    ");
    let text = run.stderr.replace('\n', " ");
    assert!(text.contains("PersistentVolumeClaim default/fsx-claim"), "{}", run.show());
    world.fsxctl("setup dynamic --yes -q --no-wait").ends_untouched(0);
}

#[test]
fn a_termination_while_it_waits_ends_with_143() {
    interrupted("TERM", 143);
}

#[test]
fn an_interruption_while_it_looks_writes_nothing() {
    let world = World::with(Options { latency: Duration::from_millis(700), ..Options::default() });
    let mut running = world.start(&["setup", "dynamic", "--yes", "-q"]);
    running.until(|entry| entry.api == "aws");
    running.signal("INT");
    running.end().ends_untouched(130);
}

#[test]
fn a_termination_while_it_looks_or_writes_is_no_other_than_an_interruption() {
    for operation in ["DescribeCluster", "CreateOpenIDConnectProvider"] {
        let world = World::with(Options { latency: Duration::from_millis(700), ..Options::default() });
        let mut running = world.start(&["setup", "dynamic", "--yes"]);
        running.until(|entry| entry.operation.as_deref() == Some(operation));
        running.signal("TERM");
        let run = running.end();
        assert_eq!(run.code, Some(143), "{}", run.show());
        let has_written = operation.starts_with("Create");
        assert_eq!(run.stderr.contains("\nleft to do:"), has_written, "{}", run.show());
        assert_eq!(run.stderr.contains("\nstopping after "), has_written, "{}", run.show());
        assert!(
            run.stderr.contains("it goes on where this one stopped: fsxctl setup dynamic --yes"),
            "{}",
            run.show()
        );
        // It does.
        let again = world.fsxctl("setup dynamic --yes -q");
        assert_eq!(again.code, Some(0), "{}", again.show());
    }
}

#[test]
fn a_second_interruption_does_not_wait_for_what_hangs() {
    let world = faulty("service=eks,operation=CreateAddon,error=timeout");
    let mut running = world.start(&["setup", "driver", "--yes", "-o", "json"]);
    running.until(|entry| entry.operation.as_deref() == Some("CreateAddon"));
    running.signal("INT");
    // The first is answered, and what hangs is waited for: its own limit is half a minute.
    std::thread::sleep(Duration::from_secs(2));
    running.is_running();
    running.signal("INT");
    let run = running.end();
    assert_eq!(run.code, Some(130), "{}", run.show());
    assert!(run.took < Duration::from_secs(20), "{:?}", run.took);
    let error = run.json();
    assert_eq!(error["left"], json!(["Addon aws-fsx-csi-driver"]), "{error}");
    assert_eq!(
        error["causes"],
        json!(["Addon aws-fsx-csi-driver was not waited for and may have been made"])
    );
}

#[test]
fn an_interruption_does_not_wait_until_a_role_is_seen_everywhere() {
    let layer = "durations: {createFileSystem: 4s, addonActive: 1s, podReady: 1s, iamConsistency: 10m}";
    let world = World::with(Options { worlds: sources(&["bare", layer]), speed: 1.0, ..Options::default() });
    let mut running = world.start(&["setup", "dynamic", "--yes", "--skip", "storage"]);
    running.until(|entry| entry.operation.as_deref() == Some("CreateAddon") && entry.error.is_some());
    running.signal("INT");
    let run = running.end();
    assert_eq!(run.code, Some(130), "{}", run.show());
    assert!(run.took < Duration::from_secs(30), "{:?}", run.took);
    assert!(run.stderr.contains("\n! Addon aws-fsx-csi-driver"), "{}", run.show());
}

#[test]
fn an_interruption_between_writes_lists_what_is_left() {
    let world = World::with(Options { latency: Duration::from_millis(700), ..Options::default() });
    let mut running = world.start(&["setup", "dynamic", "--yes", "-q", "-o", "json"]);
    running.until(|entry| entry.operation.as_deref() == Some("CreateOpenIDConnectProvider"));
    running.signal("INT");
    let run = running.end();
    assert_eq!(run.code, Some(130), "{}", run.show());
    let error = run.json();
    assert_eq!(error["partial"], true, "{error}");
    let left = error["left"].as_array().unwrap();
    assert!(left.contains(&json!("Addon aws-fsx-csi-driver")), "{error}");
    assert!(!run.writes().contains(&"eks CreateAddon".to_owned()), "{}", run.show());
}

#[test]
fn throttling_is_waited_out_and_not_for_ever() {
    let world = faulty("service=fsx,operation=DescribeFileSystems,error=ThrottlingException,times=2");
    let run = world.fsxctl("setup dynamic --dry-run -q");
    run.ends_untouched(0);
    let asked =
        run.requests.iter().filter(|it| it.operation.as_deref() == Some("DescribeFileSystems")).count();
    assert_eq!(asked, 3);
    let world = faulty("service=fsx,operation=DescribeFileSystems,error=ThrottlingException");
    let run = world.fsxctl("setup dynamic --yes -q");
    run.ends_untouched(6);
    let asked =
        run.requests.iter().filter(|it| it.operation.as_deref() == Some("DescribeFileSystems")).count();
    assert_eq!(asked, 3);
    assert!(run.stderr.contains("ThrottlingException"), "{}", run.show());
}

#[test]
fn a_write_that_is_throttled_is_repeated_and_made_once() {
    let world = faulty("service=iam,operation=CreateRole,error=Throttling,times=2");
    let run = world.fsxctl("setup identity --yes -q");
    assert_eq!(run.code, Some(0), "{}", run.show());
    assert_eq!(run.writes().iter().filter(|it| *it == "iam CreateRole").count(), 1, "{}", run.show());
}

#[test]
fn a_group_that_is_gone_is_not_waited_for_and_one_that_is_new_is() {
    let gone = "service=ec2,operation=AuthorizeSecurityGroupIngress,error=InvalidGroup.NotFound";
    let run = faulty(gone).fsxctl("setup network --yes -q");
    run.says(
        7,
        &[
            "the object is not there any more",
            "next: run the same command again; it looks at what is there now",
        ],
    );
    assert_eq!(run.requests.iter().filter(|it| it.write).count(), 1, "{}", run.show());
    let world = faulty(&format!("{gone},times=2"));
    let run = world.fsxctl("setup network --yes -q --security-group create");
    assert_eq!(run.code, Some(0), "{}", run.show());
}

#[test]
fn a_role_that_is_not_seen_yet_is_waited_for() {
    // Real consistency, a quarter of it: the add-on is refused until the role can be assumed.
    let world = World::with(Options {
        speed: 4.0,
        worlds: sources(&["bare", "durations: {createFileSystem: 4s, addonActive: 1s, podReady: 1s}"]),
        ..Options::default()
    });
    let run = world.fsxctl("setup dynamic --yes --skip storage --no-wait");
    assert_eq!(run.code, Some(0), "{}", run.show());
    assert!(
        run.stderr.contains("waiting until Addon aws-fsx-csi-driver is seen everywhere: "),
        "{}",
        run.stderr
    );
}

#[test]
fn two_at_once_leave_one_set_of_objects() {
    let world = World::with(Options { latency: Duration::from_millis(150), ..Options::default() });
    let words = ["setup", "dynamic", "--yes", "-q"];
    let (one, two) = (world.start(&words), world.start(&words));
    for run in [one.end(), two.end()] {
        assert!(matches!(run.code, Some(0 | 7)), "{}", run.show());
    }
    let saved = world.saved();
    assert_eq!(saved["aws"]["fsx"]["FileSystems"].as_array().map(Vec::len), Some(1));
    world.fsxctl("setup dynamic --yes -q").ends_untouched(0);
}
