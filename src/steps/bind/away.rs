//! `share --remove`: volume and claim go, file system and data stay.

use std::collections::BTreeSet;

use super::made::{claim_at, volume_at};
use super::{block, few, note, places};
use crate::domain::ownership;
use crate::error::Kind;
use crate::facts::{Claim, Facts, Place, Seen, Volume};
use crate::intent::{Bind, Intent};
use crate::steps::{Action, Block, Change, Item, Note, ObjectRef, Resource, Sign, StepId, Verb, denied};

/// Takes them away in the namespaces that are meant, and nowhere else.
pub(super) fn plan(intent: &Intent, bind: &Bind, facts: &Facts) -> Result<Item, Box<Block>> {
    let volumes = match &facts.storage.volumes {
        Seen::Found(volumes) => volumes.as_slice(),
        Seen::Missing => &[],
        Seen::Hidden(veil) => return Err(denied("volumes", veil)),
    };
    let places = places(bind, facts)?;
    let (mut changes, mut notes) = (Vec::new(), Vec::new());
    let Some(id) = id(intent, bind, places, volumes)? else {
        let because = "no claim of these namespaces is of an FSx for Lustre file system";
        return Ok(Item::settled(StepId::Storage, because));
    };
    for place in places {
        changes.extend(one(intent, (place, volumes), &id, &mut notes)?);
    }
    let because = if changes.is_empty() {
        format!("no claim of these namespaces is of file system {id}")
    } else {
        format!("claims and volumes of file system {id} go; file system and data stay")
    };
    Ok(Item { notes, ..Item::settled(StepId::Storage, because) }.with(changes))
}

/// The file system whose claims go: the one that was named, else that of the claims that are there. None: there is none.
fn id(
    intent: &Intent,
    bind: &Bind,
    places: &[Place],
    volumes: &[Volume],
) -> Result<Option<String>, Box<Block>> {
    if let Some(asked) = &bind.fs_id {
        return Ok(Some(asked.value.clone()));
    }
    let of = |place: &Place| {
        let reference = format!("{}/{}", place.name, intent.storage.claim.value);
        volumes.iter().filter(move |volume| volume.claim.as_ref() == Some(&reference))
    };
    let ids: BTreeSet<&str> = places.iter().flat_map(of).map(|volume| volume.handle.as_str()).collect();
    match ids.into_iter().collect::<Vec<_>>().as_slice() {
        [] => Ok(None),
        [only] => Ok(Some((*only).to_owned())),
        several => Err(block(
            Kind::Usage,
            format!("claims of these namespaces are of {} file systems", several.len()),
            format!("name one with --fs-id: {}", several.join(", ")),
        )),
    }
}

fn one(
    intent: &Intent,
    (place, volumes): (&Place, &[Volume]),
    id: &str,
    notes: &mut Vec<Note>,
) -> Result<Vec<Change>, Box<Block>> {
    let reference = format!("{}/{}", place.name, intent.storage.claim.value);
    let claim = match &place.claim {
        Seen::Found(claim) => Some(claim),
        Seen::Missing => None,
        Seen::Hidden(veil) => return Err(denied(&format!("claim {reference}"), veil)),
    };
    let by_claim = |volume: &&Volume| match claim.and_then(|claim| claim.volume.as_ref()) {
        Some(name) => volume.name == *name,
        None => volume.claim.as_deref() == Some(reference.as_str()),
    };
    let Some(volume) = volumes.iter().filter(|it| it.handle == id).find(by_claim) else {
        let text = match claim {
            Some(_) => format!("claim {reference} is of another file system, and stays"),
            None => format!("there is no claim {reference}"),
        };
        notes.push(note(Sign::Keep, text));
        return Ok(Vec::new());
    };
    keeps_data(volume, id)?;
    unused(place, &reference)?;
    let mut changes = Vec::new();
    // First the volume: until its claim goes Kubernetes keeps it, so an end between the two leaves nothing that is lost.
    if !volume.terminating {
        owned(intent, "PersistentVolume", &volume.name, &volume.marks)?;
        changes.push(delete(volume, &place.name));
    }
    if let Some(claim) = claim.filter(|claim| !claim.terminating) {
        owned(intent, "PersistentVolumeClaim", &reference, &claim.marks)?;
        changes.push(delete_claim(claim, &reference, changes.first().map(|change| change.id.clone())));
    }
    Ok(changes)
}

/// Deleting a claim whose volume says Delete deletes the file system with everything on it.
fn keeps_data(volume: &Volume, id: &str) -> Result<(), Box<Block>> {
    if volume.reclaim_policy == "Retain" {
        return Ok(());
    }
    let text = format!(
        "PersistentVolume {} says {}: with its claim, file system {id} and its data would go",
        volume.name, volume.reclaim_policy
    );
    let patch = r#"{"spec":{"persistentVolumeReclaimPolicy":"Retain"}}"#;
    let next = format!("make it Retain first: kubectl patch pv {} -p '{patch}'", volume.name);
    Err(block(Kind::Conflict, text, next))
}

/// Pods that use a claim would keep it from going, and the command would wait for them.
fn unused(place: &Place, reference: &str) -> Result<(), Box<Block>> {
    match &place.users {
        Seen::Found(users) if !users.is_empty() => Err(block(
            Kind::Conflict,
            format!("claim {reference} is in use by {}", few(users)),
            "end these pods first",
        )),
        Seen::Found(_) | Seen::Missing => Ok(()),
        // What is being deleted cannot be brought back, and under pods it would stay so.
        Seen::Hidden(veil) => Err(denied(&format!("whether pods use claim {reference}"), veil)),
    }
}

fn owned(
    intent: &Intent,
    kind: &str,
    reference: &str,
    marks: &crate::facts::Marks,
) -> Result<(), Box<Block>> {
    if ownership::is_labelled_ours(&marks.labels) || intent.adopts(kind, reference) {
        return Ok(());
    }
    let maker = ownership::maker_by_labels(&marks.labels, &marks.annotations);
    let text = format!("{kind} {reference} is not fsxctl's ({maker})");
    Err(block(Kind::Conflict, text, format!("let fsxctl delete it with --adopt {kind}/{reference}")))
}

fn delete(volume: &Volume, namespace: &str) -> Change {
    let version = Some(volume.marks.resource_version.clone());
    Change {
        id: format!("volume-{namespace}"),
        verb: Verb::Delete,
        resource: Resource::new("PersistentVolume", volume.name.clone()),
        because: "the namespace is to have the file system no more".to_owned(),
        permissions: vec!["delete persistentvolumes".to_owned()],
        later: Vec::new(),
        details: vec!["it says Retain: the file system stays as it is".to_owned()],
        after: Vec::new(),
        action: Action::DeleteObject {
            at: ObjectRef { resource_version: version, ..volume_at(&volume.name) },
        },
    }
}

fn delete_claim(claim: &Claim, reference: &str, after: Option<String>) -> Change {
    let version = Some(claim.marks.resource_version.clone());
    let at = ObjectRef { resource_version: version, ..claim_at(&claim.namespace, &claim.name) };
    Change {
        id: format!("claim-{}", claim.namespace),
        verb: Verb::Delete,
        resource: Resource::new("PersistentVolumeClaim", reference),
        because: "the namespace is to have the file system no more".to_owned(),
        permissions: vec![format!("delete persistentvolumeclaims in {}", claim.namespace)],
        later: Vec::new(),
        details: Vec::new(),
        after: after.into_iter().collect(),
        action: Action::DeleteObject { at },
    }
}
