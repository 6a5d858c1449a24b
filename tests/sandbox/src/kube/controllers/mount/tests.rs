//! Mounts on the world `existing`, mended and broken in every way that is known.

use jiff::SignedDuration;
use serde_json::{Value, json};

use crate::server::Source;
use crate::state::State;

const HEAD: &str = "apiVersion: sandbox.fsxctl.io/v1alpha1\nkind: World\n";
/// The file system of `existing`.
const ID: &str = "fs-0e10000000000000e";
const HOST: &str = "fs-0e10000000000000e.fsx.us-west-2.amazonaws.com";
const NODE: &str = "hyperpod-i-0a10000000000000a";

/// `existing` with a layer over it, on the world's own clock.
fn world(layer: &str) -> State {
    let mut sources = vec![Source::BuiltIn("existing".to_owned())];
    if !layer.is_empty() {
        sources.push(Source::text(format!("{HEAD}{layer}")));
    }
    let mut state = crate::world::load(&sources, 1.0).expect("a world");
    let now = state.now;
    state.advance(now);
    state
}

fn pass(state: &mut State, seconds: i64) {
    // Not all at once: timers of timers come due on the way.
    for _ in 0..seconds * 2 {
        let now = state.now + SignedDuration::from_millis(500);
        state.advance(now);
    }
}

#[allow(clippy::needless_pass_by_value, reason = "tests hand over json! values in place")]
fn pod_with(state: &mut State, volume: Value, pod: Value) {
    let mut persistent = json!({
        "apiVersion": "v1", "kind": "PersistentVolume", "metadata": {"name": "pv"},
        "spec": {"capacity": {"storage": "2400Gi"}, "accessModes": ["ReadWriteMany"], "mountOptions": ["flock"],
            "claimRef": {"namespace": "default", "name": "data"},
            "csi": {"driver": "fsx.csi.aws.com", "volumeHandle": ID,
                "volumeAttributes": {"dnsname": HOST, "mountname": "a1b2c3d4"}}},
    });
    crate::world::merge(&mut persistent, volume);
    let modes = persistent["spec"]["accessModes"].clone();
    let claim = json!({
        "apiVersion": "v1", "kind": "PersistentVolumeClaim", "metadata": {"name": "data", "namespace": "default"},
        "spec": {"accessModes": modes, "storageClassName": "", "volumeName": "pv",
            "resources": {"requests": {"storage": "2400Gi"}}},
    });
    let mut app = json!({
        "apiVersion": "v1", "kind": "Pod", "metadata": {"name": "app", "namespace": "default", "labels": {"app": "x"}},
        "spec": {"nodeName": NODE, "containers": [{"name": "c", "image": "i:1",
                "volumeMounts": [{"name": "data", "mountPath": "/fsx"}]}],
            "volumes": [{"name": "data", "persistentVolumeClaim": {"claimName": "data"}}]},
    });
    crate::world::merge(&mut app, pod);
    let now = state.now;
    for object in [persistent, claim, app] {
        state.kube.create(object, "test", now).expect("created");
    }
    state.advance(now);
}

fn phase(state: &State) -> &str {
    state.kube.get("v1", "Pod", "default", "app").expect("the pod")["status"]["phase"]
        .as_str()
        .expect("a phase")
}

/// Reason, message and count of the pod's warnings.
fn warnings(state: &State) -> Vec<(String, String, i64)> {
    let of_pod = |e: &&Value| e["involvedObject"]["name"] == "app" && e["type"] == "Warning";
    let text = |value: &Value| value.as_str().unwrap_or_default().to_owned();
    let events = state.kube.list("v1", "Event").filter(of_pod);
    events.map(|e| (text(&e["reason"]), text(&e["message"]), e["count"].as_i64().unwrap_or(0))).collect()
}

/// What the world must be like, what is then said first, and after how many seconds.
struct Case {
    layer: String,
    volume: Value,
    says: &'static str,
    after: i64,
}

fn case(layer: impl Into<String>, says: &'static str) -> Case {
    Case { layer: layer.into(), volume: json!({}), says, after: 12 }
}

fn of_volume(spec: Value, says: &'static str) -> Case {
    Case { layer: String::new(), volume: json!({"spec": spec}), says, after: 2 }
}

fn late(layer: impl Into<String>) -> Case {
    Case { after: 115, ..case(layer, "exit status 110") }
}

fn node(info: &str) -> String {
    format!(
        "kubernetes: {{objects: [{{apiVersion: v1, kind: Node, metadata: {{name: {NODE}}}, status: {{nodeInfo: {info}}}}}]}}"
    )
}

fn file_system(members: &str) -> String {
    format!("aws: {{fsx: {{FileSystems: [{{FileSystemId: {ID}, {members}}}]}}}}")
}

/// The nodes' group, which the file system of `existing` wears too, with other rules.
fn rules(inbound: &str, outbound: &str) -> String {
    let group = "sg-0b10000000000000b";
    format!(
        "aws: {{ec2: {{SecurityGroups: [{{GroupId: {group}, IpPermissions: {inbound}, IpPermissionsEgress: {outbound}}}]}}}}"
    )
}

const ALL: &str = "[{IpProtocol: \"-1\", IpRanges: [{CidrIp: 0.0.0.0/0}]}]";

fn tcp(ports: &[(u16, u16)]) -> String {
    let rule = |(from, to): &(u16, u16)| {
        format!("{{IpProtocol: tcp, FromPort: {from}, ToPort: {to}, IpRanges: [{{CidrIp: 10.20.0.0/16}}]}}")
    };
    format!("[{}]", ports.iter().map(rule).collect::<Vec<_>>().join(", "))
}

fn cases() -> Vec<Case> {
    [of_the_cluster(), of_the_client(), of_the_network()].into_iter().flatten().collect()
}

/// What the kubelet and the driver refuse themselves.
fn of_the_cluster() -> Vec<Case> {
    vec![
        case(
            "kubernetes: {objects: [{apiVersion: apps/v1, kind: DaemonSet, metadata: {name: fsx-csi-node, namespace: kube-system}, spec: {template: {spec: {nodeSelector: {no: node}}}}}]}",
            "MountVolume.MountDevice failed for volume \"pv\" : kubernetes.io/csi: attacher.MountDevice failed to create newCsiDriverClient: driver name fsx.csi.aws.com not found in the list of registered CSI drivers",
        ),
        case(
            format!(
                "kubernetes: {{objects: [{{apiVersion: storage.k8s.io/v1, kind: CSINode, metadata: {{name: {NODE}}}, spec: {{drivers: []}}}}]}}"
            ),
            "driver name fsx.csi.aws.com not found in the list of registered CSI drivers",
        ),
        Case {
            after: 122,
            ..case(
                "kubernetes: {objects: [{apiVersion: storage.k8s.io/v1, kind: CSIDriver, metadata: {name: fsx.csi.aws.com}, $absent: true}]}",
                "AttachVolume.Attach failed for volume \"pv\" : Attach timeout for volume fs-0e10000000000000e",
            )
        },
        of_volume(
            json!({"csi": {"volumeAttributes": {"dnsname": null}}}),
            "rpc error: code = InvalidArgument desc = dnsname is not provided",
        ),
        of_volume(
            json!({"accessModes": ["ReadOnlyMany"]}),
            "rpc error: code = InvalidArgument desc = Volume capability not supported",
        ),
    ]
}

/// What mount.lustre and the kernel refuse.
fn of_the_client() -> Vec<Case> {
    let vpc =
        |member: &str| format!("aws: {{ec2: {{Vpcs: [{{VpcId: vpc-0a10000000000000a, {member}: false}}]}}}}");
    vec![
        of_volume(json!({"csi": {"volumeAttributes": {"mountname": null}}}), "@tcp:/fsx\" at"),
        of_volume(json!({"csi": {"volumeAttributes": {"mountname": "other"}}}), "exit status 2\n"),
        of_volume(
            json!({"csi": {"volumeAttributes": {"mountname": "a1b2c3d4/team"}}}),
            "Is the filesystem name correct?",
        ),
        of_volume(
            json!({"csi": {"volumeAttributes": {"dnsname": "fs-0e10000000000000f.fsx.us-west-2.amazonaws.com"}}}),
            "mount.lustre: Can't parse NID 'fs-0e10000000000000f.fsx.us-west-2.amazonaws.com@tcp:/a1b2c3d4'",
        ),
        Case {
            after: 112,
            ..of_volume(json!({"csi": {"volumeAttributes": {"dnsname": "10.20.9.9"}}}), "exit status 110\n")
        },
        of_volume(json!({"mountOptions": ["flock", "nfsvers=4.1"]}), "exit status 22\n"),
        case(vpc("EnableDnsSupport"), "Can't parse NID"),
        case(vpc("EnableDnsHostnames"), "Can't parse NID"),
        case(file_system("Lifecycle: CREATING"), "Is the MGS running?"),
        case(file_system("Lifecycle: FAILED"), "exit status 5\n"),
        case(file_system("Lifecycle: DELETING"), "exit status 5\n"),
        case(
            file_system("FileSystemTypeVersion: \"2.10\""),
            "failed: Invalid argument\nThis may have multiple causes.\nIs 'a1b2c3d4' the correct filesystem name?",
        ),
        case(
            node("{osImage: \"Bottlerocket OS 1.24.1 (aws-k8s-1.33)\", kernelVersion: 6.1.112}"),
            "Are the lustre modules loaded?",
        ),
    ]
}

/// What does not get through.
fn of_the_network() -> Vec<Case> {
    let acl = |rule: &str| {
        format!(
            "aws: {{ec2: {{NetworkAcls: [{{NetworkAclId: acl-1, VpcId: vpc-0a10000000000000a, Associations: [{{SubnetId: subnet-0a10000000000000a}}], Entries: [{rule}]}}]}}}}"
        )
    };
    // The pod's node in another subnet than the file system, so that network ACLs count.
    let elsewhere =
        |layer: String| Case { volume: json!({"$node": "hyperpod-i-0b10000000000000a"}), ..late(layer) };
    vec![
        // 988 closed: nobody answers. The other ports closed: the connection does not come about.
        late(rules("[]", ALL)),
        late(rules(&tcp(&[(1018, 1023)]), ALL)),
        case(rules(&tcp(&[(988, 988)]), ALL), "exit status 5\n"),
        case(rules(&tcp(&[(988, 988), (1021, 1023)]), ALL), "Is the MGS running?"),
        case(rules(ALL, &tcp(&[(1018, 1023)])), "exit status 5\n"),
        // One of several interfaces in another group than the first one.
        case(
            "aws: {ec2: {SecurityGroups: [{GroupId: sg-9, VpcId: vpc-0a10000000000000a, IpPermissions: []}], NetworkInterfaces: [{NetworkInterfaceId: eni-1, SubnetId: subnet-0a10000000000000a, Groups: [{GroupId: sg-0b10000000000000b}]}, {NetworkInterfaceId: eni-2, SubnetId: subnet-0a10000000000000a, Groups: [{GroupId: sg-9}]}]}, fsx: {FileSystems: [{FileSystemId: fs-0e10000000000000e, NetworkInterfaceIds: [eni-1, eni-2]}]}}",
            "exit status 5\n",
        ),
        late(
            "aws: {fsx: {FileSystems: [{FileSystemId: fs-0e10000000000000e, NetworkInterfaceIds: [eni-gone]}]}}",
        ),
        elsewhere(acl(
            "{Egress: false, RuleNumber: 1, Protocol: \"6\", PortRange: {From: 988, To: 988}, CidrBlock: 10.20.64.0/18, RuleAction: deny}, {Egress: false, RuleNumber: 2, Protocol: \"-1\", CidrBlock: 0.0.0.0/0, RuleAction: allow}, {Egress: true, RuleNumber: 1, Protocol: \"-1\", CidrBlock: 0.0.0.0/0, RuleAction: allow}",
        )),
        case(
            "kubernetes: {podOutcomes: [{selector: app=x, mount: errno 108}]}",
            "failed: Cannot send after transport endpoint shutdown",
        ),
        Case {
            after: 121,
            ..case(
                "kubernetes: {podOutcomes: [{node: hyperpod-*, mount: hang}]}",
                "rpc error: code = DeadlineExceeded desc = context deadline exceeded",
            )
        },
        // The servers do not reach each other, only the node reaches them.
        Case {
            after: 121,
            ..case(
                "aws: {ec2: {SecurityGroups: [{GroupId: sg-9, VpcId: vpc-0a10000000000000a, IpPermissions: [{IpProtocol: \"-1\", UserIdGroupPairs: [{GroupId: sg-0b10000000000000b}]}]}], NetworkInterfaces: [{NetworkInterfaceId: eni-1, SubnetId: subnet-0a10000000000000a, Groups: [{GroupId: sg-9}]}, {NetworkInterfaceId: eni-2, SubnetId: subnet-0a10000000000000a, Groups: [{GroupId: sg-9}]}]}, fsx: {FileSystems: [{FileSystemId: fs-0e10000000000000e, NetworkInterfaceIds: [eni-1, eni-2]}]}}",
                "context deadline exceeded",
            )
        },
    ]
}

#[test]
fn what_is_wrong_is_said_in_the_driver_s_words() {
    for Case { layer, mut volume, says, after } in cases() {
        let mut state = world(&layer);
        let on = volume.as_object_mut().and_then(|v| v.remove("$node")).unwrap_or_else(|| json!(NODE));
        let place = format!("{layer} {volume}");
        pod_with(&mut state, volume, json!({"spec": {"nodeName": on}}));
        pass(&mut state, after);
        assert_eq!(phase(&state), "Pending", "{place}");
        let said = warnings(&state);
        let first = said.iter().find(|(reason, ..)| reason != "FailedScheduling");
        let (reason, message, _) = first.unwrap_or_else(|| panic!("nothing is said: {place}"));
        assert!(message.contains(says), "{place}\n{message:?}\nis not\n{says:?}");
        assert!(matches!(reason.as_str(), "FailedMount" | "FailedAttachVolume"), "{place}: {reason}");
    }
}

#[test]
fn whatever_is_right_mounts() {
    for (layer, volume) in [
        (String::new(), json!({})),
        (String::new(), json!({"spec": {"csi": {"volumeHandle": "anything"}}})),
        (file_system("Lifecycle: UPDATING"), json!({})),
        (file_system("FileSystemTypeVersion: \"2.12\""), json!({})),
        (
            file_system("$directories: [team]"),
            json!({"spec": {"csi": {"volumeAttributes": {"mountname": "a1b2c3d4/team"}}}}),
        ),
        (rules(&tcp(&[(900, 1100)]), &tcp(&[(988, 988), (1018, 1023)])), json!({})),
        (
            "kubernetes: {podOutcomes: [{mount: ok}]}".to_owned(),
            json!({"spec": {"csi": {"volumeAttributes": {"dnsname": "no.such.host"}}}}),
        ),
    ] {
        let mut state = world(&layer);
        let place = format!("{layer} {volume}");
        pod_with(&mut state, volume, json!({}));
        pass(&mut state, 6);
        assert_eq!((phase(&state), warnings(&state)), ("Running", Vec::new()), "{place}");
    }
}

#[test]
fn the_address_of_any_interface_does_as_well_as_the_name() {
    let mut state = world("");
    let interfaces =
        state.find("fsx.FileSystems", "FileSystemId", ID).expect("the row")["NetworkInterfaceIds"].clone();
    let last = interfaces.as_array().and_then(|l| l.last()).and_then(Value::as_str).expect("an interface");
    let address = state.find("ec2.NetworkInterfaces", "NetworkInterfaceId", last).expect("the interface");
    let address = address["PrivateIpAddress"].clone();
    pod_with(&mut state, json!({"spec": {"csi": {"volumeAttributes": {"dnsname": address}}}}), json!({}));
    pass(&mut state, 6);
    assert_eq!(phase(&state), "Running");
}

#[test]
fn a_failing_mount_is_tried_again_logged_by_the_driver_and_mended() {
    let mut state = world(&rules(&tcp(&[(988, 988)]), ALL));
    pod_with(&mut state, json!({}), json!({}));
    pass(&mut state, 150);
    let said = warnings(&state);
    let (_, mount, count) =
        said.iter().find(|(_, m, _)| m.contains("exit status 5")).expect("the mount's event");
    let roll_up = said.iter().find(|(_, m, _)| m.starts_with("Unable to attach")).expect("the roll-up");
    assert_eq!(
        roll_up.1,
        "Unable to attach or mount volumes: unmounted volumes=[data], unattached volumes=[], failed to process volumes=[]: context deadline exceeded"
    );
    assert!((5..=12).contains(count), "attempts become rarer: {count}");
    assert!(mount.contains("Mounting arguments: -t lustre -o flock fs-0e1"), "{mount}");
    let logs = state.other["logs"].as_array().expect("logs");
    let log = logs.iter().find(|entry| entry["$written"] == true).expect("the driver's log");
    let pod = log["pod"].as_str().expect("a pod");
    assert!(pod.starts_with("fsx-csi-node-"), "{pod}");
    let lines = log["lines"].to_string();
    assert!(lines.contains("mount_linux.go") && lines.contains("GRPC error"), "{lines}");
    let group = state.find_mut("ec2.SecurityGroups", "GroupId", "sg-0b10000000000000b").expect("the group");
    group["IpPermissions"] = json!([{"IpProtocol": "-1", "IpRanges": [{"CidrIp": "10.20.0.0/16"}]}]);
    pass(&mut state, 130);
    assert_eq!(phase(&state), "Running");
}

#[test]
fn a_mount_that_hangs_holds_its_volume() {
    let mut state = world("kubernetes: {podOutcomes: [{selector: app=x, mount: hang}]}");
    pod_with(&mut state, json!({}), json!({}));
    pass(&mut state, 100);
    assert_eq!(warnings(&state), [], "nothing is known yet");
    pass(&mut state, 60);
    let said: Vec<String> = warnings(&state).into_iter().map(|(_, message, _)| message).collect();
    assert!(
        said.iter().any(|m| m.ends_with("code = DeadlineExceeded desc = context deadline exceeded")),
        "{said:?}"
    );
    assert!(said.iter().any(|m| m.ends_with("is already in progress")), "{said:?}");
    state.other.insert("podOutcomes".into(), json!([]));
    pass(&mut state, 130);
    assert_eq!(phase(&state), "Running", "the world was mended");
}

/// A file system in a VPC of its own, joined by a peering connection.
const PEERED: &str = include_str!("../../../../../worlds/peered.yaml");

#[test]
fn another_vpc_is_reached_by_address_where_routes_lead_there_and_back() {
    let host = "fs-0f20000000000000f.fsx.us-west-2.amazonaws.com";
    let route = |table: &str, block: &str, target: &str| {
        format!(
            "{HEAD}aws: {{ec2: {{RouteTables: [{{RouteTableId: {table}, Routes: [{{DestinationCidrBlock: {block}, {target}, State: active}}]}}]}}}}"
        )
    };
    let far = "rtb-0f20000000000000f";
    for (layer, dnsname, says) in [
        (String::new(), "10.60.0.10", None),
        (String::new(), host, Some("Can't parse NID")),
        (route(far, "10.60.0.0/16", "GatewayId: local"), "10.60.0.10", Some("exit status 110")),
        (route(far, "10.20.0.0/16", "TransitGatewayId: tgw-1"), "10.60.0.10", None),
        (
            route(far, "10.20.0.0/16", "TransitGatewayId: tgw-1").replace(
                "aws: {ec2: {",
                "aws: {ec2: {TransitGatewayVpcAttachments: [{TransitGatewayId: tgw-1, VpcId: vpc-0f20000000000000f, State: available}], ",
            ),
            "10.60.0.10",
            Some("exit status 110"),
        ),
        (
            format!(
                "{HEAD}aws: {{ec2: {{VpcPeeringConnections: [{{VpcPeeringConnectionId: pcx-0f20000000000000f, Status: {{Code: pending-acceptance}}}}]}}}}"
            ),
            "10.60.0.10",
            Some("exit status 110"),
        ),
    ] {
        let mut sources = vec![Source::BuiltIn("existing".to_owned()), Source::text(PEERED)];
        if !layer.is_empty() {
            sources.push(Source::text(layer.clone()));
        }
        let mut state = crate::world::load(&sources, 1.0).expect("a world");
        pass(&mut state, 1);
        let volume =
            json!({"spec": {"csi": {"volumeAttributes": {"dnsname": dnsname, "mountname": "far00001"}}}});
        pod_with(&mut state, volume, json!({}));
        pass(&mut state, 115);
        let said = warnings(&state);
        match says {
            None => assert_eq!((phase(&state), said.len()), ("Running", 0), "{layer} {dnsname}: {said:?}"),
            Some(says) => {
                assert!(said.first().is_some_and(|(_, m, _)| m.contains(says)), "{layer} {dnsname}: {said:?}")
            }
        }
    }
}

#[test]
fn kubelets_know_the_driver_where_its_plugin_is_up() {
    let known = |state: &State| {
        let all = state.kube.list("storage.k8s.io/v1", "CSINode");
        let with = |drivers: &Value| drivers.as_array().is_some_and(|all| !all.is_empty());
        all.map(|it| (it["metadata"]["name"].clone(), with(&it["spec"]["drivers"]))).collect::<Vec<_>>()
    };
    let mut state = world("");
    pass(&mut state, 1);
    let nodes = state.kube.list("v1", "Node").count();
    let seen = known(&state);
    assert!(nodes > 0 && seen.len() == nodes && seen.iter().all(|(_, has)| *has), "{seen:?}");
    let object = state.kube.get("storage.k8s.io/v1", "CSINode", "", NODE).expect("of every node");
    assert_eq!(object["spec"]["drivers"][0]["name"], "fsx.csi.aws.com");
    assert_eq!(object["metadata"]["ownerReferences"][0]["kind"], "Node");
    let _moved = state.kube.modify("apps/v1", "DaemonSet", "kube-system", "fsx-csi-node", |set| {
        set["spec"]["template"]["spec"]["nodeSelector"] = json!({"no": "node"});
    });
    pass(&mut state, 10);
    let seen = known(&state);
    assert!(seen.len() == nodes && seen.iter().all(|(_, has)| !has), "{seen:?}");
}
