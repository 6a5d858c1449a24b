//! OpenAPI v3, per group and version: the schemas of the served kinds, and of the operations what
//! `kubectl apply`, `create` and `explain` look at.

use http::HeaderMap;
use serde_json::{Map, Value, json};
use sha2::{Digest, Sha256};

use super::KubeError;
use super::answer::Reply;
use crate::kube::kinds::Kind;
use crate::kube::schema;
use crate::state::State;

/// Answers `/openapi/…`.
///
/// # Errors
/// 404 for a group that is not served and for OpenAPI v2; 406 for protobuf.
pub fn answer(state: &State, path: &str, headers: &HeaderMap) -> Result<Reply, KubeError> {
    let accept = headers.get("accept").and_then(|v| v.to_str().ok()).unwrap_or("*/*");
    if accept.contains("protobuf") && !accept.contains("json") && !accept.contains("*/*") {
        return Err(KubeError::plain(
            406,
            "NotAcceptable",
            "only the following media types are accepted: application/json",
        ));
    }
    match path.strip_prefix("v3").map(|p| p.trim_start_matches('/')) {
        Some("") => Ok(Reply::json(200, index(state))),
        Some(group_version) => {
            let (group, version) = parse(group_version).ok_or_else(KubeError::no_such_resource)?;
            let kinds: Vec<&Kind> = kinds(state, &group, &version);
            if kinds.is_empty() {
                return Err(KubeError::no_such_resource());
            }
            Ok(Reply::json(200, document(state, &kinds)))
        }
        None => Err(KubeError::no_such_resource()),
    }
}

fn parse(path: &str) -> Option<(String, String)> {
    let parts: Vec<&str> = path.split('/').collect();
    match parts.as_slice() {
        ["api", version] => Some((String::new(), (*version).into())),
        ["apis", group, version] => Some(((*group).into(), (*version).into())),
        _ => None,
    }
}

fn kinds<'a>(state: &'a State, group: &str, version: &str) -> Vec<&'a Kind> {
    state
        .kube
        .kinds()
        .map(AsRef::as_ref)
        .filter(|k: &&Kind| k.group == group && k.version == version)
        .collect()
}

fn index(state: &State) -> Value {
    let mut paths = Map::new();
    for kind in state.kube.kinds() {
        let path = base(kind);
        let hash = hex::encode_upper(Sha256::digest(format!("{path} {}", env!("CARGO_PKG_VERSION"))));
        let url = json!({"serverRelativeURL": format!("/openapi/v3/{path}?hash={hash}")});
        paths.entry(path).or_insert(url);
    }
    json!({"paths": paths})
}

fn base(kind: &Kind) -> String {
    if kind.group.is_empty() {
        format!("api/{}", kind.version)
    } else {
        format!("apis/{}/{}", kind.group, kind.version)
    }
}

fn document(state: &State, kinds: &[&Kind]) -> Value {
    let mut paths = Map::new();
    let mut schemas = Map::new();
    for kind in kinds {
        let root = format!("/{}", base(kind));
        let collection = if kind.namespaced {
            format!("{root}/namespaces/{{namespace}}/{}", kind.plural)
        } else {
            format!("{root}/{}", kind.plural)
        };
        paths.insert(collection.clone(), collection_item(kind));
        if !kind.review {
            paths.insert(format!("{collection}/{{name}}"), object_item(kind));
        }
        match state.kube.custom_schemas().components(kind) {
            Some(all) => schemas.extend(all.iter().map(|(k, v)| (k.clone(), v.clone()))),
            None => collect(&kind.schema, &mut schemas),
        }
        if let Some(schema) = schemas.get_mut(&kind.schema) {
            schema["x-kubernetes-group-version-kind"] = json!([gvk(kind)]);
        }
    }
    json!({
        "openapi": "3.0.0", "info": {"title": "Kubernetes", "version": super::discovery::version(state)["gitVersion"]},
        "paths": paths, "components": {"schemas": schemas},
    })
}

fn gvk(kind: &Kind) -> Value {
    json!({"group": kind.group, "version": kind.version, "kind": kind.kind})
}

/// Takes a schema and everything it refers to.
fn collect(name: &str, into: &mut Map<String, Value>) {
    if into.contains_key(name) {
        return;
    }
    let Some(schema) = schema::built_in().get(name) else { return };
    let mut schema = schema.clone();
    let mut wanted = Vec::new();
    wrap(&mut schema, &mut wanted);
    into.insert(name.to_owned(), schema);
    for name in wanted {
        collect(&name, into);
    }
}

/// A `$ref` with siblings becomes `allOf`, since OpenAPI 3.0 ignores what stands beside a `$ref`.
fn wrap(schema: &mut Value, wanted: &mut Vec<String>) {
    match schema {
        Value::Object(map) => {
            if let Some(Value::String(target)) = map.get("$ref") {
                if let Some(name) = target.rsplit('/').next() {
                    wanted.push(name.to_owned());
                }
                if map.len() > 1
                    && let Some(target) = map.shift_remove("$ref")
                {
                    map.insert("allOf".into(), json!([{"$ref": target}]));
                }
                return;
            }
            map.values_mut().for_each(|v| wrap(v, wanted));
        }
        Value::Array(list) => list.iter_mut().for_each(|v| wrap(v, wanted)),
        _ => {}
    }
}

fn parameter(name: &str, place: &str) -> Value {
    json!({"name": name, "in": place, "required": place == "path", "schema": {"type": "string", "uniqueItems": true}})
}

fn operation(kind: &Kind, action: &str) -> Value {
    let content =
        json!({"application/json": {"schema": {"$ref": format!("#/components/schemas/{}", kind.schema)}}});
    let mut operation = json!({
        "operationId": format!("{action}{}", kind.kind),
        "responses": {"200": {"description": "OK", "content": content}},
        "x-kubernetes-action": action, "x-kubernetes-group-version-kind": gvk(kind),
    });
    if matches!(action, "post" | "put" | "patch") {
        operation["parameters"] =
            ["dryRun", "fieldManager", "fieldValidation"].map(|name| parameter(name, "query")).into();
        let body = if action == "patch" {
            let any = json!({"schema": {"type": "object"}});
            json!({"content": {
                "application/apply-patch+yaml": any, "application/json-patch+json": any,
                "application/merge-patch+json": any, "application/strategic-merge-patch+json": any,
            }})
        } else {
            json!({"content": content})
        };
        operation["requestBody"] = body;
    }
    operation
}

fn path_parameters(kind: &Kind, named: bool) -> Vec<Value> {
    let mut list = Vec::new();
    if named {
        list.push(parameter("name", "path"));
    }
    if kind.namespaced {
        list.push(parameter("namespace", "path"));
    }
    list
}

fn collection_item(kind: &Kind) -> Value {
    let mut item = json!({"post": operation(kind, "post"), "parameters": path_parameters(kind, false)});
    if !kind.review {
        item["get"] = operation(kind, "list");
    }
    item
}

fn object_item(kind: &Kind) -> Value {
    json!({
        "get": operation(kind, "get"), "put": operation(kind, "put"), "patch": operation(kind, "patch"),
        "delete": operation(kind, "delete"), "parameters": path_parameters(kind, true),
    })
}
