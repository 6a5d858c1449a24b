//! `byo` and `share` where they are not as every set-up: the file system is chosen from a list, waited for while it is
//! being created, and there can be several claims.

use std::time::{Duration, Instant};

use super::setup::{self, Work};
use super::speak::Speak;
use super::way;
use crate::cli::{ByoArgs, GlobalArgs};
use crate::domain::{names, quantity};
use crate::engine::{Event, Eyes, Stop, Vigil, VolumeMade, observe};
use crate::error::{AGAIN, Error, Kind, Result};
use crate::facts::{Claim, Facts, FileSystem, Place, Seen};
use crate::gateway::wait::Backoff;
use crate::gateway::{Kubernetes, Reads};
use crate::intent::{self, Bind, Env, Intent};
use crate::steps::bind;
use crate::term::{List, LogFormat, Reply};

/// What FSx usually takes for a file system (driver comment, driver issue 382).
const USUAL: Duration = Duration::from_secs(12 * 60);

/// Binds a file system; lets somebody choose it when none is named.
///
/// # Errors
/// Whatever ends it; usage when none is named and there is nobody to choose.
pub(super) async fn byo(args: &ByoArgs, global: &GlobalArgs, env: &Env, speak: &Speak) -> Result<u8> {
    let wish = intent::byo_intent(args, global, env)?;
    if wish.0.bind.as_ref().is_some_and(|bind| bind.fs_id.is_some()) {
        return setup::run(wish, env, speak).await;
    }
    let stop = Stop::by_signals();
    let (intent, target, how) = &wish;
    let facts = tokio::select! {
        facts = Box::pin(async {
            let session = way::open(env, target, how.request_timeout).await?;
            let cluster = way::cluster_name(&session, target, env).await?;
            let look = way::look(intent, target, &session, cluster);
            let eyes = Eyes { session, kube: way::kube_wish(env, target, how) };
            Box::pin(observe(&eyes, &look)).await.map(|(facts, _)| facts)
        }) => facts?,
        error = stop.wait() => return Err(error),
    };
    let Some(id) = chosen(intent, &facts, speak)? else {
        return Err(Error::new(Kind::Declined, "no file system was chosen; nothing was changed"));
    };
    let named = ByoArgs { fs_id: Some(id), ..args.clone() };
    setup::run(intent::byo_intent(&named, global, env)?, env, speak).await
}

/// One of the file systems of the account and Region. None when the list was left.
fn chosen(intent: &Intent, facts: &Facts, speak: &Speak) -> Result<Option<String>> {
    let systems = match &facts.file_systems {
        Seen::Found(systems) => systems.as_slice(),
        Seen::Missing => &[],
        Seen::Hidden(veil) => {
            return Err(Error::new(Kind::Denied, "cannot see which file systems there are")
                .because(veil.cause.clone())
                .permission(veil.permission.clone())
                .next("name one with --fs-id"));
        }
    };
    let Some(wish) = intent.bind.as_ref().filter(|_| !systems.is_empty()) else {
        return Err(Error::usage(format!("there is no FSx for Lustre file system in {}", facts.region))
            .next("fsxctl setup dynamic"));
    };
    let rows: Vec<String> = systems.iter().map(|system| row(intent, wish, facts, system)).collect();
    if !speak.term.asks || speak.term.flags.log_format == LogFormat::Json {
        return Err(Error::usage("no file system is named, and there is nobody to ask")
            .details(rows)
            .next("name one with --fs-id"));
    }
    let fits = |system: &FileSystem| {
        ["AVAILABLE", "UPDATING"].contains(&bind::fit(intent, wish, facts, system).as_str())
    };
    let list = List {
        title: "Which file system?".to_owned(),
        help: Vec::new(),
        preselected: systems.iter().position(fits).unwrap_or_default(),
        items: rows,
    };
    match speak.term.choose(&list)? {
        Reply::Given(at) => Ok(systems.get(at).map(|system| system.id.clone())),
        Reply::Left => Ok(None),
    }
}

/// Id, name, size, zone, and whether it could be bound.
fn row(intent: &Intent, wish: &Bind, facts: &Facts, system: &FileSystem) -> String {
    let name = system.tags.get("Name").map_or("-", String::as_str);
    let size = system.capacity_gib.map_or_else(|| "elastic".to_owned(), quantity::print_gib);
    let zone = bind::zone(facts, system).unwrap_or("?");
    let fit = bind::fit(intent, wish, facts, system);
    format!("{}  {}  {size}  {zone}  {fit}", system.id, names::short(name))
}

/// Waits until a file system that is being created is no more. Nothing is bound before: without interfaces nobody could
/// tell whether nodes will reach it.
pub(super) async fn available(work: &Work<'_>, facts: &Facts, what: &str, since: Instant) -> Result<()> {
    let Some(id) = bind::meant(&work.intent, facts).map(|system| system.id.clone()) else { return Ok(()) };
    let (limit, voice) = (work.intent.wait.unwrap_or_default(), work.speak.reporter());
    let reads = Reads::new(&work.eyes.session);
    let mut backoff = Backoff::new(Duration::from_millis(500), Duration::from_secs(10));
    loop {
        let waiting = Event::Waiting {
            what: what.to_owned(),
            elapsed: since.elapsed(),
            expected: Some(USUAL),
            reason: Some("it is CREATING".to_owned()),
        };
        voice.borrow_mut().on(&waiting);
        if since.elapsed() >= limit {
            let message = format!("waited {} s for {what}", limit.as_secs());
            return Err(Error::new(Kind::Unavailable, message)
                .because("it is CREATING")
                .next(format!("{AGAIN}; it goes on waiting")));
        }
        tokio::select! {
            error = work.stop.wait() => return Err(error),
            () = tokio::time::sleep(backoff.pause().min(limit)) => {}
        }
        let seen = tokio::select! {
            error = work.stop.wait() => return Err(error),
            seen = Box::pin(reads.file_systems()) => seen?,
        };
        let is_coming = |system: &FileSystem| system.id == id && system.lifecycle == "CREATING";
        if !seen.found().into_iter().flatten().any(is_coming) {
            return Ok(());
        }
    }
}

/// Waits for all claims at once; the first of them.
pub(super) async fn wait(vigil: &Vigil<'_>, facts: &Facts, claim: &str) -> Result<Option<Claim>> {
    let places = facts.storage.places.found().map_or(&[][..], Vec::as_slice);
    let is_late = |place: &&Place| {
        place.claim.found().is_some_and(|claim| claim.phase != "Bound" && !claim.terminating)
    };
    let waits = places.iter().filter(is_late).map(|place| vigil.bound(&place.name, claim));
    Ok(futures::future::try_join_all(waits).await?.into_iter().next())
}

/// The claims as they are after the wait.
pub(super) async fn again(work: &Work<'_>, mut facts: Facts, kubernetes: &Kubernetes) -> Result<Facts> {
    let Seen::Found(places) = &mut facts.storage.places else { return Ok(facts) };
    if work.intent.bind.is_none() || work.intent.wait.is_none() {
        return Ok(facts);
    }
    let kube = kubernetes.reads();
    let late = places.iter_mut().filter(|it| it.claim.found().is_some_and(|claim| claim.phase != "Bound"));
    for place in late {
        place.claim = kube.claim(&place.name, &work.look.claim).await?;
    }
    Ok(facts)
}

/// What came to be in each namespace; nothing where it was taken away.
pub(super) fn volumes(intent: &Intent, facts: &Facts) -> Vec<VolumeMade> {
    if intent.bind.as_ref().is_none_or(|bind| bind.remove) {
        return Vec::new();
    }
    let volumes = facts.storage.volumes.found().map_or(&[][..], Vec::as_slice);
    let made = |place: &Place| {
        let bound = place.claim.found().filter(|claim| claim.phase == "Bound");
        let name = bound.and_then(|claim| claim.volume.clone());
        let volume = volumes.iter().find(|volume| Some(&volume.name) == name.as_ref());
        VolumeMade {
            namespace: place.name.clone(),
            claim: intent.storage.claim.value.clone(),
            file_system_id: volume.map(|volume| volume.handle.clone()),
            dns_name: volume.and_then(|volume| volume.dns_name.clone()),
            mount_name: volume.and_then(|volume| volume.mount_name.clone()),
            persistent_volume: name,
        }
    };
    facts.storage.places.found().into_iter().flatten().map(made).collect()
}
