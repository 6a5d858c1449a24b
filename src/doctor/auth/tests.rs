//! Checks of identity, one break at a time.

use std::collections::BTreeMap;

use serde_json::json;

use super::super::sample::{NOW, broken, found, healthy, refusal, waiting};
use crate::facts::sample::{
    ISSUER, PROVIDER, ROLE, ROLE_ARN, agent, association, enough, hidden, pod_trust, role, tags_of, web_trust,
};
use crate::facts::{Access, AssociationRow, Checkup, DriverPod, Policies, RoleFacts, Seen};

fn access(checkup: &mut Checkup) -> &mut Access {
    &mut checkup.survey.facts.access
}

fn controllers(checkup: &mut Checkup) -> impl Iterator<Item = &mut DriverPod> {
    let Seen::Found(pods) = &mut checkup.driver_pods else { panic!("the sample has pods") };
    pods.iter_mut().filter(|pod| pod.controller)
}

fn role_mut(checkup: &mut Checkup) -> &mut RoleFacts {
    access(checkup).roles.get_mut(ROLE).expect("the sample's role")
}

/// The sample with the rights of its role replaced.
fn allowing(checkup: &mut Checkup, actions: &[&str]) {
    let policy = json!({"Statement": [{"Effect": "Allow", "Action": actions, "Resource": "*"}]});
    role_mut(checkup).policies = Seen::Found(Policies {
        inline: BTreeMap::from([("p".to_owned(), policy)]),
        complete: true,
        ..Policies::default()
    });
}

/// The healthy sample, its role given by Pod Identity.
fn by_pod_identity() -> Checkup {
    let mut checkup = healthy();
    let all = access(&mut checkup);
    all.association = Seen::Found(association(ROLE_ARN));
    all.agent = Seen::Found(agent("ACTIVE"));
    all.service_account =
        all.service_account.clone().map(|account| crate::facts::ServiceAccount { role_arn: None, ..account });
    all.roles.insert(ROLE.into(), role(ROLE, pod_trust(), enough(), tags_of("x")));
    for pod in controllers(&mut checkup) {
        (pod.role_arn, pod.pod_identity) = (None, true);
    }
    checkup
}

fn pod_identity(change: impl FnOnce(&mut Checkup)) -> Vec<String> {
    let mut checkup = by_pod_identity();
    change(&mut checkup);
    found(&checkup)
}

/// The sample without annotation and association, its pods made so.
fn bare() -> Checkup {
    let mut checkup = healthy();
    access(&mut checkup).service_account = Seen::Found(crate::facts::ServiceAccount::default());
    for pod in controllers(&mut checkup) {
        pod.role_arn = None;
    }
    checkup
}

fn stopped(id: &str, object: &str) -> Vec<String> {
    vec![
        format!("{id} error failed {object}"),
        format!("FSX-BIND-50 error blocked by {id} PersistentVolumeClaim default/fsx-claim"),
        format!("FSX-SCHED-05 error blocked by {id} Pod default/app"),
    ]
}

#[test]
fn a_provider_that_is_gone_is_found_before_any_claim_and_explains_those_that_wait() {
    let object = format!("OIDCProvider {PROVIDER}");
    assert_eq!(
        broken(|it| access(it).provider = Seen::Missing),
        [format!("FSX-AUTH-01 error failed {object}")]
    );
    let mut checkup = waiting();
    access(&mut checkup).provider = Seen::Missing;
    assert_eq!(found(&checkup), stopped("FSX-AUTH-01", &object));
}

#[test]
fn a_provider_without_the_audience_is_found() {
    let found = broken(|it| {
        let Seen::Found(provider) = &mut access(it).provider else { return };
        provider.client_ids = vec!["other".into()];
    });
    assert_eq!(found, [format!("FSX-AUTH-50 error failed OIDCProvider {PROVIDER}")]);
}

#[test]
fn a_trust_that_lets_the_controller_not_in_is_found_however_it_is_wrong() {
    let with = |sub: &str, aud: &str, operator: &str| {
        json!({"Statement": [{"Effect": "Allow", "Principal": {"Federated": PROVIDER},
            "Action": "sts:AssumeRoleWithWebIdentity",
            "Condition": {operator: {format!("{ISSUER}:sub"): sub, format!("{ISSUER}:aud"): aud}}}]})
    };
    let right = "system:serviceaccount:kube-system:fsx-csi-controller-sa";
    let mut old = web_trust();
    old["Statement"][0]["Principal"]["Federated"] =
        json!("arn:aws:iam::111122223333:oidc-provider/oidc.eks.us-west-2.amazonaws.com/id/OLD");
    let rows = [
        (
            with("system:serviceaccount:default:fsx-csi-controller-sa", "sts.amazonaws.com", "StringEquals"),
            true,
        ),
        (with(right, "other", "StringEquals"), true),
        (with("system:serviceaccount:kube-system:*", "sts.amazonaws.com", "StringEquals"), true),
        (old, true),
        (pod_trust(), true),
        (with("system:serviceaccount:kube-system:*", "sts.amazonaws.com", "StringLike"), false),
        (with(right, "sts.amazonaws.com", "StringEquals"), false),
    ];
    for (trust, wrong) in rows {
        let found = broken(|it| {
            let Seen::Found(role) = &mut role_mut(it).role else { return };
            role.trust = trust.clone();
        });
        let wanted: &[&str] =
            if wrong { &["FSX-AUTH-02 error failed Role FSXLCSI-hp-eks-us-west-2"] } else { &[] };
        assert_eq!(found, wanted, "{trust}");
    }
}

#[test]
fn a_role_that_is_gone_is_told_once() {
    let gone = |it: &mut Checkup| {
        role_mut(it).role = Seen::Missing;
        role_mut(it).policies = Seen::Missing;
    };
    assert_eq!(broken(gone), [format!("FSX-AUTH-51 error failed Role {ROLE}")]);
    let moved = broken(|it| {
        let Seen::Found(role) = &mut role_mut(it).role else { return };
        role.arn = "arn:aws:iam::111122223333:role/team/FSXLCSI-hp-eks-us-west-2".into();
    });
    assert_eq!(moved, [format!("FSX-AUTH-51 error failed Role {ROLE}")]);
    let partition = broken(|it| {
        let arn = ROLE_ARN.replace("arn:aws:", "arn:aws-cn:");
        access(it).service_account =
            Seen::Found(crate::facts::ServiceAccount { role_arn: Some(arn.clone()), ..Default::default() });
        controllers(it).for_each(|pod| pod.role_arn = Some(arn.clone()));
    });
    assert!(
        partition.contains(
            &"FSX-AUTH-18 error failed ServiceAccount kube-system/fsx-csi-controller-sa".to_owned()
        ) && !partition.iter().any(|line| line.starts_with("FSX-AUTH-51")),
        "{partition:#?}"
    );
}

#[test]
fn each_action_that_is_missing_is_told_by_the_check_that_it_is_of() {
    let all = [
        "fsx:CreateFileSystem",
        "fsx:DeleteFileSystem",
        "fsx:DescribeFileSystems",
        "fsx:TagResource",
        "fsx:UpdateFileSystem",
    ];
    let rows: &[(&[&str], &[&str])] = &[
        (&[], &[]),
        (&["fsx:TagResource"], &["FSX-AUTH-05 error failed"]),
        (&["fsx:UpdateFileSystem"], &["FSX-AUTH-08 warning failed"]),
        (&["fsx:DeleteFileSystem"], &["FSX-AUTH-52 warning failed"]),
        (&["fsx:CreateFileSystem"], &["FSX-AUTH-52 error failed"]),
        (&["fsx:DescribeFileSystems"], &["FSX-AUTH-52 error failed"]),
        (&["fsx:CreateFileSystem", "fsx:TagResource", "fsx:UpdateFileSystem"], &["FSX-AUTH-52 error failed"]),
        (
            &["fsx:TagResource", "fsx:UpdateFileSystem"],
            &["FSX-AUTH-05 error failed", "FSX-AUTH-08 warning failed"],
        ),
    ];
    for (without, wanted) in rows {
        let left: Vec<&str> = all.into_iter().filter(|action| !without.contains(action)).collect();
        let wanted: Vec<String> = wanted.iter().map(|it| format!("{it} Role {ROLE}")).collect();
        assert_eq!(broken(|it| allowing(it, &left)), wanted, "{without:?}");
    }
}

#[test]
fn a_missing_tag_right_explains_the_claim_that_waits() {
    let mut checkup = waiting();
    allowing(&mut checkup, &["fsx:C*", "fsx:D*", "fsx:U*"]);
    assert_eq!(found(&checkup), stopped("FSX-AUTH-05", &format!("Role {ROLE}")));
}

#[test]
fn policies_that_cannot_be_read_accuse_nobody_but_what_aws_said_does() {
    let blind = |checkup: &mut Checkup| {
        allowing(checkup, &[]);
        let Seen::Found(policies) = &mut role_mut(checkup).policies else { return };
        policies.complete = false;
    };
    let found_blind = broken(blind);
    assert!(found_blind.iter().all(|line| line.contains(" unseen ")), "{found_blind:#?}");
    let mut checkup = waiting();
    blind(&mut checkup);
    checkup.events = Seen::Found(vec![refusal(&format!(
        "rpc error: CreateFileSystem failed: AccessDeniedException: User: arn:aws:sts::111122223333:assumed-role/{ROLE}/1 is not \
         authorized to perform: fsx:TagResource on resource: x"
    ))]);
    let said = found(&checkup);
    assert_eq!(said[..3], stopped("FSX-AUTH-05", &format!("Role {ROLE}")), "{said:#?}");
}

#[test]
fn the_first_file_system_of_an_account_needs_the_service_linked_role() {
    let first = |it: &mut Checkup| {
        it.survey.facts.file_systems = Seen::Found(Vec::new());
        it.survey.facts.storage.volumes = Seen::Found(Vec::new());
        it.survey.claims = Seen::Found(Vec::new());
        it.survey.pods = Seen::Found(Vec::new());
        access(it).roles.insert(
            "AWSServiceRoleForAmazonFSx".into(),
            RoleFacts { role: Seen::Missing, policies: Seen::Missing },
        );
    };
    assert_eq!(broken(first), Vec::<String>::new());
    let found = broken(|it| {
        first(it);
        allowing(it, &["fsx:*"]);
    });
    assert_eq!(found, [format!("FSX-AUTH-06 error failed Role {ROLE}")]);
}

#[test]
fn a_class_with_an_s3_path_needs_more_than_fsx() {
    let found = broken(|it| {
        let Seen::Found(classes) = &mut it.survey.classes else { return };
        let parameters = &mut classes[0].parameters;
        parameters.insert("s3ImportPath".into(), "s3://data/p".into());
        parameters.insert("deploymentType".into(), "SCRATCH_2".into());
        for key in ["perUnitStorageThroughput", "automaticBackupRetentionDays", "copyTagsToBackups"] {
            parameters.remove(key);
        }
    });
    assert!(found.contains(&format!("FSX-AUTH-07 error failed Role {ROLE}")), "{found:#?}");
}

#[test]
fn a_boundary_that_takes_rights_away_is_found_and_one_that_leaves_them_is_not() {
    let bounded = |actions: &str| {
        broken(|it| {
            let arn = "arn:aws:iam::111122223333:policy/limit".to_owned();
            let Seen::Found(role) = &mut role_mut(it).role else { return };
            role.boundary = Some(arn.clone());
            let policy = json!({"Statement": [{"Effect": "Allow", "Action": actions, "Resource": "*"}]});
            access(it).boundaries.insert(arn, Seen::Found(policy));
        })
    };
    assert_eq!(bounded("s3:*"), [format!("FSX-AUTH-19 error failed Role {ROLE}")]);
    assert_eq!(bounded("*"), Vec::<String>::new());
}

#[test]
fn what_policies_allow_and_aws_refuses_is_denied_from_outside() {
    let mut checkup = waiting();
    let text = format!(
        "AccessDeniedException: User: arn:aws:sts::111122223333:assumed-role/{ROLE}/1 is not authorized to perform: \
         fsx:CreateFileSystem on resource: x"
    );
    checkup.events = Seen::Found(vec![refusal(&text)]);
    assert_eq!(found(&checkup), stopped("FSX-AUTH-19", &format!("Role {ROLE}")));
    let Seen::Found(events) = &mut checkup.events else { return };
    events[0].last = Some(NOW - 7200);
    assert_eq!(found(&checkup)[0], "FSX-BIND-50 error failed PersistentVolumeClaim default/fsx-claim");
}

const ACCOUNT: &str = "ServiceAccount kube-system/fsx-csi-controller-sa";

#[test]
fn a_controller_without_a_role_is_as_bad_as_is_known() {
    assert_eq!(found(&bare()), [format!("FSX-AUTH-03 info failed {ACCOUNT}")]);
    let kept = broken(|it| access(it).service_account = Seen::Found(crate::facts::ServiceAccount::default()));
    assert_eq!(kept, [format!("FSX-AUTH-03 info failed {ACCOUNT}")]);
    let mut checkup = waiting();
    access(&mut checkup).service_account = Seen::Found(crate::facts::ServiceAccount::default());
    controllers(&mut checkup).for_each(|pod| pod.role_arn = None);
    checkup.events = Seen::Found(vec![refusal(
        "AccessDeniedException: User: arn:aws:sts::111122223333:assumed-role/hp-nodes/i-0abc is not authorized to perform: \
         fsx:CreateFileSystem on resource: x",
    )]);
    assert_eq!(found(&checkup), stopped("FSX-AUTH-03", ACCOUNT));
}

/// The nodes of the sample's controller, with a role whose rights are known.
fn with_node_role(policy: serde_json::Value) -> Checkup {
    let mut checkup = bare();
    let Seen::Found(nodes) = &mut checkup.survey.facts.nodes else { panic!("nodes") };
    nodes.iter_mut().for_each(|node| node.group = Some("gpu".into()));
    access(&mut checkup)
        .roles
        .insert("hp-nodes".into(), role("hp-nodes", json!({}), policy, BTreeMap::new()));
    checkup
}

#[test]
fn the_rights_of_the_nodes_role_decide() {
    let poor = with_node_role(json!({"Statement": []}));
    assert_eq!(found(&poor), [format!("FSX-AUTH-03 error failed {ACCOUNT}")]);
    // H-07: nodes that may are enough.
    assert_eq!(found(&with_node_role(enough())), [format!("FSX-NOTE-07 info failed {ACCOUNT}")]);
}

#[test]
fn pods_older_than_their_role_are_found() {
    let stale = broken(|it| controllers(it).for_each(|pod| pod.role_arn = None));
    assert_eq!(stale, ["FSX-AUTH-04 error failed Deployment kube-system/fsx-csi-controller"]);
    let other =
        broken(|it| controllers(it).for_each(|pod| pod.role_arn = Some("arn:aws:iam::1:role/old".into())));
    assert_eq!(other, ["FSX-AUTH-04 warning failed Deployment kube-system/fsx-csi-controller"]);
    let mut checkup = waiting();
    controllers(&mut checkup).for_each(|pod| pod.role_arn = None);
    assert_eq!(found(&checkup), stopped("FSX-AUTH-04", "Deployment kube-system/fsx-csi-controller"));
    let rolling = broken(|it| {
        controllers(it).for_each(|pod| pod.role_arn = None);
        let Seen::Found(controller) = &mut it.survey.facts.driver.controller else { return };
        controller.rolling = true;
    });
    assert_eq!(rolling, Vec::<String>::new());
}

#[test]
fn pod_identity_as_it_should_be_is_right() {
    assert_eq!(found(&by_pod_identity()), Vec::<String>::new());
}

#[test]
fn what_keeps_pod_identity_from_working_is_found() {
    let object = "PodIdentityAssociation kube-system/fsx-csi-controller-sa";
    let old = pod_identity(|it| {
        let Seen::Found(workloads) = &mut it.workloads else { return };
        workloads
            .iter_mut()
            .for_each(|it| it.image = Some("public.ecr.aws/x/aws-fsx-csi-driver:v1.2.0".into()));
    });
    assert_eq!(old, [format!("FSX-AUTH-09 error failed {object}")]);
    let gone = pod_identity(|it| access(it).agent = Seen::Missing);
    assert_eq!(gone, ["FSX-AUTH-10 warning failed Addon eks-pod-identity-agent"]);
    let ill = pod_identity(|it| access(it).agent = Seen::Found(agent("CREATE_FAILED")));
    assert_eq!(ill, ["FSX-AUTH-10 warning failed Addon eks-pod-identity-agent"]);
    let trust = pod_identity(|it| {
        access(it).roles.insert(ROLE.into(), role(ROLE, web_trust(), enough(), BTreeMap::new()));
    });
    assert_eq!(trust, [format!("FSX-AUTH-12 error failed Role {ROLE}")]);
    let untagged = pod_identity(|it| {
        let mut trust = pod_trust();
        trust["Statement"][0]["Action"] = json!(["sts:AssumeRole"]);
        access(it).roles.insert(ROLE.into(), role(ROLE, trust, enough(), BTreeMap::new()));
    });
    assert_eq!(untagged, [format!("FSX-AUTH-12 error failed Role {ROLE}")]);
    let node = pod_identity(|it| {
        let Seen::Found(nodes) = &mut it.survey.facts.nodes else { return };
        nodes.iter_mut().for_each(|node| node.group = Some("gpu".into()));
        let none = json!({"Statement": []});
        access(it).roles.insert("hp-nodes".into(), role("hp-nodes", json!({}), none, BTreeMap::new()));
    });
    assert_eq!(node, ["FSX-AUTH-13 error failed Role hp-nodes"]);
}

#[test]
fn an_agent_that_is_missing_explains_a_claim_that_waits() {
    let mut checkup = by_pod_identity();
    let pending = waiting();
    checkup.survey.claims = pending.survey.claims;
    checkup.survey.pods = pending.survey.pods;
    checkup.survey.facts.storage.volumes = Seen::Found(Vec::new());
    checkup.survey.facts.file_systems = Seen::Found(Vec::new());
    access(&mut checkup).agent = Seen::Missing;
    assert_eq!(found(&checkup), stopped("FSX-AUTH-10", "Addon eks-pod-identity-agent"));
}

#[test]
fn an_association_of_another_account_is_told_instead_of_none() {
    let mut checkup = with_node_role(json!({"Statement": []}));
    checkup.associations = Seen::Found(vec![AssociationRow {
        id: "a-1".into(),
        namespace: "kube-system".into(),
        service_account: "fsx-csi-node-sa".into(),
    }]);
    assert_eq!(found(&checkup), [format!("FSX-AUTH-11 error failed {ACCOUNT}")]);
}

#[test]
fn static_keys_go_before_the_role() {
    let secret = "Secret kube-system/aws-secret";
    let keys = |it: &mut Checkup| it.static_keys = Seen::Found(true);
    assert_eq!(broken(keys), [format!("FSX-AUTH-17 warning failed {secret}")]);
    let mut checkup = waiting();
    keys(&mut checkup);
    checkup.events = Seen::Found(vec![refusal(
        "AccessDeniedException: User: arn:aws:iam::111122223333:user/ebs is not authorized to perform: fsx:CreateFileSystem",
    )]);
    assert_eq!(found(&checkup), stopped("FSX-AUTH-17", secret));
}

/// §16 of identity: odd, and all right.
#[test]
fn what_is_odd_and_right_is_no_fault() {
    type Odd = (&'static str, fn() -> Checkup);
    let rows: [Odd; 7] = [
        ("H-07 the node's role is enough", || with_node_role(enough())),
        ("H-08 no provider with Pod Identity", || {
            let mut it = by_pod_identity();
            access(&mut it).provider = Seen::Missing;
            it
        }),
        ("H-09 annotation and association", || {
            let mut it = by_pod_identity();
            access(&mut it).service_account = healthy().survey.facts.access.service_account;
            it
        }),
        ("H-10 no agent in Auto Mode", || {
            let mut it = by_pod_identity();
            access(&mut it).agent = Seen::Missing;
            it.survey.facts.cluster.auto_mode = true;
            it
        }),
        ("H-10 no agent, and nobody uses it", || {
            let mut it = healthy();
            access(&mut it).agent = Seen::Missing;
            it
        }),
        ("H-36 a custom policy", || {
            let mut it = healthy();
            allowing(&mut it, &["fsx:*FileSystem*", "fsx:TagResource"]);
            it
        }),
        ("H-48 only volumes of existing file systems", || {
            let mut it = healthy();
            it.survey.classes = Seen::Found(Vec::new());
            it.all_classes = Seen::Found(Vec::new());
            access(&mut it).provider = Seen::Missing;
            it
        }),
    ];
    for (what, odd) in rows {
        let found = found(&odd());
        assert!(found.iter().all(|line| line.contains(" info ")), "{what}: {found:#?}");
    }
}

/// H-37: what the doctor may not read is its own lack.
#[test]
fn a_role_that_cannot_be_read_is_unknown() {
    let found = broken(|it| role_mut(it).role = hidden("iam:GetRole"));
    assert!(!found.is_empty() && found.iter().all(|line| line.contains(" unseen ")), "{found:#?}");
}

/// The law of the whole table, for the other ways to get credentials.
#[test]
fn what_is_hidden_of_pod_identity_and_of_nodes_is_never_a_fault() {
    let hides: [fn(&mut Checkup); 9] = [
        |it| access(it).association = hidden("eks:ListPodIdentityAssociations"),
        |it| access(it).agent = hidden("eks:DescribeAddon"),
        |it| access(it).service_account = hidden("get serviceaccounts in kube-system"),
        |it| access(it).node_roles = hidden("eks:DescribeNodegroup"),
        |it| it.driver_pods = hidden("list pods"),
        |it| it.workloads = hidden("list deployments.apps"),
        |it| it.static_keys = hidden("get secrets in kube-system"),
        |it| it.survey.facts.driver.addon = hidden("eks:DescribeAddon"),
        |it| role_mut(it).policies = hidden("iam:GetRolePolicy"),
    ];
    for (at, hide) in hides.into_iter().enumerate() {
        for mut checkup in [by_pod_identity(), with_node_role(enough())] {
            hide(&mut checkup);
            let found = found(&checkup);
            let is_fine = |line: &String| line.contains(" unseen ") || line.contains(" info ");
            assert!(found.iter().all(is_fine), "{at}: {found:#?}");
        }
    }
}
