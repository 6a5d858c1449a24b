//! The look of `byo` and `share`: what decides whether an existing file system can be mounted, and what names it would
//! take. No IAM and no StorageClass: neither decides anything here.

use std::collections::BTreeMap;

use futures::future::try_join_all;

use super::{
    First, Look, Second, assemble, first_interfaces, hyperpod_names, hyperpods, inside, release, schema,
    shut, third,
};
use crate::domain::storageclass::PROVISIONER;
use crate::error::Result;
use crate::facts::{Cluster, Facts, FileSystem, Network, Place, Seen, Storage};
use crate::gateway::{KubeReads, Kubernetes, Reads, Trouble};
use crate::steps::driver::ADDON;

/// What an existing file system is bound with.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct BindLook {
    /// The file system; none: the only one that volumes of the cluster use.
    pub fs_id: Option<String>,
    /// The namespaces; empty: the kube context's, else `default`.
    pub namespaces: Vec<String>,
    /// Labels that choose the namespaces instead.
    pub selector: Option<String>,
    /// Whether a driver may be installed.
    pub installs: bool,
    /// Whether volume and claim go: then it is Kubernetes alone that knows of them, and of the pods that use them.
    pub removes: bool,
}

/// Takes the snapshot.
pub(super) async fn observe(eyes: &super::Eyes, look: &Look, bind: &BindLook) -> Result<(Facts, Kubernetes)> {
    let reads = Reads::new(&eyes.session);
    let (first, others) = if bind.removes {
        (alone(shut::the_cluster(&reads, look, reads.cluster(&look.cluster).await).await?), BTreeMap::new())
    } else {
        first_wave(&reads, look, bind).await?
    };
    let kubernetes = Kubernetes::connect(&eyes.kube, &eyes.session, &first.cluster).await?;
    let kube = kubernetes.reads();
    let home = kubernetes.namespace().unwrap_or_else(|| "default".to_owned());
    let both = futures::future::join(
        second_wave(&reads, look, bind, &first),
        in_cluster(&kube, (look, bind), &home),
    );
    let (aws, cluster) = Box::pin(both).await;
    let aws = aws?;
    let cluster = cluster.map_err(|trouble| shut::why(trouble, &first, &kubernetes))?;
    let mut facts = assemble(eyes.session.region(), first, aws, cluster);
    facts.other_file_systems = others;
    facts.reached = kubernetes.how();
    if bind.installs {
        let helm = Box::pin(release::look(eyes, &kube, &reads, look, &facts)).await?;
        helm.into(&mut facts);
    }
    if !bind.removes {
        third::reach(&reads, &mut facts).await?;
    }
    Ok((facts, kubernetes))
}

/// A cluster of which nothing else has to be known.
fn alone(cluster: Cluster) -> First {
    First {
        caller: Seen::Missing,
        cluster,
        addon: Seen::Missing,
        agent: Seen::Missing,
        versions: Seen::Missing,
        association_id: Seen::Missing,
        hyperpods: Seen::Missing,
        roles: BTreeMap::new(),
        file_systems: Seen::Missing,
        instances: Seen::Missing,
    }
}

/// Whatever only needs names.
async fn first_wave(
    reads: &Reads,
    look: &Look,
    bind: &BindLook,
) -> Result<(First, BTreeMap<String, String>)> {
    let (cluster, hyperpods, systems, instances, addon, versions) = futures::join!(
        Box::pin(reads.cluster(&look.cluster)),
        Box::pin(hyperpod_names(reads, look)),
        Box::pin(reads.all_file_systems()),
        Box::pin(reads.instances(&look.cluster)),
        Box::pin(async {
            if bind.installs { reads.addon(&look.cluster, ADDON).await } else { Ok(Seen::Missing) }
        }),
        Box::pin(async { if bind.installs { reads.addon_versions(ADDON).await } else { Ok(Seen::Missing) } }),
    );
    let cluster = shut::the_cluster(reads, look, cluster).await?;
    let mut others = BTreeMap::new();
    let systems = systems?.map(|all| {
        let (lustre, rest): (Vec<FileSystem>, Vec<FileSystem>) =
            all.into_iter().partition(|system| system.kind == "LUSTRE");
        others.extend(rest.into_iter().map(|system| (system.id, system.kind)));
        lustre
    });
    let first = First {
        addon: addon?,
        versions: versions?,
        hyperpods: hyperpods?,
        file_systems: systems,
        instances: instances?,
        ..alone(cluster)
    };
    Ok((first, others))
}

/// Whatever needs the VPC of cluster and file system.
async fn second_wave(reads: &Reads, look: &Look, bind: &BindLook, first: &First) -> Result<Second> {
    if bind.removes {
        return Ok(nothing());
    }
    let systems = first.file_systems.found().map_or(&[][..], Vec::as_slice);
    let meant = bind.fs_id.as_ref().and_then(|id| systems.iter().find(|system| system.id == *id));
    let vpc = first.cluster.vpc.as_str();
    let mut vpcs = vec![vpc];
    vpcs.extend(meant.and_then(|system| system.vpc.as_deref()).filter(|other| *other != vpc));
    let ids: Vec<String> = match meant {
        Some(system) => system.interfaces.clone(),
        None if bind.fs_id.is_some() => Vec::new(),
        None => first_interfaces(first),
    };
    let (hyperpod, schema, subnets, groups, routes, interfaces) = futures::join!(
        Box::pin(hyperpods(reads, look, first)),
        Box::pin(async { if bind.installs { schema(reads, look, first).await } else { Ok(Seen::Missing) } }),
        Box::pin(reads.subnets(&vpcs)),
        Box::pin(reads.groups(&vpcs)),
        Box::pin(reads.route_tables(&vpcs)),
        Box::pin(reads.interfaces(&ids)),
    );
    let network = Network {
        subnets: subnets?,
        groups: groups?,
        routes: routes?,
        interfaces: interfaces?,
        instances: first.instances.clone(),
        prefix_lists: BTreeMap::new(),
    };
    Ok(Second { schema: schema?, hyperpod: hyperpod?, network, ..nothing() })
}

/// Nothing of AWS.
fn nothing() -> Second {
    Second {
        association: Seen::Missing,
        provider: Seen::Missing,
        schema: Seen::Missing,
        hyperpod: Seen::Missing,
        network: Network {
            subnets: Seen::Missing,
            groups: Seen::Missing,
            routes: Seen::Missing,
            interfaces: Seen::Missing,
            instances: Seen::Missing,
            prefix_lists: BTreeMap::new(),
        },
        roles: BTreeMap::new(),
    }
}

/// What Kubernetes holds for it.
async fn in_cluster(
    kube: &KubeReads,
    (look, bind): (&Look, &BindLook),
    home: &str,
) -> Result<inside::InCluster, Trouble> {
    let looks = !bind.removes;
    let (nodes, csi_driver, node, volumes, places, more) = futures::join!(
        async { if looks { kube.nodes().await } else { Ok(Seen::Missing) } },
        async { if looks { kube.csi_driver(PROVISIONER).await } else { Ok(Seen::Missing) } },
        async {
            if looks { kube.daemon_set("kube-system", "fsx-csi-node").await } else { Ok(Seen::Missing) }
        },
        kube.volumes_and_others(),
        places(kube, (look, bind), home),
        async { if bind.installs { Some(inside::workloads(kube, look).await) } else { None } },
    );
    let (volumes, taken) = match volumes? {
        Seen::Found((ours, others)) => (Seen::Found(ours), others),
        Seen::Missing => (Seen::Missing, Vec::new()),
        Seen::Hidden(veil) => (Seen::Hidden(veil), Vec::new()),
    };
    let places = places?;
    let first = places.found().and_then(|all| all.first()).cloned();
    let workloads = more.transpose()?.unwrap_or_default();
    Ok(inside::InCluster {
        nodes: nodes?,
        service_account: workloads.service_account,
        csi_driver: csi_driver?,
        controller: workloads.controller,
        node: node?,
        pods: workloads.pods,
        storage: Storage {
            claim_namespace: first.as_ref().map_or_else(|| home.to_owned(), |place| place.name.clone()),
            namespace: first.as_ref().map_or(Seen::Missing, |place| place.namespace.clone()),
            class: Seen::Missing,
            claim: first.map_or(Seen::Missing, |place| place.claim),
            volumes,
            taken,
            places,
        },
    })
}

/// The namespaces, each with its claim.
async fn places(
    kube: &KubeReads,
    (look, bind): (&Look, &BindLook),
    home: &str,
) -> Result<Seen<Vec<Place>>, Trouble> {
    let known = match &bind.selector {
        Some(selector) => match kube.namespaces_by(selector).await? {
            Seen::Found(found) => {
                found.into_iter().map(|it| (it.name.clone(), Some(Seen::Found(it)))).collect()
            }
            Seen::Missing => Vec::new(),
            Seen::Hidden(veil) => return Ok(Seen::Hidden(veil)),
        },
        None if bind.namespaces.is_empty() => vec![(home.to_owned(), None)],
        None => bind.namespaces.iter().map(|name| (name.clone(), None)).collect(),
    };
    let all = known.into_iter().map(|(name, namespace)| async move {
        let (namespace, claim, users) = futures::join!(
            async {
                match namespace {
                    Some(seen) => Ok(seen),
                    None => kube.namespace(&name).await,
                }
            },
            kube.claim(&name, &look.claim),
            async { if bind.removes { kube.users_of(&name, &look.claim).await } else { Ok(Seen::Missing) } },
        );
        Ok::<_, Trouble>(Place { name: name.clone(), namespace: namespace?, claim: claim?, users: users? })
    });
    Ok(Seen::Found(try_join_all(all).await?))
}
