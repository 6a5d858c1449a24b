//! The store: loading, dumping, owners.

use jiff::Timestamp;
use serde_json::{Value, json};

use super::KubeStore;

fn at() -> Timestamp {
    "2026-01-01T00:00:00Z".parse().expect("a time")
}

#[test]
fn a_dump_loads_without_loss() {
    let mut store = KubeStore::default();
    let given = json!({"apiVersion": "v1", "kind": "ConfigMap", "metadata": {
        "name": "c", "namespace": "x", "uid": "u-1", "resourceVersion": "77", "creationTimestamp": "2025-01-01T00:00:00Z",
        "managedFields": [{"manager": "m", "operation": "Update", "apiVersion": "v1", "fieldsV1": {"f:data": {}}}],
        "deletionTimestamp": "2025-01-02T00:00:00Z",
    }, "data": {"a": "1"}});
    store.load(vec![given.clone()], at()).expect("loads");
    assert_eq!(store.get("v1", "ConfigMap", "x", "c"), Some(&given));
    assert!(store.get("v1", "Namespace", "", "x").is_some(), "namespaces are made when absent");
    let mut again = KubeStore::default();
    again.load(store.dump(), at()).expect("loads again");
    assert_eq!(again.dump(), store.dump());
}

#[test]
fn custom_kinds_are_served_once_their_definition_is_there() {
    let mut store = KubeStore::default();
    let thing =
        json!({"apiVersion": "x.io/v1", "kind": "Thing", "metadata": {"name": "t"}, "spec": {"a": 1}});
    assert!(store.create(thing.clone(), "m", at()).is_err());
    let crd = json!({"apiVersion": "apiextensions.k8s.io/v1", "kind": "CustomResourceDefinition",
        "metadata": {"name": "things.x.io"}, "spec": {"group": "x.io", "scope": "Cluster",
        "names": {"kind": "Thing", "plural": "things"},
        "versions": [{"name": "v1", "served": true, "storage": true}]}});
    store.create(crd, "m", at()).expect("a definition");
    store.create(thing, "m", at()).expect("a thing");
    assert!(store.resource("x.io", "v1", "things").is_some());
}

#[test]
fn dependents_go_with_their_last_owner() {
    let mut store = KubeStore::default();
    store.ensure_namespace("x", at()).expect("namespace");
    let map = |name: &str, owners: Value| {
        json!({"apiVersion": "v1", "kind": "ConfigMap",
            "metadata": {"name": name, "namespace": "x", "ownerReferences": owners}})
    };
    let uid = |o: &Value| o["metadata"]["uid"].clone();
    let one = store.create(map("one", json!([])), "m", at()).expect("one");
    let two = store.create(map("two", json!([])), "m", at()).expect("two");
    let owner = |o: &Value| json!({"apiVersion": "v1", "kind": "ConfigMap", "name": o["metadata"]["name"], "uid": uid(o)});
    store.create(map("child", json!([owner(&one), owner(&two)])), "m", at()).expect("child");
    store.delete("v1", "ConfigMap", "x", "one", at()).expect("gone");
    let child = store.get("v1", "ConfigMap", "x", "child").expect("two still owns it");
    assert_eq!(child["metadata"]["ownerReferences"][0]["name"], "two");
    store.delete("v1", "ConfigMap", "x", "two", at()).expect("gone");
    assert!(store.get("v1", "ConfigMap", "x", "child").is_none());
}
