//! Helm, when it matters: the release that the driver is of or would be, and the helm program.
//!
//! Objects of a release name it in their annotations. Without such objects a release is looked for only when Helm may
//! be used, so a finished add-on set-up asks for no Secret.

use super::{Eyes, Look};
use crate::error::Result;
use crate::facts::{ControllerPod, Facts, HelmProgram, Release, Seen, ServiceAccount, Workload};
use crate::gateway::{Helm, KubeReads, Reads};

/// Where helm puts its own marks on every object of a release.
const NAME: &str = "meta.helm.sh/release-name";
const NAMESPACE: &str = "meta.helm.sh/release-namespace";
/// Name and namespace by convention (the driver's docs/install.md).
const CONVENTION: (&str, &str) = ("kube-system", "aws-fsx-csi-driver");

/// What was seen.
pub(super) struct Found {
    release: Seen<Release>,
    helm: Seen<HelmProgram>,
    elsewhere: Option<Elsewhere>,
}

/// The driver in the namespace of its release, when that is not the usual one.
struct Elsewhere {
    namespace: String,
    controller: Seen<Workload>,
    node: Seen<Workload>,
    pods: Seen<Vec<ControllerPod>>,
    account: Option<Seen<ServiceAccount>>,
    association: Option<Seen<crate::facts::Association>>,
}

/// Looks, with what the first two waves saw.
pub(super) async fn look(
    eyes: &Eyes,
    kube: &KubeReads,
    reads: &Reads,
    wanted: &Look,
    facts: &Facts,
) -> Result<Found> {
    let marked = marked(facts);
    let may_install = may_install(wanted, facts);
    let convention = (CONVENTION.0.to_owned(), CONVENTION.1.to_owned());
    let named = wanted.helm.release.clone().unwrap_or(convention);
    let place = marked.clone().or_else(|| may_install.then_some(named));
    let (release, helm) = futures::join!(
        async {
            match &place {
                Some((namespace, name)) => kube.release(namespace, name).await,
                None => Ok(Seen::Missing),
            }
        },
        async { if may_install || marked.is_some() { program(eyes).await } else { Seen::Missing } },
    );
    let elsewhere = match marked {
        Some((namespace, _)) if namespace != CONVENTION.0 => {
            Some(elsewhere(kube, reads, wanted, namespace).await?)
        }
        _ => None,
    };
    Ok(Found { release: release?, helm, elsewhere })
}

impl Found {
    /// Puts what was seen into the snapshot.
    pub(super) fn into(self, facts: &mut Facts) {
        facts.driver.release = self.release;
        facts.driver.helm = self.helm;
        let Some(elsewhere) = self.elsewhere else { return };
        facts.driver.namespace = elsewhere.namespace;
        facts.driver.controller = elsewhere.controller;
        facts.driver.node = elsewhere.node;
        facts.driver.pods = elsewhere.pods;
        if let Some(account) = elsewhere.account {
            facts.access.service_account = account;
        }
        if let Some(association) = elsewhere.association {
            facts.access.association = association;
        }
    }
}

async fn program(eyes: &Eyes) -> Seen<HelmProgram> {
    match Helm::find(&eyes.kube.env) {
        Some(helm) => helm.version().await,
        None => Seen::Missing,
    }
}

/// Namespace and name of the release that the driver's objects name.
fn marked(facts: &Facts) -> Option<(String, String)> {
    let controller = facts.driver.controller.found().map(|workload| &workload.marks);
    let csi_driver = facts.driver.csi_driver.found().map(|driver| &driver.marks);
    [controller, csi_driver].into_iter().flatten().find_map(|marks| {
        let of = |key: &str| marks.annotations.get(key).filter(|text| !text.is_empty()).cloned();
        Some((of(NAMESPACE)?, of(NAME)?))
    })
}

/// Whether a release might be made: Helm was asked for; or there is no driver, and the add-on has no build for this
/// Kubernetes or finds a service account in its way.
fn may_install(wanted: &Look, facts: &Facts) -> bool {
    if wanted.helm.wanted {
        return true;
    }
    let driver = &facts.driver;
    let none = driver.addon.is_missing() && driver.controller.is_missing() && driver.csi_driver.is_missing();
    let version = &facts.cluster.version;
    let fits =
        |builds: &Vec<crate::facts::AddonVersion>| builds.iter().any(|it| it.kubernetes.contains(version));
    let no_build =
        driver.versions.is_missing() || driver.versions.found().is_some_and(|builds| !fits(builds));
    wanted.helm.possible && none && (no_build || facts.access.service_account.found().is_some())
}

async fn elsewhere(kube: &KubeReads, reads: &Reads, wanted: &Look, namespace: String) -> Result<Elsewhere> {
    let (controller, node, pods) = futures::join!(
        kube.deployment(&namespace, "fsx-csi-controller"),
        kube.daemon_set(&namespace, "fsx-csi-node"),
        kube.controller_pods(&namespace),
    );
    let (controller, node, pods) = (controller?, node?, pods?);
    let name = controller.found().and_then(|workload| workload.service_account.clone());
    let (account, association) = match name.filter(|_| !wanted.account_asked) {
        None => (None, None),
        Some(name) => {
            let (account, id) = futures::join!(
                kube.service_account(&namespace, &name),
                Box::pin(reads.association_id(&wanted.cluster, &namespace, &name)),
            );
            let association = match id? {
                Seen::Found(id) => reads.association(&wanted.cluster, &id).await?,
                Seen::Missing => Seen::Missing,
                Seen::Hidden(veil) => Seen::Hidden(veil),
            };
            (Some(account?), Some(association))
        }
    };
    Ok(Elsewhere { namespace, controller, node, pods, account, association })
}
