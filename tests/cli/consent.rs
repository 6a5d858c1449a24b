//! Nothing is written without consent.

use crate::harness::World;

#[test]
#[expect(
    clippy::too_many_lines,
    reason = "the plan of a bare cluster is that long, and it is looked at whole"
)]
fn without_a_terminal_the_plan_is_shown_and_nothing_done() {
    let world = World::bare();
    let run = world.fsxctl("setup dynamic");
    run.ends_untouched(9);
    insta::assert_snapshot!(run.show(), @r#"
    $ fsxctl setup dynamic
    code 9
    -- stdout
    cluster     hp-eks in us-west-2, account 111122223333
    kubernetes  kubeconfig [sandbox]/kubeconfig, context
                arn:aws:eks:us-west-2:111122223333:cluster/hp-eks

    identity: the driver gets its role by IRSA
    + OIDCProvider
      arn:aws:iam::111122223333:oidc-provider/oidc.eks.us-west-2.amazonaws.com/id/A1B2C3D4E5F60718293A4B5C6D7E8F90:
      IAM does not know the cluster's issuer
        issuer https://oidc.eks.us-west-2.amazonaws.com/id/A1B2C3D4E5F60718293A4B5C6D7E8F90, audience
        sts.amazonaws.com
    + Role FSXLCSI-hp-eks-us-west-2: the driver's controller needs a role
    + RolePolicy FSXLCSI-hp-eks-us-west-2/fsxctl-fsx-csi: the controller must be allowed to make, change
      and delete file systems
        inline policy fsxctl-fsx-csi: fsx:CreateFileSystem, fsx:DeleteFileSystem,
        fsx:DescribeFileSystems, fsx:TagResource, fsx:UpdateFileSystem, iam:CreateServiceLinkedRole
    = IRSA, because Pod Identity would not work here: add-on eks-pod-identity-agent is not installed

    network: file system and nodes must reach each other on tcp 988 and 1018-1023
    rules on the nodes' own security groups, which --no-node-rules leaves as they are:
    ~ SecurityGroup sg-0b10000000000000b: rule of the nodes' own group (instance group cpu, instance
      group gpu); --no-node-rules leaves it out
        ingress tcp 988 from sg-0a10000000000000a
        ingress tcp 1018-1023 from sg-0a10000000000000a
    = security group sg-0b10000000000000b (hp-cluster-nodes): HyperPod's shared group, and its self
      rules let Lustre through
    = subnet subnet-0a10000000000000a (us-west-2a, usw2-az1): the zone where most nodes are; 3 of 5
      nodes
    = 2 of 5 nodes are in other zones; they can mount, at cross-zone cost

    driver: the driver is not installed
    + Addon aws-fsx-csi-driver: the cluster has no FSx CSI driver
        version v1.9.0-eksbuild.1
        service account role arn:aws:iam::111122223333:role/FSXLCSI-hp-eks-us-west-2
        configuration {"controller":{"region":"us-west-2"},"node":{"region":"us-west-2"}}
        known after apply: arn

    storage: class or claim is missing or differs
    + StorageClass fsx-sc: it is missing
        automaticBackupRetentionDays: 0
        copyTagsToBackups: true
        dataCompressionType: LZ4
        deploymentType: PERSISTENT_2
        fileSystemTypeVersion: 2.15
        perUnitStorageThroughput: 250
        securityGroupIds: sg-0b10000000000000b
        subnetId: subnet-0a10000000000000a
        reclaimPolicy: Retain
        mountOptions: flock
    + PersistentVolumeClaim default/fsx-claim: the driver makes the file system for it
        1200Gi, ReadWriteMany, class fsx-sc
        makes an FSx for Lustre file system, which costs money
        known after apply: persistentVolume, fileSystemId

    This takes about 12 minutes.
    Plan: 6 to create, 1 to change, 0 to delete.
    -- stderr
    looking at cluster hp-eks
    error: these changes need consent, and there is nobody to ask
    next: pass --yes to apply them
    -- no write
    "#);
}

#[test]
fn with_a_machine_format_the_plan_is_the_document() {
    let world = World::bare();
    for (words, code) in [("setup dynamic -o json", 9), ("setup dynamic --dry-run -o json", 0)] {
        let run = world.fsxctl(words);
        run.ends_untouched(code);
        let plan = run.json();
        assert_eq!(
            (plan["kind"].as_str(), plan["exitCode"].as_i64()),
            (Some("Plan"), Some(code.into())),
            "{words}"
        );
        let decisions: Vec<_> = plan["items"]
            .as_array()
            .unwrap()
            .iter()
            .map(|item| format!("{} {}", item["step"].as_str().unwrap(), item["decision"].as_str().unwrap()))
            .collect();
        assert_eq!(decisions, ["identity do", "network do", "driver do", "storage do"]);
    }
}

#[test]
fn a_dry_run_ends_with_0_and_asks_nobody() {
    let world = World::bare();
    let run = world.fsxctl("setup dynamic --dry-run");
    run.ends_untouched(0);
    insta::assert_snapshot!(run.told(), @"
    $ fsxctl setup dynamic --dry-run
    code 0
    -- stderr
    looking at cluster hp-eks
    -- no write
    ");
}

#[test]
fn a_pipeline_that_says_ci_has_not_said_yes() {
    let world = World::bare().env("CI", "true");
    world.fsxctl("setup dynamic -q").ends_untouched(9);
}

#[test]
fn a_variable_can_consent() {
    let world = World::bare().env("FSXCTL_YES", "1");
    let run = world.fsxctl("setup identity --no-wait -q");
    assert_eq!(run.code, Some(0), "{}", run.show());
    assert!(run.writes().contains(&"iam CreateRole".to_owned()), "{}", run.show());
}
