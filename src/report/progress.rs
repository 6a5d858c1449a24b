//! What happens, as it happens: one plain line for a change of state.

use std::collections::BTreeSet;
use std::time::Duration;

use super::escape;
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
        Event::Stopping { resources } => {
            let names: Vec<String> = resources.iter().map(ToString::to_string).collect();
            format!("stopping after {}; interrupt again to end at once", names.join(", "))
        }
        Event::Unexplained { what, reason } => format!("? {what} cannot be read: {reason}"),
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
/// A wait is told again only for a reason that it was not told for before: a driver that tries again and again reports
/// the same two or three reasons in turn, and a log should have each once.
#[derive(Debug, Default)]
pub struct Changes {
    told: BTreeSet<(String, Option<String>)>,
}

impl Changes {
    /// The line of an event, if it is a change of state.
    pub fn line(&mut self, event: &Event) -> Option<String> {
        let state = match event {
            Event::Waiting { what, reason, .. } => Some((what.clone(), reason.clone())),
            Event::Settling { resource, reason } => Some((resource.to_string(), Some(reason.clone()))),
            _ => None,
        };
        let is_new = match state {
            Some(state) => self.told.insert(state),
            None => {
                self.told.clear();
                true
            }
        };
        if is_new { line(event) } else { None }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::report::EventLine;
    use crate::steps::Resource;

    fn json_line(event: &Event, at: &str) -> String {
        EventLine::from(event).json(at)
    }

    fn waiting(elapsed: u64, reason: Option<&str>) -> Event {
        Event::Waiting {
            what: "claim default/fsx-claim to be Bound".into(),
            elapsed: Duration::from_secs(elapsed),
            expected: Some(Duration::from_secs(600)),
            reason: reason.map(str::to_owned),
        }
    }

    fn events() -> Vec<Event> {
        let role = || Resource::new("Role", "fsx");
        let group = || Resource::new("SecurityGroup", "fsxctl-hp-eks");
        vec![
            Event::Looking { what: "cluster hp-eks".into() },
            Event::Started { verb: Verb::Create, resource: group() },
            Event::Done { verb: Verb::Create, resource: group(), made: Some("sg-0bb".into()) },
            Event::Done { verb: Verb::Update, resource: role(), made: None },
            Event::Done { verb: Verb::Delete, resource: role(), made: Some("fsx".into()) },
            Event::Found { resource: role() },
            Event::Settling { resource: role(), reason: "not assumable yet".into() },
            waiting(0, None),
            waiting(125, Some("provisioning")),
            Event::Stopping { resources: vec![role(), group()] },
            Event::Unexplained { what: "events of claim a/b".into(), reason: "no answer".into() },
            Event::Arrived {
                what: "claim default/fsx-claim is Bound".into(),
                elapsed: Duration::from_secs(552),
            },
        ]
    }

    #[test]
    fn each_event_has_its_line() {
        let lines: Vec<_> = events().iter().filter_map(line).collect();
        insta::assert_snapshot!(lines.join("\n"), @"
        looking at cluster hp-eks
        + created SecurityGroup fsxctl-hp-eks: sg-0bb
        ~ changed Role fsx
        - deleted Role fsx
        = Role fsx is there already
        waiting until Role fsx is seen everywhere: not assumable yet
        waiting for claim default/fsx-claim to be Bound (about 10m)
        waiting for claim default/fsx-claim to be Bound (2m05s of about 10m): provisioning
        stopping after Role fsx, SecurityGroup fsxctl-hp-eks; interrupt again to end at once
        ? events of claim a/b cannot be read: no answer
        = claim default/fsx-claim is Bound after 9m12s
        ");
    }

    #[test]
    fn each_event_is_one_json_object() {
        let lines: Vec<_> = events().iter().map(|event| json_line(event, "2026-01-02T03:04:05Z")).collect();
        insta::assert_snapshot!(lines.join("\n"), @r#"
        {"kind":"Event","at":"2026-01-02T03:04:05Z","event":"looking","what":"cluster hp-eks"}
        {"kind":"Event","at":"2026-01-02T03:04:05Z","event":"started","verb":"create","resource":{"kind":"SecurityGroup","ref":"fsxctl-hp-eks"}}
        {"kind":"Event","at":"2026-01-02T03:04:05Z","event":"done","verb":"create","resource":{"kind":"SecurityGroup","ref":"fsxctl-hp-eks"},"made":"sg-0bb"}
        {"kind":"Event","at":"2026-01-02T03:04:05Z","event":"done","verb":"update","resource":{"kind":"Role","ref":"fsx"},"made":null}
        {"kind":"Event","at":"2026-01-02T03:04:05Z","event":"done","verb":"delete","resource":{"kind":"Role","ref":"fsx"},"made":"fsx"}
        {"kind":"Event","at":"2026-01-02T03:04:05Z","event":"found","resource":{"kind":"Role","ref":"fsx"}}
        {"kind":"Event","at":"2026-01-02T03:04:05Z","event":"settling","resource":{"kind":"Role","ref":"fsx"},"reason":"not assumable yet"}
        {"kind":"Event","at":"2026-01-02T03:04:05Z","event":"waiting","what":"claim default/fsx-claim to be Bound","elapsedMs":0,"expectedMs":600000,"reason":null}
        {"kind":"Event","at":"2026-01-02T03:04:05Z","event":"waiting","what":"claim default/fsx-claim to be Bound","elapsedMs":125000,"expectedMs":600000,"reason":"provisioning"}
        {"kind":"Event","at":"2026-01-02T03:04:05Z","event":"stopping","resources":[{"kind":"Role","ref":"fsx"},{"kind":"SecurityGroup","ref":"fsxctl-hp-eks"}]}
        {"kind":"Event","at":"2026-01-02T03:04:05Z","event":"unexplained","what":"events of claim a/b","reason":"no answer"}
        {"kind":"Event","at":"2026-01-02T03:04:05Z","event":"arrived","what":"claim default/fsx-claim is Bound","elapsedMs":552000}
        "#);
    }

    #[test]
    fn a_wait_is_told_once_for_each_reason() {
        let mut changes = Changes::default();
        let reasons = [(0, None), (1, None), (2, Some("a")), (3, Some("a")), (4, Some("b")), (5, Some("a"))];
        let told: Vec<_> = reasons
            .into_iter()
            .filter_map(|(at, reason)| changes.line(&waiting(at, reason)).map(|_| at))
            .collect();
        assert_eq!(told, [0, 2, 4]);
    }

    #[test]
    fn the_same_event_after_another_is_told_again() {
        let mut changes = Changes::default();
        let found = Event::Found { resource: Resource::new("Role", "fsx") };
        assert!(changes.line(&waiting(0, None)).is_some());
        assert!(changes.line(&found).is_some());
        assert!(changes.line(&waiting(1, None)).is_some());
    }

    #[test]
    fn foreign_reasons_are_harmless() {
        let hostile = crate::report::sample::HOSTILE;
        for text in [line(&waiting(1, Some(hostile))).unwrap(), json_line(&waiting(1, Some(hostile)), "now")]
        {
            assert!(!text.contains(|char: char| char.is_control() || char == '\u{202e}'), "{text}");
        }
    }

    #[test]
    fn durations_are_short() {
        let rows = [
            (0, "0s"),
            (59, "59s"),
            (60, "1m"),
            (61, "1m01s"),
            (552, "9m12s"),
            (3600, "1h00m"),
            (3905, "1h05m"),
        ];
        for (seconds, wanted) in rows {
            assert_eq!(duration_text(Duration::from_secs(seconds)), wanted);
        }
    }
}
