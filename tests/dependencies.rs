//! What is linked, and under which licences: `deny.toml` held against `Cargo.lock` and the metadata of cargo, so that
//! the bans count on a machine without cargo-deny as well.

use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;
use std::process::Command;

use serde_json::Value;

/// One row of `bans.deny`.
#[derive(Debug, Clone, PartialEq, Eq)]
enum Ban {
    /// No version of it.
    Whole(String),
    /// No version below this one.
    Below(String, Vec<u64>),
    /// No two versions of it.
    Twice(String),
}

/// The rules of `deny.toml`.
struct Rules {
    bans: Vec<Ban>,
    licences: BTreeSet<String>,
}

fn read(path: &str) -> String {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join(path);
    std::fs::read_to_string(&path).unwrap_or_else(|error| panic!("{}: {error}", path.display()))
}

/// Numbers of a version; a pre-release counts as its version.
fn numbers(version: &str) -> Vec<u64> {
    let plain = version.split(['-', '+']).next().unwrap_or_default();
    plain.split('.').map(|part| part.parse().unwrap_or_else(|_| panic!("version {version:?}"))).collect()
}

/// Reads the rows that this test knows; a row of `bans.deny` that it does not know is a fault of the file.
fn rules(text: &str) -> Rules {
    let mut rules = Rules { bans: Vec::new(), licences: BTreeSet::new() };
    let mut list = "";
    for line in text.lines().map(str::trim).filter(|line| !line.is_empty() && !line.starts_with('#')) {
        match line {
            "deny = [" => list = "deny",
            "allow = [" => list = "allow",
            "]" => list = "",
            row if list == "deny" => rules.bans.push(ban(row)),
            row if list == "allow" => _ = rules.licences.insert(row.trim_matches([',', '"']).to_owned()),
            _ => {}
        }
    }
    rules
}

fn ban(row: &str) -> Ban {
    let name = row.split('"').nth(1).unwrap_or_else(|| panic!("no crate in {row}"));
    match (name.split_once("@<"), row.contains("deny-multiple-versions = true")) {
        (Some((name, version)), false) => Ban::Below(name.to_owned(), numbers(version)),
        (None, true) => Ban::Twice(name.to_owned()),
        (None, false) if !name.contains('@') => Ban::Whole(name.to_owned()),
        _ => panic!("this test does not understand {row}"),
    }
}

/// Every package of a lock file: name and versions.
fn locked(text: &str) -> BTreeMap<String, Vec<Vec<u64>>> {
    let mut packages: BTreeMap<String, Vec<Vec<u64>>> = BTreeMap::new();
    let mut name = "";
    for line in text.lines() {
        if let Some(value) = line.strip_prefix("name = ") {
            name = value.trim_matches('"');
        } else if let Some(value) = line.strip_prefix("version = \"") {
            packages.entry(name.to_owned()).or_default().push(numbers(value.trim_end_matches('"')));
        }
    }
    packages.remove("");
    packages
}

/// What is banned and there all the same.
fn banned(bans: &[Ban], packages: &BTreeMap<String, Vec<Vec<u64>>>) -> Vec<String> {
    let versions = |name: &String| packages.get(name).map_or(&[][..], Vec::as_slice);
    let fault = |ban: &Ban| match ban {
        Ban::Whole(name) => (!versions(name).is_empty()).then(|| format!("{name} is banned")),
        Ban::Below(name, least) => {
            let low = versions(name).iter().find(|version| *version < least)?;
            Some(format!("{name} {low:?} is older than {least:?}"))
        }
        Ban::Twice(name) => {
            (versions(name).len() > 1).then(|| format!("{name} is there {} times", versions(name).len()))
        }
    };
    bans.iter().filter_map(fault).collect()
}

/// Whether a licence expression can be met with allowed licences alone. `/` is an old way to write OR.
fn is_allowed(expression: &str, allowed: &BTreeSet<String>) -> bool {
    let spaced = expression.replace('/', " OR ").replace('(', " ( ").replace(')', " ) ");
    let words: Vec<&str> = spaced.split_whitespace().collect();
    let (verdict, rest) = any_of(&words, allowed);
    verdict && rest.is_empty()
}

fn any_of<'a, 'b>(words: &'a [&'b str], allowed: &BTreeSet<String>) -> (bool, &'a [&'b str]) {
    let (mut verdict, mut rest) = all_of(words, allowed);
    while let ["OR", more @ ..] = rest {
        let (next, after) = all_of(more, allowed);
        (verdict, rest) = (verdict || next, after);
    }
    (verdict, rest)
}

fn all_of<'a, 'b>(words: &'a [&'b str], allowed: &BTreeSet<String>) -> (bool, &'a [&'b str]) {
    let (mut verdict, mut rest) = one(words, allowed);
    while let ["AND", more @ ..] = rest {
        let (next, after) = one(more, allowed);
        (verdict, rest) = (verdict && next, after);
    }
    (verdict, rest)
}

fn one<'a, 'b>(words: &'a [&'b str], allowed: &BTreeSet<String>) -> (bool, &'a [&'b str]) {
    match words {
        ["(", rest @ ..] => match any_of(rest, allowed) {
            (verdict, [")", rest @ ..]) => (verdict, rest),
            (_, rest) => (false, rest),
        },
        [licence, "WITH", exception, rest @ ..] => {
            (allowed.contains(&format!("{licence} WITH {exception}")), rest)
        }
        [licence, rest @ ..] => (allowed.contains(*licence), rest),
        [] => (false, words),
    }
}

/// The metadata of cargo, offline. A machine that has only its own platform's crates is asked for those.
fn metadata() -> Value {
    let ask = |more: &[&str]| {
        let mut cargo = Command::new(std::env::var_os("CARGO").unwrap_or_else(|| "cargo".into()));
        cargo.current_dir(env!("CARGO_MANIFEST_DIR"));
        cargo
            .args(["metadata", "--locked", "--offline", "--format-version", "1"])
            .args(more)
            .output()
            .expect("cargo runs")
    };
    let mut answer = ask(&[]);
    if !answer.status.success() {
        let version = Command::new("rustc").arg("-vV").output().expect("rustc runs");
        let version = String::from_utf8_lossy(&version.stdout).into_owned();
        let host =
            version.lines().find_map(|line| line.strip_prefix("host: ")).expect("rustc names its host");
        println!("only the crates for {host} are there, so only their licences are looked at");
        answer = ask(&["--filter-platform", host]);
    }
    assert!(answer.status.success(), "{}", String::from_utf8_lossy(&answer.stderr));
    serde_json::from_slice(&answer.stdout).expect("cargo metadata is JSON")
}

#[test]
fn nothing_banned_is_in_the_lock_file() {
    let bans = rules(&read("deny.toml")).bans;
    let packages = locked(&read("Cargo.lock"));
    assert!(packages.contains_key("fsxctl") && packages.contains_key("rustls"), "the lock file was not read");
    assert_eq!(banned(&bans, &packages), Vec::<String>::new());
}

#[test]
fn every_licence_is_permissive() {
    let allowed = rules(&read("deny.toml")).licences;
    let metadata = metadata();
    let packages = metadata["packages"].as_array().expect("packages");
    assert!(packages.len() > 100, "{} packages are too few to be all", packages.len());
    let faults: Vec<String> = packages
        .iter()
        .filter(|package| !is_allowed(package["license"].as_str().unwrap_or_default(), &allowed))
        .map(|package| format!("{}: {}", package["name"], package["license"]))
        .collect();
    assert_eq!(faults, Vec::<String>::new());
}

#[test]
fn the_shipped_program_does_not_link_the_sandbox() {
    let manifest = read("Cargo.toml");
    let shipped =
        manifest.split("[dependencies]").nth(1).and_then(|rest| rest.split("\n[dev-dependencies]").next());
    let shipped = shipped.expect("dependencies come before dev-dependencies");
    assert!(shipped.contains("aws-sdk-fsx"), "the dependencies were not read");
    assert!(!shipped.contains("fsxctl-sandbox"), "the sandbox is for tests");
}

#[test]
fn the_bans_can_be_broken() {
    let bans = rules(&read("deny.toml")).bans;
    let lock = |name: &str, versions: &[&str]| {
        let rows = versions
            .iter()
            .map(|version| format!("[[package]]\nname = \"{name}\"\nversion = \"{version}\"\n"));
        banned(&bans, &locked(&rows.collect::<String>()))
    };
    for name in ["openssl", "native-tls", "aws-lc-rs", "aws-lc-sys", "serde_yaml"] {
        assert_eq!(lock(name, &["1.0.0"]), [format!("{name} is banned")]);
    }
    assert_eq!(lock("hyper", &["0.14.32"]).len(), 1);
    assert_eq!(lock("h2", &["0.3.26"]).len(), 1);
    assert_eq!(lock("rustls", &["0.21.12"]).len(), 1);
    assert_eq!(lock("rustls", &["0.23.1", "0.24.0"]), ["rustls is there 2 times"]);
    assert_eq!(lock("hyper", &["1.12.0"]), Vec::<String>::new());
}

#[test]
fn licences_that_are_not_permissive_are_refused() {
    let allowed = rules(&read("deny.toml")).licences;
    let good =
        ["MIT", "MIT/GPL-3.0-only", "(MIT OR Apache-2.0) AND Unicode-3.0", "GPL-2.0-only OR (MIT AND ISC)"];
    let bad = [
        "",
        "GPL-3.0-only",
        "MIT AND GPL-3.0-only",
        "(MIT OR ISC) AND AGPL-3.0-only",
        "MIT WITH Surprise",
        "(MIT",
        "MIT ISC",
    ];
    for text in good {
        assert!(is_allowed(text, &allowed), "{text}");
    }
    for text in bad {
        assert!(!is_allowed(text, &allowed), "{text}");
    }
}
