//! The AWS side before botocore's models and beside moto.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::process::{Command, Output};
use std::sync::OnceLock;

use libtest_mimic::{Completion, Failed, Trial};
use serde_json::Value;
use tempfile::TempDir;

use super::python::{absent, folder, interpreter, told};
use super::runs::{self, RUNS};
use super::table::{Cell, Judged, Reason, Row};

/// The trials, each of which needs Python.
pub fn trials() -> Vec<Trial> {
    vec![
        trial("botocore_reads_every_exchange", || passes(&work()?.botocore)),
        trial("every_operation_served_was_judged", everything),
        trial("sandbox_and_moto_answer_alike", || passes(&work()?.moto)),
        trial("the_judges_find_what_is_planted", planted),
    ]
}

fn trial(name: &str, check: fn() -> Result<(), Failed>) -> Trial {
    Trial::ignorable_test(format!("aws::{name}"), move || match interpreter() {
        Ok(_) => check().map(|()| Completion::Completed),
        Err(why) => absent(why),
    })
}

/// What one judge said.
struct Verdict {
    passed: bool,
    /// Its document; null when it did not come so far.
    said: Value,
    told: String,
}

/// Both judges' verdicts over the same exchanges.
struct Work {
    moto: Verdict,
    botocore: Verdict,
}

/// Asks the questions, runs the runs and judges, once for all trials.
fn work() -> Result<&'static Work, Failed> {
    static WORK: OnceLock<Result<Work, String>> = OnceLock::new();
    WORK.get_or_init(go).as_ref().map_err(Failed::from)
}

fn go() -> Result<Work, String> {
    let scratch = tempfile::tempdir().map_err(|why| why.to_string())?;
    let make = |name: &str| -> Result<PathBuf, String> {
        let path = scratch.path().join(name);
        std::fs::create_dir(&path).map_err(|why| format!("{}: {why}", path.display()))?;
        Ok(path)
    };
    let (programs, exchanges) = (make("programs")?, make("exchanges")?);
    runs::programs(&programs)?;
    let asking = ask(&programs, &exchanges);
    let homes: Vec<TempDir> =
        RUNS.iter().map(|_| tempfile::tempdir()).collect::<Result<_, _>>().map_err(|why| why.to_string())?;
    // The machine has another core while moto is asked.
    let (moto, ran) = std::thread::scope(|scope| {
        let runs = scope.spawn(|| {
            let mut each = RUNS.iter().zip(&homes);
            each.try_for_each(|(run, home)| run.go(&programs, &exchanges, home.path()))
        });
        (asking.and_then(verdict), runs.join().unwrap_or_else(|_| Err("a run panicked".to_owned())))
    });
    ran?;
    Ok(Work { moto: moto?, botocore: verdict(judge(&["--strict"], &exchanges)?)? })
}

/// The questions to the sandbox and to moto.
fn ask(programs: &Path, exchanges: &Path) -> Result<Command, String> {
    let mut sandbox = runs::sandbox(programs, exchanges);
    sandbox.args(["--world", "bare", "--world"]).arg(folder().join("alike.yaml")).arg("--");
    sandbox.arg(interpreter()?).args(["-W", "ignore", "-B"]).arg(folder().join("alike.py"));
    sandbox.arg("--listed").arg(folder().join("differences.json")).arg("--strict");
    Ok(sandbox)
}

/// botocore's judgement of a directory of exchanges.
fn judge(arguments: &[&str], exchanges: &Path) -> Result<Command, String> {
    let mut judge = Command::new(interpreter()?);
    judge.arg("-B").arg(folder().join("judge.py")).args(arguments);
    judge.arg("--listed").arg(folder().join("differences.json")).arg(exchanges);
    Ok(judge)
}

fn verdict(mut judge: Command) -> Result<Verdict, String> {
    let done: Output = judge.output().map_err(|why| why.to_string())?;
    let said = serde_json::from_slice(&done.stdout).unwrap_or_default();
    Ok(Verdict { passed: done.status.success(), said, told: told(&done) })
}

fn passes(verdict: &Verdict) -> Result<(), Failed> {
    if verdict.passed && verdict.said["findings"] == serde_json::json!([]) {
        return Ok(());
    }
    let findings = verdict.said["findings"].as_array();
    let line = |finding: &Value| {
        let text = |name: &str| finding[name].as_str().unwrap_or_default();
        let [operation, side, place, what] = ["operation", "side", "where", "what"].map(text);
        format!("{operation} ({side}) {place}: {what}; asked with {}", finding["example"])
    };
    let mut lines: Vec<String> = findings.into_iter().flatten().map(line).collect();
    let unused = verdict.said["unused"].as_array().into_iter().flatten();
    lines.extend(unused.map(|id| format!("listed in differences.json, but not found: {id}")));
    if lines.is_empty() {
        lines.push(verdict.told.clone());
    }
    Err(lines.join("\n").into())
}

/// Every operation that the sandbox serves must have answered, and botocore must have read the answer.
fn everything() -> Result<(), Failed> {
    let work = work()?;
    let silent = |name: &String| work.botocore.said["operations"][name]["answers"].is_null();
    let missing: Vec<String> = fsxctl_sandbox::wire::served().into_iter().filter(silent).collect();
    if missing.is_empty() {
        return Ok(());
    }
    Err(format!("no answer was judged of {}: ask in tests/conformance/questions", missing.join(", ")).into())
}

/// A judge that finds nothing proves nothing.
fn planted() -> Result<(), Failed> {
    let mut program = Command::new(interpreter()?);
    let done = program.arg("-B").arg(folder().join("planted.py")).output()?;
    if done.status.success() { Ok(()) } else { Err(told(&done).into()) }
}

/// The rows of the table: an operation each. None without Python.
///
/// # Errors
/// A judge that did not come to an end.
pub fn rows() -> Result<Option<Judged>, Failed> {
    if interpreter().is_err() {
        return Ok(None);
    }
    let work = work()?;
    let reasons = reasons();
    let row = |name: String| Row {
        botocore: cell(&work.botocore.said, &name, "judged"),
        moto: cell(&work.moto.said, &name, "alike"),
        server: Cell::NotAsked,
        operation: name,
    };
    Ok(Some(Judged { rows: fsxctl_sandbox::wire::served().into_iter().map(row).collect(), reasons }))
}

/// What one judge said of an operation.
fn cell(said: &Value, name: &str, good: &'static str) -> Cell {
    let mut ids: Vec<String> = Vec::new();
    for (id, operations) in said["listed"].as_object().into_iter().flatten() {
        if operations.as_array().is_some_and(|all| all.iter().any(|operation| operation == name)) {
            ids.push(id.clone());
        }
    }
    let counts = &said["operations"][name];
    if !ids.is_empty() {
        Cell::Differs(ids)
    } else if counts["asked"].is_u64() || counts["answers"].is_u64() {
        Cell::Fine(good)
    } else if counts["not in moto"].is_u64() {
        Cell::NotThere("not in moto")
    } else {
        Cell::NotAsked
    }
}

/// The listed differences.
fn reasons() -> Vec<Reason> {
    let text = std::fs::read_to_string(folder().join("differences.json")).unwrap_or_default();
    let rows: BTreeMap<String, Vec<Reason>> = serde_json::from_str(&text).unwrap_or_default();
    rows.into_values().flatten().collect()
}
