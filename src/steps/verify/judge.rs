//! The verdict on each node, from what its pod told and how it ended.

use serde::{Deserialize, Serialize};

use super::{ProbePlan, mount_cause};
use crate::domain::mount::{MountFailure, errno_of_words, own_words};
use crate::domain::verify::{Measured, NO_PEER, PodStep, STOPPED, Transcript};
use crate::facts::{Observed, ProbePod, VerifyFacts};

/// How long nothing has to happen before it is taken for a hang, seconds: the kubelet gives a mount two minutes before it
/// says that it timed out.
const SILENCE: u64 = 100;

/// What a verification, or one node of it, came to.
#[derive(
    Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize, schemars::JsonSchema,
)]
#[serde(rename_all = "lowercase")]
pub enum Verdict {
    /// Everything was proved.
    Ok,
    /// It could not be tried, or not to its end, so nothing is claimed.
    Unknown,
    /// Something does not work.
    Failed,
}

/// What came of one node.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, schemars::JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct NodeVerdict {
    /// The node.
    pub node: String,
    /// Its instance group, node group or node pool, as its labels tell.
    pub group: Option<String>,
    /// Its zone.
    pub zone: Option<String>,
    /// The verdict.
    pub verdict: Verdict,
    /// The step that failed or was not reached; null when all is well, or when there was no pod.
    pub step: Option<PodStep>,
    /// The errno of the failure, when there is one.
    pub errno: Option<u8>,
    /// What happened, in a few words; null when all is well.
    pub summary: Option<String>,
    /// Why, as far as it can be told.
    pub cause: Option<String>,
    /// The words of kubelet, driver or tool.
    pub said: Option<String>,
    /// The one thing to do next.
    pub next: Option<String>,
    /// What is mounted, as the node's list of mounts has it.
    pub source: Option<String>,
    /// The options of that mount.
    pub options: Vec<String>,
    /// Writing, MiB/s; null when it was not written or went too fast to be measured.
    pub write_mi_bps: Option<f64>,
    /// Reading, MiB/s; null when it was not read or went too fast to be measured.
    pub read_mi_bps: Option<f64>,
    /// The node whose file was read.
    pub read_from: Option<String>,
    /// Whether `flock` works; null when it was not tried.
    pub locked: Option<bool>,
}

/// The verdict on the whole: the worst of its nodes.
pub fn overall(all: &[NodeVerdict]) -> Verdict {
    all.iter().map(|node| node.verdict).max().unwrap_or(Verdict::Unknown)
}

/// Whether a cause would be told better with the security groups: a mount or a write that nobody answered.
pub fn wants_network(all: &[NodeVerdict]) -> bool {
    let is_silent = |node: &NodeVerdict| match node.step {
        Some(PodStep::Mounted) => matches!(node.errno, None | Some(5 | 108 | 110)),
        Some(PodStep::Removed) | None => false,
        Some(_) => matches!(node.errno, Some(5 | 108 | 110)) || (node.said.is_none() && node.cause.is_some()),
    };
    all.iter().any(|node| node.verdict == Verdict::Failed && is_silent(node))
}

/// Judges every node of a plan.
pub fn judge(facts: &VerifyFacts, plan: &ProbePlan, observed: &[Observed]) -> Vec<NodeVerdict> {
    let nothing = Observed::default();
    let told = |number: usize| observed.get(number).unwrap_or(&nothing);
    let mut all: Vec<NodeVerdict> =
        (0..plan.probes.len()).map(|number| Bench { facts, plan, number }.judge(told(number))).collect();
    // Who had nothing to read, because the other one failed, is told so when the other one's end is known.
    for number in 0..all.len() {
        let peer = plan.probes.get(number).map_or(number, |probe| probe.peer);
        let has_failed =
            all.get(peer).is_some_and(|peer| peer.verdict != Verdict::Ok && peer.write_mi_bps.is_none());
        if let Some(node) = all.get_mut(number)
            && peer != number
            && has_failed
            && node.step == Some(PodStep::Read)
            && node.read_from.is_none()
            && node.verdict != Verdict::Ok
        {
            let other = plan.probes.get(peer).map_or("the other node", |probe| probe.node.name.as_str());
            node.verdict = Verdict::Unknown;
            node.summary = Some("there was nothing to read".to_owned());
            node.cause = Some(format!("it reads the file of {other}, which wrote none"));
            (node.next, node.said) = (None, None);
        }
    }
    all
}

/// One node's place in the plan.
struct Bench<'a> {
    facts: &'a VerifyFacts,
    plan: &'a ProbePlan,
    number: usize,
}

/// A finding before it is put into words.
struct Finding {
    verdict: Verdict,
    step: Option<PodStep>,
    summary: String,
    cause: Option<String>,
    said: Option<String>,
    next: Option<String>,
}

impl Finding {
    fn new(verdict: Verdict, step: Option<PodStep>, summary: impl Into<String>) -> Self {
        Self { verdict, step, summary: summary.into(), cause: None, said: None, next: None }
    }

    fn unknown(summary: impl Into<String>) -> Self {
        Self::new(Verdict::Unknown, None, summary)
    }

    fn because(self, cause: impl Into<String>) -> Self {
        Self { cause: Some(cause.into()), ..self }
    }

    fn said(self, said: &str) -> Self {
        Self { said: Some(said.trim().to_owned()).filter(|said| !said.is_empty()), ..self }
    }

    fn next(self, next: impl Into<String>) -> Self {
        Self { next: Some(next.into()), ..self }
    }
}

impl Bench<'_> {
    fn judge(&self, observed: &Observed) -> NodeVerdict {
        let told = observed.log.as_deref().map(Transcript::of).unwrap_or_default();
        let finding = self.finding(observed, &told);
        let mut verdict = self.figures(&told);
        let Some(finding) = finding else {
            verdict.locked = verdict.locked.or((!self.plan.read_only).then_some(true));
            return verdict;
        };
        let mount = || observed.mount_event.as_deref().map(MountFailure::of).and_then(MountFailure::errno);
        verdict.errno = match finding.step {
            Some(PodStep::Mounted) => mount(),
            _ => finding.said.as_deref().and_then(errno_of_words),
        };
        if finding.step == Some(PodStep::Locked) {
            verdict.locked = Some(false);
        }
        (verdict.verdict, verdict.step) = (finding.verdict, finding.step);
        verdict.summary = Some(finding.summary);
        (verdict.cause, verdict.said, verdict.next) = (finding.cause, finding.said, finding.next);
        verdict
    }

    /// What was measured, on a node that is otherwise well.
    fn figures(&self, told: &Transcript) -> NodeVerdict {
        let probe = self.plan.probes.get(self.number);
        let node = probe.map(|probe| probe.node.clone()).unwrap_or_default();
        let reads = told.read.map(|(from, measured)| {
            (self.plan.probes.get(from).map(|probe| probe.node.name.clone()), measured)
        });
        NodeVerdict {
            group: node.group().map(str::to_owned),
            zone: node.zone().map(str::to_owned),
            node: node.name,
            verdict: Verdict::Ok,
            step: None,
            errno: None,
            summary: None,
            cause: None,
            said: None,
            next: None,
            source: told.source.clone(),
            options: told.options.clone(),
            write_mi_bps: told.written.and_then(Measured::mib_per_second),
            read_mi_bps: reads.as_ref().and_then(|(_, measured)| measured.mib_per_second()),
            read_from: reads.and_then(|(from, _)| from),
            locked: told.locked.then_some(true),
        }
    }

    /// What is not well; none: all is.
    fn finding(&self, observed: &Observed, told: &Transcript) -> Option<Finding> {
        let Some(pod) = observed.pod.as_ref() else { return Some(self.no_pod(observed)) };
        match pod.exit_code {
            Some(0) => None,
            Some(code) => Some(self.ended(code, pod, told)),
            None if told.source.is_some() || pod.phase == "Running" => self.running(observed, told),
            None => Some(self.never_started(pod, observed)),
        }
    }

    fn no_pod(&self, observed: &Observed) -> Finding {
        match &observed.refused {
            Some(words) => Finding::unknown("it could not be tried: no pod was made")
                .because("the API server or its admission refused it")
                .said(words),
            None => Finding::unknown("it could not be tried: no pod was made in time")
                .because("the Job controller made no pod; a queue for Jobs may hold it back"),
        }
    }

    /// The container never began.
    fn never_started(&self, pod: &ProbePod, observed: &Observed) -> Finding {
        let node = self.plan.probes.get(self.number).map(|probe| probe.node.clone()).unwrap_or_default();
        if let Some(words) = &pod.unscheduled {
            return Finding::unknown("it could not be tried: the pod was not placed").said(words);
        }
        if let Some(words) = &pod.waiting {
            return Finding::unknown("it could not be tried: the container does not start")
                .said(words)
                .next("name an image that the node can pull: --image");
        }
        if let Some(words) = &observed.mount_event {
            let failure = MountFailure::of(words);
            let cause = mount_cause(self.facts, &node, failure);
            return Finding::new(Verdict::Failed, Some(PodStep::Mounted), failure.shown())
                .because(cause.text)
                .said(&own_words(words))
                .next(cause.next);
        }
        if !node.ready {
            return Finding::unknown("it could not be tried: the node is not ready")
                .next(format!("kubectl describe node {}", node.name));
        }
        if let Some(words) = observed.warning.as_ref().or(pod.reason.as_ref()) {
            return Finding::unknown("it could not be tried: the pod does not start").said(words);
        }
        if observed.pulls {
            return Finding::unknown("it could not be tried: the image was still being pulled")
                .next("give it more time with --timeout, or name an image that is nearer with --image");
        }
        if let Some(why) = &observed.log_veil {
            return Finding::unknown("what keeps it cannot be told")
                .because(format!("its events cannot be read ({why})"));
        }
        if self.was_short() {
            return Finding::unknown("not mounted when the time was over, and nothing says why")
                .because("the kubelet speaks of a mount that hangs after two minutes")
                .next("give it more time with --timeout 5m");
        }
        // Volumes are mounted before anything else of a pod, so a pod that shows nothing is at its mount.
        let cause = mount_cause(self.facts, &node, MountFailure::Hang);
        Finding::new(Verdict::Failed, Some(PodStep::Mounted), MountFailure::Hang.shown())
            .because(cause.text)
            .next(cause.next)
    }

    /// Whether the wait was too short to prove that anything hangs.
    const fn was_short(&self) -> bool {
        self.plan.seconds < SILENCE
    }

    /// The container runs and did not come to its end.
    fn running(&self, observed: &Observed, told: &Transcript) -> Option<Finding> {
        if observed.log.is_none() {
            let why = observed.log_veil.as_deref().unwrap_or("there is none");
            return Some(
                Finding::unknown("it still runs, and how far it came cannot be told")
                    .because(format!("its log cannot be read ({why})")),
            );
        }
        if let Some((step, words)) = told.failed.first().filter(|_| !told.lacks_peer()) {
            return Some(self.step_failed(*step, words, told));
        }
        if told.waits_for_reader() || told.listed {
            return None;
        }
        if told.waits_for_peer() {
            return Some(self.no_peer());
        }
        let step = if told.written.is_some() {
            PodStep::Locked
        } else if told.source.is_some() && !self.plan.read_only {
            PodStep::Written
        } else {
            PodStep::Read
        };
        if self.was_short() {
            let summary = format!("the time was over before it had {}", step.as_str());
            let next = "give it more time with --timeout, or a smaller file with --size";
            return Some(Finding::unknown(summary).next(next));
        }
        let summary = format!("no answer while it should have {}", step.as_str());
        let cause = mount_cause(self.facts, &self.node(), MountFailure::Hang);
        Some(Finding::new(Verdict::Failed, Some(step), summary).because(cause.text).next(cause.next))
    }

    /// The container ended with something else than 0.
    fn ended(&self, code: i32, pod: &ProbePod, told: &Transcript) -> Finding {
        if let Some(step) = PodStep::of_exit_code(code) {
            if code == NO_PEER {
                // A lock that failed before is this node's own fault.
                let lock = told.failed.iter().find(|(step, _)| *step == PodStep::Locked);
                return lock
                    .map_or_else(|| self.no_peer(), |(step, words)| self.step_failed(*step, words, told));
            }
            return self.step_failed(step, told.words(step).unwrap_or_default(), told);
        }
        let how = pod.ended.as_deref().or(pod.reason.as_deref()).unwrap_or("Error");
        match code {
            STOPPED => Finding::unknown("it was ended from outside before it was through").said(how),
            64 | 126..=128 => Finding::unknown(format!("the image cannot run it (exit code {code})"))
                .said(how)
                .next("name an image with a POSIX shell and coreutils or busybox: --image"),
            _ => Finding::unknown(format!("the container ended with exit code {code}")).said(how),
        }
    }

    /// It did its own part, and the other one's file was not there: nobody knows yet whose fault that is.
    fn no_peer(&self) -> Finding {
        let peer = self.plan.probes.get(self.number).and_then(|probe| self.plan.probes.get(probe.peer));
        let peer = peer.map_or("the other node", |peer| peer.node.name.as_str());
        let summary = format!("the file of {peer} did not come in time");
        Finding::new(Verdict::Unknown, Some(PodStep::Read), summary).next("give it more time with --timeout")
    }

    fn node(&self) -> crate::facts::MountNode {
        self.plan.probes.get(self.number).map(|probe| probe.node.clone()).unwrap_or_default()
    }

    fn step_failed(&self, step: PodStep, words: &str, told: &Transcript) -> Finding {
        let finding = |summary: &str| Finding::new(Verdict::Failed, Some(step), summary).said(words);
        match step {
            PodStep::Mounted => finding("what is mounted there is no Lustre")
                .because("the pod started, but its volume is not the file system; the driver may not be the one of FSx")
                .next(format!("kubectl -n {} get pvc {} -o yaml", self.plan.namespace, self.plan.claim)),
            PodStep::Written => self.not_written(finding("mounted, but not writable"), words),
            PodStep::Locked => self.not_locked(finding("flock does not work"), told, words),
            PodStep::Read => finding("the other node's file could not be read")
                .because("the server or the way to it failed between two nodes")
                .next(format!("fsxctl setup network --cluster {} --dry-run", self.facts.cluster.name)),
            PodStep::Compared => finding("what was read is not what was written")
                .because("two nodes see different content of one file")
                .next("keep both nodes from writing, and open a case with AWS Support"),
            PodStep::Removed => finding("its own files could not be removed").next(format!(
                "remove the directory .fsxctl-verify-{} at the root of the file system",
                self.plan.run
            )),
        }
    }

    fn not_written(&self, finding: Finding, words: &str) -> Finding {
        let uid = self
            .plan
            .probes
            .get(self.number)
            .and_then(|probe| probe.manifest.pointer("/spec/template/spec/securityContext/runAsUser"))
            .and_then(serde_json::Value::as_u64);
        let (namespace, claim) = (&self.plan.namespace, &self.plan.claim);
        match errno_of_words(words) {
            Some(1 | 13) if uid == Some(0) => finding
                .because(
                    "user 0 may not write there: root squash makes it another user (RootSquashConfiguration), or the \
                     root directory belongs to somebody else",
                )
                .next("run it as a user that may write there: --run-as UID:GID"),
            Some(1 | 13) => finding
                .because(format!(
                    "user {} may not write there: the root directory of a new file system belongs to root and has mode \
                     0755",
                    uid.unwrap_or_default()
                ))
                .next(format!(
                    "give that user a directory of its own, from a pod of user 0 that mounts claim {namespace}/{claim}"
                )),
            Some(30) => finding
                .because("the mount is read-only: mount options of the volume, or access modes of the claim, say so")
                .next(format!("kubectl -n {namespace} get pvc {claim} -o yaml")),
            Some(28) => finding
                .because("no space is left on the file system, or on one of its storage targets")
                .next("remove files, or enlarge the file system: aws fsx update-file-system --storage-capacity GIB"),
            Some(122) => finding
                .because("a Lustre quota of that user, group or project is used up")
                .next("ask whoever set the quota, or run it as another user: --run-as UID:GID"),
            _ => {
                let cause = mount_cause(self.facts, &self.node(), MountFailure::Errno(108));
                finding.because("the file system took the mount and refused the write").next(cause.next)
            }
        }
    }

    fn not_locked(&self, finding: Finding, told: &Transcript, words: &str) -> Finding {
        if words.contains("not found") {
            return Finding { verdict: Verdict::Unknown, ..finding }
                .because("the image has no flock program, so locking was not tried")
                .next("name an image with flock: --image");
        }
        if told.source.is_none() {
            // Without its log only the step is known: the program may be missing as well as the option.
            return finding;
        }
        let has = |option: &str| told.options.iter().any(|has| has == option);
        let volume = self.facts.volume.found();
        match volume {
            Some(volume) if !volume.has_option("flock") => finding
                .because(format!(
                    "PersistentVolume {} lacks mount option flock{}",
                    volume.name,
                    if has("flock") {
                        ", though the node has mounted it with that option before"
                    } else {
                        ""
                    }
                ))
                .next(format!(
                    "add flock to spec.mountOptions, and restart the pods that mount it: kubectl edit pv {}",
                    volume.name
                )),
            Some(volume) if !has("flock") => finding
                .because(format!(
                    "PersistentVolume {} has mount option flock, but the node's mount is older and has not",
                    volume.name
                ))
                .next("restart the pods on that node that mount the claim, so that it is mounted anew"),
            _ => finding.because("the mount has option flock, and the lock was refused all the same").next(
                "look at the node's mount: kubectl -n kube-system logs -l app=fsx-csi-node -c fsx-plugin",
            ),
        }
    }
}
