//! The HTTP client of the AWS side: hyper, rustls with ring, the machine's roots, the proxy of the environment.

use std::time::Duration;

use aws_smithy_async::rt::sleep::TokioSleep;
use aws_smithy_http_client::Connector;
use aws_smithy_http_client::proxy::ProxyConfig;
use aws_smithy_http_client::tls::rustls_provider::CryptoMode;
use aws_smithy_http_client::tls::{Provider, TlsContext, TrustStore};
use aws_smithy_runtime_api::box_error::BoxError;
use aws_smithy_runtime_api::client::http::{
    HttpConnectorSettings, SharedHttpClient, SharedHttpConnector, http_client_fn,
};
use aws_smithy_runtime_api::client::interceptors::Intercept;
use aws_smithy_runtime_api::client::interceptors::context::BeforeDeserializationInterceptorContextMut;
use aws_smithy_runtime_api::client::runtime_components::RuntimeComponents;
use aws_smithy_types::config_bag::ConfigBag;
use http::Uri;

use super::session::{Env, variable};
use crate::error::{Error, Result};

/// How long making a connection may take.
pub(super) fn connect_timeout(request: Duration) -> Duration {
    request.min(Duration::from_secs(5))
}

/// One client for all services; its roots are read once.
pub(super) fn client(env: &Env, request_timeout: Duration) -> Result<SharedHttpClient> {
    let tls = tls(env)?;
    let proxy = proxy(env)?;
    let build = move |settings: HttpConnectorSettings| {
        let connector = Connector::builder()
            .tls_provider(Provider::Rustls(CryptoMode::Ring))
            .tls_context(tls.clone())
            .proxy_config(proxy.clone())
            .connector_settings(settings)
            .sleep_impl(TokioSleep::new());
        SharedHttpConnector::new(connector.build())
    };
    let usual = HttpConnectorSettings::builder()
        .connect_timeout(connect_timeout(request_timeout))
        .read_timeout(request_timeout)
        .build();
    let shared = build(usual.clone());
    // Credential providers of instances and containers bring shorter timeouts of their own.
    Ok(http_client_fn(move |wanted, _| {
        let is_usual = wanted.connect_timeout() == usual.connect_timeout()
            && wanted.read_timeout() == usual.read_timeout();
        if is_usual { shared.clone() } else { build(wanted.clone()) }
    }))
}

/// An answer that is not the service's: something on the way gave a page of its own.
#[derive(Debug, Clone, Copy)]
pub(super) struct NotTheService;

impl std::fmt::Display for NotTheService {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("a page of HTML came instead of an answer: a proxy or a sign-in page is in the way")
    }
}

impl std::error::Error for NotTheService {}

/// Whether an answer of success is a page for people. No service answers so, and an operation without output would
/// take it for done.
pub(super) fn is_page(is_success: bool, content_type: Option<&str>) -> bool {
    is_success
        && content_type.is_some_and(|kind| kind.trim_start().to_ascii_lowercase().starts_with("text/html"))
}

/// Looks at an answer before the SDK reads it: is it the service's, and does it name a time to wait? The SDK knows that
/// time in another header, which counts milliseconds.
#[derive(Debug, Clone, Copy)]
pub(super) struct Answers;

impl Intercept for Answers {
    fn name(&self) -> &'static str {
        "fsxctl-answers"
    }

    fn modify_before_deserialization(
        &self,
        context: &mut BeforeDeserializationInterceptorContextMut<'_>,
        _: &RuntimeComponents,
        _: &mut ConfigBag,
    ) -> Result<(), BoxError> {
        let response = context.response_mut();
        if is_page(response.status().is_success(), response.headers().get("content-type")) {
            return Err(NotTheService.into());
        }
        let headers = response.headers_mut();
        let seconds = headers.get("retry-after").and_then(|seconds| seconds.parse::<u32>().ok());
        if let Some(seconds) = seconds
            && headers.get("x-amz-retry-after").is_none()
        {
            headers.insert("x-amz-retry-after", (u64::from(seconds) * 1000).to_string());
        }
        Ok(())
    }
}

fn tls(env: &Env) -> Result<TlsContext> {
    let mut roots = TrustStore::empty().with_native_roots(true);
    if let Some(path) = variable(env, "AWS_CA_BUNDLE") {
        let pem = std::fs::read(path).map_err(|cause| {
            Error::usage(format!("cannot read AWS_CA_BUNDLE {path}")).because(cause.to_string())
        })?;
        roots = roots.with_pem_certificate(pem);
    }
    TlsContext::builder()
        .with_trust_store(roots)
        .build()
        .map_err(|cause| Error::usage("AWS_CA_BUNDLE has no usable certificates").because(cause.to_string()))
}

/// A proxy for HTTPS from the environment.
pub(super) fn proxy_variable(env: &Env) -> Option<(&'static str, &str)> {
    ["HTTPS_PROXY", "https_proxy", "ALL_PROXY", "all_proxy"]
        .into_iter()
        .find_map(|name| variable(env, name).map(|value| (name, value)))
}

/// A proxy's URL; one without a scheme is http.
pub(super) fn proxy_url(name: &str, value: &str) -> Result<Uri> {
    let text = if value.contains("://") { value.to_owned() } else { format!("http://{value}") };
    // The value may hold a password: it is not repeated.
    text.parse::<Uri>().map_err(|_| Error::usage(format!("{name} is no URL")))
}

fn no_proxy(env: &Env) -> Option<&str> {
    variable(env, "NO_PROXY").or_else(|| variable(env, "no_proxy"))
}

fn proxy(env: &Env) -> Result<ProxyConfig> {
    let Some((name, value)) = proxy_variable(env) else { return Ok(ProxyConfig::disabled()) };
    let url = proxy_url(name, value)?;
    let config = ProxyConfig::https(url.to_string())
        .map_err(|_| Error::usage(format!("{name} cannot be used as a proxy")))?;
    Ok(match no_proxy(env) {
        Some(rules) => config.no_proxy(rules),
        None => config,
    })
}

/// Whether a host is to be reached without the proxy: loopback, and what NO_PROXY names (`*`, hosts, domains).
pub(super) fn is_direct(env: &Env, host: &str) -> bool {
    let host = host.trim_matches(['[', ']']).to_ascii_lowercase();
    let is_loopback =
        host == "localhost" || host.parse::<std::net::IpAddr>().is_ok_and(|address| address.is_loopback());
    is_loopback
        || no_proxy(env).unwrap_or_default().split(',').map(str::trim).filter(|rule| !rule.is_empty()).any(
            |rule| {
                let rule = rule.trim_start_matches("*.").trim_start_matches('.').to_ascii_lowercase();
                rule == "*"
                    || host == rule
                    || host.strip_suffix(&rule).is_some_and(|rest| rest.ends_with('.'))
            },
        )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn hosts_of_no_proxy_and_loopback_are_reached_directly() {
        let env = |rules: &str| Env::from([("NO_PROXY".to_owned(), rules.to_owned())]);
        for (rules, host, direct) in [
            ("", "localhost", true),
            ("", "127.0.0.1", true),
            ("", "A.gr7.us-west-2.eks.amazonaws.com", false),
            (".eks.amazonaws.com", "A.gr7.us-west-2.eks.amazonaws.com", true),
            ("eks.amazonaws.com, x", "a.eks.amazonaws.com", true),
            ("eks.amazonaws.com", "bad-eks.amazonaws.com", false),
            ("*", "anything", true),
            ("10.0.0.1", "10.0.0.1", true),
        ] {
            assert_eq!(is_direct(&env(rules), host), direct, "{host} with {rules:?}");
        }
    }

    #[test]
    fn a_page_is_no_answer() {
        for (is_success, content_type, page) in [
            (true, Some("text/html; charset=utf-8"), true),
            (true, Some("Text/HTML"), true),
            (true, Some("text/xml;charset=UTF-8"), false),
            (true, Some("application/x-amz-json-1.1"), false),
            (true, None, false),
            (false, Some("text/html"), false),
        ] {
            assert_eq!(is_page(is_success, content_type), page, "{is_success} {content_type:?}");
        }
    }

    #[test]
    fn a_proxy_that_is_no_url_is_not_repeated() {
        let error = proxy_url("HTTPS_PROXY", "http://user:geheim@ bad").expect_err("no URL");
        assert!(!error.to_string().contains("geheim"));
    }
}
