//! The way to the cluster's API server: which server, with whose credentials.
//!
//! Of a kubeconfig that was found by default only the current context counts, and only for the cluster's own
//! endpoint. A token that is minted here goes to no server but the one that eks:DescribeCluster named, under the
//! certificate authority that it gave.

mod access;
mod client;
mod kubeconfig;
mod plugin;
mod token;

use std::path::PathBuf;
use std::time::Duration;

use self::access::{Access, Document};
pub(super) use self::client::{ATTEMPTS, Link, Repeat};
use self::kubeconfig::{Chosen, Finding};
pub use self::kubeconfig::{ContextCluster, cluster_of_context};
use self::plugin::Plugin;
use self::token::Minter;
use super::read::KubeReads;
use super::session::{Env, Session};
use super::trouble::Trouble;
use crate::error::{Error, Result};
use crate::facts::Cluster;

/// How the cluster's API server is to be reached.
#[derive(Debug, Clone)]
pub struct KubeWish {
    /// The process's environment.
    pub env: Env,
    /// A kubeconfig that was asked for.
    pub kubeconfig: Option<PathBuf>,
    /// A context that was asked for.
    pub context: Option<String>,
    /// A user to act as.
    pub as_user: Option<String>,
    /// How long one call may take.
    pub request_timeout: Duration,
}

/// An open way to the cluster. Cheap to clone.
#[derive(Debug, Clone)]
pub struct Kubernetes {
    link: Link,
    how: String,
    namespace: Option<String>,
    access: Access,
    env: Env,
}

/// The server and the credentials that the rules lead to.
enum Way {
    /// The cluster's own endpoint, a token minted here as the plugin would have done.
    Minted { plugin: Option<Plugin>, chosen: Option<Box<Chosen>> },
    /// All from a kubeconfig.
    Own(Box<Chosen>),
}

impl Kubernetes {
    /// Chooses server and credentials and makes a client. Calls the server for nothing yet.
    ///
    /// # Errors
    /// Conflict when the current context is another cluster's; usage when the kubeconfig or context that was asked
    /// for is not there; denied when credentials cannot be had.
    pub async fn connect(wish: &KubeWish, session: &Session, cluster: &Cluster) -> Result<Self> {
        match way(wish, cluster)? {
            Way::Own(chosen) => {
                let config = client::own_config(&chosen, wish).await?;
                let link = client::connect(config, None, session, wish.request_timeout).await?;
                let (how, namespace) = (chosen.how(cluster), chosen.namespace.clone());
                let access = Access::Own { chosen, as_user: wish.as_user.clone() };
                Ok(Self { link, how, namespace, access, env: wish.env.clone() })
            }
            Way::Minted { plugin, chosen } => {
                let config = client::endpoint_config(cluster, chosen.as_deref(), wish).await?;
                let minter = Minter::new(session, cluster, plugin).await?;
                let access = Access::minted(cluster, chosen.as_deref(), wish, &minter);
                let link = client::connect(config, Some(minter), session, wish.request_timeout).await?;
                let how = match &chosen {
                    Some(chosen) => format!("{}, token minted in process", chosen.how(cluster)),
                    None => format!("endpoint of cluster {}, token minted in process", cluster.name),
                };
                let namespace = chosen.and_then(|chosen| chosen.namespace);
                Ok(Self { link, how, namespace, access, env: wish.env.clone() })
            }
        }
    }

    /// What may be looked at.
    pub fn reads(&self) -> KubeReads {
        KubeReads::new(&self.link)
    }

    /// One line on the way that was chosen.
    pub fn how(&self) -> String {
        self.how.clone()
    }

    /// Whether the caller's AWS credentials are the ones for the cluster too.
    pub const fn is_minted(&self) -> bool {
        matches!(self.access, Access::Minted { .. })
    }

    /// The namespace that the context names.
    pub fn namespace(&self) -> Option<String> {
        self.namespace.clone()
    }

    /// A kubeconfig for another program, with the same server, authority and credentials.
    pub(super) async fn kubeconfig(&self) -> Result<Document, Trouble> {
        self.access.document().await
    }

    /// The process's environment.
    pub(super) fn environment(&self) -> &Env {
        &self.env
    }

    pub(super) fn link(&self) -> &Link {
        &self.link
    }
}

/// The rules.
fn way(wish: &KubeWish, cluster: &Cluster) -> Result<Way> {
    let is_asked = wish.kubeconfig.is_some() || wish.context.is_some();
    let found = kubeconfig::choose(&wish.env, wish.kubeconfig.as_deref(), wish.context.as_deref())?;
    let Finding::Context(chosen) = found else { return Ok(Way::Minted { plugin: None, chosen: None }) };
    let endpoint = cluster.endpoint.as_deref().unwrap_or_default();
    if kubeconfig::is_same_server(&chosen.server, endpoint) {
        // An unknown plugin, a token, a certificate: the kubeconfig's own business.
        return Ok(match Plugin::of(&chosen.user) {
            Some(plugin) => Way::Minted { plugin: Some(plugin), chosen: Some(chosen) },
            None => Way::Own(chosen),
        });
    }
    if is_asked {
        return Ok(Way::Own(chosen));
    }
    let endpoint = if endpoint.is_empty() { "no endpoint yet" } else { endpoint };
    Err(Error::conflict(format!("the current kube context is not for cluster {}", cluster.name))
        .because(format!("context {} of {} is for {}", chosen.context, chosen.file, chosen.server))
        .because(format!("cluster {} has {endpoint}", cluster.name))
        .next(format!("aws eks update-kubeconfig --name {}", cluster.name)))
}

#[cfg(test)]
mod tests;
