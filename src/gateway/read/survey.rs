//! Every class, claim and pod that has to do with storage. Each page becomes small structs before the next is asked for.

use k8s_openapi::api::core::v1 as core;
use k8s_openapi::api::storage::v1::StorageClass as ApiClass;
use kube::Api;
use kube::api::ListParams;

use super::kube::class;
use super::{Answer, KubeReads};
use crate::domain::ownership;
use crate::facts::{ClaimUse, ClassRow, PodUse, StorageClass};
use crate::gateway::scrub::scrub;

/// Which provisioner a claim waits for. Kubernetes writes both, the older one for older provisioners
/// (<https://kubernetes.io/docs/reference/labels-annotations-taints/#volume-kubernetes-io-storage-provisioner>).
const PROVISIONERS: [&str; 2] =
    ["volume.kubernetes.io/storage-provisioner", "volume.beta.kubernetes.io/storage-provisioner"];

/// What makes a class the default. The admission plugin takes the older one as well (kubernetes,
/// pkg/volume/util/storageclass.go, `IsDefaultAnnotation`).
const DEFAULTS: [&str; 2] =
    ["storageclass.kubernetes.io/is-default-class", "storageclass.beta.kubernetes.io/is-default-class"];

impl KubeReads {
    /// All StorageClasses: those of a provisioner whole, and of every one what a claim can mistake it for.
    ///
    /// # Errors
    /// Trouble other than denied and not found, here and below.
    pub async fn classes(&self, provisioner: &str) -> Answer<(Vec<StorageClass>, Vec<ClassRow>)> {
        let api: Api<ApiClass> = Api::all(self.api());
        type Both = (Vec<StorageClass>, Vec<ClassRow>);
        let add = |both: &mut Both, found: ApiClass| {
            both.1.push(class_row(&found));
            if found.provisioner == provisioner {
                both.0.push(class(found));
            }
        };
        self.gather("list storageclasses.storage.k8s.io", &api, ListParams::default(), add).await
    }

    /// All claims, of a namespace or of all of them.
    pub async fn claims(&self, namespace: Option<&str>) -> Answer<Vec<ClaimUse>> {
        let permission = placed("list persistentvolumeclaims", namespace);
        self.list(&permission, &self.in_place(namespace), ListParams::default(), |it| Some(claim_use(it)))
            .await
    }

    /// Pods that use claims and have not ended, of a namespace or of all of them.
    pub async fn pods_with_claims(&self, namespace: Option<&str>) -> Answer<Vec<PodUse>> {
        self.list(&placed("list pods", namespace), &self.in_place(namespace), ListParams::default(), pod_use)
            .await
    }

    pub(super) fn in_place<K>(&self, namespace: Option<&str>) -> Api<K>
    where
        K: kube::Resource<Scope = kube::core::NamespaceResourceScope>,
        K::DynamicType: Default,
    {
        match namespace {
            Some(namespace) => Api::namespaced(self.api(), namespace),
            None => Api::all(self.api()),
        }
    }
}

pub(super) fn placed(permission: &str, namespace: Option<&str>) -> String {
    namespace.map_or_else(|| permission.to_owned(), |namespace| format!("{permission} in {namespace}"))
}

fn class_row(found: &ApiClass) -> ClassRow {
    let annotations = found.metadata.annotations.as_ref();
    let is = |key: &str| annotations.and_then(|all| all.get(key)).is_some_and(|value| value == "true");
    ClassRow {
        name: found.metadata.name.clone().unwrap_or_default(),
        provisioner: found.provisioner.clone(),
        default: DEFAULTS.into_iter().any(is),
    }
}

pub(super) fn claim_use(found: core::PersistentVolumeClaim) -> ClaimUse {
    let meta = found.metadata;
    let spec = found.spec.unwrap_or_default();
    let status = found.status.unwrap_or_default();
    let annotations = meta.annotations.unwrap_or_default();
    let requests = spec.resources.and_then(|resources| resources.requests).unwrap_or_default();
    ClaimUse {
        ours: ownership::is_labelled_ours(&meta.labels.unwrap_or_default()),
        namespace: meta.namespace.unwrap_or_default(),
        name: meta.name.unwrap_or_default(),
        uid: meta.uid.unwrap_or_default(),
        class: spec.storage_class_name.filter(|class| !class.is_empty()),
        provisioner: PROVISIONERS.iter().find_map(|key| annotations.get(*key)).cloned(),
        requested: requests.get("storage").map(|size| size.0.clone()).unwrap_or_default(),
        capacity: status.capacity.and_then(|sizes| Some(sizes.get("storage")?.0.clone())),
        phase: status.phase.unwrap_or_else(|| "Pending".to_owned()),
        volume: spec.volume_name.filter(|volume| !volume.is_empty()),
        access_modes: spec.access_modes.unwrap_or_default(),
        terminating: meta.deletion_timestamp.is_some(),
        created: meta.creation_timestamp.map(|made| made.0.as_second()),
    }
}

/// None when it uses no claim, or has ended: then it uses none any more.
pub(super) fn pod_use(found: core::Pod) -> Option<PodUse> {
    let spec = found.spec?;
    let status = found.status.unwrap_or_default();
    let phase = status.phase.unwrap_or_else(|| "Pending".to_owned());
    if phase == "Succeeded" || phase == "Failed" {
        return None;
    }
    let name = found.metadata.name.unwrap_or_default();
    let mut claims: Vec<String> = spec
        .volumes
        .into_iter()
        .flatten()
        .filter_map(|volume| match (volume.persistent_volume_claim, volume.ephemeral) {
            (Some(claim), _) => Some(claim.claim_name),
            // The claim of an ephemeral volume is named after pod and volume
            // (https://kubernetes.io/docs/concepts/storage/ephemeral-volumes/#persistentvolumeclaim-naming).
            (None, Some(_)) => Some(format!("{name}-{}", volume.name)),
            (None, None) => None,
        })
        .collect();
    if claims.is_empty() {
        return None;
    }
    claims.sort_unstable();
    claims.dedup();
    let containers = status.init_container_statuses.into_iter().chain(status.container_statuses).flatten();
    let mut reasons = containers.filter_map(|container| container.state?.waiting?.reason);
    let security = spec.security_context.unwrap_or_default();
    Some(PodUse {
        namespace: found.metadata.namespace.unwrap_or_default(),
        name,
        claims,
        node: spec.node_name.filter(|node| !node.is_empty()),
        phase,
        ready: status.conditions.iter().flatten().any(|it| it.type_ == "Ready" && it.status == "True"),
        waiting: reasons.next(),
        terminating: found.metadata.deletion_timestamp.is_some(),
        due: found.metadata.deletion_timestamp.map(|gone| gone.0.as_second()),
        created: found.metadata.creation_timestamp.map(|made| made.0.as_second()),
        uid: found.metadata.uid.unwrap_or_default(),
        unscheduled: status
            .conditions
            .into_iter()
            .flatten()
            .find(|it| it.type_ == "PodScheduled" && it.status == "False")
            .and_then(|it| it.message)
            .map(|it| scrub(&it)),
        fs_group: security
            .fs_group
            .filter(|_| security.fs_group_change_policy.as_deref() != Some("OnRootMismatch")),
        run_as_user: security.run_as_user,
    })
}

#[cfg(test)]
mod tests {
    use serde_json::{Value, json};

    use super::*;

    fn pod(spec: Value, status: Value) -> Option<PodUse> {
        let found = json!({"metadata": {"name": "app", "namespace": "ml"}, "spec": spec, "status": status});
        pod_use(serde_json::from_value(found).expect("a pod"))
    }

    fn spec(volumes: Value) -> Value {
        json!({"containers": [{"name": "app"}], "nodeName": "node-1", "volumes": volumes})
    }

    #[test]
    fn a_pod_is_one_that_uses_claims_and_has_not_ended() {
        let claim = || spec(json!([{"name": "data", "persistentVolumeClaim": {"claimName": "fsx-claim"}}]));
        let running = json!({"phase": "Running", "conditions": [{"type": "Ready", "status": "True"}]});
        let found = pod(claim(), running).expect("it uses a claim");
        assert_eq!((found.claims.as_slice(), found.ready), (&["fsx-claim".to_owned()][..], true));
        assert_eq!(found.node.as_deref(), Some("node-1"));
        for phase in ["Succeeded", "Failed"] {
            assert_eq!(pod(claim(), json!({"phase": phase})), None);
        }
        assert_eq!(pod(spec(json!([{"name": "tmp", "emptyDir": {}}])), json!({"phase": "Running"})), None);
        let waiting = json!({"phase": "Pending", "containerStatuses": [{
            "name": "app", "image": "", "imageID": "", "ready": false, "restartCount": 0,
            "state": {"waiting": {"reason": "ContainerCreating"}},
        }]});
        let found = pod(claim(), waiting).expect("it uses a claim");
        assert_eq!((found.ready, found.waiting.as_deref()), (false, Some("ContainerCreating")));
    }

    #[test]
    fn a_class_is_the_default_by_either_annotation() {
        for (annotation, value, default) in [
            (DEFAULTS[0], "true", true),
            (DEFAULTS[1], "true", true),
            (DEFAULTS[0], "false", false),
            ("storageclass.kubernetes.io/other", "true", false),
        ] {
            let found =
                json!({"metadata": {"name": "gp3", "annotations": {annotation: value}}, "provisioner": "p"});
            let row = class_row(&serde_json::from_value(found).expect("a class"));
            assert_eq!((row.name.as_str(), row.default), ("gp3", default), "{annotation}={value}");
        }
    }

    #[test]
    fn the_claim_of_an_ephemeral_volume_is_named_after_pod_and_volume() {
        let volumes = json!([{"name": "scratch", "ephemeral": {"volumeClaimTemplate": {"spec": {}}}}]);
        let found = pod(spec(volumes), json!({"phase": "Running"})).expect("it uses a claim");
        assert_eq!(found.claims, ["app-scratch"]);
    }

    #[test]
    fn a_claim_says_who_is_to_make_its_volume() {
        let found = json!({
            "metadata": {"name": "c", "namespace": "ml", "annotations": {PROVISIONERS[1]: "fsx.csi.aws.com"}},
            "spec": {"storageClassName": "", "resources": {"requests": {"storage": "1200Gi"}}},
        });
        let claim = claim_use(serde_json::from_value(found).expect("a claim"));
        assert_eq!((claim.class, claim.phase.as_str()), (None, "Pending"));
        assert_eq!(claim.provisioner.as_deref(), Some("fsx.csi.aws.com"));
        assert_eq!((claim.requested.as_str(), claim.ours), ("1200Gi", false));
    }
}
