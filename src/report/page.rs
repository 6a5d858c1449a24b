//! A page: lines of labelled text, already harmless. It knows no colours and no terminal.

use super::{Mark, escape};

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
    style: Style,
    text: String,
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
    spans: Vec<Span>,
    hang: usize,
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
        Self { lines: self.lines.into_iter().flat_map(|line| wrap(line, width)).collect() }
    }

    /// The text without labels, each line ended.
    pub fn text(&self) -> String {
        self.lines.iter().map(|line| format!("{}\n", line.text().trim_end())).collect()
    }
}

/// A stretch without a place to break: its label, its text, and its columns.
struct Word<'a> {
    style: Style,
    text: &'a str,
    columns: usize,
}

/// The pieces of a line between which it may be broken: blanks apart from what is not blank.
fn words(spans: &[Span]) -> impl Iterator<Item = Word<'_>> {
    spans.iter().flat_map(|Span { style, text }| {
        let mut texts = Vec::new();
        if *style == Style::Command {
            texts.push(text.as_str());
        } else {
            let mut rest = text.as_str();
            while let Some(first) = rest.chars().next() {
                let blank = first == ' ';
                let end = rest.find(|char| (char == ' ') != blank).unwrap_or(rest.len());
                let (word, tail) = rest.split_at(end);
                texts.push(word);
                rest = tail;
            }
        }
        texts.into_iter().map(|text| Word { style: *style, text, columns: text.chars().count() })
    })
}

/// Breaks one line at blanks. A word longer than the width stays whole: ids and ARNs are there to be copied.
fn wrap(line: Line, width: usize) -> Vec<Line> {
    if line.text().chars().count() <= width {
        return vec![line];
    }
    // A hang of more than half the width would leave no room for the text.
    let hang = line.hang.min(width / 2);
    let mut lines = Vec::new();
    let mut current = Line::default();
    let (mut column, mut written) = (0, false);
    for group in glued(words(&line.spans).collect()) {
        let columns: usize = group.iter().map(|word| word.columns).sum();
        let blank = group.iter().all(|word| word.text.starts_with(' '));
        if written && !blank && column + columns > width {
            let mut full = std::mem::replace(&mut current, Line::indented(hang).hanging(hang));
            while full.spans.pop_if(|span| span.text.trim().is_empty()).is_some() {}
            lines.push(full);
            (column, written) = (hang, false);
        }
        // Blanks at the beginning of a continuation are the ones it was broken at.
        if blank && !written && !lines.is_empty() {
            continue;
        }
        written |= !blank && column + columns > hang;
        column += columns;
        current.spans.extend(group.iter().map(|word| Span::new(word.style, word.text)));
    }
    lines.push(current);
    lines
}

/// Joins words of different labels that stand side by side without a blank, so that they are not parted.
fn glued(words: Vec<Word<'_>>) -> Vec<Vec<Word<'_>>> {
    let mut groups: Vec<Vec<Word<'_>>> = Vec::new();
    for word in words {
        let blank = word.text.starts_with(' ');
        match groups.last_mut() {
            Some(group) if group.last().is_some_and(|last| last.text.starts_with(' ') == blank) => {
                group.push(word);
            }
            _ => groups.push(vec![word]),
        }
    }
    groups
}

#[cfg(test)]
mod tests {
    use super::*;

    fn text(line: Line, width: usize) -> String {
        let mut page = Page::new();
        page.push(line);
        page.wrapped(width).text()
    }

    #[test]
    fn a_long_line_goes_on_indented_behind_its_sign() {
        let line =
            Line::signed(Mark::Create).span(Style::Heading, "Role fsx").plain(": the driver has no role yet");
        assert_eq!(text(line.clone(), 80), "+ Role fsx: the driver has no role yet\n");
        assert_eq!(text(line, 20), "+ Role fsx: the\n  driver has no role\n  yet\n");
    }

    #[test]
    fn words_and_commands_stay_whole() {
        let arn = "arn:aws:iam::111122223333:role/FSXLCSI-hp-eks-us-west-2";
        let line = Line::signed(Mark::Keep).plain(format!("role {arn} stays"));
        assert_eq!(text(line, 20), format!("= role\n  {arn}\n  stays\n"));
        let line = Line::new()
            .plain("next: ")
            .span(Style::Command, "fsxctl setup dynamic --adopt Role/fsx")
            .hanging(6);
        assert_eq!(text(line, 20), "next: fsxctl setup dynamic --adopt Role/fsx\n");
    }

    #[test]
    fn a_first_word_that_is_too_long_makes_no_empty_line() {
        assert_eq!(
            text(Line::signed(Mark::Create).plain("aaaaaaaaaaaaaaaaaaaa b"), 10),
            "+ aaaaaaaaaaaaaaaaaaaa\n  b\n"
        );
        assert_eq!(text(Line::indented(4).plain("aaaaaaaaaaaaaaaaaaaa"), 10), "    aaaaaaaaaaaaaaaaaaaa\n");
    }

    #[test]
    fn no_width_loses_or_changes_a_word() {
        let line = Line::signed(Mark::Change).plain("one two").span(Style::Dim, " (three, four)").hanging(4);
        let wanted: Vec<String> = line.text().split_whitespace().map(str::to_owned).collect();
        for width in [0, 1, 2, 3, 7, 10, 15, 80, usize::MAX] {
            let wrapped = text(line.clone(), width);
            assert_eq!(wrapped.split_whitespace().collect::<Vec<_>>(), wanted, "width {width}");
        }
    }

    #[test]
    fn foreign_text_cannot_leave_its_line() {
        let line = Line::signed(Mark::Keep).plain("claim a\n+ Role forged\u{1b}[2K\rnext: evil");
        assert_eq!(text(line, 200), "= claim a\\n+ Role forged\\u{1b}[2K\\rnext: evil\n");
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
