//! The request log: one entry a request, its waves, and what must not be in it.

use serde::Serialize;
use serde_json::Value;

use crate::call::Client;

/// One request.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Entry {
    /// Order of arrival, from 1.
    pub seq: u64,
    /// Told from the credentials, and within COMMAND's by User-Agent.
    pub client: Client,
    /// `aws` or `kube`.
    pub api: String,
    /// The AWS service as botocore names it; null for Kubernetes.
    pub service: Option<String>,
    /// The AWS operation; null for Kubernetes.
    pub operation: Option<String>,
    /// The Kubernetes verb (`get`, `list`, `watch`, `patch`, …); null for AWS.
    pub verb: Option<String>,
    /// The request's path with its query.
    pub path: String,
    /// The Region of the credential scope; null for Kubernetes.
    pub region: Option<String>,
    /// HTTP status.
    pub status: u16,
    /// Error code or Status reason, when there is one.
    pub error: Option<String>,
    /// Whether it could have changed something.
    pub write: bool,
    /// 1 + the highest wave of any earlier request of the same client that was answered before.
    pub wave: u32,
    /// The same, counted within one API.
    pub api_wave: u32,
    /// First byte received, in milliseconds since the sandbox started.
    pub at_ms: f64,
    /// Answer fully sent; null while it is not.
    pub ended_ms: Option<f64>,
    /// The decoded input (AWS) or the body (Kubernetes), secrets as `***`.
    pub request: Value,
}
