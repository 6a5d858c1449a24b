//! Laws of the whole table, and of the order of findings.

use std::collections::BTreeSet;

use super::sample::{broken, examined, found, healthy, waiting};
use super::*;
use crate::facts::Seen;

#[test]
fn a_healthy_set_up_has_no_finding() {
    assert_eq!(found(&healthy()), Vec::<String>::new());
}

#[test]
fn a_claim_that_waits_explains_its_pod() {
    assert_eq!(
        found(&waiting()),
        [
            "FSX-BIND-50 error failed PersistentVolumeClaim default/fsx-claim",
            "FSX-SCHED-05 error blocked by FSX-BIND-50 Pod default/app",
        ]
    );
}

#[test]
fn a_driver_that_is_missing_explains_claim_and_pod() {
    let mut checkup = waiting();
    checkup.workloads = Seen::Found(Vec::new());
    checkup.driver_pods = Seen::Found(Vec::new());
    checkup.survey.facts.driver.addon = Seen::Missing;
    let found = found(&checkup);
    assert_eq!(found[0], "FSX-INST-01 error failed CSIDriver fsx.csi.aws.com", "{found:#?}");
    assert!(
        found.contains(
            &"FSX-BIND-50 error blocked by FSX-INST-01 PersistentVolumeClaim default/fsx-claim".to_owned()
        ),
        "{found:#?}"
    );
    assert!(
        found.contains(&"FSX-SCHED-05 error blocked by FSX-INST-01 Pod default/app".to_owned()),
        "{found:#?}"
    );
}

#[test]
fn ranks_count_from_one_without_a_gap() {
    let all = examined(&waiting());
    assert!(all.iter().enumerate().all(|(at, it)| it.rank as usize == at + 1));
}

/// Nothing explains itself, also not round a corner: nobody could be the root.
#[test]
fn no_check_explains_itself() {
    for check in table::all() {
        let (mut open, mut known) = (check.explains.to_vec(), BTreeSet::new());
        while let Some(id) = open.pop() {
            assert_ne!(id, check.id, "{} explains itself", check.id);
            let next = find(id).unwrap_or_else(|| panic!("{} explains {id}, which there is not", check.id));
            if known.insert(id) {
                open.extend(next.explains);
            }
        }
    }
}

#[test]
fn every_check_has_a_page() {
    let mut ids = BTreeSet::new();
    for check in table::all() {
        let id = check.id;
        assert!(ids.insert(id), "{id} is there twice");
        let area = Area::of(id).unwrap_or_else(|| panic!("{id} has no area"));
        let number = id.rsplit('-').next().unwrap_or_default();
        assert!(number.len() == 2 && number.parse::<u8>().is_ok(), "{id}");
        assert_eq!(id, format!("FSX-{}-{number}", area.word()));
        assert_eq!(area == Area::Note, check.severity == Severity::Info && area == Area::Note, "{id}");
        for text in [check.title, check.symptom, check.why, check.decided_by, check.remedy, check.source] {
            assert!(!text.is_empty() && !text.contains('\n') && !text.contains("  "), "{id}: {text:?}");
        }
        assert!(!check.title.ends_with('.'), "{id}: a title is no sentence");
        for text in [check.symptom, check.why, check.decided_by, check.remedy] {
            assert!(text.ends_with('.'), "{id}: {text:?} is no sentence");
        }
    }
}

/// Whatever is hidden is never a fault.
#[test]
fn what_is_hidden_is_never_a_fault() {
    let hide = |change: fn(&mut crate::facts::Checkup)| {
        let found = broken(change);
        assert!(found.iter().all(|line| line.contains(" unseen ")), "{found:#?}");
    };
    use crate::facts::sample::hidden;
    hide(|it| it.events = hidden("list events"));
    hide(|it| it.workloads = hidden("list deployments.apps"));
    hide(|it| it.driver_pods = hidden("list pods"));
    hide(|it| it.csi_nodes = hidden("list csinodes.storage.k8s.io"));
    hide(|it| it.all_classes = hidden("list storageclasses.storage.k8s.io"));
    hide(|it| it.static_keys = hidden("get secrets in kube-system"));
    hide(|it| it.associations = hidden("eks:ListPodIdentityAssociations"));
    hide(|it| it.acls = hidden("ec2:DescribeNetworkAcls"));
    hide(|it| it.dns = hidden("ec2:DescribeVpcAttribute"));
    hide(|it| it.endpoints = hidden("ec2:DescribeVpcEndpoints"));
    hide(|it| it.survey.classes = hidden("list storageclasses.storage.k8s.io"));
    hide(|it| it.survey.claims = hidden("list persistentvolumeclaims"));
    hide(|it| it.survey.pods = hidden("list pods"));
    hide(|it| it.survey.facts.hyperpod = hidden("sagemaker:ListClusters"));
    hide(|it| it.survey.facts.nodes = hidden("list nodes"));
    hide(|it| it.survey.facts.file_systems = hidden("fsx:DescribeFileSystems"));
    hide(|it| it.survey.facts.storage.volumes = hidden("list persistentvolumes"));
    hide(|it| it.survey.facts.access.provider = hidden("iam:GetOpenIDConnectProvider"));
    hide(|it| it.survey.facts.access.association = hidden("eks:ListPodIdentityAssociations"));
    hide(|it| it.survey.facts.access.agent = hidden("eks:DescribeAddon"));
    hide(|it| it.survey.facts.access.service_account = hidden("get serviceaccounts in kube-system"));
    hide(|it| it.survey.facts.network.subnets = hidden("ec2:DescribeSubnets"));
    hide(|it| it.survey.facts.network.groups = hidden("ec2:DescribeSecurityGroups"));
    hide(|it| it.survey.facts.network.routes = hidden("ec2:DescribeRouteTables"));
    hide(|it| it.survey.facts.network.interfaces = hidden("ec2:DescribeNetworkInterfaces"));
    hide(|it| it.survey.facts.network.instances = hidden("ec2:DescribeInstances"));
    hide(|it| it.survey.facts.driver.addon = hidden("eks:DescribeAddon"));
    hide(|it| it.survey.facts.driver.csi_driver = hidden("get csidrivers.storage.k8s.io"));
    for role in healthy().survey.facts.access.roles.into_keys() {
        let found = broken(|it| {
            if let Some(role) = it.survey.facts.access.roles.get_mut(&role) {
                role.role = hidden("iam:GetRole");
                role.policies = hidden("iam:GetRolePolicy");
            }
        });
        assert!(found.iter().all(|line| line.contains(" unseen ")), "{found:#?}");
    }
}

#[test]
fn patterns_pick_ids_globs_and_areas() {
    let rows = [
        ("FSX-NET-03", "FSX-NET-03", true),
        ("fsx-net-03", "FSX-NET-03", true),
        ("net", "FSX-NET-03", true),
        ("FSX-NET-*", "FSX-NET-03", true),
        ("*-03", "FSX-NET-03", true),
        ("FSX-*-03", "FSX-NET-03", true),
        ("*", "FSX-NET-03", true),
        ("FSX-NET-0", "FSX-NET-03", false),
        ("NE", "FSX-NET-03", false),
        ("FSX-AZ-*", "FSX-NET-03", false),
        ("", "FSX-NET-03", false),
    ];
    for (pattern, id, picks) in rows {
        assert_eq!(rank::matches(pattern, id), picks, "{pattern} {id}");
    }
}
