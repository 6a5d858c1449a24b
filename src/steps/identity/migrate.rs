//! From IRSA to Pod Identity and back, for a driver that runs: the role lets both in for a while, the driver is given
//! the new way, its controller is restarted, and what is left of the old way goes if it is fsxctl's.

use serde_json::{Value, json};

use super::{conflict, irsa, judge, must_see, pod_identity, provider_arn, role, subject};
use crate::domain::ownership::{self, Origin};
use crate::domain::policy;
use crate::error::Kind;
use crate::facts::{Addon, Facts, Role, Seen};
use crate::intent::{IdentityMode, Intent};
use crate::steps::driver::{self, ADDON};
use crate::steps::{
    Action, AddonAssociation, Associations, Block, Change, Conflicts, Item, Note, ObjectRef, Resource, Sign,
    StepId, Verb,
};

/// The ids of the changes, in their order.
const TRUST: &str = "role-trust";
const GIVE: &str = "give";
const TAKE: &str = "take";
const NARROW: &str = "role-trust-narrow";

/// All that the plan says about.
struct Scene<'a> {
    intent: &'a Intent,
    facts: &'a Facts,
    role: &'a Role,
    /// Whether Pod Identity is the new way.
    to_pods: bool,
    account: (String, String),
}

/// The identity's part of the plan; the driver's stays as it is.
pub(crate) fn plan(intent: &Intent, facts: &Facts) -> Vec<Item> {
    vec![change_over(intent, facts).unwrap_or_else(|block| Item::blocked(StepId::Identity, *block))]
}

fn change_over(intent: &Intent, facts: &Facts) -> Result<Item, Box<Block>> {
    let to_pods = intent.identity.mode.value == IdentityMode::PodIdentity;
    if facts.driver.controller.is_missing() && facts.driver.addon.is_missing() {
        return Err(Box::new(Block {
            kind: Kind::Usage,
            message: "there is no FSx CSI driver in the cluster".to_owned(),
            permission: None,
            next: Some("fsxctl setup dynamic".to_owned()),
        }));
    }
    let name = role_name(intent, facts)?;
    let known = facts.access.roles.get(&name).map(|known| must_see(&known.role, &format!("role {name}")));
    let Some(role) = known.transpose()?.flatten() else {
        return Err(conflict(
            format!("the driver's role {name} is not there"),
            "fsxctl setup identity".to_owned(),
        ));
    };
    let scene = Scene { intent, facts, role, to_pods, account: crate::steps::account(intent, facts) };
    let mut changes = scene.begin()?;
    changes.extend(scene.give()?);
    changes.extend(scene.take()?);
    chain(&mut changes);
    let who = scene.who();
    let is_given = changes.iter().any(|change| change.id.starts_with(GIVE) || change.id.starts_with(TAKE));
    if is_given || driver::has_stale_pods(facts, &who) {
        let before: Vec<&str> = changes.iter().map(|change| change.id.as_str()).collect();
        let restart = crate::steps::restart(facts, &before);
        changes.extend(restart);
    }
    changes.extend(scene.narrow(&changes));
    let word = if to_pods { "Pod Identity" } else { "IRSA" };
    let because = if changes.is_empty() {
        format!("the driver gets {} by {word}", scene.role.arn)
    } else {
        format!("the driver is to get {} by {word}", scene.role.arn)
    };
    let note = Note {
        sign: Sign::Keep,
        text: "mounts, file systems, volumes and claims are not touched; the controller restarts once"
            .to_owned(),
    };
    let notes = if changes.is_empty() { Vec::new() } else { vec![note] };
    Ok(Item { notes, ..Item::settled(StepId::Identity, because) }.with(changes))
}

/// Each change waits for the one before it.
fn chain(changes: &mut [Change]) {
    for index in 1..changes.len() {
        let before = changes.get(index - 1).map(|change| change.id.clone());
        if let Some(change) = changes.get_mut(index) {
            change.after.extend(before);
        }
    }
}

/// The role that was asked for, else the one that the driver has now, else fsxctl's.
fn role_name(intent: &Intent, facts: &Facts) -> Result<String, Box<Block>> {
    if intent.identity.role_arn.is_some() || intent.identity.role_name.is_some() {
        return Ok(role::name(intent, facts));
    }
    let association = must_see(&facts.access.association, "Pod Identity associations")?;
    let addon = must_see(&facts.driver.addon, "the driver's add-on")?;
    let account = must_see(&facts.access.service_account, "the controller's service account")?;
    let arn = account
        .and_then(|account| account.role_arn.as_ref())
        .or_else(|| addon.and_then(|addon| addon.role_arn.as_ref()))
        .or_else(|| association.map(|association| &association.role_arn));
    Ok(match arn {
        Some(arn) => arn.rsplit('/').next().unwrap_or_default().to_owned(),
        None => role::name(intent, facts),
    })
}

impl Scene<'_> {
    fn who(&self) -> super::Who {
        let arn = self.role.arn.clone();
        if self.to_pods {
            super::Who::PodIdentity { role_arn: arn, associated: true }
        } else {
            super::Who::Irsa(arn)
        }
    }

    fn addon(&self) -> Option<&Addon> {
        self.facts.driver.addon.found()
    }

    fn is_ours(&self, tags: &std::collections::BTreeMap<String, String>) -> bool {
        ownership::is_ours(tags, &self.facts.cluster.arn)
    }

    /// What the new way needs outside the cluster: the agent or the provider, and a role that lets it in.
    fn begin(&self) -> Result<Vec<Change>, Box<Block>> {
        let mut changes = Vec::new();
        let trusts = if self.to_pods {
            if let Some(veil) = self.facts.access.agent.hidden().filter(|_| !self.facts.cluster.auto_mode) {
                return Err(crate::steps::denied("add-on eks-pod-identity-agent", veil));
            }
            if let Err(why) = pod_identity::works(self.facts) {
                let next = if self.facts.access.agent.is_missing() && !self.facts.cluster.auto_mode {
                    format!(
                        "aws eks create-addon --cluster-name {} --addon-name eks-pod-identity-agent",
                        self.facts.cluster.name
                    )
                } else {
                    "mend that and run it again".to_owned()
                };
                return Err(Box::new(Block {
                    kind: Kind::Usage,
                    message: format!("Pod Identity would not work here: {why}"),
                    permission: None,
                    next: Some(next),
                }));
            }
            judge::trusts_pod_identity(self.intent, self.facts, self.role)
        } else {
            let provider = provider_arn(self.facts).ok_or_else(|| {
                conflict(
                    format!("cluster {} has no OIDC issuer, so IRSA cannot work", self.facts.cluster.name),
                    "stay with Pod Identity".to_owned(),
                )
            })?;
            changes.extend(irsa::provider_changes(self.intent, self.facts, &provider)?);
            judge::trusts_web_identity(self.intent, self.facts, self.role)
        };
        if !trusts {
            let new = if self.to_pods { self.pod_trust() } else { self.web_trust() };
            changes.push(self.trust(
                TRUST,
                &role::widened(&self.role.trust, &new, &role::mark(self.facts)).0,
                "it does not let the new way in",
            )?);
        }
        Ok(changes)
    }

    fn pod_trust(&self) -> Value {
        let (namespace, name) = &self.account;
        policy::pod_identity_trust(Some(&self.facts.cluster.arn), Some((namespace, name)))
    }

    fn web_trust(&self) -> Value {
        let provider = provider_arn(self.facts).unwrap_or_default();
        let issuer = super::issuer(self.facts).unwrap_or_default();
        policy::web_identity_trust(&provider, issuer, &subject(self.intent, self.facts))
    }

    fn trust(&self, id: &str, trust: &Value, because: &str) -> Result<Change, Box<Block>> {
        role::owned(self.intent, self.facts, self.role, because)?;
        Ok(Change {
            id: id.to_owned(),
            verb: Verb::Update,
            resource: Resource::new("Role", &self.role.name),
            because: because.to_owned(),
            permissions: vec!["iam:UpdateAssumeRolePolicy".to_owned()],
            later: Vec::new(),
            details: Vec::new(),
            after: Vec::new(),
            action: Action::UpdateTrust { role: self.role.name.clone(), trust: trust.clone() },
        })
    }

    /// The new way itself, through the add-on when there is one: it owns what gives its controller a role.
    fn give(&self) -> Result<Vec<Change>, Box<Block>> {
        let association = must_see(&self.facts.access.association, "Pod Identity associations")?;
        if let Some(found) = association.filter(|it| self.to_pods && it.role_arn != self.role.arn) {
            return Err(conflict(
                format!("the controller's service account is associated with {}", found.role_arn),
                format!(
                    "name that role with --role-arn {}, or delete association {}",
                    found.role_arn, found.id
                ),
            ));
        }
        if let Some(addon) = self.addon() {
            return self.update_addon(
                addon,
                association.is_some_and(|it| it.owner_arn.is_some()),
                association.is_some(),
            );
        }
        if self.to_pods {
            return Ok(association.is_none().then(|| self.associate()).into_iter().collect());
        }
        let account = must_see(&self.facts.access.service_account, "the controller's service account")?;
        let annotated = account.and_then(|account| account.role_arn.as_ref());
        if annotated == Some(&self.role.arn) {
            return Ok(Vec::new());
        }
        Ok(vec![self.annotate(GIVE, Some(&self.role.arn))?])
    }

    fn update_addon(&self, addon: &Addon, owns: bool, associated: bool) -> Result<Vec<Change>, Box<Block>> {
        let (role_arn, association) = if self.to_pods {
            let new =
                AddonAssociation { service_account: self.account.1.clone(), role_arn: self.role.arn.clone() };
            (None, if associated { Associations::Keep } else { Associations::Set(new) })
        } else {
            (Some(self.role.arn.clone()), if owns { Associations::Clear } else { Associations::Keep })
        };
        if addon.role_arn == role_arn && association == Associations::Keep {
            return Ok(Vec::new());
        }
        if addon.status == "UPDATING" || addon.status == "CREATING" {
            return Err(conflict(
                format!("add-on {ADDON} is {}", addon.status),
                "wait until it is ACTIVE and run it again".to_owned(),
            ));
        }
        if !self.is_ours(&addon.tags) && !self.intent.adopts("Addon", ADDON) {
            return Err(conflict(
                format!("add-on {ADDON} is not fsxctl's"),
                format!("let fsxctl change it with --adopt Addon/{ADDON}"),
            ));
        }
        let mut permissions = vec!["eks:UpdateAddon".to_owned(), "iam:PassRole".to_owned()];
        match &association {
            Associations::Set(_) => permissions.push("eks:CreatePodIdentityAssociation".to_owned()),
            Associations::Clear => permissions.push("eks:DeletePodIdentityAssociation".to_owned()),
            Associations::Keep => {}
        }
        let details = match (&role_arn, &association) {
            (Some(role), _) => format!("service account role {role}"),
            (None, Associations::Set(_)) => format!("Pod Identity association with {}", self.role.arn),
            (None, _) => "no service account role".to_owned(),
        };
        Ok(vec![Change {
            id: GIVE.to_owned(),
            verb: Verb::Update,
            resource: Resource::new("Addon", ADDON),
            because: "it gives its controller the role".to_owned(),
            permissions,
            later: Vec::new(),
            details: vec![details],
            after: Vec::new(),
            action: Action::UpdateAddon {
                cluster: self.facts.cluster.name.clone(),
                name: ADDON.to_owned(),
                version: None,
                role_arn,
                association,
                conflicts: Conflicts::None,
                configuration: addon.configuration.clone(),
            },
        }])
    }

    fn associate(&self) -> Change {
        let (namespace, name) = self.account.clone();
        Change {
            id: GIVE.to_owned(),
            verb: Verb::Create,
            resource: Resource::new("PodIdentityAssociation", format!("{namespace}/{name}")),
            because: "it gives the controller the role".to_owned(),
            permissions: vec![
                "eks:CreatePodIdentityAssociation".to_owned(),
                "eks:TagResource".to_owned(),
                "iam:PassRole".to_owned(),
            ],
            later: vec!["id".to_owned()],
            details: Vec::new(),
            after: Vec::new(),
            action: Action::CreateAssociation {
                cluster: self.facts.cluster.name.clone(),
                namespace,
                service_account: name,
                role_arn: self.role.arn.clone(),
                tags: ownership::tags(&self.facts.cluster.arn, Origin::Created, &self.intent.tags),
            },
        }
    }

    /// The old way: the annotation of a service account that no add-on keeps, an association that no add-on owns. The SDK
    /// asks the annotation's way first, and the webhook the association, so pods must be made without them.
    fn take(&self) -> Result<Vec<Change>, Box<Block>> {
        if self.to_pods {
            let account = must_see(&self.facts.access.service_account, "the controller's service account")?;
            let is_annotated = account.is_some_and(|account| account.role_arn.is_some());
            // The add-on takes its own annotation away.
            let by_addon = self.addon().is_some_and(|addon| addon.role_arn.is_some());
            return if is_annotated && !by_addon {
                Ok(vec![self.annotate(TAKE, None)?])
            } else {
                Ok(Vec::new())
            };
        }
        let association = self.facts.access.association.found().filter(|it| it.owner_arn.is_none());
        let Some(association) = association else { return Ok(Vec::new()) };
        if !self.is_ours(&association.tags) && !self.intent.adopts("PodIdentityAssociation", &association.id)
        {
            return Err(conflict(
                format!(
                    "Pod Identity association {} is not fsxctl's, and it goes before IRSA",
                    association.id
                ),
                format!("let fsxctl delete it with --adopt PodIdentityAssociation/{}", association.id),
            ));
        }
        Ok(vec![Change {
            id: TAKE.to_owned(),
            verb: Verb::Delete,
            resource: Resource::new("PodIdentityAssociation", &association.id),
            because: "it would go before IRSA".to_owned(),
            permissions: vec!["eks:DeletePodIdentityAssociation".to_owned()],
            later: Vec::new(),
            details: Vec::new(),
            after: Vec::new(),
            action: Action::DeleteAssociation {
                cluster: self.facts.cluster.name.clone(),
                id: association.id.clone(),
            },
        }])
    }

    fn annotate(&self, id: &str, role: Option<&String>) -> Result<Change, Box<Block>> {
        let (namespace, name) = &self.account;
        let reference = format!("{namespace}/{name}");
        let Seen::Found(account) = &self.facts.access.service_account else {
            return Err(conflict(
                format!("the driver's service account {reference} is not there"),
                "fsxctl setup driver".to_owned(),
            ));
        };
        let ours = ownership::is_labelled_ours(&account.marks.labels);
        if !ours && !self.intent.adopts("ServiceAccount", &reference) {
            return Err(conflict(
                format!("service account {reference} is not fsxctl's"),
                format!("let fsxctl annotate it with --adopt ServiceAccount/{reference}"),
            ));
        }
        let version = &account.marks.resource_version;
        Ok(Change {
            id: id.to_owned(),
            verb: Verb::Update,
            resource: Resource::new("ServiceAccount", reference),
            because: "its annotation decides whether its pods get the role by IRSA".to_owned(),
            permissions: vec![format!("patch serviceaccounts in {namespace}")],
            later: Vec::new(),
            details: vec![role.map_or_else(|| "no role".to_owned(), |role| format!("role {role}"))],
            after: Vec::new(),
            action: Action::PatchObject {
                at: ObjectRef {
                    api_version: "v1".to_owned(),
                    kind: "ServiceAccount".to_owned(),
                    plural: "serviceaccounts".to_owned(),
                    namespace: Some(namespace.clone()),
                    name: name.clone(),
                    resource_version: Some(version.clone()),
                },
                patch: json!({"metadata": {
                    "annotations": {"eks.amazonaws.com/role-arn": role}, "resourceVersion": version,
                }}),
            },
        })
    }

    /// A role that fsxctl made for this cluster lets the old way in no more, once the controller was restarted. Only the
    /// statement of the old way goes: what others have added stays.
    fn narrow(&self, before: &[Change]) -> Option<Change> {
        if !ownership::is_created(&self.role.tags, &self.facts.cluster.arn) {
            return None;
        }
        let (new, old) = if self.to_pods {
            (self.pod_trust(), self.web_trust())
        } else {
            (self.web_trust(), self.pod_trust())
        };
        let is_widened = before.iter().any(|change| change.id == TRUST);
        let now = match is_widened {
            true => role::widened(&self.role.trust, &new, &role::mark(self.facts)).0,
            false => self.role.trust.clone(),
        };
        let old: Vec<Value> = role::statements(&old).iter().map(without_sid).collect();
        let (gone, kept): (Vec<Value>, Vec<Value>) =
            role::statements(&now).into_iter().partition(|statement| old.contains(&without_sid(statement)));
        if gone.is_empty() || kept.is_empty() {
            return None;
        }
        let trust = serde_json::json!({"Version": "2012-10-17", "Statement": kept});
        let mut change = self.trust(NARROW, &trust, "the old way is not used any more").ok()?;
        change.details = vec![format!(
            "its trust policy loses the statement of the old way and keeps the other {}",
            kept.len()
        )];
        change.after = before.iter().map(|change| change.id.clone()).collect();
        Some(change)
    }
}

/// A statement of a policy without its name, which says nothing about what it allows.
fn without_sid(statement: &Value) -> Value {
    let mut plain = statement.clone();
    if let Some(members) = plain.as_object_mut() {
        members.shift_remove("Sid");
    }
    plain
}
