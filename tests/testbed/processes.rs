//! `fsxctl-sandbox --kubernetes real` as a person starts it: two at once, and nothing of it outlives it.

use std::io::{BufRead as _, BufReader};
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use crate::Test;
use crate::bed::{Beds, PATIENCE};

pub const TESTS: &[Test] = &[
    ("processes::two_at_once_and_nothing_outlives_them", two),
    ("processes::run_gives_the_code_and_ends_all", run),
];

fn sandbox(beds: &Beds) -> Command {
    let mut command = Command::new(&beds.components().keeper);
    command.env("FSXCTL_TESTBED", &beds.components().directory).stdin(Stdio::null());
    command
}

/// A running `serve`, and its directory.
fn serve(beds: &Beds) -> (Child, String) {
    let mut child = sandbox(beds)
        .args(["serve", "--kubernetes", "real"])
        .stdout(Stdio::piped())
        .spawn()
        .expect("the sandbox starts");
    let stdout = child.stdout.take().expect("stdout is piped");
    let mut kubeconfig = None;
    for line in BufReader::new(stdout).lines().map_while(Result::ok) {
        if let Some(path) = line.strip_prefix("export KUBECONFIG=") {
            kubeconfig = Some(path.trim_matches('\'').to_owned());
        }
        // The last of the lines.
        if line.starts_with("export no_proxy=") {
            break;
        }
    }
    let kubeconfig = kubeconfig.expect("it says where its kubeconfig is");
    (child, kubeconfig)
}

fn nodes(beds: &Beds, kubeconfig: &str) -> usize {
    let done = Command::new(beds.components().directory.join("kubectl"))
        .args(["--kubeconfig", kubeconfig, "get", "nodes", "-o", "name"])
        .output()
        .expect("kubectl starts");
    String::from_utf8_lossy(&done.stdout).lines().count()
}

/// The processes whose command line names a directory.
fn about(directory: &str) -> Vec<String> {
    let listed = Command::new("ps").args(["-eo", "pid=,args="]).output().expect("ps is there");
    let text = String::from_utf8_lossy(&listed.stdout).into_owned();
    text.lines().filter(|line| line.contains(directory)).map(str::to_owned).collect()
}

#[track_caller]
fn gone(directory: &str) {
    let since = Instant::now();
    while !about(directory).is_empty() {
        assert!(since.elapsed() < PATIENCE, "left behind: {:#?}", about(directory));
        std::thread::sleep(Duration::from_millis(200));
    }
}

fn end(mut child: Child, signal: &str) {
    let sent = Command::new("kill").args([&format!("-{signal}"), &child.id().to_string()]).status();
    assert!(sent.is_ok_and(|status| status.success()), "{signal}");
    child.wait().expect("it ends");
}

fn two(beds: &Beds) {
    let ((first, one), (second, other)) = std::thread::scope(|scope| {
        let other = scope.spawn(|| serve(beds));
        (serve(beds), other.join().expect("the other one serves"))
    });
    assert_ne!(one, other);
    assert_eq!((nodes(beds, &one), nodes(beds, &other)), (5, 5));
    let folder = |kubeconfig: &str| kubeconfig.trim_end_matches("/kubeconfig").to_owned();
    let (one, other) = (folder(&one), folder(&other));
    assert!(about(&one).len() >= 5, "{:?}", about(&one));
    // One that has no chance to clean up, and the other goes on.
    end(first, "KILL");
    gone(&one);
    assert_eq!(nodes(beds, &format!("{other}/kubeconfig")), 5);
    end(second, "TERM");
    gone(&other);
    assert!(!std::path::Path::new(&other).exists(), "its directory is gone as well");
    let _ = std::fs::remove_dir_all(&one);
}

fn run(beds: &Beds) {
    let done = sandbox(beds)
        .args(["run", "--kubernetes", "real", "--", "sh", "-c", "echo $KUBECONFIG; exit 3"])
        .output()
        .expect("the sandbox starts");
    assert_eq!(done.status.code(), Some(3), "{}", String::from_utf8_lossy(&done.stderr));
    let text = String::from_utf8_lossy(&done.stdout);
    gone(text.trim().trim_end_matches("/kubeconfig"));
}
