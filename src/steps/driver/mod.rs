//! **Promise.** The FSx CSI driver is installed, and its controller has the identity that was chosen.
//! **Looks at** the add-on, its builds and schema, the CSIDriver, the workloads, the controller's pods, the
//! service account, the Helm release.
//! **May change** the add-on `aws-fsx-csi-driver` or the Helm release if fsxctl made it or it is adopted, and with Helm
//! the controller's service account; restarts the controller's pods when they were made before its identity.
//! **Leaves alone** drivers that others installed with Helm or by hand; they are used as they are.
//! **Undo** deletes the add-on, or the release and the service account, that fsxctl made.

mod addon;
mod helm;
mod migrate;
mod pods;
mod undo;
mod upgrade;

pub(crate) use migrate::plan as migrate;
pub(crate) use pods::has_stale_pods;

use super::identity::{self, Who};
use super::{Block, Goal, Item, Note, Sign, StepId};
use crate::domain::ownership;
use crate::domain::storageclass::PROVISIONER;
use crate::domain::versions::DriverVersion;
use crate::error::Kind;
use crate::facts::{Facts, Seen};
use crate::intent::{DriverMode, Intent};

/// The EKS add-on's name.
pub const ADDON: &str = "aws-fsx-csi-driver";

/// Decides the driver. `identity` is what the identity step came to.
pub fn plan(goal: Goal, intent: &Intent, facts: &Facts, identity: &identity::Choice) -> Item {
    let item = match goal {
        Goal::Present => present(intent, facts, identity),
        Goal::Absent => undo::absent(facts),
    };
    item.unwrap_or_else(|block| Item::blocked(StepId::Driver, *block))
}

fn present(intent: &Intent, facts: &Facts, identity: &identity::Choice) -> Result<Item, Box<Block>> {
    // A role that cannot be seen is not a role that is not there, also when the identity is out of scope.
    if let Some(block) = identity.item.block.as_ref().filter(|block| block.kind == Kind::Denied) {
        return Err(Box::new(block.clone()));
    }
    let mode = intent.driver.mode.value;
    let addon = match &facts.driver.addon {
        Seen::Found(addon) => Some(addon),
        Seen::Missing => None,
        Seen::Hidden(veil) => return Err(super::denied("the driver's add-on", veil)),
    };
    if let Some(addon) = addon {
        if mode == DriverMode::Helm {
            return Err(block(
                Kind::Conflict,
                format!("add-on {ADDON} is installed; a release would fight with it over the same objects"),
                "fsxctl migrate driver --to helm",
            ));
        }
        return addon::there(intent, facts, addon, &identity.who)
            .and_then(|item| pods::bring(intent, facts, identity, item));
    }
    if let Some(release) = facts.driver.release.found() {
        return match (mode, release.ours) {
            (DriverMode::Addon, _) => Err(in_the_way(&helm::named(release))),
            (DriverMode::Existing, true) if release.status != "deployed" => Err(helm::unsettled(release)),
            (_, true) => helm::ours(intent, facts, release, &identity.who),
            (_, false) => helm::of_others(intent, facts, release, &identity.who),
        }
        .and_then(|item| pods::bring(intent, facts, identity, item));
    }
    let installed = installed(intent, facts)?;
    match (installed, mode) {
        (Some(_), _) if intent.driver.upgrade => Err(block(
            Kind::Conflict,
            "the driver was installed by manifests, so fsxctl cannot upgrade it".to_owned(),
            "upgrade it the way it was installed, or run: fsxctl migrate driver --to addon",
        )),
        (Some(how), DriverMode::Auto | DriverMode::Existing) => existing(intent, facts, how, &identity.who)
            .and_then(|item| pods::bring(intent, facts, identity, item)),
        (Some(how), DriverMode::Helm) if how == BY_HELM => existing(intent, facts, how, &identity.who)
            .and_then(|item| pods::bring(intent, facts, identity, item)),
        (Some(how), DriverMode::Addon | DriverMode::Helm) => Err(in_the_way(how)),
        (None, DriverMode::Existing) => Err(block(
            Kind::Usage,
            "--driver existing: there is no FSx CSI driver in the cluster".to_owned(),
            "install it with --driver addon",
        )),
        (None, _) if intent.driver.upgrade => Err(block(
            Kind::Usage,
            "--upgrade: there is no FSx CSI driver in the cluster".to_owned(),
            "fsxctl setup driver",
        )),
        (None, _) => match choice(intent, facts) {
            Choice::Addon => addon::install(intent, facts, &identity.who),
            Choice::Helm => helm::install(intent, facts, &identity.who),
        },
    }
}

/// What a driver that is not there yet is installed with.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Choice {
    Addon,
    Helm,
}

/// `auto`: the add-on, unless it has no build for this Kubernetes or would refuse over a service account of somebody
/// else, and the helm program is there.
fn choice(intent: &Intent, facts: &Facts) -> Choice {
    match intent.driver.mode.value {
        DriverMode::Helm => return Choice::Helm,
        DriverMode::Addon | DriverMode::Existing => return Choice::Addon,
        DriverMode::Auto => {}
    }
    let (namespace, name) = super::account(intent, facts);
    let foreign_account = facts.access.service_account.found().is_some_and(|account| {
        !crate::domain::ownership::is_labelled_ours(&account.marks.labels)
            && !intent.adopts("ServiceAccount", &format!("{namespace}/{name}"))
    });
    let is_fitting =
        |version: &crate::facts::AddonVersion| version.kubernetes.contains(&facts.cluster.version);
    let no_build = match &facts.driver.versions {
        Seen::Found(versions) => !versions.iter().any(is_fitting),
        Seen::Missing => true,
        Seen::Hidden(_) => false,
    };
    let is_there = facts.driver.helm.found().is_some_and(|program| helm::is_recent(&program.version));
    if is_there && (foreign_account || no_build) { Choice::Helm } else { Choice::Addon }
}

/// Whether the plan will make the add-on, which then makes its own Pod Identity association.
pub(crate) fn makes_addon(intent: &Intent, facts: &Facts) -> bool {
    let driver = &facts.driver;
    driver.addon.is_missing()
        && driver.controller.found().is_none()
        && driver.csi_driver.found().is_none()
        && driver.release.found().is_none()
        && choice(intent, facts) == Choice::Addon
}

/// Half of a driver: EKS and helm make the CSIDriver and the workloads one after the other, so a look can fall between.
pub fn is_half_there(facts: &Facts) -> bool {
    let nobodys = facts.driver.addon.is_missing() && facts.driver.release.is_missing();
    nobodys && facts.driver.csi_driver.found().is_some() && facts.driver.controller.is_missing()
}

/// Whether what was seen does not hang together: EKS's mark is on the controller's service account, and the add-on that puts
/// it there was not seen. Looking again tells whether another run made both meanwhile.
pub fn is_torn(facts: &Facts) -> bool {
    let account = facts.access.service_account.found();
    let by_eks = account.and_then(|account| account.marks.labels.get(ownership::LABEL_MANAGED_BY));
    facts.driver.addon.is_missing() && by_eks.is_some_and(|by| by == "EKS")
}

/// What somebody is at work on and will be done with soon, so that looking again is better than a refusal.
pub fn under_way(intent: &Intent, facts: &Facts) -> Option<String> {
    let release = facts.driver.release.found().filter(|release| {
        release.ours && helm::is_pending(release) && release.age_seconds < helm::ABANDONED_SECONDS
    });
    if let Some(release) = release.filter(|_| intent.covers(StepId::Driver)) {
        let (namespace, name) = (&release.namespace, &release.name);
        return Some(format!("helm to be done with release {namespace}/{name}, which is {}", release.status));
    }
    let addon = facts.driver.addon.found().filter(|addon| addon.status == "DELETING");
    let makes_room = intent.driver.mode.value == DriverMode::Helm && intent.covers(StepId::Driver);
    addon.filter(|_| makes_room).map(|_| format!("add-on {ADDON} to be gone"))
}

/// Marks of Helm on objects whose release is not known.
const BY_HELM: &str = "by Helm";

fn in_the_way(how: &str) -> Box<Block> {
    block(
        Kind::Conflict,
        format!(
            "the driver is installed already, {how}; another one would fight with it over the same objects"
        ),
        "use it with --driver existing, or run: fsxctl migrate driver --to addon",
    )
}

/// How the driver was installed when it is no add-on.
fn installed(intent: &Intent, facts: &Facts) -> Result<Option<&'static str>, Box<Block>> {
    let csi_driver = match &facts.driver.csi_driver {
        Seen::Found(found) => Some(&found.marks),
        Seen::Missing => None,
        Seen::Hidden(veil) => return Err(super::denied("CSIDriver fsx.csi.aws.com", veil)),
    };
    let controller = match &facts.driver.controller {
        Seen::Found(found) => Some(&found.marks),
        Seen::Missing => None,
        Seen::Hidden(veil) => return Err(super::denied("Deployment fsx-csi-controller", veil)),
    };
    let Some(marks) = controller.or(csi_driver) else { return Ok(None) };
    if controller.is_none() && intent.driver.mode.value != DriverMode::Existing {
        return if intent.adopts("CSIDriver", PROVISIONER) { Ok(None) } else { Err(left_behind()) };
    }
    let helm = marks.annotations.contains_key(helm::RELEASE_NAME)
        || marks.labels.get("app.kubernetes.io/managed-by").is_some_and(|by| by == "Helm");
    Ok(Some(if helm { BY_HELM } else { "by manifests" }))
}

/// A CSIDriver without a controller: a release that is gone left it, or the driver runs in another namespace.
fn left_behind() -> Box<Block> {
    block(
        Kind::Conflict,
        format!("CSIDriver {PROVISIONER} is there, but Deployment kube-system/fsx-csi-controller is not"),
        &format!(
            "install a driver over it with --adopt CSIDriver/{PROVISIONER}, or use a driver of another namespace with --driver existing"
        ),
    )
}

fn existing(intent: &Intent, facts: &Facts, how: &str, who: &Who) -> Result<Item, Box<Block>> {
    if let Some(asked) = &intent.driver.version {
        let image = facts.driver.controller.found().and_then(|workload| workload.image.as_deref());
        let there = image.and_then(DriverVersion::of_image);
        let wanted = asked.value.parse::<DriverVersion>().ok();
        let of_chart =
            facts.driver.release.found().is_some_and(|release| release.chart_version == asked.value);
        let of_image = there.is_some() && there.as_ref().map(|it| it.numbers) == wanted.map(|it| it.numbers);
        if !of_chart && !of_image {
            return Err(block(
                Kind::Conflict,
                format!(
                    "{} asks for {}, but {} is installed {how}",
                    asked.from,
                    asked.value,
                    image.unwrap_or("another version")
                ),
                "leave --driver-version out, or upgrade it the way it was installed",
            ));
        }
    }
    has_role(intent, facts, how, who)?;
    let mut notes =
        vec![Note { sign: Sign::Keep, text: format!("the driver was installed {how}; it is used as it is") }];
    notes.extend(readiness(facts));
    Ok(Item { notes, ..Item::settled(StepId::Driver, format!("installed {how}")) })
}

/// With IRSA the annotation of the service account gives the role; that of somebody else's driver is left alone.
fn has_role(intent: &Intent, facts: &Facts, how: &str, who: &Who) -> Result<(), Box<Block>> {
    let Who::Irsa(role) = who else { return Ok(()) };
    let annotated = facts.access.service_account.found().and_then(|account| account.role_arn.as_ref());
    if annotated == Some(role) {
        return Ok(());
    }
    let (namespace, name) = super::account(intent, facts);
    Err(block(
        Kind::Conflict,
        format!(
            "the driver was installed {how}, and its service account {namespace}/{name} does not have role {role}"
        ),
        &format!(
            "annotate it: kubectl -n {namespace} annotate serviceaccount {name} eks.amazonaws.com/role-arn={role} --overwrite, \
             and restart deployment fsx-csi-controller"
        ),
    ))
}

/// What is worth telling about pods that are not ready.
fn readiness(facts: &Facts) -> Vec<Note> {
    [
        ("Deployment fsx-csi-controller", &facts.driver.controller),
        ("DaemonSet fsx-csi-node", &facts.driver.node),
    ]
    .into_iter()
    .filter_map(|(name, seen)| match seen {
        Seen::Found(workload) if workload.ready < workload.desired => Some(Note {
            sign: Sign::Warn,
            text: format!("{name}: {} of {} pods are ready", workload.ready, workload.desired),
        }),
        Seen::Missing => Some(Note { sign: Sign::Warn, text: format!("{name} is not there") }),
        Seen::Hidden(veil) => {
            Some(Note { sign: Sign::Unknown, text: format!("{name} cannot be seen ({})", veil.permission) })
        }
        Seen::Found(_) => None,
    })
    .collect()
}

fn block(kind: Kind, message: String, next: &str) -> Box<Block> {
    Box::new(Block { kind, message, permission: None, next: Some(next.to_owned()) })
}

#[cfg(test)]
mod tests;
