//! Discovery: which groups, versions and resources there are, in both forms that clients ask for.

use std::sync::Arc;

use http::HeaderMap;
use serde_json::{Value, json};

use super::KubeError;
use super::answer::Reply;
use super::path::Discovery;
use crate::kube::kinds::Kind;
use crate::state::State;

const VERBS: &[&str] = &["create", "delete", "deletecollection", "get", "list", "patch", "update", "watch"];

/// Answers a discovery path.
///
/// # Errors
/// 404 for a group or version that is not served.
pub fn answer(state: &State, which: &Discovery, headers: &HeaderMap) -> Result<Reply, KubeError> {
    let accept = headers.get("accept").and_then(|v| v.to_str().ok()).unwrap_or_default();
    let aggregated = accept.split(',').find(|one| one.contains("as=APIGroupDiscoveryList"));
    if let (Some(accept), Discovery::Core | Discovery::Groups) = (aggregated, which) {
        let version =
            if accept.contains("v=v2beta1") && !accept.contains("v=v2;") { "v2beta1" } else { "v2" };
        let mut reply = Reply::json(200, aggregated_list(state, *which == Discovery::Core, version));
        reply.content_type = if version == "v2" {
            "application/json;g=apidiscovery.k8s.io;v=v2;as=APIGroupDiscoveryList"
        } else {
            "application/json;g=apidiscovery.k8s.io;v=v2beta1;as=APIGroupDiscoveryList"
        };
        return Ok(reply);
    }
    let body = match which {
        Discovery::Root => json!({"paths": paths(state)}),
        Discovery::Core => json!({
            "kind": "APIVersions", "versions": ["v1"],
            "serverAddressByClientCIDRs": [{"clientCIDR": "0.0.0.0/0", "serverAddress": "127.0.0.1:443"}],
        }),
        Discovery::Groups => {
            let list: Vec<Value> =
                groups(state).iter().filter(|g| !g.is_empty()).map(|g| group(state, g)).collect();
            json!({"kind": "APIGroupList", "apiVersion": "v1", "groups": list})
        }
        Discovery::Group(name) => {
            if name.is_empty() || !groups(state).contains(name) {
                return Ok(Reply::nowhere());
            }
            let mut body = group(state, name);
            body["kind"] = json!("APIGroup");
            body["apiVersion"] = json!("v1");
            body
        }
        Discovery::Resources(group, version) => {
            let list = kinds(state, group, version);
            if list.is_empty() {
                if groups(state).contains(group) {
                    return Err(KubeError::no_such_resource());
                }
                return Ok(Reply::nowhere());
            }
            let mut body = json!({
                "kind": "APIResourceList", "groupVersion": list[0].api_version(),
                "resources": list.iter().flat_map(|k| resources(k)).collect::<Vec<_>>(),
            });
            // The core group is older than the versions of lists of resources.
            if !group.is_empty() {
                body["apiVersion"] = json!("v1");
            }
            body
        }
    };
    Ok(Reply::json(200, body))
}

/// `/version`.
pub fn version(state: &State) -> Value {
    let given = state
        .other
        .get("version")
        .and_then(|v| v.as_str())
        .map(str::to_owned)
        .or_else(|| {
            let cluster = state.rows("eks.clusters").first()?;
            Some(format!("v{}.0", cluster["version"].as_str()?))
        })
        .unwrap_or_else(|| "v1.33.4".into());
    let shown = if given.contains('-') { given.clone() } else { format!("{given}-eks-3cfe0ce") };
    let mut parts = given.trim_start_matches('v').split('.');
    let (major, minor) = (parts.next().unwrap_or("1"), parts.next().unwrap_or("33"));
    json!({
        "major": major, "minor": minor, "gitVersion": shown,
        "gitCommit": "b6ce1ccd5ec4f9b2f0e1b7fc0ea8d6dd8ce0bc5a", "gitTreeState": "clean",
        "buildDate": "2026-01-01T00:00:00Z", "goVersion": "go1.24.6", "compiler": "gc", "platform": "linux/amd64",
    })
}

/// The groups, core first (as the empty string).
fn groups(state: &State) -> Vec<String> {
    let mut found: Vec<String> = Vec::new();
    for kind in state.kube.kinds() {
        if !found.contains(&kind.group) {
            found.push(kind.group.clone());
        }
    }
    found
}

fn versions(state: &State, group: &str) -> Vec<String> {
    let mut found: Vec<String> = Vec::new();
    for kind in state.kube.kinds().filter(|k| k.group == group) {
        if !found.contains(&kind.version) {
            found.push(kind.version.clone());
        }
    }
    found
}

fn kinds(state: &State, group: &str, version: &str) -> Vec<Arc<Kind>> {
    state.kube.kinds().filter(|k| k.group == group && k.version == version).cloned().collect()
}

fn group(state: &State, name: &str) -> Value {
    let list: Vec<Value> = versions(state, name)
        .iter()
        .map(|v| json!({"groupVersion": format!("{name}/{v}"), "version": v}))
        .collect();
    json!({"name": name, "versions": list, "preferredVersion": list.first()})
}

fn paths(state: &State) -> Vec<String> {
    let mut paths = vec!["/api".to_owned(), "/api/v1".into(), "/apis".into()];
    for group in groups(state).iter().filter(|g| !g.is_empty()) {
        paths.push(format!("/apis/{group}"));
        paths.extend(versions(state, group).iter().map(|v| format!("/apis/{group}/{v}")));
    }
    paths.extend(
        ["/healthz", "/livez", "/openapi/v3", "/openid/v1/jwks", "/readyz", "/version"].map(str::to_owned),
    );
    paths
}

fn verbs(kind: &Kind) -> Vec<&'static str> {
    if kind.review {
        return vec!["create"];
    }
    VERBS.iter().copied().filter(|verb| *verb != "deletecollection" || kind.collectable()).collect()
}

/// Kind and verbs of a subresource.
fn sub_kind<'a>(
    kind: &'a Kind,
    name: &str,
) -> (&'static str, &'static str, &'a str, &'static [&'static str]) {
    match name {
        "scale" => ("autoscaling", "v1", "Scale", &["get", "patch", "update"]),
        "eviction" => ("policy", "v1", "Eviction", &["create"]),
        "token" => ("authentication.k8s.io", "v1", "TokenRequest", &["create"]),
        "binding" => ("", "", "Binding", &["create"]),
        "log" => ("", "", "Pod", &["get"]),
        "exec" => ("", "", "PodExecOptions", &["create", "get"]),
        "finalize" => ("", "", "Namespace", &["update"]),
        _ => ("", "", &kind.kind, &["get", "patch", "update"]),
    }
}

fn resources(kind: &Kind) -> Vec<Value> {
    let mut own = json!({
        "name": kind.plural, "singularName": kind.singular, "namespaced": kind.namespaced, "kind": kind.kind,
        "verbs": verbs(kind),
    });
    if !kind.short.is_empty() {
        own["shortNames"] = json!(kind.short);
    }
    if !kind.categories.is_empty() {
        own["categories"] = json!(kind.categories);
    }
    let mut list = vec![own];
    for sub in &kind.subresources {
        let (group, version, sub_kind, verbs) = sub_kind(kind, sub);
        let mut entry = json!({
            "name": format!("{}/{sub}", kind.plural), "singularName": "", "namespaced": kind.namespaced,
            "kind": sub_kind, "verbs": verbs,
        });
        if !group.is_empty() {
            entry["group"] = json!(group);
            entry["version"] = json!(version);
        }
        list.push(entry);
    }
    list
}

fn aggregated_list(state: &State, core: bool, version: &str) -> Value {
    let items: Vec<Value> = groups(state)
        .iter()
        .filter(|g| g.is_empty() == core)
        .map(|group| {
            let versions: Vec<Value> = versions(state, group)
                .iter()
                .map(|version| {
                    let list = kinds(state, group, version);
                    let resources: Vec<Value> = list.iter().map(|k| aggregated(k)).collect();
                    json!({"version": version, "resources": resources, "freshness": "Current"})
                })
                .collect();
            let mut metadata = json!({"creationTimestamp": null});
            if !core {
                metadata["name"] = json!(group);
            }
            json!({"metadata": metadata, "versions": versions})
        })
        .collect();
    json!({
        "kind": "APIGroupDiscoveryList", "apiVersion": format!("apidiscovery.k8s.io/{version}"),
        "metadata": {}, "items": items,
    })
}

fn aggregated(kind: &Kind) -> Value {
    let mut entry = json!({
        "resource": kind.plural,
        "responseKind": {"group": kind.group, "version": kind.version, "kind": kind.kind},
        "scope": if kind.namespaced { "Namespaced" } else { "Cluster" },
        "singularResource": kind.singular,
        "verbs": verbs(kind),
    });
    if !kind.short.is_empty() {
        entry["shortNames"] = json!(kind.short);
    }
    if !kind.categories.is_empty() {
        entry["categories"] = json!(kind.categories);
    }
    let subs: Vec<Value> = kind
        .subresources
        .iter()
        .map(|sub| {
            let (group, version, sub_kind, verbs) = sub_kind(kind, sub);
            let (group, version) = if version.is_empty() {
                (kind.group.as_str(), kind.version.as_str())
            } else {
                (group, version)
            };
            json!({
                "subresource": sub, "verbs": verbs,
                "responseKind": {"group": group, "version": version, "kind": sub_kind},
            })
        })
        .collect();
    if !subs.is_empty() {
        entry["subresources"] = json!(subs);
    }
    entry
}
