//! The names that a volume mounts by, against those of its file system.

use std::net::Ipv4Addr;

use super::super::check::{Complaint, Outcome};
use super::super::exam::Exam;
use super::super::finding::{Fix, Resource};
use super::failure::{Stuck, stuck};
use crate::facts::{FileSystem, Volume};

/// What a volume's `dnsname` leads to.
enum Server<'a> {
    /// This file system, by its name or by an address of its interfaces.
    Known(&'a FileSystem),
    /// Nothing that FSx or EC2 knows, and it is of the kind that they would know.
    Nobody,
    /// A name of somebody's own, or what could not be seen.
    Unknown,
}

fn server<'a>(exam: &Exam<'a>, volume: &Volume) -> Server<'a> {
    let facts = exam.facts();
    let (Some(name), Some(systems)) = (volume.dns_name.as_deref(), facts.file_systems.found()) else {
        return Server::Unknown;
    };
    if let Some(system) = systems.iter().find(|it| it.dns_name.as_deref() == Some(name)) {
        return Server::Known(system);
    }
    if name.parse::<Ipv4Addr>().is_ok() {
        return by_address(exam, volume, name);
    }
    // Of another Region or account it would not be listed; nor is a name that somebody gave it.
    let own_kind = format!(".fsx.{}.amazonaws.com", facts.region);
    let is_own_kind = name.starts_with("fs-") && name.ends_with(&own_kind);
    // Only where the handle's file system is here is the name proved to be none of its.
    let handled = exam.system(&volume.handle).is_some_and(|system| system.dns_name.is_some());
    if is_own_kind && handled { Server::Nobody } else { Server::Unknown }
}

fn by_address<'a>(exam: &Exam<'a>, volume: &Volume, address: &str) -> Server<'a> {
    let Some(interfaces) = exam.facts().network.interfaces.found() else { return Server::Unknown };
    let owner = interfaces.iter().find(|it| it.address.as_deref() == Some(address));
    let systems = exam.facts().file_systems.found().into_iter().flatten();
    if let Some(owner) = owner {
        let found = systems.into_iter().find(|system| system.interfaces.contains(&owner.id));
        return found.map_or(Server::Unknown, Server::Known);
    }
    let all_listed = |system: &FileSystem| {
        !system.interfaces.is_empty()
            && system
                .interfaces
                .iter()
                .all(|id| interfaces.iter().any(|it| it.id == *id && it.address.is_some()))
    };
    // An interface may have further addresses, but FSx gives it one.
    if exam.system(&volume.handle).is_some_and(all_listed) { Server::Nobody } else { Server::Unknown }
}

fn hit(exam: &Exam<'_>, volume: &Volume) -> Vec<Resource> {
    let all = stuck(exam);
    let of_it = all.iter().filter(|it| it.volumes.iter().any(|other| other.name == volume.name));
    of_it.map(Stuck::object).collect()
}

fn complaint(exam: &Exam<'_>, volume: &Volume, text: String, system: &FileSystem) -> Complaint {
    let hit = hit(exam, volume);
    let latent = if hit.is_empty() { "; no mount has met it yet" } else { "" };
    let fix = Fix::manual("remove the volume and its claim, which leaves the file system, and bind it again");
    let fix = if Exam::is_provisioned(volume) {
        // What the driver made is bound to its claim for good.
        fix.then(format!("kubectl get pv {} -o yaml", volume.name))
    } else {
        fix.then(format!("fsxctl byo --cluster {} --fs-id {} --dry-run", exam.cluster(), system.id))
    };
    Complaint::new(Resource::new("PersistentVolume", &volume.name), format!("{text}{latent}"))
        .affecting(hit)
        .fixed_by(fix)
}

/// M-04.
pub(super) fn mount_name(exam: &Exam<'_>) -> Outcome {
    let one = |volume: &Volume| {
        let Server::Known(system) = server(exam, volume) else { return None };
        let (named, own) = (volume.mount_name.as_deref()?, system.mount_name.as_deref()?);
        // A path below the mount name mounts a part of the file system.
        let first = named.trim_start_matches('/').split('/').next().unwrap_or_default();
        if first == own {
            return None;
        }
        let text = format!(
            "volume {} mounts {named}, and file system {} has mount name {own}",
            volume.name, system.id
        );
        Some(
            complaint(exam, volume, text, system)
                .because("dnsname and mountname of the volume are not of one file system")
                .shown_by("PersistentVolume", "spec.csi.volumeAttributes.mountname", named)
                .shown_by("fsx:DescribeFileSystems", "LustreConfiguration.MountName", own),
        )
    };
    seen(exam, Outcome::all(exam.volumes().filter_map(one)))
}

/// M-51.
pub(super) fn dns_name(exam: &Exam<'_>) -> Outcome {
    let one = |volume: &Volume| {
        let Server::Nobody = server(exam, volume) else { return None };
        let system = exam.system(&volume.handle)?;
        let named = volume.dns_name.as_deref().unwrap_or_default();
        let text =
            format!("volume {} mounts from {named}, which is not file system {}", volume.name, system.id);
        Some(
            complaint(exam, volume, text, system)
                .because("neither a name nor an interface of the file system is that")
                .shown_by("PersistentVolume", "spec.csi.volumeAttributes.dnsname", named)
                .shown_by(
                    "fsx:DescribeFileSystems",
                    "DNSName",
                    system.dns_name.as_deref().unwrap_or_default(),
                ),
        )
    };
    let by_address =
        exam.volumes().any(|it| it.dns_name.as_deref().is_some_and(|name| name.parse::<Ipv4Addr>().is_ok()));
    let outcome = seen(exam, Outcome::all(exam.volumes().filter_map(one)));
    if by_address { outcome.unless_seen(&exam.facts().network.interfaces) } else { outcome }
}

fn seen(exam: &Exam<'_>, outcome: Outcome) -> Outcome {
    outcome.unless_seen(&exam.facts().storage.volumes).unless_seen(&exam.facts().file_systems)
}
