//! Events onto stderr while a command runs: one line that is redrawn, plain lines, JSON lines, or nothing.

use std::io::{self, Stderr, Write};
use std::time::Duration;

use indicatif::{ProgressBar, ProgressDrawTarget, ProgressState, ProgressStyle};

use super::paint::painted_line;
use super::{LogFormat, Term};
use crate::engine::{Event, Reporter};
use crate::report::{Changes, duration_text, escape, json_line, line};
use crate::steps::Verb;

impl Term {
    /// The reporter for this terminal. Drop it before printing or asking: its line is cleared then.
    pub fn reporter(&self) -> Box<dyn Reporter + Send> {
        match self.flags.log_format {
            _ if self.flags.quiet => Box::new(Silent),
            LogFormat::Json => Box::new(Json::new(io::stderr(), || jiff::Timestamp::now().to_string())),
            LogFormat::Text if self.live => {
                Box::new(Live::new(ProgressDrawTarget::stderr_with_hz(10), self.color_stderr))
            }
            LogFormat::Text => Box::new(Plain::new(io::stderr())),
        }
    }
}

/// Nothing at all, for `-q`.
#[derive(Debug, Clone, Copy, Default)]
pub struct Silent;

impl Reporter for Silent {
    fn on(&mut self, _: &Event) {}
}

/// One line for each change of state.
#[derive(Debug)]
pub struct Plain<W = Stderr> {
    to: W,
    changes: Changes,
}

impl<W: Write> Plain<W> {
    /// Lines onto a stream.
    pub fn new(to: W) -> Self {
        Self { to, changes: Changes::default() }
    }
}

impl<W: Write> Reporter for Plain<W> {
    fn on(&mut self, event: &Event) {
        if let Some(line) = self.changes.line(event) {
            // Nobody reads stderr any more: that is no reason to stop in the middle of a set-up.
            let _ = writeln!(self.to, "{line}");
        }
    }
}

/// One JSON object for each event.
#[derive(Debug)]
pub struct Json<W = Stderr> {
    to: W,
    now: fn() -> String,
}

impl<W: Write> Json<W> {
    /// Objects onto a stream, each with the moment that `now` tells in RFC 3339.
    pub const fn new(to: W, now: fn() -> String) -> Self {
        Self { to, now }
    }
}

impl<W: Write> Reporter for Json<W> {
    fn on(&mut self, event: &Event) {
        let _ = writeln!(self.to, "{}", json_line(event, &(self.now)()));
    }
}

/// One line that is redrawn: what is done or waited for, since when, how long it usually takes, the latest
/// reason. What was done stays above it.
#[derive(Debug)]
pub struct Live {
    bar: ProgressBar,
    coloured: bool,
    waits_for: Option<String>,
}

/// How often the line is redrawn while nothing happens: often enough to look alive.
const TICK: Duration = Duration::from_millis(120);

/// A time shorter than this is not shown: it would only flicker.
const SHORT: Duration = Duration::from_secs(2);

impl Live {
    /// A line on a terminal.
    pub fn new(target: ProgressDrawTarget, coloured: bool) -> Self {
        let bar = ProgressBar::with_draw_target(None, target);
        if let Ok(style) = ProgressStyle::with_template("{spinner} {prefix}{took}{wide_msg}") {
            bar.set_style(style.tick_chars("|/-\\ ").with_key("took", took));
        }
        Self { bar, coloured, waits_for: None }
    }

    /// Redraws the line with something new to say.
    fn show(&mut self, doing: String, rest: String) {
        self.bar.set_prefix(escape(&doing).into_owned());
        self.bar.set_message(escape(&rest).into_owned());
        self.bar.enable_steady_tick(TICK);
    }

    /// Shows what is done now, timed from now.
    fn begin(&mut self, doing: String) {
        self.waits_for = None;
        self.bar.reset_elapsed();
        self.show(doing, String::new());
    }
}

/// The time so far, once it is worth telling.
fn took(state: &ProgressState, to: &mut dyn std::fmt::Write) {
    if state.elapsed() >= SHORT {
        let _ = write!(to, " {}", duration_text(state.elapsed()));
    }
}

/// What stands behind the time: ` (usually 10m): the reason`.
fn rest(expected: Option<Duration>, reason: Option<&str>) -> String {
    let mut text = expected.map(|time| format!(" (usually {})", duration_text(time))).unwrap_or_default();
    if let Some(reason) = reason {
        text.push_str(": ");
        text.push_str(reason);
    }
    text
}

impl Reporter for Live {
    fn on(&mut self, event: &Event) {
        match event {
            Event::Looking { what } => self.begin(format!("looking at {what}")),
            Event::Started { verb, resource } => {
                let doing = match verb {
                    Verb::Create => "creating",
                    Verb::Update => "changing",
                    Verb::Delete => "deleting",
                };
                self.begin(format!("{doing} {resource}"));
            }
            Event::Settling { resource, reason } => {
                let doing = format!("waiting until {resource} is seen everywhere");
                if self.waits_for.as_ref() != Some(&doing) {
                    self.bar.reset_elapsed();
                    self.waits_for = Some(doing.clone());
                }
                self.show(doing, rest(None, Some(reason)));
            }
            Event::Waiting { what, elapsed, expected, reason } => {
                self.bar.set_elapsed(*elapsed);
                self.waits_for = None;
                self.show(format!("waiting for {what}"), rest(*expected, reason.as_deref()));
            }
            Event::Done { .. } | Event::Found { .. } | Event::Arrived { .. } => {
                if let Some(line) = line(event) {
                    self.bar.println(painted_line(&line, self.coloured));
                }
            }
        }
    }
}

impl Drop for Live {
    fn drop(&mut self) {
        self.bar.finish_and_clear();
    }
}

#[cfg(test)]
mod tests {
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
}
