//! `fsxctl-sandbox --kubernetes real` as a person starts it: two at once, and nothing of it outlives it.

use std::io::{BufRead as _, BufReader};
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use crate::Test;
use crate::bed::{Beds, PATIENCE};

pub const TESTS: &[Test] = &[
    ("processes::a_keeper_that_is_told_to_end_ends_its_program", keeper),
    ("processes::a_run_that_fails_or_is_interrupted_leaves_nothing", broken_off),
    ("processes::two_at_once_and_nothing_outlives_them", two),
    ("processes::run_gives_the_code_and_ends_all", run),
];

fn sandbox(beds: &Beds) -> Command {
    let mut command = Command::new(&beds.components().keeper);
    command.env("FSXCTL_TESTBED", &beds.components().directory).stdin(Stdio::null());
    command
}

/// A `serve` that ends with this test, whatever becomes of it.
struct Serving(Child);

impl Drop for Serving {
    fn drop(&mut self) {
        let _ended = self.0.kill();
        let _waited = self.0.wait();
    }
}

/// A running `serve`, and its kubeconfig.
fn serve(beds: &Beds) -> (Serving, String) {
    let mut child = sandbox(beds)
        .args(["serve", "--kubernetes", "real"])
        .stdout(Stdio::piped())
        .spawn()
        .expect("the sandbox starts");
    let stdout = child.stdout.take().expect("stdout is piped");
    let child = Serving(child);
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

/// Makes this program start a cluster, say where, and then end in this way.
pub const BREAK_OFF: &str = "FSXCTL_TESTBED_BREAK_OFF";

/// What [`BREAK_OFF`] asks for: a panic in a test, or nothing until somebody interrupts.
pub fn break_off(beds: &Beds, how: &str) {
    beds.own(&["bare"], |bed| {
        println!("{}", bed.world.sandbox.directory().display());
        assert_ne!(how, "panic", "as asked");
        std::thread::sleep(PATIENCE);
    });
}

fn broken_off(beds: &Beds) {
    let _place = beds.turn();
    for how in ["panic", "wait"] {
        let program = std::env::current_exe().expect("this program has a path");
        let mut child = Command::new(program)
            .env(BREAK_OFF, how)
            .stdin(Stdio::null())
            .stdout(Stdio::piped())
            .stderr(Stdio::null())
            .spawn()
            .expect("this program starts again");
        let mut directory = String::new();
        let mut stdout = BufReader::new(child.stdout.take().expect("stdout is piped"));
        stdout.read_line(&mut directory).expect("it says where");
        let directory = directory.trim().to_owned();
        assert!(directory.starts_with('/'), "{directory:?}");
        let child = Serving(child);
        if how == "wait" {
            assert!(about(&directory).len() >= 5, "{:?}", about(&directory));
            end(child, "INT");
            gone(&directory);
            let _ = std::fs::remove_dir_all(&directory);
        } else {
            gone(&directory);
        }
    }
}

/// The processes whose command line names a directory.
fn about(directory: &str) -> Vec<String> {
    let listed = Command::new("ps").args(["-eww", "-o", "pid=,args="]).output().expect("ps is there");
    let text = String::from_utf8_lossy(&listed.stdout).into_owned();
    // One that lists nothing would find nothing left behind.
    assert!(listed.status.success() && text.contains(&std::process::id().to_string()), "{text}");
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

fn end(mut child: Serving, signal: &str) {
    let sent = Command::new("kill").args([&format!("-{signal}"), &child.0.id().to_string()]).status();
    assert!(sent.is_ok_and(|status| status.success()), "{signal}");
    child.0.wait().expect("it ends");
}

fn two(beds: &Beds) {
    let _places = (beds.turn(), beds.turn());
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
    let _place = beds.turn();
    let kubectl = beds.components().directory.join("kubectl");
    let script =
        format!("echo $KUBECONFIG; {} get --raw /version | grep -q 'v1.36.1' && exit 3", kubectl.display());
    let done = sandbox(beds)
        .args(["run", "--kubernetes", "real", "--", "sh", "-c", &script])
        .output()
        .expect("the sandbox starts");
    assert_eq!(done.status.code(), Some(3), "{}", String::from_utf8_lossy(&done.stderr));
    let text = String::from_utf8_lossy(&done.stdout);
    gone(text.trim().trim_end_matches("/kubeconfig"));
}

/// Closed, told to end, interrupted: each takes the program along.
fn keeper(beds: &Beds) {
    for signal in ["", "TERM", "INT", "HUP"] {
        let folder = tempfile::tempdir().expect("a temporary directory");
        let mark = folder.path().join("kept").display().to_string();
        let mut child = Command::new(&beds.components().keeper)
            .args(["keep", "--", "sh", "-c", "sleep 600; true", &mark])
            .stdin(Stdio::piped())
            .spawn()
            .expect("the keeper starts");
        let since = Instant::now();
        while about(&mark).len() < 2 {
            assert!(since.elapsed() < PATIENCE, "it does not start");
            std::thread::sleep(Duration::from_millis(50));
        }
        if signal.is_empty() {
            drop(child.stdin.take());
        } else {
            let sent = Command::new("kill").args([&format!("-{signal}"), &child.id().to_string()]).status();
            assert!(sent.is_ok_and(|status| status.success()), "{signal}");
        }
        gone(&mark);
        child.wait().expect("it ends");
    }
}
