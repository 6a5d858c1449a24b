//! Undo of the driver: the add-on or the release that fsxctl made, and its service account.

use super::{ADDON, helm};
use crate::domain::ownership;
use crate::facts::{Facts, Release, Seen};
use crate::steps::{Action, Block, Change, Item, Resource, StepId, Verb};

pub(super) fn absent(facts: &Facts) -> Result<Item, Box<Block>> {
    let addon = match &facts.driver.addon {
        Seen::Found(addon) => addon,
        Seen::Missing => return release(facts),
        Seen::Hidden(veil) => return Err(crate::steps::denied("the driver's add-on", veil)),
    };
    let ours = ownership::is_created(&addon.tags, &facts.cluster.arn);
    if !ours {
        return Ok(Item::settled(StepId::Driver, "the add-on is not fsxctl's"));
    }
    if addon.status == "DELETING" {
        return Ok(Item::settled(StepId::Driver, "the add-on is being deleted"));
    }
    let change = Change {
        id: "delete-addon".to_owned(),
        verb: Verb::Delete,
        resource: Resource::new("Addon", ADDON),
        because: "fsxctl made it for this cluster".to_owned(),
        permissions: vec!["eks:DeleteAddon".to_owned()],
        later: Vec::new(),
        details: Vec::new(),
        after: Vec::new(),
        action: Action::DeleteAddon { cluster: facts.cluster.name.clone(), name: ADDON.to_owned() },
    };
    Ok(Item::settled(StepId::Driver, "fsxctl made it").with(vec![change]))
}

/// The release that fsxctl made, then the service account that it made for it.
fn release(facts: &Facts) -> Result<Item, Box<Block>> {
    let own = |release: &&Release| release.ours && !release.adopted;
    let mut changes = Vec::new();
    match &facts.driver.release {
        Seen::Found(release) if own(&release) => {
            let mut change = helm::uninstall(facts, release)?;
            change.because = "fsxctl made it for this cluster".to_owned();
            changes.push(change);
        }
        Seen::Hidden(veil) => return Err(crate::steps::denied("the Helm release of the driver", veil)),
        Seen::Found(_) | Seen::Missing => {}
    }
    let account = match &facts.access.service_account {
        Seen::Hidden(veil) => return Err(crate::steps::denied("the controller's service account", veil)),
        found => found.found().filter(|account| ownership::is_labelled_ours(&account.marks.labels)),
    };
    if let Some(account) = account {
        let (namespace, name) = (facts.driver.namespace.clone(), "fsx-csi-controller-sa");
        let version = Some(account.marks.resource_version.clone());
        changes.push(Change {
            id: "delete-service-account".to_owned(),
            verb: Verb::Delete,
            resource: Resource::new("ServiceAccount", format!("{namespace}/{name}")),
            because: "fsxctl made it for the release".to_owned(),
            permissions: vec![format!("delete serviceaccounts in {namespace}")],
            later: Vec::new(),
            details: Vec::new(),
            after: changes.iter().map(|change| change.id.clone()).collect(),
            action: Action::DeleteObject { at: helm::place(&namespace, name, version) },
        });
    }
    let because = if changes.is_empty() { "there is no driver of fsxctl's" } else { "fsxctl made it" };
    Ok(Item::settled(StepId::Driver, because).with(changes))
}
