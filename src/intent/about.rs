//! How a command speaks: output form, files, colour, waiting. The same for every command.

use std::path::PathBuf;
use std::time::Duration;

use super::settings::{Asked, Env, Source, duration, switch, winner};
use crate::cli::GlobalArgs;
use crate::error::{Error, Result};

/// A form of output.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Form {
    /// For people.
    Human,
    /// One JSON document.
    Json,
    /// One YAML document.
    Yaml,
    /// What a JSONPath expression picks out of the JSON document.
    JsonPath(String),
}

impl Form {
    /// Parses `-o`.
    ///
    /// # Errors
    /// The legal values.
    pub fn parse(text: &str) -> Result<Self, String> {
        match text.trim() {
            "human" | "text" => Ok(Self::Human),
            "json" => Ok(Self::Json),
            "yaml" => Ok(Self::Yaml),
            other => match other.split_once('=') {
                Some(("jsonpath", expression)) if !expression.is_empty() => Ok(Self::JsonPath(expression.to_owned())),
                _ => Err(format!("{other:?} is none of human, json, yaml, jsonpath=EXPR")),
            },
        }
    }

    /// Whether all of stdout must parse.
    pub const fn is_machine(&self) -> bool {
        !matches!(self, Self::Human)
    }
}

/// How a command speaks.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Output {
    /// stdout's form.
    pub form: Form,
    /// Files that get the answer as well.
    pub files: Vec<(Form, PathBuf)>,
    /// `auto`, `always`, `never`.
    pub color: String,
    /// Never ask.
    pub no_input: bool,
    /// Answer and errors only.
    pub quiet: bool,
    /// 0, 1, 2.
    pub verbose: u8,
    /// Progress and logs as JSON lines.
    pub json_log: bool,
}

/// What a set-up command needs beside its wish.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Setup {
    /// Consent given beforehand.
    pub yes: bool,
    /// Show and stop.
    pub dry_run: bool,
    /// One call's limit.
    pub request_timeout: Duration,
}

/// Resolves how to speak.
///
/// # Errors
/// Usage for words that are none.
pub fn resolve_output(args: &GlobalArgs, env: &Env) -> Result<Output> {
    let form = match winner("output", args.output.as_deref(), env) {
        Some(asked) => asked.parse(|text| Form::parse(&text))?.value,
        None => Form::Human,
    };
    let files = args.output_file.iter().map(|text| output_file(text)).collect::<Result<Vec<_>>>()?;
    let color = args.color.clone().unwrap_or_else(|| "auto".to_owned());
    if !["auto", "always", "never"].contains(&color.as_str()) {
        return Err(Error::usage(format!("--color: {color:?} is none of auto, always, never")));
    }
    Ok(Output {
        form,
        files,
        color,
        no_input: switch(args.no_input, "no-input", env)?,
        quiet: args.quiet,
        verbose: args.verbose,
        json_log: json_log(args, env)?,
    })
}

fn output_file(text: &str) -> Result<(Form, PathBuf)> {
    let wrong = || Error::usage(format!("--output-file: {text:?} is not FORMAT=PATH"));
    // jsonpath=EXPR=PATH: the path is after the last equal sign.
    let (form, path) = if text.starts_with("jsonpath=") { text.rsplit_once('=') } else { text.split_once('=') }.ok_or_else(wrong)?;
    if path.is_empty() {
        return Err(wrong());
    }
    let form = Form::parse(form).map_err(|e| Error::usage(format!("--output-file: {e}")))?;
    Ok((form, PathBuf::from(path)))
}

fn json_log(args: &GlobalArgs, env: &Env) -> Result<bool> {
    match winner("log-format", args.log_format.as_deref(), env) {
        None => Ok(false),
        Some(asked) => Ok(asked
            .parse(|text| match text.as_str() {
                "json" => Ok(true),
                "text" => Ok(false),
                other => Err(format!("{other:?} is none of text, json")),
            })?
            .value),
    }
}

/// The wait: 30 minutes unless said otherwise.
pub(super) fn timeout(args: &GlobalArgs, env: &Env) -> Result<Duration> {
    let asked = winner("timeout", args.timeout.as_deref(), env);
    Ok(asked.map(|asked| asked.parse(|text| duration(&text))).transpose()?.map_or(Duration::from_secs(1800), |asked| asked.value))
}

/// One call's limit: 30 seconds unless said otherwise.
pub(super) fn request_timeout(args: &GlobalArgs) -> Result<Duration> {
    match &args.request_timeout {
        None => Ok(Duration::from_secs(30)),
        Some(text) => {
            Ok(Asked { value: text.clone(), from: Source::Flag("request-timeout") }.parse(|text| duration(&text))?.value)
        }
    }
}
