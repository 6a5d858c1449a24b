//! SimulatePrincipalPolicy over the same engine that judges real calls.

use serde_json::{Value, json};

use super::super::policy::{self, Ask, Context, Judgement, Verdict};
use super::super::{access, row};
use super::{check, documents, no_such};
use crate::call::{Answer, Call, Principal};
use crate::state::State;

/// SimulatePrincipalPolicy: one result for each action and resource.
///
/// # Errors
/// `NoSuchEntity`, `MalformedPolicyDocument`.
pub fn principal(state: &State, call: &Call) -> Answer {
    let arn = call.text("PolicySourceArn").unwrap_or_default();
    let found = state.find("iam.Roles", "Arn", arn).or_else(|| state.find("iam.Users", "Arn", arn));
    let source = found.ok_or_else(|| no_such(format!("No entity found for {arn}.")))?;
    let extra = call.texts("PolicyInputList").into_iter();
    let extra: Vec<Value> =
        extra.map(|text| check::document(text, check::Kind::Identity)).collect::<Result<_, _>>()?;
    let mut own = documents::of_principal(state, source);
    own.extend(extra.iter());
    let context = context(state, source, call);
    let mut resources = call.texts("ResourceArns");
    if resources.is_empty() {
        resources.push("*");
    }
    let mut results = Vec::new();
    for action in call.texts("ActionNames") {
        for resource in &resources {
            results.push(result(state, source, &own, Ask { action, resource, context: &context }));
        }
    }
    Ok(json!({"EvaluationResults": results}))
}

fn context(state: &State, source: &Value, call: &Call) -> Context {
    let principal = match source["UserName"].as_str() {
        Some(name) => Principal::User { name: name.to_owned() },
        None => Principal::AssumedRole {
            role: row::text(source, "RoleName").to_owned(),
            session: "simulation".to_owned(),
        },
    };
    let mut context = access::principal_context(state, &principal);
    for entry in row::list(&call.input, "ContextEntries") {
        for value in row::strings(entry, "ContextKeyValues") {
            context.add(row::text(entry, "ContextKeyName"), value);
        }
    }
    context
}

fn result(state: &State, source: &Value, own: &[&Value], ask: Ask<'_>) -> Value {
    let judged = policy::evaluate(own, ask);
    let boundary = source["PermissionsBoundary"]["PermissionsBoundaryArn"].as_str();
    let boundary: Option<Judgement> = boundary.map(|arn| {
        let documents: Vec<&Value> = documents::of_policy(state, arn).into_iter().collect();
        policy::evaluate(&documents, ask)
    });
    let held_back = boundary.as_ref().is_some_and(|judged| !judged.is_allowed());
    let denied = |judged: &Judgement| judged.verdict == Verdict::Denied;
    let decision = if denied(&judged) || boundary.as_ref().is_some_and(denied) {
        "explicitDeny"
    } else if judged.is_allowed() && !held_back {
        "allowed"
    } else {
        "implicitDeny"
    };
    let mut answer = json!({
        "EvalActionName": ask.action,
        "EvalResourceName": ask.resource,
        "EvalDecision": decision,
        "MatchedStatements": [],
        "MissingContextValues": [],
    });
    if boundary.is_some() {
        let detail = json!({"AllowedByPermissionsBoundary": !held_back});
        row::set(&mut answer, "PermissionsBoundaryDecisionDetail", detail);
    }
    answer
}
