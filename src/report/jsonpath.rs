//! `-o jsonpath=EXPR`: kubectl's templates over the paths of RFC 9535.
//!
//! Taken from kubectl: text around `{…}`, `{"\n"}`, `{range …}…{end}`, the implied `$`, and that what is not
//! there prints nothing, so that the exit code never depends on the format.

use std::str::FromStr;

use jsonpath_rust::parser::model::JpQuery;
use jsonpath_rust::parser::parse_json_path;
use jsonpath_rust::query::js_path_process;
use serde::Serialize;
use serde_json::Value;

use super::escape;
use crate::error::{Error, Result};

/// A template that was understood when it was parsed.
#[derive(Debug, Clone, PartialEq)]
pub struct JsonPath {
    parts: Vec<Part>,
}

/// One piece of a template.
#[derive(Debug, Clone, PartialEq)]
enum Part {
    /// Printed as it is.
    Text(String),
    /// The values at a place, with blanks between them.
    Values(Place),
    /// The inner template for each value at a place.
    Each(Place, Vec<Self>),
}

/// A path, and whether it starts at the document (`$`) or at the value at hand (`@`, `.`, `[`).
#[derive(Debug, Clone, PartialEq)]
struct Place {
    from_root: bool,
    query: JpQuery,
}

impl JsonPath {
    /// What the template says about a document, ended by a line break unless it says nothing.
    ///
    /// # Errors
    /// A bug: a document that cannot be said in JSON.
    pub fn pick(&self, document: &impl Serialize) -> Result<String> {
        let root = serde_json::to_value(document)
            .map_err(|error| Error::bug("cannot write the document as JSON").because(error.to_string()))?;
        let mut text = String::new();
        say(&self.parts, &root, &root, &mut text);
        if !text.is_empty() && !text.ends_with('\n') {
            text.push('\n');
        }
        Ok(text)
    }
}

impl FromStr for JsonPath {
    type Err = Error;

    fn from_str(text: &str) -> Result<Self> {
        let parts =
            if text.contains('{') { parse(text) } else { place(text).map(|place| vec![Part::Values(place)]) };
        parts.map(|parts| Self { parts }).map_err(|reason| {
            Error::usage(format!("cannot read the jsonpath {text:?}"))
                .because(reason)
                .next("write it like -o jsonpath='{.items[0].decision}'")
        })
    }
}

/// Adds what the parts say about a value.
fn say(parts: &[Part], root: &Value, at: &Value, text: &mut String) {
    for part in parts {
        match part {
            Part::Text(literal) => text.push_str(literal),
            Part::Values(place) => {
                let shown: Vec<_> = place.values(root, at).into_iter().map(shown).collect();
                text.push_str(&shown.join(" "));
            }
            Part::Each(place, inner) => {
                for value in place.values(root, at) {
                    say(inner, root, value, text);
                }
            }
        }
    }
}

impl Place {
    fn values<'a>(&self, root: &'a Value, at: &'a Value) -> Vec<&'a Value> {
        let from = if self.from_root { root } else { at };
        let found = js_path_process(&self.query, from).unwrap_or_default();
        found.into_iter().map(jsonpath_rust::query::QueryRef::val).collect()
    }
}

/// A text without quotes; nothing for null; what is nested as JSON.
fn shown(value: &Value) -> String {
    match value {
        Value::Null => String::new(),
        Value::String(text) => escape(text).into_owned(),
        other => escape(&other.to_string()).into_owned(),
    }
}

/// Reads a template into its parts. Ranges that are open are kept on a stack.
fn parse(template: &str) -> std::result::Result<Vec<Part>, String> {
    let mut open: Vec<(Place, Vec<Part>)> = Vec::new();
    let mut parts = Vec::new();
    let mut rest = template;
    while let Some((before, after)) = rest.split_once('{') {
        if !before.is_empty() {
            parts.push(Part::Text(before.to_owned()));
        }
        let (inside, behind) = action(after)?;
        rest = behind;
        let inside = inside.trim();
        if let Some(path) = inside.strip_prefix("range ") {
            open.push((place(path)?, std::mem::take(&mut parts)));
        } else if inside == "end" {
            let (place, outer) = open.pop().ok_or("{end} without {range …}")?;
            let inner = std::mem::replace(&mut parts, outer);
            parts.push(Part::Each(place, inner));
        } else if inside.starts_with(['"', '\'']) {
            parts.push(Part::Text(literal(inside)?));
        } else {
            parts.push(Part::Values(place(inside)?));
        }
    }
    if !rest.is_empty() {
        parts.push(Part::Text(rest.to_owned()));
    }
    if open.is_empty() { Ok(parts) } else { Err("{range …} without {end}".to_owned()) }
}

/// Parts what stands between the braces from what follows; braces in quotes do not count.
fn action(text: &str) -> std::result::Result<(&str, &str), String> {
    let (mut quote, mut escaped) = (None, false);
    for (at, char) in text.char_indices() {
        match quote {
            _ if escaped => escaped = false,
            Some(_) if char == '\\' => escaped = true,
            Some(open) if char == open => quote = None,
            Some(_) => {}
            None if char == '}' => {
                let (inside, behind) = text.split_at(at);
                return Ok((inside, behind.strip_prefix('}').unwrap_or(behind)));
            }
            None if char == '"' || char == '\'' => quote = Some(char),
            None => {}
        }
    }
    Err("a { without its }".to_owned())
}

/// The text of `"…"` or `'…'`, with `\n`, `\t`, `\r` and escaped quotes made what they stand for.
fn literal(quoted: &str) -> std::result::Result<String, String> {
    let inside = |quote| quoted.strip_prefix(quote)?.strip_suffix(quote);
    let inside = inside('"').or_else(|| inside('\'')).ok_or_else(|| format!("{quoted} is not closed"))?;
    let mut text = String::new();
    let mut chars = inside.chars();
    while let Some(char) = chars.next() {
        match (char, char == '\\') {
            (_, false) => text.push(char),
            (_, true) => match chars.next() {
                Some('n') => text.push('\n'),
                Some('t') => text.push('\t'),
                Some('r') => text.push('\r'),
                Some(other) => text.push(other),
                None => return Err(format!("{quoted} ends in a backslash")),
            },
        }
    }
    Ok(text)
}

/// A path as kubectl lets it be written, as RFC 9535 wants it.
fn place(path: &str) -> std::result::Result<Place, String> {
    let path = path.trim();
    let (from_root, rest) = match (path.strip_prefix('$'), path.strip_prefix('@')) {
        (Some(rest), _) => (true, rest),
        (_, Some(rest)) => (false, rest),
        (None, None) if path == "." => (false, ""),
        (None, None) if path.starts_with(['.', '[']) => (false, path),
        (None, None) => return Err(format!("{path:?} does not begin with a dot, a bracket, $ or @")),
    };
    let query = parse_json_path(&format!("${rest}")).map_err(|error| error.to_string())?;
    Ok(Place { from_root, query })
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;
    use crate::error::Kind;

    fn picked(path: &str) -> String {
        let document = json!({
            "kind": "Plan",
            "exitCode": 0,
            "cluster": null,
            "items": [
                { "step": "identity", "done": true, "ids": ["a", "b"], "changes": [{ "verb": "create" }] },
                { "step": "network", "done": false, "ids": [], "changes": [] },
            ],
            "hostile": "a\u{1b}[2Jb\nc",
        });
        path.parse::<JsonPath>().unwrap().pick(&document).unwrap()
    }

    #[test]
    fn what_kubectl_users_write_works() {
        let rows = [
            ("{.kind}", "Plan\n"),
            ("{$.kind}", "Plan\n"),
            ("{@.kind}", "Plan\n"),
            (".kind", "Plan\n"),
            ("{ .kind }", "Plan\n"),
            ("{.exitCode}", "0\n"),
            ("{.items[0].step}", "identity\n"),
            ("{.items[-1].step}", "network\n"),
            ("{.items[*].step}", "identity network\n"),
            ("{.items[0:1].step}", "identity\n"),
            ("{..verb}", "create\n"),
            ("{.items[?(@.step==\"network\")].done}", "false\n"),
            ("{.items[?(@.step=='network')].done}", "false\n"),
            ("{.items[0]['step','done']}", "identity true\n"),
            ("{.items[0].ids}", "[\"a\",\"b\"]\n"),
            ("kind={.kind}, code={.exitCode}", "kind=Plan, code=0\n"),
            ("{range .items[*]}{.step}{\"\\t\"}{.done}{'\\n'}{end}", "identity\ttrue\nnetwork\tfalse\n"),
            ("{range .items[*]}{$.kind}/{@.step} {end}", "Plan/identity Plan/network \n"),
            ("{range .items[*]}{range .ids[*]}{@};{end}{end}", "a;b;\n"),
            ("{\"}\"}", "}\n"),
            ("{.hostile}", "a\\u{1b}[2Jb\\nc\n"),
        ];
        for (path, wanted) in rows {
            assert_eq!(picked(path), wanted, "{path}");
        }
    }

    #[test]
    fn what_is_not_there_prints_nothing() {
        for path in
            ["{.nothing}", "{.items[9].step}", "{.cluster}", "{.kind.deeper}", "{.items[?(@.step==\"x\")]}"]
        {
            assert_eq!(picked(path), "", "{path}");
        }
    }

    #[test]
    fn a_template_that_cannot_be_read_is_a_usage_error() {
        let rows =
            ["{.kind", "{.items[}", "{range .items[*]}{.step}", "{end}", "kind", "", "{kind}", "{\"a}"];
        for path in rows {
            assert_eq!(path.parse::<JsonPath>().map_err(|error| error.kind), Err(Kind::Usage), "{path}");
        }
    }
}
