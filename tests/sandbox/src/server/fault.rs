//! Faults: requests that are refused on purpose, as the world file or `--fault` says.
//!
//! `outcome` faults decide how lifecycles end and are read by the services ([`outcome`]); faults of the
//! transport (`timeout`, `reset`, `slow:…`, `truncated`, `not-json`) are not there yet and refused.

use serde_json::{Map, Value, json};

use crate::call::AwsError;
use crate::state::State;

/// The members that a fault may have.
const MEMBERS: &[&str] = &[
    "service",
    "operation",
    "verb",
    "path",
    "error",
    "status",
    "retryAfter",
    "after",
    "times",
    "outcome",
    "message",
];

/// Reads `service=fsx,operation=CreateFileSystem,error=ThrottlingException,times=2`; a value may stand in
/// double quotes, within which a comma is plain and `\"` a quote.
///
/// # Errors
/// What is wrong with it.
pub fn parse(spec: &str) -> Result<Value, String> {
    let mut members = Map::new();
    let mut rest = spec.trim();
    while !rest.is_empty() {
        let (name, after) = rest.split_once('=').ok_or_else(|| format!("{rest:?} has no ="))?;
        let (value, remains) = value(after)?;
        let number = ["status", "retryAfter", "after", "times"].contains(&name.trim());
        let value = if number {
            json!(value.trim().parse::<u64>().map_err(|_| format!("{name} is not a number: {value:?}"))?)
        } else {
            Value::from(value)
        };
        members.insert(name.trim().to_owned(), value);
        rest = remains;
    }
    let fault = Value::Object(members);
    check(&fault)?;
    Ok(fault)
}

/// One value and what follows its comma.
fn value(text: &str) -> Result<(String, &str), String> {
    let Some(quoted) = text.strip_prefix('"') else {
        let (value, rest) = text.split_once(',').unwrap_or((text, ""));
        return Ok((value.to_owned(), rest));
    };
    let mut value = String::new();
    let mut letters = quoted.char_indices();
    while let Some((at, letter)) = letters.next() {
        match letter {
            '\\' => value.extend(letters.next().map(|(_, c)| c)),
            '"' => {
                let rest = &quoted[at + 1..];
                let rest = if rest.is_empty() { Some(rest) } else { rest.strip_prefix(',') };
                return rest.map(|rest| (value, rest)).ok_or_else(|| "text after a closing quote".to_owned());
            }
            other => value.push(other),
        }
    }
    Err("a quote is not closed".to_owned())
}

/// Whether a fault can be what it says.
///
/// # Errors
/// What is wrong with it.
pub fn check(fault: &Value) -> Result<(), String> {
    let Some(members) = fault.as_object() else { return Err("a fault is a mapping".to_owned()) };
    if let Some(name) =
        members.keys().find(|name| !MEMBERS.contains(&name.as_str()) && !name.starts_with('$'))
    {
        return Err(format!("unknown member {name:?}; known are {}", MEMBERS.join(", ")));
    }
    let error = fault["error"].as_str();
    if error.is_some() == fault["outcome"].is_string() {
        return Err("a fault has either error or outcome".to_owned());
    }
    let transport = |name: &str| {
        ["timeout", "reset", "truncated", "not-json"].contains(&name) || name.starts_with("slow:")
    };
    if let Some(name) = error.filter(|name| transport(name)) {
        return Err(format!("the transport fault {name:?} is not in this version of the sandbox"));
    }
    for name in ["status", "retryAfter", "after", "times"] {
        if members.get(name).is_some_and(|value| value.as_u64().is_none()) {
            return Err(format!("{name} is not a number"));
        }
    }
    if members.get("status").and_then(Value::as_u64).is_some_and(|code| !(400..600).contains(&code)) {
        return Err("status is not an error's (400 to 599)".to_owned());
    }
    Ok(())
}

/// What a request is, to be matched.
#[derive(Debug, Clone, Copy)]
pub struct Probe<'a> {
    /// The AWS service, or `kube`.
    pub service: &'a str,
    /// AWS only.
    pub operation: Option<&'a str>,
    /// Kubernetes only.
    pub verb: Option<&'a str>,
    /// The path without its query.
    pub path: &'a str,
}

fn matches(fault: &Value, probe: &Probe<'_>) -> bool {
    let fits = |member: &str, given: Option<&str>| {
        fault[member].as_str().is_none_or(|pattern| given.is_some_and(|given| glob(pattern, given)))
    };
    fits("service", Some(probe.service))
        && fits("operation", probe.operation)
        && fits("verb", probe.verb)
        && fits("path", Some(probe.path))
}

/// Whether a text fits a pattern in which `*` stands for any text.
pub fn glob(pattern: &str, text: &str) -> bool {
    let mut parts = pattern.split('*');
    let first = parts.next().unwrap_or_default();
    let Some(mut rest) = text.strip_prefix(first) else { return false };
    let mut parts = parts.peekable();
    if parts.peek().is_none() {
        return rest.is_empty();
    }
    while let Some(part) = parts.next() {
        if parts.peek().is_none() {
            return rest.ends_with(part);
        }
        match rest.find(part) {
            Some(at) => rest = &rest[at + part.len()..],
            None => return false,
        }
    }
    true
}

/// The refusal for a request, if a fault says so; counts its use.
pub fn refusal(state: &mut State, probe: &Probe<'_>) -> Option<AwsError> {
    let fault = take(state, probe, "error")?;
    let code = fault["error"].as_str()?;
    let status = fault["status"].as_u64().and_then(|s| u16::try_from(s).ok());
    let (code, usual) = if code == "503" { ("ServiceUnavailable", Some(503)) } else { (code, None) };
    let message = fault["message"].as_str().map_or_else(|| usual_message(code), str::to_owned);
    let mut error = AwsError::new(code, message).with_status(status.or(usual).unwrap_or(400));
    error.retry_after = fault["retryAfter"].as_u64().and_then(|s| u32::try_from(s).ok());
    Some(error)
}

/// How a lifecycle that this operation began ends, if a fault says so: the outcome (`FAILED`,
/// `CREATE_FAILED`) and its message. Counts its use.
pub fn outcome(state: &mut State, service: &str, operation: &str) -> Option<(String, Option<String>)> {
    let probe = Probe { service, operation: Some(operation), verb: None, path: "/" };
    let fault = take(state, &probe, "outcome")?;
    Some((fault["outcome"].as_str()?.to_owned(), fault["message"].as_str().map(str::to_owned)))
}

/// The first fault of a kind that matches and has uses left.
fn take(state: &mut State, probe: &Probe<'_>, kind: &str) -> Option<Value> {
    let candidates = state.faults.iter_mut().filter(|fault| fault[kind].is_string() && matches(fault, probe));
    for fault in candidates {
        let used = fault["$used"].as_u64().unwrap_or(0);
        let after = fault["after"].as_u64().unwrap_or(0);
        let times = fault["times"].as_u64();
        if times.is_some_and(|times| used >= after + times) {
            continue;
        }
        fault["$used"] = json!(used + 1);
        if used >= after {
            return Some(fault.clone());
        }
    }
    None
}

fn usual_message(code: &str) -> String {
    let text = match code {
        "ThrottlingException" | "Throttling" | "RequestLimitExceeded" | "TooManyRequestsException" => {
            "Rate exceeded"
        }
        "ServiceUnavailable" => "Service is unavailable. Please try again shortly.",
        _ => "a fault of the sandbox",
    };
    text.to_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn specs_are_read_or_say_why_not() {
        let good =
            parse(r#"service=fsx,operation=CreateFileSystem,outcome=FAILED,message="a, \"b\"",times=2"#)
                .unwrap();
        assert_eq!(
            good,
            json!({"service": "fsx", "operation": "CreateFileSystem", "outcome": "FAILED", "message": "a, \"b\"", "times": 2})
        );
        for (spec, why) in [
            ("service", "has no ="),
            ("error=X,times=two", "not a number"),
            ("eror=X", "unknown member"),
            ("service=fsx", "either error or outcome"),
            ("error=timeout", "not in this version"),
            ("error=slow:5s", "not in this version"),
            ("error=\"x", "not closed"),
            ("error=X,status=200", "not an error's"),
        ] {
            let said = parse(spec).unwrap_err();
            assert!(said.contains(why), "{spec}: {said}");
        }
    }

    #[test]
    fn the_first_fault_with_uses_left_is_taken() {
        let mut state = State::new("111122223333", "us-west-2");
        state.faults = vec![
            json!({"service": "fsx", "operation": "Describe*", "error": "ThrottlingException", "after": 1, "times": 1, "retryAfter": 2}),
            json!({"service": "fsx", "error": "InternalServerError", "status": 500, "times": 1}),
        ];
        let probe = Probe { service: "fsx", operation: Some("DescribeBackups"), verb: None, path: "/" };
        let codes: Vec<_> =
            (0..4).map(|_| refusal(&mut state, &probe).map(|e| (e.code, e.status, e.retry_after))).collect();
        assert_eq!(
            codes,
            [
                Some(("InternalServerError".into(), 500, None)),
                Some(("ThrottlingException".into(), 400, Some(2))),
                None,
                None
            ]
        );
        let other = Probe { service: "eks", operation: Some("ListClusters"), verb: None, path: "/clusters" };
        assert_eq!(refusal(&mut state, &other), None);
    }

    #[test]
    fn a_star_stands_for_any_text() {
        for (pattern, text, fits) in [
            ("*", "", true),
            ("/a/*", "/a/b/c", true),
            ("/a/*/c", "/a/b/c", true),
            ("/a/*/c", "/a/b/d", false),
            ("a*b*c", "a-b-b-c", true),
            ("abc", "abcd", false),
            ("ab*ba", "aba", false),
        ] {
            assert_eq!(glob(pattern, text), fits, "{pattern} {text}");
        }
    }
}
