//! Why pods do not run.

use k8s_openapi::api::core::v1 as core;
use kube::Api;
use kube::api::ListParams;

use super::{Answer, KubeReads};

/// A reason why a pod, or one of its containers, does not run.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct PodTrouble {
    /// The pod's name.
    pub pod: String,
    /// The container's name; none when it is the pod that cannot be placed.
    pub container: Option<String>,
    /// `ImagePullBackOff`, `CrashLoopBackOff`, `Unschedulable`, …
    pub reason: String,
    /// Kubernetes' own words.
    pub message: String,
}

impl KubeReads {
    /// Why pods with this label (`app=fsx-csi-controller`) do not run: waiting containers, pods without a node.
    ///
    /// # Errors
    /// Trouble other than denied and not found.
    pub async fn pod_reasons(&self, namespace: &str, label: &str) -> Answer<Vec<PodTrouble>> {
        let api: Api<core::Pod> = Api::namespaced(self.api(), namespace);
        let params = ListParams::default().labels(label);
        let pods =
            self.list(&format!("list pods in {namespace}"), &api, params, |pod| Some(reasons(pod))).await?;
        Ok(pods.map(|pods| pods.into_iter().flatten().collect()))
    }
}

fn reasons(pod: core::Pod) -> Vec<PodTrouble> {
    let name = pod.metadata.name.unwrap_or_default();
    let status = pod.status.unwrap_or_default();
    let unplaced = status.conditions.unwrap_or_default().into_iter().filter_map(|found| {
        (found.type_ == "PodScheduled" && found.status == "False").then(|| PodTrouble {
            pod: name.clone(),
            container: None,
            reason: found.reason.unwrap_or_else(|| "Unschedulable".to_owned()),
            message: found.message.unwrap_or_default(),
        })
    });
    let containers = status.init_container_statuses.into_iter().chain(status.container_statuses).flatten();
    let waiting = containers.filter_map(|container| {
        let waiting = container.state?.waiting?;
        let reason =
            waiting.reason.filter(|reason| reason != "ContainerCreating" && reason != "PodInitializing")?;
        Some(PodTrouble {
            pod: name.clone(),
            container: Some(container.name),
            reason,
            message: waiting.message.unwrap_or_default(),
        })
    });
    unplaced.chain(waiting).collect()
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn waiting_containers_and_unplaced_pods_tell_why() {
        let pod = json!({"metadata": {"name": "p"}, "status": {
        "conditions": [{"type": "PodScheduled", "status": "False", "reason": "Unschedulable", "message": "0/3 nodes"}],
        "containerStatuses": [
            {"name": "a", "image": "", "imageID": "", "ready": false, "restartCount": 0,
             "state": {"waiting": {"reason": "ImagePullBackOff", "message": "no such image"}}},
            {"name": "b", "image": "", "imageID": "", "ready": false, "restartCount": 0,
             "state": {"waiting": {"reason": "ContainerCreating"}}},
        ]}});
        let found = reasons(serde_json::from_value(pod).expect("a pod"));
        let told: Vec<_> =
            found.iter().map(|found| (found.container.as_deref(), found.reason.as_str())).collect();
        assert_eq!(told, [(None, "Unschedulable"), (Some("a"), "ImagePullBackOff")]);
    }
}
