//! The form bodies of awsQuery and ec2Query: dotted names to nested members.

use std::collections::BTreeMap;

use serde_json::{Map, Value};

use super::Request;
use super::model::{Kind, Model, Protocol, Ref, Shape};
use super::scalar;
use crate::call::AwsError;

/// Names nested deeper, or bodies with more parameters, are refused.
const DEPTH: usize = 16;
const PARAMETERS: usize = 20_000;

/// One level of dotted names.
#[derive(Debug, Default)]
struct Node {
    text: Option<String>,
    below: BTreeMap<String, Self>,
}

/// The `Action` parameter, of the body or the query string.
pub fn action(request: &Request<'_>) -> Option<String> {
    let pairs = form_urlencoded::parse(request.body).chain(form_urlencoded::parse(request.query.as_bytes()));
    pairs.into_iter().find(|(name, _)| name == "Action").map(|(_, value)| value.into_owned())
}

/// The parameters as the members of the input.
///
/// # Errors
/// `MalformedInput` and `InvalidParameterValue` when a value cannot be what its shape says.
pub fn decode(model: &Model, input: &Ref, request: &Request<'_>) -> Result<Value, AwsError> {
    let mut root = Node::default();
    let pairs = form_urlencoded::parse(request.body).chain(form_urlencoded::parse(request.query.as_bytes()));
    for (count, (name, value)) in pairs.enumerate() {
        if count >= PARAMETERS || name.split('.').count() > DEPTH {
            return Err(AwsError::new("MalformedInput", "too many parameters"));
        }
        let node =
            name.split('.').fold(&mut root, |node, part| node.below.entry(part.to_owned()).or_default());
        node.text = Some(value.into_owned());
    }
    let shape = model.shape(input).ok_or_else(|| AwsError::new("MalformedInput", "no shape"))?;
    structure(model, shape, &root)
}

fn structure(model: &Model, shape: &Shape, node: &Node) -> Result<Value, AwsError> {
    let mut members = Map::new();
    for (name, member) in &shape.members {
        if let Some(value) = find(model, name, member, node)? {
            members.insert(name.clone(), value);
        }
    }
    Ok(Value::Object(members))
}

/// One member of a structure, under its name in this protocol.
fn find(model: &Model, name: &str, member: &Ref, node: &Node) -> Result<Option<Value>, AwsError> {
    let ec2 = model.metadata.protocol == Protocol::Ec2;
    let wire = match (&member.query_name, &member.location_name) {
        (Some(given), _) if ec2 => given.clone(),
        (_, Some(given)) if ec2 => capitalized(given),
        (_, Some(given)) => given.clone(),
        (_, None) => name.to_owned(),
    };
    let Some(below) = node.below.get(&wire) else { return Ok(None) };
    value(model, member, below, &wire).map(Some)
}

fn value(model: &Model, reference: &Ref, node: &Node, name: &str) -> Result<Value, AwsError> {
    let shape = model.shape(reference).ok_or_else(|| invalid(name, ""))?;
    match shape.kind {
        Kind::Structure => structure(model, shape, node),
        Kind::List => list(model, shape, node, name),
        Kind::Map => map(model, shape, node, name),
        kind => {
            let text = node.text.as_deref().unwrap_or_default();
            scalar::parse(kind, text).ok_or_else(|| invalid(name, text))
        }
    }
}

fn list(model: &Model, shape: &Shape, node: &Node, name: &str) -> Result<Value, AwsError> {
    let Some(member) = &shape.member else { return Ok(Value::Array(Vec::new())) };
    let wrapped = model.metadata.protocol == Protocol::Query && !shape.flattened;
    let wrapper = member.location_name.as_deref().unwrap_or("member");
    let node = if wrapped { node.below.get(wrapper).unwrap_or(node) } else { node };
    numbered(node).into_iter().map(|below| value(model, member, below, name)).collect()
}

fn map(model: &Model, shape: &Shape, node: &Node, name: &str) -> Result<Value, AwsError> {
    let (Some(key), Some(inner)) = (&shape.key, &shape.value) else { return Ok(Value::Object(Map::new())) };
    let entries = if shape.flattened { node } else { node.below.get("entry").unwrap_or(node) };
    let key_name = key.location_name.as_deref().unwrap_or("key");
    let value_name = inner.location_name.as_deref().unwrap_or("value");
    let mut members = Map::new();
    for entry in numbered(entries) {
        let (Some(key), Some(below)) = (entry.below.get(key_name), entry.below.get(value_name)) else {
            continue;
        };
        let key = key.text.clone().unwrap_or_default();
        members.insert(key, value(model, inner, below, name)?);
    }
    Ok(Value::Object(members))
}

/// The children `1`, `2`, … in the order of their numbers.
fn numbered(node: &Node) -> Vec<&Node> {
    let mut found: Vec<(u64, &Node)> =
        node.below.iter().filter_map(|(name, below)| Some((name.parse().ok()?, below))).collect();
    found.sort_by_key(|(number, _)| *number);
    found.into_iter().map(|(_, below)| below).collect()
}

fn capitalized(name: &str) -> String {
    let mut letters = name.chars();
    letters.next().map(|first| first.to_ascii_uppercase().to_string() + letters.as_str()).unwrap_or_default()
}

fn invalid(name: &str, text: &str) -> AwsError {
    AwsError::new("InvalidParameterValue", format!("Invalid value '{text}' for {name}"))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::wire::model::model;
    use http::{HeaderMap, Method};
    use serde_json::json;

    fn decoded(service: &str, operation: &str, body: &str) -> Result<Value, AwsError> {
        let model = model(service).unwrap();
        let headers = HeaderMap::new();
        let request =
            Request { method: &Method::POST, path: "/", query: "", headers: &headers, body: body.as_bytes() };
        decode(model, model.operations[operation].input.as_ref().unwrap(), &request)
    }

    #[test]
    fn forms_become_members() {
        let table = [
            (
                "ec2",
                "DescribeSubnets",
                "SubnetId.2=b&SubnetId.1=a&SubnetId.10=c",
                json!({"SubnetIds": ["a", "b", "c"]}),
            ),
            (
                "ec2",
                "DescribeVpcs",
                "Filter.1.Name=vpc-id&Filter.1.Value.1=v&DryRun=true&MaxResults=5",
                json!({"DryRun": true, "Filters": [{"Name": "vpc-id", "Values": ["v"]}], "MaxResults": 5}),
            ),
            (
                "ec2",
                "AuthorizeSecurityGroupIngress",
                "GroupId=sg-1&IpPermissions.1.FromPort=988&IpPermissions.1.Groups.1.GroupId=sg-2",
                json!({"GroupId": "sg-1", "IpPermissions": [{"FromPort": 988, "UserIdGroupPairs": [{"GroupId": "sg-2"}]}]}),
            ),
            (
                "iam",
                "CreateRole",
                "RoleName=r&Tags.member.1.Key=k&Tags.member.1.Value=a+b",
                json!({"RoleName": "r", "Tags": [{"Key": "k", "Value": "a b"}]}),
            ),
            ("iam", "TagRole", "RoleName=r&Tags=", json!({"RoleName": "r", "Tags": []})),
        ];
        for (service, operation, body, value) in table {
            assert_eq!(decoded(service, operation, body).unwrap(), value, "{operation}");
        }
    }

    #[test]
    fn what_cannot_be_a_number_or_is_too_deep_is_refused() {
        assert!(decoded("ec2", "DescribeVpcs", "MaxResults=five").is_err());
        assert!(decoded("ec2", "DescribeVpcs", &format!("A{}=1", ".b".repeat(40))).is_err());
    }
}
