//! Zones and subnets. Zones are compared by their id: names differ between accounts.

#[cfg(test)]
mod tests;

use std::collections::BTreeMap;

use super::check::{Check, Complaint, Outcome};
use super::exam::Exam;
use super::finding::{Fix, Resource, Severity};
use super::mount::mounting;
use super::network::{Site, class_object, few_of, latent, parameter, sites, stopped, waiting_of};
use crate::domain::storageclass::wish_from;
use crate::domain::{quantity, sizing};
use crate::facts::{Node, StorageClass};

/// The checks.
pub(super) const CHECKS: &[Check] = &[
    Check {
        id: "FSX-AZ-01",
        title: "Nodes in other zones than the file system",
        severity: Severity::Warning,
        symptom: "Nothing breaks: more latency, and traffic between zones is paid for.",
        why: "A file system is in one subnet and so in one zone. Nodes of other zones reach it over the zones' border.",
        decided_by: "Zone id of the file system's subnet; label topology.k8s.aws/zone-id of nodes.",
        remedy: "Make the file system where the nodes are, or the nodes where it is.",
        source: "https://docs.aws.amazon.com/fsx/latest/LustreGuide/performance.html",
        explains: &[],
        judge: far,
    },
    Check {
        id: "FSX-AZ-02",
        title: "A class names a subnet that is not there",
        severity: Severity::Error,
        symptom: "`CreateFileSystem failed` and InvalidNetworkSettings.",
        why: "The subnet of the class is gone, mistyped, of another Region or of another VPC.",
        decided_by: "StorageClass subnetId; ec2:DescribeSubnets.",
        remedy: "Make another class with a subnet of the cluster's VPC.",
        source: "https://docs.aws.amazon.com/fsx/latest/LustreGuide/cannot-create-fs.html",
        explains: &["FSX-BIND-50"],
        judge: no_subnet,
    },
    Check {
        id: "FSX-AZ-03",
        title: "Subnet and security group of a class are in different VPCs",
        severity: Severity::Error,
        symptom: "`CreateFileSystem failed` and InvalidNetworkSettings.",
        why: "A network interface wears only groups of its own VPC, and these ids name none of the VPC of the subnet.",
        decided_by: "StorageClass subnetId and securityGroupIds; ec2:DescribeSecurityGroups.",
        remedy: "Make another class with groups of the subnet's VPC.",
        source: "https://docs.aws.amazon.com/fsx/latest/LustreGuide/cannot-create-fs.html",
        explains: &["FSX-BIND-50"],
        judge: other_vpc,
    },
    Check {
        id: "FSX-AZ-04",
        title: "A subnet is out of free addresses",
        severity: Severity::Error,
        symptom: "File systems are not made any more; often after many were left behind.",
        why: "A file system takes one address for every server, two at least.",
        decided_by: "AvailableIpAddressCount of the subnet of the class.",
        remedy: "Delete file systems that nobody needs (`fsxctl status` lists them), or take a larger subnet.",
        source: "https://docs.aws.amazon.com/fsx/latest/LustreGuide/using-fsx-lustre.html",
        explains: &["FSX-BIND-50"],
        judge: full,
    },
    Check {
        id: "FSX-AZ-06",
        title: "A class names several subnets",
        severity: Severity::Error,
        symptom: "`CreateFileSystem failed`; FSx does not know such a subnet.",
        why: "The driver sends the whole text as one id, and FSx for Lustre takes one subnet.",
        decided_by: "A comma in StorageClass parameter subnetId.",
        remedy: "Make one class for each subnet.",
        source: "https://github.com/kubernetes-sigs/aws-fsx-csi-driver/blob/master/docs/README.md",
        explains: &["FSX-BIND-50"],
        judge: several,
    },
    Check {
        id: "FSX-AZ-07",
        title: "WaitForFirstConsumer does not choose the zone",
        severity: Severity::Info,
        symptom: "A file system is made in another zone than its pod.",
        why: "The driver knows no topology: the class names one subnet, whichever node the pod is on.",
        decided_by: "volumeBindingMode of the class; nodes in several zones.",
        remedy: "Use one class for each zone, and choose nodes by zone.",
        source: "https://github.com/kubernetes-sigs/aws-fsx-csi-driver/blob/master/docs/README.md",
        explains: &[],
        judge: no_topology,
    },
];

/// The zone id of a node: its own label, else that of its zone's name in this account.
fn zone_of<'a>(exam: &Exam<'a>, node: &'a Node) -> Option<&'a str> {
    let subnets = exam.facts().network.subnets.found().into_iter().flatten();
    let by_name = || {
        let mut named = subnets.into_iter().filter(|subnet| Some(&subnet.zone) == node.zone.as_ref());
        named.find(|subnet| !subnet.zone_id.is_empty()).map(|subnet| subnet.zone_id.as_str())
    };
    node.zone_id.as_deref().or_else(by_name)
}

/// How many nodes that could mount are in each zone.
fn zones<'a>(exam: &Exam<'a>) -> BTreeMap<&'a str, usize> {
    let mut zones = BTreeMap::new();
    for zone in mounting(exam).into_iter().filter_map(|node| zone_of(exam, node)) {
        *zones.entry(zone).or_default() += 1;
    }
    zones
}

fn shown(zones: &BTreeMap<&str, usize>) -> String {
    zones.iter().map(|(zone, count)| format!("{zone}: {count}")).collect::<Vec<_>>().join(", ")
}

fn far(exam: &Exam<'_>) -> Outcome {
    let facts = exam.facts();
    let zones = zones(exam);
    let subnets = facts.network.subnets.found().into_iter().flatten();
    let by_id: BTreeMap<&str, &str> =
        subnets.map(|subnet| (subnet.id.as_str(), subnet.zone_id.as_str())).collect();
    let total: usize = zones.values().sum();
    let complaint = |system: &&crate::facts::FileSystem| {
        let own = system.subnets.iter().find_map(|id| by_id.get(id.as_str())).filter(|id| !id.is_empty())?;
        let near = zones.get(own).copied().unwrap_or_default();
        if total == 0 || near == total {
            return None;
        }
        let text = if near == 0 {
            format!("file system {} is in zone {own}, and no node is", system.id)
        } else {
            format!(
                "file system {} is in zone {own}, and {} of {total} nodes are not",
                system.id,
                total - near
            )
        };
        let complaint = Complaint::new(Resource::new("FileSystem", &system.id), text)
            .because("it works; traffic between zones is slower and paid for")
            .shown_by("ec2:DescribeSubnets", "AvailabilityZoneId", *own)
            .shown_by("Node", "metadata.labels[topology.k8s.aws/zone-id]", shown(&zones))
            .fixed_by(Fix::manual("make the file system where its pods run, or place pods in its zone"));
        Some(if near == 0 { complaint } else { complaint.severity(Severity::Info) })
    };
    let outcome = Outcome::all(exam.in_use().iter().filter_map(complaint));
    if exam.in_use().is_empty() {
        return outcome.unless_seen(&facts.file_systems);
    }
    outcome.unless_seen(&facts.nodes).unless_seen(&facts.network.subnets)
}

fn subnet_id(class: &StorageClass) -> Option<&str> {
    parameter(class, "subnetId").filter(|id| !id.is_empty())
}

fn several(exam: &Exam<'_>) -> Outcome {
    let complaint = |class: &StorageClass| {
        let ids = subnet_id(class).filter(|ids| ids.contains(','))?;
        let hit = stopped(exam, &class.name);
        Some(
            Complaint::new(
                class_object(class),
                format!("StorageClass {} names several subnets in one{}", class.name, latent(&hit)),
            )
            .because("a file system for Lustre is in one subnet, and the driver sends the text as it is")
            .shown_by("StorageClass", "parameters.subnetId", ids)
            .affecting(hit)
            .fixed_by(another(exam)),
        )
    };
    Outcome::all(exam.classes().filter_map(complaint)).unless_seen(&exam.survey().classes)
}

fn another(exam: &Exam<'_>) -> Fix {
    Fix::consent(
        "make another class, whose place fsxctl finds; parameters of a class cannot be changed",
        format!("fsxctl setup dynamic --cluster {} --class fsx-sc-2 --claim fsx-claim-2", exam.cluster()),
    )
}

fn no_subnet(exam: &Exam<'_>) -> Outcome {
    let vpc = &exam.facts().cluster.vpc;
    let complaint = |site: &Site<'_>| {
        let id = subnet_id(site.class).filter(|id| !id.contains(','))?;
        if site.subnet.is_some() {
            return None;
        }
        let hit = stopped(exam, &site.class.name);
        // With a group of this VPC it fails wherever the subnet is; else it may be one of another VPC.
        let certain = !site.groups.is_empty();
        let complaint = Complaint::new(
            class_object(site.class),
            format!(
                "StorageClass {} names subnet {id}, which is not in {vpc}{}",
                site.class.name,
                latent(&hit)
            ),
        )
        .because("the subnet is gone, mistyped, of another Region or of another VPC")
        .shown_by("StorageClass", "parameters.subnetId", id)
        .shown_by("ec2:DescribeSubnets", "SubnetId", format!("not in {vpc}"))
        .affecting(hit)
        .fixed_by(another(exam));
        Some(if certain { complaint } else { complaint.severity(Severity::Warning) })
    };
    judged(exam, complaint)
}

fn other_vpc(exam: &Exam<'_>) -> Outcome {
    let complaint = |site: &Site<'_>| {
        let subnet = site.subnet?;
        let known = |id: &&String| site.groups.iter().any(|group| group.id == **id);
        let strange: Vec<&str> = site.ids.iter().filter(|id| !known(id)).map(String::as_str).collect();
        if strange.is_empty() {
            return None;
        }
        let hit = stopped(exam, &site.class.name);
        Some(
            Complaint::new(
                class_object(site.class),
                format!(
                    "StorageClass {} names security group {}, which is not in the VPC of its subnet ({}){}",
                    site.class.name,
                    few_of(&strange),
                    subnet.vpc,
                    latent(&hit)
                ),
            )
            .because("the group is gone, mistyped, or of another VPC; a network interface wears only groups of its own VPC")
            .shown_by("StorageClass", "parameters.securityGroupIds", site.ids.join(","))
            .shown_by("ec2:DescribeSecurityGroups", "GroupId", format!("{} not in {}", few_of(&strange), subnet.vpc))
            .affecting(hit)
            .fixed_by(another(exam)),
        )
    };
    judged(exam, complaint)
}

fn full(exam: &Exam<'_>) -> Outcome {
    let complaint = |site: &Site<'_>| {
        let subnet = site.subnet?;
        let waiting = waiting_of(exam, &site.class.name);
        let sizes = waiting.iter().filter_map(|claim| quantity::parse_gib(&claim.requested).ok());
        let wishes = sizes.filter_map(|size| wish_from(&site.class.parameters, size).ok());
        // One server for metadata and one for objects is the least.
        let needed = wishes.filter_map(|wish| sizing::addresses_needed(&wish)).max().unwrap_or(2).max(2);
        if u64::from(subnet.free_addresses) >= needed {
            return None;
        }
        let hit = stopped(exam, &site.class.name);
        Some(
            Complaint::new(
                Resource::new("Subnet", &subnet.id),
                format!(
                    "subnet {} of StorageClass {} has {} free addresses, and a file system needs {needed}{}",
                    subnet.id,
                    site.class.name,
                    subnet.free_addresses,
                    latent(&hit)
                ),
            )
            .because("every server of a file system takes an address of its subnet")
            .shown_by("ec2:DescribeSubnets", "AvailableIpAddressCount", subnet.free_addresses.to_string())
            .affecting([class_object(site.class)])
            .affecting(hit)
            .fixed_by(
                Fix::manual("delete file systems that nobody needs, or take another subnet")
                    .then(format!("fsxctl status --cluster {}", exam.cluster())),
            ),
        )
    };
    judged(exam, complaint)
}

fn no_topology(exam: &Exam<'_>) -> Outcome {
    let zones = zones(exam);
    let complaint = |class: &StorageClass| {
        if class.binding_mode != "WaitForFirstConsumer" || zones.len() < 2 {
            return None;
        }
        Some(
            Complaint::new(
                class_object(class),
                format!(
                    "StorageClass {} waits for its first pod, and that does not choose the zone",
                    class.name
                ),
            )
            .because(
                "the driver knows no topology: the file system is made in the subnet that the class names",
            )
            .shown_by("StorageClass", "volumeBindingMode", &class.binding_mode)
            .shown_by("Node", "metadata.labels[topology.k8s.aws/zone-id]", shown(&zones)),
        )
    };
    Outcome::all(exam.classes().filter_map(complaint))
        .unless_seen(&exam.survey().classes)
        .unless_seen(&exam.facts().nodes)
}

fn judged(exam: &Exam<'_>, complaint: impl Fn(&Site<'_>) -> Option<Complaint>) -> Outcome {
    let network = &exam.facts().network;
    let outcome = Outcome::passed().unless_seen(&exam.survey().classes);
    if exam.classes().next().is_none() {
        return outcome;
    }
    let outcome = outcome.unless_seen(&network.subnets).unless_seen(&network.groups);
    if network.subnets.found().is_none() || network.groups.found().is_none() {
        return outcome;
    }
    outcome.and(Outcome::all(sites(exam).iter().filter_map(complaint)))
}
