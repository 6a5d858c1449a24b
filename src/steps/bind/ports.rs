//! Do the security groups let every group of nodes through to every interface of the file system?
//!
//! A file system has several interfaces, the console shows one, and groups can be changed on one alone (failure mode
//! N-08): so each is looked at.

use std::collections::{BTreeMap, BTreeSet};

use super::{block, few, note, route, system};
use crate::domain::network::{
    LUSTRE_PORTS, Peer, PrefixLists, Reach, Rule, SecurityGroup, coverage, egress_open,
};
use crate::domain::ownership::{self, Origin};
use crate::error::Kind;
use crate::facts::{Facts, FileSystem, Interface};
use crate::intent::{Bind, Check, Intent};
use crate::steps::network::{self, Client};
use crate::steps::{Action, Block, Change, Direction, Note, Ref, Resource, Sign, Verb};

/// What the driver's old guide told to open besides 988; mounts often work with it.
const OLD_GAP: [(u16, u16); 1] = [(1018, 1020)];

/// One closed way.
struct Closed {
    /// The group that lacks rules.
    group: String,
    direction: Direction,
    /// What it lacks.
    ranges: Vec<(u16, u16)>,
    /// The rules that would open it; none when nothing is known to name in them.
    rules: Vec<Rule>,
    /// Whether it is a group of nodes.
    of_nodes: bool,
    /// For people.
    told: String,
    /// AWS asks for it, and many set-ups work without it: told, opened on demand, and no refusal.
    is_soft: bool,
}

/// What all looks need.
struct Sight<'a> {
    facts: &'a Facts,
    groups: &'a [SecurityGroup],
    lists: &'a PrefixLists,
    /// Groups of another VPC cannot always be named in rules, addresses can.
    by_address: bool,
}

impl<'a> Sight<'a> {
    fn group(&self, id: &str) -> Option<&'a SecurityGroup> {
        self.groups.iter().find(|group| group.id == id)
    }

    fn rules(&self, ids: &[String], direction: Direction) -> Vec<Rule> {
        let side = |group: &SecurityGroup| match direction {
            Direction::Ingress => group.ingress.clone(),
            Direction::Egress => group.egress.clone(),
        };
        ids.iter().filter_map(|id| self.group(id)).flat_map(side).collect()
    }

    /// Blocks of addresses of subnets.
    fn cidrs(&self, subnets: &[String]) -> Vec<String> {
        let all = self.facts.network.subnets.found().map_or(&[][..], Vec::as_slice);
        all.iter().filter(|subnet| subnets.contains(&subnet.id)).map(|subnet| subnet.cidr.clone()).collect()
    }

    /// How rules name nodes or the file system.
    fn peers(&self, group: Option<&str>, cidrs: &[String]) -> Vec<Peer> {
        let by_group = group.filter(|_| !self.by_address || cidrs.is_empty());
        match by_group {
            Some(id) => vec![Peer::Group { id: id.to_owned(), account: None }],
            None => cidrs.iter().map(|cidr| Peer::Cidr(cidr.clone())).collect(),
        }
    }

    /// The rule group of nodes: the cluster's own when they wear it, else the first that can be seen.
    fn rule_group(&self, client: &Client) -> Option<String> {
        let cluster = self.facts.cluster.security_group.as_ref();
        let own = client.groups.iter().find(|id| Some(*id) == cluster);
        let seen = || client.groups.iter().find(|id| self.group(id).is_some());
        own.or_else(seen).cloned()
    }
}

/// Rules that are missing, made with `--open-ports`, else in the way.
pub(super) fn plan(
    (intent, bind): (&Intent, &Bind),
    facts: &Facts,
    system: &FileSystem,
    notes: &mut Vec<Note>,
) -> Result<Vec<Change>, Box<Block>> {
    let Some((closed, unsure)) = closed(facts, system, notes) else { return Ok(Vec::new()) };
    notes.extend(unsure.into_iter().map(|text| note(Sign::Unknown, text)));
    if closed.is_empty() {
        return Ok(Vec::new());
    }
    let can_be_opened = closed.iter().all(|way| !way.rules.is_empty());
    if bind.open_ports && can_be_opened {
        return Ok(changes(intent, facts, closed));
    }
    let (soft, closed): (Vec<Closed>, Vec<Closed>) = closed.into_iter().partition(|way| way.is_soft);
    if let [first, ..] = soft.as_slice() {
        let text = format!("{}; AWS asks for it, and mounts often work without: --open-ports", first.told);
        notes.push(note(Sign::Warn, text));
    }
    if closed.is_empty() {
        return Ok(Vec::new());
    }
    let told: Vec<String> = closed.iter().map(|way| way.told.clone()).collect();
    let is_old = |way: &Closed| way.ranges == OLD_GAP;
    if closed.iter().all(is_old) {
        let text =
            format!("{}: an old range of AWS's that often works; --open-ports opens the rest", few(&told));
        notes.push(note(Sign::Warn, text));
        return Ok(Vec::new());
    }
    if bind.skipped.contains(&Check::Ports) {
        notes.push(note(Sign::Warn, format!("{}; let pass by --skip-check", few(&told))));
        return Ok(Vec::new());
    }
    let message = format!("nodes cannot reach file system {}: {}", system.id, few(&told));
    let next = if can_be_opened {
        "let fsxctl open these ports with --open-ports"
    } else {
        "open these ports by hand: nothing is known that a rule could name"
    };
    Err(block(Kind::Conflict, message, next))
}

/// Closed ways, and what could not be decided. None when what decides is hidden, which is told.
fn closed(
    facts: &Facts,
    system: &FileSystem,
    notes: &mut Vec<Note>,
) -> Option<(Vec<Closed>, BTreeSet<String>)> {
    let (sight, interfaces, clients) = seen(facts, system, notes)?;
    let (mut closed, mut unsure): (Vec<Closed>, _) = (Vec::new(), BTreeSet::new());
    for interface in &interfaces {
        closed.extend(inwards(&sight, system, interface, &clients, &mut unsure));
        for way in outwards(&sight, system, interface, &clients, &mut unsure) {
            // Interfaces of one file system mostly wear the same groups.
            if !closed.iter().any(|known| known.told == way.told && known.rules == way.rules) {
                closed.push(way);
            }
        }
    }
    Some((closed, unsure))
}

/// What `rules` leave closed for certain. What an unread prefix list may open, and what addresses decide that are not
/// known, is said in `unsure`.
fn gap(
    sight: &Sight<'_>,
    rules: &[Rule],
    (who, reach): (&str, Reach<'_>),
    unsure: &mut BTreeSet<String>,
) -> Vec<(u16, u16)> {
    let found = coverage(rules, &LUSTRE_PORTS, reach, sight.lists);
    unsure.extend(found.unread_lists.into_iter().map(|list| {
        format!("prefix list {list} cannot be read; rules that name it are taken to let Lustre through")
    }));
    let by_address = rules.iter().any(|rule| matches!(rule.peer, Peer::Cidr(_)));
    if !found.uncovered.is_empty() && reach.cidrs.is_empty() && by_address {
        unsure.insert(format!("rules name addresses, and those of {who} are not known"));
        return Vec::new();
    }
    found.uncovered
}

/// What security groups keep nodes and file system apart, a sentence each. None: it cannot be told.
pub(super) fn closed_ways(facts: &Facts, system: &FileSystem) -> Option<Vec<String>> {
    let mut notes = Vec::new();
    let (closed, unsure) = closed(facts, system, &mut notes)?;
    let is_whole = unsure.is_empty() && notes.iter().all(|note| note.sign != Sign::Unknown);
    let ways: Vec<String> = closed.into_iter().filter(|way| !way.is_soft).map(|way| way.told).collect();
    (is_whole || !ways.is_empty()).then_some(ways)
}

/// What there is to judge by. None when something that decides is hidden, which is told.
fn seen<'a>(
    facts: &'a Facts,
    system: &FileSystem,
    notes: &mut Vec<Note>,
) -> Option<(Sight<'a>, Vec<&'a Interface>, Vec<Client>)> {
    let mut hidden = |veil: Option<&crate::facts::Veil>| {
        let Some(veil) = veil else { return false };
        let text =
            format!("whether nodes reach file system {} cannot be seen ({})", system.id, veil.permission);
        notes.push(note(Sign::Unknown, text));
        true
    };
    let network = &facts.network;
    // Each is told, not only the first.
    let veils = [network.groups.hidden(), network.interfaces.hidden(), network.instances.hidden()];
    if veils.into_iter().filter(|veil| hidden(*veil)).count() > 0 {
        return None;
    }
    let mut more = Vec::new();
    let clients = match network::clients(facts, &mut more) {
        Ok(clients) => clients,
        Err(block) => {
            let permission = block.permission.unwrap_or_default();
            let text = format!("whether nodes reach file system {} cannot be seen ({permission})", system.id);
            notes.push(note(Sign::Unknown, text));
            return None;
        }
    };
    notes.extend(more);
    let known = facts.network.interfaces.found().map_or(&[][..], Vec::as_slice);
    let interfaces: Vec<&Interface> = known.iter().filter(|it| system.interfaces.contains(&it.id)).collect();
    let groups = facts.network.groups.found().map_or(&[][..], Vec::as_slice);
    let sight = Sight {
        facts,
        groups,
        lists: &facts.network.prefix_lists,
        by_address: route::is_elsewhere(facts, system),
    };
    unseen(&sight, system, &interfaces, notes);
    // A group that cannot be seen may let in what the others do not.
    let visible = |interface: &&Interface| {
        !interface.groups.is_empty() && interface.groups.iter().all(|id| sight.group(id).is_some())
    };
    let interfaces = interfaces.into_iter().filter(visible).collect();
    Some((sight, interfaces, clients))
}

/// Interfaces and groups that EC2 does not list.
fn unseen(sight: &Sight<'_>, system: &FileSystem, interfaces: &[&Interface], notes: &mut Vec<Note>) {
    let is_listed = |id: &String| interfaces.iter().any(|interface| interface.id == *id);
    if let Some(id) = system.interfaces.iter().find(|id| !is_listed(id)) {
        let text = format!(
            "EC2 does not list interface {id} of file system {}; its ports cannot be told",
            system.id
        );
        notes.push(note(Sign::Unknown, text));
    }
    let groups = interfaces.iter().flat_map(|interface| &interface.groups);
    if let Some(id) = groups.into_iter().find(|id| sight.group(id).is_none()) {
        let text = format!("security group {id} of file system {} cannot be seen from here", system.id);
        notes.push(note(Sign::Unknown, text));
    }
}

/// What one interface does not let in: from itself, and from each group of nodes.
fn inwards(
    sight: &Sight<'_>,
    system: &FileSystem,
    interface: &Interface,
    clients: &[Client],
    unsure: &mut BTreeSet<String>,
) -> Vec<Closed> {
    let rules = sight.rules(&interface.groups, Direction::Ingress);
    let Some(group) = interface.groups.iter().find(|id| sight.group(id).is_some()) else { return Vec::new() };
    let mut closed = Vec::new();
    let mut judge = |who: &str, groups: &[String], cidrs: &[String], peers: Vec<Peer>| {
        let ranges = gap(sight, &rules, (who, Reach { groups, cidrs }), unsure);
        if !ranges.is_empty() {
            let lacks = named(&ranges);
            let told = format!(
                "security group {group} on interface {} does not let {who} in on {lacks}",
                interface.id
            );
            let text = description(sight.facts, &format!("from {who}"));
            let rules = rules_for(&ranges, &peers, &text);
            closed.push(Closed {
                group: group.clone(),
                direction: Direction::Ingress,
                ranges,
                rules,
                of_nodes: false,
                told,
                is_soft: false,
            });
        }
    };
    let own: Vec<String> =
        system::subnet(sight.facts, system).map(|it| it.cidr.clone()).into_iter().collect();
    judge(
        "the file system itself",
        &interface.groups,
        &own,
        vec![Peer::Group { id: group.clone(), account: None }],
    );
    for client in clients {
        let cidrs = sight.cidrs(&client.subnets);
        let peers = sight.peers(sight.rule_group(client).as_deref(), &cidrs);
        judge(&client.name, &client.groups, &cidrs, peers);
    }
    closed
}

/// What groups of nodes do not let out to one interface, or in from it, and what its own groups do not let out. A group
/// is stateful, so what only answers passes; AWS asks for the way in all the same.
fn outwards(
    sight: &Sight<'_>,
    system: &FileSystem,
    interface: &Interface,
    clients: &[Client],
    unsure: &mut BTreeSet<String>,
) -> Vec<Closed> {
    let own: Vec<String> =
        system::subnet(sight.facts, system).map(|it| it.cidr.clone()).into_iter().collect();
    let server = interface.groups.first().cloned().unwrap_or_default();
    let mut closed = Vec::new();
    for client in clients {
        let cidrs = sight.cidrs(&client.subnets);
        let nodes =
            sight.rule_group(client).filter(|_| client.groups.iter().all(|id| sight.group(id).is_some()));
        let to_server = Reach { groups: &interface.groups, cidrs: &own };
        let to_nodes = Reach { groups: &client.groups, cidrs: &cidrs };
        let (servers, names) = (sight.peers(Some(&server), &own), sight.peers(nodes.as_deref(), &cidrs));
        let name = client.name.as_str();
        let ways = [
            (nodes.clone(), Direction::Egress, to_server, &servers, (name, "the file system", false)),
            (nodes, Direction::Ingress, to_server, &servers, ("the file system", "the file system", true)),
            (Some(server.clone()), Direction::Egress, to_nodes, &names, ("the file system", name, false)),
        ];
        for (group, direction, reach, peers, (who, whose, is_soft)) in ways {
            let Some(group) = group else { continue };
            let ids = if group == server { &interface.groups } else { &client.groups };
            let rules = sight.rules(ids, direction);
            if egress_open(&rules) {
                continue;
            }
            let ranges = gap(sight, &rules, (whose, reach), unsure);
            if ranges.is_empty() {
                continue;
            }
            let word = if direction == Direction::Egress { "out" } else { "in" };
            let told = format!("security group {group} does not let {who} {word} on {}", named(&ranges));
            let text = match direction {
                Direction::Egress => description(sight.facts, &format!("to {whose}")),
                Direction::Ingress => description(sight.facts, &format!("from {whose}")),
            };
            let (rules, of_nodes) = (rules_for(&ranges, peers, &text), group != server);
            closed.push(Closed { group, direction, ranges, rules, of_nodes, told, is_soft });
        }
    }
    closed
}

fn ports_of(rule: &Rule) -> (u16, u16) {
    let port = |port: Option<i32>| port.and_then(|port| u16::try_from(port).ok()).unwrap_or_default();
    (port(rule.from), port(rule.to))
}

/// `tcp 988, tcp 1018-1023`.
fn named(ranges: &[(u16, u16)]) -> String {
    let one =
        |(from, to): &(u16, u16)| if from == to { format!("tcp {from}") } else { format!("tcp {from}-{to}") };
    ranges.iter().map(one).collect::<Vec<_>>().join(", ")
}

fn description(facts: &Facts, who: &str) -> String {
    // EC2 takes at most 255 characters.
    format!("{}Lustre {who}", network::mark(&facts.cluster.name)).chars().take(255).collect()
}

fn rules_for(ranges: &[(u16, u16)], peers: &[Peer], text: &str) -> Vec<Rule> {
    let rule = |range: (u16, u16), peer: &Peer| Rule {
        description: Some(text.to_owned()),
        ..Rule::tcp(range, peer.clone())
    };
    ranges.iter().flat_map(|range| peers.iter().map(move |peer| rule(*range, peer))).collect()
}

/// One change for each group and direction, every rule once.
fn changes(intent: &Intent, facts: &Facts, closed: Vec<Closed>) -> Vec<Change> {
    let mut by_group: BTreeMap<(bool, String, bool), Vec<Rule>> = BTreeMap::new();
    for way in closed {
        let key = (way.of_nodes, way.group, way.direction == Direction::Ingress);
        let known = by_group.entry(key).or_default();
        for rule in way.rules {
            let same = |other: &Rule| ports_of(other) == ports_of(&rule) && other.peer == rule.peer;
            if !known.iter().any(same) {
                known.push(rule);
            }
        }
    }
    let all = by_group.into_iter().enumerate();
    all.map(|(index, ((of_nodes, group, ingress), rules))| {
        let direction = if ingress { Direction::Ingress } else { Direction::Egress };
        let (operation, name) = match direction {
            Direction::Ingress => ("ec2:AuthorizeSecurityGroupIngress", "ingress"),
            Direction::Egress => ("ec2:AuthorizeSecurityGroupEgress", "egress"),
        };
        // Reports list changes whose id begins like this on their own.
        let prefix = if of_nodes { "node-rules" } else { "rules" };
        Change {
            id: format!("{prefix}-{index}-{name}"),
            verb: Verb::Update,
            resource: Resource::new("SecurityGroup", group.clone()),
            because: "--open-ports: nodes must reach the file system".to_owned(),
            permissions: vec![operation.to_owned(), "ec2:CreateTags".to_owned()],
            later: Vec::new(),
            details: rules.iter().map(|rule| format!("{name} {}", network::show(rule, direction))).collect(),
            after: Vec::new(),
            action: Action::Authorize {
                group: Ref::Known(group),
                direction,
                rules,
                tags: ownership::tags(&facts.cluster.arn, Origin::Created, &intent.tags),
            },
        }
    })
    .collect()
}
