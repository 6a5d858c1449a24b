//! What of a volume of the file system differs from what was asked for.

use serde_json::json;

use super::made::volume_at;
use super::pair::Pair;
use super::{block, note, released};
use crate::domain::{ownership, quantity};
use crate::error::Kind;
use crate::facts::Volume;
use crate::steps::{Action, Block, Change, Note, Resource, Sign, Verb, storage};

/// What of a volume of this file system differs. Where it is mounted from cannot be changed; options can.
pub(super) fn same(
    pair: &Pair<'_>,
    volume: &Volume,
    notes: &mut Vec<Note>,
) -> Result<Vec<Change>, Box<Block>> {
    let name = &volume.name;
    released::source(pair, volume, notes)?;
    if volume.reclaim_policy != "Retain" {
        let text = format!(
            "PersistentVolume {name} says {}, not Retain: deleting claim {} can take file system {} with it",
            volume.reclaim_policy,
            volume.claim.as_deref().unwrap_or("(none)"),
            pair.system.id
        );
        notes.push(note(Sign::Warn, text));
    }
    stated(pair, volume)?;
    let there =
        if volume.mount_options.is_empty() { "none".to_owned() } else { volume.mount_options.join(",") };
    if let Some(wanted) = asked_options(pair, volume) {
        return Ok(vec![options(pair, volume, &wanted, &there)?]);
    }
    let wanted = pair.options();
    let is_asked = pair.bind.mount_options.is_asked() || pair.bind.read_only;
    if !is_asked && !same_options(&wanted, &volume.mount_options) {
        let lacks = if volume.mount_options.iter().any(|it| it == "flock") {
            ""
        } else {
            "; without flock, locks of files fail"
        };
        let text = format!(
            "mount options of PersistentVolume {name} are {there}; the default is {}{lacks}",
            wanted.join(",")
        );
        notes.push(note(Sign::Keep, text));
    }
    Ok(Vec::new())
}

/// What a volume states cannot be changed for a claim.
pub(super) fn stated(pair: &Pair<'_>, volume: &Volume) -> Result<(), Box<Block>> {
    let asked = pair.bind.size.as_ref();
    let Some(asked) = asked.filter(|asked| quantity::parse_gib(&volume.size).ok() != Some(asked.value))
    else {
        return Ok(());
    };
    let text = format!(
        "PersistentVolume {} states {}, and {} says {}",
        volume.name,
        volume.size,
        asked.from,
        quantity::print_gib(asked.value)
    );
    Err(block(Kind::Conflict, text, "leave --size out: it limits nothing"))
}

/// The mount options that a volume lacks of what was asked for; none when it has them. Read-only alone adds to what is
/// there.
pub(super) fn asked_options(pair: &Pair<'_>, volume: &Volume) -> Option<Vec<String>> {
    let mut wanted = match (pair.bind.mount_options.is_asked(), pair.bind.read_only) {
        (true, _) => pair.options(),
        (false, true) => volume.mount_options.clone(),
        (false, false) => return None,
    };
    if pair.bind.read_only && !wanted.iter().any(|option| option == "ro") {
        wanted.push("ro".to_owned());
    }
    (!same_options(&wanted, &volume.mount_options)).then_some(wanted)
}

/// Other mount options, which pods get that start from then on.
fn options(pair: &Pair<'_>, volume: &Volume, wanted: &[String], there: &str) -> Result<Change, Box<Block>> {
    let name = &volume.name;
    let ours = ownership::may_change(&volume.marks.labels, &volume.marks.annotations);
    if !ours && !pair.intent.adopts("PersistentVolume", name) {
        let text = format!(
            "mount options of PersistentVolume {name} are {there}, not {}, and it is not fsxctl's",
            wanted.join(",")
        );
        let next =
            format!("let fsxctl change it with --adopt PersistentVolume/{name}, or leave the options out");
        return Err(block(Kind::Conflict, text, next));
    }
    let mut patch = json!({
        "metadata": {"resourceVersion": volume.marks.resource_version},
        "spec": {"mountOptions": wanted},
    });
    storage::mark_adopted(&mut patch, &volume.marks);
    Ok(Change {
        id: format!("volume-{}", pair.place.name),
        verb: Verb::Update,
        resource: Resource::new("PersistentVolume", name.clone()),
        because: "other mount options were asked for".to_owned(),
        permissions: vec!["patch persistentvolumes".to_owned()],
        later: Vec::new(),
        details: vec![format!(
            "mount options {} instead of {there}; for pods that start from now on",
            wanted.join(",")
        )],
        after: Vec::new(),
        action: Action::PatchObject { at: volume_at(name), patch },
    })
}

/// In whatever order.
fn same_options(one: &[String], other: &[String]) -> bool {
    one.len() == other.len() && one.iter().all(|option| other.contains(option))
}
