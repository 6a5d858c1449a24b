//! The house rules: who may import whom (the table in `docs/architecture.md` is the data), what is pure, who may
//! write, who may print. Every rule is tried on a bad snippet as well, so that none of them can rot into a rule that
//! holds for everything.

use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};

/// Modules without async, clock, environment, files, randomness or printing.
const PURE: [&str; 8] = ["domain", "facts", "intent", "steps", "status", "doctor", "report", "wizard"];
/// Words that a pure module's code does not have. A trailing `!` or `::` belongs to the word.
const IMPURE: [&str; 22] = [
    "async",
    "await",
    "tokio",
    "futures",
    "std::env",
    "env::var",
    "env::vars",
    "SystemTime",
    "Instant::now",
    "Timestamp::now",
    "Zoned::now",
    "getrandom",
    "rand",
    "std::fs",
    "std::process",
    "std::net::Tcp",
    "std::thread",
    "println!",
    "eprintln!",
    "print!",
    "eprint!",
    "dbg!",
];
/// Crates that only `gateway` may name.
const SERVICES: [&str; 9] = [
    "aws_config",
    "aws_credential_types",
    "aws_runtime",
    "aws_sdk_",
    "aws_sigv4",
    "aws_smithy_",
    "aws_types",
    "k8s_openapi",
    "kube::",
];
/// Ways to the terminal.
const TERMINAL: [&str; 7] =
    ["println!", "eprintln!", "print!", "eprint!", "io::stdout", "io::stderr", "io::stdin"];
/// Lines of code that a file may have; blank lines and comments do not count.
const LONGEST: usize = 400;
/// Tables may be as long as what they list.
const TABLES: [&str; 2] = ["src/domain/permission/table.rs", "src/domain/storageclass/table.rs"];

/// One file of `src/`.
struct Source {
    /// `src/steps/mod.rs`.
    path: String,
    text: String,
    /// The text without comments and without what stands in quotes.
    code: String,
}

impl Source {
    fn new(path: &str, text: &str) -> Self {
        Self { path: path.to_owned(), text: text.to_owned(), code: code_of(text) }
    }

    /// `steps` of `src/steps/mod.rs`, `error` of `src/error.rs`.
    fn module(&self) -> &str {
        let inside = self.path.trim_start_matches("src/");
        inside.split('/').next().unwrap_or_default().trim_end_matches(".rs")
    }

    /// How many `super` lead from this file's module to the root.
    fn depth(&self) -> usize {
        let parts = self
            .path
            .trim_start_matches("src/")
            .trim_end_matches(".rs")
            .split('/')
            .filter(|part| *part != "mod")
            .count();
        if self.module() == "main" || self.module() == "lib" { 0 } else { parts }
    }
}

fn root() -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR"))
}

fn sources() -> Vec<Source> {
    let mut found = Vec::new();
    collect(&root().join("src"), &mut found);
    found.sort();
    let relative =
        |path: &Path| path.strip_prefix(root()).expect("inside").to_string_lossy().replace('\\', "/");
    let all: Vec<Source> = found
        .iter()
        .map(|path| Source::new(&relative(path), &std::fs::read_to_string(path).expect("a source file")))
        .collect();
    assert!(all.len() > 80, "{} files are too few to be all", all.len());
    all
}

fn collect(folder: &Path, found: &mut Vec<PathBuf>) {
    for entry in std::fs::read_dir(folder).expect("a folder") {
        let path = entry.expect("an entry").path();
        if path.is_dir() {
            collect(&path, found);
        } else if path.extension().is_some_and(|extension| extension == "rs") {
            found.push(path);
        }
    }
}

/// The code of a text: comments become spaces, strings and characters become `""`. Line breaks stay.
fn code_of(text: &str) -> String {
    let mut code = String::new();
    let mut rest = text;
    while let Some(first) = rest.chars().next() {
        let (taken, kept) = skip(rest, code.chars().last());
        if taken == 0 {
            code.push(first);
            rest = &rest[first.len_utf8()..];
        } else {
            code.push_str(kept);
            code.extend(rest[..taken].chars().filter(|c| *c == '\n'));
            rest = &rest[taken..];
        }
    }
    code
}

/// How many bytes at the beginning are a comment, a string or a character, and what is left of them.
fn skip(rest: &str, before: Option<char>) -> (usize, &'static str) {
    if rest.starts_with("//") {
        return (rest.find('\n').unwrap_or(rest.len()), " ");
    }
    if rest.starts_with("/*") {
        return (block_comment(rest), " ");
    }
    if rest.starts_with('"') {
        return (quoted(rest), "\"\"");
    }
    let is_word = before.is_some_and(|c| c.is_alphanumeric() || c == '_');
    if !is_word && (rest.starts_with("r\"") || rest.starts_with("r#")) {
        let hashes = rest[1..].chars().take_while(|c| *c == '#').count();
        if rest[1 + hashes..].starts_with('"') {
            let end = format!("\"{}", "#".repeat(hashes));
            let start = 2 + hashes;
            return (rest[start..].find(&end).map_or(rest.len(), |at| start + at + end.len()), "\"\"");
        }
    }
    if rest.starts_with('\'') {
        return (character(rest), "\"\"");
    }
    (0, "")
}

fn block_comment(rest: &str) -> usize {
    let (mut depth, mut at) = (0, 0);
    while at < rest.len() {
        if rest[at..].starts_with("/*") {
            (depth, at) = (depth + 1, at + 2);
        } else if rest[at..].starts_with("*/") {
            (depth, at) = (depth - 1, at + 2);
            if depth == 0 {
                return at;
            }
        } else {
            at += rest[at..].chars().next().map_or(1, char::len_utf8);
        }
    }
    rest.len()
}

fn quoted(rest: &str) -> usize {
    let mut escaped = false;
    for (at, c) in rest.char_indices().skip(1) {
        match c {
            _ if escaped => escaped = false,
            '\\' => escaped = true,
            '"' => return at + 1,
            _ => {}
        }
    }
    rest.len()
}

/// The length of a character literal, 0 for a lifetime.
fn character(rest: &str) -> usize {
    let mut chars = rest.char_indices().skip(1);
    match chars.next() {
        Some((_, '\\')) => rest[3..].find('\'').map_or(0, |at| at + 4),
        Some(_) => chars.next().filter(|(_, c)| *c == '\'').map_or(0, |(at, _)| at + 1),
        None => 0,
    }
}

/// Whether the code has a word, not merely a part of a longer one.
fn has(code: &str, word: &str) -> bool {
    let part = |c: char| c.is_alphanumeric() || c == '_';
    code.match_indices(word).any(|(at, _)| {
        let before = code[..at].chars().next_back();
        let after = code[at + word.len()..].chars().next();
        let open = word.ends_with(['_', ':', '!']) || !word.ends_with(part);
        !before.is_some_and(part) && (open || !after.is_some_and(part))
    })
}

/// The first names after `crate::` (or after as many `super::` as lead to the root), lists in braces included.
fn imports(source: &Source) -> BTreeSet<String> {
    let mut all = BTreeSet::new();
    let up = format!("{}::", vec!["super"; source.depth().max(1)].join("::"));
    for door in ["crate::", "fsxctl::", up.as_str()] {
        for (at, _) in source.code.match_indices(door) {
            let before = source.code[..at].chars().next_back();
            // `pub(in crate::x)` and `super::super::` that goes on from another `super::` are no doors of their own.
            if before.is_some_and(|c| c.is_alphanumeric() || c == '_' || c == ':')
                || (door == up && source.depth() == 0)
            {
                continue;
            }
            all.extend(heads(&source.code[at + door.len()..]));
        }
    }
    all
}

/// The first names of `a::b`, `{a::b, c}` or `{a, {b}}`.
fn heads(text: &str) -> Vec<String> {
    let name = |text: &str| {
        text.trim_start().chars().take_while(|c| c.is_alphanumeric() || *c == '_').collect::<String>()
    };
    let Some(list) = text.strip_prefix('{') else { return vec![name(text)] };
    let (mut depth, mut start, mut found) = (1, 0, Vec::new());
    for (at, c) in list.char_indices() {
        depth += match c {
            '{' => 1,
            '}' => -1,
            _ => 0,
        };
        if depth == 0 || (depth == 1 && c == ',') {
            found.push(name(&list[start..at]));
            start = at + 1;
        }
        if depth == 0 {
            break;
        }
    }
    found.retain(|name| !name.is_empty());
    found
}

/// The table of `docs/architecture.md`.
fn table(text: &str) -> BTreeMap<String, BTreeSet<String>> {
    let names =
        |cell: &str| cell.split('`').skip(1).step_by(2).map(str::to_owned).collect::<BTreeSet<String>>();
    text.lines()
        .skip_while(|line| !line.starts_with("| module | may import |"))
        .skip(2)
        .take_while(|line| line.starts_with('|'))
        .map(|line| {
            let cells: Vec<&str> = line.split('|').collect();
            (names(cells[1]).pop_first().unwrap_or_else(|| panic!("no module in {line}")), names(cells[2]))
        })
        .collect()
}

fn the_table() -> BTreeMap<String, BTreeSet<String>> {
    table(&std::fs::read_to_string(root().join("docs/architecture.md")).expect("docs/architecture.md"))
}

/// Names that are imported and that the table does not allow.
fn import_faults(source: &Source, table: &BTreeMap<String, BTreeSet<String>>) -> Vec<String> {
    let module = source.module();
    if module == "lib" || module == "main" {
        return Vec::new();
    }
    let Some(allowed) = table.get(module) else {
        return vec![format!("{}: the table of docs/architecture.md has no row for {module}", source.path)];
    };
    let ours = imports(source).into_iter().filter(|name| name != module && table.contains_key(name));
    ours.filter(|name| !allowed.contains(name))
        .map(|name| {
            format!("{}: {module} may not import {name} (docs/architecture.md, row `{module}`)", source.path)
        })
        .collect()
}

fn word_faults(source: &Source, words: &[&str], why: &str) -> Vec<String> {
    words
        .iter()
        .filter(|word| has(&source.code, word))
        .map(|word| format!("{}: {word} ({why})", source.path))
        .collect()
}

fn purity_faults(source: &Source) -> Vec<String> {
    if PURE.contains(&source.module()) {
        word_faults(source, &IMPURE, "this module is pure")
    } else {
        Vec::new()
    }
}

fn service_faults(source: &Source) -> Vec<String> {
    if source.module() == "gateway" {
        Vec::new()
    } else {
        word_faults(source, &SERVICES, "only gateway talks to services")
    }
}

fn terminal_faults(source: &Source) -> Vec<String> {
    let prints = source.module() == "term" || source.module() == "main";
    let mut faults = if prints || PURE.contains(&source.module()) {
        Vec::new()
    } else {
        word_faults(source, &TERMINAL, "only term prints")
    };
    faults.extend(word_faults(
        source,
        &["process::exit", "process::abort"],
        "only main ends the process, by returning",
    ));
    if source.module() != "main" {
        faults.extend(word_faults(
            source,
            &["env::var", "env::vars", "env::vars_os", "env::args", "env::args_os"],
            "only main reads them",
        ));
    }
    faults
}

/// Whoever only reads cannot even name the type that writes.
fn write_faults(source: &Source) -> Vec<String> {
    let path = source.path.as_str();
    let mut faults = Vec::new();
    if path != "src/commands/setup.rs" && source.module() != "gateway" {
        faults.extend(word_faults(
            source,
            &["Writes::new"],
            "only commands/setup.rs makes the writer, after consent",
        ));
    }
    let may_name = source.module() == "gateway"
        || path == "src/commands/setup.rs"
        || path == "src/engine/apply.rs"
        || path.starts_with("src/engine/apply/");
    if !may_name {
        faults.extend(word_faults(source, &["Writes"], "this file only reads"));
    }
    faults.extend(probe_faults(source));
    faults
}

/// A verification makes pods without being able to change anything else, and nobody else makes any.
fn probe_faults(source: &Source) -> Vec<String> {
    let path = source.path.as_str();
    let mut faults = Vec::new();
    if path != "src/commands/verify.rs" && source.module() != "gateway" {
        let why = "only commands/verify.rs makes the one who makes pods, after consent";
        faults.extend(word_faults(source, &["Probes::new"], why));
    }
    let may_name = source.module() == "gateway"
        || path == "src/commands/verify.rs"
        || path.starts_with("src/engine/verify/");
    if !may_name {
        faults.extend(word_faults(source, &["Probes"], "this file makes no pods"));
    }
    faults
}

fn form_faults(source: &Source) -> Vec<String> {
    let mut faults = Vec::new();
    // A file of tests is what its neighbour's name says, and as long as its cases.
    if source.path.ends_with("/tests.rs") {
        return faults;
    }
    if !source.text.trim_start().starts_with("//!") {
        faults.push(format!("{}: does not say in its first line what it is for", source.path));
    }
    let lines = source.code.lines().filter(|line| !line.trim().is_empty()).count();
    if lines > LONGEST && !TABLES.contains(&source.path.as_str()) {
        faults.push(format!("{}: {lines} lines of code, and {LONGEST} is the limit", source.path));
    }
    faults
}

/// The five headings of a step.
fn step_faults(source: &Source) -> Vec<String> {
    let parts: Vec<&str> = source.path.split('/').collect();
    if !matches!(parts.as_slice(), ["src", "steps", _, "mod.rs"]) {
        return Vec::new();
    }
    let doc: String = source.text.lines().take_while(|line| line.starts_with("//!")).collect();
    ["**Promise.**", "**Looks at**", "**May change**", "**Leaves alone**", "**Undo**"]
        .into_iter()
        .filter(|heading| !doc.contains(heading))
        .map(|heading| format!("{}: its doc has no {heading}", source.path))
        .collect()
}

fn no_faults(judge: impl Fn(&Source) -> Vec<String>) {
    let faults: Vec<String> = sources().iter().flat_map(judge).collect();
    assert!(faults.is_empty(), "\n{}", faults.join("\n"));
}

#[test]
fn modules_import_what_the_table_allows() {
    let table = the_table();
    no_faults(|source| import_faults(source, &table));
}

#[test]
fn the_table_names_every_module_and_no_other() {
    let modules: BTreeSet<String> = sources()
        .iter()
        .map(|source| source.module().to_owned())
        .filter(|name| name != "lib" && name != "main")
        .collect();
    let table = the_table();
    assert_eq!(table.keys().cloned().collect::<BTreeSet<_>>(), modules);
    for (module, allowed) in &table {
        assert!(allowed.is_subset(&modules), "row `{module}` allows a module that is not there");
    }
}

#[test]
fn pure_modules_are_pure() {
    no_faults(purity_faults);
}

#[test]
fn only_gateway_names_the_services() {
    no_faults(service_faults);
}

#[test]
fn only_term_and_main_touch_the_terminal_and_the_process() {
    no_faults(terminal_faults);
}

#[test]
fn only_setup_can_write() {
    no_faults(write_faults);
    let setup = sources()
        .into_iter()
        .find(|source| source.path == "src/commands/setup.rs")
        .expect("commands/setup.rs");
    assert_eq!(setup.code.matches("Writes::new(").count(), 1, "the writer is made at one place");
}

#[test]
fn files_say_what_they_are_for_and_stay_short() {
    no_faults(form_faults);
}

#[test]
fn steps_say_what_they_promise() {
    no_faults(step_faults);
    let steps = sources()
        .iter()
        .filter(|source| source.path.starts_with("src/steps/") && source.path.ends_with("/mod.rs"))
        .count();
    assert!(steps > 4, "the steps were not found");
}

/// The rules themselves, each on a snippet that breaks it.
mod rules {
    use super::*;

    fn in_file(path: &str, text: &str) -> Source {
        Source::new(path, text)
    }

    #[test]
    fn a_wrong_import_is_found_however_it_is_written() {
        let table = table(
            "| module | may import | why |\n|---|---|---|\n| `domain` | | |\n| `steps` | `domain` | |\n| `gateway` | | |\n",
        );
        let faults = |path: &str, text: &str| import_faults(&in_file(path, text), &table).len();
        for text in [
            "use crate::gateway::Reads;",
            "use crate::{domain::names, gateway::{Reads, Writes}};",
            "use crate::{\n    domain::{a, b},\n    gateway,\n};",
            "fn a() { crate::gateway::call() }",
            "use super::super::gateway::Reads;",
            "pub use fsxctl::gateway::Reads;",
        ] {
            assert_eq!(faults("src/steps/plan.rs", text), 1, "{text}");
        }
        assert_eq!(faults("src/steps/mod.rs", "use super::gateway;"), 1);
        assert_eq!(faults("src/steps/network/rules.rs", "use super::super::super::gateway;"), 1);
        for text in [
            "use crate::domain::names;",
            "// use crate::gateway;",
            "let a = \"crate::gateway\";",
            "use super::gateway;",
            "use crate::steps::A;",
        ] {
            assert_eq!(faults("src/steps/network/rules.rs", text), 0, "{text}");
        }
        assert_eq!(faults("src/novel.rs", "use crate::domain;"), 1, "a module without a row");
    }

    #[test]
    fn impurity_is_found_in_code_and_not_in_words() {
        let faults = |text: &str| purity_faults(&in_file("src/domain/a.rs", text)).len();
        for text in [
            "async fn a() {}",
            "let a = b.await;",
            "use tokio::time;",
            "std::env::var(\"A\")",
            "use std::env;",
            "std::time::SystemTime::now()",
            "jiff::Timestamp::now()",
            "Instant::now()",
            "rand::random()",
            "getrandom::fill(&mut a)",
            "std::fs::read(a)",
            "println!(\"a\")",
        ] {
            assert!(faults(text) >= 1, "{text}");
        }
        for text in [
            "//! no async, no tokio",
            "\"async tokio std::env\"",
            "let brand = operand;",
            "r#\"async \" tokio\"#",
            "/* async */ fn a<'a>() {}",
        ] {
            assert_eq!(faults(text), 0, "{text}");
        }
        assert_eq!(purity_faults(&in_file("src/engine/a.rs", "async fn a() {}")).len(), 0);
    }

    #[test]
    fn services_terminal_and_exit_are_found() {
        for text in [
            "use aws_sdk_fsx::Client;",
            "kube::Client::try_default()",
            "use k8s_openapi::api;",
            "aws_config::load_from_env()",
        ] {
            assert_eq!(service_faults(&in_file("src/steps/a.rs", text)).len(), 1, "{text}");
            assert_eq!(service_faults(&in_file("src/gateway/a.rs", text)).len(), 0, "{text}");
        }
        assert_eq!(
            service_faults(&in_file("src/engine/a.rs", "self.kube.reads(); use crate::gateway::Kubernetes;"))
                .len(),
            0
        );
        for text in ["println!(\"a\")", "std::io::stdout()", "eprint!(\"a\")"] {
            assert_eq!(terminal_faults(&in_file("src/engine/a.rs", text)).len(), 1, "{text}");
            assert_eq!(terminal_faults(&in_file("src/term/a.rs", text)).len(), 0, "{text}");
        }
        for path in ["src/term/a.rs", "src/main.rs", "src/commands/a.rs"] {
            assert_eq!(terminal_faults(&in_file(path, "std::process::exit(1)")).len(), 1, "{path}");
        }
        assert_eq!(terminal_faults(&in_file("src/gateway/a.rs", "std::env::var(\"A\")")).len(), 1);
    }

    #[test]
    fn a_writer_in_the_wrong_place_is_found() {
        let faults = |path: &str, text: &str| write_faults(&in_file(path, text)).len();
        assert_eq!(faults("src/commands/setup.rs", "Writes::new(&session)"), 0);
        assert_eq!(faults("src/engine/apply.rs", "fn apply(writes: &Writes)"), 0);
        assert_eq!(faults("src/engine/apply/calls.rs", "fn call(writes: &Writes)"), 0);
        assert_eq!(faults("src/engine/apply.rs", "Writes::new(&session)"), 1);
        for path in [
            "src/engine/observe.rs",
            "src/commands/about.rs",
            "src/commands/env.rs",
            "src/engine/wait.rs",
            "src/steps/plan.rs",
        ] {
            assert_eq!(faults(path, "fn a(writes: &Writes)"), 1, "{path}");
        }
    }

    #[test]
    fn a_maker_of_pods_in_the_wrong_place_is_found() {
        let faults = |path: &str, text: &str| write_faults(&in_file(path, text)).len();
        assert_eq!(faults("src/commands/verify.rs", "Probes::new(&kubernetes)"), 0);
        assert_eq!(faults("src/engine/verify/watch.rs", "fn a(probes: &Probes)"), 0);
        assert_eq!(faults("src/engine/verify/watch.rs", "Probes::new(&kubernetes)"), 1);
        assert_eq!(faults("src/commands/verify.rs", "fn a(writes: &Writes)"), 1, "it can write nothing else");
        for path in ["src/commands/setup.rs", "src/engine/apply.rs", "src/steps/verify/mod.rs"] {
            assert_eq!(faults(path, "fn a(probes: &Probes)"), 1, "{path}");
        }
    }

    #[test]
    fn a_file_without_a_first_line_or_too_long_is_found() {
        let faults = |path: &str, text: &str| form_faults(&in_file(path, text)).len();
        let code = |lines: usize| format!("//! A.\n\n{}", "let a = 1;\n".repeat(lines));
        assert_eq!(faults("src/a.rs", "use b;\n"), 1);
        assert_eq!(faults("src/a.rs", &code(LONGEST)), 0);
        assert_eq!(faults("src/a.rs", &code(LONGEST + 1)), 1);
        assert_eq!(faults("src/a.rs", &format!("{}{}", code(LONGEST), "// why\n\n".repeat(50))), 0);
        assert_eq!(faults(TABLES[0], &code(LONGEST + 1)), 0);
    }

    #[test]
    fn a_step_without_a_heading_is_found() {
        let whole = "//! **Promise.** a\n//! **Looks at** b\n//! **May change** c\n//! **Leaves alone** d\n//! **Undo** e\n";
        assert_eq!(step_faults(&in_file("src/steps/a/mod.rs", whole)).len(), 0);
        assert_eq!(step_faults(&in_file("src/steps/a/mod.rs", &whole.replace("**Undo** e", ""))).len(), 1);
        assert_eq!(step_faults(&in_file("src/steps/a/mod.rs", "//! A.\n")).len(), 5);
        assert_eq!(step_faults(&in_file("src/steps/plan.rs", "//! A.\n")).len(), 0);
    }
}
