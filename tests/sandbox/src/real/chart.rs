//! The objects of the driver's add-on: the released chart, rendered by the real helm, with EKS's own marks.

use std::process::{Command, Stdio};

use serde_json::{Value, json};

use super::{Components, config};
use crate::aws::eks::objects::Plan;

/// The manifests of the FSx CSI driver's add-on. What the chart has of Helm is EKS's here (UNCONFIRMED: the labels of
/// the EKS build).
///
/// # Errors
/// helm's words.
pub fn manifests(
    components: &Components,
    directory: &std::path::Path,
    plan: &Plan,
) -> Result<Vec<Value>, String> {
    let mut values = if plan.values.is_object() { plan.values.clone() } else { json!({}) };
    let repository = format!("602401143452.dkr.ecr.{}.amazonaws.com/eks/aws-fsx-csi-driver", plan.region);
    values["image"] = json!({"repository": repository, "tag": plan.upstream()});
    if let Some(role) = &plan.role {
        values["controller"]["serviceAccount"]["annotations"]["eks.amazonaws.com/role-arn"] = json!(role);
    }
    let file = directory.join(format!("values-{}.json", crate::kube::store::meta::uuid()));
    std::fs::write(&file, values.to_string()).map_err(|why| format!("{}: {why}", file.display()))?;
    let done = Command::new(components.program("helm"))
        .args(["template", "aws-fsx-csi-driver"])
        .arg(components.directory.join("chart"))
        .args(["--namespace", &plan.namespace, "--values"])
        .arg(&file)
        .env_clear()
        .envs(config::environment(directory))
        .stdin(Stdio::null())
        .output()
        .map_err(|why| format!("helm: {why}"))?;
    if !done.status.success() {
        return Err(format!("helm: {}", String::from_utf8_lossy(&done.stderr).trim()));
    }
    let text = String::from_utf8_lossy(&done.stdout);
    let mut all = Vec::new();
    for document in text.split("\n---\n") {
        let object: Value = serde_yaml::from_str(document).map_err(|why| format!("the chart: {why}"))?;
        if object["kind"].is_string() {
            all.push(eks(object, &plan.namespace));
        }
    }
    Ok(all)
}

fn eks(mut object: Value, namespace: &str) -> Value {
    marks(&mut object["metadata"]);
    if object["spec"]["template"]["metadata"].is_object() {
        marks(&mut object["spec"]["template"]["metadata"]);
    }
    let namespaced = matches!(
        object["kind"].as_str().unwrap_or_default(),
        "ServiceAccount"
            | "Deployment"
            | "DaemonSet"
            | "Role"
            | "RoleBinding"
            | "PodDisruptionBudget"
            | "ConfigMap"
    );
    if namespaced && object["metadata"]["namespace"].is_null() {
        object["metadata"]["namespace"] = json!(namespace);
    }
    object
}

fn marks(metadata: &mut Value) {
    let Some(labels) = metadata["labels"].as_object_mut() else { return };
    labels.shift_remove("helm.sh/chart");
    if labels.contains_key("app.kubernetes.io/managed-by") {
        labels.insert("app.kubernetes.io/managed-by".to_owned(), json!("EKS"));
    }
}
