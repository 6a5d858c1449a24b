//! Markdown: a document for a pull request, a ticket or a pipeline's summary.
//!
//! Made from the document, so that it says nothing that JSON does not.

use serde_json::Value;

use super::escape;

/// The document as Markdown (GitHub's kind, for its tables).
pub(super) fn markdown(document: &Value) -> String {
    let mut lines = match document["kind"].as_str() {
        Some("Error") => error(document),
        Some("Plan") => plan(document),
        Some("DoctorReport") => diagnosis(document),
        _ => report(document),
    };
    let cluster = &document["cluster"];
    if !cluster.is_null() {
        let (name, region) = (text(&cluster["name"]), text(&cluster["region"]));
        lines
            .extend([String::new(), format!("cluster {name} in {region}, {}", text(&document["startedAt"]))]);
    }
    lines.join("\n") + "\n"
}

fn error(document: &Value) -> Vec<String> {
    let mut lines = vec!["### fsxctl failed".to_owned(), String::new(), text(&document["message"])];
    let causes = document["causes"].as_array().into_iter().flatten();
    lines.extend(causes.map(|cause| format!("- {}", text(cause))));
    lines.extend(document["next"].as_str().map(|next| format!("\nnext: {}", inert(next))));
    lines
}

fn plan(document: &Value) -> Vec<String> {
    let items = document["items"].as_array().into_iter().flatten();
    let changes = items.flat_map(|item| item["changes"].as_array().into_iter().flatten());
    let line = |change: &Value| {
        let resource = &change["resource"];
        format!(
            "- {} {} {}: {}",
            text(&change["verb"]),
            text(&resource["kind"]),
            text(&resource["ref"]),
            text(&change["because"])
        )
    };
    ["### Plan of fsxctl".to_owned(), String::new()].into_iter().chain(changes.map(line)).collect()
}

fn report(document: &Value) -> Vec<String> {
    let (claim, counts) = (&document["claim"], &document["summary"]);
    let mut lines = vec![
        format!(
            "### claim {}/{}: {}",
            text(&claim["namespace"]),
            text(&claim["name"]),
            text(&document["verdict"])
        ),
        String::new(),
        format!(
            "{} nodes, {} ok, {} failed, {} not tried to the end",
            text(&counts["nodes"]),
            text(&counts["ok"]),
            text(&counts["failed"]),
            text(&counts["unknown"])
        ),
        String::new(),
        "| node | group | zone | verdict | write MiB/s | read MiB/s | flock | what happened | cause | next |"
            .to_owned(),
        "|---|---|---|---|---|---|---|---|---|---|".to_owned(),
    ];
    let fields =
        ["node", "group", "zone", "verdict", "writeMiBps", "readMiBps", "locked", "summary", "cause", "next"];
    for item in document["items"].as_array().into_iter().flatten() {
        let cells: Vec<String> = fields.iter().map(|field| text(&item[*field])).collect();
        lines.push(format!("| {} |", cells.join(" | ")));
    }
    let words = document["items"]
        .as_array()
        .into_iter()
        .flatten()
        .filter_map(|item| Some(format!("- {}: {}", text(&item["node"]), inert(item["said"].as_str()?))));
    let words: Vec<String> = words.collect();
    if !words.is_empty() {
        lines.extend([String::new(), "What was said:".to_owned(), String::new()]);
        lines.extend(words);
    }
    lines
}

fn diagnosis(document: &Value) -> Vec<String> {
    let counts = &document["summary"];
    let count = |field: &str| text(&counts[field]);
    let mut lines = vec![
        format!("### fsxctl doctor: {}", text(&document["verdict"])),
        String::new(),
        format!(
            "{} errors, {} warnings, {} worth knowing, {} passed, {} could not be made",
            count("errors"),
            count("warnings"),
            count("infos"),
            count("passed"),
            count("unknown")
        ),
        String::new(),
        "| rank | check | severity | state | object | what is wrong | cause | explained by | mend |"
            .to_owned(),
        "|---|---|---|---|---|---|---|---|---|".to_owned(),
    ];
    for item in document["items"].as_array().into_iter().flatten() {
        let object = format!("{} {}", text(&item["resource"]["kind"]), text(&item["resource"]["ref"]));
        let by: Vec<String> = item["blockedBy"].as_array().into_iter().flatten().map(text).collect();
        let fix = &item["fix"];
        let commands = fix["commands"].as_array().into_iter().flatten().map(text);
        let mend: Vec<String> =
            std::iter::once(text(&fix["summary"])).chain(commands).filter(|it| !it.is_empty()).collect();
        let cells = [
            text(&item["rank"]),
            text(&item["id"]),
            text(&item["severity"]),
            text(&item["state"]),
            object,
            text(&item["summary"]),
            text(&item["cause"]),
            by.join(", "),
            mend.join("; "),
        ];
        lines.push(format!("| {} |", cells.join(" | ")));
    }
    lines
}

/// A value as inert text; nothing for null.
fn text(value: &Value) -> String {
    match value {
        Value::Null => String::new(),
        Value::String(text) => inert(text),
        other => inert(&other.to_string()),
    }
}

/// Text that is nothing but text: every sign of ASCII that could begin something stands behind a backslash (CommonMark 0.31,
/// section 2.4), `<` and `&` as entities, so that also a reader of HTML alone sees text, and `@` too, which would call people.
fn inert(text: &str) -> String {
    let mut out = String::new();
    for char in escape(text).chars() {
        match char {
            '<' => out.push_str("&lt;"),
            '>' => out.push_str("&gt;"),
            '&' => out.push_str("&amp;"),
            '@' => out.push_str("&#64;"),
            '-' | '.' | ',' | '/' | ':' | ' ' | '=' | '%' | '(' | ')' | '"' | '\'' | ';' | '?' => {
                out.push(char)
            }
            _ if char.is_ascii_punctuation() => out.extend(['\\', char]),
            _ => out.push(char),
        }
    }
    // A text that is at the beginning of a line could still be a list, a heading or a rule.
    if out.starts_with(['-', '=']) { format!("\\{out}") } else { out }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn foreign_text_is_nothing_but_text() {
        let rows = [
            ("fsx-claim", "fsx-claim"),
            ("a|b", "a\\|b"),
            ("<img src=x onerror=alert(1)>", "&lt;img src=x onerror=alert(1)&gt;"),
            ("[a](javascript:b)", "\\[a\\](javascript:b)"),
            ("`code` *bold* _it_ #1 !x", "\\`code\\` \\*bold\\* \\_it\\_ \\#1 \\!x"),
            ("@everyone &amp;", "&#64;everyone &amp;amp;"),
            ("- item", "\\- item"),
            ("a\n# head", "a\\\\n\\# head"),
        ];
        for (given, wanted) in rows {
            assert_eq!(inert(given), wanted);
        }
    }

    #[test]
    fn every_kind_of_document_is_a_page() {
        let item = json!({"node": "a|b", "verdict": "failed", "errno": 5, "said": "x\ny"});
        let summary = json!({"nodes": 1, "ok": 0, "failed": 1, "unknown": 0});
        let report = json!({"kind": "VerifyReport", "verdict": "failed", "items": [item], "summary": summary,
            "claim": {"namespace": "default", "name": "c"}, "cluster": {"name": "k", "region": "r"}});
        let page = markdown(&report);
        assert!(page.starts_with("### claim default/c: failed\n\n1 nodes, 0 ok, 1 failed"), "{page}");
        assert!(page.contains("| a\\|b |  |  | failed |") && page.contains("- a\\|b: x\\\\ny"), "{page}");
        let error = markdown(&json!({"kind": "Error", "message": "no", "causes": ["why"], "next": "do it"}));
        assert_eq!(error, "### fsxctl failed\n\nno\n- why\n\nnext: do it\n");
    }
}
