//! EKS: clusters, add-ons, Pod Identity associations.

use aws_sdk_eks::types as sdk;
use serde_json::Value;

use super::{Answer, Reads, seen};
use crate::facts::{Addon, AddonVersion, Association, AssociationRow, Cluster, Issue};
use crate::gateway::scrub::scrub;

const EKS: &str = "eks";

impl Reads {
    /// eks:ListClusters: names of all clusters of the Region.
    pub async fn clusters(&self) -> Answer<Vec<String>> {
        let pages = self.session.eks().list_clusters().into_paginator().items().send();
        seen(EKS, "ListClusters", pages.try_collect().await, Some)
    }

    /// eks:DescribeCluster.
    pub async fn cluster(&self, name: &str) -> Answer<Cluster> {
        let answer = self.session.eks().describe_cluster().name(name).send().await;
        seen(EKS, "DescribeCluster", answer, |output| output.cluster.map(cluster))
    }

    /// eks:DescribeAddon.
    pub async fn addon(&self, cluster: &str, name: &str) -> Answer<Addon> {
        let answer = self.session.eks().describe_addon().cluster_name(cluster).addon_name(name).send().await;
        seen(EKS, "DescribeAddon", answer, |output| output.addon.map(addon))
    }

    /// eks:DescribeAddonVersions: builds, newest first as EKS lists them.
    pub async fn addon_versions(&self, name: &str) -> Answer<Vec<AddonVersion>> {
        let pages =
            self.session.eks().describe_addon_versions().addon_name(name).into_paginator().items().send();
        seen(EKS, "DescribeAddonVersions", pages.try_collect().await, |addons| {
            let builds: Vec<AddonVersion> = addons
                .into_iter()
                .flat_map(|addon| addon.addon_versions.unwrap_or_default())
                .map(build)
                .collect();
            (!builds.is_empty()).then_some(builds)
        })
    }

    /// eks:DescribeAddonConfiguration: the JSON schema of an add-on build's configuration.
    pub async fn addon_schema(&self, name: &str, version: &str) -> Answer<Value> {
        let answer = self
            .session
            .eks()
            .describe_addon_configuration()
            .addon_name(name)
            .addon_version(version)
            .send()
            .await;
        seen(EKS, "DescribeAddonConfiguration", answer, |output| {
            serde_json::from_str(&output.configuration_schema?).ok()
        })
    }

    /// eks:ListPodIdentityAssociations: the id of the service account's association; there is at most one.
    pub async fn association_id(
        &self,
        cluster: &str,
        namespace: &str,
        service_account: &str,
    ) -> Answer<String> {
        let list = self.session.eks().list_pod_identity_associations();
        let pages = list
            .cluster_name(cluster)
            .namespace(namespace)
            .service_account(service_account)
            .into_paginator()
            .items();
        let first = pages.send().next().await.transpose();
        seen(EKS, "ListPodIdentityAssociations", first, |first| first?.association_id)
    }

    /// eks:ListPodIdentityAssociations: all of the cluster.
    pub async fn associations(&self, cluster: &str) -> Answer<Vec<AssociationRow>> {
        let list = self.session.eks().list_pod_identity_associations();
        let pages = list.cluster_name(cluster).into_paginator().items().send();
        seen(EKS, "ListPodIdentityAssociations", pages.try_collect().await, |found| {
            Some(found.into_iter().map(association_row).collect())
        })
    }

    /// eks:DescribeNodegroup: ARN of the role of a node group's nodes.
    pub async fn node_group_role(&self, cluster: &str, group: &str) -> Answer<String> {
        let describe = self.session.eks().describe_nodegroup();
        let answer = describe.cluster_name(cluster).nodegroup_name(group).send().await;
        seen(EKS, "DescribeNodegroup", answer, |output| output.nodegroup?.node_role)
    }

    /// eks:DescribePodIdentityAssociation.
    pub async fn association(&self, cluster: &str, id: &str) -> Answer<Association> {
        let describe = self.session.eks().describe_pod_identity_association();
        let answer = describe.cluster_name(cluster).association_id(id).send().await;
        seen(EKS, "DescribePodIdentityAssociation", answer, |output| output.association.map(association))
    }
}

fn cluster(found: sdk::Cluster) -> Cluster {
    let network = found.resources_vpc_config;
    let (vpc, subnets, security_group, public_access, public_cidrs) = match network {
        Some(network) => (
            network.vpc_id.unwrap_or_default(),
            network.subnet_ids.unwrap_or_default(),
            network.cluster_security_group_id,
            network.endpoint_public_access,
            network.public_access_cidrs.unwrap_or_default(),
        ),
        None => (String::new(), Vec::new(), None, false, Vec::new()),
    };
    Cluster {
        name: found.name.unwrap_or_default(),
        arn: found.arn.unwrap_or_default(),
        version: found.version.unwrap_or_default(),
        status: found.status.map(|status| status.as_str().to_owned()).unwrap_or_default(),
        endpoint: found.endpoint.filter(|endpoint| !endpoint.is_empty()),
        ca: found.certificate_authority.and_then(|ca| ca.data),
        issuer: found.identity.and_then(|identity| identity.oidc).and_then(|oidc| oidc.issuer),
        vpc,
        subnets,
        security_group,
        auto_mode: found.compute_config.and_then(|compute| compute.enabled).unwrap_or_default(),
        public_access,
        public_cidrs,
        ip_family: found
            .kubernetes_network_config
            .and_then(|network| network.ip_family)
            .map_or_else(|| "ipv4".to_owned(), |family| family.as_str().to_owned()),
        tags: found.tags.unwrap_or_default().into_iter().collect(),
    }
}

fn addon(found: sdk::Addon) -> Addon {
    let issues = found.health.and_then(|health| health.issues).unwrap_or_default();
    Addon {
        name: found.addon_name.unwrap_or_default(),
        arn: found.addon_arn.unwrap_or_default(),
        version: found.addon_version.unwrap_or_default(),
        status: found.status.map(|status| status.as_str().to_owned()).unwrap_or_default(),
        role_arn: found.service_account_role_arn.filter(|arn| !arn.is_empty()),
        associations: found.pod_identity_associations.unwrap_or_default(),
        configuration: found.configuration_values.filter(|values| !values.is_empty()),
        issues: issues
            .into_iter()
            .map(|issue| Issue {
                code: issue.code.map(|code| code.as_str().to_owned()).unwrap_or_default(),
                message: scrub(&issue.message.unwrap_or_default()),
            })
            .collect(),
        tags: found.tags.unwrap_or_default().into_iter().collect(),
    }
}

fn build(found: sdk::AddonVersionInfo) -> AddonVersion {
    let mut version =
        AddonVersion { version: found.addon_version.unwrap_or_default(), ..AddonVersion::default() };
    for fit in found.compatibilities.unwrap_or_default() {
        let Some(kubernetes) = fit.cluster_version else { continue };
        if fit.default_version {
            version.default_for.push(kubernetes.clone());
        }
        version.kubernetes.push(kubernetes);
    }
    version
}

fn association(found: sdk::PodIdentityAssociation) -> Association {
    Association {
        id: found.association_id.unwrap_or_default(),
        arn: found.association_arn.unwrap_or_default(),
        role_arn: found.role_arn.unwrap_or_default(),
        owner_arn: found.owner_arn.filter(|arn| !arn.is_empty()),
        tags: found.tags.unwrap_or_default().into_iter().collect(),
    }
}

fn association_row(found: sdk::PodIdentityAssociationSummary) -> AssociationRow {
    AssociationRow {
        id: found.association_id.unwrap_or_default(),
        namespace: found.namespace.unwrap_or_default(),
        service_account: found.service_account.unwrap_or_default(),
    }
}
