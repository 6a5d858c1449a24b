//! Set-ups that others made: right ones are used, wrong ones refused with the reason and the way out, and nothing is
//! changed without `--adopt`.

use serde_json::Value;

use crate::harness::{Run, World};
use crate::terminal::{ENTER, Terminal};

/// A world of tests/worlds/foreign, by name.
macro_rules! foreign {
    ($name:literal) => {
        include_str!(concat!("../worlds/foreign/", $name, ".yaml"))
    };
}

const CLASS_AND_CLAIM: [&str; 2] = [
    "kube create /api/v1/namespaces/default/persistentvolumeclaims",
    "kube create /apis/storage.k8s.io/v1/storageclasses",
];

/// What a dry run shows.
fn page(world: &World, words: &str) -> String {
    let run = world.fsxctl(&format!("setup dynamic --dry-run {words}"));
    assert_eq!(run.writes(), Vec::<String>::new(), "{}", run.show());
    run.show()
}

/// Applies, and asserts code and writes; then that a second run finds nothing to do.
#[track_caller]
fn applies(world: &World, words: &str, writes: &[&str]) -> Run {
    let run = world.fsxctl(&format!("setup dynamic --yes -q {words}"));
    assert_eq!(run.code, Some(0), "{}", run.show());
    assert_eq!(run.writes(), writes, "{}", run.show());
    world.fsxctl(&format!("setup dynamic -q {words}")).ends_untouched(0);
    run
}

fn row(world: &World, collection: &str, key: &str, name: &str) -> Value {
    let saved = world.saved();
    let (service, kind) = collection.split_once('.').expect("service.Kind");
    let rows = saved["aws"][service][kind].as_array().cloned().unwrap_or_default();
    rows.into_iter().find(|row| row[key] == name).unwrap_or_default()
}

fn drivers(world: &World) -> usize {
    let saved = world.saved();
    let objects = saved["kubernetes"]["objects"].as_array().cloned().unwrap_or_default();
    objects
        .iter()
        .filter(|it| it["kind"] == "Deployment" && it["metadata"]["name"] == "fsx-csi-controller")
        .count()
}

#[test]
fn eksctl_made_the_role_and_the_service_account() {
    let world = World::of(&["bare", foreign!("eksctl-irsa")]);
    insta::assert_snapshot!(page(&world, ""), @"
    $ fsxctl setup dynamic --dry-run
    code 7
    -- stderr
    looking at cluster hp-eks
    error: service account kube-system/fsx-csi-controller-sa is there and not fsxctl's (its label
           app.kubernetes.io/managed-by says eksctl), so the add-on would refuse to install over it
    next: let the add-on take it over with --adopt ServiceAccount/kube-system/fsx-csi-controller-sa
    -- no write
    ");
    world.fsxctl("setup dynamic --yes -q").ends_untouched(7);
    let run = applies(
        &world,
        "--adopt ServiceAccount/kube-system/fsx-csi-controller-sa",
        &["ec2 AuthorizeSecurityGroupIngress", "eks CreateAddon", CLASS_AND_CLAIM[0], CLASS_AND_CLAIM[1]],
    );
    let addon = row(&world, "eks.addons", "addonName", "aws-fsx-csi-driver");
    let role =
        "arn:aws:iam::111122223333:role/eksctl-hp-eks-addon-iamserviceaccount-kube-sys-Role1-2LkQxPmT8vH";
    assert_eq!(addon["serviceAccountRoleArn"], role, "{}", run.show());
}

#[test]
fn eksctl_made_the_add_on_and_its_role() {
    let world = World::of(&["ready", foreign!("eksctl-addon")]);
    insta::assert_snapshot!(page(&world, ""), @"
    $ fsxctl setup dynamic --dry-run
    code 0
    -- stdout
    cluster     hp-eks in us-west-2, account 111122223333
    kubernetes  kubeconfig [sandbox]/kubeconfig, context
                arn:aws:eks:us-west-2:111122223333:cluster/hp-eks

    = identity: IRSA gives the controller
      arn:aws:iam::111122223333:role/eksctl-hp-eks-addon-aws-fsx-csi-driver-Role1-9XwJtRbN4kQe

    = network: sg-0b10000000000000b lets Lustre through
    = security group sg-0b10000000000000b (hp-cluster-nodes): HyperPod's shared group, and its self
      rules let Lustre through
    = subnet subnet-0a10000000000000a (us-west-2a, usw2-az1): the zone where most nodes are; 3 of 5
      nodes
    = 2 of 5 nodes are in other zones; they can mount, at cross-zone cost

    = driver: the add-on is installed
    = add-on aws-fsx-csi-driver v1.9.0-eksbuild.1 is ACTIVE

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
    Plan: 2 to create, 0 to change, 0 to delete.
    -- stderr
    looking at cluster hp-eks
    -- no write
    ");
    applies(&world, "", &CLASS_AND_CLAIM);
}

#[test]
fn terraform_made_everything() {
    let world = World::of(&["ready", foreign!("terraform")]);
    insta::assert_snapshot!(page(&world, ""), @"
    $ fsxctl setup dynamic --dry-run
    code 0
    -- stdout
    cluster     hp-eks in us-west-2, account 111122223333
    kubernetes  kubeconfig [sandbox]/kubeconfig, context
                arn:aws:eks:us-west-2:111122223333:cluster/hp-eks

    = identity: Pod Identity gives the controller arn:aws:iam::111122223333:role/hp-fsx-csi-driver-role

    = network: sg-0b10000000000000b lets Lustre through
    = security group sg-0b10000000000000b (hp-cluster-nodes): fs-[id] of this cluster uses
      it
    = subnet subnet-0a10000000000000a (us-west-2a, usw2-az1): the zone where most nodes are; 3 of 5
      nodes
    = 2 of 5 nodes are in other zones; they can mount, at cross-zone cost

    = driver: the add-on is installed
    = add-on aws-fsx-csi-driver v1.9.0-eksbuild.1 is ACTIVE

    = storage: class and claim are there
    = StorageClass fsx-sc keeps mountOptions none (a new one would have flock)
    = StorageClass fsx-sc keeps copyTagsToBackups not set (a new one would have true)
    = StorageClass fsx-sc keeps dataCompressionType not set (a new one would have LZ4)
    = StorageClass fsx-sc keeps deploymentType not set (a new one would have PERSISTENT_2)
    = StorageClass fsx-sc keeps fileSystemTypeVersion not set (a new one would have 2.15)
    = StorageClass fsx-sc keeps perUnitStorageThroughput not set (a new one would have 250)
    ! StorageClass fsx-sc says Delete: deleting a claim deletes its file system and all data
    = claim default/fsx-claim is Bound, 1200Gi

    Nothing to do: everything is as asked.
    -- stderr
    looking at cluster hp-eks
    -- no write
    ");
    applies(&world, "", &[]);
    // Its class has no parameters: another claim of it could never be Bound.
    insta::assert_snapshot!(world.fsxctl("setup dynamic --yes -q --claim second").show(), @"
    $ fsxctl setup dynamic --yes -q --claim second
    code 7
    -- stderr
    error: StorageClass fsx-sc names no subnetId, without which the driver cannot make a file system,
           and Kubernetes cannot change it
    next: take another name with --class, for instance --class fsx-sc-2
    -- no write
    ");
    applies(&world, "--class fsx-sc-2 --claim second", &CLASS_AND_CLAIM);
}

#[test]
fn the_console_made_everything() {
    let world = World::of(&["quick-setup"]);
    insta::assert_snapshot!(page(&world, ""), @"
    $ fsxctl setup dynamic --dry-run
    code 0
    -- stdout
    cluster     hp-eks in us-west-2, account 111122223333
    kubernetes  kubeconfig [sandbox]/kubeconfig, context
                arn:aws:eks:us-west-2:111122223333:cluster/hp-eks

    = identity: IRSA gives the controller arn:aws:iam::111122223333:role/FSXLCSI-hp-eks

    = network: sg-0b10000000000000b lets Lustre through
    = security group sg-0b10000000000000b (hp-cluster-nodes): StorageClass fsx-sc uses it
    = subnet subnet-0a10000000000000a (us-west-2a): StorageClass fsx-sc uses it

    = driver: the add-on is installed
    = add-on aws-fsx-csi-driver v1.9.0-eksbuild.1 is ACTIVE

    = storage: class and claim are there
    = StorageClass fsx-sc keeps allowVolumeExpansion false: its claims cannot grow
    = StorageClass fsx-sc keeps copyTagsToBackups not set (a new one would have true)
    = StorageClass fsx-sc keeps dataCompressionType NONE (a new one would have LZ4)
    ! StorageClass fsx-sc says Delete: deleting a claim deletes its file system and all data
    = claim default/fsx-claim is Bound, 1200Gi

    Nothing to do: everything is as asked.
    -- stderr
    looking at cluster hp-eks
    -- no write
    ");
    applies(&world, "", &[]);
}

#[test]
fn helm_installed_the_driver_in_another_namespace() {
    let world = World::of(&["bare", foreign!("helm-elsewhere")]);
    insta::assert_snapshot!(page(&world, ""), @"
    $ fsxctl setup dynamic --dry-run
    code 0
    -- stdout
    cluster     hp-eks in us-west-2, account 111122223333
    kubernetes  kubeconfig [sandbox]/kubeconfig, context
                arn:aws:eks:us-west-2:111122223333:cluster/hp-eks

    = identity: IRSA gives the controller arn:aws:iam::111122223333:role/fsx-csi-storage

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

    = driver: installed by Helm as release lustre in storage, chart aws-fsx-csi-driver 1.17.0
    = the driver was installed by Helm as release lustre in storage, chart aws-fsx-csi-driver 1.17.0; it
      is used as it is

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
    Plan: 2 to create, 1 to change, 0 to delete.
    -- stderr
    looking at cluster hp-eks
    -- no write
    ");
    applies(&world, "", &["ec2 AuthorizeSecurityGroupIngress", CLASS_AND_CLAIM[0], CLASS_AND_CLAIM[1]]);
    assert_eq!(drivers(&world), 1, "never a second driver");
    world.fsxctl("setup dynamic --yes -q --driver addon").ends_untouched(7);
}

#[test]
fn the_inference_operator_brought_the_driver() {
    let world = World::of(&["bare", foreign!("inference-operator")]);
    insta::assert_snapshot!(page(&world, ""), @"
    $ fsxctl setup dynamic --dry-run
    code 0
    -- stdout
    cluster     hp-eks in us-west-2, account 111122223333
    kubernetes  kubeconfig [sandbox]/kubeconfig, context
                arn:aws:eks:us-west-2:111122223333:cluster/hp-eks

    = identity: IRSA gives the controller arn:aws:iam::111122223333:role/FSXLCSI-hp-eks-us-west-2

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

    = driver: installed by Helm as release hyperpod-inference-operator in kube-system, chart
      hyperpod-inference-operator 2.0.0
    = the driver was installed by Helm as release hyperpod-inference-operator in kube-system, chart
      hyperpod-inference-operator 2.0.0; it is used as it is

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
    Plan: 2 to create, 1 to change, 0 to delete.
    -- stderr
    looking at cluster hp-eks
    -- no write
    ");
    applies(&world, "", &["ec2 AuthorizeSecurityGroupIngress", CLASS_AND_CLAIM[0], CLASS_AND_CLAIM[1]]);
    assert_eq!(drivers(&world), 1, "never a second driver");
    world.fsxctl("setup dynamic --yes -q --driver addon").ends_untouched(7);
}

#[test]
fn manifests_brought_the_driver_without_a_role() {
    let world = World::of(&["bare", foreign!("kustomize")]);
    insta::assert_snapshot!(page(&world, ""), @"
    $ fsxctl setup dynamic --dry-run
    code 7
    -- stderr
    looking at cluster hp-eks
    error: the driver was installed by manifests, and its service account
           kube-system/fsx-csi-controller-sa does not have role
           arn:aws:iam::111122223333:role/FSXLCSI-hp-eks-us-west-2
    next: annotate it: kubectl -n kube-system annotate serviceaccount fsx-csi-controller-sa
          eks.amazonaws.com/role-arn=arn:aws:iam::111122223333:role/FSXLCSI-hp-eks-us-west-2
          --overwrite, and restart deployment fsx-csi-controller
    -- no write
    ");
    world.fsxctl("setup dynamic --yes -q").ends_untouched(7);
    // The way out that it offers leads to the end.
    let annotated = "
kubernetes:
  objects:
  - apiVersion: v1
    kind: ServiceAccount
    metadata: {name: fsx-csi-controller-sa, namespace: kube-system, annotations: {eks.amazonaws.com/role-arn: \"arn:aws:iam::111122223333:role/FSXLCSI-hp-eks-us-west-2\"}}
";
    let world = World::of(&["bare", foreign!("kustomize"), annotated]);
    applies(
        &world,
        "",
        &[
            "ec2 AuthorizeSecurityGroupIngress",
            "iam CreateOpenIDConnectProvider",
            "iam CreateRole",
            "iam PutRolePolicy",
            CLASS_AND_CLAIM[0],
            CLASS_AND_CLAIM[1],
        ],
    );
    assert_eq!(drivers(&world), 1, "never a second driver");
}

#[test]
fn a_driver_is_too_old_for_pod_identity() {
    let world = World::of(&["ready", foreign!("old-driver")]);
    insta::assert_snapshot!(page(&world, ""), @"
    $ fsxctl setup dynamic --dry-run
    code 7
    -- stderr
    looking at cluster hp-eks
    error: add-on aws-fsx-csi-driver is not fsxctl's (its tags do not tell who made it), and its
           controller does not have role arn:aws:iam::111122223333:role/FSXLCSI-hp-eks-us-west-2
    next: let fsxctl change it with --adopt Addon/aws-fsx-csi-driver
    -- no write
    ");
    world.fsxctl("setup dynamic --yes -q").ends_untouched(7);
    applies(
        &world,
        "--adopt Addon/aws-fsx-csi-driver",
        &[
            "eks TagResource",
            "eks UpdateAddon",
            "iam CreateOpenIDConnectProvider",
            "iam CreateRole",
            "iam PutRolePolicy",
            CLASS_AND_CLAIM[0],
            CLASS_AND_CLAIM[1],
            "kube patch /apis/apps/v1/namespaces/kube-system/deployments/fsx-csi-controller",
        ],
    );
    let addon = row(&world, "eks.addons", "addonName", "aws-fsx-csi-driver");
    assert_eq!(addon["tags"]["fsxctl.io/origin"], "adopted", "{addon}");
    assert_eq!(addon["addonVersion"], "v1.2.0-eksbuild.1", "an upgrade is asked for on its own");
}

#[test]
fn a_permissions_boundary_does_not_let_the_role_work() {
    let world = World::of(&["ready", foreign!("boundary")]);
    insta::assert_snapshot!(page(&world, ""), @"
    $ fsxctl setup dynamic --dry-run
    code 7
    -- stderr
    looking at cluster hp-eks
    error: role FSXLCSI-hp-eks-us-west-2 cannot let the driver work (its tag ManagedBy says terraform):
           its permissions boundary arn:aws:iam::111122223333:policy/org-limit does not allow
           fsx:CreateFileSystem, fsx:DeleteFileSystem, fsx:TagResource, fsx:UpdateFileSystem,
           iam:CreateServiceLinkedRole
    next: have whoever owns that boundary allow them, or give the role another one
    -- no write
    ");
    world.fsxctl("setup dynamic --yes -q").ends_untouched(7);
    // No leave of fsxctl's widens a boundary.
    world.fsxctl("setup dynamic --yes -q --adopt Role/FSXLCSI-hp-eks-us-west-2").ends_untouched(7);

    let wide = "
aws:
  iam:
    Roles:
    - {RoleName: FSXLCSI-hp-eks-us-west-2, PermissionsBoundary: \"arn:aws:iam::111122223333:policy/org-storage\"}
";
    let world = World::of(&["ready", foreign!("boundary"), wide]);
    let limit = |name: &str| {
        format!("setup dynamic --yes -q --permissions-boundary arn:aws:iam::111122223333:policy/{name}")
    };
    let other = world.fsxctl(&limit("org-limit"));
    other.ends_untouched(7);
    insta::assert_snapshot!(other.show(), @"
    $ fsxctl setup dynamic --yes -q --permissions-boundary arn:aws:iam::111122223333:policy/org-limit
    code 7
    -- stderr
    error: role FSXLCSI-hp-eks-us-west-2 has permissions boundary
           arn:aws:iam::111122223333:policy/org-storage, and --permissions-boundary asks for
           arn:aws:iam::111122223333:policy/org-limit; fsxctl does not change it
    next: leave --permissions-boundary out, or take another name with --role-name
    -- no write
    ");
    applies(&world, "--permissions-boundary arn:aws:iam::111122223333:policy/org-storage", &CLASS_AND_CLAIM);
}

#[test]
fn a_boundary_for_a_new_role_is_judged_before_the_first_write() {
    let policies = "
aws:
  iam:
    Policies:
    - {PolicyName: org-limit, Document: {Version: \"2012-10-17\", Statement: [{Effect: Allow, Action: \"s3:*\", Resource: \"*\"}]}}
";
    let world = World::of(&["bare", policies]);
    let words = |name: &str| {
        format!("setup dynamic --yes -q --permissions-boundary arn:aws:iam::111122223333:policy/{name}")
    };
    let run = world.fsxctl(&words("org-limit"));
    run.ends_untouched(2);
    run.says(2, &["does not allow fsx:CreateFileSystem", "name a boundary that allows them"]);
    world
        .fsxctl(&words("nowhere"))
        .says(2, &["names policy arn:aws:iam::111122223333:policy/nowhere, which does not exist"]);
    let unseen = World::of(&["bare", policies, "denied: [\"iam:GetPolicy\"]"]);
    let run = unseen.fsxctl(&words("org-limit").replace("--yes -q", "--dry-run"));
    run.ends_untouched(0);
    assert!(run.stdout.contains("? whether permissions boundary"), "{}", run.show());
}

#[test]
fn other_file_systems_share_the_security_group() {
    let world = World::of(&["ready", foreign!("shared-group")]);
    insta::assert_snapshot!(page(&world, ""), @"
    $ fsxctl setup dynamic --dry-run
    code 7
    -- stderr
    looking at cluster hp-eks
    error: security group sg-0d10000000000000d is not fsxctl's (its tag ManagedBy says terraform; file
           system fs-[id] and 1 more use it) and does not let Lustre through; it lacks tcp
           988 from sg-0a10000000000000a; tcp 1018-1023 from sg-0a10000000000000a; tcp 988 from
           sg-0b10000000000000b; tcp 1018-1023 from sg-0b10000000000000b
    next: let fsxctl add these rules with --adopt SecurityGroup/sg-0d10000000000000d, or take a group of
          its own with --security-group create
    -- no write
    ");
    world.fsxctl("setup dynamic --yes -q").ends_untouched(7);
    let before = row(&world, "ec2.SecurityGroups", "GroupId", "sg-0d10000000000000d");
    applies(
        &world,
        "--adopt SecurityGroup/sg-0d10000000000000d",
        &[
            "ec2 AuthorizeSecurityGroupIngress",
            "ec2 AuthorizeSecurityGroupIngress",
            "ec2 AuthorizeSecurityGroupIngress",
            "ec2 CreateTags",
            CLASS_AND_CLAIM[0],
            CLASS_AND_CLAIM[1],
        ],
    );
    let after = row(&world, "ec2.SecurityGroups", "GroupId", "sg-0d10000000000000d");
    for rule in before["IpPermissions"].as_array().expect("rules") {
        let peer = &rule["IpRanges"][0]["CidrIp"];
        let kept = after["IpPermissions"].as_array().is_some_and(|rules| {
            rules.iter().any(|it| it["FromPort"] == rule["FromPort"] && it["IpRanges"][0]["CidrIp"] == *peer)
        });
        assert!(kept, "{rule} is gone from {after}");
    }
    assert!(after["Tags"].to_string().contains(r#""fsxctl.io/origin","Value":"adopted""#), "{after}");
}

#[test]
fn a_group_of_its_own_is_the_other_way_out() {
    let world = World::of(&["ready", foreign!("shared-group")]);
    let run = world.fsxctl("setup dynamic --yes -q --security-group create");
    assert_eq!(run.code, Some(0), "{}", run.show());
    let shared = row(&world, "ec2.SecurityGroups", "GroupId", "sg-0d10000000000000d");
    assert!(!shared["Tags"].to_string().contains("fsxctl"), "{shared}");
    world.fsxctl("setup dynamic -q").ends_untouched(0);
}

#[test]
#[expect(clippy::too_many_lines, reason = "the plan is shown whole")]
fn a_cluster_was_made_anew_under_its_old_name() {
    let world = World::of(&["bare", foreign!("rebuilt")]);
    insta::assert_snapshot!(page(&world, ""), @r#"
    $ fsxctl setup dynamic --dry-run
    code 0
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
    ~ Role FSXLCSI-hp-eks-us-west-2: its trust policy names
      oidc.eks.us-west-2.amazonaws.com/id/00000000000000000000000000000BAD, the issuer of another or an
      earlier cluster
        its trust policy is written anew
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
    ! file system fs-[id] (AVAILABLE, 1200Gi, in vpc-0e10000000000000e, which is not this
      cluster's VPC) carries this cluster's tags, but no PersistentVolume names it: an earlier claim or
      an earlier cluster of this name left it, and it costs money

    This takes about 12 minutes.
    Plan: 4 to create, 2 to change, 0 to delete.
    -- stderr
    looking at cluster hp-eks
    -- no write
    "#);
}

#[test]
fn what_an_earlier_cluster_left_is_not_mixed_up() {
    let world = World::of(&["bare", foreign!("rebuilt")]);
    let old = |world: &World| {
        (
            row(world, "ec2.SecurityGroups", "GroupId", "sg-0e10000000000000e"),
            row(
                world,
                "iam.OpenIDConnectProviders",
                "Url",
                "https://oidc.eks.us-west-2.amazonaws.com/id/00000000000000000000000000000BAD",
            ),
            row(world, "iam.Roles", "RoleName", "FSXLCSI-hp-eks-us-east-1"),
        )
    };
    let before = old(&world);
    applies(
        &world,
        "",
        &[
            "ec2 AuthorizeSecurityGroupIngress",
            "eks CreateAddon",
            "iam CreateOpenIDConnectProvider",
            "iam UpdateAssumeRolePolicy",
            CLASS_AND_CLAIM[0],
            CLASS_AND_CLAIM[1],
        ],
    );
    assert_eq!(old(&world), before, "what is another cluster's stays as it was");
    let role = row(&world, "iam.Roles", "RoleName", "FSXLCSI-hp-eks-us-west-2");
    assert!(!role["AssumeRolePolicyDocument"].to_string().contains("BAD"), "{role}");
    let systems = world.saved()["aws"]["fsx"]["FileSystems"].as_array().map(Vec::len);
    assert_eq!(systems, Some(2), "the earlier file system was not taken for the new one");
}

#[test]
fn the_role_of_a_cluster_of_the_same_name_elsewhere_is_not_taken() {
    let world = World::of(&["bare", foreign!("rebuilt")]);
    let run = world.fsxctl("setup dynamic --yes -q --role-name FSXLCSI-hp-eks-us-east-1");
    run.ends_untouched(7);
    insta::assert_snapshot!(run.show(), @"
    $ fsxctl setup dynamic --yes -q --role-name FSXLCSI-hp-eks-us-east-1
    code 7
    -- stderr
    error: role FSXLCSI-hp-eks-us-east-1 was made by fsxctl for
           arn:aws:eks:us-east-1:111122223333:cluster/hp-eks, and its trust policy names
           oidc.eks.us-east-1.amazonaws.com/id/00000000000000000000000000000BAD, the issuer of another
           or an earlier cluster
    next: take another name with --role-name
    -- no write
    ");
}

#[test]
fn a_set_up_was_taken_away_by_half() {
    let world = World::of(&["done", foreign!("half-deleted")]);
    insta::assert_snapshot!(page(&world, ""), @"
    $ fsxctl setup dynamic --dry-run
    code 7
    -- stderr
    looking at cluster hp-eks
    error: add-on aws-fsx-csi-driver is being deleted
    next: wait until it is gone and run it again
    -- no write
    ");
    world.fsxctl("setup dynamic --yes -q").ends_untouched(7);
}

#[test]
fn a_terminating_claim_is_waited_for_by_the_person() {
    let active = "
aws: {eks: {addons: [{clusterName: hp-eks, addonName: aws-fsx-csi-driver, status: ACTIVE}]}}
";
    let world = World::of(&["done", foreign!("half-deleted"), active]);
    let run = world.fsxctl("setup dynamic --yes -q");
    run.ends_untouched(7);
    insta::assert_snapshot!(run.show(), @"
    $ fsxctl setup dynamic --yes -q
    code 7
    -- stderr
    error: claim default/fsx-claim is being deleted, as soon as no pod uses it; its file system
           fs-[id] stays (volume pvc-[uid] says Retain)
    next: wait until it is gone, or take another name with --claim
    -- no write
    ");
}

/// What was going away is gone.
const GONE: &str = "
lifecycles: true
aws: {eks: {addons: [{clusterName: hp-eks, addonName: aws-fsx-csi-driver, status: ACTIVE}]}}
kubernetes:
  objects:
  - {apiVersion: v1, kind: Pod, metadata: {name: fsx-app, namespace: default}, $absent: true}
  - {apiVersion: v1, kind: PersistentVolumeClaim, metadata: {name: fsx-claim, namespace: default}, $absent: true}
  - {apiVersion: v1, kind: PersistentVolume, metadata: {name: pvc-b4cbeb88-4f8b-418b-bdaa-c49b4ab35463}, $absent: true}
";

#[test]
#[expect(clippy::too_many_lines, reason = "the plan is shown whole")]
fn what_is_left_of_a_half_deleted_set_up_is_told() {
    let world = World::of(&["done", foreign!("half-deleted"), GONE]);
    insta::assert_snapshot!(page(&world, ""), @"
    $ fsxctl setup dynamic --dry-run
    code 0
    -- stdout
    cluster     hp-eks in us-west-2, account 111122223333
    kubernetes  kubeconfig [sandbox]/kubeconfig, context
                arn:aws:eks:us-west-2:111122223333:cluster/hp-eks

    identity: the driver gets its role by Pod Identity
    ~ RolePolicy FSXLCSI-hp-eks-us-west-2/fsxctl-fsx-csi: the controller must be allowed to make, change
      and delete file systems
        inline policy fsxctl-fsx-csi: fsx:CreateFileSystem, fsx:DeleteFileSystem,
        fsx:DescribeFileSystems, fsx:TagResource, fsx:UpdateFileSystem

    network: file system and nodes must reach each other on tcp 988 and 1018-1023
    ~ SecurityGroup sg-0c10000000000000c: the file system must be reached from itself and every group of
      nodes
        ingress tcp 988 from sg-0c10000000000000c
        ingress tcp 1018-1023 from sg-0c10000000000000c
        ingress tcp 988 from sg-0a10000000000000a
        ingress tcp 1018-1023 from sg-0a10000000000000a
        ingress tcp 988 from sg-0b10000000000000b
        ingress tcp 1018-1023 from sg-0b10000000000000b
    rules on the nodes' own security groups, which --no-node-rules leaves as they are:
    ~ SecurityGroup sg-0a10000000000000a: rule of the nodes' own group (node group system);
      --no-node-rules leaves it out
        ingress tcp 988 from sg-0c10000000000000c
        ingress tcp 1018-1023 from sg-0c10000000000000c
    ~ SecurityGroup sg-0b10000000000000b: rule of the nodes' own group (instance group cpu, instance
      group gpu); --no-node-rules leaves it out
        ingress tcp 988 from sg-0c10000000000000c
        ingress tcp 1018-1023 from sg-0c10000000000000c
    = security group sg-0c10000000000000c (fsxctl-hp-eks): fsxctl made it for this cluster
    = subnet subnet-0a10000000000000a (us-west-2a, usw2-az1): the zone where most nodes are; 3 of 5
      nodes
    = 2 of 5 nodes are in other zones; they can mount, at cross-zone cost

    = driver: the add-on is installed
    = add-on aws-fsx-csi-driver v1.9.0-eksbuild.1 is ACTIVE

    storage: class or claim is missing or differs
    + StorageClass fsx-sc: it is missing
        automaticBackupRetentionDays: 0
        copyTagsToBackups: true
        dataCompressionType: LZ4
        deploymentType: PERSISTENT_2
        fileSystemTypeVersion: 2.15
        perUnitStorageThroughput: 250
        securityGroupIds: sg-0c10000000000000c
        subnetId: subnet-0a10000000000000a
        reclaimPolicy: Retain
        mountOptions: flock
    + PersistentVolumeClaim default/fsx-claim: the driver makes the file system for it
        1200Gi, ReadWriteMany, class fsx-sc
        makes an FSx for Lustre file system, which costs money
        known after apply: persistentVolume, fileSystemId
    ! PersistentVolume pvc-[uid] (fs-[id], 1200Gi) was left
      by an earlier claim default/fsx-claim; a second file system will be made. To use the first one
      again: fsxctl byo --fs-id fs-[id] --rebind
    ! file system fs-[id] (AVAILABLE, 1200Gi) carries this cluster's tags, but no
      PersistentVolume names it: an earlier claim or an earlier cluster of this name left it, and it
      costs money

    This takes about 12 minutes.
    Plan: 2 to create, 4 to change, 0 to delete.
    -- stderr
    looking at cluster hp-eks
    -- no write
    ");
}

#[test]
fn what_is_left_of_a_half_deleted_set_up_is_mended() {
    let world = World::of(&["done", foreign!("half-deleted"), GONE]);
    applies(
        &world,
        "",
        &[
            "ec2 AuthorizeSecurityGroupIngress",
            "ec2 AuthorizeSecurityGroupIngress",
            "ec2 AuthorizeSecurityGroupIngress",
            "iam PutRolePolicy",
            CLASS_AND_CLAIM[0],
            CLASS_AND_CLAIM[1],
        ],
    );
}

#[test]
fn an_adoption_that_is_not_needed_is_told_and_changes_nothing() {
    let world = World::of(&["quick-setup"]);
    let run = world
        .fsxctl("setup dynamic --dry-run --adopt Addon/aws-fsx-csi-driver --adopt SecurityGroup/sg-0000");
    run.ends_untouched(0);
    let told: Vec<&str> = run.stdout.lines().filter(|line| line.contains("--adopt")).collect();
    insta::assert_snapshot!(told.join("\n"), @"
    = --adopt Addon/aws-fsx-csi-driver: nothing in this plan needs it
    ! --adopt SecurityGroup/sg-0000: there is no such object
    ");
}

#[test]
fn on_a_terminal_leave_is_asked_for_object_by_object() {
    let world = World::of(&["bare", foreign!("eksctl-irsa")]);
    let mut terminal = Terminal::start(&world, &["setup", "dynamic", "--adopt"], (40, 100));
    terminal.until("Let fsxctl change ServiceAccount/kube-system/fsx-csi-controller-sa?");
    terminal.line("y");
    terminal.until("Apply these changes?");
    terminal.line("y");
    let run = terminal.end();
    assert_eq!(run.code, Some(0), "{}", run.show());
    assert!(run.writes().contains(&"eks CreateAddon".to_owned()), "{}", run.show());
}

#[test]
fn leave_that_is_not_given_leaves_everything_as_it_is() {
    let world = World::of(&["bare", foreign!("eksctl-irsa")]);
    let mut terminal = Terminal::start(&world, &["setup", "dynamic", "--adopt"], (40, 100));
    terminal.until("Let fsxctl change ServiceAccount/kube-system/fsx-csi-controller-sa?");
    terminal.press(ENTER);
    terminal.end().ends_untouched(7);
}

#[test]
fn leave_without_a_name_needs_somebody_to_ask() {
    let world = World::of(&["bare", foreign!("eksctl-irsa")]);
    let run = world.fsxctl("setup dynamic --yes --adopt");
    run.ends_untouched(2);
    assert_eq!(run.requests.len(), 0, "{}", run.show());
    run.says(2, &["there is nobody to ask", "--adopt KIND/REF"]);
}
