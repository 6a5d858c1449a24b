//! Broken ways, one change each, and odd ones that are all right.

use super::super::sample::{NOW, found};
use super::super::sample::{broken, healthy, mount_failure, refusal, user, waiting};
use crate::domain::network::{Peer, Rule, SecurityGroup};
use crate::facts::sample::{all, group, interface, tcp};
use crate::facts::{AclEntry, Checkup, Endpoint, FileSystem, NetworkAcl, Route, RouteTable, Seen, Subnet};

const NO_PORT: &str = "MountVolume.SetUp failed for volume \"pvc-1\" : rpc error: code = Internal desc = Could not mount: mount failed: exit status 5";
const NO_NID: &str = "MountVolume.SetUp failed for volume \"pvc-1\" : rpc error: code = Internal desc = Could not mount: mount failed: exit status 22 Output: mount.lustre: Can't parse NID 'x@tcp:/y'";

fn change_group(checkup: &mut Checkup, id: &str, change: impl Fn(&mut SecurityGroup)) {
    let Seen::Found(groups) = &mut checkup.survey.facts.network.groups else { panic!("groups") };
    groups.iter_mut().filter(|group| group.id == id).for_each(change);
}

fn change_system(checkup: &mut Checkup, change: impl Fn(&mut FileSystem)) {
    let Seen::Found(systems) = &mut checkup.survey.facts.file_systems else { panic!("file systems") };
    systems.iter_mut().for_each(change);
}

fn change_tables(checkup: &mut Checkup, change: impl Fn(&mut RouteTable)) {
    let Seen::Found(tables) = &mut checkup.survey.facts.network.routes else { panic!("routes") };
    tables.iter_mut().for_each(change);
}

/// The file system wears a group of its own, which admits both kinds of nodes, and these admit it.
fn own_group() -> Checkup {
    let mut checkup = healthy();
    let network = &mut checkup.survey.facts.network;
    network.interfaces = Seen::Found(vec![interface("eni-1", &["sg-fs"]), interface("eni-2", &["sg-fs"])]);
    let Seen::Found(groups) = &mut network.groups else { panic!("groups") };
    for group in groups.iter_mut() {
        group.ingress.push(all("sg-fs"));
    }
    let sides = ["sg-fs", "sg-hp", "sg-cluster"];
    let rules: Vec<Rule> =
        sides.iter().flat_map(|peer| [tcp((988, 988), peer), tcp((1018, 1023), peer)]).collect();
    groups.push(group("sg-fs", &rules));
    let Seen::Found(classes) = &mut checkup.survey.classes else { panic!("classes") };
    for class in classes {
        class.parameters.insert("securityGroupIds".to_owned(), "sg-fs".to_owned());
    }
    checkup
}

/// With pod `app` stuck on a HyperPod node.
fn stuck(checkup: &mut Checkup, message: &str) {
    let mut pod = user("app");
    pod.phase = "Pending".to_owned();
    pod.ready = false;
    pod.waiting = Some("ContainerCreating".to_owned());
    checkup.survey.pods = Seen::Found(vec![pod]);
    checkup.events = Seen::Found(vec![mount_failure(message)]);
}

fn fs(change: impl FnOnce(&mut Checkup)) -> Vec<String> {
    let mut checkup = own_group();
    change(&mut checkup);
    found(&checkup)
}

fn without(checkup: &mut Checkup, id: &str, peer: &str) {
    change_group(checkup, id, |group| {
        group.ingress.retain(|rule| !matches!(&rule.peer, Peer::Group { id, .. } if id == peer));
    });
}

#[test]
fn a_group_of_its_own_is_all_right() {
    assert_eq!(fs(|_| ()), Vec::<String>::new());
}

#[test]
fn a_closed_range_is_found_and_explains_the_mount() {
    let closed = |it: &mut Checkup| {
        change_group(it, "sg-fs", |group| {
            group.ingress.retain(|rule| {
                rule.from == Some(988) || !matches!(&rule.peer, Peer::Group { id, .. } if id == "sg-hp")
            });
        });
    };
    assert_eq!(fs(closed), ["FSX-NET-03 error failed SecurityGroup sg-fs"]);
    assert_eq!(
        fs(|it| {
            closed(it);
            stuck(it, NO_PORT);
        }),
        [
            "FSX-NET-03 error failed SecurityGroup sg-fs",
            "FSX-MNT-50 error blocked by FSX-NET-03 Pod default/app",
        ]
    );
}

#[test]
fn nodes_that_are_not_admitted_are_named() {
    let closed = |it: &mut Checkup| {
        without(it, "sg-fs", "sg-hp");
        without(it, "sg-fs", "sg-cluster");
    };
    assert_eq!(fs(closed), ["FSX-NET-04 error failed SecurityGroup sg-fs"]);
    assert_eq!(
        fs(|it| {
            closed(it);
            stuck(it, NO_PORT);
        }),
        [
            "FSX-NET-04 error failed SecurityGroup sg-fs",
            "FSX-MNT-50 error blocked by FSX-NET-04 Pod default/app",
        ]
    );
}

#[test]
fn a_rule_for_another_group_is_told_apart() {
    assert_eq!(
        fs(|it| {
            without(it, "sg-fs", "sg-hp");
            stuck(it, NO_PORT);
        }),
        [
            "FSX-NET-07 error failed SecurityGroup sg-fs",
            "FSX-MNT-50 error blocked by FSX-NET-07 Pod default/app",
        ]
    );
    // A pod on nodes that are admitted fails for something else.
    let found = fs(|it| {
        without(it, "sg-fs", "sg-cluster");
        stuck(it, NO_PORT);
    });
    assert!(found.contains(&"FSX-NET-07 error failed SecurityGroup sg-fs".to_owned()), "{found:#?}");
    assert!(
        found.contains(&"FSX-MNT-50 error blocked by FSX-MNT-07 Pod default/app".to_owned()),
        "{found:#?}"
    );
}

#[test]
fn servers_that_do_not_admit_each_other() {
    assert_eq!(
        fs(|it| without(it, "sg-fs", "sg-fs")),
        [
            "FSX-NET-05 error failed SecurityGroup sg-fs",
            "FSX-NET-01 error blocked by FSX-NET-05 SecurityGroup sg-fs",
        ]
    );
    // One group for all: one missing rule, one cause.
    assert_eq!(
        broken(|it| without(it, "sg-hp", "sg-hp")),
        [
            "FSX-NET-05 error failed SecurityGroup sg-hp",
            "FSX-NET-01 error blocked by FSX-NET-05 SecurityGroup sg-hp",
        ]
    );
}

#[test]
fn restricted_egress_is_found_on_both_sides() {
    let shut = |group: &mut SecurityGroup| group.egress = vec![tcp((443, 443), "0.0.0.0/0")];
    assert_eq!(fs(|it| change_group(it, "sg-hp", shut)), ["FSX-NET-06 error failed SecurityGroup sg-hp"]);
    assert_eq!(
        fs(|it| change_group(it, "sg-fs", shut)),
        [
            "FSX-NET-06 error failed SecurityGroup sg-fs",
            "FSX-NET-01 error blocked by FSX-NET-06 SecurityGroup sg-fs",
        ]
    );
}

#[test]
fn every_interface_counts() {
    let found = fs(|it| {
        let Seen::Found(all) = &mut it.survey.facts.network.groups else { panic!("groups") };
        all.push(group("sg-odd", &[tcp((988, 1023), "sg-odd"), tcp((988, 1023), "sg-fs")]));
        change_group(it, "sg-fs", |it| it.ingress.push(tcp((988, 1023), "sg-odd")));
        it.survey.facts.network.interfaces =
            Seen::Found(vec![interface("eni-1", &["sg-fs"]), interface("eni-2", &["sg-odd"])]);
    });
    assert!(found.contains(&"FSX-NET-08 error failed SecurityGroup sg-odd".to_owned()), "{found:#?}");
    assert!(
        found.iter().all(|line| line.contains("FSX-NET-08") || line.contains("FSX-NET-50")),
        "{found:#?}"
    );
}

#[test]
fn nodes_that_do_not_admit_the_file_system_are_a_warning() {
    assert_eq!(fs(|it| without(it, "sg-hp", "sg-fs")), ["FSX-NET-50 warning failed SecurityGroup sg-hp"]);
}

#[test]
fn part_of_a_subnet_is_a_warning() {
    assert_eq!(
        fs(|it| {
            without(it, "sg-fs", "sg-hp");
            change_group(it, "sg-fs", |it| it.ingress.push(tcp((988, 1023), "10.20.0.0/24")));
        }),
        ["FSX-NET-51 warning failed SecurityGroup sg-fs"]
    );
}

/// Number, egress, allow, block, ports.
type Entry<'a> = (i32, bool, bool, &'a str, Option<(i32, i32)>);

fn acl(subnet: &str, entries: &[Entry<'_>]) -> NetworkAcl {
    let entry = |(number, egress, allow, cidr, ports): &Entry<'_>| AclEntry {
        number: *number,
        egress: *egress,
        allow: *allow,
        protocol: if ports.is_some() { "6" } else { "-1" }.to_owned(),
        cidr: Some((*cidr).to_owned()),
        ports: *ports,
    };
    NetworkAcl {
        id: format!("acl-{subnet}"),
        subnets: vec![subnet.to_owned()],
        entries: entries.iter().map(entry).collect(),
    }
}

/// Nodes in another subnet than the file system, and the file system's subnet with this ACL.
fn with_acl(entries: &[Entry<'_>]) -> Vec<String> {
    broken(|it| {
        let Seen::Found(instances) = &mut it.survey.facts.network.instances else { panic!("instances") };
        instances.iter_mut().for_each(|it| it.subnet = Some("subnet-public-a".to_owned()));
        it.acls = Seen::Found(vec![acl("subnet-a", entries)]);
    })
}

#[test]
fn network_acls_are_read_in_their_order() {
    let anywhere = "0.0.0.0/0";
    let open = [(100, false, true, anywhere, None), (100, true, true, anywhere, None)];
    assert_eq!(with_acl(&open), Vec::<String>::new());
    let closed = ["FSX-NET-09 error failed NetworkAcl acl-subnet-a"];
    assert_eq!(with_acl(&open[..1]), closed, "no answers out");
    let denied = [(90, false, false, anywhere, Some((1000, 1020))), open[0], open[1]];
    assert_eq!(with_acl(&denied), closed, "denied first");
    let late = [(110, false, false, anywhere, Some((1000, 1020))), open[0], open[1]];
    assert_eq!(with_acl(&late), Vec::<String>::new(), "denied too late");
    let part = [(90, false, false, "10.20.128.0/28", None), open[0], open[1]];
    assert_eq!(with_acl(&part), ["FSX-NET-09 warning failed NetworkAcl acl-subnet-a"]);
}

#[test]
fn an_acl_inside_one_subnet_is_never_asked() {
    assert_eq!(broken(|it| it.acls = Seen::Found(vec![acl("subnet-a", &[])])), Vec::<String>::new());
}

/// The file system in another VPC, by its name or by an address.
fn elsewhere(checkup: &mut Checkup, dns_name: &str) {
    change_system(checkup, |system| {
        system.vpc = Some("vpc-2".to_owned());
        system.subnets = vec!["subnet-z".to_owned()];
        system.interfaces = vec!["eni-9".to_owned()];
    });
    let facts = &mut checkup.survey.facts;
    facts.network.interfaces = Seen::Missing;
    let Seen::Found(volumes) = &mut facts.storage.volumes else { panic!("volumes") };
    volumes.iter_mut().for_each(|volume| volume.dns_name = Some(dns_name.to_owned()));
}

fn routed(checkup: &mut Checkup, active: bool) {
    let route = || Route { cidr: "10.99.0.0/16".to_owned(), target: "pcx-1".to_owned(), active };
    change_tables(checkup, |table| table.routes = vec![route()]);
}

const OWN_NAME: &str = "fs-1.fsx.us-west-2.amazonaws.com";

#[test]
fn a_name_of_another_vpc_may_not_resolve() {
    let named = |it: &mut Checkup| {
        elsewhere(it, OWN_NAME);
        routed(it, true);
    };
    assert_eq!(broken(named), ["FSX-NET-10 warning failed PersistentVolume pvc-1"]);
    assert_eq!(
        broken(|it| {
            named(it);
            stuck(it, NO_NID);
        }),
        [
            "FSX-NET-10 error failed PersistentVolume pvc-1",
            "FSX-MNT-50 error blocked by FSX-NET-10 Pod default/app",
        ]
    );
}

#[test]
fn a_vpc_without_a_route_is_not_reached() {
    let lost = ["FSX-NET-11 error failed FileSystem fs-1"];
    assert_eq!(broken(|it| elsewhere(it, "10.99.0.7")), lost);
    assert_eq!(
        broken(|it| {
            elsewhere(it, "10.99.0.7");
            routed(it, false);
        }),
        lost,
        "a peering that is gone"
    );
}

#[test]
fn names_need_the_dns_of_the_vpc() {
    assert_eq!(
        broken(|it| {
            let Seen::Found(dns) = &mut it.dns else { panic!("dns") };
            dns.support = false;
        }),
        ["FSX-NET-12 error failed Vpc vpc-1"]
    );
    assert_eq!(
        broken(|it| {
            let Seen::Found(dns) = &mut it.dns else { panic!("dns") };
            dns.hostnames = false;
        }),
        ["FSX-NET-12 warning failed Vpc vpc-1"]
    );
    let other = |it: &mut Checkup| {
        let Seen::Found(dns) = &mut it.dns else { panic!("dns") };
        dns.servers = vec!["10.0.0.2".to_owned()];
    };
    assert_eq!(broken(other), Vec::<String>::new(), "they may forward");
    assert_eq!(
        broken(|it| {
            other(it);
            stuck(it, NO_NID);
        }),
        [
            "FSX-NET-12 error failed DhcpOptions dopt-1",
            "FSX-MNT-50 error blocked by FSX-NET-12 Pod default/app",
        ]
    );
}

#[test]
fn interfaces_that_are_gone() {
    let found = broken(|it| {
        it.survey.facts.network.interfaces = Seen::Found(vec![interface("eni-1", &["sg-hp"])]);
    });
    assert_eq!(found, ["FSX-NET-18 error failed FileSystem fs-1"]);
}

#[test]
fn a_class_whose_group_is_closed_to_itself_stops_its_claims() {
    let mut checkup = waiting();
    without(&mut checkup, "sg-hp", "sg-hp");
    assert_eq!(
        found(&checkup),
        [
            "FSX-NET-01 error failed SecurityGroup sg-hp",
            "FSX-BIND-50 error blocked by FSX-NET-01 PersistentVolumeClaim default/fsx-claim",
            "FSX-SCHED-05 error blocked by FSX-NET-01 Pod default/app",
        ]
    );
}

#[test]
fn a_refusal_before_new_rules_were_seen() {
    let mut checkup = waiting();
    checkup.events = Seen::Found(vec![refusal(
        "CreateFileSystem failed: InvalidNetworkSettings: ... do not permit Lustre LNET network traffic on port 988",
    )]);
    assert_eq!(
        found(&checkup),
        [
            "FSX-NET-02 error failed PersistentVolumeClaim default/fsx-claim",
            "FSX-BIND-50 error blocked by FSX-NET-02 PersistentVolumeClaim default/fsx-claim",
            "FSX-SCHED-05 error blocked by FSX-NET-02 Pod default/app",
        ]
    );
    let Seen::Found(events) = &mut checkup.events else { panic!("events") };
    events[0].last = Some(NOW - 3600);
    assert!(found(&checkup).iter().all(|line| !line.contains("FSX-NET-02")), "of the past");
}

fn efa(checkup: &mut Checkup) {
    let Seen::Found(classes) = &mut checkup.survey.classes else { panic!("classes") };
    for class in classes {
        class.parameters.insert("efaEnabled".to_owned(), "true".to_owned());
        class.parameters.insert("metadataConfigurationMode".to_owned(), "AUTOMATIC".to_owned());
    }
}

#[test]
fn efa_wants_all_traffic_by_group() {
    // The egress of every group names addresses, which do not count.
    let by_address = |group: &mut SecurityGroup| group.egress.truncate(1);
    let mut checkup = waiting();
    efa(&mut checkup);
    change_group(&mut checkup, "sg-hp", by_address);
    assert!(
        found(&checkup).contains(&"FSX-NET-17 error failed SecurityGroup sg-hp".to_owned()),
        "{:#?}",
        found(&checkup)
    );
    change_group(&mut checkup, "sg-hp", |group| group.egress.push(all("sg-hp")));
    assert!(found(&checkup).iter().all(|line| !line.contains("FSX-NET-17")));
    assert_eq!(
        broken(|it| {
            change_group(it, "sg-hp", by_address);
            change_system(it, |system| system.more.efa = true);
        }),
        ["FSX-NET-17 warning failed SecurityGroup sg-hp"]
    );
}

#[test]
fn a_controller_without_a_way_out() {
    let shut = |it: &mut Checkup| {
        change_tables(it, |table| table.default_target = None);
    };
    assert_eq!(broken(shut), ["FSX-NET-15 warning failed Vpc vpc-1"]);
    let mut checkup = waiting();
    shut(&mut checkup);
    checkup.events =
        Seen::Found(vec![refusal("rpc error: code = DeadlineExceeded desc = context deadline exceeded")]);
    assert_eq!(
        found(&checkup),
        [
            "FSX-NET-15 error failed Vpc vpc-1",
            "FSX-BIND-50 error blocked by FSX-NET-15 PersistentVolumeClaim default/fsx-claim",
            "FSX-SCHED-05 error blocked by FSX-NET-15 Pod default/app",
        ]
    );
    let endpoint = |name: &str| Endpoint {
        id: format!("vpce-{name}"),
        service: format!("com.amazonaws.us-west-2.{name}"),
        state: "available".to_owned(),
    };
    assert_eq!(
        broken(|it| {
            shut(it);
            it.endpoints = Seen::Found(vec![endpoint("fsx"), endpoint("sts")]);
        }),
        Vec::<String>::new()
    );
}

/// H-12, H-13, H-14: whatever rules come to the same are right.
#[test]
fn tests_odd_rules_are_all_right() {
    let odd: [(&str, Vec<Rule>); 8] = [
        ("all traffic", vec![all("sg-hp"), all("sg-cluster"), all("sg-fs")]),
        ("all ports", ["sg-hp", "sg-cluster", "sg-fs"].map(|it| tcp((0, 65535), it)).to_vec()),
        ("a wide range", ["sg-hp", "sg-cluster", "sg-fs"].map(|it| tcp((900, 1100), it)).to_vec()),
        ("the VPC", vec![tcp((988, 1023), "10.20.0.0/16")]),
        ("two blocks", vec![tcp((988, 1023), "10.20.0.0/19"), tcp((988, 1023), "10.20.32.0/19")]),
        ("a prefix list", vec![tcp((988, 1023), "pl-1")]),
        ("anywhere", vec![tcp((988, 988), "0.0.0.0/0"), tcp((1018, 1023), "0.0.0.0/0")]),
        (
            "protocol by its number",
            vec![Rule { protocol: "6".to_owned(), ..tcp((988, 1023), "10.20.0.0/16") }],
        ),
    ];
    for (name, rules) in odd {
        let found = fs(|it| {
            it.survey.facts.network.prefix_lists.insert("pl-1".to_owned(), vec!["10.20.0.0/16".to_owned()]);
            change_group(it, "sg-fs", |group| group.ingress.clone_from(&rules));
        });
        assert_eq!(found, Vec::<String>::new(), "{name}");
    }
    let found = fs(|it| {
        // A second group on the same interfaces has the rules.
        let Seen::Found(groups) = &mut it.survey.facts.network.groups else { panic!("groups") };
        groups.push(group("sg-more", &[tcp((988, 1023), "10.20.0.0/16")]));
        change_group(it, "sg-fs", |group| group.ingress = Vec::new());
        it.survey.facts.network.interfaces = Seen::Found(vec![
            interface("eni-1", &["sg-fs", "sg-more"]),
            interface("eni-2", &["sg-fs", "sg-more"]),
        ]);
        let Seen::Found(classes) = &mut it.survey.classes else { panic!("classes") };
        for class in classes {
            class.parameters.insert("securityGroupIds".to_owned(), "sg-fs,sg-more".to_owned());
        }
    });
    assert_eq!(found, Vec::<String>::new(), "a rule in another group");
}

/// A prefix list that cannot be read is not a closed port.
#[test]
fn an_unread_prefix_list_is_unseen() {
    let found = fs(|it| {
        change_group(it, "sg-fs", |group| {
            group.ingress = vec![tcp((988, 1023), "pl-1"), all("sg-fs")];
        });
    });
    assert!(!found.is_empty() && found.iter().all(|line| line.contains(" unseen ")), "{found:#?}");
}

/// H-15, H-16.
#[test]
fn tests_odd_vpcs_are_all_right() {
    assert_eq!(
        broken(|it| {
            elsewhere(it, "10.99.0.7");
            routed(it, true);
        }),
        ["FSX-NOTE-15 info failed FileSystem fs-1"]
    );
    for name in ["10.20.0.10", "fsx.example.internal"] {
        let found = broken(|it| {
            let Seen::Found(volumes) = &mut it.survey.facts.storage.volumes else { panic!("volumes") };
            volumes.iter_mut().for_each(|volume| volume.dns_name = Some(name.to_owned()));
        });
        assert_eq!(found, Vec::<String>::new(), "{name}");
    }
}

/// H-45.
#[test]
fn tests_odd_old_range_is_a_note_until_a_mount_fails() {
    let old = |it: &mut Checkup| {
        change_group(it, "sg-fs", |group| {
            group
                .ingress
                .iter_mut()
                .filter(|rule| rule.from == Some(1018))
                .for_each(|rule| rule.from = Some(1021));
        });
    };
    assert_eq!(fs(old), ["FSX-NOTE-45 info failed SecurityGroup sg-fs"]);
    assert_eq!(
        fs(|it| {
            old(it);
            stuck(it, NO_PORT);
        }),
        [
            "FSX-NET-03 error failed SecurityGroup sg-fs",
            "FSX-MNT-50 error blocked by FSX-NET-03 Pod default/app",
        ]
    );
}

/// H-32.
#[test]
fn tests_odd_no_efa_is_all_right() {
    assert_eq!(broken(|it| change_system(it, |system| system.more.efa = false)), Vec::<String>::new());
}

/// H-48: mounting alone calls no API.
#[test]
fn tests_odd_private_clusters_with_static_volumes_are_all_right() {
    let found = broken(|it| {
        change_tables(it, |table| table.default_target = None);
        it.survey.classes = Seen::Found(Vec::new());
    });
    assert!(found.iter().all(|line| !line.contains("FSX-NET-15")), "{found:#?}");
}

/// A subnet of a shared VPC that is in the same VPC by its id is no other VPC.
#[test]
fn tests_odd_shared_subnets_are_all_right() {
    let found = broken(|it| {
        let Seen::Found(subnets) = &mut it.survey.facts.network.subnets else { panic!("subnets") };
        subnets.push(Subnet { id: "subnet-shared".to_owned(), vpc: "vpc-1".to_owned(), ..Subnet::default() });
        change_system(it, |system| system.more.owner = Some("444455556666".to_owned()));
    });
    assert_eq!(found, Vec::<String>::new());
}
