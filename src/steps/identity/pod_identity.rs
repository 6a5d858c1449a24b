//! EKS Pod Identity: role and association.

use super::{Choice, Who, conflict, judge, mend, role, role_arn};
use crate::domain::ownership::{self, Origin};
use crate::domain::{policy, versions};
use crate::error::Kind;
use crate::facts::{Facts, Seen};
use crate::intent::Intent;
use crate::steps::{Action, Block, Change, Item, Note, Resource, StepId, Verb};

/// What a node's role must allow for the agent.
const ACTION: &str = "eks-auth:AssumeRoleForPodIdentity";

/// Whether Pod Identity would truly work, or why not. What cannot be seen counts as "would not": the other road is
/// there, and it works without the agent.
pub(super) fn works(facts: &Facts) -> Result<(), String> {
    agent(facts)?;
    driver(facts)?;
    node_roles(facts)
}

fn agent(facts: &Facts) -> Result<(), String> {
    if facts.cluster.auto_mode {
        return Ok(());
    }
    match &facts.access.agent {
        Seen::Found(agent) if agent.status == "ACTIVE" => Ok(()),
        Seen::Found(agent) => Err(format!("add-on eks-pod-identity-agent is {}", agent.status)),
        Seen::Missing => Err("add-on eks-pod-identity-agent is not installed".to_owned()),
        Seen::Hidden(veil) => {
            Err(format!("add-on eks-pod-identity-agent cannot be seen ({})", veil.permission))
        }
    }
}

/// Whether the driver is known to be too old to read Pod Identity's credentials.
pub(super) fn is_too_old(facts: &Facts) -> bool {
    let image = facts.driver.controller.found().and_then(|workload| workload.image.as_deref());
    let version: Option<versions::DriverVersion> = match facts.driver.addon.found() {
        Some(addon) => addon.version.parse().ok(),
        None => image.and_then(versions::DriverVersion::of_image),
    };
    version.is_some_and(|version| !version.at_least(versions::POD_IDENTITY_SINCE))
}

/// The driver reads Pod Identity credentials from 1.3.0 on (AWS SDK v2).
fn driver(facts: &Facts) -> Result<(), String> {
    let image = facts.driver.controller.found().and_then(|workload| workload.image.as_deref());
    let (shown, version) = match (facts.driver.addon.found(), image) {
        (Some(addon), _) => (addon.version.as_str(), addon.version.parse().ok()),
        (None, Some(image)) => (image, versions::DriverVersion::of_image(image)),
        (None, None) => return Ok(()),
    };
    match version {
        Some(version) if version.at_least(versions::POD_IDENTITY_SINCE) => Ok(()),
        Some(_) => Err(format!("driver {shown} is older than 1.3.0")),
        None => Err(format!("the version of driver {shown} cannot be told")),
    }
}

/// Roles of nodes that were read and do not allow the agent's call. Those that were not read are given the benefit
/// of the doubt, as the contract says.
fn node_roles(facts: &Facts) -> Result<(), String> {
    let pods = facts.hyperpod.found().map_or(&[][..], Vec::as_slice);
    let of_hyperpod =
        pods.iter().flat_map(|pod| &pod.groups).filter_map(|group| group.execution_role.as_ref());
    for arn in of_hyperpod.chain(facts.access.node_roles.found().into_iter().flatten()) {
        if let Some(why) = node_role_refuses(facts, arn) {
            return Err(why);
        }
    }
    Ok(())
}

/// Why a node's role for certain does not allow the agent's call, if so.
pub(crate) fn node_role_refuses(facts: &Facts, arn: &str) -> Option<String> {
    let name = arn.rsplit('/').next().unwrap_or_default();
    let known = facts.access.roles.get(name)?;
    let policies = known.policies.found()?;
    let boundary = known.role.found().and_then(|role| role.boundary.as_ref());
    let limit = boundary.and_then(|arn| facts.access.boundaries.get(arn)?.found());
    if limit.is_some_and(|document| refuses(facts, std::slice::from_ref(document))) {
        return Some(format!("the permissions boundary of node role {name} does not allow {ACTION}"));
    }
    if !policies.complete || !policies.unread.is_empty() {
        return None;
    }
    let documents: Vec<serde_json::Value> =
        policies.inline.values().chain(policies.documents.values()).cloned().collect();
    let managed = policies.attached.iter().any(|arn| policy::managed_allows(arn, ACTION) != Some(false));
    (!managed && refuses(facts, &documents)).then(|| format!("node role {name} does not allow {ACTION}"))
}

/// Whether the documents for certain do not allow the agent's call.
fn refuses(facts: &Facts, documents: &[serde_json::Value]) -> bool {
    let answer = policy::allows(documents, ACTION, &facts.cluster.arn);
    matches!(answer, policy::Answer::Missing | policy::Answer::Denied)
}

pub(super) fn plan(
    intent: &Intent,
    facts: &Facts,
    current: &judge::Current,
    mut notes: Vec<Note>,
) -> Result<Choice, Box<Block>> {
    if let Some(veil) = facts.access.agent.hidden().filter(|_| !facts.cluster.auto_mode) {
        return Err(crate::steps::denied("add-on eks-pod-identity-agent", veil));
    }
    if let Err(why) = works(facts) {
        if let Some(association) = &current.association {
            let next = if facts.access.agent.is_missing() {
                format!(
                    "install it: aws eks create-addon --cluster-name {} --addon-name eks-pod-identity-agent",
                    facts.cluster.name
                )
            } else {
                format!("mend that, or delete association {} and use --identity irsa", association.id)
            };
            return Err(conflict(
                format!("the controller's Pod Identity association gives it nothing: {why}"),
                next,
            ));
        }
        return Err(Box::new(Block {
            kind: Kind::Usage,
            message: format!("Pod Identity would not work here: {why}"),
            permission: None,
            next: Some("use --identity irsa".to_owned()),
        }));
    }
    let ours = role_arn(intent, facts);
    let (namespace, name) = crate::steps::account(intent, facts);
    let trust = policy::pod_identity_trust(Some(&facts.cluster.arn), Some((&namespace, &name)));
    let mut changes = role::plan(
        intent,
        facts,
        &trust,
        |role| judge::trusts_pod_identity(intent, facts, role),
        &mut notes,
    )?;
    let associated = associate(intent, facts, current, &ours, &mut changes)?;
    let because = if changes.is_empty() {
        "role and association are there and right"
    } else {
        "the driver gets its role by Pod Identity"
    };
    let item = Item { notes, ..Item::settled(StepId::Identity, because) }.with(changes);
    Ok(Choice { item, who: Who::PodIdentity { role_arn: ours, associated } })
}

/// The association: kept when it names our role; else made here when the add-on will not make it. Returns whether it
/// is there or made here.
fn associate(
    intent: &Intent,
    facts: &Facts,
    current: &judge::Current,
    role_arn: &str,
    changes: &mut Vec<Change>,
) -> Result<bool, Box<Block>> {
    let (namespace, name) = crate::steps::account(intent, facts);
    if let Some(association) = &current.association {
        if association.role_arn == role_arn {
            return Ok(true);
        }
        let fault = current.fault.as_deref().unwrap_or("it does not let the driver work");
        let owner = match &association.owner_arn {
            Some(_) => format!("add-on {} owns the association", crate::steps::driver::ADDON),
            None => ownership::maker_by_tags(&association.tags),
        };
        return Err(conflict(
            format!(
                "association {} gives the controller's service account {}, but {fault} (of the association: {owner})",
                association.id, association.role_arn
            ),
            format!("{}delete association {}", mend(facts, &association.role_arn), association.id),
        ));
    }
    // A new add-on makes and owns its association; one that is there already, or a driver of another kind, does not.
    if intent.covers(StepId::Driver) && crate::steps::driver::makes_addon(intent, facts) {
        return Ok(false);
    }
    let after =
        changes.iter().filter(|change| change.id == role::CREATE).map(|change| change.id.clone()).collect();
    changes.push(Change {
        id: "association".to_owned(),
        verb: Verb::Create,
        resource: Resource::new("PodIdentityAssociation", format!("{namespace}/{name}")),
        because: "the controller's service account has no role".to_owned(),
        permissions: vec![
            "eks:CreatePodIdentityAssociation".to_owned(),
            "eks:TagResource".to_owned(),
            "iam:PassRole".to_owned(),
        ],
        later: vec!["id".to_owned()],
        details: Vec::new(),
        after,
        action: Action::CreateAssociation {
            cluster: facts.cluster.name.clone(),
            namespace,
            service_account: name,
            role_arn: role_arn.to_owned(),
            tags: ownership::tags(&facts.cluster.arn, Origin::Created, &intent.tags),
        },
    });
    changes.extend(crate::steps::restart(facts, &["association"]));
    Ok(true)
}

/// Whether fsxctl made it for this cluster.
pub(super) fn is_ours(facts: &Facts, tags: &std::collections::BTreeMap<String, String>) -> bool {
    ownership::is_created(tags, &facts.cluster.arn)
}
