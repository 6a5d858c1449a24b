//! Breaks lines at blanks, so that they fit a width and go on indented.

use super::{Line, Span, Style};

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
pub(super) fn wrap(line: Line, width: usize) -> Vec<Line> {
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
    use crate::report::{Mark, Page};

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
}
