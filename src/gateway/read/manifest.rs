//! Manifests turned into facts, by the same hands as answers of the API server. No cluster is asked.

use k8s_openapi::api::core::v1 as core;
use k8s_openapi::api::storage::v1::StorageClass as ApiClass;
use serde::de::DeserializeOwned;
use serde_json::Value;

use super::kube::{class, volume};
use super::survey::{claim_use, pod_use};
use crate::domain::names;
use crate::error::{Error, Result};
use crate::facts::{ClaimUse, PodUse, StorageClass, Volume};

/// What manifests hold of storage.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Manifests {
    /// StorageClasses, of whatever provisioner.
    pub classes: Vec<StorageClass>,
    /// Volumes of the FSx for Lustre driver.
    pub volumes: Vec<Volume>,
    /// Claims.
    pub claims: Vec<ClaimUse>,
    /// Pods that use claims; of workloads the pod of their template, by the workload's name.
    pub pods: Vec<PodUse>,
    /// Objects that were read, those included that have nothing to do with storage.
    pub objects: usize,
}

/// Deeper than any manifest.
const DEEPEST: usize = 64;

impl Manifests {
    /// Reads one text: any number of YAML or JSON documents, `List`s among them.
    ///
    /// # Errors
    /// Usage: it is no YAML, or an object of one of these kinds is not as Kubernetes has it.
    pub fn add(&mut self, name: &str, text: &str) -> Result<()> {
        let wrong =
            |why: String| Error::usage(format!("cannot read {name} as Kubernetes manifests")).because(why);
        let all: Vec<Value> = serde_yaml::from_multiple(text).map_err(|why| wrong(why.to_string()))?;
        for object in all.into_iter().filter(|object| !object.is_null()) {
            self.object(object, 0).map_err(wrong)?;
        }
        Ok(())
    }

    fn object(&mut self, object: Value, depth: usize) -> Result<(), String> {
        let kind = object["kind"].as_str().unwrap_or_default().to_owned();
        if kind.is_empty() {
            return Err("a document has no kind".to_owned());
        }
        if depth > DEEPEST {
            return Err("lists in lists, too deep".to_owned());
        }
        self.objects += 1;
        let name = object["metadata"]["name"].as_str().unwrap_or_default().to_owned();
        let at = format!("{kind} {name}");
        legal(&object, &kind).map_err(|why| format!("{at}: {why}"))?;
        match (object["apiVersion"].as_str().unwrap_or_default(), kind.as_str()) {
            ("storage.k8s.io/v1", "StorageClass") => {
                if self.classes.iter().any(|class| class.name == name) {
                    return Err(format!("{at} is there twice; review one environment at a time"));
                }
                self.classes.push(class(typed::<ApiClass>(object, &at)?));
            }
            ("v1", "PersistentVolume") => self.volumes.extend(volume(typed(object, &at)?)),
            ("v1", "PersistentVolumeClaim") => {
                let claim = claim_use(typed(object, &at)?);
                self.claims.push(ClaimUse { namespace: placed(claim.namespace), ..claim });
            }
            ("v1", "Pod") => self.pod(typed(object, &at)?),
            (_, "Deployment" | "StatefulSet" | "DaemonSet" | "ReplicaSet" | "Job") => {
                self.template(&object["spec"]["template"], &object, &at)?;
            }
            (_, "CronJob") => {
                self.template(&object["spec"]["jobTemplate"]["spec"]["template"], &object, &at)?;
            }
            (_, "List") => {
                let Value::Object(mut list) = object else { return Ok(()) };
                let Some(Value::Array(items)) = list.shift_remove("items") else { return Ok(()) };
                for item in items {
                    self.object(item, depth + 1)?;
                }
            }
            _ => {}
        }
        Ok(())
    }

    fn template(&mut self, template: &Value, of: &Value, at: &str) -> Result<(), String> {
        if template.is_null() {
            return Ok(());
        }
        let mut pod: core::Pod = typed(template.clone(), at)?;
        pod.metadata.name = of["metadata"]["name"].as_str().map(str::to_owned);
        pod.metadata.namespace = of["metadata"]["namespace"].as_str().map(str::to_owned);
        self.pod(pod);
        Ok(())
    }

    fn pod(&mut self, pod: core::Pod) {
        let used = pod_use(pod).map(|pod| PodUse { namespace: placed(pod.namespace), ..pod });
        self.pods.extend(used);
    }
}

/// Names that the API server would refuse. They stand in commands that people copy.
fn legal(object: &Value, kind: &str) -> Result<(), String> {
    if !["StorageClass", "PersistentVolume", "PersistentVolumeClaim", "Pod"].contains(&kind) {
        return Ok(());
    }
    let label = |text: &str| names::check_dns_label("namespace", text);
    let name = |text: &str| names::check_dns_subdomain("name", text);
    let at = |pointer: &str| object.pointer(pointer).and_then(Value::as_str).filter(|text| !text.is_empty());
    let names = ["/metadata/name", "/spec/storageClassName", "/spec/volumeName", "/spec/claimRef/name"];
    let namespaces = ["/metadata/namespace", "/spec/claimRef/namespace"];
    let wrong = names.iter().filter_map(|it| at(it)).map(name).find_map(Result::err);
    let wrong = wrong.or_else(|| namespaces.iter().filter_map(|it| at(it)).map(label).find_map(Result::err));
    wrong.map_or(Ok(()), |why| Err(why.to_string()))
}

/// Where `kubectl apply` puts what names no namespace.
fn placed(namespace: String) -> String {
    if namespace.is_empty() { "default".to_owned() } else { namespace }
}

fn typed<T: DeserializeOwned>(object: Value, at: &str) -> Result<T, String> {
    serde_json::from_value(object).map_err(|why| format!("{at}: {why}"))
}

#[cfg(test)]
mod tests {
    use super::*;

    const TEXT: &str = "
apiVersion: storage.k8s.io/v1
kind: StorageClass
metadata: {name: fsx-sc}
provisioner: fsx.csi.aws.com
parameters: {subnetId: subnet-1}
---
apiVersion: v1
kind: List
items:
- {apiVersion: v1, kind: PersistentVolumeClaim, metadata: {name: data}, spec: {storageClassName: fsx-sc, resources: {requests: {storage: 1200Gi}}}}
- {apiVersion: v1, kind: PersistentVolume, metadata: {name: pv}, spec: {csi: {driver: fsx.csi.aws.com, volumeHandle: fs-1}}}
---
apiVersion: apps/v1
kind: Deployment
metadata: {name: app, namespace: ml}
spec: {template: {spec: {containers: [], volumes: [{name: d, persistentVolumeClaim: {claimName: data}}]}}}
---
apiVersion: v1
kind: ConfigMap
metadata: {name: other}
";

    #[test]
    fn what_has_to_do_with_storage_is_read() {
        let mut all = Manifests::default();
        all.add("x", TEXT).unwrap();
        assert_eq!(all.classes[0].parameters["subnetId"], "subnet-1");
        assert_eq!((all.claims[0].namespace.as_str(), all.claims[0].name.as_str()), ("default", "data"));
        assert_eq!(all.volumes[0].handle, "fs-1");
        assert_eq!(
            (all.pods[0].namespace.as_str(), all.pods[0].claims.as_slice()),
            ("ml", &["data".to_owned()][..])
        );
        assert_eq!(all.objects, 6);
    }

    #[test]
    fn what_is_no_manifest_is_refused() {
        let hostile = "{apiVersion: storage.k8s.io/v1, kind: StorageClass, metadata: {name: 'fast; touch x #'}, provisioner: p}";
        assert!(Manifests::default().add("x.yaml", hostile).is_err(), "a name that no object can have");
        for text in
            ["a: [", "just text", "apiVersion: v1", "kind: Pod\napiVersion: v1\nspec: {containers: 7}"]
        {
            let error = Manifests::default().add("x.yaml", text).unwrap_err();
            assert!(error.message.contains("x.yaml"), "{text}");
        }
        let number = "{apiVersion: storage.k8s.io/v1, kind: StorageClass, metadata: {name: a}, provisioner: p, parameters: {x: 250}}";
        let error = Manifests::default().add("x.yaml", number).unwrap_err();
        assert!(error.causes[0].contains("StorageClass a"), "{:?}", error.causes);
    }
}
