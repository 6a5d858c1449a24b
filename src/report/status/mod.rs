//! The state of everything: a page that fits a screen, tables of all of it, lines of what changed.

mod page;
mod watch;
mod wide;
mod words;

pub use page::status_page;
pub use watch::StatusLines;
pub use wide::status_wide;

use super::{Document, DocumentKind, Frame};
use crate::status::Status;

/// The forms in which a state is watched.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum StatusForms {
    /// A page for people.
    Page,
    /// Tables of everything.
    Wide,
    /// A document.
    Json,
}

/// The document.
pub fn status_document(frame: &Frame, status: Status) -> Document<Status> {
    Document::new(frame, DocumentKind::Status, status)
}
