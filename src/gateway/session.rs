//! The way to AWS: Region, credentials, endpoints, retries, and one client a service.
//!
//! The environment is handed over as a map. Retries: the SDK's standard mode, at most three attempts with jitter.

use std::collections::BTreeMap;
use std::path::PathBuf;
use std::sync::{Arc, OnceLock};
use std::time::Duration;

use aws_config::identity::IdentityCache;
use aws_config::retry::RetryConfig;
use aws_config::timeout::TimeoutConfig;
use aws_config::{BehaviorVersion, SdkConfig};
use aws_credential_types::Credentials;
use aws_credential_types::provider::{ProvideCredentials as _, SharedCredentialsProvider};
use aws_types::app_name::AppName;
use aws_types::region::Region;
use aws_types::service_config::{LoadServiceConfig, ServiceConfigKey};

use super::credentials::{self, Files};
use super::http::{self, Answers};
use super::trace::{AwsCalls, Trace};
use super::trouble::Trouble;
use crate::domain::names::{Partition, check_region};
use crate::error::{Error, Result};

/// The process's environment, as it was handed over.
pub type Env = BTreeMap<String, String>;

/// How AWS is to be reached.
#[derive(Debug, Clone)]
pub struct SessionWish {
    /// The process's environment.
    pub env: Env,
    /// A Region that was asked for; else `AWS_REGION`, `AWS_DEFAULT_REGION`, the profile's.
    pub region: Option<String>,
    /// A profile that was asked for; else `AWS_PROFILE`. One asked for here wins over keys in the environment.
    pub profile: Option<String>,
    /// How long one attempt of one call may take.
    pub request_timeout: Duration,
    /// A file for one line a call.
    pub trace: Option<PathBuf>,
}

/// An open way to AWS, with credentials. Cheap to clone.
#[derive(Debug, Clone)]
pub struct Session {
    inner: Arc<Inner>,
}

#[derive(Debug)]
struct Inner {
    wish: SessionWish,
    region: String,
    config: SdkConfig,
    credentials: SharedCredentialsProvider,
    trace: Trace,
    ec2: OnceLock<aws_sdk_ec2::Client>,
    eks: OnceLock<aws_sdk_eks::Client>,
    fsx: OnceLock<aws_sdk_fsx::Client>,
    iam: OnceLock<aws_sdk_iam::Client>,
    sagemaker: OnceLock<aws_sdk_sagemaker::Client>,
    sts: OnceLock<aws_sdk_sts::Client>,
}

impl Session {
    /// Finds Region and credentials. Credentials are loaded once, here.
    ///
    /// # Errors
    /// Usage when there is no Region or a variable makes no sense; denied when there are no usable credentials.
    pub async fn open(wish: &SessionWish) -> Result<Self> {
        let trace = match &wish.trace {
            Some(path) => Trace::open(path)?,
            None => Trace::default(),
        };
        Self::open_traced(wish, trace).await
    }

    async fn open_traced(wish: &SessionWish, trace: Trace) -> Result<Self> {
        let retries = retries(&wish.env)?;
        let files = Files::read(&wish.env, wish.profile.as_deref())?;
        let region = region(wish, &files).await?;
        let client = http::client(&wish.env, wish.request_timeout)?;
        let credentials = credentials::load(wish, &files, &region, &client).await?;
        let mut loader = aws_config::defaults(behaviour())
            .profile_files(files.contents.clone())
            .profile_name(files.profile.clone())
            .region(Region::new(region.clone()))
            .http_client(client)
            .retry_config(retries)
            .timeout_config(timeouts(wish.request_timeout))
            .identity_cache(IdentityCache::lazy().build())
            .credentials_provider(credentials.clone());
        if let Ok(name) = AppName::new("fsxctl") {
            loader = loader.app_name(name);
        }
        let files_config = loader.load().await;
        let mut builder = files_config.clone().into_builder();
        if let Some(endpoint) = endpoint(&wish.env, "AWS_ENDPOINT_URL")? {
            builder.set_endpoint_url(Some(endpoint));
        }
        builder.set_service_config(Some(Endpoints { env: wish.env.clone(), files: files_config }));
        Ok(Self {
            inner: Arc::new(Inner {
                wish: wish.clone(),
                region,
                config: builder.build(),
                credentials,
                trace,
                ec2: OnceLock::new(),
                eks: OnceLock::new(),
                fsx: OnceLock::new(),
                iam: OnceLock::new(),
                sagemaker: OnceLock::new(),
                sts: OnceLock::new(),
            }),
        })
    }

    /// Another session with some variables, the profile or the Region changed.
    pub(super) async fn with(
        &self,
        env: Env,
        profile: Option<String>,
        region: Option<String>,
    ) -> Result<Self> {
        let mut wish = self.inner.wish.clone();
        wish.env.extend(env);
        if profile.is_some() {
            wish.profile = profile;
        }
        wish.region = region.or_else(|| Some(self.inner.region.clone()));
        Self::open_traced(&wish, self.inner.trace.clone()).await
    }

    /// The Region.
    pub fn region(&self) -> &str {
        &self.inner.region
    }

    /// The partition that the Region is in: `aws`, `aws-cn`, `aws-us-gov`, …
    pub fn partition(&self) -> &'static str {
        Partition::of_region(&self.inner.region).as_str()
    }

    pub(super) fn trace(&self) -> &Trace {
        &self.inner.trace
    }

    /// Credentials that are good for a while.
    pub(super) async fn credentials(&self) -> Result<Credentials, Trouble> {
        self.inner.credentials.provide_credentials().await.map_err(|error| credentials::trouble(&error))
    }

    /// Where STS is asked in this Region: the endpoint that was set, else the regional one.
    pub(super) fn sts_endpoint(&self) -> String {
        let key = ServiceConfigKey::builder()
            .service_id("STS")
            .env("AWS_ENDPOINT_URL")
            .profile("endpoint_url")
            .build();
        let own = key.ok().and_then(|key| self.inner.config.service_config()?.load_config(key));
        own.or_else(|| self.inner.config.endpoint_url().map(str::to_owned)).unwrap_or_else(|| {
            format!(
                "https://sts.{}.{}",
                self.inner.region,
                Partition::of_region(&self.inner.region).dns_suffix()
            )
        })
    }

    pub(super) fn ec2(&self) -> &aws_sdk_ec2::Client {
        self.inner.ec2.get_or_init(|| {
            let config = aws_sdk_ec2::config::Builder::from(&self.inner.config)
                .interceptor(Answers)
                .interceptor(self.calls());
            aws_sdk_ec2::Client::from_conf(config.build())
        })
    }

    pub(super) fn eks(&self) -> &aws_sdk_eks::Client {
        self.inner.eks.get_or_init(|| {
            let config = aws_sdk_eks::config::Builder::from(&self.inner.config)
                .interceptor(Answers)
                .interceptor(self.calls());
            aws_sdk_eks::Client::from_conf(config.build())
        })
    }

    pub(super) fn fsx(&self) -> &aws_sdk_fsx::Client {
        self.inner.fsx.get_or_init(|| {
            let config = aws_sdk_fsx::config::Builder::from(&self.inner.config)
                .interceptor(Answers)
                .interceptor(self.calls());
            aws_sdk_fsx::Client::from_conf(config.build())
        })
    }

    pub(super) fn iam(&self) -> &aws_sdk_iam::Client {
        self.inner.iam.get_or_init(|| {
            let config = aws_sdk_iam::config::Builder::from(&self.inner.config)
                .interceptor(Answers)
                .interceptor(self.calls());
            aws_sdk_iam::Client::from_conf(config.build())
        })
    }

    pub(super) fn sagemaker(&self) -> &aws_sdk_sagemaker::Client {
        self.inner.sagemaker.get_or_init(|| {
            let config = aws_sdk_sagemaker::config::Builder::from(&self.inner.config)
                .interceptor(Answers)
                .interceptor(self.calls());
            aws_sdk_sagemaker::Client::from_conf(config.build())
        })
    }

    pub(super) fn sts(&self) -> &aws_sdk_sts::Client {
        self.inner.sts.get_or_init(|| {
            let config = aws_sdk_sts::config::Builder::from(&self.inner.config)
                .interceptor(Answers)
                .interceptor(self.calls());
            aws_sdk_sts::Client::from_conf(config.build())
        })
    }

    fn calls(&self) -> AwsCalls {
        AwsCalls(self.inner.trace.clone())
    }
}

/// Endpoints of single services: the handed-over environment first, then the profile's `services` section.
#[derive(Debug)]
struct Endpoints {
    env: Env,
    files: SdkConfig,
}

impl LoadServiceConfig for Endpoints {
    fn load_config(&self, key: ServiceConfigKey<'_>) -> Option<String> {
        let name =
            format!("{}_{}", key.env(), key.service_id().to_ascii_uppercase().replace([' ', '-'], "_"));
        match endpoint(&self.env, &name) {
            Ok(Some(value)) => Some(value),
            _ => self.files.service_config().and_then(|config| config.load_config(key)),
        }
    }
}

/// The SDK's behaviour that fsxctl was written for.
pub(super) fn behaviour() -> BehaviorVersion {
    BehaviorVersion::v2026_01_12()
}

/// A variable that is set and not empty.
pub(super) fn variable<'a>(env: &'a Env, name: &str) -> Option<&'a str> {
    env.get(name).map(String::as_str).filter(|value| !value.is_empty())
}

/// An endpoint from the environment, unless configured endpoints are to be ignored.
fn endpoint(env: &Env, name: &str) -> Result<Option<String>> {
    if variable(env, "AWS_IGNORE_CONFIGURED_ENDPOINT_URLS")
        .is_some_and(|value| value.eq_ignore_ascii_case("true"))
    {
        return Ok(None);
    }
    let Some(value) = variable(env, name) else { return Ok(None) };
    let uri = value.parse::<::http::Uri>().ok();
    let is_web = uri
        .as_ref()
        .is_some_and(|uri| matches!(uri.scheme_str(), Some("http" | "https")) && uri.host().is_some());
    if is_web {
        Ok(Some(value.to_owned()))
    } else {
        Err(Error::usage(format!("{name} is no http or https URL")))
    }
}

fn retries(env: &Env) -> Result<RetryConfig> {
    match variable(env, "AWS_RETRY_MODE") {
        None | Some("standard" | "adaptive" | "legacy") => {}
        Some(other) => {
            return Err(Error::usage(format!(
                "AWS_RETRY_MODE is {other:?}; standard, adaptive and legacy are known"
            )));
        }
    }
    let attempts = match variable(env, "AWS_MAX_ATTEMPTS") {
        None => 3,
        Some(text) => match text.parse::<u32>() {
            Ok(number) if number > 0 => number.min(3),
            _ => {
                return Err(Error::usage(format!(
                    "AWS_MAX_ATTEMPTS is {text:?}; it must be a number from 1"
                )));
            }
        },
    };
    Ok(RetryConfig::standard().with_max_attempts(attempts))
}

fn timeouts(request: Duration) -> TimeoutConfig {
    TimeoutConfig::builder()
        .connect_timeout(http::connect_timeout(request))
        .read_timeout(request)
        .operation_attempt_timeout(request)
        .build()
}

async fn region(wish: &SessionWish, files: &Files) -> Result<String> {
    let asked = wish.region.as_deref().filter(|region| !region.is_empty());
    let given = asked
        .or_else(|| variable(&wish.env, "AWS_REGION"))
        .or_else(|| variable(&wish.env, "AWS_DEFAULT_REGION"))
        .map(str::to_owned);
    let found = match given {
        Some(region) => Some(region),
        None => files.region().await,
    };
    let Some(region) = found else {
        return Err(Error::usage("no AWS Region is set")
            .because(
                "neither --region, FSXCTL_REGION, AWS_REGION, AWS_DEFAULT_REGION nor the profile names one",
            )
            .next("add --region REGION"));
    };
    check_region(&region).map_err(|cause| Error::usage(cause.to_string()))?;
    Ok(region)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::error::Kind;

    fn env(pairs: &[(&str, &str)]) -> Env {
        pairs.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())).collect()
    }

    #[test]
    fn retry_settings_that_make_no_sense_are_usage_errors() {
        for (name, value) in
            [("AWS_MAX_ATTEMPTS", "0"), ("AWS_MAX_ATTEMPTS", "many"), ("AWS_RETRY_MODE", "hard")]
        {
            let error = retries(&env(&[(name, value)])).expect_err(value);
            assert_eq!(error.kind, Kind::Usage, "{name}={value}");
        }
    }

    #[test]
    fn a_call_is_tried_three_times_at_most() {
        for (value, attempts) in [("1", 1), ("2", 2), ("3", 3), ("10", 3)] {
            let config = retries(&env(&[("AWS_MAX_ATTEMPTS", value)])).expect("a number");
            assert_eq!(config.max_attempts(), attempts, "{value}");
        }
        assert_eq!(retries(&env(&[])).expect("the default").max_attempts(), 3);
    }

    #[test]
    fn endpoints_are_urls_and_can_be_ignored() {
        let given = env(&[("AWS_ENDPOINT_URL", "http://127.0.0.1:4566")]);
        assert_eq!(endpoint(&given, "AWS_ENDPOINT_URL"), Ok(Some("http://127.0.0.1:4566".to_owned())));
        let ignored = env(&[
            ("AWS_ENDPOINT_URL", "http://127.0.0.1:4566"),
            ("AWS_IGNORE_CONFIGURED_ENDPOINT_URLS", "true"),
        ]);
        assert_eq!(endpoint(&ignored, "AWS_ENDPOINT_URL"), Ok(None));
        let wrong = env(&[("AWS_ENDPOINT_URL", "localhost:1")]);
        assert_eq!(endpoint(&wrong, "AWS_ENDPOINT_URL").map_err(|error| error.kind), Err(Kind::Usage));
    }
}
