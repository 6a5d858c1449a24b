//! Workflow commands of GitHub Actions: a line an item, which becomes an annotation.
//!
//! Made from the document, so that it says nothing that JSON does not. The shape and what must be escaped:
//! <https://docs.github.com/en/actions/reference/workflows-and-actions/workflow-commands>.

use serde_json::Value;

use super::escape;

/// The document as workflow commands.
pub(super) fn github(document: &Value) -> String {
    let lines: Vec<String> = match document["kind"].as_str() {
        Some("Error") => vec![command("error", "fsxctl", &told(document, &["message", "next"]))],
        Some("DoctorReport") => items(document).filter_map(finding).chain([verdict(document)]).collect(),
        _ => items(document).filter_map(node).chain([verdict(document)]).collect(),
    };
    lines.into_iter().map(|line| line + "\n").collect()
}

fn items(document: &Value) -> impl Iterator<Item = &Value> {
    document["items"].as_array().into_iter().flatten()
}

fn finding(item: &Value) -> Option<String> {
    let level = match (item["state"].as_str()?, item["severity"].as_str()?) {
        ("failed", "error") => "error",
        ("failed", "warning") => "warning",
        ("failed", _) | ("blocked", _) => "notice",
        ("error", _) => "notice",
        _ => return None,
    };
    let resource = format!("{} {}", plain(&item["resource"]["kind"]), plain(&item["resource"]["ref"]));
    let title = format!("{} {resource}", plain(&item["id"]));
    let mut text = told(item, &["summary", "cause"]);
    if let Some(by) = item["blockedBy"].as_array().filter(|by| !by.is_empty()) {
        let by: Vec<String> = by.iter().map(plain).collect();
        text.push_str(&format!("\nexplained by {}", by.join(", ")));
    }
    let fix = &item["fix"];
    for line in [&fix["summary"]].into_iter().chain(fix["commands"].as_array().into_iter().flatten()) {
        if let Some(line) = line.as_str() {
            text.push_str(&format!("\n{line}"));
        }
    }
    Some(command(level, &title, &text))
}

fn node(item: &Value) -> Option<String> {
    let level = match item["verdict"].as_str()? {
        "failed" => "error",
        "unknown" => "warning",
        _ => return None,
    };
    Some(command(
        level,
        &format!("node {}", plain(&item["node"])),
        &told(item, &["summary", "cause", "next"]),
    ))
}

fn verdict(document: &Value) -> String {
    let counts = document["summary"].as_object().into_iter().flatten();
    let counts: Vec<String> = counts.map(|(name, count)| format!("{name} {count}")).collect();
    command("notice", "fsxctl", &format!("{}: {}", plain(&document["verdict"]), counts.join(", ")))
}

fn told(of: &Value, fields: &[&str]) -> String {
    let texts = fields.iter().filter_map(|field| of[*field].as_str()).filter(|text| !text.is_empty());
    texts.collect::<Vec<_>>().join("\n")
}

fn plain(value: &Value) -> String {
    value.as_str().map_or_else(|| value.to_string(), str::to_owned)
}

/// `::error title=…::…`. Line ends and percent signs are escaped, in properties colons and commas as well.
fn command(level: &str, title: &str, text: &str) -> String {
    let lines = text.split('\n').map(data).collect::<Vec<_>>().join("%0A");
    format!("::{level} title={}::{lines}", data(title).replace(':', "%3A").replace(',', "%2C"))
}

fn data(text: &str) -> String {
    escape(text).replace('%', "%25").replace('\r', "%0D").replace('\n', "%0A")
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn foreign_text_begins_no_command_and_ends_no_line() {
        let hostile = "x\r\n::error::gotcha%0A::stop-commands::t\u{1b}[2J,a=b:c";
        let item = json!({"id": "FSX-NET-04", "state": "failed", "severity": "error", "summary": hostile, "cause": hostile,
            "resource": {"kind": hostile, "ref": hostile}, "fix": {"summary": hostile, "commands": [hostile]},
            "blockedBy": [hostile]});
        let document =
            json!({"kind": "DoctorReport", "verdict": "fault", "items": [item], "summary": {"errors": 1}});
        let text = github(&document);
        assert_eq!(text.lines().count(), 2, "{text}");
        assert!(
            text.lines()
                .all(|line| line.starts_with("::error title=") || line.starts_with("::notice title="))
        );
        assert!(!text.contains('\u{1b}') && !text.contains('\r'), "{text}");
        let title = text.split("::").nth(1).unwrap_or_default().split_once("title=").unwrap_or_default().1;
        assert!(!title.contains(':') && !title.contains(','), "{title}");
    }

    #[test]
    fn what_is_wrong_is_an_annotation_of_its_level() {
        let item = |state: &str, severity: &str| {
            json!({"id": "FSX-NET-04", "state": state, "severity": severity, "summary": "s",
            "resource": {"kind": "Pod", "ref": "a/b"}})
        };
        let levels = [
            (("failed", "error"), Some("::error ")),
            (("failed", "warning"), Some("::warning ")),
            (("failed", "info"), Some("::notice ")),
            (("blocked", "error"), Some("::notice ")),
            (("error", "error"), Some("::notice ")),
            (("passed", "error"), None),
        ];
        for ((state, severity), level) in levels {
            let line = finding(&item(state, severity));
            assert_eq!(line.is_some(), level.is_some(), "{state}");
            assert!(
                line.is_none_or(|line| line.starts_with(level.unwrap_or_default())),
                "{state} {severity}"
            );
        }
        let error = json!({"kind": "Error", "message": "no", "next": "do"});
        assert_eq!(github(&error), "::error title=fsxctl::no%0Ado\n");
    }
}
