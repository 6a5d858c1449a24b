//! Mounts: what keeps a pod from its volume on a node.

mod client;
mod failure;
mod names;
mod options;
mod rights;
mod stuck;
#[cfg(test)]
mod tests;

use super::check::{Check, Complaint, Outcome};
use super::exam::Exam;
use super::finding::{Fix, Resource, Severity};

use crate::domain::mount::MountFailure;
pub(in crate::doctor) use client::note_old_version;
use failure::RECENT_SECONDS;
pub(in crate::doctor) use failure::{Stuck, groups_of, mounting, stuck};

/// The checks.
pub(super) const CHECKS: &[Check] = &[
    Check {
        id: "FSX-MNT-01",
        title: "A node's kernel has no Lustre client",
        severity: Severity::Error,
        symptom: "`mount failed: exit status 19`, `No such device`, `Are the lustre modules loaded?`.",
        why: "The AMI has no Lustre client for its kernel: some builds of Bottlerocket, Ubuntu and own images, or a kernel that is newer than its client.",
        decided_by: "Exit status 19 of FailedMount events; osImage and kernelVersion of the node.",
        remedy: "Take an AMI with a Lustre client for its kernel.",
        source: "https://docs.aws.amazon.com/fsx/latest/LustreGuide/lustre-client-matrix.html",
        explains: &["FSX-MNT-50"],
        judge: client::no_module,
    },
    Check {
        id: "FSX-MNT-02",
        title: "A new node has not loaded its Lustre client yet",
        severity: Severity::Error,
        symptom: "`No such device` on a node that is minutes old; later pods mount.",
        why: "The module is installed or loaded while the node starts.",
        decided_by: "Exit status 19 on a node younger than ten minutes.",
        remedy: "Wait; to keep pods off until then, let nodes start with taint fsx.csi.aws.com/agent-not-ready.",
        source: "https://github.com/kubernetes-sigs/aws-fsx-csi-driver/issues/243",
        explains: &["FSX-MNT-50"],
        judge: client::not_loaded,
    },
    Check {
        id: "FSX-MNT-03",
        title: "Kernels and Lustre version do not go together",
        severity: Severity::Error,
        symptom: "`mount failed: exit status 22`, `Invalid argument`, `This may have multiple causes.`.",
        why: "The Lustre client of a kernel speaks to some versions of file systems only: clients 2.15 of Amazon Linux 2023 and other 6.x kernels not to 2.10.",
        decided_by: "FileSystemTypeVersion (none is 2.10) and kernelVersion of each node, by AWS's matrix.",
        remedy: "Upgrade the file system's version, or take nodes with another kernel.",
        source: "https://docs.aws.amazon.com/fsx/latest/LustreGuide/lustre-client-matrix.html",
        explains: &["FSX-MNT-50"],
        judge: client::versions,
    },
    Check {
        id: "FSX-MNT-04",
        title: "A volume names a wrong mount name",
        severity: Severity::Error,
        symptom: "`No such file or directory`, `Is the MGS specification correct?`, `Is the filesystem name correct?`.",
        why: "The volume's attribute mountname is not the MountName of the file system that its dnsname is of.",
        decided_by: "PersistentVolume volumeAttributes; LustreConfiguration.MountName.",
        remedy: "Make the volume again: its attributes cannot be changed.",
        source: "https://docs.aws.amazon.com/fsx/latest/LustreGuide/mount-troubleshooting.html",
        explains: &["FSX-MNT-50"],
        judge: names::mount_name,
    },
    Check {
        id: "FSX-MNT-05",
        title: "Mount options that Lustre does not know",
        severity: Severity::Error,
        symptom: "`mount failed: exit status 22`, `Invalid argument`.",
        why: "Options of NFS or EFS were copied; Lustre refuses the whole mount.",
        decided_by: "mountOptions of volumes and classes.",
        remedy: "Take these options away.",
        source: "https://github.com/kubernetes-sigs/aws-fsx-csi-driver/issues/65",
        explains: &["FSX-MNT-50"],
        judge: options::foreign,
    },
    Check {
        id: "FSX-MNT-06",
        title: "The node plugin has no mount helper",
        severity: Severity::Error,
        symptom: "`wrong fs type, bad option, bad superblock on ..., missing codepage or helper program, or other error.`.",
        why: "The image of the node plugin has no mount.lustre: it is old or somebody's own.",
        decided_by: "Exit status 32 of FailedMount events; image of the node plugin.",
        remedy: "Take the driver's own image: `fsxctl setup driver --upgrade`.",
        source: "https://github.com/kubernetes-sigs/aws-fsx-csi-driver/issues/181",
        explains: &["FSX-MNT-50"],
        judge: stuck::no_helper,
    },
    Check {
        id: "FSX-MNT-07",
        title: "The file system does not answer, and nothing that can be seen keeps it",
        severity: Severity::Error,
        symptom: "`Input/output error` and `Is the MGS running?`, or a mount that hangs.",
        why: "Rules, ACLs, routes and versions are right as far as they can be seen. What remains is on the node: SNAT that changes the source port, another program on port 988, a firewall.",
        decided_by: "Exit status 5 or 110 or no end of FailedMount events, while no other finding is about the pod.",
        remedy: "Prove it on the node with `fsxctl verify`, which says more.",
        source: "https://github.com/kubernetes-sigs/aws-fsx-csi-driver/blob/master/docs/troubleshooting.md",
        explains: &["FSX-MNT-50"],
        judge: stuck::silent,
    },
    Check {
        id: "FSX-MNT-09",
        title: "Changing the owner of all files does not end",
        severity: Severity::Error,
        symptom: "`Unable to attach or mount volumes: ... timed out waiting for the condition`; the kubelet says `Setting volume ownership`.",
        why: "With an fsGroup the kubelet walks through all files of the volume at every mount, unless fsGroupChangePolicy is OnRootMismatch.",
        decided_by: "fsGroup of the pod; fsGroupPolicy of the CSIDriver; access modes of the volume; no failure of the driver itself.",
        remedy: "Set fsGroupChangePolicy to OnRootMismatch.",
        source: "https://github.com/kubernetes-sigs/aws-fsx-csi-driver/blob/master/docs/troubleshooting.md",
        explains: &["FSX-MNT-50"],
        judge: stuck::owners,
    },
    Check {
        id: "FSX-MNT-10",
        title: "A pod that is not root may not be allowed to write",
        severity: Severity::Info,
        symptom: "`Permission denied` in a container that runs as another user than root.",
        why: "The root directory of a new file system is root's, mode 0755, and a shared volume's owner is not changed.",
        decided_by: "runAsUser of a pod that keeps crashing.",
        remedy: "Make a directory for that user once, as root.",
        source: "https://github.com/kubernetes-sigs/aws-fsx-csi-driver/blob/master/charts/aws-fsx-csi-driver/values.yaml",
        explains: &[],
        judge: rights::not_root,
    },
    Check {
        id: "FSX-MNT-11",
        title: "The file system squashes root",
        severity: Severity::Info,
        symptom: "Root in a pod is denied; chown fails.",
        why: "RootSquash turns root of clients into another user, but for exempted clients.",
        decided_by: "LustreConfiguration.RootSquashConfiguration.",
        remedy: "Exempt the nodes, or run pods as the user that owns the files.",
        source: "https://docs.aws.amazon.com/fsx/latest/LustreGuide/root-squash.html",
        explains: &[],
        judge: rights::squash,
    },
    Check {
        id: "FSX-MNT-12",
        title: "Mount option flock is missing",
        severity: Severity::Warning,
        symptom: "`Function not implemented` when a program locks a file.",
        why: "Clients older than 2.13 refuse flock unless the option is given; AWS's examples give it always.",
        decided_by: "mountOptions of the volume, or of a class without volumes; kernels of the nodes.",
        remedy: "Add flock to mountOptions of the class, and make static volumes again with it.",
        source: "https://github.com/kubernetes-sigs/aws-fsx-csi-driver/issues/127",
        explains: &[],
        judge: options::no_flock,
    },
    Check {
        id: "FSX-MNT-13",
        title: "An earlier attempt holds the lock of the volume",
        severity: Severity::Error,
        symptom: "`An operation with the given volume=\"fs-...\" is already in progress`, for a long time.",
        why: "A mount or unmount hangs in the kernel and keeps the driver's lock; drivers before 1.1.0 lock a volume for all its pods.",
        decided_by: "FailedMount events that are Aborted for more than ten minutes and nothing else.",
        remedy: "Restart the node plugin on that node; running mounts stay.",
        source: "https://github.com/kubernetes-sigs/aws-fsx-csi-driver/issues/495",
        explains: &["FSX-MNT-50"],
        judge: stuck::locked,
    },
    Check {
        id: "FSX-MNT-14",
        title: "A node's client was evicted",
        severity: Severity::Error,
        symptom: "`Cannot send after transport endpoint shutdown`.",
        why: "The servers gave up on the node's client: the network broke, or there was maintenance.",
        decided_by: "Exit status 108 of FailedMount events.",
        remedy: "Delete the pod; if it stays, replace the node.",
        source: "https://github.com/kubernetes-sigs/aws-fsx-csi-driver/issues/169",
        explains: &["FSX-MNT-50"],
        judge: stuck::evicted,
    },
    Check {
        id: "FSX-MNT-16",
        title: "One node alone cannot mount",
        severity: Severity::Error,
        symptom: "`timed out waiting for the condition` for hours, on one node.",
        why: "Pods on other nodes with the same security groups have the file system mounted, so the node itself is in a bad state.",
        decided_by: "A mount that does not end for more than an hour, and a running pod with the same volume elsewhere.",
        remedy: "Cordon the node and replace it.",
        source: "https://github.com/kubernetes-sigs/aws-fsx-csi-driver/issues/244",
        explains: &["FSX-MNT-50"],
        judge: stuck::one_node,
    },
    Check {
        id: "FSX-MNT-51",
        title: "A volume's dnsname is not its file system's",
        severity: Severity::Error,
        symptom: "`mount.lustre: Can't parse NID`, or `No such file or directory`.",
        why: "The driver mounts by dnsname alone, and this one is neither a name nor an address of the file system.",
        decided_by: "PersistentVolume volumeAttributes.dnsname; DNSName and interfaces of the file system.",
        remedy: "Make the volume again: its attributes cannot be changed.",
        source: "https://docs.aws.amazon.com/fsx/latest/LustreGuide/mount-troubleshooting.html",
        explains: &["FSX-MNT-50"],
        judge: names::dns_name,
    },
    Check {
        id: "FSX-MNT-50",
        title: "A pod cannot mount its volume",
        severity: Severity::Error,
        symptom: "The pod stays ContainerCreating; its events are FailedMount.",
        why: "The driver on its node cannot mount the file system. The finding that explains it says why.",
        decided_by: "Pod status and node; its FailedMount events of the last minutes.",
        remedy: "Mend what explains it. Alone: read the pod's events.",
        source: "https://docs.aws.amazon.com/fsx/latest/LustreGuide/mount-troubleshooting.html",
        explains: &[],
        judge: cannot_mount,
    },
];

fn cannot_mount(exam: &Exam<'_>) -> Outcome {
    let complaint = |pod: &crate::facts::PodUse| {
        let stuck = pod.phase == "Pending" && pod.node.is_some() && !pod.terminating;
        let recent = |event: &&&crate::facts::ObjectEvent| {
            event.reason == "FailedMount" && exam.age(event.last).is_none_or(|age| age < RECENT_SECONDS)
        };
        let events = exam.pod_events(pod);
        let failure = events.iter().filter(recent).max_by_key(|event| event.last).filter(|_| stuck)?;
        let node = pod.node.as_deref().unwrap_or_default();
        // On a fresh node the driver is still starting, and the kubelet tries again.
        let fresh = exam.node(node).and_then(|node| exam.age(node.more.created));
        let starts = fresh.is_some_and(|age| age < super::schedule::FRESH_SECONDS);
        if starts && MountFailure::of(&failure.message) == MountFailure::NotRegistered {
            return None;
        }
        Some(
            Complaint::new(
                Resource::pod(&pod.namespace, &pod.name),
                format!("pod {}/{} cannot mount its volume on node {node}", pod.namespace, pod.name),
            )
            .shown_by(format!("Event {}", failure.reason), "message", &failure.message)
            .fixed_by(
                Fix::manual("mend what explains it; alone, read what the kubelet says")
                    .then(format!("kubectl describe pod {} -n {}", pod.name, pod.namespace)),
            ),
        )
    };
    Outcome::all(exam.users().into_iter().filter_map(complaint))
        .unless_seen(&exam.survey().pods)
        .unless_seen(&exam.seen.events)
}
