//! `verify`: look, plan, consent, pods, verdict; or the removal of what earlier runs left.

use std::collections::BTreeMap;
use std::time::Duration;

use super::speak::{Answer, Speak};
use super::way;
use super::wizard::by_signal;
use crate::cli::{GlobalArgs, VerifyArgs};
use crate::engine::{
    Attempt, Event, Eyes, Made, Receipt, Remains, Stop, VerifyLook, closed_ways, look_for_verify, reach,
    remove_probes, run_id,
};
use crate::error::{AGAIN, Error, Kind, Result};
use crate::facts::{Cluster, ProbeJob, Seen, VerifyFacts};
use crate::gateway::{Kubernetes, Probes};
use crate::intent::{CleanupWish, Setup, Target, VerifyWish, verify_after, verify_intent};
use crate::report::{
    ClusterId, Header, VerifiedClaim, VerifyBody, VerifySummary, plan_document, plan_page, receipt_document,
    receipt_page, verify_document, verify_page,
};
use crate::steps::verify::{self as planner, ProbePlan, Verdict};
use crate::steps::{Note, Plan, Sign};
use crate::term::{Consent, LogFormat};

/// Everything that one verification needs.
struct Work<'a> {
    wish: VerifyWish,
    eyes: Eyes,
    cluster: String,
    speak: &'a Speak,
    stop: Stop,
}

/// Verifies a claim, or removes what earlier runs left.
///
/// # Errors
/// Whatever stands between here and the verdict.
pub(super) async fn run(
    args: &VerifyArgs,
    global: &GlobalArgs,
    env: &BTreeMap<String, String>,
    speak: &Speak,
) -> Result<u8> {
    let (wish, target, request_timeout) = verify_intent(args, global, env)?;
    let stop = Stop::by_signals();
    let open = Box::pin(open(env, &target, request_timeout));
    let (eyes, cluster) = tokio::select! {
        opened = open => opened?,
        error = stop.wait() => return Err(error),
    };
    let work = Work { wish, eyes, cluster, speak, stop };
    match work.wish.cleanup.clone() {
        Some(wish) => Box::pin(clean_up(&work, &wish)).await,
        None => Box::pin(verify(&work)).await,
    }
}

async fn open(
    env: &BTreeMap<String, String>,
    target: &Target,
    request_timeout: Duration,
) -> Result<(Eyes, String)> {
    let session = way::open(env, target, request_timeout).await?;
    let cluster = way::cluster_name(&session, target, env).await?;
    way::check_account(&session, target.account.as_ref()).await?;
    let setup = Setup { yes: false, dry_run: false, ask_leave: false, verify: false, request_timeout };
    let kube = way::kube_wish(env, target, &setup);
    Ok((Eyes { session, kube }, cluster))
}

fn header(cluster: &Cluster, region: &str, access: String) -> Header {
    let account = cluster.arn.split(':').nth(4).unwrap_or_default().to_owned();
    let (name, arn) = (cluster.name.clone(), cluster.arn.clone());
    Header { cluster: ClusterId { name, arn, region: region.to_owned(), account }, access }
}

async fn verify(work: &Work<'_>) -> Result<u8> {
    let (facts, kubernetes, others) = look(work).await?;
    let header = header(&facts.cluster, &facts.region, facts.reached.clone());
    match Box::pin(go_on(work, (&facts, &others), &kubernetes, &header)).await {
        Ok(code) => Ok(code),
        Err(error) => {
            let error = by_signal(error, &work.stop).await;
            Ok(work.speak.fail(&error, Some(header.cluster)))
        }
    }
}

async fn look(work: &Work<'_>) -> Result<(VerifyFacts, Kubernetes, Vec<ProbeJob>)> {
    let Work { wish, cluster, .. } = work;
    let voice = work.speak.reporter();
    voice.borrow_mut().on(&Event::Looking { what: format!("cluster {cluster}") });
    let look =
        VerifyLook { cluster: cluster.clone(), namespace: wish.namespace.clone(), claim: wish.claim.clone() };
    tokio::select! {
        seen = Box::pin(look_for_verify(&work.eyes, &look)) => seen,
        error = work.stop.wait() => Err(error),
    }
}

/// From the plan to the end.
async fn go_on(
    work: &Work<'_>,
    (facts, others): (&VerifyFacts, &[ProbeJob]),
    kubernetes: &Kubernetes,
    header: &Header,
) -> Result<u8> {
    let mut plan = planned(&work.wish, facts)?;
    plan.notes.extend(planner::of_others(others));
    let shown = planner::shown(&plan);
    if work.wish.dry_run {
        return show(work, header, &shown, 0);
    }
    if let Some(code) = consented(work, header, &shown, "Create these pods?")? {
        return Ok(code);
    }
    let (body, error) = prove(work, facts, kubernetes, &plan).await?;
    let verdict = if body.verdict == Verdict::Ok { 0 } else { Kind::Findings.code() };
    let code = match &error {
        Some(error) if verdict == 0 => error.kind.code(),
        _ => verdict,
    };
    let frame = work.speak.frame(Some(header.cluster.clone()), code);
    let document = verify_document(&frame, body);
    let page = verify_page(header, &document.body, work.speak.term.view());
    let given = work.speak.give(&Answer { page, document: &document })?;
    if let Some(error) = error {
        work.speak.remark(&error, Some(header.cluster.clone()));
    }
    Ok(given)
}

fn planned(wish: &VerifyWish, facts: &VerifyFacts) -> Result<ProbePlan> {
    planner::plan(wish, facts, &run_id()?).map_err(|block| {
        let mut error = Error::new(block.kind, block.message.clone());
        error.permission.clone_from(&block.permission);
        error.next.clone_from(&block.next);
        error.plan = Some(Box::new(planner::blocked(*block)));
        error
    })
}

/// What is to be told of a verification, and what kept its pods from being removed.
async fn prove(
    work: &Work<'_>,
    facts: &VerifyFacts,
    kubernetes: &Kubernetes,
    plan: &ProbePlan,
) -> Result<(VerifyBody, Option<Error>)> {
    let (probes, kube, voice) = (Probes::new(kubernetes), kubernetes.reads(), work.speak.reporter());
    let attempt =
        Attempt { probes: &probes, kube: &kube, reporter: &voice, stop: &work.stop, wait: work.wish.wait };
    let tried = Box::pin(attempt.make(plan)).await;
    drop(voice);
    if let Some(mut error) = tried.failure {
        error.next = if error.partial() { error.next } else { error.next.map(|_| AGAIN.to_owned()) };
        error.left.clone_from(&tried.remains.left);
        if !error.left.is_empty() {
            error.next = Some(cleanup_command(plan));
        }
        return Err(error);
    }
    let mut items = planner::judge(facts, plan, &tried.observed);
    if planner::wants_network(&items) {
        let closed = Box::pin(closed_ways(&work.eyes, facts)).await;
        items = planner::judge(&VerifyFacts { closed, ..facts.clone() }, plan, &tried.observed);
    }
    let mut notes = plan.notes.clone();
    notes.extend(planner::left_files(plan, &tried.observed));
    if let Some(permission) = tried.observed.iter().find_map(|seen| seen.log_veil.as_ref()) {
        let text =
            format!("logs cannot be read ({permission}), so there are no figures and no words of the pods");
        notes.push(Note { sign: Sign::Unknown, text });
    }
    let volume = facts.volume.found();
    let claim = VerifiedClaim {
        namespace: plan.namespace.clone(),
        name: plan.claim.clone(),
        persistent_volume: volume.map(|volume| volume.name.clone()),
        file_system_id: volume.map(|volume| volume.handle.clone()),
        dns_name: volume.and_then(|volume| volume.dns_name.clone()),
        mount_name: volume.and_then(|volume| volume.mount_name.clone()),
        mount_options: volume.map(|volume| volume.mount_options.clone()).unwrap_or_default(),
    };
    let body = VerifyBody {
        verdict: planner::overall(&items),
        run: plan.run.clone(),
        claim,
        read_only: plan.read_only,
        mib: work.wish.mib,
        image: work.wish.image.clone(),
        run_as: format!("{}:{}", work.wish.run_as.0, work.wish.run_as.1),
        summary: VerifySummary::of(&items),
        items,
        left: tried.remains.left.clone(),
        notes,
    };
    Ok((body, not_removed(tried.remains, || cleanup_command(plan))))
}

fn cleanup_command(plan: &ProbePlan) -> String {
    format!("fsxctl verify --cleanup-only -n {} --run {}", plan.namespace, plan.run)
}

/// What is left is told, whatever else came out.
fn not_removed(remains: Remains, next: impl FnOnce() -> String) -> Option<Error> {
    if remains.left.is_empty() && remains.error.is_none() {
        return None;
    }
    let late = || Error::new(Kind::Unavailable, "the time for it was over");
    let why = remains.error.unwrap_or_else(late);
    let message = "not everything that was made for verifying could be removed";
    let mut error = Error { message: message.to_owned(), left: remains.left, ..why.clone() };
    error.causes.insert(0, why.message);
    Some(error.next(next()))
}

fn show(work: &Work<'_>, header: &Header, plan: &Plan, code: u8) -> Result<u8> {
    let frame = work.speak.frame(Some(header.cluster.clone()), code);
    let document = plan_document(&frame, plan);
    work.speak.give(&Answer { page: plan_page(header, plan, work.speak.term.view()), document: &document })
}

/// Nothing when there is consent; else what the command ends with. The plan is shown before anything is asked.
fn consented(work: &Work<'_>, header: &Header, plan: &Plan, question: &str) -> Result<Option<u8>> {
    let term = &work.speak.term;
    if !work.wish.yes && !term.asks {
        let code = show(work, header, plan, Kind::Declined.code())?;
        let error = Error::new(Kind::Declined, "these changes need consent, and there is nobody to ask")
            .next("pass --yes to apply them");
        work.speak.remark(&error, Some(header.cluster.clone()));
        return Ok(Some(code));
    }
    // With progress as JSON every line of stderr is an object, as long as nobody is asked.
    let shown = !term.flags.quiet && term.flags.log_format == LogFormat::Text;
    if shown || !work.wish.yes {
        term.say(&plan_page(header, plan, term.view()));
    }
    if work.wish.yes {
        return Ok(None);
    }
    match term.confirm(question)? {
        Consent::Yes => Ok(None),
        Consent::No | Consent::Nobody => Err(Error::new(Kind::Declined, "declined; nothing was changed")),
    }
}

/// `--cleanup-only`.
async fn clean_up(work: &Work<'_>, wish: &CleanupWish) -> Result<u8> {
    let (cluster, kubernetes) = tokio::select! {
        reached = Box::pin(reach(&work.eyes, &work.cluster)) => reached?,
        error = work.stop.wait() => return Err(error),
    };
    let header = header(&cluster, work.eyes.session.region(), kubernetes.how());
    match Box::pin(remove(work, wish, &kubernetes, &header)).await {
        Ok(code) => Ok(code),
        Err(error) => {
            let error = by_signal(error, &work.stop).await;
            Ok(work.speak.fail(&error, Some(header.cluster)))
        }
    }
}

async fn remove(work: &Work<'_>, wish: &CleanupWish, kubernetes: &Kubernetes, header: &Header) -> Result<u8> {
    let own = || work.wish.namespace.clone().or_else(|| kubernetes.namespace());
    let namespace = if wish.everywhere { None } else { Some(own().unwrap_or_else(|| "default".to_owned())) };
    let kube = kubernetes.reads();
    let jobs = match kube.probe_jobs(namespace.as_deref(), wish.run.as_deref()).await? {
        Seen::Found(jobs) => jobs,
        Seen::Missing => Vec::new(),
        Seen::Hidden(veil) => {
            let next = format!("allow {} and run it again", veil.permission);
            return Err(Error::new(Kind::Denied, "cannot see Jobs")
                .because(veil.cause)
                .permission(veil.permission)
                .next(next));
        }
    };
    let (plan, chosen) = planner::leftovers(&jobs, wish.run.is_some());
    if work.wish.dry_run {
        return show(work, header, &plan, 0);
    }
    let mut made = Vec::new();
    if !plan.is_settled() {
        if let Some(code) = consented(work, header, &plan, "Remove these Jobs and their pods?")? {
            return Ok(code);
        }
        let (probes, voice) = (Probes::new(kubernetes), work.speak.reporter());
        let hands = Attempt {
            probes: &probes,
            kube: &kube,
            reporter: &voice,
            stop: &work.stop,
            wait: work.wish.wait,
        };
        let fits = |job: &ProbeJob| chosen.contains(&job.uid);
        let remains = Box::pin(remove_probes(&hands, namespace.as_deref(), &fits)).await;
        if let Some(error) = work.stop.requested() {
            return Err(Error { left: remains.left, ..error });
        }
        if let Some(error) = not_removed(remains, || AGAIN.to_owned()) {
            return Err(error);
        }
        made = plan.changes().map(|change| Made { change: change.id.clone(), id: None }).collect();
    }
    let receipt = Receipt { plan, made, volume: None, more: Vec::new(), waited: true };
    let document = receipt_document(&work.speak.frame(Some(header.cluster.clone()), 0), &receipt);
    let page = receipt_page(header, &receipt, &[], work.speak.term.view());
    work.speak.give(&Answer { page, document: &document })
}

/// The verification that follows a set-up, under the consent that it had. Gives nothing out: what it came to, and what
/// could not be removed.
///
/// # Errors
/// What stands in the way, or what ended it early.
pub(super) async fn after(
    eyes: &Eyes,
    cluster: &str,
    claim: (&str, &str),
    speak: &Speak,
    stop: &Stop,
) -> Result<(VerifyBody, Option<Error>)> {
    let (namespace, name) = claim;
    let wish = verify_after(namespace, name);
    let work = Work { wish, eyes: eyes.clone(), cluster: cluster.to_owned(), speak, stop: stop.clone() };
    let (facts, kubernetes, _) = look(&work).await?;
    let plan = planned(&work.wish, &facts)?;
    Box::pin(prove(&work, &facts, &kubernetes, &plan)).await
}
