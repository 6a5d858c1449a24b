//! What `fsxctl status` is to look at, and how often.

use std::time::Duration;

use super::settings::{Asked, Env, Source, duration};
use super::{Intent, Setup, Target, cluster_intent};
use crate::cli::{GlobalArgs, StatusArgs};
use crate::domain::names;
use crate::error::{Error, Result};

/// The wish of `fsxctl status`.
#[derive(Debug, Clone, PartialEq)]
pub struct StatusWish {
    /// Which cluster, and how it is reached.
    pub target: Target,
    /// Limits of time.
    pub how: Setup,
    /// A set-up that asks for nothing in particular: what it would leave as it is, is right.
    pub plain: Intent,
    /// The only namespace; none: all.
    pub namespace: Option<String>,
    /// The time between two looks; none: one look.
    pub every: Option<Duration>,
}

/// Complete and valid.
///
/// # Errors
/// Usage: a flag that cannot be.
pub fn status_intent(args: &StatusArgs, global: &GlobalArgs, env: &Env) -> Result<StatusWish> {
    let (target, how) = cluster_intent(&args.cluster, global, env)?;
    let plain = super::plain_intent()?;
    if let Some(name) = &args.namespace {
        names::check_dns_label("namespace", name)
            .map_err(|error| Error::usage(format!("--namespace: {error}")))?;
    }
    Ok(StatusWish { target, how, plain, namespace: args.namespace.clone(), every: every(args)? })
}

fn every(args: &StatusArgs) -> Result<Option<Duration>> {
    let asked = match &args.interval {
        None => Duration::from_secs(5),
        Some(_) if !args.watch => return Err(Error::usage("--interval goes with --watch")),
        Some(text) => {
            let typed = Asked { value: text.clone(), from: Source::Flag("interval") };
            typed.parse(|text| duration(&text))?.value
        }
    };
    if asked < Duration::from_secs(1) {
        return Err(Error::usage("--interval: looks must be at least 1s apart"));
    }
    Ok(args.watch.then_some(asked))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::error::Kind;

    #[test]
    fn looks_are_a_second_apart_at_least() {
        let args = |watch, interval: Option<&str>| StatusArgs {
            watch,
            interval: interval.map(str::to_owned),
            ..StatusArgs::default()
        };
        assert_eq!(every(&args(false, None)).unwrap(), None);
        assert_eq!(every(&args(true, None)).unwrap(), Some(Duration::from_secs(5)));
        assert_eq!(every(&args(true, Some("1m"))).unwrap(), Some(Duration::from_secs(60)));
        for (watch, interval) in [(true, "0.5s"), (true, "500ms"), (true, "soon"), (false, "5s")] {
            let error = every(&args(watch, Some(interval))).unwrap_err();
            assert_eq!(error.kind, Kind::Usage, "{watch} {interval}");
        }
    }
}
