//! Class, claim, volume and file system of a healthy world.

use super::super::{Claim, FileSystem, Interface, StorageClass, Volume};
use super::{map, our_marks, texts};

/// The class as fsxctl makes it.
pub(crate) fn class() -> StorageClass {
    let parameters = [
        ("subnetId", "subnet-a"),
        ("securityGroupIds", "sg-hp"),
        ("deploymentType", "PERSISTENT_2"),
        ("perUnitStorageThroughput", "250"),
        ("fileSystemTypeVersion", "2.15"),
        ("dataCompressionType", "LZ4"),
        ("automaticBackupRetentionDays", "0"),
        ("copyTagsToBackups", "true"),
        ("extraTags", "fsxctl.io/owner=fsxctl"),
    ];
    StorageClass {
        name: "fsx-sc".to_owned(),
        provisioner: "fsx.csi.aws.com".to_owned(),
        parameters: map(&parameters),
        mount_options: texts(&["flock"]),
        reclaim_policy: "Retain".to_owned(),
        binding_mode: "Immediate".to_owned(),
        allow_expansion: true,
        marks: our_marks(),
    }
}

/// The claim as fsxctl makes it, Bound.
pub(crate) fn claim() -> Claim {
    Claim {
        namespace: "default".to_owned(),
        name: "fsx-claim".to_owned(),
        class: Some("fsx-sc".to_owned()),
        size: "1200Gi".to_owned(),
        access_modes: texts(&["ReadWriteMany"]),
        phase: "Bound".to_owned(),
        volume: Some("pvc-1".to_owned()),
        marks: our_marks(),
        ..Claim::default()
    }
}

/// The volume of that claim.
pub(crate) fn volume() -> Volume {
    Volume {
        name: "pvc-1".to_owned(),
        phase: "Bound".to_owned(),
        handle: "fs-1".to_owned(),
        dns_name: Some("fs-1.fsx.us-west-2.amazonaws.com".to_owned()),
        mount_name: Some("abcdefgh".to_owned()),
        class: Some("fsx-sc".to_owned()),
        claim: Some("default/fsx-claim".to_owned()),
        reclaim_policy: "Retain".to_owned(),
        size: "1200Gi".to_owned(),
        claim_uid: Some("claim-1".to_owned()),
        mount_options: texts(&["flock"]),
        access_modes: texts(&["ReadWriteMany"]),
        ..Volume::default()
    }
}

/// The file system of that volume.
pub(crate) fn file_system() -> FileSystem {
    FileSystem {
        id: "fs-1".to_owned(),
        lifecycle: "AVAILABLE".to_owned(),
        capacity_gib: Some(1200),
        vpc: Some("vpc-1".to_owned()),
        subnets: texts(&["subnet-a"]),
        interfaces: texts(&["eni-1", "eni-2"]),
        ..FileSystem::default()
    }
}

/// An interface of a file system.
pub(crate) fn interface(id: &str, groups: &[&str]) -> Interface {
    Interface {
        id: id.to_owned(),
        groups: texts(groups),
        subnet: "subnet-a".to_owned(),
        address: Some("10.20.0.10".to_owned()),
        file_system: Some("fs-1".to_owned()),
    }
}
