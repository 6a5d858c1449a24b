//! EC2: subnets, security groups, routes, interfaces, instances, prefix lists.

use std::collections::BTreeMap;

use aws_sdk_ec2::types as sdk;
use futures::future::try_join_all;

use super::{Answer, Reads, seen};
use crate::domain::network::{Peer, Rule, SecurityGroup};
use crate::facts::{Instance, Interface, Route, RouteTable, Seen, Subnet};

pub(super) const EC2: &str = "ec2";

/// EC2 takes this many values in one filter.
const FILTER_VALUES: usize = 200;

impl Reads {
    /// ec2:DescribeSubnets of a VPC, or of several.
    pub async fn subnets(&self, vpcs: &[&str]) -> Answer<Vec<Subnet>> {
        let describe = self.session.ec2().describe_subnets().filters(filter("vpc-id", vpcs.iter().copied()));
        let pages = describe.into_paginator().items().send();
        seen(EC2, "DescribeSubnets", pages.try_collect().await, |found| {
            Some(found.into_iter().map(subnet).collect())
        })
    }

    /// ec2:DescribeSecurityGroups of a VPC, or of several, with their rules.
    pub async fn groups(&self, vpcs: &[&str]) -> Answer<Vec<SecurityGroup>> {
        let by_vpc = filter("vpc-id", vpcs.iter().copied());
        let describe = self.session.ec2().describe_security_groups().filters(by_vpc);
        let pages = describe.into_paginator().items().send();
        seen(EC2, "DescribeSecurityGroups", pages.try_collect().await, |found| {
            Some(found.into_iter().map(group).collect())
        })
    }

    /// ec2:DescribeRouteTables of a VPC, or of several.
    pub async fn route_tables(&self, vpcs: &[&str]) -> Answer<Vec<RouteTable>> {
        let by_vpc = filter("vpc-id", vpcs.iter().copied());
        let describe = self.session.ec2().describe_route_tables().filters(by_vpc);
        let pages = describe.into_paginator().items().send();
        seen(EC2, "DescribeRouteTables", pages.try_collect().await, |found| {
            Some(found.into_iter().map(route_table).collect())
        })
    }

    /// ec2:DescribeNetworkInterfaces of these ids; those that are gone are left out. Missing when there is no id.
    pub async fn interfaces(&self, ids: &[String]) -> Answer<Vec<Interface>> {
        if ids.is_empty() {
            return Ok(Seen::Missing);
        }
        let mut all = Vec::new();
        for part in try_join_all(ids.chunks(FILTER_VALUES).map(|ids| self.some_interfaces(ids))).await? {
            match part {
                Seen::Found(found) => all.extend(found),
                Seen::Missing => {}
                Seen::Hidden(veil) => return Ok(Seen::Hidden(veil)),
            }
        }
        Ok(Seen::Found(all))
    }

    async fn some_interfaces(&self, ids: &[String]) -> Answer<Vec<Interface>> {
        let by_id = filter("network-interface-id", ids.iter().map(String::as_str));
        let pages =
            self.session.ec2().describe_network_interfaces().filters(by_id).into_paginator().items().send();
        seen(EC2, "DescribeNetworkInterfaces", pages.try_collect().await, |found| {
            Some(found.into_iter().map(interface).collect())
        })
    }

    /// ec2:DescribeInstances that are tagged for the cluster and pending or running.
    pub async fn instances(&self, cluster: &str) -> Answer<Vec<Instance>> {
        let describe = self
            .session
            .ec2()
            .describe_instances()
            .filters(filter("tag-key", [format!("kubernetes.io/cluster/{cluster}").as_str()]))
            .filters(filter("instance-state-name", ["pending", "running"]));
        let pages = describe.into_paginator().items().send();
        seen(EC2, "DescribeInstances", pages.try_collect().await, |found| Some(instances(found)))
    }

    /// ec2:DescribeInstances with these ids; those that EC2 does not list, such as HyperPod's, are left out.
    pub async fn instances_by_id(&self, ids: &[String]) -> Answer<Vec<Instance>> {
        let mut all = Vec::new();
        for part in try_join_all(ids.chunks(FILTER_VALUES).map(|ids| self.some_instances(ids))).await? {
            match part {
                Seen::Found(found) => all.extend(found),
                Seen::Missing => {}
                Seen::Hidden(veil) => return Ok(Seen::Hidden(veil)),
            }
        }
        Ok(Seen::Found(all))
    }

    async fn some_instances(&self, ids: &[String]) -> Answer<Vec<Instance>> {
        let by_id = filter("instance-id", ids.iter().map(String::as_str));
        let pages = self.session.ec2().describe_instances().filters(by_id).into_paginator().items().send();
        seen(EC2, "DescribeInstances", pages.try_collect().await, |found| Some(instances(found)))
    }

    /// ec2:GetManagedPrefixListEntries: the CIDRs of a list.
    pub async fn prefix_list(&self, id: &str) -> Answer<Vec<String>> {
        let get = self.session.ec2().get_managed_prefix_list_entries().prefix_list_id(id);
        let pages = get.into_paginator().items().send();
        seen(EC2, "GetManagedPrefixListEntries", pages.try_collect().await, |found| {
            Some(found.into_iter().filter_map(|entry| entry.cidr).collect())
        })
    }
}

pub(super) fn filter<'a>(name: &str, values: impl IntoIterator<Item = &'a str>) -> sdk::Filter {
    let values = values.into_iter().map(str::to_owned).collect();
    sdk::Filter::builder().name(name).set_values(Some(values)).build()
}

fn tags(found: Option<Vec<sdk::Tag>>) -> BTreeMap<String, String> {
    found
        .unwrap_or_default()
        .into_iter()
        .filter_map(|tag| Some((tag.key?, tag.value.unwrap_or_default())))
        .collect()
}

fn subnet(found: sdk::Subnet) -> Subnet {
    Subnet {
        id: found.subnet_id.unwrap_or_default(),
        vpc: found.vpc_id.unwrap_or_default(),
        zone: found.availability_zone.unwrap_or_default(),
        zone_id: found.availability_zone_id.unwrap_or_default(),
        cidr: found.cidr_block.unwrap_or_default(),
        free_addresses: found
            .available_ip_address_count
            .and_then(|count| u32::try_from(count).ok())
            .unwrap_or_default(),
        public_addresses: found.map_public_ip_on_launch.unwrap_or_default(),
        tags: tags(found.tags),
    }
}

fn group(found: sdk::SecurityGroup) -> SecurityGroup {
    SecurityGroup {
        id: found.group_id.unwrap_or_default(),
        name: found.group_name.unwrap_or_default(),
        vpc: found.vpc_id.unwrap_or_default(),
        description: found.description.unwrap_or_default(),
        tags: tags(found.tags),
        ingress: rules(found.ip_permissions),
        egress: rules(found.ip_permissions_egress),
    }
}

/// EC2 folds rules that differ only in their peer into one permission; here each is a rule of its own.
fn rules(found: Option<Vec<sdk::IpPermission>>) -> Vec<Rule> {
    let mut rules = Vec::new();
    for permission in found.unwrap_or_default() {
        let peers = peers(&permission);
        rules.extend(peers.into_iter().map(|(peer, description)| Rule {
            protocol: permission.ip_protocol.clone().unwrap_or_else(|| "-1".to_owned()),
            from: permission.from_port,
            to: permission.to_port,
            peer,
            description,
        }));
    }
    rules
}

fn peers(permission: &sdk::IpPermission) -> Vec<(Peer, Option<String>)> {
    let groups = permission.user_id_group_pairs().iter().filter_map(|pair| {
        Some((
            Peer::Group { id: pair.group_id.clone()?, account: pair.user_id.clone() },
            pair.description.clone(),
        ))
    });
    let cidrs = permission
        .ip_ranges()
        .iter()
        .filter_map(|range| Some((Peer::Cidr(range.cidr_ip.clone()?), range.description.clone())));
    let cidrs6 = permission
        .ipv6_ranges()
        .iter()
        .filter_map(|range| Some((Peer::Cidr6(range.cidr_ipv6.clone()?), range.description.clone())));
    let lists = permission
        .prefix_list_ids()
        .iter()
        .filter_map(|list| Some((Peer::PrefixList(list.prefix_list_id.clone()?), list.description.clone())));
    groups.chain(cidrs).chain(cidrs6).chain(lists).collect()
}

fn route_table(found: sdk::RouteTable) -> RouteTable {
    let links = found.associations.unwrap_or_default();
    let routes = found.routes.unwrap_or_default();
    let to_internet_gateway = routes.iter().any(|route| {
        route.destination_cidr_block() == Some("0.0.0.0/0")
            && route.gateway_id().is_some_and(|gateway| gateway.starts_with("igw-"))
    });
    let active = |route: &&sdk::Route| route.state.as_ref().is_none_or(|it| *it == sdk::RouteState::Active);
    let default = routes.iter().find(|it| it.destination_cidr_block() == Some("0.0.0.0/0")).filter(active);
    let default_target = default.and_then(|route| {
        let targets = [
            route.nat_gateway_id(),
            route.gateway_id(),
            route.transit_gateway_id(),
            route.vpc_peering_connection_id(),
            route.network_interface_id(),
            route.instance_id(),
            route.core_network_arn(),
        ];
        targets.into_iter().flatten().next().map(str::to_owned)
    });
    RouteTable {
        default_target,
        id: found.route_table_id.unwrap_or_default(),
        main: links.iter().any(|link| link.main.unwrap_or_default()),
        subnets: links.into_iter().filter_map(|link| link.subnet_id).collect(),
        to_internet_gateway,
        vpc: found.vpc_id.unwrap_or_default(),
        routes: routes.into_iter().filter_map(way_out).collect(),
    }
}

/// A route that can lead into another VPC: whatever is no local, internet or service route. A default route to an
/// interface is that of a NAT instance.
fn way_out(route: sdk::Route) -> Option<Route> {
    let cidr = route.destination_cidr_block.or(route.destination_prefix_list_id)?;
    let gateway = route.gateway_id.filter(|id| id.starts_with("vgw-"));
    let target = route
        .vpc_peering_connection_id
        .or(route.transit_gateway_id)
        .or(route.core_network_arn)
        .or(gateway)
        .or(route.network_interface_id.filter(|_| cidr != "0.0.0.0/0"))?;
    let active = route.state.is_none_or(|state| state == sdk::RouteState::Active);
    Some(Route { cidr, target, active })
}

fn group_ids(found: Option<Vec<sdk::GroupIdentifier>>) -> Vec<String> {
    found.unwrap_or_default().into_iter().filter_map(|group| group.group_id).collect()
}

fn interface(found: sdk::NetworkInterface) -> Interface {
    Interface {
        id: found.network_interface_id.unwrap_or_default(),
        groups: group_ids(found.groups),
        subnet: found.subnet_id.unwrap_or_default(),
        address: found.private_ip_address,
        file_system: tags(found.tag_set).remove("AmazonFSx.FileSystemId"),
    }
}

fn instances(found: Vec<sdk::Reservation>) -> Vec<Instance> {
    found.into_iter().flat_map(|held| held.instances.unwrap_or_default()).map(instance).collect()
}

fn instance(found: sdk::Instance) -> Instance {
    let mut tags = tags(found.tags);
    let options = found.metadata_options;
    let endpoint = options.as_ref().and_then(|options| options.http_endpoint.clone());
    Instance {
        id: found.instance_id.unwrap_or_default(),
        groups: group_ids(found.security_groups),
        subnet: found.subnet_id,
        zone: found.placement.and_then(|placement| placement.availability_zone),
        node_group: tags.remove("eks:nodegroup-name"),
        node_pool: ["karpenter.sh/nodepool", "eks:kubernetes-node-pool-name"]
            .into_iter()
            .find_map(|key| tags.remove(key)),
        metadata: endpoint.map(|state| state == sdk::InstanceMetadataEndpointState::Enabled),
        metadata_hops: options.and_then(|options| options.http_put_response_hop_limit),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_permission_with_several_peers_becomes_one_rule_each() {
        let permission = sdk::IpPermission::builder()
            .ip_protocol("tcp")
            .from_port(988)
            .to_port(988)
            .user_id_group_pairs(
                sdk::UserIdGroupPair::builder().group_id("sg-1").user_id("111122223333").build(),
            )
            .ip_ranges(sdk::IpRange::builder().cidr_ip("10.0.0.0/8").description("corp").build())
            .prefix_list_ids(sdk::PrefixListId::builder().prefix_list_id("pl-1").build())
            .build();
        let rules = rules(Some(vec![permission]));
        let peers: Vec<&Peer> = rules.iter().map(|rule| &rule.peer).collect();
        assert_eq!(
            peers,
            [
                &Peer::Group { id: "sg-1".to_owned(), account: Some("111122223333".to_owned()) },
                &Peer::Cidr("10.0.0.0/8".to_owned()),
                &Peer::PrefixList("pl-1".to_owned()),
            ]
        );
        assert!(rules.iter().all(|rule| rule.protocol == "tcp" && rule.from == Some(988)));
    }
}
