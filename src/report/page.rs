//! A page: lines of labelled text, already harmless. It knows no colours and no terminal.

use super::{Mark, escape, wrap};

/// What a piece of text is, which decides its colour.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Style {
    /// Ordinary text.
    Plain,
    /// Something that is made, or is fine.
    Created,
    /// Something that is changed.
    Changed,
    /// Something that is deleted.
    Removed,
    /// Something that stays as it is.
    Kept,
    /// Something broken or in the way.
    Blocked,
    /// Something that could not be told.
    Unknown,
    /// A title.
    Heading,
    /// Context.
    Dim,
    /// Something to type; never broken over two lines, so that it can be copied.
    Command,
}

/// How a page is to be laid out.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct View {
    /// Columns; [`usize::MAX`] for no wrapping.
    pub width: usize,
    /// Whether reasons in full and permissions are shown (`-v`).
    pub verbose: bool,
}

impl View {
    /// A view of some width, not verbose.
    pub const fn wide(width: usize) -> Self {
        Self { width, verbose: false }
    }
}

/// A piece of a line.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Span {
    pub(super) style: Style,
    pub(super) text: String,
}

impl Span {
    /// A piece of text; hostile characters in it are escaped here, so that no page can have them.
    pub fn new(style: Style, text: impl AsRef<str>) -> Self {
        Self { style, text: escape(text.as_ref()).into_owned() }
    }

    /// What it is.
    pub const fn style(&self) -> Style {
        self.style
    }

    /// The text.
    pub fn text(&self) -> &str {
        &self.text
    }
}

/// One line of a page.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Line {
    pub(super) spans: Vec<Span>,
    pub(super) hang: usize,
}

impl Line {
    /// An empty line.
    pub fn new() -> Self {
        Self::default()
    }

    /// A line that begins with a sign. What does not fit goes on indented.
    pub fn signed(mark: Mark) -> Self {
        Self::new().span(mark.style(), format!("{} ", mark.sign())).hanging(2)
    }

    /// A line that is indented, also where it is continued.
    pub fn indented(columns: usize) -> Self {
        Self::new().plain(" ".repeat(columns)).hanging(columns)
    }

    /// Adds a labelled piece.
    #[must_use]
    pub fn span(mut self, style: Style, text: impl AsRef<str>) -> Self {
        self.spans.push(Span::new(style, text));
        self
    }

    /// Adds ordinary text.
    #[must_use]
    pub fn plain(self, text: impl AsRef<str>) -> Self {
        self.span(Style::Plain, text)
    }

    /// Sets how far continuation lines are indented.
    #[must_use]
    pub const fn hanging(mut self, columns: usize) -> Self {
        self.hang = columns;
        self
    }

    /// The pieces.
    pub fn spans(&self) -> &[Span] {
        &self.spans
    }

    /// The text without labels.
    pub fn text(&self) -> String {
        self.spans.iter().map(Span::text).collect()
    }
}

/// Lines ready to print.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Page {
    lines: Vec<Line>,
}

impl Page {
    /// An empty page.
    pub fn new() -> Self {
        Self::default()
    }

    /// Adds a line.
    pub fn push(&mut self, line: Line) {
        self.lines.push(line);
    }

    /// Adds an empty line, except at the beginning or after another one.
    pub fn gap(&mut self) {
        if self.lines.last().is_some_and(|line| !line.spans.is_empty()) {
            self.push(Line::new());
        }
    }

    /// The lines.
    pub fn lines(&self) -> &[Line] {
        &self.lines
    }

    /// The same page with no line longer than a width, as far as words and commands allow.
    #[must_use]
    pub fn wrapped(self, width: usize) -> Self {
        Self { lines: self.lines.into_iter().flat_map(|line| wrap::wrap(line, width)).collect() }
    }

    /// The text without labels, each line ended.
    pub fn text(&self) -> String {
        self.lines.iter().map(|line| format!("{}\n", line.text().trim_end())).collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn foreign_text_cannot_leave_its_line() {
        let line = Line::signed(Mark::Keep).plain("claim a\n+ Role forged\u{1b}[2K\rnext: evil");
        assert_eq!(line.text(), "= claim a\\n+ Role forged\\u{1b}[2K\\rnext: evil");
    }

    #[test]
    fn gaps_are_single_and_never_first() {
        let mut page = Page::new();
        page.gap();
        page.push(Line::new().plain("a"));
        page.gap();
        page.gap();
        page.push(Line::new().plain("b"));
        assert_eq!(page.text(), "a\n\nb\n");
    }
}
