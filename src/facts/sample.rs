//! Snapshots of healthy worlds, for tests to break.

mod storage;

use std::collections::BTreeMap;

use serde_json::{Value, json};

use super::{
    Access, Addon, AddonVersion, Association, Caller, Cluster, ControllerPod, CsiDriver, Driver, Facts,
    HyperPod, Instance, InstanceGroup, Marks, Namespace, Network, Node, Policies, Provider, Role, RoleFacts,
    RouteTable, Seen, ServiceAccount, Storage, Subnet, Veil, Workload,
};
use crate::domain::network::{Peer, Rule, SecurityGroup};

pub(crate) use storage::{claim, class, file_system, interface, volume};

pub(crate) const CLUSTER: &str = "arn:aws:eks:us-west-2:111122223333:cluster/hp-eks";
pub(crate) const OTHER_CLUSTER: &str = "arn:aws:eks:us-west-2:111122223333:cluster/other";
pub(crate) const ROLE: &str = "FSXLCSI-hp-eks-us-west-2";
pub(crate) const ROLE_ARN: &str = "arn:aws:iam::111122223333:role/FSXLCSI-hp-eks-us-west-2";
pub(crate) const ISSUER: &str = "oidc.eks.us-west-2.amazonaws.com/id/A1B2";
pub(crate) const PROVIDER: &str =
    "arn:aws:iam::111122223333:oidc-provider/oidc.eks.us-west-2.amazonaws.com/id/A1B2";
const ADDON: &str = "arn:aws:eks:us-west-2:111122223333:addon/hp-eks/aws-fsx-csi-driver/1";
const NODE_ROLE: &str = "arn:aws:iam::111122223333:role/hp-nodes";
const SUBJECT: &str = "system:serviceaccount:kube-system:fsx-csi-controller-sa";

fn map(pairs: &[(&str, &str)]) -> BTreeMap<String, String> {
    pairs.iter().map(|(key, value)| ((*key).to_owned(), (*value).to_owned())).collect()
}

fn texts(texts: &[&str]) -> Vec<String> {
    texts.iter().map(|text| (*text).to_owned()).collect()
}

/// The tags of an object that fsxctl made for a cluster.
pub(crate) fn tags_of(cluster: &str) -> BTreeMap<String, String> {
    map(&[("fsxctl.io/owner", "fsxctl"), ("fsxctl.io/cluster", cluster), ("fsxctl.io/origin", "created")])
}

/// The marks of a Kubernetes object that fsxctl made.
pub(crate) fn our_marks() -> Marks {
    Marks {
        labels: map(&[("app.kubernetes.io/managed-by", "fsxctl")]),
        resource_version: "42".into(),
        ..Marks::default()
    }
}

/// What a missing permission leaves of anything.
pub(crate) fn hidden<T>(permission: &str) -> Seen<T> {
    Seen::Hidden(Veil { permission: permission.to_owned(), cause: "not authorized".to_owned() })
}

/// A group of the VPC, all its egress open.
pub(crate) fn group(id: &str, ingress: &[Rule]) -> SecurityGroup {
    SecurityGroup {
        id: id.to_owned(),
        name: id.trim_start_matches("sg-").to_owned(),
        vpc: "vpc-1".to_owned(),
        description: String::new(),
        tags: BTreeMap::new(),
        ingress: ingress.to_vec(),
        egress: vec![Rule::all_traffic(Peer::Cidr("0.0.0.0/0".to_owned()))],
    }
}

/// All traffic from or to a group.
pub(crate) fn all(peer: &str) -> Rule {
    Rule::all_traffic(from(peer))
}

/// TCP from or to a group, or a CIDR block, or a prefix list.
pub(crate) fn tcp(ports: (u16, u16), peer: &str) -> Rule {
    Rule::tcp(ports, from(peer))
}

fn from(peer: &str) -> Peer {
    match peer {
        list if list.starts_with("pl-") => Peer::PrefixList(list.to_owned()),
        block if block.contains('/') => Peer::Cidr(block.to_owned()),
        id => Peer::Group { id: id.to_owned(), account: None },
    }
}

fn subnet(id: &str, zone: &str, cidr: &str, free: u32) -> Subnet {
    Subnet {
        id: id.to_owned(),
        vpc: "vpc-1".to_owned(),
        zone: format!("us-west-2{zone}"),
        zone_id: if zone == "a" { "usw2-az1".to_owned() } else { "usw2-az2".to_owned() },
        cidr: cidr.to_owned(),
        free_addresses: free,
        public_addresses: id.starts_with("subnet-public"),
        ..Subnet::default()
    }
}

/// A node in zone `a` or `b`.
pub(crate) fn node(name: &str, zone: &str) -> Node {
    Node {
        name: name.to_owned(),
        zone: Some(format!("us-west-2{zone}")),
        zone_id: Some(if zone == "a" { "usw2-az1".to_owned() } else { "usw2-az2".to_owned() }),
        hyperpod: name.starts_with("hyperpod-"),
        ready: true,
        ..Node::default()
    }
}

/// A HyperPod instance group of that name in those security groups.
pub(crate) fn instance_group(name: &str, groups: &[&str]) -> InstanceGroup {
    InstanceGroup {
        name: name.to_owned(),
        instance_type: "ml.p5.48xlarge".to_owned(),
        count: 2,
        execution_role: Some(NODE_ROLE.to_owned()),
        subnets: texts(&["subnet-a", "subnet-b"]),
        security_groups: texts(groups),
        ..InstanceGroup::default()
    }
}

/// An EC2 node of a node group.
pub(crate) fn instance(id: &str, node_group: &str, groups: &[&str], subnet: &str) -> Instance {
    Instance {
        id: id.to_owned(),
        groups: texts(groups),
        subnet: Some(subnet.to_owned()),
        node_group: Some(node_group.to_owned()),
        ..Instance::default()
    }
}

/// A trust policy for the controller's web identity.
pub(crate) fn web_trust() -> Value {
    json!({"Version": "2012-10-17", "Statement": [{
        "Effect": "Allow", "Principal": {"Federated": PROVIDER}, "Action": "sts:AssumeRoleWithWebIdentity",
        "Condition": {"StringEquals": {format!("{ISSUER}:sub"): SUBJECT, format!("{ISSUER}:aud"): "sts.amazonaws.com"}},
    }]})
}

/// A trust policy for Pod Identity.
pub(crate) fn pod_trust() -> Value {
    json!({"Version": "2012-10-17", "Statement": [{
        "Effect": "Allow", "Principal": {"Service": "pods.eks.amazonaws.com"}, "Action": ["sts:AssumeRole", "sts:TagSession"],
    }]})
}

/// A policy that allows what the driver needs.
pub(crate) fn enough() -> Value {
    json!({"Version": "2012-10-17", "Statement": [
        {"Effect": "Allow", "Action": ["fsx:*", "iam:CreateServiceLinkedRole"], "Resource": "*"},
    ]})
}

/// A role with one inline policy.
pub(crate) fn role(name: &str, trust: Value, policy: Value, tags: BTreeMap<String, String>) -> RoleFacts {
    let arn = format!("arn:aws:iam::111122223333:role/{name}");
    let inline = BTreeMap::from([("fsxctl-fsx-csi".to_owned(), policy)]);
    RoleFacts {
        role: Seen::Found(Role { name: name.to_owned(), arn, trust, boundary: None, tags }),
        policies: Seen::Found(Policies { inline, complete: true, ..Policies::default() }),
    }
}

/// The add-on, made by fsxctl.
pub(crate) fn addon(status: &str) -> Addon {
    Addon {
        name: "aws-fsx-csi-driver".to_owned(),
        arn: ADDON.to_owned(),
        version: "v1.9.0-eksbuild.1".to_owned(),
        status: status.to_owned(),
        role_arn: Some(ROLE_ARN.to_owned()),
        tags: tags_of(CLUSTER),
        ..Addon::default()
    }
}

/// The add-on that Pod Identity needs.
pub(crate) fn agent(status: &str) -> Addon {
    Addon {
        name: "eks-pod-identity-agent".to_owned(),
        version: "v1.3.0-eksbuild.1".to_owned(),
        status: status.to_owned(),
        ..Addon::default()
    }
}

/// An association that fsxctl made.
pub(crate) fn association(role_arn: &str) -> Association {
    Association {
        id: "a-1".to_owned(),
        role_arn: role_arn.to_owned(),
        tags: tags_of(CLUSTER),
        ..Association::default()
    }
}

pub(crate) fn workload(ready: u32) -> Workload {
    Workload {
        image: Some("public.ecr.aws/fsx-csi-driver/aws-fsx-csi-driver:v1.9.0".to_owned()),
        desired: ready,
        ready,
        service_account: Some("fsx-csi-controller-sa".to_owned()),
        ..Workload::default()
    }
}

/// A running pod of the controller that was made with this role, or with none.
pub(crate) fn pod(name: &str, role_arn: Option<&str>) -> ControllerPod {
    ControllerPod {
        name: format!("fsx-csi-controller-{name}"),
        uid: name.to_owned(),
        phase: "Running".to_owned(),
        ready: true,
        role_arn: role_arn.map(str::to_owned),
        ..ControllerPod::default()
    }
}

/// A group that fsxctl made for this cluster, as set-up leaves it with these nodes' groups.
pub(crate) fn own_group(peers: &[&str]) -> SecurityGroup {
    let sides = std::iter::once("sg-own").chain(peers.iter().copied());
    let rules: Vec<Rule> = sides.flat_map(|peer| [tcp((988, 988), peer), tcp((1018, 1023), peer)]).collect();
    SecurityGroup { name: "fsxctl-hp-eks".to_owned(), tags: tags_of(CLUSTER), ..group("sg-own", &rules) }
}

impl Facts {
    /// A HyperPod cluster on EKS whose nodes reach each other; no driver, no identity, no storage.
    pub(crate) fn bare() -> Self {
        Self {
            caller: Seen::Found(Caller {
                account: "111122223333".into(),
                arn: "arn:aws:iam::111122223333:role/admin".into(),
            }),
            region: "us-west-2".to_owned(),
            reached: "endpoint and token from eks:DescribeCluster".to_owned(),
            cluster: Cluster {
                name: "hp-eks".into(),
                arn: CLUSTER.into(),
                version: "1.33".into(),
                status: "ACTIVE".into(),
                issuer: Some(format!("https://{ISSUER}")),
                vpc: "vpc-1".into(),
                security_group: Some("sg-cluster".into()),
                ip_family: "ipv4".into(),
                ..Cluster::default()
            },
            hyperpod: Seen::Found(vec![HyperPod {
                name: "hp".into(),
                eks_arn: Some(CLUSTER.into()),
                groups: vec![instance_group("gpu", &["sg-hp"]), instance_group("cpu", &["sg-hp"])],
                ..HyperPod::default()
            }]),
            nodes: Seen::Found(vec![
                node("hyperpod-i-1", "a"),
                node("hyperpod-i-2", "a"),
                node("hyperpod-i-3", "b"),
                node("ip-10-20-1-101", "a"),
                node("ip-10-20-65-101", "b"),
            ]),
            access: bare_access(),
            network: bare_network(),
            driver: bare_driver(),
            file_systems: Seen::Found(Vec::new()),
            other_file_systems: BTreeMap::new(),
            storage: Storage {
                claim_namespace: "default".into(),
                namespace: Seen::Found(Namespace { name: "default".into(), ..Namespace::default() }),
                class: Seen::Missing,
                claim: Seen::Missing,
                volumes: Seen::Found(Vec::new()),
                taken: Vec::new(),
                places: Seen::Missing,
            },
        }
    }

    /// What `setup dynamic` leaves of [`Facts::bare`].
    pub(crate) fn done() -> Self {
        let mut facts = Self::bare();
        facts.access.provider = Seen::Found(Provider {
            arn: PROVIDER.into(),
            client_ids: texts(&["sts.amazonaws.com"]),
            tags: tags_of(CLUSTER),
        });
        facts.access.roles.insert(ROLE.into(), role(ROLE, web_trust(), enough(), tags_of(CLUSTER)));
        let linked = Role { name: "AWSServiceRoleForAmazonFSx".into(), ..Role::default() };
        facts
            .access
            .roles
            .insert(linked.name.clone(), RoleFacts { role: Seen::Found(linked), policies: Seen::Missing });
        facts.access.service_account =
            Seen::Found(ServiceAccount { role_arn: Some(ROLE_ARN.into()), marks: Marks::default() });
        facts.driver.addon = Seen::Found(addon("ACTIVE"));
        facts.driver.schema = Seen::Missing;
        facts.driver.csi_driver =
            Seen::Found(CsiDriver { attach_required: Some(false), ..CsiDriver::default() });
        facts.driver.controller = Seen::Found(workload(2));
        facts.driver.node = Seen::Found(workload(5));
        facts.driver.pods = Seen::Found(vec![pod("1", Some(ROLE_ARN)), pod("2", Some(ROLE_ARN))]);
        facts.file_systems = Seen::Found(vec![file_system()]);
        facts.network.interfaces =
            Seen::Found(vec![interface("eni-1", &["sg-hp"]), interface("eni-2", &["sg-hp"])]);
        facts.storage.class = Seen::Found(class());
        facts.storage.claim = Seen::Found(claim());
        facts.storage.volumes = Seen::Found(vec![volume()]);
        facts
    }

    /// [`Facts::bare`] with EC2 nodes alone, in the cluster's group: nothing is there that a file system could wear.
    pub(crate) fn plain() -> Self {
        let mut facts = Self::bare();
        facts.hyperpod = Seen::Missing;
        facts.nodes = Seen::Found(vec![node("ip-10-20-1-101", "a"), node("ip-10-20-65-101", "b")]);
        facts.network.groups = Seen::Found(vec![group("sg-cluster", &[all("sg-cluster")])]);
        facts
    }
}

fn bare_access() -> Access {
    let missing = || RoleFacts { role: Seen::Missing, policies: Seen::Missing };
    Access {
        provider: Seen::Missing,
        roles: BTreeMap::from([
            (ROLE.to_owned(), missing()),
            ("AWSServiceRoleForAmazonFSx".to_owned(), missing()),
        ]),
        boundaries: BTreeMap::new(),
        association: Seen::Missing,
        agent: Seen::Missing,
        service_account: Seen::Missing,
        node_roles: Seen::Missing,
    }
}

fn bare_network() -> Network {
    let table = |id: &str, subnets: &[&str], public: bool| RouteTable {
        id: id.to_owned(),
        subnets: texts(subnets),
        to_internet_gateway: public,
        default_target: Some(if public { "igw-1" } else { "nat-1" }.to_owned()),
        vpc: "vpc-1".to_owned(),
        ..RouteTable::default()
    };
    Network {
        subnets: Seen::Found(vec![
            subnet("subnet-a", "a", "10.20.0.0/18", 16_000),
            subnet("subnet-b", "b", "10.20.64.0/18", 16_000),
            subnet("subnet-public-a", "a", "10.20.128.0/24", 250),
        ]),
        groups: Seen::Found(vec![
            group("sg-cluster", &[all("sg-cluster"), all("sg-hp")]),
            group("sg-hp", &[all("sg-hp"), all("sg-cluster")]),
        ]),
        routes: Seen::Found(vec![
            table("rtb-1", &["subnet-a", "subnet-b"], false),
            table("rtb-2", &["subnet-public-a"], true),
        ]),
        interfaces: Seen::Missing,
        instances: Seen::Found(vec![
            instance("i-1", "system", &["sg-cluster"], "subnet-a"),
            instance("i-2", "system", &["sg-cluster"], "subnet-b"),
        ]),
        prefix_lists: BTreeMap::new(),
    }
}

fn bare_driver() -> Driver {
    let build = |version: &str, default: bool| AddonVersion {
        version: version.to_owned(),
        kubernetes: texts(&["1.32", "1.33"]),
        default_for: if default { texts(&["1.33"]) } else { Vec::new() },
    };
    Driver {
        addon: Seen::Missing,
        versions: Seen::Found(vec![build("v1.10.0-eksbuild.1", false), build("v1.9.0-eksbuild.1", true)]),
        schema: Seen::Found(
            json!({"properties": {"controller": {"properties": {"region": {"type": "string"}}}}}),
        ),
        csi_driver: Seen::Missing,
        namespace: "kube-system".to_owned(),
        controller: Seen::Missing,
        node: Seen::Missing,
        release: Seen::Missing,
        helm: Seen::Missing,
        pods: Seen::Found(Vec::new()),
    }
}
