//! Pods of the controller that were made before its identity was: they have credentials of none or of another role
//! until they are made anew (failure mode A-04).

use super::block;
use crate::domain::ownership;
use crate::error::Kind;
use crate::facts::{ControllerPod, Facts, Seen};
use crate::intent::Intent;
use crate::steps::identity::{Choice, Who};
use crate::steps::{Block, Change, Item, Note, RESTART, Sign, restart};

/// Adds the restart of stale pods to the driver's item, unless the plan restarts them already.
pub(super) fn bring(
    intent: &Intent,
    facts: &Facts,
    identity: &Choice,
    mut item: Item,
) -> Result<Item, Box<Block>> {
    let is_planned = item.changes.iter().chain(&identity.item.changes).any(|change| change.id == RESTART);
    let Some(made_with) = made_with(facts, &identity.who).filter(|_| !is_planned) else { return Ok(item) };
    // Pods that are being replaced at this moment are not asked: the new ones are made with what is there now.
    if facts.driver.controller.found().is_none_or(|controller| controller.rolling) {
        return Ok(item);
    }
    let pods = match &facts.driver.pods {
        Seen::Found(pods) => pods.as_slice(),
        Seen::Missing => &[],
        Seen::Hidden(veil) => {
            let text = format!(
                "whether the controller's pods have its role cannot be seen ({}); they are taken to have it",
                veil.permission
            );
            item.notes.push(Note { sign: Sign::Unknown, text });
            return Ok(item);
        }
    };
    let living = pods.iter().filter(|pod| pod.is_living());
    let mut stale: Vec<&str> =
        living.filter(|pod| !made_with.fits(pod)).map(|pod| pod.name.as_str()).collect();
    stale.sort_unstable();
    if stale.is_empty() {
        return Ok(item);
    }
    // Pods that are made anew for an agent that is not there would lose what they have.
    let agent = &facts.access.agent;
    if let (Who::PodIdentity { .. }, Seen::Hidden(veil), false) =
        (&identity.who, agent, facts.cluster.auto_mode)
    {
        let text = format!(
            "pods of the controller were made before its association ({}); they are not restarted, because add-on \
             eks-pod-identity-agent cannot be seen ({})",
            stale.join(", "),
            veil.permission
        );
        item.notes.push(Note { sign: Sign::Unknown, text });
        return Ok(item);
    }
    may_restart(intent, facts, &identity.who, &stale)?;
    let mut changes = item.changes.clone();
    changes.extend(again(facts, &stale));
    item.because = "the controller's pods were made before it got its role".to_owned();
    Ok(item.with(changes))
}

/// Whether living pods were made before the identity, as far as can be seen, and nobody replaces them yet.
pub(crate) fn has_stale_pods(facts: &Facts, who: &Who) -> bool {
    let is_rolling = facts.driver.controller.found().is_none_or(|controller| controller.rolling);
    let mut pods = facts.driver.pods.found().into_iter().flatten().filter(|pod| pod.is_living());
    made_with(facts, who).is_some_and(|made_with| !is_rolling && pods.any(|pod| !made_with.fits(pod)))
}

/// What a pod that was made with the identity has.
enum MadeWith<'a> {
    Role(&'a String),
    PodIdentity,
}

impl MadeWith<'_> {
    fn fits(&self, pod: &ControllerPod) -> bool {
        match self {
            Self::Role(role) => pod.role_arn.as_ref() == Some(role),
            Self::PodIdentity => pod.pod_identity,
        }
    }
}

/// None when the identity is not in place yet, or not known.
fn made_with<'a>(facts: &Facts, who: &'a Who) -> Option<MadeWith<'a>> {
    match who {
        Who::Irsa(role) => {
            // The webhook reads the annotation, so pods that are made without it would be stale for ever.
            let annotated = facts.access.service_account.found()?.role_arn.as_ref()?;
            (annotated == role).then_some(MadeWith::Role(role))
        }
        Who::PodIdentity { associated: true, .. } => {
            facts.access.association.found().map(|_| MadeWith::PodIdentity)
        }
        Who::PodIdentity { associated: false, .. } | Who::Unknown => None,
    }
}

fn again(facts: &Facts, stale: &[&str]) -> Option<Change> {
    let change = restart(facts, &["role", "role-trust", "role-policy"])?;
    let mut details = change.details.clone();
    details.insert(0, format!("made before the role: {}", stale.join(", ")));
    Some(Change { details, ..change })
}

/// A driver of somebody else is restarted only when it is adopted, or when its association is fsxctl's: then the
/// restart is what is left of making it.
fn may_restart(intent: &Intent, facts: &Facts, who: &Who, stale: &[&str]) -> Result<(), Box<Block>> {
    let is_ours = |tags| ownership::is_ours(tags, &facts.cluster.arn);
    let controller = format!("{}/fsx-csi-controller", facts.driver.namespace);
    let of_ours = facts.driver.addon.found().is_some_and(|addon| is_ours(&addon.tags))
        || facts.driver.release.found().is_some_and(|release| release.ours);
    let by_ours = matches!(who, Who::PodIdentity { .. })
        && facts.access.association.found().is_some_and(|it| is_ours(&it.tags));
    let adopted = intent.adopts("Deployment", &controller) || intent.adopts("Addon", super::ADDON);
    if of_ours || by_ours || adopted {
        return Ok(());
    }
    Err(block(
        Kind::Conflict,
        format!(
            "pods of the controller were made before it got its role, so they do not have it ({}), and the driver is \
             not fsxctl's",
            stale.join(", ")
        ),
        &format!(
            "restart them: kubectl -n {} rollout restart deployment fsx-csi-controller; or let fsxctl do it with \
             --adopt Deployment/{controller}",
            facts.driver.namespace
        ),
    ))
}
