//! The shipped binary, sealed off from this machine, against a sandbox in this process.

use std::cell::Cell;
use std::collections::BTreeMap;
use std::io::Read;
use std::os::unix::process::CommandExt as _;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::thread::JoinHandle;
use std::time::{Duration, Instant};

use fsxctl_sandbox::{Client, Entry, Options, Sandbox, Source};
use serde_json::Value;
use tempfile::TempDir;

use crate::terminal::Terminal;

/// The cluster of every world here.
pub const CLUSTER_ARN: &str = "arn:aws:eks:us-west-2:111122223333:cluster/hp-eks";
/// The controller's service account and role by convention.
pub const ROLE: &str = "FSXLCSI-hp-eks-us-west-2";
/// HyperPod's shared group of the world `bare`, and the EKS cluster's own.
pub const NODE_GROUP: &str = "sg-0b10000000000000b";
pub const CLUSTER_GROUP: &str = "sg-0a10000000000000a";

/// No run of the sandbox takes longer than this, also on a busy machine.
pub const PATIENCE: Duration = Duration::from_secs(120);

/// Layers: a built-in world by name, or the text of one, whose header may be left out.
pub fn sources(layers: &[&str]) -> Vec<Source> {
    layers.iter().map(|layer| source(layer)).collect()
}

fn source(layer: &str) -> Source {
    if !layer.contains(':') {
        return Source::BuiltIn(layer.to_owned());
    }
    if layer.contains("kind: World") {
        return Source::text(layer);
    }
    Source::text(self::layer(layer))
}

/// The text of a layer with its header.
pub fn layer(text: &str) -> String {
    format!("apiVersion: sandbox.fsxctl.io/v1alpha1\nkind: World\n{text}")
}

/// What only a Secret of the cluster holds, as it is and as the API server encodes it.
const SECRET: [&str; 2] = ["planted-secret-4711", "cGxhbnRlZC1zZWNyZXQtNDcxMQ=="];

/// A Secret that nobody has any business to read, in every world.
const PLANTED: &str = "
kubernetes:
  objects:
  - {apiVersion: v1, kind: Secret, type: Opaque, metadata: {name: planted, namespace: kube-system}, data: {password: cGxhbnRlZC1zZWNyZXQtNDcxMQ==}}
";

/// One sandbox, and what every run against it is given.
pub struct World {
    pub sandbox: Sandbox,
    pub home: TempDir,
    env: BTreeMap<String, String>,
    secrets: Vec<String>,
}

impl World {
    /// The world `bare`.
    pub fn bare() -> Self {
        Self::of(&["bare"])
    }

    /// Layers, first to last.
    pub fn of(layers: &[&str]) -> Self {
        Self::with(Options { worlds: sources(layers), ..Options::default() })
    }

    /// With everything that a sandbox can be given.
    pub fn with(mut options: Options) -> Self {
        if options.worlds.is_empty() {
            options.worlds.push(source("bare"));
        }
        options.worlds.push(source(PLANTED));
        let sandbox = Sandbox::start(options).expect("the sandbox starts");
        let home = tempfile::tempdir().expect("a temporary directory");
        let mut env: BTreeMap<String, String> = sandbox.env().into_iter().collect();
        env.insert("HOME".to_owned(), home.path().display().to_string());
        env.insert("COLUMNS".to_owned(), "100".to_owned());
        env.insert("TZ".to_owned(), "UTC".to_owned());
        filter();
        let secrets = secrets(&sandbox, &env);
        Self { sandbox, home, env, secrets }
    }

    /// Another sandbox with the world as it stands here: what was under way goes on.
    pub fn again(&self) -> Self {
        Self::of(&[&self.sandbox.snapshot()])
    }

    /// The same with a variable for every run; an empty value takes it away.
    #[must_use]
    pub fn env(mut self, name: &str, value: &str) -> Self {
        if value.is_empty() {
            self.env.remove(name);
        } else {
            self.env.insert(name.to_owned(), value.to_owned());
        }
        self
    }

    /// The same with a helm program on PATH: the sandbox's stand-in, which writes down how it was called.
    #[must_use]
    pub fn with_helm(self) -> Self {
        let folder = self.home.path().join("bin");
        std::fs::create_dir_all(&folder).expect("a folder for programs");
        let beside = std::path::Path::new(env!("CARGO_BIN_EXE_fsxctl")).with_file_name("fsxctl-sandbox");
        assert!(beside.is_file(), "{} is not built: cargo build --workspace --all-targets", beside.display());
        std::os::unix::fs::symlink(&beside, folder.join("helm")).expect("a link");
        let (path, record) = (folder.display().to_string(), self.helm_record().display().to_string());
        self.env("PATH", &path).env("HELM_SANDBOX_RECORD", &record)
    }

    fn helm_record(&self) -> std::path::PathBuf {
        self.home.path().join("helm.jsonl")
    }

    /// How helm was called so far, one document a call.
    pub fn helm_calls(&self) -> Vec<Value> {
        let text = std::fs::read_to_string(self.helm_record()).unwrap_or_default();
        text.lines().map(|line| serde_json::from_str(line).expect("a line of the record is JSON")).collect()
    }

    /// What any other program is given to speak to this sandbox.
    pub fn environment(&self) -> &BTreeMap<String, String> {
        &self.env
    }

    /// Runs the binary with these words, split at blanks.
    pub fn fsxctl(&self, words: &str) -> Run {
        self.run(&words.split_whitespace().collect::<Vec<_>>())
    }

    /// Runs the binary with these arguments, nothing on stdin and no terminal anywhere.
    pub fn run(&self, arguments: &[&str]) -> Run {
        self.start(arguments).end()
    }

    /// Starts the binary.
    pub fn start(&self, arguments: &[&str]) -> Running<'_> {
        let before = files(self.home.path());
        let mut command = Command::new(env!("CARGO_BIN_EXE_fsxctl"));
        command.args(arguments).env_clear().envs(&self.env).current_dir(self.home.path());
        command.stdin(Stdio::null()).stdout(Stdio::piped()).stderr(Stdio::piped());
        // Whatever it starts belongs to its group, so that a kill reaches all of it.
        command.process_group(0);
        let from = self.sandbox.log().len();
        let mut child = command.spawn().expect("the binary starts");
        let stdout = reader(child.stdout.take().expect("stdout is piped"));
        let stderr = reader(child.stderr.take().expect("stderr is piped"));
        Running { world: self, child, stdout, stderr, from, arguments: arguments.join(" "), before }
    }

    /// No run may tell, log, trace or write a credential, a token or a Secret.
    #[track_caller]
    fn keeps_secrets(&self, arguments: &str, told: &str, text: &str) {
        // A token that the program mints for EKS is known by its beginning.
        let minted = ["k8s-aws-v1.", "X-Amz-Signature=", "X-Amz-Security-Token="];
        let planted = self.secrets.iter().map(String::as_str).chain(SECRET).chain(minted);
        for secret in planted {
            assert!(!text.contains(secret), "{told} of `fsxctl {arguments}` holds {secret:?}");
        }
    }

    /// Starts the binary with a terminal of this size (rows, columns) as its stdin and stderr; its stdout stays apart.
    pub fn terminal(&self, arguments: &[&str], size: (u16, u16)) -> Terminal<'_> {
        Terminal::start(self, arguments, size)
    }

    /// The world as it stands, as a document.
    pub fn saved(&self) -> Value {
        serde_yaml::from_str(&self.sandbox.snapshot()).expect("a saved world is YAML")
    }

    /// A Kubernetes object of the world, by kind and name.
    pub fn object(&self, kind: &str, name: &str) -> Option<Value> {
        let saved = self.saved();
        let objects = saved["kubernetes"]["objects"].as_array().cloned().unwrap_or_default();
        objects.into_iter().find(|object| object["kind"] == kind && object["metadata"]["name"] == name)
    }
}

/// What the sandbox gave to this run alone: its keys and the kubeconfig's token.
fn secrets(sandbox: &Sandbox, env: &BTreeMap<String, String>) -> Vec<String> {
    let keys = ["AWS_SECRET_ACCESS_KEY", "AWS_SESSION_TOKEN"];
    let mut secrets: Vec<String> = keys.iter().filter_map(|name| env.get(*name).cloned()).collect();
    let kubeconfig: Value = serde_yaml::from_str(&sandbox.kubeconfig()).expect("a kubeconfig is YAML");
    secrets.extend(kubeconfig["users"][0]["user"]["token"].as_str().map(str::to_owned));
    assert!(
        secrets.len() == 3 && secrets.iter().all(|secret| secret.len() > 20),
        "{} secrets",
        secrets.len()
    );
    secrets
}

/// The files below a folder with their bytes.
pub fn files(folder: &Path) -> BTreeMap<PathBuf, Vec<u8>> {
    let mut found = BTreeMap::new();
    for entry in std::fs::read_dir(folder).into_iter().flatten().flatten() {
        let path = entry.path();
        if entry.file_type().is_ok_and(|kind| kind.is_dir()) {
            found.append(&mut files(&path));
        } else if let Ok(bytes) = std::fs::read(&path) {
            found.insert(path, bytes);
        }
    }
    found
}

pub fn reader(mut from: impl Read + Send + 'static) -> JoinHandle<String> {
    std::thread::spawn(move || {
        let mut bytes = Vec::new();
        let _ = from.read_to_end(&mut bytes);
        String::from_utf8_lossy(&bytes).into_owned()
    })
}

/// A run that goes on.
pub struct Running<'a> {
    pub world: &'a World,
    pub child: Child,
    pub stdout: JoinHandle<String>,
    pub stderr: JoinHandle<String>,
    pub from: usize,
    pub arguments: String,
    pub before: BTreeMap<PathBuf, Vec<u8>>,
}

impl Running<'_> {
    /// Ends it and all that it started, without a chance to say anything.
    fn kill(&self) {
        // On a terminal it is in the group of its session.
        let (group, own) = (format!("-{}", self.child.id()), self.child.id().to_string());
        let _ = Command::new("kill").args(["-KILL", "--", &group, &own]).stderr(Stdio::null()).status();
    }

    /// Sends a signal by its short name.
    pub fn signal(&self, name: &str) {
        let id = self.child.id().to_string();
        let sent = Command::new("kill").args([&format!("-{name}"), &id]).status();
        assert!(sent.is_ok_and(|status| status.success()), "cannot send {name}");
    }

    /// Waits until a request of this run fits.
    pub fn until(&mut self, fits: impl Fn(&Entry) -> bool) {
        let since = Instant::now();
        while !self.world.sandbox.log()[self.from..].iter().any(&fits) {
            assert!(since.elapsed() < PATIENCE, "the request never came: {}", self.arguments);
            assert!(matches!(self.child.try_wait(), Ok(None)), "it ended too early: {}", self.arguments);
            std::thread::sleep(Duration::from_millis(10));
        }
    }

    /// Asserts that it has not ended.
    #[track_caller]
    pub fn is_running(&mut self) {
        assert!(matches!(self.child.try_wait(), Ok(None)), "it has ended: {}", self.arguments);
    }

    /// Waits for the end.
    pub fn end(mut self) -> Run {
        let since = Instant::now();
        let killed = self.world.sandbox.killed();
        let status = loop {
            match self.child.try_wait().expect("a child can be waited for") {
                Some(status) => break status,
                None if *killed.borrow() => self.kill(),
                None if since.elapsed() > PATIENCE => {
                    self.kill();
                    panic!("`fsxctl {}` did not end", self.arguments);
                }
                None => std::thread::sleep(Duration::from_millis(5)),
            }
        };
        let requests: Vec<Entry> = self.world.sandbox.log().split_off(self.from);
        let replaced = [
            (self.world.sandbox.directory().display().to_string(), "[sandbox]"),
            (self.world.home.path().display().to_string(), "[home]"),
        ];
        let clean =
            |text: String| replaced.iter().fold(text, |text, (from, to)| text.replace(from.as_str(), to));
        let stdout = self.stdout.join().expect("stdout is read");
        let stderr = self.stderr.join().expect("stderr is read");
        self.world.keeps_secrets(&self.arguments, "stdout", &stdout);
        self.world.keeps_secrets(&self.arguments, "stderr", &stderr);
        for (path, bytes) in files(self.world.home.path()) {
            if self.before.get(&path) != Some(&bytes) {
                let text = String::from_utf8_lossy(&bytes);
                self.world.keeps_secrets(&self.arguments, &path.display().to_string(), &text);
            }
        }
        Run {
            took: since.elapsed(),
            arguments: clean(self.arguments),
            code: status.code(),
            stdout: clean(stdout),
            stderr: clean(stderr),
            requests: requests.into_iter().filter(|entry| entry.client == Client::Command).collect(),
        }
    }
}

/// What one run came to.
#[derive(Debug)]
pub struct Run {
    pub arguments: String,
    /// None when a signal ended it.
    pub code: Option<i32>,
    pub stdout: String,
    pub stderr: String,
    /// How long it was waited for.
    pub took: Duration,
    /// Its requests with the caller's own credentials.
    pub requests: Vec<Entry>,
}

impl Run {
    /// Everything that a person or pipeline sees, and what was written, for a snapshot.
    pub fn show(&self) -> String {
        let code = self.code.map_or_else(|| "none".to_owned(), |code| code.to_string());
        let mut text = format!("$ fsxctl {}\ncode {code}\n", self.arguments);
        for (name, stream) in [("stdout", self.stdout.clone()), ("stderr", settled(&self.stderr))] {
            if !stream.trim().is_empty() {
                text.push_str(&format!("-- {name}\n{}\n", stream.trim_end()));
            }
        }
        let writes = self.writes();
        text.push_str(if writes.is_empty() { "-- no write" } else { "-- writes\n" });
        text.push_str(&writes.join("\n"));
        text
    }

    /// The same without stdout.
    pub fn told(&self) -> String {
        Self { stdout: String::new(), stderr: self.stderr.clone(), ..self.copy() }.show()
    }

    fn copy(&self) -> Self {
        let Self { arguments, code, requests, took, .. } = self;
        Self {
            took: *took,
            arguments: arguments.clone(),
            code: *code,
            stdout: String::new(),
            stderr: String::new(),
            requests: requests.clone(),
        }
    }

    /// The writes, by name, in alphabetical order (their order in time is looked at elsewhere). One that was refused
    /// stands there once with its refusal, unless it was repeated with success: a new role takes its time.
    pub fn writes(&self) -> Vec<String> {
        let (taken, refused): (Vec<&Entry>, Vec<&Entry>) =
            self.requests.iter().filter(|entry| entry.write).partition(|entry| was_applied(entry));
        let mut all: Vec<String> = taken.into_iter().map(name).collect();
        for entry in refused {
            let said = format!("{} ({})", name(entry), entry.error.as_deref().unwrap_or("no answer"));
            if !all.contains(&name(entry)) && !all.contains(&said) {
                all.push(said);
            }
        }
        all.sort();
        all
    }

    /// How many requests went to an API.
    pub fn count(&self, api: &str) -> usize {
        self.requests.iter().filter(|entry| entry.api == api).count()
    }

    /// stdout as one JSON document.
    pub fn json(&self) -> Value {
        serde_json::from_str(&self.stdout).unwrap_or_else(|why| {
            panic!("stdout of `fsxctl {}` is no JSON: {why}\n{}", self.arguments, self.stdout)
        })
    }

    /// Asserts code and no write.
    #[track_caller]
    pub fn ends_untouched(&self, code: i32) {
        assert_eq!(self.code, Some(code), "{}", self.show());
        assert_eq!(self.writes(), Vec::<String>::new(), "{}", self.show());
    }

    /// Asserts code and words of stderr.
    #[track_caller]
    pub fn says(&self, code: i32, words: &[&str]) {
        assert_eq!(self.code, Some(code), "{}", self.show());
        // Lines are wrapped, so blanks do not count.
        let flat = |text: &str| text.split_whitespace().collect::<Vec<_>>().join(" ");
        let said = flat(&self.stderr);
        for word in words {
            assert!(said.contains(&flat(word)), "{word:?} is not in\n{}", self.show());
        }
    }
}

/// Whether a request was applied: an answer that was lost or cut off on the way changes nothing about that.
pub fn was_applied(entry: &Entry) -> bool {
    (200..400).contains(&entry.status) && entry.error.as_deref() != Some("not-json")
}

/// `iam CreateRole`, or `kube create /apis/…`.
pub fn name(entry: &Entry) -> String {
    let path = entry.path.split('?').next().unwrap_or_default();
    match (&entry.service, &entry.operation) {
        (Some(service), Some(operation)) => format!("{service} {operation}"),
        _ => format!("kube {} {path}", entry.verb.as_deref().unwrap_or_default()),
    }
}

/// Progress without what depends on the moment: the lines of a wait are left out, and changes that were made at
/// once stand in alphabetical order.
fn settled(stderr: &str) -> String {
    let mut lines: Vec<&str> = Vec::new();
    let mut made: Vec<&str> = Vec::new();
    for line in stderr.lines().filter(|line| !line.starts_with("waiting ")) {
        if ["+ created ", "~ changed ", "- deleted "].iter().any(|start| line.starts_with(start)) {
            made.push(line);
            continue;
        }
        made.sort_unstable();
        lines.append(&mut made);
        lines.push(line);
    }
    made.sort_unstable();
    lines.append(&mut made);
    lines.join("\n")
}

/// What differs from run to run gets a name in snapshots. Ids that a world file gives have a row of zeros and stay.
fn filter() {
    thread_local!(static BOUND: Cell<bool> = const { Cell::new(false) });
    if BOUND.replace(true) {
        return;
    }
    let mut settings = insta::Settings::clone_current();
    settings.add_filter(r"127\.0\.0\.1:\d\d+", "127.0.0.1:[port]");
    settings.add_filter(r"\bfs-[0-9a-f]{17}\b", "fs-[id]");
    settings.add_filter(r"\bsg-[1-9a-f][0-9a-f]{16}\b", "sg-[id]");
    settings.add_filter(r"pvc-[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}", "pvc-[uid]");
    settings.add_filter(r"@tcp:/[a-z0-9]{8}", "@tcp:/[mount]");
    settings.add_filter(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d+)?Z", "[time]");
    settings.add_filter(r#""durationMs": \d+"#, r#""durationMs": 0"#);
    settings.add_filter(r"[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}", "[uuid]");
    settings.add_filter(r"\bafter \d+(m\d\d)?s\b", "after [time]");
    // For the life of the thread, which is a test's own: a world may go before its run is looked at.
    std::mem::forget(settings.bind_to_scope());
}
