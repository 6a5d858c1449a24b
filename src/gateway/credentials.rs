//! Whose name AWS calls are made in: keys in the environment, a profile (SSO, process, assumed roles), a web
//! identity, a container's or an instance's role.

use std::sync::{Arc, Mutex};
use std::time::{Duration, SystemTime};

use aws_config::ecs::EcsCredentialsProvider;
use aws_config::imds::credentials::ImdsCredentialsProvider;
use aws_config::meta::credentials::CredentialsProviderChain;
use aws_config::meta::region::ProvideRegion as _;
use aws_config::profile::ProfileFileCredentialsProvider;
use aws_config::profile::region::ProfileFileRegionProvider;
use aws_config::provider_config::ProviderConfig;
use aws_config::web_identity_token::{StaticConfiguration, WebIdentityTokenCredentialsProvider};
use aws_credential_types::Credentials;
use aws_credential_types::provider::error::CredentialsError;
use aws_credential_types::provider::{ProvideCredentials, SharedCredentialsProvider, future};
use aws_runtime::env_config::file::{EnvConfigFileKind, EnvConfigFiles};
use aws_smithy_async::rt::sleep::TokioSleep;
use aws_smithy_runtime_api::client::http::SharedHttpClient;
use aws_types::region::Region;

use super::scrub::chain;
use super::session::{Env, SessionWish, variable};
use super::trouble::{Trouble, TroubleKind};
use crate::error::{Error, Result};

/// The shared config files, as the environment names them, and the profile to use.
#[derive(Debug, Clone)]
pub(super) struct Files {
    /// Their contents; an absent file is an empty one.
    pub(super) contents: EnvConfigFiles,
    /// The profile's name.
    pub(super) profile: String,
}

impl Files {
    pub(super) fn read(env: &Env, profile: Option<&str>) -> Result<Self> {
        let home = variable(env, "HOME").or_else(|| variable(env, "USERPROFILE"));
        let text = |name: &str, file: &str| -> Result<String> {
            let path = match (variable(env, name), home) {
                (Some(path), Some(home)) if path.starts_with("~/") => path.replacen('~', home, 1),
                (Some(path), _) => path.to_owned(),
                (None, Some(home)) => format!("{home}/.aws/{file}"),
                (None, None) => return Ok(String::new()),
            };
            match std::fs::read_to_string(&path) {
                Ok(text) => Ok(text),
                Err(cause) if cause.kind() == std::io::ErrorKind::NotFound => Ok(String::new()),
                Err(cause) => Err(Error::usage(format!("cannot read {path}")).because(cause.to_string())),
            }
        };
        let contents = EnvConfigFiles::builder()
            .with_contents(EnvConfigFileKind::Config, text("AWS_CONFIG_FILE", "config")?)
            .with_contents(
                EnvConfigFileKind::Credentials,
                text("AWS_SHARED_CREDENTIALS_FILE", "credentials")?,
            )
            .build();
        let profile = profile.or_else(|| variable(env, "AWS_PROFILE")).unwrap_or("default").to_owned();
        Ok(Self { contents, profile })
    }

    /// The profile's Region.
    pub(super) async fn region(&self) -> Option<String> {
        let provider = ProfileFileRegionProvider::builder()
            .profile_files(self.contents.clone())
            .profile_name(self.profile.clone())
            .build();
        provider.region().await.map(|region| region.to_string())
    }
}

/// The longest that credentials may take: a process or a sign-in service that hangs must not hang the run.
const LONGEST: Duration = Duration::from_secs(60);

/// Loads credentials and keeps them; they are loaded again shortly before they expire.
pub(super) async fn load(
    wish: &SessionWish,
    files: &Files,
    region: &str,
    client: &SharedHttpClient,
) -> Result<SharedCredentialsProvider> {
    let config = ProviderConfig::empty()
        .with_behavior_version(Some(super::session::behaviour()))
        .with_region(Some(Region::new(region.to_owned())))
        .with_http_client(client.clone())
        .with_sleep_impl(TokioSleep::new());
    let kept = Kept { chain: Arc::new(providers(wish, files, &config)), last: Mutex::new(None) };
    match tokio::time::timeout(LONGEST.max(wish.request_timeout), kept.current()).await {
        Ok(Ok(_)) => Ok(SharedCredentialsProvider::new(kept)),
        Ok(Err(error)) => Err(trouble(&error).into()),
        Err(_) => Err(trouble(&CredentialsError::provider_timed_out(LONGEST)).into()),
    }
}

/// Why there are no credentials.
pub(super) fn trouble(error: &CredentialsError) -> Trouble {
    let what = match error {
        CredentialsError::ProviderTimedOut(_) => TroubleKind::Unreachable,
        _ => TroubleKind::Credentials,
    };
    let words = match error {
        CredentialsError::CredentialsNotLoaded(_) => {
            "no keys in the environment, none in the profile, and no role of a container or instance"
                .to_owned()
        }
        other => chain(other),
    };
    Trouble::new(what, "sts", "GetCallerIdentity", &words)
}

/// The providers in the order in which they are asked. A profile that was asked for comes before keys in the
/// environment, as with the AWS CLI.
fn providers(wish: &SessionWish, files: &Files, config: &ProviderConfig) -> CredentialsProviderChain {
    let profile = ProfileFileCredentialsProvider::builder()
        .configure(config)
        .profile_files(files.contents.clone())
        .profile_name(files.profile.clone())
        .build();
    let mut chain = match (&wish.profile, keys(&wish.env)) {
        (None, Some(keys)) => {
            CredentialsProviderChain::first_try("Environment", keys).or_else("Profile", profile)
        }
        _ => CredentialsProviderChain::first_try("Profile", profile),
    };
    if let Some(token) = web_identity(&wish.env) {
        let provider =
            WebIdentityTokenCredentialsProvider::builder().configure(config).static_configuration(token);
        chain = chain.or_else("WebIdentity", provider.build());
    }
    let has_container = ["AWS_CONTAINER_CREDENTIALS_RELATIVE_URI", "AWS_CONTAINER_CREDENTIALS_FULL_URI"]
        .iter()
        .any(|name| variable(&wish.env, name).is_some());
    if has_container {
        chain = chain.or_else("Container", EcsCredentialsProvider::builder().configure(config).build());
    }
    let has_instance = !variable(&wish.env, "AWS_EC2_METADATA_DISABLED")
        .is_some_and(|value| value.eq_ignore_ascii_case("true"));
    if has_instance {
        chain = chain.or_else("Instance", ImdsCredentialsProvider::builder().configure(config).build());
    }
    chain
}

/// Keys in the environment.
fn keys(env: &Env) -> Option<Credentials> {
    let id = variable(env, "AWS_ACCESS_KEY_ID")?;
    let secret = variable(env, "AWS_SECRET_ACCESS_KEY")?;
    let token = variable(env, "AWS_SESSION_TOKEN").map(str::to_owned);
    Some(Credentials::new(id, secret, token, None, "Environment"))
}

fn web_identity(env: &Env) -> Option<StaticConfiguration> {
    Some(StaticConfiguration {
        web_identity_token_file: variable(env, "AWS_WEB_IDENTITY_TOKEN_FILE")?.into(),
        role_arn: variable(env, "AWS_ROLE_ARN")?.to_owned(),
        session_name: variable(env, "AWS_ROLE_SESSION_NAME").unwrap_or("fsxctl").to_owned(),
    })
}

/// A provider that asks the chain only when what it has is about to expire.
#[derive(Debug)]
struct Kept {
    chain: Arc<CredentialsProviderChain>,
    last: Mutex<Option<Credentials>>,
}

impl Kept {
    async fn current(&self) -> Result<Credentials, CredentialsError> {
        let soon = SystemTime::now() + Duration::from_secs(300);
        let kept = self.last.lock().ok().and_then(|last| last.clone());
        if let Some(credentials) = kept
            && credentials.expiry().is_none_or(|expiry| expiry > soon)
        {
            return Ok(credentials);
        }
        let fresh = self.chain.provide_credentials().await?;
        if let Ok(mut last) = self.last.lock() {
            *last = Some(fresh.clone());
        }
        Ok(fresh)
    }
}

impl ProvideCredentials for Kept {
    fn provide_credentials<'a>(&'a self) -> future::ProvideCredentials<'a>
    where
        Self: 'a,
    {
        future::ProvideCredentials::new(self.current())
    }
}
