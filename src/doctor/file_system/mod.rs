//! File systems: their state, how they came about, and how they grow.

mod creation;
mod growth;
mod state;
#[cfg(test)]
mod tests;

use super::check::{Check, Judge};
use super::finding::Severity;

pub(super) use creation::by_token;

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

const SLOW: Check = Check {
    severity: Severity::Warning,
    ..row(
        "FSX-FS-03",
        "A file system takes long to be made",
        [
            "`rpc error: code = DeadlineExceeded desc = context deadline exceeded`; `DescribeFileSystems, context canceled`.",
            "Creation outlasts the time that the provisioner waits. A driver of v1.6.0 or later finds the file system again; \
             an older one may make another.",
            "FileSystem Lifecycle CREATING and CreationTime; the controller's version.",
            "Wait. A later driver and a longer timeout (`controller.timeout`) end the noise.",
            "https://github.com/kubernetes-sigs/aws-fsx-csi-driver/issues/382",
        ],
        &[],
        creation::slow,
    )
};

const TWINS: Check = Check {
    severity: Severity::Warning,
    ..row(
        "FSX-FS-04",
        "Several file systems were made for one claim",
        [
            "More file systems than claims, a growing bill, addresses of the subnet gone.",
            "Drivers before v1.6.0 made another one each time the provisioner asked again.",
            "FileSystem tags: more than one with the same CSIVolumeName; spec.csi.volumeHandle of the volume of that name.",
            "Upgrade the driver; look at what the volume does not name, and delete it.",
            "https://github.com/kubernetes-sigs/aws-fsx-csi-driver/issues/433",
        ],
        &[],
        creation::twins,
    )
};

/// The checks.
pub(super) const CHECKS: &[Check] = &[
    row(
        "FSX-FS-01",
        "FSx could not make the file system",
        [
            "`Filesystem is not ready: unexpected state for filesystem fs-...: \"FAILED\"`, again and again.",
            "The driver asks for the same file system by the same token each time, and gets the failed one. Events do not \
             say why it failed; FSx does.",
            "FileSystem Lifecycle FAILED and FailureDetails.Message; its tag CSIVolumeName.",
            "Mend what FSx says; delete the failed file system; delete and create the claim again, for a new token.",
            "https://github.com/kubernetes-sigs/aws-fsx-csi-driver/issues/239",
        ],
        &["FSX-BIND-50"],
        |exam| creation::failed(exam, false),
    ),
    row(
        "FSX-FS-02",
        "AWS has no room for the file system in that zone",
        [
            "The same as FSX-FS-01; what FSx says speaks of capacity.",
            "AWS has too few servers of that type free in the zone, for now.",
            "FileSystem Lifecycle FAILED and FailureDetails.Message.",
            "Take a subnet in another zone or another type, or try again later.",
            "https://github.com/kubernetes-sigs/aws-fsx-csi-driver/issues/239",
        ],
        &["FSX-BIND-50"],
        |exam| creation::failed(exam, true),
    ),
    SLOW,
    TWINS,
    row(
        "FSX-FS-05",
        "FSx answers the driver too seldom",
        [
            "`operation error FSx: DescribeFileSystems, failed to get rate limit token, retry quota exceeded`.",
            "The API's rate is shared by the whole account; drivers before v1.8.0 ask for each file system by itself.",
            "A claim that waits, and its events' code token; the controller's version.",
            "Upgrade the driver to v1.8.0 or later, and ask less often elsewhere.",
            "https://github.com/kubernetes-sigs/aws-fsx-csi-driver/issues/469",
        ],
        &["FSX-BIND-50"],
        creation::throttled,
    ),
    row(
        "FSX-FS-06",
        "A quota of FSx is reached",
        [
            "The claim's event has the code ServiceLimitExceeded.",
            "Number and capacity of file systems are limited by account, Region and type.",
            "A claim that waits, and its events' code token.",
            "Ask for a higher quota, or delete what is not used.",
            "https://docs.aws.amazon.com/fsx/latest/LustreGuide/limits.html",
        ],
        &["FSX-BIND-50"],
        creation::quota,
    ),
    row(
        "FSX-FS-07",
        "The file system is not available",
        [
            "Mounts end with `Is the MGS running?`, or hang.",
            "A file system that is being made or deleted, or that FSx cannot reach, serves no client.",
            "FileSystem Lifecycle and FailureDetails.Message.",
            "Do what FSx says; wait while it is made; after deletion restore a backup.",
            "https://docs.aws.amazon.com/fsx/latest/LustreGuide/file-system-lifecycle-states.html",
        ],
        &["FSX-MNT-50"],
        state::unavailable,
    ),
    row(
        "FSX-FS-08",
        "The file system of a volume is gone",
        [
            "The claim stays Bound; new pods fail with `Can't parse NID`, running ones hang.",
            "The file system was deleted and the volume was not.",
            "fsx:DescribeFileSystems has neither the volume's handle nor its DNS name.",
            "Restore a backup and bind that: `fsxctl byo --fs-id`; then delete the old volume and claim.",
            "https://docs.aws.amazon.com/fsx/latest/LustreGuide/using-backups-fsx.html",
        ],
        &["FSX-MNT-50"],
        state::gone,
    ),
    row(
        "FSX-FS-10",
        "The file system has another size than the claim asks for",
        [
            "`rpc error: code = AlreadyExists desc = There is already a disk with same ID and different size`.",
            "What was made for the claim has not the size that the driver would ask for now: the class changed meanwhile.",
            "FileSystem StorageCapacity, tag CSIVolumeName; the claim's request as the driver rounds it.",
            "Delete the file system if it is empty, or make the class again as it was.",
            "https://github.com/kubernetes-sigs/aws-fsx-csi-driver/issues/287",
        ],
        &["FSX-BIND-50"],
        creation::other_size,
    ),
    row(
        "FSX-FS-12",
        "A Scratch file system has failed",
        [
            "What was mounted hangs or answers with I/O errors; the file system is FAILED after it worked.",
            "Scratch file systems keep one copy of the data: with a server, data are lost.",
            "FileSystem DeploymentType SCRATCH_* and Lifecycle FAILED; a volume of the cluster names it.",
            "Make a new one and load the data again.",
            "https://docs.aws.amazon.com/fsx/latest/LustreGuide/using-fsx-lustre.html",
        ],
        &["FSX-MNT-50"],
        state::scratch,
    ),
    row(
        "FSX-FS-14",
        "A file system does not grow",
        [
            "`VolumeResizeFailed`; `resize failed: UpdateFileSystem failed: ...`.",
            "FSx takes an increase only by certain steps, six hours after the last one, and never of SCRATCH_1.",
            "AdministrativeActions Status, FailureDetails and RequestTime; size of claim and file system.",
            "Wait for the six hours, or do what FSx says.",
            "https://docs.aws.amazon.com/fsx/latest/LustreGuide/managing-storage-capacity.html",
        ],
        &[],
        growth::refused,
    ),
];
