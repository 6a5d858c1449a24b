//! Events: the two API groups they are served under, and how components record them.

use jiff::Timestamp;
use serde_json::{Map, Value, json};

use super::fields::time;
use super::store::KubeStore;
use super::store::meta::{name_of, namespace_of, uid_of};

/// Members that are named differently in events.k8s.io/v1: core name, name there.
const NAMES: &[(&str, &str)] = &[
    ("involvedObject", "regarding"),
    ("message", "note"),
    ("source", "deprecatedSource"),
    ("firstTimestamp", "deprecatedFirstTimestamp"),
    ("lastTimestamp", "deprecatedLastTimestamp"),
    ("count", "deprecatedCount"),
    ("reportingComponent", "reportingController"),
];

fn rename(event: &Value, api_version: &str, pairs: impl Fn(&str) -> Option<&'static str>) -> Value {
    let mut out = Map::new();
    for (key, value) in event.as_object().into_iter().flatten() {
        out.insert(pairs(key).unwrap_or(key).to_owned(), value.clone());
    }
    out.insert("apiVersion".into(), json!(api_version));
    Value::Object(out)
}

/// An events.k8s.io/v1 event as it is kept.
pub fn to_core(event: &Value) -> Value {
    rename(event, "v1", |key| NAMES.iter().find(|(_, there)| *there == key).map(|(core, _)| *core))
}

/// A kept event as events.k8s.io/v1.
pub fn to_events_group(event: &Value) -> Value {
    rename(event, "events.k8s.io/v1", |key| {
        NAMES.iter().find(|(core, _)| *core == key).map(|(_, there)| *there)
    })
}

/// What to record about an object.
#[derive(Debug, Clone, Copy)]
pub struct Record<'a> {
    /// `Normal` or `Warning`.
    pub kind: &'a str,
    /// Reason in CamelCase.
    pub reason: &'a str,
    /// The text.
    pub message: &'a str,
    /// `source.component`.
    pub component: &'a str,
    /// `source.host`, empty for none.
    pub host: &'a str,
}

/// How many events that differ only in their text are kept apart, as client-go's aggregator does.
const SIMILAR: usize = 10;
const COMBINED: &str = "(combined from similar events): ";

/// Records an event about `object`; the same one again counts up, and many that differ only in their text
/// become one, as client-go's correlator does.
pub fn record(store: &mut KubeStore, object: &Value, what: Record<'_>, now: Timestamp) {
    let namespace = match namespace_of(object) {
        "" => "default",
        namespace => namespace,
    }
    .to_owned();
    let similar: Vec<_> = store
        .events_about(uid_of(object))
        .into_iter()
        .filter(|e| {
            namespace_of(e) == namespace
                && e["reason"] == what.reason
                && e["type"] == what.kind
                && e["source"]["component"] == what.component
        })
        .collect();
    let same = similar.iter().find(|e| e["message"] == what.message);
    let combined = similar.iter().find(|e| e["message"].as_str().is_some_and(|m| m.starts_with(COMBINED)));
    let full = similar.len() >= SIMILAR;
    let known = same.or(if full { combined } else { None }).map(|e| name_of(e).to_owned());
    let message =
        if full && same.is_none() { format!("{COMBINED}{}", what.message) } else { what.message.to_owned() };
    if let Some(name) = known {
        // The event was found a moment ago under the same lock.
        let _counted = store.modify("v1", "Event", &namespace, &name, |event| {
            event["count"] = json!(event["count"].as_i64().unwrap_or(1) + 1);
            event["lastTimestamp"] = time(now);
            event["message"] = json!(message);
        });
        return;
    }
    let mut source = json!({"component": what.component});
    if !what.host.is_empty() {
        source["host"] = json!(what.host);
    }
    // Several events of one moment differ by the version that each of them moves on.
    let stamp = u64::try_from(now.as_nanosecond()).unwrap_or_default().wrapping_add(store.version());
    let event = json!({
        "apiVersion": "v1", "kind": "Event",
        "metadata": {"name": format!("{}.{stamp:016x}", name_of(object)), "namespace": namespace},
        "involvedObject": {
            "kind": object["kind"], "namespace": object["metadata"]["namespace"], "name": name_of(object),
            "uid": uid_of(object), "apiVersion": object["apiVersion"],
            "resourceVersion": object["metadata"]["resourceVersion"],
        },
        "reason": what.reason, "message": message, "source": source,
        "firstTimestamp": time(now), "lastTimestamp": time(now), "count": 1, "type": what.kind,
        "eventTime": null, "reportingComponent": what.component, "reportingInstance": what.host,
    });
    // A namespace that is gone takes its events with it.
    let _recorded = store.create(event, what.component, now);
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn repeated_events_count_and_similar_ones_are_combined() {
        let now: Timestamp = "2026-01-01T00:00:00Z".parse().expect("a time");
        let mut store = KubeStore::default();
        store.ensure_namespace("default", now).expect("namespace");
        let about = json!({"kind": "Pod", "metadata": {"name": "p", "namespace": "default", "uid": "u"}});
        let mut say = |message: &str| {
            let what = Record { kind: "Warning", reason: "Failed", message, component: "c", host: "" };
            record(&mut store, &about, what, now);
        };
        say("same");
        say("same");
        for number in 0..15 {
            say(&format!("request {number}"));
        }
        let counts: Vec<i64> = store.list("v1", "Event").map(|e| e["count"].as_i64().unwrap_or(0)).collect();
        assert_eq!((counts.len(), counts.iter().sum::<i64>()), (11, 17));
        assert!(
            store.list("v1", "Event").any(|e| e["message"] == "(combined from similar events): request 14")
        );
    }
}
