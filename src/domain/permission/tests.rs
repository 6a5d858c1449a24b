//! What the table says of tasks, and what is made from it.

use serde_json::json;

use super::*;

fn task() -> Task {
    Task {
        partition: Partition::Aws,
        region: Some("us-west-2".into()),
        account: Some("111122223333".into()),
        cluster: Some("hp-eks".into()),
        parts: Parts { identity: true, network: true, driver: true, storage: true },
        irsa: true,
        pod_identity: false,
        role: RoleTask {
            path_and_name: "/FSXLCSI-hp-eks-us-west-2".into(),
            made: true,
            attaches: false,
            boundary: false,
        },
        addon: true,
        helm: false,
        upgrade: false,
        migration: None,
        images: false,
        status: None,
        doctor: false,
        service_account: ("kube-system".into(), "fsx-csi-controller-sa".into()),
        new_group: false,
        any_group: true,
        class: "fsx-sc".into(),
        claim: ("default".into(), "fsx-claim".into()),
        new_namespace: false,
        waits: true,
        verify: None,
        as_user: None,
        bind: None,
    }
}

fn actions(task: &Task) -> Vec<String> {
    let all = needs(task).into_iter().filter_map(|need| match need.right {
        Right::Iam(iam) => Some(iam.action),
        Right::Rbac(_) => None,
    });
    all.collect()
}

#[test]
fn a_task_needs_only_what_it_does() {
    let irsa = actions(&task());
    assert!(irsa.contains(&"iam:CreateOpenIDConnectProvider".to_owned()), "{irsa:?}");
    assert!(!irsa.contains(&"eks:CreatePodIdentityAssociation".to_owned()), "{irsa:?}");
    assert!(!irsa.contains(&"eks:ListClusters".to_owned()), "the cluster is named: {irsa:?}");
    let pods = actions(&Task { irsa: false, pod_identity: true, ..task() });
    assert!(!pods.contains(&"iam:CreateOpenIDConnectProvider".to_owned()), "{pods:?}");
    assert!(pods.contains(&"eks:CreatePodIdentityAssociation".to_owned()), "{pods:?}");
    let network = Parts { identity: false, network: true, driver: false, storage: false };
    let network = actions(&Task { parts: network, ..task() });
    assert!(!network.iter().any(|action| action.starts_with("iam:")), "{network:?}");
    let nobody = actions(&Task {
        irsa: false,
        pod_identity: false,
        parts: Parts { identity: false, ..task().parts },
        ..task()
    });
    assert!(!nobody.contains(&"iam:PassRole".to_owned()), "{nobody:?}");
}

#[test]
fn helm_needs_rights_on_what_the_chart_holds() {
    let verbs = |task: &Task, resource: &str| {
        let fits = |need: Need| match need.right {
            Right::Rbac(rbac) if rbac.resource == resource => Some(rbac.verb),
            _ => None,
        };
        needs(task).into_iter().filter_map(fits).collect::<Vec<_>>()
    };
    assert_eq!(verbs(&task(), "secrets"), Vec::<String>::new(), "an add-on needs no Secret");
    let helm = Task { addon: false, helm: true, ..task() };
    assert_eq!(verbs(&helm, "secrets"), ["create", "delete", "get", "list", "update"]);
    assert_eq!(verbs(&helm, "clusterroles"), ["create", "get", "patch", "delete", "bind", "escalate"]);
    assert!(!actions(&helm).contains(&"eks:CreateAddon".to_owned()));
    let migration = Task { migration: Some(Migration::ToHelm), ..helm };
    assert!(actions(&migration).contains(&"eks:DeleteAddon".to_owned()));
}

#[test]
fn resources_are_as_narrow_as_is_known() {
    let resources = |task: &Task, action: &str| {
        let fits = |need: &Need| matches!(&need.right, Right::Iam(iam) if iam.action == action);
        match needs(task).into_iter().find(fits).map(|need| need.right) {
            Some(Right::Iam(iam)) => iam.resources,
            _ => Vec::new(),
        }
    };
    assert_eq!(
        resources(&task(), "eks:DescribeCluster"),
        ["arn:aws:eks:us-west-2:111122223333:cluster/hp-eks"]
    );
    assert_eq!(
        resources(&task(), "iam:CreateRole"),
        ["arn:aws:iam::111122223333:role/FSXLCSI-hp-eks-us-west-2"]
    );
    let open = Task { region: None, account: None, cluster: None, ..task() };
    assert_eq!(resources(&open, "eks:CreateAddon"), ["arn:aws:eks:*:*:cluster/*"]);
    let china = Task { partition: Partition::China, ..task() };
    assert_eq!(
        resources(&china, "iam:PassRole"),
        ["arn:aws-cn:iam::111122223333:role/FSXLCSI-hp-eks-us-west-2"]
    );
}

#[test]
fn permissions_are_known_as_errors_name_them() {
    for known in [
        "iam:GetRole",
        "list nodes",
        "get storageclasses.storage.k8s.io",
        "patch deployments.apps in kube-system",
        "create persistentvolumeclaims in ml",
    ] {
        assert!(is_known(known), "{known}");
    }
    for unknown in [
        "iam:DeleteRole",
        "list secrets",
        "list nodes in ml",
        "create persistentvolumeclaims",
        "get storageclasses",
    ] {
        assert!(!is_known(unknown), "{unknown}");
    }
}

#[test]
fn each_permission_stands_once() {
    let mut all: Vec<String> = needs(&task()).iter().map(|need| format!("{:?}", need.right)).collect();
    let length = all.len();
    all.sort();
    all.dedup();
    assert_eq!(all.len(), length);
}

#[test]
fn tags_at_creation_are_held_to_the_calls_that_they_come_with() {
    let policy = policy(&needs(&task()));
    let statements = policy["Statement"].as_array().expect("statements");
    let tags = statements.iter().filter(|it| it["Action"] == json!(["ec2:CreateTags"]));
    for statement in tags {
        assert!(statement["Condition"]["StringEquals"]["ec2:CreateAction"].is_array(), "{statement}");
        assert_ne!(statement["Resource"], json!(["*"]), "{statement}");
    }
}

#[test]
fn lists_and_creations_are_not_held_to_names() {
    for need in needs(&Task { new_namespace: true, as_user: Some("me".into()), ..task() }) {
        let Right::Rbac(rbac) = need.right else { continue };
        if ["create", "list", "watch"].contains(&rbac.verb.as_str()) {
            assert_eq!(rbac.names, Vec::<String>::new(), "{}", rbac.shown());
        } else {
            assert_eq!(rbac.names.len(), 1, "{}", rbac.shown());
        }
    }
}

#[test]
fn a_diagnosis_reads_more_than_the_state_and_always_for_want_of_less() {
    let none = Parts { identity: false, network: false, driver: false, storage: false };
    let shown = Task { parts: none, status: Some(None), ..task() };
    let diagnosed = Task { doctor: true, ..shown.clone() };
    let rights = |task: &Task| needs(task).into_iter().map(|need| need.right).collect::<Vec<_>>();
    let (less, more) = (rights(&shown), rights(&diagnosed));
    assert!(less.iter().all(|right| more.contains(right)), "{less:?}");
    let events = |task: &Task| -> Vec<String> {
        let all = needs(task).into_iter().filter_map(|need| match need.right {
            Right::Rbac(rbac) if rbac.resource == "events" => Some(rbac.shown()),
            _ => None,
        });
        all.collect()
    };
    assert_eq!(events(&shown), Vec::<String>::new());
    assert_eq!(events(&diagnosed), ["list events"]);
    let one = Task { status: Some(Some("ml".into())), ..diagnosed.clone() };
    assert_eq!(events(&one), ["list events in ml", "list events in kube-system", "list events in default"]);
    let home = Task { status: Some(Some("default".into())), ..diagnosed.clone() };
    assert_eq!(events(&home), ["list events in default", "list events in kube-system"]);
    for need in needs(&diagnosed) {
        assert!(matches!(need.usage, Use::Optional(_)), "{need:?}");
        if let Right::Rbac(rbac) = need.right {
            assert!(rbac.resource != "secrets" || rbac.verb == "list" || rbac.names == ["aws-secret"]);
        }
    }
    for known in ["list events", "list events in ml", "get secrets in kube-system", "ec2:DescribeNetworkAcls"]
    {
        assert!(is_known(known), "{known}");
    }
}

#[test]
fn a_namespace_is_enough_where_it_is() {
    let made = cluster_roles(&needs(&task()));
    let places: Vec<(&str, Option<&str>)> = made
        .iter()
        .map(|it| (it["kind"].as_str().unwrap_or_default(), it["metadata"]["namespace"].as_str()))
        .collect();
    assert_eq!(
        places,
        [
            ("ClusterRole", None),
            ("ClusterRoleBinding", None),
            ("Role", Some("default")),
            ("RoleBinding", Some("default")),
            ("Role", Some("kube-system")),
            ("RoleBinding", Some("kube-system")),
        ]
    );
    let all = made[0].to_string();
    assert!(!all.contains("\"*\"") && !all.contains("secrets"), "{all}");
}
