//! `fsxctl setup` at a terminal: asked, answered, left, and what is printed at the end.

use crate::finished::finished_and;
use crate::harness::{Run, World};
use crate::terminal::{BACKSPACE, CTRL_C, CTRL_D, DOWN, ENTER, ESC, Terminal, UP};

/// What each question of the bare world is known by.
const QUESTIONS: [&str; 12] = [
    "AWS Region [us-west-2]",
    "How does the driver get its AWS identity",
    "How is the CSI driver installed",
    "Namespace of the claim [default]",
    "Name of the claim [fsx-claim]",
    "Deployment type and throughput",
    "Size of the claim [1200Gi]",
    "Data compression",
    "What happens to the file system",
    "Subnet of the file system",
    "Security group of the file system",
    APPLY,
];
const APPLY: &str = "Apply these changes? [y/N]";

const SIZE: (u16, u16) = (40, 100);

fn wizard(world: &World) -> Terminal<'_> {
    world.terminal(&["setup"], SIZE)
}

/// Answers questions with Enter.
#[track_caller]
fn enter(terminal: &mut Terminal<'_>, questions: &[&str]) {
    for question in questions {
        terminal.until(question);
        terminal.press(ENTER);
    }
}

/// The last line.
fn command(run: &Run) -> &str {
    run.stderr.trim_end().lines().last().unwrap_or_default()
}

#[test]
fn enter_all_the_way_is_setup_dynamic() {
    let world = World::bare();
    let mut terminal = wizard(&world);
    enter(&mut terminal, &QUESTIONS[..11]);
    terminal.until(APPLY);
    terminal.line("y");
    let run = terminal.end();
    assert_eq!(run.code, Some(0), "{}", run.show());
    assert_eq!(command(&run), "fsxctl setup dynamic");
    let claim = world.object("PersistentVolumeClaim", "fsx-claim").expect("a claim");
    assert_eq!(claim["status"]["phase"], "Bound");
    assert!(run.stdout.contains("= claim default/fsx-claim is bound"), "{}", run.stdout);
    let typed = World::bare().fsxctl("setup dynamic --yes -q");
    assert_eq!(run.writes(), typed.writes());
    // What it printed finds nothing to do.
    world.fsxctl("setup dynamic").ends_untouched(0);
}

#[test]
fn answers_become_flags_and_the_command_does_the_same() {
    let world = World::bare();
    let mut terminal = wizard(&world);
    enter(&mut terminal, &QUESTIONS[..1]);
    terminal.until(QUESTIONS[1]);
    terminal.go(DOWN);
    terminal.press(ENTER);
    enter(&mut terminal, &QUESTIONS[2..3]);
    terminal.until(QUESTIONS[3]);
    terminal.line("ml");
    terminal.until("Namespace ml does not exist");
    terminal.press(ENTER);
    terminal.until(QUESTIONS[4]);
    terminal.line("training-data");
    terminal.until(QUESTIONS[5]);
    terminal.go(DOWN);
    terminal.press(ENTER);
    terminal.until("Size of the claim [1200Gi]");
    terminal.line("4000Gi");
    terminal.until("nearest legal value is");
    terminal.until("Size of the claim [4800Gi]");
    terminal.press(ENTER);
    for question in &QUESTIONS[7..9] {
        terminal.until(question);
        terminal.go(UP);
        terminal.press(ENTER);
    }
    enter(&mut terminal, &QUESTIONS[9..10]);
    terminal.until(QUESTIONS[10]);
    terminal.go(DOWN);
    terminal.press(ENTER);
    terminal.until(APPLY);
    terminal.line("n");
    let run = terminal.end();
    run.ends_untouched(9);
    let wanted = "fsxctl setup dynamic --identity irsa --namespace ml --create-namespace --claim training-data \
                  --throughput 500 --size 4800Gi --compression NONE --reclaim Delete --security-group create";
    assert_eq!(command(&run), wanted);
    let words = wanted.strip_prefix("fsxctl ").expect("the program");
    let done = world.fsxctl(&format!("{words} --yes -q"));
    assert_eq!(done.code, Some(0), "{}", done.show());
    let class = world.object("StorageClass", "fsx-sc").expect("a class");
    let parameters = &class["parameters"];
    assert_eq!(
        (
            &parameters["perUnitStorageThroughput"],
            &parameters["dataCompressionType"],
            &class["reclaimPolicy"]
        ),
        (&"500".into(), &"NONE".into(), &"Delete".into())
    );
    let claim = world.object("PersistentVolumeClaim", "training-data").expect("a claim");
    assert_eq!(
        (&claim["metadata"]["namespace"], &claim["spec"]["resources"]["requests"]["storage"]),
        (&"ml".into(), &"4800Gi".into())
    );
    world.fsxctl(&format!("{words} --yes")).ends_untouched(0);
}

#[test]
fn the_answer_of_a_machine_format_is_one_document_all_the_same() {
    let world = World::bare();
    let mut terminal = world.terminal(&["setup", "-o", "json"], SIZE);
    enter(&mut terminal, &QUESTIONS[..11]);
    terminal.until(APPLY);
    terminal.line("yes");
    let run = terminal.end();
    assert_eq!(run.code, Some(0), "{}", run.show());
    assert_eq!(run.json()["kind"], "Receipt");
    assert_eq!(command(&run), "fsxctl setup dynamic --output json");
    let mut terminal = world.terminal(&["setup", "-o", "json"], SIZE);
    terminal.until(QUESTIONS[0]);
    terminal.press(ESC);
    let error = terminal.end().json();
    assert_eq!((&error["kind"], &error["exitCode"]), (&"Error".into(), &9.into()));
}

/// What the page shows is what happens, where `...` stands for any number of lines.
#[test]
fn the_transcript_of_the_page_is_true() {
    let page = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("docs/getting-started.md");
    let page = std::fs::read_to_string(page).expect("the page");
    let (_, block) = page.split_once("```text\n$ fsxctl setup\n").expect("a transcript");
    let (block, _) = block.split_once("```").expect("its end");
    let world = World::bare();
    let mut terminal = wizard(&world);
    enter(&mut terminal, &QUESTIONS[..5]);
    terminal.until(QUESTIONS[5]);
    terminal.go(DOWN);
    terminal.press(ENTER);
    terminal.until(QUESTIONS[6]);
    terminal.line("4800Gi");
    enter(&mut terminal, &QUESTIONS[7..11]);
    terminal.until(APPLY);
    let mut rows = terminal.rows(100);
    terminal.line("n");
    let run = terminal.end();
    run.ends_untouched(9);
    let (_, after) = run.stderr.rsplit_once("error: declined").expect("an error");
    rows.retain(|row| !row.is_empty());
    *rows.last_mut().expect("the question") = format!("{APPLY} n");
    rows.push(format!("error: declined{}", after.lines().next().unwrap_or_default()));
    rows.extend(after.lines().skip(1).map(str::to_owned));
    let mut shown = block.lines().filter(|line| !line.is_empty()).peekable();
    let mut rows = rows.iter().map(|row| row.trim_end()).filter(|row| !row.is_empty());
    while let Some(line) = shown.next() {
        if line == "..." {
            let Some(next) = shown.next() else { break };
            assert!(rows.any(|row| row == next), "{next:?} never comes");
        } else {
            assert_eq!(rows.next(), Some(line));
        }
    }
    assert_eq!(rows.next(), None);
}

/// Leaves at every question in turn.
fn leave_everywhere(key: &str, code: i32) {
    let world = World::bare();
    for at in 0..QUESTIONS.len() {
        let mut terminal = wizard(&world);
        enter(&mut terminal, &QUESTIONS[..at]);
        terminal.until(QUESTIONS[at]);
        terminal.press(key);
        let run = terminal.end();
        run.ends_untouched(code);
        assert_eq!(command(&run), "fsxctl setup dynamic", "left at {}", QUESTIONS[at]);
        assert!(run.stdout.is_empty(), "left at {}: {}", QUESTIONS[at], run.stdout);
    }
}

#[test]
fn esc_leaves_every_question() {
    leave_everywhere(ESC, 9);
}

#[test]
fn the_end_of_input_leaves_every_question() {
    leave_everywhere(CTRL_D, 9);
}

#[test]
fn ctrl_c_interrupts_every_question() {
    leave_everywhere(CTRL_C, 130);
}

#[test]
fn what_was_answered_before_it_was_left_is_in_the_command() {
    let world = World::bare();
    let mut terminal = wizard(&world);
    enter(&mut terminal, &QUESTIONS[..4]);
    terminal.until(QUESTIONS[4]);
    terminal.line("it-is");
    terminal.until(QUESTIONS[5]);
    terminal.press(ESC);
    let run = terminal.end();
    run.ends_untouched(9);
    assert_eq!(command(&run), "fsxctl setup dynamic --claim it-is");
    run.says(9, &["left before the last question; nothing was changed", "as far as it was answered"]);
}

#[test]
fn a_signal_ends_a_prompt_with_its_own_code() {
    for (signal, code) in [("TERM", 143), ("INT", 130)] {
        for question in [0, 1, 11] {
            let world = World::bare();
            let mut terminal = wizard(&world);
            enter(&mut terminal, &QUESTIONS[..question]);
            terminal.until(QUESTIONS[question]);
            terminal.signal(signal);
            let run = terminal.end();
            run.ends_untouched(code);
            assert_eq!(command(&run), "fsxctl setup dynamic", "{}", run.show());
        }
    }
}

#[test]
fn a_terminal_that_goes_away_ends_it() {
    for question in [0, 1, 11] {
        let world = World::bare();
        let mut terminal = wizard(&world);
        enter(&mut terminal, &QUESTIONS[..question]);
        terminal.until(QUESTIONS[question]);
        terminal.hang_up();
        terminal.end().ends_untouched(9);
    }
}

#[test]
fn an_answer_that_cannot_be_is_told_and_asked_again() {
    let world = World::bare();
    let mut terminal = wizard(&world);
    terminal.until(QUESTIONS[0]);
    terminal.line("Mars");
    terminal.until("error: ");
    enter(&mut terminal, &QUESTIONS[..3]);
    terminal.until(QUESTIONS[3]);
    terminal.line("Not_Valid");
    terminal.until("--namespace");
    enter(&mut terminal, &QUESTIONS[3..6]);
    for (wrong, said) in [("lots", "--size"), ("-5", "--size"), ("0", "--size"), ("1500", "--size")] {
        terminal.until("Size of the claim");
        terminal.line(wrong);
        terminal.until(said);
    }
    terminal.until("Size of the claim");
    for key in ["9", "9", BACKSPACE, BACKSPACE] {
        terminal.go(key);
    }
    terminal.line("2400Gi");
    terminal.until(QUESTIONS[7]);
    terminal.press(ESC);
    let run = terminal.end();
    run.ends_untouched(9);
    assert_eq!(command(&run), "fsxctl setup dynamic --size 2400Gi", "{}", run.show());
}

#[test]
fn a_narrow_screen_shows_whole_lists_and_no_traces_of_moving() {
    let world = World::bare().env("COLUMNS", "40");
    let mut terminal = world.terminal(&["setup"], (12, 40));
    enter(&mut terminal, &QUESTIONS[..1]);
    let questions = ["How does the driver get its AWS", "How is the CSI driver installed"];
    enter(&mut terminal, &questions);
    enter(&mut terminal, &["[default]", "[fsx-claim]"]);
    terminal.until(QUESTIONS[5]);
    for key in [DOWN, DOWN, UP, DOWN, DOWN, DOWN, UP, UP] {
        terminal.go(key);
    }
    let rows = terminal.rows(40);
    let text = rows.join("\n");
    assert_eq!(text.matches("Deployment type and throughput").count(), 1, "{text}");
    assert_eq!(text.matches("500 MB/s per").count(), 1, "{text}");
    assert!(text.contains("> PERSISTENT_2: for data that stays,\n    newest generation; 1000 MB/s per\n    TiB, 1200 MB/s with 1200Gi"), "{text}");
    assert!(text.contains("more below)"), "{text}");
    terminal.press(ENTER);
    terminal.until("[1200Gi]");
    for digit in "123456789012345678901234567890".chars() {
        terminal.go(&digit.to_string());
    }
    let rows = terminal.rows(40);
    let last = rows.iter().rev().find(|row| !row.is_empty()).expect("a row");
    assert!(last.ends_with("234567890") && last.len() < 40, "{rows:#?}");
    terminal.press(ESC);
    let run = terminal.end();
    run.ends_untouched(9);
    assert_eq!(command(&run), "fsxctl setup dynamic --throughput 1000");
}

#[test]
fn a_screen_that_is_hardly_one_does_not_break_it() {
    let world = World::bare();
    for size in [(1, 1), (2, 3), (3, 20), (0, 0)] {
        let mut terminal = world.terminal(&["setup"], size);
        terminal.until("[us-west-2]");
        terminal.press(ENTER);
        terminal.until("identity");
        terminal.go(DOWN);
        terminal.press(CTRL_D);
        terminal.end().ends_untouched(9);
    }
}

#[test]
fn a_dumb_terminal_gets_numbers_and_nothing_that_moves_or_colours() {
    let world = World::bare().env("TERM", "dumb");
    let mut terminal = wizard(&world);
    enter(&mut terminal, &QUESTIONS[..5]);
    terminal.until(QUESTIONS[5]);
    terminal.until("Number [2]");
    terminal.line("12");
    terminal.until("type a number from 1 to 9");
    terminal.until("Number [2]");
    terminal.go("9");
    terminal.go(BACKSPACE);
    terminal.line("3");
    terminal.until(QUESTIONS[6]);
    assert!(!terminal.raw().contains('\u{1b}'), "{:?}", terminal.raw());
    terminal.press(ESC);
    let run = terminal.end();
    run.ends_untouched(9);
    assert_eq!(command(&run), "fsxctl setup dynamic --throughput 500");
}

#[test]
fn without_colour_nothing_is_coloured() {
    let world = World::bare().env("NO_COLOR", "1");
    let mut terminal = wizard(&world);
    enter(&mut terminal, &QUESTIONS[..2]);
    terminal.until(QUESTIONS[2]);
    terminal.press(ESC);
    let coloured = |raw: &str| {
        raw.split("\u{1b}[")
            .skip(1)
            .any(|code| code.trim_start_matches(|c: char| c.is_ascii_digit() || c == ';').starts_with('m'))
    };
    assert!(!coloured(&terminal.raw()), "{:?}", terminal.raw());
    terminal.end().ends_untouched(9);
    let world = World::bare();
    let mut terminal = wizard(&world);
    enter(&mut terminal, &QUESTIONS[..1]);
    terminal.until(QUESTIONS[1]);
    assert!(coloured(&terminal.raw()), "{:?}", terminal.raw());
    terminal.press(ESC);
    terminal.end().ends_untouched(9);
}

#[test]
fn where_nobody_can_be_asked_the_parts_are_listed() {
    let world = World::bare();
    let run = world.fsxctl("setup");
    run.ends_untouched(2);
    assert_eq!(run.requests.len(), 0);
    insta::assert_snapshot!(run.show(), @"
    $ fsxctl setup
    code 2
    -- stderr
    error: setup alone asks on a terminal, and here is nobody to ask
      setup dynamic    Identity, network, driver, StorageClass and claim; waits until the claim is Bound
      setup identity   The driver's identity alone: OIDC provider and role, or Pod Identity association
      setup network    The network alone: security group and rules for tcp 988 and 1018-1023
      setup driver     The CSI driver alone
    next: fsxctl setup dynamic --dry-run
    -- no write
    ");
    let error = world.fsxctl("setup -o json").json();
    assert_eq!((&error["kind"], &error["code"]), (&"Error".into(), &2.into()));
    for (arguments, ci) in [
        (vec!["setup", "--no-input"], ""),
        (vec!["setup", "--log-format", "json"], ""),
        (vec!["setup"], "true"),
    ] {
        let world = World::bare().env("CI", ci);
        let run = world.terminal(&arguments, SIZE).end();
        run.ends_untouched(2);
        assert!(run.stderr.contains("here is nobody to ask"), "{}", run.show());
    }
}

#[test]
fn a_finished_set_up_is_offered_as_it_is() {
    let world = finished_and(&[]);
    let mut terminal = wizard(&world);
    enter(&mut terminal, &QUESTIONS[..5]);
    terminal.until("StorageClass fsx-sc is there: PERSISTENT_2, 250 MB/s per TiB, LZ4, Retain");
    enter(&mut terminal, &["StorageClass [fsx-sc]"]);
    terminal.until("Claim default/fsx-claim is there with 1200Gi, Bound; it can grow");
    enter(&mut terminal, &["Size of the claim [1200Gi]"]);
    let run = terminal.end();
    run.ends_untouched(0);
    assert!(run.stdout.contains("Nothing to do: everything is as asked."), "{}", run.show());
    assert_eq!(command(&run), "fsxctl setup dynamic");
}

#[test]
fn another_class_is_looked_at_and_asked_about() {
    let world = finished_and(&[]);
    let mut terminal = wizard(&world);
    enter(&mut terminal, &QUESTIONS[..4]);
    terminal.until(QUESTIONS[4]);
    terminal.line("second");
    terminal.until("StorageClass [fsx-sc]");
    terminal.line("fsx-fast");
    enter(&mut terminal, &QUESTIONS[5..11]);
    terminal.until(APPLY);
    terminal.press(ENTER);
    let run = terminal.end();
    run.ends_untouched(9);
    assert_eq!(command(&run), "fsxctl setup dynamic --claim second --class fsx-fast");
}

const OTHER: &str = "
aws:
  eks:
    clusters:
    - name: other
      version: \"1.33\"
      resourcesVpcConfig: {vpcId: vpc-0a10000000000000a, subnetIds: [subnet-0a30000000000000a], clusterSecurityGroupId: sg-0a10000000000000a}
";

#[test]
fn of_several_clusters_one_is_chosen() {
    let world = World::of(&["bare", OTHER]).env("KUBECONFIG", "/nonexistent/kubeconfig");
    let mut terminal = wizard(&world);
    enter(&mut terminal, &QUESTIONS[..1]);
    terminal.until("EKS cluster");
    terminal.until("other");
    terminal.press(ENTER);
    terminal.until(QUESTIONS[1]);
    terminal.press(ESC);
    let run = terminal.end();
    run.ends_untouched(9);
    assert_eq!(command(&run), "fsxctl setup dynamic --cluster hp-eks");
    // The one that is meant without a flag needs none.
    let world = World::of(&["bare", OTHER]).env("EKS_CLUSTER_NAME", "hp-eks");
    let mut terminal = world.terminal(&["setup", "-r", "us-west-2", "-v"], SIZE);
    enter(&mut terminal, &[QUESTIONS[0], "EKS cluster"]);
    terminal.until(QUESTIONS[1]);
    terminal.press(ESC);
    assert_eq!(command(&terminal.end()), "fsxctl setup dynamic --region us-west-2 -v");
}

#[test]
fn clusters_that_cannot_be_listed_are_named() {
    let world =
        World::of(&["bare", "denied: [\"eks:ListClusters\"]"]).env("KUBECONFIG", "/nonexistent/kubeconfig");
    let mut terminal = wizard(&world);
    enter(&mut terminal, &QUESTIONS[..1]);
    terminal.until("cannot be listed (eks:ListClusters)");
    terminal.until("EKS cluster");
    terminal.line("hp-eks");
    terminal.until(QUESTIONS[1]);
    terminal.press(ESC);
    let run = terminal.end();
    run.ends_untouched(9);
    assert_eq!(command(&run), "fsxctl setup dynamic --cluster hp-eks");
}

#[test]
fn another_region_is_another_place() {
    let world = World::bare();
    let mut terminal = wizard(&world);
    terminal.until(QUESTIONS[0]);
    terminal.line("eu-west-1");
    // The kube context names a cluster of the first Region, so the only one of this Region has to be named.
    enter(&mut terminal, &["EKS cluster"]);
    terminal.until(QUESTIONS[1]);
    terminal.press(ESC);
    let run = terminal.end();
    run.ends_untouched(9);
    assert_eq!(command(&run), "fsxctl setup dynamic --region eu-west-1 --cluster hp-eks");
}

/// What a terminal would obey: clears the screen and forges a line.
const HOSTILE: &str = r"a\e[2J\r\n> yes";

#[test]
fn foreign_names_are_shown_and_not_obeyed() {
    let group = format!(
        "aws: {{ec2: {{SecurityGroups: [{{GroupId: sg-0c10000000000000c, GroupName: \"{HOSTILE}\", Description: x, VpcId: vpc-0a10000000000000a}}]}}}}"
    );
    let cluster = OTHER.replace("name: other", &format!("name: \"{HOSTILE}\""));
    let world = World::of(&["bare", &group, &cluster]).env("EKS_CLUSTER_NAME", "hp-eks");
    let mut terminal = wizard(&world);
    enter(&mut terminal, &QUESTIONS[..1]);
    terminal.until(r"a\u{1b}[2J\r\n> yes");
    terminal.press(ENTER);
    enter(&mut terminal, &QUESTIONS[1..10]);
    terminal.until(QUESTIONS[10]);
    // XML, which EC2 speaks, cannot carry the escape itself.
    terminal.until(r"[2J\r\n> yes): fsxctl adds rules to it");
    terminal.go(DOWN);
    terminal.go(DOWN);
    terminal.press(ENTER);
    terminal.until(APPLY);
    assert!(!terminal.raw().contains("\u{1b}[2J"), "{:?}", terminal.raw());
    terminal.press(ESC);
    let run = terminal.end();
    run.ends_untouched(9);
    let group = "--security-group sg-0c10000000000000c --adopt SecurityGroup/sg-0c10000000000000c";
    assert_eq!(command(&run), format!("fsxctl setup dynamic {group}"));

    let class = format!(
        "kubernetes: {{objects: [{{apiVersion: storage.k8s.io/v1, kind: StorageClass, metadata: {{name: fsx-sc}}, provisioner: fsx.csi.aws.com, parameters: {{deploymentType: \"{HOSTILE}\"}}}}]}}"
    );
    let world = World::of(&["bare", &class]);
    let mut terminal = wizard(&world);
    enter(&mut terminal, &QUESTIONS[..5]);
    terminal.until(r"fsx-sc is there: a\u{1b}[2J\r\n> yes, Delete");
    assert!(!terminal.raw().contains("\u{1b}[2J"), "{:?}", terminal.raw());
    terminal.press(ESC);
    terminal.end().ends_untouched(9);
}
