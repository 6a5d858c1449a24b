//! The role: its name, what it needs to allow, and the changes that bring it there.

use serde_json::Value;

use super::{boundary, conflict, judge, must_see};
use crate::domain::names::{self, Partition};
use crate::domain::ownership::{self, Origin, Ownership};
use crate::domain::policy;
use crate::facts::{Facts, Role, Seen};
use crate::intent::{Intent, PolicyWish};
use crate::steps::{Action, Block, Change, Note, Resource, Sign, Verb};

/// The inline policy that fsxctl writes.
pub(super) const INLINE: &str = policy::INLINE_POLICY;
/// FSx's service-linked role.
pub(crate) const SERVICE_LINKED: &str = "AWSServiceRoleForAmazonFSx";
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
pub(crate) fn policy_wish(intent: &Intent, facts: &Facts) -> policy::PolicyWish {
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
    let key = intent.storage.file_system.kms_key.as_ref();
    if let Some(key) = key.filter(|_| policy_wish(intent, facts).kms_key_arn.is_none()) {
        notes.push(Note {
            sign: Sign::Unknown,
            text: format!("the role's policy says nothing of KMS key {key}, because an alias does not tell its key: name it by ARN or id"),
        });
    }
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
        boundary::asked(intent, facts, notes)?;
        // What is made must be seen afterwards, or nobody can tell that it came to be.
        if let Some(veil) = known.and_then(|known| known.policies.hidden()) {
            return Err(crate::steps::denied(&format!("policies of role {name}"), veil));
        }
        return Ok(vec![create(intent, facts, &name, trust), grant(intent, facts, &name, true)]);
    };
    boundary::as_asked(intent, role)?;
    if let Some(fault) = boundary::fault(intent, facts, role, notes) {
        return Err(conflict(
            format!(
                "role {name} cannot let the driver work ({}): {fault}",
                ownership::maker_by_tags(&role.tags)
            ),
            "have whoever owns that boundary allow them, or give the role another one".to_owned(),
        ));
    }
    let mut changes = Vec::new();
    if !right(role) {
        let why = distrust(facts, role);
        owned(intent, facts, role, &why)?;
        changes.push(update_trust(facts, role, trust, &why));
    }
    changes.extend(policy_change(intent, facts, role, notes)?);
    if changes.is_empty() {
        let whose = match ownership::is_ours(&role.tags, &facts.cluster.arn) {
            true => String::new(),
            false => format!(" ({})", ownership::maker_by_tags(&role.tags)),
        };
        notes.push(Note { sign: Sign::Keep, text: format!("role {name} is there and right{whose}") });
    } else if !ownership::is_ours(&role.tags, &facts.cluster.arn) {
        changes.extend(adopt(facts, role, &changes));
    }
    Ok(changes)
}

/// The change that makes the role's policies allow what is needed, when they do not.
fn policy_change(
    intent: &Intent,
    facts: &Facts,
    role: &Role,
    notes: &mut Vec<Note>,
) -> Result<Option<Change>, Box<Block>> {
    let known = facts.access.roles.get(&role.name);
    let policies = match known.map(|known| &known.policies) {
        Some(Seen::Found(policies)) => Some(policies),
        Some(Seen::Hidden(veil)) => {
            return Err(crate::steps::denied(&format!("policies of role {}", role.name), veil));
        }
        Some(Seen::Missing) | None => None,
    };
    let why = match policies.map(|policies| judge::lacks(intent, facts, policies, notes)).transpose()? {
        Some(lacks) if lacks.is_empty() => return Ok(None),
        Some(lacks) => format!("its policies do not allow {}", lacks.join(", ")),
        None => "it has no policy".to_owned(),
    };
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
    owned(intent, facts, role, &why)?;
    Ok(Some(grant(intent, facts, &role.name, false)))
}

/// Why a trust policy does not let the controller in. One that names another issuer of EKS is that of an earlier
/// cluster, or of one of the same name elsewhere.
fn distrust(facts: &Facts, role: &Role) -> String {
    let text = role.trust.to_string();
    let issuer = super::issuer(facts).unwrap_or_default();
    let stranger = text
        .split("oidc-provider/")
        .skip(1)
        .filter_map(|rest| rest.split('"').next())
        .find(|named| *named != issuer && named.contains("oidc.eks."));
    match stranger {
        Some(named) if !text.contains(issuer) || issuer.is_empty() => {
            format!("its trust policy names {named}, the issuer of another or an earlier cluster")
        }
        _ => "its trust policy does not name the driver's service account".to_owned(),
    }
}

/// What was adopted says so: undo takes from it only what fsxctl added. A role that already serves another cluster
/// of fsxctl's keeps that cluster's tags.
fn adopt(facts: &Facts, role: &Role, changes: &[Change]) -> Option<Change> {
    if ownership::owner_of(&role.tags) != Ownership::NotOurs {
        return None;
    }
    Some(Change {
        id: "role-tags".to_owned(),
        verb: Verb::Update,
        resource: Resource::new("Role", &role.name),
        because: "what fsxctl adds to it is to be found again".to_owned(),
        permissions: vec!["iam:TagRole".to_owned()],
        later: Vec::new(),
        details: vec![format!("tag {}=adopted", ownership::TAG_ORIGIN)],
        after: changes.iter().map(|change| change.id.clone()).collect(),
        action: Action::TagRole {
            role: role.name.clone(),
            tags: ownership::tags(&facts.cluster.arn, Origin::Adopted, &std::collections::BTreeMap::new()),
        },
    })
}

/// Whether the role may be changed: ours for this cluster, or adopted.
pub(super) fn owned(intent: &Intent, facts: &Facts, role: &Role, why: &str) -> Result<(), Box<Block>> {
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
            format!(
                "role {} is not fsxctl's ({}), and {why}",
                role.name,
                ownership::maker_by_tags(&role.tags)
            ),
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
fn update_trust(facts: &Facts, role: &Role, trust: &Value, why: &str) -> Change {
    let ours = ownership::is_created(&role.tags, &facts.cluster.arn);
    let (trust, kept) = if ours { (trust.clone(), 0) } else { widened(&role.trust, trust, &mark(facts)) };
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
        because: why.to_owned(),
        permissions: vec!["iam:UpdateAssumeRolePolicy".to_owned()],
        later: Vec::new(),
        details: vec![details],
        after: Vec::new(),
        action: Action::UpdateTrust { role: role.name.clone(), trust },
    }
}

/// The Sid of the statement that fsxctl adds to a trust policy of somebody else, one for each cluster: undo finds it by
/// that. A Sid has letters and digits only.
pub(super) fn mark(facts: &Facts) -> String {
    let plain: String = facts.cluster.name.chars().filter(char::is_ascii_alphanumeric).collect();
    let region: String = facts.region.chars().filter(char::is_ascii_alphanumeric).collect();
    format!("fsxctl{plain}{region}")
}

/// The statements of `there` but for earlier ones of ours, then those of `ours` under the mark; and how many stay.
pub(super) fn widened(there: &Value, ours: &Value, mark: &str) -> (Value, usize) {
    let mut all = statements(there);
    all.retain(|statement| statement.get("Sid").and_then(Value::as_str) != Some(mark));
    let kept = all.len();
    all.extend(statements(ours).into_iter().map(|mut statement| {
        if let Some(members) = statement.as_object_mut() {
            members.insert("Sid".to_owned(), Value::String(mark.to_owned()));
        }
        statement
    }));
    (serde_json::json!({"Version": "2012-10-17", "Statement": all}), kept)
}

/// A single statement need not be a list.
pub(super) fn statements(document: &Value) -> Vec<Value> {
    match document.get("Statement") {
        Some(Value::Array(list)) => list.clone(),
        Some(one) => vec![one.clone()],
        None => Vec::new(),
    }
}
