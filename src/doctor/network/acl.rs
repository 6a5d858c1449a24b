//! Network ACLs: stateless, so both subnets must let requests and answers through.

use std::collections::{BTreeMap, BTreeSet};

use super::super::check::{Complaint, Outcome};
use super::super::exam::Exam;
use super::super::finding::{Fix, Resource, Severity};
use super::super::mount::{Stuck, stuck};
use super::ways::few_of;
use crate::domain::cidr::{Cidr4, covers};
use crate::domain::network::LUSTRE_PORTS;
use crate::facts::{AclEntry, FileSystem, NetworkAcl, Subnet};
use crate::steps::network::passage::ports;

/// What the entries of an ACL come to for a port and a block of addresses.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum Verdict {
    Open,
    /// Closed to a part of the addresses; which of them are in use is not known.
    Part,
    Closed,
}

/// N-09.
pub(super) fn blocked(exam: &Exam<'_>) -> Outcome {
    let network = &exam.facts().network;
    let mut by_acl: BTreeMap<&str, (Verdict, BTreeSet<String>, BTreeSet<&str>)> = BTreeMap::new();
    let nodes = node_subnets(exam);
    for system in exam.in_use() {
        for there in subnets(exam, &system.subnets) {
            for here in nodes.iter().filter(|here| here.id != there.id) {
                for (of, peer) in [(there, *here), (*here, there)] {
                    let Some(acl) = acl_of(exam, of) else { continue };
                    for (verdict, way) in judged(acl, peer) {
                        let (worst, ways, systems) = by_acl
                            .entry(acl.id.as_str())
                            .or_insert_with(|| (Verdict::Open, BTreeSet::new(), BTreeSet::new()));
                        *worst = verdict.max(*worst);
                        ways.insert(format!("{way} subnet {}", peer.id));
                        systems.insert(&system.id);
                    }
                }
            }
        }
    }
    let waiting = stuck(exam);
    let complaint =
        |(id, (verdict, ways, systems)): (&&str, &(Verdict, BTreeSet<String>, BTreeSet<&str>))| {
            let ways: Vec<&str> = ways.iter().map(String::as_str).collect();
            let hit = waiting.iter().filter(|it| systems.iter().any(|system| it.wants(exam, system)));
            let hit: Vec<Resource> = hit.map(Stuck::object).collect();
            let latent = if hit.is_empty() { "; no mount has met it yet" } else { "" };
            let complaint = Complaint::new(
                Resource::new("NetworkAcl", *id),
                format!("network ACL {id} does not let Lustre through: {}{latent}", few_of(&ways)),
            )
            .because("network ACLs know no connections: requests and answers need an entry each")
            .shown_by("ec2:DescribeNetworkAcls", "Entries", few_of(&ways))
            .affecting(systems.iter().map(|id| Resource::new("FileSystem", *id)))
            .affecting(hit)
            .fixed_by(
                Fix::manual(
                    "allow tcp 988 and 1018-1023 both ways between the subnets of nodes and file system",
                )
                .then(format!("aws ec2 describe-network-acls --network-acl-ids {id}")),
            );
            if *verdict == Verdict::Part { complaint.severity(Severity::Warning) } else { complaint }
        };
    let outcome = Outcome::all(by_acl.iter().map(complaint));
    if exam.in_use().is_empty() {
        return outcome.unless_seen(&exam.facts().file_systems);
    }
    outcome.unless_seen(&exam.seen.acls).unless_seen(&network.subnets)
}

/// Subnets of the cluster's VPC that nodes are in.
pub(super) fn node_subnets<'a>(exam: &Exam<'a>) -> Vec<&'a Subnet> {
    let facts = exam.facts();
    let instances = facts.network.instances.found().into_iter().flatten();
    let pods = facts.hyperpod.found().into_iter().flatten().flat_map(|pod| &pod.groups);
    let mut ids: BTreeSet<String> = instances.filter_map(|it| it.subnet.clone()).collect();
    ids.extend(pods.flat_map(|group| group.subnets.clone()));
    let ids: Vec<String> = ids.into_iter().collect();
    subnets(exam, &ids)
}

fn subnets<'a>(exam: &Exam<'a>, ids: &[String]) -> Vec<&'a Subnet> {
    let all = exam.facts().network.subnets.found().into_iter().flatten();
    all.filter(|subnet| ids.contains(&subnet.id)).collect()
}

fn acl_of<'a>(exam: &Exam<'a>, subnet: &Subnet) -> Option<&'a NetworkAcl> {
    exam.seen.acls.found()?.iter().find(|acl| acl.subnets.contains(&subnet.id))
}

/// Ways that an ACL does not let all of Lustre through, to or from another subnet.
fn judged(acl: &NetworkAcl, peer: &Subnet) -> Vec<(Verdict, String)> {
    let Ok(target) = peer.cidr.parse::<Cidr4>() else { return Vec::new() };
    let mut found = Vec::new();
    for (egress, word) in [(false, "in from"), (true, "out to")] {
        for range in LUSTRE_PORTS {
            let all = (range.0..=range.1).map(|port| verdict(&acl.entries, egress, i32::from(port), target));
            let worst = all.max().unwrap_or(Verdict::Open);
            if worst != Verdict::Open {
                found.push((worst, format!("tcp {} {word}", ports(&[range]))));
            }
        }
    }
    found
}

/// The lowest number that matches decides; what no entry is about is denied.
fn verdict(entries: &[AclEntry], egress: bool, port: i32, target: Cidr4) -> Verdict {
    let matches = |entry: &&AclEntry| {
        let protocol = entry.protocol == "-1"
            || (entry.protocol == "6" || entry.protocol.eq_ignore_ascii_case("tcp"))
                && entry.ports.is_none_or(|(from, to)| from <= port && port <= to);
        entry.egress == egress && protocol
    };
    let mut ordered: Vec<&AclEntry> = entries.iter().filter(matches).collect();
    ordered.sort_by_key(|entry| entry.number);
    let mut allowed: Vec<Cidr4> = Vec::new();
    for entry in ordered {
        let Some(block) = entry.cidr.as_deref().and_then(|cidr| cidr.parse::<Cidr4>().ok()) else { continue };
        let touches = covers(&[block], target) || covers(&[target], block);
        if entry.allow {
            allowed.push(block);
            if covers(&allowed, target) {
                return Verdict::Open;
            }
        } else if covers(&[block], target) {
            break;
        } else if touches {
            return Verdict::Part;
        }
    }
    let some = allowed.iter().any(|block| covers(&[target], *block));
    if some { Verdict::Part } else { Verdict::Closed }
}

/// Whether a file system is in the cluster's VPC, as far as FSx tells.
pub(super) fn is_elsewhere(exam: &Exam<'_>, system: &FileSystem) -> bool {
    let own = &exam.facts().cluster.vpc;
    !own.is_empty() && system.vpc.as_ref().is_some_and(|vpc| vpc != own)
}
