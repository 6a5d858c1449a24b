//! A file system that is there already: bound with a volume and a claim, refused where pods could not mount it.

use fsxctl_sandbox::Options;
use serde_json::{Value, json};

use crate::finished::with_latency;
use crate::harness::{NODE_GROUP, Run, World, sources};
use crate::terminal::{DOWN, ENTER, ESC};

/// The file system of the world `existing`.
pub const FS: &str = "fs-0e10000000000000e";
/// The volume that it gets for `default/fsx-claim`.
const VOLUME: &str = "fs-0e10000000000000e-default-fsx-claim";
const MADE: [&str; 2] = [
    "kube create /api/v1/namespaces/default/persistentvolumeclaims",
    "kube create /api/v1/persistentvolumes",
];

/// A saved world that was changed, as a layer of its own.
pub fn text_of(saved: &Value) -> String {
    serde_yaml::to_string(saved).expect("a world is YAML")
}

fn existing(layers: &[&str]) -> World {
    let all: Vec<&str> = ["existing"].into_iter().chain(layers.iter().copied()).collect();
    World::of(&all)
}

fn byo(world: &World, words: &str) -> Run {
    world.fsxctl(&format!("byo --fs-id {FS} --yes -q {words}"))
}

/// Bound by a first run, and nothing to do for a second.
#[track_caller]
fn binds(world: &World, words: &str) -> Run {
    let run = byo(world, words);
    assert_eq!(run.code, Some(0), "{}", run.show());
    byo(world, words).ends_untouched(0);
    run
}

/// Refused before any write, with these words.
#[track_caller]
fn refuses(world: &World, words: &str, code: i32, says: &[&str]) {
    let run = byo(world, words);
    run.ends_untouched(code);
    run.says(code, says);
    assert!(run.stderr.contains("next:"), "{}", run.show());
}

fn lustre(members: &str) -> String {
    format!("aws: {{fsx: {{FileSystems: [{{FileSystemId: {FS}, {members}}}]}}}}")
}

#[test]
fn an_existing_file_system_is_bound_in_three_waves_without_iam_or_a_class() {
    let words = format!("byo --fs-id {FS} --yes -o json");
    let world = existing(&[]);
    let run = world.fsxctl(&words);
    assert_eq!(run.code, Some(0), "{}", run.show());
    assert_eq!(run.writes(), MADE);
    let start =
        |latency| World::with(Options { worlds: sources(&["existing"]), latency, ..Options::default() });
    with_latency(start, &words, |run| {
        let last = run.requests.iter().filter(|entry| entry.write).map(|entry| entry.wave).max();
        last.is_some_and(|wave| wave <= 3).then_some(()).ok_or_else(|| format!("last write in wave {last:?}"))
    });
    let of = |service: &str| run.requests.iter().any(|it| it.service.as_deref() == Some(service));
    assert!(!of("iam"), "{}", run.show());
    assert!(!run.requests.iter().any(|entry| entry.path.contains("storageclasses")), "{}", run.show());

    let volume = world.object("PersistentVolume", VOLUME).expect("the volume");
    let spec = &volume["spec"];
    assert_eq!(
        spec["csi"],
        json!({
            "driver": "fsx.csi.aws.com", "volumeHandle": FS,
            "volumeAttributes": {"dnsname": format!("{FS}.fsx.us-west-2.amazonaws.com"), "mountname": "a1b2c3d4"},
        })
    );
    assert_eq!(spec["persistentVolumeReclaimPolicy"], "Retain");
    assert_eq!(spec["storageClassName"].as_str().unwrap_or_default(), "");
    assert_eq!(spec["mountOptions"], json!(["flock"]));
    assert_eq!(spec["accessModes"], json!(["ReadWriteMany"]));
    assert_eq!(spec["capacity"]["storage"], "2400Gi");
    assert_eq!(
        (&spec["claimRef"]["namespace"], &spec["claimRef"]["name"]),
        (&json!("default"), &json!("fsx-claim"))
    );
    assert_eq!(volume["metadata"]["labels"]["app.kubernetes.io/managed-by"], "fsxctl");
    let claim = world.object("PersistentVolumeClaim", "fsx-claim").expect("the claim");
    assert_eq!(
        (&claim["spec"]["volumeName"], &claim["spec"]["storageClassName"]),
        (&json!(VOLUME), &json!(""))
    );
    assert_eq!(claim["status"]["phase"], "Bound");

    let receipt = run.json();
    assert_eq!(receipt["kind"], "Receipt");
    assert_eq!(
        receipt["volume"],
        json!({
            "namespace": "default", "claim": "fsx-claim", "persistentVolume": VOLUME, "fileSystemId": FS,
            "dnsName": format!("{FS}.fsx.us-west-2.amazonaws.com"), "mountName": "a1b2c3d4",
        })
    );
    let again = world.fsxctl(&format!("byo --fs-id {FS} -o json"));
    again.ends_untouched(0);
    assert_eq!(again.json()["volume"], receipt["volume"]);
}

#[test]
fn the_plan_says_what_and_why() {
    let run = existing(&[]).fsxctl(&format!("byo --fs-id {FS} --dry-run"));
    run.ends_untouched(0);
    insta::assert_snapshot!(run.show());
}

#[test]
fn without_consent_nothing_is_made() {
    let run = existing(&[]).fsxctl(&format!("byo --fs-id {FS}"));
    run.ends_untouched(9);
    run.says(9, &["--yes"]);
}

/// A default class is put into claims that name none; this one names none on purpose.
#[test]
fn a_default_class_does_not_take_the_claim() {
    let class = "kubernetes: {objects: [{apiVersion: storage.k8s.io/v1, kind: StorageClass, metadata: {name: fsx-default, annotations: {storageclass.kubernetes.io/is-default-class: \"true\"}}, provisioner: fsx.csi.aws.com, parameters: {subnetId: subnet-0a10000000000000a, securityGroupIds: sg-0b10000000000000b}}]}";
    let world = existing(&[class]);
    assert_eq!(binds(&world, "").writes(), MADE);
    let saved = world.saved();
    assert_eq!(
        saved["aws"]["fsx"]["FileSystems"].as_array().map(Vec::len),
        Some(1),
        "a second file system was made"
    );
}

#[test]
fn what_is_not_there_is_answered_with_what_is() {
    let open = "aws: {fsx: {FileSystems: [{FileSystemId: fs-0f00000000000000f, FileSystemType: OPENZFS, Lifecycle: AVAILABLE, StorageCapacity: 64, StorageType: SSD, SubnetIds: [subnet-0a10000000000000a], OpenZFSConfiguration: {DeploymentType: SINGLE_AZ_1, ThroughputCapacity: 64}}]}}";
    let world = existing(&[open]);
    for (id, says) in [
        ("fs-0123456789abcdef0", "there is no file system fs-0123456789abcdef0 in us-west-2"),
        ("fs-0f00000000000000f", "is of type OPENZFS, and the driver mounts LUSTRE"),
    ] {
        let run = world.fsxctl(&format!("byo --fs-id {id} --yes -q"));
        run.ends_untouched(2);
        run.says(2, &[says, &format!("--fs-id {FS}")]);
    }
    refuses(&existing(&[]), "-n nowhere", 2, &["namespace nowhere does not exist", "--create-namespace"]);
    let run = World::bare().fsxctl("byo --yes");
    run.ends_untouched(2);
    run.says(2, &["there is no FSx for Lustre file system", "fsxctl setup dynamic"]);
    let run = existing(&[]).fsxctl("byo --yes");
    run.ends_untouched(2);
    run.says(2, &["no file system is named", FS, "team-data", "2400Gi", "us-west-2a", "AVAILABLE"]);
}

#[test]
fn a_namespace_is_made_when_it_is_asked_for() {
    let world = existing(&[]);
    let run = binds(&world, "-n ml --create-namespace");
    assert_eq!(
        run.writes(),
        [
            "kube create /api/v1/namespaces",
            "kube create /api/v1/namespaces/ml/persistentvolumeclaims",
            MADE[1]
        ]
    );
}

#[test]
fn a_file_system_that_cannot_be_mounted_is_refused() {
    for (lifecycle, says) in [
        ("FAILED", "is FAILED, which is final: the disks are gone"),
        ("DELETING", "is DELETING"),
        ("MISCONFIGURED_UNAVAILABLE", "is MISCONFIGURED_UNAVAILABLE"),
    ] {
        let state =
            lustre(&format!("Lifecycle: {lifecycle}, FailureDetails: {{Message: the disks are gone}}"));
        let world = existing(&["lifecycles: false", &state]);
        refuses(&world, "", 7, &[says, "--fs-id"]);
    }
}

#[test]
fn one_that_is_being_made_is_waited_for() {
    let coming = lustre("Lifecycle: CREATING, $remaining: 600");
    refuses(&existing(&[&coming]), "--no-wait", 7, &["is CREATING, and --no-wait", "leave --no-wait out"]);
    let world = existing(&[&coming]);
    let run = world.fsxctl(&format!("byo --fs-id {FS} --yes"));
    assert_eq!(run.code, Some(0), "{}", run.show());
    assert_eq!(run.writes(), MADE);
    run.says(0, &[&format!("file system {FS} to be AVAILABLE")]);
    let stuck = existing(&["lifecycles: false", &coming]);
    let run = stuck.fsxctl(&format!("byo --fs-id {FS} --yes -q --timeout 2s"));
    run.ends_untouched(6);
    run.says(6, &["waited 2 s", "run the same command again"]);
}

/// A second VPC with the file system in it, and a way between the two.
fn elsewhere(route: &str, back: &str) -> String {
    format!(
        "
aws:
  ec2:
    Vpcs: [{{VpcId: vpc-0d00000000000000d, CidrBlock: 10.99.0.0/16, EnableDnsSupport: true, EnableDnsHostnames: true}}]
    Subnets: [{{SubnetId: subnet-0d00000000000000d, VpcId: vpc-0d00000000000000d, CidrBlock: 10.99.0.0/20, AvailabilityZone: us-west-2a, AvailabilityZoneId: usw2-az1}}]
    SecurityGroups:
    - {{GroupId: sg-0d00000000000000d, GroupName: data, Description: d, VpcId: vpc-0d00000000000000d, IpPermissions: [{{IpProtocol: tcp, FromPort: 988, ToPort: 1023, IpRanges: [{{CidrIp: 10.0.0.0/8}}]}}], IpPermissionsEgress: [{{IpProtocol: \"-1\", IpRanges: [{{CidrIp: 0.0.0.0/0}}]}}]}}
    RouteTables:
    - RouteTableId: rtb-0d00000000000000d
      VpcId: vpc-0d00000000000000d
      Associations: [{{SubnetId: subnet-0d00000000000000d, Main: false}}]
      Routes: [{{DestinationCidrBlock: 10.99.0.0/16, GatewayId: local, State: active, Origin: CreateRouteTable}}{back}]
    - RouteTableId: rtb-0a10000000000000a
      Routes: [{{DestinationCidrBlock: 10.20.0.0/16, GatewayId: local, State: active, Origin: CreateRouteTable}}{route}]
    - RouteTableId: rtb-0b10000000000000b
      Routes: [{{DestinationCidrBlock: 10.20.0.0/16, GatewayId: local, State: active, Origin: CreateRouteTable}}{route}]
  fsx:
    FileSystems: [{{FileSystemId: fs-0d00000000000000d, FileSystemType: LUSTRE, FileSystemTypeVersion: \"2.15\", Lifecycle: AVAILABLE, StorageType: SSD, StorageCapacity: 1200, SubnetIds: [subnet-0d00000000000000d], $SecurityGroupIds: [sg-0d00000000000000d], LustreConfiguration: {{DeploymentType: PERSISTENT_2, PerUnitStorageThroughput: 250, MountName: d1d2d3d4}}}}]
"
    )
}

fn route(cidr: &str, target: &str) -> String {
    format!(", {{DestinationCidrBlock: {cidr}, {target}, Origin: CreateRoute}}")
}

#[test]
fn another_vpc_needs_a_way_there_and_back_and_is_mounted_by_address() {
    let there = "10.99.0.0/16";
    let pcx = "VpcPeeringConnectionId: pcx-0a00000000000000a, State: active";
    let gone = "VpcPeeringConnectionId: pcx-0a00000000000000a, State: blackhole";
    let tgw = "TransitGatewayId: tgw-0a00000000000000a, State: active";
    let words = "byo --fs-id fs-0d00000000000000d --yes -q";
    for (to, back, says) in [
        (String::new(), String::new(), "has no route to 10.99.0.0/20"),
        (route(there, gone), route("10.20.0.0/16", pcx), "has no route to 10.99.0.0/20"),
        (route("10.98.0.0/16", pcx), route("10.20.0.0/16", pcx), "has no route to 10.99.0.0/20"),
        (route(there, pcx), String::new(), "has no route back to 10.20."),
    ] {
        let run = World::of(&["existing", &elsewhere(&to, &back)]).fsxctl(words);
        run.ends_untouched(7);
        run.says(7, &["is in vpc-0d00000000000000d", says, "peering or a transit gateway"]);
    }
    for target in [pcx, tgw] {
        let world =
            World::of(&["existing", &elsewhere(&route(there, target), &route("10.20.0.0/16", target))]);
        let run = world.fsxctl(words);
        assert_eq!(run.code, Some(0), "{}", run.show());
        let volume =
            world.object("PersistentVolume", "fs-0d00000000000000d-default-fsx-claim").expect("a volume");
        let host = volume["spec"]["csi"]["volumeAttributes"]["dnsname"].as_str().unwrap_or_default();
        assert!(host.starts_with("10.99."), "mounted by {host}, which does not resolve");
        world.fsxctl(words).ends_untouched(0);
    }
}

/// A second group on one interface alone, without 1018-1023.
const HALF_OPEN: &str = "
aws:
  ec2:
    SecurityGroups:
    - {GroupId: sg-0e00000000000000e, GroupName: half, Description: d, VpcId: vpc-0a10000000000000a, IpPermissions: [{IpProtocol: tcp, FromPort: 988, ToPort: 988, IpRanges: [{CidrIp: 10.20.0.0/16}]}], IpPermissionsEgress: [{IpProtocol: \"-1\", IpRanges: [{CidrIp: 0.0.0.0/0}]}]}
";

/// The world with that group on the file system's second interface.
fn half_open() -> World {
    let world = existing(&[HALF_OPEN]);
    let mut saved = world.saved();
    let interfaces = saved["aws"]["ec2"]["NetworkInterfaces"].as_array_mut().expect("interfaces");
    let of_system: Vec<&mut Value> = interfaces
        .iter_mut()
        .filter(|it| it["Description"].to_string().contains("fsx") || it["TagSet"].to_string().contains(FS))
        .collect();
    assert!(of_system.len() > 1, "the file system has one interface only");
    let last = of_system.into_iter().last().expect("an interface");
    last["Groups"] = json!([{"GroupId": "sg-0e00000000000000e", "GroupName": "half"}]);
    World::of(&[&text_of(&saved)])
}

#[test]
fn a_range_that_is_closed_on_one_interface_is_found_and_opened_on_demand() {
    let world = half_open();
    refuses(
        &world,
        "",
        7,
        &["security group sg-0e00000000000000e on interface eni-", "tcp 1018-1023", "--open-ports"],
    );
    let run = binds(&world, "--open-ports");
    // Its own group, and those of both groups of nodes: AWS asks for the way back as well.
    let opened = run.writes().iter().filter(|write| *write == "ec2 AuthorizeSecurityGroupIngress").count();
    assert_eq!((opened, run.writes().len()), (3, 5), "{}", run.show());
    let saved = world.saved();
    let groups = saved["aws"]["ec2"]["SecurityGroups"].as_array().cloned().unwrap_or_default();
    let half = groups.iter().find(|group| group["GroupId"] == "sg-0e00000000000000e").expect("the group");
    assert!(half["IpPermissions"].to_string().contains("fsxctl hp-eks: Lustre from"), "{half}");
    let whole = groups.iter().find(|group| group["GroupId"] == NODE_GROUP).expect("the group");
    assert!(
        whole["IpPermissions"].to_string().contains("fsxctl hp-eks: Lustre from the file system"),
        "{whole}"
    );
    let skipped = half_open().fsxctl(&format!("byo --fs-id {FS} --yes -q --skip-check ports"));
    assert_eq!(skipped.writes(), MADE, "{}", skipped.show());
}

#[test]
fn a_volume_of_that_name_that_differs_is_in_the_way() {
    let of = |spec: &str| {
        let head = "apiVersion: v1, kind: PersistentVolume, metadata: {name: mine}";
        format!(
            "kubernetes: {{objects: [{{{head}, spec: {{capacity: {{storage: 2400Gi}}, accessModes: [ReadWriteMany], persistentVolumeReclaimPolicy: Retain, {spec}}}}}]}}"
        )
    };
    let csi = |handle: &str, dns: &str, mount: &str| {
        format!(
            "csi: {{driver: fsx.csi.aws.com, volumeHandle: {handle}, volumeAttributes: {{dnsname: {dns}, mountname: {mount}}}}}"
        )
    };
    let dns = format!("{FS}.fsx.us-west-2.amazonaws.com");
    let right = csi(FS, &dns, "a1b2c3d4");
    for (spec, says) in [
        (csi("fs-0123456789abcdef0", &dns, "a1b2c3d4"), "is there, and of file system fs-0123456789abcdef0"),
        (csi(FS, &dns, "zzzzzzzz"), "mounts zzzzzzzz, and the mount name"),
        (csi(FS, "fs-0123456789abcdef0.fsx.us-west-2.amazonaws.com", "a1b2c3d4"), "another file system"),
        (format!("{right}, claimRef: {{namespace: team, name: other}}"), "is there, for claim team/other"),
        (format!("{right}, storageClassName: gp3"), "is there with class gp3"),
        ("hostPath: {path: /tmp}".to_owned(), "is there, and of another driver"),
    ] {
        refuses(&existing(&[&of(&spec)]), "--pv-name mine", 7, &["PersistentVolume mine", says]);
    }
    // One that is right is used as it is.
    let world = existing(&[&of(&right)]);
    let run = binds(&world, "--pv-name mine");
    assert_eq!(run.writes(), MADE[..1]);
}

#[test]
fn a_claim_of_something_else_is_left_alone() {
    let world = World::of(&[
        "done",
        "aws: {fsx: {FileSystems: [{FileSystemId: fs-0123456789abcdef0, FileSystemType: LUSTRE, FileSystemTypeVersion: \"2.15\", Lifecycle: AVAILABLE, StorageType: SSD, StorageCapacity: 1200, SubnetIds: [subnet-0a10000000000000a], $SecurityGroupIds: [sg-0b10000000000000b], LustreConfiguration: {DeploymentType: PERSISTENT_2, PerUnitStorageThroughput: 250, MountName: q1q2q3q4}}]}}",
    ]);
    let run = world.fsxctl("byo --fs-id fs-0123456789abcdef0 --yes -q");
    run.ends_untouched(7);
    run.says(7, &["claim default/fsx-claim is bound to file system", "--claim"]);
    let run = world.fsxctl("byo --fs-id fs-0123456789abcdef0 --yes -q --claim second");
    assert_eq!(run.code, Some(0), "{}", run.show());
    // Without a class of its own a claim got the default one, which cannot be changed.
    let waiting = "kubernetes: {objects: [{apiVersion: v1, kind: PersistentVolumeClaim, metadata: {name: fsx-claim, namespace: default}, spec: {accessModes: [ReadWriteMany], storageClassName: gp2, resources: {requests: {storage: 1Gi}}}, status: {phase: Pending}}]}";
    refuses(
        &existing(&[waiting]),
        "",
        7,
        &["waits for class gp2", "kubectl -n default delete pvc fsx-claim"],
    );
}

#[test]
fn a_released_volume_is_used_again_only_on_demand() {
    let world = existing(&[]);
    binds(&world, "");
    let mut saved = world.saved();
    let objects = saved["kubernetes"]["objects"].as_array_mut().expect("objects");
    objects.retain(|object| object["metadata"]["name"] != "fsx-claim");
    let volume = objects.iter_mut().find(|object| object["metadata"]["name"] == VOLUME).expect("the volume");
    volume["status"]["phase"] = json!("Released");
    let world = World::of(&[&text_of(&saved)]);
    refuses(&world, "", 7, &["is there and Released: its claim was deleted", "--rebind"]);
    let run = binds(&world, "--rebind");
    assert_eq!(
        run.writes(),
        [MADE[0], "kube patch /api/v1/persistentvolumes/fs-0e10000000000000e-default-fsx-claim"]
    );
    assert_eq!(
        world.object("PersistentVolumeClaim", "fsx-claim").expect("a claim")["status"]["phase"],
        "Bound"
    );
}

#[test]
fn without_a_driver_it_is_installed_on_demand() {
    // The world `bare` has no driver.
    let world = World::of(&[
        "bare",
        &format!(
            "{}\n",
            lustre(
                "FileSystemType: LUSTRE, FileSystemTypeVersion: \"2.15\", Lifecycle: AVAILABLE, StorageType: SSD, StorageCapacity: 1200, SubnetIds: [subnet-0a10000000000000a], $SecurityGroupIds: [sg-0b10000000000000b], LustreConfiguration: {DeploymentType: PERSISTENT_2, PerUnitStorageThroughput: 250, MountName: a1b2c3d4}"
            )
        ),
    ]);
    refuses(&world, "--open-ports", 7, &["the FSx CSI driver is not installed", "--install-driver"]);
    let run = binds(&world, "--open-ports --install-driver");
    assert_eq!(run.writes(), ["ec2 AuthorizeSecurityGroupIngress", "eks CreateAddon", MADE[0], MADE[1]]);
    assert!(!run.requests.iter().any(|entry| entry.service.as_deref() == Some("iam")), "{}", run.show());
}

#[test]
fn old_servers_and_new_kernels_are_told() {
    let old = lustre("FileSystemTypeVersion: \"2.10\"");
    refuses(&existing(&[&old]), "", 7, &["Lustre 2.10", "cannot mount", "update-file-system"]);
    let run = byo(&existing(&[&old]), "--skip-check version");
    assert_eq!(run.code, Some(0), "{}", run.show());
}

/// What cannot be seen is told, and is no refusal.
#[test]
fn hidden_facts_are_questions_and_no_refusals() {
    for (denied, says) in [
        ("ec2:DescribeSecurityGroups", "whether nodes reach file system"),
        ("ec2:DescribeNetworkInterfaces", "whether nodes reach file system"),
        ("ec2:DescribeSubnets", "ec2:DescribeSubnets"),
        ("ec2:DescribeInstances", "whether nodes reach file system"),
        ("sagemaker:ListClusters", "whether nodes reach file system"),
        ("kube:list nodes", "list nodes"),
        ("kube:get csidrivers.storage.k8s.io", "whether the driver is installed cannot be seen"),
        ("kube:list persistentvolumes", "volumes cannot be seen"),
        ("kube:get namespaces", "namespace default cannot be seen"),
    ] {
        let world = existing(&[&format!("denied: [\"{}\"]", denied.replace(".storage.k8s.io", ""))]);
        let run = byo(&world, "");
        assert_eq!(run.code, Some(0), "{denied}: {}", run.show());
        let told = run.stdout.split_whitespace().collect::<Vec<_>>().join(" ");
        assert!(told.contains("? ") && told.contains(says), "{denied}: {}", run.show());
    }
    for (denied, names) in [
        ("fsx:DescribeFileSystems", "fsx:DescribeFileSystems"),
        ("eks:DescribeCluster", "eks:DescribeCluster"),
        ("kube:get persistentvolumeclaims default", "get persistentvolumeclaims in default"),
        ("kube:create persistentvolumes", "create persistentvolumes"),
    ] {
        let run = byo(&existing(&[&format!("denied: [\"{denied}\"]")]), "");
        assert_eq!(run.code, Some(5), "{denied}: {}", run.show());
        run.says(5, &[names]);
    }
}

#[test]
fn on_a_terminal_it_is_chosen_from_a_list() {
    let more = "aws: {fsx: {FileSystems: [{FileSystemId: fs-0c00000000000000c, FileSystemType: LUSTRE, FileSystemTypeVersion: \"2.15\", Lifecycle: FAILED, StorageType: SSD, StorageCapacity: 1200, SubnetIds: [subnet-0b10000000000000b], $SecurityGroupIds: [sg-0b10000000000000b], LustreConfiguration: {DeploymentType: PERSISTENT_2, PerUnitStorageThroughput: 250, MountName: c1c2c3c4}}]}}";
    let world = existing(&["lifecycles: false", more]);
    let mut terminal = world.terminal(&["byo"], (40, 120));
    terminal.until("Which file system?");
    terminal.until("team-data");
    terminal.until("FAILED");
    terminal.press(ENTER);
    terminal.until("Apply these changes?");
    terminal.line("y");
    let run = terminal.end();
    assert_eq!(run.code, Some(0), "{}", run.show());
    assert_eq!(run.writes(), MADE, "{}", run.show());
    // One that cannot be mounted can be chosen, and is refused with its reason.
    let world = existing(&["lifecycles: false", more]);
    let mut terminal = world.terminal(&["byo"], (40, 120));
    terminal.until("Which file system?");
    terminal.press(DOWN);
    terminal.press(ENTER);
    let run = terminal.end();
    run.ends_untouched(7);
    let mut terminal = world.terminal(&["byo"], (40, 120));
    terminal.until("Which file system?");
    terminal.press(ESC);
    terminal.end().ends_untouched(9);
}

#[test]
fn it_is_proved_on_the_nodes_when_that_is_asked_for() {
    let world = existing(&[]);
    let run = world.fsxctl(&format!("byo --fs-id {FS} --verify --yes -o json"));
    assert_eq!(run.code, Some(0), "{}", run.show());
    let receipt = run.json();
    assert_eq!((&receipt["kind"], &receipt["verification"]["verdict"]), (&json!("Receipt"), &json!("ok")));
    let nodes = receipt["verification"]["items"].as_array().cloned().unwrap_or_default();
    assert!(nodes.len() > 1 && nodes.iter().all(|node| node["writeMiBps"].is_number()), "{nodes:?}");
    // What is bound already is proved again, and only with consent.
    let again = world.fsxctl(&format!("byo --fs-id {FS} --verify"));
    again.ends_untouched(9);
    assert!(again.stdout.contains("--verify: pods on nodes"), "{}", again.show());
    let again = world.fsxctl(&format!("byo --fs-id {FS} --verify --yes -q"));
    assert_eq!(again.code, Some(0), "{}", again.show());
    assert!(again.stdout.contains("Verified: "), "{}", again.show());
    let jobs = world.saved()["kubernetes"]["objects"].as_array().cloned().unwrap_or_default();
    assert!(!jobs.iter().any(|object| object["kind"] == "Job"), "a Job was left");
    // A claim that cannot be used is no success, however well it was bound.
    let world = existing(&["kubernetes: {podOutcomes: [{selector: fsxctl.io/job=verify, mount: errno 5}]}"]);
    let run = world.fsxctl(&format!("byo --fs-id {FS} --verify --yes -q -o json"));
    assert_eq!(run.code, Some(3), "{}", run.show());
    let receipt = run.json();
    assert_eq!((&receipt["kind"], &receipt["exitCode"]), (&json!("Receipt"), &json!(3)));
    assert_eq!(receipt["volume"]["persistentVolume"], VOLUME);
    assert_eq!(receipt["verification"]["verdict"], "failed");
    let run = world.fsxctl("byo --verify --no-wait --fs-id fs-0e10000000000000e");
    run.ends_untouched(2);
}
