//! Zones and subnets, one change each.

use super::super::sample::{broken, found, waiting};
use crate::facts::{Checkup, Seen, StorageClass, Subnet};

fn zones(checkup: &mut Checkup, zone_of: impl Fn(usize) -> Option<&'static str>) {
    let Seen::Found(nodes) = &mut checkup.survey.facts.nodes else { panic!("nodes") };
    for (at, node) in nodes.iter_mut().enumerate() {
        node.zone_id = zone_of(at).map(str::to_owned);
    }
}

fn class(checkup: &mut Checkup, change: impl Fn(&mut StorageClass)) {
    let Seen::Found(classes) = &mut checkup.survey.classes else { panic!("classes") };
    classes.iter_mut().for_each(change);
}

fn subnet(checkup: &mut Checkup, change: impl Fn(&mut Subnet)) {
    let Seen::Found(subnets) = &mut checkup.survey.facts.network.subnets else { panic!("subnets") };
    subnets.iter_mut().filter(|it| it.id == "subnet-a").for_each(change);
}

/// What a fault of a class does to a claim that waits for it.
fn stops(id: &str, object: &str, change: impl Fn(&mut Checkup)) {
    let mut checkup = waiting();
    change(&mut checkup);
    assert_eq!(
        found(&checkup),
        [
            format!("{id} error failed {object}"),
            format!("FSX-BIND-50 error blocked by {id} PersistentVolumeClaim default/fsx-claim"),
            format!("FSX-SCHED-05 error blocked by {id} Pod default/app"),
        ]
    );
}

/// H-17, H-18: in other zones it works.
#[test]
fn tests_odd_some_nodes_in_other_zones_are_worth_knowing() {
    let some = |at: usize| Some(if at == 0 { "usw2-az2" } else { "usw2-az1" });
    assert_eq!(broken(|it| zones(it, some)), ["FSX-AZ-01 info failed FileSystem fs-1"]);
}

#[test]
fn no_node_in_its_zone_is_a_warning() {
    assert_eq!(broken(|it| zones(it, |_| Some("usw2-az2"))), ["FSX-AZ-01 warning failed FileSystem fs-1"]);
}

/// Names of zones differ between accounts, so only names of this account's subnets are taken.
#[test]
fn zones_are_compared_by_their_ids() {
    assert_eq!(broken(|it| zones(it, |_| None)), Vec::<String>::new(), "by the subnets' own names");
    let found = broken(|it| {
        zones(it, |_| Some("usw2-az1"));
        let Seen::Found(nodes) = &mut it.survey.facts.nodes else { panic!("nodes") };
        nodes.iter_mut().for_each(|node| node.zone = Some("us-west-2b".to_owned()));
    });
    assert_eq!(found, Vec::<String>::new(), "another name of the same zone");
}

/// H-18: the subnet of a class needs not be one of nodes.
#[test]
fn tests_odd_a_subnet_without_nodes_is_all_right() {
    let found = broken(|it| {
        class(it, |class| {
            class.parameters.insert("subnetId".to_owned(), "subnet-b".to_owned());
        });
    });
    assert_eq!(found, Vec::<String>::new());
}

#[test]
fn a_subnet_that_is_not_there() {
    let gone = |it: &mut Checkup| {
        class(it, |class| {
            class.parameters.insert("subnetId".to_owned(), "subnet-gone".to_owned());
        });
    };
    assert_eq!(broken(gone), ["FSX-AZ-02 error failed StorageClass fsx-sc"]);
    stops("FSX-AZ-02", "StorageClass fsx-sc", gone);
    let found = broken(|it| {
        gone(it);
        class(it, |class| {
            class.parameters.insert("securityGroupIds".to_owned(), "sg-far".to_owned());
        });
    });
    assert_eq!(found, ["FSX-AZ-02 warning failed StorageClass fsx-sc"], "may both be of another VPC");
}

#[test]
fn a_group_of_another_vpc() {
    stops("FSX-AZ-03", "StorageClass fsx-sc", |it| {
        class(it, |class| {
            class.parameters.insert("securityGroupIds".to_owned(), "sg-hp,sg-far".to_owned());
        });
    });
}

#[test]
fn a_full_subnet() {
    assert_eq!(
        broken(|it| subnet(it, |it| it.free_addresses = 1)),
        ["FSX-AZ-04 error failed Subnet subnet-a"]
    );
    // Two servers, and metadata's.
    stops("FSX-AZ-04", "Subnet subnet-a", |it| subnet(it, |it| it.free_addresses = 1));
    assert_eq!(broken(|it| subnet(it, |it| it.free_addresses = 2)), Vec::<String>::new());
}

#[test]
fn several_subnets_in_one() {
    stops("FSX-AZ-06", "StorageClass fsx-sc", |it| {
        class(it, |class| {
            class.parameters.insert("subnetId".to_owned(), "subnet-a,subnet-b".to_owned());
        });
    });
}

#[test]
fn waiting_for_a_pod_chooses_no_zone() {
    let found = broken(|it| {
        class(it, |class| class.binding_mode = "WaitForFirstConsumer".to_owned());
        zones(it, |at| Some(if at == 0 { "usw2-az2" } else { "usw2-az1" }));
    });
    assert_eq!(found, ["FSX-AZ-01 info failed FileSystem fs-1", "FSX-AZ-07 info failed StorageClass fsx-sc"]);
}
