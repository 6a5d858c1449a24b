//! OIDC providers. What a provider is good for is judged in `identity`.

use serde_json::{Value, json};

use super::super::{not_served, row};
use super::{fill, limit, no_such, tags};
use crate::call::{Answer, AwsError, Call};
use crate::state::State;

const PROVIDERS: &str = "iam.OpenIDConnectProviders";
/// Stands in for the thumbprint that IAM fetches itself when none is given (IAM API, CreateOpenIDConnectProvider).
pub const THUMBPRINT: &str = "0123456789abcdef0123456789abcdef01234567";
/// IAM: at most 100 client ids for a provider.
const CLIENT_LIMIT: usize = 100;

/// Handles an operation on OIDC providers.
///
/// # Errors
/// `EntityAlreadyExists`, `NoSuchEntity`, `ValidationError`, `LimitExceeded`.
pub fn handle(state: &mut State, call: &Call) -> Answer {
    match call.operation.as_str() {
        "CreateOpenIDConnectProvider" => create(state, call),
        "GetOpenIDConnectProvider" => get(state, call),
        "ListOpenIDConnectProviders" => {
            let rows = state.rows(PROVIDERS).iter();
            let arns: Vec<Value> = rows.map(|provider| row::pick(provider, &["Arn"])).collect();
            Ok(json!({"OpenIDConnectProviderList": arns}))
        }
        "DeleteOpenIDConnectProvider" => {
            // IAM: succeeds also when there is none.
            let arn = call.text("OpenIDConnectProviderArn").unwrap_or_default();
            state.rows_mut(PROVIDERS).retain(|provider| row::text(provider, "Arn") != arn);
            Ok(json!({}))
        }
        "AddClientIDToOpenIDConnectProvider" => add_client(state, call),
        "RemoveClientIDFromOpenIDConnectProvider" => {
            let client = call.text("ClientID").unwrap_or_default();
            let provider = provider_mut(state, call)?;
            if let Some(list) = provider["ClientIDList"].as_array_mut() {
                list.retain(|have| have != client);
            }
            Ok(json!({}))
        }
        "UpdateOpenIDConnectProviderThumbprint" => {
            let provider = provider_mut(state, call)?;
            row::set(provider, "ThumbprintList", call.input["ThumbprintList"].clone());
            Ok(json!({}))
        }
        "TagOpenIDConnectProvider" => {
            tags::add(provider_mut(state, call)?, row::list(&call.input, "Tags"));
            Ok(json!({}))
        }
        "UntagOpenIDConnectProvider" => {
            tags::remove(provider_mut(state, call)?, &call.texts("TagKeys"));
            Ok(json!({}))
        }
        "ListOpenIDConnectProviderTags" => {
            let provider = provider_mut(state, call)?;
            Ok(json!({"Tags": tags::sorted(provider)}))
        }
        _ => Err(not_served(call)),
    }
}

fn create(state: &mut State, call: &Call) -> Answer {
    let url = call.text("Url").unwrap_or_default();
    let host = url.strip_prefix("https://").unwrap_or_default();
    let plain =
        !host.is_empty() && !host.contains(['?', '#']) && !host.split('/').next().unwrap_or("").contains(':');
    if !plain {
        return Err(AwsError::new("ValidationError", "Invalid Open ID Connect Provider URL"));
    }
    let taken = |provider: &Value| row::text(provider, "Url").trim_start_matches("https://") == host;
    if state.rows(PROVIDERS).iter().any(taken) {
        let text = format!("Provider with url {url} already exists.");
        return Err(AwsError::new("EntityAlreadyExists", text).with_status(409));
    }
    if row::list(&call.input, "ClientIDList").len() > CLIENT_LIMIT {
        return Err(limit(format!(
            "Cannot exceed quota for ClientIdsPerOpenIdConnectProvider: {CLIENT_LIMIT}"
        )));
    }
    let mut new = row::pick(&call.input, &["ClientIDList", "ThumbprintList", "Tags"]);
    row::set(&mut new, "Url", url);
    row::set(&mut new, "CreateDate", state.now.to_string());
    row::set(&mut new, "$visibleAt", state.after(state.durations.iam_consistency).to_string());
    if row::list(&new, "ThumbprintList").is_empty() {
        row::unset(&mut new, "ThumbprintList");
    }
    state.rows_mut(PROVIDERS).push(new);
    fill::fill(state);
    let arn = state.find(PROVIDERS, "Url", url).map_or("", |provider| row::text(provider, "Arn"));
    Ok(json!({"OpenIDConnectProviderArn": arn, "Tags": row::list(&call.input, "Tags")}))
}

fn get(state: &mut State, call: &Call) -> Answer {
    let provider = provider_mut(state, call)?;
    let mut answer = row::pick(provider, &["ClientIDList", "ThumbprintList", "CreateDate", "Tags"]);
    row::set(&mut answer, "Url", row::text(provider, "Url").trim_start_matches("https://"));
    Ok(answer)
}

fn add_client(state: &mut State, call: &Call) -> Answer {
    let client = call.text("ClientID").unwrap_or_default();
    let provider = provider_mut(state, call)?;
    let mut list: Vec<String> =
        row::strings(provider, "ClientIDList").into_iter().map(str::to_owned).collect();
    if !list.iter().any(|have| have == client) {
        if list.len() >= CLIENT_LIMIT {
            return Err(limit(format!(
                "Cannot exceed quota for ClientIdsPerOpenIdConnectProvider: {CLIENT_LIMIT}"
            )));
        }
        list.push(client.to_owned());
    }
    row::set(provider, "ClientIDList", list);
    Ok(json!({}))
}

fn provider_mut<'a>(state: &'a mut State, call: &Call) -> Result<&'a mut Value, AwsError> {
    let arn = call.text("OpenIDConnectProviderArn").unwrap_or_default();
    let found = state.find_mut(PROVIDERS, "Arn", arn);
    found.ok_or_else(|| no_such(format!("OpenIDConnect Provider not found for arn {arn}")))
}
