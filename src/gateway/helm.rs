//! The helm program: the only place that starts it.
//!
//! No shell. It gets the arguments, an environment of few variables, values and a kubeconfig as files that only the
//! user can read, in a directory of their own that goes when the call ends. No secret is ever an argument.

use std::path::{Path, PathBuf};
use std::process::Stdio;
use std::time::Duration;

use serde_json::Value;
use tokio::process::Command;

use super::kubernetes::Kubernetes;
use super::scrub::scrub;
use super::session::Env;
use super::trouble::{HELM, Trouble, TroubleKind};
use crate::facts::{HelmProgram, Seen, Veil};

/// helm's own limit for one call, and ours, which only ends a helm that hangs.
const TIMEOUT: &str = "5m";
const LIMIT: Duration = Duration::from_secs(6 * 60);
/// The longest that it may take to say its version.
const VERSION_LIMIT: Duration = Duration::from_secs(20);
/// Lines of its output that are kept as the cause of a failure.
const LINES: usize = 6;

/// The Helm program and the access that it is given. Cheap to clone.
#[derive(Debug, Clone)]
pub struct Helm {
    program: PathBuf,
    env: Env,
}

impl Helm {
    /// The program on PATH.
    pub fn find(env: &Env) -> Option<Self> {
        let name = if cfg!(windows) { "helm.exe" } else { "helm" };
        let path = env.get("PATH")?;
        let program =
            std::env::split_paths(path).map(|folder| folder.join(name)).find(|file| is_program(file))?;
        Some(Self { program, env: env.clone() })
    }

    /// What it says of itself.
    pub async fn version(&self) -> Seen<HelmProgram> {
        let path = self.program.display().to_string();
        let cannot = |cause: String| {
            Seen::Hidden(Veil { permission: format!("run {}", self.program.display()), cause: scrub(&cause) })
        };
        let mut command = self.command(false);
        command.args(["version", "--template", "{{.Version}}"]);
        match tokio::time::timeout(VERSION_LIMIT, command.output()).await {
            Ok(Ok(output)) if output.status.success() => {
                let version = String::from_utf8_lossy(&output.stdout).trim().to_owned();
                Seen::Found(HelmProgram { path, version })
            }
            Ok(Ok(output)) => cannot(format!("helm version ended with {}", output.status)),
            Ok(Err(cause)) => cannot(cause.to_string()),
            Err(_) => cannot("helm version did not end".to_owned()),
        }
    }

    /// One call against the cluster. `operation` is helm's command, `upgrade`.
    ///
    /// # Errors
    /// What helm said no with.
    pub(super) async fn run(
        &self,
        kubernetes: &Kubernetes,
        arguments: &[String],
        values: Option<&Value>,
    ) -> Result<(), Trouble> {
        let operation = arguments.first().cloned().unwrap_or_default();
        let cannot = |cause: std::io::Error| {
            let words = format!("cannot prepare helm's files: {cause}");
            Trouble::new(TroubleKind::Odd, HELM, &operation, &words)
        };
        let access = kubernetes.kubeconfig().await?;
        let private = Private::new(&self.env).map_err(cannot)?;
        let kubeconfig = private.write("kubeconfig", &access.document.to_string()).map_err(cannot)?;
        let mut command = self.command(access.runs_plugin);
        command.args(arguments).arg("--kubeconfig").arg(kubeconfig).args(["--timeout", TIMEOUT]);
        if let Some(values) = values {
            let file = private.write("values.yaml", &values.to_string()).map_err(cannot)?;
            command.arg("--values").arg(file);
        }
        let ended = tokio::time::timeout(LIMIT, command.output()).await;
        drop(private);
        match ended {
            Ok(Ok(output)) if output.status.success() => Ok(()),
            Ok(Ok(output)) => {
                let said = [output.stderr, output.stdout]
                    .map(|bytes| without(&secrets(&access.document), &String::from_utf8_lossy(&bytes)));
                Err(trouble(&operation, &said))
            }
            Ok(Err(cause)) => {
                let words = format!("cannot start {}: {cause}", self.program.display());
                Err(Trouble::new(TroubleKind::Refused, HELM, &operation, &words))
            }
            Err(_) => Err(Trouble::timed_out(HELM, &operation, "helm")),
        }
    }

    /// The program with its environment. A credential plugin of the person's kubeconfig may need any variable.
    fn command(&self, whole: bool) -> Command {
        let mut command = Command::new(&self.program);
        command.env_clear().stdin(Stdio::null()).kill_on_drop(true);
        command.envs(self.env.iter().filter(|(name, _)| whole || is_handed_on(name)));
        if whole {
            let own = self.env.keys().filter(|name| is_misleading(name));
            own.for_each(|name| _ = command.env_remove(name));
        }
        command
    }
}

fn is_program(file: &Path) -> bool {
    #[cfg(unix)]
    {
        use std::os::unix::fs::PermissionsExt as _;
        std::fs::metadata(file).is_ok_and(|meta| meta.is_file() && meta.permissions().mode() & 0o111 != 0)
    }
    #[cfg(not(unix))]
    {
        file.is_file()
    }
}

/// Variables that would lead helm to another cluster or another place to keep releases in.
fn is_misleading(name: &str) -> bool {
    name.starts_with("HELM_KUBE") || matches!(name, "KUBECONFIG" | "HELM_NAMESPACE" | "HELM_DRIVER")
}

/// What helm needs to find its own files and the way to a repository.
fn is_handed_on(name: &str) -> bool {
    const NAMES: [&str; 13] = [
        "PATH",
        "HOME",
        "USERPROFILE",
        "SYSTEMROOT",
        "APPDATA",
        "LOCALAPPDATA",
        "TMPDIR",
        "TMP",
        "TEMP",
        "HTTP_PROXY",
        "HTTPS_PROXY",
        "NO_PROXY",
        "ALL_PROXY",
    ];
    let upper = name.to_ascii_uppercase();
    let ours = name.starts_with("HELM_") || name.starts_with("XDG_") || name.starts_with("SSL_CERT_");
    (ours || NAMES.contains(&upper.as_str())) && !is_misleading(name)
}

/// A directory that only the user can look into; gone when dropped.
#[derive(Debug)]
struct Private {
    path: PathBuf,
}

impl Private {
    fn new(env: &Env) -> std::io::Result<Self> {
        let base =
            ["TMPDIR", "TMP", "TEMP"].iter().find_map(|name| env.get(*name).filter(|path| !path.is_empty()));
        let base =
            base.map_or_else(|| PathBuf::from(if cfg!(windows) { "." } else { "/tmp" }), PathBuf::from);
        let mut bytes = [0_u8; 12];
        getrandom::fill(&mut bytes).map_err(|cause| std::io::Error::other(cause.to_string()))?;
        let path = base.join(format!("fsxctl-helm-{}", hex::encode(bytes)));
        let mut builder = std::fs::DirBuilder::new();
        #[cfg(unix)]
        std::os::unix::fs::DirBuilderExt::mode(&mut builder, 0o700);
        // Not recursive: a directory that is there already is somebody else's.
        builder.create(&path)?;
        Ok(Self { path })
    }

    fn write(&self, name: &str, text: &str) -> std::io::Result<PathBuf> {
        use std::io::Write as _;
        let path = self.path.join(name);
        let mut options = std::fs::OpenOptions::new();
        options.write(true).create_new(true);
        #[cfg(unix)]
        std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
        options.open(&path)?.write_all(text.as_bytes())?;
        Ok(path)
    }
}

impl Drop for Private {
    fn drop(&mut self) {
        // Nothing better can be done about a directory that cannot be removed; the token in it ends by itself.
        let _ = std::fs::remove_dir_all(&self.path);
    }
}

/// The secrets of a kubeconfig.
fn secrets(kubeconfig: &Value) -> Vec<String> {
    let users = kubeconfig["users"].as_array().map_or(&[][..], Vec::as_slice);
    let members = ["token", "password", "client-key-data"];
    users
        .iter()
        .flat_map(|user| members.iter().filter_map(|member| user["user"][*member].as_str()))
        .filter(|secret| !secret.is_empty())
        .map(str::to_owned)
        .collect()
}

/// A text with `***` for every secret: helm, or a plugin of its, may show what it was given.
fn without(secrets: &[String], text: &str) -> String {
    secrets.iter().fold(text.to_owned(), |text, secret| text.replace(secret.as_str(), "***"))
}

/// What helm's last words mean. The words are those of helm 3 and 4 (pkg/action, pkg/cmd) and of the API server.
fn trouble(operation: &str, said: &[String; 2]) -> Trouble {
    let lines: Vec<&str> =
        said.iter().flat_map(|text| text.lines()).map(str::trim).filter(|line| !line.is_empty()).collect();
    let kept = lines.get(lines.len().saturating_sub(LINES)..).unwrap_or_default().join("\n");
    let words = kept.strip_prefix("Error: ").unwrap_or(&kept);
    let has = |parts: &[&str]| parts.iter().any(|part| words.contains(part));
    let is_no_chart = has(&["Chart.yaml file is missing"])
        || has(&["not found in ", "path \"", "repo "]) && words.contains("not found");
    let what = if has(&[
        "another operation (install/upgrade/rollback) is in progress",
        "invalid ownership metadata",
        "cannot reuse a name",
        "cannot re-use a name",
        "has no deployed releases",
        "already exists",
        "Apply failed with",
        "the object has been modified",
    ]) {
        TroubleKind::Conflict
    } else if has(&["is forbidden", "cannot list resource"]) {
        TroubleKind::Denied
    } else if has(&["Unauthorized", "has asked for the client to provide credentials"]) {
        TroubleKind::Credentials
    } else if has(&["release: not found", "Release not loaded"]) || is_no_chart {
        TroubleKind::NotFound
    } else if has(&["Too Many Requests", "TooManyRequests"]) {
        TroubleKind::Throttled
    } else if has(&[
        "cluster unreachable",
        "cannot be reached",
        "failed to fetch",
        "failed to download",
        "failed to perform",
        "deadline exceeded",
        "timed out",
        "i/o timeout",
        "connection refused",
        "connection reset",
        "no such host",
        "TLS handshake",
        "EOF",
    ]) {
        TroubleKind::Unreachable
    } else {
        TroubleKind::Refused
    };
    let mut trouble = Trouble::new(what, HELM, operation, words);
    trouble.permission = permission(words).unwrap_or_else(|| format!("helm {operation}"));
    trouble
}

/// `patch clusterroles.rbac.authorization.k8s.io` of `cannot patch resource "clusterroles" in API group "rbac…" …`.
fn permission(words: &str) -> Option<String> {
    let (_, rest) = words.split_once(" cannot ")?;
    let verb = rest.split_whitespace().next()?;
    let quoted = |mark: &str| rest.split_once(mark)?.1.split('"').next().map(str::to_owned);
    let resource = quoted("resource \"")?;
    let group = quoted("API group \"").filter(|group| !group.is_empty()).map(|group| format!(".{group}"));
    let place = quoted("namespace \"").map(|namespace| format!(" in {namespace}"));
    Some(format!("{verb} {resource}{}{}", group.unwrap_or_default(), place.unwrap_or_default()))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn of(words: &str) -> (TroubleKind, String) {
        let found = trouble("upgrade", &[format!("Error: {words}\n"), String::new()]);
        (found.what, found.permission)
    }

    #[test]
    fn helms_words_become_kinds() {
        for (words, kind) in [
            (
                "UPGRADE FAILED: another operation (install/upgrade/rollback) is in progress",
                TroubleKind::Conflict,
            ),
            (
                "unable to continue with install: ServiceAccount \"a\" in namespace \"b\" exists and cannot be imported \
                 into the current release: invalid ownership metadata; label validation error",
                TroubleKind::Conflict,
            ),
            ("INSTALLATION FAILED: cannot re-use a name that is still in use", TroubleKind::Conflict),
            (
                "Kubernetes cluster unreachable: Get \"https://x/version\": dial tcp: i/o timeout",
                TroubleKind::Unreachable,
            ),
            (
                "looks like \"https://x\" is not a valid chart repository or cannot be reached: EOF",
                TroubleKind::Unreachable,
            ),
            ("chart \"c\" version \"9\" not found in https://x repository", TroubleKind::NotFound),
            ("path \"./x\" not found", TroubleKind::NotFound),
            ("uninstall: Release not loaded: r: release: not found", TroubleKind::NotFound),
            ("the server has asked for the client to provide credentials", TroubleKind::Credentials),
            ("execution error at (c/templates/x.yaml:1:2): set something", TroubleKind::Refused),
        ] {
            assert_eq!(of(words).0, kind, "{words}");
        }
    }

    #[test]
    fn a_missing_permission_is_named() {
        let words = "UPGRADE FAILED: clusterroles.rbac.authorization.k8s.io \"x\" is forbidden: User \"u\" cannot patch \
                     resource \"clusterroles\" in API group \"rbac.authorization.k8s.io\" at the cluster scope";
        assert_eq!(
            of(words),
            (TroubleKind::Denied, "patch clusterroles.rbac.authorization.k8s.io".to_owned())
        );
        let words = "query: failed to query with labels: secrets is forbidden: User \"u\" cannot list resource \"secrets\" \
                     in API group \"\" in the namespace \"kube-system\"";
        assert_eq!(of(words).1, "list secrets in kube-system");
    }

    #[test]
    fn what_a_kubeconfig_hides_is_not_told() {
        let kubeconfig = serde_json::json!({"users": [
            {"name": "a", "user": {"token": "geheim-1", "client-key-data": "geheim-2", "password": "geheim-3"}},
            {"name": "b", "user": {"token": ""}},
        ]});
        let said = "user geheim-1 key geheim-2 password geheim-3 and nothing else";
        assert_eq!(without(&secrets(&kubeconfig), said), "user *** key *** password *** and nothing else");
    }

    #[test]
    fn only_what_helm_needs_is_handed_on() {
        for name in ["PATH", "HOME", "https_proxy", "HELM_CACHE_HOME", "XDG_CACHE_HOME", "TMPDIR"] {
            assert!(is_handed_on(name), "{name}");
        }
        for name in [
            "AWS_SECRET_ACCESS_KEY",
            "KUBECONFIG",
            "HELM_KUBETOKEN",
            "HELM_NAMESPACE",
            "HELM_DRIVER",
            "GITHUB_TOKEN",
        ] {
            assert!(!is_handed_on(name), "{name}");
        }
    }

    #[cfg(unix)]
    #[test]
    fn the_files_are_private_and_go() {
        use std::os::unix::fs::PermissionsExt as _;
        let home = tempfile::tempdir().expect("a directory");
        let env = Env::from([("TMPDIR".to_owned(), home.path().display().to_string())]);
        let private = Private::new(&env).expect("a private directory");
        let file = private.write("kubeconfig", "x").expect("a file");
        let mode = |path: &Path| std::fs::metadata(path).expect("it is there").permissions().mode() & 0o7777;
        assert_eq!((mode(&private.path), mode(&file)), (0o700, 0o600));
        assert!(private.write("kubeconfig", "y").is_err(), "a file that is there is not written to");
        drop(private);
        assert_eq!(std::fs::read_dir(home.path()).expect("a directory").count(), 0);
    }
}
