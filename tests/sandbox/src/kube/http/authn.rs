//! Who asks: the run's static token, EKS tokens, service account tokens.

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD as BASE64;
use http::HeaderMap;
use jiff::Timestamp;
use serde_json::Value;

use super::KubeError;
use super::reviews;
use crate::call::{Client, Principal};
use crate::server::session;
use crate::state::State;

/// Who asks, as Kubernetes sees it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct User {
    /// User name.
    pub name: String,
    /// Groups.
    pub groups: Vec<String>,
    /// Unique id, empty when there is none.
    pub uid: String,
    /// COMMAND's own identity: judged by the world's `denied`.
    pub command: bool,
    /// Cluster administrator, whatever RBAC says.
    pub admin: bool,
    /// Access policies of the access entry: short name and the namespaces (empty: all).
    pub policies: Vec<(String, Vec<String>)>,
}

/// The program, told from `User-Agent`.
pub fn program(headers: &HeaderMap) -> Client {
    let agent = headers.get("user-agent").and_then(|v| v.to_str().ok()).unwrap_or_default();
    if agent.starts_with("kubectl/") {
        Client::Kubectl
    } else if agent.starts_with("Helm/") {
        Client::Helm
    } else {
        Client::Command
    }
}

/// Who sent the request.
///
/// # Errors
/// 401, without saying why, as the API server does.
pub fn user(state: &State, headers: &HeaderMap) -> Result<User, KubeError> {
    let header = headers.get("authorization").and_then(|v| v.to_str().ok()).unwrap_or_default();
    let token = header.strip_prefix("Bearer ").map(str::trim).unwrap_or_default();
    let found = if token.is_empty() {
        None
    } else if session::kube_token(state) == Some(token) {
        Some(Principal::Caller).and_then(|who| of_principal(state, &who))
    } else if let Some(encoded) = token.strip_prefix("k8s-aws-v1.") {
        eks_token(state, encoded).and_then(|who| of_principal(state, &who))
    } else {
        reviews::service_account(state, token)
    };
    found.ok_or_else(KubeError::unauthorized)
}

/// The cluster that the Kubernetes side stands for: the first EKS cluster of the world.
pub fn cluster(state: &State) -> Option<&Value> {
    state.rows("eks.clusters").first()
}

/// Checks an EKS token: a presigned STS GetCallerIdentity URL, made for this cluster, not expired.
fn eks_token(state: &State, encoded: &str) -> Option<Principal> {
    let bytes = BASE64.decode(encoded.trim_end_matches('=')).ok()?;
    let url = String::from_utf8(bytes).ok()?;
    let (_, query) = url.split_once('?')?;
    let params: Vec<(String, String)> = form_urlencoded::parse(query.as_bytes()).into_owned().collect();
    let get = |name: &str| params.iter().find(|(k, _)| k.eq_ignore_ascii_case(name)).map(|(_, v)| v.as_str());
    if get("Action") != Some("GetCallerIdentity") {
        return None;
    }
    let signed = get("X-Amz-SignedHeaders")?;
    if !signed.split(';').any(|h| h == "x-k8s-aws-id") {
        return None;
    }
    let made: Timestamp = jiff::fmt::strtime::parse("%Y%m%dT%H%M%SZ", get("X-Amz-Date")?)
        .ok()?
        .to_datetime()
        .ok()?
        .to_zoned(jiff::tz::TimeZone::UTC)
        .ok()?
        .timestamp();
    // aws-iam-authenticator: 15 minutes whatever the URL says, and no token from the future.
    let age = state.now.duration_since(made).as_secs();
    if !(-300..=900).contains(&age) {
        return None;
    }
    let mut scope = get("X-Amz-Credential")?.split('/');
    let key = scope.next()?;
    let known = session::by_key(state, key)?;
    if known.expires.is_some_and(|end| end <= state.now)
        || known.token.as_deref() != get("X-Amz-Security-Token")
    {
        return None;
    }
    let name = cluster(state)?["name"].as_str()?;
    // The secret of a user's key stands in no world file, so that its signature cannot be recomputed.
    if let Some(secret) =
        state.find(session::SESSIONS, "AccessKeyId", key).and_then(|r| r["SecretAccessKey"].as_str())
        && !super::presign::verify(&url, secret, name)
    {
        return None;
    }
    Some(known.principal)
}

/// IAM ARN, session name (empty for users) and whether it is COMMAND's identity.
fn arn_of(state: &State, who: &Principal) -> Option<(String, String, bool)> {
    let partition = state.partition();
    let account = &state.account;
    match who {
        Principal::Caller => Some((state.caller.clone(), "fsxctl-sandbox".into(), true)),
        Principal::User { name } => {
            let arn = state.find("iam.Users", "UserName", name).and_then(|u| u["Arn"].as_str());
            let plain = format!("arn:{partition}:iam::{account}:user/{name}");
            let arn = arn.map_or(plain, str::to_owned);
            let same = arn == state.caller;
            Some((arn, String::new(), same))
        }
        Principal::AssumedRole { role, session } => {
            let row = state.find("iam.Roles", "RoleName", role);
            let plain = format!("arn:{partition}:iam::{account}:role/{role}");
            let arn = row.and_then(|r| r["Arn"].as_str()).map_or(plain, str::to_owned);
            let same = arn == state.caller;
            Some((arn, session.clone(), same))
        }
        Principal::Service => None,
    }
}

/// Whether the world lists the ARN's user or role in IAM.
fn listed(state: &State, arn: &str) -> bool {
    let Some((_, resource)) = arn.rsplit_once(':') else { return false };
    let name = resource.rsplit('/').next().unwrap_or_default();
    if resource.starts_with("user/") {
        return state.find("iam.Users", "UserName", name).is_some();
    }
    state.find("iam.Roles", "RoleName", name).is_some()
}

/// An IAM principal as Kubernetes user: by its access entry; COMMAND's identity is cluster-admin when
/// the world's IAM does not list it.
fn of_principal(state: &State, who: &Principal) -> Option<User> {
    let (arn, session, command) = arn_of(state, who)?;
    let name = arn.rsplit('/').next().unwrap_or_default();
    let assumed = format!("arn:{}:sts::{}:assumed-role/{name}/{session}", state.partition(), state.account);
    let shown = if session.is_empty() || !arn.contains(":role/") { arn.clone() } else { assumed };
    let mut user = User {
        name: shown,
        groups: vec!["system:authenticated".into()],
        uid: format!("aws-iam-authenticator:{}:{name}", state.account),
        command,
        admin: command && !listed(state, &arn),
        policies: Vec::new(),
    };
    if user.admin {
        return Some(user);
    }
    let cluster = cluster(state)?["name"].clone();
    let entry = state.rows("eks.accessEntries").iter().find(|e| {
        e["principalArn"] == arn.as_str() && (e["clusterName"].is_null() || e["clusterName"] == cluster)
    })?;
    if let Some(username) = entry["username"].as_str() {
        user.name = username.replace("{{SessionName}}", &session);
    }
    let texts = |v: &Value| -> Vec<String> {
        v.as_array().into_iter().flatten().filter_map(|t| t.as_str().map(str::to_owned)).collect()
    };
    user.groups.extend(texts(&entry["kubernetesGroups"]));
    let policies = entry.get("AssociatedPolicies").or_else(|| entry.get("associatedAccessPolicies"));
    for policy in policies.and_then(Value::as_array).into_iter().flatten() {
        let arn = policy["policyArn"].as_str().unwrap_or_default();
        let short = arn.rsplit('/').next().unwrap_or_default().to_owned();
        user.policies.push((short, texts(&policy["accessScope"]["namespaces"])));
    }
    Some(user)
}
