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
            "~ Role FSXLCSI-hp-eks-us-west-2",
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
            "! Conflict | mend that role, name it with --role-arn arn:aws:iam::111122223333:role/fsx, or replace it with --adopt ServiceAccount/kube-system/fsx-csi-controller-sa",
        ),
        (
            "an annotation with the right name and the wrong path",
            "",
            |facts| {
                annotated(facts, "arn:aws:iam::111122223333:role/team/fsx");
                put(facts, role("fsx", web_trust(), enough(), Default::default()));
            },
            "! Conflict | mend that role, name it with --role-arn arn:aws:iam::111122223333:role/team/fsx, …",
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
            "! Conflict | mend that role, name it with --role-arn arn:aws:iam::111122223333:role/FSXLCSI-hp-eks-us-west-2, …",
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
    let rows: [Row; 9] = [
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
            "! Conflict | mend that role, name it with --role-arn arn:aws:iam::111122223333:role/fsx, or delete association a-1",
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
