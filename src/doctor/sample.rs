//! A healthy checkup, for tests to break.

use crate::facts::sample::{self, our_marks};
use crate::facts::{
    Checkup, ClaimUse, ClassRow, CsiNode, DriverPod, DriverWorkload, Facts, NetworkAcl, ObjectEvent, PodUse,
    Seen, Survey, VpcDns,
};
use crate::intent::sample::wish;

use super::{Choice, Exam, Finding, State, examine};

/// When the sample was looked at.
pub(super) const NOW: i64 = 1_800_000_000;

/// What a set-up leaves with a Bound claim and a running pod.
pub(super) fn healthy() -> Checkup {
    let mut facts = placed(Facts::done());
    complete(&mut facts);
    let nodes: Vec<String> =
        facts.nodes.found().into_iter().flatten().map(|node| node.name.clone()).collect();
    let plugin = |node: &String| DriverPod {
        namespace: "kube-system".to_owned(),
        name: format!("fsx-csi-node-{node}"),
        node: Some(node.clone()),
        phase: "Running".to_owned(),
        ready: true,
        created: Some(NOW - 86_400),
        ..DriverPod::default()
    };
    let controller = DriverPod {
        controller: true,
        name: "fsx-csi-controller-1".to_owned(),
        role_arn: Some(sample::ROLE_ARN.to_owned()),
        region: Some("us-west-2".to_owned()),
        ..plugin(nodes.first().unwrap_or(&String::new()))
    };
    let image = facts.driver.controller.found().and_then(|it| it.image.clone());
    let workload = |kind: &str, name: &str, count: u32| DriverWorkload {
        kind: kind.to_owned(),
        namespace: "kube-system".to_owned(),
        name: name.to_owned(),
        image: image.clone(),
        desired: count,
        ready: count,
        ..DriverWorkload::default()
    };
    let count = u32::try_from(nodes.len()).unwrap_or_default();
    Checkup {
        at: NOW,
        survey: Survey {
            veiled: None,
            shut: None,
            namespace: None,
            classes: Seen::Found(vec![sample::class()]),
            claims: Seen::Found(vec![claim()]),
            pods: Seen::Found(vec![user("app")]),
            facts,
        },
        events: Seen::Found(Vec::new()),
        unread_events: Vec::new(),
        workloads: Seen::Found(vec![
            workload("Deployment", "fsx-csi-controller", 2),
            workload("DaemonSet", "fsx-csi-node", count),
        ]),
        csi_nodes: Seen::Found(
            nodes.iter().map(|node| CsiNode { node: node.clone(), has_driver: true }).collect(),
        ),
        driver_pods: Seen::Found(nodes.iter().map(plugin).chain([controller]).collect()),
        all_classes: Seen::Found(vec![class_row()]),
        static_keys: Seen::Found(false),
        associations: Seen::Found(Vec::new()),
        acls: Seen::Found(Vec::<NetworkAcl>::new()),
        dns: Seen::Found(dns()),
        endpoints: Seen::Found(Vec::new()),
    }
}

/// The class among all classes.
fn class_row() -> ClassRow {
    ClassRow { name: sample::class().name, provisioner: "fsx.csi.aws.com".to_owned(), default: false }
}

/// What a VPC has by default.
fn dns() -> VpcDns {
    VpcDns {
        support: true,
        hostnames: true,
        servers: vec!["AmazonProvidedDNS".to_owned()],
        dhcp_options: Some("dopt-1".to_owned()),
    }
}

/// The claim, an hour old.
fn claim() -> ClaimUse {
    let claim = sample::claim();
    ClaimUse {
        namespace: claim.namespace,
        name: claim.name,
        uid: "uid-1".to_owned(),
        class: claim.class,
        requested: claim.size,
        phase: claim.phase,
        volume: claim.volume,
        access_modes: claim.access_modes,
        ours: true,
        created: Some(NOW - 3600),
        ..ClaimUse::default()
    }
}

/// What volume and file system of the sample tell a diagnosis.
fn complete(facts: &mut Facts) {
    let Seen::Found(volumes) = &mut facts.storage.volumes else { return };
    for volume in volumes {
        volume.claim_uid = Some("uid-1".to_owned());
        volume
            .marks
            .annotations
            .insert("pv.kubernetes.io/provisioned-by".to_owned(), "fsx.csi.aws.com".to_owned());
        volume.more.attributes = vec!["dnsname".to_owned(), "mountname".to_owned()];
        volume.more.created = Some(NOW - 3000);
    }
    let Seen::Found(systems) = &mut facts.file_systems else { return };
    for system in systems {
        system.kind = "LUSTRE".to_owned();
        system.storage_type = Some("SSD".to_owned());
        system.deployment_type = Some("PERSISTENT_2".to_owned());
        system.throughput = Some(250);
        system.version = Some("2.15".to_owned());
        system.dns_name = Some("fs-1.fsx.us-west-2.amazonaws.com".to_owned());
        system.mount_name = Some("abcdefgh".to_owned());
        system.tags.insert("CSIVolumeName".to_owned(), "pvc-1".to_owned());
        system.more.created = Some(NOW - 3600);
    }
}

/// All nodes of one image in the file system's zone, and with known groups.
fn placed(mut facts: Facts) -> Facts {
    if let Seen::Found(nodes) = &mut facts.nodes {
        for node in nodes {
            node.zone = Some("us-west-2a".to_owned());
            node.zone_id = Some("usw2-az1".to_owned());
            node.kernel = Some("6.1.141-155.222.amzn2023.x86_64".to_owned());
            node.more.os_image = Some("Amazon Linux 2023.8.20250721".to_owned());
            node.more.os = Some("linux".to_owned());
            node.more.created = Some(NOW - 86_400);
            let (group, id) = match node.name.as_str() {
                "hyperpod-i-1" | "hyperpod-i-2" => ("gpu", "i-0b1"),
                "hyperpod-i-3" => ("cpu", "i-0b3"),
                "ip-10-20-1-101" => ("system", "i-1"),
                _ => ("system", "i-2"),
            };
            node.group = Some(group.to_owned());
            node.instance_id = Some(id.to_owned());
        }
    }
    if let Seen::Found(instances) = &mut facts.network.instances {
        instances.iter_mut().for_each(|instance| instance.subnet = Some("subnet-a".to_owned()));
    }
    if let Seen::Found(pods) = &mut facts.hyperpod {
        let groups = pods.iter_mut().flat_map(|pod| &mut pod.groups);
        groups.for_each(|group| group.subnets = vec!["subnet-a".to_owned()]);
    }
    if let Seen::Found(groups) = &mut facts.network.groups {
        // As EFA wants it: all traffic to itself, by the group's id.
        groups.iter_mut().for_each(|group| group.egress.push(sample::all(&group.id)));
    }
    facts
}

/// A pod that runs with the sample's claim.
pub(super) fn user(name: &str) -> PodUse {
    PodUse {
        namespace: "default".to_owned(),
        name: name.to_owned(),
        uid: format!("uid-of-{name}"),
        claims: vec!["fsx-claim".to_owned()],
        node: Some("hyperpod-i-1".to_owned()),
        phase: "Running".to_owned(),
        ready: true,
        created: Some(NOW - 1800),
        ..PodUse::default()
    }
}

/// The sample's claim, Pending for half an hour, and its pod.
pub(super) fn waiting() -> Checkup {
    let mut checkup = healthy();
    let Seen::Found(claims) = &mut checkup.survey.claims else { return checkup };
    for claim in claims {
        claim.phase = "Pending".to_owned();
        claim.volume = None;
    }
    checkup.survey.facts.storage.volumes = Seen::Found(Vec::new());
    checkup.survey.facts.file_systems = Seen::Found(Vec::new());
    let Seen::Found(pods) = &mut checkup.survey.pods else { return checkup };
    for pod in pods {
        pod.phase = "Pending".to_owned();
        pod.ready = false;
        pod.node = None;
        pod.unscheduled = Some("pod has unbound immediate PersistentVolumeClaims".to_owned());
    }
    checkup
}

/// A Warning event of the sample's claim, a minute ago.
pub(super) fn refusal(message: &str) -> ObjectEvent {
    ObjectEvent {
        kind: "PersistentVolumeClaim".to_owned(),
        namespace: "default".to_owned(),
        name: "fsx-claim".to_owned(),
        uid: Some("uid-1".to_owned()),
        reason: "ProvisioningFailed".to_owned(),
        message: message.to_owned(),
        count: 5,
        last: Some(NOW - 60),
        host: None,
    }
}

/// A Warning event of pod `app`, a minute ago.
pub(super) fn mount_failure(message: &str) -> ObjectEvent {
    ObjectEvent {
        kind: "Pod".to_owned(),
        name: "app".to_owned(),
        uid: Some("uid-of-app".to_owned()),
        reason: "FailedMount".to_owned(),
        ..refusal(message)
    }
}

/// Everything that was found, could not be looked at, or is right.
pub(super) fn examined(checkup: &Checkup) -> Vec<Finding> {
    let wish = wish("");
    examine(&Exam::new(checkup, &wish), &Choice::default())
}

/// What was found: `rank id state severity resource`, a line each.
pub(super) fn found(checkup: &Checkup) -> Vec<String> {
    let all = examined(checkup);
    let told = all.iter().filter(|it| matches!(it.state, State::Failed | State::Blocked | State::Error));
    told.map(|it| {
        let state = match it.state {
            State::Failed => "failed".to_owned(),
            State::Blocked => format!("blocked by {}", it.blocked_by.join(",")),
            _ => "unseen".to_owned(),
        };
        format!("{} {} {} {}", it.id, it.severity, state, it.resource)
    })
    .collect()
}

/// The same of a healthy world with one change.
pub(super) fn broken(change: impl FnOnce(&mut Checkup)) -> Vec<String> {
    let mut checkup = healthy();
    change(&mut checkup);
    found(&checkup)
}

/// The sample with a volume that somebody wrote for a file system that was there before: no class between them.
pub(super) fn fixed() -> Checkup {
    let mut checkup = healthy();
    checkup.survey.classes = Seen::Found(Vec::new());
    checkup.all_classes = Seen::Found(Vec::new());
    for claim in found_mut(&mut checkup.survey.claims) {
        claim.class = None;
    }
    for volume in found_mut(&mut checkup.survey.facts.storage.volumes) {
        volume.class = None;
        volume.marks.annotations.clear();
    }
    for system in found_mut(&mut checkup.survey.facts.file_systems) {
        system.tags.clear();
    }
    checkup
}

/// What was found, to be changed.
pub(super) fn found_mut<T>(seen: &mut Seen<Vec<T>>) -> &mut Vec<T> {
    match seen {
        Seen::Found(all) => all,
        Seen::Missing | Seen::Hidden(_) => panic!("the sample has it"),
    }
}

/// A file system that the driver made for the sample's claim, so many seconds ago.
pub(super) fn made(lifecycle: &str, ago: i64) -> crate::facts::FileSystem {
    let mut system = sample::file_system();
    system.id = "fs-2".to_owned();
    system.lifecycle = lifecycle.to_owned();
    system.deployment_type = Some("PERSISTENT_2".to_owned());
    system.version = Some("2.15".to_owned());
    system.tags.insert("CSIVolumeName".to_owned(), "pvc-uid-1".to_owned());
    system.more.created = Some(NOW - ago);
    system
}

/// Marks of objects that fsxctl made.
#[expect(dead_code, reason = "for tests of areas")]
pub(super) fn marks() -> crate::facts::Marks {
    our_marks()
}
