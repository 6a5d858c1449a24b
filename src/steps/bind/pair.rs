//! A volume and a claim for each namespace: what is there and right is kept, what is missing is made.
//!
//! Both name each other before they are made (`volumeName` and `claimRef`), and neither names a StorageClass, so no
//! default class is put in and no provisioner looks at the claim.
//! Source: [Reserving a PersistentVolume](https://kubernetes.io/docs/concepts/storage/persistent-volumes/#reserving-a-persistentvolume),
//! and `examples/kubernetes/static_provisioning` of the driver.

use serde_json::{Value, json};

use super::released::{self, Again};
use super::{block, note, route};
use crate::domain::{names, ownership, quantity, storageclass};
use crate::error::Kind;
use crate::facts::{Claim, Facts, FileSystem, Place, Seen, Volume};
use crate::intent::{Bind, Intent};
use crate::steps::{
    Action, Block, Change, Item, Note, ObjectRef, Resource, Sign, StepId, Verb, denied, storage,
};

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
    fn size(&self) -> u64 {
        let own = self.system.capacity_gib.unwrap_or(NO_CAPACITY);
        self.bind.size.as_ref().map_or(own, |asked| asked.value)
    }

    /// Mount options of a new volume.
    fn options(&self) -> Vec<String> {
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
    if let Some(class) = &volume.class {
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

/// What of a volume of this file system differs. Where it is mounted from cannot be changed; options can.
fn same(pair: &Pair<'_>, volume: &Volume, notes: &mut Vec<Note>) -> Result<Vec<Change>, Box<Block>> {
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
    if let Some(asked) = pair.bind.size.as_ref()
        && quantity::parse_gib(&volume.size).ok() != Some(asked.value)
    {
        let text = format!(
            "PersistentVolume {name} states {}, and {} says {}",
            volume.size,
            asked.from,
            quantity::print_gib(asked.value)
        );
        return Err(block(Kind::Conflict, text, "leave --size out: it limits nothing"));
    }
    let wanted = pair.options();
    let is_asked = pair.bind.mount_options.is_asked() || pair.bind.read_only;
    if same_options(&wanted, &volume.mount_options) {
        return Ok(Vec::new());
    }
    let there =
        if volume.mount_options.is_empty() { "none".to_owned() } else { volume.mount_options.join(",") };
    if !is_asked {
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
        return Ok(Vec::new());
    }
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
    Ok(vec![Change {
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
    }])
}

/// In whatever order.
fn same_options(one: &[String], other: &[String]) -> bool {
    one.len() == other.len() && one.iter().all(|option| other.contains(option))
}

pub(super) fn volume_at(name: &str) -> ObjectRef {
    ObjectRef {
        api_version: "v1".to_owned(),
        kind: "PersistentVolume".to_owned(),
        plural: "persistentvolumes".to_owned(),
        namespace: None,
        name: name.to_owned(),
        resource_version: None,
    }
}

pub(super) fn claim_at(namespace: &str, name: &str) -> ObjectRef {
    ObjectRef {
        api_version: "v1".to_owned(),
        kind: "PersistentVolumeClaim".to_owned(),
        plural: "persistentvolumeclaims".to_owned(),
        namespace: Some(namespace.to_owned()),
        name: name.to_owned(),
        resource_version: None,
    }
}

fn labels() -> Value {
    json!({ownership::LABEL_MANAGED_BY: ownership::MANAGER})
}

fn make_volume(pair: &Pair<'_>, name: &str) -> Result<Change, Box<Block>> {
    let host = match route::mount_host(pair.facts, pair.system) {
        // It is waited for, and then it has a name.
        Err(_) if pair.system.lifecycle == "CREATING" => "(known when it is AVAILABLE)".to_owned(),
        host => host?,
    };
    let mount = pair.system.mount_name.clone().unwrap_or_else(|| "fsx".to_owned());
    let (size, options) = (quantity::print_gib(pair.size()), pair.options());
    let object = json!({
        "apiVersion": "v1", "kind": "PersistentVolume",
        "metadata": {"name": name, "labels": labels()},
        "spec": {
            "capacity": {"storage": size},
            "volumeMode": "Filesystem",
            "accessModes": ["ReadWriteMany"],
            "persistentVolumeReclaimPolicy": "Retain",
            "storageClassName": "",
            "mountOptions": options,
            "claimRef": {"apiVersion": "v1", "kind": "PersistentVolumeClaim", "namespace": pair.place.name, "name": pair.claim_name()},
            "csi": {
                "driver": storageclass::PROVISIONER,
                "volumeHandle": pair.system.id,
                "volumeAttributes": {"dnsname": host, "mountname": mount},
            },
        },
    });
    Ok(Change {
        id: format!("volume-{}", pair.place.name),
        verb: Verb::Create,
        resource: Resource::new("PersistentVolume", name),
        because: "it says which file system is mounted, and from where".to_owned(),
        permissions: vec!["create persistentvolumes".to_owned()],
        later: Vec::new(),
        details: vec![
            format!("{host}@tcp:/{mount}, mount options {}", options.join(",")),
            format!("{size}, Retain: deleting it or its claim leaves the file system as it is"),
        ],
        after: Vec::new(),
        action: Action::CreateObject { at: volume_at(name), object, fills: Vec::new() },
    })
}

/// The claim. A volume that is used again keeps its class, and the claim must say the same.
fn make_claim(pair: &Pair<'_>, volume: &str, again: Option<&Volume>) -> Result<Change, Box<Block>> {
    let size = again.map_or_else(|| quantity::print_gib(pair.size()), |volume| volume.size.clone());
    let class = again.and_then(|volume| volume.class.clone()).unwrap_or_default();
    let (namespace, name) = (&pair.place.name, pair.claim_name());
    let object = json!({
        "apiVersion": "v1", "kind": "PersistentVolumeClaim",
        "metadata": {"name": name, "namespace": namespace, "labels": labels()},
        "spec": {
            "accessModes": ["ReadWriteMany"],
            "storageClassName": class,
            "volumeName": volume,
            "resources": {"requests": {"storage": size}},
        },
    });
    Ok(Change {
        id: format!("claim-{namespace}"),
        verb: Verb::Create,
        resource: Resource::new("PersistentVolumeClaim", pair.reference()),
        because: "pods of the namespace mount the file system by it".to_owned(),
        permissions: vec![format!("create persistentvolumeclaims in {namespace}")],
        later: Vec::new(),
        details: vec![format!("{size}, ReadWriteMany, volume {volume}")],
        after: Vec::new(),
        action: Action::CreateObject { at: claim_at(namespace, name), object, fills: Vec::new() },
    })
}
