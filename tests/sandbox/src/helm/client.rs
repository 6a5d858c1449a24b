//! HTTPS to the API server as the kubeconfig says: its server, its authority, its user's token.

use std::io::{Read as _, Write as _};
use std::net::TcpStream;
use std::sync::Arc;
use std::time::Duration;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use serde_json::Value;
use tokio_rustls::rustls::pki_types::{CertificateDer, ServerName};
use tokio_rustls::rustls::{ClientConfig, ClientConnection, RootCertStore, StreamOwned, crypto};

use super::wire;

/// One API server and whose credentials to use.
#[derive(Debug)]
pub struct Client {
    host: String,
    port: u16,
    token: String,
    acts_as: Option<String>,
    tls: Arc<ClientConfig>,
}

/// What the API server said no with.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Refusal {
    /// The HTTP status; 0 when it was not reached.
    pub status: u16,
    /// Its own words.
    pub message: String,
}

impl Client {
    /// From a kubeconfig: the file given, else that of KUBECONFIG.
    ///
    /// # Errors
    /// There is none, or it cannot be read, in helm's words.
    pub fn open(file: Option<&str>) -> Result<Self, String> {
        let named = file.map(str::to_owned).or_else(|| std::env::var("KUBECONFIG").ok());
        let path = named.filter(|path| !path.is_empty()).ok_or_else(|| {
            "Kubernetes cluster unreachable: Get \"http://localhost:8080/version\": dial tcp [::1]:8080: connect: connection refused".to_owned()
        })?;
        let text = std::fs::read_to_string(&path).map_err(|why| format!("stat {path}: {why}"))?;
        let config: Value = serde_yaml::from_str(&text)
            .map_err(|why| format!("error loading config file {path:?}: {why}"))?;
        Self::of(&config).ok_or_else(|| {
            "Kubernetes cluster unreachable: invalid configuration: no configuration has been provided"
                .to_owned()
        })
    }

    fn of(config: &Value) -> Option<Self> {
        let named = |list: &str, name: &Value| {
            let found = config[list].as_array()?.iter().find(|entry| entry["name"] == *name)?;
            Some(found[list.trim_end_matches('s')].clone())
        };
        let context = named("contexts", &config["current-context"])?;
        let cluster = named("clusters", &context["cluster"])?;
        let user = named("users", &context["user"])?;
        let address = cluster["server"].as_str()?.strip_prefix("https://")?;
        let (host, port) = address.trim_end_matches('/').split_once(':').unwrap_or((address, "443"));
        let tls = tls(cluster["certificate-authority-data"].as_str()?)?;
        Some(Self {
            host: host.to_owned(),
            port: port.parse().ok()?,
            token: user["token"].as_str()?.to_owned(),
            acts_as: user["as"].as_str().map(str::to_owned),
            tls,
        })
    }

    /// One call.
    ///
    /// # Errors
    /// Not reached, or what the server refused it with.
    pub fn call(&self, method: &str, path: &str, body: Option<(&str, &Value)>) -> Result<Value, Refusal> {
        let (status, answer) = self.exchange(method, path, body).map_err(|why| Refusal {
            status: 0,
            message: format!(
                "Kubernetes cluster unreachable: Get \"https://{}:{}{path}\": {why}",
                self.host, self.port
            ),
        })?;
        let answer: Value = serde_json::from_slice(&answer).unwrap_or_default();
        if (200..300).contains(&status) {
            return Ok(answer);
        }
        let message = answer["message"].as_str().unwrap_or("the server could not be understood").to_owned();
        Err(Refusal { status, message })
    }

    /// A read of one object.
    ///
    /// # Errors
    /// As [`Client::call`], but for "not found".
    pub fn get(&self, path: &str) -> Result<Option<Value>, Refusal> {
        match self.call("GET", path, None) {
            Ok(found) => Ok(Some(found)),
            Err(refusal) if refusal.status == 404 => Ok(None),
            Err(refusal) => Err(refusal),
        }
    }

    fn exchange(
        &self,
        method: &str,
        path: &str,
        body: Option<(&str, &Value)>,
    ) -> std::io::Result<(u16, Vec<u8>)> {
        let wrong = |why: &dyn std::fmt::Display| std::io::Error::other(why.to_string());
        let name = ServerName::try_from(self.host.clone()).map_err(|why| wrong(&why))?;
        let connection = ClientConnection::new(self.tls.clone(), name).map_err(|why| wrong(&why))?;
        let socket = TcpStream::connect((self.host.as_str(), self.port))?;
        socket.set_read_timeout(Some(Duration::from_secs(30)))?;
        let mut stream = StreamOwned::new(connection, socket);
        let (kind, text) = match body {
            Some((kind, value)) => (kind, value.to_string()),
            None => ("application/json", String::new()),
        };
        let acts_as =
            self.acts_as.as_ref().map(|user| format!("Impersonate-User: {user}\r\n")).unwrap_or_default();
        let head = format!(
            "{method} {path} HTTP/1.1\r\nHost: {}:{}\r\nUser-Agent: Helm/{}\r\nAuthorization: Bearer {}\r\n{acts_as}\
             Accept: application/json\r\nContent-Type: {kind}\r\nContent-Length: {}\r\nConnection: close\r\n\r\n",
            self.host,
            self.port,
            super::VERSION.trim_start_matches('v'),
            self.token,
            text.len(),
        );
        stream.write_all(head.as_bytes())?;
        stream.write_all(text.as_bytes())?;
        stream.flush()?;
        let mut answer = Vec::new();
        match stream.read_to_end(&mut answer) {
            // The end without a goodbye: what came is judged by its length.
            Err(why) if why.kind() == std::io::ErrorKind::UnexpectedEof => {}
            Err(why) => return Err(why),
            Ok(_) => {}
        }
        wire::split(&answer).ok_or_else(|| std::io::Error::other("EOF"))
    }
}

/// Trust in one authority, base64 of PEM.
fn tls(authority: &str) -> Option<Arc<ClientConfig>> {
    let pem = String::from_utf8(STANDARD.decode(authority).ok()?).ok()?;
    let inside: String = pem.lines().filter(|line| !line.starts_with("-----")).collect();
    let mut roots = RootCertStore::empty();
    roots.add(CertificateDer::from(STANDARD.decode(inside).ok()?)).ok()?;
    let provider = Arc::new(crypto::ring::default_provider());
    let config = ClientConfig::builder_with_provider(provider).with_safe_default_protocol_versions().ok()?;
    Some(Arc::new(config.with_root_certificates(roots).with_no_client_auth()))
}
