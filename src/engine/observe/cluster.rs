//! What Kubernetes holds, in one wave, and what to say when it cannot be reached.

use super::Look;
use crate::domain::storageclass::PROVISIONER;
use crate::error::{Error, Result};
use crate::facts::{Cluster, ControllerPod, CsiDriver, Node, Seen, ServiceAccount, Storage, Workload};
use crate::gateway::{KubeReads, Trouble, TroubleKind};

/// What Kubernetes holds.
pub(super) struct InCluster {
    pub(super) nodes: Seen<Vec<Node>>,
    pub(super) service_account: Seen<ServiceAccount>,
    pub(super) csi_driver: Seen<CsiDriver>,
    pub(super) controller: Seen<Workload>,
    pub(super) node: Seen<Workload>,
    pub(super) pods: Seen<Vec<ControllerPod>>,
    pub(super) storage: Storage,
}

/// Everything of the cluster at once.
pub(super) async fn kubernetes_wave(
    kube: &KubeReads,
    look: &Look,
    namespace: &str,
    cluster: &Cluster,
) -> Result<InCluster> {
    Box::pin(in_cluster(kube, look, namespace)).await.map_err(|trouble| away(trouble, cluster))
}

/// An API server that cannot be reached may be meant to be so: EKS tells who can.
fn away(trouble: Trouble, cluster: &Cluster) -> Error {
    let is_connection = trouble.what == TroubleKind::Unreachable && trouble.code.is_none();
    let is_open = cluster.public_access
        && (cluster.public_cidrs.is_empty() || cluster.public_cidrs.iter().any(|cidr| cidr == "0.0.0.0/0"));
    let error = Error::from(trouble);
    if !is_connection || is_open {
        return error;
    }
    let whom = if cluster.public_access {
        format!("to {} and inside {}", cluster.public_cidrs.join(", "), cluster.vpc)
    } else {
        format!("inside {} (endpointPublicAccess is false)", cluster.vpc)
    };
    let from =
        if cluster.public_access { "one of these addresses" } else { "a host in that VPC or a VPN to it" };
    error
        .because(format!("the API endpoint of cluster {} answers only {whom}", cluster.name))
        .next(format!("run it from {from}, or open a tunnel and name a kubeconfig for it with --kubeconfig"))
}

async fn in_cluster(kube: &KubeReads, look: &Look, namespace: &str) -> Result<InCluster, Trouble> {
    let (account_namespace, account) = &look.service_account;
    let (nodes, service_account, csi_driver, controller, node, pods, class, claim, volumes, home) = futures::join!(
        kube.nodes(),
        kube.service_account(account_namespace, account),
        kube.csi_driver(PROVISIONER),
        kube.deployment("kube-system", "fsx-csi-controller"),
        kube.daemon_set("kube-system", "fsx-csi-node"),
        kube.controller_pods(),
        kube.class(&look.class),
        kube.claim(namespace, &look.claim),
        kube.volumes(),
        kube.namespace(namespace),
    );
    let storage = Storage {
        claim_namespace: namespace.to_owned(),
        namespace: home?,
        class: class?,
        claim: claim?,
        volumes: volumes?,
    };
    Ok(InCluster {
        nodes: nodes?,
        service_account: service_account?,
        csi_driver: csi_driver?,
        controller: controller?,
        node: node?,
        pods: pods?,
        storage,
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::error::Kind;

    #[test]
    fn an_endpoint_that_is_private_says_who_can_reach_it() {
        let cluster = |public_access: bool, cidrs: &[&str]| Cluster {
            name: "c".to_owned(),
            vpc: "vpc-1".to_owned(),
            public_access,
            public_cidrs: cidrs.iter().map(|cidr| (*cidr).to_owned()).collect(),
            ..Cluster::default()
        };
        let rows = [
            (cluster(true, &["0.0.0.0/0"]), None),
            (cluster(true, &[]), None),
            (
                cluster(false, &["0.0.0.0/0"]),
                Some(
                    "the API endpoint of cluster c answers only inside vpc-1 (endpointPublicAccess is false)",
                ),
            ),
            (
                cluster(true, &["203.0.113.0/24", "198.51.100.7/32"]),
                Some(
                    "the API endpoint of cluster c answers only to 203.0.113.0/24, 198.51.100.7/32 and inside vpc-1",
                ),
            ),
        ];
        let trouble = |what| Trouble::new(what, "kubernetes", "get nodes", "timed out");
        for (cluster, wanted) in rows {
            let error = away(trouble(TroubleKind::Unreachable), &cluster);
            assert_eq!(error.kind, Kind::Unavailable);
            let told = error.causes.iter().find(|cause| cause.contains("answers only")).map(String::as_str);
            assert_eq!(told, wanted);
            assert_eq!(error.next.is_some_and(|next| next.contains("--kubeconfig")), wanted.is_some());
            let denied = away(trouble(TroubleKind::Denied), &cluster);
            assert!(!denied.causes.iter().any(|cause| cause.contains("answers only")));
        }
    }
}
