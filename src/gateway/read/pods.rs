//! Pods of the driver's controller, and which identity they were made with.

use k8s_openapi::api::core::v1 as core;
use kube::Api;
use kube::api::ListParams;

use super::kube::PLUGIN;
use super::{Answer, KubeReads};
use crate::facts::ControllerPod;

impl KubeReads {
    /// Pods of the driver's controller. The label is the chart's, and the add-on's objects carry it too
    /// (kubernetes-sigs/aws-fsx-csi-driver, charts/aws-fsx-csi-driver/templates/controller-deployment.yaml).
    ///
    /// # Errors
    /// Trouble other than denied and not found.
    pub async fn controller_pods(&self, namespace: &str) -> Answer<Vec<ControllerPod>> {
        let api: Api<core::Pod> = Api::namespaced(self.api(), namespace);
        let params = ListParams::default().labels("app=fsx-csi-controller");
        self.list(&format!("list pods in {namespace}"), &api, params, |pod| Some(controller_pod(pod))).await
    }
}

fn controller_pod(pod: core::Pod) -> ControllerPod {
    let status = pod.status.unwrap_or_default();
    let containers = pod.spec.map(|spec| spec.containers).unwrap_or_default();
    let plugin = containers.into_iter().find(|container| container.name == PLUGIN).unwrap_or_default();
    let env = plugin.env.unwrap_or_default();
    // Both variables are put there by the EKS webhook when the pod is made (aws/amazon-eks-pod-identity-webhook,
    // pkg/handler/handler.go).
    let value = |name: &str| {
        env.iter()
            .find(|pair| pair.name == name)
            .and_then(|pair| pair.value.clone())
            .filter(|it| !it.is_empty())
    };
    let ready = status.conditions.iter().flatten().any(|it| it.type_ == "Ready" && it.status == "True");
    ControllerPod {
        name: pod.metadata.name.unwrap_or_default(),
        uid: pod.metadata.uid.unwrap_or_default(),
        phase: status.phase.unwrap_or_default(),
        ready,
        terminating: pod.metadata.deletion_timestamp.is_some(),
        role_arn: value("AWS_ROLE_ARN"),
        pod_identity: value("AWS_CONTAINER_CREDENTIALS_FULL_URI").is_some(),
        image: plugin.image,
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn pods_of_the_controller_tell_the_identity_they_were_made_with() {
        let of = |env: serde_json::Value, meta: serde_json::Value| {
            let pod = json!({"metadata": meta, "spec": {"containers": [
                {"name": "csi-provisioner", "env": [{"name": "AWS_ROLE_ARN", "value": "arn:other"}]},
                {"name": "fsx-plugin", "image": "driver:v1", "env": env},
            ]}, "status": {"phase": "Running", "conditions": [{"type": "Ready", "status": "True"}]}});
            controller_pod(serde_json::from_value(pod).expect("a pod"))
        };
        let irsa = of(json!([{"name": "AWS_ROLE_ARN", "value": "arn:r"}]), json!({"name": "p"}));
        assert_eq!((irsa.role_arn.as_deref(), irsa.pod_identity), (Some("arn:r"), false));
        assert!(irsa.ready && irsa.is_living());
        let agent = "AWS_CONTAINER_CREDENTIALS_FULL_URI";
        let going = json!({"name": "p", "deletionTimestamp": "2026-01-01T00:00:00Z"});
        let pod = of(json!([{"name": agent, "value": "http://169.254.170.23/v1/credentials"}]), going);
        assert_eq!((pod.role_arn.as_deref(), pod.pod_identity), (None, true));
        assert!(!pod.is_living());
        let none = of(json!([{"name": "AWS_ROLE_ARN", "value": ""}]), json!({"name": "p"}));
        assert_eq!((none.role_arn, none.pod_identity), (None, false));
    }
}
