//! Wire: one short function a verb. It carries words to the wish, facts to the plan and results to the screen; it
//! decides nothing.

mod about;
mod bind;
mod doctor;
mod env;
mod images;
mod leave;
mod manifests;
mod permissions;
mod proof;
mod setup;
mod speak;
mod status;
mod verify;
mod versions;
mod way;
mod wizard;

use std::collections::BTreeMap;

use clap::{CommandFactory as _, Parser as _};

use crate::cli::{Cli, Command};
use crate::error::{Error, Kind, Result};
use crate::intent::{migrate_intent, setup_intent, share_intent};
use speak::{Gives, Speak};

/// Runs one command line. `arguments` begins with the program's name; `env` is the whole environment. Returns the exit
/// code. Must be called inside a tokio runtime with time and IO enabled.
pub async fn run(arguments: Vec<String>, env: BTreeMap<String, String>) -> u8 {
    let cli = match Cli::try_parse_from(named(&arguments)) {
        Ok(cli) => cli,
        Err(refusal) => return refused(&refusal, &arguments, &env),
    };
    let speak = match Speak::new(&cli.global, &env) {
        Ok(speak) => speak.typed(&named(&arguments)),
        Err(error) => return Speak::guessed(&arguments, &env).fail(&error, None),
    };
    let gives = match &cli.command {
        Command::Images(_) => Gives::Names,
        Command::Status(_) => Gives::Tables,
        Command::Verify(_) => Gives::Report,
        Command::Doctor(args) if args.command.is_some() => Gives::Names,
        Command::Doctor(_) => Gives::Report,
        _ => Gives::Neither,
    };
    if let Err(error) = speak.check_format(gives) {
        return speak.fail(&error, None);
    }
    match Box::pin(dispatch(program(&arguments), &cli, &env, &speak)).await {
        Ok(code) => code,
        Err(error) => speak.fail(&error, None),
    }
}

async fn dispatch(program: &str, cli: &Cli, env: &BTreeMap<String, String>, speak: &Speak) -> Result<u8> {
    match &cli.command {
        Command::Setup(setup) => match &setup.command {
            Some(command) if versions::is_asked(command) => {
                versions::run(command, &cli.global, env, speak).await
            }
            Some(command) => setup::run(setup_intent(command, &cli.global, env)?, env, speak).await,
            None => Box::pin(wizard::run(program, &cli.global, env, speak)).await,
        },
        Command::Byo(args) => Box::pin(bind::byo(args, &cli.global, env, speak)).await,
        Command::Share(args) => setup::run(share_intent(args, &cli.global, env)?, env, speak).await,
        Command::Migrate(command) => setup::run(migrate_intent(command, &cli.global, env)?, env, speak).await,
        Command::Status(args) => Box::pin(status::run(args, &cli.global, env, speak)).await,
        Command::Verify(args) => Box::pin(verify::run(args, &cli.global, env, speak)).await,
        Command::Doctor(args) => Box::pin(doctor::run(args, &cli.global, env, speak)).await,
        Command::Explain(args) => doctor::explain(args, speak),
        Command::Env(args) => env::run(args, &cli.global, env, speak),
        Command::Permissions(args) => permissions::run(args, &cli.global, env, speak),
        Command::Images(args) => Box::pin(images::run(args, &cli.global, env, speak)).await,
        Command::Schema(args) => about::schema(args, speak),
        Command::Completions(args) => about::completions(args, speak),
        Command::Man => about::man(speak),
        Command::Version(_) => about::version(speak),
    }
}

/// How the kubectl plugin is called.
const PLUGIN: &str = "kubectl fsx-lustre";

/// What people type to call this program.
fn program(arguments: &[String]) -> &'static str {
    let typed = arguments.first().and_then(|program| program.rsplit('/').next()).unwrap_or_default();
    if typed.trim_end_matches(".exe") == "kubectl-fsx_lustre" { PLUGIN } else { "fsxctl" }
}

/// As a kubectl plugin the program has another name, and help must say what was typed.
fn named(arguments: &[String]) -> Vec<String> {
    let mut arguments = arguments.to_vec();
    let program = program(&arguments);
    if let Some(first) = arguments.first_mut().filter(|_| program == PLUGIN) {
        *first = program.to_owned();
    }
    arguments
}

/// What clap says: help and version go to stdout and are no failure; the rest is usage, as a document when one was
/// asked for.
fn refused(refusal: &clap::Error, arguments: &[String], env: &BTreeMap<String, String>) -> u8 {
    if !refusal.use_stderr() {
        return Speak::plain(env).answer(&refusal.to_string());
    }
    let text = refusal.to_string();
    if refusal.kind() == clap::error::ErrorKind::DisplayHelpOnMissingArgumentOrSubcommand {
        let error = Error::usage("a command is missing").details(text.lines().map(str::to_owned));
        return Speak::guessed(arguments, env).fail(&error, None);
    }
    let mut lines = text.lines().map(str::trim).filter(|line| !line.is_empty());
    let first =
        lines.next().unwrap_or("the command line cannot be read").trim_start_matches("error: ").to_owned();
    let rest: Vec<String> =
        lines.filter(|line| !line.starts_with("For more information")).map(str::to_owned).collect();
    let error = Error::new(Kind::Usage, first).details(rest).next(format!("{} --help", typed(arguments)));
    Speak::guessed(arguments, env).fail(&error, None)
}

/// The program and the commands that were typed after it, as far as there are such: whose help is meant.
fn typed(arguments: &[String]) -> String {
    let (mut words, mut at) = (vec![program(arguments).to_owned()], Cli::command());
    for word in arguments.iter().skip(1) {
        let Some(next) = at.find_subcommand(word).cloned() else { break };
        words.push(word.clone());
        at = next;
    }
    words.join(" ")
}

/// The clap command, for completions, the manual and the reference.
pub fn command() -> clap::Command {
    Cli::command()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_plugin_is_called_as_kubectl_calls_it() {
        let rows = [
            ("fsxctl", "fsxctl"),
            ("/usr/local/bin/fsxctl", "fsxctl"),
            ("/home/a/.krew/bin/kubectl-fsx_lustre", "kubectl fsx-lustre"),
            ("kubectl-fsx_lustre.exe", "kubectl fsx-lustre"),
            ("my-fsxctl", "fsxctl"),
        ];
        for (typed, called) in rows {
            assert_eq!(program(&[typed.to_owned()]), called);
        }
        assert_eq!(program(&[]), "fsxctl");
        assert_eq!(
            named(&["kubectl-fsx_lustre".to_owned(), "env".to_owned()]),
            ["kubectl fsx-lustre", "env"]
        );
        assert_eq!(named(&["fsxctl".to_owned()]), ["fsxctl"]);
    }
}
