//! What `fsxctl doctor` is to look at, which checks it makes, and when it fails.

use std::time::Duration;

use super::settings::{Asked, Env, Source, duration};
use super::{Intent, Setup, Target, cluster_intent, setup_intent};
use crate::cli::{DoctorArgs, FailOn, GlobalArgs, SetupCommand, SetupDynamic};
use crate::domain::names;
use crate::error::{Error, Result};

/// The wish of `fsxctl doctor`.
#[derive(Debug, Clone, PartialEq)]
pub struct DoctorWish {
    /// Which cluster, and how it is reached.
    pub target: Target,
    /// Limits of time.
    pub how: Setup,
    /// A set-up that asks for nothing in particular: what it would leave as it is, is right.
    pub plain: Intent,
    /// What is asked about; none: everything.
    pub about: Option<About>,
    /// Checks that are made; empty: all.
    pub only: Vec<String>,
    /// Checks that are left out.
    pub skip: Vec<String>,
    /// How old an event may be.
    pub since: Duration,
    /// From which severity on it fails.
    pub fail_on: FailOn,
    /// Whether what is right is shown.
    pub show_passed: bool,
}

/// One thing that is asked about.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum About {
    /// A claim: namespace, name.
    Claim(String, String),
    /// A pod: namespace, name.
    Pod(String, String),
    /// A file system, by its id.
    FileSystem(String),
}

/// A set-up that asks for nothing in particular: what it would leave as it is, is right.
///
/// # Errors
/// None: there is nothing in it that could be wrong.
pub fn plain_intent() -> Result<Intent> {
    let nothing = SetupCommand::Dynamic(Box::<SetupDynamic>::default());
    Ok(setup_intent(&nothing, &GlobalArgs::default(), &Env::new())?.0)
}

/// Complete and valid.
///
/// # Errors
/// Usage: a flag that cannot be.
pub fn doctor_intent(args: &DoctorArgs, global: &GlobalArgs, env: &Env) -> Result<DoctorWish> {
    let (target, how) = cluster_intent(&args.cluster, global, env)?;
    let plain = plain_intent()?;
    let since = match &args.since {
        None => Duration::from_secs(3600),
        Some(text) => {
            let typed = Asked { value: text.clone(), from: Source::Flag("since") };
            typed.parse(|text| duration(&text))?.value
        }
    };
    Ok(DoctorWish {
        target,
        how,
        plain,
        about: about(args)?,
        only: args.only.clone(),
        skip: args.skip.clone(),
        since,
        fail_on: args.fail_on.unwrap_or_default(),
        show_passed: args.show_passed,
    })
}

fn about(args: &DoctorArgs) -> Result<Option<About>> {
    if let Some(text) = &args.pvc {
        let (namespace, name) = placed("pvc", text)?;
        return Ok(Some(About::Claim(namespace, name)));
    }
    if let Some(text) = &args.pod {
        let (namespace, name) = placed("pod", text)?;
        return Ok(Some(About::Pod(namespace, name)));
    }
    let Some(id) = &args.fs_id else { return Ok(None) };
    names::check_file_system_id(id).map_err(|error| Error::usage(format!("--fs-id: {error}")))?;
    Ok(Some(About::FileSystem(id.clone())))
}

/// `namespace/name`, or a name in `default`.
fn placed(flag: &str, text: &str) -> Result<(String, String)> {
    let (namespace, name) = text.split_once('/').unwrap_or(("default", text));
    let wrong = |error: String| Error::usage(format!("--{flag}: {error}"));
    names::check_dns_label("namespace", namespace).map_err(|error| wrong(error.to_string()))?;
    names::check_dns_subdomain("name", name).map_err(|error| wrong(error.to_string()))?;
    Ok((namespace.to_owned(), name.to_owned()))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::error::Kind;

    #[test]
    fn what_is_asked_about_has_a_name_that_can_be() {
        let args = |change: fn(&mut DoctorArgs)| {
            let mut args = DoctorArgs::default();
            change(&mut args);
            about(&args)
        };
        let of = |namespace: &str, name: &str| (namespace.to_owned(), name.to_owned());
        let (namespace, name) = of("ml", "data");
        assert_eq!(args(|it| it.pvc = Some("ml/data".to_owned())), Ok(Some(About::Claim(namespace, name))));
        let (namespace, name) = of("default", "train-0");
        assert_eq!(args(|it| it.pod = Some("train-0".to_owned())), Ok(Some(About::Pod(namespace, name))));
        for bad in [
            args(|it| it.pvc = Some("ml/".to_owned())),
            args(|it| it.pvc = Some("a/b/c".to_owned())),
            args(|it| it.pod = Some("ML/x".to_owned())),
            args(|it| it.fs_id = Some("vol-1".to_owned())),
        ] {
            assert_eq!(bad.map_err(|error| error.kind), Err(Kind::Usage));
        }
        assert_eq!(args(|_| {}), Ok(None));
    }
}
