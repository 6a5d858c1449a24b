//! Our access to the cluster as a kubeconfig for another program: the same server, authority and credentials.

use serde_json::{Value, json};

use super::KubeWish;
use super::kubeconfig::Chosen;
use super::token::Minter;
use crate::facts::Cluster;
use crate::gateway::trouble::{KUBERNETES, Trouble, TroubleKind};

/// What it takes to reach the cluster.
#[derive(Debug, Clone)]
pub(super) enum Access {
    /// A token that is minted here, for the cluster's own endpoint.
    Minted { cluster: Value, user: Value, minter: Minter },
    /// All from a kubeconfig.
    Own { chosen: Box<Chosen>, as_user: Option<String> },
}

/// A kubeconfig, with the secrets in it. Never printed.
pub(in crate::gateway) struct Document {
    /// The kubeconfig. JSON is YAML.
    pub(in crate::gateway) document: Value,
    /// Whether whoever uses it will start a credential plugin.
    pub(in crate::gateway) runs_plugin: bool,
}

impl Access {
    pub(super) fn minted(
        cluster: &Cluster,
        chosen: Option<&Chosen>,
        wish: &KubeWish,
        minter: &Minter,
    ) -> Self {
        let mut server = json!({"server": cluster.endpoint, "certificate-authority-data": cluster.ca});
        if let Some(proxy) = chosen.and_then(|chosen| chosen.proxy.as_ref()) {
            server["proxy-url"] = json!(proxy);
        }
        let mut user = json!({});
        let own = chosen.map(|chosen| &chosen.user);
        let as_user = wish.as_user.as_ref().or_else(|| own.and_then(|user| user.impersonate.as_ref()));
        if let Some(as_user) = as_user {
            user["as"] = json!(as_user);
        }
        let groups = own.and_then(|user| user.impersonate_groups.as_ref()).filter(|_| wish.as_user.is_none());
        if let Some(groups) = groups {
            user["as-groups"] = json!(groups);
        }
        Self::Minted { cluster: server, user, minter: minter.clone() }
    }

    pub(super) async fn document(&self) -> Result<Document, Trouble> {
        match self {
            Self::Minted { cluster, user, minter } => {
                let mut user = user.clone();
                user["token"] = json!(minter.token().await?);
                Ok(Document { document: kubeconfig(cluster, &user), runs_plugin: false })
            }
            Self::Own { chosen, as_user } => {
                let odd = || {
                    Trouble::new(TroubleKind::Odd, KUBERNETES, "kubeconfig", "the context cannot be copied")
                };
                let cluster = chosen.config.clusters.iter().find(|named| named.name == chosen.cluster);
                let cluster = cluster.and_then(|named| named.cluster.as_ref()).ok_or_else(odd)?;
                let cluster = serde_json::to_value(cluster).map_err(|_| odd())?;
                let mut user = serde_json::to_value(&chosen.user).map_err(|_| odd())?;
                if let Some(as_user) = as_user {
                    user["as"] = json!(as_user);
                    user.as_object_mut().map(|members| members.shift_remove("as-groups"));
                }
                let runs_plugin = chosen.user.exec.is_some() || chosen.user.auth_provider.is_some();
                Ok(Document { document: kubeconfig(&cluster, &user), runs_plugin })
            }
        }
    }
}

fn kubeconfig(cluster: &Value, user: &Value) -> Value {
    json!({
        "apiVersion": "v1", "kind": "Config", "current-context": "fsxctl",
        "clusters": [{"name": "fsxctl", "cluster": cluster}],
        "users": [{"name": "fsxctl", "user": user}],
        "contexts": [{"name": "fsxctl", "context": {"cluster": "fsxctl", "user": "fsxctl"}}],
    })
}
