//! Watches the pods of a verification until each has come to its end, or to where only time would be lost.

use std::time::{Duration, Instant};

use futures::StreamExt as _;
use futures::stream::{self, BoxStream};

use super::Attempt;
use crate::domain::mount::MountFailure;
use crate::domain::verify::Transcript;
use crate::engine::Event;
use crate::error::{Error, Result};
use crate::facts::{Observed, ProbeEvent, ProbePod, Seen};
use crate::gateway::{Trouble, TroubleKind};
use crate::steps::verify::ProbePlan;

/// How often what has no watch is looked at.
const TICK: Duration = Duration::from_secs(1);
/// A mount that has failed so often in the same way fails: kubelet waits half a second at first, and twice as long each
/// time (Kubernetes, pkg/util/goroutinemap/exponentialbackoff).
const ATTEMPTS: u32 = 5;
/// A failure that lasts so long is one, whatever the count says: events are counted only as far as they are alike.
const SETTLED: Duration = Duration::from_secs(10);
/// The same for what passes by itself on a node that has only begun.
const SETTLED_LATE: Duration = Duration::from_secs(60);

/// One pod, and since when something keeps it from its end.
struct Watch {
    seen: Observed,
    /// Since when its mount fails.
    failing: Option<Instant>,
    /// How often kubelet says that it has failed in the same way.
    attempts: u32,
    /// Since when its container or its Job gets nowhere.
    stuck: Option<Instant>,
    /// Whether it only waits for another that has failed.
    idle: bool,
}

/// A pod that may wait for one that never comes, and which of its two neighbours that is.
struct Vain {
    number: usize,
    pod: String,
    no_peer: bool,
    no_reader: bool,
}

pub(super) struct Watched<'a> {
    attempt: &'a Attempt<'a>,
    plan: &'a ProbePlan,
    pods: Vec<Watch>,
    since: Instant,
    latest: Option<String>,
}

impl<'a> Watched<'a> {
    pub(super) fn new(attempt: &'a Attempt<'a>, plan: &'a ProbePlan, observed: Vec<Observed>) -> Self {
        let watch = |seen| Watch { seen, failing: None, attempts: 0, stuck: None, idle: false };
        let pods = observed.into_iter().map(watch).collect();
        Self { attempt, plan, pods, since: Instant::now(), latest: None }
    }

    pub(super) fn observed(self) -> Vec<Observed> {
        self.pods.into_iter().map(|watch| watch.seen).collect()
    }

    /// Watches until all have ended, or the time is over.
    pub(super) async fn until_over(&mut self) -> Result<()> {
        let Attempt { kube, stop, wait, .. } = *self.attempt;
        let (namespace, run) = (&self.plan.namespace, &self.plan.run);
        let mut pods = kube.watch_probe_pods(namespace, run);
        let mut events: BoxStream<'static, Result<ProbeEvent, Trouble>> =
            kube.watch_probe_events(namespace, &format!("fsxctl-verify-{run}-"));
        let mut tick = tokio::time::interval(TICK);
        tick.set_missed_tick_behavior(tokio::time::MissedTickBehavior::Delay);
        self.tell();
        loop {
            let left = wait.saturating_sub(self.since.elapsed());
            tokio::select! {
                pod = pods.next() => match pod {
                    Some(Ok(pod)) => self.saw(pod),
                    Some(Err(trouble)) => return Err(trouble.into()),
                    None => return Err(Error::bug("the watch of the verification's pods ended")),
                },
                event = events.next() => match event {
                    Some(Ok(event)) => self.heard(event),
                    // Without events causes are missing, and verdicts are not.
                    other => {
                        events = stream::pending().boxed();
                        self.unexplained(other);
                    }
                },
                _ = tick.tick() => tokio::select! {
                    () = self.look_closer() => {}
                    error = stop.wait() => return Err(error),
                    () = tokio::time::sleep(left) => return Ok(()),
                },
                error = stop.wait() => return Err(error),
                () = tokio::time::sleep(left) => return Ok(()),
            }
            if (0..self.pods.len()).all(|number| self.is_over(number)) {
                return Ok(());
            }
        }
    }

    fn saw(&mut self, pod: ProbePod) {
        let Some(number) = self.number(&pod.job) else { return };
        let (node, before) = (self.node(number), self.done());
        let Some(watch) = self.pods.get_mut(number) else { return };
        let reason = pod.waiting.as_ref().or(pod.unscheduled.as_ref()).cloned();
        if reason.is_some() {
            watch.stuck.get_or_insert_with(Instant::now);
        } else {
            watch.stuck = None;
        }
        let is_running = pod.phase != "Pending";
        if is_running {
            watch.failing = None;
        }
        watch.seen.pod = Some(pod);
        if let Some(reason) = reason {
            self.latest = Some(format!("{node}: {reason}"));
        }
        if self.done() != before || self.latest.is_some() {
            self.tell();
        }
    }

    fn heard(&mut self, told: ProbeEvent) {
        let Some(number) = self.number(&told.about) else { return };
        let node = self.node(number);
        let ProbeEvent { event, .. } = told;
        let Some(watch) = self.pods.get_mut(number) else { return };
        let text = format!("{}: {}", event.reason, event.message);
        match event.reason.as_str() {
            "FailedMount" | "FailedAttachVolume" => {
                watch.failing.get_or_insert_with(Instant::now);
                watch.attempts = watch.attempts.max(event.count);
                let weight = |message: &str| MountFailure::of(message).weight();
                let known = watch.seen.mount_event.as_deref().map(weight);
                if known.is_none_or(|known| weight(&event.message) >= known) {
                    watch.seen.mount_event = Some(event.message);
                }
            }
            "FailedCreate" => {
                watch.stuck.get_or_insert_with(Instant::now);
                watch.seen.refused = Some(event.message);
            }
            _ => watch.seen.warning = Some(text.clone()),
        }
        self.latest = Some(format!("{node}: {text}"));
        self.tell();
    }

    fn unexplained(&self, heard: Option<Result<ProbeEvent, Trouble>>) {
        let Some(Err(trouble)) = heard else { return };
        let reason = match trouble.what {
            TroubleKind::Denied => format!("{} is not allowed", trouble.permission),
            _ => trouble.message,
        };
        let what = "events of the verification's pods".to_owned();
        self.attempt.reporter.borrow_mut().on(&Event::Unexplained { what, reason });
    }

    /// Pods that run and whose neighbour has failed: only their log tells whether they still have work of their own.
    async fn look_closer(&mut self) {
        let (kube, namespace) = (self.attempt.kube, self.plan.namespace.as_str());
        let asked: Vec<Vain> = (0..self.pods.len()).filter_map(|number| self.in_vain(number)).collect();
        let calls = asked.into_iter().map(|vain| async move {
            let log = kube.probe_log(namespace, &vain.pod).await;
            (vain, log)
        });
        let mut answers = stream::iter(calls).buffered(AT_ONCE);
        while let Some((vain, log)) = answers.next().await {
            let Ok(Seen::Found(log)) = log else { continue };
            let told = Transcript::of(&log);
            let is_idle = (vain.no_peer && told.waits_for_peer())
                || (vain.no_reader && told.waits_for_reader())
                || told.ended;
            if let Some(watch) = self.pods.get_mut(vain.number) {
                watch.idle = is_idle;
                watch.seen.log = Some(log);
            }
        }
    }

    /// A pod that runs and may wait for one that never comes.
    fn in_vain(&self, number: usize) -> Option<Vain> {
        let watch = self.pods.get(number).filter(|watch| !watch.idle)?;
        let pod = watch.seen.pod.as_ref();
        let pod = pod.filter(|pod| pod.phase == "Running" && pod.exit_code.is_none())?;
        let peer = self.plan.probes.get(number).map_or(number, |probe| probe.peer);
        let reader = self.plan.probes.iter().position(|probe| probe.peer == number).unwrap_or(number);
        let (no_peer, no_reader) = (self.wrote_nothing(peer), self.wrote_nothing(reader));
        (peer != number && (no_peer || no_reader)).then(|| Vain {
            number,
            pod: pod.name.clone(),
            no_peer,
            no_reader,
        })
    }

    /// Whether a pod is at its end without ever having run, so that nobody need wait for it.
    fn wrote_nothing(&self, number: usize) -> bool {
        let Some(watch) = self.pods.get(number) else { return false };
        let has_run =
            watch.seen.pod.as_ref().is_some_and(|pod| pod.phase == "Running" || pod.exit_code == Some(0));
        !has_run && self.is_over(number)
    }

    /// Whether nothing more is to be expected of a pod.
    fn is_over(&self, number: usize) -> bool {
        let Some(watch) = self.pods.get(number) else { return true };
        if !watch.seen.created || watch.idle {
            return true;
        }
        let long =
            |since: Option<Instant>, limit: Duration| since.is_some_and(|since| since.elapsed() >= limit);
        let Some(pod) = &watch.seen.pod else { return long(watch.stuck, SETTLED) };
        if pod.exit_code.is_some() || matches!(pod.phase.as_str(), "Succeeded" | "Failed") {
            return true;
        }
        let failure = watch.seen.mount_event.as_deref().map(MountFailure::of);
        let limit = match failure {
            // Kubelet has waited for two minutes by then.
            Some(MountFailure::Hang) => Duration::ZERO,
            Some(failure) if failure.may_pass() => SETTLED_LATE,
            _ if watch.attempts >= ATTEMPTS => Duration::ZERO,
            _ => SETTLED,
        };
        let limit_stuck = if pod.unscheduled.is_some() { SETTLED_LATE } else { SETTLED };
        pod.phase == "Pending" && (long(watch.failing, limit) || long(watch.stuck, limit_stuck))
    }

    /// Logs of all that began, and what else is known of those that did not. What is asked for is known as soon as it
    /// comes, so whoever ends this early has the rest.
    pub(super) async fn gather(&mut self) {
        let (kube, namespace) = (self.attempt.kube, self.plan.namespace.as_str());
        let mut asked = Vec::new();
        for (number, watch) in self.pods.iter_mut().enumerate() {
            let Some(pod) = watch.seen.pod.clone() else { continue };
            watch.seen.log_veil = Some("it did not come in time".to_owned());
            asked.push((number, pod));
        }
        let calls = asked.into_iter().map(|(number, pod)| async move {
            let has_begun = pod.exit_code.is_some() || pod.phase != "Pending";
            if has_begun {
                return match kube.probe_log(namespace, &pod.name).await {
                    Ok(Seen::Found(log)) => (number, Some(log), None, true),
                    Ok(Seen::Missing) => (number, None, None, true),
                    Ok(Seen::Hidden(veil)) => (number, None, Some(veil.permission), true),
                    Err(trouble) => (number, None, Some(trouble.message), true),
                };
            }
            let events = kube.events_of(namespace, &pod.uid).await;
            let events = events.ok().and_then(|seen| seen.found().cloned()).unwrap_or_default();
            let pulls = events.iter().any(|event| matches!(event.reason.as_str(), "Pulling" | "Pulled"));
            (number, None, None, pulls)
        });
        let mut answers = stream::iter(calls).buffer_unordered(AT_ONCE);
        while let Some((number, log, veil, pulls)) = answers.next().await {
            let Some(watch) = self.pods.get_mut(number) else { continue };
            watch.seen.log = log.or_else(|| watch.seen.log.take());
            (watch.seen.log_veil, watch.seen.pulls) = (veil, pulls);
        }
    }

    /// The number of the Job, or of the pod, of this name.
    fn number(&self, name: &str) -> Option<usize> {
        let rest = name.strip_prefix("fsxctl-verify-")?.strip_prefix(&self.plan.run)?.strip_prefix('-')?;
        let number = rest.split('-').next()?.parse().ok()?;
        (number < self.pods.len()).then_some(number)
    }

    fn node(&self, number: usize) -> String {
        self.plan.probes.get(number).map(|probe| probe.node.name.clone()).unwrap_or_default()
    }

    fn done(&self) -> usize {
        (0..self.pods.len()).filter(|number| self.is_over(*number)).count()
    }

    fn tell(&mut self) {
        let count = format!("{} of {} done", self.done(), self.pods.len());
        let reason = match self.latest.take() {
            Some(latest) => format!("{count}; {latest}"),
            None => count,
        };
        let what = format!("pods that try claim {}/{}", self.plan.namespace, self.plan.claim);
        let event =
            Event::Waiting { what, elapsed: self.since.elapsed(), expected: None, reason: Some(reason) };
        self.attempt.reporter.borrow_mut().on(&event);
    }
}

/// Calls under way at once.
const AT_ONCE: usize = 16;
