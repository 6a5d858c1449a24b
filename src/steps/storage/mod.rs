//! **Promise.** A StorageClass that makes the file system that was asked for, and a claim of it.
//! **Looks at** namespace, class, claim, volumes.
//! **May change** class and claim where Kubernetes lets them change and fsxctl made them.
//! **Leaves alone** parameters of an existing class: they cannot change.
//! **Undo** removes claim and class that fsxctl made; a claim whose class says Delete is data and is never undone here.

mod claim;
mod class;
mod undo;

use super::network;
use super::{Block, Goal, Item, Note, ObjectRef, Sign, StepId};
use crate::domain::ownership;
use crate::error::Kind;
use crate::facts::{Facts, Marks, Seen};
use crate::intent::Intent;
use crate::steps::{Action, Change, Resource, Verb};

/// Decides class and claim. `network` is what the network step came to.
pub fn plan(goal: Goal, intent: &Intent, facts: &Facts, network: &network::Choice) -> Item {
    let item = match goal {
        Goal::Present => present(intent, facts, network),
        Goal::Absent => undo::absent(facts),
    };
    item.unwrap_or_else(|block| Item::blocked(StepId::Storage, *block))
}

/// Whether what was seen does not hang together: the StorageClass names a security group that the network had not yet
/// when it was looked at. Looking again tells whether another run made both meanwhile.
pub fn is_torn(intent: &Intent, facts: &Facts) -> bool {
    intent.covers(StepId::Storage) && intent.bind.is_none() && class::outran_the_look(facts)
}

fn present(intent: &Intent, facts: &Facts, network: &network::Choice) -> Result<Item, Box<Block>> {
    let mut notes: Vec<Note> = Vec::new();
    let mut changes = namespace(intent, facts)?;
    if let (Some(veil), None) = (facts.storage.namespace.hidden(), facts.storage.claim.found()) {
        let text = format!(
            "namespace {} cannot be seen ({}); it is taken to be there",
            facts.storage.claim_namespace, veil.permission
        );
        notes.push(note(Sign::Unknown, text));
    }
    let class = class::plan(intent, facts, network, &mut notes)?;
    let after: Vec<String> = changes.iter().chain(&class).map(|change| change.id.clone()).collect();
    changes.extend(class);
    changes.extend(claim::plan(intent, facts, &after, &mut notes)?);
    let because =
        if changes.is_empty() { "class and claim are there" } else { "class or claim is missing or differs" };
    Ok(Item { notes, ..Item::settled(StepId::Storage, because) }.with(changes))
}

/// A file for people who keep manifests in a repository.
#[derive(Debug, Clone, PartialEq)]
pub struct Manifest {
    /// The file's name.
    pub file: String,
    /// The object; none when values in it are known only after it was made.
    pub object: Option<serde_json::Value>,
}

/// StorageClass and claim as manifests: what a set-up makes. Empty when the network could not be decided.
pub fn manifests(intent: &Intent, facts: &Facts, network: &network::Choice) -> Vec<Manifest> {
    let Ok(class) = class::make(intent, facts, network) else { return Vec::new() };
    [class, claim::make(intent, facts, &[])]
        .into_iter()
        .filter_map(|change| match change.action {
            Action::CreateObject { at, object, fills } => {
                let place = at.namespace.map(|namespace| format!("{namespace}-")).unwrap_or_default();
                let file = format!("{}-{place}{}.yaml", at.kind.to_ascii_lowercase(), at.name);
                Some(Manifest { file, object: fills.is_empty().then_some(object) })
            }
            _ => None,
        })
        .collect()
}

fn namespace(intent: &Intent, facts: &Facts) -> Result<Vec<Change>, Box<Block>> {
    let name = &facts.storage.claim_namespace;
    match &facts.storage.namespace {
        Seen::Found(found) if found.terminating => Err(block(
            Kind::Conflict,
            format!("namespace {name} is being deleted"),
            "wait until it is gone, or take another one with -n",
        )),
        Seen::Found(_) => Ok(Vec::new()),
        // Whoever may not read namespaces can still make claims in one; the API server will say if it is missing.
        Seen::Hidden(_) => Ok(Vec::new()),
        Seen::Missing if intent.storage.create_namespace => Ok(vec![make_namespace(name)]),
        Seen::Missing => Err(block(
            Kind::Usage,
            format!("namespace {name} does not exist"),
            "make it with --create-namespace, or take another one with -n",
        )),
    }
}

pub(in crate::steps) fn make_namespace(name: &str) -> Change {
    let object = serde_json::json!({
        "apiVersion": "v1", "kind": "Namespace",
        "metadata": {"name": name, "labels": {ownership::LABEL_MANAGED_BY: ownership::MANAGER}},
    });
    Change {
        id: "namespace".to_owned(),
        verb: Verb::Create,
        resource: Resource::new("Namespace", name),
        because: "it does not exist, and --create-namespace asks for it".to_owned(),
        permissions: vec!["create namespaces".to_owned()],
        later: Vec::new(),
        details: Vec::new(),
        after: Vec::new(),
        action: Action::CreateObject {
            at: ObjectRef {
                api_version: "v1".to_owned(),
                kind: "Namespace".to_owned(),
                plural: "namespaces".to_owned(),
                namespace: None,
                name: name.to_owned(),
                resource_version: None,
            },
            object,
            fills: Vec::new(),
        },
    }
}

/// A patch of an object that somebody else made says that fsxctl was given leave: the next change needs no second one.
/// No label, because what is labelled is fsxctl's own and goes with an undo.
pub(in crate::steps) fn mark_adopted(patch: &mut serde_json::Value, marks: &Marks) {
    if ownership::is_labelled_ours(&marks.labels) {
        return;
    }
    if let Some(metadata) = patch.get_mut("metadata").and_then(serde_json::Value::as_object_mut) {
        let origin = ownership::Origin::Adopted.as_str();
        metadata.insert("annotations".to_owned(), serde_json::json!({ownership::TAG_ORIGIN: origin}));
    }
}

fn block(kind: Kind, message: String, next: &str) -> Box<Block> {
    Box::new(Block { kind, message, permission: None, next: Some(next.to_owned()) })
}

fn note(sign: Sign, text: impl Into<String>) -> Note {
    Note { sign, text: text.into() }
}

#[cfg(test)]
mod tests;
