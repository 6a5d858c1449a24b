//! JUnit: a document as a suite of tests, for pipelines that show them.
//!
//! Made from the document, so that it says nothing that JSON does not. There is no standard; this is what Jenkins, GitLab
//! and GitHub's reporters read (<https://github.com/testmoapp/junitxml>).

use std::fmt::Write as _;

use serde_json::Value;

use super::escape;

/// The document as JUnit XML. A report's items are its tests; a failure is one test that could not be run; a plan is a
/// suite of tests that were left out.
pub(super) fn junit(document: &Value) -> String {
    let kind = text(&document["kind"]);
    let cases: Vec<String> = match kind.as_str() {
        "Error" => vec![case("fsxctl", "run", &problem("error", document))],
        "DoctorReport" => items(document).map(finding_case).collect(),
        "Plan" => changes(document).map(|name| case("fsxctl.plan", &name, "<skipped/>")).collect(),
        _ => items(document).map(|item| item_case(document, item)).collect(),
    };
    let count = |tag: &str| cases.iter().filter(|case| case.contains(tag)).count();
    let counts = format!(
        "tests=\"{}\" failures=\"{}\" errors=\"{}\" skipped=\"{}\" time=\"{:.3}\"",
        cases.len(),
        count("<failure "),
        count("<error "),
        count("<skipped"),
        document["durationMs"].as_f64().unwrap_or_default() / 1000.0
    );
    let name = match (document["claim"]["namespace"].as_str(), document["claim"]["name"].as_str()) {
        (Some(namespace), Some(claim)) => xml(&format!("claim {namespace}/{claim}")),
        _ => xml(&kind),
    };
    let mut out = String::from("<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n");
    // Writing to a String cannot fail.
    _ = writeln!(out, "<testsuites name=\"fsxctl\" {counts}>");
    let (at, cluster) = (xml(&text(&document["startedAt"])), xml(&text(&document["cluster"]["name"])));
    _ = writeln!(out, "  <testsuite name=\"{name}\" {counts} timestamp=\"{at}\" hostname=\"{cluster}\">");
    for case in cases {
        _ = writeln!(out, "    {case}");
    }
    out.push_str("  </testsuite>\n</testsuites>\n");
    out
}

fn items(document: &Value) -> impl Iterator<Item = &Value> {
    document["items"].as_array().into_iter().flatten()
}

/// The names of what a plan would change.
fn changes(document: &Value) -> impl Iterator<Item = String> {
    let all = items(document).flat_map(|item| item["changes"].as_array().into_iter().flatten());
    all.map(|change| format!("{} {}", text(&change["resource"]["kind"]), text(&change["resource"]["ref"])))
}

fn item_case(document: &Value, item: &Value) -> String {
    let group = item["group"].as_str().map(|group| format!(".{group}")).unwrap_or_default();
    let body = match item["verdict"].as_str() {
        Some("failed") => problem("failure", item),
        Some("unknown") => problem("error", item),
        _ => format!("<system-out>{}</system-out>", xml(&figures(document, item))),
    };
    case(&format!("fsxctl.verify{group}"), &text(&item["node"]), &body)
}

/// A finding as a test: an error that was found is a failure, whether something else explains it or not; what is less than
/// an error has passed, with what there is to say of it.
fn finding_case(item: &Value) -> String {
    let of = |field: &str| text(&item[field]);
    let body = match (item["state"].as_str(), item["severity"].as_str()) {
        (Some("failed" | "blocked"), Some("error")) => problem("failure", item),
        (Some("error"), _) => problem("error", item),
        (Some("not_applicable" | "skipped" | "suppressed"), _) => "<skipped/>".to_owned(),
        _ => format!("<system-out>{}</system-out>", xml(&[of("severity"), of("summary")].join(": "))),
    };
    let object = format!("{} {}", text(&item["resource"]["kind"]), text(&item["resource"]["ref"]));
    case(&format!("fsxctl.doctor.{}", of("category")), &format!("{} {object}", of("id")), &body)
}

fn figures(document: &Value, item: &Value) -> String {
    let fields = ["source", "writeMiBps", "readMiBps", "readFrom", "locked"];
    let pair = |field: &str| (!item[field].is_null()).then(|| format!("{field}={}", plain(&item[field])));
    let mut all: Vec<String> = fields.into_iter().filter_map(pair).collect();
    all.push(format!("mib={}", plain(&document["mib"])));
    all.join(" ")
}

/// What is wrong, why, in whose words, and what to do.
fn problem(tag: &str, of: &Value) -> String {
    let message = ["summary", "message"].iter().find_map(|key| of[*key].as_str()).unwrap_or("failed");
    let kind = ["step", "reason", "id"].iter().find_map(|key| of[*key].as_str()).unwrap_or("none");
    let causes = of["causes"].as_array().into_iter().flatten().map(plain);
    let single = ["cause", "said"].iter().filter_map(|key| of[*key].as_str()).map(str::to_owned);
    let next = of["next"].as_str().map(|next| format!("next: {next}"));
    let by: Vec<String> = of["blockedBy"].as_array().into_iter().flatten().map(plain).collect();
    let by = (!by.is_empty()).then(|| format!("explained by {}", by.join(", ")));
    let seen = of["evidence"].as_array().into_iter().flatten();
    let seen = seen.map(|it| ["source", "field", "value"].map(|key| text(&it[key])).join(" "));
    let fix = of["fix"]["summary"].as_str().map(|fix| format!("mend: {fix}"));
    let commands = of["fix"]["commands"].as_array().into_iter().flatten().map(plain);
    let lines = causes.chain(single).chain(by).chain(seen).chain(fix).chain(commands).chain(next);
    let lines: Vec<String> = lines.map(|line| xml(&line)).collect();
    format!("<{tag} message=\"{}\" type=\"{}\">{}</{tag}>", xml(message), xml(kind), lines.join("\n"))
}

fn case(class: &str, name: &str, body: &str) -> String {
    format!("<testcase classname=\"{}\" name=\"{}\" time=\"0\">{body}</testcase>", xml(class), xml(name))
}

fn text(value: &Value) -> String {
    value.as_str().unwrap_or_default().to_owned()
}

/// A value without the quotes of JSON.
fn plain(value: &Value) -> String {
    value.as_str().map_or_else(|| value.to_string(), str::to_owned)
}

/// Text for element and attribute alike. What misleads eyes is made visible, which takes out what XML cannot hold either,
/// but for two characters that are none (XML 1.0, section 2.2).
fn xml(text: &str) -> String {
    let mut out = String::new();
    for char in escape(text).chars() {
        match char {
            '&' => out.push_str("&amp;"),
            '<' => out.push_str("&lt;"),
            '>' => out.push_str("&gt;"),
            '"' => out.push_str("&quot;"),
            '\'' => out.push_str("&apos;"),
            '\u{fffe}' | '\u{ffff}' => out.extend(char.escape_unicode()),
            _ => out.push(char),
        }
    }
    out
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn foreign_text_stays_inside_its_element() {
        let hostile = "</failure><evil a=\"'&\u{1b}[2J\u{0}\u{ffff}\n]]>";
        let item = json!({"node": hostile, "group": hostile, "verdict": "failed", "step": "mounted",
            "summary": hostile, "cause": hostile, "said": hostile, "next": hostile});
        let document = json!({"kind": "VerifyReport", "items": [item], "startedAt": hostile,
            "cluster": {"name": hostile}, "claim": {"namespace": hostile, "name": hostile}});
        let text = junit(&document);
        assert!(!text.contains("<evil") && !text.contains('\u{1b}') && !text.contains('\u{ffff}'), "{text}");
        assert_eq!(text.matches("</failure>").count(), 1, "{text}");
        assert_eq!(text.matches("]]>").count(), 0, "{text}");
        assert_eq!(text.lines().count(), 8, "lines of the text are lines of the failure alone\n{text}");
    }

    #[test]
    fn every_kind_of_document_is_a_suite() {
        let error =
            json!({"kind": "Error", "message": "no", "reason": "denied", "causes": ["why"], "next": "do"});
        assert!(junit(&error).contains("<error message=\"no\" type=\"denied\">why\nnext: do</error>"));
        let change = json!({"resource": {"kind": "Job", "ref": "a/b"}});
        let plan = json!({"kind": "Plan", "items": [{"changes": [change]}]});
        assert!(junit(&plan).contains("name=\"Job a/b\" time=\"0\"><skipped/>"), "{}", junit(&plan));
        let ok =
            json!({"kind": "VerifyReport", "items": [{"node": "n", "verdict": "ok", "writeMiBps": 2.5}]});
        let text = junit(&ok);
        assert!(text.contains("tests=\"1\" failures=\"0\" errors=\"0\" skipped=\"0\""), "{text}");
        assert!(text.contains("<system-out>writeMiBps=2.5 mib=null</system-out>"), "{text}");
    }
}
