//! Whether IAM takes a policy document.
//!
//! The texts are IAM's as commonly reported; the references have none, so nobody should depend on more
//! than the code `MalformedPolicyDocument`.

use serde_json::Value;

use super::super::policy::statements;
use super::super::row;
use crate::call::AwsError;

/// What kind of document it is to be.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Kind {
    /// Of a role: who may take it.
    Trust,
    /// Inline or managed: what its holder may do.
    Identity,
}

/// Reads a document and checks its grammar.
///
/// # Errors
/// `MalformedPolicyDocument`.
pub fn document(text: &str, kind: Kind) -> Result<Value, AwsError> {
    let parsed: Value =
        serde_json::from_str(text).map_err(|_| malformed("This policy contains invalid Json"))?;
    if !parsed.is_object() {
        return Err(malformed("Syntax errors in policy."));
    }
    let version = row::text(&parsed, "Version");
    if !matches!(version, "2012-10-17" | "2008-10-17" | "") {
        return Err(malformed("Syntax errors in policy."));
    }
    for member in parsed.as_object().into_iter().flat_map(|map| map.keys()) {
        if !matches!(member.as_str(), "Version" | "Id" | "Statement") {
            return Err(malformed("Syntax errors in policy."));
        }
    }
    let all = statements(&parsed);
    if all.is_empty() {
        return Err(malformed("Syntax errors in policy."));
    }
    for one in all {
        grammar(one)?;
        match kind {
            Kind::Trust => trust(one)?,
            Kind::Identity => identity(one)?,
        }
    }
    Ok(parsed)
}

const MEMBERS: &[&str] = &[
    "Sid",
    "Effect",
    "Principal",
    "NotPrincipal",
    "Action",
    "NotAction",
    "Resource",
    "NotResource",
    "Condition",
];

fn grammar(statement: &Value) -> Result<(), AwsError> {
    let Some(object) = statement.as_object() else { return Err(malformed("Syntax errors in policy.")) };
    let known = object.keys().all(|member| MEMBERS.contains(&member.as_str()));
    let effect = matches!(row::text(statement, "Effect"), "Allow" | "Deny");
    let condition = statement.get("Condition").is_none_or(|block| {
        block.as_object().is_some_and(|operators| operators.values().all(Value::is_object))
    });
    if known && effect && condition { Ok(()) } else { Err(malformed("Syntax errors in policy.")) }
}

fn trust(statement: &Value) -> Result<(), AwsError> {
    if row::given(statement, "Resource") || row::given(statement, "NotResource") {
        return Err(malformed("Has prohibited field Resource"));
    }
    let principal = &statement["Principal"];
    let named = principal.is_string() || principal.as_object().is_some_and(|map| !map.is_empty());
    if !named && !row::given(statement, "NotPrincipal") {
        return Err(malformed("Missing required field Principal"));
    }
    for kind in principal.as_object().into_iter().flat_map(|map| map.keys()) {
        if !matches!(kind.as_str(), "AWS" | "Service" | "Federated" | "CanonicalUser") {
            return Err(malformed("Invalid principal in policy"));
        }
    }
    let actions = row::strings(statement, "Action");
    if actions.is_empty() && !row::given(statement, "NotAction") {
        return Err(malformed("Missing required field Action"));
    }
    if actions.iter().any(|action| !action.to_ascii_lowercase().starts_with("sts:")) {
        return Err(malformed("AssumeRole policy may only specify STS AssumeRole actions."));
    }
    Ok(())
}

fn identity(statement: &Value) -> Result<(), AwsError> {
    if row::given(statement, "Principal") || row::given(statement, "NotPrincipal") {
        return Err(malformed("Policy document should not specify a principal."));
    }
    let actions = [row::strings(statement, "Action"), row::strings(statement, "NotAction")].concat();
    if actions.is_empty() {
        return Err(malformed("Policy statement must contain actions."));
    }
    if actions.iter().any(|action| *action != "*" && !action.contains(':')) {
        return Err(malformed("Actions/Conditions must be prefaced by a vendor, e.g., iam, sdb, ec2, etc."));
    }
    let resources = [row::strings(statement, "Resource"), row::strings(statement, "NotResource")].concat();
    if resources.is_empty() {
        return Err(malformed("Policy statement must contain resources."));
    }
    for resource in resources {
        let is_arn = resource.splitn(6, ':').count() == 6 && resource.starts_with("arn:");
        if resource != "*" && !is_arn {
            return Err(malformed(&format!("Resource {resource} must be in ARN format or \"*\".")));
        }
    }
    Ok(())
}

fn malformed(message: &str) -> AwsError {
    AwsError::new("MalformedPolicyDocument", message)
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn documents_are_judged() {
        let good = json!({"Effect": "Allow", "Action": "fsx:*", "Resource": "*"});
        let trusting = json!({"Effect": "Allow", "Action": "sts:AssumeRole", "Principal": {"Service": "x"}});
        let table = [
            (Kind::Identity, json!([good]).clone(), ""),
            (Kind::Identity, good.clone(), ""),
            (Kind::Trust, json!([trusting]), ""),
            (Kind::Identity, json!([]), "Syntax errors"),
            (Kind::Identity, json!([{"Effect": "allow", "Action": "*", "Resource": "*"}]), "Syntax errors"),
            (Kind::Identity, json!([{"Effect": "Allow", "Actions": "*", "Resource": "*"}]), "Syntax errors"),
            (Kind::Identity, json!([{"Effect": "Allow", "Action": "*"}]), "must contain resources"),
            (Kind::Identity, json!([{"Effect": "Allow", "Resource": "*"}]), "must contain actions"),
            (
                Kind::Identity,
                json!([{"Effect": "Allow", "Action": "fsx", "Resource": "*"}]),
                "prefaced by a vendor",
            ),
            (Kind::Identity, json!([{"Effect": "Allow", "Action": "*", "Resource": "bucket"}]), "ARN format"),
            (Kind::Identity, json!([trusting]), "should not specify a principal"),
            (Kind::Trust, json!([good]), "prohibited field Resource"),
            (Kind::Trust, json!([{"Effect": "Allow", "Action": "sts:AssumeRole"}]), "field Principal"),
            (
                Kind::Trust,
                json!([{"Effect": "Allow", "Action": "fsx:*", "Principal": {"Service": "x"}}]),
                "only specify STS",
            ),
        ];
        for (kind, statement, wanted) in table {
            let text = json!({"Version": "2012-10-17", "Statement": statement}).to_string();
            match document(&text, kind) {
                Ok(_) => assert_eq!(wanted, "", "{text}"),
                Err(error) => {
                    assert_eq!(error.code, "MalformedPolicyDocument");
                    assert!(
                        !wanted.is_empty() && error.message.contains(wanted),
                        "{text}: {}",
                        error.message
                    );
                }
            }
        }
        assert!(document("{", Kind::Trust).is_err());
        assert!(document(r#"{"Version":"2013-01-01","Statement":[]}"#, Kind::Trust).is_err());
    }
}
