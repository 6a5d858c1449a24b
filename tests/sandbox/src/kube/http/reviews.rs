//! Reviews (nothing is kept) and service account tokens.

use std::sync::OnceLock;

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD as BASE64;
use serde_json::{Value, json};
use sha2::{Digest, Sha256};

use super::answer::Reply;
use super::authn::{self, User};
use super::authz::{self, Action};
use super::{Asked, KubeError, body};
use crate::kube::error::FieldError;
use crate::kube::fields::{Manager, time, track_update};
use crate::kube::kinds::Kind;
use crate::kube::store::meta::uid_of;
use crate::state::State;

/// Answers a `POST` of a review.
///
/// # Errors
/// 405 for other methods, 400 for a body that is no review.
pub fn answer(state: &State, kind: &Kind, asked: &Asked<'_>) -> Result<Reply, KubeError> {
    if asked.method != http::Method::POST {
        return Err(KubeError::method_not_allowed());
    }
    let mut review = body::decode(asked.headers, asked.body)?;
    if !review.is_object() {
        return Err(KubeError::bad_request("the request body is not an object"));
    }
    review["apiVersion"] = json!(kind.api_version());
    review["kind"] = json!(kind.kind);
    if !review["metadata"].is_object() {
        review["metadata"] = json!({});
    }
    let spec = &review["spec"];
    if kind.kind.ends_with("AccessReview")
        && spec["resourceAttributes"].is_object() == spec["nonResourceAttributes"].is_object()
    {
        let text = "exactly one of nonResourceAttributes or resourceAttributes must be specified";
        let error = FieldError::invalid("spec.resourceAttributes", &Value::Null, text);
        let mut refused = KubeError::invalid(kind, "", &[error]);
        // The registry judges a review before it knows its kind.
        refused.message = refused.message.replacen(&kind.kind, "", 1);
        if let Some(details) = refused.details.as_mut().and_then(|d| d.as_object_mut()) {
            details.shift_remove("kind");
        }
        return Err(refused);
    }
    match kind.kind.as_str() {
        "SelfSubjectReview" => review["metadata"]["creationTimestamp"] = time(state.now),
        "SelfSubjectRulesReview" => {
            review["metadata"] = json!({});
            review["spec"] = json!({});
        }
        _ => {
            let agent = asked.headers.get("user-agent").and_then(|v| v.to_str().ok()).unwrap_or_default();
            let name =
                asked.query.get("fieldManager").or_else(|| agent.split('/').next()).unwrap_or_default();
            let manager =
                Manager { name: name.into(), api_version: kind.api_version(), subresource: String::new() };
            let root = state.kube.schema(kind);
            track_update(root.node(), &Value::Null, &mut review, &manager, state.now);
        }
    }
    review["status"] = match kind.kind.as_str() {
        "SelfSubjectReview" => json!({"userInfo": user_info(asked.user)}),
        "SelfSubjectAccessReview" => verdict(state, asked.user, &review["spec"]),
        "SubjectAccessReview" | "LocalSubjectAccessReview" => {
            let user = of_spec(&review["spec"]);
            verdict(state, &user, &review["spec"])
        }
        "SelfSubjectRulesReview" => rules(asked.user),
        "TokenReview" => token_review(state, &review["spec"]),
        _ => return Err(KubeError::no_such_resource()),
    };
    Ok(Reply::json(201, review))
}

fn user_info(user: &User) -> Value {
    let mut info = json!({"username": user.name, "groups": user.groups});
    if !user.uid.is_empty() {
        info["uid"] = json!(user.uid);
    }
    info
}

fn of_spec(spec: &Value) -> User {
    let groups = spec["groups"].as_array().into_iter().flatten();
    User {
        name: spec["user"].as_str().unwrap_or_default().to_owned(),
        groups: groups.filter_map(|g| g.as_str().map(str::to_owned)).collect(),
        uid: String::new(),
        command: false,
        admin: false,
        policies: Vec::new(),
    }
}

fn verdict(state: &State, user: &User, spec: &Value) -> Value {
    let text = |member: &str| spec["resourceAttributes"][member].as_str().unwrap_or_default();
    if !spec["resourceAttributes"].is_object() {
        let path = spec["nonResourceAttributes"]["path"].as_str().unwrap_or_default();
        // What everybody may look at: the roles system:discovery and system:public-info-viewer.
        let open = ["/api", "/apis", "/healthz", "/livez", "/readyz", "/openapi", "/version"];
        let open = open.iter().any(|known| path == *known || path.starts_with(&format!("{known}/")));
        return json!({"allowed": user.admin || open});
    }
    let action = Action {
        verb: text("verb"),
        group: text("group"),
        resource: text("resource"),
        subresource: text("subresource"),
        namespace: text("namespace"),
        name: text("name"),
    };
    let allowed = authz::allowed(state, user, &action);
    json!({"allowed": allowed})
}

fn rules(user: &User) -> Value {
    let all = json!([{"verbs": ["*"], "apiGroups": ["*"], "resources": ["*"]}]);
    json!({
        "resourceRules": if user.admin { all } else { json!([]) },
        "nonResourceRules": [{"verbs": ["get"], "nonResourceURLs": ["/healthz", "/version"]}],
        "incomplete": !user.admin,
    })
}

fn token_review(state: &State, spec: &Value) -> Value {
    let mut headers = http::HeaderMap::new();
    let token = spec["token"].as_str().unwrap_or_default();
    if let Ok(value) = format!("Bearer {token}").parse() {
        headers.insert("authorization", value);
    }
    match authn::user(state, &headers) {
        Ok(user) => json!({"authenticated": true, "user": user_info(&user)}),
        Err(_) => json!({"user": {}, "error": "invalid bearer token"}),
    }
}

fn issuer(state: &State) -> String {
    let cluster = authn::cluster(state);
    let issuer = cluster.and_then(|c| c["identity"]["oidc"]["issuer"].as_str());
    issuer.unwrap_or("https://kubernetes.default.svc.cluster.local").to_owned()
}

/// Tokens are signed by a digest over a secret of this process: nobody outside verifies them, and the
/// sandbox's STS knows them through [`crate::aws`] by their claims.
fn seal(text: &str) -> String {
    static SECRET: OnceLock<[u8; 32]> = OnceLock::new();
    let secret = SECRET.get_or_init(|| {
        let mut bytes = [0_u8; 32];
        getrandom::fill(&mut bytes).expect("the machine has randomness");
        bytes
    });
    BASE64.encode(Sha256::new().chain_update(secret).chain_update(text).finalize())
}

/// `POST …/serviceaccounts/NAME/token`.
///
/// # Errors
/// 404 for an account that is not there.
pub fn token_request(state: &State, asked: &Asked<'_>) -> Result<Reply, KubeError> {
    let target = asked.target;
    let Some(account) = state.kube.get("v1", "ServiceAccount", &target.namespace, &target.name) else {
        let kind = state.kube.kind("v1", "ServiceAccount").ok_or_else(KubeError::no_such_resource)?;
        return Err(KubeError::not_found(&kind, &target.name));
    };
    let mut request = body::decode(asked.headers, asked.body)?;
    if !request["spec"].is_object() {
        request = json!({"spec": {}});
    }
    let seconds = request["spec"]["expirationSeconds"].as_i64().unwrap_or(3600);
    if seconds < 600 {
        let text = "may not specify a duration less than 10 minutes";
        let field = FieldError::invalid("spec.expirationSeconds", &json!(seconds), text);
        let cause = json!({"reason": field.reason, "message": field.message, "field": field.field});
        let details = json!({"group": "authentication.k8s.io", "kind": "TokenRequest", "causes": [cause]});
        let message = format!("TokenRequest.authentication.k8s.io \"\" is invalid: {field}");
        return Err(KubeError {
            details: Some(Box::new(details)),
            ..KubeError::plain(422, "Invalid", message)
        });
    }
    let audiences = match &request["spec"]["audiences"] {
        Value::Array(list) if !list.is_empty() => json!(list),
        _ => json!([issuer(state)]),
    };
    let end = state.now + jiff::SignedDuration::from_secs(seconds);
    let claims = json!({
        "aud": audiences, "exp": end.as_second(), "iat": state.now.as_second(), "iss": issuer(state),
        "kubernetes.io": {
            "namespace": target.namespace,
            "serviceaccount": {"name": target.name, "uid": uid_of(account)},
        },
        "nbf": state.now.as_second(),
        "sub": format!("system:serviceaccount:{}:{}", target.namespace, target.name),
    });
    let header = json!({"alg": "RS256", "kid": key_id()});
    let text = format!("{}.{}", BASE64.encode(header.to_string()), BASE64.encode(claims.to_string()));
    let token = format!("{text}.{}", seal(&text));
    Ok(Reply::json(
        201,
        json!({
            "kind": "TokenRequest", "apiVersion": "authentication.k8s.io/v1",
            "metadata": {"name": target.name, "namespace": target.namespace, "creationTimestamp": time(state.now)},
            "spec": {"audiences": audiences, "expirationSeconds": seconds, "boundObjectRef": request["spec"]["boundObjectRef"]},
            "status": {"token": token, "expirationTimestamp": time(end)},
        }),
    ))
}

/// Who holds a token of ours.
pub fn service_account(state: &State, token: &str) -> Option<User> {
    let (text, sealed) = token.rsplit_once('.')?;
    if seal(text) != sealed {
        return None;
    }
    let claims = BASE64.decode(text.split('.').nth(1)?).ok()?;
    let claims: Value = serde_json::from_slice(&claims).ok()?;
    let issuer = issuer(state);
    let meant = claims["aud"].as_array()?.iter().any(|a| *a == issuer);
    if !meant || claims["exp"].as_i64()? <= state.now.as_second() {
        return None;
    }
    let about = &claims["kubernetes.io"];
    let (namespace, name) = (about["namespace"].as_str()?, about["serviceaccount"]["name"].as_str()?);
    let account = state.kube.get("v1", "ServiceAccount", namespace, name)?;
    if about["serviceaccount"]["uid"] != uid_of(account) {
        return None;
    }
    Some(User {
        name: format!("system:serviceaccount:{namespace}:{name}"),
        groups: vec![
            "system:serviceaccounts".into(),
            format!("system:serviceaccounts:{namespace}"),
            "system:authenticated".into(),
        ],
        uid: uid_of(account).to_owned(),
        command: false,
        admin: false,
        policies: Vec::new(),
    })
}

fn key_id() -> String {
    seal("key id")
}

/// `/openid/v1/jwks`.
pub fn jwks() -> Reply {
    let modulus =
        [seal("n1"), seal("n2"), seal("n3"), seal("n4"), seal("n5"), seal("n6"), seal("n7"), seal("n8")];
    let key = json!({
        "use": "sig", "kty": "RSA", "kid": key_id(), "alg": "RS256", "n": modulus.concat(), "e": "AQAB",
    });
    let mut reply = Reply::json(200, json!({"keys": [key]}));
    reply.content_type = "application/jwk-set+json";
    reply
}

/// `/.well-known/openid-configuration`.
pub fn openid_configuration(state: &State) -> Reply {
    let issuer = issuer(state);
    Reply::json(
        200,
        json!({
            "issuer": issuer, "jwks_uri": format!("{issuer}/keys"), "response_types_supported": ["id_token"],
            "subject_types_supported": ["public"], "id_token_signing_alg_values_supported": ["RS256"],
        }),
    )
}
