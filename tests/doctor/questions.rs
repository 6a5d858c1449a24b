//! Narrow questions, and words that pick nothing.

use crate::case::{diagnosed, findings};
use crate::harness::World;

#[test]
fn what_is_not_there_is_said_so() {
    let world = World::of(&["done"]);
    for (words, says) in [
        ("doctor --pvc default/other", "there is no claim default/other"),
        ("doctor --pod default/other", "there is no pod default/other that uses a claim"),
        ("doctor --fs-id fs-0123456789abcdef0", "there is no Lustre file system fs-0123456789abcdef0"),
        ("doctor --only NRT", "picks no check; did you mean NET?"),
        ("doctor --skip FSX-NET-99", "picks no check"),
        ("doctor --pvc default/", "--pvc"),
        ("doctor --since soon", "--since"),
    ] {
        let run = world.fsxctl(words);
        run.says(2, &[says]);
        run.ends_untouched(2);
    }
}

#[test]
fn what_is_left_out_is_shown_on_demand_alone() {
    let world = World::of(&["done"]);
    let (_, report) = diagnosed(&world, "--only FSX-BIND-50 --show-passed");
    let found = findings(&report);
    let of = |state: &str| found.iter().filter(|line| line.contains(state)).count();
    assert_eq!(of(" passed "), 1, "{found:#?}");
    assert_eq!(of(" passed ") + of(" skipped "), found.len(), "{found:#?}");
    let (_, report) = diagnosed(&world, "--only FSX-BIND-50");
    assert_eq!(findings(&report), Vec::<String>::new());
}

#[test]
fn the_list_and_the_pages_need_no_credentials() {
    let world = World::of(&["done"]).env("AWS_ACCESS_KEY_ID", "").env("AWS_SECRET_ACCESS_KEY", "");
    let list = world.fsxctl("doctor list -o json");
    list.ends_untouched(0);
    assert!(list.requests.is_empty());
    let names = world.fsxctl("doctor list -o name");
    for name in names.stdout.lines() {
        let page = world.fsxctl(&format!("explain {name}"));
        assert_eq!(page.code, Some(0), "{}", page.show());
        assert!(page.stdout.starts_with(name), "{}", page.show());
    }
    assert_eq!(list.json()["items"].as_array().map(Vec::len), Some(names.stdout.lines().count()));
    world.fsxctl("explain FSX-INST-00").says(2, &["did you mean FSX-INST-01?"]);
}
