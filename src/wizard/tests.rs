//! The questions of worlds that differ, and the command lines that answers make.

use std::collections::BTreeMap;

use super::*;
use crate::cli::GlobalArgs;
use crate::facts::{Claim, Namespace, Seen, StorageClass, Veil};

type Env = BTreeMap<String, String>;

/// A sheet with the default answered to all questions, and their names in order.
fn defaults<'a>(facts: &Facts, env: &'a Env) -> (Sheet<'a>, Vec<&'static str>) {
    let mut sheet = Sheet::new("fsxctl", &GlobalArgs::default(), env);
    let mut names = Vec::new();
    while let Some(question) = next(&sheet, facts) {
        let words = match &question.form {
            Form::Choice { options, preselected } => options[*preselected].words.clone(),
            Form::Text { start, .. } => question.words_of(start),
        };
        sheet.answer(question.name, words).unwrap();
        names.push(question.name);
    }
    (sheet, names)
}

/// Labels and words of a question's list.
fn options(facts: &Facts, name: &str, env: &Env) -> Vec<(String, String)> {
    let mut sheet = Sheet::new("fsxctl", &GlobalArgs::default(), env);
    loop {
        let question = next(&sheet, facts).unwrap_or_else(|| panic!("no question {name}"));
        let Form::Choice { options, preselected } = &question.form else {
            sheet.answer(question.name, Vec::new()).unwrap();
            continue;
        };
        if question.name == name {
            return options.iter().map(|option| (option.words.join(" "), option.label.clone())).collect();
        }
        sheet.answer(question.name, options[*preselected].words.clone()).unwrap();
    }
}

fn veil() -> Veil {
    Veil { permission: "p".to_owned(), cause: "c".to_owned() }
}

#[test]
fn the_default_of_every_question_needs_no_flag() {
    let env = Env::new();
    let mut hidden = Facts::bare();
    hidden.network.subnets = Seen::Hidden(veil());
    hidden.network.groups = Seen::Hidden(veil());
    hidden.nodes = Seen::Hidden(veil());
    hidden.driver.addon = Seen::Hidden(veil());
    for facts in [Facts::bare(), hidden] {
        let (sheet, names) = defaults(&facts, &env);
        assert_eq!(sheet.command(), "fsxctl setup dynamic");
        assert!(names.contains(&"identity") && names.contains(&"size"), "{names:?}");
    }
}

#[test]
fn every_answer_of_every_list_is_a_command_that_can_be() {
    let (env, facts) = (Env::new(), Facts::bare());
    let (_, names) = defaults(&facts, &env);
    let mut seen = 0;
    for name in names.into_iter().filter(|name| !["namespace", "claim", "class", "size"].contains(name)) {
        for (words, label) in options(&facts, name, &env) {
            let mut sheet = Sheet::new("fsxctl", &GlobalArgs::default(), &env);
            let words = words.split_whitespace().map(str::to_owned).collect();
            sheet.answer(name, words).unwrap_or_else(|error| panic!("{name} {label}: {error}"));
            seen += 1;
        }
    }
    assert!(seen > 20, "{seen}");
}

#[test]
fn what_is_there_is_not_asked_again() {
    let env = Env::new();
    let mut facts = Facts::bare();
    facts.storage.class = Seen::Found(StorageClass {
        name: "fsx-sc".to_owned(),
        reclaim_policy: "Delete".to_owned(),
        ..StorageClass::default()
    });
    facts.storage.claim = Seen::Found(Claim { size: "2400Gi".to_owned(), ..Claim::default() });
    facts.storage.namespace = Seen::Found(Namespace::default());
    let (sheet, names) = defaults(&facts, &env);
    assert_eq!(names, ["identity", "driver", "namespace", "claim", "class", "size"]);
    assert_eq!(sheet.command(), "fsxctl setup dynamic");
}

#[test]
fn a_missing_namespace_is_asked_about_and_a_hidden_one_is_not() {
    let env = Env::new();
    for (seen, asked) in [(Seen::Missing, true), (Seen::Hidden(veil()), false)] {
        let mut facts = Facts::bare();
        facts.storage.namespace = seen;
        let (_, names) = defaults(&facts, &env);
        assert_eq!(names.contains(&"create-namespace"), asked);
    }
}

#[test]
fn a_variable_that_names_the_subnet_is_said_so() {
    let facts = Facts::bare();
    let id = facts.network.subnets.found().unwrap()[0].id.clone();
    let env = Env::from([("PRIVATE_SUBNET_ID".to_owned(), id.clone())]);
    let (words, label) = options(&facts, "subnet", &env).remove(0);
    assert_eq!(words, "");
    assert!(label.starts_with(&format!("PRIVATE_SUBNET_ID: {id} (")), "{label}");
}

#[test]
fn words_are_quoted_for_a_shell() {
    let rows = [
        ("fsx-claim", "fsx-claim"),
        ("arn:aws:iam::1:role/a+b=c,d@e_f%", "arn:aws:iam::1:role/a+b=c,d@e_f%"),
        ("", "''"),
        ("a b", "'a b'"),
        ("$(rm -rf /)", "'$(rm -rf /)'"),
        ("it's", "'it'\\''s'"),
        ("~", "'~'"),
        ("größe", "'größe'"),
    ];
    for (word, wanted) in rows {
        assert_eq!(quoted(word), wanted);
    }
}

#[test]
fn the_command_has_what_was_typed_and_what_was_answered() {
    let env = Env::new();
    let global = GlobalArgs {
        region: Some("us-west-2".to_owned()),
        profile: Some("my profile".to_owned()),
        ..GlobalArgs::default()
    };
    let mut sheet = Sheet::new("kubectl fsx-lustre", &global, &env);
    let words = |words: &[&str]| words.iter().map(|word| (*word).to_owned()).collect::<Vec<_>>();
    sheet.answer("region", words(&["--region", "eu-west-1"])).unwrap();
    sheet.answer("size", words(&["--size", "2400Gi"])).unwrap();
    assert_eq!(
        sheet.command(),
        "kubectl fsx-lustre setup dynamic --profile 'my profile' --region eu-west-1 --size 2400Gi"
    );
    assert!(sheet.answer("region", words(&["--region", "Mars"])).is_err());
    assert!(sheet.answer("size", words(&["--size=-1"])).is_err());
    assert!(sheet.command().ends_with("--size 2400Gi"));
}

#[test]
fn an_illegal_size_is_asked_again_from_the_nearest_legal_one() {
    let (env, facts) = (Env::new(), Facts::bare());
    let sheet = Sheet::new("fsxctl", &GlobalArgs::default(), &env);
    let question = storage::size(&sheet, &facts).unwrap();
    for (typed, nearest) in [("1500Gi", "1200Gi"), ("4000Gi", "4800Gi"), ("1", "1200Gi"), (" 5Ti ", "4800Gi")]
    {
        let again = sheet.nearest(&question, typed).unwrap();
        assert_eq!(again.words_of(nearest), ["--size", nearest], "{typed}");
        assert!(matches!(again.form, Form::Text { start, .. } if start == nearest), "{typed}");
    }
    assert_eq!(sheet.nearest(&question, "lots"), None);
    let claim = storage::claim(&sheet, &facts).unwrap();
    assert_eq!(sheet.nearest(&claim, "1500Gi"), None);
}

#[test]
fn one_cluster_is_asked_for_only_when_it_would_have_to_be_named() {
    let all = ["a".to_owned(), "b".to_owned()];
    let asked = |there: &[String], meant, alone| {
        let question = cluster(Some(there), meant, alone)?;
        let Form::Choice { options, preselected } = question.form else { panic!("a list") };
        Some((options.iter().map(|option| option.words.join(" ")).collect::<Vec<_>>(), preselected))
    };
    assert_eq!(asked(&all[..1], None, true), None);
    assert_eq!(asked(&all[..1], Some("a"), true), None);
    assert_eq!(asked(&all[..1], None, false), Some((vec!["--cluster a".to_owned()], 0)));
    assert_eq!(asked(&all[..1], Some("z"), true), Some((vec!["--cluster a".to_owned()], 0)));
    assert_eq!(asked(&all, Some("b"), true), Some((vec!["--cluster a".to_owned(), String::new()], 1)));
    assert_eq!(asked(&all, None, true), Some((vec!["--cluster a".to_owned(), "--cluster b".to_owned()], 0)));
}
