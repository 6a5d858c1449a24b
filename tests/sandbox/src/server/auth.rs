//! Who signed an AWS request: the header of Signature Version 4, and what each service says of a key that
//! it does not take. Signatures are parsed, not recomputed: a sandbox has no secrets worth keeping.

use http::HeaderMap;
use jiff::Timestamp;

use super::session::{self, Known};
use crate::call::AwsError;
use crate::state::State;

/// The credential scope of a signed request.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Scope {
    /// The access key.
    pub key: String,
    /// The Region that was signed for.
    pub region: String,
    /// The signing name of the service.
    pub service: String,
}

/// Reads the `Authorization` header.
pub fn scope(headers: &HeaderMap) -> Option<Scope> {
    let text = headers.get("authorization")?.to_str().ok()?;
    let fields = text.strip_prefix("AWS4-HMAC-SHA256")?;
    let field =
        |name: &str| fields.split(',').find_map(|part| part.trim().strip_prefix(name)?.strip_prefix('='));
    field("Signature").filter(|s| s.len() == 64)?;
    field("SignedHeaders").filter(|s| s.split(';').any(|name| name == "host"))?;
    let mut parts = field("Credential")?.split('/');
    let (key, _date, region, service) = (parts.next()?, parts.next()?, parts.next()?, parts.next()?);
    (parts.next()? == "aws4_request").then(|| Scope {
        key: key.into(),
        region: region.into(),
        service: service.into(),
    })
}

/// Who holds the key of a request, when its credentials are good now.
///
/// # Errors
/// Each service's own words for an unknown key, a wrong session token and expired credentials.
pub fn holder(state: &State, scope: &Scope, headers: &HeaderMap, now: Timestamp) -> Result<Known, AwsError> {
    let known = session::by_key(state, &scope.key).ok_or_else(|| unknown(&scope.service))?;
    let token = headers.get("x-amz-security-token").and_then(|v| v.to_str().ok());
    if known.token.as_deref() != token {
        return Err(unknown(&scope.service));
    }
    if known.expires.is_some_and(|end| end <= now) {
        return Err(expired(&scope.service));
    }
    Ok(known)
}

/// No usable `Authorization` header.
pub fn missing(service: &str) -> AwsError {
    let (code, status) = match service {
        "ec2" => ("MissingAuthenticationToken", 400),
        "iam" | "sts" => ("MissingAuthenticationToken", 403),
        _ => ("MissingAuthenticationTokenException", 400),
    };
    AwsError::new(code, "Request is missing Authentication Token").with_status(status)
}

fn unknown(service: &str) -> AwsError {
    const INVALID: &str = "The security token included in the request is invalid.";
    match service {
        "ec2" => AwsError::new("AuthFailure", "AWS was not able to validate the provided access credentials")
            .with_status(401),
        "iam" | "sts" => AwsError::new("InvalidClientTokenId", INVALID).with_status(403),
        "eks" => AwsError::new("UnrecognizedClientException", INVALID).with_status(403),
        _ => AwsError::new("UnrecognizedClientException", INVALID),
    }
}

fn expired(service: &str) -> AwsError {
    const EXPIRED: &str = "The security token included in the request is expired";
    match service {
        "ec2" => AwsError::new("RequestExpired", "Request has expired."),
        "iam" | "sts" => AwsError::new("ExpiredToken", EXPIRED).with_status(403),
        "eks" => AwsError::new("ExpiredTokenException", EXPIRED).with_status(403),
        _ => AwsError::new("ExpiredTokenException", EXPIRED),
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::*;
    use crate::call::Principal;

    fn header(text: &str) -> HeaderMap {
        HeaderMap::from_iter([(http::header::AUTHORIZATION, text.parse().unwrap())])
    }

    #[test]
    fn only_a_whole_header_is_a_scope() {
        let signature = "a".repeat(64);
        let good = format!(
            "AWS4-HMAC-SHA256 Credential=AKIA/20260102/us-west-2/fsx/aws4_request, SignedHeaders=host;x-amz-date, Signature={signature}"
        );
        let scope_of = scope(&header(&good)).unwrap();
        assert_eq!(
            (scope_of.key.as_str(), scope_of.region.as_str(), scope_of.service.as_str()),
            ("AKIA", "us-west-2", "fsx")
        );
        for broken in [
            good.replace("AWS4-HMAC-SHA256", "Bearer"),
            good.replace("/aws4_request", ""),
            good.replace("SignedHeaders=host", "SignedHeaders=hoist"),
            good.replace(&signature, "abc"),
        ] {
            assert_eq!(scope(&header(&broken)), None, "{broken}");
        }
    }

    #[test]
    fn expired_and_unknown_keys_have_each_services_error() {
        let mut state = State::new("111122223333", "us-west-2");
        let row = session::issue(&mut state, &Principal::Caller, Duration::from_secs(60));
        let key = row["AccessKeyId"].as_str().unwrap();
        let mut headers = HeaderMap::new();
        headers.insert("x-amz-security-token", row["SessionToken"].as_str().unwrap().parse().unwrap());
        let later = state.now + jiff::SignedDuration::from_secs(61);
        for (service, code, unknown) in [
            ("ec2", "RequestExpired", "AuthFailure"),
            ("sts", "ExpiredToken", "InvalidClientTokenId"),
            ("fsx", "ExpiredTokenException", "UnrecognizedClientException"),
        ] {
            let scope =
                |key: &str| Scope { key: key.into(), region: "us-west-2".into(), service: service.into() };
            assert!(holder(&state, &scope(key), &headers, state.now).is_ok());
            assert_eq!(holder(&state, &scope(key), &headers, later).unwrap_err().code, code);
            assert_eq!(holder(&state, &scope("ASIAX"), &headers, state.now).unwrap_err().code, unknown);
            assert_eq!(holder(&state, &scope(key), &HeaderMap::new(), state.now).unwrap_err().code, unknown);
        }
    }
}
