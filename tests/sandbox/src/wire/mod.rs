//! The AWS protocols, driven by botocore's service models: bytes to [`Call`](crate::call::Call)s, and
//! [`Answer`]s to bytes. Nothing in here knows what an operation does.

pub mod error;
pub mod form;
pub mod json;
pub mod model;
pub mod rest;
pub mod scalar;
pub mod validate;
pub mod xml;

use bytes::Bytes;
use http::{HeaderMap, HeaderValue, Method, Response, StatusCode, header};
use serde_json::{Map, Value};

use crate::call::{Answer, AwsError};
use model::{Model, Operation, Protocol, model};

/// A request as it arrived.
#[derive(Debug, Clone, Copy)]
pub struct Request<'a> {
    /// HTTP method.
    pub method: &'a Method,
    /// The path, still percent-encoded.
    pub path: &'a str,
    /// The query string, without `?`.
    pub query: &'a str,
    /// All headers.
    pub headers: &'a HeaderMap,
    /// The whole body.
    pub body: &'a [u8],
}

/// A decoded request.
#[derive(Debug, Clone, PartialEq)]
pub struct Decoded {
    /// The operation's name.
    pub operation: String,
    /// Members under their API names.
    pub input: Value,
}

/// The name of the operation, also of one that is not served.
///
/// # Errors
/// `NotImplemented` (501) for a service without a model, or when no operation can be told.
pub fn operation(service: &str, request: &Request<'_>) -> Result<String, AwsError> {
    let Some(model) = model(service) else {
        return Err(unknown(format!("the sandbox does not serve the service {service}")));
    };
    let name = match model.metadata.protocol {
        Protocol::Json => target(request.headers),
        Protocol::Query | Protocol::Ec2 => form::action(request),
        Protocol::RestJson => rest::find(model, request).map(|(name, _)| name.to_owned()),
    };
    name.ok_or_else(|| {
        unknown(format!("the sandbox does not serve {service}:{} {}", request.method, request.path))
    })
}

/// Decodes and validates a request.
///
/// # Errors
/// 501 for what is not served, else the service's own serialization or validation error.
pub fn decode(service: &str, request: &Request<'_>) -> Result<Decoded, AwsError> {
    let name = operation(service, request)?;
    let Some((model, operation)) = model(service).and_then(|m| Some((m, m.operations.get(&name)?))) else {
        return Err(unknown(format!("the sandbox does not serve {service}:{name}")));
    };
    let input = match (&operation.input, model.metadata.protocol) {
        (None, _) => Value::Object(Map::new()),
        (Some(input), Protocol::Json) => json::decode_body(model, input, request.body)?,
        (Some(input), Protocol::RestJson) => rest::decode(model, operation, input, request)?,
        (Some(input), Protocol::Query | Protocol::Ec2) => form::decode(model, input, request)?,
    };
    if let Some(shape) = operation.input.as_ref().and_then(|input| model.shape(input)) {
        validate::check(service, model, shape, &input).map_err(|refused| declared(operation, refused))?;
    }
    Ok(Decoded { operation: name, input })
}

/// A validation error under the name that the operation declares for it: those of EKS differ.
fn declared(operation: &Operation, mut refused: AwsError) -> AwsError {
    let declares = |code: &str| operation.errors.iter().any(|error| error.shape == code);
    let names =
        ["InvalidParameterException", "BadRequestException", "InvalidRequestException", "ClientException"];
    if refused.code == names[0]
        && let Some(name) = names.iter().find(|name| declares(name))
    {
        refused.code = (*name).to_owned();
    }
    refused
}

/// Frames the answer of an operation as the service would.
pub fn encode(service: &str, operation: &str, answer: &Answer, request_id: &str) -> Response<Bytes> {
    match (answer, model(service)) {
        (Ok(output), Some(model)) => success(model, operation, output, request_id),
        (Ok(_), None) => error::encode(service, &unknown("no model".to_owned()), request_id),
        (Err(refused), _) => error::encode(service, refused, request_id),
    }
}

fn success(model: &Model, operation: &str, output: &Value, request_id: &str) -> Response<Bytes> {
    let operation = model.operations.get_key_value(operation);
    let code = operation.and_then(|(_, o)| o.http.response_code).unwrap_or(200);
    let shape = operation.and_then(|(_, o)| o.output.as_ref());
    let body = match model.metadata.protocol {
        Protocol::Json | Protocol::RestJson => {
            let empty = if shape.is_none() && model.metadata.protocol == Protocol::Json { "" } else { "{}" };
            shape.map_or_else(|| empty.to_owned(), |s| json::encode(model, s, output).to_string())
        }
        Protocol::Query => xml::query(model, operation, output, request_id),
        Protocol::Ec2 => xml::ec2(model, operation, output, request_id),
    };
    frame(model, StatusCode::from_u16(code).unwrap_or(StatusCode::OK), body, request_id)
}

/// Content type and request id around a body.
pub(crate) fn frame(model: &Model, status: StatusCode, body: String, request_id: &str) -> Response<Bytes> {
    let kind = match (model.metadata.protocol, model.metadata.json_version.as_deref()) {
        (Protocol::Json, Some("1.0")) => "application/x-amz-json-1.0",
        (Protocol::Json, _) => "application/x-amz-json-1.1",
        (Protocol::RestJson, _) => "application/json",
        (Protocol::Query, _) => "text/xml",
        (Protocol::Ec2, _) => "text/xml;charset=UTF-8",
    };
    let mut response = Response::new(Bytes::from(body));
    *response.status_mut() = status;
    response.headers_mut().insert(header::CONTENT_TYPE, HeaderValue::from_static(kind));
    if let Ok(id) = HeaderValue::from_str(request_id) {
        response.headers_mut().insert("x-amzn-requestid", id);
    }
    response
}

fn target(headers: &HeaderMap) -> Option<String> {
    let value = headers.get("x-amz-target")?.to_str().ok()?;
    value.rsplit_once('.').map(|(_, operation)| operation.to_owned())
}

fn unknown(message: String) -> AwsError {
    AwsError::new("NotImplemented", message).with_status(501)
}

/// Every operation served, as `service:Operation`, in order.
pub fn served() -> Vec<String> {
    let all = model::SERVICES.iter().filter_map(|name| Some((name, model(name)?)));
    all.flat_map(|(name, model)| model.operations.keys().map(move |o| format!("{name}:{o}"))).collect()
}
