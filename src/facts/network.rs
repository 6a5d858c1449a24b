//! The VPC as far as Lustre needs it.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use super::Seen;
use crate::domain::network::SecurityGroup;

/// Subnets, groups, routes and who uses them.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Network {
    /// Subnets of the cluster's VPC.
    pub subnets: Seen<Vec<Subnet>>,
    /// Security groups of the cluster's VPC.
    pub groups: Seen<Vec<SecurityGroup>>,
    /// Route tables of the cluster's VPC.
    pub routes: Seen<Vec<RouteTable>>,
    /// Interfaces of the file systems in this VPC; missing when there was no file system to ask for.
    pub interfaces: Seen<Vec<Interface>>,
    /// EC2 instances tagged `kubernetes.io/cluster/<name>`, and those of nodes without that tag.
    pub instances: Seen<Vec<Instance>>,
    /// CIDRs of the managed prefix lists that rules of the groups in question name, by id; lists that
    /// could not be read are absent.
    pub prefix_lists: BTreeMap<String, Vec<String>>,
}

/// A subnet.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Subnet {
    /// `subnet-…`.
    pub id: String,
    /// Its VPC.
    pub vpc: String,
    /// Zone name, `us-west-2a`.
    pub zone: String,
    /// Zone id, `usw2-az1`.
    pub zone_id: String,
    /// IPv4 CIDR.
    pub cidr: String,
    /// Addresses that are free.
    pub free_addresses: u32,
    /// `MapPublicIpOnLaunch`.
    pub public_addresses: bool,
    /// Tags.
    pub tags: BTreeMap<String, String>,
}

/// A route table.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct RouteTable {
    /// `rtb-…`.
    pub id: String,
    /// The VPC's main table.
    pub main: bool,
    /// Subnets that name it.
    pub subnets: Vec<String>,
    /// Whether a route `0.0.0.0/0` goes to an internet gateway (`igw-…`).
    pub to_internet_gateway: bool,
    /// Where an active route `0.0.0.0/0` goes: `nat-…`, `igw-…`, `tgw-…`, an interface.
    #[serde(default)]
    pub default_target: Option<String>,
    /// Its VPC.
    pub vpc: String,
    /// Routes to peerings, transit gateways and other appliances that can lead into another VPC.
    pub routes: Vec<Route>,
}

/// A route that can lead out of the VPC.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Route {
    /// IPv4 destination, or the id of a prefix list (`pl-…`), whose entries are not read.
    pub cidr: String,
    /// `pcx-…`, `tgw-…`, `vgw-…`, `eni-…`, `cwan-…`.
    pub target: String,
    /// Whether its state is `active`; a route to a peering that is gone is a `blackhole`.
    pub active: bool,
}

/// A network interface.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Interface {
    /// `eni-…`.
    pub id: String,
    /// Its security groups.
    pub groups: Vec<String>,
    /// Its subnet.
    pub subnet: String,
    /// Its private IPv4 address.
    pub address: Option<String>,
    /// The file system that it belongs to, from tag `AmazonFSx.FileSystemId`, when given.
    pub file_system: Option<String>,
}

/// An EC2 instance of the cluster.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Instance {
    /// `i-…`.
    pub id: String,
    /// Its security groups.
    pub groups: Vec<String>,
    /// Its subnet.
    pub subnet: Option<String>,
    /// Zone name.
    pub zone: Option<String>,
    /// Node group, from tag `eks:nodegroup-name`.
    pub node_group: Option<String>,
    /// Node pool of Karpenter (tag `karpenter.sh/nodepool`) or of EKS Auto Mode (`eks:kubernetes-node-pool-name`).
    pub node_pool: Option<String>,
    /// Whether its metadata service answers (`MetadataOptions.HttpEndpoint`), when told.
    #[serde(default)]
    pub metadata: Option<bool>,
    /// How many hops an answer of it may go (`MetadataOptions.HttpPutResponseHopLimit`), when told: with 1 it does not
    /// reach pods that have a network of their own.
    #[serde(default)]
    pub metadata_hops: Option<i32>,
}
