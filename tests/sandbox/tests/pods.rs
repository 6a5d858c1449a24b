//! Pods that mount Lustre, as a client of the cluster sees them: Jobs on chosen nodes, events, logs, Pod Security.

use std::io::{BufRead, BufReader, Read, Write};
use std::net::TcpStream;
use std::sync::Arc;
use std::time::{Duration, Instant};

use base64::Engine as _;
use fsxctl_sandbox::{Options, Sandbox, Source};
use serde_json::{Value, json};
use tokio_rustls::rustls::pki_types::pem::PemObject as _;
use tokio_rustls::rustls::pki_types::{CertificateDer, ServerName};
use tokio_rustls::rustls::{ClientConfig, ClientConnection, RootCertStore, StreamOwned};

/// Longer than anything here takes on a busy machine.
const PATIENCE: Duration = Duration::from_secs(60);
const HEAD: &str = "apiVersion: sandbox.fsxctl.io/v1alpha1\nkind: World\n";
const JOBS: &str = "/apis/batch/v1/namespaces/default/jobs";
const PODS: &str = "/api/v1/namespaces/default/pods";

/// A sandbox and what its kubeconfig says.
struct Cluster {
    sandbox: Sandbox,
    address: String,
    token: String,
    tls: Arc<ClientConfig>,
}

/// An answer as it came.
struct Answer {
    status: u16,
    head: String,
    body: String,
}

impl Answer {
    fn json(&self) -> Value {
        serde_json::from_str(&self.body).unwrap_or_default()
    }
}

impl Cluster {
    fn of(layers: &[&str]) -> Self {
        let source = |layer: &&str| match layer.contains(':') {
            true => Source::text(format!("{HEAD}{layer}")),
            false => Source::BuiltIn((*layer).to_owned()),
        };
        let options = Options { worlds: layers.iter().map(source).collect(), ..Options::default() };
        let sandbox = Sandbox::start(options).unwrap();
        let config: Value = serde_yaml::from_str(&sandbox.kubeconfig()).unwrap();
        let cluster = &config["clusters"][0]["cluster"];
        let pem = base64::engine::general_purpose::STANDARD
            .decode(cluster["certificate-authority-data"].as_str().unwrap())
            .unwrap();
        let mut roots = RootCertStore::empty();
        roots.add(CertificateDer::from_pem_slice(&pem).unwrap()).unwrap();
        let tls = ClientConfig::builder().with_root_certificates(roots).with_no_client_auth();
        Self {
            address: cluster["server"].as_str().unwrap().trim_start_matches("https://").to_owned(),
            token: config["users"][0]["user"]["token"].as_str().unwrap().to_owned(),
            tls: Arc::new(tls),
            sandbox,
        }
    }

    fn open(&self, method: &str, path: &str, body: &Value) -> impl Read + use<> {
        let host = self.address.split(':').next().unwrap().to_owned();
        let name = ServerName::try_from(host).unwrap();
        let connection = ClientConnection::new(self.tls.clone(), name).unwrap();
        let stream = TcpStream::connect(&self.address).unwrap();
        stream.set_read_timeout(Some(PATIENCE)).unwrap();
        let mut stream = StreamOwned::new(connection, stream);
        let body = if body.is_null() { String::new() } else { body.to_string() };
        write!(
            stream,
            "{method} {path} HTTP/1.1\r\nHost: {}\r\nAuthorization: Bearer {}\r\nConnection: close\r\n\
             Content-Type: application/json\r\nContent-Length: {}\r\n\r\n{body}",
            self.address,
            self.token,
            body.len()
        )
        .unwrap();
        stream
    }

    fn call(&self, method: &str, path: &str, body: &Value) -> Answer {
        let mut text = Vec::new();
        // The end of a connection without a TLS farewell is an end as well.
        let _end = self.open(method, path, body).read_to_end(&mut text);
        let text = String::from_utf8_lossy(&text).into_owned();
        let (head, body) = text.split_once("\r\n\r\n").expect("an answer");
        let status = head.split(' ').nth(1).unwrap().parse().unwrap();
        let body = if head.to_lowercase().contains("transfer-encoding: chunked") {
            body.split("\r\n").skip(1).step_by(2).collect()
        } else {
            body.to_owned()
        };
        Answer { status, head: head.to_owned(), body }
    }

    fn get(&self, path: &str) -> Value {
        self.call("GET", path, &Value::Null).json()
    }

    fn create(&self, path: &str, object: &Value) -> Answer {
        let made = self.call("POST", path, object);
        assert_eq!(made.status, 201, "{}", made.body);
        made
    }

    /// Asks until it fits.
    fn until(&self, path: &str, fits: impl Fn(&Value) -> bool) -> Value {
        let begun = Instant::now();
        loop {
            let found = self.get(path);
            if fits(&found) {
                return found;
            }
            assert!(begun.elapsed() < PATIENCE, "{path}: {found:#}");
            std::thread::sleep(Duration::from_millis(30));
        }
    }

    /// The pod of a Job, once it fits.
    fn pod_of(&self, job: &str, fits: impl Fn(&Value) -> bool) -> Value {
        let path = format!("{PODS}?labelSelector=job-name%3D{job}");
        self.until(&path, |list| list["items"].as_array().is_some_and(|l| l.iter().any(&fits)))["items"][0]
            .clone()
    }

    fn files(&self) -> usize {
        let count = |row: &Value| row["$files"].as_array().map_or(0, Vec::len);
        self.sandbox.with_state(|state| state.rows("fsx.FileSystems").iter().map(count).sum())
    }
}

/// A Job as `fsxctl verify` makes it: pinned to its node by field, tolerating what the node has.
#[allow(clippy::needless_pass_by_value, reason = "tests hand over json! values in place")]
fn job(this: usize, peers: usize, context: Value) -> Value {
    let node = ["hyperpod-i-0a10000000000000a", "hyperpod-i-0a10000000000000b"][this];
    let labels = json!({"app.kubernetes.io/managed-by": "fsxctl", "fsxctl.io/job": "verify", "fsxctl.io/run": "0a0b0c0d"});
    let env = |name: &str, value: String| json!({"name": format!("FSXCTL_VERIFY_{name}"), "value": value});
    let pinned = json!({"nodeSelectorTerms": [{"matchFields": [{"key": "metadata.name", "operator": "In", "values": [node]}]}]});
    json!({
        "apiVersion": "batch/v1", "kind": "Job",
        "metadata": {"name": format!("fsxctl-verify-0a0b0c0d-{this}"), "labels": labels},
        "spec": {"backoffLimit": 0, "activeDeadlineSeconds": 300, "ttlSecondsAfterFinished": 300, "template": {
            "metadata": {"labels": labels},
            "spec": {
                "restartPolicy": "Never", "tolerations": [{"operator": "Exists"}],
                "affinity": {"nodeAffinity": {"requiredDuringSchedulingIgnoredDuringExecution": pinned}},
                "containers": [{"name": "verify", "image": "busybox:1.37", "securityContext": context,
                    "volumeMounts": [{"name": "data", "mountPath": "/fsx"}],
                    "env": [
                        env("RUN", "0a0b0c0d".into()), env("SELF", this.to_string()),
                        env("PEER", ((this + 1) % peers).to_string()), env("PEERS", peers.to_string()),
                        env("MIB", "64".into()), env("SECONDS", "120".into()), env("READ_ONLY", "false".into()),
                    ]}],
                "volumes": [{"name": "data", "persistentVolumeClaim": {"claimName": "fsx-claim"}}],
            },
        }},
    })
}

fn ended(pod: &Value) -> bool {
    pod["status"]["containerStatuses"][0]["state"]["terminated"].is_object()
}

#[test]
fn two_pods_on_tainted_nodes_verify_each_other_and_their_logs_can_be_followed() {
    let taint = |node: &str| {
        format!(
            "kubernetes: {{objects: [{{apiVersion: v1, kind: Node, metadata: {{name: hyperpod-i-0a10000000000000{node}}}, spec: {{taints: [{{key: nvidia.com/gpu, effect: NoSchedule}}]}}}}]}}"
        )
    };
    let cluster = Cluster::of(&["done", &taint("a"), &taint("b")]);
    cluster.create(JOBS, &job(0, 2, json!({})));
    let first = cluster.pod_of("fsxctl-verify-0a0b0c0d-0", |pod| pod["status"]["phase"] == "Running");
    assert_eq!(first["spec"]["nodeName"], "hyperpod-i-0a10000000000000a");
    let name = first["metadata"]["name"].as_str().unwrap();
    let followed = cluster.open("GET", &format!("{PODS}/{name}/log?follow=true"), &Value::Null);
    cluster.create(JOBS, &job(1, 2, json!({})));
    let lines: Vec<String> = BufReader::new(followed)
        .lines()
        .map_while(Result::ok)
        .filter(|line| line.starts_with("fsxctl-verify/1 "))
        .collect();
    let word = |line: &String| line.split(' ').nth(1).unwrap().to_owned();
    let words: Vec<String> = lines.iter().map(word).collect();
    assert_eq!(words, ["begin", "mounted", "written", "locked", "read", "removed", "end"], "{lines:?}");
    for this in 0..2 {
        let job = cluster
            .until(&format!("{JOBS}/fsxctl-verify-0a0b0c0d-{this}"), |job| job["status"]["succeeded"] == 1);
        assert_eq!(job["status"]["conditions"][1]["type"], "Complete", "{job:#}");
    }
    let log = cluster.call("GET", &format!("{PODS}/{name}/log?tailLines=1"), &Value::Null);
    assert_eq!(
        (log.status, log.body.as_str(), cluster.files()),
        (200, "fsxctl-verify/1 end verdict=ok\n", 0)
    );
}

#[test]
fn a_mount_that_fails_is_told_by_events_and_ends_when_the_rule_is_there() {
    let closed = "aws: {ec2: {SecurityGroups: [{GroupId: sg-0b10000000000000b, IpPermissions: [{IpProtocol: tcp, FromPort: 988, ToPort: 988, IpRanges: [{CidrIp: 10.20.0.0/16}]}]}]}}";
    let cluster = Cluster::of(&["done", closed]);
    cluster.create(JOBS, &job(0, 1, json!({})));
    let pod = cluster.pod_of("fsxctl-verify-0a0b0c0d-0", |pod| pod["spec"]["nodeName"].is_string());
    let name = pod["metadata"]["name"].as_str().unwrap();
    let events = format!("/api/v1/namespaces/default/events?fieldSelector=involvedObject.name%3D{name}");
    let fits = |event: &Value| {
        event["reason"] == "FailedMount"
            && event["source"]["component"] == "kubelet"
            && event["message"].as_str().is_some_and(|m| m.contains("Is the MGS running?"))
    };
    cluster.until(&events, |list| list["items"].as_array().is_some_and(|l| l.iter().any(fits)));
    let waiting = cluster.call("GET", &format!("{PODS}/{name}/log"), &Value::Null);
    assert_eq!(waiting.status, 400, "{}", waiting.body);
    cluster.sandbox.with_state(|state| {
        let group = state.find_mut("ec2.SecurityGroups", "GroupId", "sg-0b10000000000000b").unwrap();
        group["IpPermissions"] = json!([{"IpProtocol": "-1", "IpRanges": [{"CidrIp": "10.20.0.0/16"}]}]);
    });
    cluster.pod_of("fsxctl-verify-0a0b0c0d-0", |pod| pod["status"]["phase"] == "Succeeded");
}

#[test]
fn a_deleted_job_keeps_its_pod_unless_told_otherwise_and_a_pod_told_to_go_takes_its_files() {
    let cluster = Cluster::of(&["done"]);
    let path = format!("{JOBS}/fsxctl-verify-0a0b0c0d-0");
    // The other pod never comes, so that this one waits with its files.
    for (options, stays) in [(json!({}), true), (json!({"propagationPolicy": "Background"}), false)] {
        cluster.create(JOBS, &job(0, 2, json!({})));
        let pod = cluster.pod_of("fsxctl-verify-0a0b0c0d-0", |pod| pod["status"]["phase"] == "Running");
        let pod = format!("{PODS}/{}", pod["metadata"]["name"].as_str().unwrap());
        let gone = cluster.call("DELETE", &path, &options);
        assert_eq!(gone.head.contains("child pods are preserved by default"), stays, "{}", gone.head);
        cluster.until(&path, |job| job["code"] == 404);
        if stays {
            assert_eq!(cluster.get(&pod)["metadata"]["name"].is_string(), stays);
            cluster.call("DELETE", &pod, &json!({}));
        }
        cluster.until(&pod, |pod| pod["code"] == 404);
        assert_eq!(cluster.files(), 0);
    }
}

#[test]
fn pod_security_warns_of_the_job_and_refuses_its_pod() {
    let strict = "kubernetes: {objects: [{apiVersion: v1, kind: Namespace, metadata: {name: default, labels: {pod-security.kubernetes.io/enforce: restricted}}}]}";
    let cluster = Cluster::of(&["done", strict]);
    let made = cluster.create(JOBS, &job(0, 1, json!({"runAsUser": 0})));
    assert!(made.head.contains("would violate PodSecurity"), "{}", made.head);
    let fits = |event: &Value| {
        event["reason"] == "FailedCreate"
            && event["message"].as_str().is_some_and(|m| {
                m.contains("is forbidden: violates PodSecurity \"restricted:latest\": allowPrivilegeEscalation != false (container \"verify\" must set securityContext.allowPrivilegeEscalation=false)")
                    && m.contains("runAsUser=0 (container \"verify\" must not set runAsUser=0)")
            })
    };
    let events = "/api/v1/namespaces/default/events?fieldSelector=involvedObject.kind%3DJob";
    cluster.until(events, |list| list["items"].as_array().is_some_and(|l| l.iter().any(fits)));
    let calm = json!({"runAsUser": 1000, "runAsNonRoot": true, "allowPrivilegeEscalation": false,
        "capabilities": {"drop": ["ALL"]}, "seccompProfile": {"type": "RuntimeDefault"}});
    let mut other = job(0, 1, calm);
    other["metadata"]["name"] = json!("calm");
    let made = cluster.create(JOBS, &other);
    assert!(!made.head.contains("PodSecurity"), "{}", made.head);
    let pod = cluster.pod_of("calm", ended);
    // It runs, and the root directory of a new file system is not its to write to.
    assert_eq!(pod["status"]["containerStatuses"][0]["state"]["terminated"]["exitCode"], 21, "{pod:#}");
}

#[test]
fn what_a_world_says_of_other_pods_is_what_they_print_and_end_with() {
    let said = "kubernetes: {podOutcomes: [{selector: app=loader, exitCode: 3, log: \"one\\ntwo\"}]}";
    let cluster = Cluster::of(&["done", said]);
    let pod = json!({"apiVersion": "v1", "kind": "Pod", "metadata": {"name": "loader", "labels": {"app": "loader"}},
        "spec": {"restartPolicy": "Never", "containers": [{"name": "c", "image": "i:1"}]}});
    cluster.create(PODS, &pod);
    let done = cluster.until(&format!("{PODS}/loader"), ended);
    assert_eq!(done["status"]["containerStatuses"][0]["state"]["terminated"]["exitCode"], 3);
    assert_eq!(cluster.call("GET", &format!("{PODS}/loader/log"), &Value::Null).body, "one\ntwo\n");
}
