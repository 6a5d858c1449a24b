//! The API over HTTP, as clients use it.

use std::sync::{Arc, Mutex};

use bytes::Bytes;
use futures::StreamExt as _;
use http::{Request, Response};
use http_body_util::BodyExt as _;
use jiff::Timestamp;
use serde_json::{Value, json};

use super::{Body, Shared, respond};
use crate::state::State;

struct Server(Arc<Mutex<State>>);

impl Server {
    fn new() -> Self {
        let mut state = State::new("111122223333", "us-west-2");
        state.other.insert("$kubeToken".into(), json!("secret"));
        let now = Timestamp::now();
        for name in ["default", "kube-system"] {
            state.kube.ensure_namespace(name, now).expect("namespace");
        }
        Self(Arc::new(Mutex::new(state)))
    }

    async fn send(&self, method: &str, path: &str, headers: &[(&str, &str)], body: String) -> Response<Body> {
        let mut request =
            Request::builder().method(method).uri(path).header("authorization", "Bearer secret");
        for (name, value) in headers {
            request = request.header(*name, *value);
        }
        let shared: Arc<dyn Shared> = self.0.clone();
        respond(shared, request.body(Bytes::from(body)).expect("request")).await
    }

    async fn call(&self, method: &str, path: &str, body: Value) -> (u16, Value) {
        let media = match method {
            "PATCH" if path.contains("fieldManager") => "application/apply-patch+yaml",
            "PATCH" => "application/merge-patch+json",
            _ => "application/json",
        };
        let body = if body.is_null() { String::new() } else { body.to_string() };
        let response = self.send(method, path, &[("content-type", media)], body).await;
        let status = response.status().as_u16();
        let bytes = response.into_body().collect().await.expect("body").to_bytes();
        (status, serde_json::from_slice(&bytes).unwrap_or_default())
    }
}

const CLASSES: &str = "/apis/storage.k8s.io/v1/storageclasses";
const CLAIMS: &str = "/api/v1/namespaces/default/persistentvolumeclaims";

fn class() -> Value {
    json!({
        "apiVersion": "storage.k8s.io/v1", "kind": "StorageClass", "metadata": {"name": "fsx-sc"},
        "provisioner": "fsx.csi.aws.com", "parameters": {"subnetId": "subnet-a"}, "mountOptions": ["flock"],
    })
}

fn claim(name: &str) -> Value {
    json!({
        "apiVersion": "v1", "kind": "PersistentVolumeClaim", "metadata": {"name": name},
        "spec": {"accessModes": ["ReadWriteMany"], "storageClassName": "none",
            "resources": {"requests": {"storage": "1200Gi"}}},
    })
}

#[tokio::test]
async fn apply_creates_changes_and_refuses_what_is_immutable() {
    let server = Server::new();
    let path = format!("{CLASSES}/fsx-sc?fieldManager=fsxctl");
    let (code, made) = server.call("PATCH", &path, class()).await;
    assert_eq!((code, &made["reclaimPolicy"]), (201, &json!("Delete")));
    assert_eq!(made["metadata"]["managedFields"][0]["manager"], "fsxctl");
    let (code, same) = server.call("PATCH", &path, class()).await;
    assert_eq!((code, &same["metadata"]), (200, &made["metadata"]), "nothing changes, not even the version");
    let mut other = class();
    other["allowVolumeExpansion"] = json!(true);
    let (code, changed) = server.call("PATCH", &path, other).await;
    assert_eq!((code, &changed["allowVolumeExpansion"]), (200, &json!(true)));
    let mut other = class();
    other["parameters"]["subnetId"] = json!("subnet-b");
    let (code, refused) = server.call("PATCH", &path, other).await;
    assert_eq!(code, 422);
    assert_eq!(
        refused["message"],
        "StorageClass.storage.k8s.io \"fsx-sc\" is invalid: parameters: Invalid value: {\"subnetId\":\"subnet-b\"}: field is immutable"
    );
    assert_eq!(refused["details"]["causes"][0]["reason"], "FieldValueInvalid");
}

#[tokio::test]
async fn errors_are_worded_as_the_api_server_does() {
    let server = Server::new();
    server.call("POST", CLASSES, class()).await;
    let lost = json!({"apiVersion": "v1", "kind": "ConfigMap", "metadata": {"name": "c"}});
    let mut bad = class();
    bad["metadata"]["name"] = json!("Bad_Name");
    let mut unknown = class();
    unknown["metadata"]["name"] = json!("x");
    unknown["mountOption"] = json!([]);
    for (method, path, body, code, message) in [
        (
            "GET",
            format!("{CLASSES}/nope"),
            Value::Null,
            404,
            "storageclasses.storage.k8s.io \"nope\" not found",
        ),
        ("POST", CLASSES.into(), class(), 409, "storageclasses.storage.k8s.io \"fsx-sc\" already exists"),
        ("POST", "/api/v1/namespaces/gone/configmaps".into(), lost, 404, "namespaces \"gone\" not found"),
        (
            "GET",
            "/apis/storage.k8s.io/v1/things".into(),
            Value::Null,
            404,
            "the server could not find the requested resource",
        ),
        (
            "POST",
            CLASSES.into(),
            bad,
            422,
            "StorageClass.storage.k8s.io \"Bad_Name\" is invalid: metadata.name: Invalid value: \"Bad_Name\": a lowercase RFC 1123 subdomain must consist of lower case alphanumeric characters, '-' or '.', and must start and end with an alphanumeric character (e.g. 'example.com', regex used for validation is '[a-z0-9]([-a-z0-9]*[a-z0-9])?(\\.[a-z0-9]([-a-z0-9]*[a-z0-9])?)*')",
        ),
        (
            "POST",
            format!("{CLASSES}?fieldValidation=Strict"),
            unknown,
            400,
            "StorageClass in version \"v1\" cannot be handled as a StorageClass: strict decoding error: unknown field \"mountOption\"",
        ),
    ] {
        let (status, answer) = server.call(method, &path, body).await;
        assert_eq!((status, answer["message"].as_str()), (code, Some(message)), "{method} {path}");
        assert_eq!(answer["code"], code);
    }
}

#[tokio::test]
async fn denied_patterns_are_forbidden() {
    let server = Server::new();
    server.0.lock().expect("lock").denied.push("kube:list storageclasses.storage.k8s.io".into());
    let (code, answer) = server.call("GET", CLASSES, Value::Null).await;
    assert_eq!(code, 403);
    assert_eq!(
        answer["message"],
        "storageclasses.storage.k8s.io is forbidden: User \"arn:aws:sts::111122223333:assumed-role/admin/fsxctl-sandbox\" cannot list resource \"storageclasses\" in API group \"storage.k8s.io\" at the cluster scope"
    );
    let shared: Arc<dyn Shared> = server.0.clone();
    let request = Request::builder().uri("/api/v1/pods").header("authorization", "Bearer wrong");
    let response = respond(shared, request.body(Bytes::new()).expect("request")).await;
    assert_eq!(response.status(), 401);
}

#[tokio::test]
async fn lists_page_and_select() {
    let server = Server::new();
    for name in ["a", "b", "c"] {
        let mut claim = claim(name);
        claim["metadata"]["labels"] = json!({"odd": if name == "b" { "no" } else { "yes" }});
        assert_eq!(server.call("POST", CLAIMS, claim).await.0, 201);
    }
    let names = |list: &Value| -> Vec<String> {
        let items = list["items"].as_array().into_iter().flatten();
        items.map(|i| i["metadata"]["name"].as_str().unwrap_or_default().to_owned()).collect()
    };
    let (_, page) = server.call("GET", "/api/v1/persistentvolumeclaims?limit=2", Value::Null).await;
    assert_eq!(
        (names(&page), &page["metadata"]["remainingItemCount"]),
        (vec!["a".into(), "b".into()], &json!(1))
    );
    let token = page["metadata"]["continue"].as_str().expect("more");
    let path = format!("/api/v1/persistentvolumeclaims?limit=2&continue={token}");
    let (_, rest) = server.call("GET", &path, Value::Null).await;
    assert_eq!((names(&rest), rest["metadata"].get("continue")), (vec!["c".into()], None));
    let (_, odd) = server.call("GET", &format!("{CLAIMS}?labelSelector=odd%3Dyes"), Value::Null).await;
    assert_eq!(names(&odd), ["a", "c"]);
    let (_, one) =
        server.call("GET", &format!("{CLAIMS}?fieldSelector=metadata.name%3Db"), Value::Null).await;
    assert_eq!(names(&one), ["b"]);
}

async fn lines(response: Response<Body>, count: usize) -> Vec<Value> {
    let mut stream = response.into_body().into_data_stream();
    let mut found = Vec::new();
    while found.len() < count {
        let next = tokio::time::timeout(std::time::Duration::from_secs(5), stream.next()).await;
        let Ok(Some(Ok(bytes))) = next else { break };
        found.push(serde_json::from_slice(&bytes).expect("a JSON line"));
    }
    found
}

fn seen(events: &[Value]) -> Vec<(String, String)> {
    let text = |v: &Value| v.as_str().unwrap_or_default().to_owned();
    events.iter().map(|e| (text(&e["type"]), text(&e["object"]["metadata"]["name"]))).collect()
}

#[tokio::test]
async fn a_watch_starts_resumes_and_follows_its_selector() {
    let server = Server::new();
    let (_, first) = server.call("POST", CLAIMS, claim("a")).await;
    let version = first["metadata"]["resourceVersion"].as_str().expect("version").to_owned();
    let from_now = server.send("GET", &format!("{CLAIMS}?watch=true"), &[], String::new()).await;
    let resumed =
        server.send("GET", &format!("{CLAIMS}?watch=1&resourceVersion={version}"), &[], String::new()).await;
    let picky = server.send("GET", &format!("{CLAIMS}?watch=1&labelSelector=x"), &[], String::new()).await;
    server.call("POST", CLAIMS, claim("b")).await;
    let path = format!("{CLAIMS}/a");
    server.call("PATCH", &path, json!({"metadata": {"labels": {"x": "1"}}})).await;
    server.call("PATCH", &path, json!({"metadata": {"labels": {"x": null}}})).await;
    let pair = |kind: &str, name: &str| (kind.to_owned(), name.to_owned());
    assert_eq!(
        seen(&lines(from_now, 4).await),
        [pair("ADDED", "a"), pair("ADDED", "b"), pair("MODIFIED", "a"), pair("MODIFIED", "a")]
    );
    assert_eq!(
        seen(&lines(resumed, 3).await),
        [pair("ADDED", "b"), pair("MODIFIED", "a"), pair("MODIFIED", "a")]
    );
    assert_eq!(seen(&lines(picky, 2).await), [pair("ADDED", "a"), pair("DELETED", "a")]);
    let old = server.send("GET", &format!("{CLAIMS}?watch=1&resourceVersion=1"), &[], String::new()).await;
    let error = lines(old, 1).await;
    assert_eq!((&error[0]["type"], &error[0]["object"]["code"]), (&json!("ERROR"), &json!(410)));
    let path = format!(
        "{CLAIMS}?watch=1&sendInitialEvents=true&resourceVersionMatch=NotOlderThan&allowWatchBookmarks=true"
    );
    let streamed = lines(server.send("GET", &path, &[], String::new()).await, 3).await;
    assert_eq!(streamed[2]["object"]["metadata"]["annotations"]["k8s.io/initial-events-end"], "true");
}

#[tokio::test]
async fn deletion_waits_for_finalizers() {
    let server = Server::new();
    server.call("POST", CLASSES, class()).await;
    let (_, gone) = server.call("DELETE", &format!("{CLASSES}/fsx-sc"), Value::Null).await;
    assert_eq!((&gone["kind"], &gone["metadata"]["name"]), (&json!("StorageClass"), &json!("fsx-sc")));
    let mut map =
        json!({"apiVersion": "v1", "kind": "ConfigMap", "metadata": {"name": "c", "finalizers": ["x.io/y"]}});
    map["data"] = json!({"a": "1"});
    let maps = "/api/v1/namespaces/default/configmaps";
    server.call("POST", maps, map).await;
    let (_, marked) = server.call("DELETE", &format!("{maps}/c"), Value::Null).await;
    assert!(marked["metadata"]["deletionTimestamp"].is_string());
    let free = json!({"metadata": {"finalizers": null}});
    assert_eq!(server.call("PATCH", &format!("{maps}/c"), free).await.0, 200);
    assert_eq!(server.call("GET", &format!("{maps}/c"), Value::Null).await.0, 404);
}

#[tokio::test]
async fn tables_discovery_and_media_types() {
    let server = Server::new();
    server.call("POST", CLASSES, class()).await;
    let accept = [("accept", "application/json;as=Table;v=v1;g=meta.k8s.io,application/json")];
    let response = server.send("GET", CLASSES, &accept, String::new()).await;
    let bytes = response.into_body().collect().await.expect("body").to_bytes();
    let table: Value = serde_json::from_slice(&bytes).expect("JSON");
    assert_eq!(table["kind"], "Table");
    let cells = &table["rows"][0]["cells"];
    for (at, cell) in ["fsx-sc", "fsx.csi.aws.com", "Delete", "Immediate"].iter().enumerate() {
        assert_eq!(cells[at], *cell);
    }
    assert_eq!(cells[4], false);
    let (_, groups) = server.call("GET", "/apis", Value::Null).await;
    assert!(groups["groups"].as_array().is_some_and(|g| g.iter().any(|g| g["name"] == "storage.k8s.io")));
    let (_, resources) = server.call("GET", "/apis/storage.k8s.io/v1", Value::Null).await;
    assert!(
        resources["resources"].as_array().is_some_and(|r| r.iter().any(|r| r["name"] == "storageclasses"))
    );
    let protobuf = [("content-type", "application/vnd.kubernetes.protobuf")];
    assert_eq!(server.send("POST", CLASSES, &protobuf, "x".into()).await.status(), 415);
    let (_, document) = server.call("GET", "/openapi/v3/apis/storage.k8s.io/v1", Value::Null).await;
    let patch = &document["paths"]["/apis/storage.k8s.io/v1/storageclasses/{name}"]["patch"];
    assert_eq!(patch["x-kubernetes-group-version-kind"]["kind"], "StorageClass");
    assert!(patch["parameters"].as_array().is_some_and(|p| p.iter().any(|p| p["name"] == "fieldValidation")));
}

#[tokio::test]
async fn claims_keep_their_spec() {
    let server = Server::new();
    server.call("POST", CLAIMS, claim("a")).await;
    let grown = json!({"spec": {"resources": {"requests": {"storage": "2400Gi"}}}});
    let (code, refused) = server.call("PATCH", &format!("{CLAIMS}/a"), grown).await;
    assert_eq!((code, &refused["details"]["causes"][0]["field"]), (422, &json!("spec")));
    let moved = json!({"spec": {"storageClassName": "other"}});
    let (code, refused) = server.call("PATCH", &format!("{CLAIMS}/a"), moved).await;
    assert_eq!(code, 422);
    assert!(refused["message"].as_str().is_some_and(|m| m.starts_with(
        "PersistentVolumeClaim \"a\" is invalid: spec: Forbidden: spec is immutable after creation except resources.requests and volumeAttributesClassName for bound claims\n"
    )));
}

/// Status of a request with an EKS token made with `key` for `cluster`, `age` seconds ago.
async fn with_eks_token(server: &Server, key: &Value, cluster: &str, age: i64) -> u16 {
    use base64::Engine as _;
    let made = Timestamp::now() - jiff::SignedDuration::from_secs(age);
    let id = key["AccessKeyId"].as_str().unwrap_or_default();
    let query = form_urlencoded::Serializer::new(String::new())
        .append_pair("Action", "GetCallerIdentity")
        .append_pair("Version", "2011-06-15")
        .append_pair("X-Amz-Credential", &format!("{id}/20260101/us-west-2/sts/aws4_request"))
        .append_pair("X-Amz-Date", &made.strftime("%Y%m%dT%H%M%SZ").to_string())
        .append_pair("X-Amz-Security-Token", key["SessionToken"].as_str().unwrap_or_default())
        .append_pair("X-Amz-SignedHeaders", "host;x-k8s-aws-id")
        .finish();
    let url = format!("https://sts.us-west-2.amazonaws.com/?{query}");
    let secret = key["SecretAccessKey"].as_str().unwrap_or_default();
    let (signature, _) = super::presign::signature(&url, secret, cluster).expect("a presigned URL");
    let url = format!("{url}&X-Amz-Signature={signature}");
    let token = format!("k8s-aws-v1.{}", base64::engine::general_purpose::URL_SAFE_NO_PAD.encode(url));
    let shared: Arc<dyn Shared> = server.0.clone();
    let request = Request::builder().uri("/api/v1/nodes").header("authorization", format!("Bearer {token}"));
    respond(shared, request.body(Bytes::new()).expect("request")).await.status().as_u16()
}

#[tokio::test]
async fn eks_tokens_are_checked() {
    use crate::call::Principal;
    use crate::server::session;
    let server = Server::new();
    let hour = std::time::Duration::from_secs(3600);
    let (caller, pod, entered) = {
        let mut state = server.0.lock().expect("lock");
        state.rows_mut("eks.clusters").push(json!({"name": "hp-eks", "version": "1.33"}));
        for role in ["pod", "entered"] {
            state.rows_mut("iam.Roles").push(json!({"RoleName": role}));
        }
        state.rows_mut("eks.accessEntries").push(json!({"clusterName": "hp-eks",
            "principalArn": "arn:aws:iam::111122223333:role/entered"}));
        let of = |role: &str| Principal::AssumedRole { role: role.into(), session: "s".into() };
        let caller = session::issue(&mut state, &Principal::Caller, hour);
        (
            caller,
            session::issue(&mut state, &of("pod"), hour),
            session::issue(&mut state, &of("entered"), hour),
        )
    };
    let unknown = json!({"AccessKeyId": "ASIANOBODY", "SecretAccessKey": "x", "SessionToken": "y"});
    for (key, cluster, age, status, why) in [
        (&caller, "hp-eks", 0, 200, "the caller is administrator"),
        (&caller, "other", 0, 401, "made for another cluster"),
        (&caller, "hp-eks", 3600, 401, "too old"),
        (&unknown, "hp-eks", 0, 401, "an unknown key"),
        (&pod, "hp-eks", 0, 401, "no access entry"),
        (&entered, "hp-eks", 0, 403, "an access entry without rights"),
    ] {
        assert_eq!(with_eks_token(&server, key, cluster, age).await, status, "{why}");
    }
}
