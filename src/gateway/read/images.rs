//! Images of the driver's workloads, in whatever namespace they are.

use k8s_openapi::api::apps::v1::{DaemonSet, Deployment};
use k8s_openapi::api::core::v1::PodSpec;
use k8s_openapi::apimachinery::pkg::apis::meta::v1::ObjectMeta;
use kube::Api;
use kube::api::ListParams;

use super::{Answer, KubeReads};
use crate::facts::ImageInUse;

impl KubeReads {
    /// Images of Deployments with this name.
    ///
    /// # Errors
    /// Trouble other than denied and not found, here and below.
    pub async fn deployment_images(&self, name: &str) -> Answer<Vec<ImageInUse>> {
        let api: Api<Deployment> = Api::all(self.api());
        let found = self.list("list deployments.apps", &api, named(name), |found| {
            let pod = found.spec.and_then(|spec| spec.template.spec);
            Some(images("Deployment", &found.metadata, pod))
        });
        Ok(found.await?.map(|lists| lists.into_iter().flatten().collect()))
    }

    /// Images of DaemonSets with this name.
    pub async fn daemon_set_images(&self, name: &str) -> Answer<Vec<ImageInUse>> {
        let api: Api<DaemonSet> = Api::all(self.api());
        let found = self.list("list daemonsets.apps", &api, named(name), |found| {
            let pod = found.spec.and_then(|spec| spec.template.spec);
            Some(images("DaemonSet", &found.metadata, pod))
        });
        Ok(found.await?.map(|lists| lists.into_iter().flatten().collect()))
    }
}

fn named(name: &str) -> ListParams {
    ListParams::default().fields(&format!("metadata.name={name}"))
}

fn images(kind: &str, of: &ObjectMeta, pod: Option<PodSpec>) -> Vec<ImageInUse> {
    let Some(pod) = pod else { return Vec::new() };
    let text = |text: &Option<String>| text.clone().unwrap_or_default();
    let workload = format!("{kind} {}/{}", text(&of.namespace), text(&of.name));
    let all = pod.init_containers.into_iter().flatten().chain(pod.containers);
    all.filter_map(|container| {
        Some(ImageInUse { image: container.image?, container: container.name, workload: workload.clone() })
    })
    .collect()
}
