//! Who somebody is and what they may do, for the webhooks of a real API server: what EKS knows and its API server asks.

use http::{HeaderMap, HeaderValue, header};
use serde_json::{Value, json};

use super::authn::{self, User};
use super::authz;
use crate::state::State;

/// What travels from the token to the authorizer: access policies with their namespaces, and whether it is COMMAND,
/// whom the world's `denied` is about.
const POLICIES: &str = "fsxctl.io/access-policies";
const COMMAND: &str = "fsxctl.io/command";

/// Who holds a token of COMMAND or of EKS, as a TokenReview's `user`. An administrator is none to RBAC: the authorizer
/// is asked about every request, and has the world's `denied`.
pub fn holder(state: &State, token: &str) -> Option<Value> {
    let mut headers = HeaderMap::new();
    headers.insert(header::AUTHORIZATION, HeaderValue::from_str(&format!("Bearer {token}")).ok()?);
    let user = authn::user(state, &headers).ok()?;
    let policies: Vec<String> =
        user.policies.iter().map(|(name, namespaces)| format!("{name}={}", namespaces.join(","))).collect();
    let mut extra = json!({});
    if !policies.is_empty() {
        extra[POLICIES] = json!(policies);
    }
    if user.command {
        extra[COMMAND] = json!([if user.admin { "administrator" } else { "listed" }]);
    }
    Some(json!({"username": user.name, "uid": user.uid, "groups": user.groups, "extra": extra}))
}

/// What the authorizer says to a SubjectAccessReview: `Some(false)` is a denial that RBAC cannot overrule, none is no
/// opinion.
pub fn opinion(state: &State, spec: &Value) -> Option<bool> {
    let policies = spec["extra"][POLICIES].as_array().into_iter().flatten().filter_map(Value::as_str);
    let policies = policies.filter_map(|policy| {
        let (name, namespaces) = policy.split_once('=')?;
        let namespaces = namespaces.split(',').filter(|name| !name.is_empty()).map(str::to_owned).collect();
        Some((name.to_owned(), namespaces))
    });
    let command = &spec["extra"][COMMAND][0];
    let user = User {
        name: String::new(),
        groups: Vec::new(),
        uid: String::new(),
        command: command.is_string(),
        admin: command == "administrator",
        policies: policies.collect(),
    };
    if !spec["resourceAttributes"].is_object() {
        return user.admin.then_some(true);
    }
    let text = |member: &str| spec["resourceAttributes"][member].as_str().unwrap_or_default();
    let action = authz::Action {
        verb: text("verb"),
        group: text("group"),
        resource: text("resource"),
        subresource: text("subresource"),
        // A Namespace is judged by the world's words as the cluster's.
        namespace: if text("resource") == "namespaces" { "" } else { text("namespace") },
        name: text("name"),
    };
    if user.command && authz::denied(state, &action) {
        return Some(false);
    }
    authz::allowed(state, &user, &action).then_some(true)
}
