//! The table in `docs/sandbox.md`: what is served, who judged it, and where the sandbox differs from a judge and why.

use std::fmt;
use std::path::Path;

use libtest_mimic::{Completion, Failed, Trial};

const BEGIN: &str = "<!-- conformance: checked by a test -->\n";
const END: &str = "<!-- end of conformance -->\n";

/// What a judge says of an operation.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Cell {
    /// It was not asked.
    NotAsked,
    /// It does not know the operation.
    NotThere(&'static str),
    /// Nothing is listed.
    Fine(&'static str),
    /// The listed differences, by id.
    Differs(Vec<String>),
}

impl fmt::Display for Cell {
    fn fmt(&self, to: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::NotAsked => to.write_str("—"),
            Self::NotThere(word) | Self::Fine(word) => to.write_str(word),
            Self::Differs(ids) => write!(to, "differs: {}", ids.join(", ")),
        }
    }
}

/// One operation.
#[derive(Debug, Clone)]
pub struct Row {
    /// `service:Operation`, or a Kubernetes request.
    pub operation: String,
    /// botocore's models.
    pub botocore: Cell,
    /// moto.
    pub moto: Cell,
    /// The real API server.
    pub server: Cell,
}

/// One listed difference.
#[derive(Debug, Clone, serde::Deserialize)]
pub struct Reason {
    /// Its name, which the cells use.
    pub id: String,
    /// Who differs.
    pub judge: String,
    /// Why it stays.
    pub reason: String,
    /// Where that is written; empty where the reason says all.
    #[serde(default)]
    pub source: String,
}

/// What one part's judges came to.
#[derive(Debug, Clone)]
pub struct Judged {
    /// In the order of the table.
    pub rows: Vec<Row>,
    /// In the order of the list.
    pub reasons: Vec<Reason>,
}

/// A part of the table, which is checked when its judges are there and left alone otherwise.
pub struct Part {
    /// Names the part between its marks in the page.
    pub owner: &'static str,
    /// None when the judges are not there.
    pub judged: fn() -> Result<Option<Judged>, Failed>,
}

/// The trial. `UPDATE=1` writes the parts that could be judged.
pub fn trial(parts: Vec<Part>) -> Trial {
    Trial::ignorable_test("table::the_page_says_what_the_judges_say", move || check(&parts))
}

fn check(parts: &[Part]) -> Result<Completion, Failed> {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("docs/sandbox.md");
    let page = std::fs::read_to_string(&path)?;
    let (before, rest) = page.split_once(BEGIN).ok_or("docs/sandbox.md has no table of conformance")?;
    let (listed, after) = rest.split_once(END).ok_or("docs/sandbox.md: the table has no end")?;
    let (mut wanted, mut left) = (String::new(), Vec::new());
    for part in parts {
        match (part.judged)()? {
            Some(judged) => wanted.push_str(&shown(part.owner, &judged)),
            None => {
                left.push(part.owner);
                wanted.push_str(kept(listed, part.owner));
            }
        }
    }
    if std::env::var_os("UPDATE").is_some() {
        std::fs::write(&path, format!("{before}{BEGIN}{wanted}{END}{after}"))?;
    } else if listed != wanted {
        return Err(difference(listed, &wanted).into());
    }
    if left.len() == parts.len() {
        return Ok(Completion::ignored_with(
            "no judge is there; the trials above say what would change that",
        ));
    }
    Ok(Completion::Completed)
}

/// The first lines that differ.
fn difference(listed: &str, wanted: &str) -> String {
    let (mut have, mut want) = (listed.lines(), wanted.lines());
    loop {
        match (have.next(), want.next()) {
            (Some(a), Some(b)) if a == b => {}
            (a, b) => {
                let [a, b] = [a, b].map(|line| line.unwrap_or("nothing"));
                return format!(
                    "docs/sandbox.md has\n{a}\nand the judges say\n{b}\nUPDATE=1 cargo test --workspace --test conformance"
                );
            }
        }
    }
}

/// The marks of a part.
fn marks(owner: &str) -> [String; 2] {
    [format!("<!-- part {owner} -->\n"), format!("<!-- end of part {owner} -->\n")]
}

/// A part as the page has it, with its marks.
fn kept<'a>(listed: &'a str, owner: &str) -> &'a str {
    let [begin, end] = marks(owner);
    let from = listed.find(&begin);
    let to = listed.find(&end).map(|at| at + end.len());
    from.zip(to).and_then(|(from, to)| listed.get(from..to)).unwrap_or_default()
}

fn shown(owner: &str, judged: &Judged) -> String {
    let [begin, end] = marks(owner);
    let mut text = format!("{begin}\n| operation | botocore | moto | real API server |\n|---|---|---|---|\n");
    for Row { operation, botocore, moto, server } in &judged.rows {
        text.push_str(&format!("| `{operation}` | {botocore} | {moto} | {server} |\n"));
    }
    text.push_str("\n| difference | from | why it stays |\n|---|---|---|\n");
    for Reason { id, judge, reason, source } in &judged.reasons {
        let source = if source.is_empty() { String::new() } else { format!(" [Source]({source}).") };
        text.push_str(&format!("| {id} | {judge} | {}{source} |\n", reason.replace('|', "\\|")));
    }
    format!("{text}\n{end}")
}
