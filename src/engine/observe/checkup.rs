//! The look of the doctor: the survey of `status`, and what only a diagnosis needs, in the same waves.

use std::time::Duration;

use super::survey::{Reach, around};
use super::{Eyes, First, Look};
use crate::error::{Error, Result};
use crate::facts::{
    AssociationRow, Checkup, CsiNode, DriverPod, DriverWorkload, Endpoint, NetworkAcl, ObjectEvent, Seen,
    Veil, VpcDns,
};
use crate::gateway::{KubeReads, Reads, Trouble};

/// The Secret that the chart's controller takes keys from, when it is there (kubernetes-sigs/aws-fsx-csi-driver,
/// charts/aws-fsx-csi-driver/templates/controller-deployment.yaml).
const STATIC_KEYS: &str = "aws-secret";
/// Where the driver is unless a release says otherwise.
const DRIVER_NAMESPACE: &str = "kube-system";
/// Where events of objects without a namespace are, volumes among them.
const CLUSTER_EVENTS: &str = "default";

/// Looks at everything that a diagnosis needs. With a namespace, only its claims and pods, and only its events, the
/// driver's and those of volumes; `since` leaves older events out. Beside the facts stands what kept Kubernetes shut
/// altogether: no credentials for it, or out of reach.
///
/// # Errors
/// No such cluster, no credentials, AWS out of reach, a kubeconfig for another server; nothing at all that may be seen.
pub async fn checkup(
    eyes: &Eyes,
    look: &Look,
    namespace: Option<&str>,
    since: Option<Duration>,
) -> Result<(Checkup, Option<Error>)> {
    let at = jiff::Timestamp::now().as_second();
    let since = since.map(|since| at.saturating_sub(i64::try_from(since.as_secs()).unwrap_or(i64::MAX)));
    let reach = Reach { namespace, diagnosis: Some(Diagnosis { since }) };
    let seen = Box::pin(around(eyes, look, &reach)).await?;
    let (aws, kube) = (seen.aws, seen.kube);
    let checkup = Checkup {
        at,
        survey: seen.sight.survey,
        events: kube.events,
        unread_events: kube.unread_events,
        workloads: kube.workloads,
        driver_pods: kube.driver_pods,
        csi_nodes: kube.csi_nodes,
        all_classes: seen.all_classes,
        static_keys: kube.static_keys,
        associations: seen.associations,
        acls: aws.acls,
        dns: aws.dns,
        endpoints: aws.endpoints,
    };
    Ok((checkup, seen.sight.shut))
}

/// What only a diagnosis asks.
#[derive(Debug, Clone, Copy)]
pub(super) struct Diagnosis {
    /// Since when events count, seconds since 1970.
    since: Option<i64>,
}

/// What the VPC does to traffic besides groups and routes.
pub(super) struct InAws {
    pub(super) acls: Seen<Vec<NetworkAcl>>,
    pub(super) dns: Seen<VpcDns>,
    pub(super) endpoints: Seen<Vec<Endpoint>>,
}

impl InAws {
    /// Nobody asked.
    pub(super) fn unasked() -> Self {
        Self { acls: Seen::Missing, dns: Seen::Missing, endpoints: Seen::Missing }
    }

    pub(super) fn hidden(veil: &Veil) -> Self {
        Self {
            acls: Seen::Hidden(veil.clone()),
            dns: Seen::Hidden(veil.clone()),
            endpoints: Seen::Hidden(veil.clone()),
        }
    }

    /// Looks, during the second wave.
    pub(super) async fn look(reads: &Reads, first: &First) -> Result<Self, Trouble> {
        let vpc = first.cluster.vpc.as_str();
        let (acls, dns, endpoints) =
            futures::join!(reads.network_acls(vpc), reads.vpc_dns(vpc), reads.vpc_endpoints(vpc));
        Ok(Self { acls: acls?, dns: dns?, endpoints: endpoints? })
    }
}

/// Traces of the driver in the cluster.
pub(super) struct InKube {
    events: Seen<Vec<ObjectEvent>>,
    unread_events: Vec<Veil>,
    workloads: Seen<Vec<DriverWorkload>>,
    driver_pods: Seen<Vec<DriverPod>>,
    csi_nodes: Seen<Vec<CsiNode>>,
    static_keys: Seen<bool>,
}

impl InKube {
    /// Nobody asked.
    pub(super) fn unasked() -> Self {
        Self {
            events: Seen::Missing,
            unread_events: Vec::new(),
            workloads: Seen::Missing,
            driver_pods: Seen::Missing,
            csi_nodes: Seen::Missing,
            static_keys: Seen::Missing,
        }
    }

    pub(super) fn hidden(veil: &Veil) -> Self {
        Self {
            events: Seen::Hidden(veil.clone()),
            unread_events: Vec::new(),
            workloads: Seen::Hidden(veil.clone()),
            driver_pods: Seen::Hidden(veil.clone()),
            csi_nodes: Seen::Hidden(veil.clone()),
            static_keys: Seen::Hidden(veil.clone()),
        }
    }

    /// Looks, beside everything else that Kubernetes is asked.
    pub(super) async fn look(
        kube: &KubeReads,
        namespace: Option<&str>,
        diagnosis: Diagnosis,
    ) -> Result<Self, Trouble> {
        let (events, workloads, driver_pods, csi_nodes, static_keys) = futures::join!(
            events(kube, namespace, diagnosis.since),
            kube.driver_workloads(),
            kube.driver_pods(),
            kube.csi_nodes(),
            kube.has_secret(DRIVER_NAMESPACE, STATIC_KEYS),
        );
        let (events, unread_events) = events?;
        Ok(Self {
            events,
            unread_events,
            workloads: workloads?,
            driver_pods: driver_pods?,
            csi_nodes: csi_nodes?,
            static_keys: static_keys?,
        })
    }

    /// A controller elsewhere takes its keys from a Secret beside it.
    pub(super) async fn move_to(&mut self, kube: &KubeReads, namespace: &str) -> Result<(), Trouble> {
        if namespace != DRIVER_NAMESPACE {
            self.static_keys = kube.has_secret(namespace, STATIC_KEYS).await?;
        }
        Ok(())
    }
}

/// Everywhere in one list. Who asks for one namespace may be allowed no more than that: what is hidden of the other two
/// is told beside the events of this one.
async fn events(
    kube: &KubeReads,
    namespace: Option<&str>,
    since: Option<i64>,
) -> Result<(Seen<Vec<ObjectEvent>>, Vec<Veil>), Trouble> {
    let Some(namespace) = namespace else { return Ok((kube.warnings(None, since).await?, Vec::new())) };
    let others = [DRIVER_NAMESPACE, CLUSTER_EVENTS].into_iter().filter(|other| *other != namespace);
    let others = others.map(|other| kube.warnings(Some(other), since));
    let (own, others) =
        futures::join!(kube.warnings(Some(namespace), since), futures::future::try_join_all(others));
    Ok(together(own?, others?))
}

fn together(
    own: Seen<Vec<ObjectEvent>>,
    others: Vec<Seen<Vec<ObjectEvent>>>,
) -> (Seen<Vec<ObjectEvent>>, Vec<Veil>) {
    let Seen::Found(mut all) = own else { return (own, Vec::new()) };
    let mut unread = Vec::new();
    for other in others {
        match other {
            Seen::Found(more) => all.extend(more),
            Seen::Missing => {}
            Seen::Hidden(veil) => unread.push(veil),
        }
    }
    (Seen::Found(all), unread)
}

/// The associations of all service accounts: the first wave asks, since it takes but the cluster's name.
pub(super) async fn associations(
    reads: &Reads,
    look: &Look,
    reach: &Reach<'_>,
) -> Result<Seen<Vec<AssociationRow>>, Trouble> {
    match reach.diagnosis {
        Some(_) => reads.associations(&look.cluster).await,
        None => Ok(Seen::Missing),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn found(names: &[&str]) -> Seen<Vec<ObjectEvent>> {
        let of = |name: &&str| ObjectEvent { name: (*name).to_owned(), ..ObjectEvent::default() };
        Seen::Found(names.iter().map(of).collect())
    }

    #[test]
    fn hidden_events_of_other_namespaces_do_not_hide_those_that_were_asked_for() {
        let veil = Veil { permission: "list events in kube-system".to_owned(), cause: "no".to_owned() };
        let hidden = || Seen::Hidden(veil.clone());
        let (events, unread) = together(found(&["a"]), vec![hidden(), found(&["b"])]);
        assert_eq!((events.found().map(Vec::len), unread.as_slice()), (Some(2), &[veil.clone()][..]));
        let (events, unread) = together(hidden(), vec![found(&["b"])]);
        assert_eq!((events.hidden(), unread.len()), (Some(&veil), 0));
    }
}
