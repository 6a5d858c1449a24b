//! Errors of the API server, worded as it words them. No rule is decided here.

use serde_json::{Value, json};

use super::kinds::Kind;

/// A Kubernetes `Status` error.
#[derive(Debug, Clone, PartialEq)]
pub struct KubeError {
    /// HTTP status.
    pub code: u16,
    /// `NotFound`, `AlreadyExists`, `Conflict`, `Forbidden`, `Invalid`, …
    pub reason: String,
    /// As the API server words it.
    pub message: String,
    /// `details` of the Status, when there are any.
    pub details: Option<Box<Value>>,
}

/// One complaint about a field of an object, as apimachinery's `field.Error`.
#[derive(Debug, Clone, PartialEq)]
pub struct FieldError {
    /// Path of the field, for instance `spec.resources.requests`.
    pub field: String,
    /// Cause reason, for instance `FieldValueInvalid`.
    pub reason: &'static str,
    /// Text without the field's path.
    pub message: String,
}

impl FieldError {
    /// `Invalid value: VALUE: DETAIL`; a string value is quoted, everything else is JSON.
    pub fn invalid(field: &str, value: &Value, detail: &str) -> Self {
        Self {
            field: field.into(),
            reason: "FieldValueInvalid",
            message: format!("Invalid value: {value}: {detail}"),
        }
    }

    /// `Required value` with an optional detail.
    pub fn required(field: &str, detail: &str) -> Self {
        let message =
            if detail.is_empty() { "Required value".to_owned() } else { format!("Required value: {detail}") };
        Self { field: field.into(), reason: "FieldValueRequired", message }
    }

    /// `Forbidden: DETAIL`.
    pub fn forbidden(field: &str, detail: &str) -> Self {
        Self { field: field.into(), reason: "FieldValueForbidden", message: format!("Forbidden: {detail}") }
    }

    /// `Unsupported value: "X": supported values: …`.
    pub fn unsupported(field: &str, value: &str, supported: &[&str]) -> Self {
        let list: Vec<String> = supported.iter().map(|s| format!("{s:?}")).collect();
        Self {
            field: field.into(),
            reason: "FieldValueNotSupported",
            message: format!("Unsupported value: {value:?}: supported values: {}", list.join(", ")),
        }
    }
}

impl std::fmt::Display for FieldError {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{}: {}", self.field, self.message)
    }
}

impl KubeError {
    fn about(kind: &Kind, name: &str, status: (u16, &str), message: String) -> Self {
        let mut details = json!({"name": name});
        if !kind.group.is_empty() {
            details["group"] = json!(kind.group);
        }
        details["kind"] = json!(kind.plural);
        Self { code: status.0, reason: status.1.into(), message, details: Some(Box::new(details)) }
    }

    /// 404 for an object.
    pub fn not_found(kind: &Kind, name: &str) -> Self {
        Self::about(kind, name, (404, "NotFound"), format!("{} {name:?} not found", kind.qualified()))
    }

    /// 409 for an object that is there already.
    pub fn already_exists(kind: &Kind, name: &str) -> Self {
        let message = format!("{} {name:?} already exists", kind.qualified());
        Self::about(kind, name, (409, "AlreadyExists"), message)
    }

    /// 409 for a write that names an old resourceVersion or uid.
    pub fn conflict(kind: &Kind, name: &str, detail: &str) -> Self {
        let message = format!("Operation cannot be fulfilled on {} {name:?}: {detail}", kind.qualified());
        Self::about(kind, name, (409, "Conflict"), message)
    }

    /// 409 for a write with a resourceVersion that is not the current one.
    pub fn modified(kind: &Kind, name: &str) -> Self {
        Self::conflict(
            kind,
            name,
            "the object has been modified; please apply your changes to the latest version and try again",
        )
    }

    /// 403 from an admission plugin.
    pub fn forbidden(kind: &Kind, name: &str, detail: &str) -> Self {
        let message = format!("{} {name:?} is forbidden: {detail}", kind.qualified());
        Self::about(kind, name, (403, "Forbidden"), message)
    }

    /// 422 with the complaints.
    pub fn invalid(kind: &Kind, name: &str, errors: &[FieldError]) -> Self {
        let mut texts: Vec<String> = errors.iter().map(ToString::to_string).collect();
        let mut said = std::collections::BTreeSet::new();
        texts.retain(|text| said.insert(text.clone()));
        let text = match texts.as_slice() {
            [one] => one.clone(),
            many => format!("[{}]", many.join(", ")),
        };
        let qualified =
            if kind.group.is_empty() { kind.kind.clone() } else { format!("{}.{}", kind.kind, kind.group) };
        let mut details = if name.is_empty() { json!({}) } else { json!({"name": name}) };
        if !kind.group.is_empty() {
            details["group"] = json!(kind.group);
        }
        details["kind"] = json!(kind.kind);
        details["causes"] = errors
            .iter()
            .map(|e| json!({"reason": e.reason, "message": e.message, "field": e.field}))
            .collect();
        Self {
            code: 422,
            reason: "Invalid".into(),
            message: format!("{qualified} {name:?} is invalid: {text}"),
            details: Some(Box::new(details)),
        }
    }

    /// 422 for the options of a request, for instance `CreateOptions`.
    pub fn options(kind: &str, error: &FieldError) -> Self {
        let cause = json!({"reason": error.reason, "message": error.message, "field": error.field});
        Self {
            code: 422,
            reason: "Invalid".into(),
            message: format!("{kind}.meta.k8s.io \"\" is invalid: {error}"),
            details: Some(Box::new(json!({"group": "meta.k8s.io", "kind": kind, "causes": [cause]}))),
        }
    }

    /// 405.
    pub fn method_not_allowed() -> Self {
        let text = "the server does not allow this method on the requested resource";
        Self { details: Some(Box::new(json!({}))), ..Self::plain(405, "MethodNotAllowed", text) }
    }

    /// 500 without a reason: an error that nobody gave a status to.
    pub fn internal(message: impl Into<String>) -> Self {
        Self::plain(500, "", message)
    }

    /// 400.
    pub fn bad_request(message: impl Into<String>) -> Self {
        Self::plain(400, "BadRequest", message)
    }

    /// Any status, reason and message without details.
    pub fn plain(code: u16, reason: &str, message: impl Into<String>) -> Self {
        Self { code, reason: reason.into(), message: message.into(), details: None }
    }

    /// 404 for a path that the server does not serve.
    pub fn no_such_resource() -> Self {
        Self {
            code: 404,
            reason: "NotFound".into(),
            message: "the server could not find the requested resource".into(),
            details: Some(Box::new(json!({}))),
        }
    }

    /// 401; the API server says no more than this to anybody.
    pub fn unauthorized() -> Self {
        Self::plain(401, "Unauthorized", "Unauthorized")
    }

    /// The `Status` object that goes over the wire.
    pub fn to_status(&self) -> Value {
        let mut status = json!({
            "kind": "Status", "apiVersion": "v1", "metadata": {}, "status": "Failure",
            "message": self.message,
        });
        if !self.reason.is_empty() {
            status["reason"] = json!(self.reason);
        }
        if let Some(details) = &self.details {
            status["details"] = (**details).clone();
        }
        status["code"] = json!(self.code);
        status
    }
}
