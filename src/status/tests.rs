//! Tables: what each state of the world comes to.

#![expect(clippy::too_many_lines, reason = "a table is as long as it has rows")]

use super::*;
use crate::domain::network::{Peer, Rule, SecurityGroup};
use crate::facts::sample::{self, hidden, pod, tcp};
use crate::facts::{Association, ClaimUse, Facts, Issue, PodUse, Seen};
use crate::intent::sample::wish;

/// The claim of the sample, as it is looked at here.
fn claim() -> ClaimUse {
    let claim = sample::claim();
    ClaimUse {
        namespace: claim.namespace,
        name: claim.name,
        uid: "uid-1".to_owned(),
        class: claim.class,
        requested: claim.size,
        phase: claim.phase,
        volume: claim.volume,
        ours: true,
        ..ClaimUse::default()
    }
}

fn user(name: &str, ready: bool) -> PodUse {
    PodUse {
        namespace: "default".to_owned(),
        name: name.to_owned(),
        claims: vec!["fsx-claim".to_owned()],
        phase: "Running".to_owned(),
        ready,
        ..PodUse::default()
    }
}

/// What a set-up leaves, with two pods.
fn done() -> Survey {
    Survey {
        facts: Facts::done(),
        veiled: None,
        shut: None,
        namespace: None,
        classes: Seen::Found(vec![sample::class()]),
        claims: Seen::Found(vec![claim()]),
        pods: Seen::Found(vec![user("a", true), user("b", false)]),
    }
}

fn judged(change: impl FnOnce(&mut Survey)) -> Status {
    let mut survey = done();
    change(&mut survey);
    judge(&survey, &wish(""))
}

#[test]
fn what_a_set_up_leaves_is_healthy() {
    let status = judged(|_| {});
    assert_eq!(
        (status.identity.health, status.driver.health, status.driver.owner),
        (Health::Healthy, Health::Healthy, Some(Owner::Addon))
    );
    let [item] = status.items.as_slice() else { panic!("one claim: {:?}", status.items) };
    assert_eq!((item.health, item.because.as_deref()), (Health::Healthy, None));
    let system = item.file_system.as_ref().expect("its file system");
    assert_eq!((system.ports.state, system.zone.as_deref()), (PortState::Open, Some("us-west-2a")));
    assert_eq!(item.pods.as_ref().map(|pods| (pods.ready, pods.total)), Some((1, 2)));
    assert_eq!(status.unseen, []);
    let summary =
        Summary { claims: Some(1), bound: 1, file_systems: Some(1), pods: Some(2), ..Summary::default() };
    assert_eq!(status.summary, summary);
}

type Change = fn(&mut Survey);

/// Health and reason of the only claim.
#[test]
fn a_claim_is_judged_with_all_that_it_hangs_on() {
    fn system(survey: &mut Survey) -> &mut crate::facts::FileSystem {
        match &mut survey.facts.file_systems {
            Seen::Found(all) => &mut all[0],
            _ => panic!("the sample has one"),
        }
    }
    fn waiting(survey: &mut Survey) {
        let pending = ClaimUse { phase: "Pending".to_owned(), volume: None, ..claim() };
        survey.claims = Seen::Found(vec![pending]);
        survey.facts.storage.volumes = Seen::Found(Vec::new());
    }
    let rows: [(&str, Change, Health, Option<&str>); 16] = [
        ("as it should be", |_| {}, Health::Healthy, None),
        (
            "being made larger",
            |survey| system(survey).lifecycle = "UPDATING".to_owned(),
            Health::Coming,
            Some("file system fs-1 is UPDATING"),
        ),
        (
            "failed",
            |survey| {
                system(survey).lifecycle = "FAILED".to_owned();
                system(survey).failure = Some("out of disks".to_owned());
            },
            Health::Broken,
            Some("file system fs-1 is FAILED: out of disks"),
        ),
        (
            "a lifecycle that nobody knows",
            |survey| system(survey).lifecycle = "NEW_WORD".to_owned(),
            Health::Unknown,
            Some("file system fs-1 is NEW_WORD"),
        ),
        (
            "file system gone, volume made by hand",
            |survey| survey.facts.file_systems = Seen::Found(Vec::new()),
            Health::Unknown,
            Some("file system fs-1 is not in this account and Region: gone, or somebody else's"),
        ),
        (
            "file system gone, volume made by the driver",
            |survey| {
                survey.facts.file_systems = Seen::Found(Vec::new());
                let mut volume = sample::volume();
                let by = ("pv.kubernetes.io/provisioned-by".to_owned(), "fsx.csi.aws.com".to_owned());
                volume.marks.annotations.extend([by]);
                survey.facts.storage.volumes = Seen::Found(vec![volume]);
            },
            Health::Broken,
            Some("file system fs-1 is not there any more"),
        ),
        (
            "file systems hidden",
            |survey| survey.facts.file_systems = hidden("fsx:DescribeFileSystems"),
            Health::Unknown,
            Some("its file system cannot be seen"),
        ),
        (
            "volumes hidden",
            |survey| survey.facts.storage.volumes = hidden("list persistentvolumes"),
            Health::Unknown,
            Some("its volume cannot be seen"),
        ),
        (
            "lost",
            |survey| survey.claims = Seen::Found(vec![ClaimUse { phase: "Lost".to_owned(), ..claim() }]),
            Health::Broken,
            Some("its volume is not there any more"),
        ),
        ("waiting", waiting, Health::Coming, Some("its volume is not there yet")),
        (
            "waiting while its file system is made",
            |survey| {
                waiting(survey);
                system(survey).lifecycle = "CREATING".to_owned();
                let tag = ("CSIVolumeName".to_owned(), "pvc-uid-1".to_owned());
                system(survey).tags.extend([tag]);
            },
            Health::Coming,
            Some("file system fs-1 is CREATING"),
        ),
        (
            "waiting for its first pod",
            |survey| {
                waiting(survey);
                survey.pods = Seen::Found(Vec::new());
                let class = sample::class();
                let binding_mode = "WaitForFirstConsumer".to_owned();
                survey.classes = Seen::Found(vec![crate::facts::StorageClass { binding_mode, ..class }]);
            },
            Health::Coming,
            Some("it waits for its first pod"),
        ),
        (
            "waiting for a class that is not there",
            |survey| {
                waiting(survey);
                survey.classes = Seen::Found(Vec::new());
                let Seen::Found(claims) = &mut survey.claims else { return };
                claims[0].provisioner = Some("fsx.csi.aws.com".to_owned());
            },
            Health::Broken,
            Some("its StorageClass is not there"),
        ),
        (
            "waiting for a class that is hidden",
            |survey| {
                waiting(survey);
                survey.classes = hidden("list storageclasses.storage.k8s.io");
                let Seen::Found(claims) = &mut survey.claims else { return };
                claims[0].provisioner = Some("fsx.csi.aws.com".to_owned());
            },
            Health::Unknown,
            Some("who is to make its volume cannot be told"),
        ),
        (
            "waiting without a driver",
            |survey| {
                waiting(survey);
                survey.facts.driver = Facts::bare().driver;
            },
            Health::Broken,
            Some("there is no driver that could make its file system"),
        ),
        (
            "behind closed ports",
            |survey| groups(survey)[1].ingress = vec![tcp((988, 988), "sg-hp")],
            Health::Broken,
            Some("sg-hp does not let tcp 1018-1023 in from instance group cpu, instance group gpu"),
        ),
    ];
    for (name, change, health, because) in rows {
        let status = judged(change);
        let item = status.items.iter().find(|item| item.kind == ItemKind::PersistentVolumeClaim).expect(name);
        assert_eq!((item.health, item.because.as_deref()), (health, because), "{name}");
    }
}

fn groups(survey: &mut Survey) -> &mut Vec<SecurityGroup> {
    match &mut survey.facts.network.groups {
        Seen::Found(groups) => groups,
        _ => panic!("the sample has groups"),
    }
}

/// `open`, or what is closed or not known.
#[test]
fn ports_are_open_when_they_are_so_on_every_interface_and_for_every_node() {
    fn cidr(block: &str) -> Rule {
        Rule::tcp((988, 1023), Peer::Cidr(block.to_owned()))
    }
    let rows: [(&str, Change, PortState, Option<&str>); 12] = [
        ("by group", |_| {}, PortState::Open, None),
        (
            "by addresses that hold the nodes",
            |survey| {
                for group in groups(survey) {
                    group.ingress = vec![cidr("10.20.0.0/16")];
                }
            },
            PortState::Open,
            None,
        ),
        (
            "by addresses that hold half of the nodes",
            |survey| groups(survey)[1].ingress = vec![cidr("10.20.0.0/18")],
            PortState::Closed,
            Some("sg-hp does not let tcp 988, 1018-1023 in from instance group cpu, instance group gpu"),
        ),
        (
            "one interface of two wears another group",
            |survey| {
                groups(survey).push(sample::group("sg-shut", &[]));
                let both = vec![interface("eni-1", "sg-hp"), interface("eni-2", "sg-shut")];
                survey.facts.network.interfaces = Seen::Found(both);
            },
            PortState::Closed,
            Some("sg-shut does not let tcp 988, 1018-1023 in from instance group cpu, instance group gpu"),
        ),
        (
            "nodes may not send",
            |survey| groups(survey)[0].egress = Vec::new(),
            PortState::Closed,
            Some("sg-cluster does not let tcp 988, 1018-1023 out to the file system"),
        ),
        (
            "the old range",
            |survey| {
                groups(survey)[1].ingress =
                    vec![tcp((988, 988), "sg-hp"), tcp((1021, 1023), "sg-hp"), sample::all("sg-cluster")]
            },
            PortState::Unknown,
            Some(
                "sg-hp does not let tcp 1018-1020 in from instance group cpu, instance group gpu: an old range of AWS's that often works",
            ),
        ),
        (
            "an interface is not listed",
            |survey| survey.facts.network.interfaces = Seen::Found(vec![interface("eni-1", "sg-hp")]),
            PortState::Unknown,
            Some("its interface eni-2 is not listed"),
        ),
        (
            "groups hidden",
            |survey| survey.facts.network.groups = hidden("ec2:DescribeSecurityGroups"),
            PortState::Unknown,
            Some("security groups cannot be seen (ec2:DescribeSecurityGroups)"),
        ),
        (
            "instances hidden",
            |survey| survey.facts.network.instances = hidden("ec2:DescribeInstances"),
            PortState::Unknown,
            Some("the nodes' security groups cannot be seen (ec2:DescribeInstances)"),
        ),
        (
            "addresses decide, and subnets are hidden",
            |survey| {
                groups(survey)[1].ingress = vec![cidr("10.20.0.0/16")];
                survey.facts.network.subnets = hidden("ec2:DescribeSubnets");
            },
            PortState::Unknown,
            Some("rules of sg-hp name addresses, and those in from the file system are not known"),
        ),
        (
            "a prefix list decides, and cannot be read",
            |survey| {
                groups(survey)[1].ingress = vec![Rule::tcp((988, 1023), Peer::PrefixList("pl-1".to_owned()))];
            },
            PortState::Unknown,
            Some("prefix list pl-1, which rules of sg-hp name, cannot be read"),
        ),
        (
            "another VPC",
            |survey| {
                let Seen::Found(systems) = &mut survey.facts.file_systems else { return };
                systems[0].vpc = Some("vpc-2".to_owned());
            },
            PortState::Unknown,
            Some("it is in vpc-2, and the way there is not looked at"),
        ),
    ];
    fn interface(id: &str, group: &str) -> crate::facts::Interface {
        sample::interface(id, &[group])
    }
    for (name, change, state, because) in rows {
        let status = judged(change);
        let system = status.items[0].file_system.as_ref().expect(name);
        assert_eq!(system.ports.state, state, "{name}: {:?}", system.ports.because);
        let told = |because: &str| system.ports.because.iter().any(|it| it == because);
        assert_eq!(because.is_none(), system.ports.because.is_empty(), "{name}");
        assert!(because.is_none_or(told), "{name}: {:?}", system.ports.because);
    }
}

#[test]
fn the_driver_is_judged_by_eks_and_by_its_pods() {
    type Row = (&'static str, Change, Health, Option<Owner>, &'static [&'static str]);
    let rows: [Row; 9] = [
        ("as it should be", |_| {}, Health::Healthy, Some(Owner::Addon), &[]),
        (
            "not there",
            |survey| survey.facts.driver = Facts::bare().driver,
            Health::Absent,
            Some(Owner::None),
            &[],
        ),
        (
            "being installed",
            |survey| {
                survey.facts.driver.addon = Seen::Found(sample::addon("CREATING"));
                survey.facts.driver.controller = Seen::Missing;
            },
            Health::Coming,
            Some(Owner::Addon),
            &["Deployment fsx-csi-controller is not there in kube-system"],
        ),
        (
            "degraded, in the words of EKS",
            |survey| {
                let issue = Issue { code: "Conflict".to_owned(), message: "in the way".to_owned() };
                let addon = crate::facts::Addon { issues: vec![issue], ..sample::addon("DEGRADED") };
                survey.facts.driver.addon = Seen::Found(addon);
            },
            Health::Broken,
            Some(Owner::Addon),
            &["Conflict: in the way"],
        ),
        (
            "failed without a word",
            |survey| survey.facts.driver.addon = Seen::Found(sample::addon("CREATE_FAILED")),
            Health::Broken,
            Some(Owner::Addon),
            &["the add-on is CREATE_FAILED"],
        ),
        (
            "a node without its pod",
            |survey| {
                let workload = crate::facts::Workload { ready: 4, ..sample::workload(5) };
                survey.facts.driver.node = Seen::Found(workload);
            },
            Health::Broken,
            Some(Owner::Addon),
            &["DaemonSet fsx-csi-node: 4 of 5 pods are ready"],
        ),
        (
            "by manifests",
            |survey| survey.facts.driver.addon = Seen::Missing,
            Health::Healthy,
            Some(Owner::Manifests),
            &[],
        ),
        (
            "an add-on that is hidden is not manifests",
            |survey| survey.facts.driver.addon = hidden("eks:DescribeAddon"),
            Health::Unknown,
            None,
            &[],
        ),
        (
            "its node plugin hidden",
            |survey| survey.facts.driver.node = hidden("get daemonsets.apps in kube-system"),
            Health::Unknown,
            Some(Owner::Addon),
            &[],
        ),
    ];
    for (name, change, health, owner, issues) in rows {
        let driver = judged(change).driver;
        assert_eq!((driver.health, driver.owner), (health, owner), "{name}: {driver:?}");
        assert_eq!(driver.issues, issues, "{name}");
    }
    let newer = judged(|_| {}).driver.newer;
    assert_eq!(newer.as_deref(), Some("v1.10.0-eksbuild.1"));
}

#[test]
fn the_identity_is_right_when_a_set_up_would_leave_it() {
    let rows: [(&str, Change, Health, Option<Way>); 7] = [
        ("IRSA", |_| {}, Health::Healthy, Some(Way::Irsa)),
        (
            "its role is gone",
            |survey| {
                let gone = crate::facts::RoleFacts { role: Seen::Missing, policies: Seen::Missing };
                survey.facts.access.roles.insert(sample::ROLE.to_owned(), gone);
            },
            Health::Broken,
            Some(Way::Irsa),
        ),
        (
            "its role cannot be seen",
            |survey| {
                let veiled =
                    crate::facts::RoleFacts { role: hidden("iam:GetRole"), policies: hidden("iam:GetRole") };
                survey.facts.access.roles.insert(sample::ROLE.to_owned(), veiled);
            },
            Health::Unknown,
            Some(Way::Irsa),
        ),
        (
            "an association without its agent",
            |survey| {
                let role_arn = sample::ROLE_ARN.to_owned();
                survey.facts.access.association =
                    Seen::Found(Association { role_arn, ..Association::default() });
            },
            Health::Broken,
            Some(Way::PodIdentity),
        ),
        (
            "an association that is hidden goes before IRSA",
            |survey| survey.facts.access.association = hidden("eks:ListPodIdentityAssociations"),
            Health::Unknown,
            None,
        ),
        (
            "pods that are older than the role",
            |survey| survey.facts.driver.pods = Seen::Found(vec![pod("1", None)]),
            Health::Broken,
            Some(Way::Irsa),
        ),
        ("no driver", |survey| survey.facts = Facts::bare(), Health::Absent, Some(Way::None)),
    ];
    for (name, change, health, way) in rows {
        let identity = judged(change).identity;
        assert_eq!((identity.health, identity.way), (health, way), "{name}: {identity:?}");
    }
    // What a set-up would be for is no reason why something does not work.
    let agentless = judged(|survey| {
        let role_arn = sample::ROLE_ARN.to_owned();
        survey.facts.access.association = Seen::Found(Association { role_arn, ..Association::default() });
    });
    assert!(!agentless.identity.because.starts_with("the driver gets"), "{:?}", agentless.identity);
}

/// Hiding a part never makes it missing, and never breaks another.
#[test]
fn what_is_hidden_is_neither_missing_nor_broken() {
    let rows: [(&str, Change); 20] = [
        ("a", |it| it.facts.caller = hidden("sts:GetCallerIdentity")),
        ("b", |it| it.facts.hyperpod = hidden("sagemaker:ListClusters")),
        ("c", |it| it.facts.nodes = hidden("list nodes")),
        ("d", |it| it.facts.driver.addon = hidden("eks:DescribeAddon")),
        ("e", |it| it.facts.driver.versions = hidden("eks:DescribeAddonVersions")),
        ("f", |it| it.facts.driver.csi_driver = hidden("get csidrivers.storage.k8s.io")),
        ("g", |it| it.facts.driver.controller = hidden("get deployments.apps in kube-system")),
        ("h", |it| it.facts.driver.node = hidden("get daemonsets.apps in kube-system")),
        ("i", |it| it.facts.driver.pods = hidden("list pods in kube-system")),
        ("j", |it| it.facts.access.provider = hidden("iam:GetOpenIDConnectProvider")),
        ("k", |it| it.facts.access.association = hidden("eks:ListPodIdentityAssociations")),
        ("l", |it| it.facts.access.service_account = hidden("get serviceaccounts in kube-system")),
        ("m", |it| it.facts.network.subnets = hidden("ec2:DescribeSubnets")),
        ("n", |it| it.facts.network.groups = hidden("ec2:DescribeSecurityGroups")),
        ("o", |it| it.facts.network.interfaces = hidden("ec2:DescribeNetworkInterfaces")),
        ("p", |it| it.facts.network.instances = hidden("ec2:DescribeInstances")),
        ("q", |it| it.facts.file_systems = hidden("fsx:DescribeFileSystems")),
        ("r", |it| it.facts.storage.volumes = hidden("list persistentvolumes")),
        ("s", |it| it.claims = hidden("list persistentvolumeclaims")),
        ("t", |it| it.pods = hidden("list pods")),
    ];
    for (name, change) in rows {
        let mut survey = done();
        change(&mut survey);
        let status = judge(&survey, &wish(""));
        assert_eq!(status.unseen.len(), 1, "{name}: {:?}", status.unseen);
        let parts = [status.identity.health, status.driver.health];
        let items = status.items.iter().map(|item| item.health);
        for health in parts.into_iter().chain(items) {
            assert!(matches!(health, Health::Healthy | Health::Unknown), "{name}: {status:?}");
        }
        let closed = |item: &StorageItem| {
            item.file_system.as_ref().is_some_and(|system| system.ports.state == PortState::Closed)
        };
        assert!(!status.items.iter().any(closed), "{name}");
    }
}

#[test]
fn a_door_that_is_shut_is_told_once() {
    let veil = crate::facts::Veil { permission: String::new(), cause: "cannot reach it".to_owned() };
    let status = judged(|survey| {
        survey.shut = Some("cannot reach it".to_owned());
        survey.claims = Seen::Hidden(veil.clone());
        survey.pods = Seen::Hidden(veil.clone());
        survey.classes = Seen::Hidden(veil.clone());
        survey.facts.nodes = Seen::Hidden(veil.clone());
        survey.facts.storage.volumes = Seen::Hidden(veil.clone());
    });
    assert_eq!(status.unseen.len(), 1, "{:?}", status.unseen);
    assert_eq!(
        (status.unseen[0].what.as_str(), status.unseen[0].permission.as_deref()),
        ("Kubernetes", None)
    );
    // What volumes use cannot be told, so no file system is called unused.
    let item = status.items.iter().find(|item| item.kind == ItemKind::FileSystem).expect("its file system");
    assert_eq!(item.because.as_deref(), Some("whether a volume uses it cannot be seen"));
    assert_eq!(item.health, Health::Unknown);
}

#[test]
fn whose_work_it_is_is_told_by_tags_and_label() {
    let status = judged(|_| {});
    assert_eq!(status.identity.made_by, Some(MadeBy::Fsxctl));
    assert_eq!(status.classes.as_ref().map(|all| all[0].made_by), Some(MadeBy::Fsxctl));
    assert_eq!(status.items[0].claim.as_ref().map(|claim| claim.made_by), Some(MadeBy::Fsxctl));
    assert_eq!(status.items[0].file_system.as_ref().map(|system| system.made_by), Some(MadeBy::Others));
    let tagged = |cluster: &'static str| {
        let status = judged(|survey| {
            let Seen::Found(systems) = &mut survey.facts.file_systems else { return };
            systems[0].tags = sample::tags_of(cluster);
        });
        status.items[0].file_system.as_ref().map(|system| system.made_by)
    };
    assert_eq!(tagged(sample::CLUSTER), Some(MadeBy::Fsxctl));
    assert_eq!(tagged(sample::OTHER_CLUSTER), Some(MadeBy::OtherCluster));
}
