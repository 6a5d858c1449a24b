//! Clusters that are odd and healthy: private endpoints, other partitions, nodes of every kind, narrow subnets.

use fsxctl_sandbox::{Options, Source};
use serde_json::{Value, json};

use crate::harness::{CLUSTER_GROUP, NODE_GROUP, World};

fn list(value: &Value) -> &[Value] {
    value.as_array().map_or(&[], Vec::as_slice)
}

/// What a dry run says on stdout, blanks as one.
#[track_caller]
fn planned(world: &World, words: &str) -> String {
    let run = world.fsxctl(&format!("setup dynamic --dry-run {words}"));
    run.ends_untouched(0);
    run.stdout.split_whitespace().collect::<Vec<_>>().join(" ")
}

#[track_caller]
fn says(text: &str, words: &[&str]) {
    for word in words {
        assert!(text.contains(word), "{word:?} is not in\n{text}");
    }
}

#[test]
fn a_private_endpoint_says_from_where_it_answers() {
    let world = World::of(&[
        "bare",
        "aws: {eks: {clusters: [{name: hp-eks, endpoint: \"https://127.0.0.1:9\", resourcesVpcConfig: {endpointPublicAccess: false}}]}}",
    ]);
    let run = world.fsxctl("setup dynamic --yes -q");
    run.ends_untouched(6);
    insta::assert_snapshot!(run.show(), @"
    $ fsxctl setup dynamic --yes -q
    code 6
    -- stderr
    error: cannot reach Kubernetes (get namespaces)
      caused by: cannot reach https://127.0.0.1:9: client error (Connect): tcp connect error: Connection
        refused (os error 111)
      caused by: the API endpoint of cluster hp-eks answers only inside vpc-0a10000000000000a
        (endpointPublicAccess is false)
    next: run it from a host in that VPC or a VPN to it, or open a tunnel and name a kubeconfig for it
          with --kubeconfig
    -- no write
    ");
    let world = World::of(&[
        "bare",
        "aws: {eks: {clusters: [{name: hp-eks, endpoint: \"https://127.0.0.1:9\", resourcesVpcConfig: {publicAccessCidrs: [203.0.113.0/24]}}]}}",
    ]);
    let run = world.fsxctl("setup dynamic --yes -q");
    run.ends_untouched(6);
    run.says(6, &["answers only to 203.0.113.0/24 and inside vpc-0a10000000000000a", "--kubeconfig"]);
}

/// The world `bare` in another Region and its partition.
fn elsewhere(region: &str, partition: &str, zone_id: &str, suffix: &str) -> World {
    let bare = include_str!("../worlds/bare.yaml")
        .replace("us-west-2", region)
        .replace("usw2-az", zone_id)
        .replace("arn:aws:", &format!("arn:{partition}:"))
        .replace(&format!("oidc.eks.{region}.amazonaws.com"), &format!("oidc.eks.{region}.{suffix}"));
    World::with(Options { worlds: vec![Source::text(bare)], ..Options::default() })
}

#[test]
fn govcloud_and_china_are_set_up_from_end_to_end() {
    let rows = [
        ("us-gov-west-1", "aws-us-gov", "usgw1-az", "amazonaws.com", ""),
        (
            "cn-north-1",
            "aws-cn",
            "cnn1-az",
            "amazonaws.com.cn",
            "--deployment-type PERSISTENT_1 --throughput 200 --policy managed",
        ),
    ];
    for (region, partition, zone, suffix, words) in rows {
        let world = elsewhere(region, partition, zone, suffix);
        let run = world.fsxctl(&format!("setup dynamic --yes -q {words}"));
        assert_eq!(run.code, Some(0), "{}", run.show());
        let saved = world.saved();
        let name = format!("FSXLCSI-hp-eks-{region}");
        let role = list(&saved["aws"]["iam"]["Roles"])
            .iter()
            .find(|role| role["RoleName"] == name.as_str())
            .expect("the role is made");
        let prefix = format!("arn:{partition}:iam::111122223333:");
        assert_eq!(role["Arn"], format!("{prefix}role/{name}"));
        let trust = &role["AssumeRolePolicyDocument"]["Statement"][0];
        let issuer = format!("oidc.eks.{region}.{suffix}/id/A1B2C3D4E5F60718293A4B5C6D7E8F90");
        assert_eq!(trust["Principal"]["Federated"], format!("{prefix}oidc-provider/{issuer}"));
        assert_eq!(trust["Condition"]["StringEquals"][format!("{issuer}:aud")], "sts.amazonaws.com");
        let text = saved["aws"].to_string();
        assert!(!text.contains("arn:aws:"), "an ARN of another partition: {region}");
        let system = &saved["aws"]["fsx"]["FileSystems"][0];
        let dns = system["DNSName"].as_str().unwrap_or_default();
        assert!(dns.ends_with(&format!(".fsx.{region}.{suffix}")), "{dns}");
        world.fsxctl(&format!("setup dynamic -q {words}")).ends_untouched(0);
    }
}

#[test]
fn a_region_without_the_default_type_is_warned_of() {
    let world = elsewhere("cn-north-1", "aws-cn", "cnn1-az", "amazonaws.com.cn");
    says(&planned(&world, ""), &["! cn-north-1 has no PERSISTENT_2, as far as AWS's table of Regions tells"]);
}

#[test]
fn long_cluster_names_get_short_role_names() {
    let name = "a-cluster-name-that-is-as-long-as-eks-takes-them-and-says-what-team-region-and-stage-it-is-of-000001";
    assert_eq!(name.len(), 100);
    let bare = include_str!("../worlds/bare.yaml").replace("hp-eks", name);
    let world = World::with(Options { worlds: vec![Source::text(bare)], ..Options::default() });
    let run = world.fsxctl("setup dynamic --yes -q --security-group create");
    assert_eq!(run.code, Some(0), "{}", run.show());
    let saved = world.saved();
    let ours = |tags: &Value| tags.to_string().contains("fsxctl.io/owner");
    let role = list(&saved["aws"]["iam"]["Roles"]).iter().find(|role| ours(&role["Tags"])).expect("a role");
    let role = role["RoleName"].as_str().unwrap_or_default();
    assert!(role.len() == 64 && role.starts_with("FSXLCSI-a-cluster-name"), "{role}");
    let group = list(&saved["aws"]["ec2"]["SecurityGroups"]).iter().find(|group| ours(&group["Tags"]));
    assert_eq!(group.map(|group| group["GroupName"].clone()), Some(json!(format!("fsxctl-{name}"))));
    world.fsxctl("setup dynamic -q").ends_untouched(0);
}

/// A second group of nodes: an EC2 instance in a group of its own, and its node.
fn pool(tags: &str, listed: bool) -> String {
    let instance = format!(
        "    Instances:
    - {{InstanceId: i-0f10000000000000a, InstanceType: g6.12xlarge, State: {{Code: 16, Name: running}}, VpcId: vpc-0a10000000000000a, SubnetId: subnet-0a10000000000000a, PrivateIpAddress: 10.20.1.201, Placement: {{AvailabilityZone: us-west-2a}}, SecurityGroups: [{{GroupId: sg-0f10000000000000f}}, {{GroupId: sg-0f20000000000000f}}], Tags: [{tags}]}}
"
    );
    format!(
        "
aws:
  ec2:
    SecurityGroups:
    - {{GroupId: sg-0f10000000000000f, GroupName: pool, Description: pool, VpcId: vpc-0a10000000000000a}}
    - {{GroupId: sg-0f20000000000000f, GroupName: pool-extra, Description: pool, VpcId: vpc-0a10000000000000a}}
{}kubernetes:
  objects:
  - apiVersion: v1
    kind: Node
    metadata: {{name: ip-10-20-1-201.us-west-2.compute.internal, labels: {{topology.kubernetes.io/zone: us-west-2a}}}}
    spec: {{providerID: aws:///us-west-2a/i-0f10000000000000a}}
    status: {{addresses: [{{type: InternalIP, address: 10.20.1.201}}], conditions: [{{type: Ready, status: \"True\"}}]}}
",
        if listed { instance } else { String::new() }
    )
}

#[test]
fn nodes_of_karpenter_are_let_through_by_name() {
    let tags = "{Key: kubernetes.io/cluster/hp-eks, Value: owned}, {Key: karpenter.sh/nodepool, Value: gpu-spot}, {Key: \"eks:eks-cluster-name\", Value: hp-eks}";
    let world = World::of(&["bare", &pool(tags, true)]);
    says(
        &planned(&world, ""),
        &["rule of the nodes' own group (node pool gpu-spot)", "ingress tcp 988 from sg-0f10000000000000f"],
    );
    let run = world.fsxctl("setup dynamic --yes -q");
    assert_eq!(run.code, Some(0), "{}", run.show());
    world.fsxctl("setup dynamic -q").ends_untouched(0);
}

#[test]
fn nodes_without_the_cluster_s_tag_are_found_by_their_instance() {
    let world = World::of(&["bare", &pool("{Key: Name, Value: by-hand}", true)]);
    says(
        &planned(&world, ""),
        &["rule of the nodes' own group (EC2 nodes)", "ingress tcp 988 from sg-0f10000000000000f"],
    );
}

#[test]
fn a_node_that_ec2_does_not_list_is_told() {
    let world = World::of(&["bare", &pool("", false)]);
    says(
        &planned(&world, ""),
        &[
            "? EC2 does not list node ip-10-20-1-201.us-west-2.compute.internal: whether its security groups let Lustre through cannot be told",
        ],
    );
}

#[test]
fn auto_mode_needs_no_agent_and_wears_the_cluster_s_group() {
    let auto = "
aws:
  eks:
    clusters: [{name: hp-eks, computeConfig: {enabled: true, nodePools: [general-purpose]}}]
  ec2:
    Instances:
    - {InstanceId: i-0c10000000000000a, Tags: [{Key: \"eks:eks-cluster-name\", Value: hp-eks}, {Key: \"eks:kubernetes-node-pool-name\", Value: general-purpose}, {Key: kubernetes.io/cluster/hp-eks, Value: owned}]}
";
    let world = World::of(&["bare", auto]);
    let run = world.fsxctl("setup dynamic --yes -q");
    assert_eq!(run.code, Some(0), "{}", run.show());
    let saved = world.saved();
    let addon = list(&saved["aws"]["eks"]["addons"])
        .iter()
        .find(|addon| addon["addonName"] == "aws-fsx-csi-driver")
        .cloned()
        .unwrap_or_default();
    assert_eq!(list(&addon["podIdentityAssociations"]).len(), 1, "{addon}");
    assert!(
        !list(&saved["aws"]["eks"]["addons"]).iter().any(|it| it["addonName"] == "eks-pod-identity-agent")
    );
    world.fsxctl("setup dynamic -q").ends_untouched(0);
}

/// Nodes of `bare` that HyperPod and EC2 have.
const NODES: [&str; 5] = [
    "hyperpod-i-0a10000000000000a",
    "hyperpod-i-0a10000000000000b",
    "hyperpod-i-0b10000000000000a",
    "ip-10-20-1-101.us-west-2.compute.internal",
    "ip-10-20-65-101.us-west-2.compute.internal",
];

#[test]
fn fargate_alone_cannot_mount() {
    let gone: String = NODES
        .iter()
        .map(|name| {
            format!("  - {{apiVersion: v1, kind: Node, metadata: {{name: {name}}}, $absent: true}}\n")
        })
        .collect();
    let fargate = format!(
        "kubernetes:\n  objects:\n{gone}  - apiVersion: v1\n    kind: Node\n    metadata: {{name: fargate-ip-10-20-1-7.us-west-2.compute.internal, labels: {{eks.amazonaws.com/compute-type: fargate, topology.kubernetes.io/zone: us-west-2b}}}}\n    spec: {{providerID: \"aws:///us-west-2b/1a2b3c4d5e-6f7a8b9c/fargate-ip-10-20-1-7.us-west-2.compute.internal\"}}\n    status: {{conditions: [{{type: Ready, status: \"True\"}}]}}\n"
    );
    let world = World::of(&["bare", &fargate]);
    says(
        &planned(&world, ""),
        &["! every node is Fargate's, and Fargate cannot mount Lustre: pods need HyperPod or EC2 nodes"],
    );
}

#[test]
fn instance_groups_in_subnets_and_groups_of_their_own_are_clients_too() {
    let overridden = "
aws:
  ec2:
    Subnets:
    - {SubnetId: subnet-0f10000000000000f, VpcId: vpc-0a10000000000000a, CidrBlock: 10.20.200.0/24, AvailabilityZone: us-west-2a, AvailabilityZoneId: usw2-az1}
    SecurityGroups:
    - {GroupId: sg-0f10000000000000f, GroupName: own, Description: own, VpcId: vpc-0a10000000000000a}
  sagemaker:
    Clusters:
    - ClusterName: hp-cluster
      InstanceGroups:
      - {InstanceGroupName: gpu, InstanceType: ml.p5.48xlarge, CurrentCount: 2, TargetCount: 2, ExecutionRole: \"arn:aws:iam::111122223333:role/hp-cluster-execution\"}
      - {InstanceGroupName: cpu, InstanceType: ml.m5.4xlarge, CurrentCount: 1, TargetCount: 1, ExecutionRole: \"arn:aws:iam::111122223333:role/hp-cluster-execution\", OverrideVpcConfig: {Subnets: [subnet-0f10000000000000f], SecurityGroupIds: [sg-0f10000000000000f]}}
      - {InstanceGroupName: far, InstanceType: ml.m5.4xlarge, CurrentCount: 1, TargetCount: 1, ExecutionRole: \"arn:aws:iam::111122223333:role/hp-cluster-execution\", OverrideVpcConfig: {Subnets: [subnet-0far], SecurityGroupIds: [sg-0far]}}
";
    let world = World::of(&["bare", overridden]);
    // The shared group is no longer everybody's, so the file system gets a group of its own.
    says(
        &planned(&world, ""),
        &[
            "+ SecurityGroup fsxctl-hp-eks",
            "rule of the nodes' own group (instance group cpu)",
            "ingress tcp 988 from sg-0f10000000000000f",
            &format!("ingress tcp 988 from {NODE_GROUP}"),
            &format!("ingress tcp 988 from {CLUSTER_GROUP}"),
            "! instance group far wears sg-0far, which is not in vpc-0a10000000000000a: rules for it, and a way between the VPCs, are yours to make",
        ],
    );
    let run = world.fsxctl("setup dynamic --yes -q");
    assert_eq!(run.code, Some(0), "{}", run.show());
    world.fsxctl("setup dynamic -q").ends_untouched(0);
}

#[test]
fn rules_by_prefix_list_count() {
    let lists = format!(
        "
aws:
  ec2:
    PrefixLists:
    - {{PrefixListId: pl-0a10000000000000a, PrefixListName: vpc, AddressFamily: IPv4, MaxEntries: 10, Entries: [{{Cidr: 10.20.0.0/17}}, {{Cidr: 10.20.128.0/17}}]}}
    SecurityGroups:
    - GroupId: {NODE_GROUP}
      IpPermissions:
      - {{IpProtocol: \"-1\", UserIdGroupPairs: [{{GroupId: {NODE_GROUP}, UserId: \"111122223333\"}}]}}
      - {{IpProtocol: tcp, FromPort: 988, ToPort: 1023, PrefixListIds: [{{PrefixListId: pl-0a10000000000000a}}]}}
"
    );
    let world = World::of(&["bare", &lists]);
    says(&planned(&world, ""), &[&format!("= network: {NODE_GROUP} lets Lustre through")]);
}

#[test]
fn efa_opens_all_traffic_between_groups_and_is_set_up() {
    let world = World::bare();
    let refused = world.fsxctl("setup dynamic --yes -q --efa");
    refused.ends_untouched(2);
    refused.says(2, &["19200"]);
    says(
        &planned(&world, "--efa --size 19200Gi"),
        &[
            "! EFA works within us-west-2a only: 2 nodes are in other zones",
            &format!("ingress all traffic from {CLUSTER_GROUP}"),
        ],
    );
    let run = world.fsxctl("setup dynamic --yes -q --efa --size 19200Gi");
    assert_eq!(run.code, Some(0), "{}", run.show());
    let system = world.saved()["aws"]["fsx"]["FileSystems"][0]["LustreConfiguration"].clone();
    assert_eq!(
        (&system["EfaEnabled"], &system["MetadataConfiguration"]["Mode"]),
        (&json!(true), &json!("AUTOMATIC"))
    );
    world.fsxctl("setup dynamic -q --efa --size 19200Gi").ends_untouched(0);
}

#[test]
fn a_subnet_with_too_few_addresses_names_one_that_has_them() {
    let few = "aws: {ec2: {Subnets: [{SubnetId: subnet-0a10000000000000a, AvailableIpAddressCount: 3}]}}";
    let world = World::of(&["bare", few]);
    let named = world.fsxctl("setup dynamic --yes -q --size 9600Gi --subnet subnet-0a10000000000000a");
    named.ends_untouched(2);
    insta::assert_snapshot!(named.show(), @"
    $ fsxctl setup dynamic --yes -q --size 9600Gi --subnet subnet-0a10000000000000a
    code 2
    -- stderr
    error: the file system needs 5 addresses, but subnet-0a10000000000000a has 3 free
    next: use --subnet subnet-0b10000000000000b, which has 16377 free
    -- no write
    ");
    // The control plane's /28 of the same zone would have room, but EKS needs it.
    says(&planned(&world, "--size 9600Gi"), &["subnet subnet-0b10000000000000b (us-west-2b, usw2-az2)"]);
    let class = "
kubernetes:
  objects:
  - {apiVersion: storage.k8s.io/v1, kind: StorageClass, metadata: {name: fsx-sc}, provisioner: fsx.csi.aws.com, parameters: {subnetId: subnet-0a10000000000000a, securityGroupIds: sg-0b10000000000000b, deploymentType: SCRATCH_2}}
";
    let world = World::of(&["bare", few, class]);
    let in_use = world.fsxctl("setup dynamic --yes -q --size 9600Gi");
    in_use.ends_untouched(7);
    insta::assert_snapshot!(in_use.show(), @"
    $ fsxctl setup dynamic --yes -q --size 9600Gi
    code 7
    -- stderr
    error: a file system of 9600Gi needs 5 addresses, but subnet subnet-0a10000000000000a of
           StorageClass fsx-sc has 3 free, and Kubernetes cannot change the class
    next: take another class with --class, for instance --class fsx-sc-2
    -- no write
    ");
}

#[test]
fn a_size_without_a_unit_and_a_long_name_are_echoed_in_short() {
    let world = World::bare();
    insta::assert_snapshot!(world.fsxctl("setup dynamic --yes -q --size 1200").show(), @"
    $ fsxctl setup dynamic --yes -q --size 1200
    code 2
    -- stderr
    error: --size 1200 is 1200 bytes: a size has a unit
    next: use --size 1200Gi
    -- no write
    ");
    let run = world.fsxctl(&format!("setup dynamic --yes -q --claim {}", "x".repeat(300)));
    run.ends_untouched(2);
    assert!(!run.stderr.contains(&"x".repeat(70)) && run.stderr.contains('…'), "{}", run.show());
}

#[test]
fn a_policy_beside_an_insufficient_one_of_ours_is_looked_at() {
    let roles = "
aws:
  iam:
    Roles:
    - RoleName: FSXLCSI-hp-eks-us-west-2
      AttachedPolicies: [\"arn:aws:iam::aws:policy/AmazonFSxFullAccess\"]
      InlinePolicies: {fsxctl-fsx-csi: {Version: \"2012-10-17\", Statement: [{Effect: Allow, Action: \"fsx:DescribeFileSystems\", Resource: \"*\"}]}}
";
    let world = World::of(&["ready", roles]);
    says(&planned(&world, ""), &["= identity: Pod Identity gives the controller"]);
}
