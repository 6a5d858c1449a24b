//! Security-group rules: do they let Lustre through?
//!
//! A port is open to a peer when some rule of any group on the interface says so: protocol `-1`, or TCP with a
//! range that holds the port, and a peer that names one of the other side's groups or whose IPv4 blocks
//! together cover its addresses. Rules and ranges add up; equality is never asked for.
//! Source: [Security groups for FSx for Lustre](https://docs.aws.amazon.com/fsx/latest/LustreGuide/limit-access-security-groups.html).

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use super::cidr::{Cidr4, covers};

/// What Lustre needs between servers and between clients and servers: TCP 988 and 1018 to 1023.
pub const LUSTRE_PORTS: [(u16, u16); 2] = [(988, 988), (1018, 1023)];

/// One side of a rule.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub enum Peer {
    /// The members of a security group.
    Group {
        /// Its id.
        id: String,
        /// Its account, when AWS says so.
        account: Option<String>,
    },
    /// An IPv4 block.
    Cidr(String),
    /// An IPv6 block; never helps Lustre.
    Cidr6(String),
    /// A managed prefix list, by id.
    PrefixList(String),
}

/// One rule of a security group with one peer; EC2's permissions with several peers become several rules.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Rule {
    /// `tcp`, `6`, `-1` (everything), `udp`, and so on.
    pub protocol: String,
    /// First port.
    pub from: Option<i32>,
    /// Last port.
    pub to: Option<i32>,
    /// The other side.
    pub peer: Peer,
    /// Free text.
    pub description: Option<String>,
}

/// A security group as it is.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct SecurityGroup {
    /// `sg-…`
    pub id: String,
    /// Name, unique in the VPC.
    pub name: String,
    /// `vpc-…`
    pub vpc: String,
    /// Free text.
    pub description: String,
    /// Tags.
    pub tags: BTreeMap<String, String>,
    /// Rules for what comes in.
    pub ingress: Vec<Rule>,
    /// Rules for what goes out.
    pub egress: Vec<Rule>,
}

/// The other side of the traffic: one kind of interface, such as those of one node group.
///
/// A rule reaches it by naming any of its groups, or by covering all of its addresses.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Reach<'a> {
    /// Every security group that its interfaces wear.
    pub groups: &'a [String],
    /// Its subnets or addresses; empty when they are not known, then no block can cover them.
    pub cidrs: &'a [String],
}

/// Prefix lists by id with their entries; a list that could not be read is not in it.
pub type PrefixLists = BTreeMap<String, Vec<String>>;

/// What the rules let through.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct Coverage {
    /// Port ranges that no rule opens.
    pub uncovered: Vec<(u16, u16)>,
    /// Port ranges that are open if an unread prefix list covers the peer.
    pub undecided: Vec<(u16, u16)>,
    /// The prefix lists that would decide them.
    pub unread_lists: Vec<String>,
}

impl Coverage {
    /// Whether everything is open for certain.
    pub const fn is_open(&self) -> bool {
        self.uncovered.is_empty() && self.undecided.is_empty()
    }
}

impl Rule {
    /// A TCP rule for one port range.
    pub fn tcp((from, to): (u16, u16), peer: Peer) -> Self {
        Self { protocol: "tcp".into(), from: Some(from.into()), to: Some(to.into()), peer, description: None }
    }

    /// A rule for all traffic.
    pub fn all_traffic(peer: Peer) -> Self {
        Self { protocol: "-1".into(), from: None, to: None, peer, description: None }
    }

    /// Whether it is for every protocol and port.
    pub fn is_all_traffic(&self) -> bool {
        self.protocol == "-1"
    }

    /// Whether it is about a TCP port. A TCP rule without ports opens none: EC2 always states them.
    fn opens(&self, port: u16) -> bool {
        let tcp = self.protocol.eq_ignore_ascii_case("tcp") || self.protocol == "6";
        let inside =
            matches!((self.from, self.to), (Some(from), Some(to)) if (from..=to).contains(&i32::from(port)));
        self.is_all_traffic() || (tcp && inside)
    }
}

/// The parts of `ports` that `rules` do not open to `reach`, and those that an unread prefix list would decide.
///
/// `rules` are those of all groups on the interface, one direction.
pub fn coverage(rules: &[Rule], ports: &[(u16, u16)], reach: Reach<'_>, lists: &PrefixLists) -> Coverage {
    let mut found = Coverage::default();
    for port in ports.iter().flat_map(|(from, to)| *from..=*to) {
        let open: Vec<&Rule> = rules.iter().filter(|it| it.opens(port)).collect();
        match decide(&open, reach, lists) {
            Decision::Open => {}
            Decision::Closed => push_port(&mut found.uncovered, port),
            Decision::Unread(ids) => {
                push_port(&mut found.undecided, port);
                found.unread_lists.extend(ids);
            }
        }
    }
    found.unread_lists.sort_unstable();
    found.unread_lists.dedup();
    found
}

/// The parts of `ports` that are closed for certain. What an unread prefix list may open is not among them:
/// see [`coverage`].
pub fn uncovered(
    rules: &[Rule],
    ports: &[(u16, u16)],
    reach: Reach<'_>,
    lists: &PrefixLists,
) -> Vec<(u16, u16)> {
    coverage(rules, ports, reach, lists).uncovered
}

/// Whether everything Lustre sends may leave to anywhere, as EC2's default egress rule allows.
pub fn egress_open(rules: &[Rule]) -> bool {
    let anywhere = [Cidr4::ALL.to_string()];
    let reach = Reach { groups: &[], cidrs: &anywhere };
    coverage(rules, &LUSTRE_PORTS, reach, &PrefixLists::new()).is_open()
}

/// Whether all traffic is open to the members of one of `groups`. EFA needs it; blocks of addresses, even
/// `0.0.0.0/0`, do not count for it.
pub fn all_traffic_open(rules: &[Rule], groups: &[String]) -> bool {
    rules.iter().any(|rule| {
        rule.is_all_traffic() && matches!(&rule.peer, Peer::Group { id, .. } if groups.contains(id))
    })
}

impl SecurityGroup {
    /// The Lustre ports that its members cannot reach each other on, inwards and outwards together.
    pub fn closed_to_itself(&self, cidrs: &[String], lists: &PrefixLists) -> Vec<(u16, u16)> {
        let groups = [self.id.clone()];
        let reach = Reach { groups: &groups, cidrs };
        let mut closed = uncovered(&self.ingress, &LUSTRE_PORTS, reach, lists);
        closed.extend(uncovered(&self.egress, &LUSTRE_PORTS, reach, lists));
        closed.sort_unstable();
        closed.dedup();
        closed
    }
}

enum Decision {
    Open,
    Closed,
    Unread(Vec<String>),
}

/// Whether rules that are all about the port reach the peer.
fn decide(rules: &[&Rule], reach: Reach<'_>, lists: &PrefixLists) -> Decision {
    let mut blocks: Vec<Cidr4> = Vec::new();
    let mut unread = Vec::new();
    for rule in rules {
        match &rule.peer {
            Peer::Group { id, .. } if reach.groups.contains(id) => return Decision::Open,
            Peer::Group { .. } | Peer::Cidr6(_) => {}
            Peer::Cidr(text) => blocks.extend(text.parse::<Cidr4>()),
            Peer::PrefixList(id) => match lists.get(id) {
                Some(entries) => blocks.extend(entries.iter().filter_map(|it| it.parse::<Cidr4>().ok())),
                None => unread.push(id.clone()),
            },
        }
    }
    let targets: Vec<Option<Cidr4>> = reach.cidrs.iter().map(|it| it.parse().ok()).collect();
    let covered = targets.iter().all(|it| it.is_some_and(|target| covers(&blocks, target)));
    match (covered && !targets.is_empty(), unread.is_empty()) {
        (true, _) => Decision::Open,
        (false, true) => Decision::Closed,
        (false, false) => Decision::Unread(unread),
    }
}

fn push_port(ranges: &mut Vec<(u16, u16)>, port: u16) {
    match ranges.last_mut() {
        Some((_, last)) if last.checked_add(1) == Some(port) => *last = port,
        _ => ranges.push((port, port)),
    }
}

#[cfg(test)]
mod tests;
