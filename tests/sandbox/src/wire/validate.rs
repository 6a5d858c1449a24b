//! What the model itself says of an input: required members, lengths, ranges, enums, patterns.
//!
//! Rules between members are the services' and live in `aws`. The services name these errors
//! differently: EC2 `MissingParameter` and `InvalidParameterValue`, IAM and STS `ValidationError`, FSx and
//! SageMaker `ValidationException`, EKS `InvalidParameterException`. The wording of the constraints is the
//! one that AWS's shared framework prints; for EC2 it is not documented and ours.

use std::collections::HashMap;
use std::sync::{LazyLock, Mutex, PoisonError};

use regex::Regex;
use serde_json::Value;

use super::model::{Kind, Model, Ref, Shape};
use crate::call::AwsError;

/// One broken constraint.
struct Problem {
    path: String,
    /// The API name of the member.
    member: String,
    value: String,
    constraint: String,
    missing: bool,
}

/// Checks an input against its shape.
///
/// # Errors
/// The service's own validation error, with every broken constraint in it.
pub fn check(service: &str, model: &Model, shape: &Shape, input: &Value) -> Result<(), AwsError> {
    let mut problems = Vec::new();
    structure(model, shape, input, "", &mut problems);
    if service == "ec2" {
        // EC2 does not check enums and lengths by its model: unknown filter values simply match nothing.
        problems.retain(|problem| problem.missing);
    }
    let Some(first) = problems.first() else { return Ok(()) };
    if service == "ec2" {
        return Err(AwsError::new(
            "MissingParameter",
            format!("The request must contain the parameter {}", first.member),
        ));
    }
    let code = match service {
        "iam" | "sts" => "ValidationError",
        "eks" => "InvalidParameterException",
        _ => "ValidationException",
    };
    let list: Vec<String> = problems.iter().take(10).map(sentence).collect();
    let plural = if problems.len() == 1 { "" } else { "s" };
    Err(AwsError::new(
        code,
        format!("{} validation error{plural} detected: {}", problems.len(), list.join("; ")),
    ))
}

fn sentence(problem: &Problem) -> String {
    let Problem { path, value, constraint, .. } = problem;
    format!("Value {value} at '{path}' failed to satisfy constraint: {constraint}")
}

fn structure(model: &Model, shape: &Shape, value: &Value, path: &str, problems: &mut Vec<Problem>) {
    for name in &shape.required {
        if value.get(name).is_none_or(Value::is_null) {
            problems.push(Problem {
                path: below(path, name),
                member: name.clone(),
                value: "null".to_owned(),
                constraint: "Member must not be null".to_owned(),
                missing: true,
            });
        }
    }
    for (name, member) in &shape.members {
        if let Some(inner) = value.get(name).filter(|v| !v.is_null()) {
            one(model, member, inner, &below(path, name), problems);
        }
    }
}

fn below(path: &str, name: &str) -> String {
    let mut letters = name.chars();
    let first = letters.next().map(|c| c.to_ascii_lowercase().to_string()).unwrap_or_default();
    let name = first + letters.as_str();
    if path.is_empty() { name } else { format!("{path}.{name}") }
}

fn one(model: &Model, reference: &Ref, value: &Value, path: &str, problems: &mut Vec<Problem>) {
    let Some(shape) = model.shape(reference) else { return };
    for constraint in broken(shape, value) {
        let member = path.rsplit('.').next().unwrap_or_default().to_owned();
        let shown = match value {
            Value::Array(_) | Value::Object(_) => format!("'{value}'"),
            Value::String(text) => format!("'{text}'"),
            other => format!("'{other}'"),
        };
        problems.push(Problem { path: path.to_owned(), member, value: shown, constraint, missing: false });
    }
    match (shape.kind, value) {
        (Kind::Structure, _) => structure(model, shape, value, path, problems),
        (Kind::List, Value::Array(items)) => {
            let Some(member) = &shape.member else { return };
            for (index, item) in items.iter().enumerate() {
                one(model, member, item, &format!("{path}.{}.member", index + 1), problems);
            }
        }
        (Kind::Map, Value::Object(entries)) => {
            for (key, inner) in entries {
                if let Some(reference) = &shape.key {
                    one(model, reference, &Value::from(key.as_str()), &format!("{path}.{key}.key"), problems);
                }
                if let Some(reference) = &shape.value {
                    one(model, reference, inner, &format!("{path}.{key}.value"), problems);
                }
            }
        }
        _ => {}
    }
}

/// The constraints that one value breaks.
fn broken(shape: &Shape, value: &Value) -> Vec<String> {
    let mut found = Vec::new();
    let (size, what) = match value {
        Value::String(text) => (text.chars().count(), "length"),
        Value::Array(items) => (items.len(), "length"),
        Value::Object(entries) if shape.kind == Kind::Map => (entries.len(), "length"),
        _ => (0, "value"),
    };
    #[expect(clippy::cast_precision_loss, reason = "sizes of a request are small")]
    let size = if what == "value" { value.as_f64() } else { Some(size as f64) };
    if let Some(size) = size {
        if let Some(min) = shape.min.filter(|min| size < *min) {
            found.push(format!("Member must have {what} greater than or equal to {min}"));
        }
        if let Some(max) = shape.max.filter(|max| size > *max) {
            found.push(format!("Member must have {what} less than or equal to {max}"));
        }
    }
    if let Value::String(text) = value {
        if !shape.values.is_empty() && !shape.values.contains(text) {
            found.push(format!("Member must satisfy enum value set: [{}]", shape.values.join(", ")));
        }
        if let Some(pattern) = shape.pattern.as_deref().filter(|pattern| !fits(pattern, text)) {
            found.push(format!("Member must satisfy regular expression pattern: {pattern}"));
        }
    }
    found
}

/// Whether the whole text fits. A pattern that needs look-around (one tagging ARN of FSx, one alarm name of
/// SageMaker) cannot be checked here and fits everything.
fn fits(pattern: &str, text: &str) -> bool {
    static KNOWN: LazyLock<Mutex<HashMap<String, Option<Regex>>>> = LazyLock::new(Mutex::default);
    let mut known = KNOWN.lock().unwrap_or_else(PoisonError::into_inner);
    let regex = known.entry(pattern.to_owned()).or_insert_with(|| compile(pattern));
    regex.as_ref().is_none_or(|regex| regex.is_match(text))
}

fn compile(pattern: &str) -> Option<Regex> {
    Regex::new(&format!("^(?:{pattern})$")).ok()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::wire::model::{SERVICES, model};
    use serde_json::json;

    fn refused(service: &str, operation: &str, input: &Value) -> Option<AwsError> {
        let model = model(service).unwrap();
        let shape = model.shape(model.operations[operation].input.as_ref().unwrap()).unwrap();
        check(service, model, shape, input).err()
    }

    #[test]
    fn constraints_are_refused_under_each_services_name() {
        let table = [
            (
                "fsx",
                "CreateFileSystem",
                json!({"FileSystemType": "LUSTER", "SubnetIds": ["subnet-0123456789abcdef0"]}),
                "ValidationException",
                "1 validation error detected: Value 'LUSTER' at 'fileSystemType' failed to satisfy constraint: Member must satisfy enum value set: [WINDOWS, LUSTRE, ONTAP, OPENZFS]",
            ),
            (
                "fsx",
                "DescribeFileSystems",
                json!({"FileSystemIds": ["nope"]}),
                "ValidationException",
                "fileSystemIds.1.member",
            ),
            (
                "fsx",
                "CreateFileSystem",
                json!({"FileSystemType": "LUSTRE"}),
                "ValidationException",
                "Value null at 'subnetIds'",
            ),
            ("iam", "GetRole", json!({}), "ValidationError", "Value null at 'roleName'"),
            ("iam", "GetRole", json!({"RoleName": "a b"}), "ValidationError", "pattern: [\\w+=,.@-]+"),
            (
                "eks",
                "ListClusters",
                json!({"maxResults": 1000}),
                "InvalidParameterException",
                "less than or equal to 100",
            ),
            (
                "ec2",
                "DescribeVpcAttribute",
                json!({"Attribute": "x"}),
                "MissingParameter",
                "the parameter VpcId",
            ),
        ];
        for (service, operation, input, code, says) in table {
            let error =
                refused(service, operation, &input).unwrap_or_else(|| panic!("{operation} {input} passed"));
            assert_eq!(error.code, code, "{operation}");
            assert!(error.message.contains(says), "{operation}: {}", error.message);
        }
        assert_eq!(
            refused("fsx", "DescribeFileSystems", &json!({"FileSystemIds": ["fs-0123456789abcdef0"]})),
            None
        );
        let tags = json!({"ResourceARN": "arn:aws:fsx:us-west-2:111122223333:file-system/fs-1", "Tags": [{"Key": "Größe 1", "Value": ""}]});
        assert_eq!(refused("fsx", "TagResource", &tags), None);
    }

    #[test]
    fn only_the_known_patterns_cannot_be_checked() {
        let mut unchecked = Vec::new();
        for service in SERVICES {
            for (name, shape) in &model(service).unwrap().shapes {
                if shape.pattern.as_deref().is_some_and(|pattern| compile(pattern).is_none()) {
                    unchecked.push(format!("{service}:{name}"));
                }
            }
        }
        assert_eq!(unchecked, ["fsx:ResourceARN", "sagemaker:AlarmName"]);
    }
}
