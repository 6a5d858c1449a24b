//! Decide: each step is one promise about the world and a pure function from wish and facts to changes.
//!
//! Nothing in here looks or touches: no async, no clock, no SDK, no gateway. A plan leaves the engine no
//! choices; a value that only creation can tell is a [`Ref::Made`].

mod action;
pub mod bind;
pub mod driver;
mod hidden;
pub mod identity;
#[cfg(test)]
mod laws;
pub mod needs;
pub mod network;
mod plan;
#[cfg(test)]
mod sample;
pub mod storage;
pub mod verify;

pub use action::{Action, AddonAssociation, Associations, Conflicts, Direction, Fill, ObjectRef, Ref};
pub use plan::{Block, Change, Decision, Item, Note, Plan, Resource, Sign, StepId, Verb};

use crate::error::Kind;
use crate::facts::{Facts, Veil};
use crate::intent::{Intent, Migrate};

/// Present: what the wish asks for. Absent: undo, for what fsxctl made itself.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Goal {
    /// Bring the world to the wish.
    Present,
    /// Take away what fsxctl created; take from adopted objects only what fsxctl added.
    Absent,
}

/// The whole plan: every step of the wish's scope, in order.
pub fn plan(goal: Goal, intent: &Intent, facts: &Facts) -> Plan {
    let mut plan = decide(goal, intent, facts);
    plan.notes.extend(idle_adoptions(goal, intent, facts, &plan));
    plan
}

/// Adoptions that change nothing: of what is not there, of what is fsxctl's already, of what is right as it is.
fn idle_adoptions(goal: Goal, intent: &Intent, facts: &Facts, plan: &Plan) -> Vec<Note> {
    let mut notes = Vec::new();
    for (index, (kind, reference)) in intent.adopt.iter().enumerate() {
        let mut without = intent.clone();
        without.adopt.remove(index);
        if decide(goal, &without, facts) != *plan {
            continue;
        }
        let (sign, text) = match is_missing(facts, intent, kind, reference) {
            true => (Sign::Warn, "there is no such object"),
            false => (Sign::Keep, "nothing in this plan needs it"),
        };
        notes.push(Note { sign, text: format!("--adopt {kind}/{reference}: {text}") });
    }
    notes
}

/// Whether an object is proved not to be there. What was not looked at is not.
fn is_missing(facts: &Facts, intent: &Intent, kind: &str, reference: &str) -> bool {
    let access = &facts.access;
    match kind.to_ascii_lowercase().as_str() {
        "role" => access.roles.get(reference).is_some_and(|known| known.role.is_missing()),
        "securitygroup" => {
            facts.network.groups.found().is_some_and(|all| all.iter().all(|group| group.id != reference))
        }
        "addon" => reference == driver::ADDON && facts.driver.addon.is_missing(),
        "csidriver" => facts.driver.csi_driver.is_missing(),
        "storageclass" => reference == intent.storage.class.value && facts.storage.class.is_missing(),
        "persistentvolumeclaim" => {
            let named = format!("{}/{}", facts.storage.claim_namespace, intent.storage.claim.value);
            reference == named && facts.storage.claim.is_missing()
        }
        "serviceaccount" => {
            let (namespace, name) = account(intent, facts);
            reference == format!("{namespace}/{name}") && access.service_account.is_missing()
        }
        _ => false,
    }
}

fn decide(goal: Goal, intent: &Intent, facts: &Facts) -> Plan {
    if let Some(migrate) = intent.migrate {
        let items = match migrate {
            Migrate::Driver => driver::migrate(intent, facts),
            Migrate::Identity => identity::migrate(intent, facts),
        };
        let mut plan = Plan { items, ..Plan::default() };
        order(&mut plan, goal);
        plan.minutes = minutes(&plan);
        return plan;
    }
    if let Some(wish) = &intent.bind {
        let mut plan = Plan { items: bind::plan(goal, intent, wish, facts), ..Plan::default() };
        order(&mut plan, goal);
        let installs = plan.changes().any(|change| change.resource.kind == "Addon");
        let has_changes = plan.changes().next().is_some();
        plan.minutes = has_changes.then_some(if installs { 2 } else { 1 });
        plan.notes.extend(hidden::notes(intent, facts, &plan.items));
        return plan;
    }
    let mut identity = identity::plan(goal, intent, facts);
    let mut network = network::plan(goal, intent, facts);
    // What is out of scope is not going to be made, so nothing may be built on it.
    if !intent.covers(StepId::Identity) && identity.item.decision != Decision::Settled {
        identity.who = identity::Who::Unknown;
    }
    if !intent.covers(StepId::Network) && matches!(network.group, Some(Ref::Made(_))) {
        network.group = None;
    }
    let mut driver = driver::plan(goal, intent, facts, &identity);
    if intent.covers(StepId::Identity) && !intent.covers(StepId::Driver) {
        finish_identity(&mut identity.item, &mut driver);
    }
    let storage = match without_driver(goal, intent, facts, &driver) {
        Some(item) => item,
        None => storage::plan(goal, intent, facts, &network),
    };
    let mut items = vec![identity.item, network.item, driver, storage];
    if goal == Goal::Absent {
        items.reverse();
    }
    items.retain(|item| intent.covers(item.step));
    let mut plan = Plan { items, ..Plan::default() };
    order(&mut plan, goal);
    plan.minutes = minutes(&plan);
    plan.notes.extend(hidden::notes(intent, facts, &plan.items));
    plan
}

/// The restart of pods that were made before their identity ends what the identity step began, also when the driver is
/// left out.
fn finish_identity(identity: &mut Item, driver: &mut Item) {
    let is_alone = driver.changes.iter().all(|change| change.id == RESTART);
    if identity.decision != Decision::Blocked && is_alone {
        let mut changes = std::mem::take(&mut identity.changes);
        changes.append(&mut driver.changes);
        driver.decision = if driver.block.is_some() { driver.decision } else { Decision::Settled };
        *identity = identity.clone().with(changes);
    }
}

/// A claim that is to be waited for needs a driver: without one, and with none to be installed, it would wait for ever.
fn without_driver(goal: Goal, intent: &Intent, facts: &Facts, driver: &Item) -> Option<Item> {
    let is_bound = facts.storage.claim.found().is_some_and(|claim| claim.phase == "Bound");
    let is_left_out = !intent.covers(StepId::Driver) && driver.decision != Decision::Settled;
    if goal == Goal::Absent || !is_left_out || is_bound || intent.wait.is_none() {
        return None;
    }
    let block = Block {
        kind: Kind::Conflict,
        message: format!(
            "the claim would never be Bound, because the driver is left out: {}",
            driver.because
        ),
        permission: None,
        next: Some(
            "let fsxctl see to the driver as well, or pass --no-wait to make class and claim alone"
                .to_owned(),
        ),
    };
    Some(Item::blocked(StepId::Storage, block))
}

/// Drops dependencies on changes that the plan does not have; an undo goes step by step.
fn order(plan: &mut Plan, goal: Goal) {
    let ids: Vec<String> = plan.changes().map(|change| change.id.clone()).collect();
    let mut before: Vec<String> = Vec::new();
    for item in &mut plan.items {
        let here: Vec<String> = item.changes.iter().map(|change| change.id.clone()).collect();
        for change in &mut item.changes {
            change.after.retain(|id| ids.contains(id));
            if goal == Goal::Absent {
                change.after.extend(before.iter().cloned());
            }
        }
        before.extend(here);
    }
}

/// Expected minutes: FSx takes five to twelve for a file system (driver comment, driver issue 382), EKS about one for
/// an add-on.
fn minutes(plan: &Plan) -> Option<u32> {
    let has =
        |kind: &str| plan.changes().any(|change| change.verb == Verb::Create && change.resource.kind == kind);
    match (has("PersistentVolumeClaim"), has("Addon")) {
        (true, _) => Some(12),
        (false, true) => Some(2),
        (false, false) => plan.changes().next().map(|_| 1),
    }
}

/// The controller's service account, namespace and name: the one that was asked for, else that of the namespace where
/// the driver is.
pub(crate) fn account(intent: &Intent, facts: &Facts) -> (String, String) {
    let asked = &intent.identity.service_account;
    let elsewhere = facts.driver.namespace != HOME && facts.driver.controller.found().is_some();
    if asked.is_asked() || !elsewhere {
        return asked.value.clone();
    }
    let by_pods = facts.driver.controller.found().and_then(|workload| workload.service_account.clone());
    (facts.driver.namespace.clone(), by_pods.unwrap_or_else(|| asked.value.1.clone()))
}

/// The namespace of the add-on, of the chart by convention, and of the manifests.
pub(crate) const HOME: &str = "kube-system";

/// The id of the change that restarts the controller. A plan has it once at most.
pub(crate) const RESTART: &str = "controller-restart";

/// A restart of the controller, when it runs: pods get a new role's credentials only when they are made (failure mode
///
pub(crate) fn restart(facts: &Facts, after: &[&str]) -> Option<Change> {
    facts.driver.controller.found()?;
    let (namespace, name) = (facts.driver.namespace.clone(), "fsx-csi-controller".to_owned());
    Some(Change {
        id: RESTART.to_owned(),
        verb: Verb::Update,
        resource: Resource::new("Deployment", format!("{namespace}/{name}")),
        because: "its pods get the new role's credentials only when they are made anew".to_owned(),
        permissions: vec![format!("patch deployments.apps in {namespace}")],
        later: Vec::new(),
        details: vec!["a rolling restart; running claims and mounts are not touched".to_owned()],
        after: after.iter().map(|id| (*id).to_owned()).collect(),
        action: Action::RestartDeployment { namespace, name },
    })
}

/// A block because something that decides cannot be seen.
pub(crate) fn denied(what: &str, veil: &Veil) -> Box<Block> {
    Box::new(Block {
        kind: Kind::Denied,
        message: format!("{what} cannot be seen, and the plan depends on it: {}", veil.cause),
        permission: Some(veil.permission.clone()),
        next: Some(format!("allow {} and run it again", veil.permission)),
    })
}
