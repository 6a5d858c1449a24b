//! The HTTP API of the cluster: from a request to an answer or a stream of watch events.
//!
//! Who may do what is decided in `authn` and `authz`, what happens in `read` and `write`.

pub mod access;
mod answer;
mod authn;
mod authz;
mod body;
mod discovery;
mod log;
mod openapi;
mod options;
mod path;
mod presign;
mod read;
mod reviews;
mod sub;
mod table;
mod watch;
mod write;

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use bytes::Bytes;
use http::{Method, Request, Response};
use jiff::Timestamp;

pub use answer::Body;
use answer::{Outcome, Reply};
pub use authn::User;
use path::{Route, Target};

use super::error::KubeError;
use crate::call::Client;
use crate::state::State;

/// The living world behind a lock, as the listeners share it.
pub trait Shared: Send + Sync + 'static {
    /// Takes the lock. It is never held across an await.
    fn state(&self) -> MutexGuard<'_, State>;
}

impl Shared for Mutex<State> {
    fn state(&self) -> MutexGuard<'_, State> {
        self.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// What the request log says of a request; an extension of every answer.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Facts {
    /// Who asked: COMMAND, kubectl or helm with COMMAND's credentials; anything else is `other`.
    pub client: Client,
    /// Verb as RBAC names it.
    pub verb: String,
    /// `storageclasses.storage.k8s.io`, with the subresource after a slash; empty for other paths.
    pub resource: String,
    /// Whether it could have changed something.
    pub write: bool,
}

/// The reason of a failure (`NotFound`, `Conflict`, …), an extension of an answer that is one.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Reason(pub String);

/// A request that has been read, understood and let through.
struct Asked<'a> {
    method: &'a Method,
    target: &'a Target,
    query: &'a path::Query,
    headers: &'a http::HeaderMap,
    body: &'a Bytes,
    user: &'a User,
}

/// Answers one request. A watch answers with a body that goes on until its time is over.
pub async fn respond(shared: Arc<dyn Shared>, request: Request<Bytes>) -> Response<Body> {
    let (parts, body) = request.into_parts();
    let query = path::Query::parse(parts.uri.query().unwrap_or_default());
    let (outcome, facts) = {
        let mut state = shared.state();
        state.advance(Timestamp::now());
        let answered = handle(&mut state, &parts, &query, &body);
        if answered.1.write {
            state.advance(Timestamp::now());
        }
        answered
    };
    let mut response = match outcome {
        Ok(Outcome::Now(reply)) => reply.into_response(),
        Ok(Outcome::Watch(watch)) => watch::stream(shared, *watch),
        Ok(Outcome::Follow(follow)) => log::stream(shared, *follow),
        Err(error) => {
            let mut response = Reply::status(&error).into_response();
            response.extensions_mut().insert(Reason(error.reason));
            response
        }
    };
    response.extensions_mut().insert(facts);
    response
}

fn handle(
    state: &mut State,
    parts: &http::request::Parts,
    query: &path::Query,
    body: &Bytes,
) -> (Result<Outcome, KubeError>, Facts) {
    let route = path::route(&parts.method, parts.uri.path(), query);
    let mut facts = Facts {
        client: authn::program(&parts.headers),
        verb: route.verb(&parts.method).to_owned(),
        resource: route.resource(),
        write: false,
    };
    let result = (|| {
        if let Some(reply) = open_to_all(&route) {
            return Ok(Outcome::Now(reply));
        }
        let user = authn::user(state, &parts.headers)?;
        if !user.command {
            facts.client = Client::Other;
        }
        authz::check(state, &user, &route, parts.uri.path(), &parts.method)?;
        match &route {
            Route::Object(target) => {
                let asked = Asked {
                    method: &parts.method,
                    target,
                    query,
                    headers: &parts.headers,
                    body,
                    user: &user,
                };
                facts.write = asked.could_write();
                object(state, &asked)
            }
            Route::Discovery(which) => discovery::answer(state, which, &parts.headers).map(Outcome::Now),
            Route::OpenApi(path) => openapi::answer(state, path, &parts.headers).map(Outcome::Now),
            Route::Version => Ok(Outcome::Now(Reply::json(200, discovery::version(state)))),
            Route::Jwks => Ok(Outcome::Now(reviews::jwks())),
            Route::OpenIdConfiguration => Ok(Outcome::Now(reviews::openid_configuration(state))),
            Route::Health | Route::Unknown => Ok(Outcome::Now(Reply::nowhere())),
        }
    })();
    (result, facts)
}

/// `/healthz` and its like need no credentials.
fn open_to_all(route: &Route) -> Option<Reply> {
    matches!(route, Route::Health).then(|| Reply::text("ok"))
}

impl Asked<'_> {
    fn could_write(&self) -> bool {
        let reading = matches!(*self.method, Method::GET | Method::HEAD);
        let target = self.target;
        let review = target.plural.ends_with("reviews") || target.subresource == "token";
        !reading && !review && self.query.get("dryRun") != Some("All")
    }
}

fn object(state: &mut State, asked: &Asked<'_>) -> Result<Outcome, KubeError> {
    let target = asked.target;
    let Some(kind) = state.kube.resource(&target.group, &target.version, &target.plural) else {
        let known = state.kube.kinds().any(|k| k.group == target.group && k.version == target.version);
        return if known { Err(KubeError::no_such_resource()) } else { Ok(Outcome::Now(Reply::nowhere())) };
    };
    if kind.namespaced && target.namespace.is_empty() && !target.name.is_empty() && !target.watch {
        return Err(KubeError::no_such_resource());
    }
    if !kind.namespaced && !target.namespace.is_empty() && kind.kind != "Namespace" {
        return Err(KubeError::no_such_resource());
    }
    if kind.review {
        return reviews::answer(state, &kind, asked).map(Outcome::Now);
    }
    if !matches!(target.subresource.as_str(), "" | "status") {
        if !kind.has(&target.subresource) {
            return Err(KubeError::no_such_resource());
        }
        if target.subresource == "log" && *asked.method == Method::GET {
            return log::answer(state, &kind, asked);
        }
        return sub::answer(state, &kind, asked).map(Outcome::Now);
    }
    if target.subresource == "status" && !kind.has("status") {
        return Err(KubeError::no_such_resource());
    }
    match (asked.method.as_str(), target.name.is_empty()) {
        ("GET" | "HEAD", _) if target.watch => watch::begin(state, &kind, asked),
        ("GET" | "HEAD", false) => read::get(state, &kind, asked).map(Outcome::Now),
        ("GET" | "HEAD", true) => read::list(state, &kind, asked).map(Outcome::Now),
        ("POST", true) => write::create(state, &kind, asked).map(Outcome::Now),
        ("PUT", false) => write::update(state, &kind, asked).map(Outcome::Now),
        ("PATCH", false) => write::patch(state, &kind, asked).map(Outcome::Now),
        ("DELETE", false) => write::delete(state, &kind, asked).map(Outcome::Now),
        ("DELETE", true) if kind.collectable() => {
            write::delete_collection(state, &kind, asked).map(Outcome::Now)
        }
        _ => Err(KubeError::method_not_allowed()),
    }
}

#[cfg(test)]
mod tests;
