//! Questions about who somebody is and what they may do, for those who are not the store behind this API: the front and
//! the webhooks of a real API server.

use http::{HeaderMap, HeaderValue, Method, Response, header};
use serde_json::{Value, json};

use super::answer::{Body, Reply};
use super::authn::{self, User};
use super::path::{self, Route};
use super::{Reason, authz};
use crate::state::State;

/// Where an access policy and its namespaces travel from the token to the authorizer.
const POLICIES: &str = "fsxctl.io/access-policies";

/// Who holds a token of COMMAND or of EKS, as a TokenReview's `user`.
pub fn holder(state: &State, token: &str) -> Option<Value> {
    let mut headers = HeaderMap::new();
    headers.insert(header::AUTHORIZATION, HeaderValue::from_str(&format!("Bearer {token}")).ok()?);
    let user = authn::user(state, &headers).ok()?;
    let mut groups: Vec<&str> = user.groups.iter().map(String::as_str).collect();
    if user.admin {
        groups.push("system:masters");
    }
    let policies: Vec<String> =
        user.policies.iter().map(|(name, namespaces)| format!("{name}={}", namespaces.join(","))).collect();
    let mut answer = json!({"username": user.name, "uid": user.uid, "groups": groups});
    if !policies.is_empty() {
        answer["extra"] = json!({POLICIES: policies});
    }
    Some(answer)
}

/// Whether an access policy of EKS allows what a SubjectAccessReview asks.
pub fn by_policy(state: &State, spec: &Value) -> bool {
    let policies = spec["extra"][POLICIES].as_array().into_iter().flatten().filter_map(Value::as_str);
    let policies = policies.filter_map(|policy| {
        let (name, namespaces) = policy.split_once('=')?;
        let namespaces = namespaces.split(',').filter(|name| !name.is_empty()).map(str::to_owned).collect();
        Some((name.to_owned(), namespaces))
    });
    let user = User {
        name: String::new(),
        groups: Vec::new(),
        uid: String::new(),
        command: false,
        admin: false,
        policies: policies.collect(),
    };
    let text = |member: &str| spec["resourceAttributes"][member].as_str().unwrap_or_default();
    spec["resourceAttributes"].is_object()
        && authz::allowed(
            state,
            &user,
            &authz::Action {
                verb: text("verb"),
                group: text("group"),
                resource: text("resource"),
                subresource: text("subresource"),
                namespace: text("namespace"),
                name: text("name"),
            },
        )
}

/// What the world's `denied` makes of a request.
#[derive(Debug)]
pub enum Verdict {
    /// Nothing: it goes on.
    Pass,
    /// It is refused.
    Refused(Response<Body>),
    /// It asks whether something may be done that may not.
    DeniedReview,
}

/// Judges a request before it reaches the API server.
pub fn verdict(state: &State, method: &Method, uri: &http::Uri, headers: &HeaderMap, body: &[u8]) -> Verdict {
    let Some(user) = authn::user(state, headers).ok().filter(|user| user.command) else { return Verdict::Pass };
    let query = path::Query::parse(uri.query().unwrap_or_default());
    let route = path::route(method, uri.path(), &query);
    if let Err(error) = authz::denied(state, &user, &route, method) {
        let mut response = Reply::status(&error).into_response();
        response.extensions_mut().insert(Reason(error.reason));
        return Verdict::Refused(response);
    }
    if matches!(&route, Route::Object(target) if target.plural == "selfsubjectaccessreviews") {
        let review: Value = serde_json::from_slice(body).unwrap_or_default();
        if authz::denies_review(state, &review["spec"]) {
            return Verdict::DeniedReview;
        }
    }
    Verdict::Pass
}
