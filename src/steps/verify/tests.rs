//! Which nodes, which pods, which verdicts and causes: tables.

use std::collections::BTreeMap;

use super::*;
use crate::domain::mount::MountFailure;
use crate::facts::{Claim, Cluster, Event, FileSystem, MountVolume, Observed, ProbePod, Taint, Veil};
use crate::intent::{Pick, verify_after};

fn node(name: &str, group: &str, zone: &str) -> MountNode {
    let labels = BTreeMap::from([
        ("eks.amazonaws.com/nodegroup".to_owned(), group.to_owned()),
        ("topology.kubernetes.io/zone".to_owned(), zone.to_owned()),
    ]);
    MountNode {
        name: name.to_owned(),
        labels,
        ready: true,
        kernel: "6.1.155-176.282.amzn2023.x86_64".to_owned(),
        os_image: "Amazon Linux 2023".to_owned(),
        ..MountNode::default()
    }
}

fn facts(nodes: Vec<MountNode>) -> VerifyFacts {
    let claim = Claim { phase: "Bound".to_owned(), volume: Some("pv".to_owned()), ..Claim::default() };
    let volume = MountVolume {
        name: "pv".to_owned(),
        driver: Some("fsx.csi.aws.com".to_owned()),
        handle: "fs-1".to_owned(),
        dns_name: Some("fs-1.fsx".to_owned()),
        mount_name: Some("abcd".to_owned()),
        mount_options: vec!["flock".to_owned()],
        ..MountVolume::default()
    };
    let system = FileSystem {
        id: "fs-1".to_owned(),
        lifecycle: "AVAILABLE".to_owned(),
        version: Some("2.15".to_owned()),
        dns_name: Some("fs-1.fsx".to_owned()),
        mount_name: Some("abcd".to_owned()),
        vpc: Some("vpc-1".to_owned()),
        ..FileSystem::default()
    };
    VerifyFacts {
        cluster: Cluster { name: "k".to_owned(), vpc: "vpc-1".to_owned(), ..Cluster::default() },
        region: "us-west-2".to_owned(),
        reached: String::new(),
        namespace: "default".to_owned(),
        namespace_labels: Seen::Found(BTreeMap::new()),
        claim: Seen::Found(claim),
        claim_events: Vec::new(),
        closed: None,
        volume: Seen::Found(volume),
        file_systems: Seen::Found(vec![system]),
        plugins: Seen::Found(nodes.iter().map(|node| node.name.clone()).collect()),
        nodes: Seen::Found(nodes),
    }
}

fn wish() -> VerifyWish {
    verify_after("default", "fsx-claim")
}

fn cluster() -> Vec<MountNode> {
    vec![
        node("a1", "a", "z1"),
        node("a2", "a", "z2"),
        node("b1", "b", "z1"),
        node("b2", "b", "z2"),
        node("c1", "c", "z1"),
    ]
}

fn names(plan: &ProbePlan) -> Vec<&str> {
    plan.probes.iter().map(|probe| probe.node.name.as_str()).collect()
}

fn planned(wish: &VerifyWish, facts: &VerifyFacts) -> ProbePlan {
    plan(wish, facts, "0a0b0c0d").expect("nothing stands in the way")
}

#[test]
fn nodes_are_spread_over_groups_and_zones() {
    let labels =
        |text: &str| text.split_once('=').map(|(a, b)| (a.to_owned(), b.to_owned())).into_iter().collect();
    let zone = "topology.kubernetes.io/zone=z2";
    let rows: [(Pick, &str, &[&str]); 7] = [
        (Pick::Groups, "", &["a1", "b2", "c1"]),
        (Pick::Count(1), "", &["a1"]),
        (Pick::Count(2), "", &["a1", "b2"]),
        (Pick::Count(4), "", &["a1", "b2", "c1", "a2"]),
        (Pick::Count(9), "", &["a1", "a2", "b1", "b2", "c1"]),
        (Pick::All, "", &["a1", "a2", "b1", "b2", "c1"]),
        (Pick::Groups, zone, &["a2", "b2"]),
    ];
    for (pick, selector, wanted) in rows {
        let wish = VerifyWish { pick, selector: labels(selector), ..wish() };
        assert_eq!(names(&planned(&wish, &facts(cluster()))), wanted, "{pick:?} {selector}");
    }
    let one_group = vec![node("a1", "a", "z1"), node("a2", "a", "z1"), node("a3", "a", "z2")];
    assert_eq!(names(&planned(&wish(), &facts(one_group))), ["a1", "a3"], "reading needs a second node");
}

#[test]
fn nodes_that_start_nothing_are_taken_only_by_name() {
    let mut nodes = cluster();
    nodes[0].ready = false;
    nodes[2].cordoned = true;
    nodes[3]
        .labels
        .insert("sagemaker.amazonaws.com/node-health-status".to_owned(), "Unschedulable".to_owned());
    nodes[4].labels.insert("eks.amazonaws.com/compute-type".to_owned(), "fargate".to_owned());
    let auto = planned(&wish(), &facts(nodes.clone()));
    assert_eq!(names(&auto), ["a2"]);
    let told: Vec<&str> = auto.notes.iter().map(|note| note.text.as_str()).collect();
    assert!(
        told.iter().any(|text| text.contains("a1 (not ready), b1 (cordoned), b2 (not schedulable")),
        "{told:?}"
    );
    let all = planned(&VerifyWish { pick: Pick::All, ..wish() }, &facts(nodes));
    assert_eq!(names(&all), ["a1", "a2", "b1", "b2"], "no Lustre on Fargate");
}

#[test]
fn every_pod_reads_the_file_of_the_next() {
    let plan = planned(&VerifyWish { pick: Pick::All, ..wish() }, &facts(cluster()));
    let peers: Vec<usize> = plan.probes.iter().map(|probe| probe.peer).collect();
    assert_eq!(peers, [1, 2, 3, 4, 0]);
    let alone = planned(&VerifyWish { pick: Pick::Count(1), ..wish() }, &facts(cluster()));
    assert_eq!(alone.probes[0].peer, 0);
}

#[test]
fn a_pod_waits_for_others_nearly_as_long_as_the_run_does() {
    for (wait, seconds) in [(10, 10), (40, 30), (300, 285), (3600, 3585)] {
        let wish = VerifyWish { wait: std::time::Duration::from_secs(wait), ..wish() };
        let plan = planned(&wish, &facts(cluster()));
        assert_eq!(plan.seconds, seconds, "{wait}");
        let spec = &plan.probes[0].manifest["spec"];
        assert!(spec["activeDeadlineSeconds"].as_u64() > Some(seconds), "{wait}");
    }
}

#[test]
fn pods_have_no_more_rights_than_they_need() {
    let mut nodes = cluster();
    nodes[0].taints = vec![
        Taint { key: "nvidia.com/gpu".to_owned(), value: None, effect: "NoSchedule".to_owned() },
        Taint { key: "team".to_owned(), value: Some("ml".to_owned()), effect: "NoExecute".to_owned() },
    ];
    let plan = planned(&wish(), &facts(nodes));
    let job = &plan.probes[0].manifest;
    let pod = &job["spec"]["template"]["spec"];
    let wanted = json!({"allowPrivilegeEscalation": false, "capabilities": {"drop": ["ALL"]}, "privileged": false,
        "readOnlyRootFilesystem": true});
    assert_eq!(pod["containers"][0]["securityContext"], wanted);
    assert_eq!(pod["securityContext"]["seccompProfile"]["type"], "RuntimeDefault");
    assert_eq!(pod["securityContext"]["runAsNonRoot"], false);
    assert!(pod["securityContext"].get("fsGroup").is_none(), "it would change the owner of every file");
    assert_eq!(pod["automountServiceAccountToken"], false);
    assert_eq!(
        pod["tolerations"],
        json!([
            {"key": "nvidia.com/gpu", "operator": "Exists", "effect": "NoSchedule"},
            {"key": "team", "operator": "Equal", "value": "ml", "effect": "NoExecute"},
        ])
    );
    assert_eq!(
        planned(&wish(), &facts(cluster())).probes[0].manifest["spec"]["template"]["spec"]["tolerations"],
        json!([])
    );
    for labels in [&job["metadata"]["labels"], &job["spec"]["template"]["metadata"]["labels"]] {
        assert_eq!(labels["fsxctl.io/run"], "0a0b0c0d");
        assert_eq!(labels["fsxctl.io/job"], "verify");
    }
    assert_eq!(
        (&job["spec"]["backoffLimit"], &job["spec"]["activeDeadlineSeconds"]),
        (&json!(0), &json!(360))
    );
    // The log of the first pod is read when the last one has ended.
    for (wait, life, stays) in [(300, 360, 660), (3600, 3660, 3960)] {
        let long = VerifyWish { wait: std::time::Duration::from_secs(wait), ..wish() };
        let spec = &planned(&long, &facts(cluster())).probes[0].manifest["spec"];
        let wanted = (&json!(life), &json!(stays));
        assert_eq!((&spec["activeDeadlineSeconds"], &spec["ttlSecondsAfterFinished"]), wanted);
    }
    let user = planned(&VerifyWish { run_as: (1000, 100), ..wish() }, &facts(cluster()));
    let context = &user.probes[0].manifest["spec"]["template"]["spec"]["securityContext"];
    assert_eq!(
        (&context["runAsUser"], &context["runAsGroup"], &context["runAsNonRoot"]),
        (&json!(1000), &json!(100), &json!(true))
    );
}

#[test]
fn a_read_only_volume_is_only_looked_at() {
    for (options, read_only) in
        [(vec!["flock", "ro"], true), (vec!["ro,flock"], true), (vec!["flock"], false)]
    {
        let mut facts = facts(cluster());
        if let Seen::Found(volume) = &mut facts.volume {
            volume.mount_options = options.iter().map(|option| (*option).to_owned()).collect();
        }
        let plan = planned(&wish(), &facts);
        assert_eq!(plan.read_only, read_only, "{options:?}");
        let env = plan.probes[0].manifest["spec"]["template"]["spec"]["containers"][0]["env"].to_string();
        assert_eq!(env.contains(r#""FSXCTL_VERIFY_READ_ONLY","value":"true""#), read_only, "{env}");
    }
}

#[test]
#[expect(clippy::too_many_lines, reason = "a table is as long as what it lists")]
fn what_stands_in_the_way_is_told_before_anything_is_made() {
    let veil = || Veil { permission: "get x".to_owned(), cause: "no".to_owned() };
    type Change = fn(&mut VerifyFacts);
    let rows: [(&str, Change, Kind, &str); 8] = [
        (
            "namespace",
            |facts| facts.namespace_labels = Seen::Missing,
            Kind::Usage,
            "there is no namespace default",
        ),
        ("claim", |facts| facts.claim = Seen::Missing, Kind::Usage, "there is no claim default/fsx-claim"),
        (
            "pending",
            |facts| {
                facts.claim = Seen::Found(Claim { phase: "Pending".to_owned(), ..Claim::default() });
                let message = "it takes its time".to_owned();
                facts.claim_events =
                    vec![Event { reason: "Provisioning".to_owned(), message, ..Event::default() }];
            },
            Kind::Conflict,
            "claim default/fsx-claim is Pending, and only a Bound one can be mounted: Provisioning: it takes its time",
        ),
        (
            "going",
            |facts| facts.claim = Seen::Found(Claim { terminating: true, ..Claim::default() }),
            Kind::Conflict,
            "is being deleted",
        ),
        (
            "other driver",
            |facts| {
                facts.volume = Seen::Found(MountVolume {
                    driver: Some("ebs.csi.aws.com".to_owned()),
                    ..MountVolume::default()
                })
            },
            Kind::Conflict,
            "is of ebs.csi.aws.com",
        ),
        (
            "restricted",
            |facts| {
                let labels = [("pod-security.kubernetes.io/enforce".to_owned(), "restricted".to_owned())];
                facts.namespace_labels = Seen::Found(labels.into());
            },
            Kind::Conflict,
            "enforces Pod Security restricted",
        ),
        ("no nodes", |facts| facts.nodes = Seen::Found(Vec::new()), Kind::Usage, "the cluster has no node"),
        (
            "none ready",
            |facts| {
                if let Seen::Found(nodes) = &mut facts.nodes {
                    nodes.iter_mut().for_each(|node| node.ready = false);
                }
            },
            Kind::Usage,
            "no node is ready: a1 (not ready), a2 (not ready), b1 (not ready), b2 (not ready), c1 (not ready)",
        ),
    ];
    for (name, change, kind, words) in rows {
        let mut facts = facts(cluster());
        change(&mut facts);
        let block = plan(&wish(), &facts, "0a").expect_err(name);
        assert_eq!(block.kind, kind, "{name}");
        assert!(block.message.contains(words), "{name}: {}", block.message);
        assert!(block.next.is_some(), "{name}");
    }
    let mut hidden = facts(cluster());
    hidden.claim = Seen::Hidden(veil());
    assert_eq!(plan(&wish(), &hidden, "0a").expect_err("hidden").kind, Kind::Denied);
    hidden = facts(cluster());
    hidden.nodes = Seen::Hidden(veil());
    assert_eq!(plan(&wish(), &hidden, "0a").expect_err("hidden").kind, Kind::Denied);
    // What only explains may be hidden.
    hidden = facts(cluster());
    (hidden.namespace_labels, hidden.volume) = (Seen::Hidden(veil()), Seen::Hidden(veil()));
    hidden.file_systems = Seen::Hidden(veil());
    let told = planned(&wish(), &hidden);
    assert_eq!(told.notes.iter().filter(|note| note.sign == Sign::Unknown).count(), 2, "{:?}", told.notes);
    // A level that admits root is none of this one's business.
    let mut baseline = facts(cluster());
    baseline.namespace_labels =
        Seen::Found([("pod-security.kubernetes.io/enforce".to_owned(), "baseline".to_owned())].into());
    assert!(plan(&wish(), &baseline, "0a").is_ok());
}

type Bend = fn(&mut VerifyFacts);

fn volume_of(facts: &mut VerifyFacts, change: impl FnOnce(&mut MountVolume)) {
    if let Seen::Found(volume) = &mut facts.volume {
        change(volume);
    }
}

fn system_of(facts: &mut VerifyFacts, change: impl FnMut(&mut FileSystem)) {
    if let Seen::Found(all) = &mut facts.file_systems {
        all.iter_mut().take(1).for_each(change);
    }
}

#[test]
#[expect(clippy::too_many_lines, reason = "a table is as long as what it lists")]
fn a_cause_is_judged_from_fields() {
    let all_well: Bend = |_| {};
    let rows: [(MountFailure, Bend, &str, &str); 35] = [
        (
            MountFailure::Errno(5),
            |facts| facts.closed = Some(vec!["a is shut".to_owned(), "b too".to_owned()]),
            "security groups keep them apart: a is shut; b too",
            "fsxctl byo --cluster k --fs-id fs-1 -n default --claim",
        ),
        (
            MountFailure::Hang,
            |facts| {
                volume_of(facts, |pv| pv.provisioned = true);
                facts.closed = Some(vec!["a is shut".to_owned()]);
            },
            "security groups keep them apart: a is shut",
            "fsxctl setup network --cluster k",
        ),
        (
            MountFailure::Errno(110),
            |facts| {
                system_of(facts, |fs| fs.vpc = Some("vpc-2".to_owned()));
                facts.closed = Some(vec!["a is shut".to_owned()]);
            },
            "security groups keep them apart: a is shut",
            "--open-ports",
        ),
        (
            MountFailure::Errno(110),
            |facts| facts.closed = Some(vec!["group g does not let node group b in on tcp 988".to_owned()]),
            "security groups, network ACLs or routes may keep",
            "setup network",
        ),
        (
            MountFailure::Errno(110),
            |facts| {
                facts.closed = Some(vec![
                    "group g does not let node group b out on tcp 988".to_owned(),
                    "group g does not let instance group c, node group a out on tcp 988".to_owned(),
                ]);
            },
            "keep them apart: group g does not let instance group c, node group a out on tcp 988",
            "--open-ports",
        ),
        (
            MountFailure::Errno(110),
            |facts| {
                facts.closed =
                    Some(vec!["group g does not let the file system itself in on tcp 988".to_owned()]);
            },
            "keep them apart: group g does not let the file system itself in",
            "--open-ports",
        ),
        (
            MountFailure::Errno(110),
            |facts| facts.closed = Some(vec!["group g does not let EC2 nodes in on tcp 988".to_owned()]),
            "keep them apart: group g does not let EC2 nodes in",
            "--open-ports",
        ),
        (
            MountFailure::Errno(110),
            |facts| facts.closed = Some(Vec::new()),
            "security groups let tcp 988 and 1018-1023 through: a network ACL or a route",
            "describe-network-acls",
        ),
        (
            MountFailure::Errno(2),
            |facts| volume_of(facts, |pv| pv.mount_name = Some("wxyz".to_owned())),
            "has mountname wxyz, and file system fs-1 has abcd",
            "fsxctl byo --fs-id fs-1",
        ),
        (
            MountFailure::Errno(2),
            |facts| volume_of(facts, |pv| pv.mount_name = None),
            "the driver takes fsx",
            "fsxctl byo --fs-id fs-1",
        ),
        (
            MountFailure::Errno(2),
            |facts| volume_of(facts, |pv| pv.dns_name = Some("fs-2.fsx".to_owned())),
            "has dnsname fs-2.fsx",
            "fsxctl byo --fs-id fs-1",
        ),
        (
            MountFailure::Errno(2),
            |facts| volume_of(facts, |pv| pv.mount_name = Some("abcd/data".to_owned())),
            "has no directory /data",
            "make that directory",
        ),
        (
            MountFailure::Errno(2),
            |facts| volume_of(facts, |pv| (pv.handle, pv.dns_name) = ("fs-9".to_owned(), None)),
            "has no Lustre file system fs-9",
            "fsxctl byo",
        ),
        (MountFailure::Errno(2), all_well, "are those that FSx tells", "AWS Support"),
        (
            MountFailure::Errno(5),
            all_well,
            "file system fs-1 is AVAILABLE, and the servers did not answer",
            "fsxctl setup network --cluster k --dry-run",
        ),
        (
            MountFailure::Errno(5),
            |facts| system_of(facts, |fs| fs.lifecycle = "CREATING".to_owned()),
            "is CREATING",
            "describe-file-systems",
        ),
        (
            MountFailure::Errno(5),
            |facts| system_of(facts, |fs| fs.lifecycle = "FAILED".to_owned()),
            "is FAILED",
            "describe-file-systems",
        ),
        (
            MountFailure::Errno(5),
            |facts| system_of(facts, |fs| fs.lifecycle = "UPDATING".to_owned()),
            "the servers did not answer",
            "setup network",
        ),
        (MountFailure::Errno(19), all_well, "Amazon Linux 2023, kernel 6.1.155", "lustre-client-matrix"),
        (
            MountFailure::Errno(22),
            |facts| system_of(facts, |fs| fs.version = Some("2.10".to_owned())),
            "is Lustre 2.10, and the client of kernel 6.1.155",
            "update-file-system",
        ),
        (
            MountFailure::Errno(22),
            |facts| system_of(facts, |fs| fs.version = None),
            "is Lustre 2.10",
            "update-file-system",
        ),
        (
            MountFailure::Errno(22),
            |facts| volume_of(facts, |pv| pv.mount_options = vec!["nfsvers=4.1".to_owned()]),
            "does not know: nfsvers=4.1",
            "kubectl edit pv pv",
        ),
        (MountFailure::Errno(22), all_well, "Lustre 2.15 and kernel 6.1.155", "client matrix"),
        (
            MountFailure::Errno(22),
            |facts| {
                facts.file_systems = Seen::Hidden(Veil { permission: "p".to_owned(), cause: String::new() })
            },
            "which cannot be seen",
            "client matrix",
        ),
        (MountFailure::Errno(108), all_well, "have evicted the node's client", "run the same command again"),
        (MountFailure::Errno(110), all_well, "security groups, network ACLs or routes", "setup network"),
        (
            MountFailure::Errno(110),
            |facts| system_of(facts, |fs| fs.vpc = Some("vpc-2".to_owned())),
            "is in VPC vpc-2 and the cluster in vpc-1",
            "describe-vpc-peering-connections",
        ),
        (MountFailure::Hang, all_well, "nothing answers", "setup network"),
        (MountFailure::NoAddress, all_well, "DNS support of VPC vpc-1 is off", "describe-vpc-attribute"),
        (
            MountFailure::NoAddress,
            |facts| volume_of(facts, |pv| pv.dns_name = Some("typo".to_owned())),
            "has dnsname typo",
            "fsxctl byo",
        ),
        (MountFailure::NotRegistered, all_well, "the driver's pod on a1 is ready", "kubectl get csinode a1"),
        (
            MountFailure::NotRegistered,
            |facts| facts.plugins = Seen::Found(vec!["b1".to_owned()]),
            "has no ready pod on a1",
            "spec.nodeName=a1",
        ),
        (
            MountFailure::NotRegistered,
            |facts| facts.plugins = Seen::Found(Vec::new()),
            "no ready pod on any node",
            "fsxctl setup driver",
        ),
        (MountFailure::NoDnsName, all_well, "no attribute dnsname", "fsxctl byo --fs-id fs-1"),
        (MountFailure::Other, all_well, "nothing that can be seen from here explains it", "spec.nodeName=a1"),
    ];
    for (failure, bend, cause, next) in rows {
        let mut facts = facts(cluster());
        bend(&mut facts);
        let told = mount_cause(&facts, &node("a1", "a", "z1"), failure);
        assert!(told.text.contains(cause), "{failure:?}: {cause:?} is not in {:?}", told.text);
        assert!(told.next.contains(next), "{failure:?}: {next:?} is not in {:?}", told.next);
    }
    // An address of an interface is no wrong name.
    let mut by_address = facts(cluster());
    volume_of(&mut by_address, |pv| pv.dns_name = Some("10.0.1.5".to_owned()));
    let told = mount_cause(&by_address, &node("a1", "a", "z1"), MountFailure::Errno(2));
    assert!(!told.text.contains("dnsname 10.0.1.5"), "{}", told.text);
}

fn log(lines: &[&str]) -> Option<String> {
    Some(lines.iter().map(|line| format!("fsxctl-verify/1 {line}\n")).collect())
}

fn ended(code: i32, lines: &[&str]) -> Observed {
    let pod = ProbePod { phase: "Failed".to_owned(), exit_code: Some(code), ..ProbePod::default() };
    Observed { created: true, pod: Some(pod), log: log(lines), ..Observed::default() }
}

fn pending(change: impl FnOnce(&mut Observed, &mut ProbePod)) -> Observed {
    let mut pod = ProbePod { phase: "Pending".to_owned(), ..ProbePod::default() };
    let mut observed = Observed { created: true, ..Observed::default() };
    change(&mut observed, &mut pod);
    observed.pod = Some(pod);
    observed
}

const MOUNTED: &str = "mounted source=a@tcp:/b type=lustre options=rw,flock";
const WRITTEN: &str = "written bytes=67108864 ms=320 sha256=00";
const LOCKED: &str = "locked how=flock";
const READ: &str = "read from=1 bytes=67108864 ms=160 sha256=00";

fn verdict(observed: Observed) -> NodeVerdict {
    let facts = facts(cluster());
    let plan = planned(&VerifyWish { pick: Pick::Count(1), ..wish() }, &facts);
    judge(&facts, &plan, &[observed]).remove(0)
}

#[test]
#[expect(clippy::too_many_lines, reason = "a table is as long as what it lists")]
fn a_pod_that_ended_is_judged_by_code_and_words() {
    let failed = |step: &str, words: &str| format!("failed step={step} text={words}");
    let denied = failed("written", "mkdir: can't create directory '/fsx/x': Permission denied");
    let full = failed("written", "dd: error writing '/fsx/x': No space left on device");
    let frozen = failed("written", "mkdir: can't create directory: Read-only file system");
    let no_lock = failed("locked", "flock: Function not implemented");
    let no_program = failed("locked", "sh: flock: not found");
    type Row<'a> = (i32, Vec<&'a str>, Verdict, Option<PodStep>, Option<u8>, &'a str);
    let rows: Vec<Row<'_>> = vec![
        (0, vec![MOUNTED, WRITTEN, LOCKED, READ, "end verdict=ok"], Verdict::Ok, None, None, ""),
        (0, vec![], Verdict::Ok, None, None, ""),
        (
            20,
            vec!["failed step=mounted text=/fsx is ext4"],
            Verdict::Failed,
            Some(PodStep::Mounted),
            None,
            "is not the file system",
        ),
        (21, vec![MOUNTED, &denied], Verdict::Failed, Some(PodStep::Written), Some(13), "root squash"),
        (21, vec![MOUNTED, &full], Verdict::Failed, Some(PodStep::Written), Some(28), "no space"),
        (21, vec![MOUNTED, &frozen], Verdict::Failed, Some(PodStep::Written), Some(30), "read-only"),
        (21, vec![], Verdict::Failed, Some(PodStep::Written), None, "refused the write"),
        (
            22,
            vec![MOUNTED, WRITTEN, &no_lock, READ],
            Verdict::Failed,
            Some(PodStep::Locked),
            Some(38),
            "refused all the same",
        ),
        (
            22,
            vec![MOUNTED, WRITTEN, &no_program, READ],
            Verdict::Unknown,
            Some(PodStep::Locked),
            None,
            "no flock program",
        ),
        (23, vec![MOUNTED], Verdict::Failed, Some(PodStep::Read), None, "between two nodes"),
        (24, vec![MOUNTED], Verdict::Failed, Some(PodStep::Compared), None, "different content"),
        (22, vec![], Verdict::Failed, Some(PodStep::Locked), None, ""),
        (25, vec![MOUNTED, WRITTEN, LOCKED], Verdict::Unknown, Some(PodStep::Read), None, ""),
        (25, vec![], Verdict::Unknown, Some(PodStep::Read), None, ""),
        (
            25,
            vec![MOUNTED, WRITTEN, &no_lock],
            Verdict::Failed,
            Some(PodStep::Locked),
            Some(38),
            "refused all",
        ),
        (26, vec![MOUNTED], Verdict::Failed, Some(PodStep::Removed), None, ""),
        (27, vec![MOUNTED], Verdict::Unknown, None, None, ""),
        (127, vec![], Verdict::Unknown, None, None, ""),
        (137, vec![], Verdict::Unknown, None, None, ""),
    ];
    for (code, lines, wanted, step, errno, cause) in rows {
        let told = verdict(ended(code, &lines));
        assert_eq!((told.verdict, told.step, told.errno), (wanted, step, errno), "{code} {lines:?}");
        assert!(told.cause.clone().unwrap_or_default().contains(cause), "{code}: {:?}", told.cause);
        assert_eq!(told.summary.is_none(), wanted == Verdict::Ok, "{code}");
    }
    assert_eq!(verdict(ended(22, &[])).cause, None, "without a log nothing tells why");
    let well = verdict(ended(0, &[MOUNTED, WRITTEN, LOCKED, "read from=0 bytes=67108864 ms=160 sha256=00"]));
    assert_eq!((well.write_mi_bps, well.read_mi_bps, well.locked), (Some(200.0), Some(400.0), Some(true)));
    assert_eq!((well.read_from.as_deref(), well.source.as_deref()), (Some("a1"), Some("a@tcp:/b")));
}

#[test]
fn a_pod_that_never_began_is_judged_by_what_keeps_it() {
    let failed_mount = "MountVolume.SetUp failed for volume \"pv\" : rpc error: code = Internal desc = Could not mount \"a\" at \"b\": mount failed: exit status 5";
    let rows: [(Observed, Verdict, Option<u8>, &str); 10] = [
        (
            Observed { refused: Some("exceeded quota".to_owned()), ..Observed::default() },
            Verdict::Unknown,
            None,
            "no pod was made",
        ),
        (
            Observed { created: true, ..Observed::default() },
            Verdict::Unknown,
            None,
            "no pod was made in time",
        ),
        (
            pending(|_, pod| pod.waiting = Some("ErrImagePull: no".to_owned())),
            Verdict::Unknown,
            None,
            "the container does not start",
        ),
        (
            pending(|_, pod| pod.unscheduled = Some("Unschedulable: no".to_owned())),
            Verdict::Unknown,
            None,
            "was not placed",
        ),
        (
            pending(|seen, _| seen.mount_event = Some(failed_mount.to_owned())),
            Verdict::Failed,
            Some(5),
            "exit status 5 (EIO",
        ),
        (
            pending(|seen, _| seen.warning = Some("FailedCreatePodSandBox: no".to_owned())),
            Verdict::Unknown,
            None,
            "does not start",
        ),
        (pending(|seen, _| seen.pulls = true), Verdict::Unknown, None, "still being pulled"),
        (pending(|_, _| {}), Verdict::Failed, None, "the mount hangs"),
        (
            pending(|seen, _| seen.log_veil = Some("it did not come in time".to_owned())),
            Verdict::Unknown,
            None,
            "what keeps it cannot be told",
        ),
        (
            pending(|seen, _| seen.mount_event = Some("timed out waiting for the condition".to_owned())),
            Verdict::Failed,
            None,
            "the mount hangs",
        ),
    ];
    for (observed, wanted, errno, words) in rows {
        let told = verdict(observed);
        assert_eq!((told.verdict, told.errno), (wanted, errno), "{words}");
        assert!(told.summary.clone().unwrap_or_default().contains(words), "{words}: {:?}", told.summary);
    }
}

#[test]
fn a_pod_that_still_runs_is_judged_by_how_far_it_came() {
    let running = |lines: &[&str]| {
        let pod = ProbePod { phase: "Running".to_owned(), ..ProbePod::default() };
        Observed { created: true, pod: Some(pod), log: log(lines), ..Observed::default() }
    };
    let rows = [
        (vec![MOUNTED], Verdict::Failed, Some(PodStep::Written)),
        (vec![MOUNTED, WRITTEN], Verdict::Failed, Some(PodStep::Locked)),
        (vec![MOUNTED, WRITTEN, LOCKED], Verdict::Unknown, Some(PodStep::Read)),
        (
            vec![MOUNTED, WRITTEN, LOCKED, "failed step=read text=the file of pod 1 did not come within 9 s"],
            Verdict::Unknown,
            Some(PodStep::Read),
        ),
        (vec![MOUNTED, WRITTEN, LOCKED, "failed step=read text=dd: x"], Verdict::Failed, Some(PodStep::Read)),
        (vec![MOUNTED, WRITTEN, LOCKED, READ], Verdict::Ok, None),
        (vec![MOUNTED, WRITTEN, "failed step=locked text=x", READ], Verdict::Failed, Some(PodStep::Locked)),
    ];
    for (lines, wanted, step) in rows {
        let told = verdict(running(&lines));
        assert_eq!((told.verdict, told.step), (wanted, step), "{lines:?}");
    }
    let unread = verdict(Observed { log: None, log_veil: Some("get pods/log".to_owned()), ..running(&[]) });
    assert_eq!((unread.verdict, unread.step), (Verdict::Unknown, None));
    assert_eq!(unread.cause.as_deref(), Some("its log cannot be read (get pods/log)"));
    // Both ran to the end of the wait: who is late is told by name, and no network is blamed.
    let facts = facts(cluster());
    let plan = planned(&VerifyWish { pick: Pick::Count(2), ..wish() }, &facts);
    let late = judge(&facts, &plan, &[running(&[MOUNTED, WRITTEN, LOCKED]), running(&[MOUNTED, WRITTEN])]);
    assert_eq!(late[0].summary.as_deref(), Some("the file of b2 did not come in time"));
    assert_eq!((late[0].cause.as_deref(), wants_network(&late[..1])), (None, false));
}

#[test]
fn files_that_a_killed_pod_may_have_left_are_told() {
    let facts = facts(cluster());
    let plan = planned(&VerifyWish { pick: Pick::Count(1), ..wish() }, &facts);
    let unread = |code: i32| Observed { log: None, ..ended(code, &[]) };
    let rows = [
        (ended(137, &[MOUNTED, WRITTEN]), true),
        (ended(137, &[MOUNTED, WRITTEN, "removed"]), false),
        (ended(137, &[]), false),
        (ended(0, &[MOUNTED, WRITTEN, LOCKED, READ, "removed", "end verdict=ok"]), false),
        // Nothing was ever made, so there was nothing to remove.
        (ended(21, &[MOUNTED, "failed step=written text=x", "end verdict=failed"]), false),
        (ended(24, &[MOUNTED, WRITTEN, "failed step=removed text=x", "end verdict=failed"]), true),
        (unread(137), true),
        (unread(0), false),
        (unread(22), false),
        (pending(|_, _| {}), false),
    ];
    for (number, (observed, wanted)) in rows.into_iter().enumerate() {
        let told = left_files(&plan, &[observed]);
        assert_eq!(told.is_some(), wanted, "{number}");
        assert!(told.is_none_or(|note| note.text.contains("directory .fsxctl-verify-0a0b0c0d may be left")));
    }
    let looks = ProbePlan { read_only: true, ..plan };
    assert_eq!(left_files(&looks, &[unread(137)]), None, "nothing was written");
}

#[test]
fn a_node_is_not_blamed_for_another() {
    let facts = facts(cluster());
    let plan = planned(&wish(), &facts);
    assert_eq!(plan.probes.len(), 3);
    let waits = |lines: &[&str]| {
        let pod = ProbePod { phase: "Running".to_owned(), ..ProbePod::default() };
        Observed { created: true, pod: Some(pod), log: log(lines), ..Observed::default() }
    };
    let lost = pending(|seen, _| seen.mount_event = Some("exit status 110".to_owned()));
    // The second one never mounts: the first has nothing to read, and nobody reads the third's.
    let told = judge(
        &facts,
        &plan,
        &[
            waits(&[MOUNTED, WRITTEN, LOCKED]),
            lost,
            waits(&[MOUNTED, WRITTEN, LOCKED, "read from=0 bytes=1048576 ms=10 sha256=00"]),
        ],
    );
    let verdicts: Vec<Verdict> = told.iter().map(|node| node.verdict).collect();
    assert_eq!(verdicts, [Verdict::Unknown, Verdict::Failed, Verdict::Ok]);
    assert!(
        told[0].cause.clone().unwrap_or_default().contains("reads the file of b2"),
        "{:?}",
        told[0].cause
    );
    assert_eq!(overall(&told), Verdict::Failed);
    assert_eq!(overall(&told[..1]), Verdict::Unknown);
    assert_eq!(overall(&told[2..]), Verdict::Ok);
}

#[test]
fn a_lock_that_fails_is_judged_from_the_options() {
    let lines = |options: &str| {
        let mounted = format!("mounted source=a@tcp:/b type=lustre options={options}");
        ended(22, &[&mounted, WRITTEN, "failed step=locked text=flock: Function not implemented", READ])
    };
    let of = |on_volume: &[&str], on_node: &str| {
        let mut facts = facts(cluster());
        volume_of(&mut facts, |pv| pv.mount_options = on_volume.iter().map(|it| (*it).to_owned()).collect());
        let plan = planned(&VerifyWish { pick: Pick::Count(1), ..wish() }, &facts);
        judge(&facts, &plan, &[lines(on_node)]).remove(0).cause.unwrap_or_default()
    };
    assert_eq!(of(&[], "rw"), "PersistentVolume pv lacks mount option flock");
    assert!(of(&["flock"], "rw").contains("the node's mount is older"));
    assert!(of(&["flock"], "rw,flock").contains("refused all the same"));
}
