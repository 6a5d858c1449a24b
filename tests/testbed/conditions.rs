//! The sandbox in front of the real API server: what a world denies, and what the road does, is as with its own.

use crate::Test;
use crate::bed::{Bed, Beds};
use crate::harness::Run;

pub const TESTS: &[Test] = &[
    ("conditions::a_plan_is_the_same_on_both", plans),
    ("conditions::what_is_denied_is_denied_alike", denied),
    ("conditions::tokens_of_others_are_refused", strangers),
];

fn shown(bed: &Bed, words: &str) -> String {
    shown_of(&bed.world.fsxctl(words))
}

fn shown_of(run: &Run) -> String {
    let text = run.show();
    // The time of day and the port of this run.
    text.lines().filter(|line| !line.starts_with("kubernetes ")).collect::<Vec<_>>().join("\n")
}

fn plans(beds: &Beds) {
    let words =
        ["setup dynamic --dry-run", "status", "setup driver --list-versions", "permissions setup dynamic"];
    let real = beds.own(&["ready"], |bed| words.map(|words| shown_of(&bed.ok(words))));
    let builtin = beds.builtin(&["ready"]);
    for (real, words) in real.iter().zip(words) {
        same(real, &shown(&builtin, words));
    }
}

const DENIED: &str =
    r#"denied: ["kube:create storageclasses", "kube:list secrets", "kube:patch storageclasses"]"#;

fn denied(beds: &Beds) {
    let real = beds.own(&["ready", DENIED], |bed| {
        let said = bed.kubectl(&["auth", "can-i", "create", "storageclasses"]);
        assert_eq!(String::from_utf8_lossy(&said.stdout).trim(), "no");
        let said = bed.kubectl(&["get", "secrets", "-A"]);
        let said = String::from_utf8_lossy(&said.stderr).into_owned();
        assert!(said.contains("Forbidden") && said.contains("cannot list resource \"secrets\""), "{said}");
        shown(bed, "setup dynamic --yes -q")
    });
    let builtin = shown(&beds.builtin(&["ready", DENIED]), "setup dynamic --yes -q");
    assert!(builtin.contains("storageclasses"), "{builtin}");
    same(&real, &builtin);
}

/// Says which lines differ.
#[track_caller]
fn same(real: &str, builtin: &str) {
    let differing: Vec<(&str, &str)> =
        real.lines().zip(builtin.lines()).filter(|(real, builtin)| real != builtin).collect();
    assert!(
        differing.is_empty() && real.lines().count() == builtin.lines().count(),
        "{differing:#?}\n{real}\n{builtin}"
    );
}

/// An IAM role without an access entry is nobody to the API server, one with a view policy may read, and a token that
/// nobody has signed is none.
fn strangers(beds: &Beds) {
    const WORLD: &str = "
caller: arn:aws:iam::111122223333:role/viewer
aws:
  iam:
    Roles:
    - {RoleName: viewer, AssumeRolePolicyDocument: {Version: '2012-10-17', Statement: []}, AttachedPolicies: ['arn:aws:iam::aws:policy/AdministratorAccess']}
  eks:
    accessEntries:
    - {clusterName: hp-eks, principalArn: 'arn:aws:iam::111122223333:role/viewer', AssociatedPolicies: [{policyArn: 'arn:aws:eks::aws:cluster-access-policy/AmazonEKSAdminViewPolicy', accessScope: {type: cluster}}]}
";
    beds.own(&["ready", WORLD], |bed| {
        bed.kubectl_ok(&["get", "nodes"]);
        let refused = bed.kubectl(&["create", "namespace", "mine"]);
        let said = String::from_utf8_lossy(&refused.stderr).into_owned();
        assert!(said.contains("Forbidden"), "{said}");
        unknown(bed, &["get", "nodes", "--token=k8s-aws-v1.abc"]);
    });
    const NOBODY: &str = "
caller: arn:aws:iam::111122223333:role/nobody
aws:
  iam:
    Roles:
    - {RoleName: nobody, AssumeRolePolicyDocument: {Version: '2012-10-17', Statement: []}, AttachedPolicies: ['arn:aws:iam::aws:policy/AdministratorAccess']}
";
    beds.own(&["ready", NOBODY], |bed| unknown(bed, &["get", "nodes"]));
}

/// The API server does not know who asks.
#[track_caller]
fn unknown(bed: &Bed, words: &[&str]) {
    let said = String::from_utf8_lossy(&bed.kubectl(words).stderr).into_owned();
    assert!(said.contains("must be logged in") || said.contains("Unauthorized"), "{said}");
}
