//! Worlds of classes, claims and volumes, one thing broken in each.

use crate::case::{Case, check};

/// A class with these parameters, and a claim of it that the provisioner has met.
macro_rules! class {
    ($parameters:literal) => {
        concat!(
            "kubernetes: {objects: [{apiVersion: storage.k8s.io/v1, kind: StorageClass, metadata: {name: fsx-sc}, ",
            "provisioner: fsx.csi.aws.com, mountOptions: [flock], reclaimPolicy: Retain, parameters: {",
            $parameters,
            "}}, {apiVersion: v1, kind: PersistentVolumeClaim, metadata: {name: fsx-claim, namespace: default}, ",
            "spec: {storageClassName: fsx-sc, accessModes: [ReadWriteMany], ",
            "resources: {requests: {storage: 1200Gi}}}}]}"
        )
    };
}

/// A claim with this much of a spec.
macro_rules! claim {
    ($spec:literal) => {
        concat!(
            "kubernetes: {objects: [{apiVersion: v1, kind: PersistentVolumeClaim, metadata: {name: other, ",
            "namespace: default, creationTimestamp: now-1h}, spec: {accessModes: [ReadWriteMany], ",
            "resources: {requests: {storage: 1200Gi}}, ",
            $spec,
            "}}]}"
        )
    };
}

#[test]
fn classes_that_fsx_refuses() {
    check(&[
        Case {
            name: "C-01 subnetId is missing",
            world: &["ready", class!("securityGroupIds: sg-0b10000000000000b, deploymentType: SCRATCH_2")],
            until: "SubnetId is required",
            finds: &[
                "FSX-SC-01 error failed StorageClass fsx-sc",
                "FSX-BIND-50 error blocked by FSX-SC-01 PersistentVolumeClaim default/fsx-claim",
            ],
        },
        Case {
            name: "C-01 subnetId is misspelt",
            world: &[
                "ready",
                class!(
                    "privateSubnetId: subnet-0a10000000000000a, securityGroupIds: sg-0b10000000000000b, deploymentType: SCRATCH_2"
                ),
            ],
            until: "SubnetId is required",
            finds: &[
                "FSX-SC-01 error failed StorageClass fsx-sc",
                "FSX-BIND-50 error blocked by FSX-SC-01 PersistentVolumeClaim default/fsx-claim",
            ],
        },
        Case {
            name: "C-02 a key that the driver does not know",
            world: &[
                "done",
                "kubernetes: {objects: [{apiVersion: storage.k8s.io/v1, kind: StorageClass, metadata: {name: fsx-sc}, parameters: {fileSystemId: fs-f9ae16274b82e466c}}]}",
            ],
            until: "",
            finds: &[
                "FSX-SC-02 warning failed StorageClass fsx-sc",
                "FSX-AZ-01 info failed FileSystem fs-f9ae16274b82e466c",
            ],
        },
        Case {
            name: "C-04 a throughput that the type does not have",
            world: &[
                "ready",
                class!(
                    "subnetId: subnet-0a10000000000000a, securityGroupIds: sg-0b10000000000000b, deploymentType: PERSISTENT_2, perUnitStorageThroughput: \"200\""
                ),
            ],
            until: "throughput",
            finds: &[
                "FSX-SC-04 error failed StorageClass fsx-sc",
                "FSX-BIND-50 error blocked by FSX-SC-04 PersistentVolumeClaim default/fsx-claim",
            ],
        },
        Case {
            name: "C-07 S3 in the class with PERSISTENT_2",
            world: &[
                "ready",
                class!(
                    "subnetId: subnet-0a10000000000000a, securityGroupIds: sg-0b10000000000000b, deploymentType: PERSISTENT_2, perUnitStorageThroughput: \"250\", s3ImportPath: s3://data"
                ),
            ],
            until: "ould not create volume",
            finds: &[
                "FSX-SC-07 error failed StorageClass fsx-sc",
                "FSX-BIND-50 error blocked by FSX-SC-07 PersistentVolumeClaim default/fsx-claim",
            ],
        },
        Case {
            name: "C-12 a Lustre version that the type does not have",
            world: &[
                "ready",
                class!(
                    "subnetId: subnet-0a10000000000000a, securityGroupIds: sg-0b10000000000000b, deploymentType: PERSISTENT_2, perUnitStorageThroughput: \"250\", fileSystemTypeVersion: \"2.10\""
                ),
            ],
            until: "ould not create volume",
            finds: &[
                "FSX-SC-12 error failed StorageClass fsx-sc",
                "FSX-BIND-50 error blocked by FSX-SC-12 PersistentVolumeClaim default/fsx-claim",
            ],
        },
        Case {
            name: "C-14 securityGroupIds is left out",
            world: &["ready", class!("subnetId: subnet-0a10000000000000a, deploymentType: SCRATCH_2")],
            until: "ould not create volume",
            finds: &[
                "FSX-SC-14 error failed StorageClass fsx-sc",
                "FSX-BIND-50 error blocked by FSX-SC-14 PersistentVolumeClaim default/fsx-claim",
            ],
        },
        Case {
            name: "C-17 a provisioner that is a misspelling",
            world: &[
                "ready",
                "kubernetes: {objects: [{apiVersion: storage.k8s.io/v1, kind: StorageClass, metadata: {name: fsx-sc}, provisioner: fsx.csi.aws.co, parameters: {subnetId: subnet-0a10000000000000a, securityGroupIds: sg-0b10000000000000b}}, {apiVersion: v1, kind: PersistentVolumeClaim, metadata: {name: fsx-claim, namespace: default, creationTimestamp: now-1h}, spec: {storageClassName: fsx-sc, accessModes: [ReadWriteMany], resources: {requests: {storage: 1200Gi}}}}]}",
            ],
            until: "",
            finds: &["FSX-SC-17 error failed StorageClass fsx-sc"],
        },
    ]);
}

#[test]
fn claims_and_volumes_that_stay_apart() {
    check(&[
        Case {
            name: "B-01 there is no such class",
            world: &["done", claim!("storageClassName: fsx-cs")],
            until: "",
            finds: &[
                "FSX-BIND-01 error failed PersistentVolumeClaim default/other",
                "FSX-AZ-01 info failed FileSystem fs-f9ae16274b82e466c",
            ],
        },
        Case {
            name: "B-03 the named volume is of another class",
            world: &["existing", VOLUME, claim!("storageClassName: other, volumeName: fsx-pv")],
            until: "",
            finds: &[
                "FSX-BIND-03 error failed PersistentVolumeClaim default/other",
                "FSX-AZ-01 info failed FileSystem fs-0e10000000000000e",
            ],
        },
        Case {
            name: "B-06 the volume remembers a claim that is gone",
            world: &["existing", VOLUME, RELEASED, claim!("storageClassName: \"\", volumeName: fsx-pv")],
            until: "",
            finds: &[
                "FSX-BIND-06 error failed PersistentVolumeClaim default/other",
                "FSX-AZ-01 info failed FileSystem fs-0e10000000000000e",
                "FSX-NOTE-19 info failed PersistentVolume fsx-pv",
            ],
        },
        Case {
            name: "B-08 a claim has lost its volume",
            world: &[
                "done",
                "kubernetes: {objects: [{apiVersion: v1, kind: PersistentVolume, metadata: {name: pvc-b4cbeb88-4f8b-418b-bdaa-c49b4ab35463}, $absent: true}, {apiVersion: v1, kind: PersistentVolumeClaim, metadata: {name: fsx-claim, namespace: default}, status: {phase: Lost}}]}",
            ],
            until: "",
            finds: &[
                "FSX-BIND-08 error failed PersistentVolumeClaim default/fsx-claim",
                "FSX-AZ-01 info failed FileSystem fs-f9ae16274b82e466c",
            ],
        },
        Case {
            name: "T-01 dnsname is missing",
            world: &[
                "done",
                "kubernetes: {objects: [{apiVersion: v1, kind: PersistentVolume, metadata: {name: pvc-b4cbeb88-4f8b-418b-bdaa-c49b4ab35463, annotations: {pv.kubernetes.io/provisioned-by: null}}, spec: {csi: {volumeAttributes: {dnsname: null}}}}]}",
            ],
            until: "",
            finds: &[
                "FSX-STAT-01 error failed PersistentVolume pvc-b4cbeb88-4f8b-418b-bdaa-c49b4ab35463",
                "FSX-AZ-01 info failed FileSystem fs-f9ae16274b82e466c",
                "FSX-NOTE-06 info failed StorageClass fsx-sc",
            ],
        },
        Case {
            name: "T-05 a policy for volumes of other kinds",
            world: &[
                "done",
                "kubernetes: {objects: [{apiVersion: v1, kind: PersistentVolume, metadata: {name: pvc-b4cbeb88-4f8b-418b-bdaa-c49b4ab35463, annotations: {pv.kubernetes.io/provisioned-by: null}}, spec: {persistentVolumeReclaimPolicy: Recycle}}]}",
            ],
            until: "",
            finds: &[
                "FSX-STAT-05 warning failed PersistentVolume pvc-b4cbeb88-4f8b-418b-bdaa-c49b4ab35463",
                "FSX-AZ-01 info failed FileSystem fs-f9ae16274b82e466c",
                "FSX-NOTE-06 info failed StorageClass fsx-sc",
            ],
        },
    ]);
}

const VOLUME: &str = "kubernetes: {objects: [{apiVersion: v1, kind: PersistentVolume, metadata: {name: fsx-pv}, spec: {accessModes: [ReadWriteMany], capacity: {storage: 1200Gi}, persistentVolumeReclaimPolicy: Retain, storageClassName: \"\", mountOptions: [flock], csi: {driver: fsx.csi.aws.com, volumeHandle: fs-0e10000000000000e, volumeAttributes: {dnsname: fs-0e10000000000000e.fsx.us-west-2.amazonaws.com, mountname: a1b2c3d4}}}}]}";

const RELEASED: &str = "kubernetes: {objects: [{apiVersion: v1, kind: PersistentVolume, metadata: {name: fsx-pv}, spec: {claimRef: {apiVersion: v1, kind: PersistentVolumeClaim, name: other, namespace: default, uid: 11111111-4f8b-418b-bdaa-c49b4ab35463}}, status: {phase: Released}}]}";

#[test]
fn what_waits_what_leaks_and_what_only_looks_odd() {
    check(&[
        Case {
            name: "B-07 the claim is in another namespace",
            world: &[
                "done",
                "kubernetes: {objects: [{apiVersion: v1, kind: Namespace, metadata: {name: ml}}, {apiVersion: v1, kind: Pod, metadata: {name: app, namespace: ml}, spec: {containers: [{name: app, image: busybox}], volumes: [{name: data, persistentVolumeClaim: {claimName: fsx-claim}}]}}]}",
            ],
            until: "",
            finds: &[
                "FSX-BIND-07 error failed Pod ml/app",
                "FSX-AZ-01 info failed FileSystem fs-f9ae16274b82e466c",
            ],
        },
        Case {
            name: "T-06 a volume by hand goes with its claim",
            world: &[
                "done",
                "kubernetes: {objects: [{apiVersion: v1, kind: PersistentVolume, metadata: {name: pvc-b4cbeb88-4f8b-418b-bdaa-c49b4ab35463, annotations: {pv.kubernetes.io/provisioned-by: null}}, spec: {persistentVolumeReclaimPolicy: Delete}}]}",
            ],
            until: "",
            finds: &[
                "FSX-STAT-06 warning failed PersistentVolume pvc-b4cbeb88-4f8b-418b-bdaa-c49b4ab35463",
                "FSX-AZ-01 info failed FileSystem fs-f9ae16274b82e466c",
                "FSX-NOTE-06 info failed StorageClass fsx-sc",
            ],
        },
        Case {
            name: "X-03 a file system without claim and volume",
            world: &[
                "done",
                "kubernetes: {objects: [{apiVersion: v1, kind: Pod, metadata: {name: fsx-app, namespace: default}, $absent: true}, {apiVersion: v1, kind: PersistentVolumeClaim, metadata: {name: fsx-claim, namespace: default}, $absent: true}, {apiVersion: v1, kind: PersistentVolume, metadata: {name: pvc-b4cbeb88-4f8b-418b-bdaa-c49b4ab35463}, $absent: true}]}",
            ],
            until: "",
            finds: &["FSX-DEL-03 info failed FileSystem fs-f9ae16274b82e466c"],
        },
        Case {
            name: "H-41 a claim of another driver",
            world: &[
                "done",
                "kubernetes: {objects: [{apiVersion: storage.k8s.io/v1, kind: StorageClass, metadata: {name: zfs}, provisioner: fsx.openzfs.csi.aws.com}, {apiVersion: v1, kind: PersistentVolumeClaim, metadata: {name: other, namespace: default, creationTimestamp: now-1h}, spec: {storageClassName: zfs, accessModes: [ReadWriteMany], resources: {requests: {storage: 64Gi}}}}]}",
            ],
            until: "",
            finds: &["FSX-AZ-01 info failed FileSystem fs-f9ae16274b82e466c"],
        },
        Case {
            name: "H-35 an older Lustre version",
            world: &[
                "done",
                "aws: {fsx: {FileSystems: [{FileSystemId: fs-f9ae16274b82e466c, FileSystemTypeVersion: \"2.12\"}]}}",
            ],
            until: "",
            finds: &[
                "FSX-AZ-01 info failed FileSystem fs-f9ae16274b82e466c",
                "FSX-NOTE-35 info failed FileSystem fs-f9ae16274b82e466c",
            ],
        },
    ]);
}
