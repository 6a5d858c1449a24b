//! What identity the controller has now, and whether it is right.

use super::{Choice, Who, conflict, issuer, must_see, provider_arn, role, subject};
use crate::domain::policy::{self, Answer, TrustVerdict};
use crate::facts::{Association, Facts, Policies, Role, Seen};
use crate::intent::{IdentityMode, Intent};
use crate::steps::{Block, Item, Note, Sign, StepId};

/// The audience of web identity tokens that EKS hands out.
pub(super) const AUDIENCE: &str = policy::IRSA_AUDIENCE;

/// What is there now.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(super) struct Current {
    /// The Pod Identity association of the service account.
    pub(super) association: Option<Association>,
    /// The role that the add-on or the annotation names.
    pub(super) web_identity: Option<String>,
}

/// What is there now. Whatever is hidden here could change the plan.
pub(super) fn current(intent: &Intent, facts: &Facts) -> Result<Current, Box<Block>> {
    let association = must_see(&facts.access.association, "Pod Identity associations")?.cloned();
    let addon = must_see(&facts.driver.addon, "the driver's add-on")?;
    let annotated = must_see(&facts.access.service_account, "the controller's service account")?;
    let by_addon = addon.and_then(|addon| addon.role_arn.clone());
    let by_annotation = annotated.and_then(|account| account.role_arn.clone());
    let web_identity = by_annotation.or(by_addon);
    let asked = intent.identity.mode.value;
    if asked == IdentityMode::Irsa && association.is_some() {
        return Err(conflict(
            "the controller's service account has a Pod Identity association, which goes before IRSA"
                .to_owned(),
            "keep it with --identity auto, or delete the association first".to_owned(),
        ));
    }
    Ok(Current { association, web_identity })
}

/// The choice when what is there is right already.
pub(super) fn settled(
    intent: &Intent,
    facts: &Facts,
    current: &Current,
) -> Result<Option<Choice>, Box<Block>> {
    if let Some(association) = &current.association {
        // Without the agent the association gives nothing, and it goes before IRSA all the same.
        if facts.access.agent.is_missing() && !facts.cluster.auto_mode {
            return Ok(None);
        }
        let right = right_role(intent, facts, &association.role_arn, Road::Pod)?;
        return Ok(right.filter(|_| agrees(intent, &association.role_arn)).map(|notes| Choice {
            item: Item {
                notes,
                ..Item::settled(
                    StepId::Identity,
                    format!("Pod Identity gives the controller {}", association.role_arn),
                )
            },
            who: Who::PodIdentity { role_arn: association.role_arn.clone(), associated: true },
        }));
    }
    let Some(arn) = &current.web_identity else { return Ok(None) };
    if intent.identity.mode.value == IdentityMode::PodIdentity {
        return Ok(None);
    }
    let provider = must_see(&facts.access.provider, "the OIDC provider")?;
    if !provider.is_some_and(|provider| provider.client_ids.iter().any(|id| id == AUDIENCE)) {
        return Ok(None);
    }
    let right = right_role(intent, facts, arn, Road::Web)?;
    Ok(right.filter(|_| agrees(intent, arn)).map(|notes| Choice {
        item: Item { notes, ..Item::settled(StepId::Identity, format!("IRSA gives the controller {arn}")) },
        who: Who::Irsa(arn.clone()),
    }))
}

/// Whether a role is the one that was asked for, when one was.
fn agrees(intent: &Intent, arn: &str) -> bool {
    let by_arn = intent.identity.role_arn.as_ref().is_none_or(|asked| asked.value == arn);
    let name = arn.rsplit('/').next().unwrap_or_default();
    by_arn && intent.identity.role_name.as_ref().is_none_or(|asked| asked.value == name)
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Road {
    Web,
    Pod,
}

/// `Some(notes)` when the role trusts the controller and may do what is needed; hidden parts block.
fn right_role(
    intent: &Intent,
    facts: &Facts,
    arn: &str,
    road: Road,
) -> Result<Option<Vec<Note>>, Box<Block>> {
    let name = arn.rsplit('/').next().unwrap_or_default();
    let Some(known) = facts.access.roles.get(name) else { return Ok(None) };
    let Some(found) = must_see(&known.role, &format!("role {name}"))? else { return Ok(None) };
    // The right name under another path or account is another role, which nobody can assume.
    if found.arn != arn {
        return Ok(None);
    }
    let trusted = match road {
        Road::Web => trusts_web_identity(intent, facts, found),
        Road::Pod => trusts_pod_identity(intent, facts, found),
    };
    if !trusted {
        return Ok(None);
    }
    let Some(policies) = must_see(&known.policies, &format!("policies of role {name}"))? else {
        return Ok(None);
    };
    let mut notes = Vec::new();
    Ok(may_do(intent, facts, policies, &mut notes)?.then_some(notes))
}

/// Whether the trust policy lets the controller's web identity in.
pub(super) fn trusts_web_identity(intent: &Intent, facts: &Facts, role: &Role) -> bool {
    let (Some(provider), Some(issuer)) = (provider_arn(facts), issuer(facts)) else { return false };
    let verdict =
        policy::trust_allows_web_identity(&role.trust, &provider, issuer, &subject(intent, facts), AUDIENCE);
    matches!(verdict, TrustVerdict::Right)
}

/// Whether the trust policy lets Pod Identity in.
pub(super) fn trusts_pod_identity(intent: &Intent, facts: &Facts, role: &Role) -> bool {
    let (namespace, name) = crate::steps::account(intent, facts);
    let verdict = policy::trust_allows_pod_identity(&role.trust, &facts.cluster.arn, &namespace, &name);
    matches!(verdict, TrustVerdict::Right)
}

/// Whether the policies that were read allow everything that is needed.
pub(super) fn may_do(
    intent: &Intent,
    facts: &Facts,
    policies: &Policies,
    notes: &mut Vec<Note>,
) -> Result<bool, Box<Block>> {
    let documents: Vec<serde_json::Value> =
        policies.inline.values().chain(policies.documents.values()).cloned().collect();
    let mut unclear = Vec::new();
    let unread: Vec<String> =
        policies.attached.iter().filter(|arn| !policies.documents.contains_key(*arn)).cloned().collect();
    for (permission, answer) in
        policy::missing_permissions(&documents, &unread, &role::policy_wish(intent, facts))
    {
        match answer {
            Answer::Allowed => {}
            Answer::CannotTell(why) => unclear.push(format!("{} ({why})", permission.action)),
            Answer::Denied | Answer::Missing => {
                if let Some(veil) = policies.unread.first() {
                    return Err(crate::steps::denied("a policy of the role", veil));
                }
                return Ok(false);
            }
        }
    }
    if !unclear.is_empty() {
        notes.push(Note {
            sign: Sign::Unknown,
            text: format!("cannot tell whether the role may do {}", unclear.join(", ")),
        });
    }
    Ok(true)
}

/// Whether FSx's service-linked role is known to be there.
pub(super) fn has_service_linked_role(facts: &Facts) -> bool {
    match facts.access.roles.get(role::SERVICE_LINKED).map(|known| &known.role) {
        Some(Seen::Found(_)) => true,
        Some(Seen::Missing) => false,
        // A file system in the account proves the role as well: FSx makes it with the first one.
        Some(Seen::Hidden(_)) | None => facts.file_systems.found().is_some_and(|systems| !systems.is_empty()),
    }
}
