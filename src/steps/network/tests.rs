//! Group, rules and subnet, row by row.

#![expect(clippy::too_many_lines, reason = "a table is as long as it has rows")]

use super::super::plan;
use super::super::sample::{Row, check, outline};
use super::*;
use crate::domain::network::Rule;
use crate::facts::sample::{
    OTHER_CLUSTER, all, group, hidden, instance, instance_group, interface, node, own_group, tags_of, tcp,
};
use crate::facts::{Seen, StorageClass};
use crate::intent::sample::{wish, wish_in};

const ASK_LUSTRE: &str = "ingress tcp 988 from";

fn groups(facts: &mut Facts) -> &mut Vec<SecurityGroup> {
    match &mut facts.network.groups {
        Seen::Found(groups) => groups,
        _ => panic!("the sample has groups"),
    }
}

fn rules<'a>(facts: &'a mut Facts, id: &str) -> &'a mut SecurityGroup {
    groups(facts).iter_mut().find(|group| group.id == id).expect("the sample has the group")
}

fn add(facts: &mut Facts, new: SecurityGroup) {
    groups(facts).push(new);
}

/// The world after a set-up that made its own group: nodes' rules included.
fn own() -> Facts {
    let mut facts = Facts::plain();
    add(&mut facts, own_group(&["sg-cluster"]));
    let lustre = [(988, 988), (1018, 1023)].map(|ports| Rule {
        description: Some("fsxctl hp-eks: Lustre from the file system".to_owned()),
        ..tcp(ports, "sg-own")
    });
    rules(&mut facts, "sg-cluster").ingress.extend(lustre);
    facts
}

/// EFA works within one zone.
fn in_one_zone(facts: &mut Facts) {
    let Seen::Found(nodes) = &mut facts.nodes else { return };
    nodes.retain(|node| node.zone.as_deref() == Some("us-west-2a"));
}

#[test]
fn the_group_of_a_cluster_that_has_a_usable_one() {
    let rows: [Row; 10] = [
        ("HyperPod's shared group lets Lustre through", "", |_| {}, "settled"),
        ("the same, and nothing may be added", "--no-node-rules", |_| {}, "settled"),
        ("asked for by name", "--security-group sg-hp", |_| {}, "settled"),
        (
            "asked for by name, and not there",
            "--security-group sg-nope",
            |_| {},
            "! Usage | name one of these, or leave it to --security-group auto",
        ),
        (
            "one of its own is asked for",
            "--security-group create",
            |_| {},
            "+ SecurityGroup fsxctl-hp-eks; ~ SecurityGroup (known after apply) [ingress tcp 988 from the file system's new group, …",
        ),
        (
            "its self rule is for one port only",
            "",
            |facts| rules(facts, "sg-hp").ingress = vec![tcp((988, 988), "sg-hp"), all("sg-cluster")],
            "+ SecurityGroup fsxctl-hp-eks; …",
        ),
        (
            "self rules add up by ranges and CIDR blocks",
            "",
            |facts| {
                rules(facts, "sg-hp").ingress =
                    vec![tcp((900, 1020), "sg-hp"), tcp((1000, 1100), "sg-hp"), all("sg-cluster")]
            },
            "settled",
        ),
        (
            "a wide-open group of somebody else is not taken",
            "",
            |facts| {
                rules(facts, "sg-hp").ingress.clear();
                add(facts, group("sg-a-wide", &[all("0.0.0.0/0")]));
            },
            "+ SecurityGroup fsxctl-hp-eks; …",
        ),
        (
            "instance groups that share none",
            "",
            |facts| {
                add(facts, group("sg-gpu", &[all("sg-gpu")]));
                let Seen::Found(pods) = &mut facts.hyperpod else { return };
                pods[0].groups[0] = instance_group("gpu", &["sg-gpu"]);
            },
            "+ SecurityGroup fsxctl-hp-eks; …",
        ),
        (
            "an override that still wears the shared group",
            "",
            |facts| {
                add(facts, group("sg-gpu", &[]));
                let Seen::Found(pods) = &mut facts.hyperpod else { return };
                pods[0].groups[0] = instance_group("gpu", &["sg-gpu", "sg-hp"]);
            },
            "settled",
        ),
    ];
    check(StepId::Network, Goal::Present, Facts::bare, &rows);
}

#[test]
fn the_group_of_a_cluster_that_has_none() {
    let made = "+ SecurityGroup fsxctl-hp-eks; ~ SecurityGroup (known after apply) [ingress tcp 988 from the file system's new group, \
                ingress tcp 1018-1023 from the file system's new group, ingress tcp 988 from sg-cluster, ingress tcp 1018-1023 from sg-cluster]";
    let node_rules = "~ SecurityGroup sg-cluster [ingress tcp 988 from the file system's new group, ingress tcp 1018-1023 from the file system's new group]";
    let both = format!("{made}; {node_rules}");
    let kept = format!("{made} (!)");
    let efa = "+ SecurityGroup fsxctl-hp-eks; ~ SecurityGroup (known after apply) [ingress all traffic from the file system's new group, \
               ingress all traffic from sg-cluster]; ~ SecurityGroup (known after apply) [egress all traffic to the file system's new group, \
               egress all traffic to sg-cluster]; ~ SecurityGroup sg-cluster [ingress all traffic from the file system's new group]; \
               ~ SecurityGroup sg-cluster [egress all traffic to the file system's new group]";
    let both: &'static str = Box::leak(both.into_boxed_str());
    let kept: &'static str = Box::leak(kept.into_boxed_str());
    let rows: [Row; 12] = [
        ("it is made, with rules on both sides", "", |_| {}, both),
        ("nodes' rules are left out", "--no-node-rules", |_| {}, kept),
        ("EFA wants all traffic between groups", "--efa --size 19200Gi", in_one_zone, efa),
        ("ours of an earlier run", "", |facts| *facts = own(), "settled"),
        (
            "ours, one range lost",
            "",
            |facts| {
                *facts = own();
                rules(facts, "sg-own").ingress.retain(|rule| *rule != tcp((1018, 1023), "sg-cluster"));
            },
            "~ SecurityGroup sg-own [ingress tcp 1018-1023 from sg-cluster]",
        ),
        (
            "ours, the nodes open by CIDR",
            "",
            |facts| {
                *facts = own();
                rules(facts, "sg-own").ingress.retain(|rule| *rule != tcp((1018, 1023), "sg-cluster"));
                rules(facts, "sg-own").ingress.push(tcp((1000, 2000), "10.20.0.0/17"));
            },
            "settled",
        ),
        (
            "ours, and a block that leaves half of the nodes out",
            "",
            |facts| {
                *facts = own();
                rules(facts, "sg-own").ingress.retain(|rule| *rule != tcp((1018, 1023), "sg-cluster"));
                rules(facts, "sg-own").ingress.push(tcp((1000, 2000), "10.20.0.0/18"));
            },
            "~ SecurityGroup sg-own [ingress tcp 1018-1023 from sg-cluster]",
        ),
        (
            "ours, egress closed",
            "",
            |facts| {
                *facts = own();
                rules(facts, "sg-own").egress.clear();
            },
            "~ SecurityGroup sg-own [egress tcp 988 to sg-own, egress tcp 1018-1023 to sg-own, egress tcp 988 to sg-cluster, egress tcp 1018-1023 to sg-cluster]",
        ),
        (
            "ours, the nodes' egress closed",
            "",
            |facts| {
                *facts = own();
                rules(facts, "sg-cluster").egress.clear();
            },
            "~ SecurityGroup sg-cluster [egress tcp 988 to sg-own, egress tcp 1018-1023 to sg-own]",
        ),
        (
            "one that fsxctl made for another cluster is not ours",
            "",
            |facts| {
                *facts = own();
                rules(facts, "sg-own").tags = tags_of(OTHER_CLUSTER);
            },
            "+ SecurityGroup fsxctl-hp-eks; …",
        ),
        (
            "asked for, foreign, closed",
            "--security-group sg-x",
            |facts| add(facts, group("sg-x", &[])),
            "! Conflict | let fsxctl add these rules with --adopt SecurityGroup/sg-x, or take a group of its own with --security-group create",
        ),
        (
            "asked for, foreign, closed, adopted",
            "--security-group sg-x --adopt SecurityGroup/sg-x",
            |facts| add(facts, group("sg-x", &[all("sg-x")])),
            "~ SecurityGroup sg-x [ingress tcp 988 from sg-cluster, ingress tcp 1018-1023 from sg-cluster]; ~ SecurityGroup sg-cluster [ingress tcp 988 from sg-x, ingress tcp 1018-1023 from sg-x]; \
             ~ SecurityGroup sg-x [tag fsxctl.io/origin=adopted]",
        ),
    ];
    check(StepId::Network, Goal::Present, Facts::plain, &rows);
}

#[test]
fn nodes_of_several_kinds() {
    let rows: [Row; 7] = [
        (
            "a node group that the shared group does not let in, and rules of nodes are not wanted",
            "--no-node-rules",
            |facts| {
                add(facts, group("sg-b", &[all("sg-b"), all("sg-own"), all("sg-hp")]));
                let Seen::Found(instances) = &mut facts.network.instances else { return };
                instances.push(instance("i-3", "spot", &["sg-b"], "subnet-b"));
            },
            "settled (!)",
        ),
        (
            "the same; the shared group is a node group's own, so its rule is a node rule",
            "",
            |facts| {
                add(facts, group("sg-b", &[all("sg-b"), all("sg-hp")]));
                let Seen::Found(instances) = &mut facts.network.instances else { return };
                instances.push(instance("i-3", "spot", &["sg-b"], "subnet-b"));
            },
            "~ SecurityGroup sg-hp [ingress tcp 988 from sg-b, ingress tcp 1018-1023 from sg-b]",
        ),
        (
            "the same, adopted: then it is fsxctl's to change, and no rule of nodes",
            "--no-node-rules --adopt SecurityGroup/sg-hp",
            |facts| {
                add(facts, group("sg-b", &[all("sg-b"), all("sg-hp")]));
                let Seen::Found(instances) = &mut facts.network.instances else { return };
                instances.push(instance("i-3", "spot", &["sg-b"], "subnet-b"));
            },
            "~ SecurityGroup sg-hp [ingress tcp 988 from sg-b, ingress tcp 1018-1023 from sg-b]; \
             ~ SecurityGroup sg-hp [tag fsxctl.io/origin=adopted]",
        ),
        (
            "rules of any group that the nodes wear count",
            "",
            |facts| {
                add(facts, group("sg-open", &[all("10.20.0.0/16")]));
                rules(facts, "sg-cluster").ingress.clear();
                let Seen::Found(instances) = &mut facts.network.instances else { return };
                instances.iter_mut().for_each(|instance| instance.groups.push("sg-open".to_owned()));
            },
            "settled",
        ),
        (
            "nodes that wear a group of another VPC get no rule, and it is said",
            "",
            |facts| {
                let Seen::Found(instances) = &mut facts.network.instances else { return };
                instances.push(instance("i-3", "far", &["sg-far"], "subnet-far"));
            },
            "settled (!)",
        ),
        (
            "no node at all: the cluster's group",
            "",
            |facts| {
                facts.hyperpod = Seen::Missing;
                facts.nodes = Seen::Found(Vec::new());
                facts.network.instances = Seen::Found(Vec::new());
            },
            "+ SecurityGroup fsxctl-hp-eks; …",
        ),
        (
            "a prefix list that cannot be read may be what opens the ports",
            "",
            |facts| {
                rules(facts, "sg-cluster").ingress = vec![tcp((988, 1023), "pl-1")];
            },
            "settled (?)",
        ),
    ];
    check(StepId::Network, Goal::Present, Facts::bare, &rows);
}

#[test]
fn what_cannot_be_seen() {
    let denied = |permission: &str| -> &'static str {
        Box::leak(format!("! Denied | allow {permission} and run it again").into_boxed_str())
    };
    let rows: [Row; 10] = [
        (
            "groups",
            "",
            |facts| facts.network.groups = hidden("ec2:DescribeSecurityGroups"),
            denied("ec2:DescribeSecurityGroups"),
        ),
        (
            "subnets",
            "",
            |facts| facts.network.subnets = hidden("ec2:DescribeSubnets"),
            denied("ec2:DescribeSubnets"),
        ),
        (
            "instances",
            "",
            |facts| facts.network.instances = hidden("ec2:DescribeInstances"),
            denied("ec2:DescribeInstances"),
        ),
        ("nodes", "", |facts| facts.nodes = hidden("list nodes"), denied("list nodes")),
        (
            "nodes, and the subnet is named",
            "--subnet subnet-b",
            |facts| facts.nodes = hidden("list nodes"),
            "settled",
        ),
        (
            "HyperPod",
            "",
            |facts| facts.hyperpod = hidden("sagemaker:ListClusters"),
            denied("sagemaker:ListClusters"),
        ),
        (
            "HyperPod, and no node is one of theirs",
            "--security-group sg-hp",
            |facts| {
                facts.hyperpod = hidden("sagemaker:ListClusters");
                facts.nodes = Seen::Found(vec![node("ip-1", "a")]);
            },
            "settled (?)",
        ),
        ("routes", "", |facts| facts.network.routes = hidden("ec2:DescribeRouteTables"), "settled (?)"),
        (
            "volumes, when the group of this cluster's file systems would decide",
            "",
            |facts| {
                rules(facts, "sg-hp").ingress = vec![all("sg-cluster")];
                facts.file_systems = Seen::Found(vec![crate::facts::sample::file_system()]);
                facts.network.interfaces = Seen::Found(vec![interface("eni-1", &["sg-hp"])]);
                facts.storage.volumes = hidden("list persistentvolumes");
            },
            denied("list persistentvolumes"),
        ),
        (
            "interfaces, when the group of this cluster's file systems would decide",
            "",
            |facts| {
                facts.file_systems = Seen::Found(vec![crate::facts::sample::file_system()]);
                facts.storage.volumes = Seen::Found(vec![crate::facts::sample::volume()]);
                facts.network.interfaces = hidden("ec2:DescribeNetworkInterfaces");
            },
            denied("ec2:DescribeNetworkInterfaces"),
        ),
    ];
    check(StepId::Network, Goal::Present, Facts::bare, &rows);
}

#[test]
fn undo_takes_away_what_fsxctl_added() {
    let rows: [Row; 7] = [
        (
            "rules first, then the group",
            "",
            |_| {},
            "~ SecurityGroup sg-cluster [tcp 988 from sg-own, tcp 1018-1023 from sg-own]; - SecurityGroup sg-own",
        ),
        ("nothing there", "", |facts| *facts = Facts::plain(), "settled"),
        (
            "a group of another cluster stays",
            "",
            |facts| rules(facts, "sg-own").tags = tags_of(OTHER_CLUSTER),
            "~ SecurityGroup sg-cluster [tcp 988 from sg-own, tcp 1018-1023 from sg-own]",
        ),
        (
            "an adopted group stays and loses what fsxctl added",
            "",
            |facts| {
                rules(facts, "sg-own").tags.insert("fsxctl.io/origin".to_owned(), "adopted".to_owned());
            },
            "~ SecurityGroup sg-cluster [tcp 988 from sg-own, tcp 1018-1023 from sg-own]; \
             ~ SecurityGroup sg-own [tags of fsxctl are taken off]",
        ),
        (
            "rules of others stay",
            "",
            |facts| rules(facts, "sg-cluster").ingress.retain(|rule| rule.description.is_none()),
            "- SecurityGroup sg-own",
        ),
        (
            "a file system that stays keeps its group and the way to it",
            "",
            |facts| facts.network.interfaces = Seen::Found(vec![interface("eni-1", &["sg-own"])]),
            "settled",
        ),
        (
            "groups hidden",
            "",
            |facts| facts.network.groups = hidden("ec2:DescribeSecurityGroups"),
            "! Denied | allow ec2:DescribeSecurityGroups and run it again",
        ),
    ];
    check(StepId::Network, Goal::Absent, own, &rows);
}

/// The subnet that is chosen, or the outline when none is.
fn subnet(words: &str, env: &[(&str, &str)], facts: &Facts) -> String {
    let choice = present(&wish_in(words, env), facts);
    match choice {
        Ok(choice) => choice.subnet.map(|subnet| subnet.id).unwrap_or_default(),
        Err(block) => outline(&Item::blocked(StepId::Network, *block)),
    }
}

fn with(breakage: impl FnOnce(&mut Facts)) -> Facts {
    let mut facts = Facts::bare();
    breakage(&mut facts);
    facts
}

fn free(facts: &mut Facts, id: &str, addresses: u32) {
    let Seen::Found(subnets) = &mut facts.network.subnets else { return };
    subnets.iter_mut().filter(|subnet| subnet.id == id).for_each(|subnet| subnet.free_addresses = addresses);
}

#[test]
fn the_subnet() {
    let class = |subnet: &str| {
        let parameters = [("subnetId".to_owned(), subnet.to_owned())].into();
        Seen::Found(StorageClass { name: "fsx-sc".into(), parameters, ..crate::facts::sample::class() })
    };
    let rows = [
        ("most nodes are in a", "", Facts::bare(), "subnet-a"),
        ("asked for", "--subnet subnet-b", Facts::bare(), "subnet-b"),
        ("asked for by a list: the zone decides", "--subnet subnet-b,subnet-a", Facts::bare(), "subnet-a"),
        ("a public one only by name", "--subnet subnet-public-a", Facts::bare(), "subnet-public-a"),
        (
            "asked for, not there",
            "--subnet subnet-x",
            Facts::bare(),
            "! Usage | name one of these, or leave it to --subnet auto",
        ),
        (
            "nodes without the zone label are counted by their zone id, beside those that have it",
            "",
            with(|facts| {
                let mut nodes = vec![node("ip-1", "a"), node("ip-2", "b")];
                for name in ["hyperpod-1", "hyperpod-2"] {
                    nodes.push(crate::facts::Node { zone: None, ..node(name, "b") });
                }
                facts.nodes = Seen::Found(nodes);
            }),
            "subnet-b",
        ),
        (
            "Fargate cannot mount and does not count",
            "",
            with(|facts| {
                let fargate = |name: &str| crate::facts::Node { fargate: true, ..node(name, "a") };
                facts.nodes = Seen::Found(vec![fargate("f-1"), fargate("f-2"), node("ip-1", "b")]);
            }),
            "subnet-b",
        ),
        ("too few addresses: the next best", "", with(|facts| free(facts, "subnet-a", 1)), "subnet-b"),
        (
            "two addresses are enough for the smallest",
            "",
            with(|facts| free(facts, "subnet-a", 2)),
            "subnet-a",
        ),
        ("a larger one needs more", "--size 24000Gi", with(|facts| free(facts, "subnet-a", 10)), "subnet-b"),
        (
            "too few in the named one",
            "--subnet subnet-a",
            with(|facts| free(facts, "subnet-a", 1)),
            "! Usage | use --subnet subnet-b, which has 16000 free",
        ),
        (
            "no private subnet",
            "",
            with(|facts| {
                let Seen::Found(tables) = &mut facts.network.routes else { return };
                tables.iter_mut().for_each(|table| table.to_internet_gateway = true);
            }),
            "! Usage | name one with --subnet subnet-…",
        ),
        (
            "the main table decides for a subnet without one",
            "",
            with(|facts| {
                let Seen::Found(tables) = &mut facts.network.routes else { return };
                tables[1].main = true;
                tables[0].subnets = vec!["subnet-b".to_owned()];
            }),
            "subnet-b",
        ),
        ("the class in use decides", "", with(|facts| facts.storage.class = class("subnet-b")), "subnet-b"),
    ];
    for (name, words, facts, wanted) in rows {
        assert_eq!(subnet(words, &[], &facts), wanted, "{name}");
    }
    let by_variable = with(|facts| facts.storage.class = class("subnet-b"));
    assert_eq!(
        subnet("", &[("PRIVATE_SUBNET_IDS", "subnet-a,subnet-b")], &by_variable),
        "subnet-b",
        "the class in use is one of the list"
    );
}

#[test]
fn the_order_in_which_a_group_is_chosen() {
    let in_class = |facts: &mut Facts, id: &str| {
        let parameters = [("securityGroupIds".to_owned(), id.to_owned())].into();
        facts.storage.class = Seen::Found(StorageClass { parameters, ..crate::facts::sample::class() });
    };
    let chosen = |words: &str, env: &[(&str, &str)], facts: &Facts| {
        present(&wish_in(words, env), facts)
            .map(|choice| choice.group.map(|group| group.shown().to_owned()))
            .ok()
            .flatten()
    };
    let mut facts = Facts::bare();
    add(&mut facts, own_group(&["sg-cluster", "sg-hp"]));
    add(&mut facts, group("sg-class", &[all("sg-class"), all("sg-hp"), all("sg-cluster")]));
    add(&mut facts, group("sg-guide", &[all("sg-guide"), all("sg-hp"), all("sg-cluster")]));
    for id in ["sg-hp", "sg-cluster"] {
        rules(&mut facts, id).ingress.extend(["sg-own", "sg-class", "sg-guide"].map(all));
    }
    in_class(&mut facts, "sg-class");
    let guide = [("SECURITY_GROUP_ID", "sg-guide")];
    assert_eq!(
        chosen("--security-group sg-hp", &guide, &facts).as_deref(),
        Some("sg-hp"),
        "a flag goes before all"
    );
    assert_eq!(
        chosen("", &[("FSXCTL_SECURITY_GROUP", "sg-hp")], &facts).as_deref(),
        Some("sg-hp"),
        "and so does a variable of fsxctl"
    );
    assert_eq!(chosen("", &guide, &facts).as_deref(), Some("sg-class"), "then the class in use");
    facts.storage.class = Seen::Missing;
    assert_eq!(chosen("", &guide, &facts).as_deref(), Some("sg-own"), "then ours by tag");
    groups(&mut facts).retain(|group| group.id != "sg-own");
    assert_eq!(chosen("", &guide, &facts).as_deref(), Some("sg-guide"), "then the guides' variable");
    facts.storage.volumes = Seen::Found(vec![crate::facts::sample::volume()]);
    facts.file_systems = Seen::Found(vec![crate::facts::sample::file_system()]);
    facts.network.interfaces = Seen::Found(vec![interface("eni-1", &["sg-class"])]);
    assert_eq!(
        chosen("", &[], &facts).as_deref(),
        Some("sg-class"),
        "then that of the cluster's file systems"
    );
    facts.storage.volumes = Seen::Found(Vec::new());
    assert_eq!(chosen("", &[], &facts).as_deref(), Some("sg-hp"), "then HyperPod's");
    rules(&mut facts, "sg-hp").egress = vec![all("sg-cluster")];
    assert_eq!(
        chosen("", &[], &facts).as_deref(),
        Some("(known after apply)"),
        "but not when its egress is closed to itself"
    );
}

#[test]
fn rules_of_nodes_are_told_on_their_own() {
    let facts = Facts::plain();
    let plan = plan(Goal::Present, &wish("network"), &facts);
    let of_nodes: BTreeSet<String> = plan
        .changes()
        .filter(|change| change.id.starts_with("node-rules"))
        .map(|change| change.resource.reference.clone())
        .collect();
    assert_eq!(of_nodes, BTreeSet::from(["sg-cluster".to_owned()]));
    let own = plan.changes().find(|change| change.id.starts_with("rules")).expect("the new group gets rules");
    assert!(own.details[0].starts_with(ASK_LUSTRE) && own.after == [group::CREATE]);
}

fn notes(words: &str, facts: &Facts) -> Vec<String> {
    match present(&wish(words), facts) {
        Ok(choice) => choice.item.notes.into_iter().map(|note| note.text).collect(),
        Err(block) => vec![block.message.clone()],
    }
}

#[track_caller]
fn tells(words: &str, breakage: impl FnOnce(&mut Facts), wanted: &str) {
    let told = notes(words, &with(breakage));
    assert!(told.iter().any(|text| text == wanted), "{wanted:?} is not in {told:#?}");
}

#[test]
fn nodes_that_cannot_mount_or_cannot_be_judged_are_told() {
    let all_fargate = |facts: &mut Facts| {
        let Seen::Found(nodes) = &mut facts.nodes else { return };
        nodes.iter_mut().for_each(|node| (node.fargate, node.hyperpod) = (true, false));
    };
    tells(
        "",
        all_fargate,
        "every node is Fargate's, and Fargate cannot mount Lustre: pods need HyperPod or EC2 nodes",
    );
    let with_ids = |facts: &mut Facts| {
        let Seen::Found(nodes) = &mut facts.nodes else { return };
        for (index, node) in nodes.iter_mut().enumerate().filter(|(_, node)| !node.hyperpod) {
            node.instance_id = Some(format!("i-{}", index * 10));
        }
    };
    tells(
        "",
        with_ids,
        "EC2 does not list node ip-10-20-1-101 and 1 more: whether its security groups let Lustre through cannot be told",
    );
    let mut facts = Facts::bare();
    with_ids(&mut facts);
    let Seen::Found(nodes) = &mut facts.nodes else { return };
    nodes.retain(|node| node.hyperpod);
    assert!(
        !notes("", &facts).iter().any(|text| text.contains("does not list")),
        "HyperPod's are never among EC2's instances"
    );
}

#[test]
fn nodes_of_a_pool_are_named_by_it() {
    let facts = with(|facts| {
        facts.hyperpod = Seen::Missing;
        facts.network.instances = Seen::Found(vec![crate::facts::Instance {
            node_group: None,
            node_pool: Some("gpu".to_owned()),
            ..instance("i-9", "", &["sg-cluster"], "subnet-a")
        }]);
    });
    let plan = plan(Goal::Present, &wish("network"), &facts);
    let told: Vec<&str> = plan.changes().map(|change| change.because.as_str()).collect();
    assert!(told.iter().any(|because| because.contains("(node pool gpu)")), "{told:#?}");
}

fn control_plane(facts: &mut Facts) {
    facts.cluster.subnets = vec!["subnet-eks-a".to_owned()];
    let Seen::Found(subnets) = &mut facts.network.subnets else { return };
    let small = crate::facts::Subnet {
        id: "subnet-eks-a".to_owned(),
        cidr: "10.20.255.0/28".to_owned(),
        free_addresses: 9,
        ..subnets[0].clone()
    };
    subnets.push(small);
}

#[test]
fn the_small_subnets_of_the_control_plane_are_taken_last() {
    let rows = [
        ("the nodes' own one has room", with(control_plane), "subnet-a"),
        (
            "a subnet of another zone goes before it",
            with(|facts| {
                control_plane(facts);
                free(facts, "subnet-a", 1);
            }),
            "subnet-b",
        ),
        (
            "nodes live in it",
            with(|facts| {
                control_plane(facts);
                free(facts, "subnet-a", 1);
                let Seen::Found(instances) = &mut facts.network.instances else { return };
                instances.push(instance("i-3", "small", &["sg-cluster"], "subnet-eks-a"));
            }),
            "subnet-eks-a",
        ),
        (
            "there is no other",
            with(|facts| {
                control_plane(facts);
                free(facts, "subnet-a", 1);
                free(facts, "subnet-b", 1);
            }),
            "subnet-eks-a",
        ),
    ];
    for (name, facts, wanted) in rows {
        assert_eq!(subnet("", &[], &facts), wanted, "{name}");
    }
}

#[test]
fn a_class_in_use_must_have_room_for_a_new_claim() {
    let class = || Seen::Found(crate::facts::sample::class());
    let full = with(|facts| {
        facts.storage.class = class();
        free(facts, "subnet-a", 1);
    });
    assert_eq!(
        subnet("", &[], &full),
        "! Conflict | take another class with --class, for instance --class fsx-sc-2"
    );
    let there = with(|facts| {
        facts.storage.class = class();
        facts.storage.claim = Seen::Found(crate::facts::sample::claim());
        free(facts, "subnet-a", 1);
    });
    assert_eq!(subnet("", &[], &there), "subnet-a", "a claim that is there needs no more");
    let large = with(|facts| {
        facts.storage.class = class();
        free(facts, "subnet-a", 10);
    });
    assert_eq!(
        subnet("--size 12000Gi", &[], &large),
        "subnet-a",
        "five object servers and a metadata server"
    );
    assert!(subnet("--size 24000Gi", &[], &large).starts_with("! Conflict"), "ten object servers");
}

#[test]
fn without_room_anywhere_a_smaller_one_is_offered() {
    let full = with(|facts| {
        for id in ["subnet-a", "subnet-b"] {
            free(facts, id, 1);
        }
    });
    assert_eq!(
        subnet("", &[], &full),
        "! Usage | take a smaller --size, or make a subnet with more addresses"
    );
}

#[test]
fn a_zone_without_nodes_is_warned_of() {
    tells(
        "--subnet subnet-b",
        in_one_zone,
        "no node is in us-west-2b; traffic between zones is billed and slower",
    );
}

#[test]
fn efa_tells_which_nodes_it_does_not_reach() {
    tells("--efa --size 19200Gi", |_| {}, "EFA works within us-west-2a only: 2 nodes are in other zones");
    let far = |facts: &mut Facts| {
        in_one_zone(facts);
        let Seen::Found(subnets) = &mut facts.network.subnets else { return };
        let second = crate::facts::Subnet {
            id: "subnet-second".to_owned(),
            cidr: "10.21.0.0/18".to_owned(),
            free_addresses: 100,
            ..subnets[0].clone()
        };
        subnets.push(second);
        let Seen::Found(pods) = &mut facts.hyperpod else { return };
        pods[0].groups[0].subnets = vec!["subnet-second".to_owned()];
    };
    tells(
        "--efa --size 19200Gi",
        far,
        "EFA works within one /16 only: nodes in subnet-second are outside of subnet-a's",
    );
    let facts = with(far);
    assert!(
        !notes("", &facts).iter().any(|text| text.contains("EFA")),
        "without --efa nothing is said of it"
    );
}

#[test]
fn a_group_of_others_is_told_with_its_maker_and_users() {
    let facts = with(|facts| {
        let tags = [("ManagedBy", "terraform")].map(|(key, value)| (key.to_owned(), value.to_owned()));
        add(facts, SecurityGroup { tags: tags.into(), ..group("sg-shared", &[]) });
        facts.file_systems = Seen::Found(vec![crate::facts::sample::file_system()]);
        facts.network.interfaces = Seen::Found(vec![interface("eni-1", &["sg-shared"])]);
    });
    let told = notes("--security-group sg-shared", &facts);
    assert!(
        told[0].starts_with(
            "security group sg-shared is not fsxctl's (its tag ManagedBy says terraform; file system fs-1 uses it) \
             and does not let Lustre through"
        ),
        "{told:#?}"
    );
}

#[test]
fn a_group_that_was_adopted_is_chosen_again_and_changed_without_leave() {
    let facts = with(|facts| {
        let mut tags = tags_of("arn:aws:eks:us-west-2:111122223333:cluster/hp-eks");
        tags.insert("fsxctl.io/origin".to_owned(), "adopted".to_owned());
        add(facts, SecurityGroup { tags, ..group("sg-theirs", &[all("sg-theirs")]) });
    });
    let choice = present(&wish(""), &facts).expect("a choice");
    assert_eq!(choice.group, Some(Ref::Known("sg-theirs".to_owned())));
    assert!(choice.item.changes.iter().any(|change| change.id.starts_with("rules-")), "{choice:#?}");
    assert!(!choice.item.changes.iter().any(|change| change.id == "group-tags"), "{choice:#?}");
}
