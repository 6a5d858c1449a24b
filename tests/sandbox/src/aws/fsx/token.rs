//! ClientRequestToken: the same token with the same parameters finds what it made, with others it is
//! refused.

use serde_json::Value;

use crate::aws::ec2::value::{given, text};
use crate::call::AwsError;
use crate::state::State;

/// The row that an earlier call with this input's token made.
///
/// # Errors
/// `IncompatibleParameterError` when that call had other parameters.
pub fn repeated(state: &State, collection: &str, input: &Value) -> Result<Option<Value>, AwsError> {
    let token = text(input, "ClientRequestToken");
    if token.is_empty() {
        return Ok(None);
    }
    let Some(row) = state.find(collection, "$clientToken", token) else { return Ok(None) };
    same(&row["$clientInput"], input)?;
    Ok(Some(row.clone()))
}

/// Whether two inputs ask for the same.
///
/// # Errors
/// `IncompatibleParameterError` with the first member that differs.
pub fn same(earlier: &Value, input: &Value) -> Result<(), AwsError> {
    let Some(first) = differing(earlier, input) else { return Ok(()) };
    let message = format!(
        "The parameter {first} does not match the one of an earlier request with the same client request token"
    );
    Err(AwsError::new("IncompatibleParameterError", message).with("Parameter", first))
}

fn differing(earlier: &Value, input: &Value) -> Option<String> {
    let (earlier, input) = (earlier.as_object()?, input.as_object()?);
    let null = Value::Null;
    let names = earlier.keys().chain(input.keys());
    names
        .filter(|name| *name != "ClientRequestToken")
        .find(|name| earlier.get(*name).unwrap_or(&null) != input.get(*name).unwrap_or(&null))
        .cloned()
}

/// Remembers token and input on the row that a call makes.
pub fn remember(row: &mut Value, input: &Value) {
    if given(input, "ClientRequestToken") {
        row["$clientToken"] = input["ClientRequestToken"].clone();
        row["$clientInput"] = input.clone();
    }
}
