//! The rules of security groups: one `Rule` per protocol, ports and peer, read from and written into the
//! `IpPermissions` shape in which EC2 shows them (pairs of the same protocol and ports share an entry).
//!
//! A peer entry may carry own members: `$ruleId`, `$tags` and `$visibleAt` (when FSx sees the rule).

use jiff::Timestamp;
use serde_json::{Map, Value, json};

use super::net::{self, Cidr};
use super::value::{derived_id, list, text, texts};
use crate::state::State;

/// Who a rule lets in or out.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Peer {
    /// An IPv4 block.
    V4(String),
    /// An IPv6 block.
    V6(String),
    /// A security group.
    Group(String),
    /// A managed prefix list.
    PrefixList(String),
}

impl Peer {
    /// The peer as messages and ids name it.
    pub fn name(&self) -> &str {
        match self {
            Self::V4(name) | Self::V6(name) | Self::Group(name) | Self::PrefixList(name) => name,
        }
    }

    /// The list of an IpPermission that holds such peers, and the member that names the peer in it.
    pub fn place(&self) -> (&'static str, &'static str) {
        match self {
            Self::V4(_) => ("IpRanges", "CidrIp"),
            Self::V6(_) => ("Ipv6Ranges", "CidrIpv6"),
            Self::Group(_) => ("UserIdGroupPairs", "GroupId"),
            Self::PrefixList(_) => ("PrefixListIds", "PrefixListId"),
        }
    }
}

/// The peer lists of an IpPermission.
pub const PEER_LISTS: [&str; 4] = ["IpRanges", "Ipv6Ranges", "UserIdGroupPairs", "PrefixListIds"];

/// One security-group rule.
#[derive(Debug, Clone, PartialEq)]
pub struct Rule {
    /// Outbound.
    pub egress: bool,
    /// `tcp`, `udp`, `icmp`, `icmpv6`, `-1` or a number.
    pub protocol: String,
    /// The first port (or ICMP type); none when the protocol has no ports.
    pub from: Option<i64>,
    /// The last port (or ICMP code).
    pub to: Option<i64>,
    /// Who.
    pub peer: Peer,
    /// The peer entry as it stands or will stand in the row: description, owner and own members.
    pub entry: Value,
}

impl Rule {
    /// Whether EC2 takes two rules for the same: descriptions do not count.
    pub fn same(&self, other: &Self) -> bool {
        self.egress == other.egress && self.same_ports(other) && self.peer == other.peer
    }

    fn same_ports(&self, other: &Self) -> bool {
        self.protocol == other.protocol && self.from == other.from && self.to == other.to
    }

    /// The `sgr-` id: the one it was given, else one that depends on nothing but the rule.
    pub fn id(&self, group: &str) -> String {
        let given = text(&self.entry, "$ruleId");
        if !given.is_empty() {
            return given.to_owned();
        }
        let peer = &self.peer;
        derived_id(
            "sgr",
            &format!("{group}{}{}{:?}{:?}{peer:?}", self.egress, self.protocol, self.from, self.to),
        )
    }

    /// When FSx sees the rule; none = always has.
    pub fn visible_at(&self) -> Option<Timestamp> {
        text(&self.entry, "$visibleAt").parse().ok()
    }

    /// Whether the rule speaks of a TCP port.
    pub fn has_tcp(&self, port: i64) -> bool {
        let ports = || self.from.is_none_or(|from| from <= port) && self.to.is_none_or(|to| port <= to);
        self.protocol == "-1" || (self.protocol == "tcp" && ports())
    }

    /// The rule as EC2's messages quote it.
    pub fn quoted(&self) -> String {
        let protocol = match self.protocol.as_str() {
            "-1" => "ALL".to_owned(),
            other => other.to_uppercase(),
        };
        let ports = match (self.from, self.to) {
            (Some(from), Some(to)) => format!(", from port: {from}, to port: {to}"),
            _ => String::new(),
        };
        format!("peer: {}, {protocol}{ports}, ALLOW", self.peer.name())
    }

    /// The rule in the shape of DescribeSecurityGroupRules.
    pub fn described(&self, state: &State, group: &Value) -> Value {
        let group_id = text(group, "GroupId");
        let id = self.id(group_id);
        let (partition, region, account) = (state.partition(), &state.region, &state.account);
        let mut shown = json!({
            "SecurityGroupRuleId": id,
            "GroupId": group_id,
            "GroupOwnerId": account,
            "IsEgress": self.egress,
            "IpProtocol": self.protocol,
            "FromPort": self.from.unwrap_or(-1),
            "ToPort": self.to.unwrap_or(-1),
            "Tags": list(&self.entry, "$tags"),
            "SecurityGroupRuleArn": format!("arn:{partition}:ec2:{region}:{account}:security-group-rule/{id}"),
        });
        match &self.peer {
            Peer::V4(cidr) => shown["CidrIpv4"] = json!(cidr),
            Peer::V6(cidr) => shown["CidrIpv6"] = json!(cidr),
            Peer::PrefixList(list) => shown["PrefixListId"] = json!(list),
            Peer::Group(peer) => {
                let mut info = json!({"GroupId": peer, "UserId": account});
                for member in ["UserId", "VpcId", "VpcPeeringConnectionId", "PeeringStatus"] {
                    if let Some(value) = self.entry.get(member) {
                        info[member] = value.clone();
                    }
                }
                shown["ReferencedGroupInfo"] = info;
            }
        }
        if let Some(description) = self.entry.get("Description") {
            shown["Description"] = description.clone();
        }
        shown
    }
}

/// A protocol under the name that EC2 shows: numbers of TCP, UDP and ICMP become names.
pub fn protocol_name(given: &str) -> String {
    match given.to_ascii_lowercase().as_str() {
        "6" => "tcp".to_owned(),
        "17" => "udp".to_owned(),
        "1" => "icmp".to_owned(),
        "58" => "icmpv6".to_owned(),
        "all" => "-1".to_owned(),
        other => other.to_owned(),
    }
}

/// Whether a protocol has ports (or ICMP types).
pub fn has_ports(protocol: &str) -> bool {
    matches!(protocol, "tcp" | "udp" | "icmp" | "icmpv6")
}

fn direction(egress: bool) -> &'static str {
    if egress { "IpPermissionsEgress" } else { "IpPermissions" }
}

/// The rules of one IpPermission.
pub fn of_permission(permission: &Value, egress: bool) -> Vec<Rule> {
    let protocol = protocol_name(text(permission, "IpProtocol"));
    let port = |member: &str| permission.get(member).and_then(Value::as_i64).filter(|_| has_ports(&protocol));
    let (from, to) = (port("FromPort"), port("ToPort"));
    let mut rules = Vec::new();
    for place in PEER_LISTS {
        for entry in list(permission, place) {
            let peer = match place {
                "IpRanges" => Peer::V4(text(entry, "CidrIp").to_owned()),
                "Ipv6Ranges" => Peer::V6(text(entry, "CidrIpv6").to_owned()),
                "PrefixListIds" => Peer::PrefixList(text(entry, "PrefixListId").to_owned()),
                _ => Peer::Group(text(entry, "GroupId").to_owned()),
            };
            rules.push(Rule { egress, protocol: protocol.clone(), from, to, peer, entry: entry.clone() });
        }
    }
    rules
}

/// The rules of a group, inbound first.
pub fn of_group(group: &Value) -> Vec<Rule> {
    [false, true]
        .into_iter()
        .flat_map(|egress| list(group, direction(egress)).iter().flat_map(move |p| of_permission(p, egress)))
        .collect()
}

/// Writes a rule into a group: into the entry with its protocol and ports, or into a new one.
pub fn insert(group: &mut Value, rule: &Rule) {
    let (place, _) = rule.peer.place();
    let member = direction(rule.egress);
    if !group[member].is_array() {
        group[member] = json!([]);
    }
    let Some(permissions) = group[member].as_array_mut() else { return };
    let fits = |permission: &Value| {
        let has = |member: &str| permission.get(member).and_then(Value::as_i64);
        let protocol = protocol_name(text(permission, "IpProtocol"));
        let ports = !has_ports(&protocol) || (has("FromPort") == rule.from && has("ToPort") == rule.to);
        protocol == rule.protocol && ports
    };
    let at = permissions.iter().position(fits).unwrap_or_else(|| {
        permissions.push(empty_permission(rule));
        permissions.len() - 1
    });
    if let Some(permission) = permissions.get_mut(at) {
        super::value::push(permission, place, rule.entry.clone());
    }
}

fn empty_permission(rule: &Rule) -> Value {
    let mut permission = Map::new();
    permission.insert("IpProtocol".to_owned(), json!(rule.protocol));
    for (member, port) in [("FromPort", rule.from), ("ToPort", rule.to)] {
        if let Some(port) = port {
            permission.insert(member.to_owned(), json!(port));
        }
    }
    for place in PEER_LISTS {
        permission.insert(place.to_owned(), json!([]));
    }
    Value::Object(permission)
}

/// Takes a rule out of a group; an entry without peers goes too.
pub fn remove(group: &mut Value, rule: &Rule) {
    change(group, rule, |_| false);
    if let Some(permissions) = group[direction(rule.egress)].as_array_mut() {
        permissions.retain(|permission| PEER_LISTS.iter().any(|place| !list(permission, place).is_empty()));
    }
}

/// Changes the peer entry of a rule in place; `edit` says whether the entry stays.
pub fn change(group: &mut Value, rule: &Rule, mut edit: impl FnMut(&mut Value) -> bool) {
    let (place, member) = rule.peer.place();
    let Some(permissions) = group[direction(rule.egress)].as_array_mut() else { return };
    for permission in permissions {
        if !of_permission(permission, rule.egress).iter().any(|other| other.same(rule)) {
            continue;
        }
        if let Some(entries) = permission.get_mut(place).and_then(Value::as_array_mut) {
            entries.retain_mut(|entry| text(entry, member) != rule.peer.name() || edit(entry));
        }
    }
}

/// Fills what EC2 shows in every permission: all four lists, and the owner of each pair.
pub fn show(state: &State, group: &mut Value) {
    for member in ["IpPermissions", "IpPermissionsEgress"] {
        let Some(permissions) = group.get_mut(member).and_then(Value::as_array_mut) else {
            group[member] = json!([]);
            continue;
        };
        for permission in permissions {
            for place in PEER_LISTS {
                super::value::fill(permission, place, json!([]));
            }
            if let Some(pairs) = permission["UserIdGroupPairs"].as_array_mut() {
                for pair in pairs {
                    super::value::fill(pair, "UserId", state.account.clone());
                }
            }
        }
    }
}

/// The group and rule with an `sgr-` id.
pub fn find<'a>(state: &'a State, id: &str) -> Option<(&'a Value, Rule)> {
    state.rows("ec2.SecurityGroups").iter().find_map(|group| {
        let group_id = text(group, "GroupId");
        of_group(group).into_iter().find(|rule| rule.id(group_id) == id).map(|rule| (group, rule))
    })
}

/// Whose rules are asked, for [`permits`].
#[derive(Debug, Clone, Copy)]
pub struct Door<'a> {
    /// The groups on the interface: the union of their rules counts.
    pub groups: &'a [&'a str],
    /// Outbound rules instead of inbound ones.
    pub egress: bool,
    /// Rules that become visible only after this do not count (FSx's view); none = EC2's own view, which
    /// has no such delay.
    pub seen_by: Option<Timestamp>,
}

/// The other end of a connection, for [`permits`].
#[derive(Debug, Clone, Copy)]
pub struct End<'a> {
    /// The security groups on the other interface.
    pub groups: &'a [&'a str],
    /// The other interface's address as a block, or its subnet's.
    pub block: Option<Cidr>,
}

/// Whether a door lets a TCP port through to or from the other end.
///
/// IPv6 ranges never help: Lustre traffic here is IPv4.
pub fn permits(state: &State, door: Door<'_>, port: i64, other: End<'_>) -> bool {
    let mut ranges = Vec::new();
    for rule in effective(state, door).iter().filter(|rule| rule.has_tcp(port)) {
        match &rule.peer {
            Peer::Group(group) if other.groups.contains(&group.as_str()) => return true,
            Peer::V4(cidr) => ranges.extend(cidr.parse::<Cidr>()),
            Peer::PrefixList(id) => ranges.extend(prefix_list(state, id)),
            Peer::Group(_) | Peer::V6(_) => {}
        }
    }
    other.block.is_some_and(|block| net::covered(block, &ranges))
}

/// The rules that a door has.
pub fn effective(state: &State, door: Door<'_>) -> Vec<Rule> {
    door.groups
        .iter()
        .filter_map(|id| state.find("ec2.SecurityGroups", "GroupId", id))
        .flat_map(of_group)
        .filter(|rule| rule.egress == door.egress)
        .filter(|rule| door.seen_by.is_none_or(|now| rule.visible_at().is_none_or(|at| at <= now)))
        .collect()
}

/// The blocks of a managed prefix list.
pub fn prefix_list(state: &State, id: &str) -> Vec<Cidr> {
    let Some(row) = state.find("ec2.PrefixLists", "PrefixListId", id) else { return Vec::new() };
    let entries = list(row, "Entries").iter().map(|entry| text(entry, "Cidr"));
    entries.chain(texts(row, "Cidrs")).filter_map(|cidr| cidr.parse().ok()).collect()
}

#[cfg(test)]
#[path = "rules_tests.rs"]
mod tests;
