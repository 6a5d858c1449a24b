//! Carries a plan out: every change as soon as those it depends on are made, without choices of its own.
//!
//! "Already there" answers are read as found when what is there is what was to be made; whether it is right is judged
//! by the look after the last write. A refusal that passes by itself (a role too new to be assumed) is waited out and shown.

mod already;
mod calls;

use std::cell::RefCell;
use std::collections::{BTreeMap, BTreeSet};
use std::time::Duration;

use futures::StreamExt as _;
use futures::stream::FuturesUnordered;
use serde_json::Value;

use super::{Event, Made, Reporter, Stop};
use crate::domain::network::{Peer, Rule};
use crate::error::{Error, Result};
use crate::facts::Seen;
use crate::gateway::wait::{Backoff, CONSISTENCY, Deadline, until_seen};
use crate::gateway::{KubeReads, Reads, Trouble, TroubleKind, Writes};
use crate::steps::{Action, Change, Fill, Plan, Ref};

/// The longest that an update of an add-on is waited for before what follows is begun all the same.
const UPDATE: Duration = Duration::from_secs(300);
/// How rules name a group that the plan makes.
const MADE: &str = "$made:";

/// What a change came to.
enum Outcome {
    /// It was made; the id that came to be.
    Made(Option<String>),
    /// It was there already.
    Found(Option<String>),
}

/// What applying takes: the writer, and a reader for what AWS does after it has answered.
#[derive(Debug, Clone, Copy)]
pub struct Hands<'a> {
    /// Changes.
    pub writes: &'a Writes,
    /// Looks whether a change has arrived.
    pub reads: &'a Reads,
    /// Looks at what is there already.
    pub kube: &'a KubeReads,
}

/// Ids that came to be, by change.
type Ids = BTreeMap<String, Option<String>>;

/// Applies all changes. On failure no further change is begun, those under way are finished, and the error says what
/// was done and what is left.
///
/// # Errors
/// The first change that failed, or the interruption.
pub async fn apply(
    hands: Hands<'_>,
    plan: &Plan,
    reporter: &RefCell<Box<dyn Reporter + Send>>,
    stop: &Stop,
) -> Result<Vec<Made>> {
    let changes: Vec<&Change> = plan.changes().collect();
    let mut waiting: Vec<&Change> = changes.clone();
    let mut under_way: Vec<&Change> = Vec::new();
    let mut ids = Ids::new();
    let mut made = Vec::new();
    let mut found: BTreeSet<&str> = BTreeSet::new();
    let mut failure: Option<Error> = None;
    let mut running = FuturesUnordered::new();
    loop {
        failure = failure.or_else(|| stop.requested());
        if failure.is_none() {
            for change in ready(&mut waiting, &ids) {
                let started = Event::Started { verb: change.verb, resource: change.resource.clone() };
                reporter.borrow_mut().on(&started);
                let action = resolve(&change.action, &ids);
                let on_found = change.after.iter().any(|id| found.contains(id.as_str()));
                under_way.push(change);
                running.push(Box::pin(async move {
                    (change, perform(hands, stop, change, (action, on_found), reporter).await)
                }));
            }
        }
        let next = tokio::select! {
            biased;
            next = running.next() => next,
            error = stop.wait(), if failure.is_none() => {
                let resources = under_way.iter().map(|change| change.resource.clone()).collect();
                reporter.borrow_mut().on(&Event::Stopping { resources });
                failure = Some(error);
                continue;
            }
            () = stop.hurried() => {
                failure = Some(unfinished(failure, stop, &under_way));
                break;
            }
        };
        let Some((change, outcome)) = next else { break };
        under_way.retain(|other| other.id != change.id);
        match outcome {
            Ok(outcome) => {
                found.extend(matches!(outcome, Outcome::Found(_)).then_some(change.id.as_str()));
                let id = tell(change, outcome, reporter);
                ids.insert(change.id.clone(), id.clone());
                made.push(Made { change: change.id.clone(), id });
            }
            Err(trouble) => {
                failure = failure.or_else(|| stop.requested()).or_else(|| Some(failed(change, trouble)));
            }
        }
    }
    match failure {
        None => Ok(made),
        Some(error) => Err(with_state(error, &changes, &made)),
    }
}

/// Takes those that nothing holds back off the list.
fn ready<'a>(waiting: &mut Vec<&'a Change>, ids: &Ids) -> Vec<&'a Change> {
    let is_ready = |change: &&Change| change.after.iter().all(|id| ids.contains_key(id));
    let (ready, later) = waiting.drain(..).partition(is_ready);
    *waiting = later;
    ready
}

/// The end at once: nobody knows whether what is under way arrived.
fn unfinished(failure: Option<Error>, stop: &Stop, under_way: &[&Change]) -> Error {
    let error = failure.or_else(|| stop.requested()).unwrap_or_else(|| Error::bug("stopped by nobody"));
    under_way.iter().fold(error, |error, change| {
        error.because(format!("{} was not waited for and may have been made", change.resource))
    })
}

fn failed(change: &Change, trouble: Trouble) -> Error {
    let verb = match change.verb {
        crate::steps::Verb::Create => "create",
        crate::steps::Verb::Update => "change",
        crate::steps::Verb::Delete => "delete",
    };
    let is_lost = trouble.what == TroubleKind::Unreachable;
    let inner = Error::from(trouble);
    let mut error = Error { message: format!("cannot {verb} {}", change.resource), ..inner.clone() };
    error.causes.insert(0, inner.message);
    if is_lost {
        error.causes.push("no whole answer came, so it may have been made all the same".to_owned());
    }
    if error.kind == crate::error::Kind::Conflict && error.next.is_none() {
        error.next = Some("run the same command again; it starts from what is there now".to_owned());
    }
    if error.next.is_none() {
        error.next =
            error.permission.as_ref().map(|permission| format!("allow {permission} and run it again"));
    }
    error
}

/// The plan with the ids that came to be, where it could only say that they are known later.
pub fn with_ids(mut plan: Plan, made: &[Made]) -> Plan {
    for change in plan.items.iter_mut().flat_map(|item| &mut item.changes) {
        if let Some(id) = made_group(change, made) {
            change.resource.reference.clone_from(id);
        }
    }
    plan
}

/// The id of the group that a change is about, when the plan made it.
fn made_group<'a>(change: &Change, made: &'a [Made]) -> Option<&'a String> {
    let Action::Authorize { group: Ref::Made(by), .. } = &change.action else { return None };
    made.iter().find(|made| made.change == *by).and_then(|made| made.id.as_ref())
}

/// Adds what was done and what is left.
fn with_state(mut error: Error, changes: &[&Change], made: &[Made]) -> Error {
    let is_made = |change: &Change| made.iter().any(|made| made.change == change.id);
    let named = |change: &&Change| match made_group(change, made) {
        Some(id) => format!("{} {id}", change.resource.kind),
        None => change.resource.to_string(),
    };
    let (done, left): (Vec<&Change>, Vec<&Change>) =
        changes.iter().copied().partition(|change| is_made(change));
    error.done = done.iter().map(named).collect();
    error.left = left.iter().map(named).collect();
    error
}

fn tell(change: &Change, outcome: Outcome, reporter: &RefCell<Box<dyn Reporter + Send>>) -> Option<String> {
    let (event, id) = match outcome {
        Outcome::Made(id) => {
            (Event::Done { verb: change.verb, resource: change.resource.clone(), made: id.clone() }, id)
        }
        Outcome::Found(id) => (Event::Found { resource: change.resource.clone() }, id),
    };
    reporter.borrow_mut().on(&event);
    id
}

/// Fills in the ids that earlier changes made.
fn resolve(action: &Action, ids: &Ids) -> Action {
    let id_of = |change: &str| ids.get(change).cloned().flatten().unwrap_or_default();
    match action.clone() {
        Action::Authorize { group, direction, rules, tags } => {
            let group = match group {
                Ref::Made(change) => Ref::Known(id_of(&change)),
                known @ Ref::Known(_) => known,
            };
            let rules = rules.into_iter().map(|rule| named(rule, &id_of)).collect();
            Action::Authorize { group, direction, rules, tags }
        }
        Action::CreateObject { at, mut object, fills } => {
            for Fill { pointer, made_by } in &fills {
                if let Some(slot) = object.pointer_mut(pointer) {
                    *slot = Value::String(id_of(made_by));
                }
            }
            Action::CreateObject { at, object, fills: Vec::new() }
        }
        other => other,
    }
}

fn named(rule: Rule, id_of: &impl Fn(&str) -> String) -> Rule {
    let peer = match &rule.peer {
        Peer::Group { id, account } => match id.strip_prefix(MADE) {
            Some(change) => Peer::Group { id: id_of(change), account: account.clone() },
            None => rule.peer.clone(),
        },
        Peer::Cidr(_) | Peer::Cidr6(_) | Peer::PrefixList(_) => rule.peer.clone(),
    };
    Rule { peer, ..rule }
}

/// One change, its passing refusals waited out. With the action comes whether something that it builds on was found
/// instead of made.
async fn perform(
    hands: Hands<'_>,
    stop: &Stop,
    change: &Change,
    (action, on_found): (Action, bool),
    reporter: &RefCell<Box<dyn Reporter + Send>>,
) -> Result<Outcome, Trouble> {
    let settling = |trouble: &Trouble| {
        // A call that was refused has changed nothing, so an interrupted run need not repeat it.
        if !may_be_new(change) || stop.requested().is_some() {
            return false;
        }
        let event = Event::Settling { resource: change.resource.clone(), reason: trouble.message.clone() };
        reporter.borrow_mut().on(&event);
        true
    };
    let writes = hands.writes;
    if let (Action::PutRolePolicy { role, name, document }, true) = (&action, on_found)
        && let Some(outcome) = already::policy_of_found_role(hands, role, name, document).await?
    {
        return Ok(outcome);
    }
    let answer =
        until_seen(Deadline::after(CONSISTENCY), settling, || calls::call(writes, action.clone())).await;
    match answer {
        Ok(id) => {
            match &action {
                Action::UpdateAddon { cluster, name, .. } => {
                    still(hands.reads, stop, (cluster, name), "UPDATING").await;
                }
                Action::DeleteAddon { cluster, name } => {
                    still(hands.reads, stop, (cluster, name), "DELETING").await;
                }
                _ => {}
            }
            Ok(Outcome::Made(id))
        }
        Err(trouble) if trouble.what == TroubleKind::Exists => {
            already::already(hands, change, &action, trouble).await
        }
        Err(trouble)
            if trouble.what == TroubleKind::NotFound && change.verb == crate::steps::Verb::Delete =>
        {
            Ok(Outcome::Found(None))
        }
        Err(trouble) if trouble.what == TroubleKind::NotYet && !may_be_new(change) => {
            Err(Trouble { what: TroubleKind::NotFound, ..trouble })
        }
        Err(trouble) => Err(trouble),
    }
}

/// Whether something that a refusal says it cannot see may only be too new. A security group that the plan found was
/// seen by EC2 before: when it is missing now, somebody removed it.
fn may_be_new(change: &Change) -> bool {
    let Action::Authorize { group, rules, .. } = &change.action else { return true };
    let is_made = |rule: &Rule| matches!(&rule.peer, Peer::Group { id, .. } if id.starts_with(MADE));
    matches!(group, Ref::Made(_)) || rules.iter().any(is_made)
}

/// EKS answers an update or a deletion at once and makes it later; what follows (a restart that picks the role up, a
/// release in its place) needs it made. Waits while the add-on has this status.
async fn still(reads: &Reads, stop: &Stop, (cluster, name): (&str, &str), status: &str) {
    let (deadline, mut backoff) =
        (Deadline::after(UPDATE), Backoff::new(Duration::from_millis(250), Duration::from_secs(5)));
    loop {
        // The change is made whatever this look says; when nothing can be seen, what follows finds out.
        let is_busy =
            matches!(reads.addon(cluster, name).await, Ok(Seen::Found(addon)) if addon.status == status);
        if !is_busy || stop.requested().is_some() || !deadline.sleep(backoff.pause()).await {
            return;
        }
    }
}
