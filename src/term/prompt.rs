//! Questions, asked only where somebody can answer. Nothing here ever means yes by itself.
//!
//! Every question can be left with Esc or Ctrl-D, and interrupted with Ctrl-C. On a terminal that cannot move its
//! cursor (`TERM=dumb`) a list is numbered, and the number is typed.

mod line;
mod list;

use std::io::ErrorKind;

use console::Key;

use super::Term;
use crate::error::{Error, Kind, Result};
use crate::report::{Line, Page, Style};

/// The answer to a yes or no.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Consent {
    /// Yes.
    Yes,
    /// No, which is also what Enter alone means.
    No,
    /// There is nobody to ask.
    Nobody,
}

/// What a question came to.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Reply<T> {
    /// An answer.
    Given(T),
    /// Left with Esc or Ctrl-D, or there is nobody.
    Left,
}

/// A list to choose from.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct List {
    /// What is asked.
    pub title: String,
    /// Lines of explanation above the answers.
    pub help: Vec<String>,
    /// The answers.
    pub items: Vec<String>,
    /// Which of them Enter alone takes.
    pub preselected: usize,
}

/// The key that ends what is typed.
const END_OF_INPUT: char = '\u{4}';

/// Whether a key leaves a question.
const fn leaves(key: &Key) -> bool {
    matches!(key, Key::Escape | Key::Char(END_OF_INPUT))
}

impl Term {
    /// Asks for a yes or no, on stderr. Ctrl-C needs a handler for the signal to come back as an error.
    ///
    /// # Errors
    /// Interrupted at the prompt, or the terminal went away.
    pub fn confirm(&self, question: &str) -> Result<Consent> {
        if !self.asks {
            return Ok(Consent::Nobody);
        }
        loop {
            let Reply::Given(typed) = self.ask(&format!("{question} [y/N]"), "")? else {
                return Ok(Consent::No);
            };
            match typed.trim().to_ascii_lowercase().as_str() {
                "y" | "yes" => return Ok(Consent::Yes),
                "" | "n" | "no" => return Ok(Consent::No),
                _ => self.say(&hint("type y for yes or n for no")),
            }
        }
    }

    /// Lets somebody type a line, on stderr; an empty one is the line to start from.
    ///
    /// # Errors
    /// Interrupted at the prompt, or the terminal went away.
    pub fn ask(&self, question: &str, start: &str) -> Result<Reply<String>> {
        if !self.asks {
            return Ok(Reply::Left);
        }
        answered(line::ask(self, question, start))
    }

    /// Lets somebody choose one of several, on stderr; its place in the list.
    ///
    /// # Errors
    /// Interrupted at the prompt, or the terminal went away.
    pub fn choose(&self, list: &List) -> Result<Reply<usize>> {
        if !self.asks || list.items.is_empty() {
            return Ok(Reply::Left);
        }
        answered(if self.moves { list::move_and_choose(self, list) } else { list::type_number(self, list) })
    }
}

/// One line that says what was wrong with an answer.
fn hint(text: &str) -> Page {
    let mut page = Page::new();
    page.push(Line::new().span(Style::Blocked, "! ").plain(text));
    page
}

/// What a prompt came to; the cursor it hid is shown again however it ended.
fn answered<T>(outcome: std::io::Result<Reply<T>>) -> Result<Reply<T>> {
    outcome.map_err(|error| {
        let screen = console::Term::stderr();
        if screen.is_term() {
            let _ = screen.show_cursor();
        }
        match error.kind() {
            ErrorKind::Interrupted => Error::new(Kind::Interrupted, "interrupted at the prompt"),
            _ => Error::new(Kind::Declined, "no answer came").because(error.to_string()),
        }
    })
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;

    use super::*;
    use crate::term::{Flags, Ttys};

    #[test]
    fn nobody_is_asked_where_nobody_is() {
        let term = Term::new(Ttys::default(), &BTreeMap::new(), Flags::default());
        assert_eq!(term.confirm("Apply?").unwrap(), Consent::Nobody);
        let list = List { items: vec!["a".to_owned()], ..List::default() };
        assert_eq!(term.choose(&list).unwrap(), Reply::Left);
        assert_eq!(term.ask("Size", "1200Gi").unwrap(), Reply::Left);
    }

    #[test]
    fn ctrl_c_is_an_interruption_and_a_lost_terminal_a_refusal() {
        let kind = |kind: ErrorKind| answered::<bool>(Err(kind.into())).unwrap_err().kind;
        assert_eq!(kind(ErrorKind::Interrupted), Kind::Interrupted);
        assert_eq!(kind(ErrorKind::UnexpectedEof), Kind::Declined);
        assert_eq!(answered(Ok(Reply::Given(true))).unwrap(), Reply::Given(true));
    }

    #[test]
    fn esc_and_ctrl_d_leave() {
        assert!(leaves(&Key::Escape) && leaves(&Key::Char('\u{4}')));
        assert!(!leaves(&Key::Enter) && !leaves(&Key::Char('q')));
    }
}
