//! Another version of a driver that is there: asked for on its own, never a side effect.

use super::{ADDON, block};
use crate::domain::ownership;
use crate::domain::versions::DriverVersion;
use crate::error::Kind;
use crate::facts::{Addon, AddonVersion, Facts, Seen};
use crate::intent::Intent;
use crate::steps::{
    Action, Associations, Block, Change, Conflicts, Item, Note, Resource, Sign, StepId, Verb,
};

/// The add-on to the build that was asked for, else to the newest for this Kubernetes. Role, associations and
/// configuration stay: EKS takes away an IRSA role that is not named again, so it is named.
pub(super) fn addon(intent: &Intent, facts: &Facts, addon: &Addon) -> Result<Item, Box<Block>> {
    let target = target(intent, facts)?;
    if target == addon.version {
        return Ok(Item::settled(StepId::Driver, format!("add-on {ADDON} is {target} already")));
    }
    let is_older = match (addon.version.parse::<DriverVersion>(), target.parse::<DriverVersion>()) {
        (Ok(there), Ok(target)) => target < there,
        _ => false,
    };
    if is_older && intent.driver.version.is_none() {
        let because = format!("add-on {ADDON} {} is newer than any build that EKS lists", addon.version);
        return Ok(Item::settled(StepId::Driver, because));
    }
    if addon.status == "UPDATING" {
        return Err(block(
            Kind::Conflict,
            format!("add-on {ADDON} is being updated"),
            "wait until it is ACTIVE and run it again",
        ));
    }
    let ours = ownership::is_ours(&addon.tags, &facts.cluster.arn);
    if !ours && !intent.adopts("Addon", ADDON) {
        return Err(block(
            Kind::Conflict,
            format!("add-on {ADDON} is not fsxctl's"),
            &format!("let fsxctl upgrade it with --adopt Addon/{ADDON}"),
        ));
    }
    let mut permissions = vec!["eks:UpdateAddon".to_owned()];
    permissions.extend(addon.role_arn.iter().map(|_| "iam:PassRole".to_owned()));
    let mut details = vec![format!("from {} to {target}", addon.version)];
    details.extend(addon.role_arn.iter().map(|role| format!("keeps service account role {role}")));
    let change = Change {
        id: "addon-version".to_owned(),
        verb: Verb::Update,
        resource: Resource::new("Addon", ADDON),
        because: "another version was asked for".to_owned(),
        permissions,
        later: Vec::new(),
        details,
        after: Vec::new(),
        action: Action::UpdateAddon {
            cluster: facts.cluster.name.clone(),
            name: ADDON.to_owned(),
            version: Some(target),
            role_arn: addon.role_arn.clone(),
            association: Associations::Keep,
            conflicts: Conflicts::Preserve,
            configuration: addon.configuration.clone(),
        },
    };
    let note = Note {
        sign: Sign::Keep,
        text: "running mounts stay; the node plugin restarts node by node".to_owned(),
    };
    let item = Item { notes: vec![note], ..Item::settled(StepId::Driver, "another version was asked for") };
    Ok(item.with(vec![change]))
}

/// The build to go to.
fn target(intent: &Intent, facts: &Facts) -> Result<String, Box<Block>> {
    let kubernetes = &facts.cluster.version;
    let versions = match (&facts.driver.versions, &intent.driver.version) {
        (Seen::Found(versions), _) => versions.as_slice(),
        (Seen::Missing, _) => &[],
        (Seen::Hidden(_), Some(asked)) => return Ok(asked.value.clone()),
        (Seen::Hidden(veil), None) => return Err(crate::steps::denied("builds of the add-on", veil)),
    };
    let fitting: Vec<&AddonVersion> =
        versions.iter().filter(|version| version.kubernetes.contains(kubernetes)).collect();
    if let Some(asked) = &intent.driver.version {
        if fitting.iter().any(|version| version.version == asked.value) {
            return Ok(asked.value.clone());
        }
        return Err(block(
            Kind::Usage,
            format!("{} names {}, which has no build for Kubernetes {kubernetes}", asked.from, asked.value),
            "fsxctl setup driver --list-versions",
        ));
    }
    let newest = fitting.iter().max_by_key(|version| version.version.parse::<DriverVersion>().ok());
    newest.map(|version| version.version.clone()).ok_or_else(|| {
        block(
            Kind::Usage,
            format!("add-on {ADDON} has no build for Kubernetes {kubernetes}"),
            "fsxctl setup driver --list-versions",
        )
    })
}
