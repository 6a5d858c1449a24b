//! What FSx checks of the network before it makes a file system of a class.

use std::collections::BTreeSet;

use super::super::check::{Complaint, Outcome};
use super::super::exam::Exam;
use super::super::finding::{Fix, Resource, Severity};
use super::ways::few_of;
use crate::domain::network::{
    LUSTRE_PORTS, PrefixLists, Reach, Rule, SecurityGroup, all_traffic_open, coverage, egress_open,
};
use crate::facts::{ClaimUse, StorageClass, Subnet};
use crate::steps::network::passage::{OLD_GAP, ports};

/// Where a class puts file systems.
pub(in crate::doctor) struct Site<'a> {
    /// The class.
    pub(in crate::doctor) class: &'a StorageClass,
    /// Its subnet, when it is one of the cluster's VPC.
    pub(in crate::doctor) subnet: Option<&'a Subnet>,
    /// Its security groups as named.
    pub(in crate::doctor) ids: Vec<String>,
    /// Those of the cluster's VPC.
    pub(in crate::doctor) groups: Vec<&'a SecurityGroup>,
}

impl Site<'_> {
    /// Whether all its groups are known.
    fn is_known(&self) -> bool {
        !self.groups.is_empty() && self.groups.len() == self.ids.len()
    }

    fn rules(&self, of: fn(&SecurityGroup) -> &Vec<Rule>) -> Vec<Rule> {
        self.groups.iter().flat_map(|group| of(group)).cloned().collect()
    }
}

/// The class as an object.
pub(in crate::doctor) fn class_object(class: &StorageClass) -> Resource {
    Resource::new("StorageClass", &class.name)
}

/// A parameter of a class, by its key in whatever capitals, as the driver reads it.
pub(in crate::doctor) fn parameter<'a>(class: &'a StorageClass, key: &str) -> Option<&'a str> {
    class.parameters.iter().find(|(name, _)| name.eq_ignore_ascii_case(key)).map(|(_, value)| value.as_str())
}

/// All classes of the driver with what their ids name.
pub(in crate::doctor) fn sites<'a>(exam: &Exam<'a>) -> Vec<Site<'a>> {
    let network = &exam.facts().network;
    let site = |class: &'a StorageClass| {
        let subnet = parameter(class, "subnetId");
        let subnets = network.subnets.found().into_iter().flatten();
        let named = parameter(class, "securityGroupIds").unwrap_or_default().split(',');
        let ids: Vec<String> = named.map(str::trim).filter(|id| !id.is_empty()).map(str::to_owned).collect();
        let groups = network.groups.found().into_iter().flatten();
        Site {
            class,
            subnet: subnets.into_iter().find(|it| Some(it.id.as_str()) == subnet),
            groups: groups.filter(|group| ids.contains(&group.id)).collect(),
            ids,
        }
    };
    exam.classes().map(site).collect()
}

/// Claims of a class that wait for their file system, and that have none yet.
pub(in crate::doctor) fn waiting_of<'a>(exam: &Exam<'a>, class: &str) -> Vec<&'a ClaimUse> {
    let of_it = |claim: &&ClaimUse| claim.class.as_deref() == Some(class) && exam.made_for(claim).is_empty();
    exam.waiting().filter(of_it).collect()
}

/// The same as objects.
pub(in crate::doctor) fn stopped(exam: &Exam<'_>, class: &str) -> Vec<Resource> {
    waiting_of(exam, class).iter().map(|claim| Resource::claim(&claim.namespace, &claim.name)).collect()
}

/// `; no claim has reached it yet`, when that is so.
pub(in crate::doctor) fn latent(stopped: &[Resource]) -> &'static str {
    if stopped.is_empty() { "; no claim has reached it yet" } else { "" }
}

/// N-01.
pub(super) fn closed_to_itself(exam: &Exam<'_>) -> Outcome {
    let lists = &exam.facts().network.prefix_lists;
    let complaint = |site: &Site<'_>| {
        let (ways, no_988) = closed(site, lists)?;
        let first = site.groups.first()?;
        let hit = stopped(exam, &site.class.name);
        let text = format!(
            "the security groups of StorageClass {} do not let Lustre through between their own members: {}{}",
            site.class.name,
            ways.join("; "),
            latent(&hit)
        );
        let complaint = Complaint::new(Resource::new("SecurityGroup", &first.id), text)
            .because("FSx refuses to make a file system unless its group admits itself, or the whole subnet")
            .shown_by("StorageClass", "parameters.securityGroupIds", site.ids.join(","))
            .shown_by("ec2:DescribeSecurityGroups", "IpPermissions, IpPermissionsEgress", ways.join("; "))
            .affecting([class_object(site.class)])
            .affecting(hit)
            .fixed_by(Fix::consent(
                "let the group's members reach each other",
                format!(
                    "aws ec2 authorize-security-group-ingress --group-id {0} --ip-permissions \
                     'IpProtocol=tcp,FromPort=988,ToPort=988,UserIdGroupPairs=[{{GroupId={0}}}]' \
                     'IpProtocol=tcp,FromPort=1018,ToPort=1023,UserIdGroupPairs=[{{GroupId={0}}}]'",
                    first.id
                ),
            ));
        // FSx's refusal speaks of 988 alone; without the rest a file system is made that stalls.
        Some(if no_988 { complaint } else { complaint.severity(Severity::Warning) })
    };
    seen(exam, Outcome::all(sites(exam).iter().filter_map(complaint)))
}

/// What keeps members of a class's groups apart, and whether 988 is among it.
fn closed(site: &Site<'_>, lists: &PrefixLists) -> Option<(Vec<String>, bool)> {
    let subnet = site.subnet.filter(|_| site.is_known())?;
    let cidrs = [subnet.cidr.clone()];
    let reach = Reach { groups: &site.ids, cidrs: &cidrs };
    let mut ways = Vec::new();
    let mut no_988 = false;
    for (word, rules) in
        [("in", site.rules(|group| &group.ingress)), ("out", site.rules(|group| &group.egress))]
    {
        let gap = coverage(&rules, &LUSTRE_PORTS, reach, lists).uncovered;
        if gap.is_empty() || gap == OLD_GAP || egress_open(&rules) {
            continue;
        }
        no_988 |= gap.iter().any(|(from, _)| *from == 988);
        ways.push(format!("tcp {} {word}", ports(&gap)));
    }
    (!ways.is_empty()).then_some((ways, no_988))
}

/// N-02.
pub(super) fn refused_early(exam: &Exam<'_>) -> Outcome {
    let lists = &exam.facts().network.prefix_lists;
    let complaint = |site: &Site<'_>| {
        if !site.is_known() || site.subnet.is_none() || closed(site, lists).is_some() {
            return Vec::new();
        }
        let waiting = waiting_of(exam, &site.class.name);
        let told = waiting.iter().filter_map(|claim| {
            let events = exam.claim_events(claim);
            let last = events.iter().max_by_key(|event| event.last)?;
            let is_refusal = last.message.contains("LNET") && last.message.contains("988");
            if !is_refusal || exam.age(last.last).is_none_or(|age| age > 10 * 60) {
                return None;
            }
            Some(
                Complaint::new(
                    Resource::claim(&claim.namespace, &claim.name),
                    format!(
                        "FSx refused claim {}/{} for closed ports, and the rules are there by now",
                        claim.namespace, claim.name
                    ),
                )
                .because("FSx sees new rules a moment late; the driver asks again by itself")
                .shown_by(format!("Event {}", last.reason), "message", &last.message)
                .shown_by("ec2:DescribeSecurityGroups", "IpPermissions", "tcp 988, 1018-1023 open to itself")
                .fixed_by(
                    Fix::manual("wait for the next attempt")
                        .then(format!("kubectl describe pvc {} -n {}", claim.name, claim.namespace)),
                ),
            )
        });
        told.collect()
    };
    seen(exam, Outcome::all(sites(exam).iter().flat_map(complaint))).unless_seen(&exam.seen.events)
}

/// N-17.
pub(super) fn efa(exam: &Exam<'_>) -> Outcome {
    let wants = |site: &&Site<'_>| {
        site.is_known()
            && parameter(site.class, "efaEnabled").is_some_and(|it| it.eq_ignore_ascii_case("true"))
    };
    let complaint = |site: &Site<'_>| {
        let first = site.groups.first()?;
        let lacks =
            lacks_all(&site.rules(|group| &group.ingress), &site.rules(|group| &group.egress), &site.ids);
        if lacks.is_empty() {
            return None;
        }
        let hit = stopped(exam, &site.class.name);
        let text = format!(
            "StorageClass {} asks for EFA, and its security groups do not let all traffic {} between their members{}",
            site.class.name,
            lacks.join(" and "),
            latent(&hit)
        );
        Some(all_traffic(exam, &first.id, text, &lacks).affecting([class_object(site.class)]).affecting(hit))
    };
    let all = sites(exam);
    let classes = all.iter().filter(wants).filter_map(complaint);
    seen(exam, Outcome::all(classes.chain(efa_in_use(exam))))
}

/// File systems with EFA whose groups do not let it through: they are reached over TCP.
fn efa_in_use(exam: &Exam<'_>) -> Vec<Complaint> {
    let network = &exam.facts().network;
    let complaint = |system: &crate::facts::FileSystem| {
        let interfaces = network.interfaces.found().into_iter().flatten();
        let own: BTreeSet<&String> =
            interfaces.filter(|it| system.interfaces.contains(&it.id)).flat_map(|it| &it.groups).collect();
        let ids: Vec<String> = own.into_iter().cloned().collect();
        let groups = network.groups.found().into_iter().flatten();
        let groups: Vec<&SecurityGroup> = groups.filter(|group| ids.contains(&group.id)).collect();
        let first = groups.first().filter(|_| groups.len() == ids.len())?;
        let ingress: Vec<Rule> = groups.iter().flat_map(|group| &group.ingress).cloned().collect();
        let egress: Vec<Rule> = groups.iter().flat_map(|group| &group.egress).cloned().collect();
        let lacks = lacks_all(&ingress, &egress, &ids);
        if lacks.is_empty() {
            return None;
        }
        let text = format!(
            "file system {} has EFA, and {} does not let all traffic {} between its members: clients fall back to TCP",
            system.id,
            few_of(&ids.iter().map(String::as_str).collect::<Vec<_>>()),
            lacks.join(" and ")
        );
        Some(
            all_traffic(exam, &first.id, text, &lacks)
                .severity(Severity::Warning)
                .affecting([Resource::new("FileSystem", &system.id)]),
        )
    };
    exam.in_use().iter().filter(|system| system.more.efa).filter_map(|system| complaint(system)).collect()
}

/// Directions in which not all traffic is open to the groups' own members.
fn lacks_all(ingress: &[Rule], egress: &[Rule], ids: &[String]) -> Vec<&'static str> {
    let open = [("in", all_traffic_open(ingress, ids)), ("out", all_traffic_open(egress, ids))];
    open.into_iter().filter(|(_, open)| !open).map(|(word, _)| word).collect()
}

fn all_traffic(exam: &Exam<'_>, id: &str, text: String, lacks: &[&str]) -> Complaint {
    Complaint::new(Resource::new("SecurityGroup", id), text)
        .because("EFA needs rules for all traffic that name a security group; blocks of addresses, 0.0.0.0/0 included, do not count")
        .shown_by("ec2:DescribeSecurityGroups", "IpProtocol -1 with UserIdGroupPairs", format!("none {}", lacks.join(" and ")))
        .fixed_by(Fix::consent(
            "let all traffic through between nodes and file system",
            format!("fsxctl setup network --cluster {} --efa", exam.cluster()),
        ))
}

fn seen(exam: &Exam<'_>, outcome: Outcome) -> Outcome {
    let network = &exam.facts().network;
    let outcome = outcome.unless_seen(&exam.survey().classes);
    if exam.classes().next().is_none() {
        return outcome;
    }
    outcome.unless_seen(&network.groups).unless_seen(&network.subnets)
}
