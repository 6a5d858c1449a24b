//! Whether Lustre gets through between every group of nodes and every interface of a file system. Judges what is there,
//! whoever made it, and decides nothing.
//!
//! Which rules count: [Security groups for FSx for
//! Lustre](https://docs.aws.amazon.com/fsx/latest/LustreGuide/limit-access-security-groups.html).

use std::collections::{BTreeMap, BTreeSet};

use super::clients::{Client, clients};
use crate::domain::cidr::{Cidr4, covers};
use crate::domain::network::{
    LUSTRE_PORTS, Peer, Reach, Rule, SecurityGroup, coverage, egress_open, uncovered,
};
use crate::facts::{Facts, FileSystem, Interface, Seen};
use crate::steps::{Note, Sign};

/// What the rules come to for one file system.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(crate) struct Passage {
    /// Closed for certain between nodes and file system.
    pub(crate) closed: BTreeSet<Closed>,
    /// Closed for certain between the servers of the file system.
    pub(crate) itself: BTreeSet<Closed>,
    /// What could not be decided.
    pub(crate) unknown: BTreeSet<Doubt>,
}

impl Passage {
    /// Closed ways between nodes and file system for people, a clause each.
    pub(crate) fn closed_ways(&self) -> Vec<String> {
        sorted(self.closed.iter().map(ToString::to_string))
    }

    /// What could not be decided, a clause each.
    pub(crate) fn doubts(&self) -> Vec<String> {
        sorted(self.unknown.iter().map(ToString::to_string))
    }

    fn add(&mut self, other: &Self) {
        self.closed.extend(other.closed.iter().cloned());
        self.itself.extend(other.itself.iter().cloned());
        self.unknown.extend(other.unknown.iter().cloned());
    }
}

fn sorted(texts: impl Iterator<Item = String>) -> Vec<String> {
    texts.collect::<BTreeSet<String>>().into_iter().collect()
}

/// Whose rules.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum End {
    /// The file system's interfaces.
    FileSystem,
    /// The nodes.
    Nodes,
}

/// A way that rules keep closed.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct Closed {
    /// Whose rules do.
    pub(crate) at: End,
    /// Which way.
    pub(crate) way: Way,
    /// Port ranges.
    pub(crate) ports: Vec<(u16, u16)>,
    /// Whether rules open them to a part of the other side's subnets: which of their addresses are in use is not known.
    pub(crate) in_part: bool,
    /// Groups that the file system's interface wears.
    pub(crate) servers: Vec<String>,
    /// The other side's name and groups: nodes, or another server of the same file system.
    pub(crate) client: (String, Vec<String>),
}

impl Closed {
    /// The groups whose rules keep it closed.
    pub(crate) fn groups(&self) -> &[String] {
        match self.at {
            End::FileSystem => &self.servers,
            End::Nodes => &self.client.1,
        }
    }

    /// The groups on the other side.
    pub(crate) fn peers(&self) -> &[String] {
        match self.at {
            End::FileSystem => &self.client.1,
            End::Nodes => &self.servers,
        }
    }

    /// `in from node group a`.
    fn whither(&self) -> String {
        let (name, word) = (&self.client.0, if self.way == Way::In { "from" } else { "to" });
        match self.at {
            End::FileSystem => format!("{} {word} {name}", self.way),
            End::Nodes => format!("{} {word} the file system", self.way),
        }
    }
}

impl std::fmt::Display for Closed {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let (name, ports) = (self.groups().join(" with "), ports(&self.ports));
        write!(f, "{name} does not let tcp {ports} {}", self.whither())
    }
}

/// Something that could not be decided.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Doubt {
    /// An interface of the file system that EC2 does not list.
    Unlisted(String),
    /// Open but for what AWS's pages once left out.
    OldRange(Closed),
    /// A prefix list that could not be read, and the groups whose rules name it.
    UnreadList(String, String),
    /// Anything else, in words.
    Other(String),
}

impl std::fmt::Display for Doubt {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::Unlisted(id) => write!(f, "its interface {id} is not listed"),
            Self::OldRange(closed) => write!(f, "{closed}: an old range of AWS's that often works"),
            Self::UnreadList(list, name) => {
                write!(f, "prefix list {list}, which rules of {name} name, cannot be read")
            }
            Self::Other(text) => f.write_str(text),
        }
    }
}

/// What AWS's pages once left out of the second range; mounts often work without it.
pub(crate) const OLD_GAP: [(u16, u16); 1] = [(1018, 1020)];

/// One side of the traffic: the groups that an interface wears.
struct Side<'a> {
    groups: Vec<&'a SecurityGroup>,
    /// A group whose rules are not known.
    unlisted: Option<String>,
}

/// Which way.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Way {
    /// Ingress.
    In,
    /// Egress.
    Out,
}

impl Way {
    fn rules(self, group: &SecurityGroup) -> &[Rule] {
        match self {
            Self::In => &group.ingress,
            Self::Out => &group.egress,
        }
    }
}

impl std::fmt::Display for Way {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(if *self == Self::In { "in" } else { "out" })
    }
}

/// Judges file systems one by one. File systems share groups and subnets, so what was judged once is kept.
pub(crate) struct Passages<'a> {
    facts: &'a Facts,
    clients: Result<Vec<Client>, String>,
    notes: Vec<Note>,
    by_id: BTreeMap<&'a str, &'a Interface>,
    known: BTreeMap<(Vec<String>, String), Passage>,
}

impl<'a> Passages<'a> {
    /// Over one snapshot.
    pub(crate) fn new(facts: &'a Facts) -> Self {
        let mut notes = Vec::new();
        let clients = clients(facts, &mut notes).map_err(|block| {
            let permission = block.permission.map(|it| format!(" ({it})")).unwrap_or_default();
            format!("the nodes' security groups cannot be seen{permission}")
        });
        let interfaces = facts.network.interfaces.found().into_iter().flatten();
        let by_id = interfaces.map(|interface| (interface.id.as_str(), interface)).collect();
        Self { facts, clients, notes, by_id, known: BTreeMap::new() }
    }

    /// Nodes that nobody can tell the groups of, and other warnings about who mounts.
    pub(crate) fn notes(&self) -> impl Iterator<Item = &Note> {
        self.notes.iter().filter(|note| note.sign != Sign::Keep)
    }

    /// For people: which nodes wear a security group.
    pub(crate) fn wearers(&self, group: &str) -> Vec<String> {
        let all = self.clients.iter().flatten();
        all.filter(|client| client.groups.iter().any(|id| id == group))
            // Nodes that share one set of groups are one client, whose name lists them.
            .flat_map(|client| client.name.split(", ").map(str::to_owned))
            .collect()
    }

    /// The groups of all nodes, each once.
    pub(crate) fn node_groups(&self) -> BTreeSet<String> {
        self.clients.iter().flatten().flat_map(|client| client.groups.clone()).collect()
    }

    /// The groups that a file system's interfaces wear, as far as they could be seen.
    pub(crate) fn groups_of(&self, system: &FileSystem) -> BTreeSet<String> {
        let worn = system.interfaces.iter().filter_map(|id| self.by_id.get(id.as_str()));
        worn.flat_map(|interface| interface.groups.clone()).collect()
    }

    /// What the rules come to for a file system.
    pub(crate) fn of(&mut self, system: &FileSystem) -> Passage {
        let unknown =
            |why: String| Passage { unknown: BTreeSet::from([Doubt::Other(why)]), ..Passage::default() };
        let own = &self.facts.cluster.vpc;
        if let Some(vpc) = system.vpc.as_ref().filter(|vpc| *vpc != own && !own.is_empty()) {
            return unknown(format!("it is in {vpc}, and the way there is not looked at"));
        }
        if let Err(why) = &self.clients {
            return unknown(why.clone());
        }
        let network = &self.facts.network;
        let veils =
            [("its interfaces", network.interfaces.hidden()), ("security groups", network.groups.hidden())];
        if let Some((what, veil)) = veils.into_iter().find_map(|(what, veil)| Some((what, veil?))) {
            return unknown(format!("{what} cannot be seen ({})", veil.permission));
        }
        if system.interfaces.is_empty() {
            return unknown("it has no network interface yet".to_owned());
        }
        let mut all = Passage::default();
        let mut listed: Vec<&Interface> = Vec::new();
        for id in &system.interfaces {
            let Some(interface) = self.by_id.get(id.as_str()).copied() else {
                all.unknown.insert(Doubt::Unlisted(id.clone()));
                continue;
            };
            listed.push(interface);
            let key = (interface.groups.clone(), interface.subnet.clone());
            let passage = match self.known.get(&key) {
                Some(passage) => passage.clone(),
                None => self.judged(interface),
            };
            all.add(&passage);
            self.known.insert(key, passage);
        }
        self.among(&listed, &mut all);
        all
    }

    /// Both ways between one interface and every group of nodes.
    fn judged(&self, interface: &Interface) -> Passage {
        let mut passage = Passage::default();
        let own_cidrs = self.cidrs(std::slice::from_ref(&interface.subnet));
        let own = Reach { groups: &interface.groups, cidrs: &own_cidrs };
        let servers = self.side(&interface.groups);
        for client in self.clients.iter().flatten() {
            let cidrs = self.cidrs(&client.subnets);
            let reach = Reach { groups: &client.groups, cidrs: &cidrs };
            let nodes = self.side(&client.groups);
            for (at, way) in [
                (End::FileSystem, Way::In),
                (End::FileSystem, Way::Out),
                (End::Nodes, Way::In),
                (End::Nodes, Way::Out),
            ] {
                let closed = Closed {
                    at,
                    way,
                    ports: Vec::new(),
                    in_part: false,
                    servers: interface.groups.clone(),
                    client: (client.name.clone(), client.groups.clone()),
                };
                let (side, peer) = if at == End::Nodes { (&nodes, own) } else { (&servers, reach) };
                let found = self.compare(&mut passage.unknown, side, peer, closed);
                passage.closed.extend(found);
            }
        }
        passage
    }

    /// Both ways between the interfaces of one file system.
    fn among(&self, interfaces: &[&Interface], passage: &mut Passage) {
        for (at, one) in interfaces.iter().enumerate() {
            let side = self.side(&one.groups);
            let others = interfaces.iter().enumerate().filter(|(other, _)| *other != at);
            let mut known: BTreeSet<(&[String], &str)> = BTreeSet::new();
            for (_, other) in others {
                if !known.insert((&other.groups, &other.subnet)) {
                    continue;
                }
                let cidrs = self.cidrs(std::slice::from_ref(&other.subnet));
                let reach = Reach { groups: &other.groups, cidrs: &cidrs };
                for way in [Way::In, Way::Out] {
                    let closed = Closed {
                        at: End::FileSystem,
                        way,
                        ports: Vec::new(),
                        in_part: false,
                        servers: one.groups.clone(),
                        client: ("its other servers".to_owned(), other.groups.clone()),
                    };
                    // What cannot be decided here cannot be decided for the nodes either, and is told there.
                    let found = self.compare(&mut BTreeSet::new(), &side, reach, closed);
                    passage.itself.extend(found);
                }
            }
        }
    }

    /// What the rules of one side leave closed; in `unknown` what is open only if something that was not seen says so.
    fn compare(
        &self,
        unknown: &mut BTreeSet<Doubt>,
        side: &Side<'_>,
        peer: Reach<'_>,
        closed: Closed,
    ) -> Option<Closed> {
        let rules: Vec<Rule> =
            side.groups.iter().flat_map(|group| closed.way.rules(group)).cloned().collect();
        if egress_open(&rules) {
            return None;
        }
        let name = closed.groups().join(" with ");
        let found = coverage(&rules, &LUSTRE_PORTS, peer, &self.facts.network.prefix_lists);
        for list in found.unread_lists {
            unknown.insert(Doubt::UnreadList(list, name.clone()));
        }
        if found.uncovered.is_empty() {
            return None;
        }
        let in_part = opens_some(&rules, &found.uncovered, peer);
        let closed = Closed { ports: found.uncovered, in_part, ..closed };
        let by_address = rules.iter().any(|rule| matches!(rule.peer, Peer::Cidr(_)));
        let doubt = if let Some(id) = &side.unlisted {
            Doubt::Other(format!("security group {id} is not listed in this VPC"))
        } else if peer.cidrs.is_empty() && by_address {
            let whom = closed.whither();
            Doubt::Other(format!("rules of {name} name addresses, and those {whom} are not known"))
        } else if closed.ports == OLD_GAP {
            Doubt::OldRange(closed)
        } else {
            return Some(closed);
        };
        unknown.insert(doubt);
        None
    }

    /// The groups that are worn. One that is not listed is of another VPC, and its rules are not known.
    fn side(&self, ids: &[String]) -> Side<'a> {
        let all = self.facts.network.groups.found().map_or(&[][..], Vec::as_slice);
        let listed = |id: &&String| all.iter().any(|group| group.id == **id);
        Side {
            groups: all.iter().filter(|group| ids.contains(&group.id)).collect(),
            unlisted: ids.iter().find(|id| !listed(id)).cloned(),
        }
    }

    fn cidrs(&self, subnets: &[String]) -> Vec<String> {
        let all = match &self.facts.network.subnets {
            Seen::Found(all) => all.as_slice(),
            Seen::Missing | Seen::Hidden(_) => &[],
        };
        all.iter().filter(|subnet| subnets.contains(&subnet.id)).map(|subnet| subnet.cidr.clone()).collect()
    }
}

/// Whether rules open these ports to a part of the peer's addresses. Subnets are known and not which of their addresses
/// are in use, so that may be enough.
fn opens_some(rules: &[Rule], ports: &[(u16, u16)], peer: Reach<'_>) -> bool {
    let targets: Vec<Cidr4> = peer.cidrs.iter().filter_map(|cidr| cidr.parse().ok()).collect();
    let inside = |cidr: &str| {
        cidr.parse::<Cidr4>().is_ok_and(|block| targets.iter().any(|target| covers(&[*target], block)))
    };
    let anywhere = [Cidr4::ALL.to_string()];
    let of_some = |rule: &&Rule| matches!(&rule.peer, Peer::Cidr(cidr) if inside(cidr));
    let widened = rules
        .iter()
        .filter(of_some)
        .map(|rule| Rule { peer: Peer::Cidr(Cidr4::ALL.to_string()), ..rule.clone() });
    let widened: Vec<Rule> = widened.collect();
    let reach = Reach { groups: &[], cidrs: &anywhere };
    uncovered(&widened, ports, reach, &BTreeMap::new()).is_empty()
}

/// `988, 1018-1023`.
pub(crate) fn ports(ranges: &[(u16, u16)]) -> String {
    let one = |(from, to): &(u16, u16)| if from == to { from.to_string() } else { format!("{from}-{to}") };
    ranges.iter().map(one).collect::<Vec<_>>().join(", ")
}
