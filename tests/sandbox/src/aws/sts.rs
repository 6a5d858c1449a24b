//! STS: who is calling, and sessions of roles. The judgement of web identities is `identity`'s.

use std::time::Duration;

use serde_json::{Value, json};

use super::{access, identity, not_served, row};
use crate::call::{Answer, AwsError, Call, Principal};
use crate::server::session;
use crate::state::State;

/// How long a session lasts when the request does not say (AWS: one hour).
const DEFAULT_SESSION: u64 = 3600;

/// Handles an operation of STS.
///
/// # Errors
/// `AccessDenied`, `InvalidIdentityToken`, `ExpiredTokenException`.
pub fn handle(state: &mut State, call: &Call) -> Answer {
    match call.operation.as_str() {
        "GetCallerIdentity" => Ok(caller_identity(state, &call.principal)),
        "AssumeRole" => assume_role(state, call),
        "AssumeRoleWithWebIdentity" => with_web_identity(state, call),
        _ => Err(not_served(call)),
    }
}

fn caller_identity(state: &State, principal: &Principal) -> Value {
    let arn = access::arn(state, principal);
    let id = access::user_id(state, principal);
    json!({"UserId": id, "Account": state.account, "Arn": arn})
}

/// The trust policy alone decides; that a trust in the whole account leaves the rest to the asker's own
/// policies is not simulated.
fn assume_role(state: &mut State, call: &Call) -> Answer {
    let arn = call.text("RoleArn").unwrap_or_default();
    let session = call.text("RoleSessionName").unwrap_or_default();
    let refusal = || {
        let who = access::arn(state, &call.principal);
        let text = format!("User: {who} is not authorized to perform: sts:AssumeRole on resource: {arn}");
        AwsError::new("AccessDenied", text).with_status(403)
    };
    let role = identity::visible_role(state, arn).ok_or_else(refusal)?;
    let asker = identity::Asker::Principal(&call.principal);
    if !identity::trusts(state, role, &asker, "sts:AssumeRole") {
        return Err(refusal());
    }
    let role = role.clone();
    Ok(session_answer(state, &role, session, call))
}

fn with_web_identity(state: &mut State, call: &Call) -> Answer {
    let arn = call.text("RoleArn").unwrap_or_default().to_owned();
    let session = call.text("RoleSessionName").unwrap_or_default();
    let claims = identity::claims_of(call.text("WebIdentityToken").unwrap_or_default())?;
    identity::judge_web_identity(state, &arn, &claims)?;
    crate::real::hooks::verify(state, call.text("WebIdentityToken").unwrap_or_default())?;
    let Some(role) = identity::visible_role(state, &arn).cloned() else {
        return Err(identity::web_identity_refused());
    };
    let mut answer = session_answer(state, &role, session, call);
    row::set(&mut answer, "SubjectFromWebIdentityToken", claims.subject.as_str());
    row::set(&mut answer, "Audience", claims.audiences.first().map(String::as_str));
    row::set(&mut answer, "Provider", identity::provider_arn(state, &claims.issuer));
    Ok(answer)
}

fn session_answer(state: &mut State, role: &Value, name: &str, call: &Call) -> Value {
    let role_name = row::text(role, "RoleName").to_owned();
    let principal = Principal::AssumedRole { role: role_name, session: name.to_owned() };
    let seconds = call.input.get("DurationSeconds").and_then(Value::as_u64).unwrap_or(DEFAULT_SESSION);
    let credentials = session::issue(state, &principal, Duration::from_secs(seconds));
    json!({
        "Credentials": credentials,
        "AssumedRoleUser": {
            "AssumedRoleId": format!("{}:{name}", row::text(role, "RoleId")),
            "Arn": access::arn(state, &principal),
        },
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::call::Client;

    fn ask(state: &mut State, principal: Principal, operation: &str, input: Value) -> Answer {
        let call = Call {
            service: "sts".into(),
            operation: operation.into(),
            input,
            principal,
            client: Client::Command,
            region: "us-west-2".into(),
        };
        crate::aws::call(state, &call)
    }

    fn session(role: &str) -> Principal {
        Principal::AssumedRole { role: role.into(), session: "s".into() }
    }

    #[test]
    fn callers_are_named() {
        let mut state = State::new("111122223333", "us-west-2");
        let mut arn = |caller: &str| {
            state.caller = caller.into();
            let answer = ask(&mut state, Principal::Caller, "GetCallerIdentity", json!({})).unwrap();
            assert_eq!(answer["Account"], "111122223333");
            (answer["Arn"].as_str().unwrap().to_owned(), answer["UserId"].as_str().unwrap()[..4].to_owned())
        };
        for (caller, wanted, id) in [
            (
                "arn:aws:iam::111122223333:role/team/admin",
                "arn:aws:sts::111122223333:assumed-role/admin/fsxctl-sandbox",
                "AROA",
            ),
            (
                "arn:aws:sts::111122223333:assumed-role/admin/me",
                "arn:aws:sts::111122223333:assumed-role/admin/me",
                "AROA",
            ),
            ("arn:aws:iam::111122223333:user/ann", "arn:aws:iam::111122223333:user/ann", "AIDA"),
            ("arn:aws:iam::111122223333:root", "arn:aws:iam::111122223333:root", "1111"),
        ] {
            assert_eq!(arn(caller), (wanted.to_owned(), id.to_owned()));
        }
    }

    #[test]
    fn roles_are_given_to_whom_they_trust() {
        let mut state = State::new("111122223333", "us-west-2");
        let trust = json!({"Statement": [{
            "Effect": "Allow", "Action": "sts:AssumeRole", "Principal": {"AWS": "arn:aws:iam::111122223333:role/a"},
        }]});
        state.rows_mut("iam.Roles").push(json!({"RoleName": "a"}));
        state.rows_mut("iam.Roles").push(json!({"RoleName": "b", "AssumeRolePolicyDocument": trust}));
        let input = |role: &str| json!({"RoleArn": format!("arn:aws:iam::111122223333:role/{role}"), "RoleSessionName": "x"});
        let got = ask(&mut state, session("a"), "AssumeRole", input("b")).unwrap();
        assert_eq!(got["AssumedRoleUser"]["Arn"], "arn:aws:sts::111122223333:assumed-role/b/x");
        let key = got["Credentials"]["AccessKeyId"].as_str().unwrap();
        let known = session::by_key(&state, key).unwrap();
        assert_eq!(known.principal, Principal::AssumedRole { role: "b".into(), session: "x".into() });
        // An administrator, too, needs the role's trust.
        let error = ask(&mut state, Principal::Caller, "AssumeRole", input("b")).unwrap_err();
        assert_eq!(error.code, "AccessDenied");
        state.caller = "arn:aws:iam::111122223333:role/a".into();
        assert!(ask(&mut state, Principal::Caller, "AssumeRole", input("b")).is_ok());
        for (who, role) in [("b", "b"), ("b", "a"), ("a", "none")] {
            let error = ask(&mut state, super::tests::session(who), "AssumeRole", input(role)).unwrap_err();
            assert_eq!((error.status, error.code.as_str()), (403, "AccessDenied"), "{who} {role}");
            assert!(
                error
                    .message
                    .contains("is not authorized to perform: sts:AssumeRole on resource: arn:aws:iam")
            );
        }
    }
}
