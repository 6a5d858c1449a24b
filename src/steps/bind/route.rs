//! A file system in another VPC: is there a way to it?
//!
//! Peering and transit gateways show in the route tables; a peering that is gone leaves a blackhole. So the tables alone
//! tell, and no peering has to be read.
//! Source: [Accessing file systems](https://docs.aws.amazon.com/fsx/latest/LustreGuide/mounting-on-premises.html).

use super::{block, note, system};
use crate::domain::cidr::{Cidr4, covers};
use crate::error::Kind;
use crate::facts::{Facts, FileSystem, Interface, RouteTable, Seen, Subnet};
use crate::intent::{Bind, Check};
use crate::steps::{Block, Note, Sign, denied, network};

/// Whether the file system is in another VPC than the cluster, for certain.
pub(super) fn is_elsewhere(facts: &Facts, system: &FileSystem) -> bool {
    system.vpc.as_ref().is_some_and(|vpc| *vpc != facts.cluster.vpc)
}

/// The name to mount by. In another VPC the DNS name does not resolve, and the address of the first interface stands for
/// it (driver issue 357, and the page above).
pub(super) fn mount_host(facts: &Facts, system: &FileSystem) -> Result<String, Box<Block>> {
    if !is_elsewhere(facts, system) {
        return system.dns_name.clone().ok_or_else(|| {
            let message = format!("FSx tells no DNS name of file system {}", system.id);
            block(Kind::Conflict, message, "run it again when the file system is AVAILABLE")
        });
    }
    if let Seen::Hidden(veil) = &facts.network.interfaces {
        return Err(denied("the address of the file system in the other VPC", veil));
    }
    let first = system.interfaces.first();
    let known = facts.network.interfaces.found().into_iter().flatten();
    let address = known.filter(|it| Some(&it.id) == first).find_map(|it: &Interface| it.address.clone());
    address.ok_or_else(|| {
        let message = format!(
            "file system {} is in another VPC, and the address of its first interface cannot be told",
            system.id
        );
        block(Kind::Conflict, message, "share the file system's VPC with this account, or bind it by hand")
    })
}

/// Whether packets find the way there and back.
pub(super) fn check(
    bind: &Bind,
    facts: &Facts,
    system: &FileSystem,
    notes: &mut Vec<Note>,
) -> Result<(), Box<Block>> {
    let Some(vpc) = system.vpc.as_ref().filter(|_| is_elsewhere(facts, system)) else { return Ok(()) };
    let here = &facts.cluster.vpc;
    let routes = match &facts.network.routes {
        Seen::Found(routes) => routes.as_slice(),
        Seen::Missing => &[],
        Seen::Hidden(veil) => {
            let text = format!(
                "file system {} is in {vpc}, and whether there is a way to it cannot be seen ({})",
                system.id, veil.permission
            );
            notes.push(note(Sign::Unknown, text));
            return Ok(());
        }
    };
    let Some(there) = system::subnet(facts, system) else {
        let text = format!(
            "file system {} is in {vpc}, whose subnets cannot be seen from here; so neither can the way to it",
            system.id
        );
        notes.push(note(Sign::Unknown, text));
        return Ok(());
    };
    let subnets = facts.network.subnets.found().map_or(&[][..], Vec::as_slice);
    let used = client_subnets(facts);
    let of_nodes: Vec<&Subnet> = subnets.iter().filter(|subnet| used.contains(&subnet.id)).collect();
    let lost = of_nodes.iter().find(|subnet| way(routes, subnet, &there.cidr).is_none());
    let back_is_known = routes.iter().any(|table| table.vpc == *vpc);
    let no_return =
        of_nodes.iter().find(|subnet| back_is_known && way(routes, there, &subnet.cidr).is_none());
    let text = match (lost, no_return) {
        (Some(subnet), _) => {
            format!(
                "file system {} is in {vpc}, and subnet {} of {here} has no route to {}",
                system.id, subnet.id, there.cidr
            )
        }
        (None, Some(subnet)) => format!(
            "file system {} is in {vpc}, whose subnet {} has no route back to {} ({})",
            system.id, there.id, subnet.cidr, subnet.id
        ),
        (None, None) => {
            let target = of_nodes.first().and_then(|subnet| way(routes, subnet, &there.cidr));
            let by = target.map(|target| format!(" by {target}")).unwrap_or_default();
            let text = format!(
                "file system {} is in {vpc}, reached{by}; pods mount it by address, because its name does not resolve in {here}",
                system.id
            );
            notes.push(note(Sign::Keep, text));
            return Ok(());
        }
    };
    let next = format!("connect {here} and {vpc} by peering or a transit gateway, with routes both ways");
    refused(bind, routes, (text, next), notes)
}

/// No way is seen: a refusal, unless there may be one that is not seen, or it was let pass.
fn refused(
    bind: &Bind,
    routes: &[RouteTable],
    (text, next): (String, String),
    notes: &mut Vec<Note>,
) -> Result<(), Box<Block>> {
    let by_list = |table: &RouteTable| table.routes.iter().any(|it| it.active && it.cidr.starts_with("pl-"));
    if routes.iter().any(by_list) {
        let why = "a route to a prefix list may lead there, and its entries are not read";
        notes.push(note(Sign::Unknown, format!("{text}; {why}")));
        return Ok(());
    }
    if bind.skipped.contains(&Check::Route) {
        notes.push(note(Sign::Warn, format!("{text}; let pass by --skip-check")));
        return Ok(());
    }
    Err(block(Kind::Conflict, text, next))
}

/// Subnets that nodes are or can be in.
fn client_subnets(facts: &Facts) -> Vec<String> {
    let clients = network::clients(facts, &mut Vec::new()).unwrap_or_default();
    clients.into_iter().flat_map(|client| client.subnets).collect()
}

/// The target by which a subnet's table leads to a block of addresses.
pub(crate) fn way<'a>(tables: &'a [RouteTable], subnet: &Subnet, cidr: &str) -> Option<&'a str> {
    let own = tables.iter().find(|table| table.subnets.contains(&subnet.id));
    let main = || tables.iter().find(|table| table.main && table.vpc == subnet.vpc);
    let target = cidr.parse::<Cidr4>().ok()?;
    let routes = own.or_else(main)?.routes.iter().filter(|route| route.active);
    let leads = |cidr: &str| cidr.parse::<Cidr4>().is_ok_and(|block| covers(&[block], target));
    routes.into_iter().find(|route| leads(&route.cidr)).map(|route| route.target.as_str())
}
