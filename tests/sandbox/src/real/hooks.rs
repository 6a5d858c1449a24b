//! What EKS puts between its API server and AWS: the token authenticator, the authorizer of access policies, the pod
//! identity webhook, and the Pod Identity agent of the nodes. The real API server and driver ask here.

use base64::Engine as _;
use base64::engine::general_purpose::{STANDARD, URL_SAFE_NO_PAD};
use bytes::Bytes;
use http::{HeaderMap, Response, StatusCode, header};
use ring::signature::{ECDSA_P256_SHA256_FIXED, UnparsedPublicKey};
use serde_json::{Value, json};

use crate::aws::identity;
use crate::call::AwsError;
use crate::kube::http::access;
use crate::server::{Body, full};
use crate::state::State;

/// Every path here begins with it.
pub const ROOT: &str = "/sandbox.fsxctl.io";

/// Where the driver's SDK fetches the credentials of Pod Identity.
pub const CREDENTIALS: &str = "/sandbox.fsxctl.io/credentials";

/// The webhook that the API server calls for every new pod.
pub const ADMISSION: &str = "/sandbox.fsxctl.io/admission";

/// Answers, if the path is one of these.
pub fn answer(state: &mut State, path: &str, headers: &HeaderMap, body: &[u8]) -> Option<Response<Body>> {
    let review = || serde_json::from_slice::<Value>(body).unwrap_or_default();
    match path.strip_prefix(ROOT)? {
        "/authentication" => Some(json_answer(200, &token_review(state, review()))),
        "/authorization" => Some(json_answer(200, &access_review(state, review()))),
        "/admission" => Some(json_answer(200, &admission(state, &review()))),
        "/credentials" => Some(credentials(state, headers)),
        _ => Some(json_answer(404, &json!({}))),
    }
}

fn json_answer(status: u16, body: &Value) -> Response<Body> {
    let mut response = Response::new(full(Bytes::from(body.to_string())));
    *response.status_mut() = StatusCode::from_u16(status).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR);
    response.headers_mut().insert(header::CONTENT_TYPE, header::HeaderValue::from_static("application/json"));
    response
}

fn token_review(state: &State, mut review: Value) -> Value {
    let token = review["spec"]["token"].as_str().unwrap_or_default();
    let audiences = review["spec"]["audiences"].clone();
    review["status"] = match access::holder(state, token) {
        Some(user) => json!({"authenticated": true, "user": user, "audiences": audiences}),
        None => json!({"authenticated": false}),
    };
    review
}

/// EKS's authorizer, which is asked before RBAC: its access policies, and what a world denies.
fn access_review(state: &State, mut review: Value) -> Value {
    review["status"] = match access::opinion(state, &review["spec"]) {
        Some(true) => json!({"allowed": true}),
        Some(false) => json!({"allowed": false, "denied": true}),
        None => json!({"allowed": false}),
    };
    review
}

/// aws/amazon-eks-pod-identity-webhook, as a JSON patch.
fn admission(state: &mut State, review: &Value) -> Value {
    let request = &review["request"];
    let mut pod = request["object"].clone();
    if pod["metadata"]["namespace"].is_null() {
        pod["metadata"]["namespace"] = request["namespace"].clone();
    }
    // The webhook waits for its cache to know a service account (`--service-account-lookup-grace-period`).
    let namespace = pod["metadata"]["namespace"].as_str().unwrap_or_default().to_owned();
    let account = identity::admission::service_account(&pod).to_owned();
    let path = format!("/api/v1/namespaces/{namespace}/serviceaccounts/{account}");
    if let Some(found) = state.real.as_ref().and_then(|cluster| cluster.admin().get(&path)) {
        state.kube.copy(found);
    }
    let before = pod["spec"].clone();
    identity::admit_pod(state, &mut pod);
    let mut response = json!({"uid": request["uid"], "allowed": true});
    if pod["spec"] != before {
        let patch = json!([{"op": "replace", "path": "/spec", "value": pod["spec"]}]);
        response["patchType"] = json!("JSONPatch");
        response["patch"] = json!(STANDARD.encode(patch.to_string()));
    }
    json!({"apiVersion": "admission.k8s.io/v1", "kind": "AdmissionReview", "response": response})
}

/// The Pod Identity agent: its token says which pod asks.
fn credentials(state: &mut State, headers: &HeaderMap) -> Response<Body> {
    let token = headers.get(header::AUTHORIZATION).and_then(|value| value.to_str().ok()).unwrap_or_default();
    let found = verify(state, token)
        .and_then(|()| identity::claims_of(token))
        .and_then(|claims| identity::pod::by_token(state, &claims));
    match found {
        Ok(principal) => {
            let keys =
                crate::server::session::issue(state, &principal, std::time::Duration::from_secs(6 * 3600));
            let account = &state.account;
            json_answer(
                200,
                &json!({
                    "AccessKeyId": keys["AccessKeyId"], "SecretAccessKey": keys["SecretAccessKey"],
                    "Token": keys["SessionToken"], "Expiration": keys["Expiration"], "AccountId": account,
                }),
            )
        }
        // An agent that is not there answers nobody: the SDK tries again, as it does when nothing answers.
        Err(error) => json_answer(503, &json!({"code": error.code, "message": error.message})),
    }
}

/// Whether the API server has signed a token, by the keys that it publishes.
///
/// # Errors
/// `InvalidIdentityToken`; the words for a wrong signature are UNCONFIRMED.
pub fn verify(state: &State, token: &str) -> Result<(), AwsError> {
    let Some(cluster) = &state.real else { return Ok(()) };
    let refused = || AwsError::new("InvalidIdentityToken", "The token's signature cannot be verified");
    let (signed, signature) = token.rsplit_once('.').ok_or_else(refused)?;
    let decode = |text: &str| URL_SAFE_NO_PAD.decode(text.trim_end_matches('=')).map_err(|_| refused());
    let head: Value = serde_json::from_slice(&decode(signed.split('.').next().unwrap_or_default())?)
        .map_err(|_| refused())?;
    let keys = cluster.keys();
    let key =
        keys.iter().find(|key| key["kid"] == head["kid"] && key["crv"] == "P-256").ok_or_else(refused)?;
    let mut point = vec![4_u8];
    for axis in ["x", "y"] {
        point.extend(decode(key[axis].as_str().unwrap_or_default())?);
    }
    let key = UnparsedPublicKey::new(&ECDSA_P256_SHA256_FIXED, point);
    key.verify(signed.as_bytes(), &decode(signature)?).map_err(|_| refused())
}
