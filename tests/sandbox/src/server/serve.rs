//! The two listeners: connections, hosts, bodies, latency.

use std::convert::Infallible;
use std::sync::Arc;

use bytes::Bytes;
use http::{Request, Response, StatusCode};
use http_body_util::{BodyExt, Limited};
use hyper::body::Incoming;
use hyper::service::service_fn;
use hyper_util::rt::{TokioIo, TokioTimer};
use tokio::io::{AsyncRead, AsyncWrite};
use tokio::net::TcpListener;
use tokio_rustls::TlsAcceptor;

use super::tap::{Conn, Tap, Tracked};
use super::{Body, Inner, aws, full, kube};

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
        async move { Ok::<_, Infallible>(respond(inner, conn, request, kube).await) }
    });
    // `half_close`: a client may shut its sending side and still want its answer.
    let mut http = hyper::server::conn::http1::Builder::new();
    http.timer(TokioTimer::new()).half_close(true);
    let _ = http.serve_connection(TokioIo::new(tap), service).await;
}

async fn respond(
    inner: Arc<Inner>,
    conn: Arc<Conn>,
    request: Request<Incoming>,
    kube: bool,
) -> Response<Tracked> {
    let first_byte = conn.request_began();
    let (parts, body) = request.into_parts();
    let body = Limited::new(body, BODY).collect().await.map(http_body_util::Collected::to_bytes);
    conn.request_read();
    let Ok(body) = body else {
        return untracked(&conn, StatusCode::PAYLOAD_TOO_LARGE, "the body is too large or was cut off");
    };
    if !inner.is_host(&parts, kube) {
        return untracked(&conn, StatusCode::MISDIRECTED_REQUEST, "this Host is not the sandbox");
    }
    let (seq, response, error) = if kube {
        let facts = kube::facts(&inner.lock(), &parts, &body);
        let seq = inner.log.begin(first_byte, facts);
        let (response, error) = inner.answer_kube(parts, body).await;
        (seq, response, error)
    } else {
        let seen = aws::look(&parts, &body);
        let mut state = inner.lock();
        let facts = seen.facts(&state, &parts);
        let seq = inner.log.begin(first_byte, facts);
        aws::advance(&mut state);
        let (response, error) = seen.handle(&mut state, &parts);
        drop(state);
        inner.touched();
        (seq, response.map(full), error)
    };
    if !inner.latency.is_zero() {
        tokio::time::sleep(inner.latency).await;
    }
    inner.log.answered(seq, response.status().as_u16(), error);
    response.map(|body| Tracked::new(body, conn, seq))
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
