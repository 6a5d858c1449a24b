//! `--trace-calls FILE` and `-vv`: one line for every AWS and Kubernetes call, without anything secret.

use std::cell::Cell;
use std::fs::{File, OpenOptions};
use std::io::{ErrorKind, Write as _};
use std::path::Path;
use std::sync::{Arc, Mutex};
use std::task::{Context, Poll};
use std::time::{Duration, Instant};

use aws_smithy_runtime_api::box_error::BoxError;
use aws_smithy_runtime_api::client::interceptors::Intercept;
use aws_smithy_runtime_api::client::interceptors::context::{
    BeforeTransmitInterceptorContextRef, FinalizerInterceptorContextRef,
};
use aws_smithy_runtime_api::client::orchestrator::Metadata;
use aws_smithy_runtime_api::client::retries::RequestAttempts;
use aws_smithy_runtime_api::client::runtime_components::RuntimeComponents;
use aws_smithy_types::config_bag::{ConfigBag, Storable, StoreReplace};
use aws_types::request_id::RequestId as _;
use futures::future::BoxFuture;
use http::{Request, Response};
use serde::Serialize;

use super::trouble::KUBERNETES;
use crate::error::{Error, Result};

/// Where calls are written down; nowhere unless a file was asked for.
#[derive(Debug, Clone, Default)]
pub(super) struct Trace {
    file: Option<Arc<Mutex<File>>>,
}

/// One call.
#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
struct Line<'a> {
    service: &'a str,
    operation: &'a str,
    request_id: Option<&'a str>,
    status: Option<u16>,
    ms: u64,
    #[serde(skip_serializing_if = "Option::is_none")]
    attempt: Option<u32>,
}

impl Trace {
    /// Opens the file: new, for its owner only, and never through a link. An older regular file is replaced.
    pub(super) fn open(path: &Path) -> Result<Self> {
        let cannot = |cause: &dyn std::fmt::Display| {
            Error::usage(format!("cannot write the trace of calls to {}", path.display()))
                .because(cause.to_string())
        };
        match std::fs::symlink_metadata(path) {
            Ok(found) if found.is_file() => std::fs::remove_file(path).map_err(|cause| cannot(&cause))?,
            Ok(_) => return Err(cannot(&"it is no regular file")),
            Err(cause) if cause.kind() == ErrorKind::NotFound => {}
            Err(cause) => return Err(cannot(&cause)),
        }
        let mut options = OpenOptions::new();
        options.write(true).create_new(true);
        #[cfg(unix)]
        std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
        let file = options.open(path).map_err(|cause| cannot(&cause))?;
        Ok(Self { file: Some(Arc::new(Mutex::new(file))) })
    }

    fn record(&self, line: &Line<'_>) {
        tracing::debug!(
            target: "fsxctl::calls",
            service = line.service,
            operation = line.operation,
            request_id = line.request_id,
            status = line.status,
            ms = line.ms,
            attempt = line.attempt,
        );
        let Some(file) = &self.file else { return };
        let Ok(mut text) = serde_json::to_vec(line) else { return };
        text.push(b'\n');
        // A full disk must not stop a set-up: the trace is an aid.
        if let Ok(mut file) = file.lock()
            && let Err(cause) = file.write_all(&text)
        {
            tracing::warn!("cannot write the trace of calls: {cause}");
        }
    }
}

/// When an attempt began.
#[derive(Debug)]
struct Began(Instant);

impl Storable for Began {
    type Storer = StoreReplace<Self>;
}

/// Writes AWS calls down, one line an attempt.
#[derive(Debug, Clone)]
pub(super) struct AwsCalls(pub(super) Trace);

impl Intercept for AwsCalls {
    fn name(&self) -> &'static str {
        "fsxctl-calls"
    }

    fn read_before_attempt(
        &self,
        _: &BeforeTransmitInterceptorContextRef<'_>,
        _: &RuntimeComponents,
        cfg: &mut ConfigBag,
    ) -> Result<(), BoxError> {
        cfg.interceptor_state().store_put(Began(Instant::now()));
        Ok(())
    }

    fn read_after_attempt(
        &self,
        context: &FinalizerInterceptorContextRef<'_>,
        _: &RuntimeComponents,
        cfg: &mut ConfigBag,
    ) -> Result<(), BoxError> {
        let Some(call) = cfg.load::<Metadata>() else { return Ok(()) };
        let response = context.response();
        self.0.record(&Line {
            service: &call.service().to_ascii_lowercase(),
            operation: call.name(),
            request_id: response.and_then(|response| response.request_id()),
            status: response.map(|response| response.status().as_u16()),
            ms: cfg.load::<Began>().map_or(0, |began| millis(began.0)),
            attempt: cfg.load::<RequestAttempts>().map(RequestAttempts::attempts),
        });
        Ok(())
    }
}

/// Writes Kubernetes calls down.
#[derive(Debug, Clone)]
pub(super) struct KubernetesCalls(pub(super) Trace);

impl<S> tower::Layer<S> for KubernetesCalls {
    type Service = KubernetesTracer<S>;

    fn layer(&self, inner: S) -> Self::Service {
        KubernetesTracer { inner, trace: self.0.clone() }
    }
}

/// The service that [`KubernetesCalls`] puts in front.
#[derive(Debug, Clone)]
pub(super) struct KubernetesTracer<S> {
    inner: S,
    trace: Trace,
}

impl<S, A, B> tower::Service<Request<A>> for KubernetesTracer<S>
where
    S: tower::Service<Request<A>, Response = Response<B>>,
    S::Future: Send + 'static,
{
    type Response = S::Response;
    type Error = S::Error;
    type Future = BoxFuture<'static, Result<S::Response, S::Error>>;

    fn poll_ready(&mut self, context: &mut Context<'_>) -> Poll<Result<(), S::Error>> {
        self.inner.poll_ready(context)
    }

    fn call(&mut self, request: Request<A>) -> Self::Future {
        let operation = operation(request.method().as_str(), request.uri().path(), request.uri().query());
        let began = Instant::now();
        let trace = self.trace.clone();
        let answer = self.inner.call(request);
        Box::pin(async move {
            let answer = answer.await;
            let response = answer.as_ref().ok();
            if let Some(response) = response {
                note_pause(response.headers());
            }
            trace.record(&Line {
                service: KUBERNETES,
                operation: &operation,
                request_id: response.and_then(|response| response.headers().get("audit-id")?.to_str().ok()),
                status: response.map(|response| response.status().as_u16()),
                ms: millis(began),
                attempt: None,
            });
            answer
        })
    }
}

tokio::task_local! {
    /// The pause that the server asked for in the answer to the call in progress.
    static PAUSE: Cell<Option<Duration>>;
}

/// Runs one attempt of a Kubernetes call; with its answer comes the pause that a Retry-After header asked for. The client
/// keeps no headers of answers that are errors, and a throttled answer has no body that names a time.
pub(super) async fn with_pause<T>(attempt: impl Future<Output = T>) -> (T, Option<Duration>) {
    let both = async {
        let answer = attempt.await;
        (answer, PAUSE.with(Cell::take))
    };
    PAUSE.scope(Cell::new(None), both).await
}

fn note_pause(headers: &http::HeaderMap) {
    let seconds = headers.get(http::header::RETRY_AFTER).and_then(|text| text.to_str().ok()?.parse().ok());
    let pause = seconds.map(Duration::from_secs);
    // Watches run outside of any attempt once they are open.
    let _ = PAUSE.try_with(|kept| kept.set(pause));
}

fn millis(began: Instant) -> u64 {
    u64::try_from(began.elapsed().as_millis()).unwrap_or(u64::MAX)
}

/// Verb and resource of a Kubernetes request: `list persistentvolumes`, `get serviceaccounts kube-system/name`.
fn operation(method: &str, path: &str, query: Option<&str>) -> String {
    let mut parts = path.split('/').filter(|part| !part.is_empty());
    match parts.next() {
        Some("api") => drop(parts.next()),
        Some("apis") => drop((parts.next(), parts.next())),
        _ => return format!("{} {path}", method.to_ascii_lowercase()),
    }
    let rest: Vec<&str> = parts.collect();
    let (namespace, resource, name) = match rest.as_slice() {
        ["namespaces", namespace, resource, name @ ..] => (Some(*namespace), *resource, name.first()),
        [resource, name @ ..] => (None, *resource, name.first()),
        [] => return format!("{} {path}", method.to_ascii_lowercase()),
    };
    let is_watch =
        query.is_some_and(|query| query.split('&').any(|pair| pair == "watch=true" || pair == "watch=1"));
    let verb = match (method, name) {
        ("GET", _) if is_watch => "watch",
        ("GET", Some(_)) => "get",
        ("GET", None) => "list",
        ("POST", _) => "create",
        ("PUT", _) => "update",
        ("PATCH", _) => "patch",
        ("DELETE", _) => "delete",
        (other, _) => other,
    };
    match (namespace, name) {
        (Some(namespace), Some(name)) => format!("{verb} {resource} {namespace}/{name}"),
        (Some(namespace), None) => format!("{verb} {resource} {namespace}/"),
        (None, Some(name)) => format!("{verb} {resource} {name}"),
        (None, None) => format!("{verb} {resource}"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn operations_of_kubernetes_requests_are_verb_and_resource() {
        for (method, path, query, expected) in [
            ("GET", "/api/v1/nodes", Some("limit=500"), "list nodes"),
            ("GET", "/api/v1/namespaces/fsx", None, "get namespaces fsx"),
            (
                "GET",
                "/api/v1/namespaces/a/persistentvolumeclaims",
                Some("watch=true"),
                "watch persistentvolumeclaims a/",
            ),
            ("PATCH", "/apis/storage.k8s.io/v1/storageclasses/fsx-sc", None, "patch storageclasses fsx-sc"),
            ("GET", "/apis/apps/v1/namespaces/k/deployments/d", None, "get deployments k/d"),
            ("GET", "/version", None, "get /version"),
        ] {
            assert_eq!(operation(method, path, query), expected);
        }
    }

    #[test]
    fn a_trace_is_never_written_through_a_link() {
        let folder = tempfile::tempdir().expect("a folder");
        let target = folder.path().join("target");
        let path = folder.path().join("trace");
        std::fs::write(&target, "kept").expect("a file");
        #[cfg(unix)]
        {
            std::os::unix::fs::symlink(&target, &path).expect("a link");
            assert_eq!(
                Trace::open(&path).map(drop).map_err(|error| error.kind),
                Err(crate::error::Kind::Usage)
            );
        }
        assert_eq!(std::fs::read_to_string(&target).expect("the file"), "kept");
    }

    #[test]
    fn a_trace_replaces_an_older_one_and_is_for_its_owner() {
        let folder = tempfile::tempdir().expect("a folder");
        let path = folder.path().join("trace");
        std::fs::write(&path, "old").expect("a file");
        let trace = Trace::open(&path).expect("a trace");
        trace.record(&Line {
            service: "eks",
            operation: "X",
            request_id: Some("r"),
            status: Some(200),
            ms: 1,
            attempt: None,
        });
        let text = std::fs::read_to_string(&path).expect("the trace");
        assert_eq!(
            text,
            "{\"service\":\"eks\",\"operation\":\"X\",\"requestId\":\"r\",\"status\":200,\"ms\":1}\n"
        );
        #[cfg(unix)]
        {
            use std::os::unix::fs::PermissionsExt as _;
            assert_eq!(std::fs::metadata(&path).expect("it").permissions().mode() & 0o777, 0o600);
        }
    }
}
