//! The claim: made when missing; grown when more was asked for.

use serde_json::json;

use super::{block, note};
use crate::domain::lustre::Illegal;
use crate::domain::{ownership, quantity, sizing, storageclass};
use crate::error::Kind;
use crate::facts::{Claim, Facts, FileSystem, Seen};
use crate::intent::Intent;
use crate::steps::{Action, Block, Change, Note, ObjectRef, Resource, Sign, Verb};

pub(super) fn plan(
    intent: &Intent,
    facts: &Facts,
    after: &[String],
    notes: &mut Vec<Note>,
) -> Result<Vec<Change>, Box<Block>> {
    match &facts.storage.claim {
        Seen::Missing => {
            released(intent, facts, notes);
            Ok(vec![make(intent, facts, after)])
        }
        Seen::Found(claim) => there(intent, facts, claim, notes),
        Seen::Hidden(veil) => Err(crate::steps::denied("the claim", veil)),
    }
}

fn reference(intent: &Intent, facts: &Facts) -> String {
    format!("{}/{}", facts.storage.claim_namespace, intent.storage.claim.value)
}

fn at(intent: &Intent, facts: &Facts) -> ObjectRef {
    ObjectRef {
        api_version: "v1".to_owned(),
        kind: "PersistentVolumeClaim".to_owned(),
        plural: "persistentvolumeclaims".to_owned(),
        namespace: Some(facts.storage.claim_namespace.clone()),
        name: intent.storage.claim.value.clone(),
        resource_version: None,
    }
}

pub(super) fn make(intent: &Intent, facts: &Facts, after: &[String]) -> Change {
    let wish = &intent.storage;
    let size = quantity::print_gib(wish.size.value);
    let object = json!({
        "apiVersion": "v1", "kind": "PersistentVolumeClaim",
        "metadata": {
            "name": wish.claim.value,
            "namespace": facts.storage.claim_namespace,
            "labels": {ownership::LABEL_MANAGED_BY: ownership::MANAGER},
        },
        "spec": {
            "accessModes": ["ReadWriteMany"],
            "storageClassName": wish.class.value,
            "resources": {"requests": {"storage": size}},
        },
    });
    Change {
        id: "claim".to_owned(),
        verb: Verb::Create,
        resource: Resource::new("PersistentVolumeClaim", reference(intent, facts)),
        because: "the driver makes the file system for it".to_owned(),
        permissions: vec![format!("create persistentvolumeclaims in {}", facts.storage.claim_namespace)],
        later: vec!["persistentVolume".to_owned(), "fileSystemId".to_owned()],
        details: vec![
            format!("{size}, ReadWriteMany, class {}", wish.class.value),
            "makes an FSx for Lustre file system, which costs money".to_owned(),
        ],
        after: after.to_vec(),
        action: Action::CreateObject { at: at(intent, facts), object, fills: Vec::new() },
    }
}

/// A file system of an earlier run that nobody claims: worth knowing before a second one is made. One that carries this
/// cluster's tags and that no volume names may be of an earlier cluster of the same name.
fn released(intent: &Intent, facts: &Facts, notes: &mut Vec<Note>) {
    let wanted = reference(intent, facts);
    if let Seen::Hidden(veil) = &facts.storage.volumes {
        notes.push(note(
            Sign::Unknown,
            format!("volumes of earlier claims cannot be seen ({})", veil.permission),
        ));
    }
    for volume in facts.storage.volumes.found().into_iter().flatten() {
        if volume.phase == "Released" && volume.claim.as_deref() == Some(wanted.as_str()) {
            let text = format!(
                "PersistentVolume {} ({}, {}) was left by an earlier claim {wanted}; a second file system will be made. \
                 To use the first one again: fsxctl byo --fs-id {} --rebind",
                volume.name, volume.handle, volume.size, volume.handle
            );
            notes.push(note(Sign::Warn, text));
        }
    }
    let Some(volumes) = facts.storage.volumes.found() else { return };
    let is_ours = |system: &&FileSystem| ownership::is_ours(&system.tags, &facts.cluster.arn);
    let is_named = |system: &&FileSystem| volumes.iter().any(|volume| volume.handle == system.id);
    let systems = facts.file_systems.found().into_iter().flatten();
    for system in systems.filter(is_ours).filter(|system| !is_named(system) && system.lifecycle != "DELETING")
    {
        let place = match &system.vpc {
            Some(vpc) if *vpc != facts.cluster.vpc => format!(", in {vpc}, which is not this cluster's VPC"),
            _ => String::new(),
        };
        let size =
            system.capacity_gib.map(|gib| format!(", {}", quantity::print_gib(gib))).unwrap_or_default();
        let text = format!(
            "file system {} ({}{size}{place}) carries this cluster's tags, but no PersistentVolume names it: an earlier \
             claim or an earlier cluster of this name left it, and it costs money",
            system.id, system.lifecycle
        );
        notes.push(note(Sign::Warn, text));
    }
}

/// What pods can do with a claim that is there: the driver takes ReadWriteOnce and ReadWriteMany, and refuses
/// ReadOnlyMany (`Volume capability not supported`).
fn modes(claim: &Claim, reference: &str, notes: &mut Vec<Note>) -> Result<(), Box<Block>> {
    let has = |mode: &str| claim.access_modes.iter().any(|it| it == mode);
    if has("ReadOnlyMany") && claim.phase == "Pending" {
        return Err(block(
            Kind::Conflict,
            format!(
                "claim {reference} asks for ReadOnlyMany, which the driver refuses: it would never be Bound"
            ),
            "take another name with --claim; a pod mounts it read-only with readOnly: true",
        ));
    }
    if !has("ReadWriteMany") {
        let text = format!(
            "claim {reference} is {}, so pods of several nodes cannot write to it (a new one would be ReadWriteMany)",
            claim.access_modes.join(", ")
        );
        notes.push(note(Sign::Warn, text));
    }
    Ok(())
}

fn there(
    intent: &Intent,
    facts: &Facts,
    claim: &Claim,
    notes: &mut Vec<Note>,
) -> Result<Vec<Change>, Box<Block>> {
    let reference = reference(intent, facts);
    if claim.terminating {
        return Err(block(
            Kind::Conflict,
            format!("claim {reference} is being deleted{}", kept_by(claim, facts)),
            "wait until it is gone, or take another name with --claim",
        ));
    }
    if claim.phase == "Lost" {
        return Err(block(
            Kind::Conflict,
            format!(
                "claim {reference} is Lost: its volume {} is gone",
                claim.volume.as_deref().unwrap_or("(none)")
            ),
            "delete it, or take another name with --claim",
        ));
    }
    if claim.class.as_deref() != Some(intent.storage.class.value.as_str()) {
        return Err(block(
            Kind::Conflict,
            format!(
                "claim {reference} is there with class {}, not {}; a claim's class cannot change",
                claim.class.as_deref().unwrap_or("(none)"),
                intent.storage.class.value
            ),
            "take another name with --claim",
        ));
    }
    modes(claim, &reference, notes)?;
    let found = quantity::parse_gib(&claim.size).ok();
    let wanted = intent.storage.size.value;
    if !intent.storage.size.is_asked() || found == Some(wanted) {
        let text = format!("claim {reference} is {}, {}", claim.phase, claim.size);
        notes.push(note(Sign::Keep, text));
        return Ok(Vec::new());
    }
    // A size that cannot be read is not known to be smaller.
    if found.is_none_or(|found| wanted < found) {
        return Err(block(
            Kind::Conflict,
            format!(
                "claim {reference} has {}, asked for is {}; a claim only grows",
                claim.size,
                quantity::print_gib(wanted)
            ),
            "leave --size out, or take another name with --claim",
        ));
    }
    grow(intent, facts, claim)
}

/// What keeps a claim that is being deleted: Kubernetes waits for the last pod that uses it.
fn kept_by(claim: &Claim, facts: &Facts) -> String {
    let volume = claim.volume.as_ref();
    let found = facts.storage.volumes.found().into_iter().flatten().find(|it| Some(&it.name) == volume);
    let fate = match found {
        Some(volume) if volume.reclaim_policy == "Retain" => {
            format!("; its file system {} stays (volume {} says Retain)", volume.handle, volume.name)
        }
        Some(volume) => format!("; its file system {} will be deleted with it", volume.handle),
        None => String::new(),
    };
    format!(", as soon as no pod uses it{fate}")
}

/// Why the file system behind the claim cannot become that large; its type is the class's, not that of a new one.
fn growth(intent: &Intent, facts: &Facts, claim: &Claim) -> Option<Illegal> {
    let class = facts.storage.class.found()?;
    let current = quantity::parse_gib(&claim.size).ok()?;
    let wish = storageclass::wish_from(&class.parameters, current).ok()?;
    sizing::check_growth(wish.shape(), current, intent.storage.size.value)
}

/// Why the subnet has no room for the servers that growth adds, one address each.
fn no_room(intent: &Intent, facts: &Facts, claim: &Claim) -> Option<String> {
    let class = facts.storage.class.found()?;
    let named = class.parameters.get("subnetId");
    let subnet = facts.network.subnets.found()?.iter().find(|subnet| Some(&subnet.id) == named)?;
    let at = |size: u64| sizing::addresses_needed(&storageclass::wish_from(&class.parameters, size).ok()?);
    let size = intent.storage.size.value;
    let more = at(size)?.saturating_sub(at(quantity::parse_gib(&claim.size).ok()?)?);
    (more > u64::from(subnet.free_addresses)).then(|| {
        format!(
            "claim {} cannot grow to {}: that takes {more} more addresses, and subnet {} has {} free",
            reference(intent, facts),
            quantity::print_gib(size),
            subnet.id,
            subnet.free_addresses
        )
    })
}

/// Kubernetes takes a larger request of a Bound claim alone.
fn bound_already(intent: &Intent, claim: &Claim, reference: &str) -> Result<(), Box<Block>> {
    if claim.phase == "Bound" {
        return Ok(());
    }
    let message = format!(
        "claim {reference} asks for {}, not {}, and is {}: only a Bound claim can grow",
        claim.size,
        quantity::print_gib(intent.storage.size.value),
        claim.phase
    );
    let next = "wait until it is Bound, or take another name with --claim";
    Err(block(Kind::Conflict, message, next))
}

fn grow(intent: &Intent, facts: &Facts, claim: &Claim) -> Result<Vec<Change>, Box<Block>> {
    let reference = reference(intent, facts);
    bound_already(intent, claim, &reference)?;
    if let Some(illegal) = growth(intent, facts, claim) {
        let next = illegal
            .nearest
            .as_ref()
            .map_or("take another name with --claim".to_owned(), |size| format!("use --size {size}"));
        return Err(block(Kind::Conflict, format!("claim {reference} cannot grow: {illegal}"), &next));
    }
    if !facts.storage.class.found().is_some_and(|class| class.allow_expansion) {
        return Err(block(
            Kind::Conflict,
            format!("claim {reference} has {}, and its class does not allow growth", claim.size),
            "take another name with --claim",
        ));
    }
    if let Some(message) = no_room(intent, facts, claim) {
        return Err(block(
            Kind::Conflict,
            message,
            "free addresses in that subnet, or take a smaller --size",
        ));
    }
    let ours = ownership::may_change(&claim.marks.labels, &claim.marks.annotations);
    if !ours && !intent.adopts("PersistentVolumeClaim", &reference) {
        let maker = ownership::maker_by_labels(&claim.marks.labels, &claim.marks.annotations);
        return Err(block(
            Kind::Conflict,
            format!("claim {reference} is not fsxctl's ({maker}) and has {}", claim.size),
            &format!("let fsxctl grow it with --adopt PersistentVolumeClaim/{reference}"),
        ));
    }
    let size = quantity::print_gib(intent.storage.size.value);
    let mut patch = json!({
        "metadata": {"resourceVersion": claim.marks.resource_version},
        "spec": {"resources": {"requests": {"storage": size}}},
    });
    super::mark_adopted(&mut patch, &claim.marks);
    Ok(vec![Change {
        id: "claim".to_owned(),
        verb: Verb::Update,
        resource: Resource::new("PersistentVolumeClaim", reference),
        because: format!("{} asks for {size}", intent.storage.size.from),
        permissions: vec![format!("patch persistentvolumeclaims in {}", facts.storage.claim_namespace)],
        later: Vec::new(),
        details: vec![format!(
            "{size} instead of {}; FSx grows it for hours and takes the next growth after 6 hours",
            claim.size
        )],
        after: Vec::new(),
        action: Action::PatchObject { at: at(intent, facts), patch },
    }])
}
