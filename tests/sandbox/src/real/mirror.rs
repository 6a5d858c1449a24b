//! A copy of the API server's objects in the sandbox's own store, kept by watches: what AWS looks at in a cluster
//! (service accounts, nodes, the health of add-ons) is read from it, and `--save` writes it.

use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use http_body_util::BodyExt as _;
use hyper::body::Incoming;
use serde_json::Value;

use super::front::Backend;
use crate::state::State;

/// What is copied: path, apiVersion and kind.
const KINDS: &[(&str, &str, &str)] = &[
    ("/api/v1/namespaces", "v1", "Namespace"),
    ("/api/v1/nodes", "v1", "Node"),
    ("/api/v1/serviceaccounts", "v1", "ServiceAccount"),
    ("/api/v1/secrets", "v1", "Secret"),
    ("/api/v1/pods", "v1", "Pod"),
    ("/api/v1/persistentvolumes", "v1", "PersistentVolume"),
    ("/api/v1/persistentvolumeclaims", "v1", "PersistentVolumeClaim"),
    ("/apis/apps/v1/deployments", "apps/v1", "Deployment"),
    ("/apis/apps/v1/daemonsets", "apps/v1", "DaemonSet"),
    ("/apis/apps/v1/replicasets", "apps/v1", "ReplicaSet"),
    ("/apis/batch/v1/jobs", "batch/v1", "Job"),
    ("/apis/storage.k8s.io/v1/storageclasses", "storage.k8s.io/v1", "StorageClass"),
    ("/apis/storage.k8s.io/v1/csidrivers", "storage.k8s.io/v1", "CSIDriver"),
    ("/apis/storage.k8s.io/v1/csinodes", "storage.k8s.io/v1", "CSINode"),
];

/// The copy's place, and whom to tell that it has changed.
pub struct Target {
    /// The world.
    pub state: Arc<Mutex<State>>,
    /// Called after every change.
    pub changed: Arc<dyn Fn() + Send + Sync>,
}

impl Target {
    fn with<T>(&self, change: impl FnOnce(&mut State) -> T) -> T {
        let done = change(&mut self.state.lock().unwrap_or_else(PoisonError::into_inner));
        (self.changed)();
        done
    }
}

/// Keeps every kind until the runtime ends.
pub fn keep(backend: &Backend, target: &Arc<Target>) {
    for (path, api_version, kind) in KINDS {
        let (backend, target) = (backend.clone(), target.clone());
        tokio::spawn(async move {
            loop {
                // A watch that ends is begun again with a new list, as informers do.
                let _ended = follow(&backend, &target, (path, api_version, kind)).await;
                tokio::time::sleep(Duration::from_millis(200)).await;
            }
        });
    }
}

async fn follow(
    backend: &Backend,
    target: &Target,
    (path, api_version, kind): (&str, &str, &str),
) -> Result<(), String> {
    let answer = backend.read(path).await?;
    let bytes = answer.into_body().collect().await.map_err(|why| why.to_string())?.to_bytes();
    let list: Value = serde_json::from_slice(&bytes).map_err(|why| why.to_string())?;
    let version = list["metadata"]["resourceVersion"].as_str().unwrap_or("0").to_owned();
    let items = list["items"].as_array().cloned().unwrap_or_default();
    target.with(|state| state.kube.copy_all(api_version, kind, items));
    let watch = format!("{path}?watch=true&allowWatchBookmarks=true&resourceVersion={version}");
    let mut body = backend.read(&watch).await?.into_body();
    let mut rest = Vec::new();
    while let Some(line) = line(&mut body, &mut rest).await? {
        let mut event: Value = serde_json::from_slice(&line).map_err(|why| why.to_string())?;
        let object = event["object"].take();
        match event["type"].as_str().unwrap_or_default() {
            "ADDED" | "MODIFIED" => target.with(|state| super::probes::take(state, object)),
            "DELETED" => target.with(|state| state.kube.forget_copy(&object)),
            "BOOKMARK" => {}
            other => return Err(other.to_owned()),
        }
    }
    Ok(())
}

/// The next line of a stream; none at its end.
async fn line(body: &mut Incoming, rest: &mut Vec<u8>) -> Result<Option<Vec<u8>>, String> {
    loop {
        if let Some(end) = rest.iter().position(|byte| *byte == b'\n') {
            let mut line: Vec<u8> = rest.drain(..=end).collect();
            line.pop();
            return Ok(Some(line));
        }
        match body.frame().await {
            None => return Ok(None),
            Some(frame) => {
                if let Ok(data) = frame.map_err(|why| why.to_string())?.into_data() {
                    rest.extend_from_slice(&data);
                }
            }
        }
    }
}
