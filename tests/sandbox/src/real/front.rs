//! The sandbox's listener in front of the real API server: requests go on as they came and answers come back as they
//! are, watches too.

use std::sync::Arc;

use bytes::Bytes;
use futures::StreamExt as _;
use http::request::Parts;
use http::{HeaderMap, Request, Response, StatusCode, Uri, header};
use http_body_util::{BodyExt as _, BodyStream, Full, StreamBody};
use hyper::body::Incoming;
use hyper_rustls::{HttpsConnector, HttpsConnectorBuilder};
use hyper_util::client::legacy::{Client, connect::HttpConnector};
use hyper_util::rt::TokioExecutor;
use serde_json::Value;
use tokio_rustls::rustls::ClientConfig;

use crate::call::AwsError;
use crate::kube::http::Reason;
use crate::server::{Body, full};

/// The way to the API server.
#[derive(Debug, Clone)]
pub struct Backend {
    client: Client<HttpsConnector<HttpConnector>, Full<Bytes>>,
    authority: String,
    token: String,
}

/// Headers that belong to one connection.
const HOP: [header::HeaderName; 6] = [
    header::HOST,
    header::CONNECTION,
    header::TRANSFER_ENCODING,
    header::TE,
    header::UPGRADE,
    header::PROXY_AUTHORIZATION,
];

impl Backend {
    /// To a port of this machine; `token` is the administrator's.
    pub fn new(port: u16, tls: &Arc<ClientConfig>, token: &str) -> Self {
        let connector =
            HttpsConnectorBuilder::new().with_tls_config((**tls).clone()).https_only().enable_http1().build();
        let client = Client::builder(TokioExecutor::new()).build(connector);
        Self { client, authority: format!("127.0.0.1:{port}"), token: token.to_owned() }
    }

    async fn send(
        &self,
        method: http::Method,
        path: &str,
        headers: HeaderMap,
        body: Bytes,
    ) -> Result<Response<Incoming>, String> {
        let uri = Uri::builder().scheme("https").authority(self.authority.as_str()).path_and_query(path);
        let uri = uri.build().map_err(|why| why.to_string())?;
        let mut request = Request::new(Full::new(body));
        *request.method_mut() = method;
        *request.uri_mut() = uri;
        *request.headers_mut() = headers;
        self.client.request(request).await.map_err(|why| why.to_string())
    }

    /// A read as the administrator.
    ///
    /// # Errors
    /// No answer, or a status that is not 200.
    pub async fn read(&self, path: &str) -> Result<Response<Incoming>, String> {
        let mut headers = HeaderMap::new();
        let bearer = format!("Bearer {}", self.token).parse();
        headers.insert(header::AUTHORIZATION, bearer.map_err(|_| "a token that is no header".to_owned())?);
        headers.insert(header::ACCEPT, header::HeaderValue::from_static("application/json"));
        let answer = self.send(http::Method::GET, path, headers, Bytes::new()).await?;
        if answer.status() == StatusCode::OK { Ok(answer) } else { Err(answer.status().to_string()) }
    }

    /// A client's own request, with its own credentials.
    pub async fn forward(&self, parts: Parts, body: Bytes) -> Response<Body> {
        let mut headers = parts.headers;
        for name in HOP {
            headers.remove(name);
        }
        let path = parts.uri.path_and_query().map_or("/", |path| path.as_str()).to_owned();
        match self.send(parts.method, &path, headers, body).await {
            Ok(answer) => returned(answer).await,
            Err(why) => {
                let error = AwsError::new("ServiceUnavailable", why).with_status(503);
                crate::server::kube_status(&error)
            }
        }
    }
}

/// An answer for the client. A refusal is read whole, for its reason; all else flows.
async fn returned(answer: Response<Incoming>) -> Response<Body> {
    let (mut parts, body) = answer.into_parts();
    for name in HOP {
        parts.headers.remove(name);
    }
    if parts.status.is_client_error() || parts.status.is_server_error() {
        let bytes = body.collect().await.map(http_body_util::Collected::to_bytes).unwrap_or_default();
        let status: Value = serde_json::from_slice(&bytes).unwrap_or_default();
        let reason = status["reason"].as_str().map(str::to_owned);
        let reason =
            reason.unwrap_or_else(|| parts.status.canonical_reason().unwrap_or_default().replace(' ', ""));
        parts.extensions.insert(Reason(reason));
        return Response::from_parts(parts, full(bytes));
    }
    // A stream that breaks off ends here; the client sees that the length, or the last chunk, is missing.
    let frames = BodyStream::new(body).take_while(|frame| futures::future::ready(frame.is_ok()));
    let frames = frames.filter_map(|frame| futures::future::ready(frame.ok())).map(Ok);
    Response::from_parts(parts, StreamBody::new(frames).boxed_unsync())
}
