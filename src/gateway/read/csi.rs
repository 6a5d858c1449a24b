//! The driver wherever it is in the cluster: its workloads, its pods, the nodes that know it, and the Secret that its
//! controller takes keys from.

use std::collections::BTreeMap;

use http::Request;
use http::header::ACCEPT;
use k8s_openapi::api::apps::v1::{DaemonSet, Deployment};
use k8s_openapi::api::core::v1 as core;
use k8s_openapi::api::storage::v1::CSINode;
use k8s_openapi::apimachinery::pkg::apis::meta::v1::ObjectMeta;
use kube::Api;
use kube::api::ListParams;

use super::kube::{PLUGIN, count};
use super::{Answer, KubeReads};
use crate::domain::storageclass::PROVISIONER;
use crate::facts::{CsiNode, DriverPod, DriverWorkload, Seen};
use crate::gateway::kubernetes::Repeat;
use crate::gateway::scrub::scrub;

/// The label of the driver's pods, the chart's, the add-on's and the older manifests' alike (kubernetes-sigs/
/// aws-fsx-csi-driver, charts/aws-fsx-csi-driver/templates).
const PODS: &str = "app in (fsx-csi-controller,fsx-csi-node)";
const CONTROLLER: &str = "fsx-csi-controller";

impl KubeReads {
    /// Deployments and DaemonSets of the driver, of all namespaces. Of each kind everything is listed: the older
    /// manifests have no label, the chart's can be changed (`nameOverride`), and other charts bring the driver along
    /// under their own; what all copies have is the container.
    ///
    /// # Errors
    /// Trouble other than denied and not found, here and below.
    pub async fn driver_workloads(&self) -> Answer<Vec<DriverWorkload>> {
        let (deployments, sets) = (Api::all(self.api()), Api::all(self.api()));
        let (deployments, sets) = futures::join!(
            self.list("list deployments.apps", &deployments, ListParams::default(), deployment),
            self.list("list daemonsets.apps", &sets, ListParams::default(), daemon_set),
        );
        Ok(match (deployments?, sets?) {
            (Seen::Found(mut all), Seen::Found(sets)) => {
                all.extend(sets);
                Seen::Found(all)
            }
            (Seen::Hidden(veil), _) | (_, Seen::Hidden(veil)) => Seen::Hidden(veil),
            (Seen::Missing, _) | (_, Seen::Missing) => Seen::Missing,
        })
    }

    /// Pods of the driver, of all namespaces.
    pub async fn driver_pods(&self) -> Answer<Vec<DriverPod>> {
        let params = ListParams::default().labels(PODS);
        self.list("list pods", &Api::all(self.api()), params, driver_pod).await
    }

    /// Which nodes' kubelets know the driver.
    pub async fn csi_nodes(&self) -> Answer<Vec<CsiNode>> {
        let api: Api<CSINode> = Api::all(self.api());
        self.list("list csinodes.storage.k8s.io", &api, ListParams::default(), |found| {
            let has_driver = found.spec.drivers.iter().any(|driver| driver.name == PROVISIONER);
            Some(CsiNode { node: found.metadata.name.unwrap_or_default(), has_driver })
        })
        .await
    }

    /// Whether a Secret is there. Asked as a table without the object: metadata alone could still hold the content, in
    /// kubectl's annotation `last-applied-configuration`.
    pub async fn has_secret(&self, namespace: &str, name: &str) -> Answer<bool> {
        let permission = format!("get secrets in {namespace}");
        let path = format!("/api/v1/namespaces/{namespace}/secrets/{name}?includeObject=None");
        let ask = || async {
            let request = Request::get(&path)
                .header(ACCEPT, "application/json;as=Table;v=v1;g=meta.k8s.io")
                .body(Vec::new())
                .map_err(kube::Error::HttpError)?;
            self.link.client.request::<serde::de::IgnoredAny>(request).await
        };
        match self.link.call(&permission, Repeat::Safe, ask).await {
            Ok(_) => Ok(Seen::Found(true)),
            Err(trouble) => Ok(match trouble.seen::<bool>()? {
                Seen::Missing => Seen::Found(false),
                other => other,
            }),
        }
    }
}

fn deployment(found: Deployment) -> Option<DriverWorkload> {
    let spec = found.spec.unwrap_or_default();
    let ready = found.status.and_then(|status| status.ready_replicas);
    Some(DriverWorkload {
        kind: "Deployment".to_owned(),
        desired: count(Some(spec.replicas.unwrap_or(1))),
        ready: count(ready),
        ..workload(spec.template.spec, found.metadata)?
    })
}

fn daemon_set(found: DaemonSet) -> Option<DriverWorkload> {
    let status = found.status.unwrap_or_default();
    Some(DriverWorkload {
        kind: "DaemonSet".to_owned(),
        desired: count(Some(status.desired_number_scheduled)),
        ready: count(Some(status.number_ready)),
        ..workload(found.spec.and_then(|spec| spec.template.spec), found.metadata)?
    })
}

/// None when it is not of the driver.
fn workload(pod: Option<core::PodSpec>, meta: ObjectMeta) -> Option<DriverWorkload> {
    let pod = pod?;
    let (name, namespace) = (meta.name.unwrap_or_default(), meta.namespace.unwrap_or_default());
    let plugin = pod.containers.into_iter().find(is_plugin)?;
    let (labels, annotations) = (meta.labels.unwrap_or_default(), meta.annotations.unwrap_or_default());
    let note = |key: &str| annotations.get(key).filter(|text| !text.is_empty());
    let release = note("meta.helm.sh/release-namespace").zip(note("meta.helm.sh/release-name"));
    let pairs = plugin.env.unwrap_or_default().into_iter();
    Some(DriverWorkload {
        kind: String::new(),
        namespace,
        name,
        image: plugin.image,
        desired: 0,
        ready: 0,
        service_account: pod.service_account_name,
        env: pairs.filter_map(|pair| Some((pair.name, pair.value?))).collect(),
        tolerations: pod.tolerations.iter().flatten().map(toleration).collect(),
        node_selector: pod.node_selector.unwrap_or_default(),
        kubelet_dir: kubelet_dir(pod.volumes.unwrap_or_default()),
        release: release.map(|(namespace, name)| format!("{namespace}/{name}")),
        chart: labels.get("helm.sh/chart").cloned(),
    })
}

/// The driver for OpenZFS is another one, and an image of its own tells it whatever its containers are called.
fn is_plugin(container: &core::Container) -> bool {
    container.name == PLUGIN && !container.image.as_deref().is_some_and(|image| image.contains("openzfs"))
}

fn toleration(found: &core::Toleration) -> String {
    let open = |text: &Option<String>| text.clone().filter(|it| !it.is_empty()).unwrap_or_else(|| "*".into());
    let value = match found.operator.as_deref() {
        Some("Exists") => "*".to_owned(),
        _ => found.value.clone().unwrap_or_default(),
    };
    format!("{}={value}:{}", open(&found.key), open(&found.effect))
}

/// The chart mounts the kubelet's directory under this name, and `plugins/…` and `plugins_registry` below it (since
/// 1.9.0 as `node.kubeletPath` says).
fn kubelet_dir(volumes: Vec<core::Volume>) -> Option<String> {
    let paths: BTreeMap<String, String> =
        volumes.into_iter().filter_map(|volume| Some((volume.name, volume.host_path?.path))).collect();
    let below = || paths.values().find_map(|path| path.split_once("/plugins")).map(|(dir, _)| dir);
    let dir = paths.get("kubelet-dir").map(String::as_str).or_else(below)?;
    Some(dir.trim_end_matches('/').to_owned()).filter(|dir| !dir.is_empty())
}

/// None when it has not the driver's own container.
fn driver_pod(pod: core::Pod) -> Option<DriverPod> {
    let spec = pod.spec.unwrap_or_default();
    let status = pod.status.unwrap_or_default();
    let plugin = spec.containers.into_iter().find(is_plugin)?;
    let env = plugin.env.unwrap_or_default();
    let pair = |name: &str| env.iter().find(|pair| pair.name == name);
    let value = |name: &str| pair(name)?.value.clone().filter(|it| !it.is_empty());
    let condition = |name: &str| status.conditions.iter().flatten().find(|it| it.type_ == name).cloned();
    let containers: Vec<core::ContainerStatus> =
        status.init_container_statuses.into_iter().chain(status.container_statuses).flatten().collect();
    let (waiting, message) = stalled(&containers);
    Some(DriverPod {
        controller: pod.metadata.labels.iter().flatten().any(|(key, it)| key == "app" && it == CONTROLLER),
        namespace: pod.metadata.namespace.unwrap_or_default(),
        name: pod.metadata.name.unwrap_or_default(),
        node: spec.node_name.filter(|node| !node.is_empty()),
        ready: condition("Ready").is_some_and(|it| it.status == "True"),
        unscheduled: condition("PodScheduled")
            .filter(|it| it.status == "False")
            .and_then(|it| it.message)
            .map(|it| scrub(&it)),
        phase: status.phase.unwrap_or_default(),
        terminating: pod.metadata.deletion_timestamp.is_some(),
        created: pod.metadata.creation_timestamp.map(|made| made.0.as_second()),
        waiting,
        message,
        restarts: containers.iter().map(|it| count(Some(it.restart_count))).sum(),
        role_arn: value("AWS_ROLE_ARN"),
        pod_identity: value("AWS_CONTAINER_CREDENTIALS_FULL_URI").is_some(),
        region: value("AWS_REGION"),
    })
}

/// Why the first container that waits does so, and in which words. A container that crashes tells more in its last end
/// than in its back-off.
fn stalled(containers: &[core::ContainerStatus]) -> (Option<String>, Option<String>) {
    let waits = |it: &core::ContainerStatus| it.state.as_ref().and_then(|state| state.waiting.clone());
    // A Pending pod's containers all wait with these; a reason of another kind says more.
    let is_usual = |reason: &Option<String>| {
        matches!(reason.as_deref(), None | Some("ContainerCreating" | "PodInitializing"))
    };
    let all = || containers.iter().filter_map(|it| Some((it, waits(it)?)));
    let Some((container, state)) = all().find(|(_, state)| !is_usual(&state.reason)).or_else(|| all().next())
    else {
        return (None, None);
    };
    let ended = container.last_state.as_ref().and_then(|state| state.terminated.as_ref());
    let words = ended.and_then(|ended| ended.message.clone()).or(state.message).map(|it| scrub(&it));
    (state.reason, words.map(|words| words.trim().to_owned()).filter(|words| !words.is_empty()))
}

#[cfg(test)]
mod tests {
    use serde_json::{Value, json};

    use super::*;

    fn pod(labels: Value, spec: Value, status: Value) -> Option<DriverPod> {
        let meta = json!({"name": "p", "namespace": "kube-system", "labels": labels});
        let found = json!({"metadata": meta, "spec": spec, "status": status});
        driver_pod(serde_json::from_value(found).expect("a pod"))
    }

    fn containers(env: &Value) -> Value {
        json!({"nodeName": "node-1", "containers": [
            {"name": "csi-provisioner", "env": [{"name": "AWS_REGION", "value": "other"}]},
            {"name": "fsx-plugin", "env": env},
        ]})
    }

    fn status(name: &str, state: Value, last: Value, restarts: u32) -> Value {
        json!({"name": name, "image": "", "imageID": "", "ready": false, "restartCount": restarts,
            "state": state, "lastState": last})
    }

    #[test]
    fn a_pod_of_the_driver_tells_role_region_and_place() {
        let env =
            json!([{"name": "AWS_REGION", "value": "us-west-2"}, {"name": "AWS_ROLE_ARN", "value": "arn:r"}]);
        let ready = json!({"phase": "Running", "conditions": [{"type": "Ready", "status": "True"}]});
        let found =
            pod(json!({"app": "fsx-csi-controller"}), containers(&env), ready).expect("of the driver");
        assert!(found.controller && found.ready && !found.pod_identity);
        assert_eq!((found.region.as_deref(), found.role_arn.as_deref()), (Some("us-west-2"), Some("arn:r")));
        assert_eq!(found.node.as_deref(), Some("node-1"));
        let node = pod(json!({"app": "fsx-csi-node"}), containers(&json!([])), json!({"phase": "Pending"}));
        let node = node.expect("of the driver");
        assert_eq!((node.controller, node.region, node.phase.as_str()), (false, None, "Pending"));
        let other = json!({"containers": [{"name": "app"}]});
        assert_eq!(pod(json!({"app": "fsx-csi-node"}), other, json!({})), None);
    }

    #[test]
    fn a_pod_that_crashes_says_how_it_ended_last() {
        let back_off = json!({"waiting": {"reason": "CrashLoopBackOff", "message": "back-off 5m0s"}});
        let ended = json!({"terminated": {"exitCode": 1, "message": "panic: no region\n"}});
        let creating = || json!({"waiting": {"reason": "ContainerCreating"}});
        let pull = json!({"waiting": {"reason": "ImagePullBackOff", "message": "Back-off pulling image"}});
        let of = |statuses: Vec<Value>| {
            let all = json!({"phase": "Pending", "containerStatuses": statuses});
            let found =
                pod(json!({"app": "fsx-csi-node"}), containers(&json!([])), all).expect("of the driver");
            (found.waiting, found.message, found.restarts)
        };
        let text = |text: &str| Some(text.to_owned());
        let found =
            of(vec![status("a", json!({}), json!({}), 1), status("fsx-plugin", back_off.clone(), ended, 4)]);
        assert_eq!(found, (text("CrashLoopBackOff"), text("panic: no region"), 5));
        let found = of(vec![status("fsx-plugin", back_off, json!({}), 2)]);
        assert_eq!(found, (text("CrashLoopBackOff"), text("back-off 5m0s"), 2));
        let found = of(vec![status("a", creating(), json!({}), 0), status("fsx-plugin", pull, json!({}), 0)]);
        assert_eq!(found, (text("ImagePullBackOff"), text("Back-off pulling image"), 0));
        assert_eq!(of(vec![status("a", creating(), json!({}), 0)]), (text("ContainerCreating"), None, 0));
        assert_eq!(of(vec![status("a", json!({"running": {}}), json!({}), 0)]), (None, None, 0));
    }

    #[test]
    fn a_workload_is_of_the_driver_by_its_container_whatever_its_labels() {
        let of = |container: Value| {
            let template = json!({"metadata": {}, "spec": {
                "containers": [container], "serviceAccountName": "sa", "nodeSelector": {"kubernetes.io/os": "linux"},
                "tolerations": [
                    {"operator": "Exists"}, {"key": "CriticalAddonsOnly", "operator": "Exists"},
                    {"key": "gpu", "value": "yes", "effect": "NoSchedule"},
                    {"operator": "Exists", "effect": "NoExecute", "tolerationSeconds": 300},
                ],
                "volumes": [
                    {"name": "kubelet-dir", "hostPath": {"path": "/var/snap/kubelet/"}},
                    {"name": "plugin-dir", "hostPath": {"path": "/var/snap/kubelet/plugins/fsx.csi.aws.com/"}},
                ],
            }});
            let meta = json!({"name": "mine", "namespace": "ops", "labels": {"helm.sh/chart": "c-1"}, "annotations": {
                "meta.helm.sh/release-name": "r", "meta.helm.sh/release-namespace": "ops",
            }});
            let selector = json!({"matchLabels": {}});
            let found = json!({"metadata": meta, "spec": {"selector": selector, "template": template},
                "status": {"desiredNumberScheduled": 3, "numberReady": 2, "currentNumberScheduled": 3, "numberMisscheduled": 0}});
            daemon_set(serde_json::from_value(found).expect("a DaemonSet"))
        };
        let env = json!([{"name": "AWS_REGION", "value": "r"}, {"name": "NODE", "valueFrom": {}}]);
        let found =
            of(json!({"name": "fsx-plugin", "image": "driver:v1.9.0", "env": env})).expect("of the driver");
        assert_eq!(
            (found.kind.as_str(), found.namespace.as_str(), found.name.as_str()),
            ("DaemonSet", "ops", "mine")
        );
        assert_eq!((found.desired, found.ready, found.image.as_deref()), (3, 2, Some("driver:v1.9.0")));
        assert_eq!(
            found.tolerations,
            ["*=*:*", "CriticalAddonsOnly=*:*", "gpu=yes:NoSchedule", "*=*:NoExecute"]
        );
        assert_eq!(found.kubelet_dir.as_deref(), Some("/var/snap/kubelet"));
        assert_eq!((found.release.as_deref(), found.chart.as_deref()), (Some("ops/r"), Some("c-1")));
        assert_eq!(found.env.into_iter().collect::<Vec<_>>(), [("AWS_REGION".to_owned(), "r".to_owned())]);
        assert_eq!(of(json!({"name": "ebs-plugin"})), None);
        assert_eq!(of(json!({"name": "fsx-plugin", "image": "aws-fsx-openzfs-csi-driver:v1"})), None);
    }

    #[test]
    fn the_kubelets_directory_is_told_by_what_lies_below_it() {
        let of = |volumes: Value| kubelet_dir(serde_json::from_value(volumes).expect("volumes"));
        let plugin = json!([{"name": "p", "hostPath": {"path": "/opt/kubelet/plugins/fsx.csi.aws.com"}}]);
        assert_eq!(of(plugin).as_deref(), Some("/opt/kubelet"));
        let registry = json!([{"name": "r", "hostPath": {"path": "/var/lib/kubelet/plugins_registry/"}}]);
        assert_eq!(of(registry).as_deref(), Some("/var/lib/kubelet"));
        assert_eq!(of(json!([{"name": "socket-dir", "emptyDir": {}}])), None);
    }
}
