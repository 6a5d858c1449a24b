//! What cannot be is refused before anything is asked, with what would do instead.

use crate::harness::{Run, World};

/// Refused before the first request.
#[track_caller]
fn refused(world: &World, words: &str, says: &[&str]) -> Run {
    let run = world.fsxctl(&format!("setup dynamic {words}"));
    run.says(2, says);
    assert_eq!(run.requests.len(), 0, "{}", run.show());
    run
}

#[test]
fn combinations_that_fsx_refuses_name_the_nearest_that_it_takes() {
    let world = World::bare();
    for words in [
        "--throughput 200",
        "--size 1500Gi",
        "--deployment-type SCRATCH_2 --throughput 250",
        "--metadata-iops 5000",
        "--storage-type HDD",
        "--efa --size 1200Gi",
        "--efa --size 1200Gi --throughput 500",
    ] {
        refused(&world, words, &[]);
    }
    insta::assert_snapshot!(refused(&world, "--throughput 200", &[]).show(), @"
    $ fsxctl setup dynamic --throughput 200
    code 2
    -- stderr
    error: --throughput 200: PERSISTENT_2 with SSD takes 125, 250, 500 or 1000 MB/s per TiB; the nearest
           legal value is 250
    next: use --throughput 250
    -- no write
    ");
    insta::assert_snapshot!(refused(&world, "--size 1500Gi", &[]).show(), @"
    $ fsxctl setup dynamic --size 1500Gi
    code 2
    -- stderr
    error: --size 1500Gi: 1200Gi or a multiple of 2400Gi is legal here; the nearest legal value is
           1200Gi
    next: the next step up is 2400Gi (--round-up takes it)
    -- no write
    ");
    insta::assert_snapshot!(refused(&world, "--deployment-type SCRATCH_2 --throughput 250", &[]).show(), @"
    $ fsxctl setup dynamic --deployment-type SCRATCH_2 --throughput 250
    code 2
    -- stderr
    error: --throughput 250: throughput does not apply to SCRATCH_2: it is fixed at 200 MB/s per TiB
    next: leave the throughput out
    -- no write
    ");
}

#[test]
fn what_only_some_types_take_is_said_so() {
    let world = World::bare();
    insta::assert_snapshot!(refused(&world, "--metadata-iops 5000", &[]).show(), @"
    $ fsxctl setup dynamic --metadata-iops 5000
    code 2
    -- stderr
    error: --metadata-iops 5000: SSD takes 1500, 3000, 6000, 12000 or a multiple of 12000 up to 192000;
           the nearest legal value is 6000
    next: use --metadata-iops 6000
    -- no write
    ");
    insta::assert_snapshot!(refused(&world, "--storage-type HDD", &[]).show(), @"
    $ fsxctl setup dynamic --storage-type HDD
    code 2
    -- stderr
    error: --storage-type HDD: PERSISTENT_2 does not take HDD; only PERSISTENT_1 does; the nearest legal
           value is SSD
    next: choose deployment type PERSISTENT_1 for HDD
    -- no write
    ");
    insta::assert_snapshot!(refused(&world, "--efa --size 1200Gi", &[]).show(), @"
    $ fsxctl setup dynamic --efa --size 1200Gi
    code 2
    -- stderr
    error: --size 1200Gi: a multiple of 19200Gi is legal here; the nearest legal value is 19200Gi
    next: the next step up is 19200Gi (--round-up takes it)
    -- no write
    ");
}

#[test]
fn an_s3_path_with_persistent_2_is_answered_with_a_data_repository_association() {
    let world = World::bare();
    let run = refused(&world, "--s3-import s3://b/p", &["data repository association"]);
    insta::assert_snapshot!(run.show(), @"
    $ fsxctl setup dynamic --s3-import s3://b/p
    code 2
    -- stderr
    error: --s3-import s3://b/p: PERSISTENT_2 takes no S3 path of its own
    next: create a data repository association: fsxctl setup create, or fsxctl dra create on a file
          system that exists
    -- no write
    ");
}

#[test]
fn a_size_that_is_no_step_is_rounded_up_when_asked() {
    let world = World::bare();
    let run = world.fsxctl("setup dynamic --size 1500Gi --round-up --dry-run");
    run.ends_untouched(0);
    assert!(run.stdout.contains("2400Gi, ReadWriteMany, class fsx-sc"), "{}", run.show());
}

#[test]
fn every_deployment_type_has_defaults_that_fsx_takes() {
    let world = World::bare();
    for words in [
        "--deployment-type SCRATCH_1",
        "--deployment-type SCRATCH_2",
        "--deployment-type PERSISTENT_1 --throughput 100",
        "--deployment-type PERSISTENT_1 --storage-type HDD --throughput 12 --size 6000Gi",
        "--deployment-type SCRATCH_2 --s3-import s3://bucket/prefix --s3-export s3://bucket/out",
        "--deployment-type PERSISTENT_1 --throughput 50 --s3-import s3://bucket",
        "--efa --size 4800Gi --throughput 1000",
        "--metadata-iops auto",
        "--metadata-iops 6000",
    ] {
        let run = world.fsxctl(&format!("setup dynamic --dry-run -o json {words}"));
        run.ends_untouched(0);
    }
}

#[test]
fn names_that_kubernetes_or_iam_refuse() {
    let world = World::bare();
    let long = "a".repeat(254);
    let label = "a".repeat(64);
    for words in [
        "--class Fsx_SC".to_owned(),
        format!("--class {long}"),
        "--claim -fsx".to_owned().replace("--claim ", "--claim="),
        "--claim fsx..claim".to_owned(),
        "-n team.a".to_owned(),
        format!("-n {label}"),
        "--service-account fsx-csi-controller-sa".to_owned(),
        format!("--role-name {}", "r".repeat(65)),
        "--role-name a/b".to_owned(),
        "--role-path nope".to_owned(),
        "--role-arn arn:aws:s3:::bucket".to_owned(),
        "--security-group fs-1".to_owned(),
        "--subnet vpc-0a10000000000000a".to_owned(),
        "--adopt Role".to_owned(),
        "--tag nokey".to_owned(),
        "--tag aws:x=y".to_owned(),
        "--tag fsxctl.io/owner=me".to_owned(),
        "--extra-tag fsxctl.io/owner=me".to_owned(),
        "--mount-option noatime,flock".to_owned(),
        "--reclaim Recycle".to_owned(),
        "--compression ZSTD".to_owned(),
        "--lustre-version 2.9".to_owned(),
        "--maintenance 8:09:00".to_owned(),
        "--backup-days 91".to_owned(),
        "--size 1200".to_owned(),
        "--size huge".to_owned(),
        "--identity oidc".to_owned(),
        "--driver yaml".to_owned(),
        "--only everything".to_owned(),
        "--skip identity,network,driver,storage".to_owned(),
        "--cluster not/a/name".to_owned(),
        "--timeout soon".to_owned(),
        "--request-timeout 0".to_owned(),
    ] {
        refused(&world, &words, &[]);
    }
    insta::assert_snapshot!(refused(&world, "--class Fsx_SC", &[]).show(), @r"
    $ fsxctl setup dynamic --class Fsx_SC
    code 2
    -- stderr
    error: --class: `Fsx_SC` is no class: a lowercase RFC 1123 subdomain must consist of lower case
           alphanumeric characters, '-' or '.', and must start and end with an alphanumeric character
           (e.g. 'example.com', regex used for validation is
           '[a-z0-9]([-a-z0-9]*[a-z0-9])?(\.[a-z0-9]([-a-z0-9]*[a-z0-9])?)*')
    -- no write
    ");
    insta::assert_snapshot!(refused(&world, "-n team.a", &[]).show(), @"
    $ fsxctl setup dynamic -n team.a
    code 2
    -- stderr
    error: --namespace: `team.a` is no namespace: a lowercase RFC 1123 label must consist of lower case
           alphanumeric characters or '-', and must start and end with an alphanumeric character (e.g.
           'my-name',  or '123-abc', regex used for validation is '[a-z0-9]([-a-z0-9]*[a-z0-9])?')
    -- no write
    ");
}

#[test]
fn parameters_that_the_driver_would_ignore_are_refused_with_the_nearest() {
    let world = World::bare();
    refused(&world, "--param deploymenttype=SCRATCH_2", &["did you mean deploymentType?"]);
    refused(&world, "--param perUnitStorageThroughtput=250", &["did you mean perUnitStorageThroughput?"]);
    refused(&world, "--param subnetId=subnet-1", &["use --subnet"]);
    refused(&world, "--throughput 250 --param perUnitStorageThroughput=500", &["given twice"]);
    let run = refused(&world, "--param compression=LZ4", &["dataCompressionType"]);
    insta::assert_snapshot!(run.show(), @"
    $ fsxctl setup dynamic --param compression=LZ4
    code 2
    -- stderr
    error: --param compression: the driver has no such parameter and would ignore it
      parameters: subnetId, securityGroupIds, deploymentType, storageType, perUnitStorageThroughput,
      fileSystemTypeVersion, dataCompressionType, kmsKeyId, driveCacheType,
      automaticBackupRetentionDays, dailyAutomaticBackupStartTime, copyTagsToBackups,
      weeklyMaintenanceStartTime, metadataConfigurationMode, metadataIops, efaEnabled, autoImportPolicy,
      s3ImportPath, s3ExportPath, extraTags
    -- no write
    ");
}

#[test]
fn the_refusal_is_a_document_for_a_machine() {
    let world = World::bare();
    let run = refused(&world, "--throughput 200 -o json", &[]);
    let error = run.json();
    assert_eq!((error["kind"].as_str(), error["exitCode"].as_i64()), (Some("Error"), Some(2)));
    assert_eq!(error["partial"], false);
}

/// A flag that would change nothing is no wish that could be kept.
#[test]
fn flags_that_have_nothing_to_be_about_are_refused() {
    let world = World::bare();
    for flag in ["--role-name fsx", "--role-arn arn:aws:iam::111122223333:role/fsx", "--policy managed"] {
        let name = flag.split(' ').next().expect("a flag");
        refused(
            &world,
            &format!("--identity none {flag}"),
            &[&format!("{name} is about a role"), "--identity none"],
        );
    }
    let run = world.fsxctl("setup driver --list-versions --driver helm");
    run.ends_untouched(2);
    run.says(2, &["lists builds of the EKS add-on", "helm search repo"]);
    let run = world.fsxctl("setup dynamic --dry-run -q --helm-value controller.timeout=15m");
    run.ends_untouched(0);
    let told = run.stdout.split_whitespace().collect::<Vec<_>>().join(" ");
    assert!(told.contains("! --helm-value is for Helm, and the add-on is taken"), "{}", run.show());
}
