//! What the components are told: files and command lines. Flags and their reasons; nothing is started here.

use std::path::{Path, PathBuf};

use serde_json::{Value, json};

use super::Components;

/// The administrator's token, in the API server's token file.
pub const TOKEN_FILE: &str = "tokens.csv";
/// Where the API server puts its own certificate and authority.
pub const AUTHORITY: &str = "pki/apiserver.crt";
/// The administrator's kubeconfig.
pub const KUBECONFIG: &str = "admin.kubeconfig";
/// The pod's annotation from which kwok learns that a probe has ended.
pub const PROBE: &str = "fsxctl.io/job";

/// Everything that the command lines are made of.
#[derive(Debug)]
pub struct Settings {
    /// The programs.
    pub components: Components,
    /// The directory of this run.
    pub directory: PathBuf,
    /// Free ports: etcd's clients and peers, API server, controller manager, scheduler, kwok.
    pub ports: [u16; 6],
    /// The issuer of the cluster's service-account tokens.
    pub issuer: String,
    /// The sandbox's AWS listener, for instance `http://127.0.0.1:40001`.
    pub endpoint: String,
    /// The administrator's token.
    pub token: String,
}

/// A program and its arguments.
pub type Line = (&'static str, Vec<String>);

impl Settings {
    fn file(&self, name: &str) -> String {
        self.directory.join(name).display().to_string()
    }

    /// The API server's port.
    pub fn api_port(&self) -> u16 {
        self.ports[2]
    }

    /// The files that must be there before anything starts.
    ///
    /// # Errors
    /// The system's words.
    pub fn write(&self) -> Result<(), String> {
        let wrong = |why: &dyn std::fmt::Display| format!("the control plane's files: {why}");
        let key = rcgen::KeyPair::generate().map_err(|why| wrong(&why))?;
        let files = [
            ("sa.key", key.serialize_pem()),
            ("sa.pub", key.public_key_pem()),
            (TOKEN_FILE, format!("{},fsxctl-sandbox,1,\"system:masters\"\n", self.token)),
            ("authentication.yaml", self.webhook("authentication")),
            ("authorization.yaml", self.webhook("authorization")),
            ("kwok.yaml", self.kwok()?),
        ];
        for folder in ["pki", "pki-manager", "pki-scheduler", "etcd", "logs"] {
            std::fs::create_dir_all(self.directory.join(folder)).map_err(|why| wrong(&why))?;
        }
        for (name, text) in files {
            std::fs::write(self.directory.join(name), text).map_err(|why| wrong(&why))?;
        }
        Ok(())
    }

    /// A kubeconfig for somebody who has this token.
    pub fn kubeconfig(&self, token: &str) -> String {
        let config = json!({
            "apiVersion": "v1", "kind": "Config", "preferences": {},
            "clusters": [{"name": "c", "cluster": {
                "server": format!("https://127.0.0.1:{}", self.api_port()),
                "certificate-authority": self.file(AUTHORITY),
            }}],
            "users": [{"name": "u", "user": {"token": token}}],
            "contexts": [{"name": "c", "context": {"cluster": "c", "user": "u"}}],
            "current-context": "c",
        });
        serde_yaml::to_string(&config).unwrap_or_default()
    }

    /// A webhook of the API server, which EKS has too: the sandbox knows EKS tokens and access policies.
    fn webhook(&self, what: &str) -> String {
        let server = format!("{}{}/{what}", self.endpoint, super::hooks::ROOT);
        let config = json!({
            "apiVersion": "v1", "kind": "Config",
            "clusters": [{"name": "w", "cluster": {"server": server}}],
            "users": [{"name": "apiserver", "user": {}}],
            "contexts": [{"name": "w", "context": {"cluster": "w", "user": "apiserver"}}],
            "current-context": "w",
        });
        serde_yaml::to_string(&config).unwrap_or_default()
    }

    /// kwok's own stages, but the pods of `fsxctl verify` are the sandbox's.
    fn kwok(&self) -> Result<String, String> {
        let stages = self.components.directory.join("stages");
        let mut documents = Vec::new();
        for name in [
            "node/fast/node-initialize.yaml",
            "pod/fast/pod-ready.yaml",
            "pod/fast/pod-complete.yaml",
            "pod/fast/pod-delete.yaml",
        ] {
            let path = stages.join(name);
            let text = std::fs::read_to_string(&path).map_err(|why| format!("{}: {why}", path.display()))?;
            let mut stage: Value =
                serde_yaml::from_str(&text).map_err(|why| format!("{}: {why}", path.display()))?;
            if name.ends_with("pod-ready.yaml") || name.ends_with("pod-complete.yaml") {
                let mine = json!({
                    "key": format!(".metadata.labels[\"{PROBE}\"]"), "operator": "NotIn", "values": ["verify"],
                });
                if let Some(list) = stage["spec"]["selector"]["matchExpressions"].as_array_mut() {
                    list.push(mine);
                }
            }
            documents.push(serde_yaml::to_string(&stage).map_err(|why| why.to_string())?);
        }
        Ok(documents.join("---\n"))
    }

    /// What is started first, side by side: the API server waits for etcd.
    pub fn first(&self) -> Vec<Line> {
        vec![self.etcd(), self.api_server()]
    }

    /// What is started once the API server answers.
    pub fn then(&self) -> Vec<Line> {
        vec![self.controller_manager(), self.scheduler()]
    }

    fn etcd(&self) -> Line {
        let [clients, peers, ..] = self.ports.map(|port| format!("http://127.0.0.1:{port}"));
        let arguments = [
            format!("--data-dir={}", self.file("etcd")),
            format!("--listen-client-urls={clients}"),
            format!("--advertise-client-urls={clients}"),
            format!("--listen-peer-urls={peers}"),
            format!("--initial-advertise-peer-urls={peers}"),
            format!("--initial-cluster=default={peers}"),
            "--unsafe-no-fsync".to_owned(),
            "--log-level=warn".to_owned(),
        ];
        ("etcd", arguments.to_vec())
    }

    fn api_server(&self) -> Line {
        let issuer = &self.issuer;
        let arguments = [
            format!("--etcd-servers=http://127.0.0.1:{}", self.ports[0]),
            "--bind-address=127.0.0.1".to_owned(),
            // Else the machine's outer address stands in the certificate and in the issuer's keys' address.
            "--advertise-address=127.0.0.1".to_owned(),
            format!("--secure-port={}", self.api_port()),
            format!("--cert-dir={}", self.file("pki")),
            "--service-cluster-ip-range=10.0.0.0/24".to_owned(),
            "--authorization-mode=Webhook,RBAC".to_owned(),
            format!("--authorization-webhook-config-file={}", self.file("authorization.yaml")),
            "--authorization-webhook-version=v1".to_owned(),
            "--authorization-webhook-cache-authorized-ttl=0s".to_owned(),
            "--authorization-webhook-cache-unauthorized-ttl=0s".to_owned(),
            "--allow-privileged=true".to_owned(),
            format!("--token-auth-file={}", self.file(TOKEN_FILE)),
            format!("--authentication-token-webhook-config-file={}", self.file("authentication.yaml")),
            "--authentication-token-webhook-version=v1".to_owned(),
            // A token must not outlive a change of the world.
            "--authentication-token-webhook-cache-ttl=0s".to_owned(),
            format!("--service-account-issuer={issuer}"),
            format!("--service-account-key-file={}", self.file("sa.pub")),
            format!("--service-account-signing-key-file={}", self.file("sa.key")),
            format!("--api-audiences={issuer},https://kubernetes.default.svc"),
            "--endpoint-reconciler-type=none".to_owned(),
            // kwok answers for every node on this machine; the nodes' own addresses are the world's.
            "--kubelet-preferred-address-types=ExternalIP".to_owned(),
            "--profiling=false".to_owned(),
            "-v=1".to_owned(),
        ];
        ("kube-apiserver", arguments.to_vec())
    }

    fn controller_manager(&self) -> Line {
        let arguments = [
            format!("--kubeconfig={}", self.file(KUBECONFIG)),
            "--leader-elect=false".to_owned(),
            "--bind-address=127.0.0.1".to_owned(),
            format!("--secure-port={}", self.ports[3]),
            format!("--cert-dir={}", self.file("pki-manager")),
            format!("--service-account-private-key-file={}", self.file("sa.key")),
            format!("--root-ca-file={}", self.file(AUTHORITY)),
            "--authentication-skip-lookup=true".to_owned(),
        ];
        ("kube-controller-manager", arguments.to_vec())
    }

    fn scheduler(&self) -> Line {
        let arguments = [
            format!("--kubeconfig={}", self.file(KUBECONFIG)),
            "--leader-elect=false".to_owned(),
            "--bind-address=127.0.0.1".to_owned(),
            format!("--secure-port={}", self.ports[4]),
            format!("--cert-dir={}", self.file("pki-scheduler")),
            "--authentication-skip-lookup=true".to_owned(),
        ];
        ("kube-scheduler", arguments.to_vec())
    }

    /// What keeps the nodes.
    pub fn kwok_line(&self) -> Line {
        let port = self.ports[5];
        let arguments = [
            format!("--kubeconfig={}", self.file(KUBECONFIG)),
            "--manage-all-nodes=true".to_owned(),
            "--node-ip=127.0.0.1".to_owned(),
            format!("--node-port={port}"),
            format!("--server-address=127.0.0.1:{port}"),
            format!("--config={}", self.file("kwok.yaml")),
            "--enable-crds=Logs".to_owned(),
            "--node-lease-duration-seconds=40".to_owned(),
        ];
        ("kwok", arguments.to_vec())
    }
}

/// Ports that nobody uses at this moment; two runs at once get different ones.
///
/// # Errors
/// The system's words.
pub fn free_ports<const N: usize>() -> Result<[u16; N], String> {
    let mut held = Vec::new();
    let mut ports = [0; N];
    for port in &mut ports {
        let listener =
            std::net::TcpListener::bind(("127.0.0.1", 0)).map_err(|why| format!("a port: {why}"))?;
        *port = listener.local_addr().map_err(|why| format!("a port: {why}"))?.port();
        held.push(listener);
    }
    Ok(ports)
}

/// The environment of every component: nothing of the caller's but where programs and temporary files are.
pub fn environment(directory: &Path) -> Vec<(String, String)> {
    let path = std::env::var("PATH").unwrap_or_else(|_| "/usr/bin:/bin".to_owned());
    let home = directory.display().to_string();
    [("PATH", path), ("HOME", home.clone()), ("TMPDIR", home)]
        .map(|(name, value)| (name.to_owned(), value))
        .to_vec()
}
