//! The pages keep their word: every `console` block runs against the sandbox and its output is compared, every `sh`
//! block names what is there, every link leads somewhere. `UPDATE=1` writes outputs that differ.
//!
//! In a `console` block a line that begins with `$ ` is a command, and what follows is its standard output, when it is
//! shown at all; a line `...` stands for any number of lines. `console exit=N` says how the block's last command ends;
//! for N other than 0 standard error is shown first. The commands of a page run one after another in one sandbox, and
//! `fsxctl-sandbox run --world NAME -- bash` begins another one.

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};
use std::process::Command;

use fsxctl_sandbox::{Options, Sandbox, Source};

fn root() -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR"))
}

fn read(path: &str) -> String {
    std::fs::read_to_string(root().join(path)).unwrap_or_else(|error| panic!("{path}: {error}"))
}

/// Every page, by its path in the checkout.
fn pages() -> Vec<String> {
    let mut pages: Vec<String> = ["README.md", "CONTRIBUTING.md", "CHANGELOG.md"].map(str::to_owned).to_vec();
    for folder in ["docs", "docs/decisions", "docs/reference", "templates"] {
        let entries =
            std::fs::read_dir(root().join(folder)).unwrap_or_else(|error| panic!("{folder}: {error}"));
        let names = entries.map(|entry| entry.expect("an entry").file_name().to_string_lossy().into_owned());
        pages.extend(names.filter(|name| name.ends_with(".md")).map(|name| format!("{folder}/{name}")));
    }
    pages.sort();
    pages
}

/// A fenced block: the words behind the fence, its lines, and where they stand in the page.
#[derive(Debug)]
struct Block {
    words: Vec<String>,
    lines: Vec<String>,
    /// Index of the first line inside.
    at: usize,
}

fn blocks(text: &str) -> Vec<Block> {
    let mut blocks = Vec::new();
    let mut open: Option<Block> = None;
    for (at, line) in text.lines().enumerate() {
        match (&mut open, line.strip_prefix("```")) {
            (None, Some(words)) => {
                open = Some(Block {
                    words: words.split_whitespace().map(str::to_owned).collect(),
                    lines: Vec::new(),
                    at: at + 1,
                });
            }
            (Some(_), Some(_)) => blocks.extend(open.take()),
            (Some(block), None) => block.lines.push(line.to_owned()),
            (None, None) => {}
        }
    }
    assert!(open.is_none(), "a fence is never closed");
    blocks
}

impl Block {
    fn is(&self, language: &str) -> bool {
        self.words.first().is_some_and(|word| word == language)
    }

    fn exit(&self) -> i32 {
        let word = self.words.iter().find_map(|word| word.strip_prefix("exit="));
        word.map_or(0, |code| code.parse().expect("exit=N"))
    }
}

/// One command of a block and the output that the page shows.
#[derive(Debug, PartialEq, Eq)]
struct Shown {
    command: String,
    output: Vec<String>,
    /// Index of the first line of output in the block.
    at: usize,
}

fn commands(lines: &[String]) -> Vec<Shown> {
    let mut all: Vec<Shown> = Vec::new();
    for (at, line) in lines.iter().enumerate() {
        match (line.strip_prefix("$ "), all.last_mut()) {
            (Some(command), _) => {
                all.push(Shown { command: command.to_owned(), output: Vec::new(), at: at + 1 })
            }
            (None, Some(last)) => last.output.push(line.clone()),
            (None, None) => panic!("a console block begins with a command, not with {line:?}"),
        }
    }
    all
}

/// Names that differ from run to run become the same ones: ids, mount names, temporary folders.
fn tidy(text: &str) -> String {
    let text = text
        .replace(&*std::env::temp_dir().join("fsxctl-sandbox-").to_string_lossy(), "/tmp/fsxctl-sandbox-");
    let part = |c: char| c.is_ascii_alphanumeric() || c == '-';
    let mut tidied = String::new();
    let mut rest = text.as_str();
    while let Some(first) = rest.chars().next() {
        let length =
            if part(first) { rest.find(|c| !part(c)).unwrap_or(rest.len()) } else { first.len_utf8() };
        let word = &rest[..length];
        let is_mount = tidied.ends_with("@tcp:/") && word.len() == 8;
        tidied.push_str(&if is_mount { "abcdefgh".to_owned() } else { plain(word) });
        rest = &rest[length..];
    }
    tidied.lines().map(|line| format!("{}\n", line.trim_end())).collect()
}

/// An id becomes one that is always the same; a name that begins with a file system's id, too.
fn plain(word: &str) -> String {
    let is_id = |id: &str| id.len() == 20 && plain_id(id) != id;
    match word.split_at_checked(20) {
        Some((id, rest)) if rest.starts_with('-') && is_id(id) => format!("{}{rest}", plain_id(id)),
        _ => plain_id(word).to_owned(),
    }
}

fn plain_id(word: &str) -> &str {
    let hexadecimal =
        |text: &str, length: usize| text.len() == length && text.chars().all(|c| c.is_ascii_hexdigit());
    let uuid = |text: &str| text.len() == 36 && text.split('-').map(str::len).eq([8, 4, 4, 4, 12]);
    match word {
        _ if word.strip_prefix("fs-").is_some_and(|id| hexadecimal(id, 17)) => "fs-0123456789abcdef0",
        _ if word.strip_prefix("pvc-").is_some_and(uuid) => "pvc-01234567-89ab-cdef-0123-456789abcdef",
        _ if word.strip_prefix("fsxctl-sandbox-").is_some_and(|id| hexadecimal(id, 12)) => {
            "fsxctl-sandbox-0123456789ab"
        }
        _ if uuid(word) => "01234567-89ab-cdef-0123-456789abcdef",
        _ => word,
    }
}

/// Whether lines are as shown, where `...` stands for any number of them.
fn matches(shown: &[String], lines: &[String]) -> bool {
    match shown.split_first() {
        None => lines.is_empty(),
        Some((line, rest)) if line == "..." => {
            (0..=lines.len()).any(|skipped| matches(rest, &lines[skipped..]))
        }
        Some((line, rest)) => {
            lines.split_first().is_some_and(|(first, more)| first == line && matches(rest, more))
        }
    }
}

/// What a command came to.
enum Outcome {
    Ran { code: i32, lines: Vec<String> },
    Skipped,
}

/// One page's sandbox and working folder.
struct Stage {
    sandbox: Sandbox,
    folder: tempfile::TempDir,
}

/// The options of `fsxctl-sandbox run` that can be served in this process, and the command behind `--`; none: the
/// command is run as it is typed.
fn sandbox_run(command: &str) -> Option<(Options, String)> {
    let (options, inner) = command.strip_prefix("fsxctl-sandbox run")?.split_once("-- ")?;
    let mut all = Options::default();
    let mut words = options.split_whitespace();
    while let Some(word) = words.next() {
        let value = words.next().unwrap_or_else(|| panic!("{word} without a value in {command}"));
        match word {
            // What a page saves and loads again lies in its folder, and ends with the program that saved it.
            "--kill-after-writes" | "--save" => return None,
            "--world" if value.contains('.') => return None,
            "--world" => all.worlds.push(Source::parse(value)),
            "--fault" => all.faults.push(value.to_owned()),
            _ => panic!("tests/docs.rs does not know {word} of {command}"),
        }
    }
    Some((all, inner.trim().to_owned()))
}

impl Stage {
    fn new(options: Options) -> Self {
        let sandbox = Sandbox::start(options).expect("the sandbox starts");
        Self { sandbox, folder: tempfile::tempdir().expect("a folder") }
    }

    fn run(&mut self, command: &str) -> Outcome {
        if command.starts_with("fsxctl-sandbox serve") {
            // It ends with the shell that it was started in, which a test has none of.
            return Outcome::Skipped;
        }
        match sandbox_run(command) {
            Some((options, inner)) if inner == "bash" => {
                *self = Self::new(options);
                Outcome::Ran { code: 0, lines: Vec::new() }
            }
            Some((options, inner)) => Self::new(options).shell(&inner),
            None => self.shell(command),
        }
    }

    /// Runs a command line with nothing of the caller's environment but PATH.
    fn shell(&self, command: &str) -> Outcome {
        let ours = Path::new(env!("CARGO_BIN_EXE_fsxctl")).parent().expect("a folder").to_path_buf();
        let clients = std::env::var_os("FSXCTL_TEST_VENV").map(|venv| PathBuf::from(venv).join("bin"));
        let path = std::env::var_os("PATH").unwrap_or_default();
        let path: Vec<PathBuf> =
            [ours].into_iter().chain(clients).chain(std::env::split_paths(&path)).collect();
        let is_there = |program: &str| path.iter().any(|folder| folder.join(program).is_file());
        for program in ["aws", "kubectl", "fsxctl-sandbox"] {
            let named = command
                .split(|c: char| !(c.is_ascii_alphanumeric() || c == '-' || c == '.' || c == '/'))
                .any(|word| word == program);
            if named && !is_there(program) {
                println!("skipped, {program} is not installed: {command}");
                return Outcome::Skipped;
            }
        }
        let mut shell = Command::new("sh");
        shell.args(["-c", command]).current_dir(self.folder.path()).env_clear();
        shell
            .env("HOME", self.folder.path())
            .env("TZ", "UTC")
            .env("PATH", std::env::join_paths(&path).expect("a path"));
        let answer = shell.envs(self.sandbox.env()).output().expect("sh runs");
        let code = answer.status.code().unwrap_or(-1);
        let mut text =
            if code == 0 { String::new() } else { String::from_utf8_lossy(&answer.stderr).into_owned() };
        text.push_str(&String::from_utf8_lossy(&answer.stdout));
        Outcome::Ran { code, lines: tidy(&text).lines().map(str::to_owned).collect() }
    }
}

/// Where a page differs from what happens: lines of the page to replace, and what with.
struct Difference {
    lines: std::ops::Range<usize>,
    wanted: Vec<String>,
    why: String,
}

fn differences(page: &str, text: &str) -> Vec<Difference> {
    let blocks: Vec<Block> = blocks(text).into_iter().filter(|block| block.is("console")).collect();
    let mut found = Vec::new();
    if blocks.is_empty() {
        return found;
    }
    let mut stage = Stage::new(Options::default());
    for block in &blocks {
        let all = commands(&block.lines);
        for (index, shown) in all.iter().enumerate() {
            let Outcome::Ran { code, lines } = stage.run(&shown.command) else { continue };
            let expected = if index + 1 == all.len() { block.exit() } else { 0 };
            assert_eq!(code, expected, "{page}: {}\n{}", shown.command, lines.join("\n"));
            let tidied: Vec<String> =
                shown.output.iter().map(|line| tidy(line).trim_end().to_owned()).collect();
            if shown.output.is_empty() || matches(&tidied, &lines) {
                continue;
            }
            let start = block.at + shown.at;
            let why = format!(
                "{page}: {}\nshows\n{}\nand it is\n{}",
                shown.command,
                tidied.join("\n"),
                lines.join("\n")
            );
            found.push(Difference { lines: start..start + shown.output.len(), wanted: lines, why });
        }
    }
    found
}

#[test]
fn console_blocks_show_what_happens() {
    let mut wrong = Vec::new();
    for page in pages() {
        let text = read(&page);
        let found = differences(&page, &text);
        if std::env::var_os("UPDATE").is_some() && !found.is_empty() {
            let mut lines: Vec<String> = text.lines().map(str::to_owned).collect();
            for difference in found.into_iter().rev() {
                lines.splice(difference.lines, difference.wanted);
            }
            std::fs::write(root().join(&page), lines.join("\n") + "\n").expect("the page is written");
        } else {
            wrong.extend(found.into_iter().map(|difference| difference.why));
        }
    }
    assert!(wrong.is_empty(), "UPDATE=1 writes them\n\n{}", wrong.join("\n\n"));
}

#[test]
fn the_readme_shows_the_whole_way() {
    let shown: Vec<Block> =
        blocks(&read("README.md")).into_iter().filter(|block| block.is("console")).collect();
    let with_output = shown
        .iter()
        .flat_map(|block| commands(&block.lines))
        .filter(|shown| !shown.output.is_empty())
        .count();
    assert!(with_output >= 5, "the README shows {with_output} outputs");
}

/// What a line of an `sh` block names and is not there. These lines build, test or install the checkout itself, so they
/// are not run from inside a test.
fn not_there(line: &str) -> Option<String> {
    let words: Vec<&str> = line.split_whitespace().skip_while(|word| word.contains('=')).collect();
    let missing = |what: &str| Some(format!("{what} of `{line}`"));
    match words.as_slice() {
        ["cargo", command, rest @ ..] => {
            let alias =
                read(".cargo/config.toml").lines().any(|row| row.starts_with(&format!("{command} = ")));
            if !alias && !["build", "test"].contains(command) {
                return missing(command);
            }
            let tests = rest.windows(2).filter(|pair| pair[0] == "--test").map(|pair| pair[1]);
            let mut absent = tests.filter(|test| !root().join(format!("tests/{test}.rs")).is_file());
            absent.next().and_then(missing)
        }
        [".ci/run", stages @ ..] => {
            let script = read(".ci/run");
            stages
                .iter()
                .find(|stage| !script.contains(&format!("stage_{stage}()")))
                .and_then(|stage| missing(stage))
        }
        ["./install.sh", options @ ..] => {
            let script = read("install.sh");
            let mut flags = options.iter().filter(|option| option.starts_with("--"));
            flags.find(|flag| !script.contains(&format!("{flag})"))).and_then(|flag| missing(flag))
        }
        _ => missing("the program"),
    }
}

#[test]
fn sh_blocks_name_what_is_there() {
    let mut seen = BTreeSet::new();
    for page in pages() {
        for line in blocks(&read(&page)).iter().filter(|block| block.is("sh")).flat_map(|block| &block.lines)
        {
            assert_eq!(not_there(line), None, "{page}");
            seen.insert(line.clone());
        }
    }
    for line in ["cargo demo", "cargo test --workspace"] {
        assert!(seen.contains(line), "no page says {line}");
    }
    for line in
        ["cargo demo2", "cargo test --test nothing", ".ci/run nothing", "./install.sh --nothing", "make"]
    {
        assert!(not_there(line).is_some(), "{line}");
    }
}

/// The anchor of a heading, as GitHub makes it.
fn anchor(heading: &str) -> String {
    let kept = heading.trim_start_matches('#').trim().to_lowercase();
    kept.chars()
        .filter(|c| c.is_alphanumeric() || " -_".contains(*c))
        .map(|c| if c == ' ' { '-' } else { c })
        .collect()
}

/// Targets of a page's links, outside of fences.
fn links(text: &str) -> Vec<String> {
    let mut fenced = false;
    let prose = text.lines().filter(|line| {
        fenced ^= line.starts_with("```");
        !fenced
    });
    let prose: Vec<&str> = prose.collect();
    let prose = prose.join("\n");
    prose
        .split("](")
        .skip(1)
        .filter_map(|rest| rest.split_once(')'))
        .map(|(target, _)| target.to_owned())
        .collect()
}

fn broken(page: &str, target: &str) -> bool {
    if target.starts_with("https://") {
        return false;
    }
    let (path, fragment) = target.split_once('#').unwrap_or((target, ""));
    let file = if path.is_empty() {
        root().join(page)
    } else {
        root().join(page).parent().expect("a folder").join(path)
    };
    let Ok(text) = std::fs::read_to_string(&file) else { return !file.is_dir() };
    let mut headings = text.lines().filter(|line| line.starts_with('#'));
    !fragment.is_empty() && !headings.any(|line| anchor(line) == fragment)
}

#[test]
fn links_lead_somewhere() {
    let pages = pages();
    let mut count = 0;
    for page in &pages {
        for target in links(&read(page)) {
            assert!(!broken(page, &target), "{page} links to {target}");
            count += 1;
        }
    }
    assert!(count > 40, "only {count} links were found");
    assert!(
        broken("README.md", "docs/nowhere.md")
            && broken("docs/setup.md", "exit-codes.md#5-allowed")
            && broken("README.md", "#no")
    );
    let index = read("docs/README.md");
    for page in pages
        .iter()
        .filter_map(|page| page.strip_prefix("docs/"))
        .filter(|page| !page.contains('/') && *page != "README.md")
    {
        assert!(index.contains(&format!("({page})")), "docs/README.md does not list {page}");
    }
}

#[test]
fn every_step_has_its_section() {
    let page = read("docs/setup.md");
    for step in std::fs::read_dir(root().join("src/steps")).expect("the steps") {
        let step = step.expect("an entry");
        if step.path().is_dir() {
            let name = step.file_name().to_string_lossy().into_owned();
            assert!(page.contains(&format!("\n## {name}\n")), "docs/setup.md has no section for {name}");
        }
    }
}

#[test]
fn the_runner_tells_right_from_wrong() {
    let lines = |text: &str| text.lines().map(str::to_owned).collect::<Vec<_>>();
    assert!(matches(&lines("a\n...\nd"), &lines("a\nb\nc\nd")) && matches(&lines("...\na"), &lines("a")));
    assert!(!matches(&lines("a\n...\nd"), &lines("a\nb\nc")) && !matches(&lines("a"), &lines("a\nb")));
    assert_eq!(
        tidy("fs-f7cebb2de996522b6 pvc-a096cb66-8b89-43cc-9888-3d6d577ab91c x@tcp:/achfjaaa fs-1"),
        "fs-0123456789abcdef0 pvc-01234567-89ab-cdef-0123-456789abcdef x@tcp:/abcdefgh fs-1\n"
    );
    let page = |output: &str| format!("# A\n\n```console\n$ fsxctl schema\n{output}\n```\n");
    assert_eq!(differences("page", &page("plan\n...")).len(), 0);
    assert_eq!(differences("page", &page("nothing")).len(), 1);
}
