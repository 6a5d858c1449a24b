//! One of several: moved to with the arrow keys, or named by its number.

use std::io;

use console::{Key, Term as Screen, measure_text_width};

use super::line::{self, width};
use super::{List, Reply, hint, leaves};
use crate::report::{Line, Page, Style};
use crate::term::Term;

/// Rows that a screen has when it does not say.
const ROWS: usize = 24;

/// Which items are shown, and how many rows they take.
#[derive(Debug, PartialEq, Eq)]
struct Window {
    from: usize,
    to: usize,
}

/// The list with the arrow keys: redrawn for every key, and one line when it is done.
pub(super) fn move_and_choose(term: &Term, list: &List) -> io::Result<Reply<usize>> {
    let screen = Screen::stderr();
    term.say(&head(list, width(term, &screen)));
    let mut at = list.preselected.min(list.items.len() - 1);
    screen.hide_cursor()?;
    let reply = loop {
        let columns = width(term, &screen);
        let rows = screen.size_checked().map_or(ROWS, |(rows, _)| usize::from(rows));
        let page = drawn(list, at, columns, rows);
        term.say(&page);
        let key = screen.read_key()?;
        screen.clear_last_lines(height(&page, columns))?;
        if leaves(&key) {
            break Reply::Left;
        }
        if key == Key::Enter {
            let mut page = Page::new();
            page.push(item(list, at, Style::Created));
            term.say(&page.wrapped(columns));
            break Reply::Given(at);
        }
        at = moved(&key, at, list.items.len());
    };
    screen.show_cursor()?;
    Ok(reply)
}

/// The list with numbers, and a line for one of them.
pub(super) fn type_number(term: &Term, list: &List) -> io::Result<Reply<usize>> {
    let columns = width(term, &Screen::stderr());
    let mut page = head(list, usize::MAX);
    for (at, text) in list.items.iter().enumerate() {
        page.push(Line::new().plain(format!("  {:>2}  ", at + 1)).plain(text).hanging(6));
    }
    term.say(&page.wrapped(columns));
    loop {
        let Reply::Given(typed) = line::ask(term, "Number", &(list.preselected + 1).to_string())? else {
            return Ok(Reply::Left);
        };
        match typed.trim().parse::<usize>() {
            Ok(number) if (1..=list.items.len()).contains(&number) => return Ok(Reply::Given(number - 1)),
            _ => term.say(&hint(&format!("type a number from 1 to {}", list.items.len()))),
        }
    }
}

/// The question and what explains it.
fn head(list: &List, width: usize) -> Page {
    let mut page = Page::new();
    page.push(Line::new().span(Style::Heading, &list.title));
    for text in &list.help {
        page.push(Line::indented(2).span(Style::Dim, text));
    }
    page.wrapped(width)
}

/// One answer, with `>` in front when it is the one.
fn item(list: &List, at: usize, style: Style) -> Line {
    Line::new().span(style, "> ").span(style, &list.items[at]).hanging(4)
}

/// As many answers around the chosen one as the screen has room for.
fn drawn(list: &List, at: usize, columns: usize, rows: usize) -> Page {
    let lines: Vec<Page> = (0..list.items.len())
        .map(|index| {
            let mut page = Page::new();
            page.push(match index == at {
                true => item(list, index, Style::Heading),
                false => Line::new().plain("  ").plain(&list.items[index]).hanging(4),
            });
            page
        })
        .collect();
    let wrapped: Vec<Page> = lines.into_iter().map(|line| line.wrapped(columns)).collect();
    let heights: Vec<usize> = wrapped.iter().map(|page| height(page, columns)).collect();
    let window = window(&heights, at, rows.saturating_sub(4).max(1));
    let mut page = Page::new();
    let more = |page: &mut Page, count: usize, way: &str| {
        if count > 0 {
            page.push(Line::indented(2).span(Style::Dim, format!("({count} more {way})")));
        }
    };
    more(&mut page, window.from, "above");
    for line in wrapped[window.from..window.to].iter().flat_map(Page::lines) {
        page.push(line.clone());
    }
    more(&mut page, list.items.len() - window.to, "below");
    page
}

/// The items around one that fit into so many rows; that one is always among them.
fn window(heights: &[usize], at: usize, rows: usize) -> Window {
    let (mut from, mut to) = (at, at + 1);
    let mut used = heights[at];
    loop {
        let above = from.checked_sub(1).filter(|index| used + heights[*index] <= rows);
        if let Some(index) = above {
            (from, used) = (index, used + heights[index]);
        }
        let below = Some(to).filter(|index| *index < heights.len() && used + heights[*index] <= rows);
        if let Some(index) = below {
            (to, used) = (index + 1, used + heights[index]);
        }
        if above.is_none() && below.is_none() {
            return Window { from, to };
        }
    }
}

/// Rows of the screen that a page takes; a word that is longer than a row goes on in the next.
fn height(page: &Page, columns: usize) -> usize {
    page.lines().iter().map(|line| measure_text_width(line.text().trim_end()).div_ceil(columns).max(1)).sum()
}

/// Where a key leads: up and down go round, a digit goes to its item.
fn moved(key: &Key, at: usize, count: usize) -> usize {
    match key {
        Key::ArrowDown | Key::Tab | Key::Char('j') => (at + 1) % count,
        Key::ArrowUp | Key::BackTab | Key::Char('k') => (at + count - 1) % count,
        Key::Home | Key::PageUp => 0,
        Key::End | Key::PageDown => count - 1,
        Key::Char(digit) => match digit.to_digit(10) {
            Some(number) if (1..=count).contains(&(number as usize)) => number as usize - 1,
            _ => at,
        },
        _ => at,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn keys_move_and_go_round() {
        let rows = [
            (Key::ArrowDown, 0, 1),
            (Key::ArrowDown, 2, 0),
            (Key::ArrowUp, 0, 2),
            (Key::Char('j'), 1, 2),
            (Key::Char('k'), 1, 0),
            (Key::Home, 2, 0),
            (Key::End, 0, 2),
            (Key::Char('2'), 0, 1),
            (Key::Char('4'), 1, 1),
            (Key::Char('0'), 1, 1),
            (Key::Char('x'), 1, 1),
        ];
        for (key, from, to) in rows {
            assert_eq!(moved(&key, from, 3), to, "{key:?} from {from}");
        }
    }

    #[test]
    fn the_chosen_one_is_always_in_sight() {
        let heights = [1, 2, 1, 3, 1];
        for rows in 1..9 {
            for at in 0..heights.len() {
                let Window { from, to } = window(&heights, at, rows);
                assert!((from..to).contains(&at));
                let used: usize = heights[from..to].iter().sum();
                assert!(used <= rows || to - from == 1, "{rows} rows at {at}: {from}..{to}");
            }
        }
        assert_eq!(window(&heights, 0, 8), Window { from: 0, to: 5 });
        assert_eq!(window(&heights, 4, 2), Window { from: 4, to: 5 });
    }

    #[test]
    fn foreign_names_stay_harmless_and_in_their_row() {
        let hostile = "sg-1 (a\u{1b}[2J\r\n> yes)".to_owned();
        let list = List { items: vec![hostile, "b".to_owned()], ..List::default() };
        let page = drawn(&list, 1, 80, 24);
        assert_eq!(page.text(), "  sg-1 (a\\u{1b}[2J\\r\\n> yes)\n> b\n");
        assert_eq!(height(&page, 80), 2);
        assert_eq!(height(&drawn(&list, 1, 10, 24), 10), drawn(&list, 1, 10, 24).lines().len() + 1);
    }
}
