//! `setup …`: wish, look, plan, consent, apply, wait, look again, receipt.

use std::cell::RefCell;
use std::collections::BTreeMap;
use std::time::{Duration, Instant};

use super::bind;
use super::leave;
use super::manifests;
use super::proof;
use super::speak::{Answer, Speak};
use super::way;
use super::wizard::by_signal;
use crate::engine::{
    Event, Eyes, Hands, Look, Made, Receipt, Reporter, Stop, Vigil, VolumeMade, apply, ended_badly, observe,
    with_ids,
};
use crate::error::{AGAIN, Error, Kind, Result};
use crate::facts::{Claim, Facts, Seen};
use crate::gateway::{Kubernetes, Reads, Writes};
use crate::intent::{Intent, Setup, Target};
use crate::report::{ClusterId, Header, plan_document, plan_page};
use crate::steps::{self, Goal, Plan, StepId};
use crate::term::{Consent, LogFormat};

type Voice = RefCell<Box<dyn Reporter + Send>>;

/// Everything one set-up needs.
pub(super) struct Work<'a> {
    pub(super) intent: Intent,
    pub(super) setup: Setup,
    pub(super) eyes: Eyes,
    pub(super) look: Look,
    pub(super) speak: &'a Speak,
    pub(super) stop: Stop,
}

/// Runs a set-up, or whatever else brings the world from facts to a wish.
///
/// # Errors
/// Whatever ends it, with what was done and left.
pub(super) async fn run(
    wish: (Intent, Target, Setup),
    env: &BTreeMap<String, String>,
    speak: &Speak,
) -> Result<u8> {
    let (intent, target, setup) = wish;
    leave::can_be_asked(&setup, &speak.term)?;
    let stop = Stop::by_signals();
    let work = tokio::select! {
        work = Box::pin(prepare(intent, target, setup, env, speak)) => Work { stop: stop.clone(), ..work? },
        error = stop.wait() => return Err(error),
    };
    let (facts, kubernetes) = Box::pin(looked(&work)).await?;
    let id = cluster_id(&facts);
    let work = match leave::asked(&work.setup, work.intent.clone(), &facts, &speak.term) {
        Ok(intent) => Work { intent, ..work },
        Err(error) => return Ok(speak.fail(&by_signal(error, &work.stop).await, Some(id))),
    };
    match Box::pin(go_on(&work, &facts, &kubernetes, &id)).await {
        Ok(code) => Ok(code),
        Err(error) => Ok(speak.fail(&by_signal(error, &work.stop).await, Some(id))),
    }
}

/// Looks; again while somebody is at work on what the plan is about and will be done soon.
async fn looked(work: &Work<'_>) -> Result<(Facts, Kubernetes)> {
    let voice = work.speak.reporter();
    voice.borrow_mut().on(&Event::Looking { what: format!("cluster {}", work.look.cluster) });
    let since = Instant::now();
    let mut torn_before = false;
    loop {
        let seen = tokio::select! {
            seen = Box::pin(observe(&work.eyes, &work.look)) => seen,
            error = work.stop.wait() => Err(error),
        };
        let (mut facts, kubernetes) = seen?;
        // A clock that goes wrong must not make a helm that was ended look alive for ever.
        if let Seen::Found(release) = &mut facts.driver.release {
            release.age_seconds = release.age_seconds.max(since.elapsed().as_secs());
        }
        if let Some(coming) = steps::bind::under_way(&work.intent, &facts).filter(|_| !work.setup.dry_run) {
            bind::available(work, &facts, &coming, since).await?;
            continue;
        }
        let torn = steps::storage::is_torn(&work.intent, &facts) || steps::driver::is_torn(&facts);
        if torn && !std::mem::replace(&mut torn_before, true) {
            continue;
        }
        let half = steps::driver::is_half_there(&facts) && work.intent.bind.is_none();
        if half && since.elapsed() < HALF {
            tokio::select! {
                error = work.stop.wait() => return Err(error),
                () = tokio::time::sleep(HALF / 3) => continue,
            }
        }
        let busy = steps::driver::under_way(&work.intent, &facts);
        let limit = work.intent.wait.unwrap_or(AT_WORK).min(AT_WORK);
        let Some(what) = busy.filter(|_| !work.setup.dry_run && since.elapsed() < limit) else {
            return Ok((facts, kubernetes));
        };
        voice.borrow_mut().on(&Event::Waiting {
            what,
            elapsed: since.elapsed(),
            expected: None,
            reason: None,
        });
        tokio::select! {
            error = work.stop.wait() => return Err(error),
            () = tokio::time::sleep(Duration::from_secs(2)) => {}
        }
    }
}

/// How long half of a driver is taken for one that is being installed.
const HALF: Duration = Duration::from_secs(3);
/// The longest wait for somebody who is at work, before anything is planned.
const AT_WORK: Duration = Duration::from_secs(10 * 60);

/// Opens the way to AWS and finds out which cluster is meant.
async fn prepare<'a>(
    intent: Intent,
    target: Target,
    setup: Setup,
    env: &BTreeMap<String, String>,
    speak: &'a Speak,
) -> Result<Work<'a>> {
    let session = way::open(env, &target, setup.request_timeout).await?;
    let cluster = way::cluster_name(&session, &target, env).await?;
    way::check_account(&session, target.account.as_ref()).await?;
    let kube = way::kube_wish(env, &target, &setup);
    let look = way::look(&intent, &target, &session, cluster);
    Ok(Work { intent, setup, eyes: Eyes { session, kube }, look, speak, stop: Stop::default() })
}

fn cluster_id(facts: &Facts) -> ClusterId {
    let account = facts.cluster.arn.split(':').nth(4).unwrap_or_default().to_owned();
    ClusterId {
        name: facts.cluster.name.clone(),
        arn: facts.cluster.arn.clone(),
        region: facts.region.clone(),
        account,
    }
}

/// From the plan to the end.
async fn go_on(work: &Work<'_>, facts: &Facts, kubernetes: &Kubernetes, id: &ClusterId) -> Result<u8> {
    let mut plan = steps::plan(Goal::Present, &work.intent, facts);
    plan.notes.extend(proof::note(work));
    let header = Header { cluster: id.clone(), access: facts.reached.clone() };
    if let Some(block) = plan.block() {
        let mut error = Error::new(block.kind, block.message.clone());
        error.permission.clone_from(&block.permission);
        error.next.clone_from(&block.next);
        error.plan = Some(Box::new(plan));
        return Err(error);
    }
    manifests::check(&work.intent, facts)?;
    if work.setup.dry_run {
        manifests::write(&work.intent, facts, work.speak)?;
        return show_plan(work, &header, &plan, 0);
    }
    if plan.is_settled() && !work.setup.verify {
        return settled(work, facts, kubernetes, (&header, plan)).await;
    }
    match consent(work, &header, &plan)? {
        Consent::Yes => {}
        Consent::No => return Err(Error::new(Kind::Declined, "declined; nothing was changed")),
        Consent::Nobody => {
            let code = show_plan(work, &header, &plan, Kind::Declined.code())?;
            let error = Error::new(Kind::Declined, "these changes need consent, and there is nobody to ask")
                .next("pass --yes to apply them");
            work.speak.remark(&error, Some(header.cluster.clone()));
            return Ok(code);
        }
    }
    if plan.is_settled() {
        return settled(work, facts, kubernetes, (&header, plan)).await;
    }
    let writes = Writes::new(&work.eyes.session, Some(kubernetes));
    let voice = work.speak.reporter();
    let reads = Reads::new(&work.eyes.session);
    let hands = Hands { writes: &writes, reads: &reads, kube: &kubernetes.reads() };
    let made = apply(hands, &plan, &voice, &work.stop).await;
    drop(voice);
    let made = made?;
    finish(work, kubernetes, &header, (plan, made)).await
}

/// Nothing to do, but perhaps something to wait for.
async fn settled(
    work: &Work<'_>,
    facts: &Facts,
    kubernetes: &Kubernetes,
    (header, plan): (&Header, Plan),
) -> Result<u8> {
    let claim = wait(work, facts, kubernetes, &plan).await?;
    let facts = with_volume(facts.clone(), kubernetes, &claim).await?;
    let facts = bind::again(work, facts, kubernetes).await?;
    end(work, header, plan, Vec::new(), (&facts, claim)).await
}

fn show_plan(work: &Work<'_>, header: &Header, plan: &Plan, code: u8) -> Result<u8> {
    let frame = work.speak.frame(Some(header.cluster.clone()), code);
    let document = plan_document(&frame, plan);
    work.speak.give(&Answer { page: plan_page(header, plan, work.speak.term.view()), document: &document })
}

/// Consent given beforehand, or asked for. The plan is shown before either.
fn consent(work: &Work<'_>, header: &Header, plan: &Plan) -> Result<Consent> {
    let term = &work.speak.term;
    if work.setup.yes || term.asks {
        // With progress as JSON every line of stderr is an object, as long as nobody is asked.
        let shown = !term.flags.quiet && term.flags.log_format == LogFormat::Text;
        if shown || !work.setup.yes {
            term.say(&plan_page(header, plan, term.view()));
        }
        return if work.setup.yes { Ok(Consent::Yes) } else { term.confirm("Apply these changes?") };
    }
    Ok(Consent::Nobody)
}

/// After the last write: wait, look once more at the whole, give the receipt.
async fn finish(
    work: &Work<'_>,
    kubernetes: &Kubernetes,
    header: &Header,
    done: (Plan, Vec<Made>),
) -> Result<u8> {
    let (plan, made) = done;
    let plan = with_ids(plan, &made);
    let all: Vec<String> = plan.changes().map(|change| change.resource.to_string()).collect();
    let told = |error: Error| Error { done: all.clone(), ..error };
    let voice = work.speak.reporter();
    voice.borrow_mut().on(&Event::Looking { what: "the result".to_owned() });
    let seen = tokio::select! {
        seen = Box::pin(observe(&work.eyes, &work.look)) => seen,
        error = work.stop.wait() => Err(error),
    };
    drop(voice);
    let (facts, _) = seen.map_err(told)?;
    ended_well(work, &facts).and_then(|()| proved(work, &facts)).map_err(told)?;
    let claim = wait(work, &facts, kubernetes, &plan).await.map_err(told)?;
    let facts = with_volume(facts, kubernetes, &claim).await.map_err(told)?;
    let facts = bind::again(work, facts, kubernetes).await.map_err(told)?;
    end(work, header, plan, made, (&facts, claim)).await.map_err(told)
}

/// The volume of a claim that was bound between or after the looks: the receipt names it, so it is looked at by itself.
async fn with_volume(mut facts: Facts, kubernetes: &Kubernetes, claim: &Option<Claim>) -> Result<Facts> {
    let bound =
        claim.as_ref().or_else(|| facts.storage.claim.found()).and_then(|claim| claim.volume.as_ref());
    let is_known = |name: &String| {
        facts.storage.volumes.found().into_iter().flatten().any(|volume| volume.name == *name)
    };
    if bound.is_some_and(|name| !is_known(name)) {
        facts.storage.volumes = kubernetes.reads().volumes().await?;
    }
    Ok(facts)
}

/// An add-on that was just made or changed and failed at once is no conflict with anybody. One that is DEGRADED has
/// until the wait is over.
fn ended_well(work: &Work<'_>, facts: &Facts) -> Result<()> {
    let addon = facts
        .driver
        .addon
        .found()
        .filter(|addon| work.intent.covers(StepId::Driver) && addon.status.ends_with("_FAILED"));
    addon.and_then(|addon| ended_badly(addon, &work.look.cluster)).map_or(Ok(()), Err)
}

/// The look after the last write must find nothing left to do.
fn proved(work: &Work<'_>, facts: &Facts) -> Result<()> {
    let again = steps::plan(Goal::Present, &work.intent, facts);
    if again.is_settled() {
        return Ok(());
    }
    if let Some(block) = again.block().filter(|block| block.kind == Kind::Denied) {
        let message = "all changes were made, but what came of them cannot be seen";
        let mut error = Error::new(Kind::Denied, message).because(block.message.clone());
        (error.permission, error.next) = (block.permission.clone(), block.next.clone());
        return Err(error);
    }
    let block = again.block().map(|block| block.message.clone());
    let left: Vec<String> = again.changes().map(|change| change.resource.to_string()).collect();
    let mut error =
        Error::conflict("the world is not as the plan left it: somebody else changes it at the same time")
            .next(AGAIN);
    error.causes.extend(block);
    error.left = left;
    Err(error)
}

/// Waits for what the wish is about: the claim, else the add-on. None when nothing had to be waited for.
async fn wait(work: &Work<'_>, facts: &Facts, kubernetes: &Kubernetes, plan: &Plan) -> Result<Option<Claim>> {
    let Some(timeout) = work.intent.wait else { return Ok(None) };
    let voice: Voice = work.speak.reporter();
    let reads = Reads::new(&work.eyes.session);
    let kube = kubernetes.reads();
    let cluster = work.look.cluster.as_str();
    let vigil = Vigil { reads: &reads, kube: &kube, reporter: &voice, stop: &work.stop, timeout, cluster };
    if work.intent.bind.is_some() {
        let claim = bind::wait(&vigil, facts, &work.look.claim).await?;
        if changes_driver(plan) {
            vigil.addon().await?;
        }
        return Ok(claim);
    }
    if work.intent.covers(StepId::Storage) {
        let bound = facts.storage.claim.found().is_some_and(|claim| claim.phase == "Bound");
        // Such a claim binds with its first pod, which is not fsxctl's to make.
        let later =
            facts.storage.class.found().is_some_and(|class| class.binding_mode == "WaitForFirstConsumer");
        let claim = if bound || later {
            None
        } else {
            Some(vigil.claim(&facts.storage.claim_namespace, &work.look.claim).await?)
        };
        // A driver that this run installed is part of its promise, also when it was good enough for this claim.
        if changes_driver(plan) {
            vigil.addon().await?;
        }
        return Ok(claim);
    }
    let is_coming = facts
        .driver
        .addon
        .found()
        .is_some_and(|addon| addon.status == "CREATING" || addon.status == "UPDATING");
    let has_driver = plan.items.iter().any(|item| item.step == StepId::Driver);
    if has_driver && (is_coming || changes_driver(plan)) {
        vigil.addon().await?;
    }
    // helm does not wait, so fsxctl does.
    if has_driver && facts.driver.release.found().is_some_and(|release| release.ours) {
        vigil.rollout(&facts.driver.namespace).await?;
    }
    Ok(None)
}

/// Whether the plan makes or changes the add-on.
fn changes_driver(plan: &Plan) -> bool {
    plan.changes().any(|change| change.resource.kind == "Addon" && change.verb != steps::Verb::Delete)
}

async fn end(
    work: &Work<'_>,
    header: &Header,
    plan: Plan,
    made: Vec<Made>,
    seen: (&Facts, Option<Claim>),
) -> Result<u8> {
    let (facts, claim) = seen;
    manifests::write(&work.intent, facts, work.speak)?;
    let mut volumes = match work.intent.bind {
        Some(_) => bind::volumes(&work.intent, facts),
        None if work.intent.covers(StepId::Storage) => vec![volume(work, facts, claim.as_ref())],
        None => Vec::new(),
    }
    .into_iter();
    let volume = volumes.next();
    let receipt = Receipt { plan, made, volume, more: volumes.collect(), waited: work.intent.wait.is_some() };
    let proof = proof::of(work, receipt.volume.as_ref()).await?;
    proof::tell(work, header, &receipt, proof)
}

fn volume(work: &Work<'_>, facts: &Facts, claim: Option<&Claim>) -> VolumeMade {
    let claim = claim.or_else(|| facts.storage.claim.found());
    let name = claim.and_then(|claim| claim.volume.clone());
    let volume = facts
        .storage
        .volumes
        .found()
        .into_iter()
        .flatten()
        .find(|volume| Some(&volume.name) == name.as_ref());
    VolumeMade {
        namespace: facts.storage.claim_namespace.clone(),
        claim: work.look.claim.clone(),
        file_system_id: volume.map(|volume| volume.handle.clone()),
        dns_name: volume.and_then(|volume| volume.dns_name.clone()),
        mount_name: volume.and_then(|volume| volume.mount_name.clone()),
        persistent_volume: name,
    }
}
