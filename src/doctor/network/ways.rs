//! What security groups keep closed between nodes and file systems in use.

use std::collections::{BTreeMap, BTreeSet};

use super::super::check::{Complaint, Outcome};
use super::super::exam::Exam;
use super::super::finding::{Fix, Resource, Severity};
use super::super::mount::{Stuck, groups_of, stuck};
use crate::domain::mount::MountFailure;
use crate::domain::network::{Peer, SecurityGroup};
use crate::facts::{FileSystem, Veil};
use crate::steps::network::passage::{Closed, Doubt, End, Passage, Way, ports};

/// A way that is closed, and for which file system.
struct Fault<'a> {
    system: &'a FileSystem,
    closed: &'a Closed,
    passage: &'a Passage,
}

/// Which check a closed way is of.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Sort {
    /// Some of the ports alone: N-03.
    Range,
    /// Nodes are not admitted: N-04.
    Client,
    /// Servers do not admit each other: N-05.
    Itself,
    /// Nothing gets out: N-06.
    Egress,
    /// A rule for another group than the nodes': N-07.
    Other,
    /// On some of the interfaces alone: N-08.
    SomeInterfaces,
    /// Nodes do not admit the file system: N-50.
    Back,
    /// To some addresses of a subnet alone: N-51.
    Part,
}

/// N-03.
pub(super) fn range(exam: &Exam<'_>) -> Outcome {
    told(exam, Sort::Range).and(old_range(exam))
}

/// N-04.
pub(super) fn client(exam: &Exam<'_>) -> Outcome {
    told(exam, Sort::Client)
}

/// N-05.
pub(super) fn itself(exam: &Exam<'_>) -> Outcome {
    told(exam, Sort::Itself)
}

/// N-06.
pub(super) fn egress(exam: &Exam<'_>) -> Outcome {
    told(exam, Sort::Egress)
}

/// N-07.
pub(super) fn other_group(exam: &Exam<'_>) -> Outcome {
    told(exam, Sort::Other)
}

/// N-08.
pub(super) fn some_interfaces(exam: &Exam<'_>) -> Outcome {
    told(exam, Sort::SomeInterfaces)
}

/// N-50.
pub(super) fn back(exam: &Exam<'_>) -> Outcome {
    told(exam, Sort::Back)
}

/// N-51.
pub(super) fn some_addresses(exam: &Exam<'_>) -> Outcome {
    told(exam, Sort::Part)
}

/// What is known of every file system in use.
fn judged<'a, 'e>(exam: &'e Exam<'a>) -> impl Iterator<Item = (&'a FileSystem, &'e Passage)> {
    exam.in_use().iter().filter_map(|system| Some((*system, exam.passage(&system.id)?)))
}

/// Something that could not be decided, of every file system.
fn doubtful<'a, T: Ord>(exam: &Exam<'a>, pick: fn(&Doubt) -> Option<T>) -> Vec<(&'a FileSystem, T)> {
    let all = judged(exam).flat_map(|(system, passage)| {
        passage.unknown.iter().filter_map(pick).map(move |it| (system, it)).collect::<Vec<_>>()
    });
    all.collect()
}

fn told(exam: &Exam<'_>, sort: Sort) -> Outcome {
    let mut by_group: BTreeMap<String, Vec<Fault<'_>>> = BTreeMap::new();
    for (system, passage) in judged(exam) {
        for closed in passage.closed.iter().chain(&passage.itself) {
            let fault = Fault { system, closed, passage };
            if sort_of(exam, &fault) == Some(sort)
                && let Some(id) = closed.groups().first()
            {
                by_group.entry(id.clone()).or_default().push(fault);
            }
        }
    }
    let waiting = stuck(exam);
    let complaints = by_group.iter().map(|(id, faults)| complaint(exam, sort, id, faults, &waiting));
    unseen(exam, Outcome::all(complaints))
}

/// Which check tells it; none when another way of the same interface is the same missing rule.
fn sort_of(exam: &Exam<'_>, fault: &Fault<'_>) -> Option<Sort> {
    let Fault { closed, passage, .. } = fault;
    if closed.in_part {
        return Some(Sort::Part);
    }
    if closed.way == Way::Out {
        return Some(Sort::Egress);
    }
    let among = passage.itself.contains(closed);
    if !among && passage.itself.iter().any(|own| is_same_rule(own, closed)) {
        return None;
    }
    if !among && closed.at == End::Nodes {
        // Nodes and servers that share a group admit each other by one rule.
        let shared =
            passage.closed.iter().any(|other| other.at == End::FileSystem && is_same_rule(other, closed));
        return (!shared).then_some(Sort::Back);
    }
    let worn: BTreeSet<&[String]> = worn(exam, fault.system);
    let open_elsewhere = worn.iter().any(|groups| !is_closed_on(passage, closed, groups, among));
    if worn.len() > 1 && open_elsewhere {
        return Some(Sort::SomeInterfaces);
    }
    if among {
        return Some(Sort::Itself);
    }
    if !closed.ports.iter().any(|(from, _)| *from == 988) {
        return Some(Sort::Range);
    }
    let others = admitted(exam, closed);
    Some(if others.is_empty() { Sort::Client } else { Sort::Other })
}

/// Whether one rule would open both: the groups share one.
fn is_same_rule(own: &Closed, closed: &Closed) -> bool {
    own.way == closed.way
        && own.ports == closed.ports
        && closed.servers.iter().any(|id| closed.client.1.contains(id) && own.servers.contains(id))
}

/// The sets of groups that the file system's interfaces wear.
fn worn<'a>(exam: &Exam<'a>, system: &FileSystem) -> BTreeSet<&'a [String]> {
    let all = exam.facts().network.interfaces.found().into_iter().flatten();
    all.filter(|it| system.interfaces.contains(&it.id)).map(|it| it.groups.as_slice()).collect()
}

fn is_closed_on(passage: &Passage, closed: &Closed, groups: &[String], among: bool) -> bool {
    let all = if among { &passage.itself } else { &passage.closed };
    all.iter().any(|other| {
        other.servers == groups && other.way == closed.way && (among || other.client == closed.client)
    })
}

/// Groups of others that rules admit on 988, while these nodes are not admitted.
fn admitted<'a>(exam: &Exam<'a>, closed: &Closed) -> Vec<&'a str> {
    let rules = groups(exam, closed.groups()).into_iter().flat_map(|group| &group.ingress);
    let ids = rules.filter_map(|rule| match &rule.peer {
        Peer::Group { id, .. } if !closed.servers.contains(id) && !closed.client.1.contains(id) => {
            let opens = rule.is_all_traffic()
                || matches!((rule.from, rule.to), (Some(from), Some(to)) if from <= 988 && 988 <= to);
            opens.then_some(id.as_str())
        }
        _ => None,
    });
    ids.collect()
}

fn groups<'a>(exam: &Exam<'a>, ids: &[String]) -> Vec<&'a SecurityGroup> {
    let all = exam.facts().network.groups.found().into_iter().flatten();
    all.filter(|group| ids.contains(&group.id)).collect()
}

fn group_object(closed: &Closed) -> Option<Resource> {
    Some(Resource::new("SecurityGroup", closed.groups().first()?.clone()))
}

fn complaint(
    exam: &Exam<'_>,
    sort: Sort,
    id: &str,
    faults: &[Fault<'_>],
    waiting: &[Stuck<'_>],
) -> Complaint {
    let ways: BTreeSet<String> = faults.iter().map(|fault| fault.closed.to_string()).collect();
    let systems: BTreeSet<&str> = faults.iter().map(|fault| fault.system.id.as_str()).collect();
    let hit: BTreeSet<Resource> = waiting
        .iter()
        .filter(|it| faults.iter().any(|fault| concerns(exam, it, fault)))
        .map(Stuck::object)
        .collect();
    let latent = if hit.is_empty() { "; no mount has met it yet" } else { "" };
    let names: Vec<&str> = systems.iter().copied().collect();
    let mut complaint = Complaint::new(
        Resource::new("SecurityGroup", id),
        format!("{} (file system {}){latent}", few(&ways), few_of(&names)),
    )
    .because(cause(exam, sort, faults))
    .affecting(systems.iter().map(|id| Resource::new("FileSystem", *id)))
    .affecting(hit);
    for fault in faults.iter().take(3) {
        let value = format!("nothing opens tcp {}", ports(&fault.closed.ports));
        complaint = complaint.shown_by("ec2:DescribeSecurityGroups", field(fault.closed), value);
    }
    match faults.first() {
        Some(fault) => complaint.fixed_by(fix(exam, fault.closed)),
        None => complaint,
    }
}

fn cause(exam: &Exam<'_>, sort: Sort, faults: &[Fault<'_>]) -> String {
    match (sort, faults.first()) {
        (Sort::Range, _) => "tcp 988 is open and 1018-1023 is not: Lustre needs both".to_owned(),
        (Sort::Client, _) => "no rule of the file system's group is about these nodes".to_owned(),
        (Sort::Itself, _) => {
            "the servers of a file system talk to each other over its interfaces, and no rule lets them"
                .to_owned()
        }
        (Sort::Egress, _) => "the rule that lets everything out was taken away".to_owned(),
        (Sort::Other, Some(fault)) => format!(
            "rules admit {}, and these nodes wear {}",
            few_of(&admitted(exam, fault.closed)),
            fault.closed.client.1.join(", ")
        ),
        (Sort::SomeInterfaces, Some(fault)) => format!(
            "its interfaces do not wear the same security groups: {}",
            worn(exam, fault.system).iter().map(|ids| ids.join(" with ")).collect::<Vec<_>>().join("; ")
        ),
        (Sort::Back, _) => {
            "AWS asks for it; many set-ups mount without it, because nodes open the connections".to_owned()
        }
        (Sort::Part, _) => {
            "rules name blocks of addresses inside the subnets: who is at the others is not let through"
                .to_owned()
        }
        (Sort::Other | Sort::SomeInterfaces, None) => String::new(),
    }
}

/// Whether a pod waits for a mount that goes this way.
fn concerns(exam: &Exam<'_>, stuck: &Stuck<'_>, fault: &Fault<'_>) -> bool {
    if !stuck.wants(exam, &fault.system.id) {
        return false;
    }
    // What servers do not let through among each other no node gets round.
    if fault.passage.itself.contains(fault.closed) {
        return true;
    }
    let client: BTreeSet<&str> = fault.closed.client.1.iter().map(String::as_str).collect();
    groups_of(exam, stuck.node).is_some_and(|own| own == client)
}

fn field(closed: &Closed) -> String {
    let side = if closed.way == Way::In { "IpPermissions" } else { "IpPermissionsEgress" };
    let ids = closed.groups().join(", ");
    format!("{side} of {ids}")
}

/// The rule that is missing, as a command.
fn fix(exam: &Exam<'_>, closed: &Closed) -> Fix {
    let cluster = exam.facts().cluster.security_group.as_ref();
    let peers = closed.peers();
    let peer = peers.iter().find(|id| Some(*id) == cluster).or_else(|| peers.first());
    let word = if closed.way == Way::In { "ingress" } else { "egress" };
    let setup = format!("fsxctl setup network --cluster {}", exam.cluster());
    let (Some(group), Some(peer)) = (closed.groups().first(), peer) else {
        return Fix::consent("add the missing rules", setup);
    };
    let rule = |(from, to): (u16, u16)| {
        format!("'IpProtocol=tcp,FromPort={from},ToPort={to},UserIdGroupPairs=[{{GroupId={peer}}}]'")
    };
    let rules: Vec<String> = closed.ports.iter().map(|range| rule(*range)).collect();
    Fix::consent(
        format!(
            "let tcp {} {} {group}",
            ports(&closed.ports),
            if word == "ingress" { "into" } else { "out of" }
        ),
        format!(
            "aws ec2 authorize-security-group-{word} --group-id {group} --ip-permissions {}",
            rules.join(" ")
        ),
    )
}

/// The range that AWS's pages once named. Mounts often work with it, so it is a fault only while one does not.
fn old_range(exam: &Exam<'_>) -> Outcome {
    let waiting = stuck(exam);
    let complaint = |(system, closed): &(&FileSystem, Closed)| {
        let silent = |it: &&Stuck<'_>| {
            it.wants(exam, &system.id) && it.how().is_some_and(is_silent) && {
                let client: BTreeSet<&str> = closed.client.1.iter().map(String::as_str).collect();
                groups_of(exam, it.node).is_some_and(|own| own == client)
            }
        };
        let hit: Vec<Resource> = waiting.iter().filter(silent).map(Stuck::object).collect();
        if hit.is_empty() || closed.at == End::Nodes {
            return None;
        }
        Some(
            Complaint::new(group_object(closed)?, format!("{closed} (file system {})", system.id))
                .because(
                    "AWS's pages once named 1021-1023; often that is enough, and here a mount gets no answer",
                )
                .shown_by("ec2:DescribeSecurityGroups", field(closed), "nothing opens tcp 1018-1020")
                .affecting([Resource::new("FileSystem", &system.id)])
                .affecting(hit)
                .fixed_by(fix(exam, closed)),
        )
    };
    let gaps = old_gaps(exam);
    Outcome::all(gaps.iter().filter_map(complaint))
}

fn old_gaps<'a>(exam: &Exam<'a>) -> Vec<(&'a FileSystem, Closed)> {
    doubtful(exam, |doubt| if let Doubt::OldRange(closed) = doubt { Some(closed.clone()) } else { None })
}

/// H-45.
pub(in crate::doctor) fn note_old_range(exam: &Exam<'_>) -> Outcome {
    let faults = old_range(exam).complaints;
    let known: BTreeSet<Resource> = faults.into_iter().map(|it| it.resource).collect();
    let complaint = |(_, closed): &(&FileSystem, Closed)| {
        let group = group_object(closed).filter(|it| !known.contains(it))?;
        Some(
            Complaint::new(
                group,
                format!("{closed}: AWS's pages once named 1021-1023, and mounts often work"),
            )
            .severity(Severity::Info)
            .shown_by("ec2:DescribeSecurityGroups", field(closed), "nothing opens tcp 1018-1020")
            .fixed_by(fix(exam, closed)),
        )
    };
    let gaps = old_gaps(exam);
    Outcome::all(gaps.iter().filter_map(complaint))
}

/// Whether a mount ended because nobody answered as they should.
pub(in crate::doctor) const fn is_silent(how: MountFailure) -> bool {
    matches!(how, MountFailure::Errno(5 | 110) | MountFailure::Hang)
}

/// What every judgement of ways rests on.
fn unseen(exam: &Exam<'_>, outcome: Outcome) -> Outcome {
    let facts = exam.facts();
    let network = &facts.network;
    let mut outcome = outcome.unless_seen(&facts.file_systems).unless_seen(&facts.storage.volumes);
    if !exam.in_use().is_empty() {
        outcome = outcome
            .unless_seen(&network.groups)
            .unless_seen(&network.interfaces)
            .unless_seen(&network.instances);
        // Addresses matter only where no rule names a group.
        if judged(exam).any(|(_, passage)| !passage.unknown.is_empty()) {
            outcome = outcome.unless_seen(&network.subnets);
        }
        let hyperpod_counts = facts.nodes.found().is_none_or(|nodes| nodes.iter().any(|node| node.hyperpod));
        if hyperpod_counts {
            outcome = outcome.unless_seen(&facts.hyperpod);
        }
    }
    let lists = doubtful(exam, |doubt| {
        if let Doubt::UnreadList(list, side) = doubt { Some((list.clone(), side.clone())) } else { None }
    });
    for (_, (list, side)) in lists {
        let veil = Veil {
            permission: "ec2:GetManagedPrefixListEntries".to_owned(),
            cause: format!("prefix list {list}, which rules of {side} name, cannot be read"),
        };
        if !outcome.veils.contains(&veil) {
            outcome.veils.push(veil);
        }
    }
    outcome
}

fn few(all: &BTreeSet<String>) -> String {
    few_of(&all.iter().map(String::as_str).collect::<Vec<_>>())
}

/// The first three of a list, and how many more.
pub(in crate::doctor) fn few_of(all: &[&str]) -> String {
    let some = all.iter().take(3).copied().collect::<Vec<_>>().join("; ");
    match all.len().saturating_sub(3) {
        0 => some,
        more => format!("{some}; and {more} more"),
    }
}
