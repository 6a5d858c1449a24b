//! Which rules are missing, and where they go.

use super::group::{CREATE, may_change, told};
use super::{View, note};
use crate::domain::network::{
    LUSTRE_PORTS, Peer, Reach, Rule, SecurityGroup, all_traffic_open, coverage, egress_open, uncovered,
};
use crate::domain::ownership::{self, Origin};
use crate::error::Kind;
use crate::facts::Subnet;
use crate::steps::{Action, Block, Change, Direction, Note, Ref, Resource, Sign, Verb};

/// How a rule's peer names a group that the plan itself makes.
pub(super) const MADE: &str = "$made:security-group";

/// The start of the description of every rule that fsxctl adds for a cluster: undo finds them by it, since
/// DescribeSecurityGroups shows descriptions and not the tags of rules.
pub(in crate::steps) fn mark(cluster: &str) -> String {
    format!("fsxctl {cluster}: ")
}

/// Rules wanted of one group in one direction.
struct Want {
    group: Ref,
    direction: Direction,
    rules: Vec<Rule>,
    node: Option<String>,
}

/// All changes that are missing for Lustre to get through.
pub(super) fn missing(
    view: &View<'_>,
    group: &Ref,
    subnet: &Subnet,
    notes: &mut Vec<Note>,
) -> Result<Vec<Change>, Box<Block>> {
    let mut wants = as_node_rules(view, file_system_side(view, group, subnet), notes);
    wants.extend(node_side(view, group, subnet, notes));
    allowed(view, &wants)?;
    for id in view.unread.take() {
        notes.push(note(
            Sign::Unknown,
            format!("prefix list {id} cannot be read; rules that name it are taken to let Lustre through"),
        ));
    }
    Ok(wants
        .into_iter()
        .filter(|want| !want.rules.is_empty())
        .enumerate()
        .map(|(index, want)| change(view, index, want))
        .collect())
}

fn peer_of(group: &Ref) -> Peer {
    let id = match group {
        Ref::Known(id) => id.clone(),
        Ref::Made(_) => MADE.to_owned(),
    };
    Peer::Group { id, account: None }
}

fn found<'a>(view: &'a View<'_>, id: &str) -> Option<&'a SecurityGroup> {
    view.groups.iter().find(|group| group.id == id)
}

/// CIDRs of subnets by id.
fn cidrs(view: &View<'_>, ids: &[String]) -> Vec<String> {
    let all = view.facts.network.subnets.found().map_or(&[][..], Vec::as_slice);
    all.iter().filter(|subnet| ids.contains(&subnet.id)).map(|subnet| subnet.cidr.clone()).collect()
}

/// Rules for the ranges that `rules` leave closed towards a peer.
fn close_gap(view: &View<'_>, rules: &[Rule], reach: Reach<'_>, peer: &Peer) -> Vec<Rule> {
    if view.intent.network.efa {
        let open = all_traffic_open(rules, reach.groups);
        return if open { Vec::new() } else { vec![Rule::all_traffic(peer.clone())] };
    }
    view.unread.borrow_mut().extend(coverage(rules, &LUSTRE_PORTS, reach, &view.lists).unread_lists);
    LUSTRE_PORTS
        .iter()
        .filter(|range| !uncovered(rules, &[**range], reach, &view.lists).is_empty())
        .map(|range| Rule::tcp(*range, peer.clone()))
        .collect()
}

/// A file system that wears the nodes' own group: its rules are rules of a node group, and listed and switched as such.
fn as_node_rules(view: &View<'_>, wants: Vec<Want>, notes: &mut Vec<Note>) -> Vec<Want> {
    let mut kept = Vec::new();
    for want in wants.into_iter().filter(|want| !want.rules.is_empty()) {
        let worn = match &want.group {
            Ref::Known(id) if !may_change(view, id) => {
                view.clients.iter().find(|client| client.groups.contains(id))
            }
            Ref::Known(_) | Ref::Made(_) => None,
        };
        match worn {
            Some(client) if !view.intent.network.node_rules => {
                let text = format!(
                    "{} does not let Lustre through to every node; left alone by --no-node-rules",
                    want.group.shown()
                );
                notes.push(note(Sign::Warn, format!("{text} ({})", client.name)));
            }
            Some(client) => kept.push(Want { node: Some(client.name.clone()), ..want }),
            None => kept.push(want),
        }
    }
    kept
}

/// Ingress from itself and from every group of nodes; egress where it is not open.
fn file_system_side(view: &View<'_>, group: &Ref, subnet: &Subnet) -> Vec<Want> {
    let existing = match group {
        Ref::Known(id) => found(view, id),
        Ref::Made(_) => None,
    };
    let own_id = [existing.map_or_else(|| MADE.to_owned(), |group| group.id.clone())];
    let own_cidrs = [subnet.cidr.clone()];
    let ingress = existing.map_or(&[][..], |group| &group.ingress);
    let mut rules = describe(
        view,
        close_gap(view, ingress, Reach { groups: &own_id, cidrs: &own_cidrs }, &peer_of(group)),
        "from itself",
    );
    for client in &view.clients {
        if client.groups.contains(&own_id[0]) {
            continue;
        }
        let Some(rule_group) = client.rule_group(view) else { continue };
        let cidrs = cidrs(view, &client.subnets);
        let peer = Peer::Group { id: rule_group.to_owned(), account: None };
        let gap = close_gap(view, ingress, Reach { groups: &client.groups, cidrs: &cidrs }, &peer);
        for rule in describe(view, gap, &format!("from {}", client.name)) {
            if !rules.iter().any(|known| {
                known.peer == rule.peer && known.from == rule.from && known.protocol == rule.protocol
            }) {
                rules.push(rule);
            }
        }
    }
    let mut wants = vec![Want { group: group.clone(), direction: Direction::Ingress, rules, node: None }];
    wants.push(Want {
        group: group.clone(),
        direction: Direction::Egress,
        rules: own_egress(view, existing, group),
        node: None,
    });
    wants
}

/// Egress of the file system's group: a new group is open, an existing one may not be. EFA counts only rules that
/// name groups, so there the open default is not enough.
fn own_egress(view: &View<'_>, existing: Option<&SecurityGroup>, group: &Ref) -> Vec<Rule> {
    if view.intent.network.efa {
        let egress = existing.map_or(&[][..], |group| &group.egress);
        let own = [existing.map_or_else(|| MADE.to_owned(), |group| group.id.clone())];
        let mut rules = describe(
            view,
            close_gap(view, egress, Reach { groups: &own, cidrs: &[] }, &peer_of(group)),
            "to itself",
        );
        for client in view.clients.iter().filter(|client| !client.groups.contains(&own[0])) {
            let Some(id) = client.rule_group(view) else { continue };
            let peer = Peer::Group { id: id.to_owned(), account: None };
            let gap = close_gap(view, egress, Reach { groups: &client.groups, cidrs: &[] }, &peer);
            rules.extend(describe(view, gap, &format!("to {}", client.name)));
        }
        return rules;
    }
    let Some(existing) = existing.filter(|group| !egress_open(&group.egress)) else { return Vec::new() };
    let own = [existing.id.clone()];
    let mut rules = describe(
        view,
        close_gap(view, &existing.egress, Reach { groups: &own, cidrs: &[] }, &peer_of(group)),
        "to itself",
    );
    for client in view.clients.iter().filter(|client| !client.groups.contains(&existing.id)) {
        let Some(id) = client.rule_group(view) else { continue };
        let cidrs = cidrs(view, &client.subnets);
        let peer = Peer::Group { id: id.to_owned(), account: None };
        let gap = close_gap(view, &existing.egress, Reach { groups: &client.groups, cidrs: &cidrs }, &peer);
        rules.extend(describe(view, gap, &format!("to {}", client.name)));
    }
    rules
}

/// Rules of the nodes' groups: what the file system sends must get in, and what nodes send must get out.
fn node_side(view: &View<'_>, group: &Ref, subnet: &Subnet, notes: &mut Vec<Note>) -> Vec<Want> {
    let own = match group {
        Ref::Known(id) => id.clone(),
        Ref::Made(_) => MADE.to_owned(),
    };
    let own_groups = [own.clone()];
    let own_cidrs = [subnet.cidr.clone()];
    let mut wants: Vec<Want> = Vec::new();
    for client in view.clients.iter().filter(|client| !client.groups.contains(&own)) {
        let worn: Vec<&SecurityGroup> = client.groups.iter().filter_map(|id| found(view, id)).collect();
        let Some(id) = client.rule_group(view).filter(|_| !worn.is_empty()) else {
            let text = format!(
                "{} wears {}, which is not in {}: rules for it, and a way between the VPCs, are yours to make",
                client.name,
                client.groups.join(", "),
                view.facts.cluster.vpc
            );
            notes.push(note(Sign::Warn, text));
            continue;
        };
        let reach = Reach { groups: &own_groups, cidrs: &own_cidrs };
        for direction in [Direction::Ingress, Direction::Egress] {
            let rules: Vec<Rule> = worn.iter().flat_map(|group| side(group, direction)).cloned().collect();
            if direction == Direction::Egress
                && !view.intent.network.efa
                && worn.iter().any(|group| egress_open(&group.egress))
            {
                continue;
            }
            let word =
                if direction == Direction::Ingress { "from the file system" } else { "to the file system" };
            let gap = describe(view, close_gap(view, &rules, reach, &peer_of(group)), word);
            if gap.is_empty()
                || wants
                    .iter()
                    .any(|want| want.direction == direction && want.group == Ref::Known(id.to_owned()))
            {
                continue;
            }
            if !view.intent.network.node_rules {
                notes.push(note(
                    Sign::Warn,
                    format!("{} does not let Lustre {word}; left alone by --no-node-rules", client.name),
                ));
                continue;
            }
            wants.push(Want {
                group: Ref::Known(id.to_owned()),
                direction,
                rules: gap,
                node: Some(client.name.clone()),
            });
        }
    }
    wants
}

fn side(group: &SecurityGroup, direction: Direction) -> &[Rule] {
    match direction {
        Direction::Ingress => &group.ingress,
        Direction::Egress => &group.egress,
    }
}

fn describe(view: &View<'_>, rules: Vec<Rule>, who: &str) -> Vec<Rule> {
    // EC2 takes at most 255 characters of a small set in a description; names of groups fit that set.
    let text: String = format!("{}Lustre {who}", mark(&view.facts.cluster.name)).chars().take(255).collect();
    rules.into_iter().map(|rule| Rule { description: Some(text.clone()), ..rule }).collect()
}

/// Rules of the file system's group need that it is ours or adopted; rules of node groups are switched by a flag.
fn allowed(view: &View<'_>, wants: &[Want]) -> Result<(), Box<Block>> {
    for want in wants.iter().filter(|want| want.node.is_none() && !want.rules.is_empty()) {
        let Ref::Known(id) = &want.group else { continue };
        if may_change(view, id) {
            continue;
        }
        let lines: Vec<String> = want.rules.iter().map(|rule| show(rule, want.direction)).collect();
        return Err(Box::new(Block {
            kind: Kind::Conflict,
            message: format!(
                "security group {id} is not fsxctl's ({}) and does not let Lustre through; it lacks {}",
                told(view, id),
                lines.join("; ")
            ),
            permission: None,
            next: Some(format!(
                "let fsxctl add these rules with --adopt SecurityGroup/{id}, or take a group of its own with --security-group create"
            )),
        }));
    }
    Ok(())
}

/// One rule for people: `tcp 988 from itself`.
pub(in crate::steps) fn show(rule: &Rule, direction: Direction) -> String {
    let ports = match (rule.from, rule.to) {
        (Some(from), Some(to)) if from == to => format!("tcp {from}"),
        (Some(from), Some(to)) => format!("tcp {from}-{to}"),
        _ => "all traffic".to_owned(),
    };
    let word = if direction == Direction::Ingress { "from" } else { "to" };
    let peer = match &rule.peer {
        Peer::Group { id, .. } if id == MADE => "the file system's new group".to_owned(),
        Peer::Group { id, .. } => id.clone(),
        Peer::Cidr(cidr) | Peer::Cidr6(cidr) => cidr.clone(),
        Peer::PrefixList(id) => id.clone(),
    };
    format!("{ports} {word} {peer}")
}

fn change(view: &View<'_>, index: usize, want: Want) -> Change {
    let Want { group, direction, rules, node } = want;
    let (operation, name) = match direction {
        Direction::Ingress => ("ec2:AuthorizeSecurityGroupIngress", "ingress"),
        Direction::Egress => ("ec2:AuthorizeSecurityGroupEgress", "egress"),
    };
    let made = matches!(group, Ref::Made(_))
        || rules.iter().any(|rule| matches!(&rule.peer, Peer::Group { id, .. } if id == MADE));
    // Reports list changes whose id begins like this on their own.
    let prefix = if node.is_some() { "node-rules" } else { "rules" };
    let because = node.map_or_else(
        || "the file system must be reached from itself and every group of nodes".to_owned(),
        |name| format!("rule of the nodes' own group ({name}); --no-node-rules leaves it out"),
    );
    Change {
        id: format!("{prefix}-{index}-{name}"),
        verb: Verb::Update,
        resource: Resource::new("SecurityGroup", group.shown()),
        because,
        permissions: vec![operation.to_owned(), "ec2:CreateTags".to_owned()],
        later: Vec::new(),
        details: rules.iter().map(|rule| format!("{name} {}", show(rule, direction))).collect(),
        after: if made { vec![CREATE.to_owned()] } else { Vec::new() },
        action: Action::Authorize {
            group,
            direction,
            rules,
            tags: ownership::tags(&view.facts.cluster.arn, Origin::Created, &view.intent.tags),
        },
    }
}
