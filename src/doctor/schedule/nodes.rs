//! The node plugin on the nodes that need it.

use super::super::check::{Check, Complaint, Outcome};
use super::super::exam::Exam;
use super::super::finding::{Fix, Resource, Severity};
use super::is_unfit;
use crate::facts::{DriverPod, DriverWorkload, Node, PodUse, Taint};

/// What a plugin that was just made may take to register.
pub(in crate::doctor) const FRESH_SECONDS: i64 = 5 * 60;
/// The plugin takes its taint away when it starts, and tries for about four minutes.
const TAINT_SECONDS: i64 = 10 * 60;
const START_TAINT_KEY: &str = "fsx.csi.aws.com/agent-not-ready";
const TROUBLE: &str =
    "https://github.com/kubernetes-sigs/aws-fsx-csi-driver/blob/master/docs/troubleshooting.md";

pub(super) const ABSENT: Check = Check {
    id: "FSX-SCHED-01",
    title: "The driver is not on a node where it is needed",
    severity: Severity::Error,
    symptom: "`driver name fsx.csi.aws.com not found in the list of registered CSI drivers`.",
    why: "The node plugin does not run on the node: its DaemonSet does not tolerate a taint, or its pod does not start.",
    decided_by: "CSINode spec.drivers[].name of nodes with pods that use claims; the fsx-csi-node pod there; taints against \
                 tolerations.",
    remedy: "Let the DaemonSet tolerate the taint, or mend what keeps its pod from running.",
    source: TROUBLE,
    explains: &["FSX-MNT-50"],
    judge: absent,
};

pub(super) const FRESH: Check = Check {
    id: "FSX-SCHED-02",
    title: "The driver is starting on a fresh node",
    severity: Severity::Info,
    symptom: "`driver name fsx.csi.aws.com not found in the list of registered CSI drivers`, on a node that joined minutes ago.",
    why: "Pods can be placed before the node plugin has registered; the kubelet tries again.",
    decided_by: "Age of the node and of its fsx-csi-node pod; CSINode spec.drivers[].name.",
    remedy: "Wait. The start-up taint fsx.csi.aws.com/agent-not-ready keeps pods away until the driver is there.",
    source: TROUBLE,
    explains: &[],
    judge: fresh,
};

pub(super) const START_TAINT: Check = Check {
    id: "FSX-SCHED-03",
    title: "The start-up taint was never taken away",
    severity: Severity::Error,
    symptom: "`node(s) had untolerated taint {fsx.csi.aws.com/agent-not-ready: }` for long.",
    why: "The plugin takes the taint away only while it starts. It may have failed then, or something put the taint back.",
    decided_by: "Node spec.taints; the Ready fsx-csi-node pod on it; ages of both.",
    remedy: "Delete the fsx-csi-node pod on that node: the next one takes the taint away.",
    source: "https://github.com/aws/containers-roadmap/issues/2470",
    explains: &["FSX-SCHED-05", "FSX-BIND-50"],
    judge: start_taint,
};

pub(super) const PENDING_PLUGIN: Check = Check {
    id: "FSX-SCHED-06",
    title: "A node plugin cannot be placed",
    severity: Severity::Error,
    symptom: "A fsx-csi-node pod is Pending: `Too many pods`, or not enough CPU or memory.",
    why: "Its node is full: DaemonSet pods need a slot as well.",
    decided_by: "Condition PodScheduled of the DaemonSet's pods.",
    remedy: "Raise max-pods (prefix delegation), or move pods off the node.",
    source: "https://github.com/aws/karpenter-provider-aws/issues/5691",
    explains: &["FSX-SCHED-01", "FSX-MNT-50", "FSX-INST-05"],
    judge: pending_plugin,
};

/// How it stands with the driver on a node.
enum Presence<'a> {
    Here,
    /// The node or its plugin is a few minutes old.
    Coming,
    Absent(Option<&'a DriverPod>),
}

fn presence<'a>(exam: &Exam<'a>, node: &str) -> Presence<'a> {
    let plugin = exam.plugin_pods().into_iter().find(|pod| pod.node.as_deref() == Some(node));
    let registered = exam.csi_node(node).is_some_and(|it| it.has_driver);
    let young = |created| exam.age(created).is_some_and(|age| age < FRESH_SECONDS);
    let is_young = exam.node(node).is_some_and(|node| young(node.more.created))
        || plugin.is_some_and(|pod| young(pod.created) && pod.waiting.is_none());
    match plugin {
        Some(pod) if pod.ready && registered => Presence::Here,
        _ if is_young => Presence::Coming,
        // One that runs and is not known to its node is another fault.
        Some(pod) if pod.ready => Presence::Here,
        plugin => Presence::Absent(plugin),
    }
}

/// Nodes with pods that use claims of the driver, each with these pods. Those that cannot mount at all are left out.
fn used<'a>(exam: &Exam<'a>) -> std::collections::BTreeMap<&'a str, Vec<&'a PodUse>> {
    let mut nodes: std::collections::BTreeMap<&str, Vec<&PodUse>> = std::collections::BTreeMap::new();
    for pod in exam.users().into_iter().filter(|pod| !pod.terminating) {
        if let Some(node) = pod.node.as_deref().filter(|node| is_unfit(exam, node).is_none()) {
            nodes.entry(node).or_default().push(pod);
        }
    }
    nodes
}

fn seen(exam: &Exam<'_>) -> Outcome {
    Outcome::passed()
        .unless_seen(&exam.survey().pods)
        .unless_seen(&exam.seen.csi_nodes)
        .unless_seen(&exam.seen.driver_pods)
        .unless_seen(&exam.seen.workloads)
}

fn absent(exam: &Exam<'_>) -> Outcome {
    let mut outcome = seen(exam);
    // Where there is no DaemonSet at all, that is what is to be told.
    if !outcome.veils.is_empty() || exam.plugins().is_empty() {
        return outcome;
    }
    for (node, pods) in used(exam) {
        let Presence::Absent(plugin) = presence(exam, node) else { continue };
        let stuck: Vec<_> = pods.iter().filter(|pod| pod.phase == "Pending").collect();
        // Mounts that stand go on; the next pod on the node cannot mount, and pods that end cannot unmount.
        let severity = if stuck.is_empty() { Severity::Warning } else { Severity::Error };
        let registered = if exam.csi_node(node).is_some_and(|it| it.has_driver) {
            "fsx.csi.aws.com"
        } else {
            "no fsx.csi.aws.com"
        };
        let complaint = Complaint::new(
            Resource::new("Node", node),
            format!("the driver is not running on node {node}, where {} of its pods are", pods.len()),
        )
        .severity(severity)
        .shown_by("CSINode", "spec.drivers[].name", registered)
        .affecting(stuck.iter().map(|pod| Resource::pod(&pod.namespace, &pod.name)));
        outcome = outcome.and(Outcome::failed(why_absent(exam, node, plugin, complaint)));
    }
    outcome
}

fn why_absent(exam: &Exam<'_>, node: &str, plugin: Option<&DriverPod>, complaint: Complaint) -> Complaint {
    if let Some(pod) = plugin {
        let state = pod.waiting.as_deref().unwrap_or(&pod.phase);
        let complaint = complaint.because(format!("its plugin {} is not ready: {state}", pod.name)).shown_by(
            format!("Pod {}/{}", pod.namespace, pod.name),
            "state",
            state,
        );
        return complaint.fixed_by(
            Fix::manual("see why its plugin does not run")
                .then(format!("kubectl -n {} describe pod {}", pod.namespace, pod.name)),
        );
    }
    let taint = exam
        .node(node)
        .and_then(|node| exam.plugins().into_iter().find_map(|set| Some((set, untolerated(set, node)?))));
    match taint {
        Some((set, taint)) => complaint
            .because(format!("DaemonSet {}/{} does not tolerate taint {}", set.namespace, set.name, taint.key))
            .shown_by("Node", "spec.taints[]", format!("{}:{}", taint.key, taint.effect))
            .shown_by("DaemonSet", "spec.template.spec.tolerations", set.tolerations.join(", "))
            .fixed_by(Fix::consent(
                "let the node plugin tolerate every taint; the chart's node.tolerateAllTaints keeps it",
                format!(
                    "kubectl -n {} patch daemonset {} --type merge -p '{{\"spec\":{{\"template\":{{\"spec\":{{\"tolerations\":[{{\"operator\":\"Exists\"}}]}}}}}}}}'",
                    set.namespace, set.name
                ),
            )),
        None => complaint.because("no pod of the driver's DaemonSet is on it").fixed_by(
            Fix::manual("see why the DaemonSet leaves the node out; its node selector may")
                .then("kubectl get daemonset --all-namespaces -l app.kubernetes.io/name=aws-fsx-csi-driver -o wide"),
        ),
    }
}

/// The first taint that keeps pods of a DaemonSet away.
fn untolerated<'a>(set: &DriverWorkload, node: &'a Node) -> Option<&'a Taint> {
    let hard = node.more.taints.iter().filter(|taint| taint.effect != "PreferNoSchedule");
    // Kubernetes lets DaemonSet pods tolerate its own node conditions.
    let own = |taint: &&Taint| !taint.key.starts_with("node.kubernetes.io/");
    hard.filter(own).find(|taint| !set.tolerations.iter().any(|it| tolerates(it, taint)))
}

/// `key=value:effect`, `*` for what a toleration leaves open.
fn tolerates(toleration: &str, taint: &Taint) -> bool {
    let (rest, effect) = toleration.rsplit_once(':').unwrap_or((toleration, "*"));
    let (key, value) = rest.split_once('=').unwrap_or((rest, "*"));
    let fits = |wanted: &str, is: &str| wanted == "*" || wanted == is;
    fits(key, &taint.key)
        && fits(value, taint.value.as_deref().unwrap_or_default())
        && fits(effect, &taint.effect)
}

fn fresh(exam: &Exam<'_>) -> Outcome {
    let outcome = seen(exam);
    if !outcome.veils.is_empty() {
        return outcome;
    }
    let is_coming = |(node, pods): &(&str, Vec<&PodUse>)| {
        pods.iter().any(|pod| pod.phase == "Pending") && matches!(presence(exam, node), Presence::Coming)
    };
    let complaint = |(node, _): (&str, Vec<&PodUse>)| {
        let age = exam.node(node).and_then(|node| exam.age(node.more.created)).unwrap_or_default();
        Complaint::new(Resource::new("Node", node), format!("the driver is starting on node {node}"))
            .because("the node or its plugin is a few minutes old; the kubelet tries again")
            .shown_by("Node", "age in seconds", age.to_string())
    };
    Outcome::all(used(exam).into_iter().filter(is_coming).map(complaint))
}

fn start_taint(exam: &Exam<'_>) -> Outcome {
    let outcome = Outcome::passed().unless_seen(&exam.facts().nodes).unless_seen(&exam.seen.driver_pods);
    let tainted = exam.facts().nodes.found().into_iter().flatten();
    let complaint = |node: &Node| {
        node.more.taints.iter().find(|taint| taint.key == START_TAINT_KEY)?;
        let plugin =
            exam.plugin_pods().into_iter().find(|pod| pod.node.as_deref() == Some(node.name.as_str()))?;
        let since = exam.age(plugin.created).min(exam.age(node.more.created).or(exam.age(plugin.created)));
        if !plugin.ready || since.is_none_or(|age| age < TAINT_SECONDS) {
            return None;
        }
        let kept = |pod: &&PodUse| {
            pod.node.is_none() && pod.unscheduled.as_deref().is_some_and(|why| why.contains(START_TAINT_KEY))
        };
        let pods: Vec<&PodUse> = exam.users().into_iter().filter(kept).collect();
        // A claim that is bound with its first pod waits for that pod to be placed.
        let claims = exam.waiting().filter(|claim| {
            pods.iter().any(|pod| pod.namespace == claim.namespace && pod.claims.contains(&claim.name))
        });
        let claims: Vec<Resource> = claims.map(|it| Resource::claim(&it.namespace, &it.name)).collect();
        Some(
            Complaint::new(
                Resource::new("Node", &node.name),
                format!("node {} still has taint {START_TAINT_KEY}, and the driver runs there", node.name),
            )
            .because("the plugin takes it away only while it starts")
            .severity(if pods.is_empty() { Severity::Warning } else { Severity::Error })
            .shown_by("Node", "spec.taints[].key", START_TAINT_KEY)
            .shown_by(format!("Pod {}/{}", plugin.namespace, plugin.name), "condition Ready", "True")
            .affecting(pods.iter().map(|pod| Resource::pod(&pod.namespace, &pod.name)))
            .affecting(claims)
            .fixed_by(Fix::safe(
                "make the plugin's pod anew",
                format!("kubectl -n {} delete pod {}", plugin.namespace, plugin.name),
            )),
        )
    };
    outcome.and(Outcome::all(tainted.filter_map(complaint)))
}

fn pending_plugin(exam: &Exam<'_>) -> Outcome {
    let outcome = Outcome::passed().unless_seen(&exam.seen.driver_pods);
    let stuck = exam.plugin_pods().into_iter().filter(|pod| {
        pod.node.is_none()
            && pod.unscheduled.is_some()
            && exam.age(pod.created).is_none_or(|age| age > FRESH_SECONDS)
    });
    // Which node it is for is not told by the pod; those that need one and have none are.
    let bare: Vec<(&str, Vec<&PodUse>)> = used(exam)
        .into_iter()
        .filter(|(node, _)| matches!(presence(exam, node), Presence::Absent(None)))
        .collect();
    let complaint = |pod: &DriverPod| {
        let why = pod.unscheduled.as_deref().unwrap_or_default();
        let waits = bare.iter().flat_map(|(_, pods)| pods).filter(|pod| pod.phase == "Pending");
        let waits: Vec<Resource> = waits.map(|pod| Resource::pod(&pod.namespace, &pod.name)).collect();
        Complaint::new(
            Resource::pod(&pod.namespace, &pod.name),
            format!("node plugin {}/{} cannot be placed on its node", pod.namespace, pod.name),
        )
        .because("its node has no room for it, or a rule keeps it away")
        .severity(if waits.is_empty() { Severity::Warning } else { Severity::Error })
        .shown_by("Pod", "status.conditions[PodScheduled].message", why)
        .affecting(waits)
        .affecting(bare.iter().map(|(node, _)| Resource::new("Node", *node)))
        .affecting(
            exam.facts().driver.addon.found().map(|_| Resource::new("Addon", crate::steps::driver::ADDON)),
        )
        .fixed_by(Fix::manual("make room on the node, or raise its max-pods"))
    };
    outcome.and(Outcome::all(stuck.map(complaint)))
}
