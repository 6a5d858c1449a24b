//! StorageClasses: what the driver or FSx would refuse, and what is silently ignored.

mod judge;
mod others;
#[cfg(test)]
mod tests;

use super::check::Check;
use super::finding::Severity;

pub(super) use judge::is_label;
pub(super) use others::asked_of_fsx;

const PARAMETERS: &str = "https://github.com/kubernetes-sigs/aws-fsx-csi-driver/blob/master/examples/kubernetes/dynamic_provisioning/README.md";
const API: &str =
    "https://docs.aws.amazon.com/fsx/latest/APIReference/API_CreateFileSystemLustreConfiguration.html";
const DECIDED: &str =
    "StorageClass parameters, judged as the driver reads them and as FSx judges what the driver sends.";
const AGAIN: &str = "Correct the parameter in a copy of the class, delete the class and create it again: parameters of a \
                     class cannot be changed, and what is Bound does not mind.";
const EFFECTS: &[&str] = &["FSX-BIND-50"];

const fn row(
    id: &'static str,
    title: &'static str,
    texts: [&'static str; 3],
    judge: super::check::Judge,
) -> Check {
    let [symptom, why, source] = texts;
    Check {
        id,
        title,
        severity: Severity::Error,
        symptom,
        why,
        decided_by: DECIDED,
        remedy: AGAIN,
        source,
        explains: EFFECTS,
        judge,
    }
}

const IGNORED: Check = Check {
    severity: Severity::Warning,
    decided_by: "Keys of the StorageClass's parameters, against those that the driver reads.",
    explains: &[],
    ..row(
        "FSX-SC-02",
        "A parameter that the driver does not know",
        [
            "File systems are made without what the parameter was to bring: no S3 link, another throughput.",
            "The driver ignores keys that it does not know, without a word. `fileSystemId` does not name a file system \
             either: the driver makes a new one.",
            PARAMETERS,
        ],
        judge::ignored,
    )
};

const ROUNDED: Check = Check {
    decided_by: "Requested size of the class's claims, rounded as the driver rounds it, against the sizes that FSx takes.",
    remedy: "Ask for a size that FSx takes; what is told of the claim names the next one.",
    ..row(
        "FSX-SC-06",
        "A claim asks for a size that is rounded or refused",
        [
            "The file system is larger, and costs more, than the claim asks for; or FSx answers \
             `Must be 1200 or a multiple of 2400`.",
            "FSx takes certain sizes only. The driver rounds up to the next one that it knows, and it does not know those \
             with EFA.",
            "https://docs.aws.amazon.com/fsx/latest/LustreGuide/managing-storage-capacity.html",
        ],
        others::sizes,
    )
};

const TYPO: Check = Check {
    decided_by: "Provisioner of every StorageClass; status.phase of the claims that name it.",
    remedy: "Create the class again with provisioner fsx.csi.aws.com.",
    explains: &[],
    ..row(
        "FSX-SC-17",
        "A StorageClass names a provisioner that is probably misspelt",
        [
            "The claim stays Pending; its event is `waiting for a volume to be created, either by external provisioner` \
             with a name that nothing answers to.",
            "A claim is made by the driver whose name the class has, letter by letter.",
            "https://kubernetes.io/docs/concepts/storage/storage-classes/#provisioner",
        ],
        others::misspelt,
    )
};

const TOO_OLD: Check = Check {
    severity: Severity::Warning,
    decided_by: "StorageClass parameters; the controller's version, from its image or the add-on.",
    remedy: "Upgrade the driver: `fsxctl setup driver --upgrade`.",
    explains: &[],
    ..row(
        "FSX-SC-53",
        "The driver is too old for a parameter",
        [
            "File systems are made without EFA or metadata configuration although the class asks for them.",
            "The parameter came with a later driver; this one ignores it without a word.",
            "https://github.com/kubernetes-sigs/aws-fsx-csi-driver/blob/master/CHANGELOG.md",
        ],
        others::too_old,
    )
};

/// The checks.
pub(super) const CHECKS: &[Check] = &[
    row(
        "FSX-SC-01",
        "A StorageClass names no subnet",
        [
            "`Could not create volume \"pvc-...\": SubnetId is required`.",
            "A file system is put into exactly one subnet, and the driver reads it from key subnetId alone.",
            PARAMETERS,
        ],
        |exam| judge::of(exam, "FSX-SC-01"),
    ),
    IGNORED,
    row(
        "FSX-SC-03",
        "Throughput is set for a Scratch file system",
        [
            "`CreateFileSystem` ends with BadRequest; older drivers answer `There is already a disk with same ID and \
             different size`.",
            "The throughput of Scratch file systems is fixed.",
            "https://github.com/kubernetes-sigs/aws-fsx-csi-driver/issues/288",
        ],
        |exam| judge::of(exam, "FSX-SC-03"),
    ),
    row(
        "FSX-SC-04",
        "The throughput is none that the type takes",
        [
            "`BadRequest: Invalid Lustre deployment configuration: the provided throughput is invalid or does not meet \
             the storage capacity requirement`.",
            "Each persistent type takes a few throughputs only, and needs one.",
            API,
        ],
        |exam| judge::of(exam, "FSX-SC-04"),
    ),
    row(
        "FSX-SC-05",
        "The storage type does not fit",
        [
            "`CreateFileSystem` ends with BadRequest.",
            "Only PERSISTENT_1 takes HDD, and HDD needs a drive cache type.",
            API,
        ],
        |exam| judge::of(exam, "FSX-SC-05"),
    ),
    ROUNDED,
    row(
        "FSX-SC-07",
        "S3 paths are set for PERSISTENT_2",
        [
            "`CreateFileSystem` ends with BadRequest.",
            "PERSISTENT_2 is linked to S3 by data repository associations, which the driver cannot make.",
            "https://docs.aws.amazon.com/fsx/latest/LustreGuide/create-dra-linked-data-repo.html",
        ],
        |exam| judge::of(exam, "FSX-SC-07"),
    ),
    row(
        "FSX-SC-08",
        "Export or automatic import without an import path",
        [
            "`CreateFileSystem` ends with BadRequest.",
            "Both belong to the bucket that the import path names.",
            "https://github.com/kubernetes-sigs/aws-fsx-csi-driver/blob/master/examples/kubernetes/dynamic_provisioning_s3/README.md",
        ],
        |exam| judge::of(exam, "FSX-SC-08"),
    ),
    row(
        "FSX-SC-09",
        "Import and export are in different buckets",
        [
            "`CreateFileSystem` ends with BadRequest.",
            "A file system is linked to one bucket.",
            "https://github.com/kubernetes-sigs/aws-fsx-csi-driver/blob/master/examples/kubernetes/dynamic_provisioning_s3/README.md",
        ],
        |exam| judge::of(exam, "FSX-SC-09"),
    ),
    row(
        "FSX-SC-10",
        "A value cannot be read",
        [
            "`perUnitStorageThroughput must be a number`, `efaEnabled must be a bool`.",
            "All values are texts, and the driver reads numbers and truth values from them.",
            PARAMETERS,
        ],
        |exam| judge::of(exam, "FSX-SC-10"),
    ),
    row(
        "FSX-SC-11",
        "Extra tags cannot be read",
        [
            "`invalid extraTag X was provided`.",
            "Tags are written key=value with commas between them, so neither sign may be in a key or a value.",
            PARAMETERS,
        ],
        |exam| judge::of(exam, "FSX-SC-11"),
    ),
    row(
        "FSX-SC-12",
        "The Lustre version is none that the type takes",
        [
            "`CreateFileSystem` ends with BadRequest.",
            "PERSISTENT_2 does not take 2.10; EFA and a metadata configuration need 2.15.",
            "https://docs.aws.amazon.com/fsx/latest/APIReference/API_CreateFileSystem.html",
        ],
        |exam| judge::of(exam, "FSX-SC-12"),
    ),
    row(
        "FSX-SC-13",
        "Blanks between security groups",
        [
            "`CreateFileSystem` is refused although every group is there.",
            "The driver splits at commas and sends the blanks as part of the ids.",
            "https://github.com/kubernetes-sigs/aws-fsx-csi-driver/blob/master/pkg/driver/controller.go",
        ],
        |exam| judge::of(exam, "FSX-SC-13"),
    ),
    row(
        "FSX-SC-14",
        "A StorageClass names no security group",
        [
            "`CreateFileSystem` is refused for an empty security group id.",
            "Without the key the driver sends one empty id; the VPC's default group does not step in.",
            "https://github.com/kubernetes-sigs/aws-fsx-csi-driver/blob/master/pkg/driver/controller.go",
        ],
        |exam| judge::of(exam, "FSX-SC-14"),
    ),
    row(
        "FSX-SC-15",
        "EFA or metadata settings are incomplete",
        [
            "`CreateFileSystem` ends with BadRequest.",
            "EFA needs PERSISTENT_2 and a metadata configuration; USER_PROVISIONED needs metadataIops, and AUTOMATIC \
             takes none.",
            API,
        ],
        |exam| judge::of(exam, "FSX-SC-15"),
    ),
    TYPO,
    row(
        "FSX-SC-18",
        "Backups are asked for where there are none",
        [
            "`CreateFileSystem` ends with BadRequest.",
            "Scratch file systems and those that are linked to S3 have no backups.",
            "https://docs.aws.amazon.com/fsx/latest/LustreGuide/using-backups-fsx.html",
        ],
        |exam| judge::of(exam, "FSX-SC-18"),
    ),
    row(
        "FSX-SC-50",
        "A value that FSx does not take",
        [
            "`CreateFileSystem` ends with BadRequest.",
            "Names, times, days, keys and paths have one form each, and some belong to certain types only.",
            API,
        ],
        |exam| judge::of(exam, "FSX-SC-50"),
    ),
    row(
        "FSX-SC-51",
        "The driver cannot make Intelligent-Tiering file systems",
        [
            "`CreateFileSystem` ends with BadRequest.",
            "The driver has no parameters for throughput capacity and read cache, which FSx needs.",
            API,
        ],
        |exam| judge::of(exam, "FSX-SC-51"),
    ),
    TOO_OLD,
];
