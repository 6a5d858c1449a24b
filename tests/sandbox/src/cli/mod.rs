//! The command line: reading it, and what each command prints. No behaviour of AWS or Kubernetes is here.

mod environment;
mod run;

use std::path::PathBuf;
use std::process::ExitCode;
use std::time::Duration;

use clap::{Args, Parser, Subcommand};

use crate::real::Components;
use crate::server::{Kubernetes, Options, Source};
use crate::world;

/// The sandbox itself failed (as with `env` or `timeout`, so that it cannot be taken for COMMAND's code).
pub const SANDBOX_ERROR: u8 = 125;

/// A simulated AWS account and Kubernetes cluster on one machine.
#[derive(Debug, Parser)]
#[command(name = "fsxctl-sandbox", version, about, disable_help_subcommand = true)]
struct Cli {
    #[command(subcommand)]
    command: Command,
}

#[derive(Debug, Subcommand)]
enum Command {
    /// Serve, run COMMAND with the environment set, exit with its code
    Run {
        #[command(flatten)]
        serving: Serving,
        #[command(flatten)]
        environment: Environment,
        /// The program and its arguments
        #[arg(required = true, trailing_var_arg = true, allow_hyphen_values = true)]
        command: Vec<String>,
    },
    /// Serve until interrupted; prints `export NAME=value` lines
    Serve {
        #[command(flatten)]
        serving: Serving,
    },
    /// List the built-in worlds, or print one as a world file
    Worlds {
        /// Print this one
        name: Option<String>,
    },
    /// Say whether these are valid world files
    Check {
        /// World files
        #[arg(required = true)]
        files: Vec<PathBuf>,
    },
    /// Say whether two saved worlds are the same: 0 equal, 1 different (printed)
    Diff {
        /// A world file
        a: PathBuf,
        /// Another
        b: PathBuf,
        /// Leave out what lies at or below this path (as printed; `*` stands for any text)
        #[arg(long, value_name = "PATH")]
        ignore: Vec<String>,
    },
}

#[derive(Debug, Args)]
struct Serving {
    /// A built-in world or a world file; later ones are laid over earlier ones [default: bare]
    #[arg(long = "world", value_name = "NAME|FILE")]
    worlds: Vec<String>,
    /// One JSON line a request
    #[arg(long, value_name = "FILE")]
    log: Option<PathBuf>,
    /// The world as it stands at the end, as a world file
    #[arg(long, value_name = "FILE")]
    save: Option<PathBuf>,
    /// Milliseconds before every answer
    #[arg(long, value_name = "N", default_value_t = 0)]
    latency_ms: u64,
    /// Lifecycle durations divided by N
    #[arg(long, value_name = "N", default_value_t = 600.0)]
    speed: f64,
    /// `run` only: apply COMMAND's N-th write, send no answer, and end COMMAND with SIGKILL
    #[arg(long, value_name = "N")]
    kill_after_writes: Option<u64>,
    /// A fault, such as service=fsx,operation=CreateFileSystem,error=ThrottlingException,times=2
    #[arg(long = "fault", value_name = "SPEC")]
    faults: Vec<String>,
    /// The API server: the sandbox's own small one, or the real components, when they are built
    #[arg(long, value_name = "WHICH", default_value = "builtin", value_parser = ["builtin", "real"])]
    kubernetes: String,
}

#[derive(Debug, Args)]
struct Environment {
    /// Hand a variable to COMMAND; applied last
    #[arg(long = "env", value_name = "NAME=VALUE")]
    pairs: Vec<String>,
    /// Keep `FSXCTL_*` and the guides' variables of the caller's environment
    #[arg(long)]
    keep_env: bool,
}

impl Serving {
    fn options(&self) -> Result<Options, String> {
        if self.kill_after_writes == Some(0) {
            return Err("--kill-after-writes counts from 1".to_owned());
        }
        if !(self.speed.is_finite() && self.speed > 0.0) {
            return Err(format!("--speed {} is not a positive number", self.speed));
        }
        Ok(Options {
            worlds: self.worlds.iter().map(|value| Source::parse(value)).collect(),
            log: self.log.clone(),
            latency: Duration::from_millis(self.latency_ms),
            speed: self.speed,
            faults: self.faults.clone(),
            kill_after_writes: self.kill_after_writes,
            kubernetes: self.kubernetes()?,
            ..Options::default()
        })
    }
}

impl Serving {
    fn kubernetes(&self) -> Result<Kubernetes, String> {
        if self.kubernetes == "builtin" {
            return Ok(Kubernetes::Builtin);
        }
        let keeper = std::env::current_exe().map_err(|why| format!("this program's own path: {why}"))?;
        Components::found(&keeper).map(Kubernetes::Real)
    }
}

/// Runs the program.
pub fn main() -> ExitCode {
    let mut arguments = std::env::args();
    let name = arguments.next().unwrap_or_default();
    if std::path::Path::new(&name).file_stem().is_some_and(|stem| stem == "helm") {
        return crate::helm::main(arguments.collect());
    }
    if let [word, dashes, program @ ..] = std::env::args().skip(1).collect::<Vec<_>>().as_slice()
        && word == crate::real::keeper::WORD
        && dashes == "--"
    {
        return crate::real::keeper::main(program);
    }
    let cli = match Cli::try_parse() {
        Ok(cli) => cli,
        Err(error) => {
            let _ = error.print();
            return if error.use_stderr() { ExitCode::from(SANDBOX_ERROR) } else { ExitCode::SUCCESS };
        }
    };
    let done = match cli.command {
        Command::Run { serving, environment, command } => run::run(&serving, &environment, &command),
        Command::Serve { serving } => run::serve(&serving),
        Command::Worlds { name } => worlds(name.as_deref()),
        Command::Check { files } => check(&files),
        Command::Diff { a, b, ignore } => diff(&a, &b, &ignore),
    };
    done.unwrap_or_else(|why| {
        eprintln!("fsxctl-sandbox: {why}");
        ExitCode::from(SANDBOX_ERROR)
    })
}

fn worlds(name: Option<&str>) -> Result<ExitCode, String> {
    match name {
        None => {
            for (name, text) in world::BUILT_IN {
                print(&format!("{name:<12} {}\n", summary(text)));
            }
        }
        Some(name) => match world::builtin(name) {
            Some(text) => print(text),
            None => return Err(format!("there is no built-in world {name:?}")),
        },
    }
    Ok(ExitCode::SUCCESS)
}

/// The first sentence of a world's header comment.
fn summary(text: &str) -> String {
    // The last document is the world's own; the others are what it is laid over.
    let own = text.rsplit("\n---\n").next().unwrap_or(text);
    let header: Vec<&str> = own.lines().map_while(|line| line.strip_prefix("# ")).collect();
    let header = header.join(" ");
    header.split_inclusive(['.', ':', ';']).next().unwrap_or_default().trim_end_matches([':', ';']).to_owned()
}

/// A reader that has gone is no error.
fn print(text: &str) {
    use std::io::Write;
    let _ = std::io::stdout().write_all(text.as_bytes());
}

fn check(files: &[PathBuf]) -> Result<ExitCode, String> {
    let mut code = ExitCode::SUCCESS;
    for file in files {
        if let Err(error) = world::check(file) {
            eprintln!("{error}");
            code = ExitCode::FAILURE;
        }
    }
    Ok(code)
}

fn diff(a: &std::path::Path, b: &std::path::Path, ignore: &[String]) -> Result<ExitCode, String> {
    let read = |path: &std::path::Path| {
        world::load(&[Source::File(path.to_owned())], 600.0).map_err(|error| error.to_string())
    };
    let differences = world::diff(&read(a)?, &read(b)?, ignore);
    for line in &differences {
        print(&format!("{line}\n"));
    }
    Ok(if differences.is_empty() { ExitCode::SUCCESS } else { ExitCode::FAILURE })
}

#[cfg(test)]
mod tests {
    use clap::CommandFactory;

    use super::*;

    #[test]
    fn the_command_line_is_sound_and_worlds_have_summaries() {
        Cli::command().debug_assert();
        for (name, text) in world::BUILT_IN {
            assert!(summary(text).len() > 20, "{name}: {:?}", summary(text));
        }
    }

    #[test]
    fn what_cannot_be_is_refused() {
        for (args, says) in [
            (vec!["x", "serve", "--kill-after-writes", "0"], "counts from 1"),
            (vec!["x", "serve", "--speed", "0"], "--speed"),
        ] {
            let Command::Serve { serving } = Cli::try_parse_from(args).unwrap().command else { panic!() };
            assert!(serving.options().unwrap_err().contains(says), "{says}");
        }
    }
}
