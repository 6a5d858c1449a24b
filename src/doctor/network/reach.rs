//! Names, addresses and routes: whether nodes find a file system at all.

use std::collections::BTreeSet;
use std::net::Ipv4Addr;

use super::super::check::{Complaint, Outcome};
use super::super::exam::Exam;
use super::super::finding::{Fix, Resource, Severity};
use super::super::mount::{Stuck, stuck};
use super::acl::{is_elsewhere, node_subnets};
use super::ways::few_of;
use crate::domain::mount::MountFailure;
use crate::facts::{FileSystem, Seen, Volume};
use crate::steps::bind::route::way;

/// Volumes with the file system that they mount.
fn mounted<'a>(exam: &Exam<'a>) -> Vec<(&'a Volume, &'a FileSystem)> {
    exam.volumes().filter_map(|volume| Some((volume, exam.system_of(volume).found().copied()?))).collect()
}

/// Pods whose mount of these volumes fails like this.
fn failing(exam: &Exam<'_>, volumes: &BTreeSet<&str>, how: fn(MountFailure) -> bool) -> Vec<Resource> {
    let all = stuck(exam);
    let of_them =
        all.iter().filter(|it| it.volumes.iter().any(|volume| volumes.contains(volume.name.as_str())));
    of_them.filter(|it| it.how().is_some_and(how)).map(Stuck::object).collect()
}

fn is_nameless(how: MountFailure) -> bool {
    how == MountFailure::NoAddress
}

fn is_lost(how: MountFailure) -> bool {
    matches!(how, MountFailure::Errno(5 | 110 | 113) | MountFailure::Hang)
}

/// N-10.
pub(super) fn name_elsewhere(exam: &Exam<'_>) -> Outcome {
    let complaint = |(volume, system): &(&Volume, &FileSystem)| {
        if !is_elsewhere(exam, system) || volume.dns_name.is_none() || volume.dns_name != system.dns_name {
            return None;
        }
        let hit = failing(exam, &BTreeSet::from([volume.name.as_str()]), is_nameless);
        let vpc = system.vpc.as_deref().unwrap_or_default();
        let text = if hit.is_empty() { "may not resolve" } else { "does not resolve" };
        let complaint = Complaint::new(
            Resource::new("PersistentVolume", &volume.name),
            format!(
                "volume {} names file system {} of {vpc} by its DNS name, which {text} in {}",
                volume.name,
                system.id,
                exam.facts().cluster.vpc
            ),
        )
        .because("the DNS names of FSx for Lustre resolve in their own VPC, elsewhere only where somebody has arranged it")
        .shown_by("fsx:DescribeFileSystems", "VpcId", vpc)
        .shown_by("eks:DescribeCluster", "resourcesVpcConfig.vpcId", &exam.facts().cluster.vpc)
        .shown_by("PersistentVolume", "spec.csi.volumeAttributes.dnsname", volume.dns_name.as_deref().unwrap_or_default())
        .affecting(hit.clone())
        .fixed_by(Fix::consent(
            "bind it again by the address of its first interface",
            format!("fsxctl byo --cluster {} --fs-id {} --dry-run", exam.cluster(), system.id),
        ));
        Some(if hit.is_empty() { complaint.severity(Severity::Warning) } else { complaint })
    };
    seen(exam, Outcome::all(mounted(exam).iter().filter_map(complaint)))
}

/// N-11.
pub(super) fn no_route(exam: &Exam<'_>) -> Outcome {
    let Seen::Found(tables) = &exam.facts().network.routes else {
        let outcome = seen(exam, Outcome::passed());
        let asks = exam.in_use().iter().any(|system| is_elsewhere(exam, system));
        return if asks { outcome.unless_seen(&exam.facts().network.routes) } else { outcome };
    };
    let complaint = |(volume, system): &(&Volume, &FileSystem)| {
        if !is_elsewhere(exam, system) {
            return None;
        }
        let subnets = exam.facts().network.subnets.found().into_iter().flatten();
        let there = subnets.into_iter().find(|subnet| system.subnets.contains(&subnet.id));
        let address = volume.dns_name.as_deref().filter(|name| name.parse::<Ipv4Addr>().is_ok());
        let target = address.map(str::to_owned).or_else(|| there.map(|subnet| subnet.cidr.clone()))?;
        // Entries of prefix lists are not read here, and a list may lead there.
        let by_list = tables.iter().flat_map(|table| &table.routes);
        if by_list.into_iter().any(|route| route.active && route.cidr.starts_with("pl-")) {
            return None;
        }
        let has_table = |id: &str, vpc: &str| {
            tables
                .iter()
                .any(|table| table.subnets.iter().any(|it| it == id) || table.main && table.vpc == vpc)
        };
        let here = node_subnets(exam).into_iter();
        let here: Vec<_> = here.filter(|subnet| has_table(&subnet.id, &subnet.vpc)).collect();
        let lost: Vec<&str> =
            here.iter().filter(|it| way(tables, it, &target).is_none()).map(|it| it.id.as_str()).collect();
        if lost.is_empty() {
            return None;
        }
        let hit = failing(exam, &BTreeSet::from([volume.name.as_str()]), is_lost);
        let vpc = system.vpc.as_deref().unwrap_or_default();
        let latent = if hit.is_empty() { "; no mount has met it yet" } else { "" };
        Some(
            Complaint::new(
                Resource::new("FileSystem", &system.id),
                format!("file system {} is in {vpc}, and {} has no route to {target}{latent}", system.id, few_of(&lost)),
            )
            .because("nodes and file system are in different VPCs, and no active route of a peering or transit gateway leads there")
            .shown_by("ec2:DescribeRouteTables", "Routes", format!("none to {target}"))
            .shown_by("fsx:DescribeFileSystems", "VpcId", vpc)
            .affecting(hit)
            .fixed_by(
                Fix::manual("connect the VPCs, with routes both ways")
                    .then(format!("aws ec2 describe-route-tables --filters Name=vpc-id,Values={}", exam.facts().cluster.vpc)),
            ),
        )
    };
    seen(exam, Outcome::all(mounted(exam).iter().filter_map(complaint)))
}

/// N-12.
pub(super) fn no_name(exam: &Exam<'_>) -> Outcome {
    let by_name = |(volume, system): &&(&Volume, &FileSystem)| {
        let is_address = volume.dns_name.as_deref().is_some_and(|name| name.parse::<Ipv4Addr>().is_ok());
        !is_address && !is_elsewhere(exam, system)
    };
    let all = mounted(exam);
    let named: Vec<_> = all.iter().filter(by_name).collect();
    if named.is_empty() {
        return seen(exam, Outcome::passed());
    }
    let outcome = seen(exam, Outcome::passed()).unless_seen(&exam.seen.dns);
    let Seen::Found(dns) = &exam.seen.dns else { return outcome };
    let volumes: BTreeSet<&str> = named.iter().map(|(volume, _)| volume.name.as_str()).collect();
    let hit = failing(exam, &volumes, is_nameless);
    let vpc = &exam.facts().cluster.vpc;
    let own = dns.servers.is_empty() || dns.servers.iter().any(|it| it == "AmazonProvidedDNS");
    let systems: BTreeSet<&str> = named.iter().map(|(_, system)| system.id.as_str()).collect();
    let finish = |complaint: Complaint| {
        let latent = if hit.is_empty() { "; no mount has met it yet" } else { "" };
        let summary = format!("{}{latent}", complaint.summary);
        Complaint { summary, ..complaint }
            .affecting(systems.iter().map(|id| Resource::new("FileSystem", *id)))
            .affecting(hit.clone())
    };
    let attribute = |name: &str, field: &str, text: String| attribute(vpc, name, field, text);
    let complaint = if !dns.support {
        attribute(
            "enable-dns-support",
            "EnableDnsSupport",
            format!("{vpc} does not resolve names: DNS support is off"),
        )
    } else if !dns.hostnames {
        let text = format!("{vpc} may not resolve names of file systems: DNS hostnames are off");
        let complaint = attribute("enable-dns-hostnames", "EnableDnsHostnames", text);
        if hit.is_empty() { complaint.severity(Severity::Warning) } else { complaint }
    } else if !own && !hit.is_empty() {
        let options = dns.dhcp_options.as_deref().unwrap_or_default();
        Complaint::new(
            Resource::new("DhcpOptions", options),
            format!(
                "the DNS servers of {vpc} do not resolve names of file systems: {}",
                dns.servers.join(", ")
            ),
        )
        .because("DHCP options name other servers than Amazon's, and these do not forward what is Amazon's")
        .shown_by("ec2:DescribeDhcpOptions", "domain-name-servers", dns.servers.join(", "))
        .fixed_by(
            Fix::manual(
                "let these servers forward amazonaws.com to the VPC's resolver, or take AmazonProvidedDNS",
            )
            .then(format!("aws ec2 describe-dhcp-options --dhcp-options-ids {options}")),
        )
    } else {
        return outcome;
    };
    outcome.and(Outcome::failed(finish(complaint)))
}

fn attribute(vpc: &str, name: &str, field: &str, text: String) -> Complaint {
    Complaint::new(Resource::new("Vpc", vpc), text)
        .because("names of file systems resolve by Amazon's DNS of the VPC, which needs both attributes")
        .shown_by("ec2:DescribeVpcAttribute", field, "false")
        .fixed_by(Fix::consent("turn it on", format!("aws ec2 modify-vpc-attribute --vpc-id {vpc} --{name}")))
}

/// N-18.
pub(super) fn lost_interface(exam: &Exam<'_>) -> Outcome {
    let facts = exam.facts();
    let Some(listed) = facts.network.interfaces.found() else {
        return seen(exam, Outcome::passed()).unless_seen(&facts.network.interfaces);
    };
    let known: BTreeSet<&str> = listed.iter().map(|it| it.id.as_str()).collect();
    let lost = |system: &&FileSystem| {
        if is_elsewhere(exam, system) || system.lifecycle == "DELETING" {
            return None;
        }
        let gone = system.interfaces.iter().map(String::as_str).filter(|id| !known.contains(id));
        let gone: Vec<&str> = gone.collect();
        if gone.is_empty() {
            return None;
        }
        let waiting = stuck(exam);
        let hit = waiting.iter().filter(|it| it.wants(exam, &system.id)).map(Stuck::object);
        let lifecycle = &system.lifecycle;
        Some(
            Complaint::new(
                Resource::new("FileSystem", &system.id),
                format!("file system {} has lost network interfaces: EC2 does not know {}", system.id, few_of(&gone)),
            )
            .because("the interfaces of a file system must not be changed or deleted; without them it cannot be reached again")
            .shown_by("fsx:DescribeFileSystems", "NetworkInterfaceIds", few_of(&gone))
            .shown_by("ec2:DescribeNetworkInterfaces", "NetworkInterfaceId", "not listed")
            .shown_by("fsx:DescribeFileSystems", "Lifecycle", lifecycle)
            .affecting(hit)
            .fixed_by(
                Fix::manual("make a new file system, from a backup or from its data repository")
                    .then(format!("aws fsx describe-backups --filters Name=file-system-id,Values={}", system.id)),
            ),
        )
    };
    seen(exam, Outcome::all(exam.in_use().iter().filter_map(lost)))
}

/// H-15.
pub(in crate::doctor) fn note_elsewhere(exam: &Exam<'_>) -> Outcome {
    let faults = name_elsewhere(exam).and(no_route(exam)).complaints;
    let complaint = |(volume, system): &(&Volume, &FileSystem)| {
        let known = faults
            .iter()
            .any(|it| it.resource.reference == system.id || it.resource.reference == volume.name);
        let vpc = system.vpc.as_deref().filter(|_| is_elsewhere(exam, system) && !known)?;
        let own = &exam.facts().cluster.vpc;
        Some(
            Complaint::new(
                Resource::new("FileSystem", &system.id),
                format!(
                    "file system {} is in {vpc} and the cluster in {own}: traffic between them is paid for",
                    system.id
                ),
            )
            .shown_by("fsx:DescribeFileSystems", "VpcId", vpc),
        )
    };
    Outcome::all(mounted(exam).iter().filter_map(complaint))
}

fn seen(exam: &Exam<'_>, outcome: Outcome) -> Outcome {
    outcome.unless_seen(&exam.facts().file_systems).unless_seen(&exam.facts().storage.volumes)
}
