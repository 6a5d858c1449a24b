//! A volume and a claim for each namespace: what is there and right is kept, what is missing is made.
//!
//! Both name each other before they are made (`volumeName` and `claimRef`), and neither names a StorageClass, so no
//! default class is put in and no provisioner looks at the claim.
//! Source: [Reserving a PersistentVolume](https://kubernetes.io/docs/concepts/storage/persistent-volumes/#reserving-a-persistentvolume),
//! and `examples/kubernetes/static_provisioning` of the driver.

use super::made::{make_claim, make_volume};
use super::released::{self, Again};
use super::{block, note, same::same};
use crate::domain::{names, quantity};
use crate::error::Kind;
use crate::facts::{Claim, Facts, FileSystem, Place, Seen, Volume};
use crate::intent::{Bind, Intent};
use crate::steps::{Block, Change, Item, Note, Sign, StepId, denied, storage};

/// What a file system states when FSx tells no capacity (Intelligent-Tiering has none): a label, as nothing holds it to it.
const NO_CAPACITY: u64 = 1200;

/// One namespace of the wish, with what all of them share.
pub(super) struct Pair<'a> {
    pub(super) intent: &'a Intent,
    pub(super) bind: &'a Bind,
    pub(super) facts: &'a Facts,
    pub(super) system: &'a FileSystem,
    pub(super) place: &'a Place,
}

impl Pair<'_> {
    pub(super) fn claim_name(&self) -> &str {
        &self.intent.storage.claim.value
    }

    /// `namespace/claim`.
    pub(super) fn reference(&self) -> String {
        format!("{}/{}", self.place.name, self.claim_name())
    }

    /// The volume's name: the one asked for, else one that no other claim has.
    pub(super) fn volume_name(&self) -> String {
        match &self.bind.volume {
            Some(asked) => asked.value.clone(),
            None => names::volume_name(&self.system.id, &self.place.name, self.claim_name()),
        }
    }

    /// GiB that volume and claim state.
    pub(super) fn size(&self) -> u64 {
        let own = self.system.capacity_gib.unwrap_or(NO_CAPACITY);
        self.bind.size.as_ref().map_or(own, |asked| asked.value)
    }

    /// Mount options of a new volume.
    pub(super) fn options(&self) -> Vec<String> {
        let mut options = self.bind.mount_options.value.clone();
        if self.bind.read_only && !options.iter().any(|option| option == "ro") {
            options.push("ro".to_owned());
        }
        options
    }
}

/// All namespaces.
pub(super) fn plan(
    intent: &Intent,
    bind: &Bind,
    facts: &Facts,
    (system, places): (&FileSystem, &[Place]),
    notes: &mut Vec<Note>,
) -> Result<Item, Box<Block>> {
    if let Seen::Hidden(veil) = &facts.storage.volumes {
        let text = format!(
            "volumes cannot be seen ({}); a name that is taken is found out when it is made",
            veil.permission
        );
        notes.push(note(Sign::Unknown, text));
    }
    let mut changes = Vec::new();
    for place in places {
        let pair = Pair { intent, bind, facts, system, place };
        let namespace = namespace(&pair, notes)?;
        let mut made = one(&pair, notes)?;
        for change in &mut made {
            change.after.extend(namespace.iter().map(|change| change.id.clone()));
        }
        changes.extend(namespace);
        changes.extend(made);
    }
    let which = match places {
        [only] => format!("claim {}/{}", only.name, intent.storage.claim.value),
        several => format!("{} claims", several.len()),
    };
    let because = match (changes.is_empty(), places.len()) {
        (true, 1) => format!("{which} is bound to file system {}", system.id),
        (true, _) => format!("{which} are bound to file system {}", system.id),
        (false, _) => format!("file system {} for {which}, with no StorageClass between them", system.id),
    };
    Ok(Item::settled(StepId::Storage, because).with(changes))
}

/// The namespace, which must be there or be asked for.
fn namespace(pair: &Pair<'_>, notes: &mut Vec<Note>) -> Result<Vec<Change>, Box<Block>> {
    let name = &pair.place.name;
    match &pair.place.namespace {
        Seen::Found(found) if found.terminating => Err(block(
            Kind::Conflict,
            format!("namespace {name} is being deleted"),
            "wait until it is gone, or name another one",
        )),
        Seen::Found(_) => Ok(Vec::new()),
        Seen::Hidden(veil) => {
            if pair.place.claim.found().is_none() {
                let text =
                    format!("namespace {name} cannot be seen ({}); it is taken to be there", veil.permission);
                notes.push(note(Sign::Unknown, text));
            }
            Ok(Vec::new())
        }
        Seen::Missing if pair.intent.storage.create_namespace => {
            let change = storage::make_namespace(name);
            Ok(vec![Change { id: format!("namespace-{name}"), ..change }])
        }
        Seen::Missing => Err(block(
            Kind::Usage,
            format!("namespace {name} does not exist"),
            "make it with --create-namespace, or name another one",
        )),
    }
}

/// One namespace: what its claim says decides.
fn one(pair: &Pair<'_>, notes: &mut Vec<Note>) -> Result<Vec<Change>, Box<Block>> {
    match &pair.place.claim {
        Seen::Hidden(veil) => Err(denied(&format!("claim {}", pair.reference()), veil)),
        Seen::Found(claim) => there(pair, claim, notes),
        Seen::Missing => {
            if let Some(again) = released::again(pair)? {
                return used_again(pair, &again);
            }
            if let Some(kept) = released::reserved(pair) {
                let changes = same(pair, kept, notes)?;
                notes
                    .push(note(Sign::Keep, format!("PersistentVolume {} is kept for this claim", kept.name)));
                return Ok(changes.into_iter().chain([make_claim(pair, &kept.name, Some(kept))?]).collect());
            }
            let volume = new_or_found(pair, notes)?;
            Ok(volume.into_iter().chain([make_claim(pair, &pair.volume_name(), None)?]).collect())
        }
    }
}

/// A Released volume, made free for the claim, and the claim.
fn used_again(pair: &Pair<'_>, again: &Again<'_>) -> Result<Vec<Change>, Box<Block>> {
    let volume = again.volume;
    let mut claim = make_claim(pair, &volume.name, Some(volume))?;
    claim.details.push(format!("volume {} is used again, with the data on it", volume.name));
    // A claim that names a volume which is not free yet waits for Kubernetes to look again, which takes its time.
    claim.after.push(again.change.id.clone());
    Ok(vec![again.change.clone(), claim])
}

/// A claim that is there already.
fn there(pair: &Pair<'_>, claim: &Claim, notes: &mut Vec<Note>) -> Result<Vec<Change>, Box<Block>> {
    let reference = pair.reference();
    let other = "take another name with --claim";
    if claim.terminating {
        let text = format!("claim {reference} is being deleted, as soon as no pod uses it");
        return Err(block(Kind::Conflict, text, format!("wait until it is gone, or {other}")));
    }
    if claim.phase == "Lost" {
        let text = format!(
            "claim {reference} is Lost: its volume {} is gone",
            claim.volume.as_deref().unwrap_or("(none)")
        );
        let next =
            format!("delete it and run this again: kubectl -n {} delete pvc {}", pair.place.name, claim.name);
        return Err(block(Kind::Conflict, text, next));
    }
    let volumes = pair.facts.storage.volumes.found();
    let bound = volumes.into_iter().flatten().find(|volume| Some(&volume.name) == claim.volume.as_ref());
    if claim.phase == "Bound" {
        return bound_claim(pair, claim, bound, notes);
    }
    waiting(pair, claim, bound, notes)
}

/// A claim that is not bound yet: by a volume that is kept for it, or one to be made.
fn waiting(
    pair: &Pair<'_>,
    claim: &Claim,
    named: Option<&Volume>,
    notes: &mut Vec<Note>,
) -> Result<Vec<Change>, Box<Block>> {
    let reference = pair.reference();
    let other = "take another name with --claim";
    let is_kept = |volume: &&Volume| {
        let fits = volume.handle == pair.system.id && volume.claim.as_ref() == Some(&reference);
        fits && !volume.terminating && volume.phase != "Released" && volume.phase != "Failed"
    };
    let asked_for =
        |volume: &&Volume| pair.bind.volume.as_ref().is_none_or(|asked| asked.value == volume.name);
    if let Some(volume) = named.filter(is_kept).filter(asked_for) {
        notes.push(note(
            Sign::Keep,
            format!("claim {reference} is there and waits for volume {}", volume.name),
        ));
        return same(pair, volume, notes);
    }
    if let Some(class) = &claim.class {
        let text = format!(
            "claim {reference} waits for class {class}, which cannot be changed; without a class of its own it got the default one"
        );
        let next = format!(
            "delete it and run this again: kubectl -n {} delete pvc {}, or {other}",
            pair.place.name, claim.name
        );
        return Err(block(Kind::Conflict, text, next));
    }
    let wanted = pair.volume_name();
    if let Some(named) = claim.volume.as_ref().filter(|named| **named != wanted) {
        let text = format!("claim {reference} waits for volume {named}, not {wanted}");
        return Err(block(
            Kind::Conflict,
            text,
            format!("name that volume with --pv-name {named}, or {other}"),
        ));
    }
    if let Some(again) = released::again(pair)? {
        return Ok(vec![again.change]);
    }
    let asked = quantity::parse_gib(&claim.size).unwrap_or_default();
    if asked > pair.size() {
        let text = format!(
            "claim {reference} asks for {}, more than the {} of the volume",
            claim.size,
            quantity::print_gib(pair.size())
        );
        return Err(block(
            Kind::Conflict,
            text,
            format!("state as much with --size {}, or {other}", claim.size),
        ));
    }
    notes.push(note(Sign::Keep, format!("claim {reference} is there and waits for a volume")));
    Ok(new_or_found(pair, notes)?.into_iter().collect())
}

/// A bound claim is right when its volume is one of this file system, whatever the volume's name.
fn bound_claim(
    pair: &Pair<'_>,
    claim: &Claim,
    bound: Option<&Volume>,
    notes: &mut Vec<Note>,
) -> Result<Vec<Change>, Box<Block>> {
    let reference = pair.reference();
    let named = claim.volume.as_deref().unwrap_or("(none)");
    let Some(volume) = bound else {
        if pair.facts.storage.volumes.hidden().is_some() {
            let text = format!("claim {reference} is Bound to {named}; of which file system cannot be seen");
            notes.push(note(Sign::Unknown, text));
            return Ok(Vec::new());
        }
        let text =
            format!("claim {reference} is bound to volume {named}, which is no volume of FSx for Lustre");
        return Err(block(Kind::Conflict, text, "take another name with --claim"));
    };
    if volume.handle != pair.system.id {
        let text = format!("claim {reference} is bound to file system {} (volume {named})", volume.handle);
        return Err(block(Kind::Conflict, text, "take another name with --claim"));
    }
    if volume.terminating {
        let text = format!("volume {named} of claim {reference} is being deleted, and goes with the claim");
        let next = format!(
            "delete the claim and run this again: kubectl -n {} delete pvc {}",
            pair.place.name, claim.name
        );
        return Err(block(Kind::Conflict, text, next));
    }
    if let Some(asked) = pair.bind.volume.as_ref().filter(|asked| asked.value != volume.name) {
        let text =
            format!("claim {reference} is bound by volume {named}, and {} says {}", asked.from, asked.value);
        return Err(block(Kind::Conflict, text, "leave --pv-name out, or take another name with --claim"));
    }
    notes.push(note(Sign::Keep, format!("claim {reference} is Bound to volume {named}, {}", volume.size)));
    same(pair, volume, notes)
}

/// The volume of the wanted name: found and right, or to be made.
fn new_or_found(pair: &Pair<'_>, notes: &mut Vec<Note>) -> Result<Option<Change>, Box<Block>> {
    let name = pair.volume_name();
    if pair.facts.storage.taken.contains(&name) {
        let text = format!("PersistentVolume {name} is there, and of another driver");
        return Err(block(Kind::Conflict, text, "take another name with --pv-name"));
    }
    let volumes = pair.facts.storage.volumes.found();
    let Some(volume) = volumes.into_iter().flatten().find(|volume| volume.name == name) else {
        return Ok(Some(make_volume(pair, &name)?));
    };
    let reference = pair.reference();
    let other = "take another name with --pv-name";
    let wrong = |what: String, next: &str| {
        Err(block(Kind::Conflict, format!("PersistentVolume {name} {what}"), next))
    };
    if volume.terminating {
        return wrong("is being deleted".to_owned(), &format!("wait until it is gone, or {other}"));
    }
    if volume.handle != pair.system.id {
        return wrong(format!("is there, and of file system {}", volume.handle), other);
    }
    if volume.claim.as_ref().is_some_and(|claim| *claim != reference) {
        let claim = volume.claim.as_deref().unwrap_or_default();
        return wrong(format!("is there, for claim {claim}"), other);
    }
    // A volume is Bound a moment before its claim is.
    if !["Available", "Pending", "Bound"].contains(&volume.phase.as_str()) {
        let next = match volume.phase.as_str() {
            "Released" => format!("use it again with --rebind, or {other}"),
            _ => format!("mend or delete it, or {other}"),
        };
        return wrong(format!("is there and {}: its claim was deleted", volume.phase), &next);
    }
    if let Some(class) = volume.class.as_ref().filter(|_| volume.claim.is_none()) {
        return wrong(
            format!("is there with class {class}, and a claim without a class never binds it"),
            other,
        );
    }
    match same(pair, volume, notes)?.pop() {
        Some(change) => Ok(Some(change)),
        None => {
            notes.push(note(Sign::Keep, format!("PersistentVolume {name} is there and right")));
            Ok(None)
        }
    }
}
