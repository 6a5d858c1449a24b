//! `status`: what is there, once or again and again. Looks, and writes nothing.

use std::collections::BTreeMap;

use super::speak::{Answer, Speak};
use super::way;
use crate::cli::{GlobalArgs, StatusArgs};
use crate::engine::{Event, Eyes, HelmLook, Look, Stop, survey};
use crate::error::{Error, Kind, Result};
use crate::intent::{StatusWish, status_intent};
use crate::report::{
    ClusterId, Document, StatusForms, StatusLines, status_document, status_page, status_wide, to_json_line,
};
use crate::status::{Status, judge};

/// Everything that every look needs.
struct Work<'a> {
    wish: StatusWish,
    eyes: Eyes,
    look: Look,
    speak: &'a Speak,
    stop: Stop,
}

/// One look: the state, the cluster as far as it is known, and what kept Kubernetes shut.
struct Seen {
    status: Status,
    cluster: Option<ClusterId>,
    shut: Option<Error>,
}

/// Shows the state.
///
/// # Errors
/// No such cluster, no credentials, nothing that may be seen.
pub(super) async fn run(
    args: &StatusArgs,
    global: &GlobalArgs,
    env: &BTreeMap<String, String>,
    speak: &Speak,
) -> Result<u8> {
    let wish = status_intent(args, global, env)?;
    let form = speak.status_form(wish.every.is_some())?;
    let stop = Stop::by_signals();
    let work = tokio::select! {
        work = Box::pin(prepare(wish, env, speak, stop.clone())) => work?,
        error = stop.wait() => return Err(error),
    };
    if work.wish.every.is_some() {
        return Box::pin(watch(&work, form)).await;
    }
    speak.reporter().borrow_mut().on(&Event::Looking { what: format!("cluster {}", work.look.cluster) });
    let seen = Box::pin(look(&work)).await?;
    let code = seen.shut.as_ref().map_or(0, |error| error.kind.code());
    if let Some(error) = &seen.shut {
        speak.remark(error, seen.cluster.clone());
    }
    let document = status_document(&speak.frame(seen.cluster, code), seen.status);
    let view = speak.term.view();
    let page =
        if form == StatusForms::Wide { status_wide(&document, view) } else { status_page(&document, view) };
    speak.give(&Answer { page, document: &document })
}

async fn prepare<'a>(
    wish: StatusWish,
    env: &BTreeMap<String, String>,
    speak: &'a Speak,
    stop: Stop,
) -> Result<Work<'a>> {
    let session = way::open(env, &wish.target, wish.how.request_timeout).await?;
    let cluster = way::cluster_name(&session, &wish.target, env).await?;
    way::check_account(&session, wish.target.account.as_ref()).await?;
    let kube = way::kube_wish(env, &wish.target, &wish.how);
    let look = way::look(&wish.plain, &wish.target, &session, cluster);
    // No release is looked for that no object names.
    let look = Look { helm: HelmLook::default(), ..look };
    Ok(Work { wish, eyes: Eyes { session, kube }, look, speak, stop })
}

async fn look(work: &Work<'_>) -> Result<Seen> {
    let sight = tokio::select! {
        sight = Box::pin(survey(&work.eyes, &work.look, work.wish.namespace.as_deref())) => sight?,
        error = work.stop.wait() => return Err(error),
    };
    let known = sight.survey.veiled.is_none();
    let cluster = known.then(|| way::cluster_id(&sight.survey.facts.cluster));
    Ok(Seen { status: judge(&sight.survey, &work.wish.plain), cluster, shut: sight.shut })
}

/// Until somebody ends it. What cannot be reached for a while is told once, and looked at again.
async fn watch(work: &Work<'_>, form: StatusForms) -> Result<u8> {
    let mut lines = StatusLines::default();
    let mut is_away = false;
    let mut has_begun = false;
    loop {
        match look(work).await {
            Ok(seen) => {
                show(work, form, seen, &mut lines)?;
                (is_away, has_begun) = (false, true);
            }
            Err(error) if work.stop.requested().is_some() => return Ok(ended(&error)),
            Err(error) if has_begun && error.kind == Kind::Unavailable => {
                if !is_away {
                    work.speak.remark(&error, None);
                }
                is_away = true;
            }
            Err(error) => return Err(error),
        }
        tokio::select! {
            error = work.stop.wait() => return Ok(ended(&error)),
            () = tokio::time::sleep(work.wish.every.unwrap_or_default()) => {}
        }
    }
}

/// An end that was asked for is no failure of a watch, but its code tells it from one that came to its end.
fn ended(error: &Error) -> u8 {
    error.kind.code()
}

/// One look of a watch: the whole page where it can be redrawn, else what changed.
fn show(work: &Work<'_>, form: StatusForms, seen: Seen, lines: &mut StatusLines) -> Result<()> {
    let term = &work.speak.term;
    let code = seen.shut.as_ref().map_or(0, |error| error.kind.code());
    let document: Document<Status> = status_document(&work.speak.frame(seen.cluster, code), seen.status);
    let page = |document: &Document<Status>| match form {
        StatusForms::Wide => status_wide(document, term.view()),
        StatusForms::Page | StatusForms::Json => status_page(document, term.view()),
    };
    let is_first = lines.is_empty();
    let changes = lines.changes(&document.body);
    let printed = match form {
        StatusForms::Json if changes.lines().is_empty() => return Ok(()),
        StatusForms::Json => term.print_text(&to_json_line(&document)?)?,
        StatusForms::Page | StatusForms::Wide if term.redraws() => term.redraw(&page(&document))?,
        StatusForms::Page | StatusForms::Wide if is_first => term.print(&page(&document))?,
        StatusForms::Page | StatusForms::Wide => term.print(&changes)?,
    };
    match printed {
        crate::term::Printed::Whole => Ok(()),
        // Nobody reads it any more: as if it had been ended.
        crate::term::Printed::ReaderGone => {
            work.stop.ask(Kind::Interrupted);
            Ok(())
        }
    }
}
