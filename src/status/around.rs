//! What is around the storage: cluster, nodes, security groups.

use std::collections::BTreeMap;

use super::identity::by_tags;
use super::{
    GroupState, HyperPodState, KubernetesState, NetworkState, NodeGroupState, NodesState, ZoneState,
};
use crate::facts::{Facts, HyperPod, Node, Survey};
use crate::steps::network::passage::Passages;

pub(super) fn kubernetes(survey: &Survey) -> KubernetesState {
    let cluster = &survey.facts.cluster;
    let known = |text: &String| (survey.veiled.is_none() && !text.is_empty()).then(|| text.clone());
    KubernetesState {
        version: known(&cluster.version),
        status: known(&cluster.status),
        vpc: known(&cluster.vpc),
        reached: known(&survey.facts.reached),
        shut: survey.shut.clone(),
        namespace: survey.namespace.clone(),
    }
}

pub(super) fn hyperpods(facts: &Facts) -> Vec<HyperPodState> {
    let state = |pod: &HyperPod| HyperPodState { name: pod.name.clone(), status: pod.status.clone() };
    facts.hyperpod.found().into_iter().flatten().map(state).collect()
}

/// Nodes by zone and by group.
pub(super) fn nodes(nodes: &[Node]) -> NodesState {
    let mut zones: BTreeMap<Option<String>, ZoneState> = BTreeMap::new();
    let mut groups: BTreeMap<(bool, Option<String>), NodeGroupState> = BTreeMap::new();
    for node in nodes {
        let ready = u32::from(node.ready);
        let zone = node.zone.clone().or_else(|| node.zone_id.clone());
        let in_zone = zones.entry(zone.clone()).or_insert_with(|| ZoneState { zone, total: 0, ready: 0 });
        in_zone.total += 1;
        in_zone.ready += ready;
        let group = groups.entry((!node.hyperpod, node.group.clone())).or_insert_with(|| NodeGroupState {
            group: node.group.clone(),
            hyperpod: node.hyperpod,
            instance_types: Vec::new(),
            total: 0,
            ready: 0,
        });
        group.total += 1;
        group.ready += ready;
        if let Some(kind) = node.instance_type.as_ref().filter(|kind| !group.instance_types.contains(kind)) {
            group.instance_types.push(kind.clone());
            group.instance_types.sort_unstable();
        }
    }
    NodesState {
        total: zones.values().map(|zone| zone.total).sum(),
        ready: zones.values().map(|zone| zone.ready).sum(),
        zones: zones.into_values().collect(),
        groups: groups.into_values().collect(),
    }
}

/// The groups that nodes and file systems of the VPC wear.
pub(super) fn network(facts: &Facts, passages: &Passages<'_>) -> NetworkState {
    let notes = passages.notes().cloned().collect();
    let Some(groups) = facts.network.groups.found() else { return NetworkState { groups: None, notes } };
    let mut worn: BTreeMap<String, u32> = passages.node_groups().into_iter().map(|id| (id, 0)).collect();
    for system in facts.file_systems.found().into_iter().flatten() {
        for id in passages.groups_of(system) {
            *worn.entry(id).or_default() += 1;
        }
    }
    let state = |(id, file_systems): (String, u32)| {
        let group = groups.iter().find(|group| group.id == id)?;
        Some(GroupState {
            name: group.name.clone(),
            made_by: by_tags(&group.tags, &facts.cluster.arn),
            nodes: passages.wearers(&id),
            file_systems,
            id,
        })
    };
    NetworkState { groups: Some(worn.into_iter().filter_map(state).collect()), notes }
}
