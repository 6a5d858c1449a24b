//! Whether a node reaches a file system: routes, network ACLs and security groups, for every interface.

use std::net::Ipv4Addr;

use serde_json::Value;

use super::super::text;
use crate::aws::ec2::net::Cidr;
use crate::aws::ec2::rules::{self, Door, End};
use crate::aws::identity;
use crate::aws::row;
use crate::kube::store::meta::name_of;
use crate::state::State;

/// LNet listens on the first; the others are where connections come from, and FSx wants them open as well
/// (FSx for Lustre User Guide, limiting access with security groups).
const ACCEPTOR: i64 = 988;
const SOURCES: std::ops::RangeInclusive<i64> = 1018..=1023;

/// What stands in the way, from the mount's view.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Barrier {
    /// Nobody answers: ETIMEDOUT after a long wait.
    NoAnswer,
    /// Connections are begun and do not come about: EIO, `Is the MGS running?`.
    Broken,
    /// The servers do not reach each other: the mount stalls.
    Stalled,
}

/// One end of a connection: an interface, or what is known of one.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Place {
    /// Its address.
    pub address: Option<Ipv4Addr>,
    /// Its VPC, empty when not known.
    pub vpc: String,
    /// Its subnet, empty when not known.
    pub subnet: String,
    /// Its security groups; none are known when this is empty.
    pub groups: Vec<String>,
}

impl Place {
    fn of_interface(interface: &Value) -> Self {
        let groups =
            row::list(interface, "Groups").iter().map(|group| row::text(group, "GroupId").to_owned());
        Self {
            address: row::text(interface, "PrivateIpAddress").parse().ok(),
            vpc: row::text(interface, "VpcId").to_owned(),
            subnet: row::text(interface, "SubnetId").to_owned(),
            groups: groups.collect(),
        }
    }

    fn block(&self) -> Option<Cidr> {
        self.address.and_then(|address| format!("{address}/32").parse().ok())
    }
}

/// Where a node stands: its own interface, else what HyperPod or EC2 say of the instance.
pub fn of_node(state: &State, node: &Value) -> Place {
    let addresses = node["status"]["addresses"].as_array().into_iter().flatten();
    let internal = addresses.into_iter().find(|a| a["type"] == "InternalIP");
    let address = internal.map(|a| text(&a["address"])).unwrap_or_default();
    let cluster_vpc = state.rows("eks.clusters").first().map(|c| text(&c["resourcesVpcConfig"]["vpcId"]));
    let mut own = state.rows("ec2.NetworkInterfaces").iter().filter(|row| {
        !address.is_empty()
            && row::text(row, "PrivateIpAddress") == address
            && !row::list(row, "TagSet").iter().any(|tag| row::text(tag, "Key") == "AmazonFSx.FileSystemId")
    });
    // Addresses of VPCs may overlap: the cluster's own VPC first.
    let found = own.clone().find(|row| Some(row::text(row, "VpcId")) == cluster_vpc).or_else(|| own.next());
    if let Some(interface) = found {
        return Place::of_interface(interface);
    }
    let instance = identity::instance_id(node, name_of(node)).unwrap_or_default();
    let mut place = hyperpod(state, instance).or_else(|| managed(state, instance)).unwrap_or_default();
    place.address = place.address.or_else(|| address.parse().ok());
    if place.subnet.is_empty()
        && let Some(address) = place.address
    {
        let holds =
            |row: &&Value| row::text(row, "CidrBlock").parse::<Cidr>().is_ok_and(|b| b.contains(address));
        let subnet = state.rows("ec2.Subnets").iter().find(holds);
        place.subnet = subnet.map(|row| row::text(row, "SubnetId").to_owned()).unwrap_or_default();
    }
    if place.vpc.is_empty() {
        let vpc = state.find("ec2.Subnets", "SubnetId", &place.subnet).map(|row| row::text(row, "VpcId"));
        place.vpc = vpc.or(cluster_vpc).unwrap_or_default().to_owned();
    }
    place
}

/// A HyperPod instance is not one of the account; its groups are those of its instance group.
fn hyperpod(state: &State, instance: &str) -> Option<Place> {
    let node = state.find("sagemaker.ClusterNodes", "InstanceId", instance)?;
    let (cluster, group) = (row::text(node, "ClusterName"), row::text(node, "InstanceGroupName"));
    let of = |c: &&Value| row::text(c, "ClusterName") == cluster || row::text(c, "ClusterArn") == cluster;
    let cluster = state.rows("sagemaker.Clusters").iter().find(of)?;
    let mut named =
        row::list(cluster, "InstanceGroups").iter().filter(|g| row::text(g, "InstanceGroupName") == group);
    let over = named.next().map(|g| &g["OverrideVpcConfig"]).filter(|config| config.is_object());
    let config = over.unwrap_or(&cluster["VpcConfig"]);
    let groups = row::strings(config, "SecurityGroupIds").into_iter().map(str::to_owned).collect();
    Some(Place { address: row::text(node, "PrivatePrimaryIp").parse().ok(), groups, ..Place::default() })
}

fn managed(state: &State, instance: &str) -> Option<Place> {
    let row = state.find("ec2.Instances", "InstanceId", instance)?;
    let groups = row::list(row, "SecurityGroups").iter().map(|group| row::text(group, "GroupId").to_owned());
    Some(Place {
        address: row::text(row, "PrivateIpAddress").parse().ok(),
        vpc: row::text(row, "VpcId").to_owned(),
        subnet: row::text(row, "SubnetId").to_owned(),
        groups: groups.collect(),
    })
}

/// The interfaces of a file system; one that EC2 no longer has is a place without an address.
pub fn of_file_system(state: &State, file_system: &Value) -> Vec<Place> {
    let ids = row::strings(file_system, "NetworkInterfaceIds").into_iter();
    ids.map(|id| {
        let interface = state.find("ec2.NetworkInterfaces", "NetworkInterfaceId", id);
        interface.map(Place::of_interface).unwrap_or_default()
    })
    .collect()
}

/// What stands between a node and a file system; `first` is the interface that the mount begins with.
pub fn barrier(state: &State, node: &Place, servers: &[Place], first: usize) -> Option<Barrier> {
    let mut broken = false;
    for (at, server) in servers.iter().enumerate() {
        match between(state, node, server) {
            // The mount begins with one server and learns of the others from it.
            Some(Barrier::NoAnswer) if at == first => return Some(Barrier::NoAnswer),
            Some(_) => broken = true,
            None => {}
        }
    }
    if broken {
        return Some(Barrier::Broken);
    }
    (servers.len() > 1 && servers.iter().any(|server| !among(state, server))).then_some(Barrier::Stalled)
}

fn between(state: &State, node: &Place, server: &Place) -> Option<Barrier> {
    if server.address.is_none() || !routed(state, node, server) || !routed(state, server, node) {
        return Some(Barrier::NoAnswer);
    }
    let listens = |port: i64| lets(state, (server, false), port, node) && passes(state, (node, server), port);
    if !listens(ACCEPTOR) {
        return Some(Barrier::NoAnswer);
    }
    let ports = || std::iter::once(ACCEPTOR).chain(SOURCES);
    let out = |from: &Place, to: &Place| {
        from.groups.is_empty() || ports().all(|port| lets(state, (from, true), port, to))
    };
    // Answers go to the ports that the client comes from, and a network ACL knows no connections.
    let back = SOURCES.into_iter().all(|port| passes(state, (server, node), port));
    let open = SOURCES.into_iter().all(listens) && out(node, server) && out(server, node) && back;
    (!open).then_some(Barrier::Broken)
}

/// Whether the servers of a file system reach each other: its groups let themselves in and out.
fn among(state: &State, server: &Place) -> bool {
    let ports = || std::iter::once(ACCEPTOR).chain(SOURCES);
    server.groups.is_empty()
        || [false, true].into_iter().all(|out| ports().all(|port| lets(state, (server, out), port, server)))
}

/// Whether the groups of an end (inbound, or outbound when the flag is set) let a port of another end through.
fn lets(state: &State, door: (&Place, bool), port: i64, other: &Place) -> bool {
    let (place, egress) = door;
    let groups: Vec<&str> = place.groups.iter().map(String::as_str).collect();
    // Groups of another VPC are known over a peering connection (Amazon VPC Peering Guide), and over a transit
    // gateway only where that is switched on, which the world does not say: there, addresses count alone.
    let known = place.vpc == other.vpc || peered(state, &place.vpc, &other.vpc);
    let theirs: Vec<&str> =
        if known { other.groups.iter().map(String::as_str).collect() } else { Vec::new() };
    let end = End { groups: &theirs, block: other.block() };
    rules::permits(state, Door { groups: &groups, egress, seen_by: None }, port, end)
}

fn peered(state: &State, here: &str, there: &str) -> bool {
    state.rows("ec2.VpcPeeringConnections").iter().any(|row| joins(row, here, there))
}

fn joins(peering: &Value, here: &str, there: &str) -> bool {
    let ends = [&peering["RequesterVpcInfo"], &peering["AccepterVpcInfo"]].map(|end| row::text(end, "VpcId"));
    (ends == [here, there] || ends == [there, here]) && row::text(&peering["Status"], "Code") == "active"
}

/// Whether packets find their way; within a VPC they always do.
fn routed(state: &State, from: &Place, to: &Place) -> bool {
    if from.vpc == to.vpc {
        return true;
    }
    let (Some(address), Some(table)) = (to.address, route_table(state, from)) else { return false };
    let matching = row::list(table, "Routes").iter().filter_map(|route| {
        let blocks = match row::text(route, "DestinationCidrBlock") {
            "" => rules::prefix_list(state, row::text(route, "DestinationPrefixListId")),
            block => block.parse().into_iter().collect(),
        };
        let narrowest = blocks.into_iter().filter(|block| block.contains(address)).map(Cidr::size).min();
        narrowest.map(|size| (size, route))
    });
    let Some((_, route)) = matching.min_by_key(|(size, _)| *size) else { return false };
    if row::text(route, "State") == "blackhole" {
        return false;
    }
    let peering = row::text(route, "VpcPeeringConnectionId");
    if peering.is_empty() {
        let gateway = row::text(route, "TransitGatewayId");
        return !gateway.is_empty() && [from, to].iter().all(|end| attached(state, gateway, &end.vpc));
    }
    let found = state.find("ec2.VpcPeeringConnections", "VpcPeeringConnectionId", peering);
    found.is_some_and(|row| joins(row, &from.vpc, &to.vpc))
}

/// Whether a transit gateway reaches a VPC. Its own route tables are not known here; a world that lists no
/// attachments leaves it to the routes of the subnets.
fn attached(state: &State, gateway: &str, vpc: &str) -> bool {
    let rows = state.rows("ec2.TransitGatewayVpcAttachments");
    let of = |row: &Value| {
        row::text(row, "TransitGatewayId") == gateway
            && row::text(row, "VpcId") == vpc
            && matches!(row::text(row, "State"), "available" | "")
    };
    rows.is_empty() || rows.iter().any(of)
}

fn route_table<'a>(state: &'a State, place: &Place) -> Option<&'a Value> {
    let tables = state.rows("ec2.RouteTables");
    let of_subnet = |table: &&Value| {
        row::list(table, "Associations").iter().any(|a| row::text(a, "SubnetId") == place.subnet)
    };
    let main = |table: &&Value| {
        row::text(table, "VpcId") == place.vpc
            && row::list(table, "Associations").iter().any(|a| a["Main"] == true)
    };
    let own = if place.subnet.is_empty() { None } else { tables.iter().find(of_subnet) };
    own.or_else(|| tables.iter().find(main))
}

/// Whether the network ACLs of both subnets let a port through on the way from one end to the other.
fn passes(state: &State, way: (&Place, &Place), port: i64) -> bool {
    let (from, to) = way;
    if from.subnet == to.subnet {
        return true;
    }
    let out = to.address.is_none_or(|address| acl_allows(state, (&from.subnet, true), port, address));
    out && from.address.is_none_or(|address| acl_allows(state, (&to.subnet, false), port, address))
}

fn acl_allows(state: &State, at: (&str, bool), port: i64, peer: Ipv4Addr) -> bool {
    let (subnet, egress) = at;
    let of_subnet =
        |acl: &&Value| row::list(acl, "Associations").iter().any(|a| row::text(a, "SubnetId") == subnet);
    let Some(acl) = state.rows("ec2.NetworkAcls").iter().find(of_subnet) else { return true };
    let mut entries: Vec<&Value> =
        row::list(acl, "Entries").iter().filter(|e| e["Egress"] == egress).collect();
    entries.sort_by_key(|entry| entry["RuleNumber"].as_i64().unwrap_or(i64::MAX));
    let speaks = |entry: &&&Value| {
        let protocol = row::text(entry, "Protocol");
        let range = &entry["PortRange"];
        let ports = range["From"].as_i64().is_none_or(|from| from <= port)
            && range["To"].as_i64().is_none_or(|to| port <= to);
        let block = row::text(entry, "CidrBlock").parse::<Cidr>();
        (protocol == "-1" || (matches!(protocol, "6" | "tcp") && ports))
            && block.is_ok_and(|b| b.contains(peer))
    };
    entries.iter().find(speaks).is_some_and(|entry| row::text(entry, "RuleAction") == "allow")
}
