//! Kubeconfig files: which ones count, which context, and which EKS cluster a context names.

use std::path::{Path, PathBuf};

use kube::config::{AuthInfo, Cluster as Server, Context, Kubeconfig};

use super::plugin::Plugin;
use crate::error::{Error, Result};
use crate::facts::Cluster;
use crate::gateway::session::{Env, variable};

/// The EKS cluster that a context names.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ContextCluster {
    /// Its name.
    pub name: String,
    /// Its Region, when the context tells.
    pub region: Option<String>,
    /// Its account, when the context tells.
    pub account: Option<String>,
    /// The server that the context is for.
    pub server: String,
}

/// What looking for a context came to.
#[derive(Debug)]
pub(super) enum Finding {
    /// No kubeconfig, or one without a current context.
    Nothing,
    /// A context with a server.
    Context(Box<Chosen>),
}

/// A context with all that belongs to it.
#[derive(Debug, Clone)]
pub(super) struct Chosen {
    pub(super) config: Kubeconfig,
    pub(super) file: String,
    pub(super) context: String,
    pub(super) cluster: String,
    pub(super) server: String,
    pub(super) proxy: Option<String>,
    pub(super) namespace: Option<String>,
    pub(super) user: AuthInfo,
}

impl Chosen {
    /// One line for the plan.
    pub(super) fn how(&self, cluster: &Cluster) -> String {
        let base = format!("kubeconfig {}, context {}", self.file, self.context);
        if is_same_server(&self.server, cluster.endpoint.as_deref().unwrap_or_default()) {
            base
        } else {
            format!("{base}, server {} (not the endpoint of cluster {})", self.server, cluster.name)
        }
    }
}

/// The EKS cluster of the current context, or of the one named: an EKS ARN, `name.region.eksctl.io`, or the arguments
/// of its exec plugin. None when there is no context or it names no EKS cluster.
pub fn cluster_of_context(
    env: &Env,
    kubeconfig: Option<&Path>,
    context: Option<&str>,
) -> Option<ContextCluster> {
    let Ok(Finding::Context(chosen)) = choose(env, kubeconfig, context) else { return None };
    let from_names = [&chosen.cluster, &chosen.context].into_iter().find_map(|name| {
        let (name, region, account) = of_arn(name).or_else(|| of_eksctl(name))?;
        Some(ContextCluster { name, region: Some(region), account, server: chosen.server.clone() })
    });
    from_names.or_else(|| {
        let plugin = Plugin::parse(chosen.user.exec.as_ref()?)?;
        let env = |name: &str| plugin.env.get(name).cloned();
        let region =
            plugin.region.clone().or_else(|| env("AWS_REGION")).or_else(|| env("AWS_DEFAULT_REGION"));
        Some(ContextCluster { name: plugin.cluster, region, account: None, server: chosen.server.clone() })
    })
}

/// Name, Region and account out of `arn:aws:eks:us-west-2:111122223333:cluster/name`.
fn of_arn(text: &str) -> Option<(String, String, Option<String>)> {
    let mut parts = text.splitn(6, ':');
    let (arn, _, service) = (parts.next()?, parts.next()?, parts.next()?);
    let (region, account, resource) = (parts.next()?, parts.next()?, parts.next()?);
    let name = resource.strip_prefix("cluster/")?;
    (arn == "arn" && service == "eks" && !name.is_empty())
        .then(|| (name.to_owned(), region.to_owned(), Some(account.to_owned())))
}

/// Name and Region out of `name.us-west-2.eksctl.io`, with or without `user@` in front.
fn of_eksctl(text: &str) -> Option<(String, String, Option<String>)> {
    let host = text.strip_suffix(".eksctl.io")?;
    let host = host.rsplit_once('@').map_or(host, |(_, host)| host);
    let (name, region) = host.rsplit_once('.')?;
    (!name.is_empty() && region.contains('-')).then(|| (name.to_owned(), region.to_owned(), None))
}

/// Whether two servers are one: scheme, host and port; names in any case, a slash at the end or none.
pub(super) fn is_same_server(one: &str, other: &str) -> bool {
    let parts = |text: &str| {
        let uri = text.trim_end_matches('/').parse::<http::Uri>().ok()?;
        let scheme = uri.scheme_str()?.to_ascii_lowercase();
        let port = uri.port_u16().unwrap_or(if scheme == "http" { 80 } else { 443 });
        let path = uri.path().trim_end_matches('/').to_owned();
        Some((scheme, uri.host()?.to_ascii_lowercase(), port, path))
    };
    match (parts(one), parts(other)) {
        (Some(one), Some(other)) => one == other,
        _ => false,
    }
}

/// Finds the context that counts.
///
/// Named files and contexts must be there. Of files found by default, absent ones and a current context that leads
/// nowhere are as good as none.
pub(super) fn choose(env: &Env, kubeconfig: Option<&Path>, context: Option<&str>) -> Result<Finding> {
    let Some((config, file)) = read(env, kubeconfig)? else {
        return match context {
            Some(context) => Err(Error::usage(format!("there is no kubeconfig with a context {context}"))),
            None => Ok(Finding::Nothing),
        };
    };
    let is_asked = kubeconfig.is_some() || context.is_some();
    let name = context.or(config.current_context.as_deref()).unwrap_or_default().to_owned();
    match find(&config, &file, &name) {
        Some(chosen) => Ok(Finding::Context(Box::new(chosen))),
        None if !is_asked => Ok(Finding::Nothing),
        None if name.is_empty() => Err(Error::usage(format!("{file} has no current context"))
            .details(contexts(&config))
            .next("add --context NAME")),
        None => Err(Error::usage(format!("{file} has no usable context {name}")).details(contexts(&config))),
    }
}

fn contexts(config: &Kubeconfig) -> Vec<String> {
    config.contexts.iter().map(|context| format!("context {}", context.name)).collect()
}

fn find(config: &Kubeconfig, file: &str, name: &str) -> Option<Chosen> {
    let context: &Context = config.contexts.iter().find(|named| named.name == name)?.context.as_ref()?;
    let named = config.clusters.iter().find(|named| named.name == context.cluster)?;
    let server: &Server = named.cluster.as_ref()?;
    let user =
        context.user.as_ref().and_then(|user| config.auth_infos.iter().find(|named| named.name == *user));
    Some(Chosen {
        config: config.clone(),
        file: file.to_owned(),
        context: name.to_owned(),
        cluster: context.cluster.clone(),
        server: server.server.clone()?,
        proxy: server.proxy_url.clone().filter(|url| !url.is_empty()),
        namespace: context.namespace.clone().filter(|namespace| !namespace.is_empty()),
        user: user.and_then(|user| user.auth_info.clone()).unwrap_or_default(),
    })
}

/// Reads the files that count and merges them as kubectl does.
fn read(env: &Env, kubeconfig: Option<&Path>) -> Result<Option<(Kubeconfig, String)>> {
    let asked = kubeconfig.map(|path| vec![path.to_owned()]);
    let is_asked = asked.is_some();
    let mut merged: Option<Kubeconfig> = None;
    let mut names = Vec::new();
    for path in asked.unwrap_or_else(|| default_files(env)) {
        if !is_asked && !path.exists() {
            continue;
        }
        let name = path.display().to_string();
        let cannot = |cause: &dyn std::fmt::Display| {
            Error::usage(format!("cannot read kubeconfig {name}")).because(cause.to_string())
        };
        let next = Kubeconfig::read_from(&path).map_err(|cause| cannot(&first_line(&cause.to_string())))?;
        merged = Some(match merged {
            Some(first) => first.merge(next).map_err(|cause| cannot(&cause))?,
            None => next,
        });
        names.push(name);
    }
    Ok(merged.map(|config| (config, names.join(LIST))))
}

/// A parser's later lines show parts of the file, which may be secret.
fn first_line(text: &str) -> String {
    text.lines().next().unwrap_or_default().to_owned()
}

#[cfg(windows)]
const LIST: &str = ";";
#[cfg(not(windows))]
const LIST: &str = ":";

/// The files of KUBECONFIG, else `~/.kube/config`.
fn default_files(env: &Env) -> Vec<PathBuf> {
    if let Some(list) = variable(env, "KUBECONFIG") {
        let files: Vec<PathBuf> =
            list.split(LIST).filter(|path| !path.is_empty()).map(PathBuf::from).collect();
        if !files.is_empty() {
            return files;
        }
    }
    let home = variable(env, "HOME").or_else(|| variable(env, "USERPROFILE"));
    home.map(|home| Path::new(home).join(".kube").join("config")).into_iter().collect()
}
