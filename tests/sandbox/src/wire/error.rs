//! Errors as each protocol frames them.

use bytes::Bytes;
use http::{HeaderValue, Response, StatusCode, header};
use serde_json::{Map, Value, json};

use super::frame;
use super::model::{Model, Protocol, Shape, model};
use super::xml::Xml;
use super::{json as body, model::Ref};
use crate::call::AwsError;

/// The answer that carries an error. An unknown service gets the JSON form.
pub fn encode(service: &str, error: &AwsError, request_id: &str) -> Response<Bytes> {
    let Some(model) = model(service).or_else(|| model("fsx")) else { return Response::default() };
    let (code, modelled, shape) = model.error(&error.code);
    let number = if error.status == 400 { modelled.unwrap_or(400) } else { error.status };
    let status = StatusCode::from_u16(number).unwrap_or(StatusCode::BAD_REQUEST);
    let text = match model.metadata.protocol {
        Protocol::Json | Protocol::RestJson => json_body(model, &code, shape, error),
        Protocol::Query => query_body(model, &code, status, error, request_id),
        Protocol::Ec2 => ec2_body(&code, error, request_id),
    };
    let mut response = frame(model, status, text, request_id);
    let headers = response.headers_mut();
    if let (Protocol::RestJson, Ok(value)) = (model.metadata.protocol, HeaderValue::from_str(&code)) {
        headers.insert("x-amzn-errortype", value);
    }
    if let Some(seconds) = error.retry_after {
        headers.insert(header::RETRY_AFTER, HeaderValue::from(seconds));
    }
    response
}

/// `__type`, the message under the name that the error's shape gives it, and the shape's further members.
fn json_body(model: &Model, code: &str, shape: Option<&Shape>, error: &AwsError) -> String {
    let mut members = Map::new();
    if model.metadata.protocol == Protocol::Json {
        members.insert("__type".to_owned(), json!(code));
    }
    let capital = shape.is_some_and(|shape| shape.members.contains_key("Message"));
    members.insert(if capital { "Message" } else { "message" }.to_owned(), json!(error.message));
    for (name, value) in error.members.iter() {
        let reference: Option<&Ref> = shape.and_then(|shape| shape.members.get(name));
        let value = reference.map_or_else(|| value.clone(), |r| body::encode(model, r, value));
        members.insert(name.clone(), value);
    }
    Value::Object(members).to_string()
}

fn query_body(model: &Model, code: &str, status: StatusCode, error: &AwsError, request_id: &str) -> String {
    let mut xml = Xml::new();
    xml.within("ErrorResponse", model.metadata.xml_namespace.as_deref(), |xml| {
        xml.within("Error", None, |xml| {
            xml.leaf("Type", if status.is_server_error() { "Receiver" } else { "Sender" });
            xml.leaf("Code", code);
            xml.leaf("Message", &error.message);
        });
        xml.leaf("RequestId", request_id);
    });
    xml.text()
}

fn ec2_body(code: &str, error: &AwsError, request_id: &str) -> String {
    let mut xml = Xml::new();
    xml.within("Response", None, |xml| {
        xml.within("Errors", None, |xml| {
            xml.within("Error", None, |xml| {
                xml.leaf("Code", code);
                xml.leaf("Message", &error.message);
            });
        });
        xml.leaf("RequestID", request_id);
    });
    xml.text()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_service_has_its_own_form() {
        let table = [
            ("fsx", "FileSystemNotFound", 400, r#"{"__type":"FileSystemNotFound","Message":"m<"}"#),
            ("sagemaker", "ValidationException", 400, r#"{"__type":"ValidationException","message":"m<"}"#),
            ("eks", "ResourceNotFoundException", 404, r#"{"message":"m<"}"#),
            (
                "iam",
                "NoSuchEntityException",
                404,
                "<Error><Type>Sender</Type><Code>NoSuchEntity</Code><Message>m&lt;</Message></Error>",
            ),
            (
                "ec2",
                "InvalidVpcID.NotFound",
                400,
                "<Errors><Error><Code>InvalidVpcID.NotFound</Code><Message>m&lt;</Message></Error></Errors>",
            ),
        ];
        for (service, code, status, holds) in table {
            let answer = encode(service, &AwsError::new(code, "m<"), "id");
            let text = String::from_utf8(answer.body().to_vec()).unwrap();
            assert_eq!(answer.status().as_u16(), status, "{service}");
            assert!(text.contains(holds), "{service}: {text}");
        }
        let eks = encode("eks", &AwsError::new("ResourceInUseException", "m"), "id");
        assert_eq!(eks.headers()["x-amzn-errortype"], "ResourceInUseException");
        assert_eq!(eks.status().as_u16(), 409);
    }

    #[test]
    fn a_given_status_wins_and_retry_after_is_a_header() {
        let mut error = AwsError::new("ThrottlingException", "m").with_status(429);
        error.retry_after = Some(3);
        let answer = encode("fsx", &error, "id");
        assert_eq!(answer.status().as_u16(), 429);
        assert_eq!(answer.headers()[header::RETRY_AFTER], "3");
    }
}
