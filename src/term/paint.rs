//! Pages and texts onto stdout and stderr: the labels become colours here and nowhere else.

use std::io::{self, ErrorKind, Write};

use anstream::stream::{AsLockedWrite, RawStream};
use anstream::{AutoStream, ColorChoice};
use anstyle::{AnsiColor, Style as Ansi};

use super::Term;
use crate::error::{Error, Result};
use crate::report::{Mark, Page, Style};

/// Whether all of it was read.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[must_use = "when the reader is gone the process ends quietly with 0"]
pub enum Printed {
    /// It was written.
    Whole,
    /// The other end of the pipe was closed, as by `| head`: nothing more is to be said.
    ReaderGone,
}

/// The cursor at the top left, and nothing on the screen (ECMA-48: CUP, ED).
const CLEAR: &str = "\u{1b}[H\u{1b}[2J";

impl Term {
    /// Prints a page on stdout.
    ///
    /// # Errors
    /// stdout cannot be written, for another reason than a closed pipe.
    pub fn print(&self, page: &Page) -> Result<Printed> {
        printed(paint(io::stdout().lock(), page, self.color_stdout))
    }

    /// Whether a page can be redrawn in place on stdout.
    pub const fn redraws(&self) -> bool {
        self.ttys.stdout && self.moves
    }

    /// Prints a page on stdout in place of what stood there.
    ///
    /// # Errors
    /// stdout cannot be written, for another reason than a closed pipe.
    pub fn redraw(&self, page: &Page) -> Result<Printed> {
        let mut stdout = io::stdout().lock();
        printed(stdout.write_all(CLEAR.as_bytes()).and_then(|()| paint(stdout, page, self.color_stdout)))
    }

    /// Prints a document on stdout as it is.
    ///
    /// # Errors
    /// stdout cannot be written, for another reason than a closed pipe.
    pub fn print_text(&self, text: &str) -> Result<Printed> {
        let mut stdout = io::stdout().lock();
        printed(stdout.write_all(text.as_bytes()).and_then(|()| stdout.flush()))
    }

    /// Says a page on stderr. When stderr is gone there is nobody to tell, so failures are passed over.
    pub fn say(&self, page: &Page) {
        let _ = paint(io::stderr().lock(), page, self.color_stderr);
    }

    /// Writes one line to stderr, whose writer has escaped it.
    pub fn say_line(&self, line: &str) {
        let _ = writeln!(io::stderr().lock(), "{line}");
    }
}

/// A closed pipe is an end like any other; everything else is an error.
fn printed(outcome: io::Result<()>) -> Result<Printed> {
    match outcome {
        Ok(()) => Ok(Printed::Whole),
        Err(error) if error.kind() == ErrorKind::BrokenPipe => Ok(Printed::ReaderGone),
        Err(error) => Err(Error::bug("cannot write to stdout").because(error.to_string())),
    }
}

/// Writes a page in one go, so that it is not mixed with other lines.
fn paint(stream: impl RawStream + AsLockedWrite, page: &Page, coloured: bool) -> io::Result<()> {
    let mut text = String::new();
    for line in page.lines() {
        let end = line.spans().len();
        for (at, span) in line.spans().iter().enumerate() {
            let shown = if at + 1 == end { span.text().trim_end() } else { span.text() };
            text.push_str(&painted(span.style(), shown));
        }
        text.push('\n');
    }
    let choice = if coloured { ColorChoice::Always } else { ColorChoice::Never };
    let mut stream = AutoStream::new(stream, choice);
    stream.write_all(text.as_bytes())?;
    stream.flush()
}

/// A text in the colour of its label.
pub(super) fn painted(style: Style, text: &str) -> String {
    let ansi = ansi(style);
    format!("{ansi}{text}{ansi:#}")
}

/// A plain line in the colour of the sign it begins with.
pub(super) fn painted_line(line: &str, coloured: bool) -> String {
    match Mark::split(line) {
        Some((mark, _)) if coloured => painted(mark.style(), line),
        _ => line.to_owned(),
    }
}

/// Green made, yellow changed, red removed or broken, cyan to type, dim context.
const fn ansi(style: Style) -> Ansi {
    match style {
        Style::Plain => Ansi::new(),
        Style::Created => AnsiColor::Green.on_default(),
        Style::Changed | Style::Unknown => AnsiColor::Yellow.on_default(),
        Style::Removed => AnsiColor::Red.on_default(),
        Style::Blocked => AnsiColor::Red.on_default().bold(),
        Style::Kept | Style::Dim => Ansi::new().dimmed(),
        Style::Heading => Ansi::new().bold(),
        Style::Command => AnsiColor::Cyan.on_default(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::report::Line;

    fn page() -> Page {
        let mut page = Page::new();
        page.push(Line::signed(Mark::Create).span(Style::Created, "Role fsx").plain(": as asked"));
        page.push(Line::new().plain("next: ").span(Style::Command, "fsxctl verify"));
        page
    }

    fn text(coloured: bool) -> String {
        let mut bytes = Vec::new();
        paint(&mut bytes, &page(), coloured).unwrap();
        String::from_utf8(bytes).unwrap()
    }

    #[test]
    fn colour_adds_nothing_but_colour() {
        assert_eq!(text(false), page().text());
        insta::assert_snapshot!(text(true).replace('\u{1b}', "^"), @"
        ^[32m+ ^[0m^[32mRole fsx^[0m: as asked
        next: ^[36mfsxctl verify^[0m
        ");
    }

    #[test]
    fn foreign_escapes_do_not_reach_the_terminal() {
        let mut page = Page::new();
        page.push(Line::signed(Mark::Keep).plain("claim \u{1b}[31mred\u{1b}[0m"));
        for coloured in [false, true] {
            let mut bytes = Vec::new();
            paint(&mut bytes, &page, coloured).unwrap();
            assert!(String::from_utf8(bytes).unwrap().contains("claim \\u{1b}[31mred\\u{1b}[0m"));
        }
    }

    #[test]
    fn a_closed_pipe_is_a_quiet_end_and_a_full_disk_is_not() {
        assert_eq!(printed(Ok(())).unwrap(), Printed::Whole);
        assert_eq!(printed(Err(ErrorKind::BrokenPipe.into())).unwrap(), Printed::ReaderGone);
        assert!(printed(Err(ErrorKind::StorageFull.into())).is_err());
    }
}
