//! What the pods of a verification run, run here: by /bin/sh, and by busybox where it is installed, in a directory that
//! stands for the mount.

use std::os::unix::fs::PermissionsExt as _;
use std::os::unix::process::CommandExt as _;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use crate::harness::{PATIENCE, reader};

/// A directory that is listed as a Lustre mount.
struct Mount {
    folder: tempfile::TempDir,
    shell: Vec<String>,
}

/// One pod.
struct Pod {
    child: Child,
    log: std::thread::JoinHandle<String>,
}

impl Mount {
    fn new(shell: &[String]) -> Self {
        let folder = tempfile::tempdir().expect("a folder");
        std::fs::create_dir(folder.path().join("fsx")).expect("a mount point");
        let mount = Self { folder, shell: shell.to_vec() };
        mount.lists("lustre");
        mount
    }

    fn root(&self) -> PathBuf {
        self.folder.path().join("fsx")
    }

    /// Where programs are looked for first.
    fn programs(&self) -> PathBuf {
        self.folder.path().join("bin")
    }

    /// Puts a program before the one of that name.
    fn program(&self, name: &str, script: &str) {
        std::fs::create_dir_all(self.programs()).expect("a folder");
        let path = self.programs().join(name);
        std::fs::write(&path, format!("#!/bin/sh\n{script}\n")).expect("a program");
        std::fs::set_permissions(&path, std::fs::Permissions::from_mode(0o755)).expect("its mode");
    }

    fn lists(&self, kind: &str) {
        let line = format!(
            "other /elsewhere ext4 rw 0 0\n10.0.1.5@tcp:/abcd {} {kind} rw,flock,lazystatfs 0 0\n",
            self.root().display()
        );
        std::fs::write(self.folder.path().join("mounts"), line).expect("a list of mounts");
    }

    fn start(&self, pairs: &[(&str, &str)]) -> Pod {
        let script = Path::new(env!("CARGO_MANIFEST_DIR")).join("templates/verify.sh");
        let script = std::fs::read_to_string(script).expect("the script");
        let mut command = Command::new(&self.shell[0]);
        command.args(&self.shell[1..]).args(["-c", &script]);
        let defaults = [
            ("RUN", "0a0b0c0d"),
            ("SELF", "0"),
            ("PEER", "0"),
            ("PEERS", "1"),
            ("MIB", "2"),
            ("SECONDS", "20"),
        ];
        for (name, value) in defaults.iter().chain(pairs) {
            command.env(format!("FSXCTL_VERIFY_{name}"), value);
        }
        command
            .env("PATH", format!("{}:{}", self.programs().display(), env!("PATH")))
            .env("FSXCTL_VERIFY_DIR", self.root())
            .env("FSXCTL_VERIFY_MOUNTS", self.folder.path().join("mounts"))
            .stdin(Stdio::null())
            .stdout(Stdio::piped())
            .stderr(Stdio::null())
            .process_group(0);
        let mut child = command.spawn().expect("the shell starts");
        let log = reader(child.stdout.take().expect("stdout is piped"));
        Pod { child, log }
    }

    fn run(&self, pairs: &[(&str, &str)]) -> (i32, String) {
        self.start(pairs).end()
    }

    /// Everything below the mount.
    fn files(&self) -> Vec<String> {
        let mut found = Vec::new();
        let mut folders = vec![self.root()];
        while let Some(folder) = folders.pop() {
            for entry in std::fs::read_dir(folder).expect("a folder").flatten() {
                found.push(entry.path().strip_prefix(self.root()).expect("below").display().to_string());
                if entry.path().is_dir() {
                    folders.push(entry.path());
                }
            }
        }
        found.sort();
        found
    }

    fn until(&self, file: &str) {
        let since = Instant::now();
        while !self.root().join(file).exists() {
            assert!(since.elapsed() < PATIENCE, "{file} never came: {:?}", self.files());
            std::thread::sleep(Duration::from_millis(20));
        }
    }
}

impl Pod {
    fn end(mut self) -> (i32, String) {
        let status = self.child.wait().expect("it ends");
        (status.code().unwrap_or(-1), self.log.join().expect("its log"))
    }

    fn signal(&self, name: &str) {
        let sent = Command::new("kill").args([&format!("-{name}"), &self.child.id().to_string()]).status();
        assert!(sent.is_ok_and(|status| status.success()), "cannot send {name}");
    }
}

/// The shells that are here.
fn shells() -> Vec<Vec<String>> {
    let mut shells = vec![vec!["/bin/sh".to_owned()]];
    let path = std::env::var_os("PATH").unwrap_or_default();
    if std::env::split_paths(&path).any(|folder| folder.join("busybox").is_file()) {
        shells.push(vec!["busybox".to_owned(), "sh".to_owned()]);
    } else {
        println!("skipped, busybox is not installed");
    }
    shells
}

/// Words of the protocol's lines, in order: `begin`, `mounted`, …
fn steps(log: &str) -> Vec<&str> {
    log.lines().filter_map(|line| line.strip_prefix("fsxctl-verify/1 ")?.split_whitespace().next()).collect()
}

const NONE: Vec<String> = Vec::new();

#[test]
fn a_pod_alone_writes_locks_reads_and_leaves_nothing() {
    for shell in shells() {
        let mount = Mount::new(&shell);
        let (code, log) = mount.run(&[]);
        assert_eq!(steps(&log), ["begin", "mounted", "written", "locked", "read", "removed", "end"], "{log}");
        assert_eq!((code, mount.files()), (0, NONE), "{log}");
        assert!(
            log.contains("mounted source=10.0.1.5@tcp:/abcd type=lustre options=rw,flock,lazystatfs"),
            "{log}"
        );
        assert!(
            log.contains("written bytes=2097152 ms=") && log.contains("read from=0 bytes=2097152 ms="),
            "{log}"
        );
        assert!(log.ends_with("fsxctl-verify/1 end verdict=ok\n"), "{log}");
    }
}

#[test]
fn pods_read_what_the_next_one_wrote() {
    for shell in shells() {
        let mount = Mount::new(&shell);
        let pod = |number: usize| {
            let (own, peer) = (number.to_string(), ((number + 1) % 3).to_string());
            mount.start(&[("SELF", &own), ("PEER", &peer), ("PEERS", "3")])
        };
        let pods: Vec<Pod> = (0..3).map(pod).collect();
        let told: Vec<(i32, String)> = pods.into_iter().map(Pod::end).collect();
        let sum = |log: &str, step: &str| {
            let line = log.lines().find(|line| line.contains(&format!(" {step} "))).unwrap_or_default();
            line.split("sha256=").nth(1).unwrap_or_default().to_owned()
        };
        for number in 0..3 {
            let (code, log) = &told[number];
            assert_eq!(*code, 0, "{log}");
            assert_eq!(sum(log, "read"), sum(&told[(number + 1) % 3].1, "written"), "{log}");
            assert_eq!(sum(log, "read").len(), 64, "{log}");
        }
        assert_ne!(sum(&told[0].1, "written"), sum(&told[1].1, "written"), "each file is another");
        assert_eq!(mount.files(), NONE);
    }
}

#[test]
fn what_is_no_lustre_mount_is_not_touched() {
    for shell in shells() {
        let mount = Mount::new(&shell);
        mount.lists("ext4");
        let (code, log) = mount.run(&[]);
        assert_eq!((code, mount.files()), (20, NONE), "{log}");
        assert!(log.contains("failed step=mounted text=") && log.contains("is ext4"), "{log}");
        std::fs::write(mount.folder.path().join("mounts"), "").expect("an empty list");
        assert_eq!(mount.run(&[]).0, 20);
    }
}

#[test]
fn a_directory_that_cannot_be_written_is_told_in_the_tools_words() {
    for shell in shells() {
        let mount = Mount::new(&shell);
        // A file is in the way, for users that may write everywhere.
        std::fs::write(mount.root().join(".fsxctl-verify-0a0b0c0d"), "mine").expect("a file");
        let (code, log) = mount.run(&[]);
        assert_eq!(code, 21, "{log}");
        assert!(log.contains("failed step=written text=mkdir: ") && log.contains("File exists"), "{log}");
        assert_eq!(mount.files(), [".fsxctl-verify-0a0b0c0d"], "it is not ours");
    }
}

#[test]
fn what_fails_after_a_good_write_speaks_for_itself() {
    // Not by busybox, which may take its own programs whatever the path says.
    let mount = Mount::new(&["/bin/sh".to_owned()]);
    mount.program("sha256sum", "echo 'sha256sum: -: Input/output error' >&2; exit 1");
    let (code, log) = mount.run(&[]);
    assert_eq!((code, mount.files()), (21, NONE), "{log}");
    assert!(log.contains("failed step=written text=sha256sum: -: Input/output error"), "{log}");
}

#[test]
fn a_read_only_mount_is_listed_and_not_written_to() {
    for shell in shells() {
        let mount = Mount::new(&shell);
        std::fs::write(mount.root().join("data"), "mine").expect("a file");
        let (code, log) = mount.run(&[("READ_ONLY", "true")]);
        assert_eq!(steps(&log), ["begin", "mounted", "listed", "end"], "{log}");
        assert_eq!((code, mount.files()), (0, vec!["data".to_owned()]), "{log}");
    }
}

#[test]
fn another_content_is_found_by_its_checksum() {
    for shell in shells() {
        let mount = Mount::new(&shell);
        let folder = mount.root().join(".fsxctl-verify-0a0b0c0d");
        std::fs::create_dir(&folder).expect("a folder");
        std::fs::write(folder.join("1.data"), "what was written is something else").expect("a file");
        std::fs::write(folder.join("1.sum"), "00\n").expect("a file");
        std::fs::write(folder.join("1.read"), "").expect("a file");
        let (code, log) = mount.run(&[("PEER", "1"), ("PEERS", "2")]);
        assert_eq!(code, 24, "{log}");
        assert!(log.contains("failed step=compared text=1.data reads as"), "{log}");
        assert!(log.ends_with("end verdict=failed\n"), "{log}");
        let left = [
            ".fsxctl-verify-0a0b0c0d",
            ".fsxctl-verify-0a0b0c0d/0.read",
            ".fsxctl-verify-0a0b0c0d/1.data",
            ".fsxctl-verify-0a0b0c0d/1.sum",
        ];
        assert_eq!(mount.files(), left, "the other pod's files are the other pod's, and the mark is for it");
    }
}

#[test]
fn a_file_that_never_comes_is_not_waited_for_longer_than_that() {
    for shell in shells() {
        let mount = Mount::new(&shell);
        let (code, log) = mount.run(&[("PEER", "1"), ("PEERS", "2"), ("SECONDS", "1")]);
        assert_eq!((code, mount.files()), (25, NONE), "{log}");
        assert!(log.contains("failed step=read text=the file of pod 1 did not come within 1 s"), "{log}");
    }
}

/// What a test was started with as ignored, as a job in the background of a script is with INT, every shell that it starts
/// ignores too (POSIX, `trap`), so that it cannot be tried. Pods are started with none.
fn is_ignored(signal: &str) -> bool {
    let number = match signal {
        "HUP" => 1,
        "INT" => 2,
        _ => 15,
    };
    let status = std::fs::read_to_string("/proc/self/status").unwrap_or_default();
    let mask = status.lines().find_map(|line| line.strip_prefix("SigIgn:"));
    let mask = mask.and_then(|mask| u64::from_str_radix(mask.trim(), 16).ok()).unwrap_or_default();
    mask & (1 << (number - 1)) != 0
}

#[test]
fn a_pod_that_is_ended_leaves_nothing() {
    assert!(!is_ignored("TERM"), "a process that nobody can end");
    for shell in shells() {
        for signal in ["TERM", "INT", "HUP"].into_iter().filter(|signal| !is_ignored(signal)) {
            let mount = Mount::new(&shell);
            std::fs::create_dir(mount.root().join(".fsxctl-verify-99999999")).expect("another run's folder");
            std::fs::write(mount.root().join(".fsxctl-verify-99999999/0.data"), "theirs").expect("a file");
            let pod = mount.start(&[("PEER", "1"), ("PEERS", "2")]);
            mount.until(".fsxctl-verify-0a0b0c0d/0.sum");
            pod.signal(signal);
            let (code, log) = pod.end();
            assert_eq!(code, 27, "{signal}: {log}");
            assert!(log.contains("removed\n"), "{signal}: {log}");
            assert_eq!(
                mount.files(),
                [".fsxctl-verify-99999999", ".fsxctl-verify-99999999/0.data"],
                "{signal}"
            );
        }
    }
}

#[test]
fn a_wrong_call_touches_nothing() {
    for shell in shells() {
        let mount = Mount::new(&shell);
        for wrong in
            [("RUN", "../../etc"), ("RUN", ""), ("SELF", "x"), ("PEER", "5"), ("PEERS", "0"), ("MIB", "-1")]
        {
            let (code, log) = mount.run(&[wrong]);
            assert_eq!((code, mount.files()), (64, NONE), "{wrong:?}: {log}");
        }
    }
}
