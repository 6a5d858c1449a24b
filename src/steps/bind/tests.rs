//! A file system that is there already, row by row.

#![expect(clippy::too_many_lines, reason = "a table is as long as it has rows")]

use super::*;
use crate::facts::sample::{all, claim, file_system, group, hidden, interface, node, our_marks, tcp, volume};
use crate::facts::{Claim, Interface, Marks, Namespace, Route, RouteTable, Subnet, Volume};
use crate::steps::sample::{Row, check};

const FS: &str = "fs-00000000000000001";
const DNS: &str = "fs-00000000000000001.fsx.us-west-2.amazonaws.com";
const NAME: &str = "fs-00000000000000001-default-fsx-claim";
const BOTH: &str =
    "+ PersistentVolume fs-00000000000000001-default-fsx-claim; + PersistentVolumeClaim default/fsx-claim";
const BYO: &str = "byo --fs-id fs-00000000000000001";

fn place(name: &str, claim: Seen<Claim>) -> Place {
    Place {
        name: name.to_owned(),
        namespace: Seen::Found(Namespace { name: name.to_owned(), ..Namespace::default() }),
        claim,
        users: Seen::Found(Vec::new()),
    }
}

/// A file system of somebody, in the nodes' group, and nothing that uses it.
fn existing() -> Facts {
    let mut facts = Facts::done();
    let system = FileSystem {
        id: FS.to_owned(),
        kind: "LUSTRE".to_owned(),
        version: Some("2.15".to_owned()),
        dns_name: Some(DNS.to_owned()),
        mount_name: Some("abcdefgh".to_owned()),
        ..file_system()
    };
    facts.file_systems = Seen::Found(vec![system]);
    facts.network.groups = Seen::Found(vec![
        group("sg-cluster", &[all("sg-cluster"), all("sg-hp")]),
        group("sg-hp", &[all("sg-hp"), all("sg-cluster")]),
    ]);
    facts.storage.volumes = Seen::Found(Vec::new());
    facts.storage.places = Seen::Found(vec![place("default", Seen::Missing)]);
    facts
}

/// The volume as `byo` leaves it.
fn own_volume() -> Volume {
    Volume {
        name: NAME.to_owned(),
        handle: FS.to_owned(),
        dns_name: Some(DNS.to_owned()),
        mount_name: Some("abcdefgh".to_owned()),
        class: None,
        marks: our_marks(),
        ..volume()
    }
}

fn own_claim() -> Claim {
    Claim { class: None, volume: Some(NAME.to_owned()), ..claim() }
}

/// The same bound.
fn bound() -> Facts {
    let mut facts = existing();
    facts.storage.volumes = Seen::Found(vec![own_volume()]);
    facts.storage.places = Seen::Found(vec![place("default", Seen::Found(own_claim()))]);
    facts
}

fn system(facts: &mut Facts, change: impl FnOnce(&mut FileSystem)) {
    let Seen::Found(all) = &mut facts.file_systems else { panic!("the sample has file systems") };
    change(&mut all[0]);
}

fn vol(facts: &mut Facts, change: impl FnOnce(&mut Volume)) {
    let Seen::Found(all) = &mut facts.storage.volumes else { panic!("the sample has volumes") };
    change(&mut all[0]);
}

fn at(facts: &mut Facts) -> &mut Place {
    let Seen::Found(all) = &mut facts.storage.places else { panic!("the sample has a place") };
    &mut all[0]
}

fn pvc(facts: &mut Facts, change: impl FnOnce(&mut Claim)) {
    let Seen::Found(claim) = &mut at(facts).claim else { panic!("the sample has a claim") };
    change(claim);
}

#[test]
fn volume_and_claim_are_made_for_a_file_system_that_can_be_mounted() {
    let rows: [Row; 14] = [
        ("nothing is there", BYO, |_| {}, BOTH),
        ("it is being changed", BYO, |facts| system(facts, |it| it.lifecycle = "UPDATING".into()), BOTH),
        (
            "misconfigured",
            BYO,
            |facts| system(facts, |it| it.lifecycle = "MISCONFIGURED".into()),
            "+ PersistentVolume fs-00000000000000001-default-fsx-claim; + PersistentVolumeClaim default/fsx-claim (!)",
        ),
        (
            "failed",
            BYO,
            |facts| system(facts, |it| it.lifecycle = "FAILED".into()),
            "! Conflict | take another file system…",
        ),
        (
            "going",
            BYO,
            |facts| system(facts, |it| it.lifecycle = "DELETING".into()),
            "! Conflict | take another file system…",
        ),
        (
            "coming, and no time",
            "byo --fs-id fs-00000000000000001 --no-wait",
            |facts| system(facts, |it| it.lifecycle = "CREATING".into()),
            "! Conflict | leave --no-wait out…",
        ),
        (
            "another id",
            BYO,
            |facts| system(facts, |it| it.id = "fs-00000000000000002".into()),
            "! Usage | take the one that is there: --fs-id fs-00000000000000002",
        ),
        (
            "another type",
            BYO,
            |facts| {
                facts.file_systems = Seen::Found(Vec::new());
                facts.other_file_systems.insert(FS.into(), "ONTAP".into());
            },
            "! Usage | make one: fsxctl setup dynamic",
        ),
        (
            "hidden",
            BYO,
            |facts| facts.file_systems = hidden("fsx:DescribeFileSystems"),
            "! Denied | allow fsx:DescribeFileSystems…",
        ),
        (
            "no namespace",
            BYO,
            |facts| at(facts).namespace = Seen::Missing,
            "! Usage | make it with --create-namespace…",
        ),
        (
            "a namespace to be made",
            "byo --fs-id fs-00000000000000001 --create-namespace",
            |facts| at(facts).namespace = Seen::Missing,
            "+ Namespace default; + PersistentVolume fs-00000000000000001-default-fsx-claim; + PersistentVolumeClaim default/fsx-claim",
        ),
        (
            "a namespace that cannot be seen",
            BYO,
            |facts| at(facts).namespace = hidden("get namespaces"),
            "+ PersistentVolume fs-00000000000000001-default-fsx-claim; + PersistentVolumeClaim default/fsx-claim (?)",
        ),
        (
            "a claim that cannot be seen",
            BYO,
            |facts| at(facts).claim = hidden("get persistentvolumeclaims in default"),
            "! Denied…",
        ),
        (
            "volumes that cannot be seen",
            BYO,
            |facts| facts.storage.volumes = hidden("list persistentvolumes"),
            "+ PersistentVolume fs-00000000000000001-default-fsx-claim; + PersistentVolumeClaim default/fsx-claim (?)",
        ),
    ];
    check(StepId::Storage, Goal::Present, existing, &rows);
}

#[test]
fn what_is_there_is_kept_or_in_the_way() {
    let other = "! Conflict | take another name with --claim…";
    let rows: [Row; 22] = [
        ("all of it", BYO, |_| {}, "settled"),
        (
            "a volume of another name",
            BYO,
            |facts| {
                vol(facts, |it| it.name = "mine".into());
                pvc(facts, |it| it.volume = Some("mine".into()));
            },
            "settled",
        ),
        (
            "a volume of another name than asked",
            "byo --fs-id fs-00000000000000001 --pv-name other",
            |_| {},
            "! Conflict | leave --pv-name out…",
        ),
        (
            "another file system's",
            BYO,
            |facts| vol(facts, |it| it.handle = "fs-00000000000000002".into()),
            other,
        ),
        ("a volume of another driver", BYO, |facts| facts.storage.volumes = Seen::Found(Vec::new()), other),
        (
            "of what cannot be seen",
            BYO,
            |facts| facts.storage.volumes = hidden("list persistentvolumes"),
            "settled (?) (?)",
        ),
        ("going", BYO, |facts| pvc(facts, |it| it.terminating = true), "! Conflict | wait until it is gone…"),
        (
            "lost",
            BYO,
            |facts| pvc(facts, |it| it.phase = "Lost".into()),
            "! Conflict | delete it and run this again: kubectl -n default delete pvc fsx-claim",
        ),
        (
            "with the default class",
            BYO,
            |facts| {
                pvc(facts, |it| {
                    it.phase = "Pending".into();
                    it.class = Some("gp3".into());
                    it.volume = None;
                })
            },
            "! Conflict | delete it and run this again…",
        ),
        (
            "waiting for another volume",
            BYO,
            |facts| {
                pvc(facts, |it| {
                    it.phase = "Pending".into();
                    it.volume = Some("mine".into());
                })
            },
            "! Conflict | name that volume with --pv-name mine…",
        ),
        (
            "waiting for a volume that is not there",
            BYO,
            |facts| {
                pvc(facts, |it| it.phase = "Pending".into());
                facts.storage.volumes = Seen::Found(Vec::new());
            },
            "+ PersistentVolume fs-00000000000000001-default-fsx-claim",
        ),
        (
            "waiting, too large",
            BYO,
            |facts| {
                pvc(facts, |it| {
                    it.phase = "Pending".into();
                    it.size = "9600Gi".into();
                });
                facts.storage.volumes = Seen::Found(Vec::new());
            },
            "! Conflict | state as much with --size 9600Gi…",
        ),
        (
            "another mount name",
            BYO,
            |facts| vol(facts, |it| it.mount_name = Some("zzzzzzzz".into())),
            "! Conflict | delete that volume…",
        ),
        (
            "no mount name",
            BYO,
            |facts| vol(facts, |it| it.mount_name = None),
            "! Conflict | delete that volume…",
        ),
        ("no DNS name", BYO, |facts| vol(facts, |it| it.dns_name = None), "! Conflict | delete that volume…"),
        (
            "the address of an interface",
            BYO,
            |facts| vol(facts, |it| it.dns_name = Some("10.20.0.10".into())),
            "settled",
        ),
        (
            "a name of their own",
            BYO,
            |facts| vol(facts, |it| it.dns_name = Some("lustre.corp".into())),
            "settled (?)",
        ),
        ("Delete", BYO, |facts| vol(facts, |it| it.reclaim_policy = "Delete".into()), "settled (!) (!)"),
        ("no flock", BYO, |facts| vol(facts, |it| it.mount_options = Vec::new()), "settled"),
        (
            "other options that were asked for",
            "byo --fs-id fs-00000000000000001 --read-only",
            |_| {},
            "~ PersistentVolume fs-00000000000000001-default-fsx-claim",
        ),
        (
            "other options, not ours",
            "byo --fs-id fs-00000000000000001 --read-only",
            |facts| vol(facts, |it| it.marks = Marks::default()),
            "! Conflict | let fsxctl change it with --adopt PersistentVolume/…",
        ),
        (
            "another size that was asked for",
            "byo --fs-id fs-00000000000000001 --size 2400Gi",
            |_| {},
            "! Conflict | leave --size out…",
        ),
    ];
    check(StepId::Storage, Goal::Present, bound, &rows);
}

/// The volume without its claim.
fn released() -> Facts {
    let mut facts = bound();
    vol(&mut facts, |it| it.phase = "Released".into());
    at(&mut facts).claim = Seen::Missing;
    facts
}

#[test]
fn a_released_volume_is_used_again_when_it_is_asked_for() {
    let again = "~ PersistentVolume fs-00000000000000001-default-fsx-claim; + PersistentVolumeClaim default/fsx-claim";
    let rebind = "byo --fs-id fs-00000000000000001 --rebind";
    let rows: [Row; 6] = [
        ("not asked for", BYO, |_| {}, "! Conflict | use it again with --rebind…"),
        ("asked for", rebind, |_| {}, again),
        (
            "of others",
            rebind,
            |facts| vol(facts, |it| it.marks = Marks::default()),
            "! Conflict | name it with --pv-name fs-…",
        ),
        (
            "of others, and named",
            "byo --fs-id fs-00000000000000001 --rebind --pv-name fs-00000000000000001-default-fsx-claim",
            |facts| vol(facts, |it| it.marks = Marks::default()),
            again,
        ),
        (
            "wrong source",
            rebind,
            |facts| vol(facts, |it| it.mount_name = Some("zzzzzzzz".into())),
            "! Conflict | delete that volume…",
        ),
        (
            "several, none of this claim",
            rebind,
            |facts| {
                let mut one = own_volume();
                one.phase = "Released".into();
                one.claim = Some("x/y".into());
                let two = Volume { name: "two".into(), ..one.clone() };
                facts.storage.volumes = Seen::Found(vec![one, two]);
            },
            "! Usage | name one with --pv-name: …",
        ),
    ];
    check(StepId::Storage, Goal::Present, released, &rows);
}

/// A run that ended between freeing a volume and making its claim left it kept for the claim.
#[test]
fn a_volume_that_is_kept_for_the_claim_is_taken_whatever_its_name_and_class() {
    fn kept() -> Facts {
        let mut facts = released();
        vol(&mut facts, |it| {
            it.name = "pvc-1".into();
            it.class = Some("fsx-sc".into());
            it.phase = "Available".into();
            it.claim_uid = None;
        });
        facts
    }
    let waiting = |facts: &mut Facts| {
        let claim = Claim {
            phase: "Pending".into(),
            class: Some("fsx-sc".into()),
            volume: Some("pvc-1".into()),
            ..claim()
        };
        at(facts).claim = Seen::Found(claim);
    };
    let alone = "+ PersistentVolumeClaim default/fsx-claim";
    let rows: [Row; 5] = [
        ("no claim yet", BYO, |_| {}, alone),
        ("no claim yet, and asked again", "byo --fs-id fs-00000000000000001 --rebind", |_| {}, alone),
        (
            "read-only",
            "byo --fs-id fs-00000000000000001 --read-only --adopt PersistentVolume/pvc-1",
            |_| {},
            "~ PersistentVolume pvc-1; + PersistentVolumeClaim default/fsx-claim",
        ),
        ("the claim waits", BYO, waiting, "settled"),
        (
            "the claim waits, another name asked",
            "byo --fs-id fs-00000000000000001 --pv-name other",
            waiting,
            "! Conflict…",
        ),
    ];
    check(StepId::Storage, Goal::Present, kept, &rows);
}

#[test]
fn a_volume_that_is_used_again_gets_what_was_asked_for() {
    let wish = crate::intent::sample::wish("byo --fs-id fs-00000000000000001 --rebind --read-only");
    let mut facts = released();
    vol(&mut facts, |it| {
        it.reclaim_policy = "Delete".into();
        it.mount_options = vec!["flock".into(), "noatime".into()];
    });
    let plan = crate::steps::plan(Goal::Present, &wish, &facts);
    let changes: Vec<_> = plan.changes().collect();
    let crate::steps::Action::PatchObject { patch, .. } = &changes[0].action else { panic!("{changes:?}") };
    assert_eq!(patch["spec"]["mountOptions"], serde_json::json!(["flock", "noatime", "ro"]));
    assert_eq!(patch["spec"]["persistentVolumeReclaimPolicy"], "Retain");
    assert_eq!(changes[1].after, [changes[0].id.clone()], "the claim waits for its volume");
    facts.storage.volumes = hidden("list persistentvolumes");
    let plan = crate::steps::plan(Goal::Present, &wish, &facts);
    assert_eq!(plan.block().map(|block| block.kind), Some(Kind::Denied));
}

#[test]
fn a_class_of_a_volume_that_is_used_again_is_the_claims_too() {
    let mut facts = released();
    vol(&mut facts, |it| it.class = Some("fsx-sc".into()));
    let plan = crate::steps::plan(
        Goal::Present,
        &crate::intent::sample::wish("byo --fs-id fs-00000000000000001 --rebind"),
        &facts,
    );
    let claim =
        plan.changes().find(|change| change.resource.kind == "PersistentVolumeClaim").expect("a claim");
    let crate::steps::Action::CreateObject { object, .. } = &claim.action else { panic!("{claim:?}") };
    assert_eq!(object["spec"]["storageClassName"], "fsx-sc", "else the two never bind");
    assert_eq!(object["spec"]["resources"]["requests"]["storage"], "1200Gi");
}

fn groups(facts: &mut Facts, change: impl FnOnce(&mut Vec<crate::domain::network::SecurityGroup>)) {
    let Seen::Found(all) = &mut facts.network.groups else { panic!("the sample has groups") };
    change(all);
}

/// A second interface in a group of its own.
fn apart(facts: &mut Facts, rules: &[crate::domain::network::Rule]) {
    groups(facts, |all| all.push(group("sg-fs", rules)));
    facts.network.interfaces =
        Seen::Found(vec![interface("eni-1", &["sg-hp"]), interface("eni-2", &["sg-fs"])]);
}

#[test]
fn every_interface_lets_every_group_of_nodes_in() {
    let open = "byo --fs-id fs-00000000000000001 --open-ports";
    let rows: [Row; 15] = [
        ("one group for all", BYO, |_| {}, "settled"),
        ("by address", BYO, |facts| apart(facts, &[tcp((988, 1023), "10.20.0.0/16")]), "settled (!)"),
        (
            "all but 1018-1023",
            BYO,
            |facts| apart(facts, &[tcp((988, 988), "10.20.0.0/16")]),
            "! Conflict | let fsxctl open these ports with --open-ports",
        ),
        (
            "the old range",
            BYO,
            |facts| apart(facts, &[tcp((988, 988), "10.20.0.0/16"), tcp((1021, 1023), "10.20.0.0/16")]),
            "settled (!) (!)",
        ),
        (
            "one group of nodes alone",
            BYO,
            |facts| apart(facts, &[tcp((988, 1023), "sg-hp"), tcp((988, 1023), "sg-fs")]),
            "! Conflict…",
        ),
        (
            "opened",
            open,
            |facts| apart(facts, &[tcp((988, 1023), "sg-hp"), tcp((988, 1023), "sg-fs")]),
            "~ SecurityGroup sg-fs [ingress tcp 988 from sg-cluster, ingress tcp 1018-1023 from sg-cluster]; ~ SecurityGroup sg-cluster [ingress tcp 988 from sg-fs, ingress tcp 1018-1023 from sg-fs]; ~ SecurityGroup sg-hp […",
        ),
        (
            "let pass",
            "byo --fs-id fs-00000000000000001 --skip-check ports",
            |facts| apart(facts, &[]),
            "settled (!) (!)",
        ),
        (
            "not from itself",
            BYO,
            |facts| apart(facts, &[tcp((988, 1023), "sg-hp"), tcp((988, 1023), "sg-cluster")]),
            "! Conflict…",
        ),
        (
            "a prefix list that cannot be read",
            BYO,
            |facts| apart(facts, &[tcp((988, 1023), "pl-1")]),
            "settled (?) (!)",
        ),
        (
            "addresses that are not known",
            BYO,
            |facts| {
                apart(facts, &[tcp((988, 1023), "10.20.0.0/16")]);
                facts.network.subnets = hidden("ec2:DescribeSubnets");
            },
            "settled (?)…",
        ),
        (
            "one of its groups cannot be seen",
            BYO,
            |facts| {
                apart(facts, &[]);
                facts.network.interfaces = Seen::Found(vec![
                    interface("eni-1", &["sg-hp"]),
                    interface("eni-2", &["sg-fs", "sg-gone"]),
                ]);
            },
            "settled (?)",
        ),
        (
            "groups hidden",
            BYO,
            |facts| facts.network.groups = hidden("ec2:DescribeSecurityGroups"),
            "settled (?)",
        ),
        (
            "interfaces hidden",
            BYO,
            |facts| facts.network.interfaces = hidden("ec2:DescribeNetworkInterfaces"),
            "settled (?)",
        ),
        (
            "an interface that is gone",
            BYO,
            |facts| facts.network.interfaces = Seen::Found(vec![interface("eni-1", &["sg-hp"])]),
            "settled (?)",
        ),
        (
            "nodes that may not send",
            BYO,
            |facts| {
                groups(facts, |all| {
                    for it in all.iter_mut().filter(|it| it.id == "sg-cluster") {
                        it.egress = vec![tcp((443, 443), "0.0.0.0/0")];
                    }
                })
            },
            "! Conflict…",
        ),
    ];
    check(StepId::Network, Goal::Present, existing, &rows);
}

#[test]
fn zones_and_kernels_are_told_and_only_a_version_that_nobody_mounts_is_refused() {
    let rows: [Row; 6] = [
        ("some nodes elsewhere", BYO, |_| {}, "settled"),
        ("all nodes elsewhere", BYO, |facts| facts.nodes = Seen::Found(vec![node("a", "b")]), "settled (!)"),
        (
            "one old kernel of two",
            BYO,
            |facts| {
                facts.nodes = Seen::Found(vec![
                    node("a", "a"),
                    crate::facts::Node { kernel: Some("4.14.200-1.amzn2.x86_64".into()), ..node("b", "a") },
                ]);
            },
            "settled (!)",
        ),
        (
            "no kernel mounts it",
            BYO,
            |facts| {
                system(facts, |it| it.version = None);
                facts.nodes = Seen::Found(vec![crate::facts::Node {
                    kernel: Some("6.1.141-155.222.amzn2023.x86_64".into()),
                    ..node("a", "a")
                }]);
            },
            "! Conflict | bring the file system to 2.15…",
        ),
        (
            "let pass",
            "byo --fs-id fs-00000000000000001 --skip-check version",
            |facts| {
                system(facts, |it| it.version = None);
                facts.nodes = Seen::Found(vec![crate::facts::Node {
                    kernel: Some("6.1.141-155.222.amzn2023.x86_64".into()),
                    ..node("a", "a")
                }]);
            },
            "settled (!)",
        ),
        ("nodes hidden", BYO, |facts| facts.nodes = hidden("list nodes"), "settled (?)"),
    ];
    check(StepId::Network, Goal::Present, existing, &rows);
}

/// The file system in a VPC of its own, with peering there and back.
fn peered() -> Facts {
    let mut facts = existing();
    system(&mut facts, |it| {
        it.vpc = Some("vpc-2".into());
        it.subnets = vec!["subnet-z".into()];
    });
    let Seen::Found(subnets) = &mut facts.network.subnets else { panic!("subnets") };
    subnets.push(Subnet {
        id: "subnet-z".into(),
        vpc: "vpc-2".into(),
        zone: "us-west-2a".into(),
        zone_id: "usw2-az1".into(),
        cidr: "10.99.0.0/24".into(),
        ..Subnet::default()
    });
    let route = |cidr: &str| Route { cidr: cidr.into(), target: "pcx-1".into(), active: true };
    let Seen::Found(tables) = &mut facts.network.routes else { panic!("routes") };
    for table in tables.iter_mut() {
        table.routes = vec![route("10.99.0.0/16")];
    }
    tables.push(RouteTable {
        id: "rtb-9".into(),
        main: true,
        vpc: "vpc-2".into(),
        routes: vec![route("10.20.0.0/16")],
        ..RouteTable::default()
    });
    groups(&mut facts, |all| {
        let mut one = group("sg-far", &[tcp((988, 1023), "10.0.0.0/8")]);
        one.vpc = "vpc-2".into();
        all.push(one);
    });
    let far = |id: &str| Interface {
        subnet: "subnet-z".into(),
        address: Some("10.99.0.7".into()),
        ..interface(id, &["sg-far"])
    };
    facts.network.interfaces = Seen::Found(vec![far("eni-1"), far("eni-2")]);
    facts
}

fn tables(facts: &mut Facts, change: impl FnOnce(&mut Vec<RouteTable>)) {
    let Seen::Found(all) = &mut facts.network.routes else { panic!("routes") };
    change(all);
}

#[test]
fn another_vpc_is_reached_by_routes_both_ways() {
    let no = "! Conflict | connect vpc-1 and vpc-2…";
    let rows: [Row; 7] = [
        ("there and back", BYO, |_| {}, "settled (!)"),
        ("no route there", BYO, |facts| tables(facts, |all| all[0].routes.clear()), no),
        ("a blackhole", BYO, |facts| tables(facts, |all| all[0].routes[0].active = false), no),
        (
            "another block",
            BYO,
            |facts| tables(facts, |all| all[0].routes[0].cidr = "10.98.0.0/16".into()),
            no,
        ),
        (
            "no route back",
            BYO,
            |facts| {
                tables(facts, |all| {
                    for it in all.iter_mut().filter(|it| it.vpc == "vpc-2") {
                        it.routes.clear();
                    }
                })
            },
            no,
        ),
        (
            "the other side cannot be seen",
            BYO,
            |facts| tables(facts, |all| all.retain(|it| it.vpc != "vpc-2")),
            "settled (!)",
        ),
        (
            "routes hidden",
            BYO,
            |facts| facts.network.routes = hidden("ec2:DescribeRouteTables"),
            "settled (?) (!)",
        ),
    ];
    check(StepId::Network, Goal::Present, peered, &rows);
    let plan = crate::steps::plan(Goal::Present, &crate::intent::sample::wish(BYO), &peered());
    let volume = plan.changes().find(|change| change.resource.kind == "PersistentVolume").expect("a volume");
    assert!(volume.details[0].starts_with("10.99.0.7@tcp:/abcdefgh"), "{:?}", volume.details);
}

#[test]
fn the_driver_is_there_or_asked_for() {
    let rows: [Row; 5] = [
        ("there", BYO, |_| {}, "settled"),
        (
            "not there",
            BYO,
            |facts| facts.driver.csi_driver = Seen::Missing,
            "! Conflict | install it with --install-driver…",
        ),
        (
            "let pass",
            "byo --fs-id fs-00000000000000001 --skip-check driver",
            |facts| facts.driver.csi_driver = Seen::Missing,
            "settled (!)",
        ),
        (
            "hidden",
            BYO,
            |facts| facts.driver.csi_driver = hidden("get csidrivers.storage.k8s.io"),
            "settled (?)",
        ),
        (
            "late on nodes",
            BYO,
            |facts| {
                if let Seen::Found(node) = &mut facts.driver.node {
                    node.ready = 1;
                }
            },
            "settled (!)",
        ),
    ];
    check(StepId::Driver, Goal::Present, existing, &rows);
}

#[test]
fn taking_away_keeps_what_is_of_others_in_use_or_data() {
    let away = "share --namespaces default --remove";
    let rows: [Row; 9] = [
        (
            "both",
            away,
            |_| {},
            "- PersistentVolume fs-00000000000000001-default-fsx-claim; - PersistentVolumeClaim default/fsx-claim",
        ),
        (
            "nothing",
            away,
            |facts| at(facts).claim = Seen::Missing,
            "- PersistentVolume fs-00000000000000001-default-fsx-claim",
        ),
        (
            "in use",
            away,
            |facts| at(facts).users = Seen::Found(vec!["train-0".into()]),
            "! Conflict | end these pods first",
        ),
        (
            "Delete",
            away,
            |facts| vol(facts, |it| it.reclaim_policy = "Delete".into()),
            "! Conflict | make it Retain first…",
        ),
        (
            "a volume of others",
            away,
            |facts| vol(facts, |it| it.marks = Marks::default()),
            "! Conflict | let fsxctl delete it with --adopt PersistentVolume/…",
        ),
        (
            "a claim of others",
            away,
            |facts| pvc(facts, |it| it.marks = Marks::default()),
            "! Conflict | let fsxctl delete it with --adopt PersistentVolumeClaim/default/fsx-claim",
        ),
        (
            "under way",
            away,
            |facts| {
                vol(facts, |it| it.terminating = true);
                pvc(facts, |it| it.terminating = true);
            },
            "settled",
        ),
        (
            "another file system's",
            "share --fs-id fs-00000000000000002 --namespaces default --remove",
            |_| {},
            "settled",
        ),
        (
            "volumes hidden",
            away,
            |facts| facts.storage.volumes = hidden("list persistentvolumes"),
            "! Denied | allow list persistentvolumes…",
        ),
    ];
    check(StepId::Storage, Goal::Present, bound, &rows);
}

/// Whatever was planned, the look after it finds nothing to do.
#[test]
fn what_is_bound_is_settled_in_every_step() {
    let wish = crate::intent::sample::wish(BYO);
    assert!(crate::steps::plan(Goal::Present, &wish, &bound()).is_settled());
    let plan = crate::steps::plan(Goal::Present, &wish, &existing());
    assert_eq!(plan.minutes, Some(1));
    assert!(!plan.changes().any(|change| ["Role", "StorageClass"].contains(&change.resource.kind.as_str())));
}
