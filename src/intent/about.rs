//! How a set-up is carried out: consent given beforehand, limits of time. The same for every command that writes.

use std::time::Duration;

use super::settings::{Asked, Env, Source, duration, winner};
use crate::cli::GlobalArgs;
use crate::error::Result;

/// What a set-up command needs beside its wish.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Setup {
    /// Consent given beforehand.
    pub yes: bool,
    /// Show and stop.
    pub dry_run: bool,
    /// Ask for leave to change objects of others, each by its name (`--adopt` without one).
    pub ask_leave: bool,
    /// Whether pods prove the result.
    pub verify: bool,
    /// One call's limit.
    pub request_timeout: Duration,
}

/// The wait: 30 minutes unless said otherwise.
pub(super) fn timeout(args: &GlobalArgs, env: &Env) -> Result<Duration> {
    let asked = winner("timeout", args.timeout.as_deref(), env);
    Ok(asked
        .map(|asked| asked.parse(|text| duration(&text)))
        .transpose()?
        .map_or(Duration::from_secs(1800), |asked| asked.value))
}

/// One call's limit: 30 seconds unless said otherwise.
pub(super) fn request_timeout(args: &GlobalArgs) -> Result<Duration> {
    match &args.request_timeout {
        None => Ok(Duration::from_secs(30)),
        Some(text) => Ok(Asked { value: text.clone(), from: Source::Flag("request-timeout") }
            .parse(|text| duration(&text))?
            .value),
    }
}
