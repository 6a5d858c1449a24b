//! Whether two worlds are the same but for what differs from run to run.

use std::collections::{BTreeMap, BTreeSet};

use regex::Regex;
use serde_json::{Map, Value, json};
use std::sync::LazyLock;

use super::save;
use crate::server::fault::glob;
use crate::state::State;

/// Members that are never compared, wherever they are: times, versions, and lifecycle progress.
const DROPPED: &[&str] = &[
    "resourceVersion",
    "generation",
    "observedGeneration",
    "uid",
    "creationTimestamp",
    "deletionTimestamp",
    "lastHeartbeatTime",
    "lastTransitionTime",
    "lastUpdateTime",
    "lastProbeTime",
    "lastPhaseTransitionTime",
    "startTime",
    "startedAt",
    "finishedAt",
    "completionTime",
    "CreationTime",
    "CreateDate",
    "CreateTime",
    "UpdateDate",
    "createdAt",
    "modifiedAt",
    "AttachTime",
    "LaunchTime",
    "LastUpdatedTime",
    "RequestTime",
    "EndTime",
    "StartTime",
    "RoleLastUsed",
    "kubectl.kubernetes.io/restartedAt",
    // The same of clients that are written with kube-rs.
    "kube.kubernetes.io/restartedAt",
    // What a restart leaves besides.
    "deployment.kubernetes.io/revision",
    "pod-template-hash",
    // Generated like ids: a pod's address, and when and as whom the provisioner was started.
    "podIP",
    "podIPs",
    "storage.kubernetes.io/csiProvisionerIdentity",
    "$clientToken",
    "$clientInput",
    "$remaining",
    "$visibleIn",
    "$used",
];

/// The differences, one line each; none when the worlds are equal.
pub fn diff(a: &State, b: &State, ignore: &[String]) -> Vec<String> {
    let mut differences = Vec::new();
    let (a, b) = (canonical(a), canonical(b));
    compare("", &a, &b, &mut differences);
    differences.retain(|(path, _)| !ignore.iter().any(|pattern| ignored(pattern, path)));
    differences.into_iter().map(|(path, what)| format!("{path}: {what}")).collect()
}

fn ignored(pattern: &str, path: &str) -> bool {
    glob(pattern, path) || glob(&format!("{pattern}.*"), path) || glob(&format!("{pattern}[*"), path)
}

/// A world without what differs from run to run, keyed by what identifies its rows.
fn canonical(state: &State) -> Value {
    let mut world = save::document(state);
    world.caller_expires = None;
    let roles = world.aws.0.get_mut("iam.Roles");
    if let Some(roles) = roles {
        roles
            .retain(|role| !role["Path"].as_str().is_some_and(|path| path.starts_with("/aws-service-role/")));
    }
    // A restart leaves the ReplicaSet of the pods before it, empty.
    let is_left = |object: &Value| object["kind"] == "ReplicaSet" && object["spec"]["replicas"] == 0;
    world.kubernetes.objects.retain(|object| object["kind"] != "Event" && !is_left(object));
    // What containers printed differs from run to run.
    world.kubernetes.logs.retain(|entry| entry[crate::kube::controllers::WRITTEN] != true);
    let hashes = template_hashes(&world.kubernetes.objects);
    for object in &mut world.kubernetes.objects {
        if matches!(object["kind"].as_str(), Some("Deployment" | "ReplicaSet" | "Pod")) {
            without_hashes(object, &hashes);
        }
        object_as_compared(object);
    }
    let mut value = json!({
        "account": world.account, "region": world.region, "caller": world.caller,
        "lifecycles": world.lifecycles, "denied": world.denied, "faults": world.faults,
        "logs": world.kubernetes.logs, "podOutcomes": world.kubernetes.pod_outcomes,
    });
    let objects = std::mem::take(&mut world.kubernetes.objects);
    let mut tables: BTreeMap<String, Vec<Value>> = world.aws.0;
    tables.insert("objects".to_owned(), objects);
    for rows in tables.values_mut() {
        rows.iter_mut().for_each(drop_members);
    }
    drop_members(&mut value);
    let names = renaming(&mut tables);
    for (collection, rows) in tables {
        let rows: Vec<Value> = rows.into_iter().map(|row| renamed(row, &names)).collect();
        value[collection.as_str()] = keyed(&collection, rows);
    }
    value
}

/// Hashes of pod templates, which a restart changes: names of ReplicaSets and their pods hold them.
fn template_hashes(objects: &[Value]) -> BTreeSet<String> {
    let sets = objects.iter().filter(|object| object["kind"] == "ReplicaSet");
    sets.filter_map(|set| set["metadata"]["labels"]["pod-template-hash"].as_str().map(str::to_owned))
        .collect()
}

fn without_hashes(value: &mut Value, hashes: &BTreeSet<String>) {
    match value {
        Value::String(text) => {
            for hash in hashes.iter().filter(|hash| !hash.is_empty()) {
                if text.contains(hash.as_str()) {
                    *text = text.replace(hash.as_str(), "#");
                }
            }
        }
        Value::Array(items) => items.iter_mut().for_each(|item| without_hashes(item, hashes)),
        Value::Object(members) => members.values_mut().for_each(|member| without_hashes(member, hashes)),
        _ => {}
    }
}

fn object_as_compared(object: &mut Value) {
    if let Some(entries) = object.pointer_mut("/metadata/managedFields").and_then(Value::as_array_mut) {
        // Who wrote a restart annotation is dropped with the annotation.
        entries.retain_mut(|entry| {
            entry.as_object_mut().map(|entry| entry.shift_remove("time"));
            !forgotten(&mut entry["fieldsV1"])
        });
        // They stand in the order of their times.
        let word = |entry: &Value, name: &str| entry[name].as_str().unwrap_or_default().to_owned();
        entries.sort_by_key(|entry| {
            ["manager", "operation", "subresource", "apiVersion"].map(|name| word(entry, name))
        });
    }
    // Where the scheduler put a pod that may run anywhere is its own choice.
    if object["kind"] == "Pod" && object["metadata"]["ownerReferences"][0]["kind"] == "ReplicaSet" {
        for (part, members) in [("spec", &["nodeName"][..]), ("status", &["hostIP", "hostIPs"])] {
            for member in members {
                object[part].as_object_mut().map(|part| part.shift_remove(*member));
            }
        }
    }
    if object["kind"] == "Pod" {
        without_suffixes(&mut object["spec"]);
    }
    // The authority of a run, which is never saved, is what this one holds.
    if object["kind"] == "ConfigMap" && object["metadata"]["name"] == "kube-root-ca.crt" {
        object["data"] = Value::Null;
    }
    let pod_of = object["metadata"]["generateName"].as_str().map(str::to_owned);
    if let (Some(prefix), "Pod" | "ReplicaSet") = (pod_of, object["kind"].as_str().unwrap_or_default()) {
        object["metadata"]["name"] = Value::from(format!("{prefix}*"));
    }
    if object["type"] == "helm.sh/release.v1" {
        object["data"] = Value::Null;
        let name = object["metadata"]["name"].as_str().unwrap_or_default().to_owned();
        if let Some((release, _revision)) = name.rsplit_once(".v") {
            object["metadata"]["name"] = Value::from(release);
        }
        object["metadata"]["labels"] = Value::Null;
    }
}

/// The volume of a pod's own token has a random suffix, as the API server's admission gives it one.
fn without_suffixes(value: &mut Value) {
    match value {
        Value::String(text) if text.starts_with("kube-api-access-") => *text = "kube-api-access-*".to_owned(),
        Value::Array(items) => items.iter_mut().for_each(without_suffixes),
        Value::Object(members) => members.values_mut().for_each(without_suffixes),
        _ => {}
    }
}

/// Takes dropped members out of a set of owned fields; whether nothing is left of it.
fn forgotten(fields: &mut Value) -> bool {
    let Some(members) = fields.as_object_mut() else { return false };
    let before = members.len();
    members.retain(|name, inner| {
        let dropped = name.strip_prefix("f:").is_some_and(|name| DROPPED.contains(&name));
        !dropped && !forgotten(inner)
    });
    // `.` stands for the map itself, which came with what was dropped from it.
    members.len() < before && members.keys().all(|name| name == ".")
}

fn drop_members(value: &mut Value) {
    match value {
        Value::Array(items) => items.iter_mut().for_each(drop_members),
        Value::Object(members) => {
            members.retain(|name, _| !DROPPED.contains(&name.as_str()));
            members.values_mut().for_each(drop_members);
        }
        _ => {}
    }
}

static GENERATED: LazyLock<Regex> = LazyLock::new(|| {
    let kinds = [
        r"\b(?:fs|dra|task|backup|eni|eni-attach|sg|sgr|subnet|vpc|a|i|rtb|acl|eipalloc|nat|igw|r)-[0-9a-f]{8,}\b",
        r"\b[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}\b",
        // The sandbox makes hardware addresses from ids.
        r"\b02(?::[0-9a-f]{2}){5}\b",
        r"\b(?:AROA|AIDA|ANPA|AIPA)[0-9A-Z]{17}\b",
    ];
    Regex::new(&kinds.join("|")).expect("a constant pattern; every test of this module compiles it")
});

/// A new name for every generated id, the same in both worlds when the worlds are the same: rows are put in
/// an order that does not depend on ids, then ids are numbered as they occur.
fn renaming(tables: &mut BTreeMap<String, Vec<Value>>) -> BTreeMap<String, String> {
    let mut mounts = BTreeSet::new();
    for row in tables.get("fsx.FileSystems").into_iter().flatten() {
        mounts.extend(
            row["LustreConfiguration"]["MountName"].as_str().filter(|name| *name != "fsx").map(str::to_owned),
        );
    }
    let blank = |row: &Value| {
        let text = GENERATED.replace_all(&row.to_string(), "*").into_owned();
        if !text.contains("mountname") && !text.contains("MountName") {
            return text;
        }
        mounts.iter().fold(text, |text, mount| text.replace(mount.as_str(), "*"))
    };
    let mut names = BTreeMap::new();
    for (collection, rows) in tables.iter_mut() {
        rows.sort_by_cached_key(|row| blank(row));
        for row in rows.iter() {
            let text = row.to_string();
            for found in GENERATED.find_iter(&text) {
                let number = names.len() + 1;
                names.entry(found.as_str().to_owned()).or_insert_with(|| format!("{collection}-id-{number}"));
            }
            if let Some(mount) =
                row["LustreConfiguration"]["MountName"].as_str().filter(|m| mounts.contains(*m))
            {
                let number = names.len() + 1;
                names.entry(mount.to_owned()).or_insert_with(|| format!("mount-{number}"));
            }
        }
    }
    names
}

fn renamed(value: Value, names: &BTreeMap<String, String>) -> Value {
    match value {
        Value::String(text) => Value::String(rename(&text, names)),
        Value::Array(items) => items.into_iter().map(|item| renamed(item, names)).collect(),
        Value::Object(members) => {
            let pair = |(name, inner): (String, Value)| (rename(&name, names), renamed(inner, names));
            Value::Object(members.into_iter().map(pair).collect())
        }
        other => other,
    }
}

fn rename(text: &str, names: &BTreeMap<String, String>) -> String {
    if let Some(name) = names.get(text) {
        return name.clone();
    }
    let by_pattern = |found: &regex::Captures<'_>| {
        let id = found.get(0).map_or("", |m| m.as_str());
        names.get(id).cloned().unwrap_or_else(|| id.to_owned())
    };
    let text = GENERATED.replace_all(text, by_pattern).into_owned();
    // Mount names have no form of their own; they occur behind `@tcp:/` and in volume attributes.
    match text.rsplit_once('/') {
        Some((before, mount)) if names.contains_key(mount) => format!("{before}/{}", names[mount]),
        _ => text,
    }
}

/// Rows by what identifies them, so that order does not count; equal keys are counted up.
fn keyed(collection: &str, rows: Vec<Value>) -> Value {
    let mut members = Map::new();
    let mut sorted = rows;
    sorted.sort_by_cached_key(Value::to_string);
    for row in sorted {
        let name = identity(collection, &row);
        let mut key = name.clone();
        let mut count = 1;
        while members.contains_key(&key) {
            count += 1;
            key = format!("{name}#{count}");
        }
        members.insert(key, row);
    }
    Value::Object(members)
}

fn identity(collection: &str, row: &Value) -> String {
    let text = |value: &Value| value.as_str().map_or_else(|| value.to_string(), str::to_owned);
    if collection == "objects" {
        let at = |member: &str| row["metadata"][member].as_str().unwrap_or_default();
        return format!("{} {}/{}", text(&row["kind"]), at("namespace"), at("name"));
    }
    let members = super::layer::identity(collection, row);
    let parts: Vec<String> = members.iter().map(|member| text(&row[*member])).collect();
    parts.join("/")
}

type Differences = Vec<(String, String)>;

fn compare(path: &str, a: &Value, b: &Value, found: &mut Differences) {
    match (a, b) {
        (Value::Object(left), Value::Object(right)) => {
            let names: BTreeSet<&String> = left.keys().chain(right.keys()).collect();
            for name in names {
                let path = if path.is_empty() { name.clone() } else { format!("{path}.{name}") };
                match (left.get(name), right.get(name)) {
                    (Some(a), Some(b)) => compare(&path, a, b, found),
                    (Some(a), None) if !empty(a) => {
                        found.push((path, format!("only in the first: {}", short(a))))
                    }
                    (None, Some(b)) if !empty(b) => {
                        found.push((path, format!("only in the second: {}", short(b))))
                    }
                    _ => {}
                }
            }
        }
        (Value::Array(left), Value::Array(right)) if left.len() == right.len() => {
            for (index, (a, b)) in left.iter().zip(right).enumerate() {
                compare(&format!("{path}[{index}]"), a, b, found);
            }
        }
        _ if a == b || (empty(a) && empty(b)) => {}
        _ => found.push((path.to_owned(), format!("{} and {}", short(a), short(b)))),
    }
}

/// An absent collection and an empty one are the same world.
fn empty(value: &Value) -> bool {
    value.is_null()
        || value.as_object().is_some_and(Map::is_empty)
        || value.as_array().is_some_and(Vec::is_empty)
}

fn short(value: &Value) -> String {
    let text = value.to_string();
    match text.char_indices().nth(200) {
        Some((at, _)) => format!("{}…", &text[..at]),
        None => text,
    }
}

#[cfg(test)]
mod tests {
    use super::super::load;
    use super::*;
    use crate::aws::row;
    use crate::server::Source;

    fn world(body: &str) -> State {
        let text = format!("apiVersion: sandbox.fsxctl.io/v1alpha1\nkind: World\n{body}");
        load(&[Source::text(text)], 600.0).unwrap()
    }

    const FIRST: &str = "
aws:
  fsx:
    FileSystems:
    - {FileSystemId: fs-0123456789abcdef0, Lifecycle: AVAILABLE, SubnetIds: [subnet-0123456789abcdef0], LustreConfiguration: {MountName: abcdefgh}, CreationTime: now-1h}
kubernetes:
  objects:
  - {apiVersion: v1, kind: PersistentVolume, metadata: {name: pv, uid: a}, spec: {csi: {volumeHandle: fs-0123456789abcdef0, volumeAttributes: {mountname: abcdefgh}}}}
  - {apiVersion: v1, kind: Event, metadata: {name: e1, namespace: default}}
";

    #[test]
    fn generated_ids_and_times_do_not_count() {
        let second =
            FIRST.replace("fs-0123456789abcdef0", "fs-0fedcba9876543210").replace("abcdefgh", "zzzzzzzz");
        let second = second.replace("now-1h", "now-5d").replace("uid: a", "uid: b").replace("e1", "e2");
        assert_eq!(diff(&world(FIRST), &world(&second), &[]), Vec::<String>::new());
    }

    #[test]
    fn a_restart_does_not_count_and_its_pods_do() {
        let owners = |restarted: &str| {
            let entry = |manager: &str, annotations: Value| {
                json!({
                    "manager": manager, "operation": "Update", "apiVersion": "apps/v1", "fieldsType": "FieldsV1",
                    "fieldsV1": {"f:spec": {"f:replicas": {}, "f:template": {"f:metadata": {"f:annotations": annotations}}}},
                })
            };
            let mut more = entry("kubectl", json!({".": {}, "f:kubectl.kubernetes.io/restartedAt": {}}));
            row::unset(&mut more["fieldsV1"]["f:spec"], "f:replicas");
            let mut only =
                entry("kube-controller-manager", json!({"f:kubectl.kubernetes.io/restartedAt": {}}));
            if restarted.is_empty() {
                row::unset(&mut only["fieldsV1"]["f:spec"], "f:template");
                return json!([only]);
            }
            json!([only, more])
        };
        let world_of = |hash: &str, restarted: &str, more: &str| {
            let set = |hash: &str, replicas: u8| {
                json!({
                    "apiVersion": "apps/v1", "kind": "ReplicaSet",
                    "metadata": {"name": format!("d-{hash}"), "namespace": "team", "labels": {"pod-template-hash": hash}, "managedFields": owners(restarted)},
                    "spec": {"replicas": replicas, "template": {"metadata": {"annotations": {"kubectl.kubernetes.io/restartedAt": restarted}}}},
                })
            };
            let pod = |end: &str| {
                json!({
                    "apiVersion": "v1", "kind": "Pod",
                    "metadata": {"name": format!("d-{hash}-{end}"), "generateName": format!("d-{hash}-"), "namespace": "team"},
                })
            };
            let mut objects = vec![set(hash, 2), pod("x1")];
            match more {
                "old" => objects.push(set("bbb", 0)),
                "pod" => objects.push(pod("x2")),
                _ => {}
            }
            world(&format!(
                "kubernetes: {}",
                json!({"controllers": {"workloads": false}, "objects": objects})
            ))
        };
        let (one, other) = (world_of("bbb", "", ""), world_of("ccc", "2026-01-02T03:04:05Z", "old"));
        assert_eq!(diff(&one, &other, &[]), Vec::<String>::new());
        assert_ne!(diff(&one, &world_of("ccc", "", "pod"), &[]), Vec::<String>::new());
    }

    #[test]
    fn what_means_something_counts_unless_it_is_ignored() {
        for (from, to, path) in [
            ("Lifecycle: AVAILABLE", "Lifecycle: FAILED", "Lifecycle"),
            ("volumeHandle: fs-0123456789abcdef0", "volumeHandle: fs-0aaaaaaaaaaaaaaaa", "volumeHandle"),
            ("kind: PersistentVolume", "kind: PersistentVolumeClaim", "objects."),
        ] {
            let found = diff(&world(FIRST), &world(&FIRST.replace(from, to)), &[]);
            assert!(found.iter().any(|line| line.contains(path)), "{path}: {found:?}");
        }
        let changed = world(&FIRST.replace("AVAILABLE", "FAILED"));
        let ignore = ["fsx.FileSystems.*.Lifecycle".to_owned()];
        assert_eq!(diff(&world(FIRST), &changed, &ignore), Vec::<String>::new());
    }
}
