//! Programs that must not outlive the one that started them.
//!
//! Each runs under a keeper, a small process of this program that ends it (TERM, after a while KILL) when its own
//! standard input is closed. A pipe is closed however its owner ends, by a panic, INT or KILL too, and no process id
//! is remembered that could meanwhile name a stranger.

use std::fs::File;
use std::io::Read as _;
use std::os::unix::process::{CommandExt as _, ExitStatusExt as _};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, ExitCode, Stdio};
use std::sync::mpsc;
use std::time::Duration;

use rustix::process::{Pid, Signal, kill_process_group};

/// After this long a program that was told to end is killed.
const GRACE: Duration = Duration::from_secs(5);

/// The hidden word of the command line.
pub const WORD: &str = "keep";

/// A kept program; ends when dropped.
#[derive(Debug)]
pub struct Kept {
    name: String,
    keeper: Child,
    log: PathBuf,
}

/// How to start one.
#[derive(Debug)]
pub struct Start<'a> {
    /// The `fsxctl-sandbox` program.
    pub keeper: &'a Path,
    /// What to call it; its log is `NAME.log`.
    pub name: &'a str,
    /// The directory of the run: it works there and its log goes there.
    pub directory: &'a Path,
    /// The program.
    pub program: PathBuf,
    /// Its arguments.
    pub arguments: Vec<String>,
    /// Its whole environment.
    pub environment: Vec<(String, String)>,
}

impl Kept {
    /// Starts a program; its output goes to the end of its log.
    ///
    /// # Errors
    /// The system's words.
    pub fn start(start: Start<'_>) -> Result<Self, String> {
        let log = start.directory.join(format!("{}.log", start.name));
        let wrong = |why: std::io::Error| format!("start {}: {why}", start.name);
        let open = || File::options().create(true).append(true).open(&log).map_err(wrong);
        let keeper = Command::new(start.keeper)
            .arg(WORD)
            .arg("--")
            .arg(&start.program)
            .args(&start.arguments)
            .env_clear()
            .envs(start.environment)
            .current_dir(start.directory)
            .stdin(Stdio::piped())
            .stdout(open()?)
            .stderr(open()?)
            .process_group(0)
            .spawn()
            .map_err(wrong)?;
        Ok(Self { name: start.name.to_owned(), keeper, log })
    }

    /// Its end, when it has ended by itself: what it said last.
    pub fn ended(&mut self) -> Option<String> {
        let status = self.keeper.try_wait().ok().flatten()?;
        Some(format!("{} has ended ({status}):\n{}", self.name, tail(&self.log)))
    }

    /// Tells it to end and waits until it has.
    pub fn stop(&mut self) {
        drop(self.keeper.stdin.take());
        let _ = self.keeper.wait();
    }
}

impl Drop for Kept {
    fn drop(&mut self) {
        self.stop();
    }
}

/// The last lines of a log.
fn tail(path: &Path) -> String {
    let text = std::fs::read(path).unwrap_or_default();
    let text = String::from_utf8_lossy(&text);
    let lines: Vec<&str> = text.lines().collect();
    lines[lines.len().saturating_sub(20)..].join("\n")
}

/// The keeper's own process: runs the program and answers with its code.
pub fn main(arguments: &[String]) -> ExitCode {
    let Some((program, rest)) = arguments.split_first() else {
        return ExitCode::from(crate::cli::SANDBOX_ERROR);
    };
    let mut command = Command::new(program);
    command.args(rest).stdin(Stdio::null()).process_group(0);
    let mut child = match command.spawn() {
        Ok(child) => child,
        Err(why) => {
            eprintln!("fsxctl-sandbox: {program}: {why}");
            return ExitCode::from(127);
        }
    };
    let group = i32::try_from(child.id()).ok().and_then(Pid::from_raw);
    let (ended, wait) = mpsc::channel();
    std::thread::spawn(move || {
        // Nothing is ever written to it: this returns when its owner has closed it or is no more.
        let _ = std::io::stdin().read(&mut [0_u8; 1]);
        let tell = |signal| group.map(|group| kill_process_group(group, signal));
        let _ = tell(Signal::TERM);
        if wait.recv_timeout(GRACE).is_err() {
            let _ = tell(Signal::KILL);
        }
    });
    let status = child.wait();
    let _ = ended.send(());
    match status {
        Ok(status) => {
            let code = status.code().unwrap_or_else(|| 128 + status.signal().unwrap_or_default());
            ExitCode::from(u8::try_from(code).unwrap_or(u8::MAX))
        }
        Err(_) => ExitCode::from(crate::cli::SANDBOX_ERROR),
    }
}
