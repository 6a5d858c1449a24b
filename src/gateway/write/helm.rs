//! Helm: one method is one call of the program.

use serde_json::Value;

use super::Writes;
use crate::domain::ownership::{OWNER, Origin, TAG_ORIGIN, TAG_OWNER};
use crate::gateway::helm::Helm;
use crate::gateway::trouble::{HELM, Trouble, TroubleKind};

/// A release to install or to upgrade.
#[derive(Debug, Clone, PartialEq)]
pub struct NewRelease {
    /// Its name.
    pub name: String,
    /// Its namespace.
    pub namespace: String,
    /// The chart's name in `repo`, a path, or an `oci://` reference.
    pub chart: String,
    /// The repository's address; none when `chart` is whole by itself.
    pub repo: Option<String>,
    /// The chart's version; its newest when absent.
    pub version: Option<String>,
    /// The values.
    pub values: Value,
    /// Whether values of the revision before stay where these do not name them.
    pub keeps_values: bool,
    /// Whether objects of others are taken over.
    pub takes_over: bool,
    /// Whether somebody else made it, which is written on it.
    pub adopted: bool,
}

impl Writes {
    /// `helm upgrade --install`. It does not wait for pods, so that a release is pending for seconds only.
    ///
    /// # Errors
    /// What helm said no with, here and in every other call.
    pub async fn helm_upgrade(&self, new: &NewRelease) -> Result<(), Trouble> {
        let mut words = vec!["upgrade", new.name.as_str(), new.chart.as_str(), "--install"];
        words.extend(["--namespace", new.namespace.as_str()]);
        words.extend(new.repo.iter().flat_map(|repo| ["--repo", repo.as_str()]));
        words.extend(new.version.iter().flat_map(|version| ["--version", version.as_str()]));
        let origin = if new.adopted { Origin::Adopted } else { Origin::Created };
        let labels = format!("{TAG_OWNER}={OWNER},{TAG_ORIGIN}={}", origin.as_str());
        words.extend(["--labels", labels.as_str()]);
        if new.keeps_values {
            words.push("--reset-then-reuse-values");
        }
        if new.takes_over {
            words.push("--take-ownership");
        }
        self.helm(&words, Some(&new.values)).await
    }

    /// `helm uninstall`, whatever state the release is in.
    pub async fn helm_uninstall(&self, namespace: &str, name: &str) -> Result<(), Trouble> {
        self.helm(&["uninstall", name, "--namespace", namespace], None).await
    }

    /// `helm rollback` to the revision before the last.
    pub async fn helm_rollback(&self, namespace: &str, name: &str) -> Result<(), Trouble> {
        self.helm(&["rollback", name, "--namespace", namespace], None).await
    }

    async fn helm(&self, words: &[&str], values: Option<&Value>) -> Result<(), Trouble> {
        let operation = words.first().copied().unwrap_or_default();
        let missing = |what: &str| Trouble::new(TroubleKind::Refused, HELM, operation, what);
        let cluster = self.cluster.as_ref().ok_or_else(|| missing("there is no way to the cluster"))?;
        let helm =
            Helm::find(cluster.environment()).ok_or_else(|| missing("helm is not on PATH any more"))?;
        let words: Vec<String> = words.iter().map(|word| (*word).to_owned()).collect();
        Box::pin(helm.run(cluster, &words, values)).await
    }
}
