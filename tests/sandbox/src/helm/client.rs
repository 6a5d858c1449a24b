//! HTTPS to the API server as the kubeconfig says: its server, its authority, its user's token.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use serde_json::Value;

use crate::https::{self, Server};

/// One API server and whose credentials to use.
#[derive(Debug)]
pub struct Client {
    server: Server,
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
        let pem = STANDARD.decode(cluster["certificate-authority-data"].as_str()?).ok()?;
        let acts_as = user["as"].as_str().map(|user| format!("Impersonate-User: {user}\r\n"));
        let headers = format!(
            "User-Agent: Helm/{}\r\nAuthorization: Bearer {}\r\n{}Accept: application/json\r\n",
            super::VERSION.trim_start_matches('v'),
            user["token"].as_str()?,
            acts_as.unwrap_or_default(),
        );
        let tls = https::trust(&pem).ok()?;
        Some(Self { server: Server { host: host.to_owned(), port: port.parse().ok()?, tls, headers } })
    }

    /// One call.
    ///
    /// # Errors
    /// Not reached, or what the server refused it with.
    pub fn call(&self, method: &str, path: &str, body: Option<(&str, &Value)>) -> Result<Value, Refusal> {
        let (status, answer) = self.server.call(method, path, body).map_err(|why| Refusal {
            status: 0,
            message: format!(
                "Kubernetes cluster unreachable: Get \"https://{}:{}{path}\": {why}",
                self.server.host, self.server.port
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
}
