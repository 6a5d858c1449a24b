//! Judging calls: which principal, which policies, which refusal in which words.
//!
//! What a call needs stands in [`table`], how documents are weighed in `policy`, refusals in [`refusal`].

pub mod refusal;
pub mod table;
mod tags;

use std::collections::BTreeSet;
use std::sync::Mutex;

use serde_json::Value;

use super::policy::{self, Ask, Context, Verdict};
use super::{iam, row};
use crate::call::{AwsError, Call, Principal};
use crate::state::State;
pub use table::Need;

/// The session name under which a caller that is a role shows up.
const CALLER_SESSION: &str = "fsxctl-sandbox";

/// Why a call is refused.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Why {
    /// No statement allows it; also what a `denied` pattern of the world looks like.
    NothingAllows,
    /// A statement denies it.
    ExplicitDeny,
    /// The permissions boundary does not allow it.
    Boundary,
}

/// Judges a call by everything that it needs.
///
/// # Errors
/// The service's own form of "access denied" for the first need that is not met.
pub fn authorize(state: &State, call: &Call) -> Result<(), AwsError> {
    if call.principal == Principal::Service {
        return Ok(());
    }
    for need in table::needs(state, call) {
        if let Some(why) = objection(state, &call.principal, &need) {
            return Err(refusal::refusal(state, call, &need, why));
        }
    }
    Ok(())
}

/// Why a principal may not do something, if so.
pub fn objection(state: &State, principal: &Principal, need: &Need) -> Option<Why> {
    if *principal == Principal::Caller && is_denied(&state.denied, &need.action) {
        return Some(Why::NothingAllows);
    }
    // AWS: GetCallerIdentity needs no permission and cannot be taken away by a policy.
    if need.action == "sts:GetCallerIdentity" || need.trust_decides {
        return None;
    }
    if *principal == Principal::Caller && !is_listed(state) {
        return None;
    }
    judge(state, principal, need)
}

/// Whether a pattern of the world's `denied` covers an action. Patterns for Kubernetes (`kube:…`) never do,
/// and the one call that AWS never denies is taken away only by its own name.
fn is_denied(patterns: &[String], action: &str) -> bool {
    if action == "sts:GetCallerIdentity" {
        return patterns.iter().any(|pattern| pattern.eq_ignore_ascii_case(action));
    }
    let mut aws = patterns.iter().filter(|pattern| !pattern.starts_with("kube:"));
    aws.any(|pattern| policy::glob_ignoring_case(pattern, action))
}

fn judge(state: &State, principal: &Principal, need: &Need) -> Option<Why> {
    let Some(own) = own_row(state, principal) else { return Some(Why::NothingAllows) };
    let mut context = principal_context(state, principal);
    context.add("aws:RequestedRegion", state.region.as_str());
    context.add("aws:ResourceAccount", state.account.as_str());
    for (key, value) in &need.context {
        context.add(key, value.as_str());
    }
    let ask = Ask { action: &need.action, resource: &need.resource, context: &context };
    let documents = iam::documents::of_principal(state, own);
    let judged = policy::evaluate(&documents, ask);
    complain(&judged.complaints);
    match judged.verdict {
        Verdict::Denied => return Some(Why::ExplicitDeny),
        Verdict::Silent => return Some(Why::NothingAllows),
        Verdict::Allowed => {}
    }
    let boundary = own["PermissionsBoundary"]["PermissionsBoundaryArn"].as_str()?;
    let document: Vec<&Value> = iam::documents::of_policy(state, boundary).into_iter().collect();
    let judged = policy::evaluate(&document, ask);
    complain(&judged.complaints);
    match judged.verdict {
        Verdict::Allowed => None,
        Verdict::Denied => Some(Why::ExplicitDeny),
        Verdict::Silent => Some(Why::Boundary),
    }
}

/// Says on stderr, once each, what of a policy the sandbox does not understand; such a statement never
/// matches.
pub fn complain(complaints: &[String]) {
    static SAID: Mutex<BTreeSet<String>> = Mutex::new(BTreeSet::new());
    let mut said = SAID.lock().unwrap_or_else(std::sync::PoisonError::into_inner);
    for complaint in complaints {
        if said.insert(complaint.clone()) {
            eprintln!(
                "fsxctl-sandbox: a policy uses {complaint}, which the sandbox does not know: the statement never matches"
            );
        }
    }
}

/// Whether the world lists its caller under `iam.Roles` or `iam.Users`, so that its policies count.
pub fn is_listed(state: &State) -> bool {
    own_row(state, &Principal::Caller).is_some()
}

/// The role or user of a principal, if the world has it.
pub fn own_row<'a>(state: &'a State, principal: &Principal) -> Option<&'a Value> {
    match principal {
        Principal::Caller => match caller_kind(&state.caller) {
            ("user", name) => state.find("iam.Users", "UserName", name),
            ("role" | "assumed-role", name) => state.find("iam.Roles", "RoleName", name),
            _ => None,
        },
        Principal::User { name } => state.find("iam.Users", "UserName", name),
        Principal::AssumedRole { role, .. } => state.find("iam.Roles", "RoleName", role),
        Principal::Service => None,
    }
}

/// `("role", "admin")` of `arn:aws:iam::111122223333:role/path/admin`.
fn caller_kind(arn: &str) -> (&str, &str) {
    let resource = arn.splitn(6, ':').nth(5).unwrap_or_default();
    match resource.split_once('/') {
        // The last part of an assumed role's ARN is the session.
        Some(("assumed-role", rest)) => ("assumed-role", rest.split('/').next().unwrap_or_default()),
        Some((kind, rest)) => (kind, row::last(rest)),
        None => (resource, ""),
    }
}

/// The ARN under which a principal appears in GetCallerIdentity and in refusals.
pub fn arn(state: &State, principal: &Principal) -> String {
    let (partition, account) = (state.partition(), &state.account);
    match principal {
        Principal::Caller => match caller_kind(&state.caller) {
            ("role", name) => format!("arn:{partition}:sts::{account}:assumed-role/{name}/{CALLER_SESSION}"),
            _ => state.caller.clone(),
        },
        Principal::User { name } => match state.find("iam.Users", "UserName", name) {
            Some(user) if row::given(user, "Arn") => row::text(user, "Arn").to_owned(),
            _ => format!("arn:{partition}:iam::{account}:user/{name}"),
        },
        Principal::AssumedRole { role, session } => {
            format!("arn:{partition}:sts::{account}:assumed-role/{role}/{session}")
        }
        Principal::Service => format!("arn:{partition}:iam::{account}:root"),
    }
}

/// The `UserId` of GetCallerIdentity: the row's id, and for a role the session name behind it.
pub fn user_id(state: &State, principal: &Principal) -> String {
    let own = own_row(state, principal);
    let id = own.map(|own| [row::text(own, "RoleId"), row::text(own, "UserId")].concat());
    let id = id.filter(|id| !id.is_empty());
    let arn = arn(state, principal);
    match caller_kind(&arn) {
        ("assumed-role", name) => {
            let id = id.unwrap_or_else(|| iam::fill::derived_id("AROA", name));
            format!("{id}:{}", row::last(&arn))
        }
        ("user", name) => id.unwrap_or_else(|| iam::fill::derived_id("AIDA", name)),
        _ => state.account.clone(),
    }
}

/// What the context of every request says about its principal.
pub fn principal_context(state: &State, principal: &Principal) -> Context {
    let own = own_row(state, principal);
    let arn_key = own.map_or_else(|| arn(state, principal), |own| row::text(own, "Arn").to_owned());
    let mut context = Context::new()
        .with("aws:PrincipalArn", arn_key)
        .with("aws:PrincipalAccount", state.account.as_str())
        .with("aws:userid", user_id(state, principal));
    if let Some(own) = own {
        for tag in row::list(own, "Tags") {
            context.add(&format!("aws:PrincipalTag/{}", row::text(tag, "Key")), row::text(tag, "Value"));
        }
        if row::given(own, "UserName") {
            context.add("aws:username", row::text(own, "UserName"));
        }
    }
    context
}

#[cfg(test)]
mod tests;
