//! The driver's controller pod: whether it works, who it is on the AWS side, and its words for errors.

use serde_json::{Value, json};

use super::super::{all, text};
use super::params::Rpc;
use crate::aws;
use crate::call::{AwsError, Call, Client};
use crate::kube::store::meta::{name_of, terminating, uid_of, uuid};
use crate::state::State;

/// Name of the driver.
pub const DRIVER: &str = "fsx.csi.aws.com";

/// Errors that the SDK for Go knows as types: they print without `api error`.
const MODELED: &[&str] = &[
    "ActiveDirectoryError",
    "BadRequest",
    "FileSystemNotFound",
    "IncompatibleParameterError",
    "InternalServerError",
    "InvalidExportPath",
    "InvalidImportPath",
    "InvalidNetworkSettings",
    "InvalidPerUnitStorageThroughput",
    "MissingFileSystemConfiguration",
    "ServiceLimitExceeded",
    "UnsupportedOperation",
    "MissingFileSystemConfiguration",
];

/// A working controller pod.
#[derive(Debug, Clone)]
pub struct Driver {
    pod: Value,
}

impl Driver {
    /// The leader: the first Ready pod that has the plugin and the provisioner.
    pub fn find(state: &State) -> Option<Self> {
        let has = |pod: &Value, container: &str| {
            pod["spec"]["containers"].as_array().into_iter().flatten().any(|c| c["name"] == container)
        };
        let mut pods: Vec<_> = all(state, "v1", "Pod")
            .into_iter()
            .filter(|p| {
                !terminating(p)
                    && super::super::sets::ready(p)
                    && has(p, "fsx-plugin")
                    && has(p, "csi-provisioner")
            })
            .collect();
        pods.sort_by_key(|p| text(&p["metadata"]["creationTimestamp"]).to_owned());
        pods.first().map(|pod| Self { pod: (**pod).clone() })
    }

    /// `source.component` of its events.
    pub fn component(&self) -> String {
        format!("{DRIVER}_{}_{}", name_of(&self.pod), uid_of(&self.pod))
    }

    /// `--timeout` of the csi-provisioner, in seconds; the chart's default is 5 minutes.
    pub fn timeout(&self) -> u64 {
        let containers = self.pod["spec"]["containers"].as_array().into_iter().flatten();
        let provisioner = containers.into_iter().find(|c| c["name"] == "csi-provisioner");
        let args = provisioner.and_then(|c| c["args"].as_array()).into_iter().flatten();
        let given = args
            .into_iter()
            .filter_map(Value::as_str)
            .find_map(|a| a.trim_start_matches('-').strip_prefix("timeout="));
        given.and_then(seconds).unwrap_or(300)
    }

    /// The major version of the csi-provisioner's image; the newest when its tag does not say.
    pub fn provisioner_major(&self) -> u32 {
        let containers = self.pod["spec"]["containers"].as_array().into_iter().flatten();
        let provisioner = containers.into_iter().find(|c| c["name"] == "csi-provisioner");
        let tag = provisioner
            .and_then(|c| c["image"].as_str())
            .and_then(|i| i.rsplit_once(':'))
            .map(|(_, tag)| tag);
        let major = tag.and_then(|tag| tag.trim_start_matches('v').split('.').next()?.parse().ok());
        major.unwrap_or(u32::MAX)
    }

    /// Whether the plugin's image is older than v1.3.0 and so speaks with the SDK's first version.
    fn old_sdk(&self) -> bool {
        let containers = self.pod["spec"]["containers"].as_array().into_iter().flatten();
        let plugin = containers.into_iter().find(|c| c["name"] == "fsx-plugin");
        let tag = plugin
            .and_then(|c| c["image"].as_str())
            .and_then(|i| i.rsplit_once(':'))
            .map_or("", |(_, tag)| tag);
        let mut parts = tag.trim_start_matches('v').split(['.', '-']).map(|p| p.parse::<u32>().ok());
        match (parts.next().flatten(), parts.next().flatten()) {
            (Some(major), Some(minor)) => (major, minor) < (1, 3),
            _ => false,
        }
    }

    /// Calls FSx as the pod would.
    ///
    /// # Errors
    /// The SDK's text, as the driver prints it.
    pub fn call(&self, state: &mut State, operation: &str, input: Value) -> Result<Value, (String, String)> {
        let old = self.old_sdk();
        let before = if old { String::new() } else { format!("operation error FSx: {operation}, ") };
        let principal = aws::identity::of_pod(state, &self.pod)
            .map_err(|e| (e.code.clone(), format!("{before}{}", e.message)))?;
        let region = self.region(state);
        let call = Call {
            service: "fsx".into(),
            operation: operation.into(),
            input,
            principal,
            client: Client::Driver,
            region,
        };
        let request = uuid();
        aws::call(state, &call).map_err(|e| (e.code.clone(), words(&before, &e, &request, old)))
    }

    fn region(&self, state: &State) -> String {
        let env = self.pod["spec"]["containers"].as_array().into_iter().flatten();
        let region = env
            .flat_map(|c| c["env"].as_array().into_iter().flatten())
            .find(|e| e["name"] == "AWS_REGION")
            .and_then(|e| e["value"].as_str());
        region.unwrap_or(&state.region).to_owned()
    }
}

/// How the SDK prints an error of the service.
fn words(before: &str, error: &AwsError, request: &str, old: bool) -> String {
    let (code, message) = (&error.code, &error.message);
    if old {
        return format!("{code}: {message}\n\tstatus code: {}, request id: {request}", error.status);
    }
    let api = if MODELED.contains(&code.as_str()) { "" } else { "api error " };
    format!(
        "{before}https response error StatusCode: {}, RequestID: {request}, {api}{code}: {message}",
        error.status
    )
}

/// A Go duration such as `5m`, `15m0s`, `90s`.
fn seconds(text: &str) -> Option<u64> {
    let (mut total, mut digits) = (0, String::new());
    for c in text.chars() {
        if c.is_ascii_digit() {
            digits.push(c);
            continue;
        }
        let number: u64 = digits.parse().ok()?;
        total += number
            * match c {
                'h' => 3600,
                'm' => 60,
                's' => 1,
                _ => return None,
            };
        digits.clear();
    }
    (digits.is_empty() && total > 0).then_some(total)
}

/// The file system of that id, as DescribeFileSystems shows it to the driver.
///
/// # Errors
/// The SDK's code and text.
pub fn describe(state: &mut State, driver: &Driver, id: &str) -> Result<Value, (String, String)> {
    let answer = driver.call(state, "DescribeFileSystems", json!({"FileSystemIds": [id]}))?;
    Ok(answer["FileSystems"][0].clone())
}

/// `Internal` with a text.
pub fn internal(text: impl Into<String>) -> Rpc {
    Rpc::new("Internal", text)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn go_durations() {
        for (text, expected) in
            [("5m", Some(300)), ("1h0m30s", Some(3630)), ("5", None), ("0s", None), ("x", None)]
        {
            assert_eq!(seconds(text), expected, "{text}");
        }
    }

    #[test]
    fn errors_as_the_sdk_prints_them() {
        let denied = AwsError::new("AccessDeniedException", "no");
        assert_eq!(
            words("operation error FSx: CreateFileSystem, ", &denied, "r", false),
            "operation error FSx: CreateFileSystem, https response error StatusCode: 400, RequestID: r, api error AccessDeniedException: no"
        );
        let bad = AwsError::new("BadRequest", "no");
        assert!(words("", &bad, "r", false).ends_with("RequestID: r, BadRequest: no"));
        assert_eq!(words("", &bad, "r", true), "BadRequest: no\n\tstatus code: 400, request id: r");
    }
}
