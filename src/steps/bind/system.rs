//! Which file system is meant, and whether it can be used as it is.

use std::collections::BTreeSet;

use super::{block, few, note};
use crate::domain::client;
use crate::error::Kind;
use crate::facts::{Facts, FileSystem, Seen, Subnet};
use crate::intent::{Bind, Check, Intent};
use crate::steps::{Block, Note, Sign, denied};

/// The file system of the wish.
pub(super) fn meant<'a>(bind: &Bind, facts: &'a Facts) -> Result<&'a FileSystem, Box<Block>> {
    let systems = match &facts.file_systems {
        Seen::Found(systems) => systems.as_slice(),
        Seen::Missing => &[],
        Seen::Hidden(veil) => return Err(denied("file systems", veil)),
    };
    let id = id(bind, facts)?;
    if let Some(system) = systems.iter().find(|system| system.id == id) {
        return Ok(system);
    }
    let message = match facts.other_file_systems.get(&id) {
        Some(kind) => format!("file system {id} is of type {kind}, and the driver mounts LUSTRE"),
        None => format!("there is no file system {id} in {}", facts.region),
    };
    Err(block(Kind::Usage, message, instead(systems)))
}

/// The id that was asked for, else that of the only file system that volumes of the cluster use.
pub(super) fn id(bind: &Bind, facts: &Facts) -> Result<String, Box<Block>> {
    if let Some(asked) = &bind.fs_id {
        return Ok(asked.value.clone());
    }
    if let Seen::Hidden(veil) = &facts.storage.volumes {
        return Err(denied("which file systems the cluster uses", veil));
    }
    let used: BTreeSet<&str> =
        facts.storage.volumes.found().into_iter().flatten().map(|volume| volume.handle.as_str()).collect();
    let used: Vec<&str> = used.into_iter().collect();
    match used.as_slice() {
        [only] => Ok((*only).to_owned()),
        [] => Err(block(
            Kind::Usage,
            "no volume of the cluster uses an FSx for Lustre file system".to_owned(),
            "name one with --fs-id",
        )),
        several => Err(block(
            Kind::Usage,
            format!("the cluster uses {} file systems", several.len()),
            format!("name one with --fs-id: {}", several.join(", ")),
        )),
    }
}

fn instead(systems: &[FileSystem]) -> String {
    match systems {
        [] => "make one: fsxctl setup dynamic".to_owned(),
        [only] => format!("take the one that is there: --fs-id {}", only.id),
        several => {
            let ids: Vec<&str> = several.iter().take(5).map(|system| system.id.as_str()).collect();
            let more = if several.len() > ids.len() { ", …" } else { "" };
            format!("name one that is there with --fs-id: {}{more}", ids.join(", "))
        }
    }
}

/// Whether its lifecycle lets it be mounted (LifecycleReason and FailureDetails are FSx's own words).
pub(super) fn usable(intent: &Intent, facts: &Facts, system: &FileSystem) -> Result<Vec<Note>, Box<Block>> {
    let FileSystem { id, lifecycle, .. } = system;
    let why = system.failure.as_ref().map(|why| format!(": {why}")).unwrap_or_default();
    match lifecycle.as_str() {
        "AVAILABLE" | "UPDATING" => Ok(made_for_a_claim(facts, system)),
        "MISCONFIGURED" => {
            Ok(vec![note(Sign::Warn, format!("file system {id} is MISCONFIGURED and still answers{why}"))])
        }
        "CREATING" if intent.wait.is_some() => Ok(vec![note(
            Sign::Unknown,
            format!("file system {id} is CREATING; it is waited for before anything is bound"),
        )]),
        "CREATING" => Err(block(
            Kind::Conflict,
            format!("file system {id} is CREATING, and --no-wait leaves no time for it"),
            "leave --no-wait out, or run it again when the file system is AVAILABLE",
        )),
        "DELETING" => Err(block(
            Kind::Conflict,
            format!("file system {id} is DELETING{why}"),
            "take another file system with --fs-id, or make one: fsxctl setup dynamic",
        )),
        "FAILED" => Err(block(
            Kind::Conflict,
            format!("file system {id} is FAILED, which is final{why}"),
            "take another file system with --fs-id, or make one: fsxctl setup dynamic",
        )),
        other => Err(block(
            Kind::Conflict,
            format!("file system {id} is {other}, and cannot be mounted as it is{why}"),
            "mend what FSx names, or take another file system with --fs-id",
        )),
    }
}

/// A file system that the driver made for a claim goes with that claim when its volume says Delete.
fn made_for_a_claim(facts: &Facts, system: &FileSystem) -> Vec<Note> {
    let volumes = facts.storage.volumes.found().into_iter().flatten();
    volumes
        .filter(|volume| volume.handle == system.id && volume.reclaim_policy == "Delete")
        .map(|volume| {
            let claim = volume.claim.as_deref().unwrap_or("(none)");
            let text = format!(
                "volume {} of claim {claim} says Delete: deleting that claim deletes file system {}, also for all others",
                volume.name, system.id
            );
            note(Sign::Warn, text)
        })
        .collect()
}

/// The subnet that the file system is in, when it can be seen.
pub(super) fn subnet<'a>(facts: &'a Facts, system: &FileSystem) -> Option<&'a Subnet> {
    let id = system.subnets.first()?;
    facts.network.subnets.found()?.iter().find(|subnet| subnet.id == *id)
}

/// Nodes in other zones can mount, at a cost. Zone names are of one account; ids are the same in all.
pub(super) fn zones(facts: &Facts, system: &FileSystem, notes: &mut Vec<Note>) {
    let (Some(subnet), Some(nodes)) = (subnet(facts, system), facts.nodes.found()) else { return };
    let is_there = |node: &&crate::facts::Node| match &node.zone_id {
        Some(id) => *id == subnet.zone_id,
        None => node.zone.as_ref() == Some(&subnet.zone),
    };
    let nodes: Vec<_> = nodes.iter().filter(|node| !node.fargate).collect();
    let there = nodes.iter().filter(|node| is_there(node)).count();
    let place = format!("{} ({}, {})", system.id, subnet.zone, subnet.zone_id);
    if nodes.is_empty() || there == nodes.len() {
        return;
    }
    if there == 0 {
        let text = format!(
            "no node is in the zone of {place}: every read and write crosses zones, which costs money and time"
        );
        notes.push(note(Sign::Warn, text));
    } else {
        let text = format!(
            "{} of {} nodes are not in the zone of {place}; they can mount, at cross-zone cost",
            nodes.len() - there,
            nodes.len()
        );
        notes.push(note(Sign::Keep, text));
    }
}

/// Kernels whose client cannot mount this version of Lustre (failure mode M-03). One that can is enough to go on.
pub(super) fn kernels(
    bind: &Bind,
    facts: &Facts,
    system: &FileSystem,
    notes: &mut Vec<Note>,
) -> Result<(), Box<Block>> {
    if let Some(veil) = facts.nodes.hidden() {
        let version = system.version.as_deref().unwrap_or("2.10");
        let text = format!(
            "nodes cannot be seen ({}), so neither their zones nor whether their kernels mount Lustre {version} can be told",
            veil.permission
        );
        notes.push(note(Sign::Unknown, text));
        return Ok(());
    }
    let nodes = facts.nodes.found().map_or(&[][..], Vec::as_slice);
    let nodes: Vec<_> = nodes.iter().filter(|node| !node.fargate).collect();
    let cannot = |kernel: &str| client::mounts(system.version.as_deref(), kernel) == Some(false);
    let bad: Vec<_> = nodes.iter().filter(|node| node.kernel.as_deref().is_some_and(cannot)).collect();
    let Some(first) = bad.first() else { return Ok(()) };
    let kernels: BTreeSet<String> = bad.iter().filter_map(|node| node.kernel.clone()).collect();
    let kernels: Vec<String> = kernels.into_iter().collect();
    let version = system.version.as_deref().unwrap_or("2.10");
    let whose = if bad.len() == 1 { format!("node {}", first.name) } else { format!("{} nodes", bad.len()) };
    let text = format!(
        "file system {} has Lustre {version}, which {whose} of {} cannot mount (kernel {})",
        system.id,
        nodes.len(),
        few(&kernels)
    );
    if bad.len() < nodes.len() || bind.skipped.contains(&Check::Version) {
        notes.push(note(Sign::Warn, text));
        return Ok(());
    }
    Err(block(
        Kind::Conflict,
        text,
        format!(
            "bring the file system to 2.15: aws fsx update-file-system --file-system-id {} --file-system-type-version 2.15",
            system.id
        ),
    ))
}
