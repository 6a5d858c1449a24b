//! SageMaker: HyperPod clusters.

use aws_sdk_sagemaker::operation::describe_cluster::DescribeClusterOutput;
use aws_sdk_sagemaker::types as sdk;

use super::{Answer, Reads, seen};
use crate::facts::{HyperPod, InstanceGroup};

const SAGEMAKER: &str = "sagemaker";

impl Reads {
    /// sagemaker:ListClusters: names of all HyperPod clusters of the Region.
    pub async fn hyperpod_names(&self) -> Answer<Vec<String>> {
        let pages = self.session.sagemaker().list_clusters().into_paginator().items().send();
        seen(SAGEMAKER, "ListClusters", pages.try_collect().await, |found| {
            Some(found.into_iter().filter_map(|cluster| cluster.cluster_name).collect())
        })
    }

    /// sagemaker:DescribeCluster.
    pub async fn hyperpod(&self, name: &str) -> Answer<HyperPod> {
        let answer = self.session.sagemaker().describe_cluster().cluster_name(name).send().await;
        seen(SAGEMAKER, "DescribeCluster", answer, |found| Some(hyperpod(found)))
    }
}

fn hyperpod(found: DescribeClusterOutput) -> HyperPod {
    let (subnets, security_groups) = network(found.vpc_config);
    let plain = found.instance_groups.unwrap_or_default().into_iter().map(|group| Group {
        name: group.instance_group_name,
        instance_type: group.instance_type,
        count: group.current_count,
        execution_role: group.execution_role,
        network: group.override_vpc_config,
    });
    let restricted = found.restricted_instance_groups.unwrap_or_default().into_iter().map(|group| Group {
        name: group.instance_group_name,
        instance_type: group.instance_type,
        count: group.current_count,
        execution_role: group.execution_role,
        network: group.override_vpc_config,
    });
    let groups =
        plain.chain(restricted).map(|group| instance_group(group, &subnets, &security_groups)).collect();
    HyperPod {
        name: found.cluster_name.unwrap_or_default(),
        arn: found.cluster_arn.unwrap_or_default(),
        status: found.cluster_status.map(|status| status.as_str().to_owned()).unwrap_or_default(),
        eks_arn: found.orchestrator.and_then(|orchestrator| orchestrator.eks).and_then(|eks| eks.cluster_arn),
        subnets,
        security_groups,
        groups,
    }
}

fn network(found: Option<sdk::VpcConfig>) -> (Vec<String>, Vec<String>) {
    found.map_or_else(Default::default, |config| {
        (config.subnets.unwrap_or_default(), config.security_group_ids.unwrap_or_default())
    })
}

/// What plain and restricted instance groups have in common.
struct Group {
    name: Option<String>,
    instance_type: Option<sdk::ClusterInstanceType>,
    count: Option<i32>,
    execution_role: Option<String>,
    network: Option<sdk::VpcConfig>,
}

fn instance_group(found: Group, subnets: &[String], groups: &[String]) -> InstanceGroup {
    let overrides_vpc = found.network.is_some();
    let (own_subnets, own_groups) = network(found.network);
    InstanceGroup {
        name: found.name.unwrap_or_default(),
        instance_type: found.instance_type.map(|kind| kind.as_str().to_owned()).unwrap_or_default(),
        count: found.count.and_then(|count| u32::try_from(count).ok()).unwrap_or_default(),
        execution_role: found.execution_role,
        subnets: if own_subnets.is_empty() { subnets.to_vec() } else { own_subnets },
        security_groups: if own_groups.is_empty() { groups.to_vec() } else { own_groups },
        overrides_vpc,
    }
}
