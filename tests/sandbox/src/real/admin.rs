//! The API server as its administrator: what EKS, a kubelet or the sandbox itself asks of it.
//!
//! Calls block, and none of them goes through the sandbox's own listener: they are no requests of anybody that the
//! log is about.

use std::sync::Arc;

use serde_json::Value;
use tokio_rustls::rustls::ClientConfig;

use crate::https::Server;

/// The API server and the administrator's token.
#[derive(Debug, Clone)]
pub struct Admin {
    server: Server,
}

/// Why a call came to nothing.
#[derive(Debug, Clone, PartialEq)]
pub struct Refusal {
    /// The HTTP status; 0 when there was no answer.
    pub status: u16,
    /// The Status object, or the words of what went wrong.
    pub body: Value,
}

impl std::fmt::Display for Refusal {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let words = self.body["message"].as_str().or_else(|| self.body.as_str()).unwrap_or_default();
        write!(f, "{} {words}", self.status)
    }
}

impl Admin {
    /// The server at a port of this machine.
    pub fn new(port: u16, token: &str, tls: Arc<ClientConfig>) -> Self {
        let headers = format!(
            "User-Agent: fsxctl-sandbox\r\nAuthorization: Bearer {token}\r\nAccept: application/json, */*\r\n"
        );
        Self { server: Server { host: "127.0.0.1".to_owned(), port, tls, headers } }
    }

    /// The server's port.
    pub fn port(&self) -> u16 {
        self.server.port
    }

    /// One call; a body goes with its content type.
    ///
    /// # Errors
    /// No answer, or a status that is not 2xx.
    pub fn call(&self, method: &str, path: &str, body: Option<(&str, &Value)>) -> Result<Value, Refusal> {
        let no_answer = |why: std::io::Error| Refusal { status: 0, body: Value::from(why.to_string()) };
        let (status, answer) = self.server.call(method, path, body).map_err(no_answer)?;
        let answer =
            serde_json::from_slice(&answer).unwrap_or_else(|_| String::from_utf8_lossy(&answer).into());
        if (200..300).contains(&status) { Ok(answer) } else { Err(Refusal { status, body: answer }) }
    }

    /// One object; none when it is not there, or nobody answered.
    pub fn get(&self, path: &str) -> Option<Value> {
        self.call("GET", path, None).ok()
    }

    /// The items of a list; none when it is not served, or nobody answered.
    pub fn list(&self, path: &str) -> Option<Vec<Value>> {
        let mut list = self.get(path)?;
        let (version, kind) =
            (list["apiVersion"].clone(), list["kind"].as_str().unwrap_or_default().to_owned());
        let mut items = match list["items"].take() {
            Value::Array(items) => items,
            _ => Vec::new(),
        };
        for item in &mut items {
            item["apiVersion"] = version.clone();
            item["kind"] = Value::from(kind.trim_end_matches("List"));
        }
        Some(items)
    }
}

/// The path of an object's collection, and of the object in it.
pub fn paths(object: &Value) -> (String, String) {
    let version = object["apiVersion"].as_str().unwrap_or_default();
    let kind = object["kind"].as_str().unwrap_or_default();
    let root = if version.contains('/') { format!("/apis/{version}") } else { format!("/api/{version}") };
    let namespace = object["metadata"]["namespace"].as_str().unwrap_or_default();
    let within = if namespace.is_empty() { String::new() } else { format!("/namespaces/{namespace}") };
    let collection = format!("{root}{within}/{}", plural(kind));
    let name = object["metadata"]["name"].as_str().unwrap_or_default();
    (collection.clone(), format!("{collection}/{name}"))
}

/// The resource of a kind that world files and charts hold.
fn plural(kind: &str) -> String {
    let lower = kind.to_ascii_lowercase();
    match lower.strip_suffix('y') {
        Some(stem) if !stem.ends_with(['a', 'e', 'o']) => format!("{stem}ies"),
        _ if lower.ends_with('s') => format!("{lower}es"),
        _ => format!("{lower}s"),
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn objects_have_paths() {
        for (object, path) in [
            (json!({"apiVersion": "v1", "kind": "Node", "metadata": {"name": "n"}}), "/api/v1/nodes/n"),
            (
                json!({"apiVersion": "storage.k8s.io/v1", "kind": "StorageClass", "metadata": {"name": "s"}}),
                "/apis/storage.k8s.io/v1/storageclasses/s",
            ),
            (
                json!({"apiVersion": "networking.k8s.io/v1", "kind": "NetworkPolicy", "metadata": {"name": "p", "namespace": "a"}}),
                "/apis/networking.k8s.io/v1/namespaces/a/networkpolicies/p",
            ),
        ] {
            assert_eq!(paths(&object).1, path);
        }
    }
}
