//! The sandbox's Kubernetes side beside the real kube-apiserver: the same requests, the same answers.
//!
//! The requests are data (`kubernetes/*.yaml`). Every difference is mended in the sandbox, or listed with its reason in
//! `kubernetes/differences.yaml`; a listed one that no longer occurs fails as well.

mod differences;
mod normal;
mod scenario;
mod side;

use std::sync::OnceLock;

use fsxctl_sandbox::{Options, Sandbox, Source};
use libtest_mimic::{Failed, Trial};

use differences::{Difference, Listed};
use scenario::Scenario;
use side::Side;

/// What the run of all scenarios came to.
struct Outcome {
    /// Scenario, what did not come as expected, where the sides differ.
    scenarios: Vec<(String, Vec<String>, Vec<Difference>)>,
}

/// One trial a scenario, and one for the list of differences.
pub fn trials() -> Vec<Trial> {
    let mut trials: Vec<Trial> = scenario::all()
        .into_iter()
        .map(|scenario| Trial::test(format!("kubernetes::{}", scenario.name), move || judge(&scenario.name)))
        .collect();
    trials.push(Trial::test("kubernetes::every_listed_difference_occurs", occurs));
    trials
}

fn judge(name: &str) -> Result<(), Failed> {
    let outcome = outcome()?;
    let listed = differences::listed();
    let Some((_, wrong, found)) = outcome.scenarios.iter().find(|(n, _, _)| n == name) else {
        return Err(format!("{name} was not run").into());
    };
    let mut lines = wrong.clone();
    let new = found.iter().filter(|d| !listed.iter().any(|l| l.covers(d)));
    lines.extend(new.map(ToString::to_string));
    if lines.is_empty() { Ok(()) } else { Err(lines.join("\n").into()) }
}

fn occurs() -> Result<(), Failed> {
    let outcome = outcome()?;
    let all: Vec<&Difference> = outcome.scenarios.iter().flat_map(|(_, _, found)| found).collect();
    let gone = differences::listed().into_iter().filter(|l| !all.iter().any(|d| l.covers(d)));
    let lines: Vec<String> = gone.map(|Listed { r#where, at, .. }| format!("{} {at}", r#where)).collect();
    if lines.is_empty() {
        return Ok(());
    }
    Err(format!("listed in differences.yaml, but the two sides agree:\n{}", lines.join("\n")).into())
}

/// All scenarios on both sides, once for all trials. The processes end before this returns.
fn outcome() -> Result<&'static Outcome, Failed> {
    static OUTCOME: OnceLock<Result<Outcome, String>> = OnceLock::new();
    OUTCOME.get_or_init(run).as_ref().map_err(|why| Failed::from(why.as_str()))
}

fn run() -> Result<Outcome, String> {
    let path = std::env::var("FSXCTL_CONFORMANCE_KUBECONFIG").map_err(|e| e.to_string())?;
    let real = std::fs::read_to_string(path).map_err(|e| e.to_string())?;
    let options = Options { worlds: vec![Source::BuiltIn("bare".into())], ..Options::default() };
    let sb = Sandbox::start(options).map_err(|why| why.to_string())?;
    let letters = std::time::SystemTime::now().duration_since(std::time::UNIX_EPOCH);
    let letters = letters.map(|t| t.subsec_nanos()).unwrap_or_default();
    let run = format!("x{letters:08x}");
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build();
    let runtime = runtime.map_err(|why| why.to_string())?;
    let out = runtime.block_on(async {
        let (real, sandbox) = (Side::of(&real).await?, Side::of(&sb.kubeconfig()).await?);
        let mut scenarios = scenario::all();
        if let Ok(only) = std::env::var("ONLY") {
            scenarios.retain(|s| only.split(',').any(|o| o == s.name));
        }
        let each = scenarios.iter().map(|scenario| both(scenario, &real, &sandbox, &run));
        Ok(Outcome { scenarios: futures::future::join_all(each).await })
    });
    let v: serde_json::Value = serde_yaml::from_str(&sb.snapshot()).unwrap();
    let mut c = std::collections::BTreeMap::new();
    for o in v["kubernetes"]["objects"].as_array().unwrap() {
        *c.entry(format!("{} {}", o["kind"], o["metadata"]["namespace"])).or_insert(0) += 1;
    }
    eprintln!("slowcount {c:?}");
    out
}

async fn both(
    scenario: &Scenario,
    real: &Side,
    sandbox: &Side,
    run: &str,
) -> (String, Vec<String>, Vec<Difference>) {
    let (real, sandbox) = futures::join!(real.run(scenario, run), sandbox.run(scenario, run));
    eprintln!("done {}", scenario.name);
    let (real, sandbox) = (normal::answers(real, run), normal::answers(sandbox, run));
    let (wrong, found) = differences::compare(scenario, &real, &sandbox);
    (scenario.name.clone(), wrong, found)
}
