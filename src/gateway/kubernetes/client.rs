//! The Kubernetes client: TLS, proxy, authorization, retries, and every call's limit of time.

use std::sync::Arc;
use std::task::{Context, Poll};
use std::time::Duration;

use futures::future::BoxFuture;
use http::header::AUTHORIZATION;
use http::{HeaderValue, Request};
use kube::client::{Body, ClientBuilder, ConfigExt as _};
use kube::config::{AuthInfo, Cluster as Server, Context as KubeContext, KubeConfigOptions, Kubeconfig};
use kube::config::{NamedAuthInfo, NamedCluster, NamedContext};
use tower::{BoxError, Service, ServiceExt as _};

use super::KubeWish;
use super::kubeconfig::Chosen;
use super::token::Minter;
use crate::error::{Error, Result};
use crate::facts::Cluster;
use crate::gateway::http::{connect_timeout, is_direct, proxy_url, proxy_variable};
use crate::gateway::session::Session;
use crate::gateway::trace::{KubernetesCalls, with_pause};
use crate::gateway::trouble::{KUBERNETES, Trouble, TroubleKind, plugin_words};
use crate::gateway::wait::Backoff;

/// How often one call is tried.
pub(in crate::gateway) const ATTEMPTS: u32 = 3;
/// The longest that a server may make a call wait between two attempts.
const LONGEST_PAUSE: Duration = Duration::from_secs(30);
/// A credential plugin may ask a slow service, but not for ever.
const PLUGIN: Duration = Duration::from_secs(60);

/// A client with the manners that all calls share. Cheap to clone.
#[derive(Clone)]
pub(in crate::gateway) struct Link {
    pub(in crate::gateway) client: kube::Client,
    server: Arc<str>,
    timeout: Duration,
}

impl std::fmt::Debug for Link {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Link").field("server", &self.server).finish_non_exhaustive()
    }
}

/// Whether a call may be repeated when nobody knows if it had arrived.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(in crate::gateway) enum Repeat {
    /// It changes nothing, or the same thing again.
    Safe,
    /// Only when the server said that it was not even looked at.
    Unsafe,
}

impl Link {
    /// One call, with a limit of time, and again when it was throttled or did not arrive.
    pub(in crate::gateway) async fn call<T, F>(
        &self,
        permission: &str,
        repeat: Repeat,
        mut call: impl FnMut() -> F,
    ) -> Result<T, Trouble>
    where
        F: Future<Output = kube::Result<T>>,
    {
        let mut backoff = Backoff::quick();
        let mut attempt = 1;
        loop {
            let (trouble, asked_pause) = match self.once(permission, call()).await {
                Ok(answer) => return Ok(answer),
                Err(failed) => failed,
            };
            let may_repeat = match trouble.what {
                TroubleKind::Throttled => true,
                TroubleKind::Unreachable => repeat == Repeat::Safe,
                _ => false,
            };
            if attempt >= ATTEMPTS || !may_repeat {
                return Err(trouble);
            }
            attempt += 1;
            let pause = backoff.pause();
            tokio::time::sleep(asked_pause.map_or(pause, |asked| asked.max(pause))).await;
        }
    }

    /// One attempt; with a failure comes the pause that the server asked for.
    pub(in crate::gateway) async fn once<T>(
        &self,
        permission: &str,
        call: impl Future<Output = kube::Result<T>>,
    ) -> Result<T, (Trouble, Option<Duration>)> {
        match tokio::time::timeout(self.timeout, Box::pin(with_pause(call))).await {
            Ok((Ok(answer), _)) => Ok(answer),
            Ok((Err(error), pause)) => {
                let pause = pause.or_else(|| asked_pause(&error)).map(|pause| pause.min(LONGEST_PAUSE));
                Err((self.trouble(permission, &error), pause))
            }
            Err(_) => Err((Trouble::timed_out(KUBERNETES, permission, &self.server), None)),
        }
    }

    pub(in crate::gateway) fn trouble(&self, permission: &str, error: &kube::Error) -> Trouble {
        Trouble::kubernetes(permission, &self.server, error)
    }
}

/// The pause that the Status names.
fn asked_pause(error: &kube::Error) -> Option<Duration> {
    let kube::Error::Api(status) = error else { return None };
    let seconds = u64::from(status.details.as_ref()?.retry_after_seconds);
    (seconds > 0).then(|| Duration::from_secs(seconds))
}

/// The configuration that a kubeconfig's context makes.
pub(super) async fn own_config(chosen: &Chosen, wish: &KubeWish) -> Result<kube::Config> {
    let options = KubeConfigOptions { context: Some(chosen.context.clone()), cluster: None, user: None };
    let config = kube::Config::from_custom_kubeconfig(chosen.config.clone(), &options).await;
    let config = config.map_err(|cause| {
        Error::usage(format!("context {} of {} cannot be used", chosen.context, chosen.file))
            .because(cause.to_string())
    })?;
    finish(config, chosen.proxy.as_deref(), wish)
}

/// The configuration for the cluster's own endpoint and certificate authority, without credentials.
pub(super) async fn endpoint_config(
    cluster: &Cluster,
    chosen: Option<&Chosen>,
    wish: &KubeWish,
) -> Result<kube::Config> {
    let (Some(endpoint), Some(ca)) = (&cluster.endpoint, &cluster.ca) else {
        return Err(Error::conflict(format!("cluster {} has no API endpoint yet", cluster.name))
            .because(format!("its status is {}", cluster.status))
            .next(format!("aws eks wait cluster-active --name {}", cluster.name)));
    };
    let name = "cluster".to_owned();
    let server = Server {
        server: Some(endpoint.clone()),
        certificate_authority_data: Some(ca.clone()),
        ..Server::default()
    };
    let context = KubeContext { cluster: name.clone(), user: Some(name.clone()), ..KubeContext::default() };
    let kubeconfig = Kubeconfig {
        clusters: vec![NamedCluster { name: name.clone(), cluster: Some(server), ..NamedCluster::default() }],
        auth_infos: vec![NamedAuthInfo {
            name: name.clone(),
            auth_info: Some(AuthInfo {
                impersonate: chosen.and_then(|chosen| chosen.user.impersonate.clone()),
                impersonate_groups: chosen.and_then(|chosen| chosen.user.impersonate_groups.clone()),
                ..AuthInfo::default()
            }),
            ..NamedAuthInfo::default()
        }],
        contexts: vec![NamedContext {
            name: name.clone(),
            context: Some(context),
            ..NamedContext::default()
        }],
        current_context: Some(name),
        ..Kubeconfig::default()
    };
    let config = kube::Config::from_custom_kubeconfig(kubeconfig, &KubeConfigOptions::default()).await;
    let config = config.map_err(|cause| {
        Error::bug(format!("the endpoint of cluster {} cannot be used", cluster.name))
            .because(cause.to_string())
    })?;
    finish(config, chosen.and_then(|chosen| chosen.proxy.as_deref()), wish)
}

/// Proxy, time limits and the user to act as.
fn finish(mut config: kube::Config, proxy: Option<&str>, wish: &KubeWish) -> Result<kube::Config> {
    let host = config.cluster_url.host().unwrap_or_default();
    config.proxy_url = match (proxy, proxy_variable(&wish.env)) {
        (Some(url), _) => Some(proxy_url("proxy-url", url)?),
        (None, Some((name, value))) if !is_direct(&wish.env, host) => Some(proxy_url(name, value)?),
        (None, _) => None,
    };
    config.connect_timeout = Some(connect_timeout(wish.request_timeout));
    config.default_retry = false;
    if wish.as_user.is_some() {
        config.auth_info.impersonate.clone_from(&wish.as_user);
        config.auth_info.impersonate_groups = None;
    }
    Ok(config)
}

/// Makes the client.
pub(super) async fn connect(
    mut config: kube::Config,
    minter: Option<Minter>,
    session: &Session,
    timeout: Duration,
) -> Result<Link> {
    let server: Arc<str> = config.cluster_url.to_string().trim_end_matches('/').into();
    // A credential plugin is started in here and may take its time. It is started once: left in the configuration,
    // it would be started again for every part of the client.
    let made = tokio::task::spawn_blocking(move || {
        let plugin = if config.auth_info.exec.is_some() { config.auth_layer()? } else { None };
        if plugin.is_some() {
            config.auth_info.exec = None;
        }
        Ok((ClientBuilder::try_from(config)?, plugin))
    });
    let Ok(made) = tokio::time::timeout(PLUGIN.max(timeout), made).await else {
        let words = "the kubeconfig's credential plugin gave no answer in time";
        return Err(Trouble::new(TroubleKind::Unreachable, KUBERNETES, "connect", words).into());
    };
    let (builder, plugin) = match made {
        Ok(Ok(made)) => made,
        Ok(Err(kube::Error::Auth(error))) => {
            return Err(
                Trouble::new(TroubleKind::Credentials, KUBERNETES, "connect", &plugin_words(&error)).into()
            );
        }
        Ok(Err(error)) => {
            return Err(Error::usage(format!("cannot use {server}")).because(error.to_string()));
        }
        Err(_) => return Err(Error::bug("the Kubernetes client could not be made")),
    };
    let calls = KubernetesCalls(session.trace().clone());
    let buffer = tower::buffer::BufferLayer::new(64);
    let client = match (minter, plugin) {
        (Some(minter), _) => {
            builder.with_layer(&buffer).with_layer(&Authorize(minter)).with_layer(&calls).build()
        }
        (None, Some(plugin)) => builder.with_layer(&buffer).with_layer(&plugin).with_layer(&calls).build(),
        (None, None) => builder.with_layer(&calls).build(),
    };
    Ok(Link { client, server, timeout })
}

/// Puts a minted token on every request.
#[derive(Debug, Clone)]
struct Authorize(Minter);

impl<S> tower::Layer<S> for Authorize {
    type Service = Authorized<S>;

    fn layer(&self, inner: S) -> Self::Service {
        Authorized { inner, minter: self.0.clone() }
    }
}

#[derive(Debug, Clone)]
struct Authorized<S> {
    inner: S,
    minter: Minter,
}

impl<S> Service<Request<Body>> for Authorized<S>
where
    S: Service<Request<Body>, Error = BoxError> + Clone + Send + 'static,
    S::Future: Send,
    S::Response: Send,
{
    type Response = S::Response;
    type Error = BoxError;
    type Future = BoxFuture<'static, Result<S::Response, BoxError>>;

    fn poll_ready(&mut self, _: &mut Context<'_>) -> Poll<Result<(), BoxError>> {
        // The copy that takes the request waits for itself.
        Poll::Ready(Ok(()))
    }

    fn call(&mut self, mut request: Request<Body>) -> Self::Future {
        let minter = self.minter.clone();
        let inner = self.inner.clone();
        Box::pin(async move {
            let token = minter.token().await?;
            let mut value = HeaderValue::try_from(format!("Bearer {token}"))?;
            value.set_sensitive(true);
            request.headers_mut().insert(AUTHORIZATION, value);
            inner.oneshot(request).await
        })
    }
}
