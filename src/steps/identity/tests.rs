//! Provider, role, policy and association, row by row.

#![expect(clippy::too_many_lines, reason = "a table is as long as it has rows")]

use serde_json::json;

use super::super::sample::{Row, check};
use super::super::{Action, plan};
use super::*;
use crate::facts::sample::{
    CLUSTER, OTHER_CLUSTER, PROVIDER, ROLE, ROLE_ARN, addon, agent, association, enough, hidden, pod_trust,
    role, tags_of, web_trust,
};
use crate::facts::{Policies, Provider, RoleFacts, ServiceAccount, Veil};
use crate::intent::sample::wish;

const FOREIGN: &str = "arn:aws:iam::111122223333:role/fsx";

fn allowed(permission: &str) -> &'static str {
    Box::leak(format!("! Denied | allow {permission} and run it again").into_boxed_str())
}

fn put(facts: &mut Facts, known: RoleFacts) {
    let name = known.role.found().expect("a role").name.clone();
    facts.access.roles.insert(name, known);
}

/// The controller's service account and its add-on name this role.
fn annotated(facts: &mut Facts, arn: &str) {
    facts.access.service_account =
        Seen::Found(ServiceAccount { role_arn: Some(arn.to_owned()), ..ServiceAccount::default() });
    facts.driver.addon =
        Seen::Found(crate::facts::Addon { role_arn: Some(arn.to_owned()), ..addon("ACTIVE") });
}

fn nothing() -> serde_json::Value {
    json!({"Version": "2012-10-17", "Statement": []})
}

/// [`Facts::bare`] where Pod Identity works.
fn with_agent() -> Facts {
    let mut facts = Facts::bare();
    facts.access.agent = Seen::Found(agent("ACTIVE"));
    facts
}

#[test]
fn a_cluster_without_an_identity() {
    let all = "+ OIDCProvider arn:aws:iam::111122223333:oidc-provider/oidc.eks.us-west-2.amazonaws.com/id/A1B2; \
               + Role FSXLCSI-hp-eks-us-west-2; + RolePolicy FSXLCSI-hp-eks-us-west-2/fsxctl-fsx-csi";
    let pod = "+ Role FSXLCSI-hp-eks-us-west-2; + RolePolicy FSXLCSI-hp-eks-us-west-2/fsxctl-fsx-csi";
    let pod_alone = "+ Role FSXLCSI-hp-eks-us-west-2; + RolePolicy FSXLCSI-hp-eks-us-west-2/fsxctl-fsx-csi; \
                     + PodIdentityAssociation kube-system/fsx-csi-controller-sa";
    let rows: [Row; 17] = [
        ("without the agent it is IRSA", "", |_| {}, all),
        ("somebody else sees to it", "--identity none", |_| {}, "settled"),
        (
            "with the agent it is Pod Identity, and the add-on makes the association",
            "",
            |facts| *facts = with_agent(),
            pod,
        ),
        ("alone, the association is made here", "identity", |facts| *facts = with_agent(), pod_alone),
        ("Auto Mode has an agent of its own", "", |facts| facts.cluster.auto_mode = true, pod),
        (
            "an agent in the making is not relied on",
            "",
            |facts| facts.access.agent = Seen::Found(agent("CREATING")),
            all,
        ),
        ("IRSA is asked for", "--identity irsa", |facts| *facts = with_agent(), all),
        (
            "Pod Identity is asked for and would not work",
            "--identity pod-identity",
            |_| {},
            "! Usage | use --identity irsa",
        ),
        (
            "the nodes' role does not allow the agent's call",
            "",
            |facts| {
                *facts = with_agent();
                put(facts, role("hp-nodes", pod_trust(), nothing(), tags_of(CLUSTER)));
            },
            all,
        ),
        (
            "the nodes' role cannot be read: the benefit of the doubt",
            "",
            |facts| {
                *facts = with_agent();
                facts.access.roles.insert(
                    "hp-nodes".into(),
                    RoleFacts { role: hidden("iam:GetRole"), policies: hidden("iam:ListRolePolicies") },
                );
            },
            pod,
        ),
        (
            "a cluster without an issuer",
            "--identity irsa",
            |facts| facts.cluster.issuer = None,
            "! Usage | use --identity pod-identity",
        ),
        (
            "the provider is there, made by somebody else",
            "",
            |facts| facts.access.provider = Seen::Found(provider(&["sts.amazonaws.com"], false)),
            "+ Role FSXLCSI-hp-eks-us-west-2; + RolePolicy FSXLCSI-hp-eks-us-west-2/fsxctl-fsx-csi",
        ),
        (
            "the provider lacks the audience and is ours",
            "",
            |facts| facts.access.provider = Seen::Found(provider(&["other"], true)),
            "~ OIDCProvider arn:aws:iam::111122223333:oidc-provider/oidc.eks.us-west-2.amazonaws.com/id/A1B2; + Role …",
        ),
        (
            "the provider lacks the audience and is not ours",
            "",
            |facts| facts.access.provider = Seen::Found(provider(&[], false)),
            "! Conflict | let fsxctl add it with --adopt OIDCProvider/arn:aws:iam::111122223333:oidc-provider/oidc.eks.us-west-2.amazonaws.com/id/A1B2",
        ),
        (
            "the same, adopted",
            "--adopt OIDCProvider/arn:aws:iam::111122223333:oidc-provider/oidc.eks.us-west-2.amazonaws.com/id/A1B2",
            |facts| facts.access.provider = Seen::Found(provider(&[], false)),
            "~ OIDCProvider arn:aws:iam::111122223333:oidc-provider/oidc.eks.us-west-2.amazonaws.com/id/A1B2; + Role …",
        ),
        (
            "a role to be used that is not there",
            "--role-arn arn:aws:iam::111122223333:role/nope",
            |_| {},
            "! Usage | name a role that exists, or leave --role-arn out to have one made",
        ),
        (
            "a managed policy",
            "--policy managed",
            |_| {},
            "+ OIDCProvider arn:aws:iam::111122223333:oidc-provider/oidc.eks.us-west-2.amazonaws.com/id/A1B2; \
          + Role FSXLCSI-hp-eks-us-west-2; + RolePolicy FSXLCSI-hp-eks-us-west-2/AmazonFSxFullAccess",
        ),
    ];
    check(StepId::Identity, Goal::Present, Facts::bare, &rows);
}

fn provider(audiences: &[&str], ours: bool) -> Provider {
    Provider {
        arn: PROVIDER.to_owned(),
        client_ids: audiences.iter().map(|audience| (*audience).to_owned()).collect(),
        tags: if ours { tags_of(CLUSTER) } else { Default::default() },
    }
}

#[test]
fn a_role_that_is_there() {
    let rows: [Row; 16] = [
        ("all is right", "", |_| {}, "settled"),
        ("asked for as it is", "--identity irsa", |_| {}, "settled"),
        (
            "ours, and its trust names another account",
            "",
            |facts| put(facts, role(ROLE, json!({"Statement": []}), enough(), tags_of(CLUSTER))),
            "~ Role FSXLCSI-hp-eks-us-west-2",
        ),
        (
            "ours, and its policy allows nothing",
            "",
            |facts| put(facts, role(ROLE, web_trust(), nothing(), tags_of(CLUSTER))),
            "~ RolePolicy FSXLCSI-hp-eks-us-west-2/fsxctl-fsx-csi",
        ),
        (
            "of the name, and not ours, wrong",
            "",
            |facts| put(facts, role(ROLE, json!({"Statement": []}), enough(), Default::default())),
            "! Conflict | let fsxctl change it with --adopt Role/FSXLCSI-hp-eks-us-west-2, or take another name with --role-name",
        ),
        (
            "the same, adopted",
            "--adopt Role/FSXLCSI-hp-eks-us-west-2",
            |facts| put(facts, role(ROLE, json!({"Statement": []}), enough(), Default::default())),
            "~ Role FSXLCSI-hp-eks-us-west-2; ~ Role FSXLCSI-hp-eks-us-west-2",
        ),
        (
            "of the name, and not ours, right",
            "",
            |facts| put(facts, role(ROLE, web_trust(), enough(), Default::default())),
            "settled",
        ),
        (
            "made for another cluster",
            "",
            |facts| put(facts, role(ROLE, web_trust(), nothing(), tags_of(OTHER_CLUSTER))),
            "! Conflict | take another name with --role-name",
        ),
        (
            "another role of somebody else, and right",
            "",
            |facts| {
                annotated(facts, FOREIGN);
                put(facts, role("fsx", web_trust(), enough(), Default::default()));
            },
            "settled",
        ),
        (
            "another role of somebody else, and wrong",
            "",
            |facts| {
                annotated(facts, FOREIGN);
                put(facts, role("fsx", web_trust(), nothing(), Default::default()));
            },
            "! Conflict | let fsxctl mend that role with --role-arn arn:aws:iam::111122223333:role/fsx --adopt Role/fsx, or replace the role with --adopt ServiceAccount/kube-system/fsx-csi-controller-sa",
        ),
        (
            "an annotation with the right name and the wrong path",
            "",
            |facts| {
                annotated(facts, "arn:aws:iam::111122223333:role/team/fsx");
                put(facts, role("fsx", web_trust(), enough(), Default::default()));
            },
            "! Conflict | replace the role with --adopt ServiceAccount/kube-system/fsx-csi-controller-sa",
        ),
        (
            "the provider was deleted",
            "",
            |facts| facts.access.provider = Seen::Missing,
            "+ OIDCProvider arn:aws:iam::111122223333:oidc-provider/oidc.eks.us-west-2.amazonaws.com/id/A1B2",
        ),
        (
            "a managed policy that allows all",
            "",
            |facts| {
                let mut known = role(ROLE, web_trust(), nothing(), tags_of(CLUSTER));
                let policies = Policies {
                    attached: vec!["arn:aws:iam::111122223333:policy/fsx".into()],
                    documents: [("arn:aws:iam::111122223333:policy/fsx".to_owned(), enough())].into(),
                    complete: true,
                    ..Policies::default()
                };
                known.policies = Seen::Found(policies);
                put(facts, known);
            },
            "settled",
        ),
        (
            "a policy that cannot be read may allow it",
            "",
            |facts| {
                let mut known = role(ROLE, web_trust(), nothing(), tags_of(CLUSTER));
                let veil = Veil { permission: "iam:GetPolicyVersion".into(), cause: "not authorized".into() };
                known.policies =
                    Seen::Found(Policies { unread: vec![veil], complete: true, ..Policies::default() });
                put(facts, known);
            },
            allowed("iam:GetPolicyVersion"),
        ),
        (
            "a policy by ARN that is attached already and is not enough",
            "--policy arn:aws:iam::111122223333:policy/little",
            |facts| {
                let mut known = role(ROLE, web_trust(), nothing(), tags_of(CLUSTER));
                let arn = "arn:aws:iam::111122223333:policy/little".to_owned();
                let documents = [(arn.clone(), nothing())].into();
                known.policies = Seen::Found(Policies {
                    attached: vec![arn],
                    documents,
                    complete: true,
                    ..Policies::default()
                });
                put(facts, known);
            },
            "! Conflict | add the missing actions to that policy, or leave --policy out",
        ),
        (
            "another role is asked for than the one in use",
            "--role-name other",
            |facts| {
                facts
                    .access
                    .roles
                    .insert("other".into(), RoleFacts { role: Seen::Missing, policies: Seen::Missing });
            },
            "! Conflict | leave --role-name out, or replace the role with --adopt ServiceAccount/kube-system/fsx-csi-controller-sa",
        ),
    ];
    check(StepId::Identity, Goal::Present, Facts::done, &rows);
}

/// A set-up by Pod Identity: the association, no annotation.
fn by_pods() -> Facts {
    let mut facts = Facts::done();
    facts.access.agent = Seen::Found(agent("ACTIVE"));
    facts.access.service_account = Seen::Found(ServiceAccount::default());
    facts.driver.addon = Seen::Found(crate::facts::Addon { role_arn: None, ..addon("ACTIVE") });
    facts.access.association = Seen::Found(association(ROLE_ARN));
    put(&mut facts, role(ROLE, pod_trust(), enough(), tags_of(CLUSTER)));
    facts
}

#[test]
fn pod_identity() {
    let rows: [Row; 10] = [
        ("all is right", "", |_| {}, "settled"),
        (
            "the trust is for web identities",
            "",
            |facts| put(facts, role(ROLE, web_trust(), enough(), tags_of(CLUSTER))),
            "~ Role FSXLCSI-hp-eks-us-west-2",
        ),
        (
            "the association is somebody else's, and right",
            "",
            |facts| {
                facts.access.association = Seen::Found(crate::facts::Association {
                    tags: Default::default(),
                    ..association(FOREIGN)
                });
                put(facts, role("fsx", pod_trust(), enough(), Default::default()));
            },
            "settled",
        ),
        (
            "the association is somebody else's, and its role is wrong",
            "",
            |facts| {
                facts.access.association = Seen::Found(crate::facts::Association {
                    tags: Default::default(),
                    ..association(FOREIGN)
                });
                put(facts, role("fsx", pod_trust(), nothing(), Default::default()));
            },
            "! Conflict | let fsxctl mend that role with --role-arn arn:aws:iam::111122223333:role/fsx --adopt Role/fsx, or delete association a-1",
        ),
        (
            "the association is lost; the add-on is there",
            "",
            |facts| facts.access.association = Seen::Missing,
            "+ PodIdentityAssociation kube-system/fsx-csi-controller-sa; ~ Deployment kube-system/fsx-csi-controller",
        ),
        (
            "the agent is lost: the association gives nothing",
            "",
            |facts| facts.access.agent = Seen::Missing,
            "! Conflict | install it: aws eks create-addon --cluster-name hp-eks --addon-name eks-pod-identity-agent",
        ),
        (
            "IRSA is asked for although an association goes before it",
            "--identity irsa",
            |_| {},
            "! Conflict | keep it with --identity auto, or delete the association first",
        ),
        (
            "a driver that is too old for the association that is there",
            "",
            |facts| {
                facts.driver.addon = Seen::Found(crate::facts::Addon {
                    version: "v1.2.0-eksbuild.1".into(),
                    role_arn: None,
                    ..addon("ACTIVE")
                });
            },
            "! Conflict | mend that, or delete association a-1 and use --identity irsa",
        ),
        (
            "a driver that is too old for it",
            "",
            |facts| {
                facts.access.association = Seen::Missing;
                facts.driver.addon = Seen::Found(crate::facts::Addon {
                    version: "v1.2.0-eksbuild.1".into(),
                    role_arn: None,
                    ..addon("ACTIVE")
                });
                facts
                    .access
                    .roles
                    .insert(ROLE.into(), RoleFacts { role: Seen::Missing, policies: Seen::Missing });
            },
            "+ Role FSXLCSI-hp-eks-us-west-2; + RolePolicy FSXLCSI-hp-eks-us-west-2/fsxctl-fsx-csi",
        ),
        (
            "a CSIDriver is there without the add-on: nobody else makes the association",
            "",
            |facts| {
                facts.access.association = Seen::Missing;
                facts.driver.addon = Seen::Missing;
            },
            "+ PodIdentityAssociation kube-system/fsx-csi-controller-sa; ~ Deployment kube-system/fsx-csi-controller",
        ),
    ];
    check(StepId::Identity, Goal::Present, by_pods, &rows);
}

#[test]
fn what_cannot_be_seen() {
    let rows: [Row; 8] = [
        (
            "the association",
            "",
            |facts| facts.access.association = hidden("eks:ListPodIdentityAssociations"),
            allowed("eks:ListPodIdentityAssociations"),
        ),
        (
            "the service account",
            "",
            |facts| facts.access.service_account = hidden("get serviceaccounts"),
            allowed("get serviceaccounts"),
        ),
        (
            "the add-on",
            "",
            |facts| facts.driver.addon = hidden("eks:DescribeAddon"),
            allowed("eks:DescribeAddon"),
        ),
        (
            "the provider",
            "",
            |facts| facts.access.provider = hidden("iam:GetOpenIDConnectProvider"),
            allowed("iam:GetOpenIDConnectProvider"),
        ),
        (
            "the role",
            "",
            |facts| {
                facts
                    .access
                    .roles
                    .insert(ROLE.into(), RoleFacts { role: hidden("iam:GetRole"), policies: Seen::Missing });
            },
            allowed("iam:GetRole"),
        ),
        (
            "its policies",
            "",
            |facts| {
                let known = RoleFacts {
                    policies: hidden("iam:GetRolePolicy"),
                    ..role(ROLE, web_trust(), enough(), tags_of(CLUSTER))
                };
                put(facts, known);
            },
            allowed("iam:GetRolePolicy"),
        ),
        (
            "nothing of it matters",
            "--identity none",
            |facts| facts.access.association = hidden("eks:ListPodIdentityAssociations"),
            "settled",
        ),
        (
            "the agent: the other road is there",
            "",
            |facts| {
                *facts = Facts::bare();
                facts.access.agent = hidden("eks:DescribeAddon");
            },
            "+ OIDCProvider arn:aws:iam::111122223333:oidc-provider/oidc.eks.us-west-2.amazonaws.com/id/A1B2; \
             + Role FSXLCSI-hp-eks-us-west-2; + RolePolicy FSXLCSI-hp-eks-us-west-2/fsxctl-fsx-csi (?)",
        ),
    ];
    check(StepId::Identity, Goal::Present, Facts::done, &rows);
}

#[test]
fn undo_takes_away_what_fsxctl_made() {
    let rows: [Row; 8] = [
        (
            "policies before the role",
            "",
            |_| {},
            "- RolePolicy FSXLCSI-hp-eks-us-west-2/fsxctl-fsx-csi; - Role FSXLCSI-hp-eks-us-west-2; \
             - OIDCProvider arn:aws:iam::111122223333:oidc-provider/oidc.eks.us-west-2.amazonaws.com/id/A1B2",
        ),
        ("nothing there", "", |facts| *facts = Facts::bare(), "settled"),
        (
            "a role of somebody else stays, and so does its provider",
            "",
            |facts| {
                put(facts, role(ROLE, web_trust(), enough(), Default::default()));
                facts.access.provider = Seen::Found(provider(&["sts.amazonaws.com"], false));
            },
            "settled",
        ),
        (
            "what serves another cluster stays",
            "",
            |facts| {
                put(facts, role(ROLE, web_trust(), enough(), tags_of(OTHER_CLUSTER)));
                facts.access.provider = Seen::Found(Provider {
                    tags: tags_of(OTHER_CLUSTER),
                    ..provider(&["sts.amazonaws.com"], true)
                });
            },
            "settled",
        ),
        (
            "an association of ours",
            "",
            |facts| *facts = by_pods(),
            "- PodIdentityAssociation a-1; - RolePolicy FSXLCSI-hp-eks-us-west-2/fsxctl-fsx-csi; - Role …",
        ),
        (
            "an association that the add-on owns goes with the add-on",
            "",
            |facts| {
                *facts = by_pods();
                facts.access.association = Seen::Found(crate::facts::Association {
                    owner_arn: Some("addon".into()),
                    ..association(ROLE_ARN)
                });
            },
            "- RolePolicy FSXLCSI-hp-eks-us-west-2/fsxctl-fsx-csi; - Role …",
        ),
        (
            "the association hidden",
            "",
            |facts| facts.access.association = hidden("eks:ListPodIdentityAssociations"),
            allowed("eks:ListPodIdentityAssociations"),
        ),
        (
            "policies hidden",
            "",
            |facts| {
                let known = RoleFacts {
                    policies: hidden("iam:ListRolePolicies"),
                    ..role(ROLE, web_trust(), enough(), tags_of(CLUSTER))
                };
                put(facts, known);
            },
            allowed("iam:ListRolePolicies"),
        ),
    ];
    check(StepId::Identity, Goal::Absent, Facts::done, &rows);
}

#[test]
fn a_role_under_a_path_is_named_by_its_own_arn() {
    let mut facts = Facts::bare();
    let mut known = role(ROLE, web_trust(), enough(), tags_of(CLUSTER));
    let Seen::Found(found) = &mut known.role else { return };
    found.arn = "arn:aws:iam::111122223333:role/team/FSXLCSI-hp-eks-us-west-2".to_owned();
    put(&mut facts, known);
    let choice = super::plan(Goal::Present, &wish("--identity irsa"), &facts);
    assert_eq!(
        choice.who,
        Who::Irsa("arn:aws:iam::111122223333:role/team/FSXLCSI-hp-eks-us-west-2".to_owned())
    );
}

#[test]
fn a_wider_policy_keeps_the_statements_of_the_old_one() {
    let mut facts = Facts::done();
    let first =
        plan(Goal::Present, &wish("--deployment-type SCRATCH_2 --s3-import s3://one"), &Facts::bare());
    let document = |plan: &super::super::Plan| {
        plan.changes()
            .find_map(|change| match &change.action {
                Action::PutRolePolicy { document, .. } => Some(document.clone()),
                _ => None,
            })
            .expect("the policy is written")
    };
    let before = document(&first);
    put(&mut facts, role(ROLE, web_trust(), before.clone(), tags_of(CLUSTER)));
    let second = plan(
        Goal::Present,
        &wish("--class c2 --claim c2 --deployment-type SCRATCH_2 --s3-import s3://two"),
        &facts,
    );
    let after = document(&second).to_string();
    for still in
        ["arn:aws:s3:::one", "arn:aws:s3:::two", "iam:CreateServiceLinkedRole", "fsx:CreateFileSystem"]
    {
        assert!(after.contains(still), "{still} is not in {after}");
    }
    put(&mut facts, role(ROLE, web_trust(), document(&second), tags_of(CLUSTER)));
    for bucket in ["one", "two"] {
        let words = format!("--class c2 --claim c2 --deployment-type SCRATCH_2 --s3-import s3://{bucket}");
        assert_eq!(
            super::plan(Goal::Present, &wish(&words), &facts).item.decision,
            super::super::Decision::Settled,
            "{bucket}"
        );
    }
}

const BOUNDARY: &str = "arn:aws:iam::111122223333:policy/limit";

/// A role of ours under a boundary with this document.
fn bounded(facts: &mut Facts, name: &str, document: Seen<serde_json::Value>) {
    let mut known = role(name, web_trust(), enough(), tags_of(CLUSTER));
    let Seen::Found(found) = &mut known.role else { return };
    found.boundary = Some(BOUNDARY.to_owned());
    put(facts, known);
    facts.access.boundaries.insert(BOUNDARY.to_owned(), document);
}

fn limited() -> Seen<serde_json::Value> {
    Seen::Found(json!({"Version": "2012-10-17", "Statement": [
        {"Effect": "Allow", "Action": ["s3:*", "fsx:Describe*"], "Resource": "*"},
    ]}))
}

#[test]
fn a_permissions_boundary_is_judged_and_never_changed() {
    const LIMIT: &str = "--permissions-boundary arn:aws:iam::111122223333:policy/limit";
    let rows: [Row; 9] = [
        ("it allows what is needed", "", |facts| bounded(facts, ROLE, Seen::Found(enough())), "settled"),
        (
            "it does not",
            "",
            |facts| bounded(facts, ROLE, limited()),
            "! Conflict | have whoever owns that boundary allow them, or give the role another one",
        ),
        (
            "it cannot be read",
            "",
            |facts| bounded(facts, ROLE, hidden("iam:GetPolicyVersion")),
            "settled (?)",
        ),
        (
            "the role in use is somebody else's",
            "",
            |facts| {
                annotated(facts, FOREIGN);
                bounded(facts, "fsx", limited());
            },
            "! Conflict | let fsxctl mend that role with --role-arn arn:aws:iam::111122223333:role/fsx --adopt Role/fsx, …",
        ),
        (
            "asked for, and it has that one",
            LIMIT,
            |facts| bounded(facts, ROLE, Seen::Found(enough())),
            "settled",
        ),
        (
            "asked for, and the role has none",
            LIMIT,
            |_| {},
            "! Conflict | leave --permissions-boundary out, or take another name with --role-name",
        ),
        (
            "asked for, for a new role, and it allows what is needed",
            LIMIT,
            |facts| {
                *facts = Facts::bare();
                facts.access.boundaries.insert(BOUNDARY.to_owned(), Seen::Found(enough()));
            },
            "+ OIDCProvider …",
        ),
        (
            "asked for, for a new role, and it does not",
            LIMIT,
            |facts| {
                *facts = Facts::bare();
                facts.access.boundaries.insert(BOUNDARY.to_owned(), limited());
            },
            "! Usage | name a boundary that allows them with --permissions-boundary",
        ),
        (
            "asked for, and not there",
            LIMIT,
            |facts| {
                *facts = Facts::bare();
                facts.access.boundaries.insert(BOUNDARY.to_owned(), Seen::Missing);
            },
            "! Usage | name a policy that exists with --permissions-boundary",
        ),
    ];
    check(StepId::Identity, Goal::Present, Facts::done, &rows);
}

#[test]
fn a_role_keeps_its_path() {
    let rows: [Row; 3] = [
        ("asked for, and it is there", "--role-path /", |_| {}, "settled"),
        (
            "asked for another one",
            "--role-path /team/",
            |_| {},
            "! Conflict | leave --role-path out, or take another name with --role-name",
        ),
        ("not asked for", "", |_| {}, "settled"),
    ];
    check(StepId::Identity, Goal::Present, Facts::done, &rows);
}

/// What stands in the way, in words.
fn message(words: &str, breakage: fn(&mut Facts)) -> String {
    let mut facts = Facts::done();
    breakage(&mut facts);
    let choice = super::plan(Goal::Present, &wish(words), &facts);
    choice.item.block.map(|block| block.message).unwrap_or_default()
}

#[test]
fn a_refusal_says_what_is_wrong_with_the_role_and_whose_it_is() {
    fn tagged(facts: &mut Facts, trust: serde_json::Value, policy: serde_json::Value) {
        annotated(facts, FOREIGN);
        let tags = [
            ("alpha.eksctl.io/cluster-name".to_owned(), "hp-eks".to_owned()),
            ("aws:cloudformation:stack-name".to_owned(), "eksctl-hp-eks-addon".to_owned()),
        ];
        put(facts, role("fsx", trust, policy, tags.into()));
    }
    type Case = (&'static str, fn(&mut Facts), &'static str);
    let rows: [Case; 6] = [
        (
            "",
            |facts| tagged(facts, web_trust(), nothing()),
            "the controller's service account has role arn:aws:iam::111122223333:role/fsx, but its policies do not allow \
             fsx:CreateFileSystem, fsx:DeleteFileSystem, fsx:DescribeFileSystems, fsx:TagResource, fsx:UpdateFileSystem \
             (eksctl made it for cluster hp-eks (CloudFormation stack eksctl-hp-eks-addon))",
        ),
        (
            "",
            |facts| annotated(facts, FOREIGN),
            "the controller's service account has role arn:aws:iam::111122223333:role/fsx, but no such role is there",
        ),
        (
            "",
            |facts| {
                annotated(facts, "arn:aws:iam::111122223333:role/team/fsx");
                put(facts, role("fsx", web_trust(), enough(), Default::default()));
            },
            "the controller's service account has role arn:aws:iam::111122223333:role/team/fsx, but the role of that name is \
             arn:aws:iam::111122223333:role/fsx",
        ),
        (
            "",
            |facts| annotated(facts, "arn:aws:iam::444455556666:role/fsx"),
            "the controller's service account has role arn:aws:iam::444455556666:role/fsx, but that is a role of account \
             444455556666, which cannot be judged from here",
        ),
        (
            "--role-name other",
            |_| {},
            "the controller's service account has role arn:aws:iam::111122223333:role/FSXLCSI-hp-eks-us-west-2, but \
             --role-name asks for other",
        ),
        (
            "",
            |facts| put(facts, role(ROLE, old_trust(), enough(), tags_of(OTHER_CLUSTER))),
            "role FSXLCSI-hp-eks-us-west-2 was made by fsxctl for arn:aws:eks:us-west-2:111122223333:cluster/other, and its \
             trust policy names oidc.eks.us-west-2.amazonaws.com/id/OLD, the issuer of another or an earlier cluster",
        ),
    ];
    for (words, breakage, wanted) in rows {
        assert_eq!(message(words, breakage), wanted);
    }
}

/// The trust policy of an earlier cluster of the same name.
fn old_trust() -> serde_json::Value {
    let text = web_trust().to_string();
    serde_json::from_str(&text.replace("id/A1B2", "id/OLD")).expect("JSON")
}

#[test]
fn a_cluster_that_was_made_anew_gets_its_role_mended_and_a_new_provider() {
    let mut facts = Facts::bare();
    put(&mut facts, role(ROLE, old_trust(), enough(), tags_of(CLUSTER)));
    let item = super::plan(Goal::Present, &wish("--identity irsa"), &facts).item;
    let made: Vec<String> =
        item.changes.iter().map(|change| format!("{:?} {}", change.verb, change.resource)).collect();
    assert_eq!(
        made,
        [format!("Create OIDCProvider {PROVIDER}"), "Update Role FSXLCSI-hp-eks-us-west-2".to_owned()]
    );
    assert_eq!(
        item.changes[1].because,
        "its trust policy names oidc.eks.us-west-2.amazonaws.com/id/OLD, the issuer of another or an earlier cluster"
    );
    match &item.changes[1].action {
        Action::UpdateTrust { trust, .. } => assert_eq!(*trust, web_trust(), "nothing of the old one stays"),
        other => panic!("{other:?}"),
    }
}

#[test]
fn a_right_role_of_others_that_lacks_only_the_provider_is_kept() {
    let mut facts = Facts::done();
    annotated(&mut facts, FOREIGN);
    put(&mut facts, role("fsx", web_trust(), enough(), Default::default()));
    facts.access.provider = Seen::Missing;
    let choice = super::plan(Goal::Present, &wish(""), &facts);
    let made: Vec<String> = choice.item.changes.iter().map(|change| change.resource.to_string()).collect();
    assert_eq!(made, [format!("OIDCProvider {PROVIDER}")]);
    assert_eq!(choice.who, Who::Irsa(FOREIGN.to_owned()));
}

#[test]
fn a_trust_that_cannot_be_judged_is_no_wrong_one() {
    let mut trust = web_trust();
    trust["Statement"][0]["Condition"]["IpAddress"] = json!({"aws:SourceIp": "203.0.113.0/24"});
    let mut facts = Facts::done();
    annotated(&mut facts, FOREIGN);
    put(&mut facts, role("fsx", trust, enough(), Default::default()));
    let item = super::plan(Goal::Present, &wish(""), &facts).item;
    assert_eq!((item.decision, item.notes.len()), (super::super::Decision::Settled, 1), "{item:#?}");
    assert!(
        item.notes[0].text.starts_with("cannot tell whether role fsx trusts the controller"),
        "{item:#?}"
    );
}

#[test]
fn an_adopted_role_keeps_what_it_had_and_gets_it_back() {
    let stranger =
        json!({"Effect": "Allow", "Principal": {"Service": "ec2.amazonaws.com"}, "Action": "sts:AssumeRole"});
    let foreign = json!({"Version": "2012-10-17", "Statement": [stranger]});
    let mut facts = Facts::bare();
    put(&mut facts, role(ROLE, foreign.clone(), nothing(), Default::default()));
    let words = format!("--identity irsa --adopt Role/{ROLE}");
    let item = super::plan(Goal::Present, &wish(&words), &facts).item;
    let trust = item.changes.iter().find_map(|change| match &change.action {
        Action::UpdateTrust { trust, .. } => Some(trust.clone()),
        _ => None,
    });
    let trust = trust.expect("the trust policy is widened");
    assert_eq!((&trust["Statement"][0], trust["Statement"].as_array().map(Vec::len)), (&stranger, Some(2)));
    let tags = item.changes.iter().find_map(|change| match &change.action {
        Action::TagRole { tags, .. } => Some(tags.clone()),
        _ => None,
    });
    let tags = tags.expect("it is tagged");
    assert_eq!(tags.get("fsxctl.io/origin").map(String::as_str), Some("adopted"));

    // As it stands after that: a second run needs no leave, and undo takes away only what was added.
    put(&mut facts, role(ROLE, trust, enough(), tags));
    facts.access.provider = Seen::Found(provider(&["sts.amazonaws.com"], false));
    assert_eq!(super::plan(Goal::Present, &wish("--identity irsa"), &facts).item.changes, []);
    let undo = super::plan(Goal::Absent, &wish(""), &facts).item;
    let done: Vec<String> =
        undo.changes.iter().map(|change| format!("{:?} {}", change.verb, change.resource)).collect();
    assert_eq!(
        done,
        [
            "Delete RolePolicy FSXLCSI-hp-eks-us-west-2/fsxctl-fsx-csi",
            "Update Role FSXLCSI-hp-eks-us-west-2",
            "Update Role FSXLCSI-hp-eks-us-west-2"
        ]
    );
    match &undo.changes[1].action {
        Action::UpdateTrust { trust, .. } => assert_eq!(*trust, foreign),
        other => panic!("{other:?}"),
    }
}

#[test]
fn the_tags_of_another_cluster_are_not_overwritten_by_an_adoption() {
    let mut facts = Facts::bare();
    put(&mut facts, role(ROLE, json!({"Statement": []}), enough(), tags_of(OTHER_CLUSTER)));
    let words = format!("--identity irsa --adopt Role/{ROLE}");
    let item = super::plan(Goal::Present, &wish(&words), &facts).item;
    assert!(!item.changes.is_empty());
    assert!(!item.changes.iter().any(|change| matches!(change.action, Action::TagRole { .. })), "{item:#?}");
}

#[test]
fn an_adoption_that_nothing_needs_is_told() {
    let notes = |words: &str, facts: &Facts| {
        plan(Goal::Present, &wish(words), facts)
            .notes
            .into_iter()
            .map(|note| format!("{:?} {}", note.sign, note.text))
            .collect::<Vec<_>>()
    };
    let rows = [
        (
            "Role/FSXLCSI-hp-eks-us-west-2",
            Facts::done(),
            "Keep --adopt Role/FSXLCSI-hp-eks-us-west-2: nothing in this plan needs it",
        ),
        (
            "Role/FSXLCSI-hp-eks-us-west-2",
            Facts::bare(),
            "Warn --adopt Role/FSXLCSI-hp-eks-us-west-2: there is no such object",
        ),
        (
            "securitygroup/sg-none",
            Facts::bare(),
            "Warn --adopt securitygroup/sg-none: there is no such object",
        ),
        (
            "SecurityGroup/sg-hp",
            Facts::bare(),
            "Keep --adopt SecurityGroup/sg-hp: nothing in this plan needs it",
        ),
        (
            "Addon/aws-fsx-csi-driver",
            Facts::bare(),
            "Warn --adopt Addon/aws-fsx-csi-driver: there is no such object",
        ),
        (
            "Role/never-looked-at",
            Facts::bare(),
            "Keep --adopt Role/never-looked-at: nothing in this plan needs it",
        ),
    ];
    for (adopt, facts, wanted) in rows {
        assert_eq!(notes(&format!("--adopt {adopt}"), &facts), [wanted]);
    }
    let mut facts = Facts::bare();
    put(&mut facts, role(ROLE, json!({"Statement": []}), enough(), Default::default()));
    assert_eq!(notes(&format!("--identity irsa --adopt Role/{ROLE}"), &facts), Vec::<String>::new());
}
