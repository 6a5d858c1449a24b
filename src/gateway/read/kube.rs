//! Kubernetes objects turned into facts.

use std::collections::BTreeMap;

use k8s_openapi::api::apps::v1::{DaemonSet, Deployment};
use k8s_openapi::api::core::v1 as core;
use k8s_openapi::api::storage::v1::{CSIDriver, StorageClass as ApiClass};
use k8s_openapi::apimachinery::pkg::apis::meta::v1::ObjectMeta;
use kube::Api;
use kube::api::ListParams;
use serde::de::DeserializeOwned;

use super::Answer;
use crate::domain::names;
use crate::facts::{
    Claim, CsiDriver, Event, Marks, Namespace, Node, NodeMore, Seen, ServiceAccount, StorageClass, Taint,
    Volume, VolumeMore, Workload,
};
use crate::gateway::kubernetes::{Link, Repeat};
use crate::gateway::scrub::scrub;

/// The driver's name.
const DRIVER: &str = "fsx.csi.aws.com";

/// The driver's own container.
pub(super) const PLUGIN: &str = "fsx-plugin";

/// Which group a node is of, as HyperPod, EKS, eksctl and Karpenter label it.
const GROUP_LABELS: [&str; 4] = [
    "sagemaker.amazonaws.com/instance-group-name",
    "eks.amazonaws.com/nodegroup",
    "alpha.eksctl.io/nodegroup-name",
    "karpenter.sh/nodepool",
];

/// Everything that may be looked at in the cluster. Cheap to clone.
#[derive(Debug, Clone)]
pub struct KubeReads {
    pub(super) link: Link,
}

impl KubeReads {
    pub(in crate::gateway) fn new(link: &Link) -> Self {
        Self { link: link.clone() }
    }

    /// All nodes.
    ///
    /// # Errors
    /// Trouble other than denied and not found, here and in every other read.
    pub async fn nodes(&self) -> Answer<Vec<Node>> {
        self.list("list nodes", &Api::all(self.api()), ListParams::default(), |found| Some(node(found))).await
    }

    /// A service account.
    pub async fn service_account(&self, namespace: &str, name: &str) -> Answer<ServiceAccount> {
        let api: Api<core::ServiceAccount> = Api::namespaced(self.api(), namespace);
        self.get(&format!("get serviceaccounts in {namespace}"), &api, name, service_account).await
    }

    /// A CSIDriver.
    pub async fn csi_driver(&self, name: &str) -> Answer<CsiDriver> {
        self.get("get csidrivers.storage.k8s.io", &Api::<CSIDriver>::all(self.api()), name, |found| {
            CsiDriver {
                attach_required: found.spec.attach_required,
                fs_group_policy: found.spec.fs_group_policy,
                marks: marks(found.metadata),
            }
        })
        .await
    }

    /// A Deployment.
    pub async fn deployment(&self, namespace: &str, name: &str) -> Answer<Workload> {
        let api: Api<Deployment> = Api::namespaced(self.api(), namespace);
        self.get(&format!("get deployments.apps in {namespace}"), &api, name, deployment).await
    }

    /// A DaemonSet.
    pub async fn daemon_set(&self, namespace: &str, name: &str) -> Answer<Workload> {
        let api: Api<DaemonSet> = Api::namespaced(self.api(), namespace);
        self.get(&format!("get daemonsets.apps in {namespace}"), &api, name, daemon_set).await
    }

    /// A StorageClass.
    pub async fn class(&self, name: &str) -> Answer<StorageClass> {
        self.get("get storageclasses.storage.k8s.io", &Api::<ApiClass>::all(self.api()), name, class).await
    }

    /// A claim.
    pub async fn claim(&self, namespace: &str, name: &str) -> Answer<Claim> {
        let api: Api<core::PersistentVolumeClaim> = Api::namespaced(self.api(), namespace);
        self.get(&format!("get persistentvolumeclaims in {namespace}"), &api, name, claim).await
    }

    /// All volumes of the FSx for Lustre driver.
    pub async fn volumes(&self) -> Answer<Vec<Volume>> {
        self.list("list persistentvolumes", &Api::all(self.api()), ListParams::default(), volume).await
    }

    /// All volumes of the FSx for Lustre driver, and the names of all others.
    pub async fn volumes_and_others(&self) -> Answer<(Vec<Volume>, Vec<String>)> {
        let either = |found: core::PersistentVolume| {
            let name = found.metadata.name.clone().unwrap_or_default();
            Some(volume(found).ok_or(name))
        };
        let api = Api::all(self.api());
        let all = self.list("list persistentvolumes", &api, ListParams::default(), either).await?;
        Ok(all.map(|all| {
            let (mut ours, mut others) = (Vec::new(), Vec::new());
            for found in all {
                match found {
                    Ok(volume) => ours.push(volume),
                    Err(name) => others.push(name),
                }
            }
            (ours, others)
        }))
    }

    /// Names of the namespaces that a label selector matches.
    pub async fn namespaces_by(&self, selector: &str) -> Answer<Vec<Namespace>> {
        let params = ListParams::default().labels(selector);
        self.list("list namespaces", &Api::all(self.api()), params, |found: core::Namespace| {
            Some(namespace(found))
        })
        .await
    }

    /// Names of the pods that use a claim and have not ended.
    pub async fn users_of(&self, namespace: &str, claim: &str) -> Answer<Vec<String>> {
        let api: Api<core::Pod> = Api::namespaced(self.api(), namespace);
        let uses = |pod: &core::Pod| {
            let volumes = pod.spec.iter().flat_map(|spec| spec.volumes.iter().flatten());
            let mut claims = volumes.filter_map(|volume| volume.persistent_volume_claim.as_ref());
            claims.any(|named| named.claim_name == claim)
        };
        let has_ended = |pod: &core::Pod| {
            let phase = pod.status.as_ref().and_then(|status| status.phase.as_deref());
            matches!(phase, Some("Succeeded" | "Failed"))
        };
        self.list(&format!("list pods in {namespace}"), &api, ListParams::default(), |pod| {
            (uses(&pod) && !has_ended(&pod)).then(|| pod.metadata.name.unwrap_or_default())
        })
        .await
    }

    /// A namespace.
    pub async fn namespace(&self, name: &str) -> Answer<Namespace> {
        self.get("get namespaces", &Api::<core::Namespace>::all(self.api()), name, namespace).await
    }

    /// Events of the object with this uid.
    pub async fn events_of(&self, namespace: &str, uid: &str) -> Answer<Vec<Event>> {
        let api: Api<core::Event> = Api::namespaced(self.api(), namespace);
        let params = ListParams::default().fields(&format!("involvedObject.uid={uid}"));
        self.list(&format!("list events in {namespace}"), &api, params, |found| Some(event(found))).await
    }

    pub(super) fn api(&self) -> kube::Client {
        self.link.client.clone()
    }

    async fn get<K, T>(
        &self,
        permission: &str,
        api: &Api<K>,
        name: &str,
        into: impl FnOnce(K) -> T,
    ) -> Answer<T>
    where
        K: Clone + DeserializeOwned + std::fmt::Debug,
    {
        match self.link.call(permission, Repeat::Safe, || api.get(name)).await {
            Ok(found) => Ok(Seen::Found(into(found))),
            Err(trouble) => trouble.seen(),
        }
    }
}

pub(in crate::gateway) fn marks(meta: ObjectMeta) -> Marks {
    let mut managers: Vec<String> = Vec::new();
    for manager in meta.managed_fields.unwrap_or_default().into_iter().filter_map(|entry| entry.manager) {
        if !managers.contains(&manager) {
            managers.push(manager);
        }
    }
    Marks {
        labels: meta.labels.unwrap_or_default(),
        annotations: meta.annotations.unwrap_or_default(),
        managers,
        resource_version: meta.resource_version.unwrap_or_default(),
        uid: meta.uid.unwrap_or_default(),
    }
}

fn namespace(found: core::Namespace) -> Namespace {
    Namespace {
        name: found.metadata.name.clone().unwrap_or_default(),
        terminating: found.metadata.deletion_timestamp.is_some(),
        marks: marks(found.metadata),
    }
}

fn node(found: core::Node) -> Node {
    let mut labels = found.metadata.labels.unwrap_or_default();
    let name = found.metadata.name.unwrap_or_default();
    let spec = found.spec.unwrap_or_default();
    let provider_id = spec.provider_id.filter(|id| !id.is_empty());
    let status = found.status.unwrap_or_default();
    let info = status.node_info.unwrap_or_default();
    let is = |label: &str, value: &str| labels.get(label).is_some_and(|found| found == value);
    let hyperpod = is("sagemaker.amazonaws.com/compute-type", "hyperpod") || name.starts_with("hyperpod-");
    let group = GROUP_LABELS.iter().find_map(|label| labels.get(*label)).cloned();
    let instance_type = labels.get("node.kubernetes.io/instance-type").cloned();
    let fargate = is("eks.amazonaws.com/compute-type", "fargate");
    let taint = |taint: core::Taint| Taint { key: taint.key, value: taint.value, effect: taint.effect };
    let more = NodeMore {
        created: found.metadata.creation_timestamp.map(|made| made.0.as_second()),
        os_image: Some(info.os_image).filter(|image| !image.is_empty()),
        os: labels.get("kubernetes.io/os").cloned(),
        taints: spec.taints.into_iter().flatten().map(taint).collect(),
        health: labels.get("sagemaker.amazonaws.com/node-health-status").cloned(),
        auto_mode: is("eks.amazonaws.com/compute-type", "auto"),
    };
    Node {
        zone: labels.remove("topology.kubernetes.io/zone"),
        zone_id: labels
            .remove("topology.k8s.aws/zone-id")
            .or_else(|| zone_id(provider_id.as_deref()?).map(str::to_owned)),
        instance_id: provider_id
            .as_deref()
            .and_then(instance_id)
            .or_else(|| instance_id(&name))
            .map(str::to_owned),
        hyperpod,
        group,
        instance_type,
        fargate,
        ready: status
            .conditions
            .iter()
            .flatten()
            .any(|found| found.type_ == "Ready" && found.status == "True"),
        kernel: Some(info.kernel_version).filter(|kernel| !kernel.is_empty()),
        addresses: status
            .addresses
            .unwrap_or_default()
            .into_iter()
            .filter(|address| address.type_ == "InternalIP")
            .map(|address| address.address)
            .collect(),
        name,
        provider_id,
        more,
    }
}

/// The zone id in `aws:///usw2-az2/sagemaker/cluster/hyperpod-…`; of EC2 nodes that part is a zone name.
fn zone_id(provider_id: &str) -> Option<&str> {
    let zone = provider_id.strip_prefix("aws:///")?.split('/').next()?;
    zone.contains("-az").then_some(zone)
}

/// The EC2 instance id at the end of a provider id or a HyperPod node's name.
fn instance_id(text: &str) -> Option<&str> {
    let last = text.rsplit('/').next()?;
    let id = match last.rfind("-i-") {
        Some(at) => last.get(at + 1..)?,
        None => last,
    };
    let digits = id.strip_prefix("i-")?;
    (!digits.is_empty() && digits.chars().all(|c| c.is_ascii_hexdigit())).then_some(id)
}

fn service_account(found: core::ServiceAccount) -> ServiceAccount {
    let marks = marks(found.metadata);
    let role_arn = marks.annotations.get("eks.amazonaws.com/role-arn").filter(|arn| !arn.is_empty()).cloned();
    ServiceAccount { role_arn, marks }
}

fn deployment(found: Deployment) -> Workload {
    let spec = found.spec.unwrap_or_default();
    let status = found.status.unwrap_or_default();
    let desired = count(Some(spec.replicas.unwrap_or(1)));
    let updated = count(status.updated_replicas);
    // As `kubectl rollout status` judges.
    let unseen = status.observed_generation.is_some_and(|seen| Some(seen) < found.metadata.generation);
    let rolling = unseen || updated < desired || count(status.replicas) > updated;
    Workload {
        desired,
        ready: count(status.ready_replicas),
        rolling,
        ..workload(spec.template.spec, found.metadata)
    }
}

fn daemon_set(found: DaemonSet) -> Workload {
    let status = found.status.unwrap_or_default();
    Workload {
        desired: count(Some(status.desired_number_scheduled)),
        ready: count(Some(status.number_ready)),
        ..workload(found.spec.and_then(|spec| spec.template.spec), found.metadata)
    }
}

fn workload(pod: Option<core::PodSpec>, meta: ObjectMeta) -> Workload {
    let mut workload = Workload { marks: marks(meta), ..Workload::default() };
    let Some(pod) = pod else { return workload };
    workload.service_account = pod.service_account_name;
    if let Some(plugin) = pod.containers.into_iter().find(|container| container.name == PLUGIN) {
        workload.image = plugin.image;
        let pairs = plugin.env.unwrap_or_default().into_iter();
        workload.env = pairs.filter_map(|pair| Some((pair.name, pair.value?))).collect();
    }
    workload
}

pub(super) fn count(number: Option<i32>) -> u32 {
    number.and_then(|number| u32::try_from(number).ok()).unwrap_or_default()
}

pub(super) fn class(found: ApiClass) -> StorageClass {
    StorageClass {
        name: found.metadata.name.clone().unwrap_or_default(),
        provisioner: found.provisioner,
        parameters: found.parameters.unwrap_or_default(),
        mount_options: found.mount_options.unwrap_or_default(),
        reclaim_policy: found.reclaim_policy.unwrap_or_else(|| "Delete".to_owned()),
        binding_mode: found.volume_binding_mode.unwrap_or_else(|| "Immediate".to_owned()),
        allow_expansion: found.allow_volume_expansion.unwrap_or_default(),
        marks: marks(found.metadata),
    }
}

pub(super) fn claim(found: core::PersistentVolumeClaim) -> Claim {
    let spec = found.spec.unwrap_or_default();
    let requests = spec.resources.and_then(|resources| resources.requests).unwrap_or_default();
    Claim {
        namespace: found.metadata.namespace.clone().unwrap_or_default(),
        name: found.metadata.name.clone().unwrap_or_default(),
        class: spec.storage_class_name.filter(|class| !class.is_empty()),
        size: requests.get("storage").map(|size| size.0.clone()).unwrap_or_default(),
        access_modes: spec.access_modes.unwrap_or_default(),
        phase: found.status.and_then(|status| status.phase).unwrap_or_else(|| "Pending".to_owned()),
        volume: spec.volume_name.filter(|volume| !volume.is_empty()),
        terminating: found.metadata.deletion_timestamp.is_some(),
        marks: marks(found.metadata),
    }
}

pub(super) fn volume(found: core::PersistentVolume) -> Option<Volume> {
    let spec = found.spec?;
    let csi = spec.csi.filter(|csi| csi.driver == DRIVER)?;
    let attributes: BTreeMap<String, String> = csi.volume_attributes.unwrap_or_default();
    let size = spec.capacity.and_then(|capacity| Some(capacity.get("storage")?.0.clone()));
    let claim = spec.claim_ref;
    let status = found.status.unwrap_or_default();
    let more = VolumeMore {
        attributes: attributes.keys().cloned().collect(),
        message: status.message.filter(|message| !message.is_empty()).map(|it| scrub(&it)),
        created: found.metadata.creation_timestamp.as_ref().map(|made| made.0.as_second()),
        has_affinity: spec.node_affinity.is_some(),
        finalizers: found.metadata.finalizers.clone().unwrap_or_default(),
    };
    Some(Volume {
        name: found.metadata.name.clone().unwrap_or_default(),
        phase: status.phase.unwrap_or_default(),
        handle: csi.volume_handle,
        dns_name: attributes.get("dnsname").cloned(),
        mount_name: attributes.get("mountname").cloned(),
        class: spec.storage_class_name.filter(|class| !class.is_empty()),
        claim_uid: claim.as_ref().and_then(|claim| claim.uid.clone()),
        claim: claim.and_then(|claim| placed_claim(&claim.namespace?, &claim.name?)),
        mount_options: spec.mount_options.unwrap_or_default(),
        access_modes: spec.access_modes.unwrap_or_default(),
        terminating: found.metadata.deletion_timestamp.is_some(),
        reclaim_policy: spec.persistent_volume_reclaim_policy.unwrap_or_else(|| "Retain".to_owned()),
        size: size.unwrap_or_default(),
        marks: marks(found.metadata),
        more,
    })
}

/// No claim can have another name than these, and the API server does not look at those that a volume is reserved for.
fn placed_claim(namespace: &str, name: &str) -> Option<String> {
    let legal = names::check_dns_label("namespace", namespace).is_ok()
        && names::check_dns_subdomain("claim", name).is_ok();
    legal.then(|| format!("{namespace}/{name}"))
}

pub(super) fn event(found: core::Event) -> Event {
    let component = found.source.and_then(|source| source.component);
    let series = found.series.and_then(|series| series.count);
    Event {
        reason: found.reason.unwrap_or_default(),
        message: scrub(&found.message.unwrap_or_default()),
        kind: found.type_.unwrap_or_else(|| "Normal".to_owned()),
        source: component.or(found.reporting_component).unwrap_or_default(),
        count: count(series.or(found.count)).max(1),
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn hyperpod_and_ec2_nodes_tell_their_instance_and_zone() {
        for (provider, name, instance, zone) in [
            (
                "aws:///usw2-az2/sagemaker/cluster/hyperpod-abc-i-0123ab",
                "hyperpod-i-0123ab",
                Some("i-0123ab"),
                Some("usw2-az2"),
            ),
            ("aws:///us-west-2a/i-0456cd", "ip-10-0-0-1", Some("i-0456cd"), None),
            ("aws:///us-west-2a/fargate-ip-10-0-0-1", "fargate-ip-10-0-0-1", None, None),
        ] {
            let found = json!({"metadata": {"name": name}, "spec": {"providerID": provider}});
            let node = node(serde_json::from_value(found).expect("a node"));
            assert_eq!(node.instance_id.as_deref(), instance, "{provider}");
            assert_eq!(node.zone_id.as_deref(), zone, "{provider}");
        }
    }

    #[test]
    fn volumes_of_other_drivers_are_left_out() {
        let of = |driver: &str| {
            let found = json!({"metadata": {"name": "pv"}, "spec": {"csi": {"driver": driver, "volumeHandle": "fs-1"}}});
            volume(serde_json::from_value(found).expect("a volume"))
        };
        assert_eq!(of("ebs.csi.aws.com"), None);
        assert_eq!(of(DRIVER).map(|volume| volume.handle), Some("fs-1".to_owned()));
    }
}
