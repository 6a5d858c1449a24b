//! Why the driver's pods do not run, or run and do not serve.

use super::super::check::{Check, Complaint, Outcome};
use super::super::exam::Exam;
use super::super::finding::{Fix, Resource, Severity};
use super::{OF_BOTH, object, pods_of, stopped_by_controller, stopped_on};
use crate::facts::{DriverPod, DriverWorkload, Seen};

/// Pods that were made a moment ago are still starting.
const STARTING_SECONDS: i64 = 3 * 60;
/// The registrar registers within seconds; the kubelet tells the API server within a minute.
const REGISTERED_SECONDS: i64 = 5 * 60;
/// Events older than this tell of the past.
const RECENT_SECONDS: i64 = 30 * 60;
const INSTALL: &str = "https://github.com/kubernetes-sigs/aws-fsx-csi-driver/blob/master/docs/install.md";

pub(super) const NO_REGION: Check = Check {
    id: "FSX-INST-09",
    title: "The driver cannot learn its Region",
    severity: Severity::Error,
    symptom: "CrashLoopBackOff with `could not get metadata from AWS: EC2 instance metadata is not available` or `error getting \
              instance data from ec2 metadata or kubernetes api`.",
    why: "Without AWS_REGION the driver asks the instance metadata service, which pods do not reach with a hop limit of 1, on \
          Fargate, or where it is blocked.",
    decided_by: "State of the driver's containers and the words of their last end; AWS_REGION of container fsx-plugin.",
    remedy: "Tell controller and node plugin the Region.",
    source: INSTALL,
    explains: OF_BOTH,
    judge: no_region,
};

pub(super) const REGION_UNUSED: Check = Check {
    id: "FSX-INST-10",
    title: "The controller runs without a Region",
    severity: Severity::Error,
    symptom: "The controller is Ready, and every call fails: `Invalid Configuration: Missing Region`.",
    why: "Newer drivers start although they could not learn their Region, and then know no endpoint of FSx.",
    decided_by: "AWS_REGION of container fsx-plugin; recent events of claims that wait.",
    remedy: "Tell the controller the Region.",
    source: "https://github.com/kubernetes-sigs/aws-fsx-csi-driver/issues/429",
    explains: &["FSX-BIND-50"],
    judge: missing_region,
};

pub(super) const NO_IMAGE: Check = Check {
    id: "FSX-INST-11",
    title: "The driver's images cannot be pulled",
    severity: Severity::Error,
    symptom: "ImagePullBackOff on public.ecr.aws/fsx-csi-driver or public.ecr.aws/csi-components.",
    why: "Nodes without a way to the internet do not reach public.ecr.aws, which VPC endpoints do not cover; or the name or tag \
          of the image is wrong.",
    decided_by: "containerStatuses[].state.waiting of the driver's pods.",
    remedy: "Use the EKS add-on, whose images are in the Region, or mirror them: `fsxctl images`.",
    source: "https://docs.aws.amazon.com/eks/latest/userguide/add-ons-images.html",
    explains: OF_BOTH,
    judge: no_image,
};

pub(super) const NOT_REGISTERED: Check = Check {
    id: "FSX-INST-14",
    title: "A node plugin runs and its node does not know the driver",
    severity: Severity::Error,
    symptom: "`driver name fsx.csi.aws.com not found in the list of registered CSI drivers`, with a fsx-csi-node pod Running on \
              the node.",
    why: "The plugin registers through the kubelet's directory. Where that is not /var/lib/kubelet, or is a link, kubelet and \
          plugin look at different places.",
    decided_by: "CSINode spec.drivers[].name; the fsx-csi-node pod on the node and its age; host paths of the DaemonSet.",
    remedy: "Set node.kubeletPath to the nodes' own directory (driver 1.9.0 and later), or restart the plugin.",
    source: "https://github.com/kubernetes-sigs/aws-fsx-csi-driver/issues/485",
    explains: &["FSX-MNT-50"],
    judge: not_registered,
};

pub(super) const REFUSED: Check = Check {
    id: "FSX-INST-16",
    title: "An admission policy refuses the driver's pods",
    severity: Severity::Error,
    symptom: "The DaemonSet has 0 pods and FailedCreate events; the add-on's issue is AdmissionRequestDenied.",
    why: "The node plugin is privileged, and Pod Security or a policy engine forbids that in its namespace.",
    decided_by: "FailedCreate events of the driver's workloads; eks:DescribeAddon health.issues[].code.",
    remedy: "Exempt the driver's namespace.",
    source: "https://kubernetes.io/docs/concepts/security/pod-security-admission/",
    explains: OF_BOTH,
    judge: refused,
};

pub(super) const NOT_RUNNING: Check = Check {
    id: "FSX-INST-50",
    title: "The controller is not running",
    severity: Severity::Error,
    symptom: "Claims stay Pending without any event of the driver; `kubectl get deployment` says 0 of 2 are ready.",
    why: "Its pods do not start or do not stay. The finding that explains it says why.",
    decided_by: "Deployment with container fsx-plugin: spec.replicas and status.readyReplicas; age of its pods.",
    remedy: "Mend what explains it. Alone: read the logs of its pods.",
    source: INSTALL,
    explains: &["FSX-BIND-50", "FSX-INST-05"],
    judge: not_running,
};

pub(super) fn seen(exam: &Exam<'_>) -> Outcome {
    Outcome::passed().unless_seen(&exam.seen.driver_pods).unless_seen(&exam.seen.workloads)
}

/// What pods of a workload stop: the controller claims, node plugins the pods on their nodes.
fn stops(exam: &Exam<'_>, workload: &DriverWorkload, broken: &[&DriverPod]) -> Vec<Resource> {
    if workload.kind == "Deployment" {
        return if workload.ready == 0 { stopped_by_controller(exam) } else { Vec::new() };
    }
    stopped_on(exam, |node| broken.iter().any(|pod| pod.node.as_deref() == Some(node)))
}

/// Bad where something is stopped now or the whole workload is down; else a risk.
fn grade(workload: &DriverWorkload, affects: &[Resource]) -> Severity {
    let stops = affects.iter().any(|it| it.kind == "Pod" || it.kind == "PersistentVolumeClaim");
    if workload.ready == 0 || stops { Severity::Error } else { Severity::Warning }
}

/// A complaint a workload over those of its pods that are picked.
fn each(
    exam: &Exam<'_>,
    picks: impl Fn(&DriverPod) -> bool,
    tell: impl Fn(&DriverWorkload, usize) -> Complaint,
) -> Outcome {
    let mut outcome = seen(exam);
    for workload in exam.controllers().into_iter().chain(exam.plugins()) {
        let broken: Vec<&DriverPod> = pods_of(exam, workload).into_iter().filter(|pod| picks(pod)).collect();
        if broken.is_empty() {
            continue;
        }
        let affects = stops(exam, workload, &broken);
        let mut complaint =
            tell(workload, broken.len()).severity(grade(workload, &affects)).affecting(affects);
        for pod in broken.iter().take(3) {
            let source = format!("Pod {}/{}", pod.namespace, pod.name);
            if let Some(waiting) = &pod.waiting {
                complaint = complaint.shown_by(&source, "containerStatuses[].state.waiting.reason", waiting);
            }
            if let Some(message) = &pod.message {
                complaint = complaint.shown_by(&source, "containerStatuses[] message", message);
            }
        }
        outcome = outcome.and(Outcome::failed(complaint));
    }
    outcome
}

fn pods_text(workload: &DriverWorkload, count: usize) -> String {
    let pods = if count == 1 { "pod" } else { "pods" };
    format!("{count} {pods} of {} {}/{}", workload.kind, workload.namespace, workload.name)
}

/// Sets the Region where the pods of a workload read it.
fn set_region(exam: &Exam<'_>, workload: &DriverWorkload) -> Fix {
    let region = &exam.facts().region;
    let (namespace, name) = (&workload.namespace, &workload.name);
    let kind = workload.kind.to_ascii_lowercase();
    Fix::consent(
        "tell it the Region; the chart's values controller.region and node.region keep it",
        format!("kubectl -n {namespace} set env {kind}/{name} -c fsx-plugin AWS_REGION={region}"),
    )
}

fn no_region(exam: &Exam<'_>) -> Outcome {
    let by_metadata = |pod: &DriverPod| {
        let message = pod.message.as_deref().unwrap_or_default().to_ascii_lowercase();
        !pod.ready
            && pod.region.is_none()
            && ["metadata", "csi_node_name", "providerid"].iter().any(|token| message.contains(token))
    };
    each(exam, by_metadata, |workload, count| {
        Complaint::new(
            object(workload),
            format!("{} crash, because they cannot learn their Region", pods_text(workload, count)),
        )
        .because("they are told no AWS_REGION, and the instance metadata service does not answer them")
        .shown_by(&workload.kind, "env AWS_REGION of container fsx-plugin", "not set")
        .fixed_by(set_region(exam, workload))
    })
}

fn missing_region(exam: &Exam<'_>) -> Outcome {
    let outcome = seen(exam).unless_seen(&exam.seen.events);
    let untold = |pod: &&DriverPod| pod.ready && pod.region.is_none();
    let Some(pod) = exam.controller_pods().into_iter().find(untold) else { return outcome };
    let says = |message: &str| {
        let bare: String = message.chars().filter(char::is_ascii_alphabetic).collect();
        bare.to_ascii_lowercase().contains("missingregion")
    };
    let recent = |event: &&&crate::facts::ObjectEvent| {
        exam.age(event.last).is_some_and(|age| age < RECENT_SECONDS) && says(&event.message)
    };
    let events: Vec<_> = exam.waiting().flat_map(|claim| exam.claim_events(claim)).collect();
    let controller = exam.controllers().into_iter().find(|it| it.namespace == pod.namespace);
    let (Some(event), Some(controller)) = (events.iter().find(recent), controller) else { return outcome };
    let complaint =
        Complaint::new(object(controller), "the controller runs without a Region, so it reaches no FSx")
            .because("it is told no AWS_REGION and could not learn it from the instance metadata service")
            .shown_by(format!("Pod {}/{}", pod.namespace, pod.name), "env AWS_REGION", "not set")
            .shown_by(format!("Event {}", event.reason), "message", &event.message)
            .affecting(exam.waiting_objects())
            .fixed_by(set_region(exam, controller));
    outcome.and(Outcome::failed(complaint))
}

fn no_image(exam: &Exam<'_>) -> Outcome {
    let unpulled = |pod: &DriverPod| {
        let waiting = pod.waiting.as_deref();
        waiting.is_some_and(|it| matches!(it, "ImagePullBackOff" | "ErrImagePull" | "InvalidImageName"))
    };
    each(exam, unpulled, |workload, count| {
        Complaint::new(object(workload), format!("{} cannot pull their image", pods_text(workload, count)))
            .because("the registry is out of reach of the nodes, or the image's name or tag is wrong")
            .shown_by(
                &workload.kind,
                "image of container fsx-plugin",
                workload.image.as_deref().unwrap_or("(none)"),
            )
            .fixed_by(
                Fix::manual("let the nodes reach the registry, mirror the images, or use the EKS add-on")
                    .then(format!("fsxctl images --cluster {}", exam.cluster())),
            )
    })
}

fn not_registered(exam: &Exam<'_>) -> Outcome {
    let mut outcome = seen(exam).unless_seen(&exam.seen.csi_nodes);
    if !outcome.veils.is_empty() {
        return outcome;
    }
    for pod in exam.plugin_pods() {
        let Some(node) = pod.node.as_deref() else { continue };
        let is_old = exam.age(pod.created).is_some_and(|age| age > REGISTERED_SECONDS);
        let known = exam.csi_node(node).is_none_or(|it| it.has_driver);
        if !pod.ready || !is_old || known {
            continue;
        }
        let affects = stopped_on(exam, |it| it == node);
        let uses = exam.users().iter().any(|it| it.node.as_deref() == Some(node));
        let waits = affects.iter().any(|it| it.kind == "Pod");
        let severity = if waits || uses { Severity::Error } else { Severity::Warning };
        let plugin = exam.plugins().into_iter().find(|it| it.namespace == pod.namespace);
        let folder = plugin.and_then(|it| it.kubelet_dir.as_deref()).unwrap_or("/var/lib/kubelet");
        let complaint = Complaint::new(
            Resource::new("Node", node),
            format!("node {node} does not know the driver, although its plugin runs there"),
        )
        .because(format!("the kubelet's directory on the node may be another than {folder}"))
        .severity(severity)
        .shown_by("CSINode", "spec.drivers[].name", "no fsx.csi.aws.com")
        .shown_by(format!("Pod {}/{}", pod.namespace, pod.name), "condition Ready", "True")
        .shown_by("DaemonSet", "host path of the kubelet's directory", folder)
        .affecting(affects)
        .fixed_by(Fix::safe(
            "make the plugin's pod anew; if that does not help, set the chart's node.kubeletPath",
            format!("kubectl -n {} delete pod {}", pod.namespace, pod.name),
        ));
        outcome = outcome.and(Outcome::failed(complaint));
    }
    outcome
}

fn refused(exam: &Exam<'_>) -> Outcome {
    let mut outcome = Outcome::passed().unless_seen(&exam.seen.workloads).unless_seen(&exam.seen.events);
    let addon = exam.facts().driver.addon.found().filter(|it| it.status != "ACTIVE");
    let issue = addon.and_then(|it| it.issues.iter().find(|issue| issue.code == "AdmissionRequestDenied"));
    let is_policy = |message: &str| {
        let message = message.to_ascii_lowercase();
        ["podsecurity", "admission webhook", "denied the request", "admission policy"]
            .iter()
            .any(|token| message.contains(token))
    };
    for workload in exam.controllers().into_iter().chain(exam.plugins()) {
        if workload.desired > 0 && workload.ready >= workload.desired {
            continue;
        }
        let named = |event: &&crate::facts::ObjectEvent| {
            // A Deployment's pods are made by its ReplicaSets, which are named after it.
            let of_it = event.name == workload.name
                || event.kind == "ReplicaSet" && event.name.starts_with(&format!("{}-", workload.name));
            event.namespace == workload.namespace
                && of_it
                && event.reason == "FailedCreate"
                && exam.age(event.last).is_some_and(|age| age < RECENT_SECONDS)
                && is_policy(&event.message)
        };
        let event = exam.seen.events.found().into_iter().flatten().find(named);
        let (source, field, value) = match (event, issue) {
            (Some(event), _) => (format!("Event {}", event.reason), "message", &event.message),
            (None, Some(issue)) if workload.ready == 0 => (
                "eks:DescribeAddon".to_owned(),
                "addon.health.issues[AdmissionRequestDenied]",
                &issue.message,
            ),
            _ => continue,
        };
        let none: Vec<&DriverPod> = Vec::new();
        let mut affects = stops(exam, workload, &none);
        if workload.kind == "DaemonSet" {
            let has_pod = |node: &str| {
                exam.plugin_pods().iter().any(|pod| pod.node.as_deref() == Some(node) && pod.ready)
            };
            affects = stopped_on(exam, |node| !has_pod(node));
        }
        let complaint = Complaint::new(
            object(workload),
            format!("pods of {} {}/{} are refused", workload.kind, workload.namespace, workload.name),
        )
        .because("an admission policy forbids what they need; the node plugin is privileged")
        .shown_by(source, field, value)
        .affecting(affects)
        .fixed_by(Fix::manual(format!("exempt namespace {} from that policy", workload.namespace)));
        outcome = outcome.and(Outcome::failed(complaint));
    }
    outcome
}

fn not_running(exam: &Exam<'_>) -> Outcome {
    let mut outcome = Outcome::passed().unless_seen(&exam.seen.workloads);
    let is_rolling = exam.facts().driver.controller.found().is_some_and(|it| it.rolling);
    for controller in exam.controllers() {
        let pods = pods_of(exam, controller);
        let starts = |pod: &&DriverPod| {
            !pod.ready
                && pod.waiting.is_none()
                && exam.age(pod.created).is_some_and(|age| age < STARTING_SECONDS)
        };
        let starting = pods.iter().any(starts);
        let here = controller.namespace == exam.facts().driver.namespace;
        if controller.ready >= controller.desired || starting || here && is_rolling && controller.ready > 0 {
            continue;
        }
        let none = controller.ready == 0;
        let severity = match (none, exam.is_dynamic()) {
            (true, true) => Severity::Error,
            (false, true) => Severity::Warning,
            (_, false) => Severity::Info,
        };
        let mut complaint = Complaint::new(
            object(controller),
            format!(
                "{} of {} pods of the controller {}/{} are ready",
                controller.ready, controller.desired, controller.namespace, controller.name
            ),
        )
        .because(match none {
            true => "nobody makes, grows or deletes file systems",
            false => "one that works is enough, and there is no other if it goes",
        })
        .severity(severity)
        .shown_by("Deployment", "status.readyReplicas", controller.ready.to_string())
        .affecting(if none { stopped_by_controller(exam) } else { Vec::new() })
        .fixed_by(
            Fix::manual("mend what explains it; alone, read what its pods say")
                .then(format!("kubectl -n {} describe deployment {}", controller.namespace, controller.name))
                .then(format!(
                    "kubectl -n {} logs deployment/{} --all-containers --tail 50",
                    controller.namespace, controller.name
                )),
        );
        for pod in pods.iter().filter(|pod| !pod.ready).take(2) {
            let state = pod.waiting.as_deref().unwrap_or(&pod.phase);
            complaint = complaint.shown_by(format!("Pod {}/{}", pod.namespace, pod.name), "state", state);
        }
        outcome = outcome.and(Outcome::failed(complaint));
    }
    match &exam.survey().classes {
        Seen::Hidden(_) if !outcome.complaints.is_empty() => outcome.unless_seen(&exam.survey().classes),
        _ => outcome,
    }
}
