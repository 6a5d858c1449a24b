//! The sandbox's Kubernetes side beside the real kube-apiserver with its controllers: the same requests, the same answers.
//!
//! The requests are data (`kubernetes/*.yaml`). Every difference is mended in the sandbox, or listed with its reason in
//! `kubernetes/differences.yaml`; a listed one that no longer occurs fails as well.

mod differences;
mod normal;
mod scenario;
mod side;

use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;
use std::process::Command;
use std::sync::OnceLock;

use fsxctl_sandbox::real::{BUILD, Components};
use fsxctl_sandbox::{Kubernetes, Options, Sandbox, Source};
use libtest_mimic::{Completion, Failed, Trial};

use crate::table::{Cell, Judged, Reason, Row};
use differences::Difference;
use scenario::Scenario;
use side::Side;

/// Distinguishes the names of a run from all others; the same on both sides.
const RUN: &str = "x7f3a90c1";

/// One scenario: what did not come as expected, and where the sides differ.
struct Outcome {
    name: String,
    wrong: Vec<String>,
    found: Vec<Difference>,
}

/// One trial a scenario, and one for the list of differences.
pub fn trials() -> Vec<Trial> {
    let mut trials: Vec<Trial> = scenario::all()
        .into_iter()
        .map(|scenario| {
            let name = format!("kubernetes::{}", scenario.name);
            Trial::ignorable_test(name, move || with_outcomes(|all| judge(&scenario.name, all)))
        })
        .collect();
    trials.push(Trial::ignorable_test("kubernetes::every_listed_difference_occurs", || {
        with_outcomes(every_listed_one_occurs)
    }));
    trials
}

/// Where the real programs are, or why there are none.
fn components() -> Result<Components, String> {
    let mut build = Command::new(Path::new(env!("CARGO_MANIFEST_DIR")).join(BUILD));
    if !required() {
        build.arg("--check");
    }
    let done = build.output().map_err(|why| format!("{BUILD}: {why}"))?;
    if !done.status.success() {
        return Err(String::from_utf8_lossy(&done.stderr).trim().to_owned());
    }
    let directory = String::from_utf8_lossy(&done.stdout).trim().to_owned();
    let keeper = Path::new(env!("CARGO_BIN_EXE_fsxctl")).with_file_name("fsxctl-sandbox");
    Components::at(Path::new(&directory), &keeper)
}

fn required() -> bool {
    std::env::var("CI").is_ok_and(|value| value == "true")
}

/// What all scenarios came to, run once for all trials.
///
/// # Errors
/// What could not be run; the missing programs where they are required.
fn outcomes() -> Result<Result<&'static [Outcome], &'static str>, Failed> {
    static COMPONENTS: OnceLock<Result<Components, String>> = OnceLock::new();
    static OUTCOMES: OnceLock<Result<Vec<Outcome>, String>> = OnceLock::new();
    let components = match COMPONENTS.get_or_init(components) {
        Ok(components) => components,
        Err(why) if required() => return Err(Failed::from(why.as_str())),
        Err(why) => return Ok(Err(why)),
    };
    let outcomes = OUTCOMES.get_or_init(|| run(components)).as_ref();
    outcomes.map(|all| Ok(all.as_slice())).map_err(|why| Failed::from(why.as_str()))
}

/// Where the real programs are missing a trial is ignored, or fails when they are required.
fn with_outcomes(test: impl FnOnce(&[Outcome]) -> Result<(), Failed>) -> Result<Completion, Failed> {
    match outcomes()? {
        Ok(all) => test(all).map(|()| Completion::Completed),
        Err(why) => Ok(Completion::ignored_with(why)),
    }
}

/// The kinds of requests that both sides were asked, and the listed differences.
///
/// # Errors
/// As [`outcomes`].
pub fn rows() -> Result<Option<Judged>, Failed> {
    let Ok(all) = outcomes()? else { return Ok(None) };
    let listed = differences::listed();
    let mut asked: BTreeMap<String, BTreeSet<String>> = BTreeMap::new();
    for scenario in scenario::all() {
        let found = all.iter().filter(|outcome| outcome.name == scenario.name).flat_map(|o| &o.found);
        let found: Vec<&Difference> = found.collect();
        for step in &scenario.steps {
            let ids = asked.entry(step.operation()).or_default();
            let place = format!("{}/{}", scenario.name, step.step);
            for difference in found.iter().filter(|difference| difference.r#where == place) {
                ids.extend(listed.iter().filter(|l| l.covers(difference)).map(|l| l.id.clone()));
            }
        }
    }
    let row = |(operation, ids): (String, BTreeSet<String>)| {
        let server =
            if ids.is_empty() { Cell::Fine("alike") } else { Cell::Differs(ids.into_iter().collect()) };
        Row { operation, botocore: Cell::NotAsked, moto: Cell::NotAsked, server }
    };
    let reason = |listed: differences::Listed| Reason {
        id: listed.id,
        judge: "real API server".into(),
        reason: listed.why,
        source: String::new(),
    };
    Ok(Some(Judged {
        rows: asked.into_iter().map(row).collect(),
        reasons: listed.iter().cloned().map(reason).collect(),
    }))
}

fn judge(name: &str, all: &[Outcome]) -> Result<(), Failed> {
    let listed = differences::listed();
    let outcome = all.iter().find(|outcome| outcome.name == name).ok_or("the scenario was not run")?;
    let mut lines = outcome.wrong.clone();
    let new = outcome.found.iter().filter(|d| !listed.iter().any(|l| l.covers(d)));
    lines.extend(new.map(ToString::to_string));
    if lines.is_empty() { Ok(()) } else { Err(lines.join("\n").into()) }
}

fn every_listed_one_occurs(all: &[Outcome]) -> Result<(), Failed> {
    let found: Vec<&Difference> = all.iter().flat_map(|outcome| &outcome.found).collect();
    let gone = differences::listed().into_iter().flat_map(|listed| listed.gone(&found));
    let lines: Vec<String> = gone.collect();
    if lines.is_empty() {
        return Ok(());
    }
    Err(format!("listed in differences.yaml, but the two sides agree:\n{}", lines.join("\n")).into())
}

/// All scenarios side by side on both sides. Every process has ended when this returns.
fn run(components: &Components) -> Result<Vec<Outcome>, String> {
    let start = |kubernetes| {
        let worlds = vec![Source::BuiltIn("bare".into())];
        Sandbox::start(Options { worlds, kubernetes, ..Options::default() }).map_err(|why| why.to_string())
    };
    let real = start(Kubernetes::Real(components.clone()))?;
    let builtin = start(Kubernetes::Builtin)?;
    // Straight to the API server: what is compared is its own answer.
    let administrator = std::fs::read_to_string(real.directory().join("real/admin.kubeconfig"));
    let administrator = administrator.map_err(|why| why.to_string())?;
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build();
    let runtime = runtime.map_err(|why| why.to_string())?;
    runtime.block_on(async {
        let (real, sandbox) = (Side::of(&administrator).await?, Side::of(&builtin.kubeconfig()).await?);
        let scenarios = scenario::all();
        let each = scenarios.iter().map(|scenario| both(scenario, &real, &sandbox));
        Ok(futures::future::join_all(each).await)
    })
}

async fn both(scenario: &Scenario, real: &Side, sandbox: &Side) -> Outcome {
    let (real, sandbox) = futures::join!(real.run(scenario, RUN), sandbox.run(scenario, RUN));
    let (real, sandbox) = (normal::answers(real, RUN), normal::answers(sandbox, RUN));
    let (wrong, found) = differences::compare(scenario, &real, &sandbox);
    Outcome { name: scenario.name.clone(), wrong, found }
}
