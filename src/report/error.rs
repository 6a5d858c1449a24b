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

#[cfg(test)]
mod tests {
    use super::*;
    use crate::error::Kind;
    use crate::report::sample::HOSTILE;

    fn failure() -> Error {
        let mut error = Error::new(Kind::Denied, "cannot read role fsx")
            .because("AccessDenied: not authorized to perform iam:GetRole on resource: role fsx because no identity-based policy allows it")
            .because("the permission set has a boundary")
            .details(["roles that can be read: nodes, admin".to_owned()])
            .permission("iam:GetRole")
            .next("fsxctl permissions setup dynamic --profile a-profile-with-a-long-name");
        error.done = vec!["+ Role fsx".to_owned(), "provider found".to_owned()];
        error.left = vec!["+ SecurityGroup fsxctl-hp-eks".to_owned(), "the claim".to_owned()];
        error
    }

    #[test]
    fn a_failure_on_a_wide_terminal() {
        insta::assert_snapshot!(error_page(&failure(), View::wide(200)).text(), @"
        error: cannot read role fsx
          caused by: AccessDenied: not authorized to perform iam:GetRole on resource: role fsx because no identity-based policy allows it
          caused by: the permission set has a boundary
          roles that can be read: nodes, admin
          missing permission: iam:GetRole
        done before that:
        + Role fsx
        = provider found
        left to do:
        + SecurityGroup fsxctl-hp-eks
        ! the claim
        next: fsxctl permissions setup dynamic --profile a-profile-with-a-long-name
        ");
    }

    #[test]
    fn a_failure_on_a_narrow_terminal_keeps_its_command_whole() {
        insta::assert_snapshot!(error_page(&failure(), View::wide(50)).text(), @"
        error: cannot read role fsx
          caused by: AccessDenied: not authorized to
            perform iam:GetRole on resource: role fsx
            because no identity-based policy allows it
          caused by: the permission set has a boundary
          roles that can be read: nodes, admin
          missing permission: iam:GetRole
        done before that:
        + Role fsx
        = provider found
        left to do:
        + SecurityGroup fsxctl-hp-eks
        ! the claim
        next: fsxctl permissions setup dynamic --profile a-profile-with-a-long-name
        ");
    }

    #[test]
    fn a_bare_failure_is_one_line() {
        assert_eq!(
            error_page(&Error::usage("no such cluster"), View::wide(80)).text(),
            "error: no such cluster\n"
        );
    }

    #[test]
    fn foreign_text_forges_no_line() {
        let mut error = Error::conflict(HOSTILE).because(HOSTILE).details([HOSTILE.to_owned()]);
        error = error.permission(HOSTILE).next(HOSTILE);
        error.done = vec![HOSTILE.to_owned()];
        error.left = vec![HOSTILE.to_owned()];
        let page = error_page(&error, View::wide(usize::MAX)).text();
        assert!(
            !page.contains(|char: char| char.is_control() && char != '\n' || char == '\u{202e}'),
            "{page}"
        );
        assert_eq!(page.lines().filter(|line| line.starts_with("next:")).count(), 1);
        assert_eq!(page.lines().count(), 9, "{page}");
    }
}
