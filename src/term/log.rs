//! `-vv`: every AWS and Kubernetes call as a line on stderr, and nothing else of what libraries log.

use std::io;

use tracing::Level;
use tracing_subscriber::filter::Targets;
use tracing_subscriber::layer::SubscriberExt as _;
use tracing_subscriber::util::SubscriberInitExt as _;
use tracing_subscriber::{Layer as _, fmt, registry};

use super::{LogFormat, Term};

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
            LogFormat::Json => registry().with(lines.json().with_filter(only)).try_init(),
        };
        // One subscriber a process is enough: the demo runs commands twice in one.
        already.unwrap_or_default();
    }
}
