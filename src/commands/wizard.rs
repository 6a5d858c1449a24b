//! `setup` alone: looks, asks, and hands the command line that the answers make to `setup dynamic`.

use std::time::Duration;

use super::setup;
use super::speak::Speak;
use super::way;
use crate::cli::GlobalArgs;
use crate::engine::{Event, Eyes, Look, Stop, observe};
use crate::error::{Error, Kind, Result};
use crate::facts::{Facts, Seen};
use crate::gateway::{Reads, Session};
use crate::intent::Env;
use crate::report::{Line, Page, Style, command_page, error_page};
use crate::term::{List, LogFormat, Reply};
use crate::wizard::{self, Form, Parsed, Question, Sheet};

/// How long the handlers of signals get to say which one broke off a prompt.
const HANDLERS: Duration = Duration::from_millis(50);

/// What the answers come from.
struct Interview<'a> {
    sheet: Sheet<'a>,
    env: &'a Env,
    speak: &'a Speak,
    stop: Stop,
}

/// Asks, sets up, and ends with the command that does the same without questions.
///
/// # Errors
/// Usage: there is nobody to ask.
pub(super) async fn run(program: &str, global: &GlobalArgs, env: &Env, speak: &Speak) -> Result<u8> {
    // A question is no JSON object, and whoever wants objects alone has no eyes for it.
    if !speak.term.asks || speak.term.flags.log_format == LogFormat::Json {
        return Err(nobody());
    }
    let sheet = Sheet::new(program, global, env);
    let mut interview = Interview { sheet, env, speak, stop: Stop::by_signals() };
    speak.term.say(&opening().wrapped(speak.term.width));
    let outcome = Box::pin(interview.hold()).await;
    let (code, is_whole) = match outcome {
        Ok(Some(parsed)) => {
            let ended = Box::pin(setup::run((parsed.intent, parsed.target, parsed.setup), env, speak)).await;
            (ended.unwrap_or_else(|error| speak.fail(&error, None)), true)
        }
        Ok(None) => {
            let left = Error::new(Kind::Declined, "left before the last question; nothing was changed");
            (speak.fail(&left, None), false)
        }
        Err(error) => (speak.fail(&by_signal(error, &interview.stop).await, None), false),
    };
    let title = if is_whole {
        "The same without questions:"
    } else {
        "The same without questions, as far as it was answered:"
    };
    speak.term.say(&command_page(title, &interview.sheet.command(), speak.term.view()));
    Ok(code)
}

/// A prompt knows that a signal broke it off and not which one; the handlers do.
pub(super) async fn by_signal(error: Error, stop: &Stop) -> Error {
    if error.kind != Kind::Interrupted {
        return error;
    }
    tokio::time::sleep(HANDLERS).await;
    match stop.requested() {
        Some(asked) if asked.kind == Kind::Terminated => {
            Error { kind: asked.kind, message: asked.message, ..error }
        }
        _ => error,
    }
}

fn opening() -> Page {
    let mut page = Page::new();
    page.push(Line::new().plain("A new file system, made by the CSI driver for a claim (setup dynamic)."));
    page.push(Line::new().span(
        Style::Dim,
        "Enter takes the answer in brackets or at the arrow. Esc leaves. Nothing is changed before you say yes to the plan.",
    ));
    page
}

/// What to type where nobody can be asked.
fn nobody() -> Error {
    let command = super::command();
    let parts = command.find_subcommand("setup").into_iter().flat_map(clap::Command::get_subcommands);
    let list = parts.map(|part| {
        format!(
            "setup {:<10} {}",
            part.get_name(),
            part.get_about().map(ToString::to_string).unwrap_or_default()
        )
    });
    Error::usage("setup alone asks on a terminal, and here is nobody to ask")
        .details(list.collect::<Vec<_>>())
        .next("fsxctl setup dynamic --dry-run")
}

impl Interview<'_> {
    /// All questions. None when they were left.
    async fn hold(&mut self) -> Result<Option<Parsed>> {
        let Some(eyes) = self.place().await? else { return Ok(None) };
        let target = self.sheet.parsed()?.target;
        let cluster = way::cluster_name(&eyes.session, &target, self.env).await?;
        let mut seen: Option<(Look, Facts)> = None;
        loop {
            let parsed = self.sheet.parsed()?;
            let look = way::look(&parsed.intent, &parsed.target, &eyes.session, cluster.clone());
            // Other names are other objects: what is asked about them must be looked at.
            let facts = match seen.take() {
                Some((before, facts)) if before == look => facts,
                _ => self.look(&eyes, &look).await?,
            };
            let question = wizard::next(&self.sheet, &facts);
            seen = Some((look, facts));
            let Some(question) = question else { return Ok(Some(parsed)) };
            if !self.put(question)? {
                return Ok(None);
            }
        }
    }

    async fn look(&self, eyes: &Eyes, look: &Look) -> Result<Facts> {
        let voice = self.speak.reporter();
        voice.borrow_mut().on(&Event::Looking { what: format!("cluster {}", look.cluster) });
        let seen = tokio::select! {
            seen = Box::pin(observe(eyes, look)) => seen,
            error = self.stop.wait() => Err(error),
        };
        drop(voice);
        seen.map(|(facts, _)| facts)
    }

    /// Region and cluster. None when the questions were left.
    async fn place(&mut self) -> Result<Option<Eyes>> {
        let first = self.sheet.parsed()?;
        let context = way::context(self.env, &first.target);
        let found = match self.open(&first).await {
            Ok(session) => Some(session),
            // Without a Region there is no way yet, but somebody who can name one.
            Err(error) if error.kind == Kind::Usage && first.target.region.is_none() => None,
            Err(error) => return Err(error),
        };
        if !self.put(wizard::region(found.as_ref().map(Session::region)))? {
            return Ok(None);
        }
        let parsed = self.sheet.parsed()?;
        let region = parsed.target.region.as_ref().map(|asked| asked.value.as_str());
        let is_same =
            found.as_ref().is_some_and(|session| region.is_none_or(|region| region == session.region()));
        let session = match found.filter(|_| is_same) {
            Some(session) => session,
            None => self.open(&parsed).await?,
        };
        let by_context = context.as_ref().filter(|_| is_same).map(|context| context.name.clone());
        let meant = parsed.target.cluster.as_ref().map(|asked| asked.value.clone()).or(by_context);
        let reads = Reads::new(&session);
        let there = tokio::select! {
            there = reads.clusters() => there?,
            error = self.stop.wait() => return Err(error),
        };
        let there = match there {
            Seen::Found(names) if !names.is_empty() => Some(names),
            Seen::Found(_) | Seen::Missing => return Err(way::no_cluster(session.region())),
            Seen::Hidden(_) => None,
        };
        // A context of another Region would name the cluster otherwise.
        let only_is_meant = context.is_none() || is_same;
        let question = wizard::cluster(there.as_deref(), meant.as_deref(), only_is_meant);
        if let Some(question) = question
            && !self.put(question)?
        {
            return Ok(None);
        }
        let kube = way::kube_wish(self.env, &parsed.target, &parsed.setup);
        Ok(Some(Eyes { session, kube }))
    }

    async fn open(&self, parsed: &Parsed) -> Result<Session> {
        tokio::select! {
            session = Box::pin(way::open(self.env, &parsed.target, parsed.setup.request_timeout)) => session,
            error = self.stop.wait() => Err(error),
        }
    }

    /// Asks until there is an answer that `setup dynamic` takes. False when the question was left.
    fn put(&mut self, mut question: Question) -> Result<bool> {
        let term = &self.speak.term;
        loop {
            let (words, typed) = match &question.form {
                Form::Choice { options, preselected } => {
                    let list = List {
                        title: question.title.clone(),
                        help: question.help.clone(),
                        items: options.iter().map(|option| option.label.clone()).collect(),
                        preselected: *preselected,
                    };
                    let Reply::Given(at) = term.choose(&list)? else { return Ok(false) };
                    (options[at].words.clone(), None)
                }
                Form::Text { start, .. } => {
                    for line in question.help.drain(..) {
                        let mut page = Page::new();
                        page.push(Line::new().span(Style::Dim, line));
                        term.say(&page.wrapped(term.width));
                    }
                    let Reply::Given(typed) = term.ask(&question.title, start)? else { return Ok(false) };
                    (question.words_of(&typed), Some(typed))
                }
            };
            match self.sheet.answer(question.name, words) {
                Ok(()) => return Ok(true),
                Err(error) if error.kind == Kind::Usage => {
                    // The page names what would be legal; a flag to type is no help at a prompt.
                    term.say(&error_page(&Error { next: None, ..error }, term.view()));
                    if let Some(nearest) = typed.and_then(|typed| self.sheet.nearest(&question, &typed)) {
                        question = nearest;
                    }
                }
                Err(error) => return Err(error),
            }
        }
    }
}
