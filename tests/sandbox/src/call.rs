//! One AWS call as the services see it: decoded input in, output members or an error out.
//!
//! Protocols live in `wire`; nothing here knows about HTTP headers, XML or JSON framing.

use serde_json::{Map, Value};

/// Who sent a request, as the request log names it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Client {
    /// The program under test, with the caller's own credentials.
    Command,
    /// kubectl, started by the command or beside it.
    Kubectl,
    /// The helm program.
    Helm,
    /// A Kubernetes controller of the sandbox.
    Controller,
    /// The FSx CSI driver's controller.
    Driver,
    /// The EKS add-on manager.
    Addon,
    /// Anything else.
    Other,
}

/// Whose permissions a call is judged by.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Principal {
    /// The world's `caller`: judged by `denied`, and by its policies when the world lists it.
    Caller,
    /// An IAM user of the world.
    User {
        /// The user's name.
        name: String,
    },
    /// A session of a role of the world, for instance a pod's or a node's.
    AssumedRole {
        /// The role's name (no path).
        role: String,
        /// The session name, as it appears after the role in the session's ARN.
        session: String,
    },
    /// The sandbox's own machinery (the EKS service, FSx itself): never judged.
    Service,
}

/// A decoded call.
#[derive(Debug, Clone)]
pub struct Call {
    /// The service as botocore names it: `ec2`, `eks`, `fsx`, `iam`, `sts`, `sagemaker`.
    pub service: String,
    /// The operation's name, for instance `CreateFileSystem`.
    pub operation: String,
    /// The input members under their API names; blobs are base64, times RFC 3339 strings.
    pub input: Value,
    /// Whose permissions count.
    pub principal: Principal,
    /// For the log.
    pub client: Client,
    /// The Region of the credential scope.
    pub region: String,
}

impl Call {
    /// A string member of the input.
    pub fn text(&self, member: &str) -> Option<&str> {
        self.input.get(member).and_then(Value::as_str)
    }

    /// A list of strings, empty when absent.
    pub fn texts(&self, member: &str) -> Vec<&str> {
        self.input
            .get(member)
            .and_then(Value::as_array)
            .map_or_else(Vec::new, |list| list.iter().filter_map(Value::as_str).collect())
    }
}

/// The output members under their API names, or the error.
pub type Answer = Result<Value, AwsError>;

/// An AWS error: the code decides the HTTP status unless one is given.
#[derive(Debug, Clone, PartialEq)]
pub struct AwsError {
    /// The error code on the wire, for instance `FileSystemNotFound`.
    pub code: String,
    /// The message.
    pub message: String,
    /// HTTP status; 400 unless the model or the caller says otherwise.
    pub status: u16,
    /// Further members of the error's shape (`Parameter`, `InvalidSubnetId`, …).
    pub members: Box<Map<String, Value>>,
    /// Seconds for a Retry-After header.
    pub retry_after: Option<u32>,
}

impl AwsError {
    /// An error with status 400.
    pub fn new(code: impl Into<String>, message: impl Into<String>) -> Self {
        Self {
            code: code.into(),
            message: message.into(),
            status: 400,
            members: Box::default(),
            retry_after: None,
        }
    }

    /// The same with another HTTP status.
    #[must_use]
    pub fn with_status(mut self, status: u16) -> Self {
        self.status = status;
        self
    }

    /// The same with one more member.
    #[must_use]
    pub fn with(mut self, member: &str, value: impl Into<Value>) -> Self {
        self.members.insert(member.to_owned(), value.into());
        self
    }
}
