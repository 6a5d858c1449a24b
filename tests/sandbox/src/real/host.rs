//! The containers of the driver's controller pod. kwok says that they run; here they do, as processes of this machine
//! with the arguments, the environment, the tokens and the service account of the pod.
//!
//! Of the pod's identity nothing is made up: what the pod identity webhook has put into it decides.

use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};

use serde_json::{Value, json};

use super::keeper::{Kept, Start};
use super::plane::Shared;
use super::{config, hooks, probes};
use crate::aws::{identity, row};
use crate::state::State;

const BEAT: Duration = Duration::from_millis(200);
/// A sidecar ends when the driver goes away; this long after, all are started again.
const AGAIN: Duration = Duration::from_secs(1);

/// The thread that looks after them; ends when dropped.
#[derive(Debug)]
pub struct Host {
    stop: Arc<AtomicBool>,
    thread: Option<std::thread::JoinHandle<()>>,
}

impl Host {
    /// Begins to look.
    ///
    /// # Errors
    /// No thread can be started.
    pub fn start(plane: Shared, state: Arc<Mutex<State>>, endpoint: String) -> Result<Self, String> {
        let stop = Arc::new(AtomicBool::new(false));
        let told = stop.clone();
        let look = move || {
            let mut running: Option<Running> = None;
            let mut kubelet = probes::Kubelet::default();
            while !told.load(Ordering::Relaxed) {
                turn(&plane, &state, &endpoint, &mut running);
                kubelet.turn(&plane, &state);
                std::thread::sleep(BEAT);
            }
        };
        let thread = std::thread::Builder::new().name("sandbox-host".to_owned()).spawn(look);
        Ok(Self { stop, thread: Some(thread.map_err(|why| why.to_string())?) })
    }
}

impl Drop for Host {
    fn drop(&mut self) {
        self.stop.store(true, Ordering::Relaxed);
        if let Some(thread) = self.thread.take() {
            let _ = thread.join();
        }
    }
}

/// The processes of one pod.
struct Running {
    uid: String,
    /// The driver first; dropped last to first.
    kept: Vec<Kept>,
    since: Instant,
}

impl Drop for Running {
    fn drop(&mut self) {
        while let Some(mut one) = self.kept.pop() {
            one.stop();
        }
    }
}

fn turn(plane: &Shared, state: &Mutex<State>, endpoint: &str, running: &mut Option<Running>) {
    let wanted = leader(
        &state.lock().unwrap_or_else(PoisonError::into_inner),
        running.as_ref().map(|r| r.uid.as_str()),
    );
    let uid = wanted.as_ref().map(|pod| row::text(&pod["metadata"], "uid").to_owned());
    if let Some(now) = running {
        let same = uid.as_deref() == Some(now.uid.as_str());
        let whole = now.kept.iter_mut().all(|one| one.ended().is_none());
        if same && (whole || now.since.elapsed() < AGAIN) {
            return;
        }
        *running = None;
    }
    let Some(pod) = wanted else { return };
    let pod = Pod { plane, state, endpoint, pod };
    match pod.start() {
        Ok(started) => *running = Some(started),
        // The next turn tries again; why is in the directory of the run.
        Err(why) => {
            let _ = std::fs::write(plane.directory().join("host.log"), why);
        }
    }
}

/// The pod that would hold the sidecars' leases: the one that runs already, else the oldest that is ready.
fn leader(state: &State, running: Option<&str>) -> Option<Value> {
    let has = |pod: &Value, name: &str| {
        row::list(&pod["spec"], "containers").iter().any(|container| row::text(container, "name") == name)
    };
    let mut pods: Vec<&Value> = state
        .kube
        .list("v1", "Pod")
        .filter(|pod| {
            pod["metadata"]["deletionTimestamp"].is_null()
                && identity::pod::is_ready(pod)
                && has(pod, "fsx-plugin")
                && has(pod, "csi-provisioner")
        })
        .collect();
    pods.sort_by_key(|pod| {
        let meta = &pod["metadata"];
        (
            Some(row::text(meta, "uid")) != running,
            row::text(meta, "creationTimestamp"),
            row::text(meta, "name"),
        )
    });
    pods.first().map(|pod| (*pod).clone())
}

struct Pod<'a> {
    plane: &'a Shared,
    state: &'a Mutex<State>,
    endpoint: &'a str,
    pod: Value,
}

/// A path in the container, and the file of this machine that stands for it.
type Files = Vec<(String, PathBuf)>;

impl Pod<'_> {
    fn start(&self) -> Result<Running, String> {
        let uid = row::text(&self.pod["metadata"], "uid").to_owned();
        let directory = self.plane.directory().join(format!("pod-{uid}"));
        std::fs::create_dir_all(&directory).map_err(|why| format!("{}: {why}", directory.display()))?;
        let socket = directory.join("csi.sock");
        let _ = std::fs::remove_file(&socket);
        let mut running = Running { uid, kept: Vec::new(), since: Instant::now() };
        let endpoint = format!("--endpoint=unix://{}", socket.display());
        running.kept.push(self.driver(&directory, &endpoint)?);
        let until = Instant::now() + Duration::from_secs(20);
        while !socket.exists() {
            if Instant::now() > until || running.kept[0].ended().is_some() {
                return Err("the driver did not open its socket".to_owned());
            }
            std::thread::sleep(Duration::from_millis(20));
        }
        let account = self.token(&directory, None)?;
        let token = std::fs::read_to_string(&account).map_err(|why| why.to_string())?;
        let kubeconfig = directory.join("kubeconfig");
        std::fs::write(&kubeconfig, self.plane.settings().kubeconfig(token.trim()))
            .map_err(|why| why.to_string())?;
        for sidecar in ["csi-provisioner", "csi-resizer"] {
            if let Some(kept) = self.sidecar(sidecar, &directory, &socket, &kubeconfig)? {
                running.kept.push(kept);
            }
        }
        Ok(running)
    }

    fn container(&self, name: &str) -> Option<&Value> {
        row::list(&self.pod["spec"], "containers")
            .iter()
            .find(|container| row::text(container, "name") == name)
    }

    /// The arguments that the pod gives, without those that name sockets of the container, leases and ports.
    fn arguments(&self, container: &Value) -> Vec<String> {
        const OURS: [&str; 7] = [
            "endpoint",
            "csi-address",
            "leader-elect",
            "kubeconfig",
            "http-endpoint",
            "metrics",
            "retry-interval",
        ];
        let given = row::strings(container, "args").into_iter().filter(|argument| {
            let name = argument.trim_start_matches('-');
            !OURS.iter().any(|ours| name.starts_with(ours))
        });
        given.map(str::to_owned).collect()
    }

    fn driver(&self, directory: &Path, endpoint: &str) -> Result<Kept, String> {
        let container = self.container("fsx-plugin").ok_or("no container fsx-plugin")?;
        let mut arguments = self.arguments(container);
        arguments.push(endpoint.to_owned());
        let mut environment = config::environment(directory);
        environment.extend(self.environment(container, directory)?);
        self.keep("driver", "aws-fsx-csi-driver", directory, (arguments, environment))
    }

    fn sidecar(
        &self,
        name: &str,
        directory: &Path,
        socket: &Path,
        kubeconfig: &Path,
    ) -> Result<Option<Kept>, String> {
        let Some(container) = self.container(name) else { return Ok(None) };
        let mut arguments = self.arguments(container);
        arguments.extend([
            format!("--csi-address={}", socket.display()),
            format!("--kubeconfig={}", kubeconfig.display()),
            // One of them runs, so that nobody has to be outvoted.
            "--leader-election=false".to_owned(),
        ]);
        if name == "csi-provisioner" {
            arguments.extend(["--retry-interval-start=1s".to_owned(), "--retry-interval-max=30s".to_owned()]);
        }
        self.keep(name, name, directory, (arguments, config::environment(directory))).map(Some)
    }

    fn keep(
        &self,
        name: &str,
        program: &str,
        directory: &Path,
        (arguments, environment): (Vec<String>, Vec<(String, String)>),
    ) -> Result<Kept, String> {
        let components = self.plane.components();
        Kept::start(Start {
            keeper: &components.keeper,
            name,
            directory,
            program: components.program(program),
            arguments,
            environment,
        })
    }

    /// The container's environment, and with it the way to the sandbox's AWS.
    fn environment(&self, container: &Value, directory: &Path) -> Result<Vec<(String, String)>, String> {
        let files = self.tokens(container, directory)?;
        let mut all: Vec<(String, String)> = Vec::new();
        for entry in row::list(container, "env") {
            let Some(value) = self.value(entry) else { continue };
            let here = files.iter().find(|(path, _)| *path == value);
            let value = here.map_or(value, |(_, file)| file.display().to_string());
            all.push((row::text(entry, "name").to_owned(), value));
        }
        if let Some((_, uri)) = all.iter_mut().find(|(name, _)| name == "AWS_CONTAINER_CREDENTIALS_FULL_URI")
        {
            *uri = format!("{}{}", self.endpoint, hooks::CREDENTIALS);
        }
        if !all.iter().any(|(name, _)| name == "AWS_REGION") {
            all.extend(self.region().map(|region| ("AWS_REGION".to_owned(), region)));
        }
        for (name, value) in [
            ("AWS_ENDPOINT_URL", self.endpoint),
            // The driver's SDK makes its STS client before it has read the general one (aws-sdk-go-v2, config).
            ("AWS_ENDPOINT_URL_STS", self.endpoint),
            ("AWS_EC2_METADATA_DISABLED", "true"),
            ("AWS_CONFIG_FILE", "/dev/null"),
            ("AWS_SHARED_CREDENTIALS_FILE", "/dev/null"),
        ] {
            all.push((name.to_owned(), value.to_owned()));
        }
        Ok(all)
    }

    /// The Region of the node, which instance metadata would tell.
    fn region(&self) -> Option<String> {
        let state = self.state.lock().unwrap_or_else(PoisonError::into_inner);
        let node = state.kube.get("v1", "Node", "", row::text(&self.pod["spec"], "nodeName"))?;
        node["metadata"]["labels"]["topology.kubernetes.io/region"].as_str().map(str::to_owned)
    }

    fn value(&self, entry: &Value) -> Option<String> {
        if let Some(value) = entry["value"].as_str() {
            return Some(value.to_owned());
        }
        let from = &entry["valueFrom"];
        if let Some(path) = from["fieldRef"]["fieldPath"].as_str() {
            let pointer = format!("/{}", path.replace('.', "/"));
            return self.pod.pointer(&pointer).and_then(Value::as_str).map(str::to_owned);
        }
        let state = self.state.lock().unwrap_or_else(PoisonError::into_inner);
        identity::pod::secret(&state, &self.pod, &from["secretKeyRef"])
    }

    /// The projected tokens of a container, as files.
    fn tokens(&self, container: &Value, directory: &Path) -> Result<Files, String> {
        let mut files = Files::new();
        for mount in row::list(container, "volumeMounts") {
            let volumes = row::list(&self.pod["spec"], "volumes");
            let volume = volumes.iter().find(|volume| volume["name"] == mount["name"]);
            for source in volume.map_or(&[][..], |volume| row::list(&volume["projected"], "sources")) {
                let wanted = &source["serviceAccountToken"];
                if let Some(audience) = wanted["audience"].as_str() {
                    let path = format!("{}/{}", row::text(mount, "mountPath"), row::text(wanted, "path"));
                    files.push((path, self.token(directory, Some(audience))?));
                }
            }
        }
        Ok(files)
    }

    /// A token of the pod's service account, in a file without a newline: the SDK takes it as it is.
    fn token(&self, directory: &Path, audience: Option<&str>) -> Result<PathBuf, String> {
        let namespace = row::text(&self.pod["metadata"], "namespace");
        let account = identity::admission::service_account(&self.pod);
        let mut request = json!({
            "apiVersion": "authentication.k8s.io/v1", "kind": "TokenRequest",
            "spec": {"expirationSeconds": 86400, "boundObjectRef": {
                "apiVersion": "v1", "kind": "Pod", "name": self.pod["metadata"]["name"], "uid": self.pod["metadata"]["uid"],
            }},
        });
        if let Some(audience) = audience {
            request["spec"]["audiences"] = json!([audience]);
        }
        let path = format!("/api/v1/namespaces/{namespace}/serviceaccounts/{account}/token");
        let answer = self.plane.admin().call("POST", &path, Some(("application/json", &request)));
        let answer = answer.map_err(|refusal| format!("{path}: {refusal}"))?;
        let file = directory.join(format!("token-{}", audience.unwrap_or("api").replace(['/', ':'], "-")));
        std::fs::write(&file, row::text(&answer["status"], "token")).map_err(|why| why.to_string())?;
        Ok(file)
    }
}
