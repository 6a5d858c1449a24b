//! Pages: every handler answers its whole list, and it is cut here.
//!
//! Which members page a list stands in the service models; how long a page is stands in one table.

use std::hash::{DefaultHasher, Hash, Hasher};

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use serde_json::{Value, json};

use crate::call::{Answer, AwsError, Call};
use crate::wire::model::{Model, Paginator, model};

/// Service, operation (`*`: the others), and the length of a page when the request does not say.
///
/// Sources: `eks` and `iam`, the parameter's text in the API reference ("100"); `sagemaker`, the same for
/// `ListClusters` ("10"), for its nodes UNCONFIRMED; `fsx` associations, the limit of 25 in botocore's model
/// text, the other lists of FSx UNCONFIRMED (the reference only says that a page may be shorter than asked
/// for); `ec2`, the largest `MaxResults` that its calls take. No page is longer than the model lets the list be (`fsx`:
/// 50 file systems or backups).
const PAGES: &[(&str, &str, usize)] = &[
    ("eks", "*", 100),
    ("iam", "*", 100),
    ("sagemaker", "*", 10),
    ("fsx", "DescribeDataRepositoryAssociations", 25),
    ("fsx", "*", 100),
    ("ec2", "*", 1000),
];

fn usual(service: &str, operation: &str) -> usize {
    let fits = |row: &&(&str, &str, usize)| row.0 == service && (row.1 == operation || row.1 == "*");
    PAGES.iter().find(fits).map_or(1000, |(_, _, size)| *size)
}

/// Cuts an answer to the page that was asked for.
///
/// # Errors
/// A token that this list did not give, or a limit that the service does not take.
pub fn page(call: &Call, mut output: Value) -> Answer {
    let Some(model) = model(&call.service) else { return Ok(output) };
    let Some(paginator) = model.paginators.get(&call.operation) else { return Ok(output) };
    let input_token = paginator.input_token.first();
    let key = paginator.result_key.first().to_owned();
    let Some(list) = output.get_mut(&key).and_then(Value::as_array_mut) else { return Ok(output) };
    let asked =
        paginator.limit_key.as_deref().and_then(|limit| call.input.get(limit)).and_then(Value::as_u64);
    if let Some(asked) = asked {
        in_range(model, call, paginator, asked)?;
    }
    let print = fingerprint(call, paginator);
    let start = match call.text(input_token).filter(|token| !token.is_empty()) {
        Some(token) => offset(token, print).ok_or_else(|| invalid_token(&call.service))?,
        None => 0,
    };
    let size =
        asked.and_then(|n| usize::try_from(n).ok()).unwrap_or_else(|| usual(&call.service, &call.operation));
    let size = longest(model, call, &key).map_or(size, |longest| size.min(longest));
    let end = list.len().min(start.saturating_add(size));
    let more = end < list.len();
    list.truncate(end);
    list.drain(..start.min(end));
    if more {
        let token = STANDARD.encode(format!("page {print:016x} {end}"));
        output[paginator.output_token.first()] = json!(token);
    }
    if let Some(flag) = &paginator.more_results {
        output[flag.as_str()] = json!(more);
    }
    Ok(output)
}

/// How long the model lets a list of an answer be.
fn longest(model: &Model, call: &Call, key: &str) -> Option<usize> {
    let output = model.operations.get(&call.operation)?.output.as_ref()?;
    let list = model.shape(model.shape(output)?.members.get(key)?)?;
    #[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "a count of the model")]
    list.max.map(|max| max as usize)
}

/// EC2 does not validate by its model elsewhere, so its limits are looked at here.
fn in_range(model: &Model, call: &Call, paginator: &Paginator, asked: u64) -> Result<(), AwsError> {
    let limit = paginator.limit_key.as_deref().unwrap_or_default();
    let input = model.operations.get(&call.operation).and_then(|o| o.input.as_ref());
    let member = input.and_then(|input| model.shape(input)?.members.get(limit));
    let Some(shape) = member.and_then(|member| model.shape(member)).filter(|_| call.service == "ec2") else {
        return Ok(());
    };
    #[expect(clippy::cast_precision_loss, reason = "a page limit is small")]
    let number = asked as f64;
    let beyond = |what: &str, bound: f64| {
        let message = format!(
            "Value ( {asked} ) for parameter maxResults is invalid. Expecting a value {what} {bound}."
        );
        Err(AwsError::new("InvalidParameterValue", message))
    };
    match (shape.min, shape.max) {
        (Some(min), _) if number < min => beyond("greater than or equal to", min),
        (_, Some(max)) if number > max => beyond("less than or equal to", max),
        _ => Ok(()),
    }
}

/// A token continues the list that gave it and no other.
fn fingerprint(call: &Call, paginator: &Paginator) -> u64 {
    let mut input = call.input.clone();
    if let Some(members) = input.as_object_mut() {
        members.shift_remove(paginator.input_token.first());
        if let Some(limit) = &paginator.limit_key {
            members.shift_remove(limit);
        }
    }
    let mut hasher = DefaultHasher::new();
    (&call.service, &call.operation, input.to_string()).hash(&mut hasher);
    hasher.finish()
}

fn offset(token: &str, print: u64) -> Option<usize> {
    let text = String::from_utf8(STANDARD.decode(token).ok()?).ok()?;
    let rest = text.strip_prefix("page ")?.strip_prefix(&format!("{print:016x} "))?;
    rest.parse().ok()
}

fn invalid_token(service: &str) -> AwsError {
    let (code, message) = match service {
        "ec2" => ("InvalidParameterValue", "Invalid value for 'NextToken': Unable to parse pagination token"),
        "iam" => ("ValidationError", "Invalid Marker."),
        "eks" => ("InvalidParameterException", "Invalid parameter: nextToken"),
        "fsx" => ("BadRequest", "Invalid NextToken."),
        _ => ("ValidationException", "Invalid NextToken."),
    };
    AwsError::new(code, message)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::call::{Client, Principal};

    fn call(service: &str, operation: &str, input: Value) -> Call {
        Call {
            service: service.into(),
            operation: operation.into(),
            input,
            principal: Principal::Service,
            client: Client::Other,
            region: "us-west-2".into(),
        }
    }

    #[test]
    fn a_list_is_walked_page_by_page() {
        for (service, operation, key, limit, token, next) in [
            ("fsx", "DescribeFileSystems", "FileSystems", "MaxResults", "NextToken", "NextToken"),
            ("eks", "ListClusters", "clusters", "maxResults", "nextToken", "nextToken"),
            ("iam", "ListRoles", "Roles", "MaxItems", "Marker", "Marker"),
            ("ec2", "DescribeSubnets", "Subnets", "MaxResults", "NextToken", "NextToken"),
        ] {
            let whole: Vec<u32> = (0..13).collect();
            let mut input = json!({limit: 5});
            let mut seen: Vec<Value> = Vec::new();
            let mut pages = 0;
            loop {
                let answer = page(&call(service, operation, input.clone()), json!({key: whole})).unwrap();
                seen.extend(answer[key].as_array().unwrap().iter().cloned());
                pages += 1;
                if answer[next].is_null() {
                    assert!(service != "iam" || answer["IsTruncated"] == false);
                    break;
                }
                input[token] = answer[next].clone();
            }
            assert_eq!((json!(seen), pages), (json!(whole), 3), "{operation}");
        }
    }

    #[test]
    fn tokens_of_other_lists_and_limits_out_of_range_are_refused() {
        let first = page(
            &call("ec2", "DescribeSubnets", json!({"MaxResults": 5})),
            json!({"Subnets": [1, 2, 3, 4, 5, 6]}),
        );
        let token = first.unwrap()["NextToken"].clone();
        let other = json!({"NextToken": token, "Filters": []});
        let error = page(&call("ec2", "DescribeSubnets", other), json!({"Subnets": [1]})).unwrap_err();
        assert_eq!(error.code, "InvalidParameterValue");
        let few = page(&call("ec2", "DescribeSubnets", json!({"MaxResults": 2})), json!({"Subnets": []}));
        assert!(few.unwrap_err().message.contains("greater than or equal to 5"));
    }
}
