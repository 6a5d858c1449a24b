//! What a plan looks like to people.

use super::*;
use crate::report::sample;

fn text(plan: &Plan, view: View) -> String {
    plan_page(&sample::header(), plan, view).text()
}

#[test]
fn a_plan_on_a_wide_terminal() {
    insta::assert_snapshot!(text(&sample::plan(), View::wide(120)), @"
    cluster     hp-eks in us-west-2, account 111122223333
    kubernetes  endpoint and token from eks:DescribeCluster

    identity: the driver needs a role
    + Role FSXLCSI-hp-eks-us-west-2: the driver has no role of its own, and the node role may not create file systems
        trusts system:serviceaccount:kube-system:fsx-csi-controller-sa and nobody else
        known after apply: arn

    network: Lustre is not let through
    + SecurityGroup fsxctl-hp-eks: no group lets Lustre through
        tcp 988 from itself
        tcp 1018-1023 from itself
        known after apply: id
    rules on the nodes' own security groups, which --no-node-rules leaves as they are:
    ~ SecurityGroup sg-0aa: nodes do not let the servers answer
        tcp 988 from fsxctl-hp-eks

    = driver: add-on aws-fsx-csi-driver v1.9.0-eksbuild.1 is active

    storage: one class is not wanted any more
    - StorageClass fsx-old: asked for
    = StorageClass fsx-sc has reclaimPolicy Delete; the default is Retain

    ? cannot read the policies of role nodes (iam:ListRolePolicies)
    ! a file system costs money from the moment it is created
    This takes about 12 minutes.
    Plan: 2 to create, 1 to change, 1 to delete.
    ");
}

#[test]
fn a_plan_on_a_narrow_terminal_with_permissions() {
    let narrow = View { width: 50, verbose: true };
    insta::assert_snapshot!(text(&sample::plan(), narrow), @"
    cluster     hp-eks in us-west-2, account
                111122223333
    kubernetes  endpoint and token from
                eks:DescribeCluster

    identity: the driver needs a role
    + Role FSXLCSI-hp-eks-us-west-2: the driver has no
      role of its own, and the node role may not
      create file systems
        trusts
        system:serviceaccount:kube-system:fsx-csi-controller-sa
        and nobody else
        known after apply: arn
        needs iam:CreateRole, iam:TagRole,
        iam:PutRolePolicy

    network: Lustre is not let through
    + SecurityGroup fsxctl-hp-eks: no group lets
      Lustre through
        tcp 988 from itself
        tcp 1018-1023 from itself
        known after apply: id
        needs ec2:CreateSecurityGroup,
        ec2:AuthorizeSecurityGroupIngress
    rules on the nodes' own security groups, which
    --no-node-rules leaves as they are:
    ~ SecurityGroup sg-0aa: nodes do not let the
      servers answer
        tcp 988 from fsxctl-hp-eks
        needs ec2:AuthorizeSecurityGroupIngress

    = driver: add-on aws-fsx-csi-driver
      v1.9.0-eksbuild.1 is active

    storage: one class is not wanted any more
    - StorageClass fsx-old: asked for
    = StorageClass fsx-sc has reclaimPolicy Delete;
      the default is Retain

    ? cannot read the policies of role nodes
      (iam:ListRolePolicies)
    ! a file system costs money from the moment it is
      created
    This takes about 12 minutes.
    Plan: 2 to create, 1 to change, 1 to delete.
    ");
}

#[test]
fn a_blocked_plan_says_what_is_missing_and_that_nothing_happens() {
    insta::assert_snapshot!(text(&sample::blocked(), View::wide(100)), @"
    cluster     hp-eks in us-west-2, account 111122223333
    kubernetes  endpoint and token from eks:DescribeCluster

    ! identity: cannot tell whether role fsx is there
        missing permission: iam:GetRole
        next: fsxctl permissions setup dynamic

    network: Lustre is not let through
    + SecurityGroup fsxctl-hp-eks: no group lets Lustre through
        tcp 988 from itself
        tcp 1018-1023 from itself
        known after apply: id
    rules on the nodes' own security groups, which --no-node-rules leaves as they are:
    ~ SecurityGroup sg-0aa: nodes do not let the servers answer
        tcp 988 from fsxctl-hp-eks

    = driver: add-on aws-fsx-csi-driver v1.9.0-eksbuild.1 is active

    storage: one class is not wanted any more
    - StorageClass fsx-old: asked for
    = StorageClass fsx-sc has reclaimPolicy Delete; the default is Retain

    ? cannot read the policies of role nodes (iam:ListRolePolicies)
    ! a file system costs money from the moment it is created
    Blocked: identity. Nothing is changed.
    ");
}

#[test]
fn a_settled_plan_says_that_there_is_nothing_to_do() {
    insta::assert_snapshot!(text(&sample::settled(), View::wide(100)), @"
    cluster     hp-eks in us-west-2, account 111122223333
    kubernetes  endpoint and token from eks:DescribeCluster

    = identity: as asked
    = network: as asked
    = driver: as asked
    = storage: as asked

    Nothing to do: everything is as asked.
    ");
}

#[test]
fn foreign_text_forges_no_line() {
    let page = text(&sample::hostile(), View { width: usize::MAX, verbose: true });
    assert!(!page.contains(|char: char| char.is_control() && char != '\n' || char == '\u{202e}'), "{page}");
    assert!(!page.lines().any(|line| line.starts_with("+ Role forged")), "{page}");
    insta::assert_snapshot!(page, @r"
    cluster     hp-eks in us-west-2, account 111122223333
    kubernetes  endpoint and token from eks:DescribeCluster

    ! network: x\u{1b}[2J\r\n+ Role forged\u{202e}\u{0}
        missing permission: x\u{1b}[2J\r\n+ Role forged\u{202e}\u{0}
        next: x\u{1b}[2J\r\n+ Role forged\u{202e}\u{0}
    ~ x\u{1b}[2J\r\n+ Role forged\u{202e}\u{0} x\u{1b}[2J\r\n+ Role forged\u{202e}\u{0}: x\u{1b}[2J\r\n+ Role forged\u{202e}\u{0}
        x\u{1b}[2J\r\n+ Role forged\u{202e}\u{0}
        known after apply: x\u{1b}[2J\r\n+ Role forged\u{202e}\u{0}
        needs x\u{1b}[2J\r\n+ Role forged\u{202e}\u{0}
    = x\u{1b}[2J\r\n+ Role forged\u{202e}\u{0}

    ! x\u{1b}[2J\r\n+ Role forged\u{202e}\u{0}
    Blocked: network. Nothing is changed.
    ");
}

#[test]
fn every_change_and_note_begins_with_its_sign_at_any_width() {
    for width in [60, 120, usize::MAX] {
        let page = text(&sample::plan(), View::wide(width));
        for sign in [
            "+ Role ",
            "+ SecurityGroup ",
            "~ SecurityGroup ",
            "- StorageClass ",
            "= driver",
            "= StorageClass ",
            "? cannot",
            "! a file",
        ] {
            assert_eq!(
                page.lines().filter(|line| line.starts_with(sign)).count(),
                1,
                "{sign} at {width}\n{page}"
            );
        }
    }
}

#[test]
fn counts_have_their_plural() {
    assert_eq!([counted(1, "minute"), counted(2, "minute")], ["1 minute", "2 minutes"]);
}
