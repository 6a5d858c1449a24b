//! EC2: what a VPC does to traffic besides groups and routes: network ACLs, DNS, endpoints.

use aws_sdk_ec2::types as sdk;

use super::ec2::{EC2, filter};
use super::{Answer, Reads, seen};
use crate::facts::{AclEntry, Endpoint, NetworkAcl, Seen, VpcDns};

impl Reads {
    /// ec2:DescribeNetworkAcls of a VPC.
    ///
    /// # Errors
    /// Trouble other than denied and not found, here and below.
    pub async fn network_acls(&self, vpc: &str) -> Answer<Vec<NetworkAcl>> {
        let describe = self.session.ec2().describe_network_acls().filters(filter("vpc-id", [vpc]));
        let pages = describe.into_paginator().items().send();
        seen(EC2, "DescribeNetworkAcls", pages.try_collect().await, |found| {
            Some(found.into_iter().map(acl).collect())
        })
    }

    /// ec2:DescribeVpcEndpoints of a VPC.
    pub async fn vpc_endpoints(&self, vpc: &str) -> Answer<Vec<Endpoint>> {
        let describe = self.session.ec2().describe_vpc_endpoints().filters(filter("vpc-id", [vpc]));
        let pages = describe.into_paginator().items().send();
        seen(EC2, "DescribeVpcEndpoints", pages.try_collect().await, |found| {
            Some(found.into_iter().map(endpoint).collect())
        })
    }

    /// DNS of a VPC: ec2:DescribeVpcs, DescribeVpcAttribute twice, and DescribeDhcpOptions. All DHCP options of the
    /// Region are listed: which of them the VPC has is only known once the VPC is, and there are few.
    pub async fn vpc_dns(&self, vpc: &str) -> Answer<VpcDns> {
        let (options, support, hostnames, all) = futures::join!(
            Box::pin(self.dhcp_options_of(vpc)),
            Box::pin(self.vpc_attribute(vpc, sdk::VpcAttributeName::EnableDnsSupport)),
            Box::pin(self.vpc_attribute(vpc, sdk::VpcAttributeName::EnableDnsHostnames)),
            Box::pin(self.dhcp_options()),
        );
        Ok(dns(options?, support?, hostnames?, all?))
    }

    async fn dhcp_options_of(&self, vpc: &str) -> Answer<Option<String>> {
        let describe = self.session.ec2().describe_vpcs().filters(filter("vpc-id", [vpc]));
        seen(EC2, "DescribeVpcs", describe.send().await, |found| {
            found.vpcs.unwrap_or_default().pop().map(|vpc| vpc.dhcp_options_id)
        })
    }

    async fn vpc_attribute(&self, vpc: &str, name: sdk::VpcAttributeName) -> Answer<bool> {
        let describe = self.session.ec2().describe_vpc_attribute().vpc_id(vpc).attribute(name);
        seen(EC2, "DescribeVpcAttribute", describe.send().await, |found| {
            found.enable_dns_support.or(found.enable_dns_hostnames)?.value
        })
    }

    /// Name servers of every set of DHCP options, by its id.
    async fn dhcp_options(&self) -> Answer<Vec<(String, Vec<String>)>> {
        let pages = self.session.ec2().describe_dhcp_options().into_paginator().items().send();
        seen(EC2, "DescribeDhcpOptions", pages.try_collect().await, |found| {
            Some(found.into_iter().map(name_servers).collect())
        })
    }
}

/// All four answers or none: half of them would read as the other half's absence.
fn dns(
    options: Seen<Option<String>>,
    support: Seen<bool>,
    hostnames: Seen<bool>,
    all: Seen<Vec<(String, Vec<String>)>>,
) -> Seen<VpcDns> {
    let veil = options.hidden().or(support.hidden()).or(hostnames.hidden()).or(all.hidden());
    if let Some(veil) = veil {
        return Seen::Hidden(veil.clone());
    }
    let (Seen::Found(options), Seen::Found(support), Seen::Found(hostnames)) = (options, support, hostnames)
    else {
        return Seen::Missing;
    };
    let mut sets = all.found().into_iter().flatten();
    let servers = sets.find(|(id, _)| Some(id) == options.as_ref()).map(|(_, servers)| servers.clone());
    Seen::Found(VpcDns { support, hostnames, servers: servers.unwrap_or_default(), dhcp_options: options })
}

fn name_servers(found: sdk::DhcpOptions) -> (String, Vec<String>) {
    let configurations = found.dhcp_configurations.unwrap_or_default().into_iter();
    let servers = configurations
        .filter(|it| it.key.as_deref() == Some("domain-name-servers"))
        .flat_map(|it| it.values.unwrap_or_default())
        .filter_map(|it| it.value);
    // The API gives one value a server, and templates have been seen to write several into one.
    let split = |value: String| value.split(',').map(|it| it.trim().to_owned()).collect::<Vec<_>>();
    (found.dhcp_options_id.unwrap_or_default(), servers.flat_map(split).collect())
}

fn acl(found: sdk::NetworkAcl) -> NetworkAcl {
    let mut entries: Vec<AclEntry> = found.entries.unwrap_or_default().into_iter().map(entry).collect();
    entries.sort_by_key(|entry| (entry.egress, entry.number));
    let links = found.associations.unwrap_or_default();
    NetworkAcl {
        id: found.network_acl_id.unwrap_or_default(),
        subnets: links.into_iter().filter_map(|link| link.subnet_id).collect(),
        entries,
    }
}

fn entry(found: sdk::NetworkAclEntry) -> AclEntry {
    AclEntry {
        number: found.rule_number.unwrap_or_default(),
        egress: found.egress.unwrap_or_default(),
        allow: found.rule_action == Some(sdk::RuleAction::Allow),
        protocol: found.protocol.unwrap_or_else(|| "-1".to_owned()),
        cidr: found.cidr_block,
        ports: found.port_range.and_then(|range| Some((range.from?, range.to?))),
    }
}

/// The state in lower case: the reference lists `Available`, its examples and the service answer `available`
/// (<https://docs.aws.amazon.com/AWSEC2/latest/APIReference/API_DescribeVpcEndpoints.html>).
fn endpoint(found: sdk::VpcEndpoint) -> Endpoint {
    Endpoint {
        id: found.vpc_endpoint_id.unwrap_or_default(),
        service: found.service_name.unwrap_or_default(),
        state: found.state.map(|state| state.as_str().to_ascii_lowercase()).unwrap_or_default(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::facts::Veil;

    #[test]
    fn entries_of_an_acl_stand_in_the_order_in_which_they_are_asked() {
        let entry = |number: i32, egress: bool, action: sdk::RuleAction| {
            let range = sdk::PortRange::builder().from(988).to(988).build();
            let entry =
                sdk::NetworkAclEntry::builder().rule_number(number).egress(egress).rule_action(action);
            entry.protocol("6").cidr_block("10.0.0.0/8").port_range(range).build()
        };
        let link = sdk::NetworkAclAssociation::builder().subnet_id("subnet-1").build();
        let found = sdk::NetworkAcl::builder()
            .network_acl_id("acl-1")
            .associations(link)
            .entries(entry(32767, false, sdk::RuleAction::Deny))
            .entries(entry(100, true, sdk::RuleAction::Allow))
            .entries(entry(90, false, sdk::RuleAction::Allow))
            .build();
        let acl = acl(found);
        let order: Vec<_> = acl.entries.iter().map(|it| (it.number, it.egress, it.allow)).collect();
        assert_eq!(order, [(90, false, true), (32767, false, false), (100, true, true)]);
        assert_eq!((acl.subnets, acl.entries[0].ports), (vec!["subnet-1".to_owned()], Some((988, 988))));
    }

    #[test]
    fn dns_is_told_whole_or_not_at_all() {
        let veil = |name: &str| Veil { permission: name.to_owned(), cause: "no".to_owned() };
        let sets = || {
            let one = |id: &str, server: &str| (id.to_owned(), vec![server.to_owned()]);
            Seen::Found(vec![one("dopt-other", "10.0.0.2"), one("dopt-1", "AmazonProvidedDNS")])
        };
        let id = || Seen::Found(Some("dopt-1".to_owned()));
        let found = dns(id(), Seen::Found(true), Seen::Found(false), sets());
        let found = found.found().expect("all is seen");
        assert_eq!((found.support, found.hostnames), (true, false));
        assert_eq!(found.servers, ["AmazonProvidedDNS"]);
        let hidden = dns(id(), Seen::Found(true), Seen::Hidden(veil("a")), sets());
        assert_eq!(hidden, Seen::Hidden(veil("a")));
        let hidden = dns(id(), Seen::Found(true), Seen::Found(true), Seen::Hidden(veil("b")));
        assert_eq!(hidden, Seen::Hidden(veil("b")));
        assert_eq!(dns(Seen::Missing, Seen::Missing, Seen::Missing, sets()), Seen::Missing);
        // Options of another account are in nobody's list but its own.
        let shared =
            dns(Seen::Found(Some("dopt-9".to_owned())), Seen::Found(true), Seen::Found(true), sets());
        assert_eq!(shared.found().map(|dns| dns.servers.len()), Some(0));
    }

    #[test]
    fn name_servers_are_those_of_the_options_and_nothing_else() {
        let pair = |key: &str, values: &[&str]| {
            let values = values.iter().map(|it| sdk::AttributeValue::builder().value(*it).build()).collect();
            sdk::DhcpConfiguration::builder().key(key).set_values(Some(values)).build()
        };
        let found = sdk::DhcpOptions::builder()
            .dhcp_options_id("dopt-1")
            .dhcp_configurations(pair("domain-name", &["corp.example"]))
            .dhcp_configurations(pair("domain-name-servers", &["10.0.0.2", "10.0.0.3, 10.0.0.4"]))
            .build();
        let servers = ["10.0.0.2", "10.0.0.3", "10.0.0.4"].map(str::to_owned).to_vec();
        assert_eq!(name_servers(found), ("dopt-1".to_owned(), servers));
    }

    #[test]
    fn the_state_of_an_endpoint_is_told_in_lower_case() {
        let found =
            sdk::VpcEndpoint::builder().vpc_endpoint_id("vpce-1").state(sdk::State::Available).build();
        assert_eq!(endpoint(found).state, "available");
    }
}
