//! What happens, as it happens: one plain line for a change of state, or one JSON object for an event.

use std::time::Duration;

use serde_json::{Map, Value, json};

use super::escape;
use super::escape::escape_json;
use crate::engine::Event;
use crate::steps::Verb;

/// The line for people; `None` for what is only of interest while it lasts.
pub fn line(event: &Event) -> Option<String> {
    let text = match event {
        Event::Looking { what } => format!("looking at {what}"),
        Event::Started { .. } => return None,
        Event::Done { verb, resource, made } => {
            let (sign, past) = match verb {
                Verb::Create => ('+', "created"),
                Verb::Update => ('~', "changed"),
                Verb::Delete => ('-', "deleted"),
            };
            match made {
                Some(id) if *id != resource.reference => format!("{sign} {past} {resource}: {id}"),
                _ => format!("{sign} {past} {resource}"),
            }
        }
        Event::Found { resource } => format!("= {resource} is there already"),
        Event::Settling { resource, reason } => {
            format!("waiting until {resource} is seen everywhere: {reason}")
        }
        Event::Waiting { what, elapsed, expected, reason } => {
            let mut text = format!("waiting for {what}{}", timing(*elapsed, *expected));
            if let Some(reason) = reason {
                text.push_str(": ");
                text.push_str(reason);
            }
            text
        }
        Event::Arrived { what, elapsed } => format!("= {what} after {}", duration_text(*elapsed)),
    };
    Some(escape(&text).into_owned())
}

/// ` (2m10s of about 10m)`, or nothing when there is nothing to say yet.
fn timing(elapsed: Duration, expected: Option<Duration>) -> String {
    match (elapsed.as_secs(), expected) {
        (0, None) => String::new(),
        (0, Some(expected)) => format!(" (about {})", duration_text(expected)),
        (_, None) => format!(" ({})", duration_text(elapsed)),
        (_, Some(expected)) => format!(" ({} of about {})", duration_text(elapsed), duration_text(expected)),
    }
}

/// `45s`, `9m12s`, `10m`, `1h05m`; parts of seconds are dropped.
pub fn duration_text(duration: Duration) -> String {
    let seconds = duration.as_secs();
    let (hours, minutes, rest) = (seconds / 3600, seconds / 60 % 60, seconds % 60);
    match (hours, minutes, rest) {
        (0, 0, rest) => format!("{rest}s"),
        (0, minutes, 0) => format!("{minutes}m"),
        (0, minutes, rest) => format!("{minutes}m{rest:02}s"),
        (hours, minutes, _) => format!("{hours}h{minutes:02}m"),
    }
}

/// Turns a stream of events into lines, leaving out those that tell nothing new.
///
/// A wait is told again only when what is waited for or its reason changed, however often it is reported.
#[derive(Debug, Default)]
pub struct Changes {
    last: Option<(String, Option<String>)>,
}

impl Changes {
    /// The line of an event, if it is a change of state.
    pub fn line(&mut self, event: &Event) -> Option<String> {
        let state = match event {
            Event::Waiting { what, reason, .. } => Some((what.clone(), reason.clone())),
            Event::Settling { resource, reason } => Some((resource.to_string(), Some(reason.clone()))),
            _ => None,
        };
        if state.is_some() && state == self.last {
            return None;
        }
        self.last = state;
        line(event)
    }
}

/// One event as one JSON object on one line; `at` is the moment in RFC 3339.
///
/// Times are whole milliseconds in `elapsedMs` and `expectedMs`.
pub fn json_line(event: &Event, at: &str) -> String {
    let millis = |duration: &Duration| Value::from(u64::try_from(duration.as_millis()).unwrap_or(u64::MAX));
    let (name, fields) = match event {
        Event::Looking { what } => ("looking", json!({ "what": what })),
        Event::Started { verb, resource } => ("started", json!({ "verb": verb, "resource": resource })),
        Event::Done { verb, resource, made } => {
            ("done", json!({ "verb": verb, "resource": resource, "made": made }))
        }
        Event::Found { resource } => ("found", json!({ "resource": resource })),
        Event::Settling { resource, reason } => {
            ("settling", json!({ "resource": resource, "reason": reason }))
        }
        Event::Waiting { what, elapsed, expected, reason } => (
            "waiting",
            json!({
                "what": what,
                "elapsedMs": millis(elapsed),
                "expectedMs": expected.as_ref().map(millis),
                "reason": reason,
            }),
        ),
        Event::Arrived { what, elapsed } => {
            ("arrived", json!({ "what": what, "elapsedMs": millis(elapsed) }))
        }
    };
    let mut object = Map::new();
    object.insert("kind".to_owned(), "Event".into());
    object.insert("at".to_owned(), at.into());
    object.insert("event".to_owned(), name.into());
    if let Value::Object(fields) = fields {
        object.extend(fields);
    }
    escape_json(&Value::Object(object).to_string()).into_owned()
}
