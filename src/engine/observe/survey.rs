//! The look of `status`: everything that has to do with the driver, and as much of it as there is leave to see.
//!
//! A door that stays shut hides what is behind it and nothing else: who may not describe the cluster still sees its
//! file systems, and an API server out of reach does not hide the AWS side.

use std::collections::BTreeMap;

use super::{
    AGENT, Eyes, First, Look, Second, assemble, association, first_interfaces, first_wave, hyperpod_names,
    hyperpods, inside, interfaces, provider, release, roles, shut, third,
};
use crate::domain::storageclass::PROVISIONER;
use crate::error::{Error, Kind, Result};
use crate::facts::{ClaimUse, Cluster, Facts, Network, PodUse, Seen, Storage, StorageClass, Survey, Veil};
use crate::gateway::{KubeReads, Kubernetes, Reads, Trouble};
use crate::steps::driver::ADDON;

/// What looking around came to.
#[derive(Debug, Clone)]
pub struct Sight {
    /// What was seen.
    pub survey: Survey,
    /// What kept Kubernetes shut altogether: no credentials for it, or out of reach.
    pub shut: Option<Error>,
}

/// Looks around: two waves of AWS calls, and Kubernetes during the second. A third wave happens only for roles and
/// policies that fsxctl did not make, and for prefix lists.
///
/// # Errors
/// No such cluster, no credentials, AWS out of reach, a kubeconfig for another server; nothing at all that may be seen.
pub async fn survey(eyes: &Eyes, look: &Look, namespace: Option<&str>) -> Result<Sight> {
    let reads = Reads::new(&eyes.session);
    let first = match first_wave(&reads, look).await {
        Ok(first) => first,
        Err(error) if error.permission.as_deref() == Some("eks:DescribeCluster") => {
            return Box::pin(without_cluster(&reads, look, namespace, error)).await;
        }
        Err(error) => return Err(error),
    };
    let kubernetes = stays_shut(Kubernetes::connect(&eyes.kube, &eyes.session, &first.cluster).await)?;
    let (aws, inside) = Box::pin(futures::future::join(
        second_wave(&reads, look, &first),
        in_cluster(&kubernetes, &first, look, namespace),
    ))
    .await;
    let aws = aws?;
    let (inside, closed) = match stays_shut(inside)? {
        Ok(inside) => (inside, None),
        Err(error) => (Inside::hidden(&veil_of(&error)), Some(error)),
    };
    let mut facts = assemble(eyes.session.region(), first, aws, inside.cluster);
    if let (Ok(kubernetes), None) = (&kubernetes, &closed) {
        facts.reached = kubernetes.how();
        let helm = Box::pin(release::look(eyes, &kubernetes.reads(), &reads, look, &facts)).await?;
        helm.into(&mut facts);
    }
    third::look(&reads, look, &mut facts).await?;
    let survey = Survey {
        facts,
        veiled: None,
        shut: closed.as_ref().map(|error| error.message.clone()),
        namespace: namespace.map(str::to_owned),
        classes: inside.classes,
        claims: inside.claims,
        pods: inside.pods,
    };
    Ok(Sight { survey, shut: closed })
}

/// Parts a door that is shut from what ends the run: the outer result is the run's, the inner the door's.
fn stays_shut<T>(answer: Result<T>) -> Result<Result<T>> {
    match answer {
        Ok(open) => Ok(Ok(open)),
        Err(error) if matches!(error.kind, Kind::Denied | Kind::Unavailable) => Ok(Err(error)),
        Err(error) => Err(error),
    }
}

/// What a shut door hides. No permission would open it.
fn veil_of(error: &Error) -> Veil {
    Veil { permission: String::new(), cause: error.message.clone() }
}

/// What Kubernetes holds.
struct Inside {
    cluster: inside::InCluster,
    classes: Seen<Vec<StorageClass>>,
    claims: Seen<Vec<ClaimUse>>,
    pods: Seen<Vec<PodUse>>,
}

impl Inside {
    fn hidden(veil: &Veil) -> Self {
        let storage = Storage { volumes: Seen::Hidden(veil.clone()), ..no_storage() };
        let cluster = inside::InCluster {
            nodes: Seen::Hidden(veil.clone()),
            service_account: Seen::Hidden(veil.clone()),
            csi_driver: Seen::Hidden(veil.clone()),
            controller: Seen::Hidden(veil.clone()),
            node: Seen::Hidden(veil.clone()),
            pods: Seen::Hidden(veil.clone()),
            storage,
        };
        Self {
            cluster,
            classes: Seen::Hidden(veil.clone()),
            claims: Seen::Hidden(veil.clone()),
            pods: Seen::Hidden(veil.clone()),
        }
    }
}

/// No one class or claim is looked at here.
fn no_storage() -> Storage {
    Storage {
        claim_namespace: String::new(),
        namespace: Seen::Missing,
        class: Seen::Missing,
        claim: Seen::Missing,
        volumes: Seen::Missing,
        taken: Vec::new(),
        places: Seen::Missing,
    }
}

async fn in_cluster(
    kubernetes: &Result<Kubernetes>,
    first: &First,
    look: &Look,
    namespace: Option<&str>,
) -> Result<Inside> {
    match kubernetes {
        Ok(kubernetes) => Box::pin(everything(&kubernetes.reads(), look, namespace))
            .await
            .map_err(|trouble| shut::why(trouble, first, kubernetes)),
        Err(error) => Err(error.clone()),
    }
}

async fn everything(kube: &KubeReads, look: &Look, namespace: Option<&str>) -> Result<Inside, Trouble> {
    let (account_namespace, account) = &look.service_account;
    let (nodes, service_account, csi_driver, controller, node, driver_pods) = (
        kube.nodes(),
        kube.service_account(account_namespace, account),
        kube.csi_driver(PROVISIONER),
        kube.deployment("kube-system", "fsx-csi-controller"),
        kube.daemon_set("kube-system", "fsx-csi-node"),
        kube.controller_pods("kube-system"),
    );
    let (nodes, service_account, csi_driver, controller, node, driver_pods, volumes, classes, claims, pods) = futures::join!(
        nodes,
        service_account,
        csi_driver,
        controller,
        node,
        driver_pods,
        kube.volumes(),
        kube.classes_of(PROVISIONER),
        kube.claims(namespace),
        kube.pods_with_claims(namespace),
    );
    let cluster = inside::InCluster {
        nodes: nodes?,
        service_account: service_account?,
        csi_driver: csi_driver?,
        controller: controller?,
        node: node?,
        pods: driver_pods?,
        storage: Storage { volumes: volumes?, ..no_storage() },
    };
    Ok(Inside { cluster, classes: classes?, claims: claims?, pods: pods? })
}

/// As for a set-up, without what only a set-up asks: the add-on's configuration schema and the routes.
async fn second_wave(reads: &Reads, look: &Look, first: &First) -> Result<Second> {
    let vpcs = [first.cluster.vpc.as_str()];
    let ids = first_interfaces(first);
    let (a, b) = futures::future::join(
        Box::pin(async {
            futures::join!(
                provider(reads, &first.cluster),
                hyperpods(reads, look, first),
                association(reads, look, first),
                roles(reads, look, first),
            )
        }),
        Box::pin(async {
            futures::join!(reads.subnets(&vpcs), reads.groups(&vpcs), interfaces(reads, &ids))
        }),
    )
    .await;
    let (provider, hyperpod, association, roles) = a;
    let (subnets, groups, interfaces) = b;
    let network = Network {
        subnets: subnets?,
        groups: groups?,
        routes: Seen::Missing,
        interfaces: interfaces?,
        instances: first.instances.clone(),
        prefix_lists: BTreeMap::new(),
    };
    Ok(Second {
        association: association?,
        provider: provider?,
        schema: Seen::Missing,
        hyperpod: hyperpod?,
        network,
        roles: roles?,
    })
}

/// What can be seen by the cluster's name alone. Without eks:DescribeCluster nobody knows its VPC, nor where its API
/// server is.
async fn without_cluster(reads: &Reads, look: &Look, namespace: Option<&str>, error: Error) -> Result<Sight> {
    let cause = error.causes.first().cloned().unwrap_or_else(|| error.message.clone());
    let veil = Veil { permission: error.permission.clone().unwrap_or_default(), cause };
    let (caller, addon, agent, hyperpods, file_systems, instances) = futures::join!(
        Box::pin(reads.caller()),
        Box::pin(reads.addon(&look.cluster, ADDON)),
        Box::pin(reads.addon(&look.cluster, AGENT)),
        Box::pin(hyperpod_names(reads, look)),
        Box::pin(reads.file_systems()),
        Box::pin(reads.instances(&look.cluster)),
    );
    let (addon, agent, file_systems, instances) = (addon?, agent?, file_systems?, instances?);
    // Any of them proves leave to see something; the names of HyperPod clusters alone say nothing of this one.
    let nothing = addon.hidden().is_some() && agent.hidden().is_some() && file_systems.hidden().is_some();
    if nothing && instances.hidden().is_some() && hyperpods?.hidden().is_some() {
        return Err(error);
    }
    let inside = Inside::hidden(&veil);
    let first = First {
        caller: caller?,
        cluster: Cluster { name: look.cluster.clone(), ..Cluster::default() },
        addon,
        agent,
        versions: Seen::Missing,
        association_id: Seen::Missing,
        hyperpods: Seen::Missing,
        roles: BTreeMap::new(),
        file_systems,
        instances,
    };
    let network = Network {
        subnets: Seen::Hidden(veil.clone()),
        groups: Seen::Hidden(veil.clone()),
        routes: Seen::Missing,
        interfaces: Seen::Hidden(veil.clone()),
        instances: first.instances.clone(),
        prefix_lists: BTreeMap::new(),
    };
    let second = Second {
        association: Seen::Hidden(veil.clone()),
        provider: Seen::Hidden(veil.clone()),
        schema: Seen::Missing,
        hyperpod: Seen::Hidden(veil.clone()),
        network,
        roles: BTreeMap::new(),
    };
    let facts: Facts = assemble(reads.region(), first, second, inside.cluster);
    let survey = Survey {
        facts,
        veiled: Some(veil),
        shut: None,
        namespace: namespace.map(str::to_owned),
        classes: inside.classes,
        claims: inside.claims,
        pods: inside.pods,
    };
    Ok(Sight { survey, shut: None })
}
