//! Deletion: what hangs, leaks or takes data with it.

mod judge;
#[cfg(test)]
mod tests;

use super::check::{Check, Judge};
use super::finding::Severity;

const fn row(
    id: &'static str,
    title: &'static str,
    severity: Severity,
    texts: [&'static str; 5],
    judge: Judge,
) -> Check {
    let [symptom, why, decided_by, remedy, source] = texts;
    Check { id, title, severity, symptom, why, decided_by, remedy, source, explains: &[], judge }
}

/// The checks.
pub(super) const CHECKS: &[Check] = &[
    row(
        "FSX-DEL-01",
        "A pod cannot end because the driver left its node first",
        Severity::Error,
        [
            "Pods stay Terminating; the kubelet says `driver name fsx.csi.aws.com not found in the list of registered CSI \
             drivers` on UnmountVolume.",
            "Only the driver on the node can unmount, and it was evicted or drained before the pod.",
            "Pod deletionTimestamp and node; CSINode drivers and the driver's pods on that node.",
            "Bring the driver's pod back to the node; keep it there while pods use volumes.",
            "https://github.com/kubernetes/autoscaler/issues/5240",
        ],
        judge::left_first,
    ),
    row(
        "FSX-DEL-02",
        "A pod does not end, and its volume may be why",
        Severity::Warning,
        [
            "Pods stay Terminating for hours or days; `operation for volume ... is already in progress`.",
            "An unmount that hangs in the kernel keeps the driver's lock, and each further try ends at it.",
            "Pod deletionTimestamp; the driver's pod on that node is there and ready.",
            "Look at the driver's log on that node; restart its pod there.",
            "https://github.com/kubernetes-sigs/aws-fsx-csi-driver/issues/495",
        ],
        judge::hangs,
    ),
    row(
        "FSX-DEL-03",
        "A file system that the driver made has no volume here",
        Severity::Info,
        [
            "More file systems on the bill than volumes in the cluster.",
            "The claim was deleted while its file system was being made, or a volume with Retain was deleted. It may also be \
             another cluster's.",
            "FileSystem tag CSIVolumeName; no volume of that name and no claim of that uid.",
            "Make sure that no cluster uses it, then bind it or delete it.",
            "https://github.com/kubernetes-csi/external-provisioner/issues/486",
        ],
        judge::orphans,
    ),
    row(
        "FSX-DEL-05",
        "A volume's file system cannot be deleted",
        Severity::Error,
        [
            "The volume stays Released or is Failed; event VolumeFailedDelete.",
            "FSx refuses to delete the file system, or the controller may not.",
            "PersistentVolume phase, reclaim policy and status.message; its events.",
            "Do what the event says; the controller tries again by itself.",
            "https://github.com/kubernetes-csi/external-provisioner/issues/1277",
        ],
        judge::undeletable,
    ),
    row(
        "FSX-DEL-06",
        "The driver is gone and its volumes are not",
        Severity::Error,
        [
            "Volumes stay Terminating with finalizer external-provisioner.volume.kubernetes.io/finalizer.",
            "Only the driver deletes the file system and takes the finalizer off, and nobody is there to.",
            "PersistentVolume deletionTimestamp, finalizers and phase; no controller in any namespace.",
            "Install the driver again and let it finish; without the finalizer the file system would be left behind.",
            "https://github.com/kubernetes-sigs/aws-efs-csi-driver/issues/1753",
        ],
        judge::abandoned,
    ),
    row(
        "FSX-DEL-08",
        "A claim goes when its pods have gone",
        Severity::Info,
        [
            "The claim stays Terminating with finalizer kubernetes.io/pvc-protection.",
            "Kubernetes keeps a claim while a pod uses it.",
            "PersistentVolumeClaim deletionTimestamp; pods that name it.",
            "End the pods.",
            "https://kubernetes.io/docs/concepts/storage/persistent-volumes/#storage-object-in-use-protection",
        ],
        judge::protected,
    ),
    row(
        "FSX-DEL-09",
        "Deleting a claim deletes its data",
        Severity::Warning,
        [
            "Nothing, until a claim or its namespace is deleted.",
            "With reclaim policy Delete the driver deletes the file system with the claim, and asks for no last backup.",
            "persistentVolumeReclaimPolicy of the volumes that the driver made; DeploymentType of their file systems.",
            "Set the volumes to Retain; create the class again with reclaimPolicy Retain.",
            "https://kubernetes.io/docs/tasks/administer-cluster/change-pv-reclaim-policy/",
        ],
        judge::data_loss,
    ),
];
