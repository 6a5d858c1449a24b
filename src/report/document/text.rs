//! Documents as text. What a terminal would obey is escaped in each language's own way.

use serde::Serialize;
use serde_json::Value;

use crate::error::{Error, Result};
use crate::report::escape::{escape_json, escape_json_for_yaml, is_hostile};

/// Indented JSON, ended by a line break.
///
/// # Errors
/// A bug: a document that cannot be said in JSON.
pub fn to_json(document: &impl Serialize) -> Result<String> {
    Ok(format!("{}\n", escape_json(&pretty(document)?)))
}

/// JSON on one line, ended by a line break.
///
/// # Errors
/// A bug: a document that cannot be said in JSON.
pub fn to_json_line(document: &impl Serialize) -> Result<String> {
    let line = serde_json::to_string(document)
        .map_err(|error| Error::bug("cannot write the document as JSON").because(error.to_string()))?;
    Ok(format!("{}\n", escape_json(&line)))
}

/// YAML, ended by a line break. Strings that a YAML 1.1 reader would take for something else are quoted.
///
/// # Errors
/// A bug: a document that cannot be said in YAML.
pub fn to_yaml(document: &impl Serialize) -> Result<String> {
    let wrong = |error: String| Error::bug("cannot write the document as YAML").because(error);
    let value: Value = serde_json::to_value(document).map_err(|error| wrong(error.to_string()))?;
    let yaml = serde_yaml::to_string(&value).map_err(|error| wrong(error.to_string()))?;
    if yaml.contains(|char| char != '\n' && is_hostile(char)) {
        // YAML can escape only inside double quotes, and does not quote what merely misleads the eye.
        // JSON is YAML too, and has nothing but double quotes.
        return Ok(format!("{}\n", escape_json_for_yaml(&pretty(&value)?)));
    }
    Ok(yaml)
}

fn pretty(document: &impl Serialize) -> Result<String> {
    serde_json::to_string_pretty(document)
        .map_err(|error| Error::bug("cannot write the document as JSON").because(error.to_string()))
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn yaml_quotes_what_a_yaml_1_1_reader_would_misread() {
        let traps = [
            "no", "on", "Yes", "off", "y", "7:09:00", "12:30:45", "0o17", "017", "1e3", "1_000", "null", "~",
            "",
        ];
        for trap in traps {
            let yaml = to_yaml(&json!({ "value": trap })).unwrap();
            let quoted = yaml.trim_end().strip_prefix("value: ").unwrap();
            assert!(quoted.starts_with(['"', '\'']), "{trap:?} is written as {yaml:?}");
        }
        assert_eq!(to_yaml(&json!({ "value": "fsx-sc" })).unwrap(), "value: fsx-sc\n");
    }

    #[test]
    fn hostile_text_is_escaped_and_reads_back_the_same() {
        let rows = [
            "esc \u{1b}[2J",
            "cr \r",
            "nul \0",
            "del \u{7f}",
            "c1 \u{9b}",
            "bidi \u{202e}gpj",
            "zero\u{200b}width",
            "tag \u{e0041}",
            "bom \u{feff}",
            "separator \u{2028}",
            "line\nbreak",
            "tab\t",
            "- a: b",
            "🦀 größe",
            "a line that is much longer than eighty columns, which some writers of YAML fold into several lines \
             of a block scalar, so that it has to be read back just as it was written",
        ];
        for text in rows {
            let value = json!({ "because": text, "list": [text] });
            for written in [to_json(&value).unwrap(), to_yaml(&value).unwrap()] {
                assert!(!written.contains(|char| char != '\n' && is_hostile(char)), "{written:?}");
                let read: Value = serde_yaml::from_str(&written).unwrap();
                assert_eq!(read, value, "{written}");
            }
            assert_eq!(serde_json::from_str::<Value>(&to_json(&value).unwrap()).unwrap(), value);
        }
    }
}
