//! Answers: status, headers and body.

use std::convert::Infallible;

use bytes::Bytes;
use http::Response;
use http_body_util::combinators::UnsyncBoxBody;
use http_body_util::{BodyExt as _, Full};
use serde_json::Value;

use super::log::Follow;
use super::watch::Watch;
use crate::kube::error::KubeError;

/// Body of an answer; a watch's is a stream. It never fails.
pub type Body = UnsyncBoxBody<Bytes, Infallible>;

/// A body that is complete.
pub fn whole(bytes: Bytes) -> Body {
    Full::new(bytes).boxed_unsync()
}

/// What a handler comes to.
pub enum Outcome {
    /// An answer.
    Now(Reply),
    /// A stream of events.
    Watch(Box<Watch>),
    /// A log that goes on.
    Follow(Box<Follow>),
}

/// An answer that is complete.
#[derive(Debug, Clone)]
pub struct Reply {
    /// HTTP status.
    pub code: u16,
    /// Content type.
    pub content_type: &'static str,
    /// The body.
    pub body: Bytes,
    /// `Warning` headers' texts.
    pub warnings: Vec<String>,
}

impl Reply {
    /// A JSON body.
    pub fn json(code: u16, body: impl std::borrow::Borrow<Value>) -> Self {
        Self {
            code,
            content_type: "application/json",
            body: body.borrow().to_string().into(),
            warnings: Vec::new(),
        }
    }

    /// A text with status 200.
    pub fn text(body: impl Into<String>) -> Self {
        let body: String = body.into();
        Self { code: 200, content_type: "text/plain; charset=utf-8", body: body.into(), warnings: Vec::new() }
    }

    /// For a path, or a whole group, that nobody has registered: the router's own words, no `Status`.
    pub fn nowhere() -> Self {
        Self { code: 404, ..Self::text("404 page not found\n") }
    }

    /// A `Status` failure.
    pub fn status(error: &KubeError) -> Self {
        Self::json(error.code, error.to_status())
    }

    /// As an HTTP response.
    pub fn into_response(self) -> Response<Body> {
        let mut builder = Response::builder().status(self.code).header("cache-control", "no-cache, private");
        if self.code != 204 {
            builder = builder.header("content-type", self.content_type);
        }
        for warning in &self.warnings {
            builder = builder.header("warning", format!("299 - {warning:?}"));
        }
        if self.code == 429 {
            builder = builder.header("retry-after", "1");
        }
        builder.body(whole(self.body)).unwrap_or_else(|_| Response::new(whole(Bytes::new())))
    }
}
