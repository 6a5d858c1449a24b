//! **Promise.** The FSx CSI driver is installed, and its controller has the identity that was chosen.
//! **Looks at** the add-on, its builds and schema, the CSIDriver, the workloads, the controller's pods, the service
//! account.
//! **May change** the add-on `aws-fsx-csi-driver` if fsxctl made it or it is adopted; restarts its controller's pods
//! when they were made before its identity.
//! **Leaves alone** drivers installed by Helm or by hand; they are used as they are.
//! **Undo** deletes the add-on that fsxctl made.

mod addon;
mod pods;
mod undo;

use super::identity::{self, Who};
use super::{Block, Goal, Item, Note, Sign, StepId};
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
    let addon = match &facts.driver.addon {
        Seen::Found(addon) => Some(addon),
        Seen::Missing => None,
        Seen::Hidden(veil) => return Err(super::denied("the driver's add-on", veil)),
    };
    if let Some(addon) = addon {
        return addon::there(intent, facts, addon, &identity.who)
            .and_then(|item| pods::bring(intent, facts, identity, item));
    }
    let installed = installed(intent, facts)?;
    match (installed, intent.driver.mode.value) {
        (Some(how), DriverMode::Auto | DriverMode::Existing) => existing(intent, facts, how, &identity.who)
            .and_then(|item| pods::bring(intent, facts, identity, item)),
        (Some(how), DriverMode::Addon) => Err(block(
            Kind::Conflict,
            format!(
                "the driver is installed already, {how}; the add-on would fight with it over the same objects"
            ),
            "use it with --driver existing",
        )),
        (None, DriverMode::Existing) => Err(block(
            Kind::Usage,
            "--driver existing: there is no FSx CSI driver in the cluster".to_owned(),
            "install it with --driver addon",
        )),
        (None, DriverMode::Auto | DriverMode::Addon) => addon::install(intent, facts, &identity.who),
    }
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
    let helm = marks.annotations.contains_key("meta.helm.sh/release-name")
        || marks.labels.get("app.kubernetes.io/managed-by").is_some_and(|by| by == "Helm");
    Ok(Some(if helm { "by Helm" } else { "by manifests" }))
}

/// A CSIDriver without a controller: a release that is gone left it, or the driver runs in another namespace.
fn left_behind() -> Box<Block> {
    block(
        Kind::Conflict,
        format!("CSIDriver {PROVISIONER} is there, but Deployment kube-system/fsx-csi-controller is not"),
        &format!(
            "install the add-on over it with --adopt CSIDriver/{PROVISIONER}, or use a driver of another namespace with --driver existing"
        ),
    )
}

fn existing(intent: &Intent, facts: &Facts, how: &str, who: &Who) -> Result<Item, Box<Block>> {
    if let Some(asked) = &intent.driver.version {
        let image = facts.driver.controller.found().and_then(|workload| workload.image.as_deref());
        let there = image.and_then(DriverVersion::of_image);
        let wanted = asked.value.parse::<DriverVersion>().ok();
        if there.is_none() || there.as_ref().map(|it| it.numbers) != wanted.map(|it| it.numbers) {
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
    let (namespace, name) = &intent.identity.service_account.value;
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
