//! Looks: one snapshot of the world in as few waves of calls as their dependencies allow.
//!
//! Wave 1 asks what needs only names; wave 2 what needs the VPC, the issuer or an ARN of wave 1, and Kubernetes.
//! A third wave happens only for policies of roles that are not fsxctl's and for prefix lists.

mod bind;
mod checkup;
mod inside;
mod release;
mod shut;
mod survey;
mod third;

pub use bind::BindLook;
pub use checkup::checkup;
pub use survey::{Sight, survey};

use std::collections::{BTreeMap, BTreeSet};

use futures::future::{join_all, try_join_all};

use crate::domain::names::{self, Partition};
use crate::domain::policy::INLINE_POLICY;
use crate::error::{Error, Result};
use crate::facts::{
    Access, Addon, AddonVersion, Association, Caller, Cluster, Driver, Facts, FileSystem, HyperPod, Instance,
    Interface, Network, Policies, RoleFacts, Seen,
};
use crate::gateway::{KubeWish, Kubernetes, Reads, Session, Trouble};
use crate::steps::driver::ADDON;

/// The add-on that gives pods their Pod Identity credentials.
const AGENT: &str = "eks-pod-identity-agent";
/// FSx's service-linked role.
const SERVICE_LINKED: &str = "AWSServiceRoleForAmazonFSx";

/// What to look at.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Look {
    /// The cluster's name.
    pub cluster: String,
    /// A HyperPod cluster by name; none: those whose orchestrator is the cluster.
    pub hyperpod: Option<String>,
    /// The role that fsxctl would make or was told to use.
    pub role: String,
    /// The controller's service account, namespace and name.
    pub service_account: (String, String),
    /// The StorageClass.
    pub class: String,
    /// The claim's name.
    pub claim: String,
    /// The claim's namespace; none: the kube context's, else `default`.
    pub namespace: Option<String>,
    /// What decides which policies of the role have to be read.
    pub needs: Needs,
    /// The build of the add-on that was asked for; none: the default of the Kubernetes version.
    pub build: Option<String>,
    /// Whether the service account was asked for; else it is that of the driver that is there.
    pub account_asked: bool,
    /// Whether Helm may come into it.
    pub helm: HelmLook,
    /// An existing file system that is bound instead.
    pub bind: Option<BindLook>,
}

/// When to look for a Helm release although no object names one.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct HelmLook {
    /// The driver is, or is to be, a release.
    pub wanted: bool,
    /// It may become one.
    pub possible: bool,
    /// Namespace and name of a release that was named; else those by convention.
    pub release: Option<(String, String)>,
}

/// What the role will have to allow besides the driver's own calls, and under which limit.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Needs {
    /// S3 paths of legacy links.
    pub s3_paths: Vec<String>,
    /// The customer key: an id, alias or ARN.
    pub kms_key: Option<String>,
    /// ARN of the permissions boundary that was asked for.
    pub boundary: Option<String>,
}

/// What wave 1 saw.
struct First {
    caller: Seen<Caller>,
    cluster: Cluster,
    addon: Seen<Addon>,
    agent: Seen<Addon>,
    versions: Seen<Vec<AddonVersion>>,
    association_id: Seen<String>,
    hyperpods: Seen<Vec<String>>,
    roles: BTreeMap<String, RoleFacts>,
    file_systems: Seen<Vec<FileSystem>>,
    instances: Seen<Vec<Instance>>,
}

/// A way to look: the session, and how Kubernetes is to be reached.
#[derive(Debug, Clone)]
pub struct Eyes {
    /// AWS.
    pub session: Session,
    /// How to reach Kubernetes.
    pub kube: KubeWish,
}

/// Takes the snapshot. Also returns the way to Kubernetes that was found.
///
/// # Errors
/// No such cluster, no credentials, unreachable services, a kubeconfig for another server.
pub async fn observe(eyes: &Eyes, look: &Look) -> Result<(Facts, Kubernetes)> {
    if let Some(bind) = &look.bind {
        return Box::pin(bind::observe(eyes, look, bind)).await;
    }
    let reads = Reads::new(&eyes.session);
    let first = first_wave(&reads, look).await?;
    let kubernetes = Kubernetes::connect(&eyes.kube, &eyes.session, &first.cluster).await?;
    let namespace =
        look.namespace.clone().or_else(|| kubernetes.namespace()).unwrap_or_else(|| "default".to_owned());
    let kube = kubernetes.reads();
    let both =
        futures::future::join(second_wave(&reads, look, &first), inside::look(&kube, look, &namespace));
    let (aws, cluster) = Box::pin(both).await;
    let aws = aws?;
    let cluster = cluster.map_err(|trouble| shut::why(trouble, &first, &kubernetes))?;
    let mut facts = assemble(eyes.session.region(), first, aws, cluster);
    facts.reached = kubernetes.how();
    let helm = Box::pin(release::look(eyes, &kube, &reads, look, &facts)).await?;
    helm.into(&mut facts);
    third::look(&reads, look, &mut facts).await?;
    Ok((facts, kubernetes))
}

async fn first_wave(reads: &Reads, look: &Look) -> Result<First> {
    let (namespace, account) = &look.service_account;
    // Boxed: SDK futures are large, and so many of them at once would weigh on the stack.
    let (a, b) = futures::future::join(
        Box::pin(async {
            futures::join!(
                reads.caller(),
                reads.cluster(&look.cluster),
                reads.addon(&look.cluster, ADDON),
                reads.addon(&look.cluster, AGENT),
                reads.addon_versions(ADDON),
                reads.association_id(&look.cluster, namespace, account),
            )
        }),
        Box::pin(async {
            futures::join!(
                hyperpod_names(reads, look),
                role_with_inline(reads, &look.role),
                reads.file_systems(),
                reads.instances(&look.cluster),
            )
        }),
    )
    .await;
    let (caller, cluster, addon, agent, versions, association_id) = a;
    let (hyperpods, role, file_systems, instances) = b;
    // The cluster goes first: a cluster that is not there makes every other answer moot.
    let cluster = shut::the_cluster(reads, look, cluster).await?;
    Ok(First {
        caller: caller?,
        cluster,
        addon: addon?,
        agent: agent?,
        versions: versions?,
        association_id: association_id?,
        hyperpods: hyperpods?,
        roles: BTreeMap::from([(look.role.clone(), role?)]),
        file_systems: file_systems?,
        instances: instances?,
    })
}

async fn hyperpod_names(reads: &Reads, look: &Look) -> Result<Seen<Vec<String>>, Trouble> {
    match &look.hyperpod {
        Some(name) => Ok(Seen::Found(vec![name.clone()])),
        None => reads.hyperpod_names().await,
    }
}

/// The role and fsxctl's inline policy at once; other policies are listed only when these do not settle it.
async fn role_with_inline(reads: &Reads, name: &str) -> Result<RoleFacts, Trouble> {
    let (role, inline) = futures::join!(reads.role(name), reads.role_policy(name, INLINE_POLICY));
    let (role, inline) = (role?, inline?);
    let policies = match inline {
        Seen::Found(document) => {
            let inline = BTreeMap::from([(INLINE_POLICY.to_owned(), document)]);
            Seen::Found(Policies { inline, ..Policies::default() })
        }
        Seen::Missing if role.is_missing() => Seen::Missing,
        Seen::Missing => Seen::Found(Policies::default()),
        Seen::Hidden(veil) => Seen::Hidden(veil),
    };
    Ok(RoleFacts { role, policies })
}

/// What wave 2 saw on the AWS side.
struct Second {
    association: Seen<Association>,
    provider: Seen<crate::facts::Provider>,
    schema: Seen<serde_json::Value>,
    hyperpod: Seen<Vec<HyperPod>>,
    network: Network,
    roles: BTreeMap<String, RoleFacts>,
}

async fn second_wave(reads: &Reads, look: &Look, first: &First) -> Result<Second> {
    let vpc = first.cluster.vpc.as_str();
    let vpcs = [vpc];
    let ids = first_interfaces(first);
    let (a, b) = futures::future::join(
        Box::pin(async {
            futures::join!(
                provider(reads, &first.cluster),
                schema(reads, look, first),
                hyperpods(reads, look, first),
                association(reads, look, first),
                roles(reads, look, first),
            )
        }),
        Box::pin(async {
            futures::join!(
                reads.subnets(&vpcs),
                reads.groups(&vpcs),
                reads.route_tables(&vpcs),
                interfaces(reads, &ids)
            )
        }),
    )
    .await;
    let (provider, schema, hyperpod, association, roles) = a;
    let (subnets, groups, routes, interfaces) = b;
    let network = Network {
        subnets: subnets?,
        groups: groups?,
        routes: routes?,
        interfaces: interfaces?,
        instances: first.instances.clone(),
        prefix_lists: BTreeMap::new(),
    };
    Ok(Second {
        association: association?,
        provider: provider?,
        schema: schema?,
        hyperpod: hyperpod?,
        network,
        roles: roles?,
    })
}

/// The interfaces of all file systems that may be in the cluster's VPC.
fn first_interfaces(first: &First) -> Vec<String> {
    let vpc = first.cluster.vpc.as_str();
    let in_vpc = |system: &&FileSystem| system.vpc.as_deref().is_none_or(|it| it == vpc);
    let systems = first.file_systems.found().map_or(&[][..], Vec::as_slice);
    systems.iter().filter(in_vpc).flat_map(|system| system.interfaces.clone()).collect()
}

async fn association(reads: &Reads, look: &Look, first: &First) -> Result<Seen<Association>, Trouble> {
    match &first.association_id {
        Seen::Found(id) => reads.association(&look.cluster, id).await,
        Seen::Missing => Ok(Seen::Missing),
        Seen::Hidden(veil) => Ok(Seen::Hidden(veil.clone())),
    }
}

async fn provider(reads: &Reads, cluster: &Cluster) -> Result<Seen<crate::facts::Provider>, Trouble> {
    let Some(issuer) = &cluster.issuer else { return Ok(Seen::Missing) };
    let Ok(arn) = cluster.arn.parse::<names::Arn>() else { return Ok(Seen::Missing) };
    reads.provider(&names::provider_arn(Partition::of_region(&arn.region), &arn.account, issuer)).await
}

/// The configuration schema of the build that would be installed; asked for only when one would be.
async fn schema(reads: &Reads, look: &Look, first: &First) -> Result<Seen<serde_json::Value>, Trouble> {
    if !first.addon.is_missing() {
        return Ok(Seen::Missing);
    }
    let version = &first.cluster.version;
    let fitting =
        first.versions.found().into_iter().flatten().filter(|build| build.kubernetes.contains(version));
    let builds: Vec<&AddonVersion> = fitting.collect();
    let build = match &look.build {
        // Builds that cannot be seen are no reason not to believe that this one is there.
        Some(asked) => {
            let is_there = builds.iter().any(|build| build.version == *asked);
            (is_there || first.versions.hidden().is_some()).then_some(asked)
        }
        None => {
            let default = builds.iter().find(|build| build.default_for.contains(version));
            default.or_else(|| builds.first()).map(|build| &build.version)
        }
    };
    match build {
        Some(build) => reads.addon_schema(ADDON, build).await,
        None => Ok(Seen::Missing),
    }
}

/// HyperPod clusters on this EKS cluster.
async fn hyperpods(reads: &Reads, look: &Look, first: &First) -> Result<Seen<Vec<HyperPod>>> {
    let names = match &first.hyperpods {
        Seen::Found(names) => names,
        Seen::Missing => return Ok(Seen::Missing),
        Seen::Hidden(veil) => return Ok(Seen::Hidden(veil.clone())),
    };
    let mut found = Vec::new();
    for answer in try_join_all(names.iter().map(|name| reads.hyperpod(name))).await? {
        match answer {
            Seen::Found(pod) if pod.eks_arn.as_deref() == Some(first.cluster.arn.as_str()) => found.push(pod),
            Seen::Found(_) => {}
            Seen::Missing => {}
            Seen::Hidden(veil) => return Ok(Seen::Hidden(veil)),
        }
    }
    match &look.hyperpod {
        Some(name) if found.is_empty() => Err(Error::usage(format!(
            "there is no HyperPod cluster {name} whose orchestrator is EKS cluster {}",
            first.cluster.name
        ))
        .next("name one that is there with --hyperpod, or leave it out")),
        _ => Ok(Seen::Found(found)),
    }
}

async fn interfaces(reads: &Reads, ids: &[String]) -> Result<Seen<Vec<Interface>>, Trouble> {
    if ids.is_empty() { Ok(Seen::Missing) } else { reads.interfaces(ids).await }
}

/// Roles that wave 1 could not look at whole: the add-on's, when it is another than fsxctl's; the other policies of
/// fsxctl's own, when its inline policy is not there; and FSx's service-linked role, unless a file system proves it.
async fn roles(reads: &Reads, look: &Look, first: &First) -> Result<BTreeMap<String, RoleFacts>, Trouble> {
    let by_addon = first.addon.found().and_then(|addon| addon.role_arn.as_deref()).map(role_name);
    let names: BTreeSet<String> =
        by_addon.into_iter().filter(|name| !first.roles.contains_key(name)).collect();
    let is_proved = first.file_systems.found().is_some_and(|systems| !systems.is_empty());
    let wish = third::policy_wish(look, &first.cluster.arn, reads.region(), !is_proved);
    let own = first.roles.get(&look.role).filter(|role| third::is_half_known(role, &wish));
    let (others, policies, linked) = futures::join!(
        whole_roles(reads, names),
        async { if own.is_some() { Some(reads.role_policies(&look.role).await) } else { None } },
        async { if is_proved { None } else { Some(reads.role(SERVICE_LINKED).await) } },
    );
    let mut roles = others?;
    if let (Some(own), Some(policies)) = (own, policies) {
        roles.insert(look.role.clone(), RoleFacts { role: own.role.clone(), policies: policies? });
    }
    if let Some(linked) = linked {
        roles.insert(SERVICE_LINKED.to_owned(), RoleFacts { role: linked?, policies: Seen::Missing });
    }
    Ok(roles)
}

fn role_name(arn: &str) -> String {
    arn.rsplit('/').next().unwrap_or(arn).to_owned()
}

async fn whole_roles(reads: &Reads, names: BTreeSet<String>) -> Result<BTreeMap<String, RoleFacts>, Trouble> {
    let all = join_all(names.into_iter().map(|name| async move {
        let (role, policies) = futures::join!(reads.role(&name), reads.role_policies(&name));
        Ok((name, RoleFacts { role: role?, policies: policies? }))
    }));
    all.await.into_iter().collect()
}

fn assemble(region: &str, first: First, aws: Second, cluster: inside::InCluster) -> Facts {
    let mut roles = first.roles;
    roles.extend(aws.roles);
    Facts {
        caller: first.caller,
        region: region.to_owned(),
        reached: String::new(),
        cluster: first.cluster,
        hyperpod: aws.hyperpod,
        nodes: cluster.nodes,
        access: Access {
            provider: aws.provider,
            roles,
            boundaries: BTreeMap::new(),
            association: aws.association,
            agent: first.agent,
            service_account: cluster.service_account,
            node_roles: Seen::Missing,
        },
        network: aws.network,
        driver: Driver {
            addon: first.addon,
            versions: first.versions,
            schema: aws.schema,
            csi_driver: cluster.csi_driver,
            namespace: "kube-system".to_owned(),
            controller: cluster.controller,
            node: cluster.node,
            release: Seen::Missing,
            helm: Seen::Missing,
            pods: cluster.pods,
        },
        file_systems: first.file_systems,
        other_file_systems: BTreeMap::new(),
        storage: cluster.storage,
    }
}
