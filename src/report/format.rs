//! The formats of `-o`, parsed before anything else is done, so that a typo costs nothing.

use std::str::FromStr;

use serde::Serialize;

use super::{JsonPath, escape, github, junit, markdown, to_json, to_yaml};
use crate::error::{Error, Result};

/// How the answer is written.
#[derive(Debug, Clone, PartialEq, Default)]
pub enum Format {
    /// A page for people.
    #[default]
    Human,
    /// Tables with a row for everything, for people.
    Wide,
    /// A JSON document.
    Json,
    /// The same in YAML.
    Yaml,
    /// The names of a list's items, one a line.
    Name,
    /// Values picked from the document.
    JsonPath(JsonPath),
    /// A report as a suite of tests.
    Junit,
    /// A report as Markdown.
    Markdown,
    /// A report as annotations of GitHub Actions.
    Github,
}

impl Format {
    /// Whether it is for reports alone.
    pub const fn is_for_reports(&self) -> bool {
        matches!(self, Self::Junit | Self::Markdown | Self::Github)
    }

    /// The document in this format; `None` when people want a page instead.
    ///
    /// # Errors
    /// A path that does not lead anywhere in this document, or a bug.
    pub fn document(&self, document: &impl Serialize) -> Result<Option<String>> {
        match self {
            Self::Human | Self::Wide => Ok(None),
            Self::Json => to_json(document).map(Some),
            Self::Yaml => to_yaml(document).map(Some),
            Self::Name => names(document).map(Some),
            Self::JsonPath(path) => path.pick(document).map(Some),
            Self::Junit => value(document).map(|document| Some(junit::junit(&document))),
            Self::Markdown => value(document).map(|document| Some(markdown::markdown(&document))),
            Self::Github => value(document).map(|document| Some(github::github(&document))),
        }
    }
}

fn value(document: &impl Serialize) -> Result<serde_json::Value> {
    serde_json::to_value(document)
        .map_err(|error| Error::bug("cannot write the document as JSON").because(error.to_string()))
}

/// What each item is called: its `name`, or its `image`.
fn names(document: &impl Serialize) -> Result<String> {
    let document = value(document)?;
    let items = document["items"].as_array().into_iter().flatten();
    let names = items.filter_map(|item| ["name", "image"].iter().find_map(|key| item[*key].as_str()));
    Ok(names.map(|name| format!("{}\n", escape(name))).collect())
}

impl FromStr for Format {
    type Err = Error;

    fn from_str(text: &str) -> Result<Self> {
        match text {
            "human" => Ok(Self::Human),
            "wide" => Ok(Self::Wide),
            "json" => Ok(Self::Json),
            "yaml" => Ok(Self::Yaml),
            "name" => Ok(Self::Name),
            "junit" => Ok(Self::Junit),
            "markdown" => Ok(Self::Markdown),
            "github" => Ok(Self::Github),
            _ => match text.strip_prefix("jsonpath=") {
                Some(path) => path.parse().map(Self::JsonPath),
                None => Err(Error::usage(format!("unknown output format {text:?}")).details([
                    "formats: human, wide, json, yaml, name, jsonpath=EXPR, junit, markdown, github"
                        .to_owned(),
                ])),
            },
        }
    }
}
