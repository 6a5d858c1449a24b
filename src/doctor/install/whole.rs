//! Whether the driver is whole and alone: both parts, the CSIDriver, the service account, one copy.

use super::super::check::{Check, Complaint, Outcome};
use super::super::exam::Exam;
use super::super::finding::{Fix, Resource, Severity};
use super::{OF_CONTROLLER, object, stopped_by_controller, stopped_on};
use crate::domain::storageclass::PROVISIONER;
use crate::domain::versions::DriverVersion;
use crate::facts::Seen;
use crate::steps;

const MANIFESTS: &str =
    "https://github.com/kubernetes-sigs/aws-fsx-csi-driver/tree/master/charts/aws-fsx-csi-driver";

pub(super) const NO_ACCOUNT: Check = Check {
    id: "FSX-INST-03",
    title: "The controller's service account is missing",
    severity: Severity::Error,
    symptom: "`create serviceaccount kube-system/fsx-csi-controller-sa or set .controller.serviceaccount.create true`, or \
              FailedCreate events of the ReplicaSet.",
    why: "No pod can be made for a service account that is not there, and tokens of pods that run are not renewed.",
    decided_by: "ServiceAccount of the controller's Deployment.",
    remedy: "Make the service account, or install the driver anew.",
    source: MANIFESTS,
    explains: OF_CONTROLLER,
    judge: no_account,
};

pub(super) const SECOND_COPY: Check = Check {
    id: "FSX-INST-06",
    title: "The driver is there twice",
    severity: Severity::Warning,
    symptom: "`CSIDriver \"fsx.csi.aws.com\" in namespace \"\" exists and cannot be imported into the current release: invalid \
              ownership metadata`, or two Deployments fsx-csi-controller.",
    why: "Two copies share one driver name: node plugins fight over one socket, and either controller may answer. The chart \
          of the HyperPod inference operator brings a copy with it.",
    decided_by: "Deployments with container fsx-plugin in all namespaces; their Helm release and chart.",
    remedy: "Keep one: set fsx.enabled=false in the inference operator's chart, or uninstall the other.",
    source: "https://github.com/aws/sagemaker-hyperpod-cli/tree/main/helm_chart",
    explains: &[],
    judge: second_copy,
};

pub(super) const NODE_PART_ONLY: Check = Check {
    id: "FSX-INST-07",
    title: "The driver has no controller",
    severity: Severity::Error,
    symptom: "Volumes of existing file systems mount, and claims of a StorageClass stay Pending without any event of the driver.",
    why: "Only the controller makes file systems. The node plugins alone mount.",
    decided_by: "DaemonSets and Deployments with container fsx-plugin in all namespaces; spec.replicas.",
    remedy: "Install the driver whole, or scale its Deployment up.",
    source: MANIFESTS,
    explains: OF_CONTROLLER,
    judge: node_part_only,
};

pub(super) const NO_NODE_PART: Check = Check {
    id: "FSX-INST-52",
    title: "The driver has no node plugin",
    severity: Severity::Error,
    symptom: "`driver name fsx.csi.aws.com not found in the list of registered CSI drivers` on every node.",
    why: "The DaemonSet's pods mount volumes on their nodes; without it nothing is mounted or unmounted.",
    decided_by: "Deployments and DaemonSets with container fsx-plugin in all namespaces.",
    remedy: "Install the driver whole.",
    source: MANIFESTS,
    explains: &["FSX-SCHED-01", "FSX-MNT-50", "FSX-INST-05"],
    judge: no_node_part,
};

pub(super) const CSI_DRIVER: Check = Check {
    id: "FSX-INST-08",
    title: "The CSIDriver object is missing or asks for an attacher",
    severity: Severity::Error,
    symptom: "`AttachVolume.Attach failed for volume … : Attach timeout for volume fs-…`, then `Unable to attach or mount volumes`.",
    why: "Without CSIDriver attachRequired=false Kubernetes waits for an attacher, which Lustre does not have.",
    decided_by: "CSIDriver fsx.csi.aws.com: whether it is there, and spec.attachRequired.",
    remedy: "Apply the driver's manifests again.",
    source: "https://github.com/kubernetes-sigs/aws-fsx-csi-driver/issues/213",
    explains: &["FSX-MNT-16", "FSX-MNT-50"],
    judge: csi_driver,
};

pub(super) const EMPTY_TAGS: Check = Check {
    id: "FSX-INST-12",
    title: "An empty extraTags crashes this driver",
    severity: Severity::Error,
    symptom: "Container fsx-plugin restarts whenever a claim of the StorageClass is tried.",
    why: "Drivers before 1.4.0 panic on `extraTags: \"\"`.",
    decided_by: "StorageClass parameter extraTags; tag of the fsx-plugin image.",
    remedy: "Upgrade the driver, or make the StorageClass anew without the key.",
    source: "https://github.com/kubernetes-sigs/aws-fsx-csi-driver/issues/401",
    explains: &["FSX-BIND-50", "FSX-INST-50"],
    judge: empty_tags,
};

pub(super) const UNPINNED: Check = Check {
    id: "FSX-INST-13",
    title: "The driver's image is not of a release",
    severity: Severity::Warning,
    symptom: "The driver changes or breaks when its pods are made anew.",
    why: "A tag such as latest or master is whatever was built last; manifests and image may not fit each other.",
    decided_by: "Tag of the fsx-plugin image.",
    remedy: "Install a release.",
    source: "https://github.com/kubernetes-sigs/aws-fsx-csi-driver/issues/83",
    explains: &[],
    judge: unpinned,
};

fn setup_driver(exam: &Exam<'_>, why: &str) -> Fix {
    Fix::consent(why, format!("fsxctl migrate driver --to addon --cluster {}", exam.cluster()))
}

fn no_account(exam: &Exam<'_>) -> Outcome {
    let controllers = exam.controllers();
    let account = &exam.facts().access.service_account;
    let (namespace, name) = steps::account(exam.intent, exam.facts());
    let of_it = controllers.iter().find(|it| {
        it.namespace == namespace && it.service_account.as_deref().is_none_or(|account| account == name)
    });
    if !account.is_missing() || of_it.is_none() {
        return Outcome::passed().unless_seen(account).unless_seen(&exam.seen.workloads);
    }
    let complaint = Complaint::new(
        Resource::new("ServiceAccount", format!("{namespace}/{name}")),
        format!("the controller's service account {namespace}/{name} is not there"),
    )
    .because("its pods cannot be made, and those that run lose their tokens")
    .shown_by("ServiceAccount", format!("{namespace}/{name}"), "not there")
    .severity(if exam.is_dynamic() { Severity::Error } else { Severity::Warning })
    .affecting(stopped_by_controller(exam))
    .fixed_by(
        Fix::consent(
            "make it, then give it its role",
            format!("kubectl -n {namespace} create serviceaccount {name}"),
        )
        .then(format!("fsxctl setup identity --cluster {}", exam.cluster())),
    );
    Outcome::failed(complaint).unless_seen(&exam.survey().classes)
}

fn second_copy(exam: &Exam<'_>) -> Outcome {
    let outcome = Outcome::passed().unless_seen(&exam.seen.workloads);
    let controllers = exam.controllers();
    let running: Vec<_> = controllers.into_iter().filter(|it| it.desired > 0).collect();
    let [first, rest @ ..] = running.as_slice() else { return outcome };
    if rest.is_empty() {
        return outcome;
    }
    let named: Vec<String> = running.iter().map(|it| format!("{}/{}", it.namespace, it.name)).collect();
    let mut complaint = Complaint::new(
        Resource::new("CSIDriver", PROVISIONER),
        format!("the driver is installed {} times: {}", running.len(), named.join(", ")),
    )
    .because("the copies share one driver name and one socket on each node")
    .affecting(running.iter().map(|it| object(it)));
    for copy in std::iter::once(first).chain(rest) {
        let by =
            copy.release.as_deref().map_or("no Helm release".to_owned(), |it| format!("Helm release {it}"));
        let chart = copy.chart.as_deref().map_or(String::new(), |chart| format!(", chart {chart}"));
        complaint =
            complaint.shown_by(format!("Deployment {}/{}", copy.namespace, copy.name), "owner", by + &chart);
    }
    let fix =
        Fix::manual("keep one of them; in the HyperPod inference operator's chart set fsx.enabled=false");
    outcome.and(Outcome::failed(complaint.fixed_by(fix)))
}

fn node_part_only(exam: &Exam<'_>) -> Outcome {
    let plugins = exam.plugins();
    let controllers = exam.controllers();
    let idle = controllers.iter().all(|it| it.desired == 0);
    let Some(any) = controllers.first().or(plugins.first()) else {
        return Outcome::not_applicable("the driver is not there").unless_seen(&exam.seen.workloads);
    };
    if !idle {
        return Outcome::passed();
    }
    let complaint = match controllers.first() {
        Some(controller) => Complaint::new(
            object(controller),
            format!("Deployment {}/{} is scaled to 0", controller.namespace, controller.name),
        )
        .shown_by("Deployment", "spec.replicas", "0")
        .fixed_by(Fix::consent(
            "scale it up",
            format!("kubectl -n {} scale deployment {} --replicas 2", controller.namespace, controller.name),
        )),
        None => Complaint::new(object(any), "the driver has node plugins and no controller")
            .shown_by("apps/v1 Deployment", "spec.template.spec.containers[].name", "none is fsx-plugin")
            .fixed_by(setup_driver(exam, "install the driver whole")),
    };
    // For volumes of existing file systems the node part is enough.
    let severity = if exam.is_dynamic() { Severity::Error } else { Severity::Info };
    let complaint = complaint
        .because("nothing makes, grows or deletes file systems")
        .severity(severity)
        .affecting(stopped_by_controller(exam));
    Outcome::failed(complaint).unless_seen(&exam.survey().classes)
}

fn no_node_part(exam: &Exam<'_>) -> Outcome {
    let controllers = exam.controllers();
    let Some(controller) = controllers.first().filter(|_| exam.plugins().is_empty()) else {
        return Outcome::passed().unless_seen(&exam.seen.workloads);
    };
    let complaint = Complaint::new(object(controller), "the driver has a controller and no node plugin")
        .because("nothing mounts volumes of the driver on any node")
        .shown_by("apps/v1 DaemonSet", "spec.template.spec.containers[].name", "none is fsx-plugin")
        .affecting(stopped_on(exam, |_| true))
        .fixed_by(setup_driver(exam, "install the driver whole"));
    Outcome::failed(complaint)
}

fn csi_driver(exam: &Exam<'_>) -> Outcome {
    if !exam.has_driver() {
        return Outcome::not_applicable("the driver is not there").unless_seen(&exam.seen.workloads);
    }
    let (summary, value) = match &exam.facts().driver.csi_driver {
        Seen::Hidden(veil) => return Outcome::hidden(veil),
        Seen::Missing => (format!("CSIDriver {PROVISIONER} is not there"), "not there"),
        Seen::Found(found) if found.attach_required == Some(false) => return Outcome::passed(),
        Seen::Found(_) => (format!("CSIDriver {PROVISIONER} asks for an attacher"), "true"),
    };
    let complaint = Complaint::new(Resource::new("CSIDriver", PROVISIONER), summary)
        .because("Kubernetes waits for an attacher before it mounts, and the driver has none")
        .shown_by("CSIDriver", "spec.attachRequired", value)
        .affecting(stopped_on(exam, |_| true))
        .fixed_by(Fix::consent(
            "make it as the driver's manifests have it",
            "kubectl delete csidriver fsx.csi.aws.com --ignore-not-found",
        )
        .then("kubectl apply -f https://raw.githubusercontent.com/kubernetes-sigs/aws-fsx-csi-driver/master/deploy/kubernetes/base/csidriver.yaml"));
    Outcome::failed(complaint)
}

fn empty_tags(exam: &Exam<'_>) -> Outcome {
    let outcome = Outcome::passed().unless_seen(&exam.survey().classes);
    let Some(version) = exam.version().filter(|version| !version.at_least((1, 4, 0))) else { return outcome };
    let empty =
        exam.classes().filter(|it| it.parameters.get("extraTags").is_some_and(|tags| tags.trim().is_empty()));
    let complaint = |class: &crate::facts::StorageClass| {
        let waits = exam.waiting().filter(|claim| claim.class.as_deref() == Some(class.name.as_str()));
        let affects: Vec<Resource> =
            waits.map(|claim| Resource::claim(&claim.namespace, &claim.name)).collect();
        // The crash takes the controller down with it.
        let controllers = if affects.is_empty() { Vec::new() } else { exam.controllers() };
        Complaint::new(
            Resource::new("StorageClass", &class.name),
            format!("StorageClass {} has an empty extraTags, which crashes driver {version}", class.name),
        )
        .because("drivers before 1.4.0 panic on it")
        .shown_by("StorageClass", "parameters.extraTags", "\"\"")
        .shown_by("Deployment", "image of container fsx-plugin", version.to_string())
        .affecting(affects)
        .affecting(controllers.into_iter().map(object))
        .fixed_by(Fix::consent(
            "upgrade the driver",
            format!("fsxctl setup driver --upgrade --cluster {}", exam.cluster()),
        ))
    };
    outcome.and(Outcome::all(empty.map(complaint)))
}

fn unpinned(exam: &Exam<'_>) -> Outcome {
    let is_floating = |image: &str| {
        let name = image.rsplit('/').next().unwrap_or_default();
        let tag = name.split_once(':').map_or("latest", |(_, tag)| tag);
        !image.contains('@')
            && DriverVersion::of_image(image).is_none()
            && ["latest", "master", "main"].contains(&tag)
    };
    let all = exam.controllers().into_iter().chain(exam.plugins());
    let floating = all.filter(|it| it.image.as_deref().is_some_and(is_floating)).map(|it| {
        let image = it.image.as_deref().unwrap_or_default();
        Complaint::new(
            object(it),
            format!("{} {}/{} runs an image of no release", it.kind, it.namespace, it.name),
        )
        .because("what its tag names changes with every build")
        .shown_by(&it.kind, "image of container fsx-plugin", image)
        .fixed_by(setup_driver(exam, "install a release"))
    });
    Outcome::all(floating).unless_seen(&exam.seen.workloads)
}
