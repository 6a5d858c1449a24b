//! Create, update, patch and delete.

use std::sync::Arc;

use serde_json::{Value, json};

use super::answer::Reply;
use super::{Asked, KubeError, body, options, read};
use crate::kube::error::FieldError;
use crate::kube::fields::{self, Manager};
use crate::kube::kinds::Kind;
use crate::kube::schema::typed;
use crate::kube::store::meta::{name_of, namespace_of, terminating, uid_of};
use crate::kube::store::{Propagation, Removal, Write};
use crate::kube::{admission, events, patch as patches, pod_security};
use crate::state::State;

fn manager(asked: &Asked<'_>) -> String {
    if let Some(manager) = asked.query.get("fieldManager").filter(|m| !m.is_empty()) {
        return manager.to_owned();
    }
    let agent = asked.headers.get("user-agent").and_then(|v| v.to_str().ok()).unwrap_or_default();
    agent.split('/').next().filter(|m| !m.is_empty()).unwrap_or("unknown").to_owned()
}

fn dry_run(asked: &Asked<'_>) -> bool {
    asked.query.get("dryRun") == Some("All")
}

/// Whether the body is of the resource's own kind; what it leaves out is the resource's.
fn same_kind(state: &State, kind: &Kind, object: &Value) -> Result<(), KubeError> {
    let text = |member: &str| object[member].as_str().unwrap_or_default().to_owned();
    let (version, name) = (text("apiVersion"), text("kind"));
    let fits = |given: &str, own: &str| given.is_empty() || given == own;
    if fits(&version, &kind.api_version()) && fits(&name, &kind.kind) {
        return Ok(());
    }
    let shown = if name.is_empty() { kind.kind.clone() } else { name.clone() };
    let why = if state.kube.kind(&version, &name).is_some() {
        let group = kind.group.split('.').next().filter(|g| !g.is_empty()).unwrap_or("core");
        format!("converting ({}.{name}) to ({group}.{}): unknown conversion", kind.version, kind.kind)
    } else {
        let registry = "scheme \"pkg/runtime/scheme.go:111\"";
        format!("no kind {shown:?} is registered for version {version:?} in {registry}")
    };
    Err(KubeError::bad_request(format!(
        "{shown} in version {:?} cannot be handled as a {}: {why}",
        kind.version, kind.kind
    )))
}

fn complete(state: &State, kind: &Kind, object: &mut Value, asked: &Asked<'_>) -> Result<(), KubeError> {
    if !object.is_object() {
        return Err(KubeError::bad_request("the request body is not an object"));
    }
    same_kind(state, kind, object)?;
    object["apiVersion"] = json!(kind.api_version());
    object["kind"] = json!(kind.kind);
    if !object["metadata"].is_object() {
        object["metadata"] = json!({});
    }
    let namespace = &asked.target.namespace;
    if kind.namespaced {
        let given = namespace_of(object).to_owned();
        if given.is_empty() {
            object["metadata"]["namespace"] = json!(namespace);
        } else if given != *namespace {
            return Err(KubeError::bad_request(
                "the namespace of the provided object does not match the namespace sent on the request",
            ));
        }
    }
    Ok(())
}

fn inward(kind: &Kind, object: Value) -> Value {
    if kind.group == "events.k8s.io" { events::to_core(&object) } else { object }
}

fn reply(state: &State, kind: &Kind, answer: (u16, &Value), asked: &Asked<'_>) -> Result<Reply, KubeError> {
    Ok(Reply::json(answer.0, read::present(state, kind, answer.1, asked)?))
}

/// `POST` to a collection.
pub fn create(state: &mut State, kind: &Kind, asked: &Asked<'_>) -> Result<Reply, KubeError> {
    if kind.namespaced && asked.target.namespace.is_empty() {
        return Err(KubeError::method_not_allowed());
    }
    options::write(asked.query, "CreateOptions", false)?;
    let mut object = body::object(kind, asked.headers, asked.body)?;
    complete(state, kind, &mut object, asked)?;
    let root = state.kube.schema(kind);
    let warnings = body::validate(&root, kind, &mut object, asked.query)?;
    if let Some(metadata) = object["metadata"].as_object_mut() {
        metadata.shift_remove("managedFields");
        if metadata.get("resourceVersion").is_some_and(|v| v.as_str().is_some_and(|v| !v.is_empty())) {
            return Err(KubeError::internal("resourceVersion should not be set on objects to be created"));
        }
    }
    if kind.has("status")
        && let Some(map) = object.as_object_mut()
    {
        map.shift_remove("status");
    }
    let object = put_new(state, kind, inward(kind, object), (&manager(asked), dry_run(asked)))?;
    let mut reply = reply(state, kind, (201, &object), asked)?;
    reply.warnings = warnings;
    reply.warnings.extend(pod_security::warning(&state.kube, kind, &object));
    Ok(reply)
}

fn put_new(state: &mut State, kind: &Kind, mut object: Value, how: (&str, bool)) -> Result<Value, KubeError> {
    let (manager, dry_run) = how;
    let write = Write { manager, subresource: "", now: state.now, dry_run };
    state.kube.own(kind, &mut object, write);
    admission::admit(state, kind, &mut object)?;
    state.kube.insert(kind, object, write)
}

fn live(state: &State, kind: &Kind, asked: &Asked<'_>) -> Result<Arc<Value>, KubeError> {
    let target = asked.target;
    let found = state.kube.read_arc(kind, &target.namespace, &target.name);
    found.ok_or_else(|| KubeError::not_found(kind, &target.name))
}

/// Keeps of `new` only what the addressed resource or subresource may change.
fn confine(kind: &Kind, old: &Value, new: Value, subresource: &str) -> Value {
    if subresource == "status" {
        let mut out = old.clone();
        match new.get("status") {
            Some(status) => out["status"] = status.clone(),
            None => drop(out.as_object_mut().and_then(|map| map.shift_remove("status"))),
        }
        out["metadata"]["resourceVersion"] = new["metadata"]["resourceVersion"].clone();
        out["metadata"]["managedFields"] = new["metadata"]["managedFields"].clone();
        return out;
    }
    let mut new = new;
    if kind.has("status") {
        match old.get("status") {
            Some(status) => new["status"] = status.clone(),
            None => drop(new.as_object_mut().and_then(|map| map.shift_remove("status"))),
        }
    }
    for member in ["deletionTimestamp", "deletionGracePeriodSeconds"] {
        let before = old["metadata"][member].clone();
        if let Some(metadata) = new["metadata"].as_object_mut() {
            if before.is_null() {
                metadata.shift_remove(member);
            } else {
                metadata.insert(member.into(), before);
            }
        }
    }
    new
}

/// A PUT names the uid as a precondition of the storage; a patch would change an immutable field.
fn same_uid(kind: &Kind, old: &Value, new: &Value, asked: &Asked<'_>) -> Result<(), KubeError> {
    let (uid, before, name) = (uid_of(new), uid_of(old), name_of(old));
    if uid.is_empty() || uid == before {
        return Ok(());
    }
    if *asked.method == http::Method::PATCH {
        let error = FieldError::invalid("metadata.uid", &json!(uid), "field is immutable");
        return Err(KubeError::invalid(kind, name, &[error.clone(), error]));
    }
    let place = [kind.plural.as_str(), namespace_of(old), name];
    let key = place.iter().filter(|part| !part.is_empty()).copied().collect::<Vec<_>>().join("/");
    let detail = format!(
        "StorageError: invalid object, Code: 4, Key: /registry/{key}, ResourceVersion: 0, AdditionalErrorMsg: Precondition failed: UID in precondition: {uid}, UID in object meta: {before}"
    );
    Err(KubeError::conflict(kind, name, &detail))
}

/// Puts a new version of an object in place after judging it.
fn store(
    state: &mut State,
    kind: &Kind,
    versions: (&Value, Value),
    asked: &Asked<'_>,
) -> Result<Value, KubeError> {
    let (old, new) = versions;
    let name = asked.target.name.as_str();
    let mut new = confine(kind, old, new, &asked.target.subresource);
    if name_of(&new).is_empty() {
        return Err(KubeError::bad_request(format!(
            "the name of the object ({name} based on URL) was undeterminable: name must be provided"
        )));
    }
    if name_of(&new) != name {
        return Err(KubeError::bad_request(format!(
            "the name of the object ({}) does not match the name on the URL ({name})",
            name_of(&new)
        )));
    }
    if let Some(version) = new["metadata"]["resourceVersion"].as_str()
        && !version.is_empty()
        && old["metadata"]["resourceVersion"] != version
    {
        return Err(KubeError::modified(kind, name));
    }
    same_uid(kind, old, &new, asked)?;
    if terminating(old) {
        let before = crate::kube::store::meta::finalizers(old);
        if let Some(added) = crate::kube::store::meta::finalizers(&new).iter().find(|f| !before.contains(f)) {
            let field = FieldError::forbidden(
                "metadata.finalizers",
                &format!(
                    "no new finalizers can be added if the object is being deleted, found new finalizers []string{{{added:?}}}"
                ),
            );
            // Judged by the strategy and by the metadata's own rules, and told by both.
            return Err(KubeError::invalid(kind, name, &[field.clone(), field]));
        }
    }
    if asked.target.subresource.is_empty() {
        state.kube.judge_update(kind, old, &mut new)?;
    }
    let manager = manager(asked);
    let write = Write {
        manager: &manager,
        subresource: &asked.target.subresource,
        now: state.now,
        dry_run: dry_run(asked),
    };
    state.kube.replace(kind, old, new, write)
}

/// `PUT` of an object or its status.
pub fn update(state: &mut State, kind: &Kind, asked: &Asked<'_>) -> Result<Reply, KubeError> {
    options::write(asked.query, "UpdateOptions", false)?;
    let mut object = body::object(kind, asked.headers, asked.body)?;
    complete(state, kind, &mut object, asked)?;
    let root = state.kube.schema(kind);
    let warnings = body::validate(&root, kind, &mut object, asked.query)?;
    let mut object = inward(kind, object);
    let old = live(state, kind, asked)?;
    // An absent list keeps the owners, as the API server does for clients that do not know them.
    object["metadata"]["managedFields"] = old["metadata"]["managedFields"].clone();
    let object = store(state, kind, (&old, object), asked)?;
    let mut reply = reply(state, kind, (200, &object), asked)?;
    reply.warnings = warnings;
    Ok(reply)
}

/// `PATCH` in any of the four formats.
pub fn patch(state: &mut State, kind: &Kind, asked: &Asked<'_>) -> Result<Reply, KubeError> {
    let media = body::media_type(asked.headers);
    let applies = media.starts_with("application/apply-patch+");
    let known = ["json-patch+json", "merge-patch+json"].iter().any(|m| media == format!("application/{m}"))
        || (media == "application/strategic-merge-patch+json" && !kind.custom);
    if !applies && !known {
        let details = Some(Box::new(json!({})));
        let refused = KubeError::plain(415, "UnsupportedMediaType", "415: Unsupported Media Type");
        return Err(KubeError { details, ..refused });
    }
    options::write(asked.query, "PatchOptions", applies)?;
    if applies {
        return apply(state, kind, asked);
    }
    let given = body::patch(media, asked.body)?;
    let old = live(state, kind, asked)?;
    let root = state.kube.schema(kind);
    let mut new = match media {
        "application/json-patch+json" => patches::json(&old, &given)?,
        "application/merge-patch+json" => patches::merge(&old, &given),
        _ => patches::strategic(root.node(), &old, &given)?,
    };
    // `[{}]` takes all owners away (k8s.io/apimachinery, util/managedfields).
    if new["metadata"]["managedFields"] == json!([{}])
        && let Some(metadata) = new["metadata"].as_object_mut()
    {
        metadata.shift_remove("managedFields");
    }
    let shown = new.to_string();
    let warnings =
        body::validate(&root, kind, &mut new, asked.query).map_err(|e| of_patch(&e, kind, &shown))?;
    let object = store(state, kind, (&old, new), asked)?;
    let mut reply = reply(state, kind, (200, &object), asked)?;
    reply.warnings = warnings;
    Ok(reply)
}

/// What the decoder has against the patched object is a complaint about the patch.
fn of_patch(error: &KubeError, kind: &Kind, patched: &str) -> KubeError {
    let prefix =
        format!("{} in version {:?} cannot be handled as a {}: ", kind.kind, kind.version, kind.kind);
    let detail = error.message.strip_prefix(&prefix).unwrap_or(&error.message);
    let field = FieldError::invalid("patch", &json!(patched), detail);
    let cause = json!({"reason": field.reason, "message": field.message, "field": field.field});
    KubeError {
        details: Some(Box::new(json!({"causes": [cause]}))),
        ..KubeError::plain(422, "Invalid", format!(" \"\" is invalid: {field}"))
    }
}

fn apply(state: &mut State, kind: &Kind, asked: &Asked<'_>) -> Result<Reply, KubeError> {
    let mut given = body::decode(asked.headers, asked.body)?;
    let text = |member: &str| given[member].as_str().unwrap_or_default().to_owned();
    let (version, name) = (text("apiVersion"), text("kind"));
    if version.is_empty() || name.is_empty() {
        let (group, version) = version.split_once('/').unwrap_or(("", &version));
        let what = format!("{group}/{version}, Kind={name}");
        return Err(KubeError::bad_request(format!("invalid object type: {what}")));
    }
    let root = state.kube.schema(kind);
    if let Some(why) = typed::error(root.node(), &given) {
        let (namespace, name) = (namespace_of(&given), name_of(&given));
        let what = format!("{namespace}/{name}; {}/{}, Kind={}", kind.group, kind.version, kind.kind);
        return Err(KubeError::internal(format!("failed to create typed patch object ({what}): {why}")));
    }
    complete(state, kind, &mut given, asked)?;
    if given["metadata"]["managedFields"].as_array().is_some_and(|list| !list.is_empty()) {
        return Err(KubeError::bad_request("metadata.managedFields must be nil"));
    }
    if name_of(&given).is_empty() {
        given["metadata"]["name"] = json!(asked.target.name);
    }
    if name_of(&given) != asked.target.name {
        return Err(KubeError::bad_request(format!(
            "the name of the object ({}) does not match the name on the URL ({})",
            name_of(&given),
            asked.target.name
        )));
    }
    let warnings = body::validate(&root, kind, &mut given, asked.query)?;
    let given = without_foreign(kind, inward(kind, given), &asked.target.subresource);
    let who = Manager {
        name: manager(asked),
        api_version: kind.api_version(),
        subresource: asked.target.subresource.clone(),
    };
    let force = asked.query.flag("force");
    let (code, object) = match state.kube.read_arc(kind, &asked.target.namespace, &asked.target.name) {
        None if !uid_of(&given).is_empty() && asked.target.subresource.is_empty() => {
            let uid = uid_of(&given);
            let detail = format!(
                "uid mismatch: the provided object specified uid {uid}, and no existing object was found"
            );
            return Err(KubeError::conflict(kind, &asked.target.name, &detail));
        }
        None if asked.target.subresource.is_empty() => {
            let object = fields::apply(root.node(), &Value::Null, &given, (&who, force, state.now))
                .map_err(fields::ApplyError::into_error)?;
            (201, put_new(state, kind, object, (&who.name, dry_run(asked)))?)
        }
        None => return Err(KubeError::not_found(kind, &asked.target.name)),
        Some(old) => {
            let new = fields::apply(root.node(), &old, &given, (&who, force, state.now))
                .map_err(fields::ApplyError::into_error)?;
            (200, store(state, kind, (&old, new), asked)?)
        }
    };
    let mut reply = reply(state, kind, (code, &object), asked)?;
    reply.warnings = warnings;
    reply.warnings.extend(pod_security::warning(&state.kube, kind, &object));
    Ok(reply)
}

/// What an apply to this resource cannot own: status on the object, everything else on the status.
fn without_foreign(kind: &Kind, given: Value, subresource: &str) -> Value {
    let mut given = given;
    if let Some(map) = given.as_object_mut() {
        if subresource == "status" {
            map.retain(|key, _| matches!(key.as_str(), "apiVersion" | "kind" | "metadata" | "status"));
        } else if kind.has("status") {
            map.shift_remove("status");
        }
    }
    given
}

/// What the API server says when a Job goes and its pods stay only because nobody said otherwise.
const ORPHANED: &str = "child pods are preserved by default when jobs are deleted; set propagationPolicy=Background to remove them or set propagationPolicy=Orphan to suppress this warning";

fn removal(state: &State, kind: &Kind, asked: &Asked<'_>) -> Result<(Removal, Option<String>), KubeError> {
    options::write(asked.query, "DeleteOptions", false)?;
    let options = if asked.body.is_empty() { json!({}) } else { body::decode(asked.headers, asked.body)? };
    if options["preconditions"].is_string() {
        let text = "json: cannot unmarshal string into Go struct field DeleteOptions.preconditions of type v1.Preconditions";
        return Err(KubeError::bad_request(text));
    }
    let text = |member: &str| {
        options[member].as_str().map(str::to_owned).or_else(|| asked.query.get(member).map(str::to_owned))
    };
    // batch/v1 keeps the pods of a Job unless it is told otherwise (pkg/registry/batch/job/strategy.go).
    let job = kind.group == "batch" && kind.kind == "Job";
    let (propagation, warning) = match text("propagationPolicy").as_deref() {
        Some("Foreground") => (Propagation::Foreground, None),
        Some("Orphan") => (Propagation::Orphan, None),
        Some("Background") => (Propagation::Background, None),
        _ if options["orphanDependents"] == true => (Propagation::Orphan, None),
        _ if options["orphanDependents"] == false => (Propagation::Background, None),
        _ if job => (Propagation::Orphan, Some(ORPHANED.to_owned())),
        _ => (Propagation::Background, None),
    };
    let dry = options["dryRun"].as_array().is_some_and(|list| list.iter().any(|d| d == "All"));
    let grace = options["gracePeriodSeconds"].as_i64();
    let precondition = |member: &str| options["preconditions"][member].as_str().map(str::to_owned);
    let removal = Removal {
        now: state.now,
        propagation,
        grace: grace.or_else(|| asked.query.get("gracePeriodSeconds").and_then(|s| s.parse().ok())),
        uid: precondition("uid"),
        resource_version: precondition("resourceVersion"),
        dry_run: dry || dry_run(asked),
    };
    Ok((removal, warning))
}

/// `DELETE` of an object.
pub fn delete(state: &mut State, kind: &Kind, asked: &Asked<'_>) -> Result<Reply, KubeError> {
    let (how, warning) = removal(state, kind, asked)?;
    let target = asked.target;
    let immortal = matches!(target.name.as_str(), "default" | "kube-system" | "kube-public");
    if kind.kind == "Namespace" && immortal {
        return Err(KubeError::forbidden(kind, &target.name, "this namespace may not be deleted"));
    }
    let object = state.kube.remove(kind, &target.namespace, &target.name, &how)?;
    // What goes through a graceful deletion, and pods always, are answered whole; the rest by a Status.
    let whole = terminating(&object)
        || kind.group == "storage.k8s.io"
        || matches!(kind.kind.as_str(), "Pod" | "ServiceAccount" | "ResourceQuota")
        || kind.kind.starts_with("PersistentVolume");
    if whole {
        let mut reply = reply(state, kind, (200, &object), asked)?;
        reply.warnings.extend(warning);
        return Ok(reply);
    }
    let mut details = json!({"name": name_of(&object)});
    if !kind.group.is_empty() {
        details["group"] = json!(kind.group);
    }
    details["kind"] = json!(kind.plural);
    details["uid"] = json!(uid_of(&object));
    let status = json!({"kind": "Status", "apiVersion": "v1", "metadata": {}, "status": "Success", "details": details});
    let mut reply = Reply::json(200, status);
    reply.warnings.extend(warning);
    Ok(reply)
}

/// `DELETE` of a collection.
pub fn delete_collection(state: &mut State, kind: &Kind, asked: &Asked<'_>) -> Result<Reply, KubeError> {
    let (how, warning) = removal(state, kind, asked)?;
    let select = read::Select::of(kind, asked)?;
    let mut items = Vec::new();
    for object in state.kube.read_all(kind, &asked.target.namespace) {
        if select.matches(&object) {
            let mut gone = state.kube.remove(kind, namespace_of(&object), name_of(&object), &how)?;
            read::bare(kind, &mut gone);
            items.push(gone);
        }
    }
    let metadata = json!({"resourceVersion": state.kube.version().to_string()});
    let mut reply = Reply::json(
        200,
        json!({
            "kind": kind.list_kind(), "apiVersion": kind.api_version(), "metadata": metadata, "items": items,
        }),
    );
    reply.warnings.extend(warning);
    Ok(reply)
}
