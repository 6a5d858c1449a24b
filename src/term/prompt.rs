//! Questions, asked only where somebody can answer. Nothing here ever means yes by itself.

use std::io::ErrorKind;

use dialoguer::console;
use dialoguer::{Confirm, Select};

use super::Term;
use crate::error::{Error, Kind, Result};
use crate::report::escape;

/// The answer to a question.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Consent {
    /// Yes.
    Yes,
    /// No, which is also what Enter alone means.
    No,
    /// There is nobody to ask.
    Nobody,
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
        let prompt = Confirm::new().with_prompt(escape(question)).default(false).wait_for_newline(true);
        let answer = answered(prompt.interact_opt())?;
        Ok(if answer == Some(true) { Consent::Yes } else { Consent::No })
    }

    /// Lets somebody choose one of several, on stderr; `None` when there is nobody, or nothing was chosen.
    ///
    /// # Errors
    /// Interrupted at the prompt, or the terminal went away.
    pub fn choose(&self, question: &str, choices: &[String]) -> Result<Option<usize>> {
        if !self.asks || choices.is_empty() {
            return Ok(None);
        }
        let shown = choices.iter().map(|choice| escape(choice));
        answered(Select::new().with_prompt(escape(question)).items(shown).default(0).interact_opt())
    }
}

/// What a prompt came to; the cursor it hid is shown again however it ended.
fn answered<T>(outcome: dialoguer::Result<Option<T>>) -> Result<Option<T>> {
    match outcome {
        Ok(answer) => Ok(answer),
        Err(dialoguer::Error::IO(error)) => {
            let screen = console::Term::stderr();
            if screen.is_term() {
                let _ = screen.show_cursor();
            }
            Err(match error.kind() {
                ErrorKind::Interrupted => Error::new(Kind::Interrupted, "interrupted at the prompt"),
                _ => Error::new(Kind::Declined, "no answer came").because(error.to_string()),
            })
        }
    }
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
        assert_eq!(term.choose("Which?", &["a".to_owned()]).unwrap(), None);
    }

    #[test]
    fn ctrl_c_is_an_interruption_and_a_lost_terminal_a_refusal() {
        let kind =
            |kind: ErrorKind| answered::<bool>(Err(dialoguer::Error::IO(kind.into()))).unwrap_err().kind;
        assert_eq!(kind(ErrorKind::Interrupted), Kind::Interrupted);
        assert_eq!(kind(ErrorKind::UnexpectedEof), Kind::Declined);
        assert_eq!(answered(Ok(Some(true))).unwrap(), Some(true));
    }
}
