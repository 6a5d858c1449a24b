//! The way to a cluster: the session, the cluster's name, how Kubernetes is reached, and what is to be looked at. Nothing
//! here looks at more than names.

use std::collections::BTreeMap;
use std::time::Duration;

use crate::engine::{BindLook, HelmLook, Look, Needs};
use crate::error::{Error, Kind, Result};
use crate::facts::Cluster;
use crate::gateway::{ContextCluster, KubeWish, Reads, Session, SessionWish, cluster_of_context};
use crate::intent::{Asked, Bind, DriverMode, Intent, Migrate, Namespaces, Setup, Target};
use crate::report::ClusterId;

/// The EKS cluster of the kube context.
pub(super) fn context(env: &BTreeMap<String, String>, target: &Target) -> Option<ContextCluster> {
    cluster_of_context(env, target.kubeconfig.as_deref(), target.context.as_deref())
}

/// Opens the way to AWS, in the Region that was asked for, else the kube context's.
pub(super) async fn open(
    env: &BTreeMap<String, String>,
    target: &Target,
    request_timeout: Duration,
) -> Result<Session> {
    let named = target.region.as_ref().map(|asked| asked.value.clone());
    let by_context = || context(env, target).filter(|_| target.cluster.is_none())?.region;
    Session::open(&SessionWish {
        env: env.clone(),
        region: named.or_else(by_context),
        profile: target.profile.clone(),
        request_timeout,
        trace: target.trace.clone(),
    })
    .await
}

/// The cluster that is meant: the one asked for, else the kube context's, else the Region's only one.
pub(super) async fn cluster_name(
    session: &Session,
    target: &Target,
    env: &BTreeMap<String, String>,
) -> Result<String> {
    match (&target.cluster, context(env, target)) {
        (Some(asked), _) => Ok(asked.value.clone()),
        (None, Some(context)) => Ok(context.name),
        (None, None) => only_cluster(session).await,
    }
}

/// How Kubernetes is to be reached.
pub(super) fn kube_wish(env: &BTreeMap<String, String>, target: &Target, setup: &Setup) -> KubeWish {
    KubeWish {
        env: env.clone(),
        kubeconfig: target.kubeconfig.clone(),
        context: target.context.clone(),
        as_user: target.as_user.clone(),
        request_timeout: setup.request_timeout,
    }
}

/// The only cluster of the Region, or the list of those there are.
async fn only_cluster(session: &Session) -> Result<String> {
    let region = session.region();
    let names = match Reads::new(session).clusters().await? {
        crate::facts::Seen::Found(names) => names,
        crate::facts::Seen::Missing => Vec::new(),
        crate::facts::Seen::Hidden(veil) => {
            return Err(Error::new(Kind::Denied, "cannot see which clusters there are")
                .because(veil.cause)
                .permission(veil.permission));
        }
    };
    match names.as_slice() {
        [only] => Ok(only.clone()),
        [] => Err(no_cluster(region)),
        several => Err(Error::usage(format!("there are {} EKS clusters in {region}", several.len()))
            .details([format!("clusters: {}", several.join(", "))])
            .next("name one with --cluster")),
    }
}

/// How documents and pages name a cluster: Region and account are those of its ARN.
pub(super) fn cluster_id(cluster: &Cluster) -> ClusterId {
    let part = |at| cluster.arn.split(':').nth(at).unwrap_or_default().to_owned();
    ClusterId { name: cluster.name.clone(), arn: cluster.arn.clone(), region: part(3), account: part(4) }
}

/// A Region without clusters.
pub(super) fn no_cluster(region: &str) -> Error {
    Error::usage(format!("there is no EKS cluster in {region}")).next("name another Region with --region")
}

/// An ARN names its account: another caller's account is another cluster.
pub(super) async fn check_account(session: &Session, wanted: Option<&Asked<String>>) -> Result<()> {
    let Some(wanted) = wanted else { return Ok(()) };
    match Reads::new(session).caller().await?.found() {
        Some(caller) if caller.account != wanted.value => Err(Error::usage(format!(
            "{} names account {}, but the credentials are of account {}",
            wanted.from, wanted.value, caller.account
        ))
        .next("take other credentials with --profile, or name a cluster of this account")),
        _ => Ok(()),
    }
}

/// What is to be looked at for a wish.
pub(super) fn look(intent: &Intent, target: &Target, session: &Session, cluster: String) -> Look {
    let by_arn =
        intent.identity.role_arn.as_ref().and_then(|asked| asked.value.rsplit('/').next().map(str::to_owned));
    let by_name = intent.identity.role_name.as_ref().map(|asked| asked.value.clone());
    let file_system = &intent.storage.file_system;
    Look {
        hyperpod: target.hyperpod.as_ref().map(|asked| asked.value.clone()),
        role: by_arn
            .or(by_name)
            .unwrap_or_else(|| crate::domain::names::role_name(&cluster, session.region())),
        service_account: intent.identity.service_account.value.clone(),
        class: intent.storage.class.value.clone(),
        claim: intent.storage.claim.value.clone(),
        namespace: intent.storage.namespace.as_ref().map(|asked| asked.value.clone()),
        build: intent.driver.version.as_ref().map(|asked| asked.value.clone()),
        needs: Needs {
            s3_paths: [&file_system.s3_import, &file_system.s3_export]
                .into_iter()
                .flatten()
                .cloned()
                .collect(),
            kms_key: file_system.kms_key.clone(),
            boundary: intent.identity.boundary.as_ref().map(|asked| asked.value.clone()),
        },
        account_asked: intent.identity.service_account.is_asked(),
        helm: helm_look(intent),
        bind: intent.bind.as_ref().map(bind_look),
        cluster,
    }
}

/// What an existing file system is looked at with.
fn bind_look(bind: &Bind) -> BindLook {
    let (namespaces, selector) = match &bind.namespaces {
        Namespaces::Named(names) => (names.clone(), None),
        Namespaces::Selected(selector) => (Vec::new(), Some(selector.clone())),
    };
    BindLook {
        fs_id: bind.fs_id.as_ref().map(|asked| asked.value.clone()),
        namespaces,
        selector,
        installs: bind.install_driver,
        removes: bind.remove,
    }
}

/// Whether Helm may come into it, and which release an adoption names.
fn helm_look(intent: &Intent) -> HelmLook {
    let migrates = intent.migrate == Some(Migrate::Driver);
    let named = intent.adopt.iter().filter(|(kind, _)| kind.eq_ignore_ascii_case("Release"));
    HelmLook {
        wanted: intent.driver.mode.value == DriverMode::Helm || migrates,
        possible: intent.driver.mode.value != DriverMode::Existing,
        release: named
            .filter_map(|(_, place)| place.split_once('/'))
            .next()
            .map(|(a, b)| (a.to_owned(), b.to_owned())),
    }
}
