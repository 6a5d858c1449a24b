//! `configurationValues`: reading them and checking them against an add-on's schema.
//!
//! Only the parts of JSON Schema that [`super::catalogue::schema`] uses: `type`, `properties`,
//! `additionalProperties: false`. A schema of the world file may say more; that is not checked.

use serde_json::Value;

use super::invalid;
use crate::call::AwsError;

/// Reads configuration values (JSON, or YAML as EKS also takes it) and checks them.
///
/// # Errors
/// `InvalidParameterException` in the words of EKS's schema validator.
pub fn check(text: &str, schema: &Value) -> Result<Value, AwsError> {
    let Ok(values) = serde_yaml::from_str::<Value>(text) else {
        return Err(refused(&["$: object expected".to_owned()]));
    };
    let mut faults = Vec::new();
    walk("$", &values, schema, &mut faults);
    if faults.is_empty() { Ok(values) } else { Err(refused(&faults)) }
}

fn refused(faults: &[String]) -> AwsError {
    invalid(&format!(
        "ConfigurationValue provided in request is not supported: Json schema validation failed with error: [{}]",
        faults.join(", ")
    ))
}

fn walk(path: &str, value: &Value, schema: &Value, faults: &mut Vec<String>) {
    if let Some(wanted) = schema["type"].as_str()
        && !is_of(value, wanted)
    {
        faults.push(format!("{path}: {} found, {wanted} expected", kind(value)));
        return;
    }
    let properties = &schema["properties"];
    for (name, value) in value.as_object().into_iter().flatten() {
        match properties.get(name) {
            Some(inner) => walk(&format!("{path}.{name}"), value, inner, faults),
            None if schema["additionalProperties"] == false => faults.push(format!(
                "{path}.{name}: is not defined in the schema and the schema does not allow additional properties"
            )),
            None => {}
        }
    }
}

fn is_of(value: &Value, wanted: &str) -> bool {
    let found = kind(value);
    found == wanted || (wanted == "number" && found == "integer")
}

fn kind(value: &Value) -> &'static str {
    match value {
        Value::Null => "null",
        Value::Bool(_) => "boolean",
        Value::Number(n) if n.is_f64() => "number",
        Value::Number(_) => "integer",
        Value::String(_) => "string",
        Value::Array(_) => "array",
        Value::Object(_) => "object",
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::aws::eks::catalogue;

    #[test]
    fn values_are_checked() {
        let schema = catalogue::schema("aws-fsx-csi-driver");
        let table = [
            (r#"{"controller":{"region":"us-west-2"},"node":{"region":"us-west-2"}}"#, ""),
            ("controller:\n  timeout: 10m\n", ""),
            ("{}", ""),
            ("null", "$: null found, object expected"),
            (r#"{"controller":{"region":7}}"#, "$.controller.region: integer found, string expected"),
            (
                r#"{"podAnnotations":{}}"#,
                "$.podAnnotations: is not defined in the schema and the schema does not allow additional properties",
            ),
            ("{", "$: object expected"),
        ];
        for (text, wanted) in table {
            match check(text, &schema) {
                Ok(_) => assert_eq!(wanted, "", "{text}"),
                Err(error) => {
                    assert!(!wanted.is_empty(), "{text}: {}", error.message);
                    assert!(
                        error.message.ends_with(&format!("error: [{wanted}]")),
                        "{text}: {}",
                        error.message
                    );
                }
            }
        }
    }
}
