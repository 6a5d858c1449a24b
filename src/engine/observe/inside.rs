//! What Kubernetes holds, looked at in one wave.

use super::Look;
use crate::facts::{ControllerPod, CsiDriver, Node, Seen, ServiceAccount, Storage, Workload};
use crate::gateway::{KubeReads, Trouble};

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

/// What a driver that may be installed could meet.
pub(super) struct Workloads {
    pub(super) service_account: Seen<ServiceAccount>,
    pub(super) controller: Seen<Workload>,
    pub(super) pods: Seen<Vec<ControllerPod>>,
}

impl Default for Workloads {
    fn default() -> Self {
        Self { service_account: Seen::Missing, controller: Seen::Missing, pods: Seen::Missing }
    }
}

/// The controller's side of the driver.
pub(super) async fn workloads(kube: &KubeReads, look: &Look) -> Result<Workloads, Trouble> {
    let (namespace, account) = &look.service_account;
    let (service_account, controller, pods) = futures::join!(
        kube.service_account(namespace, account),
        kube.deployment("kube-system", "fsx-csi-controller"),
        kube.controller_pods("kube-system"),
    );
    Ok(Workloads { service_account: service_account?, controller: controller?, pods: pods? })
}

pub(super) async fn look(kube: &KubeReads, look: &Look, namespace: &str) -> Result<InCluster, Trouble> {
    let (account_namespace, account) = &look.service_account;
    let (nodes, service_account, csi_driver, controller, node, pods, class, claim, volumes, home) = futures::join!(
        kube.nodes(),
        kube.service_account(account_namespace, account),
        kube.csi_driver(crate::domain::storageclass::PROVISIONER),
        kube.deployment("kube-system", "fsx-csi-controller"),
        kube.daemon_set("kube-system", "fsx-csi-node"),
        kube.controller_pods("kube-system"),
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
        taken: Vec::new(),
        places: Seen::Missing,
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
