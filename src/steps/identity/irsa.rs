//! IRSA: provider, role; the annotation of the service account is the add-on's business.

use super::{Choice, Who, conflict, issuer, judge, mend, must_see, provider_arn, role, role_arn, subject};
use crate::domain::ownership::{self, Origin};
use crate::domain::policy;
use crate::error::Kind;
use crate::facts::Facts;
use crate::intent::Intent;
use crate::steps::{Action, Block, Change, Item, Note, Resource, StepId, Verb};

/// The id of the change that makes the provider.
const PROVIDER: &str = "oidc-provider";

pub(super) fn plan(
    intent: &Intent,
    facts: &Facts,
    current: &judge::Current,
    mut notes: Vec<Note>,
) -> Result<Choice, Box<Block>> {
    let (Some(issuer), Some(provider)) = (issuer(facts), provider_arn(facts)) else {
        return Err(Box::new(Block {
            kind: Kind::Usage,
            message: format!("cluster {} has no OIDC issuer, so IRSA cannot work", facts.cluster.name),
            permission: None,
            next: Some("use --identity pod-identity".to_owned()),
        }));
    };
    let mut changes = provider_changes(intent, facts, &provider)?;
    if let Some(arn) = current.web_identity.as_ref().filter(|_| current.fault.is_none()) {
        // A role that is right but for the provider is kept, whoever made it.
        let because = "the controller's role is right, but IAM does not know the cluster's issuer";
        let item = Item { notes, ..Item::settled(StepId::Identity, because) }.with(changes);
        return Ok(Choice { item, who: Who::Irsa(arn.clone()) });
    }
    let wanted = wanted(intent, facts, current)?;
    let trust = policy::web_identity_trust(&provider, issuer, &subject(intent, facts));
    let mut role = role::plan(
        intent,
        facts,
        &trust,
        |role| judge::trusts_web_identity(intent, facts, role),
        &mut notes,
    )?;
    // The role's trust names the provider by ARN, which is known before it exists: eksctl makes the provider first, so do we.
    if let Some(provider) = changes.first() {
        let provider = provider.id.clone();
        for change in role.iter_mut().filter(|change| change.after.is_empty()) {
            change.after.push(provider.clone());
        }
    }
    changes.append(&mut role);
    let because = if changes.is_empty() {
        "provider and role are there and right"
    } else {
        "the driver gets its role by IRSA"
    };
    let item = Item { notes, ..Item::settled(StepId::Identity, because) }.with(changes);
    Ok(Choice { item, who: Who::Irsa(wanted) })
}

/// The role that the controller shall have. A role of others that is wrong is not replaced silently.
fn wanted(intent: &Intent, facts: &Facts, current: &judge::Current) -> Result<String, Box<Block>> {
    let ours = role_arn(intent, facts);
    let account = service_account(intent, facts);
    let Some(arn) = &current.web_identity else { return Ok(ours) };
    if *arn == ours || intent.adopts("ServiceAccount", &account) {
        return Ok(ours);
    }
    let fault = current.fault.as_deref().unwrap_or("it does not let the driver work");
    let next = match asked_for(intent) {
        Some(from) => format!("leave {from} out, or replace the role with --adopt ServiceAccount/{account}"),
        None => format!("{}replace the role with --adopt ServiceAccount/{account}", mend(facts, arn)),
    };
    Err(conflict(format!("the controller's service account has role {arn}, but {fault}"), next))
}

/// The flag that names a role, when one does.
fn asked_for(intent: &Intent) -> Option<String> {
    let wish = &intent.identity;
    wish.role_arn.as_ref().or(wish.role_name.as_ref()).map(|asked| asked.from.to_string())
}

fn service_account(intent: &Intent, facts: &Facts) -> String {
    let (namespace, name) = crate::steps::account(intent, facts);
    format!("{namespace}/{name}")
}

pub(super) fn provider_changes(intent: &Intent, facts: &Facts, arn: &str) -> Result<Vec<Change>, Box<Block>> {
    let url = facts.cluster.issuer.clone().unwrap_or_default();
    let base = Change {
        id: PROVIDER.to_owned(),
        verb: Verb::Create,
        resource: Resource::new("OIDCProvider", arn),
        because: "IAM does not know the cluster's issuer".to_owned(),
        permissions: vec![
            "iam:CreateOpenIDConnectProvider".to_owned(),
            "iam:TagOpenIDConnectProvider".to_owned(),
        ],
        later: Vec::new(),
        details: vec![format!("issuer {url}, audience {}", judge::AUDIENCE)],
        after: Vec::new(),
        action: Action::CreateProvider {
            url,
            audience: judge::AUDIENCE.to_owned(),
            tags: ownership::tags(&facts.cluster.arn, Origin::Created, &intent.tags),
        },
    };
    let Some(provider) = must_see(&facts.access.provider, "the OIDC provider")? else {
        return Ok(vec![base]);
    };
    if provider.client_ids.iter().any(|id| id == judge::AUDIENCE) {
        return Ok(Vec::new());
    }
    let ours = ownership::is_ours(&provider.tags, &facts.cluster.arn);
    if !ours && !intent.adopts("OIDCProvider", arn) {
        return Err(conflict(
            format!(
                "OIDC provider {arn} lacks the audience {} and is not fsxctl's: {}",
                judge::AUDIENCE,
                ownership::maker_by_tags(&provider.tags)
            ),
            format!("let fsxctl add it with --adopt OIDCProvider/{arn}"),
        ));
    }
    Ok(vec![Change {
        verb: Verb::Update,
        because: format!("it lacks the audience {}", judge::AUDIENCE),
        permissions: vec!["iam:AddClientIDToOpenIDConnectProvider".to_owned()],
        details: Vec::new(),
        action: Action::AddAudience { provider_arn: arn.to_owned(), audience: judge::AUDIENCE.to_owned() },
        ..base
    }])
}
