//! Whether the controller finds its way to the APIs of FSx and STS.

use std::collections::BTreeSet;

use super::super::check::{Complaint, Outcome};
use super::super::exam::Exam;
use super::super::finding::{Fix, Resource, Severity};
use super::ways::few_of;
use crate::facts::{RouteTable, Seen, Subnet};

/// N-15.
pub(super) fn shut(exam: &Exam<'_>) -> Outcome {
    if !exam.is_dynamic() {
        return Outcome::not_applicable("no class makes file systems, and mounting calls no API");
    }
    let network = &exam.facts().network;
    let outcome = Outcome::passed().unless_seen(&network.routes).unless_seen(&exam.seen.endpoints);
    let (Seen::Found(tables), Seen::Found(endpoints)) = (&network.routes, &exam.seen.endpoints) else {
        return outcome;
    };
    let proxied =
        exam.controllers().iter().any(|it| it.env.keys().any(|key| key.eq_ignore_ascii_case("https_proxy")));
    let homes = homes(exam);
    let shut: Vec<&str> = homes.iter().filter(|it| is_shut(tables, it)).map(|it| it.id.as_str()).collect();
    if proxied || shut.is_empty() || shut.len() < homes.len() {
        return outcome;
    }
    let has = |service: &str| {
        let ends = format!(".{service}");
        endpoints.iter().any(|it| it.service.ends_with(&ends) && it.state.eq_ignore_ascii_case("available"))
    };
    let by_token = exam.controller_pods().iter().any(|pod| pod.role_arn.is_some());
    let wanted = [("fsx", true), ("sts", by_token)];
    let missing: Vec<&str> =
        wanted.into_iter().filter(|(name, wanted)| *wanted && !has(name)).map(|(name, _)| name).collect();
    if missing.is_empty() {
        return outcome;
    }
    let waiting = exam.waiting().filter(|claim| exam.made_for(claim).is_empty());
    let late = waiting.filter(|claim| exam.claim_events(claim).iter().any(|it| is_late(&it.message)));
    let hit: Vec<Resource> = late.map(|claim| Resource::claim(&claim.namespace, &claim.name)).collect();
    let region = &exam.facts().region;
    let vpc = &exam.facts().cluster.vpc;
    let names = missing.join(" and ");
    let text = if hit.is_empty() { "may not reach" } else { "cannot reach" };
    let complaint = Complaint::new(
        Resource::new("Vpc", vpc),
        format!("the controller {text} AWS: {} has no route to the internet, and {vpc} no endpoint for {names}", few_of(&shut)),
    )
    .because("calls of the driver's controller end nowhere, so no file system is made")
    .shown_by("ec2:DescribeRouteTables", "Routes[0.0.0.0/0]", "none")
    .shown_by("ec2:DescribeVpcEndpoints", "ServiceName", format!("none for {names}"))
    .affecting(hit.clone())
    .fixed_by(Fix::manual("make the endpoints, with private DNS, or a NAT gateway").then(format!(
        "aws ec2 create-vpc-endpoint --vpc-id {vpc} --vpc-endpoint-type Interface --service-name com.amazonaws.{region}.{} \
         --subnet-ids {}",
        missing.first().copied().unwrap_or_default(),
        shut.join(" ")
    )));
    let complaint = if hit.is_empty() { complaint.severity(Severity::Warning) } else { complaint };
    outcome.and(Outcome::failed(complaint))
}

/// An answer that did not come.
fn is_late(message: &str) -> bool {
    ["i/o timeout", "DeadlineExceeded", "deadline exceeded"].iter().any(|token| message.contains(token))
}

/// Subnets that the controller's pods are in, or may be in.
fn homes<'a>(exam: &Exam<'a>) -> Vec<&'a Subnet> {
    let facts = exam.facts();
    let mut ids: BTreeSet<&str> = BTreeSet::new();
    for node in exam.controller_pods().iter().filter_map(|pod| exam.node(pod.node.as_deref()?)) {
        let instances = facts.network.instances.found().into_iter().flatten();
        let own = instances.filter(|it| Some(&it.id) == node.instance_id.as_ref());
        ids.extend(own.filter_map(|it| it.subnet.as_deref()));
        if node.hyperpod {
            let groups = facts.hyperpod.found().into_iter().flatten().flat_map(|pod| &pod.groups);
            let groups = groups.filter(|group| node.group.as_ref().is_none_or(|name| *name == group.name));
            ids.extend(groups.flat_map(|group| group.subnets.iter().map(String::as_str)));
        }
    }
    let subnets = facts.network.subnets.found().into_iter().flatten();
    subnets.filter(|subnet| ids.contains(subnet.id.as_str())).collect()
}

/// Whether a subnet's table is known and has no way out.
fn is_shut(tables: &[RouteTable], subnet: &Subnet) -> bool {
    let own = tables.iter().find(|table| table.subnets.contains(&subnet.id));
    let main = || tables.iter().find(|table| table.main && table.vpc == subnet.vpc);
    own.or_else(main).is_some_and(|table| {
        table.default_target.is_none()
            && !table.routes.iter().any(|route| route.active && route.cidr == "0.0.0.0/0")
    })
}
