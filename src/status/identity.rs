//! Who the controller is to AWS, and whether that would let it make file systems. The judgement is the set-up's own: what
//! a set-up would leave as it is works.

use super::{Health, IdentityState, MadeBy, Way};
use crate::domain::ownership::{self, Origin, Ownership};
use crate::error::Kind;
use crate::facts::{Facts, Seen};
use crate::intent::Intent;
use crate::steps::identity::{self, Choice};
use crate::steps::{Decision, Goal, Item, Sign, driver};

pub(super) fn judged(intent: &Intent, facts: &Facts) -> IdentityState {
    let choice = identity::plan(Goal::Present, intent, facts);
    let (way, role) = found(facts);
    let made_by = role.as_deref().and_then(|role| made_by(facts, role));
    let state = |health, because: String| IdentityState {
        health,
        way,
        role: role.clone(),
        made_by,
        because,
        notes: choice.item.notes.clone(),
    };
    let has_driver = facts.driver.addon.found().is_some() || facts.driver.controller.found().is_some();
    match way {
        None => IdentityState {
            notes: Vec::new(),
            ..state(Health::Unknown, "how the controller gets its role cannot be seen".to_owned())
        },
        Some(Way::None) if !has_driver => IdentityState {
            notes: Vec::new(),
            ..state(Health::Absent, "the driver has no AWS role yet".to_owned())
        },
        // It may still get one from its node: then all pods of the node have it.
        Some(Way::None) => IdentityState {
            notes: Vec::new(),
            ..state(
                Health::Unknown,
                "the controller has no role of its own; mounting needs none, making file systems does"
                    .to_owned(),
            )
        },
        Some(_) => {
            let (health, because) = verdict(&choice, facts);
            state(health, because)
        }
    }
}

/// What the set-up's own judgement says about a role that the controller has.
fn verdict(choice: &Choice, facts: &Facts) -> (Health, String) {
    if driver::has_stale_pods(facts, &choice.who) {
        let because = "pods of the controller were made before it got its role, and do not have it";
        return (Health::Broken, because.to_owned());
    }
    let item = &choice.item;
    match (item.decision, &item.block) {
        (Decision::Settled, _) if item.notes.iter().any(|note| note.sign == Sign::Unknown) => {
            (Health::Unknown, item.because.clone())
        }
        (Decision::Settled, _) => (Health::Healthy, item.because.clone()),
        (Decision::Blocked, Some(block)) if block.kind == Kind::Denied => {
            let permission = block.permission.as_ref().map(|it| format!(" ({it})")).unwrap_or_default();
            (Health::Unknown, format!("whether its role lets it in and is enough cannot be seen{permission}"))
        }
        (Decision::Blocked, Some(block)) => (Health::Broken, block.message.clone()),
        (Decision::Blocked | Decision::Do, _) => (Health::Broken, fault(item)),
    }
}

/// What is wrong, by what a set-up would do about it: what the step is for tells nothing about it.
fn fault(item: &Item) -> String {
    let wrong = item.changes.iter().map(|change| format!("{}: {}", change.resource, change.because));
    let wrong: Vec<String> = wrong.collect();
    if wrong.is_empty() {
        item.because.clone()
    } else {
        format!("it does not work as it is: {}", wrong.join("; "))
    }
}

/// How the controller gets a role, and which; none when it cannot be told.
fn found(facts: &Facts) -> (Option<Way>, Option<String>) {
    if let Some(association) = facts.access.association.found() {
        return (Some(Way::PodIdentity), Some(association.role_arn.clone()));
    }
    let annotated = facts.access.service_account.found().and_then(|account| account.role_arn.clone());
    let by_addon = facts.driver.addon.found().and_then(|addon| addon.role_arn.clone());
    let hidden = facts.access.association.hidden().is_some();
    match annotated.or(by_addon) {
        // Pod Identity goes before IRSA, so an association that nobody could see may be what counts.
        Some(role) if !hidden => (Some(Way::Irsa), Some(role)),
        Some(_) => (None, None),
        None if hidden
            || facts.access.service_account.hidden().is_some()
            || facts.driver.addon.hidden().is_some() =>
        {
            (None, None)
        }
        None => (Some(Way::None), None),
    }
}

fn made_by(facts: &Facts, arn: &str) -> Option<MadeBy> {
    let name = arn.rsplit('/').next().unwrap_or(arn);
    match &facts.access.roles.get(name)?.role {
        Seen::Found(role) => Some(by_tags(&role.tags, &facts.cluster.arn)),
        Seen::Missing | Seen::Hidden(_) => None,
    }
}

/// Whose work an AWS object is.
pub(super) fn by_tags(tags: &std::collections::BTreeMap<String, String>, cluster: &str) -> MadeBy {
    // A cluster that cannot be described has no ARN to compare with.
    if cluster.is_empty() {
        return match ownership::owner_of(tags) {
            Ownership::Ours { origin: Origin::Adopted, .. } => MadeBy::Adopted,
            Ownership::Ours { .. } | Ownership::OtherCluster(_) => MadeBy::Fsxctl,
            Ownership::NotOurs => MadeBy::Others,
        };
    }
    match ownership::owner_for(tags, cluster) {
        Ownership::Ours { .. } if ownership::is_adopted(tags, cluster) => MadeBy::Adopted,
        Ownership::Ours { .. } => MadeBy::Fsxctl,
        Ownership::OtherCluster(_) => MadeBy::OtherCluster,
        Ownership::NotOurs => MadeBy::Others,
    }
}
