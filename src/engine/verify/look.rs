//! The look before a verification: what only needs names first, then the claim's own.

use crate::engine::Eyes;
use crate::error::{Error, Kind, Result};
use crate::facts::{Cluster, ProbeJob, Seen, Veil, VerifyFacts};
use crate::gateway::{Answer, Kubernetes, Reads};

/// What to look at.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct VerifyLook {
    /// The cluster's name.
    pub cluster: String,
    /// The claim's namespace; none: the kube context's, else `default`.
    pub namespace: Option<String>,
    /// The claim's name.
    pub claim: String,
}

/// Looks. With the facts come the way to Kubernetes and the Jobs that earlier verifications left in the namespace.
///
/// # Errors
/// No such cluster, no credentials, unreachable services, a kubeconfig for another server; and denied when Jobs or pods
/// cannot be listed, because what cannot be seen cannot be removed afterwards.
pub async fn look_for_verify(
    eyes: &Eyes,
    look: &VerifyLook,
) -> Result<(VerifyFacts, Kubernetes, Vec<ProbeJob>)> {
    let reads = Reads::new(&eyes.session);
    let (cluster, file_systems) =
        futures::join!(Box::pin(reads.cluster(&look.cluster)), Box::pin(reads.file_systems()));
    let cluster = the_cluster(cluster, &look.cluster, &reads)?;
    let kubernetes = Kubernetes::connect(&eyes.kube, &eyes.session, &cluster).await?;
    let namespace =
        look.namespace.clone().or_else(|| kubernetes.namespace()).unwrap_or_else(|| "default".to_owned());
    let kube = kubernetes.reads();
    let (labels, claim, nodes, plugins, jobs, pods) = Box::pin(async {
        futures::join!(
            kube.namespace_labels(&namespace),
            kube.claim(&namespace, &look.claim),
            kube.mount_nodes(),
            kube.node_plugins(),
            kube.probe_jobs(Some(&namespace), None),
            // No run has this name: it only asks whether pods may be listed.
            kube.probe_pods(&namespace, "none"),
        )
    })
    .await;
    let jobs = visible("Jobs, so none is made that could not be removed", jobs?)?;
    visible("pods, so none is made that could not be watched", pods?)?;
    let claim = claim?;
    let (volume, claim_events) = match claim.found() {
        Some(found) if found.phase == "Bound" => {
            let name = found.volume.clone().unwrap_or_default();
            (kube.mount_volume(&name).await?, Vec::new())
        }
        // Events only explain.
        Some(found) => {
            let events = kube.events_of(&namespace, &found.marks.uid).await;
            (Seen::Missing, events.ok().and_then(|seen| seen.found().cloned()).unwrap_or_default())
        }
        None => (Seen::Missing, Vec::new()),
    };
    let facts = VerifyFacts {
        region: reads.region().to_owned(),
        reached: kubernetes.how(),
        cluster,
        namespace,
        namespace_labels: labels?,
        claim,
        claim_events,
        closed: None,
        volume,
        file_systems: file_systems?,
        nodes: nodes?,
        plugins: plugins?,
    };
    Ok((facts, kubernetes, jobs))
}

/// The cluster, and the way to its Kubernetes API.
///
/// # Errors
/// No such cluster, no credentials, unreachable services, a kubeconfig for another server.
pub async fn reach(eyes: &Eyes, cluster: &str) -> Result<(Cluster, Kubernetes)> {
    let reads = Reads::new(&eyes.session);
    let cluster = the_cluster(reads.cluster(cluster).await, cluster, &reads)?;
    let kubernetes = Kubernetes::connect(&eyes.kube, &eyes.session, &cluster).await?;
    Ok((cluster, kubernetes))
}

fn the_cluster(answer: Answer<Cluster>, name: &str, reads: &Reads) -> Result<Cluster> {
    match answer? {
        Seen::Found(cluster) => Ok(cluster),
        Seen::Missing => {
            let message = format!("there is no EKS cluster {name} in {}", reads.region());
            Err(Error::usage(message).next("name one that is there with --cluster"))
        }
        Seen::Hidden(veil) => Err(unseen(&format!("EKS cluster {name}"), veil)),
    }
}

/// What is there; nothing when it is missing.
fn visible<T: Default>(what: &str, seen: Seen<T>) -> Result<T> {
    match seen {
        Seen::Found(value) => Ok(value),
        Seen::Missing => Ok(T::default()),
        Seen::Hidden(veil) => Err(unseen(what, veil)),
    }
}

fn unseen(what: &str, veil: Veil) -> Error {
    let next = format!("allow {} and run it again", veil.permission);
    Error::new(Kind::Denied, format!("cannot see {what}"))
        .because(veil.cause)
        .permission(veil.permission)
        .next(next)
}
