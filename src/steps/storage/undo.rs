//! Undo of class and claim that fsxctl made. Data is not undone here: a claim whose volume would be deleted with it stays.

use crate::domain::ownership;
use crate::facts::{Facts, Marks, Seen, StorageClass};
use crate::steps::{Action, Block, Change, Item, Note, ObjectRef, Resource, Sign, StepId, Verb};

pub(super) fn absent(facts: &Facts) -> Result<Item, Box<Block>> {
    let mut item = Item::settled(StepId::Storage, "fsxctl made nothing here");
    let mut changes = Vec::new();
    let mut kept = false;
    if let Some(claim) = seen(&facts.storage.claim, "the claim")?.filter(|claim| is_ours(&claim.marks)) {
        let volume = facts
            .storage
            .volumes
            .found()
            .into_iter()
            .flatten()
            .find(|volume| Some(&volume.name) == claim.volume.as_ref());
        let reference = format!("{}/{}", claim.namespace, claim.name);
        if claim.volume.is_some() && volume.is_none_or(|volume| volume.reclaim_policy != "Retain") {
            item.notes.push(match facts.storage.volumes.hidden() {
                None => Note {
                    sign: Sign::Keep,
                    text: format!(
                        "claim {reference} is kept: deleting it would delete its file system and all data"
                    ),
                },
                Some(veil) => {
                    let why = format!(
                        "whether deleting it would delete its file system cannot be seen ({})",
                        veil.permission
                    );
                    Note { sign: Sign::Unknown, text: format!("claim {reference} is kept: {why}") }
                }
            });
            kept = true;
        } else {
            let at = at(
                "v1",
                "PersistentVolumeClaim",
                "persistentvolumeclaims",
                Some(&claim.namespace),
                &claim.name,
                &claim.marks,
            );
            changes.push(delete(&reference, at));
        }
    }
    let class =
        seen(&facts.storage.class, "the StorageClass")?.filter(|class| is_ours(&class.marks) && !kept);
    if let Some(class) = class.filter(|class| !is_used(facts, class)) {
        let mut change = delete(
            &class.name,
            at("storage.k8s.io/v1", "StorageClass", "storageclasses", None, &class.name, &class.marks),
        );
        change.after = changes.iter().map(|change| change.id.clone()).collect();
        changes.push(change);
    }
    if !changes.is_empty() {
        item.because = "fsxctl made it".to_owned();
    }
    Ok(item.with(changes))
}

fn seen<'a, T>(seen: &'a Seen<T>, what: &str) -> Result<Option<&'a T>, Box<Block>> {
    match seen {
        Seen::Found(value) => Ok(Some(value)),
        Seen::Missing => Ok(None),
        Seen::Hidden(veil) => Err(crate::steps::denied(what, veil)),
    }
}

/// Whether a claim that stays uses the class: without it, it could not grow any more.
fn is_used(facts: &Facts, class: &StorageClass) -> bool {
    let claim = facts.storage.claim.found().filter(|claim| !is_ours(&claim.marks));
    let goes = facts
        .storage
        .claim
        .found()
        .filter(|claim| is_ours(&claim.marks))
        .map(|claim| format!("{}/{}", claim.namespace, claim.name));
    let mut volumes = facts.storage.volumes.found().into_iter().flatten();
    let by_volume = volumes.any(|volume| {
        volume.phase == "Bound" && volume.class.as_ref() == Some(&class.name) && volume.claim != goes
    });
    by_volume || claim.is_some_and(|claim| claim.class.as_ref() == Some(&class.name))
}

fn is_ours(marks: &Marks) -> bool {
    ownership::is_labelled_ours(&marks.labels)
}

#[expect(clippy::too_many_arguments, reason = "a Kubernetes object's place has six parts")]
fn at(
    api_version: &str,
    kind: &str,
    plural: &str,
    namespace: Option<&str>,
    name: &str,
    marks: &Marks,
) -> ObjectRef {
    ObjectRef {
        api_version: api_version.to_owned(),
        kind: kind.to_owned(),
        plural: plural.to_owned(),
        namespace: namespace.map(str::to_owned),
        name: name.to_owned(),
        resource_version: Some(marks.resource_version.clone()),
    }
}

fn delete(reference: &str, at: ObjectRef) -> Change {
    Change {
        id: format!("delete-{}", at.plural),
        verb: Verb::Delete,
        resource: Resource::new(&at.kind, reference),
        because: "fsxctl made it".to_owned(),
        permissions: vec![format!("delete {}", at.plural)],
        later: Vec::new(),
        details: Vec::new(),
        after: Vec::new(),
        action: Action::DeleteObject { at },
    }
}
