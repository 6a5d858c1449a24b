//! restJson requests: path templates, query strings, headers and the body.

use percent_encoding::percent_decode_str;
use serde_json::{Map, Value};

use super::model::{Kind, Model, Operation, Ref, Shape};
use super::{Request, json, scalar};
use crate::call::AwsError;

/// The operation whose method and path template fit, with what the path says; of several that fit, the one with the
/// longest template, so that a last label with slashes in it takes nothing from others.
pub fn find<'m>(model: &'m Model, request: &Request<'_>) -> Option<(&'m str, Vec<(String, String)>)> {
    let fits = |(name, operation): (&'m String, &'m Operation)| {
        if operation.http.method != request.method.as_str() {
            return None;
        }
        let template = operation.http.request_uri.as_str();
        Some((template.split('/').count(), name.as_str(), labels(template, request.path)?))
    };
    let found = model.operations.iter().filter_map(fits).max_by_key(|(segments, ..)| *segments);
    found.map(|(_, name, labels)| (name, labels))
}

/// The labels of a template in a path. Segments are compared before they are decoded, so an encoded slash
/// in an ARN stays within its label; the last label may hold slashes that a client did not encode.
fn labels(template: &str, path: &str) -> Option<Vec<(String, String)>> {
    let mut found = Vec::new();
    let mut given = path.split('?').next()?.trim_end_matches('/').split('/');
    let parts: Vec<&str> = template.split('/').collect();
    for (index, part) in parts.iter().enumerate() {
        let mut text = given.next()?.to_owned();
        if let Some(name) = part.strip_prefix('{').and_then(|p| p.strip_suffix('}')) {
            if index + 1 == parts.len() && name.ends_with("Arn") {
                for rest in given.by_ref() {
                    text = format!("{text}/{rest}");
                }
            }
            if text.is_empty() {
                return None;
            }
            found.push((name.to_owned(), percent_decode_str(&text).decode_utf8_lossy().into_owned()));
        } else if text != *part {
            return None;
        }
    }
    given.next().is_none().then_some(found)
}

/// The members of the input from wherever the model puts them.
///
/// # Errors
/// `SerializationException` when a value cannot be what its shape says.
pub fn decode(
    model: &Model,
    operation: &Operation,
    input: &Ref,
    request: &Request<'_>,
) -> Result<Value, AwsError> {
    let labels = labels(&operation.http.request_uri, request.path).unwrap_or_default();
    let Some(shape) = model.shape(input) else { return Ok(Value::Object(Map::new())) };
    let body = json::decode_body(model, input, request.body)?;
    let mut members = Map::new();
    for (name, member) in &shape.members {
        let wire = member.location_name.as_ref().unwrap_or(name);
        let value = match member.location.as_deref() {
            Some("uri") => {
                let label = labels.iter().find(|(label, _)| label == wire);
                label.map(|(_, text)| scalar_of(model, member, text)).transpose()?
            }
            Some("querystring") => from_query(model, member, wire, request)?,
            Some("header") => {
                let text = request.headers.get(wire.as_str()).and_then(|v| v.to_str().ok());
                text.map(|text| scalar_of(model, member, text)).transpose()?
            }
            _ => body.get(name).cloned(),
        };
        if let Some(value) = value {
            members.insert(name.clone(), value);
        }
    }
    Ok(Value::Object(members))
}

fn from_query(
    model: &Model,
    member: &Ref,
    wire: &str,
    request: &Request<'_>,
) -> Result<Option<Value>, AwsError> {
    let pairs = form_urlencoded::parse(request.query.as_bytes());
    let texts: Vec<_> = pairs.filter(|(name, _)| name == wire).map(|(_, value)| value).collect();
    let Some(last) = texts.last() else { return Ok(None) };
    match model.shape(member) {
        Some(Shape { kind: Kind::List, member: Some(inner), .. }) => {
            texts.iter().map(|text| scalar_of(model, inner, text)).collect::<Result<Value, _>>().map(Some)
        }
        _ => scalar_of(model, member, last).map(Some),
    }
}

fn scalar_of(model: &Model, member: &Ref, text: &str) -> Result<Value, AwsError> {
    let kind = model.shape(member).map_or(Kind::String, |shape| shape.kind);
    let wrong = || AwsError::new("SerializationException", format!("{text:?} is not a {kind:?}"));
    scalar::parse(kind, text).ok_or_else(wrong)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::wire::{self, model::model};
    use http::{HeaderMap, Method};
    use serde_json::json;

    #[test]
    fn paths_find_their_operation_and_members() {
        let arn = "arn%3Aaws%3Aeks%3Aus-west-2%3A111122223333%3Acluster%2Fa";
        let table = [
            (Method::GET, "/clusters", "maxResults=5", "", "ListClusters", json!({"maxResults": 5})),
            (Method::GET, "/clusters/a", "", "", "DescribeCluster", json!({"name": "a"})),
            (
                Method::GET,
                "/clusters/a/addons/b",
                "",
                "",
                "DescribeAddon",
                json!({"addonName": "b", "clusterName": "a"}),
            ),
            (
                Method::GET,
                "/clusters/a/access-entries/arn%3Aaws%3Aiam%3A%3A111122223333%3Arole%2Fb/access-policies",
                "",
                "",
                "ListAssociatedAccessPolicies",
                json!({"clusterName": "a", "principalArn": "arn:aws:iam::111122223333:role/b"}),
            ),
            (
                Method::POST,
                "/clusters/a/addons",
                "",
                r#"{"addonName":"b","unknown":1}"#,
                "CreateAddon",
                json!({"addonName": "b", "clusterName": "a"}),
            ),
            (
                Method::DELETE,
                &format!("/tags/{arn}"),
                "tagKeys=x&tagKeys=y",
                "",
                "UntagResource",
                json!({"resourceArn": "arn:aws:eks:us-west-2:111122223333:cluster/a", "tagKeys": ["x", "y"]}),
            ),
            (
                Method::GET,
                "/tags/arn:aws:eks:us-west-2:111122223333:cluster/a",
                "",
                "",
                "ListTagsForResource",
                json!({"resourceArn": "arn:aws:eks:us-west-2:111122223333:cluster/a"}),
            ),
        ];
        let headers = HeaderMap::new();
        for (method, path, query, body, operation, input) in table {
            let request = Request { method: &method, path, query, headers: &headers, body: body.as_bytes() };
            let decoded = wire::decode("eks", &request).unwrap();
            assert_eq!((decoded.operation.as_str(), &decoded.input), (operation, &input), "{path}");
        }
        let request =
            Request { method: &Method::GET, path: "/insights", query: "", headers: &headers, body: b"" };
        assert!(find(model("eks").unwrap(), &request).is_none());
        assert_eq!(wire::decode("eks", &request).unwrap_err().status, 501);
    }
}
