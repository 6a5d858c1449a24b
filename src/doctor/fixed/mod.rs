//! Volumes of file systems that were there before.

mod judge;
#[cfg(test)]
mod tests;

use super::check::{Check, Judge};
use super::finding::Severity;

pub(super) use judge::retain;

const EXAMPLE: &str = "https://github.com/kubernetes-sigs/aws-fsx-csi-driver/blob/master/examples/kubernetes/static_provisioning/README.md";

const fn row(
    id: &'static str,
    title: &'static str,
    severity: Severity,
    texts: [&'static str; 5],
    judge: Judge,
) -> Check {
    let [symptom, why, decided_by, remedy, source] = texts;
    Check { id, title, severity, symptom, why, decided_by, remedy, source, explains: &["FSX-MNT-50"], judge }
}

/// The checks.
pub(super) const CHECKS: &[Check] = &[
    row(
        "FSX-STAT-01",
        "A volume has no DNS name",
        Severity::Error,
        [
            "`rpc error: code = InvalidArgument desc = dnsname is not provided`.",
            "The driver mounts what attribute dnsname says; the handle is not used for that.",
            "PersistentVolume spec.csi.volumeAttributes.",
            "Create the volume again with the DNS name of the file system: `fsxctl byo`.",
            EXAMPLE,
        ],
        judge::no_dns_name,
    ),
    row(
        "FSX-STAT-02",
        "A volume has no mount name",
        Severity::Error,
        [
            "The mount ends with `Is the filesystem name correct?`.",
            "Without attribute mountname the driver mounts `fsx`, which is right for SCRATCH_1 only.",
            "PersistentVolume spec.csi.volumeAttributes; FileSystem LustreConfiguration.MountName.",
            "Create the volume again with the mount name of the file system: `fsxctl byo`.",
            EXAMPLE,
        ],
        judge::no_mount_name,
    ),
    row(
        "FSX-STAT-03",
        "One pod uses two volumes with the same handle",
        Severity::Warning,
        [
            "The pod stays ContainerCreating; one of its volumes is never mounted.",
            "The kubelet tells volumes apart by driver and handle, so two with one handle are one to it.",
            "spec.csi.volumeHandle of the volumes behind the pod's claims; whether the pod runs.",
            "Use one claim with subPath, or give one volume another handle.",
            "https://github.com/kubernetes-sigs/aws-fsx-csi-driver/issues/369",
        ],
        judge::one_handle,
    ),
    row(
        "FSX-STAT-04",
        "A volume lacks the mount options of its class",
        Severity::Warning,
        [
            "Locks end with `Function not implemented`: mounted without flock.",
            "The mount options of a StorageClass go to volumes that are made of it, never to those that somebody wrote.",
            "mountOptions of PersistentVolume and StorageClass.",
            "Set the mount options on the volume; pods that start from then on have them.",
            "https://github.com/kubernetes-sigs/aws-fsx-csi-driver/issues/127",
        ],
        judge::options,
    ),
    row(
        "FSX-STAT-05",
        "A volume is to be recycled",
        Severity::Error,
        [
            "Event VolumeFailedRecycle: `No recycler plugin found for the volume!`; the volume is Failed.",
            "No CSI driver can recycle. The volume fails when its claim is deleted.",
            "PersistentVolume spec.persistentVolumeReclaimPolicy and phase.",
            "Set the policy to Retain; clear claimRef of a volume that has failed.",
            EXAMPLE,
        ],
        judge::recycle,
    ),
    row(
        "FSX-STAT-06",
        "A volume that somebody wrote is to be deleted with its claim",
        Severity::Error,
        [
            "Event VolumeFailedDelete: `no deletable volume plugin matched`; the volume is Failed.",
            "The driver deletes only what it made. With its annotation on the volume it deletes the file system.",
            "persistentVolumeReclaimPolicy, annotation provisioned-by, and tag CSIVolumeName of the file system.",
            "Set the policy to Retain.",
            "https://github.com/kubernetes-sigs/aws-fsx-csi-driver/issues/171",
        ],
        judge::delete,
    ),
    row(
        "FSX-STAT-07",
        "A volume's node affinity leaves its pod no node",
        Severity::Error,
        [
            "The pod stays Pending: `had volume node affinity conflict`.",
            "The volume allows certain nodes only, and the pod cannot go to any of them.",
            "PersistentVolume spec.nodeAffinity; message of the pod's condition PodScheduled.",
            "Create the volume again without node affinity: every node that reaches the file system can mount it.",
            "https://kubernetes.io/docs/concepts/storage/persistent-volumes/#node-affinity",
        ],
        judge::affinity,
    ),
    row(
        "FSX-STAT-08",
        "A directory in the mount name may not be there",
        Severity::Error,
        [
            "The mount ends with `No such file or directory`, though the file system's own mount name is right.",
            "What follows the mount name is a directory of the file system, and it must be there before it is mounted.",
            "Attribute mountname, LustreConfiguration.MountName, errno of the pod's mount.",
            "Make the directory with a pod that mounts the whole, or leave it out.",
            "https://docs.aws.amazon.com/fsx/latest/LustreGuide/mounting-from-fileset.html",
        ],
        judge::fileset,
    ),
    row(
        "FSX-STAT-09",
        "A volume's handle names another file system than it mounts",
        Severity::Warning,
        [
            "Nothing, when it is mounted. Growing, deleting and reporting take the wrong file system, or none.",
            "Mounting uses DNS name and mount name; everything else uses the handle.",
            "spec.csi.volumeHandle and attribute dnsname; FileSystem DNSName.",
            "Create the volume again with the file system's id as handle.",
            "https://github.com/kubernetes-sigs/aws-fsx-csi-driver/blob/master/pkg/driver/node.go",
        ],
        judge::handle,
    ),
];
