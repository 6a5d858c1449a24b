//! The roads that a set-up can take: identities, parts alone, namespaces, what others left behind.

use fsxctl_sandbox::Options;
use serde_json::{Value, json};

use crate::finished::finished_and;
use crate::harness::{CLUSTER_ARN, NODE_GROUP, ROLE, Run, World};

/// The agent of EKS Pod Identity on every node.
pub const AGENT: &str = "
aws:
  eks:
    addons:
    - {clusterName: hp-eks, addonName: eks-pod-identity-agent, addonVersion: v1.3.9-eksbuild.3, status: ACTIVE}
";

fn ok(world: &World, words: &str) -> Run {
    let run = world.fsxctl(words);
    assert_eq!(run.code, Some(0), "{}", run.show());
    run
}

/// The part of a plan for people that belongs to a step.
fn part(run: &Run, step: &str) -> String {
    let is_head = |part: &&str| {
        let head = part.trim_start_matches(['=', '!', ' ']);
        head.starts_with(&format!("{step}: "))
    };
    run.stdout.split("\n\n").find(is_head).unwrap_or_default().to_owned()
}

fn role(world: &World) -> Option<Value> {
    let saved = world.saved();
    saved["aws"]["iam"]["Roles"].as_array().unwrap().iter().find(|role| role["RoleName"] == ROLE).cloned()
}

/// The driver's add-on.
fn addon(world: &World) -> Value {
    let saved = world.saved();
    let addons = saved["aws"]["eks"]["addons"].as_array().unwrap();
    addons.iter().find(|it| it["addonName"] == "aws-fsx-csi-driver").cloned().unwrap_or_default()
}

#[test]
fn with_the_agent_the_driver_gets_its_role_by_pod_identity() {
    let world = World::of(&["bare", AGENT]);
    let run = ok(&world, "setup dynamic --yes -q -o json");
    insta::assert_snapshot!(run.writes().join("\n"), @"
    ec2 AuthorizeSecurityGroupIngress
    eks CreateAddon
    iam CreateRole
    iam PutRolePolicy
    kube create /api/v1/namespaces/default/persistentvolumeclaims
    kube create /apis/storage.k8s.io/v1/storageclasses
    ");
    let role = role(&world).expect("the role is there");
    insta::assert_snapshot!(serde_json::to_string_pretty(&role["AssumeRolePolicyDocument"]).unwrap(), @r#"
    {
      "Version": "2012-10-17",
      "Statement": [
        {
          "Effect": "Allow",
          "Principal": {
            "Service": "pods.eks.amazonaws.com"
          },
          "Action": [
            "sts:AssumeRole",
            "sts:TagSession"
          ],
          "Condition": {
            "StringEquals": {
              "aws:RequestTag/eks-cluster-arn": "arn:aws:eks:us-west-2:111122223333:cluster/hp-eks",
              "aws:RequestTag/kubernetes-namespace": "kube-system",
              "aws:RequestTag/kubernetes-service-account": "fsx-csi-controller-sa"
            }
          }
        }
      ]
    }
    "#);
    let saved = world.saved();
    let associations = saved["aws"]["eks"]["podIdentityAssociations"].as_array().unwrap();
    assert_eq!(associations.len(), 1, "{associations:?}");
    assert_eq!(associations[0]["serviceAccount"], "fsx-csi-controller-sa");
    assert_eq!(saved["aws"]["iam"]["OpenIDConnectProviders"].as_array().map_or(0, Vec::len), 0);
    world.fsxctl("setup dynamic -q").ends_untouched(0);
}

#[test]
fn an_agent_that_a_node_role_does_not_let_work_is_not_relied_on() {
    let closed = "
aws:
  iam:
    Roles:
    - {RoleName: hp-cluster-execution, AttachedPolicies: [], InlinePolicies: {pod-identity: null, other: {Version: \"2012-10-17\", Statement: [{Effect: Allow, Action: \"s3:GetObject\", Resource: \"*\"}]}}}
";
    let run = ok(&World::of(&["bare", AGENT, closed]), "setup dynamic --dry-run -q");
    insta::assert_snapshot!(part(&run, "identity"), @"
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
    = IRSA, because Pod Identity would not work here: node role hp-cluster-execution does not allow
      eks-auth:AssumeRoleForPodIdentity
    ");
}

#[test]
fn an_agent_that_a_node_group_of_ec2_does_not_let_work_is_not_relied_on() {
    let closed = "aws: {iam: {Roles: [{RoleName: hp-eks-nodes, AttachedPolicies: [], InlinePolicies: {other: {Version: \"2012-10-17\", Statement: [{Effect: Allow, Action: \"ec2:Describe*\", Resource: \"*\"}]}}}]}}";
    let run = ok(&World::of(&["bare", AGENT, closed]), "setup identity --dry-run -q");
    assert!(
        run.stdout.contains(
            "= IRSA, because Pod Identity would not work here: node role hp-eks-nodes does not allow"
        ),
        "{}",
        run.show()
    );
    // What cannot be read is given the benefit of the doubt.
    let hidden = "denied: [\"eks:DescribeNodegroup\"]";
    let run = ok(&World::of(&["bare", AGENT, closed, hidden]), "setup identity --dry-run -q");
    assert!(run.stdout.contains("by Pod Identity"), "{}", run.show());
}

#[test]
fn pod_identity_that_would_not_work_is_refused_when_asked_for() {
    let run = World::bare().fsxctl("setup dynamic --yes -q --identity pod-identity");
    run.ends_untouched(2);
    insta::assert_snapshot!(run.show(), @"
    $ fsxctl setup dynamic --yes -q --identity pod-identity
    code 2
    -- stderr
    error: Pod Identity would not work here: add-on eks-pod-identity-agent is not installed
    next: use --identity irsa
    -- no write
    ");
}

#[test]
fn irsa_is_taken_when_asked_for() {
    let world = World::of(&["bare", AGENT]);
    let run = ok(&world, "setup dynamic --yes -q --identity irsa");
    assert!(run.writes().contains(&"iam CreateOpenIDConnectProvider".to_owned()), "{}", run.show());
    let role = role(&world).expect("the role is there");
    assert_eq!(role["AssumeRolePolicyDocument"]["Statement"][0]["Action"], "sts:AssumeRoleWithWebIdentity");
    // Asked for or not, what is right is kept.
    world.fsxctl("setup dynamic -q").ends_untouched(0);
    world.fsxctl("setup dynamic -q --identity irsa").ends_untouched(0);
}

#[test]
fn no_identity_is_left_to_others() {
    let world = World::bare();
    let run = ok(&world, "setup dynamic --yes -q --identity none --no-wait");
    assert!(!run.writes().iter().any(|write| write.starts_with("iam ")), "{}", run.show());
    assert_eq!(role(&world), None);
    insta::assert_snapshot!(part(&run, "driver"), @"
    driver: the driver is not installed
    + Addon aws-fsx-csi-driver:
      arn:aws:eks:us-west-2:111122223333:addon/hp-eks/aws-fsx-csi-driver/[uuid]
    ! the controller gets no role from fsxctl; without one it cannot make file systems
    ");
}

#[test]
fn a_role_of_ones_own_is_used_as_it_is() {
    let run = World::bare().fsxctl("setup dynamic --yes -q --role-arn arn:aws:iam::111122223333:role/nope");
    run.ends_untouched(2);
    insta::assert_snapshot!(run.show(), @"
    $ fsxctl setup dynamic --yes -q --role-arn arn:aws:iam::111122223333:role/nope
    code 2
    -- stderr
    error: --role-arn names role arn:aws:iam::111122223333:role/nope, which does not exist
    next: name a role that exists, or leave --role-arn out to have one made
    -- no write
    ");
}

#[test]
fn names_paths_tags_and_policies_reach_the_role() {
    let world = World::bare();
    ok(&world, "setup identity --yes -q --role-name fsx --role-path /team/ --tag cost=42 --policy managed");
    let saved = world.saved();
    let role = saved["aws"]["iam"]["Roles"]
        .as_array()
        .unwrap()
        .iter()
        .find(|role| role["RoleName"] == "fsx")
        .cloned()
        .unwrap();
    assert_eq!(role["Arn"], "arn:aws:iam::111122223333:role/team/fsx");
    assert_eq!(role["AttachedPolicies"], json!(["arn:aws:iam::aws:policy/AmazonFSxFullAccess"]));
    assert!(role["Tags"].as_array().unwrap().contains(&json!({"Key": "cost", "Value": "42"})), "{role}");
    world.fsxctl("setup identity -q --role-name fsx --role-path /team/ --policy managed").ends_untouched(0);
}

#[test]
fn a_ready_cluster_needs_only_class_and_claim() {
    let world = World::of(&["ready"]);
    let run = ok(&world, "setup dynamic --yes -q");
    insta::assert_snapshot!(run.writes().join("\n"), @"
    kube create /api/v1/namespaces/default/persistentvolumeclaims
    kube create /apis/storage.k8s.io/v1/storageclasses
    ");
}

#[test]
fn each_part_alone_does_its_part() {
    for (words, writes) in [
        ("setup identity", &["iam CreateOpenIDConnectProvider", "iam CreateRole", "iam PutRolePolicy"][..]),
        ("setup network", &["ec2 AuthorizeSecurityGroupIngress"]),
        ("setup dynamic --only network", &["ec2 AuthorizeSecurityGroupIngress"]),
        (
            "setup dynamic --only identity",
            &["iam CreateOpenIDConnectProvider", "iam CreateRole", "iam PutRolePolicy"],
        ),
        (
            "setup dynamic --skip storage",
            &[
                "ec2 AuthorizeSecurityGroupIngress",
                "eks CreateAddon",
                "iam CreateOpenIDConnectProvider",
                "iam CreateRole",
                "iam PutRolePolicy",
            ],
        ),
    ] {
        let world = World::bare();
        let run = ok(&world, &format!("{words} --yes -q -o json"));
        assert_eq!(run.writes(), writes, "{words}");
        assert_eq!(run.json()["volume"], Value::Null, "{words}");
        world.fsxctl(&format!("{words} -q")).ends_untouched(0);
    }
}

#[test]
fn storage_alone_needs_a_network_that_is_there() {
    let world = World::bare();
    let run = world.fsxctl("setup dynamic --yes -q --only storage --no-wait --security-group create");
    run.ends_untouched(2);
    insta::assert_snapshot!(run.show(), @"
    $ fsxctl setup dynamic --yes -q --only storage --no-wait --security-group create
    code 2
    -- stderr
    error: the file system's security group is not known
    next: name it with --security-group, or do not skip the network
    -- no write
    ");
    let run = ok(&world, "setup dynamic --yes -q --only storage --no-wait");
    assert_eq!(run.writes().len(), 2, "{}", run.show());
}

#[test]
fn parts_one_after_the_other_make_the_whole() {
    let world = World::bare();
    for part in ["identity", "network", "driver"] {
        let run = ok(&world, &format!("setup {part} --yes -q"));
        assert!(!run.writes().is_empty(), "{}", run.show());
    }
    let run = ok(&world, "setup dynamic --yes -q");
    insta::assert_snapshot!(run.writes().join("\n"), @"
    kube create /api/v1/namespaces/default/persistentvolumeclaims
    kube create /apis/storage.k8s.io/v1/storageclasses
    ");
}

#[test]
fn the_driver_alone_is_not_given_a_role_that_is_not_there() {
    let world = World::bare();
    let run = ok(&world, "setup driver --yes -q");
    assert_eq!(run.writes(), ["eks CreateAddon"]);
    assert_eq!(addon(&world)["serviceAccountRoleArn"], Value::Null);
    insta::assert_snapshot!(part(&run, "driver"), @"
    driver: the driver is not installed
    + Addon aws-fsx-csi-driver:
      arn:aws:eks:us-west-2:111122223333:addon/hp-eks/aws-fsx-csi-driver/[uuid]
    ! the controller gets no role from fsxctl; without one it cannot make file systems
    ");
    // The whole gives it one afterwards, and its pods take it.
    let run = ok(&world, "setup dynamic --yes -q");
    assert!(run.writes().contains(&"eks UpdateAddon".to_owned()), "{}", run.show());
    assert_eq!(addon(&world)["serviceAccountRoleArn"], format!("arn:aws:iam::111122223333:role/{ROLE}"));
    world.fsxctl("setup dynamic -q").ends_untouched(0);
}

#[test]
fn the_driver_alone_takes_the_role_that_is_there() {
    let world = World::bare();
    ok(&world, "setup identity --yes -q");
    let run = world.fsxctl("setup driver --dry-run");
    insta::assert_snapshot!(run.show(), @r#"
    $ fsxctl setup driver --dry-run
    code 0
    -- stdout
    cluster     hp-eks in us-west-2, account 111122223333
    kubernetes  kubeconfig [sandbox]/kubeconfig, context
                arn:aws:eks:us-west-2:111122223333:cluster/hp-eks

    driver: the driver is not installed
    + Addon aws-fsx-csi-driver: the cluster has no FSx CSI driver
        version v1.9.0-eksbuild.1
        service account role arn:aws:iam::111122223333:role/FSXLCSI-hp-eks-us-west-2
        configuration {"controller":{"region":"us-west-2"},"node":{"region":"us-west-2"}}
        known after apply: arn

    This takes about 2 minutes.
    Plan: 1 to create, 0 to change, 0 to delete.
    -- stderr
    looking at cluster hp-eks
    -- no write
    "#);
}

#[test]
fn a_driver_waits_until_it_is_active() {
    let world = World::with(Options { speed: 20.0, ..Options::default() });
    ok(&world, "setup identity --yes -q");
    let run = ok(&world, "setup driver --yes");
    assert!(run.stderr.contains("= add-on aws-fsx-csi-driver is ACTIVE after "), "{}", run.show());
    let saved = world.saved();
    let addon = saved["aws"]["eks"]["addons"]
        .as_array()
        .unwrap()
        .iter()
        .find(|it| it["addonName"] == "aws-fsx-csi-driver")
        .cloned()
        .unwrap();
    assert_eq!(addon["status"], "ACTIVE");
    assert_eq!(addon["serviceAccountRoleArn"], format!("arn:aws:iam::111122223333:role/{ROLE}"));
}

#[test]
fn a_build_that_is_not_there_is_answered_with_those_that_are() {
    let run = World::bare().fsxctl("setup driver --yes -q --driver-version v0.1.0-eksbuild.1");
    run.ends_untouched(2);
    insta::assert_snapshot!(run.show(), @"
    $ fsxctl setup driver --yes -q --driver-version v0.1.0-eksbuild.1
    code 2
    -- stderr
    error: --driver-version names v0.1.0-eksbuild.1, which has no build for Kubernetes 1.33; there are
           v1.9.0-eksbuild.1, v1.8.0-eksbuild.2, v1.8.0-eksbuild.1, v1.7.0-eksbuild.1,
           v1.6.0-eksbuild.1, v1.5.0-eksbuild.1
    next: name one of these, or leave --driver-version out
    -- no write
    ");
}

#[test]
fn the_asked_for_build_is_asked_what_it_can_be_configured_with() {
    for (words, build) in
        [("", "v1.9.0-eksbuild.1"), ("--driver-version v1.5.0-eksbuild.1", "v1.5.0-eksbuild.1")]
    {
        let run = ok(&World::bare(), &format!("setup driver --dry-run -q {words}"));
        let asked =
            run.requests.iter().find(|it| it.operation.as_deref() == Some("DescribeAddonConfiguration"));
        let asked = asked.unwrap_or_else(|| panic!("{}", run.show()));
        assert_eq!(asked.request["addonVersion"], build, "{}", asked.request);
    }
}

#[test]
fn a_key_by_its_alias_is_not_in_the_policy_and_that_is_said() {
    let run = ok(&World::bare(), "setup dynamic --dry-run -q --kms-key alias/fsx");
    let said = part(&run, "identity").split_whitespace().collect::<Vec<_>>().join(" ");
    assert!(said.contains("? the role's policy says nothing of KMS key alias/fsx"), "{}", run.show());
}

#[test]
fn without_waiting_it_ends_with_the_last_write() {
    let world = World::with(Options { speed: 20.0, ..Options::default() });
    let run = ok(&world, "setup dynamic --yes -q --no-wait");
    assert!(!run.requests.iter().any(|entry| entry.verb.as_deref() == Some("watch")), "{}", run.show());
    let tail: Vec<&str> = run.stdout.lines().skip_while(|line| !line.starts_with("storage: ")).collect();
    insta::assert_snapshot!(tail.join("\n"), @"
    storage: class or claim is missing or differs
    + StorageClass fsx-sc
    + PersistentVolumeClaim default/fsx-claim

    ? claim default/fsx-claim was not waited for

    Done: 6 created, 1 changed, 0 deleted.

    next:
      fsxctl status -n default
    ");
}

#[test]
fn a_namespace_is_made_when_that_was_asked_for() {
    let world = World::bare();
    let run = world.fsxctl("setup dynamic --yes -q -n team-a");
    run.ends_untouched(2);
    insta::assert_snapshot!(run.show(), @"
    $ fsxctl setup dynamic --yes -q -n team-a
    code 2
    -- stderr
    error: namespace team-a does not exist
    next: make it with --create-namespace, or take another one with -n
    -- no write
    ");
    let run = ok(&world, "setup dynamic --yes -q -n team-a --create-namespace");
    assert!(run.writes().contains(&"kube create /api/v1/namespaces".to_owned()), "{}", run.show());
    let claim = world.object("PersistentVolumeClaim", "fsx-claim").unwrap();
    assert_eq!(
        (&claim["metadata"]["namespace"], &claim["status"]["phase"]),
        (&json!("team-a"), &json!("Bound"))
    );
}

#[test]
fn a_second_claim_of_the_same_class_gets_a_file_system_of_its_own() {
    let world = finished_and(&[]);
    let run = ok(&world, "setup dynamic --yes -q --claim second");
    assert_eq!(run.writes(), ["kube create /api/v1/namespaces/default/persistentvolumeclaims"]);
    assert_eq!(world.saved()["aws"]["fsx"]["FileSystems"].as_array().map(Vec::len), Some(2));
}

#[test]
fn a_class_that_deletes_is_warned_of() {
    let run = ok(&World::bare(), "setup dynamic --dry-run -q --reclaim Delete");
    assert!(part(&run, "storage").contains("deletes the file system and its data"), "{}", run.stdout);
    let delete = "{apiVersion: storage.k8s.io/v1, kind: StorageClass, metadata: {name: fsx-sc}, provisioner: fsx.csi.aws.com, \
                  parameters: {subnetId: subnet-0a10000000000000a, securityGroupIds: sg-0b10000000000000b}, reclaimPolicy: Delete}";
    let run = ok(
        &World::of(&["bare", &format!("kubernetes: {{objects: [{delete}]}}")]),
        "setup dynamic --dry-run -q",
    );
    let warned =
        part(&run, "storage").lines().any(|line| line.starts_with("! StorageClass fsx-sc says Delete"));
    assert!(warned, "{}", run.stdout);
}

#[test]
fn a_released_volume_is_shown_before_a_second_file_system_is_made() {
    let released = "
kubernetes:
  objects:
  - apiVersion: v1
    kind: PersistentVolume
    metadata: {name: pvc-old}
    spec:
      accessModes: [ReadWriteMany]
      capacity: {storage: 1200Gi}
      claimRef: {apiVersion: v1, kind: PersistentVolumeClaim, namespace: default, name: fsx-claim, uid: 11111111-2222-3333-4444-555555555555}
      csi: {driver: fsx.csi.aws.com, volumeHandle: fs-0e10000000000000e, volumeAttributes: {dnsname: fs-0e10000000000000e.fsx.us-west-2.amazonaws.com, mountname: a1b2c3d4}}
      persistentVolumeReclaimPolicy: Retain
      storageClassName: fsx-sc
    status: {phase: Released}
";
    let world = World::of(&["existing", released]);
    let run = ok(&world, "setup dynamic --dry-run -q");
    let warning: Vec<&str> = run.stdout.lines().skip_while(|line| !line.starts_with("! ")).take(4).collect();
    insta::assert_snapshot!(warning.join("\n"), @"
    ! PersistentVolume pvc-old (fs-[id], 1200Gi) was left by an earlier claim
      default/fsx-claim; a second file system will be made. To use the first one again: fsxctl byo
      --fs-id fs-[id] --rebind
    ");
}

/// A role of somebody else under our name whose trust names another service account.
const BROKEN_ROLE: &str = "
aws:
  iam:
    OpenIDConnectProviders: [{Url: \"https://oidc.eks.us-west-2.amazonaws.com/id/A1B2C3D4E5F60718293A4B5C6D7E8F90\", ClientIDList: [sts.amazonaws.com]}]
    Roles:
    - RoleName: FSXLCSI-hp-eks-us-west-2
      AssumeRolePolicyDocument:
        Version: \"2012-10-17\"
        Statement:
        - Effect: Allow
          Principal: {Federated: \"arn:aws:iam::111122223333:oidc-provider/oidc.eks.us-west-2.amazonaws.com/id/A1B2C3D4E5F60718293A4B5C6D7E8F90\"}
          Action: \"sts:AssumeRoleWithWebIdentity\"
          Condition: {StringEquals: {\"oidc.eks.us-west-2.amazonaws.com/id/A1B2C3D4E5F60718293A4B5C6D7E8F90:sub\": \"system:serviceaccount:default:other\", \"oidc.eks.us-west-2.amazonaws.com/id/A1B2C3D4E5F60718293A4B5C6D7E8F90:aud\": sts.amazonaws.com}}
      AttachedPolicies: [\"arn:aws:iam::aws:policy/AmazonFSxFullAccess\"]
";

#[test]
fn a_wrong_role_of_somebody_else_is_a_conflict_until_it_is_adopted() {
    let world = World::of(&["bare", BROKEN_ROLE]);
    let run = world.fsxctl("setup dynamic --yes -q");
    run.ends_untouched(7);
    insta::assert_snapshot!(run.show(), @"
    $ fsxctl setup dynamic --yes -q
    code 7
    -- stderr
    error: role FSXLCSI-hp-eks-us-west-2 is not fsxctl's (its tags do not tell who made it), and its
           trust policy does not name the driver's service account
    next: let fsxctl change it with --adopt Role/FSXLCSI-hp-eks-us-west-2, or take another name with
          --role-name
    -- no write
    ");
    // Adopting another object is not adopting this one.
    world.fsxctl("setup dynamic --yes -q --adopt Role/other").ends_untouched(7);
    let run = world.run(&["setup", "dynamic", "--yes", "-q", "--adopt", &format!("Role/{ROLE}")]);
    assert_eq!(run.code, Some(0), "{}", run.show());
    assert!(run.writes().contains(&"iam UpdateAssumeRolePolicy".to_owned()), "{}", run.show());
    let role = role(&world).unwrap();
    // What others wrote stays; the service account's statement comes after it.
    let statements = &role["AssumeRolePolicyDocument"]["Statement"];
    assert_eq!(statements.as_array().map(Vec::len), Some(2), "{statements}");
    let statement = &statements[1];
    let sub = "oidc.eks.us-west-2.amazonaws.com/id/A1B2C3D4E5F60718293A4B5C6D7E8F90:sub";
    assert_eq!(
        statement["Condition"]["StringEquals"][sub],
        "system:serviceaccount:kube-system:fsx-csi-controller-sa"
    );
    world.fsxctl("setup dynamic -q").ends_untouched(0);
}

#[test]
fn a_role_of_ours_that_lost_its_policy_is_mended_without_asking_for_adoption() {
    let world = finished_and(&[&format!(
        "aws: {{iam: {{Roles: [{{RoleName: {ROLE}, InlinePolicies: {{fsxctl-fsx-csi: null}}}}]}}}}"
    )]);
    let run = ok(&world, "setup dynamic --yes -q");
    assert_eq!(run.writes(), ["iam PutRolePolicy"]);
    world.fsxctl("setup dynamic -q").ends_untouched(0);
}

#[test]
fn a_service_account_of_others_is_not_taken_over_silently() {
    let account = "kubernetes: {objects: [{apiVersion: v1, kind: ServiceAccount, metadata: {name: fsx-csi-controller-sa, namespace: kube-system}}]}";
    let world = World::of(&["bare", account]);
    let run = world.fsxctl("setup dynamic --yes -q");
    run.ends_untouched(7);
    insta::assert_snapshot!(run.show(), @"
    $ fsxctl setup dynamic --yes -q
    code 7
    -- stderr
    error: service account kube-system/fsx-csi-controller-sa is there and not fsxctl's (its labels do
           not tell who made it), so the add-on would refuse to install over it
    next: let the add-on take it over with --adopt ServiceAccount/kube-system/fsx-csi-controller-sa
    -- no write
    ");
    let run = ok(&world, "setup dynamic --yes -q --adopt ServiceAccount/kube-system/fsx-csi-controller-sa");
    assert!(run.writes().contains(&"eks CreateAddon".to_owned()), "{}", run.show());
}

#[test]
fn rules_of_node_groups_are_left_alone_when_asked_to() {
    let world = World::bare();
    let run = ok(&world, "setup network --yes -q --no-node-rules --security-group create");
    let touched: Vec<&Value> = run
        .requests
        .iter()
        .filter(|it| it.operation.as_deref() == Some("AuthorizeSecurityGroupIngress"))
        .map(|it| &it.request["GroupId"])
        .collect();
    assert!(!touched.is_empty() && !touched.contains(&&json!(NODE_GROUP)), "{touched:?}");
    let run = ok(&world, "setup network --dry-run -q --no-node-rules --security-group create");
    assert!(run.stdout.lines().any(|line| line.starts_with("! ")), "{}", run.show());
}

#[test]
fn rules_that_are_added_say_who_added_them() {
    let world = World::bare();
    ok(&world, "setup network --yes -q");
    let saved = world.saved();
    let group = saved["aws"]["ec2"]["SecurityGroups"]
        .as_array()
        .unwrap()
        .iter()
        .find(|it| it["GroupId"] == NODE_GROUP)
        .cloned()
        .unwrap();
    let text = group["IpPermissions"].to_string();
    assert!(text.contains("fsxctl hp-eks: "), "{text}");
}

#[test]
fn a_security_group_that_is_not_there_is_answered_with_those_that_are() {
    let run = World::bare().fsxctl("setup dynamic --yes -q --security-group sg-0dead0000000000ff");
    run.ends_untouched(2);
    insta::assert_snapshot!(run.show(), @"
    $ fsxctl setup dynamic --yes -q --security-group sg-0dead0000000000ff
    code 2
    -- stderr
    error: --security-group names security group sg-0dead0000000000ff, which is not in
           vpc-0a10000000000000a; there are sg-0478a3a9911b83f8a (default), sg-0a10000000000000a
           (eks-cluster-sg-hp-eks-1711223344), sg-0b10000000000000b (hp-cluster-nodes)
    next: name one of these, or leave it to --security-group auto
    -- no write
    ");
    let run = World::bare().fsxctl("setup dynamic --yes -q --subnet subnet-0dead0000000000ff");
    run.ends_untouched(2);
    insta::assert_snapshot!(run.show(), @"
    $ fsxctl setup dynamic --yes -q --subnet subnet-0dead0000000000ff
    code 2
    -- stderr
    error: --subnet names subnet subnet-0dead0000000000ff, which is not in vpc-0a10000000000000a; there
           are subnet-0a10000000000000a (us-west-2a), subnet-0a20000000000000a (us-west-2a),
           subnet-0a30000000000000a (us-west-2a), subnet-0b10000000000000b (us-west-2b),
           subnet-0b20000000000000b (us-west-2b), subnet-0b30000000000000b (us-west-2b)
    next: name one of these, or leave it to --subnet auto
    -- no write
    ");
}

#[test]
fn the_guides_variables_choose_group_and_subnet() {
    let world = World::bare()
        .env("SECURITY_GROUP_ID", NODE_GROUP)
        .env("PRIVATE_SUBNET_ID", "subnet-0b10000000000000b");
    let run = ok(&world, "setup dynamic --dry-run -q");
    let storage = part(&run, "storage");
    assert!(storage.contains("subnetId: subnet-0b10000000000000b"), "{}", run.stdout);
    assert!(storage.contains(&format!("securityGroupIds: {NODE_GROUP}")), "{}", run.stdout);
}

#[test]
fn the_manifests_are_written_too_when_asked_for() {
    let world = World::bare();
    let directory = world.home.path().join("out");
    std::fs::create_dir(&directory).unwrap();
    let run = world.run(&[
        "setup",
        "dynamic",
        "--yes",
        "--no-wait",
        "-q",
        "--output-dir",
        &directory.display().to_string(),
    ]);
    assert_eq!(run.code, Some(0), "{}", run.show());
    let mut kinds: Vec<String> = Vec::new();
    for file in std::fs::read_dir(&directory).unwrap() {
        let text = std::fs::read_to_string(file.unwrap().path()).unwrap();
        let object: Value = serde_yaml::from_str(&text).expect(&text);
        kinds.push(format!(
            "{} {}",
            object["kind"].as_str().unwrap_or_default(),
            object["metadata"]["name"].as_str().unwrap_or_default()
        ));
        assert!(!text.contains("known after apply"), "{text}");
    }
    kinds.sort();
    assert_eq!(kinds, ["PersistentVolumeClaim fsx-claim", "StorageClass fsx-sc"]);
}

#[test]
fn an_add_on_that_failed_is_a_conflict_that_says_how_it_failed() {
    let failed = "
aws:
  eks:
    addons:
    - {clusterName: hp-eks, addonName: aws-fsx-csi-driver, addonVersion: v1.9.0-eksbuild.1, status: CREATE_FAILED, health: {issues: [{code: ConfigurationConflict, message: \"Conflicts found: ServiceAccount fsx-csi-controller-sa\"}]}}
";
    let run = World::of(&["bare", failed]).fsxctl("setup dynamic --yes -q");
    run.ends_untouched(7);
    insta::assert_snapshot!(run.show(), @"
    $ fsxctl setup dynamic --yes -q
    code 7
    -- stderr
    error: add-on aws-fsx-csi-driver is CREATE_FAILED (ConfigurationConflict: Conflicts found:
           ServiceAccount fsx-csi-controller-sa)
    next: mend what it names, or remove it: aws eks delete-addon --addon-name aws-fsx-csi-driver
          --cluster-name hp-eks
    -- no write
    ");
}

#[test]
fn ownership_is_on_everything_that_was_made() {
    let world = finished_and(&[]);
    let saved = world.saved();
    let owned = |tags: &Value| {
        let text = tags.to_string();
        text.contains("fsxctl.io/owner") && text.contains(CLUSTER_ARN) && text.contains("created")
    };
    let provider = &saved["aws"]["iam"]["OpenIDConnectProviders"][0];
    assert!(owned(&provider["Tags"]), "{provider}");
    let addon = saved["aws"]["eks"]["addons"]
        .as_array()
        .unwrap()
        .iter()
        .find(|it| it["addonName"] == "aws-fsx-csi-driver")
        .cloned()
        .unwrap();
    assert!(owned(&addon["tags"]), "{addon}");
}
