//! Checks of the installation, one break at a time.

use super::super::sample::{NOW, broken, found, healthy, mount_failure, refusal, waiting};
use crate::facts::sample::hidden;
use crate::facts::{
    Addon, Checkup, CsiDriver, DriverPod, DriverWorkload, Issue, Marks, ObjectEvent, Release, Seen,
    ServiceAccount,
};

const CONTROLLER: &str = "Deployment kube-system/fsx-csi-controller";
const PLUGIN: &str = "DaemonSet kube-system/fsx-csi-node";

fn workloads(checkup: &mut Checkup) -> &mut Vec<DriverWorkload> {
    let Seen::Found(workloads) = &mut checkup.workloads else { panic!("the sample has workloads") };
    workloads
}

fn pods(checkup: &mut Checkup) -> &mut Vec<DriverPod> {
    let Seen::Found(pods) = &mut checkup.driver_pods else { panic!("the sample has pods") };
    pods
}

fn addon(checkup: &mut Checkup) -> &mut Addon {
    let Seen::Found(addon) = &mut checkup.survey.facts.driver.addon else {
        panic!("the sample has the add-on")
    };
    addon
}

/// The controller down, its pods in this state.
fn down(checkup: &mut Checkup, waiting: &str, message: &str) {
    workloads(checkup)[0].ready = 0;
    addon(checkup).status = "DEGRADED".into();
    addon(checkup).issues =
        vec![Issue { code: "InsufficientNumberOfReplicas".into(), message: "not healthy".into() }];
    for pod in pods(checkup).iter_mut().filter(|pod| pod.controller) {
        pod.ready = false;
        pod.waiting = Some(waiting.into());
        pod.message = Some(message.into());
    }
}

/// What a controller that is down comes to under its cause.
fn stopped(id: &str, object: &str) -> Vec<String> {
    vec![
        format!("{id} error failed {object}"),
        format!("FSX-INST-50 error blocked by {id} {CONTROLLER}"),
        format!("FSX-INST-05 error blocked by {id} Addon aws-fsx-csi-driver"),
        format!("FSX-BIND-50 error blocked by {id} PersistentVolumeClaim default/fsx-claim"),
        format!("FSX-SCHED-05 error blocked by {id} Pod default/app"),
    ]
}

#[test]
fn a_controller_that_does_not_run_explains_what_waits() {
    let mut checkup = waiting();
    down(&mut checkup, "CrashLoopBackOff", "panic");
    let found = found(&checkup);
    assert_eq!(found[0], format!("FSX-INST-50 error failed {CONTROLLER}"), "{found:#?}");
    assert!(found[1..].iter().all(|line| line.contains("blocked by FSX-INST-50")), "{found:#?}");
}

#[test]
fn a_controller_that_starts_or_has_one_pod_is_no_error() {
    let starting = broken(|it| {
        workloads(it)[0].ready = 0;
        for pod in pods(it).iter_mut().filter(|pod| pod.controller) {
            (pod.ready, pod.created) = (false, Some(NOW - 30));
        }
    });
    assert_eq!(starting, Vec::<String>::new());
    assert_eq!(broken(|it| workloads(it)[0].ready = 1), [format!("FSX-INST-50 warning failed {CONTROLLER}")]);
}

#[test]
fn images_that_cannot_be_pulled_are_the_cause() {
    let mut checkup = waiting();
    down(&mut checkup, "ImagePullBackOff", "Back-off pulling image");
    assert_eq!(found(&checkup), stopped("FSX-INST-11", CONTROLLER));
}

#[test]
fn a_region_that_cannot_be_learned_is_the_cause() {
    let mut checkup = waiting();
    down(
        &mut checkup,
        "CrashLoopBackOff",
        "panic: error getting instance data from ec2 metadata or kubernetes api",
    );
    pods(&mut checkup).iter_mut().for_each(|pod| pod.region = None);
    assert_eq!(found(&checkup), stopped("FSX-INST-09", CONTROLLER));
}

#[test]
fn a_controller_without_a_region_that_runs_is_found_by_what_it_says() {
    let mut checkup = waiting();
    pods(&mut checkup).iter_mut().for_each(|pod| pod.region = None);
    let quiet = found(&checkup);
    assert!(quiet[0].starts_with("FSX-BIND-50"), "{quiet:#?}");
    checkup.events =
        Seen::Found(vec![refusal("operation error FSx: not found, Invalid Configuration: Missing Region")]);
    assert_eq!(found(&checkup)[0], format!("FSX-INST-10 error failed {CONTROLLER}"));
}

#[test]
fn a_controller_on_fargate_needs_region_and_irsa() {
    let on_fargate = |checkup: &mut Checkup| {
        let Seen::Found(nodes) = &mut checkup.survey.facts.nodes else { return };
        nodes.iter_mut().filter(|node| node.name == "hyperpod-i-1").for_each(|node| node.fargate = true);
    };
    assert_eq!(broken(on_fargate), [format!("FSX-INST-17 info failed {CONTROLLER}")]);
    let bare = broken(|it| {
        on_fargate(it);
        pods(it).iter_mut().for_each(|pod| pod.region = None);
    });
    assert_eq!(bare, [format!("FSX-INST-17 error failed {CONTROLLER}")]);
}

#[test]
fn pods_that_a_policy_refuses_are_found() {
    let event = ObjectEvent {
        kind: "DaemonSet".into(),
        namespace: "kube-system".into(),
        name: "fsx-csi-node".into(),
        uid: None,
        reason: "FailedCreate".into(),
        ..refusal("pods \"x\" is forbidden: violates PodSecurity \"baseline:latest\": privileged")
    };
    let found = broken(|it| {
        workloads(it)[1].ready = 0;
        pods(it).retain(|pod| pod.controller);
        it.events = Seen::Found(vec![event.clone()]);
    });
    assert_eq!(
        found,
        [
            format!("FSX-INST-16 error failed {PLUGIN}"),
            "FSX-SCHED-01 warning blocked by FSX-INST-16 Node hyperpod-i-1".to_owned()
        ]
    );
    let past = broken(|it| it.events = Seen::Found(vec![event.clone()]));
    assert_eq!(past, Vec::<String>::new(), "all pods are ready now");
}

#[test]
fn a_plugin_that_its_node_does_not_know_explains_the_mount() {
    let found = broken(|it| {
        let Seen::Found(nodes) = &mut it.csi_nodes else { return };
        nodes.iter_mut().filter(|node| node.node == "hyperpod-i-1").for_each(|node| node.has_driver = false);
        let Seen::Found(users) = &mut it.survey.pods else { return };
        (users[0].phase, users[0].ready, users[0].node) =
            ("Pending".into(), false, Some("hyperpod-i-1".into()));
        it.events = Seen::Found(vec![mount_failure(
            "driver name fsx.csi.aws.com not found in the list of registered CSI drivers",
        )]);
    });
    assert_eq!(
        found,
        [
            "FSX-INST-14 error failed Node hyperpod-i-1",
            "FSX-MNT-50 error blocked by FSX-INST-14 Pod default/app"
        ]
    );
}

#[test]
fn an_add_on_that_collides_or_lags_is_told_for_what_it_is() {
    let collides = broken(|it| {
        addon(it).status = "CREATE_FAILED".into();
        addon(it).issues =
            vec![Issue { code: "ConfigurationConflict".into(), message: "Conflicts found".into() }];
    });
    assert_eq!(collides, ["FSX-INST-04 warning failed Addon aws-fsx-csi-driver"]);
    let dead = broken(|it| {
        addon(it).status = "CREATE_FAILED".into();
        addon(it).issues =
            vec![Issue { code: "ConfigurationConflict".into(), message: "Conflicts found".into() }];
        it.workloads = Seen::Found(Vec::new());
        it.driver_pods = Seen::Found(Vec::new());
    });
    assert_eq!(dead, ["FSX-INST-04 error failed Addon aws-fsx-csi-driver"]);
    let lags = broken(|it| {
        addon(it).status = "DEGRADED".into();
        addon(it).issues = vec![Issue { code: "InsufficientNumberOfReplicas".into(), message: "x".into() }];
    });
    assert_eq!(lags, ["FSX-INST-05 info failed Addon aws-fsx-csi-driver"]);
    let failed = broken(|it| addon(it).status = "UPDATE_FAILED".into());
    assert_eq!(failed, ["FSX-INST-05 warning failed Addon aws-fsx-csi-driver"]);
}

fn release(status: &str) -> Seen<Release> {
    Seen::Found(Release {
        name: "fsx".into(),
        namespace: "kube-system".into(),
        status: status.into(),
        age_seconds: 7200,
        ..Release::default()
    })
}

#[test]
fn a_release_that_failed_is_told_with_its_cause() {
    let helm = |it: &mut Checkup, status: &str| {
        it.survey.facts.driver.addon = Seen::Missing;
        it.survey.facts.driver.release = release(status);
    };
    assert_eq!(broken(|it| helm(it, "deployed")), Vec::<String>::new(), "H-04");
    assert_eq!(broken(|it| helm(it, "failed")), ["FSX-INST-51 warning failed HelmRelease kube-system/fsx"]);
    let eksctls = broken(|it| {
        helm(it, "failed");
        let Seen::Found(account) = &mut it.survey.facts.access.service_account else { return };
        account.marks = Marks {
            labels: [("app.kubernetes.io/managed-by".to_owned(), "eksctl".to_owned())].into(),
            ..Marks::default()
        };
    });
    assert_eq!(eksctls, ["FSX-INST-02 warning failed HelmRelease kube-system/fsx"]);
}

#[test]
fn a_part_that_is_missing_is_named() {
    let account = broken(|it| it.survey.facts.access.service_account = Seen::<ServiceAccount>::Missing);
    assert_eq!(account, ["FSX-INST-03 error failed ServiceAccount kube-system/fsx-csi-controller-sa"]);
    let node_only = broken(|it| {
        workloads(it).remove(0);
        pods(it).retain(|pod| !pod.controller);
    });
    assert_eq!(node_only, [format!("FSX-INST-07 error failed {PLUGIN}")]);
    let idle = broken(|it| {
        (workloads(it)[0].desired, workloads(it)[0].ready) = (0, 0);
        pods(it).retain(|pod| !pod.controller);
    });
    assert_eq!(idle, [format!("FSX-INST-07 error failed {CONTROLLER}")]);
    let no_plugin = broken(|it| {
        workloads(it).remove(1);
        pods(it).retain(|pod| pod.controller);
    });
    assert_eq!(no_plugin, [format!("FSX-INST-52 error failed {CONTROLLER}")]);
    let no_object = broken(|it| it.survey.facts.driver.csi_driver = Seen::Missing);
    assert_eq!(no_object, ["FSX-INST-08 error failed CSIDriver fsx.csi.aws.com"]);
    let attaches = broken(|it| {
        it.survey.facts.driver.csi_driver =
            Seen::Found(CsiDriver { attach_required: Some(true), ..CsiDriver::default() });
    });
    assert_eq!(attaches, ["FSX-INST-08 error failed CSIDriver fsx.csi.aws.com"]);
}

#[test]
fn a_second_copy_is_a_risk_and_one_elsewhere_is_not() {
    let copy = |namespace: &str| DriverWorkload {
        namespace: namespace.into(),
        chart: Some("hyperpod-inference-operator-1.0.0".into()),
        ..healthy().workloads.found().expect("workloads")[0].clone()
    };
    let twice = broken(|it| workloads(it).push(copy("hyperpod-inference-system")));
    assert_eq!(twice, ["FSX-INST-06 warning failed CSIDriver fsx.csi.aws.com"]);
    let alone = broken(|it| {
        it.survey.facts.driver.addon = Seen::Missing;
        for workload in workloads(it) {
            workload.namespace = "hyperpod-inference-system".into();
        }
        pods(it).iter_mut().for_each(|pod| pod.namespace = "hyperpod-inference-system".into());
    });
    assert_eq!(alone, Vec::<String>::new(), "H-04: the operator's own copy, alone");
}

#[test]
fn an_empty_extra_tags_is_a_fault_of_old_drivers_alone() {
    let with = |version: &str| {
        broken(|it| {
            let Seen::Found(classes) = &mut it.survey.classes else { return };
            classes[0].parameters.insert("extraTags".into(), String::new());
            for workload in workloads(it) {
                workload.image = Some(format!("public.ecr.aws/x/aws-fsx-csi-driver:{version}"));
            }
        })
        .into_iter()
        .filter(|line| line.starts_with("FSX-INST"))
        .collect::<Vec<_>>()
    };
    assert_eq!(with("v1.3.0").len(), 1);
    assert!(with("v1.3.0")[0].starts_with("FSX-INST-12 error failed StorageClass"));
    assert_eq!(with("v1.4.0"), Vec::<String>::new());
}

#[test]
fn a_tag_of_no_release_is_a_risk() {
    let with = |image: &str| {
        broken(|it| {
            it.survey.facts.driver.addon = Seen::Missing;
            workloads(it)[0].image = Some(image.into());
        })
    };
    assert_eq!(
        with("public.ecr.aws/x/aws-fsx-csi-driver:latest"),
        [format!("FSX-INST-13 warning failed {CONTROLLER}")]
    );
    assert_eq!(
        with("public.ecr.aws/x/aws-fsx-csi-driver"),
        [format!("FSX-INST-13 warning failed {CONTROLLER}")]
    );
    assert_eq!(with("mirror:5000/aws-fsx-csi-driver:v1.9.0"), Vec::<String>::new());
    assert_eq!(with("mirror/aws-fsx-csi-driver@sha256:00"), Vec::<String>::new());
}

/// §16 of the installation: odd, and all right.
#[test]
fn what_is_odd_and_right_is_no_fault() {
    type Odd = (&'static str, fn(&mut Checkup));
    let rows: [Odd; 5] = [
        ("H-04 no add-on", |it| it.survey.facts.driver.addon = Seen::Missing),
        ("H-28 one of two controllers leads", |it| {
            let second =
                DriverPod { name: "fsx-csi-controller-2".into(), ..pods(it).last().expect("a pod").clone() };
            pods(it).push(second);
        }),
        ("H-37 the add-on cannot be described", |it| {
            it.survey.facts.driver.addon = hidden("eks:DescribeAddon")
        }),
        ("H-43 an add-on behind the newest", |it| addon(it).version = "v1.8.0-eksbuild.1".into()),
        ("H-49 plugins without a Region", |it| {
            pods(it).iter_mut().for_each(|pod| pod.region = pod.region.take().filter(|_| pod.controller))
        }),
    ];
    for (what, odd) in rows {
        let found = broken(odd);
        assert!(
            found.iter().all(|line| line.contains(" info ") || line.contains(" unseen ")),
            "{what}: {found:#?}"
        );
    }
}
