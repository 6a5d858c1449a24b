//! The troubleshooting rows of the published guides: the first finding answers each.

use crate::case::{diagnosed, findings, settled};
use crate::harness::World;

/// A row of a guide, a world in which someone would look it up, and the check that answers it.
struct Row {
    symptom: &'static str,
    cause: &'static str,
    world: &'static [&'static str],
    until: &'static str,
    check: &'static str,
}

/// A class with these parameters, and a claim of it.
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

/// A volume by hand of world `existing` with this handle and DNS name, its claim and a pod.
macro_rules! by_hand {
    ($handle:literal, $name:literal) => {
        concat!(
            "kubernetes: {objects: [{apiVersion: v1, kind: PersistentVolume, metadata: {name: fsx-pv}, spec: ",
            "{accessModes: [ReadWriteMany], capacity: {storage: 1200Gi}, persistentVolumeReclaimPolicy: Retain, ",
            "storageClassName: \"\", mountOptions: [flock], csi: {driver: fsx.csi.aws.com, volumeHandle: ",
            $handle,
            ", volumeAttributes: {dnsname: ",
            $name,
            ", mountname: a1b2c3d4}}}}, {apiVersion: v1, kind: PersistentVolumeClaim, metadata: {name: fsx-claim, ",
            "namespace: default}, spec: {storageClassName: \"\", volumeName: fsx-pv, accessModes: [ReadWriteMany], ",
            "resources: {requests: {storage: 1200Gi}}}}, {apiVersion: v1, kind: Pod, metadata: {name: app, ",
            "namespace: default}, spec: {nodeSelector: {topology.kubernetes.io/zone: us-west-2a, ",
            "sagemaker.amazonaws.com/compute-type: hyperpod}, containers: [{name: app, image: busybox, volumeMounts: ",
            "[{name: data, mountPath: /fsx}]}], volumes: [{name: data, persistentVolumeClaim: {claimName: ",
            "fsx-claim}}]}}]}"
        )
    };
}

/// The file system wears a group that admits itself and nobody else.
const CLOSED: &str = "aws: {ec2: {SecurityGroups: [{GroupId: sg-0f10000000000000f, GroupName: storage, Description: storage, VpcId: vpc-0a10000000000000a, IpPermissions: [{IpProtocol: \"-1\", UserIdGroupPairs: [{GroupId: sg-0f10000000000000f, UserId: \"111122223333\"}]}], IpPermissionsEgress: [{IpProtocol: \"-1\", IpRanges: [{CidrIp: 0.0.0.0/0}]}]}]}, fsx: {FileSystems: [{FileSystemId: fs-0e10000000000000e, $SecurityGroupIds: [sg-0f10000000000000f]}]}}";

const ROWS: &[Row] = &[
    Row {
        symptom: "PVC stuck in Pending",
        cause: "no `subnetId` in the StorageClass",
        world: &["ready", class!("securityGroupIds: sg-0b10000000000000b, deploymentType: SCRATCH_2")],
        until: "SubnetId is required",
        check: "FSX-SC-01",
    },
    Row {
        symptom: "PVC stuck in Pending",
        cause: "no `securityGroupIds` in the StorageClass",
        world: &["ready", class!("subnetId: subnet-0a10000000000000a, deploymentType: SCRATCH_2")],
        until: "",
        check: "FSX-SC-14",
    },
    Row {
        symptom: "PVC stuck in Pending",
        cause: "the driver is not installed",
        world: &[
            "bare",
            class!(
                "subnetId: subnet-0a10000000000000a, securityGroupIds: sg-0b10000000000000b, deploymentType: SCRATCH_2"
            ),
        ],
        until: "",
        check: "FSX-INST-01",
    },
    Row {
        symptom: "Mount timeout, pod mount failures",
        cause: "a security group blocks port 988",
        world: &[
            "existing",
            CLOSED,
            by_hand!("fs-0e10000000000000e", "fs-0e10000000000000e.fsx.us-west-2.amazonaws.com"),
        ],
        until: "MountVolume",
        check: "FSX-NET-04",
    },
    Row {
        symptom: "CSI driver pods not running",
        cause: "no role by Pod Identity or IRSA",
        world: &[
            "ready",
            "aws: {eks: {podIdentityAssociations: [{clusterName: hp-eks, namespace: kube-system, serviceAccount: fsx-csi-controller-sa, $absent: true}]}}",
            class!(
                "subnetId: subnet-0a10000000000000a, securityGroupIds: sg-0b10000000000000b, deploymentType: SCRATCH_2"
            ),
        ],
        until: "",
        check: "FSX-AUTH-03",
    },
    Row {
        symptom: "\"filesystem not found\" on a static PV",
        cause: "a wrong `dnsname`",
        world: &[
            "existing",
            by_hand!("fs-0e10000000000000e", "fs-0e10000000000000f.fsx.us-west-2.amazonaws.com"),
        ],
        until: "MountVolume",
        check: "FSX-MNT-51",
    },
    Row {
        symptom: "\"filesystem not found\" on a static PV",
        cause: "a wrong `volumeHandle`",
        world: &[
            "existing",
            by_hand!("fs-0e10000000000000f", "fs-0e10000000000000e.fsx.us-west-2.amazonaws.com"),
        ],
        until: "",
        check: "FSX-STAT-09",
    },
];

// Slow first reads from S3 are not among them: nothing that the doctor reads tells them.
#[test]
fn the_first_finding_answers_the_row() {
    let page = include_str!("../../docs/doctor.md");
    let (_, section) =
        page.split_once("## Which check answers which row of the guides?").expect("the section");
    let mut wrong = Vec::new();
    for row in ROWS {
        let line = format!("| {} | {} | `{}` |", row.symptom, row.cause, row.check);
        if !section.contains(&line) {
            wrong.push(format!("docs/doctor.md lacks: {line}"));
        }
        let world = World::of(row.world);
        settled(&world, row.until);
        let (_, report) = diagnosed(&world, "");
        let found = findings(&report);
        if !found.first().is_some_and(|line| line.starts_with(row.check)) {
            wrong.push(format!(
                "{}, {}: wanted {} first, found {found:#?}",
                row.symptom, row.cause, row.check
            ));
        }
    }
    let rows = section.lines().filter(|line| line.contains("| `FSX-")).count();
    assert_eq!(rows, ROWS.len(), "a row of the page that no world holds");
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}
