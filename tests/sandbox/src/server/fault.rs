//! Faults: requests that go wrong on purpose, as the world file or `--fault` says.
//!
//! A fault with an error code is the service's own refusal; one of the transport ([`Transport`]) is what the road
//! does to a request. `outcome` faults decide how lifecycles end and are read by the services ([`outcome`]).

use std::time::Duration;

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
    let transport = error.and_then(Transport::parse).transpose()?;
    if transport.is_some()
        && ["status", "retryAfter", "message"].iter().any(|name| members.contains_key(*name))
    {
        return Err("a fault of the transport has no status, retryAfter or message".to_owned());
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

/// What the road does to a request and its answer.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Transport {
    /// Never answered, and not applied; the connection stays open.
    Timeout,
    /// The connection is closed without an answer; not applied.
    Reset,
    /// Applied; half of the answer comes, under the length of the whole, and the connection is closed.
    Truncated,
    /// Not applied: somebody on the way (a proxy, a sign-in page) answers 200 with a page of HTML.
    NotJson,
    /// Applied at once; the answer comes so much later (a watch: its headers).
    Slow(Duration),
}

impl Transport {
    /// The transport fault of this name, if it is one.
    fn parse(name: &str) -> Option<Result<Self, String>> {
        match name {
            "timeout" => Some(Ok(Self::Timeout)),
            "reset" => Some(Ok(Self::Reset)),
            "truncated" => Some(Ok(Self::Truncated)),
            "not-json" => Some(Ok(Self::NotJson)),
            _ => {
                let time = name.strip_prefix("slow:")?;
                let seconds = time.strip_suffix("ms").map(|ms| ms.parse::<f64>().map(|ms| ms / 1000.0));
                let seconds = seconds.or_else(|| time.strip_suffix('s').map(str::parse::<f64>));
                let seconds = seconds.and_then(Result::ok).and_then(|s| Duration::try_from_secs_f64(s).ok());
                Some(seconds.map(Self::Slow).ok_or_else(|| format!("{name:?} is not slow:5s or slow:500ms")))
            }
        }
    }

    /// Whether the request reaches the service.
    pub const fn arrives(self) -> bool {
        matches!(self, Self::Truncated | Self::Slow(_))
    }

    /// Its name in the request log; a slow answer is one like any other.
    pub const fn name(self) -> Option<&'static str> {
        match self {
            Self::Timeout => Some("timeout"),
            Self::Reset => Some("reset"),
            Self::Truncated => Some("truncated"),
            Self::NotJson => Some("not-json"),
            Self::Slow(_) => None,
        }
    }
}

/// What a fault does to one request.
#[derive(Debug, Clone, PartialEq)]
pub enum Strike {
    /// The service says no.
    Refusal(AwsError),
    /// The road does something.
    Transport(Transport),
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

/// What happens to a request, if a fault says so; counts its use.
pub fn strike(state: &mut State, probe: &Probe<'_>) -> Option<Strike> {
    let fault = take(state, probe, "error")?;
    let code = fault["error"].as_str()?;
    if let Some(transport) = Transport::parse(code) {
        return transport.ok().map(Strike::Transport);
    }
    let status = fault["status"].as_u64().and_then(|s| u16::try_from(s).ok());
    let code = if code == "503" { "ServiceUnavailable" } else { code };
    let usual = if probe.service == "kube" { kubernetes_status(code) } else { aws_status(code) };
    let message = fault["message"].as_str().map_or_else(|| usual_message(code), str::to_owned);
    let mut error = AwsError::new(code, message).with_status(status.unwrap_or(usual));
    error.retry_after = fault["retryAfter"].as_u64().and_then(|s| u32::try_from(s).ok());
    Some(Strike::Refusal(error))
}

fn aws_status(code: &str) -> u16 {
    match code {
        "ServiceUnavailable" => 503,
        "InternalServerError" | "InternalFailure" | "InternalError" => 500,
        _ => 400,
    }
}

/// The HTTP status of a Status reason (k8s.io/apimachinery, `meta/v1/types.go`).
fn kubernetes_status(reason: &str) -> u16 {
    match reason {
        "Unauthorized" => 401,
        "Forbidden" => 403,
        "NotFound" => 404,
        "AlreadyExists" | "Conflict" => 409,
        "Gone" | "Expired" => 410,
        "TooManyRequests" => 429,
        "InternalError" | "ServerTimeout" => 500,
        "ServiceUnavailable" => 503,
        "Timeout" => 504,
        _ => 400,
    }
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
        // k8s.io/apiserver, server/filters/maxinflight.go.
        "TooManyRequests" => "Too many requests, please try again later.",
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
            ("error=slow:soon", "slow:5s"),
            ("error=timeout,status=500", "no status"),
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
        let mut refusal = |probe: &Probe<'_>| match strike(&mut state, probe) {
            Some(Strike::Refusal(error)) => Some((error.code, error.status, error.retry_after)),
            _ => None,
        };
        let codes: Vec<_> = (0..4).map(|_| refusal(&probe)).collect();
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
        assert_eq!(refusal(&other), None);
    }

    #[test]
    fn the_road_has_its_own_faults_and_kubernetes_its_own_statuses() {
        let strikes = |error: &str| {
            let mut state = State::new("111122223333", "us-west-2");
            state.faults = vec![parse(&format!("service=kube,error={error}")).unwrap()];
            let probe = Probe { service: "kube", operation: None, verb: Some("list"), path: "/api/v1/nodes" };
            strike(&mut state, &probe).unwrap()
        };
        for (error, transport, arrives) in [
            ("timeout", Transport::Timeout, false),
            ("reset", Transport::Reset, false),
            ("not-json", Transport::NotJson, false),
            ("truncated", Transport::Truncated, true),
            ("slow:5s", Transport::Slow(Duration::from_secs(5)), true),
            ("slow:50ms", Transport::Slow(Duration::from_millis(50)), true),
        ] {
            assert_eq!((strikes(error), transport.arrives()), (Strike::Transport(transport), arrives));
        }
        for (error, code, status) in [
            ("503", "ServiceUnavailable", 503),
            ("TooManyRequests", "TooManyRequests", 429),
            ("Odd", "Odd", 400),
        ] {
            let Strike::Refusal(refusal) = strikes(error) else { panic!("{error}") };
            assert_eq!((refusal.code.as_str(), refusal.status), (code, status));
        }
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
