//! Volumes of the file system that are there from before: where they mount from, and which of them is used again.

use serde_json::json;

use super::made::volume_at;
use super::pair::Pair;
use super::{block, note, route, same};
use crate::domain::ownership;
use crate::error::Kind;
use crate::facts::{Seen, Volume};
use crate::steps::{Action, Block, Change, Note, Resource, Sign, Verb, denied, storage};

/// A volume that is used again.
pub(super) struct Again<'a> {
    pub(super) volume: &'a Volume,
    pub(super) change: Change,
}

/// The Released volume that `--rebind` takes; none when it was not asked for or there is none.
pub(super) fn again<'a>(pair: &Pair<'a>) -> Result<Option<Again<'a>>, Box<Block>> {
    if !pair.bind.rebind {
        return Ok(None);
    }
    if let Seen::Hidden(veil) = &pair.facts.storage.volumes {
        return Err(denied("volumes that could be used again", veil));
    }
    let volumes = pair.facts.storage.volumes.found().into_iter().flatten();
    let free: Vec<&Volume> = volumes
        .filter(|it| it.handle == pair.system.id && it.phase == "Released" && !it.terminating)
        .filter(|it| pair.bind.volume.as_ref().is_none_or(|asked| asked.value == it.name))
        .collect();
    let reference = pair.reference();
    let own = free.iter().find(|it| it.claim.as_ref() == Some(&reference));
    let volume = match (own, free.as_slice()) {
        (Some(own), _) => *own,
        // What was another claim's is named before it is taken: somebody may want it back.
        (None, [only]) if pair.bind.volume.is_some() => *only,
        (None, []) => return Ok(None),
        (None, several) => {
            let of = |it: &&Volume| format!("{} (of {})", it.name, it.claim.as_deref().unwrap_or("no claim"));
            let names: Vec<String> = several.iter().map(of).collect();
            let text =
                format!("no Released volume of file system {} was of claim {reference}", pair.system.id);
            let next = format!("name one with --pv-name: {}", names.join(", "));
            return Err(block(Kind::Usage, text, next));
        }
    };
    source(pair, volume, &mut Vec::new())?;
    same::stated(pair, volume)?;
    allowed(pair, volume)?;
    Ok(Some(Again { volume, change: free_again(pair, volume) }))
}

/// A volume that is kept for this very claim and for no other yet: by an earlier run, or by whoever made it.
pub(super) fn reserved<'a>(pair: &Pair<'a>) -> Option<&'a Volume> {
    let reference = pair.reference();
    let volumes = pair.facts.storage.volumes.found().into_iter().flatten();
    let mut kept = volumes
        .filter(|it| it.handle == pair.system.id && !it.terminating)
        .filter(|it| it.claim.as_ref() == Some(&reference) && it.claim_uid.is_none())
        .filter(|it| it.phase == "Available" || it.phase == "Pending")
        .filter(|it| pair.bind.volume.as_ref().is_none_or(|asked| asked.value == it.name));
    kept.next()
}

/// A volume of others is named before it is changed: by `--pv-name`, or by `--adopt`.
fn allowed(pair: &Pair<'_>, volume: &Volume) -> Result<(), Box<Block>> {
    let ours = ownership::may_change(&volume.marks.labels, &volume.marks.annotations);
    let named = pair.bind.volume.as_ref().is_some_and(|asked| asked.value == volume.name);
    if ours || named || pair.intent.adopts("PersistentVolume", &volume.name) {
        return Ok(());
    }
    let text = format!(
        "PersistentVolume {} is Released and could be used again, but fsxctl did not make it",
        volume.name
    );
    Err(block(Kind::Conflict, text, format!("name it with --pv-name {}", volume.name)))
}

/// The reference to the old claim becomes one to the new; its uid goes, as only the old claim has it.
fn free_again(pair: &Pair<'_>, volume: &Volume) -> Change {
    let reference = pair.reference();
    let (retain, before) = ("Retain", volume.claim.as_deref().unwrap_or("(none)"));
    let mut details =
        vec![format!("for claim {reference}; it was that of {before}, whose data is on the file system")];
    let mut patch = json!({
        "metadata": {"resourceVersion": volume.marks.resource_version},
        "spec": {"persistentVolumeReclaimPolicy": retain, "claimRef": {
            "apiVersion": "v1", "kind": "PersistentVolumeClaim",
            "namespace": pair.place.name, "name": pair.claim_name(), "uid": null, "resourceVersion": null,
        }},
    });
    if volume.reclaim_policy != retain {
        details.push(format!("{retain} instead of {}", volume.reclaim_policy));
    }
    if let Some(options) = same::asked_options(pair, volume) {
        details.push(format!("mount options {}", options.join(",")));
        patch["spec"]["mountOptions"] = json!(options);
    }
    storage::mark_adopted(&mut patch, &volume.marks);
    Change {
        id: format!("volume-{}", pair.place.name),
        verb: Verb::Update,
        resource: Resource::new("PersistentVolume", volume.name.clone()),
        because: "--rebind: it is Released, and the claim is to have it".to_owned(),
        permissions: vec!["patch persistentvolumes".to_owned()],
        later: Vec::new(),
        details,
        after: Vec::new(),
        action: Action::PatchObject { at: volume_at(&volume.name), patch },
    }
}

/// Where a volume mounts from must be this file system: the attributes cannot be changed (failure modes M-04, T-01, T-02).
pub(super) fn source(pair: &Pair<'_>, volume: &Volume, notes: &mut Vec<Note>) -> Result<(), Box<Block>> {
    let (name, system) = (&volume.name, pair.system);
    let other = "delete that volume and run this again, or take other names with --pv-name and --claim";
    let Some(host) = volume.dns_name.as_deref().filter(|host| !host.is_empty()) else {
        let text =
            format!("PersistentVolume {name} has no attribute dnsname, and the driver refuses to mount it");
        return Err(block(Kind::Conflict, text, other));
    };
    // Without it the driver takes `fsx`, which is right for SCRATCH_1 alone.
    let mount = volume.mount_name.as_deref().filter(|mount| !mount.is_empty()).unwrap_or("fsx");
    if let Some(right) = system.mount_name.as_deref().filter(|right| *right != mount) {
        let text =
            format!("PersistentVolume {name} mounts {mount}, and the mount name of {} is {right}", system.id);
        return Err(block(Kind::Conflict, text, other));
    }
    let is_name = system.dns_name.as_deref() == Some(host);
    let known = pair.facts.network.interfaces.found().into_iter().flatten();
    let is_address = known
        .filter(|interface| system.interfaces.contains(&interface.id))
        .any(|interface| interface.address.as_deref() == Some(host));
    if is_address || (is_name && !route::is_elsewhere(pair.facts, system)) {
        return Ok(());
    }
    if is_name {
        let text = format!(
            "PersistentVolume {name} mounts by {host}, which does not resolve outside the file system's VPC"
        );
        return Err(block(Kind::Conflict, text, other));
    }
    if host.starts_with("fs-") {
        let text = format!(
            "PersistentVolume {name} mounts from {host}, which is another file system than {}",
            system.id
        );
        return Err(block(Kind::Conflict, text, other));
    }
    let text = format!(
        "PersistentVolume {name} mounts from {host}; whether that leads to {} cannot be told",
        system.id
    );
    notes.push(note(Sign::Unknown, text));
    Ok(())
}
