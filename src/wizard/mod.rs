//! Ask: which questions the set-up wizard puts, from what is there and what was answered so far.
//!
//! Pure, and decides nothing: every answer becomes words of the command line, which go the road that typed words go.
//! What an answer would come to is told by the planners.

mod command;
mod driver;
mod network;
mod place;
mod storage;

#[cfg(test)]
mod tests;

pub use command::{Parsed, Sheet, quoted};
pub use place::{cluster, region};

use crate::facts::Facts;

/// One question.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Question {
    /// Its name, unique among the questions.
    pub name: &'static str,
    /// What is asked, without a question mark.
    pub title: String,
    /// Lines that explain it.
    pub help: Vec<String>,
    /// How it is answered.
    pub form: Form,
}

/// How a question is answered. Enter alone always answers.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Form {
    /// One of these.
    Choice {
        /// The answers.
        options: Vec<Choice>,
        /// Which of them Enter alone takes.
        preselected: usize,
    },
    /// A line.
    Text {
        /// The flag that the line is the value of.
        flag: &'static str,
        /// The line that Enter alone takes.
        start: String,
        /// Whether that line needs no flag.
        is_default: bool,
    },
}

/// One answer of a list, and the words that it adds to the command line: none for what is meant without them.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Choice {
    /// The words.
    pub words: Vec<String>,
    /// What people read.
    pub label: String,
}

impl Choice {
    fn new(words: &[&str], label: impl Into<String>) -> Self {
        Self { words: words.iter().map(|word| (*word).to_owned()).collect(), label: label.into() }
    }
}

impl Question {
    /// The words of a typed line.
    pub fn words_of(&self, typed: &str) -> Vec<String> {
        let typed = typed.trim();
        match &self.form {
            Form::Text { start, is_default: true, .. } if typed == start => Vec::new(),
            Form::Text { flag, .. } => crate::cli::flag_words(&format!("--{flag}"), typed.to_owned()),
            Form::Choice { .. } => Vec::new(),
        }
    }
}

/// A question about what is there, or none when there is nothing to ask.
type Ask = fn(&Sheet<'_>, &Facts) -> Option<Question>;

/// The questions behind those for Region and cluster, in their order.
const QUESTIONS: [(&str, Ask); 12] = [
    ("identity", driver::identity),
    ("driver", driver::driver),
    ("namespace", storage::namespace),
    ("create-namespace", storage::create_namespace),
    ("claim", storage::claim),
    ("class", storage::class),
    ("throughput", storage::throughput),
    ("size", storage::size),
    ("compression", storage::compression),
    ("reclaim", storage::reclaim),
    ("subnet", network::subnet),
    ("security-group", network::security_group),
];

/// The next question that was not answered yet; none when all were.
pub fn next(sheet: &Sheet<'_>, facts: &Facts) -> Option<Question> {
    QUESTIONS.iter().filter(|(name, _)| !sheet.is_answered(name)).find_map(|(_, ask)| ask(sheet, facts))
}
