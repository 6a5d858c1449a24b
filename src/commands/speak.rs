//! How a command speaks: the forms of its answer, its files, its terminal, its clock.

use std::cell::RefCell;
use std::collections::BTreeMap;

use crate::cli::GlobalArgs;
use crate::engine::Reporter;
use crate::error::{AGAIN, Error, Kind, Result};
use crate::intent::{switch, winner};
use crate::report::{
    ClusterId, Document, ErrorBody, EventLine, Format, Frame, Page, StatusForms, error_document, error_page,
};
use crate::term::{Color, Flags, LogFormat, OutputFile, Printed, Term};

/// How a command speaks.
pub(super) struct Speak {
    pub(super) term: Term,
    format: Format,
    files: Vec<OutputFile>,
    started: jiff::Timestamp,
    /// What was typed, as a shell reads it back.
    typed: Option<String>,
}

/// What a command's answer is, which decides about its formats.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Gives {
    /// A list, whose items have names.
    Names,
    /// Lists with tables, whose items have names.
    Tables,
    /// A report, whose items are passed or failed.
    Report,
    /// Anything else.
    Neither,
}

/// An answer in both shapes: a page for people, a document for machines.
pub(super) struct Answer<'a, Body> {
    pub(super) page: Page,
    pub(super) document: &'a Document<Body>,
}

impl Speak {
    /// As flags and variables say.
    pub(super) fn new(args: &GlobalArgs, env: &BTreeMap<String, String>) -> Result<Self> {
        let format = match winner("output", args.output.as_deref(), env) {
            Some(asked) => asked.value.parse()?,
            None => Format::Human,
        };
        let color = match args.color.as_deref() {
            None | Some("auto") => Color::Auto,
            Some("always") => Color::Always,
            Some("never") => Color::Never,
            Some(other) => {
                return Err(Error::usage(format!("--color: {other:?} is none of auto, always, never")));
            }
        };
        let log_format = match winner("log-format", args.log_format.as_deref(), env) {
            None => LogFormat::Text,
            Some(asked) => match asked.value.as_str() {
                "text" => LogFormat::Text,
                "json" => LogFormat::Json,
                other => {
                    return Err(Error::usage(format!("{}: {other:?} is none of text, json", asked.from)));
                }
            },
        };
        let no_input = switch(args.no_input, "no-input", env)?;
        let flags = Flags { color, log_format, quiet: args.quiet, verbose: args.verbose, no_input };
        let files = args.output_file.iter().map(|text| text.parse()).collect::<Result<Vec<OutputFile>>>()?;
        files.iter().try_for_each(OutputFile::check)?;
        let term = Term::found(env, flags);
        term.log_calls();
        Ok(Self { term, format, files, started: jiff::Timestamp::now(), typed: None })
    }

    /// The same, knowing the command line that it speaks for.
    pub(super) fn typed(self, arguments: &[String]) -> Self {
        let program = arguments.first().and_then(|path| path.rsplit('/').next()).unwrap_or("fsxctl");
        let words = arguments.iter().skip(1).map(|word| quoted(word));
        let typed = words.fold(program.to_owned(), |line, word| format!("{line} {word}"));
        Self { typed: Some(typed), ..self }
    }

    /// For people, when nothing else is known.
    pub(super) fn plain(env: &BTreeMap<String, String>) -> Self {
        let term = Term::found(env, Flags::default());
        Self { term, format: Format::Human, files: Vec::new(), started: jiff::Timestamp::now(), typed: None }
    }

    /// As the command line seems to ask, although it could not be read.
    pub(super) fn guessed(arguments: &[String], env: &BTreeMap<String, String>) -> Self {
        let typed = |long: &str, short: Option<&str>| {
            let mut pairs = arguments.windows(2);
            let split = pairs.find_map(|pair| match pair {
                [flag, value] if flag == long || Some(flag.as_str()) == short => Some(value.clone()),
                _ => None,
            });
            let joined = |argument: &String| {
                let with = |start: &str| argument.strip_prefix(start).map(str::to_owned);
                with(&format!("{long}="))
                    .or_else(|| with(&format!("{}=", short?)))
                    .or_else(|| with(short?).filter(|value| !value.is_empty()))
            };
            split.or_else(|| arguments.iter().find_map(joined))
        };
        let format = typed("--output", Some("-o")).or_else(|| env.get("FSXCTL_OUTPUT").cloned());
        let log = typed("--log-format", None).or_else(|| env.get("FSXCTL_LOG").cloned());
        let mut guessed = Self::plain(env);
        guessed.format = format.and_then(|text| text.parse().ok()).unwrap_or_default();
        if log.as_deref() == Some("json") {
            guessed.term.flags.log_format = LogFormat::Json;
        }
        guessed
    }

    /// Some formats are for lists or for reports alone, and a command that gives none says so before it does anything.
    pub(super) fn check_format(&self, gives: Gives) -> Result<()> {
        let asked = |wanted: Format| {
            self.files.iter().map(|file| &file.format).chain([&self.format]).any(|it| *it == wanted)
        };
        let rows = [
            ("name", Format::Name, &[Gives::Names, Gives::Tables][..], "for lists"),
            ("wide", Format::Wide, &[Gives::Tables], "for lists with tables"),
            ("junit", Format::Junit, &[Gives::Report], "for reports"),
            ("markdown", Format::Markdown, &[Gives::Report], "for reports"),
            ("github", Format::Github, &[Gives::Report], "for reports"),
        ];
        let refused = rows.iter().find(|(_, form, who, _)| !who.contains(&gives) && asked(form.clone()));
        let Some((word, _, _, what)) = refused else { return Ok(()) };
        let here: Vec<&str> =
            rows.iter().filter(|(_, _, who, _)| who.contains(&gives)).map(|(word, ..)| *word).collect();
        let here = here.into_iter().map(|word| format!(", {word}")).collect::<String>();
        Err(Error::usage(format!("-o {word} is {what}, and this command gives none"))
            .details([format!("formats here: human, json, yaml, jsonpath=EXPR{here}")]))
    }

    /// The form in which a state is shown; a watch has lines or a page, and no files.
    pub(super) fn status_form(&self, watches: bool) -> Result<StatusForms> {
        if watches && !self.files.is_empty() {
            return Err(Error::usage("--output-file does not go with --watch"));
        }
        match &self.format {
            Format::Wide => Ok(StatusForms::Wide),
            Format::Human => Ok(StatusForms::Page),
            Format::Yaml | Format::Name | Format::JsonPath(_) if watches => {
                Err(Error::usage("--watch goes with -o human, wide and json"))
            }
            // The formats of reports were refused before.
            Format::Json
            | Format::Yaml
            | Format::Name
            | Format::JsonPath(_)
            | Format::Junit
            | Format::Markdown
            | Format::Github => Ok(StatusForms::Json),
        }
    }

    /// What every document says about the run.
    pub(super) fn frame(&self, cluster: Option<ClusterId>, exit_code: u8) -> Frame {
        let elapsed = jiff::Timestamp::now().duration_since(self.started);
        Frame {
            version: env!("CARGO_PKG_VERSION").to_owned(),
            cluster,
            started_at: self.started.strftime("%Y-%m-%dT%H:%M:%SZ").to_string(),
            duration_ms: u64::try_from(elapsed.as_millis()).unwrap_or_default(),
            exit_code,
        }
    }

    /// Tells events as they happen.
    pub(super) fn reporter(&self) -> RefCell<Box<dyn Reporter + Send>> {
        RefCell::new(self.term.reporter())
    }

    /// Gives the answer on stdout and into the files.
    pub(super) fn give<Body: serde::Serialize>(&self, answer: &Answer<'_, Body>) -> Result<u8> {
        for file in &self.files {
            let text = file.format.document(answer.document)?;
            file.write(&text.unwrap_or_else(|| answer.page.text()))?;
        }
        let printed = match self.format.document(answer.document)? {
            Some(text) => self.term.print_text(&text)?,
            None => self.term.print(&answer.page)?,
        };
        // A reader that went away, as `| head` does, is no failure.
        Ok(if printed == Printed::ReaderGone { 0 } else { answer.document.exit_code })
    }

    /// Gives a text that has no document.
    pub(super) fn answer(&self, text: &str) -> u8 {
        match self.term.print_text(text) {
            Ok(_) => 0,
            Err(_) => Kind::Bug.code(),
        }
    }

    /// Gives a value as the document itself, for commands whose answer is one.
    pub(super) fn give_value(&self, value: &serde_json::Value, human: impl FnOnce() -> String) -> Result<u8> {
        for file in &self.files {
            let text = file.format.document(value)?;
            file.write(&text.unwrap_or_else(|| crate::report::to_json(value).unwrap_or_default()))?;
        }
        let text = self.format.document(value)?.unwrap_or_else(human);
        // Whether all of it was read changes nothing: the answer itself is the whole command.
        let (Printed::Whole | Printed::ReaderGone) = self.term.print_text(&text)?;
        Ok(0)
    }

    /// Tells a failure on stderr alone, where the answer is another document.
    pub(super) fn remark(&self, error: &Error, cluster: Option<ClusterId>) {
        self.tell(error, &error_document(&self.frame(cluster, error.kind.code()), error));
    }

    fn tell(&self, error: &Error, document: &Document<ErrorBody>) {
        let line = || EventLine::Failed { error: Box::new(document.clone()) };
        self.term.tell(|| error_page(error, self.term.view()), line);
    }

    /// Tells a failure: the page on stderr, and the document on stdout when a machine reads it.
    pub(super) fn fail(&self, error: &Error, cluster: Option<ClusterId>) -> u8 {
        let error = &self.with_command(error.clone());
        let code = error.kind.code();
        let document = error_document(&self.frame(cluster, code), error);
        self.tell(error, &document);
        for file in &self.files {
            let text = file.format.document(&document).ok().flatten();
            // The failure itself matters more than a file that cannot be written.
            let _ = file.write(&text.unwrap_or_else(|| error_page(error, self.term.view()).text()));
        }
        if let Ok(Some(text)) = self.format.document(&document) {
            let _ = self.term.print_text(&text);
        }
        code
    }

    /// "The same command again" with the command itself, to be copied out of a log.
    fn with_command(&self, mut error: Error) -> Error {
        if let (Some(next), Some(typed)) = (&mut error.next, &self.typed)
            && next.starts_with(AGAIN)
        {
            *next = format!("{next}: {typed}");
        }
        error
    }
}

/// A word as a POSIX shell reads it back.
fn quoted(word: &str) -> String {
    let is_plain = |char: char| char.is_ascii_alphanumeric() || "/:.,_-=+@%".contains(char);
    if !word.is_empty() && word.chars().all(is_plain) {
        return word.to_owned();
    }
    format!("'{}'", word.replace('\'', r"'\''"))
}

#[cfg(test)]
mod tests {
    use super::quoted;

    #[test]
    fn words_are_quoted_for_the_shell() {
        for (word, text) in [
            ("--tag", "--tag"),
            ("team=a b", "'team=a b'"),
            ("jsonpath={.code}", "'jsonpath={.code}'"),
            ("it's", r"'it'\''s'"),
            ("", "''"),
        ] {
            assert_eq!(quoted(word), text);
        }
    }
}
