//! One line that somebody types, on the last row of the screen.

use std::io;

use console::{Key, Term as Screen, measure_text_width};

use super::{Reply, leaves};
use crate::report::{Style, escape};
use crate::term::Term;
use crate::term::paint::painted;

/// No answer is longer; a file that is pasted by mistake does not fill the screen.
const LONGEST: usize = 1024;

/// What is being typed, and what stands in front of it.
struct Typed {
    question: String,
    text: String,
}

impl Typed {
    /// Takes a key; whether anything changed.
    fn take(&mut self, key: &Key) -> bool {
        match key {
            Key::Char(char) if is_text(*char) && self.text.len() < LONGEST => {
                self.text.push(*char);
                true
            }
            // Ctrl-U
            Key::Char('\u{15}') if !self.text.is_empty() => {
                self.text.clear();
                true
            }
            Key::Backspace => self.text.pop().is_some(),
            _ => false,
        }
    }

    /// The question and as much of the end of the text as fits a row.
    fn row(&self, width: usize) -> (&str, &str) {
        let room = width.saturating_sub(measure_text_width(&self.question) + 2).max(8);
        let mut shown = self.text.as_str();
        while measure_text_width(shown) > room {
            let mut chars = shown.chars();
            chars.next();
            shown = chars.as_str();
        }
        (&self.question, shown)
    }
}

/// Characters that are text: what would be escaped is no answer to anything.
fn is_text(char: char) -> bool {
    let mut bytes = [0; 4];
    let text: &str = char.encode_utf8(&mut bytes);
    escape(text) == text
}

/// Asks, and reads keys until Enter or until the question is left.
pub(super) fn ask(term: &Term, question: &str, start: &str) -> io::Result<Reply<String>> {
    let screen = Screen::stderr();
    let shown = if start.is_empty() {
        format!("{} ", escape(question))
    } else {
        format!("{} [{}] ", escape(question), escape(start))
    };
    let width = width(term, &screen);
    let (head, last) = parted(&shown, width);
    if !head.is_empty() {
        screen.write_line(&heading(term, head))?;
    }
    let mut typed = Typed { question: last.to_owned(), text: String::new() };
    screen.write_str(&heading(term, last))?;
    loop {
        let key = screen.read_key()?;
        if key == Key::Enter {
            screen.write_line("")?;
            let text = typed.text;
            return Ok(Reply::Given(if text.trim().is_empty() { start.to_owned() } else { text }));
        }
        if leaves(&key) {
            screen.write_line("")?;
            return Ok(Reply::Left);
        }
        let before = typed.text.chars().count();
        if typed.take(&key) {
            if term.moves {
                screen.clear_line()?;
                let (question, text) = typed.row(width);
                screen.write_str(&format!("{}{text}", heading(term, question)))?;
            } else {
                plainly(&screen, &typed.text, before)?;
            }
        }
    }
}

/// The same on a screen that only goes forward and back: each character that went is wiped by a blank.
fn plainly(screen: &Screen, text: &str, before: usize) -> io::Result<()> {
    match (text.chars().count(), text.chars().next_back()) {
        (after, Some(last)) if after > before => screen.write_str(last.encode_utf8(&mut [0; 4])),
        (after, _) => screen.write_str(&"\u{8} \u{8}".repeat(before - after)),
    }
}

fn heading(term: &Term, text: &str) -> String {
    if term.color_stderr { painted(Style::Heading, text) } else { text.to_owned() }
}

/// A question that leaves too little room for an answer is parted: what comes first gets rows of its own.
fn parted(question: &str, width: usize) -> (&str, &str) {
    if measure_text_width(question) + 12 <= width {
        return ("", question);
    }
    match question.trim_end().rfind(' ') {
        Some(at) => question.split_at(at + 1),
        None => ("", question),
    }
}

/// Columns of a row: those of the screen, fewer when fewer are asked for.
pub(super) fn width(term: &Term, screen: &Screen) -> usize {
    let columns = screen.size_checked().map_or(80, |(_, columns)| usize::from(columns));
    columns.min(term.width).max(2)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn keys_make_a_text_and_take_it_back() {
        let mut typed = Typed { question: "Size ".to_owned(), text: String::new() };
        for char in "24\u{202e}0\u{7}".chars() {
            typed.take(&Key::Char(char));
        }
        assert_eq!(typed.text, "240");
        assert!(typed.take(&Key::Backspace) && !typed.take(&Key::ArrowLeft));
        assert_eq!(typed.text, "24");
        assert!(typed.take(&Key::Char('\u{15}')) && !typed.take(&Key::Backspace));
        assert_eq!(typed.text, "");
    }

    #[test]
    fn a_long_text_shows_its_end_and_a_long_question_goes_before() {
        let typed = Typed { question: "Size ".to_owned(), text: "0123456789abcdef".to_owned() };
        assert_eq!(typed.row(80), ("Size ", "0123456789abcdef"));
        assert_eq!(typed.row(17), ("Size ", "6789abcdef"));
        assert_eq!(parted("Size [1200Gi] ", 80), ("", "Size [1200Gi] "));
        assert_eq!(parted("Size of the claim [1200Gi] ", 30), ("Size of the claim ", "[1200Gi] "));
    }
}
