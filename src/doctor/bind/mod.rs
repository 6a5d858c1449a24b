//! Volumes and claims: what keeps them apart.

mod claim;
mod pair;
#[cfg(test)]
mod tests;

use super::check::{Check, Judge};
use super::finding::Severity;

const BINDING: &str = "https://kubernetes.io/docs/concepts/storage/persistent-volumes/#binding";
const EFFECTS: &[&str] = &["FSX-BIND-50", "FSX-SCHED-05"];

const fn row(
    id: &'static str,
    title: &'static str,
    texts: [&'static str; 5],
    explains: &'static [&'static str],
    judge: Judge,
) -> Check {
    let [symptom, why, decided_by, remedy, source] = texts;
    Check { id, title, severity: Severity::Error, symptom, why, decided_by, remedy, source, explains, judge }
}

/// The checks.
pub(super) const CHECKS: &[Check] = &[
    row(
        "FSX-BIND-01",
        "A claim names a StorageClass that is not there",
        [
            "Event `storageclass.storage.k8s.io \"X\" not found`.",
            "No volume has that class, and nothing can make one.",
            "PersistentVolumeClaim spec.storageClassName; all StorageClasses; classes of the driver's volumes.",
            "Create the class, or the claim again with the right name.",
            "https://kubernetes.io/docs/concepts/storage/persistent-volumes/#class-1",
        ],
        EFFECTS,
        claim::without_class,
    ),
    row(
        "FSX-BIND-02",
        "A claim names neither class nor volume",
        [
            "Event `no persistent volumes available for this claim and no storage class is set`.",
            "Without a class nothing is made for it, and no volume without a class fits it.",
            "PersistentVolumeClaim spec.storageClassName and spec.volumeName; the driver's volumes.",
            "Create the claim again with a class or a volume.",
            BINDING,
        ],
        EFFECTS,
        claim::without_anything,
    ),
    row(
        "FSX-BIND-03",
        "A claim does not fit the volume that it names",
        [
            "Event VolumeMismatch: `Cannot bind to requested volume`, with the class, the size or the access mode.",
            "Class, size and access modes of claim and volume must agree.",
            "spec.storageClassName, spec.accessModes and sizes of both.",
            "Create the claim again so that it agrees with the volume.",
            BINDING,
        ],
        EFFECTS,
        pair::mismatched,
    ),
    row(
        "FSX-BIND-04",
        "The default class slipped into a claim of a volume without one",
        [
            "The claim was written without a class and has one; it does not bind to its volume, or another one was made.",
            "A claim that leaves storageClassName out gets the default class; only \"\" keeps it without.",
            "PersistentVolumeClaim spec.storageClassName; the StorageClass with annotation is-default-class; the volume.",
            "Create the claim again with `storageClassName: \"\"`.",
            "https://kubernetes.io/docs/concepts/storage/persistent-volumes/#class-1",
        ],
        EFFECTS,
        pair::defaulted,
    ),
    row(
        "FSX-BIND-05",
        "The volume that a claim names is another claim's",
        [
            "The claim stays Pending; its event is that the volume is already bound to a different claim.",
            "A volume serves one claim. Another namespace needs a volume of its own of the same file system.",
            "PersistentVolume spec.claimRef.",
            "Give the namespace its own volume and claim: `fsxctl share`, or `fsxctl byo`.",
            BINDING,
        ],
        EFFECTS,
        pair::taken,
    ),
    row(
        "FSX-BIND-06",
        "A volume remembers an earlier claim of that name",
        [
            "The volume is Released, and the new claim stays Pending.",
            "The volume's claimRef has the uid of the claim that was deleted.",
            "PersistentVolume spec.claimRef.uid and phase; metadata.uid of the claim.",
            "Look at the data, then `fsxctl byo --rebind`.",
            "https://kubernetes.io/docs/concepts/storage/persistent-volumes/#retain",
        ],
        EFFECTS,
        pair::released,
    ),
    row(
        "FSX-BIND-07",
        "A pod names a claim of another namespace",
        [
            "`persistentvolumeclaim \"fsx-claim\" not found`.",
            "A pod uses claims of its own namespace only.",
            "Claims that the pod names; claims of that name in other namespaces.",
            "Give the namespace its own claim: `fsxctl share --namespaces`.",
            "https://kubernetes.io/docs/concepts/storage/persistent-volumes/#a-note-on-namespaces",
        ],
        &[],
        claim::elsewhere,
    ),
    row(
        "FSX-BIND-08",
        "A claim has lost its volume",
        [
            "Event `Bound claim has lost its PersistentVolume. Data on the volume is lost!`.",
            "Somebody deleted the volume. The file system is often still there.",
            "PersistentVolumeClaim status.phase Lost; file systems with tag CSIVolumeName of it.",
            "Bind the file system again: `fsxctl byo --fs-id`.",
            "https://github.com/kubernetes/kubernetes/blob/master/pkg/controller/volume/persistentvolume/pv_controller.go",
        ],
        &["FSX-SCHED-05"],
        claim::lost,
    ),
    row(
        "FSX-BIND-09",
        "Access mode ReadOnlyMany is asked for",
        [
            "`Volume capabilities not supported` when it is made, `Volume capability not supported` when it is mounted.",
            "The driver takes ReadWriteMany and ReadWriteOnce only.",
            "spec.accessModes of the claim that waits, or of the volume.",
            "Ask for ReadWriteMany and mount it read-only in the pod.",
            "https://github.com/kubernetes-sigs/aws-fsx-csi-driver/blob/master/pkg/driver/controller.go",
        ],
        &["FSX-BIND-50", "FSX-MNT-50"],
        claim::read_only,
    ),
    row(
        "FSX-BIND-50",
        "A claim waits for its file system",
        [
            "The claim is Pending long after a file system should have been made.",
            "Whatever is to make its file system does not, or FSx refuses. The finding that explains it says why.",
            "PersistentVolumeClaim status.phase and age; file systems with tag CSIVolumeName=pvc-<uid of the claim>.",
            "Mend what explains it. Alone: read the claim's events.",
            "https://docs.aws.amazon.com/eks/latest/userguide/fsx-csi.html",
        ],
        &["FSX-SCHED-05"],
        claim::waits,
    ),
];
