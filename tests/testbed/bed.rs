//! Real clusters for tests: one that many share, each in namespaces of its own, and those that a test has for itself.

use std::collections::BTreeSet;
use std::io::Write as _;
use std::path::Path;
use std::process::{Command, Output, Stdio};
use std::sync::{Arc, Condvar, Mutex, OnceLock, PoisonError};
use std::time::{Duration, Instant};

use fsxctl_sandbox::real::Components;
use fsxctl_sandbox::{Client, Entry, Kubernetes, Options};
use serde_json::Value;

use crate::harness::{Run, World, sources};

/// The driver needs one round of 30 s for what it makes; on a busy machine more than one.
pub const PATIENCE: Duration = Duration::from_secs(150);
/// So many clusters start and work at the same time, beside the shared one.
const AT_ONCE: usize = 5;

/// The Pod Identity agent, which is an add-on of its own.
pub const AGENT: &str = "
aws:
  eks:
    addons:
    - {clusterName: hp-eks, addonName: eks-pod-identity-agent, addonVersion: v1.3.9-eksbuild.3, status: ACTIVE}
";

/// A real cluster, and the AWS account around it.
pub struct Bed {
    pub world: World,
    components: Components,
    real: bool,
}

/// All of one run.
pub struct Beds {
    components: Components,
    shared: OnceLock<Arc<Bed>>,
    free: (Mutex<usize>, Condvar),
}

impl Beds {
    pub fn new(components: Components) -> Self {
        Self { components, shared: OnceLock::new(), free: (Mutex::new(AT_ONCE), Condvar::new()) }
    }

    pub fn components(&self) -> &Components {
        &self.components
    }

    /// The one that is shared: world `existing`, in which the driver works by Pod Identity.
    pub fn shared(&self) -> &Bed {
        self.shared.get_or_init(|| Arc::new(self.make(&["existing"])))
    }

    /// One for this test alone, and no more of them than the machine can carry.
    pub fn own<T>(&self, layers: &[&str], test: impl FnOnce(&Bed) -> T) -> T {
        let _turn = self.turn();
        let bed = self.make(layers);
        let done = std::panic::catch_unwind(std::panic::AssertUnwindSafe(|| test(&bed)));
        match done {
            Ok(done) => done,
            Err(panic) => {
                save_logs(bed.world.sandbox.directory());
                std::panic::resume_unwind(panic)
            }
        }
    }

    /// Waits until another cluster may start; it may until the answer is dropped.
    pub fn turn(&self) -> Turn<'_> {
        let (count, freed) = &self.free;
        let mut free = count.lock().unwrap_or_else(PoisonError::into_inner);
        while *free == 0 {
            free = freed.wait(free).unwrap_or_else(PoisonError::into_inner);
        }
        *free -= 1;
        drop(free);
        Turn(self)
    }

    /// The sandbox's own cluster with the same world, for comparison.
    pub fn builtin(&self, layers: &[&str]) -> Bed {
        self.with(layers, Kubernetes::Builtin)
    }

    fn make(&self, layers: &[&str]) -> Bed {
        self.with(layers, Kubernetes::Real(self.components.clone()))
    }

    fn with(&self, layers: &[&str], kubernetes: Kubernetes) -> Bed {
        let real = kubernetes != Kubernetes::Builtin;
        let options = Options { worlds: sources(layers), kubernetes, ..Options::default() };
        let world = World::with(options).env("PATH", &self.components.directory.display().to_string());
        Bed { world, components: self.components.clone(), real }
    }

    /// Keeps what the components of the shared cluster said.
    pub fn keep_logs(&self) {
        if let Some(bed) = self.shared.get() {
            save_logs(bed.world.sandbox.directory());
        }
    }

    /// Ends the shared cluster before this process does.
    pub fn end(&self) {
        if let Some(bed) = self.shared.get() {
            bed.world.sandbox.end_real();
        }
    }
}

/// One of the places for clusters.
pub struct Turn<'a>(&'a Beds);

impl Drop for Turn<'_> {
    fn drop(&mut self) {
        let (count, freed) = &self.0.free;
        *count.lock().unwrap_or_else(PoisonError::into_inner) += 1;
        freed.notify_one();
    }
}

/// The logs of a failed run stay, and it is said where.
fn save_logs(directory: &Path) {
    let name = directory.file_name().unwrap_or_default();
    let into = Path::new(env!("CARGO_TARGET_TMPDIR")).join("testbed").join(name);
    let mut from = vec![directory.join("real")];
    while let Some(folder) = from.pop() {
        for entry in std::fs::read_dir(&folder).into_iter().flatten().flatten() {
            let path = entry.path();
            if path.is_dir() {
                from.push(path);
            } else if path.extension().is_some_and(|end| end == "log") {
                let inside = path.strip_prefix(directory).unwrap_or(&path);
                let target = into.join(inside);
                let _ = std::fs::create_dir_all(target.parent().unwrap_or(&into));
                let _ = std::fs::copy(&path, target);
            }
        }
    }
    eprintln!("the components' logs are in {}", into.display());
}

impl Bed {
    /// Whether its Kubernetes side is the real one.
    pub fn is_real(&self) -> bool {
        self.real
    }

    /// Runs fsxctl, which must end well.
    #[track_caller]
    pub fn ok(&self, words: &str) -> Run {
        let run = self.world.fsxctl(words);
        assert_eq!(run.code, Some(0), "{}\n{}", run.show(), self.world.sandbox.broken().unwrap_or_default());
        run
    }

    /// Runs kubectl with COMMAND's kubeconfig, so past nothing.
    pub fn kubectl(&self, words: &[&str]) -> Output {
        self.command(words).stdin(Stdio::null()).output().expect("kubectl starts")
    }

    fn command(&self, words: &[&str]) -> Command {
        let mut command = Command::new(self.components.directory.join("kubectl"));
        command.args(words).env_clear().envs(self.world.environment());
        command
    }

    /// The same, and it must end well.
    #[track_caller]
    pub fn kubectl_ok(&self, words: &[&str]) -> String {
        let done = self.kubectl(words);
        let (out, err) = (String::from_utf8_lossy(&done.stdout), String::from_utf8_lossy(&done.stderr));
        assert!(done.status.success(), "kubectl {words:?}: {out}{err}");
        out.into_owned()
    }

    /// Makes an object.
    #[track_caller]
    pub fn create(&self, collection: &str, object: &Value) -> Value {
        self.send(&["create", "--raw", collection, "-f", "-"], object)
    }

    /// Changes an object by a merge patch.
    #[track_caller]
    pub fn patch(&self, kind: &str, namespace: &str, name: &str, patch: &Value) {
        let patch = patch.to_string();
        self.kubectl_ok(&["patch", kind, name, "-n", namespace, "--type=merge", "-p", &patch]);
    }

    #[track_caller]
    fn send(&self, words: &[&str], object: &Value) -> Value {
        let mut command = self.command(words);
        let mut child = command
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .spawn()
            .expect("kubectl starts");
        let mut stdin = child.stdin.take().expect("stdin is piped");
        stdin.write_all(object.to_string().as_bytes()).expect("kubectl reads");
        drop(stdin);
        let done = child.wait_with_output().expect("kubectl ends");
        let (out, err) = (String::from_utf8_lossy(&done.stdout), String::from_utf8_lossy(&done.stderr));
        assert!(done.status.success(), "kubectl {words:?}: {out}{err}");
        serde_json::from_str(&out).unwrap_or_default()
    }

    /// An object or a list, now; none only when the API server says that it is not there.
    #[track_caller]
    pub fn get(&self, path: &str) -> Option<Value> {
        let since = Instant::now();
        loop {
            let done = self.kubectl(&["get", "--raw", path]);
            let said = String::from_utf8_lossy(&done.stderr).into_owned();
            if done.status.success() {
                return Some(serde_json::from_slice(&done.stdout).expect("the API server answers with JSON"));
            }
            if said.contains("NotFound") {
                return None;
            }
            assert!(since.elapsed() < Duration::from_secs(20), "{path}: {said}");
            std::thread::sleep(Duration::from_millis(200));
        }
    }

    /// The items of a list.
    pub fn list(&self, path: &str) -> Vec<Value> {
        let list = self.get(path).unwrap_or_default();
        list["items"].as_array().cloned().unwrap_or_default()
    }

    /// Takes objects away and waits until they are gone, or for nothing with `--wait=false` among the words.
    #[track_caller]
    pub fn delete(&self, words: &[&str]) {
        self.kubectl_ok(&[&["delete", "--timeout=120s"], words].concat());
    }

    /// A claim, now.
    pub fn claim(&self, namespace: &str, name: &str) -> Option<Value> {
        self.get(&format!("/api/v1/namespaces/{namespace}/persistentvolumeclaims/{name}"))
    }

    /// The volume of a bound claim.
    #[track_caller]
    pub fn volume_of(&self, namespace: &str, name: &str) -> Value {
        let claim = self.claim(namespace, name).unwrap_or_default();
        let volume = claim["spec"]["volumeName"].as_str().unwrap_or_default();
        assert_eq!(claim["status"]["phase"], "Bound", "{claim:#}");
        self.get(&format!("/api/v1/persistentvolumes/{volume}")).expect("a bound claim has a volume")
    }

    /// Waits until something is there.
    #[track_caller]
    pub fn until<T>(&self, what: &str, mut look: impl FnMut() -> Option<T>) -> T {
        let since = Instant::now();
        loop {
            if let Some(found) = look() {
                return found;
            }
            if let Some(why) = self.world.sandbox.broken() {
                panic!("{why}");
            }
            assert!(since.elapsed() < PATIENCE, "it did not come: {what}");
            std::thread::sleep(Duration::from_millis(200));
        }
    }

    /// Asks the API server for nothing but whether the driver has said so of a claim; the last one counts.
    pub fn failure(&self, namespace: &str, claim: &str) -> Option<String> {
        self.events(namespace, claim, "ProvisioningFailed").pop()
    }

    /// The driver's requests to an operation of FSx.
    pub fn driver(&self, operation: &str) -> Vec<Entry> {
        let wanted =
            |entry: &Entry| entry.client == Client::Driver && entry.operation.as_deref() == Some(operation);
        self.world.sandbox.log().into_iter().filter(wanted).collect()
    }

    /// The requests with which the driver made the file system of a claim.
    pub fn creations(&self, claim: &Value) -> Vec<Entry> {
        let volume = format!("pvc-{}", claim["metadata"]["uid"].as_str().unwrap_or("?"));
        let mut all = self.driver("CreateFileSystem");
        all.retain(|entry| entry.request["ClientRequestToken"] == volume.as_str());
        all
    }

    /// The texts of the events about a claim, of one reason.
    pub fn events(&self, namespace: &str, claim: &str, reason: &str) -> Vec<String> {
        let list = self.list(&format!("/api/v1/namespaces/{namespace}/events"));
        let mine =
            list.iter().filter(|event| event["involvedObject"]["name"] == claim && event["reason"] == reason);
        mine.filter_map(|event| event["message"].as_str().map(str::to_owned)).collect()
    }
}

/// The leaf fields that a field manager owns, as paths.
pub fn owned(object: &Value, manager: &str) -> BTreeSet<String> {
    let mut all = BTreeSet::new();
    for entry in object["metadata"]["managedFields"].as_array().into_iter().flatten() {
        if entry["manager"] == manager {
            leaves(&entry["fieldsV1"], String::new(), &mut all);
        }
    }
    all
}

fn leaves(fields: &Value, path: String, all: &mut BTreeSet<String>) {
    match fields.as_object() {
        Some(members) if !members.is_empty() => {
            for (name, inside) in members {
                leaves(inside, format!("{path}/{name}"), all);
            }
        }
        _ => {
            all.insert(path);
        }
    }
}

/// All field managers of an object.
pub fn managers(object: &Value) -> BTreeSet<String> {
    let entries = object["metadata"]["managedFields"].as_array().into_iter().flatten();
    entries.filter_map(|entry| entry["manager"].as_str().map(str::to_owned)).collect()
}
