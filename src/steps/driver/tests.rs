//! The add-on and drivers of others, row by row.

#![expect(clippy::too_many_lines, reason = "a table is as long as it has rows")]

use super::super::sample::{Row, check};
use super::super::{Action, Associations, Change, Conflicts, plan};
use super::*;
use crate::facts::sample::{
    CLUSTER, ROLE, ROLE_ARN, agent, association, enough, hidden, our_marks, pod, pod_trust, role, tags_of,
    web_trust,
};
use crate::facts::{
    Addon, Association, ControllerPod, CsiDriver, HelmProgram, Issue, Marks, Release, ServiceAccount,
    Workload,
};
use crate::intent::sample::wish;

const INSTALL: &str = "+ Addon aws-fsx-csi-driver";

fn allowed(permission: &str) -> &'static str {
    Box::leak(format!("! Denied | allow {permission} and run it again").into_boxed_str())
}

fn by_helm(facts: &mut Facts) {
    let labels = [("app.kubernetes.io/managed-by".to_owned(), "Helm".to_owned())].into();
    let marks = Marks { labels, ..Marks::default() };
    facts.driver.addon = Seen::Missing;
    facts.driver.controller =
        facts.driver.controller.clone().map(|workload| Workload { marks: marks.clone(), ..workload });
    facts.driver.csi_driver = Seen::Found(CsiDriver { marks, ..CsiDriver::default() });
}

fn change_addon(facts: &mut Facts, change: impl FnOnce(&mut Addon)) {
    let Seen::Found(addon) = &mut facts.driver.addon else { panic!("the sample has the add-on") };
    change(addon);
}

#[test]
fn a_cluster_without_a_driver() {
    let rows: [Row; 14] = [
        ("the add-on is installed", "", |_| {}, INSTALL),
        ("as asked for", "--driver addon", |_| {}, INSTALL),
        ("there is none to be used", "--driver existing", |_| {}, "! Usage | install it with --driver addon"),
        ("a build that is there", "--driver-version v1.10.0-eksbuild.1", |_| {}, INSTALL),
        (
            "a build that is not there",
            "--driver-version v0.1.0-eksbuild.1",
            |_| {},
            "! Usage | name one of these, or leave --driver-version out",
        ),
        (
            "no build for this Kubernetes",
            "",
            |facts| facts.cluster.version = "1.20".to_owned(),
            "! Usage | put helm on PATH and run it again, which then installs the chart; or install it yourself and use --driver existing",
        ),
        (
            "a service account of somebody else",
            "",
            |facts| facts.access.service_account = Seen::Found(ServiceAccount::default()),
            "! Conflict | let the add-on take it over with --adopt ServiceAccount/kube-system/fsx-csi-controller-sa",
        ),
        (
            "the same, adopted",
            "--adopt ServiceAccount/kube-system/fsx-csi-controller-sa",
            |facts| facts.access.service_account = Seen::Found(ServiceAccount::default()),
            INSTALL,
        ),
        (
            "a service account of ours",
            "",
            |facts| {
                facts.access.service_account =
                    Seen::Found(ServiceAccount { marks: our_marks(), ..ServiceAccount::default() })
            },
            INSTALL,
        ),
        ("without an identity it warns", "--identity none", |_| {}, "+ Addon aws-fsx-csi-driver (!)"),
        ("alone, without a role that somebody makes", "driver", |_| {}, "+ Addon aws-fsx-csi-driver (!)"),
        (
            "a CSIDriver that a removed release left behind is no driver",
            "",
            |facts| facts.driver.csi_driver = Seen::Found(CsiDriver::default()),
            "! Conflict | install a driver over it with --adopt CSIDriver/fsx.csi.aws.com, or use a driver of another namespace with --driver existing",
        ),
        (
            "the same, adopted",
            "--adopt CSIDriver/fsx.csi.aws.com",
            |facts| facts.driver.csi_driver = Seen::Found(CsiDriver::default()),
            INSTALL,
        ),
        (
            "the schema cannot be seen",
            "",
            |facts| facts.driver.schema = hidden("eks:DescribeAddonConfiguration"),
            "+ Addon aws-fsx-csi-driver (?)",
        ),
    ];
    check(StepId::Driver, Goal::Present, Facts::bare, &rows);
}

#[test]
fn an_add_on_that_is_there() {
    let mend = "! Conflict | mend what it names, or remove it: aws eks delete-addon --addon-name aws-fsx-csi-driver --cluster-name hp-eks";
    let rows: [Row; 14] = [
        ("ACTIVE", "", |_| {}, "settled"),
        (
            "in the making",
            "",
            |facts| change_addon(facts, |addon| addon.status = "CREATING".into()),
            "settled",
        ),
        ("failed", "", |facts| change_addon(facts, |addon| addon.status = "CREATE_FAILED".into()), mend),
        (
            "failed to be deleted",
            "",
            |facts| change_addon(facts, |addon| addon.status = "DELETE_FAILED".into()),
            mend,
        ),
        (
            "being deleted",
            "",
            |facts| change_addon(facts, |addon| addon.status = "DELETING".into()),
            "! Conflict | wait until it is gone and run it again",
        ),
        (
            "degraded",
            "",
            |facts| {
                change_addon(facts, |addon| {
                    addon.status = "DEGRADED".into();
                    addon.issues =
                        vec![Issue { code: "InsufficientNumberOfReplicas".into(), message: "…".into() }];
                });
            },
            "settled (!)",
        ),
        (
            "pods that are not ready",
            "",
            |facts| {
                facts.driver.controller =
                    facts.driver.controller.clone().map(|workload| Workload { ready: 0, ..workload })
            },
            "settled (!)",
        ),
        ("pods that cannot be seen", "", |facts| facts.driver.node = hidden("get daemonsets"), "settled (?)"),
        ("the version that is there", "--driver-version v1.9.0-eksbuild.1", |_| {}, "settled"),
        (
            "another version",
            "--driver-version v1.10.0-eksbuild.1",
            |_| {},
            "! Conflict | fsxctl setup driver --upgrade --driver-version v1.10.0-eksbuild.1",
        ),
        (
            "ours, without a role",
            "",
            |facts| {
                change_addon(facts, |addon| addon.role_arn = None);
                facts.access.service_account = Seen::Found(ServiceAccount::default());
            },
            "~ Addon aws-fsx-csi-driver; ~ Deployment kube-system/fsx-csi-controller",
        ),
        (
            "somebody else's, without a role",
            "",
            |facts| {
                change_addon(facts, |addon| (addon.role_arn, addon.tags) = (None, Default::default()));
                facts.access.service_account = Seen::Found(ServiceAccount::default());
            },
            "! Conflict | let fsxctl change it with --adopt Addon/aws-fsx-csi-driver",
        ),
        (
            "the same, adopted",
            "--adopt Addon/aws-fsx-csi-driver",
            |facts| {
                change_addon(facts, |addon| (addon.role_arn, addon.tags) = (None, Default::default()));
                facts.access.service_account = Seen::Found(ServiceAccount::default());
            },
            "~ Addon aws-fsx-csi-driver; ~ Addon aws-fsx-csi-driver; ~ Deployment kube-system/fsx-csi-controller",
        ),
        (
            "the same, and the identity is not fsxctl's business",
            "--identity none",
            |facts| {
                change_addon(facts, |addon| (addon.role_arn, addon.tags) = (None, Default::default()));
                facts.access.service_account = Seen::Found(ServiceAccount::default());
            },
            "settled",
        ),
    ];
    check(StepId::Driver, Goal::Present, Facts::done, &rows);
}

#[test]
fn a_driver_of_somebody_else() {
    let rows: [Row; 7] = [
        ("by Helm: used as it is", "", by_helm, "settled"),
        ("as asked for", "--driver existing", by_helm, "settled"),
        (
            "the add-on would fight with it",
            "--driver addon",
            by_helm,
            "! Conflict | use it with --driver existing, or run: fsxctl migrate driver --to addon",
        ),
        ("by manifests", "", |facts| facts.driver.addon = Seen::Missing, "settled"),
        ("its version", "--driver-version v1.9.0", by_helm, "settled"),
        (
            "another version",
            "--driver-version v1.8.0",
            by_helm,
            "! Conflict | leave --driver-version out, or upgrade it the way it was installed",
        ),
        (
            "its controller has no role",
            "",
            |facts| {
                by_helm(facts);
                facts.access.service_account = Seen::Found(ServiceAccount::default());
            },
            "! Conflict | annotate it: kubectl -n kube-system annotate serviceaccount fsx-csi-controller-sa \
             eks.amazonaws.com/role-arn=arn:aws:iam::111122223333:role/FSXLCSI-hp-eks-us-west-2 --overwrite, and restart deployment fsx-csi-controller",
        ),
    ];
    check(StepId::Driver, Goal::Present, Facts::done, &rows);
}

/// A pod without a role beside the sample's own, and a world in which it is stale.
fn stale(facts: &mut Facts) {
    facts.driver.pods = Seen::Found(vec![pod("1", None), pod("2", Some(ROLE_ARN))]);
}

fn by_pod_identity(facts: &mut Facts) {
    facts.access.agent = Seen::Found(agent("ACTIVE"));
    facts.access.association = Seen::Found(association(ROLE_ARN));
    facts.access.roles.insert(ROLE.into(), role(ROLE, pod_trust(), enough(), tags_of(CLUSTER)));
}

#[test]
fn pods_that_are_older_than_their_identity() {
    const RESTART: &str = "~ Deployment kube-system/fsx-csi-controller";
    const REFUSED: &str = "! Conflict | restart them: kubectl -n kube-system rollout restart deployment fsx-csi-controller; \
                           or let fsxctl do it with --adopt Deployment/kube-system/fsx-csi-controller";
    let rows: [Row; 16] = [
        ("one was made without the role", "", stale, RESTART),
        (
            "one was made with another role",
            "",
            |facts| {
                facts.driver.pods = Seen::Found(vec![pod("1", Some("arn:aws:iam::111122223333:role/old"))])
            },
            RESTART,
        ),
        ("there is none", "", |facts| facts.driver.pods = Seen::Found(Vec::new()), "settled"),
        (
            "it is going, or ended",
            "",
            |facts| {
                let going = ControllerPod { terminating: true, ..pod("1", None) };
                let ended = ControllerPod { phase: "Failed".into(), ..pod("2", None) };
                facts.driver.pods = Seen::Found(vec![going, ended]);
            },
            "settled",
        ),
        (
            "they are being replaced already",
            "",
            |facts| {
                stale(facts);
                facts.driver.controller =
                    facts.driver.controller.clone().map(|it| Workload { rolling: true, ..it });
            },
            "settled",
        ),
        ("pods that cannot be seen", "", |facts| facts.driver.pods = hidden("list pods"), "settled (?)"),
        (
            "the service account lost its annotation: new pods would have no role either",
            "",
            |facts| {
                stale(facts);
                facts.access.service_account = Seen::Found(ServiceAccount::default());
            },
            "settled",
        ),
        ("the identity is not fsxctl's business", "--identity none", stale, "settled"),
        ("by Pod Identity, and none has it", "", by_pod_identity, RESTART),
        (
            "by Pod Identity, and all have it",
            "",
            |facts| {
                by_pod_identity(facts);
                facts.driver.pods = Seen::Found(vec![ControllerPod { pod_identity: true, ..pod("1", None) }]);
            },
            "settled",
        ),
        (
            "the add-on is somebody else's",
            "",
            |facts| {
                stale(facts);
                change_addon(facts, |addon| addon.tags.clear());
            },
            REFUSED,
        ),
        (
            "the same, and the association is fsxctl's",
            "",
            |facts| {
                by_pod_identity(facts);
                change_addon(facts, |addon| addon.tags.clear());
            },
            RESTART,
        ),
        (
            "the same, and the association is somebody else's too",
            "",
            |facts| {
                by_pod_identity(facts);
                change_addon(facts, |addon| addon.tags.clear());
                facts.access.association =
                    facts.access.association.clone().map(|it| Association { tags: [].into(), ..it });
            },
            REFUSED,
        ),
        (
            "by Helm",
            "",
            |facts| {
                by_helm(facts);
                stale(facts);
            },
            REFUSED,
        ),
        (
            "by Helm, adopted",
            "--adopt Deployment/kube-system/fsx-csi-controller",
            |facts| {
                by_helm(facts);
                stale(facts);
            },
            RESTART,
        ),
        (
            "by Helm, and the identity is not fsxctl's business",
            "--identity none",
            |facts| {
                by_helm(facts);
                stale(facts);
            },
            "settled",
        ),
    ];
    check(StepId::Driver, Goal::Present, Facts::done, &rows);
}

#[test]
fn a_restart_is_planned_once_and_ends_an_identity_alone() {
    let restarts = |words: &str, facts: &Facts| {
        let plan = plan(Goal::Present, &wish(words), facts);
        let all: Vec<StepId> = plan
            .items
            .iter()
            .flat_map(|item| item.changes.iter().map(|change| (item.step, change.id.clone())))
            .filter(|(_, id)| id == crate::steps::RESTART)
            .map(|(step, _)| step)
            .collect();
        all
    };
    let mut facts = Facts::done();
    stale(&mut facts);
    assert_eq!(restarts("", &facts), [StepId::Driver]);
    assert_eq!(restarts("identity", &facts), [StepId::Identity]);
    assert_eq!(restarts("network", &facts), []);
    // The association is still to be made, and its restart is the only one.
    by_pod_identity(&mut facts);
    facts.access.association = Seen::Missing;
    change_addon(&mut facts, |addon| addon.role_arn = None);
    facts.access.service_account = Seen::Found(ServiceAccount::default());
    assert_eq!(restarts("", &facts), [StepId::Identity]);
    // A new role goes before the restart of pods that never had it.
    change_addon(&mut facts, |addon| addon.role_arn = None);
    facts.access.association = Seen::Missing;
    facts.access.agent = Seen::Missing;
    assert_eq!(restarts("", &facts), [StepId::Driver]);
}

#[test]
fn what_cannot_be_seen() {
    let rows: [Row; 6] = [
        (
            "the add-on",
            "",
            |facts| facts.driver.addon = hidden("eks:DescribeAddon"),
            allowed("eks:DescribeAddon"),
        ),
        (
            "the CSIDriver",
            "",
            |facts| facts.driver.csi_driver = hidden("get csidrivers"),
            allowed("get csidrivers"),
        ),
        (
            "the controller",
            "",
            |facts| facts.driver.controller = hidden("get deployments"),
            allowed("get deployments"),
        ),
        (
            "the service account",
            "--identity none",
            |facts| facts.access.service_account = hidden("get serviceaccounts"),
            allowed("get serviceaccounts"),
        ),
        (
            "the builds",
            "",
            |facts| facts.driver.versions = hidden("eks:DescribeAddonVersions"),
            allowed("eks:DescribeAddonVersions"),
        ),
        (
            "the builds, and one is asked for",
            "--driver-version v1.9.0-eksbuild.1",
            |facts| facts.driver.versions = hidden("eks:DescribeAddonVersions"),
            INSTALL,
        ),
    ];
    check(StepId::Driver, Goal::Present, Facts::bare, &rows);
}

#[test]
fn undo_takes_away_what_fsxctl_made() {
    let rows: [Row; 5] = [
        ("ours", "", |_| {}, "- Addon aws-fsx-csi-driver"),
        ("none", "", |facts| *facts = Facts::bare(), "settled"),
        ("somebody else's", "", |facts| change_addon(facts, |addon| addon.tags.clear()), "settled"),
        (
            "it goes already",
            "",
            |facts| change_addon(facts, |addon| addon.status = "DELETING".into()),
            "settled",
        ),
        (
            "hidden",
            "",
            |facts| facts.driver.addon = hidden("eks:DescribeAddon"),
            allowed("eks:DescribeAddon"),
        ),
    ];
    check(StepId::Driver, Goal::Absent, Facts::done, &rows);
}

fn creation(words: &str, facts: &Facts) -> Action {
    let plan = plan(Goal::Present, &wish(words), facts);
    let change = plan.changes().find(|change| change.resource.kind == "Addon");
    let Some(Change { action, .. }) = change else { panic!("no add-on in {plan:?}") };
    action.clone()
}

#[test]
fn the_add_on_gets_the_identity_that_was_chosen() {
    let Action::CreateAddon { version, role_arn, association, overwrite, configuration, .. } =
        creation("", &Facts::bare())
    else {
        panic!()
    };
    assert_eq!(
        version.as_deref(),
        Some("v1.9.0-eksbuild.1"),
        "the default of this Kubernetes, not the newest"
    );
    assert_eq!(role_arn.as_deref(), Some(crate::facts::sample::ROLE_ARN));
    assert_eq!((association, overwrite), (None, false));
    assert_eq!(
        configuration.as_deref(),
        Some(r#"{"controller":{"region":"us-west-2"}}"#),
        "where the schema takes it"
    );

    let mut facts = Facts::bare();
    facts.access.agent = Seen::Found(agent("ACTIVE"));
    let Action::CreateAddon { role_arn, association: Some(association), .. } = creation("", &facts) else {
        panic!()
    };
    assert_eq!(role_arn, None);
    assert_eq!(
        (association.service_account.as_str(), association.role_arn.as_str()),
        ("fsx-csi-controller-sa", crate::facts::sample::ROLE_ARN)
    );
}

#[test]
fn the_token_is_the_requests_own() {
    let token = |words: &str| match creation(words, &Facts::bare()) {
        Action::CreateAddon { token, .. } => token,
        other => panic!("{other:?}"),
    };
    assert_eq!(token(""), token(""), "a repeated request is the same request");
    assert_ne!(
        token(""),
        token("--driver-version v1.10.0-eksbuild.1"),
        "EKS refuses a token with other parameters"
    );
    assert!(token("").len() <= 64);
}

fn program(facts: &mut Facts) {
    facts.driver.helm =
        Seen::Found(HelmProgram { path: "/usr/bin/helm".to_owned(), version: "v4.2.4".to_owned() });
}

/// A release of the chart in a state, with fsxctl's label or without, a minute old.
fn release(status: &str, ours: bool) -> Release {
    Release {
        name: "aws-fsx-csi-driver".to_owned(),
        namespace: "kube-system".to_owned(),
        chart: "aws-fsx-csi-driver".to_owned(),
        chart_version: "1.17.0".to_owned(),
        app_version: "1.9.0".to_owned(),
        status: status.to_owned(),
        revision: 1,
        ours,
        age_seconds: 60,
        ..Release::default()
    }
}

/// The driver as Helm left it, with a service account of fsxctl's.
fn released(facts: &mut Facts, status: &str, ours: bool) {
    by_helm(facts);
    program(facts);
    facts.driver.release = Seen::Found(release(status, ours));
    facts.access.service_account =
        facts.access.service_account.clone().map(|account| ServiceAccount { marks: our_marks(), ..account });
}

#[test]
fn a_release_is_installed_when_helm_was_asked_for_or_nothing_else_fits() {
    let both = "+ ServiceAccount kube-system/fsx-csi-controller-sa; + Release kube-system/aws-fsx-csi-driver";
    let rows: [Row; 11] = [
        ("as asked for", "--driver helm", program, both),
        (
            "without the program",
            "--driver helm",
            |_| {},
            "! Usage | install helm 3.14 or newer, or use --driver addon",
        ),
        (
            "with one that is too old",
            "--driver helm",
            |facts| {
                facts.driver.helm =
                    Seen::Found(HelmProgram { path: "/helm".to_owned(), version: "v3.9.4".to_owned() })
            },
            "! Usage | install helm 3.14 or newer",
        ),
        (
            "releases that cannot be seen",
            "--driver helm",
            |facts| {
                program(facts);
                facts.driver.release = hidden("list secrets in kube-system");
            },
            allowed("list secrets in kube-system"),
        ),
        ("the add-on has a build, so it goes first", "", program, INSTALL),
        (
            "the add-on has no build",
            "",
            |facts| {
                program(facts);
                facts.cluster.version = "1.20".to_owned();
            },
            both,
        ),
        (
            "a right service account of somebody else is in the add-on's way, not in Helm's",
            "--role-arn arn:aws:iam::111122223333:role/fsx",
            |facts| {
                program(facts);
                let arn = "arn:aws:iam::111122223333:role/fsx".to_owned();
                facts.access.provider = Facts::done().access.provider;
                let known = role("fsx", web_trust(), enough(), Default::default());
                facts.access.roles.insert("fsx".to_owned(), known);
                facts.access.service_account =
                    Seen::Found(ServiceAccount { role_arn: Some(arn), marks: Marks::default() });
            },
            "+ Release kube-system/aws-fsx-csi-driver",
        ),
        (
            "a wrong one is not",
            "",
            |facts| {
                program(facts);
                facts.access.service_account = Seen::Found(ServiceAccount::default());
            },
            "! Conflict | let fsxctl annotate it with --adopt ServiceAccount/kube-system/fsx-csi-controller-sa",
        ),
        (
            "another namespace",
            "--driver helm --service-account storage/fsx",
            program,
            "! Usage | name a service account of kube-system",
        ),
        (
            "the add-on is there",
            "--driver helm",
            |facts| {
                *facts = Facts::done();
                program(facts);
            },
            "! Conflict | fsxctl migrate driver --to helm",
        ),
        (
            "manifests are there",
            "--driver helm",
            |facts| {
                *facts = Facts::done();
                facts.driver.addon = Seen::Missing;
                program(facts);
            },
            "! Conflict | use it with --driver existing, or run: fsxctl migrate driver --to addon",
        ),
    ];
    check(StepId::Driver, Goal::Present, Facts::bare, &rows);
}

#[test]
fn a_release_that_is_there() {
    let rows: [Row; 16] = [
        ("ours, deployed", "", |facts| released(facts, "deployed", true), "settled"),
        ("the same, as asked for", "--driver helm", |facts| released(facts, "deployed", true), "settled"),
        (
            "another version",
            "--driver-version 1.16.0",
            |facts| released(facts, "deployed", true),
            "! Conflict | fsxctl setup driver --upgrade --driver-version 1.16.0",
        ),
        (
            "other values",
            "--helm-value controller.replicaCount=1",
            |facts| released(facts, "deployed", true),
            "~ Release kube-system/aws-fsx-csi-driver",
        ),
        (
            "ours, failed",
            "",
            |facts| released(facts, "failed", true),
            "~ Release kube-system/aws-fsx-csi-driver",
        ),
        (
            "ours, ended while it was installed",
            "",
            |facts| released(facts, "pending-install", true),
            "- Release kube-system/aws-fsx-csi-driver; ~ Release kube-system/aws-fsx-csi-driver",
        ),
        (
            "ours, ended while it was upgraded",
            "",
            |facts| released(facts, "pending-upgrade", true),
            "~ Release kube-system/aws-fsx-csi-driver; ~ Release kube-system/aws-fsx-csi-driver",
        ),
        (
            "ours, ended while it was taken away",
            "",
            |facts| released(facts, "uninstalling", true),
            "- Release kube-system/aws-fsx-csi-driver; ~ Release kube-system/aws-fsx-csi-driver",
        ),
        (
            "ours, and a helm is at work",
            "",
            |facts| {
                released(facts, "pending-install", true);
                facts.driver.release =
                    facts.driver.release.clone().map(|release| Release { age_seconds: 3, ..release });
            },
            "! Conflict | wait until it is done and run it again",
        ),
        (
            "ours, without its Deployment",
            "",
            |facts| {
                released(facts, "deployed", true);
                facts.driver.controller = Seen::Missing;
            },
            "~ Release kube-system/aws-fsx-csi-driver",
        ),
        (
            "ours, without its service account",
            "",
            |facts| {
                released(facts, "deployed", true);
                facts.access.service_account = Seen::Missing;
            },
            "+ ServiceAccount kube-system/fsx-csi-controller-sa; ~ Deployment kube-system/fsx-csi-controller",
        ),
        ("somebody else's, deployed", "", |facts| released(facts, "deployed", false), "settled"),
        (
            "somebody else's, whose upgrade failed",
            "",
            |facts| released(facts, "failed", false),
            "settled (!)",
        ),
        (
            "somebody else's, ended while it was installed",
            "",
            |facts| released(facts, "pending-install", false),
            "! Conflict | helm uninstall aws-fsx-csi-driver --namespace kube-system",
        ),
        (
            "somebody else's, ended while it was upgraded",
            "--driver helm",
            |facts| released(facts, "pending-upgrade", false),
            "! Conflict | helm rollback aws-fsx-csi-driver --namespace kube-system",
        ),
        (
            "the add-on would fight with it",
            "--driver addon",
            |facts| released(facts, "deployed", true),
            "! Conflict | use it with --driver existing, or run: fsxctl migrate driver --to addon",
        ),
    ];
    check(StepId::Driver, Goal::Present, Facts::done, &rows);
}

#[test]
fn an_upgrade_is_asked_for() {
    let rows: [Row; 9] = [
        ("to the newest", "driver --upgrade", |_| {}, "~ Addon aws-fsx-csi-driver"),
        (
            "it is the newest",
            "driver --upgrade",
            |facts| change_addon(facts, |addon| addon.version = "v1.10.0-eksbuild.1".into()),
            "settled",
        ),
        (
            "newer than what EKS lists",
            "driver --upgrade",
            |facts| change_addon(facts, |addon| addon.version = "v2.0.0-eksbuild.1".into()),
            "settled",
        ),
        (
            "to one that is not there",
            "driver --upgrade --driver-version v9.9.9-eksbuild.1",
            |_| {},
            "! Usage | fsxctl setup driver --list-versions",
        ),
        (
            "of somebody else's",
            "driver --upgrade",
            |facts| change_addon(facts, |addon| addon.tags.clear()),
            "! Conflict | let fsxctl upgrade it with --adopt Addon/aws-fsx-csi-driver",
        ),
        (
            "of a release",
            "driver --upgrade --driver-version 1.18.0",
            |facts| released(facts, "deployed", true),
            "~ Release kube-system/aws-fsx-csi-driver",
        ),
        (
            "of a release, to where?",
            "driver --upgrade",
            |facts| released(facts, "deployed", true),
            "! Usage | name the chart's version to upgrade to with --driver-version",
        ),
        (
            "of a part of another chart",
            "driver --upgrade --driver-version 1.18.0",
            |facts| {
                released(facts, "deployed", false);
                facts.driver.release = facts
                    .driver
                    .release
                    .clone()
                    .map(|release| Release { chart: "hyperpod-inference-operator".to_owned(), ..release });
            },
            "! Conflict | upgrade that release with helm",
        ),
        (
            "of manifests",
            "driver --upgrade",
            |facts| facts.driver.addon = Seen::Missing,
            "! Conflict | upgrade it the way it was installed, or run: fsxctl migrate driver --to addon",
        ),
    ];
    check(StepId::Driver, Goal::Present, Facts::done, &rows);
}

#[test]
fn an_upgrade_of_the_add_on_names_its_role_and_configuration_again() {
    let mut facts = Facts::done();
    change_addon(&mut facts, |addon| addon.configuration = Some("{}".to_owned()));
    let plan = plan(Goal::Present, &wish("driver --upgrade"), &facts);
    let action = plan.changes().next().map(|change| change.action.clone());
    let Some(Action::UpdateAddon { version, role_arn, association, conflicts, configuration, .. }) = action
    else {
        panic!("{plan:?}")
    };
    assert_eq!(version.as_deref(), Some("v1.10.0-eksbuild.1"));
    assert_eq!(
        role_arn.as_deref(),
        Some(crate::facts::sample::ROLE_ARN),
        "EKS drops a role that is not named"
    );
    assert_eq!((association, conflicts), (Associations::Keep, Conflicts::Preserve));
    assert_eq!(configuration.as_deref(), Some("{}"));
}

#[test]
fn undo_takes_away_the_release_that_fsxctl_made() {
    let both = "- Release kube-system/aws-fsx-csi-driver; - ServiceAccount kube-system/fsx-csi-controller-sa";
    let rows: [Row; 4] = [
        ("ours", "", |facts| released(facts, "deployed", true), both),
        (
            "adopted",
            "",
            |facts| {
                released(facts, "deployed", true);
                facts.driver.release =
                    facts.driver.release.clone().map(|release| Release { adopted: true, ..release });
                facts.access.service_account = Seen::Found(ServiceAccount::default());
            },
            "settled",
        ),
        (
            "somebody else's",
            "",
            |facts| {
                released(facts, "deployed", false);
                facts.access.service_account = Seen::Found(ServiceAccount::default());
            },
            "settled",
        ),
        (
            "hidden",
            "",
            |facts| {
                released(facts, "deployed", true);
                facts.driver.release = hidden("list secrets in kube-system");
            },
            allowed("list secrets in kube-system"),
        ),
    ];
    check(StepId::Driver, Goal::Absent, Facts::done, &rows);
}

/// What a migration plans, one line a step.
fn migrated(words: &str, breakage: impl FnOnce(&mut Facts)) -> Vec<String> {
    let mut facts = Facts::done();
    breakage(&mut facts);
    let plan = plan(Goal::Present, &crate::intent::sample::migration(words), &facts);
    plan.items.iter().map(super::super::sample::outline).collect()
}

#[test]
fn the_driver_goes_from_one_way_to_another() {
    let addon = "- Release kube-system/aws-fsx-csi-driver; + Addon aws-fsx-csi-driver (!)";
    assert_eq!(migrated("driver --to addon", |facts| released(facts, "deployed", true)), ["settled", addon]);
    assert_eq!(migrated("driver --to addon", |_| {}), ["settled", "settled"]);
    let helm = "- Addon aws-fsx-csi-driver; + ServiceAccount kube-system/fsx-csi-controller-sa; \
                + Release kube-system/aws-fsx-csi-driver (!)";
    assert_eq!(migrated("driver --to helm", program), ["settled", helm]);
    assert_eq!(
        migrated("driver --to helm", |facts| released(facts, "deployed", true)),
        ["settled", "settled"]
    );
    let adopt = "! Conflict | let fsxctl uninstall it with --adopt Release/kube-system/aws-fsx-csi-driver";
    assert_eq!(migrated("driver --to addon", |facts| released(facts, "deployed", false)), [adopt]);
    let hidden_release = |facts: &mut Facts| {
        released(facts, "deployed", true);
        let marks = Marks {
            annotations: [("meta.helm.sh/release-name".to_owned(), "x".to_owned())].into(),
            ..Marks::default()
        };
        facts.driver.csi_driver = Seen::Found(CsiDriver { marks, ..CsiDriver::default() });
        facts.driver.release = hidden("list secrets in kube-system");
    };
    assert_eq!(migrated("driver --to addon", hidden_release), [allowed("list secrets in kube-system")]);
}

#[test]
fn the_identity_goes_from_one_way_to_another() {
    let with_agent = |facts: &mut Facts| facts.access.agent = Seen::Found(agent("ACTIVE"));
    let to_pods = format!(
        "~ Role {ROLE}; ~ Addon aws-fsx-csi-driver; ~ Deployment kube-system/fsx-csi-controller; ~ Role {ROLE}"
    );
    assert_eq!(migrated("identity --to pod-identity", with_agent), [to_pods]);
    assert_eq!(
        migrated("identity --to pod-identity", |_| {}),
        ["! Usage | aws eks create-addon --cluster-name hp-eks --addon-name eks-pod-identity-agent"]
    );
    assert_eq!(migrated("identity --to irsa", |_| {}), ["settled"]);
    let of_release = |facts: &mut Facts| {
        released(facts, "deployed", true);
        with_agent(facts);
    };
    let to_pods = format!(
        "~ Role {ROLE}; + PodIdentityAssociation kube-system/fsx-csi-controller-sa; \
         ~ ServiceAccount kube-system/fsx-csi-controller-sa; ~ Deployment kube-system/fsx-csi-controller; ~ Role {ROLE}"
    );
    assert_eq!(migrated("identity --to pod-identity", of_release), [to_pods]);
    assert_eq!(
        migrated("identity --to pod-identity", |facts| {
            with_agent(facts);
            change_addon(facts, |addon| addon.tags.clear());
        }),
        ["! Conflict | let fsxctl change it with --adopt Addon/aws-fsx-csi-driver"]
    );
    assert_eq!(
        migrated("identity --to pod-identity", |facts| facts.access.agent = hidden("eks:DescribeAddon")),
        [allowed("eks:DescribeAddon")]
    );
}

/// Such a look is repeated before anything is planned on it.
#[test]
fn an_account_that_is_newer_than_the_add_on_that_was_seen_is_told() {
    let with = |by: &str, addon: bool| {
        let mut facts = Facts::done();
        if let Seen::Found(account) = &mut facts.access.service_account {
            account.marks.labels.insert("app.kubernetes.io/managed-by".to_owned(), by.to_owned());
        }
        if !addon {
            facts.driver.addon = Seen::Missing;
        }
        super::is_torn(&facts)
    };
    assert!(with("EKS", false));
    assert!(!with("EKS", true), "the add-on that made it is there");
    assert!(!with("Helm", false), "somebody else made it");
}
