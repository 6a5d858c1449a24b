//! Get and list.

use std::sync::Arc;

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD as BASE64;
use serde_json::{Value, json};

use super::answer::Reply;
use super::{Asked, KubeError};
use super::{options, table};
use crate::kube::events;
use crate::kube::kinds::Kind;
use crate::kube::selector::{Fields, Labels};
use crate::kube::store::meta::{name_of, namespace_of};
use crate::state::State;

/// In which form an object is wanted.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Form {
    /// The object.
    Whole,
    /// Only its metadata.
    Metadata,
    /// A `Table`, with the objects' metadata (`includeObject=Metadata`, the default), the objects or nothing.
    Table(table::Include),
}

impl Form {
    /// From `Accept`.
    pub fn of(asked: &Asked<'_>) -> Result<Self, KubeError> {
        let accept = asked.headers.get("accept").and_then(|v| v.to_str().ok()).unwrap_or("*/*");
        for one in accept.split(',').map(str::trim) {
            if one.contains("protobuf") {
                continue;
            }
            if one.contains("as=Table") {
                return table::Include::of(asked.query.get("includeObject")).map(Self::Table);
            }
            if one.contains("as=PartialObjectMetadata") {
                return Ok(Self::Metadata);
            }
            let media = one.split(';').next().unwrap_or_default();
            if matches!(media, "application/json" | "application/yaml" | "application/*" | "*/*" | "") {
                return Ok(Self::Whole);
            }
        }
        let text = "406: Not Acceptable\n\nAvailable representations: application/json, application/yaml, application/vnd.kubernetes.protobuf";
        let details = Some(Box::new(json!({})));
        Err(KubeError { details, ..KubeError::plain(406, "NotAcceptable", text) })
    }
}

/// An object as it goes over the wire in the version that was asked for.
pub fn outward(kind: &Kind, object: &Value) -> Value {
    if kind.group == "events.k8s.io" { events::to_events_group(object) } else { object.clone() }
}

/// Items of a typed list do not repeat their kind.
pub fn bare(kind: &Kind, item: &mut Value) {
    if !kind.custom
        && let Some(map) = item.as_object_mut()
    {
        map.shift_remove("kind");
        map.shift_remove("apiVersion");
    }
}

fn metadata_only(object: &Value) -> Value {
    json!({"kind": "PartialObjectMetadata", "apiVersion": "meta.k8s.io/v1", "metadata": object["metadata"]})
}

/// One object in the form that was asked for.
pub fn present(state: &State, kind: &Kind, object: &Value, asked: &Asked<'_>) -> Result<Value, KubeError> {
    Ok(match Form::of(asked)? {
        Form::Whole => outward(kind, object),
        Form::Metadata => metadata_only(object),
        Form::Table(include) => {
            let rows = [Arc::new(object.clone())];
            let metadata = json!({"resourceVersion": object["metadata"]["resourceVersion"]});
            table::of(state, kind, &rows, include, &metadata)
        }
    })
}

/// `GET` of an object.
pub fn get(state: &State, kind: &Kind, asked: &Asked<'_>) -> Result<Reply, KubeError> {
    let target = asked.target;
    let Some(object) = state.kube.read(kind, &target.namespace, &target.name) else {
        return Err(KubeError::not_found(kind, &target.name));
    };
    Ok(Reply::json(200, present(state, kind, object, asked)?))
}

/// The selectors of a list or watch.
#[derive(Debug, Clone, Default)]
pub struct Select {
    labels: Labels,
    fields: Fields,
    namespace: String,
    name: String,
}

impl Select {
    /// From the query and the path.
    pub fn of(kind: &Kind, asked: &Asked<'_>) -> Result<Self, KubeError> {
        Ok(Self {
            labels: Labels::parse(asked.query.get("labelSelector").unwrap_or_default())?,
            fields: Fields::parse(asked.query.get("fieldSelector").unwrap_or_default(), kind)?,
            namespace: asked.target.namespace.clone(),
            name: asked.target.name.clone(),
        })
    }

    /// Whether an object is selected.
    pub fn matches(&self, object: &Value) -> bool {
        (self.namespace.is_empty() || namespace_of(object) == self.namespace)
            && (self.name.is_empty() || name_of(object) == self.name)
            && self.labels.matches(object)
            && self.fields.matches(object)
    }
}

struct Continue {
    version: u64,
    after: (String, String),
}

fn read_continue(text: &str) -> Result<Continue, KubeError> {
    let invalid =
        || KubeError::bad_request(format!("invalid continue token: continue key is not valid: {text}"));
    let bytes = BASE64.decode(text.trim_end_matches('=')).map_err(|_| invalid())?;
    let token: Value = serde_json::from_slice(&bytes).map_err(|_| invalid())?;
    let start = token["start"].as_str().ok_or_else(invalid)?;
    let start = start.trim_end_matches('\0');
    let (namespace, name) = start.split_once('/').unwrap_or(("", start));
    Ok(Continue {
        version: token["rv"].as_u64().ok_or_else(invalid)?,
        after: (namespace.to_owned(), name.to_owned()),
    })
}

fn write_continue(version: u64, last: &Value) -> String {
    let start = match namespace_of(last) {
        "" => format!("{}\0", name_of(last)),
        namespace => format!("{namespace}/{}\0", name_of(last)),
    };
    BASE64.encode(json!({"v": "meta.k8s.io/v1", "rv": version, "start": start}).to_string())
}

/// `GET` of a collection.
pub fn list(state: &State, kind: &Kind, asked: &Asked<'_>) -> Result<Reply, KubeError> {
    let query = asked.query;
    options::list(query, false)?;
    let select = Select::of(kind, asked)?;
    let token = query.get("continue").filter(|t| !t.is_empty()).map(read_continue).transpose()?;
    let version = token.as_ref().map_or(state.kube.version(), |t| t.version);
    if let Some(wanted) = query.number("resourceVersion")
        && wanted > state.kube.version()
    {
        let mut error = KubeError::plain(
            504,
            "Timeout",
            format!("Too large resource version: {wanted}, current: {}", state.kube.version()),
        );
        error.details = Some(Box::new(json!({"causes": [{"reason": "ResourceVersionTooLarge",
            "message": "Too large resource version"}], "retryAfterSeconds": 1})));
        return Err(error);
    }
    let mut all: Vec<Arc<Value>> = state.kube.read_all(kind, &asked.target.namespace);
    if let Some(token) = &token {
        all.retain(|o| (namespace_of(o), name_of(o)) > (token.after.0.as_str(), token.after.1.as_str()));
    }
    all.retain(|o| select.matches(o));
    let mut metadata = json!({"resourceVersion": version.to_string()});
    let limit = query.number("limit").and_then(|n| usize::try_from(n).ok()).unwrap_or(0);
    if limit > 0 && all.len() > limit {
        let rest = all.len() - limit;
        all.truncate(limit);
        if let Some(last) = all.last() {
            metadata["continue"] = json!(write_continue(version, last));
        }
        if query.get("labelSelector").is_none() && query.get("fieldSelector").is_none() {
            metadata["remainingItemCount"] = json!(rest);
        }
    }
    Ok(Reply::json(200, list_body(state, kind, &all, (Form::of(asked)?, &metadata))))
}

fn list_body(state: &State, kind: &Kind, all: &[Arc<Value>], form: (Form, &Value)) -> Value {
    let (form, metadata) = form;
    match form {
        Form::Table(include) => table::of(state, kind, all, include, metadata),
        Form::Metadata => json!({
            "kind": "PartialObjectMetadataList", "apiVersion": "meta.k8s.io/v1", "metadata": metadata,
            "items": all.iter().map(|o| metadata_only(o)).collect::<Vec<_>>(),
        }),
        Form::Whole => {
            let items: Vec<Value> = all
                .iter()
                .map(|o| {
                    let mut item = outward(kind, o);
                    bare(kind, &mut item);
                    item
                })
                .collect();
            json!({"kind": kind.list_kind(), "apiVersion": kind.api_version(), "metadata": metadata, "items": items})
        }
    }
}
