//! One request to the AWS listener: who asks, which service, faults, the call, the frame.

use bytes::Bytes;
use http::{HeaderMap, Response, request::Parts};
use jiff::Timestamp;
use serde_json::Value;

use super::auth::{self, Scope};
use super::fault::{self, Probe, Strike, Transport};
use super::log::Facts;
use crate::call::{Answer, AwsError, Call, Client, Principal};
use crate::state::State;
use crate::wire::{self, Decoded, Request};

/// A request that has been looked at but not handled.
pub struct Seen {
    service: String,
    region: String,
    operation: Result<String, AwsError>,
    decoded: Result<Decoded, AwsError>,
    scope: Option<Scope>,
}

/// What a request came to.
pub struct Handled {
    /// The answer in its frame.
    pub response: Response<Bytes>,
    /// The error's code.
    pub error: Option<String>,
    /// What the road does to the answer.
    pub road: Option<Transport>,
    /// Whether a fault gave this answer, and not the service.
    pub injected: bool,
}

/// Tells service and operation and decodes the input.
pub fn look(parts: &Parts, body: &[u8]) -> Seen {
    let scope = auth::scope(&parts.headers);
    let request = Request {
        method: &parts.method,
        path: parts.uri.path(),
        query: parts.uri.query().unwrap_or_default(),
        headers: &parts.headers,
        body,
    };
    // The one unsigned operation: whoever has a web identity token has no keys yet.
    let unsigned =
        scope.is_none() && wire::form::action(&request).as_deref() == Some("AssumeRoleWithWebIdentity");
    let service = match &scope {
        Some(scope) => scope.service.clone(),
        None if unsigned => "sts".to_owned(),
        None => guess(&parts.headers, &request),
    };
    let region = scope.as_ref().map(|scope| scope.region.clone()).unwrap_or_default();
    let (operation, decoded) = (wire::operation(&service, &request), wire::decode(&service, &request));
    Seen { service, region, operation, decoded, scope }
}

/// The service of an unsigned request, so that it is refused in the right form.
fn guess(headers: &HeaderMap, request: &Request<'_>) -> String {
    let target = headers.get("x-amz-target").and_then(|v| v.to_str().ok()).unwrap_or_default();
    let action = wire::form::action(request).unwrap_or_default();
    let served = |service: &&str| {
        wire::model::model(service).is_some_and(|model| {
            let prefix = model.metadata.target_prefix.as_deref();
            prefix.is_some_and(|prefix| target.starts_with(prefix)) || model.operations.contains_key(&action)
        })
    };
    wire::model::SERVICES.iter().find(|service| served(service)).map_or("eks", |name| *name).to_owned()
}

impl Seen {
    /// For the log; `holder` is who the credentials belong to.
    pub fn facts(&self, state: &State, parts: &Parts) -> Facts {
        let known = self.scope.as_ref().and_then(|scope| super::session::by_key(state, &scope.key));
        let operation = self.operation.as_ref().ok().cloned();
        let input = self.decoded.as_ref().map(|decoded| decoded.input.clone()).unwrap_or_default();
        Facts {
            client: match known {
                _ if is_driver(&parts.headers) => Client::Driver,
                Some(_) => client(&parts.headers),
                None => Client::Other,
            },
            api: "aws",
            service: Some(self.service.clone()),
            write: operation.as_deref().is_some_and(|operation| writes(&self.service, operation, &input)),
            operation,
            verb: None,
            path: parts.uri.path_and_query().map_or_else(|| "/".to_owned(), ToString::to_string),
            region: self.scope.as_ref().map(|scope| scope.region.clone()),
            request: input,
        }
    }

    /// Judges and handles the request against the world, and frames the answer.
    pub fn handle(self, state: &mut State, parts: &Parts) -> Handled {
        let id = request_id(state);
        let (mut road, mut injected) = (None, false);
        let answer = self.answer(state, parts, &mut road, &mut injected);
        let operation = self.operation.as_deref().unwrap_or_default();
        let response = wire::encode(&self.service, operation, &answer, &id);
        injected |= road.is_some_and(|road| !road.arrives());
        Handled { response, error: answer.err().map(|error| error.code), road, injected }
    }

    fn answer(
        &self,
        state: &mut State,
        parts: &Parts,
        road: &mut Option<Transport>,
        injected: &mut bool,
    ) -> Answer {
        let principal = self.principal(state, parts)?;
        let operation = self.operation.clone()?;
        let probe =
            Probe { service: &self.service, operation: Some(&operation), verb: None, path: parts.uri.path() };
        match fault::strike(state, &probe) {
            Some(Strike::Refusal(refusal)) => {
                *injected = true;
                return Err(refusal);
            }
            Some(Strike::Transport(transport)) => *road = Some(transport),
            None => {}
        }
        if road.is_some_and(|road| !road.arrives()) {
            return Ok(Value::Null);
        }
        let input = self.decoded.clone()?.input;
        let client = client(&parts.headers);
        let (service, region) = (self.service.clone(), self.region.clone());
        crate::aws::call(state, &Call { service, operation, input, principal, client, region })
    }

    fn principal(&self, state: &State, parts: &Parts) -> Result<Principal, AwsError> {
        match &self.scope {
            Some(scope) => auth::holder(state, scope, &parts.headers, state.now).map(|known| known.principal),
            // Nobody: AssumeRoleWithWebIdentity judges by the token alone.
            None if self.operation.as_deref() == Ok("AssumeRoleWithWebIdentity") => Ok(Principal::Service),
            None => Err(auth::missing(&self.service)),
        }
    }
}

/// Whether the FSx CSI driver sent it, a real one.
fn is_driver(headers: &HeaderMap) -> bool {
    let agent = headers.get("user-agent").and_then(|v| v.to_str().ok()).unwrap_or_default();
    agent.contains("exec-env/aws-fsx-csi-driver")
}

/// Which program sent it, by its User-Agent.
pub fn client(headers: &HeaderMap) -> Client {
    let agent = headers.get("user-agent").and_then(|v| v.to_str().ok()).unwrap_or_default();
    if agent.starts_with("kubectl/") {
        Client::Kubectl
    } else if agent.starts_with("Helm/") {
        Client::Helm
    } else {
        Client::Command
    }
}

/// Whether an operation could change something.
fn writes(service: &str, operation: &str, input: &Value) -> bool {
    let reads = ["Describe", "List", "Get", "Simulate"].iter().any(|verb| operation.starts_with(verb));
    service != "sts" && !reads && input["DryRun"] != true
}

/// A request id in the form of AWS's (a UUID).
fn request_id(state: &mut State) -> String {
    let hex = state.hex(32);
    format!("{}-{}-{}-{}-{}", &hex[..8], &hex[8..12], &hex[12..16], &hex[16..20], &hex[20..])
}

/// Moves the world to now before a request.
pub fn advance(state: &mut State) -> Option<Timestamp> {
    state.advance(Timestamp::now())
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn reads_dry_runs_and_sts_are_no_writes() {
        for (service, operation, input, write) in [
            ("fsx", "CreateFileSystem", json!({}), true),
            ("fsx", "DescribeFileSystems", json!({}), false),
            ("ec2", "CreateSecurityGroup", json!({"DryRun": true}), false),
            ("ec2", "CreateSecurityGroup", json!({"DryRun": false}), true),
            ("iam", "SimulatePrincipalPolicy", json!({}), false),
            ("sts", "AssumeRole", json!({}), false),
            ("eks", "TagResource", json!({}), true),
        ] {
            assert_eq!(writes(service, operation, &input), write, "{operation} {input}");
        }
    }
}
