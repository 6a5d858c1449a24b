//! `run` and `serve`: starting, waiting, passing signals on, saving.

use std::ffi::OsString;
use std::io::{ErrorKind, IsTerminal};
use std::os::unix::process::{CommandExt, ExitStatusExt};
use std::path::{Path, PathBuf};
use std::process::{ExitCode, ExitStatus};

use rustix::process::{Pid, Signal, kill_process_group};
use tokio::signal::unix::{Signal as Stream, SignalKind, signal};

use super::environment::hidden;
use super::{Environment, SANDBOX_ERROR, Serving};
use crate::server::Sandbox;

/// Serves, runs COMMAND and answers its code.
pub fn run(serving: &Serving, environment: &Environment, command: &[String]) -> Result<ExitCode, String> {
    let given = environment.given()?;
    let sandbox = Sandbox::start(serving.options()?).map_err(|error| error.to_string())?;
    let mut pairs = sandbox.env();
    pairs.extend(given);
    let (program, arguments) = command.split_first().ok_or("no COMMAND")?;
    let mut child = std::process::Command::new(find(program));
    child.args(arguments).process_group(0).env_clear();
    child.envs(std::env::vars_os().filter(|(name, _)| !hidden(&name.to_string_lossy(), environment.keeps())));
    child.envs(pairs);
    let code = match runtime()?.block_on(wait(child, sandbox.killed())) {
        Ok(status) => exit_code(status),
        Err(error) => {
            eprintln!("fsxctl-sandbox: {program}: {error}");
            return Ok(ExitCode::from(if error.kind() == ErrorKind::NotFound { 127 } else { 126 }));
        }
    };
    if let Some(why) = sandbox.broken() {
        eprintln!("fsxctl-sandbox: {why}");
    }
    finish(&sandbox, serving)?;
    Ok(code)
}

/// Serves until interrupted.
pub fn serve(serving: &Serving) -> Result<ExitCode, String> {
    if serving.kill_after_writes.is_some() {
        return Err("--kill-after-writes ends COMMAND, which only `run` has".to_owned());
    }
    let runtime = runtime()?;
    let (mut interrupt, mut terminate) = {
        // Before anything is started that would have to be ended.
        let _within = runtime.enter();
        signals().map_err(|error| error.to_string())?
    };
    let sandbox = Sandbox::start(serving.options()?).map_err(|error| error.to_string())?;
    for (name, value) in sandbox.env() {
        super::print(&format!("export {name}={}\n", quoted(&value)));
    }
    let broken = runtime.block_on(async {
        let mut often = tokio::time::interval(std::time::Duration::from_secs(1));
        loop {
            tokio::select! {
                _ = interrupt.recv() => return None,
                _ = terminate.recv() => return None,
                _ = often.tick() => {
                    if let Some(why) = sandbox.broken() {
                        return Some(why);
                    }
                }
            }
        }
    });
    if let Some(why) = broken {
        return Err(why);
    }
    finish(&sandbox, serving)?;
    Ok(ExitCode::SUCCESS)
}

fn runtime() -> Result<tokio::runtime::Runtime, String> {
    tokio::runtime::Builder::new_current_thread().enable_all().build().map_err(|error| error.to_string())
}

fn finish(sandbox: &Sandbox, serving: &Serving) -> Result<(), String> {
    let Some(path) = &serving.save else { return Ok(()) };
    std::fs::write(path, sandbox.snapshot()).map_err(|error| format!("save {}: {error}", path.display()))
}

fn signals() -> std::io::Result<(Stream, Stream)> {
    Ok((signal(SignalKind::interrupt())?, signal(SignalKind::terminate())?))
}

/// Starts COMMAND in a process group of its own and waits; INT and TERM go to the whole group.
/// At the last moment of `--kill-after-writes` it gets KILL.
async fn wait(
    command: std::process::Command,
    mut killed: tokio::sync::watch::Receiver<bool>,
) -> std::io::Result<ExitStatus> {
    let (mut interrupt, mut terminate) = signals()?;
    let mut child = tokio::process::Command::from(command).spawn()?;
    let group = child.id().and_then(|id| i32::try_from(id).ok()).and_then(Pid::from_raw);
    if let Some(group) = group {
        hand_terminal(group);
    }
    loop {
        let passed = tokio::select! {
            status = child.wait() => return status,
            _ = interrupt.recv() => Signal::INT,
            _ = terminate.recv() => Signal::TERM,
            Ok(()) = killed.changed() => Signal::KILL,
        };
        if let Some(group) = group {
            // It may just have ended; then there is nobody to tell.
            let _ = kill_process_group(group, passed);
        }
    }
}

/// On a terminal COMMAND's group becomes the one that reads keys and gets Ctrl-C; the shell takes the
/// terminal back when the sandbox ends. A group that asked for a key before that was stopped: go on.
fn hand_terminal(group: Pid) {
    let stdin = std::io::stdin();
    let foreground = || rustix::termios::tcgetpgrp(&stdin).is_ok_and(|now| now == rustix::process::getpgrp());
    if stdin.is_terminal() && foreground() {
        let _ = rustix::termios::tcsetpgrp(&stdin, group);
        let _ = kill_process_group(group, Signal::CONT);
    }
}

fn exit_code(status: ExitStatus) -> ExitCode {
    let code = status.code().or_else(|| status.signal().map(|number| 128 + number));
    ExitCode::from(code.and_then(|code| u8::try_from(code).ok()).unwrap_or(SANDBOX_ERROR))
}

/// COMMAND on PATH, then beside this program (where cargo puts `fsxctl`); a name with a slash is itself.
fn find(program: &str) -> OsString {
    let on_path = || {
        let path = std::env::var_os("PATH").unwrap_or_default();
        std::env::split_paths(&path).map(|folder| folder.join(program)).find(|file| file.is_file())
    };
    let beside = || -> Option<PathBuf> {
        let file = std::env::current_exe().ok()?.parent()?.join(program);
        file.is_file().then_some(file)
    };
    if Path::new(program).components().count() > 1 {
        return program.into();
    }
    on_path().or_else(beside).map_or_else(|| program.into(), PathBuf::into_os_string)
}

/// A value as a POSIX shell reads it back.
fn quoted(value: &str) -> String {
    let plain = |c: char| c.is_ascii_alphanumeric() || "/:.,_-=+".contains(c);
    if !value.is_empty() && value.chars().all(plain) {
        return value.to_owned();
    }
    format!("'{}'", value.replace('\'', r"'\''"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn values_are_quoted_for_the_shell() {
        for (value, text) in
            [("http://127.0.0.1:1", "http://127.0.0.1:1"), ("", "''"), ("a'b $x", r"'a'\''b $x'")]
        {
            assert_eq!(quoted(value), text);
        }
    }
}
