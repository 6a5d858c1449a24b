//! The role: its name, what it needs to allow, and the changes that bring it there.

use serde_json::Value;

use super::{conflict, judge, must_see};
use crate::domain::names::{self, Partition};
use crate::domain::ownership::{self, Origin, Ownership};
use crate::domain::policy;
use crate::facts::{Facts, Role, Seen};
use crate::intent::{Intent, PolicyWish};
use crate::steps::{Action, Block, Change, Note, Resource, Sign, Verb};

/// The inline policy that fsxctl writes.
pub(super) const INLINE: &str = policy::INLINE_POLICY;
/// FSx's service-linked role.
pub(super) const SERVICE_LINKED: &str = "AWSServiceRoleForAmazonFSx";
/// The id of the change that makes the role.
pub(super) const CREATE: &str = "role";

/// The role's name: asked for, or by convention.
pub(super) fn name(intent: &Intent, facts: &Facts) -> String {
    if let Some(asked) = &intent.identity.role_arn {
        return asked.value.rsplit('/').next().unwrap_or_default().to_owned();
    }
    let asked = intent.identity.role_name.as_ref().map(|asked| asked.value.clone());
    asked.unwrap_or_else(|| names::role_name(&facts.cluster.name, &facts.region))
}

/// What the role must allow for this wish.
pub(super) fn policy_wish(intent: &Intent, facts: &Facts) -> policy::PolicyWish {
    let wish = &intent.storage.file_system;
    let (partition, account) = (Partition::of_region(&facts.region), super::account(facts));
    policy::PolicyWish {
        partition,
        service_linked_role: !judge::has_service_linked_role(facts),
        s3_paths: [&wish.s3_import, &wish.s3_export].into_iter().flatten().cloned().collect(),
        kms_key_arn: wish
            .kms_key
            .as_ref()
            .and_then(|key| names::kms_key_arn(partition, &facts.region, &account, key)),
        region: facts.region.clone(),
        account,
    }
}

/// The changes that make the role trust `trust` and allow what is needed. `after`: what must be done before.
pub(super) fn plan(
    intent: &Intent,
    facts: &Facts,
    trust: &Value,
    right: impl Fn(&Role) -> bool,
    notes: &mut Vec<Note>,
) -> Result<Vec<Change>, Box<Block>> {
    let name = name(intent, facts);
    let known = facts.access.roles.get(&name);
    let role = known.map_or(Ok(None), |known| must_see(&known.role, &format!("role {name}")))?;
    let Some(role) = role else {
        if let Some(asked) = &intent.identity.role_arn {
            return Err(Box::new(Block {
                kind: crate::error::Kind::Usage,
                message: format!("{} names role {}, which does not exist", asked.from, asked.value),
                permission: None,
                next: Some("name a role that exists, or leave --role-arn out to have one made".to_owned()),
            }));
        }
        // What is made must be seen afterwards, or nobody can tell that it came to be.
        if let Some(veil) = known.and_then(|known| known.policies.hidden()) {
            return Err(crate::steps::denied(&format!("policies of role {name}"), veil));
        }
        return Ok(vec![create(intent, facts, &name, trust), grant(intent, facts, &name, true)]);
    };
    let mut changes = Vec::new();
    if !right(role) {
        owned(intent, facts, role, "its trust policy does not name the driver's service account")?;
        changes.push(update_trust(facts, role, trust));
    }
    let mut unclear = Vec::new();
    let policies = match known.map(|known| &known.policies) {
        Some(Seen::Found(policies)) => Some(policies),
        Some(Seen::Hidden(veil)) => {
            return Err(crate::steps::denied(&format!("policies of role {name}"), veil));
        }
        Some(Seen::Missing) | None => None,
    };
    let enough = match policies {
        Some(policies) => judge::may_do(intent, facts, policies, &mut unclear)?,
        None => false,
    };
    notes.extend(unclear);
    if !enough {
        let attached = policies.map_or(&[][..], |policies| &policies.attached);
        if let Some(arn) = by_arn(intent, facts).filter(|arn| attached.contains(arn)) {
            return Err(conflict(
                format!(
                    "role {} has policy {arn} already, and it does not allow what the driver needs",
                    role.name
                ),
                "add the missing actions to that policy, or leave --policy out".to_owned(),
            ));
        }
        owned(intent, facts, role, "its policies do not allow what the driver needs")?;
        changes.push(grant(intent, facts, &name, false));
    }
    if changes.is_empty() {
        notes.push(Note { sign: Sign::Keep, text: format!("role {name} is there and right") });
    }
    Ok(changes)
}

/// Whether the role may be changed: ours for this cluster, or adopted.
fn owned(intent: &Intent, facts: &Facts, role: &Role, why: &str) -> Result<(), Box<Block>> {
    if intent.adopts("Role", &role.name) {
        return Ok(());
    }
    match ownership::owner_of(&role.tags) {
        Ownership::Ours { cluster, .. } if cluster == facts.cluster.arn => Ok(()),
        Ownership::Ours { cluster: other, .. } | Ownership::OtherCluster(other) => Err(conflict(
            format!("role {} was made by fsxctl for {other}, and {why}", role.name),
            "take another name with --role-name".to_owned(),
        )),
        Ownership::NotOurs => Err(conflict(
            format!("role {} is not fsxctl's, and {why}", role.name),
            format!(
                "let fsxctl change it with --adopt Role/{}, or take another name with --role-name",
                role.name
            ),
        )),
    }
}

fn create(intent: &Intent, facts: &Facts, name: &str, trust: &Value) -> Change {
    let wish = &intent.identity;
    let mut permissions = vec!["iam:CreateRole".to_owned(), "iam:TagRole".to_owned()];
    if wish.boundary.is_some() {
        permissions.push("iam:PutRolePermissionsBoundary".to_owned());
    }
    Change {
        id: CREATE.to_owned(),
        verb: Verb::Create,
        resource: Resource::new("Role", name),
        because: "the driver's controller needs a role".to_owned(),
        permissions,
        later: Vec::new(),
        details: Vec::new(),
        after: Vec::new(),
        action: Action::CreateRole {
            name: name.to_owned(),
            path: wish.role_path.value.clone(),
            trust: trust.clone(),
            description: format!("FSx CSI driver of EKS cluster {}", facts.cluster.name),
            boundary: wish.boundary.as_ref().map(|asked| asked.value.clone()),
            tags: ownership::tags(&facts.cluster.arn, Origin::Created, &intent.tags),
        },
    }
}

fn grant(intent: &Intent, facts: &Facts, name: &str, new: bool) -> Change {
    let after = if new { vec![CREATE.to_owned()] } else { Vec::new() };
    let (action, details, permission) = match by_arn(intent, facts) {
        None => {
            let known = facts.access.roles.get(name).and_then(|known| known.policies.found());
            let there = known.and_then(|policies| policies.inline.get(INLINE));
            let document = policy::widened(there, &policy_wish(intent, facts));
            let actions: Vec<String> =
                policy::needed_actions(&policy_wish(intent, facts)).into_iter().map(|it| it.action).collect();
            let actions = actions.join(", ");
            (
                Action::PutRolePolicy { role: name.to_owned(), name: INLINE.to_owned(), document },
                format!("inline policy {INLINE}: {actions}"),
                "iam:PutRolePolicy",
            )
        }
        Some(arn) => attach(name, arn),
    };
    Change {
        id: "role-policy".to_owned(),
        verb: if new { Verb::Create } else { Verb::Update },
        resource: Resource::new("RolePolicy", format!("{name}/{}", policy_name(&action))),
        because: "the controller must be allowed to make, change and delete file systems".to_owned(),
        permissions: vec![permission.to_owned()],
        later: Vec::new(),
        details: vec![details],
        after,
        action,
    }
}

/// The policy to attach, when one was asked for instead of the inline one.
fn by_arn(intent: &Intent, facts: &Facts) -> Option<String> {
    match &intent.identity.policy.value {
        PolicyWish::Minimal => None,
        PolicyWish::Managed => {
            Some(names::managed_policy_arn(Partition::of_region(&facts.region), policy::FSX_FULL_ACCESS))
        }
        PolicyWish::Arn(arn) => Some(arn.clone()),
    }
}

fn attach(role: &str, arn: String) -> (Action, String, &'static str) {
    let details = format!("attaches {arn}");
    (Action::AttachPolicy { role: role.to_owned(), policy_arn: arn }, details, "iam:AttachRolePolicy")
}

fn policy_name(action: &Action) -> String {
    match action {
        Action::AttachPolicy { policy_arn, .. } => {
            policy_arn.rsplit('/').next().unwrap_or_default().to_owned()
        }
        _ => INLINE.to_owned(),
    }
}

/// A trust policy of fsxctl's own is written anew; one of somebody else keeps its statements and gains ours.
fn update_trust(facts: &Facts, role: &Role, trust: &Value) -> Change {
    let ours = matches!(ownership::owner_of(&role.tags), Ownership::Ours { cluster, .. } if cluster == facts.cluster.arn);
    let (trust, kept) = if ours { (trust.clone(), 0) } else { widened(&role.trust, trust) };
    let details = match kept {
        0 => "its trust policy is written anew".to_owned(),
        kept => {
            format!("its trust policy gains a statement for the service account and keeps the {kept} it has")
        }
    };
    Change {
        id: "role-trust".to_owned(),
        verb: Verb::Update,
        resource: Resource::new("Role", &role.name),
        because: "its trust policy does not name the driver's service account".to_owned(),
        permissions: vec!["iam:UpdateAssumeRolePolicy".to_owned()],
        later: Vec::new(),
        details: vec![details],
        after: Vec::new(),
        action: Action::UpdateTrust { role: role.name.clone(), trust },
    }
}

/// The statements of `there`, then those of `ours`; and how many were there. A single statement need not be a list.
fn widened(there: &Value, ours: &Value) -> (Value, usize) {
    let statements = |document: &Value| match document.get("Statement") {
        Some(Value::Array(list)) => list.clone(),
        Some(one) => vec![one.clone()],
        None => Vec::new(),
    };
    let mut all = statements(there);
    let kept = all.len();
    all.extend(statements(ours));
    (serde_json::json!({"Version": "2012-10-17", "Statement": all}), kept)
}
