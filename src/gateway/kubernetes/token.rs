//! EKS tokens: a presigned STS request that proves who asks, minted here instead of by a program.

use std::sync::Arc;
use std::time::{Duration, SystemTime};

use aws_credential_types::Credentials;
use aws_sigv4::http_request::{SignableBody, SignableRequest, SignatureLocation, SigningSettings, sign};
use aws_sigv4::sign::v4;
use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use tokio::sync::Mutex;

use super::plugin::Plugin;
use crate::error::Result;
use crate::facts::Cluster;
use crate::gateway::session::Session;
use crate::gateway::trouble::{Trouble, TroubleKind};

/// The API server takes a token for 15 minutes; a new one is made well before.
const FRESH: Duration = Duration::from_secs(13 * 60);

/// The presigned request itself is good for this long; the API server adds its own 15 minutes.
const EXPIRES: Duration = Duration::from_secs(60);

/// The session name that `aws eks get-token` uses, which a cluster's user mapping may show.
const SESSION_NAME: &str = "EKSGetTokenAuth";

/// Makes tokens for one cluster, as one identity. Cheap to clone.
#[derive(Debug, Clone)]
pub(super) struct Minter {
    inner: Arc<Inner>,
}

#[derive(Debug)]
struct Inner {
    session: Session,
    cluster: String,
    role_arn: Option<String>,
    kept: Mutex<Option<Kept>>,
}

/// A token and when it has to be replaced. Never printed.
struct Kept {
    token: String,
    until: SystemTime,
}

impl std::fmt::Debug for Kept {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Kept(***)")
    }
}

impl Minter {
    /// A minter with the session's identity, or the one that a kubeconfig's plugin would have.
    pub(super) async fn new(session: &Session, cluster: &Cluster, plugin: Option<Plugin>) -> Result<Self> {
        let plugin = plugin.unwrap_or_default();
        let is_plain = plugin.env.is_empty() && plugin.profile.is_none() && plugin.region.is_none();
        let session = if is_plain {
            session.clone()
        } else {
            let names = ["AWS_REGION", "AWS_DEFAULT_REGION"];
            let from_env = names.iter().find_map(|name| plugin.env.get(*name)).cloned();
            session.with(plugin.env, plugin.profile, plugin.region.or(from_env)).await?
        };
        Ok(Self {
            inner: Arc::new(Inner {
                session,
                cluster: cluster.name.clone(),
                role_arn: plugin.role_arn,
                kept: Mutex::new(None),
            }),
        })
    }

    /// A token that is good for some minutes.
    pub(super) async fn token(&self) -> Result<String, Trouble> {
        let mut kept = self.inner.kept.lock().await;
        let now = SystemTime::now();
        if let Some(kept) = kept.as_ref()
            && now < kept.until
        {
            return Ok(kept.token.clone());
        }
        let credentials = self.credentials().await?;
        let token = mint(
            &credentials,
            self.inner.session.region(),
            &self.inner.session.sts_endpoint(),
            &self.inner.cluster,
            now,
        )?;
        let until = credentials.expiry().map_or(now + FRESH, |expiry| expiry.min(now + FRESH));
        *kept = Some(Kept { token: token.clone(), until });
        Ok(token)
    }

    async fn credentials(&self) -> Result<Credentials, Trouble> {
        let Some(role_arn) = &self.inner.role_arn else { return self.inner.session.credentials().await };
        let assume =
            self.inner.session.sts().assume_role().role_arn(role_arn).role_session_name(SESSION_NAME);
        let answer = assume.send().await.map_err(|error| Trouble::aws("sts", "AssumeRole", &error))?;
        let given = answer.credentials.ok_or_else(|| odd("STS gave no credentials"))?;
        let expiry = SystemTime::try_from(given.expiration).ok();
        Ok(Credentials::new(
            given.access_key_id,
            given.secret_access_key,
            Some(given.session_token),
            expiry,
            "AssumeRole",
        ))
    }
}

fn odd(message: &str) -> Trouble {
    Trouble::new(TroubleKind::Odd, "sts", "GetCallerIdentity", message)
}

/// `k8s-aws-v1.` and the presigned URL in base64url.
fn mint(
    credentials: &Credentials,
    region: &str,
    endpoint: &str,
    cluster: &str,
    time: SystemTime,
) -> Result<String, Trouble> {
    let url = presign(credentials, region, endpoint, cluster, time)?;
    Ok(format!("k8s-aws-v1.{}", URL_SAFE_NO_PAD.encode(url)))
}

/// A GET of sts:GetCallerIdentity, signed in its query, with the cluster's name among the signed headers.
fn presign(
    credentials: &Credentials,
    region: &str,
    endpoint: &str,
    cluster: &str,
    time: SystemTime,
) -> Result<String, Trouble> {
    let url = format!("{}/?Action=GetCallerIdentity&Version=2011-06-15", endpoint.trim_end_matches('/'));
    let mut settings = SigningSettings::default();
    settings.signature_location = SignatureLocation::QueryParams;
    settings.expires_in = Some(EXPIRES);
    let identity = credentials.clone().into();
    let params = v4::SigningParams::builder()
        .identity(&identity)
        .region(region)
        .name("sts")
        .time(time)
        .settings(settings)
        .build()
        .map_err(|_| odd("cannot prepare a signature"))?
        .into();
    let headers = [("x-k8s-aws-id", cluster)];
    let request = SignableRequest::new("GET", url.as_str(), headers.into_iter(), SignableBody::Bytes(&[]))
        .map_err(|_| odd("cannot sign for this STS endpoint"))?;
    let (instructions, _) =
        sign(request, &params).map_err(|_| odd("cannot sign for this STS endpoint"))?.into_parts();
    let mut signed = http::Request::get(url).body(()).map_err(|_| odd("the STS endpoint is no URL"))?;
    instructions.apply_to_request_http1x(&mut signed);
    Ok(signed.uri().to_string())
}

#[cfg(test)]
mod tests {
    use std::time::UNIX_EPOCH;

    use super::*;

    fn decoded(endpoint: &str, token: Option<&str>) -> String {
        let credentials = Credentials::new("AKIDEXAMPLE", "secret", token.map(str::to_owned), None, "test");
        let time = UNIX_EPOCH + Duration::from_secs(1_700_000_000);
        let token = mint(&credentials, "us-west-2", endpoint, "hp-eks", time).expect("a token");
        let body = token.strip_prefix("k8s-aws-v1.").expect("the prefix");
        assert!(!body.contains(['=', '+', '/']), "base64url without padding: {body}");
        String::from_utf8(URL_SAFE_NO_PAD.decode(body).expect("base64url")).expect("a URL")
    }

    #[test]
    fn a_token_is_a_presigned_get_of_caller_identity() {
        let url = decoded("https://sts.us-west-2.amazonaws.com", Some("a/b+c="));
        assert!(url.starts_with(
            "https://sts.us-west-2.amazonaws.com/?Action=GetCallerIdentity&Version=2011-06-15&"
        ));
        for part in [
            "X-Amz-Algorithm=AWS4-HMAC-SHA256",
            "X-Amz-Credential=AKIDEXAMPLE%2F20231114%2Fus-west-2%2Fsts%2Faws4_request",
            "X-Amz-Date=20231114T221320Z",
            "X-Amz-Expires=60",
            "X-Amz-SignedHeaders=host%3Bx-k8s-aws-id",
            "X-Amz-Security-Token=a%2Fb%2Bc%3D",
            "X-Amz-Signature=",
        ] {
            assert!(url.contains(part), "{part} in {url}");
        }
    }

    #[test]
    fn the_url_names_the_endpoint_that_was_set() {
        let url = decoded("http://127.0.0.1:4566/", None);
        assert!(url.starts_with("http://127.0.0.1:4566/?Action=GetCallerIdentity"), "{url}");
    }
}
