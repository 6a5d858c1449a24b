//! `install.sh`, run against archives made here: what is right is installed, what is not is refused and leaves nothing.
#![cfg(unix)]

use std::os::unix::fs::PermissionsExt as _;
use std::path::{Path, PathBuf};
use std::process::{Command, Output};

use sha2::{Digest as _, Sha256};

/// A folder with an archive, its checksums, and an empty place to install to.
struct Yard {
    folder: tempfile::TempDir,
}

impl Yard {
    /// An archive of a program that says what it is.
    fn new() -> Self {
        let yard = Self { folder: tempfile::tempdir().expect("a folder") };
        let inside = yard.path("fsxctl-0.1.0");
        std::fs::create_dir(&inside).expect("a folder");
        let program = inside.join("fsxctl");
        std::fs::write(&program, "#!/bin/sh\necho fsxctl 0.1.0\n").expect("a program");
        std::fs::set_permissions(&program, std::fs::Permissions::from_mode(0o755)).expect("executable");
        let mut tar = Command::new("tar");
        tar.arg("-czf").arg(yard.archive()).arg("-C").arg(yard.folder.path()).arg("fsxctl-0.1.0");
        assert!(tar.status().expect("tar runs").success());
        yard.sums(&format!("{}  fsxctl.tar.gz\n", yard.sha256()));
        yard
    }

    fn path(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }

    fn archive(&self) -> PathBuf {
        self.path("fsxctl.tar.gz")
    }

    fn sha256(&self) -> String {
        hex::encode(Sha256::digest(std::fs::read(self.archive()).expect("the archive")))
    }

    fn sums(&self, text: &str) {
        std::fs::write(self.path("SHA256SUMS"), text).expect("the checksums");
    }

    fn installed(&self) -> PathBuf {
        self.path("bin/fsxctl")
    }

    /// Runs the installer with these options, `--to` among them.
    fn install(&self, options: &[&str]) -> Output {
        self.install_with(std::env::var("PATH").unwrap_or_default().as_str(), options)
    }

    fn install_with(&self, path: &str, options: &[&str]) -> Output {
        let mut sh = Command::new("/bin/sh");
        sh.arg(Path::new(env!("CARGO_MANIFEST_DIR")).join("install.sh"))
            .args(options)
            .arg("--to")
            .arg(self.path("bin"));
        sh.current_dir(self.folder.path()).env_clear().env("PATH", path).env("HOME", self.folder.path());
        sh.env("TMPDIR", self.folder.path()).output().expect("sh runs")
    }

    /// Refused, in words, and nothing is left: no program, no temporary folder.
    fn refused(&self, answer: &Output, words: &str) {
        let said = String::from_utf8_lossy(&answer.stderr);
        assert_eq!(answer.status.code(), Some(1), "{said}");
        assert!(said.contains(words), "{said}");
        assert!(!self.installed().exists(), "something was installed");
        assert_eq!(self.leftovers(), Vec::<String>::new());
    }

    /// What is in the folder that the yard did not put there.
    fn leftovers(&self) -> Vec<String> {
        let entries = std::fs::read_dir(self.folder.path()).expect("the folder");
        let names = entries.map(|entry| entry.expect("an entry").file_name().to_string_lossy().into_owned());
        names
            .filter(|name| {
                !["fsxctl-0.1.0", "fsxctl.tar.gz", "SHA256SUMS", "bin", "tools"].contains(&name.as_str())
            })
            .collect()
    }
}

fn said(answer: &Output) -> String {
    String::from_utf8_lossy(&answer.stderr).into_owned()
}

#[test]
fn a_right_checksum_installs() {
    let yard = Yard::new();
    let answer = yard.install(&["--archive", "fsxctl.tar.gz"]);
    assert!(answer.status.success(), "{}", said(&answer));
    let mode = std::fs::metadata(yard.installed()).expect("it is there").permissions().mode();
    assert_eq!(mode & 0o777, 0o755);
    let program = Command::new(yard.installed()).output().expect("it runs");
    assert_eq!(String::from_utf8_lossy(&program.stdout), "fsxctl 0.1.0\n");
    for words in [
        "verified fsxctl.tar.gz",
        "installed fsxctl 0.1.0",
        "add it to your PATH",
        "completions: fsxctl completions bash",
    ] {
        assert!(said(&answer).contains(words), "{words}: {}", said(&answer));
    }
    assert_eq!(yard.leftovers(), Vec::<String>::new());
}

#[test]
fn a_checksum_can_be_given_by_hand_or_in_a_file_of_its_own() {
    let yard = Yard::new();
    let sum = yard.sha256();
    std::fs::remove_file(yard.path("SHA256SUMS")).expect("removed");
    let archive = yard.archive();
    let archive = archive.to_str().expect("text");
    assert!(yard.install(&["--archive", archive, "--checksum", &sum.to_uppercase()]).status.success());
    std::fs::remove_file(yard.installed()).expect("it was installed");
    yard.sums(&format!("{}  other.tar.gz\n{sum} *fsxctl.tar.gz\n", "0".repeat(64)));
    assert!(yard.install(&["--archive", archive, "--checksum", "SHA256SUMS"]).status.success());
}

#[test]
fn a_wrong_checksum_installs_nothing() {
    let yard = Yard::new();
    let wrong = "0".repeat(64);
    yard.refused(
        &yard.install(&["--archive", "fsxctl.tar.gz", "--checksum", &wrong]),
        "nothing was installed",
    );
    yard.sums(&format!("{wrong}  fsxctl.tar.gz\n"));
    yard.refused(&yard.install(&["--archive", "fsxctl.tar.gz"]), &format!("must be {wrong}"));
}

#[test]
fn an_archive_that_was_changed_after_its_checksum_is_refused() {
    let yard = Yard::new();
    let mut bytes = std::fs::read(yard.archive()).expect("the archive");
    bytes.push(0);
    std::fs::write(yard.archive(), bytes).expect("written");
    yard.refused(&yard.install(&["--archive", "fsxctl.tar.gz"]), "nothing was installed");
}

#[test]
fn without_a_checksum_nothing_is_installed() {
    let yard = Yard::new();
    yard.sums(&format!("{}  other.tar.gz\n", yard.sha256()));
    yard.refused(&yard.install(&["--archive", "fsxctl.tar.gz"]), "has no SHA-256 of fsxctl.tar.gz");
    std::fs::remove_file(yard.path("SHA256SUMS")).expect("removed");
    yard.refused(&yard.install(&["--archive", "fsxctl.tar.gz"]), "there are no checksums at SHA256SUMS");
}

#[test]
fn an_installed_program_survives_a_refusal() {
    let yard = Yard::new();
    assert!(yard.install(&["--archive", "fsxctl.tar.gz"]).status.success());
    let before = std::fs::read(yard.installed()).expect("it is there");
    assert!(!yard.install(&["--archive", "fsxctl.tar.gz", "--checksum", &"0".repeat(64)]).status.success());
    assert_eq!(std::fs::read(yard.installed()).expect("it is still there"), before);
}

#[test]
fn a_program_that_does_not_run_is_not_installed() {
    let yard = Yard::new();
    std::fs::write(yard.path("fsxctl-0.1.0/fsxctl"), "#!/bin/sh\nexit 1\n").expect("a program");
    let mut tar = Command::new("tar");
    tar.arg("-czf").arg(yard.archive()).arg("-C").arg(yard.folder.path()).arg("fsxctl-0.1.0");
    assert!(tar.status().expect("tar runs").success());
    yard.refused(
        &yard.install(&["--archive", "fsxctl.tar.gz", "--checksum", &yard.sha256()]),
        "does not run on this machine",
    );
}

/// A PATH with these programs alone.
fn tools(yard: &Yard, names: &[&str]) -> String {
    let folder = yard.path("tools");
    let _ = std::fs::remove_dir_all(&folder);
    std::fs::create_dir(&folder).expect("a folder");
    let path = std::env::var_os("PATH").unwrap_or_default();
    for name in names {
        let found =
            std::env::split_paths(&path).map(|folder| folder.join(name)).find(|program| program.is_file());
        std::os::unix::fs::symlink(found.unwrap_or_else(|| panic!("no {name}")), folder.join(name))
            .expect("a link");
    }
    folder.to_string_lossy().into_owned()
}

#[test]
fn a_missing_tool_is_named() {
    const NEEDED: [&str; 12] =
        ["awk", "cat", "chmod", "cp", "cut", "dirname", "grep", "mkdir", "mktemp", "mv", "rm", "tr"];
    let yard = Yard::new();
    let path = tools(&yard, &NEEDED);
    let answer = yard.install_with(&path, &["--archive", "fsxctl.tar.gz"]);
    yard.refused(&answer, "cannot verify the archive: neither sha256sum nor shasum is installed");
    let answer = yard.install_with(&path, &["--archive", "https://127.0.0.1/fsxctl.tar.gz"]);
    yard.refused(&answer, "neither curl nor wget is installed");
    let answer = yard.install_with(&path, &["--from-source"]);
    yard.refused(&answer, "cannot build: cargo is not installed");
}

#[test]
fn a_dry_run_and_a_wrong_option_do_nothing() {
    let yard = Yard::new();
    let answer = yard.install(&["--archive", "fsxctl.tar.gz", "--dry-run"]);
    assert!(answer.status.success() && said(&answer).contains("nothing was done"), "{}", said(&answer));
    assert!(!yard.path("bin").exists());
    yard.refused(&yard.install(&["--sudo"]), "there is no option --sudo");
    yard.refused(&yard.install(&["--archive", "http://127.0.0.1/a.tar.gz"]), "only https is downloaded");
    yard.refused(&yard.install(&["--archive", "fsxctl.tar.gz", "--from-source"]), "exclude each other");
    yard.refused(&yard.install(&["--checksum", ""]), "--checksum needs a value");
}

#[test]
fn a_download_that_was_cut_off_runs_nothing() {
    let text = include_str!("../install.sh");
    assert!(text.ends_with("\nmain \"$@\"\n"), "main is the last line");
    let whole: Vec<&str> = text.lines().collect();
    for kept in (1..whole.len() - 1).step_by(7) {
        let yard = Yard::new();
        let script = yard.path("tools");
        std::fs::write(&script, whole[..kept].join("\n")).expect("a script");
        let mut sh = Command::new("/bin/sh");
        sh.arg(&script)
            .args(["--archive", "fsxctl.tar.gz", "--to"])
            .arg(yard.path("bin"))
            .current_dir(yard.folder.path());
        let answer = sh.env("TMPDIR", yard.folder.path()).output().expect("sh runs");
        assert!(!yard.installed().exists() && yard.leftovers().is_empty(), "{kept} lines: {}", said(&answer));
    }
    assert!(!text.lines().any(|line| line.trim_start().starts_with("sudo")), "it never calls sudo");
}
