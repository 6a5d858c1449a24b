//! Documents as text. What a terminal would obey is escaped in both languages' own way.

use serde::Serialize;

use crate::error::{Error, Result};
use crate::report::escape::escape_json;

/// Indented JSON, ended by a line break.
///
/// # Errors
/// A bug: a document that cannot be said in JSON.
pub fn to_json(document: &impl Serialize) -> Result<String> {
    let json = serde_json::to_string_pretty(document)
        .map_err(|error| Error::bug("cannot write the document as JSON").because(error.to_string()))?;
    Ok(format!("{}\n", escape_json(&json)))
}

/// YAML, ended by a line break. Strings that a YAML 1.1 reader would take for something else are quoted.
///
/// # Errors
/// A bug: a document that cannot be said in YAML.
pub fn to_yaml(document: &impl Serialize) -> Result<String> {
    let wrong = |error: String| Error::bug("cannot write the document as YAML").because(error);
    let value = serde_json::to_value(document).map_err(|error| wrong(error.to_string()))?;
    serde_yaml::to_string(&value).map_err(|error| wrong(error.to_string()))
}
