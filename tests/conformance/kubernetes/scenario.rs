//! What is sent to both sides, as the files beside this one write it down.

use std::collections::BTreeMap;
use std::path::PathBuf;

use serde::Deserialize;
use serde_json::Value;

/// Requests that belong together, in a namespace of their own.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Scenario {
    /// Name of the file, without its ending.
    #[serde(skip)]
    pub name: String,
    /// What it looks at, in one line, for whoever reads the file.
    #[serde(rename = "about")]
    _about: String,
    /// One after the other.
    pub steps: Vec<Step>,
}

/// One request. `$NS` stands for the scenario's namespace, `$RUN` for letters that make names of cluster-scoped
/// objects unique, `${NAME}` for what an earlier step kept.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Step {
    /// Short name, unique in its scenario.
    pub step: String,
    /// Method and path with its query.
    pub send: String,
    /// Of a PATCH: `apply`, `merge`, `strategic`, `json`; else a whole media type.
    #[serde(rename = "type")]
    pub media: Option<String>,
    /// The body, sent as JSON.
    pub body: Option<Value>,
    /// The body as it is written here.
    pub text: Option<String>,
    /// Headers besides Authorization and Content-Type.
    #[serde(default)]
    pub headers: BTreeMap<String, String>,
    /// Bearer token; absent: the administrator's; empty: none.
    pub bearer: Option<String>,
    /// The status that both sides must give.
    pub status: u16,
    /// Names for values of the answer, by JSON pointer.
    #[serde(default)]
    pub keep: BTreeMap<String, String>,
    /// Sent again until the answer is so.
    pub until: Option<Until>,
    /// Only these parts of the answer are compared, by JSON pointer.
    #[serde(default)]
    pub only: Vec<String>,
    /// Not waited for: the steps after it are sent while its answer comes in.
    #[serde(default)]
    pub beside: bool,
    /// Seconds to wait before it is sent, so that a watch beside it has begun.
    #[serde(default)]
    pub pause: f64,
}

/// When a step that is repeated is done.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Until {
    /// Status to wait for; absent: the step's own.
    pub status: Option<u16>,
    /// JSON pointer into the answer.
    pub at: Option<String>,
    /// What has to stand there; absent: anything.
    pub is: Option<Value>,
}

impl Step {
    /// Method.
    pub fn method(&self) -> &str {
        self.send.split_once(' ').map_or("GET", |(method, _)| method)
    }

    /// Path and query.
    pub fn path(&self) -> &str {
        self.send.split_once(' ').map_or(self.send.as_str(), |(_, path)| path)
    }

    /// The verb, as RBAC and people name it, and the resource with its subresource; other paths as they are.
    pub fn operation(&self) -> String {
        let (path, query) = self.path().split_once('?').unwrap_or((self.path(), ""));
        let words: Vec<&str> = path.split('/').filter(|word| !word.is_empty()).collect();
        let rest = match words.as_slice() {
            ["api", _, rest @ ..] | ["apis", _, _, rest @ ..] if !rest.is_empty() => rest,
            _ => return format!("{} {path}", self.method()),
        };
        let rest = rest.strip_prefix(&["watch"]).unwrap_or(rest);
        let rest = match rest {
            ["namespaces", _, rest @ ..] if !rest.is_empty() => rest,
            rest => rest,
        };
        let named = rest.len() > 1;
        let verb = match (self.method(), self.media.as_deref()) {
            ("POST", _) => "create",
            ("PUT", _) => "update",
            ("PATCH", Some("apply")) => "apply",
            ("PATCH", _) => "patch",
            ("DELETE", _) if named => "delete",
            ("DELETE", _) => "deletecollection",
            _ if query.contains("watch=") || path.contains("/watch/") => "watch",
            _ if named => "get",
            _ => "list",
        };
        let sub = rest.get(2).map(|sub| format!("/{sub}")).unwrap_or_default();
        format!("{verb} {}{sub}", rest.first().unwrap_or(&""))
    }

    /// Media type of the body.
    pub fn content_type(&self) -> Option<&str> {
        match self.media.as_deref() {
            Some("apply") => Some("application/apply-patch+yaml"),
            Some("merge") => Some("application/merge-patch+json"),
            Some("strategic") => Some("application/strategic-merge-patch+json"),
            Some("json") => Some("application/json-patch+json"),
            Some(other) => Some(other),
            None => (self.body.is_some() || self.text.is_some()).then_some("application/json"),
        }
    }
}

/// Where the scenarios lie.
pub fn folder() -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("tests/conformance/kubernetes")
}

/// All scenarios, by name.
///
/// # Panics
/// When a file cannot be read as one.
pub fn all() -> Vec<Scenario> {
    let entries = std::fs::read_dir(folder()).expect("the scenarios' folder is there");
    let mut paths: Vec<PathBuf> = entries.map(|e| e.expect("a readable folder").path()).collect();
    paths.retain(|p| p.extension().is_some_and(|e| e == "yaml") && !p.ends_with("differences.yaml"));
    paths.sort();
    paths.iter().map(|path| read(path)).collect()
}

fn read(path: &std::path::Path) -> Scenario {
    let text = std::fs::read_to_string(path).expect("a scenario is readable");
    let mut scenario: Scenario =
        serde_yaml::from_str(&text).unwrap_or_else(|why| panic!("{}: {why}", path.display()));
    scenario.name = path.file_stem().and_then(|s| s.to_str()).unwrap_or_default().to_owned();
    let mut names: Vec<&str> = scenario.steps.iter().map(|s| s.step.as_str()).collect();
    names.sort_unstable();
    let twice = names.windows(2).find(|pair| pair[0] == pair[1]);
    assert!(twice.is_none(), "{}: two steps are called {twice:?}", path.display());
    scenario
}
