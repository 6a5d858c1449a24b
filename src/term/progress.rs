//! Events onto stderr while a command runs: one line that is redrawn, plain lines, JSON lines, or nothing.

use std::io::{self, Stderr, Write};
use std::time::Duration;

use indicatif::{ProgressBar, ProgressDrawTarget, ProgressState, ProgressStyle};

use super::paint::painted_line;
use super::{LogFormat, Term};
use crate::engine::{Event, Reporter};
use crate::report::{Changes, EventLine, Page, duration_text, escape, line};
use crate::steps::Verb;

/// The moment, RFC 3339.
fn now() -> String {
    jiff::Timestamp::now().to_string()
}

impl Term {
    /// Says something on stderr, in the form of the log: a page for people, or an object on a line.
    pub fn tell(&self, page: impl FnOnce() -> Page, line: impl FnOnce() -> EventLine) {
        match self.flags.log_format {
            LogFormat::Text => self.say(&page()),
            // Nobody reads stderr any more: that is no reason to stop.
            LogFormat::Json => _ = writeln!(io::stderr(), "{}", line().json(&now())),
        }
    }

    /// The reporter for this terminal. Drop it before printing or asking: its line is cleared then.
    pub fn reporter(&self) -> Box<dyn Reporter + Send> {
        match self.flags.log_format {
            _ if self.flags.quiet => Box::new(Silent),
            LogFormat::Json => Box::new(Json::new(io::stderr(), now)),
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
        let _ = writeln!(self.to, "{}", EventLine::from(event).json(&(self.now)()));
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
    fn show(&self, doing: &str, rest: &str) {
        self.bar.set_prefix(escape(doing).into_owned());
        self.bar.set_message(escape(rest).into_owned());
        self.bar.enable_steady_tick(TICK);
    }

    /// Shows what is done now, timed from now.
    fn begin(&mut self, doing: &str) {
        self.waits_for = None;
        self.bar.reset_elapsed();
        self.show(doing, "");
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
            Event::Looking { what } => self.begin(&format!("looking at {what}")),
            Event::Started { verb, resource } => {
                let doing = match verb {
                    Verb::Create => "creating",
                    Verb::Update => "changing",
                    Verb::Delete => "deleting",
                };
                self.begin(&format!("{doing} {resource}"));
            }
            Event::Settling { resource, reason } => {
                let doing = format!("waiting until {resource} is seen everywhere");
                if self.waits_for.as_ref() != Some(&doing) {
                    self.bar.reset_elapsed();
                    self.waits_for = Some(doing.clone());
                }
                self.show(&doing, &rest(None, Some(reason)));
            }
            Event::Waiting { what, elapsed, expected, reason } => {
                self.bar.set_elapsed(*elapsed);
                self.waits_for = None;
                self.show(&format!("waiting for {what}"), &rest(*expected, reason.as_deref()));
            }
            Event::Done { .. }
            | Event::Found { .. }
            | Event::Stopping { .. }
            | Event::Unexplained { .. }
            | Event::Arrived { .. } => {
                if let Some(line) = line(event) {
                    self.bar.println(painted_line(&line, self.coloured));
                }
                if matches!(event, Event::Arrived { .. }) {
                    self.begin("");
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
mod tests;
