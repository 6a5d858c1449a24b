//! Takes out of answers what differs between any two runs: uids, versions, times, random letters.

use std::collections::BTreeSet;

use serde_json::Value;

use super::side::{Answer, Answers};

/// The answers of one side to one scenario, ready to be compared.
pub fn answers(mut answers: Answers, run: &str) -> Answers {
    let mut generated = BTreeSet::new();
    for (_, answer) in &answers {
        if let Ok(answer) = answer {
            find_generated(&answer.body, &mut generated);
        }
    }
    // The longest first: one generated name may begin with another.
    let mut generated: Vec<(String, String)> = generated.into_iter().collect();
    generated.sort_by_key(|(name, _)| std::cmp::Reverse(name.len()));
    for (_, answer) in &mut answers {
        if let Ok(answer) = answer {
            for value in answer.headers.values_mut() {
                *value = text(value, run, &generated);
            }
            value(&mut answer.body, "", run, &generated);
            sort_managers(&mut answer.body);
            sort_conflicts(&mut answer.body);
            by_name(&mut answer.body);
        }
    }
    answers
}

/// Names that the server made from `generateName`, with what to call them.
fn find_generated(value: &Value, found: &mut BTreeSet<(String, String)>) {
    match value {
        Value::Object(map) => {
            let text = |member: &str| map.get(member).and_then(Value::as_str);
            if let (Some(prefix), Some(name)) = (text("generateName"), text("name"))
                && name.len() == prefix.len() + 5
            {
                found.insert((name.to_owned(), format!("{prefix}<random>")));
            }
            map.values().for_each(|member| find_generated(member, found));
        }
        Value::Array(list) => list.iter().for_each(|item| find_generated(item, found)),
        _ => {}
    }
}

fn value(at: &mut Value, key: &str, run: &str, generated: &[(String, String)]) {
    match at {
        Value::Object(map) => {
            let old = std::mem::take(map);
            for (name, mut member) in old {
                value(&mut member, &name, run, generated);
                map.insert(text(&name, run, generated), member);
            }
        }
        Value::Array(list) => list.iter_mut().for_each(|item| value(item, key, run, generated)),
        Value::String(now) => {
            *now = match key {
                "resourceVersion" if !now.is_empty() && now != "0" => "<version>".to_owned(),
                "continue" if !now.is_empty() => "<continue>".to_owned(),
                "token" => "<token>".to_owned(),
                "cells" if is_age(now) => "<age>".to_owned(),
                _ => text(now, run, generated),
            }
        }
        _ => {}
    }
}

fn is_age(text: &str) -> bool {
    let digits = text.trim_end_matches(|c: char| "smhd".contains(c));
    digits.len() < text.len() && !digits.is_empty() && digits.bytes().all(|b| b.is_ascii_digit())
}

fn text(text: &str, run: &str, generated: &[(String, String)]) -> String {
    let mut out = text.to_owned();
    for (name, called) in generated {
        out = out.replace(name, called);
    }
    out = out.replace(run, "RUN");
    out = replace(&out, 36, is_uuid, "<uid>");
    out = replace(&out, 20, is_time, "<time>");
    out = replace(&out, 27, is_micro_time, "<time>");
    // Volumes of tokens are called by random letters that nothing else tells.
    out = after(&out, "kube-api-access-", 5);
    for words in [
        "precondition (",
        "in record (",
        "resource version: ",
        "current: ",
        "precondition: ",
        "object meta: ",
        "resource version: <n> (",
    ] {
        out = numbers_after(&out, words);
    }
    out
}

/// Replaces every stretch of that many bytes that `is` one.
fn replace(text: &str, length: usize, is: fn(&str) -> bool, by: &str) -> String {
    let mut out = String::new();
    let mut at = 0;
    while at < text.len() {
        if text.get(at..at + length).is_some_and(is) {
            out.push_str(by);
            at += length;
        } else {
            let next = text[at..].chars().next().map_or(1, char::len_utf8);
            out.push_str(&text[at..at + next]);
            at += next;
        }
    }
    out
}

fn fits(text: &str, pattern: &str) -> bool {
    text.len() == pattern.len()
        && text.bytes().zip(pattern.bytes()).all(|(found, wanted)| match wanted {
            b'h' => found.is_ascii_hexdigit(),
            b'0' => found.is_ascii_digit(),
            other => found == other,
        })
}

fn is_uuid(text: &str) -> bool {
    fits(text, "hhhhhhhh-hhhh-hhhh-hhhh-hhhhhhhhhhhh")
}

fn is_time(text: &str) -> bool {
    fits(text, "0000-00-00T00:00:00Z")
}

fn is_micro_time(text: &str) -> bool {
    fits(text, "0000-00-00T00:00:00.000000Z")
}

fn after(text: &str, words: &str, length: usize) -> String {
    let Some(at) = text.find(words).map(|at| at + words.len()) else { return text.to_owned() };
    if text.len() >= at + length && text.is_char_boundary(at + length) {
        return format!("{}<random>{}", &text[..at], after(&text[at + length..], words, length));
    }
    text.to_owned()
}

fn numbers_after(text: &str, words: &str) -> String {
    let mut parts = text.split(words);
    let mut out = parts.next().unwrap_or_default().to_owned();
    for part in parts {
        let rest = part.trim_start_matches(|c: char| c.is_ascii_digit());
        out.push_str(words);
        out.push_str(if rest.len() < part.len() { "<n>" } else { "" });
        out.push_str(rest);
    }
    out
}

/// Managers are ordered by time, which differs by where the second ends.
fn sort_managers(value: &mut Value) {
    match value {
        Value::Object(map) => {
            if let Some(Value::Array(list)) = map.get_mut("managedFields") {
                list.sort_by_key(|entry| {
                    ["operation", "manager", "subresource", "apiVersion"].map(|m| entry[m].to_string())
                });
            }
            map.values_mut().for_each(sort_managers);
        }
        Value::Array(list) => list.iter_mut().for_each(sort_managers),
        _ => {}
    }
}

/// Conflicts come in the order of a Go map, which is none.
fn sort_conflicts(status: &mut Value) {
    if let Some(causes) = status.pointer_mut("/details/causes").and_then(Value::as_array_mut)
        && causes.iter().all(|cause| cause["reason"] == "FieldManagerConflict")
    {
        causes.sort_by_key(ToString::to_string);
    }
}

/// Discovery lists what the server has: compared by name, the verbs of each as one text.
fn by_name(list: &mut Value) {
    if list["kind"] != "APIResourceList" {
        return;
    }
    let mut named = serde_json::Map::new();
    for mut resource in list["resources"].as_array_mut().map(std::mem::take).unwrap_or_default() {
        let verbs = resource["verbs"].as_array().into_iter().flatten().filter_map(Value::as_str);
        resource["verbs"] = verbs.collect::<Vec<_>>().join(" ").into();
        let name = resource["name"].as_str().unwrap_or_default().replace('/', ".");
        named.insert(name, resource);
    }
    list["resources"] = Value::Object(named);
}

/// Every leaf of an answer with its JSON pointer, status and headers included.
pub fn leaves(answer: &Answer, only: &[String]) -> Vec<(String, Value)> {
    let mut found = vec![("status".to_owned(), Value::from(answer.status))];
    if only.is_empty() {
        found.extend(answer.headers.iter().map(|(k, v)| (format!("header {k}"), Value::from(v.as_str()))));
        walk(&answer.body, String::new(), &mut found);
    }
    for pointer in only {
        if let Some(part) = answer.body.pointer(pointer) {
            walk(part, pointer.clone(), &mut found);
        }
    }
    found
}

fn walk(value: &Value, path: String, found: &mut Vec<(String, Value)>) {
    let inside = |key: &str| format!("{path}/{}", key.replace('~', "~0").replace('/', "~1"));
    match value {
        Value::Object(map) if !map.is_empty() => {
            map.iter().for_each(|(key, member)| walk(member, inside(key), found));
        }
        Value::Array(list) if !list.is_empty() => {
            list.iter().enumerate().for_each(|(at, item)| walk(item, inside(&at.to_string()), found));
        }
        other => found.push((path, other.clone())),
    }
}
