//! `-vv`: every AWS and Kubernetes call as a line on stderr, and nothing else of what libraries log.

use std::fmt::Debug;
use std::io;

use tracing::field::{Field, Visit};
use tracing::{Level, Subscriber};
use tracing_subscriber::filter::Targets;
use tracing_subscriber::layer::{Context, SubscriberExt as _};
use tracing_subscriber::util::SubscriberInitExt as _;
use tracing_subscriber::{Layer, fmt, registry};

use super::{LogFormat, Term};
use crate::report::{EventLine, Page};

/// What the gateway calls its log of calls. Libraries may log what is secret, so theirs is never shown.
const CALLS: &str = "fsxctl::calls";

impl Term {
    /// Shows calls from now on, when `-vv` asks for it. A second call in one process changes nothing.
    pub fn log_calls(&self) {
        if self.flags.verbose < 2 || self.flags.quiet {
            return;
        }
        let only = Targets::new().with_target(CALLS, Level::DEBUG);
        let lines = fmt::layer()
            .with_writer(io::stderr)
            .with_target(false)
            .with_level(false)
            .with_ansi(self.color_stderr);
        let already = match self.flags.log_format {
            LogFormat::Text => registry().with(lines.with_filter(only)).try_init(),
            LogFormat::Json => registry().with(Calls(*self).with_filter(only)).try_init(),
        };
        // One subscriber a process is enough: the demo runs commands twice in one.
        already.unwrap_or_default();
    }
}

/// Calls as objects of the log.
struct Calls(Term);

impl<S: Subscriber> Layer<S> for Calls {
    fn on_event(&self, event: &tracing::Event<'_>, _: Context<'_, S>) {
        let mut call = Call::default();
        event.record(&mut call);
        let Call { service, operation, request_id, status, ms, attempt } = call;
        let line = || EventLine::Call { service, operation, request_id, status, ms, attempt };
        self.0.tell(Page::new, line);
    }
}

/// The fields of a call.
#[derive(Default)]
struct Call {
    service: String,
    operation: String,
    request_id: Option<String>,
    status: Option<u64>,
    ms: u64,
    attempt: Option<u64>,
}

impl Visit for Call {
    fn record_str(&mut self, field: &Field, value: &str) {
        match field.name() {
            "service" => value.clone_into(&mut self.service),
            "operation" => value.clone_into(&mut self.operation),
            "request_id" => self.request_id = Some(value.to_owned()),
            _ => {}
        }
    }

    fn record_u64(&mut self, field: &Field, value: u64) {
        match field.name() {
            "status" => self.status = Some(value),
            "ms" => self.ms = value,
            "attempt" => self.attempt = Some(value),
            _ => {}
        }
    }

    fn record_debug(&mut self, _: &Field, _: &dyn Debug) {}
}
