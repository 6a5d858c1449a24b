//! Worlds of file systems, zones and mounts, one thing broken in each.

use crate::case::{Case, check};

/// A change of the file system of world `done`.
macro_rules! file_system {
    ($fields:literal) => {
        concat!("aws: {fsx: {FileSystems: [{FileSystemId: fs-f9ae16274b82e466c, ", $fields, "}]}}")
    };
}

/// A change of the volume of world `done`.
macro_rules! volume {
    ($spec:literal) => {
        concat!(
            "kubernetes: {objects: [{apiVersion: v1, kind: PersistentVolume, ",
            "metadata: {name: pvc-b4cbeb88-4f8b-418b-bdaa-c49b4ab35463}, spec: {",
            $spec,
            "}}]}"
        )
    };
}

/// The volume of world `done` as if somebody had written it.
const BY_HAND: &str = "kubernetes: {objects: [{apiVersion: v1, kind: PersistentVolume, metadata: {name: pvc-b4cbeb88-4f8b-418b-bdaa-c49b4ab35463, annotations: {pv.kubernetes.io/provisioned-by: null}}}]}";

/// A second pod of the claim of world `done`, which the node has yet to mount for.
const POD: &str = "kubernetes: {objects: [{apiVersion: v1, kind: Pod, metadata: {name: late, namespace: default}, spec: {nodeSelector: {sagemaker.amazonaws.com/compute-type: hyperpod, topology.kubernetes.io/zone: us-west-2a}, containers: [{name: app, image: busybox, volumeMounts: [{name: data, mountPath: /fsx}]}], volumes: [{name: data, persistentVolumeClaim: {claimName: fsx-claim}}]}}]}";

#[test]
fn mounts_that_fail() {
    check(&[
        Case {
            name: "M-04 a wrong mount name",
            world: &["done", volume!("csi: {volumeAttributes: {mountname: fsx}}"), POD],
            until: "MountVolume",
            finds: &[
                "FSX-MNT-04 error failed PersistentVolume pvc-b4cbeb88-4f8b-418b-bdaa-c49b4ab35463",
                "FSX-MNT-50 error blocked by FSX-MNT-04 Pod default/late",
                "FSX-AZ-01 info failed FileSystem fs-f9ae16274b82e466c",
            ],
        },
        Case {
            name: "M-05 an option of another file system",
            world: &["done", volume!("mountOptions: [flock, nfsvers=4.1]"), POD],
            until: "MountVolume",
            finds: &[
                "FSX-MNT-05 error failed PersistentVolume pvc-b4cbeb88-4f8b-418b-bdaa-c49b4ab35463",
                "FSX-MNT-50 error blocked by FSX-MNT-05 Pod default/late",
                "FSX-AZ-01 info failed FileSystem fs-f9ae16274b82e466c",
            ],
        },
        Case {
            name: "M-07 closed ports",
            world: &["done", CLOSED, POD],
            until: "MountVolume",
            finds: &[
                "FSX-NET-05 error failed SecurityGroup sg-0b10000000000000b",
                "FSX-NET-01 error blocked by FSX-NET-05 SecurityGroup sg-0b10000000000000b",
                "FSX-MNT-50 error blocked by FSX-NET-05 Pod default/late",
                "FSX-NET-04 error failed SecurityGroup sg-0b10000000000000b",
                "FSX-AZ-01 info failed FileSystem fs-f9ae16274b82e466c",
            ],
        },
        Case {
            name: "M-12 no flock",
            world: &["done", volume!("mountOptions: null")],
            until: "",
            finds: &[
                "FSX-AZ-01 info failed FileSystem fs-f9ae16274b82e466c",
                "FSX-MNT-12 info failed PersistentVolume pvc-b4cbeb88-4f8b-418b-bdaa-c49b4ab35463",
            ],
        },
        Case {
            name: "T-02 no mount name",
            world: &["done", BY_HAND, volume!("csi: {volumeAttributes: {mountname: null}}"), POD],
            until: "MountVolume",
            finds: &[
                "FSX-STAT-02 error failed PersistentVolume pvc-b4cbeb88-4f8b-418b-bdaa-c49b4ab35463",
                "FSX-MNT-50 error blocked by FSX-STAT-02 Pod default/late",
                "FSX-AZ-01 info failed FileSystem fs-f9ae16274b82e466c",
                "FSX-NOTE-06 info failed StorageClass fsx-sc",
            ],
        },
        Case {
            name: "T-09 a wrong handle",
            world: &["done", BY_HAND, volume!("csi: {volumeHandle: fs-0123456789abcdef0}")],
            until: "",
            finds: &[
                "FSX-STAT-09 warning failed PersistentVolume pvc-b4cbeb88-4f8b-418b-bdaa-c49b4ab35463",
                "FSX-AZ-01 info failed FileSystem fs-f9ae16274b82e466c",
                "FSX-NOTE-06 info failed StorageClass fsx-sc",
            ],
        },
    ]);
}

/// The nodes' group keeps everything but the kubelets' port closed.
const CLOSED: &str = "aws: {ec2: {SecurityGroups: [{GroupId: sg-0b10000000000000b, IpPermissions: [{IpProtocol: tcp, FromPort: 10250, ToPort: 10250, UserIdGroupPairs: [{GroupId: sg-0a10000000000000a, UserId: \"111122223333\"}]}]}]}}";

#[test]
fn file_systems_that_are_not_ready() {
    check(&[
        Case {
            name: "F-07 it is misconfigured and unavailable",
            world: &["done", file_system!("Lifecycle: MISCONFIGURED_UNAVAILABLE")],
            until: "",
            finds: &[
                "FSX-FS-07 error failed FileSystem fs-f9ae16274b82e466c",
                "FSX-AZ-01 info failed FileSystem fs-f9ae16274b82e466c",
            ],
        },
        Case {
            name: "F-08 it is gone",
            world: &[
                "done",
                "aws: {fsx: {FileSystems: [{FileSystemId: fs-f9ae16274b82e466c, $absent: true}]}}",
            ],
            until: "",
            finds: &["FSX-FS-08 error failed PersistentVolume pvc-b4cbeb88-4f8b-418b-bdaa-c49b4ab35463"],
        },
    ]);
}
