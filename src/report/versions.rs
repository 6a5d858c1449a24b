//! The builds of the add-on for a Kubernetes version: which one is installed, which EKS would take.

use serde::Serialize;

use super::{Document, DocumentKind, Frame, Line, Mark, Page, View};
use crate::steps::Note;

/// What a `DriverVersions` document adds.
#[derive(Debug, Clone, Default, PartialEq, Serialize, schemars::JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct VersionsBody {
    /// The cluster's Kubernetes version, `1.33`.
    pub kubernetes: String,
    /// The add-on's name.
    pub addon: String,
    /// The builds for this Kubernetes, newest first.
    pub items: Vec<VersionItem>,
    /// What could not be told.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub notes: Vec<Note>,
}

/// One build.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, schemars::JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct VersionItem {
    /// `v1.9.0-eksbuild.1`.
    pub version: String,
    /// Whether EKS installs it when no build is named.
    pub default: bool,
    /// Whether it is the one that is installed; null when that cannot be seen.
    pub installed: Option<bool>,
}

/// The document.
pub fn versions_document(frame: &Frame, body: VersionsBody) -> Document<VersionsBody> {
    Document::new(frame, DocumentKind::DriverVersions, body)
}

/// The table for people.
pub fn versions_page(cluster: &str, body: &VersionsBody, view: View) -> Page {
    let mut page = Page::new();
    let title = format!("add-on {} for Kubernetes {} of cluster {cluster}", body.addon, body.kubernetes);
    page.push(Line::new().plain(title));
    for build in &body.items {
        let marks = [("default", build.default), ("installed", build.installed == Some(true))];
        let marks: Vec<&str> = marks.into_iter().filter(|(_, is)| *is).map(|(word, _)| word).collect();
        page.push(Line::indented(2).plain(format!("{:<24}{}", build.version, marks.join(", "))));
    }
    if body.items.is_empty() {
        page.push(Line::indented(2).plain("no build"));
    }
    for note in &body.notes {
        page.push(Line::signed(Mark::from(note.sign)).plain(&note.text));
    }
    page.wrapped(view.width)
}
