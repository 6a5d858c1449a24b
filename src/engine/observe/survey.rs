//! The look of `status`: everything that has to do with the driver, and as much of it as there is leave to see.
//!
//! A door that stays shut hides what is behind it and nothing else: who may not describe the cluster still sees its
//! file systems, and an API server out of reach does not hide the AWS side.

use std::collections::BTreeMap;

use super::checkup::{self, Diagnosis, InAws, InKube};
use super::{
    AGENT, Eyes, First, Look, Second, assemble, association, first_interfaces, first_wave, hyperpod_names,
    hyperpods, inside, interfaces, provider, release, roles, shut, third,
};
use crate::domain::storageclass::PROVISIONER;
use crate::error::{Error, Kind, Result};
use crate::facts::{
    AssociationRow, ClaimUse, ClassRow, Cluster, Facts, Instance, Network, PodUse, Seen, Storage,
    StorageClass, Survey, Veil,
};
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

/// How far a look goes.
pub(super) struct Reach<'a> {
    /// The only namespace whose claims and pods are looked at; none: all.
    pub(super) namespace: Option<&'a str>,
    /// What only a diagnosis needs, if it is one.
    pub(super) diagnosis: Option<Diagnosis>,
}

/// All that was seen. What only a diagnosis needs is missing when it is none.
pub(super) struct Around {
    pub(super) sight: Sight,
    pub(super) associations: Seen<Vec<AssociationRow>>,
    pub(super) all_classes: Seen<Vec<ClassRow>>,
    pub(super) aws: InAws,
    pub(super) kube: InKube,
}

/// Looks around: two waves of AWS calls, and Kubernetes during the second. A third wave happens only for roles and
/// policies that fsxctl did not make, and for prefix lists.
///
/// # Errors
/// No such cluster, no credentials, AWS out of reach, a kubeconfig for another server; nothing at all that may be seen.
pub async fn survey(eyes: &Eyes, look: &Look, namespace: Option<&str>) -> Result<Sight> {
    let reach = Reach { namespace, diagnosis: None };
    Ok(Box::pin(around(eyes, look, &reach)).await?.sight)
}

/// The same as far as was asked.
pub(super) async fn around(eyes: &Eyes, look: &Look, reach: &Reach<'_>) -> Result<Around> {
    let reads = Reads::new(&eyes.session);
    let (first, associations) = futures::future::join(
        Box::pin(first_wave(&reads, look)),
        Box::pin(checkup::associations(&reads, look, reach)),
    )
    .await;
    let first = match first {
        Ok(first) => first,
        Err(error) if error.permission.as_deref() == Some("eks:DescribeCluster") => {
            let blind = Box::pin(without_cluster(&reads, look, reach, error)).await?;
            return Ok(Around { associations: associations?, ..blind });
        }
        Err(error) => return Err(error),
    };
    let associations = associations?;
    let kubernetes = stays_shut(Kubernetes::connect(&eyes.kube, &eyes.session, &first.cluster).await)?;
    let (aws, inside) = Box::pin(futures::future::join(
        second_wave(&reads, look, &first, reach),
        in_cluster(&kubernetes, &first, look, reach),
    ))
    .await;
    let (aws, in_aws) = aws?;
    let (mut inside, closed) = match stays_shut(inside)? {
        Ok(inside) => (inside, None),
        Err(error) => (Inside::hidden(&veil_of(&error)), Some(error)),
    };
    let mut facts = assemble(eyes.session.region(), first, aws, inside.cluster);
    if let (Ok(kubernetes), None) = (&kubernetes, &closed) {
        facts.reached = kubernetes.how();
        let kube = kubernetes.reads();
        let helm = Box::pin(release::look(eyes, &kube, &reads, look, &facts)).await?;
        helm.into(&mut facts);
        if reach.diagnosis.is_some() {
            inside.more.move_to(&kube, &facts.driver.namespace).await?;
        }
    }
    third::look(&reads, look, &mut facts, reach.diagnosis.is_some()).await?;
    let survey = Survey {
        facts,
        veiled: None,
        shut: closed.as_ref().map(|error| error.message.clone()),
        namespace: reach.namespace.map(str::to_owned),
        classes: inside.classes,
        claims: inside.claims,
        pods: inside.pods,
    };
    let sight = Sight { survey, shut: closed };
    Ok(Around { sight, associations, all_classes: inside.all_classes, aws: in_aws, kube: inside.more })
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
    all_classes: Seen<Vec<ClassRow>>,
    claims: Seen<Vec<ClaimUse>>,
    pods: Seen<Vec<PodUse>>,
    more: InKube,
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
            all_classes: Seen::Hidden(veil.clone()),
            claims: Seen::Hidden(veil.clone()),
            pods: Seen::Hidden(veil.clone()),
            more: InKube::hidden(veil),
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
    reach: &Reach<'_>,
) -> Result<Inside> {
    match kubernetes {
        Ok(kubernetes) => Box::pin(everything(&kubernetes.reads(), look, reach))
            .await
            .map_err(|trouble| shut::why(trouble, first, kubernetes)),
        Err(error) => Err(error.clone()),
    }
}

async fn everything(kube: &KubeReads, look: &Look, reach: &Reach<'_>) -> Result<Inside, Trouble> {
    let (account_namespace, account) = &look.service_account;
    let (nodes, service_account, csi_driver, controller, node, driver_pods) = (
        kube.nodes(),
        kube.service_account(account_namespace, account),
        kube.csi_driver(PROVISIONER),
        kube.deployment("kube-system", "fsx-csi-controller"),
        kube.daemon_set("kube-system", "fsx-csi-node"),
        kube.controller_pods("kube-system"),
    );
    let more = Box::pin(async {
        match reach.diagnosis {
            Some(diagnosis) => InKube::look(kube, reach.namespace, diagnosis).await,
            None => Ok(InKube::unasked()),
        }
    });
    let (
        nodes,
        service_account,
        csi_driver,
        controller,
        node,
        driver_pods,
        volumes,
        classes,
        claims,
        pods,
        more,
    ) = futures::join!(
        nodes,
        service_account,
        csi_driver,
        controller,
        node,
        driver_pods,
        kube.volumes(),
        kube.classes(PROVISIONER),
        kube.claims(reach.namespace),
        kube.pods_with_claims(reach.namespace),
        more,
    );
    let (classes, all_classes) = apart(classes?);
    let cluster = inside::InCluster {
        nodes: nodes?,
        service_account: service_account?,
        csi_driver: csi_driver?,
        controller: controller?,
        node: node?,
        pods: driver_pods?,
        storage: Storage { volumes: volumes?, ..no_storage() },
    };
    Ok(Inside { cluster, classes, all_classes, claims: claims?, pods: pods?, more: more? })
}

fn apart<A, B>(both: Seen<(A, B)>) -> (Seen<A>, Seen<B>) {
    match both {
        Seen::Found((a, b)) => (Seen::Found(a), Seen::Found(b)),
        Seen::Missing => (Seen::Missing, Seen::Missing),
        Seen::Hidden(veil) => (Seen::Hidden(veil.clone()), Seen::Hidden(veil)),
    }
}

/// As for a set-up, without what only a set-up asks: the add-on's configuration schema, and the routes unless it is a
/// diagnosis.
async fn second_wave(
    reads: &Reads,
    look: &Look,
    first: &First,
    reach: &Reach<'_>,
) -> Result<(Second, InAws)> {
    let vpcs = [first.cluster.vpc.as_str()];
    let is_diagnosis = reach.diagnosis.is_some();
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
            futures::join!(
                reads.subnets(&vpcs),
                reads.groups(&vpcs),
                interfaces(reads, &ids),
                async { if is_diagnosis { reads.route_tables(&vpcs).await } else { Ok(Seen::Missing) } },
                async { if is_diagnosis { InAws::look(reads, first).await } else { Ok(InAws::unasked()) } },
            )
        }),
    )
    .await;
    let (provider, hyperpod, association, roles) = a;
    let (subnets, groups, interfaces, routes, more) = b;
    let network = Network {
        subnets: subnets?,
        groups: groups?,
        routes: routes?,
        interfaces: interfaces?,
        instances: first.instances.clone(),
        prefix_lists: BTreeMap::new(),
    };
    let second = Second {
        association: association?,
        provider: provider?,
        schema: Seen::Missing,
        hyperpod: hyperpod?,
        network,
        roles: roles?,
    };
    Ok((second, more?))
}

/// What can be seen by the cluster's name alone. Without eks:DescribeCluster nobody knows its VPC, nor where its API
/// server is.
async fn without_cluster(reads: &Reads, look: &Look, reach: &Reach<'_>, error: Error) -> Result<Around> {
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
    let second = Second::hidden(&veil, first.instances.clone());
    let facts: Facts = assemble(reads.region(), first, second, inside.cluster);
    let survey = Survey {
        facts,
        veiled: Some(veil.clone()),
        shut: None,
        namespace: reach.namespace.map(str::to_owned),
        classes: inside.classes,
        claims: inside.claims,
        pods: inside.pods,
    };
    Ok(Around {
        sight: Sight { survey, shut: None },
        associations: Seen::Hidden(veil.clone()),
        all_classes: inside.all_classes,
        aws: InAws::hidden(&veil),
        kube: inside.more,
    })
}

impl Second {
    /// Whatever takes the VPC, the issuer or an ARN to ask for.
    fn hidden(veil: &Veil, instances: Seen<Vec<Instance>>) -> Self {
        let network = Network {
            subnets: Seen::Hidden(veil.clone()),
            groups: Seen::Hidden(veil.clone()),
            routes: Seen::Hidden(veil.clone()),
            interfaces: Seen::Hidden(veil.clone()),
            instances,
            prefix_lists: BTreeMap::new(),
        };
        Self {
            association: Seen::Hidden(veil.clone()),
            provider: Seen::Hidden(veil.clone()),
            schema: Seen::Missing,
            hyperpod: Seen::Hidden(veil.clone()),
            network,
            roles: BTreeMap::new(),
        }
    }
}
