//! A failure for people: the sentence, its causes, what was done and what is left, one thing to do next.

use super::plan::next_line;
use super::{Line, Mark, Page, Style, View};
use crate::error::Error;

/// The whole failure on one page.
pub fn error_page(error: &Error, view: View) -> Page {
    let mut page = Page::new();
    page.push(Line::new().span(Style::Blocked, "error: ").plain(&error.message).hanging(7));
    for cause in &error.causes {
        page.push(Line::new().span(Style::Dim, "  caused by: ").plain(cause).hanging(4));
    }
    for detail in &error.details {
        page.push(Line::indented(2).plain(detail));
    }
    if let Some(permission) = &error.permission {
        page.push(Line::new().span(Style::Dim, "  missing permission: ").plain(permission).hanging(4));
    }
    list(&mut page, "done before that:", &error.done, Mark::Keep);
    list(&mut page, "left to do:", &error.left, Mark::Blocked);
    if let Some(next) = &error.next {
        page.push(next_line(Line::new(), next).hanging(6));
    }
    page.wrapped(view.width)
}

/// A titled list whose lines keep the sign they begin with, or get one.
fn list(page: &mut Page, title: &str, texts: &[String], mark: Mark) {
    if texts.is_empty() {
        return;
    }
    page.push(Line::new().span(Style::Heading, title));
    for text in texts {
        let (mark, text) = Mark::split(text).unwrap_or((mark, text));
        page.push(Line::signed(mark).plain(text));
    }
}
