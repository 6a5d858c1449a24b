//! What ends badly after a write: 10, in the words of FSx, EKS or the driver, with the way out.

use fsxctl_sandbox::Options;
use serde_json::json;

use crate::harness::{Run, World, sources};

/// A world in which something ends badly. The roles in it are seen at once.
fn world(fault: &str) -> World {
    World::with(Options { worlds: sources(&["bare"]), faults: vec![fault.to_owned()], ..Options::default() })
}

/// Asserts the end of both forms, and that people get the words and a way out.
#[track_caller]
fn ends_badly(run: &Run, words: &[&str]) {
    run.says(10, words);
    assert!(run.stderr.lines().any(|line| line.starts_with("next: ")), "{}", run.show());
    assert!(run.stderr.contains("\ndone before that:"), "{}", run.show());
}

#[test]
fn a_file_system_that_failed_is_told_with_the_words_of_fsx_again_and_again() {
    let fault =
        r#"service=fsx,operation=CreateFileSystem,outcome=FAILED,message="The subnet ran out of addresses""#;
    let world = world(fault);
    let words =
        ["is FAILED", "The subnet ran out of addresses", "next: mend what FSx names, delete the claim"];
    ends_badly(&world.fsxctl("setup dynamic --yes -q"), &words);
    // Nothing is left to do, so the same command looks at what became of it, and writes nothing.
    let again = world.fsxctl("setup dynamic --yes -q");
    again.says(10, &words);
    again.ends_untouched(10);
    // Who does not wait is not told, but nothing is called done either.
    let early = world.fsxctl("setup dynamic --yes -q --no-wait");
    early.ends_untouched(0);
    assert!(early.stdout.contains("was not waited for"), "{}", early.show());
}

#[test]
fn an_add_on_that_could_not_be_made_is_told_with_the_words_of_eks() {
    let fault = r#"service=eks,operation=CreateAddon,outcome=CREATE_FAILED,message="AccessDenied: the add-on may not make its objects""#;
    for words in ["setup dynamic --yes -q", "setup driver --yes -q"] {
        let world = world(fault);
        let run = world.fsxctl(words);
        let told = [
            "add-on aws-fsx-csi-driver is CREATE_FAILED",
            "AccessDenied: the add-on may not make its objects",
        ];
        ends_badly(&run, &told);
        assert!(run.stderr.contains("aws eks delete-addon"), "{}", run.show());
        // It stays in the way until somebody removes it.
        let again = world.fsxctl(words);
        again.says(
            7,
            &["is CREATE_FAILED (AccessDenied: the add-on may not make its objects)", "aws eks delete-addon"],
        );
        again.ends_untouched(7);
    }
}

#[test]
fn an_add_on_that_is_degraded_is_no_driver_that_was_installed() {
    let fault = r#"service=eks,operation=CreateAddon,outcome=DEGRADED,message="AdmissionRequestDenied: a webhook refuses its pods""#;
    for words in ["setup dynamic --yes -q", "setup driver --yes -q"] {
        let world = world(fault);
        let run = world.fsxctl(words);
        let told =
            ["add-on aws-fsx-csi-driver is DEGRADED", "AdmissionRequestDenied: a webhook refuses its pods"];
        ends_badly(&run, &told);
        // It is there, and what EKS says of it is not forgotten.
        let again = world.fsxctl(&format!("{words} --no-wait"));
        again.ends_untouched(0);
        assert!(
            again.stdout.contains("! AdmissionRequestDenied: a webhook refuses its pods"),
            "{}",
            again.show()
        );
    }
}

#[test]
fn an_add_on_whose_update_failed_is_told_with_the_words_of_eks() {
    let fault = r#"service=eks,operation=UpdateAddon,outcome=UPDATE_FAILED,message="K8sResourceNotFound: no such account""#;
    let world = world(fault);
    assert_eq!(world.fsxctl("setup driver --yes -q").code, Some(0));
    let run = world.fsxctl("setup dynamic --yes -q");
    ends_badly(&run, &["add-on aws-fsx-csi-driver is UPDATE_FAILED", "K8sResourceNotFound: no such account"]);
}

#[test]
fn every_bad_end_is_a_document_too() {
    let world = world(r#"service=eks,operation=CreateAddon,outcome=CREATE_FAILED,message="it broke""#);
    let run = world.fsxctl("setup driver --yes -q -o json");
    assert_eq!(run.code, Some(10), "{}", run.show());
    let error = run.json();
    assert_eq!(
        (&error["kind"], &error["exitCode"], &error["partial"]),
        (&json!("Error"), &json!(10), &json!(true))
    );
    assert_eq!(error["causes"], json!(["InternalFailure: it broke"]));
    assert!(error["next"].as_str().is_some_and(|next| next.contains("aws eks delete-addon")), "{error}");
}

#[test]
fn with_progress_as_json_a_failure_is_one_object_on_stderr() {
    let world = world(r#"service=eks,operation=CreateAddon,outcome=CREATE_FAILED,message="it broke""#);
    let run = world.fsxctl("setup driver --yes --log-format json");
    assert_eq!(run.code, Some(10), "{}", run.show());
    let events: Vec<serde_json::Value> = run
        .stderr
        .lines()
        .map(|line| serde_json::from_str(line).unwrap_or_else(|why| panic!("{why}: {line}")))
        .collect();
    let last = events.last().expect("events");
    assert_eq!(
        (&last["kind"], &last["event"], &last["error"]["code"]),
        (&json!("Event"), &json!("failed"), &json!(10))
    );
    assert_eq!(last["error"]["done"], json!(["Addon aws-fsx-csi-driver"]));
}

#[test]
fn the_receipt_names_the_add_on_that_came_to_be() {
    let run = World::bare().fsxctl("setup driver --yes -q -o json");
    assert_eq!(run.code, Some(0), "{}", run.show());
    let ids = run.json()["items"].to_string();
    assert!(ids.contains("arn:aws:eks:us-west-2:111122223333:addon/hp-eks/aws-fsx-csi-driver/"), "{ids}");
}
