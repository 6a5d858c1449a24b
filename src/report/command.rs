//! A command to copy: one line that is never broken, under a line that says what it does.

use super::{Line, Page, Style, View};

/// The title, and the command as the last line.
pub fn command_page(title: &str, command: &str, view: View) -> Page {
    let mut page = Page::new();
    page.push(Line::new());
    page.push(Line::new().plain(title));
    page.push(Line::new().span(Style::Command, command));
    page.wrapped(view.width)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_command_stays_one_line_however_narrow() {
        let command = "fsxctl setup dynamic --size 2400Gi --claim data";
        let page = command_page("the same without questions:", command, View::wide(20));
        assert_eq!(page.text(), format!("\nthe same without\nquestions:\n{command}\n"));
    }
}
