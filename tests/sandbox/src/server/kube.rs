//! One request to the Kubernetes listener: what the log must know of it, faults, and the hand-over to the
//! cluster's own HTTP API in `kube`.

use base64::Engine;
use base64::engine::general_purpose::{STANDARD, URL_SAFE_NO_PAD};
use bytes::Bytes;
use http::{HeaderMap, HeaderValue, Method, Response, StatusCode, header, request::Parts};
use serde_json::{Value, json};

use super::fault::{self, Probe, Strike};
use super::log::Facts;
use super::session;
use crate::call::{AwsError, Client};
use crate::state::State;

/// For the log.
pub fn facts(state: &State, parts: &Parts, body: &[u8]) -> Facts {
    let path = parts.uri.path();
    Facts {
        client: if known(state, &parts.headers) { super::aws::client(&parts.headers) } else { Client::Other },
        api: "kube",
        service: None,
        operation: None,
        verb: Some(verb(parts).to_owned()),
        path: parts.uri.path_and_query().map_or_else(|| path.to_owned(), ToString::to_string),
        region: None,
        write: writes(parts, body),
        request: serde_json::from_slice(body).unwrap_or(Value::Null),
    }
}

/// Whether the bearer is the world's caller (by the kubeconfig's token or a token minted with known keys).
fn known(state: &State, headers: &HeaderMap) -> bool {
    let text = headers.get(header::AUTHORIZATION).and_then(|v| v.to_str().ok()).unwrap_or_default();
    let Some(token) = text.strip_prefix("Bearer ") else { return false };
    if session::kube_token(state) == Some(token) {
        return true;
    }
    let Some(encoded) = token.strip_prefix("k8s-aws-v1.") else { return false };
    let Ok(url) = URL_SAFE_NO_PAD.decode(encoded.trim_end_matches('=')) else { return false };
    let url = String::from_utf8_lossy(&url).into_owned();
    let query = url.split_once('?').map_or("", |(_, query)| query);
    let mut pairs = form_urlencoded::parse(query.as_bytes());
    let credential = pairs.find(|(name, _)| name == "X-Amz-Credential").map(|(_, value)| value.into_owned());
    let key = credential.as_deref().and_then(|c| c.split('/').next());
    key.is_some_and(|key| session::by_key(state, key).is_some())
}

/// The Kubernetes verb of a request, as RBAC names it.
pub fn verb(parts: &Parts) -> &'static str {
    let query = parts.uri.query().unwrap_or_default();
    let watching = form_urlencoded::parse(query.as_bytes())
        .any(|(name, value)| name == "watch" && (value == "true" || value == "1"));
    match parts.method {
        Method::POST => "create",
        Method::PUT => "update",
        Method::PATCH => "patch",
        Method::DELETE if named(parts.uri.path()) => "delete",
        Method::DELETE => "deletecollection",
        _ if watching => "watch",
        _ if named(parts.uri.path()) => "get",
        _ => "list",
    }
}

/// Whether a path ends in an object (or lies outside the resources, as discovery does).
fn named(path: &str) -> bool {
    let parts: Vec<&str> = path.trim_matches('/').split('/').collect();
    let (["api", _, resource @ ..] | ["apis", _, _, resource @ ..]) = parts.as_slice() else { return true };
    match resource {
        [] | ["namespaces", _] => true,
        ["namespaces", _, rest @ ..] => rest.len() != 1,
        rest => rest.len() != 1,
    }
}

fn writes(parts: &Parts, body: &[u8]) -> bool {
    if !["POST", "PUT", "PATCH", "DELETE"].contains(&parts.method.as_str()) {
        return false;
    }
    let last = parts.uri.path().rsplit('/').next().unwrap_or_default();
    let asks = ["reviews", "token"].iter().any(|end| last.ends_with(end));
    let query = parts.uri.query().unwrap_or_default();
    let dry =
        form_urlencoded::parse(query.as_bytes()).any(|(name, value)| name == "dryRun" && value == "All");
    let dry_delete = parts.method == Method::DELETE
        && serde_json::from_slice::<Value>(body).is_ok_and(|options| options["dryRun"][0] == "All");
    !asks && !dry && !dry_delete
}

/// What a fault does to a request, if one says so.
pub fn strike(state: &mut State, parts: &Parts) -> Option<Strike> {
    let probe = Probe { service: "kube", operation: None, verb: Some(verb(parts)), path: parts.uri.path() };
    fault::strike(state, &probe)
}

/// A refusal: a Status, but plain text for "too many requests", which comes from in front of the API machinery
/// (k8s.io/apiserver, server/filters/maxinflight.go).
pub fn refusal(error: &AwsError) -> Response<super::Body> {
    if error.code != "TooManyRequests" {
        return status(error);
    }
    let mut response = status(error);
    *response.body_mut() = super::full(Bytes::from(format!("{}\n", error.message)));
    let headers = response.headers_mut();
    headers.insert(header::CONTENT_TYPE, HeaderValue::from_static("text/plain; charset=utf-8"));
    headers.insert(header::RETRY_AFTER, HeaderValue::from(error.retry_after.unwrap_or(1)));
    response
}

/// A Kubernetes Status.
pub fn status(error: &AwsError) -> Response<super::Body> {
    let text = json!({
        "kind": "Status", "apiVersion": "v1", "metadata": {}, "status": "Failure",
        "message": error.message, "reason": error.code, "code": error.status,
    });
    let mut response = Response::new(super::full(Bytes::from(text.to_string())));
    *response.status_mut() = StatusCode::from_u16(error.status).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR);
    response.headers_mut().insert(header::CONTENT_TYPE, HeaderValue::from_static("application/json"));
    if let Some(seconds) = error.retry_after {
        response.headers_mut().insert(header::RETRY_AFTER, HeaderValue::from(seconds));
    }
    response
}

/// A kubeconfig with one cluster, one user and one context named like the cluster's ARN.
pub fn kubeconfig(arn: &str, endpoint: &str, ca: &str, token: &str) -> String {
    let config = json!({
        "apiVersion": "v1", "kind": "Config", "preferences": {},
        "clusters": [{"name": arn, "cluster": {"server": endpoint, "certificate-authority-data": ca}}],
        "users": [{"name": arn, "user": {"token": token}}],
        "contexts": [{"name": arn, "context": {"cluster": arn, "user": arn}}],
        "current-context": arn,
    });
    serde_yaml::to_string(&config).unwrap_or_default()
}

/// PEM as `certificateAuthority.data` and a kubeconfig hold it.
pub fn encoded(pem: &str) -> String {
    STANDARD.encode(pem)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn parts(method: &str, uri: &str) -> Parts {
        http::Request::builder().method(method).uri(uri).body(()).unwrap().into_parts().0
    }

    #[test]
    fn verbs_and_writes_are_told_from_method_and_path() {
        for (method, uri, want, write) in [
            ("GET", "/api/v1/nodes", "list", false),
            ("GET", "/api/v1/nodes?watch=true", "watch", false),
            ("GET", "/api/v1/nodes/a", "get", false),
            ("GET", "/api/v1/namespaces/kube-system", "get", false),
            ("GET", "/api/v1/namespaces/kube-system/pods", "list", false),
            ("GET", "/api/v1/namespaces/kube-system/pods/p/log", "get", false),
            ("GET", "/apis", "get", false),
            ("GET", "/apis/apps/v1", "get", false),
            ("PATCH", "/apis/storage.k8s.io/v1/storageclasses/fsx-sc", "patch", true),
            ("PATCH", "/apis/storage.k8s.io/v1/storageclasses/fsx-sc?dryRun=All", "patch", false),
            ("POST", "/apis/authorization.k8s.io/v1/selfsubjectaccessreviews", "create", false),
            ("POST", "/api/v1/namespaces/a/serviceaccounts/s/token", "create", false),
            ("DELETE", "/api/v1/namespaces/a/pods", "deletecollection", true),
            ("DELETE", "/api/v1/namespaces/a/pods/p", "delete", true),
        ] {
            let parts = parts(method, uri);
            assert_eq!((verb(&parts), writes(&parts, b"")), (want, write), "{method} {uri}");
        }
    }
}
