//! What a verification looks at: nodes, the claim's volume, its own Jobs and pods, their events and logs.

use std::collections::BTreeMap;
use std::time::Duration;

use futures::StreamExt as _;
use futures::stream::BoxStream;
use k8s_openapi::api::batch::v1::Job;
use k8s_openapi::api::core::v1 as core;
use kube::Api;
use kube::api::{ListParams, LogParams};

use super::kube::event;
use super::watch::{Watch, watch};
use super::{Answer, KubeReads};
use crate::facts::{MountNode, MountVolume, ProbeEvent, ProbeJob, ProbePod, Seen, Taint};
use crate::gateway::kubernetes::Repeat;
use crate::gateway::trouble::{Trouble, TroubleKind};
use crate::gateway::write::{PROBE_SELECTOR, RUN_LABEL};

/// The label of the driver's node pods, the chart's and the add-on's alike (kubernetes-sigs/aws-fsx-csi-driver,
/// charts/aws-fsx-csi-driver/templates/node-daemonset.yaml).
const NODE_PLUGIN: &str = "app=fsx-csi-node";
/// A pod's log is a dozen lines; what is longer is not the protocol's.
const LOG_BYTES: i64 = 64 * 1024;

impl KubeReads {
    /// All nodes, as far as it matters for placing a pod.
    ///
    /// # Errors
    /// Trouble other than denied and not found, here and in every other read.
    pub async fn mount_nodes(&self) -> Answer<Vec<MountNode>> {
        let api: Api<core::Node> = Api::all(self.api());
        self.list("list nodes", &api, ListParams::default(), |node| Some(mount_node(node))).await
    }

    /// A PersistentVolume.
    pub async fn mount_volume(&self, name: &str) -> Answer<MountVolume> {
        let api: Api<core::PersistentVolume> = Api::all(self.api());
        match self.link.call("get persistentvolumes", Repeat::Safe, || api.get(name)).await {
            Ok(found) => Ok(Seen::Found(mount_volume(found))),
            Err(trouble) => trouble.seen(),
        }
    }

    /// Labels of a namespace.
    pub async fn namespace_labels(&self, name: &str) -> Answer<BTreeMap<String, String>> {
        Ok(self.namespace(name).await?.map(|namespace| namespace.marks.labels))
    }

    /// Names of the nodes on which a pod of the driver's DaemonSet is ready, in whatever namespace it is.
    pub async fn node_plugins(&self) -> Answer<Vec<String>> {
        let api: Api<core::Pod> = Api::all(self.api());
        let params = ListParams::default().labels(NODE_PLUGIN);
        self.list("list pods", &api, params, plugin_node).await
    }

    /// Jobs of verifications in a namespace, or everywhere; of one run, or of all.
    pub async fn probe_jobs(&self, namespace: Option<&str>, run: Option<&str>) -> Answer<Vec<ProbeJob>> {
        let (api, place): (Api<Job>, _) = match namespace {
            Some(namespace) => (Api::namespaced(self.api(), namespace), format!(" in {namespace}")),
            None => (Api::all(self.api()), String::new()),
        };
        let params = ListParams::default().labels(&selector(run));
        let now = jiff::Timestamp::now();
        self.list(&format!("list jobs.batch{place}"), &api, params, |job| Some(probe_job(job, now))).await
    }

    /// Pods of a run.
    pub async fn probe_pods(&self, namespace: &str, run: &str) -> Answer<Vec<ProbePod>> {
        let api: Api<core::Pod> = Api::namespaced(self.api(), namespace);
        let params = ListParams::default().labels(&selector(Some(run)));
        self.list(&format!("list pods in {namespace}"), &api, params, |pod| Some(probe_pod(pod))).await
    }

    /// Pods of a run as they are, and every time that they change.
    pub fn watch_probe_pods(
        &self,
        namespace: &str,
        run: &str,
    ) -> BoxStream<'static, Result<ProbePod, Trouble>> {
        let api: Api<core::Pod> = Api::namespaced(self.api(), namespace);
        let of = (format!("pods in {namespace}"), String::new());
        watch(Watch::new(&self.link, api, of, None).labelled(&selector(Some(run))), probe_pod)
    }

    /// Warnings about Jobs and pods whose names begin with this.
    pub fn watch_probe_events(
        &self,
        namespace: &str,
        names: &str,
    ) -> BoxStream<'static, Result<ProbeEvent, Trouble>> {
        let api: Api<core::Event> = Api::namespaced(self.api(), namespace);
        // No selector knows beginnings of names, and one that names a pod would be a watch for each.
        let of = (format!("events in {namespace}"), "type=Warning".to_owned());
        let names = names.to_owned();
        let is_ours = move |found: &Result<ProbeEvent, Trouble>| {
            let is_ours = found.as_ref().map_or(true, |event| event.about.starts_with(&names));
            std::future::ready(is_ours)
        };
        watch(Watch::new(&self.link, api, of, None), probe_event).filter(is_ours).boxed()
    }

    /// The log of a pod's container `verify`. Missing while it has not begun.
    pub async fn probe_log(&self, namespace: &str, pod: &str) -> Answer<String> {
        let api: Api<core::Pod> = Api::namespaced(self.api(), namespace);
        let params = LogParams {
            container: Some("verify".to_owned()),
            limit_bytes: Some(LOG_BYTES),
            ..LogParams::default()
        };
        let permission = format!("get pods/log in {namespace}");
        match self.link.call(&permission, Repeat::Safe, || api.logs(pod, &params)).await {
            Ok(log) => Ok(Seen::Found(log)),
            // A container that has not begun is a bad request (400), and no failure of the reader.
            Err(trouble) if trouble.what == TroubleKind::Refused => Ok(Seen::Missing),
            Err(trouble) => trouble.seen(),
        }
    }
}

fn selector(run: Option<&str>) -> String {
    match run {
        Some(run) => format!("{PROBE_SELECTOR},{RUN_LABEL}={run}"),
        None => PROBE_SELECTOR.to_owned(),
    }
}

fn mount_node(found: core::Node) -> MountNode {
    let spec = found.spec.unwrap_or_default();
    let status = found.status.unwrap_or_default();
    let info = status.node_info.unwrap_or_default();
    let taints = spec.taints.unwrap_or_default().into_iter();
    MountNode {
        name: found.metadata.name.unwrap_or_default(),
        labels: found.metadata.labels.unwrap_or_default(),
        ready: status.conditions.iter().flatten().any(|it| it.type_ == "Ready" && it.status == "True"),
        cordoned: spec.unschedulable.unwrap_or_default(),
        taints: taints
            .map(|taint| Taint { key: taint.key, value: taint.value, effect: taint.effect })
            .collect(),
        kernel: info.kernel_version,
        os_image: info.os_image,
    }
}

fn mount_volume(found: core::PersistentVolume) -> MountVolume {
    let spec = found.spec.unwrap_or_default();
    let annotations = found.metadata.annotations.unwrap_or_default();
    let mut volume = MountVolume {
        name: found.metadata.name.unwrap_or_default(),
        provisioned: annotations.contains_key("pv.kubernetes.io/provisioned-by"),
        mount_options: spec.mount_options.unwrap_or_default(),
        access_modes: spec.access_modes.unwrap_or_default(),
        ..MountVolume::default()
    };
    if let Some(csi) = spec.csi {
        let attributes = csi.volume_attributes.unwrap_or_default();
        let text = |key: &str| attributes.get(key).filter(|text| !text.is_empty()).cloned();
        (volume.dns_name, volume.mount_name) = (text("dnsname"), text("mountname"));
        (volume.driver, volume.handle) = (Some(csi.driver), csi.volume_handle);
        volume.read_only = csi.read_only.unwrap_or_default();
    }
    volume
}

fn plugin_node(found: core::Pod) -> Option<String> {
    let is_ready = found.status.and_then(|status| status.conditions).is_some_and(|conditions| {
        conditions.iter().any(|condition| condition.type_ == "Ready" && condition.status == "True")
    });
    found.spec?.node_name.filter(|_| is_ready)
}

fn probe_job(found: Job, now: jiff::Timestamp) -> ProbeJob {
    let meta = found.metadata;
    let spec = found.spec.unwrap_or_default();
    let conditions = found.status.and_then(|status| status.conditions).unwrap_or_default();
    let age = meta.creation_timestamp.map(|made| now.duration_since(made.0)).unwrap_or_default();
    ProbeJob {
        namespace: meta.namespace.unwrap_or_default(),
        name: meta.name.unwrap_or_default(),
        uid: meta.uid.unwrap_or_default(),
        resource_version: meta.resource_version.unwrap_or_default(),
        run: meta.labels.and_then(|mut labels| labels.remove(RUN_LABEL)).unwrap_or_default(),
        age_seconds: Duration::try_from(age).unwrap_or_default().as_secs(),
        deadline_seconds: spec
            .active_deadline_seconds
            .and_then(|it| u64::try_from(it).ok())
            .unwrap_or_default(),
        finished: conditions
            .iter()
            .any(|it| matches!(it.type_.as_str(), "Complete" | "Failed") && it.status == "True"),
    }
}

fn probe_pod(found: core::Pod) -> ProbePod {
    let status = found.status.unwrap_or_default();
    let labels = found.metadata.labels.unwrap_or_default();
    let job = ["batch.kubernetes.io/job-name", "job-name"].iter().find_map(|label| labels.get(*label));
    let both = |reason: Option<String>, message: Option<String>| match (reason, message) {
        (Some(reason), Some(message)) => Some(format!("{reason}: {message}")),
        (one, other) => one.or(other),
    };
    let unscheduled = status.conditions.into_iter().flatten().find_map(|condition| {
        let is_without = condition.type_ == "PodScheduled" && condition.status == "False";
        is_without.then(|| both(condition.reason, condition.message)).flatten()
    });
    let container = status.container_statuses.into_iter().flatten().find(|it| it.name == "verify");
    let state = container.and_then(|container| container.state).unwrap_or_default();
    let waiting = state.waiting.filter(|waiting| {
        !matches!(waiting.reason.as_deref(), None | Some("ContainerCreating" | "PodInitializing"))
    });
    ProbePod {
        name: found.metadata.name.unwrap_or_default(),
        uid: found.metadata.uid.unwrap_or_default(),
        job: job.cloned().unwrap_or_default(),
        phase: status.phase.unwrap_or_default(),
        reason: both(status.reason, status.message),
        unscheduled,
        waiting: waiting.and_then(|waiting| both(waiting.reason, waiting.message)),
        exit_code: state.terminated.as_ref().map(|ended| ended.exit_code),
        ended: state.terminated.and_then(|ended| ended.reason),
    }
}

fn probe_event(found: core::Event) -> ProbeEvent {
    ProbeEvent { about: found.involved_object.name.clone().unwrap_or_default(), event: event(found) }
}

#[cfg(test)]
mod tests {
    use serde_json::{Value, json};

    use super::*;

    fn pod(status: Value) -> ProbePod {
        let labels = json!({"batch.kubernetes.io/job-name": "fsxctl-verify-1-0"});
        let found = json!({"metadata": {"name": "p", "labels": labels}, "status": status});
        probe_pod(serde_json::from_value(found).expect("a pod"))
    }

    fn container(state: Value) -> Value {
        json!({"phase": "Pending", "containerStatuses": [
            {"name": "verify", "image": "", "imageID": "", "ready": false, "restartCount": 0, "state": state}]})
    }

    #[test]
    fn pods_tell_why_they_wait_and_what_they_ended_with() {
        let made = pod(container(json!({"waiting": {"reason": "ContainerCreating"}})));
        assert_eq!((made.job.as_str(), made.waiting), ("fsxctl-verify-1-0", None));
        let pull = pod(container(json!({"waiting": {"reason": "ErrImagePull", "message": "not found"}})));
        assert_eq!(pull.waiting.as_deref(), Some("ErrImagePull: not found"));
        let ended = pod(container(json!({"terminated": {"exitCode": 21, "reason": "Error"}})));
        assert_eq!((ended.exit_code, ended.ended.as_deref()), (Some(21), Some("Error")));
        let evicted = pod(json!({"phase": "Failed", "reason": "Evicted", "message": "low on memory"}));
        assert_eq!(evicted.reason.as_deref(), Some("Evicted: low on memory"));
        let condition =
            json!({"type": "PodScheduled", "status": "False", "reason": "Unschedulable", "message": "0/3"});
        let unplaced = pod(json!({"phase": "Pending", "conditions": [condition]}));
        assert_eq!(unplaced.unscheduled.as_deref(), Some("Unschedulable: 0/3"));
    }

    #[test]
    fn a_volume_tells_what_is_mounted_and_how() {
        let csi = json!({"driver": "fsx.csi.aws.com", "volumeHandle": "fs-1",
            "volumeAttributes": {"dnsname": "fs-1.fsx", "mountname": ""}});
        let found = json!({"metadata": {"name": "pv"}, "spec": {"csi": csi, "mountOptions": ["flock,ro"]}});
        let volume = mount_volume(serde_json::from_value(found).expect("a volume"));
        assert_eq!((volume.source().as_str(), volume.mount_name.as_deref()), ("fs-1.fsx@tcp:/fsx", None));
        assert!(volume.has_option("flock") && volume.is_read_only());
    }

    #[test]
    fn a_job_is_as_old_as_its_timestamp_says() {
        let found = json!({"metadata": {"name": "j", "labels": {RUN_LABEL: "0a"}, "creationTimestamp": "2026-01-01T00:00:00Z"},
            "spec": {"activeDeadlineSeconds": 360, "template": {}},
            "status": {"conditions": [{"type": "Failed", "status": "True"}]}});
        let found: Job = serde_json::from_value(found).expect("a job");
        let job = probe_job(found.clone(), "2026-01-01T00:01:40Z".parse().expect("a time"));
        assert_eq!(
            (job.run.as_str(), job.age_seconds, job.deadline_seconds, job.finished),
            ("0a", 100, 360, true)
        );
        // A clock that is behind makes it no older.
        let job = probe_job(found, "2025-01-01T00:00:00Z".parse().expect("a time"));
        assert_eq!(job.age_seconds, 0);
    }
}
