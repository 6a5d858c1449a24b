//! Where values come from: flag > `FSXCTL_*` > well-known variable > discovery, remembering which one won.

use std::collections::BTreeMap;
use std::time::Duration;

use crate::error::{Error, Result};

/// The process environment, handed over by `main`.
pub type Env = BTreeMap<String, String>;

/// Where a value came from.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Source {
    /// A flag, by its long name without dashes.
    Flag(&'static str),
    /// An environment variable of fsxctl (`FSXCTL_*`).
    Variable(String),
    /// A well-known variable of the guides or of AWS.
    Alias(String),
    /// fsxctl's default.
    Default,
}

impl std::fmt::Display for Source {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::Flag(name) => write!(f, "--{name}"),
            Self::Variable(name) | Self::Alias(name) => f.write_str(name),
            Self::Default => f.write_str("default"),
        }
    }
}

/// A value and where it came from.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Asked<T> {
    /// The value.
    pub value: T,
    /// Its source.
    pub from: Source,
}

impl<T> Asked<T> {
    /// A value of fsxctl's own.
    pub const fn default(value: T) -> Self {
        Self { value, from: Source::Default }
    }

    /// Whether a person asked for it (flag, variable or file), so that what is there must agree with it.
    pub fn is_asked(&self) -> bool {
        self.from != Source::Default
    }

    /// Keeps the source and changes the value.
    pub fn map<U>(self, change: impl FnOnce(T) -> U) -> Asked<U> {
        Asked { value: change(self.value), from: self.from }
    }

    /// Keeps the source and parses the value; the error names the source.
    ///
    /// # Errors
    /// Usage, with the source in front of the parser's words.
    pub fn parse<U>(self, parse: impl FnOnce(T) -> Result<U, String>) -> Result<Asked<U>> {
        let Self { value, from } = self;
        match parse(value) {
            Ok(value) => Ok(Asked { value, from }),
            Err(message) => Err(Error::usage(format!("{from}: {message}"))),
        }
    }
}

/// One setting that can come from a flag or from variables.
#[derive(Debug, Clone, Copy)]
pub struct Setting {
    /// The flag's long name.
    pub flag: &'static str,
    /// `FSXCTL_…`.
    pub variable: &'static str,
    /// Well-known variables, first wins.
    pub aliases: &'static [&'static str],
    /// What it is, for `fsxctl env`.
    pub meaning: &'static str,
}

/// Settings with variables, in the order of `fsxctl env` (contract §4).
pub const SETTINGS: [Setting; 13] = [
    Setting {
        flag: "cluster",
        variable: "FSXCTL_CLUSTER",
        aliases: &["EKS_CLUSTER_NAME", "CLUSTER_NAME", "EKS_CLUSTER_ARN"],
        meaning: "EKS cluster",
    },
    Setting {
        flag: "hyperpod",
        variable: "FSXCTL_HYPERPOD",
        aliases: &["HP_CLUSTER_NAME", "HYPERPOD_NAME"],
        meaning: "HyperPod cluster",
    },
    Setting {
        flag: "region",
        variable: "FSXCTL_REGION",
        aliases: &["AWS_REGION", "AWS_DEFAULT_REGION"],
        meaning: "AWS Region",
    },
    Setting {
        flag: "profile",
        variable: "FSXCTL_PROFILE",
        aliases: &["AWS_PROFILE"],
        meaning: "AWS profile",
    },
    Setting {
        flag: "subnet",
        variable: "FSXCTL_SUBNET",
        aliases: &["PRIVATE_SUBNET_ID", "SUBNET_ID", "PRIVATE_SUBNET_IDS"],
        meaning: "subnet of the file system",
    },
    Setting {
        flag: "security-group",
        variable: "FSXCTL_SECURITY_GROUP",
        aliases: &["SECURITY_GROUP_ID", "SECURITY_GROUP"],
        meaning: "security group of the file system",
    },
    Setting {
        flag: "fs-id",
        variable: "FSXCTL_FS_ID",
        aliases: &["FSX_ID", "FSX_FILE_SYSTEM_ID", "FILE_SYSTEM_ID"],
        meaning: "existing file system",
    },
    Setting { flag: "yes", variable: "FSXCTL_YES", aliases: &[], meaning: "consent" },
    Setting { flag: "no-input", variable: "FSXCTL_NO_INPUT", aliases: &[], meaning: "never ask" },
    Setting { flag: "output", variable: "FSXCTL_OUTPUT", aliases: &[], meaning: "output format" },
    Setting { flag: "config", variable: "FSXCTL_CONFIG", aliases: &[], meaning: "config file" },
    Setting { flag: "timeout", variable: "FSXCTL_TIMEOUT", aliases: &[], meaning: "how long to wait" },
    Setting {
        flag: "log-format",
        variable: "FSXCTL_LOG",
        aliases: &[],
        meaning: "form of progress and logs",
    },
];

/// The setting with a flag's name.
fn setting(flag: &str) -> Option<&'static Setting> {
    SETTINGS.iter().find(|setting| setting.flag == flag)
}

/// The winning value of a setting; empty variables count as not set.
pub fn winner(flag: &'static str, typed: Option<&str>, env: &Env) -> Option<Asked<String>> {
    candidates(flag, typed, env).into_iter().next()
}

/// All values that a setting is given, the winner first.
pub fn candidates(flag: &'static str, typed: Option<&str>, env: &Env) -> Vec<Asked<String>> {
    let mut found: Vec<Asked<String>> = Vec::new();
    if let Some(value) = typed {
        found.push(Asked { value: value.to_owned(), from: Source::Flag(flag) });
    }
    let Some(setting) = setting(flag) else { return found };
    let given = |name: &str| env.get(name).filter(|value| !value.trim().is_empty()).cloned();
    if let Some(value) = given(setting.variable) {
        found.push(Asked { value, from: Source::Variable(setting.variable.to_owned()) });
    }
    for alias in setting.aliases {
        if let Some(value) = given(alias) {
            found.push(Asked { value, from: Source::Alias((*alias).to_owned()) });
        }
    }
    found
}

/// A yes-or-no variable: `1`, `true`, `yes`, `on` and their opposites.
///
/// # Errors
/// Usage for any other word.
pub fn switch(typed: bool, flag: &'static str, env: &Env) -> Result<bool> {
    if typed {
        return Ok(true);
    }
    let Some(asked) = winner(flag, None, env) else { return Ok(false) };
    match asked.value.trim().to_ascii_lowercase().as_str() {
        "1" | "true" | "yes" | "on" => Ok(true),
        "0" | "false" | "no" | "off" => Ok(false),
        other => Err(Error::usage(format!("{}: {other:?} is neither true nor false", asked.from))),
    }
}

/// A duration such as `90s`, `45m`, `1h30m`; a bare number means seconds.
///
/// # Errors
/// A sentence that says what a duration looks like.
pub fn duration(text: &str) -> Result<Duration, String> {
    let text = text.trim();
    let seconds = if let Ok(seconds) = text.parse::<u64>() {
        Some(seconds as f64)
    } else {
        text.parse::<jiff::SignedDuration>().ok().map(|duration| duration.as_secs_f64())
    };
    match seconds {
        Some(seconds) if seconds > 0.0 && seconds <= 86_400.0 * 7.0 => Ok(Duration::from_secs_f64(seconds)),
        Some(_) => Err(format!("{text:?} must be more than 0 and at most 7 days")),
        None => Err(format!("{text:?} is not a duration such as 90s, 45m or 1h30m")),
    }
}

/// `key=value`.
///
/// # Errors
/// A sentence when there is no `=` or no key.
pub fn pair(text: &str) -> Result<(String, String), String> {
    match text.split_once('=') {
        Some((key, value)) if !key.trim().is_empty() => Ok((key.trim().to_owned(), value.to_owned())),
        _ => Err(format!("{text:?} is not KEY=VALUE")),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn env(pairs: &[(&str, &str)]) -> Env {
        pairs.iter().map(|(k, v)| ((*k).to_owned(), (*v).to_owned())).collect()
    }

    #[test]
    fn the_flag_beats_our_variable_which_beats_the_aliases() {
        let env = env(&[("FSXCTL_CLUSTER", "ours"), ("EKS_CLUSTER_NAME", "theirs"), ("CLUSTER_NAME", "")]);
        let all: Vec<_> = candidates("cluster", Some("typed"), &env)
            .into_iter()
            .map(|c| (c.value, c.from.to_string()))
            .collect();
        assert_eq!(
            all,
            [("typed", "--cluster"), ("ours", "FSXCTL_CLUSTER"), ("theirs", "EKS_CLUSTER_NAME")]
                .map(|(a, b)| (a.to_owned(), b.to_owned()))
        );
    }

    #[test]
    fn an_empty_variable_is_not_set() {
        assert_eq!(winner("cluster", None, &env(&[("FSXCTL_CLUSTER", " ")])), None);
    }

    #[test]
    fn switches_take_words_and_refuse_others() {
        for (word, want) in [("1", true), ("TRUE", true), ("yes", true), ("0", false), ("off", false)] {
            assert_eq!(switch(false, "yes", &env(&[("FSXCTL_YES", word)])), Ok(want), "{word}");
        }
        assert!(switch(false, "yes", &env(&[("FSXCTL_YES", "maybe")])).is_err());
        assert_eq!(switch(true, "yes", &env(&[("FSXCTL_YES", "0")])), Ok(true));
    }

    #[test]
    fn durations_are_read_as_people_write_them() {
        for (text, seconds) in [("90s", 90), ("45m", 2700), ("1h30m", 5400), ("120", 120)] {
            assert_eq!(duration(text), Ok(Duration::from_secs(seconds)), "{text}");
        }
        for text in ["", "0", "soon", "-5m", "9000h"] {
            assert!(duration(text).is_err(), "{text}");
        }
    }

    #[test]
    fn pairs_need_a_key() {
        assert_eq!(pair("a=b=c"), Ok(("a".into(), "b=c".into())));
        assert!(pair("=b").is_err());
        assert!(pair("ab").is_err());
    }
}
