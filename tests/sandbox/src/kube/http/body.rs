//! Request bodies: media types, decoding and strict field validation.

use bytes::Bytes;
use http::HeaderMap;
use serde_json::Value;

use super::path::Query;
use crate::kube::error::KubeError;
use crate::kube::kinds::Kind;
use crate::kube::schema::{Root, quantities, strict};

/// The media type of the body without its parameters.
pub fn media_type(headers: &HeaderMap) -> &str {
    let text = headers.get("content-type").and_then(|v| v.to_str().ok()).unwrap_or("application/json");
    text.split(';').next().unwrap_or_default().trim()
}

/// Decodes a JSON or YAML body.
///
/// # Errors
/// 415 for protobuf and anything else, 400 for text that does not parse.
pub fn decode(headers: &HeaderMap, body: &Bytes) -> Result<Value, KubeError> {
    let media = media_type(headers);
    if media.contains("protobuf") {
        return Err(KubeError::plain(
            415,
            "UnsupportedMediaType",
            "the sandbox does not read protobuf bodies: send application/json",
        ));
    }
    let known = media.ends_with("json") || media.ends_with("yaml") || media.is_empty();
    if !known {
        return Err(KubeError::plain(
            415,
            "UnsupportedMediaType",
            "the body of the request was in an unknown format - accepted media types include: application/json, application/yaml, application/vnd.kubernetes.protobuf",
        ));
    }
    if let Ok(value) = serde_json::from_slice(body) {
        return Ok(value);
    }
    if media.ends_with("yaml")
        && let Ok(text) = std::str::from_utf8(body)
    {
        return serde_yaml::from_str(text)
            .map_err(|e| KubeError::bad_request(format!("error decoding YAML: {e}")));
    }
    let error = serde_json::from_slice::<Value>(body).err().map(|e| e.to_string()).unwrap_or_default();
    Err(KubeError::bad_request(format!("error decoding request body: {error}")))
}

/// Decodes the body of a create or an update, which must be an object.
///
/// # Errors
/// As [`decode`]; a body that is no object is not recognised.
pub fn object(kind: &Kind, headers: &HeaderMap, body: &Bytes) -> Result<Value, KubeError> {
    let unknown = |why: &str| {
        KubeError::bad_request(format!(
            "the object provided is unrecognized (must be of type {}): couldn't get version/kind; json parse error: {why}",
            kind.kind
        ))
    };
    if body.is_empty() {
        return Err(unknown("unexpected end of JSON input (<empty>)"));
    }
    let value = decode(headers, body).map_err(|e| if e.code == 400 { unknown(&e.message) } else { e })?;
    if value.is_object() { Ok(value) } else { Err(unknown("the body is not an object")) }
}

/// Decodes the body of a patch in JSON.
///
/// # Errors
/// 400 for text that does not parse, and for a merge patch that is no object.
pub fn patch(media: &str, body: &Bytes) -> Result<Value, KubeError> {
    let wrong = |why: String| KubeError::bad_request(format!("error decoding patch: {why}"));
    let value: Value = serde_json::from_slice(body).map_err(|e| {
        wrong(if e.is_eof() { "unexpected end of JSON input".to_owned() } else { e.to_string() })
    })?;
    let name = match &value {
        Value::Array(_) => "array",
        Value::Object(_) => "object",
        Value::String(_) => "string",
        Value::Number(_) => "number",
        _ => "bool",
    };
    let (wanted, go) = if media == "application/json-patch+json" {
        ("array", "[]handlers.jsonPatchOp")
    } else {
        ("object", "map[string]interface {}")
    };
    if name == wanted {
        return Ok(value);
    }
    Err(wrong(format!("json: cannot unmarshal {name} into Go value of type {go}")))
}

/// `fieldValidation`: Strict refuses unknown fields, Warn (the default) answers warnings, Ignore says
/// nothing. Wrong JSON types are refused always; unknown fields are dropped.
///
/// # Errors
/// 400 in the API server's words.
pub fn validate(
    root: &Root,
    kind: &Kind,
    value: &mut Value,
    query: &Query,
) -> Result<Vec<String>, KubeError> {
    if let Some(wrong) = quantities::write(root.node(), value) {
        let (name, version) = (&kind.kind, &kind.version);
        return Err(KubeError::bad_request(format!(
            "{name} in version {version:?} cannot be handled as a {name}: {wrong}"
        )));
    }
    if let Some(wrong) = strict::wrong_type(root.node(), value, &kind.kind) {
        let (name, version) = (&kind.kind, &kind.version);
        return Err(KubeError::bad_request(format!(
            "{name} in version {version:?} cannot be handled as a {name}: {wrong}"
        )));
    }
    if let Some(at) = no_base64(kind, value) {
        let (name, version) = (&kind.kind, &kind.version);
        return Err(KubeError::bad_request(format!(
            "{name} in version {version:?} cannot be handled as a {name}: illegal base64 data at input byte {at}"
        )));
    }
    let unknown = strict::unknown_fields(root.node(), value);
    let texts: Vec<String> = unknown.iter().map(|f| format!("unknown field {f:?}")).collect();
    let mode = query.get("fieldValidation").unwrap_or("Warn");
    if !texts.is_empty() && mode == "Strict" {
        let (name, version) = (&kind.kind, &kind.version);
        let all = texts.join(", ");
        return Err(KubeError::bad_request(format!(
            "{name} in version {version:?} cannot be handled as a {name}: strict decoding error: {all}"
        )));
    }
    strict::prune(root.node(), value);
    Ok(if mode == "Ignore" { Vec::new() } else { texts })
}

/// Where the first value of a Secret is no base64.
fn no_base64(kind: &Kind, value: &Value) -> Option<usize> {
    use base64::Engine as _;
    if kind.kind != "Secret" || !kind.group.is_empty() {
        return None;
    }
    value["data"].as_object().into_iter().flatten().find_map(|(_, text)| {
        match base64::engine::general_purpose::STANDARD.decode(text.as_str()?) {
            Ok(_) => None,
            Err(base64::DecodeError::InvalidByte(at, _) | base64::DecodeError::InvalidLastSymbol(at, _)) => {
                Some(at)
            }
            Err(_) => text.as_str().map(str::len),
        }
    })
}
