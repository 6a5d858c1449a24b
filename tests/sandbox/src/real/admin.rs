//! The API server as its administrator: what EKS, a kubelet or the sandbox itself asks of it.
//!
//! Calls block, and none of them goes through the sandbox's own listener: they are no requests of anybody that the
//! log is about.

use std::io::{Read as _, Write as _};
use std::net::TcpStream;
use std::sync::Arc;
use std::time::Duration;

use serde_json::Value;
use tokio_rustls::rustls::pki_types::{CertificateDer, ServerName, pem::PemObject as _};
use tokio_rustls::rustls::{ClientConfig, ClientConnection, RootCertStore, StreamOwned, crypto};

use crate::helm::wire;

/// The API server and the administrator's token.
#[derive(Debug, Clone)]
pub struct Admin {
    port: u16,
    token: String,
    tls: Arc<ClientConfig>,
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

/// Trust in the certificates of a PEM file.
///
/// # Errors
/// What is wrong with them.
pub fn trust(pem: &[u8]) -> Result<Arc<ClientConfig>, String> {
    let mut roots = RootCertStore::empty();
    for certificate in CertificateDer::pem_slice_iter(pem) {
        let certificate = certificate.map_err(|why| why.to_string())?;
        // The leaf stands in the same file and is no authority.
        let _ = roots.add(certificate);
    }
    let provider = Arc::new(crypto::ring::default_provider());
    let config = ClientConfig::builder_with_provider(provider)
        .with_safe_default_protocol_versions()
        .map_err(|why| why.to_string())?;
    Ok(Arc::new(config.with_root_certificates(roots).with_no_client_auth()))
}

impl Admin {
    /// The server at a port of this machine.
    pub fn new(port: u16, token: &str, tls: Arc<ClientConfig>) -> Self {
        Self { port, token: token.to_owned(), tls }
    }

    /// The server's port.
    pub fn port(&self) -> u16 {
        self.port
    }

    /// One call; a body goes with its content type.
    ///
    /// # Errors
    /// No answer, or a status that is not 2xx.
    pub fn call(&self, method: &str, path: &str, body: Option<(&str, &Value)>) -> Result<Value, Refusal> {
        let no_answer = |why: std::io::Error| Refusal { status: 0, body: Value::from(why.to_string()) };
        let (status, answer) = self.exchange(method, path, body).map_err(no_answer)?;
        let answer =
            serde_json::from_slice(&answer).unwrap_or_else(|_| String::from_utf8_lossy(&answer).into());
        if (200..300).contains(&status) { Ok(answer) } else { Err(Refusal { status, body: answer }) }
    }

    /// One object; none when it is not there, or nobody answered.
    pub fn get(&self, path: &str) -> Option<Value> {
        self.call("GET", path, None).ok()
    }

    /// The items of a list; none when nobody answered.
    pub fn list(&self, path: &str) -> Vec<Value> {
        let mut list = self.get(path).unwrap_or_default();
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
        items
    }

    fn exchange(
        &self,
        method: &str,
        path: &str,
        body: Option<(&str, &Value)>,
    ) -> std::io::Result<(u16, Vec<u8>)> {
        let name = ServerName::from(std::net::IpAddr::from([127, 0, 0, 1]));
        let connection = ClientConnection::new(self.tls.clone(), name).map_err(std::io::Error::other)?;
        let socket = TcpStream::connect(("127.0.0.1", self.port))?;
        socket.set_nodelay(true)?;
        socket.set_read_timeout(Some(Duration::from_secs(30)))?;
        let mut stream = StreamOwned::new(connection, socket);
        let (kind, text) = match body {
            Some((kind, value)) => (kind, value.to_string()),
            None => ("application/json", String::new()),
        };
        let head = format!(
            "{method} {path} HTTP/1.1\r\nHost: 127.0.0.1:{}\r\nUser-Agent: fsxctl-sandbox\r\nAuthorization: Bearer {}\r\n\
             Accept: application/json, */*\r\nContent-Type: {kind}\r\nContent-Length: {}\r\nConnection: close\r\n\r\n",
            self.port,
            self.token,
            text.len(),
        );
        stream.write_all((head + &text).as_bytes())?;
        stream.flush()?;
        let mut answer = Vec::new();
        match stream.read_to_end(&mut answer) {
            Err(why) if why.kind() == std::io::ErrorKind::UnexpectedEof => {}
            Err(why) => return Err(why),
            Ok(_) => {}
        }
        wire::split(&answer).ok_or_else(|| std::io::Error::other("the answer was cut off"))
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
