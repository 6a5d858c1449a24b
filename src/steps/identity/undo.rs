//! Undo of the identity: association, policies, role, provider, in that order, each only if fsxctl made it.

use super::{must_see, pod_identity::is_ours, role};
use crate::domain::ownership;
use crate::facts::{Facts, Policies, Role};
use crate::intent::Intent;
use crate::steps::{Action, Block, Change, Item, Resource, StepId, Verb};

pub(super) fn absent(intent: &Intent, facts: &Facts) -> Result<Item, Box<Block>> {
    let mut changes = Vec::new();
    let association = must_see(&facts.access.association, "Pod Identity associations")?;
    if let Some(own) = association.filter(|it| it.owner_arn.is_none() && is_ours(facts, &it.tags)) {
        let action = Action::DeleteAssociation { cluster: facts.cluster.name.clone(), id: own.id.clone() };
        changes.push(delete("PodIdentityAssociation", &own.id, "eks:DeletePodIdentityAssociation", action));
    }
    let name = role::name(intent, facts);
    if let Some(known) = facts.access.roles.get(&name)
        && let Some(found) = must_see(&known.role, &format!("role {name}"))?
    {
        if is_ours(facts, &found.tags) {
            changes.extend(role_changes(found, must_see(&known.policies, "the role's policies")?));
        } else if ownership::is_adopted(&found.tags, &facts.cluster.arn) {
            changes.extend(given_back(facts, found, must_see(&known.policies, "the role's policies")?));
        }
    }
    if let Some(provider) = must_see(&facts.access.provider, "the OIDC provider")?
        .filter(|provider| is_ours(facts, &provider.tags))
    {
        let action = Action::DeleteProvider { provider_arn: provider.arn.clone() };
        changes.push(delete("OIDCProvider", &provider.arn, "iam:DeleteOpenIDConnectProvider", action));
    }
    for index in 1..changes.len() {
        let before = changes.get(index - 1).map(|change| change.id.clone());
        if let Some(change) = changes.get_mut(index) {
            change.after.extend(before);
        }
    }
    let because = if changes.is_empty() { "fsxctl made nothing here" } else { "fsxctl made it" };
    Ok(Item::settled(StepId::Identity, because).with(changes))
}

fn role_changes(role: &Role, policies: Option<&Policies>) -> Vec<Change> {
    let mut changes = Vec::new();
    for name in policies.into_iter().flat_map(|policies| policies.inline.keys()) {
        let action = Action::DeleteRolePolicy { role: role.name.clone(), name: name.clone() };
        changes.push(delete("RolePolicy", &format!("{}/{name}", role.name), "iam:DeleteRolePolicy", action));
    }
    for arn in policies.into_iter().flat_map(|policies| &policies.attached) {
        let action = Action::DetachPolicy { role: role.name.clone(), policy_arn: arn.clone() };
        let name = arn.rsplit('/').next().unwrap_or_default();
        changes.push(delete("RolePolicy", &format!("{}/{name}", role.name), "iam:DetachRolePolicy", action));
    }
    let action = Action::DeleteRole { name: role.name.clone() };
    changes.push(delete("Role", &role.name, "iam:DeleteRole", action));
    changes
}

/// An adopted role loses what fsxctl added: its inline policy, its statement in the trust policy, its tags.
fn given_back(facts: &Facts, found: &Role, policies: Option<&Policies>) -> Vec<Change> {
    let mut changes = Vec::new();
    if policies.is_some_and(|policies| policies.inline.contains_key(role::INLINE)) {
        let action = Action::DeleteRolePolicy { role: found.name.clone(), name: role::INLINE.to_owned() };
        let reference = format!("{}/{}", found.name, role::INLINE);
        changes.push(delete("RolePolicy", &reference, "iam:DeleteRolePolicy", action));
    }
    let mark = role::mark(facts);
    let all = role::statements(&found.trust);
    let others: Vec<_> = all
        .iter()
        .filter(|it| it.get("Sid").and_then(serde_json::Value::as_str) != Some(&mark))
        .cloned()
        .collect();
    // IAM takes no trust policy without a statement.
    if others.len() < all.len() && !others.is_empty() {
        let trust = serde_json::json!({"Version": "2012-10-17", "Statement": others});
        let action = Action::UpdateTrust { role: found.name.clone(), trust };
        changes.push(update(&found.name, "trust", "iam:UpdateAssumeRolePolicy", action));
    }
    let keys = [ownership::TAG_OWNER, ownership::TAG_CLUSTER, ownership::TAG_ORIGIN];
    let action = Action::UntagRole { role: found.name.clone(), keys: keys.map(str::to_owned).to_vec() };
    changes.push(update(&found.name, "tags", "iam:UntagRole", action));
    changes
}

fn update(role: &str, what: &str, permission: &str, action: Action) -> Change {
    Change {
        verb: Verb::Update,
        id: format!("restore-role-{what}"),
        because: "fsxctl added to it; the rest is somebody else's".to_owned(),
        ..delete("Role", role, permission, action)
    }
}

fn delete(kind: &str, reference: &str, permission: &str, action: Action) -> Change {
    Change {
        id: format!("delete-{}-{reference}", kind.to_ascii_lowercase()),
        verb: Verb::Delete,
        resource: Resource::new(kind, reference),
        because: "fsxctl made it for this cluster".to_owned(),
        permissions: vec![permission.to_owned()],
        later: Vec::new(),
        details: Vec::new(),
        after: Vec::new(),
        action,
    }
}
