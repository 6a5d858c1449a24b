//! The two listeners: connections, hosts, bodies, latency.

use std::future::pending;
use std::sync::Arc;

use bytes::Bytes;
use http::{HeaderValue, Request, Response, StatusCode, header};
use http_body_util::{BodyExt, Limited};
use hyper::body::Incoming;
use hyper::service::service_fn;
use hyper_util::rt::{TokioIo, TokioTimer};
use tokio::io::{AsyncRead, AsyncWrite};
use tokio::net::TcpListener;
use tokio_rustls::TlsAcceptor;

use super::exchange::Told;
use super::fault::Transport;
use super::tap::{Broken, Conn, Tap, Tracked};
use super::{Answered, Body, Inner, aws, full, kube};

/// Larger bodies are refused; the largest real ones are CRDs and Helm release Secrets.
const BODY: usize = 16 << 20;

/// Serves the AWS listener until its task is aborted.
pub async fn serve_aws(inner: Arc<Inner>, listener: TcpListener) {
    loop {
        let Ok((stream, _)) = listener.accept().await else { continue };
        let _ = stream.set_nodelay(true);
        tokio::spawn(connection(inner.clone(), stream, false));
    }
}

/// Serves the Kubernetes listener until its task is aborted.
pub async fn serve_kube(inner: Arc<Inner>, listener: TcpListener, tls: TlsAcceptor) {
    loop {
        let Ok((stream, _)) = listener.accept().await else { continue };
        let _ = stream.set_nodelay(true);
        let (inner, tls) = (inner.clone(), tls.clone());
        tokio::spawn(async move {
            // A client that does not trust the authority hangs up here; that is its business.
            if let Ok(stream) = tls.accept(stream).await {
                connection(inner, stream, true).await;
            }
        });
    }
}

async fn connection<S>(inner: Arc<Inner>, stream: S, kube: bool)
where
    S: AsyncRead + AsyncWrite + Unpin + Send + 'static,
{
    let conn = Conn::new(inner.log.clone());
    let tap = Tap::new(stream, conn.clone());
    let service = service_fn(move |request| {
        let (inner, conn) = (inner.clone(), conn.clone());
        async move { respond(inner, conn, request, kube).await }
    });
    // `half_close`: a client may shut its sending side and still want its answer.
    let mut http = hyper::server::conn::http1::Builder::new();
    http.timer(TokioTimer::new()).half_close(true);
    let _ = http.serve_connection(TokioIo::new(tap), service).await;
}

/// Answers one request; an error closes the connection without an answer.
async fn respond(
    inner: Arc<Inner>,
    conn: Arc<Conn>,
    request: Request<Incoming>,
    kube: bool,
) -> Result<Response<Tracked>, Broken> {
    let first_byte = conn.request_began();
    let (parts, body) = request.into_parts();
    let body = Limited::new(body, BODY).collect().await.map(http_body_util::Collected::to_bytes);
    conn.request_read();
    let Ok(body) = body else {
        let said = "the body is too large or was cut off";
        return Ok(untracked(&conn, StatusCode::PAYLOAD_TOO_LARGE, said));
    };
    if !inner.is_host(&parts, kube) {
        return Ok(untracked(&conn, StatusCode::MISDIRECTED_REQUEST, "this Host is not the sandbox"));
    }
    if let Some(response) =
        crate::real::hooks::answer(&mut inner.lock(), parts.uri.path(), &parts.headers, &body)
    {
        return Ok(response.map(|body| Tracked::new(body, conn, 0)));
    }
    let mut turn = inner.kill.turn().await;
    let seen = if kube { None } else { Some(aws::look(&parts, &body)) };
    let facts = match &seen {
        Some(seen) => seen.facts(&inner.lock(), &parts),
        None => kube::facts(&inner.lock(), &parts, &body),
    };
    let seq = inner.log.begin(first_byte, facts.clone());
    if inner.kill.drops(facts.client) {
        drop(turn);
        return pending().await;
    }
    let Answered { response, error, road } = match seen {
        Some(seen) => {
            let mut state = inner.lock();
            aws::advance(&mut state);
            let handled = seen.handle(&mut state, &parts);
            drop(state);
            inner.touched();
            if let Some(exchanges) = &inner.exchanges {
                let told = Told { response: &handled.response, injected: handled.injected };
                exchanges.note(&facts, &parts, &body, told);
            }
            Answered { response: handled.response.map(full), error: handled.error, road: handled.road }
        }
        None => inner.answer_kube(parts, body).await,
    };
    let applied = road.is_none_or(Transport::arrives);
    if let Some(turn) = turn.as_mut().filter(|_| applied) {
        turn.applied(&facts, response.status().as_u16());
    }
    drop(turn);
    if !inner.latency.is_zero() {
        tokio::time::sleep(inner.latency).await;
    }
    if inner.kill.drops(facts.client) {
        inner.log.answered(seq, response.status().as_u16(), error);
        return pending().await;
    }
    on_the_road(&inner, (conn, seq), (response, error), road).await
}

/// The way of an answer back to the client.
async fn on_the_road(
    inner: &Inner,
    (conn, seq): (Arc<Conn>, u64),
    (response, error): (Response<Body>, Option<String>),
    road: Option<Transport>,
) -> Result<Response<Tracked>, Broken> {
    let status = response.status().as_u16();
    let error = road.and_then(Transport::name).map(str::to_owned).or(error);
    match road {
        Some(Transport::Timeout) => {
            inner.log.answered(seq, 0, error);
            pending().await
        }
        Some(Transport::Reset) => {
            inner.log.answered(seq, 0, error);
            Err(Broken)
        }
        Some(Transport::NotJson) => {
            inner.log.answered(seq, 200, error);
            Ok(page().map(|body| Tracked::new(body, conn, seq)))
        }
        Some(Transport::Truncated) => {
            inner.log.answered(seq, status, error);
            Ok(with_length(response).map(|body| Tracked::cut(body, conn, seq)))
        }
        Some(Transport::Slow(time)) => {
            tokio::time::sleep(time).await;
            inner.log.answered(seq, status, error);
            Ok(response.map(|body| Tracked::new(body, conn, seq)))
        }
        None => {
            inner.log.answered(seq, status, error);
            Ok(response.map(|body| Tracked::new(body, conn, seq)))
        }
    }
}

/// What a proxy or a sign-in page puts in an answer's place.
fn page() -> Response<Body> {
    const PAGE: &str = "<!DOCTYPE html>\n<html><head><title>Sign in</title></head><body>Sign in to use this network.</body></html>\n";
    let mut response = Response::new(full(Bytes::from_static(PAGE.as_bytes())));
    response.headers_mut().insert(header::CONTENT_TYPE, HeaderValue::from_static("text/html; charset=utf-8"));
    response
}

/// Promises the length of the whole, where it is known (a watch has none).
fn with_length(mut response: Response<Body>) -> Response<Body> {
    if let Some(length) = http_body::Body::size_hint(response.body()).exact() {
        response.headers_mut().insert(header::CONTENT_LENGTH, HeaderValue::from(length.max(1)));
    }
    response
}

fn untracked(conn: &Arc<Conn>, status: StatusCode, text: &'static str) -> Response<Tracked> {
    let mut response =
        Response::new(Tracked::new(full(Bytes::from_static(text.as_bytes())), conn.clone(), 0));
    *response.status_mut() = status;
    response
}

/// A body that is there at once.
pub fn whole(bytes: Bytes) -> Body {
    http_body_util::Full::new(bytes).boxed_unsync()
}
