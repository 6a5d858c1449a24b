//! Whether Lustre gets through between every group of nodes and every interface of a file system. Judges what is there,
//! whoever made it, and decides nothing.
//!
//! Which rules count: [Security groups for FSx for
//! Lustre](https://docs.aws.amazon.com/fsx/latest/LustreGuide/limit-access-security-groups.html).

use std::collections::{BTreeMap, BTreeSet};

use super::clients::{Client, clients};
use crate::domain::network::{LUSTRE_PORTS, Peer, Reach, Rule, SecurityGroup, coverage, egress_open};
use crate::facts::{Facts, FileSystem, Interface, Seen};
use crate::steps::{Note, Sign};

/// What the rules come to for one file system.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Passage {
    /// Both ways, for every group of nodes, on every interface.
    Open,
    /// Something is closed for certain; what, a clause each.
    Closed(Vec<String>),
    /// Nothing is known to be closed, and not everything could be looked at; what, a clause each.
    Unknown(Vec<String>),
}

/// What AWS's pages once left out of the second range; mounts often work without it.
const OLD_GAP: [(u16, u16); 1] = [(1018, 1020)];

/// What one interface comes to.
#[derive(Debug, Clone, Default)]
struct Verdict {
    closed: BTreeSet<String>,
    unknown: BTreeSet<String>,
}

/// One side of the traffic: the groups that an interface wears.
struct Side<'a> {
    name: String,
    groups: Vec<&'a SecurityGroup>,
    /// A group whose rules are not known.
    unlisted: Option<String>,
}

/// Which way.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Way {
    In,
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
    known: BTreeMap<(Vec<String>, String), Verdict>,
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
        let unknown = |why: String| Passage::Unknown(vec![why]);
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
        let mut all = Verdict::default();
        for id in &system.interfaces {
            let Some(interface) = self.by_id.get(id.as_str()).copied() else {
                all.unknown.insert(format!("its interface {id} is not listed"));
                continue;
            };
            let key = (interface.groups.clone(), interface.subnet.clone());
            let verdict = match self.known.get(&key) {
                Some(verdict) => verdict.clone(),
                None => self.judged(interface),
            };
            all.closed.extend(verdict.closed.iter().cloned());
            all.unknown.extend(verdict.unknown.iter().cloned());
            self.known.insert(key, verdict);
        }
        match (all.closed.is_empty(), all.unknown.is_empty()) {
            (false, _) => Passage::Closed(all.closed.into_iter().collect()),
            (true, false) => Passage::Unknown(all.unknown.into_iter().collect()),
            (true, true) => Passage::Open,
        }
    }

    /// Both ways between one interface and every group of nodes.
    fn judged(&self, interface: &Interface) -> Verdict {
        let mut verdict = Verdict::default();
        let own_cidrs = self.cidrs(std::slice::from_ref(&interface.subnet));
        let own = Reach { groups: &interface.groups, cidrs: &own_cidrs };
        let servers = self.side(&interface.groups);
        for client in self.clients.iter().flatten() {
            let cidrs = self.cidrs(&client.subnets);
            let reach = Reach { groups: &client.groups, cidrs: &cidrs };
            let nodes = self.side(&client.groups);
            let name = client.name.as_str();
            self.compare(&mut verdict, (&servers, Way::In), reach, &format!("from {name}"));
            self.compare(&mut verdict, (&servers, Way::Out), reach, &format!("to {name}"));
            self.compare(&mut verdict, (&nodes, Way::In), own, "from the file system");
            self.compare(&mut verdict, (&nodes, Way::Out), own, "to the file system");
        }
        verdict
    }

    /// Adds what the rules of one side leave closed, or open only if something that was not seen says so.
    fn compare(&self, verdict: &mut Verdict, of: (&Side<'_>, Way), peer: Reach<'_>, whom: &str) {
        let (side, way) = of;
        let rules: Vec<Rule> = side.groups.iter().flat_map(|group| way.rules(group)).cloned().collect();
        if egress_open(&rules) {
            return;
        }
        let name = side.name.as_str();
        let found = coverage(&rules, &LUSTRE_PORTS, peer, &self.facts.network.prefix_lists);
        for list in found.unread_lists {
            verdict.unknown.insert(format!("prefix list {list}, which rules of {name} name, cannot be read"));
        }
        if found.uncovered.is_empty() {
            return;
        }
        let by_address = rules.iter().any(|rule| matches!(rule.peer, Peer::Cidr(_)));
        if let Some(id) = &side.unlisted {
            verdict.unknown.insert(format!("security group {id} is not listed in this VPC"));
        } else if peer.cidrs.is_empty() && by_address {
            verdict
                .unknown
                .insert(format!("rules of {name} name addresses, and those {way} {whom} are not known"));
        } else if found.uncovered == OLD_GAP {
            let why = format!(
                "{name} does not let tcp 1018-1020 {way} {whom}: an old range of AWS's that often works"
            );
            verdict.unknown.insert(why);
        } else {
            let ports = ports(&found.uncovered);
            verdict.closed.insert(format!("{name} does not let tcp {ports} {way} {whom}"));
        }
    }

    /// The groups that are worn. One that is not listed is of another VPC, and its rules are not known.
    fn side(&self, ids: &[String]) -> Side<'a> {
        let all = self.facts.network.groups.found().map_or(&[][..], Vec::as_slice);
        let listed = |id: &&String| all.iter().any(|group| group.id == **id);
        Side {
            name: ids.join(" with "),
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

/// `988, 1018-1023`.
fn ports(ranges: &[(u16, u16)]) -> String {
    let one = |(from, to): &(u16, u16)| if from == to { from.to_string() } else { format!("{from}-{to}") };
    ranges.iter().map(one).collect::<Vec<_>>().join(", ")
}
