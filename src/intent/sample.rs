//! Wishes of tests, from the words that a person would type.

use clap::Parser as _;

use super::{Intent, byo_intent, migrate_intent, setup_intent, share_intent};
use crate::cli::{Cli, Command};

/// The wish of `fsxctl setup <words>`; words that name no part are those of `dynamic`, and `byo` and `share` are
/// commands of their own.
pub(crate) fn wish(words: &str) -> Intent {
    if words.starts_with("byo") || words.starts_with("share") {
        return binding(words);
    }
    wish_in(words, &[])
}

/// The wish of `fsxctl byo …` and `fsxctl share …`.
fn binding(words: &str) -> Intent {
    let arguments = std::iter::once("fsxctl").chain(words.split_whitespace());
    let cli = Cli::try_parse_from(arguments).expect("words that fsxctl takes");
    let nothing = std::collections::BTreeMap::new();
    let wish = match &cli.command {
        Command::Byo(args) => byo_intent(args, &cli.global, &nothing),
        Command::Share(args) => share_intent(args, &cli.global, &nothing),
        _ => panic!("{words:?} binds nothing"),
    };
    wish.expect("a legal wish").0
}

/// The same in an environment.
pub(crate) fn wish_in(words: &str, env: &[(&str, &str)]) -> Intent {
    let part = if words.is_empty() || words.starts_with('-') { Some("dynamic") } else { None };
    let arguments = ["fsxctl", "setup"].into_iter().chain(part).chain(words.split_whitespace());
    let cli = Cli::try_parse_from(arguments).expect("words that fsxctl takes");
    let Command::Setup(setup) = cli.command else { panic!("{words:?} is no set-up") };
    let command = setup.command.expect("a part");
    let env = env.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())).collect();
    setup_intent(&command, &cli.global, &env).expect("a legal wish").0
}

/// The wish of `fsxctl migrate <words>`.
pub(crate) fn migration(words: &str) -> Intent {
    let arguments = ["fsxctl", "migrate"].into_iter().chain(words.split_whitespace());
    let cli = Cli::try_parse_from(arguments).expect("words that fsxctl takes");
    let Command::Migrate(command) = cli.command else { panic!("{words:?} is no migration") };
    migrate_intent(&command, &cli.global, &std::collections::BTreeMap::new()).expect("a legal wish").0
}
