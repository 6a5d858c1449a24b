//! Waits for the result: the claim Bound, or the add-on ACTIVE, with the driver's and FSx's own reasons on the way.
//!
//! The claim and its events are watched; only FSx and EKS, which have no watch, are asked now and then.

use std::cell::RefCell;
use std::time::{Duration, Instant};

use futures::future::{Fuse, FusedFuture as _, LocalBoxFuture};
use futures::stream::BoxStream;
use futures::{FutureExt as _, StreamExt as _};

use super::{Event, Reporter, Stop};
use crate::error::{AGAIN, Error, Kind, Result};
use crate::facts::{Addon, Claim, Event as ClusterEvent, FileSystem, Seen};
use crate::gateway::wait::CONSISTENCY;
use crate::gateway::{KubeReads, Reads, Trouble, TroubleKind};
use crate::steps::driver::ADDON;

/// FSx makes a small file system in five to twelve minutes (driver comment, driver issue 382).
const USUAL_CREATION: Duration = Duration::from_secs(12 * 60);
/// When FSx and EKS are asked for the first time, and how often after that.
const ASK_FIRST: Duration = Duration::from_secs(2);
const ASK_EVERY: Duration = Duration::from_secs(10);

/// What is waited for, and with what.
pub struct Vigil<'a> {
    /// AWS.
    pub reads: &'a Reads,
    /// Kubernetes.
    pub kube: &'a KubeReads,
    /// Told of every change of state.
    pub reporter: &'a RefCell<Box<dyn Reporter + Send>>,
    /// Ends the wait early.
    pub stop: &'a Stop,
    /// The longest wait.
    pub timeout: Duration,
    /// The cluster's name.
    pub cluster: &'a str,
}

/// What the wait knows so far.
struct State {
    since: Instant,
    uid: String,
    reason: Option<String>,
    refusal: Option<(Instant, String)>,
    /// Since when the add-on is DEGRADED.
    degraded: Option<Instant>,
    /// Whether a file system comes with the claim, so that FSx and EKS have something to say.
    is_made: bool,
}

/// What FSx and EKS say.
struct Asked {
    system: Option<FileSystem>,
    addon: Option<Addon>,
}

impl Vigil<'_> {
    /// Waits until the claim is Bound.
    ///
    /// # Errors
    /// The time is over (6), the driver or FSx refused for good (10), the claim was lost or deleted (10, 7), or the
    /// run was interrupted.
    pub async fn claim(&self, namespace: &str, name: &str) -> Result<Claim> {
        self.until_bound(namespace, name, true).await
    }

    /// The same for a claim of a volume that is there: only Kubernetes has a part in it.
    ///
    /// # Errors
    /// As for a claim that a file system is made for.
    pub async fn bound(&self, namespace: &str, name: &str) -> Result<Claim> {
        self.until_bound(namespace, name, false).await
    }

    async fn until_bound(&self, namespace: &str, name: &str, is_made: bool) -> Result<Claim> {
        let what = format!("claim {namespace}/{name} to be Bound");
        let mut state = State {
            since: Instant::now(),
            uid: String::new(),
            reason: None,
            refusal: None,
            degraded: None,
            is_made,
        };
        self.tell(&what, &state);
        let mut claims = self.kube.watch_claim(namespace, name);
        let mut events: BoxStream<'static, Result<ClusterEvent, Trouble>> =
            futures::stream::pending().boxed();
        let mut ask = tokio::time::interval_at(tokio::time::Instant::now() + ASK_FIRST, ASK_EVERY);
        ask.set_missed_tick_behavior(tokio::time::MissedTickBehavior::Delay);
        // Asked beside the watch: a service that hangs must not keep the claim's own news waiting.
        let mut asking: Fuse<LocalBoxFuture<'_, Asked>> = Fuse::terminated();
        loop {
            let left = self.timeout.saturating_sub(state.since.elapsed());
            tokio::select! {
                claim = claims.next() => {
                    let claim = self.claim_of(claim, namespace, name)?;
                    if claim.phase == "Bound" {
                        let arrived = Event::Arrived { what: format!("claim {namespace}/{name} is Bound"), elapsed: state.since.elapsed() };
                        self.reporter.borrow_mut().on(&arrived);
                        return Ok(claim);
                    }
                    if state.uid != claim.marks.uid {
                        state.uid.clone_from(&claim.marks.uid);
                        events = self.kube.watch_events(namespace, &state.uid);
                    }
                }
                event = events.next() => match event {
                    Some(Ok(event)) => { heard(&mut state, &event); self.tell(&what, &state); }
                    // Events only explain; without them the wait goes on.
                    Some(Err(trouble)) if trouble.what == TroubleKind::Denied => {
                        events = futures::stream::pending().boxed();
                        let text = format!("events of the claim cannot be seen ({})", trouble.permission);
                        state.reason.get_or_insert(text);
                        self.tell(&what, &state);
                    }
                    other => {
                        events = futures::stream::pending().boxed();
                        self.unexplained(&format!("events of claim {namespace}/{name}"), other);
                    }
                },
                _ = ask.tick(), if is_made && asking.is_terminated() => asking = self.ask(state.uid.clone()).boxed_local().fuse(),
                asked = &mut asking => { learn(&mut state, asked, self.cluster)?; self.tell(&what, &state); }
                error = self.stop.wait() => return Err(error),
                () = tokio::time::sleep(left) => return Err(timed_out(&what, &state, self.timeout)),
            }
            refused(&state, namespace, name)?;
        }
    }

    fn unexplained(&self, what: &str, heard: Option<Result<ClusterEvent, Trouble>>) {
        let Some(Err(trouble)) = heard else { return };
        let event = Event::Unexplained { what: what.to_owned(), reason: trouble.message };
        self.reporter.borrow_mut().on(&event);
    }

    fn claim_of(&self, seen: Option<Result<Claim, Trouble>>, namespace: &str, name: &str) -> Result<Claim> {
        match seen {
            Some(Ok(claim)) if claim.phase == "Lost" => Err(Error::new(
                Kind::EndedBadly,
                format!("claim {namespace}/{name} is Lost: its volume is gone"),
            )
            .next(format!(
                "delete it and run the same command again: kubectl -n {namespace} delete pvc {name}"
            ))),
            Some(Ok(claim)) => Ok(claim),
            Some(Err(trouble)) if trouble.what == TroubleKind::NotFound => {
                Err(Error::conflict(format!("claim {namespace}/{name} was deleted while it was waited for"))
                    .next(AGAIN))
            }
            Some(Err(trouble)) => Err(trouble.into()),
            None => Err(Error::bug(format!("the watch of claim {namespace}/{name} ended"))),
        }
    }

    fn tell(&self, what: &str, state: &State) {
        let event = Event::Waiting {
            what: what.to_owned(),
            elapsed: state.since.elapsed(),
            expected: state.is_made.then_some(USUAL_CREATION),
            reason: state.reason.clone(),
        };
        self.reporter.borrow_mut().on(&event);
    }

    /// Asks FSx for the claim's file system and EKS for the add-on. What cannot be had is asked for again later.
    async fn ask(&self, uid: String) -> Asked {
        let (systems, addon) = futures::join!(
            Box::pin(self.reads.file_systems()),
            Box::pin(self.reads.addon(self.cluster, ADDON))
        );
        let tag = format!("pvc-{uid}");
        let is_mine = |system: &FileSystem| system.tags.get("CSIVolumeName").is_some_and(|name| *name == tag);
        let systems = systems.ok().and_then(|seen| seen.found().cloned()).unwrap_or_default();
        Asked {
            system: systems.into_iter().find(is_mine),
            addon: addon.ok().and_then(|seen| seen.found().cloned()),
        }
    }

    /// Waits until the add-on is ACTIVE.
    ///
    /// # Errors
    /// The time is over (6), the add-on failed or stays DEGRADED (10), or the run was interrupted.
    pub async fn addon(&self) -> Result<()> {
        let (what, since) = (format!("add-on {ADDON} to be ACTIVE"), Instant::now());
        let mut backoff = crate::gateway::wait::Backoff::new(Duration::from_millis(500), ASK_EVERY);
        let (mut degraded, mut has_waited) = (None, false);
        loop {
            let addon = self.addon_now().await?;
            if addon.status == "ACTIVE" {
                if has_waited {
                    let arrived = Event::Arrived {
                        what: format!("add-on {ADDON} is ACTIVE"),
                        elapsed: since.elapsed(),
                    };
                    self.reporter.borrow_mut().on(&arrived);
                }
                return Ok(());
            }
            judge(&addon, &mut degraded, self.cluster)?;
            let event = Event::Waiting {
                what: what.clone(),
                elapsed: since.elapsed(),
                expected: Some(Duration::from_secs(60)),
                reason: Some(words(&addon)),
            };
            self.reporter.borrow_mut().on(&event);
            has_waited = true;
            if since.elapsed() >= self.timeout {
                return Err(Error::new(
                    Kind::Unavailable,
                    format!("waited {} s for {what}", self.timeout.as_secs()),
                )
                .because(words(&addon))
                .next(format!("{AGAIN}; it goes on waiting")));
            }
            tokio::select! {
                error = self.stop.wait() => return Err(error),
                () = tokio::time::sleep(backoff.pause()) => {}
            }
        }
    }

    async fn addon_now(&self) -> Result<Addon> {
        let seen = tokio::select! {
            seen = Box::pin(self.reads.addon(self.cluster, ADDON)) => seen?,
            error = self.stop.wait() => return Err(error),
        };
        match seen {
            Seen::Found(addon) => Ok(addon),
            Seen::Missing => {
                Err(Error::conflict(format!("add-on {ADDON} was deleted while it was waited for"))
                    .next(AGAIN))
            }
            Seen::Hidden(veil) => Err(Error::new(Kind::Denied, "cannot see the add-on")
                .because(veil.cause)
                .next(format!("allow {} and run it again", veil.permission))
                .permission(veil.permission)),
        }
    }
}

/// Takes an event in. Answers that only say "still busy" are progress, all other failures may be refusals.
fn heard(state: &mut State, event: &ClusterEvent) {
    if event.kind == "Warning" && !is_busy(&event.message) {
        let since = state.refusal.as_ref().map_or_else(Instant::now, |(since, _)| *since);
        state.refusal = Some((since, event.message.clone()));
    } else if event.kind != "Warning" && event.reason == "ProvisioningSucceeded" {
        state.refusal = None;
    }
    // What only says that somebody waits must not cover what was refused.
    if event.kind == "Warning" || state.refusal.is_none() {
        state.reason = Some(format!("{}: {}", event.reason, event.message));
    }
}

/// Takes in what FSx and EKS say.
fn learn(state: &mut State, asked: Asked, cluster: &str) -> Result<()> {
    if let Some(system) = asked.system {
        if system.lifecycle == "FAILED" {
            let why = system.failure.unwrap_or_else(|| "FSx gives no reason".to_owned());
            let error =
                Error::new(Kind::EndedBadly, format!("file system {} is FAILED", system.id)).because(why);
            return Err(error.next("mend what FSx names, delete the claim, and run the same command again"));
        }
        // FSx took the wish, so whatever was refused before is mended.
        state.refusal = None;
        state.reason = Some(format!("file system {} is {}", system.id, system.lifecycle));
        return Ok(());
    }
    if let Some(addon) = asked.addon.filter(|addon| addon.status != "ACTIVE") {
        judge(&addon, &mut state.degraded, cluster)?;
        if state.refusal.is_none() {
            state.reason = Some(format!("add-on {ADDON} is {}", words(&addon)));
        }
    }
    Ok(())
}

/// Status and issues of an add-on.
fn words(addon: &Addon) -> String {
    let issues: Vec<String> =
        addon.issues.iter().map(|issue| format!("{}: {}", issue.code, issue.message)).collect();
    if issues.is_empty() { addon.status.clone() } else { format!("{} ({})", addon.status, issues.join("; ")) }
}

/// An add-on that failed is at its end. One that is DEGRADED may only lack pods that are on their way; when it stays
/// so, it is at its end too.
fn judge(addon: &Addon, degraded: &mut Option<Instant>, cluster: &str) -> Result<()> {
    if addon.status != "DEGRADED" {
        *degraded = None;
        return ended_badly(addon, cluster).map_or(Ok(()), Err);
    }
    let since = *degraded.get_or_insert_with(Instant::now);
    let passes = addon.issues.iter().all(|issue| issue.code == "InsufficientNumberOfReplicas");
    if passes && since.elapsed() < CONSISTENCY {
        Ok(())
    } else {
        ended_badly(addon, cluster).map_or(Ok(()), Err)
    }
}

/// The end of an add-on that failed or is DEGRADED, in EKS's own words, with the way out. None for any other.
pub fn ended_badly(addon: &Addon, cluster: &str) -> Option<Error> {
    let next = match addon.status.as_str() {
        "CREATE_FAILED" | "DELETE_FAILED" => format!(
            "mend what EKS names, remove the add-on, and run the same command again: \
             aws eks delete-addon --addon-name {ADDON} --cluster-name {cluster}"
        ),
        "UPDATE_FAILED" => "mend what EKS names, and run the same command again".to_owned(),
        "DEGRADED" => {
            "mend what EKS names: kubectl -n kube-system get pods -l app.kubernetes.io/name=aws-fsx-csi-driver".to_owned()
        }
        _ => return None,
    };
    let causes = addon.issues.iter().map(|issue| format!("{}: {}", issue.code, issue.message)).collect();
    let error = Error::new(Kind::EndedBadly, format!("add-on {ADDON} is {}", addon.status));
    Some(Error { causes, ..error }.next(next))
}

impl Vigil<'_> {
    /// Waits until the driver's pods are ready.
    ///
    /// # Errors
    /// The time is over (6), the workloads went or cannot be seen, or the run was interrupted.
    pub async fn rollout(&self, namespace: &str) -> Result<()> {
        let (what, since) = (format!("the driver's pods in {namespace} to be ready"), Instant::now());
        let mut backoff = crate::gateway::wait::Backoff::new(Duration::from_millis(500), ASK_EVERY);
        loop {
            let (controller, node) = futures::join!(
                self.kube.deployment(namespace, "fsx-csi-controller"),
                self.kube.daemon_set(namespace, "fsx-csi-node"),
            );
            let mut late = Vec::new();
            for (name, seen) in [("fsx-csi-controller", controller?), ("fsx-csi-node", node?)] {
                match seen {
                    Seen::Found(workload) if workload.ready < workload.desired || workload.rolling => {
                        late.push(format!("{name}: {} of {}", workload.ready, workload.desired));
                    }
                    // Who may not look cannot wait either.
                    Seen::Found(_) | Seen::Hidden(_) => {}
                    Seen::Missing => {
                        return Err(Error::conflict(format!("{name} was deleted while it was waited for")));
                    }
                }
            }
            if late.is_empty() {
                let what = format!("the driver's pods in {namespace} are ready");
                self.reporter.borrow_mut().on(&Event::Arrived { what, elapsed: since.elapsed() });
                return Ok(());
            }
            let reason = late.join(", ");
            let event = Event::Waiting {
                what: what.clone(),
                elapsed: since.elapsed(),
                expected: Some(Duration::from_secs(60)),
                reason: Some(reason.clone()),
            };
            self.reporter.borrow_mut().on(&event);
            if since.elapsed() >= self.timeout {
                let message = format!("waited {} s for {what}", self.timeout.as_secs());
                let error = Error::new(Kind::Unavailable, message).because(reason);
                return Err(error.next("run the same command again; it goes on waiting"));
            }
            tokio::select! {
                error = self.stop.wait() => return Err(error),
                () = tokio::time::sleep(backoff.pause()) => {}
            }
        }
    }
}

/// Messages that mean that the driver is still at it (facts: one or two of these are normal).
fn is_busy(message: &str) -> bool {
    [
        "DeadlineExceeded",
        "already in progress",
        "context canceled",
        "context deadline exceeded",
        "code = Aborted",
    ]
    .iter()
    .any(|text| message.contains(text))
}

/// A refusal that outlasts every eventual consistency is final.
fn refused(state: &State, namespace: &str, name: &str) -> Result<()> {
    match &state.refusal {
        Some((since, reason)) if since.elapsed() > CONSISTENCY && !state.is_made => {
            let message = format!("Kubernetes does not bind claim {namespace}/{name}");
            Err(Error::new(Kind::EndedBadly, message)
                .because(reason.clone())
                .next(format!("kubectl -n {namespace} describe pvc {name}")))
        }
        Some((since, reason)) if since.elapsed() > CONSISTENCY => Err(Error::new(
            Kind::EndedBadly,
            format!("the driver cannot make a file system for claim {namespace}/{name}"),
        )
        .because(reason.clone())
        .next("mend what the driver names; it tries again by itself, and the same command goes on waiting")),
        _ => Ok(()),
    }
}

fn timed_out(what: &str, state: &State, timeout: Duration) -> Error {
    let error = Error::new(Kind::Unavailable, format!("waited {} s for {what}", timeout.as_secs()))
        .next(format!("{AGAIN}; it goes on waiting"));
    let refusal = state.refusal.as_ref().map(|(_, reason)| reason);
    match refusal.or(state.reason.as_ref()) {
        Some(reason) => error.because(reason.clone()),
        None => error,
    }
}
