//! The Python programs of this folder, and the interpreter that runs them.

use std::path::{Path, PathBuf};
use std::process::{Command, Output};
use std::sync::OnceLock;

use libtest_mimic::{Completion, Failed};

/// What makes the interpreter with both judges, in a shell.
const REMEDY: &str = ".ci/run clients conformance";

/// This folder.
pub fn folder() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/conformance")
}

/// The version that `.ci/run` pins under a name.
fn pinned(name: &str) -> String {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join(".ci/run");
    let text = std::fs::read_to_string(&path).unwrap_or_else(|why| panic!("{}: {why}", path.display()));
    let version = text.lines().find_map(|line| line.strip_prefix(name)?.strip_prefix('='));
    version.unwrap_or_else(|| panic!(".ci/run pins no {name}")).to_owned()
}

/// The interpreter whose botocore and moto are those of `.ci/run`, or why there is none.
pub fn interpreter() -> Result<&'static Path, &'static str> {
    static FOUND: OnceLock<Result<PathBuf, String>> = OnceLock::new();
    FOUND.get_or_init(look).as_ref().map(PathBuf::as_path).map_err(String::as_str)
}

fn look() -> Result<PathBuf, String> {
    let venv = std::env::var_os("FSXCTL_TEST_VENV").map(|venv| Path::new(&venv).join("bin/python3"));
    let program = venv.unwrap_or_else(|| PathBuf::from("python3"));
    let asked = "import botocore, moto; print(botocore.__version__, moto.__version__)";
    let done = Command::new(&program).args(["-W", "ignore", "-c", asked]).output();
    // boto3 and its botocore have one number.
    let wanted = format!("{} {}", pinned("boto3"), pinned("moto"));
    match done {
        Err(why) => Err(format!("{}: {why}", program.display())),
        Ok(done) if !done.status.success() => Err("python3 has no botocore and moto".to_owned()),
        Ok(done) => {
            let found = String::from_utf8_lossy(&done.stdout).trim().to_owned();
            if found == wanted {
                Ok(program)
            } else {
                Err(format!("botocore and moto are {found}, and {wanted} are the judges"))
            }
        }
    }
}

/// What a trial that needs the interpreter ends with when there is none.
pub fn absent(why: &str) -> Result<Completion, Failed> {
    let told = format!("{why}; this gives it a Python with both: {REMEDY}");
    if std::env::var("CI").is_ok_and(|value| value == "true") {
        return Err(format!("CI=true, but {told}").into());
    }
    Ok(Completion::ignored_with(told))
}

/// Everything that a program said, for a failure.
pub fn told(done: &Output) -> String {
    let [out, err] = [&done.stdout, &done.stderr].map(|bytes| String::from_utf8_lossy(bytes).into_owned());
    format!("{}\n{err}{out}", done.status)
}
