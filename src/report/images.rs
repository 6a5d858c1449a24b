//! Container images: to mirror them, or to allow them.

use serde::Serialize;

use super::{Document, DocumentKind, Frame, Line, Mark, Page, Style, View};
use crate::steps::Note;

/// What an `Images` document adds.
#[derive(Debug, Clone, Default, PartialEq, Serialize, schemars::JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct ImagesBody {
    /// Each image once.
    pub items: Vec<ImageItem>,
    /// What the list does not tell.
    pub notes: Vec<Note>,
}

/// One image.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, schemars::JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct ImageItem {
    /// Registry, repository and tag or digest.
    pub image: String,
    /// The containers that run it.
    pub containers: Vec<String>,
    /// The workloads that have those containers.
    pub workloads: Vec<String>,
    /// Where the list has it from: a chart's version, or the cluster.
    pub source: String,
}

/// The document.
pub fn images_document(frame: &Frame, body: ImagesBody) -> Document<ImagesBody> {
    Document::new(frame, DocumentKind::Images, body)
}

/// The list for people.
pub fn images_page(body: &ImagesBody, view: View) -> Page {
    let mut page = Page::new();
    for item in &body.items {
        page.push(Line::new().span(Style::Command, &item.image));
        let what = format!("{} in {}", item.containers.join(", "), item.workloads.join(", "));
        page.push(Line::indented(4).span(Style::Dim, what));
    }
    page.gap();
    for note in &body.notes {
        page.push(Line::signed(Mark::from(note.sign)).plain(&note.text));
    }
    page.wrapped(view.width)
}
