//! Which subnet the file system gets: in the zone where most nodes are, private, with addresses to spare.

use std::collections::BTreeMap;

use super::{View, denied, note};
use crate::domain::cidr::{Cidr4, same_16};
use crate::domain::{quantity, sizing, storageclass};
use crate::error::Kind;
use crate::facts::{Facts, Node, Seen, StorageClass, Subnet};
use crate::intent::SubnetWish;
use crate::steps::{Block, Note, Sign, StepId};

/// The subnet and what is worth telling about it.
pub(super) struct Chosen {
    pub(super) subnet: Subnet,
    pub(super) notes: Vec<Note>,
}

/// Chooses: a flag or variable; the subnet of the class in use; else by the nodes.
pub(super) fn choose(view: &View<'_>) -> Result<Chosen, Box<Block>> {
    let subnets = super::visible(&view.facts.network.subnets, "subnets")?;
    let wish = &view.intent.network.subnet;
    if let SubnetWish::OneOf(ids) = &wish.value {
        let named = named(view, subnets, ids, &wish.from.to_string())?;
        if let Some(chosen) = in_use(view, subnets)?.filter(|chosen| ids.contains(&chosen.subnet.id)) {
            return Ok(chosen);
        }
        return best(view, &named, &format!("asked for by {}", wish.from));
    }
    if let Some(chosen) = in_use(view, subnets)? {
        return Ok(chosen);
    }
    let private: Vec<&Subnet> = subnets.iter().filter(|subnet| is_private(view, subnet)).collect();
    if private.is_empty() {
        return Err(block(
            format!(
                "no private subnet in {}: every one routes 0.0.0.0/0 to an internet gateway",
                view.facts.cluster.vpc
            ),
            "name one with --subnet subnet-…",
        ));
    }
    let mut chosen = best(view, &private, "the zone where most nodes are")?;
    if let Some(veil) = view.facts.network.routes.hidden() {
        let text = format!(
            "route tables cannot be seen ({}); a subnet that gives out no public addresses is taken for private",
            veil.permission
        );
        chosen.notes.push(note(Sign::Unknown, text));
    }
    Ok(chosen)
}

fn block(message: String, next: &str) -> Box<Block> {
    Box::new(Block { kind: Kind::Usage, message, permission: None, next: Some(next.to_owned()) })
}

fn named<'a>(
    view: &View<'_>,
    subnets: &'a [Subnet],
    ids: &[String],
    source: &str,
) -> Result<Vec<&'a Subnet>, Box<Block>> {
    let there = || {
        let mut there: Vec<String> =
            subnets.iter().map(|subnet| format!("{} ({})", subnet.id, subnet.zone)).collect();
        there.sort();
        there.join(", ")
    };
    ids.iter()
        .map(|id| {
            subnets.iter().find(|subnet| subnet.id == *id).ok_or_else(|| {
                block(
                    format!(
                        "{source} names subnet {id}, which is not in {}; there are {}",
                        view.facts.cluster.vpc,
                        there()
                    ),
                    "name one of these, or leave it to --subnet auto",
                )
            })
        })
        .collect()
}

fn in_use(view: &View<'_>, subnets: &[Subnet]) -> Result<Option<Chosen>, Box<Block>> {
    let Some(class) = view.facts.storage.class.found() else { return Ok(None) };
    let named = class.parameters.get("subnetId");
    let Some(subnet) = subnets.iter().find(|subnet| Some(&subnet.id) == named) else { return Ok(None) };
    room(view, class, subnet)?;
    let text = format!("subnet {} ({}): StorageClass {} uses it", subnet.id, subnet.zone, class.name);
    Ok(Some(Chosen { subnet: subnet.clone(), notes: vec![note(Sign::Keep, text)] }))
}

/// A class names its subnet for good: a new claim of it needs addresses there, one for every server of what the class
/// makes (FSx for Lustre User Guide, file system IP addresses).
fn room(view: &View<'_>, class: &StorageClass, subnet: &Subnet) -> Result<(), Box<Block>> {
    if !view.intent.covers(StepId::Storage) || view.facts.storage.claim.found().is_some() {
        return Ok(());
    }
    let size = view.intent.storage.size.value;
    let wish = storageclass::wish_from(&class.parameters, size).ok();
    let Some(needed) = wish.and_then(|wish| sizing::addresses_needed(&wish)) else { return Ok(()) };
    if u64::from(subnet.free_addresses) >= needed {
        return Ok(());
    }
    Err(Box::new(Block {
        kind: Kind::Conflict,
        message: format!(
            "a file system of {} needs {needed} addresses, but subnet {} of StorageClass {} has {} free, and \
             Kubernetes cannot change the class",
            quantity::print_gib(size),
            subnet.id,
            class.name,
            subnet.free_addresses
        ),
        permission: None,
        next: Some("take another class with --class, for instance --class fsx-sc-2".to_owned()),
    }))
}

/// Private: its own route table, else the main one, has no default route to an internet gateway. When routes cannot
/// be seen, a subnet that gives out public addresses counts as public.
fn is_private(view: &View<'_>, subnet: &Subnet) -> bool {
    routes_privately(view.facts, subnet)
}

fn routes_privately(facts: &Facts, subnet: &Subnet) -> bool {
    let Some(tables) = facts.network.routes.found() else { return !subnet.public_addresses };
    let own = tables.iter().find(|table| table.subnets.contains(&subnet.id));
    !own.or_else(|| tables.iter().find(|table| table.main)).is_some_and(|table| table.to_internet_gateway)
}

/// Of the candidates: most nodes in its zone, then one that nodes are in, then most free addresses, then by id.
fn best(view: &View<'_>, candidates: &[&Subnet], why: &str) -> Result<Chosen, Box<Block>> {
    let needed = sizing::addresses_needed(&view.intent.storage.file_system).unwrap_or(2);
    let fits: Vec<&Subnet> =
        candidates.iter().copied().filter(|subnet| u64::from(subnet.free_addresses) >= needed).collect();
    if fits.is_empty() {
        let mut list: Vec<String> = candidates
            .iter()
            .map(|subnet| format!("{} has {} free", subnet.id, subnet.free_addresses))
            .collect();
        list.sort();
        return Err(block(
            format!("the file system needs {needed} addresses, but {}", list.join(", ")),
            &elsewhere(view, needed),
        ));
    }
    let nodes = match &view.facts.nodes {
        Seen::Found(nodes) => nodes.as_slice(),
        Seen::Missing => &[],
        Seen::Hidden(_) if fits.len() == 1 => &[],
        Seen::Hidden(veil) => return Err(denied("nodes", veil)),
    };
    let by_zone = nodes_by_zone(nodes);
    let homes: Vec<&String> = view.clients.iter().flat_map(|client| &client.subnets).collect();
    let rank = |subnet: &Subnet| {
        (
            !is_control_plane(view, subnet, &homes),
            nodes_near(&by_zone, subnet),
            homes.contains(&&subnet.id),
            subnet.free_addresses,
            std::cmp::Reverse(subnet.id.clone()),
        )
    };
    let Some(subnet) = fits.into_iter().max_by_key(|subnet| rank(subnet)) else {
        return Err(block("no subnet to choose from".to_owned(), "name one with --subnet subnet-…"));
    };
    let mut notes = tell(subnet, &by_zone, why);
    notes.extend(efa_reach(view, subnet, &by_zone));
    Ok(Chosen { notes, subnet: subnet.clone() })
}

/// The nearest way out when no candidate has enough addresses.
fn elsewhere(view: &View<'_>, needed: u64) -> String {
    let all = view.facts.network.subnets.found().map_or(&[][..], Vec::as_slice);
    let enough = |subnet: &&Subnet| u64::from(subnet.free_addresses) >= needed && is_private(view, subnet);
    match all.iter().filter(enough).max_by_key(|subnet| subnet.free_addresses) {
        Some(subnet) => format!("use --subnet {}, which has {} free", subnet.id, subnet.free_addresses),
        None => "take a smaller --size, or make a subnet with more addresses".to_owned(),
    }
}

/// A small subnet that EKS has for its own interfaces and no node is in: it is taken last, because EKS needs its few
/// addresses for updates (EKS User Guide, subnet requirements: a /28 with at least six free ones).
fn is_control_plane(view: &View<'_>, subnet: &Subnet, homes: &[&String]) -> bool {
    let is_small = subnet.cidr.parse::<Cidr4>().is_ok_and(|cidr| cidr.prefix() >= 28);
    is_small && view.facts.cluster.subnets.contains(&subnet.id) && !homes.contains(&&subnet.id)
}

/// What people want to know of a subnet before they name it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct SubnetSight {
    /// Whether it is private, as far as routes can be seen.
    pub is_private: bool,
    /// Nodes in its zone.
    pub nodes: usize,
    /// Nodes that can mount in all; none when they cannot be seen.
    pub of: Option<usize>,
}

/// What people want to know of a subnet before they name it.
pub fn subnet_sight(facts: &Facts, subnet: &Subnet) -> SubnetSight {
    let by_zone = nodes_by_zone(facts.nodes.found().map_or(&[][..], Vec::as_slice));
    SubnetSight {
        is_private: routes_privately(facts, subnet),
        nodes: nodes_near(&by_zone, subnet),
        of: facts.nodes.hidden().is_none().then(|| by_zone.values().sum()),
    }
}

/// Nodes that can mount, by zone name (by zone id for HyperPod nodes without the zone label). Fargate cannot mount.
fn nodes_by_zone(nodes: &[Node]) -> BTreeMap<String, usize> {
    let mut count = BTreeMap::new();
    for node in nodes.iter().filter(|node| !node.fargate) {
        if let Some(zone) = node.zone.as_ref().or(node.zone_id.as_ref()) {
            *count.entry(zone.clone()).or_insert(0) += 1;
        }
    }
    count
}

/// Nodes in the subnet's zone: those known by its name and those known by its id alone.
fn nodes_near(by_zone: &BTreeMap<String, usize>, subnet: &Subnet) -> usize {
    [&subnet.zone, &subnet.zone_id].into_iter().filter_map(|zone| by_zone.get(zone)).sum()
}

/// EFA reaches clients in the file system's zone and /16 only (FSx for Lustre User Guide, EFA file systems).
fn efa_reach(view: &View<'_>, subnet: &Subnet, by_zone: &BTreeMap<String, usize>) -> Vec<Note> {
    if !view.intent.network.efa {
        return Vec::new();
    }
    let mut notes = Vec::new();
    let away = by_zone.values().sum::<usize>().saturating_sub(nodes_near(by_zone, subnet));
    if away > 0 {
        let text = format!("EFA works within {} only: {away} nodes are in other zones", subnet.zone);
        notes.push(note(Sign::Warn, text));
    }
    let all = view.facts.network.subnets.found().map_or(&[][..], Vec::as_slice);
    let first = |cidr: &str| cidr.split('/').next().and_then(|text| text.parse::<std::net::Ipv4Addr>().ok());
    let far: Vec<&str> = all
        .iter()
        .filter(|it| {
            it.zone == subnet.zone && view.clients.iter().any(|client| client.subnets.contains(&it.id))
        })
        .filter(|it| match (first(&it.cidr), first(&subnet.cidr)) {
            (Some(one), Some(other)) => !same_16(one, other),
            _ => false,
        })
        .map(|it| it.id.as_str())
        .collect();
    if !far.is_empty() {
        let text = format!(
            "EFA works within one /16 only: nodes in {} are outside of {}'s",
            far.join(", "),
            subnet.id
        );
        notes.push(note(Sign::Warn, text));
    }
    notes
}

fn tell(subnet: &Subnet, by_zone: &BTreeMap<String, usize>, why: &str) -> Vec<Note> {
    let total: usize = by_zone.values().sum();
    let here = nodes_near(by_zone, subnet);
    let mut notes = vec![note(
        Sign::Keep,
        format!("subnet {} ({}, {}): {why}; {here} of {total} nodes", subnet.id, subnet.zone, subnet.zone_id),
    )];
    if total > 0 && here == 0 {
        notes.push(note(
            Sign::Warn,
            format!("no node is in {}; traffic between zones is billed and slower", subnet.zone),
        ));
    } else if here < total {
        notes.push(note(
            Sign::Keep,
            format!(
                "{} of {total} nodes are in other zones; they can mount, at cross-zone cost",
                total - here
            ),
        ));
    }
    notes
}
