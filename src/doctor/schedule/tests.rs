//! Checks of places and taints, one break at a time.

use super::super::sample::{NOW, broken, found, healthy, mount_failure, waiting};
use crate::facts::{Checkup, Node, PodUse, Seen, Taint};

/// Not the controller's node.
const NODE: &str = "hyperpod-i-2";
const ABSENT: &str =
    "MountVolume.SetUp failed: driver name fsx.csi.aws.com not found in the list of registered CSI drivers";

fn node(checkup: &mut Checkup) -> &mut Node {
    let Seen::Found(nodes) = &mut checkup.survey.facts.nodes else { panic!("the sample has nodes") };
    nodes.iter_mut().find(|node| node.name == NODE).expect("the sample's node")
}

fn app(checkup: &mut Checkup) -> &mut PodUse {
    let Seen::Found(pods) = &mut checkup.survey.pods else { panic!("the sample has pods") };
    &mut pods[0]
}

/// The sample's pod on a node, not started.
fn placed(checkup: &mut Checkup) {
    let pod = app(checkup);
    (pod.phase, pod.ready, pod.node) = ("Pending".into(), false, Some(NODE.into()));
}

/// The driver away from that node.
fn without_plugin(checkup: &mut Checkup) {
    unregistered(checkup);
    let Seen::Found(pods) = &mut checkup.driver_pods else { return };
    pods.retain(|pod| pod.controller || pod.node.as_deref() != Some(NODE));
}

fn unregistered(checkup: &mut Checkup) {
    let Seen::Found(nodes) = &mut checkup.csi_nodes else { return };
    nodes.iter_mut().filter(|node| node.node == NODE).for_each(|node| node.has_driver = false);
}

fn taint(key: &str) -> Taint {
    Taint { key: key.into(), value: None, effect: "NoSchedule".into() }
}

#[test]
fn a_node_without_the_driver_explains_the_mount_that_fails() {
    let found = broken(|it| {
        placed(it);
        without_plugin(it);
        node(it).more.taints = vec![taint("nvidia.com/gpu")];
        it.events = Seen::Found(vec![mount_failure(ABSENT)]);
    });
    let node = format!("FSX-SCHED-01 error failed Node {NODE}");
    assert_eq!(found, [node, "FSX-MNT-50 error blocked by FSX-SCHED-01 Pod default/app".to_owned()]);
}

#[test]
fn a_node_whose_plugin_is_gone_under_running_pods_is_a_risk() {
    let found = broken(|it| {
        app(it).node = Some(NODE.into());
        without_plugin(it);
    });
    assert_eq!(found, [format!("FSX-SCHED-01 warning failed Node {NODE}")]);
}

#[test]
fn a_taint_is_named_when_the_daemon_set_does_not_tolerate_it() {
    let because = |tolerations: &[&str]| {
        let mut checkup = healthy();
        placed(&mut checkup);
        without_plugin(&mut checkup);
        node(&mut checkup).more.taints = vec![taint("nvidia.com/gpu")];
        let Seen::Found(workloads) = &mut checkup.workloads else { panic!("workloads") };
        workloads[1].tolerations = tolerations.iter().map(|it| (*it).to_owned()).collect();
        super::super::sample::examined(&checkup)[0].cause.clone()
    };
    for tolerations in
        [&["CriticalAddonsOnly=*:*"][..], &["nvidia.com/gpu=*:NoExecute"], &["nvidia.com/gpu=other:*"]]
    {
        assert!(because(tolerations).contains("taint nvidia.com/gpu"), "{tolerations:?}");
    }
    for tolerations in [&["*=*:*"][..], &["nvidia.com/gpu=*:NoSchedule"]] {
        assert!(!because(tolerations).contains("taint"), "{tolerations:?}");
    }
}

#[test]
fn a_fresh_node_is_no_fault() {
    let found = broken(|it| {
        placed(it);
        without_plugin(it);
        node(it).more.created = Some(NOW - 90);
        it.events = Seen::Found(vec![mount_failure(ABSENT)]);
    });
    assert_eq!(found, [format!("FSX-SCHED-02 info failed Node {NODE}")]);
}

#[test]
fn a_start_taint_that_stays_is_found_and_a_new_one_is_not() {
    let tainted = |age: i64, unscheduled: bool| {
        broken(|it| {
            node(it).more.taints = vec![taint("fsx.csi.aws.com/agent-not-ready")];
            node(it).more.created = Some(NOW - age);
            if unscheduled {
                let pod = app(it);
                (pod.phase, pod.ready, pod.node) = ("Pending".into(), false, None);
                pod.unscheduled =
                    Some("1 node(s) had untolerated taint {fsx.csi.aws.com/agent-not-ready: }".into());
            }
        })
    };
    assert_eq!(tainted(3600, true), [format!("FSX-SCHED-03 error failed Node {NODE}")]);
    assert_eq!(tainted(3600, false), [format!("FSX-SCHED-03 warning failed Node {NODE}")]);
    // H-42: a node of three minutes.
    assert_eq!(tainted(180, false), Vec::<String>::new());
}

#[test]
fn a_plugin_without_room_explains_its_node_and_the_mount() {
    let found = broken(|it| {
        placed(it);
        unregistered(it);
        it.events = Seen::Found(vec![mount_failure(ABSENT)]);
        let Seen::Found(pods) = &mut it.driver_pods else { return };
        let pod =
            pods.iter_mut().find(|pod| pod.node.as_deref() == Some(NODE) && !pod.controller).expect("plugin");
        (pod.node, pod.ready, pod.phase) = (None, false, "Pending".into());
        pod.unscheduled = Some("0/5 nodes are available: 1 Too many pods".into());
    });
    let plugin = format!("Pod kube-system/fsx-csi-node-{NODE}");
    assert_eq!(
        found,
        [
            format!("FSX-SCHED-06 error failed {plugin}"),
            format!("FSX-SCHED-01 error blocked by FSX-SCHED-06 Node {NODE}"),
            "FSX-MNT-50 error blocked by FSX-SCHED-06 Pod default/app".to_owned(),
        ]
    );
}

#[test]
fn pods_that_can_never_mount_are_told() {
    let on = |change: fn(&mut Node)| {
        broken(|it| {
            placed(it);
            change(node(it));
        })
    };
    let wanted = ["FSX-SCHED-07 error failed Pod default/app"];
    assert_eq!(on(|node| node.fargate = true), wanted);
    assert_eq!(on(|node| node.more.os = Some("windows".into())), wanted);
    // The sample's driver is 1.9.0, which runs on hybrid nodes.
    assert_eq!(
        on(|node| node.provider_id = Some("eks-hybrid:///us-west-2/c/mi-1".into())),
        Vec::<String>::new()
    );
}

#[test]
fn a_pod_that_waits_for_a_node_is_not_blamed_on_storage() {
    let found = broken(|it| {
        let pod = app(it);
        (pod.phase, pod.ready, pod.node) = ("Pending".into(), false, None);
        pod.unscheduled = Some("0/5 nodes are available: 5 Insufficient nvidia.com/gpu".into());
    });
    assert_eq!(found, ["FSX-SCHED-08 info failed Pod default/app"]);
}

#[test]
fn a_controller_that_no_node_takes_explains_everything_that_waits() {
    let mut checkup = waiting();
    unplaced(&mut checkup);
    assert_eq!(
        found(&checkup),
        [
            "FSX-SCHED-09 error failed Deployment kube-system/fsx-csi-controller",
            "FSX-INST-50 error blocked by FSX-SCHED-09 Deployment kube-system/fsx-csi-controller",
            "FSX-INST-05 error blocked by FSX-SCHED-09 Addon aws-fsx-csi-driver",
            "FSX-BIND-50 error blocked by FSX-SCHED-09 PersistentVolumeClaim default/fsx-claim",
            "FSX-SCHED-05 error blocked by FSX-SCHED-09 Pod default/app",
        ]
    );
}

fn unplaced(checkup: &mut Checkup) {
    let Seen::Found(pods) = &mut checkup.driver_pods else { return };
    let pod = pods.iter_mut().find(|pod| pod.controller).expect("the controller's pod");
    (pod.node, pod.ready, pod.phase, pod.role_arn) = (None, false, "Pending".into(), pod.role_arn.take());
    pod.unscheduled =
        Some("0/5 nodes are available: 5 node(s) had untolerated taint {nvidia.com/gpu: }".into());
    let Seen::Found(workloads) = &mut checkup.workloads else { return };
    workloads[0].ready = 0;
    let Seen::Found(addon) = &mut checkup.survey.facts.driver.addon else { return };
    addon.status = "DEGRADED".into();
}

/// §16 of places: odd, and all right.
#[test]
fn what_is_odd_and_right_is_no_fault() {
    type Odd = (&'static str, fn(&mut Checkup));
    let rows: [Odd; 5] = [
        ("H-25 fewer plugins than nodes", |it| {
            without_plugin(it);
            let Seen::Found(workloads) = &mut it.workloads else { return };
            (workloads[1].desired, workloads[1].ready) = (4, 4);
        }),
        ("H-27 a node under repair", |it| {
            node(it).more.taints = vec![taint("sagemaker.amazonaws.com/node-health-status")];
        }),
        ("H-34 a plugin that takes its time to end", |it| {
            let Seen::Found(pods) = &mut it.driver_pods else { return };
            let pod = pods.last_mut().expect("a pod");
            pod.terminating = true;
        }),
        ("H-38 no driver on a system node", unregistered_system_node),
        ("H-42 a start-up taint on a young node", |it| {
            node(it).more.taints = vec![taint("fsx.csi.aws.com/agent-not-ready")];
            node(it).more.created = Some(NOW - 120);
        }),
    ];
    for (what, odd) in rows {
        let found = broken(odd);
        assert!(found.iter().all(|line| line.contains(" info ")), "{what}: {found:#?}");
    }
}

fn unregistered_system_node(checkup: &mut Checkup) {
    app(checkup).node = Some("hyperpod-i-3".into());
    without_plugin(checkup);
}
