//! What could not be looked at and decided nothing: told all the same, so that nobody takes it for looked at.

use super::{Item, Note, Sign, StepId};
use crate::facts::{Facts, Seen, Veil};
use crate::intent::{DriverMode, Intent};

/// One note for each permission that is missing and that no step speaks of.
pub(super) fn notes(intent: &Intent, facts: &Facts, items: &[Item]) -> Vec<Note> {
    let mut missing: Vec<&str> = veils(intent, facts).iter().map(|veil| veil.permission.as_str()).collect();
    missing.sort_unstable();
    missing.dedup();
    let is_told = |permission: &&str| {
        items.iter().flat_map(|item| &item.notes).any(|note| note.text.contains(*permission))
    };
    missing.retain(|permission| !is_told(permission));
    let note = |permission: &str| Note {
        sign: Sign::Unknown,
        text: format!("{permission} is not allowed; nothing here depends on what it would tell"),
    };
    missing.into_iter().map(note).collect()
}

/// Veils over what the steps in scope look at.
fn veils<'a>(intent: &Intent, facts: &'a Facts) -> Vec<&'a Veil> {
    let covers = |steps: &[StepId]| steps.iter().any(|step| intent.covers(*step));
    let mut all: Vec<Option<&Veil>> = vec![facts.caller.hidden()];
    if covers(&[StepId::Identity, StepId::Driver]) {
        all.extend(identity(facts));
    }
    let driver = &facts.driver;
    if covers(&[StepId::Driver]) {
        if matches!(intent.driver.mode.value, DriverMode::Auto | DriverMode::Addon) {
            all.extend([driver.versions.hidden(), driver.schema.hidden()]);
        }
        all.extend([driver.csi_driver.hidden(), driver.node.hidden()]);
    }
    let (network, storage) = (&facts.network, &facts.storage);
    if covers(&[StepId::Network, StepId::Storage]) {
        all.extend([network.subnets.hidden(), network.groups.hidden(), network.routes.hidden()]);
        all.extend([network.interfaces.hidden(), network.instances.hidden(), facts.hyperpod.hidden()]);
        all.extend([facts.nodes.hidden(), facts.file_systems.hidden()]);
        all.extend([storage.class.hidden(), storage.volumes.hidden()]);
    }
    if covers(&[StepId::Storage]) {
        all.extend([storage.namespace.hidden(), storage.claim.hidden()]);
    }
    all.into_iter().flatten().collect()
}

fn identity(facts: &Facts) -> Vec<Option<&Veil>> {
    let access = &facts.access;
    let mut all = vec![access.provider.hidden(), access.association.hidden(), access.agent.hidden()];
    all.extend([access.service_account.hidden(), access.node_roles.hidden()]);
    all.extend([facts.driver.addon.hidden(), facts.driver.controller.hidden(), facts.driver.pods.hidden()]);
    for role in access.roles.values() {
        all.extend([role.role.hidden(), role.policies.hidden()]);
        if let Seen::Found(policies) = &role.policies {
            all.extend(policies.unread.iter().map(Some));
        }
    }
    all
}
