//! Verify: pods that prove that a claim can be used.
//!
//! **Promise.** On every chosen node a pod has mounted the claim, and has written, locked, read what another node wrote,
//! and compared it; or it is told on which node which of these failed, and why.
//! **Looks at** the claim, its namespace, volume and file system, the nodes, and the driver's pods on them.
//! **May change** nothing but Jobs with its own labels, and the files of their pods in a directory of the run's own.
//! **Leaves alone** everything else, and the Jobs of other runs.
//! **Undo** Its Jobs are removed however it ends; those of a run that was killed end by themselves, are removed by
//! Kubernetes' TTL, and by `verify --cleanup-only`.

mod cause;
mod choose;
mod judge;
mod leftovers;
#[cfg(test)]
mod tests;

use serde_json::{Value, json};

pub use crate::domain::verify::PodStep;
pub use cause::{Cause, mount_cause};
pub use judge::{NodeVerdict, Verdict, judge, overall, wants_network};
pub use leftovers::{left_files, leftovers, of_others};

use super::{Action, Block, Change, Item, Note, ObjectRef, Plan, Resource, Sign, StepId, Verb, denied};
use crate::domain::podsecurity::{self, Level};
use crate::error::Kind;
use crate::facts::{MountNode, Seen, VerifyFacts};
use crate::intent::VerifyWish;

/// What the pods run.
pub const SCRIPT: &str = include_str!("../../../templates/verify.sh");
/// The driver whose volumes are verified.
const DRIVER: &str = "fsx.csi.aws.com";
/// How much longer than the wait a Job may live when nobody removes it, seconds.
const GRACE: u64 = 60;
/// How long before the end of the wait a pod that began at once gives up, so that it can still tell so, seconds.
const MARGIN: u64 = 15;
/// How much longer than it may live an ended Job stays when nobody removes it, seconds. Logs are read at the end of the
/// wait, and the first pod may have ended long before.
const TTL: u64 = 300;

/// One pod that is to be made.
#[derive(Debug, Clone, PartialEq)]
pub struct Probe {
    /// The Job's name.
    pub job: String,
    /// The node.
    pub node: MountNode,
    /// Index of the one whose file it reads; its own when it is alone.
    pub peer: usize,
    /// The Job.
    pub manifest: Value,
}

/// What a verification will make.
#[derive(Debug, Clone, PartialEq)]
pub struct ProbePlan {
    /// Eight hexadecimal digits.
    pub run: String,
    /// Where the Jobs are made.
    pub namespace: String,
    /// The claim's name.
    pub claim: String,
    /// The pods, in the order of their numbers.
    pub probes: Vec<Probe>,
    /// Whether nothing is written, because the volume is mounted read-only.
    pub read_only: bool,
    /// Seconds that a pod waits for another.
    pub seconds: u64,
    /// How many nodes there are in all.
    pub nodes: usize,
    /// Things worth telling.
    pub notes: Vec<Note>,
}

/// Decides it, or says what stands in the way.
///
/// # Errors
/// What stands in the way: usage (2) for what is not there, denied (5), or conflict (7).
pub fn plan(wish: &VerifyWish, facts: &VerifyFacts, run: &str) -> Result<ProbePlan, Box<Block>> {
    let mut notes = Vec::new();
    claim(wish, facts)?;
    let read_only = volume(facts, &mut notes)?;
    admitted(wish, facts, &mut notes)?;
    let all = match &facts.nodes {
        Seen::Found(nodes) => nodes.as_slice(),
        Seen::Missing => &[],
        Seen::Hidden(veil) => return Err(denied("the nodes", veil)),
    };
    let chosen = choose::nodes(wish, all, &mut notes)?;
    if chosen.len() == 1 && !read_only {
        let text = "only one node is tried, so its file is read back on the node that wrote it, from memory";
        notes.push(note(Sign::Keep, text));
    }
    // Nearly the whole wait: a pod that gave up early would take its file from a reader that begins late.
    let wait = wish.wait.as_secs();
    let seconds = wait.saturating_sub(MARGIN).max(wait.min(30));
    let shared = Shared { wish, facts, run, read_only, seconds, peers: chosen.len() };
    let probes = chosen.into_iter().enumerate().map(|(number, node)| shared.probe(number, node)).collect();
    Ok(ProbePlan {
        run: run.to_owned(),
        namespace: facts.namespace.clone(),
        claim: wish.claim.clone(),
        probes,
        read_only,
        seconds,
        nodes: all.len(),
        notes,
    })
}

/// The same as a plan to show.
pub fn shown(plan: &ProbePlan) -> Plan {
    let what = if plan.read_only { "mounts and lists it" } else { "mounts, writes, locks and reads it" };
    let because =
        format!("a pod on {} of {} nodes {what}, and is removed again", plan.probes.len(), plan.nodes);
    let changes = plan.probes.iter().map(|probe| change(plan, probe)).collect();
    let item = Item { notes: plan.notes.clone(), ..Item::settled(StepId::Verify, because).with(changes) };
    Plan { items: vec![item], ..Plan::default() }
}

/// A plan with nothing but what stands in the way.
pub fn blocked(block: Block) -> Plan {
    Plan { items: vec![Item::blocked(StepId::Verify, block)], ..Plan::default() }
}

fn change(plan: &ProbePlan, probe: &Probe) -> Change {
    let reads = match plan.probes.get(probe.peer).filter(|peer| peer.job != probe.job) {
        Some(peer) if !plan.read_only => vec![format!("reads the file of {}", peer.node.name)],
        _ => Vec::new(),
    };
    let namespace = plan.namespace.clone();
    Change {
        id: probe.job.clone(),
        verb: Verb::Create,
        resource: Resource::new("Job", format!("{namespace}/{}", probe.job)),
        because: format!("tries claim {namespace}/{} on {}", plan.claim, place(&probe.node)),
        permissions: vec![
            format!("create jobs.batch in {namespace}"),
            format!("delete jobs.batch in {namespace}"),
        ],
        later: Vec::new(),
        details: reads,
        after: Vec::new(),
        action: Action::CreateObject {
            at: ObjectRef {
                api_version: "batch/v1".to_owned(),
                kind: "Job".to_owned(),
                plural: "jobs".to_owned(),
                namespace: Some(namespace),
                name: probe.job.clone(),
                resource_version: None,
            },
            // It is only shown; a copy of every manifest would weigh on a cluster of a thousand nodes.
            object: Value::Null,
            fills: Vec::new(),
        },
    }
}

/// `hyperpod-i-0a (group gpu, us-west-2a)`.
pub fn place(node: &MountNode) -> String {
    let group = node.group().map(|group| format!("group {group}"));
    let known: Vec<String> = group.into_iter().chain(node.zone().map(str::to_owned)).collect();
    if known.is_empty() { node.name.clone() } else { format!("{} ({})", node.name, known.join(", ")) }
}

fn note(sign: Sign, text: impl Into<String>) -> Note {
    Note { sign, text: text.into() }
}

fn block(kind: Kind, message: String, next: String) -> Box<Block> {
    Box::new(Block { kind, message, permission: None, next: Some(next) })
}

/// The claim is there, Bound, and stays.
fn claim(wish: &VerifyWish, facts: &VerifyFacts) -> Result<(), Box<Block>> {
    let (namespace, name) = (&facts.namespace, &wish.claim);
    if facts.namespace_labels.is_missing() {
        let next = "name the claim's namespace with -n".to_owned();
        return Err(block(Kind::Usage, format!("there is no namespace {namespace}"), next));
    }
    let claim = match &facts.claim {
        Seen::Found(claim) => claim,
        Seen::Missing => {
            let next =
                "name one that is there with -n and --claim, or make it with `fsxctl byo` (a file system \
                        that is there) or `fsxctl setup dynamic` (a new one)"
                    .to_owned();
            return Err(block(Kind::Usage, format!("there is no claim {namespace}/{name}"), next));
        }
        Seen::Hidden(veil) => return Err(denied(&format!("claim {namespace}/{name}"), veil)),
    };
    if claim.terminating {
        let next = "name another claim with -n and --claim".to_owned();
        return Err(block(Kind::Conflict, format!("claim {namespace}/{name} is being deleted"), next));
    }
    if claim.phase != "Bound" {
        let last = facts.claim_events.last();
        let why = last.map(|event| format!(": {}: {}", event.reason, event.message)).unwrap_or_default();
        let message =
            format!("claim {namespace}/{name} is {}, and only a Bound one can be mounted{why}", claim.phase);
        return Err(block(Kind::Conflict, message, format!("kubectl -n {namespace} describe pvc {name}")));
    }
    Ok(())
}

/// The volume is the driver's; whether it is read-only.
fn volume(facts: &VerifyFacts, notes: &mut Vec<Note>) -> Result<bool, Box<Block>> {
    let volume = match &facts.volume {
        Seen::Found(volume) => volume,
        Seen::Missing => {
            let message = format!("the volume of the claim in {} is not there any more", facts.namespace);
            return Err(block(Kind::Conflict, message, "kubectl get pv".to_owned()));
        }
        Seen::Hidden(veil) => {
            let text = format!(
                "the claim's volume cannot be seen ({}); causes are told without it",
                veil.permission
            );
            notes.push(note(Sign::Unknown, text));
            return Ok(false);
        }
    };
    if volume.driver.as_deref() != Some(DRIVER) {
        let of = volume.driver.as_deref().unwrap_or("no CSI driver");
        let message = format!("PersistentVolume {} is of {of}, and not of {DRIVER}", volume.name);
        return Err(block(Kind::Conflict, message, "name a claim on FSx for Lustre with --claim".to_owned()));
    }
    if volume.is_read_only() {
        let text = format!("PersistentVolume {} is mounted read-only, so nothing is written", volume.name);
        notes.push(note(Sign::Keep, text));
    }
    if let Some(veil) = facts.file_systems.hidden() {
        let text = format!("file systems cannot be seen ({}); causes are told without them", veil.permission);
        notes.push(note(Sign::Unknown, text));
    }
    Ok(volume.is_read_only())
}

/// The namespace admits the pods, as far as its labels tell.
fn admitted(wish: &VerifyWish, facts: &VerifyFacts, notes: &mut Vec<Note>) -> Result<(), Box<Block>> {
    let namespace = &facts.namespace;
    let labels = match &facts.namespace_labels {
        Seen::Found(labels) => labels,
        Seen::Missing => return Ok(()),
        Seen::Hidden(veil) => {
            let text = format!(
                "the Pod Security level of {namespace} cannot be seen ({}); admission says no when it has to",
                veil.permission
            );
            notes.push(note(Sign::Unknown, text));
            return Ok(());
        }
    };
    match podsecurity::enforced(labels) {
        Some(level) if !podsecurity::admits(level, wish.run_as.0) => {
            let word = if level == Level::Restricted { "restricted" } else { "baseline" };
            let message =
                format!("namespace {namespace} enforces Pod Security {word}, which admits no pod of user 0");
            let next =
                "run it as another user, who must be allowed to write there: --run-as 1000:1000".to_owned();
            Err(block(Kind::Conflict, message, next))
        }
        _ => Ok(()),
    }
}

/// What all pods of a run share.
struct Shared<'a> {
    wish: &'a VerifyWish,
    facts: &'a VerifyFacts,
    run: &'a str,
    read_only: bool,
    seconds: u64,
    peers: usize,
}

impl Shared<'_> {
    fn probe(&self, number: usize, node: MountNode) -> Probe {
        let job = format!("fsxctl-verify-{}-{number}", self.run);
        let peer = (number + 1) % self.peers;
        let labels = json!({
            "app.kubernetes.io/managed-by": "fsxctl",
            "fsxctl.io/job": "verify",
            "fsxctl.io/run": self.run,
        });
        let annotations = json!({"fsxctl.io/cluster": self.facts.cluster.arn, "fsxctl.io/node": node.name});
        let life = self.wish.wait.as_secs().saturating_add(GRACE);
        let manifest = json!({
            "apiVersion": "batch/v1",
            "kind": "Job",
            "metadata": {
                "name": job, "namespace": self.facts.namespace, "labels": labels, "annotations": annotations,
            },
            "spec": {
                "backoffLimit": 0,
                "completions": 1,
                "parallelism": 1,
                "activeDeadlineSeconds": life,
                "ttlSecondsAfterFinished": life.saturating_add(TTL),
                "template": {
                    "metadata": {
                        "labels": labels,
                        // Nobody should move a pod that lives for a minute (Cluster Autoscaler FAQ; Karpenter, disruption).
                        "annotations": {
                            "cluster-autoscaler.kubernetes.io/safe-to-evict": "false",
                            "karpenter.sh/do-not-disrupt": "true",
                        },
                    },
                    "spec": self.pod(number, peer, &node),
                },
            },
        });
        Probe { job, node, peer, manifest }
    }

    fn pod(&self, number: usize, peer: usize, node: &MountNode) -> Value {
        let (uid, gid) = self.wish.run_as;
        let tolerations: Vec<Value> = node
            .taints
            .iter()
            .map(|taint| match &taint.value {
                Some(value) => {
                    json!({"key": taint.key, "operator": "Equal", "value": value, "effect": taint.effect})
                }
                None => json!({"key": taint.key, "operator": "Exists", "effect": taint.effect}),
            })
            .collect();
        let this_node = json!({"key": "metadata.name", "operator": "In", "values": [node.name]});
        let terms = json!([{"matchFields": [this_node]}]);
        json!({
            "restartPolicy": "Never",
            "automountServiceAccountToken": false,
            "enableServiceLinks": false,
            "terminationGracePeriodSeconds": 30,
            "tolerations": tolerations,
            "affinity": {
                "nodeAffinity": {"requiredDuringSchedulingIgnoredDuringExecution": {"nodeSelectorTerms": terms}},
            },
            // No fsGroup: it would make kubelet change the owner of every file in the file system.
            "securityContext": {
                "runAsUser": uid,
                "runAsGroup": gid,
                "runAsNonRoot": uid != 0,
                "seccompProfile": {"type": "RuntimeDefault"},
            },
            "containers": [{
                "name": "verify",
                "image": self.wish.image,
                "imagePullPolicy": "IfNotPresent",
                "command": ["sh", "-c", SCRIPT],
                "env": self.env(number, peer),
                "resources": {"requests": {"cpu": "50m", "memory": "64Mi"}, "limits": {"memory": "512Mi"}},
                "securityContext": {
                    "allowPrivilegeEscalation": false,
                    "capabilities": {"drop": ["ALL"]},
                    "privileged": false,
                    "readOnlyRootFilesystem": true,
                },
                "volumeMounts": [{"name": "fsx", "mountPath": "/fsx", "readOnly": self.read_only}],
            }],
            "volumes": [{
                "name": "fsx",
                "persistentVolumeClaim": {"claimName": self.wish.claim, "readOnly": self.read_only},
            }],
        })
    }

    fn env(&self, number: usize, peer: usize) -> Vec<Value> {
        let pairs = [
            ("RUN", self.run.to_owned()),
            ("SELF", number.to_string()),
            ("PEER", peer.to_string()),
            ("PEERS", self.peers.to_string()),
            ("MIB", self.wish.mib.to_string()),
            ("SECONDS", self.seconds.to_string()),
            ("READ_ONLY", self.read_only.to_string()),
        ];
        pairs.map(|(name, value)| json!({"name": format!("FSXCTL_VERIFY_{name}"), "value": value})).into()
    }
}
