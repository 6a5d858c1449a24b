//! Hidden is not missing: what decides and cannot be seen ends with the permission's name and without a write.

use serde_json::json;

use crate::harness::World;

fn denied(patterns: &[&str]) -> World {
    let layer = format!("denied: {}", json!(patterns));
    World::of(&["bare", &layer])
}

/// What is denied, and how the missing permission is told.
const DECIDING: &[(&str, &str)] = &[
    ("eks:DescribeCluster", "eks:DescribeCluster"),
    ("eks:DescribeAddon", "eks:DescribeAddon"),
    ("eks:DescribeAddonVersions", "eks:DescribeAddonVersions"),
    ("eks:ListPodIdentityAssociations", "eks:ListPodIdentityAssociations"),
    ("iam:GetRole", "iam:GetRole"),
    ("iam:GetOpenIDConnectProvider", "iam:GetOpenIDConnectProvider"),
    ("ec2:DescribeSecurityGroups", "ec2:DescribeSecurityGroups"),
    ("ec2:DescribeSubnets", "ec2:DescribeSubnets"),
    ("ec2:DescribeInstances", "ec2:DescribeInstances"),
    ("sagemaker:ListClusters", "sagemaker:ListClusters"),
    ("sagemaker:DescribeCluster", "sagemaker:DescribeCluster"),
    ("kube:list nodes", "list nodes"),
    ("kube:get serviceaccounts kube-system", "get serviceaccounts in kube-system"),
    ("kube:get csidrivers.storage.k8s.io", "get csidrivers.storage.k8s.io"),
    ("kube:get deployments.apps kube-system", "get deployments.apps in kube-system"),
    ("kube:get storageclasses.storage.k8s.io", "get storageclasses.storage.k8s.io"),
    ("kube:get persistentvolumeclaims default", "get persistentvolumeclaims in default"),
];

#[test]
fn what_decides_and_is_hidden_ends_with_5_and_the_permission() {
    let mut told = Vec::new();
    for (pattern, permission) in DECIDING {
        let run = denied(&[pattern]).fsxctl("setup dynamic --yes -o json");
        run.ends_untouched(5);
        let error = run.json();
        assert_eq!(error["kind"], "Error", "{pattern}");
        assert_eq!(error["permission"], *permission, "{pattern}: {error}");
        told.push(error["message"].as_str().unwrap_or_default().to_owned());
    }
    insta::assert_snapshot!(told.join("\n"), @r#"
    cannot see EKS cluster hp-eks
    the driver's add-on cannot be seen, and the plan depends on it: User: arn:aws:sts::111122223333:assumed-role/admin/fsxctl-sandbox is not authorized to perform: eks:DescribeAddon on resource: arn:aws:eks:us-west-2:111122223333:addon/hp-eks/aws-fsx-csi-driver/* because no identity-based policy allows the eks:DescribeAddon action
    builds of the add-on cannot be seen, and the plan depends on it: User: arn:aws:sts::111122223333:assumed-role/admin/fsxctl-sandbox is not authorized to perform: eks:DescribeAddonVersions on resource: arn:aws:eks:us-west-2:111122223333:/addons because no identity-based policy allows the eks:DescribeAddonVersions action
    Pod Identity associations cannot be seen, and the plan depends on it: User: arn:aws:sts::111122223333:assumed-role/admin/fsxctl-sandbox is not authorized to perform: eks:ListPodIdentityAssociations on resource: arn:aws:eks:us-west-2:111122223333:cluster/hp-eks because no identity-based policy allows the eks:ListPodIdentityAssociations action
    role FSXLCSI-hp-eks-us-west-2 cannot be seen, and the plan depends on it: User: arn:aws:sts::111122223333:assumed-role/admin/fsxctl-sandbox is not authorized to perform: iam:GetRole on resource: role FSXLCSI-hp-eks-us-west-2 because no identity-based policy allows the iam:GetRole action
    the OIDC provider cannot be seen, and the plan depends on it: User: arn:aws:sts::111122223333:assumed-role/admin/fsxctl-sandbox is not authorized to perform: iam:GetOpenIDConnectProvider on resource: arn:aws:iam::111122223333:oidc-provider/oidc.eks.us-west-2.amazonaws.com/id/A1B2C3D4E5F60718293A4B5C6D7E8F90 because no identity-based policy allows the iam:GetOpenIDConnectProvider action
    security groups cannot be seen, and the plan depends on it: You are not authorized to perform this operation. User: arn:aws:sts::111122223333:assumed-role/admin/fsxctl-sandbox is not authorized to perform: ec2:DescribeSecurityGroups because no identity-based policy allows the ec2:DescribeSecurityGroups action
    subnets cannot be seen, and the plan depends on it: You are not authorized to perform this operation. User: arn:aws:sts::111122223333:assumed-role/admin/fsxctl-sandbox is not authorized to perform: ec2:DescribeSubnets because no identity-based policy allows the ec2:DescribeSubnets action
    EC2 instances of the cluster cannot be seen, and the plan depends on it: You are not authorized to perform this operation. User: arn:aws:sts::111122223333:assumed-role/admin/fsxctl-sandbox is not authorized to perform: ec2:DescribeInstances because no identity-based policy allows the ec2:DescribeInstances action
    HyperPod clusters cannot be seen, and the plan depends on it: User: arn:aws:sts::111122223333:assumed-role/admin/fsxctl-sandbox is not authorized to perform: sagemaker:ListClusters on resource: arn:aws:sagemaker:us-west-2:111122223333:cluster/* because no identity-based policy allows the sagemaker:ListClusters action
    HyperPod clusters cannot be seen, and the plan depends on it: User: arn:aws:sts::111122223333:assumed-role/admin/fsxctl-sandbox is not authorized to perform: sagemaker:DescribeCluster on resource: arn:aws:sagemaker:us-west-2:111122223333:cluster/7f3k2m9q1x4z because no identity-based policy allows the sagemaker:DescribeCluster action
    nodes cannot be seen, and the plan depends on it: nodes is forbidden: User "arn:aws:sts::111122223333:assumed-role/admin/fsxctl-sandbox" cannot list resource "nodes" in API group "" at the cluster scope
    the controller's service account cannot be seen, and the plan depends on it: serviceaccounts "fsx-csi-controller-sa" is forbidden: User "arn:aws:sts::111122223333:assumed-role/admin/fsxctl-sandbox" cannot get resource "serviceaccounts" in API group "" in the namespace "kube-system"
    CSIDriver fsx.csi.aws.com cannot be seen, and the plan depends on it: csidrivers.storage.k8s.io "fsx.csi.aws.com" is forbidden: User "arn:aws:sts::111122223333:assumed-role/admin/fsxctl-sandbox" cannot get resource "csidrivers" in API group "storage.k8s.io" at the cluster scope
    Deployment fsx-csi-controller cannot be seen, and the plan depends on it: deployments.apps "fsx-csi-controller" is forbidden: User "arn:aws:sts::111122223333:assumed-role/admin/fsxctl-sandbox" cannot get resource "deployments" in API group "apps" in the namespace "kube-system"
    StorageClass fsx-sc cannot be seen, and the plan depends on it: storageclasses.storage.k8s.io "fsx-sc" is forbidden: User "arn:aws:sts::111122223333:assumed-role/admin/fsxctl-sandbox" cannot get resource "storageclasses" in API group "storage.k8s.io" at the cluster scope
    the claim cannot be seen, and the plan depends on it: persistentvolumeclaims "fsx-claim" is forbidden: User "arn:aws:sts::111122223333:assumed-role/admin/fsxctl-sandbox" cannot get resource "persistentvolumeclaims" in API group "" in the namespace "default"
    "#);
}

#[test]
fn a_dry_run_does_not_pretend_to_know_either() {
    for pattern in ["iam:GetRole", "kube:list nodes"] {
        denied(&[pattern]).fsxctl("setup dynamic --dry-run -q").ends_untouched(5);
    }
}

#[test]
fn for_people_the_missing_permission_is_named() {
    let run = denied(&["ec2:DescribeSecurityGroups"]).fsxctl("setup dynamic --yes -q");
    run.ends_untouched(5);
    insta::assert_snapshot!(run.show(), @"
    $ fsxctl setup dynamic --yes -q
    code 5
    -- stderr
    error: security groups cannot be seen, and the plan depends on it: You are not authorized to perform
           this operation. User: arn:aws:sts::111122223333:assumed-role/admin/fsxctl-sandbox is not
           authorized to perform: ec2:DescribeSecurityGroups because no identity-based policy allows the
           ec2:DescribeSecurityGroups action
      missing permission: ec2:DescribeSecurityGroups
    next: allow ec2:DescribeSecurityGroups and run it again
    -- no write
    ");
}

#[test]
fn what_nothing_depends_on_is_a_line_and_no_failure() {
    for (pattern, says) in [
        ("ec2:DescribeRouteTables", "ec2:DescribeRouteTables"),
        ("kube:get namespaces", "get namespaces"),
        ("kube:list persistentvolumes", "list persistentvolumes"),
        ("fsx:DescribeFileSystems", "fsx:DescribeFileSystems"),
        ("kube:get daemonsets.apps kube-system", ""),
        ("sts:GetCallerIdentity", ""),
    ] {
        let run = denied(&[pattern]).fsxctl("setup dynamic --dry-run -q");
        run.ends_untouched(0);
        let line = run.stdout.lines().find(|line| line.starts_with("? ") && line.contains(says));
        assert!(says.is_empty() || line.is_some(), "{pattern}: {}", run.show());
    }
}

#[test]
fn a_part_alone_needs_only_what_it_looks_at() {
    denied(&["iam:*"]).fsxctl("setup network --dry-run -q").ends_untouched(0);
    denied(&["ec2:*"]).fsxctl("setup identity --dry-run -q").ends_untouched(0);
    let world = World::of(&["ready", "denied: [\"ec2:*\"]"]);
    world.fsxctl("setup driver --dry-run -q").ends_untouched(0);
    // Which role the controller gets is the driver's business.
    denied(&["iam:GetRole"]).fsxctl("setup driver --dry-run -q").ends_untouched(5);
}

#[test]
fn a_write_that_is_denied_ends_with_what_was_done_and_what_is_left() {
    let world = denied(&["iam:CreateRole"]);
    let run = world.fsxctl("setup dynamic --yes -q -o json");
    assert_eq!(run.code, Some(5), "{}", run.show());
    let error = run.json();
    assert_eq!(error["kind"], "Error");
    assert_eq!(error["permission"], "iam:CreateRole", "{error}");
    assert_eq!(error["partial"], true, "{error}");
    let done: Vec<&str> = error["done"].as_array().unwrap().iter().filter_map(|it| it.as_str()).collect();
    let left: Vec<&str> = error["left"].as_array().unwrap().iter().filter_map(|it| it.as_str()).collect();
    assert!(done.iter().any(|it| it.starts_with("OIDCProvider ")), "{error}");
    assert!(left.contains(&"Role FSXLCSI-hp-eks-us-west-2"), "{error}");
    assert!(left.contains(&"Addon aws-fsx-csi-driver"), "{error}");
    assert_eq!(done.len() + left.len(), 7, "{error}");
    let world = denied(&["iam:CreateRole"]);
    let run = world.fsxctl("setup identity --yes -q");
    assert_eq!(run.code, Some(5), "{}", run.show());
    insta::assert_snapshot!(run.show(), @"
    $ fsxctl setup identity --yes -q
    code 5
    -- stderr
    error: cannot create Role FSXLCSI-hp-eks-us-west-2
      caused by: AWS does not allow iam:CreateRole
      caused by: AccessDenied: User: arn:aws:sts::111122223333:assumed-role/admin/fsxctl-sandbox is not
        authorized to perform: iam:CreateRole on resource:
        arn:aws:iam::111122223333:role/FSXLCSI-hp-eks-us-west-2 because no identity-based policy allows
        the iam:CreateRole action
      caused by: request id [uuid]
      missing permission: iam:CreateRole
    done before that:
    = OIDCProvider
      arn:aws:iam::111122223333:oidc-provider/oidc.eks.us-west-2.amazonaws.com/id/A1B2C3D4E5F60718293A4B5C6D7E8F90
    left to do:
    ! Role FSXLCSI-hp-eks-us-west-2
    ! RolePolicy FSXLCSI-hp-eks-us-west-2/fsxctl-fsx-csi
    next: allow iam:CreateRole and run it again
    -- writes
    iam CreateOpenIDConnectProvider
    iam CreateRole (AccessDenied)
    ");
}

#[test]
fn a_caller_without_an_access_entry_is_not_let_in() {
    let nobody = "aws: {eks: {accessEntries: [{clusterName: hp-eks, principalArn: \"arn:aws:iam::111122223333:role/admin\", $absent: true}]}}";
    let listed = "aws: {iam: {Roles: [{RoleName: admin, AssumeRolePolicyDocument: {Version: \"2012-10-17\", Statement: [{Effect: Allow, Principal: {AWS: \"arn:aws:iam::111122223333:root\"}, Action: \"sts:AssumeRole\"}]}, AttachedPolicies: [\"arn:aws:iam::aws:policy/AdministratorAccess\"]}]}}";
    let world = World::of(&["bare", nobody, listed]).env("KUBECONFIG", "/nonexistent");
    let run = world.fsxctl("setup dynamic --yes -q");
    run.ends_untouched(5);
    insta::assert_snapshot!(run.show(), @"
    $ fsxctl setup dynamic --yes -q
    code 5
    -- stderr
    error: cluster hp-eks does not let arn:aws:iam::111122223333:role/admin in
      caused by: Kubernetes answered: Unauthorized
      caused by: EKS lets an IAM principal in that has an access entry (or stands in ConfigMap
        kube-system/aws-auth)
      fsxctl permissions --rbac prints what group fsxctl must be allowed
    next: aws eks create-access-entry --cluster-name hp-eks --principal-arn arn:aws:iam::111122223333:role/admin --kubernetes-groups fsxctl
    -- no write
    ");
}
