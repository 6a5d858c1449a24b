//! Checks of HyperPod, one break at a time.

use super::super::sample::{broken, user};
use crate::facts::{Checkup, HyperPod, Seen, Taint};

fn hyperpod(checkup: &mut Checkup) -> &mut HyperPod {
    let Seen::Found(pods) = &mut checkup.survey.facts.hyperpod else { panic!("the sample has one") };
    &mut pods[0]
}

#[test]
fn a_group_with_a_network_of_its_own_is_worth_knowing() {
    let same = broken(|it| {
        let pod = hyperpod(it);
        pod.groups[0].overrides_vpc = true;
        pod.security_groups = pod.groups[0].security_groups.clone();
        pod.subnets = pod.groups[0].subnets.clone();
    });
    assert_eq!(same, Vec::<String>::new());
    let found = broken(|it| hyperpod(it).groups[0].overrides_vpc = true);
    assert_eq!(found, ["FSX-HP-01 info failed InstanceGroup hp/gpu"]);
}

#[test]
fn a_team_without_its_claim_is_found() {
    let of_team = |namespace: &str| {
        broken(|it| {
            let Seen::Found(pods) = &mut it.survey.pods else { return };
            let mut pod = user("train");
            (pod.namespace, pod.phase, pod.ready, pod.node) =
                (namespace.into(), "Pending".into(), false, None);
            pod.unscheduled = Some("persistentvolumeclaim \"fsx-claim\" not found".into());
            pods.push(pod);
        })
    };
    assert_eq!(of_team("hyperpod-ns-research"), ["FSX-HP-02 error failed Pod hyperpod-ns-research/train"]);
}

#[test]
fn compute_is_told_as_compute() {
    let held = broken(|it| {
        let Seen::Found(nodes) = &mut it.survey.facts.nodes else { return };
        nodes[0].more.taints = vec![Taint {
            key: "sagemaker.amazonaws.com/node-health-status".into(),
            value: Some("Unschedulable".into()),
            effect: "NoSchedule".into(),
        }];
    });
    assert_eq!(held, ["FSX-HP-03 info failed Node hyperpod-i-1"]);
    let failed = broken(|it| hyperpod(it).status = "Failed".into());
    assert_eq!(failed, ["FSX-HP-09 info failed HyperPodCluster hp"]);
    assert_eq!(broken(|it| hyperpod(it).status = "InService".into()), Vec::<String>::new());
}

/// H-26: EC2 does not list HyperPod's instances, and their provider id has a zone id in it.
#[test]
fn a_node_that_ec2_does_not_list_is_right() {
    let found = broken(|it| {
        let Seen::Found(nodes) = &mut it.survey.facts.nodes else { return };
        for node in nodes.iter_mut().filter(|node| node.hyperpod) {
            let id = format!("aws:///usw2-az1/sagemaker/cluster/hyperpod-0abc-{}", node.name);
            (node.provider_id, node.instance_id) = (Some(id), Some("i-0feed".into()));
        }
    });
    assert_eq!(found, Vec::<String>::new());
}
