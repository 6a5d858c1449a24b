//! JSON bodies by shape: of awsJson, and of the body members of restJson.

use serde_json::{Map, Value};

use super::model::{Kind, Model, Ref, Shape};
use super::scalar;
use crate::call::AwsError;

/// Deeper input is refused; no model of the sandbox nests half as far.
const DEPTH: usize = 32;

/// A whole body as the members of the input.
///
/// # Errors
/// `SerializationException` when it is not JSON of the shape.
pub fn decode_body(model: &Model, input: &Ref, body: &[u8]) -> Result<Value, AwsError> {
    let value: Value = if body.iter().all(u8::is_ascii_whitespace) {
        Value::Object(Map::new())
    } else {
        serde_json::from_slice(body).map_err(|_| wrong("the body is not JSON"))?
    };
    decode(model, input, &value, DEPTH)
}

/// A JSON value as the sandbox keeps it: API names, RFC 3339 times; unknown members are dropped, as the
/// services do.
///
/// # Errors
/// `SerializationException` when a value has another type than its shape.
pub fn decode(model: &Model, reference: &Ref, value: &Value, depth: usize) -> Result<Value, AwsError> {
    let (Some(shape), Some(deeper)) = (model.shape(reference), depth.checked_sub(1)) else {
        return Err(wrong("the body is nested too deep"));
    };
    match (shape.kind, value) {
        (Kind::Structure, Value::Object(given)) => decode_structure(model, shape, given, deeper),
        (Kind::List, Value::Array(given)) => match &shape.member {
            Some(member) => given.iter().map(|v| decode(model, member, v, deeper)).collect(),
            None => Ok(Value::Array(Vec::new())),
        },
        (Kind::Map, Value::Object(given)) => match &shape.value {
            Some(inner) => {
                let pair = |(key, v): (&String, &Value)| Ok((key.clone(), decode(model, inner, v, deeper)?));
                given
                    .iter()
                    .filter(|(_, v)| !v.is_null())
                    .map(pair)
                    .collect::<Result<Map<_, _>, _>>()
                    .map(Value::Object)
            }
            None => Ok(Value::Object(Map::new())),
        },
        (Kind::Timestamp, _) => {
            scalar::parse(Kind::Timestamp, &plain(value)).ok_or_else(|| expected(shape, value))
        }
        (Kind::String | Kind::Blob, Value::String(_)) | (Kind::Boolean, Value::Bool(_)) => Ok(value.clone()),
        (Kind::Integer | Kind::Long, Value::Number(number)) if !number.is_f64() => Ok(value.clone()),
        (Kind::Float | Kind::Double, Value::Number(_)) => Ok(value.clone()),
        _ => Err(expected(shape, value)),
    }
}

fn decode_structure(
    model: &Model,
    shape: &Shape,
    given: &Map<String, Value>,
    depth: usize,
) -> Result<Value, AwsError> {
    let mut members = Map::new();
    for (name, member) in &shape.members {
        let wire = member.location_name.as_ref().unwrap_or(name);
        match given.get(wire) {
            None | Some(Value::Null) => {}
            Some(value) => {
                members.insert(name.clone(), decode(model, member, value, depth)?);
            }
        }
    }
    Ok(Value::Object(members))
}

fn plain(value: &Value) -> String {
    value.as_str().map_or_else(|| value.to_string(), str::to_owned)
}

fn expected(shape: &Shape, value: &Value) -> AwsError {
    let found = match value {
        Value::Null => "null",
        Value::Bool(_) => "a boolean",
        Value::Number(_) => "a number",
        Value::String(_) => "a string",
        Value::Array(_) => "a list",
        Value::Object(_) => "a structure",
    };
    wrong(&format!("expected {:?}, found {found}", shape.kind))
}

fn wrong(message: &str) -> AwsError {
    AwsError::new("SerializationException", message)
}

fn needs_items(model: &Model, member: &Ref) -> bool {
    model
        .shape(member)
        .is_some_and(|shape| shape.kind == Kind::List && shape.min.is_some_and(|min| min >= 1.0))
}

/// An answer's value in the JSON of the wire: members of the shape only, times as seconds.
pub fn encode(model: &Model, reference: &Ref, value: &Value) -> Value {
    let Some(shape) = model.shape(reference) else { return Value::Null };
    match (shape.kind, value) {
        (Kind::Structure, Value::Object(given)) => {
            let mut members = Map::new();
            for (name, member) in &shape.members {
                match given.get(name) {
                    None | Some(Value::Null) => {}
                    // By its model a list of tags is never empty: where there are none, there is no list.
                    Some(Value::Array(items)) if items.is_empty() && needs_items(model, member) => {}
                    Some(inner) => {
                        let wire = member.location_name.as_ref().unwrap_or(name);
                        members.insert(wire.clone(), encode(model, member, inner));
                    }
                }
            }
            Value::Object(members)
        }
        (Kind::List, Value::Array(given)) => match &shape.member {
            Some(member) => given.iter().map(|v| encode(model, member, v)).collect(),
            None => Value::Array(Vec::new()),
        },
        (Kind::Map, Value::Object(given)) => match &shape.value {
            Some(inner) => {
                Value::Object(given.iter().map(|(key, v)| (key.clone(), encode(model, inner, v))).collect())
            }
            None => Value::Object(Map::new()),
        },
        (Kind::Timestamp, _) => scalar::seconds(value).unwrap_or(Value::Null),
        (Kind::Integer | Kind::Long | Kind::Float | Kind::Double | Kind::Boolean, Value::String(text)) => {
            scalar::parse(shape.kind, text).unwrap_or(Value::Null)
        }
        (Kind::String, Value::Number(number)) => Value::from(number.to_string()),
        (Kind::Structure | Kind::List | Kind::Map, _) => Value::Null,
        _ => value.clone(),
    }
}
