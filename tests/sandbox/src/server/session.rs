//! Access keys and bearer tokens that the sandbox itself hands out, and who holds them.
//!
//! They are rows of `sts.$Sessions` and never saved: every run of the sandbox makes new ones.

use std::time::Duration;

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use jiff::Timestamp;
use serde_json::{Value, json};

use crate::call::Principal;
use crate::state::State;

/// The collection of the credentials handed out: `AccessKeyId`, `SecretAccessKey`, `SessionToken`,
/// `Expiration`, and under `$principal` who they stand for.
pub const SESSIONS: &str = "sts.$Sessions";

/// Who holds an access key.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Known {
    /// Whose permissions count.
    pub principal: Principal,
    /// The session token that must come with it; none for a user's long-lived key.
    pub token: Option<String>,
    /// When it ends; none for a user's long-lived key.
    pub expires: Option<Timestamp>,
}

/// Makes temporary credentials for a principal and remembers them; the answer is the `Credentials`
/// shape of STS (and an own `$principal`, which is never sent).
pub fn issue(state: &mut State, principal: &Principal, life: Duration) -> Value {
    let expires = state.now + jiff::SignedDuration::try_from(life).unwrap_or_default();
    issue_until(state, principal, expires)
}

/// The same with the moment at which they end.
pub fn issue_until(state: &mut State, principal: &Principal, expires: Timestamp) -> Value {
    let row = json!({
        "AccessKeyId": format!("ASIA{}", state.hex(16).to_uppercase()),
        "SecretAccessKey": STANDARD.encode(state.hex(30)),
        "SessionToken": STANDARD.encode(state.hex(120)),
        "Expiration": expires.to_string(),
        "$principal": encode(principal),
    });
    state.rows_mut(SESSIONS).push(row.clone());
    row
}

/// Who holds this access key, if the world knows it: handed out by the sandbox, or a user's key that the
/// world file lists under `iam.Users[].AccessKeys` (a string, or an object with `AccessKeyId`).
pub fn by_key(state: &State, key: &str) -> Option<Known> {
    if let Some(row) = state.find(SESSIONS, "AccessKeyId", key) {
        return Some(Known {
            principal: decode(&row["$principal"])?,
            token: row["SessionToken"].as_str().map(str::to_owned),
            expires: row["Expiration"].as_str().and_then(|text| text.parse().ok()),
        });
    }
    let user = state.rows("iam.Users").iter().find(|user| {
        let keys = user["AccessKeys"].as_array();
        keys.is_some_and(|keys| keys.iter().any(|k| k == key || k["AccessKeyId"] == key))
    })?;
    let name = user["UserName"].as_str()?.to_owned();
    Some(Known { principal: Principal::User { name }, token: None, expires: None })
}

/// Where the static token of the kubeconfig stands; never saved.
const KUBE_TOKEN: &str = "$kubeToken";

/// The bearer token of the kubeconfig: whoever sends it is the world's caller.
pub fn kube_token(state: &State) -> Option<&str> {
    state.other.get(KUBE_TOKEN).and_then(Value::as_str)
}

/// Makes the kubeconfig's token.
pub fn issue_kube_token(state: &mut State) -> String {
    let token = state.hex(48);
    state.other.insert(KUBE_TOKEN.to_owned(), Value::from(token.as_str()));
    token
}

fn encode(principal: &Principal) -> Value {
    match principal {
        Principal::Caller => json!({"kind": "caller"}),
        Principal::User { name } => json!({"kind": "user", "name": name}),
        Principal::AssumedRole { role, session } => json!({"kind": "role", "role": role, "session": session}),
        Principal::Service => json!({"kind": "service"}),
    }
}

fn decode(value: &Value) -> Option<Principal> {
    let text = |member: &str| value[member].as_str().map(str::to_owned);
    match value["kind"].as_str()? {
        "caller" => Some(Principal::Caller),
        "user" => Some(Principal::User { name: text("name")? }),
        "role" => Some(Principal::AssumedRole { role: text("role")?, session: text("session")? }),
        "service" => Some(Principal::Service),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn issued_keys_are_known_and_others_are_not() {
        let mut state = State::new("111122223333", "us-west-2");
        let role = Principal::AssumedRole { role: "driver".into(), session: "s".into() };
        let row = issue(&mut state, &role, Duration::from_secs(3600));
        let known = by_key(&state, row["AccessKeyId"].as_str().unwrap()).unwrap();
        assert_eq!(known.principal, role);
        assert_eq!(known.token.as_deref(), row["SessionToken"].as_str());
        assert!(by_key(&state, "AKIAUNKNOWN").is_none());
        state
            .rows_mut("iam.Users")
            .push(json!({"UserName": "ann", "AccessKeys": ["AKIA1", {"AccessKeyId": "AKIA2"}]}));
        for key in ["AKIA1", "AKIA2"] {
            assert_eq!(
                by_key(&state, key).unwrap().principal,
                Principal::User { name: "ann".into() },
                "{key}"
            );
        }
    }
}
