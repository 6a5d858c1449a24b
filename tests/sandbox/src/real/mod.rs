//! The real components instead of the small API server: etcd, kube-apiserver, kube-controller-manager,
//! kube-scheduler, kwok for the nodes, the FSx CSI driver with its sidecars, and helm.
//!
//! They are programs that somebody has built (`tests/testbed/build`) and that run on this machine for as long as the
//! sandbox does. The AWS side stays the sandbox's own. In front of the API server stands the sandbox's listener
//! ([`front`]), so that the log, latency, faults, kills and `denied` work as they do with the built-in one. What a
//! cluster on EKS has beside the open-source components is done here too: tokens and pod identity at admission
//! ([`hooks`]), the add-on manager's objects (`chart`), and the containers of the driver's pods, which kwok only
//! pretends to run (`host`, `probes`).

mod admin;
mod chart;
mod config;
pub mod front;
pub mod hooks;
mod host;
pub mod keeper;
mod load;
mod mirror;
mod plane;
mod probes;

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, PoisonError};

use serde_json::Value;

use crate::aws::eks::objects::Plan;

pub use admin::{Admin, Refusal};
pub use host::Host;
pub use load::{APPLY, addons, admission, but_of_addons, missing, pulled, world};
pub use mirror::{Target, keep};
pub use plane::{Plane, Shared};

/// Where the programs are.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Components {
    /// The directory that `tests/testbed/build` printed.
    pub directory: PathBuf,
    /// The `fsxctl-sandbox` program, which keeps each of them.
    pub keeper: PathBuf,
}

/// What is needed of the directory.
const PROGRAMS: &[&str] = &[
    "etcd",
    "kube-apiserver",
    "kube-controller-manager",
    "kube-scheduler",
    "kwok",
    "csi-provisioner",
    "csi-resizer",
    "aws-fsx-csi-driver",
    "helm",
    "kubectl",
];

/// The command that makes what is missing.
pub const BUILD: &str = "tests/testbed/build";

impl Components {
    /// Takes the directory if everything is in it.
    ///
    /// # Errors
    /// What is missing, and how to build it.
    pub fn at(directory: &Path, keeper: &Path) -> Result<Self, String> {
        if !keeper.is_file() {
            return Err(format!("{} is not built: cargo build --workspace", keeper.display()));
        }
        let parts = ["complete", "chart/Chart.yaml", "stages", "crds"];
        let missing = |name: &&&str| !directory.join(name).exists();
        if let Some(name) = PROGRAMS.iter().chain(&parts).find(missing) {
            return Err(format!(
                "the real components are not built ({} is not in {}): run {BUILD}",
                name,
                directory.display()
            ));
        }
        Ok(Self { directory: directory.to_owned(), keeper: keeper.to_owned() })
    }

    /// The directory that `FSXCTL_TESTBED` names, else the one that was built last.
    ///
    /// # Errors
    /// As [`Components::at`].
    pub fn found(keeper: &Path) -> Result<Self, String> {
        let variable =
            |name: &str| std::env::var_os(name).filter(|value| !value.is_empty()).map(PathBuf::from);
        let cache = || {
            let home = || Path::new(&std::env::var_os("HOME").unwrap_or_default()).join(".cache");
            let all = || variable("XDG_CACHE_HOME").unwrap_or_else(home).join("fsxctl/testbed");
            variable("FSXCTL_TESTBED_CACHE").unwrap_or_else(all).join("current")
        };
        Self::at(&variable("FSXCTL_TESTBED").unwrap_or_else(cache), keeper)
    }

    /// One of the programs.
    fn program(&self, name: &str) -> PathBuf {
        self.directory.join(name)
    }
}

/// The real cluster as the AWS side of the sandbox knows it.
#[derive(Debug)]
pub struct Cluster {
    plane: Shared,
    keys: Mutex<Vec<Value>>,
    rendered: Mutex<BTreeMap<String, Arc<Vec<Value>>>>,
}

impl Cluster {
    /// Of a running control plane.
    pub fn new(plane: Shared) -> Self {
        Self { plane, keys: Mutex::default(), rendered: Mutex::default() }
    }

    /// The API server as its administrator.
    pub fn admin(&self) -> &Admin {
        self.plane.admin()
    }

    /// The keys with which the API server signs tokens (`/openid/v1/jwks`).
    pub fn keys(&self) -> Vec<Value> {
        let mut keys = self.keys.lock().unwrap_or_else(PoisonError::into_inner);
        if keys.is_empty() {
            let answer = self.admin().get("/openid/v1/jwks").unwrap_or_default();
            *keys = answer["keys"].as_array().cloned().unwrap_or_default();
        }
        keys.clone()
    }

    /// The objects of the driver's add-on; none where helm does not render them, and why on stderr.
    pub fn driver(&self, plan: &Plan) -> Arc<Vec<Value>> {
        let key = format!("{} {} {:?} {}", plan.version, plan.namespace, plan.role, plan.values);
        let mut rendered = self.rendered.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(known) = rendered.get(&key) {
            return known.clone();
        }
        match chart::manifests(self.plane.components(), self.plane.directory(), plan) {
            Ok(made) => {
                let made = Arc::new(made);
                rendered.insert(key, made.clone());
                made
            }
            Err(why) => {
                eprintln!("fsxctl-sandbox: {why}");
                Arc::default()
            }
        }
    }

    /// The object as the API server has it now.
    pub fn live(&self, object: &Value) -> Option<Value> {
        self.admin().get(&admin::paths(object).1)
    }

    /// Server-side apply as EKS.
    ///
    /// # Errors
    /// The API server's refusal; with `force` false and `dry` true also the conflicts.
    pub fn apply(&self, object: &Value, force: bool, dry: bool) -> Result<Value, Refusal> {
        let path = admin::paths(object).1;
        let dry = if dry { "&dryRun=All" } else { "" };
        let path = format!("{path}?fieldManager=eks&force={force}{dry}");
        self.admin().call("PATCH", &path, Some((APPLY, object)))
    }

    /// Takes an object away.
    pub fn delete(&self, object: &Value) {
        let _ = self.admin().call("DELETE", &admin::paths(object).1, None);
    }
}
