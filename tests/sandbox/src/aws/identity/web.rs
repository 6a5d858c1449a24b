//! AssumeRoleWithWebIdentity: tokens, providers, and the judgement.
//!
//! The signature of a token is the token server's business (`kube`); here its claims are read and judged
//! against the account's OIDC providers and the role's trust policy.

use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use serde_json::Value;

use super::super::row;
use super::trust::{self, Asker};
use crate::call::AwsError;
use crate::state::State;

/// What a token says about its holder.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Claims {
    /// `iss`, with `https://`.
    pub issuer: String,
    /// `sub`.
    pub subject: String,
    /// `aud`, one or more.
    pub audiences: Vec<String>,
    /// `exp`, seconds since 1970.
    pub expires: Option<i64>,
    /// Name of the pod that the token is bound to.
    pub pod: Option<String>,
}

/// Reads the claims of a JSON Web Token.
///
/// # Errors
/// `InvalidIdentityToken` when it is none.
pub fn claims_of(token: &str) -> Result<Claims, AwsError> {
    let parts: Vec<&str> = token.split('.').collect();
    let payload = match parts.as_slice() {
        [_, payload, _] => URL_SAFE_NO_PAD.decode(payload.trim_end_matches('=')).ok(),
        _ => None,
    };
    let claims = payload.and_then(|bytes| serde_json::from_slice::<Value>(&bytes).ok());
    let Some(claims) = claims.filter(|claims| row::given(claims, "iss")) else {
        let text =
            "The ID Token provided is not a valid JWT. (You may see this error if you sent an Access Token)";
        return Err(AwsError::new("InvalidIdentityToken", text));
    };
    Ok(Claims {
        issuer: row::text(&claims, "iss").to_owned(),
        subject: row::text(&claims, "sub").to_owned(),
        audiences: row::strings(&claims, "aud").into_iter().map(str::to_owned).collect(),
        expires: claims.get("exp").and_then(Value::as_i64),
        pod: claims["kubernetes.io"]["pod"]["name"].as_str().map(str::to_owned),
    })
}

/// The ARN that the provider of an issuer has or would have (as eksctl builds it).
pub fn provider_arn(state: &State, issuer: &str) -> String {
    let host = issuer.trim_start_matches("https://");
    format!("arn:{}:iam::{}:oidc-provider/{host}", state.partition(), state.account)
}

/// Whether the holder of these claims gets the role.
///
/// # Errors
/// `InvalidIdentityToken` without a provider or with a wrong audience, `ExpiredTokenException`,
/// `AccessDenied` when the role does not exist, is not seen yet, or does not trust the holder.
pub fn judge_web_identity(state: &State, role_arn: &str, claims: &Claims) -> Result<(), AwsError> {
    let issuer = claims.issuer.as_str();
    let provider = state.find("iam.OpenIDConnectProviders", "Arn", &provider_arn(state, issuer));
    let Some(provider) = provider.filter(|provider| trust::is_visible(state, provider)) else {
        let text = format!("No OpenIDConnect provider found in your account for {issuer}");
        return Err(AwsError::new("InvalidIdentityToken", text));
    };
    let known = row::strings(provider, "ClientIDList");
    if !claims.audiences.iter().any(|audience| known.contains(&audience.as_str())) {
        return Err(AwsError::new("InvalidIdentityToken", "Incorrect token audience"));
    }
    let now = state.now.as_second();
    if let Some(expires) = claims.expires.filter(|expires| *expires <= now) {
        let text = format!(
            "Token expired: current date/time {now} must be before the expiration date/time {expires}"
        );
        return Err(AwsError::new("ExpiredTokenException", text));
    }
    let role = trust::visible_role(state, role_arn).ok_or_else(web_identity_refused)?;
    if trust::trusts(state, role, &Asker::WebIdentity(claims), "sts:AssumeRoleWithWebIdentity") {
        Ok(())
    } else {
        Err(web_identity_refused())
    }
}

/// The refusal for every fault of role and trust; AWS does not say which it is.
pub fn web_identity_refused() -> AwsError {
    AwsError::new("AccessDenied", "Not authorized to perform sts:AssumeRoleWithWebIdentity").with_status(403)
}
