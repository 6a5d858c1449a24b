//! Subresources other than status and log: scale, eviction, token, finalize.

use serde_json::{Value, json};

use super::answer::Reply;
use super::{Asked, KubeError, body, reviews};
use crate::kube::error::FieldError;
use crate::kube::kinds::Kind;
use crate::kube::patch as patches;
use crate::kube::store::meta::{name_of, namespace_of, uid_of};
use crate::kube::store::{Removal, Write};
use crate::state::State;

/// Answers a subresource.
///
/// # Errors
/// 404 for the object, 405 for a method that makes no sense there.
pub fn answer(state: &mut State, kind: &Kind, asked: &Asked<'_>) -> Result<Reply, KubeError> {
    match (asked.target.subresource.as_str(), asked.method.as_str()) {
        ("token", "POST") => reviews::token_request(state, asked),
        ("scale", "GET") => Ok(Reply::json(200, scale_of(&find(state, kind, asked)?))),
        ("scale", "PUT" | "PATCH") => set_scale(state, kind, asked),
        ("eviction", "POST") => evict(state, kind, asked),
        ("finalize", "PUT") => finalize(state, kind, asked),
        _ => Err(KubeError::method_not_allowed()),
    }
}

fn find(state: &State, kind: &Kind, asked: &Asked<'_>) -> Result<Value, KubeError> {
    let target = asked.target;
    let found = state.kube.read(kind, &target.namespace, &target.name).cloned();
    found.ok_or_else(|| KubeError::not_found(kind, &target.name))
}

fn scale_of(object: &Value) -> Value {
    let labels = object["spec"]["selector"]["matchLabels"].as_object().into_iter().flatten();
    let selector: Vec<String> =
        labels.map(|(k, v)| format!("{k}={}", v.as_str().unwrap_or_default())).collect();
    let metadata = &object["metadata"];
    let mut spec = json!({"replicas": object["spec"]["replicas"]});
    if spec["replicas"] == 0 {
        spec = json!({});
    }
    json!({
        "kind": "Scale", "apiVersion": "autoscaling/v1",
        "metadata": {
            "name": metadata["name"], "namespace": metadata["namespace"], "uid": metadata["uid"],
            "resourceVersion": metadata["resourceVersion"], "creationTimestamp": metadata["creationTimestamp"],
        },
        "spec": spec,
        "status": {"replicas": object["status"]["replicas"].as_i64().unwrap_or(0), "selector": selector.join(",")},
    })
}

fn set_scale(state: &mut State, kind: &Kind, asked: &Asked<'_>) -> Result<Reply, KubeError> {
    let old = find(state, kind, asked)?;
    let given = body::decode(asked.headers, asked.body)?;
    let scale = match (asked.method.as_str(), body::media_type(asked.headers)) {
        ("PUT", _) => given,
        (_, "application/json-patch+json") => patches::json(&scale_of(&old), &given)?,
        _ => patches::merge(&scale_of(&old), &given),
    };
    let replicas = scale["spec"]["replicas"].as_i64().unwrap_or(0);
    if replicas < 0 {
        let text = "must be greater than or equal to 0";
        let field = FieldError::invalid("spec.replicas", &json!(replicas), text);
        let name = name_of(&old);
        let cause = json!({"reason": field.reason, "message": field.message, "field": field.field});
        let details = json!({"name": name, "group": "autoscaling", "kind": "Scale", "causes": [cause]});
        let message = format!("Scale.autoscaling {name:?} is invalid: {field}");
        return Err(KubeError {
            details: Some(Box::new(details)),
            ..KubeError::plain(422, "Invalid", message)
        });
    }
    let mut new = old.clone();
    new["spec"]["replicas"] = json!(replicas);
    let manager = asked.query.get("fieldManager").unwrap_or("kubectl");
    let write = Write {
        manager,
        subresource: "scale",
        now: state.now,
        dry_run: asked.query.get("dryRun") == Some("All"),
    };
    let new = state.kube.replace(kind, &old, new, write)?;
    Ok(Reply::json(200, scale_of(&new)))
}

/// Disruption budgets are looked at as the API server does: `disruptionsAllowed` must be above zero.
fn evict(state: &mut State, kind: &Kind, asked: &Asked<'_>) -> Result<Reply, KubeError> {
    let pod = find(state, kind, asked)?;
    let budget = state.kube.list("policy/v1", "PodDisruptionBudget").find(|b| {
        namespace_of(b) == namespace_of(&pod)
            && crate::kube::selector::Labels::of(&b["spec"]["selector"]).matches(&pod)
    });
    if let Some(budget) = budget
        && budget["status"]["disruptionsAllowed"].as_i64() == Some(0)
    {
        let mut error = KubeError::plain(
            429,
            "TooManyRequests",
            "Cannot evict pod as it would violate the pod's disruption budget.",
        );
        let text = format!(
            "The disruption budget {} needs {} healthy pods and has {} currently",
            name_of(budget),
            budget["status"]["desiredHealthy"].as_i64().unwrap_or(0),
            budget["status"]["currentHealthy"].as_i64().unwrap_or(0)
        );
        error.details = Some(Box::new(json!({"causes": [{"reason": "DisruptionBudget", "message": text}]})));
        return Err(error);
    }
    let how = Removal { uid: Some(uid_of(&pod).to_owned()), ..Removal::now(state.now) };
    state.kube.remove(kind, &asked.target.namespace, &asked.target.name, &how)?;
    Ok(Reply::json(
        201,
        json!({"kind": "Status", "apiVersion": "v1", "metadata": {}, "status": "Success", "code": 201}),
    ))
}

fn finalize(state: &mut State, kind: &Kind, asked: &Asked<'_>) -> Result<Reply, KubeError> {
    let old = find(state, kind, asked)?;
    let given = body::decode(asked.headers, asked.body)?;
    let mut new = old.clone();
    new["spec"]["finalizers"] = given["spec"]["finalizers"].clone();
    let write = Write::by("kubectl", state.now);
    let new = state.kube.replace(kind, &old, new, write)?;
    Ok(Reply::json(200, new))
}
