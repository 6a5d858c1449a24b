//! **Promise.** The driver's controller has an AWS identity that may make Lustre file systems.
//! **Looks at** the OIDC provider, the role and its policies, the association, the agent, the service account.
//! **May change** a provider, a role and an inline policy of fsxctl's own, a Pod Identity association.
//! **Leaves alone** roles of others that are right; roles of others that are wrong, unless adopted.
//! **Undo** removes association, inline policy, role and provider that fsxctl made.

mod boundary;
mod irsa;
mod judge;
mod migrate;
mod pod_identity;
mod role;
mod undo;

pub(crate) use judge::{answers, pod_trust, web_trust};
pub(crate) use migrate::plan as migrate;
pub(crate) use pod_identity::node_role_refuses;
pub(crate) use role::{SERVICE_LINKED, policy_wish};

use super::{Block, Goal, Item, Note, Sign, StepId};
use crate::domain::names::{self, Partition};
use crate::domain::policy;
use crate::error::Kind;
use crate::facts::{Facts, Seen};
use crate::intent::{IdentityMode, Intent};

/// Who the driver will be; the driver step hands it to the add-on.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Who {
    /// A role by web identity; the ARN.
    Irsa(String),
    /// A role by Pod Identity; the ARN, and whether an association already gives it.
    PodIdentity {
        /// The role.
        role_arn: String,
        /// Whether the association is there.
        associated: bool,
    },
    /// Not fsxctl's business, or not known.
    Unknown,
}

/// What the identity step chose.
#[derive(Debug, Clone, PartialEq)]
pub struct Choice {
    /// The step's part of the plan.
    pub item: Item,
    /// Who the driver will be.
    pub who: Who,
}

/// Decides the identity.
pub fn plan(goal: Goal, intent: &Intent, facts: &Facts) -> Choice {
    let choice = match goal {
        Goal::Present => present(intent, facts),
        Goal::Absent => undo::absent(intent, facts).map(|item| Choice { item, who: Who::Unknown }),
    };
    choice.unwrap_or_else(|block| Choice { item: Item::blocked(StepId::Identity, *block), who: Who::Unknown })
}

/// The roads.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Road {
    Irsa,
    PodIdentity,
}

fn present(intent: &Intent, facts: &Facts) -> Result<Choice, Box<Block>> {
    if intent.identity.mode.value == IdentityMode::None {
        return Ok(Choice {
            item: Item::settled(StepId::Identity, "left alone by --identity none"),
            who: Who::Unknown,
        });
    }
    let mut current = judge::current(intent, facts)?;
    if let Some(choice) = judge::settled(intent, facts, &mut current)? {
        return Ok(choice);
    }
    let mut notes = Vec::new();
    let road = match intent.identity.mode.value {
        IdentityMode::Irsa => Road::Irsa,
        IdentityMode::PodIdentity => Road::PodIdentity,
        IdentityMode::Auto | IdentityMode::None => road(intent, facts, &current, &mut notes),
    };
    match road {
        Road::Irsa => irsa::plan(intent, facts, &current, notes),
        Road::PodIdentity => pod_identity::plan(intent, facts, &current, notes),
    }
}

/// `auto`, when nothing is there that is right: what was begun is finished; else Pod Identity if it would truly work.
fn road(intent: &Intent, facts: &Facts, current: &judge::Current, notes: &mut Vec<Note>) -> Road {
    if current.association.is_some() {
        return Road::PodIdentity;
    }
    if current.web_identity.is_some() || begun(intent, facts) {
        return Road::Irsa;
    }
    match pod_identity::works(facts) {
        Ok(()) => Road::PodIdentity,
        Err(why) => {
            let sign = if facts.access.agent.hidden().is_some() { Sign::Unknown } else { Sign::Keep };
            notes.push(Note { sign, text: format!("IRSA, because Pod Identity would not work here: {why}") });
            Road::Irsa
        }
    }
}

/// Whether the role that fsxctl would make is there and trusts web identities: an earlier run took that road.
fn begun(intent: &Intent, facts: &Facts) -> bool {
    let name = role::name(intent, facts);
    facts
        .access
        .roles
        .get(&name)
        .and_then(|role| role.role.found())
        .is_some_and(|role| judge::trusts_web_identity(intent, facts, role))
}

/// ARN of the role that fsxctl makes or was told to use.
fn role_arn(intent: &Intent, facts: &Facts) -> String {
    if let Some(asked) = &intent.identity.role_arn {
        return asked.value.clone();
    }
    // A role that is there may be under another path than the one that would be given to a new one.
    let name = role::name(intent, facts);
    if let Some(found) = facts.access.roles.get(&name).and_then(|known| known.role.found()) {
        return found.arn.clone();
    }
    let partition = Partition::of_region(&facts.region);
    names::role_arn(partition, &account(facts), &intent.identity.role_path.value, &name)
}

/// The cluster's account.
pub(crate) fn account(facts: &Facts) -> String {
    facts.cluster.arn.parse::<names::Arn>().map(|arn| arn.account).unwrap_or_default()
}

/// The subject that a web identity token of the controller carries.
fn subject(intent: &Intent, facts: &Facts) -> String {
    let (namespace, name) = crate::steps::account(intent, facts);
    policy::subject(&namespace, &name)
}

/// The issuer's host and path, without `https://`.
fn issuer(facts: &Facts) -> Option<&str> {
    facts.cluster.issuer.as_deref().map(|issuer| issuer.strip_prefix("https://").unwrap_or(issuer))
}

/// ARN of the provider that the cluster's issuer has, or would have.
pub(crate) fn provider_arn(facts: &Facts) -> Option<String> {
    let issuer = facts.cluster.issuer.as_deref()?;
    Some(names::provider_arn(Partition::of_region(&facts.region), &account(facts), issuer))
}

/// How fsxctl can be told to mend a role that is in use, when there is one to mend.
fn mend(facts: &Facts, arn: &str) -> String {
    let name = arn.rsplit('/').next().unwrap_or_default();
    let there = facts.access.roles.get(name).and_then(|known| known.role.found());
    match there.filter(|role| role.arn == arn) {
        Some(_) => format!("let fsxctl mend that role with --role-arn {arn} --adopt Role/{name}, or "),
        None => String::new(),
    }
}

/// A conflict with a way out.
fn conflict(message: String, next: String) -> Box<Block> {
    Box::new(Block { kind: Kind::Conflict, message, permission: None, next: Some(next) })
}

/// What must be seen, or the block that names the permission.
fn must_see<'a, T>(seen: &'a Seen<T>, what: &str) -> Result<Option<&'a T>, Box<Block>> {
    match seen {
        Seen::Found(value) => Ok(Some(value)),
        Seen::Missing => Ok(None),
        Seen::Hidden(veil) => Err(super::denied(what, veil)),
    }
}

#[cfg(test)]
mod tests;
