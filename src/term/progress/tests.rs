//! What is told while a command runs, and how often.

use std::sync::{Arc, Mutex};

use indicatif::TermLike;

use super::*;
use crate::steps::Resource;

/// A terminal that remembers what was written to it.
#[derive(Debug, Clone, Default)]
struct Recorder(Arc<Mutex<Vec<String>>>);

impl Recorder {
    fn note(&self, text: &str) -> io::Result<()> {
        self.0.lock().unwrap().push(text.to_owned());
        Ok(())
    }

    fn text(&self) -> String {
        self.0.lock().unwrap().concat()
    }
}

impl TermLike for Recorder {
    fn width(&self) -> u16 {
        200
    }
    fn move_cursor_up(&self, _: usize) -> io::Result<()> {
        Ok(())
    }
    fn move_cursor_down(&self, _: usize) -> io::Result<()> {
        Ok(())
    }
    fn move_cursor_right(&self, _: usize) -> io::Result<()> {
        Ok(())
    }
    fn move_cursor_left(&self, _: usize) -> io::Result<()> {
        Ok(())
    }
    fn write_line(&self, text: &str) -> io::Result<()> {
        self.note(&format!("{text}\n"))
    }
    fn write_str(&self, text: &str) -> io::Result<()> {
        self.note(text)
    }
    fn clear_line(&self) -> io::Result<()> {
        self.note("<clear>")
    }
    fn flush(&self) -> io::Result<()> {
        Ok(())
    }
}

fn waiting(seconds: u64, reason: &str) -> Event {
    Event::Waiting {
        what: "claim default/fsx-claim to be Bound".into(),
        elapsed: Duration::from_secs(seconds),
        expected: Some(Duration::from_secs(600)),
        reason: Some(reason.into()),
    }
}

fn done() -> Event {
    Event::Done { verb: Verb::Create, resource: Resource::new("Role", "fsx"), made: None }
}

fn live(events: &[Event]) -> String {
    let screen = Recorder::default();
    let mut live = Live::new(ProgressDrawTarget::term_like(Box::new(screen.clone())), false);
    events.iter().for_each(|event| live.on(event));
    drop(live);
    screen.text()
}

#[test]
fn the_live_line_says_what_since_when_how_long_and_why() {
    let text = live(&[waiting(125, "provisioning")]);
    let wanted = "waiting for claim default/fsx-claim to be Bound 2m05s (usually 10m): provisioning";
    assert!(text.contains(wanted), "{text}");
    assert!(!live(&[waiting(1, "provisioning")]).contains(" 1s"), "a short time only flickers");
}

#[test]
fn what_was_done_stays_and_the_live_line_is_cleared_at_the_end() {
    let text = live(&[Event::Looking { what: "cluster hp-eks".into() }, done()]);
    assert!(text.contains("looking at cluster hp-eks"), "{text}");
    assert!(text.contains("+ created Role fsx"), "{text}");
    let (_, end) = text.rsplit_once("looking at cluster hp-eks").unwrap();
    assert!(end.contains("<clear>"), "{text}");
}

#[test]
fn foreign_reasons_do_not_reach_the_live_line_as_they_are() {
    let text = live(&[waiting(5, "x\u{1b}[2J\r+ Role forged")]);
    assert!(text.contains("x\\u{1b}[2J\\r+ Role forged") && !text.contains('\u{1b}'), "{text:?}");
}

#[test]
fn plain_lines_tell_a_state_once() {
    let mut bytes = Vec::new();
    let mut plain = Plain::new(&mut bytes);
    for event in [waiting(0, "a"), waiting(5, "a"), waiting(9, "b"), done()] {
        plain.on(&event);
    }
    insta::assert_snapshot!(String::from_utf8(bytes).unwrap(), @"
    waiting for claim default/fsx-claim to be Bound (about 10m): a
    waiting for claim default/fsx-claim to be Bound (9s of about 10m): b
    + created Role fsx
    ");
}

#[test]
fn json_lines_tell_every_event_with_its_moment() {
    let mut bytes = Vec::new();
    let mut json = Json::new(&mut bytes, || "2026-01-02T03:04:05Z".to_owned());
    [waiting(0, "a"), waiting(5, "a")].iter().for_each(|event| json.on(event));
    let text = String::from_utf8(bytes).unwrap();
    let elapsed = |line: &str| {
        let event: serde_json::Value = serde_json::from_str(line).unwrap();
        assert_eq!(event["at"], "2026-01-02T03:04:05Z");
        event["elapsedMs"].as_u64().unwrap()
    };
    assert_eq!(text.lines().map(elapsed).collect::<Vec<_>>(), [0, 5000]);
}

#[test]
fn a_reporter_whose_reader_is_gone_goes_on() {
    struct Gone;
    impl Write for Gone {
        fn write(&mut self, _: &[u8]) -> io::Result<usize> {
            Err(io::ErrorKind::BrokenPipe.into())
        }
        fn flush(&mut self) -> io::Result<()> {
            Err(io::ErrorKind::BrokenPipe.into())
        }
    }
    Plain::new(Gone).on(&done());
    Json::new(Gone, String::new).on(&done());
}
