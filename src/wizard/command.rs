//! The command line that the answers make.

use clap::Parser as _;

use crate::cli::{Cli, Command, GlobalArgs};
use crate::domain::{names, quantity, sizing};
use crate::error::{Error, Result};
use crate::facts::Facts;
use crate::intent::{Env, Intent, Setup, Target, setup_intent};
use crate::steps::{self, Goal, Item, Plan, StepId};

use super::{Form, Question};

/// What was answered so far, and what was typed before the first question.
#[derive(Debug, Clone)]
pub struct Sheet<'a> {
    program: &'a str,
    typed: Vec<String>,
    env: &'a Env,
    answers: Vec<(&'static str, Vec<String>)>,
}

/// A command line that was read.
#[derive(Debug, Clone)]
pub struct Parsed {
    /// What is wished for.
    pub intent: Intent,
    /// Which cluster, as far as words and variables tell.
    pub target: Target,
    /// How it is carried out.
    pub setup: Setup,
}

impl<'a> Sheet<'a> {
    /// Before the first answer. `program` is how people call it: `fsxctl` or `kubectl fsx-lustre`.
    pub fn new(program: &'a str, global: &GlobalArgs, env: &'a Env) -> Self {
        Self { program, typed: global.words(), env, answers: Vec::new() }
    }

    /// Notes an answer, if the command line with it can be.
    ///
    /// # Errors
    /// Usage: what `setup dynamic` says to the same words.
    pub fn answer(&mut self, question: &'static str, words: Vec<String>) -> Result<()> {
        let parsed = self.read(&words)?;
        // Nothing before the first call would tell that a Region is none.
        if let Some(region) = parsed.target.region.filter(|_| question == "region") {
            names::check_region(&region.value).map_err(|wrong| Error::usage(wrong.to_string()))?;
        }
        self.answers.push((question, words));
        Ok(())
    }

    pub(super) fn is_answered(&self, question: &str) -> bool {
        self.answers.iter().any(|(name, _)| *name == question)
    }

    /// The command line so far, read.
    ///
    /// # Errors
    /// Usage: what `setup dynamic` says to the same words.
    pub fn parsed(&self) -> Result<Parsed> {
        self.read(&[])
    }

    /// The words behind the program's name, with more behind them.
    fn words(&self, more: &[String]) -> Vec<String> {
        let answers = self.answers.iter().flat_map(|(_, words)| words).chain(more);
        let answers: Vec<String> = answers.cloned().collect();
        let mut typed = self.typed.clone();
        // A Region that was answered takes the place of one that was typed.
        if answers.iter().any(|word| word == "--region")
            && let Some(at) = typed.iter().position(|word| word == "--region")
        {
            typed.drain(at..(at + 2).min(typed.len()));
        }
        ["setup", "dynamic"].map(str::to_owned).into_iter().chain(typed).chain(answers).collect()
    }

    fn read(&self, more: &[String]) -> Result<Parsed> {
        let line = ["fsxctl".to_owned()].into_iter().chain(self.words(more));
        let cli = Cli::try_parse_from(line).map_err(|refusal| {
            let text = refusal.to_string();
            Error::usage(text.lines().next().unwrap_or_default().trim_start_matches("error: ").to_owned())
        })?;
        let command = match cli.command {
            Command::Setup(setup) => setup.command,
            _ => None,
        };
        let Some(command) = command else {
            return Err(Error::bug("the answers make another command than a set-up"));
        };
        let (intent, target, setup) = setup_intent(&command, &cli.global, self.env)?;
        Ok(Parsed { intent, target, setup })
    }

    /// The wish with more words; none when it cannot be.
    pub(super) fn wish(&self, more: &[&str]) -> Option<Intent> {
        let more: Vec<String> = more.iter().map(|word| (*word).to_owned()).collect();
        self.read(&more).ok().map(|parsed| parsed.intent)
    }

    /// What a step would come to with more words; none when they cannot be.
    pub(super) fn step(&self, facts: &Facts, step: StepId, more: &[&str]) -> Option<Item> {
        let plan: Plan = steps::plan(Goal::Present, &self.wish(more)?, facts);
        plan.items.into_iter().find(|item| item.step == step)
    }

    /// The question for a size again, starting from the legal one that is nearest to what was typed.
    pub fn nearest(&self, question: &Question, typed: &str) -> Option<Question> {
        let Form::Text { flag: "size", .. } = question.form else { return None };
        let shape = self.wish(&[])?.storage.file_system.shape();
        let nearest = sizing::nearest(shape, quantity::parse_gib(typed.trim()).ok()?)?;
        let form = Form::Text { flag: "size", start: quantity::print_gib(nearest), is_default: false };
        Some(Question { form, ..question.clone() })
    }

    /// The command that does the same without questions, as a shell takes it.
    pub fn command(&self) -> String {
        let words = self.words(&[]);
        let words = words.iter().map(|word| quoted(word));
        std::iter::once(self.program.to_owned()).chain(words).collect::<Vec<_>>().join(" ")
    }
}

/// A word as every POSIX shell takes it.
pub fn quoted(word: &str) -> String {
    let is_plain = |char: char| char.is_ascii_alphanumeric() || "-_./:=@%+,".contains(char);
    if !word.is_empty() && word.chars().all(is_plain) {
        word.to_owned()
    } else {
        format!("'{}'", word.replace('\'', "'\\''"))
    }
}
