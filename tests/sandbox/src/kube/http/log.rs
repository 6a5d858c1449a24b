//! `GET …/pods/NAME/log`: the lines that the world gives, and those that the controllers write.

use std::convert::Infallible;
use std::sync::Arc;
use std::time::Duration;

use bytes::Bytes;
use http::Response;
use http_body::Frame;
use http_body_util::{BodyExt as _, StreamBody};
use jiff::Timestamp;
use serde_json::{Value, json};

use super::answer::{Body, Outcome, Reply, whole};
use super::{Asked, KubeError, Shared};
use crate::kube::controllers::outcomes;
use crate::kube::error::FieldError;
use crate::kube::kinds::Kind;
use crate::kube::store::meta::{name_of, namespace_of};
use crate::state::State;

/// How often a log that is followed is looked at.
const LOOK: Duration = Duration::from_millis(50);

type Line = (Option<Timestamp>, String);

/// A log that is followed.
pub struct Follow {
    kind: Arc<Kind>,
    place: (String, String),
    container: String,
    stamps: bool,
    /// What is to be sent now.
    text: String,
    /// How many lines are behind.
    seen: usize,
}

/// Answers a log request: what there is, or a stream that ends with the container.
///
/// # Errors
/// 404 for the pod, 400 for a container that is not in it or has not started.
pub fn answer(state: &State, kind: &Arc<Kind>, asked: &Asked<'_>) -> Result<Outcome, KubeError> {
    let target = asked.target;
    let Some(pod) = state.kube.read(kind, &target.namespace, &target.name) else {
        return Err(KubeError::not_found(kind, &target.name));
    };
    if let Some(given) = asked.query.get("tailLines").and_then(|n| n.parse::<i64>().ok()).filter(|n| *n < 0) {
        let text = "must be greater than or equal to 0";
        let field = FieldError::invalid("tailLines", &json!(given), text);
        let name = &target.name;
        let cause = json!({"reason": field.reason, "message": field.message, "field": field.field});
        let details = json!({"name": name, "kind": "PodLogOptions", "causes": [cause]});
        let message = format!("PodLogOptions {name:?} is invalid: {field}");
        return Err(KubeError {
            details: Some(Box::new(details)),
            ..KubeError::plain(422, "Invalid", message)
        });
    }
    let container = container(pod, asked.query.get("container"))?;
    // Nobody has the log of a pod that is nowhere (pkg/registry/core/pod, `LogLocation`).
    if pod["spec"]["nodeName"].as_str().unwrap_or_default().is_empty() {
        return Ok(Outcome::Now(Reply { code: 204, ..Reply::text("") }));
    }
    let previous = asked.query.flag("previous");
    started(pod, &container, previous)?;
    let mut lines = lines_in(state, pod, &container, previous);
    let seen = lines.len();
    let since = asked
        .query
        .number("sinceSeconds")
        .and_then(|s| i64::try_from(s).ok())
        .map(|s| state.now - jiff::SignedDuration::from_secs(s))
        .or_else(|| asked.query.get("sinceTime").and_then(|t| t.parse().ok()));
    if let Some(since) = since {
        lines.retain(|(at, _)| at.is_none_or(|at| at >= since));
    }
    if let Some(tail) = asked.query.number("tailLines").and_then(|n| usize::try_from(n).ok()) {
        lines.drain(..lines.len().saturating_sub(tail));
    }
    let stamps = asked.query.flag("timestamps");
    let mut text = written(&lines, stamps, state.now);
    if asked.query.flag("follow") && !previous {
        let place = (target.namespace.clone(), target.name.clone());
        return Ok(Outcome::Follow(Box::new(Follow {
            kind: kind.clone(),
            place,
            container,
            stamps,
            text,
            seen,
        })));
    }
    if let Some(limit) = asked.query.number("limitBytes").and_then(|n| usize::try_from(n).ok()) {
        let cut = (0..=limit.min(text.len())).rev().find(|at| text.is_char_boundary(*at)).unwrap_or(0);
        text.truncate(cut);
    }
    let mut reply = Reply::text(text);
    reply.content_type = "text/plain";
    Ok(Outcome::Now(reply))
}

/// The lines that a container has printed. What the world says that a pod prints is all that it prints.
fn lines_in(state: &State, pod: &Value, container: &str, previous: bool) -> Vec<Line> {
    if let Some(text) = outcomes::of(state, pod).and_then(|o| o["log"].as_str().map(str::to_owned)) {
        return text.lines().map(|line| (None, line.to_owned())).collect();
    }
    let entries = state.other.get("logs").and_then(Value::as_array).into_iter().flatten();
    entries.filter(|entry| entry_fits(entry, pod, container, previous)).flat_map(lines_of).collect()
}

fn written(lines: &[Line], stamps: bool, now: Timestamp) -> String {
    let mut text = String::new();
    for (at, line) in lines {
        if stamps {
            text.push_str(&format!("{} ", at.unwrap_or(now)));
        }
        text.push_str(line);
        text.push('\n');
    }
    text
}

impl Follow {
    /// Takes what is new; false once nothing more can come.
    fn look(&mut self, state: &State) -> bool {
        let Some(pod) = state.kube.read(&self.kind, &self.place.0, &self.place.1) else { return false };
        let lines = lines_in(state, pod, &self.container, false);
        let new = lines.get(self.seen..).unwrap_or_default();
        self.text.push_str(&written(new, self.stamps, state.now));
        self.seen = self.seen.max(lines.len());
        let mut statuses = pod["status"]["containerStatuses"].as_array().into_iter().flatten();
        !statuses.any(|s| s["name"] == self.container.as_str() && s["state"]["terminated"].is_object())
    }
}

/// The answer of a log that is followed.
pub fn stream(shared: Arc<dyn Shared>, follow: Follow) -> Response<Body> {
    let start = (shared, follow, true);
    let pieces = futures::stream::unfold(start, |(shared, mut follow, mut goes_on)| async move {
        loop {
            if !follow.text.is_empty() {
                let piece = Bytes::from(std::mem::take(&mut follow.text));
                return Some((Ok::<_, Infallible>(Frame::data(piece)), (shared, follow, goes_on)));
            }
            if !goes_on {
                return None;
            }
            goes_on = follow.look(&shared.state());
            if goes_on && follow.text.is_empty() {
                tokio::time::sleep(LOOK).await;
            }
        }
    });
    Response::builder()
        .status(200)
        .header("content-type", "text/plain")
        .header("cache-control", "no-cache, private")
        .body(StreamBody::new(pieces).boxed_unsync())
        .unwrap_or_else(|_| Response::new(whole(Bytes::new())))
}

fn container(pod: &Value, wanted: Option<&str>) -> Result<String, KubeError> {
    let names = |list: &str| -> Vec<&str> {
        pod["spec"][list].as_array().into_iter().flatten().filter_map(|c| c["name"].as_str()).collect()
    };
    let (plain, init) = (names("containers"), names("initContainers"));
    let name = name_of(pod);
    match wanted.filter(|w| !w.is_empty()) {
        Some(wanted) if plain.contains(&wanted) || init.contains(&wanted) => Ok(wanted.to_owned()),
        Some(wanted) => {
            Err(KubeError::bad_request(format!("container {wanted} is not valid for pod {name}")))
        }
        None if plain.len() == 1 => Ok(plain[0].to_owned()),
        None => Err(KubeError::bad_request(format!(
            "a container name must be specified for pod {name}, choose one of: [{}]",
            plain.join(" ")
        ))),
    }
}

fn started(pod: &Value, container: &str, previous: bool) -> Result<(), KubeError> {
    let name = name_of(pod);
    let statuses = ["containerStatuses", "initContainerStatuses"];
    let status = statuses
        .iter()
        .flat_map(|list| pod["status"][*list].as_array().into_iter().flatten())
        .find(|s| s["name"] == container);
    if previous {
        let ended = status.is_some_and(|s| s["lastState"]["terminated"].is_object());
        if !ended && status.is_none_or(|s| s["restartCount"].as_i64().unwrap_or(0) == 0) {
            return Err(KubeError::bad_request(format!(
                "previous terminated container {container:?} in pod {name:?} not found"
            )));
        }
        return Ok(());
    }
    if pod["spec"]["nodeName"].as_str().unwrap_or_default().is_empty() && status.is_none() {
        // An unscheduled pod has no log, and says so by an empty one.
        return Ok(());
    }
    if let Some(reason) = status.and_then(|s| s["state"]["waiting"]["reason"].as_str())
        && status.is_some_and(|s| s["restartCount"].as_i64().unwrap_or(0) == 0)
    {
        let why = match reason {
            "ContainerCreating" | "PodInitializing" => format!("is waiting to start: {reason}"),
            other => format!("is waiting to start: {}", waiting_text(other)),
        };
        return Err(KubeError::bad_request(format!("container {container:?} in pod {name:?} {why}")));
    }
    Ok(())
}

fn waiting_text(reason: &str) -> &str {
    match reason {
        "ImagePullBackOff" => "trying and failing to pull image",
        "ErrImagePull" => "image can't be pulled",
        other => other,
    }
}

fn glob(pattern: &str, text: &str) -> bool {
    match pattern.split_once('*') {
        None => pattern == text,
        Some((head, tail)) => text.strip_prefix(head).is_some_and(|rest| {
            (0..=rest.len()).any(|at| rest.is_char_boundary(at) && glob(tail, &rest[at..]))
        }),
    }
}

fn entry_fits(entry: &Value, pod: &Value, container: &str, previous: bool) -> bool {
    let fits = |member: &str, text: &str| entry[member].as_str().is_none_or(|pattern| glob(pattern, text));
    fits("namespace", namespace_of(pod))
        && fits("pod", name_of(pod))
        && fits("container", container)
        && (entry["previous"] == json!(true)) == previous
}

fn lines_of(entry: &Value) -> Vec<(Option<Timestamp>, String)> {
    if let Some(text) = entry["text"].as_str() {
        return text.lines().map(|l| (None, l.to_owned())).collect();
    }
    let lines = entry["lines"].as_array().into_iter().flatten();
    lines
        .map(|line| match line {
            Value::String(text) => (None, text.clone()),
            line => (
                line["at"].as_str().and_then(|t| t.parse().ok()),
                line["text"].as_str().unwrap_or_default().to_owned(),
            ),
        })
        .collect()
}
