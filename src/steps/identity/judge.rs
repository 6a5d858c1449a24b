//! What identity the controller has now, and whether it is right.

use super::{Choice, Who, boundary, conflict, issuer, must_see, pod_identity, provider_arn, role, subject};
use crate::domain::ownership;
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
    /// What is wrong with the role in use, in a clause; none when it is right or there is none.
    pub(super) fault: Option<String>,
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
    Ok(Current { association, web_identity, fault: None })
}

/// The choice when what is there is right already. When it is not, `current` keeps what is wrong with it.
pub(super) fn settled(
    intent: &Intent,
    facts: &Facts,
    current: &mut Current,
) -> Result<Option<Choice>, Box<Block>> {
    if let Some(association) = current.association.clone() {
        // Without the agent, or with a driver that is too old, the association gives nothing, and it goes before IRSA
        // all the same.
        let has_agent = !facts.access.agent.is_missing() || facts.cluster.auto_mode;
        let works = has_agent && !pod_identity::is_too_old(facts);
        let found = match in_use(intent, facts, &association.role_arn, Road::Pod)? {
            Verdict::Right(notes) => notes,
            Verdict::Wrong(why) => {
                current.fault = Some(why);
                return Ok(None);
            }
        };
        let because = format!("Pod Identity gives the controller {}", association.role_arn);
        return Ok(works.then_some(Choice {
            item: Item { notes: found, ..Item::settled(StepId::Identity, because) },
            who: Who::PodIdentity { role_arn: association.role_arn, associated: true },
        }));
    }
    let Some(arn) = current.web_identity.clone() else { return Ok(None) };
    if intent.identity.mode.value == IdentityMode::PodIdentity {
        return Ok(None);
    }
    let notes = match in_use(intent, facts, &arn, Road::Web)? {
        Verdict::Right(notes) => notes,
        Verdict::Wrong(why) => {
            current.fault = Some(why);
            return Ok(None);
        }
    };
    let provider = must_see(&facts.access.provider, "the OIDC provider")?;
    if !provider.is_some_and(|provider| provider.client_ids.iter().any(|id| id == AUDIENCE)) {
        return Ok(None);
    }
    Ok(Some(Choice {
        item: Item { notes, ..Item::settled(StepId::Identity, format!("IRSA gives the controller {arn}")) },
        who: Who::Irsa(arn),
    }))
}

/// Why a role is not the one that was asked for, when one was.
fn other_than_asked(intent: &Intent, arn: &str) -> Option<String> {
    let name = arn.rsplit('/').next().unwrap_or_default();
    let by_arn = intent.identity.role_arn.as_ref().filter(|asked| asked.value != arn);
    let by_name = intent.identity.role_name.as_ref().filter(|asked| asked.value != name);
    by_arn.or(by_name).map(|asked| format!("{} asks for {}", asked.from, asked.value))
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Road {
    Web,
    Pod,
}

/// What a role in use comes to.
enum Verdict {
    /// It does what is needed.
    Right(Vec<Note>),
    /// It does not; why, in a clause.
    Wrong(String),
}

/// Whether the role in use is the asked-for one, trusts the controller and may do what is needed; hidden parts block.
fn in_use(intent: &Intent, facts: &Facts, arn: &str, road: Road) -> Result<Verdict, Box<Block>> {
    if let Some(why) = other_than_asked(intent, arn) {
        return Ok(Verdict::Wrong(why));
    }
    let account = arn.split(':').nth(4).unwrap_or_default();
    if account != super::account(facts) {
        return Ok(Verdict::Wrong(format!(
            "that is a role of account {account}, which cannot be judged from here"
        )));
    }
    let name = arn.rsplit('/').next().unwrap_or_default();
    let gone = || Ok(Verdict::Wrong("no such role is there".to_owned()));
    let Some(known) = facts.access.roles.get(name) else { return gone() };
    let Some(found) = must_see(&known.role, &format!("role {name}"))? else { return gone() };
    // The right name under another path or account is another role, which nobody can assume.
    if found.arn != arn {
        return Ok(Verdict::Wrong(format!("the role of that name is {}", found.arn)));
    }
    let wrong =
        |why: String| Ok(Verdict::Wrong(format!("{why} ({})", ownership::maker_by_tags(&found.tags))));
    let verdict = match road {
        Road::Web => web_trust(intent, facts, found),
        Road::Pod => pod_trust(intent, facts, found),
    };
    let mut notes = Vec::new();
    match verdict {
        TrustVerdict::Right => {}
        TrustVerdict::CannotTell(why) => notes.push(Note {
            sign: Sign::Unknown,
            text: format!("cannot tell whether role {name} trusts the controller: {why}"),
        }),
        TrustVerdict::Wrong(why) => return wrong(format!("its trust policy does not let it in: {why}")),
    }
    let Some(policies) = must_see(&known.policies, &format!("policies of role {name}"))? else {
        return gone();
    };
    let missing = lacks(intent, facts, policies, &mut notes)?;
    if !missing.is_empty() {
        return wrong(format!("its policies do not allow {}", missing.join(", ")));
    }
    if let Some(why) = boundary::fault(intent, facts, found, &mut notes) {
        return wrong(why);
    }
    boundary::as_asked(intent, found)?;
    Ok(Verdict::Right(notes))
}

/// What the trust policy says to the controller's web identity.
pub(crate) fn web_trust(intent: &Intent, facts: &Facts, role: &Role) -> TrustVerdict {
    let (Some(provider), Some(issuer)) = (provider_arn(facts), issuer(facts)) else {
        return TrustVerdict::Wrong("the cluster has no OIDC issuer".to_owned());
    };
    policy::trust_allows_web_identity(&role.trust, &provider, issuer, &subject(intent, facts), AUDIENCE)
}

/// What the trust policy says to Pod Identity.
pub(crate) fn pod_trust(intent: &Intent, facts: &Facts, role: &Role) -> TrustVerdict {
    let (namespace, name) = crate::steps::account(intent, facts);
    policy::trust_allows_pod_identity(&role.trust, &facts.cluster.arn, &namespace, &name)
}

/// Whether the trust policy lets the controller's web identity in.
pub(super) fn trusts_web_identity(intent: &Intent, facts: &Facts, role: &Role) -> bool {
    matches!(web_trust(intent, facts, role), TrustVerdict::Right)
}

/// Whether the trust policy lets Pod Identity in.
pub(super) fn trusts_pod_identity(intent: &Intent, facts: &Facts, role: &Role) -> bool {
    matches!(pod_trust(intent, facts, role), TrustVerdict::Right)
}

/// The needed actions that the policies that were read do not allow.
pub(super) fn lacks(
    intent: &Intent,
    facts: &Facts,
    policies: &Policies,
    notes: &mut Vec<Note>,
) -> Result<Vec<String>, Box<Block>> {
    let (mut missing, mut unclear) = (Vec::new(), Vec::new());
    for (permission, answer) in answers(policies, &role::policy_wish(intent, facts)) {
        match answer {
            Answer::Allowed => {}
            Answer::CannotTell(why) => unclear.push(format!("{} ({why})", permission.action)),
            Answer::Denied | Answer::Missing => {
                if let Some(veil) = policies.unread.first() {
                    return Err(crate::steps::denied("a policy of the role", veil));
                }
                missing.push(permission.action);
            }
        }
    }
    if missing.is_empty() && !unclear.is_empty() {
        notes.push(Note {
            sign: Sign::Unknown,
            text: format!("cannot tell whether the role may do {}", unclear.join(", ")),
        });
    }
    Ok(missing)
}

/// What the policies that were read do not allow for certain, each with the answer it got.
pub(crate) fn answers(policies: &Policies, wish: &policy::PolicyWish) -> Vec<(policy::Permission, Answer)> {
    let documents: Vec<serde_json::Value> =
        policies.inline.values().chain(policies.documents.values()).cloned().collect();
    let unread: Vec<String> =
        policies.attached.iter().filter(|arn| !policies.documents.contains_key(*arn)).cloned().collect();
    policy::missing_permissions(&documents, &unread, wish)
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
