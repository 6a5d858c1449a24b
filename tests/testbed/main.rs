//! The shipped binary against the real thing: kube-apiserver with its controllers, the FSx CSI driver with its sidecars,
//! and helm. Only AWS is the sandbox's, and it judges the driver's own calls.
//!
//! `tests/testbed/build` builds the components once. Without them every test here is ignored and says so; with `CI=true`
//! they are built, and nothing is ignored.

mod bed;
mod binding;
mod conditions;
mod deletion;
#[path = "../cli/harness.rs"]
#[allow(dead_code, reason = "shared with the tests against the sandbox's own API server")]
mod harness;
mod identity;
mod killed;
mod parameters;
mod pods;
mod processes;
mod roads;
#[path = "../cli/terminal.rs"]
#[allow(dead_code, reason = "the harness knows terminals")]
mod terminal;

use std::process::{Command, ExitCode};
use std::sync::Arc;

use fsxctl_sandbox::real::{BUILD, Components};
use libtest_mimic::{Arguments, Completion, Failed, Trial};

use bed::Beds;

/// The driver looks at what it makes every 30 s; that is waited for side by side.
const SIDE_BY_SIDE: usize = 48;

/// A test by name.
type Test = (&'static str, fn(&Beds));

fn tests() -> Vec<Test> {
    [
        roads::TESTS,
        parameters::TESTS,
        identity::TESTS,
        killed::TESTS,
        binding::TESTS,
        deletion::TESTS,
        pods::TESTS,
        conditions::TESTS,
        processes::TESTS,
    ]
    .concat()
}

/// The components, or why there are none.
fn components() -> Result<Components, String> {
    let root = std::path::Path::new(env!("CARGO_MANIFEST_DIR"));
    let required = std::env::var("CI").is_ok_and(|value| value == "true");
    let mut build = Command::new(root.join(BUILD));
    if !required {
        build.arg("--check");
    }
    let done = build.output().map_err(|why| format!("{BUILD}: {why}"))?;
    if !done.status.success() {
        return Err(String::from_utf8_lossy(&done.stderr).trim().to_owned());
    }
    let directory = String::from_utf8_lossy(&done.stdout).trim().to_owned();
    let keeper = std::path::Path::new(env!("CARGO_BIN_EXE_fsxctl")).with_file_name("fsxctl-sandbox");
    Components::at(std::path::Path::new(&directory), &keeper)
}

fn main() -> ExitCode {
    if let (Ok(how), Ok(components)) = (std::env::var(processes::BREAK_OFF), components()) {
        processes::break_off(&Beds::new(components), &how);
        return ExitCode::FAILURE;
    }
    let mut arguments = Arguments::from_args();
    arguments.test_threads = arguments.test_threads.or(Some(SIDE_BY_SIDE));
    let required = std::env::var("CI").is_ok_and(|value| value == "true");
    let found = components();
    let beds = found.as_ref().ok().map(|components| Arc::new(Beds::new(components.clone())));
    let trials = tests().into_iter().map(|(name, test)| match (&beds, &found) {
        (Some(beds), _) => {
            let beds = beds.clone();
            Trial::test(name, move || {
                test(&beds);
                Ok(())
            })
        }
        (None, found) => {
            let why = found.as_ref().err().cloned().unwrap_or_default();
            let ignored =
                move || if required { Err(Failed::from(why)) } else { Ok(Completion::ignored_with(why)) };
            Trial::ignorable_test(name, ignored)
        }
    });
    let trials = trials.collect();
    let conclusion = libtest_mimic::run(&arguments, trials);
    if let Some(beds) = &beds {
        if conclusion.has_failed() {
            beds.keep_logs();
        }
        beds.end();
    }
    conclusion.exit_code()
}
