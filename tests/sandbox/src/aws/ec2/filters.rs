//! EC2 filters: which rows a `Filters` list keeps. The names that a kind of resource knows stand in
//! `kinds`; nothing here knows a resource.

use serde_json::Value;

use super::value::{list, text, texts};
use crate::call::AwsError;

/// Filter names with the member paths they look at; several paths are separated by `|`, members of a
/// path by `.`, and lists on the way are walked.
pub type FilterTable = &'static [(&'static str, &'static str)];

/// The rows that match every filter (one of its values each).
///
/// # Errors
/// `InvalidParameterValue` for a filter that the kind does not know.
pub fn keep(rows: Vec<Value>, filters: &[Value], table: FilterTable) -> Result<Vec<Value>, AwsError> {
    for filter in filters {
        let name = text(filter, "Name");
        if !is_tag_filter(name) && !table.iter().any(|(known, _)| *known == name) {
            return Err(AwsError::new("InvalidParameterValue", format!("The filter '{name}' is invalid")));
        }
    }
    Ok(rows.into_iter().filter(|row| filters.iter().all(|filter| matches(row, filter, table))).collect())
}

fn is_tag_filter(name: &str) -> bool {
    name.starts_with("tag:") || name == "tag-key" || name == "tag-value"
}

fn matches(row: &Value, filter: &Value, table: FilterTable) -> bool {
    let name = text(filter, "Name");
    let wanted = texts(filter, "Values");
    let found = if is_tag_filter(name) { tag_values(row, name) } else { path_values(row, name, table) };
    found.iter().any(|value| wanted.iter().any(|pattern| like(pattern, value)))
}

fn tag_values(row: &Value, name: &str) -> Vec<String> {
    let member = if name == "tag-key" { "Key" } else { "Value" };
    let key = name.strip_prefix("tag:");
    tags(row)
        .iter()
        .filter(|tag| key.is_none_or(|key| text(tag, "Key") == key))
        .map(|tag| text(tag, member).to_owned())
        .collect()
}

/// A row's tags, under whichever member its shape has them.
pub fn tags(row: &Value) -> &[Value] {
    if row.get("TagSet").is_some() { list(row, "TagSet") } else { list(row, "Tags") }
}

fn path_values(row: &Value, name: &str, table: FilterTable) -> Vec<String> {
    let mut found = Vec::new();
    for (_, paths) in table.iter().filter(|(known, _)| *known == name) {
        for path in paths.split('|') {
            collect(row, path, &mut found);
        }
    }
    found
}

fn collect(value: &Value, path: &str, found: &mut Vec<String>) {
    if let Value::Array(items) = value {
        for item in items {
            collect(item, path, found);
        }
        return;
    }
    if path.is_empty() {
        match value {
            Value::String(text) => found.push(text.clone()),
            Value::Number(number) => found.push(number.to_string()),
            Value::Bool(flag) => found.push(flag.to_string()),
            _ => {}
        }
        return;
    }
    let (member, rest) = path.split_once('.').unwrap_or((path, ""));
    if let Some(inner) = value.get(member) {
        collect(inner, rest, found);
    }
}

/// EC2's wildcards: `*` any characters, `?` exactly one, `\` takes the next literally.
pub fn like(pattern: &str, value: &str) -> bool {
    let pattern: Vec<char> = pattern.chars().collect();
    let value: Vec<char> = value.chars().collect();
    let (mut p, mut v) = (0, 0);
    let mut retry: Option<(usize, usize)> = None;
    loop {
        let step = match pattern.get(p) {
            Some('*') => {
                retry = Some((p + 1, v));
                p += 1;
                continue;
            }
            None if v == value.len() => return true,
            Some('?') if v < value.len() => Some(1),
            Some('\\') if p + 1 < pattern.len() && value.get(v) == pattern.get(p + 1) => Some(2),
            Some(literal) if *literal != '\\' && value.get(v) == Some(literal) => Some(1),
            _ => None,
        };
        match (step, retry) {
            (Some(width), _) => {
                p += width;
                v += 1;
            }
            (None, Some((after, from))) if from < value.len() => {
                retry = Some((after, from + 1));
                p = after;
                v = from + 1;
            }
            _ => return false,
        }
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn wildcards() {
        let table = [
            ("a", "a", true),
            ("a", "ab", false),
            ("*", "", true),
            ("fsx*", "fsx-1", true),
            ("*-1", "fsx-1-1", true),
            ("f?x", "fsx", true),
            ("f?x", "fx", false),
            (r"a\*", "a*", true),
            (r"a\*", "ab", false),
            ("*a*b", "xxaybzb", true),
            ("*a*b", "xxbya", false),
        ];
        for (pattern, value, expected) in table {
            assert_eq!(like(pattern, value), expected, "{pattern} ~ {value}");
        }
    }

    #[test]
    fn paths_walk_lists_and_tags() {
        const TABLE: FilterTable = &[("group-id", "Groups.GroupId"), ("address", "One|Many.Ip")];
        let row = json!({"Groups": [{"GroupId": "sg-1"}, {"GroupId": "sg-2"}], "Many": [{"Ip": "10.0.0.4"}], "TagSet": [{"Key": "k", "Value": "v"}]});
        let filter = |name: &str, values: &[&str]| json!({"Name": name, "Values": values});
        let table = [
            (filter("group-id", &["sg-2"]), true),
            (filter("group-id", &["sg-3"]), false),
            (filter("address", &["10.0.0.?"]), true),
            (filter("tag:k", &["x", "v"]), true),
            (filter("tag:k", &["x"]), false),
            (filter("tag:K", &["v"]), false),
            (filter("tag-key", &["k"]), true),
        ];
        for (filter, expected) in table {
            let kept = keep(vec![row.clone()], std::slice::from_ref(&filter), TABLE).unwrap();
            assert_eq!(!kept.is_empty(), expected, "{filter}");
        }
        let refused = keep(vec![row], &[filter("nonsense", &["1"])], TABLE).unwrap_err();
        assert_eq!(refused.code, "InvalidParameterValue");
    }
}
